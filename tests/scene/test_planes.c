/* Planes chosen at run time, and the way from one to the next. */
#include "scene_fixture.h"

static const char *const network_yaml = "objective:\n"
                                        "  network: {layers: [2, 5, 2], activation: tanh}\n"
                                        "  data: {name: xor, samples: 24, noise: 0.1, seed: 1}\n"
                                        "  loss: cross_entropy\n"
                                        "start: {seed: 5}\n"
                                        "steps: 200\n"
                                        "plane: {name: pca}\n"
                                        "grid: [17, 17]\n"
                                        "optimizers:\n"
                                        "  - {name: sgd, lr: 0.5}\n"
                                        "  - {name: adam, lr: 0.05}\n";
enum { RUNS = 2 };

static struct fixture opened(bool morphs, int64_t steps) {
    struct fixture fixture = fixture_open(network_yaml);
    exhibit_destroy(&fixture.exhibit);
    struct error error = {0};
    struct exhibit_params params = {
        .experiment = fixture.experiment, .timeline = fixture.timeline, .threads = 2, .morphs = morphs};
    fixture.exhibit = exhibit_create(&params, &error);
    assert_non_null(fixture.exhibit);
    fixture_train(&fixture, steps);
    fixture_finish(&fixture);
    return fixture;
}

static void theta_of(const struct fixture *fixture, int run, size_t index, double *theta) {
    struct sample sample;
    assert_int_equal(timeline_read(fixture->timeline, run, index, 1, &sample, theta, NULL), 1);
}

static void chosen(struct fixture *fixture, const struct plane_choice *choice) {
    struct error error = {0};
    if (!exhibit_set_plane(fixture->exhibit, choice, &error)) fail_msg("%s", error.message);
    fixture_finish(fixture);
    assert_int_equal(exhibit_plane(fixture->exhibit)->kind, choice->kind);
    assert_int_equal(exhibit_plane_choice(fixture->exhibit).kind, choice->kind);
    assert_false(exhibit_plane_failed(fixture->exhibit, &error));
}

static void assert_same_directions(const struct plane *a, const struct plane *b) {
    for (int i = 0; i < a->n; i++) {
        assert_near(a->u[i], b->u[i], 1e-9);
        assert_near(a->v[i], b->v[i], 1e-9);
        assert_near(a->origin[i], b->origin[i], 1e-9);
    }
}

static void every_kind_can_be_chosen(void **state) {
    struct fixture fixture = opened(false, 81);
    const struct objective *objective = fixture.experiment->objective;
    int n = objective_dimension(objective);
    double *thetas = MEM_NEW(double, 3 * n);
    struct error error = {0};

    chosen(&fixture, &(struct plane_choice){.kind = PLANE_RANDOM, .seed = 11, .run = -1});
    struct plane *expected = plane_create_random(objective, fixture.experiment->starts, 11);
    assert_same_directions(exhibit_plane(fixture.exhibit), expected);
    plane_destroy(&expected);

    chosen(&fixture, &(struct plane_choice){.kind = PLANE_AXES, .axes = {3, 8}, .run = -1});
    assert_true(exhibit_plane(fixture.exhibit)->u[3] == 1 && exhibit_plane(fixture.exhibit)->v[8] == 1);

    /* The path of one run lies better on its own plane than on that of both. */
    chosen(&fixture, &(struct plane_choice){.kind = PLANE_PCA, .run = -1});
    double both = exhibit_variance_share(fixture.exhibit, 1, NULL);
    chosen(&fixture, &(struct plane_choice){.kind = PLANE_PCA, .run = 0});
    assert_true(exhibit_variance_share(fixture.exhibit, 1, NULL) > both);

    theta_of(&fixture, 1, 80, thetas);
    chosen(&fixture, &(struct plane_choice){.kind = PLANE_HESSIAN, .run = -1, .thetas = thetas, .theta_count = 1});
    expected = plane_create_hessian(objective, thetas, NULL, &error);
    assert_non_null(expected);
    assert_same_directions(exhibit_plane(fixture.exhibit), expected);
    plane_destroy(&expected);

    for (int k = 0; k < 3; k++) theta_of(&fixture, k % 2, (size_t)(20 + 30 * k), thetas + k * n);
    for (int count = 2; count <= 3; count++) {
        chosen(&fixture,
               &(struct plane_choice){.kind = PLANE_POINTS, .run = -1, .thetas = thetas, .theta_count = count});
        for (int k = 0; k < count; k++)
            assert_near(plane_project(exhibit_plane(fixture.exhibit), thetas + k * n).distance, 0, 1e-9);
    }
    struct plane_point start = plane_project(exhibit_plane(fixture.exhibit), fixture.experiment->starts);
    assert_true(start.distance > 1e-3);
    /* Two points stand for a line: with the start, or, where that is one of them, with something else. */
    memcpy(thetas, fixture.experiment->starts, (size_t)n * sizeof *thetas);
    chosen(&fixture, &(struct plane_choice){.kind = PLANE_POINTS, .run = -1, .thetas = thetas, .theta_count = 2});
    for (int k = 0; k < 2; k++)
        assert_near(plane_project(exhibit_plane(fixture.exhibit), thetas + k * n).distance, 0, 1e-9);
    chosen(&fixture, &(struct plane_choice){.kind = PLANE_POINTS, .run = -1, .runs = {-1, 0, 1}});
    free(thetas);
    fixture_close(&fixture);
}

