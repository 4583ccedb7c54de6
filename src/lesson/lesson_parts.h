/* Inside lesson/: measures (figures of runs, by name) and claims (relations between formulas of them). */
#pragma once

#include "base/yaml_tree.h"
#include "lesson/lesson.h"
#include "study/study.h"

/* ---- moments and places -------------------------------------------------------------------------------------------
 */

enum statistic { STATISTIC_AT, STATISTIC_LEAST, STATISTIC_MOST, STATISTIC_MEAN, STATISTIC_SPAN, STATISTIC_DEVIATION };
/* A step, or a statistic over steps from … to, both included. INT64_MAX: the last. */
struct moment {
    enum statistic statistic;
    int64_t from, to;
};

enum place_kind { PLACE_POINT, PLACE_START, PLACE_END, PLACE_STEP };
struct place {
    enum place_kind kind;
    double *point; /* PLACE_POINT: (n), owned */
    int optimizer; /* PLACE_END, PLACE_STEP: whose */
    int64_t step;
};

/* ---- measures -------------------------------------------------------------------------------------------------------
 */

enum reading {
    /* of a run's samples, at a moment */
    READING_LOSS,
    READING_BATCH_LOSS,
    READING_GRADIENT,
    READING_RATE,
    READING_VALIDATION,
    READING_TEST,
    READING_EVALUATIONS,
    READING_THETA,
    READING_SIGMA, /* what the rate of a parameter is divided by in the update that leaves the step: √v̂ + ε, … */
    READING_MOVEMENT,
    /* of a whole run */
    READING_STEPS_TO,
    READING_DIVERGED,
    READING_DIRECTION_VARIANCE,
    READING_TURNS,
    READING_SECONDS_PER_STEP,
    READING_SECONDS_PER_EPOCH,
    /* at a place */
    READING_POINT_LOSS,
    READING_POINT_GRADIENT,
    READING_EIGENVALUE,
    READING_INDEX,
    READING_DEGENERATE,
    READING_CONDITION,
    READING_SHARPNESS,
    READING_ESCAPE,
    READING_TEST_SHIFT,   /* along the steepest direction: the test curve's minimum from the training curve's */
    READING_SLICE_LOSS,   /* `threshold` away along the steepest direction */
    READING_SLICE_TEST,
    READING_TAYLOR_ERROR, /* how far the quadratic patch is off, `threshold` away along the eigen-directions */
    READING_ACCURACY,
    READING_TEST_ACCURACY,
    READING_BATCH_DEPENDENCE,
    READING_EVALUATION_DEPENDENCE,
    READING_GRADIENT_ERROR, /* of ∇L against central differences */
    /* of the critical point that is found from a place: */
    READING_RANDOM_FALLS,    /* share of `planes` random planes with an axis along which the loss falls */
    READING_HESSIAN_FALLS,   /* 1 where it does on the plane of the highest and the lowest curvature, else 0 */
    READING_SADDLE_INDEX,    /* how many eigenvalues are negative */
    READING_SADDLE_GRADIENT, /* ‖∇L‖ */
    READING_LINE_TURNS, /* turns of the loss on random filter-normalised lines, −1 … 1 around a place: their mean */
    READING_BASIN_SHARE, /* of starts all over the domain, how many end at the critical point nearest to a point */
    /* of an experiment */
    READING_LEAST_SQUARES,
    READING_MINIMUM_RATIO,
    READING_RATIO_GRADIENT,
    READING_RATIO_TREND,      /* correlation of the ratio with the loss, over the nets */
    READING_BASIN_DIFFERENCE, /* of starts all over the domain, how many end elsewhere than with `against` */
    READING_UPDATE_SECONDS,   /* the fastest update on a batch of `batch` samples, nothing else measured */
    READING_COUNT
};
extern const char *const reading_names[READING_COUNT];

struct measure {
    char *name;
    enum reading reading;
    int experiment, optimizer;
    struct moment moment;
    struct place place;
    int axis;         /* READING_THETA, READING_SIGMA, READING_TURNS: which parameter */
    int which;        /* READING_EIGENVALUE: k-th lowest from 0; −1: the highest */
    double threshold; /* READING_STEPS_TO; READING_TAYLOR_ERROR, READING_TEST_SHIFT: the reach */
    int batch;        /* READING_UPDATE_SECONDS */
    int nets;         /* of the minimum-ratio study */
    int planes;       /* READING_RANDOM_FALLS, READING_LINE_TURNS */
    int against;      /* READING_BASIN_DIFFERENCE: the other optimizer */
    int seeds;        /* ≥ 1 */
    uint64_t steps;   /* bit s: step s names it */
};
bool measure_read(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *name, const yaml_node_t *node,
                  struct measure *measure);
void measure_release(struct measure *measure);
/* The measure of a slice at the end of a run, added to the lesson where it has none such; −1: there is room for no more. */
int measure_of_slice(struct lesson *lesson, int experiment, int optimizer, bool test, double offset);
bool reading_needs_run(const struct measure *measure);
bool reading_is_of_basins(enum reading reading);
bool reading_is_of_time(enum reading reading); /* another figure each time */

/* 0: step `first` names it; then those after it, then those before it, then what no step names. */
int lesson_rank(uint64_t steps, int first);

/* Runs that several measures share: each experiment's each optimizer from its first start, each seed once. Only those
 * that measures not `known` (measures) yet need. */
struct stock;
struct stock *stock_create(const struct lesson *lesson, const bool *known);
void stock_destroy(struct stock **stock); /* accepts NULL; after stock_join */
/* Begins to train all that is wanted, on `threads` threads, what stock_prefer's step names first; what is not done when
 * `job` no longer goes on (after `seconds`) has an error. */
