/* Sharpness along the way: against closed forms on a quadratic, from a timeline as it grows, and anew when it is
 * cleared. */
#include "study_test.h"

#include "base/linalg.h"
#include "base/memory.h"

#include <stdlib.h>
#include <unistd.h>

static const double curvatures[2] = {6, 2}; /* of 3x² + y² */

static const char *const optimizers[] = {"{name: sgd, lr: 0.1, momentum: 0.5}", "{name: adam, lr: 0.05}"};

/* Adam's second moments of the quadratic along its own path, by the rule; what the largest of h/p is after `steps`. */
static double conditioned_by_hand(int steps) {
    double x[2] = {0.5, 0.25}, m[2] = {0}, v[2] = {0}, largest = -INFINITY;
    for (int t = 1; t <= steps; t++)
        for (int i = 0; i < 2; i++) {
            double g = curvatures[i] * x[i];
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.999 * v[i] + 0.001 * g * g;
            x[i] -= 0.05 * m[i] / (1 - pow(0.9, t)) / (sqrt(v[i] / (1 - pow(0.999, t))) + 1e-8);
        }
    for (int i = 0; i < 2; i++)
        largest =
            fmax(largest, curvatures[i] / ((1 - pow(0.9, steps)) * (sqrt(v[i] / (1 - pow(0.999, steps))) + 1e-8)));
    return largest;
}

static void check_point(const struct sharpness_point *point, int optimizer) {
    assert_near(point->largest, 6, 1e-9);
    assert_near(point->two_over_rate, 2 / point->sample.rate, 1e-15);
    if (optimizer == 0) {
        assert_near(point->preconditioned, 6, 1e-9);
        assert_near(point->bound, 2 * 1.5 / 0.1, 1e-12);
    } else if (point->sample.step > 0) {
        assert_near(point->preconditioned, conditioned_by_hand((int)point->sample.step), 1e-6);
        assert_near(point->bound, 2 * 1.9 / (0.1 * 0.05), 1e-9);
    } else {
        assert_true(isnan(point->preconditioned));
    }
}

static void a_quadratic_is_as_sharp_as_it_is(void **state) {
    (void)state;
    for (int o = 0; o < 2; o++) {
        struct experiment *e = formula_of("3*x^2 + y^2", optimizers[o]);
        struct error error = {0};
        struct study *study = study_create_sharpness(&(struct sharpness_params){.experiment = e, .every = 7}, &error);
        finish(study);
        struct sharpness_point points[16];
        static const int steps[] = {0, 7, 14, 21, 28, 35, 40};
        assert_int_equal(study_read_sharpness(study, 0, 0, 16, points), 7);
        for (int i = 0; i < 7; i++) {
            assert_int_equal(points[i].sample.step, steps[i]);
            check_point(&points[i], o);
        }
        study_destroy(&study);
        experiment_destroy(&e);
    }
}

/* The run as the experiment has it, up to `steps`, appended to the timeline. */
static void append_run(const struct experiment *e, struct timeline *timeline, int from, int steps) {
    struct error error = {0};
    struct descent *descent = descent_create(&(struct descent_params){.experiment = e}, &error);
    descent_evaluate(descent);
    for (int step = 0; step <= steps; step++) {
        if (step >= from) timeline_append(timeline, 0, descent_sample(descent), descent_theta(descent));
        assert_null(descent_take(descent, 1));
    }
    descent_destroy(&descent);
}

static void readings_come_from_a_timeline(void **state) {
    (void)state;
    for (int o = 0; o < 2; o++) {
        struct experiment *e = formula_of("3*x^2 + y^2", optimizers[o]);
        struct error error = {0};
        struct timeline *timeline = timeline_create(1, 2, SIZE_MAX);
        append_run(e, timeline, 0, 40);
        const struct sharpness_params params = {.experiment = e, .timeline = timeline, .points = 10};
        struct study *study = study_create_sharpness(&params, &error);
        finish(study);
        struct sharpness_point points[64];
        size_t count = study_read_sharpness(study, 0, 0, 64, points);
        assert_in_range(count, 10, 20);
        assert_int_equal(points[0].sample.step, 0);
        assert_int_equal(points[count - 1].sample.step, 40);
        for (size_t i = 0; i < count; i++) {
            if (i) assert_in_range(points[i].sample.step - points[i - 1].sample.step, 1, 4);
            check_point(&points[i], o);
        }
        study_destroy(&study);
        timeline_destroy(&timeline);
        experiment_destroy(&e);
    }
}

/* A path that is not the optimizer's: its curvature is known, what the optimizer had gathered is not. */
static void a_changed_run_has_no_preconditioner(void **state) {
    (void)state;
    struct experiment *e = formula_of("3*x^2 + y^2", optimizers[1]);
    struct error error = {0};
    struct timeline *timeline = timeline_create(1, 2, SIZE_MAX);
    append_run(e, timeline, 0, 10);
    const double elsewhere[] = {0.1, 0.1};
    timeline_append(timeline, 0, &(struct sample){.step = 11, .rate = 0.05}, elsewhere);
    struct study *study =
        study_create_sharpness(&(struct sharpness_params){.experiment = e, .timeline = timeline}, &error);
    finish(study);
    struct sharpness_point points[16];
    assert_int_equal(study_read_sharpness(study, 0, 0, 16, points), 12);
    assert_near(points[10].preconditioned, conditioned_by_hand(10), 1e-6);
    assert_near(points[11].largest, 6, 1e-9);
    assert_true(isnan(points[11].preconditioned));
    study_destroy(&study);
    timeline_destroy(&timeline);
    experiment_destroy(&e);
}

