/* Inside study/: what an optimizer makes of the Hessian. */
#pragma once

#include "run/run.h"

/* Whether it divides by something that sharpness_scale may know. */
bool sharpness_divides(const struct experiment_optimizer *from);
/* The bound of a quadratic's curvature under which it is stable at learning rate `rate`, with `values` of its
 * parameters. */
double sharpness_bound(const struct experiment_optimizer *from, const double *values, double rate);
/* P^{−1/2} of the update θ ← θ − η P⁻¹ m after `steps` updates, into `scale` (n). False where it has no P, or none yet.
 */
bool sharpness_scale(const struct optimizer *optimizer, const struct experiment_optimizer *from, int64_t steps, int n,
                     double *scale);
