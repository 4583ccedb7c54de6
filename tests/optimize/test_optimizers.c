/* Every optimizer against PyTorch's float64 trajectories, or its paper's rule in numpy where PyTorch has none
 * (oracle_optimizers.py, oracle_rules.py), at every one of 200 steps, with the gradients written out by hand here. */
#include "base/linalg.h"
#include "cases.h"

enum { STEPS = 200 };

static void gradient_beale(const double *p, double *g) {
    double x = p[0], y = p[1];
    double a = 1.5 - x + x * y, b = 2.25 - x + x * y * y, c = 2.625 - x + x * y * y * y;
    g[0] = 2 * a * (y - 1) + 2 * b * (y * y - 1) + 2 * c * (y * y * y - 1);
    g[1] = 2 * a * x + 4 * b * x * y + 6 * c * x * y * y;
}

static void gradient_rosenbrock(const double *p, double *g) {
    double x = p[0], y = p[1];
    g[0] = -2 * (1 - x) - 400 * x * (y - x * x);
    g[1] = 200 * (y - x * x);
}

static void gradient_himmelblau(const double *p, double *g) {
    double x = p[0], y = p[1];
    double a = x * x + y - 11, b = x + y * y - 7;
    g[0] = 4 * x * a + 2 * b;
    g[1] = 2 * a + 4 * y * b;
}

static void gradient_mixed(const double *p, double *g) {
    double x = p[0], y = p[1], across = x - 0.3 * sin(y);
    g[0] = 80 * across + 0.1 * y;
    g[1] = -24 * across * cos(y) + 0.1 * (y - 2) + 0.1 * x;
}

typedef void gradient_function(const double *, double *);

static gradient_function *find_gradient(const char *name) {
    if (strcmp(name, "beale") == 0) return gradient_beale;
    if (strcmp(name, "rosenbrock") == 0) return gradient_rosenbrock;
    if (strcmp(name, "mixed") == 0) return gradient_mixed;
    assert_string_equal(name, "himmelblau");
    return gradient_himmelblau;
}

/* "NAME FUNCTION X Y OPTION=VALUE …": makes the optimizer and leaves the start and the gradient. */
static struct optimizer *parse_case(char *line, double *theta, gradient_function **gradient) {
    char *rest = NULL;
    const struct optimizer_class *class = optimizer_find(strtok_r(line, " \n", &rest));
    assert_non_null(class);
    *gradient = find_gradient(strtok_r(NULL, " \n", &rest));
    for (int i = 0; i < 2; i++) theta[i] = strtod(strtok_r(NULL, " \n", &rest), NULL);
    double values[OPTIMIZER_MAX_PARAMETERS];
    default_values(class, values);
    for (char *option; (option = strtok_r(NULL, " \n", &rest));) read_value(class, option, values);
    struct error error = {0};
    struct optimizer *optimizer = optimizer_create(class, 2, values, &error);
    if (!optimizer) fail_msg("%s", error.message);
    return optimizer;
}

static void follow(struct optimizer *optimizer, gradient_function *gradient, double *theta, const double (*expected)[2],
                   const char *line) {
    for (int step = 0; step < STEPS; step++) {
        double g[2];
        gradient(theta, g);
        optimizer_step(optimizer, theta, g, 1);
        for (int i = 0; i < 2; i++)
            if (!(fabs(theta[i] - expected[step][i]) <= TOLERANCE * fmax(1, fabs(expected[step][i]))))
                fail_msg("%s: after step %d parameter %d is %.17g, the oracle has %.17g", line, step + 1, i, theta[i],
                         expected[step][i]);
    }
}

