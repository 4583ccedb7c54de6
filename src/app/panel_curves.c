#include "app/panel_curves.h"
#include "app/app_parts.h"
#include "app/marks.h"

#include "base/text.h"

#include <string.h>

enum { MOST_COLUMNS = 4096, MOST_LINES = 3 };

/* What a figure shows, and what of a run's curves it is drawn from. */
struct figure_kind {
    const char *tab, *name, *tip;
    enum curve lines[MOST_LINES];
    enum plot_stroke strokes[MOST_LINES];
    const char *columns[MOST_LINES]; /* in the reading, where there are several */
    int count;
    bool usually_logarithmic;
};
static const struct figure_kind kinds[FIGURE_COUNT] = {
    [FIGURE_LOSS] = {"Loss",
                     "loss",
                     "The loss; dashed on the validation data, dotted on the test data",
                     {CURVE_LOSS, CURVE_VALIDATION, CURVE_TEST},
                     {STROKE_SOLID, STROKE_DASHED, STROKE_DOTTED},
                     {"training", "validation", "test"},
                     3,
                     true},
    [FIGURE_GRADIENT] =
        {"Gradient", "‖∇L‖", "The gradient’s length, ‖∇L‖", {CURVE_GRADIENT}, {STROKE_SOLID}, {""}, 1, true},
    [FIGURE_RATE] = {"Rate", "rate η", "The learning rate of each step", {CURVE_RATE}, {STROKE_SOLID}, {""}, 1, false},
    [FIGURE_SHARPNESS] = {"λ max",
                          "λ max",
                          "The largest curvature, as the optimizer scales it; dashed: what its rate can bear, 2/η",
                          {CURVE_SHARPNESS, CURVE_BOUND},
                          {STROKE_SOLID, STROKE_DASHED},
                          {"λ max", "limit"},
                          2,
                          true},
    [FIGURE_DISTANCE] = {"Off plane",
                         "off plane",
                         "How far each run is from the plane that is shown",
                         {CURVE_DISTANCE},
                         {STROKE_SOLID},
                         {""},
                         1,
                         false},
};
const char *const figure_names[] = {"loss", "gradient", "rate", "sharpness", "distance"};

static bool figure_exists(const struct app *app, enum figure figure) {
    const struct objective *objective = app->session->experiment->objective;
    return figure != FIGURE_DISTANCE || objective_dimension(objective) > 2;
}

static bool logarithmic(const struct app *app, enum figure figure) {
    return kinds[figure].usually_logarithmic != (app->figure_other_scale >> figure & 1);
}

void curves_show(struct app *app, enum figure figure) {
    app->figure = figure;
    app_redraw(app);
}

/* ---- what is to be seen --------------------------------------------------------------------------------------------
 */

static const struct trace *trace_of(const struct app *app, enum curve curve, int run) {
    return &app->session->curves.traces[curve][run];
}

static bool hidden(const struct session *session, int run) {
    return session->view.hidden_runs >> run & 1;
}

void curves_want(struct app *app) {
    struct session *session = app->session;
    if (!figure_exists(app, app->figure)) app->figure = FIGURE_LOSS;
    unsigned wanted = 0;
    for (int i = 0; i < kinds[app->figure].count; i++) wanted |= 1u << kinds[app->figure].lines[i];
    if (wanted & ~session->curves.wanted) {
        session->curves.wanted = wanted;
        session_update(session);
    }
    session->curves.wanted = wanted;
}

/* No more than 2 decades above the start: a run that blows up does not flatten the others. */
static struct axis axis_fit(const struct app *app) {
    const struct session *session = app->session;
    const struct figure_kind *kind = &kinds[app->figure];
    bool descends = app->figure == FIGURE_LOSS || app->figure == FIGURE_GRADIENT;
    double low = INFINITY, high = -INFINITY, first = -INFINITY;
    for (int run = 0; run < session->runs; run++)
        for (int i = 0; i < kind->count && !hidden(session, run); i++) {
            const struct trace *trace = trace_of(app, kind->lines[i], run);
            struct trace_extremes extremes = trace_extremes(trace, 0, trace->count);
            low = fmin(low, extremes.low);
            high = fmax(high, extremes.high);
            if (descends && trace->count && isfinite(trace->values[0])) first = fmax(first, trace->values[0]);
        }
    if (isfinite(first)) low = fmax(low, first - 100 * (fabs(first) + 1)); /* nor one that falls without end */
    bool powers = logarithmic(app, app->figure) && low >= 0 && high > 0;
    if (isfinite(first)) high = fmin(high, powers ? 100 * first : first + 2 * (fabs(first) + 1));
    return axis_over(low, high, powers);
}

