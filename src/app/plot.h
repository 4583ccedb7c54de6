/* Axes and lines of a small plot, drawn with the panels' lines: the curves at the bottom, and what analyses found. */
#pragma once

#include "app/ui.h"

#include <math.h>

struct axis {
    double low, high; /* of what is drawn: log10 of the values, or the values; low ≥ high: there is nothing to show */
    double floor;     /* what is lower is drawn there; −∞: nothing is */
    bool logarithmic;
};
/* Over values from `low` to `high`, with air at both ends. A logarithmic axis covers at most 16 decades: below, a value
 * is rounding next to the highest. */
struct axis axis_over(double low, double high, bool logarithmic);
struct axis axis_exactly(double low, double high);
static inline bool axis_usable(const struct axis *axis) {
    return axis->low < axis->high;
}
double axis_share(const struct axis *axis, double value); /* 0 at its low end, 1 at its high end */
double axis_value(const struct axis *axis, double share); /* its inverse */
/* Values worth a line, ascending, at most `most` and about `want` of them, and what to write beside them. */
enum { AXIS_MOST_TICKS = 12, AXIS_TICK_TEXT = 40 };
int axis_ticks(const struct axis *axis, int want, double values[AXIS_MOST_TICKS],
               char texts[AXIS_MOST_TICKS][AXIS_TICK_TEXT]);

struct plot {
    struct ui *ui;
    const struct theme *theme;
    struct rect rect; /* design pixels */
    struct axis x, y;
};
static inline float plot_x(const struct plot *plot, double value) {
    return plot->rect.x + plot->rect.width * (float)axis_share(&plot->x, value);
}
static inline float plot_y(const struct plot *plot, double value) { /* a little beyond the rectangle at most */
    double share = axis_share(&plot->y, value);
    return plot->rect.y + plot->rect.height * (1 - (float)fmin(fmax(share, -0.2), 1.2));
}
/* Level lines with their values at the left, as many as have room; upright ones with theirs below. */
void plot_grid_y(const struct plot *plot);
void plot_grid_x(const struct plot *plot);

enum plot_stroke { STROKE_SOLID, STROKE_DASHED, STROKE_DOTTED };
/* A line through screen points (count × 2), cased like a path on the surface where its colour alone would not stand out
 * from the panel. */
void plot_stroke(const struct plot *plot, const float *xy, int count, struct color color, float width,
                 enum plot_stroke stroke);
/* Through (x, y) values, broken where one is not finite. */
void plot_line(const struct plot *plot, const double *x, const double *y, int count, struct color color, float width,
               enum plot_stroke stroke);
/* A colour, nearer to the ink when it would not stand out from the panel by `contrast`. */
struct color plot_readable(struct color color, const struct theme *theme, float contrast);
