/* The export card: what, how large, what on it, and where to. Everything it does `render` does too. */
#include "app/app_parts.h"

#include "app/exports.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const float card_width = 440, label_width = 76, usual_top = 64;
const int export_rates[4] = {15, 24, 30, 60};

static const char *const figure_formats[] = {"svg", "pdf"};
static const char *const film_formats[] = {"mp4", "gif"};

/* ---- what is asked for ------------------------------------------------------------------------------------------- */

/* "1600 x 900", also with × or a comma. */
static bool read_size(const char *text, int size[2]) {
    for (int i = 0; i < 2; i++) {
        while (*text && !isdigit((unsigned char)*text)) text++;
        if (!*text) return false;
        char *end;
        long value = strtol(text, &end, 10);
        if (value < 1 || value > EXPORT_LARGEST) return false;
        size[i] = (int)value;
        text = end;
    }
    return true;
}

static bool shape_of(const struct app *app, struct frame_shape *shape, struct error *error) {
    static const int sizes[][2] = {[SIZE_720] = {1280, 720}, [SIZE_1080] = {1920, 1080}, [SIZE_2160] = {3840, 2160}};
    const struct export_form *form = &app->exports.form;
    int own[2];
    *shape = exports_shape_shown(app);
    if (form->size == SIZE_OWN) {
        if (!read_size(form->own_size, own))
            return error_set(error, ERROR_INPUT,
                             "The size: two numbers from 1 to %d would be right, such as 1600 × 900", EXPORT_LARGEST);
        *shape = (struct frame_shape){.width = own[0], .height = own[1]};
    } else if (form->size != SIZE_AS_SHOWN) {
        *shape = (struct frame_shape){.width = sizes[form->size][0], .height = sizes[form->size][1]};
    }
    if (form->what == WHAT_VIDEO) { /* its colours are kept by twos */
        shape->width -= shape->width % 2;
        shape->height -= shape->height % 2;
    }
    shape->supersample = form->what == WHAT_VIDEO ? form->film_supersample + 1 : form->supersample + 1;
    shape->bare = form->no_caption;
    shape->no_legend = form->no_legend;
    return true;
}

static int *supersample_of(struct export_form *form) {
    return form->what == WHAT_VIDEO ? &form->film_supersample : &form->supersample;
}

static bool turns(const struct app *app) {
    return app->session->view.kind != VIEW_CONTOUR;
}

static struct film film_of(const struct app *app) {
    const struct export_form *form = &app->exports.form;
    const struct view usual = view_default(app->session->experiment);
    struct film film = {.move = (enum film_move)form->move,
                        .from = (int64_t)fmin(form->from, form->to),
                        .to = (int64_t)form->to,
                        .seconds = form->seconds,
                        .rate = export_rates[form->rate],
                        .start = app->session->view.kind == VIEW_CONTOUR ? usual.flat_camera : usual.camera};
    if (film.move == FILM_TURN && !turns(app)) film.move = FILM_RUN;
    if (film.move == FILM_RUN) film.seconds = film_seconds(film.from, film.to, form->speed);
    film.degrees = film.move == FILM_TURN ? 360 : form->drift ? 25 : 0;
    return film;
}

static const char *ending_of(const struct export_form *form) {
    switch (form->what) {
    case WHAT_FIGURE: return figure_formats[form->figure_format];
    case WHAT_VIDEO: return film_formats[form->film_format];
    case WHAT_TABLE: return "csv";
    default: return "png";
    }
}

