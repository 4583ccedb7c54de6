#include "scene_fixture.h"

static struct fixture saddle(int64_t steps) {
    struct fixture fixture = fixture_open(saddle_yaml);
    fixture_train(&fixture, steps + 1);
    fixture_finish(&fixture);
    return fixture;
}

static bool is_path(const struct scene_line *line) {
    return line->width == 3;
}

static void assert_same_scene(const struct scene *a, const struct scene *b) {
#define SAME(array, count)                                                                                             \
    assert_int_equal(a->count, b->count);                                                                              \
    if (a->count > 0) assert_memory_equal(a->array, b->array, a->count * sizeof *a->array)
    SAME(points, point_count);
    SAME(lines, line_count);
    SAME(glyphs, glyph_count);
    SAME(arrows, arrow_count);
    SAME(sheets, sheet_count);
#undef SAME
    assert_int_equal(a->label_count, b->label_count);
    for (size_t i = 0; i < a->label_count; i++) {
        const struct scene_label *one = &a->labels[i], *other = &b->labels[i];
        assert_string_equal(one->text, other->text);
        assert_memory_equal(one->at, other->at, sizeof one->at);
        assert_memory_equal(one->offset, other->offset, sizeof one->offset);
        assert_int_equal(one->panes, other->panes);
    }
    assert_int_equal(a->box_count, b->box_count);
    for (size_t i = 0; i < a->box_count; i++) assert_memory_equal(&a->boxes[i], &b->boxes[i], 4 * sizeof(float));
    assert_int_equal(a->mark_count, b->mark_count);
    for (size_t i = 0; i < a->mark_count; i++) assert_memory_equal(&a->marks[i], &b->marks[i], 3 * sizeof(float));
    assert_int_equal(a->pane_count, b->pane_count);
    assert_true(a->surfaces[0].revision == b->surfaces[0].revision);
    assert_int_equal(a->surfaces[0].width, b->surfaces[0].width);
    size_t bytes = (size_t)a->surfaces[0].width * (size_t)a->surfaces[0].height * sizeof(float);
    assert_memory_equal(a->surfaces[0].z, b->surfaces[0].z, bytes);
    assert_memory_equal(a->surfaces[0].tone, b->surfaces[0].tone, bytes);
}

static void the_same_inputs_give_the_same_scene(void **state) {
    struct fixture one = saddle(120), other = saddle(120);
    struct scene a = {0}, b = {0};
    for (int kind = VIEW_OVERLAY; kind <= VIEW_CONTOUR; kind++) {
        struct view view = view_default(one.experiment);
        view.kind = (enum view_kind)kind;
        view.selected = 0;
        view.hover = view.eigen_everywhere = true;
        scene_build(&a, one.exhibit, &view);
        scene_build(&b, other.exhibit, &view);
        assert_same_scene(&a, &b);
        view.step = 30; /* something else between, then back */
        scene_build(&a, one.exhibit, &view);
        view.step = INT64_MAX;
        scene_build(&a, one.exhibit, &view);
        assert_same_scene(&a, &b);
    }
    scene_release(&a);
    scene_release(&b);
    fixture_close(&one);
    fixture_close(&other);
}

/* What was taken up bit by bit is what is taken up at once. */
static void growing_paths_are_the_same_paths(void **state) {
    struct fixture whole = saddle(120), grown = fixture_open(saddle_yaml);
    struct scene a = {0}, b = {0};
    struct view view = view_default(whole.experiment);
    fixture_train(&grown, 1);
    fixture_finish(&grown);
    for (int k = 0; k < 12; k++) {
        fixture_train(&grown, 10);
        assert_true(exhibit_update(grown.exhibit));
        while (exhibit_busy(grown.exhibit)) exhibit_update(grown.exhibit); /* a busy machine takes it up in pieces */
        assert_false(exhibit_update(grown.exhibit));
        scene_build(&b, grown.exhibit, &view);
    }
    scene_build(&a, whole.exhibit, &view);
    assert_same_scene(&a, &b);
    scene_release(&a);
    scene_release(&b);
    fixture_close(&whole);
    fixture_close(&grown);
}

/* Bilinear height of the scene's surface, written anew. */
static double ground(const struct scene *scene, double x, double y) {
    const struct scene_surface *s = &scene->surfaces[0];
    double u = (x + s->half[0]) / (2 * s->half[0]) * (s->width - 1),
           v = (y + s->half[1]) / (2 * s->half[1]) * (s->height - 1);
    int i = (int)fmin(fmax(u, 0), s->width - 2), j = (int)fmin(fmax(v, 0), s->height - 2);
    double p = u - i, q = v - j;
    const float *z = s->z + (size_t)j * (size_t)s->width + i;
    return (1 - q) * ((1 - p) * z[0] + p * z[1]) + q * ((1 - p) * z[s->width] + p * z[s->width + 1]);
}

