/* What a plane hides: distances, losses and shares of variance, against sums written out here. */
#include "base/text.h"
#include "scene_fixture.h"

static const char *const yaml_head = "objective:\n"
                                     "  network: {layers: [2, 5, 2], activation: tanh}\n"
                                     "  data: {name: xor, samples: 24, noise: 0.1, seed: 1}\n"
                                     "  loss: cross_entropy\n"
                                     "start: {seed: 5}\n"
                                     "steps: 60\n"
                                     "grid: [9, 9]\n"
                                     "optimizers:\n"
                                     "  - {name: sgd, lr: 0.5}\n"
                                     "  - {name: adam, lr: 0.05}\n";
enum { STEPS = 61, RUNS = 2 };

static struct fixture opened(const char *plane) {
    char yaml[1024];
    snprintf(yaml, sizeof yaml, "plane: %s\n%s", plane, yaml_head);
    struct fixture fixture = fixture_open(yaml);
    fixture_train(&fixture, STEPS);
    fixture_finish(&fixture);
    return fixture;
}

/* All parameters of all runs, run by run. */
static double *all_thetas(const struct fixture *fixture) {
    size_t n = (size_t)timeline_dimension(fixture->timeline);
    double *thetas = MEM_NEW(double, (size_t)RUNS *STEPS *n);
    struct sample samples[STEPS];
    for (int r = 0; r < RUNS; r++)
        assert_int_equal(timeline_read(fixture->timeline, r, 0, STEPS, samples, thetas + (size_t)r * STEPS * n, NULL),
                         STEPS);
    return thetas;
}

/* Σ ‖P_k(θ − mean)‖² / Σ ‖θ − mean‖² for runs first … last, by the definition. */
static void share_by_hand(const struct plane *plane, const double *thetas, int first, int last, double share[2]) {
    size_t n = (size_t)plane->n, rows = (size_t)(last - first + 1) * STEPS;
    const double *from = thetas + (size_t)first * STEPS * n;
    double *mean = MEM_NEW(double, n), total = 0;
    share[0] = share[1] = 0;
    for (size_t k = 0; k < rows; k++)
        for (size_t i = 0; i < n; i++) mean[i] += from[k * n + i] / (double)rows;
    for (size_t k = 0; k < rows; k++) {
        double along[2] = {0, 0};
        for (size_t i = 0; i < n; i++) {
            double off = from[k * n + i] - mean[i];
            total += off * off;
            along[0] += off * plane->u[i] / sqrt(plane->uu);
            along[1] += off * plane->v[i] / sqrt(plane->vv);
        }
        for (int j = 0; j < 2; j++) share[j] += along[j] * along[j];
    }
    for (int j = 0; j < 2; j++) share[j] /= total;
    free(mean);
}

static const char *const planes[] = {"{name: pca}", "{name: pca, runs: [adam]}", "{name: random, seed: 3}", "{name: hessian, at: end:adam}",
                                     "{name: axes, first: 1, second: 7}",
                                     "{name: points, runs: [start, end:sgd, end:adam]}"};

static void shares_are_those_of_the_path(void **state) {
    for (size_t p = 0; p < sizeof planes / sizeof *planes; p++) {
        struct fixture fixture = opened(planes[p]);
        const struct plane *plane = exhibit_plane(fixture.exhibit);
        assert_int_not_equal(plane->n, 2);
        double *thetas = all_thetas(&fixture), expected[2], share[2];
        const struct {
            uint64_t runs;
            int first, last;
        } sets[] = {{~(uint64_t)0, 0, 1}, {1, 0, 0}, {2, 1, 1}};
        for (int k = 0; k < 3; k++) {
            share_by_hand(plane, thetas, sets[k].first, sets[k].last, expected);
            double sum = exhibit_variance_share(fixture.exhibit, sets[k].runs, share);
            for (int j = 0; j < 2; j++) assert_near(share[j], expected[j], 1e-10);
            assert_near(sum, expected[0] + expected[1], 1e-10);
        }
        free(thetas);
        fixture_close(&fixture);
    }
}

