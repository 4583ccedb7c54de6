/* A file that is being opened: read on a thread of its own, as tables and recordings may be long. What is there goes on
 * meanwhile; another file takes its place. */
#include "app/app_parts.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct incoming {
    char *path;   /* immutable after begin */
    bool typed;   /* … into the palette, which asks again when it cannot be opened */
    double began; /* clock */
    struct job *job;
    struct data_reading reading;   /* any thread's */
    struct experiment *experiment; /* the job's until it finished, then the window's, as is … */
    struct timeline *timeline;     /* … what a recording holds; else NULL */
};

/* What ends before anybody could read of it is not spoken of. */
static const double patience = 0.4;

static bool work(void *context, struct job *job, struct error *error) {
    struct incoming *incoming = context;
    (void)job; /* it is stopped by the reading */
    if (path_ends(incoming->path, ".csv"))
        incoming->experiment = data_file_read(incoming->path, &incoming->reading, error);
    else if (recording_is(incoming->path))
        return recording_read(incoming->path, &incoming->experiment, &incoming->timeline, error);
    else
        incoming->experiment = experiment_load_watched(incoming->path, &incoming->reading, error);
    return incoming->experiment != NULL;
}

static void destroy(struct incoming **incoming) {
    job_destroy(&(*incoming)->job);
    timeline_destroy(&(*incoming)->timeline);
    experiment_destroy(&(*incoming)->experiment);
    free((*incoming)->path);
    free(*incoming);
    *incoming = NULL;
}

/* A recording is read to its end, whatever: nobody waits for it. */
static void bury(struct app *app, bool wait) {
    for (int i = 0; i < UNWANTED_FILES; i++)
        if (app->unwanted[i] && (wait || job_progress(app->unwanted[i]->job).finished))
            destroy(&app->unwanted[i]);
}

void incoming_cancel(struct app *app) {
    struct incoming *incoming = app->file;
    if (!incoming) return;
    app->file = NULL;
    atomic_store(&incoming->reading.stop, true);
    bury(app, false);
    int place = 0;
    while (place < UNWANTED_FILES - 1 && app->unwanted[place]) place++;
    if (app->unwanted[place]) destroy(&app->unwanted[place]);
    app->unwanted[place] = incoming;
    app_redraw(app);
}

void incoming_begin(struct app *app, const char *path) {
    incoming_cancel(app);
    struct incoming *incoming = MEM_NEW(struct incoming, 1);
    incoming->path = mem_copy_text(path);
    incoming->typed = app->palette.open && app->palette.path;
    incoming->began = clock_seconds();
    atomic_init(&incoming->reading.stop, false);
    atomic_init(&incoming->reading.done, 0.0);
    incoming->job = job_create(&(struct job_params){
        .name = "opening", .body = work, .context = incoming, .wakeup = window_wake, .wakeup_context = &app->window});
    app->file = incoming;
}

static bool take(struct app *app, struct incoming *incoming, struct error *error) {
    if (!job_wait(incoming->job, error)) return false;
    struct experiment *experiment = incoming->experiment;
    struct timeline *timeline = incoming->timeline;
    incoming->experiment = NULL; /* it is the session's, whatever comes of it */
    incoming->timeline = NULL;
    return app_take_file(app, experiment, timeline, incoming->path, error);
}

void incoming_watch(struct app *app) {
    struct incoming *incoming = app->file;
    bury(app, false);
    if (!incoming || !job_progress(incoming->job).finished) return;
    app->file = NULL;
    struct error error = {0};
    if (take(app, incoming, &error)) {
        settings_note_recent(&app->settings, incoming->path);
    } else {
        notice_say_refused(app, incoming->path, error.message);
        if (incoming->typed && !app->palette.open) palette_open_path(app, incoming->path);
    }
    destroy(&incoming);
    app_redraw(app);
    app->frames_wanted = 2;
}

void incoming_release(struct app *app) {
    incoming_cancel(app);
    bury(app, true);
}

void incoming_panel(struct app *app) {
    const struct incoming *incoming = app->file;
    if (!incoming) return;
    struct ui *ui = app->ui;
    struct rect scene = app->layout.scene;
    double now = clock_seconds();
    app_wake_by(app, now < incoming->began + patience ? incoming->began + patience : now + 0.25);
    if (now < incoming->began + patience) return;
    const struct theme *theme = theme_get(app->settings.theme);
    double done = atomic_load(&incoming->reading.done);
    double eta = done > 0 ? (now - incoming->began) * (1 - done) / done : NAN;
    const char *slash = strrchr(incoming->path, '/');
    float width = fminf(360, scene.width - 24), height = 92;
    struct rect rect = {scene.x + (scene.width - width) / 2, scene.y + (scene.height - height) / 2, width, height};
    char text[96];
    ui_panel_begin(ui, "opening", rect, UI_PANEL_CARD);
    bool cancel = ui_corner_button(ui, "opening.cancel", ICON_CLOSE, 24);
    ui_tip(ui, "Do not open it; all stays as it is");
    ui_text_within(ui, UI_BODY | UI_BOLD | UI_AS_IS, width - 64, slash ? slash + 1 : incoming->path);
    ui_text(ui, UI_SMALL | UI_FAINT, done > 0 ? progress_text(done, eta, text, sizeof text) : "It is being read…");
    struct rect bar = {rect.x + 14, rect.y + height - 20, width - 28, 6};
    ui_draw_rect(ui, bar, color_fade(theme->ink, 0.12f), 3);
    bar.width = fmaxf((float)done * bar.width, 6);
    ui_draw_rect(ui, bar, theme->accent, 3);
    ui_panel_end(ui);
    if (cancel) incoming_cancel(app);
}

void incoming_report(const struct app *app, cJSON *root) {
    if (!app->file) {
        cJSON_AddNullToObject(root, "opening");
        return;
    }
    cJSON *entry = cJSON_AddObjectToObject(root, "opening");
    cJSON_AddStringToObject(entry, "path", app->file->path);
    cJSON_AddNumberToObject(entry, "done", round(100 * atomic_load(&app->file->reading.done)) / 100);
}
