/* A dot with a thin rim, so that it reads on any ground. */
#include "common.glsl"

in vec2 at;

uniform vec4 ink, rim;
uniform float size;

out vec4 color;

void main() {
    float away = length(at) - 0.5 * size;
    float cover = clamp(0.5 - away, 0.0, 1.0);
    if (cover <= 0.0) discard;
    float edge = clamp(away + light.w + 0.5, 0.0, 1.0) * rim.a;
    color = vec4(mix(ink.rgb, rim.rgb, edge), 1.0) * cover * ink.a;
}
