#include "analyze/critical_search.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double SAME_REGULAR = 1e-7;      /* Newton's roots agree to far better than this */
static const double SAME_SINGULAR = 1e-4;     /* rounding moves a degenerate root: its cube root at a triple one */
static const double VALLEY_LENGTH = 0.02;     /* of the domain; a shorter stretch of zeros is one point */
static const double ROUNDED_GRADIENT = 1e-12; /* ‖S g‖ relative to the typical curvature */
static const double SMALL_FLAT = 2.0 / CELLS; /* flat regions without a whole cell: nearer ones count as one */
enum { VERTICES_MAX = 40000 };   /* of all valleys: bounds the search of an objective with ever more of them */
static const double FIRM = 1e-3; /* share of the typical curvature that makes a direction firm */
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
    struct atlas atlas; /* the valleys */
    const bool *flat;
    bool cut; /* a limit was met: there may be more */
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

/* ---- regular points
 * -------------------------------------------------------------------------------------------------- */

/* `roots` sorted by x: duplicates of a root stand within SAME_REGULAR of it, so a window suffices. */
static void gather_regular(struct gathering *gathering, const struct root *roots, size_t count) {
    const struct field *field = gathering->field;
    size_t first = 0;
    for (size_t i = 0; i < count; i++) {
        if (roots[i].singular) continue;
        size_t points = gathering->count;
        while (first < points && gathering->points[first].x[0] < roots[i].x[0] - 2 * SAME_REGULAR * field->side[0])
            first++;
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

/* ---- degenerate points
 * ----------------------------------------------------------------------------------------------- */

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

/* Nothing but rounding between the two: one degenerate root, seen from several sides. */
static bool same_singular(const struct field *field, const double a[2], const double b[2]) {
    double distance = field_distance(field, a, b);
    if (distance <= SAME_SINGULAR) return true;
    if (distance > VALLEY_LENGTH) return false;
    for (int k = 1; k < 8; k++) {
        struct jet jet;
        double x[2] = {a[0] + (b[0] - a[0]) * k / 8, a[1] + (b[1] - a[1]) * k / 8};
        if (!field_jet(field, x, &jet) || jet.norm > ROUNDED_GRADIENT * field->curvature) return false;
    }
    return true;
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

/* Roots whose Hessian gives a firm direction come first, gentle ones before steep: where valleys cross there is none,
 * and by then the crossing lies on a traced one; and of valleys without end, the widest are the ones to see. */
struct follower {
    double curvature;
    bool firm;
    const struct root *root;
};

static int compare_followers(const void *left, const void *right) {
    const struct follower *a = left, *b = right;
    if (a->firm != b->firm) return a->firm ? -1 : 1;
    if (a->curvature != b->curvature) return (a->curvature < b->curvature) == a->firm ? -1 : 1;
    return compare_roots(a->root, b->root);
}

static void gather_singular(struct gathering *gathering, const struct follower *followers, size_t count,
                            bool (*stop)(const void *), const void *context) {
    const struct field *field = gathering->field;
    size_t isolated = gathering->count; /* degenerate points start here */
    for (size_t i = 0; i < count && !stop(context); i++) {
        const struct root *root = followers[i].root;
        bool known = false;
        if (flat_beside(gathering, root->x) >= 0 || atlas_near(field, &gathering->atlas, root->x)) continue;
        bool small_flat = jet_flat(&root->jet) && flat_around(field, root->x);
        for (size_t k = isolated; k < gathering->count && !known; k++) {
            struct found *other = &gathering->points[k];
            known = small_flat ? field_distance(field, other->x, root->x) <= SMALL_FLAT
                               : same_singular(field, other->x, root->x);
            if (known && !small_flat && root->jet.norm < other->gradient) {
                memcpy(other->x, root->x, sizeof other->x);
                other->gradient = root->jet.norm;
            }
        }
        if (known || !gradient_continuous(field, root->x)) continue;
        struct curve curve = {0};
        if (!small_flat) curve_trace(field, root, &curve);
        if (curve.length >= VALLEY_LENGTH || curve.closed || curve.leaving) {
            atlas_add(field, &gathering->atlas, &curve);
        } else {
            add_point(gathering, root->x, root->jet.norm, small_flat);
            curve_clear(&curve);
        }
        if (gathering->count > 2 * POINTS_MAX || gathering->atlas.entry_count > VERTICES_MAX) {
            gathering->cut = true;
            break;
        }
    }
    size_t kept = 0; /* not those found before the valley they lie on */
    for (size_t i = 0; i < gathering->count; i++)
        if (!atlas_near(field, &gathering->atlas, gathering->points[i].x))
            gathering->points[kept++] = gathering->points[i];
    gathering->count = kept;
}

/* ---- valleys and flat regions: one point for each connected set
 * -------------------------------------------------------- */

/* The last point on the way from a flat one to the centre up to which the objective is flat. */
static void flat_approach(const struct field *field, const double centre[2], double x[2]) {
    double from[2] = {x[0], x[1]}, low = 0, high = 1;
    for (int k = 0; k < 60; k++) {
        struct jet jet;
        double t = k == 0 ? 1 : 0.5 * (low + high);
        double y[2] = {from[0] * (1 - t) + centre[0] * t, from[1] * (1 - t) + centre[1] * t};
        if (field_jet(field, y, &jet) && jet_flat(&jet) && gradient_continuous(field, y)) {
            memcpy(x, y, sizeof y);
            low = t;
            if (k == 0) return;
        } else {
            high = t;
        }
    }
}

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

static void join_valleys(void *parent, size_t a, size_t b) {
    join(parent, (size_t)CELLS * CELLS + a, (size_t)CELLS * CELLS + b);
}

static void gather_connected(struct gathering *gathering) {
    const struct field *field = gathering->field;
    const struct atlas *atlas = &gathering->atlas;
    size_t cells = (size_t)CELLS * CELLS, total = cells + atlas->count;
    size_t *parent = MEM_NEW(size_t, total);
    for (size_t i = 0; i < total; i++) parent[i] = i;
    for (size_t i = 0; i < cells; i++) {
        if (!gathering->flat[i]) continue;
        if ((i + 1) % CELLS != 0 && gathering->flat[i + 1]) join(parent, i, i + 1);
        if (i + CELLS < cells && gathering->flat[i + CELLS]) join(parent, i, i + CELLS);
    }
    for (size_t k = 0; k < atlas->count; k++)
        for (size_t i = 0; i < atlas->curves[k].count; i++) {
            int cell = flat_beside(gathering, atlas->curves[k].points[i]);
            if (cell >= 0) join(parent, (size_t)cell, cells + k);
        }
    atlas_meetings(field, atlas, join_valleys, parent);
    bool *region = MEM_NEW(bool, total); /* the nearest point of the set lies in a flat cell */
    double centre[2], x[2], *nearest = MEM_NEW(double, total), (*at)[2] = mem_zalloc(total, sizeof *at);
    for (int k = 0; k < 2; k++) centre[k] = 0.5 * field->low[k] + 0.5 * field->high[k];
    for (size_t i = 0; i < total; i++) nearest[i] = INFINITY;
    for (size_t i = 0; i < total; i++) {
        if (i < cells && !gathering->flat[i]) continue;
        double distance = i < cells ? cell_nearest(field, (int)i, centre, x)
                                    : curve_nearest(field, &atlas->curves[i - cells], centre, x);
        size_t set = set_of(parent, i);
        if (distance < nearest[set]) {
            nearest[set] = distance;
            memcpy(at[set], x, sizeof x);
            region[set] = i < cells;
        }
    }
    for (size_t i = 0; i < total; i++) {
        if (!isfinite(nearest[i])) continue;
        if (region[i]) flat_approach(field, centre, at[i]);
        add_point(gathering, at[i], 0, true);
    }
    free(parent);
    free(region);
    free(nearest);
    free(at);
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
    const struct field *field = gathering->field;
    const double centre[2] = {0.5 * field->low[0] + 0.5 * field->high[0], 0.5 * field->low[1] + 0.5 * field->high[1]};
    for (size_t i = 0; i < gathering->count; i++)
        ranked[i] = (struct ranked){field_distance(field, gathering->points[i].x, centre), i};
    qsort(ranked, gathering->count, sizeof *ranked, compare_ranked);
    for (size_t i = 0; i < POINTS_MAX; i++) kept[i] = gathering->points[ranked[i].index];
    free(ranked);
    free(gathering->points);
    gathering->points = kept;
    gathering->count = POINTS_MAX;
    gathering->cut = true;
}

size_t roots_gather(const struct field *field, struct root *roots, size_t count, const bool *flat,
                    bool (*stop)(const void *), const void *context, struct found **points, bool *cut) {
    struct gathering gathering = {.field = field, .flat = flat};
    size_t inside = 0, singular = 0;
    struct follower *followers = MEM_NEW(struct follower, count);
    atlas_open(&gathering.atlas);
    for (size_t i = 0; i < count; i++)
        if (field_inside(field, roots[i].x, EDGE)) roots[inside++] = roots[i];
    qsort(roots, inside, sizeof *roots, compare_roots);
    for (size_t i = 0; i < inside; i++) {
        if (!roots[i].singular) continue;
        double curvature = hessian_norm(roots[i].jet.hessian);
        followers[singular++] = (struct follower){curvature, curvature > FIRM * field->curvature, &roots[i]};
    }
    qsort(followers, singular, sizeof *followers, compare_followers);
    gather_regular(&gathering, roots, inside);
    gather_singular(&gathering, followers, singular, stop, context);
    gather_connected(&gathering);
    keep_nearest(&gathering);
    atlas_clear(&gathering.atlas);
    free(followers);
    *points = gathering.points;
    *cut = gathering.cut;
    return gathering.count;
}
