/* Inside objective/: a dense network on a data set, and the scratch memory of one evaluation.
 *
 * Affine layer l = 0 … layers − 1 maps the activations a[l] (rows × widths[l]) to a[l + 1] = φ(a[l] Wᵀ + b); the last
 * has no φ. Samples go through in blocks of at most `rows`, in order, so that scratch memory stays bounded and the
 * order of summation is always the same. */
#pragma once

#include "base/memory.h"
#include "objective/objective_class.h"

enum { NETWORK_LAYERS = 64, NETWORK_WIDTH = 4096, NETWORK_PARAMETERS = 100000000 };

struct network {
    struct objective objective;
    struct data *data; /* owned */
    struct arena *arena;
    int layers;   /* affine ones */
    int *widths;  /* (layers + 1) */
    int *weights; /* (layers) offsets in theta; the biases follow at weights[l] + widths[l + 1] × widths[l] */
    int *biases;  /* (layers) */
    enum activation activation;
    enum loss_kind loss;
    enum initialisation initialisation;
    int rows;       /* samples in a block: a function of the widths alone */
    int directions; /* Hessian-vector products computed together: likewise */
};

/* network_evaluate.c */
struct evaluator *network_evaluator_create(const struct objective *objective);
void network_evaluator_destroy(struct evaluator *evaluator);
double network_evaluator_loss(struct evaluator *evaluator, const double *theta, const struct batch *batch);
double network_evaluator_gradient(struct evaluator *evaluator, const double *theta, const struct batch *batch,
                                  double *gradient);
void network_evaluator_losses(struct evaluator *evaluator, int count, const double *thetas, double *losses);
void network_evaluator_hvp(struct evaluator *evaluator, const double *theta, const struct batch *batch, int count,
                           const double *v, double *hv);
double network_evaluator_hessian(struct evaluator *evaluator, const double *theta, double *gradient, double *hessian);
double network_evaluator_accuracy(struct evaluator *evaluator, const double *theta);

/* φ over `count` values in place, and from its results a = φ(z): φ′(z) into `slope`, φ″(z)/φ′(z) into `bend` (relu's
 * and identity's is 0). `bend` may be NULL. */
void activation_apply(enum activation activation, size_t count, double *values);
void activation_derivatives(enum activation activation, size_t count, const double *a, double *slope, double *bend);
/* exp of `count` values ≤ 0 in place; 0 from −708 down. */
void activation_exp(size_t count, double *values);

/* Mean losses over a block: what sample r of it contributes is scaled by `scale` = 1 / samples (cross entropy) or
 * 1 / (samples × outputs) (MSE). */
struct network_targets {
    enum loss_kind loss;
    const struct data *data;
    const int *indices; /* of the batch, from the block's first sample on; NULL: `first`, `first` + 1, … */
    int first;
    int rows, outputs;
    double scale;
};
/* Sum of the block's scaled losses at outputs z (rows × outputs). `delta` (rows × outputs), unless NULL, receives
 * ∂L/∂z. `softmax` (rows × outputs) is scratch; with a `delta` and cross entropy it receives the softmax. */
double network_loss(const struct network_targets *targets, const double *z, double *delta, double *softmax);
/* R{∂L/∂z} for one direction, from R{z}; in place. */
void network_loss_curvature(const struct network_targets *targets, const double *softmax, double *rz);
