#include "analyze/analyze.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "formula.h"
#include "network.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_POINTS = 20, STEPS_BETWEEN = 150 };

/* Plain gradient descent, kept every so often. */
static double *descend(const struct objective *objective, double rate) {
    int n = objective_dimension(objective);
    size_t width = (size_t)n;
    double *path = MEM_NEW(double, PATH_POINTS *width), *gradient = MEM_NEW(double, n);
    struct evaluator *evaluator = evaluator_create(objective);
    objective_initialise(objective, 2, path);
    for (int k = 1; k < PATH_POINTS; k++) {
        double *theta = path + (size_t)k * width;
        memcpy(theta, theta - n, width * sizeof *theta);
        for (int i = 0; i < STEPS_BETWEEN; i++) {
            evaluator_gradient(evaluator, theta, NULL, gradient);
            linalg_axpy(n, -rate, gradient, theta);
        }
    }
    evaluator_destroy(&evaluator);
    free(gradient);
    return path;
}

/* Eigenvalues below −tolerance of the Hessian by central differences of the gradient. */
static int index_by_differences(const struct objective *objective, const double *theta, double tolerance) {
    int n = objective_dimension(objective), index = 0;
    size_t width = (size_t)n;
    double *hessian = MEM_NEW(double, width *width), *values = MEM_NEW(double, n), *at = MEM_NEW(double, n);
    double *ahead = MEM_NEW(double, n);
    struct evaluator *evaluator = evaluator_create(objective);
    for (size_t i = 0; i < width; i++) {
        double step = 1e-5 * fmax(1, fabs(theta[i]));
        memcpy(at, theta, width * sizeof *at);
        at[i] = theta[i] + step;
        evaluator_gradient(evaluator, at, NULL, ahead);
        at[i] = theta[i] - step;
        evaluator_gradient(evaluator, at, NULL, hessian + i * width);
        for (size_t j = 0; j < width; j++) hessian[i * width + j] = (ahead[j] - hessian[i * width + j]) / (2 * step);
    }
    struct error error = {0};
    assert_true(linalg_eigen_symmetric(n, hessian, values, NULL, &error));
    for (int i = 0; i < n; i++) index += values[i] < -tolerance;
    evaluator_destroy(&evaluator);
    free(hessian);
    free(values);
    free(at);
    free(ahead);
    return index;
}

/* Every search ends at a critical point or says why not; returns how many were found. */
static int seek_along(const struct objective *objective, const double *path, struct seek_params params) {
    int n = objective_dimension(objective), found = 0;
    params.objective = objective;
    for (int k = 0; k < PATH_POINTS; k++) {
        struct error error = {0};
        params.theta = path + (size_t)k * (size_t)n;
        struct seek_result *result = critical_seek(&params, NULL, &error);
        if (!result) fail_msg("%s", error.message);
        char verdict[256];
        seek_result_verdict(result, verdict, sizeof verdict);
        assert_true(result->gradient_norm <= result->start_norm);
        if (result->ending == SEEK_FOUND) {
            found++;
            assert_true(result->gradient_norm <= 1e-8);
            struct eigen_report *report = hessian_analyze(objective, result->theta, &error);
            assert_non_null(report);
            assert_true(report->kind != POINT_NOT_CRITICAL);
            assert_near(report->gradient_norm, result->gradient_norm, 1e-12);
            assert_int_equal(report->index, index_by_differences(objective, result->theta, report->tolerance));
            eigen_report_destroy(&report);
            assert_non_null(strstr(verdict, "found:"));
        } else {
            assert_true(result->gradient_norm > 1e-8);
            assert_null(strstr(verdict, "found:"));
        }
        seek_result_destroy(&result);
    }
    return found;
}

static struct objective *noisy_network(const char *data_name, double noise, const int *layers, int count,
                                       enum loss_kind loss) {
    struct error error = {0};
    struct data *data =
        data_create(&(struct data_params){.name = data_name, .samples = 200, .noise = noise, .seed = 1}, &error);
    if (!data) fail_msg("%s", error.message);
    struct network_params params = {.layers = layers, .layer_count = count, .loss = loss};
    struct objective *objective = objective_create_network(&params, data, &error);
    if (!objective) fail_msg("%s", error.message);
    return objective;
}

static void path_points_of_small_networks(void **state) {
    const int layers[] = {2, 3, 2};
    for (int k = 0; k < 2; k++) {
        struct objective *objective = noisy_network("moons", 0.4, layers, 3, k ? LOSS_CROSS_ENTROPY : LOSS_MSE);
        double *path = descend(objective, 0.2);
        int found = seek_along(objective, path, (struct seek_params){0});
        if (found < 16) fail_msg("only %d of %d critical points found", found, PATH_POINTS);
        if (k == 0) found = seek_along(objective, path, (struct seek_params){.dense = 1}); /* without any Hessian */
        if (found < 16) fail_msg("only %d of %d critical points found from products", found, PATH_POINTS);
        free(path);
        objective_destroy(&objective);
    }
}

