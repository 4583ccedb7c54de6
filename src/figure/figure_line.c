/* Lines: cut into runs that are in view or hidden, each of one strength. */
#include "figure/figure_parts.h"

#include "base/memory.h"

#include <cglm/cglm.h>
#include <math.h>
#include <stdlib.h>

static const float piece = 2;     /* pixels between two looks at whether the line is hidden */
static const float slack = 0.02f; /* world units: a path on the surface is not hidden by it */
enum { STRENGTHS = 24, PIECES_MAX = 512 };

struct run {
    const struct leaf *leaf;
    const struct stroke *stroke;
    int strength;  /* of STRENGTHS; 0: not drawn */
    double length; /* from the line's start, for dashes */
    bool open;
};

static void finish(struct run *run) {
    if (run->open) cairo_stroke(run->leaf->cairo);
    run->open = false;
}

static void go(struct run *run, const vec2 from, const vec2 to, float alpha, bool joined) {
    int strength = (int)lrintf(glm_clamp(alpha, 0, 1) * STRENGTHS);
    double length = hypot((double)(to[0] - from[0]), (double)(to[1] - from[1]));
    if (!joined || strength != run->strength) finish(run);
    run->strength = strength;
    if (strength > 0) {
        cairo_t *cairo = run->leaf->cairo;
        if (!run->open) {
            leaf_ink(run->leaf, run->stroke->color, (float)strength / STRENGTHS);
            cairo_set_line_width(cairo, (double)run->stroke->width);
            double dash = (double)run->stroke->dash;
            cairo_set_dash(cairo, &dash, dash > 0, run->length);
            cairo_move_to(cairo, (double)from[0], (double)from[1]);
            run->open = true;
        }
        cairo_line_to(cairo, (double)to[0], (double)to[1]);
    }
    run->length += length;
}

/* In pieces short enough that a change between seen and hidden falls on a joint. */
static void go_in_pieces(struct run *run, const vec2 from, float from_away, float from_alpha, const vec2 to,
                         float to_away, float to_alpha, bool joined) {
    const struct leaf *leaf = run->leaf;
    float length = hypotf(to[0] - from[0], to[1] - from[1]);
    int count = leaf->pane->flat ? 1 : (int)fminf(ceilf(length / piece), PIECES_MAX);
    if (count < 1) count = 1;
    vec2 at = {from[0], from[1]};
    for (int i = 0; i < count; i++) {
        float share = (float)(i + 1) / (float)count, middle = ((float)i + 0.5f) / (float)count;
        vec2 next, probe;
        glm_vec2_lerp((float *)from, (float *)to, share, next);
        glm_vec2_lerp((float *)from, (float *)to, middle, probe);
        float view = leaf_view(leaf, probe, glm_lerp(from_away, to_away, middle), slack);
        float alpha = glm_lerp(from_alpha, to_alpha, middle) *
                      (run->stroke->hidden_alpha + (1 - run->stroke->hidden_alpha) * view);
        go(run, at, next, alpha, joined || i > 0);
        glm_vec2_copy(next, at);
    }
}

