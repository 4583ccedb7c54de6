#include "app/prose.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct paragraph {
    struct ui *ui;
    float width;
    const struct prose_run *runs;
    int count;
    char *all;     /* the runs' texts in a row */
    size_t *begin; /* (count + 1) where each begins in it */
};

static size_t code_length(const char *at) {
    unsigned char first = (unsigned char)*at;
    size_t want = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1, have = 1;
    while (have < want && ((unsigned char)at[have] & 0xc0) == 0x80) have++;
    return have;
}

static uint32_t code_at(const char *at) {
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t length = code_length(at);
    uint32_t code = (unsigned char)*at & masks[length];
    for (size_t i = 1; i < length; i++) code = code << 6 | ((unsigned char)at[i] & 0x3f);
    return code;
}

static bool is_among(uint32_t code, const char *set) {
    for (; *set; set += code_length(set))
        if (code_at(set) == code) return true;
    return false;
}

/* Written without blanks between words. */
static bool is_wide(uint32_t code) {
    return (code >= 0x2e80 && code <= 0x9fff) || (code >= 0xf900 && code <= 0xfaff) ||
           (code >= 0xff00 && code <= 0xffef);
}

/* Past a short bracket that begins at `at`, so that (0, 1) and [[0, 2], [2, 0]] stay whole; else `at`. */
static size_t past_bracket(const char *all, size_t at, size_t end) {
    enum { SHORT = 32 };
    int depth = 0;
    for (size_t i = at; i < end && i - at < SHORT; i++) {
        depth += all[i] == '(' || all[i] == '[';
        depth -= all[i] == ')' || all[i] == ']';
        if (depth == 0) return i;
    }
    return at;
}

struct junction {
    uint32_t before, after;
    uint32_t before_blank; /* the last character that is none */
    int word;              /* characters of the word before */
};
enum { SYMBOL = 7 }; /* a word so short stays with its "=" */

/* Whether a line may end between two characters. */
static bool may_break(const struct junction *at) {
    static const char operators[] = "=≈<>≤≥+−±·→∝—";
    uint32_t before = at->before, after = at->after;
    if (before == ' ')
        return after != ' ' && !is_among(at->before_blank, operators) &&
               !(at->word <= SYMBOL && is_among(after, operators) && after != 0x2014) && after != 0x2026;
    if (!is_wide(before) && !is_wide(after)) return false;
    return after != ' ' && !is_among(after, "，。、；：？！）」』】》”’％…,.;:?!)%") &&
           !is_among(before, "（「『【《“‘(");
}

/* A stretch of the text, in the faces of its runs. */
static float width_of(const struct paragraph *paragraph, size_t from, size_t to, bool show) {
    float width = 0;
    bool first = true;
    for (int i = 0; i < paragraph->count; i++) {
        size_t low = from > paragraph->begin[i] ? from : paragraph->begin[i];
        size_t high = to < paragraph->begin[i + 1] ? to : paragraph->begin[i + 1];
        if (low >= high) continue;
        char kept = paragraph->all[high];
        paragraph->all[high] = '\0';
        if (show) {
            if (!first) ui_beside(paragraph->ui, 0);
            ui_text(paragraph->ui, paragraph->runs[i].style | UI_AS_IS, paragraph->all + low);
            first = false;
        } else {
            width += ui_text_width(paragraph->ui, paragraph->runs[i].style | UI_AS_IS, paragraph->all + low);
        }
        paragraph->all[high] = kept;
    }
    return width;
}

static size_t without_blanks(const struct paragraph *paragraph, size_t from, size_t to) {
    while (to > from && paragraph->all[to - 1] == ' ') to--;
    return to;
}

static bool fits(const struct paragraph *paragraph, size_t from, size_t to) {
    return width_of(paragraph, from, without_blanks(paragraph, from, to), false) <= paragraph->width;
}

/* Where the line that begins at `from` ends, at the latest at `end`. */
static size_t line_end(const struct paragraph *paragraph, size_t from, size_t end) {
    const char *all = paragraph->all;
    size_t good = from, at = from;
    struct junction junction = {0};
    while (at < end) {
        uint32_t code = junction.after = code_at(all + at);
        if (at > from && may_break(&junction)) {
            if (!fits(paragraph, from, at)) break;
            good = at;
        }
        at = past_bracket(all, at, end);
        code = code_at(all + at);
        if (code != ' ') {
            junction.word = junction.before == ' ' || is_wide(junction.before) ? 1 : junction.word + 1;
            junction.before_blank = code;
        }
        junction.before = code;
        at += code_length(all + at);
    }
    if (at >= end && fits(paragraph, from, end)) return end;
    if (good > from) return good;
    at = from + code_length(all + from); /* one word longer than the line: anywhere */
    while (at < end && fits(paragraph, from, at + code_length(all + at))) at += code_length(all + at);
    return at;
}

void prose_show(struct ui *ui, float width, const struct prose_run *runs, int count) {
    struct text text = {0};
    struct paragraph paragraph = {.ui = ui, .width = width, .runs = runs, .count = count};
    paragraph.begin = MEM_NEW(size_t, count + 1);
    for (int i = 0; i < count; i++) {
        paragraph.begin[i] = text.length;
        text_append(&text, runs[i].text);
    }
    paragraph.begin[count] = text.length;
    paragraph.all = text.bytes;
    for (size_t from = 0; from < text.length;) {
        const char *newline = memchr(text.bytes + from, '\n', text.length - from);
        size_t end = newline ? (size_t)(newline - text.bytes) : text.length;
        while (from < end) {
            size_t stop = line_end(&paragraph, from, end);
            width_of(&paragraph, from, without_blanks(&paragraph, from, stop), true);
            from = stop;
            while (from < end && text.bytes[from] == ' ') from++;
        }
        from = end + 1;
    }
    free(paragraph.begin);
    text_clear(&text);
}