/* The plane of one path, asked for in the file, is the best for that path. */
static void a_path_lies_best_on_its_own_plane(void **state) {
    double shares[2];
    for (int p = 0; p < 2; p++) {
        struct fixture fixture = opened(planes[p]);
        assert_int_equal(exhibit_plane(fixture.exhibit)->kind, PLANE_PCA);
        assert_int_equal(exhibit_plane_choice(fixture.exhibit).run, p == 0 ? -1 : 1);
        shares[p] = exhibit_variance_share(fixture.exhibit, 2, NULL);
        fixture_close(&fixture);
    }
    assert_true(shares[1] > shares[0]);
}

/* Every sample's foot, distance and both losses, by vectors written out here. */
static void feet_agree_with_direct_evaluation(void **state) {
    for (size_t p = 0; p < sizeof planes / sizeof *planes; p++) {
        struct fixture fixture = opened(planes[p]);
        const struct plane *plane = exhibit_plane(fixture.exhibit);
        size_t n = (size_t)plane->n;
        double *thetas = all_thetas(&fixture), *foot = MEM_NEW(double, n), farthest[RUNS] = {0};
        struct evaluator *evaluator = evaluator_create(fixture.experiment->objective);
        for (int r = 0; r < RUNS; r++) {
            for (int64_t step = 0; step < STEPS; step += 4) {
                const double *theta = thetas + ((size_t)r * STEPS + (size_t)step) * n;
                double a = 0, b = 0, away = 0, norm = 0;
                for (size_t i = 0; i < n; i++) {
                    a += (theta[i] - plane->origin[i]) * plane->u[i] / plane->uu;
                    b += (theta[i] - plane->origin[i]) * plane->v[i] / plane->vv;
                }
                for (size_t i = 0; i < n; i++) {
                    foot[i] = plane->origin[i] + a * plane->u[i] + b * plane->v[i];
                    away += (theta[i] - foot[i]) * (theta[i] - foot[i]);
                    norm += theta[i] * theta[i];
                }
                struct path_figures figures;
                assert_true(exhibit_path_figures(fixture.exhibit, r, step, &figures));
                assert_int_equal(figures.step, step);
                assert_near(figures.a, a, 1e-10);
                assert_near(figures.b, b, 1e-10);
                assert_near(figures.distance, sqrt(away), 1e-10);
                assert_near(figures.norm, sqrt(norm), 1e-10);
                assert_near(figures.loss, evaluator_loss(evaluator, theta, NULL), 1e-10);
                assert_near(figures.slice_loss, evaluator_loss(evaluator, foot, NULL), 1e-10);
                farthest[r] = fmax(farthest[r], sqrt(away));
                assert_true(exhibit_largest_distance(fixture.exhibit, 1u << r, step) >= farthest[r] * (1 - 1e-6));
            }
        }
        assert_true(exhibit_largest_distance(fixture.exhibit, 3, STEPS) >= fmax(farthest[0], farthest[1]) * (1 - 1e-6));
        evaluator_destroy(&evaluator);
        free(thetas);
        free(foot);
        fixture_close(&fixture);
    }
}

static void two_parameters_hide_nothing(void **state) {
    struct fixture fixture = fixture_open(saddle_yaml);
    fixture_train(&fixture, 40);
    fixture_finish(&fixture);
    for (int r = 0; r < 4; r++) {
        struct path_figures figures;
        assert_true(exhibit_path_figures(fixture.exhibit, r, 20, &figures));
        assert_true(figures.distance == 0);
        assert_true(figures.slice_loss == figures.loss);
    }
    assert_true(exhibit_variance_share(fixture.exhibit, ~(uint64_t)0, NULL) == 1);
    assert_true(exhibit_largest_distance(fixture.exhibit, ~(uint64_t)0, INT64_MAX) == 0);
    /* No whiskers, no figures below, and no difference between the two heights. */
    struct view view = view_default(fixture.experiment);
    view.figures = true;
    struct scene true_height = {0}, on_slice = {0};
    scene_build(&true_height, fixture.exhibit, &view);
    view.path_height = PATH_SLICE;
    scene_build(&on_slice, fixture.exhibit, &view);
    assert_int_equal(true_height.pane_count, 1);
    assert_int_equal(true_height.point_count, on_slice.point_count);
    for (size_t i = 0; i < true_height.point_count; i++)
        assert_memory_equal(true_height.points[i].at, on_slice.points[i].at, sizeof(vec3));
    for (size_t i = 0; i < true_height.line_count; i++)
        assert_false(true_height.lines[i].count == 2 && true_height.lines[i].hidden_alpha == 0.5f);
    struct path_figures figures;
    assert_false(exhibit_path_figures(fixture.exhibit, 9, 20, &figures));
    assert_false(exhibit_path_figures(fixture.exhibit, -1, 20, &figures));
    scene_release(&true_height);
    scene_release(&on_slice);
    fixture_close(&fixture);
}

