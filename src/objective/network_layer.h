/* Inside objective/: one layer of a network, and what every kind of layer provides. A network is a sequence of layers;
 * a layer may add an earlier value to its output (the end of a residual block).
 *
 * Adding a kind: a file network_NAME.c with a `const struct layer_class`, a function that makes it, its name in
 * network_real.h (or it does not link), and a line in network_build.c.
 *
 * Derivatives. With y = f(x, θ) and a loss L, backward() answers dx = (∂f/∂x)ᵀ dy and adds (∂f/∂θ)ᵀ dy to the gradient.
 * R{·} is the derivative along a direction v of all parameters (Pearlmutter 1994): forward_directions() answers
 * R{y} = ∂f/∂x R{x} + ∂f/∂θ v, backward_directions() R{dx} and adds R{(∂f/∂θ)ᵀ dy} to hv. */
#pragma once

#include "base/memory.h"
#include "objective/network_real.h"
#include "objective/objective_class.h"

/* What is at hand between two layers: (channels × height × width) values a sample, channel-major as PyTorch's. */
struct shape {
    int channels, height, width;
};

static inline int shape_size(struct shape shape) {
    return shape.channels * shape.height * shape.width;
}

struct layer;
struct layout_builder;

/* How a whole evaluation is done. */
struct layer_mode {
    bool noisy;               /* training: dropout acts */
    uint64_t seed;            /* of the noise */
    int first;                /* the block's first row, counted in the batch */
    const double *statistics; /* batch norm's moving averages, instead of the batch's own; the network's; or NULL */
};

/* One layer's part of an evaluation of `rows` samples. The second half is for directions; k counts them. */
struct layer_pass {
    const struct layer_mode *mode;
    int rows;
    const real *theta; /* the layer's own parameters */
    const real *x;     /* (rows × in) */
    real *y;           /* (rows × out) */
    real *kept;        /* (rows × kept) what forward() or backward() leaves for later */
    real *fixed;       /* (fixed) likewise, whatever the rows */
    void *room;        /* scratch that all layers share: as left by nobody */
    const real *dy;    /* (rows × out) */
    real *dx;          /* (rows × in); NULL: nobody asks */
    real *gradient;    /* the layer's own share; NULL: nobody asks */
    bool curved;       /* directions follow */

    int count;      /* directions */
    size_t stride;  /* from one direction's parameters to the next's */
    const real *v;  /* (count × stride) from the layer's own on */
    const real *rx; /* (count × rows × in); NULL: x does not move */
    real *ry;       /* (count × rows × out) */
    const real *rdy;
    real *rdx;    /* NULL: nobody asks */
    real *hv;     /* (count × stride) */
    real *rkept;  /* (count × rows × rkept) */
    real *rfixed; /* (count × rfixed) */
};

struct layer_class {
    void (*initialise)(const struct layer *, enum initialisation, struct random *,
                       double *theta);                              /* NULL: none to set */
    void (*lay_out)(const struct layer *, struct layout_builder *); /* likewise */
    void (*forward)(const struct layer *, const struct layer_pass *);
    void (*backward)(const struct layer *, const struct layer_pass *);
    void (*forward_directions)(const struct layer *, const struct layer_pass *);
    void (*backward_directions)(const struct layer *, const struct layer_pass *);
    /* Moves the moving averages (the layer's own) towards what the last forward() saw; not called where there are none.
     */
    void (*track)(const struct layer *, const real *kept, const real *fixed, double *statistics);
};

/* How the weights of a dense or a convolution layer come from the parameters. */
enum weight_kind { WEIGHT_PLAIN, WEIGHT_NORM, WEIGHT_SPECTRAL };

/* Immutable once the network is made. */
struct layer {
    const struct layer_class *class;
    struct shape in, out;
    char name[24];    /* "3" or "2.0": its place in the equivalent nn.Sequential */
    int offset, size; /* its parameters in theta */
    int statistics;   /* offset of its moving averages, and … */
    int statistic_count;
    int skip;                          /* the value (0: the data) added to the output; −1: none */
    int number;                        /* its place among the layers */
    size_t kept, fixed, rkept, rfixed; /* scratch memory: see struct layer_pass */
    size_t room;                       /* bytes */

