/* The long computations of a session, newest last: each a study of its own, begun, watched, cancelled and put away
 * without ever waiting for it. One thread: the window's. */
#pragma once

#include "base/error.h"
#include "study/basins.h"
#include "study/slices.h"
#include "study/study.h"
#include "study/tune.h"

enum analysis_kind {
    ANALYSIS_SPECTRUM,  /* eigenvalues at a point, and their density */
    ANALYSIS_TAYLOR,    /* surface against quadratic model along eigen-directions */
    ANALYSIS_SEEK,      /* the critical point near a point, and the ways off it */
    ANALYSIS_ESCAPE,    /* the two ways off a critical point */
    ANALYSIS_LINE,      /* the losses between two points */
    ANALYSIS_SHARPNESS, /* λ_max along all runs */
    ANALYSIS_RATIO,     /* critical points of many small nets */
    ANALYSIS_TUNE,      /* the best rate of each optimizer */
    ANALYSIS_BASINS,    /* where each start ends, by optimizer */
    ANALYSIS_SLICES,    /* a point on its Hessian's plane, and on random ones */
    ANALYSIS_KINDS,
};
extern const char *const analysis_names[];  /* "spectrum", … */
extern const char *const analysis_titles[]; /* "Spectrum of the Hessian", … */

enum { ANALYSES_MOST = 24 };
struct analysis {
    enum analysis_kind kind;
    int id;            /* 1, 2, … in order of beginning */
    char subject[128]; /* of what: "adam, step 412" */
    struct study *study;
    double *theta; /* (n) at which point; NULL where it is of whole runs or nets */
    /* as last seen */
    uint64_t revision;
    bool finished, failed;
    struct error error;
    /* how its row stands */
    bool folded;
    int section;              /* which of several findings is shown */
    bool drawn;               /* the ways off it, on the surface */
    struct tune_report *tune; /* ANALYSIS_TUNE: what is known, as last seen */
};

struct analyses {
    struct analysis rows[ANALYSES_MOST];
    int count, begun;
    struct study *retired[2 * ANALYSES_MOST]; /* cancelled, not ended yet */
    int retired_count;
};

struct analysis_request {
    enum analysis_kind kind;
    const struct experiment *experiment;
    const struct timeline *timeline;
    const char *subject;
    const double *theta;     /* (n) where it is of a point; of a line: from */
    const double *other;     /* of a line: to */
    const double *direction; /* of a Taylor section or an escape, or NULL: eigen-directions */
    int nets;                /* ANALYSIS_RATIO; 0: the study's own number */
    struct study_watcher watcher;
};
/* NULL when it cannot begin: ERROR_INPUT says why. What is borrowed must outlive it; the points are copied. */
struct analysis *analyses_begin(struct analyses *analyses, const struct analysis_request *request, struct error *error);
bool analyses_poll(struct analyses *analyses);                           /* true when there is more to see */
bool analyses_busy(const struct analyses *analyses);                     /* one of them is on its way to an end */
struct analysis *analyses_find(const struct analyses *analyses, int id); /* NULL when it is gone */
void analyses_cancel(struct analyses *analyses, int id);                 /* what it has found stays */
void analyses_remove(struct analyses *analyses, int id);
void analyses_retire(struct analyses *analyses, struct study **study); /* of no row: cancels it, and frees it once ended */
/* Puts what they have found so far into the recording at `path`. Tuning and basins are of no run, and stay out. */
bool analyses_record(const struct analyses *analyses, const char *path, struct error *error);
/* The one whose readings the curves show, or NULL. */
struct study *analyses_sharpness(const struct analyses *analyses);
/* The two ways off a critical point; NULL while they are not known, or there are none. */
const struct escape_way *analysis_ways(const struct analysis *analysis);
/* Cancels and removes all; true once every thread has ended. `wait`: waits for that. */
bool analyses_close(struct analyses *analyses, bool wait);
