flat in vec4 ink, halo;
in vec2 at;

uniform sampler2D atlas; /* x: the letters, y: the letters with a rim */

out vec4 color;

void main() {
    vec2 cover = texture(atlas, at).xy;
    float letters = cover.x * ink.a;
    float rim = cover.y * halo.a * (1.0 - letters);
    color = vec4(ink.rgb * letters + halo.rgb * rim, letters + rim);
}
