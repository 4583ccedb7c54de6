#include "test.h"

#include "base/file.h"
#include "figure/figure.h"
#include "sample.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 640, HEIGHT = 480, LONGEST = 1 << 26 };

static char *write_and_read(const struct scene *scene, const char *ending, size_t *length) {
    char path[64];
    snprintf(path, sizeof path, "/tmp/test-figure-%d.%s", (int)getpid(), ending);
    struct error error = {0};
    if (!figure_write(scene, WIDTH, HEIGHT, path, &error)) fail_msg("%s", error.message);
    char *bytes = file_read(path, LONGEST, length, &error);
    assert_non_null(bytes);
    unlink(path);
    return bytes;
}

static int count_of(const char *text, const char *word) {
    int count = 0;
    for (const char *at = text; (at = strstr(at, word)); at += strlen(word)) count++;
    return count;
}

static float bowl(float x, float y) {
    return x * x + y * y;
}

/* Every point of every heavier contour of a round bowl, seen from above, lies on the circle of its level. */
static void test_contours_are_where_the_loss_is(void **state) {
    struct scene scene = {0};
    sample_begin(&scene, THEME_PAPER);
    sample_surface(&scene, 81, 81, bowl, 1);
    for (int i = 0; i < 81 * 81; i++) {
        float x = (float)(i % 81) / 40 - 1, y = (float)(i / 81) / 40 - 1;
        scene.surfaces[0].tone[i] = bowl(x, y);
        scene.surfaces[0].z[i] = 0;
    }
    scene.panes[0].flat = true;
    scene.panes[0].camera = camera_from_above();
    vec2 middle, right;
    assert_true(camera_project(&scene.panes[0].camera, WIDTH, HEIGHT, (vec3){0, 0, 0}, middle, NULL));
    assert_true(camera_project(&scene.panes[0].camera, WIDTH, HEIGHT, (vec3){1, 0, 0}, right, NULL));
    double unit = (double)(right[0] - middle[0]);
    assert_true(unit > 100);
    size_t length;
    char *svg = write_and_read(&scene, "svg", &length);
    int lines = 0, points = 0;
    double least = INFINITY, most = 0;
    for (char *at = svg; (at = strstr(at, "stroke-width:1.2;")); at++) {
        char *d = strstr(at, " d=\""), *end = d ? strchr(d + 4, '"') : NULL;
        assert_non_null(end);
        lines++;
        double radius = -1, x, y;
        int used;
        for (char *p = d + 4; p < end; p += used) {
            if (sscanf(p, " M %lf %lf%n", &x, &y, &used) != 2 && sscanf(p, " L %lf %lf%n", &x, &y, &used) != 2) break;
            double here = hypot(x - (double)middle[0], y - (double)middle[1]) / unit;
            double level = round(here * here / 0.25) * 0.25; /* every fifth of 0.05 */
            assert_true(level > 0);
            if (radius < 0) radius = sqrt(level);
            assert_near(here, radius, 0.002);
            points++;
            least = fmin(least, here);
            most = fmax(most, here);
        }
    }
    assert_true(lines >= 7); /* four circles, and what the corners cut into pieces */
    assert_true(points > 400);
    assert_near(least, 0.5, 0.002);
    assert_near(most, M_SQRT2, 0.002); /* the corners' own level */
    free(svg);
    scene_release(&scene);
}

/* A line behind the wall is left out, one before it is drawn, one that may show through is drawn fainter. */
static void test_what_is_behind_the_surface_is_hidden(void **state) {
    static const struct {
        float y, hidden;
        int lines;
    } cases[] = {{0.8f, 0, 0}, {-0.8f, 0, 1}, {0.8f, 0.3f, 1}};
    for (int i = 0; i < 3; i++) {
        struct scene scene = {0};
        sample_begin(&scene, THEME_PAPER);
        scene.panes[0].camera = camera_default(0, 8);
        sample_surface(&scene, 65, 65, sample_ridge, 1);
        int first = sample_point(&scene, -0.1f, cases[i].y, 0.02f, 1);
        sample_point(&scene, 0.1f, cases[i].y, 0.02f, 1);
        struct scene_line *line = sample_line(&scene, first, 2, color_hex(0xff00ff), 3);
        line->hidden_alpha = cases[i].hidden;
        line->casing.a = 0;
        size_t length;
        char *svg = write_and_read(&scene, "svg", &length);
        const char *at = strstr(svg, "stroke:rgb(100%,0%,100%)");
        assert_int_equal(at != NULL, cases[i].lines);
        double opacity = -1;
        if (at && (at = strstr(at, "stroke-opacity:"))) sscanf(at, "stroke-opacity:%lf", &opacity);
        if (cases[i].lines) assert_near(opacity, cases[i].hidden > 0 ? (double)cases[i].hidden : 1, 0.03);
        free(svg);
        scene_release(&scene);
    }
}

