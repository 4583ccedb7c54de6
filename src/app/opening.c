/* What is open: taken up, put away, started again, recorded. */
#include "app/app_parts.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct session_params session_params(struct app *app) {
    return (struct session_params){.wakeup = window_wake, .wakeup_context = &app->window};
}

const char *app_title(const struct app *app) {
    const struct experiment *experiment = app->session->experiment;
    return text_in(words_language(app->words), experiment->title, experiment->title_zh);
}

void app_name_window(struct app *app) {
    if (!app->window.sdl || !app->session) return;
    char title[300];
    text_print(title, sizeof title, "%.200s – Saddlescope", app_title(app));
    SDL_SetWindowTitle(app->window.sdl, title);
}

/* An analysis may take a while to end; nobody should wait for one they have left. */
void app_bury(struct app *app, bool wait) {
    for (int i = 0; i < RETIRED_SESSIONS; i++)
        if (app->retired[i] && (wait || session_wind_up(app->retired[i]))) session_close(&app->retired[i]);
}

void app_retire(struct app *app, struct session **session) {
    if (!*session) return;
    int free_place = 0;
    while (free_place < RETIRED_SESSIONS - 1 && app->retired[free_place]) free_place++;
    session_close(&app->retired[free_place]);
    app->retired[free_place] = *session;
    *session = NULL;
    app_bury(app, false);
}

void app_let_films_go(struct app *app) {
    exports_let_go(app, "The video was stopped: another scene was opened before all of it was drawn.");
}

void app_take_session(struct app *app, struct session *session) {
    inspector_close(app);
    if (app->session) undo_watch(app);
    app->opening = ++app->openings;
    app->origin = ORIGIN_OTHER; /* unless it is said otherwise */
    free(app->origin_text);
    app->origin_text = NULL;
    if (app->session) session->view.kind = app->session->view.kind; /* a person keeps looking the way they did */
    app_let_films_go(app);
    app_retire(app, &app->session);
    app->session = session;
    app->player.session = NULL; /* unless it says so itself */
    app->analysed = 0;
    network_forget(app);
    app->palette.fresh = true; /* what it offers may be of the scene before */
    app->easing.active = false;
    app->morph_since[0] = 0;
    app->insides.count = 0;
    app->basins = 0;
    app->path_figures_slow = false;
    app->insides.key = (struct insides_key){0};
    session_look_ahead(session, app->insides.shown);
    memset(app->optimizer_open, 0, sizeof app->optimizer_open);
    app->formula_error[0] = '\0';
    const char *formula = session->experiment->formula;
    snprintf(app->formula, sizeof app->formula, "%s", formula ? formula : "");
    free(app->recording_path);
    app->recording_path = NULL;
    app_name_window(app);
    session_play(session, clock_seconds());
    app_redraw(app);
}

bool app_open(struct app *app, const char *name_or_path, struct error *error) {
    if (player_takes(name_or_path)) return player_open(app, name_or_path, error);
    struct session_params params = session_params(app);
    struct session *session = session_open(name_or_path, &params, error);
    if (!session) return false;
    char *kept = mem_copy_text(name_or_path); /* it may be of what is closed now */
    app_take_session(app, session);
    app->origin = ORIGIN_FILE;
    app->origin_text = kept;
    return true;
}

bool app_open_made(struct app *app, struct experiment *experiment, struct error *error) {
    struct session_params params = session_params(app);
    struct session *session = session_of(experiment, &params, error);
    if (session) app_take_session(app, session);
    return session != NULL;
}

bool app_take_file(struct app *app, struct experiment *experiment, struct timeline *timeline, const char *path,
                   struct error *error) {
    struct session_params params = session_params(app);
    struct session *session = timeline ? session_replay(experiment, timeline, &params, error)
                                       : session_of(experiment, &params, error);
    if (!session) return false;
    app_take_session(app, session);
    app->origin = ORIGIN_FILE;
    app->origin_text = mem_copy_text(path);
    return true;
}

void app_open_formula(struct app *app) {
    struct error error = {0};
    int column = 0;
    struct experiment *experiment = experiment_from_formula(app->formula, NULL, &column, &error);
    struct session_params params = session_params(app);
    struct session *session = experiment ? session_of(experiment, &params, &error) : NULL;
    if (session) {
        char typed[FORMULA_TEXT];
        memcpy(typed, app->formula, sizeof typed);
        app_take_session(app, session);
        memcpy(app->formula, typed, sizeof typed);
        app->origin = ORIGIN_FORMULA;
        app->origin_text = mem_copy_text(typed);
    } else {
        text_print(app->formula_error, sizeof app->formula_error, "%.511s", error.message);
        app->formula_caret = column > 0 ? column - 1 : (int)strlen(app->formula);
    }
    app_redraw(app);
}

void app_restart(struct app *app) {
    if (!app->session || !app->session->trainer) return;
    session_restart(app->session, app->session->start_chosen ? app->session->start : NULL);
    app_redraw(app);
}

void app_restart_at(struct app *app, const double *theta, const char *where) {
    if (!app->session->trainer || player_holds(app, TOUCH_START, true)) return;
    session_restart(app->session, theta);
    notice_say(app, NOTICE_DONE, "Started from %s. Ctrl+Z goes back.", where);
    inspector_close(app); /* last: `theta` may be its own */
    app_redraw(app);
}

void app_restart_from(struct app *app, double a, double b) {
    const struct plane *plane = exhibit_plane(app->session->exhibit);
    if (!plane) return;
    double *theta = MEM_NEW(double, plane->n);
    plane_lift(plane, a, b, theta);
    char x[NUMBER_TEXT], y[NUMBER_TEXT], where[2 * NUMBER_TEXT + 8];
    snprintf(where, sizeof where, "(%s, %s)", number_text(a, 4, x), number_text(b, 4, y));
    app_restart_at(app, theta, where);
    free(theta);
}

const char *app_file_name(const struct app *app) {
    const char *name = app->session->experiment->name;
    return name && *name ? name : "formula";
}

void app_toggle_recording(struct app *app) {
    struct session *session = app->session;
    if (!session || !session->trainer) return;
    struct error error = {0};
    if (trainer_recording(session->trainer)) {
        if (trainer_record_stop(session->trainer, &error) &&
            exhibit_record(session->exhibit, app->recording_path, &error) &&
            analyses_record(&session->analyses, app->recording_path, &error))
            notice_say(app, NOTICE_DONE, "Recorded: %s", app->recording_path);
        else
            notice_say(app, NOTICE_TROUBLE, "Recording failed: %s", error.message), session->recording_failed = true;
        return;
    }
    free(app->recording_path);
    app->recording_path = place_for("DOCUMENTS", app_file_name(app), "saddle");
    if (trainer_record(session->trainer, app->recording_path, &error))
        notice_say(app, NOTICE_DONE, "Recording to %s", app->recording_path);
    else
        notice_say(app, NOTICE_TROUBLE, "Cannot record: %s", error.message);
}
