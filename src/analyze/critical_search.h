/* Inside analyze/: what the search for critical points is made of. Lengths here are in units of the domain's sides:
 * with S = diag(side), a step d moves x by S d, the gradient is S g and the Hessian S H S, so that a domain of any
 * shape looks like the unit square. Points themselves stay in the objective's own coordinates, where they lose no
 * digit. */
#pragma once

#include "analyze/analyze.h"

/* One thread's view of the objective over the domain. */
struct field {
    struct evaluator *evaluator;
    double low[2], high[2], side[2];
    double curvature; /* a typical ‖S H S‖ in the domain: what "nearly zero" is measured against */
};

struct jet {
    double gradient[2]; /* S g */
    double hessian[3];  /* S H S: xx, xy, yy */
    double norm;        /* ‖S g‖ */
    double plain_norm;  /* ‖g‖ */
};
bool field_jet(const struct field *field, const double x[2], struct jet *jet); /* false where something is not finite */
bool field_inside(const struct field *field, const double x[2], double slack);
double field_distance(const struct field *field, const double x[2], const double y[2]);
bool jet_flat(const struct jet *jet);         /* gradient and Hessian exactly 0 */
double hessian_norm(const double hessian[3]); /* Frobenius */

struct eigen2 {
    double large, small; /* by magnitude */
    double along[2];     /* unit eigenvector of `large`; that of `small` is (−along[1], along[0]) */
};
struct eigen2 eigen2_of(const double hessian[3]);

struct root {
    double x[2];
    struct jet jet;
    double step;   /* length of the last Newton step: how far the root may still be */
    bool singular; /* the Hessian is nearly so: a degenerate point, or one of a valley */
};
/* Damped Newton on g = 0, with the eigendirections whose eigenvalue is rounding left out, and over-relaxed where
 * convergence is linear (a degenerate root of multiplicity m takes m times the step). With `across`, only the direction
 * of largest curvature is corrected: back onto a valley. False when it does not converge within `reach` of the
 * start. */
bool root_refine(const struct field *field, const double start[2], bool across, double reach, struct root *root);
/* False at a kink: the gradient jumps however near one looks. */
bool gradient_continuous(const struct field *field, const double x[2]);

/* A traced valley: vertices at most CURVE_STEP apart, each a critical point. */
#define CURVE_STEP 0.005
struct curve {
    double (*points)[2];
    size_t count, capacity;
    double length;
    bool closed;  /* back to its start */
    bool leaving; /* it goes on outside the domain */
};
/* Follows the null direction of the Hessian from `root` both ways. The curve is short when the root is isolated. */
void curve_trace(const struct field *field, const struct root *root, struct curve *curve);
void curve_clear(struct curve *curve);
/* The point of the curve nearest `centre` (plain distance), refined; returns that distance. */
double curve_nearest(const struct field *field, const struct curve *curve, const double centre[2], double x[2]);

/* All curves traced, and a grid over the domain that finds the vertices near a point. */
struct atlas {
    struct curve *curves;
    size_t count, capacity;
    struct atlas_entry *entries;
    size_t entry_count, entry_capacity;
    int32_t *heads; /* (buckets) first entry of each, −1: none */
};
void atlas_open(struct atlas *atlas);
void atlas_clear(struct atlas *atlas);
void atlas_add(const struct field *field, struct atlas *atlas, const struct curve *curve); /* takes it over */
bool atlas_near(const struct field *field, const struct atlas *atlas, const double x[2]);  /* on one of the curves */
/* Calls `meet` for curves that cross, or of which one ends on the other. */
void atlas_meetings(const struct field *field, const struct atlas *atlas, void (*meet)(void *, size_t, size_t),
                    void *context);

/* From all that was found to the points reported. `flat` marks the cells (CELLS × CELLS, row y = low first) in which
 * the objective is constant. `stop` is asked now and then. Returns their number; `points` freed by the caller; `cut`
 * says that a limit was met and there may be more. Sorts and shortens `roots`. */
enum { CELLS = 97, POINTS_MAX = 4096 };
struct found {
    double x[2];
    double gradient; /* ‖S g‖ */
    bool valley;
};
size_t roots_gather(const struct field *field, struct root *roots, size_t count, const bool *flat,
                    bool (*stop)(const void *), const void *context, struct found **points, bool *cut);
