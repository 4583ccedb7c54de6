#include "scene_fixture.h"

static const char *const network_yaml = "objective:\n"
                                        "  network: {layers: [2, 4, 2], activation: tanh}\n"
                                        "  data: {name: xor, samples: 32, noise: 0.1, seed: 1}\n"
                                        "  loss: cross_entropy\n"
                                        "start: {seed: 5}\n"
                                        "steps: 80\n"
                                        "plane: {name: pca}\n"
                                        "grid: [17, 17]\n"
                                        "optimizers:\n"
                                        "  - {name: sgd, lr: 0.5}\n"
                                        "  - {name: adam, lr: 0.05}\n";

static void begins_on_a_random_plane(void **state) {
    struct fixture fixture = fixture_open(network_yaml);
    assert_int_equal(exhibit_plane(fixture.exhibit)->kind, PLANE_RANDOM);
    fixture_finish(&fixture);
    struct scene scene = {0};
    struct view view = view_default(fixture.experiment);
    scene_build(&scene, fixture.exhibit, &view);
    assert_int_equal(scene.surfaces[0].width, 17);
    scene_release(&scene);
    fixture_close(&fixture);
}

static void ends_on_the_paths_own_plane(void **state) {
    struct fixture fixture = fixture_open(network_yaml);
    fixture_train(&fixture, 81);
    fixture_finish(&fixture);
    const struct plane *plane = exhibit_plane(fixture.exhibit);
    assert_int_equal(plane->kind, PLANE_PCA);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    scene_build(&scene, fixture.exhibit, &view);
    /* All samples are in the range, with a quarter of their extent around them. */
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    double *theta = MEM_NEW(double, plane->n);
    for (int r = 0; r < 2; r++) {
        for (size_t i = 0; i < 81; i++) {
            struct sample sample;
            assert_int_equal(timeline_read(fixture.timeline, r, i, 1, &sample, theta, NULL), 1);
            double at[2] = {0, 0};
            for (int k = 0; k < plane->n; k++) {
                at[0] += (theta[k] - plane->origin[k]) * plane->u[k];
                at[1] += (theta[k] - plane->origin[k]) * plane->v[k];
            }
            for (int k = 0; k < 2; k++) {
                low[k] = fmin(low[k], at[k]);
                high[k] = fmax(high[k], at[k]);
            }
        }
    }
    for (int k = 0; k < 2; k++) {
        double extent = high[k] - low[k];
        assert_true(low[k] - scene.surfaces[0].low[k] >= 0.2 * extent && scene.surfaces[0].high[k] - high[k] >= 0.2 * extent);
    }
    /* Lengths are as they are in parameter space. */
    double scale[2] = {scene.half[0] / (scene.surfaces[0].high[0] - scene.surfaces[0].low[0]), scene.half[1] / (scene.surfaces[0].high[1] - scene.surfaces[0].low[1])};
    assert_near(scale[0] / scale[1], 1, 1e-5);
    bool captioned = false;
    for (size_t i = 0; i < scene.label_count; i++) captioned |= strstr(scene.labels[i].text, "variance") != NULL;
    assert_true(captioned);
    free(theta);
    scene_release(&scene);
    fixture_close(&fixture);
}

