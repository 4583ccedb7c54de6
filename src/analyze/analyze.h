/* Analysis of an objective: planes through its parameter space, its surface on a plane, its Hessian at a point, and the
 * critical points of a two-parameter one. Works on any objective; knows nothing of runs or drawing.
 *
 * Long work is a job with its own threads: poll it for progress, cancel it, destroy it (which cancels and joins). */
#pragma once

#include "base/error.h"
#include "objective/objective.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- jobs --------------------------------------------------------------------------------------------------------- */

/* One long computation on a thread of its own. The functions below that take a `struct job *` run in the caller's thread
 * when it is NULL; as the body of a job they report how far they are and give up (ERROR_CANCELLED) when it is
 * cancelled. */
struct job;
struct job_params {
    const char *name;                                                    /* of the thread, ≤ 15 bytes */
    bool (*body)(void *context, struct job *job, struct error *error);   /* the job's thread; false: failed */
    void *context;                                                       /* the body's alone until the job finished */
    void (*wakeup)(void *); /* called from the job's thread once it finished; may be NULL; must not block */
    void *wakeup_context;
};
struct job *job_create(const struct job_params *params);
void job_destroy(struct job **job); /* cancels and joins; accepts NULL */
void job_cancel(struct job *job);
/* Blocks until it finished. True when the body was true; else why not. May be asked again. */
bool job_wait(struct job *job, struct error *error);
struct job_progress {
    double done;   /* 0 … 1; never falls */
    double eta;    /* seconds left, NaN when unknown */
    bool finished; /* what the body wrote may be read */
};
struct job_progress job_progress(const struct job *job);
/* For bodies; NULL is a job that nobody watches. */
bool job_going(const struct job *job, struct error *error); /* false: cancelled, and the error says so */
void job_note(struct job *job, double done);
/* A part of a job, for one of several things done at once or in turn: what it notes counts for `share` of the whole
 * (may be NULL), and it goes on as long as the whole does. Has no thread; job_destroy, job_going and job_note apply. */
struct job *job_create_part(struct job *whole, double share);
/* The part does not go on past this clock_seconds(); before it is worked on. */
void job_limit(struct job *part, double until);

/* ---- planes ----------------------------------------------------------------------------------------------------- */

enum plane_kind { PLANE_AXES, PLANE_RANDOM, PLANE_PCA, PLANE_HESSIAN, PLANE_POINTS, PLANE_KINDS };

/* θ(a, b) = origin + a·u + b·v. Plain data; u and v are orthonormal for axes and PCA, filter-normalised for random
 * (Li et al. 2018, eq. 1 with Frobenius norms by row of each weight matrix; biases ignored as theirs), and then made
 * orthogonal by Gram–Schmidt so that a projection is well defined. */
struct plane {
    enum plane_kind kind;
    int n;
    double *origin, *u, *v;      /* (n) each, owned */
    double uu, vv;               /* ‖u‖², ‖v‖² */
    double share[2];             /* PCA: share of the paths' variance along u and v (0 … 1), else NaN */
    char u_name[32], v_name[32]; /* axis labels */
};
extern const char *const plane_names[]; /* "axes", "random", "pca", "hessian", "points" in the order of enum plane_kind */

struct plane *plane_create_axes(const struct objective *objective, const double *origin, int first, int second);
struct plane *plane_create_random(const struct objective *objective, const double *origin, uint64_t seed);
/* Principal components of `count` points (count × n) around `origin` (their mean when NULL), via the Gram matrix when
 * count < n. The sign of each direction is fixed by its largest entry. ERROR_INPUT for fewer than 3 distinct points. */
struct plane *plane_create_pca(const struct objective *objective, const double *points, int count, const double *origin,
                               struct error *error);
/* Along the eigenvectors of the largest and the lowest eigenvalue of the Hessian at `origin` (Böttcher & Wheeler 2022): u
 * up, v down where anything leads down. Errors as hessian_ends; n ≥ 2. */
struct plane *plane_create_hessian(const struct objective *objective, const double *origin, struct job *job,
                                   struct error *error);
/* Through three points (n each): origin the first, u towards the second, the third on the side of positive v; u and v of
 * length 1. ERROR_INPUT when they are not finite or lie on a line. */
struct plane *plane_create_points(const struct objective *objective, const double *first, const double *second,
                                  const double *third, struct error *error);
/* L at `count` ≥ 2 places (1 − t) from + t to, t = low … high, into `losses` (Goodfellow, Vinyals & Saxe 2015). */
void line_sample(const struct objective *objective, const double *from, const double *to, double low, double high,
                 int count, double *losses);
struct plane *plane_copy(const struct plane *plane);
void plane_destroy(struct plane **plane); /* accepts NULL */

