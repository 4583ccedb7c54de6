#include "sample.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sample_begin(struct scene *scene, enum theme_kind theme) {
    scene_clear(scene);
    scene->theme = theme_get(theme);
    scene->colormap = colormap_get(COLORMAP_TERRAIN, theme);
    scene->half[0] = scene->half[1] = 1;
    scene->pane_count = 1;
    scene->panes[0] = (struct scene_pane){.width = 1, .height = 1, .camera = camera_default(30, 35)};
    scene->floor_contours = false;
}

float sample_saddle(float x, float y) {
    float a = 2 * x, b = 2 * y, e = 1 - a * b;
    return e * e;
}

float sample_himmelblau(float x, float y) {
    float a = 5 * x, b = 5 * y, p = a * a + b - 11, q = a + b * b - 7;
    return p * p + q * q;
}

float sample_plain(float x, float y) {
    return 0.5f;
}

float sample_ridge(float x, float y) {
    return expf(-y * y * 30);
}

float sample_pierced(float x, float y) {
    return x * x + y * y < 0.16f ? NAN : 0.3f + 0.2f * x;
}

void sample_surface(struct scene *scene, int width, int height, float (*loss)(float x, float y), float most) {
    struct scene_surface *surface = scene_add_surface(scene, width, height);
    for (int j = 0; j < height; j++) {
        for (int i = 0; i < width; i++) {
            float x = 2.0f * (float)i / (float)(width - 1) - 1, y = 2.0f * (float)j / (float)(height - 1) - 1;
            float tone = log1pf(20 * loss(x, y) / most) / log1pf(20);
            size_t at = (size_t)j * (size_t)width + (size_t)i;
            surface->tone[at] = tone;
            surface->z[at] = tone > 1 ? SCENE_HEIGHT : tone * SCENE_HEIGHT;
        }
    }
    surface->half[0] = surface->half[1] = 1;
    surface->revision++;
    surface->contour_step = 0.05f;
    surface->panes = 0x3f;
}

float sample_height(const struct scene *scene, float x, float y) {
    const struct scene_surface *surface = &scene->surfaces[0];
    float u = (x + 1) / 2 * (float)(surface->width - 1), v = (y + 1) / 2 * (float)(surface->height - 1);
    int i = (int)fminf(fmaxf(u, 0), (float)(surface->width - 2)),
        j = (int)fminf(fmaxf(v, 0), (float)(surface->height - 2));
    float s = u - (float)i, t = v - (float)j;
    const float *z = surface->z + (size_t)j * (size_t)surface->width + i;
    return (1 - t) * ((1 - s) * z[0] + s * z[1]) + t * ((1 - s) * z[surface->width] + s * z[surface->width + 1]);
}

int sample_point(struct scene *scene, float x, float y, float z, float alpha) {
    MEM_GROW(scene->points, scene->point_capacity, scene->point_count + 1);
    scene->points[scene->point_count] = (struct scene_point){.at = {x, y, z}, .alpha = alpha};
    return (int)scene->point_count++;
}

struct scene_line *sample_line(struct scene *scene, int first, int count, struct color color, float width) {
    MEM_GROW(scene->lines, scene->line_capacity, scene->line_count + 1);
    scene->lines[scene->line_count] =
        (struct scene_line){.first = first, .count = count, .color = color, .width = width, .panes = 0x3f};
    return &scene->lines[scene->line_count++];
}

struct scene_glyph *sample_glyph(struct scene *scene, float x, float y, float z, enum glyph_shape shape,
                                 struct color fill) {
    MEM_GROW(scene->glyphs, scene->glyph_capacity, scene->glyph_count + 1);
    scene->glyphs[scene->glyph_count] = (struct scene_glyph){.at = {x, y, z},
                                                             .shape = shape,
                                                             .fill = fill,
                                                             .size = 13,
                                                             .outline = scene->theme->casing,
                                                             .hidden_alpha = 0.15f,
                                                             .panes = 0x3f};
    return &scene->glyphs[scene->glyph_count++];
}

struct scene_label *sample_label(struct scene *scene, const char *text, float x, float y, float z) {
    MEM_GROW(scene->labels, scene->label_capacity, scene->label_count + 1);
    struct scene_label *label = &scene->labels[scene->label_count++];
    *label = (struct scene_label){.at = {x, y, z},
                                  .anchor = {0.5f, 0.5f},
                                  .color = scene->theme->ink,
                                  .halo = color_fade(scene->theme->ground, 0.85f),
                                  .hidden_alpha = 0.1f,
                                  .panes = 0x3f};
    snprintf(label->text, sizeof label->text, "%s", text);
    return label;
}

