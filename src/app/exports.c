#include "app/exports.h"

#include "app/app_parts.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double turn_seconds = 0.005; /* for building scenes, in one turn of the window: a third of a frame */
static const double slow = 0.01;          /* a scene that takes longer is followed by a pause as long */

bool exports_film_going(const struct app *app) {
    for (int i = 0; i < EXPORTS_MOST; i++)
        if (app->exports.going[i].exporter && app->exports.going[i].kind == EXPORT_FILM) return true;
    return false;
}

static bool unfed_film(const struct outgoing *going) {
    return going->exporter && going->kind == EXPORT_FILM && exporter_needs(going->exporter) > 0 &&
           !job_progress(exporter_job(going->exporter)).finished;
}

/* A plane chosen anew in the middle of a film would show. */
static void hold_plane(struct app *app) {
    bool hold = false;
    for (int i = 0; i < EXPORTS_MOST; i++) hold |= unfed_film(&app->exports.going[i]);
    if (hold != app->exports.held && app->session) exhibit_hold(app->session->exhibit, hold);
    app->exports.held = hold;
}

struct frame_shape exports_shape_shown(const struct app *app) {
    float scale = app_scale(app) * app->window.pixel_ratio;
    return (struct frame_shape){.width = (int)fmaxf(1, roundf(app->layout.scene.width * scale)),
                                .height = (int)fmaxf(1, roundf(app->layout.scene.height * scale)),
                                .scale = scale};
}

struct view exports_view(struct app *app) {
    struct view view = app->session->view;
    app_dress_view(app, &view);
    view.whole = true;
    return view;
}

/* ---- one more
 * ---------------------------------------------------------------------------------------------------------------- */

/* The next scene is built and handed over. */
static void build(struct app *app, struct outgoing *going) {
    struct scene scene = {.words = app->words};
    struct view view = going->view;
    double began = clock_seconds();
    if (going->kind == EXPORT_FILM) {
        enum theme_kind theme = view.theme;
        app_dress_view(app, &view); /* findings may have come, or gone */
        view.theme = theme;
        view = film_view(&going->film, &view, going->frame++);
    }
    view = frame_view(&going->shape, &view);
    if (going->kind != EXPORT_FILM && basins_shown(app))
        basins_build(app, &view, &scene);
    else
        scene_build(&scene, app->session->exhibit, &view);
    exporter_take(going->exporter, &scene);
    going->built_at = clock_seconds();
    going->build_took = going->built_at - began;
}

bool exports_begin(struct app *app, const struct export_wish *wish, struct error *error) {
    struct exports *exports = &app->exports;
    struct outgoing *going = NULL;
    for (int i = 0; i < EXPORTS_MOST && !going; i++)
        if (!exports->going[i].exporter) going = &exports->going[i];
    enum export_kind kind;
    if (!export_kind_of(wish->path, &kind, error)) return false;
    for (int i = 0; i < EXPORTS_MOST; i++)
        if (exports->going[i].exporter && strcmp(exports->going[i].path, wish->path) == 0)
            return error_set(error, ERROR_INPUT, "this file is being written already; another name would be right");
    if (kind == EXPORT_FILM && exports_film_going(app))
        return error_set(error, ERROR_INPUT, "a video is being made already; it has to end first");
    if (!going)
        return error_set(error, ERROR_INPUT, "%d files are being written already; one of them has to end first",
                         EXPORTS_MOST);
    const struct exporter_params params = {.path = wish->path,
                                           .shape = wish->shape,
                                           .frames = film_frames(&wish->film),
                                           .rate = wish->film.rate,
                                           .shader_folder = app->params->shader_folder,
                                           .wakeup = window_wake,
                                           .wakeup_context = &app->window};
    struct exporter *exporter = exporter_begin(&params, error);
    if (!exporter) return false;
    *going = (struct outgoing){.exporter = exporter,
                               .kind = kind,
                               .shape = wish->shape,
                               .film = wish->film,
                               .view = wish->view,
                               .path = mem_copy_text(wish->path),
                               .began = clock_seconds(),
                               .generation = timeline_generation(app->session->timeline)};
    if (kind == EXPORT_FILM && app->session->experiment->swarm_count > 0)
        session_pause(app->session); /* the swarm would have to flow anew for the window, and for the film, in turn */
    build(app, going);
    hold_plane(app);
    app_redraw(app);
    return true;
}

void exports_quick_picture(struct app *app) {
    if (!app->session) return;
    struct error error = {0};
    char *path = place_for("PICTURES", app_file_name(app), "png");
    const struct export_wish wish = {.path = path, .shape = exports_shape_shown(app), .view = exports_view(app)};
    if (!exports_begin(app, &wish, &error)) notice_say(app, NOTICE_TROUBLE, "No picture saved: %s", error.message);
    free(path);
}

void exports_copy_picture(struct app *app) {
    if (!app->session) return;
    struct error error = {0};
    if (!clipboard_program(&error)) {
        notice_say(app, NOTICE_TROUBLE, "No picture copied: %s", error.message);
        return;
    }
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char *path = path_join(runtime && access(runtime, W_OK) == 0 ? runtime : "/tmp", "saddlescope-XXXXXX.png");
    int file = mkstemps(path, 4);
    if (file >= 0) close(file);
    const struct export_wish wish = {.path = path, .shape = exports_shape_shown(app), .view = exports_view(app)};
    bool good = (file >= 0 || error_set(&error, ERROR_MACHINE, "%s: no temporary file", path)) &&
                exports_begin(app, &wish, &error);
    for (int i = 0; good && i < EXPORTS_MOST; i++)
        if (app->exports.going[i].exporter && strcmp(app->exports.going[i].path, path) == 0)
            app->exports.going[i].for_clipboard = true;
    if (!good) {
        notice_say(app, NOTICE_TROUBLE, "No picture copied: %s", error.message);
        if (file >= 0) unlink(path);
    }
    free(path);
}

