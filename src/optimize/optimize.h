/* Optimizers and learning-rate schedules: PyTorch's names, parameters, defaults and update rules (torch.optim, version
 * 1.13 and on), in float64. An optimizer owns its state vectors, never the parameters. Not thread-safe: one owner.
 * What it does not do: decide when to stop, or choose the batch.
 *
 * Adding one: a file optimizer_NAME.c that defines a `const struct optimizer_class`, and its name in meson.build. */
#pragma once

#include "base/error.h"
#include "objective/objective.h"

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
    bool whole;       /* takes whole numbers only */
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
/* Whether a step looks further than the gradient it is handed (lbfgs, sam, newton, …) and so needs optimizer_step_on. */
bool optimizer_class_looks(const struct optimizer_class *class);
/* Whether it can go down this objective: not when that lacks a product the rule is made of (gauss_newton). ERROR_INPUT
 * says what would be right. */
bool optimizer_class_suits(const struct optimizer_class *class, const struct objective *objective, struct error *error);

struct optimizer;

/* `values` in the order of optimizer_class_parameters, all given. ERROR_INPUT when one is out of its range, or the rule
 * would need more than 8 GB of work space (lbfgs with a long history on millions of parameters). */
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
/* From the next step on. What makes a rule's memory longer (lbfgs's history_size) also begins it anew. */
bool optimizer_set(struct optimizer *optimizer, int parameter, double value, struct error *error);
double optimizer_value(const struct optimizer *optimizer, int parameter);

/* Lookahead (Zhang et al. 2019, algorithm 1) around any rule: after every k updates the slow weights φ, begun at the
 * first θ, take the share alpha of the way to θ, and θ goes back to them. The rule's own state stays. k = 0: none.
 * k ≥ 0, 0 ≤ alpha ≤ 1. */
void optimizer_set_lookahead(struct optimizer *optimizer, int64_t k, double alpha);

/* An average of the θ that the updates leave, kept beside them (torch.optim.swa_utils.AveragedModel); θ itself goes on
 * as without. It counts every `every`-th update from update `start` on, the first of them as it is.
 * ema: a ← decay·a + (1 − decay)·θ (Polyak & Juditsky 1992 in its fading form).
 * swa: a ← a + (θ − a)/(count + 1), the plain mean (Izmailov et al. 2018, algorithm 1). */
enum average_kind { AVERAGE_NONE, AVERAGE_EMA, AVERAGE_SWA };
struct average_params {
    enum average_kind kind;
    double decay;         /* ema: 0 … 1 */
    int64_t start, every; /* updates; every 0 counts as 1 */
};
const char *const *average_names(size_t *count); /* "ema", "swa": of average_kind from 1 on */
void optimizer_set_average(struct optimizer *optimizer, const struct average_params *params);
/* The averaged θ (n), owned by the optimizer; NULL when none is asked for or it has not begun. */
const double *optimizer_average(const struct optimizer *optimizer);

/* One update: theta (n) moves by the rule; `gradient` (n) is ∇L at theta; `rate` multiplies the learning rate (a
 * schedule's factor, 1 without one). Nothing is allocated. Not for a class that looks. */
void optimizer_step(struct optimizer *optimizer, double *theta, const double *gradient, double rate);

/* Where a rule that looks further may ask: the loss and its derivatives elsewhere, on the very batch (and its noise)
 * that `gradient` came from. */
struct optimizer_problem {
    struct evaluator *evaluator;
    const struct batch *batch; /* NULL: all samples */
    double loss;               /* at theta, on that batch */
};
/* As optimizer_step, for any class; the same bits where the class does not look. A step never allocates, LAPACK's own
 * work space in the Newton kinds excepted. What it cannot compute (a Hessian that is not finite) it answers with
 * parameters that are not finite. */
void optimizer_step_on(struct optimizer *optimizer, const struct optimizer_problem *problem, double *theta,
                       const double *gradient, double rate);
/* Gradient evaluations that the steps since the last reset asked for beyond the one handed to each. How they are
 * counted, everywhere: L alone or with ∇L 1; a Hessian- or Gauss–Newton-vector product 2; a full Hessian 2n. */
int64_t optimizer_evaluations(const struct optimizer *optimizer);

