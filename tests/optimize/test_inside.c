/* The last step from within: its parts add up to it, its formula gives it, looking changes no bit. Every rule, with the
 * options of every oracle's case, on the formula of mixed scales. */
#include "base/linalg.h"
#include "base/text.h"
#include "cases.h"

#include <float.h>
#include <stdio.h>

enum { STEPS = 50, N_MAX = 17 };

static double largest_of(int n, const double *a, const double *b) {
    double most = 0;
    for (int i = 0; i < n; i++) most = fmax(most, fmax(fabs(a[i]), fabs(b[i])));
    return most;
}

static void check_sum(const char *line, const struct optimizer *optimizer, int n, const double *before,
                      const double *after) {
    const struct optimizer_term *terms;
    size_t count = optimizer_terms(optimizer, &terms);
    assert_in_range(count, 1, 6);
    double rounding = 4 * DBL_EPSILON * largest_of(n, before, after);
    for (int i = 0; i < n; i++) {
        double sum = 0, size = 0;
        for (size_t k = 0; k < count; k++) {
            assert_true(strlen(terms[k].name) > 0 && terms[k].role <= ROLE_OTHER);
            sum += terms[k].values[i];
            size = fmax(size, fabs(terms[k].values[i]));
        }
        double moved = after[i] - before[i];
        if (!(fabs(sum - moved) <= 1e-12 * size + rounding))
            fail_msg("%s: parameter %d moved by %.17g, its parts make %.17g", line, i, moved, sum);
    }
}

/* ---- the formula read as a person would ---------------------------------------------------------------------------
 */

static void replace(struct text *out, const char *in) {
    static const char *const signs[][2] = {
        {"−", "-"}, {"·", "*"}, {"√", "sqrt"}, {"×10", "e"}, {"⁻", "-"}, {"⁰", "0"}, {"¹", "1"}, {"²", "2"},
        {"³", "3"}, {"⁴", "4"}, {"⁵", "5"},    {"⁶", "6"},   {"⁷", "7"}, {"⁸", "8"}, {"⁹", "9"}, {"\u2009", ""},
    };
    while (*in) {
        size_t k = 0, count = sizeof signs / sizeof *signs;
        while (k < count && strncmp(in, signs[k][0], strlen(signs[k][0])) != 0) k++;
        if (k < count) {
            text_append(out, signs[k][1]);
            in += strlen(signs[k][0]);
        } else {
            text_format(out, "%c", *in++);
        }
    }
}

static double evaluate(const char *formula) {
    struct text plain = {0};
    replace(&plain, formula);
    struct objective *objective = formula_create(plain.bytes);
    struct evaluator *evaluator = evaluator_create(objective);
    double value = evaluator_loss(evaluator, (double[]){0, 0}, NULL);
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
    text_clear(&plain);
    return value;
}

static void check_formula(const char *line, const struct optimizer *optimizer, int i, double before, double after) {
    char formula[512], cut[8];
    size_t length = optimizer_formula(optimizer, i, formula, sizeof formula);
    assert_in_range(length, 10, sizeof formula - 1);
    assert_int_equal(strlen(formula), length);
    assert_int_equal(optimizer_formula(optimizer, i, cut, sizeof cut), length);
    assert_memory_equal(cut, formula, sizeof cut - 1);
    const char *start = strstr(formula, "θ ← ");
    char *equals = strstr(formula, " = ");
    assert_true(start == formula && equals);
    const struct optimizer_term *terms;
    double parts = 0;
    for (size_t k = optimizer_terms(optimizer, &terms); k-- > 0;) parts += fabs(terms[k].values[i]);
    double shown = evaluate(equals + 3);
    *equals = '\0';
    double found = evaluate(formula + strlen("θ ← "));
    double step = fabs(after - before), last = step > 0 ? fmax(0.01 * step, 1e-11) : 1e-6;
    /* Four digits a figure; the ends have as many places as show three digits of the step. */
    if (!(fabs(found - after) <= 1e-3 * parts + last) || !(fabs(shown - after) <= last))
        fail_msg("%s: %s = %.12g gives %.12g, and the step led from %.12g to %.12g", line, formula, shown, found,
                 before, after);
    if (length > 160) fail_msg("%s: %s is too long to read", line, formula);
}

/* ---- every case ----------------------------------------------------------------------------------------------------
 */