static void trajectories_equal_the_oracle(void **state) {
    FILE *index = fopen(FIXTURES "/optimize/optimizers.txt", "r");
    FILE *paths = fopen(FIXTURES "/optimize/optimizers.bin", "rb");
    assert_non_null(index);
    assert_non_null(paths);
    char line[512], copy[512];
    int cases = 0;
    static double expected[STEPS][2];
    while (fgets(line, sizeof line, index)) {
        assert_int_equal(fread(expected, sizeof expected, 1, paths), 1);
        double start[2], theta[2];
        gradient_function *gradient;
        memcpy(copy, line, sizeof copy);
        struct optimizer *optimizer = parse_case(copy, start, &gradient);
        memcpy(theta, start, sizeof theta);
        follow(optimizer, gradient, theta, expected, line);
        double last[2] = {theta[0], theta[1]};

        optimizer_reset(optimizer); /* as freshly made: the same bits again */
        memcpy(theta, start, sizeof theta);
        follow(optimizer, gradient, theta, expected, line);
        assert_memory_equal(theta, last, sizeof theta);
        optimizer_destroy(&optimizer);
        cases++;
    }
    assert_int_equal(fgetc(paths), EOF);
    assert_true(cases >= 4 * 40);
    fclose(index);
    fclose(paths);
}

static bool has_case(const char *file, const char *name) {
    FILE *index = fopen(file, "r");
    assert_non_null(index);
    char line[512];
    bool found = false;
    while (fgets(line, sizeof line, index))
        found = found || (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ' ');
    fclose(index);
    return found;
}

/* Every class must be among the oracles' cases: a new optimizer without one fails here. */
static void every_optimizer_is_compared(void **state) {
    for (size_t i = 0; i < optimizer_count(); i++) {
        const struct optimizer_class *class = optimizer_at(i);
        bool looks = optimizer_class_looks(class);
        const char *name = optimizer_class_name(class);
        if (!has_case(looks ? FIXTURES "/optimize/looking.txt" : FIXTURES "/optimize/optimizers.txt", name))
            fail_msg("%s has no case for %s", looks ? "oracle_looking.py" : "oracle_optimizers.py", name);
    }
}

static void classes_are_well_formed(void **state) {
    size_t name_count;
    const char *const *names = optimizer_names(&name_count);
    assert_int_equal(name_count, optimizer_count());
    for (size_t i = 0; i < optimizer_count(); i++) {
        const struct optimizer_class *class = optimizer_at(i);
        assert_string_equal(optimizer_class_name(class), names[i]);
        assert_ptr_equal(optimizer_find(names[i]), class);
        assert_true(strlen(optimizer_class_title(class)) > 0);
        assert_true(strlen(optimizer_class_source(class)) > 0);
        assert_non_null(strstr(optimizer_class_rule(class), "θ ← "));
        size_t count;
        const struct optimizer_parameter *p = optimizer_class_parameters(class, &count);
        assert_in_range(count, 1, OPTIMIZER_MAX_PARAMETERS);
        assert_string_equal(p[0].name, "lr");
        for (size_t k = 0; k < count; k++) {
            assert_int_equal(optimizer_class_parameter_index(class, p[k].name), k);
            assert_true(p[k].low <= p[k].initial && p[k].initial <= p[k].high);
            assert_true(p[k].low <= p[k].slider_low && p[k].slider_low < p[k].slider_high);
            assert_true(p[k].slider_high <= p[k].high);
            assert_true(!p[k].logarithmic || p[k].slider_low > 0);
            assert_true(strlen(p[k].help) > 0);
        }
        assert_int_equal(optimizer_class_parameter_index(class, "learning"), -1);
    }
    assert_null(optimizer_find("adamm"));
}

/* Makes `name` with one parameter changed; returns whether it was taken, the message in `error`. */
static bool accepts(const char *name, const char *parameter, double value, struct error *error) {
    const struct optimizer_class *class = optimizer_find(name);
    double values[OPTIMIZER_MAX_PARAMETERS];
    default_values(class, values);
    int index = optimizer_class_parameter_index(class, parameter);
    values[index] = value;
    *error = (struct error){0};
    struct optimizer *made = optimizer_create(class, 2, values, error);
    bool taken = made != NULL;
    optimizer_destroy(&made);

    default_values(class, values); /* and a running one agrees, keeping its old value when it does not */
    made = optimizer_create(class, 2, values, NULL);
    struct error again = {0};
    assert_int_equal(optimizer_set(made, index, value, &again), taken);
    assert_string_equal(again.message, error->message);
    assert_true(optimizer_value(made, index) == (taken ? value : values[index]));
    optimizer_destroy(&made);
    return taken;
}

