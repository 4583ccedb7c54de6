#include "scene/chart.h"

#include "base/memory.h"
#include "base/text.h"
#include "scene/build.h"
#include "scene/ticks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICKS_MOST = 24, TITLE_LINES = 3 };
static const float margin = 28, gap = 8, mark_room = 26, legend_gap = 18, bar_width = 14;
static const float tick_length = 5;
static const double pad = 0.04; /* of an axis, beside the outermost points */
static const float stands_out = 3, casing_width = 1.2f; /* a line of less contrast is cased */

/* The plot's rectangle in pixels, and what the axes show there. */
struct plot {
    struct builder builder;
    const struct chart *chart;
    float left, top, right, bottom;
    double low[2], high[2]; /* log₁₀ where logarithmic */
    bool outlined;          /* the dots: all of them, or none */
};

/* ---- where things are -----------------------------------------------------------------------------------------------
 */

static const struct chart_axis *axis_of(const struct chart *chart, int axis) {
    return axis == 0 ? &chart->x : &chart->y;
}

static double scaled(const struct chart_axis *axis, double value) {
    if (!axis->logarithmic) return value;
    return value > 0 ? log10(value) : NAN;
}

/* The scene's world is the picture: y from −1 to 1 over its height, seen from above without perspective. */
static void to_world(const struct plot *plot, float x, float y, vec3 out) {
    float half = plot->builder.pane_height / 2;
    out[0] = (x - plot->builder.pane_width / 2) / half;
    out[1] = (half - y) / half;
    out[2] = 0;
}

static struct camera camera_over(float width, float height) {
    struct camera camera = {.elevation = 90};
    vec3 above = {0, 1, 0};
    vec2 pixel;
    camera.distance = 1;
    /* How far at this distance the top edge is from the middle; and then such that it is at 1. */
    if (camera_project(&camera, width, height, above, pixel, NULL))
        camera.distance = (height / 2 - pixel[1]) / (height / 2);
    return camera;
}

static double place(const struct plot *plot, int axis, double value) {
    double share = (value - plot->low[axis]) / (plot->high[axis] - plot->low[axis]);
    return axis == 0 ? plot->left + share * (plot->right - plot->left)
                     : plot->bottom - share * (plot->bottom - plot->top);
}

static void fit_axis(struct plot *plot, int axis) {
    const struct chart_axis *from = axis_of(plot->chart, axis);
    double low = INFINITY, high = -INFINITY;
    for (size_t s = 0; s < plot->chart->series_count; s++) {
        const struct chart_series *series = &plot->chart->series[s];
        const double *values = axis == 0 ? series->x : series->y;
        size_t count = series->kind == CHART_LEVEL ? (size_t)axis : series->count;
        for (size_t i = 0; i < count; i++) {
            double value = scaled(from, values[i]);
            if (!isfinite(value)) continue;
            low = fmin(low, value);
            high = fmax(high, value);
        }
        for (size_t i = 0; axis == 1 && series->kind == CHART_BAND && i < count; i++) {
            double value = scaled(from, series->base[i]);
            if (!isfinite(value)) continue;
            low = fmin(low, value);
            high = fmax(high, value);
        }
        if (axis == 1 && series->kind == CHART_AREA && !from->logarithmic) low = fmin(low, 0);
    }
    bool given = from->low < from->high && isfinite(scaled(from, from->low)) && isfinite(scaled(from, from->high));
    if (given) {
        low = scaled(from, from->low);
        high = scaled(from, from->high);
    } else if (!(low <= high)) {
        low = 0;
        high = 1;
    } else {
        double room = pad * (high - low);
        if (!(room > 0)) room = fmax(0.1 * fabs(low), 1e-12);
        bool from_zero = !from->logarithmic && low >= 0 && low < 0.25 * high;
        low = from_zero ? 0 : low - room;
        high += room;
    }
    plot->low[axis] = low;
    plot->high[axis] = high;
}

/* ---- axes -----------------------------------------------------------------------------------------------------------
 */