struct plane_point {
    double a, b;
    double distance; /* ‖θ − θ(a, b)‖: how far the point lies off the plane */
};
struct plane_point plane_project(const struct plane *plane, const double *theta);
void plane_lift(const struct plane *plane, double a, double b, double *theta); /* θ(a, b) into theta (n) */

/* ---- the surface on a plane, a job ------------------------------------------------------------------------------- */

struct surface_params {
    const struct objective *objective; /* borrowed for the surface's life */
    const struct plane *plane;         /* copied */
    double low[2], high[2];            /* range of a and b, low < high, finite */
    int width, height;                 /* grid points along a and b, each SURFACE_MIN … SURFACE_MAX */
    int threads;                       /* 0: all processors */
    void (*wakeup)(void *);            /* called from a worker when there is more to see; may be NULL; must not block */
    void *wakeup_context;
};
enum { SURFACE_MIN = 2, SURFACE_MAX = 4096 };

struct surface;
/* Starts sampling, coarse (every 16th point) to fine, every level complete before the next. ERROR_INPUT for bad
 * params. */
struct surface *surface_create(const struct surface_params *params, struct error *error);
void surface_destroy(struct surface **surface); /* cancels and joins; accepts NULL */
void surface_cancel(struct surface *surface);
void surface_wait(struct surface *surface); /* until complete or cancelled */

struct surface_progress {
    double done; /* share of grid points computed, 0 … 1 */
    int stride;  /* finest complete level: every stride-th point is known; 0: none yet */
    double eta;  /* seconds left, NaN when unknown */
    bool finished, cancelled;
    uint64_t revision; /* grows with each complete level */
};
struct surface_progress surface_progress(const struct surface *surface);
const struct surface_params *surface_params(const struct surface *surface);
/* Copies losses (height × width, row b = low first) into `losses`; points not yet known are filled from the finest
 * complete level by bilinear interpolation, points where the loss is not finite are NaN. Returns the stride used, 0
 * when nothing is known yet. */
int surface_copy(const struct surface *surface, double *losses);
double surface_a(const struct surface_params *params, int column); /* coordinate of a grid column; ends exact */
double surface_b(const struct surface_params *params, int row);

/* ---- the Hessian at a point -------------------------------------------------------------------------------------- */

enum point_kind { POINT_MINIMUM, POINT_MAXIMUM, POINT_SADDLE, POINT_DEGENERATE, POINT_NOT_CRITICAL };
extern const char *const point_kind_names[]; /* "minimum", "maximum", "saddle", "degenerate", "not critical" */

struct eigen_report {
    int n;
    double *at; /* (n) */
    double loss, gradient_norm;
    double *eigenvalues;  /* (n) ascending */
    double *eigenvectors; /* (n × n), a unit vector a row, largest entry positive */
    double *residuals;    /* (n) ‖Hv − λv‖, with Hv from a Hessian-vector product, not from the matrix */
    enum point_kind kind;
    int index;        /* eigenvalues below −tolerance */
    int degenerate;   /* eigenvalues within ±tolerance */
    double tolerance; /* see HESSIAN_DEGENERATE */
};
/* |λ| ≤ HESSIAN_DEGENERATE · max(1, max |λ|) counts as zero: rounding and the distance left to the exact point (‖g‖ ≤
 * 1e-10) move an eigenvalue by less. ‖g‖ ≤ HESSIAN_CRITICAL · max(1, max |λ|) counts as critical. */
#define HESSIAN_DEGENERATE 1e-6
#define HESSIAN_CRITICAL 1e-5
enum { HESSIAN_MAX = 8000 }; /* the largest n for all eigenpairs */

/* ERROR_INPUT when θ or the Hessian is not finite or n > HESSIAN_MAX, ERROR_CANCELLED. Takes n Hessian-vector products,
 * O(n³) in LAPACK, and n products for the residuals; notes progress and can be cancelled in all three, within about a
 * second at n = HESSIAN_MAX. Memory: 4 n² numbers, 2 GiB at HESSIAN_MAX. */
struct eigen_report *hessian_report(const struct objective *objective, const double *theta, struct job *job,
                                    struct error *error);
struct eigen_report *hessian_analyze(const struct objective *objective, const double *theta, struct error *error); /* no job */
void eigen_report_destroy(struct eigen_report **report); /* accepts NULL */
/* A verdict in a sentence: "saddle point, index 1: 1 of 2 directions leads down". Static buffer-free: into `out`. */
const char *eigen_report_verdict(const struct eigen_report *report, char *out, size_t size);

/* Eigenpairs at both ends of the spectrum from Hessian-vector products alone (ARPACK), for any n. Exact also where n is
 * small: then by way of all of them. */
