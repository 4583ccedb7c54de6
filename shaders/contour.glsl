/* Contour lines of constant width on screen, from how fast the tone changes there. */
uniform float contour_density; /* 1 / step, 0: none */

/* x: a line, y: a heavier one (every fifth); coverage 0 … 1. Lines that would run together are faded out, and so is a plain
 * that happens to lie at a line's very height. */
vec2 contour_cover(float tone) {
    float level = tone * contour_density;
    vec2 slope = vec2(dFdx(level), dFdy(level));
    float rate = max(length(slope), 1e-7);
    vec2 nearest = floor(vec2(level, level * 0.2) + 0.5) * vec2(1.0, 5.0);
    vec2 away = abs(level - nearest) / rate;
    vec2 reach = vec2(0.5, 0.85) * light.w + 0.5;
    vec2 apart = vec2(1.0, 5.0) / (rate * light.w);
    vec2 kept = smoothstep(vec2(3.0), vec2(8.0), apart) * step(vec2(0.5), nearest) * smoothstep(2e-5, 2e-4, rate);
    return clamp(reach - away, 0.0, 1.0) * kept;
}
