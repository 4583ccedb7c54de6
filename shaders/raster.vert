#include "common.glsl"

uniform vec4 corners; /* world: left, bottom, right, top */
uniform float height;

out vec2 at; /* in the picture, 0 … 1 */

void main() {
    at = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    gl_Position = place(view_projection * vec4(mix(corners.xy, corners.zw, at), height, 1.0));
}