/* float32 trains; what is sought from there is as exact as ever. */
static void networks_in_float32_are_searched_in_float64(void **state) {
    const int layers[] = {2, 3, 2};
    struct error error = {0};
    struct objective *both[2];
    struct seek_result *results[2];
    for (int k = 0; k < 2; k++) {
        struct data *data =
            data_create(&(struct data_params){.name = "moons", .samples = 200, .noise = 0.4, .seed = 1}, &error);
        const struct network_params params = {.layers = layers,
                                              .layer_count = 3,
                                              .loss = LOSS_MSE,
                                              .precision = k ? PRECISION_F32 : PRECISION_F64};
        both[k] = objective_create_network(&params, data, &error);
        assert_non_null(both[k]);
    }
    assert_ptr_equal(objective_exact(both[0]), both[0]);
    assert_ptr_not_equal(objective_exact(both[1]), both[1]);
    double *path = descend(both[0], 0.2);
    int n = objective_dimension(both[0]), found = 0;
    for (int point = 0; point < PATH_POINTS; point += 4) {
        for (int k = 0; k < 2; k++) {
            const struct seek_params params = {.objective = both[k], .theta = path + (size_t)point * (size_t)n};
            results[k] = critical_seek(&params, NULL, &error);
            assert_non_null(results[k]);
        }
        assert_int_equal(results[0]->ending, results[1]->ending);
        assert_memory_equal(results[0]->theta, results[1]->theta, (size_t)n * sizeof(double));
        found += results[1]->ending == SEEK_FOUND;
        struct eigen_report *report = hessian_analyze(both[1], results[1]->theta, &error);
        struct eigen_ends *ends = hessian_ends(both[1], results[1]->theta, 1, NULL, &error);
        assert_true(report->gradient_norm == results[1]->gradient_norm && ends->gradient_norm == report->gradient_norm);
        double norm = fmax(1, fmax(fabs(report->eigenvalues[0]), fabs(report->eigenvalues[n - 1])));
        for (int i = 0; i < n; i++) assert_true(report->residuals[i] <= 1e-12 * norm);
        eigen_report_destroy(&report);
        eigen_ends_destroy(&ends);
        for (int k = 0; k < 2; k++) seek_result_destroy(&results[k]);
    }
    assert_true(found >= 3);
    for (int k = 0; k < 2; k++) objective_destroy(&both[k]);
    free(path);
}

/* The minima of this one are at infinity: what cannot be found is said. */
static void what_is_not_found_is_said(void **state) {
    const int layers[] = {2, 4, 3};
    struct objective *objective = tanh_network(layers, 3, LOSS_MSE);
    double *path = descend(objective, 0.5);
    int found = seek_along(objective, path, (struct seek_params){.iterations = 40});
    assert_true(found >= 1 && found < PATH_POINTS);
    free(path);
    objective_destroy(&objective);
}

static struct seek_result *seek(const char *text, double x, double y) {
    struct objective *objective = formula(text);
    struct error error = {0};
    struct seek_result *result =
        critical_seek(&(struct seek_params){.objective = objective, .theta = (double[]){x, y}}, NULL, &error);
    if (!result) fail_msg("%s: %s", text, error.message);
    objective_destroy(&objective);
    return result;
}

static void known_points_are_reached(void **state) {
    struct seek_result *result = seek("(x^2 + y - 11)^2 + (x + y^2 - 7)^2", 0.2, 2.6); /* Himmelblau's saddle */
    assert_int_equal(result->ending, SEEK_FOUND);
    assert_near(result->theta[0], 0.0866775045553963518, 1e-9);
    assert_near(result->theta[1], 2.88425470117477617, 1e-9);
    seek_result_destroy(&result);
    result = seek("x^3 - 3*x*y^2", 0.3, 0.1); /* degenerate: the Hessian is 0 there */
    assert_int_equal(result->ending, SEEK_FOUND);
    assert_near(result->theta[0], 0, 1e-3);
    seek_result_destroy(&result);
    result = seek("x^2 - y^2", 1, 1);
    assert_int_equal(result->ending, SEEK_FOUND);
    assert_near(result->distance, sqrt(2), 1e-9);
    seek_result_destroy(&result);
    result = seek("x^2 + y", 1, 1); /* has none: the gradient along y lies in the null space */
    char verdict[256];
    assert_int_equal(result->ending, SEEK_FLAT);
    assert_near(result->gradient_norm, 1, 1e-9);
    assert_non_null(strstr(seek_result_verdict(result, verdict, sizeof verdict), "null space"));
    seek_result_destroy(&result);
}

