#include "common.glsl"

layout(location = 0) in vec3 at;

void main() {
    gl_Position = place(view_projection * vec4(at, 1.0));
}
