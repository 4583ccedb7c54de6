#include "base/linalg.h"
#include "base/memory.h"
#include "objective/objective.h"
#include "test.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

static const char *const xy[] = {"x", "y"};

static struct objective *formula_create(const char *text, int *column, struct error *error) {
    struct expression_params params = {.text = text, .variables = xy, .variable_count = 2};
    return objective_create_expression(&params, column, error);
}

struct formula {
    struct objective *objective;
    struct evaluator *evaluator;
};

static struct formula formula_open(const char *text) {
    struct error error = {0};
    struct formula formula = {.objective = formula_create(text, NULL, &error)};
    if (!formula.objective) fail_msg("“%s”: %s", text, error.message);
    formula.evaluator = evaluator_create(formula.objective);
    return formula;
}

static void formula_close(struct formula *formula) {
    evaluator_destroy(&formula->evaluator);
    objective_destroy(&formula->objective);
}

static bool same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

/* A number, or not one, whichever that is. */
static bool same_figure(double a, double b) {
    return same_bits(a, b) || (isnan(a) && isnan(b));
}

static void check_columns(struct evaluator *evaluator, const char *text, int count, const double *thetas) {
    int n = objective_dimension(evaluator_objective(evaluator));
    double *losses = MEM_NEW(double, count), *gradients = MEM_NEW(double, count *n), one[EXPRESSION_MAX_VARIABLES];
    evaluator_gradients(evaluator, count, thetas, losses, gradients);
    for (int p = 0; p < count; p++) {
        double loss = evaluator_gradient(evaluator, thetas + p * n, NULL, one);
        bool same = same_figure(losses[p], loss);
        for (int i = 0; i < n; i++) same &= same_figure(gradients[p * n + i], one[i]);
        if (!same)
            fail_msg("“%s” at (%.17g, %.17g): %.17g with (%.17g, %.17g) among others, %.17g with (%.17g, %.17g) alone", text,
                     thetas[p * n], thetas[p * n + 1], losses[p], gradients[p * n], gradients[p * n + 1], loss, one[0],
                     one[1]);
    }
    free(losses);
    free(gradients);
}

/* ---- the oracle ---------------------------------------------------------------------------------------------------
 */

enum { ORACLE_LINE = 4096, ORACLE_VARIABLES = 8 };

static void read_line(FILE *file, char line[ORACLE_LINE]) {
    assert_non_null(fgets(line, ORACLE_LINE, file));
    line[strcspn(line, "\n")] = '\0';
}

struct oracle_formula {
    char text[ORACLE_LINE], names[ORACLE_LINE];
    const char *variables[ORACLE_VARIABLES];
    int n, points;
};

/* false at the end of the file */
static bool oracle_formula_read(FILE *file, struct oracle_formula *formula) {
    if (!fgets(formula->text, ORACLE_LINE, file)) return false;
    formula->text[strcspn(formula->text, "\n")] = '\0';
    read_line(file, formula->names);
    formula->n = 0;
    for (char *name = strtok(formula->names, " "); name; name = strtok(NULL, " "))
        formula->variables[formula->n++] = name;
    char line[ORACLE_LINE];
    read_line(file, line);
    formula->points = atoi(line);
    return true;
}

static struct formula oracle_formula_open(const struct oracle_formula *oracle) {
    struct expression_params params = {
        .text = oracle->text, .variables = oracle->variables, .variable_count = oracle->n};
    struct error error = {0};
    struct formula formula = {.objective = objective_create_expression(&params, NULL, &error)};
    if (!formula.objective) fail_msg("“%s”: %s", oracle->text, error.message);
    formula.evaluator = evaluator_create(formula.objective);
    return formula;
}

static FILE *oracle_open(void) {
    FILE *file = fopen(FIXTURES "/objective/expressions.txt", "r");
    assert_non_null(file);
    return file;
}

