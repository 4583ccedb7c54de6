/* Inside study/: what an optimizer makes of the Hessian. */
#pragma once

#include "run/run.h"

/* Whether it divides by something that sharpness_scale may know. */
bool sharpness_divides(const struct experiment_optimizer *from);
/* The bound of a quadratic's curvature under which it is stable at learning rate `rate`, with `values` of its
 * parameters. */
double sharpness_bound(const struct experiment_optimizer *from, const double *values, double rate);
/* An optimizer's state vectors by name, (n) each, borrowed: its own, or what a timeline kept of them. */
enum { STATE_MOST = 16 };
struct state_vectors {
    const char *names[STATE_MOST];
    const double *values[STATE_MOST];
    int count;
};
struct state_vectors state_of_optimizer(const struct optimizer *optimizer);
struct state_vectors state_of_inside(const struct inside *inside); /* after the update that it is of */
/* P^{−1/2} of the update θ ← θ − η P⁻¹ m after `steps` updates, into `scale` (n). False where it has no P, or none yet.
 */
bool sharpness_scale(const struct state_vectors *state, const struct experiment_optimizer *from, const double *values,
                     int64_t steps, int n, double *scale);
