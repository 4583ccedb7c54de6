/* Runs: an experiment file becomes objects, optimizers train on threads of their own, their samples come through the
 * stream into the timeline, and, when asked, into a recording on disk.
 *
 * Threads: one per run (it owns optimizer and parameters), and one collector (it drains every run's stream into the
 * timeline and the recording). The caller's thread gives orders and reads the timeline; it never waits for a run, and a
 * run never waits for the screen. */
#pragma once

#include "analyze/analyze.h"
#include "base/error.h"
#include "objective/objective.h"
#include "optimize/optimize.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- experiments ------------------------------------------------------------------------------------------------ */

enum height_mapping { HEIGHT_LINEAR, HEIGHT_LOG };
extern const char *const height_mapping_names[]; /* "linear", "log" */

enum { EXPERIMENT_MAX_OPTIMIZERS = 16, EXPERIMENT_MAX_STARTS = 64, EXPERIMENT_MAX_RUNS = 64, EXPERIMENT_MAX_SWARM = 100000 };

struct experiment_optimizer {
    const struct optimizer_class *class;
    char *label; /* shown; the class's title unless given */
    double values[OPTIMIZER_MAX_PARAMETERS];
    struct schedule schedule;
    double clip_norm, clip_value; /* optimizer_set_clipping; 0: off */
    int64_t lookahead;            /* optimizer_set_lookahead; 0: none */
    double lookahead_alpha;
    struct average_params average;
};

struct known_point { /* a published critical point of a built-in objective */
    double *at;      /* (n) */
    enum point_kind kind;
    double loss;     /* NaN when not given */
};

/* Immutable after create, but for what the window copies out of it. Everything owned. */
struct experiment {
    char *path;   /* as given or found */
    char *name;   /* file stem */
    char *source; /* the YAML text */
    char *csv;    /* path of the CSV file its data came from, or NULL */
    char *title, *title_zh, *about, *about_zh; /* about: a sentence or two; all but title may be NULL */
    struct objective *objective;
    char *formula;          /* expression text, or NULL for a network */
    double (*domain)[2];    /* (n) low, high for an expression; NULL for a network (the surface's range follows the paths) */
    char **variables;       /* (n) names for an expression, or NULL */
    double *starts;         /* (start_count × n) */
    int start_count;
    int64_t steps;
    uint64_t seed;
    int batch;              /* samples a step; 0: all */
    struct experiment_optimizer *optimizers;
    int optimizer_count;
    enum plane_kind plane;
    int plane_axes[2];      /* PLANE_AXES: which two parameters */
    uint64_t plane_seed;    /* PLANE_RANDOM */
    int plane_runs[3];      /* PLANE_HESSIAN: [0], the run at whose end; PLANE_POINTS: the three; −1: the first start;
                               PLANE_PCA: [0], the run whose path, −1: all */
    int grid[2];            /* width, height */
    enum height_mapping height;
    double camera[2];       /* azimuth and elevation in degrees */
    struct known_point *known;
    int known_count;
    double *swarm; /* (swarm_count × n) starts of every optimizer besides `starts`; see swarm_create */
    int swarm_count; /* 0: no swarm */
};

/* A built-in name ("himmelblau") or a path of a YAML file. Names win; a path has a '/' or ends in .yaml/.yml, or exists.
 * Errors: "FILE:LINE:COL: what is wrong; what would be right"; an unknown key or name suggests the nearest. */
struct experiment *experiment_load(const char *name_or_path, struct error *error);
/* The same from text; `path` is for messages, relative file names in it are taken from path's folder. */
struct experiment *experiment_parse(const char *text, size_t length, const char *path, struct error *error);
/* experiment_load, seen and stopped from another thread while it reads data (ERROR_CANCELLED); `reading` may be NULL. */
struct experiment *experiment_load_watched(const char *name_or_path, struct data_reading *reading, struct error *error);
/* experiment_parse, with `*data` for what its data say: not read again. Takes them over (sets NULL) when it succeeds. */
struct experiment *experiment_parse_on(const char *text, size_t length, const char *path, struct data **data,
                                       struct error *error);
/* A formula typed in by a person: variables found in it (or w1, w2), a domain of [−2, 2] each unless given, the usual four
 * optimizers. `column` as objective_create_expression. */
struct experiment *experiment_from_formula(const char *formula, const double (*domain)[2], int *column, struct error *error);
void experiment_destroy(struct experiment **experiment); /* accepts NULL */
/* The optimizer that `from` describes, with `values` (or NULL: its own), told the layers of the experiment's objective. */
struct optimizer *experiment_create_optimizer(const struct experiment *experiment,
                                              const struct experiment_optimizer *from, const double *values,
                                              struct error *error);
