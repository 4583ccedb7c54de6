/* Inside words.c, words_file.c and languages.c, which stand behind words.h: what a language's phrases are kept in. */
#pragma once

#include "base/memory.h"
#include "base/words.h"

#include <stdint.h>

enum { MOST_HOLES = 9 };

struct piece {
    const char *bytes;
    size_t length;
    int hole; /* of a translation: the hole that follows it, −1 after the last */
};

/* A phrase with holes: pieces[0] hole pieces[1] hole … */
struct pattern {
    int holes;
    struct piece pieces[MOST_HOLES + 1];
    bool figure[MOST_HOLES]; /* the hole takes figures only */
    struct piece *said;      /* (said_count) */
    int said_count;
    size_t weight; /* more: tried earlier */
    bool joins;    /* its own text holds a separator */
    size_t order;
};

struct words_entry {
    const char *english, *said; /* said NULL: there is nothing */
};
struct words_table { /* open addressing, a power of two */
    struct words_entry *entries;
    size_t size, count;
};

struct words {
    struct arena *arena;
    char code[WORDS_CODE];
    const char *name, *brief, *letters;
    struct words_table exact;
    struct pattern *patterns; /* (pattern_count), the heaviest first */
    size_t pattern_count;
    uint32_t *begun[257]; /* (begun_count) patterns by their first byte, heaviest first; 256: by a hole */
    size_t begun_count[257];
    struct words_table young, old; /* what was put together: asked for lately, and before */
};

/* The entry of these bytes; NULL: there is none. */
struct words_entry *words_table_find(const struct words_table *table, const char *bytes, size_t length);
void words_table_make(struct words_table *table, size_t most);
void words_table_put(struct words_table *table, const char *english, const char *said); /* borrowed; new to it */
void words_table_release(struct words_table *table);                                    /* and all texts in it */

/* What parts a text into pieces that are said each by itself: the first one, *size bytes long; NULL: there is none. */
const char *words_separator(const char *text, size_t length, size_t *size);

static inline bool ascii_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
