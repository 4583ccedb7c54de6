/* Dense linear algebra: the only place that sees BLAS, LAPACK and ARPACK. All matrices are row-major float64,
 * but for what ends in _f32.
 * Thread-safe once linalg_init() has run; BLAS itself is held to one thread, because parallelism lives above (one
 * thread a run, one a surface tile) and because a fixed order of summation is what makes a seed give the same bits. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void linalg_init(void);                    /* once, first thing in main() and in every test that computes */
const char *linalg_description(void);      /* "OpenBLAS 0.3.21 …", for doctor */

double linalg_dot(int n, const double *x, const double *y);
double linalg_norm(int n, const double *x); /* Euclidean, safe against overflow */
void linalg_axpy(int n, double alpha, const double *x, double *y); /* y += alpha x */
void linalg_scale(int n, double alpha, double *x);

/* C (m × n) = alpha op(A) op(B) + beta C, where op(A) is m × k and op(B) is k × n; `ld*` are the row strides. */
void linalg_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, double alpha, const double *a, int lda,
                 const double *b, int ldb, double beta, double *c, int ldc);
/* y (m) = alpha A x + beta y, A m × n; with `transpose`, y (n) = alpha Aᵀ x + beta y. */
void linalg_gemv(bool transpose, int m, int n, double alpha, const double *a, int lda, const double *x, double beta,
                 double *y);

/* The same in float32. */
float linalg_dot_f32(int n, const float *x, const float *y);
float linalg_norm_f32(int n, const float *x);
void linalg_axpy_f32(int n, float alpha, const float *x, float *y);
void linalg_scale_f32(int n, float alpha, float *x);
void linalg_gemm_f32(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
                     const float *b, int ldb, float beta, float *c, int ldc);
void linalg_gemv_f32(bool transpose, int m, int n, float alpha, const float *a, int lda, const float *x, float beta,
                     float *y);

/* All eigenpairs of the symmetric n × n `a` (LAPACK dsyevr; both triangles are read as their mean).
 * `values` (n) ascending; `vectors` (n × n) one unit eigenvector a row, the entry of largest magnitude positive, or NULL.
 * ERROR_INPUT when an entry is not finite, ERROR_MACHINE when LAPACK does not converge. */
bool linalg_eigen_symmetric(int n, const double *a, double *values, double *vectors, struct error *error);
/* The same without allocating: `room` has linalg_eigen_room(n) numbers, which it overwrites. */
size_t linalg_eigen_room(int n);
bool linalg_eigen_symmetric_in(int n, const double *a, double *values, double *vectors, double *room,
                               struct error *error);
/* The same, vectors included, for large n: `going` (NULL: nobody watches) is told now and then what share is done, 0 … 1,
 * and answers false to give up (ERROR_CANCELLED). Householder to tridiagonal form by panels (dlatrd, as LAPACK's dsytrd),
 * dstemr (which cannot be stopped: about n² steps), and back by blocks of vectors (dormtr). */
struct linalg_watch {
    bool (*going)(void *context, double done);
    void *context;
};
bool linalg_eigen_symmetric_watched(int n, const double *a, double *values, double *vectors,
                                    const struct linalg_watch *watch, struct error *error);

/* A symmetric n × n matrix known by what it does to a vector. */
struct linalg_operator {
    bool (*apply)(void *context, const double *x, double *y); /* y = A x; false: give up */
    bool (*stopped)(void *context);                           /* asked while waiting; NULL: never */
    void *context;
};
enum linalg_end { LINALG_LOW_END, LINALG_HIGH_END, LINALG_BOTH_ENDS };
/* The `count` (< n) lowest or highest eigenvalues, or half from either end (an odd one from the high end), by implicitly
 * restarted Lanczos (ARPACK dsaupd, Lehoucq, Sorensen & Yang 1998). `values` (count) ascending, `vectors` (count × n) as
 * linalg_eigen_symmetric. An eigenpair has converged when its residual is below `tolerance` · ‖A‖, or thereabouts.
 * ERROR_MACHINE when not all converge, ERROR_CANCELLED when the operator gave up. One caller at a time gets on; others
 * wait, because ARPACK keeps state. */
bool linalg_eigen_extreme(int n, enum linalg_end end, int count, const struct linalg_operator *a, double tolerance,
                          uint64_t seed, double *values, double *vectors, struct error *error);

/* All eigenpairs of the symmetric tridiagonal matrix with `diagonal` (n) and `off` (n − 1) beside it (LAPACK dstev);
 * `values` ascending, `vectors` (n × n) a unit vector a row, or NULL. */
bool linalg_eigen_tridiagonal(int n, const double *diagonal, const double *off, double *values, double *vectors,
                              struct error *error);
/* min ‖A x − b‖ for A (m × n), m ≥ n, of full rank (LAPACK dgels); x is left in the first n of `b` (m). Overwrites A. */
bool linalg_least_squares(int m, int n, double *a, double *b, struct error *error);
