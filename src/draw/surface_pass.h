/* Inside draw/: each surface as a lit mesh, and the contour map and hatching on the floor below it. */
#pragma once

#include "draw/frame.h"
#include "draw/shaders.h"

struct surface_mesh {
    struct gpu_buffer vertices, indices;
    GLuint array, tones; /* 0 until it is needed */
    int triangles, coarse_triangles; /* in the index buffer one behind the other; coarse ones for quick pictures, or 0 */
    bool known, holes;
    uint64_t revision, check; /* of what was sent */
    int width, height;
};

struct surface_pass {
    struct surface_mesh meshes[SCENE_MAX_PANES]; /* of the scene's surfaces, by index */
    GLuint empty_array, colormap;
    struct color colors[COLORMAP_SIZE]; /* what the colour map's texture holds */
    bool colors_known;
    struct staging vertex_staging, index_staging;
    float *scratch; /* for blurring and the tone texture */
    size_t scratch_capacity;
};
void surface_pass_create(struct surface_pass *pass);
void surface_pass_release(struct surface_pass *pass);
/* Sends surfaces and the colour map when they changed. */
void surface_pass_update(struct surface_pass *pass, const struct scene *scene, struct draw_statistics *statistics);
/* `quick`: in fewer triangles, where the surface is fine. */
void surface_pass_draw(const struct surface_pass *pass, const struct shader_set *shaders, const struct scene *scene,
                       const struct pane_frame *frame, bool quick, struct draw_statistics *statistics);
void surface_pass_draw_bare(const struct surface_pass *pass, const struct shader_set *shaders,
                            const struct pane_frame *frame);
/* After the surface, so that what it covers costs nothing. */
void surface_pass_draw_floor(const struct surface_pass *pass, const struct shader_set *shaders,
                             const struct scene *scene, const struct pane_frame *frame,
                             struct draw_statistics *statistics);
