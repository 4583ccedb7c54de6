#include "common.glsl"

uniform vec2 texel_share; /* (grid − 1) / grid: grid points sit at texel centres */

out vec2 at;    /* in the tone texture */
out vec2 world;

void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    at = (corner - 0.5) * texel_share + 0.5;
    world = (corner * 2.0 - 1.0) * ground.xy;
    gl_Position = place(view_projection * vec4(world, ground.z, 1.0));
}
