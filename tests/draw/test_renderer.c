/* A scene of known geometry gives the expected pixels; what does not change is not sent again. */
#include "stand.h"

#include <epoxy/gl.h>

enum { WIDTH = 640, HEIGHT = 480 };

/* Where the pane's camera puts a world point, by the scene's own projection. */
static void project(const struct stand *stand, float x, float y, float z, float *out) {
    vec2 pixel;
    vec3 world = {x, y, z};
    const struct scene_pane *pane = &stand->scene.panes[0];
    assert_true(camera_project(&pane->camera, WIDTH, HEIGHT, world, pixel, NULL));
    out[0] = pixel[0];
    out[1] = pixel[1];
}

static void test_surface_covers_what_the_camera_projects(void **state) {
    STAND(state);
    sample_begin(&stand->scene, THEME_PAPER);
    sample_surface(&stand->scene, 65, 65, sample_plain, 1);
    stand->scene.surfaces[0].contour_step = 0;
    struct image image = stand_picture(stand, WIDTH, HEIGHT, 1, 1);
    float z = stand->scene.surfaces[0].z[0], corner[2];
    struct color ground = stand->scene.theme->ground;
    /* Just within each corner the surface, just without the ground. */
    static const float corners[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
    for (int i = 0; i < 4; i++) {
        project(stand, corners[i][0] * 0.97f, corners[i][1] * 0.97f, z, corner);
        assert_true(pixel_distance(pixel_at(&image, corner[0], corner[1]), ground) > 40);
        project(stand, corners[i][0] * 1.04f, corners[i][1] * 1.04f, z, corner);
        assert_true(pixel_distance(pixel_at(&image, corner[0], corner[1]), ground) <= 2);
    }
    /* A plain is one colour: that of its tone, within what the light does to a level ground. */
    project(stand, 0, 0, z, corner);
    const uint8_t *middle = pixel_at(&image, corner[0], corner[1]);
    struct color tint = stand->scene.colormap[(int)(stand->scene.surfaces[0].tone[0] * 255)];
    assert_true(pixel_distance(middle, tint) < 40);
    image_destroy(&image);
}

static void test_hole_is_hatched_and_never_coloured(void **state) {
    STAND(state);
    sample_begin(&stand->scene, THEME_PAPER);
    sample_surface(&stand->scene, 129, 129, sample_pierced, 1);
    stand->scene.panes[0].camera = camera_from_above();
    stand->scene.panes[0].flat = true;
    struct image image = stand_picture(stand, WIDTH, HEIGHT, 1, 1);
    int greys = 0, dark = 0, light = 0;
    for (int i = 0; i < 60; i++) {
        for (int j = 0; j < 60; j++) {
            float at[2];
            project(stand, -0.2f + 0.4f * (float)i / 60, -0.2f + 0.4f * (float)j / 60, 0, at);
            const uint8_t *pixel = pixel_at(&image, at[0], at[1]);
            /* The ground or the hatching's grey on it: nothing of the colour map's greens and browns. */
            greys += abs(pixel[0] - pixel[2]) < 18 && abs(pixel[0] - pixel[1]) < 12;
            if (pixel[0] < 215) dark++;
            if (pixel[0] > 240) light++;
        }
    }
    assert_int_equal(greys, 3600);
    assert_true(dark > 100);
    assert_true(light > 1500);
    image_destroy(&image);
}

static void test_line_runs_where_its_points_project(void **state) {
    STAND(state);
    sample_begin(&stand->scene, THEME_NIGHT);
    struct color orange = color_hex(0xE69F00);
    int first = sample_point(&stand->scene, -0.8f, -0.3f, 0.2f, 1);
    sample_point(&stand->scene, 0.1f, 0.5f, 0.3f, 1);
    sample_point(&stand->scene, 0.8f, -0.4f, 0.1f, 1);
    sample_line(&stand->scene, first, 3, orange, 5);
    struct image image = stand_picture(stand, WIDTH, HEIGHT, 1, 1);
    float ends[3][2];
    for (int i = 0; i < 3; i++)
        project(stand, stand->scene.points[i].at[0], stand->scene.points[i].at[1], stand->scene.points[i].at[2],
                ends[i]);
    for (int segment = 0; segment < 2; segment++) {
        const float *from = ends[segment], *to = ends[segment + 1];
        float length = hypotf(to[0] - from[0], to[1] - from[1]);
        for (float share = 0; share <= 1; share += 0.05f) {
            float x = from[0] + share * (to[0] - from[0]), y = from[1] + share * (to[1] - from[1]);
            assert_true(pixel_distance(pixel_at(&image, x, y), orange) <= 6);
            /* Five pixels wide: four to the side there is none, away from the other segment. */
            if (share < 0.1f || share > 0.8f || (segment == 1 && share < 0.2f)) continue;
            float nx = -(to[1] - from[1]) / length, ny = (to[0] - from[0]) / length;
            assert_true(pixel_distance(pixel_at(&image, x + 4.5f * nx, y + 4.5f * ny), orange) > 60);
            assert_true(pixel_distance(pixel_at(&image, x - 4.5f * nx, y - 4.5f * ny), orange) > 60);
        }
    }
    image_destroy(&image);
}

/* A translucent ribbon with a thousand joints is nowhere laid on twice. */
static void test_joints_of_a_faded_line_are_even(void **state) {
    STAND(state);
    sample_begin(&stand->scene, THEME_NIGHT);
    stand->scene.panes[0].camera = camera_from_above();
    stand->scene.panes[0].flat = true;
    int first = (int)stand->scene.point_count;
    for (int i = 0; i < 400; i++) {
        float angle = 5.5f * (float)i / 400;
        sample_point(&stand->scene, 0.6f * cosf(angle), 0.6f * sinf(angle), 0.1f, 0.5f);
    }
    sample_line(&stand->scene, first, 400, color_hex(0xFFFFFF), 8);
    struct image image = stand_picture(stand, WIDTH, HEIGHT, 1, 1);
    struct color half = color_mix(stand->scene.theme->ground, color_hex(0xFFFFFF), 0.5f);
    int brighter = 0, even = 0;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            const uint8_t *pixel = pixel_at(&image, (float)x, (float)y);
            brighter += pixel[0] > lrintf(half.r * 255) + 4;
            even += pixel_distance(pixel, half) <= 2;
        }
    assert_true(brighter <= 3);
    assert_true(even > 3000);
    image_destroy(&image);
}

