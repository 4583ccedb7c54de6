#include "base/linalg.h"

#include "base/memory.h"
#include "base/random.h"

#include <arpack.h>
#include <assert.h>
#include <errno.h>
#include <lapacke.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NORM_PRODUCTS = 8, RESTARTS = 1000, LOCK_WAIT = 50 * 1000 * 1000 /* ns between two looks at `stopped` */ };

/* ARPACK keeps the state of an iteration in SAVEd Fortran variables: one iteration at a time in the whole process. */
static pthread_mutex_t arpack_lock = PTHREAD_MUTEX_INITIALIZER;

static bool asked_to_stop(const struct linalg_operator *a) {
    return a->stopped && a->stopped(a->context);
}

static bool lock_arpack(const struct linalg_operator *a) {
    for (;;) {
        if (asked_to_stop(a)) return false;
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += LOCK_WAIT;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        int result = pthread_mutex_timedlock(&arpack_lock, &until);
        if (result == 0) return true;
        assert(result == ETIMEDOUT);
    }
}

/* A few steps of the power method: ‖A‖ to within a small factor, from below. False when the operator stopped. */
static bool estimate_norm(int n, const struct linalg_operator *a, double *x, double *y, double *norm) {
    *norm = 0;
    for (int i = 0; i < NORM_PRODUCTS; i++) {
        double length = linalg_norm(n, x);
        if (!(length > 0)) break;
        linalg_scale(n, 1 / length, x);
        if (!a->apply(a->context, x, y)) return false;
        *norm = fmax(*norm, linalg_norm(n, y));
        memcpy(x, y, (size_t)n * sizeof *x);
    }
    return true;
}

static void fix_sign(int n, double *x) {
    int largest = 0;
    for (int i = 1; i < n; i++)
        if (fabs(x[i]) > fabs(x[largest]) * (1 + 1e-12)) largest = i;
    if (x[largest] < 0) linalg_scale(n, -1, x);
}

struct iteration {
    int n, count, ncv, lworkl;
    double *resid, *v, *workd, *workl;
    a_int iparam[11], ipntr[11], info;
};

/* The reverse communication with dsaupd: ARPACK asks for products with A + shift·I until it is done. */
static bool iterate(struct iteration *it, const char *which, const struct linalg_operator *a, double shift,
                    double tolerance) {
    a_int ido = 0;
    it->iparam[0] = 1; /* exact shifts */
    it->iparam[2] = RESTARTS;
    it->iparam[3] = 1;
    it->iparam[6] = 1; /* A x = λ x */
    it->info = 1;      /* the start is in resid */
    for (;;) {
        dsaupd_c(&ido, "I", it->n, which, it->count, tolerance, it->resid, it->ncv, it->v, it->n, it->iparam, it->ipntr,
                 it->workd, it->workl, it->lworkl, &it->info);
        if (ido != 1 && ido != -1) return true;
        const double *x = it->workd + it->ipntr[0] - 1;
        double *y = it->workd + it->ipntr[1] - 1;
        if (!a->apply(a->context, x, y)) return false;
        linalg_axpy(it->n, shift, x, y);
    }
}

static bool extract(struct iteration *it, const char *which, double shift, double tolerance, double *values,
                    double *vectors, struct error *error) {
    int n = it->n;
    if (it->info == 1 || (it->info == 0 && it->iparam[4] < it->count))
        return error_set(error, ERROR_MACHINE, "only %d of %d eigenpairs converged in %d restarts; ask for fewer",
                         (int)it->iparam[4], it->count, RESTARTS);
    if (it->info != 0) return error_set(error, ERROR_MACHINE, "ARPACK dsaupd failed (info %d)", (int)it->info);
    a_int *select = MEM_NEW(a_int, it->ncv), info = 0;
    double *found = MEM_NEW(double, it->ncv), *z = MEM_NEW(double, (size_t)it->count * (size_t)n);
    dseupd_c(1, "A", select, found, z, n, 0.0, "I", n, which, it->count, tolerance, it->resid, it->ncv, it->v, n,
             it->iparam, it->ipntr, it->workd, it->workl, it->lworkl, &info);
    bool ok = info == 0 || error_set(error, ERROR_MACHINE, "ARPACK dseupd failed (info %d)", (int)info);
    for (int k = 0; ok && k < it->count; k++) { /* into ascending order */
        int rank = 0;
        for (int j = 0; j < it->count; j++) rank += found[j] < found[k] || (found[j] == found[k] && j < k);
        values[rank] = found[k] - shift;
        double *row = vectors + (size_t)rank * (size_t)n;
        memcpy(row, z + (size_t)k * (size_t)n, (size_t)n * sizeof *row);
        fix_sign(n, row);
    }
    free(select);
    free(found);
    free(z);
    return ok;
}

