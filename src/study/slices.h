/* One point seen in several slices: the plane of its Hessian's largest and lowest curvature beside random planes
 * (Böttcher & Wheeler 2022), all as far and as high. On a random plane a saddle of many parameters mostly looks like a
 * minimum: of n directions a few lead down, and the curvature along a random one is about the mean of them all. A door
 * of its own beside study.h. */
#pragma once

#include "study/study.h"

struct slices_params {
    const struct objective *objective;
    const double *theta; /* (n) the point; n > 2 */
    int count;           /* random, filter-normalised planes (seed, seed + 1, …); 0: 20; at most SLICES_RANDOM */
    uint64_t seed;
    double reach; /* ‖θ − point‖ in the middle of each side; 0: to where the loss along the lowest curvature is lowest,
                   * at most ‖θ‖ */
    int grid;    /* points a side, odd, at most SURFACE_MAX; 0: 41 */
    int threads; /* 0: all processors */
};
enum { SLICES_RANDOM = 1000, SLICES_DRAWN = 20 };

struct slice {
    struct plane *plane;
    double *losses;      /* (grid × grid), row v low first, NaN in a hole */
    double curvature[2]; /* d²L/dt² along u and v, t in units of θ */
    double lowest[2]
                 [2]; /* along u and v, below 0 and above: the lowest L on the grid's line there, less L at the point */
    bool falls[2];    /* along u, along v: one of these is below what rounding and the gradient left could make */
};
struct slices {
    int n, count, grid;         /* slices: the Hessian's, then count − 1 random ones */
    double *at;                 /* (n) */
    double loss, gradient_norm; /* there */
    double low, high;           /* the Hessian's lowest and largest eigenvalue */
    double reach, tolerance;    /* a fall by less does not count: 2 ‖g‖ reach + 10⁻¹⁰ max(1, |L|) */
    struct slice *slices;       /* (count) */
    int falling, falling_both;  /* random slices that fall along an axis at least, along both */
};
/* Runs in the caller's thread with workers of its own, or as the body of a job. ERROR_INPUT as hessian_ends and for bad
 * params, ERROR_CANCELLED. */
struct slices *slices_compute(const struct slices_params *params, struct job *job, struct error *error);
void slices_destroy(struct slices **slices); /* accepts NULL */
/* "rises both ways", "falls along one axis", "falls along both axes". */
const char *slice_verdict(const struct slice *slice);
/* "Down along one axis: Hessian plane yes; 1 of 20 random planes". Returns `out`. */
const char *slices_title(const struct slices *slices, char *out, size_t size);

/* The same as a study; θ is copied. */
struct study *study_create_slices(const struct slices_params *params, struct study_watcher watcher,
                                  struct error *error);
const struct slices *study_read_slices(const struct study *study); /* NULL while it is not done; the study's */
