uniform vec4 veil;

out vec4 color;

void main() {
    color = vec4(veil.rgb * veil.a, veil.a);
}
