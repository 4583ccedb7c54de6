/* Studies: long computations on an experiment and its runs, the same for a command and for the window. A study starts
 * when it is created, on a thread of its own (and more, where it says so); what it has found can be read while it goes
 * on, by any thread, and is its own until it is destroyed. What its params point to is borrowed for its life unless
 * "copied".
 * What it does not do: print or draw. */
#pragma once

#include "run/run.h"

#include <stdio.h>

/* ---- any study ----------------------------------------------------------------------------------------------------
 */

struct study;
/* Called from the study's threads whenever there is more to read and once it ended; must not block; may be NULL. */
struct study_watcher {
    void (*wakeup)(void *);
    void *context;
};
/* For job_progress, job_cancel and job_wait. A cancelled or failed study keeps what it has found so far. */
struct job *study_job(const struct study *study);
const char *study_title(const struct study *study); /* what it does, for a progress bar: "sharpness" */
uint64_t study_revision(const struct study *study); /* grows whenever there is more to read */
void study_destroy(struct study **study);           /* cancels and joins; accepts NULL */
/* All that is known so far as a table with a header line, numbers at full precision, what is not finite empty. */
void study_write_csv(const struct study *study, FILE *stream);
/* All that is known so far into the recording at `path`, one that is closed or just being written, beside what other
 * studies it holds; `about` says where it was made ("end:adam", ""). The tables are listed in the man page;
 * recording_read_studies (run/recording_study.h) reads them back. ERROR_INPUT where `path` is no recording. */
bool study_record(const struct study *study, const char *path, const char *about, struct error *error);
/* A name as a CSV field, in quotation marks where it needs them. */
void study_write_name(FILE *stream, const char *name);
char *study_run_label(const struct experiment *experiment, int run); /* "Adam", "Adam, start 2"; freed by the caller */

/* ---- sharpness: λ_max along the way against 2/η -------------------------------------------------------------------
 */

/* λ_max of the Hessian on all data at path points, and for optimizers that divide by something also of
 * P^{−1/2} H P^{−1/2}, P their preconditioner at that step (Cohen et al. 2021, 2022). With a timeline the points are
 * taken from it, coarse first, then between those that are furthest apart, as long as it follows also from what is
 * added. P is then what the timeline kept of the optimizer's insides; where it kept none it is known as far as a
 * repetition of the run comes through the very same θ (not after a slider was moved). Without a timeline, every run is
 * trained here. Runs are read by several threads; every one's readings are in order of step. */
struct sharpness_params {
    const struct experiment *experiment;
    const struct timeline *timeline; /* NULL: train here */
    const struct trainer
        *trainer;     /* timeline: whose values of the optimizers' parameters count; NULL: the experiment's */
    uint64_t runs;    /* bit r: run r; 0: all */
    int64_t steps;    /* trained here: how far; 0: the experiment's */
    int64_t every;    /* trained here: steps between two readings; 0: the whole in about 100 */
    int points;       /* timeline: about so many readings a run; 0: 100 */
    bool follow;      /* timeline: go on as it grows (and anew when it is cleared) until cancelled */
    double tolerance; /* relative, of λ; 0: 1e-5 */
    int threads;      /* 0: all processors */
    struct study_watcher watcher;
};
struct sharpness_point {
    struct sample sample;
    double largest, residual; /* λ_max of H; ‖Hv − λv‖ */
    double preconditioned; /* λ_max of P^{−1/2} H P^{−1/2}; NaN where P is not known; λ_max for optimizers without */
    double two_over_rate; /* 2 / η */
    double bound;         /* what keeps `preconditioned` stable, momentum counted in */
};
struct study *study_create_sharpness(const struct sharpness_params *params, struct error *error);
/* The readings of a run so far, by step, [from, from + most) of them into `out` (may be NULL); returns how many there
 * are in all. */
size_t study_read_sharpness(const struct study *study, int run, size_t from, size_t most, struct sharpness_point *out);
/* Why the readings of a run stopped early ("" when they did not); into `out`. */
const char *study_sharpness_trouble(const struct study *study, int run, char *out, size_t size);

