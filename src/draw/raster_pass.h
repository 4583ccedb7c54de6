/* Inside draw/: the scene's rasters, each a texture on a rectangle. */
#pragma once

#include "draw/frame.h"
#include "draw/shaders.h"

struct raster_texture {
    GLuint name;
    int width, height;
    uint64_t revision; /* of what it holds */
    bool known;
};

struct raster_pass {
    struct raster_texture *textures; /* (count) of the scene's rasters, by index */
    size_t count;
    GLuint empty_array;
};
void raster_pass_create(struct raster_pass *pass);
void raster_pass_release(struct raster_pass *pass);
/* Sends what changed. */
void raster_pass_update(struct raster_pass *pass, const struct scene *scene, struct draw_statistics *statistics);
void raster_pass_draw(const struct raster_pass *pass, const struct shader_set *shaders, const struct scene *scene,
                      const struct pane_frame *frame, struct draw_statistics *statistics);