/* The named state vectors, each (n), for showing what is inside: "momentum_buffer", "exp_avg", "square_avg", … */
struct optimizer_vector {
    const char *name;
    const double *values; /* owned by the optimizer, valid until the next step */
};
size_t optimizer_vectors(const struct optimizer *optimizer, const struct optimizer_vector **vectors);

/* ---- insides of the last step ------------------------------------------------------------------------------------ */

/* From the next step on (or no longer) what a step is made of is kept. It costs time and memory, and changes no bit. */
void optimizer_keep_terms(struct optimizer *optimizer, bool keep);

enum optimizer_role {
    ROLE_GRADIENT, /* what the gradient of this step did */
    ROLE_MOMENTUM, /* what is remembered of those before: the last movement, the mean's older part */
    ROLE_DECAY,    /* the pull of weight decay towards 0 */
    ROLE_NOISE,    /* a random push */
    ROLE_OTHER,    /* what cannot be told apart, and Lookahead's way back */
};
struct optimizer_term {
    const char *name; /* "gradient", "last movement", "gradient at the worst neighbour", … */
    enum optimizer_role role;
    const double *values; /* (n) owned by the optimizer, valid until the next step */
};
/* The parts of the last step: they add up to θₜ₊₁ − θₜ but for rounding. 0 when none are kept or no step was made. */
size_t optimizer_terms(const struct optimizer *optimizer, const struct optimizer_term **terms);
/* What multiplied the (mean) gradient of each parameter in the last step, into `rate` (n): η/(√v̂ + ε) and the like.
 * false when the rule has one rate for all, or nothing is kept. */
bool optimizer_effective_rate(const struct optimizer *optimizer, double *rate);
/* The squares of the gradients so far, per parameter, into `squares` (n): their sum, or their mean, plain or fading
 * (`mean` says which). false when the rule keeps none. */
bool optimizer_squares(const struct optimizer *optimizer, double *squares, bool *mean);
/* The last step of one parameter with its numbers, "θ ← 0.4 − 0.05·(0.9·0.12 + 1.3) = 0.3296", in UTF-8: numbers as
 * number_text() writes them, + − · / √( ) ² and parentheses. Cut at `size`; returns the length it wants, 0 when nothing
 * is kept. */
size_t optimizer_formula(const struct optimizer *optimizer, int parameter, char *out, size_t size);

/* ---- schedules -------------------------------------------------------------------------------------------------- */

enum schedule_kind {
    SCHEDULE_CONSTANT, SCHEDULE_STEP, SCHEDULE_EXPONENTIAL, SCHEDULE_LINEAR, SCHEDULE_COSINE, SCHEDULE_MULTISTEP,
    SCHEDULE_POLYNOMIAL, SCHEDULE_COSINE_RESTARTS, SCHEDULE_ONE_CYCLE, SCHEDULE_INVERSE_SQRT, SCHEDULE_PLATEAU,
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
    /* plateau: `factor` times after more than `patience` updates in a row whose loss is not better than the best by
     * `threshold` (a share of it, or with threshold_absolute an amount); then `cooldown` updates are not counted. The
     * rate never falls below min_lr, and not at all by less than eps; both are measured against `lr`, the optimizer's
     * own (0 counts as 1). */
    double factor, threshold, min_lr, eps, lr;
    int64_t patience, cooldown;
    bool threshold_absolute;
};
const char *const *schedule_names(size_t *count); /* in the order of enum schedule_kind */
/* What multiplies lr at update `step` = 0, 1, …; for plateau, which this cannot know, 1 once it is warm. */
double schedule_factor(const struct schedule *schedule, int64_t step);
bool schedule_watches(const struct schedule *schedule); /* its factor depends on the losses: plateau */

/* What a schedule remembers of one run. */
struct schedule_state {
    double factor, best;
    int64_t bad, cooldown;
};
void schedule_begin(const struct schedule *schedule, struct schedule_state *state);
/* As schedule_factor, for every schedule: called once an update, in order, with the loss that the update starts from.
 * Plateau answers from the losses before and takes this one in for the next, as PyTorch's usual loop does
 * (optimizer.step(); scheduler.step(loss)); losses during the warm-up are not counted. A reset: schedule_begin again. */
double schedule_next(const struct schedule *schedule, struct schedule_state *state, int64_t step, double loss);
