/* The palette (Ctrl+K): everything that can be done or opened, found by a few letters of its name. One thread: the
 * window's. */
#pragma once

#include <cJSON.h>
#include <SDL.h>
#include <stdbool.h>

struct app;

enum { PALETTE_QUERY = 1024, PALETTE_MOST = 256, PALETTE_LABEL = 160 };
enum palette_kind {
    PALETTE_COMMAND,    /* index: of the table */
    PALETTE_EXPERIMENT, /* index: of the listing */
    PALETTE_LESSON,     /* index: of the course */
    PALETTE_OPTIMIZER,  /* index: of the experiment; switched on or off */
    PALETTE_RECENT,     /* index: of the settings' list */
    PALETTE_FILE,       /* label: its name in the folder that is typed; a folder ends in / */
};
struct palette_item {
    enum palette_kind kind;
    int index, score;
    char label[PALETTE_LABEL], beside[64]; /* beside: the shortcut, or what kind of thing it is */
};
struct palette {
    bool open;
    char query[PALETTE_QUERY], answered[PALETTE_QUERY]; /* what is typed, and what the items answer */
    struct palette_item *items;                         /* (PALETTE_MOST) best first; NULL while it is shut */
    int count, chosen;
    bool fresh; /* the items are to be found again */
    bool path;  /* a path is asked for */
    int boxes;  /* text boxes there were: one whose text we change is another one */
};
void palette_open(struct app *app);
/* Asks for the path of a file to open, beginning with `path` or, NULL, with the last one's folder. */
void palette_open_path(struct app *app, const char *path);
void palette_close(struct app *app);
/* True when the key was the palette's. */
bool palette_key(struct app *app, const SDL_KeyboardEvent *key);
void panel_palette(struct app *app);
void palette_report(const struct app *app, cJSON *root);
