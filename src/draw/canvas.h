/* Inside draw/: everything of the scene but the surface, projected to pane pixels each frame and drawn as quads whose
 * shape is worked out in fragment shaders. Lines and arrows are tested against the surface's depth; marks and labels by
 * occlusion.h. */
#pragma once

#include "draw/frame.h"
#include "draw/lettering.h"
#include "draw/shaders.h"

/* What of each buffer belongs to a pane. */
struct canvas_pane {
    struct range lines, arrows, small_glyphs, glyphs, boxes, marks, world_texts, screen_texts;
};

struct canvas {
    struct gpu_buffer line_buffer, arrow_buffer, glyph_buffer, box_buffer, text_buffer, sheet_buffer;
    struct staging lines, arrows, glyphs, boxes, texts, sheets;
    struct label_places places;    /* of one pane */
    struct staging ribbon, border; /* of one line: its points on screen; the surface's edge */
    GLuint line_array, arrow_array, glyph_array, box_array, text_array, sheet_array;
    struct canvas_pane panes[SCENE_MAX_PANES];
    bool any_hidden_lines, any_hidden_arrows, any_hidden_glyphs;
    struct lettering *lettering;
};
void canvas_create(struct canvas *canvas);
void canvas_release(struct canvas *canvas);

/* Fills the buffers for all panes and sends what changed. */
void canvas_update(struct canvas *canvas, const struct scene *scene, const struct pane_frame *frames,
                   struct draw_statistics *statistics);
/* What is tested against the surface's depth, after the surface. */
void canvas_draw_world(const struct canvas *canvas, const struct shader_set *shaders, const struct scene *scene,
                       const struct pane_frame *frame, int pane, struct draw_statistics *statistics);
/* What lies on top. */
void canvas_draw_overlay(const struct canvas *canvas, const struct shader_set *shaders, GLuint colormap, int pane,
                         struct draw_statistics *statistics);

/* Parts of canvas_update, each appending one pane's instances. */
void ribbons_stage(struct canvas *canvas, const struct scene *scene, const struct pane_frame *frame);
void labels_stage(struct canvas *canvas, const struct scene *scene, const struct pane_frame *frame,
                  struct canvas_pane *out, struct draw_statistics *statistics);

/* Instances as the shaders read them. */
struct line_instance {
    float ends[4], around[4], depths[2], alphas[2], half_width, dash, length, hidden;
    struct rgba8 ink;
    float inner;
};
struct arrow_instance {
    float ends[4], depths[2], hidden, alpha, half_width, head, casing_width, kind;
    struct rgba8 ink, casing;
};
struct glyph_instance {
    float x, y, depth, radius, shape, hollow, outline_width, hidden;
    struct rgba8 fill, outline;
};
struct box_instance {
    float left, bottom, width, height, radius, gradient;
    struct rgba8 fill, edge;
};
struct text_instance {
    float left, bottom, width, height, cell[2];
    struct rgba8 ink, halo;
};
