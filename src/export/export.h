/* What leaves the program as a file: a picture (PNG), a figure (SVG, PDF) or a film (MP4, GIF) of a scene. The window
 * and `render` both go this way, so the same settings make the same file. Knows nothing of windows; needs no display.
 *
 * Scenes are made by the caller, in the thread that owns the exhibit; drawing, encoding and writing are a job's. */
#pragma once

#include "analyze/analyze.h"
#include "base/error.h"
#include "scene/scene.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- what it is, by the ending of its name ---------------------------------------------------------------------- */

enum export_kind { EXPORT_PICTURE, EXPORT_FIGURE, EXPORT_FILM };
/* False, with what would be right, where the ending is none of .png .svg .pdf .mp4 .gif (any case). */
bool export_kind_of(const char *path, enum export_kind *kind, struct error *error);

/* ---- how large and what on it ------------------------------------------------------------------------------------ */

enum { EXPORT_LARGEST = 16384 };
struct frame_shape {
    int width, height; /* pixels */
    float scale;       /* pixels per scene pixel: size of text and lines; 0: by the picture's size */
    int supersample;   /* 1 … 4; 0: EXPORT_SUPERSAMPLE, of films 1. Figures need none */
    bool bare;         /* without title and caption */
    bool no_legend;
};
enum { EXPORT_SUPERSAMPLE = 2 };
float frame_scale(const struct frame_shape *shape); /* with 0 replaced: min(width/1280, height/720), at least ½ */
/* `view` as a picture on its own is seen: its size, title, caption and legend, and no cross-hair. */
struct view frame_view(const struct frame_shape *shape, const struct view *view);

/* ---- films ------------------------------------------------------------------------------------------------------- */

enum film_move {
    FILM_RUN,      /* the run, step by step */
    FILM_TURN,     /* once around the surface */
    FILM_APPROACH, /* from one camera to the view's */
};
extern const char *const film_move_names[]; /* "run", "turn", "approach" */
struct film {
    enum film_move move;
    int64_t from, to;    /* FILM_RUN: the first and the last step; the others stand at the view's */
    double seconds;      /* in all; one longer than three rests on its end for the last of them (but for FILM_TURN) */
    int rate;            /* frames a second, ≥ 1 */
    double degrees;      /* FILM_TURN: how far round; FILM_RUN: how far the camera drifts meanwhile */
    struct camera start; /* FILM_APPROACH */
};
int film_frames(const struct film *film); /* ≥ 1 */
/* How long a run from `from` to `to` lasts at `speed` × 30 steps a second, with its rest. */
double film_seconds(int64_t from, int64_t to, double speed);
/* The view of frame k, 0 … film_frames − 1. A contour view is seen from above: it neither turns nor drifts. */
struct view film_view(const struct film *film, const struct view *view, int k);

/* ---- making it ----------------------------------------------------------------------------------------------------
 */

/* Thread: the one that called exporter_begin, but for exporter_cancel. */
struct exporter;
struct exporter_params {
    const char *path; /* copied. Written beside, then renamed; cancelled or failed leaves nothing */
    struct frame_shape shape;
    int frames, rate;          /* of a film; else not looked at */
    const char *shader_folder; /* as renderer_params; copied; or NULL */
    void (*wakeup)(void *);    /* from the job's thread: there is room for a scene, or it ended; may be NULL */
    void *wakeup_context;
};
/* ERROR_INPUT for a bad ending or size, ERROR_MACHINE without OpenGL or where nothing can be written. A GL context that
 * was current stays current. */
struct exporter *exporter_begin(const struct exporter_params *params, struct error *error);
void exporter_destroy(struct exporter **exporter); /* cancels and waits; accepts NULL */
/* How many scenes it still needs before it is fed: frames of a film, else 1. */
int exporter_needs(const struct exporter *exporter);
bool exporter_has_room(struct exporter *exporter); /* for one more: memory is bounded, it draws behind */
/* The next scene; it is taken over, and left empty. */
void exporter_take(struct exporter *exporter, struct scene *scene);
void exporter_wait_for_room(struct exporter *exporter); /* … or for its end */
void exporter_cancel(void *exporter);                   /* any thread */
/* For progress and end; never to be waited for before all scenes were given. */
struct job *exporter_job(const struct exporter *exporter);
