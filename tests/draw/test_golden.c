/* Golden pictures: twelve scenes as software OpenGL draws them, compared with those committed under golden/.
 *
 * Made without letters, which are the installed fonts' affair. A picture passes when at most STRONG_SHARE of its pixels are
 * off by more than STRONG in a channel (sRGB, 0 … 255), and the mean difference in the worst tile of TILE × TILE pixels is
 * at most TILE_MOST: edges may be smoothed a little otherwise by another version of Mesa, but nothing may stand elsewhere.
 * That a path one pixel aside fails is tested of every one of them.
 *
 * After a change that is meant: `LIBGL_ALWAYS_SOFTWARE=1 build/tests/draw/test_draw_golden --renew`, and look at each. On
 * failure golden-NAME.png is left where the test ran: the golden picture, the new one, and how they differ. */
#include "../scene/scene_fixture.h"
#include "stand.h"

#include <png.h>

enum { WIDTH = 480, HEIGHT = 300, SCENES = 12, TILE = 15, STRONG = 40 };
static const float scale = 0.6f;
static const double strong_share = 0.0012, tile_most = 10;

/* ---- the scenes --------------------------------------------------------------------------------------------------- */

static const char *const holes_yaml = "objective:\n"
                                      "  expression: log(x^2 + y - 0.5) + 0.3*x\n"
                                      "  variables: [x, y]\n"
                                      "  domain: [[-2, 2], [-2, 2]]\n"
                                      "start: [1.8, 1.6]\n"
                                      "grid: [81, 81]\n"
                                      "optimizers:\n"
                                      "  - {name: sgd, lr: 0.1}\n"
                                      "  - {name: adam, lr: 0.05}\n";
static const char *const network_yaml = "objective:\n"
                                        "  network: {layers: [2, 4, 2], activation: tanh}\n"
                                        "  data: {name: moons, samples: 40, noise: 0.1, seed: 1}\n"
                                        "  loss: cross_entropy\n"
                                        "start: {seed: 5}\n"
                                        "plane: {name: pca}\n"
                                        "grid: [61, 61]\n"
                                        "optimizers:\n"
                                        "  - {name: momentum, lr: 0.1, momentum: 0.9}\n"
                                        "  - {name: adam, lr: 0.05}\n"
                                        "  - {name: rmsprop, lr: 0.03}\n";

struct golden {
    const char *name, *experiment, *other; /* of the assets, or a text */
    enum view_kind kind;
    enum theme_kind theme;
    enum colormap_kind colormap;
    enum height_mapping height;
    int selected; /* from 1; 0: none */
    float azimuth, elevation;
    bool hover, free;
};
static const struct golden goldens[SCENES] = {
    {"saddle", "saddle", NULL, VIEW_OVERLAY, THEME_PAPER, COLORMAP_TERRAIN, HEIGHT_LOG, 0, 35, 32, false, false},
    {"saddle-eigen", "saddle", NULL, VIEW_OVERLAY, THEME_NIGHT, COLORMAP_TERRAIN, HEIGHT_LOG, 1, 25, 40, false, false},
    {"saddle-contour", "saddle", NULL, VIEW_CONTOUR, THEME_PAPER, COLORMAP_TERRAIN, HEIGHT_LOG, 0, 0, 0, true, false},
    {"saddle-split", "saddle", NULL, VIEW_SPLIT, THEME_NIGHT, COLORMAP_TERRAIN, HEIGHT_LINEAR, 0, 35, 32, true, false},
    {"himmelblau", "himmelblau", NULL, VIEW_OVERLAY, THEME_NIGHT, COLORMAP_VIRIDIS, HEIGHT_LOG, 0, 30, 38, false, false},
    {"himmelblau-panes", "himmelblau", NULL, VIEW_SIDE_BY_SIDE, THEME_PAPER, COLORMAP_TERRAIN, HEIGHT_LOG, 0, 30, 38, false,
     false},
    {"himmelblau-contour", "himmelblau", NULL, VIEW_CONTOUR, THEME_PAPER, COLORMAP_CIVIDIS, HEIGHT_LOG, 0, 0, 0, false, false},
    {"rosenbrock", "rosenbrock", NULL, VIEW_OVERLAY, THEME_NIGHT, COLORMAP_CIVIDIS, HEIGHT_LOG, 0, 215, 25, true, false},
    {"rosenbrock-free", "rosenbrock", NULL, VIEW_SIDE_BY_SIDE, THEME_NIGHT, COLORMAP_TERRAIN, HEIGHT_LOG, 0, 0, 0, false,
     true},
    {"losses", "logits", "logits-mse", VIEW_COMPARE, THEME_PAPER, COLORMAP_TERRAIN, HEIGHT_LINEAR, 0, 35, 30, false, false},
    {"holes", holes_yaml, NULL, VIEW_OVERLAY, THEME_PAPER, COLORMAP_VIRIDIS, HEIGHT_LINEAR, 0, 340, 35, false, false},
    {"network", network_yaml, NULL, VIEW_OVERLAY, THEME_PAPER, COLORMAP_TERRAIN, HEIGHT_LOG, 0, 35, 30, false, false},
};
enum { STEPS = 60 };