static struct optimizer *parse_options(const char *line, int words, int n, const struct optimizer_layer *layers,
                                       size_t layer_count) {
    char copy[512], *rest = NULL;
    snprintf(copy, sizeof copy, "%s", line);
    const struct optimizer_class *class = optimizer_find(strtok_r(copy, " \n", &rest));
    assert_non_null(class);
    while (words-- > 0) strtok_r(NULL, " \n", &rest);
    double values[OPTIMIZER_MAX_PARAMETERS];
    default_values(class, values);
    int64_t lookahead = 0;
    for (char *option; (option = strtok_r(NULL, " \n", &rest));)
        if (strncmp(option, "@lookahead=", 11) == 0)
            lookahead = strtol(option + 11, NULL, 10);
        else if (*option != '@')
            read_value(class, option, values);
    struct optimizer *optimizer = optimizer_create_layered(class, n, layers, layer_count, values, NULL);
    assert_non_null(optimizer);
    optimizer_set_lookahead(optimizer, lookahead, 0.5);
    return optimizer;
}

static int check_file(const char *file, const char *function, int words) {
    FILE *index = fopen(file, "r");
    assert_non_null(index);
    struct objective *objective = function_create(function);
    struct evaluator *evaluator = evaluator_create(objective);
    char line[512];
    int cases = 0;
    while (fgets(line, sizeof line, index)) {
        char *at = strchr(line, ' ');
        if (strncmp(at + 1, function, strlen(function)) != 0) continue;
        struct optimizer *seen = parse_options(line, words, 2, NULL, 0),
                         *unseen = parse_options(line, words, 2, NULL, 0);
        double theta[2] = {1, -1.5}, same[2] = {1, -1.5}, before[2], gradient[2];
        const struct optimizer_term *terms;
        optimizer_keep_terms(seen, true);
        assert_int_equal(optimizer_terms(seen, &terms), 0);
        for (int step = 0; step < STEPS; step++) {
            memcpy(before, theta, sizeof theta);
            double rate = step % 3 == 2 ? 0.5 : 1;
            step_down(seen, evaluator, theta, gradient, rate);
            step_down(unseen, evaluator, same, gradient, rate);
            assert_memory_equal(theta, same, sizeof theta);
            check_sum(line, seen, 2, before, theta);
            if (step < 5 || step % 7 == 0)
                for (int i = 0; i < 2; i++) check_formula(line, seen, i, before[i], theta[i]);
        }
        assert_int_equal(optimizer_terms(unseen, &terms), 0);
        assert_int_equal(optimizer_formula(unseen, 0, line, sizeof line), 0);
        optimizer_keep_terms(seen, false);
        assert_int_equal(optimizer_terms(seen, &terms), 0);
        optimizer_destroy(&seen);
        optimizer_destroy(&unseen);
        cases++;
    }
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
    fclose(index);
    return cases;
}

static void parts_make_the_step(void **state) {
    assert_true(check_file(FIXTURES "/optimize/optimizers.txt", "mixed", 3) >= 40);
    assert_true(check_file(FIXTURES "/optimize/looking.txt", "mixed", 4) >= 15);
}

static void parts_make_the_step_layer_by_layer(void **state) {
    static const struct optimizer_layer layers[] = {
        {.offset = 0, .size = 6, .rank = 2, .rows = 3},
        {.offset = 6, .size = 3, .rank = 1, .rows = 3},
        {.offset = 9, .size = 6, .rank = 2, .rows = 2},
        {.offset = 15, .size = 2, .rank = 1, .rows = 2},
    };
    FILE *index = fopen(FIXTURES "/optimize/layered.txt", "r");
    assert_non_null(index);
    char line[512];
    while (fgets(line, sizeof line, index)) {
        struct optimizer *optimizer = parse_options(line, 0, N_MAX, layers, 4);
        double theta[N_MAX], before[N_MAX], g[N_MAX];
        optimizer_keep_terms(optimizer, true);
        for (int k = 0; k < N_MAX; k++) theta[k] = k < 15 ? cos(3.0 * k) : 0;
        for (int step = 0; step < STEPS; step++) {
            for (int k = 0; k < N_MAX; k++) g[k] = (k + 1) / 8.0 * (theta[k] - sin(k));
            memcpy(before, theta, sizeof theta);
            optimizer_step(optimizer, theta, g, 1);
            check_sum(line, optimizer, N_MAX, before, theta);
            for (int k = 0; k < N_MAX && step % 10 == 0; k++) check_formula(line, optimizer, k, before[k], theta[k]);
        }
        optimizer_destroy(&optimizer);
    }
    fclose(index);
}

