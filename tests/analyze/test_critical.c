#include "analyze/analyze.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "base/threads.h"
#include "formula.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct critical_search *search_in(const struct objective *objective, double x0, double x1, double y0, double y1,
                                         int threads) {
    struct error error = {0};
    struct critical_params params = {.objective = objective, .low = {x0, y0}, .high = {x1, y1}, .threads = threads};
    struct critical_search *search = critical_create(&params, &error);
    if (!search) fail_msg("%s", error.message);
    critical_wait(search);
    assert_true(critical_finished(search));
    return search;
}

static enum point_kind kind_named(const char *name) {
    for (int k = POINT_MINIMUM; k <= POINT_NOT_CRITICAL; k++)
        if (strcmp(point_kind_names[k], name) == 0) return (enum point_kind)k;
    fail_msg("no kind %s", name);
    return POINT_NOT_CRITICAL;
}

/* The points of the fixture are a set: each must be found once. */
static bool take_point(const struct critical_point *points, size_t count, bool *taken, const double v[5],
                       const char *kind) {
    for (size_t i = 0; i < count; i++) {
        const struct eigen_report *report = points[i].report;
        if (taken[i] || hypot(report->at[0] - v[0], report->at[1] - v[1]) > 1e-8) continue;
        taken[i] = true;
        assert_int_equal(report->kind, kind_named(kind));
        assert_false(points[i].valley);
        assert_near(report->loss, v[2], 1e-12);
        assert_near(report->eigenvalues[0], v[3], 1e-8);
        assert_near(report->eigenvalues[1], v[4], 1e-8);
        assert_true(report->gradient_norm <= 1e-10);
        assert_true(report->residuals[0] <= 1e-9 && report->residuals[1] <= 1e-9);
        return true;
    }
    return false;
}

static void finds_what_the_oracle_finds(void **state) {
    FILE *file = fopen(FIXTURES "/analyze/critical.txt", "r");
    assert_non_null(file);
    char line[1024], name[64] = "", text[1024], kind[32];
    struct objective *objective = NULL;
    struct critical_search *search = NULL;
    const struct critical_point *points = NULL;
    size_t count = 0, seen = 0, functions = 0;
    bool taken[512];
    bool more = true;
    while (more) {
        more = fgets(line, sizeof line, file) != NULL;
        double v[5], x0, x1, y0, y1;
        if (!more || strncmp(line, "function ", 9) == 0) {
            if (search && seen != count) fail_msg("%s: found %zu points, %zu would be right", name, count, seen);
            critical_destroy(&search);
            objective_destroy(&objective);
            if (!more) break;
            assert_int_equal(sscanf(line, "function %63s %lf %lf %lf %lf %1023[^\n]", name, &x0, &x1, &y0, &y1, text),
                             6);
            objective = formula(text);
            double start = clock_seconds();
            search = search_in(objective, x0, x1, y0, y1, 0);
            if (clock_seconds() - start > 20) fail_msg("%s took %.1f s", name, clock_seconds() - start);
            assert_true(critical_complete(search));
            count = critical_points(search, &points);
            assert_true(count <= 512);
            memset(taken, 0, sizeof taken);
            seen = 0;
            functions++;
        } else if (line[0] == 'p') {
            assert_int_equal(sscanf(line, "point %lf %lf %lf %31s %lf %lf", &v[0], &v[1], &v[2], kind, &v[3], &v[4]),
                             6);
            if (!take_point(points, count, taken, v, kind))
                fail_msg("%s: missed %s %.17g, %.17g", name, kind, v[0], v[1]);
            seen++;
        }
    }
    assert_int_equal(functions, 14);
    fclose(file);
}

/* The minima as published (Himmelblau 1972), and the order of the list. */
static void himmelblau_as_published(void **state) {
    static const double minima[4][2] = {{3, 2},
                                        {-2.805118086952745, 3.131312518250573},
                                        {-3.779310253377747, -3.283185991286170},
                                        {3.584428340330492, -1.848126526964404}};
    struct objective *objective = formula("(x^2 + y - 11)^2 + (x + y^2 - 7)^2");
    struct critical_search *search = search_in(objective, -6, 6, -6, 6, 0);
    const struct critical_point *points;
    size_t count = critical_points(search, &points);
    int kinds[5] = {0}, matched = 0;
    for (size_t i = 0; i < count; i++) {
        kinds[points[i].report->kind]++;
        if (i > 0) assert_true(points[i].report->kind >= points[i - 1].report->kind);
        if (i > 0 && points[i].report->kind == points[i - 1].report->kind)
            assert_true(points[i].report->loss >= points[i - 1].report->loss);
        for (int k = 0; k < 4; k++)
            matched += hypot(points[i].report->at[0] - minima[k][0], points[i].report->at[1] - minima[k][1]) < 1e-8;
    }
    assert_int_equal(count, 9);
    assert_int_equal(kinds[POINT_MINIMUM], 4);
    assert_int_equal(kinds[POINT_SADDLE], 4);
    assert_int_equal(kinds[POINT_MAXIMUM], 1);
    assert_int_equal(matched, 4);
    critical_destroy(&search);
    objective_destroy(&objective);
}

