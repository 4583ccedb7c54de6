#include "scene/scene.h"

#define RGB(hex, alpha)                                                                                                \
    { ((hex) >> 16 & 0xff) / 255.0f, ((hex) >> 8 & 0xff) / 255.0f, ((hex)&0xff) / 255.0f, (alpha) }

static const struct theme paper = {
    .kind = THEME_PAPER,
    .ground = RGB(0xFAF8F3, 1),
    .ink = RGB(0x1E2329, 1),
    .faint_ink = RGB(0x5A626B, 1),
    .grid = RGB(0xCFCABF, 1),
    .panel = RGB(0xFFFEFB, 0.90f),
    .panel_edge = RGB(0xD2CDC2, 1),
    .accent = RGB(0x2B6B66, 1),
    .contour = RGB(0x1E2329, 0.26f),
    .contour_major = RGB(0x1E2329, 0.50f),
    .casing = RGB(0x14181D, 1),
    .stable = RGB(0x0072B2, 1),
    .escape = RGB(0xD55E00, 1),
    .degenerate = RGB(0x7A8088, 1),
    .gradient = RGB(0x5B3F94, 1),
};

static const struct theme night = {
    .kind = THEME_NIGHT,
    .ground = RGB(0x14171C, 1),
    .ink = RGB(0xE8E6E1, 1),
    .faint_ink = RGB(0x9BA1A9, 1),
    .grid = RGB(0x3B424C, 1),
    .panel = RGB(0x1B1F25, 0.90f),
    .panel_edge = RGB(0x383F49, 1),
    .accent = RGB(0x6FB8AE, 1),
    .contour = RGB(0x07090C, 0.34f),
    .contour_major = RGB(0x07090C, 0.62f),
    .casing = RGB(0x0A0C0F, 1),
    .stable = RGB(0x0072B2, 1),
    .escape = RGB(0xD55E00, 1),
    .degenerate = RGB(0x949AA2, 1),
    .gradient = RGB(0xB7A2E6, 1),
};

const struct theme *theme_get(enum theme_kind kind) {
    return kind == THEME_NIGHT ? &night : &paper;
}

struct color color_casing(struct color mark, const struct theme *theme) {
    struct color light = theme->kind == THEME_NIGHT ? theme->ink : theme->ground;
    return color_contrast(mark, light) > color_contrast(mark, theme->casing) ? light : theme->casing;
}

struct color color_readable(struct color mark, const struct theme *theme) {
    enum { STEPS = 20 };
    /* At night letters with a dark halo stand on ground that is light: they need more to be read. */
    const float enough = theme->kind == THEME_NIGHT ? 7 : 4.55f;
    for (int i = 0; i < STEPS; i++) {
        struct color mixed = color_mix(mark, theme->ink, (float)i / STEPS);
        if (color_contrast(mixed, theme->ground) >= enough) return mixed;
    }
    return theme->ink;
}