struct eigen_ends {
    int n, low, high;     /* eigenpairs held at the low and the high end, low + high ≤ n */
    double *at;           /* (n) */
    double loss, gradient_norm;
    double *eigenvalues;  /* (low + high) ascending: λ = vᵀHv */
    double *eigenvectors; /* (low + high × n), a unit vector a row, largest entry positive */
    double *residuals;    /* (low + high) ‖Hv − λv‖ */
    enum point_kind kind; /* POINT_SADDLE does not exclude degenerate directions between the ends */
    int index;            /* eigenvalues below −tolerance among those held */
    bool index_exact;     /* there are no others */
    int degenerate;       /* within ±tolerance among those held */
    double tolerance;
    int64_t products;     /* Hessian-vector products it took */
};
/* `count` at each end (fewer when n is small). ERROR_INPUT as hessian_analyze, ERROR_MACHINE when not all converge. */
struct eigen_ends *hessian_ends(const struct objective *objective, const double *theta, int count, struct job *job,
                                struct error *error);
void eigen_ends_destroy(struct eigen_ends **ends); /* accepts NULL */

/* The density of all eigenvalues by stochastic Lanczos quadrature (Ghorbani, Krishnan & Xiao 2019; Papyan 2018):
 * φ(t) = 1/s Σ_s Σ_i τ²_si N(t; θ_si, width²), with θ and τ² the Ritz values and squared first components of `steps`
 * Lanczos steps, fully reorthogonalised, from `probes` random ±1 vectors. The trace by Hutchinson (1990) from the same
 * probes, tr H = E zᵀHz, with its standard error. */
struct spectrum_params {
    const struct objective *objective;
    const double *theta; /* (n) */
    int probes, steps;   /* 0: 10 and 80; steps no more than n, nor than 512 MiB of vectors a thread */
    int points;          /* of the grid; 0: 1025 */
    int threads;         /* 0: all processors; the result does not depend on it */
    uint64_t seed;
};
struct spectrum {
    int n, probes, steps;
    double trace, trace_error; /* the standard error of `trace`; 0 when exact */
    double width;              /* the Gaussians' standard deviation */
    int points;
    double *grid, *density;    /* (points) λ ascending, and the density there: integrates to 1, its mean is trace / n */
    int nodes;
    double *values, *weights;  /* (nodes) the quadrature itself, ascending: weights sum to 1 */
};
struct spectrum *spectrum_estimate(const struct spectrum_params *params, struct job *job, struct error *error);
/* The same from all n eigenvalues: exact, but for the width of the Gaussians. `points` as above. */
struct spectrum *spectrum_exact(int n, const double *eigenvalues, int points);
void spectrum_destroy(struct spectrum **spectrum); /* accepts NULL */

/* ---- critical points of a two-parameter objective, a job --------------------------------------------------------- */

struct critical_params {
    const struct objective *objective; /* n = 2, borrowed for the job's life */
    double low[2], high[2];            /* the domain searched */
    int threads;                       /* 0: all processors */
    void (*wakeup)(void *);
    void *wakeup_context;
};
struct critical_search;
struct critical_search *critical_create(const struct critical_params *params, struct error *error);
void critical_destroy(struct critical_search **search); /* cancels and joins; accepts NULL */
void critical_cancel(struct critical_search *search);
void critical_wait(struct critical_search *search);
bool critical_finished(const struct critical_search *search);
/* After it finished: the points, sorted by kind then loss then coordinates; owned by the search. Each is refined to
 * ‖g‖ ≤ 1e-10 (a degenerate one to the best ‖g‖ float64 allows, reported). A connected valley of critical points is one
 * point, the one nearest the domain's centre, of kind POINT_DEGENERATE, with `valley` set. Points where the gradient
 * does not exist (a kink) are not critical points and are not reported. */
struct critical_point {
    const struct eigen_report *report;
    bool valley; /* one of a connected continuum of critical points */
};
size_t critical_points(const struct critical_search *search, const struct critical_point **points);
/* After it finished: false when it was cancelled (there are no points then) or met a limit, so that there may be more
 * points than those listed: more than 4096 (the ones nearest the domain's centre are kept), valleys without end, or an
 * objective that is rough at every scale the search looks at. */
bool critical_complete(const struct critical_search *search);

/* ---- critical points of any objective ----------------------------------------------------------------------------- */

/* From θ to a critical point near it. First by minimising ½‖g‖² with Levenberg–Marquardt steps on g(θ) = 0,
 *   p = argmin ‖Hp + g‖² + μ²‖p‖²,
 * with μ steered by how well the linear model held, so that saddles attract as minima do and singular Hessians are no
 * obstacle. For small n from all eigenpairs of H; else in the Krylov space of H and g, by Lanczos on Hessian-vector
 * products, which is MINRES (Paige & Saunders 1975) with damping; cf. Newton-MR (Roosta et al. 2018). Such searches often
 * end where g is not small but lies in H's null space (Frye et al. 2019, 2021). Then eigenvector following (Cerjan &
 * Miller 1981) tries, up along as many directions as curve down at the start and down along the others, and last plain
 * descent (the same with none). */
