#include "analyze/analyze.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "formula.h"

#include <stdlib.h>
#include <string.h>

static struct objective *network(const int *layers, int count) {
    struct error error = {0};
    struct data *data = data_create(&(struct data_params){.name = "moons", .samples = 20, .seed = 1}, &error);
    struct network_params params = {.layers = layers, .layer_count = count, .loss = LOSS_CROSS_ENTROPY};
    struct objective *objective = data ? objective_create_network(&params, data, &error) : NULL;
    if (!objective) fail_msg("%s", error.message);
    return objective;
}

static void assert_round_trip(const struct plane *plane) {
    double *theta = MEM_NEW(double, plane->n), *off = MEM_NEW(double, plane->n);
    plane_lift(plane, 1.25, -0.5, theta);
    struct plane_point point = plane_project(plane, theta);
    assert_near(point.a, 1.25, 1e-12);
    assert_near(point.b, -0.5, 1e-12);
    assert_near(point.distance, 0, 1e-12);
    /* A step off the plane changes the distance alone. */
    struct random random = random_seeded(4, 0);
    for (int i = 0; i < plane->n; i++) off[i] = random_normal(&random);
    linalg_axpy(plane->n, -linalg_dot(plane->n, off, plane->u) / plane->uu, plane->u, off);
    linalg_axpy(plane->n, -linalg_dot(plane->n, off, plane->v) / plane->vv, plane->v, off);
    linalg_axpy(plane->n, 1, off, theta);
    point = plane_project(plane, theta);
    assert_near(point.a, 1.25, 1e-12);
    assert_near(point.b, -0.5, 1e-12);
    assert_near(point.distance, linalg_norm(plane->n, off), 1e-12);
    free(theta);
    free(off);
}

static void axes_are_unit_vectors_with_names(void **state) {
    const int layers[] = {2, 3, 2};
    struct objective *objective = network(layers, 3);
    int n = objective_dimension(objective);
    double *origin = MEM_NEW(double, n);
    objective_initialise(objective, 3, origin);
    struct plane *plane = plane_create_axes(objective, origin, 3, 7);
    for (int i = 0; i < n; i++) {
        assert_true(plane->u[i] == (i == 3));
        assert_true(plane->v[i] == (i == 7));
    }
    assert_string_equal(plane->u_name, "0.weight[1,1]");
    assert_string_equal(plane->v_name, "0.bias[1]");
    assert_true(isnan(plane->share[0]));
    assert_round_trip(plane);
    plane_destroy(&plane);
    plane_destroy(&plane);
    objective_destroy(&objective);
    free(origin);

    objective = formula("x*y");
    plane = plane_create_axes(objective, (double[]){0, 0}, 0, 1);
    assert_string_equal(plane->u_name, "x");
    assert_string_equal(plane->v_name, "y");
    plane_destroy(&plane);
    objective_destroy(&objective);
}

static void random_directions_have_the_filters_norms(void **state) {
    const int layers[] = {2, 16, 16, 2};
    struct objective *objective = network(layers, 4);
    int n = objective_dimension(objective);
    double *origin = MEM_NEW(double, n);
    objective_initialise(objective, 5, origin);
    struct plane *plane = plane_create_random(objective, origin, 11),
                 *again = plane_create_random(objective, origin, 11);
    struct plane *other = plane_create_random(objective, origin, 12);
    assert_memory_equal(plane->u, again->u, (size_t)n * sizeof *plane->u);
    assert_memory_equal(plane->v, again->v, (size_t)n * sizeof *plane->v);
    assert_memory_not_equal(plane->u, other->u, (size_t)n * sizeof *plane->u);
    const struct layout_entry *entries;
    size_t count = objective_layout(objective, &entries);
    for (size_t k = 0; k < count; k++) {
        int rows = entries[k].rank == 2 ? entries[k].shape[0] : 1, width = entries[k].size / rows;
        for (int row = 0; row < rows; row++) {
            int offset = entries[k].offset + row * width;
            double expected = entries[k].rank == 2 ? linalg_norm(width, origin + offset) : 0;
            assert_near(linalg_norm(width, plane->u + offset), expected, 1e-14);
        }
    }
    assert_near(linalg_dot(n, plane->u, plane->v), 0, 1e-14);
    assert_true(plane->vv > 0.5 * plane->uu && plane->vv < 1.5 * plane->uu);
    assert_near(plane->uu, linalg_dot(n, plane->u, plane->u), 1e-15);
    assert_round_trip(plane);
    struct plane *copy = plane_copy(plane);
    assert_memory_equal(copy->v, plane->v, (size_t)n * sizeof *plane->v);
    assert_string_equal(copy->u_name, plane->u_name);
    plane_destroy(&copy);
    plane_destroy(&again);
    plane_destroy(&other);
    plane_destroy(&plane);
    objective_destroy(&objective);
    free(origin);
}

