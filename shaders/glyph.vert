#include "common.glsl"

layout(location = 0) in vec4 middle;   /* centre in pixels, depth, half size */
layout(location = 1) in vec4 style_in; /* shape, hollow, outline width, alpha where hidden */
layout(location = 2) in vec4 fill_in;
layout(location = 3) in vec4 outline_in;

uniform float hidden;

flat out vec4 style, fill, outline;
flat out float radius;
out vec2 at;

void main() {
    style = style_in;
    radius = middle.w;
    float alpha = mix(1.0, style_in.w, hidden);
    fill = vec4(fill_in.rgb, fill_in.a * alpha);
    outline = vec4(outline_in.rgb, outline_in.a * alpha);
    float reach = radius * 1.3 + style_in.z * 2.0 + 1.5;
    at = (vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0) * reach;
    gl_Position = alpha <= 0.0 ? vec4(2.0, 2.0, 2.0, 1.0) : place_pixel(middle.xy + at, middle.z);
}