static void wrong_choices_change_nothing(void **state) {
    struct fixture fixture = opened(false, 41);
    int n = objective_dimension(fixture.experiment->objective);
    const struct plane *before = exhibit_plane(fixture.exhibit);
    double *thetas = MEM_NEW(double, 3 * n), *holed = MEM_NEW(double, n);
    holed[3] = NAN;
    const struct plane_choice wrong[] = {
        {.kind = PLANE_AXES, .axes = {1, 1}},
        {.kind = PLANE_AXES, .axes = {0, n}},
        {.kind = PLANE_AXES, .axes = {-1, 2}},
        {.kind = PLANE_PCA, .run = RUNS},
        {.kind = PLANE_PCA, .run = -2},
        {.kind = PLANE_HESSIAN, .thetas = thetas, .theta_count = 2},
        {.kind = PLANE_HESSIAN, .thetas = holed, .theta_count = 1},
        {.kind = PLANE_POINTS, .thetas = thetas, .theta_count = 1},
        {.kind = PLANE_POINTS, .thetas = thetas, .theta_count = 3}, /* all three the same */
        {.kind = PLANE_POINTS, .thetas = thetas, .theta_count = 2},
        {.kind = PLANE_POINTS, .runs = {0, 0, 1}},
        {.kind = PLANE_RANDOM, .thetas = thetas, .theta_count = 1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error error = {0};
        assert_false(exhibit_set_plane(fixture.exhibit, &wrong[i], &error));
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_true(error.message[0] != '\0');
        assert_int_equal(exhibit_plane_choice(fixture.exhibit).kind, PLANE_PCA);
    }
    fixture_finish(&fixture);
    assert_ptr_equal(exhibit_plane(fixture.exhibit), before);
    free(thetas);
    free(holed);
    fixture_close(&fixture);
    struct fixture flat = fixture_open(saddle_yaml);
    struct error error = {0};
    assert_false(exhibit_set_plane(flat.exhibit, &(struct plane_choice){.kind = PLANE_RANDOM}, &error));
    assert_non_null(strstr(error.message, "two parameters"));
    fixture_close(&flat);
}

/* Chosen before anything moved, a plane of the paths comes once they are there. */
static void a_choice_may_come_early(void **state) {
    struct fixture fixture = opened(false, 1);
    struct error error = {0};
    const struct plane_choice choice = {.kind = PLANE_POINTS, .run = -1, .runs = {-1, 0, 1}};
    assert_true(exhibit_set_plane(fixture.exhibit, &choice, &error));
    fixture_train(&fixture, 40);
    fixture_finish(&fixture);
    assert_int_equal(exhibit_plane(fixture.exhibit)->kind, PLANE_POINTS);
    fixture_close(&fixture);
}

/* Moves a run's samples, trained all at once, into the timeline as if it had been shown by itself. */
static void train_alone(struct fixture *fixture, int run, int64_t steps) {
    struct fixture whole = fixture_open(network_yaml);
    int n = objective_dimension(whole.experiment->objective);
    double *theta = MEM_NEW(double, n);
    struct sample sample;
    fixture_train(&whole, steps);
    for (size_t i = 0; i < timeline_count(whole.timeline, run); i++) {
        assert_int_equal(timeline_read(whole.timeline, run, i, 1, &sample, theta, NULL), 1);
        timeline_append(fixture->timeline, run, &sample, theta);
    }
    free(theta);
    fixture_close(&whole);
}

/* A run that is shown once another has taken all its steps gets its share of the plane. */
static void a_later_run_counts_as_well(void **state) {
    struct fixture fixture = fixture_open(network_yaml), together = opened(false, 120);
    train_alone(&fixture, 0, 120);
    fixture_finish(&fixture);
    struct plane *first = plane_copy(exhibit_plane(fixture.exhibit));
    assert_int_equal(first->kind, PLANE_PCA);
    train_alone(&fixture, 1, 120);
    fixture_finish(&fixture);
    const struct plane *now = exhibit_plane(fixture.exhibit);
    double apart = 0;
    for (int i = 0; i < now->n; i++) apart += fabs(now->u[i] - first->u[i]) + fabs(now->v[i] - first->v[i]);
    assert_true(apart > 1e-3);
    assert_same_directions(now, exhibit_plane(together.exhibit));
    plane_destroy(&first);
    fixture_close(&together);
    fixture_close(&fixture);
}

/* Two parameters, so that the plane is theirs: about zero and wide enough for the start; the letters one would use. */
static void a_small_networks_parameters_have_letters(void **state) {
    static const struct {
        const char *layers, *start, *data, *names[2];
        int axes[2];
        double reach;
    } cases[] = {
        {"[1, 1]", "[-1.6, 1.8]", "sine", {"w", "b"}, {0, 1}, 1.25 * 1.8},
        {"[2, 2]", "{seed: 1}", "moons", {"w₁₁", "w₁₂"}, {0, 1}, 0},
        {"[2, 2]", "{seed: 1}", "moons", {"w₂₁", "b₁"}, {2, 4}, 0},
        {"[2, 3, 2]", "{seed: 1}", "moons", {"0.weight[0,0]", "0.weight[0,1]"}, {0, 1}, 0},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char yaml[400], name[2][64];
        snprintf(yaml, sizeof yaml,
                 "objective:\n  network: {layers: %s}\n  data: {name: %s, samples: 20}\n  loss: mse\nstart: %s\n"
                 "steps: 5\ngrid: [9, 9]\nplane: {name: axes, first: %d, second: %d}\n"
                 "optimizers: [{name: sgd, lr: 0.1}]\n",
                 cases[k].layers, cases[k].data, cases[k].start, cases[k].axes[0], cases[k].axes[1]);
        struct fixture fixture = fixture_open(yaml);
        for (int i = 0; i < 2; i++)
            assert_string_equal(exhibit_axis_name(fixture.exhibit, i, name[i], sizeof name[i]), cases[k].names[i]);
        const struct frame *frame = &fixture.exhibit->now.frame;
        for (int i = 0; i < 2 && cases[k].reach > 0; i++) {
            assert_near(frame->low[i], -cases[k].reach, 1e-12);
            assert_near(frame->high[i], cases[k].reach, 1e-12);
        }
        fixture_close(&fixture);
    }
}

/* Where the loss is not finite the job says so and the picture stays. */
static void a_failed_search_is_told_once(void **state) {
    struct fixture fixture = opened(false, 41);
    int n = objective_dimension(fixture.experiment->objective);
    double *theta = MEM_NEW(double, n);
    for (int i = 0; i < n; i++) theta[i] = 1e200;
    struct error error = {0};
    const struct plane_choice choice = {.kind = PLANE_HESSIAN, .thetas = theta, .theta_count = 1};
    assert_true(exhibit_set_plane(fixture.exhibit, &choice, &error));
    fixture_finish(&fixture);
    if (exhibit_plane_failed(fixture.exhibit, &error)) {
        assert_true(error.message[0] != '\0');
        assert_int_equal(exhibit_plane(fixture.exhibit)->kind, PLANE_PCA);
    }
    assert_false(exhibit_plane_failed(fixture.exhibit, &error));
    free(theta);
    fixture_close(&fixture);
}

/* ---- on the way -------------------------------------------------------------------------------------------------- */

static void until_morphing(struct fixture *fixture) {
    for (int k = 0; k < 4000; k++) {
        exhibit_update(fixture->exhibit);
        if (exhibit_morphing(fixture->exhibit)) return;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    fail_msg("no morph");
}

/* Waits for the finest surface, so that what is seen changes by the morph alone. */
static void until_fine(struct fixture *fixture) {
    for (int k = 0; k < 4000 && exhibit_busy(fixture->exhibit); k++) {
        exhibit_update(fixture->exhibit);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    exhibit_update(fixture->exhibit);
}

static bool head_of(const struct scene *scene, int run, vec3 at) {
    for (size_t i = 0; i < scene->glyph_count; i++) {
        if (scene->glyphs[i].kind != PICK_HEAD || scene->glyphs[i].id != run) continue;
        glm_vec3_copy((float *)scene->glyphs[i].at, at);
        return true;
    }
    return false;
}

/* Neither at its ends nor in between does anything jump, whichever way the planes lie to each other. */
static void nothing_jumps(void **state) {
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct fixture fixture = opened(true, 81);
        struct view view = view_default(fixture.experiment);
        view.path_height = seed % 2 ? PATH_TRUE : PATH_SLICE;
        struct scene before = {0}, now = {0};
        struct error error = {0};
        scene_build(&before, fixture.exhibit, &view);
        assert_false(exhibit_morphing(fixture.exhibit));
        const struct plane_choice choice = {.kind = PLANE_RANDOM, .seed = seed, .run = -1};
        assert_true(exhibit_set_plane(fixture.exhibit, &choice, &error));
        until_morphing(&fixture);
        until_fine(&fixture);
        scene_build(&now, fixture.exhibit, &view); /* at 0: as it was */
        assert_int_equal(now.point_count, before.point_count);
        for (size_t i = 0; i < now.point_count; i++)
            assert_memory_equal(now.points[i].at, before.points[i].at, sizeof(vec3));
        char caption[LABEL_TEXT] = "";
        for (size_t i = 0; i < before.label_count; i++)
            if (strstr(before.labels[i].text, "holds")) strcpy(caption, before.labels[i].text);
        enum { FRAMES = 400 };
        vec3 last[RUNS] = {0}, here = {0};
        float *z = MEM_NEW(float, 17 * 17);
        for (int r = 0; r < RUNS; r++) assert_true(head_of(&now, r, last[r]));
        memcpy(z, now.surfaces[0].z, 17 * 17 * sizeof *z);
        for (int k = 1; k <= FRAMES; k++) {
            exhibit_morph(fixture.exhibit, (double)k / FRAMES);
            scene_build(&now, fixture.exhibit, &view);
            assert_int_equal(exhibit_morphing(fixture.exhibit), k < FRAMES);
            bool said = false; /* the figure belongs to the plane it is said of, which changes half way */
            for (size_t i = 0; i < now.label_count; i++) said |= strcmp(now.labels[i].text, caption) == 0;
            assert_int_equal(said, k < FRAMES / 2);
            for (int i = 0; i < 17 * 17; i++) {
                assert_true(isfinite(now.surfaces[0].z[i]));
                assert_true(fabsf(now.surfaces[0].z[i] - z[i]) < 0.02f);
                z[i] = now.surfaces[0].z[i];
            }
            for (int r = 0; r < RUNS; r++) {
                assert_true(head_of(&now, r, here));
                assert_true(glm_vec3_distance(here, last[r]) < 0.04f);
                glm_vec3_copy(here, last[r]);
            }
            for (size_t p = 0; p < now.point_count; p++) assert_true(isfinite(now.points[p].at[2]));
        }
        free(z);
        scene_release(&before);
        scene_release(&now);
        fixture_close(&fixture);
    }
}

/* Two unit vectors along the plane, (2 × n). */
static void basis_of(const struct plane *plane, double *basis) {
    for (int i = 0; i < plane->n; i++) {
        basis[i] = plane->u[i] / sqrt(plane->uu);
        basis[plane->n + i] = plane->v[i] / sqrt(plane->vv);
    }
}

/* The geodesic of Edelman, Arias & Smith (1998), eq. 2.65, written out in full vectors:
 * (I − B₀B₀ᵀ) B₁ (B₀ᵀB₁)⁻¹ = U tan Θ Vᵀ, B(t) = B₀ V cos(tΘ) Vᵀ + U sin(tΘ) Vᵀ. */
static bool geodesic(int n, const double *from, const double *to, double share, double *out) {
    double m[2][2], *w = MEM_NEW(double, 2 * n);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) m[i][j] = linalg_dot(n, from + i * n, to + j * n);
    double det = m[0][0] * m[1][1] - m[0][1] * m[1][0];
    if (det <= 1e-6) { /* mirrored: the picture turns over, which is another way */
        free(w);
        return false;
    }
    double inverse[2][2] = {{m[1][1] / det, -m[0][1] / det}, {-m[1][0] / det, m[0][0] / det}};
    for (int j = 0; j < 2; j++)
        for (int i = 0; i < n; i++) w[j * n + i] = to[i] * inverse[0][j] + to[n + i] * inverse[1][j] - from[j * n + i];
    double a = linalg_dot(n, w, w), b = linalg_dot(n, w, w + n), c = linalg_dot(n, w + n, w + n);
    double turn = atan2(2 * b, a - c) / 2, v[2][2] = {{cos(turn), sin(turn)}, {-sin(turn), cos(turn)}};
    memset(out, 0, 2 * (size_t)n * sizeof *out);
    for (int k = 0; k < 2; k++) {
        double tangent = 0;
        for (int i = 0; i < n; i++) {
            double x = w[i] * v[k][0] + w[n + i] * v[k][1];
            tangent += x * x;
        }
        tangent = sqrt(tangent);
        double angle = atan(tangent);
        for (int i = 0; i < n; i++) {
            double along = (from[i] * v[k][0] + from[n + i] * v[k][1]) * cos(share * angle);
            if (tangent > 0) along += (w[i] * v[k][0] + w[n + i] * v[k][1]) / tangent * sin(share * angle);
            for (int j = 0; j < 2; j++) out[j * n + i] += along * v[k][j];
        }
    }
    free(w);
    return true;
}

/* On the way the path is seen on the plane of the geodesic: distances between its points are those of their
 * projections, all at one scale, whichever way the picture is turned in the plane. */
static void the_way_is_the_geodesic(void **state) {
    enum { POINTS = 6 };
    int tried = 0;
    for (uint64_t seed = 1; seed <= 24 && tried < 3; seed++) {
        struct fixture fixture = opened(true, 81);
        struct view view = view_default(fixture.experiment);
        int n = exhibit_plane(fixture.exhibit)->n;
        double *basis = MEM_NEW(double, 6 * n), *theta = MEM_NEW(double, POINTS *n);
        struct scene scene = {0};
        basis_of(exhibit_plane(fixture.exhibit), basis);
        struct error error = {0};
        const struct plane_choice choice = {.kind = PLANE_RANDOM, .seed = seed, .run = -1};
        assert_true(exhibit_set_plane(fixture.exhibit, &choice, &error));
        until_morphing(&fixture);
        basis_of(exhibit_plane(fixture.exhibit), basis + 2 * n);
        static const double shares[] = {0.2, 0.5, 0.85};
        bool straight = true;
        for (int k = 0; k < 3 && straight; k++) {
            double share = shares[k] * shares[k] * (3 - 2 * shares[k]); /* eased */
            straight = geodesic(n, basis, basis + 2 * n, share, basis + 4 * n);
            if (!straight) break;
            vec3 at[POINTS] = {0};
            exhibit_morph(fixture.exhibit, shares[k]);
            for (int p = 0; p < POINTS; p++) {
                view.step = 80 - 30 * (p / RUNS);
                scene_build(&scene, fixture.exhibit, &view);
                assert_true(head_of(&scene, p % RUNS, at[p]));
                for (int j = 0; j < 2; j++) assert_true(fabsf(at[p][j]) < scene.half[j] - 1e-3f); /* all in view */
                theta_of(&fixture, p % RUNS, (size_t)view.step, theta + p * n);
            }
            double scale = NAN;
            for (int p = 1; p < POINTS; p++) {
                double seen = hypot(at[p][0] - at[0][0], at[p][1] - at[0][1]), s[2] = {0, 0};
                for (int j = 0; j < 2; j++)
                    for (int i = 0; i < n; i++) s[j] += (theta[p * n + i] - theta[i]) * basis[(4 + j) * n + i];
                if (p == 1) scale = seen / hypot(s[0], s[1]);
                assert_near(seen, scale * hypot(s[0], s[1]), 2e-6);
            }
        }
        tried += straight;
        free(basis);
        free(theta);
        scene_release(&scene);
        fixture_close(&fixture);
    }
    assert_int_equal(tried, 3);
}

/* Training goes on meanwhile, and so do the paths. */
static void paths_grow_on_the_way(void **state) {
    struct fixture fixture = opened(true, 81);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    struct error error = {0};
    const struct plane_choice choice = {.kind = PLANE_HESSIAN, .run = -1, .runs = {1, 0, 0}};
    assert_true(exhibit_set_plane(fixture.exhibit, &choice, &error));
    until_morphing(&fixture);
    for (int k = 1; k < 20; k++) {
        fixture_train(&fixture, 2);
        exhibit_update(fixture.exhibit);
        exhibit_morph(fixture.exhibit, k / 20.0);
        scene_build(&scene, fixture.exhibit, &view);
        int64_t newest = -1;
        for (size_t i = 0; i < scene.point_count; i++)
            newest = newest > scene.points[i].step ? newest : scene.points[i].step;
        assert_int_equal(newest, 80 + 2 * k);
    }
    /* A restart ends it. */
    timeline_clear(fixture.timeline);
    exhibit_update(fixture.exhibit);
    assert_false(exhibit_morphing(fixture.exhibit));
    scene_build(&scene, fixture.exhibit, &view);
    scene_release(&scene);
    fixture_close(&fixture);
}

static void pictures_without_a_window_never_morph(void **state) {
    struct fixture fixture = opened(false, 81);
    struct error error = {0};
    const struct plane_choice choice = {.kind = PLANE_RANDOM, .seed = 2, .run = -1};
    assert_true(exhibit_set_plane(fixture.exhibit, &choice, &error));
    until_fine(&fixture);
    assert_int_equal(exhibit_plane(fixture.exhibit)->kind, PLANE_RANDOM);
    assert_false(exhibit_morphing(fixture.exhibit));
    fixture_close(&fixture);
    /* Nor does one that is made ready for a picture. */
    fixture = opened(true, 81);
    assert_true(exhibit_set_plane(fixture.exhibit, &choice, &error));
    fixture_finish(&fixture);
    assert_false(exhibit_morphing(fixture.exhibit));
    assert_int_equal(exhibit_plane(fixture.exhibit)->kind, PLANE_RANDOM);
    fixture_close(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_can_be_chosen),
        cmocka_unit_test(wrong_choices_change_nothing),
        cmocka_unit_test(a_choice_may_come_early),
        cmocka_unit_test(a_later_run_counts_as_well),
        cmocka_unit_test(a_small_networks_parameters_have_letters),
        cmocka_unit_test(a_failed_search_is_told_once),
        cmocka_unit_test(nothing_jumps),
        cmocka_unit_test(the_way_is_the_geodesic),
        cmocka_unit_test(paths_grow_on_the_way),
        cmocka_unit_test(pictures_without_a_window_never_morph),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
