/* Inside draw/: one pane of the picture being drawn, as the passes see it. */
#pragma once

#include "draw/gpu.h"

#include <cglm/types.h>

/* The part of the picture that is drawn now: all of it, or a tile. Physical pixels, origin top left of the picture. */
struct region {
    int picture_width, picture_height;
    int x, y, width, height;
    float scale; /* physical pixels per scene pixel */
};

struct pane_frame {
    mat4 view, projection, view_projection;
    int left, top, width, height; /* the whole pane in the picture, physical pixels */
    int seen_left, seen_top, seen_width,
        seen_height; /* what of it lies in the region, counted from the region's corner */
    float scale;
    bool flat;
    bool visible; /* any of it lies in the region */
    uint32_t bit; /* in a thing's `panes` */
    int surface_index;                   /* what the pane shows of the scene's surfaces; −1: none */
    const struct scene_surface *surface; /* likewise; NULL: none */
    vec3 eye;     /* position, or (orthographic) direction towards it */
    bool perspective;
    vec3 light; /* unit, towards it */
};
void pane_frame_fill(struct pane_frame *frame, const struct scene *scene, int pane, const struct region *region);
/* World point to pane pixels (origin lower left) and NDC depth, as if it were `nearer` pixels nearer the eye; false
 * when behind the near plane. */
bool pane_frame_project(const struct pane_frame *frame, const float *world, float nearer, vec3 pixel);

/* The std140 block of shaders/common.glsl. */
struct pane_block {
    float view_projection[16];
    float extent[4], window[4], light[4], ground[4];
};
/* `corner_x`, `corner_y`: where the framebuffer drawn to has the region's lower left corner. */
struct pane_block pane_frame_block(const struct pane_frame *frame, const struct scene *scene,
                                   const struct region *region, int corner_x, int corner_y);