static struct fixture trained(const char *experiment) {
    struct fixture fixture;
    char path[512];
    if (strchr(experiment, '\n')) {
        fixture = fixture_open(experiment);
    } else {
        struct error error = {0};
        snprintf(path, sizeof path, ASSETS "/experiments/%s.yaml", experiment);
        linalg_init();
        fixture = (struct fixture){.experiment = experiment_load(path, &error)};
        if (!fixture.experiment) fail_msg("%s", error.message);
        int n = objective_dimension(fixture.experiment->objective);
        fixture.timeline = timeline_create(experiment_run_count(fixture.experiment), n, (size_t)64 << 20);
        fixture_exhibit(&fixture);
    }
    fixture_train(&fixture, STEPS);
    fixture_finish(&fixture);
    return fixture;
}

/* `aside`: how many pixels the paths stand to the right of where they are. */
static struct image golden_draw(struct stand *stand, const struct golden *golden, float aside) {
    struct fixture one = trained(golden->experiment), other = {0};
    struct view view = view_default(one.experiment);
    struct scene *scene = &stand->scene;
    view.kind = golden->kind;
    view.theme = golden->theme;
    view.colormap = golden->colormap;
    view.height = golden->height;
    view.selected = golden->selected - 1;
    if (golden->elevation > 0) view.camera = camera_default(golden->azimuth, golden->elevation);
    view.free_cameras = golden->free;
    for (int i = 0; i < EXPERIMENT_MAX_OPTIMIZERS; i++) view.cameras[i] = camera_default(40.0f * (float)i, 35);
    view.hover = golden->hover;
    view.hover_at[0] = 0.4;
    view.hover_at[1] = 0.7;
    view.width = WIDTH / scale;
    view.height_px = HEIGHT / scale;
    if (golden->other) other = trained(golden->other);
    view.other = other.exhibit;
    scene_build(scene, one.exhibit, &view);
    for (size_t i = 0; i < scene->line_count && aside != 0; i++) {
        struct scene_line *line = &scene->lines[i];
        if (line->kind != PICK_PATH) continue;
        int pane = 0;
        while (!(line->panes >> pane & 1)) pane++;
        const struct scene_pane *shown = &scene->panes[pane];
        float width = shown->width * view.width, height = shown->height * view.height_px;
        for (int k = 0; k < line->count; k++) {
            float *at = scene->points[line->first + k].at;
            vec3 right = {cosf(glm_rad(shown->camera.azimuth)), sinf(glm_rad(shown->camera.azimuth)), 0}, moved;
            vec2 from, to;
            glm_vec3_add(at, right, moved);
            if (!camera_project(&shown->camera, width, height, at, from, NULL) ||
                !camera_project(&shown->camera, width, height, moved, to, NULL))
                continue;
            glm_vec3_muladds(right, aside / scale / glm_vec2_distance(from, to), at);
        }
    }
    scene->label_count = 0;
    struct image image = stand_picture(stand, WIDTH, HEIGHT, scale, 2);
    if (golden->other) fixture_close(&other);
    fixture_close(&one);
    return image;
}

/* ---- comparing ---------------------------------------------------------------------------------------------------- */

static char *golden_path(const struct golden *golden, char path[512]) {
    snprintf(path, 512, FIXTURES "/draw/golden/%s.png", golden->name);
    return path;
}

static struct image golden_read(const struct golden *golden) {
    char path[512];
    png_image png = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_file(&png, golden_path(golden, path))) fail_msg("%s: %s", path, png.message);
    png.format = PNG_FORMAT_RGB;
    struct image image = {.width = (int)png.width, .height = (int)png.height, .rgb = malloc(PNG_IMAGE_SIZE(png))};
    if (!png_image_finish_read(&png, NULL, image.rgb, 0, NULL)) fail_msg("%s: %s", path, png.message);
    return image;
}

struct difference {
    double strong, tile; /* share of pixels; mean difference in the worst tile */
};

static int channel_most(const struct image *one, const struct image *other, size_t pixel) {
    int most = 0;
    for (size_t c = 0; c < 3; c++) {
        int off = abs((int)one->rgb[3 * pixel + c] - (int)other->rgb[3 * pixel + c]);
        if (off > most) most = off;
    }
    return most;
}

