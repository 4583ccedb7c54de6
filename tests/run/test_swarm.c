/* A swarm's points are where each of them would be alone, at whatever step it is asked for and in whatever order. */
#include "base/linalg.h"
#include "base/memory.h"
#include "base/text.h"
#include "run/run.h"
#include "test.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static struct experiment *try_parse(const char *swarm, struct error *error) {
    struct text yaml = {0};
    text_format(
        &yaml,
        "objective: {expression: '(x^2 + y - 11)^2 + (x + y^2 - 7)^2', variables: [x, y], domain: [[-5, 5], [-4, 4]]}\n"
        "steps: 60\nseed: 3\nswarm: %s\noptimizers: [{name: sgd, lr: 0.02}, {name: adam, lr: 0.1, clip_norm: 4}]\n",
        swarm);
    struct experiment *experiment = experiment_parse(yaml.bytes, strlen(yaml.bytes), "f.yaml", error);
    text_clear(&yaml);
    return experiment;
}

static struct experiment *parse(const char *swarm) {
    struct error error = {0};
    struct experiment *experiment = try_parse(swarm, &error);
    if (!experiment) fail_msg("%s", error.message);
    return experiment;
}

static void count_news(void *context) {
    atomic_fetch_add((atomic_int *)context, 1);
}

static struct swarm *create(const struct experiment *experiment, int threads, atomic_int *news) {
    struct error error = {0};
    struct swarm *swarm = swarm_create(
        &(struct swarm_params){
            .experiment = experiment, .threads = threads, .wakeup = news ? count_news : NULL, .wakeup_context = news},
        &error);
    if (!swarm) fail_msg("%s", error.message);
    return swarm;
}

/* Every point against a descent of its own. */
static void check(const struct experiment *experiment, const struct swarm *swarm, int64_t step) {
    int count = experiment->swarm_count;
    double *thetas = MEM_NEW(double, 2 * count), *losses = MEM_NEW(double, count);
    for (int o = 0; o < experiment->optimizer_count; o++) {
        struct error error = {0};
        struct descent *descent = descent_create(
            &(struct descent_params){.experiment = experiment, .optimizer = &experiment->optimizers[o]}, &error);
        assert_non_null(descent);
        assert_int_equal(swarm_read(swarm, o, thetas, losses), step);
        for (int p = 0; p < count; p++) {
            descent_start(descent, experiment->swarm + 2 * p);
            const char *wrong = descent_take(descent, step);
            assert_int_equal(isnan(losses[p]), wrong != NULL);
            if (wrong) continue;
            assert_memory_equal(thetas + 2 * p, descent_theta(descent), 2 * sizeof(double));
            assert_true(losses[p] == descent_sample(descent)->loss);
        }
        descent_destroy(&descent);
    }
    free(thetas);
    free(losses);
}

static void goes_forwards_and_back_to_the_same_places(void **state) {
    struct experiment *experiment = parse("{count: 700}");
    assert_int_equal(experiment->swarm_count, 700);
    static const int64_t steps[] = {0, 37, 5, 5, 41, 0, 12};
    for (int threads = 1; threads <= 3; threads += 2) {
        atomic_int news;
        atomic_init(&news, 0);
        struct swarm *swarm = create(experiment, threads, &news);
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            swarm_seek(swarm, steps[i]);
            swarm_wait(swarm);
            check(experiment, swarm, steps[i]);
        }
        assert_true(atomic_load(&news) >= 6 && swarm_revision(swarm) >= 6);
        swarm_destroy(&swarm);
    }
    struct swarm *swarm = create(experiment, 2, NULL);
    swarm_seek(swarm, 1000000);
    swarm_destroy(&swarm); /* in the midst of it */
    experiment_destroy(&experiment);
}

static void starts_where_the_file_says(void **state) {
    struct experiment *grid = parse("{grid: [4, 2]}");
    static const double expected[] = {-3.75, -2, -1.25, -2, 1.25, -2, 3.75, -2, -3.75, 2, -1.25, 2, 1.25, 2, 3.75, 2};
    assert_int_equal(grid->swarm_count, 8);
    for (int i = 0; i < 16; i++) assert_near(grid->swarm[i], expected[i], 1e-15);
    struct experiment *one = parse("{count: 500, region: [[0, 1], [2, 2.5]]}"),
                      *two = parse("{count: 500, region: [[0, 1], [2, 2.5]], seed: 3}"),
                      *other = parse("{count: 500, region: [[0, 1], [2, 2.5]], seed: 4}");
    assert_memory_equal(one->swarm, two->swarm, 1000 * sizeof(double));
    assert_true(memcmp(one->swarm, other->swarm, 1000 * sizeof(double)) != 0);
    for (int p = 0; p < 500; p++)
        assert_true(one->swarm[2 * p] >= 0 && one->swarm[2 * p] < 1 && one->swarm[2 * p + 1] >= 2 &&
                    one->swarm[2 * p + 1] < 2.5);
    experiment_destroy(&grid);
    experiment_destroy(&one);
    experiment_destroy(&two);
    experiment_destroy(&other);
}

static void says_what_would_be_right(void **state) {
    static const char *const cases[][2] = {
        {"{}", "either \"count\" or \"grid\""},
        {"{count: 5, grid: [2, 2]}", "either \"count\" or \"grid\""},
        {"{count: 0}", "count of the swarm"},
        {"{count: 200000}", "count of the swarm"},
        {"{grid: [1000, 1000]}", "more than 100000"},
        {"{grid: [10]}", "[100, 100]"},
        {"{grid: [10, 10], seed: 1}", "not drawn by chance"},
        {"{count: 10, region: [[1, 0], [0, 1]]}", "has no width"},
        {"{count: 10, region: [[0, 1]]}", "region"},
        {"{cuont: 10}", "count"},
        {"many", "swarm"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {0};
        struct experiment *experiment = try_parse(cases[i][0], &error);
        if (experiment) fail_msg("%s was accepted", cases[i][0]);
        if (error.kind != ERROR_INPUT || !strstr(error.message, cases[i][1]) || !strstr(error.message, "f.yaml:4:"))
            fail_msg("%s: %s", cases[i][0], error.message);
    }
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_forwards_and_back_to_the_same_places),
        cmocka_unit_test(starts_where_the_file_says),
        cmocka_unit_test(says_what_would_be_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
