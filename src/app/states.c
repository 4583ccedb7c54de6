/* What lies over the scene when there is nothing to see, not yet, or no longer: what the matter is, and what to do. */
#include "app/app_parts.h"

#include <math.h>

static void empty(struct app *app) {
    struct ui *ui = app->ui;
    struct rect scene = app->layout.scene;
    float width = fminf(420, scene.width - 40), x = (scene.width - width) / 2;
    ui_panel_begin(ui, "panel.nothing", scene, UI_PANEL_PLAIN | UI_PANEL_BACK);
    float y = fminf(scene.height * 0.32f, fmaxf(scene.height - 200, 12));
    ui_at(ui, x, y);
    ui_text(ui, UI_TITLE, "Nothing open yet");
    ui_at(ui, x, y + 36);
    ui_text(ui, UI_BODY | UI_FAINT, "Choose a scene on the left, type a formula,");
    ui_at(ui, x, y + 60);
    ui_text(ui, UI_BODY | UI_FAINT, "or drop a file here.");
    ui_at(ui, x, y + 100);
    struct error error = {0};
    if (ui_button(ui, "open.welcome", "Open the saddle", UI_BUTTON_MAIN) && !app_open(app, "saddle", &error))
        notice_say(app, NOTICE_TROUBLE, "%s", error.message);
    ui_panel_end(ui);
}

const char *progress_text(double done, double eta, char *out, size_t size) {
    static const double unsure = 0.02; /* of the work: too little to go by */
    if (!isfinite(eta) || done < unsure || eta < 0.5)
        snprintf(out, size, "%.0f %%", 100 * done);
    else if (eta < 90)
        snprintf(out, size, "%.0f %% · %.0f s left", 100 * done, ceil(eta));
    else if (eta < 90 * 60)
        snprintf(out, size, "%.0f %% · %.0f min left", 100 * done, ceil(eta / 60));
    else
        snprintf(out, size, "%.0f %% · %.0f h left", 100 * done, ceil(eta / 3600));
    return out;
}

static void bar(struct app *app, struct rect rect, double share) {
    const struct theme *theme = theme_get(app->settings.theme);
    ui_draw_rect(app->ui, rect, color_fade(theme->ink, 0.12f), 3);
    rect.width = fmaxf((float)share * rect.width, 6);
    ui_draw_rect(app->ui, rect, theme->accent, 3);
}

/* A card in the lower middle of the scene: what is the matter, why, and one thing to do; it can be put away until the
 * matter changes. True when the thing to do was pressed. */
struct advice {
    const char *title, *text, *button, *id; /* button NULL: nothing can be done */
};

static bool advise(struct app *app, enum scene_state state, const struct advice *advice) {
    struct ui *ui = app->ui;
    struct rect scene = app->layout.scene;
    if (app->state_put_away == state) return false;
    app->state_put_away = STATE_USUAL;
    float width = fminf(380, scene.width - 24), height = 104;
    struct rect rect = {scene.x + (scene.width - width) / 2, scene.y + scene.height - height - 16, width, height};
    ui_panel_begin(ui, "state", rect, UI_PANEL_CARD | UI_PANEL_FITS);
    if (ui_corner_button(ui, "state.close", ICON_CLOSE, 24)) app->state_put_away = state;
    ui_text(ui, UI_BODY | UI_BOLD, advice->title);
    ui_text(ui, UI_SMALL | UI_FAINT | UI_WRAPPED, advice->text);
    bool pressed = advice->button && ui_button(ui, advice->id, advice->button, UI_BUTTON_MAIN);
    ui_panel_end(ui);
    return pressed;
}

/* Before there is anything to look at: in the middle, with a bar. */
static void first_surface(struct app *app, const struct surface_progress *progress) {
    struct ui *ui = app->ui;
    struct rect scene = app->layout.scene;
    float width = fminf(340, scene.width - 24), height = 96;
    char text[96];
    struct rect rect = {scene.x + (scene.width - width) / 2, scene.y + (scene.height - height) / 2, width, height};
    ui_panel_begin(ui, "busy", rect, UI_PANEL_CARD | UI_PANEL_CLICKS_THROUGH);
    ui_text(ui, UI_BODY | UI_BOLD, "The surface is being computed");
    ui_text(ui, UI_SMALL | UI_FAINT, progress_text(progress->done, progress->eta, text, sizeof text));
    bar(app, (struct rect){rect.x + 14, rect.y + height - 22, width - 28, 6}, progress->done);
    ui_panel_end(ui);
}

static void busy(struct app *app) {
    struct ui *ui = app->ui;
    struct rect scene = app->layout.scene;
    const struct surface *surface = exhibit_surface(app->session->exhibit);
    struct surface_progress progress = surface ? surface_progress(surface) : (struct surface_progress){0};
    if (surface && !progress.finished && progress.stride == 0 && app->scene.surface_count == 0) {
        first_surface(app, &progress);
        return;
    }
    char text[96];
    bool counts = surface && !progress.finished;
    if (counts) {
        char progressed[64];
        snprintf(text, sizeof text, "Surface %s",
                 progress_text(progress.done, progress.eta, progressed, sizeof progressed));
    } else {
        snprintf(text, sizeof text, "Analysing…");
    }
    float width = fmaxf(ui_text_width(ui, UI_SMALL, text), counts ? 150 : 0) + 28;
    struct rect rect = {scene.x + 12, scene.y + scene.height - 56, width, 44};
    ui_panel_begin(ui, "busy", rect, UI_PANEL_CARD | UI_PANEL_CLICKS_THROUGH);
    ui_text(ui, UI_SMALL | UI_FAINT, text);
    if (counts) bar(app, (struct rect){rect.x + 14, rect.y + 34, width - 28, 3}, progress.done);
    ui_panel_end(ui);
}

static bool all_off(const struct session *session) {
    for (int o = 0; o < session->experiment->optimizer_count; o++)
        if (session_enabled(session, o)) return false;
    return session->experiment->optimizer_count > 0;
}

static bool all_diverged(const struct session *session) {
    bool any = false;
    if (session->view.step < session_last(session)) return false;
    for (int run = 0; run < session->runs; run++) {
        if (!session_enabled(session, run / session->starts)) continue;
        struct run_state state = session_state(session, run);
        if (state.status != RUN_DIVERGED) return false;
        any = true;
    }
    return any;
}

void states_panel(struct app *app) {
    if (!app->session) {
        empty(app);
        return;
    }
    struct session *session = app->session;
    if (app->busy_since > 0) busy(app);
    if (basins_shown(app) || app->player.lesson) return; /* a lesson says itself what it shows */
    static const struct advice off = {"All optimizers are off", "Switch one on at the right to see where it goes.",
                                      "Switch them on", "state.on"};
    const struct advice diverged = {
        "Every run has diverged", "The loss is no longer a finite number. A smaller rate or another start would help.",
        session->trainer ? "Start again" : NULL, "state.restart"};
    if (all_off(session)) {
        if (!advise(app, STATE_ALL_OFF, &off)) return;
        for (int o = 0; o < session->experiment->optimizer_count; o++) session_enable(session, o, true);
        app_redraw(app);
    } else if (all_diverged(session)) {
        if (advise(app, STATE_ALL_DIVERGED, &diverged)) app_restart(app);
    } else {
        app->state_put_away = STATE_USUAL;
    }
}
