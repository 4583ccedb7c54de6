/* The trainer: orders, goals, endings, batches and bits, on experiments as a person would write them. */
#include "run/run.h"

#include "base/linalg.h"
#include "base/memory.h"
#include "base/threads.h"
#include "test.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const char BOWL[] = "objective:\n"
                           "  expression: 2*x^2 + y^2/2\n"
                           "  variables: [x, y]\n"
                           "  domain: [[-4, 4], [-4, 4]]\n"
                           "start: [[1.5, -2], [-3, 1]]\n"
                           "steps: 500\n"
                           "seed: 3\n"
                           "optimizers:\n"
                           "  - {name: sgd, lr: 0.05}\n"
                           "  - {name: momentum, lr: 0.02, schedule: {name: cosine, warmup: 10}}\n"
                           "  - {name: adam, lr: 0.05}\n";

static const char NET[] = "objective:\n"
                          "  network: {layers: [2, 8, 2], activation: tanh}\n"
                          "  data: {name: moons, samples: 50, seed: 2}\n"
                          "start: {seed: 4}\n"
                          "batch: 16\n"
                          "steps: 60\n"
                          "seed: 9\n"
                          "optimizers:\n"
                          "  - {name: sgd, lr: 0.1}\n"
                          "  - {name: adam, lr: 0.01}\n"
                          "  - {name: rmsprop, lr: 0.01}\n";

/* An experiment being trained, with how often the viewer was woken. */
struct bench {
    struct experiment *experiment;
    struct timeline *timeline;
    struct trainer *trainer;
    atomic_int wakeups;
};

static void count_wakeup(void *context) {
    struct bench *bench = context;
    atomic_fetch_add(&bench->wakeups, 1);
}

static struct experiment *parse(const char *text) {
    struct error error = {0};
    struct experiment *experiment = experiment_parse(text, strlen(text), "test.yaml", &error);
    if (!experiment) fail_msg("%s", error.message);
    return experiment;
}

static void set_up(struct bench *bench, const char *text, int threads) {
    *bench = (struct bench){.experiment = parse(text)};
    atomic_init(&bench->wakeups, 0);
    bench->timeline = timeline_create(experiment_run_count(bench->experiment),
                                      objective_dimension(bench->experiment->objective), SIZE_MAX);
    const struct trainer_params params = {.experiment = bench->experiment,
                                          .timeline = bench->timeline,
                                          .threads = threads,
                                          .wakeup = count_wakeup,
                                          .wakeup_context = bench};
    struct error error = {0};
    bench->trainer = trainer_create(&params, &error);
    if (!bench->trainer) fail_msg("%s", error.message);
}

static void tear_down(struct bench *bench) {
    trainer_destroy(&bench->trainer);
    trainer_destroy(&bench->trainer);
    timeline_destroy(&bench->timeline);
    experiment_destroy(&bench->experiment);
}

static void train_to(struct bench *bench, int64_t step) {
    trainer_set_goal(bench->trainer, step);
    trainer_wait(bench->trainer);
}

static void assert_steps(const struct bench *bench, int run, int64_t last) {
    size_t count = timeline_count(bench->timeline, run);
    if (count != (size_t)last + 1) fail_msg("run %d has %zu samples, expected %jd", run, count, (intmax_t)last + 1);
    struct sample *samples = MEM_NEW(struct sample, count);
    assert_int_equal(timeline_read(bench->timeline, run, 0, count, samples, NULL, NULL), count);
    for (size_t i = 0; i < count; i++) assert_int_equal(samples[i].step, i);
    free(samples);
    assert_int_equal(trainer_state(bench->trainer, run).step, last);
}

static void sleep_seconds(double seconds) {
    const struct timespec time = {.tv_sec = (time_t)seconds,
                                  .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&time, NULL);
}

static void read_one(const struct bench *bench, int run, int64_t step, struct sample *sample, double *theta) {
    bool known;
    assert_int_equal(timeline_read(bench->timeline, run, (size_t)step, 1, sample, theta, &known), 1);
    assert_true(known);
    assert_int_equal(sample->step, step);
}

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
    for (int i = 0; i < 500 && atomic_load(&bench.wakeups) == 0; i++) sleep_seconds(0.01); /* it comes after the samples */
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

