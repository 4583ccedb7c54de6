#include "base/linalg.h"

#include "base/memory.h"

#include <assert.h>
#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Auxiliary routines of LAPACK without a C interface; the last argument is the length of the string that Fortran hides.
 */
void dlatrd_(const char *uplo, const lapack_int *n, const lapack_int *nb, double *a, const lapack_int *lda, double *e,
             double *tau, double *w, const lapack_int *ldw, size_t uplo_length);
void dsytd2_(const char *uplo, const lapack_int *n, double *a, const lapack_int *lda, double *d, double *e, double *tau,
             lapack_int *info, size_t uplo_length);

enum { WATCHED_MIN = 512, PANEL = 32, LAST = 128, VECTOR_BLOCK = 128 };
/* Of the time at n in the thousands: the reduction is bound by memory, the way back by arithmetic. */
static const double REDUCTION_SHARE = 0.6, TRIDIAGONAL_SHARE = 0.1;

static bool keep_on(const struct linalg_watch *watch, double done, struct error *error) {
    return !watch || !watch->going || watch->going(watch->context, done) ||
           error_set(error, ERROR_CANCELLED, "stopped");
}

/* Householder reduction of the lower triangle of the column-major `a` to tridiagonal form, a panel at a time (Golub &
 * Van Loan 8.3.1; blocked after Dongarra, Sorensen & Hammarling 1989). */
static bool reduce(lapack_int n, double *a, double *diagonal, double *off, double *tau,
                   const struct linalg_watch *watch, struct error *error) {
    size_t stride = (size_t)n;
    const lapack_int panel = PANEL;
    double *w = MEM_NEW(double, stride *PANEL);
    lapack_int i = 0, info = 0;
    bool going = true;
    for (; going && n - i > LAST; i += PANEL) {
        lapack_int left = n - i, rest = left - PANEL;
        double *corner = a + (size_t)i * stride + (size_t)i;
        dlatrd_("L", &left, &panel, corner, &n, off + i, tau + i, w, &n, 1);
        cblas_dsyr2k(CblasColMajor, CblasLower, CblasNoTrans, rest, PANEL, -1, corner + PANEL, n, w + PANEL, n, 1,
                     corner + (size_t)PANEL * stride + PANEL, n);
        for (lapack_int j = i; j < i + PANEL; j++) {
            a[(size_t)j * stride + (size_t)j + 1] = off[j];
            diagonal[j] = a[(size_t)j * stride + (size_t)j];
        }
        double undone = (double)rest / n;
        going = keep_on(watch, REDUCTION_SHARE * (1 - undone * undone * undone), error);
    }
    free(w);
    if (!going) return false;
    lapack_int left = n - i;
    dsytd2_("L", &left, a + (size_t)i * stride + (size_t)i, &n, diagonal + i, off + i, tau + i, &info, 1);
    return info == 0 || error_set(error, ERROR_MACHINE, "LAPACK dsytd2 failed (info %d)", (int)info);
}

static bool back_transform(lapack_int n, const double *a, const double *tau, double *vectors,
                           const struct linalg_watch *watch, struct error *error) {
    lapack_int space = VECTOR_BLOCK * 64;
    double *work = MEM_NEW(double, space);
    bool ok = true;
    for (lapack_int first = 0; ok && first < n; first += VECTOR_BLOCK) {
        lapack_int count = n - first < VECTOR_BLOCK ? n - first : VECTOR_BLOCK;
        lapack_int info = LAPACKE_dormtr_work(LAPACK_COL_MAJOR, 'L', 'L', 'N', n, count, a, n, tau,
                                              vectors + (size_t)first * (size_t)n, n, work, space);
        if (info != 0) ok = error_set(error, ERROR_MACHINE, "LAPACK dormtr failed (info %d)", (int)info);
        double done = REDUCTION_SHARE + TRIDIAGONAL_SHARE;
        ok = ok && keep_on(watch, done + (1 - done) * (double)(first + count) / n, error);
    }
    free(work);
    return ok;
}

/* The entry of largest magnitude positive, as linalg_eigen_symmetric says. */
static void fix_sign(int n, double *vector) {
    int largest = 0;
    for (int i = 0; i < n; i++)
        if (fabs(vector[i]) > fabs(vector[largest]) * (1 + 1e-12)) largest = i;
    if (vector[largest] < 0) linalg_scale(n, -1, vector);
}

bool linalg_eigen_symmetric_watched(int n, const double *a, double *values, double *vectors,
                                    const struct linalg_watch *watch, struct error *error) {
    assert(n > 0 && vectors);
    if (!keep_on(watch, 0, error)) return false;
    if (n < WATCHED_MIN) return linalg_eigen_symmetric(n, a, values, vectors, error);
    size_t size = (size_t)n;
    double *work = MEM_NEW(double, size *size), *diagonal = MEM_NEW(double, size), *off = MEM_NEW(double, size),
           *tau = MEM_NEW(double, size);
    lapack_int *support = MEM_NEW(lapack_int, 2 * size), found = 0;
    lapack_logical accurately = 1;
    double largest = 0;
    bool ok = true;
    for (size_t i = 0; i < size && ok; i++)
        for (size_t j = 0; j < size && ok; j++) {
            double entry = work[i * size + j] = 0.5 * (a[i * size + j] + a[j * size + i]);
            largest = fmax(largest, fabs(entry));
            if (!isfinite(entry))
                ok = error_set(error, ERROR_INPUT, "the matrix has an entry that is not finite at row %zu, column %zu",
                               i + 1, j + 1);
        }
    /* Away from overflow and underflow, and by a power of two, which costs no digit. */
    double scale = largest > 0 ? exp2(-ilogb(largest)) : 1;
    for (size_t i = 0; ok && i < size * size; i++) work[i] *= scale;
    ok = ok && reduce(n, work, diagonal, off, tau, watch, error);
    if (ok) {
        lapack_int info = LAPACKE_dstemr(LAPACK_COL_MAJOR, 'V', 'A', n, diagonal, off, 0, 0, 0, 0, &found, values,
                                         vectors, n, n, support, &accurately);
        if (info != 0 || found != n)
            ok = error_set(error, ERROR_MACHINE, "LAPACK dstemr did not converge (info %d)", (int)info);
    }
    ok = ok && keep_on(watch, REDUCTION_SHARE + TRIDIAGONAL_SHARE, error) &&
         back_transform(n, work, tau, vectors, watch, error);
    for (size_t k = 0; ok && k < size; k++) {
        values[k] /= scale;
        fix_sign(n, vectors + k * size);
    }
    free(work);
    free(diagonal);
    free(off);
    free(tau);
    free(support);
    return ok;
}
