/* Pictures: the same twice, of any size, whole when tiled, and as PNG files. */
#include "stand.h"

#include <epoxy/gl.h>
#include <png.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_same_scene_same_pixels(void **state) {
    STAND(state);
    sample_showcase(&stand->scene, THEME_PAPER, 96, false);
    struct image first = stand_picture(stand, 400, 300, 1, 1), second = stand_picture(stand, 400, 300, 1, 1);
    assert_memory_equal(first.rgb, second.rgb, 400 * 300 * 3);
    /* And so from a renderer that has drawn nothing else. */
    struct error error = {0};
    struct renderer *fresh = renderer_create(&(struct renderer_params){0}, &error);
    assert_non_null(fresh);
    image_destroy(&second);
    assert_true(renderer_picture(fresh, &stand->scene, 400, 300, 1, 1, NULL, &second, &error));
    assert_memory_equal(first.rgb, second.rgb, 400 * 300 * 3);
    renderer_destroy(&fresh);
    image_destroy(&first);
    image_destroy(&second);
}

static void test_odd_sizes(void **state) {
    STAND(state);
    sample_showcase(&stand->scene, THEME_NIGHT, 48, false);
    static const int sizes[][2] = {{1, 1}, {1, 2000}, {2000, 1}, {3, 5}, {333, 217}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct image image = stand_picture(stand, sizes[i][0], sizes[i][1], 1, 1);
        assert_int_equal(image.width, sizes[i][0]);
        assert_int_equal(image.height, sizes[i][1]);
        image_destroy(&image);
    }
    struct image image;
    struct error error = {0};
    assert_false(renderer_picture(stand->renderer, &stand->scene, 0, 10, 1, 1, NULL, &image, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_null(image.rgb);
    error = (struct error){0};
    assert_false(renderer_picture(stand->renderer, &stand->scene, 10, 16385, 1, 1, NULL, &image, &error));
    assert_non_null(strstr(error.message, "16384"));
}

/* A picture drawn in tiles (2600 pixels are more than are drawn at once) is the one drawn whole. */
static void test_tiles_join(void **state) {
    STAND(state);
    enum { W = 2600, H = 300 };
    sample_showcase(&stand->scene, THEME_PAPER, 64, false);
    struct image tiled = stand_picture(stand, W, H, 1, 1);
    GLuint framebuffer, color;
    glGenFramebuffers(1, &framebuffer);
    glGenRenderbuffers(1, &color);
    glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    glBindRenderbuffer(GL_RENDERBUFFER, color);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, W, H);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, color);
    struct draw_target target = {
        .framebuffer = framebuffer, .width = W, .height = H, .framebuffer_height = H, .scale = 1};
    renderer_draw(stand->renderer, &stand->scene, &target);
    uint8_t *whole = malloc(W * H * 3);
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glReadPixels(0, 0, W, H, GL_RGB, GL_UNSIGNED_BYTE, whole);
    long off = 0;
    for (int y = 0; y < H; y++)
        for (int i = 0; i < 3 * W; i++) off += abs(tiled.rgb[3 * y * W + i] - whole[3 * (H - 1 - y) * W + i]) > 3;
    /* Rounding moves an edge's coverage here and there; a seam or a shifted tile would be thousands. */
    assert_in_range(off, 0, 300);
    free(whole);
    glDeleteFramebuffers(1, &framebuffer);
    glDeleteRenderbuffers(1, &color);
    image_destroy(&tiled);
}

static void test_supersampled_is_the_mean(void **state) {
    STAND(state);
    sample_begin(&stand->scene, THEME_PAPER);
    sample_surface(&stand->scene, 65, 65, sample_himmelblau, 400);
    struct image large = stand_picture(stand, 400, 300, 2, 1), small = stand_picture(stand, 200, 150, 1, 2);
    for (int y = 0; y < 150; y++)
        for (int x = 0; x < 200; x++)
            for (int c = 0; c < 3; c++) {
                int sum = 2;
                for (int k = 0; k < 4; k++) sum += large.rgb[3 * ((2 * y + k / 2) * 400 + 2 * x + k % 2) + c];
                assert_int_equal(small.rgb[3 * (y * 200 + x) + c], sum / 4);
            }
    image_destroy(&large);
    image_destroy(&small);
}

static void test_png_round_trip(void **state) {
    struct image image = {.width = 37, .height = 23, .rgb = malloc(37 * 23 * 3)};
    for (int i = 0; i < 37 * 23 * 3; i++) image.rgb[i] = (uint8_t)(i * 7 + i / 111);
    char path[] = "/tmp/saddlescope-test-XXXXXX.png";
    int descriptor = mkstemps(path, 4);
    assert_true(descriptor >= 0);
    close(descriptor);
    struct error error = {0};
    if (!image_write_png(&image, path, &error)) fail_msg("%s", error.message);
    png_image file = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_file(&file, path));
    assert_int_equal(file.width, 37);
    assert_int_equal(file.height, 23);
    file.format = PNG_FORMAT_RGB;
    uint8_t *back = malloc(PNG_IMAGE_SIZE(file));
    assert_true(png_image_finish_read(&file, NULL, back, 0, NULL));
    assert_memory_equal(back, image.rgb, 37 * 23 * 3);
    free(back);
    unlink(path);
    assert_false(image_write_png(&image, "/nonexistent/folder/a.png", &error));
    assert_int_equal(error.kind, ERROR_MACHINE);
    assert_non_null(strstr(error.message, "/nonexistent/folder/a.png"));
    image_destroy(&image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_scene_same_pixels),
        cmocka_unit_test(test_odd_sizes),
        cmocka_unit_test(test_tiles_join),
        cmocka_unit_test(test_supersampled_is_the_mean),
        cmocka_unit_test(test_png_round_trip),
    };
    return cmocka_run_group_tests_name("picture", tests, stand_up, stand_down);
}