static void agrees_with_pytorch(void **state) {
    FILE *file = oracle_open();
    static struct oracle_formula oracle;
    int formulas = 0;
    for (; oracle_formula_read(file, &oracle); formulas++) {
        struct formula formula = oracle_formula_open(&oracle);
        int n = oracle.n;
        for (int p = 0; p < oracle.points; p++) {
            char line[ORACLE_LINE], *at = line;
            read_line(file, line);
            double figures[1 + 2 * ORACLE_VARIABLES + ORACLE_VARIABLES * ORACLE_VARIABLES];
            int count = 2 * n + 1 + n * (n + 1) / 2;
            for (int i = 0; i < count; i++) figures[i] = strtod(at, &at);
            const double *theta = figures, *gradient = figures + n + 1, *upper = figures + 2 * n + 1;
            double g[ORACLE_VARIABLES], h[ORACLE_VARIABLES * ORACLE_VARIABLES];
            assert_near(evaluator_loss(formula.evaluator, theta, NULL), figures[n], 1e-12);
            assert_near(evaluator_gradient(formula.evaluator, theta, NULL, g), figures[n], 1e-12);
            for (int i = 0; i < n; i++) assert_near(g[i], gradient[i], 1e-12);
            assert_near(evaluator_hessian(formula.evaluator, theta, g, h), figures[n], 1e-12);
            for (int i = 0; i < n; i++) {
                assert_near(g[i], gradient[i], 1e-12);
                for (int j = i; j < n; j++, upper++) {
                    assert_near(h[i * n + j], *upper, 1e-12);
                    assert_true(same_bits(h[i * n + j], h[j * n + i]));
                }
            }
        }
        formula_close(&formula);
    }
    fclose(file);
    assert_true(formulas >= 30);
}

static void gives_a_point_the_same_bits_whichever_way_it_is_asked_for(void **state) {
    enum { POINTS = 203 }; /* not a multiple of any block */
    FILE *file = oracle_open();
    static struct oracle_formula oracle;
    struct random random = random_seeded(7, 0);
    while (oracle_formula_read(file, &oracle)) {
        char line[ORACLE_LINE];
        for (int p = 0; p < oracle.points; p++) read_line(file, line);
        struct formula formula = oracle_formula_open(&oracle);
        static double thetas[POINTS * ORACLE_VARIABLES], losses[POINTS];
        int n = oracle.n;
        for (int i = 0; i < POINTS * n; i++) thetas[i] = random_uniform(&random, -3, 3);
        evaluator_losses(formula.evaluator, POINTS, thetas, losses);
        for (int p = 0; p < POINTS; p++) {
            double g1[ORACLE_VARIABLES], g2[ORACLE_VARIABLES], h[ORACLE_VARIABLES * ORACLE_VARIABLES];
            const double *theta = thetas + p * n;
            double one = evaluator_loss(formula.evaluator, theta, NULL);
            double first = evaluator_gradient(formula.evaluator, theta, NULL, g1);
            double second = evaluator_hessian(formula.evaluator, theta, g2, h);
            if (isnan(losses[p])) {
                assert_true(isnan(one) && isnan(first) && isnan(second) && isnan(g1[0]) && isnan(g2[n - 1]) &&
                            isnan(h[0]));
                continue;
            }
            assert_true(same_bits(losses[p], one) && same_bits(one, first) && same_bits(one, second));
            for (int i = 0; i < n; i++) assert_true(same_bits(g1[i], g2[i]));
        }
        check_columns(formula.evaluator, oracle.text, POINTS, thetas);
        for (int i = 0; i < POINTS * n; i++) thetas[i] = (double)random_below(&random, 5) - 2; /* kinks, tips, ties */
        check_columns(formula.evaluator, oracle.text, POINTS, thetas);
        formula_close(&formula);
    }
    fclose(file);
}

/* ---- values and derivatives in closed form ------------------------------------------------------------------------
 */