struct plot curves_plot(struct app *app, struct rect rect) {
    double steps = (double)(app->session->limit > 0 ? app->session->limit : 1);
    return (struct plot){.ui = app->ui,
                         .theme = theme_get(app->settings.theme),
                         .rect = rect,
                         .x = axis_exactly(0, steps),
                         .y = axis_fit(app)};
}

/* ---- drawing -------------------------------------------------------------------------------------------------------
 */

static void draw_points(const struct plot *plot, const float *xy, int count, struct color color,
                        enum plot_stroke stroke) {
    plot_stroke(plot, xy, count, color, stroke == STROKE_SOLID ? 1.8f : 1.5f, stroke);
}

/* A point a sample while there is room for them, else the extremes of each column. */
static void draw_curve(const struct plot *plot, const struct trace *curve, struct color color,
                       enum plot_stroke stroke) {
    float xy[2 * MOST_COLUMNS];
    int count = 0;
    double steps = plot->x.high;
    bool sparse = (double)curve->count < fmin(2 * (double)plot->rect.width, MOST_COLUMNS - 2);
    if (sparse) {
        for (size_t i = 0; i < curve->count; i++) {
            if (!isfinite(curve->values[i])) { /* the line is broken there */
                draw_points(plot, xy, count, color, stroke);
                count = 0;
                continue;
            }
            xy[2 * count] = plot_x(plot, (double)curve->steps[i]);
            xy[2 * count++ + 1] = plot_y(plot, curve->values[i]);
        }
    } else {
        size_t from = 0;
        for (int column = 0; column < (int)plot->rect.width && count + 2 < MOST_COLUMNS && from < curve->count;
             column++) {
            size_t to = trace_find(curve, (int64_t)(steps * (column + 1) / (double)plot->rect.width));
            if (to <= from) continue;
            struct trace_extremes extremes = trace_extremes(curve, from, to);
            from = to;
            if (!(extremes.low <= extremes.high)) continue;
            float x = plot->rect.x + (float)column;
            bool rising = column % 2; /* there and back, so that columns join without a jump */
            xy[2 * count] = xy[2 * count + 2] = x;
            xy[2 * count + 1] = plot_y(plot, rising ? extremes.low : extremes.high);
            xy[2 * count + 3] = plot_y(plot, rising ? extremes.high : extremes.low);
            count += 2;
        }
    }
    draw_points(plot, xy, count, color, stroke);
}

/* The value at a step, or the last one before it where not every step has one. */
static bool value_at(const struct trace *trace, int64_t step, bool exactly, double *value) {
    size_t at = trace_find(trace, step);
    if (at >= trace->count || trace->steps[at] != step) {
        if (exactly || at == 0) return false;
        at--;
    }
    *value = trace->values[at];
    return isfinite(*value);
}

static bool sparse_readings(enum figure figure) {
    return figure == FIGURE_SHARPNESS || figure == FIGURE_DISTANCE;
}

void curves_offer(struct app *app, const struct plot *plot) {
    struct ui *ui = app->ui;
    if (app->figure != FIGURE_SHARPNESS || analyses_sharpness(&app->session->analyses)) return;
    const char *text = "The largest curvature along the way, against what each rate can bear";
    float middle = plot->rect.x + plot->rect.width / 2 - app->layout.bottom.x;
    float top = plot->rect.y - app->layout.bottom.y + plot->rect.height / 2 - 26;
    ui_at(ui, middle - ui_text_width(ui, UI_SMALL, text) / 2, top);
    ui_text(ui, UI_SMALL | UI_FAINT, text);
    const char *label = "Measure the sharpness";
    ui_at(ui, middle - ui_text_width(ui, UI_SMALL, label) / 2 - 10, top + 22);
    if (ui_button(ui, "sharpness.start", label, UI_BUTTON_EDGED)) analyse_runs(app, ANALYSIS_SHARPNESS);
}