/* ---- those that go on
 * -------------------------------------------------------------------------------------------------------- */

void exports_cancel(struct app *app, int index) {
    struct outgoing *going = &app->exports.going[index];
    if (going->exporter) exporter_cancel(going->exporter);
}

static void stop(struct app *app, struct outgoing *going, const char *why) {
    notice_say(app, NOTICE_TROUBLE, "%s", why);
    going->told = true;
    exporter_cancel(going->exporter);
}

void exports_let_go(struct app *app, const char *why) {
    for (int i = 0; i < EXPORTS_MOST; i++)
        if (unfed_film(&app->exports.going[i]) && !app->exports.going[i].told) stop(app, &app->exports.going[i], why);
    if (app->exports.held && app->session) exhibit_hold(app->session->exhibit, false);
    app->exports.held = false;
}

static void say_end(struct app *app, struct outgoing *going) {
    static const char *const saved[] = {"Picture saved: %s", "Figure saved: %s", "Video saved: %s"};
    static const char *const failed[] = {"No picture saved: %s", "No figure saved: %s", "No video saved: %s"};
    static const char *const stopped[] = {"Picture stopped; nothing was written.",
                                          "Figure stopped; nothing was written.",
                                          "Video stopped; nothing was written."};
    struct error error = {0};
    bool good = job_wait(exporter_job(going->exporter), &error);
    if (going->for_clipboard) {
        if (good)
            app->exports.copying = clipboard_copy(going->path, window_wake, &app->window, &error);
        else
            unlink(going->path);
        if (error.kind) notice_say(app, NOTICE_TROUBLE, "No picture copied: %s", error.message);
    } else if (good) {
        notice_say_saved(app, going->path, saved[going->kind], going->path);
    } else if (error.kind != ERROR_CANCELLED) {
        notice_say(app, NOTICE_TROUBLE, failed[going->kind], error.message);
    } else if (!going->told) {
        notice_say(app, NOTICE_DONE, "%s", stopped[going->kind]);
    }
}

static void put_away(struct outgoing *going) {
    exporter_destroy(&going->exporter);
    free(going->path);
    *going = (struct outgoing){0};
}

static void watch_clipboard(struct app *app) {
    struct exports *exports = &app->exports;
    struct error error = {0};
    if (!exports->copying || !clipboard_finished(exports->copying)) return;
    if (clipboard_end(&exports->copying, &error))
        notice_say(app, NOTICE_DONE, "Picture copied to the clipboard");
    else
        notice_say(app, NOTICE_TROUBLE, "No picture copied: %s", error.message);
}

double exports_update(struct app *app, double now) {
    struct exports *exports = &app->exports;
    double due = INFINITY, until = clock_seconds() + turn_seconds;
    for (int i = 0; i < EXPORTS_MOST; i++) {
        struct outgoing *going = &exports->going[i];
        if (!going->exporter) continue;
        if (unfed_film(going) && timeline_generation(app->session->timeline) != going->generation && !going->told)
            stop(app, going, "The video was stopped: its runs were started again before all of it was drawn.");
        bool waits = going->build_took > slow && now < going->built_at + going->build_took;
        while (unfed_film(going) && !going->told && exporter_has_room(going->exporter) && !waits &&
               !exhibit_morphing(app->session->exhibit) && clock_seconds() < until) {
            build(app, going);
            waits = going->build_took > slow;
        }
        if (unfed_film(going) && !going->told && exporter_has_room(going->exporter))
            due = fmin(due, waits ? going->built_at + going->build_took : now);
        if (job_progress(exporter_job(going->exporter)).finished && !(going->for_clipboard && exports->copying)) {
            say_end(app, going);
            put_away(going);
            app_redraw(app);
        }
    }
    watch_clipboard(app);
    hold_plane(app);
    return due;
}

void exports_release(struct app *app) {
    for (int i = 0; i < EXPORTS_MOST; i++) {
        struct outgoing *going = &app->exports.going[i];
        if (!going->exporter) continue;
        exporter_cancel(going->exporter);
        if (going->for_clipboard) {
            job_wait(exporter_job(going->exporter), NULL);
            unlink(going->path);
        }
        put_away(going);
    }
    if (app->exports.copying) clipboard_end(&app->exports.copying, NULL);
}

void exports_report(const struct app *app, cJSON *root) {
    static const char *const kinds[] = {"picture", "figure", "video"};
    static const char *const whats[] = {"picture", "figure", "video", "table"};
    cJSON *array = cJSON_AddArrayToObject(root, "exports");
    for (int i = 0; i < EXPORTS_MOST; i++) {
        const struct outgoing *going = &app->exports.going[i];
        if (!going->exporter) continue;
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(array, entry);
        cJSON_AddStringToObject(entry, "kind", kinds[going->kind]);
        cJSON_AddStringToObject(entry, "path", going->path);
        cJSON_AddNumberToObject(entry, "done", round(100 * job_progress(exporter_job(going->exporter)).done) / 100);
        cJSON_AddNumberToObject(entry, "to_build", exporter_needs(going->exporter));
    }
    const struct export_form *form = &app->exports.form;
    if (!form->open) {
        cJSON_AddNullToObject(root, "export_card");
        return;
    }
    cJSON *card = cJSON_AddObjectToObject(root, "export_card");
    cJSON_AddStringToObject(card, "what", whats[form->what]);
    cJSON_AddStringToObject(card, "name", form->name);
    cJSON_AddStringToObject(card, "folder", form->folder);
    cJSON_AddBoolToObject(card, "asks", form->asks);
    cJSON_AddStringToObject(card, "trouble", form->trouble);
}
