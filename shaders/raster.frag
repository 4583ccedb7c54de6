/* Cells of one colour each. Alpha 1: plain; about ½: its colour as stripes on a veil of it; 0: nothing. */
#include "common.glsl"

in vec2 at;

uniform sampler2D cells;

out vec4 color;

void main() {
    vec4 cell = texture(cells, at);
    float stripe = (FRAGMENT.x + FRAGMENT.y) / (6.0 * light.w);
    float away = abs(fract(stripe) - 0.5) * 6.0 * light.w * 0.7071;
    float striped = mix(0.16, 0.75, clamp(0.6 * light.w + 0.5 - away, 0.0, 1.0));
    float cover = cell.a > 0.75 ? 1.0 : cell.a > 0.25 ? striped : 0.0;
    color = vec4(cell.rgb * cover, cover);
}
