/* What the window remembers between runs, in $XDG_CONFIG_HOME/saddlescope/settings.yaml: one `key: value` a line. */
#pragma once

#include "base/error.h"
#include "base/words.h"
#include "scene/color.h"
#include "scene/scene.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SETTINGS_LESSONS = 64, SETTINGS_NAME = 48, SETTINGS_RECENT = 8, SETTINGS_PATH = 1024 };

struct settings {
    enum theme_kind theme;
    char language[WORDS_CODE]; /* of everything; "": what the environment asks for */
    enum colormap_kind colormap;
    float scale;       /* the user's, on top of the display's; 0.75 … 3 */
    int width, height; /* of the window, 0: never set; at most 16384 */
    bool left_open, right_open, bottom_open; /* panels; the last: the curves under the timeline */
    enum view_kind view; /* the last one, but for VIEW_COMPARE */
    bool surfaces_open, networks_open; /* folds of the left panel */
    char export_folder[768]; /* where files were saved last; "": nowhere yet */
    char recent[SETTINGS_RECENT][SETTINGS_PATH]; /* files opened, the newest first */
    int recent_count;
    struct {
        char name[SETTINGS_NAME];
        uint64_t seen; /* bit k: step k was on screen */
    } lessons[SETTINGS_LESSONS];
    int lesson_count;
};
struct settings settings_initial(void);

/* Takes what it understands from `text`, leaves the rest as it is. ERROR_INPUT, with `name`, line and what would be
 * right, for the first line that is none of it; nothing of a broken text is taken. */
bool settings_parse(struct settings *settings, const char *text, const char *name, struct error *error);
/* As settings_parse takes it; freed by the caller. */
char *settings_text(const struct settings *settings);

uint64_t settings_seen(const struct settings *settings, const char *lesson); /* bits as above */
/* Names of letters, digits, - and _ are remembered, of SETTINGS_LESSONS lessons; steps 0 … 63. */
void settings_note_seen(struct settings *settings, const char *lesson, int step);

/* To the front of the list; paths that one line of the file cannot hold are left out. */
void settings_note_recent(struct settings *settings, const char *path);
bool settings_drop_recent(struct settings *settings, const char *path); /* false: it was not on it */

char *settings_path(void); /* freed by the caller; NULL without a home */
/* A missing file is no error; a broken one leaves `settings` as they are. */
bool settings_load(struct settings *settings, struct error *error);
/* A folder for what can be made again, made; freed by the caller; NULL when there is none. */
char *settings_cache(const char *name);
bool settings_kept(struct error *error); /* whether there is somewhere to save them to; without a home: true, as nobody minds */
bool settings_save(const struct settings *settings, struct error *error); /* written beside, then renamed */
