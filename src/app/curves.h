/* The figures of every run over its steps, as the curves at the bottom show them: taken from the timeline and the
 * exhibit as far as they are wanted, and brought up to date where something came. One thread: the window's. */
#pragma once

#include "app/trace.h"
#include "run/run.h"
#include "scene/scene.h"

enum curve {
    CURVE_LOSS,
    CURVE_VALIDATION,
    CURVE_TEST,
    CURVE_GRADIENT,
    CURVE_RATE,
    CURVE_ACCURACY, /* of classifiers, percent: of all training data, … */
    CURVE_VALIDATION_ACCURACY,
    CURVE_TEST_ACCURACY, /* the last that is read from samples */
    CURVE_DISTANCE,  /* off the plane */
    CURVE_SHARPNESS, /* λ_max, of the preconditioned Hessian where the optimizer divides by something */
    CURVE_BOUND,     /* what it may be at most: 2/η with momentum counted in */
    CURVE_COUNT,
};

struct curves {
    struct trace traces[CURVE_COUNT][EXPERIMENT_MAX_RUNS];
    unsigned wanted; /* bit c: curve c is kept up to date; the loss always is */
    uint64_t generation, distance_versions[EXPERIMENT_MAX_RUNS], sharpness_revision;
    double from, to; /* the steps looked at; from ≥ to: all there are */
    uint8_t key_places[8]; /* where each figure's key of lines stands (curves_key.c) */
};

struct study;
/* True when there is more. `sharpness` may be NULL. */
bool curves_update(struct curves *curves, const struct timeline *timeline, const struct exhibit *exhibit,
                   const struct study *sharpness);
void curves_release(struct curves *curves);
