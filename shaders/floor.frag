/* The contour map below the surface, and hatching where the loss is not finite. */
#include "common.glsl"
#include "contour.glsl"

in vec2 at, world;

uniform sampler2D tones; /* x: tone, y: 1 where finite */
uniform vec4 line, hatch, plain; /* plain: the floor itself */

out vec4 color;

void main() {
    vec2 here = texture(tones, at).xy;
    float whole = step(0.999, here.y);
    vec2 cover = contour_cover(here.x / max(here.y, 1e-3)) * vec2(0.55, 1.0) * whole;
    float stripe = (world.x + world.y) * 24.0;
    float away = abs(fract(stripe) - 0.5) / max(fwidth(stripe), 1e-6);
    float hatched = clamp(0.6 * light.w + 0.5 - away, 0.0, 1.0) * (1.0 - whole);
    float strength = max(max(cover.x, cover.y) * line.a, hatched * hatch.a);
    vec3 ink = mix(line.rgb, hatch.rgb, 1.0 - whole);
    float below = plain.a * (1.0 - strength);
    color = vec4(ink * strength + plain.rgb * below, strength + below);
}
