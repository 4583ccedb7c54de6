#include "analyze/critical_search.h"

#include <math.h>
#include <string.h>

enum { ITERATIONS = 300, HALVINGS = 12, PATIENCE = 8 };
static const double STEP_LIMIT = 0.05;      /* of the domain: Newton may not leap across it */
static const double MARGIN = 0.1;           /* how far outside the domain an iterate may stray before it is given up */
static const double NEARLY_SINGULAR = 1e-9; /* an eigenvalue below this share of the other may be rounding */
static const double ROUNDED = 1e-12; /* ‖S g‖ relative to the typical curvature, below which it may be rounding */
static const double SINGULAR = 1e-6; /* below this share of the typical curvature: look whether it is a valley */
static const double ROOT_STEP =
    1e-6; /* the last step of a root; a minimum of ‖g‖ or a plateau keeps taking longer ones */
static const double GRADIENT = 1e-10; /* what is promised of ‖g‖ … */
static const double ROUNDING = 1e-14; /* … where ‖H‖ times a rounded coordinate lets it */

double hessian_norm(const double hessian[3]) {
    return sqrt(hessian[0] * hessian[0] + 2 * hessian[1] * hessian[1] + hessian[2] * hessian[2]);
}

bool field_jet(const struct field *field, const double x[2], struct jet *jet) {
    double gradient[2], hessian[4];
    double loss = evaluator_hessian(field->evaluator, x, gradient, hessian);
    const double *side = field->side;
    jet->gradient[0] = side[0] * gradient[0];
    jet->gradient[1] = side[1] * gradient[1];
    jet->hessian[0] = side[0] * side[0] * hessian[0];
    jet->hessian[1] = side[0] * side[1] * (0.5 * (hessian[1] + hessian[2]));
    jet->hessian[2] = side[1] * side[1] * hessian[3];
    jet->norm = hypot(jet->gradient[0], jet->gradient[1]);
    jet->plain_norm = hypot(gradient[0], gradient[1]);
    return isfinite(loss) && isfinite(jet->norm) && isfinite(hessian_norm(jet->hessian));
}

bool field_inside(const struct field *field, const double x[2], double slack) {
    for (int k = 0; k < 2; k++)
        if (!(x[k] >= field->low[k] - slack * field->side[k] && x[k] <= field->high[k] + slack * field->side[k]))
            return false;
    return true;
}

double field_distance(const struct field *field, const double x[2], const double y[2]) {
    return hypot((x[0] - y[0]) / field->side[0], (x[1] - y[1]) / field->side[1]);
}

bool jet_flat(const struct jet *jet) {
    return jet->gradient[0] == 0 && jet->gradient[1] == 0 && jet->hessian[0] == 0 && jet->hessian[1] == 0 &&
           jet->hessian[2] == 0;
}

struct eigen2 eigen2_of(const double hessian[3]) {
    double a = hessian[0], b = hessian[1], c = hessian[2];
    double mean = 0.5 * (a + c), radius = hypot(0.5 * (a - c), b), angle = 0.5 * atan2(2 * b, a - c);
    struct eigen2 eigen;
    /* The angle is that of mean + radius. The other follows from the determinant, which does not cancel. */
    if (mean < 0) angle += 0.5 * M_PI;
    eigen.large = mean < 0 ? mean - radius : mean + radius;
    eigen.small = eigen.large != 0 ? a / eigen.large * c - b / eigen.large * b : 0;
    eigen.along[0] = cos(angle);
    eigen.along[1] = sin(angle);
    return eigen;
}

/* −H⁺ g, of length at most STEP_LIMIT; returns its length before that cut. */
static double newton_step(const struct jet *jet, const struct eigen2 *eigen, bool across, double step[2]) {
    const double *u = eigen->along, v[2] = {-u[1], u[0]};
    step[0] = step[1] = 0;
    if (eigen->large == 0) return jet->norm == 0 ? 0 : INFINITY;
    double along = -(u[0] * jet->gradient[0] + u[1] * jet->gradient[1]) / eigen->large, beside = 0;
    if (!across && eigen->small != 0) beside = -(v[0] * jet->gradient[0] + v[1] * jet->gradient[1]) / eigen->small;
    double length = hypot(along, beside), cut = length > STEP_LIMIT ? STEP_LIMIT / length : 1;
    for (int k = 0; k < 2; k++) step[k] = cut * (along * u[k] + beside * v[k]);
    return length;
}

static bool try_point(const struct field *field, const double x[2], const double step[2], double factor,
                      struct root *trial) {
    for (int k = 0; k < 2; k++) trial->x[k] = x[k] + factor * step[k] * field->side[k];
    return field_jet(field, trial->x, &trial->jet);
}

/* How much of the gradient a correction can mend: all of it, or across a valley the part along the large eigenvalue. */
static double merit(const struct jet *jet, const struct eigen2 *eigen, bool across) {
    return across ? fabs(eigen->along[0] * jet->gradient[0] + eigen->along[1] * jet->gradient[1]) : jet->norm;
}

/* Halves the step until the merit falls; the factor that did, or 0. */
static double line_search(const struct field *field, const struct root *root, const struct eigen2 *eigen, bool across,
                          const double step[2], struct root *trial) {
    double now = merit(&root->jet, eigen, across), factor = 1;
    for (int k = 0; k < HALVINGS; k++, factor *= 0.5) {
        if (try_point(field, root->x, step, factor, trial) &&
            merit(&trial->jet, eigen, across) < now * (1 - 1e-4 * factor))
            return factor;
        if (hypot(step[0], step[1]) < 1e-12) break; /* rounding */
    }
    return 0;
}