struct scene_arrow *sample_arrow(struct scene *scene, float x, float y, float z, float dx, float dy, float dz,
                                 struct color color) {
    MEM_GROW(scene->arrows, scene->arrow_capacity, scene->arrow_count + 1);
    scene->arrows[scene->arrow_count] = (struct scene_arrow){.from = {x - dx, y - dy, z - dz},
                                                             .to = {x + dx, y + dy, z + dz},
                                                             .color = color,
                                                             .casing = scene->theme->casing,
                                                             .width = 2.5f,
                                                             .head = 11,
                                                             .double_headed = true,
                                                             .hidden_alpha = 0.3f,
                                                             .panes = 0x3f};
    return &scene->arrows[scene->arrow_count++];
}

static struct scene_mark *sample_mark(struct scene *scene, float x, float y, enum glyph_shape shape,
                                      struct color fill) {
    MEM_GROW(scene->marks, scene->mark_capacity, scene->mark_count + 1);
    scene->marks[scene->mark_count] = (struct scene_mark){
        .x = x, .y = y, .size = 12, .shape = shape, .fill = fill, .outline = scene->theme->casing, .panes = 0x3f};
    return &scene->marks[scene->mark_count++];
}

static struct scene_box *sample_box(struct scene *scene, float x, float y, float width, float height, float radius) {
    MEM_GROW(scene->boxes, scene->box_capacity, scene->box_count + 1);
    scene->boxes[scene->box_count] = (struct scene_box){.x = x,
                                                        .y = y,
                                                        .width = width,
                                                        .height = height,
                                                        .radius = radius,
                                                        .fill = scene->theme->panel,
                                                        .edge = scene->theme->panel_edge,
                                                        .panes = 0x3f};
    return &scene->boxes[scene->box_count++];
}

static void showcase_path(struct scene *scene, float x, float y, float rate, float momentum, struct color color,
                          enum glyph_shape shape, int steps) {
    int first = (int)scene->point_count;
    float vx = 0, vy = 0;
    for (int i = 0; i <= steps; i++) {
        sample_point(scene, x, y, sample_height(scene, x, y) + 0.006f, 0.35f + 0.65f * (float)i / (float)steps);
        float h = 0.01f;
        float gx = (sample_himmelblau(x + h, y) - sample_himmelblau(x - h, y)) / (2 * h);
        float gy = (sample_himmelblau(x, y + h) - sample_himmelblau(x, y - h)) / (2 * h);
        vx = momentum * vx - rate * gx;
        vy = momentum * vy - rate * gy;
        x = fminf(fmaxf(x + vx, -1), 1);
        y = fminf(fmaxf(y + vy, -1), 1);
    }
    struct scene_line *line = sample_line(scene, first, steps + 1, color, 3);
    line->casing = scene->theme->casing;
    line->casing_width = 1;
    line->hidden_alpha = 0.15f;
    const float *at = scene->points[scene->point_count - 1].at;
    sample_glyph(scene, at[0], at[1], at[2], shape, color)->id = (int)scene->line_count;
}

static void showcase_frame(struct scene *scene, bool flat) {
    const struct theme *theme = scene->theme;
    static const float corners[5][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}};
    int first = (int)scene->point_count;
    for (int i = 0; i < 5; i++) sample_point(scene, corners[i][0], corners[i][1], SCENE_FLOOR, 1);
    if (!flat) sample_line(scene, first, 5, theme->faint_ink, 1);
    static const char *const ticks[] = {"−4", "−2", "0", "2", "4"};
    for (int i = 0; i < 5; i++) {
        float at = -0.8f + 0.4f * (float)i;
        sample_label(scene, ticks[i], at, -1.08f, flat ? 0 : SCENE_FLOOR)->color = theme->faint_ink;
        sample_label(scene, ticks[i], 1.08f, at, flat ? 0 : SCENE_FLOOR)->color = theme->faint_ink;
    }
    sample_label(scene, "w₁", 0, -1.2f, flat ? 0 : SCENE_FLOOR)->size = TEXT_BODY;
    sample_label(scene, "w₂", 1.2f, 0, flat ? 0 : SCENE_FLOOR)->size = TEXT_BODY;
}

