/* Contour lines by marching squares, chained from cell to cell so that a line is one line. */
#include "figure/figure_parts.h"

#include "base/memory.h"

#include <cglm/cglm.h>
#include <math.h>
#include <stdlib.h>

enum { LEVELS_MAX = 400 };

/* Crossings live on grid edges: edge 2i is that from grid point i to the right, 2i + 1 that up from it. */
struct tracing {
    const struct leaf *leaf;
    float tone;
    bool *used; /* (2 · points) crossings already in a line */
    struct scene_point *points;
    size_t count, capacity;
    bool floor;
};

static float tone_at(const struct tracing *tracing, size_t i) {
    return tracing->leaf->surface->tone[i];
}

/* Where the level crosses an edge, in columns and rows; false when it does not. */
static bool crossing(const struct tracing *tracing, size_t edge, float *column, float *row, float *z) {
    const struct scene_surface *surface = tracing->leaf->surface;
    size_t from = edge / 2, width = (size_t)surface->width, to = edge % 2 ? from + width : from + 1;
    int x = (int)(from % width), y = (int)(from / width);
    if (edge % 2 ? y + 1 >= surface->height : x + 1 >= surface->width) return false;
    float a = tone_at(tracing, from) - tracing->tone, b = tone_at(tracing, to) - tracing->tone;
    if (!isfinite(a + b) || (a >= 0) == (b >= 0)) return false;
    float share = a / (a - b);
    *column = (float)x + (edge % 2 ? 0 : share);
    *row = (float)y + (edge % 2 ? share : 0);
    *z = surface->z[from] + share * (surface->z[to] - surface->z[from]);
    return true;
}

/* The edges of the cell whose lower left corner is grid point i, around it. */
static void cell_edges(const struct tracing *tracing, size_t i, size_t edges[4]) {
    size_t width = (size_t)tracing->leaf->surface->width;
    edges[0] = 2 * i;
    edges[1] = 2 * (i + 1) + 1;
    edges[2] = 2 * (i + width);
    edges[3] = 2 * i + 1;
}

/* The other end of the line that enters the cell through `edge`; SIZE_MAX: none. At a saddle of four crossings the line
 * goes to the neighbour, which pairs them the same way from either side. */
static size_t other_edge(const struct tracing *tracing, size_t cell, size_t edge) {
    size_t edges[4], crossed[4];
    int count = 0, own = -1;
    cell_edges(tracing, cell, edges);
    for (int k = 0; k < 4; k++) {
        float unused[3];
        if (!crossing(tracing, edges[k], &unused[0], &unused[1], &unused[2])) continue;
        if (edges[k] == edge) own = count;
        crossed[count++] = edges[k];
    }
    if (own < 0 || count < 2) return SIZE_MAX;
    return count == 4 ? crossed[own ^ 1] : crossed[own == 0 ? 1 : 0];
}

/* The cell beyond `edge`, seen from `cell` (SIZE_MAX: the first of its two); SIZE_MAX outside. */
static size_t next_cell(const struct tracing *tracing, size_t edge, size_t cell) {
    const struct scene_surface *surface = tracing->leaf->surface;
    size_t width = (size_t)surface->width, i = edge / 2;
    size_t x = i % width, y = i / width;
    size_t cells[2] = {SIZE_MAX, SIZE_MAX};
    if (x + 1 < width && y + 1 < (size_t)surface->height) cells[0] = i;
    if (edge % 2) {
        if (x > 0) cells[1] = i - 1;
    } else if (y > 0) {
        cells[1] = i - width;
    }
    if (edge % 2 && x + 1 >= width) cells[0] = SIZE_MAX;
    if (!(edge % 2) && y + 1 >= (size_t)surface->height) cells[0] = SIZE_MAX;
    return cells[0] == cell ? cells[1] : cells[0];
}

static void add_point(struct tracing *tracing, size_t edge) {
    float column, row, z;
    if (!crossing(tracing, edge, &column, &row, &z)) return;
    MEM_GROW(tracing->points, tracing->capacity, tracing->count + 1);
    struct scene_point *point = &tracing->points[tracing->count++];
    surface_point(tracing->leaf->surface, column, row, tracing->floor ? SCENE_FLOOR : z, point->at);
    point->alpha = 1;
    tracing->used[edge] = true;
}

static void follow(struct tracing *tracing, size_t edge, size_t cell) {
    while (cell != SIZE_MAX) {
        size_t next = other_edge(tracing, cell, edge);
        if (next == SIZE_MAX) return;
        bool closed = tracing->used[next];
        add_point(tracing, next);
        if (closed) return;
        cell = next_cell(tracing, next, cell);
        edge = next;
    }
}

