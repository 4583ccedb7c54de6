#include "scene/point_mark.h"

void point_mark_dress(struct scene_glyph *glyph, enum point_kind kind, const struct theme *theme) {
    switch (kind) {
    case POINT_MINIMUM:
        glyph->shape = GLYPH_MINIMUM;
        glyph->fill = theme->stable;
        break;
    case POINT_MAXIMUM:
        glyph->shape = GLYPH_MAXIMUM;
        glyph->fill = theme->escape;
        break;
    case POINT_SADDLE:
        glyph->shape = GLYPH_SADDLE;
        glyph->fill = theme->ink;
        break;
    case POINT_DEGENERATE:
        glyph->shape = GLYPH_DEGENERATE;
        glyph->fill = theme->ink;
        break;
    case POINT_NOT_CRITICAL:
        glyph->shape = GLYPH_RING;
        glyph->fill = theme->degenerate;
        glyph->hollow = true;
        break;
    }
    glyph->outline = color_casing(glyph->fill, theme);
    if (glyph->shape == GLYPH_MINIMUM || glyph->shape == GLYPH_MAXIMUM)
        glyph->outline = theme->kind == THEME_NIGHT ? theme->ink : theme->ground;
}