/* ---- rates and squares --------------------------------------------------------------------------------------------
 */

static struct optimizer *make_default(const char *name) {
    const struct optimizer_class *class = optimizer_find(name);
    double values[OPTIMIZER_MAX_PARAMETERS];
    default_values(class, values);
    struct optimizer *optimizer = optimizer_create(class, 2, values, NULL);
    optimizer_keep_terms(optimizer, true);
    return optimizer;
}

static void known_terms_are_where_they_belong(void **state) {
    struct optimizer *movement = make_default("movement"); /* lr 0.01, λ 0.9 */
    double theta[2] = {1, 1};
    optimizer_step(movement, theta, (double[]){2, -4}, 1);
    optimizer_step(movement, theta, (double[]){1, 1}, 0.5);
    const struct optimizer_term *terms;
    assert_int_equal(optimizer_terms(movement, &terms), 2);
    assert_true(terms[0].role == ROLE_GRADIENT && terms[1].role == ROLE_MOMENTUM);
    assert_near(terms[0].values[0], -0.005, 1e-16);
    assert_near(terms[1].values[0], 0.9 * -0.02, 1e-16);
    assert_near(terms[1].values[1], 0.9 * 0.04, 1e-16);
    char formula[128];
    optimizer_formula(movement, 1, formula, sizeof formula);
    assert_string_equal(formula, "θ ← 1.04 + 0.9·0.04 − 0.005·1 = 1.071");
    double rate[2];
    assert_false(optimizer_effective_rate(movement, rate));
    bool mean;
    assert_false(optimizer_squares(movement, rate, &mean));
    optimizer_destroy(&movement);

    struct optimizer *adamw = make_default("adamw"); /* lr 1e-3, λ 0.01 */
    theta[0] = 3;
    optimizer_step(adamw, theta, (double[]){2, 0}, 1);
    assert_int_equal(optimizer_terms(adamw, &terms), 3);
    assert_true(terms[1].role == ROLE_MOMENTUM && terms[1].values[0] == 0);
    assert_true(terms[2].role == ROLE_DECAY);
    assert_near(terms[2].values[0], -1e-3 * 0.01 * 3, 1e-18);
    assert_near(terms[0].values[0], -1e-3, 1e-11);
    optimizer_destroy(&adamw);
}

static void rates_and_squares_are_those_of_the_step(void **state) {
    static const char *const names[] = {"adagrad", "rmsprop", "adadelta", "rms_adagrad", "lecture_rmsprop"};
    double rate[2], squares[2], sums[2] = {0};
    bool mean;
    for (int c = 0; c < 5; c++) {
        struct optimizer *optimizer = make_default(names[c]);
        double theta[2] = {1, -2}, before[2];
        sums[0] = sums[1] = 0;
        for (int step = 0; step < 20; step++) {
            double g[2] = {sin(1.0 + step), 3 * cos(0.5 * step)};
            memcpy(before, theta, sizeof theta);
            optimizer_step(optimizer, theta, g, 1);
            assert_true(optimizer_effective_rate(optimizer, rate));
            for (int i = 0; i < 2; i++) {
                assert_near(before[i] - rate[i] * g[i], theta[i], 1e-14);
                sums[i] += g[i] * g[i];
            }
        }
        assert_true(optimizer_squares(optimizer, squares, &mean));
        bool sum = strstr(names[c], "adagrad") != NULL;
        assert_true(mean != sum);
        for (int i = 0; i < 2 && sum; i++) assert_near(squares[i], sums[i], 1e-12);
        optimizer_destroy(&optimizer);
    }
    struct optimizer *adam = make_default("adam");
    double theta[2] = {1, 1};
    optimizer_step(adam, theta, (double[]){2, -4}, 1);
    assert_true(optimizer_effective_rate(adam, rate) && optimizer_squares(adam, squares, &mean) && mean);
    assert_near(rate[0], 1e-3 / 2, 1e-10);
    assert_near(squares[1], 0.016, 1e-15);
    optimizer_reset(adam);
    assert_false(optimizer_effective_rate(adam, rate));
    optimizer_destroy(&adam);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_make_the_step),
        cmocka_unit_test(parts_make_the_step_layer_by_layer),
        cmocka_unit_test(known_terms_are_where_they_belong),
        cmocka_unit_test(rates_and_squares_are_those_of_the_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
