/* Distance to the segment gives the edge; the bisector at each joint says which of two segments draws the pixel, so that
 * a translucent ribbon is never laid twice. */
#include "common.glsl"

flat in vec4 ends, around, ink;
flat in vec4 style;
flat in vec2 alphas;

out vec4 color;

float away(vec2 at, vec2 from, vec2 to, out float share) {
    vec2 along = to - from;
    share = clamp(dot(at - from, along) / max(dot(along, along), 1e-8), 0.0, 1.0);
    return distance(at, from + along * share);
}

void main() {
    vec2 at = FRAGMENT;
    float share, other;
    float distant = away(at, ends.xy, ends.zw, share);
    float reach = style.x + 0.5;
    if (distant >= reach) discard;
    vec2 own = normalize(ends.zw - ends.xy);
    if (around.zw != ends.zw) {
        vec2 across = own + normalize(around.zw - ends.zw);
        if (dot(at - ends.zw, across) > 0.0 && away(at, ends.zw, around.zw, other) < reach) discard;
    }
    if (around.xy != ends.xy) {
        vec2 across = normalize(ends.xy - around.xy) + own;
        if (dot(at - ends.xy, across) <= 0.0 && away(at, around.xy, ends.xy, other) < reach) discard;
    }
    float cover = min(reach - distant, 1.0) * mix(alphas.x, alphas.y, share);
    /* A casing that went on below would show through where the ribbon is faded, and dull its colour. */
    cover *= clamp(distant - style.w + 0.5, 0.0, 1.0);
    if (style.y > 0.0) {
        float length_here = style.z + share * distance(ends.xy, ends.zw);
        float phase = abs(fract(length_here / (2.0 * style.y)) - 0.5) * 2.0 * style.y; /* 0 amid a gap */
        cover *= clamp(phase - 0.5 * style.y + 0.5, 0.0, 1.0);
    }
    float alpha = cover * ink.a;
    color = vec4(ink.rgb * alpha, alpha);
}
