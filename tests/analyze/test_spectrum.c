#include "analyze/analyze.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "formula.h"
#include "network.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ENDS = 5 };

struct large {
    struct objective *objective;
    int n;
    double *theta, loss, gradient_norm, trace, eigenvalues[2 * ENDS];
};

/* The network of oracle_spectrum.py, with what PyTorch says of it. */
static struct large large_network(void) {
    const int layers[] = {2, 97, 97, 3};
    struct large large = {.objective = tanh_network(layers, 4, LOSS_CROSS_ENTROPY)};
    FILE *file = fopen(FIXTURES "/analyze/spectrum.txt", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d %lf %lf %lf", &large.n, &large.loss, &large.gradient_norm, &large.trace), 4);
    assert_int_equal(large.n, objective_dimension(large.objective));
    for (int k = 0; k < 2 * ENDS; k++) assert_int_equal(fscanf(file, "%lf", &large.eigenvalues[k]), 1);
    fclose(file);
    large.theta = MEM_NEW(double, large.n);
    for (int i = 0; i < large.n; i++) large.theta[i] = 0.3 * sin(1 + 0.7 * i + 0.3 * (i % 11));
    return large;
}

static void release(struct large *large) {
    objective_destroy(&large->objective);
    free(large->theta);
}

static void both_ends_agree_with_pytorch(void **state) {
    struct large large = large_network();
    struct error error = {0};
    struct eigen_ends *ends = hessian_ends(large.objective, large.theta, ENDS, NULL, &error);
    if (!ends) fail_msg("%s", error.message);
    assert_int_equal(ends->low, ENDS);
    assert_int_equal(ends->high, ENDS);
    assert_near(ends->loss, large.loss, 1e-12);
    assert_near(ends->gradient_norm, large.gradient_norm, 1e-11);
    double norm = fmax(fabs(large.eigenvalues[0]), fabs(large.eigenvalues[2 * ENDS - 1]));
    for (int k = 0; k < 2 * ENDS; k++) {
        if (!(fabs(ends->eigenvalues[k] - large.eigenvalues[k]) <= 1e-7 * fabs(large.eigenvalues[k])))
            fail_msg("eigenvalue %d is %.12g, PyTorch's %.12g", k, ends->eigenvalues[k], large.eigenvalues[k]);
        assert_true(ends->residuals[k] <= 1e-6 * norm);
        assert_near(linalg_norm(large.n, ends->eigenvectors + (size_t)k * (size_t)large.n), 1, 1e-12);
    }
    assert_int_equal(ends->kind, POINT_NOT_CRITICAL);
    assert_int_equal(ends->index, ENDS);
    assert_false(ends->index_exact);
    assert_true(ends->products < large.n / 10);
    eigen_ends_destroy(&ends);
    eigen_ends_destroy(&ends);
    release(&large);
}

/* ∫ φ and ∫ t φ by the trapezium rule. */
static void integrate(const struct spectrum *spectrum, double *mass, double *mean) {
    *mass = *mean = 0;
    for (int i = 0; i + 1 < spectrum->points; i++) {
        double step = spectrum->grid[i + 1] - spectrum->grid[i];
        assert_true(step > 0);
        *mass += step * (spectrum->density[i] + spectrum->density[i + 1]) / 2;
        *mean += step * (spectrum->grid[i] * spectrum->density[i] + spectrum->grid[i + 1] * spectrum->density[i + 1]) / 2;
    }
}

static void the_density_integrates_to_one_with_the_traces_mean(void **state) {
    struct large large = large_network();
    struct error error = {0};
    struct spectrum_params params = {.objective = large.objective, .theta = large.theta, .probes = 100, .seed = 3};
    struct spectrum *spectrum = spectrum_estimate(&params, NULL, &error);
    if (!spectrum) fail_msg("%s", error.message);
    double mass, mean, weights = 0;
    integrate(spectrum, &mass, &mean);
    assert_near(mass, 1, 1e-6);
    for (int i = 0; i < spectrum->nodes; i++) weights += spectrum->weights[i];
    assert_near(weights, 1, 1e-12);
    /* The mean is the trace estimate's, and that is within three standard errors of PyTorch's. */
    assert_true(fabs(mean * large.n - spectrum->trace) <= 1e-5 * fabs(spectrum->trace));
    assert_true(spectrum->trace_error > 0 && spectrum->trace_error < 0.2 * large.trace);
    if (!(fabs(spectrum->trace - large.trace) <= 3 * spectrum->trace_error))
        fail_msg("trace %g ± %g, PyTorch's is %g", spectrum->trace, spectrum->trace_error, large.trace);
    /* Lanczos finds the ends. */
    assert_true(fabs(spectrum->values[spectrum->nodes - 1] - large.eigenvalues[2 * ENDS - 1]) <=
                1e-6 * large.eigenvalues[2 * ENDS - 1]);

    struct spectrum *by[2];
    for (int k = 0; k < 2; k++) { /* the same bits, whoever computes */
        params.probes = 4;
        params.threads = 1 + 2 * k;
        by[k] = spectrum_estimate(&params, NULL, &error);
        assert_non_null(by[k]);
    }
    assert_memory_equal(by[0]->density, by[1]->density, (size_t)by[0]->points * sizeof(double));
    assert_true(by[0]->trace == by[1]->trace);
    for (int k = 0; k < 2; k++) spectrum_destroy(&by[k]);
    spectrum_destroy(&spectrum);
    spectrum_destroy(&spectrum);
    release(&large);
}

/* With all eigenvalues at hand: moments of the quadrature are those of the matrix, within the error over probes. */
static void the_quadrature_has_the_spectrums_moments(void **state) {
    const int layers[] = {2, 12, 9, 3};
    struct objective *objective = tanh_network(layers, 4, LOSS_MSE);
    int n = objective_dimension(objective);
    double *theta = MEM_NEW(double, n), square = 0, found = 0;
    objective_initialise(objective, 4, theta);
    struct error error = {0};
    struct eigen_report *report = hessian_analyze(objective, theta, &error);
    assert_non_null(report);
    struct spectrum_params params = {.objective = objective, .theta = theta, .probes = 64, .steps = 40};
    struct spectrum *spectrum = spectrum_estimate(&params, NULL, &error);
    assert_non_null(spectrum);
    for (int i = 0; i < n; i++) square += report->eigenvalues[i] * report->eigenvalues[i] / n;
    for (int i = 0; i < spectrum->nodes; i++) found += spectrum->weights[i] * pow(spectrum->values[i], 2);
    assert_true(fabs(found - square) <= 0.15 * square);
    struct spectrum *exact = spectrum_exact(n, report->eigenvalues, 0);
    double mass, mean;
    integrate(exact, &mass, &mean);
    assert_near(mass, 1, 1e-6);
    assert_true(exact->trace_error == 0);
    assert_near(mean * n, exact->trace, 1e-5);
    assert_true(fabs(spectrum->trace - exact->trace) <= 4 * spectrum->trace_error);
    spectrum_destroy(&spectrum);
    spectrum_destroy(&exact);
    eigen_report_destroy(&report);
    objective_destroy(&objective);
    free(theta);
}

static void small_and_flat_ones_are_no_exception(void **state) {
    struct objective *objective = formula("x^2 - 3*y^2");
    struct error error = {0};
    const double at[] = {0, 0};
    struct eigen_ends *ends = hessian_ends(objective, at, 7, NULL, &error);
    assert_non_null(ends);
    assert_int_equal(ends->low + ends->high, 2);
    assert_near(ends->eigenvalues[0], -6, 1e-12);
    assert_near(ends->eigenvalues[1], 2, 1e-12);
    assert_int_equal(ends->kind, POINT_SADDLE);
    assert_true(ends->index_exact);
    eigen_ends_destroy(&ends);
    objective_destroy(&objective);
    objective = formula("0*x + y");
    struct spectrum *spectrum =
        spectrum_estimate(&(struct spectrum_params){.objective = objective, .theta = at}, NULL, &error);
    assert_non_null(spectrum);
    double mass, mean;
    integrate(spectrum, &mass, &mean);
    assert_near(mass, 1, 1e-6);
    assert_near(spectrum->trace, 0, 0);
    spectrum_destroy(&spectrum);
    assert_null(hessian_ends(objective, (double[]){NAN, 0}, 1, NULL, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    objective_destroy(&objective);
}

struct task {
    struct large large;
    struct eigen_ends *ends;
    struct spectrum *spectrum;
};

static bool ends_body(void *context, struct job *job, struct error *error) {
    struct task *task = context;
    task->ends = hessian_ends(task->large.objective, task->large.theta, 40, job, error);
    return task->ends != NULL;
}

static bool spectrum_body(void *context, struct job *job, struct error *error) {
    struct task *task = context;
    const struct spectrum_params params = {.objective = task->large.objective, .theta = task->large.theta};
    task->spectrum = spectrum_estimate(&params, job, error);
    return task->spectrum != NULL;
}

static void jobs_report_and_give_up(void **state) {
    struct large large = large_network();
    struct task tasks[3] = {{.large = large}, {.large = large}, {.large = large}};
    bool (*const bodies[])(void *, struct job *, struct error *) = {ends_body, spectrum_body};
    struct job *jobs[3];
    for (int k = 0; k < 3; k++) /* two wait for ARPACK, or for nothing */
        jobs[k] = job_create(&(struct job_params){.name = "test", .body = bodies[k % 2], .context = &tasks[k]});
    double before = 0;
    for (int k = 0; k < 200 && before < 0.05; k++) {
        struct job_progress progress = job_progress(jobs[1]);
        assert_true(progress.done >= before && progress.done <= 1);
        before = progress.done;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    assert_true(before > 0);
    for (int k = 0; k < 3; k++) job_cancel(jobs[k]);
    for (int k = 0; k < 3; k++) {
        struct error error = {0};
        if (!job_wait(jobs[k], &error)) assert_int_equal(error.kind, ERROR_CANCELLED);
        assert_true(job_progress(jobs[k]).finished);
        job_destroy(&jobs[k]);
        assert_null(jobs[k]);
        eigen_ends_destroy(&tasks[k].ends);
        spectrum_destroy(&tasks[k].spectrum);
    }
    release(&large);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_agree_with_pytorch),
        cmocka_unit_test(the_density_integrates_to_one_with_the_traces_mean),
        cmocka_unit_test(the_quadrature_has_the_spectrums_moments),
        cmocka_unit_test(small_and_flat_ones_are_no_exception),
        cmocka_unit_test(jobs_report_and_give_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
