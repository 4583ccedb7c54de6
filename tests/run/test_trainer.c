/* The trainer: what a step is, on experiments as a person would write them, and that bits do not depend on threads. */
#include "base/linalg.h"
#include "trainers.h"

/* ---- what a step is ------------------------------------------------------------------------------------------------
 */

/* Gradient descent on the bowl in closed form: x ← (1 − 4η)x, y ← (1 − η)y. */
static void follows_the_closed_form(void **state) {
    struct bench bench;
    set_up(&bench, BOWL, 0);
    train_to(&bench, 500);
    for (int start = 0; start < 2; start++) {
        double x = start ? -3 : 1.5, y = start ? 1 : -2;
        for (int64_t step = 0; step <= 500; step++) {
            struct sample sample;
            double theta[2];
            read_one(&bench, start, step, &sample, theta);
            assert_near(theta[0], x * pow(0.8, (double)step), 1e-12);
            assert_near(theta[1], y * pow(0.95, (double)step), 1e-12);
            assert_near(sample.loss, 2 * theta[0] * theta[0] + theta[1] * theta[1] / 2, 1e-12);
            assert_near(sample.gradient_norm, hypot(4 * theta[0], theta[1]), 1e-12);
            assert_true(sample.batch_loss == sample.loss);
            assert_true(sample.rate == 0.05);
        }
    }
    for (int run = 0; run < 6; run++) {
        assert_steps(&bench, run, 500);
        assert_int_equal(trainer_state(bench.trainer, run).status, RUN_FINISHED);
    }
    /* The rate of a sample is the one of the update that leaves it: warm-up in tenths, then the cosine. */
    struct sample sample;
    double theta[2];
    read_one(&bench, 2, 0, &sample, theta);
    assert_near(sample.rate, 0.02 * 0.1, 1e-15);
    read_one(&bench, 2, 9, &sample, theta);
    assert_near(sample.rate, 0.02, 1e-15);
    read_one(&bench, 2, 255, &sample, theta);
    assert_near(sample.rate, 0.01, 1e-12); /* half of the way from 10 to 500 */
    for (int i = 0; i < 500 && atomic_load(&bench.wakeups) == 0; i++)
        sleep_seconds(0.01); /* it comes after the samples */
    assert_true(atomic_load(&bench.wakeups) > 0);
    tear_down(&bench);
}

/* Batches of 16 from 50 samples: three whole ones and one of 2 an epoch; the runs share them, and every sample carries
 * the loss on everything as well. */
static void batches_go_through_all_the_data(void **state) {
    struct bench bench;
    set_up(&bench, NET, 0);
    train_to(&bench, 60);
    const struct objective *objective = bench.experiment->objective;
    int n = objective_dimension(objective), samples = objective_samples(objective);
    assert_int_equal(samples, 50);
    struct evaluator *evaluator = evaluator_create(objective);
    double *theta = MEM_NEW(double, n), *gradient = MEM_NEW(double, n), *next = MEM_NEW(double, n),
           *sum = MEM_NEW(double, n);
    /* sgd's updates of an epoch tell the gradients it used; rebuilt here from a shuffle of our own. */
    struct random random = random_seeded(9, 0x6261746368);
    int order[50], seen[50];
    for (int i = 0; i < samples; i++) order[i] = i;
    for (int epoch = 0; epoch < 3; epoch++) {
        random_shuffle(&random, order, 50);
        memset(seen, 0, sizeof seen);
        for (int part = 0; part < 4; part++) {
            const struct batch batch = {.indices = order + 16 * part, .count = part < 3 ? 16 : 2};
            for (int i = 0; i < batch.count; i++) seen[batch.indices[i]]++;
            for (int run = 0; run < 3; run++) {
                struct sample sample, after;
                int64_t step = 4 * epoch + part;
                read_one(&bench, run, step, &sample, theta);
                read_one(&bench, run, step + 1, &after, next);
                double loss = evaluator_gradient(evaluator, theta, &batch, gradient);
                assert_near(sample.batch_loss, loss, 1e-13);
                assert_near(sample.loss, evaluator_loss(evaluator, theta, NULL), 1e-13);
                assert_near(sample.gradient_norm, linalg_norm(n, gradient), 1e-13);
                for (int i = 0; run == 0 && i < n; i++) assert_near(next[i], theta[i] - 0.1 * gradient[i], 1e-13);
            }
        }
        for (int i = 0; i < samples; i++) assert_int_equal(seen[i], 1);
    }
    evaluator_destroy(&evaluator);
    free(theta);
    free(gradient);
    free(next);
    free(sum);
    tear_down(&bench);
}

/* Typed-in Beale, Rosenbrock, Himmelblau and one of our own: PyTorch's trajectories
 * (tests/optimize/oracle_optimizers.py) at every one of 200 steps, through parser, derivatives, threads, stream and
 * timeline. */