static void reads_operators_as_mathematics_does(void **state) {
    static const struct {
        const char *text;
        double value; /* at x = 2, y = −3 */
    } cases[] = {
        {"-x^2", -4},
        {"(-x)^2", 4},
        {"2^3^2", 512},
        {"-2^-2", -0.25},
        {"x - y - 1", 4},
        {"x/y/2", -1.0 / 3},
        {"2*x^3", 16},
        {"- - x", 2},
        {"+x", 2},
        {"x*-y", 6},
        {"x^-y", 8},
        {"1e2 + .5 + 3.", 103.5},
        {"min(x, y)", -3},
        {"max(x, y)", 2},
        {"pow(y, 2)", 9},
        {"y^3", -27},
        {"abs(y)", 3},
        {"relu(y) + relu(x)", 2},
        {" x\n\t+\r\n y ", -1},
        {"((((x))))", 2},
        {"2e0*e^0", 2},
        {"x^0 + y^0", 2},
        {"(-8)^2", 64},
        {"1 - 2 + 3", 2},
        {"6/2*3", 9},
        {"x^1", 2},
        {"sqrt(x*8)", 4},
        {"log(exp(y))", -3},
        {"pi/pi", 1},
        {"7", 7},
    };
    double theta[2] = {2, -3};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct formula formula = formula_open(cases[i].text);
        assert_near(evaluator_loss(formula.evaluator, theta, NULL), cases[i].value, 4 * DBL_EPSILON);
        formula_close(&formula);
    }
}

/* Where 0 meets an infinity, or a derivative is too small for a number, columns must decide as a single point does. */
static void gives_columns_the_same_bits_where_derivatives_are_not_plain(void **state) {
    static const char *const texts[] = {
        "sqrt(x^2 + y^2)",         "max(sqrt(x), 0*log(y))", "abs(x)^0.5 * y",     "exp(-x^2)*exp(-y^2) - x*1e-300*y",
        "min(x, y) + max(x, 2*y)", "x^y",                    "tanh(x)/sigmoid(y)", "-x",
        "x",                       "7 + 0*y",                "y^3 - y^0.25",       "-(x*1e-200)*(y*1e-200)*1e10"};
    static const double places[] = {0, -0.0, 1, -1, 1e-200, -1e-160, 40, -800, 1e308, INFINITY, -INFINITY, NAN};
    enum { PLACES = sizeof places / sizeof *places };
    double thetas[PLACES * PLACES * 2];
    for (int i = 0; i < PLACES * PLACES; i++) {
        thetas[2 * i] = places[i / PLACES];
        thetas[2 * i + 1] = places[i % PLACES];
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct formula formula = formula_open(texts[i]);
        check_columns(formula.evaluator, texts[i], PLACES * PLACES, thetas);
        formula_close(&formula);
    }
}

