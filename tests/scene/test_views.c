/* Split and compared views, free cameras: what each pane shows, and of whom. */
#include "scene_fixture.h"

#include <math.h>

static const char *const bowl_yaml = "title: A bowl\n"
                                     "objective:\n"
                                     "  expression: 10 + w1^2 + 3*w2^2\n"
                                     "  variables: [w1, w2]\n"
                                     "  domain: [[-1, 3], [-2, 2]]\n"
                                     "start: [1.4, -0.2]\n"
                                     "steps: 40\n"
                                     "grid: [65, 65]\n"
                                     "optimizers:\n"
                                     "  - {name: sgd, lr: 0.05}\n"
                                     "  - {name: adam, lr: 0.05}\n";
static const float hover_dot = 6; /* across */

static struct fixture trained(const char *yaml, int64_t steps) {
    struct fixture fixture = fixture_open(yaml);
    fixture_train(&fixture, steps);
    fixture_finish(&fixture);
    return fixture;
}

static int lines_in(const struct scene *scene, int pane) {
    int count = 0;
    for (size_t i = 0; i < scene->line_count; i++)
        count += scene->lines[i].kind == PICK_PATH && (scene->lines[i].panes >> pane & 1);
    return count;
}

static bool says(const struct scene *scene, int pane, const char *text) {
    for (size_t i = 0; i < scene->label_count; i++)
        if ((scene->labels[i].panes >> pane & 1) && strcmp(scene->labels[i].text, text) == 0) return true;
    return false;
}

/* The dot of the cross-hair in a pane, by index; −1: none. */
static int dot_in(const struct scene *scene, int pane) {
    for (size_t i = 0; i < scene->glyph_count; i++)
        if ((scene->glyphs[i].panes >> pane & 1) && scene->glyphs[i].size == hover_dot) return (int)i;
    return -1;
}

static void splits_into_surface_and_map(void **state) {
    struct fixture fixture = trained(saddle_yaml, 60);
    struct scene scene = {0};
    struct view view = view_default(fixture.experiment);
    view.kind = VIEW_SPLIT;
    view.hover = true;
    view.hover_at[0] = 0.9;
    view.hover_at[1] = -0.6;
    for (int tall = 0; tall < 2; tall++) {
        if (tall) view.width = 500;
        scene_build(&scene, fixture.exhibit, &view);
        assert_int_equal(scene.pane_count, 2);
        assert_true(!scene.panes[0].flat && scene.panes[1].flat);
        assert_int_equal(scene_surface_of(&scene, 0), scene_surface_of(&scene, 1));
        assert_int_equal(scene.surface_count, 1);
        assert_true((scene.panes[0].x == scene.panes[1].x) == (tall == 1));
        for (int pane = 0; pane < 2; pane++) {
            assert_int_equal(lines_in(&scene, pane), 4);
            /* What is pointed at in the one is pointed at in the other. */
            const struct scene_pane *shown = &scene.panes[pane];
            int dot = dot_in(&scene, pane);
            vec2 pixel;
            assert_true(dot >= 0);
            assert_true(camera_project(&shown->camera, shown->width * view.width, shown->height * view.height_px,
                                       scene.glyphs[dot].at, pixel, NULL));
            struct scene_pick pick = scene_pick(&scene, fixture.exhibit, &view, pixel[0] + shown->x * view.width,
                                                pixel[1] + shown->y * view.height_px);
            assert_int_equal(pick.kind, PICK_SURFACE);
            assert_int_equal(pick.pane, pane);
            assert_near(pick.a, 0.9, 0.03);
            assert_near(pick.b, -0.6, 0.03);
        }
    }
    scene_release(&scene);
    fixture_close(&fixture);
}

