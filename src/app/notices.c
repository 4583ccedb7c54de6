#include "app/app_parts.h"

#include "base/text.h"
#include "base/threads.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

static const double notice_seconds = 6;

static void drop(struct app *app, int index) {
    memmove(app->notices + index, app->notices + index + 1,
            (size_t)(app->notice_count - index - 1) * sizeof *app->notices);
    app->notice_count--;
}

static void add(struct app *app, const struct notice *notice) {
    enum notice_kind kind = notice->kind;
    for (int i = app->notice_count - 1; i >= 0; i--) /* of what is done, only the newest is of interest */
        if (strcmp(app->notices[i].text, notice->text) == 0 ||
            (kind == NOTICE_DONE && app->notices[i].kind == NOTICE_DONE))
            drop(app, i);
    if (app->notice_count == NOTICE_COUNT) drop(app, 0);
    app->notices[app->notice_count++] = *notice;
    app->frames_wanted = 2;
}

static void say(struct app *app, enum notice_kind kind, const char *path, const char *format, va_list arguments) {
    struct notice notice = {.kind = kind, .number = ++app->notice_number};
    text_print_list(notice.text, sizeof notice.text, format, arguments);
    if (path) snprintf(notice.path, sizeof notice.path, "%s", path);
    notice.until = kind == NOTICE_TROUBLE ? INFINITY : clock_seconds() + (path ? 2 : 1) * notice_seconds;
    add(app, &notice);
}

void notice_say(struct app *app, enum notice_kind kind, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say(app, kind, NULL, format, arguments);
    va_end(arguments);
}

void notice_say_saved(struct app *app, const char *path, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say(app, NOTICE_DONE, path, format, arguments);
    va_end(arguments);
}

void notice_say_refused(struct app *app, const char *path, const char *message) {
    const char *slash = strrchr(path, '/');
    struct notice notice = {.kind = NOTICE_TROUBLE, .number = ++app->notice_number, .until = INFINITY};
    text_print(notice.title, sizeof notice.title, "Not opened: %s", slash ? slash + 1 : path);
    text_print(notice.text, sizeof notice.text, "%s", message);
    add(app, &notice);
}

void notice_dismiss_all(struct app *app) {
    app->notice_count = 0;
}

void notices_panel(struct app *app) {
    double now = clock_seconds();
    for (int i = app->notice_count - 1; i >= 0; i--)
        if (now >= app->notices[i].until) drop(app, i);
    float y = app->layout.scene.y + 12;
    for (int i = 0; i < app->notice_count; i++) {
        struct notice *notice = &app->notices[i];
        app_wake_by(app, notice->until);
        char id[32];
        snprintf(id, sizeof id, "notice.%d", i);
        float width = fminf(notice->title[0] ? 520 : 440, app->layout.scene.width - 32);
        float x = app->layout.scene.x + (app->layout.scene.width - width) / 2;
        struct rect rect = ui_panel_begin(app->ui, id, (struct rect){x, y, width, 40}, UI_PANEL_CARD | UI_PANEL_FITS);
        char close[48];
        snprintf(close, sizeof close, "notice.close.%d", i);
        bool closed = ui_corner_button(app->ui, close, ICON_CLOSE, 24);
        ui_margin(app->ui, 26);
        if (notice->title[0]) {
            ui_text(app->ui, UI_BODY | UI_BOLD | UI_WRAPPED | UI_WARNING, notice->title);
            ui_text(app->ui, UI_BODY | UI_WRAPPED, notice->text);
            snprintf(close, sizeof close, "notice.text.%d", i);
            if (ui_button(app->ui, close, "Copy this message", UI_BUTTON_EDGED)) SDL_SetClipboardText(notice->text);
        } else {
            ui_text(app->ui, UI_SMALL | UI_WRAPPED | (notice->kind == NOTICE_TROUBLE ? UI_WARNING : 0), notice->text);
        }
        char copy[48];
        snprintf(copy, sizeof copy, "notice.copy.%d", i);
        if (notice->path[0] && ui_button(app->ui, copy, "Copy path", UI_BUTTON_EDGED)) {
            SDL_SetClipboardText(notice->path);
            closed = true;
        }
        ui_panel_end(app->ui);
        if (closed) {
            drop(app, i--);
            app->frames_wanted = 2;
        } else if (rect.height != notice->height) { /* the card fits itself a frame later */
            notice->height = rect.height;
            app_wake_by(app, 0);
        }
        y += rect.height + 8;
    }
}

void notices_watch(struct app *app) {
    struct session *session = app->session;
    if (!session || !session->trainer) return;
    for (int run = 0; run < session->runs; run++) {
        struct run_state state = trainer_state(session->trainer, run);
        if (state.status == RUN_DIVERGED && session->known_status[run] != RUN_DIVERGED)
            notice_say(app, NOTICE_DONE, "%s diverged: %s",
                       session->experiment->optimizers[run / session->starts].label, state.message);
        session->known_status[run] = state.status;
    }
    struct error error = {0};
    bool failed = trainer_error(session->trainer, &error); /* it has closed the file itself */
    if (failed && !session->recording_failed) notice_say(app, NOTICE_TROUBLE, "Recording stopped: %s", error.message);
    session->recording_failed = failed;
}
