#include "analyze/plane_build.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "base/random.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A second variance below this share of the first is rounding: its direction would be noise. */
static const double RANK_TOLERANCE = 1e-12;
static const double ITERATED_RESIDUAL = 1e-12; /* ‖Xᵀ X u − λ u‖ relative to the largest λ */

enum {
    DENSE_MAX = 400, /* points or parameters, whichever are fewer, up to which all eigenpairs are computed */
    BLOCK = 8,
    ITERATIONS = 300,
};

static bool points_acceptable(const double *points, int count, int n, struct error *error) {
    size_t bytes = (size_t)n * sizeof *points;
    const double *second = NULL;
    int distinct = count > 0 ? 1 : 0;
    for (int i = 0; i < count; i++) {
        const double *point = points + (size_t)i * (size_t)n;
        for (int j = 0; j < n; j++)
            if (!isfinite(point[j]))
                return error_set(error, ERROR_INPUT,
                                 "point %d of the paths is not finite; leave out what came after a path diverged",
                                 i + 1);
        if (distinct == 1 && memcmp(point, points, bytes) != 0) {
            second = point;
            distinct = 2;
        } else if (distinct == 2 && memcmp(point, points, bytes) != 0 && memcmp(point, second, bytes) != 0) {
            distinct = 3;
        }
    }
    if (distinct < 3)
        return error_set(error, ERROR_INPUT,
                         "a plane through principal components needs at least 3 distinct points; the paths have %d",
                         distinct);
    return true;
}

/* The sign that makes the largest entry positive; the slack keeps the choice stable among entries equal but for
 * rounding. */
static void fix_sign(int n, double *x) {
    int largest = 0;
    for (int i = 1; i < n; i++)
        if (fabs(x[i]) > fabs(x[largest]) * (1 + 1e-9)) largest = i;
    if (x[largest] < 0) linalg_scale(n, -1, x);
}

/* The coordinate axis least along u, made orthogonal to it: a second direction where the points have none. */
static void any_orthogonal(int n, const double *u, double *v) {
    int least = 0;
    for (int i = 1; i < n; i++)
        if (fabs(u[i]) < fabs(u[least])) least = i;
    memset(v, 0, (size_t)n * sizeof *v);
    v[least] = 1;
    orthogonalise(n, u, v);
    normalise(n, v);
}

/* The two largest eigenpairs of Xᵀ X, X count × n: its eigenvalues, and directions not yet normalised. */
struct components {
    double first, second;
    double *u, *v; /* (n) */
};

static bool components_dense(int count, int n, const double *x, struct components *out, struct error *error) {
    bool gram = count < n;
    int m = gram ? count : n;
    size_t order = (size_t)m;
    double *matrix = MEM_NEW(double, order *order), *values = MEM_NEW(double, order);
    double *vectors = MEM_NEW(double, order *order), *directions[2] = {out->u, out->v};
    if (gram) /* X Xᵀ has the same eigenvalues as Xᵀ X, and is smaller */
        linalg_gemm(false, true, m, m, n, 1, x, n, x, n, 0, matrix, m);
    else
        linalg_gemm(true, false, m, m, count, 1, x, n, x, n, 0, matrix, m);
    bool ok = linalg_eigen_symmetric(m, matrix, values, vectors, error);
    for (int k = 0; ok && k < 2; k++) {
        const double *z = vectors + (size_t)(m - 1 - k) * order;
        if (gram)
            linalg_gemv(true, count, n, 1, x, n, z, 0, directions[k]); /* Xᵀ z, of length √λ */
        else
            memcpy(directions[k], z, (size_t)n * sizeof *z);
    }
    out->first = values[m - 1];
    out->second = values[m - 2];
    free(matrix);
    free(values);
    free(vectors);
    return ok;
}

/* Block power iteration with a Rayleigh–Ritz step (Saad, Numerical Methods for Large Eigenvalue Problems, ch. 5): only
 * products with X, where all eigenpairs of a large matrix would take minutes. */
