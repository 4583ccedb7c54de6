/* What a rule is there for: one figure each that shows it. */
#include "base/linalg.h"
#include "base/random.h"
#include "cases.h"

static struct optimizer *make(const char *name, const struct objective *objective, double lr, const char *parameter,
                              double value) {
    const struct optimizer_class *class = optimizer_find(name);
    double values[OPTIMIZER_MAX_PARAMETERS];
    default_values(class, values);
    values[0] = lr;
    int index = parameter ? optimizer_class_parameter_index(class, parameter) : -1;
    if (index >= 0) values[index] = value;
    const struct layout_entry *entries;
    size_t count = objective_layout(objective, &entries);
    struct optimizer_layer layers[16];
    assert_in_range(count, 1, 16);
    for (size_t i = 0; i < count; i++)
        layers[i] = (struct optimizer_layer){.offset = (size_t)entries[i].offset,
                                             .size = (size_t)entries[i].size,
                                             .rank = entries[i].rank,
                                             .rows = entries[i].shape[0]};
    if (objective_is_expression(objective)) count = 0;
    return optimizer_create_layered(class, objective_dimension(objective), layers, count, values, NULL);
}

/* ---- the lecture's saddle, (1 − xy)² at 0 --------------------------------------------------------------------------
 */

static int steps_to_leave_saddle(const char *name, double lr, double seed) {
    struct objective *saddle = function_create("saddle");
    struct evaluator *evaluator = evaluator_create(saddle);
    struct optimizer *optimizer = make(name, saddle, lr, "seed", seed);
    double w[2] = {1e-8, 0}, gradient[2];
    int steps = 0;
    while (step_down(optimizer, evaluator, w, gradient, 1) >= 0.5 && steps < 10000) steps++;
    optimizer_destroy(&optimizer);
    evaluator_destroy(&evaluator);
    objective_destroy(&saddle);
    return steps;
}

static void saddles_are_left_sooner_than_by_descent(void **state) {
    int plain = steps_to_leave_saddle("sgd", 0.02, 0);
    assert_in_range(plain, 400, 600); /* 1e-8 grows by a factor 1.04 an update */
    for (int seed = 0; seed < 10; seed++)
        assert_in_range(steps_to_leave_saddle("perturbed", 0.02, seed), 2, plain * 2 / 3);
    assert_in_range(steps_to_leave_saddle("saddle_free", 0.5, 0), 2, plain / 5); /* 1.5 times farther each update */
    assert_in_range(steps_to_leave_saddle("saddle_free", 0.02, 0), 2, 2 * plain);
}

static void newton_goes_to_the_saddle(void **state) {
    static const char *const names[] = {"newton", "saddle_free"};
    struct objective *saddle = function_create("saddle");
    struct evaluator *evaluator = evaluator_create(saddle);
    for (int c = 0; c < 2; c++) {
        struct optimizer *optimizer = make(names[c], saddle, 0.5, NULL, 0);
        double w[2] = {0.4, -0.2}, gradient[2];
        for (int step = 0; step < 60; step++) step_down(optimizer, evaluator, w, gradient, 1);
        double loss = evaluator_loss(evaluator, w, NULL);
        if (c == 0)
            assert_true(linalg_norm(2, w) < 1e-12 && loss > 0.99);
        else
            assert_true(loss < 1e-12);
        optimizer_destroy(&optimizer);
    }
    evaluator_destroy(&evaluator);
    objective_destroy(&saddle);
}

/* Levenberg–Marquardt on Rosenbrock's valley, where descent needs tens of thousands of updates. */
static void gauss_newton_runs_down_the_valley(void **state) {
    struct objective *valley = function_create("rosenbrock");
    struct evaluator *evaluator = evaluator_create(valley);
    struct optimizer *optimizer = make("gauss_newton", valley, 1, NULL, 0);
    double w[2] = {-1.2, 1}, gradient[2], last = INFINITY;
    for (int step = 0; step < 40; step++) {
        double loss = step_down(optimizer, evaluator, w, gradient, 1);
        assert_true(loss <= last); /* never up */
        last = loss;
    }
    assert_true(last < 1e-20);
    optimizer_destroy(&optimizer);
    evaluator_destroy(&evaluator);
    objective_destroy(&valley);
}

/* ---- networks ------------------------------------------------------------------------------------------------------
 */

static double sharpness(struct evaluator *evaluator, int n, const double *theta) {
    double *v = calloc((size_t)n, sizeof *v), *hv = calloc((size_t)n, sizeof *hv), value = 0;
    struct random random = random_seeded(1, 2);
    for (int i = 0; i < n; i++) v[i] = random_normal(&random);
    for (int k = 0; k < 60; k++) {
        linalg_scale(n, 1 / linalg_norm(n, v), v);
        evaluator_hvp(evaluator, theta, NULL, 1, v, hv);
        value = linalg_dot(n, v, hv);
        memcpy(v, hv, (size_t)n * sizeof *v);
    }
    free(v);
    free(hv);
    return value;
}