bool linalg_eigen_extreme(int n, enum linalg_end end, int count, const struct linalg_operator *a, double tolerance,
                          uint64_t seed, double *values, double *vectors, struct error *error) {
    assert(count > 0 && count < n && (end != LINALG_BOTH_ENDS || count >= 2));
    static const char *const names[] = {"SA", "LA", "BE"};
    size_t size = (size_t)n;
    struct iteration it = {.n = n, .count = count};
    it.ncv = 3 * count > count + 40 ? 3 * count : count + 40;
    if (it.ncv > n) it.ncv = n;
    it.lworkl = it.ncv * (it.ncv + 8);
    it.resid = MEM_NEW(double, size);
    it.v = MEM_NEW(double, size *(size_t)it.ncv);
    it.workd = MEM_NEW(double, 3 * size);
    it.workl = MEM_NEW(double, it.lworkl);
    struct random random = random_seeded(seed, 0);
    for (size_t i = 0; i < size; i++) it.resid[i] = it.workd[i] = random_normal(&random);

    /* ARPACK's test is relative to each eigenvalue; moved away from 0 by about ‖A‖, which changes no Krylov space, they
     * are all held to the same accuracy, and one of 0 can converge. */
    double norm, shift = 0;
    bool ok = estimate_norm(n, a, it.workd, it.workd + n, &norm);
    if (ok) {
        shift = norm > 0 ? 2 * norm : 1;
        ok = isfinite(shift) || error_set(error, ERROR_INPUT, "the matrix has entries that are not finite");
    }
    if (ok && lock_arpack(a)) {
        ok = iterate(&it, names[end], a, shift, tolerance);
        if (ok) ok = extract(&it, names[end], shift, tolerance, values, vectors, error);
        pthread_mutex_unlock(&arpack_lock);
    } else {
        ok = false;
    }
    if (!ok) error_set(error, ERROR_CANCELLED, "stopped");
    free(it.resid);
    free(it.v);
    free(it.workd);
    free(it.workl);
    return ok;
}

bool linalg_eigen_tridiagonal(int n, const double *diagonal, const double *off, double *values, double *vectors,
                              struct error *error) {
    assert(n > 0);
    double *work = MEM_NEW(double, n), *columns = MEM_NEW(double, (size_t)n *(size_t)n);
    memcpy(values, diagonal, (size_t)n * sizeof *values);
    memcpy(work, off, (size_t)(n - 1) * sizeof *work);
    lapack_int info = LAPACKE_dstev(LAPACK_COL_MAJOR, vectors ? 'V' : 'N', n, values, work, columns, n);
    if (vectors) memcpy(vectors, columns, (size_t)n * (size_t)n * sizeof *vectors); /* a column is a row of ours */
    free(work);
    free(columns);
    return info == 0 || error_set(error, ERROR_MACHINE, "LAPACK dstev did not converge (info %d)", (int)info);
}

bool linalg_least_squares(int m, int n, double *a, double *b, struct error *error) {
    assert(m >= n && n > 0);
    lapack_int info = LAPACKE_dgels(LAPACK_ROW_MAJOR, 'N', m, n, 1, a, n, b, 1);
    return info == 0 || error_set(error, ERROR_MACHINE, "LAPACK dgels failed (info %d)", (int)info);
}