/* A start drawn by seed: a network's as its initialisation says, a formula's anywhere in the inner nine tenths of its domain
 * (where the loss need not be finite). `theta` (n). */
void experiment_draw_start(const struct experiment *experiment, uint64_t seed, double *theta);
/* The experiment's YAML text with some of its optimizers' values changed and all else, comments and layout too, as it
 * was. Freed by the caller. ERROR_INPUT where the text has no place for them (an alias stands for an optimizer). */
struct experiment_change {
    int optimizer, parameter; /* parameter: index into optimizer_class_parameters */
    double value;
};
char *experiment_with_values(const struct experiment *experiment, const struct experiment_change *changes, size_t count,
                             struct error *error);
/* Whether `from` moves every parameter by itself, whatever the others and the losses do: then many points may go as one
 * vector of `points` · n parameters, to the same bits. With what looks at norms or losses (clip_norm, plateau) not, nor
 * where an average is shown. */
bool experiment_optimizer_is_elementwise(const struct experiment_optimizer *from);
struct optimizer *experiment_create_wide_optimizer(const struct experiment *experiment,
                                                   const struct experiment_optimizer *from, const double *values,
                                                   int points, struct error *error);

struct experiment_listing {
    char *name, *path, *title, *title_zh, *about, *about_zh; /* all from title_zh on may be NULL */
    bool network;
};
/* Built-in experiments, by name; only the heads of the files are read. Freed by experiment_listing_destroy. */
struct experiment_listing *experiment_list(size_t *count, struct error *error);
void experiment_listing_destroy(struct experiment_listing **listing, size_t count);

/* A text that may have a Chinese one beside it, in the language of this code. */
static inline const char *text_in(const char *language, const char *english, const char *chinese) {
    return chinese && strcmp(language, "zh") == 0 ? chinese : english;
}

/* Runs of an experiment: each optimizer from each start, numbered optimizer-major: run = optimizer · start_count + start. */
int experiment_run_count(const struct experiment *experiment);

/* ---- samples and the timeline ----------------------------------------------------------------------------------- */

struct sample {
    int64_t step;           /* 0 is the start, before any update */
    double loss;            /* on all the training data */
    double batch_loss;      /* on this step's batch (equal to loss without batches) */
    double gradient_norm;   /* ‖∇L‖ on the batch at this step's parameters */
    double rate;            /* the learning rate of the update that leaves this point */
    double validation_loss; /* on the data held back, without noise, with batch norm's moving averages; NaN without */
    double test_loss;       /* likewise */
    double accuracy;        /* share of all the training data told right, by the same outputs as `loss`; NaN without
                               classes, or where it was not kept */
    double validation_accuracy, test_accuracy; /* with those losses; NaN without such data */
    int64_t evaluations;    /* gradient evaluations used up to and with this point: one a step, and what its optimizer
                               asked for besides */
};

/* What one update was made of: its gradient, the terms it is the sum of, the optimizer's state after it. */
enum inside_kind {
    INSIDE_GRADIENT,     /* ∇L on the batch where the update leaves */
    INSIDE_TERM,         /* all of them add up to θₜ₊₁ − θₜ of the points that are shown: an average's delay is one */
    INSIDE_VECTOR,       /* a state vector: "exp_avg", … */
    INSIDE_RATE,         /* what multiplied the gradient of each parameter */
    INSIDE_SQUARES_SUM,  /* of the gradients so far, per parameter, */
    INSIDE_SQUARES_MEAN, /* or their fading mean */
};
struct inside_row {
    const char *name; /* static */
    enum inside_kind kind;
    enum optimizer_role role; /* INSIDE_TERM */
};
enum { INSIDE_TOLD = 2 };
struct inside { /* one allocation: free() */
    int n, count;
    struct inside_row *rows; /* (count) */
    double *values;          /* (count × n) */
    int told[INSIDE_TOLD];   /* the parameters that words are about: both of two, else the one that moved most */
    int told_count;
    size_t formula_bytes;
    char *formulas; /* (told_count) optimizer_formula of each, one after another with its NUL; NULL where an average is shown,
                       which is not what a rule speaks of */
};

enum run_status { RUN_WAITING, RUN_RUNNING, RUN_FINISHED, RUN_DIVERGED, RUN_STOPPED };
extern const char *const run_status_names[]; /* "waiting", "running", "ok", "diverged", "stopped" */

