/* One segment of a ribbon: a quad around it with room for round joins. Four corners an instance. */
#include "common.glsl"

layout(location = 0) in vec4 ends_in;   /* both ends, pixels */
layout(location = 1) in vec4 around_in; /* the points before and after; the end itself where there is none */
layout(location = 2) in vec4 depths_in; /* both ends' depths, their alphas */
layout(location = 3) in vec4 style_in;  /* half width, dash, length so far at the first end, alpha where hidden */
layout(location = 4) in vec4 ink_in;
layout(location = 5) in float inner_in; /* a casing leaves this half width to its ribbon; negative: a ribbon */

uniform float hidden;

flat out vec4 ends, ink, style;
flat out vec4 own, before, after; /* direction, length, and how near² it draws (−1: there is none) */
flat out vec2 alphas;

vec4 course(vec2 from, vec2 to, float near) {
    vec2 along = to - from;
    float span = length(along);
    return span > 0.0 ? vec4(along / span, span, near) : vec4(1.0, 0.0, 0.0, -1.0);
}

void main() {
    float reach = style_in.x + 0.5;
    ends = ends_in;
    own = course(ends_in.xy, ends_in.zw, reach * reach);
    before = course(around_in.xy, ends_in.xy, reach * reach);
    after = course(ends_in.zw, around_in.zw, reach * reach);
    alphas = depths_in.zw * mix(1.0, style_in.w, hidden);
    ink = ink_in;
    style = vec4(style_in.xyz, inner_in);
    float room = reach + 0.5;
    float end = float(gl_VertexID & 1), side = float(gl_VertexID >> 1) * 2.0 - 1.0;
    vec2 pixel = mix(ends_in.xy - own.xy * room, ends_in.zw + own.xy * room, end) + side * room * vec2(-own.y, own.x);
    vec4 position = place_pixel(pixel, mix(depths_in.x, depths_in.y, end));
    gl_Position = hidden > 0.5 && style_in.w <= 0.0 ? vec4(2.0, 2.0, 2.0, 1.0) : position;
}
