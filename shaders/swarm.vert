#include "common.glsl"

layout(location = 0) in vec3 mote;

uniform float size; /* physical pixels across */

out vec2 at; /* pixels from the middle */

void main() {
    vec4 clip = view_projection * vec4(mote, 1.0);
    at = (vec2(gl_VertexID & 1, gl_VertexID >> 1) - 0.5) * (size + 1.0);
    clip.xy += at * 2.0 / extent.xy * clip.w;
    gl_Position = place(clip);
}
