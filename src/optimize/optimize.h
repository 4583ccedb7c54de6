/* Optimizers and learning-rate schedules: PyTorch's names, parameters, defaults and update rules (torch.optim, version
 * 1.13 and on), in float64. An optimizer owns its state vectors, never the parameters. Not thread-safe: one owner.
 * What it does not do: evaluate an objective, or decide when to stop.
 *
 * Adding one: a file optimizer_NAME.c that defines a `const struct optimizer_class`, and a line in optimize.c. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPTIMIZER_MAX_PARAMETERS = 12 };

struct optimizer_parameter {
    const char *name; /* PyTorch's: "lr", "momentum", "beta1" (betas[0]), "eps", "weight_decay", … "lr" is always first */
    double initial;   /* PyTorch's default; for sgd's required lr 0.01 */
    double low, high; /* what is accepted, both ends included */
    double slider_low, slider_high; /* what a slider offers */
    bool logarithmic; /* a slider of it is */
    bool flag;        /* 0 or 1, shown as a switch (nesterov, amsgrad, …) */
    const char *help; /* one line with the symbol */
};

struct optimizer_class; /* inside: optimizer_class.h */

size_t optimizer_count(void);
const struct optimizer_class *optimizer_at(size_t index);
const struct optimizer_class *optimizer_find(const char *name); /* NULL when there is none */
const char *const *optimizer_names(size_t *count);
const char *optimizer_class_name(const struct optimizer_class *class);  /* "adam" */
const char *optimizer_class_title(const struct optimizer_class *class); /* "Adam" */
const char *optimizer_class_rule(const struct optimizer_class *class);  /* the update as one line of Unicode mathematics */
const char *optimizer_class_source(const struct optimizer_class *class); /* paper */
/* Its parameters, "lr" first. */
const struct optimizer_parameter *optimizer_class_parameters(const struct optimizer_class *class, size_t *count);
int optimizer_class_parameter_index(const struct optimizer_class *class, const char *name); /* −1 when it has none such */
/* Whether each parameter moves by a rule of its own numbers and the count of steps alone, so that m points of n
 * parameters each may be stepped as one of m·n, to the same bits: no norms, layers or random numbers across parameters.
 */
bool optimizer_class_is_elementwise(const struct optimizer_class *class);
/* Whether a schedule can change its rate: not when lr is only what the steps start from (rprop). */
bool optimizer_class_takes_schedule(const struct optimizer_class *class);

struct optimizer;

/* `values` in the order of optimizer_class_parameters, all given. ERROR_INPUT when one is out of its range. */
struct optimizer *optimizer_create(const struct optimizer_class *class, int n, const double *values, struct error *error);
/* A tensor of the parameters: rules that go layer by layer (lars, lamb, muon) need to know where each lies. */
struct optimizer_layer {
    size_t offset, size; /* in the parameter vector */
    int rank, rows;      /* of rank 2 and more: a matrix of `rows` × size/rows, further axes flattened */
    bool gain;           /* scales and shifts of a normalisation: no matrix, whatever its rank */
};
/* As optimizer_create; `layers` (copied) follow each other from 0 to n. With 0 of them all is one layer of rank 1. */
struct optimizer *optimizer_create_layered(const struct optimizer_class *class, int n,
                                           const struct optimizer_layer *layers, size_t layer_count,
                                           const double *values, struct error *error);
/* From the next step on gradients are bounded before anything else sees them, each by 0 switched off:
 * value: every component to [−value, value]; norm: then g ← g · min(1, norm / (‖g‖ + 1e-6)), over all parameters, as
 * torch.nn.utils.clip_grad_value_ and clip_grad_norm_ (Pascanu, Mikolov & Bengio 2013, algorithm 1). */
void optimizer_set_clipping(struct optimizer *optimizer, double norm, double value);
void optimizer_destroy(struct optimizer **optimizer); /* accepts NULL */
void optimizer_reset(struct optimizer *optimizer);    /* state as freshly made; the parameter values stay */
bool optimizer_set(struct optimizer *optimizer, int parameter, double value, struct error *error); /* from the next step on */
double optimizer_value(const struct optimizer *optimizer, int parameter);

/* One update: theta (n) moves by the rule; `gradient` (n) is ∇L at theta; `rate` multiplies the learning rate (a
 * schedule's factor, 1 without one). Nothing is allocated. */
void optimizer_step(struct optimizer *optimizer, double *theta, const double *gradient, double rate);

/* The named state vectors, each (n), for showing what is inside: "momentum_buffer", "exp_avg", "square_avg", … */
struct optimizer_vector {
    const char *name;
    const double *values; /* owned by the optimizer, valid until the next step */
};
size_t optimizer_vectors(const struct optimizer *optimizer, const struct optimizer_vector **vectors);

/* ---- schedules -------------------------------------------------------------------------------------------------- */

enum schedule_kind {
    SCHEDULE_CONSTANT, SCHEDULE_STEP, SCHEDULE_EXPONENTIAL, SCHEDULE_LINEAR, SCHEDULE_COSINE, SCHEDULE_MULTISTEP,
    SCHEDULE_POLYNOMIAL, SCHEDULE_COSINE_RESTARTS, SCHEDULE_ONE_CYCLE, SCHEDULE_INVERSE_SQRT,
};
enum { SCHEDULE_MAX_MILESTONES = 16 };

struct schedule {
    enum schedule_kind kind;
    int64_t warmup;    /* the factor rises linearly from 1/warmup to 1 over the first so many steps; 0: none */
    int64_t total;     /* steps of the whole run, for linear, cosine, polynomial and one_cycle */
    int64_t step_size; /* step: every so many steps … */
    double gamma;      /* … times gamma (step, exponential, multistep) */
    double end;        /* linear, cosine, cosine_restarts: the factor at the end */
    int64_t milestones[SCHEDULE_MAX_MILESTONES]; /* multistep: rising; counted, as all below, from the end of the warm-up */
    int milestone_count;
    double power;          /* polynomial: (1 − t/total)^power */
    int64_t period;        /* cosine_restarts: PyTorch's T_0; 0: one fall and no restart … */
    int64_t period_factor; /* … and T_mult: each period is so many times the last; 0: 1 */
    /* one_cycle: the factor rises from 1/div_factor to 1 in the share pct_start of the steps (0: 25 and 0.3), and falls
     * to 1/(div_factor · final_div_factor) (0: 10⁴), by cosines or straight lines; with three_phase it first falls back
     * to 1/div_factor in as many steps as it rose. */
    double pct_start, div_factor, final_div_factor;
    bool anneal_linear, three_phase;
};
const char *const *schedule_names(size_t *count); /* in the order of enum schedule_kind */
double schedule_factor(const struct schedule *schedule, int64_t step); /* what multiplies lr at update `step` = 0, 1, … */
