#include "app/app_parts.h"
#include "app/marks.h"

#include "base/text.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double speeds[] = {0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 64, INFINITY};
enum { SPEED_COUNT = sizeof speeds / sizeof *speeds, MOST_COLUMNS = 4096, MOST_TICKS = 12 };
static const float gutter = 72, margin = 16;

void timeline_change_speed(struct app *app, int by) {
    if (!app->session) return;
    int at = 0;
    while (at + 1 < SPEED_COUNT && speeds[at] < app->session->speed) at++;
    at += by;
    if (at < 0) at = 0;
    if (at >= SPEED_COUNT) at = SPEED_COUNT - 1;
    session_set_speed(app->session, speeds[at]);
}

static void speed_text(double speed, char *out, size_t size) {
    if (isinf(speed))
        snprintf(out, size, "max");
    else
        snprintf(out, size, "%.4g×", speed);
}

static void toggle_play(struct app *app) {
    if (app->session->playing)
        session_pause(app->session);
    else
        session_play(app->session, clock_seconds());
    app_redraw(app);
}

static void seek(struct app *app, int64_t step) {
    session_pause(app->session);
    session_seek(app->session, step);
    app_redraw(app);
}

void timeline_act(struct app *app, enum timeline_act act) {
    struct session *session = app->session;
    if (!session) return;
    int64_t shown = (int64_t)session->shown;
    switch (act) {
    case TIMELINE_PLAY: toggle_play(app); break;
    case TIMELINE_BACK: seek(app, shown - 1); break;
    case TIMELINE_ON: seek(app, shown + 1); break;
    case TIMELINE_BACK_TEN: seek(app, shown - 10); break;
    case TIMELINE_ON_TEN: seek(app, shown + 10); break;
    case TIMELINE_TO_START: seek(app, 0); break;
    case TIMELINE_TO_LIVE: seek(app, session_last(session)); break;
    }
}

static void button(struct app *app, const char *id, enum ui_icon icon, enum timeline_act act, const char *tip) {
    if (ui_icon_button(app->ui, id, icon, 30, 0)) timeline_act(app, act);
    ui_tip(app->ui, tip);
    ui_beside(app->ui, 2);
}

static void controls(struct app *app, float width) {
    struct ui *ui = app->ui;
    struct session *session = app->session;
    ui_at(ui, margin - 6, 8);
    if (ui_icon_button(ui, "play", session->playing ? ICON_PAUSE : ICON_PLAY, 30, UI_BUTTON_MAIN))
        timeline_act(app, TIMELINE_PLAY);
    ui_tip(ui, session->playing ? "Pause (Space)" : "Play (Space)");
    ui_beside(ui, 8);
    button(app, "to.start", ICON_TO_START, TIMELINE_TO_START, "To the start (Home)");
    button(app, "step.back", ICON_STEP_BACK, TIMELINE_BACK, "One step back (←, with Shift ten)");
    button(app, "step.on", ICON_STEP_ON, TIMELINE_ON, "One step on (→, with Shift ten)");
    button(app, "to.live", ICON_TO_LIVE, TIMELINE_TO_LIVE, "To the newest step (End)");
    if (session->trainer) {
        if (ui_icon_button(ui, "restart", ICON_RESTART, 30, 0)) app_restart(app);
        ui_tip(ui, "Start again with the settings as they are (R)");
        ui_beside(ui, 14);
    }
    char step[NUMBER_TEXT], limit[NUMBER_TEXT], text[128];
    number_text((double)session->view.step, 9, step);
    number_text((double)session->limit, 9, limit);
    snprintf(text, sizeof text, "Step %s of %s", step, limit);
    ui_text(ui, UI_SMALL | UI_IN_ROW, text);
    if (session->trainer && session_ended(session) && session_live(session)) {
        ui_beside(ui, 12);
        if (ui_button(ui, "train.on", "Train on", UI_BUTTON_EDGED)) {
            session_extend(session, session->experiment->steps);
            session_play(session, clock_seconds());
            app_redraw(app);
        }
        ui_tip(ui, "As many steps again");
    }

    float x = width - margin - 30;
    if (session->trainer) {
        bool recording = trainer_recording(session->trainer);
        ui_at(ui, x, 8);
        if (ui_icon_button(ui, "record", recording ? ICON_STOP : ICON_RECORD, 30, recording ? UI_BUTTON_ON : 0))
            app_toggle_recording(app);
        ui_tip(ui, recording ? "Stop recording" : "Record all steps to a .saddle file");
        x -= 12;
    } else {
        x += 30;
    }
    speed_text(session->speed, text, sizeof text);
    ui_at(ui, x - 28, 9);
    if (ui_button(ui, "speed.up", "+", 0)) timeline_change_speed(app, 1);
    ui_tip(ui, "Faster (+)");
    float text_width = ui_text_width(ui, UI_SMALL, text);
    ui_at(ui, x - 28 - 24 - text_width / 2, 9);
    ui_text(ui, UI_SMALL | UI_IN_ROW, text);
    if (session->playing && isfinite(session->rate_measured)) {
        char rate[96];
        snprintf(rate, sizeof rate, "Speed: 1× is 30 steps a second; now %.0f", session->rate_measured);
        ui_tip(ui, rate);
    } else {
        ui_tip(ui, "Speed: 1× is 30 steps a second");
    }
    ui_at(ui, x - 28 - 48 - 28, 9);
    if (ui_button(ui, "speed.down", "−", 0)) timeline_change_speed(app, -1);
    ui_tip(ui, "Slower (−)");
}

