/* Charts: marks land where the axes say, nothing leaves the plot or the picture, and gaps stay gaps. */
#include "scene/chart.h"

#include "base/text.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 800, HEIGHT = 500 };

struct place {
    float x, y;
};

static struct place place_of(const struct scene *scene, const vec3 at) {
    vec2 pixel;
    assert_true(camera_project(&scene->panes[0].camera, WIDTH, HEIGHT, at, pixel, NULL));
    return (struct place){pixel[0], pixel[1]};
}

/* Where the tick of this text stands on axis 0 or 1: on it the words are centred below, or end at its left. */
static float tick_of(const struct scene *scene, int axis, const char *text) {
    for (size_t i = 0; i < scene->label_count; i++) {
        const struct scene_label *label = &scene->labels[i];
        bool ours = axis == 0 ? label->anchor[0] == 0.5f && label->anchor[1] == 0
                              : label->anchor[0] == 1 && label->anchor[1] == 0.5f;
        if (ours && strcmp(label->text, text) == 0) return label->at[axis];
    }
    fail_msg("no tick \"%s\"", text);
    return 0;
}

static struct chart chart_of(const struct chart_series *series, size_t count) {
    return (struct chart){.title = "A chart",
                          .caption =
                              "What is to be seen, in so many words that they take more than one line of a picture of "
                              "this size, and how it was found, which takes some more again.",
                          .x = {.name = "across"},
                          .y = {.name = "up"},
                          .series = series,
                          .series_count = count,
                          .width = WIDTH,
                          .height = HEIGHT};
}

static void dots_stand_where_the_axes_say(void **state) {
    (void)state;
    const double x[] = {0, 10, 5}, y[] = {1, 1000, 10};
    const struct chart_series series = {.name = "dots", .kind = CHART_DOTS, .x = x, .y = y, .count = 3};
    struct chart chart = chart_of(&series, 1);
    struct scene scene = {0};
    chart.x.low = 0;
    chart.x.high = 10;
    chart.y = (struct chart_axis){.name = "up", .logarithmic = true, .low = 1, .high = 1000};
    chart_build(&scene, &chart);
    assert_int_equal(scene.glyph_count, 3);
    static const char *const ticks[3][2] = {{"0", "1"}, {"10", "1000"}, {"5", "10"}};
    for (size_t i = 0; i < 3; i++) {
        struct place at = place_of(&scene, scene.glyphs[i].at);
        char words[NUMBER_TEXT];
        assert_near(at.x, tick_of(&scene, 0, ticks[i][0]), 1e-4);
        assert_near(at.y, tick_of(&scene, 1, number_text(atof(ticks[i][1]), 3, words)), 1e-4);
    }
    scene_release(&scene);
}

static void lines_keep_to_the_plot_and_to_their_gaps(void **state) {
    (void)state;
    const double x[] = {0, 1, 2, 3, 4, 5, 6}, y[] = {0, 10, NAN, 0.5, 0.25, -10, 0.5};
    const struct chart_series series = {.kind = CHART_LINE, .x = x, .y = y, .count = 7, .color = {1, 0, 0, 1}};
    struct chart chart = chart_of(&series, 1);
    struct scene scene = {0};
    chart.x.low = 0;
    chart.x.high = 6;
    chart.y.low = 0;
    chart.y.high = 1;
    chart_build(&scene, &chart);
    float left = WIDTH, right = 0, top = HEIGHT, bottom = 0;
    int lines = 0, points = 0;
    for (size_t i = 0; i < scene.line_count; i++) {
        const struct scene_line *line = &scene.lines[i];
        bool ours = line->color.r == 1 && line->color.g == 0;
        lines += ours;
        for (int k = 0; k < line->count; k++) {
            struct place at = place_of(&scene, scene.points[line->first + k].at);
            if (ours) {
                left = fminf(left, at.x);
                right = fmaxf(right, at.x);
                top = fminf(top, at.y);
                bottom = fmaxf(bottom, at.y);
                points++;
            }
            assert_true(at.x >= 0 && at.x <= WIDTH && at.y >= 0 && at.y <= HEIGHT);
        }
    }
    /* From 0 up and out at the top; after the gap down and out at the bottom; and back in. */
    assert_int_equal(lines, 3);
    assert_int_equal(points, 2 + 3 + 2);
    assert_near(top, tick_of(&scene, 1, "1"), 1e-4);
    assert_near(bottom, tick_of(&scene, 1, "0"), 1e-4);
    assert_near(left, tick_of(&scene, 0, "0"), 1e-4);
    assert_near(right, tick_of(&scene, 0, "6"), 1e-4);
    scene_release(&scene);
}

/* All labels are within the picture, and those of one axis do not touch. */
static void words_fit(void **state) {
    (void)state;
    double x[40], y[40], shade[40];
    for (int i = 0; i < 40; i++) {
        x[i] = 1e-7 * (i + 1);
        y[i] = -12345.678 * i;
        shade[i] = i / 39.0;
    }
    const struct chart_series series[] = {
        {.name = "a line with a rather long name", .kind = CHART_AREA, .x = x, .y = y, .count = 40},
        {.name = "marks", .kind = CHART_DOTS, .x = x, .y = y, .count = 40, .shade = shade},
        {.name = "another line with a long name", .kind = CHART_LEVEL, .y = y + 3, .count = 1},
        {.name = "a fourth series whose name makes the legend's row too long",
         .kind = CHART_LINE,
         .x = x,
         .y = y,
         .count = 2},
    };
    static const float sizes[][2] = {{800, 500}, {320, 240}, {1600, 400}, {400, 900}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct chart chart = chart_of(series, 4);
        struct scene scene = {0};
        chart.width = sizes[s][0];
        chart.height = sizes[s][1];
        chart.shade_name = "shade";
        chart.shade_high = 1;
        chart.colormap = COLORMAP_VIRIDIS;
        chart_build(&scene, &chart);
        for (size_t i = 0; i < scene.label_count; i++) {
            const struct scene_label *label = &scene.labels[i];
            if (label->at[0] < 0 || label->at[1] < 0 || label->at[0] > chart.width || label->at[1] > chart.height)
                fail_msg("%g × %g: \"%s\" at %g, %g", chart.width, chart.height, label->text, label->at[0],
                         label->at[1]);
        }
        scene_release(&scene);
    }
}

static void an_empty_chart_is_one(void **state) {
    (void)state;
    const double nothing[] = {NAN, INFINITY};
    const struct chart_series series = {.kind = CHART_LINE, .x = nothing, .y = nothing, .count = 2};
    struct chart chart = chart_of(&series, 1);
    struct scene scene = {0};
    chart_build(&scene, &chart);
    assert_int_equal(scene.glyph_count, 0);
    chart.y.logarithmic = true;
    chart.series_count = 0;
    chart.title = chart.caption = NULL;
    chart_build(&scene, &chart);
    assert_true(scene.label_count > 0);
    scene_release(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dots_stand_where_the_axes_say),
        cmocka_unit_test(lines_keep_to_the_plot_and_to_their_gaps),
        cmocka_unit_test(words_fit),
        cmocka_unit_test(an_empty_chart_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
