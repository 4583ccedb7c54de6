/* Finding fonts through fontconfig: the reading font and what stands in for glyphs it lacks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct font_file {
    char path[1024];
    int index; /* of the face in a collection */
    bool bold;
};

/* The first of `families` (NULL-terminated) that is installed, in a weight near `bold`. False when none is. */
bool font_find(const char *const *families, bool bold, struct font_file *found);
/* An installed sans font that has all of the `count` code points, or failing that the first of them; bold where there is
 * such a one and it is asked for. */
bool font_find_covering(const uint32_t *code_points, size_t count, bool bold, struct font_file *found);
bool font_writes(const char *text); /* some installed font has each character of this UTF-8 text beyond ASCII */
bool font_any(void);                  /* there is one at all */
/* Drops from `code_points` those that the font has; returns how many are left. */
size_t font_missing(const struct font_file *font, uint32_t *code_points, size_t count);

/* (ascent + descent) ÷ em from the file's own tables, by which rasterisers that count a line's height are told an em;
 * 1.2 when the file cannot be read. */
float font_line_ratio(const struct font_file *font);

#ifdef __cplusplus
}
#endif