/* A run whose rate was changed on the way cannot be repeated; what the timeline kept of the optimizer tells all the
 * same. */
static void kept_insides_give_the_preconditioner(void **state) {
    (void)state;
    enum { STEPS = 12 };
    struct experiment *e = formula_of("3*x^2 + y^2", optimizers[1]);
    struct error error = {0};
    struct timeline *timeline = timeline_create(1, 2, SIZE_MAX);
    struct descent *descent = descent_create(&(struct descent_params){.experiment = e}, &error);
    double squares[STEPS + 1][2] = {0}; /* Adam's, by the rule, from the gradients it meets */
    descent_keep_insides(descent, true);
    for (int step = 0; step <= STEPS; step++) {
        assert_null(step == 0 ? descent_evaluate(descent) : descent_take(descent, 1));
        struct inside *inside = step > 0 ? descent_take_inside(descent) : NULL;
        if (inside) timeline_append_inside(timeline, 0, inside);
        timeline_append(timeline, 0, descent_sample(descent), descent_theta(descent));
        for (int i = 0; i < 2 && step < STEPS; i++) {
            double g = descent_gradient(descent)[i];
            squares[step + 1][i] = 0.999 * squares[step][i] + 0.001 * g * g;
        }
        if (step == 5) assert_true(optimizer_set(descent_optimizer(descent), 0, 0.02, &error));
    }
    descent_destroy(&descent);
    struct study *study =
        study_create_sharpness(&(struct sharpness_params){.experiment = e, .timeline = timeline}, &error);
    finish(study);
    struct sharpness_point points[STEPS + 1];
    assert_int_equal(study_read_sharpness(study, 0, 0, STEPS + 1, points), STEPS + 1);
    for (int t = 1; t <= STEPS; t++) {
        double largest = 0;
        for (int i = 0; i < 2; i++)
            largest =
                fmax(largest, curvatures[i] / ((1 - pow(0.9, t)) * (sqrt(squares[t][i] / (1 - pow(0.999, t))) + 1e-8)));
        assert_near(points[t].preconditioned, largest, 1e-6);
    }
    study_destroy(&study);
    timeline_destroy(&timeline);
    experiment_destroy(&e);
}

static size_t wait_for(const struct study *study, int64_t step) {
    struct sharpness_point points[512];
    for (int tries = 0; tries < 20000; tries++) {
        size_t count = study_read_sharpness(study, 0, 0, 512, points);
        if (count > 0 && points[count - 1].sample.step == step) return count;
        usleep(1000);
    }
    fail_msg("step %d is never read", (int)step);
    return 0;
}

static void wake(void *context) {
    __atomic_fetch_add((int *)context, 1, __ATOMIC_RELAXED);
}

static void a_growing_timeline_is_followed(void **state) {
    (void)state;
    struct experiment *e = formula_of("3*x^2 + y^2", optimizers[0]);
    struct error error = {0};
    struct timeline *timeline = timeline_create(1, 2, SIZE_MAX);
    int wakes = 0;
    const struct sharpness_params params = {.experiment = e,
                                            .timeline = timeline,
                                            .points = 20,
                                            .follow = true,
                                            .watcher = {.wakeup = wake, .context = &wakes}};
    struct study *study = study_create_sharpness(&params, &error);
    append_run(e, timeline, 0, 10);
    wait_for(study, 10);
    append_run(e, timeline, 11, 30);
    wait_for(study, 30);
    timeline_clear(timeline);
    append_run(e, timeline, 0, 5);
    assert_true(wait_for(study, 5) <= 6);
    assert_false(job_progress(study_job(study)).finished);
    job_cancel(study_job(study));
    assert_false(job_wait(study_job(study), &error));
    assert_int_equal(error.kind, ERROR_CANCELLED);
    assert_true(__atomic_load_n(&wakes, __ATOMIC_RELAXED) > 10);
    study_destroy(&study);
    timeline_destroy(&timeline);
    experiment_destroy(&e);
}

static void a_diverged_run_says_so(void **state) {
    (void)state;
    struct experiment *e = formula_of("3*x^2 + y^4", "{name: sgd, lr: 30}");
    struct error error = {0};
    struct study *study = study_create_sharpness(&(struct sharpness_params){.experiment = e, .every = 1}, &error);
    char why[256];
    finish(study);
    assert_non_null(strstr(study_sharpness_trouble(study, 0, why, sizeof why), "not finite"));
    assert_true(study_read_sharpness(study, 0, 0, 0, NULL) > 0);
    study_destroy(&study);
    assert_null(study_create_sharpness(&(struct sharpness_params){.experiment = e, .runs = 2}, &error));
    experiment_destroy(&e);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quadratic_is_as_sharp_as_it_is),
        cmocka_unit_test(readings_come_from_a_timeline),
        cmocka_unit_test(a_changed_run_has_no_preconditioner),
        cmocka_unit_test(a_growing_timeline_is_followed),
        cmocka_unit_test(a_diverged_run_says_so),
        cmocka_unit_test(kept_insides_give_the_preconditioner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
