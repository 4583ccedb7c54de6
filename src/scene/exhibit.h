/* Inside scene/: what an exhibit keeps, for the files that fill it and those that build a scene from it. */
#pragma once

#include "scene/scene.h"

#include <pthread.h>
#include <stdatomic.h>

/* Plane coordinates to world x and y. */
struct frame {
    double low[2], high[2]; /* range of a and b */
    double scale[2];        /* world units per unit of a and b */
    float half[2];
};
/* The shorter side of what is shown is at least this share of the longer; ranges less unequal keep their true shape, so
 * that right angles look right. */
#define FRAME_SLIMMEST 0.4
struct frame frame_make(const struct plane *plane, const double low[2], const double high[2]);
static inline float frame_x(const struct frame *frame, int axis, double coordinate) {
    return (float)((coordinate - (frame->low[axis] + frame->high[axis]) / 2) * frame->scale[axis]);
}
static inline double frame_coordinate(const struct frame *frame, int axis, double world) {
    return (frame->low[axis] + frame->high[axis]) / 2 + world / frame->scale[axis];
}

/* One height mapping of the losses: what the scene's surface shows. */
struct relief {
    int width, height;
    float *z, *tone; /* (height × width), NaN in a hole */
    size_t capacity;
    uint64_t revision; /* a hash of what it holds */
    bool fresh;
};
/* Height of the drawn mesh at (x, y) of `frame`, over either way of splitting a cell into triangles; its upward unit
 * normal into `normal` unless NULL. NaN beside the surface and in a hole. */
float relief_height(const struct relief *relief, const struct frame *frame, float x, float y, vec3 normal);
/* World height of a loss: from a little below the floor of the box to its top; NaN for NaN. */
float loss_height(const struct height_map *map, double loss);

struct path_sample {
    int64_t step;
    double a, b, loss;
    float distance; /* off the plane */
};
struct strip_vertex {
    vec3 at;
    int64_t step;   /* of the sample this vertex leads to */
    float length;   /* along the path, from its start */
    float nearness; /* 1 on the plane, less off it */
    bool begins;    /* a new polyline: the path came back over the border */
};
struct strip {
    struct strip_vertex *vertices;
    size_t count, capacity;
};
/* A run's path: its samples on the plane, and, for one height mapping at a time, its line through the world. */
struct path {
    size_t read;   /* samples of the timeline taken up */
    size_t stride; /* every so many of them are kept, to bound memory; the newest always is */
    struct path_sample *samples;
    size_t count, capacity;
    struct path_sample newest;
    bool any;
    int64_t diverged; /* the step at which loss or gradient ceased to be finite; −1 */

    struct strip strip;
    size_t strip_used; /* samples worked in */
    uint64_t strip_revision;
    enum height_mapping strip_mapping;
    float tolerance;
    size_t *turns; /* the samples the line goes through, by index, ascending */
    size_t turn_count, turn_capacity;
};

struct rectangle { /* pane pixels */
    float left, top, right, bottom;
};

struct stop_task {
    int run;
    int64_t step;
    double *theta;
    struct eigen_report *report;
};

struct exhibit {
    struct exhibit_params params; /* immutable after create */
    int n, runs;
    uint64_t generation;

    struct plane *plane;
    struct surface *surface;
    struct frame frame;
    struct plane *next_plane; /* shown as soon as its surface's first level is there */
    struct surface *next_surface;
    int64_t planned_step; /* the newest step when the plane was last chosen */
    struct job *plane_job; /* finds the Hessian's directions; NULL when none runs */
    struct plane_task {
        const struct objective *objective;
        double *theta; /* (n) where */
        struct plane *plane;
    } plane_task; /* the job's while it runs */
    uint64_t revision;    /* of everything that moves paths: plane, range, losses */

    double *losses; /* (height × width) */
    int width, height, stride;
    uint64_t losses_seen;
    struct height_map maps[2]; /* by enum height_mapping */
    struct relief reliefs[2];

    struct critical_search *search;
    bool searched;
    struct critical_point *points;
    size_t point_count;

    struct path *paths;      /* (runs) */
    struct strip tail;       /* scratch: the way from a line's end to the head */
    struct rectangle *taken; /* scratch of scene_build, kept so that a frame allocates nothing */
    size_t taken_capacity;
    bool behind; /* samples are left to take up */

    pthread_t stop_thread;
    bool stop_running;
    atomic_bool stop_finished;
    struct stop_task *stop_tasks; /* the thread's until stop_finished */
    int stop_count;
    uint64_t stop_generation;
    struct eigen_report **stop_reports; /* (runs) or NULL where there is none */
    int64_t *stop_steps;                /* (runs): the step each report belongs to */
};

/* exhibit_paths.c */
bool paths_take(struct exhibit *exhibit,
                double seconds);           /* takes up new samples, for so long at most; true when there were any */
void paths_reset(struct exhibit *exhibit); /* after a restart */
void paths_project_again(struct exhibit *exhibit); /* after a new plane */
/* Which runs diverged, by the trainer or by their samples; true when that is news. */
bool paths_note_divergence(struct exhibit *exhibit);
/* The last sample with step ≤ `step`; false when there is none on the plane. */
bool path_at(const struct path *path, int64_t step, struct path_sample *out);
void path_release(struct path *path);

/* exhibit_strip.c */
enum { STRIP_MOST = 20000 };
/* Brings the run's line up to date for this mapping. */
void strip_update(struct exhibit *exhibit, int run, enum height_mapping mapping);
/* Where the line of a run stands over a sample: on the surface for two parameters, at its true loss otherwise. */
void strip_place(const struct exhibit *exhibit, enum height_mapping mapping, const struct path_sample *sample, vec3 at);
float strip_nearness(const struct exhibit *exhibit, double distance);
/* Appends the part of the way between two samples that lies within the range, without its first point unless the line
 * begins there; `spacing` is for a way draped over the surface. */
void strip_segment(const struct exhibit *exhibit, enum height_mapping mapping, const struct path_sample *from,
                   const struct path_sample *to, float spacing, struct strip *strip);
float strip_spacing(const struct exhibit *exhibit, float tolerance);
void strip_push(struct strip *strip, const struct strip_vertex *vertex); /* fills in its length */
bool frame_holds(const struct frame *frame, double a, double b);

/* exhibit_plane.c */
bool plane_plan_first(struct exhibit *exhibit, struct error *error);
bool plane_plan_if_due(struct exhibit *exhibit, bool final); /* true when a new one was begun */
void plane_plan(struct exhibit *exhibit);
bool plane_swap_if_ready(struct exhibit *exhibit);
void plane_wait(struct exhibit *exhibit);   /* for a plane that is being found */
void plane_cancel(struct exhibit *exhibit); /* gives that up */
bool plane_follows_paths(const struct exhibit *exhibit); /* the range depends on them */

/* exhibit_relief.c */
bool losses_take(struct exhibit *exhibit); /* true when there are new ones */
const struct relief *relief_get(struct exhibit *exhibit, enum height_mapping mapping); /* width 0: none yet */

/* exhibit_stops.c */
enum { STOPS_MAX_PARAMETERS = 300 };
bool stops_update(struct exhibit *exhibit, bool all_ended); /* true when a report came in */
void stops_wait(struct exhibit *exhibit);
void stops_clear(struct exhibit *exhibit);
