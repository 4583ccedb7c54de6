/* Distance to the segment gives the edge; the bisector at each joint says which of two segments draws the pixel, so
 * that a translucent ribbon is never laid twice. */
#include "common.glsl"

flat in vec4 ends, ink, style;
flat in vec4 own, before, after;
flat in vec2 alphas;

out vec4 color;

/* Distance² from a segment that starts at the origin; `along`: how far along it the nearest point lies. */
float distance2(vec2 at, vec2 direction, float span, out float along) {
    float ahead = dot(at, direction), aside = direction.x * at.y - direction.y * at.x;
    along = clamp(ahead, 0.0, span);
    return aside * aside + (ahead - along) * (ahead - along);
}

void main() {
    vec2 from_first = FRAGMENT - ends.xy, from_last = FRAGMENT - ends.zw;
    float along, other;
    float distant = sqrt(distance2(from_first, own.xy, own.z, along));
    bool next_draws = dot(from_last, own.xy + after.xy) > 0.0 &&
                      distance2(from_last, after.xy, after.z, other) < after.w;
    bool last_drew = dot(from_first, before.xy + own.xy) <= 0.0 &&
                     distance2(from_first, -before.xy, before.z, other) < before.w;
    float cover = clamp(style.x + 0.5 - distant, 0.0, 1.0);
    /* A casing that went on below would show through where the ribbon is faded, and dull its colour. */
    cover *= clamp(distant - style.w + 0.5, 0.0, 1.0) * mix(alphas.x, alphas.y, along / max(own.z, 1e-6));
    if (style.y > 0.0) {
        float phase = abs(fract((style.z + along) / (2.0 * style.y)) - 0.5) * 2.0 * style.y; /* 0 amid a gap */
        cover *= clamp(phase - 0.5 * style.y + 0.5, 0.0, 1.0);
    }
    float alpha = next_draws || last_drew ? 0.0 : cover * ink.a;
    color = vec4(ink.rgb * alpha, alpha);
}