static void paths_lie_on_the_surface(void **state) {
    for (int mapping = HEIGHT_LINEAR; mapping <= HEIGHT_LOG; mapping++) {
        struct fixture fixture = saddle(120);
        struct view view = view_default(fixture.experiment);
        view.height = (enum height_mapping)mapping;
        struct scene scene = {0};
        scene_build(&scene, fixture.exhibit, &view);
        int points = 0, paths = 0;
        for (size_t l = 0; l < scene.line_count; l++) {
            const struct scene_line *line = &scene.lines[l];
            if (!is_path(line)) continue;
            paths++;
            float before = 0;
            for (int k = 0; k < line->count; k++, points++) {
                const struct scene_point *point = &scene.points[line->first + k];
                double above = point->at[2] - ground(&scene, point->at[0], point->at[1]);
                if (!(above > 0.004 && above < 0.06)) fail_msg("%g above the surface", above);
                assert_true(point->alpha >= 0.349f && point->alpha <= 1 && point->alpha >= before - 1e-6f);
                before = point->alpha;
                if (k == 0) continue; /* nor does the way between two points dip under it */
                const float *last = scene.points[line->first + k - 1].at;
                float x = (last[0] + point->at[0]) / 2, y = (last[1] + point->at[1]) / 2,
                      z = (last[2] + point->at[2]) / 2;
                assert_true(z > ground(&scene, x, y));
            }
            assert_near(before, 1, 1e-3);
        }
        assert_int_equal(paths, 4);
        assert_true(points > 100);
        scene_release(&scene);
        fixture_close(&fixture);
    }
}

static void heads_stand_where_paths_end(void **state) {
    struct fixture fixture = saddle(120);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    for (int64_t step = 0; step <= 120; step += 7) {
        view.step = step;
        scene_build(&scene, fixture.exhibit, &view);
        int heads = 0;
        for (size_t g = 0; g < scene.glyph_count; g++) {
            const struct scene_glyph *glyph = &scene.glyphs[g];
            if (glyph->kind != PICK_HEAD) continue;
            heads++;
            struct sample sample;
            double theta[2];
            assert_int_equal(timeline_read(fixture.timeline, glyph->id, (size_t)step, 1, &sample, theta, NULL), 1);
            assert_near(glyph->at[0] * 2, theta[0], 1e-5);
            assert_near(glyph->at[1] * 2, theta[1], 1e-5);
            bool ended = step == 0;
            for (size_t l = 0; l < scene.line_count; l++) {
                const struct scene_line *line = &scene.lines[l];
                if (is_path(line))
                    ended |=
                        glm_vec3_distance(scene.points[line->first + line->count - 1].at, (float *)glyph->at) < 1e-5f;
            }
            assert_true(ended);
        }
        assert_int_equal(heads, 4);
    }
    scene_release(&scene);
    fixture_close(&fixture);
}

static void cuts_paths_at_the_border(void **state) {
    struct fixture fixture = fixture_open(saddle_yaml);
    /* Out over the right border, round, and in again over the top; ends outside below. */
    static const double way[][2] = {{0, 0}, {1, 0.5}, {3, 1}, {3, 3}, {1, 3}, {0.5, 1}, {-0.5, -1}, {-1, -3}};
    for (int64_t k = 0; k < 8; k++) {
        struct sample sample = {.step = k, .loss = saddle_loss(way[k][0], way[k][1])};
        timeline_append(fixture.timeline, 1, &sample, way[k]);
    }
    fixture_finish(&fixture);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    scene_build(&scene, fixture.exhibit, &view);
    int pieces = 0;
    for (size_t l = 0; l < scene.line_count; l++) {
        const struct scene_line *line = &scene.lines[l];
        if (!is_path(line)) continue;
        pieces++;
        assert_true(line->count >= 2);
        for (int k = 0; k < line->count; k++) {
            assert_true(fabsf(scene.points[line->first + k].at[0]) <= 1 + 1e-5f);
            assert_true(fabsf(scene.points[line->first + k].at[1]) <= 1 + 1e-5f);
        }
        const float *end = scene.points[line->first + line->count - 1].at;
        if (pieces == 1) {
            assert_near(end[0], 1, 1e-5);
            assert_near(end[1], 0.75 / 2, 1e-5);
        } else {
            assert_near(end[0], -0.75 / 2, 1e-5);
            assert_near(end[1], -1, 1e-5);
        }
    }
    assert_int_equal(pieces, 2);
    for (size_t g = 0; g < scene.glyph_count; g++) {
        if (scene.glyphs[g].kind != PICK_HEAD) continue;
        assert_near(scene.glyphs[g].at[1], -1, 1e-6);
        assert_true(scene.glyphs[g].fill.a < 0.9f);
    }
    scene_release(&scene);
    fixture_close(&fixture);
}