/* Ticks in the axis' own values. */
static int find_ticks(const struct plot *plot, int axis, double *out) {
    float length = axis == 0 ? plot->right - plot->left : plot->bottom - plot->top;
    int want = (int)fmaxf(2, length / (axis == 0 ? 90 : 52)), count = 0;
    double low = plot->low[axis], high = plot->high[axis];
    if (!axis_of(plot->chart, axis)->logarithmic) return ticks_linear(low, high, want, out, TICKS_MOST);
    if (high - low < 0.7) { /* less than a decade: round numbers of their own */
        count = ticks_linear(pow(10, low), pow(10, high), want, out, TICKS_MOST);
        return count;
    }
    int every = (int)fmax(1, ceil((high - low) / want));
    static const int between[] = {1, 2, 5};
    int parts = high - low < want / 3.0 ? 3 : 1;
    for (int k = (int)floor(low); k <= (int)ceil(high); k++) {
        if (k % every != 0) continue;
        for (int p = 0; p < parts && count < TICKS_MOST; p++) {
            double value = k < 0 ? between[p] / pow(10, -k) : between[p] * pow(10, k);
            if (log10(value) >= low - 1e-9 && log10(value) <= high + 1e-9) out[count++] = value;
        }
    }
    return count;
}

static void text_at(struct plot *plot, float x, float y, float anchor_x, float anchor_y, enum text_size size,
                    struct color color, const char *english) {
    const char *text = builder_say(&plot->builder, english);
    struct scene_label *label = add_text(&plot->builder, x, y, anchor_x, anchor_y, size, color);
    text_print(label->text, sizeof label->text, "%s", text);
}

static void segment(struct plot *plot, float x0, float y0, float x1, float y1, float width, struct color color,
                    float dash) {
    vec3 from, to;
    to_world(plot, x0, y0, from);
    to_world(plot, x1, y1, to);
    add_segment(&plot->builder, from, to, width, color)->dash = dash;
}

static void tick_words(const struct plot *plot, int axis, const double *values, int count, char words[][NUMBER_TEXT]) {
    if (axis_of(plot->chart, axis)->logarithmic)
        for (int i = 0; i < count; i++) {
            static const char one[] = "1×10";
            number_text(values[i], 3, words[i]);
            size_t skip = strlen("1×"); /* a power of ten alone */
            if (strncmp(words[i], one, strlen(one)) == 0) memmove(words[i], words[i] + skip, strlen(words[i] + skip) + 1);
        }
    else
        tick_texts(values, count, words);
}

static void build_axis(struct plot *plot, int axis) {
    const struct theme *theme = plot->builder.theme;
    const struct chart_axis *from = axis_of(plot->chart, axis);
    double values[TICKS_MOST];
    char words[TICKS_MOST][NUMBER_TEXT];
    int count = find_ticks(plot, axis, values);
    tick_words(plot, axis, values, count, words);
    for (int i = 0; i < count; i++) {
        float at = (float)place(plot, axis, scaled(from, values[i]));
        if (axis == 0) {
            segment(plot, at, plot->top, at, plot->bottom, 1, theme->grid, 0);
            segment(plot, at, plot->bottom, at, plot->bottom + tick_length, 1, theme->faint_ink, 0);
            text_at(plot, at, plot->bottom + tick_length + 3, 0.5f, 0, TEXT_SMALL, theme->ink, words[i]);
        } else {
            segment(plot, plot->left, at, plot->right, at, 1, theme->grid, 0);
            segment(plot, plot->left - tick_length, at, plot->left, at, 1, theme->faint_ink, 0);
            text_at(plot, plot->left - tick_length - 4, at, 1, 0.5f, TEXT_SMALL, theme->ink, words[i]);
        }
    }
    if (axis == 0) {
        segment(plot, plot->left, plot->bottom, plot->right, plot->bottom, 1.25f, theme->faint_ink, 0);
        if (from->name)
            text_at(plot, plot->right, plot->bottom + tick_length + 3 + text_height(TEXT_SMALL), 1, 0, TEXT_SMALL,
                    theme->ink, from->name);
    } else {
        segment(plot, plot->left, plot->top, plot->left, plot->bottom, 1.25f, theme->faint_ink, 0);
        if (from->name) text_at(plot, plot->left, plot->top - gap, 0, 1, TEXT_SMALL, theme->ink, from->name);
    }
}

