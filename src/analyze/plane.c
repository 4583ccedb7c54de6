#include "analyze/analyze.h"

#include "analyze/plane_build.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "base/random.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const plane_names[] = {"axes", "random", "pca", "hessian", "points"};

struct plane *plane_new(enum plane_kind kind, int n, const double *origin) {
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

void plane_measure(struct plane *plane) {
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

double orthogonalise(int n, const double *u, double *v) {
    double uu = linalg_dot(n, u, u);
    for (int pass = 0; pass < 2 && uu > 0; pass++) linalg_axpy(n, -linalg_dot(n, u, v) / uu, u, v);
    return linalg_norm(n, v);
}

bool normalise(int n, double *x) {
    double norm = linalg_norm(n, x);
    if (!(norm > 0) || !isfinite(norm)) return false;
    linalg_scale(n, 1 / norm, x);
    return true;
}

/* d of Li et al. eq. 1: normal entries, each row (filter) scaled to the norm of the origin's row; entries of rank 1
 * (biases) and those of normalisations stay 0. The scalars of an expression have no rows: they get a plain unit vector. */
static bool filter_direction(const struct objective *objective, const double *origin, struct random *random,
                             double *d) {
    int n = objective_dimension(objective);
    const struct layout_entry *entries;
    size_t count = objective_layout(objective, &entries);
    bool scalars_only = true;
    for (int i = 0; i < n; i++) d[i] = random_normal(random);
    for (size_t k = 0; k < count; k++) scalars_only &= entries[k].rank == 0;
    if (scalars_only) return normalise(n, d);
    for (size_t k = 0; k < count; k++) {
        const struct layout_entry *entry = &entries[k];
        if (entry->rank < 2 || entry->gain) {
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
