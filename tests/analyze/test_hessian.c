#include "analyze/analyze.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "formula.h"

#include <stdlib.h>
#include <string.h>

static struct eigen_report *report_at(const char *text, double x, double y) {
    struct objective *objective = formula(text);
    struct error error = {0};
    struct eigen_report *report = hessian_analyze(objective, (double[]){x, y}, &error);
    if (!report) fail_msg("%s: %s", text, error.message);
    objective_destroy(&objective);
    return report;
}

static void the_lecture_saddle(void **state) {
    struct eigen_report *report = report_at("(1 - x*y)^2", 0, 0);
    char verdict[200];
    assert_int_equal(report->kind, POINT_SADDLE);
    assert_int_equal(report->index, 1);
    assert_int_equal(report->degenerate, 0);
    assert_near(report->loss, 1, 1e-15);
    assert_near(report->eigenvalues[0], -2, 1e-10);
    assert_near(report->eigenvalues[1], 2, 1e-10);
    assert_near(report->eigenvectors[0], sqrt(0.5), 1e-10);
    assert_near(report->eigenvectors[1], sqrt(0.5), 1e-10);
    assert_near(report->eigenvectors[2], sqrt(0.5), 1e-10);
    assert_near(report->eigenvectors[3], -sqrt(0.5), 1e-10);
    for (int i = 0; i < 2; i++) assert_true(report->residuals[i] <= 1e-9);
    assert_string_equal(eigen_report_verdict(report, verdict, sizeof verdict),
                        "saddle point, index 1: 1 of 2 directions leads down");
    eigen_report_destroy(&report);
    eigen_report_destroy(&report);
}

static void kinds_follow_the_eigenvalues(void **state) {
    static const struct {
        const char *text;
        double x, y;
        enum point_kind kind;
        int index, degenerate;
        const char *says;
    } cases[] = {
        {"x^2 + 3*y^2", 0, 0, POINT_MINIMUM, 0, 0, "minimum: the loss rises in all 2"},
        {"-x^2 - 3*y^2 + 5", 0, 0, POINT_MAXIMUM, 2, 0, "maximum: the loss falls in all 2"},
        {"x^3 - 3*x*y^2", 0, 0, POINT_DEGENERATE, 0, 2, "degenerate: 2 of 2 eigenvalues are zero"},
        {"(1 - x*y)^2", 1, 1, POINT_DEGENERATE, 0, 1, "degenerate: 1 of 2 eigenvalues is zero"},
        {"x^2 - y^2", 0.5, 0, POINT_NOT_CRITICAL, 1, 0, "not a critical point: the gradient's norm is 1"},
        /* The tolerance is relative to the largest eigenvalue, and to 1 where all are small. */
        {"1e9*x^2 + y^2", 0, 0, POINT_DEGENERATE, 0, 1, "degenerate"},
        {"1e9*x^2 + 1e4*y^2", 0, 0, POINT_MINIMUM, 0, 0, "minimum"},
        {"1e-8*x^2 + y^2", 0, 0, POINT_DEGENERATE, 0, 1, "degenerate"},
        {"1e-5*x^2 - y^2", 0, 0, POINT_SADDLE, 1, 0, "saddle"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct eigen_report *report = report_at(cases[k].text, cases[k].x, cases[k].y);
        char verdict[300];
        eigen_report_verdict(report, verdict, sizeof verdict);
        if (report->kind != cases[k].kind || strncmp(verdict, cases[k].says, strlen(cases[k].says)) != 0)
            fail_msg("%s: %s", cases[k].text, verdict);
        assert_int_equal(report->index, cases[k].index);
        assert_int_equal(report->degenerate, cases[k].degenerate);
        eigen_report_destroy(&report);
    }
    struct eigen_report *report = report_at("x^2 + y^2", 0, 0);
    char small[8];
    assert_string_equal(eigen_report_verdict(report, small, sizeof small), "minimum");
    eigen_report_destroy(&report);
}

static void a_network_agrees_with_pytorch(void **state) {
    struct error error = {0};
    struct data *data = data_create(
        &(struct data_params){.csv = FIXTURES "/analyze/network.csv", .target = "label", .raw = true, .noise = -1},
        &error);
    if (!data) fail_msg("%s", error.message);
    const int layers[] = {2, 4, 3};
    struct network_params params = {.layers = layers, .layer_count = 3, .loss = LOSS_CROSS_ENTROPY};
    struct objective *objective = objective_create_network(&params, data, &error);
    if (!objective) fail_msg("%s", error.message);
    FILE *file = fopen(FIXTURES "/analyze/network.txt", "r");
    assert_non_null(file);
    int n;
    double loss, norm, theta[64], value;
    assert_int_equal(fscanf(file, "%d %lf %lf", &n, &loss, &norm), 3);
    assert_int_equal(n, objective_dimension(objective));
    for (int i = 0; i < n; i++) assert_int_equal(fscanf(file, "%lf", &theta[i]), 1);
    struct eigen_report *report = hessian_analyze(objective, theta, &error);
    if (!report) fail_msg("%s", error.message);
    assert_near(report->loss, loss, 1e-12);
    assert_near(report->gradient_norm, norm, 1e-12);
    assert_int_equal(report->kind, POINT_NOT_CRITICAL);
    for (int i = 0; i < n; i++) {
        assert_int_equal(fscanf(file, "%lf", &value), 1);
        assert_near(report->eigenvalues[i], value, 1e-11);
        assert_true(report->residuals[i] <= 1e-9);
    }
    fclose(file);
    eigen_report_destroy(&report);
    objective_destroy(&objective);
}

/* More eigenvectors than are multiplied at once. */
static void residuals_are_small_for_many_parameters(void **state) {
    struct error error = {0};
    struct data *data = data_create(&(struct data_params){.name = "moons", .samples = 40, .seed = 1}, &error);
    const int layers[] = {2, 12, 9, 2};
    struct network_params params = {.layers = layers, .layer_count = 4, .loss = LOSS_CROSS_ENTROPY};
    struct objective *objective = objective_create_network(&params, data, &error);
    if (!objective) fail_msg("%s", error.message);
    int n = objective_dimension(objective);
    assert_true(n > 100);
    double *theta = MEM_NEW(double, n), largest = 0;
    objective_initialise(objective, 1, theta);
    struct eigen_report *report = hessian_analyze(objective, theta, &error);
    if (!report) fail_msg("%s", error.message);
    for (int i = 0; i < n; i++) largest = fmax(largest, report->residuals[i]);
    assert_true(largest > 0 && largest <= 1e-9);
    eigen_report_destroy(&report);
    objective_destroy(&objective);
    free(theta);
}

static void where_there_is_no_hessian_it_says_so(void **state) {
    static const struct {
        const char *text;
        double x, y;
    } cases[] = {{"log(x) + y", -1, 0}, {"log(x) + y", 0, 0}, {"x*y", NAN, 0}, {"x*y", 0, INFINITY}, {"1/x + y", 0, 1}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct objective *objective = formula(cases[k].text);
        struct error error = {0};
        if (hessian_analyze(objective, (double[]){cases[k].x, cases[k].y}, &error)) fail_msg("%s", cases[k].text);
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_non_null(strstr(error.message, "finite"));
        objective_destroy(&objective);
    }
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lecture_saddle),
        cmocka_unit_test(kinds_follow_the_eigenvalues),
        cmocka_unit_test(a_network_agrees_with_pytorch),
        cmocka_unit_test(residuals_are_small_for_many_parameters),
        cmocka_unit_test(where_there_is_no_hessian_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