static void formulas_equal_pytorch(void **state) {
    static const char *const formulas[][2] = {
        {"beale", "(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2"},
        {"rosenbrock", "(1 - x)^2 + 100*(y - x^2)^2"},
        {"himmelblau", "(x^2 + y - 11)^2 + (x + y^2 - 7)^2"},
        {"mixed", "40*(x - 0.3*sin(y))^2 + 0.05*(y - 2)^2 + 0.1*x*y"},
    };
    FILE *index = fopen(FIXTURES "/optimize/optimizers.txt", "r"),
         *paths = fopen(FIXTURES "/optimize/optimizers.bin", "rb");
    assert_non_null(index);
    assert_non_null(paths);
    char line[512];
    static double expected[200][2];
    int compared = 0;
    while (fgets(line, sizeof line, index)) {
        assert_int_equal(fread(expected, sizeof expected, 1, paths), 1);
        char *rest = NULL, *name = strtok_r(line, " \n", &rest), *function = strtok_r(NULL, " \n", &rest);
        const char *formula = NULL;
        for (int i = 0; i < 4; i++)
            if (strcmp(formulas[i][0], function) == 0) formula = formulas[i][1];
        assert_non_null(formula);
        char *x = strtok_r(NULL, " \n", &rest), *y = strtok_r(NULL, " \n", &rest), text[1024];
        snprintf(text, sizeof text,
                 "objective: {expression: '%s', variables: [x, y], domain: [[-5, 5], [-5, 5]]}\n"
                 "start: [%s, %s]\nsteps: 200\noptimizers: [{name: %s, lr: 0.01}]\n",
                 formula, x, y, name);
        struct bench bench;
        set_up(&bench, text, 0);
        size_t count;
        const struct optimizer_class *class = bench.experiment->optimizers[0].class;
        const struct optimizer_parameter *parameters = optimizer_class_parameters(class, &count);
        trainer_set_value(bench.trainer, 0, 0, parameters[0].initial);
        for (char *option; (option = strtok_r(NULL, " \n", &rest));) {
            char *equals = strchr(option, '=');
            *equals = '\0';
            trainer_set_value(bench.trainer, 0, optimizer_class_parameter_index(class, option),
                              strtod(equals + 1, NULL));
        }
        trainer_restart(bench.trainer, NULL); /* values that only a fresh state takes in: Adagrad's initial sum */
        train_to(&bench, 200);
        for (int step = 0; step < 200; step++) {
            struct sample sample;
            double theta[2];
            read_one(&bench, 0, step + 1, &sample, theta);
            assert_near(theta[0], expected[step][0], 1e-10);
            assert_near(theta[1], expected[step][1], 1e-10);
        }
        tear_down(&bench);
        compared++;
    }
    assert_true(compared >= 3 * (int)optimizer_count());
    fclose(index);
    fclose(paths);
}

/* PyTorch's training of a 64-32-10 tanh network on the digits: losses at every step and the last parameters. */
static void digits_equal_pytorch(void **state) {
    static const char DIGITS[] = "objective:\n"
                                 "  network: {layers: [64, 32, 10], activation: tanh}\n"
                                 "  data: {name: digits}\n"
                                 "  loss: cross_entropy\n"
                                 "steps: 50\n"
                                 "optimizers:\n"
                                 "  - {name: sgd, lr: 0.1}\n"
                                 "  - {name: momentum, lr: 0.1}\n"
                                 "  - {name: nesterov, lr: 0.1}\n"
                                 "  - {name: adagrad, lr: 0.01}\n"
                                 "  - {name: rmsprop, lr: 0.01}\n"
                                 "  - {name: adam, lr: 0.001}\n"
                                 "  - {name: adamw, lr: 0.001}\n"
                                 "  - adadelta\n  - adamax\n  - nadam\n  - radam\n"
                                 "  - {name: rprop, lr: 0.001, step_size_max: 0.01}\n  - asgd\n";
    FILE *file = fopen(FIXTURES "/objective/training_digits.bin", "rb");
    assert_non_null(file);
    char magic[4];
    uint32_t head[3];
    assert_int_equal(fread(magic, 1, 4, file) + fread(head, 4, 3, file), 7);
    assert_memory_equal(magic, "SLT1", 4);
    size_t n = head[0], steps = head[2];
    double *start = MEM_NEW(double, n), *losses = MEM_NEW(double, steps + 1), *end = MEM_NEW(double, n),
           *theta = MEM_NEW(double, n);
    assert_int_equal(fread(start, sizeof(double), n, file), n);
    struct bench bench;
    set_up(&bench, DIGITS, 0);
    assert_int_equal(objective_dimension(bench.experiment->objective), n);
    assert_int_equal(experiment_run_count(bench.experiment), head[1]);
    trainer_restart(bench.trainer, start);
    train_to(&bench, (int64_t)steps);
    for (int run = 0; run < (int)head[1]; run++) {
        assert_int_equal(fread(losses, sizeof(double), steps + 1, file), steps + 1);
        assert_int_equal(fread(end, sizeof(double), n, file), n);
        for (size_t step = 0; step <= steps; step++) {
            struct sample sample;
            read_one(&bench, run, (int64_t)step, &sample, theta);
            assert_near(sample.loss, losses[step], 1e-8);
        }
        for (size_t i = 0; i < n; i++) assert_near(theta[i], end[i], 1e-8);
    }
    fclose(file);
    free(start);
    free(losses);
    free(end);
    free(theta);
    tear_down(&bench);
}

