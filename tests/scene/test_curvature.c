#include "scene_fixture.h"

static int point_at(const struct fixture *fixture, double a, double b) {
    const struct critical_point *points;
    size_t count = exhibit_critical_points(fixture->exhibit, &points);
    for (size_t i = 0; i < count; i++)
        if (hypot(points[i].report->at[0] - a, points[i].report->at[1] - b) < 1e-6) return (int)i;
    fail_msg("no critical point at %g, %g", a, b);
    return -1;
}

static void arrows_follow_the_eigenvectors(void **state) {
    struct fixture fixture = fixture_open(saddle_yaml);
    fixture_finish(&fixture);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    view.selected = point_at(&fixture, 0, 0);
    scene_build(&scene, fixture.exhibit, &view);
    const struct theme *theme = theme_get(view.theme);
    assert_int_equal(scene.arrow_count, 2);
    /* (1 − w1 w2)² at the origin: H = [[0, −2], [−2, 0]], −2 along (1, 1), +2 along (1, −1). */
    float z = loss_height(exhibit_height_map(fixture.exhibit, view.height), 1);
    for (int k = 0; k < 2; k++) {
        const struct scene_arrow *arrow = &scene.arrows[k];
        bool escape = memcmp(&arrow->color, &theme->escape, sizeof arrow->color) == 0;
        if (!escape) assert_memory_equal(&arrow->color, &theme->stable, sizeof arrow->color);
        vec3 way;
        glm_vec3_sub((float *)arrow->to, (float *)arrow->from, way);
        assert_near(fabsf(way[0]), fabsf(way[1]), 1e-5);
        assert_true(escape ? way[0] * way[1] > 0 : way[0] * way[1] < 0);
        assert_near(way[2], 0, 1e-6);
        assert_near(arrow->from[0], -arrow->to[0], 1e-6);
        assert_near(arrow->from[2], z, 0.02);
        assert_true(arrow->double_headed && !arrow->dashed);
        assert_near(glm_vec3_norm(way), 0.68, 1e-3); /* equal |λ|, equal length */
    }
    assert_true(memcmp(&scene.arrows[0].color, &scene.arrows[1].color, sizeof(struct color)) != 0);
    scene_release(&scene);
    fixture_close(&fixture);
}

static void lengths_follow_the_eigenvalues(void **state) {
    struct fixture fixture =
        fixture_open("objective: {expression: 2*x^2 - 0.5*y^2, variables: [x, y], domain: [[-3, 3], [-1, 3]]}\n"
                     "start: [2, 1]\ngrid: [61, 41]\n");
    fixture_finish(&fixture);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    view.selected = point_at(&fixture, 0, 0);
    scene_build(&scene, fixture.exhibit, &view);
    assert_int_equal(scene.arrow_count, 2);
    /* λ = −1 along y, 4 along x: lengths as 1 : 2. */
    for (int k = 0; k < 2; k++) {
        const struct scene_arrow *arrow = &scene.arrows[k];
        vec3 way;
        glm_vec3_sub((float *)arrow->to, (float *)arrow->from, way);
        bool escape = memcmp(&arrow->color, &theme_get(view.theme)->escape, sizeof arrow->color) == 0;
        assert_near(fabsf(way[escape ? 0 : 1]), 0, 1e-6);
        assert_near(fabsf(way[escape ? 1 : 0]), escape ? 0.34 : 0.68, 1e-4);
    }
    scene_release(&scene);
    fixture_close(&fixture);
}

/* The sheet against the function itself, through the same heights: the gap shrinks faster than the square of the
 * distance. */