static void compares_two_under_one_camera(void **state) {
    struct fixture one = trained(saddle_yaml, 60), other = trained(bowl_yaml, 40);
    struct scene scene = {0};
    struct view view = view_default(one.experiment);
    view.kind = VIEW_COMPARE;
    view.height = HEIGHT_LINEAR;
    scene_build(&scene, one.exhibit, &view); /* nothing to compare with yet */
    assert_int_equal(scene.pane_count, 1);
    const struct height_map alone = *exhibit_height_map(one.exhibit, HEIGHT_LINEAR);
    view.other = other.exhibit;
    scene_build(&scene, one.exhibit, &view);
    assert_int_equal(scene.pane_count, 2);
    assert_int_equal(scene.surface_count, 2);
    assert_int_equal(scene_surface_of(&scene, 0), 0);
    assert_int_equal(scene_surface_of(&scene, 1), 1);
    assert_memory_equal(&scene.panes[0].camera, &scene.panes[1].camera, sizeof(struct camera));
    assert_int_equal(lines_in(&scene, 0), 4);
    assert_int_equal(lines_in(&scene, 1), 2);
    assert_true(says(&scene, 0, "The saddle at the origin") && says(&scene, 1, "A bowl"));
    assert_false(says(&scene, 1, "The saddle at the origin"));
    /* One scale: the same loss is equally high in both. */
    const struct height_map *maps[2] = {exhibit_height_map(one.exhibit, HEIGHT_LINEAR),
                                        exhibit_height_map(other.exhibit, HEIGHT_LINEAR)};
    assert_near(height_tone(maps[0], 11), height_tone(maps[1], 11), 0);
    assert_true(maps[0]->low < 0.01 && maps[0]->high > 15);
    /* A place in the second pane is one of the second plane, with its loss. */
    struct scene_pick pick = scene_pick(&scene, one.exhibit, &view, view.width * 0.75f, view.height_px * 0.6f);
    assert_int_equal(pick.side, 1);
    assert_int_equal(pick.kind, PICK_SURFACE);
    assert_near(pick.loss, 10 + pick.a * pick.a + 3 * pick.b * pick.b, 0.05);
    /* Each by its own range, and as it was once it is alone again. */
    view.own_heights = true;
    scene_build(&scene, one.exhibit, &view);
    assert_near(exhibit_height_map(one.exhibit, HEIGHT_LINEAR)->high, alone.high, 0);
    assert_true(exhibit_height_map(other.exhibit, HEIGHT_LINEAR)->low > 9.9);
    view.own_heights = false;
    scene_build(&scene, one.exhibit, &view);
    view.kind = VIEW_OVERLAY;
    scene_build(&scene, one.exhibit, &view);
    assert_near(exhibit_height_map(one.exhibit, HEIGHT_LINEAR)->high, alone.high, 0);
    scene_release(&scene);
    fixture_close(&other);
    fixture_close(&one);
}

/* A θ pointed at on the one plane is pointed at on the other, at the same parameters. */
static void links_the_cross_hairs(void **state) {
    struct fixture one = trained(saddle_yaml, 30), other = trained(bowl_yaml, 30);
    struct scene scene = {0};
    struct view view = view_default(one.experiment);
    view.kind = VIEW_COMPARE;
    view.other = other.exhibit;
    view.hover = true;
    view.hover_side = 1;
    view.hover_at[0] = 1.25;
    view.hover_at[1] = 0.5;
    scene_build(&scene, one.exhibit, &view);
    for (int side = 0; side < 2; side++) {
        const struct scene_surface *surface = &scene.surfaces[side];
        int dot = dot_in(&scene, side);
        assert_true(dot >= 0);
        for (int k = 0; k < 2; k++) {
            double middle = (surface->low[k] + surface->high[k]) / 2, reach = (surface->high[k] - surface->low[k]) / 2;
            assert_near(middle + (double)(scene.glyphs[dot].at[k] / surface->half[k]) * reach, view.hover_at[k], 1e-4);
        }
    }
    scene_release(&scene);
    fixture_close(&other);
    fixture_close(&one);
}

