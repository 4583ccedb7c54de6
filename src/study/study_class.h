/* Inside study/: what every study has. A kind embeds `struct study` as its first member, fills its own params after
 * study_allocate(), and is set going by study_start(). */
#pragma once

#include "study/study.h"

#include "base/threads.h"
#include "run/recording_study.h"

#include <stdatomic.h>

struct study_class {
    const char *title;
    size_t size;                                                             /* of the kind's struct */
    bool (*work)(struct study *study, struct job *job, struct error *error); /* the study's thread */
    void (*write)(const struct study *study, FILE *stream);                  /* lock held */
    void (*release)(struct study *study);                                    /* its own memory; the threads are gone */
    /* What is known as the tables of a recording, with study_table and study_row; NULL: it cannot be recorded. Lock
     * held. */
    void (*record)(const struct study *study, struct recording_study *out);
};

struct study {
    const struct study_class *class; /* immutable */
    struct study_watcher watcher;    /* immutable after start */
    struct job *job;                 /* immutable after start */
    pthread_mutex_t lock;            /* guards what a kind publishes, unless it says otherwise */
    _Atomic uint64_t revision;
};

void *study_allocate(const struct study_class *class); /* zeroed but for what is above */
struct study *study_start(struct study *study, const struct study_watcher *watcher);
void study_announce(struct study *study); /* there is more to read; lock not held */
static inline void study_lock(const struct study *study) {
    pthread_mutex_lock((pthread_mutex_t *)&study->lock);
}
static inline void study_unlock(const struct study *study) {
    pthread_mutex_unlock((pthread_mutex_t *)&study->lock);
}

/* Calls one(context, k, part) for k = 0 … count − 1 on up to `threads` (0: all processors) threads, each with its equal
 * part of the job, until one answers false or the job is cancelled (then the error says so). */
bool study_spread(struct job *job, int count, int threads, bool (*one)(void *context, int k, struct job *part),
                  void *context, struct error *error);
/* Begins a table, then adds rows of as many cells as it has columns; what cells point to must last until all is
 * written. */
void study_table(struct recording_study *out, const char *name, const struct recording_column *columns,
                 int column_count);
void study_row(struct recording_study *out, const struct recording_cell *cells);
#define CELL_INTEGER(value) ((struct recording_cell){.integer = (int64_t)(value)})
#define CELL_REAL(value) ((struct recording_cell){.real = (value)})
#define CELL_TEXT(value) ((struct recording_cell){.text = (value)})
#define CELL_NUMBERS(values, many) ((struct recording_cell){.numbers = (values), .count = (size_t)(many)})
#define STUDY_TABLE(out, name, columns) study_table(out, name, columns, (int)(sizeof(columns) / sizeof *(columns)))
/* ",value", or "," where it is not finite. */
void study_write_number(FILE *stream, double value);
/* Batch norm's means and variances of all training data, which the evaluator has just seen: what moving averages would
 * come to if θ stayed here. One move of them shows it, as it goes a known share of the way. Freed
 * by the caller; NULL without batch norm. */
double *study_statistics(struct evaluator *evaluator);
double *study_copy(const double *values, size_t count);

/* escape.c: both ways off θ along ±direction, sampled at `points` places. Owned by the caller, freed by ways_release.
 */
bool ways_find(const struct objective *objective, const double *theta, const double *direction, int points,
               struct job *job, struct escape_way ways[2], struct error *error);
void ways_release(struct escape_way ways[2]);
void ways_table(struct recording_study *out); /* the table "way", then its rows for start `start` */
void ways_record(struct recording_study *out, int start, const struct escape_way ways[2], int n);
/* Whether the gradient jumps within a hair's breadth of θ however near one looks, as at the tip of a cone: there
 * neither gradient nor Hessian say what "critical" means. Only for formulas; a handful of gradients. */
bool point_is_rough(const struct objective *objective, const double *theta);