/* ---- curves
 * ------------------------------------------------------------------------------------------------------------- */

struct axis {
    double low, high; /* of what is drawn: log10 of the loss, or the loss itself */
    double floor;     /* what is lower is drawn there; −∞: nothing is */
    bool linear;      /* where a loss is negative */
};

static double on_axis(const struct axis *axis, double loss) {
    if (axis->linear) return loss;
    return fmax(loss > 0 ? log10(loss) : -INFINITY, axis->floor);
}

/* At most 16 decades: below, a loss is rounding next to the highest. No more than 2 above the start: a run that blows
 * up does not flatten the others. */
static bool axis_fit(const struct session *session, struct axis *axis) {
    double low = INFINITY, high = -INFINITY, first = -INFINITY;
    for (int run = 0; run < session->runs; run++) {
        const struct trace *curve = &session->curves[run];
        if (session->view.hidden_runs >> run & 1 || curve->count == 0) continue;
        struct trace_extremes extremes = trace_extremes(curve, 0, curve->count);
        low = fmin(low, extremes.low);
        high = fmax(high, extremes.high);
        if (isfinite(curve->values[0])) first = fmax(first, curve->values[0]);
    }
    if (!(low <= high)) return false;
    if (isfinite(first)) low = fmax(low, first - 100 * (fabs(first) + 1)); /* nor one that falls without end */
    axis->linear = low < 0 || high <= 0;
    axis->floor = -INFINITY;
    if (axis->linear) {
        if (isfinite(first)) high = fmin(high, first + 2 * (fabs(first) + 1));
        axis->low = low;
        axis->high = high;
    } else {
        if (isfinite(first)) high = fmin(high, 100 * first);
        axis->high = log10(fmax(high, 1e-300));
        axis->low = log10(fmax(low, 1e-300));
        if (low < 1e-300 || axis->low < axis->high - 16)
            axis->low = axis->floor = ceil(fmax(axis->low, axis->high - 16));
    }
    double least = axis->linear ? 1e-6 * (fabs(high) + 1) : 0.3;
    if (axis->high - axis->low < least) {
        double middle = (axis->high + axis->low) / 2;
        axis->low = middle - least / 2;
        axis->high = middle + least / 2;
    }
    double air = 0.06 * (axis->high - axis->low);
    axis->low -= isfinite(axis->floor) ? 2 * air : air;
    axis->high += air;
    return true;
}

struct plot {
    struct rect rect;
    struct axis axis;
    double steps; /* across */
};

static float plot_x(const struct plot *plot, double step) {
    return plot->rect.x + plot->rect.width * (float)(step / plot->steps);
}
static float plot_y(const struct plot *plot, double loss) {
    double share = (on_axis(&plot->axis, loss) - plot->axis.low) / (plot->axis.high - plot->axis.low);
    return plot->rect.y + plot->rect.height * (1 - (float)fmin(fmax(share, -0.2), 1.2));
}