/* Typed-in Beale, Rosenbrock, Himmelblau and one of our own: PyTorch's trajectories (tests/optimize/oracle_optimizers.py) at every one
 * of 200 steps, through parser, derivatives, threads, stream and timeline. */
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

/* ---- the same bits --------------------------------------------------------------------------------------------------
 */

struct everything {
    size_t count;
    struct sample *samples;
    double *thetas;
};

static struct everything read_run(const struct bench *bench, int run) {
    struct everything all = {.count = timeline_count(bench->timeline, run)};
    all.samples = MEM_NEW(struct sample, all.count);
    all.thetas = mem_zalloc(all.count * (size_t)timeline_dimension(bench->timeline), sizeof(double));
    assert_int_equal(timeline_read(bench->timeline, run, 0, all.count, all.samples, all.thetas, NULL), all.count);
    return all;
}

static void assert_same_runs(const struct bench *a, const struct bench *b) {
    size_t n = (size_t)timeline_dimension(a->timeline);
    for (int run = 0; run < timeline_runs(a->timeline); run++) {
        struct everything x = read_run(a, run), y = read_run(b, run);
        assert_int_equal(x.count, y.count);
        assert_memory_equal(x.samples, y.samples, x.count * sizeof *x.samples);
        assert_memory_equal(x.thetas, y.thetas, x.count * n * sizeof(double));
        free(x.samples), free(x.thetas), free(y.samples), free(y.thetas);
    }
}

