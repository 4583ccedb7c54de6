/* Inside draw/: texts rasterised by Pango into an atlas texture, each once for its size. */
#pragma once

#include "draw/gpu.h"

struct lettering;
struct lettering *lettering_create(void);
void lettering_destroy(struct lettering **lettering); /* accepts NULL */

struct lettering_cell {
    int x, y, width, height; /* texels, with room for the rim around the letters */
    int pad;                 /* of which this much on every side lies outside the text's own box */
};
/* The text's place in the atlas, rasterised now if it was not there. `scale`: physical pixels per scene pixel. False
 * for an empty text and for one that does not fit. */
bool lettering_find(struct lettering *lettering, const char *text, enum text_size size, bool bold, float scale,
                    struct lettering_cell *cell, struct draw_statistics *statistics);
/* Call before the texts of a frame: counts up when the atlas was emptied, and earlier cells are no longer true. */
int lettering_generation(const struct lettering *lettering);
GLuint lettering_texture(const struct lettering *lettering);
int lettering_side(const struct lettering *lettering); /* of the atlas, texels */
