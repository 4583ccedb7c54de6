#include "base/text.h"

#include "base/memory.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_append(struct text *text, const char *more) {
    size_t bytes = strlen(more);
    MEM_GROW(text->bytes, text->capacity, text->length + bytes + 1);
    memcpy(text->bytes + text->length, more, bytes + 1);
    text->length += bytes;
}

void text_format(struct text *text, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int bytes = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (bytes > 0) {
        MEM_GROW(text->bytes, text->capacity, text->length + (size_t)bytes + 1);
        vsnprintf(text->bytes + text->length, (size_t)bytes + 1, format, again);
        text->length += (size_t)bytes;
    }
    va_end(again);
}

void text_clear(struct text *text) {
    free(text->bytes);
    *text = (struct text){0};
}

/* Leaves out what is no whole character. */
static void drop_parts(char *text) {
    char *to = text;
    for (const char *at = text; *at;) {
        unsigned char lead = (unsigned char)*at;
        int size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1, there = 1;
        while (there < size && ((unsigned char)at[there] & 0xC0) == 0x80) there++;
        bool whole = there == size && (lead < 0x80 || lead >= 0xC2);
        for (int i = 0; whole && i < size; i++) *to++ = at[i];
        at += there;
    }
    *to = '\0';
}

char *text_print_list(char *out, size_t size, const char *format, va_list arguments) {
    vsnprintf(out, size, format, arguments);
    drop_parts(out);
    return out;
}

char *text_print(char *out, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    text_print_list(out, size, format, arguments);
    va_end(arguments);
    return out;
}

enum { LONGEST_NAME = 63 };

/* Optimal string alignment distance; both words are at most LONGEST_NAME bytes. */
static int edit_distance(const char *a, const char *b) {
    int rows = (int)strlen(a), columns = (int)strlen(b);
    int d[LONGEST_NAME + 1][LONGEST_NAME + 1];
    for (int i = 0; i <= rows; i++) d[i][0] = i;
    for (int j = 0; j <= columns; j++) d[0][j] = j;
    for (int i = 1; i <= rows; i++) {
        for (int j = 1; j <= columns; j++) {
            int ca = tolower((unsigned char)a[i - 1]), cb = tolower((unsigned char)b[j - 1]);
            int best = d[i - 1][j - 1] + (ca != cb);
            if (d[i - 1][j] + 1 < best) best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best) best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) && tolower((unsigned char)a[i - 2]) == cb &&
                d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    }
    return d[rows][columns];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count) {
    size_t length = strlen(word);
    if (length == 0 || length > LONGEST_NAME) return NULL;
    const char *nearest = NULL;
    int best = (int)length / 3 + 2; /* "adm" may mean adam, "xyzzy" may not mean sgd */
    if (best > (int)length) best = (int)length;
    for (size_t i = 0; i < count; i++) {
        if (strlen(candidates[i]) > LONGEST_NAME) continue;
        int distance = edit_distance(word, candidates[i]);
        if (distance < best) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}

static void append(char out[NUMBER_TEXT], const char *more) {
    size_t length = strlen(out), bytes = strlen(more);
    if (length + bytes < NUMBER_TEXT) memcpy(out + length, more, bytes + 1);
}

static void append_exponent(char out[NUMBER_TEXT], int exponent) {
    static const char *const digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    append(out, "×10");
    if (exponent < 0) append(out, "⁻");
    char plain[12];
    snprintf(plain, sizeof plain, "%d", abs(exponent));
    for (const char *c = plain; *c; c++) append(out, digits[*c - '0']);
}

const char *number_text(double value, int digits, char out[NUMBER_TEXT]) {
    if (digits <= 0) digits = 4;
    if (digits > 17) digits = 17;
    out[0] = '\0';
    if (isnan(value)) {
        append(out, "not a number");
        return out;
    }
    if (signbit(value) && value != 0) append(out, "−");
    value = fabs(value);
    if (isinf(value)) {
        append(out, "∞");
        return out;
    }
    char plain[64];
    if (value != 0 && (value < 1e-4 || value >= 1e6)) {
        snprintf(plain, sizeof plain, "%.*e", digits - 1, value);
        char *e = strchr(plain, 'e');
        int exponent = atoi(e + 1);
        *e = '\0';
        if (strchr(plain, '.')) {
            char *end = e - 1;
            while (*end == '0') *end-- = '\0';
            if (*end == '.') *end = '\0';
        }
        append(out, plain);
        append_exponent(out, exponent);
        return out;
    }
    int before = value < 1 ? 0 : (int)floor(log10(value)) + 1;
    int after = digits - before;
    if (value > 0 && value < 1) after = digits - 1 - (int)floor(log10(value));
    if (after < 0) after = 0;
    snprintf(plain, sizeof plain, "%.*f", after, value);
    char *dot = strchr(plain, '.');
    if (dot) {
        char *end = plain + strlen(plain) - 1;
        while (*end == '0') *end-- = '\0';
        if (*end == '.') {
            *end = '\0';
            dot = NULL;
        }
    }
    int whole = dot ? (int)(dot - plain) : (int)strlen(plain);
    for (int i = 0; plain[i]; i++) {
        if (i > 0 && i < whole && whole > 4 && (whole - i) % 3 == 0) append(out, "\u2009");
        char one[2] = {plain[i], 0};
        append(out, one);
    }
    return out;
}

const char *number_exact(double value, char out[NUMBER_TEXT]) {
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, NUMBER_TEXT, "%.*g", digits, value);
        if (strtod(out, NULL) == value) break;
    }
    return out;
}

/* ---- lines -------------------------------------------------------------------------------------------------------- */

/* Han characters, kana and their punctuation, which no blanks part. */
static bool is_wide(const char *at) {
    unsigned char lead = (unsigned char)*at;
    return lead >= 0xE3 && lead < 0xF0;
}

int text_field(const char *text, int columns) {
    int shown = 0, bytes = 0;
    for (; text[bytes]; bytes++)
        if (((unsigned char)text[bytes] & 0xC0) != 0x80) shown += is_wide(text + bytes) ? 2 : 1;
    return columns + bytes - shown;
}

static bool begins_with_one_of(const char *at, const char *const *marks) {
    for (; *marks; marks++)
        if (strncmp(at, *marks, strlen(*marks)) == 0) return true;
    return false;
}

size_t text_next_break(const char *text, size_t from) {
    static const char *const closing[] = {"，", "。", "、", "；", "：", "？", "！", "）", "」", "』", "”", "％",
                                          ",",  ".",  ";",  ":",  "?",  "!",  ")",  "%",  "…",  NULL};
    static const char *const opening[] = {"（", "「", "『", "“", "(", NULL};
    size_t before = from;
    while (text[before] == ' ') before++;
    if (!text[before]) return before;
    for (size_t at = before + 1;; at++) {
        if (((unsigned char)text[at] & 0xC0) == 0x80) continue;
        if (!text[at] || text[at] == ' ' || text[at] == '\n') return at;
        bool apart = is_wide(text + before) || is_wide(text + at);
        if (apart && !begins_with_one_of(text + at, closing) && !begins_with_one_of(text + before, opening)) return at;
        before = at;
    }
}
