/* Rules that ask for more than the gradient, and what goes around any rule, against PyTorch or their papers in numpy
 * (oracle_looking.py). */
#include "base/linalg.h"
#include "cases.h"

#include <stdio.h>

enum { STEPS = 200, KEPT = 20 }; /* steps 1 to 10, then every twentieth */

struct around {
    int64_t lookahead;
    double alpha;
    struct average_params average;
};

static void read_around(struct around *around, char *option) {
    char *equals = strchr(option, '=');
    *equals = '\0';
    double value = strtod(equals + 1, NULL);
    if (strcmp(option, "@lookahead") == 0)
        around->lookahead = (int64_t)value;
    else if (strcmp(option, "@alpha") == 0)
        around->alpha = value;
    else if (strcmp(option, "@average") == 0)
        around->average.kind = strcmp(equals + 1, "ema") == 0 ? AVERAGE_EMA : AVERAGE_SWA;
    else if (strcmp(option, "@decay") == 0)
        around->average.decay = value;
    else if (strcmp(option, "@start") == 0)
        around->average.start = (int64_t)value;
    else if (strcmp(option, "@every") == 0)
        around->average.every = (int64_t)value;
    else
        fail_msg("there is no option %s", option);
}

static void compare(const char *line, int step, const double *found, const double *expected) {
    for (int i = 0; i < 2; i++) {
        if (!found && isnan(expected[i])) continue;
        if (!found || !(fabs(found[i] - expected[i]) <= TOLERANCE * fmax(1, fabs(expected[i]))))
            fail_msg("%s: after step %d parameter %d is %.17g, the oracle has %.17g", line, step, i,
                     found ? found[i] : NAN, expected[i]);
    }
}

/* The whole path twice: a reset is as good as new, to the bit. */
static void follow(const char *line, struct optimizer *optimizer, struct evaluator *evaluator, const double *start,
                   bool averages, const double (*expected)[2], int64_t evaluations) {
    double last[2] = {0};
    for (int turn = 0; turn < 2; turn++) {
        double theta[2] = {start[0], start[1]}, gradient[2];
        int kept = 0;
        for (int step = 1; step <= STEPS; step++) {
            step_down(optimizer, evaluator, theta, gradient, 1);
            if (step > 10 && step % 20 != 0) continue;
            compare(line, step, averages ? optimizer_average(optimizer) : theta, expected[kept++]);
        }
        assert_int_equal(kept, KEPT);
        if (evaluations >= 0 && optimizer_evaluations(optimizer) != evaluations)
            fail_msg("%s: %d evaluations, the oracle has %d", line, (int)optimizer_evaluations(optimizer),
                     (int)evaluations);
        if (turn == 1) assert_memory_equal(theta, last, sizeof theta);
        memcpy(last, theta, sizeof theta);
        optimizer_reset(optimizer);
        assert_int_equal(optimizer_evaluations(optimizer), 0);
        assert_null(optimizer_average(optimizer));
    }
}