static void empty(struct app *app, const struct plot *plot) {
    const char *text = app->figure == FIGURE_LOSS       ? "The losses appear here, step by step"
                       : app->figure == FIGURE_DISTANCE ? "Known once there is a plane"
                                                        : "Nothing to show yet";
    ui_draw_text(app->ui, UI_SMALL, plot->rect.x + plot->rect.width / 2, plot->rect.y + plot->rect.height / 2, 0.5f,
                 0.5f, plot->theme->faint_ink, text);
}

void curves_draw(struct app *app, const struct plot *plot) {
    struct session *session = app->session;
    const struct theme *theme = plot->theme;
    const struct figure_kind *kind = &kinds[app->figure];
    bool measured = app->figure != FIGURE_SHARPNESS || analyses_sharpness(&session->analyses);
    if (axis_usable(&plot->y)) {
        plot_grid_y(plot);
        for (int run = session->runs - 1; run >= 0; run--) {
            if (hidden(session, run)) continue;
            struct identity identity = identity_of(session->experiment, run / session->starts, theme);
            struct color color = color_fade(identity.color, session->starts > 1 ? 0.6f : 1);
            for (int i = kind->count - 1; i >= 0; i--)
                draw_curve(plot, trace_of(app, kind->lines[i], run), color, kind->strokes[i]);
        }
    } else if (measured) {
        empty(app, plot);
    }
    float at = plot_x(plot, (double)session->view.step);
    ui_draw_line(app->ui, at, plot->rect.y, at, plot->rect.y + plot->rect.height, color_fade(theme->accent, 0.8f), 1);
    for (int run = 0; run < session->runs && axis_usable(&plot->y); run++) {
        double value;
        if (hidden(session, run) || session->starts > 1 ||
            !value_at(trace_of(app, kind->lines[0], run), session->view.step, app->figure == FIGURE_SHARPNESS, &value))
            continue;
        struct identity identity = identity_of(session->experiment, run, theme);
        int64_t last = session_state(session, run).step;
        int64_t step = session->view.step < last ? session->view.step : last;
        mark_draw(app->ui, identity.shape, plot_x(plot, (double)step), plot_y(plot, value), 9, identity.color,
                  theme->casing);
    }
}

/* ---- reading -------------------------------------------------------------------------------------------------------
 */

static bool column_filled(const struct app *app, enum curve curve) {
    for (int run = 0; run < app->session->runs; run++) {
        const struct trace *trace = trace_of(app, curve, run);
        struct trace_extremes extremes = trace_extremes(trace, 0, trace->count);
        if (extremes.low <= extremes.high) return true;
    }
    return false;
}