static void test_hidden_line_is_fainter(void **state) {
    STAND(state);
    sample_begin(&stand->scene, THEME_NIGHT);
    stand->scene.panes[0].camera = camera_default(0, 12);
    sample_surface(&stand->scene, 129, 129, sample_ridge, 1);
    stand->scene.surfaces[0].contour_step = 0;
    struct color orange = color_hex(0xE69F00);
    /* One line before the wall, one behind it, at the same height. */
    int first = sample_point(&stand->scene, -0.5f, -0.75f, 0.1f, 1);
    sample_point(&stand->scene, 0.5f, -0.75f, 0.1f, 1);
    sample_point(&stand->scene, -0.5f, 0.75f, 0.1f, 1);
    sample_point(&stand->scene, 0.5f, 0.75f, 0.1f, 1);
    sample_line(&stand->scene, first, 2, orange, 4)->hidden_alpha = 0.15f;
    sample_line(&stand->scene, first + 2, 2, orange, 4)->hidden_alpha = 0.15f;
    struct image with = stand_picture(stand, WIDTH, HEIGHT, 1, 1);
    stand->scene.line_count = 0;
    struct image without = stand_picture(stand, WIDTH, HEIGHT, 1, 1);
    float before[2], behind[2];
    project(stand, 0.2f, -0.75f, 0.1f, before);
    project(stand, 0.2f, 0.75f, 0.1f, behind);
    assert_true(pixel_distance(pixel_at(&with, before[0], before[1]), orange) <= 6);
    const uint8_t *seen = pixel_at(&with, behind[0], behind[1]), *bare = pixel_at(&without, behind[0], behind[1]);
    for (int c = 0; c < 3; c += 2) { /* red and blue: 15 % of the way to orange */
        float want = 0.85f * (float)bare[c] + 0.15f * 255 * (c == 0 ? orange.r : orange.b);
        assert_near(seen[c], want, 3 / fmax(1, want));
    }
    image_destroy(&with);
    image_destroy(&without);
}

