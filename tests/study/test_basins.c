/* Basins against the plainest way to find them: each start with an optimizer and an evaluator of its own, and the
 * distance to every critical point after every step. */
#include "base/linalg.h"
#include "base/memory.h"
#include "base/text.h"
#include "study/basins.h"
#include "test.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char HIMMELBLAU[] = "objective: {expression: '(x^2 + y - 11)^2 + (x + y^2 - 7)^2', variables: [x, y], "
                                 "domain: [[-5, 5], [-5, 5]]}\n";

static struct experiment *parse(const char *objective, const char *optimizers, int steps) {
    struct text yaml = {0};
    text_format(&yaml, "%ssteps: %d\noptimizers: [%s]\n", objective, steps, optimizers);
    struct error error = {0};
    struct experiment *experiment = experiment_parse(yaml.bytes, strlen(yaml.bytes), "f.yaml", &error);
    if (!experiment) fail_msg("%s", error.message);
    text_clear(&yaml);
    return experiment;
}

static struct study *create(const struct basins_params *params) {
    struct error error = {0};
    struct study *study = study_create_basins(params, &error);
    if (!study) fail_msg("%s", error.message);
    return study;
}

static struct study *finish(const struct basins_params *params) {
    struct error error = {0};
    struct study *study = create(params);
    if (!job_wait(study_job(study), &error)) fail_msg("%s", error.message);
    return study;
}

static struct basin_cell *read(const struct study *study, int optimizer) {
    const struct basins_params *params = study_basins_params(study);
    struct basin_cell *cells = MEM_NEW(struct basin_cell, params->width * params->height);
    assert_int_equal(study_read_basins(study, optimizer, cells), 1);
    return cells;
}

/* ---- the plainest way ----------------------------------------------------------------------------------------------
 */

static int nearest_end(const struct study *study, const double *theta, double loss, const double *gradient) {
    const struct basin_end *ends;
    size_t count = study_basins_ends(study, &ends);
    double tolerance = study_basins_tolerance(study), least = INFINITY;
    int nearest = BASIN_NOWHERE;
    for (int pass = 0; pass < 2 && nearest < 0; pass++) /* isolated points, then valleys */
        for (size_t i = 0; i < count; i++) {
            double dx = theta[0] - ends[i].at[0], dy = theta[1] - ends[i].at[1], d = dx * dx + dy * dy;
            bool there = d <= tolerance * tolerance;
            if (pass == 1) {
                double h[4];
                struct evaluator *evaluator = evaluator_create(study_basins_params(study)->experiment->objective);
                evaluator_hessian(evaluator, ends[i].at, NULL, h);
                evaluator_destroy(&evaluator);
                double curvature = linalg_norm(4, h);
                there = fabs(loss - ends[i].loss) <= 0.5 * curvature * tolerance * tolerance &&
                        hypot(gradient[0], gradient[1]) <= curvature * tolerance;
            }
            if (ends[i].valley == (pass == 1) && there && d < least) {
                least = d;
                nearest = (int)i;
            }
        }
    return nearest;
}

static bool both_finite(const double *v) {
    return isfinite(v[0]) && isfinite(v[1]);
}

static struct basin_cell walk(const struct study *study, int which, double x, double y) {
    const struct experiment *experiment = study_basins_params(study)->experiment;
    const struct experiment_optimizer *from = &experiment->optimizers[which];
    struct error error = {0};
    struct evaluator *evaluator = evaluator_create(experiment->objective);
    struct optimizer *optimizer = experiment_create_optimizer(experiment, from, NULL, &error);
    assert_non_null(optimizer);
    struct basin_cell cell = {.end = BASIN_NOWHERE, .theta = {x, y}};
    int64_t steps = study_basins_params(study)->steps;
    int end = BASIN_UNKNOWN;
    for (int64_t step = 0; step <= steps; step++) {
        double gradient[2];
        cell.loss = evaluator_gradient(evaluator, cell.theta, NULL, gradient);
        if (!both_finite(cell.theta) || !isfinite(cell.loss) || !both_finite(gradient)) {
            cell = (struct basin_cell){.end = BASIN_DIVERGED, .steps = step, .loss = NAN, .theta = {NAN, NAN}};
            break;
        }
        int now = nearest_end(study, cell.theta, cell.loss, gradient);
        if (now != end) cell.steps = step;
        cell.end = end = now;
        if (step < steps) optimizer_step(optimizer, cell.theta, gradient, schedule_factor(&from->schedule, step));
    }
    if (cell.end == BASIN_NOWHERE) cell.steps = steps;
    optimizer_destroy(&optimizer);
    evaluator_destroy(&evaluator);
    return cell;
}

