/* Gauss–Newton products of formulas: against the residuals' gradients, closed forms, and the Hessian where the
 * residuals are 0. Those of networks stand in test_network_layers. */
#include "base/linalg.h"
#include "base/random.h"
#include "objective/objective.h"
#include "test.h"

#include <string.h>

static struct objective *formula(const char *text) {
    static const char *const names[] = {"x", "y"};
    struct error error = {0};
    const struct expression_params params = {.text = text, .variables = names, .variable_count = 2};
    struct objective *objective = objective_create_expression(&params, NULL, &error);
    if (!objective) fail_msg("%s: %s", text, error.message);
    return objective;
}

/* Formulas and their residuals, Σ r² + a constant. */
static const struct {
    const char *text, *residuals[4];
} sums[] = {
    {"(1 - x*y)^2", {"1 - x*y"}},
    {"(1 - x)^2 + 100*(y - x^2)^2", {"1 - x", "10*(y - x^2)"}},
    {"(x^2 + y - 11)^2 + (x + y^2 - 7)^2", {"x^2 + y - 11", "x + y^2 - 7"}},
    {"(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2",
     {"1.5 - x + x*y", "2.25 - x + x*y^2", "2.625 - x + x*y^3"}},
    {"3 + x^2/4 - 2*(-(sin(y)^2)) - 7", {"x/2", "sqrt(2)*sin(y)"}},
    {"2*(3*(x - y)^4)*0.5 + exp(y)^2", {"sqrt(3)*(x - y)^2", "exp(y)"}},
    {"x*x + 0*y^2", {"x"}},
    {"pow(x + y, 6) + sqrt(y)^2", {"(x + y)^3", "sqrt(y)"}},
    {"(tanh(x*y) - 1)^2 + (0 - 5)^2", {"tanh(x*y) - 1"}},
    {"0.5*((x - 1)^2 + (y - 1)^2)", {"sqrt(0.5)*(x - 1)", "sqrt(0.5)*(y - 1)"}},
};

static void a_sum_of_squares_has_the_residuals_products(void **state) {
    struct random random = random_seeded(3, 0);
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        struct objective *objective = formula(sums[i].text);
        if (!objective_has_gauss_newton(objective)) fail_msg("%s has no Gauss-Newton products", sums[i].text);
        struct evaluator *e = evaluator_create(objective);
        for (int point = 0; point < 20; point++) {
            double theta[2], v[6], gv[6], expected[6] = {0};
            for (int j = 0; j < 2; j++) theta[j] = random_uniform(&random, 0.1, 2);
            for (int j = 0; j < 6; j++) v[j] = random_normal(&random);
            for (int r = 0; r < 4 && sums[i].residuals[r]; r++) {
                struct objective *residual = formula(sums[i].residuals[r]);
                struct evaluator *own = evaluator_create(residual);
                double slope[2];
                evaluator_gradient(own, theta, NULL, slope);
                for (int k = 0; k < 3; k++) {
                    double along = slope[0] * v[2 * k] + slope[1] * v[2 * k + 1];
                    for (int j = 0; j < 2; j++) expected[2 * k + j] += 2 * along * slope[j];
                }
                evaluator_destroy(&own);
                objective_destroy(&residual);
            }
            evaluator_gauss_newton(e, theta, NULL, 3, v, gv);
            for (int j = 0; j < 6; j++) assert_near(gv[j], expected[j], 1e-12);
        }
        evaluator_destroy(&e);
        objective_destroy(&objective);
    }
}

/* Rosenbrock's J = [−1 0; −20x 10], written out. */
static void rosenbrock_is_as_on_paper(void **state) {
    struct objective *objective = formula("(1 - x)^2 + 100*(y - x^2)^2");
    struct evaluator *e = evaluator_create(objective);
    const double theta[] = {-1.2, 1}, v[] = {1, 0, 0, 1};
    double g[4];
    evaluator_gauss_newton(e, theta, NULL, 2, v, g);
    assert_near(g[0], 2 * (1 + 24.0 * 24), 1e-14);
    assert_near(g[1], 2 * 24.0 * 10, 1e-14);
    assert_near(g[2], g[1], 0);
    assert_near(g[3], 2 * 100, 1e-14);
    evaluator_gauss_newton(e, theta, NULL, 0, v, g);
    evaluator_destroy(&e);
    objective_destroy(&objective);
}

static void without_residuals_it_is_the_hessian(void **state) {
    static const struct {
        size_t sum;
        double minimum[2];
    } minima[] = {{1, {1, 1}}, {2, {3, 2}}, {3, {3, 0.5}}, {9, {1, 1}}};
    for (size_t i = 0; i < sizeof minima / sizeof *minima; i++) {
        struct objective *objective = formula(sums[minima[i].sum].text);
        struct evaluator *e = evaluator_create(objective);
        const double units[] = {1, 0, 0, 1};
        double hessian[4], g[4];
        evaluator_hessian(e, minima[i].minimum, NULL, hessian);
        evaluator_gauss_newton(e, minima[i].minimum, NULL, 2, units, g);
        for (int j = 0; j < 4; j++) assert_near(g[j], hessian[j], 1e-13);
        evaluator_destroy(&e);
        objective_destroy(&objective);
    }
}

static void other_formulas_have_none(void **state) {
    static const char *const others[] = {
        "x",
        "x^3 + y^2",
        "x^2 - y^2",
        "-(x^2) - y^2",
        "sin(x)^2*y^2",
        "exp(x) + y^2",
        "abs(x)^2.5",
        "(x^2 + y^2)/(1 + y^2)",
        "3",
        "0*x^2",
        "x^2 + (y - 1)^2*-1",
        "x^0 + y^2*x",
        "x^(-2)",
        "sqrt(x^2 + y^2)",
        "min(x^2, y^2)",
        "x^2/0 + y^2",
        "x*y",
        "x^2 + y",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct objective *objective = formula(others[i]);
        if (objective_has_gauss_newton(objective)) fail_msg("%s is said to be a sum of squares", others[i]);
        objective_destroy(&objective);
    }
}

/* A long sum, every term of which is a residual: the search must not lose itself in it. */
static void long_sums_are_found(void **state) {
    char text[EXPRESSION_TEXT] = "x^2";
    size_t length = strlen(text);
    int terms = 1;
    for (; length + 8 < sizeof text; length += 5, terms++) memcpy(text + length, " +y^2", 6);
    struct objective *objective = formula(text);
    assert_true(objective_has_gauss_newton(objective));
    struct evaluator *e = evaluator_create(objective);
    const double theta[] = {0.3, 0.7}, v[] = {1, 1};
    double g[2];
    evaluator_gauss_newton(e, theta, NULL, 1, v, g);
    assert_near(g[0], 2, 1e-15);
    assert_near(g[1], 2.0 * (terms - 1), 1e-12);
    evaluator_destroy(&e);
    objective_destroy(&objective);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_of_squares_has_the_residuals_products),
        cmocka_unit_test(rosenbrock_is_as_on_paper),
        cmocka_unit_test(without_residuals_it_is_the_hessian),
        cmocka_unit_test(other_formulas_have_none),
        cmocka_unit_test(long_sums_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
