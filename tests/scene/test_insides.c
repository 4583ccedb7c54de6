/* What a step is made of, on the plane: the drawn arrows against the parameters the run really went through. */
#include "scene_fixture.h"

static const char *const formula_yaml =
    "objective: {expression: (x^2 + y - 11)^2 + (x + y^2 - 7)^2, variables: [x, y], "
    "domain: [[-5, 5], [-5, 5]]}\n"
    "start: [-1.3, 0.4]\nsteps: 40\ngrid: [17, 17]\noptimizers:\n"
    "  - {name: sgd, lr: 0.004, weight_decay: 0.1}\n"
    "  - {name: momentum, lr: 0.002, momentum: 0.9}\n"
    "  - {name: adagrad, lr: 0.3}\n"
    "  - {name: rmsprop, lr: 0.03}\n"
    "  - {name: adam, lr: 0.1, weight_decay: 0.05}\n"
    "  - {name: sgd, lr: 0.004, average: {name: ema, decay: 0.8}, label: fading mean}\n"
    "  - {name: adam, lr: 0.1, lookahead: {k: 3}, average: {name: swa, start: 10, every: 4}, label: late mean}\n";
static const char *const network_yaml = "objective:\n"
                                        "  network: {layers: [2, 4, 2], activation: tanh}\n"
                                        "  data: {name: xor, samples: 32, noise: 0.1, seed: 1}\n"
                                        "  loss: cross_entropy\n"
                                        "start: {seed: 5}\nsteps: 40\nplane: {name: pca}\ngrid: [17, 17]\noptimizers:\n"
                                        "  - {name: momentum, lr: 0.1, momentum: 0.9}\n"
                                        "  - {name: adam, lr: 0.05}\n";

/* A trained fixture whose timeline holds what its steps were made of. */
static struct fixture trained(const char *yaml) {
    struct fixture fixture = fixture_open(yaml);
    struct error error = {0};
    struct trainer_params params = {.experiment = fixture.experiment, .timeline = fixture.timeline, .insides = true};
    struct trainer *trainer = trainer_create(&params, &error);
    if (!trainer) fail_msg("%s", error.message);
    trainer_set_goal(trainer, fixture.experiment->steps);
    trainer_wait(trainer);
    trainer_destroy(&trainer);
    fixture_finish(&fixture);
    return fixture;
}

static void check_sums(struct fixture *fixture) {
    const struct plane *plane = exhibit_plane(fixture->exhibit);
    int n = plane->n;
    double *thetas = MEM_NEW(double, 2 * n);
    struct sample samples[2];
    for (int run = 0; run < experiment_run_count(fixture->experiment); run++) {
        for (int64_t step = 0; step < fixture->experiment->steps; step++) {
            struct step_insides made;
            assert_true(exhibit_step(fixture->exhibit, run, step, &made));
            assert_int_equal(made.step, step);
            assert_true(made.count >= 1);
            assert_int_equal(timeline_read(fixture->timeline, run, (size_t)step, 2, samples, thetas, NULL), 2);
            double moved[2] = {0, 0}, length = 0;
            for (int i = 0; i < n; i++) {
                double d = thetas[n + i] - thetas[i];
                moved[0] += d * plane->u[i] / plane->uu;
                moved[1] += d * plane->v[i] / plane->vv;
                length += d * d;
            }
            length = sqrt(length);
            double sum[2] = {0, 0}, tip[2] = {made.at[0], made.at[1]};
            for (int k = 0; k < made.count; k++)
                for (int axis = 0; axis < 2; axis++) { /* head to tail */
                    assert_near(made.terms[k].from[axis], tip[axis], 0);
                    tip[axis] = made.terms[k].to[axis];
                    sum[axis] += made.terms[k].to[axis] - made.terms[k].from[axis];
                }
            for (int axis = 0; axis < 2; axis++) {
                assert_near(sum[axis], moved[axis], 1e-12);
                assert_near(made.end[axis], tip[axis], 1e-12);
            }
            assert_near(made.length, length, 1e-12);
            double held = hypot(moved[0] * sqrt(plane->uu), moved[1] * sqrt(plane->vv));
            if (length > 1e-6) assert_near(made.in_plane, held / length, 1e-9);
        }
        struct step_insides made; /* no update has left the last sample */
        assert_false(exhibit_step(fixture->exhibit, run, fixture->experiment->steps, &made));
    }
    free(thetas);
}

static void arrows_add_up_to_the_step(void **state) {
    struct fixture fixture = trained(formula_yaml);
    check_sums(&fixture);
    fixture_close(&fixture);
}

static void they_do_for_networks_too(void **state) {
    struct fixture fixture = trained(network_yaml);
    assert_int_equal(exhibit_plane(fixture.exhibit)->kind, PLANE_PCA);
    check_sums(&fixture);
    fixture_close(&fixture);
}

