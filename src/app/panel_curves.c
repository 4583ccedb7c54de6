#include "app/panel_curves.h"
#include "app/app_parts.h"
#include "app/marks.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 4096 };
static const float two_from = 1600, gap_beside = 88; /* design pixels: a window so wide shows two figures */

static const struct figure_kind kinds[FIGURE_COUNT] = {
    [FIGURE_LOSS] = {"Loss",
                     "loss",
                     "The loss; dashed on the validation data, dotted on the test data",
                     {CURVE_LOSS, CURVE_VALIDATION, CURVE_TEST},
                     {STROKE_SOLID, STROKE_DASHED, STROKE_DOTTED},
                     {"training", "validation", "test"},
                     3,
                     true},
    [FIGURE_ACCURACY] = {"Accuracy",
                         "% correct",
                         "Share of the samples told right at each step: of all training data, not of a batch alone; "
                         "dashed of the validation data, dotted of the test data",
                         {CURVE_ACCURACY, CURVE_VALIDATION_ACCURACY, CURVE_TEST_ACCURACY},
                         {STROKE_SOLID, STROKE_DASHED, STROKE_DOTTED},
                         {"training", "validation", "test"},
                         3,
                         false},
    [FIGURE_GRADIENT] =
        {"Gradient", "‖∇L‖", "The gradient’s length, ‖∇L‖", {CURVE_GRADIENT}, {STROKE_SOLID}, {""}, 1, true},
    [FIGURE_RATE] = {"Rate", "rate η", "The learning rate of each step", {CURVE_RATE}, {STROKE_SOLID}, {""}, 1, false},
    [FIGURE_SHARPNESS] = {"λ max",
                          "λ max",
                          "The largest curvature, as the optimizer scales it; dashed: what its rate can bear, 2/η with "
                          "momentum counted in",
                          {CURVE_SHARPNESS, CURVE_BOUND},
                          {STROKE_SOLID, STROKE_DASHED},
                          {"λ max", "limit 2/η"},
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
const struct figure_kind *figure_kind(enum figure figure) {
    return &kinds[figure];
}

const char *const figure_names[] = {"loss", "accuracy", "gradient", "rate", "sharpness", "distance"};

static bool figure_exists(const struct app *app, enum figure figure) {
    const struct objective *objective = app->session->experiment->objective;
    const struct data *data = objective_data(objective);
    if (figure == FIGURE_ACCURACY) return data && data->kind == DATA_CLASSES;
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

const struct trace *curves_trace(const struct app *app, enum curve curve, int run) {
    return &app->session->curves.traces[curve][run];
}

static bool hidden(const struct session *session, int run) {
    return session->view.hidden_runs >> run & 1;
}

static unsigned lines_of(enum figure figure) {
    unsigned lines = 0;
    for (int i = 0; i < kinds[figure].count; i++) lines |= 1u << kinds[figure].lines[i];
    return lines;
}

void curves_keep(struct app *app, unsigned lines) {
    struct session *session = app->session;
    bool more = lines & ~session->curves.wanted;
    session->curves.wanted = lines;
    if (more) session_update(session);
}

/* Whichever of the two figures does not exist here gives way to one that does, and they are never the same. */
static void choose(struct app *app, bool two) {
    if (!figure_exists(app, app->figure)) app->figure = FIGURE_LOSS;
    if (!figure_exists(app, app->figure_beside) || app->figure_beside == app->figure)
        app->figure_beside = app->figure == FIGURE_GRADIENT ? FIGURE_LOSS : FIGURE_GRADIENT;
    curves_keep(app, lines_of(app->figure) | (two ? lines_of(app->figure_beside) : 0));
}

/* ---- what stretch of steps, and of values --------------------------------------------------------------------------
 */

static bool stretched(const struct app *app) {
    const struct curves *curves = &app->session->curves;
    return curves->from < curves->to;
}

static void look_at(struct app *app, double from, double to) {
    struct curves *curves = &app->session->curves;
    double all = (double)(app->session->limit > 0 ? app->session->limit : 1), least = fmin(4, all);
    if (to - from < least) {
        double middle = (from + to) / 2;
        from = middle - least / 2;
        to = middle + least / 2;
    }
    if (from < 0) to -= from, from = 0; /* moved in, as wide as it was */
    if (to > all) from -= to - all, to = all;
    if (from <= 0 && to >= all) from = to = 0;
    curves->from = fmax(from, 0);
    curves->to = to;
    app_redraw(app);
}

static struct axis steps_axis(const struct app *app) {
    const struct curves *curves = &app->session->curves;
    double all = (double)(app->session->limit > 0 ? app->session->limit : 1);
    if (!stretched(app) || curves->from >= all) return axis_exactly(0, all);
    return axis_exactly(curves->from, fmin(curves->to, all));
}

/* No more than 2 decades above the start: a run that blows up does not flatten the others. */
static struct axis axis_fit(const struct app *app, enum figure figure, const struct axis *steps) {
    const struct session *session = app->session;
    const struct figure_kind *kind = &kinds[figure];
    bool descends = (figure == FIGURE_LOSS || figure == FIGURE_GRADIENT) && !stretched(app);
    double low = INFINITY, high = -INFINITY, first = -INFINITY;
    for (int run = 0; run < session->runs; run++)
        for (int i = 0; i < kind->count && !hidden(session, run); i++) {
            const struct trace *trace = curves_trace(app, kind->lines[i], run);
            size_t from = trace_find(trace, (int64_t)ceil(steps->low));
            size_t to = trace_find(trace, (int64_t)floor(steps->high) + 1);
            struct trace_extremes extremes = trace_extremes(trace, from, to);
            low = fmin(low, extremes.low);
            high = fmax(high, extremes.high);
            if (descends && trace->count && isfinite(trace->values[0])) first = fmax(first, trace->values[0]);
        }
    if (isfinite(first)) low = fmax(low, first - 100 * (fabs(first) + 1)); /* nor one that falls without end */
    bool powers = logarithmic(app, figure) && low >= 0 && high > 0;
    if (isfinite(first)) high = fmin(high, powers ? 100 * first : first + 2 * (fabs(first) + 1));
    return axis_over(low, high, powers);
}

static struct plot plot_of(struct app *app, enum figure figure, struct rect rect) {
    struct axis steps = steps_axis(app);
    return (struct plot){.ui = app->ui,
                         .theme = theme_get(app->settings.theme),
                         .rect = rect,
                         .x = steps,
                         .y = axis_fit(app, figure, &steps)};
}

int64_t curves_step_under(const struct plot *plot, float x) {
    double step = round(axis_value(&plot->x, (double)(x - plot->rect.x) / (double)plot->rect.width));
    return (int64_t)fmin(fmax(step, ceil(plot->x.low)), floor(plot->x.high));
}

/* ---- drawing -------------------------------------------------------------------------------------------------------
 */

/* Where the line from a (outside) to b crosses the upright at x. */
static void cut(float *a, const float *b, float x) {
    float share = (x - a[0]) / (b[0] - a[0]);
    a[1] += share * (b[1] - a[1]);
    a[0] = x;
}

static void draw_points(const struct plot *plot, float *xy, int count, struct color color, enum plot_stroke stroke) {
    float left = plot->rect.x, right = left + plot->rect.width;
    if (count > 1 && xy[0] < left && xy[2] > left) cut(xy, xy + 2, left);
    if (count > 1 && xy[2 * count - 2] > right && xy[2 * count - 4] < right)
        cut(xy + 2 * count - 2, xy + 2 * count - 4, right);
    plot_stroke(plot, xy, count, color, stroke == STROKE_SOLID ? 1.8f : 1.5f, stroke);
}

/* A point a sample while there is room for them, else the extremes of each column. */
static void draw_curve(const struct plot *plot, const struct trace *curve, struct color color,
                       enum plot_stroke stroke) {
    float xy[2 * MOST_COLUMNS];
    int count = 0;
    size_t from = trace_find(curve, (int64_t)ceil(plot->x.low)),
           end = trace_find(curve, (int64_t)floor(plot->x.high) + 1);
    if (from > 0) from--; /* the line comes from beyond the edge and goes on there */
    if (end < curve->count) end++;
    bool sparse = (double)(end - from) < fmin(2 * (double)plot->rect.width, MOST_COLUMNS - 2);
    if (sparse) {
        for (size_t i = from; i < end; i++) {
            if (!isfinite(curve->values[i])) { /* the line is broken there */
                draw_points(plot, xy, count, color, stroke);
                count = 0;
                continue;
            }
            xy[2 * count] = plot_x(plot, (double)curve->steps[i]);
            xy[2 * count++ + 1] = plot_y(plot, curve->values[i]);
        }
    } else {
        /* Columns end on whole stretches, a quarter of one away at most: these lie side by side in memory. */
        size_t grain = trace_grain((size_t)((double)(end - from) / (double)plot->rect.width) / 4);
        for (int column = 0; column < (int)plot->rect.width && count + 2 < MOST_COLUMNS && from < end; column++) {
            double until = axis_value(&plot->x, (double)(column + 1) / (double)plot->rect.width);
            size_t to = trace_find(curve, (int64_t)until);
            to = end - to < grain ? end : to - to % grain;
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

static void offer(struct app *app, enum figure figure, const struct plot *plot) {
    struct ui *ui = app->ui;
    if (figure != FIGURE_SHARPNESS || analyses_sharpness(&app->session->analyses)) return;
    const char *text = "The largest curvature along the way, against what each rate can bear";
    float middle = plot->rect.x + plot->rect.width / 2 - app->layout.bottom.x;
    float top = plot->rect.y - app->layout.bottom.y + plot->rect.height / 2 - 26;
    ui_at(ui, middle - ui_text_width(ui, UI_SMALL, text) / 2, top);
    ui_text(ui, UI_SMALL | UI_FAINT, text);
    const char *label = "Measure the sharpness";
    ui_at(ui, middle - ui_text_width(ui, UI_SMALL, label) / 2 - 10, top + 22);
    if (ui_button(ui, "sharpness.start", label, UI_BUTTON_EDGED)) analyse_runs(app, ANALYSIS_SHARPNESS, 0);
}

static void empty(struct app *app, enum figure figure, const struct plot *plot) {
    bool recorded = !app->session->trainer;
    const char *text = figure == FIGURE_LOSS       ? "The losses appear here, step by step"
                       : figure == FIGURE_DISTANCE ? "Known once there is a plane"
                       : figure == FIGURE_ACCURACY && recorded ? "This recording was made without accuracies"
                                                   : "Nothing to show yet";
    ui_draw_text(app->ui, UI_SMALL, plot->rect.x + plot->rect.width / 2, plot->rect.y + plot->rect.height / 2, 0.5f,
                 0.5f, plot->theme->faint_ink, text);
}

/* At the step on screen, every run that has a value there. */
static void draw_heads(struct app *app, enum figure figure, const struct plot *plot) {
    const struct session *session = app->session;
    for (int run = 0; run < session->runs && session->starts == 1; run++) {
        int64_t last = session_state(session, run).step;
        int64_t step = session->view.step < last ? session->view.step : last;
        double value;
        bool exactly = figure == FIGURE_SHARPNESS;
        if (hidden(session, run) || (double)step < plot->x.low || (double)step > plot->x.high ||
            !value_at(curves_trace(app, kinds[figure].lines[0], run), session->view.step, exactly, &value))
            continue;
        struct identity identity = identity_of(session->experiment, run, plot->theme);
        mark_draw(app->ui, identity.shape, plot_x(plot, (double)step), plot_y(plot, value), 9, identity.color,
                  plot->theme->casing);
    }
}

static void hair_line(const struct plot *plot, double step, struct color color) {
    if (step < plot->x.low || step > plot->x.high) return;
    float x = plot_x(plot, step);
    ui_draw_line(plot->ui, x, plot->rect.y, x, plot->rect.y + plot->rect.height, color, 1);
}

/* Where the mouse is on a path over the surface: its step, and its run's value there. */
static void draw_pointed(struct app *app, enum figure figure, const struct plot *plot) {
    const struct scene_pick *pick = &app->mouse.pick;
    const struct session *session = app->session;
    char text[48], number[NUMBER_TEXT];
    if (pick->kind != PICK_PATH || pick->id < 0 || pick->id >= session->runs) return;
    double step = (double)pick->step, value;
    hair_line(plot, step, color_fade(plot->theme->ink, 0.5f));
    if (step < plot->x.low || step > plot->x.high) return;
    float x = plot_x(plot, step);
    struct identity identity = identity_of(session->experiment, pick->id / session->starts, plot->theme);
    if (axis_usable(&plot->y) &&
        value_at(curves_trace(app, kinds[figure].lines[0], pick->id), pick->step, false, &value))
        mark_draw(app->ui, identity.shape, x, plot_y(plot, value), 11, identity.color, plot->theme->casing);
    snprintf(text, sizeof text, "step %s", number_text(step, 9, number));
    bool left = x + 12 + ui_text_width(app->ui, UI_SMALL, text) > plot->rect.x + plot->rect.width;
    ui_draw_text(app->ui, UI_SMALL, x + (left ? -6 : 6), plot->rect.y + plot->rect.height, left ? 1 : 0, 1,
                 plot->theme->ink, text);
}

static void draw(struct app *app, enum figure figure, const struct plot *plot) {
    struct session *session = app->session;
    const struct theme *theme = plot->theme;
    const struct figure_kind *kind = &kinds[figure];
    bool measured = figure != FIGURE_SHARPNESS || analyses_sharpness(&session->analyses);
    if (axis_usable(&plot->y)) {
        plot_grid_y(plot);
        for (int run = session->runs - 1; run >= 0; run--) {
            if (hidden(session, run)) continue;
            struct identity identity = identity_of(session->experiment, run / session->starts, theme);
            struct color color = color_fade(identity.color, session->starts > 1 ? 0.6f : 1);
            for (int i = kind->count - 1; i >= 0; i--)
                draw_curve(plot, curves_trace(app, kind->lines[i], run), color, kind->strokes[i]);
        }
    } else if (measured) {
        empty(app, figure, plot);
    }
    hair_line(plot, (double)session->view.step, color_fade(theme->accent, 0.8f));
    if (axis_usable(&plot->y)) draw_heads(app, figure, plot);
    draw_pointed(app, figure, plot);
}

/* ---- mouse ---------------------------------------------------------------------------------------------------------
 */

/* Shift and drag marks a stretch of steps to look at; the wheel looks nearer where the mouse is; twice: all again. True
 * while the mouse means that, not the playback. */
static bool stretch(struct app *app, int pane, const struct plot *plot, const struct ui_canvas *canvas) {
    double share = (double)((canvas->mouse_x - plot->rect.x) / plot->rect.width);
    double at = fmin(fmax(axis_value(&plot->x, share), plot->x.low), plot->x.high);
    if (canvas->wheel != 0) {
        double factor = pow(1.25, -(double)canvas->wheel);
        look_at(app, at - factor * (at - plot->x.low), at + factor * (plot->x.high - at));
    }
    if (canvas->twice && stretched(app)) look_at(app, 0, INFINITY);
    if (canvas->pressed && canvas->shift) {
        app->stretching = true;
        app->stretch_pane = pane;
        app->stretch_from = at;
    }
    if (!app->stretching || app->stretch_pane != pane) return false;
    float x0 = plot_x(plot, fmin(app->stretch_from, at)), x1 = plot_x(plot, fmax(app->stretch_from, at));
    ui_draw_rect(app->ui, (struct rect){x0, plot->rect.y, x1 - x0, plot->rect.height},
                 color_fade(plot->theme->accent, 0.22f), 0);
    if (!canvas->held) {
        app->stretching = false;
        if (x1 - x0 >= 4) look_at(app, fmin(app->stretch_from, at), fmax(app->stretch_from, at));
    }
    return true;
}

static const char *scale_name(const struct app *app, enum figure figure, const struct plot *plot, float room, char *out,
                              size_t size) {
    snprintf(out, size, "%s%s", kinds[figure].name, plot->y.logarithmic ? " (log)" : "");
    if (ui_text_width(app->ui, UI_SMALL, out) > room) snprintf(out, size, "%s", kinds[figure].name);
    return out;
}

/* The ends of a stretch, where it is not all there is. */
static void draw_ends(const struct app *app, const struct plot *plot) {
    char number[NUMBER_TEXT];
    float bottom = plot->rect.y + plot->rect.height;
    if (!stretched(app)) return;
    ui_draw_text(app->ui, UI_SMALL, plot->rect.x + 3, bottom, 0, 1, plot->theme->faint_ink,
                 number_text(round(plot->x.low), 9, number));
    ui_draw_text(app->ui, UI_SMALL, plot->rect.x + plot->rect.width - 3, bottom, 1, 1, plot->theme->faint_ink,
                 number_text(round(plot->x.high), 9, number));
}

static void pane(struct app *app, struct curves_frame *frame, int index, struct rect rect) {
    struct ui *ui = app->ui;
    enum figure figure = index ? app->figure_beside : app->figure;
    struct rect area = app->layout.bottom;
    struct plot plot = plot_of(app, figure, rect);
    float gutter = index ? gap_beside - 12 : rect.x - area.x;
    offer(app, figure, &plot);
    ui_at(ui, rect.x - gutter - area.x, rect.y - area.y);
    struct ui_canvas canvas =
        ui_canvas_begin(ui, index ? "curves.beside" : "curves", gutter + rect.width + 8, rect.height + 2);
    if (!stretch(app, index, &plot, &canvas)) timeline_scrub(app, &plot, &canvas);
    plot = plot_of(app, figure, rect);
    draw(app, figure, &plot);
    draw_ends(app, &plot);
    if ((canvas.hovered || canvas.held) && canvas.mouse_x >= rect.x - 4) {
        int64_t last = session_last(app->session);
        frame->reading = curves_step_under(&plot, canvas.mouse_x);
        if (frame->reading > last) frame->reading = last;
        frame->figure = figure;
        frame->plot = plot;
    }
    ui_canvas_end(ui);
    if (axis_usable(&plot.y)) {
        char name[64];
        float y = rect.y - 12;
        scale_name(app, figure, &plot, gutter - 12, name, sizeof name);
        curves_key(app, figure, &plot, index ? ui_text_width(ui, UI_SMALL, name) + 12 : 0);
        if (index) {
            y = rect.y + 8;
            ui_draw_text(ui, UI_SMALL, rect.x + rect.width, y, 1, 0.5f, plot.theme->faint_ink, name);
        } else {
            ui_draw_text(ui, UI_SMALL, rect.x - 8, y, 1, 0.5f, plot.theme->faint_ink, name);
        }
    }
}

static bool two_fit(const struct app *app) {
    return app->layout.bottom.width >= two_from;
}

struct curves_frame curves_panel(struct app *app, struct rect rect) {
    struct curves_frame frame = {.reading = -1};
    bool two = two_fit(app);
    choose(app, two);
    if (!two) {
        pane(app, &frame, 0, rect);
    } else {
        float half = (rect.width - gap_beside) / 2;
        pane(app, &frame, 0, (struct rect){rect.x, rect.y, half, rect.height});
        pane(app, &frame, 1, (struct rect){rect.x + half + gap_beside, rect.y, half, rect.height});
    }
    for (int i = 0; frame.reading >= 0 && i < 1 + two; i++) {
        float half = (rect.width - gap_beside) / 2;
        struct rect one =
            two ? (struct rect){rect.x + (float)i * (half + gap_beside), rect.y, half, rect.height} : rect;
        struct plot plot = {.ui = app->ui, .rect = one, .x = steps_axis(app)};
        hair_line(&plot, (double)frame.reading, color_fade(theme_get(app->settings.theme)->ink, 0.35f));
    }
    return frame;
}

/* ---- reading -------------------------------------------------------------------------------------------------------
 */

static void reading(struct app *app, enum figure figure, const struct plot *plot, int64_t step) {
    enum { LABEL = 96, COLUMN = 78 };
    struct ui *ui = app->ui;
    struct session *session = app->session;
    const struct theme *theme = plot->theme;
    const struct figure_kind *kind = &kinds[figure];
    int columns[FIGURE_LINES], column_count = 0, rows = 0;
    for (int i = 0; i < kind->count; i++)
        if (i == 0 || curves_filled(app, kind->lines[i])) columns[column_count++] = i;
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
            const struct trace *trace = curves_trace(app, kind->lines[columns[c]], session_run(session, i, 0));
            if (value_at(trace, step, !sparse_readings(figure), &value))
                number_text(value, 4, number);
            else
                snprintf(number, sizeof number, "–");
            ui_beside_at(ui, right - COLUMN * (float)(column_count - 1 - c) - ui_text_width(ui, UI_SMALL, number));
            ui_text(ui, UI_SMALL | UI_IN_ROW, number);
        }
    }
    ui_panel_end(ui);
}

void curves_read(struct app *app, const struct curves_frame *frame) {
    if (frame->reading != app->hover_step) app->picture_stale = true; /* its heads go there */
    app->hover_step = frame->reading;
    if (frame->reading >= 0 && axis_usable(&frame->plot.y)) reading(app, frame->figure, &frame->plot, frame->reading);
}

/* ---- choosing ------------------------------------------------------------------------------------------------------
 */

static void save(struct app *app, enum figure figure) {
    struct error error = {0};
    struct text name = {0};
    const char *scene = app->session->experiment->name;
    text_format(&name, "%s-%s", scene && *scene ? scene : "formula", figure_names[figure]);
    char *path = place_for("DOCUMENTS", name.bytes, "csv");
    if (curves_write_csv(app, figure, path, &error))
        notice_say(app, NOTICE_DONE, "Figures saved: %s", path);
    else
        notice_say(app, NOTICE_TROUBLE, "No figures saved: %s", error.message);
    text_clear(&name);
    free(path);
}

static float button_width(struct app *app, const char *label) {
    return ceilf(ui_text_width(app->ui, UI_SMALL, label)) + 20;
}

/* Scale, table, and the way back from a stretch; left of `right`. */
static void tools(struct app *app, enum figure figure, bool beside, bool table, float right, float y) {
    struct ui *ui = app->ui;
    if (table) {
        ui_at(ui, right - button_width(app, "CSV"), y);
        if (ui_button(ui, beside ? "figure.csv.beside" : "figure.csv", "CSV", 0)) save(app, figure);
        ui_tip(ui, "Save this figure’s numbers as a table (CSV)");
        right -= button_width(app, "CSV") + 2;
    }
    ui_at(ui, right - button_width(app, "log"), y);
    if (ui_button(ui, beside ? "figure.log.beside" : "figure.log", "log",
                  logarithmic(app, figure) ? UI_BUTTON_ON : 0)) {
        app->figure_other_scale ^= 1u << figure;
        app_redraw(app);
    }
    ui_tip(ui, "Logarithmic or linear");
    right -= button_width(app, "log") + 2;
    if (!stretched(app) || beside) return;
    ui_at(ui, right - button_width(app, "All"), y);
    if (ui_button(ui, "figure.all", "All", UI_BUTTON_EDGED)) look_at(app, 0, INFINITY);
    ui_tip(ui, "All steps again (double-click the curves)");
}

static float tools_width(struct app *app, bool beside) {
    return button_width(app, "CSV") + button_width(app, "log") + (beside ? 0 : button_width(app, "All")) + 8;
}

/* The tabs of one figure, from `left` or up to `right`; where there is no room for all, a button goes through them. */
static void tabs(struct app *app, enum figure *figure, bool beside, float left, float right, float y) {
    struct ui *ui = app->ui;
    const char *labels[FIGURE_COUNT];
    enum figure figures[FIGURE_COUNT];
    int count = 0, chosen = 0;
    bool table = true;
    float width = 0, tool_room = tools_width(app, beside);
    enum figure other = beside ? app->figure : FIGURE_COUNT;
    for (int f = 0; f < FIGURE_COUNT; f++) {
        if (!figure_exists(app, (enum figure)f) || (enum figure)f == other) continue;
        if ((enum figure)f == *figure) chosen = count;
        figures[count] = (enum figure)f;
        labels[count++] = kinds[f].tab;
        width += ceilf(ui_text_width(ui, UI_SMALL, kinds[f].tab)) + 18;
    }
    if (right - left >= width + tool_room) {
        ui_at(ui, right - tool_room - width, y);
        if (ui_segments(ui, beside ? "figure.beside" : "figure", labels, count, &chosen)) {
            *figure = figures[chosen];
            app_redraw(app);
        }
        char tip[400];
        snprintf(tip, sizeof tip, "%s\n%s", kinds[*figure].tip,
                 "Drag: the step. Shift+drag or wheel: look nearer. Double-click: all again");
        ui_tip(ui, tip);
    } else {
        float one = button_width(app, labels[chosen]);
        table = right - left >= one + tool_room; /* else it is saved from the card with all that can be */
        if (!table) tool_room -= button_width(app, "CSV") + 2;
        if (!table && !stretched(app)) tool_room -= button_width(app, "All");
        if (right - left < one + tool_room) return;
        ui_at(ui, right - tool_room - one, y);
        if (ui_button(ui, beside ? "figure.beside" : "figure", labels[chosen], UI_BUTTON_EDGED)) {
            *figure = figures[(chosen + 1) % count];
            app_redraw(app);
        }
        ui_tip(ui, "Another curve");
    }
    tools(app, *figure, beside, table, right, y);
}

void curves_tabs(struct app *app, float left, float right, float y) {
    if (!two_fit(app)) {
        tabs(app, &app->figure, false, left, right, y);
        return;
    }
    float middle = (left + right) / 2 + 10;
    tabs(app, &app->figure, false, left, middle - 16, y);
    tabs(app, &app->figure_beside, true, middle, right, y);
}
