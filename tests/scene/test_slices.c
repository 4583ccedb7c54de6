/* The lesson of Böttcher & Wheeler (2022): at a saddle of a network the loss falls along an axis of the Hessian's plane
 * and on random planes mostly does not. */
#include "scene/slices.h"
#include "scene_fixture.h"

static const char *const xor_yaml = "objective:\n"
                                    "  network: {layers: [2, 4, 2], activation: tanh}\n"
                                    "  data: {name: xor, samples: 128, noise: 0.15, seed: 1}\n"
                                    "  loss: cross_entropy\n"
                                    "start: {seed: 2}\n"
                                    "steps: 250\n"
                                    "grid: [5, 5]\n"
                                    "optimizers:\n"
                                    "  - {name: sgd, lr: 0.2}\n";

/* A saddle sought from a point of the path, where plain descent lingers. */
static double *saddle_of(struct fixture *fixture) {
    fixture_train(fixture, 38);
    int n = timeline_dimension(fixture->timeline);
    double *theta = MEM_NEW(double, n);
    struct sample sample;
    struct error error = {0};
    assert_int_equal(timeline_read(fixture->timeline, 0, 37, 1, &sample, theta, NULL), 1);
    const struct seek_params params = {.objective = fixture->experiment->objective, .theta = theta};
    struct seek_result *result = critical_seek(&params, NULL, &error);
    assert_non_null(result);
    assert_int_equal(result->ending, SEEK_FOUND);
    memcpy(theta, result->theta, (size_t)n * sizeof *theta);
    seek_result_destroy(&result);
    struct eigen_report *report = hessian_analyze(fixture->experiment->objective, theta, &error);
    assert_true(report->index >= 1 && report->eigenvalues[report->n - 1] > 0);
    eigen_report_destroy(&report);
    return theta;
}

static struct slices *sliced(const struct fixture *fixture, const double *theta, int threads) {
    struct error error = {0};
    const struct slices_params params = {
        .objective = fixture->experiment->objective, .theta = theta, .seed = 1, .grid = 21, .threads = threads};
    struct slices *slices = slices_compute(&params, NULL, &error);
    if (!slices) fail_msg("%s", error.message);
    return slices;
}

/* L(θ + t d/‖d‖) − L(θ) at the grid's places on one side of the point: the lowest of them. */
static double lowest_by_hand(const struct slices *slices, const struct objective *objective, const double *direction,
                             int side) {
    struct evaluator *evaluator = evaluator_create(objective);
    int n = slices->n, middle = slices->grid / 2;
    double *theta = MEM_NEW(double, n), length = linalg_norm(n, direction), lowest = INFINITY;
    double centre = evaluator_loss(evaluator, slices->at, NULL);
    for (int k = 1; k <= middle; k++) {
        double t = (side ? 1 : -1) * slices->reach * k / middle / length;
        for (int i = 0; i < n; i++) theta[i] = slices->at[i] + t * direction[i];
        lowest = fmin(lowest, evaluator_loss(evaluator, theta, NULL) - centre);
    }
    free(theta);
    evaluator_destroy(&evaluator);
    return lowest;
}

static void random_planes_hide_a_saddle(void **state) {
    struct fixture fixture = fixture_open(xor_yaml);
    double *theta = saddle_of(&fixture);
    struct slices *slices = sliced(&fixture, theta, 2);
    assert_int_equal(slices->count, 21);
    /* Up along the largest curvature, down along the lowest, in the picture and by evaluation. */
    const struct slice *hessian = &slices->slices[0];
    assert_int_equal(hessian->plane->kind, PLANE_HESSIAN);
    assert_true(slices->high > 0 && slices->low < 0);
    assert_false(hessian->falls[0]);
    assert_true(hessian->falls[1]);
    assert_string_equal(slice_verdict(hessian), "falls along one axis");
    int grid = slices->grid, middle = grid / 2, mesh = grid * middle + middle;
    assert_near(hessian->losses[mesh], slices->loss, 1e-12);
    for (int k = 1; k <= middle; k++) {
        assert_true(hessian->losses[mesh + k] > slices->loss && hessian->losses[mesh - k] > slices->loss);
        assert_true(hessian->losses[mesh + k * grid] < slices->loss && hessian->losses[mesh - k * grid] < slices->loss);
    }
    /* Random ones mostly rise; verdicts and counts are those of direct evaluation. */
    int falling = 0, both = 0;
    for (int k = 0; k < slices->count; k++) {
        const struct slice *slice = &slices->slices[k];
        bool falls[2] = {false, false};
        for (int axis = 0; axis < 2; axis++) {
            const double *direction = axis == 0 ? slice->plane->u : slice->plane->v;
            for (int side = 0; side < 2; side++) {
                double lowest = lowest_by_hand(slices, fixture.experiment->objective, direction, side);
                assert_near(slice->lowest[axis][side], lowest, 1e-10);
                falls[axis] |= lowest < -slices->tolerance;
            }
            assert_int_equal(slice->falls[axis], falls[axis]);
        }
        if (k == 0) continue;
        assert_int_equal(slice->plane->kind, PLANE_RANDOM);
        falling += falls[0] || falls[1];
        both += falls[0] && falls[1];
    }
    assert_int_equal(slices->falling, falling);
    assert_int_equal(slices->falling_both, both);
    assert_true(falling <= 4); /* a fifth: "mostly not" */
    char title[160], expected[160];
    snprintf(expected, sizeof expected, "Down along one axis: Hessian plane yes; %d of 20 random planes", falling);
    assert_string_equal(slices_title(slices, title, sizeof title), expected);
    slices_destroy(&slices);
    free(theta);
    fixture_close(&fixture);
}