    enum activation activation;
    enum weight_kind weights;
    enum normalisation norm;
    int groups;
    int kernel; /* 1: dense, 3: 3 × 3 */
    int pool;
    double dropout;
};

/* network.c: adds a parameter of the layer to the layout, in order. `gain` as in struct layout_entry. */
void layout_add(struct layout_builder *builder, const struct layer *layer, const char *name, bool gain, int rank,
                const int *shape);

/* Each fills class, out, size and scratch of a layer whose `in` and options are set. */
void dense_make(struct layer *layer, int outputs);
void convolution_make(struct layer *layer, int channels);
void pool_make(struct layer *layer);
void flatten_make(struct layer *layer);
void activation_make(struct layer *layer);
void norm_make(struct layer *layer);
void dropout_make(struct layer *layer);

/* A matrix W (out × in), one filter a row, made of parameters. */
struct weights {
    enum weight_kind kind;
    int out, in;
    int matrix, gain; /* offsets in the layer's parameters: W itself, or what it is made of */
};

/* ---- network_affine.c: what dense and convolution layers share ----------------------------------------------------
 */

/* Fills in what follows from in, out and kernel. */
void affine_make(struct layer *layer);
struct weights affine_weights(const struct layer *layer);
int affine_bias(const struct layer *layer); /* the offset of b, one a filter */
void affine_initialise(const struct layer *layer, enum initialisation how, struct random *random, double *theta);
void affine_lay_out(const struct layer *layer, struct layout_builder *builder);
/* W as forward() has made it, and R{W} of direction k as forward_directions() has; NULL when it is 0. */
const real *affine_matrix(const struct weights *weights, const struct layer_pass *pass);
const real *affine_moved(const struct layer *layer, const struct weights *weights, const struct layer_pass *pass,
                         size_t k);
/* Where backward() is to add ∂L/∂W; NULL when nobody asks. */
real *affine_slope(const struct weights *weights, const struct layer_pass *pass);

/* ---- network_weight.c -------------------------------------------------------------------------------------------- */

/* Scratch for one W beside the parameters, and for one direction's R{W}; 0 for plain ones. */
size_t weights_scratch(const struct weights *weights);
size_t weights_direction_scratch(const struct weights *weights);
size_t weights_room(const struct weights *weights); /* bytes */
void weights_initialise(const struct weights *weights, enum initialisation how, int fan_out, struct random *random,
                        double *theta);
/* W and R{W}. For plain ones these are the parameters and the direction themselves. */
const real *weights_prepare(const struct weights *weights, const real *theta, real *scratch, void *room);
const real *weights_direction(const struct weights *weights, const real *theta, const real *v, const real *scratch,
                              real *rscratch);
/* Where to add ∂L/∂W, zeroed here unless it is the gradient itself, and R{∂L/∂W}, zeroed by its own … */
real *weights_slope(const struct weights *weights, real *scratch, real *gradient);
void weights_direction_clear(const struct weights *weights, real *rscratch);
real *weights_direction_slope(const struct weights *weights, real *rscratch, real *hv);
/* … and what they mean for the parameters, added to the gradient and to hv. */
void weights_finish(const struct weights *weights, const real *theta, real *scratch, real *gradient);
void weights_direction_finish(const struct weights *weights, const real *theta, const real *v, real *scratch,
                              real *rscratch, real *hv);

/* ---- network_activation.c ---------------------------------------------------------------------------------------- */

/* φ over `count` values in place. */
void activation_apply(enum activation activation, size_t count, real *values);
/* φ′ at z into `slope` and φ″ into `bend` (unless NULL), with a = φ(z). */
void activation_derivatives(enum activation activation, size_t count, const real *z, const real *a, real *slope,
                            real *bend);
/* exp of `count` values ≤ 0 in place; 0 from −708 (float32: −87) down. */
void activation_exp(size_t count, real *values);
