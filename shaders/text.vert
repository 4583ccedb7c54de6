#include "common.glsl"

layout(location = 0) in vec4 rectangle; /* left, bottom, width, height, pixels */
layout(location = 1) in vec2 cell;      /* the text's upper left texel */
layout(location = 2) in vec4 ink_in;
layout(location = 3) in vec4 halo_in;

uniform vec2 atlas_size;

flat out vec4 ink, halo;
out vec2 at;

void main() {
    ink = ink_in;
    halo = halo_in;
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    at = (cell + vec2(corner.x, 1.0 - corner.y) * rectangle.zw) / atlas_size;
    gl_Position = place_pixel(rectangle.xy + corner * rectangle.zw, 0.0);
}