void stock_start(struct stock *stock, int threads, double seconds, struct job *job);
void stock_join(struct stock *stock);
void stock_clear(struct stock *stock);                   /* the runs are no longer wanted, the shares are */
void stock_prefer(struct stock *stock, int step);        /* any thread */
double stock_share(const struct stock *stock, int step); /* any thread: 0 … 1, of the runs a step's measures need */
/* Waits until a measure that is not `known` can be taken: the one wanted soonest; −1: all are known. `trouble`: why its
 * runs failed, or NULL. */
int stock_await(struct stock *stock, const bool *known, const struct error **trouble);
/* The study that this measure is of and the one before it was of too; `fresh`: not yet made. The stock destroys it. */
struct study **stock_study(struct stock *stock, const struct measure *measure, bool *fresh);
/* What a run left behind. */
struct stocked_run {
    int n;
    struct sample *samples; /* (count) step 0, 1, …; owned, as all below */
    size_t count;
    double *thetas;      /* (count × n) where n ≤ STOCK_ALL_THETAS, else NULL */
    double *sigmas;      /* (count × n) where a measure wants them, else NULL; NaN where the rule has none */
    double *start, *end; /* (n) */
    double *statistics;  /* batch norm's moving averages at the end, or NULL */
    bool diverged;
    double seconds_per_step;
};
enum { STOCK_ALL_THETAS = 64 };
const struct stocked_run *stock_run(const struct stock *stock, const struct measure *measure, int seed);

/* The measure's value for one seed; NaN with an error when it cannot be had. */
double measure_take(const struct measure *measure, const struct lesson *lesson, struct stock *stock, int seed,
                    int threads, struct job *job, struct error *error);

/* reading_study.c: those that take a study. */
double reading_at_critical(const struct measure *measure, const struct objective *objective, const double *theta,
                           int threads, struct job *job, struct error *error);
double reading_line_turns(const struct measure *measure, const struct objective *objective, const double *theta,
                          struct job *job, struct error *error);
double reading_basins(const struct measure *measure, const struct experiment *experiment, struct stock *stock,
                      int threads, struct job *job, struct error *error);
/* Waits for its end as long as `job` goes on; false when it did not find what it is for. */
bool study_await(const struct study *study, struct job *job, struct error *error);

/* ---- claims
 * ----------------------------------------------------------------------------------------------------------- */

enum relation { RELATION_LESS, RELATION_LESS_EQUAL, RELATION_MORE, RELATION_MORE_EQUAL, RELATION_EQUAL };
enum { SIDES_MAX = 4 };
struct side {
    char *text; /* the formula */
    struct objective *objective;
    int names[EXPRESSION_MAX_VARIABLES]; /* measure of each variable; −1: filled up */
    int name_count;
};
struct claim {
    struct side sides[SIDES_MAX];
    enum relation relations[SIDES_MAX - 1];
    int side_count;
    double tolerance; /* of RELATION_EQUAL */
    int judge;
};
/* "a < b", "a = b ± c", "a < b <= c": formulas of the lesson's measures. `scalar` is the claim's text in the file;
 * `judge`: over seeds "all" (the default), "most" or "median". NULL with the tree's error set. */
struct claim *claim_read(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *scalar, int judge);
void claim_destroy(struct claim **claim); /* accepts NULL */
extern const char *const claim_judges[3];
/* `values[m]` (seeds of measure m) for those the claim names; fills `result`. */
void claim_judge(const struct claim *claim, const struct lesson *lesson, double *const *values,
                 struct claim_result *result);
/* Whether the claim (or, with claim NULL, a word in braces) names measure m. */
bool claim_names(const struct claim *claim, int measure);
/* A side's value, of that seed or (`trial` −1) of the medians. */
double side_value(const struct side *side, const struct lesson *lesson, double *const *values, int trial);
double values_median(const double *values, int count);
/* "−2", or over several seeds "0.31 (0.28 … 0.4)". */
void values_text(const double *values, int count, int digits, char *out, size_t size);
/* What a measure found as a text says it; seconds with their unit: "8.9 µs". */
void measure_text(const struct measure *measure, const double *values, char *out, size_t size);

/* wording.c: a sentence of a claim in both languages, for a claim without words of its own. */
void claim_say(const struct lesson *lesson, const struct claim *claim, struct lesson_words *words);
/* What each side came to: "−2 ≈ −2 (±10⁻¹⁰)", "0.31 (0.28 … 0.4) < 0.5"; "" for yes and no. Freed by the caller. */
char *claim_figures(const struct lesson *lesson, const struct claim *claim, double *const *values, int trials);

/* ---- what a step shows (lesson_show.c)
 * ---------------------------------------------------------------------------------- */

/* Both languages, or nothing where `node` is NULL. */
bool words_read(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *node, const char *what,
                struct lesson_words *words);
void words_release(struct lesson_words *words);
bool show_read(struct yaml_tree *tree, struct lesson *lesson, const yaml_node_t *node, int *experiment,
               struct lesson_show *show);
bool show_names(const struct lesson_show *show, int measure);
void show_release(struct lesson_show *show);

/* ---- figures kept
 * ----------------------------------------------------------------------------------------------------- */

/* What was measured before of the very same lesson by the very same program, in the file that `folder` has for it, into
 * values[m] and known[m]; a file that is not exactly that counts as none. */
void figures_read(const char *folder, const struct lesson *lesson, double *const *values, bool *known);
/* Keeps those that are known and without trouble, but for measured times; the oldest files give way. Quietly none where
 * it cannot be written. */
void figures_write(const char *folder, const struct lesson *lesson, double *const *values, const bool *known,
                   const struct error *troubles);