static void power_text(int power, char *out, size_t size) {
    static const char *const digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    int all = abs(power);
    snprintf(out, size, "10%s%s%s", power < 0 ? "⁻" : "", all >= 10 ? digits[all / 10 % 10] : "", digits[all % 10]);
}

static void draw_grid(struct app *app, const struct plot *plot) {
    const struct theme *theme = theme_get(app->settings.theme);
    double values[MOST_TICKS];
    int count = 0, first = (int)ceil(plot->axis.low), last = (int)floor(plot->axis.high);
    bool floored = !plot->axis.linear && isfinite(plot->axis.floor), logarithmic = !plot->axis.linear;
    double decades = plot->axis.high - plot->axis.low;
    bool powers = logarithmic && decades > 2.5;
    if (floored) first = (int)plot->axis.floor;
    if (logarithmic && decades > 0.9 && !powers) { /* 1, 2, 5 or 1, 3 a decade */
        static const double parts[2][3] = {{1, 2, 5}, {1, 3, 0}};
        for (int power = (int)floor(plot->axis.low); power <= last; power++)
            for (int i = 0; i < 3 && count < MOST_TICKS; i++) {
                double value = parts[decades > 1.3][i] * pow(10, power);
                if (value > 0) values[count++] = value;
            }
    } else if (powers) {
        int most = (int)(plot->rect.height / 22) + 1, every = 1;
        if (most > MOST_TICKS) most = MOST_TICKS;
        while ((last - first) / every + 1 > most) every++;
        for (int power = first; power <= last; power += every) values[count++] = power;
    } else {
        double low = logarithmic ? pow(10, plot->axis.low) : plot->axis.low;
        double high = logarithmic ? pow(10, plot->axis.high) : plot->axis.high;
        count = ticks_linear(low, high, 3, values, MOST_TICKS);
    }
    float free_above = plot->rect.y + plot->rect.height + 1;
    for (int i = 0; i < count; i++) { /* from below, each clear of the one before */
        float y = plot_y(plot, powers ? pow(10, values[i]) : values[i]);
        if (y < plot->rect.y + 6 || y > plot->rect.y + plot->rect.height - 4 || y + 8 > free_above) continue;
        free_above = y - 8;
        ui_draw_line(app->ui, plot->rect.x, y, plot->rect.x + plot->rect.width, y, theme->grid, 1);
        char text[NUMBER_TEXT + 8] = "≤ ";
        size_t used = floored && i == 0 ? strlen(text) : 0;
        if (powers)
            power_text((int)values[i], text + used, sizeof text - used);
        else
            number_text(values[i], 4, text + used);
        ui_draw_text(app->ui, UI_SMALL, plot->rect.x - 8, y, 1, 0.5f, theme->faint_ink, text);
    }
}

/* A colour, nearer to the ink when it would not stand out from the panel. */
static struct color marking_color(struct color color, const struct theme *theme, float contrast) {
    struct color shown = color;
    for (float share = 0.05f; share < 1 && color_contrast(shown, theme->panel) < contrast; share += 0.05f)
        shown = color_mix(color, theme->ink, share);
    return shown;
}

/* One run, cased like its path where its colour alone would not stand out: a point a sample while there is room for
 * them, else the extremes of each column. */
