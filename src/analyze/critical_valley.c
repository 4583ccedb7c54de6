#include "analyze/critical_search.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VERTICES_MAX = 20000 };
static const double SHORTEST_STEP = CURVE_STEP * 0x1p-24; /* how near the end of a valley is found */
static const double TURN = 0.2; /* radians a step may turn: the chord then strays by less than a fortieth of it */
static const double ON_VALLEY = 1e-12; /* ‖S g‖ on a valley, relative to the typical curvature: rounding */
static const double NULL_VALUE = 1e-6; /* |λ| along a valley, relative likewise */
static const double AMBIGUOUS =
    1e-9; /* both eigenvalues below: no direction to be had from them (where valleys cross) */
static const double EDGE = 1e-9;

/* Back onto the valley next to `x`: false when there is none, or only an isolated zero. */
static bool valley_point(const struct field *field, const double x[2], double reach, struct root *root) {
    if (!root_refine(field, x, true, reach, root)) return false;
    double scale = fmax(field->curvature, hessian_norm(root->jet.hessian));
    return root->jet.norm <= ON_VALLEY * scale && fabs(eigen2_of(root->jet.hessian).small) <= NULL_VALUE * scale;
}

/* The valley's direction at a root, turned towards `guide`, or `guide` itself where the Hessian does not tell. */
static void valley_tangent(const struct field *field, const struct jet *jet, const double guide[2], double tangent[2]) {
    struct eigen2 eigen = eigen2_of(jet->hessian);
    if (fabs(eigen.large) <= AMBIGUOUS * field->curvature) {
        memcpy(tangent, guide, 2 * sizeof *tangent);
        return;
    }
    double sign = -eigen.along[1] * guide[0] + eigen.along[0] * guide[1] < 0 ? -1 : 1;
    tangent[0] = -eigen.along[1] * sign;
    tangent[1] = eigen.along[0] * sign;
}

static void curve_append(struct curve *curve, const double x[2]) {
    MEM_GROW(curve->points, curve->capacity, curve->count + 1);
    memcpy(curve->points[curve->count++], x, sizeof *curve->points);
}

/* One way from the curve's last vertex, until the valley or the domain ends or the start is met again. */
static void follow(const struct field *field, const struct root *from, const double direction[2], struct curve *curve) {
    struct root here = *from, next;
    double tangent[2] = {direction[0], direction[1]}, step = CURVE_STEP, way = 0;
    while (curve->count < VERTICES_MAX && step >= SHORTEST_STEP) {
        double x[2], ahead[2];
        for (int k = 0; k < 2; k++) x[k] = here.x[k] + step * tangent[k] * field->side[k];
        bool good = valley_point(field, x, 0.5 * step, &next);
        if (good && !field_inside(field, next.x, EDGE)) {
            curve->leaving = true;
            good = false;
        }
        double length = good ? field_distance(field, next.x, here.x) : 0;
        if (good) {
            double chord[2] = {(next.x[0] - here.x[0]) / (field->side[0] * length),
                               (next.x[1] - here.x[1]) / (field->side[1] * length)};
            valley_tangent(field, &next.jet, chord, ahead);
            good = ahead[0] * tangent[0] + ahead[1] * tangent[1] > cos(TURN) &&
                   chord[0] * tangent[0] + chord[1] * tangent[1] > cos(TURN);
        }
        if (!good) {
            step *= 0.5;
            continue;
        }
        curve_append(curve, next.x);
        curve->length += length;
        way += length;
        here = next;
        memcpy(tangent, ahead, sizeof tangent);
        if (way > 3 * step && field_distance(field, here.x, from->x) < 0.75 * step) {
            curve->closed = true;
            return;
        }
        step = fmin(CURVE_STEP, 2 * step);
    }
}