static void test_glyphs_stand_at_their_points(void **state) {
    STAND(state);
    struct color blue = color_hex(0x56B4E9);
    for (int shape = GLYPH_RING; shape <= GLYPH_CROSS; shape++) {
        sample_begin(&stand->scene, THEME_NIGHT);
        sample_glyph(&stand->scene, 0.3f, 0.2f, 0.1f, (enum glyph_shape)shape, blue)->size = 30;
        struct image image = stand_picture(stand, WIDTH, HEIGHT, 1, 1);
        float at[2];
        project(stand, 0.3f, 0.2f, 0.1f, at);
        int around = count_near(&image, (int)at[0] - 20, (int)at[1] - 20, 41, 41, blue, 30);
        assert_in_range(around, 90, 30 * 30);
        assert_int_equal(count_near(&image, 0, 0, WIDTH, HEIGHT, blue, 30), around);
        /* Triangles point the way their names say: more ink on the broad side. */
        int above = count_near(&image, (int)at[0] - 20, (int)at[1] - 20, 41, 20, blue, 30);
        if (shape == GLYPH_TRIANGLE_UP || shape == GLYPH_MAXIMUM) assert_true(above < around / 2);
        if (shape == GLYPH_TRIANGLE_DOWN || shape == GLYPH_MINIMUM) assert_true(above > around / 2);
        /* A disc's middle is filled, a ring's is not. */
        bool middle = pixel_distance(pixel_at(&image, at[0], at[1]), blue) <= 30;
        if (shape == GLYPH_DISC || shape == GLYPH_SQUARE || shape == GLYPH_SADDLE || shape == GLYPH_CROSS)
            assert_true(middle);
        if (shape == GLYPH_RING || shape == GLYPH_DEGENERATE) assert_false(middle);
        image_destroy(&image);
    }
}

static void test_arrow_reaches_its_tip(void **state) {
    STAND(state);
    sample_begin(&stand->scene, THEME_NIGHT);
    struct color red = color_hex(0xD55E00);
    struct scene_arrow *arrow = sample_arrow(&stand->scene, 0, 0, 0.2f, 0.4f, 0, 0, red);
    arrow->double_headed = false;
    struct image image = stand_picture(stand, WIDTH, HEIGHT, 1, 1);
    float tail[2], tip[2];
    project(stand, -0.4f, 0, 0.2f, tail);
    project(stand, 0.4f, 0, 0.2f, tip);
    assert_true(pixel_distance(pixel_at(&image, (tail[0] + tip[0]) / 2, (tail[1] + tip[1]) / 2), red) <= 40);
    int at_tip = count_near(&image, (int)tip[0] - 14, (int)tip[1] - 14, 28, 28, red, 40);
    int at_tail = count_near(&image, (int)tail[0] - 14, (int)tail[1] - 14, 28, 28, red, 40);
    assert_true(at_tip > at_tail + 15);
    arrow->double_headed = true;
    struct image both = stand_picture(stand, WIDTH, HEIGHT, 1, 1);
    assert_true(count_near(&both, (int)tail[0] - 14, (int)tail[1] - 14, 28, 28, red, 40) > at_tail + 15);
    image_destroy(&image);
    image_destroy(&both);
}

static void test_label_has_ink_and_gives_way(void **state) {
    STAND(state);
    sample_begin(&stand->scene, THEME_PAPER);
    struct color ink = color_hex(0xC00000);
    struct scene_label *label = sample_label(&stand->scene, "Sattel λ 鞍点", 100, 60, 0);
    label->on_screen = true;
    label->anchor[0] = label->anchor[1] = 0;
    label->color = ink;
    label->size = TEXT_TITLE;
    label->priority = 5;
    struct image image = stand_picture(stand, WIDTH, HEIGHT, 1, 1);
    int alone = count_near(&image, 100, 60, 200, 30, ink, 60);
    assert_true(alone > 200);
    assert_int_equal(count_near(&image, 0, 0, WIDTH, HEIGHT, ink, 60), alone);
    image_destroy(&image);
    /* One of lower priority on the same spot is left out; one always drawn is not. */
    struct color other = color_hex(0x0000C0);
    label = sample_label(&stand->scene, "unten", 110, 62, 0);
    label->on_screen = true;
    label->anchor[0] = label->anchor[1] = 0;
    label->color = other;
    label->priority = 4;
    image = stand_picture(stand, WIDTH, HEIGHT, 1, 1);
    assert_int_equal(count_near(&image, 0, 0, WIDTH, HEIGHT, other, 60), 0);
    assert_int_equal(count_near(&image, 0, 0, WIDTH, HEIGHT, ink, 60), alone);
    image_destroy(&image);
    stand->scene.labels[1].priority = -1;
    image = stand_picture(stand, WIDTH, HEIGHT, 1, 1);
    assert_true(count_near(&image, 0, 0, WIDTH, HEIGHT, other, 60) > 30);
    assert_int_equal(count_near(&image, 0, 0, WIDTH, HEIGHT, ink, 60), 0);
    image_destroy(&image);
}