static void bad_starts_are_refused(void **state) {
    struct objective *objective = formula("log(x) + y^2");
    struct error error = {0};
    assert_null(critical_seek(&(struct seek_params){.objective = objective, .theta = (double[]){-1, 0}}, NULL, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    objective_destroy(&objective);
}

static void escapes_lead_down_both_ways(void **state) {
    struct objective *objective = formula("(1 - x*y)^2");
    double theta[4];
    struct escape escape = critical_escape(objective, (double[]){0, 0}, (double[]){sqrt(0.5), sqrt(0.5)}, theta);
    for (int side = 0; side < 2; side++) {
        assert_true(escape.step[side] > 0);
        assert_true(escape.loss[side] < 1);
        double x = theta[2 * side], y = theta[2 * side + 1];
        assert_near(escape.loss[side], pow(1 - x * y, 2), 1e-12);
        assert_true(side == 0 ? x > 0 : x < 0);
    }
    escape = critical_escape(objective, (double[]){0, 0}, (double[]){sqrt(0.5), -sqrt(0.5)}, theta); /* uphill */
    assert_true(escape.step[0] == 0 && escape.step[1] == 0 && escape.loss[0] == 1);
    objective_destroy(&objective);
}

static void the_quadratic_model_holds_where_it_should(void **state) {
    struct objective *objective = formula("x^2 + x^3 + 5*y");
    struct error error = {0};
    const double at[] = {0, 0}, along[] = {1, 0};
    /* L − model = t³ and model − L(0) = t²: off by at most a tenth for |t| ≤ 0.1. */
    struct taylor *taylor = taylor_check(objective, at, along, 0.5, 101, 0.1 + 1e-9, &error);
    assert_non_null(taylor);
    assert_near(taylor->curvature, 2, 1e-14);
    assert_near(taylor->slope, 0, 1e-14);
    assert_near(taylor->holds[0], -0.1, 1e-12);
    assert_near(taylor->holds[1], 0.1, 1e-12);
    for (int i = 0; i < taylor->count; i++) {
        assert_near(taylor->model[i], pow(taylor->t[i], 2), 1e-14);
        assert_near(taylor->loss[i], pow(taylor->t[i], 2) + pow(taylor->t[i], 3), 1e-14);
    }
    taylor_destroy(&taylor);
    assert_null(taylor_check(objective, at, along, INFINITY, 11, 0.1, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    objective_destroy(&objective);
}

/* Along a path, warm-started, against all eigenvalues; and with a preconditioner, D H D by hand. */
static void sharpness_follows_the_largest_eigenvalue(void **state) {
    const int layers[] = {2, 4, 3};
    struct objective *objective = tanh_network(layers, 3, LOSS_MSE);
    int n = objective_dimension(objective);
    size_t width = (size_t)n;
    double *path = descend(objective, 0.5), *scale = MEM_NEW(double, n), *scaled = MEM_NEW(double, width *width);
    double *values = MEM_NEW(double, n);
    struct error error = {0};
    struct sharpness *plain = sharpness_create(objective, 0, 1), *conditioned = sharpness_create(objective, 0, 1);
    struct evaluator *evaluator = evaluator_create(objective);
    for (int i = 0; i < n; i++) scale[i] = 1 + 0.8 * sin(i);
    for (int k = 0; k < PATH_POINTS; k += 3) {
        const double *theta = path + (size_t)k * width;
        struct sharpness_reading reading;
        struct eigen_report *report = hessian_analyze(objective, theta, &error);
        assert_non_null(report);
        assert_true(sharpness_read(plain, theta, NULL, &reading, &error));
        assert_near(reading.largest, report->eigenvalues[n - 1], 1e-9);
        assert_true(reading.residual <= 1e-6 * reading.largest);
        evaluator_hessian(evaluator, theta, NULL, scaled);
        for (size_t i = 0; i < width; i++)
            for (size_t j = 0; j < width; j++) scaled[i * width + j] *= scale[i] * scale[j];
        assert_true(linalg_eigen_symmetric(n, scaled, values, NULL, &error));
        assert_true(sharpness_read(conditioned, theta, scale, &reading, &error));
        assert_near(reading.largest, values[n - 1], 1e-9);
        eigen_report_destroy(&report);
    }
    sharpness_destroy(&plain);
    sharpness_destroy(&conditioned);
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
    free(path);
    free(scale);
    free(scaled);
    free(values);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_points_of_small_networks),
        cmocka_unit_test(networks_in_float32_are_searched_in_float64),
        cmocka_unit_test(what_is_not_found_is_said),
        cmocka_unit_test(known_points_are_reached),
        cmocka_unit_test(bad_starts_are_refused),
        cmocka_unit_test(escapes_lead_down_both_ways),
        cmocka_unit_test(the_quadratic_model_holds_where_it_should),
        cmocka_unit_test(sharpness_follows_the_largest_eigenvalue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