/* All samples of all runs since the last restart. The collector writes, anyone reads (guarded by a lock held briefly).
 * Figures are kept of every sample: half a gigabyte of them in memory, the rest in an unlinked temporary file ($TMPDIR,
 * else /var/tmp) that the system reads when it is asked for, so that 10⁸ steps (6.4 GB) need no such memory; only where
 * that disk has no room they stay in memory. Parameters are kept for every sample until `budget` bytes are used, then for
 * every 2nd, 4th, … (the newest always); with SIZE_MAX all of them, as figures are. */
struct timeline;
struct timeline *timeline_create(int runs, int n, size_t budget);
void timeline_destroy(struct timeline **timeline); /* accepts NULL */
void timeline_clear(struct timeline *timeline);
void timeline_append(struct timeline *timeline, int run, const struct sample *sample, const double *theta); /* theta may be NULL */
/* Batch norm's moving averages at the newest sample of `run`. */
void timeline_keep_statistics(struct timeline *timeline, int run, const double *statistics, int count);
/* Copies them into `statistics` (objective_statistics; NULL: not wanted). Returns how many there are; 0: none. */
int timeline_statistics(const struct timeline *timeline, int run, double *statistics);
/* What the update that leaves the newest sample of `run` was made of, before the sample it leads to is appended. Taken
 * over. Kept as parameters are, within the same budget: of the samples whose parameters are kept, and the newest. */
void timeline_append_inside(struct timeline *timeline, int run, struct inside *inside);
/* A copy of what the update that leaves sample `index` was made of; NULL when it is not kept, or none left it yet. */
struct inside *timeline_inside(const struct timeline *timeline, int run, size_t index);
int timeline_runs(const struct timeline *timeline);
int timeline_dimension(const struct timeline *timeline);
uint64_t timeline_generation(const struct timeline *timeline); /* grows with every clear */
size_t timeline_count(const struct timeline *timeline, int run);
/* Copies samples [from, from + count) that exist into `samples`, their parameters into `thetas` (count × n; NULL: not
 * wanted), and into `known` (count; may be NULL) whether each one's parameters are kept. Returns how many were copied. */
size_t timeline_read(const struct timeline *timeline, int run, size_t from, size_t count, struct sample *samples,
                     double *thetas, bool *known);
/* The index of the last sample of `run` with step ≤ `step`; −1 when there is none. */
int64_t timeline_find(const struct timeline *timeline, int run, int64_t step);
int64_t timeline_last_step(const struct timeline *timeline); /* the largest step of any run; −1 when empty */

/* ---- one run without a thread ------------------------------------------------------------------------------------ */

/* One optimizer going down from one start, stepped by whoever owns it: a trainer's thread, a study, a test. The batch of
 * a step (its samples and its noise) is a function of seed and step alone, so all runs of an experiment see the same
 * ones, and the same seed gives the same bits. One owner at a time. */
struct descent_params {
    const struct experiment *experiment;          /* borrowed for the descent's life */
    const struct experiment_optimizer *optimizer; /* borrowed for the descent's life; NULL: the experiment's first */
    const double *values; /* of the optimizer's parameters, instead of its own; NULL: those */
    const double *start;  /* (n) copied; NULL: the experiment's first */
    const uint64_t *seed; /* of batches and noise; NULL: the experiment's */
};
struct descent;
/* At step 0, not evaluated yet. ERROR_INPUT when a value is out of its range. */
struct descent *descent_create(const struct descent_params *params, struct error *error);
void descent_destroy(struct descent **descent); /* accepts NULL */
/* Anew from `theta` (n), at step 0 with a fresh optimizer; the optimizer's present values stay. */
void descent_start(struct descent *descent, const double *theta);
/* Loss and gradient at θ on this step's batch, and the sample. NULL, or what is not finite there ("loss", "gradient",
 * "a parameter"): then the run has diverged, sample and gradient are without meaning, and it cannot step. Once a step. */
const char *descent_evaluate(struct descent *descent);
/* The update that leaves this point; must follow descent_evaluate. Gradient and sample stay as they were. */
void descent_step(struct descent *descent);
/* Steps at most `steps` times, evaluating first where it has to, and after each; the same answer as descent_evaluate. */
const char *descent_take(struct descent *descent, int64_t steps);

/* From the next update on (or no longer): what it was made of can be taken. Costs time and memory; changes no bit. */
void descent_keep_insides(struct descent *descent, bool keep);
/* Of the last update, the caller's to free(); NULL when there was none since, or none is kept. */
struct inside *descent_take_inside(struct descent *descent);

