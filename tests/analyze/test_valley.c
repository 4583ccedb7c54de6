/* What makes a search for critical points lie: degenerate points, valleys, flat regions, kinks, holes. */
#include "analyze/analyze.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "formula.h"

#include <string.h>

/* Kinds count from 1 here, so that an entry left out says nothing. */
enum expectation { NOTHING, MINIMUM, MAXIMUM, SADDLE, DEGENERATE };

struct expected {
    double x, y; /* NAN: anywhere */
    enum expectation kind;
    bool valley;
    double tolerance; /* of the place; 0: 1e-8 */
};

struct situation {
    const char *text;
    double x0, x1, y0, y1;
    int count;
    struct expected points[4]; /* these at least, `count` in all */
};

static void assert_situation(const struct situation *situation) {
    struct objective *objective = formula(situation->text);
    struct critical_params params = {
        .objective = objective, .low = {situation->x0, situation->y0}, .high = {situation->x1, situation->y1}};
    struct critical_search *search = critical_create(&params, NULL);
    assert_non_null(search);
    critical_wait(search);
    const struct critical_point *points;
    size_t count = critical_points(search, &points);
    if ((int)count != situation->count)
        fail_msg("%s: %zu points, expected %d", situation->text, count, situation->count);
    for (int k = 0; k < 4 && k < situation->count; k++) {
        const struct expected *expected = &situation->points[k];
        double tolerance = expected->tolerance > 0 ? expected->tolerance : 1e-8;
        bool found = expected->kind == NOTHING;
        for (size_t i = 0; i < count && !found; i++) {
            const struct eigen_report *report = points[i].report;
            found =
                (int)report->kind == (int)expected->kind - 1 && points[i].valley == expected->valley &&
                (isnan(expected->x) || hypot(report->at[0] - expected->x, report->at[1] - expected->y) <= tolerance) &&
                report->gradient_norm <= 1e-10;
        }
        if (!found)
            fail_msg("%s: no %s %s at %g, %g; the first is %s at %.17g, %.17g", situation->text,
                     point_kind_names[expected->kind - 1], expected->valley ? "valley" : "point", expected->x,
                     expected->y, point_kind_names[points[0].report->kind], points[0].report->at[0],
                     points[0].report->at[1]);
    }
    critical_destroy(&search);
    objective_destroy(&objective);
}

static void assert_all(const struct situation *situations, size_t count) {
    for (size_t k = 0; k < count; k++) assert_situation(&situations[k]);
}
#define ASSERT_ALL(situations) assert_all(situations, sizeof(situations) / sizeof *(situations))

static void isolated_degenerate_points_are_one_point(void **state) {
    static const struct situation situations[] = {
        {"x^3 - 3*x*y^2", -2, 2, -2, 2, 1, {{0, 0, DEGENERATE, false}}},
        {"(x-0.3)^3 - 3*(x-0.3)*(y-0.1)^2", -2, 2, -2, 2, 1, {{0.3, 0.1, DEGENERATE, false}}},
        {"x^4 + y^4", -2, 2, -2, 2, 1, {{0, 0, DEGENERATE, false}}},
        {"x^6 + y^2", -1, 2, -2, 1, 1, {{0, 0, DEGENERATE, false}}},
        {"x^20 + y^20", -1, 1, -1, 1, 1, {{0, 0, DEGENERATE, false}}},
        {"(0.6*x+0.8*y)^6 + (x-0.7*y-0.1)^2", -2, 2, -2, 2, 1, {{4 / 61.0, -3 / 61.0, DEGENERATE, false}}},
        /* Multiplied out, so that cancellation leaves rounding in the gradient. */
        {"x^3 - 0.9*x^2 + 0.27*x - 0.027 + y^2", -2, 2, -2, 2, 1, {{0.3, 0, DEGENERATE, false, 1e-7}}},
    };
    ASSERT_ALL(situations);
}

