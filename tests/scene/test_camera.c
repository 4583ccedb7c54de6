#include "scene/scene.h"
#include "test.h"

#include "base/random.h"

#include <cglm/cglm.h>

static struct camera random_camera(struct random *random, bool flat) {
    struct camera camera = camera_default((float)random_uniform(random, 0, 360), (float)random_uniform(random, 2, 90));
    if (flat) camera.field_of_view = 0;
    camera_zoom(&camera, (float)random_uniform(random, 0.6, 3));
    camera_pan(&camera, (float)random_uniform(random, -0.2, 0.2), (float)random_uniform(random, -0.2, 0.2));
    return camera;
}

static void rays_go_through_what_was_projected(void **state) {
    struct random random = random_seeded(1, 0);
    for (int i = 0; i < 2000; i++) {
        struct camera camera = random_camera(&random, i % 2);
        float width = (float)random_uniform(&random, 100, 2000), height = (float)random_uniform(&random, 100, 2000);
        vec3 world = {(float)random_uniform(&random, -1, 1), (float)random_uniform(&random, -1, 1),
                      (float)random_uniform(&random, SCENE_FLOOR, SCENE_HEIGHT)};
        vec2 pixel;
        float depth;
        if (!camera_project(&camera, width, height, world, pixel, &depth)) continue;
        assert_true(depth > 0 && depth < 1);
        vec3 origin, direction, to, across;
        camera_ray(&camera, width, height, pixel, origin, direction);
        assert_near(glm_vec3_norm(direction), 1, 1e-5);
        glm_vec3_sub(world, origin, to);
        assert_true(glm_vec3_dot(to, direction) > 0);
        glm_vec3_cross(to, direction, across);
        assert_near(glm_vec3_norm(across), 0, 2e-3);
    }
}

/* What a map reader expects: x to the right, y up, at the centre of the picture. */
static void looks_from_above_like_a_map(void **state) {
    struct camera camera = camera_from_above();
    vec2 centre, right, up;
    assert_true(camera_project(&camera, 800, 600, (vec3){0, 0, 0.3f}, centre, NULL));
    assert_true(camera_project(&camera, 800, 600, (vec3){0.5f, 0, 0}, right, NULL));
    assert_true(camera_project(&camera, 800, 600, (vec3){0, 0.5f, 0.7f}, up, NULL));
    assert_near(centre[0], 400, 1e-3);
    assert_near(centre[1], 300, 1e-3);
    assert_near(right[1], 300, 1e-3);
    assert_near(up[0], 400, 1e-3);
    assert_true(right[0] > 450 && up[1] < 250);
    assert_near(right[0] - 400, 300 - up[1], 1e-3);
    /* A corner of the square is in view with room for ticks, in any shape of pane. */
    for (float width = 300; width < 1800; width += 250) {
        vec2 corner;
        assert_true(camera_project(&camera, width, 700, (vec3){-1, -1, 0}, corner, NULL));
        assert_true(corner[0] > 0.06f * width && corner[1] < 0.94f * 700);
    }
}

static void shows_the_whole_box(void **state) {
    for (float azimuth = 0; azimuth < 360; azimuth += 15) {
        struct camera camera = camera_default(azimuth, 35);
        for (int corner = 0; corner < 8; corner++) {
            vec3 world = {corner & 1 ? 1 : -1, corner & 2 ? 1 : -1, corner & 4 ? SCENE_HEIGHT : SCENE_FLOOR};
            vec2 pixel;
            assert_true(camera_project(&camera, 640, 720, world, pixel, NULL));
            if (!(pixel[0] > 0 && pixel[0] < 640 && pixel[1] > 20 && pixel[1] < 700))
                fail_msg("azimuth %g: corner %d at %g, %g", azimuth, corner, pixel[0], pixel[1]);
        }
    }
}

static void matrices_agree_with_cglm(void **state) {
    struct camera camera = camera_default(45, 35);
    mat4 view, projection, expected;
    camera_matrices(&camera, 1.6f, view, projection);
    float a = glm_rad(45), e = glm_rad(35);
    vec3 eye = {camera.target[0] + camera.distance * sinf(a) * cosf(e),
                camera.target[1] - camera.distance * cosf(a) * cosf(e), camera.target[2] + camera.distance * sinf(e)};
    glm_lookat(eye, camera.target, (vec3){0, 0, 1}, expected);
    for (int i = 0; i < 16; i++) assert_near(view[i / 4][i % 4], expected[i / 4][i % 4], 1e-5);
    glm_perspective(glm_rad(camera.field_of_view), 1.6f, 1, 2, expected);
    assert_near(projection[0][0], expected[0][0], 1e-5);
    assert_near(projection[1][1], expected[1][1], 1e-5);
}

static void moves_within_limits(void **state) {
    struct camera camera = camera_default(10, 35);
    camera_orbit(&camera, -30, 100);
    assert_near(camera.azimuth, 340, 1e-4);
    assert_near(camera.elevation, 90, 0);
    camera_orbit(&camera, 0, -200);
    assert_near(camera.elevation, 2, 0);
    for (int i = 0; i < 100; i++) camera_zoom(&camera, 2);
    float near = camera.distance;
    for (int i = 0; i < 100; i++) camera_zoom(&camera, 0.5f);
    assert_true(near > 0 && camera.distance < 100);
    camera_zoom(&camera, 0);
    camera_zoom(&camera, NAN);
    assert_true(camera.distance > 0 && camera.distance < 100);
    /* A tenth of the picture's height to the right moves what is at the centre a tenth to the left. */
    camera = camera_default(70, 40);
    vec3 was = {camera.target[0], camera.target[1], camera.target[2]};
    camera_pan(&camera, 0.1f, 0);
    vec2 pixel;
    assert_true(camera_project(&camera, 1600, 1000, was, pixel, NULL));
    assert_near(pixel[0], 700, 1e-3);
    assert_near(pixel[1], 500, 1e-3);
}

static void goes_the_short_way(void **state) {
    struct camera from = camera_default(350, 30), to = camera_default(20, 50);
    struct camera half = camera_between(&from, &to, 0.5f);
    assert_near(half.azimuth, 5, 1e-4);
    assert_near(half.elevation, 40, 1e-4);
    assert_near(half.distance, from.distance, 1e-4);
    struct camera end = camera_between(&from, &to, 1), start = camera_between(&from, &to, 0);
    assert_memory_equal(&end, &to, sizeof end);
    assert_memory_equal(&start, &from, sizeof start);
    /* From a perspective to a flat view nothing jumps: at the target the scale changes little from step to step. */
    to = camera_from_above();
    float before = 0;
    for (int i = 0; i <= 200; i++) {
        struct camera camera = camera_between(&from, &to, (float)i / 200);
        float a = glm_rad(camera.azimuth);
        vec3 aside = {camera.target[0] + 0.1f * cosf(a), camera.target[1] + 0.1f * sinf(a), camera.target[2]};
        vec2 centre, pixel;
        assert_true(camera_project(&camera, 1000, 700, camera.target, centre, NULL));
        assert_true(camera_project(&camera, 1000, 700, aside, pixel, NULL));
        float size = pixel[0] - centre[0];
        if (i > 0) assert_true(fabsf(size / before - 1) < 0.02f);
        before = size;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rays_go_through_what_was_projected),
        cmocka_unit_test(looks_from_above_like_a_map),
        cmocka_unit_test(shows_the_whole_box),
        cmocka_unit_test(matrices_agree_with_cglm),
        cmocka_unit_test(moves_within_limits),
        cmocka_unit_test(goes_the_short_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