static void reverse(struct scene_point *points, size_t count) {
    for (size_t i = 0; i < count / 2; i++) {
        struct scene_point kept = points[i];
        points[i] = points[count - 1 - i];
        points[count - 1 - i] = kept;
    }
}

/* As on screen: lines that would run together are faded out, by how many pixels lie between one level and the next. */
static void fade(struct tracing *tracing, float step, bool heavy) {
    const struct leaf *leaf = tracing->leaf;
    const struct scene_surface *surface = leaf->surface;
    for (size_t i = 0; i < tracing->count; i++) {
        struct scene_point *point = &tracing->points[i];
        float column = (point->at[0] / surface->half[0] + 1) / 2 * (float)(surface->width - 1),
              row = (point->at[1] / surface->half[1] + 1) / 2 * (float)(surface->height - 1);
        int x = (int)fminf(column, (float)surface->width - 2), y = (int)fminf(row, (float)surface->height - 2);
        size_t at = (size_t)y * (size_t)surface->width + (size_t)x, up = at + (size_t)surface->width;
        float slope[2] = {(surface->tone[at + 1] - surface->tone[at]) / step,
                          (surface->tone[up] - surface->tone[at]) / step};
        float steep = hypotf(slope[0], slope[1]);
        if (!(steep > 0)) continue;
        /* One level on, straight up the slope. */
        vec3 there;
        float rise[2] = {slope[0] / steep / steep, slope[1] / steep / steep};
        float z = tracing->floor ? SCENE_FLOOR
                                 : point->at[2] + rise[0] * (surface->z[at + 1] - surface->z[at]) +
                                       rise[1] * (surface->z[up] - surface->z[at]);
        surface_point(surface, column + rise[0], row + rise[1], z, there);
        vec2 pixel, other;
        float unused;
        if (!leaf_project(leaf, point->at, pixel, &unused) || !leaf_project(leaf, there, other, &unused)) continue;
        float apart = hypotf(other[0] - pixel[0], other[1] - pixel[1]);
        point->alpha = glm_clamp((heavy ? 1.0f : 0.2f) * apart - 0.7f, 0, 1);
    }
}

static void trace_level(struct tracing *tracing, float step, bool heavy, const struct stroke *stroke) {
    size_t edges = 2 * (size_t)tracing->leaf->surface->width * (size_t)tracing->leaf->surface->height;
    for (size_t i = 0; i < edges; i++) tracing->used[i] = false;
    for (size_t edge = 0; edge < edges; edge++) {
        float unused[3];
        if (tracing->used[edge] || !crossing(tracing, edge, &unused[0], &unused[1], &unused[2])) continue;
        tracing->count = 0;
        add_point(tracing, edge);
        size_t first = next_cell(tracing, edge, SIZE_MAX), second = next_cell(tracing, edge, first);
        follow(tracing, edge, first);
        reverse(tracing->points, tracing->count);
        follow(tracing, edge, second);
        fade(tracing, step, heavy);
        line_draw(tracing->leaf, tracing->points, (int)tracing->count, 1, stroke, 1);
    }
}

void contours_draw(const struct leaf *leaf, bool floor) {
    const struct scene_surface *surface = leaf->surface;
    if (!surface || !(surface->contour_step > 0)) return;
    const struct theme *theme = leaf->scene->theme;
    struct tracing tracing = {.leaf = leaf, .floor = floor};
    tracing.used = MEM_NEW(bool, 2 * (size_t)surface->width * (size_t)surface->height);
    float highest = 0;
    for (size_t i = 0; i < (size_t)surface->width * (size_t)surface->height; i++)
        if (isfinite(surface->tone[i])) highest = fmaxf(highest, surface->tone[i]);
    int levels = (int)fminf(highest / surface->contour_step, LEVELS_MAX);
    for (int heavy = 0; heavy < 2; heavy++)
        for (int level = 1; level <= levels; level++) {
            if ((level % 5 == 0) != (heavy == 1)) continue;
            struct stroke stroke = {.color = heavy ? theme->contour_major : theme->contour,
                                    .width = heavy ? 1.2f : 0.8f};
            if (floor) stroke.color = color_fade(theme->faint_ink, heavy ? 0.5f : 0.28f);
            tracing.tone = (float)level * surface->contour_step;
            trace_level(&tracing, surface->contour_step, heavy == 1, &stroke);
        }
    free(tracing.used);
    free(tracing.points);
}