static void threads_change_nothing(void **state) {
    struct fixture fixture = fixture_open(xor_yaml);
    double *theta = saddle_of(&fixture);
    struct slices *one = sliced(&fixture, theta, 1), *more = sliced(&fixture, theta, 3);
    assert_true(one->reach == more->reach);
    for (int k = 0; k < one->count; k++)
        assert_memory_equal(one->slices[k].losses, more->slices[k].losses,
                            (size_t)(one->grid * one->grid) * sizeof(double));
    slices_destroy(&one);
    slices_destroy(&more);
    free(theta);
    fixture_close(&fixture);
}

/* Each pane its slice, all at one scale: equal changes of the loss at equal heights. */
static void the_picture_has_one_scale(void **state) {
    struct fixture fixture = fixture_open(xor_yaml);
    double *theta = saddle_of(&fixture);
    struct slices *slices = sliced(&fixture, theta, 2);
    struct scene scene = {0};
    static const float sizes[][2] = {{1280, 720}, {640, 360}, {1920, 700}};
    for (int s = 0; s < 3; s++) {
        for (int height = HEIGHT_LINEAR; height <= HEIGHT_LOG; height++) {
            const struct slices_view view = {
                .width = sizes[s][0], .height_px = sizes[s][1], .height = (enum height_mapping)height};
            slices_build(&scene, slices, &view);
            assert_int_equal(scene.surface_count, 21);
            assert_int_equal(scene.pane_count, 23);
            /* Along all slices together the height is one rising function of the loss. */
            float level = scene.surfaces[0].z[slices->grid * (slices->grid / 2) + slices->grid / 2];
            for (int k = 0; k < 21; k++) {
                assert_int_equal(scene_surface_of(&scene, k), k);
                const struct scene_surface *surface = &scene.surfaces[k];
                for (int i = 0; i < slices->grid * slices->grid; i++) {
                    double change = slices->slices[k].losses[i] - slices->loss;
                    assert_true(surface->z[i] >= -1e-6f && surface->z[i] <= SCENE_HEIGHT + 1e-6f);
                    if (change > 1e-6) assert_true(surface->z[i] > level);
                    if (change < -1e-6) assert_true(surface->z[i] < level);
                }
            }
            bool said = false;
            for (size_t i = 0; i < scene.label_count; i++)
                said |= strstr(scene.labels[i].text, "Hessian plane yes") != NULL;
            assert_true(said);
            for (int p = 0; p < scene.pane_count; p++) {
                const struct scene_pane *pane = &scene.panes[p];
                assert_true(pane->x >= 0 && pane->y >= 0 && pane->width > 0 && pane->height > 0);
                assert_true(pane->x + pane->width <= 1 + 1e-5f && pane->y + pane->height <= 1 + 1e-5f);
                for (int q = 0; q < p; q++) {
                    const struct scene_pane *other = &scene.panes[q];
                    bool apart =
                        pane->x >= other->x + other->width - 1e-5f || other->x >= pane->x + pane->width - 1e-5f ||
                        pane->y >= other->y + other->height - 1e-5f || other->y >= pane->y + pane->height - 1e-5f;
                    assert_true(apart);
                }
            }
        }
    }
    scene_release(&scene);
    slices_destroy(&slices);
    free(theta);
    fixture_close(&fixture);
}

static bool never(void *context, struct job *job, struct error *error) {
    struct slices_params *params = context;
    job_cancel(job);
    assert_null(slices_compute(params, job, error));
    return false;
}

static void wrong_wishes_are_refused(void **state) {
    struct fixture fixture = fixture_open(xor_yaml);
    int n = timeline_dimension(fixture.timeline);
    double *theta = MEM_NEW(double, n), *holed = MEM_NEW(double, n);
    holed[0] = NAN;
    const struct objective *objective = fixture.experiment->objective;
    const struct slices_params wrong[] = {
        {.objective = objective, .theta = theta, .count = -1},
        {.objective = objective, .theta = theta, .count = SLICES_RANDOM + 1},
        {.objective = objective, .theta = theta, .grid = 20},
        {.objective = objective, .theta = theta, .grid = 3},
        {.objective = objective, .theta = theta, .reach = -1},
        {.objective = objective, .theta = theta, .reach = INFINITY},
        {.objective = objective, .theta = theta, .reach = NAN},
        {.objective = objective, .theta = holed},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error error = {0};
        assert_null(slices_compute(&wrong[i], NULL, &error));
        assert_int_equal(error.kind, ERROR_INPUT);
    }
    struct slices_params good = {.objective = objective, .theta = fixture.experiment->starts, .grid = 5, .count = 2};
    struct job *job = job_create(&(struct job_params){.name = "slices", .body = never, .context = &good});
    struct error error = {0};
    assert_false(job_wait(job, &error));
    assert_int_equal(error.kind, ERROR_CANCELLED);
    job_destroy(&job);
    free(theta);
    free(holed);
    fixture_close(&fixture);
    struct fixture flat = fixture_open(saddle_yaml);
    const struct slices_params two = {.objective = flat.experiment->objective, .theta = flat.experiment->starts};
    error = (struct error){0};
    assert_null(slices_compute(&two, NULL, &error));
    assert_non_null(strstr(error.message, "two parameters"));
    fixture_close(&flat);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_planes_hide_a_saddle),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(the_picture_has_one_scale),
        cmocka_unit_test(wrong_wishes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