/* What the steps so far tell: how fast they shrink. */
struct pace {
    double previous[2], previous_length;
    bool previous_full; /* the last step was a whole Newton step, so that a ratio means something */
    double landmark;    /* the step's length some iterations ago */
};

/* Where whole steps shrink by a steady ratio r, all those to come sum to step / (1 − r). */
static void over_relax(const struct field *field, const struct root *root, const struct eigen2 *eigen, bool across,
                       const double step[2], bool full, struct pace *pace, struct root *trial) {
    double length = hypot(step[0], step[1]), ratio = length / pace->previous_length;
    double cosine = (step[0] * pace->previous[0] + step[1] * pace->previous[1]) / (length * pace->previous_length);
    struct root better = {0};
    if (full && pace->previous_full && ratio > 0.2 && ratio < 0.97 && cosine > 0.9 &&
        try_point(field, root->x, step, 1 / (1 - ratio), &better) &&
        merit(&better.jet, eigen, across) < merit(&trial->jet, eigen, across)) {
        *trial = better;
        full = false; /* the next ratio would mix two kinds of step */
    }
    memcpy(pace->previous, step, sizeof pace->previous);
    pace->previous_length = length;
    pace->previous_full = full;
}

/* Numbers that are 0 but for rounding are better read as 0. */
static void tidy(const struct field *field, struct root *root) {
    for (int k = 0; k < 2; k++) {
        struct root trial = *root;
        if (root->x[k] == 0 || fabs(root->x[k]) > 1e-15 * field->side[k]) continue;
        trial.x[k] = 0;
        if (field_jet(field, trial.x, &trial.jet) && trial.jet.norm <= fmax(root->jet.norm, 1e-15 * field->curvature))
            *root = trial;
    }
}

bool root_refine(const struct field *field, const double start[2], bool across, double reach, struct root *root) {
    memcpy(root->x, start, sizeof root->x);
    if (!field_jet(field, root->x, &root->jet)) return false;
    struct pace pace = {0};
    struct eigen2 eigen;
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
        struct root trial = {0};
        double step[2], factor = 0;
        bool one_way = across;
        eigen = eigen2_of(root->jet.hessian);
        root->step = newton_step(&root->jet, &eigen, across, step);
        if (root->jet.norm == 0 || root->step == 0 || !isfinite(root->step)) break;
        /* On a valley the small eigenvalue is rounding, and so is where it leads: along the valley, to no purpose. */
        bool valley = !across && fabs(eigen.small) <= NEARLY_SINGULAR * fabs(eigen.large);
        bool adrift = valley && root->jet.norm <= ROUNDED * field->curvature && root->step > pace.previous_length;
        if (!adrift) factor = line_search(field, root, &eigen, across, step, &trial);
        if (factor == 0 && valley) {
            one_way = true;
            root->step = newton_step(&root->jet, &eigen, true, step);
            factor = line_search(field, root, &eigen, true, step, &trial);
        }
        if (factor == 0) break;
        over_relax(field, root, &eigen, one_way, step, factor == 1 && root->step <= STEP_LIMIT, &pace, &trial);
        memcpy(root->x, trial.x, sizeof root->x);
        root->jet = trial.jet;
        if (!field_inside(field, root->x, MARGIN) || field_distance(field, root->x, start) > reach) return false;
        if (iteration % PATIENCE ==
            PATIENCE - 1) { /* towards no zero: along a plateau, or a slope of ‖g‖ that has none */
            if (pace.landmark > 0 && root->step > 1e-9 && root->step > 0.7 * pace.landmark) return false;
            pace.landmark = root->step;
        }
    }
    tidy(field, root);
    eigen = eigen2_of(root->jet.hessian);
    double coordinate = fmax(fmax(fabs(root->x[0]) / field->side[0], fabs(root->x[1]) / field->side[1]), 1);
    double allowed =
        fmax(GRADIENT * fmin(field->side[0], field->side[1]), ROUNDING * hessian_norm(root->jet.hessian) * coordinate);
    root->singular = !(fabs(eigen.small) > SINGULAR * fmax(fabs(eigen.large), field->curvature));
    if (root->jet.norm == 0) return true;
    return (root->jet.plain_norm <= GRADIENT || root->jet.norm <= allowed) && root->step <= ROOT_STEP;
}

bool gradient_continuous(const struct field *field, const double x[2]) {
    static const double radii[2] = {1e-4, 1e-7};
    struct jet here, near;
    double jump[2] = {0};
    if (!field_jet(field, x, &here)) return false;
    for (int r = 0; r < 2; r++)
        for (int k = 0; k < 8; k++) {
            /* Odd angles, so that no direction runs along a kink parallel to an axis or a diagonal. */
            double angle = 0.25 * M_PI * k + 0.3;
            double y[2] = {x[0] + radii[r] * cos(angle) * field->side[0],
                           x[1] + radii[r] * sin(angle) * field->side[1]};
            if (!field_jet(field, y, &near)) continue; /* the edge of where the loss exists is no kink */
            jump[r] = fmax(jump[r], hypot(near.gradient[0] - here.gradient[0], near.gradient[1] - here.gradient[1]));
        }
    /* A smooth gradient changes a thousandth as much over a thousandth of the distance; a jump stays. */
    return jump[1] <= 0.05 * jump[0] || jump[1] <= 1e-12 * field->curvature;
}
