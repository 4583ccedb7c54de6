/* Arrows, marks and boxes: the shapes of shaders/arrow.frag, glyph.frag and box.frag as paths. */
#include "figure/figure_parts.h"

#include <cglm/cglm.h>
#include <math.h>

static const float outline_pixels = 1.25f, slack = 0.03f;

/* ---- arrows ----------------------------------------------------------------------------------------------------- */

static void arrow_path(cairo_t *cairo, double span, double half_width, double head, bool both) {
    double size = fmin(head, span * (both ? 0.45 : 0.8)), half = size * 0.40;
    double to = span - size * 0.9, from = both ? size * 0.9 : 0;
    cairo_move_to(cairo, from, half_width);
    cairo_line_to(cairo, to, half_width);
    cairo_line_to(cairo, span - size, half);
    cairo_line_to(cairo, span, 0);
    cairo_line_to(cairo, span - size, -half);
    cairo_line_to(cairo, to, -half_width);
    cairo_line_to(cairo, from, -half_width);
    if (both) {
        cairo_line_to(cairo, size, -half);
        cairo_line_to(cairo, 0, 0);
        cairo_line_to(cairo, size, half);
    }
    cairo_close_path(cairo);
}

static void dashed_shaft(cairo_t *cairo, double span, double half_width, double head, bool both) {
    double size = fmin(head, span * (both ? 0.45 : 0.8)), dashes[2] = {5, 3};
    cairo_set_line_width(cairo, 2 * half_width);
    cairo_set_dash(cairo, dashes, 2, 0);
    cairo_move_to(cairo, both ? size * 0.9 : 0, 0);
    cairo_line_to(cairo, span - size * 0.9, 0);
    cairo_stroke(cairo);
    cairo_set_dash(cairo, NULL, 0, 0);
    for (int end = 0; end <= both; end++) {
        double tip = end ? 0 : span, back = end ? size : span - size;
        cairo_move_to(cairo, tip, 0);
        cairo_line_to(cairo, back, size * 0.40);
        cairo_line_to(cairo, back, -size * 0.40);
        cairo_close_path(cairo);
    }
    cairo_fill(cairo);
}

void arrows_draw(const struct leaf *leaf) {
    const struct scene *scene = leaf->scene;
    cairo_t *cairo = leaf->cairo;
    for (size_t i = 0; i < scene->arrow_count; i++) {
        const struct scene_arrow *arrow = &scene->arrows[i];
        vec2 from, to, middle;
        float away[2];
        if (!(arrow->panes & leaf->bit) || !leaf_project(leaf, arrow->from, from, &away[0]) ||
            !leaf_project(leaf, arrow->to, to, &away[1]))
            continue;
        glm_vec2_lerp(from, to, 0.5f, middle);
        float view = leaf_view(leaf, middle, (away[0] + away[1]) / 2, 2 * slack);
        float alpha = arrow->hidden_alpha + (1 - arrow->hidden_alpha) * view;
        double span = hypot((double)(to[0] - from[0]), (double)(to[1] - from[1]));
        if (alpha < 0.01f || span < 0.5) continue;
        double half = fmax(0.5 * (double)arrow->width, 0.5), head = (double)arrow->head;
        cairo_save(cairo);
        cairo_translate(cairo, (double)from[0], (double)from[1]);
        cairo_rotate(cairo, atan2((double)(to[1] - from[1]), (double)(to[0] - from[0])));
        cairo_set_line_join(cairo, CAIRO_LINE_JOIN_MITER);
        if (arrow->dashed) {
            leaf_ink(leaf, arrow->color, alpha);
            dashed_shaft(cairo, span, half, head, arrow->double_headed);
        } else {
            arrow_path(cairo, span, half, head, arrow->double_headed);
            if (arrow->casing.a > 0) {
                leaf_ink(leaf, arrow->casing, alpha);
                cairo_set_line_width(cairo, 2 * (double)outline_pixels);
                cairo_stroke_preserve(cairo);
            }
            leaf_ink(leaf, arrow->color, alpha);
            cairo_fill(cairo);
        }
        cairo_restore(cairo);
    }
}

/* ---- marks ------------------------------------------------------------------------------------------------------ */

/* Around the origin, y down; `up`: a corner points up, else an edge lies there. */
static void polygon_path(cairo_t *cairo, double inner, int corners, bool up, double middle) {
    double outer = inner / cos(M_PI / corners);
    for (int k = 0; k < corners; k++) {
        double angle = 2 * M_PI * (k + (up ? 0 : 0.5)) / corners;
        cairo_line_to(cairo, outer * sin(angle), middle - outer * cos(angle));
    }
    cairo_close_path(cairo);
}