/* Adagrad's squares are the sums of g², here from Himmelblau's gradient in closed form along its path. */
static void squares_are_the_sums_of_squares(void **state) {
    struct fixture fixture = trained(formula_yaml);
    double sums[2] = {0, 0};
    for (int64_t step = 0; step < 30; step++) {
        double theta[2];
        struct sample sample;
        timeline_read(fixture.timeline, 2, (size_t)step, 1, &sample, theta, NULL);
        double x = theta[0], y = theta[1], one = x * x + y - 11, other = x + y * y - 7;
        double gradient[2] = {4 * x * one + 2 * other, 2 * one + 4 * y * other};
        for (int k = 0; k < 2; k++) sums[k] += gradient[k] * gradient[k];
        struct step_insides made;
        assert_true(exhibit_step(fixture.exhibit, 2, step, &made));
        assert_true(made.squared && !made.mean);
        for (int k = 0; k < 2; k++) assert_near(made.squares[k] / sums[k], 1, 1e-10);
    }
    struct step_insides plain;
    assert_true(exhibit_step(fixture.exhibit, 0, 3, &plain) && !plain.squared);
    fixture_close(&fixture);
}

static size_t arrows_of(struct fixture *fixture, struct view *view, struct scene *scene) {
    scene_build(scene, fixture->exhibit, view);
    return scene->arrow_count;
}

/* In the scene they start at the head, are as long as is said, and none reaches beyond what one sees. */
static void the_scene_draws_them_at_the_head(void **state) {
    struct fixture fixture = trained(formula_yaml);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    struct step_insides made;
    view.step = 10;
    size_t before = arrows_of(&fixture, &view, &scene);
    assert_true(exhibit_step(fixture.exhibit, 1, view.step, &made));
    view.steps = &made;
    view.step_count = 1;
    assert_int_equal(arrows_of(&fixture, &view, &scene), before + 3); /* gradient, last movement, the step itself */
    double scale = exhibit_step_magnified(fixture.exhibit, &made);
    assert_true(scale >= 1);
    const struct scene_arrow *step = &scene.arrows[before + 2], *first = &scene.arrows[before];
    const struct frame *frame = &fixture.exhibit->now.frame;
    for (int k = 0; k < 2; k++) {
        assert_near(step->from[k], frame_x(frame, k, made.at[k]), 1e-5);
        assert_near(first->from[k], step->from[k], 1e-6);
        assert_near(step->to[k] - step->from[k], scale * (made.end[k] - made.at[k]) * frame->scale[k], 1e-5);
        assert_near(scene.arrows[before + 1].to[k], step->to[k], 1e-5); /* head to tail they end where it ends */
        assert_near(scene.arrows[before + 1].from[k], first->to[k], 1e-6);
        assert_true(fabsf(step->to[k]) < 1.6f);
    }
    assert_true(scene.arrows[before + 1].dashed && !step->dashed);
    assert_true(exhibit_step(fixture.exhibit, 4, view.step, &made) && made.squared);
    size_t sheets = scene.sheet_count;
    arrows_of(&fixture, &view, &scene);
    assert_int_equal(scene.sheet_count, sheets + 2);
    view.hidden_runs = 1 << 4;
    assert_int_equal(arrows_of(&fixture, &view, &scene), before);
    scene_release(&scene);
    fixture_close(&fixture);
}

/* On one line they would hide each other: the parts are drawn beside it, the step itself on it. */
static void parts_on_one_line_are_drawn_side_by_side(void **state) {
    struct fixture fixture = trained("objective: {expression: x^2 + y^2, variables: [x, y], domain: [[-3, 3], [-3, 3]]}\n"
                                     "start: [2.5, 0]\nsteps: 20\ngrid: [17, 17]\noptimizers:\n"
                                     "  - {name: momentum, lr: 0.05, momentum: 0.5}\n");
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    struct step_insides made;
    view.step = 3;
    assert_true(exhibit_step(fixture.exhibit, 0, view.step, &made));
    size_t before = arrows_of(&fixture, &view, &scene);
    view.steps = &made;
    view.step_count = 1;
    assert_int_equal(arrows_of(&fixture, &view, &scene), before + 3);
    double scale = exhibit_step_magnified(fixture.exhibit, &made);
    const struct scene_arrow *arrows = scene.arrows + before;
    const struct frame *frame = &fixture.exhibit->now.frame;
    for (int i = 0; i < 3; i++) {
        assert_near(arrows[i].from[1], arrows[i].to[1], 1e-6); /* all along x */
        for (int k = 0; k < i; k++) assert_true(fabsf(arrows[i].from[1] - arrows[k].from[1]) > 0.02f);
    }
    assert_near(arrows[2].from[1], frame_x(frame, 1, 0), 1e-6);
    for (int k = 0; k < 2; k++)
        assert_near(arrows[k].to[0] - arrows[k].from[0],
                    scale * (made.terms[k].to[0] - made.terms[k].from[0]) * frame->scale[0], 1e-5);
    scene_release(&scene);
    fixture_close(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrows_add_up_to_the_step),
        cmocka_unit_test(they_do_for_networks_too),
        cmocka_unit_test(squares_are_the_sums_of_squares),
        cmocka_unit_test(the_scene_draws_them_at_the_head),
        cmocka_unit_test(parts_on_one_line_are_drawn_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