/* ---- minimum ratio: how many directions lead up at the critical points of many small nets -------------------------
 */

/* Each net starts from its own seed, trains on all data with the experiment's first optimizer for its own share of
 * `steps` (evenly on a logarithmic scale), goes to a critical point and is measured there by its full spectrum. */
struct ratio_params {
    const struct experiment *experiment; /* a network of at most RATIO_PARAMETERS parameters */
    int nets;                            /* 0: 60 */
    uint64_t seed;                       /* of the first net; the others follow */
    int64_t steps;                       /* the longest training; negative: the experiment's */
    int threads;                         /* 0: all processors; the result does not depend on it */
    struct study_watcher watcher;
};
enum { RATIO_PARAMETERS = 2000 };
struct ratio_point {
    uint64_t seed;
    int64_t steps;
    double trained_loss;
    bool failed;   /* it could not be trained or searched from: the verdict says why */
    bool measured; /* arrived at a critical point; what is below the verdict is known */
    enum seek_ending ending;
    char verdict[1024]; /* in words: found, or why not */
    double loss, gradient_norm, distance;
    int n, positive, degenerate, negative; /* eigenvalues, by the tolerance of eigen_report */
    double ratio;                          /* positive / n */
    enum point_kind kind;
    const double *eigenvalues; /* (n) ascending, the study's */
};
struct study *study_create_ratio(const struct ratio_params *params, struct error *error);
/* Net k = 0 … nets − 1; false while it is not done. */
bool study_read_ratio(const struct study *study, int net, struct ratio_point *out);
int study_ratio_nets(const struct study *study);

/* ---- seek: from path points to critical points near them -----------------------------------------------------------
 */

struct critical_seek_params {
    const struct objective *objective;
    const double *starts; /* (count × n), copied */
    int count;
    struct seek_params search; /* its tolerance and limits; objective and theta are ignored */
    int ends;                  /* eigenpairs at each end where n is too large for all; 0: 5 */
    int threads;               /* 0: all processors */
    struct study_watcher watcher;
};
enum { STUDY_ALL_EIGENPAIRS = 5000 }; /* the largest n for which studies compute them all unless asked otherwise */
/* A step off a saddle along ± its most negative eigenvector: by doubling, from 10⁻³ (1 + ‖θ‖), while the loss falls. */
struct escape_way {
    double length;            /* of the step, along this side; 0: the loss does not fall at all */
    double loss;              /* there, below the saddle's */
    const double *theta;      /* (n) there: where training may go on; NULL when length is 0 */
    int count;                /* places along the way, evenly spaced, from the saddle to there … */
    const double *t, *losses; /* (count) … and the loss at them */
};
struct seek_finding {
    const struct seek_result *result;  /* where the search ended, and how */
    const struct eigen_report *report; /* there; NULL where n is too large … */
    const struct eigen_ends *ends;     /* … then this */
    enum point_kind kind;
    int positive, degenerate, negative; /* counts; of those held when only the ends are known */
    double share;                       /* positive / n; NaN when only the ends are known */
    bool rough;                         /* the gradient jumps nearby: a kink, where "critical" means nothing */
    struct escape_way ways[2];          /* along + and −, where there is a negative eigenvalue at a critical point */
    char verdict[768];                  /* in words, all of it */
    struct error error;                 /* kind ≠ 0: it failed, and nothing above is set */
};
struct study *study_create_seek(const struct critical_seek_params *params, struct error *error);
/* Of start k; NULL while it is not done. */
const struct seek_finding *study_read_seek(const struct study *study, int start);

/* ---- escape: both ways off one critical point ----------------------------------------------------------------------
 */

struct escape_params {
    const struct objective *objective;
    const double *theta;     /* (n), copied */
    const double *direction; /* (n), of length 1, copied; NULL: the most negative eigenvector, which is then found */
    int points;              /* along each way; 0: 41 */
    struct study_watcher watcher;
};
struct escape_finding {
    double loss, gradient_norm;
    double curvature;        /* dᵀHd along the direction */
    const double *direction; /* (n) */
    struct escape_way ways[2];
};
/* Fails (job_wait) when no direction leads down: "every direction leads up". */
struct study *study_create_escape(const struct escape_params *params, struct error *error);
const struct escape_finding *study_read_escape(const struct study *study); /* NULL while it is not done */