static bool components_iterated(int count, int n, const double *x, struct components *out, struct error *error) {
    size_t width = (size_t)n;
    double *z = MEM_NEW(double, BLOCK *width), *next = MEM_NEW(double, BLOCK *width);
    double *y = MEM_NEW(double, BLOCK *(size_t)count), ritz[BLOCK * BLOCK], values[BLOCK], vectors[BLOCK * BLOCK];
    struct random random = random_seeded(0, 0);
    for (size_t i = 0; i < BLOCK * width; i++) z[i] = random_normal(&random);
    bool ok = true, converged = false;
    for (int iteration = 0; ok && !converged && iteration < ITERATIONS; iteration++) {
        for (int k = 0; k < BLOCK; k++) { /* rows of z orthonormal; one that has vanished starts anew */
            double *row = z + (size_t)k * width;
            for (int l = 0; l < k; l++) orthogonalise(n, z + (size_t)l * width, row);
            if (!normalise(n, row)) {
                for (int i = 0; i < n; i++) row[i] = random_normal(&random);
                k--;
            }
        }
        linalg_gemm(false, true, BLOCK, count, n, 1, z, n, x, n, 0, y, count);
        linalg_gemm(false, false, BLOCK, n, count, 1, y, count, x, n, 0, next, n); /* Xᵀ X on each row */
        linalg_gemm(false, true, BLOCK, BLOCK, count, 1, y, count, y, count, 0, ritz, BLOCK);
        ok = linalg_eigen_symmetric(BLOCK, ritz, values, vectors, error);
        if (!ok) break;
        out->first = values[BLOCK - 1];
        out->second = values[BLOCK - 2];
        double *directions[2] = {out->u, out->v}, residual = 0;
        for (int k = 0; k < 2; k++) {
            const double *ritz_vector = vectors + (BLOCK - 1 - k) * BLOCK;
            linalg_gemv(true, BLOCK, n, 1, next, n, ritz_vector, 0, directions[k]);
            linalg_gemv(true, BLOCK, n, -values[BLOCK - 1 - k], z, n, ritz_vector, 1, directions[k]);
            residual = fmax(residual, linalg_norm(n, directions[k]));
            linalg_gemv(true, BLOCK, n, 1, z, n, ritz_vector, 0, directions[k]);
        }
        converged = residual <= ITERATED_RESIDUAL * out->first;
        double *swap = z;
        z = next;
        next = swap;
    }
    free(z);
    free(next);
    free(y);
    return ok;
}

struct plane *plane_create_pca(const struct objective *objective, const double *points, int count, const double *origin,
                               struct error *error) {
    int n = objective_dimension(objective);
    assert(n >= 2);
    if (!points_acceptable(points, count, n, error)) return NULL;
    size_t width = (size_t)n;
    struct plane *plane = plane_new(PLANE_PCA, n, origin);
    if (!origin) {
        for (int i = 0; i < count; i++) linalg_axpy(n, 1.0 / count, points + (size_t)i * width, plane->origin);
    }
    /* Scaled to entries of at most 1, so that squares neither overflow nor vanish. */
    double *x = MEM_NEW(double, (size_t)count *width), scale = 0;
    for (size_t i = 0; i < (size_t)count; i++)
        for (size_t j = 0; j < width; j++) {
            x[i * width + j] = points[i * width + j] - plane->origin[j];
            scale = fmax(scale, fabs(x[i * width + j]));
        }
    for (size_t i = 0; i < (size_t)count * width; i++) x[i] /= scale;

    struct components found = {.u = plane->u, .v = plane->v};
    bool large = (count < n ? count : n) > DENSE_MAX;
    bool ok = (large ? components_iterated : components_dense)(count, n, x, &found, error);
    if (ok) {
        double total = linalg_dot((int)width, x, x);
        for (int i = 1; i < count; i++) total += linalg_dot(n, x + (size_t)i * width, x + (size_t)i * width);
        normalise(n, plane->u);
        fix_sign(n, plane->u);
        if (found.second <= RANK_TOLERANCE * found.first) {
            any_orthogonal(n, plane->u, plane->v);
            found.second = 0;
        } else {
            orthogonalise(n, plane->u, plane->v);
            normalise(n, plane->v);
        }
        fix_sign(n, plane->v);
        plane->share[0] = fmin(1, found.first / total);
        plane->share[1] = found.second / total;
        snprintf(plane->u_name, sizeof plane->u_name, "principal 1");
        snprintf(plane->v_name, sizeof plane->v_name, "principal 2");
        plane_measure(plane);
    }
    free(x);
    if (!ok) plane_destroy(&plane);
    return plane;
}
