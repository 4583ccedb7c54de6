#include "analyze/plane_build.h"

#include "base/linalg.h"
#include "base/memory.h"
#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The third point must be off the line through the others by more than this share of its distance: else its direction
 * is rounding. */
static const double OFF_LINE = 1e-9;

struct plane *plane_create_hessian(const struct objective *objective, const double *origin, struct job *job,
                                   struct error *error) {
    int n = objective_dimension(objective);
    assert(n >= 2);
    struct eigen_ends *ends = hessian_ends(objective, origin, 1, job, error);
    if (!ends) return NULL;
    struct plane *plane = plane_new(PLANE_HESSIAN, n, origin);
    char number[NUMBER_TEXT];
    memcpy(plane->u, ends->eigenvectors + (size_t)n, (size_t)n * sizeof *plane->u);
    memcpy(plane->v, ends->eigenvectors, (size_t)n * sizeof *plane->v);
    orthogonalise(n, plane->u, plane->v);
    normalise(n, plane->v);
    snprintf(plane->u_name, sizeof plane->u_name, "λ %s", number_text(ends->eigenvalues[1], 3, number));
    snprintf(plane->v_name, sizeof plane->v_name, "λ %s", number_text(ends->eigenvalues[0], 3, number));
    plane_measure(plane);
    eigen_ends_destroy(&ends);
    return plane;
}

struct plane *plane_create_points(const struct objective *objective, const double *first, const double *second,
                                  const double *third, struct error *error) {
    int n = objective_dimension(objective);
    assert(n >= 2);
    struct plane *plane = plane_new(PLANE_POINTS, n, first);
    for (int i = 0; i < n; i++) {
        plane->u[i] = second[i] - first[i];
        plane->v[i] = third[i] - first[i];
    }
    double away = linalg_norm(n, plane->v);
    bool good = isfinite(away) && normalise(n, plane->u) && orthogonalise(n, plane->u, plane->v) > OFF_LINE * away &&
                normalise(n, plane->v);
    if (!good) {
        error_set(error, ERROR_INPUT, "the three points lie on a line, or are not finite; a plane needs three that do not");
        plane_destroy(&plane);
        return NULL;
    }
    snprintf(plane->u_name, sizeof plane->u_name, "from 1 to 2");
    snprintf(plane->v_name, sizeof plane->v_name, "towards 3");
    plane_measure(plane);
    return plane;
}

void line_sample(const struct objective *objective, const double *from, const double *to, double low, double high,
                 int count, double *losses) {
    assert(count >= 2);
    int n = objective_dimension(objective);
    struct evaluator *evaluator = evaluator_create(objective);
    double *theta = MEM_NEW(double, n);
    for (int k = 0; k < count; k++) {
        double t = k == count - 1 ? high : low + (high - low) * k / (count - 1);
        for (int i = 0; i < n; i++) theta[i] = t == 1 ? to[i] : from[i] + t * (to[i] - from[i]);
        losses[k] = evaluator_loss(evaluator, theta, NULL);
    }
    free(theta);
    evaluator_destroy(&evaluator);
}
