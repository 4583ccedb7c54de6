/* What the window writes out: pictures, figures, films and tables, while it goes on answering. Scenes are built here, a
 * few milliseconds a turn; an exporter draws and writes them behind. One thread: the window's. */
#pragma once

#include "app/clipboard.h"
#include "export/export.h"

#include <cJSON.h>
#include <stdbool.h>
#include <stdint.h>

struct app;

enum export_what { WHAT_PICTURE, WHAT_FIGURE, WHAT_VIDEO, WHAT_TABLE };
enum export_size { SIZE_AS_SHOWN, SIZE_720, SIZE_1080, SIZE_2160, SIZE_OWN };
enum export_theme { EXPORT_AS_SHOWN, EXPORT_LIGHT, EXPORT_DARK };
enum { EXPORTS_MOST = 3, EXPORT_FOLDER = 768, EXPORT_NAME = 128 };

/* What is to be written, as the card's widgets say it. */
struct export_form {
    bool open;
    int what, size, theme, figure_format, film_format, move, rate; /* segments; `rate` into export_rates */
    int supersample, film_supersample;                             /* 0 … 3: one more */
    char own_size[32];
    bool no_caption, no_legend, drift;
    double from, to, speed, seconds;
    int64_t to_seen; /* the newest step when `to` was set: it follows while nobody changed it */
    char folder[EXPORT_FOLDER];
    char name[EXPORT_NAME];      /* with its ending */
    char suggested[EXPORT_NAME]; /* as long as `name` is this, it follows what is chosen */
    bool asks;                   /* the file is there: replace it? */
    char allowed[EXPORT_FOLDER + EXPORT_NAME]; /* the path that the desktop's dialog has asked about; "": none */
    char trouble[512];
    float height; /* of the card, known after its first frame */
};
extern const int export_rates[4]; /* frames a second */

struct outgoing {
    struct exporter *exporter; /* NULL: none here */
    enum export_kind kind;
    struct frame_shape shape;
    struct film film;
    struct view view;
    int frame; /* the next to be built */
    char *path;
    uint64_t generation; /* of the runs that a film is of */
    bool for_clipboard, told;
    double began, built_at, build_took; /* clock; clock; seconds of the last scene */
};

struct exports {
    struct export_form form;
    struct outgoing going[EXPORTS_MOST];
    struct clipboard_job *copying;
    bool held; /* the exhibit keeps its plane for a film */
};

/* exports.c */
/* Builds scenes that are needed, says what has ended. Returns the clock at which it wants to go on; infinity: no one
 * waits, or it will be woken. */
double exports_update(struct app *app, double now);
void exports_release(struct app *app); /* stops them all */
/* Another session comes: a film that is not wholly built by now is stopped, and that is said. */
void exports_let_go(struct app *app, const char *why);
void exports_quick_picture(struct app *app); /* of what is shown, under a name of its own */
void exports_copy_picture(struct app *app);  /* to the clipboard */
void exports_cancel(struct app *app, int index);
/* Begins what `wish` says; false with an error. */
struct export_wish {
    const char *path;
    struct frame_shape shape;
    struct film film;
    struct view view;
};
bool exports_begin(struct app *app, const struct export_wish *wish, struct error *error);
struct frame_shape exports_shape_shown(const struct app *app); /* the scene's own size on screen */
struct view exports_view(struct app *app);                     /* as shown */
bool exports_film_going(const struct app *app);
void exports_report(const struct app *app, cJSON *root);

/* panel_export.c */
void export_card_open(struct app *app);
/* What the desktop's dialog answered: a path, or NULL; `failed`: there was none to answer. */
void export_card_take(struct app *app, const char *path, bool failed);
void panel_export(struct app *app);  /* the card */
void panel_exports(struct app *app); /* how far those are that go on */
void export_form_release(struct app *app);