static bool same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static void check_against_walks(const struct experiment *experiment, int width, int height) {
    struct study *study = finish(&(struct basins_params){.experiment = experiment, .width = width, .height = height});
    const struct basins_params *params = study_basins_params(study);
    for (int o = 0; o < experiment->optimizer_count; o++) {
        struct basin_cell *cells = read(study, o);
        for (int i = 0; i < width * height; i++) {
            double x = basins_place(params, 0, i % width), y = basins_place(params, 1, i / width);
            struct basin_cell plain = walk(study, o, x, y), cell = cells[i],
                              one = study_basin_at(study, o, i % width, i / width);
            assert_true(one.end == cell.end && one.steps == cell.steps);
            if (cell.end != plain.end || cell.steps != plain.steps || !same_bits(cell.loss, plain.loss) ||
                !same_bits(cell.theta[0], plain.theta[0]) || !same_bits(cell.theta[1], plain.theta[1]))
                fail_msg("%s from (%g, %g): end %d after %d at (%.17g, %.17g); alone end %d after %d at (%.17g, %.17g)",
                         experiment->optimizers[o].label, x, y, cell.end, (int)cell.steps, cell.theta[0], cell.theta[1],
                         plain.end, (int)plain.steps, plain.theta[0], plain.theta[1]);
        }
        free(cells);
    }
    study_destroy(&study);
}

static void every_start_goes_where_it_goes_alone(void **state) {
    struct experiment *experiment = parse(
        HIMMELBLAU,
        "{name: sgd, lr: 0.01}, {name: momentum, lr: 0.03, momentum: 0.9}, {name: adam, lr: 0.1, schedule: cosine}, "
        "{name: sgd, label: clipped, lr: 0.02, clip_norm: 5}, {name: sgd, label: bounded, lr: 0.02, clip_value: 9}, "
        "{name: perturbed, lr: 0.01, radius: 0.3, threshold: 0.5, interval: 5}, {name: rmsprop, lr: 0.05}",
        120);
    check_against_walks(experiment, 17, 18);
    experiment_destroy(&experiment);
}

static void valleys_and_tips_are_places_to_end_in(void **state) {
    struct experiment *experiment =
        parse("objective: {expression: '(1 - x*y)^2', variables: [x, y], domain: [[-2, 2], [-2, 2]]}\n",
              "{name: sgd, lr: 0.02}, {name: adam, lr: 0.05}", 300);
    check_against_walks(experiment, 16, 12);
    struct study *study = finish(&(struct basins_params){.experiment = experiment, .width = 16, .height = 12});
    struct basin_tally tally = study_tally_basins(study, 0, 0, NULL);
    assert_true(tally.starts == 192 && tally.diverged == 0 && tally.nowhere < 20);
    study_destroy(&study);
    experiment_destroy(&experiment);
    /* Ackley's minimum is the tip of a cone, which no search by gradients reports; the experiment does. */
    struct error error = {0};
    experiment = experiment_load("ackley", &error);
    if (!experiment) fail_msg("%s", error.message);
    study = finish(&(struct basins_params){.experiment = experiment, .width = 8, .height = 8, .steps = 5});
    const struct basin_end *ends;
    size_t count = study_basins_ends(study, &ends);
    bool tip = false;
    for (size_t i = 0; i < count; i++)
        tip |= ends[i].kind == POINT_MINIMUM && fabs(ends[i].at[0]) + fabs(ends[i].at[1]) < 1e-9;
    assert_true(tip);
    study_destroy(&study);
    experiment_destroy(&experiment);
}

static void the_number_of_threads_changes_nothing(void **state) {
    struct experiment *experiment = parse(HIMMELBLAU, "{name: adam, lr: 0.1}, {name: sgd, lr: 0.02, clip_norm: 5}", 60);
    struct basins_params params = {.experiment = experiment, .width = 50, .height = 41, .threads = 1};
    struct study *one = finish(&params);
    params.threads = 7;
    struct study *many = finish(&params);
    for (int o = 0; o < 2; o++) {
        struct basin_cell *a = read(one, o), *b = read(many, o);
        for (int i = 0; i < 50 * 41; i++)
            assert_true(a[i].end == b[i].end && a[i].steps == b[i].steps && same_bits(a[i].loss, b[i].loss));
        free(a);
        free(b);
    }
    study_destroy(&one);
    study_destroy(&many);
    experiment_destroy(&experiment);
}

