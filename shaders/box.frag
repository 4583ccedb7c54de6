#include "common.glsl"

flat in vec4 fill, edge;
flat in vec2 style, half_size;
in vec2 at;

uniform sampler2D colormap;

out vec4 color;

void main() {
    vec2 q = abs(at) - half_size + style.x;
    float away = length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - style.x;
    float cover = clamp(0.5 - away, 0.0, 1.0);
    vec4 inside = fill;
    if (style.y > 0.5) {
        float tone = clamp(0.5 + 0.5 * at.y / half_size.y, 0.0, 1.0);
        inside = texture(colormap, vec2(tone * (255.0 / 256.0) + 0.5 / 256.0, 0.5));
    }
    float frame = clamp(away + light.w + 0.5, 0.0, 1.0) * edge.a;
    float body = inside.a * (1.0 - frame);
    color = vec4(edge.rgb * frame + inside.rgb * body, frame + body) * cover;
}