static float widest_tick(const struct plot *plot, int axis) {
    double values[TICKS_MOST];
    char words[TICKS_MOST][NUMBER_TEXT];
    int count = find_ticks(plot, axis, values);
    float widest = 0;
    tick_words(plot, axis, values, count, words);
    for (int i = 0; i < count; i++) widest = fmaxf(widest, text_width(words[i], TEXT_SMALL));
    return widest;
}

/* ---- series ---------------------------------------------------------------------------------------------------------
 */

/* The part of a segment within the plot (Liang & Barsky 1984); false when there is none. */
static bool clip(const struct plot *plot, double a[2], double b[2]) {
    const double low[2] = {plot->left, plot->top}, high[2] = {plot->right, plot->bottom};
    double enter = 0, leave = 1, from[2] = {a[0], a[1]}, way[2] = {b[0] - a[0], b[1] - a[1]};
    for (int k = 0; k < 2; k++) {
        double near = low[k] - from[k], far = high[k] - from[k];
        if (way[k] == 0) {
            if (near > 0 || far < 0) return false;
            continue;
        }
        enter = fmax(enter, fmin(near / way[k], far / way[k]));
        leave = fmin(leave, fmax(near / way[k], far / way[k]));
    }
    if (enter > leave) return false;
    for (int k = 0; k < 2; k++) { /* an end within stays what it is, to the bit: the next one begins there */
        if (enter > 0) a[k] = from[k] + enter * way[k];
        if (leave < 1) b[k] = from[k] + leave * way[k];
    }
    return true;
}

static bool point_place(const struct plot *plot, const struct chart_series *series, size_t i, double out[2]) {
    out[0] = place(plot, 0, scaled(&plot->chart->x, series->x[i]));
    out[1] = place(plot, 1, scaled(&plot->chart->y, series->y[i]));
    return isfinite(out[0]) && isfinite(out[1]);
}

/* One more point of the line begun last. */
static void add_place(struct plot *plot, const double at[2]) {
    struct scene *scene = plot->builder.scene;
    vec3 world;
    to_world(plot, (float)at[0], (float)at[1], world);
    add_point(&plot->builder, world, 1);
    scene->lines[scene->line_count - 1].count++;
}

/* Whether a colour can be told from the paper by itself. */
static bool faint(const struct plot *plot, struct color color) {
    return color_contrast(color, plot->builder.theme->ground) < stands_out;
}

static void begin_line(struct plot *plot, const struct chart_series *series, bool casing) {
    struct scene_line *line = add_line(&plot->builder);
    line->color = casing ? color_fade(color_casing(series->color, plot->builder.theme), 0.8f) : series->color;
    line->width = (series->width > 0 ? series->width : 2) + (casing ? casing_width : 0);
    line->dash = casing ? 0 : series->dash;
    line->hidden_alpha = 1;
}

/* A stretch of a veil between a line and what lies below it: one sheet, so that no seams show in a figure. */
struct veil {
    double (*tops)[2], *bases; /* (count) pixels */
    size_t count, capacity, base_capacity;
};

static void veil_end(struct plot *plot, const struct chart_series *series, struct veil *veil) {
    size_t columns = veil->count;
    veil->count = 0;
    if (columns < 2) return;
    struct scene_triangle_sheet *sheet = add_sheet(&plot->builder);
    sheet->first = (int)plot->builder.scene->point_count;
    sheet->columns = (int)columns;
    sheet->rows = 2;
    sheet->veil = color_fade(series->color, 0.22f);
    sheet->wire = color_fade(series->color, 0);
    for (size_t k = 0; k < 2 * columns; k++) {
        vec3 world;
        size_t at = k % columns;
        to_world(plot, (float)veil->tops[at][0], (float)(k < columns ? veil->bases[at] : veil->tops[at][1]), world);
        add_point(&plot->builder, world, 1);
    }
}

static void veil_add(struct veil *veil, const double top[2], double base) {
    MEM_GROW(veil->tops, veil->capacity, veil->count + 1);
    MEM_GROW(veil->bases, veil->base_capacity, veil->count + 1);
    memcpy(veil->tops[veil->count], top, sizeof *veil->tops);
    veil->bases[veil->count++] = base;
}