static void test_panes_keep_to_their_place(void **state) {
    STAND(state);
    sample_begin(&stand->scene, THEME_NIGHT);
    stand->scene.pane_count = 2;
    stand->scene.panes[0].width = stand->scene.panes[1].width = 0.5f;
    stand->scene.panes[1] = stand->scene.panes[0];
    stand->scene.panes[1].x = 0.5f;
    struct color blue = color_hex(0x56B4E9), orange = color_hex(0xE69F00);
    sample_glyph(&stand->scene, 0, 0, 0, GLYPH_DISC, blue)->panes = 1;
    sample_glyph(&stand->scene, 0, 0, 0, GLYPH_DISC, orange)->panes = 2;
    struct image image = stand_picture(stand, WIDTH, HEIGHT, 1, 1);
    assert_true(count_near(&image, 0, 0, WIDTH / 2, HEIGHT, blue, 30) > 60);
    assert_int_equal(count_near(&image, WIDTH / 2, 0, WIDTH / 2, HEIGHT, blue, 30), 0);
    assert_true(count_near(&image, WIDTH / 2, 0, WIDTH / 2, HEIGHT, orange, 30) > 60);
    assert_int_equal(count_near(&image, 0, 0, WIDTH / 2, HEIGHT, orange, 30), 0);
    image_destroy(&image);
}

static struct draw_target make_target(int width, int height, GLuint *framebuffer, GLuint *color) {
    glGenFramebuffers(1, framebuffer);
    glGenRenderbuffers(1, color);
    glBindFramebuffer(GL_FRAMEBUFFER, *framebuffer);
    glBindRenderbuffer(GL_RENDERBUFFER, *color);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, width, height);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, *color);
    return (struct draw_target){
        .framebuffer = *framebuffer, .width = width, .height = height, .framebuffer_height = height, .scale = 1};
}

/* A pane shows the first surface with its bit, in its place and with its sides; one with none shows nothing. */
static void test_panes_have_surfaces_of_their_own(void **state) {
    STAND(state);
    struct scene *scene = &stand->scene;
    sample_begin(scene, THEME_PAPER);
    const int shown = SCENE_MAX_PANES - 1;
    scene->pane_count = SCENE_MAX_PANES;
    for (int p = 0; p < scene->pane_count; p++) {
        scene->panes[p] = (struct scene_pane){.x = (float)(p % 6) / 6,
                                              .y = (float)(p / 6) / 4,
                                              .width = 1.0f / 6,
                                              .height = 1.0f / 4,
                                              .camera = camera_from_above(),
                                              .flat = true};
        if (p == shown) continue;
        struct scene_surface *surface = scene_add_surface(scene, 3 + p % 3, 4);
        for (int i = 0; i < surface->width * surface->height; i++) {
            surface->tone[i] = (float)(p + 1) / SCENE_MAX_PANES;
            surface->z[i] = surface->tone[i] * SCENE_HEIGHT;
        }
        surface->half[0] = 1;
        surface->half[1] = p % 2 ? 0.5f : 1;
        surface->contour_step = 0;
        surface->revision = (uint64_t)p + 1;
        surface->panes = 1u << p;
    }
    for (int round = 0; round < 2; round++) {
        struct image image = stand_picture(stand, WIDTH, HEIGHT, 1, 1);
        for (int p = 0; p < scene->pane_count; p++) {
            float x = ((float)(p % 6) + 0.5f) * WIDTH / 6, y = ((float)(p / 6) + 0.5f) * HEIGHT / 4;
            struct color tint = scene->colormap[(p + 1) * 255 / SCENE_MAX_PANES], ground = scene->theme->ground;
            assert_true(pixel_distance(pixel_at(&image, x, y), p == shown ? ground : tint) <= 3);
            if (p == shown) continue;
            /* Half way between a slim surface's border and a square one's. */
            vec2 off;
            const struct camera camera = camera_from_above();
            assert_true(camera_project(&camera, WIDTH / 6.0f, HEIGHT / 4.0f, (vec3){0, 0.75f, 0}, off, NULL));
            const uint8_t *beyond = pixel_at(&image, x, y - HEIGHT / 8.0f + off[1]);
            assert_true(pixel_distance(beyond, p % 2 ? ground : tint) <= 3);
        }
        image_destroy(&image);
    }
    assert_true(renderer_statistics(stand->renderer).uploaded == 0);
}

