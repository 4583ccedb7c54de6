/* Inside optimize/: what a family of optimizers provides. optimize.c dispatches the public calls through this. */
#pragma once

#include "base/random.h"
#include "optimize/optimize.h"

enum { OPTIMIZER_MAX_VECTORS = 4, OPTIMIZER_MAX_SCALARS = 8, OPTIMIZER_ROLES = ROLE_OTHER + 1 };

struct text;

/* What moved one parameter in the last step. */
struct optimizer_share {
    double moves[OPTIMIZER_ROLES];
    double rate; /* what multiplied its gradient, or the mean of them; NaN: the same for all */
};

enum optimizer_squares { SQUARES_NONE, SQUARES_SUM, SQUARES_MEAN, SQUARES_ROOT }; /* ROOT: of their mean */

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
    bool rate_once;   /* lr is only where it starts from: no schedule can change it later */
    /* Doubles of work space its step needs, once the layers are known; NULL: none. */
    size_t (*scratch)(const struct optimizer *optimizer);
    /* What a fresh state holds besides zeros; NULL: nothing. */
    void (*reset)(struct optimizer *optimizer);
    /* One of the two, the second for a class that looks. `steps` already counts this update, so it is PyTorch's step:
     * 1, 2, … `rate` is the schedule's factor. */
    void (*step)(struct optimizer *optimizer, double *theta, const double *gradient, double rate);
    void (*step_on)(struct optimizer *optimizer, const struct optimizer_problem *problem, double *theta,
                    const double *gradient, double rate);
    /* Whether it can go down this objective; NULL: any. */
    bool (*suits)(const struct objective *objective, struct error *error);
    /* Insides. The parts of its step by role, and what each is called. Where there is none but ROLE_OTHER, that is the
     * whole step and nobody need work it out; where there is none at all, it is called "step". Else `explain` fills the
     * share of parameter i after the step, or the step notes the parts as it goes (optimizer_note). */
    const char *terms[OPTIMIZER_ROLES];
    void (*explain)(const struct optimizer *optimizer, int i, struct optimizer_share *share);
    enum optimizer_squares squares; /* which state vector holds squares of the gradients … */
    int squares_vector;
    /* What moves parameter i, as optimizer_write writes it: "− 0.05·(0.9·0.12 + 1.3)"; NULL: the parts' sum. */
    void (*formula)(const struct optimizer *optimizer, int i, struct text *out);
};

/* The last step from within, for showing it; filled only while somebody looks. */
struct optimizer_insides {
    double *before;                 /* (n) theta before the step */
    double *after;                  /* (n) and after it */
    double *gradient;               /* (n) as the class got it */
    double *state;                  /* (vector_count × n) before the step */
    double *parts[OPTIMIZER_ROLES]; /* (n) each; NULL where the class has no such part */
    double *back;                   /* (n) Lookahead's way back */
    double *rate;                   /* (n) the effective rate, if the class notes one */
    double scalars[OPTIMIZER_MAX_SCALARS]; /* before the step */
    bool buffered; /* of the optimizer, before the step */
    bool filled;
    double factor; /* the schedule's */
    struct optimizer_term terms[OPTIMIZER_ROLES + 1];
    size_t term_count;
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
    size_t scratch_size;
    double clip_norm, clip_value;
    double *clipped; /* (n) the gradient within its bounds, or NULL when there are none */
    int64_t evaluations;
    int64_t lookahead; /* every so many updates; 0: none */
    double lookahead_alpha;
    double *slow; /* (n) Lookahead's φ, or NULL */
    struct average_params average;
    double *mean;                      /* (n) the average, or NULL */
    int64_t averaged;                  /* how many points are in it */
    struct optimizer_insides *insides; /* NULL: nobody looks */
};

static inline double *optimizer_state(struct optimizer *optimizer, int vector) {
    return optimizer->state + (size_t)vector * (size_t)optimizer->n;
}

/* Adds to a part of this step's move of parameter i. */
static inline void optimizer_note(struct optimizer *optimizer, enum optimizer_role role, size_t i, double move) {
    if (optimizer->insides) optimizer->insides->parts[role][i] += move;
}

/* What parameter i's gradient, or the mean of them, is multiplied by in this step. */
static inline void optimizer_note_rate(struct optimizer *optimizer, size_t i, double rate) {
    if (optimizer->insides) optimizer->insides->rate[i] = rate;
}

/* For those that look: the loss at theta on the problem's batch, its gradient, within the bounds of the clipping, into
 * `gradient` (n), and evaluations counted. */
double optimizer_look(struct optimizer *optimizer, const struct optimizer_problem *problem, const double *theta,
                      double *gradient);

/* A part of a formula, where every # is the next of `count` figures: with four digits, "−" for a minus, in
 * parentheses where it is negative and would read wrongly. */
void optimizer_write(struct text *out, const char *pattern, int count, const double *figures);
#define OPTIMIZER_WRITE(out, pattern, ...)                                                                             \
    optimizer_write(out, pattern, (int)(sizeof((double[]){0, ##__VA_ARGS__}) / sizeof(double)) - 1,                    \
                    (double[]){0, ##__VA_ARGS__} + 1)
/* "#", or with weight decay "(# + #·#)": the gradient that the moments see. */
void optimizer_write_gradient(const struct optimizer *optimizer, int i, double decay, struct text *out);
/* η of the last step: every rule's first parameter times the schedule's factor. */
static inline double optimizer_rate(const struct optimizer *optimizer) {
    return optimizer->values[0] * optimizer->insides->factor;
}
/* A value of a state vector before the last step. */
static inline double optimizer_before(const struct optimizer *optimizer, int vector, int i) {
    return optimizer->insides->state[(size_t)vector * (size_t)optimizer->n + (size_t)i];
}

/* Inside optimize.c's step: see inside.c and average.c. */
void insides_begin(struct optimizer *optimizer, const double *theta, const double *gradient, double rate);
void insides_end(struct optimizer *optimizer, const double *theta);
void insides_destroy(struct optimizer *optimizer);
void average_begin(struct optimizer *optimizer, const double *theta); /* before a step */
void average_end(struct optimizer *optimizer, double *theta);         /* after it */

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