/* "NAME FUNCTION X Y EVALUATIONS OPTION=VALUE … @OPTION=VALUE …" */
static void paths_equal_the_oracle(void **state) {
    FILE *index = fopen(FIXTURES "/optimize/looking.txt", "r"), *paths = fopen(FIXTURES "/optimize/looking.bin", "rb");
    assert_non_null(index);
    assert_non_null(paths);
    char line[512], copy[512], *rest = NULL;
    double expected[KEPT][2];
    int cases = 0;
    while (fgets(line, sizeof line, index)) {
        assert_int_equal(fread(expected, sizeof expected, 1, paths), 1);
        memcpy(copy, line, sizeof copy);
        const struct optimizer_class *class = optimizer_find(strtok_r(copy, " \n", &rest));
        assert_non_null(class);
        struct objective *objective = function_create(strtok_r(NULL, " \n", &rest));
        double start[2], values[OPTIMIZER_MAX_PARAMETERS];
        for (int i = 0; i < 2; i++) start[i] = strtod(strtok_r(NULL, " \n", &rest), NULL);
        int64_t evaluations = strtol(strtok_r(NULL, " \n", &rest), NULL, 10);
        default_values(class, values);
        struct around around = {0};
        for (char *option; (option = strtok_r(NULL, " \n", &rest));)
            if (*option == '@')
                read_around(&around, option);
            else
                read_value(class, option, values);
        struct error error = {0};
        struct optimizer *optimizer = optimizer_create(class, 2, values, &error);
        if (!optimizer) fail_msg("%s: %s", line, error.message);
        assert_true(optimizer_class_suits(class, objective, &error));
        optimizer_set_lookahead(optimizer, around.lookahead, around.alpha);
        optimizer_set_average(optimizer, &around.average);
        struct evaluator *evaluator = evaluator_create(objective);
        follow(line, optimizer, evaluator, start, around.average.kind != AVERAGE_NONE, expected, evaluations);
        evaluator_destroy(&evaluator);
        optimizer_destroy(&optimizer);
        objective_destroy(&objective);
        cases++;
    }
    assert_int_equal(fgetc(paths), EOF);
    assert_true(cases >= 80);
    fclose(index);
    fclose(paths);
}

/* ---- L-BFGS on the digits -----------------------------------------------------------------------------------------
 */

/* "NAME STEPS EVALUATIONS OPTION=VALUE …" */
static void digits_are_learnt_as_pytorch_does(void **state) {
    FILE *index = fopen(FIXTURES "/optimize/training.txt", "r"),
         *answers = fopen(FIXTURES "/optimize/training.bin", "rb");
    assert_non_null(index);
    assert_non_null(answers);
    struct objective *objective = digits_network();
    struct evaluator *evaluator = evaluator_create(objective);
    static double theta[DIGITS_N], gradient[DIGITS_N], expected[DIGITS_N], losses[64];
    char line[256], copy[256], *rest = NULL;
    while (fgets(line, sizeof line, index)) {
        memcpy(copy, line, sizeof copy);
        const struct optimizer_class *class = optimizer_find(strtok_r(copy, " \n", &rest));
        size_t steps = (size_t)strtol(strtok_r(NULL, " \n", &rest), NULL, 10);
        int evaluations = (int)strtol(strtok_r(NULL, " \n", &rest), NULL, 10);
        double values[OPTIMIZER_MAX_PARAMETERS];
        default_values(class, values);
        for (char *option; (option = strtok_r(NULL, " \n", &rest));) read_value(class, option, values);
        assert_in_range(steps, 1, 63);
        assert_int_equal(fread(losses, sizeof *losses, steps + 1, answers), steps + 1);
        assert_int_equal(fread(expected, sizeof *expected, DIGITS_N, answers), DIGITS_N);
        struct optimizer *optimizer = optimizer_create(class, DIGITS_N, values, NULL);
        digits_start(theta);
        for (size_t step = 0; step < steps; step++)
            assert_near(step_down(optimizer, evaluator, theta, gradient, 1), losses[step], 1e-8);
        assert_near(evaluator_loss(evaluator, theta, NULL), losses[steps], 1e-8);
        for (int i = 0; i < DIGITS_N; i++) assert_near(theta[i], expected[i], 1e-8);
        assert_int_equal(optimizer_evaluations(optimizer), evaluations);
        optimizer_destroy(&optimizer);
    }
    assert_int_equal(fgetc(answers), EOF);
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
    fclose(index);
    fclose(answers);
}

