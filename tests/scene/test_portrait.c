/* Pictures of what a network answers, pixel by pixel where it matters. */
#include "scene/portrait_picture.h"
#include "scene/scene.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 4, SIZE = 160 };

/* The left half is class 0, surely; the right half class 1, hardly. Three samples, the last named wrongly. */
static uint8_t best[SIDE * SIDE], named[3] = {0, 1, 1};
static float sure[SIDE * SIDE];
static double x[6] = {-0.5, 0.5, 0.5, 0.5, -0.5, -0.5};
static int32_t labels[3] = {0, 1, 0};
static struct portrait portrait = {.known = true, .best = named, .map_best = best, .map_sure = sure};
static struct portrait_set set = {.kind = PORTRAIT_MAP,
                                  .samples = 3,
                                  .classes = 2,
                                  .side = SIDE,
                                  .low = {-1, -1},
                                  .high = {1, 1},
                                  .count = 1,
                                  .portraits = &portrait};
static const struct data data = {
    .kind = DATA_CLASSES, .samples = 3, .features = 2, .x = x, .labels = labels, .classes = 2};

static void fill_map(void) {
    for (int i = 0; i < SIDE * SIDE; i++) {
        best[i] = i % SIDE >= SIDE / 2;
        sure[i] = best[i] ? 0.55f : 1;
    }
}

static struct color pixel(const uint8_t *rgba, int px, int py) {
    const uint8_t *at = rgba + 4 * (py * SIZE + px);
    assert_int_equal(at[3], 255);
    return (struct color){at[0] / 255.0f, at[1] / 255.0f, at[2] / 255.0f, 1};
}

static double apart(struct color a, struct color b) {
    return sqrt(pow(a.r - b.r, 2) + pow(a.g - b.g, 2) + pow(a.b - b.b, 2));
}

static void shades_classes_by_how_sure_it_is(void **state) {
    uint8_t *rgba = calloc(4 * SIZE * SIZE, 1);
    fill_map();
    for (int theme = 0; theme < 2; theme++) {
        const struct theme *look = theme_get((enum theme_kind)theme);
        portrait_picture(&set, 0, &data, look, SIZE, SIZE, 1, rgba);
        struct color left = pixel(rgba, 20, 20), right = pixel(rgba, 140, 140), panel = look->panel;
        assert_true(apart(left, class_color(0)) < apart(left, class_color(1)));
        struct color tints[2] = {color_mix(panel, class_color(0), 0.2f), color_mix(panel, class_color(1), 0.2f)};
        assert_true(apart(right, tints[1]) < 0.5 * apart(right, tints[0]));
        assert_true(apart(right, panel) < 0.5 * apart(left, panel)); /* hardly sure: hardly coloured */
        assert_true(apart(right, panel) > 0.02);
    }
    free(rgba);
}

/* Samples lie where their features say, the second one upwards, in their own class's colour; only the wrong one has a
 * ring. */
static void marks_samples_and_rings_mistakes(void **state) {
    uint8_t *rgba = calloc(4 * SIZE * SIZE, 1);
    const struct theme *look = theme_get(THEME_PAPER);
    fill_map();
    portrait_picture(&set, 0, &data, look, SIZE, SIZE, 1, rgba);
    static const int at[3][2] = {{40, 40}, {120, 40}, {40, 120}};
    for (int i = 0; i < 3; i++) {
        assert_true(apart(pixel(rgba, at[i][0], at[i][1]), class_color(labels[i])) < 0.02);
        int dark = 0;
        for (int dx = 5; dx < 14; dx++) dark += apart(pixel(rgba, at[i][0] + dx, at[i][1]), look->ink) < 0.15;
        assert_int_equal(dark > 0, i == 2);
    }
    free(rgba);
}

static void leaves_what_is_not_known_empty(void **state) {
    uint8_t *rgba = calloc(4 * SIZE * SIZE, 1);
    const struct theme *look = theme_get(THEME_NIGHT);
    portrait.known = false;
    portrait_picture(&set, 0, &data, look, SIZE, SIZE, 1, rgba);
    portrait.known = true;
    assert_true(apart(pixel(rgba, 40, 40), look->panel) < 0.01);
    free(rgba);
}

static void shows_an_image_as_it_is(void **state) {
    double pixels[36] = {0};
    uint8_t *rgba = calloc(4 * SIZE * SIZE, 1);
    const struct theme *look = theme_get(THEME_PAPER);
    const struct data image = {.kind = DATA_CLASSES, .samples = 1, .features = 36, .x = pixels, .bytes = true};
    pixels[1] = 1;       /* the first row's second pixel … */
    pixels[6 * 5] = 0.5; /* … and the last row's first */
    portrait_image(&image, 0, look, 60, 10, 20, SIZE, rgba);
    assert_true(apart(pixel(rgba, 10 + 15, 20 + 5), look->ink) < 0.01);
    assert_true(apart(pixel(rgba, 10 + 25, 20 + 5), look->panel) < 0.01);
    struct color middle = pixel(rgba, 10 + 5, 20 + 55);
    assert_true(fabsf(middle.r - (look->ink.r + look->panel.r) / 2) < 0.01f);
    assert_int_equal(rgba[4 * (19 * SIZE + 10) + 3], 0); /* nothing beside it */
    free(rgba);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shades_classes_by_how_sure_it_is),
        cmocka_unit_test(marks_samples_and_rings_mistakes),
        cmocka_unit_test(leaves_what_is_not_known_empty),
        cmocka_unit_test(shows_an_image_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
