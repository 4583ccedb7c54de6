/* Files that were opened, by hand or from a list of those before. */
#include "app/app_parts.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *file_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool open_file(struct app *app, const char *path) {
    struct error error = {0};
    char *whole = realpath(path, NULL);
    if (!whole) {
        bool known = settings_drop_recent(&app->settings, path);
        if (errno == ENOENT && known)
            notice_say(app, NOTICE_TROUBLE, "%s is no longer there; it is off the list now.", path);
        else
            error_set(&error, ERROR_MACHINE, "%s: cannot be opened: %s", path, strerror(errno));
        if (error.kind) notice_say_refused(app, path, error.message);
        return false;
    }
    bool good = true;
    if (!player_takes(whole))
        incoming_begin(app, whole);
    else if ((good = player_open(app, whole, &error)))
        settings_note_recent(&app->settings, whole);
    else
        notice_say_refused(app, whole, error.message);
    free(whole);
    return good;
}

bool dialog_begin(struct app *app, const char *title, const char *save_as) {
    if (app->dialog) {
        notice_say(app, NOTICE_DONE, "The dialog is open already, maybe behind this window.");
        return true;
    }
    app->dialog = file_dialog_begin(&(struct file_dialog_params){.title = ui_said(app->ui, title),
                                                                 .save_as = save_as,
                                                                 .window = window_number(&app->window),
                                                                 .wakeup = window_wake,
                                                                 .wakeup_context = &app->window});
    return app->dialog != NULL;
}

void open_dialog(struct app *app) {
    if (!dialog_begin(app, "Open a file", NULL)) palette_open_path(app, NULL);
}

void dialog_watch(struct app *app) {
    char *path = NULL;
    bool failed = false;
    if (!app->dialog || !file_dialog_answered(app->dialog, &path, &failed)) return;
    bool saves = file_dialog_saves(app->dialog);
    file_dialog_close(&app->dialog);
    if (saves) {
        export_card_take(app, path, failed);
    } else {
        if (path) open_file(app, path);
        if (failed) palette_open_path(app, NULL); /* there is one, but it cannot be shown here */
    }
    free(path);
    app->frames_wanted = 2;
}

void panel_recent(struct app *app) {
    struct ui *ui = app->ui;
    const struct settings *settings = &app->settings;
    if (settings->recent_count == 0) return;
    ui_fold(ui, "fold.recent", "Recent files", &app->recent_open);
    for (int i = 0; app->recent_open && i < settings->recent_count; i++) {
        char id[48];
        snprintf(id, sizeof id, "recent.%d", i);
        if (ui_choice(ui, id, file_part(settings->recent[i]), false)) {
            char path[SETTINGS_PATH];
            snprintf(path, sizeof path, "%s", settings->recent[i]); /* the list changes with it */
            open_file(app, path);
            break;
        }
        ui_tip(ui, settings->recent[i]);
    }
    if (app->recent_open) ui_space(ui, 4);
}
