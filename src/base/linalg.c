#include "base/linalg.h"

#include "base/memory.h"

#include <assert.h>
#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void linalg_init(void) {
    openblas_set_num_threads(1);
}

const char *linalg_description(void) {
    return openblas_get_config();
}

double linalg_dot(int n, const double *x, const double *y) {
    return cblas_ddot(n, x, 1, y, 1);
}

double linalg_norm(int n, const double *x) {
    return cblas_dnrm2(n, x, 1);
}

void linalg_axpy(int n, double alpha, const double *x, double *y) {
    cblas_daxpy(n, alpha, x, 1, y, 1);
}

void linalg_scale(int n, double alpha, double *x) {
    cblas_dscal(n, alpha, x, 1);
}

void linalg_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, double alpha, const double *a, int lda,
                 const double *b, int ldb, double beta, double *c, int ldc) {
    cblas_dgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, m, n, k,
                alpha, a, lda, b, ldb, beta, c, ldc);
}

void linalg_gemv(bool transpose, int m, int n, double alpha, const double *a, int lda, const double *x, double beta,
                 double *y) {
    cblas_dgemv(CblasRowMajor, transpose ? CblasTrans : CblasNoTrans, m, n, alpha, a, lda, x, 1, beta, y, 1);
}

bool linalg_eigen_symmetric(int n, const double *a, double *values, double *vectors, struct error *error) {
    assert(n > 0);
    size_t size = (size_t)n;
    double *work = MEM_NEW(double, size * size);
    double *columns = MEM_NEW(double, size * size); /* dsyevr wants room for Z even in row-major, column a vector */
    lapack_int *support = MEM_NEW(lapack_int, 2 * size);
    bool ok = true;
    for (size_t i = 0; i < size && ok; i++) {
        for (size_t j = 0; j < size; j++) {
            work[i * size + j] = 0.5 * (a[i * size + j] + a[j * size + i]);
            if (!isfinite(work[i * size + j]))
                ok = error_set(error, ERROR_INPUT, "the matrix has an entry that is not finite at row %zu, column %zu", i + 1,
                               j + 1);
            if (!ok) break;
        }
    }
    if (ok) {
        lapack_int found = 0;
        lapack_int info = LAPACKE_dsyevr(LAPACK_ROW_MAJOR, vectors ? 'V' : 'N', 'A', 'U', n, work, n, 0, 0, 0, 0, 0, &found,
                                         values, columns, n, support);
        if (info != 0 || found != n)
            ok = error_set(error, ERROR_MACHINE, "LAPACK dsyevr did not converge (info %d)", (int)info);
    }
    for (size_t k = 0; ok && vectors && k < size; k++) {
        double *vector = vectors + k * size;
        size_t largest = 0;
        for (size_t i = 0; i < size; i++) {
            vector[i] = columns[i * size + k];
            /* The slack keeps the choice stable when two entries are equal but for rounding, as in (1, −1)/√2. */
            if (fabs(vector[i]) > fabs(vector[largest]) * (1 + 1e-12)) largest = i;
        }
        if (vector[largest] < 0) linalg_scale(n, -1.0, vector);
    }
    free(work);
    free(columns);
    free(support);
    return ok;
}