static void random_directions_exist_everywhere(void **state) {
    const int narrow[] = {2, 1, 2};
    struct objective *objectives[] = {formula("x*y"), network(narrow, 3)};
    for (size_t k = 0; k < 2; k++) {
        int n = objective_dimension(objectives[k]);
        double *zero = MEM_NEW(double, n);
        for (uint64_t seed = 0; seed < 20; seed++) {
            struct plane *plane = plane_create_random(objectives[k], zero, seed);
            assert_true(plane->uu > 0 && isfinite(plane->uu));
            assert_true(plane->vv > 0 && isfinite(plane->vv));
            assert_near(linalg_dot(n, plane->u, plane->v), 0, 1e-13);
            plane_destroy(&plane);
        }
        free(zero);
        objective_destroy(&objectives[k]);
    }
}

static double *made_points(int count, int n) {
    double *points = MEM_NEW(double, count *n);
    for (int i = 0; i < count; i++)
        for (int j = 0; j < n; j++) points[i * n + j] = sin(1 + 1.3 * i + 0.7 * i * j) * (1 + j) + 0.1 * i * j;
    return points;
}

static void principal_components_agree_with_numpy(void **state) {
    FILE *file = fopen(FIXTURES "/analyze/planes.txt", "r");
    assert_non_null(file);
    int count, n, around_last, cases = 0;
    while (fscanf(file, "%d %d %d", &count, &n, &around_last) == 3) {
        struct objective *objective = many_variables(n);
        double *points = made_points(count, n), value;
        struct error error = {0};
        struct plane *plane =
            plane_create_pca(objective, points, count, around_last ? points + (count - 1) * n : NULL, &error);
        if (!plane) fail_msg("%s", error.message);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(fscanf(file, "%lf", &value), 1);
            assert_near(plane->share[k], value, 1e-12);
        }
        for (int k = 0; k < 2 * n; k++) {
            assert_int_equal(fscanf(file, "%lf", &value), 1);
            assert_near(k < n ? plane->u[k] : plane->v[k - n], value, 1e-11);
        }
        assert_near(plane->uu, 1, 1e-14);
        assert_near(plane->vv, 1, 1e-14);
        assert_near(linalg_dot(n, plane->u, plane->v), 0, 1e-14);
        assert_round_trip(plane);
        plane_destroy(&plane);
        objective_destroy(&objective);
        free(points);
        cases++;
    }
    assert_int_equal(cases, 3);
    fclose(file);
}

/* More points and parameters than are worth all eigenpairs: checked by the definition. */
static void principal_components_of_many_points(void **state) {
    const int layers[] = {2, 24, 20, 2};
    struct objective *objective = network(layers, 4);
    int n = objective_dimension(objective), count = 450;
    assert_true(n > 420);
    double *points = MEM_NEW(double, count *n), *theta = MEM_NEW(double, n), *product = MEM_NEW(double, n), total = 0;
    struct random random = random_seeded(8, 0);
    for (int i = 0; i < count; i++) /* a path with drift in few directions, and noise in all */
        for (int j = 0; j < n; j++)
            points[i * n + j] = 3 * sin(0.01 * i + j) + 0.8 * cos(0.03 * i) * (j % 3) + 0.1 * random_normal(&random);
    struct error error = {0};
    struct plane *plane = plane_create_pca(objective, points, count, NULL, &error);
    if (!plane) fail_msg("%s", error.message);
    for (int i = 0; i < count; i++) {
        linalg_axpy(n, -1, plane->origin, points + i * n);
        total += linalg_dot(n, points + i * n, points + i * n);
    }
    const double *directions[2] = {plane->u, plane->v};
    for (int k = 0; k < 2; k++) {
        linalg_gemv(false, count, n, 1, points, n, directions[k], 0, theta); /* n > count */
        double value = linalg_dot(count, theta, theta);
        assert_near(plane->share[k], value / total, 1e-12);
        linalg_gemv(true, count, n, 1, points, n, theta, 0, product);
        linalg_axpy(n, -value, directions[k], product);
        assert_true(linalg_norm(n, product) <= 1e-9 * total);
    }
    /* What is left has no direction with more variance, as a plain power iteration sees it. */
    for (int i = 0; i < count; i++)
        for (int k = 0; k < 2; k++)
            linalg_axpy(n, -linalg_dot(n, points + i * n, directions[k]), directions[k], points + i * n);
    for (int j = 0; j < n; j++) product[j] = random_normal(&random);
    double largest = 0;
    for (int k = 0; k < 60; k++) {
        linalg_scale(n, 1 / linalg_norm(n, product), product);
        linalg_gemv(false, count, n, 1, points, n, product, 0, theta);
        largest = linalg_dot(count, theta, theta);
        linalg_gemv(true, count, n, 1, points, n, theta, 0, product);
    }
    assert_true(largest / total < plane->share[1]);
    assert_true(plane->share[0] > plane->share[1]);
    assert_round_trip(plane);
    plane_destroy(&plane);
    objective_destroy(&objective);
    free(points);
    free(theta);
    free(product);
}