static bool says(const struct scene *scene, const char *words) {
    for (size_t i = 0; i < scene->label_count; i++)
        if (strstr(scene->labels[i].text, words)) return true;
    return false;
}

static void the_slice_carries_paths_on_demand(void **state) {
    struct fixture fixture = opened("{name: pca}");
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    view.path_height = PATH_SLICE;
    scene_build(&scene, fixture.exhibit, &view);
    const struct scene_surface *surface = &scene.surfaces[0];
    int on_path = 0, heads = 0;
    for (size_t k = 0; k < scene.line_count; k++) {
        const struct scene_line *line = &scene.lines[k];
        if (line->kind != PICK_PATH) continue;
        for (int i = 0; i < line->count; i++, on_path++) {
            const float *at = scene.points[line->first + i].at;
            double u = (at[0] / surface->half[0] + 1) / 2 * (surface->width - 1),
                   v = (at[1] / surface->half[1] + 1) / 2 * (surface->height - 1);
            int x = (int)fmin(fmax(u, 0), surface->width - 2), y = (int)fmin(fmax(v, 0), surface->height - 2);
            const float *z = surface->z + y * surface->width + x;
            double low = fmin(fmin(z[0], z[1]), fmin(z[surface->width], z[surface->width + 1]));
            double high = fmax(fmax(z[0], z[1]), fmax(z[surface->width], z[surface->width + 1]));
            assert_true(at[2] >= low - 1e-4 && at[2] <= high + 0.04);
        }
    }
    assert_true(on_path > 50);
    for (size_t i = 0; i < scene.glyph_count; i++) heads += scene.glyphs[i].kind == PICK_HEAD;
    assert_int_equal(heads, RUNS);
    assert_true(says(&scene, "true loss"));
    assert_true(says(&scene, "drawn on the slice"));
    view.path_height = PATH_TRUE;
    scene_build(&scene, fixture.exhibit, &view);
    assert_false(says(&scene, "true loss"));
    scene_release(&scene);
    fixture_close(&fixture);
}

/* The strip: kind of plane, share, distance, each run's two losses; whole, apart from each other, beside no pane. */
static void figures_stand_below_the_picture(void **state) {
    static const char *const words[] = {"their two principal directions", "the path of Adam", "random directions",
                                        "lowest curvature", "of the parameters",
                                        "through the first start, where SGD is and where Adam is"};
    for (size_t p = 0; p < sizeof planes / sizeof *planes; p++) {
        struct fixture fixture = opened(planes[p]);
        struct view view = view_default(fixture.experiment);
        view.figures = true;
        static const float sizes[][2] = {{1280, 720}, {640, 480}, {400, 300}};
        for (int kind = VIEW_OVERLAY; kind <= VIEW_CONTOUR; kind++) {
            for (int s = 0; s < 3; s++) {
                view.kind = (enum view_kind)kind;
                view.width = sizes[s][0];
                view.height_px = sizes[s][1];
                struct scene scene = {0};
                scene_build(&scene, fixture.exhibit, &view);
                int strip = scene.pane_count - 1;
                assert_int_equal(strip, kind == VIEW_SIDE_BY_SIDE ? 2 : 1);
                assert_int_equal(scene_surface_of(&scene, strip), -1);
                float below = -1;
                for (size_t i = 0; i < scene.label_count; i++) {
                    const struct scene_label *label = &scene.labels[i];
                    if (label->panes != 1u << strip) {
                        assert_false(label->panes >> strip & 1);
                        continue;
                    }
                    assert_true(label->at[1] - 9 >= below); /* lines of 18 pixels, none upon another */
                    below = label->at[1] + 8;
                    assert_true(below <= scene.panes[strip].height * view.height_px);
                }
                assert_true(scene.panes[strip].height < 0.33f);
                for (int k = 0; k < strip; k++)
                    assert_true(scene.panes[k].y + scene.panes[k].height <= scene.panes[strip].y + 1e-6f);
                if (s == 0) {
                    assert_true(says(&scene, words[p]));
                    char text[LABEL_TEXT], numbers[2][NUMBER_TEXT];
                    for (int r = 0; r < RUNS; r++) {
                        struct path_figures figures;
                        exhibit_path_figures(fixture.exhibit, r, INT64_MAX, &figures);
                        snprintf(text, sizeof text, "%s %s / %s", r ? "Adam" : "SGD",
                                 number_text(figures.loss, 4, numbers[0]),
                                 number_text(figures.slice_loss, 4, numbers[1]));
                        assert_true(says(&scene, text));
                    }
                    double share = exhibit_variance_share(fixture.exhibit, ~(uint64_t)0, NULL);
                    if (share > 0.0995 && share < 0.99) {
                        snprintf(text, sizeof text, "holds %.0f %% of", 100 * share);
                        assert_true(says(&scene, text));
                    }
                    assert_true(says(&scene, "of the paths’ variance"));
                    assert_true(says(&scene, "off it"));
                }
                scene_release(&scene);
            }
        }
        fixture_close(&fixture);
    }
}

