/* Inside study/: the parts of the tune study, a file each: tune.c sets it going, tune_search.c says which rates come
 * next, tune_trial.c makes one run, tune_log.c keeps runs in a file, tune_report.c says what came of it. */
#pragma once

#include "study/study_class.h"
#include "study/tune.h"

struct tune_rate {
    double rate;
    struct tune_trial *trials; /* (seeds) */
};
/* One optimizer with one combination of swept values: the rates it is tried with. */
struct tune_line {
    int optimizer, combination;              /* immutable */
    double values[OPTIMIZER_MAX_PARAMETERS]; /* immutable; the rate's place is not used */
    double own, lowest, highest;             /* immutable: the optimizer's own rate, and between which rates to look */
    double ratio;                            /* immutable: of neighbours on the coarse grid */
    struct tune_rate *rates;                 /* (count) ascending */
    int count, down, up;                     /* down, up: rates added beyond the grid */
    size_t capacity;
    bool settled;
};

/* What makes two sweeps the same, so that the runs of one stand for the other's. */
struct tune_mark {
    uint64_t experiment; /* a hash of its text, data and starts, and of the program's version */
    int64_t evaluations;
};
struct tune_entry { /* a run in the resume file */
    int optimizer, seed;
    double values[OPTIMIZER_MAX_PARAMETERS];
    struct tune_trial trial;
};

struct tune_log;
/* Opens the file for appending, or makes it; what it holds goes into `entries` (count), the caller's. What a killed
 * program left of a last line is dropped. ERROR_INPUT for a file of another sweep, a damaged one or another program's.
 */
struct tune_log *tune_log_open(const char *path, const struct tune_mark *mark, const struct experiment *experiment,
                               int seeds_most, struct tune_entry **entries, size_t *count, struct error *error);
void tune_log_close(struct tune_log **log); /* accepts NULL */
bool tune_log_append(struct tune_log *log, const struct experiment *experiment, const struct tune_entry *entry,
                     struct error *error);
/* The entries in the text of such a file; `kept` receives how much of the text they are. */
bool tune_log_parse(const char *text, size_t length, const char *path, const struct tune_mark *mark,
                    const struct experiment *experiment, int seeds_most, struct tune_entry **entries, size_t *count,
                    size_t *kept, struct error *error);

struct tune {
    struct study study;
    const struct experiment *experiment; /* immutable, as all to the next banner */
    int64_t evaluations;
    int seeds, threads, sweep_count;
    enum tune_starts start_kind;
    uint64_t seed[TUNE_MAX_SEEDS];
    double *starts; /* (seeds × n) */
    char *sweep_names[TUNE_MAX_SWEEPS];
    bool has_tolerance;
    double tolerance;
    struct tune_entry *entries; /* (entry_count) out of the resume file */
    size_t entry_count;

    /* Guarded by the study's lock; `lines` and `rates` move only while no run is being made. */
    struct tune_line *lines; /* (line_count) by optimizer, then combination */
    int line_count;
    struct tune_arrival *arrivals; /* (optimizers × seeds) */
    bool measured[EXPERIMENT_MAX_OPTIMIZERS];
    bool finished;
    long trials, taken_up;
    struct tune_log *log;
    struct error log_error;
};

/* tune_search.c */
double tune_round(double rate); /* to three significant digits */
extern const double TUNE_FINE;  /* the ratio of neighbouring rates that are near enough */
/* Fills the coarse grid. */
void tune_line_begin(struct tune_line *line, const struct tune_params *params, int seeds);
/* Adds the rates that come next; false when there are none and the line is settled. All trials are done. */
bool tune_line_extend(struct tune_line *line, int seeds);
/* The best of some settings: what tune.h says. −1 where every one diverged or none is done. */
int tune_best(const struct tune_point *points, int count, int seeds, double own_rate);
void tune_point_measure(struct tune_point *point, int seeds); /* median, low, high, settled from its trials */

/* tune_trial.c: runs the setting from a seed until its evaluations are used. False: cancelled. */
bool tune_try(const struct tune *tune, const struct experiment_optimizer *from, const double *values, int seed,
              struct tune_trial *out, struct job *part, struct error *error);
/* The same run again, up to where it reaches the target. */
bool tune_arrive(const struct tune *tune, const struct experiment_optimizer *from, const double *values, int seed,
                 double target, struct tune_arrival *out, struct job *part, struct error *error);

/* tune_report.c: lock held. */
struct tune_report *tune_report_make(const struct tune *tune);
void tune_write(const struct study *study, FILE *stream);