void curve_trace(const struct field *field, const struct root *root, struct curve *curve) {
    struct eigen2 eigen = eigen2_of(root->jet.hessian);
    double tangent[2] = {-eigen.along[1], eigen.along[0]}, back[2] = {eigen.along[1], -eigen.along[0]};
    *curve = (struct curve){0};
    follow(field, root, back, curve);
    for (size_t i = 0, j = curve->count; i + 1 < j; i++) { /* so that the vertices run on through the root */
        double swap[2];
        memcpy(swap, curve->points[i], sizeof swap);
        memcpy(curve->points[i], curve->points[--j], sizeof swap);
        memcpy(curve->points[j], swap, sizeof swap);
    }
    curve_append(curve, root->x);
    if (!curve->closed) follow(field, root, tangent, curve);
}

void curve_clear(struct curve *curve) {
    free(curve->points);
    *curve = (struct curve){0};
}

/* ---- the point of a valley nearest the centre -------------------------------------------------------------------- */

/* The valley's point beside the chord from a to b at t. */
static bool chord_point(const struct field *field, const double a[2], const double b[2], double t, struct root *root) {
    double guess[2] = {a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])};
    return valley_point(field, guess, CURVE_STEP, root);
}

/* That point, and the slope of the distance to the centre along the valley, towards b. */
static bool slope_at(const struct field *field, const double a[2], const double b[2], double t, const double centre[2],
                     double x[2], double *slope) {
    struct root root, before, after;
    if (!chord_point(field, a, b, t, &root)) return false;
    double chord[2] = {(b[0] - a[0]) / field->side[0], (b[1] - a[1]) / field->side[1]}, tangent[2];
    if (fabs(eigen2_of(root.jet.hessian).large) <= AMBIGUOUS * field->curvature) {
        /* A valley so flat that the Hessian is 0 on it (a fourth power): a central difference gives the direction. */
        const double aside = 0.005;
        if (!chord_point(field, a, b, t - aside, &before) || !chord_point(field, a, b, t + aside, &after)) return false;
        for (int k = 0; k < 2; k++) chord[k] = (after.x[k] - before.x[k]) / field->side[k];
    }
    valley_tangent(field, &root.jet, chord, tangent);
    memcpy(x, root.x, sizeof root.x);
    *slope = (x[0] - centre[0]) * tangent[0] * field->side[0] + (x[1] - centre[1]) * tangent[1] * field->side[1];
    return true;
}

double curve_nearest(const struct field *field, const struct curve *curve, const double centre[2], double x[2]) {
    size_t best = 0, count = curve->count;
    double distance = INFINITY;
    for (size_t i = 0; i < count; i++) {
        double d = hypot(curve->points[i][0] - centre[0], curve->points[i][1] - centre[1]);
        if (d < distance * (1 - 1e-9)) {
            distance = d;
            best = i;
        }
    }
    memcpy(x, curve->points[best], sizeof *curve->points);
    if (count < 3 || ((best == 0 || best == count - 1) && !curve->closed)) return distance;
    /* A root of the slope between the neighbours: safe where the valley's curvature would throw Newton off. */
    const double *a = curve->points[best == 0 ? count - 1 : best - 1];
    const double *b = curve->points[best == count - 1 ? 0 : best + 1];
    double low = 0, high = 1, point[2], slope;
    if (!slope_at(field, a, b, low, centre, point, &slope) || slope > 0) return distance;
    if (!slope_at(field, a, b, high, centre, point, &slope) || slope < 0) return distance;
    for (int k = 0; k < 60 && high - low > 1e-15; k++) {
        double middle = 0.5 * (low + high);
        if (!slope_at(field, a, b, middle, centre, point, &slope)) return distance;
        if (slope == 0) break;
        if (slope < 0)
            low = middle;
        else
            high = middle;
    }
    double refined = hypot(point[0] - centre[0], point[1] - centre[1]);
    if (refined > distance * (1 + 1e-9)) return distance;
    memcpy(x, point, sizeof point);
    return refined;
}
