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
    double reach; /* half the longer side in units of θ */
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
    float farthest; /* the largest distance so far */
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
/* How the drawn line is laid over the picture. */
struct placing {
    enum height_mapping mapping;
    bool draped; /* on the surface, else at the samples' own losses */
};
/* How far a run's samples are spread, and how far along the plane's directions: sums about their means. */
struct spread {
    size_t count;
    double *mean;    /* (n) of θ */
    double total;    /* Σ ‖θ − mean‖² */
    double at[2];    /* means of a and b */
    double along[2]; /* Σ (a − at[0])² ‖u‖², Σ (b − at[1])² ‖v‖² */
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
    struct spread spread;
    struct path_figures figures; /* those asked for last, on the plane of … */
    uint64_t figures_revision;

    struct strip strip;
    size_t strip_used; /* samples worked in */
    uint64_t strip_revision;
    struct placing strip_placing;
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

/* A plane with what is seen on it. */
struct outlook {
    struct plane *plane;
    struct frame frame;
    double *losses; /* (height × width) */
    int width, height, stride;
    struct height_map maps[2]; /* by enum height_mapping: those used, … */
    struct height_map own_maps[2]; /* … and those that fit the losses */
    struct relief reliefs[2];
    struct path *paths; /* (runs) */
    uint64_t revision;  /* of everything that moves paths: plane, range, losses */
};

/* The way from one plane to another. */
struct morph {
    bool active, ready; /* ready: all paths are projected on the new plane */
    double share;
    struct outlook before;  /* the plane left */
    struct outlook between; /* what is seen on the way: a and b are world x and y; the plane is borrowed */
    double angles[2];       /* between the planes' principal directions; more than π/2 where one must turn over */
    double lie[2]; /* ⟨eᵢ, e′ⱼ⟩ = Rot(lie₀) diag(cos angles) Rot(lie₁), e and e′ the planes' unit vectors */
    double dip;         /* how much smaller all is half way, so that the paths stay in the range */
    double shift[2][2]; /* from the middle of the one frame to the other's, along the one's and the other's vectors */
};

struct exhibit {
    struct exhibit_params params; /* immutable after create */
    int n, runs;
    uint64_t generation;

    struct plane_choice choice; /* its thetas owned */
    double *choice_thetas;
    struct outlook now;
    struct outlook *shown; /* by scene_build: now, or on the way there */
    struct morph morph;
    struct surface *surface;
    struct settling { /* from the level before to the one that came in */
        bool active;
        double share;
        enum height_mapping mapping; /* that is shown */
        int width, height;
        float *z, *tone; /* as it was shown when that came in */
        size_t capacity;
        uint64_t moves;
    } settling;
    struct plane *next_plane; /* shown as soon as its surface's first level is there */
    struct surface *next_surface;
    int64_t planned_step;  /* the newest step when the plane was last chosen */
    size_t planned_samples; /* … and how many there were: a run that is shown later has the others' steps to catch up */
    struct job *plane_job; /* finds the Hessian's directions; NULL when none runs */
    struct plane_task {
        const struct objective *objective;
        double *theta; /* (n) where */
        struct plane *plane;
    } plane_task; /* the job's while it runs */
    bool plane_failed;
    struct error plane_error;
    uint64_t losses_seen;

    struct critical_search *search;
    bool searched;
    struct critical_point *points;
    size_t point_count;

    struct swarm *swarm;            /* of the experiment's; NULL until a picture is built, and without one */
    bool swarm_failed, swarm_stale; /* stale: to be made anew, and drawn */
    double (*swarm_values)[OPTIMIZER_MAX_PARAMETERS]; /* (optimizers) NULL: the experiment's */
    uint64_t swarm_seen;                              /* the revision last built */
    double *swarm_thetas, *swarm_losses;              /* scratch: one optimizer's … */
    uint64_t *swarm_cells;                            /* … and where it has a dot already */

