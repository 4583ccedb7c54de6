#include "scene/lab.h"
#include "scene/scene.h"
#include "test.h"

#include <string.h>

static void maps_rise_in_lightness(void **state) {
    for (int kind = COLORMAP_TERRAIN; kind <= COLORMAP_CIVIDIS; kind++) {
        for (int theme = THEME_PAPER; theme <= THEME_NIGHT; theme++) {
            const struct color *map = colormap_get((enum colormap_kind)kind, (enum theme_kind)theme);
            for (int i = 1; i < COLORMAP_SIZE; i++) {
                float step = color_lightness(map[i]) - color_lightness(map[i - 1]);
                if (!(step > 0.05f && step < 1.5f)) fail_msg("%s[%d]: L* rises by %g", colormap_names[kind], i, step);
            }
            assert_true(color_lightness(map[255]) - color_lightness(map[0]) > 50);
        }
    }
}

static void terrain_stays_quiet(void **state) {
    for (int theme = THEME_PAPER; theme <= THEME_NIGHT; theme++) {
        const struct color *map = colormap_get(COLORMAP_TERRAIN, (enum theme_kind)theme);
        for (int i = 0; i < COLORMAP_SIZE; i++) {
            struct lab lab = color_to_lab(map[i]);
            assert_true(hypot(lab.a, lab.b) < 13);
        }
    }
}

/* Published values between the control colours (matplotlib and R's viridisLite). */
static void agrees_with_the_published_maps(void **state) {
    static const struct {
        enum colormap_kind kind;
        double share;
        uint32_t rgb;
    } known[] = {{COLORMAP_VIRIDIS, 0, 0x440154},    {COLORMAP_VIRIDIS, 0.25, 0x3B528B},
                 {COLORMAP_VIRIDIS, 0.5, 0x21908C},  {COLORMAP_VIRIDIS, 0.75, 0x5DC863},
                 {COLORMAP_VIRIDIS, 1, 0xFDE725},    {COLORMAP_CIVIDIS, 0, 0x00204D},
                 {COLORMAP_CIVIDIS, 0.25, 0x414D6B}, {COLORMAP_CIVIDIS, 0.5, 0x7C7B78},
                 {COLORMAP_CIVIDIS, 0.75, 0xBCAF6F}, {COLORMAP_CIVIDIS, 1, 0xFFEA46}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        double position = known[i].share * 255;
        int below = (int)position, above = below < 255 ? below + 1 : 255;
        const struct color *map = colormap_get(known[i].kind, THEME_PAPER);
        struct lab ours = color_to_lab(color_mix(map[below], map[above], (float)(position - below)));
        struct lab theirs = color_to_lab(color_hex(known[i].rgb));
        double apart =
            sqrt(pow(ours.lightness - theirs.lightness, 2) + pow(ours.a - theirs.a, 2) + pow(ours.b - theirs.b, 2));
        if (apart > 2.3)
            fail_msg("%s at %g: ΔE %g from #%06X", colormap_names[known[i].kind], known[i].share, apart, known[i].rgb);
    }
}

static void converts_colours(void **state) {
    /* Reference figures for sRGB under D65. */
    struct lab red = color_to_lab(color_hex(0xFF0000));
    assert_near(red.lightness, 53.24, 1e-3);
    assert_near(red.a, 80.09, 1e-3);
    assert_near(red.b, 67.20, 1e-3);
    assert_near(color_lightness(color_hex(0xFFFFFF)), 100, 1e-4);
    assert_near(color_contrast(color_hex(0xFFFFFF), color_hex(0)), 21, 1e-4);
    assert_near(color_contrast(color_hex(0x777777), color_hex(0xFFFFFF)), 4.48, 2e-3);
    for (uint32_t rgb = 0; rgb < 0x1000000; rgb += 0x10305) {
        struct color in = color_hex(rgb), out = color_from_lab(color_to_lab(in));
        assert_near(out.r, in.r, 2e-3);
        assert_near(out.g, in.g, 2e-3);
        assert_near(out.b, in.b, 2e-3);
    }
    struct color half = color_mix(color_hex(0), color_fade(color_hex(0xFFFFFF), 0.5f), 0.5f);
    assert_near(half.r, 0.5, 1e-6);
    assert_near(half.a, 0.75, 1e-6);
}

static void text_and_marks_stand_out(void **state) {
    for (int kind = THEME_PAPER; kind <= THEME_NIGHT; kind++) {
        const struct theme *theme = theme_get((enum theme_kind)kind);
        assert_int_equal(theme->kind, kind);
        const struct color *texts[] = {&theme->ink, &theme->faint_ink};
        const struct color *marks[] = {&theme->stable, &theme->escape, &theme->degenerate, &theme->accent,
                                       &theme->gradient};
        for (size_t i = 0; i < 2; i++) {
            assert_true(color_contrast(*texts[i], theme->ground) >= 4.5f);
            assert_true(color_contrast(*texts[i], theme->panel) >= 4.5f);
        }
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
            if (color_contrast(*marks[i], theme->ground) < 3) fail_msg("theme %d, mark %zu", kind, i);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_rise_in_lightness),         cmocka_unit_test(terrain_stays_quiet),
        cmocka_unit_test(agrees_with_the_published_maps), cmocka_unit_test(converts_colours),
        cmocka_unit_test(text_and_marks_stand_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
