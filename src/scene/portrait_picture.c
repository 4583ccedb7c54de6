#include "scene/portrait_picture.h"

#include "scene/scene.h"

#include <math.h>

/* ---- classes -------------------------------------------------------------------------------------------------------
 */

struct color class_color(int class) {
    static const uint32_t colors[CLASS_COLORS] = {0x3B6FB6, 0xE8A13A, 0x6A1A5A, 0x3FDEDE, 0x1D1E14,
                                                  0xE563E5, 0x25B166, 0xEBEB91, 0xBB1414, 0x817783};
    return color_hex(colors[class % CLASS_COLORS]);
}

enum glyph_shape class_shape(int class) {
    static const enum glyph_shape shapes[] = {GLYPH_DISC, GLYPH_SQUARE, GLYPH_TRIANGLE_UP, GLYPH_DIAMOND,
                                              GLYPH_TRIANGLE_DOWN};
    return shapes[class % 5];
}

/* ---- pixels --------------------------------------------------------------------------------------------------------
 */

struct canvas {
    uint8_t *rgba;
    int width, height;
};

static void blend(struct canvas *canvas, int x, int y, struct color color, float alpha) {
    if (x < 0 || y < 0 || x >= canvas->width || y >= canvas->height || alpha <= 0) return;
    uint8_t *pixel = canvas->rgba + 4 * ((size_t)y * (size_t)canvas->width + (size_t)x);
    float parts[3] = {color.r, color.g, color.b};
    if (alpha > 1) alpha = 1;
    for (int i = 0; i < 3; i++) pixel[i] = (uint8_t)lroundf((float)pixel[i] * (1 - alpha) + 255 * parts[i] * alpha);
    pixel[3] = 255;
}

/* How far (x, y) is outside of a mark of radius r about 0; the marks look equally large. */
static float outside(enum glyph_shape shape, float x, float y, float r) {
    switch (shape) {
    case GLYPH_SQUARE: return fmaxf(fabsf(x), fabsf(y)) - 0.88f * r;
    case GLYPH_DIAMOND: return (fabsf(x) + fabsf(y)) * 0.7071f - 0.92f * r;
    case GLYPH_TRIANGLE_DOWN: y = -y; /* fallthrough */
    case GLYPH_TRIANGLE_UP: return fmaxf(y - 0.6f * r, 0.8944f * fabsf(x) - 0.4472f * (y + 1.25f * r));
    default: return hypotf(x, y) - r;
    }
}

static void stamp(struct canvas *canvas, enum glyph_shape shape, float at_x, float at_y, float r, struct color fill,
                  struct color edge, float edge_width) {
    int reach = (int)ceilf(1.5f * r + edge_width + 1);
    for (int y = (int)at_y - reach; y <= (int)at_y + reach; y++)
        for (int x = (int)at_x - reach; x <= (int)at_x + reach; x++) {
            float d = outside(shape, (float)x + 0.5f - at_x, (float)y + 0.5f - at_y, r);
            blend(canvas, x, y, edge, edge.a * fminf(fmaxf(0.5f - (d - edge_width), 0), 1));
            blend(canvas, x, y, fill, fill.a * fminf(fmaxf(0.5f - d, 0), 1));
        }
}

static void ring(struct canvas *canvas, float at_x, float at_y, float r, float width, struct color color) {
    int reach = (int)ceilf(r + width + 1);
    for (int y = (int)at_y - reach; y <= (int)at_y + reach; y++)
        for (int x = (int)at_x - reach; x <= (int)at_x + reach; x++) {
            float d = fabsf(hypotf((float)x + 0.5f - at_x, (float)y + 0.5f - at_y) - r);
            blend(canvas, x, y, color, fminf(fmaxf(0.5f - (d - width / 2), 0), 1));
        }
}

/* ---- maps ----------------------------------------------------------------------------------------------------------
 */

/* A cell's colour: the class's, the stronger the surer; a guess among all classes alike has hardly any. */
static struct color cell_color(const struct portrait_set *set, const struct portrait *portrait, int column, int row,
                               const struct theme *theme) {
    int last = set->side - 1;
    column = column < 0 ? 0 : column > last ? last : column;
    row = row < 0 ? 0 : row > last ? last : row;
    size_t at = (size_t)row * (size_t)set->side + (size_t)column;
    float least = 1.0f / (float)set->classes, sure = fmaxf((portrait->map_sure[at] - least) / (1 - least), 0);
    struct color ground = theme->panel;
    ground.a = 1;
    return color_mix(ground, class_color(portrait->map_best[at]), 0.12f + 0.53f * sure);
}

