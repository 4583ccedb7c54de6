/* Tint and light are worked out here, not in the fragment shader: a fine mesh has hardly more pixels than corners, and
 * on a machine without a GPU every operation there is paid many times over. */
#include "common.glsl"

layout(location = 0) in vec2 height_tone;
layout(location = 1) in vec2 tilt;     /* the normal's x and y */
layout(location = 2) in float ambient; /* 1 on a plain, less in a valley and at the border */

uniform ivec2 grid;
uniform vec3 sun, shade; /* colour of what faces the light and of what turns from it */
uniform sampler2D colormap;

out vec4 tint_tone;

void main() {
    vec2 place01 = vec2(gl_VertexID % grid.x, gl_VertexID / grid.x) / vec2(grid - 1);
    vec3 normal = vec3(tilt, sqrt(max(1.0 - dot(tilt, tilt), 0.0)));
    float facing = 0.5 + 0.5 * dot(normal, light.xyz);
    vec3 lit = mix(mix(shade, sun, facing * facing) * ambient, vec3(1.0), ground.w);
    vec3 tint = textureLod(colormap, vec2(height_tone.y * (255.0 / 256.0) + 0.5 / 256.0, 0.5), 0.0).rgb;
    tint_tone = vec4(tint * lit, height_tone.y);
    gl_Position = place(view_projection * vec4((place01 * 2.0 - 1.0) * ground.xy, height_tone.x, 1.0));
}
