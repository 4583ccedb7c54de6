#include "common.glsl"

layout(location = 0) in vec4 rectangle; /* left, bottom, width, height, pixels */
layout(location = 1) in vec2 style_in;  /* corner radius; 1: filled with the colour map */
layout(location = 2) in vec4 fill_in;
layout(location = 3) in vec4 edge_in;

flat out vec4 fill, edge;
flat out vec2 style, half_size;
out vec2 at;

void main() {
    fill = fill_in;
    edge = edge_in;
    style = style_in;
    half_size = 0.5 * rectangle.zw;
    at = (vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0) * (half_size + 1.0);
    gl_Position = place_pixel(rectangle.xy + half_size + at, 0.0);
}