static void long_paths_are_thinned(void **state) {
    struct fixture fixture = fixture_open(saddle_yaml);
    for (int64_t k = 0; k < 120000; k++) {
        double turn = 0.031 * (double)k, size = 1.8 * (1 - (double)k / 130000);
        double theta[2] = {size * cos(turn), size * sin(1.3 * turn)};
        struct sample sample = {.step = k, .loss = saddle_loss(theta[0], theta[1])};
        timeline_append(fixture.timeline, 0, &sample, theta);
    }
    fixture_finish(&fixture);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    scene_build(&scene, fixture.exhibit, &view);
    int points = 0;
    for (size_t l = 0; l < scene.line_count; l++)
        if (is_path(&scene.lines[l])) points += scene.lines[l].count;
    assert_true(points > 2000 && points <= STRIP_MOST + 4200);
    scene_release(&scene);
    fixture_close(&fixture);
}

static void panes_follow_what_is_shown(void **state) {
    static const struct {
        uint64_t hidden;
        int panes;
        float width, height;
    } known[] = {{0, 4, 0.5f, 0.5f}, {1, 3, 1 / 3.0f, 1}, {3, 2, 0.5f, 1}, {7, 1, 1, 1}, {15, 1, 1, 1}};
    struct fixture fixture = saddle(40);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    view.kind = VIEW_SIDE_BY_SIDE;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        view.hidden_runs = known[i].hidden;
        scene_build(&scene, fixture.exhibit, &view);
        assert_int_equal(scene.pane_count, known[i].panes);
        assert_near(scene.panes[0].width, known[i].width, 1e-6);
        assert_near(scene.panes[0].height, known[i].height, 1e-6);
        uint32_t shown = 0;
        int heads = 0;
        for (size_t g = 0; g < scene.glyph_count; g++) {
            if (scene.glyphs[g].kind != PICK_HEAD) continue;
            heads++;
            assert_int_equal(__builtin_popcount(scene.glyphs[g].panes), 1);
            assert_int_equal(shown & scene.glyphs[g].panes, 0);
            assert_false(known[i].hidden >> scene.glyphs[g].id & 1);
            shown |= scene.glyphs[g].panes;
        }
        assert_int_equal(heads, known[i].hidden == 15 ? 0 : known[i].panes);
        assert_int_equal(__builtin_popcount(scene.surfaces[0].panes), known[i].panes);
    }
    scene_release(&scene);
    fixture_close(&fixture);
}

static void surfaces_change_only_when_they_do(void **state) {
    struct fixture fixture = saddle(10);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    view.height = HEIGHT_LINEAR;
    scene_build(&scene, fixture.exhibit, &view);
    uint64_t linear = scene.surfaces[0].revision;
    assert_true(linear != 0);
    const struct height_map *map = exhibit_height_map(fixture.exhibit, HEIGHT_LINEAR);
    for (int j = 0; j < 65; j++) {
        for (int i = 0; i < 81; i++) {
            double tone = (saddle_loss(-2 + 4.0 * i / 80, -2 + 4.0 * j / 64) - map->low) / (map->high - map->low);
            assert_near(scene.surfaces[0].tone[j * 81 + i], tone, 1e-5);
            assert_near(scene.surfaces[0].z[j * 81 + i], SCENE_HEIGHT * fmin(fmax(tone, 0), 1), 1e-5);
        }
    }
    view.step = 3;
    camera_orbit(&view.camera, 20, 5);
    scene_build(&scene, fixture.exhibit, &view);
    assert_true(scene.surfaces[0].revision == linear);
    view.height = HEIGHT_LOG;
    scene_build(&scene, fixture.exhibit, &view);
    assert_true(scene.surfaces[0].revision != linear);
    view.height = HEIGHT_LINEAR;
    scene_build(&scene, fixture.exhibit, &view);
    assert_true(scene.surfaces[0].revision == linear);
    scene_release(&scene);
    fixture_close(&fixture);
}

static bool says(const struct scene *scene, const char *text) {
    for (size_t l = 0; l < scene->label_count; l++)
        if (strstr(scene->labels[l].text, text)) return true;
    return false;
}

