#include "common.glsl"
#include "contour.glsl"

in vec4 tint_tone;

uniform vec4 contour, contour_major;
uniform vec4 underside; /* what is seen from below is mixed with this */

out vec4 color;

void main() {
    vec3 tint = gl_FrontFacing ? tint_tone.rgb : mix(tint_tone.rgb, underside.rgb, underside.a);
    vec2 line = contour_cover(tint_tone.a) * vec2(contour.a, contour_major.a);
    color = vec4(mix(tint, line.y > line.x ? contour_major.rgb : contour.rgb, max(line.x, line.y)), 1.0);
}
