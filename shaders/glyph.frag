/* Marks as signed distances, so that they are crisp at any size. Shapes are numbered as enum glyph_shape. */
flat in vec4 style, fill, outline;
flat in float radius;
in vec2 at;

out vec4 color;

float disc(vec2 p, float r) {
    return length(p) - r;
}

float square(vec2 p, float r) {
    vec2 q = abs(p) - r;
    return length(max(q, 0.0)) + min(max(q.x, q.y), 0.0);
}

/* A regular polygon with an edge (or, a star's, a corner) on top: distance to the edge of the nearest sector. */
float polygon(vec2 p, float inner, float corners) {
    float sector = 6.2831853 / corners;
    float angle = mod(atan(p.x, p.y) + 0.5 * sector, sector) - 0.5 * sector;
    vec2 q = length(p) * vec2(abs(sin(angle)), cos(angle));
    float half_edge = inner * tan(0.5 * sector);
    q -= vec2(min(q.x, half_edge), inner);
    return length(q) * sign(q.y);
}

float star(vec2 p, float r) {
    float sector = 6.2831853 / 5.0;
    float angle = mod(atan(p.x, p.y) + 0.5 * sector, sector) - 0.5 * sector;
    vec2 q = length(p) * vec2(abs(sin(angle)), cos(angle));
    vec2 tip = vec2(0.0, r), notch = 0.46 * r * vec2(sin(0.5 * sector), cos(0.5 * sector));
    vec2 edge = notch - tip, from = q - tip;
    float share = clamp(dot(from, edge) / dot(edge, edge), 0.0, 1.0);
    return length(from - edge * share) * sign(from.y * edge.x - from.x * edge.y);
}

float bar(vec2 p, vec2 half_size) {
    vec2 q = abs(p) - half_size;
    return length(max(q, 0.0)) + min(max(q.x, q.y), 0.0);
}

float crossed(vec2 p, float r, float w) {
    p = vec2(p.x + p.y, p.y - p.x) * 0.70710678;
    return min(bar(p, vec2(r, w)), bar(p, vec2(w, r)));
}

float ring(vec2 p, float r, float w) {
    return abs(length(p) - r) - w;
}

float shape_distance(int shape, vec2 p, float r) {
    switch (shape) {
    case 0: return ring(p, r * 0.80, r * 0.20);
    case 1: return disc(p, r * 0.96);
    case 2: case 9: return polygon(vec2(p.x, -p.y - 0.12 * r), r * 0.58, 3.0);
    case 3: return square(p, r * 0.83);
    case 4: return square(vec2(p.x + p.y, p.y - p.x) * 0.70710678, r * 0.76);
    case 5: case 8: return polygon(p - vec2(0.0, 0.12 * r), r * 0.58, 3.0);
    case 6: return polygon(p, r * 0.90, 6.0);
    case 7: return star(p, r * 1.15);
    case 10: return min(ring(p, r * 0.88, r * 0.12), crossed(p, r * 0.56, r * 0.15));
    case 11: {
        float pace = mod(atan(p.y, p.x) / 6.2831853 * 5.0 + 0.75, 1.0) - 0.5; /* −½ … ½ over a dash and its gap */
        float end = (abs(pace) - 0.28) / 5.0 * 6.2831853 * r * 0.88;
        return max(ring(p, r * 0.88, r * 0.13), end);
    }
    default: return crossed(p, r * 1.0, r * 0.20);
    }
}

void main() {
    int shape = int(style.x + 0.5);
    float away = shape_distance(shape, at, radius);
    float edge = clamp(0.5 + style.z * (shape == 11 ? 0.6 : 1.0) - away, 0.0, 1.0);
    if (style.y > 0.5) { /* hollow: a stroke inside the edge; the ground shows in it */
        float stroke = max(radius * 0.14, 0.7);
        float within = away + 2.0 * stroke;
        edge *= clamp(0.5 + within + 0.6 * style.z, 0.0, 1.0);
        away = abs(away + stroke) - stroke;
    }
    float inner = clamp(0.5 - away, 0.0, 1.0) * fill.a;
    /* A saddle's strokes stand on a disc, to be told from the ground. */
    if (shape == 10) edge = max(edge, 0.72 * clamp(0.5 - disc(at, radius * 0.88), 0.0, 1.0));
    edge *= outline.a * (1.0 - inner);
    if (inner + edge <= 0.0) discard;
    color = vec4(fill.rgb * inner + outline.rgb * edge, inner + edge);
}