int64_t descent_at(const struct descent *descent);            /* the step θ is at */
const double *descent_theta(const struct descent *descent);    /* (n) */
/* (n) What the run has to show: θ, or the average its optimizer keeps (optimizer_set_average). The sample's losses are
 * measured here; its batch_loss and gradient at θ, where the optimizer walks. */
const double *descent_point(const struct descent *descent);
/* Batch norm's moving averages (objective_statistics), moved by each evaluated batch as PyTorch does in train mode; NULL
 * without batch norm. What an optimizer looks at besides does not move them; a kept average is tested with them too. */
const double *descent_statistics(const struct descent *descent);
const double *descent_gradient(const struct descent *descent); /* (n) at the last evaluated point, on its batch */
const struct sample *descent_sample(const struct descent *descent); /* of the last evaluated point */
/* For values and state vectors; whoever sets a value before descent_step changes that update. */
struct optimizer *descent_optimizer(struct descent *descent);
struct evaluator *descent_evaluator(struct descent *descent); /* to look further at the same objective */

/* ---- many points at once ------------------------------------------------------------------------------------------ */

/* One optimizer going down from many starts at once, in step: each point makes exactly the steps, to the bit, that a
 * descent of its own would make. Where the optimizer moves every parameter by itself and the objective is a formula they
 * go as one vector in columns, tens of times as fast; else as one descent each. Without a thread; one owner at a time;
 * nothing is allocated after create. */
struct flock_params {
    const struct experiment *experiment;          /* borrowed for the flock's life */
    const struct experiment_optimizer *optimizer; /* likewise; NULL: the experiment's first */
    const double *values;                         /* of the optimizer's parameters, instead of its own; NULL: those */
    int capacity;                                 /* points at most; a few hundred fit a processor's cache */
};
struct flock;
struct flock *flock_create(const struct flock_params *params, struct error *error);
void flock_destroy(struct flock **flock); /* accepts NULL */
/* At step 0 from `starts` (count × n), evaluated; 1 ≤ count ≤ capacity. */
void flock_start(struct flock *flock, int count, const double *starts);
void flock_step(struct flock *flock); /* one update of every point that has not diverged, evaluated */
int flock_count(const struct flock *flock);
int64_t flock_at(const struct flock *flock); /* the step they are at */
/* Where they are and what the loss is there; of those that have diverged they mean nothing. Valid until the next step. */
const double *flock_thetas(const struct flock *flock);    /* (count × n) */
const double *flock_gradients(const struct flock *flock); /* (count × n) */
const double *flock_losses(const struct flock *flock);    /* (count) */
const int64_t *flock_diverged(const struct flock *flock); /* (count) at which step something was not finite; −1: none */

/* A swarm: thousands of starts for every optimizer of a formula's experiment, all in step, on threads of its own. Only
 * where they are now is kept; an earlier step is reached by going from the start again, which gives the same bits. */
struct swarm_params {
    const struct experiment *experiment; /* borrowed for the swarm's life; with a swarm */
    const double (*values)[OPTIMIZER_MAX_PARAMETERS]; /* (optimizers) instead of their own; NULL: those; copied */
    int threads;                         /* 0: all processors; the result does not depend on it */
    void (*wakeup)(void *);              /* from a worker: there is more to see; must not block; may be NULL */
    void *wakeup_context;
};
struct swarm;
struct swarm *swarm_create(const struct swarm_params *params, struct error *error); /* goes to step 0 */
void swarm_destroy(struct swarm **swarm); /* accepts NULL */
/* From now on it goes to `step`. Forwards it shows the steps on the way, as many as there is time for. */
void swarm_seek(struct swarm *swarm, int64_t step);
void swarm_wait(struct swarm *swarm); /* until it is there */
uint64_t swarm_revision(const struct swarm *swarm); /* grows whenever there is something new to read */
/* Where the points of one optimizer are (count × n) and the losses there (count), NaN where one has diverged. Returns the
 * step, −1 with nothing written while there is none yet. The points of all optimizers read with one revision belong to
 * one step. */
int64_t swarm_read(const struct swarm *swarm, int optimizer, double *thetas, double *losses);

/* ---- recordings (SQLite, the contract's tables) ------------------------------------------------------------------ */

struct recording; /* a file being written; one owner thread (the collector) after create */
struct recording *recording_create(const char *path, const struct experiment *experiment, struct error *error);
/* Buffered; committed at least every 100 ms by recording_append or recording_tick, whichever comes first. */
bool recording_append(struct recording *recording, int run, const struct sample *sample, const double *theta,
                      struct error *error);