/* λ_max where `name` arrives, and its loss there. */
static double trained_sharpness(const char *name, const struct objective *objective, uint64_t seed, double *loss) {
    int n = objective_dimension(objective);
    struct evaluator *evaluator = evaluator_create(objective);
    struct optimizer *optimizer = make(name, objective, 0.1, "rho", 0.2);
    double *theta = calloc((size_t)n, sizeof *theta), *gradient = calloc((size_t)n, sizeof *theta);
    objective_initialise(objective, seed, theta);
    for (int step = 0; step < 1500; step++) *loss = step_down(optimizer, evaluator, theta, gradient, 1);
    double sharp = sharpness(evaluator, n, theta);
    free(theta);
    free(gradient);
    optimizer_destroy(&optimizer);
    evaluator_destroy(&evaluator);
    return sharp;
}

static void sam_ends_where_it_is_flatter(void **state) {
    struct data *data =
        data_create(&(struct data_params){.name = "moons", .samples = 100, .noise = 0.3, .seed = 3}, NULL);
    static const int widths[] = {2, 12, 12, 2};
    const struct network_params params = {.layers = widths, .layer_count = 4, .loss = LOSS_CROSS_ENTROPY};
    struct objective *objective = objective_create_network(&params, data, NULL);
    assert_non_null(objective);
    for (uint64_t seed = 1; seed <= 4; seed++) {
        double loss, plain = trained_sharpness("sgd", objective, seed, &loss);
        assert_true(loss < 0.4);
        double flat = trained_sharpness("sam", objective, seed, &loss);
        assert_true(loss < 0.5 && flat > 0);
        if (!(flat < 0.7 * plain)) fail_msg("seed %d: λ_max %g with SAM, %g without", (int)seed, flat, plain);
    }
    objective_destroy(&objective);
}

static double digits_loss(const char *name, const struct objective *digits, double lr) {
    static double theta[DIGITS_N], gradient[DIGITS_N];
    struct evaluator *evaluator = evaluator_create(digits);
    struct optimizer *optimizer = make(name, digits, lr, "trust_coefficient", 0.01);
    digits_start(theta);
    for (int step = 0; step < 60; step++) step_down(optimizer, evaluator, theta, gradient, 1);
    double loss = evaluator_loss(evaluator, theta, NULL);
    optimizer_destroy(&optimizer);
    evaluator_destroy(&evaluator);
    return loss;
}

/* All 1797 digits in one batch, 60 updates, one rate for both: the layer's own norm says how far it can go. */
static void layerwise_rates_suit_large_batches(void **state) {
    struct objective *digits = digits_network();
    double sgd = digits_loss("sgd", digits, 1), lars = digits_loss("lars", digits, 1);
    if (!(lars < sgd / 2)) fail_msg("LARS %g, SGD %g at rate 1", lars, sgd);
    sgd = digits_loss("sgd", digits, 0.01);
    double lamb = digits_loss("lamb", digits, 0.01);
    if (!(lamb < sgd * 0.8)) fail_msg("LAMB %g, SGD %g at rate 0.01", lamb, sgd);
    objective_destroy(&digits);
}

/* The mean of a bouncing path lies nearer the minimum than its end (Polyak & Juditsky 1992). */
static void averages_lie_nearer_the_minimum(void **state) {
    static const struct average_params kinds[] = {{.kind = AVERAGE_EMA, .decay = 0.95},
                                                  {.kind = AVERAGE_SWA, .start = 100}};
    struct objective *bowl = formula_create("x^2 + 3*y^2");
    struct evaluator *evaluator = evaluator_create(bowl);
    for (int c = 0; c < 2; c++) {
        struct optimizer *optimizer = make("sgd", bowl, 0.1, NULL, 0);
        optimizer_set_average(optimizer, &kinds[c]);
        struct random random = random_seeded(5, 6);
        double w[2] = {1, 1}, gradient[2];
        for (int step = 0; step < 500; step++) {
            evaluator_gradient(evaluator, w, NULL, gradient);
            for (int i = 0; i < 2; i++) gradient[i] += random_normal(&random);
            optimizer_step(optimizer, w, gradient, 1);
        }
        assert_true(linalg_norm(2, optimizer_average(optimizer)) < 0.5 * linalg_norm(2, w));
        optimizer_destroy(&optimizer);
    }
    evaluator_destroy(&evaluator);
    objective_destroy(&bowl);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(saddles_are_left_sooner_than_by_descent), cmocka_unit_test(newton_goes_to_the_saddle),
        cmocka_unit_test(gauss_newton_runs_down_the_valley),       cmocka_unit_test(sam_ends_where_it_is_flatter),
        cmocka_unit_test(layerwise_rates_suit_large_batches),      cmocka_unit_test(averages_lie_nearer_the_minimum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
