#define _GNU_SOURCE /* memmem */
#include "base/hash.h"
#include "base/words_parts.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 4, REMEMBERED = 512 };

/* ---- tables ------------------------------------------------------------------------------------------------------- */

static uint64_t hash_of(const char *bytes, size_t length) {
    uint64_t hash = hash_bytes(HASH_START, bytes, length);
    return hash ^ hash >> 29;
}

static struct words_entry *table_place(const struct words_table *table, const char *bytes, size_t length) {
    size_t at = hash_of(bytes, length) & (table->size - 1);
    while (table->entries[at].english &&
           (strncmp(table->entries[at].english, bytes, length) != 0 || table->entries[at].english[length] != '\0'))
        at = (at + 1) & (table->size - 1);
    return &table->entries[at];
}

struct words_entry *words_table_find(const struct words_table *table, const char *bytes, size_t length) {
    struct words_entry *place = table->size ? table_place(table, bytes, length) : NULL;
    return place && place->english ? place : NULL;
}

void words_table_make(struct words_table *table, size_t most) {
    size_t size = 16;
    while (size < 2 * most) size *= 2;
    *table = (struct words_table){.entries = MEM_NEW(struct words_entry, size), .size = size};
}

void words_table_put(struct words_table *table, const char *english, const char *said) {
    *table_place(table, english, strlen(english)) = (struct words_entry){english, said};
    table->count++;
}

void words_table_release(struct words_table *table) {
    for (size_t i = 0; i < table->size; i++) {
        free((char *)table->entries[i].english);
        free((char *)table->entries[i].said);
    }
    free(table->entries);
    *table = (struct words_table){0};
}

/* ---- saying ------------------------------------------------------------------------------------------------------- */

const char *words_separator(const char *text, size_t length, size_t *size) {
    static const char *const separators[] = {" · ", "\n"};
    const char *first = NULL;
    for (size_t i = 0; i < sizeof separators / sizeof *separators; i++) {
        const char *found = memmem(text, length, separators[i], strlen(separators[i]));
        if (found && (!first || found < first)) {
            first = found;
            *size = strlen(separators[i]);
        }
    }
    return first;
}

/* No word: of letters only the e of 1e-5. */
static bool is_figure(const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (ascii_letter(bytes[i]) && bytes[i] != 'e' && bytes[i] != 'E') return false;
    return true;
}

/* The last piece stands at the end, the others as early as they can: that finds a way where there is one, but for holes
 * that take figures only, which look no further than the first. */
static bool pattern_fits(const struct pattern *pattern, const char *text, size_t length,
                         struct piece holes[MOST_HOLES]) {
    const struct piece *first = &pattern->pieces[0], *last = &pattern->pieces[pattern->holes];
    if (length < first->length + last->length + (size_t)pattern->holes) return false;
    if (memcmp(text, first->bytes, first->length) != 0) return false;
    size_t end = length - last->length, at = first->length;
    if (memcmp(text + end, last->bytes, last->length) != 0) return false;
    for (int hole = 0; hole < pattern->holes; hole++) {
        const struct piece *next = &pattern->pieces[hole + 1];
        size_t stop = end;
        if (hole < pattern->holes - 1) {
            const char *found =
                at + 1 < end ? memmem(text + at + 1, end - at - 1, next->bytes, next->length) : NULL;
            if (!found) return false;
            stop = (size_t)(found - text);
        }
        if (stop <= at || (pattern->figure[hole] && !is_figure(text + at, stop - at))) return false;
        holes[hole] = (struct piece){text + at, stop - at, -1};
        at = stop + next->length;
    }
    return true;
}

/* The heaviest that fits. */
static const struct pattern *find_pattern(const struct words *words, const char *text, size_t length, bool joins,
                                          struct piece holes[MOST_HOLES]) {
    int lists[2] = {(unsigned char)text[0], 256};
    size_t next[2] = {0, 0};
    for (;;) {
        int list = -1;
        for (int i = 0; i < 2; i++)
            if (next[i] < words->begun_count[lists[i]] &&
                (list < 0 || words->begun[lists[i]][next[i]] < words->begun[lists[list]][next[list]]))
                list = i;
        if (list < 0) return NULL;
        const struct pattern *pattern = &words->patterns[words->begun[lists[list]][next[list]++]];
        if ((!joins || pattern->joins) && pattern_fits(pattern, text, length, holes)) return pattern;
    }
}

static bool is_han(const char *at) {
    const unsigned char *bytes = (const unsigned char *)at;
    return bytes[0] >= 0xE4 && bytes[0] <= 0xE9; /* U+4000 … U+9FFF: no punctuation */
}