static void differentiates_at_kinks_zeros_and_far_out(void **state) {
    static const struct {
        const char *text;
        double x, y, value, gx, gy, hxx, hxy, hyy;
    } cases[] = {
        {"x^3 + y^2", 0, 0, 0, 0, 0, 0, 0, 2},
        {"x^2*y^5", -2, -1, -4, 4, 20, -2, -20, -80},
        {"x^1 + y^4", 0, -1, 1, 1, -4, 0, 0, 12},
        {"x^0 + y", 0, 0, 1, 0, 1, 0, 0, 0},
        {"x^(4/2) + y^(1 + 2)", -3, 0, 9, -6, 0, 2, 0, 0},
        {"pow(x, 4) + pow(y, 7)", 0, 0, 0, 0, 0, 0, 0, 0},
        {"x^-3 + y", -2, 0, -0.125, -0.1875, 1, -0.375, 0, 0},
        {"abs(x) + relu(y)", 0, 0, 0, 0, 0, 0, 0, 0},
        {"min(x, y) + 3*max(x, 2*y)", 0, 0, 0, 2, 3.5, 0, 0, 0},
        {"max(x^2, y^2)", 2, 2, 4, 2, 2, 1, 0, 1},
        {"tanh(x) + sigmoid(y)", 400, -800, 1, 0, 0, 0, 0, 0},
        {"sigmoid(x) - sigmoid(y)", 800, 800, 0, 0, 0, 0, 0, 0},
        {"log(x)*y", 1, 2, 0, 2, 0, -2, 1, 0},
        {"x^y", 1, 3, 1, 3, 0, 6, 1, 0},
        {"-20*exp(-0.2*sqrt(0.5*(x^2))) + y", 0, 0, -20, 0, 1, INFINITY, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct formula formula = formula_open(cases[i].text);
        double theta[2] = {cases[i].x, cases[i].y}, g[2], h[4];
        assert_near(evaluator_hessian(formula.evaluator, theta, g, h), cases[i].value, 1e-15);
        assert_near(g[0], cases[i].gx, 1e-15);
        assert_near(g[1], cases[i].gy, 1e-15);
        if (isinf(cases[i].hxx))
            assert_true(same_bits(h[0], cases[i].hxx));
        else
            assert_near(h[0], cases[i].hxx, 1e-15);
        assert_near(h[1], cases[i].hxy, 1e-15);
        assert_near(h[3], cases[i].hyy, 1e-15);
        formula_close(&formula);
    }
    /* Small derivatives keep their figures: sigmoid′(−40) = e⁻⁴⁰/(1 + e⁻⁴⁰)², tanh′(20) = 1/cosh²(20). */
    struct formula formula = formula_open("sigmoid(x) + tanh(y)");
    double g[2];
    evaluator_gradient(formula.evaluator, (double[]){-40, 20}, NULL, g);
    assert_near(g[0] / (exp(-40) / ((1 + exp(-40)) * (1 + exp(-40)))), 1, 1e-14);
    assert_near(g[1] / (1 / (cosh(20) * cosh(20))), 1, 1e-14);
    evaluator_gradient(formula.evaluator, (double[]){40, -20}, NULL, g);
    assert_near(g[0] / exp(-40), 1, 1e-14);
    formula_close(&formula);
}

static void says_not_a_number_where_there_is_none(void **state) {
    static const char *const texts[] = {"sqrt(-1 - x^2) + y", "log(-x - 1)*0 + y", "(-1 - x)^0.5", "(-1 - x)^(y + 1)",
                                        "(0*x)^(y + 1)",      "min(x/0 - x/0, y)", "relu(0*x/0)",  "x + log(-1)"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct formula formula = formula_open(texts[i]);
        double theta[2] = {1, 1}, g[2], h[4];
        assert_true(isnan(evaluator_loss(formula.evaluator, theta, NULL)));
        assert_true(isnan(evaluator_hessian(formula.evaluator, theta, g, h)));
        for (int k = 0; k < 4; k++) assert_true(isnan(h[k]) && isnan(g[k / 2]));
        formula_close(&formula);
    }
    struct formula formula = formula_open("1/x + exp(y)");
    assert_true(same_bits(evaluator_loss(formula.evaluator, (double[]){0, 0}, NULL), INFINITY));
    assert_true(same_bits(evaluator_loss(formula.evaluator, (double[]){1, 1e4}, NULL), INFINITY));
    double g[2];
    assert_true(isnan(evaluator_gradient(formula.evaluator, (double[]){NAN, 0}, NULL, g)));
    formula_close(&formula);
}

static void is_an_objective_like_any_other(void **state) {
    static const char *const names[] = {"w1", "w2", "bias_3"};
    static const char *const constants[] = {"a", "k"};
    struct expression_params params = {.text = "a*w1*w2 - bias_3^k",
                                       .variables = names,
                                       .variable_count = 3,
                                       .constants = constants,
                                       .constant_values = (double[]){1.5, 2},
                                       .constant_count = 2};
    struct error error = {0};
    struct objective *objective = objective_create_expression(&params, NULL, &error);
    assert_non_null(objective);
    assert_int_equal(objective_dimension(objective), 3);
    assert_int_equal(objective_samples(objective), 1);
    assert_true(objective_is_expression(objective));
    const struct layout_entry *layout;
    assert_int_equal(objective_layout(objective, &layout), 3);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(layout[i].name, names[i]);
        assert_true(layout[i].offset == i && layout[i].size == 1 && layout[i].rank == 0);
    }
    double theta[3] = {9, 9, 9};
    objective_initialise(objective, 4, theta);
    for (int i = 0; i < 3; i++) assert_true(theta[i] == 0);
    struct evaluator *evaluator = evaluator_create(objective);
    double v[6] = {1, 2, 3, -1, 0, 0.5}, hv[6];
    double at[3] = {1, 2, -3}, expected[6] = {3, 1.5, -6, 0, -1.5, -1}; /* H = [[0, 1.5, 0], [1.5, 0, 0], [0, 0, −2]] */
    assert_near(evaluator_loss(evaluator, at, NULL), 3 - 9, 0);
    evaluator_hvp(evaluator, at, NULL, 2, v, hv);
    for (int i = 0; i < 6; i++) assert_near(hv[i], expected[i], 0);
    assert_true(isnan(evaluator_accuracy(evaluator, at)));
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
}