static void star_path(cairo_t *cairo, double outer) {
    for (int k = 0; k < 10; k++) {
        double angle = M_PI * k / 5, reach = k % 2 ? 0.46 * outer : outer;
        cairo_line_to(cairo, reach * sin(angle), -reach * cos(angle));
    }
    cairo_close_path(cairo);
}

static void cross_path(cairo_t *cairo, double reach, double half) {
    static const int sides[12][2] = {{1, 1},   {2, 1},   {2, -1}, {1, -1}, {1, -2}, {-1, -2},
                                     {-1, -1}, {-2, -1}, {-2, 1}, {-1, 1}, {-1, 2}, {1, 2}};
    for (int k = 0; k < 12; k++) {
        double x = abs(sides[k][0]) == 2 ? copysign(reach, sides[k][0]) : copysign(half, sides[k][0]);
        double y = abs(sides[k][1]) == 2 ? copysign(reach, sides[k][1]) : copysign(half, sides[k][1]);
        cairo_line_to(cairo, (x - y) * M_SQRT1_2, (x + y) * M_SQRT1_2);
    }
    cairo_close_path(cairo);
}

static void ring_path(cairo_t *cairo, double radius, double half) {
    cairo_new_sub_path(cairo);
    cairo_arc(cairo, 0, 0, radius + half, 0, 2 * M_PI);
    cairo_new_sub_path(cairo);
    cairo_arc_negative(cairo, 0, 0, radius - half, 2 * M_PI, 0);
}

static void dashed_ring_path(cairo_t *cairo, double radius, double half) {
    for (int k = 0; k < 5; k++) {
        double middle = 2 * M_PI * (k + 0.25) / 5, reach = 2 * M_PI * 0.28 / 5;
        cairo_new_sub_path(cairo);
        cairo_arc(cairo, 0, 0, radius + half, middle - reach, middle + reach);
        cairo_arc_negative(cairo, 0, 0, radius - half, middle + reach, middle - reach);
        cairo_close_path(cairo);
    }
}

static void shape_path(cairo_t *cairo, enum glyph_shape shape, double r) {
    cairo_new_path(cairo);
    switch (shape) {
    case GLYPH_RING: ring_path(cairo, 0.80 * r, 0.20 * r); break;
    case GLYPH_DISC: cairo_arc(cairo, 0, 0, 0.96 * r, 0, 2 * M_PI); break;
    case GLYPH_TRIANGLE_UP:
    case GLYPH_MAXIMUM: polygon_path(cairo, 0.58 * r, 3, true, 0.12 * r); break;
    case GLYPH_SQUARE: cairo_rectangle(cairo, -0.83 * r, -0.83 * r, 1.66 * r, 1.66 * r); break;
    case GLYPH_DIAMOND: polygon_path(cairo, 0.76 * r, 4, true, 0); break;
    case GLYPH_TRIANGLE_DOWN:
    case GLYPH_MINIMUM: polygon_path(cairo, 0.58 * r, 3, false, -0.12 * r); break;
    case GLYPH_HEXAGON: polygon_path(cairo, 0.90 * r, 6, false, 0); break;
    case GLYPH_STAR: star_path(cairo, 1.15 * r); break;
    case GLYPH_SADDLE:
        ring_path(cairo, 0.88 * r, 0.12 * r);
        cairo_new_sub_path(cairo);
        cross_path(cairo, 0.56 * r, 0.15 * r);
        break;
    case GLYPH_DEGENERATE: dashed_ring_path(cairo, 0.88 * r, 0.13 * r); break;
    case GLYPH_CROSS: cross_path(cairo, r, 0.20 * r); break;
    }
}

static void mark_draw(const struct leaf *leaf, float x, float y, float size, enum glyph_shape shape, bool hollow,
                      struct color fill, struct color outline, float alpha) {
    cairo_t *cairo = leaf->cairo;
    double r = 0.5 * (double)size, rim = outline.a > 0 ? fmin((double)outline_pixels, (double)size * 0.14) : 0;
    cairo_save(cairo);
    cairo_translate(cairo, (double)x, (double)y);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    if (shape == GLYPH_SADDLE && outline.a > 0) { /* its strokes stand on a disc, to be told from the ground */
        cairo_new_path(cairo);
        cairo_arc(cairo, 0, 0, 0.88 * r, 0, 2 * M_PI);
        leaf_ink(leaf, outline, 0.72f * alpha);
        cairo_fill(cairo);
    }
    if (hollow && shape != GLYPH_RING) { /* a ring is hollow as it is */
        double stroke = fmax(0.28 * r, 1.4);
        shape_path(cairo, shape, r - stroke / 2);
        if (rim > 0) {
            leaf_ink(leaf, outline, alpha);
            cairo_set_line_width(cairo, stroke + 2 * rim);
            cairo_stroke_preserve(cairo);
        }
        leaf_ink(leaf, fill, alpha);
        cairo_set_line_width(cairo, stroke);
        cairo_stroke(cairo);
    } else {
        shape_path(cairo, shape, r);
        if (rim > 0) {
            leaf_ink(leaf, outline, alpha);
            cairo_set_line_width(cairo, 2 * rim);
            cairo_stroke_preserve(cairo);
        }
        leaf_ink(leaf, fill, alpha);
        cairo_fill(cairo);
    }
    cairo_restore(cairo);
}

