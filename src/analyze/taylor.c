#include "analyze/analyze.h"

#include "base/linalg.h"
#include "base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

void taylor_destroy(struct taylor **taylor) {
    if (!taylor || !*taylor) return;
    free((*taylor)->t);
    free((*taylor)->loss);
    free((*taylor)->model);
    free(*taylor);
    *taylor = NULL;
}

/* From the middle outwards on one side, as long as the model keeps to the loss. */
static double holds_to(const struct taylor *taylor, int direction, double share) {
    int middle = taylor->count / 2, last = middle;
    double start = taylor->model[middle];
    for (int i = middle + direction; i >= 0 && i < taylor->count; i += direction) {
        double off = fabs(taylor->loss[i] - taylor->model[i]);
        if (!(off <= share * fabs(taylor->model[i] - start))) break;
        last = i;
    }
    return taylor->t[last];
}

struct taylor *taylor_check(const struct objective *objective, const double *theta, const double *direction, double reach,
                            int count, double share, struct error *error) {
    assert(count >= 3 && count % 2 == 1);
    int n = objective_dimension(objective);
    if (!(reach > 0) || !isfinite(reach)) {
        error_set(error, ERROR_INPUT, "a reach of %g; a finite number above 0 is right", reach);
        return NULL;
    }
    struct evaluator *evaluator = evaluator_create(objective_exact(objective));
    double *gradient = MEM_NEW(double, n), *product = MEM_NEW(double, n);
    double start = evaluator_gradient(evaluator, theta, NULL, gradient);
    evaluator_hvp(evaluator, theta, NULL, 1, direction, product);
    struct taylor *taylor = MEM_NEW(struct taylor, 1);
    taylor->count = count;
    taylor->t = MEM_NEW(double, count);
    taylor->loss = MEM_NEW(double, count);
    taylor->model = MEM_NEW(double, count);
    taylor->slope = linalg_dot(n, gradient, direction);
    taylor->curvature = linalg_dot(n, product, direction);
    if (!isfinite(start) || !isfinite(taylor->slope) || !isfinite(taylor->curvature)) {
        error_set(error, ERROR_INPUT, "loss, gradient or Hessian are not finite at this point; choose one where they are");
        taylor_destroy(&taylor);
    }
    for (int i = 0; taylor && i < count; i++) {
        double t = taylor->t[i] = reach * (2.0 * i / (count - 1) - 1);
        if (i == count / 2) t = taylor->t[i] = 0;
        for (int k = 0; k < n; k++) gradient[k] = theta[k] + t * direction[k];
        taylor->loss[i] = evaluator_loss(evaluator, gradient, NULL);
        taylor->model[i] = start + t * taylor->slope + t * t / 2 * taylor->curvature;
    }
    if (taylor) {
        taylor->holds[0] = holds_to(taylor, -1, share);
        taylor->holds[1] = holds_to(taylor, 1, share);
    }
    free(gradient);
    free(product);
    evaluator_destroy(&evaluator);
    return taylor;
}
