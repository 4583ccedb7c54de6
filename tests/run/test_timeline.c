#include "run/spill.h"
#include "run/timeline.h"

#include "base/memory.h"
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Every figure of a sample and of its parameters follows from run and step, so that any one can be checked alone. */
static struct sample sample_of(int run, int64_t step) {
    double s = (double)step;
    return (struct sample){
        .step = step, .loss = s + run, .batch_loss = s - run, .gradient_norm = 2 * s, .rate = 0.5 * s};
}

static void theta_of(int run, int64_t step, int n, double *theta) {
    for (int i = 0; i < n; i++) theta[i] = (double)step * 8 + run + i * 1e-3;
}

static void append(struct timeline *timeline, int run, int64_t step) {
    int n = timeline_dimension(timeline);
    double *theta = MEM_NEW(double, n);
    struct sample sample = sample_of(run, step);
    theta_of(run, step, n, theta);
    timeline_append(timeline, run, &sample, theta);
    free(theta);
}

/* Checks samples [from, from + count), whose step is their index times `pace`; returns how many have their parameters.
 */
static size_t check_range(const struct timeline *timeline, int run, size_t from, size_t count, int64_t pace) {
    int n = timeline_dimension(timeline);
    struct sample *samples = MEM_NEW(struct sample, count);
    double *thetas = MEM_NEW(double, count *(size_t)n), *expected = MEM_NEW(double, n);
    bool *known = MEM_NEW(bool, count);
    size_t kept = 0;
    assert_int_equal(timeline_read(timeline, run, from, count, samples, thetas, known), count);
    for (size_t i = 0; i < count; i++) {
        struct sample right = sample_of(run, (int64_t)(from + i) * pace);
        if (memcmp(&samples[i], &right, sizeof right) != 0)
            fail_msg("sample %zu of run %d has step %jd", from + i, run, (intmax_t)samples[i].step);
        if (!known[i]) continue;
        kept++;
        theta_of(run, right.step, n, expected);
        assert_memory_equal(thetas + i * (size_t)n, expected, (size_t)n * sizeof(double));
    }
    free(samples);
    free(thetas);
    free(expected);
    free(known);
    return kept;
}

static void keeps_what_is_appended(void **state) {
    struct timeline *timeline = timeline_create(3, 5, SIZE_MAX);
    assert_int_equal(timeline_runs(timeline), 3);
    assert_int_equal(timeline_dimension(timeline), 5);
    assert_int_equal(timeline_last_step(timeline), -1);
    assert_int_equal(timeline_find(timeline, 1, 100), -1);
    for (int64_t step = 0; step < 10000; step++)
        for (int run = 0; run < 3; run++)
            if (step <= 4000 * run) append(timeline, run, step);
    assert_int_equal(timeline_count(timeline, 0), 1);
    assert_int_equal(timeline_count(timeline, 1), 4001);
    assert_int_equal(timeline_count(timeline, 2), 8001);
    assert_int_equal(timeline_last_step(timeline), 8000);
    assert_int_equal(check_range(timeline, 1, 0, 4001, 1), 4001);
    assert_int_equal(check_range(timeline, 2, 0, 8001, 1), 8001);
    struct sample samples[4];
    assert_int_equal(timeline_read(timeline, 1, 3999, 4, samples, NULL, NULL), 2); /* only what exists */
    assert_int_equal(samples[1].step, 4000);
    assert_int_equal(timeline_read(timeline, 1, 4001, 4, samples, NULL, NULL), 0);
    assert_int_equal(timeline_read(timeline, 1, SIZE_MAX, 4, samples, NULL, NULL), 0);

    uint64_t generation = timeline_generation(timeline);
    timeline_clear(timeline);
    assert_true(timeline_generation(timeline) > generation);
    assert_int_equal(timeline_count(timeline, 2), 0);
    append(timeline, 2, 0);
    assert_int_equal(check_range(timeline, 2, 0, 1, 1), 1);
    timeline_destroy(&timeline);
    timeline_destroy(&timeline);
}

