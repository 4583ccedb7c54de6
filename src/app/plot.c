#include "app/plot.h"

#include "base/text.h"
#include "scene/scene.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHUNK = 1024 };

/* ---- axes ----------------------------------------------------------------------------------------------------------
 */

struct axis axis_exactly(double low, double high) {
    return (struct axis){.low = low, .high = high, .floor = -INFINITY};
}

struct axis axis_over(double low, double high, bool logarithmic) {
    struct axis axis = {.floor = -INFINITY, .logarithmic = logarithmic};
    if (!(low <= high) || !isfinite(low) || !isfinite(high)) return (struct axis){.floor = -INFINITY};
    axis.low = low;
    axis.high = high;
    if (logarithmic) {
        if (!(high > 0)) return (struct axis){.floor = -INFINITY};
        axis.high = log10(fmax(high, 1e-300));
        axis.low = log10(fmax(low, 1e-300));
        if (axis.low < axis.high - 16) axis.low = axis.floor = ceil(axis.high - 16);
    }
    double width = logarithmic ? 0.3 : (low == high ? 0.2 * fabs(high) : 0) + 1e-6 * (fabs(high) + 1);
    if (axis.high - axis.low < width) {
        double middle = (axis.high + axis.low) / 2;
        axis.low = middle - width / 2;
        axis.high = middle + width / 2;
    }
    double air = 0.06 * (axis.high - axis.low);
    axis.low -= isfinite(axis.floor) ? 2 * air : air;
    axis.high += air;
    return axis;
}

double axis_share(const struct axis *axis, double value) {
    if (axis->logarithmic) value = fmax(value > 0 ? log10(value) : -INFINITY, axis->floor);
    return (value - axis->low) / (axis->high - axis->low);
}

double axis_value(const struct axis *axis, double share) {
    double place = axis->low + share * (axis->high - axis->low);
    return axis->logarithmic ? pow(10, place) : place;
}

static void power_text(int power, char *out, size_t size) {
    static const char *const digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    int all = abs(power);
    snprintf(out, size, "10%s%s%s%s", power < 0 ? "⁻" : "", all >= 100 ? digits[all / 100 % 10] : "",
             all >= 10 ? digits[all / 10 % 10] : "", digits[all % 10]);
}

static int decade_parts(const struct axis *axis, double values[AXIS_MOST_TICKS]) { /* 1, 2, 5 or 1, 3 a decade */
    static const double parts[2][3] = {{1, 2, 5}, {1, 3, 0}};
    bool wide = axis->high - axis->low > 1.3;
    int count = 0;
    for (int power = (int)floor(axis->low); power <= (int)floor(axis->high); power++)
        for (int i = 0; i < 3 && count < AXIS_MOST_TICKS; i++) {
            double value = parts[wide][i] * pow(10, power);
            if (value > 0 && log10(value) >= axis->low && log10(value) <= axis->high) values[count++] = value;
        }
    return count;
}

int axis_ticks(const struct axis *axis, int want, double values[AXIS_MOST_TICKS],
               char texts[AXIS_MOST_TICKS][AXIS_TICK_TEXT]) {
    double decades = axis->high - axis->low;
    bool floored = axis->logarithmic && isfinite(axis->floor), powers = axis->logarithmic && decades > 2.5;
    int count = 0;
    if (want > AXIS_MOST_TICKS) want = AXIS_MOST_TICKS;
    if (want < 1) want = 1;
    if (powers) {
        int first = (int)(floored ? axis->floor : ceil(axis->low)), last = (int)floor(axis->high), every = 1;
        while ((last - first) / every + 1 > want) every++;
        for (int power = first; power <= last && count < AXIS_MOST_TICKS; power += every)
            values[count++] = pow(10, power);
    } else if (axis->logarithmic && decades > 0.9) {
        count = decade_parts(axis, values);
    } else {
        double ends[2] = {axis_value(axis, 0), axis_value(axis, 1)};
        count = ticks_linear(ends[0], ends[1], want < 3 ? want : want / 2 + 1, values, AXIS_MOST_TICKS);
    }
    for (int i = 0; i < count; i++) {
        char *text = texts[i];
        size_t used = 0;
        if (floored && i == 0 && values[i] <= pow(10, axis->floor) * 1.0001)
            used = (size_t)snprintf(text, AXIS_TICK_TEXT, "≤ ");
        char number[NUMBER_TEXT];
        if (powers)
            power_text((int)lround(log10(values[i])), text + used, AXIS_TICK_TEXT - used);
        else
            snprintf(text + used, AXIS_TICK_TEXT - used, "%s", number_text(values[i], 4, number));
    }
    return count;
}

/* ---- grids ---------------------------------------------------------------------------------------------------------
 */