/* From a to b; what does not go on where the stretch so far ends begins another. */
static void veil_go(struct plot *plot, const struct chart_series *series, struct veil *veil, const double a[2],
                    const double b[2], double base_a, double base_b) {
    const double *last = veil->count ? veil->tops[veil->count - 1] : NULL;
    if (!last || last[0] != a[0] || last[1] != a[1] || veil->bases[veil->count - 1] != base_a) {
        veil_end(plot, series, veil);
        veil_add(veil, a, base_a);
    }
    veil_add(veil, b, base_b);
}

static void veil_release(struct plot *plot, const struct chart_series *series, struct veil *veil) {
    veil_end(plot, series, veil);
    free(veil->tops);
    free(veil->bases);
}

static void build_area(struct plot *plot, const struct chart_series *series) {
    struct veil veil = {0};
    for (size_t i = 0; i + 1 < series->count; i++) {
        double a[2], b[2];
        if (point_place(plot, series, i, a) && point_place(plot, series, i + 1, b) && clip(plot, a, b))
            veil_go(plot, series, &veil, a, b, plot->bottom, plot->bottom);
    }
    veil_release(plot, series, &veil);
}

static void build_line(struct plot *plot, const struct chart_series *series, bool casing) {
    double before[2], here[2];
    bool joined = false; /* the line begun last ends at `before`, within the plot */
    bool known = false;
    for (size_t i = 0; i < series->count; i++) {
        if (!point_place(plot, series, i, here)) {
            known = joined = false;
            continue;
        }
        double a[2], b[2] = {here[0], here[1]};
        if (known) {
            memcpy(a, before, sizeof a);
            if (clip(plot, a, b)) {
                if (!joined || a[0] != before[0] || a[1] != before[1]) {
                    begin_line(plot, series, casing);
                    add_place(plot, a);
                }
                add_place(plot, b);
                joined = b[0] == here[0] && b[1] == here[1];
            } else {
                joined = false;
            }
        }
        memcpy(before, here, sizeof before);
        known = true;
    }
}

static void build_band(struct plot *plot, const struct chart_series *series) {
    struct veil veil = {0};
    for (size_t i = 0; i + 1 < series->count; i++) {
        double a[2], b[2], bases[2];
        bool known = point_place(plot, series, i, a) && point_place(plot, series, i + 1, b);
        for (size_t k = 0; k < 2; k++) bases[k] = place(plot, 1, scaled(&plot->chart->y, series->base[i + k]));
        if (!known || !isfinite(bases[0]) || !isfinite(bases[1]) || fmin(a[0], b[0]) < plot->left - 0.5 ||
            fmax(a[0], b[0]) > plot->right + 0.5)
            continue;
        a[1] = fmin(fmax(a[1], plot->top), plot->bottom);
        b[1] = fmin(fmax(b[1], plot->top), plot->bottom);
        for (size_t k = 0; k < 2; k++) bases[k] = fmin(fmax(bases[k], plot->top), plot->bottom);
        veil_go(plot, series, &veil, a, b, bases[0], bases[1]);
    }
    veil_release(plot, series, &veil);
}

static void build_dots(struct plot *plot, const struct chart_series *series) {
    const struct theme *theme = plot->builder.theme;
    const struct color *colormap = plot->builder.scene->colormap;
    double at[2];
    for (size_t i = 0; i < series->count; i++) {
        if (!point_place(plot, series, i, at) || at[0] < plot->left - 0.5 || at[0] > plot->right + 0.5 ||
            at[1] < plot->top - 0.5 || at[1] > plot->bottom + 0.5)
            continue;
        struct scene_glyph *glyph = add_glyph(&plot->builder);
        to_world(plot, (float)at[0], (float)at[1], glyph->at);
        glyph->shape = series->shape;
        glyph->size = series->size > 0 ? series->size : 9;
        glyph->hollow = series->hollow;
        glyph->hidden_alpha = 1;
        glyph->fill = series->color;
        if (series->shade) {
            double shade = fmin(1, fmax(0, series->shade[i]));
            glyph->fill = colormap[(int)(shade * (COLORMAP_SIZE - 1) + 0.5)];
        }
        glyph->outline = series->shade     ? color_fade(theme->ink, 0.8f)
                         : plot->outlined ? color_casing(glyph->fill, theme)
                                          : theme->ground;
    }
}