static void draw_curve(struct app *app, const struct plot *plot, const struct trace *curve, struct color color) {
    static const float thick = 1.8f, casing = 1.2f;
    float xy[2 * MOST_COLUMNS];
    int count = 0;
    bool sparse = (double)curve->count < fmin(2 * (double)plot->rect.width, MOST_COLUMNS - 2);
    if (sparse) {
        for (size_t i = 0; i < curve->count; i++) {
            if (!isfinite(curve->values[i])) break;
            xy[2 * count] = plot_x(plot, (double)curve->steps[i]);
            xy[2 * count++ + 1] = plot_y(plot, curve->values[i]);
        }
    } else {
        size_t from = 0;
        for (int column = 0; column < (int)plot->rect.width && count + 2 < MOST_COLUMNS && from < curve->count;
             column++) {
            size_t to = trace_find(curve, (int64_t)(plot->steps * (column + 1) / (double)plot->rect.width));
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
    if (count < 2) return;
    const struct theme *theme = theme_get(app->settings.theme);
    if (color.a < 1)
        color = color_fade(marking_color(color, theme, 3), color.a); /* many runs: a casing each would be a thicket */
    else if (color_contrast(color, theme->panel) < 3)
        ui_draw_polyline(app->ui, xy, count, color_fade(color_casing(color, theme), 0.8f), thick + casing);
    ui_draw_polyline(app->ui, xy, count, color, thick);
}

static void reading_card(struct app *app, const struct plot *plot, int64_t step) {
    struct ui *ui = app->ui;
    struct session *session = app->session;
    const struct theme *theme = theme_get(app->settings.theme);
    float width = 216, x = plot_x(plot, (double)step) + 14;
    if (x + width > plot->rect.x + plot->rect.width) x -= width + 28;
    int rows = 0;
    for (int i = 0; i < session->experiment->optimizer_count; i++) rows += session_enabled(session, i);
    float height = 20 + 26 + 34 * (float)rows;
    struct rect rect = {x, app->layout.bottom.y - height - 6, width, height};
    ui_panel_begin(ui, "reading", rect, UI_PANEL_CARD | UI_PANEL_FRONT | UI_PANEL_CLICKS_THROUGH);
    char number[NUMBER_TEXT];
    number_text((double)step, 9, number);
    ui_textf(ui, UI_SMALL | UI_FAINT, "Loss at step %s", number);
    for (int i = 0; i < session->experiment->optimizer_count; i++) {
        if (!session_enabled(session, i)) continue;
        struct identity identity = identity_of(session->experiment, i, theme);
        const struct trace *curve = &session->curves[session_run(session, i, 0)];
        size_t at = trace_find(curve, step);
        ui_glyph(ui, identity.shape, 13, identity.color, theme->casing);
        ui_beside(ui, 8);
        ui_text_within(ui, UI_SMALL | UI_IN_ROW, 96, session->experiment->optimizers[i].label);
        if (at < curve->count && curve->steps[at] == step)
            number_text(curve->values[at], 4, number);
        else
            snprintf(number, sizeof number, "–");
        ui_beside_at(ui, ui_inner_width(ui) - ui_text_width(ui, UI_SMALL, number));
        ui_text(ui, UI_SMALL | UI_IN_ROW, number);
    }
    ui_panel_end(ui);
}

static int64_t step_under(const struct plot *plot, float x) {
    double step = round((double)(x - plot->rect.x) / (double)plot->rect.width * plot->steps);
    return (int64_t)fmin(fmax(step, 0), plot->steps);
}

static void scrub(struct app *app, const struct plot *plot, const struct ui_canvas *canvas) {
    struct session *session = app->session;
    if (canvas->pressed) {
        app->resume_after_scrub = session->playing;
        session_pause(session);
    }
    if (canvas->held) {
        int64_t step = step_under(plot, canvas->mouse_x);
        if (step != session->view.step) {
            session_seek(session, step);
            app_redraw(app);
        }
    }
}

static void draw_track(struct app *app, const struct plot *plot, const struct ui_canvas *canvas) {
    struct session *session = app->session;
    const struct theme *theme = theme_get(app->settings.theme);
    float y = canvas->rect.y + canvas->rect.height / 2;
    float last = plot_x(plot, fmin((double)session_last(session), plot->steps)),
          at = plot_x(plot, (double)session->view.step);
    float end = plot->rect.x + plot->rect.width;
    ui_draw_rect(app->ui, (struct rect){plot->rect.x, y - 2, end - plot->rect.x, 4}, color_fade(theme->ink, 0.1f), 2);
    ui_draw_rect(app->ui, (struct rect){plot->rect.x, y - 2, last - plot->rect.x, 4}, color_fade(theme->ink, 0.22f), 2);
    ui_draw_rect(app->ui, (struct rect){plot->rect.x, y - 2, at - plot->rect.x, 4}, theme->accent, 2);
    float size = canvas->hovered || canvas->held ? 15 : 13;
    mark_draw(app->ui, GLYPH_DISC, at, y, size, theme->accent, theme->panel);
}

static void curves(struct app *app, const struct plot *plot) {
    struct session *session = app->session;
    const struct theme *theme = theme_get(app->settings.theme);
    if (plot->axis.low < plot->axis.high) {
        draw_grid(app, plot);
        for (int run = session->runs - 1; run >= 0; run--) {
            if (session->view.hidden_runs >> run & 1) continue;
            struct identity identity = identity_of(session->experiment, run / session->starts, theme);
            float alpha = session->starts > 1 ? 0.6f : 1;
            draw_curve(app, plot, &session->curves[run], color_fade(identity.color, alpha));
        }
    } else {
        ui_draw_text(app->ui, UI_SMALL, plot->rect.x + plot->rect.width / 2, plot->rect.y + plot->rect.height / 2, 0.5f,
                     0.5f, theme->faint_ink, "The losses appear here, step by step");
    }
    float at = plot_x(plot, (double)session->view.step);
    ui_draw_line(app->ui, at, plot->rect.y, at, plot->rect.y + plot->rect.height, color_fade(theme->accent, 0.8f), 1);
    for (int run = 0; run < session->runs; run++) {
        struct sample sample;
        if (session->view.hidden_runs >> run & 1 || session->starts > 1 || !session_sample(session, run, &sample) ||
            !isfinite(sample.loss))
            continue;
        struct identity identity = identity_of(session->experiment, run, theme);
        mark_draw(app->ui, identity.shape, plot_x(plot, (double)sample.step), plot_y(plot, sample.loss), 9,
                  identity.color, theme->casing);
    }
}

void panel_timeline(struct app *app) {
    struct ui *ui = app->ui;
    struct rect area = app->layout.bottom;
    const struct theme *theme = theme_get(app->settings.theme);
    ui_panel_begin(ui, "panel.bottom", area, UI_PANEL_BARE);
    struct plot plot = {0};
    int64_t reading = -1;
    if (app->session) {
        controls(app, area.width);
        float width = area.width - gutter - margin;
        plot.steps = (double)(app->session->limit > 0 ? app->session->limit : 1);
        if (!axis_fit(app->session, &plot.axis)) plot.axis = (struct axis){0};

        ui_at(ui, gutter - 8, 42);
        struct ui_canvas track = ui_canvas_begin(ui, "scrub", width + 16, 20);
        plot.rect = (struct rect){area.x + gutter, area.y + 64, width, area.height - 64 - 10};
        scrub(app, &plot, &track);
        draw_track(app, &plot, &track);
        ui_canvas_end(ui);
        if (plot.axis.low < plot.axis.high) /* what the scale below is of */
            ui_draw_text(ui, UI_SMALL, plot.rect.x - 8, area.y + 52, 1, 0.5f, theme->faint_ink,
                         plot.axis.linear ? "loss" : "loss (log)");

        ui_at(ui, 0, 64);
        struct ui_canvas canvas = ui_canvas_begin(ui, "curves", gutter + width + 8, area.height - 64 - 8);
        scrub(app, &plot, &canvas);
        curves(app, &plot);
        if ((canvas.hovered || canvas.held) && canvas.mouse_x >= plot.rect.x - 4) {
            reading = step_under(&plot, canvas.mouse_x);
            if (reading > session_last(app->session)) reading = session_last(app->session);
            float x = plot_x(&plot, (double)reading);
            ui_draw_line(ui, x, plot.rect.y, x, plot.rect.y + plot.rect.height, color_fade(theme->ink, 0.35f), 1);
        }
        ui_canvas_end(ui);
    } else {
        ui_at(ui, margin, 10);
        ui_text(ui, UI_SMALL | UI_FAINT | UI_IN_ROW, "The timeline and the loss curves of an opened scene stand here.");
    }
    ui_draw_line(ui, area.x, area.y, area.x + area.width, area.y, theme->panel_edge, 1);
    ui_panel_end(ui);
    app->hover_step = reading;
    if (reading >= 0 && plot.axis.low < plot.axis.high) reading_card(app, &plot, reading);
}