/* ---- insides -------------------------------------------------------------------------------------------------------
 */

static void watch(struct bench *bench) {
    const struct trainer_params params = {
        .experiment = bench->experiment, .timeline = bench->timeline, .threads = 2, .insides = true};
    struct error error = {0};
    trainer_destroy(&bench->trainer);
    bench->trainer = trainer_create(&params, &error);
    if (!bench->trainer) fail_msg("%s", error.message);
}

/* After the last "=" of each formula: the parameter one sample on, with three digits of the step. */
static void assert_formulas_lead_on(const struct inside *inside, const double *here, const double *next) {
    const char *formula = inside->formulas;
    assert_int_equal(inside->told_count, inside->n == 2 ? 2 : 1);
    assert_non_null(formula);
    for (int i = 0; i < inside->told_count; i++) {
        assert_memory_equal(formula, "θ ← ", strlen("θ ← "));
        const char *end = strrchr(formula, '=');
        assert_non_null(end);
        bool minus = strncmp(end, "= −", strlen("= −")) == 0;
        double shown = strtod(end + (minus ? strlen("= −") : strlen("= ")), NULL), whole = next[inside->told[i]];
        double step = fabs(whole - here[inside->told[i]]);
        if (!(fabs((minus ? -shown : shown) - whole) <= 0.01 * step + 1e-11))
            fail_msg("%s, and the parameter is then %.9g", formula, whole);
        formula += strlen(formula) + 1;
    }
    assert_ptr_equal(formula, inside->formulas + inside->formula_bytes);
}

/* At every sample that was left the terms are the step to the next one, and looking changes no bit. */
static void insides_add_up(void **state) {
    static const char *const texts[] = {BOWL, NET, HELD};
    for (int t = 0; t < 3; t++) {
        struct bench plain, watched;
        set_up(&plain, texts[t], 0);
        set_up(&watched, texts[t], 0);
        watch(&watched);
        size_t n = (size_t)timeline_dimension(plain.timeline);
        double *here = MEM_NEW(double, n), *next = MEM_NEW(double, n);
        train_to(&plain, 60);
        train_to(&watched, 60);
        assert_same_runs(&plain, &watched);
        for (int run = 0; run < timeline_runs(plain.timeline); run++) {
            struct sample sample;
            assert_null(timeline_inside(plain.timeline, run, 0));
            assert_null(timeline_inside(watched.timeline, run, 60)); /* it has not been left */
            for (int step = 0; step < 60; step++) {
                struct inside *inside = timeline_inside(watched.timeline, run, (size_t)step);
                if (!inside) fail_msg("nothing is kept of step %d", step);
                read_one(&watched, run, step, &sample, here);
                read_one(&watched, run, step + 1, &sample, next);
                for (size_t i = 0; i < n; i++) {
                    double sum = 0;
                    for (int row = 0; row < inside->count; row++)
                        if (inside->rows[row].kind == INSIDE_TERM) sum += inside->values[(size_t)row * n + i];
                    assert_near(sum, next[i] - here[i], 1e-12);
                }
                assert_formulas_lead_on(inside, here, next);
                free(inside);
            }
        }
        trainer_restart(watched.trainer, NULL);
        assert_null(timeline_inside(watched.timeline, 0, 0));
        free(here);
        free(next);
        tear_down(&plain);
        tear_down(&watched);
    }
}

/* ---- the same bits --------------------------------------------------------------------------------------------------
 */

/* One thread or two, in one go or with a stop at every few steps: the same bits. */
static void bits_do_not_depend_on_threads(void **state) {
    static const char *const texts[] = {BOWL, NET, HELD};
    for (int t = 0; t < 3; t++) {
        struct bench one, two;
        set_up(&one, texts[t], 1);
        set_up(&two, texts[t], 2);
        train_to(&one, 60);
        for (int64_t goal = 0; goal <= 60; goal += 7) train_to(&two, goal);
        train_to(&two, 60);
        assert_same_runs(&one, &two);
        trainer_restart(two.trainer, NULL); /* batches, moments and schedules begin anew */
        train_to(&two, 60);
        assert_same_runs(&one, &two);
        tear_down(&one);
        tear_down(&two);
    }
}

static int start_linalg(void **state) {
    linalg_init();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_closed_form), cmocka_unit_test(batches_go_through_all_the_data),
        cmocka_unit_test(formulas_equal_pytorch),  cmocka_unit_test(digits_equal_pytorch),
        cmocka_unit_test(insides_add_up),          cmocka_unit_test(bits_do_not_depend_on_threads),
    };
    return cmocka_run_group_tests(tests, start_linalg, NULL);
}