static void a_line_of_points_still_spans_a_plane(void **state) {
    struct objective *objective = many_variables(7);
    double points[5 * 7];
    for (int scale = 0; scale < 3; scale++) { /* entries near 1, whose squares vanish, whose squares overflow */
        for (int i = 0; i < 35; i++) points[i] = (double[]){1, 1e-200, 1e200}[scale] * (i / 7) * (1 + i % 7);
        struct plane *plane = plane_create_pca(objective, points, 5, NULL, NULL);
        assert_non_null(plane);
        assert_near(plane->share[0], 1, 1e-14);
        assert_true(plane->share[1] == 0);
        assert_near(plane->u[6], 7 / sqrt(140), 1e-12);
        assert_near(linalg_dot(7, plane->u, plane->v), 0, 1e-14);
        assert_near(plane->vv, 1, 1e-14);
        plane_destroy(&plane);
    }
    objective_destroy(&objective);
}

static void too_few_points_are_refused(void **state) {
    struct objective *objective = formula("x*y");
    const double two[] = {1, 2, 3, 4, 1, 2, 3, 4}, bad[] = {1, 2, 3, NAN, 5, 6};
    struct error error = {0};
    assert_null(plane_create_pca(objective, two, 4, NULL, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_non_null(strstr(error.message, "have 2"));
    error = (struct error){0};
    assert_null(plane_create_pca(objective, two, 0, NULL, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    error = (struct error){0};
    assert_null(plane_create_pca(objective, bad, 3, NULL, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    objective_destroy(&objective);
}

/* The lesson of Böttcher & Wheeler 2022: at a network's saddle the Hessian's plane shows one axis going up and the other
 * down; a random plane, with few of many directions leading down, mostly shows a bowl. */
static void the_hessian_plane_shows_a_saddle(void **state) {
    struct error error = {0};
    struct data *data =
        data_create(&(struct data_params){.name = "moons", .samples = 200, .noise = 0.4, .seed = 1}, &error);
    const int layers[] = {2, 4, 2};
    struct network_params params = {.layers = layers, .layer_count = 3, .loss = LOSS_MSE};
    struct objective *objective = objective_create_network(&params, data, &error);
    if (!objective) fail_msg("%s", error.message);
    int n = objective_dimension(objective), saddles = 0, downs = 0;
    double *theta = MEM_NEW(double, n), *at = MEM_NEW(double, n);
    struct evaluator *evaluator = evaluator_create(objective);
    for (uint64_t seed = 1; seed < 40 && saddles < 1; seed++) {
        objective_initialise(objective, seed, theta);
        for (int step = 0; step < 20; step++) { /* lower down, where most directions lead up */
            evaluator_gradient(evaluator, theta, NULL, at);
            linalg_axpy(n, -0.3, at, theta);
        }
        struct seek_result *result =
            critical_seek(&(struct seek_params){.objective = objective, .theta = theta}, NULL, &error);
        assert_non_null(result);
        struct eigen_report *report = hessian_analyze(objective, result->theta, &error);
        assert_non_null(report);
        if (result->ending == SEEK_FOUND && report->index > 0 && report->index <= 4) {
            saddles++;
            struct plane *plane = plane_create_hessian(objective, result->theta, NULL, &error);
            assert_non_null(plane);
            assert_int_equal(plane->kind, PLANE_HESSIAN);
            assert_near(plane->uu, 1, 1e-12);
            assert_near(plane->vv, 1, 1e-12);
            assert_near(linalg_dot(n, plane->u, plane->v), 0, 1e-12);
            double least = report->eigenvalues[0], step = 1e-2;
            for (int side = -1; side <= 1; side += 2) {
                plane_lift(plane, side * step, 0, at);
                assert_true(evaluator_loss(evaluator, at, NULL) > report->loss);
                plane_lift(plane, 0, side * step, at);
                double down = evaluator_loss(evaluator, at, NULL);
                assert_true(down < report->loss);
                /* by ½ λ t², as the quadratic model says */
                assert_true(fabs(down - report->loss - least * step * step / 2) < 0.2 * fabs(least) * step * step / 2);
            }
            plane_destroy(&plane);
            for (int k = 0; k < 20; k++) { /* does any direction of a random plane lead down? */
                plane = plane_create_random(objective, result->theta, (uint64_t)k + 1);
                double h[3] = {0}, *hv = at;
                evaluator_hvp(evaluator, result->theta, NULL, 1, plane->u, hv);
                h[0] = linalg_dot(n, plane->u, hv) / plane->uu;
                h[1] = linalg_dot(n, plane->v, hv) / sqrt(plane->uu * plane->vv);
                evaluator_hvp(evaluator, result->theta, NULL, 1, plane->v, hv);
                h[2] = linalg_dot(n, plane->v, hv) / plane->vv;
                downs += h[0] * h[2] - h[1] * h[1] < 0;
                plane_destroy(&plane);
            }
        }
        eigen_report_destroy(&report);
        seek_result_destroy(&result);
    }
    assert_int_equal(saddles, 1);
    if (downs > 6) fail_msg("%d of 20 random planes show the saddle", downs);
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
    free(theta);
    free(at);
}

static void three_points_span_a_plane(void **state) {
    enum { N = 5 };
    struct objective *objective = many_variables(N);
    struct error error = {0};
    const double p[3][N] = {{1, 2, 3, 4, 5}, {2, 2, 3, 4, 6}, {0, 7, 3, 1, 5}};
    struct plane *plane = plane_create_points(objective, p[0], p[1], p[2], &error);
    assert_non_null(plane);
    const double lengths[] = {0, sqrt(2)};
    for (int k = 0; k < 3; k++) {
        struct plane_point at = plane_project(plane, p[k]);
        assert_near(at.distance, 0, 1e-12);
        if (k < 2) assert_near(at.a, lengths[k], 1e-12);
        if (k < 2) assert_near(at.b, 0, 1e-12);
        if (k == 2) assert_true(at.b > 0);
    }
    plane_destroy(&plane);
    const double middle[N] = {1.5, 2, 3, 4, 5.5};
    assert_null(plane_create_points(objective, p[0], p[1], middle, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_null(plane_create_points(objective, p[0], p[0], p[2], &error));
    objective_destroy(&objective);
}

static void a_line_goes_through_both_ends(void **state) {
    struct objective *objective = formula("x^2 + 3*y");
    double losses[5];
    line_sample(objective, (double[]){1, 2}, (double[]){3, -1}, -0.5, 1.5, 5, losses);
    for (int k = 0; k < 5; k++) {
        double t = -0.5 + 0.5 * k, x = 1 + 2 * t, y = 2 - 3 * t;
        assert_near(losses[k], x * x + 3 * y, 1e-14);
    }
    objective_destroy(&objective);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_are_unit_vectors_with_names),
        cmocka_unit_test(random_directions_have_the_filters_norms),
        cmocka_unit_test(random_directions_exist_everywhere),
        cmocka_unit_test(principal_components_agree_with_numpy),
        cmocka_unit_test(principal_components_of_many_points),
        cmocka_unit_test(a_line_of_points_still_spans_a_plane),
        cmocka_unit_test(too_few_points_are_refused),
        cmocka_unit_test(the_hessian_plane_shows_a_saddle),
        cmocka_unit_test(three_points_span_a_plane),
        cmocka_unit_test(a_line_goes_through_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
