#include "common.glsl"

layout(location = 0) in vec2 height_tone;
layout(location = 1) in vec2 tilt;     /* the normal's x and y */
layout(location = 2) in float ambient; /* 1 on a plain, less in a valley and at the border */

uniform ivec2 grid;
uniform vec3 sun, shade; /* colour of what faces the light and of what turns from it */

out float tone;
out vec3 lit;

void main() {
    vec2 place01 = vec2(gl_VertexID % grid.x, gl_VertexID / grid.x) / vec2(grid - 1);
    vec3 normal = vec3(tilt, sqrt(max(1.0 - dot(tilt, tilt), 0.0)));
    float facing = 0.5 + 0.5 * dot(normal, light.xyz);
    lit = mix(mix(shade, sun, facing * facing) * ambient, vec3(1.0), ground.w);
    tone = height_tone.y;
    gl_Position = place(view_projection * vec4((place01 * 2.0 - 1.0) * ground.xy, height_tone.x, 1.0));
}
