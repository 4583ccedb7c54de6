/* Colours, themes, colour maps and the marks' shapes: the part of the scene that panels, drawn by C++, see too. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct color {
    float r, g, b, a;
};
struct color color_hex(uint32_t rgb);           /* 0xRRGGBB, opaque */
struct color color_fade(struct color color, float alpha);
struct color color_mix(struct color from, struct color to, float share);
float color_contrast(struct color a, struct color b); /* WCAG 2 contrast ratio, 1 … 21; alpha ignored */
float color_lightness(struct color color);      /* CIE L*, 0 … 100 */

enum theme_kind { THEME_PAPER, THEME_NIGHT };
struct theme {
    enum theme_kind kind;
    struct color ground, ink, faint_ink, grid, panel, panel_edge, accent;
    struct color contour, contour_major;
    struct color casing;         /* outline of paths and markers */
    struct color stable, escape, degenerate; /* curvature: λ > 0, λ < 0, ≈ 0 */
    struct color gradient;
};
const struct theme *theme_get(enum theme_kind kind);

enum colormap_kind { COLORMAP_TERRAIN, COLORMAP_VIRIDIS, COLORMAP_CIVIDIS };
extern const char *const colormap_names[]; /* "terrain", "viridis", "cividis" */
enum { COLORMAP_SIZE = 256 };
/* 256 colours whose L* rises monotonically. Terrain follows the theme. */
const struct color *colormap_get(enum colormap_kind kind, enum theme_kind theme);

enum glyph_shape {
    GLYPH_RING, GLYPH_DISC, GLYPH_TRIANGLE_UP, GLYPH_SQUARE, GLYPH_DIAMOND, GLYPH_TRIANGLE_DOWN, GLYPH_HEXAGON,
    GLYPH_STAR,
    GLYPH_MINIMUM,   /* ▽ filled */
    GLYPH_MAXIMUM,   /* △ filled */
    GLYPH_SADDLE,    /* ✕ in a ring */
    GLYPH_DEGENERATE, /* dashed ring */
    GLYPH_CROSS,     /* plain ✕: where a run diverged */
};

#ifdef __cplusplus
}
#endif
