/* Inside objective/: a network on a data set. Value 0 is the data, layer l makes value l + 1 of value l.
 *
 * Samples go through in blocks of at most `rows`, in order, so that scratch memory stays bounded and the order of
 * summation is always the same; with batch norm, which couples samples, all of a batch is one block. */
#pragma once

#include "base/memory.h"
#include "objective/network_layer.h"

enum { NETWORK_LAYERS = 64, NETWORK_WIDTH = 4096, NETWORK_PARAMETERS = 100000000, NETWORK_BLOCKS = 256 };
/* Numbers that the rows of a block take on their way there and back: 4 GiB. More would not fit beside the runs. */
static const int64_t NETWORK_MEMORY = (int64_t)1 << 29;

struct network {
    struct objective objective;
    struct data *data;        /* owned, unless `borrowed` */
    bool borrowed;
    struct objective *double_network; /* a float32 network's like in float64, on the same data; else NULL */
    struct arena *arena;
    struct layer *layers; /* (layer_count) in the arena */
    int layer_count;
    int outputs;
    struct augmentation augmentation; /* does nothing when zeroed */
    bool coupled; /* batch norm: a batch is one block, of at most as many samples as the data have */
    enum loss_kind loss;
    enum initialisation initialisation;
    int rows;       /* samples in a block: a function of the shapes alone, but for batch norm */
    int directions; /* Hessian-vector products computed together: likewise */
    size_t room;    /* bytes of scratch that the layers share */
};

/* network.c: outputs the loss takes, for the data; 1 is good for two classes under bce too. */
int network_outputs_wanted(const struct network_params *params, const struct data *data, int offered);

/* network_create.c: of parameters that have been found sound; takes over `data`, also on failure. */
struct objective *network_create(const struct network_params *params, struct data *data, struct error *error);
/* The same on data that somebody else owns and keeps. */
struct objective *network_create_lent(const struct network_params *params, struct data *data, struct error *error);
#ifndef NETWORK_F32
struct objective *network_create_f32(const struct network_params *params, struct data *data, struct error *error);
#endif

/* network_build.c: the layers of a network for data of so many features and outputs; sets layers and layer_count. */
bool network_build(struct network *network, const struct network_params *params, struct error *error);

/* network_evaluate.c */
struct evaluator *network_evaluator_create(const struct objective *objective);
void network_evaluator_destroy(struct evaluator *evaluator);
double network_evaluator_loss(struct evaluator *evaluator, const double *theta, const struct batch *batch);
double network_evaluator_gradient(struct evaluator *evaluator, const double *theta, const struct batch *batch,
                                  double *gradient);
void network_evaluator_losses(struct evaluator *evaluator, int count, const double *thetas, double *losses);
void network_evaluator_hvp(struct evaluator *evaluator, const double *theta, const struct batch *batch, int count,
                           const double *v, double *hv);
void network_evaluator_gauss_newton(struct evaluator *evaluator, const double *theta, const struct batch *batch,
                                    int count, const double *v, double *gv);
double network_evaluator_hessian(struct evaluator *evaluator, const double *theta, double *gradient, double *hessian);
double network_evaluator_accuracy(struct evaluator *evaluator, const double *theta);
double network_evaluator_last_accuracy(const struct evaluator *evaluator);
void network_evaluator_track(struct evaluator *evaluator, double *statistics);
void network_evaluator_outputs(struct evaluator *evaluator, const double *theta, int count, const double *x,
                               const double *statistics, double *outputs);
double network_evaluator_test(struct evaluator *evaluator, const double *theta, const struct data *data,
                              const double *statistics, double *accuracy);

/* Mean losses over a block: what sample r of it contributes is scaled by `scale` = 1 / samples (cross entropy) or
 * 1 / (samples × outputs) (the others). */
struct network_targets {
    enum loss_kind loss;
    const struct data *data;
    const int *indices; /* of the batch, from the block's first sample on; NULL: `first`, `first` + 1, … */
    int first;
    int rows, outputs;
    double scale;
};
/* Sum of the block's scaled losses at outputs z (rows × outputs). `delta` (rows × outputs), unless NULL, receives
 * ∂L/∂z. `memory` (rows × outputs) is scratch; with a `delta` it receives what network_loss_curvature needs: the
 * softmax, or ∂²L/∂z². */
double network_loss(const struct network_targets *targets, const real *z, real *delta, real *memory);
/* R{∂L/∂z} for one direction, from R{z}; in place. */
void network_loss_curvature(const struct network_targets *targets, const real *memory, real *rz);
/* How many of the block's samples have their label's output largest (or of the right sign, when there is one). */
int network_right(const struct network_targets *targets, const real *z);
