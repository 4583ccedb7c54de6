#include "common.glsl"

layout(location = 0) in vec3 mote;

uniform float size; /* physical pixels across */

out vec2 at; /* pixels from the middle */

/* The triangle around a circle: half the work of a square. */
const vec2 corners[3] = vec2[3](vec2(0.0, -2.0), vec2(1.7320508, 1.0), vec2(-1.7320508, 1.0));

void main() {
    vec4 clip = view_projection * vec4(mote, 1.0);
    at = corners[gl_VertexID] * 0.5 * (size + 1.0);
    clip.xy += at * 2.0 / extent.xy * clip.w;
    gl_Position = place(clip);
}