static void values_out_of_range_are_refused(void **state) {
    struct error error;
    assert_false(accepts("adam", "lr", -0.1, &error));
    assert_string_equal(error.message, "lr of adam is -0.1; it must be at least 0 and at most 1e+06");
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_false(accepts("adam", "lr", NAN, &error));
    assert_false(accepts("adam", "lr", INFINITY, &error));
    assert_false(accepts("adam", "beta2", 1, &error));
    assert_string_equal(error.message, "beta2 of adam is 1; it must be at least 0 and below 1");
    assert_true(accepts("adam", "beta2", 0.999999, &error));
    assert_false(accepts("adam", "amsgrad", 0.5, &error));
    assert_string_equal(error.message, "amsgrad of adam is 0.5; it must be true or false");
    assert_true(accepts("adam", "amsgrad", 1, &error));
    assert_false(accepts("sgd", "nesterov", 1, &error));
    assert_string_equal(error.message, "nesterov of sgd needs momentum above 0 and dampening 0; they are 0 and 0");
    assert_false(accepts("rprop", "etaplus", 1, &error));
    assert_string_equal(error.message, "etaplus of rprop is 1; it must be above 1");
    assert_false(accepts("rprop", "step_size_min", 51, &error));
    assert_false(accepts("muon", "ns_steps", 4.5, &error));
    assert_string_equal(error.message, "ns_steps of muon is 4.5; it must be a whole number");
    assert_false(accepts("perturbed", "seed", 0.5, &error));
    assert_false(accepts("lamb", "beta1", 1, &error));
    assert_false(optimizer_class_takes_schedule(optimizer_find("rprop")));
    assert_true(optimizer_class_takes_schedule(optimizer_find("adam")));
}