static void build_series(struct plot *plot, const struct chart_series *series) {
    if (series->kind == CHART_DOTS) {
        build_dots(plot, series);
    } else if (series->kind == CHART_BAND) {
        build_band(plot, series);
    } else if (series->kind == CHART_LEVEL) {
        double y = series->count > 0 ? place(plot, 1, scaled(&plot->chart->y, series->y[0])) : NAN;
        if (y >= plot->top && y <= plot->bottom)
            segment(plot, plot->left, (float)y, plot->right, (float)y, series->width > 0 ? series->width : 1.5f,
                    series->color, series->dash);
    } else {
        if (series->kind == CHART_AREA) build_area(plot, series);
        if (faint(plot, series->color) && series->dash == 0) build_line(plot, series, true);
        build_line(plot, series, false);
    }
}

/* ---- what stands around it ------------------------------------------------------------------------------------------
 */

/* In as many lines as it takes; returns where they end. */
static float build_title(struct plot *plot, bool draw) {
    const struct builder *builder = &plot->builder;
    const char *rest = plot->chart->title ? builder_say(builder, plot->chart->title) : "";
    float top = margin * 0.7f;
    for (int lines = 0; *rest && lines < TITLE_LINES; lines++) {
        char line[LABEL_TEXT];
        float width = builder->pane_width - 2 * margin;
        size_t bytes = text_break(rest, TEXT_TITLE, width);
        if (lines == TITLE_LINES - 1) bytes = strlen(rest);
        snprintf(line, sizeof line, "%.*s", (int)bytes, rest);
        if (text_width(line, TEXT_TITLE) > width) fit_text(rest, TEXT_TITLE, width, line);
        if (draw) text_at(plot, margin, top, 0, 0, TEXT_TITLE, builder->theme->ink, line);
        top += text_height(TEXT_TITLE) + 2;
        rest += bytes;
        while (*rest == ' ') rest++;
    }
    return top + (plot->chart->title ? 2 : 0);
}

/* A name of the legend, no wider than the page. */
static const char *legend_name(const struct plot *plot, const struct chart_series *series, char out[LABEL_TEXT]) {
    float width = plot->builder.pane_width - 2 * margin - mark_room;
    fit_text(builder_say(&plot->builder, series->name), TEXT_SMALL, width, out);
    return out;
}

/* Rows of marks and names from `top`; returns where they end. With `draw` false only that. */
static float build_legend_rows(struct plot *plot, float top, bool draw) {
    const struct theme *theme = plot->builder.theme;
    float x = margin, height = text_height(TEXT_SMALL) + 4, bottom = top;
    for (size_t s = 0; s < plot->chart->series_count; s++) {
        const struct chart_series *series = &plot->chart->series[s];
        if (!series->name) continue;
        char name[LABEL_TEXT];
        float width = mark_room + text_width(legend_name(plot, series, name), TEXT_SMALL) + legend_gap;
        if (bottom == top) bottom = top + height;
        if (x > margin && x + width - legend_gap > plot->builder.pane_width - margin) {
            x = margin;
            bottom += height;
        }
        float middle = bottom - height / 2;
        if (draw && series->kind == CHART_DOTS) {
            struct scene_mark *mark = add_mark(&plot->builder);
            mark->x = x + 9;
            mark->y = middle;
            mark->size = fminf(series->size > 0 ? series->size : 9, 12);
            mark->shape = series->shape;
            mark->hollow = series->hollow;
            mark->fill = series->color;
            mark->outline = plot->outlined ? color_casing(series->color, theme) : theme->ground;
        } else if (draw) {
            segment(plot, x, middle, x + 19, middle, series->width > 0 ? series->width : 2, series->color,
                    series->dash);
        }
        if (draw) text_at(plot, x + mark_room, middle, 0, 0.5f, TEXT_SMALL, theme->ink, name);
        x += width;
    }
    return bottom;
}

