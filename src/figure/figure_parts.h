/* Inside figure/: one pane of a figure being drawn. Pane pixels at scale 1, origin top left, y down. */
#pragma once

#include "figure/figure.h"

#include <cairo.h>
#include <cglm/types.h>

/* The shaded surface as a picture, and how far each of its points is from the eye. */
struct relief_image {
    int width, height; /* samples: FIGURE_FINE a pane pixel each way */
    float *depth;      /* (height × width) along the line of sight, world units; INFINITY: nothing there */
    struct color *color;
};

struct leaf {
    cairo_t *cairo;
    const struct scene *scene;
    const struct scene_pane *pane;
    const struct scene_surface *surface; /* NULL: none */
    struct relief_image relief;          /* width 0: none */
    uint32_t bit;
    float width, height;
    mat4 view, projection;
};

/* To pane pixels, and the distance along the line of sight; false when behind the eye or not a number. */
bool leaf_project(const struct leaf *leaf, const float *world, vec2 pixel, float *away);
/* 1 in full view, 0 behind the surface. `slack`: world units by which a thing may lie below it and still be seen. */
float leaf_view(const struct leaf *leaf, const vec2 pixel, float away, float slack);
void leaf_ink(const struct leaf *leaf, struct color color, float alpha);

/* figure_relief.c */
void ground_draw(const struct leaf *leaf); /* the floor, and stripes where the loss is not finite */
void relief_draw(struct leaf *leaf);
void relief_release(struct relief_image *relief);

/* figure_contour.c: on the surface, or (`floor`) below it */
void contours_draw(const struct leaf *leaf, bool floor);

/* figure_cells.c */
void rasters_draw(const struct leaf *leaf);
void swarms_draw(const struct leaf *leaf);

/* figure_line.c */
struct stroke {
    struct color color;
    float width, dash, hidden_alpha;
};
/* What is behind the surface is drawn with hidden_alpha, or not at all. Points that are not finite part the line. */
void line_draw(const struct leaf *leaf, const struct scene_point *points, int count, int stride,
               const struct stroke *strokes, int stroke_count);
void lines_draw(const struct leaf *leaf);

/* figure_mark.c */
void arrows_draw(const struct leaf *leaf);
void glyphs_draw(const struct leaf *leaf);
void boxes_draw(const struct leaf *leaf);
void marks_draw(const struct leaf *leaf);

/* figure_text.c: world labels, those on screen having taken their places first; then those on screen */
struct lettering_plan;
struct lettering_plan *lettering_plan(const struct leaf *leaf);
void lettering_draw(const struct leaf *leaf, const struct lettering_plan *plan, bool on_screen);
void lettering_release(struct lettering_plan *plan);
