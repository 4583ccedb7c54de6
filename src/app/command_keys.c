#include "app/commands.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- keys --------------------------------------------------------------------------------------------------------*/

/* What these keys write with Shift on most keyboards; elsewhere SDL tells the character itself. */
static SDL_Keycode character_of(SDL_Keycode key, bool shift) {
    static const SDL_Keycode pairs[][2] = {
        {SDLK_SLASH, SDLK_QUESTION}, {SDLK_COMMA, SDLK_LESS}, {SDLK_PERIOD, SDLK_GREATER}, {SDLK_EQUALS, SDLK_PLUS}};
    for (size_t i = 0; shift && i < sizeof pairs / sizeof *pairs; i++)
        if (key == pairs[i][0]) return pairs[i][1];
    return key;
}

static bool is_character(SDL_Keycode key) {
    return key > ' ' && key < 0x7f && !isalnum((int)key);
}

struct shortcut shortcut_of(const SDL_KeyboardEvent *event) {
    static const SDL_Keycode same[][2] = {{SDLK_KP_PLUS, SDLK_PLUS},
                                          {SDLK_KP_MINUS, SDLK_MINUS},
                                          {SDLK_KP_ENTER, SDLK_RETURN},
                                          {SDLK_EQUALS, SDLK_PLUS},
                                          {SDLK_KP_0, SDLK_0}};
    unsigned held = event->keysym.mod;
    struct shortcut made = {.key = character_of(event->keysym.sym, held & KMOD_SHIFT)};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (made.key == same[i][0]) made.key = same[i][1];
    if (held & (KMOD_CTRL | KMOD_GUI)) made.modifiers |= KMOD_CTRL;
    if (held & KMOD_SHIFT && !is_character(made.key)) made.modifiers |= KMOD_SHIFT;
    if (held & KMOD_ALT) made.modifiers |= KMOD_ALT;
    return made;
}

const struct command *command_of_key(const SDL_KeyboardEvent *key) {
    struct shortcut wanted = shortcut_of(key);
    size_t count;
    const struct command *all = commands(&count);
    for (size_t i = 0; i < count && wanted.key; i++)
        for (int s = 0; s < COMMAND_SHORTCUTS; s++)
            if (all[i].shortcuts[s].key == wanted.key && all[i].shortcuts[s].modifiers == wanted.modifiers)
                return &all[i];
    return NULL;
}

static const char *key_name(SDL_Keycode key) {
    static const struct {
        SDL_Keycode key;
        const char *name;
    } names[] = {{SDLK_LEFT, "←"},
                 {SDLK_RIGHT, "→"},
                 {SDLK_UP, "↑"},
                 {SDLK_DOWN, "↓"},
                 {SDLK_PAGEDOWN, "PgDn"},
                 {SDLK_PAGEUP, "PgUp"},
                 {SDLK_MINUS, "−"},
                 {SDLK_RETURN, "Enter"},
                 {SDLK_ESCAPE, "Esc"},
                 {SDLK_SPACE, "Space"},
                 {SDLK_DELETE, "Del"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].key == key) return names[i].name;
    return SDL_GetKeyName(key);
}

const char *shortcut_text(struct shortcut shortcut, char out[SHORTCUT_TEXT]) {
    out[0] = '\0';
    if (shortcut.key)
        snprintf(out, SHORTCUT_TEXT, "%s%s%s%s", shortcut.modifiers & KMOD_CTRL ? "Ctrl+" : "",
                 shortcut.modifiers & KMOD_ALT ? "Alt+" : "", shortcut.modifiers & KMOD_SHIFT ? "Shift+" : "",
                 key_name(shortcut.key));
    return out;
}

/* ---- names -------------------------------------------------------------------------------------------------------*/

static int lower(char c) {
    return tolower((unsigned char)c);
}

static bool same_letters(const char *text, const char *word, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (lower(text[i]) != lower(word[i])) return false; /* also where the text ends */
    return true;
}

/* The letters in order, from the beginning of a word on and within it: "ovl" is in "Overlay". */
static bool abbreviates(const char *word, size_t length, const char *text) {
    if (length < 2) return false;
    for (const char *at = text; *at; at++) {
        if (lower(*at) != lower(word[0]) || (at > text && isalnum((unsigned char)at[-1]))) continue;
        size_t found = 0;
        for (const char *c = at; *c && !isspace((unsigned char)*c) && found < length; c++)
            found += lower(*c) == lower(word[found]);
        if (found == length) return true;
    }
    return false;
}

/* 8: a whole word; 6: the beginning of one; 3: within; 1: an abbreviation. */
static int match_word(const char *word, size_t length, const char *text) {
    int best = -1;
    for (const char *at = text; *at; at++) {
        if (!same_letters(at, word, length)) continue;
        bool begins = at == text || !isalnum((unsigned char)at[-1]), ends = !isalnum((unsigned char)at[length]);
        int score = begins && ends ? 8 : begins ? 6 : 3;
        if (score > best) best = score;
    }
    return best >= 0 ? best : abbreviates(word, length, text) ? 1 : -1;
}

int command_match(const char *query, const char *text) {
    int score = 0;
    for (;;) {
        query += strspn(query, " \t");
        size_t length = strcspn(query, " \t");
        if (!length) return score;
        int one = match_word(query, length, text);
        if (one < 0) return -1;
        score += one;
        query += length;
    }
}