void glyphs_draw(const struct leaf *leaf) {
    const struct scene *scene = leaf->scene;
    for (size_t i = 0; i < scene->glyph_count; i++) {
        const struct scene_glyph *glyph = &scene->glyphs[i];
        vec2 pixel;
        float away;
        if (!(glyph->panes & leaf->bit) || !leaf_project(leaf, glyph->at, pixel, &away)) continue;
        float alpha = glyph->hidden_alpha + (1 - glyph->hidden_alpha) * leaf_view(leaf, pixel, away, slack);
        if (alpha < 0.01f) continue;
        mark_draw(leaf, pixel[0], pixel[1], glyph->size, glyph->shape, glyph->hollow, glyph->fill, glyph->outline,
                  alpha);
    }
}

void marks_draw(const struct leaf *leaf) {
    const struct scene *scene = leaf->scene;
    for (size_t i = 0; i < scene->mark_count; i++) {
        const struct scene_mark *mark = &scene->marks[i];
        if (!(mark->panes & leaf->bit)) continue;
        mark_draw(leaf, mark->x + (mark->x < 0 ? leaf->width : 0), mark->y + (mark->y < 0 ? leaf->height : 0),
                  mark->size, mark->shape, mark->hollow, mark->fill, mark->outline, 1);
    }
}

/* ---- boxes ------------------------------------------------------------------------------------------------------ */

static void rounded_path(cairo_t *cairo, double x, double y, double width, double height, double radius) {
    radius = fmin(radius, 0.5 * fmin(width, height));
    cairo_new_path(cairo);
    if (radius <= 0) {
        cairo_rectangle(cairo, x, y, width, height);
        return;
    }
    cairo_arc(cairo, x + width - radius, y + radius, radius, -M_PI_2, 0);
    cairo_arc(cairo, x + width - radius, y + height - radius, radius, 0, M_PI_2);
    cairo_arc(cairo, x + radius, y + height - radius, radius, M_PI_2, M_PI);
    cairo_arc(cairo, x + radius, y + radius, radius, M_PI, 1.5 * M_PI);
    cairo_close_path(cairo);
}

void boxes_draw(const struct leaf *leaf) {
    const struct scene *scene = leaf->scene;
    cairo_t *cairo = leaf->cairo;
    for (size_t i = 0; i < scene->box_count; i++) {
        const struct scene_box *box = &scene->boxes[i];
        if (!(box->panes & leaf->bit)) continue;
        double x = (double)(box->x + (box->x < 0 ? leaf->width : 0)),
               y = (double)(box->y + (box->y < 0 ? leaf->height : 0)), width = (double)box->width,
               height = (double)box->height;
        rounded_path(cairo, x, y, width, height, (double)box->radius);
        if (box->gradient) {
            cairo_pattern_t *ramp = cairo_pattern_create_linear(0, y + height, 0, y);
            for (int k = 0; k < COLORMAP_SIZE; k += 5) {
                const struct color *color = &scene->colormap[k];
                cairo_pattern_add_color_stop_rgba(ramp, (double)k / (COLORMAP_SIZE - 1), color->r, color->g, color->b,
                                                  1);
            }
            cairo_set_source(cairo, ramp);
            cairo_fill_preserve(cairo);
            cairo_pattern_destroy(ramp);
        } else if (box->fill.a > 0) {
            leaf_ink(leaf, box->fill, 1);
            cairo_fill_preserve(cairo);
        }
        if (box->edge.a > 0) {
            rounded_path(cairo, x + 0.5, y + 0.5, width - 1, height - 1, (double)box->radius - 0.5);
            leaf_ink(leaf, box->edge, 1);
            cairo_set_line_width(cairo, 1);
            cairo_stroke(cairo);
        }
        cairo_new_path(cairo);
    }
}