/* A head stands at its true loss, its foot on the slice, a line between them. */
static void heads_stand_at_their_true_loss(void **state) {
    struct fixture fixture = fixture_open(network_yaml);
    fixture_train(&fixture, 81);
    fixture_finish(&fixture);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    int whiskers = 0;
    for (int64_t step = 0; step <= 80; step += 5) {
        view.step = step;
        scene_build(&scene, fixture.exhibit, &view);
        const struct height_map *map = exhibit_height_map(fixture.exhibit, view.height);
        for (size_t g = 0; g < scene.glyph_count; g++) {
            const struct scene_glyph *glyph = &scene.glyphs[g];
            if (glyph->kind != PICK_HEAD) continue;
            struct sample sample;
            timeline_read(fixture.timeline, glyph->id, (size_t)step, 1, &sample, NULL, NULL);
            assert_near(glyph->at[2], SCENE_HEIGHT * fmin(height_tone(map, sample.loss), 1), 0.02);
            for (size_t k = 0; k < scene.glyph_count; k++) {
                const struct scene_glyph *foot = &scene.glyphs[k];
                if (foot->kind != PICK_NOTHING || !foot->hollow || foot->shape != glyph->shape ||
                    foot->at[0] != glyph->at[0])
                    continue;
                double a = glyph->at[0] / scene.half[0] * (scene.surfaces[0].high[0] - scene.surfaces[0].low[0]) / 2 +
                           (scene.surfaces[0].high[0] + scene.surfaces[0].low[0]) / 2;
                double b = glyph->at[1] / scene.half[1] * (scene.surfaces[0].high[1] - scene.surfaces[0].low[1]) / 2 +
                           (scene.surfaces[0].high[1] + scene.surfaces[0].low[1]) / 2;
                double slice = SCENE_HEIGHT * fmin(height_tone(map, exhibit_loss_at(fixture.exhibit, a, b)), 1);
                if (fabs(foot->at[2] - slice) < 0.05) whiskers++;
            }
        }
    }
    assert_true(whiskers > 0);
    scene_release(&scene);
    fixture_close(&fixture);
}

static void reports_where_runs_stopped(void **state) {
    struct fixture fixture = fixture_open(network_yaml);
    fixture_train(&fixture, 81);
    fixture_finish(&fixture);
    int n = timeline_dimension(fixture.timeline);
    double *theta = MEM_NEW(double, n);
    for (int r = 0; r < 2; r++) {
        const struct eigen_report *report = exhibit_stop_report(fixture.exhibit, r);
        assert_non_null(report);
        struct sample sample;
        timeline_read(fixture.timeline, r, 80, 1, &sample, theta, NULL);
        assert_memory_equal(report->at, theta, (size_t)n * sizeof *theta);
    }
    const struct critical_point *points;
    assert_int_equal(exhibit_critical_points(fixture.exhibit, &points), 2);
    timeline_clear(fixture.timeline);
    exhibit_update(fixture.exhibit);
    assert_null(exhibit_stop_report(fixture.exhibit, 0));
    free(theta);
    fixture_close(&fixture);
}

/* Live: planes are chosen again as the paths grow, and in between updates take up only what is new. */
static void follows_a_live_run(void **state) {
    struct fixture fixture = fixture_open(network_yaml);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    const struct plane *before = exhibit_plane(fixture.exhibit);
    int planes = 0;
    for (int64_t step = 0; step <= 80; step++) {
        fixture_train(&fixture, 1);
        for (int k = 0; k < 400; k++) {
            exhibit_update(fixture.exhibit);
            if (!exhibit_busy(fixture.exhibit)) break;
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
        scene_build(&scene, fixture.exhibit, &view);
        planes += exhibit_plane(fixture.exhibit) != before;
        before = exhibit_plane(fixture.exhibit);
        for (size_t p = 0; p < scene.point_count; p++) assert_true(isfinite(scene.points[p].at[2]));
    }
    assert_int_equal(exhibit_plane(fixture.exhibit)->kind, PLANE_PCA);
    assert_true(planes >= 3 && planes <= 12);
    scene_release(&scene);
    fixture_close(&fixture);
}

static void destroys_at_any_moment(void **state) {
    for (int k = 0; k < 12; k++) {
        struct fixture fixture = fixture_open(network_yaml);
        fixture_train(&fixture, 81);
        for (int i = 0; i < k; i++) exhibit_update(fixture.exhibit);
        fixture_close(&fixture);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begins_on_a_random_plane),
        cmocka_unit_test(ends_on_the_paths_own_plane),
        cmocka_unit_test(heads_stand_at_their_true_loss),
        cmocka_unit_test(reports_where_runs_stopped),
        cmocka_unit_test(follows_a_live_run),
        cmocka_unit_test(destroys_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
