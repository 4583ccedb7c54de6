#include "common.glsl"

layout(location = 0) in vec2 height_tone;

uniform ivec2 grid;

void main() {
    vec2 place01 = vec2(gl_VertexID % grid.x, gl_VertexID / grid.x) / vec2(grid - 1);
    gl_Position = place(view_projection * vec4((place01 * 2.0 - 1.0) * ground.xy, height_tone.x, 1.0));
}