static int build_caption(struct plot *plot, bool draw) {
    const struct builder *builder = &plot->builder;
    int lines = 0, total = draw ? build_caption(plot, false) : 0;
    const char *rest = builder_say(builder, plot->chart->caption);
    while (rest && *rest) {
        size_t bytes = text_break(rest, TEXT_SMALL, builder->pane_width - 2 * margin);
        if (draw) {
            char line[LABEL_TEXT];
            snprintf(line, sizeof line, "%.*s", (int)bytes, rest);
            float y = builder->pane_height - margin / 2 - text_height(TEXT_SMALL) * (float)(total - lines);
            text_at(plot, margin, y, 0, 0, TEXT_SMALL, builder->theme->faint_ink, line);
        }
        lines++;
        rest += bytes;
        while (*rest == ' ') rest++;
    }
    return lines;
}

static void build_bar(struct plot *plot) {
    const struct theme *theme = plot->builder.theme;
    const struct chart *chart = plot->chart;
    float left = plot->right + 24, height = plot->bottom - plot->top;
    struct scene_box *box = add_box(&plot->builder);
    *box = (struct scene_box){.x = left,
                              .y = plot->top,
                              .width = bar_width,
                              .height = height,
                              .gradient = true,
                              .edge = theme->faint_ink,
                              .panes = plot->builder.all};
    const double ends[] = {chart->shade_low, (chart->shade_low + chart->shade_high) / 2, chart->shade_high};
    for (int i = 0; i < 3; i++) {
        char words[NUMBER_TEXT];
        text_at(plot, left + bar_width + 6, plot->bottom - height * (float)i / 2, 0,
                i == 0   ? 1
                : i == 2 ? 0
                         : 0.5f,
                TEXT_SMALL, theme->ink, number_text(ends[i], 3, words));
    }
    text_at(plot, plot->builder.pane_width - margin, plot->top - gap, 1, 1, TEXT_SMALL, theme->ink, chart->shade_name);
}

static void lay_out(struct plot *plot) {
    const struct chart *chart = plot->chart;
    float top = build_legend_rows(plot, build_title(plot, false), false);
    plot->top = top + gap + (chart->y.name ? text_height(TEXT_SMALL) + gap : 0);
    int lines = build_caption(plot, false);
    plot->bottom = chart->height - margin / 2 - text_height(TEXT_SMALL) * (float)lines - (lines ? gap : 0) -
                   tick_length - 3 - text_height(TEXT_SMALL) * (chart->x.name ? 2.0f : 1.0f);
    plot->left = margin;
    plot->right = chart->width - margin - (chart->shade_name ? 24 + bar_width + 44 : 0);
    for (int axis = 0; axis < 2; axis++) fit_axis(plot, axis);
    plot->left += widest_tick(plot, 1) + tick_length + 4;
}

void chart_build(struct scene *scene, const struct chart *chart) {
    scene_clear(scene);
    scene->words = chart->words;
    struct plot plot = {.chart = chart};
    plot.builder = (struct builder){.scene = scene,
                                    .theme = theme_get(chart->theme),
                                    .all = 1,
                                    .pane_width = chart->width,
                                    .pane_height = chart->height,
                                    .camera = camera_over(chart->width, chart->height)};
    scene->theme = plot.builder.theme;
    scene->colormap = colormap_get(chart->colormap, chart->theme);
    scene->pane_count = 1;
    scene->panes[0] = (struct scene_pane){.width = 1, .height = 1, .camera = plot.builder.camera, .flat = true};
    for (size_t s = 0; s < chart->series_count; s++) {
        const struct chart_series *series = &chart->series[s];
        plot.outlined |= series->kind == CHART_DOTS && !series->shade && faint(&plot, series->color);
    }
    lay_out(&plot);
    for (int axis = 0; axis < 2; axis++) build_axis(&plot, axis);
    for (size_t s = 0; s < chart->series_count; s++) build_series(&plot, &chart->series[s]);
    build_legend_rows(&plot, build_title(&plot, true), true);
    build_caption(&plot, true);
    if (chart->shade_name) build_bar(&plot);
}