/* One thread or two, in one go or with a stop at every few steps: the same bits. */
static void bits_do_not_depend_on_threads(void **state) {
    static const char *const texts[] = {BOWL, NET};
    for (int t = 0; t < 2; t++) {
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

/* ---- orders
 * ---------------------------------------------------------------------------------------------------------- */

static void publishes_its_start_and_waits(void **state) {
    struct bench bench;
    set_up(&bench, BOWL, 0);
    trainer_wait(bench.trainer);
    assert_int_equal(trainer_goal(bench.trainer), 0);
    for (int run = 0; run < 6; run++) {
        assert_steps(&bench, run, 0);
        assert_int_equal(trainer_state(bench.trainer, run).status, RUN_WAITING);
    }
    train_to(&bench, 1); /* single steps */
    train_to(&bench, 2);
    for (int run = 0; run < 6; run++) assert_steps(&bench, run, 2);
    train_to(&bench, 1); /* never back */
    for (int run = 0; run < 6; run++) assert_steps(&bench, run, 2);
    train_to(&bench, 1000000); /* capped at the experiment's steps */
    assert_int_equal(trainer_goal(bench.trainer), 500);
    for (int run = 0; run < 6; run++) assert_steps(&bench, run, 500);
    assert_int_equal(trainer_state(bench.trainer, 3).status, RUN_FINISHED);
    trainer_set_limit(bench.trainer, 700);
    assert_int_equal(trainer_state(bench.trainer, 3).status, RUN_WAITING);
    train_to(&bench, 1000000);
    for (int run = 0; run < 6; run++) assert_steps(&bench, run, 700);
    tear_down(&bench);
}

static void pause_stops_all_on_one_step(void **state) {
    struct bench bench;
    set_up(&bench, BOWL, 2);
    trainer_set_limit(bench.trainer, INT64_C(1000000000));
    for (int round = 1; round <= 5; round++) {
        trainer_set_goal(bench.trainer, INT64_C(1000000000));
        sleep_seconds(0.01);
        trainer_pause(bench.trainer);
        trainer_wait(bench.trainer);
        int64_t goal = trainer_goal(bench.trainer);
        assert_true(goal > 0 && goal < INT64_C(1000000000));
        for (int run = 0; run < 6; run++) {
            assert_int_equal(trainer_state(bench.trainer, run).step, goal);
            assert_int_equal(timeline_count(bench.timeline, run), goal + 1);
        }
    }
    tear_down(&bench);
}

static void a_disabled_run_waits_and_catches_up(void **state) {
    struct bench bench;
    set_up(&bench, BOWL, 0);
    train_to(&bench, 10);
    trainer_enable(bench.trainer, 4, false);
    train_to(&bench, 50);
    assert_steps(&bench, 4, 10);
    assert_steps(&bench, 5, 50);
    assert_false(trainer_state(bench.trainer, 4).enabled);
    assert_int_equal(trainer_state(bench.trainer, 4).status, RUN_WAITING);
    trainer_enable(bench.trainer, 4, true);
    trainer_wait(bench.trainer);
    assert_steps(&bench, 4, 50);
    struct bench straight;
    set_up(&straight, BOWL, 0);
    train_to(&straight, 50);
    assert_same_runs(&bench, &straight);
    tear_down(&straight);
    trainer_enable(bench.trainer, 4, false);
    trainer_restart(bench.trainer, NULL); /* off stays off, but for its start */
    train_to(&bench, 20);
    assert_steps(&bench, 4, 0);
    tear_down(&bench);
}

static void values_change_between_steps(void **state) {
    struct bench bench;
    set_up(&bench, BOWL, 0);
    train_to(&bench, 5);
    assert_true(trainer_value(bench.trainer, 0, 0) == 0.05);
    trainer_set_value(bench.trainer, 0, 0, 0.125);
    assert_true(trainer_value(bench.trainer, 0, 0) == 0.125);
    train_to(&bench, 8);
    struct sample sample;
    double before[2], after[2];
    read_one(&bench, 0, 5, &sample, before);
    read_one(&bench, 0, 6, &sample, after);
    assert_near(after[0], before[0] * 0.5, 1e-14);
    assert_true(sample.rate == 0.125);
    trainer_set_value(bench.trainer, 0, 0, -7); /* clamped */
    assert_true(trainer_value(bench.trainer, 0, 0) == 0);
    trainer_set_value(bench.trainer, 0, 0, NAN); /* no value at all */
    assert_true(trainer_value(bench.trainer, 0, 0) == 0);
    train_to(&bench, 9);
    read_one(&bench, 0, 8, &sample, before);
    read_one(&bench, 0, 9, &sample, after);
    assert_true(before[0] == after[0]);

    /* What does not go together is taken back: sgd's nesterov needs a momentum. */
    const struct optimizer_class *sgd = optimizer_find("sgd");
    int nesterov = optimizer_class_parameter_index(sgd, "nesterov"),
        momentum = optimizer_class_parameter_index(sgd, "momentum");
    trainer_set_value(bench.trainer, 0, nesterov, 1);
    train_to(&bench, 10);
    assert_true(trainer_value(bench.trainer, 0, nesterov) == 0);
    trainer_set_value(bench.trainer, 0, nesterov, 1);
    trainer_set_value(bench.trainer, 0, momentum, 0.5);
    train_to(&bench, 11);
    assert_true(trainer_value(bench.trainer, 0, nesterov) == 1);
    assert_true(trainer_value(bench.trainer, 1, 0) == 0.05); /* the other start's run is another run */
    tear_down(&bench);
}

static void restarts_from_a_point(void **state) {
    struct bench bench;
    set_up(&bench, BOWL, 0);
    trainer_set_limit(bench.trainer, INT64_C(1000000000));
    trainer_set_goal(bench.trainer, INT64_C(1000000000));
    sleep_seconds(0.005);
    uint64_t generation = timeline_generation(bench.timeline);
    trainer_restart(bench.trainer, (const double[]){0.25, 0.5}); /* in the middle of it */
    assert_true(timeline_generation(bench.timeline) > generation);
    assert_int_equal(trainer_goal(bench.trainer), 0);
    train_to(&bench, 3);
    for (int run = 0; run < 6; run++) {
        assert_steps(&bench, run, 3);
        struct sample sample;
        double theta[2];
        read_one(&bench, run, 0, &sample, theta);
        assert_true(theta[0] == 0.25 && theta[1] == 0.5);
    }
    tear_down(&bench);
}

static void stop_ends_a_wait(void **state) {
    struct bench bench;
    set_up(&bench, BOWL, 0);
    trainer_enable(bench.trainer, 0, false);
    trainer_set_limit(bench.trainer, INT64_C(1000000000000));
    trainer_set_goal(bench.trainer, INT64_C(1000000000000));
    sleep_seconds(0.005);
    trainer_stop(bench.trainer);
    trainer_wait(bench.trainer);
    for (int run = 0; run < 6; run++) {
        struct run_state now = trainer_state(bench.trainer, run);
        assert_int_equal(now.status, RUN_STOPPED);
        assert_int_equal(timeline_count(bench.timeline, run), now.step + 1);
    }
    trainer_restart(bench.trainer, NULL);
    train_to(&bench, 4);
    assert_steps(&bench, 1, 4);
    tear_down(&bench);
}

/* ---- endings
 * ---------------------------------------------------------------------------------------------------------- */

static void divergence_is_said_and_never_shown(void **state) {
    struct bench bench;
    set_up(&bench,
           "objective: {expression: exp(x^2) + y^2, variables: [x, y], domain: [[-2, 2], [-2, 2]]}\n"
           "start: [1, 1]\nsteps: 100\n"
           "optimizers: [{name: sgd, lr: 3, label: wild}, {name: sgd, lr: 0.01, label: calm}]\n",
           0);
    train_to(&bench, 100);
    struct run_state wild = trainer_state(bench.trainer, 0), calm = trainer_state(bench.trainer, 1);
    assert_int_equal(wild.status, RUN_DIVERGED);
    assert_int_equal(calm.status, RUN_FINISHED);
    assert_steps(&bench, 1, 100);
    assert_true(wild.step >= 0 && wild.step < 10);
    assert_steps(&bench, 0, wild.step);
    char expected[160];
    snprintf(expected, sizeof expected, "loss is not finite at step %jd; try a smaller learning rate",
             (intmax_t)wild.step + 1);
    assert_string_equal(wild.message, expected);
    struct everything all = read_run(&bench, 0);
    for (size_t i = 0; i < all.count; i++)
        assert_true(isfinite(all.samples[i].loss) && isfinite(all.samples[i].gradient_norm) &&
                    isfinite(all.thetas[2 * i]));
    free(all.samples), free(all.thetas);

    trainer_restart(bench.trainer, (const double[]){40, 0}); /* exp(1600) */
    train_to(&bench, 10);
    for (int run = 0; run < 2; run++) {
        struct run_state ended = trainer_state(bench.trainer, run);
        assert_int_equal(ended.status, RUN_DIVERGED);
        assert_int_equal(ended.step, -1);
        assert_string_equal(ended.message, "loss is not finite at step 0; start somewhere else");
        assert_int_equal(timeline_count(bench.timeline, run), 0);
    }
    trainer_restart(bench.trainer, (const double[]){NAN, 0});
    trainer_wait(bench.trainer);
    assert_string_equal(trainer_state(bench.trainer, 1).message,
                        "a parameter is not finite at step 0; start somewhere else");
    trainer_restart(bench.trainer, NULL);
    train_to(&bench, 10);
    assert_int_equal(trainer_state(bench.trainer, 1).status, RUN_WAITING);
    assert_string_equal(trainer_state(bench.trainer, 1).message, "");
    tear_down(&bench);
}

static void an_optimizer_out_of_range_is_refused(void **state) {
    struct experiment *experiment = parse(BOWL);
    experiment->optimizers[1].values[0] = -1;
    struct timeline *timeline = timeline_create(6, 2, SIZE_MAX);
    struct error error = {0};
    const struct trainer_params params = {.experiment = experiment, .timeline = timeline};
    assert_null(trainer_create(&params, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_non_null(strstr(error.message, "lr of momentum is -1"));
    timeline_destroy(&timeline);
    experiment_destroy(&experiment);
}

static double processor_seconds(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

/* What the process itself uses in 0.3 s of sleep: nothing, but for a sanitizer's own thread. */
static double seconds_used_asleep(void) {
    double used = processor_seconds();
    sleep_seconds(0.3);
    return processor_seconds() - used;
}

static void idle_costs_nothing(void **state) {
    double without = seconds_used_asleep();
    struct bench bench;
    set_up(&bench, BOWL, 0);
    train_to(&bench, 100);
    sleep_seconds(0.05);
    int woken = atomic_load(&bench.wakeups);
    double used = seconds_used_asleep() - without;
    if (used > 5e-3) fail_msg("an idle trainer used %.1f ms of processor time in 0.3 s", used * 1e3);
    assert_int_equal(atomic_load(&bench.wakeups), woken);
    tear_down(&bench);
}

/* At full speed the viewer is woken at most every 4 ms; after the last sample it is woken once more. */
static void wakeups_are_coalesced(void **state) {
    struct bench bench;
    set_up(&bench, BOWL, 0);
    trainer_set_limit(bench.trainer, INT64_C(1000000000));
    trainer_wait(bench.trainer);
    sleep_seconds(0.02);
    int before = atomic_load(&bench.wakeups);
    double since = clock_seconds();
    trainer_set_goal(bench.trainer, INT64_C(1000000000));
    sleep_seconds(0.1);
    trainer_pause(bench.trainer);
    trainer_wait(bench.trainer);
    sleep_seconds(0.02);
    int woken = atomic_load(&bench.wakeups) - before;
    double took = clock_seconds() - since;
    if (woken < 2 || woken > took / 4e-3 + 2) fail_msg("woken %d times in %.0f ms", woken, took * 1e3);
    tear_down(&bench);
}

/* ---- recording
 * -------------------------------------------------------------------------------------------------------- */

static char *fresh_path(char *path) {
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    unlink(path);
    return path;
}

static void recording_begins_with_the_past(void **state) {
    char path[] = "/tmp/saddlescope-test-XXXXXX";
    fresh_path(path);
    struct bench bench;
    set_up(&bench, BOWL, 0);
    train_to(&bench, 40);
    struct error error = {0};
    trainer_set_goal(bench.trainer, 500); /* it is joined while samples come */
    if (!trainer_record(bench.trainer, path, &error)) fail_msg("%s", error.message);
    assert_true(trainer_recording(bench.trainer));
    assert_false(trainer_record(bench.trainer, path, NULL));
    trainer_wait(bench.trainer);
    if (!trainer_record_stop(bench.trainer, &error)) fail_msg("%s", error.message);
    assert_false(trainer_recording(bench.trainer));
    assert_false(trainer_error(bench.trainer, &error));
    struct bench back = {0};
    if (!recording_read(path, &back.experiment, &back.timeline, &error)) fail_msg("%s", error.message);
    assert_int_equal(timeline_count(back.timeline, 5), 501);
    assert_same_runs(&bench, &back);
    tear_down(&back);
    tear_down(&bench);
    unlink(path);
}

/* When nothing comes any more, what was recorded is committed all the same: another reader sees it while the file is
 * open. */
static void an_idle_recording_is_committed(void **state) {
    char path[] = "/tmp/saddlescope-test-XXXXXX";
    struct bench bench;
    set_up(&bench, BOWL, 0);
    struct error error = {0};
    if (!trainer_record(bench.trainer, fresh_path(path), &error)) fail_msg("%s", error.message);
    train_to(&bench, 25);
    sleep_seconds(0.25);
    struct bench back = {0};
    if (!recording_read(path, &back.experiment, &back.timeline, &error)) fail_msg("%s", error.message);
    assert_int_equal(timeline_count(back.timeline, 0), 26);
    assert_same_runs(&bench, &back);
    tear_down(&back);
    trainer_restart(bench.trainer, NULL); /* closes it: a file holds one start */
    assert_false(trainer_recording(bench.trainer));
    train_to(&bench, 3);
    if (!recording_read(path, &back.experiment, &back.timeline, &error)) fail_msg("%s", error.message);
    assert_int_equal(timeline_count(back.timeline, 0), 26);
    tear_down(&back);
    tear_down(&bench);
    unlink(path);
}

/* A disk that fills up ends the recording, not the training. */
static void a_recording_that_fails_is_said(void **state) {
    char path[] = "/tmp/saddlescope-test-XXXXXX";
    struct bench bench;
    set_up(&bench, BOWL, 0);
    struct error error = {0};
    if (!trainer_record(bench.trainer, fresh_path(path), &error)) fail_msg("%s", error.message);
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 200000; /* bytes a file may have */
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    trainer_set_limit(bench.trainer, 20000);
    train_to(&bench, 20000);
    bool stopped = trainer_record_stop(bench.trainer, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_false(stopped);
    assert_int_equal(error.kind, ERROR_MACHINE);
    assert_true(trainer_error(bench.trainer, NULL));
    assert_false(trainer_recording(bench.trainer));
    for (int run = 0; run < 6; run++) assert_steps(&bench, run, 20000);
    unlink(path);
    assert_true(trainer_record(bench.trainer, fresh_path(strcpy(path, "/tmp/saddlescope-test-XXXXXX")), NULL));
    assert_false(trainer_error(bench.trainer, NULL)); /* a new one begins with a clean slate */
    assert_true(trainer_record_stop(bench.trainer, NULL));
    tear_down(&bench);
    unlink(path);
}

/* Orders of every kind at random, from one thread, against running runs: nothing hangs and every path stays whole. */
static void survives_any_orders(void **state) {
    struct bench bench;
    set_up(&bench, NET, 2);
    struct random random = random_seeded(1, 1);
    for (int order = 0; order < 400; order++) {
        int run = (int)random_below(&random, 3);
        switch (random_below(&random, 9)) {
        case 0: trainer_set_goal(bench.trainer, (int64_t)random_below(&random, 80)); break;
        case 1: trainer_pause(bench.trainer); break;
        case 2: trainer_enable(bench.trainer, run, random_below(&random, 3) > 0); break;
        case 3: trainer_set_value(bench.trainer, run, 0, random_uniform(&random, 0, 0.1)); break;
        case 4:
            if (random_below(&random, 4) == 0) trainer_restart(bench.trainer, NULL);
            break;
        case 5:
            if (random_below(&random, 8) == 0) trainer_stop(bench.trainer);
            break;
        case 6: trainer_wait(bench.trainer); break;
        case 7: trainer_set_limit(bench.trainer, 60 + (int64_t)random_below(&random, 200)); break;
        default: trainer_set_goal(bench.trainer, trainer_goal(bench.trainer) + 1);
        }
        trainer_state(bench.trainer, run);
    }
    trainer_wait(bench.trainer);
    for (int run = 0; run < 3; run++) assert_steps(&bench, run, trainer_state(bench.trainer, run).step);
    trainer_restart(bench.trainer, NULL);
    tear_down(&bench); /* in the middle of starting */
}

static void a_recording_that_cannot_be_is_said(void **state) {
    struct bench bench;
    set_up(&bench, BOWL, 0);
    struct error error = {0};
    assert_false(trainer_record(bench.trainer, "/nowhere/at/all.saddle", &error));
    assert_true(error.kind != ERROR_NONE && strlen(error.message) > 0);
    assert_false(trainer_recording(bench.trainer));
    assert_true(trainer_record_stop(bench.trainer, NULL));
    train_to(&bench, 10);
    assert_steps(&bench, 0, 10);
    tear_down(&bench);
}

static int start_linalg(void **state) {
    linalg_init();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_closed_form),
        cmocka_unit_test(batches_go_through_all_the_data),
        cmocka_unit_test(formulas_equal_pytorch),
        cmocka_unit_test(digits_equal_pytorch),
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(publishes_its_start_and_waits),
        cmocka_unit_test(pause_stops_all_on_one_step),
        cmocka_unit_test(a_disabled_run_waits_and_catches_up),
        cmocka_unit_test(values_change_between_steps),
        cmocka_unit_test(restarts_from_a_point),
        cmocka_unit_test(stop_ends_a_wait),
        cmocka_unit_test(divergence_is_said_and_never_shown),
        cmocka_unit_test(an_optimizer_out_of_range_is_refused),
        cmocka_unit_test(idle_costs_nothing),
        cmocka_unit_test(wakeups_are_coalesced),
        cmocka_unit_test(recording_begins_with_the_past),
        cmocka_unit_test(an_idle_recording_is_committed),
        cmocka_unit_test(a_recording_that_fails_is_said),
        cmocka_unit_test(a_recording_that_cannot_be_is_said),
        cmocka_unit_test(survives_any_orders),
    };
    return cmocka_run_group_tests(tests, start_linalg, NULL);
}