/* ---- Taylor: how far the quadratic model holds along eigen-directions -----------------------------------------------
 */

struct taylor_params {
    const struct objective *objective;
    const double *theta;      /* (n), copied */
    const double *directions; /* (count × n), each of length 1, copied; NULL: eigenvectors from either end */
    int count;                /* directions given; else ignored */
    int low, high;            /* eigenvectors from the low and from the high end; both 0: one of each */
    double reach;             /* 0: per direction, so far that the model has just ceased to hold */
    int points;               /* odd; 0: 81 */
    double share;             /* of the model's change within which it holds; 0: 0.1 */
    struct study_watcher watcher;
};
struct taylor_section {
    char name[48];           /* "lowest", "2nd lowest", "highest", "direction 1" */
    const double *direction; /* (n) */
    double reach;
    const struct taylor *taylor; /* surface and model at t = −reach … reach; `curvature` is the eigenvalue */
};
struct study *study_create_taylor(const struct taylor_params *params, struct error *error);
/* Section k, lowest first; NULL while it is not done. study_taylor_count says how many there will be. */
const struct taylor_section *study_read_taylor(const struct study *study, int section);
int study_taylor_count(const struct study *study);

/* ---- line: the losses between two points ----------------------------------------------------------------------------
 */

/* L((1 − t) from + t to), Goodfellow, Vinyals & Saxe 2015. Between two ends of runs batch norm has no moving
 * averages: validation and test samples are measured by the training data's mean and variance at that very θ. */
struct line_params {
    const struct objective *objective;
    const double *from, *to; /* (n), copied */
    double low, high;        /* range of t; both 0: 0 … 1 */
    int points;              /* 0: 101 */
    int threads;             /* 0: all processors */
    struct study_watcher watcher;
};
struct line_point {
    bool known;
    double t, loss;
    double accuracy;                   /* on the training data; NaN without classes */
    double validation_loss, test_loss; /* NaN without such data */
    double validation_accuracy, test_accuracy;
};
struct study *study_create_line(const struct line_params *params, struct error *error);
/* All of them, ascending in t, into `out` (may be NULL; `most` places); returns how many there are. */
size_t study_read_line(const struct study *study, size_t most, struct line_point *out);
double study_line_length(const struct study *study); /* ‖to − from‖ */

/* ---- Hessian: eigenpairs, or the density of all eigenvalues, at a point ------------------------------------------ */

enum hessian_extent {
    HESSIAN_FITTING, /* all eigenpairs where that is as quick, else both ends; with `density` all up to 2000 parameters
                      */
    HESSIAN_ALL,     /* all eigenpairs; n ≤ HESSIAN_MAX */
    HESSIAN_ENDS,    /* both ends only */
};
struct hessian_params {
    const struct objective *objective;
    const double *theta; /* (n), copied */
    enum hessian_extent extent;
    int ends;      /* eigenpairs at each end; 0: 5 */
    int all_up_to; /* HESSIAN_FITTING: the largest n for all of them; 0: STUDY_ALL_EIGENPAIRS, with density 2000 */
    bool density;  /* and the density and the trace */
    int probes;    /* of the estimate; 0: 10 */
    int threads;   /* 0: all processors; the result does not depend on it */
    struct study_watcher watcher;
};
struct hessian_finding {         /* what it points to is the study's and does not change */
    struct eigen_report *report; /* either this … */
    struct eigen_ends *ends;     /* … or that */
    struct spectrum *density;    /* NULL until it is known, or when not asked for */
    bool rough;                  /* the gradient jumps nearby: the figures are those of one side */
};
struct study *study_create_hessian(const struct hessian_params *params, struct error *error);
bool study_read_hessian(const struct study *study, struct hessian_finding *out); /* false while nothing is known */