static void test_only_what_changed_is_sent(void **state) {
    STAND(state);
    GLuint framebuffer, color;
    struct draw_target target = make_target(WIDTH, HEIGHT, &framebuffer, &color);
    sample_showcase(&stand->scene, THEME_PAPER, 128, false);
    renderer_draw(stand->renderer, &stand->scene, &target);
    struct draw_statistics first = renderer_statistics(stand->renderer);
    assert_int_equal(first.triangles, 2 * 127 * 127);
    assert_true(first.uploaded > 128 * 128 * 8);
    renderer_draw(stand->renderer, &stand->scene, &target);
    assert_int_equal(renderer_statistics(stand->renderer).uploaded, 0);
    /* The camera turns: what is projected is sent, the surface is not. */
    stand->scene.panes[0].camera.azimuth += 3;
    renderer_draw(stand->renderer, &stand->scene, &target);
    struct draw_statistics turned = renderer_statistics(stand->renderer);
    assert_true(turned.uploaded > 0);
    assert_true(turned.uploaded < first.uploaded / 4);
    /* The heights change in place, and the revision says so. */
    stand->scene.surfaces[0].z[5000] += 0.05f;
    stand->scene.surfaces[0].revision++;
    renderer_draw(stand->renderer, &stand->scene, &target);
    assert_true(renderer_statistics(stand->renderer).uploaded > turned.uploaded);
    assert_int_equal(glGetError(), GL_NO_ERROR);
    assert_true(renderer_bare_draw(stand->renderer, &stand->scene, &target, 3) > 0);
    assert_int_equal(glGetError(), GL_NO_ERROR);
    glDeleteFramebuffers(1, &framebuffer);
    glDeleteRenderbuffers(1, &color);
}

/* Four cells as one, but around a hole; the smooth picture after it has them all again, and nothing is sent for it. */
static void test_quick_pictures_have_fewer_triangles(void **state) {
    STAND(state);
    struct draw_target window = {.width = 16, .height = 16, .framebuffer_height = 16, .scale = 1};
    sample_showcase(&stand->scene, THEME_PAPER, 128, false);
    renderer_draw(stand->renderer, &stand->scene, &window);
    assert_int_equal(renderer_statistics(stand->renderer).triangles, 2 * 127 * 127);
    window.quick = true;
    renderer_draw(stand->renderer, &stand->scene, &window);
    assert_int_equal(renderer_statistics(stand->renderer).triangles, 2 * 64 * 64);
    assert_int_equal(renderer_statistics(stand->renderer).uploaded, 0);
    struct scene_surface *surface = &stand->scene.surfaces[0];
    surface->z[64 * 128 + 64] = surface->tone[64 * 128 + 64] = NAN; /* a corner of four coarse cells, of 16 fine ones */
    surface->revision++;
    renderer_draw(stand->renderer, &stand->scene, &window);
    assert_int_equal(renderer_statistics(stand->renderer).triangles, 2 * (64 * 64 - 4) + 2 * 12 + 4);
    window.quick = false;
    renderer_draw(stand->renderer, &stand->scene, &window);
    assert_int_equal(renderer_statistics(stand->renderer).triangles, 2 * (127 * 127 - 4) + 4);
    assert_int_equal(glGetError(), GL_NO_ERROR);
}

static uint8_t *read_target(const struct draw_target *target) {
    uint8_t *pixels = malloc((size_t)target->width * (size_t)target->height * 3);
    glBindFramebuffer(GL_FRAMEBUFFER, target->framebuffer);
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glReadPixels(0, 0, target->width, target->height, GL_RGB, GL_UNSIGNED_BYTE, pixels);
    return pixels;
}

