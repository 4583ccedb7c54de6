#include "app/app_parts.h"
#include "app/panel_curves.h"

#include "base/text.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double speeds[] = {0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 64, INFINITY};
enum { SPEED_COUNT = sizeof speeds / sizeof *speeds };
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

/* What is asked for, and what it truly is while it plays. */
static void speed_text(const struct session *session, bool measured, char *out, size_t size) {
    char asked[32], rate[NUMBER_TEXT];
    if (isinf(session->speed))
        snprintf(asked, sizeof asked, "max");
    else
        snprintf(asked, sizeof asked, "%.4g×", session->speed);
    double is = session->rate_measured;
    if (measured && session->playing && isfinite(is))
        snprintf(out, size, "%s · %s/s", asked, number_text(is >= 10 ? round(is) : is, is >= 10 ? 6 : 2, rate));
    else
        snprintf(out, size, "%s", asked);
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
    float used = ui_line_x(ui);
    if (session->trainer && session_ended(session) && session_live(session)) {
        ui_beside(ui, 12);
        if (ui_button(ui, "train.on", "Train on", UI_BUTTON_EDGED)) {
            session_extend(session, session->experiment->steps);
            session_play(session, clock_seconds());
            app_redraw(app);
        }
        ui_tip(ui, "As many steps again");
    }
    used += 12 + ui_text_width(ui, UI_SMALL, "Train on") + 20; /* kept free: nothing jumps when a run ends */

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
    float room = width >= 900 ? 108 : 48; /* between − and + */
    speed_text(session, room > 48, text, sizeof text);
    ui_at(ui, x - 28, 9);
    if (ui_button(ui, "speed.up", "+", 0)) timeline_change_speed(app, 1);
    ui_tip(ui, "Faster (>)");
    float text_width = ui_text_width(ui, UI_SMALL, text);
    ui_at(ui, x - 28 - (room + text_width) / 2, 9);
    ui_text(ui, UI_SMALL | UI_IN_ROW, text);
    ui_tip(ui, "1× is 30 steps a second; beside it, what it truly is");
    ui_at(ui, x - 28 - room - 28, 9);
    if (ui_button(ui, "speed.down", "−", 0)) timeline_change_speed(app, -1);
    ui_tip(ui, "Slower (<)");
    if (app->layout.bottom_open) curves_tabs(app, used + 16, x - 28 - room - 28 - 14, 9);
}

void timeline_scrub(struct app *app, const struct plot *plot, const struct ui_canvas *canvas) {
    struct session *session = app->session;
    if (canvas->pressed) {
        app->resume_after_scrub = session->playing;
        session_pause(session);
    }
    if (canvas->held) {
        int64_t step = curves_step_under(plot, canvas->mouse_x);
        if (step != session->view.step) {
            session_seek(session, step);
            app_redraw(app);
        }
    }
}

void panel_timeline(struct app *app) {
    struct ui *ui = app->ui;
    struct rect area = app->layout.bottom;
    const struct theme *theme = theme_get(app->settings.theme);
    ui_panel_begin(ui, "panel.bottom", area, UI_PANEL_BARE);
    struct curves_frame frame = {.reading = -1};
    if (app->session) {
        controls(app, area.width);
        float width = area.width - gutter - margin;
        double steps = (double)(app->session->limit > 0 ? app->session->limit : 1);
        struct plot track_plot = {
            .ui = ui, .theme = theme, .rect = {area.x + gutter, 0, width, 0}, .x = axis_exactly(0, steps)};
        ui_at(ui, gutter - 8, 42);
        timeline_track(app, &track_plot, width + 16);
        if (app->layout.bottom_open) frame = curves_panel(app, (struct rect){area.x + gutter, area.y + 64, width, area.height - 64 - 10});
    } else {
        ui_at(ui, margin, 10);
        ui_text(ui, UI_SMALL | UI_FAINT | UI_IN_ROW, "The timeline and the loss curves of an opened scene stand here.");
    }
    ui_draw_line(ui, area.x, area.y, area.x + area.width, area.y, theme->panel_edge, 1);
    ui_panel_end(ui);
    curves_read(app, &frame);
}
