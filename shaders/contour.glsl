/* Contour lines of constant width on screen, from how fast the tone changes there. Short: it runs for every pixel. */
uniform float contour_density; /* 1 / step, 0: none */

/* x: a line, y: a heavier one (every fifth); coverage 0 … 1. Lines that would run together are faded out, and so is a
 * plain that happens to lie at a line's very height. The lowest level, tone 0, has no line. */
vec2 contour_cover(float tone) {
    float level = tone * contour_density;
    vec2 slope = vec2(dFdx(level), dFdy(level));
    float apart = inversesqrt(dot(slope, slope) + 1e-12); /* pixels from one line to the next */
    vec2 nearest = max(floor(vec2(level, level * 0.2) + 0.5), 1.0) * vec2(1.0, 5.0);
    vec2 cover = clamp(vec2(0.5, 0.85) * light.w + 0.5 - abs(level - nearest) * apart, 0.0, 1.0);
    return cover * clamp(vec2(0.2, 1.0) / light.w * apart - 0.7, 0.0, 1.0) * step(apart, 2e4);
}