/* Over whatever came after it, the last picture comes back as it was; not so at another size. */
static void test_last_picture_is_repeated(void **state) {
    STAND(state);
    GLuint framebuffer, color;
    struct draw_target target = make_target(321, 200, &framebuffer, &color);
    sample_showcase(&stand->scene, THEME_NIGHT, 64, false);
    renderer_draw(stand->renderer, &stand->scene, &target);
    uint8_t *drawn = read_target(&target);
    glClearColor(1, 0, 1, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    assert_true(renderer_repeat(stand->renderer, &stand->scene, &target));
    uint8_t *repeated = read_target(&target);
    assert_memory_equal(drawn, repeated, 321 * 200 * 3);
    target.width = 300;
    assert_false(renderer_repeat(stand->renderer, &stand->scene, &target));
    free(drawn);
    free(repeated);
    glDeleteFramebuffers(1, &framebuffer);
    glDeleteRenderbuffers(1, &color);
}

/* A picture amid a larger framebuffer leaves the rest of it alone. */
static void test_target_rectangle_is_kept_to(void **state) {
    STAND(state);
    GLuint framebuffer, color;
    struct draw_target target = make_target(300, 200, &framebuffer, &color);
    glClearColor(1, 0, 1, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    target.x = 40, target.y = 30, target.width = 150, target.height = 100;
    sample_showcase(&stand->scene, THEME_PAPER, 64, false);
    renderer_draw(stand->renderer, &stand->scene, &target);
    struct image image = {.width = 300, .height = 200, .rgb = malloc(300 * 200 * 3)};
    glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glReadPixels(0, 0, 300, 200, GL_RGB, GL_UNSIGNED_BYTE, image.rgb);
    struct color magenta = {1, 0, 1, 1};
    assert_int_equal(count_near(&image, 0, 0, 300, 200, magenta, 0), 300 * 200 - 150 * 100);
    /* Rows from below here: the picture's top is at 200 − 30. */
    assert_int_equal(count_near(&image, 40, 70, 150, 100, magenta, 0), 0);
    image_destroy(&image);
    glDeleteFramebuffers(1, &framebuffer);
    glDeleteRenderbuffers(1, &color);
}

static void test_odd_scenes_are_survived(void **state) {
    STAND(state);
    struct scene *scene = &stand->scene;
    sample_showcase(scene, THEME_PAPER, 64, false);
    scene->points[3].at[0] = NAN;
    scene->points[9].at[2] = INFINITY;
    scene->glyphs[0].at[1] = NAN;
    scene->labels[0].at[0] = NAN;
    snprintf(scene->labels[1].text, LABEL_TEXT, "broken \xff\xc3 text");
    scene->labels[2].text[0] = '\0';
    scene->panes[0].camera.distance = 0.5f; /* amid the scene: points behind the eye */
    for (int i = 0; i < 8; i++) {
        scene->panes[0].camera.azimuth = 45.0f * (float)i;
        struct image image = stand_picture(stand, 200, 150, 1, 1);
        image_destroy(&image);
    }
    sample_begin(scene, THEME_PAPER);
    struct image empty = stand_picture(stand, 64, 64, 1, 1);
    assert_int_equal(count_near(&empty, 0, 0, 64, 64, scene->theme->ground, 0), 64 * 64);
    image_destroy(&empty);
    assert_int_equal(glGetError(), GL_NO_ERROR);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_surface_covers_what_the_camera_projects),
        cmocka_unit_test(test_hole_is_hatched_and_never_coloured),
        cmocka_unit_test(test_line_runs_where_its_points_project),
        cmocka_unit_test(test_joints_of_a_faded_line_are_even),
        cmocka_unit_test(test_hidden_line_is_fainter),
        cmocka_unit_test(test_glyphs_stand_at_their_points),
        cmocka_unit_test(test_arrow_reaches_its_tip),
        cmocka_unit_test(test_label_has_ink_and_gives_way),
        cmocka_unit_test(test_panes_keep_to_their_place),
        cmocka_unit_test(test_panes_have_surfaces_of_their_own),
        cmocka_unit_test(test_only_what_changed_is_sent),
        cmocka_unit_test(test_quick_pictures_have_fewer_triangles),
        cmocka_unit_test(test_last_picture_is_repeated),
        cmocka_unit_test(test_target_rectangle_is_kept_to),
        cmocka_unit_test(test_odd_scenes_are_survived),
    };
    return cmocka_run_group_tests_name("renderer", tests, stand_up, stand_down);
}