static void finds_by_step(void **state) {
    struct timeline *timeline = timeline_create(1, 2, SIZE_MAX);
    for (int64_t step = 0; step < 9000; step++) append(timeline, 0, 3 * step);
    assert_int_equal(timeline_find(timeline, 0, -1), -1);
    assert_int_equal(timeline_find(timeline, 0, 0), 0);
    assert_int_equal(timeline_find(timeline, 0, 2), 0);
    assert_int_equal(timeline_find(timeline, 0, 3), 1);
    assert_int_equal(timeline_find(timeline, 0, 3 * 5000 + 1), 5000);
    assert_int_equal(timeline_find(timeline, 0, INT64_MAX), 8999);
    timeline_destroy(&timeline);
}

static void parameters_may_be_missing(void **state) {
    struct timeline *timeline = timeline_create(1, 2, SIZE_MAX);
    for (int64_t step = 0; step < 100; step++) {
        struct sample sample = sample_of(0, step);
        double theta[2];
        theta_of(0, step, 2, theta);
        timeline_append(timeline, 0, &sample, step % 10 == 0 ? theta : NULL);
    }
    assert_int_equal(check_range(timeline, 0, 0, 100, 1), 10);
    bool known[2];
    assert_int_equal(timeline_read(timeline, 0, 98, 2, NULL, NULL, known), 2);
    assert_false(known[0] || known[1]);
    timeline_destroy(&timeline);
}

/* Thinning moves what is known and what is not alike. */
static void missing_parameters_stay_missing(void **state) {
    struct timeline *timeline = timeline_create(1, 2, 40000);
    for (int64_t step = 0; step < 20000; step++) {
        struct sample sample = sample_of(0, step);
        double theta[2];
        theta_of(0, step, 2, theta);
        timeline_append(timeline, 0, &sample, step % 3 == 0 ? theta : NULL);
    }
    size_t kept = check_range(timeline, 0, 0, 20000, 1); /* what is known is right */
    assert_in_range(kept, 100, 2500);
    bool known[20000];
    assert_int_equal(timeline_read(timeline, 0, 0, 20000, NULL, NULL, known), 20000);
    for (int step = 0; step < 20000; step++) assert_false(known[step] && step % 3 != 0);
    timeline_destroy(&timeline);
}

/* Within the budget, evenly thinned, the start and the newest always there. */
static void thins_to_the_budget(int runs, int n, size_t budget, int64_t steps) {
    struct timeline *timeline = timeline_create(runs, n, budget);
    for (int64_t step = 0; step < steps; step++)
        for (int run = 0; run < runs; run++) append(timeline, run, step);
    size_t kept = 0, ends = 0;
    for (int run = 0; run < runs; run++) {
        kept += check_range(timeline, run, 0, (size_t)steps, 1);
        ends += check_range(timeline, run, 0, 1, 1) + check_range(timeline, run, (size_t)steps - 1, 1, 1);
    }
    assert_int_equal(ends, 2 * runs);
    size_t bytes = kept * (size_t)n * sizeof(double), newest = (size_t)runs * (size_t)n * sizeof(double);
    if (bytes > budget + 2 * newest) fail_msg("%zu bytes of parameters are kept; %zu are allowed", bytes, budget);
    if (bytes < budget / 4) fail_msg("only %zu bytes of parameters are kept; %zu are allowed", bytes, budget);
    /* No gap is more than twice another but for where a pass of thinning now stands: at most two strides are in use. */
    bool *known = MEM_NEW(bool, steps);
    assert_int_equal(timeline_read(timeline, 0, 0, (size_t)steps, NULL, NULL, known), steps);
    int64_t last = 0, smallest = steps, largest = 0;
    for (int64_t i = 1; i < steps - 1; i++) {
        if (!known[i]) continue;
        if (i - last < smallest) smallest = i - last;
        if (i - last > largest) largest = i - last;
        last = i;
    }
    if (largest > 2 * smallest) fail_msg("gaps range from %jd to %jd", (intmax_t)smallest, (intmax_t)largest);
    free(known);
    timeline_destroy(&timeline);
}

