/* Everything a person can do by a key or by its name, in one table: the keys, the sheet of shortcuts and the palette
 * are made from it. To add something: a line in commands.c. One thread: the window's. */
#pragma once

#include <SDL.h>
#include <stdbool.h>
#include <stddef.h>

struct app;

enum command_group {
    COMMANDS_TIME,
    COMMANDS_SURFACE,
    COMMANDS_CAMERA,
    COMMANDS_RUNS,
    COMMANDS_CURVES,
    COMMANDS_ANALYSES,
    COMMANDS_LESSON,
    COMMANDS_FILES,
    COMMANDS_WINDOW,
    COMMANDS_PANELS,
    COMMAND_GROUPS,
};
extern const char *const command_group_titles[]; /* "Timeline", … */

/* A key with all the modifiers it needs and no other: KMOD_CTRL, KMOD_SHIFT, KMOD_ALT. A character that some keyboards
 * have under Shift ('?', '+', '<', …) is told by itself, without it. */
struct shortcut {
    SDL_Keycode key; /* 0: none */
    unsigned modifiers;
};
enum { COMMAND_SHORTCUTS = 3 };

enum command_flags {
    COMMAND_REPEATS = 1,      /* again and again while its key is held */
    COMMAND_WHILE_TYPING = 2, /* its key works in a text box too */
    COMMAND_UNNAMED = 4,      /* of use by its key alone: not in the palette */
};
struct command {
    const char *id, *title;
    enum command_group group;
    struct shortcut shortcuts[COMMAND_SHORTCUTS];
    unsigned flags;
    const char *sheet; /* its line on the sheet, shared with those after it that say the same; NULL: none */
    bool (*can)(const struct app *app); /* whether it can be done now; NULL: always */
    void (*act)(struct app *app, int argument);
    int argument;
};
const struct command *commands(size_t *count);
const struct command *command_find(const char *id); /* NULL when there is none */
bool command_can(const struct app *app, const struct command *command);
void command_act(struct app *app, const struct command *command); /* when it can */

/* What a key means; NULL: nothing. */
const struct command *command_of_key(const SDL_KeyboardEvent *key);
struct shortcut shortcut_of(const SDL_KeyboardEvent *key);
/* "Ctrl+Shift+Z", "→"; "" for none. Returns `out`. */
enum { SHORTCUT_TEXT = 48 };
const char *shortcut_text(struct shortcut shortcut, char out[SHORTCUT_TEXT]);
/* How well `text` answers what was typed: every word of it has to be there, best as the beginning of a word, at least
 * as letters of one in order; case-blind for ASCII. −1: it does not; an empty query suits all. */
int command_match(const char *query, const char *text);
