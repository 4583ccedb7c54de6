/* Inside optimize/: what a family of optimizers provides. optimize.c dispatches the public calls through this. */
#pragma once

#include "base/random.h"
#include "optimize/optimize.h"

enum { OPTIMIZER_MAX_VECTORS = 3, OPTIMIZER_MAX_SCALARS = 2 };

struct optimizer_class {
    const char *name, *title;
    const char *rule;   /* the update as one line of Unicode mathematics, g the gradient with weight decay */
    const char *source; /* the paper */
    const struct optimizer_parameter *parameters; /* "lr" first */
    size_t parameter_count;
    const char *vectors[OPTIMIZER_MAX_VECTORS]; /* PyTorch's names of the state vectors */
    size_t vector_count;
    /* Whether parameters, each in its range, go together; NULL: always. */
    bool (*check)(const double *values, struct error *error);
    bool elementwise; /* see optimizer_class_is_elementwise */
    bool rate_once; /* lr is only where it starts from: no schedule can change it later */
    /* Doubles of work space its step needs, once the layers are known; NULL: none. */
    size_t (*scratch)(const struct optimizer *optimizer);
    /* What a fresh state holds besides zeros; NULL: nothing. */
    void (*reset)(struct optimizer *optimizer);
    /* `steps` already counts this update, so it is PyTorch's step: 1, 2, … `rate` is the schedule's factor. */
    void (*step)(struct optimizer *optimizer, double *theta, const double *gradient, double rate);
};

struct optimizer {
    const struct optimizer_class *class; /* immutable after create */
    int n;                               /* immutable after create */
    double values[OPTIMIZER_MAX_PARAMETERS];
    int64_t steps; /* updates since the last reset */
    bool buffered; /* sgd family: the momentum buffer was begun, which PyTorch does with the first gradient, not with 0
                    */
    double scalars[OPTIMIZER_MAX_SCALARS]; /* what a family counts along besides vectors; zeros after a reset */
    double *state;                         /* (vector_count × n) */
    struct optimizer_vector vectors[OPTIMIZER_MAX_VECTORS];
    struct optimizer_layer *layers; /* immutable after create; one over everything when none were given */
    size_t layer_count;
    struct random random; /* for those that draw, seeded in their reset */
    double *scratch;      /* as much as the class asked for */
    double clip_norm, clip_value;
    double *clipped; /* (n) the gradient within its bounds, or NULL when there are none */
};

static inline double *optimizer_state(struct optimizer *optimizer, int vector) {
    return optimizer->state + (size_t)vector * (size_t)optimizer->n;
}

/* Largest value below 1, for parameters that must stay under it. */
#define BELOW_ONE 0x1.fffffffffffffp-1

/* Parameters that several families share. A range that PyTorch leaves open above is closed where no sense is left. */
#define PARAMETER_LR(initial_value)                                                                                    \
    {                                                                                                                  \
        .name = "lr", .initial = (initial_value), .low = 0, .high = 1e6, .slider_low = 1e-5, .slider_high = 1,         \
        .logarithmic = true, .help = "learning rate η: how far one update goes"                                       \
    }
#define PARAMETER_MOMENTUM(initial_value)                                                                              \
    {                                                                                                                  \
        .name = "momentum", .initial = (initial_value), .low = 0, .high = 1, .slider_low = 0, .slider_high = 0.99,     \
        .help = "momentum μ: how much of the last velocity is kept"                                                   \
    }
#define PARAMETER_WEIGHT_DECAY(initial_value, what)                                                                    \
    {                                                                                                                  \
        .name = "weight_decay", .initial = (initial_value), .low = 0, .high = 1e6, .slider_low = 0,                    \
        .slider_high = 0.1, .help = what                                                                               \
    }
#define PARAMETER_BETA1(initial_value)                                                                                 \
    {                                                                                                                  \
        .name = "beta1", .initial = (initial_value), .low = 0, .high = BELOW_ONE, .slider_low = 0,                     \
        .slider_high = 0.99, .help = "β₁: how much of the mean gradient m is kept"                                  \
    }
#define PARAMETER_BETA2(initial_value)                                                                                 \
    {                                                                                                                  \
        .name = "beta2", .initial = (initial_value), .low = 0, .high = BELOW_ONE, .slider_low = 0.5,                   \
        .slider_high = 0.9999, .help = "β₂: how much of the mean square v is kept"                                  \
    }
#define PARAMETER_FLAG(flag_name, initial_value, what)                                                                 \
    { .name = flag_name, .initial = (initial_value), .high = 1, .slider_high = 1, .flag = true, .help = what }
#define PARAMETER_EPS(initial_value)                                                                                   \
    {                                                                                                                  \
        .name = "eps", .initial = (initial_value), .low = 0, .high = 1e6, .slider_low = 1e-12, .slider_high = 1e-1,    \
        .logarithmic = true, .help = "ε: added to the root so that nothing is divided by zero"                        \
    }