/* A longer or shorter history begins anew; the evaluations go on being counted, and the path goes on down. */
static void history_can_change_under_way(void **state) {
    struct objective *objective = function_create("rosenbrock");
    struct evaluator *evaluator = evaluator_create(objective);
    const struct optimizer_class *class = optimizer_find("lbfgs");
    double values[OPTIMIZER_MAX_PARAMETERS], theta[2] = {-1.2, 1}, gradient[2], last = INFINITY;
    default_values(class, values);
    int history = optimizer_class_parameter_index(class, "history_size");
    values[optimizer_class_parameter_index(class, "strong_wolfe")] = 1;
    values[optimizer_class_parameter_index(class, "max_iter")] = 4;
    values[history] = 3;
    struct optimizer *optimizer = optimizer_create(class, 2, values, NULL);
    int64_t evaluations = 0;
    for (int step = 0; step < 30; step++) {
        if (step == 8) assert_true(optimizer_set(optimizer, history, 40, NULL));
        if (step == 16) assert_true(optimizer_set(optimizer, history, 5, NULL));
        double loss = step_down(optimizer, evaluator, theta, gradient, 1);
        assert_true(loss <= last && optimizer_evaluations(optimizer) >= evaluations);
        last = loss;
        evaluations = optimizer_evaluations(optimizer);
    }
    if (!(last < 1e-8 && evaluations > 30)) fail_msg("loss %g after %d evaluations", last, (int)evaluations);
    optimizer_destroy(&optimizer);
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
}

/* The subspace of g, Hg, H²g, …, as large as the whole, makes the step that the whole space makes. */
static void krylov_comes_to_the_full_step(void **state) {
    struct data *data = data_create(&(struct data_params){.name = "moons", .samples = 40, .seed = 1}, NULL);
    static const int widths[] = {2, 5, 2};
    const struct network_params params = {.layers = widths, .layer_count = 3, .loss = LOSS_CROSS_ENTROPY};
    struct objective *objective = objective_create_network(&params, data, NULL);
    struct evaluator *evaluator = evaluator_create(objective);
    int n = objective_dimension(objective);
    assert_in_range(n, 10, 64);
    static const char *const names[] = {"newton", "saddle_free"};
    for (int c = 0; c < 2; c++) {
        double ends[2][64], gradient[64], values[OPTIMIZER_MAX_PARAMETERS];
        const struct optimizer_class *class = optimizer_find(names[c]);
        default_values(class, values);
        values[optimizer_class_parameter_index(class, "damping")] = 1;
        for (int k = 0; k < 2; k++) {
            values[optimizer_class_parameter_index(class, "krylov")] = k == 0 ? 0 : n;
            struct optimizer *optimizer = optimizer_create(class, n, values, NULL);
            objective_initialise(objective, 3, ends[k]);
            for (int step = 0; step < 3; step++) step_down(optimizer, evaluator, ends[k], gradient, 1);
            optimizer_destroy(&optimizer);
        }
        for (int i = 0; i < n; i++) assert_near(ends[0][i], ends[1][i], 1e-9);
    }
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
}

/* What cannot be computed is not finite afterwards, so that the run stops and says so; nothing crashes or hangs. */
static void what_is_not_finite_stays_visible(void **state) {
    struct objective *objective = formula_create("log(x)^2 + y^2");
    struct evaluator *evaluator = evaluator_create(objective);
    for (size_t c = 0; c < optimizer_count(); c++) {
        const struct optimizer_class *class = optimizer_at(c);
        double values[OPTIMIZER_MAX_PARAMETERS], theta[2] = {-1, 1}, gradient[2];
        default_values(class, values);
        if (!optimizer_class_looks(class)) continue;
        struct optimizer *optimizer = optimizer_create(class, 2, values, NULL);
        for (int step = 0; step < 3; step++) step_down(optimizer, evaluator, theta, gradient, 1);
        bool stays = strcmp(optimizer_class_name(class), "gauss_newton") == 0; /* which takes no step it cannot judge */
        if (stays ? theta[0] != -1 : isfinite(theta[0])) fail_msg("%s is at %g", optimizer_class_name(class), theta[0]);
        optimizer_destroy(&optimizer);
    }
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_equal_the_oracle),           cmocka_unit_test(digits_are_learnt_as_pytorch_does),
        cmocka_unit_test(history_can_change_under_way),     cmocka_unit_test(krylov_comes_to_the_full_step),
        cmocka_unit_test(what_is_not_finite_stays_visible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
