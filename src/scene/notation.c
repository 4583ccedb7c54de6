#include "scene/notation.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const lowered[] = {"₀", "₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉"};
static const char *const raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};

struct setting {
    char *out;
    size_t size, used;
};

static void put(struct setting *setting, const char *text, size_t length) {
    if (setting->used + length >= setting->size) {
        setting->size = setting->used + 1; /* nothing shorter may follow what did not fit */
        return;
    }
    memcpy(setting->out + setting->used, text, length);
    setting->used += length;
    setting->out[setting->used] = '\0';
}

static void put_text(struct setting *setting, const char *text) {
    put(setting, text, strlen(text));
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void put_name(struct setting *setting, const char *name, size_t length) {
    size_t letters = length;
    while (letters > 0 && is_digit(name[letters - 1])) letters--;
    bool plain = letters == 0 || letters == length;
    for (size_t i = 0; i < letters; i++) plain |= !is_letter(name[i]);
    if (length == 2 && strncmp(name, "pi", 2) == 0) {
        put_text(setting, "π");
        return;
    }
    put(setting, name, plain ? length : letters);
    for (size_t i = letters; !plain && i < length; i++) put_text(setting, lowered[name[i] - '0']);
}

void notation_name(const char *name, char *out, size_t size) {
    struct setting setting = {out, size, 0};
    out[0] = '\0';
    put_name(&setting, name, strlen(name));
}

/* A name of several letters, other than pi, ends before `at`. */
static bool after_long_name(const char *formula, const char *at) {
    const char *start = at;
    while (start > formula && is_letter(start[-1])) start--;
    return at - start > 1 && !(at - start == 2 && strncmp(start, "pi", 2) == 0);
}

static const char *skip_blanks(const char *at) {
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') at++;
    return at;
}

void notation_formula(const char *formula, char *out, size_t size) {
    struct setting setting = {out, size, 0};
    out[0] = '\0';
    for (const char *at = skip_blanks(formula); *at;) {
        if (is_letter(*at) || *at == '_') {
            size_t length = 1;
            while (is_letter(at[length]) || is_digit(at[length]) || at[length] == '_') length++;
            put_name(&setting, at, length);
            at += length;
        } else if (*at == '^' && is_digit(*skip_blanks(at + 1))) {
            const char *power = skip_blanks(at + 1), *end = power;
            while (is_digit(*end)) end++;
            if (*end == '.' || *end == 'e' || *end == '^') { /* not a whole power */
                put(&setting, at++, 1);
                continue;
            }
            for (; power < end; power++) put_text(&setting, raised[*power - '0']);
            at = end;
        } else if (*at == '*') {
            /* Nothing between factors that cannot be misread; a dot before functions and long names. */
            const char *next = skip_blanks(at + 1);
            char before = at > formula ? at[-1] : ' ';
            bool joined = (is_letter(*next) || *next == '(') && before != ' ';
            size_t word = 0;
            while (is_letter(next[word])) word++;
            if (joined && word > 1 && strncmp(next, "pi", word) != 0) joined = false; /* a function or a long name */
            if (joined && after_long_name(formula, at)) joined = false;
            put_text(&setting, joined ? "" : "·");
            at = next;
        } else if (*at == '-') {
            put_text(&setting, "−");
            at++;
        } else if (*at == '\n' || *at == '\r' || *at == '\t') {
            put_text(&setting, " ");
            at = skip_blanks(at);
        } else {
            put(&setting, at++, 1);
        }
    }
}
