#include "app/events.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 200 };

static struct experiment *parsed(const char *text) {
    struct error error = {0};
    struct experiment *experiment = experiment_parse(text, strlen(text), "events.yaml", &error);
    if (!experiment) fail_msg("%s", error.message);
    return experiment;
}

static const char scheduled[] = "title: Bowl\n"
                                "objective: {expression: x^2 + y^2, variables: [x, y], domain: [[-2, 2], [-2, 2]]}\n"
                                "start: [1, 1]\n"
                                "steps: 200\n"
                                "optimizers:\n"
                                "  - {name: sgd, lr: 0.1, schedule: {name: step, step_size: 30, gamma: 0.5, warmup: 10}}\n"
                                "  - {name: sgd, lr: 0.1, schedule: {name: multistep, milestones: [40, 90], gamma: 0.1}}\n"
                                "  - {name: sgd, lr: 0.1, schedule: {name: cosine_restarts, period: 25, period_factor: 2}}\n"
                                "  - {name: sgd, lr: 0.1, schedule: {name: one_cycle}}\n"
                                "  - {name: sgd, lr: 0.1, schedule: {name: exponential, gamma: 0.99}}\n";

/* Where the factor itself, asked step by step, leaps or has its peak: there and nowhere else is a turning. */
static void turnings_are_where_the_factor_turns(void **state) {
    struct experiment *experiment = parsed(scheduled);
    for (int i = 0; i < experiment->optimizer_count; i++) {
        const struct schedule *schedule = &experiment->optimizers[i].schedule;
        struct turning turnings[64];
        size_t count = schedule_turnings(schedule, LIMIT, turnings, 64), met = 0;
        for (int64_t step = 1; step < LIMIT; step++) {
            double before = schedule_factor(schedule, step - 1), at = schedule_factor(schedule, step),
                   after = schedule_factor(schedule, step + 1);
            bool steps = schedule->kind == SCHEDULE_STEP || schedule->kind == SCHEDULE_MULTISTEP;
            bool falls = steps && at < 0.7 * before;
            bool leaps = falls || at > 1.9 * before;
            bool warming = step < schedule->warmup;
            bool peak = schedule->kind == SCHEDULE_ONE_CYCLE && at > before && at >= after;
            bool warm = schedule->warmup > 0 && step == schedule->warmup;
            if ((!leaps || warming) && !peak && !warm) continue;
            if (met >= count) fail_msg("optimizer %d: nothing at step %d", i, (int)step);
            assert_int_equal(turnings[met].step, step);
            assert_int_equal(turnings[met].kind, warm                         ? EVENT_WARM
                                                 : at > before && !peak       ? EVENT_RESTART
                                                                              : EVENT_SCHEDULE);
            met++;
        }
        assert_int_equal(met, count);
    }
    experiment_destroy(&experiment);
}

/* A descent halved each step towards the origin, where a critical point is known: near is 1 % of √32. */
static struct timeline *walked(struct experiment *experiment, int64_t steps) {
    struct timeline *timeline = timeline_create(experiment_run_count(experiment), 2, 1 << 20);
    for (int64_t step = 0; step <= steps; step++) {
        double theta[2] = {pow(0.5, (double)step), pow(0.5, (double)step)}, loss = theta[0] * theta[0] * 2;
        struct sample sample = {.step = step, .loss = loss, .gradient_norm = 2 * sqrt(loss), .rate = 0.1};
        for (int run = 0; run < experiment_run_count(experiment); run++) timeline_append(timeline, run, &sample, theta);
    }
    return timeline;
}

static const struct event *of_kind(const struct events *events, enum event_kind kind, int optimizer) {
    for (size_t i = 0; i < events->count; i++)
        if (events->all[i].kind == kind && events->all[i].optimizer == optimizer) return &events->all[i];
    return NULL;
}