static void too_much_memory_is_refused(void **state) {
    const struct optimizer_class *class = optimizer_find("lbfgs");
    double values[OPTIMIZER_MAX_PARAMETERS];
    default_values(class, values);
    struct error error = {0};
    assert_null(optimizer_create(class, 20000000, values, &error));
    assert_non_null(strstr(error.message, "lbfgs would need 33 GB of work space for 20000000 parameters"));
    int history = optimizer_class_parameter_index(class, "history_size");
    values[history] = 1;
    struct optimizer *optimizer = optimizer_create(class, 2000000, values, NULL);
    assert_non_null(optimizer);
    error = (struct error){0};
    assert_false(optimizer_set(optimizer, history, 1000, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_true(optimizer_value(optimizer, history) == 1);
    optimizer_destroy(&optimizer);
}

static void rate_multiplies_the_learning_rate(void **state) {
    struct objective *objective = function_create("himmelblau");
    struct evaluator *evaluator = evaluator_create(objective);
    for (size_t c = 0; c < optimizer_count(); c++) {
        const struct optimizer_class *class = optimizer_at(c);
        double values[OPTIMIZER_MAX_PARAMETERS];
        default_values(class, values);
        values[0] = 0.008;
        struct optimizer *scaled = optimizer_create(class, 2, values, NULL);
        values[0] = 0.002;
        struct optimizer *plain = optimizer_create(class, 2, values, NULL);
        double a[2] = {0.5, -0.75}, b[2] = {0.5, -0.75}, g[2];
        for (int step = 0; step < 20; step++) {
            step_down(scaled, evaluator, a, g, 0.25);
            step_down(plain, evaluator, b, g, 1);
        }
        assert_near(a[0], b[0], 1e-13);
        assert_near(a[1], b[1], 1e-13);
        assert_true(a[0] != 0.5);
        optimizer_destroy(&scaled);
        optimizer_destroy(&plain);
    }
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
}

static void state_vectors_are_named(void **state) {
    const struct optimizer_class *class = optimizer_find("adam");
    double values[OPTIMIZER_MAX_PARAMETERS];
    default_values(class, values);
    struct optimizer *adam = optimizer_create(class, 2, values, NULL);
    const struct optimizer_vector *vectors;
    assert_int_equal(optimizer_vectors(adam, &vectors), 3);
    assert_string_equal(vectors[0].name, "exp_avg");
    assert_string_equal(vectors[1].name, "exp_avg_sq");
    double theta[2] = {1, 1};
    optimizer_step(adam, theta, (double[]){2, -4}, 1);
    assert_near(vectors[0].values[1], -0.4, 1e-15);  /* (1 − β₁) g */
    assert_near(vectors[1].values[0], 0.004, 1e-15); /* (1 − β₂) g² */
    assert_near(theta[0], 1 - 1e-3, 1e-10);          /* Adam's first step is η against the sign of g */
    assert_near(theta[1], 1 + 1e-3, 1e-10);
    optimizer_destroy(&adam);
    optimizer_destroy(&adam);
}

enum { LAYERED = 17, KEPT = 20 }; /* steps 1 to 10, then every twentieth */

static const struct optimizer_layer layers[] = {
    {.offset = 0, .size = 6, .rank = 2, .rows = 3},
    {.offset = 6, .size = 3, .rank = 1, .rows = 3},
    {.offset = 9, .size = 6, .rank = 2, .rows = 2},
    {.offset = 15, .size = 2, .rank = 1, .rows = 2},
};

static void gradient_layered(const double *theta, double *g) {
    double across = 0;
    for (int k = 0; k < LAYERED; k++) across += cos(k) * theta[k];
    for (int k = 0; k < LAYERED; k++)
        g[k] = (k + 1) / 8.0 * (theta[k] - sin(k)) + cos(k) * across * across * across / 4;
}

static struct optimizer *create_layered(char *line) {
    char *rest = NULL;
    const struct optimizer_class *class = optimizer_find(strtok_r(line, " \n", &rest));
    assert_non_null(class);
    double values[OPTIMIZER_MAX_PARAMETERS];
    default_values(class, values);
    for (char *option; (option = strtok_r(NULL, " \n", &rest));) read_value(class, option, values);
    struct optimizer *optimizer = optimizer_create_layered(class, LAYERED, layers, 4, values, NULL);
    assert_non_null(optimizer);
    return optimizer;
}

/* Rules that go layer by layer, against their papers written out in numpy (oracle_rules.py; Muon's through an SVD). */
static void layered_rules_equal_their_papers(void **state) {
    FILE *index = fopen(FIXTURES "/optimize/layered.txt", "r"), *paths = fopen(FIXTURES "/optimize/layered.bin", "rb");
    assert_non_null(index);
    assert_non_null(paths);
    char line[512], copy[512];
    static double expected[KEPT][LAYERED];
    int cases = 0;
    while (fgets(line, sizeof line, index)) {
        assert_int_equal(fread(expected, sizeof expected, 1, paths), 1);
        memcpy(copy, line, sizeof copy);
        struct optimizer *optimizer = create_layered(copy);
        double theta[LAYERED], g[LAYERED];
        for (int k = 0; k < LAYERED; k++) theta[k] = k < 15 ? cos(3.0 * k) : 0;
        int kept = 0;
        for (int step = 1; step <= STEPS; step++) {
            gradient_layered(theta, g);
            optimizer_step(optimizer, theta, g, 1);
            if (step > 10 && step % 20 != 0) continue;
            for (int k = 0; k < LAYERED; k++)
                if (!(fabs(theta[k] - expected[kept][k]) <= TOLERANCE))
                    fail_msg("%s: after step %d parameter %d is %.17g, its paper has %.17g", line, step, k, theta[k],
                             expected[kept][k]);
            kept++;
        }
        assert_int_equal(kept, KEPT);
        optimizer_destroy(&optimizer);
        cases++;
    }
    assert_int_equal(fgetc(paths), EOF);
    assert_int_equal(cases, 6);
    fclose(index);
    fclose(paths);
}

/* A path of `steps` on Himmelblau's function with two values changed (NULL: none). */
static void run_himmelblau(const char *name, const char *parameter[2], const double value[2], int steps,
                           double *theta) {
    const struct optimizer_class *class = optimizer_find(name);
    double values[OPTIMIZER_MAX_PARAMETERS], g[2];
    default_values(class, values);
    values[0] = 0.002;
    for (int i = 0; i < 2; i++)
        if (parameter[i]) values[optimizer_class_parameter_index(class, parameter[i])] = value[i];
    struct optimizer *optimizer = optimizer_create(class, 2, values, NULL);
    theta[0] = 0.5, theta[1] = -0.75;
    for (int step = 0; step < steps; step++) {
        gradient_himmelblau(theta, g);
        optimizer_step(optimizer, theta, g, 1);
    }
    optimizer_destroy(&optimizer);
}

/* The summary formula with its terms switched off is each of the simpler rules, plain descent to the last bit. */
static void summary_contains_the_others(void **state) {
    static const char *switches[2] = {"use_m", "use_sigma"}, *none[2] = {NULL, NULL};
    double summary[2], other[2];
    run_himmelblau("summary", switches, (double[]){0, 0}, 100, summary);
    run_himmelblau("sgd", none, (double[]){0, 0}, 100, other);
    assert_memory_equal(summary, other, sizeof other);
    run_himmelblau("summary", switches, (double[]){0, 1}, 100, summary);
    run_himmelblau("lecture_rmsprop", none, (double[]){0, 0}, 100, other);
    assert_memory_equal(summary, other, sizeof other);
    run_himmelblau("summary", switches, (double[]){1, 0}, 100, summary);
    run_himmelblau("movement", none, (double[]){0, 0}, 100, other);
    for (int i = 0; i < 2; i++) assert_near(summary[i], other[i], 1e-12);
}

/* A gradient that was 0 from the start divides by σ = 0: the parameter stays where it is. */
static void no_slope_no_move(void **state) {
    static const char *const names[] = {"rms_adagrad", "lecture_rmsprop", "summary"};
    for (int c = 0; c < 3; c++) {
        const struct optimizer_class *class = optimizer_find(names[c]);
        double values[OPTIMIZER_MAX_PARAMETERS], theta[2] = {3, 4};
        default_values(class, values);
        struct optimizer *optimizer = optimizer_create(class, 2, values, NULL);
        for (int step = 0; step < 3; step++) optimizer_step(optimizer, theta, (double[]){0, 1}, 1);
        assert_true(theta[0] == 3 && theta[1] < 4);
        optimizer_destroy(&optimizer);
    }
}

/* clip_grad_value_ and clip_grad_norm_ seen through plain descent with rate 1. */
static void gradients_are_clipped(void **state) {
    const struct optimizer_class *class = optimizer_find("sgd");
    double values[OPTIMIZER_MAX_PARAMETERS];
    default_values(class, values);
    values[0] = 1;
    struct optimizer *sgd = optimizer_create(class, 2, values, NULL);
    double theta[2] = {0, 0};
    optimizer_set_clipping(sgd, 0, 2);
    optimizer_step(sgd, theta, (double[]){3, -8}, 1);
    assert_true(theta[0] == -2 && theta[1] == 2);
    optimizer_set_clipping(sgd, 1, 0);
    theta[0] = theta[1] = 0;
    optimizer_step(sgd, theta, (double[]){3, -4}, 1);
    assert_near(theta[0], -3 / (5 + 1e-6), 1e-15);
    assert_near(theta[1], 4 / (5 + 1e-6), 1e-15);
    theta[0] = theta[1] = 0;
    optimizer_step(sgd, theta, (double[]){0.25, -0.5}, 1); /* short enough: the very bits */
    assert_true(theta[0] == -0.25 && theta[1] == 0.5);
    optimizer_set_clipping(sgd, 0, 0);
    theta[0] = theta[1] = 0;
    optimizer_step(sgd, theta, (double[]){3, -4}, 1);
    assert_true(theta[0] == -3 && theta[1] == 4);
    optimizer_destroy(&sgd);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_well_formed),       cmocka_unit_test(every_optimizer_is_compared),
        cmocka_unit_test(trajectories_equal_the_oracle), cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(too_much_memory_is_refused),    cmocka_unit_test(rate_multiplies_the_learning_rate),
        cmocka_unit_test(state_vectors_are_named),       cmocka_unit_test(layered_rules_equal_their_papers),
        cmocka_unit_test(summary_contains_the_others),   cmocka_unit_test(no_slope_no_move),
        cmocka_unit_test(gradients_are_clipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