static void threads_change_nothing(void **state) {
    static const char *const texts[] = {"20 + x^2 - 10*cos(2*pi*x) + y^2 - 10*cos(2*pi*y)", "(1 - x*y)^2",
                                        "(sin(x)*sin(y))^2", "relu(x)^2 + relu(y)^2"};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        struct objective *objective = formula(texts[k]);
        struct critical_search *one = search_in(objective, -2.3, 2.2, -2.1, 2, 1);
        struct critical_search *three = search_in(objective, -2.3, 2.2, -2.1, 2, 3);
        const struct critical_point *a, *b;
        size_t count = critical_points(one, &a);
        assert_true(count > 0);
        assert_int_equal(critical_points(three, &b), count);
        for (size_t i = 0; i < count; i++) {
            assert_memory_equal(a[i].report->at, b[i].report->at, 2 * sizeof(double));
            assert_memory_equal(a[i].report->eigenvalues, b[i].report->eigenvalues, 2 * sizeof(double));
            assert_true(a[i].report->kind == b[i].report->kind && a[i].valley == b[i].valley);
        }
        critical_destroy(&one);
        critical_destroy(&three);
        objective_destroy(&objective);
    }
}

/* Random formulas, some without sense: no crash, no hang, and every point reported is one. */
static void random_formulas_give_only_true_points(void **state) {
    static const char *const parts[] = {
        "x^2", "y^2",   "x*y",         "sin(3*x)",    "cos(2*y - x)", "exp(-x^2)", "abs(x)",    "relu(y)",
        "x^4", "y^3",   "tanh(4*x*y)", "log(x+3)",    "sqrt(y+1)",    "max(x, y)", "min(x, 0)", "1/(x^2+y^2+0.1)",
        "x",   "0.3*y", "log(x)",      "sigmoid(9*y)"};
    enum { PARTS = sizeof parts / sizeof *parts };
    struct random random = random_seeded(77, 0);
    for (int k = 0; k < 60; k++) {
        char text[200];
        int used = snprintf(text, sizeof text, "%s", parts[random_below(&random, PARTS)]);
        for (size_t terms = 1 + random_below(&random, 3); terms > 0; terms--)
            used += snprintf(text + used, sizeof text - (size_t)used, " %c %s", "+-+*"[random_below(&random, 4)],
                             parts[random_below(&random, PARTS)]);
        struct objective *objective = formula(text);
        struct critical_search *search = search_in(objective, -2, 2.1, -1.9, 2, 0);
        const struct critical_point *points;
        size_t count = critical_points(search, &points);
        assert_true(count <= 4096);
        for (size_t i = 0; i < count; i++) {
            const struct eigen_report *report = points[i].report;
            if (!(report->gradient_norm <= 1e-10) || report->kind == POINT_NOT_CRITICAL ||
                !(report->at[0] >= -2 - 1e-8 && report->at[0] <= 2.1 + 1e-8 && report->at[1] >= -1.9 - 1e-8 &&
                  report->at[1] <= 2 + 1e-8))
                fail_msg("%s: %.17g, %.17g with gradient %g", text, report->at[0], report->at[1],
                         report->gradient_norm);
        }
        critical_destroy(&search);
        objective_destroy(&objective);
    }
}

static void note_end(void *context) {
    atomic_store((atomic_bool *)context, true);
}

static void a_cancelled_search_has_no_points(void **state) {
    struct objective *objective = formula("sin(1000*x)*sin(1000*y)"); /* rough at every scale: long work */
    atomic_bool ended = false;
    struct critical_params params = {
        .objective = objective, .low = {-1, -1}, .high = {1, 1}, .wakeup = note_end, .wakeup_context = &ended};
    struct critical_search *search = NULL;
    double waited = INFINITY;
    for (int attempt = 0; attempt < 6 && waited > 0.1; attempt++) { /* a busy machine may delay one, not all */
        critical_destroy(&search);
        search = critical_create(&params, NULL);
        usleep(20000);
        double before = clock_seconds();
        critical_cancel(search);
        critical_wait(search);
        waited = clock_seconds() - before;
    }
    if (waited > 0.1) fail_msg("cancelled after %.3f s", waited);
    const struct critical_point *points;
    assert_int_equal(critical_points(search, &points), 0);
    assert_false(critical_complete(search));
    critical_destroy(&search);
    assert_true(atomic_load(&ended));
    search = critical_create(&params, NULL);
    critical_destroy(&search); /* at work */
    critical_destroy(&search);
    objective_destroy(&objective);
}

static void limits_are_owned_up_to(void **state) {
    struct objective *objective = formula("sin(300*x)*sin(300*y)");
    struct critical_search *search = search_in(objective, -1, 1, -1, 1, 0);
    const struct critical_point *points;
    assert_int_equal(critical_points(search, &points), 4096);
    assert_false(critical_complete(search));
    for (int i = 0; i < 4096; i++) assert_true(fabs(points[i].report->at[0]) < 0.9); /* the nearest to the centre */
    critical_destroy(&search);
    objective_destroy(&objective);
}

static void bad_parameters_are_refused(void **state) {
    struct objective *objective = formula("x*y"), *larger = many_variables(3);
    for (int k = 0; k < 6; k++) {
        struct critical_params params = {.objective = objective, .low = {-1, -1}, .high = {1, 1}};
        switch (k) {
        case 0: params.objective = larger; break;
        case 1: params.low[0] = 1; break;
        case 2: params.high[1] = NAN; break;
        case 3: params.low[1] = -INFINITY; break;
        case 4: params.threads = -2; break;
        case 5:
            params.low[0] = -1.5e308;
            params.high[0] = 1.5e308;
            break;
        }
        struct error error = {0};
        assert_null(critical_create(&params, &error));
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_true(strlen(error.message) > 20);
    }
    objective_destroy(&objective);
    objective_destroy(&larger);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_the_oracle_finds),      cmocka_unit_test(himmelblau_as_published),
        cmocka_unit_test(threads_change_nothing),           cmocka_unit_test(random_formulas_give_only_true_points),
        cmocka_unit_test(a_cancelled_search_has_no_points), cmocka_unit_test(limits_are_owned_up_to),
        cmocka_unit_test(bad_parameters_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