static void what_happened_is_found_in_the_samples(void **state) {
    struct experiment *experiment = parsed("objective: {expression: x^2 + y^2, variables: [x, y], domain: [[-2, 2], [-2, 2]]}\n"
                                           "title: Bowl\nstart: [1, 1]\nsteps: 200\n"
                                           "optimizers: [{name: sgd, lr: 0.1}, {name: adam, lr: 0.1}]\n");
    struct timeline *timeline = walked(experiment, 40);
    double at[2] = {0, 0};
    struct eigen_report report = {.n = 2, .at = at, .kind = POINT_MINIMUM};
    struct critical_point point = {.report = &report};
    struct hand_changes changes = {0};
    int64_t ends[2] = {40, 17};
    struct events events = {0};
    struct events_source source = {.experiment = experiment, .timeline = timeline, .points = &point, .point_count = 1,
                                   .changes = &changes, .limit = LIMIT, .diverged = 2, .ends = ends};
    assert_true(events_update(&events, &source));
    assert_false(events_update(&events, &source)); /* nothing is new */
    const struct event *reached = of_kind(&events, EVENT_CRITICAL, 0), *rest = of_kind(&events, EVENT_REST, 0);
    assert_non_null(reached);
    assert_non_null(rest);
    int64_t first = 0; /* √2/2ᵏ < 0.01 √32 */
    while (sqrt(2) * pow(0.5, (double)first) >= 0.01 * sqrt(32)) first++;
    assert_int_equal(reached->step, first);
    assert_string_equal(reached->text, "SGD reaches the minimum at (0, 0)");
    assert_int_equal(rest->step, 20); /* 2⁻²⁰ < 10⁻⁶ < 2⁻¹⁹ */
    assert_int_equal(of_kind(&events, EVENT_DIVERGED, 1)->step, 17);
    assert_null(of_kind(&events, EVENT_DIVERGED, 0));
    for (size_t i = 1; i < events.count; i++) assert_true(events.all[i - 1].step <= events.all[i].step);

    /* forwards and backwards over them */
    assert_int_equal(events_next(&events, 0, 1)->step, first);
    assert_int_equal(events_next(&events, first, 1)->step, 17);
    assert_int_equal(events_next(&events, 17, -1)->step, first);
    assert_null(events_next(&events, first, -1));
    assert_null(events_next(&events, LIMIT, 1));

    /* anew from elsewhere: nothing of before stays */
    timeline_clear(timeline);
    source.diverged = 0;
    assert_true(events_update(&events, &source));
    assert_int_equal(events.count, 0);
    events_release(&events);
    timeline_destroy(&timeline);
    experiment_destroy(&experiment);
}

/* However long the runs are, one update looks at so many samples and no more; what is found does not depend on that, nor on
 * when the critical points came to be known. */
static void a_long_run_is_looked_at_in_pieces(void **state) {
    enum { STEPS = 300000, LATE = 250000 };
    struct experiment *experiment = parsed("objective: {expression: x^2 + y^2, variables: [x, y], domain: [[-2, 2], [-2, 2]]}\n"
                                           "title: Bowl\nstart: [1, 1]\nsteps: 300000\n"
                                           "optimizers: [{name: sgd, lr: 0.1}]\n");
    struct timeline *timeline = timeline_create(1, 2, (size_t)64 << 20);
    for (int64_t step = 0; step < STEPS; step++) {
        double theta[2] = {step < LATE ? 1 : 0, 0};
        struct sample sample = {.step = step, .loss = 1, .gradient_norm = step < LATE ? 2 : 1e-9, .rate = 0.1};
        timeline_append(timeline, 0, &sample, theta);
    }
    double at[2] = {0, 0};
    struct eigen_report report = {.n = 2, .at = at, .kind = POINT_MINIMUM};
    struct critical_point point = {.report = &report};
    struct hand_changes changes = {0};
    struct events events = {0};
    struct events_source source = {
        .experiment = experiment, .timeline = timeline, .points = &point, .changes = &changes, .limit = STEPS};
    size_t most = 0;
    int updates = 0;
    do {
        size_t before = events.seen[0] + events.sought[0];
        events_update(&events, &source);
        if (++updates == 3) source.point_count = 1; /* known from now on */
        size_t now = events.seen[0] + events.sought[0];
        if (now > before && now - before > most) most = now - before;
    } while (events.behind);
    assert_true(updates > 10);
    assert_true(most <= STEPS / 5);
    assert_int_equal(events.seen[0], STEPS);
    assert_int_equal(events.sought[0], STEPS);
    assert_int_equal(of_kind(&events, EVENT_REST, 0)->step, LATE);
    int64_t kept = of_kind(&events, EVENT_CRITICAL, 0)->step; /* paths are thinned */
    assert_in_range(kept, LATE, LATE + 64);
    assert_int_equal(events.count, 2);

    source.point_count = 0; /* the points go, what the figures told stays */
    assert_true(events_update(&events, &source));
    assert_null(of_kind(&events, EVENT_CRITICAL, 0));
    assert_non_null(of_kind(&events, EVENT_REST, 0));
    assert_int_equal(events.seen[0], STEPS);
    events_release(&events);
    timeline_destroy(&timeline);
    experiment_destroy(&experiment);
}

