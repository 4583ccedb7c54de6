#include "common.glsl"

flat in vec4 ends, style, ink, casing;
flat in float alpha;

out vec4 color;

/* Signed distance to a head whose tip is at the origin, pointing against +x. */
float head_distance(vec2 at, float size) {
    vec2 edge = normalize(vec2(1.0, 0.40));
    at.y = abs(at.y);
    return max(dot(at, vec2(-edge.y, edge.x)), at.x - size);
}

void main() {
    vec2 along = ends.zw - ends.xy;
    float span = max(length(along), 1e-3);
    along /= span;
    vec2 at = FRAGMENT - ends.xy;
    at = vec2(dot(at, along), dot(at, vec2(-along.y, along.x)));
    bool both = mod(style.w, 2.0) > 0.5, dashed = style.w > 1.5;
    float size = min(style.y, span * (both ? 0.45 : 0.8));
    float from = both ? size * 0.7 : 0.0, to = span - size * 0.7;
    float shaft = max(abs(at.y) - style.x, max(from - at.x, at.x - to));
    if (dashed) {
        float period = 4.0 * light.w;
        float phase = abs(mod(at.x - 0.5 * span, 2.0 * period) - period);
        shaft = max(shaft, phase - 0.62 * period);
    }
    float near = min(shaft, head_distance(vec2(span - at.x, at.y), size));
    if (both) near = min(near, head_distance(at, size));
    float fill = clamp(0.5 - near, 0.0, 1.0) * ink.a;
    float edge = clamp(0.5 + style.z - near, 0.0, 1.0) * casing.a * (1.0 - fill);
    if (fill + edge <= 0.0) discard;
    color = vec4(ink.rgb * fill + casing.rgb * edge, fill + edge) * alpha;
}