void line_draw(const struct leaf *leaf, const struct scene_point *points, int count, int stride,
               const struct stroke *strokes, int stroke_count) {
    cairo_set_line_join(leaf->cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(leaf->cairo, CAIRO_LINE_CAP_BUTT);
    for (int k = 0; k < stroke_count; k++) {
        struct run run = {.leaf = leaf, .stroke = &strokes[k]};
        vec2 before = {0}, here;
        float before_away = 0, before_alpha = 0, away;
        bool begun = false, joined = false;
        for (int i = 0; i < count; i++) {
            const struct scene_point *point = &points[(size_t)i * (size_t)stride];
            if (!leaf_project(leaf, point->at, here, &away)) {
                begun = joined = false;
                continue;
            }
            /* Points nearer than a fraction of a pixel say nothing, and a figure of a million steps would not open. */
            if (begun && i + 1 < count && hypotf(here[0] - before[0], here[1] - before[1]) < 0.3f) continue;
            if (begun) {
                go_in_pieces(&run, before, before_away, before_alpha, here, away, point->alpha, joined);
                joined = true;
            }
            glm_vec2_copy(here, before);
            before_away = away;
            before_alpha = point->alpha;
            begun = true;
        }
        finish(&run);
    }
    cairo_set_dash(leaf->cairo, NULL, 0, 0);
}

/* The surface's edge, as on a block diagram. */
static void draw_border(const struct leaf *leaf) {
    const struct scene_surface *surface = leaf->surface;
    if (!surface) return;
    int count = surface_border_count(surface);
    struct scene_point *points = MEM_NEW(struct scene_point, count);
    for (int i = 0; i < count; i++) {
        surface_border_point(surface, i, points[i].at);
        points[i].alpha = 1;
    }
    struct stroke stroke = {.color = leaf->scene->theme->contour_major, .width = 1};
    stroke.color.a = fminf(1, stroke.color.a * 1.2f);
    line_draw(leaf, points, count, 1, &stroke, 1);
    free(points);
}

/* A translucent sheet: a veil, and at most about 16 wires each way. */
static void draw_sheet(const struct leaf *leaf, const struct scene_triangle_sheet *sheet) {
    const struct scene_point *points = leaf->scene->points + sheet->first;
    leaf_ink(leaf, sheet->veil, 1);
    for (int row = 0; row + 1 < sheet->rows && sheet->veil.a > 0; row++)
        for (int column = 0; column + 1 < sheet->columns; column++) {
            int first = row * sheet->columns + column,
                ring[4] = {first, first + 1, first + sheet->columns + 1, first + sheet->columns};
            vec2 pixels[4], middle = {0, 0};
            float away[4], mean = 0;
            bool whole = true;
            for (int k = 0; k < 4 && whole; k++) {
                whole = leaf_project(leaf, points[ring[k]].at, pixels[k], &away[k]);
                if (!whole) break;
                glm_vec2_muladds(pixels[k], 0.25f, middle);
                mean += away[k] / 4;
            }
            if (!whole || leaf_view(leaf, middle, mean, slack) < 0.5f) continue;
            cairo_new_sub_path(leaf->cairo);
            for (int k = 0; k < 4; k++) cairo_line_to(leaf->cairo, (double)pixels[k][0], (double)pixels[k][1]);
            cairo_close_path(leaf->cairo);
        }
    cairo_fill(leaf->cairo);
    if (sheet->wire.a <= 0) return;
    struct stroke wire = {.color = sheet->wire, .width = 1, .hidden_alpha = 0.18f};
    int row_step = sheet->rows > 24 ? sheet->rows / 12 : 1, column_step = sheet->columns > 24 ? sheet->columns / 12 : 1;
    for (int row = 0; row < sheet->rows; row += row_step)
        line_draw(leaf, points + (size_t)row * (size_t)sheet->columns, sheet->columns, 1, &wire, 1);
    for (int column = 0; column < sheet->columns; column += column_step)
        line_draw(leaf, points + column, sheet->rows, sheet->columns, &wire, 1);
}

void lines_draw(const struct leaf *leaf) {
    const struct scene *scene = leaf->scene;
    draw_border(leaf);
    for (size_t i = 0; i < scene->sheet_count; i++)
        if (scene->sheets[i].panes & leaf->bit) draw_sheet(leaf, &scene->sheets[i]);
    for (size_t i = 0; i < scene->line_count; i++) {
        const struct scene_line *line = &scene->lines[i];
        if (!(line->panes & leaf->bit) || line->count < 1) continue;
        struct stroke strokes[2];
        int count = 0;
        if (line->casing.a > 0 && line->casing_width > 0)
            strokes[count++] =
                (struct stroke){line->casing, line->width + 2 * line->casing_width, line->dash, line->hidden_alpha};
        strokes[count++] = (struct stroke){line->color, line->width, line->dash, line->hidden_alpha};
        line_draw(leaf, scene->points + line->first, line->count, 1, strokes, count);
    }
}
