#include "analyze/critical_search.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double SAME_REGULAR = 1e-7;  /* Newton's roots agree to far better than this */
static const double SAME_SINGULAR = 1e-4; /* rounding moves a degenerate root: its cube root at a triple one */
static const double VALLEY_LENGTH = 0.02; /* of the domain; a shorter stretch of zeros is one point */
static const double ON_CURVE = 0.1 * CURVE_STEP;
static const double EDGE = 1e-9;

/* Sets of curves and flat regions that touch: a forest, each set named by its root. */
static size_t set_of(size_t *parent, size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
}

static void join(size_t *parent, size_t a, size_t b) {
    a = set_of(parent, a);
    b = set_of(parent, b);
    parent[a > b ? a : b] = a > b ? b : a;
}

struct gathering {
    const struct field *field;
    struct found *points;
    size_t count, capacity;
    struct curve *curves;
    size_t curve_count, curve_capacity;
    const bool *flat;
};

static void add_point(struct gathering *gathering, const double x[2], double gradient, bool valley) {
    MEM_GROW(gathering->points, gathering->capacity, gathering->count + 1);
    gathering->points[gathering->count++] = (struct found){{x[0], x[1]}, gradient, valley};
}

static int compare_roots(const void *left, const void *right) {
    const struct root *a = left, *b = right;
    for (int k = 0; k < 2; k++)
        if (a->x[k] != b->x[k]) return a->x[k] < b->x[k] ? -1 : 1;
    return 0;
}

/* Those with a firm direction first: where valleys cross there is none, and by then the crossing lies on a traced one. */
static int compare_singular(const void *left, const void *right) {
    const struct root *a = left, *b = right;
    double la = hessian_norm(a->jet.hessian), lb = hessian_norm(b->jet.hessian);
    if (la != lb) return la > lb ? -1 : 1;
    return compare_roots(left, right);
}

/* ---- regular points -------------------------------------------------------------------------------------------------- */

/* `roots` sorted by x: duplicates of a root stand within SAME_REGULAR of it, so a window suffices. */
static void gather_regular(struct gathering *gathering, const struct root *roots, size_t count) {
    const struct field *field = gathering->field;
    size_t first = 0;
    for (size_t i = 0; i < count; i++) {
        size_t points = gathering->count;
        while (first < points && gathering->points[first].x[0] < roots[i].x[0] - 2 * SAME_REGULAR * field->side[0]) first++;
        struct found *same = NULL;
        for (size_t k = first; k < points && !same; k++)
            if (field_distance(field, gathering->points[k].x, roots[i].x) <= SAME_REGULAR) same = &gathering->points[k];
        if (!same) {
            if (gradient_continuous(field, roots[i].x)) add_point(gathering, roots[i].x, roots[i].jet.norm, false);
        } else if (roots[i].jet.norm < same->gradient) {
            memcpy(same->x, roots[i].x, sizeof same->x);
            same->gradient = roots[i].jet.norm;
        }
    }
}

/* ---- degenerate points ----------------------------------------------------------------------------------------------- */

static int cell_of(const struct field *field, const double x[2], int axis) {
    double t = (x[axis] - field->low[axis]) / field->side[axis] * CELLS;
    return t < 0 ? 0 : t >= CELLS ? CELLS - 1 : (int)t;
}

/* A flat cell at or beside the point's own, or −1. */
static int flat_beside(const struct gathering *gathering, const double x[2]) {
    int cx = cell_of(gathering->field, x, 0), cy = cell_of(gathering->field, x, 1);
    for (int y = cy - 1; y <= cy + 1; y++)
        for (int column = cx - 1; column <= cx + 1; column++)
            if (y >= 0 && y < CELLS && column >= 0 && column < CELLS && gathering->flat[y * CELLS + column])
                return y * CELLS + column;
    return -1;
}

