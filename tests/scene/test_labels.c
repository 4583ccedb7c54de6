#include "scene/build.h"
#include "scene_fixture.h"

static void names_things_plainly(void **state) {
    assert_near(text_width("", TEXT_BODY), 0, 0);
    assert_true(text_width("鞍点", TEXT_SMALL) > text_width("ab", TEXT_SMALL));
    assert_near(text_width("λλ", TEXT_BODY), text_width("22", TEXT_BODY), 1e-6); /* by characters, not bytes */
    char texts[3][NUMBER_TEXT];
    tick_texts((double[]){15644.5, 15644.6, 15644.7}, 3, texts);
    assert_string_not_equal(texts[0], texts[1]);
    assert_string_not_equal(texts[1], texts[2]);
    tick_texts((double[]){-0.5, 0, 0.5}, 3, texts);
    assert_string_equal(texts[0], "−0.5");
}

struct place {
    float left, top, right, bottom;
};

static bool place_label(const struct scene *scene, const struct view *view, int pane, const struct scene_label *label,
                        struct place *out) {
    const struct scene_pane *shown = &scene->panes[pane];
    float width = shown->width * view->width, height = shown->height * view->height_px;
    vec2 at = {label->at[0], label->at[1]};
    if (label->on_screen) {
        if (at[0] < 0) at[0] += width;
        if (at[1] < 0) at[1] += height;
    } else if (!camera_project(&shown->camera, width, height, label->at, at, NULL)) {
        return false;
    }
    float wide = text_width(label->text, label->size), high = text_height(label->size);
    out->left = at[0] + label->offset[0] - label->anchor[0] * wide;
    out->top = at[1] + label->offset[1] - label->anchor[1] * high;
    out->right = out->left + wide;
    out->bottom = out->top + high;
    return true;
}

/* From all around, in every view and many shapes of window: no label upon another, none outside its pane, all of them
 * short. */
static void labels_keep_apart(void **state) {
    static const float sizes[][2] = {{1280, 720}, {640, 640}, {1024, 640}, {1920, 1080}, {700, 1000}};
    struct fixture fixture = fixture_open(saddle_yaml);
    fixture_train(&fixture, 121);
    fixture_finish(&fixture);
    struct scene scene = {0};
    size_t labels = 0;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (int kind = VIEW_OVERLAY; kind <= VIEW_CONTOUR; kind++) {
            for (float azimuth = 0; azimuth < 360; azimuth += 17) {
                struct view view = view_default(fixture.experiment);
                view.kind = (enum view_kind)kind;
                view.width = sizes[s][0];
                view.height_px = sizes[s][1];
                view.camera = camera_default(azimuth, 20 + azimuth / 6);
                scene_build(&scene, fixture.exhibit, &view);
                for (int p = 0; p < scene.pane_count; p++) {
                    for (size_t i = 0; i < scene.label_count; i++) {
                        const struct scene_label *one = &scene.labels[i];
                        struct place a, b;
                        if (!(one->panes >> p & 1) || !place_label(&scene, &view, p, one, &a)) continue;
                        labels++;
                        assert_true(one->text[0] != '\0' && strlen(one->text) < LABEL_TEXT);
                        if (a.left < -0.5f || a.top < -0.5f || a.right > scene.panes[p].width * view.width + 0.5f ||
                            a.bottom > scene.panes[p].height * view.height_px + 0.5f)
                            fail_msg("“%s” runs out of pane %d, view %d at %g×%g", one->text, p, kind, view.width,
                                     view.height_px);
                        for (size_t j = 0; j < i; j++) {
                            const struct scene_label *other = &scene.labels[j];
                            if (!(other->panes >> p & 1) || !place_label(&scene, &view, p, other, &b)) continue;
                            if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
                                fail_msg("“%s” lies on “%s”: view %d, azimuth %g, %g×%g", one->text, other->text, kind,
                                         azimuth, view.width, view.height_px);
                        }
                    }
                }
            }
        }
    }
    assert_true(labels > 5000);
    scene_release(&scene);
    fixture_close(&fixture);
}

static int ticks_seen(const struct scene *scene) {
    int count = 0;
    for (size_t i = 0; i < scene->label_count; i++) count += !scene->labels[i].on_screen;
    return count;
}

static void axes_carry_ticks_and_names(void **state) {
    struct fixture fixture = fixture_open(saddle_yaml);
    fixture_finish(&fixture);
    struct scene scene = {0};
    struct view view = view_default(fixture.experiment);
    for (int kind = VIEW_OVERLAY; kind <= VIEW_CONTOUR; kind += VIEW_CONTOUR) {
        view.kind = (enum view_kind)kind;
        view.axes = true;
        scene_build(&scene, fixture.exhibit, &view);
        bool names[2] = {false, false};
        for (size_t i = 0; i < scene.label_count; i++) {
            names[0] |= strcmp(scene.labels[i].text, "w₁") == 0;
            names[1] |= strcmp(scene.labels[i].text, "w₂") == 0;
        }
        assert_true(names[0] && names[1]);
        assert_true(ticks_seen(&scene) >= 10);
        view.axes = false;
        scene_build(&scene, fixture.exhibit, &view);
        assert_true(kind == VIEW_CONTOUR || ticks_seen(&scene) == 0);
    }
    /* Every switch off: nothing on the screen but the surface. */
    view.legend = view.title = view.color_bar = view.axes = false;
    view.kind = VIEW_OVERLAY;
    scene_build(&scene, fixture.exhibit, &view);
    assert_int_equal(scene.label_count + scene.box_count + scene.mark_count, 0);
    scene_release(&scene);
    fixture_close(&fixture);
}

/* The colour bar's figures stand at the heights where their losses have their colours. */
static void the_colour_bar_reads_true(void **state) {
    struct fixture fixture = fixture_open(saddle_yaml);
    fixture_finish(&fixture);
    struct scene scene = {0};
    struct view view = view_default(fixture.experiment);
    for (int mapping = HEIGHT_LINEAR; mapping <= HEIGHT_LOG; mapping++) {
        view.height = (enum height_mapping)mapping;
        scene_build(&scene, fixture.exhibit, &view);
        const struct scene_box *bar = NULL;
        for (size_t i = 0; i < scene.box_count; i++)
            if (scene.boxes[i].gradient) bar = &scene.boxes[i];
        assert_non_null(bar);
        int read = 0;
        for (size_t i = 0; i < scene.label_count; i++) {
            const struct scene_label *label = &scene.labels[i];
            char *end;
            double loss = strtod(label->text, &end);
            if (!label->on_screen || label->at[0] >= 0 || *end || end == label->text) continue;
            double tone = height_tone(exhibit_height_map(fixture.exhibit, view.height), loss);
            assert_near((bar->y + bar->height - label->at[1]) / bar->height, tone, 1e-3);
            read++;
        }
        assert_true(read >= 3);
    }
    scene_release(&scene);
    fixture_close(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_things_plainly),
        cmocka_unit_test(labels_keep_apart),
        cmocka_unit_test(axes_carry_ticks_and_names),
        cmocka_unit_test(the_colour_bar_reads_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
