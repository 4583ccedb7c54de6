#include "analyze/analyze.h"

#include "base/linalg.h"
#include "base/memory.h"
#include "base/random.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const plane_names[] = {"axes", "random", "pca"};

/* A second variance below this share of the first is rounding: its direction would be noise. */
static const double RANK_TOLERANCE = 1e-12;

static struct plane *plane_new(enum plane_kind kind, int n, const double *origin) {
    struct plane *plane = MEM_NEW(struct plane, 1);
    plane->kind = kind;
    plane->n = n;
    plane->origin = MEM_NEW(double, n);
    plane->u = MEM_NEW(double, n);
    plane->v = MEM_NEW(double, n);
    plane->share[0] = plane->share[1] = NAN;
    if (origin) memcpy(plane->origin, origin, (size_t)n * sizeof *origin);
    return plane;
}

static void plane_measure(struct plane *plane) {
    plane->uu = linalg_dot(plane->n, plane->u, plane->u);
    plane->vv = linalg_dot(plane->n, plane->v, plane->v);
}

void plane_destroy(struct plane **plane) {
    if (!plane || !*plane) return;
    free((*plane)->origin);
    free((*plane)->u);
    free((*plane)->v);
    free(*plane);
    *plane = NULL;
}

struct plane *plane_copy(const struct plane *plane) {
    struct plane *copy = plane_new(plane->kind, plane->n, plane->origin);
    size_t bytes = (size_t)plane->n * sizeof *plane->u;
    memcpy(copy->u, plane->u, bytes);
    memcpy(copy->v, plane->v, bytes);
    copy->uu = plane->uu;
    copy->vv = plane->vv;
    memcpy(copy->share, plane->share, sizeof copy->share);
    memcpy(copy->u_name, plane->u_name, sizeof copy->u_name);
    memcpy(copy->v_name, plane->v_name, sizeof copy->v_name);
    return copy;
}

/* "w1" for a scalar, "0.bias[3]", "0.weight[3,1]". */
static void parameter_name(const struct objective *objective, int index, char *out, size_t size) {
    const struct layout_entry *entries;
    size_t count = objective_layout(objective, &entries);
    snprintf(out, size, "parameter %d", index);
    for (size_t k = 0; k < count; k++) {
        const struct layout_entry *entry = &entries[k];
        if (index < entry->offset || index >= entry->offset + entry->size) continue;
        int place[4] = {0}, rest = index - entry->offset;
        for (int d = entry->rank - 1; d >= 0; d--) {
            place[d] = rest % entry->shape[d];
            rest /= entry->shape[d];
        }
        int used = snprintf(out, size, "%s", entry->name);
        for (int d = 0; d < entry->rank && used >= 0 && (size_t)used < size; d++)
            used += snprintf(out + used, size - (size_t)used, "%s%d%s", d ? "," : "[", place[d],
                             d == entry->rank - 1 ? "]" : "");
        return;
    }
}

struct plane *plane_create_axes(const struct objective *objective, const double *origin, int first, int second) {
    int n = objective_dimension(objective);
    assert(first >= 0 && first < n && second >= 0 && second < n && first != second);
    struct plane *plane = plane_new(PLANE_AXES, n, origin);
    plane->u[first] = plane->v[second] = 1;
    parameter_name(objective, first, plane->u_name, sizeof plane->u_name);
    parameter_name(objective, second, plane->v_name, sizeof plane->v_name);
    plane_measure(plane);
    return plane;
}

/* Takes the part along u out of v, twice: once leaves a remainder of the size of rounding in the first v. Returns ‖v‖. */
static double orthogonalise(int n, const double *u, double *v) {
    double uu = linalg_dot(n, u, u);
    for (int pass = 0; pass < 2 && uu > 0; pass++) linalg_axpy(n, -linalg_dot(n, u, v) / uu, u, v);
    return linalg_norm(n, v);
}

static bool normalise(int n, double *x) {
    double norm = linalg_norm(n, x);
    if (!(norm > 0) || !isfinite(norm)) return false;
    linalg_scale(n, 1 / norm, x);
    return true;
}

/* d of Li et al. eq. 1: normal entries, each row (filter) scaled to the norm of the origin's row; entries of rank 1
 * (biases) stay 0. The scalars of an expression have no rows: they get a plain unit vector. */
static bool filter_direction(const struct objective *objective, const double *origin, struct random *random, double *d) {
    int n = objective_dimension(objective);
    const struct layout_entry *entries;
    size_t count = objective_layout(objective, &entries);
    bool scalars_only = true;
    for (int i = 0; i < n; i++) d[i] = random_normal(random);
    for (size_t k = 0; k < count; k++) scalars_only &= entries[k].rank == 0;
    if (scalars_only) return normalise(n, d);
    for (size_t k = 0; k < count; k++) {
        const struct layout_entry *entry = &entries[k];
        if (entry->rank < 2) {
            memset(d + entry->offset, 0, (size_t)entry->size * sizeof *d);
            continue;
        }
        int width = entry->size / entry->shape[0];
        for (int row = 0; row < entry->shape[0]; row++) {
            double *part = d + entry->offset + row * width;
            double norm = linalg_norm(width, part), target = linalg_norm(width, origin + entry->offset + row * width);
            linalg_scale(width, norm > 0 && isfinite(target) ? target / norm : 0.0, part);
        }
    }
    return linalg_norm(n, d) > 0;
}

