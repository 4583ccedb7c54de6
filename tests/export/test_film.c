/* What a film shows frame by frame, how long it lasts, and what a picture's shape makes of a view. */
#include "../test.h"
#include "export/export.h"

#include <stdlib.h>
#include <string.h>

static struct view standing(void) {
    return (struct view){
        .camera = camera_default(30, 40), .flat_camera = camera_from_above(), .step = 70, .selected = -1};
}

static void assert_camera(const struct film *film, const struct view *view, int k, const struct camera *right) {
    struct view seen = film_view(film, view, k);
    assert_memory_equal(&seen.camera, right, sizeof *right);
}

static void kinds_by_ending(void **state) {
    static const struct {
        const char *path;
        int kind; /* −1: none */
    } cases[] = {{"a.png", EXPORT_PICTURE},
                 {"dir.x/a.SVG", EXPORT_FIGURE},
                 {"a.pdf", EXPORT_FIGURE},
                 {"a.Mp4", EXPORT_FILM},
                 {"a.gif", EXPORT_FILM},
                 {"a.bmp", -1},
                 {"png", -1},
                 {".png", -1},
                 {"dir.png/a", -1},
                 {"dir/.gif", -1},
                 {"", -1},
                 {"a.png.", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum export_kind kind = EXPORT_PICTURE;
        struct error error = {0};
        bool known = export_kind_of(cases[i].path, &kind, &error);
        assert_int_equal(known ? (int)kind : -1, cases[i].kind);
        assert_int_equal(error.kind == ERROR_INPUT, !known);
    }
}

static void a_run_goes_from_its_first_step_to_its_last(void **state) {
    struct view view = standing();
    struct film film = {.move = FILM_RUN, .from = 20, .to = 120, .seconds = 5, .rate = 20, .degrees = 30};
    assert_int_equal(film_frames(&film), 100);
    int64_t before = -1;
    for (int k = 0; k < 100; k++) {
        struct view seen = film_view(&film, &view, k);
        assert_true(seen.step >= before);
        if (k >= 79) assert_int_equal(seen.step, 120); /* a second of rest */
        before = seen.step;
    }
    assert_int_equal(film_view(&film, &view, 0).step, 20);
    assert_true(film_view(&film, &view, 78).step < 120);
    double first = (double)film_view(&film, &view, 0).camera.azimuth,
           last = (double)film_view(&film, &view, 99).camera.azimuth;
    assert_near(fabs(last - first), 30, 1e-3);
    film.degrees = 0;
    assert_camera(&film, &view, 42, &view.camera);
}

static void a_turn_goes_round_without_a_stop(void **state) {
    struct view view = standing();
    struct film film = {.move = FILM_TURN, .seconds = 9, .rate = 10, .degrees = 360};
    double before = (double)view.camera.azimuth;
    for (int k = 1; k < 90; k++) {
        struct view seen = film_view(&film, &view, k);
        double step = fmod((double)seen.camera.azimuth - before + 720, 360);
        assert_near(fmin(step, 360 - step), 4, 1e-2); /* 360/90, the last one too */
        assert_int_equal(seen.step, 70);
        assert_near((double)seen.camera.elevation, 40, 1e-5);
        before = (double)seen.camera.azimuth;
    }
}

static void an_approach_ends_on_the_view(void **state) {
    struct view view = standing();
    struct film film = {.move = FILM_APPROACH, .seconds = 4, .rate = 10, .start = camera_default(-60, 20)};
    assert_camera(&film, &view, 0, &film.start);
    assert_camera(&film, &view, 39, &view.camera);
    view.kind = VIEW_CONTOUR;
    film.start = camera_from_above();
    camera_zoom(&film.start, 0.5f);
    struct view half = film_view(&film, &view, 15);
    assert_memory_equal(&half.camera, &view.camera, sizeof view.camera);
    assert_true(half.flat_camera.distance < film.start.distance &&
                half.flat_camera.distance > view.flat_camera.distance);
}

static void length_follows_from_speed(void **state) {
    assert_near(film_seconds(0, 300, 1), 11, 1e-9); /* ten seconds, one of rest */
    assert_near(film_seconds(100, 160, 1), 2, 1e-9);
    assert_near(film_seconds(0, 3000, 4), 26, 1e-9);
    assert_near(film_seconds(5, 5, 1), 0.1, 1e-9); /* one picture is a film too */
    struct film film = {.to = 300, .seconds = film_seconds(0, 300, 1), .rate = 30};
    struct view view = standing();
    for (int k = 0; k < 300; k++) /* at speed 1 each step is one frame of thirty a second */
        assert_true(llabs(film_view(&film, &view, k).step - k) <= 1);
}

static void a_shape_frames_the_view(void **state) {
    struct view view = standing();
    view.hover = true;
    struct frame_shape shape = {.width = 3840, .height = 2160};
    struct view seen = frame_view(&shape, &view);
    assert_near((double)seen.width, 1280, 1e-3);
    assert_near((double)seen.height_px, 720, 1e-3);
    assert_true(seen.title && seen.figures && seen.legend && !seen.hover);
    shape = (struct frame_shape){.width = 300, .height = 200, .bare = true, .no_legend = true};
    assert_near((double)frame_scale(&shape), 0.5, 1e-6);
    shape.scale = 2;
    seen = frame_view(&shape, &view);
    assert_near((double)seen.width, 150, 1e-3);
    assert_false(seen.title || seen.figures || seen.legend);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_by_ending),
        cmocka_unit_test(a_run_goes_from_its_first_step_to_its_last),
        cmocka_unit_test(a_turn_goes_round_without_a_stop),
        cmocka_unit_test(an_approach_ends_on_the_view),
        cmocka_unit_test(length_follows_from_speed),
        cmocka_unit_test(a_shape_frames_the_view),
    };
    return cmocka_run_group_tests_name("film", tests, NULL, NULL);
}