/* ---- errors -------------------------------------------------------------------------------------------------------
 */

static void says_what_is_wrong_and_where(void **state) {
    static const struct {
        const char *text;
        int column;
        const char *says;
    } cases[] = {
        {"", 1, "empty"},
        {"  \n ", 1, "empty"},
        {"x + sinn(y)", 5, "unknown function “sinn” at column 5; did you mean “sin”?"},
        {"x + yy", 5, "unknown name “yy”"},
        {"xy", 1, "write x*y"},
        {"x + zebra", 5, "known are x y pi e"},
        {"ln(x)", 1, "write log("},
        {"x + cosh(y)", 5, "write (exp(x) + exp(-x))/2"},
        {"sin(x, y)", 1, "2 arguments; it takes one"},
        {"x*max(x)", 3, "1 argument; it takes two"},
        {"pow(x, y, 2)", 1, "3 arguments; it takes two"},
        {"min()", 1, "0 arguments"},
        {"sin x", 1, "write sin(…)"},
        {"sin", 1, "write sin(…)"},
        {"(x + y", 1, "the “(” at column 1 is never closed; add “)”"},
        {"x*(y + sin(x)", 3, "column 3 is never closed"},
        {"sin(x", 4, "never closed"},
        {"x + y)", 6, "closes nothing"},
        {"x +", 4, "ends after “+”"},
        {"x + ", 5, "ends after “+”"},
        {"x * / y", 5, "“/” at column 5 cannot follow “*”"},
        {"*x", 1, "starts with “*”"},
        {")", 1, "starts with “)”"},
        {"max(x,)", 7, "cannot follow “,”"},
        {"max(,x)", 5, "cannot follow “(”"},
        {"2x", 2, "for a product write 2*x"},
        {"x y", 3, "write x*y"},
        {"x 2", 3, "write x*2"},
        {"(x)(y)", 4, "no operator before “(”"},
        {"2(x)", 2, "write 2*("},
        {"x(y + 1)", 2, "“x” is not a function; for a product write x*("},
        {"3.5.1*x", 4, "a number has one"},
        {"0x10", 2, "write 0*x10"},
        {"1e999*x", 1, "too large"},
        {"x, y", 2, "outside a function's arguments"},
        {"(1,5)*x", 3, "outside a function's arguments"},
        {"()", 2, "nothing between"},
        {"x × y", 3, "“×” at column 3 is not understood; write *"},
        {"x²", 2, "write ^2"},
        {"x − y", 3, "write -"},
        {"√(x)", 1, "write sqrt("},
        {"2*π", 3, "write pi"},
        {"x + θ", 5, "names have letters a–z"},
        {"x**2", 2, "write ^"},
        {"[x]", 1, "write ("},
        {"|x|", 1, "write abs("},
        {"z = x^2", 3, "without naming it"},
        {"x > 0", 3, "no conditions"},
        {"x $ y", 3, "“$” at column 3"},
        {"x\x01", 2, "byte 0x01"},
        {"x + \xff", 5, "byte 0xff at column 5 is not text"},
        {"x + \xe2\x82", 5, "byte 0xe2"},
        {"_x", 1, "starts with a letter"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {0};
        int column = -1;
        struct objective *objective = formula_create(cases[i].text, &column, &error);
        if (objective) fail_msg("“%s” was accepted", cases[i].text);
        assert_int_equal(error.kind, ERROR_INPUT);
        if (!strstr(error.message, cases[i].says))
            fail_msg("“%s” says “%s”, not “%s”", cases[i].text, error.message, cases[i].says);
        if (column != cases[i].column) fail_msg("“%s”: column %d: %s", cases[i].text, column, error.message);
    }
}

static void checks_names(void **state) {
    static const char *const constant[] = {"x"};
    static const struct {
        const char *names[2];
        const char *says;
    } cases[] = {
        {{"x", "x"}, "given twice"},
        {{"x", "sin"}, "name of a function"},
        {{"x", "e"}, "every formula knows"},
        {{"pi", "y"}, "every formula"},
        {{"x", "2y"}, "starts with a letter"},
        {{"x", ""}, "starts with a letter"},
        {{"x", "θ"}, "letter a–z"},
        {{"x y", "y"}, "cannot name"},
        {{"x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "too long"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct expression_params params = {.text = "1", .variables = cases[i].names, .variable_count = 2};
        struct error error = {0};
        assert_null(objective_create_expression(&params, NULL, &error));
        if (!strstr(error.message, cases[i].says)) fail_msg("case %zu says “%s”", i, error.message);
    }
    struct error count = {0}, clash = {0}, finite = {0};
    struct expression_params params = {.text = "x", .variables = xy, .variable_count = 1};
    assert_null(objective_create_expression(&params, NULL, &count));
    assert_non_null(strstr(count.message, "1 variable; a formula has 2 to 16"));
    params = (struct expression_params){.text = "x",
                                        .variables = xy,
                                        .variable_count = 2,
                                        .constants = constant,
                                        .constant_values = (double[]){1},
                                        .constant_count = 1};
    assert_null(objective_create_expression(&params, NULL, &clash));
    assert_non_null(strstr(clash.message, "given twice"));
    params.constants = (const char *const[]){"a"};
    params.constant_values = (double[]){INFINITY};
    assert_null(objective_create_expression(&params, NULL, &finite));
    assert_non_null(strstr(finite.message, "not a finite number"));
}

static void finds_the_names_in_a_formula(void **state) {
    char names[2][EXPRESSION_NAME];
    assert_int_equal(expression_names("(1 - w1*w2)^2 + sin(w1) + pi*e + 2e3 + foo (w1)", names, 2), 2);
    assert_string_equal(names[0], "w1");
    assert_string_equal(names[1], "w2");
    assert_int_equal(expression_names("b*a + c ++ (", names, 2), 3);
    assert_string_equal(names[0], "b");
    assert_int_equal(expression_names("", names, 2), 0);
}

static void stays_within_its_limits(void **state) {
    static char text[EXPRESSION_TEXT + 2];
    static const struct {
        const char *open, *middle, *close;
    } towers[] = {{"(", "x", ")"},    {"-", "x", ""},       {"2^", "x", ""},
                  {"sin(", "x", ")"}, {"max(x,", "y", ")"}, {"(x+", "y", ")"}};
    for (size_t t = 0; t < sizeof towers / sizeof *towers; t++) {
        for (int deep = EXPRESSION_DEPTH - 1; deep < 1000; deep += 1000 - EXPRESSION_DEPTH) {
            text[0] = '\0';
            for (int i = 0; i < deep; i++) strcat(text, towers[t].open);
            strcat(text, towers[t].middle);
            for (int i = 0; i < deep && strlen(text) < EXPRESSION_TEXT; i++) strcat(text, towers[t].close);
            struct error error = {0};
            int column = 0;
            struct objective *objective = formula_create(text, &column, &error);
            assert_int_equal(objective != NULL, deep < EXPRESSION_DEPTH);
            if (!objective) assert_non_null(strstr(error.message, "nested more than 200 deep"));
            bool plain = !strchr(towers[t].open, 'x'); /* else the x is a level of its own */
            if (!objective && plain) assert_int_equal(column, EXPRESSION_DEPTH * strlen(towers[t].open) + 1);
            objective_destroy(&objective);
        }
    }
    memset(text, '(', EXPRESSION_TEXT);
    text[EXPRESSION_TEXT] = '\0';
    struct error error = {0};
    assert_null(formula_create(text, NULL, &error));
    /* As long as allowed, with as many instructions and constants as fit; then one byte more. */
    for (int i = 0; i < EXPRESSION_TEXT; i++) text[i] = i % 2 ? '+' : (char)(i % 4 ? 'x' : '0' + i / 4 % 10);
    text[EXPRESSION_TEXT - 1] = ' ';
    struct formula formula = formula_open(text);
    double expected = 0, theta[2] = {2, 0}, g[2];
    for (int i = 0; i < EXPRESSION_TEXT; i += 2) expected += i % 4 ? 2 : i / 4 % 10;
    assert_near(evaluator_gradient(formula.evaluator, theta, NULL, g), expected, 0);
    assert_near(g[0], EXPRESSION_TEXT / 4, 0);
    formula_close(&formula);
    text[EXPRESSION_TEXT] = ' ';
    text[EXPRESSION_TEXT + 1] = '\0';
    struct error large = {0};
    assert_null(formula_create(text, NULL, &large));
    assert_non_null(strstr(large.message, "8193 bytes; at most 8192"));
}

/* Seeded mutations of good formulas: each is either refused with a message and a column inside the text, or evaluates.
 */
static void survives_mutated_formulas(void **state) {
    static const char *const seeds[] = {"(1 - x*y)^2",
                                        "100*(y - x^2)^2 + (1 - x)^2",
                                        "-20*exp(-0.2*sqrt(0.5*(x^2 + y^2)))",
                                        "min(x, max(y, 1.5e-3)) + relu(x)/abs(y)",
                                        "pow(x, 3) - tanh(sigmoid(tan(y)))*pi + e^x",
                                        "log(x)*sin(y)*cos(x)^-2^y",
                                        "x × y + √2"};
    static const char *const pieces[] = {"(", ")",    ",",    "^",    "*",     "/",   "+",    "-",    "x",
                                         "y", "sin(", "max(", "1e",   ".",     "e",   "pi",   "0",    "9",
                                         "×", "\xff", " ",    "pow(", "1e308", "abs", "\xe2", "((((", "----"};
    struct random random = random_seeded(20, 3);
    int accepted = 0, refused = 0;
    for (int round = 0; round < 60000; round++) {
        char text[512];
        snprintf(text, sizeof text, "%s", seeds[random_below(&random, sizeof seeds / sizeof *seeds)]);
        for (size_t k = 1 + random_below(&random, 5); k > 0; k--) {
            char next[512];
            size_t length = strlen(text), at = random_below(&random, length + 1), cut = random_below(&random, 4);
            const char *piece =
                random_below(&random, 3) ? pieces[random_below(&random, sizeof pieces / sizeof *pieces)] : "";
            if (at + cut > length) cut = length - at;
            snprintf(next, sizeof next, "%.*s%s%s", (int)at, text, piece, text + at + cut);
            memcpy(text, next, sizeof text);
        }
        struct error error = {0};
        int column = 0;
        struct objective *objective = formula_create(text, &column, &error);
        if (!objective) {
            refused++;
            assert_true(error.kind == ERROR_INPUT && error.message[0] != '\0');
            if (column < 1 || column > (int)strlen(text) + 1)
                fail_msg("“%s”: column %d: %s", text, column, error.message);
            continue;
        }
        accepted++;
        struct evaluator *evaluator = evaluator_create(objective);
        double theta[2] = {random_uniform(&random, -2, 2), random_uniform(&random, -2, 2)}, g[2], h[4];
        double value = evaluator_hessian(evaluator, theta, g, h), again = evaluator_loss(evaluator, theta, NULL);
        assert_true(same_bits(value, again) || (isnan(value) && isnan(again)));
        double points[8] = {theta[0], theta[1], 0, 0, -1, 1, 1e200, -0.0};
        check_columns(evaluator, text, 4, points);
        evaluator_destroy(&evaluator);
        objective_destroy(&objective);
    }
    assert_true(accepted > 1000 && refused > 1000);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_pytorch),
        cmocka_unit_test(gives_a_point_the_same_bits_whichever_way_it_is_asked_for),
        cmocka_unit_test(reads_operators_as_mathematics_does),
        cmocka_unit_test(gives_columns_the_same_bits_where_derivatives_are_not_plain),
        cmocka_unit_test(differentiates_at_kinks_zeros_and_far_out),
        cmocka_unit_test(says_not_a_number_where_there_is_none),
        cmocka_unit_test(is_an_objective_like_any_other),
        cmocka_unit_test(says_what_is_wrong_and_where),
        cmocka_unit_test(checks_names),
        cmocka_unit_test(finds_the_names_in_a_formula),
        cmocka_unit_test(stays_within_its_limits),
        cmocka_unit_test(survives_mutated_formulas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