static void unit_direction(int n, struct random *random, double *d) {
    do
        for (int i = 0; i < n; i++) d[i] = random_normal(random);
    while (!normalise(n, d));
}

struct plane *plane_create_random(const struct objective *objective, const double *origin, uint64_t seed) {
    int n = objective_dimension(objective);
    assert(n >= 2);
    struct plane *plane = plane_new(PLANE_RANDOM, n, origin);
    struct random random = random_seeded(seed, 0);
    /* All weights 0, or a single weight: the paper's directions do not span a plane, so plain ones stand in. */
    if (!filter_direction(objective, origin, &random, plane->u)) unit_direction(n, &random, plane->u);
    bool some = filter_direction(objective, origin, &random, plane->v);
    double before = linalg_norm(n, plane->v);
    while (!some || !(orthogonalise(n, plane->u, plane->v) > 1e-6 * before)) {
        unit_direction(n, &random, plane->v);
        before = 1;
        some = true;
    }
    snprintf(plane->u_name, sizeof plane->u_name, "random 1");
    snprintf(plane->v_name, sizeof plane->v_name, "random 2");
    plane_measure(plane);
    return plane;
}

/* ---- principal components ---------------------------------------------------------------------------------------- */

static bool points_acceptable(const double *points, int count, int n, struct error *error) {
    size_t bytes = (size_t)n * sizeof *points;
    const double *second = NULL;
    int distinct = count > 0 ? 1 : 0;
    for (int i = 0; i < count; i++) {
        const double *point = points + (size_t)i * (size_t)n;
        for (int j = 0; j < n; j++)
            if (!isfinite(point[j]))
                return error_set(error, ERROR_INPUT,
                                 "point %d of the paths is not finite; leave out what came after a path diverged", i + 1);
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

/* The sign that makes the largest entry positive; the slack keeps the choice stable among entries equal but for rounding. */
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
    double *x = MEM_NEW(double, (size_t)count * width), scale = 0;
    for (size_t i = 0; i < (size_t)count; i++)
        for (size_t j = 0; j < width; j++) {
            x[i * width + j] = points[i * width + j] - plane->origin[j];
            scale = fmax(scale, fabs(x[i * width + j]));
        }
    for (size_t i = 0; i < (size_t)count * width; i++) x[i] /= scale;

    bool gram = count < n;
    int m = gram ? count : n;
    size_t order = (size_t)m;
    double *matrix = MEM_NEW(double, order * order), *values = MEM_NEW(double, order), *vectors = MEM_NEW(double, order * order);
    if (gram) /* X Xᵀ has the same eigenvalues as Xᵀ X, and is smaller */
        linalg_gemm(false, true, m, m, n, 1, x, n, x, n, 0, matrix, m);
    else
        linalg_gemm(true, false, m, m, count, 1, x, n, x, n, 0, matrix, m);
    bool ok = linalg_eigen_symmetric(m, matrix, values, vectors, error);
    if (ok) {
        double total = 0;
        for (int i = 0; i < m; i++) total += fmax(values[i], 0);
        double first = values[m - 1], second = fmax(values[m - 2], 0);
        bool flat = second <= RANK_TOLERANCE * first;
        double *directions[2] = {plane->u, plane->v};
        for (int k = 0; k < 2; k++) {
            const double *z = vectors + (size_t)(m - 1 - k) * order;
            if (gram)
                linalg_gemv(true, count, n, 1, x, n, z, 0, directions[k]); /* Xᵀ z, of length √λ */
            else
                memcpy(directions[k], z, width * sizeof *z);
        }
        normalise(n, plane->u);
        fix_sign(n, plane->u);
        if (flat) {
            any_orthogonal(n, plane->u, plane->v);
            second = 0;
        } else {
            orthogonalise(n, plane->u, plane->v);
            normalise(n, plane->v);
        }
        fix_sign(n, plane->v);
        plane->share[0] = first / total;
        plane->share[1] = second / total;
        snprintf(plane->u_name, sizeof plane->u_name, "principal 1");
        snprintf(plane->v_name, sizeof plane->v_name, "principal 2");
        plane_measure(plane);
    }
    free(x);
    free(matrix);
    free(values);
    free(vectors);
    if (!ok) plane_destroy(&plane);
    return plane;
}

/* ---- to and from the plane --------------------------------------------------------------------------------------- */

struct plane_point plane_project(const struct plane *plane, const double *theta) {
    double along_u = 0, along_v = 0, off = 0;
    for (int i = 0; i < plane->n; i++) {
        double d = theta[i] - plane->origin[i];
        along_u += d * plane->u[i];
        along_v += d * plane->v[i];
    }
    struct plane_point point = {.a = along_u / plane->uu, .b = along_v / plane->vv};
    for (int i = 0; i < plane->n; i++) {
        double d = theta[i] - plane->origin[i] - point.a * plane->u[i] - point.b * plane->v[i];
        off += d * d;
    }
    point.distance = sqrt(off);
    return point;
}

void plane_lift(const struct plane *plane, double a, double b, double *theta) {
    for (int i = 0; i < plane->n; i++) theta[i] = plane->origin[i] + a * plane->u[i] + b * plane->v[i];
}
