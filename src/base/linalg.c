#include "base/linalg.h"

#include "base/memory.h"

#include <assert.h>
#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>

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

float linalg_dot_f32(int n, const float *x, const float *y) {
    return cblas_sdot(n, x, 1, y, 1);
}

float linalg_norm_f32(int n, const float *x) {
    return cblas_snrm2(n, x, 1);
}

void linalg_axpy_f32(int n, float alpha, const float *x, float *y) {
    cblas_saxpy(n, alpha, x, 1, y, 1);
}

void linalg_scale_f32(int n, float alpha, float *x) {
    cblas_sscal(n, alpha, x, 1);
}

void linalg_gemm_f32(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
                     const float *b, int ldb, float beta, float *c, int ldc) {
    cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, m, n, k,
                alpha, a, lda, b, ldb, beta, c, ldc);
}

void linalg_gemv_f32(bool transpose, int m, int n, float alpha, const float *a, int lda, const float *x, float beta,
                     float *y) {
    cblas_sgemv(CblasRowMajor, transpose ? CblasTrans : CblasNoTrans, m, n, alpha, a, lda, x, 1, beta, y, 1);
}

/* What dsyevr works in: the matrix, which it destroys, and as many numbers as it asks for. */
struct eigen_room {
    lapack_int work, whole;
};

static struct eigen_room ask_room(int n) {
    double work, unused = 0;
    lapack_int whole, found;
    LAPACKE_dsyevr_work(LAPACK_COL_MAJOR, 'V', 'A', 'U', n, &unused, n, 0, 0, 0, 0, 0, &found, &unused, &unused, n, &found,
                        &work, -1, &whole, -1);
    return (struct eigen_room){(lapack_int)work, whole};
}

size_t linalg_eigen_room(int n) {
    assert(n > 0);
    size_t size = (size_t)n;
    struct eigen_room room = ask_room(n);
    return size * size + (size_t)room.work + (size_t)room.whole + 2 * size; /* a whole number takes a double's place */
}

bool linalg_eigen_symmetric_in(int n, const double *a, double *values, double *vectors, double *room,
                               struct error *error) {
    size_t size = (size_t)n;
    struct eigen_room asked = ask_room(n);
    double *copy = room, *work = copy + size * size;
    lapack_int *whole = (lapack_int *)(work + asked.work), *support = whole + asked.whole, found = 0;
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++) {
            copy[i * size + j] = 0.5 * (a[i * size + j] + a[j * size + i]);
            if (!isfinite(copy[i * size + j]))
                return error_set(error, ERROR_INPUT, "the matrix has an entry that is not finite at row %zu, column %zu",
                                 i + 1, j + 1);
        }
    /* Symmetric, so by columns is by rows; and a column of Z is a vector. */
    lapack_int info =
        LAPACKE_dsyevr_work(LAPACK_COL_MAJOR, vectors ? 'V' : 'N', 'A', 'U', n, copy, n, 0, 0, 0, 0, 0, &found, values,
                            vectors, n, support, work, asked.work, whole, asked.whole);
    if (info != 0 || found != n)
        return error_set(error, ERROR_MACHINE, "LAPACK dsyevr did not converge (info %d)", (int)info);
    for (size_t k = 0; vectors && k < size; k++) {
        double *vector = vectors + k * size;
        size_t largest = 0;
        /* The slack keeps the choice stable when two entries are equal but for rounding, as in (1, −1)/√2. */
        for (size_t i = 0; i < size; i++)
            if (fabs(vector[i]) > fabs(vector[largest]) * (1 + 1e-12)) largest = i;
        if (vector[largest] < 0) linalg_scale(n, -1.0, vector);
    }
    return true;
}

bool linalg_eigen_symmetric(int n, const double *a, double *values, double *vectors, struct error *error) {
    double *room = MEM_NEW(double, linalg_eigen_room(n));
    bool ok = linalg_eigen_symmetric_in(n, a, values, vectors, room, error);
    free(room);
    return ok;
}
