/* The trainer: orders, goals and endings, whenever they come. */
#include "base/linalg.h"
#include "base/random.h"
#include "base/threads.h"
#include "trainers.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

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

static int start_linalg(void **state) {
    linalg_init();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
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
        cmocka_unit_test(survives_any_orders),
    };
    return cmocka_run_group_tests(tests, start_linalg, NULL);
}
