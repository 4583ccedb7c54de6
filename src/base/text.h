/* Text: a growable UTF-8 buffer, numbers as people read them, and the nearest name for a mistyped one. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
    char *bytes; /* NUL-terminated once anything was appended, else NULL; freed by text_clear */
    size_t length, capacity;
};

void text_append(struct text *text, const char *more);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_clear(struct text *text);

/* The candidate nearest to `word` by edit distance (case-blind, a swap of neighbours counts one), or NULL when none is
 * near enough to be meant. `candidates` is `count` names. */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

/* The next place after byte `from` where a line of the UTF-8 text may end: before a blank or a line break, between Han
 * characters and beside them (but before no closing mark and after no opening one), at the text's end. */
size_t text_next_break(const char *text, size_t from);

/* The width to give "%-*s" for a terminal to show `text` padded to `columns`: printf counts bytes. */
int text_field(const char *text, int columns);

/* As snprintf, but leaves no part of a character of UTF-8 – neither where `out` (size bytes) ends nor where a "%.80s" does –
 * nor bytes that are none. Returns `out`. */
char *text_print(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
char *text_print_list(char *out, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

enum { NUMBER_TEXT = 48 };
/* A figure for a person: `digits` significant ones (4 when 0), true minus sign (U+2212), 1.2×10⁻⁵ outside 1e-4…1e6,
 * thin spaces (U+2009) between thousands, "∞" and "not a number" in words. Returns `out`. */
const char *number_text(double value, int digits, char out[NUMBER_TEXT]);
/* A figure for a machine: the shortest spelling that reads back as the same float64 (0.1, not 0.10000000000000001). */
const char *number_exact(double value, char out[NUMBER_TEXT]);