static void the_patch_touches_to_second_order(void **state) {
    struct fixture fixture =
        fixture_open("objective: {expression: x^2 - y^2 + x*y + x^3 + exp(y) - y, variables: [x, y],\n"
                     "            domain: [[-2, 2], [-2, 2]]}\n"
                     "start: [1, 1]\ngrid: [65, 65]\n");
    fixture_finish(&fixture);
    const struct critical_point *points;
    size_t count = exhibit_critical_points(fixture.exhibit, &points);
    assert_true(count > 0);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    for (int mapping = HEIGHT_LINEAR; mapping <= HEIGHT_LOG; mapping++) {
        view.height = (enum height_mapping)mapping;
        const struct height_map *map = exhibit_height_map(fixture.exhibit, view.height);
        for (view.selected = 0; view.selected < (int)count; view.selected++) {
            scene_build(&scene, fixture.exhibit, &view);
            assert_int_equal(scene.sheet_count, 1);
            const struct scene_triangle_sheet *sheet = &scene.sheets[0];
            const double *at = points[view.selected].report->at;
            double lift = scene.points[sheet->first + sheet->rows * sheet->columns / 2].at[2] -
                          SCENE_HEIGHT * height_tone(map, points[view.selected].report->loss);
            assert_near(lift, 0.002, 1e-4);
            double near = 0, far = 0, near_gap = 0, far_gap = 0;
            for (int k = 0; k < sheet->rows * sheet->columns; k++) {
                const float *p = scene.points[sheet->first + k].at;
                assert_true(fabsf(p[0]) <= 1.0001f && fabsf(p[1]) <= 1.0001f && p[2] >= SCENE_FLOOR &&
                            p[2] <= SCENE_HEIGHT + 0.01f);
                double x = 2 * p[0], y = 2 * p[1], distance = hypot(x - at[0], y - at[1]);
                double loss = x * x - y * y + x * y + x * x * x + exp(y) - y;
                double gap = fabs(p[2] - lift - SCENE_HEIGHT * height_tone(map, loss));
                if (distance < 0.16) {
                    near = fmax(near, distance);
                    near_gap = fmax(near_gap, gap);
                }
                if (distance > far) {
                    far = distance;
                    far_gap = gap;
                }
            }
            assert_true(near > 0.02);
            /* |third derivatives| ≤ 7 here: the remainder is below 7/6 d³, in heights 0.72 dtone/dloss times that. */
            double at_loss = points[view.selected].report->loss;
            double slope = SCENE_HEIGHT * (height_tone(map, at_loss + 1e-6) - height_tone(map, at_loss - 1e-6)) / 2e-6;
            assert_true(near_gap <= 2 * slope * 7.0 / 6 * near * near * near + 2e-6);
            (void)far_gap;
        }
    }
    scene_release(&scene);
    fixture_close(&fixture);
}

static void marks_tell_the_kinds(void **state) {
    struct fixture fixture =
        fixture_open("objective: {expression: (x^2 + y - 11)^2 + (x + y^2 - 7)^2, variables: [x, y],\n"
                     "            domain: [[-5, 5], [-5, 5]]}\n"
                     "start: [0, 0]\ngrid: [65, 65]\nheight: log\n");
    fixture_finish(&fixture);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    view.eigen_everywhere = true;
    scene_build(&scene, fixture.exhibit, &view);
    int shapes[GLYPH_CROSS + 1] = {0};
    float size = 0;
    for (size_t g = 0; g < scene.glyph_count; g++) {
        if (scene.glyphs[g].kind != PICK_CRITICAL) continue;
        shapes[scene.glyphs[g].shape]++;
        assert_true(size == 0 || size == scene.glyphs[g].size);
        size = scene.glyphs[g].size;
    }
    assert_int_equal(shapes[GLYPH_MINIMUM], 4);
    assert_int_equal(shapes[GLYPH_SADDLE], 4);
    assert_int_equal(shapes[GLYPH_MAXIMUM], 1);
    assert_int_equal(scene.arrow_count, 8); /* two at every saddle */
    scene_release(&scene);
    fixture_close(&fixture);
}