/* Batch norm's moving averages (objective_statistics) at `step`, the run's newest: written with the next commit. */
bool recording_keep_statistics(struct recording *recording, int run, int64_t step, const double *statistics,
                               struct error *error);
bool recording_tick(struct recording *recording, struct error *error);
bool recording_close(struct recording **recording, struct error *error); /* accepts NULL */

/* Reads a recording back: the experiment it was made from, and a filled timeline. ERROR_INPUT when it is none. */
bool recording_read(const char *path, struct experiment **experiment, struct timeline **timeline, struct error *error);
/* What was found out about the objective once it was trained: the plane, the surface on it and the critical points, put
 * into a closed recording in place of what it held of them. Either of `plane` and `points` may be NULL. */
struct recording_geometry {
    const struct plane *plane;
    const struct surface_params *surface; /* range and size; NULL: no surface */
    const double *losses;                 /* (height × width), NaN in holes */
    const struct critical_point *points;
    size_t point_count;
};
bool recording_add_geometry(const char *path, const struct recording_geometry *geometry, struct error *error);
bool recording_is(const char *path); /* an SQLite file by its first bytes */

/* ---- the trainer ------------------------------------------------------------------------------------------------- */

enum { TRAINER_INSIDES = 1 << 17 };

struct trainer_params {
    const struct experiment *experiment; /* borrowed for the trainer's life */
    struct timeline *timeline;           /* borrowed; cleared on create and on restart */
    int threads;                         /* runs that compute at once; 0: all processors */
    bool discard_theta;                  /* do not put parameters on the stream, nor insides */
    bool insides;                        /* put what each update was made of into the timeline, of runs of at most
                                            TRAINER_INSIDES parameters */
    void (*wakeup)(void *);              /* called from the collector when samples came or a run ended; must not block */
    void *wakeup_context;
};

struct trainer;
/* Starts the threads with the goal at step 0: every run publishes its start and waits. */
struct trainer *trainer_create(const struct trainer_params *params, struct error *error);
void trainer_destroy(struct trainer **trainer); /* stops, joins, drains, closes the recording; accepts NULL */

/* Runs step until they reach the goal and then wait: play raises it at a rate, pause sets it to where the furthest run is (so
 * that all stop on the same step), a single step adds one. Capped at the experiment's steps unless trainer_set_limit raised it. */
void trainer_set_goal(struct trainer *trainer, int64_t step);
int64_t trainer_goal(const struct trainer *trainer);
void trainer_set_limit(struct trainer *trainer, int64_t steps);
void trainer_pause(struct trainer *trainer);
/* Blocks until every enabled run has reached the goal, ended or diverged, and all its samples are in the timeline. */
void trainer_wait(struct trainer *trainer);
/* Wakes a trainer_wait early and stops all runs after their current step (Ctrl-C). Async-signal-safe is not promised. */
void trainer_stop(struct trainer *trainer);

/* Orders to a run, carried out between steps. */
void trainer_enable(struct trainer *trainer, int run, bool enabled); /* off: waits where it is; on: catches up with the goal */
void trainer_set_value(struct trainer *trainer, int run, int parameter, double value); /* clamped into the accepted range */
double trainer_value(const struct trainer *trainer, int run, int parameter);
/* Copies a state vector (n) of a run's optimizer ("exp_avg_sq", …: optimizer_vectors). False while the run computes, and when
 * there is none of that name. */
bool trainer_vector(const struct trainer *trainer, int run, const char *name, double *values);
/* All runs anew from `theta` (n) (NULL: each from its own start in the experiment) with the current values and a cleared
 * timeline; the goal goes to 0. Joins threads: at most one step's time. A recording is closed: a file holds one start. */
void trainer_restart(struct trainer *trainer, const double *theta);

/* Records from now on (what the timeline holds is written first, by the collector). Closed by trainer_record_stop, restart or
 * destroy. What fails later closes it and is said by trainer_error and trainer_record_stop. */
bool trainer_record(struct trainer *trainer, const char *path, struct error *error);
bool trainer_record_stop(struct trainer *trainer, struct error *error);
bool trainer_recording(const struct trainer *trainer);

struct run_state {
    enum run_status status;
    int64_t step;        /* the last published; −1: not even the start */
    bool enabled;
    char message[160];   /* why it diverged: "loss is not finite at step 12; try a smaller learning rate" */
};
struct run_state trainer_state(const struct trainer *trainer, int run);
bool trainer_error(const struct trainer *trainer, struct error *error); /* true when the recording failed: says why */
