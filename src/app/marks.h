/* Icons and marks, drawn with the panels' lines and polygons so that they are sharp at any scale. */
#pragma once

#include "app/ui.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Around (x, y), `size` across. */
void icon_draw(struct ui *ui, enum ui_icon icon, float x, float y, float size, struct color ink);
void mark_draw(struct ui *ui, enum glyph_shape shape, float x, float y, float size, struct color fill,
               struct color outline);

#ifdef __cplusplus
}
#endif