static void marks_are_picked_where_they_are_seen(void **state) {
    struct fixture fixture = fixture_open(saddle_yaml);
    fixture_train(&fixture, 30);
    fixture_finish(&fixture);
    struct scene scene = {0};
    for (int kind = VIEW_OVERLAY; kind <= VIEW_CONTOUR; kind++) {
        struct view view = view_default(fixture.experiment);
        view.kind = (enum view_kind)kind;
        scene_build(&scene, fixture.exhibit, &view);
        for (size_t g = 0; g < scene.glyph_count; g++) {
            const struct scene_glyph *glyph = &scene.glyphs[g];
            if (glyph->kind == PICK_NOTHING) continue;
            for (int p = 0; p < scene.pane_count; p++) {
                if (!(glyph->panes >> p & 1)) continue;
                const struct scene_pane *pane = &scene.panes[p];
                vec2 pixel;
                assert_true(camera_project(&pane->camera, pane->width * view.width, pane->height * view.height_px,
                                           glyph->at, pixel, NULL));
                struct scene_pick pick = scene_pick(&scene, fixture.exhibit, &view, pane->x * view.width + pixel[0],
                                                    pane->y * view.height_px + pixel[1]);
                assert_int_equal(pick.pane, p);
                assert_true(pick.kind == PICK_HEAD || pick.kind == PICK_CRITICAL);
                if (pick.kind != (enum scene_pick_kind)glyph->kind ||
                    pick.id != glyph->id) /* another at the same place */
                    assert_true(glm_vec3_distance(pick.at, (float *)glyph->at) < 0.02f);
                assert_near(pick.a, 2 * glyph->at[0], 0.05);
            }
        }
    }
    scene_release(&scene);
    fixture_close(&fixture);
}

static void the_surface_is_picked_where_it_is_seen(void **state) {
    struct fixture fixture =
        fixture_open("objective: {expression: 0.1*x^2 + 0.05*y^2, variables: [x, y], domain: [[-3, 3], [-2, 2]]}\n"
                     "start: [2, 1]\ngrid: [121, 81]\n");
    fixture_finish(&fixture);
    struct scene scene = {0};
    int hits = 0;
    for (int kind = VIEW_OVERLAY; kind <= VIEW_CONTOUR; kind += VIEW_CONTOUR) {
        struct view view = view_default(fixture.experiment);
        view.kind = (enum view_kind)kind;
        view.camera.elevation = 60; /* all of the bowl's inside is in view */
        scene_build(&scene, fixture.exhibit, &view);
        const struct height_map *map = exhibit_height_map(fixture.exhibit, view.height);
        for (double a = -2.8; a < 3; a += 0.37) {
            for (double b = -1.9; b < 2; b += 0.23) {
                double loss = 0.1 * a * a + 0.05 * b * b;
                vec3 at = {(float)(a / 3), (float)(b / 3), loss_height(map, loss)};
                vec2 pixel;
                assert_true(camera_project(&scene.panes[0].camera, view.width, view.height_px, at, pixel, NULL));
                struct scene_pick pick = scene_pick(&scene, fixture.exhibit, &view, pixel[0], pixel[1]);
                if (pick.kind != PICK_SURFACE) continue; /* the minimum's mark */
                hits++;
                assert_near(pick.a, a, 0.01);
                assert_near(pick.b, b, 0.01);
                assert_near(pick.loss, loss, 0.005);
            }
        }
        struct scene_pick nothing = scene_pick(&scene, fixture.exhibit, &view, 3, 3);
        assert_int_equal(nothing.kind, PICK_NOTHING);
        nothing = scene_pick(&scene, NULL, &view, -10, 1e9f);
        assert_int_equal(nothing.kind, PICK_NOTHING);
    }
    assert_true(hits > 400);
    scene_release(&scene);
    fixture_close(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrows_follow_the_eigenvectors),
        cmocka_unit_test(lengths_follow_the_eigenvalues),
        cmocka_unit_test(the_patch_touches_to_second_order),
        cmocka_unit_test(marks_tell_the_kinds),
        cmocka_unit_test(marks_are_picked_where_they_are_seen),
        cmocka_unit_test(the_surface_is_picked_where_it_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
