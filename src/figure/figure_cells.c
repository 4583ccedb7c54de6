/* Rasters as pictures within, and swarms as dots. */
#include "figure/figure_parts.h"

#include <math.h>
#include <string.h>

/* As shaders/raster.frag: whole cells in their colour, those without an answer as a veil of it. */
static cairo_surface_t *cells_surface(const struct scene *scene, const struct scene_raster *raster) {
    static const float veil = 0.45f;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, raster->width, raster->height);
    if (cairo_surface_status(surface)) return surface;
    cairo_surface_flush(surface);
    unsigned char *bytes = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);
    for (int y = 0; y < raster->height; y++)
        for (int x = 0; x < raster->width; x++) {
            /* Rows come from low y on; a picture's from the top. */
            const struct scene_texel *cell =
                &scene->texels[raster->first + (size_t)(raster->height - 1 - y) * (size_t)raster->width + (size_t)x];
            float alpha = cell->a > 191 ? 1 : cell->a > 63 ? veil : 0;
            uint32_t texel = (uint32_t)lrintf(255 * alpha) << 24 | (uint32_t)lrintf(cell->r * alpha) << 16 |
                             (uint32_t)lrintf(cell->g * alpha) << 8 | (uint32_t)lrintf(cell->b * alpha);
            memcpy(bytes + (size_t)y * (size_t)stride + 4 * (size_t)x, &texel, 4);
        }
    cairo_surface_mark_dirty(surface);
    return surface;
}

void rasters_draw(const struct leaf *leaf) {
    const struct scene *scene = leaf->scene;
    for (size_t i = 0; i < scene->raster_count; i++) {
        const struct scene_raster *raster = &scene->rasters[i];
        vec2 top_left, top_right, low_left;
        float away;
        if (!(raster->panes & leaf->bit) ||
            !leaf_project(leaf, (vec3){raster->low[0], raster->high[1], raster->z}, top_left, &away) ||
            !leaf_project(leaf, (vec3){raster->high[0], raster->high[1], raster->z}, top_right, &away) ||
            !leaf_project(leaf, (vec3){raster->low[0], raster->low[1], raster->z}, low_left, &away))
            continue;
        cairo_surface_t *surface = cells_surface(scene, raster);
        cairo_matrix_t cells; /* exact for a pane seen from above, which is what rasters are for */
        cairo_matrix_init(
            &cells, (double)(top_right[0] - top_left[0]) / raster->width,
            (double)(top_right[1] - top_left[1]) / raster->width, (double)(low_left[0] - top_left[0]) / raster->height,
            (double)(low_left[1] - top_left[1]) / raster->height, (double)top_left[0], (double)top_left[1]);
        cairo_save(leaf->cairo);
        cairo_transform(leaf->cairo, &cells);
        cairo_set_source_surface(leaf->cairo, surface, 0, 0);
        cairo_pattern_set_filter(cairo_get_source(leaf->cairo), CAIRO_FILTER_NEAREST);
        cairo_paint(leaf->cairo);
        cairo_restore(leaf->cairo);
        cairo_surface_destroy(surface);
    }
}

/* A dot is a line of no length with round ends: the shortest way to say a circle. */
static void dots_draw(const struct leaf *leaf, const struct scene_swarm *swarm, struct color ink, float size) {
    const float slack = 0.03f;
    cairo_set_line_cap(leaf->cairo, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_width(leaf->cairo, (double)size);
    leaf_ink(leaf, ink, 1);
    for (int i = 0; i < swarm->count; i++) {
        const struct scene_mote *mote = &leaf->scene->motes[swarm->first + (size_t)i];
        vec2 pixel;
        float away;
        if (!leaf_project(leaf, (vec3){mote->x, mote->y, mote->z}, pixel, &away) ||
            leaf_view(leaf, pixel, away, slack) < 0.5f)
            continue;
        cairo_move_to(leaf->cairo, (double)pixel[0], (double)pixel[1]);
        cairo_line_to(leaf->cairo, (double)pixel[0], (double)pixel[1]);
    }
    cairo_stroke(leaf->cairo);
    cairo_set_line_cap(leaf->cairo, CAIRO_LINE_CAP_BUTT);
}

void swarms_draw(const struct leaf *leaf) {
    const struct scene *scene = leaf->scene;
    for (size_t i = 0; i < scene->swarm_count; i++) {
        const struct scene_swarm *swarm = &scene->swarms[i];
        if (!(swarm->panes & leaf->bit)) continue;
        if (swarm->casing.a > 0) dots_draw(leaf, swarm, swarm->casing, swarm->size);
        dots_draw(leaf, swarm, swarm->color, swarm->casing.a > 0 ? fmaxf(swarm->size - 1.2f, 1) : swarm->size);
    }
}