/* Inside a flat region too small to fill a cell: the objective is constant on some side of the point. */
static bool flat_around(const struct field *field, const double x[2]) {
    struct jet jet;
    for (int k = 0; k < 8; k++) {
        double angle = 0.25 * M_PI * k + 0.3, radius = 1e-3;
        double y[2] = {x[0] + radius * cos(angle) * field->side[0], x[1] + radius * sin(angle) * field->side[1]};
        if (field_jet(field, y, &jet) && jet_flat(&jet)) return true;
    }
    return false;
}

static void gather_singular(struct gathering *gathering, const struct root *roots, size_t count,
                            bool (*stop)(const void *), const void *context) {
    const struct field *field = gathering->field;
    size_t isolated = gathering->count; /* degenerate points start here */
    for (size_t i = 0; i < count && !stop(context); i++) {
        const struct root *root = &roots[i];
        bool known = flat_beside(gathering, root->x) >= 0;
        for (size_t k = 0; k < gathering->curve_count && !known; k++)
            known = curve_near(field, &gathering->curves[k], root->x, ON_CURVE);
        if (known) continue;
        bool small_flat = jet_flat(&root->jet) && flat_around(field, root->x);
        double same = small_flat ? 2.0 / CELLS : SAME_SINGULAR;
        for (size_t k = isolated; k < gathering->count && !known; k++) {
            struct found *other = &gathering->points[k];
            known = field_distance(field, other->x, root->x) <= same;
            if (known && !small_flat && root->jet.norm < other->gradient) {
                memcpy(other->x, root->x, sizeof other->x);
                other->gradient = root->jet.norm;
            }
        }
        if (known || !gradient_continuous(field, root->x)) continue;
        struct curve curve = {0};
        if (!small_flat) curve_trace(field, root, &curve);
        if (curve.length >= VALLEY_LENGTH) {
            MEM_GROW(gathering->curves, gathering->curve_capacity, gathering->curve_count + 1);
            gathering->curves[gathering->curve_count++] = curve;
        } else {
            add_point(gathering, root->x, root->jet.norm, small_flat);
            curve_clear(&curve);
        }
        if (gathering->count + gathering->curve_count > 2 * POINTS_MAX) break;
    }
    /* A point found before the valley it lies on, or a regular root's shadow. */
    for (size_t i = 0; i < gathering->count;) {
        bool known = false;
        for (size_t k = 0; k < gathering->curve_count && !known; k++)
            known = curve_near(field, &gathering->curves[k], gathering->points[i].x, ON_CURVE);
        if (known) {
            memmove(&gathering->points[i], &gathering->points[i + 1],
                    (gathering->count - i - 1) * sizeof *gathering->points);
            gathering->count--;
        } else {
            i++;
        }
    }
}

/* ---- valleys and flat regions: one point for each connected set -------------------------------------------------------- */

/* The nearest point to the centre of a flat cell's box. */
static double cell_nearest(const struct field *field, int cell, const double centre[2], double x[2]) {
    int place[2] = {cell % CELLS, cell / CELLS};
    for (int k = 0; k < 2; k++) {
        double low = field->low[k] + field->side[k] * place[k] / CELLS;
        double high = field->low[k] + field->side[k] * (place[k] + 1) / CELLS;
        x[k] = fmin(high, fmax(low, centre[k]));
    }
    return hypot(x[0] - centre[0], x[1] - centre[1]);
}