static void thins_evenly(void **state) {
    thins_to_the_budget(1, 2, 100000, 60000);
    thins_to_the_budget(4, 3, 1 << 20, 30000);
    thins_to_the_budget(2, 1000, 1 << 22, 3000);
    thins_to_the_budget(3, 20000, 1 << 23, 300);
}

static void a_tiny_budget_keeps_both_ends(void **state) {
    struct timeline *timeline = timeline_create(2, 10, 0);
    for (int64_t step = 0; step < 5000; step++)
        for (int run = 0; run < 2; run++) append(timeline, run, step);
    for (int run = 0; run < 2; run++) {
        assert_int_equal(check_range(timeline, run, 0, 1, 1), 1);
        assert_int_equal(check_range(timeline, run, 4999, 1, 1), 1);
        assert_int_equal(check_range(timeline, run, 0, 5000, 1), 2);
    }
    timeline_destroy(&timeline);
}

struct reader {
    struct timeline *timeline;
    atomic_bool end;
};

/* As a descent makes them: one row a parameter holds its step. */
static void append_inside(struct timeline *timeline, int run, int64_t step, int count) {
    int n = timeline_dimension(timeline);
    struct inside made = {.n = n, .count = count, .rows = MEM_NEW(struct inside_row, count)};
    made.values = MEM_NEW(double, count *n);
    for (int i = 0; i < count * n; i++) made.values[i] = (double)step + i * 1e-3 + run;
    for (int i = 0; i < count; i++) made.rows[i] = (struct inside_row){.name = "row", .kind = INSIDE_TERM};
    timeline_append_inside(timeline, run, inside_copy(&made));
    free(made.rows);
    free(made.values);
}

static void insides_are_kept_with_their_parameters(void **state) {
    enum { RUNS = 2, N = 3, ROWS = 4, STEPS = 3000 };
    const size_t each = sizeof(struct inside) + ROWS * (sizeof(struct inside_row) + N * sizeof(double));
    const size_t budgets[] = {SIZE_MAX, 100000, 2000, 0};
    for (int b = 0; b < 4; b++) {
        struct timeline *timeline = timeline_create(RUNS, N, budgets[b]);
        for (int64_t step = 0; step < STEPS; step++)
            for (int run = 0; run < RUNS; run++) {
                if (step > 0) append_inside(timeline, run, step - 1, ROWS);
                append(timeline, run, step);
            }
        size_t kept = 0, thetas = 0;
        for (int run = 0; run < RUNS; run++) {
            assert_null(timeline_inside(timeline, run, STEPS - 1)); /* none has left it */
            assert_null(timeline_inside(timeline, run, STEPS));
            for (size_t index = 0; index < STEPS - 1; index++) {
                struct sample sample;
                bool known;
                timeline_read(timeline, run, index, 1, &sample, NULL, &known);
                thetas += known;
                struct inside *inside = timeline_inside(timeline, run, index);
                if (index == STEPS - 2) assert_non_null(inside);
                if (!inside) continue;
                assert_true(known || index == STEPS - 2);
                assert_int_equal(inside->count, ROWS);
                for (int i = 0; i < ROWS * N; i++) assert_true(inside->values[i] == (double)index + i * 1e-3 + run);
                assert_string_equal(inside->rows[ROWS - 1].name, "row");
                free(inside);
                kept++;
            }
        }
        if (b == 0) assert_int_equal(kept, RUNS * (STEPS - 1));
        size_t used = (kept - RUNS) * each + thetas * N * sizeof(double);
        if (b > 0 && budgets[b] > 0 && used > budgets[b]) fail_msg("%zu bytes of %zu", used, budgets[b]);
        if (b == 1 && used < budgets[b] / 4) fail_msg("only %zu bytes of %zu", used, budgets[b]);
        timeline_clear(timeline);
        assert_null(timeline_inside(timeline, 0, 0));
        timeline_destroy(&timeline);
    }
}