/* Of two dots the one behind the wall is left out. */
static void test_swarms_are_hidden_too(void **state) {
    struct scene scene = {0};
    sample_begin(&scene, THEME_PAPER);
    scene.panes[0].camera = camera_default(0, 8);
    sample_surface(&scene, 65, 65, sample_ridge, 1);
    struct scene_mote motes[2] = {{0, 0.8f, 0.02f}, {0, -0.8f, 0.02f}};
    struct scene_swarm swarm = {.count = 2, .color = color_hex(0xff00ff), .size = 5, .panes = 1};
    scene.motes = motes;
    scene.mote_count = 2;
    scene.swarms = &swarm;
    scene.swarm_count = 1;
    size_t length;
    char *svg = write_and_read(&scene, "svg", &length);
    char *at = strstr(svg, "stroke:rgb(100%,0%,100%)"), *d = at ? strstr(at, " d=\"") : NULL;
    char *end = d ? strchr(d + 4, '"') : NULL;
    assert_non_null(end);
    if (end) *end = '\0';
    if (d) assert_int_equal(count_of(d, "M "), 1);
    free(svg);
    scene.motes = NULL;
    scene.swarms = NULL;
    scene.mote_count = scene.swarm_count = 0;
    scene_release(&scene);
}

static void test_labels_never_lie_upon_each_other(void **state) {
    int letters[2];
    for (int apart = 0; apart < 2; apart++) {
        struct scene scene = {0};
        sample_begin(&scene, THEME_PAPER);
        sample_label(&scene, "Momentum", 0, 0, 0)->priority = 2;
        sample_label(&scene, "RMSProp", apart ? 0.6f : 0, 0, 0)->priority = 1;
        size_t length;
        char *svg = write_and_read(&scene, "svg", &length);
        letters[apart] = count_of(svg, "<use ");
        free(svg);
        scene_release(&scene);
    }
    assert_int_equal(letters[0], (int)strlen("Momentum"));
    assert_int_equal(letters[1], (int)strlen("MomentumRMSProp"));
}

/* Cairo numbers an SVG's parts on through all documents of a process. */
static size_t without_numbers_of_parts(char *text, size_t length) {
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9', after_letter = kept > 0 && text[kept - 1] >= 'a';
        if (!(digit && after_letter)) text[kept++] = text[i];
    }
    return kept;
}

static void test_same_scene_same_bytes(void **state) {
    static const char *const endings[] = {"svg", "pdf"};
    for (int theme = 0; theme < 2; theme++)
        for (int k = 0; k < 2; k++) {
            struct scene scene = {0};
            sample_showcase(&scene, theme ? THEME_NIGHT : THEME_PAPER, 65, theme == 1);
            size_t first, second;
            char *one = write_and_read(&scene, endings[k], &first),
                 *other = write_and_read(&scene, endings[k], &second);
            if (k == 0) {
                first = without_numbers_of_parts(one, first);
                second = without_numbers_of_parts(other, second);
            }
            assert_int_equal(first, second);
            assert_memory_equal(one, other, first);
            assert_memory_equal(one, k ? "%PDF-1" : "<?xml ", 6);
            assert_non_null(strstr(one + first - 10, k ? "%%EOF" : "</svg>"));
            free(one);
            free(other);
            scene_release(&scene);
        }
}

static void test_wrong_paths_are_refused(void **state) {
    struct scene scene = {0};
    sample_begin(&scene, THEME_PAPER);
    struct error error = {0};
    assert_false(figure_write(&scene, WIDTH, HEIGHT, "figure.eps", &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_non_null(strstr(error.message, ".svg or .pdf"));
    error = (struct error){0};
    assert_false(figure_write(&scene, WIDTH, HEIGHT, "/nowhere/at/all.svg", &error));
    assert_int_not_equal(error.kind, ERROR_NONE);
    scene_release(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contours_are_where_the_loss_is),
        cmocka_unit_test(test_what_is_behind_the_surface_is_hidden),
        cmocka_unit_test(test_swarms_are_hidden_too),
        cmocka_unit_test(test_labels_never_lie_upon_each_other),
        cmocka_unit_test(test_same_scene_same_bytes),
        cmocka_unit_test(test_wrong_paths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