static void each_pane_its_own_camera(void **state) {
    struct fixture fixture = trained(saddle_yaml, 30);
    struct scene scene = {0};
    struct view view = view_default(fixture.experiment);
    view.kind = VIEW_SIDE_BY_SIDE;
    view.hidden_runs = 2; /* seats belong to optimizers, not to places */
    view.free_cameras = true;
    for (int i = 0; i < EXPERIMENT_MAX_OPTIMIZERS; i++) view.cameras[i] = camera_default(10.0f * (float)i, 30);
    scene_build(&scene, fixture.exhibit, &view);
    assert_int_equal(scene.pane_count, 3);
    static const int seats[3] = {0, 2, 3};
    for (int p = 0; p < 3; p++) {
        assert_int_equal(scene.panes[p].seat, seats[p]);
        assert_near(scene.panes[p].camera.azimuth, 10 * seats[p], 1e-4);
        assert_int_equal(lines_in(&scene, p), 1);
    }
    assert_int_equal(scene.surface_count, 1);
    view.free_cameras = false;
    scene_build(&scene, fixture.exhibit, &view);
    for (int p = 1; p < 3; p++)
        assert_memory_equal(&scene.panes[0].camera, &scene.panes[p].camera, sizeof(struct camera));
    scene_release(&scene);
    fixture_close(&fixture);
}

/* A finer level takes the coarser one's place little by little: first what was shown, half of the way half of it. */
static void levels_settle(void **state) {
    static const char *const fine_yaml = "objective:\n"
                                         "  expression: sin(7*x)*cos(5*y) + exp(sin(x*y)) + tanh(x + sin(9*y)) + log(4 + x*y)\n"
                                         "  variables: [x, y]\n"
                                         "  domain: [[-1, 1], [-1, 1]]\n"
                                         "start: [0.4, -0.2]\n"
                                         "grid: [801, 801]\n"
                                         "optimizers:\n"
                                         "  - {name: sgd, lr: 0.05}\n";
    struct fixture fixture = fixture_open(fine_yaml);
    struct scene scene = {0};
    struct view view = view_default(fixture.experiment);
    bool caught = false;
    for (int attempt = 0; attempt < 5 && !caught; attempt++) {
        struct error error = {0};
        struct exhibit_params params = {
            .experiment = fixture.experiment, .timeline = fixture.timeline, .threads = 1, .morphs = true};
        exhibit_destroy(&fixture.exhibit);
        fixture.exhibit = exhibit_create(&params, &error);
        assert_non_null(fixture.exhibit);
        for (scene_clear(&scene); scene.surface_count == 0; scene_build(&scene, fixture.exhibit, &view)) {
            nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
            exhibit_update(fixture.exhibit);
        }
        caught = !surface_progress(exhibit_surface(fixture.exhibit)).finished;
    }
    if (!caught) skip(); /* a machine that samples a million points between two looks has nothing to settle */
    size_t count = (size_t)scene.surfaces[0].width * (size_t)scene.surfaces[0].height;
    while (exhibit_settling(fixture.exhibit)) exhibit_settle(fixture.exhibit, 1);
    scene_build(&scene, fixture.exhibit, &view);
    float *before = MEM_NEW(float, count), *half = MEM_NEW(float, count);
    memcpy(before, scene.surfaces[0].z, count * sizeof *before);
    fixture_finish(&fixture);
    assert_true(exhibit_settling(fixture.exhibit));
    scene_build(&scene, fixture.exhibit, &view);
    uint64_t revision = scene.surfaces[0].revision;
    assert_memory_equal(scene.surfaces[0].z, before, count * sizeof *before);
    exhibit_settle(fixture.exhibit, 0.5);
    scene_build(&scene, fixture.exhibit, &view);
    assert_true(scene.surfaces[0].revision != revision);
    memcpy(half, scene.surfaces[0].z, count * sizeof *half);
    exhibit_settle(fixture.exhibit, 0.6);
    assert_false(exhibit_settling(fixture.exhibit));
    scene_build(&scene, fixture.exhibit, &view);
    float most = 0;
    for (size_t i = 0; i < count; i++) {
        assert_near(half[i], (before[i] + scene.surfaces[0].z[i]) / 2, 1e-5);
        most = fmaxf(most, fabsf(before[i] - scene.surfaces[0].z[i]));
    }
    assert_true(most > 1e-4f);
    free(before);
    free(half);
    scene_release(&scene);
    fixture_close(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_into_surface_and_map),
        cmocka_unit_test(compares_two_under_one_camera),
        cmocka_unit_test(links_the_cross_hairs),
        cmocka_unit_test(each_pane_its_own_camera),
        cmocka_unit_test(levels_settle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
