#include "common.glsl"

layout(location = 0) in vec4 ends_in;   /* tail and tip, pixels */
layout(location = 1) in vec4 depths_in; /* of both; alpha where hidden; alpha */
layout(location = 2) in vec4 style_in;  /* half width, head length, casing width, bit 0: two heads, bit 1: dashed */
layout(location = 3) in vec4 ink_in;
layout(location = 4) in vec4 casing_in;

uniform float hidden;

flat out vec4 ends, style, ink, casing;
flat out float alpha;

void main() {
    ends = ends_in;
    style = style_in;
    ink = ink_in;
    casing = casing_in;
    alpha = depths_in.w * mix(1.0, depths_in.z, hidden);
    vec2 along = ends_in.zw - ends_in.xy;
    float span = length(along);
    along = span > 1e-4 ? along / span : vec2(1.0, 0.0);
    float reach = max(style_in.x, style_in.y * 0.5) + style_in.z * 3.0 + 1.0;
    float end = float(gl_VertexID & 1), side = float(gl_VertexID >> 1) * 2.0 - 1.0;
    vec2 aside = side * reach * vec2(-along.y, along.x);
    vec2 pixel = mix(ends_in.xy - along * reach, ends_in.zw + along * reach, end) + aside;
    vec4 position = place_pixel(pixel, mix(depths_in.x, depths_in.y, end));
    gl_Position = alpha <= 0.0 ? vec4(2.0, 2.0, 2.0, 1.0) : position;
}
