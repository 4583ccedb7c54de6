/* Inside scene/: how a critical point of each kind is marked, in every picture alike. */
#pragma once

#include "scene/scene.h"

/* Shape and colours; place and size are left. */
void point_mark_dress(struct scene_glyph *glyph, enum point_kind kind, const struct theme *theme);
