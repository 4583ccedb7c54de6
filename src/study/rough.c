#include "study/study_class.h"

#include "base/linalg.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { DIRECTIONS = 8 };

/* As the search in two dimensions tells a kink (analyze/critical_newton.c): a smooth gradient changes a thousandth as
 * much over a thousandth of the distance; a jump stays. */
static double jump(struct evaluator *evaluator, const double *theta, const double *here, double radius) {
    int n = objective_dimension(evaluator_objective(evaluator));
    double *near = MEM_NEW(double, n), *there = MEM_NEW(double, n), most = 0;
    struct random random = random_seeded(1, 0);
    for (int k = 0; k < DIRECTIONS; k++) {
        for (int i = 0; i < n; i++) near[i] = random_normal(&random);
        double length = linalg_norm(n, near);
        for (int i = 0; i < n; i++) near[i] = theta[i] + radius / length * near[i];
        if (!isfinite(evaluator_gradient(evaluator, near, NULL, there))) continue;
        linalg_axpy(n, -1, here, there);
        double off = linalg_norm(n, there);
        if (isfinite(off)) most = fmax(most, off);
    }
    free(near);
    free(there);
    return most;
}

bool point_is_rough(const struct objective *objective, const double *theta) {
    if (!objective_is_expression(objective)) return false;
    int n = objective_dimension(objective);
    struct evaluator *evaluator = evaluator_create(objective);
    double *here = MEM_NEW(double, n), size = 1 + linalg_norm(n, theta);
    double loss = evaluator_gradient(evaluator, theta, NULL, here), norm = linalg_norm(n, here);
    bool rough = false;
    if (isfinite(loss) && isfinite(norm)) {
        double far = jump(evaluator, theta, here, 1e-4 * size), near = jump(evaluator, theta, here, 1e-7 * size);
        rough = near > 0.05 * far && near > 1e-6 * fmax(1, norm);
    }
    free(here);
    evaluator_destroy(&evaluator);
    return rough;
}