/* ---- while it goes on -----------------------------------------------------------------------------------------------
 */

static void count_news(void *context) {
    atomic_fetch_add((atomic_int *)context, 1);
}

static void a_coarse_picture_comes_first_and_cancel_is_heard(void **state) {
    struct experiment *experiment = parse(HIMMELBLAU, "{name: sgd, lr: 0.01}, {name: adam, lr: 0.1}", 20000);
    atomic_int news;
    atomic_init(&news, 0);
    struct study *study = create(&(struct basins_params){
        .experiment = experiment, .width = 64, .height = 64, .threads = 2, .watcher = {count_news, &news}});
    static struct basin_cell cells[64 * 64];
    int stride;
    while ((stride = study_read_basins(study, 1, cells)) == 0 && !job_progress(study_job(study)).finished) {
    }
    assert_true(stride >= 1);
    for (int i = 0; i < 64 * 64; i++) assert_true(cells[i].end != BASIN_UNKNOWN);
    assert_int_equal(cells[5].end, cells[5 / stride * stride].end);
    assert_true(atomic_load(&news) > 0);
    job_cancel(study_job(study));
    struct error error = {0};
    assert_false(job_wait(study_job(study), &error));
    assert_int_equal(error.kind, ERROR_CANCELLED);
    struct basin_tally tally = study_tally_basins(study, 0, 0, NULL);
    assert_true(tally.starts >= 16 && tally.starts < 64 * 64);
    /* Whoever made room before the ends were known is not written beyond it. */
    size_t counts[3] = {7, 7, 7};
    study_tally_basins(study, 0, 1, counts);
    assert_int_not_equal(counts[0], 7);
    assert_int_equal(counts[1], 7);
    study_destroy(&study);
    study = create(&(struct basins_params){.experiment = experiment, .width = 64, .height = 64});
    study_destroy(&study); /* at once */
    experiment_destroy(&experiment);
}

static void says_what_would_be_right(void **state) {
    static const struct {
        struct basins_params params;
        const char *says;
    } cases[] = {
        {{.width = 1}, "a grid of 1 × 256 starts; each side must be 2 to 1024"},
        {{.height = 5000}, "each side must be 2 to 1024"},
        {{.steps = -1}, "1 or more"},
        {{.low = {1, 1}, .high = {1, 2}}, "the range of axis 1 is 1 to 1"},
        {{.tolerance = -1}, "a tolerance of -1"},
    };
    struct experiment *experiment = parse(HIMMELBLAU, "sgd", 10);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct basins_params params = cases[i].params;
        struct error error = {0};
        params.experiment = experiment;
        assert_null(study_create_basins(&params, &error));
        assert_int_equal(error.kind, ERROR_INPUT);
        if (!strstr(error.message, cases[i].says)) fail_msg("%s", error.message);
    }
    experiment_destroy(&experiment);
    struct error error = {0};
    experiment = experiment_load("xor", &error);
    assert_non_null(experiment);
    assert_null(study_create_basins(&(struct basins_params){.experiment = experiment}, &error));
    assert_non_null(strstr(error.message, "formulas in two variables"));
    experiment_destroy(&experiment);
}

static void writes_a_row_a_start(void **state) {
    struct experiment *experiment =
        parse(HIMMELBLAU, "{name: sgd, lr: 0.01, label: 'plain, small'}, {name: sgd, lr: 1}", 50);
    struct study *study = finish(&(struct basins_params){.experiment = experiment, .width = 4, .height = 3});
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);
    study_write_csv(study, stream);
    fclose(stream);
    int lines = 0;
    for (const char *c = bytes; *c; c++) lines += *c == '\n';
    assert_int_equal(lines, 1 + 2 * 4 * 3);
    assert_true(strncmp(bytes, "optimizer,x,y,end,steps,loss,end_x,end_y\n\"plain, small\",-3.75,", 60) == 0);
    assert_non_null(strstr(bytes, ",minimum "));
    assert_non_null(strstr(bytes, ",diverged,"));
    free(bytes);
    study_destroy(&study);
    experiment_destroy(&experiment);
}

int main(void) {
    linalg_init();
    setenv("SADDLESCOPE_ASSETS", ASSETS, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_start_goes_where_it_goes_alone),
        cmocka_unit_test(valleys_and_tips_are_places_to_end_in),
        cmocka_unit_test(the_number_of_threads_changes_nothing),
        cmocka_unit_test(a_coarse_picture_comes_first_and_cancel_is_heard),
        cmocka_unit_test(says_what_would_be_right),
        cmocka_unit_test(writes_a_row_a_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