void plot_grid_y(const struct plot *plot) {
    double values[AXIS_MOST_TICKS];
    char texts[AXIS_MOST_TICKS][AXIS_TICK_TEXT];
    struct rect rect = plot->rect;
    int count = axis_ticks(&plot->y, (int)(rect.height / 22) + 1, values, texts);
    float free_above = rect.y + rect.height + 1;
    for (int i = 0; i < count; i++) { /* from below, each clear of the one before */
        float y = plot_y(plot, values[i]);
        if (y < rect.y + 6 || y > rect.y + rect.height - 4 || y + 8 > free_above) continue;
        free_above = y - 8;
        ui_draw_line(plot->ui, rect.x, y, rect.x + rect.width, y, plot->theme->grid, 1);
        ui_draw_text(plot->ui, UI_SMALL, rect.x - 8, y, 1, 0.5f, plot->theme->faint_ink, texts[i]);
    }
}

void plot_grid_x(const struct plot *plot) {
    double values[AXIS_MOST_TICKS];
    char texts[AXIS_MOST_TICKS][AXIS_TICK_TEXT];
    struct rect rect = plot->rect;
    int count = axis_ticks(&plot->x, (int)(rect.width / 56) + 1, values, texts);
    float free_from = rect.x - 20;
    for (int i = 0; i < count; i++) {
        float x = plot_x(plot, values[i]), half = ui_text_width(plot->ui, UI_SMALL, texts[i]) / 2;
        if (x < rect.x - 0.5f || x > rect.x + rect.width + 0.5f || x - half < free_from) continue;
        if (x + half > rect.x + rect.width + 14) continue;
        free_from = x + half + 8;
        ui_draw_line(plot->ui, x, rect.y, x, rect.y + rect.height, plot->theme->grid, 1);
        ui_draw_text(plot->ui, UI_SMALL, x, rect.y + rect.height + 3, 0.5f, 0, plot->theme->faint_ink, texts[i]);
    }
}

/* ---- lines ---------------------------------------------------------------------------------------------------------
 */

struct color plot_readable(struct color color, const struct theme *theme, float contrast) {
    struct color shown = color;
    for (float share = 0.05f; share < 1 && color_contrast(shown, theme->panel) < contrast; share += 0.05f)
        shown = color_mix(color, theme->ink, share);
    return shown;
}

/* The parts of the line that are drawn, one after another, whatever corners lie in between. */
static void dashes(const struct plot *plot, const float *xy, int count, struct color color, float width, float on,
                   float off) {
    float piece[2 * CHUNK];
    int used = 0;
    bool drawing = true;
    float left = on, x = xy[0], y = xy[1];
    piece[used++] = x, piece[used++] = y;
    for (int i = 1; i < count;) {
        float to_x = xy[2 * i], to_y = xy[2 * i + 1], length = hypotf(to_x - x, to_y - y);
        float step = fminf(length, left), share = length > 0 ? step / length : 1;
        x = step < length ? x + (to_x - x) * share : to_x;
        y = step < length ? y + (to_y - y) * share : to_y;
        left -= step;
        if (step >= length) i++;
        if (drawing) piece[used++] = x, piece[used++] = y;
        bool turns = left <= 0;
        if (drawing && used >= 4 && (turns || used + 2 > 2 * CHUNK || i >= count)) {
            ui_draw_polyline(plot->ui, piece, used / 2, color, width);
            used = 0;
            if (!turns) piece[used++] = x, piece[used++] = y;
        }
        if (!turns) continue;
        drawing = !drawing;
        left = drawing ? on : off;
        used = 0;
        if (drawing) piece[used++] = x, piece[used++] = y;
    }
}

void plot_stroke(const struct plot *plot, const float *xy, int count, struct color color, float width,
                 enum plot_stroke stroke) {
    static const float casing = 1.2f;
    if (count < 2) return;
    const struct theme *theme = plot->theme;
    if (stroke == STROKE_DASHED) {
        dashes(plot, xy, count, color_fade(plot_readable(color, theme, 3), color.a), width, 6, 4);
        return;
    }
    if (stroke == STROKE_DOTTED) {
        dashes(plot, xy, count, color_fade(plot_readable(color, theme, 3), color.a), width, 1.8f, 3.2f);
        return;
    }
    if (color.a < 1) /* many lines: a casing each would be a thicket */
        color = color_fade(plot_readable(color, theme, 3), color.a);
    else if (color_contrast(color, theme->panel) < 3)
        ui_draw_polyline(plot->ui, xy, count, color_fade(color_casing(color, theme), 0.8f), width + casing);
    ui_draw_polyline(plot->ui, xy, count, color, width);
}

void plot_line(const struct plot *plot, const double *x, const double *y, int count, struct color color, float width,
               enum plot_stroke stroke) {
    float xy[2 * CHUNK];
    int used = 0;
    for (int i = 0; i <= count; i++) {
        bool known = i < count && isfinite(x[i]) && isfinite(y[i]);
        if (known) {
            xy[2 * used] = plot_x(plot, x[i]);
            xy[2 * used + 1] = plot_y(plot, y[i]);
            used++;
        }
        if (known && used < CHUNK) continue;
        plot_stroke(plot, xy, used, color, width, stroke);
        used = 0;
        if (known) { /* the next chunk goes on from here */
            xy[0] = plot_x(plot, x[i]);
            xy[1] = plot_y(plot, y[i]);
            used = 1;
        }
    }
}