/* The trainer keeps what is not finite to itself; it is asked instead. */
static void asks_the_trainer_what_diverged(void **state) {
    struct fixture fixture =
        fixture_open("objective: {expression: x^4 + y^4, variables: [x, y], domain: [[-3, 3], [-3, 3]]}\n"
                     "start: [2, 1]\nsteps: 40\ngrid: [17, 17]\n"
                     "optimizers: [{name: sgd, lr: 0.5}, {name: adam, lr: 0.05}]\n");
    exhibit_destroy(&fixture.exhibit);
    struct error error = {0};
    struct trainer *trainer = trainer_create(
        &(struct trainer_params){.experiment = fixture.experiment, .timeline = fixture.timeline}, &error);
    assert_non_null(trainer);
    for (int told = 0; told < 2; told++) { /* by the trainer, and by the samples alone */
        struct exhibit_params params = {
            .experiment = fixture.experiment, .timeline = fixture.timeline, .trainer = told == 0 ? trainer : NULL};
        fixture.exhibit = exhibit_create(&params, &error);
        assert_non_null(fixture.exhibit);
        trainer_set_goal(trainer, 40);
        trainer_wait(trainer);
        fixture_finish(&fixture);
        struct view view = view_default(fixture.experiment);
        struct scene scene = {0};
        scene_build(&scene, fixture.exhibit, &view);
        char expected[64];
        snprintf(expected, sizeof expected, "diverged at step %d", (int)trainer_state(trainer, 0).step + 1);
        assert_true(says(&scene, expected));
        scene_release(&scene);
        exhibit_destroy(&fixture.exhibit);
    }
    trainer_destroy(&trainer);
    fixture_close(&fixture);
}

static void says_that_a_run_diverged(void **state) {
    struct fixture fixture =
        fixture_open("objective: {expression: x^4 + y^4, variables: [x, y], domain: [[-3, 3], [-3, 3]]}\n"
                     "start: [2, 1]\nsteps: 100\ngrid: [33, 33]\n"
                     "optimizers: [{name: sgd, lr: 0.5}, {name: adam, lr: 0.05}]\n");
    fixture_train(&fixture, 50);
    fixture_finish(&fixture);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    scene_build(&scene, fixture.exhibit, &view);
    assert_true(says(&scene, "diverged at step"));
    int crosses = 0;
    for (size_t g = 0; g < scene.glyph_count; g++) {
        const struct scene_glyph *glyph = &scene.glyphs[g];
        assert_true(isfinite(glyph->at[0]) && isfinite(glyph->at[1]) && isfinite(glyph->at[2]));
        if (glyph->shape == GLYPH_CROSS) crosses += glyph->kind == PICK_HEAD && glyph->id == 0;
    }
    assert_int_equal(crosses, 1);
    for (size_t p = 0; p < scene.point_count; p++)
        for (int i = 0; i < 3; i++) assert_true(fabsf(scene.points[p].at[i]) < 1.1f);
    view.step = 0; /* before it did */
    scene_build(&scene, fixture.exhibit, &view);
    assert_false(says(&scene, "diverged"));
    scene_release(&scene);
    fixture_close(&fixture);
}

static void a_restart_empties_the_picture(void **state) {
    struct fixture fixture = saddle(60);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    timeline_clear(fixture.timeline);
    assert_true(exhibit_update(fixture.exhibit));
    scene_build(&scene, fixture.exhibit, &view);
    for (size_t l = 0; l < scene.line_count; l++) assert_false(is_path(&scene.lines[l]));
    fixture_train(&fixture, 3);
    assert_true(exhibit_update(fixture.exhibit));
    scene_build(&scene, fixture.exhibit, &view);
    int paths = 0;
    for (size_t l = 0; l < scene.line_count; l++) paths += is_path(&scene.lines[l]);
    assert_int_equal(paths, 4);
    assert_true(scene.surfaces[0].width == 81);
    scene_release(&scene);
    fixture_close(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_inputs_give_the_same_scene),
        cmocka_unit_test(growing_paths_are_the_same_paths),
        cmocka_unit_test(paths_lie_on_the_surface),
        cmocka_unit_test(heads_stand_where_paths_end),
        cmocka_unit_test(cuts_paths_at_the_border),
        cmocka_unit_test(long_paths_are_thinned),
        cmocka_unit_test(panes_follow_what_is_shown),
        cmocka_unit_test(surfaces_change_only_when_they_do),
        cmocka_unit_test(says_that_a_run_diverged),
        cmocka_unit_test(asks_the_trainer_what_diverged),
        cmocka_unit_test(a_restart_empties_the_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