static void a_connected_valley_is_one_point(void **state) {
    static const struct situation situations[] = {
        {"(1 - x*y)^2", -2, 2, -2, 2, 3, {{0, 0, SADDLE, false}, {1, 1, DEGENERATE, true}, {-1, -1, DEGENERATE, true}}},
        {"(x*y - 1)^4", -2, 2, -2, 2, 3, {{0, 0, SADDLE, false}, {1, 1, DEGENERATE, true}, {-1, -1, DEGENERATE, true}}},
        {"1e6*(1 - x*y)^2",
         -2,
         2,
         -2,
         2,
         3,
         {{0, 0, SADDLE, false}, {1, 1, DEGENERATE, true}, {-1, -1, DEGENERATE, true}}},
        {"x^2", -2, 2, -2, 2, 1, {{0, 0, DEGENERATE, true}}},
        {"x^2", -1, 2, 1, 2, 1, {{0, 1.5, DEGENERATE, true}}},
        {"y^2", -1e-3, 1e-3, -1e3, 1e3, 1, {{0, 0, DEGENERATE, true}}},
        {"x^4", -2, 2, -2, 2, 1, {{0, 0, DEGENERATE, true}}},
        {"(x^2 + y^2 - 1)^2",
         -1.7,
         2,
         -1.1,
         2,
         2,
         {{0, 0, MAXIMUM, false}, {0.31622776601683794, 0.94868329805051377, DEGENERATE, true}}},
        {"(x^2 + y^2 - 0.0001)^2",
         -1.7,
         2,
         -1.1,
         2,
         2,
         {{0, 0, MAXIMUM, false}, {0.0031622776601683794, 0.0094868329805051377, DEGENERATE, true}}},
        {"x^2*y^2", -2, 2, -2, 2, 1, {{0, 0, DEGENERATE, true}}}, /* two that cross */
        {"(x-y)^2*(x+y-0.3)^2", -2, 2, -2, 2, 1, {{0, 0, DEGENERATE, true}}},
        {"(x^2 - y^3)^2", -2, 2, -2, 2, 1, {{0, 0, DEGENERATE, true}}}, /* a cusp */
        {"(sin(x)*sin(y))^2", -10, 10, -10, 10, 37, {{0, 0, DEGENERATE, true}}},
        {"sin(x)^2", -10, 10, -10, 10, 13, {{0, 0, DEGENERATE, true}, {3.141592653589793, 0, DEGENERATE, true}}},
        {"((x-y)^2 - 0.0001)^2", -2, 2, -2, 2, 3, {{0, 0, DEGENERATE, true}}}, /* close together, yet three */
        /* sin(xy) = 0 on hyperbolas; xy = ±5π only cuts the corners. */
        {"cos(x*y)",
         -4,
         4,
         -4,
         4,
         21,
         {{0, 0, DEGENERATE, true}, {3.9633272976060110, 3.9633272976060110, DEGENERATE, true}}},
        /* Nearly a valley, yet its floor slopes: two points. */
        {"(x^2 + y^2 - 1)^2 + 0.001*x", -2, 2, -2, 2, 3, {{NAN, NAN, MINIMUM, false}, {NAN, NAN, SADDLE, false}}},
    };
    ASSERT_ALL(situations);
}

static void a_flat_region_is_one_point(void **state) {
    static const struct situation situations[] = {
        {"3 + 0*x", -1, 1, -1, 1, 1, {{0, 0, DEGENERATE, true}}},
        {"relu(x) + relu(y)", -2, 2, -2, 2, 1, {{0, 0, DEGENERATE, true, 1e-5}}},
        {"relu(x)^2 + relu(y)^2", -2, 2, -2, 2, 1, {{0, 0, DEGENERATE, true}}},
        {"relu(x)^2 + y^2", -2, 2, -2, 2, 1, {{0, 0, DEGENERATE, true}}},
        {"relu(x) + y^2", -2, 2, -2, 2, 1, {{0, 0, DEGENERATE, true, 1e-7}}},
        {"relu(x - 1)^2 + relu(-1 - x)^2", -3, 3, -3, 3, 1, {{0, 0, DEGENERATE, true}}},
        {"relu(1 - x^2)^2", -3, 3, -3, 3, 3, {{NAN, NAN, DEGENERATE, true}}}, /* two regions and a ridge */
    };
    ASSERT_ALL(situations);
}

static void no_point_where_there_is_none(void **state) {
    static const struct situation situations[] = {
        {"x + 2*y", -1, 1, -1, 1, 0, {{0}}},
        {"abs(x) + abs(y)", -1, 1, -1, 1, 0, {{0}}},
        {"abs(x) + y^2", -1, 1, -1, 1, 0, {{0}}},
        {"max(x, y)", -1, 1, -1, 1, 0, {{0}}},
        {"sqrt(x^2 + y^2)", -1, 1, -1, 1, 0, {{0}}},
        {"log(x^2 + y^2)", -2, 2, -2, 2, 0, {{0}}},
        {"1/(x^2 + y^2)", -2, 2, -2, 2, 0, {{0}}},
        {"log(-1 - x^2) + y", -2, 2, -2, 2, 0, {{0}}},                                     /* nowhere finite */
        {"1/(1+exp(-20*(x-1))) + 1/(1+exp(-20*(x+1))) + 0.1*y^2", -3, 3, -3, 3, 0, {{0}}}, /* flat, but never level */
        {"exp(10*x) + y", -5, 5, -5, 5, 0, {{0}}},
        {"x^2 + y^2", 0.1, 1, 0.1, 1, 0, {{0}}}, /* outside the domain */
    };
    ASSERT_ALL(situations);
}

static void edges_and_holes(void **state) {
    static const struct situation situations[] = {
        {"x^2 + y^2", 0, 1, 0, 1, 1, {{0, 0, MINIMUM, false}}}, /* the boundary belongs to the domain */
        {"(x-1)^2 - y^2", 0, 1, 0, 1, 1, {{1, 0, SADDLE, false}}},
        {"x*log(x) + y^2", -1, 2, -1, 1, 1, {{0.36787944117144233, 0, MINIMUM, false}}},
        {"1e8*(x^2 + 3*y^2)", -1, 1, -1, 1, 1, {{0, 0, MINIMUM, false}}},
        {"1e-8*(x^2 + y^2)", -1, 1, -1, 1, 1, {{0, 0, DEGENERATE, false}}}, /* by the tolerance, and no valley */
        {"exp(10*x) + exp(-10*x) + y^2", -5, 5, -5, 5, 1, {{0, 0, MINIMUM, false}}},
        {"tanh(5*x)*tanh(5*y)", -10, 10, -10, 10, 1, {{0, 0, SADDLE, false}}},
    };
    ASSERT_ALL(situations);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(isolated_degenerate_points_are_one_point),
        cmocka_unit_test(a_connected_valley_is_one_point),
        cmocka_unit_test(a_flat_region_is_one_point),
        cmocka_unit_test(no_point_where_there_is_none),
        cmocka_unit_test(edges_and_holes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
