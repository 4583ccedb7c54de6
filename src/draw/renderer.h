/* Inside draw/: the renderer's parts, and drawing one region of a picture. */
#pragma once

#include "draw/canvas.h"
#include "draw/raster_pass.h"
#include "draw/shaders.h"
#include "draw/stage.h"
#include "draw/surface_pass.h"
#include "draw/swarm_pass.h"

struct renderer {
    char *shader_folder; /* NULL: those built in */
    uint64_t shader_stamp;
    struct shader_set shaders;
    struct surface_pass surface;
    struct raster_pass raster;
    struct swarm_pass swarm;
    struct canvas canvas;
    struct stage stage;
    bool direct; /* the last picture went without the stage, straight into the window */
    bool software;
    bool tells_loss; /* the driver says when the context is lost */
    bool lost;
    struct draw_statistics statistics;
    GLuint block;                                       /* the uniform buffer of pane blocks */
    struct pane_block sent_blocks[2 * SCENE_MAX_PANES]; /* what it holds */
    int block_stride;
    struct pane_frame frames[SCENE_MAX_PANES];
};

/* Draws `region` into the framebuffer, its lower left corner at (x, y). */
void renderer_draw_region(struct renderer *renderer, const struct scene *scene, const struct region *region,
                          GLuint framebuffer, int x, int y);