/* The experiment's name, and what is particular about this file. */
static void suggest_name(struct app *app) {
    struct export_form *form = &app->exports.form;
    char name[EXPORT_NAME], *path;
    const char *view = "";
    if (form->what == WHAT_TABLE)
        view = figure_names[app->figure];
    else if (app->session->view.kind != VIEW_OVERLAY)
        view = view_names[app->session->view.kind];
    const char *whose = app_file_name(app);
    text_print(name, sizeof name, "%.80s%s%s%s", whose, *view ? "-" : "", view,
             form->what == WHAT_VIDEO && film_of(app).move == FILM_TURN ? "-turn" : "");
    if (strcmp(form->name, form->suggested) != 0) { /* it is the person's; only the ending follows */
        char *dot = strrchr(form->name, '.');
        if (!dot || dot == form->name || strcasecmp(dot + 1, ending_of(form)) == 0) return;
        enum export_kind known;
        if (!export_kind_of(form->name, &known, NULL) && strcasecmp(dot, ".csv") != 0) return;
        if ((size_t)(dot - form->name) + strlen(ending_of(form)) + 2 <= sizeof form->name)
            strcpy(dot + 1, ending_of(form));
        return;
    }
    char *folder = place_home(form->folder);
    path = place_new(folder, name, ending_of(form));
    snprintf(form->name, sizeof form->name, "%s", strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
    memcpy(form->suggested, form->name, sizeof form->name);
    free(path);
    free(folder);
}

static void follow_run(struct app *app) {
    struct export_form *form = &app->exports.form;
    int64_t last = session_last(app->session);
    if ((int64_t)form->to == form->to_seen || form->to > (double)last) form->to = (double)last;
    form->to_seen = last;
    form->from = fmin(form->from, form->to);
}

void export_card_open(struct app *app) {
    struct export_form *form = &app->exports.form;
    if (!app->session) return;
    if (!form->folder[0]) { /* for the first time */
        *form = (struct export_form){.size = SIZE_1080, .supersample = 1, .rate = 2, .speed = 1, .seconds = 8};
        snprintf(form->own_size, sizeof form->own_size, "1600 × 900");
        char *kept = place_home(app->settings.export_folder);
        char *folder = place_is_folder(kept) ? mem_copy_text(app->settings.export_folder) : place_folder("PICTURES");
        snprintf(form->folder, sizeof form->folder, "%s", folder);
        free(folder);
        free(kept);
    }
    form->open = true;
    form->asks = false;
    form->trouble[0] = '\0';
    form->from = 0;
    form->to_seen = (int64_t)form->to;
    form->name[0] = form->suggested[0] = '\0';
    follow_run(app);
    suggest_name(app);
    app_redraw(app);
}

static bool write_table(struct app *app, const char *path, struct error *error) {
    return curves_write_csv(app, app->figure, path, error);
}

/* The whole path; NULL with the form's trouble. */
static char *whole_path(struct app *app) {
    struct export_form *form = &app->exports.form;
    char name[EXPORT_NAME + 8];
    const char *ending = ending_of(form);
    snprintf(name, sizeof name, "%s", form->name);
    size_t length = strlen(name), tail = strlen(ending);
    if (length <= tail || name[length - tail - 1] != '.' || strcasecmp(name + length - tail, ending) != 0)
        snprintf(name + length, sizeof name - length, ".%s", ending);
    char *folder = place_home(form->folder), *path = NULL;
    if (!form->name[0] || strchr(form->name, '/'))
        snprintf(form->trouble, sizeof form->trouble, "A name is needed, without a slash.");
    else if (!place_is_folder(folder))
        text_print(form->trouble, sizeof form->trouble, "%.300s is no folder that can be written to.", folder);
    else
        path = path_join(folder, name);
    free(folder);
    return path;
}

static void save(struct app *app, bool replace) {
    struct export_form *form = &app->exports.form;
    struct error error = {0};
    form->trouble[0] = '\0';
    form->asks = false;
    char *path = whole_path(app);
    replace |= path && strcmp(path, form->allowed) == 0;
    form->allowed[0] = '\0';
    if (path && !replace && access(path, F_OK) == 0) {
        form->asks = true;
    } else if (path) {
        struct export_wish wish = {.path = path, .view = exports_view(app), .film = film_of(app)};
        if (form->theme != EXPORT_AS_SHOWN) wish.view.theme = form->theme == EXPORT_DARK ? THEME_NIGHT : THEME_PAPER;
        bool good;
        if (form->what == WHAT_TABLE) {
            good = write_table(app, path, &error);
            if (good) notice_say_saved(app, path, "Table saved: %s", path);
        } else {
            good = shape_of(app, &wish.shape, &error) && exports_begin(app, &wish, &error);
        }
        if (good) {
            form->open = false;
            snprintf(app->settings.export_folder, sizeof app->settings.export_folder, "%s", form->folder);
        } else {
            text_print(form->trouble, sizeof form->trouble, "%.500s", error.message);
        }
    }
    free(path);
    app_redraw(app);
}

static void keep_both(struct app *app) {
    struct export_form *form = &app->exports.form;
    char *dot = strrchr(form->name, '.');
    if (dot && strcasecmp(dot + 1, ending_of(form)) == 0) *dot = '\0';
    char *folder = place_home(form->folder), *path = place_new(folder, form->name, ending_of(form));
    snprintf(form->name, sizeof form->name, "%s", strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
    free(path);
    free(folder);
    save(app, false);
}

static const char no_dialog[] = "There is no dialog for files here (zenity or kdialog): type where to.";

/* The desktop's dialog, beginning with what the card says. */
static void choose(struct app *app) {
    struct export_form *form = &app->exports.form;
    char *path = whole_path(app);
    if (path && !dialog_begin(app, "Save as", path)) snprintf(form->trouble, sizeof form->trouble, "%s", no_dialog);
    free(path);
}

void export_card_take(struct app *app, const char *path, bool failed) {
    struct export_form *form = &app->exports.form;
    if (failed) snprintf(form->trouble, sizeof form->trouble, "%s", no_dialog);
    const char *slash = path ? strrchr(path, '/') : NULL;
    if (!slash || !form->open) return;
    if (slash - path >= EXPORT_FOLDER || strlen(slash + 1) >= EXPORT_NAME) {
        snprintf(form->trouble, sizeof form->trouble, "The path is too long; a shorter one would be right.");
        return;
    }
    form->trouble[0] = '\0';
    form->asks = false;
    snprintf(form->folder, sizeof form->folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    snprintf(form->name, sizeof form->name, "%s", slash + 1);
    form->suggested[0] = '\0'; /* it is the person's now */
    snprintf(form->allowed, sizeof form->allowed, "%s", path);
    app_redraw(app);
}

/* ---- the card ---------------------------------------------------------------------------------------------------- */

static void row(struct ui *ui, const char *label) {
    ui_text(ui, UI_SMALL | UI_FAINT | UI_IN_ROW, label);
    ui_beside_at(ui, label_width);
}

static void switch_beside(struct app *app, const char *id, const char *what, bool *off) {
    bool on = !*off;
    ui_switch(app->ui, id, &on, theme_get(app->settings.theme)->accent);
    *off = !on;
    ui_beside(app->ui, 8);
    ui_text(app->ui, UI_SMALL | UI_IN_ROW, what);
}

static void hint(struct ui *ui, const char *text) {
    ui_text(ui, UI_SMALL | UI_FAINT | UI_IN_ROW, "");
    ui_beside_at(ui, label_width);
    ui_text(ui, UI_SMALL | UI_FAINT | UI_IN_ROW, text);
}

static void size_rows(struct app *app) {
    static const char *const sizes[] = {"As shown", "720p", "1080p", "4K", "Other"};
    static const char *const finer[] = {"1×", "2×", "3×", "4×"};
    struct ui *ui = app->ui;
    struct export_form *form = &app->exports.form;
    struct frame_shape shape = {.width = 1, .height = 1};
    struct error error = {0};
    char text[96];
    row(ui, "Size");
    ui_segments(ui, "export.size", sizes, 5, &form->size);
    if (form->size == SIZE_OWN) {
        row(ui, "");
        ui_input(ui, "export.own_size", form->own_size, sizeof form->own_size, "1600 × 900", -1);
    }
    bool known = form->size != SIZE_OWN && shape_of(app, &shape, &error);
    if (form->what == WHAT_FIGURE) {
        float scale = frame_scale(&shape);
        snprintf(text, sizeof text, "%.0f × %.0f mm on paper", (double)((float)shape.width / scale) * 25.4 / 96,
                 (double)((float)shape.height / scale) * 25.4 / 96);
        if (known) hint(ui, text);
        return;
    }
    row(ui, "Drawn");
    ui_segments(ui, "export.supersample", finer, 4, supersample_of(form));
    ui_tip(ui, "Drawn so many times as fine: smoother edges, more time");
    if (!known) return;
    ui_beside(ui, 12);
    snprintf(text, sizeof text, "%d × %d pixels", shape.width, shape.height);
    ui_text(ui, UI_SMALL | UI_FAINT | UI_IN_ROW, text);
}

static void look_rows(struct app *app) {
    static const char *const themes[] = {"As shown", "Light, for print", "Dark"};
    struct export_form *form = &app->exports.form;
    row(app->ui, "Colours");
    ui_segments(app->ui, "export.theme", themes, 3, &form->theme);
    row(app->ui, "On it");
    switch_beside(app, "export.caption", "Title, caption", &form->no_caption);
    ui_beside(app->ui, 16);
    switch_beside(app, "export.legend", "Optimizers’ names", &form->no_legend);
}

static void step_slider(struct app *app, const char *id, const char *label, double *step, double usual) {
    char text[NUMBER_TEXT];
    ui_slider(app->ui, id, label, step, 0, fmax(1, (double)session_last(app->session)), usual, false,
              number_text(round(*step), 9, text), theme_get(app->settings.theme)->accent);
    *step = round(*step);
}

static void video_rows(struct app *app) {
    static const char *const moves[] = {"The run", "One turn", "From the usual view"};
    static const char *const rates[] = {"15", "24", "30", "60"};
    static const char *const cameras[] = {"Still", "Drifting slowly"};
    struct ui *ui = app->ui;
    struct export_form *form = &app->exports.form;
    struct color accent = theme_get(app->settings.theme)->accent;
    char text[96];
    follow_run(app);
    row(ui, "Shows");
    ui_segments(ui, "export.move", moves, 3, &form->move);
    if (form->move == FILM_TURN && !turns(app)) {
        hint(ui, "The map is seen from above: it shows the run.");
    }
    if (film_of(app).move == FILM_RUN) {
        step_slider(app, "export.from", "From step", &form->from, 0);
        step_slider(app, "export.to", "To step", &form->to, (double)session_last(app->session));
        form->from = fmin(form->from, form->to);
        snprintf(text, sizeof text, "%.3g×", form->speed);
        ui_slider(ui, "export.speed", "Speed", &form->speed, 0.05, 100, 1, true, text, accent);
        if (turns(app)) {
            int drifting = form->drift;
            row(ui, "Camera");
            if (ui_segments(ui, "export.camera", cameras, 2, &drifting)) form->drift = drifting;
        }
    } else {
        snprintf(text, sizeof text, "%.3g s", form->seconds);
        ui_slider(ui, "export.seconds", "Length", &form->seconds, 1, 60, 8, true, text, accent);
    }
    row(ui, "Frames/s");
    ui_segments(ui, "export.rate", rates, 4, &form->rate);
    struct film film = film_of(app);
    char seconds[NUMBER_TEXT], frames[NUMBER_TEXT];
    snprintf(text, sizeof text, "Lasts %s s: %s frames", number_text(film.seconds, 3, seconds),
             number_text(film_frames(&film), 7, frames));
    hint(ui, text);
}

static void where_rows(struct app *app) {
    struct ui *ui = app->ui;
    struct export_form *form = &app->exports.form;
    row(ui, "File");
    if (ui_input(ui, "export.name", form->name, sizeof form->name, "name", -1)) save(app, false);
    row(ui, "Folder");
    ui_input(ui, "export.folder", form->folder, sizeof form->folder, "~/Pictures", -1);
}

/* As the experiment's length may be: a film longer than this is a slip of the hand. */
static const double longest_film = 3600;

static void buttons(struct app *app) {
    struct ui *ui = app->ui;
    struct export_form *form = &app->exports.form;
    const char *trouble = form->trouble[0] ? form->trouble : NULL;
    bool film = form->what == WHAT_VIDEO;
    if (film && film_of(app).seconds > longest_film)
        trouble = "Longer than an hour: more speed, or fewer steps, would do.";
    if (film && basins_shown(app)) trouble = "The maps stand still: save them as a picture or a figure.";
    if (trouble) ui_text(ui, UI_SMALL | UI_WRAPPED | UI_WARNING, trouble);
    bool barred = film && (basins_shown(app) || exports_film_going(app) || film_of(app).seconds > longest_film);
    if (film && exports_film_going(app))
        ui_text(ui, UI_SMALL | UI_WRAPPED | UI_WARNING, "A video is being made already; it has to end first.");
    if (form->asks) {
        ui_textf(ui, UI_SMALL | UI_WRAPPED, "%s is there already.", form->name);
        if (ui_button(ui, "export.keep_both", "Save under a new name", UI_BUTTON_MAIN)) keep_both(app);
        ui_beside(ui, 8);
        if (form->asks && ui_button(ui, "export.replace", "Replace it", UI_BUTTON_EDGED)) save(app, true);
        return;
    }
    ui_disable(ui, barred);
    if (ui_button(ui, "export.save", "Save", UI_BUTTON_MAIN)) save(app, false);
    ui_disable_end(ui, barred);
    ui_beside(ui, 8);
    if (ui_button(ui, "export.choose", "Choose where…", UI_BUTTON_EDGED)) choose(app);
    ui_tip(ui, "In the desktop’s dialog for files");
    if (form->what != WHAT_PICTURE) return;
    ui_beside(ui, 8);
    if (ui_button(ui, "export.copy", "Copy what is shown", UI_BUTTON_EDGED)) {
        form->open = false;
        exports_copy_picture(app);
    }
    ui_tip(ui, "As a picture to the clipboard (Ctrl+C)");
}

static void choose_film_format(struct ui *ui, struct export_form *form) {
    static const char *const films[] = {"MP4", "GIF"};
    static const int usual_rates[] = {2, 0};
    int rate = usual_rates[form->film_format];
    if (ui_segments(ui, "export.format", films, 2, &form->film_format) && form->rate == rate)
        form->rate = usual_rates[form->film_format];
}

void panel_export(struct app *app) {
    static const char *const whats[] = {"Picture", "Figure", "Video", "Table"};
    static const char *const figures[] = {"SVG", "PDF"};
    struct ui *ui = app->ui;
    struct export_form *form = &app->exports.form;
    if (!app->session) form->open = false;
    if (!form->open) return;
    float whole_width = app->layout.top.width, whole_height = app->layout.bottom.y + app->layout.bottom.height;
    float width = fminf(card_width, whole_width - 24), most = whole_height - 24;
    bool scrolls = form->height > most;
    float height = scrolls || form->height <= 0 ? most : form->height;
    /* Its top stays where it is whatever it shows. Its height is known after a frame: nobody should see it jump. */
    float y = fmaxf(fminf(usual_top, whole_height - height - 12), 12);
    float x = form->height > 0 ? (whole_width - width) / 2 : -2 * width;
    struct rect rect = {x, y, width, height};
    ui_panel_begin(ui, "panel.export", rect, UI_PANEL_CARD | UI_PANEL_FRONT | (scrolls ? UI_PANEL_SCROLLS : 0));
    bool closed = ui_corner_button(ui, "export.close", ICON_CLOSE, 28);
    ui_text(ui, UI_TITLE, "Save as a file");
    ui_space(ui, 4);
    int before = form->what;
    row(ui, "What");
    ui_segments(ui, "export.what", whats, 4, &form->what);
    if (form->what != before) form->trouble[0] = '\0', form->asks = false;
    static const char *const told[] = {"Pixels, PNG", "The figures behind the curve below, CSV"};
    if (form->what == WHAT_PICTURE || form->what == WHAT_TABLE) {
        hint(ui, told[form->what == WHAT_TABLE]);
    } else {
        row(ui, "Format");
        if (form->what == WHAT_FIGURE)
            ui_segments(ui, "export.format", figures, 2, &form->figure_format);
        else
            choose_film_format(ui, form);
    }
    ui_space(ui, 2);
    ui_rule(ui);
    if (form->what != WHAT_TABLE) {
        if (form->what == WHAT_VIDEO) {
            video_rows(app);
            ui_rule(ui);
        }
        size_rows(app);
        look_rows(app);
        ui_rule(ui);
    }
    suggest_name(app);
    where_rows(app);
    ui_space(ui, 4);
    buttons(app);
    ui_space(ui, 2);
    float needed = ui_content_height(ui) + 4; /* rounding must not make it scroll */
    ui_panel_end(ui);
    if (fabsf(needed - form->height) > 0.5f) {
        form->height = needed;
        app_wake_by(app, 0);
    }
    if (closed) {
        form->open = false;
        app_redraw(app);
    }
}

/* ---- how far
 * --------------------------------------------------------------------------------------------------------- */

/* What ends before anybody could read of it is told by its notice alone. */
static const double patience = 0.4;

void panel_exports(struct app *app) {
    static const char *const names[] = {"Picture", "Figure", "Video"};
    struct ui *ui = app->ui;
    struct rect scene = app->layout.scene;
    const struct theme *theme = theme_get(app->settings.theme);
    float y = scene.y + scene.height - (app->busy_since > 0 ? 60 : 12); /* above the busy sign */
    double now = clock_seconds();
    for (int i = 0; i < EXPORTS_MOST; i++) {
        const struct outgoing *going = &app->exports.going[i];
        if (!going->exporter) continue;
        app_wake_by(app, now < going->began + patience ? going->began + patience : now + 0.25);
        if (now < going->began + patience) continue;
        struct job_progress progress = job_progress(exporter_job(going->exporter));
        char text[96], id[32], progressed[64];
        snprintf(text, sizeof text, "%s %s", names[going->kind],
                 progress_text(progress.done, progress.eta, progressed, sizeof progressed));
        float width = fminf(300, scene.width - 24), height = 72;
        y -= height + 8;
        snprintf(id, sizeof id, "export.going.%d", i);
        struct rect rect = {scene.x + 12, y, width, height};
        ui_panel_begin(ui, id, rect, UI_PANEL_CARD);
        snprintf(id, sizeof id, "export.cancel.%d", i);
        bool cancel = ui_corner_button(ui, id, ICON_CLOSE, 24);
        ui_tip(ui, "Stop it; nothing is written");
        ui_text(ui, UI_SMALL, text);
        struct rect bar = {rect.x + 14, rect.y + height - 26, width - 28, 6};
        ui_draw_rect(ui, bar, color_fade(theme->ink, 0.12f), 3);
        bar.width = fmaxf((float)progress.done * bar.width, 6);
        ui_draw_rect(ui, bar, theme->accent, 3);
        ui_panel_end(ui);
        if (cancel) exports_cancel(app, i);
    }
}