void curves_reading(struct app *app, const struct plot *plot, int64_t step) {
    enum { LABEL = 96, COLUMN = 78 };
    struct ui *ui = app->ui;
    struct session *session = app->session;
    const struct theme *theme = plot->theme;
    const struct figure_kind *kind = &kinds[app->figure];
    int columns[MOST_LINES], column_count = 0, rows = 0;
    for (int i = 0; i < kind->count; i++)
        if (i == 0 || column_filled(app, kind->lines[i])) columns[column_count++] = i;
    bool headed = column_count > 1;
    float width = 28 + 21 + LABEL + COLUMN * (float)column_count - (headed ? 0 : 6);
    for (int i = 0; i < session->experiment->optimizer_count; i++) rows += session_enabled(session, i);
    float height = 20 + 26 + 34 * (float)rows;
    float x = plot_x(plot, (double)step) + 14;
    if (x + width > plot->rect.x + plot->rect.width) x -= width + 28;
    struct rect rect = {x, app->layout.bottom.y - height - 6, width, height};
    ui_panel_begin(ui, "reading", rect, UI_PANEL_CARD | UI_PANEL_FRONT | UI_PANEL_CLICKS_THROUGH);
    char number[NUMBER_TEXT], name[48];
    snprintf(name, sizeof name, "%s", kind->name);
    if (name[0] >= 'a' && name[0] <= 'z') name[0] = (char)(name[0] - 'a' + 'A');
    ui_textf(ui, UI_SMALL | UI_FAINT, "%s at step %s", name, number_text((double)step, 9, number));
    float right = ui_inner_width(ui);
    for (int c = 0; headed && c < column_count; c++) {
        const char *text = kind->columns[columns[c]];
        if (c) ui_beside(ui, 0);
        ui_beside_at(ui, right - COLUMN * (float)(column_count - 1 - c) - ui_text_width(ui, UI_SMALL, text));
        ui_text(ui, UI_SMALL | UI_FAINT, text);
    }
    for (int i = 0; i < session->experiment->optimizer_count; i++) {
        if (!session_enabled(session, i)) continue;
        struct identity identity = identity_of(session->experiment, i, theme);
        ui_glyph(ui, identity.shape, 13, identity.color, theme->casing);
        ui_beside(ui, 8);
        ui_text_within(ui, UI_SMALL | UI_IN_ROW, LABEL, session->experiment->optimizers[i].label);
        for (int c = 0; c < column_count; c++) {
            double value;
            const struct trace *trace = trace_of(app, kind->lines[columns[c]], session_run(session, i, 0));
            if (value_at(trace, step, !sparse_readings(app->figure), &value))
                number_text(value, 4, number);
            else
                snprintf(number, sizeof number, "–");
            ui_beside_at(ui, right - COLUMN * (float)(column_count - 1 - c) - ui_text_width(ui, UI_SMALL, number));
            ui_text(ui, UI_SMALL | UI_IN_ROW, number);
        }
    }
    ui_panel_end(ui);
}

/* ---- choosing ------------------------------------------------------------------------------------------------------
 */

/* The tabs end at `right`, in the panel's row of controls; where there is no room for all, a button goes through them.
 */
void curves_tabs(struct app *app, float left, float right, float y) {
    struct ui *ui = app->ui;
    const char *labels[FIGURE_COUNT];
    enum figure figures[FIGURE_COUNT];
    int count = 0, chosen = 0;
    float width = 0;
    for (int f = 0; f < FIGURE_COUNT; f++) {
        if (!figure_exists(app, (enum figure)f)) continue;
        if ((enum figure)f == app->figure) chosen = count;
        figures[count] = (enum figure)f;
        labels[count++] = kinds[f].tab;
        width += ceilf(ui_text_width(ui, UI_SMALL, kinds[f].tab)) + 18;
    }
    float scale = ceilf(ui_text_width(ui, UI_SMALL, "log")) + 20;
    if (right - left >= width + scale + 6) {
        ui_at(ui, right - scale - 6 - width, y);
        if (ui_segments(ui, "figure", labels, count, &chosen)) curves_show(app, figures[chosen]);
        ui_tip(ui, kinds[app->figure].tip);
    } else {
        float one = ceilf(ui_text_width(ui, UI_SMALL, labels[chosen])) + 20;
        if (right - left < one + scale + 6) return;
        ui_at(ui, right - scale - 6 - one, y);
        if (ui_button(ui, "figure", labels[chosen], UI_BUTTON_EDGED)) curves_show(app, figures[(chosen + 1) % count]);
        ui_tip(ui, "Another curve");
    }
    ui_at(ui, right - scale, y);
    if (ui_button(ui, "figure.log", "log", logarithmic(app, app->figure) ? UI_BUTTON_ON : 0)) {
        app->figure_other_scale ^= 1u << app->figure;
        app_redraw(app);
    }
    ui_tip(ui, "Logarithmic or linear");
}

const char *curves_scale_name(const struct app *app, const struct plot *plot, float room, char *out, size_t size) {
    snprintf(out, size, "%s%s", kinds[app->figure].name, plot->y.logarithmic ? " (log)" : "");
    if (ui_text_width(app->ui, UI_SMALL, out) > room) snprintf(out, size, "%s", kinds[app->figure].name);
    return out;
}