void sample_showcase(struct scene *scene, enum theme_kind kind, int grid, bool flat) {
    sample_begin(scene, kind);
    const struct theme *theme = scene->theme;
    sample_surface(scene, grid, grid, sample_himmelblau, 400);
    scene->floor_contours = true;
    if (flat)
        scene->panes[0] = (struct scene_pane){.width = 1, .height = 1, .camera = camera_from_above(), .flat = true};
    showcase_frame(scene, flat);
    static const struct {
        const char *name;
        uint32_t color;
        enum glyph_shape shape;
    } runs[4] = {{"momentum", 0xE69F00, GLYPH_DISC},
                 {"rmsprop", 0x56B4E9, GLYPH_TRIANGLE_UP},
                 {"adam", 0xCC79A7, GLYPH_SQUARE},
                 {"adagrad", 0x009E73, GLYPH_DIAMOND}};
    showcase_path(scene, -0.06f, -0.95f, 0.0004f, 0.92f, color_hex(runs[0].color), runs[0].shape, 300);
    showcase_path(scene, 0.2f, -0.2f, 0.0002f, 0, color_hex(runs[1].color), runs[1].shape, 300);
    showcase_path(scene, -0.95f, 0.02f, 0.00035f, 0.95f, color_hex(runs[2].color), runs[2].shape, 300);
    showcase_path(scene, -0.1f, 0.95f, 0.0007f, 0, color_hex(runs[3].color), runs[3].shape, 200);
    static const float minima[4][2] = {
        {3, 2}, {-2.805118f, 3.131312f}, {-3.779310f, -3.283186f}, {3.584428f, -1.848126f}};
    for (int i = 0; i < 4; i++) {
        float x = minima[i][0] / 5, y = minima[i][1] / 5;
        sample_glyph(scene, x, y, sample_height(scene, x, y), GLYPH_MINIMUM, theme->stable);
    }
    static const float saddles[4][2] = {
        {3.385154f, 0.073852f}, {0.086678f, 2.884255f}, {-3.073026f, -0.081353f}, {-0.127961f, -1.953715f}};
    for (int i = 0; i < 4; i++) {
        float x = saddles[i][0] / 5, y = saddles[i][1] / 5, z = sample_height(scene, x, y);
        sample_glyph(scene, x, y, z, GLYPH_SADDLE, theme->escape);
    }
    float x = -0.270845f / 5, y = -0.923039f / 5;
    sample_glyph(scene, x, y, sample_height(scene, x, y), GLYPH_MAXIMUM, theme->ink);
    x = -0.127961f / 5, y = -1.953715f / 5;
    float z = sample_height(scene, x, y) + 0.01f;
    sample_arrow(scene, x, y, z, 0.02f, -0.2f, 0, theme->stable);
    sample_arrow(scene, x, y, z, 0.2f, 0.02f, 0, theme->escape);
    struct scene_label *tip = sample_label(scene, "λ = −2.00", x + 0.2f, y + 0.02f, z);
    tip->color = theme->escape, tip->anchor[0] = 0, tip->offset[0] = 8, tip->bold = true;
    MEM_GROW(scene->sheets, scene->sheet_capacity, scene->sheet_count + 1);
    scene->sheets[scene->sheet_count++] = (struct scene_triangle_sheet){.first = (int)scene->point_count,
                                                                        .columns = 13,
                                                                        .rows = 13,
                                                                        .wire = color_fade(theme->accent, 0.8f),
                                                                        .veil = color_fade(theme->accent, 0.18f),
                                                                        .panes = 0x3f};
    for (int j = 0; j < 13; j++)
        for (int i = 0; i < 13; i++) {
            float u = (float)(i - 6) / 6 * 0.2f, v = (float)(j - 6) / 6 * 0.2f;
            sample_point(scene, x + u, y + v, z + 0.02f - 2 * u * u + 2.4f * v * v, 1);
        }
    /* screen furniture */
    sample_box(scene, 16, 52, 168, 112, 6);
    for (int i = 0; i < 4; i++) {
        float at = 72 + 24 * (float)i;
        sample_mark(scene, 34, at, runs[i].shape, color_hex(runs[i].color));
        struct scene_label *label = sample_label(scene, runs[i].name, 48, at, 0);
        label->on_screen = true, label->anchor[0] = 0, label->halo.a = 0, label->priority = -1;
        label = sample_label(scene, i == 2 ? "1.234×10⁻⁵" : "0.4321", -1, at, 0);
        label->at[0] = 172, label->on_screen = true, label->anchor[0] = 1, label->halo.a = 0, label->priority = -1;
    }
    struct scene_label *title = sample_label(scene, "Himmelblau’s function 鞍点", 16, 26, 0);
    title->on_screen = true, title->anchor[0] = 0, title->size = TEXT_TITLE, title->bold = true, title->priority = -1;
    sample_box(scene, -40, -232, 12, 200, 2)->gradient = true;
    sample_label(scene, "400", -46, -228, 0)->on_screen = true;
    scene->labels[scene->label_count - 1].anchor[0] = 1;
    sample_label(scene, "0", -46, -36, 0)->on_screen = true;
    scene->labels[scene->label_count - 1].anchor[0] = 1;
    for (int i = 0; i <= GLYPH_CROSS; i++) {
        sample_mark(scene, 30 + 30 * (float)i, -40, (enum glyph_shape)i, color_hex(0xD55E00))->size = 16;
        struct scene_mark *mark = sample_mark(scene, 30 + 30 * (float)i, -70, (enum glyph_shape)i, color_hex(0x56B4E9));
        mark->size = 16;
        mark->hollow = true;
    }
}