/* With hardly any memory, and with none and no disk either: the same figures. */
static void figures_go_to_disk(void **state) {
    enum { STEPS = 20000 };
    for (int turn = 0; turn < 3; turn++) {
        setenv("TMPDIR", turn == 1 ? "/nowhere" : "/tmp", 1); /* then the next folder serves */
        struct timeline *timeline = timeline_create(2, 2, turn == 2 ? 4096 : SIZE_MAX);
        timeline_limit_memory(timeline, turn ? 0 : 1 << 20);
        for (int pass = 0; pass < 2; pass++) { /* a clear gives the room back */
            for (int64_t step = 0; step < STEPS; step++)
                for (int run = 0; run < 2; run++) append(timeline, run, step);
            for (int run = 0; run < 2; run++) {
                size_t kept = check_range(timeline, run, 0, STEPS, 1);
                if (turn < 2) assert_int_equal(kept, STEPS);
                assert_int_equal(timeline_find(timeline, run, STEPS / 2), STEPS / 2);
            }
            timeline_clear(timeline);
            assert_int_equal(timeline_count(timeline, 0), 0);
        }
        timeline_destroy(&timeline);
    }
    unsetenv("TMPDIR");
    /* No room: an answer, and in memory after all. */
    struct rlimit limit, little = {.rlim_cur = 4096};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    little.rlim_max = limit.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    struct spill *spill = spill_create();
    assert_null(spill_block(spill, 64));
    struct timeline *timeline = timeline_create(1, 2, SIZE_MAX);
    timeline_limit_memory(timeline, 0);
    for (int64_t step = 0; step < STEPS; step++) append(timeline, 0, step);
    assert_int_equal(check_range(timeline, 0, 0, STEPS, 1), STEPS);
    timeline_destroy(&timeline);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_DFL);
    spill_destroy(&spill);
    spill_destroy(&spill);
}

static void *read_all_the_time(void *argument) {
    struct reader *reader = argument;
    struct sample *samples = MEM_NEW(struct sample, 200000);
    double *thetas = MEM_NEW(double, 400000);
    bool *known = MEM_NEW(bool, 200000);
    while (!atomic_load(&reader->end)) {
        size_t count = timeline_read(reader->timeline, 0, 0, 200000, samples, thetas, known);
        for (size_t i = 0; i < count; i++) {
            if (samples[i].step != (int64_t)i) abort();
            if (known[i] && thetas[2 * i] != (double)i * 8) abort();
        }
    }
    free(samples);
    free(thetas);
    free(known);
    return NULL;
}

/* Reads of everything while samples come, are thinned and are cleared: always a whole beginning of one generation. */
static void reads_while_written(void **state) {
    struct reader reader = {.timeline = timeline_create(1, 2, 1 << 20)};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_all_the_time, &reader), 0);
    for (int round = 0; round < 3; round++) {
        timeline_clear(reader.timeline);
        for (int64_t step = 0; step < 150000; step++) append(reader.timeline, 0, step);
    }
    atomic_store(&reader.end, true);
    pthread_join(thread, NULL);
    timeline_destroy(&reader.timeline);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_is_appended),
        cmocka_unit_test(finds_by_step),
        cmocka_unit_test(parameters_may_be_missing),
        cmocka_unit_test(missing_parameters_stay_missing),
        cmocka_unit_test(thins_evenly),
        cmocka_unit_test(a_tiny_budget_keeps_both_ends),
        cmocka_unit_test(insides_are_kept_with_their_parameters),
        cmocka_unit_test(figures_go_to_disk),
        cmocka_unit_test(reads_while_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
