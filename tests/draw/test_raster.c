/* Rasters and swarms on the screen, pixel by pixel. */
#include "base/memory.h"
#include "stand.h"

#include <math.h>

/* A flat pane with nothing in it: pixel (x, y) of a picture of 200 × 100 is world ((x − 100) / 50, (50 − y) / 50). */
static void begin(struct scene *scene) {
    scene_clear(scene);
    scene->theme = theme_get(THEME_PAPER);
    scene->colormap = colormap_get(COLORMAP_TERRAIN, THEME_PAPER);
    struct camera camera = camera_from_above();
    vec3 above = {0, 1, 0};
    vec2 pixel;
    camera.distance = 1;
    assert_true(camera_project(&camera, 200, 100, above, pixel, NULL));
    camera.distance = (50 - pixel[1]) / 50;
    scene->pane_count = 1;
    scene->panes[0] = (struct scene_pane){.width = 1, .height = 1, .camera = camera, .flat = true};
}

static bool is_color(const uint8_t *pixel, int r, int g, int b) {
    return abs(pixel[0] - r) <= 2 && abs(pixel[1] - g) <= 2 && abs(pixel[2] - b) <= 2;
}

static void cells_are_where_and_what_they_are(void **state) {
    STAND(state);
    begin(&stand->scene);
    struct scene_texel *texels;
    struct scene_raster *raster = scene_add_raster(&stand->scene, 3, 2, &texels);
    *raster = (struct scene_raster){
        .width = 3, .height = 2, .first = raster->first, .low = {-1, -0.5f}, .high = {1, 0.5f}, .panes = 1};
    static const struct scene_texel cells[6] = {{250, 0, 0, 255},  {0, 250, 0, 255},  {0, 0, 250, 255},
                                                {9, 99, 199, 255}, {10, 10, 10, 128}, {70, 70, 70, 0}};
    memcpy(texels, cells, sizeof cells);
    scene_finish_raster(&stand->scene);
    struct image image = stand_picture(stand, 200, 100, 1, 1);
    assert_true(is_color(pixel_at(&image, 60, 60), 250, 0, 0)); /* low y first: below */
    assert_true(is_color(pixel_at(&image, 100, 60), 0, 250, 0));
    assert_true(is_color(pixel_at(&image, 145, 70), 0, 0, 250));
    assert_true(is_color(pixel_at(&image, 60, 40), 9, 99, 199));
    const struct color ground = stand->scene.theme->ground;
    int r = (int)lrintf(255 * ground.r), g = (int)lrintf(255 * ground.g), b = (int)lrintf(255 * ground.b);
    assert_true(is_color(pixel_at(&image, 140, 40), r, g, b)); /* nothing */
    assert_true(is_color(pixel_at(&image, 20, 50), r, g, b));  /* beside it */
    int dark = 255, light = 0;
    for (int x = 70; x < 130; x++) {
        int value = pixel_at(&image, x, 40)[0];
        dark = value < dark ? value : dark;
        if (x > 88 && x < 112) light = value > light ? value : light;
    }
    assert_true(dark < 130 && light > 180); /* stripes */
    image_destroy(&image);
    /* Another revision is sent, the same is not. */
    image = stand_picture(stand, 200, 100, 1, 1);
    image_destroy(&image);
    assert_int_equal(renderer_statistics(stand->renderer).uploaded, 0);
    stand->scene.texels[0] = (struct scene_texel){1, 2, 3, 255};
    scene_finish_raster(&stand->scene);
    image = stand_picture(stand, 200, 100, 1, 1);
    assert_true(is_color(pixel_at(&image, 60, 60), 1, 2, 3));
    image_destroy(&image);
}

static void dots_are_round_and_where_they_are(void **state) {
    STAND(state);
    struct scene *scene = &stand->scene;
    begin(scene);
    MEM_GROW(scene->swarms, scene->swarm_capacity, 2);
    MEM_GROW(scene->motes, scene->mote_capacity, 3);
    scene->motes[0] = (struct scene_mote){-1, 0.5f, 0};
    scene->motes[1] = (struct scene_mote){1, -0.5f, 0};
    scene->motes[2] = (struct scene_mote){0, 0, 0};
    scene->swarms[0] =
        (struct scene_swarm){.count = 2, .color = {1, 0, 0, 1}, .casing = {0, 0, 0, 1}, .size = 20, .panes = 1};
    scene->swarms[1] = (struct scene_swarm){.first = 2, .count = 1, .color = {0, 0, 1, 1}, .size = 20, .panes = 2};
    scene->swarm_count = 2;
    scene->mote_count = 3;
    struct image image = stand_picture(stand, 200, 100, 1, 1);
    assert_true(is_color(pixel_at(&image, 50, 25), 255, 0, 0) && is_color(pixel_at(&image, 150, 75), 255, 0, 0));
    assert_true(pixel_at(&image, 59, 25)[0] < 40);                /* the rim */
    assert_false(is_color(pixel_at(&image, 58, 33), 0, 0, 0));    /* beyond it, though within the square */
    assert_false(is_color(pixel_at(&image, 100, 50), 0, 0, 255)); /* of another pane */
    image_destroy(&image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_where_and_what_they_are),
        cmocka_unit_test(dots_are_round_and_where_they_are),
    };
    return cmocka_run_group_tests(tests, stand_up, stand_down);
}