    struct evaluator *evaluator; /* for losses at path points' feet; NULL until one is asked for */
    double *theta;               /* (2n) scratch beside it */
    struct shares {
        bool known;
        uint64_t runs, revision;
        size_t samples;
        double share[2];
    } shares;                /* of the variance, asked for last */
    struct strip tail;       /* scratch: the way from a line's end to the head */
    struct rectangle *taken; /* scratch of scene_build, kept so that a frame allocates nothing */
    size_t taken_capacity;
    bool behind; /* samples are left to take up */
    bool held;   /* the plane stays */

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
double outlook_variance_share(struct exhibit *exhibit, const struct outlook *outlook, uint64_t runs, double share[2]);
void spread_add(struct spread *spread, const struct plane *plane, const double *theta, const struct plane_point *at);

/* build_swarm.c */
bool swarm_news(struct exhibit *exhibit); /* it has gone on since it was last built; told once where it is stale */
void swarm_release(struct exhibit *exhibit);

/* exhibit_strip.c */
enum { STRIP_MOST = 20000 };
/* Brings a line up to date for this placing. */
void strip_update(struct outlook *outlook, struct path *path, struct placing placing);
/* Where a line stands over a sample. */
void strip_place(const struct outlook *outlook, struct placing placing, const struct path_sample *sample, vec3 at);
float strip_nearness(const struct frame *frame, double distance);
/* Appends the part of the way between two samples that lies within the range, without its first point unless the line
 * begins there; `spacing` is for a way draped over the surface. */
void strip_segment(const struct outlook *outlook, struct placing placing, const struct path_sample *from,
                   const struct path_sample *to, float spacing, struct strip *strip);
float strip_spacing(const struct outlook *outlook, float tolerance);
void strip_push(struct strip *strip, const struct strip_vertex *vertex); /* fills in its length */
bool frame_holds(const struct frame *frame, double a, double b);

/* exhibit_plane.c */
bool plane_plan_first(struct exhibit *exhibit, struct error *error);
bool plane_plan_if_due(struct exhibit *exhibit, bool final); /* true when a new one was begun */
void plane_plan(struct exhibit *exhibit);
bool plane_swap_if_ready(struct exhibit *exhibit);
void plane_wait(struct exhibit *exhibit);                /* for a plane that is being found */
void plane_cancel(struct exhibit *exhibit);              /* gives that up */
bool plane_follows_paths(const struct exhibit *exhibit); /* the range depends on them */

/* exhibit_morph.c */
void morph_begin(struct exhibit *exhibit);      /* before the plane is left: keeps it */
void morph_aim(struct exhibit *exhibit);        /* after: finds the way to the new one */
void morph_make_ready(struct exhibit *exhibit); /* once all paths are on both planes */
void morph_end(struct exhibit *exhibit);
void morph_show(struct exhibit *exhibit, enum height_mapping mapping, int64_t step); /* sets `shown` */
/* The frame that axes are lettered by, and how strongly (0 … 1): they change places half way. */
struct frame morph_axes(const struct exhibit *exhibit, float *strength);
struct outlook *morph_nearer(struct exhibit *exhibit); /* the one of the two planes that is shown, or nearer */
/* Where θ lies on what is shown. */
struct plane_point outlook_project(const struct exhibit *exhibit, const double *theta);

/* exhibit_relief.c */
void relief_resize(struct relief *relief, int width, int height); /* what is in it then is not said */
void relief_seal(struct relief *relief);   /* after its heights were set: fills in the revision */
bool losses_take(struct exhibit *exhibit); /* true when there are new ones */
/* The height map used from now on. */
void outlook_use_map(struct outlook *outlook, const struct height_map *map);
const struct relief *relief_get(struct outlook *outlook, enum height_mapping mapping); /* width 0: none yet */
/* The surface as it is to be shown: z and tone (height × width of `relief`); false: `relief` itself. */
bool settling_fill(const struct exhibit *exhibit, const struct relief *relief, float *z, float *tone);
uint64_t settling_revision(const struct exhibit *exhibit, const struct relief *relief); /* of that */
void outlook_release(struct outlook *outlook, int runs);

/* exhibit_stops.c */
enum { STOPS_MAX_PARAMETERS = 300 };
bool stops_update(struct exhibit *exhibit, bool all_ended); /* true when a report came in */
void stops_wait(struct exhibit *exhibit);
void stops_clear(struct exhibit *exhibit);