static bool is_latin(char c) {
    return ascii_letter(c) || (c >= '0' && c <= '9');
}

/* Between a Han character and a Latin one that met only because a hole was filled stands a blank. */
static void part(struct text *out, size_t joint) {
    const char *bytes = out->bytes;
    if (joint == 0 || joint >= out->length) return;
    bool after_han = joint >= 3 && is_han(bytes + joint - 3) && is_latin(bytes[joint]);
    bool before_han = is_latin(bytes[joint - 1]) && is_han(bytes + joint);
    if (!after_han && !before_han) return;
    text_append(out, " ");
    memmove(out->bytes + joint + 1, out->bytes + joint, out->length - 1 - joint);
    out->bytes[joint] = ' ';
}

/* Appends the text in the language, or as it is; true when anything of it was known. */
static bool say(const struct words *words, const char *text, size_t length, int depth, struct text *out) {
    const struct words_entry *exact = words_table_find(&words->exact, text, length);
    if (exact) {
        text_append(out, exact->said);
        return true;
    }
    size_t joint = 0;
    const char *separator = words_separator(text, length, &joint);
    struct piece holes[MOST_HOLES];
    const struct pattern *pattern =
        length > 0 && depth < DEEPEST ? find_pattern(words, text, length, separator != NULL, holes) : NULL;
    if (pattern) {
        for (int i = 0; i < pattern->said_count; i++) {
            size_t met = out->length;
            text_append(out, pattern->said[i].bytes);
            if (i > 0) part(out, met);
            int hole = pattern->said[i].hole;
            if (hole < 0) continue;
            met = out->length;
            say(words, holes[hole].bytes, holes[hole].length, depth + 1, out);
            part(out, met);
        }
        return true;
    }
    if (!separator) {
        size_t before = strspn(text, " "), after = 0;
        while (before < length && text[length - 1 - after] == ' ') after++;
        if (before >= length || before + after == 0) {
            text_format(out, "%.*s", (int)length, text);
            return false;
        }
        text_format(out, "%.*s", (int)before, text);
        bool known = say(words, text + before, length - before - after, depth, out);
        text_format(out, "%.*s", (int)after, text + length - after);
        return known;
    }
    bool known = false;
    while (separator) {
        size_t piece = (size_t)(separator - text);
        known |= say(words, text, piece, depth, out);
        text_format(out, "%.*s", (int)joint, separator);
        text += piece + joint;
        length -= piece + joint;
        separator = words_separator(text, length, &joint);
    }
    return say(words, text, length, depth, out) || known;
}

static void remember(struct words *words, char *english, char *said) {
    if (words->young.count >= REMEMBERED) {
        words_table_release(&words->old);
        words->old = words->young;
        words->young = (struct words_table){0};
    }
    if (!words->young.size) words_table_make(&words->young, REMEMBERED);
    words_table_put(&words->young, english, said);
}

/* What is asked for again moves on to the young; its place among the old stays as one that leads past it. */
static struct words_entry *remembered(struct words *words, const char *english, size_t length) {
    struct words_entry *found = words_table_find(&words->young, english, length);
    if (found) return found;
    found = words_table_find(&words->old, english, length);
    if (!found) return NULL;
    char *said = (char *)found->said;
    found->said = NULL;
    remember(words, mem_copy_text(english), said);
    return words_table_find(&words->young, english, length);
}

const char *words_say(struct words *words, const char *english) {
    if (!words || !english) return english;
    size_t length = strnlen(english, WORDS_LONGEST + 1);
    if (length > WORDS_LONGEST) return english;
    const struct words_entry *exact = words_table_find(&words->exact, english, length);
    if (exact) return exact->said;
    if (is_figure(english, length)) return english;
    struct words_entry *found = remembered(words, english, length);
    if (found) return found->said ? found->said : english;
    struct text out = {0};
    if (!say(words, english, length, 0, &out)) text_clear(&out);
    remember(words, mem_copy_text(english), out.bytes);
    return out.bytes ? out.bytes : english;
}

const char *words_language(const struct words *words) {
    return words ? words->code : "en";
}
const char *words_name(const struct words *words) {
    return words ? words->name : "English";
}
const char *words_letters(const struct words *words) {
    return words ? words->letters : "";
}
size_t words_count(const struct words *words) {
    return words ? words->exact.count + words->pattern_count : 0;
}

void words_destroy(struct words **words) {
    if (!words || !*words) return;
    arena_destroy(&(*words)->arena);
    free((*words)->exact.entries); /* its texts are the arena's */
    free((*words)->patterns);
    words_table_release(&(*words)->young);
    words_table_release(&(*words)->old);
    free(*words);
    *words = NULL;
}
