/* The tune study: which learning rate (and momentum, β, … where asked) suits each optimizer of an experiment, every run
 * with the same number of gradient evaluations. A door of its own beside study.h.
 *
 * For each optimizer and each combination of swept values, rates are tried on a coarse logarithmic grid; while the best
 * is the lowest or the highest tried, rates are added beyond it; then between it and its neighbours, until these are
 * within a tenth. Every rate is a number of three digits, tried as printed. A rate is tried from every seed:
 * - a network: its initialisation and the order of its batches from seed, seed + 1, … of the experiment;
 * - a formula: from the experiment's own starts, or, where a number of seeds is asked for, from so many drawn in the
 * domain.
 *
 * A run may use so many gradient evaluations, all that its optimizer asks for counted (line searches, second gradients;
 * a Hessian-vector product counts 2); its result is the last point reached within them. Losses at the points passed are
 * measured, not counted. A run has diverged when something is not finite, when it ends above its start, or, for a
 * formula, once it comes further outside the domain than that is wide.
 *
 * The best rate is the one whose median final loss over the seeds is lowest; of those within 10⁻⁹ of the way from the
 * start's loss to the lowest (all have arrived then) the one that settled in the fewest evaluations.
 *
 * The result is the same bits for any number of threads, and for a sweep stopped and taken up again. */
#pragma once

#include "study/study.h"

enum { TUNE_MAX_SWEEPS = 4, TUNE_MAX_VALUES = 64, TUNE_MAX_SEEDS = EXPERIMENT_MAX_STARTS };

struct tune_sweep {
    const char *name; /* of an optimizer's parameter, not "lr"; optimizers without it are swept without it */
    double low,
        high; /* momenta and β (0 ≤ low, high < 1, unless a switch): evenly spaced in log(1 − value); else as ... */
    int count; /* ... the parameter's slider is, logarithmically or evenly; 1 … TUNE_MAX_VALUES */
};

struct tune_params {
    const struct experiment *experiment;
    double rate_low, rate_high; /* the coarse grid; 0: two decades each way of each optimizer's own rate */
    int rate_count;             /* … of so many rates; 0: about two a decade */
    struct tune_sweep sweeps[TUNE_MAX_SWEEPS]; /* names copied */
    int sweep_count;
    int seeds;           /* 0: 3 for a network, the experiment's starts for a formula */
    int64_t evaluations; /* gradient evaluations a run; 0: the experiment's steps */
    bool has_tolerance;  /* a loss to reach, instead of: all but a thousandth of the way from the start's loss to … */
    double tolerance;    /* … the lowest at which any best setting ended from that start */
    const char *resume;  /* every finished run is appended to this file, and those in it are not made again; NULL */
    int threads;         /* 0: all processors; the result does not depend on it */
    struct study_watcher watcher;
};

/* One run. */
struct tune_trial {
    bool done, diverged;
    int64_t steps, evaluations;         /* at its result */
    double start_loss, loss, best_loss; /* at the start, at its result, the lowest on the way */
    int64_t settled; /* evaluations until the loss first was all but 10⁻⁶ of the way from start to result */
};
/* One setting of one optimizer. */
struct tune_point {
    int combination;                         /* of swept values; 0 … */
    double values[OPTIMIZER_MAX_PARAMETERS]; /* all of the optimizer's, the rate first */
    int done, diverged;                      /* of the seeds */
    double median, low, high;        /* final losses over the seeds done, ∞ for a diverged one; NaN before any is */
    double settled;                  /* median */
    const struct tune_trial *trials; /* (seeds) */
};
/* How a run of the best setting came down to the target of its seed. */
struct tune_arrival {
    double target;
    bool reached;
    int64_t steps, evaluations; /* when first at or below it; else all that it had */
};
enum tune_edge {
    TUNE_BRACKETED, /* rates below and above the best were tried and are worse */
    TUNE_LOWEST,    /* the best is the lowest rate that was tried: as far down as rates go here */
    TUNE_HIGHEST,   /* … the highest: the optimizer accepts no more, or the search gave up */
    TUNE_NONE,      /* every rate diverged, or nothing is known yet */
};
struct tune_finding {          /* of one optimizer */
    struct tune_point *points; /* (point_count) by combination, then rate */
    int point_count, combinations;
    int best; /* of points; −1 while none is known */
    enum tune_edge edge;
    bool settled;               /* the search for it has ended */
    int swept[TUNE_MAX_SWEEPS]; /* the parameter's index, per sweep of the params; −1: the optimizer has none such */
    bool at_end[TUNE_MAX_SWEEPS];  /* the best value is the first or last of several: better ones may lie beyond */
    struct tune_arrival *arrivals; /* (seeds) of the best setting; NULL until it was run again for this */
    double steps_to_tolerance,
        evaluations_to_tolerance; /* medians; ∞ where half the seeds or more do not get there; NaN */
    int reached;                  /* seeds that got there */
};
enum tune_starts { TUNE_INITIALISATIONS, TUNE_OWN_STARTS, TUNE_DRAWN_STARTS };
struct tune_report {               /* a copy, owned by the caller */
    struct tune_finding *findings; /* (optimizers), in the experiment's order */
    int optimizers;
    int *ranking; /* (optimizers) by median final loss; where all have arrived by evaluations to tolerance */
    int seeds;
    enum tune_starts starts;
    uint64_t seed[TUNE_MAX_SEEDS]; /* the seeds of initialisations and batches, or of drawn starts */
    int64_t evaluations;
    int sweep_count;
    char *sweep_names[TUNE_MAX_SWEEPS];
    bool has_tolerance;
    double tolerance;
    long trials, taken_up; /* runs done, and how many of them came out of the resume file */
    bool finished;
    char *words; /* what can be said of the ranking, a sentence a line; "" before the end */
};

/* ERROR_INPUT for what cannot be swept, for a resume file of another sweep or a damaged one. */
struct study *study_create_tune(const struct tune_params *params, struct error *error);
struct tune_report *study_read_tune(const struct study *study); /* what is known so far; any thread */
double tune_median(double *values,
                   int count); /* sorts them; of an even number the mean of the middle two; NaN of none */
void tune_report_destroy(struct tune_report **report); /* accepts NULL */

/* The experiment's text with every optimizer's best values in place of its own; see experiment_with_values. */
char *tune_apply(const struct experiment *experiment, const struct tune_report *report, struct error *error);