/* In a film the strip keeps its height, so that nothing jumps. */
static void the_strip_keeps_its_height(void **state) {
    struct fixture fixture = opened("{name: random, seed: 3}");
    struct view view = view_default(fixture.experiment);
    view.figures = true;
    struct scene scene = {0};
    float height = 0;
    for (view.step = 0; view.step < STEPS; view.step++) {
        scene_build(&scene, fixture.exhibit, &view);
        float here = scene.panes[scene.pane_count - 1].height;
        if (view.step > 0) assert_true(here == height);
        height = here;
    }
    scene_release(&scene);
    fixture_close(&fixture);
}

/* The mouse over a point of a path finds its run and step. */
static void paths_are_picked(void **state) {
    struct fixture fixture = opened("{name: pca}");
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    scene_build(&scene, fixture.exhibit, &view);
    int found = 0;
    for (size_t k = 0; k < scene.line_count; k++) {
        const struct scene_line *line = &scene.lines[k];
        if (line->kind != PICK_PATH) continue;
        for (int i = 0; i < line->count; i += 3) {
            const struct scene_point *point = &scene.points[line->first + i];
            vec2 pixel;
            if (!camera_project(&scene.panes[0].camera, view.width, view.height_px, point->at, pixel, NULL)) continue;
            struct scene_pick pick = scene_pick(&scene, fixture.exhibit, &view, pixel[0], pixel[1]);
            if (pick.kind != PICK_PATH) continue; /* behind the surface, or under a mark */
            found++;
            /* What was picked passes within a pixel of the mouse and is a sample of that run. */
            vec2 there;
            assert_true(camera_project(&scene.panes[0].camera, view.width, view.height_px, pick.at, there, NULL));
            assert_true(glm_vec2_distance(there, pixel) < 1);
            struct path_figures figures;
            assert_true(exhibit_path_figures(fixture.exhibit, pick.id, pick.step, &figures));
            assert_int_equal(figures.step, pick.step);
            if (pick.id == line->id) assert_true(llabs(pick.step - point->step) <= 2);
        }
    }
    assert_true(found >= 10);
    for (size_t g = 0; g < scene.glyph_count; g++) {
        if (scene.glyphs[g].kind != PICK_HEAD) continue;
        vec2 pixel;
        camera_project(&scene.panes[0].camera, view.width, view.height_px, scene.glyphs[g].at, pixel, NULL);
        struct scene_pick pick = scene_pick(&scene, fixture.exhibit, &view, pixel[0], pixel[1]);
        assert_int_equal(pick.kind, PICK_HEAD);
        assert_int_equal(pick.step, STEPS - 1);
    }
    scene_release(&scene);
    fixture_close(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_those_of_the_path),
        cmocka_unit_test(a_path_lies_best_on_its_own_plane),
        cmocka_unit_test(feet_agree_with_direct_evaluation),
        cmocka_unit_test(two_parameters_hide_nothing),
        cmocka_unit_test(the_slice_carries_paths_on_demand),
        cmocka_unit_test(figures_stand_below_the_picture),
        cmocka_unit_test(the_strip_keeps_its_height),
        cmocka_unit_test(paths_are_picked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