static struct difference compare_images(const struct image *one, const struct image *other) {
    struct difference difference = {0};
    assert_int_equal(one->width, WIDTH);
    assert_int_equal(one->height, HEIGHT);
    double sums[(WIDTH / TILE) * (HEIGHT / TILE)] = {0};
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            int off = channel_most(one, other, (size_t)(y * WIDTH + x));
            difference.strong += off > STRONG;
            sums[y / TILE * (WIDTH / TILE) + x / TILE] += off;
        }
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        difference.tile = fmax(difference.tile, sums[i] / (TILE * TILE));
    difference.strong /= WIDTH * HEIGHT;
    return difference;
}

static bool passes(struct difference difference) {
    return difference.strong <= strong_share && difference.tile <= tile_most;
}

/* The golden picture, the new one and, darker where they differ, their difference. */
static void leave_beside(const struct golden *golden, const struct image *want, const struct image *got) {
    struct image image = {.width = 3 * WIDTH, .height = HEIGHT, .rgb = malloc(9 * (size_t)WIDTH * HEIGHT)};
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            size_t from = (size_t)(y * WIDTH + x), row = (size_t)y * 3 * WIDTH;
            uint8_t off = (uint8_t)(255 - channel_most(want, got, from));
            memcpy(image.rgb + 3 * (row + (size_t)x), want->rgb + 3 * from, 3);
            memcpy(image.rgb + 3 * (row + WIDTH + (size_t)x), got->rgb + 3 * from, 3);
            memset(image.rgb + 3 * (row + 2 * WIDTH + (size_t)x), off, 3);
        }
    char path[128];
    struct error error = {0};
    snprintf(path, sizeof path, "golden-%s.png", golden->name);
    if (image_write_png(&image, path, &error)) print_message("# left beside: %s\n", path);
    image_destroy(&image);
}

/* Other machines' drivers draw edges in their own ways: the pictures are software OpenGL's. */
#define GOLDEN_STAND(state)                                                                                            \
    STAND(state);                                                                                                      \
    if (!strstr(offscreen_description(stand->offscreen), "llvmpipe")) skip()

static void test_look_as_they_did(void **state) {
    GOLDEN_STAND(state);
    int failed = 0;
    for (int i = 0; i < SCENES; i++) {
        struct image got = golden_draw(stand, &goldens[i], 0), want = golden_read(&goldens[i]);
        struct difference difference = compare_images(&want, &got);
        if (!passes(difference)) {
            print_message("# %s: %.3f %% of the pixels are off by more than %d (%.3f %% may), worst tile %.1f (%.1f may)\n",
                          goldens[i].name, 100 * difference.strong, STRONG, 100 * strong_share, difference.tile, tile_most);
            leave_beside(&goldens[i], &want, &got);
            failed++;
        }
        image_destroy(&got);
        image_destroy(&want);
    }
    if (failed) fail_msg("%d of %d pictures changed; where that was meant, renew them (see this file's head)", failed, SCENES);
}

static void test_one_pixel_aside_fails(void **state) {
    GOLDEN_STAND(state);
    for (int i = 0; i < SCENES; i++) {
        struct image got = golden_draw(stand, &goldens[i], 1), want = golden_read(&goldens[i]);
        struct difference difference = compare_images(&want, &got);
        print_message("# %s, paths a pixel aside: %.3f %% strong, worst tile %.1f\n", goldens[i].name,
                      100 * difference.strong, difference.tile);
        if (passes(difference))
            fail_msg("%s: paths a pixel aside pass: %.3f %% strong, worst tile %.1f", goldens[i].name,
                     100 * difference.strong, difference.tile);
        image_destroy(&got);
        image_destroy(&want);
    }
}

static void renew(void **state) {
    GOLDEN_STAND(state);
    for (int i = 0; i < SCENES; i++) {
        char path[512];
        struct error error = {0};
        struct image image = golden_draw(stand, &goldens[i], 0);
        if (!image_write_png(&image, golden_path(&goldens[i], path), &error)) fail_msg("%s", error.message);
        print_message("# %s\n", path);
        image_destroy(&image);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_look_as_they_did),
        cmocka_unit_test(test_one_pixel_aside_fails),
    };
    const struct CMUnitTest renewal[] = {cmocka_unit_test(renew)};
    if (argc > 1 && strcmp(argv[1], "--renew") == 0) return cmocka_run_group_tests(renewal, stand_up, stand_down);
    return cmocka_run_group_tests(tests, stand_up, stand_down);
}