/* Networks have no points that are known: what the gradients show, at once where they are whole, and after an epoch of
 * low ones where they are of batches. */
static void small_gradients_of_networks_are_marked(void **state) {
    enum { STEPS = 80, EPOCH = 16 };
    for (int batches = 0; batches < 2; batches++) {
        char text[600];
        snprintf(text, sizeof text,
                 "title: Net\nobjective:\n  network: {layers: [2, 2, 2], activation: tanh}\n"
                 "  data: {name: moons, samples: 64, noise: 0.1, seed: 1}\n  loss: cross_entropy\n"
                 "start: {seed: 1}\nbatch: %s\nsteps: 200\noptimizers: [{name: sgd, lr: 0.1}]\n",
                 batches ? "4" : "full");
        struct experiment *experiment = parsed(text);
        int n = objective_dimension(experiment->objective);
        struct timeline *timeline = timeline_create(1, n, 1 << 20);
        double *theta = experiment->starts;
        for (int64_t step = 0; step <= STEPS; step++) {
            /* low from 10 on but at 20, where it is between both bounds; high at 40; low again from 50 on */
            double slope = step < 10 || (step >= 40 && step < 50) ? 1 : step == 20 ? 0.02 : 0.009;
            struct sample sample = {.step = step, .loss = 1, .gradient_norm = slope, .rate = 0.1};
            timeline_append(timeline, 0, &sample, theta);
        }
        struct hand_changes changes = {0};
        struct events events = {0};
        int64_t ends[1] = {STEPS};
        struct events_source source = {
            .experiment = experiment, .timeline = timeline, .changes = &changes, .limit = LIMIT, .ends = ends};
        assert_true(events_update(&events, &source));
        const int64_t expected[2][2] = {{10, 50}, {20 + EPOCH, 50 + EPOCH - 1}};
        assert_int_equal(events.count, 2);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(events.all[i].kind, EVENT_NEAR);
            assert_int_equal(events.all[i].step, expected[batches][i]);
            assert_non_null(strstr(events.all[i].text, batches ? "the last 16 steps" : "is 0.009,"));
        }
        events_release(&events);
        timeline_destroy(&timeline);
        experiment_destroy(&experiment);
    }
}

static void one_turn_of_a_knob_is_one_change(void **state) {
    struct hand_changes changes = {0};
    hand_changes_note(&changes, &(struct hand_change){10, 0, 0, 0.1, 0.2});
    hand_changes_note(&changes, &(struct hand_change){14, 0, 0, 0.2, 0.3});
    assert_int_equal(changes.count, 1);
    assert_true(changes.rows[0].before == 0.1 && changes.rows[0].after == 0.3 && changes.rows[0].step == 10);
    hand_changes_note(&changes, &(struct hand_change){15, 1, 0, 0.1, 0.2}); /* another optimizer's */
    assert_int_equal(changes.count, 2);
    hand_changes_note(&changes, &(struct hand_change){100, 1, 0, 0.2, 0.4}); /* much later */
    assert_int_equal(changes.count, 3);
    hand_changes_note(&changes, &(struct hand_change){101, 1, 0, 0.4, 0.2}); /* taken back */
    assert_int_equal(changes.count, 2);
    for (int i = 0; i < 3 * HAND_CHANGES; i++)
        hand_changes_note(&changes, &(struct hand_change){1000 * (i + 1), 0, 0, 1, 2});
    assert_int_equal(changes.count, HAND_CHANGES);
    assert_int_equal(changes.rows[HAND_CHANGES - 1].step, 3000 * HAND_CHANGES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turnings_are_where_the_factor_turns),
        cmocka_unit_test(what_happened_is_found_in_the_samples),
        cmocka_unit_test(a_long_run_is_looked_at_in_pieces),
        cmocka_unit_test(small_gradients_of_networks_are_marked),
        cmocka_unit_test(one_turn_of_a_knob_is_one_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