static void shade(struct canvas *canvas, const struct portrait_set *set, const struct portrait *portrait,
                  const struct theme *theme) {
    for (int y = 0; y < canvas->height; y++) {
        float v = (1 - ((float)y + 0.5f) / (float)canvas->height) * (float)set->side - 0.5f;
        int row = (int)floorf(v);
        float up = v - (float)row;
        for (int x = 0; x < canvas->width; x++) {
            float u = ((float)x + 0.5f) / (float)canvas->width * (float)set->side - 0.5f;
            int column = (int)floorf(u);
            float right = u - (float)column;
            struct color low = color_mix(cell_color(set, portrait, column, row, theme),
                                         cell_color(set, portrait, column + 1, row, theme), right);
            struct color high = color_mix(cell_color(set, portrait, column, row + 1, theme),
                                          cell_color(set, portrait, column + 1, row + 1, theme), right);
            blend(canvas, x, y, color_mix(low, high, up), 1);
        }
    }
}

static void fill(struct canvas *canvas, struct color color) {
    for (int y = 0; y < canvas->height; y++)
        for (int x = 0; x < canvas->width; x++) blend(canvas, x, y, color, 1);
}

void portrait_picture(const struct portrait_set *set, int index, const struct data *data, const struct theme *theme,
                      int width, int height, float scale, uint8_t *rgba) {
    struct canvas canvas = {rgba, width, height};
    const struct portrait *portrait = &set->portraits[index];
    if (!portrait->known || set->side < 1) {
        fill(&canvas, theme->panel);
        return;
    }
    shade(&canvas, set, portrait, theme);
    /* Many samples on a small picture are small marks. */
    float room = sqrtf((float)width * (float)height / (float)set->samples);
    float radius = fmaxf(fminf(0.19f * room, 4.5f * scale), 1.3f * scale);
    for (int pass = 0; pass < 2; pass++) /* those named wrongly on top */
        for (int i = 0; i < set->samples; i++) {
            int label = data->labels[i];
            bool wrong = label != portrait->best[i];
            if (wrong != (pass == 1)) continue;
            double x = data->x[2 * (size_t)i], y = data->x[2 * (size_t)i + 1];
            float at_x = (float)((x - set->low[0]) / (set->high[0] - set->low[0])) * (float)width;
            float at_y = (1 - (float)((y - set->low[1]) / (set->high[1] - set->low[1]))) * (float)height;
            stamp(&canvas, class_shape(label), at_x, at_y, radius, class_color(label),
                  color_casing(class_color(label), theme), fmaxf(0.8f * scale, 0.25f * radius));
            if (wrong)
                ring(&canvas, at_x, at_y, 1.9f * radius + 0.5f * scale, fmaxf(1.1f * scale, 0.45f * radius),
                     theme->ink);
        }
}

/* ---- images --------------------------------------------------------------------------------------------------------
 */

void portrait_image(const struct data *data, int sample, const struct theme *theme, int side, int x, int y, int stride,
                    uint8_t *rgba) {
    int planes, pixels = portrait_image_side(data, &planes);
    const double *values = data->x + (size_t)sample * (size_t)data->features;
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < data->features; i++) {
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    struct color paper = theme->panel, ink = theme->ink;
    for (int row = 0; row < side; row++)
        for (int column = 0; column < side; column++) {
            int at = (row * pixels / side) * pixels + column * pixels / side;
            float share[3];
            for (int plane = 0; plane < 3; plane++) {
                double value = values[(planes == 3 ? plane * pixels * pixels : 0) + at];
                share[plane] = high > low ? (float)((value - low) / (high - low)) : 0;
            }
            struct color color =
                planes == 3 ? (struct color){share[0], share[1], share[2], 1} : color_mix(paper, ink, share[0]);
            uint8_t *pixel = rgba + 4 * ((size_t)(y + row) * (size_t)stride + (size_t)(x + column));
            pixel[0] = (uint8_t)lroundf(255 * color.r);
            pixel[1] = (uint8_t)lroundf(255 * color.g);
            pixel[2] = (uint8_t)lroundf(255 * color.b);
            pixel[3] = 255;
        }
}
