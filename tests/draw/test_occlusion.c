/* Whether a point is behind the surface, against what is known of a wall's height. No OpenGL needed. */
#include "../test.h"
#include "draw/occlusion.h"
#include "sample.h"

#include <string.h>

static float view_of(const struct scene *scene, float x, float y, float z) {
    struct pane_frame frame;
    struct region region = {.picture_width = 400, .picture_height = 300, .width = 400, .height = 300, .scale = 1};
    pane_frame_fill(&frame, scene, 0, &region);
    return occlusion_view(frame.surface, &frame, (float[]){x, y, z});
}

/* A wall of height SCENE_HEIGHT along y = 0, seen from y < 0 under 20°: the line of sight from (0, y) at height z
 * crosses the wall's crest plane at about z + y · tan 20° (an orthographic camera makes that exact). */
static void test_wall_hides_what_is_below_the_line_of_sight(void **state) {
    struct scene scene = {0};
    sample_begin(&scene, THEME_PAPER);
    sample_surface(&scene, 201, 201, sample_ridge, 1);
    scene.panes[0].camera = camera_default(0, 20);
    scene.panes[0].camera.field_of_view = 0;
    float rise = tanf(20 * 3.14159265f / 180);
    for (float y = 0.4f; y < 0.95f; y += 0.1f) {
        float limit = SCENE_HEIGHT - rise * y;
        assert_near(view_of(&scene, 0.1f, y, limit + 0.05f), 1, 1e-6);
        assert_near(view_of(&scene, 0.1f, y, limit - 0.08f), 0, 1e-6);
        assert_near(view_of(&scene, 0.1f, -y, limit - 0.08f), 1, 1e-6); /* on the viewer's side */
    }
    /* The change is gradual and has no return. */
    float before = 0;
    for (float z = 0.40f; z < 0.60f; z += 0.002f) {
        float view = view_of(&scene, 0, 0.7f, z);
        assert_true(view >= before - 1e-6f);
        assert_true(view - before < 0.3f);
        before = view;
    }
    assert_near(before, 1, 1e-6);
    /* From above, and in a flat pane, nothing is hidden. */
    scene.panes[0].flat = true;
    assert_near(view_of(&scene, 0, 0.7f, 0), 1, 0);
    scene.panes[0].flat = false;
    scene.panes[0].camera = camera_from_above();
    assert_near(view_of(&scene, 0, 0.7f, 0.02f), 1, 0);
    scene_release(&scene);
}

/* A point on the surface is not hidden by the surface it lies on, wherever it faces the eye. */
static void test_points_on_the_surface_are_in_view_from_above(void **state) {
    struct scene scene = {0};
    sample_begin(&scene, THEME_PAPER);
    sample_surface(&scene, 129, 129, sample_saddle, 25);
    scene.panes[0].camera = camera_default(30, 80);
    for (float x = -0.9f; x < 0.95f; x += 0.15f)
        for (float y = -0.9f; y < 0.95f; y += 0.15f)
            assert_true(view_of(&scene, x, y, sample_height(&scene, x, y)) > 0.99f);
    scene_release(&scene);
}

static void test_holes_hide_nothing(void **state) {
    struct scene scene = {0};
    sample_begin(&scene, THEME_PAPER);
    sample_surface(&scene, 65, 65, sample_pierced, 1);
    scene.panes[0].camera = camera_default(0, 60);
    assert_near(view_of(&scene, 0, 0, 0), 1, 0);
    scene.surface_count = 0;
    assert_near(view_of(&scene, 0, 0, 0), 1, 0);
    scene_release(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wall_hides_what_is_below_the_line_of_sight),
        cmocka_unit_test(test_points_on_the_surface_are_in_view_from_above),
        cmocka_unit_test(test_holes_hide_nothing),
    };
    return cmocka_run_group_tests_name("occlusion", tests, NULL, NULL);
}
