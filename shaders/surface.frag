#include "common.glsl"
#include "contour.glsl"

in float tone;
in vec3 lit;

uniform sampler2D colormap;
uniform vec4 contour, contour_major;
uniform vec4 underside; /* what is seen from below is mixed with this */

out vec4 color;

void main() {
    vec3 tint = texture(colormap, vec2(tone * (255.0 / 256.0) + 0.5 / 256.0, 0.5)).rgb * lit;
    if (!gl_FrontFacing) tint = mix(tint, underside.rgb, underside.a);
    vec2 line = contour_cover(tone) * vec2(contour.a, contour_major.a);
    tint = mix(mix(tint, contour.rgb, line.x), contour_major.rgb, line.y);
    color = vec4(tint, 1.0);
}