enum seek_method { SEEK_GRADIENT_NORM, SEEK_EIGENVECTORS, SEEK_DESCENT };
extern const char *const seek_method_names[]; /* "gradient norm", "eigenvector following", "descent" */
enum seek_ending {
    SEEK_FOUND,   /* ‖g‖ ≤ tolerance */
    SEEK_FLAT,    /* g lies in the null space of H: no step makes it smaller ("gradient-flat") */
    SEEK_STALLED, /* no step makes ‖g‖ notably smaller, though H g is not small: rounding, or a very crooked valley */
    SEEK_LIMIT,   /* iterations used up */
};
extern const char *const seek_ending_names[]; /* "found", "gradient-flat", "stalled", "limit" */

struct seek_params {
    const struct objective *objective;
    const double *theta; /* (n) the start */
    double tolerance;    /* 0: 1e-8 */
    int iterations;      /* of each method; 0: 200 */
    int dense;           /* the largest n for which all eigenpairs are used; 0: 1000 */
    int krylov;          /* vectors of the Krylov space; 0: 200 */
};
struct seek_result {
    enum seek_ending ending;
    enum seek_method method; /* that arrived, or whose end this is */
    int n;
    double *theta; /* (n) */
    double loss, gradient_norm, start_norm;
    double flatness;      /* ‖H g‖ / (‖H‖ ‖g‖) at the end: near 0 where g lies in the null space */
    double distance;      /* ‖θ − start‖ */
    int iterations;
    int64_t products; /* Hessian-vector products; n for a whole Hessian */
};
/* ERROR_INPUT where loss or gradient are not finite at the start, ERROR_CANCELLED. */
struct seek_result *critical_seek(const struct seek_params *params, struct job *job, struct error *error);
void seek_result_destroy(struct seek_result **result); /* accepts NULL */
/* In words: "found: ‖g‖ = 3×10⁻¹⁰ after 12 steps", or why not. Into `out`. */
const char *seek_result_verdict(const struct seek_result *result, char *out, size_t size);

/* Off a critical point along ±`direction` (n, unit): the step is doubled as long as the loss falls. `theta` (2 × n) is
 * where that leads, loss[k] < the loss at `at`; step[k] is 0 where the loss does not fall at all. */
struct escape {
    double step[2], loss[2]; /* along +direction, along −direction */
};
struct escape critical_escape(const struct objective *objective, const double *at, const double *direction, double *theta);

/* ---- how far the quadratic model holds ----------------------------------------------------------------------------- */

/* L(θ + t d) and its Taylor model L + t gᵀd + ½ t² dᵀHd at `count` (odd, ≥ 3) places t = −reach … reach, d of length 1.
 * `holds` are the ends of the interval around 0 in which |L − model| ≤ share · |model − L(θ)|, to a place of the
 * table. */
struct taylor {
    int count;
    double *t, *loss, *model; /* (count) */
    double slope, curvature;  /* gᵀd, dᵀHd */
    double holds[2];          /* ≤ 0 and ≥ 0 */
};
struct taylor *taylor_check(const struct objective *objective, const double *theta, const double *direction, double reach,
                            int count, double share, struct error *error);
void taylor_destroy(struct taylor **taylor); /* accepts NULL */

/* ---- the largest curvature along the way --------------------------------------------------------------------------- */

/* λ_max of H, or of D H D with D = diag(scale), at one θ after another: Lanczos from the last eigenvector found, which a
 * small step of training hardly turns. Gradient descent with rate η is stable on a quadratic while λ_max < 2/η; in
 * training λ_max rises to about that and stays (Cohen et al. 2021). With D = P^{−1/2} the same holds of an adaptive
 * method with preconditioner P (Cohen et al. 2022). One thread at a time. */
struct sharpness;
struct sharpness *sharpness_create(const struct objective *objective, double tolerance, uint64_t seed); /* 0: 1e-6 */
void sharpness_destroy(struct sharpness **sharpness); /* accepts NULL */
struct sharpness_reading {
    double largest;  /* the algebraically largest eigenvalue */
    double residual; /* ‖Av − λv‖ ≤ tolerance · |λ|, unless the products ran out */
    int products;
};
/* `scale` (n) or NULL. ERROR_INPUT where the Hessian is not finite. */
bool sharpness_read(struct sharpness *sharpness, const double *theta, const double *scale, struct sharpness_reading *out,
                    struct error *error);
