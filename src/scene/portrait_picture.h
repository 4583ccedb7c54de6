/* A network's answers over two features as a picture: the classes' colours, paler where it is less sure, the samples on
 * top, ringed where they are named wrongly. Plain pixels; no GL. */
#pragma once

#include "scene/color.h"
#include "study/portrait.h"

enum { CLASS_COLORS = 10 };
/* A class's colour and, for its samples, shape: told apart under the common kinds of colour blindness by one or the
 * other. Beyond CLASS_COLORS they repeat. */
struct color class_color(int class);
enum glyph_shape class_shape(int class);

/* Of set->portraits[index], kind PORTRAIT_MAP, into `rgba` (height × width × 4), opaque, rows from the top (the second
 * feature's high end). `scale`: pixels per design pixel, for the samples' size. What is not known is the theme's panel.
 */
void portrait_picture(const struct portrait_set *set, int index, const struct data *data, const struct theme *theme,
                      int width, int height, float scale, uint8_t *rgba);
/* Image `sample` of `data` (portrait_image_side) into a square of `side` pixels at (x, y) of `rgba`, `stride` pixels
 * wide: ink on paper, or its colours. */
void portrait_image(const struct data *data, int sample, const struct theme *theme, int side, int x, int y, int stride,
                    uint8_t *rgba);
