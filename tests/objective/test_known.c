/* The formulas of the built-in experiments, at their known critical points and elsewhere, against known.txt (values by
 * sympy and mpmath, see oracle_known.py). */
#include "base/file.h"
#include "base/linalg.h"
#include "objective/objective.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

enum { LINE = 4096, FIGURES = 8, MOST = 16 }; /* two variables: 2 coordinates, the loss, 2 + 3 derivatives */

/* Rounding grows with what is summed: losses near 10⁶ leave gradients near 0 an error of 10⁻⁹. */
static const double TOLERANCE = 1e-13;

static void read_line(FILE *file, char line[LINE]) {
    assert_non_null(fgets(line, LINE, file));
    line[strcspn(line, "\n")] = '\0';
}

static int split(char *line, const char *words[MOST]) {
    int count = 0;
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) words[count++] = word;
    return count;
}

static struct objective *objective_read(const char *text, char *variables, char *constants) {
    const char *names[MOST], *pairs[MOST];
    double values[MOST];
    struct expression_params params = {.text = text, .variables = names, .constants = pairs, .constant_values = values};
    params.variable_count = split(variables, names);
    params.constant_count = split(constants, pairs);
    for (int i = 0; i < params.constant_count; i++) {
        char *sign = strchr(pairs[i], '=');
        values[i] = strtod(sign + 1, NULL);
        *sign = '\0';
    }
    struct error error = {0};
    struct objective *objective = objective_create_expression(&params, NULL, &error);
    if (!objective) fail_msg("“%s”: %s", text, error.message);
    return objective;
}

/* The experiment file still has this formula: else known.txt is of another day. */
static void assert_formula_is_current(const char *name, const char *formula) {
    char path[LINE];
    snprintf(path, sizeof path, ASSETS "/experiments/%.64s.yaml", name);
    struct error error = {0};
    size_t length;
    char *text = file_read(path, 1 << 20, &length, &error);
    if (!text) fail_msg("%s", error.message);
    const char *at = strstr(text, "  expression: ");
    assert_non_null(at);
    at += strlen("  expression: ");
    for (const char *c = formula; *c;) {
        if (*c != *at && !(*c == ' ' && *at == '\n'))
            fail_msg("%s: not the formula in known.txt; run oracle_known.py", path);
        bool folded = *at == '\n';
        c++;
        at++;
        while (folded && *at == ' ') at++;
    }
    assert_int_equal(*at, '\n');
    free(text);
}

static void evaluates_the_built_in_formulas(void **state) {
    FILE *file = fopen(FIXTURES "/objective/known.txt", "r");
    assert_non_null(file);
    static char name[LINE], text[LINE], variables[LINE], constants[LINE], line[LINE];
    int formulas = 0;
    for (; fgets(name, sizeof name, file); formulas++) {
        name[strcspn(name, "\n")] = '\0';
        read_line(file, text);
        read_line(file, variables);
        read_line(file, constants);
        assert_formula_is_current(name, text);
        struct objective *objective = objective_read(text, variables, constants);
        assert_int_equal(objective_dimension(objective), 2);
        struct evaluator *evaluator = evaluator_create(objective);
        read_line(file, line);
        for (int points = atoi(line); points > 0; points--) {
            read_line(file, line);
            double figure[FIGURES], g[2], h[4], scale = 1;
            char *at = line;
            for (int i = 0; i < FIGURES; i++) figure[i] = strtod(at, &at);
            for (int i = 2; i < FIGURES; i++) scale = fmax(scale, fabs(figure[i]));
            double loss = evaluator_hessian(evaluator, figure, g, h);
            double computed[FIGURES] = {figure[0], figure[1], loss, g[0], g[1], h[0], h[1], h[3]};
            for (int i = 2; i < FIGURES; i++)
                if (!(fabs(computed[i] - figure[i]) <= TOLERANCE * scale))
                    fail_msg("%s at (%.17g, %.17g), figure %d: %.17g, expected %.17g", name, figure[0], figure[1], i,
                             computed[i], figure[i]);
        }
        evaluator_destroy(&evaluator);
        objective_destroy(&objective);
    }
    fclose(file);
    assert_true(formulas >= 18);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(evaluates_the_built_in_formulas)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
