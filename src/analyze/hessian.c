#include "analyze/analyze.h"

#include "base/linalg.h"
#include "base/memory.h"
#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const point_kind_names[] = {"minimum", "maximum", "saddle", "degenerate", "not critical"};

enum { RESIDUAL_BLOCK = 32 }; /* eigenvectors multiplied at once: bounds the memory at 32 n */

void eigen_report_destroy(struct eigen_report **report) {
    if (!report || !*report) return;
    free((*report)->at);
    free((*report)->eigenvalues);
    free((*report)->eigenvectors);
    free((*report)->residuals);
    free(*report);
    *report = NULL;
}

static bool all_finite(size_t count, const double *x, size_t *where) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i])) {
            *where = i;
            return false;
        }
    return true;
}

static void measure_residuals(struct evaluator *evaluator, struct eigen_report *report) {
    size_t n = (size_t)report->n;
    double *products = MEM_NEW(double, RESIDUAL_BLOCK *n);
    for (int first = 0; first < report->n; first += RESIDUAL_BLOCK) {
        int count = report->n - first < RESIDUAL_BLOCK ? report->n - first : RESIDUAL_BLOCK;
        const double *vectors = report->eigenvectors + (size_t)first * n;
        evaluator_hvp(evaluator, report->at, NULL, count, vectors, products);
        for (int k = 0; k < count; k++) {
            double *product = products + (size_t)k * n;
            linalg_axpy(report->n, -report->eigenvalues[first + k], vectors + (size_t)k * n, product);
            report->residuals[first + k] = linalg_norm(report->n, product);
        }
    }
    free(products);
}

static void classify(struct eigen_report *report) {
    double largest = fmax(fabs(report->eigenvalues[0]), fabs(report->eigenvalues[report->n - 1]));
    report->tolerance = HESSIAN_DEGENERATE * fmax(1, largest);
    for (int i = 0; i < report->n; i++) {
        report->index += report->eigenvalues[i] < -report->tolerance;
        report->degenerate += fabs(report->eigenvalues[i]) <= report->tolerance;
    }
    if (!(report->gradient_norm <= HESSIAN_CRITICAL * fmax(1, largest)))
        report->kind = POINT_NOT_CRITICAL;
    else if (report->degenerate > 0)
        report->kind = POINT_DEGENERATE;
    else if (report->index == 0)
        report->kind = POINT_MINIMUM;
    else
        report->kind = report->index == report->n ? POINT_MAXIMUM : POINT_SADDLE;
}

struct eigen_report *hessian_analyze(const struct objective *objective, const double *theta, struct error *error) {
    int n = objective_dimension(objective);
    size_t size = (size_t)n, where;
    if (n > HESSIAN_MAX) {
        error_set(error, ERROR_INPUT, "all eigenpairs of %d parameters are too many; at most %d would be right", n,
                  HESSIAN_MAX);
        return NULL;
    }
    if (!all_finite(size, theta, &where)) {
        error_set(error, ERROR_INPUT, "coordinate %zu of the point is not finite; give finite numbers", where + 1);
        return NULL;
    }
    struct eigen_report *report = MEM_NEW(struct eigen_report, 1);
    report->n = n;
    report->at = MEM_NEW(double, size);
    report->eigenvalues = MEM_NEW(double, size);
    report->eigenvectors = MEM_NEW(double, size *size);
    report->residuals = MEM_NEW(double, size);
    memcpy(report->at, theta, size * sizeof *theta);

    double *gradient = MEM_NEW(double, size), *hessian = MEM_NEW(double, size *size);
    struct evaluator *evaluator = evaluator_create(objective);
    report->loss = evaluator_hessian(evaluator, theta, gradient, hessian);
    report->gradient_norm = linalg_norm(n, gradient);
    bool ok = true;
    if (!isfinite(report->loss))
        ok = error_set(error, ERROR_INPUT, "the loss is not finite at this point; choose one where it is");
    else if (!all_finite(size, gradient, &where))
        ok = error_set(error, ERROR_INPUT, "the gradient does not exist at this point (entry %zu is not finite)",
                       where + 1);
    else if (!all_finite(size * size, hessian, &where))
        ok = error_set(error, ERROR_INPUT,
                       "the Hessian does not exist at this point (row %zu, column %zu is not finite)", where / size + 1,
                       where % size + 1);
    ok = ok && linalg_eigen_symmetric(n, hessian, report->eigenvalues, report->eigenvectors, error);
    if (ok) {
        classify(report);
        measure_residuals(evaluator, report);
    }
    evaluator_destroy(&evaluator);
    free(gradient);
    free(hessian);
    if (!ok) eigen_report_destroy(&report);
    return report;
}

const char *eigen_report_verdict(const struct eigen_report *report, char *out, size_t size) {
    char number[NUMBER_TEXT];
    int n = report->n, up = n - report->index - report->degenerate;
    switch (report->kind) {
    case POINT_MINIMUM: snprintf(out, size, "minimum: the loss rises in all %d directions", n); break;
    case POINT_MAXIMUM: snprintf(out, size, "maximum: the loss falls in all %d directions", n); break;
    case POINT_SADDLE:
        snprintf(out, size, "saddle point, index %d: %d of %d directions lead%s down", report->index, report->index, n,
                 report->index == 1 ? "s" : "");
        break;
    case POINT_DEGENERATE:
        snprintf(
            out, size,
            "degenerate: %d of %d eigenvalues %s zero within ±%s, so the Hessian alone cannot tell; %d down, %d up",
            report->degenerate, n, report->degenerate == 1 ? "is" : "are", number_text(report->tolerance, 0, number),
            report->index, up);
        break;
    case POINT_NOT_CRITICAL:
        snprintf(out, size, "not a critical point: the gradient's norm is %s; curvature: %d down, %d flat, %d up",
                 number_text(report->gradient_norm, 0, number), report->index, report->degenerate, up);
        break;
    }
    return out;
}