static void gather_connected(struct gathering *gathering) {
    const struct field *field = gathering->field;
    size_t cells = (size_t)CELLS * CELLS, total = cells + gathering->curve_count;
    size_t *parent = MEM_NEW(size_t, total);
    for (size_t i = 0; i < total; i++) parent[i] = i;
    for (size_t i = 0; i < cells; i++) {
        if (!gathering->flat[i]) continue;
        if ((i + 1) % CELLS != 0 && gathering->flat[i + 1]) join(parent, i, i + 1);
        if (i + CELLS < cells && gathering->flat[i + CELLS]) join(parent, i, i + CELLS);
    }
    for (size_t k = 0; k < gathering->curve_count; k++) {
        struct curve *curve = &gathering->curves[k];
        for (size_t i = 0; i < curve->count; i++) {
            int cell = flat_beside(gathering, curve->points[i]);
            if (cell >= 0) join(parent, (size_t)cell, cells + k);
        }
        for (size_t l = 0; l < k; l++)
            if (set_of(parent, cells + k) != set_of(parent, cells + l) && curves_meet(field, curve, &gathering->curves[l]))
                join(parent, cells + k, cells + l);
    }
    double centre[2], x[2], *nearest = MEM_NEW(double, total), (*at)[2] = mem_zalloc(total, sizeof *at);
    for (int k = 0; k < 2; k++) centre[k] = 0.5 * field->low[k] + 0.5 * field->high[k];
    for (size_t i = 0; i < total; i++) nearest[i] = INFINITY;
    for (size_t i = 0; i < total; i++) {
        if (i < cells && !gathering->flat[i]) continue;
        double distance = i < cells ? cell_nearest(field, (int)i, centre, x)
                                    : curve_nearest(field, &gathering->curves[i - cells], centre, x);
        size_t set = set_of(parent, i);
        if (distance < nearest[set]) {
            nearest[set] = distance;
            memcpy(at[set], x, sizeof x);
        }
    }
    for (size_t i = 0; i < total; i++)
        if (isfinite(nearest[i])) add_point(gathering, at[i], 0, true);
    free(parent);
    free(nearest);
    free(at);
}

static const struct field *sort_field(const struct field *field, const struct found *point, double *distance) {
    double centre[2] = {0.5 * field->low[0] + 0.5 * field->high[0], 0.5 * field->low[1] + 0.5 * field->high[1]};
    *distance = field_distance(field, point->x, centre);
    return field;
}

struct ranked {
    double distance;
    size_t index;
};

static int compare_ranked(const void *left, const void *right) {
    const struct ranked *a = left, *b = right;
    if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Too many to show: those nearest the centre stay. */
static void keep_nearest(struct gathering *gathering) {
    if (gathering->count <= POINTS_MAX) return;
    struct ranked *ranked = MEM_NEW(struct ranked, gathering->count);
    struct found *kept = MEM_NEW(struct found, POINTS_MAX);
    for (size_t i = 0; i < gathering->count; i++) {
        ranked[i].index = i;
        sort_field(gathering->field, &gathering->points[i], &ranked[i].distance);
    }
    qsort(ranked, gathering->count, sizeof *ranked, compare_ranked);
    for (size_t i = 0; i < POINTS_MAX; i++) kept[i] = gathering->points[ranked[i].index];
    free(ranked);
    free(gathering->points);
    gathering->points = kept;
    gathering->count = POINTS_MAX;
}

size_t roots_gather(const struct field *field, struct root *roots, size_t count, const bool *flat,
                    bool (*stop)(const void *), const void *context, struct found **points) {
    struct gathering gathering = {.field = field, .flat = flat};
    size_t regular = 0, singular = 0;
    struct root *degenerate = MEM_NEW(struct root, count);
    for (size_t i = 0; i < count; i++) {
        if (!field_inside(field, roots[i].x, EDGE)) continue;
        if (roots[i].singular)
            degenerate[singular++] = roots[i];
        else
            roots[regular++] = roots[i];
    }
    qsort(roots, regular, sizeof *roots, compare_roots);
    qsort(degenerate, singular, sizeof *degenerate, compare_singular);
    gather_regular(&gathering, roots, regular);
    gather_singular(&gathering, degenerate, singular, stop, context);
    gather_connected(&gathering);
    keep_nearest(&gathering);
    for (size_t k = 0; k < gathering.curve_count; k++) curve_clear(&gathering.curves[k]);
    free(gathering.curves);
    free(degenerate);
    *points = gathering.points;
    return gathering.count;
}
