/* Drawing: a scene through OpenGL 3.3 core, on a window or offscreen; pictures and videos from it. The only module that
 * calls GL. Everything here belongs to the thread that owns the GL context. Knows nothing of experiments: scenes only.
 *
 * Shaders are plain files in shaders/, built into the program. */
#pragma once

#include "analyze/analyze.h"
#include "base/error.h"
#include "scene/scene.h"

#include <stdbool.h>
#include <stdint.h>

struct renderer;
struct renderer_params {
    const char *shader_folder; /* read shaders from here instead of those built in, and when they change; or NULL */
};
/* Needs a current GL ≥ 3.3 core context: ERROR_MACHINE says what was found instead. A shader that does not compile is
 * an error with file and line. */
struct renderer *renderer_create(const struct renderer_params *params, struct error *error);
void renderer_destroy(struct renderer **renderer); /* accepts NULL */

struct draw_target {
    uint32_t framebuffer;    /* GL name; 0: the window */
    int x, y, width, height; /* the picture's rectangle in physical pixels, origin top left of the framebuffer */
    int framebuffer_height;
    float scale; /* physical pixels per scene pixel: display DPI × user's scale × supersampling */
    bool quick;  /* straight into the framebuffer, which has depth: one sample a pixel, for a picture that another one
                    follows at once. It cannot be repeated */
};
/* Draws all panes. Nothing is uploaded that did not change; nothing is allocated once sizes have settled. Leaves GL
 * state with the whole framebuffer as viewport, no scissor, no depth test. */
void renderer_draw(struct renderer *renderer, const struct scene *scene, const struct draw_target *target);
/* The picture of the last renderer_draw again, without drawing its surface anew: for a frame in which only what lies
 * around or over it changed. `scene` and `target` as they were then, and no renderer_picture in between; false (draw,
 * then) when the sizes differ. */
bool renderer_repeat(struct renderer *renderer, const struct scene *scene, const struct draw_target *target);
/* True when shader files changed and were taken up (then draw again); an error that appears keeps the old ones and is
 * said. */
bool renderer_poll_shaders(struct renderer *renderer, struct error *error);

struct draw_statistics {
    long triangles; /* of the surface last drawn */
    int draw_calls;
    long uploaded; /* bytes sent in the last renderer_draw */
    bool refused;  /* the driver had no memory for a part of it, which is missing */
};
/* The context is lost, and with it all that lay in it: what is left to do is renderer_destroy. */
bool renderer_lost(struct renderer *renderer);
/* Drawn by the processor itself, where each sample costs its time. */
bool renderer_is_software(const struct renderer *renderer);
struct draw_statistics renderer_statistics(const struct renderer *renderer);
/* The time of one bare draw of the same surface triangles, flat-coloured, for `bench`: seconds, median of `repeats`. */
double renderer_bare_draw(struct renderer *renderer, const struct scene *scene, const struct draw_target *target,
                          int repeats);
/* The medians of `repeats` whole frames (renderer_draw with everything new) and of as many bare draws of the same
 * triangles on the same multisampled target, taken in turn: seconds. */
bool renderer_compare(struct renderer *renderer, const struct scene *scene, int width, int height, float scale,
                      int repeats, double *frame, double *bare, struct error *error);

/* What the window shows, kept from frame to frame, where drawing it whole each time costs more than a copy: the
 * processor's own drawing. A framebuffer with depth. */
struct backing;
struct backing *backing_create(void);
void backing_destroy(struct backing **backing); /* accepts NULL */
/* Bound for drawing, and its GL name; 0 where the machine makes none: the window is. `kept`: it holds the last frame. */
uint32_t backing_bind(struct backing *backing, int width, int height, bool *kept);
void backing_show(const struct backing *backing); /* into the window, which is bound then */

/* A small picture for the panels, which they draw by its GL name. */
struct texture;
struct texture *texture_create(void);
void texture_destroy(struct texture **texture);                                            /* accepts NULL */
void texture_fill(struct texture *texture, int width, int height, const uint8_t *rgba); /* rows from the top */
uint32_t texture_name(const struct texture *texture);

/* ---- without a window -------------------------------------------------------------------------------- */

/* A GL context of its own through SDL's offscreen driver (falls back to a hidden window when there is a display). */
struct offscreen;
struct offscreen *offscreen_create(struct error *error);
/* The same, left without a thread: a context that was current stays so. Any one thread may enter it, and leaves it before
 * it is destroyed, by the thread that created it. */
struct offscreen *offscreen_create_aside(struct error *error);
bool offscreen_enter(struct offscreen *offscreen, struct error *error);
/* A new context in place of one that was lost, entered; by the thread that had. ERROR_MACHINE: there is none any more. */
bool offscreen_renew(struct offscreen *offscreen, struct error *error);
void offscreen_leave(struct offscreen *offscreen);
void offscreen_destroy(struct offscreen **offscreen);                 /* accepts NULL */
const char *offscreen_description(const struct offscreen *offscreen); /* GL renderer and version */

/* An image: 8-bit RGB rows from the top, `width × height × 3`. */
struct image {
    int width, height;
    uint8_t *rgb;
};
void image_destroy(struct image *image);
/* The scene drawn at width × height physical pixels (1 … 16384 each), antialiased: multisampled, and supersampled by
 * `supersample` (1 … 4). Tiled when the machine's largest framebuffer is smaller. `scale` as in draw_target. `job`, or
 * NULL, is told of each tile, and may be cancelled between two. ERROR_MACHINE where the driver has no memory for it, or was
 * reset (renderer_lost). */
bool renderer_picture(struct renderer *renderer, const struct scene *scene, int width, int height, float scale,
                      int supersample, struct job *job, struct image *image, struct error *error);

bool image_write_png(const struct image *image, const char *path,
                     struct error *error); /* written beside, then renamed */

/* A video through ffmpeg (a child process fed raw frames): MP4 or GIF by the path's ending. ERROR_MACHINE when ffmpeg
 * is missing (names the package) or fails (its last words). */
struct video;
struct video *video_create(const char *path, int width, int height, int frames_per_second, struct error *error);
/* Both wait for ffmpeg, and no longer than until `job` (may be NULL) is cancelled: ERROR_CANCELLED. */
bool video_append(struct video *video, const struct image *frame, struct job *job, struct error *error);
bool video_close(struct video **video, struct job *job, struct error *error); /* finishes and renames; failed or cancelled:
                                                                                 nothing is left */
void video_abandon(struct video **video); /* nothing is left; accepts NULL */
