#define _GNU_SOURCE /* memmem */
#include "base/words.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/yaml_tree.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_HOLES = 9, DEEPEST = 4, REMEMBERED = 512 };

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

struct entry {
    const char *english, *said; /* said NULL: there is nothing */
};
struct table { /* open addressing, a power of two */
    struct entry *entries;
    size_t size, count;
};

struct words {
    struct arena *arena;
    char code[WORDS_CODE];
    const char *name, *brief, *letters;
    struct table exact;
    struct pattern *patterns; /* (pattern_count), the heaviest first */
    size_t pattern_count;
    uint32_t *begun[257]; /* (begun_count) patterns by their first byte, heaviest first; 256: by a hole */
    size_t begun_count[257];
    struct table young, old; /* what was put together: asked for lately, and before */
};

static const char *const separators[] = {" · ", "\n"};

/* ---- tables ------------------------------------------------------------------------------------------------------- */

static uint64_t hash_of(const char *bytes, size_t length) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

static struct entry *table_place(const struct table *table, const char *bytes, size_t length) {
    size_t at = hash_of(bytes, length) & (table->size - 1);
    while (table->entries[at].english &&
           (strncmp(table->entries[at].english, bytes, length) != 0 || table->entries[at].english[length] != '\0'))
        at = (at + 1) & (table->size - 1);
    return &table->entries[at];
}

static struct entry *table_find(const struct table *table, const char *bytes, size_t length) {
    struct entry *place = table->size ? table_place(table, bytes, length) : NULL;
    return place && place->english ? place : NULL;
}

static void table_make(struct table *table, size_t most) {
    size_t size = 16;
    while (size < 2 * most) size *= 2;
    *table = (struct table){.entries = MEM_NEW(struct entry, size), .size = size};
}

static void table_put(struct table *table, const char *english, const char *said) {
    *table_place(table, english, strlen(english)) = (struct entry){english, said};
    table->count++;
}

static void table_release(struct table *table) {
    for (size_t i = 0; i < table->size; i++) {
        free((char *)table->entries[i].english);
        free((char *)table->entries[i].said);
    }
    free(table->entries);
    *table = (struct table){0};
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

/* A hole at `at`: its length in bytes, else 0. *number: 0 for {}, −1 for {#}, else as it says. */
static size_t hole_at(const char *at, int *number) {
    if (at[0] != '{') return 0;
    if (at[1] == '}') return *number = 0, 2;
    if (at[1] == '#' && at[2] == '}') return *number = -1, 3;
    if (at[1] >= '1' && at[1] <= '9' && at[2] == '}') return *number = at[1] - '0', 3;
    return 0;
}

static const char *copy_bytes(struct arena *arena, const char *bytes, size_t length) {
    char *copy = arena_zalloc(arena, length + 1, 1);
    memcpy(copy, bytes, length);
    return copy;
}

static bool holds_separator(const char *bytes) {
    for (size_t i = 0; i < sizeof separators / sizeof *separators; i++)
        if (strstr(bytes, separators[i])) return true;
    return false;
}

static bool read_english(struct words *words, struct yaml_tree *tree, const yaml_node_t *key, const char *english,
                         struct pattern *pattern) {
    const char *from = english;
    for (const char *at = english;;) {
        int number = 0;
        size_t length = *at ? hole_at(at, &number) : 0;
        if (*at && !length) {
            at++;
            continue;
        }
        struct piece *piece = &pattern->pieces[pattern->holes];
        *piece = (struct piece){copy_bytes(words->arena, from, (size_t)(at - from)), (size_t)(at - from), -1};
        pattern->weight += 2 * piece->length;
        if (!*at) break;
        if (number > 0)
            return yaml_fail(tree, key, "the English has a numbered hole {%d}; {} or {#} would be right", number);
        if (pattern->holes > 0 && piece->length == 0)
            return yaml_fail(tree, key, "two holes side by side; something between them would be right");
        if (pattern->holes == MOST_HOLES)
            return yaml_fail(tree, key, "more than %d holes; fewer would be right", MOST_HOLES);
        pattern->figure[pattern->holes++] = number < 0;
        pattern->weight += number < 0;
        from = at += length;
    }
    if (pattern->holes > 0 && pattern->weight <= (size_t)pattern->holes)
        return yaml_fail(tree, key, "nothing but holes; some words would be right");
    pattern->joins = holds_separator(english);
    return true;
}

static bool read_said(struct words *words, struct yaml_tree *tree, const yaml_node_t *value, const char *said,
                      struct pattern *pattern) {
    int next = 0, numbered = 0, capacity = 1;
    unsigned used = 0;
    for (const char *at = said; *at; at++) capacity += *at == '{';
    pattern->said = ARENA_NEW(words->arena, struct piece, capacity);
    const char *from = said;
    for (const char *at = said;;) {
        int number = 0;
        size_t length = *at ? hole_at(at, &number) : 0;
        if (*at && !length) {
            at++;
            continue;
        }
        struct piece *piece = &pattern->said[pattern->said_count++];
        *piece = (struct piece){copy_bytes(words->arena, from, (size_t)(at - from)), (size_t)(at - from), -1};
        if (!*at) break;
        numbered += number > 0;
        piece->hole = number > 0 ? number - 1 : next++;
        if (piece->hole >= pattern->holes)
            return yaml_fail_inside(tree, value, (int)(at - said) + 1,
                                    "a hole that the English does not have; it has %d", pattern->holes);
        used |= 1u << piece->hole;
        from = at += length;
    }
    if (numbered > 0 && next > 0)
        return yaml_fail(tree, value, "holes with and without numbers; either all or none would be right");
    for (int hole = 0; hole < pattern->holes; hole++)
        if (!(used >> hole & 1))
            return yaml_fail(tree, value, "hole %d of the English is missing; each would be right, as {} or as {%d}",
                             hole + 1, hole + 1);
    return true;
}

static int heavier(const void *a, const void *b) {
    const struct pattern *first = a, *second = b;
    if (first->weight != second->weight) return first->weight > second->weight ? -1 : 1;
    return first->order < second->order ? -1 : first->order > second->order;
}

static int first_of(const struct pattern *pattern) {
    return pattern->pieces[0].length ? (unsigned char)pattern->pieces[0].bytes[0] : 256;
}

static void index_patterns(struct words *words) {
    qsort(words->patterns, words->pattern_count, sizeof *words->patterns, heavier);
    for (size_t i = 0; i < words->pattern_count; i++) words->begun_count[first_of(&words->patterns[i])]++;
    for (int first = 0; first < 257; first++) {
        words->begun[first] = ARENA_NEW(words->arena, uint32_t, words->begun_count[first]);
        words->begun_count[first] = 0;
    }
    for (size_t i = 0; i < words->pattern_count; i++) {
        int first = first_of(&words->patterns[i]);
        words->begun[first][words->begun_count[first]++] = (uint32_t)i;
    }
}

/* Adds the characters of `text` beyond ASCII to the set of code points below 0x110000. */
static void collect_letters(const char *text, unsigned char *seen, struct text *letters) {
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        int size = *at < 0x80 ? 1 : *at >= 0xF0 ? 4 : *at >= 0xE0 ? 3 : 2;
        uint32_t code = size == 1 ? *at : *at & (0xFFu >> (size + 1));
        for (int i = 1; i < size; i++) code = code << 6 | (at[i] & 0x3F);
        if (size > 1 && code < 0x110000 && !(seen[code / 8] >> code % 8 & 1)) {
            seen[code / 8] |= (unsigned char)(1u << code % 8);
            text_format(letters, "%.*s", size, (const char *)at);
        }
        at += size;
    }
}

static bool read_phrases(struct words *words, struct yaml_tree *tree, const yaml_node_t *phrases) {
    if (!yaml_is_mapping(phrases))
        return yaml_fail(tree, phrases, "no words; words: {\"English\": \"what it is here\", …} would be right");
    size_t count = yaml_count(phrases);
    struct table seen;
    table_make(&seen, count);
    table_make(&words->exact, count);
    words->patterns = MEM_NEW(struct pattern, count);
    unsigned char *letters_seen = MEM_NEW(unsigned char, 0x110000 / 8);
    struct text letters = {0};
    collect_letters(words->name, letters_seen, &letters);
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        const yaml_node_t *value, *key = yaml_pair(tree, phrases, i, &value);
        const char *english, *said;
        good = yaml_text(tree, key, "an English phrase", &english) && yaml_text(tree, value, "what it is here", &said);
        if (!good) break;
        english = arena_copy_text(words->arena, english);
        said = arena_copy_text(words->arena, said);
        if (table_find(&seen, english, strlen(english))) {
            good = yaml_fail(tree, key, "\"%.80s\" is there a second time; once would be right", english);
            break;
        }
        table_put(&seen, english, said);
        struct pattern *pattern = &words->patterns[words->pattern_count];
        *pattern = (struct pattern){.order = i};
        good = read_english(words, tree, key, english, pattern) && read_said(words, tree, value, said, pattern);
        if (good && pattern->holes > 0)
            words->pattern_count++;
        else if (good)
            table_put(&words->exact, english, said);
        collect_letters(said, letters_seen, &letters);
    }
    words->letters = arena_copy_text(words->arena, letters.bytes ? letters.bytes : "");
    text_clear(&letters);
    free(letters_seen);
    free(seen.entries);
    if (good) index_patterns(words);
    return good;
}

static bool good_code(const char *code) {
    size_t length = strlen(code);
    return length > 0 && length < WORDS_CODE &&
           strspn(code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == length;
}

static bool read_head(struct words *words, struct yaml_tree *tree) {
    static const char *const keys[] = {"language", "name", "short", "words"};
    const char *code, *name, *brief;
    const yaml_node_t *language = yaml_get(tree, tree->root, "language");
    if (!yaml_check_mapping(tree, tree->root, "a language", keys, sizeof keys / sizeof *keys)) return false;
    if (!language || !yaml_get(tree, tree->root, "name") || !yaml_get(tree, tree->root, "words"))
        return yaml_fail(tree, tree->root, "a language needs language, name and words");
    if (!yaml_text(tree, language, "language", &code) ||
        !yaml_text(tree, yaml_get(tree, tree->root, "name"), "name", &name))
        return false;
    if (!good_code(code) || strcmp(code, "en") == 0)
        return yaml_fail(tree, language, "\"%.40s\" is no code of another language; one like zh or pt_BR would be right",
                         code);
    brief = name;
    const yaml_node_t *shorter = yaml_get(tree, tree->root, "short");
    if (shorter && !yaml_text(tree, shorter, "short", &brief)) return false;
    strcpy(words->code, code);
    words->name = arena_copy_text(words->arena, name);
    words->brief = arena_copy_text(words->arena, brief);
    return true;
}

struct words *words_parse(const char *text, size_t length, const char *path, struct error *error) {
    struct yaml_tree *tree = yaml_tree_parse(text, length, path, "a language file", error);
    if (!tree) return NULL;
    struct words *words = MEM_NEW(struct words, 1);
    words->arena = arena_create();
    bool good = read_head(words, tree) && read_phrases(words, tree, yaml_get(tree, tree->root, "words"));
    yaml_tree_destroy(&tree);
    if (!good) words_destroy(&words);
    return words;
}

struct words *words_load(const char *path, struct error *error) {
    size_t length;
    char *text = file_read(path, YAML_TREE_BYTES, &length, error);
    struct words *words = text ? words_parse(text, length, path, error) : NULL;
    free(text);
    if (!words) return NULL;
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    size_t code = strlen(words->code);
    if (strncmp(file, words->code, code) != 0 || strcmp(file + code, ".yaml") != 0) {
        error_at(error, path, 0, 0, "its language is %s; the name %s.yaml would be right", words->code, words->code);
        words_destroy(&words);
    }
    return words;
}

void words_destroy(struct words **words) {
    if (!words || !*words) return;
    arena_destroy(&(*words)->arena);
    free((*words)->exact.entries); /* its texts are the arena's */
    free((*words)->patterns);
    table_release(&(*words)->young);
    table_release(&(*words)->old);
    free(*words);
    *words = NULL;
}

/* ---- saying ------------------------------------------------------------------------------------------------------- */

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* No word: of letters only the e of 1e-5. */
static bool is_figure(const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (is_letter(bytes[i]) && bytes[i] != 'e' && bytes[i] != 'E') return false;
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

static const char *first_separator(const char *text, size_t length, size_t *size) {
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

static bool is_han(const char *at) {
    const unsigned char *bytes = (const unsigned char *)at;
    return bytes[0] >= 0xE4 && bytes[0] <= 0xE9; /* U+4000 … U+9FFF: no punctuation */
}

static bool is_latin(char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
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
    const struct entry *exact = table_find(&words->exact, text, length);
    if (exact) {
        text_append(out, exact->said);
        return true;
    }
    size_t joint = 0;
    const char *separator = first_separator(text, length, &joint);
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
        separator = first_separator(text, length, &joint);
    }
    return say(words, text, length, depth, out) || known;
}

static void remember(struct words *words, char *english, char *said) {
    if (words->young.count >= REMEMBERED) {
        table_release(&words->old);
        words->old = words->young;
        words->young = (struct table){0};
    }
    if (!words->young.size) table_make(&words->young, REMEMBERED);
    table_put(&words->young, english, said);
}

/* What is asked for again moves on to the young; its place among the old stays as one that leads past it. */
static struct entry *remembered(struct words *words, const char *english, size_t length) {
    struct entry *found = table_find(&words->young, english, length);
    if (found) return found;
    found = table_find(&words->old, english, length);
    if (!found) return NULL;
    char *said = (char *)found->said;
    found->said = NULL;
    remember(words, mem_copy_text(english), said);
    return table_find(&words->young, english, length);
}

const char *words_say(struct words *words, const char *english) {
    if (!words || !english) return english;
    size_t length = strnlen(english, WORDS_LONGEST + 1);
    if (length > WORDS_LONGEST) return english;
    const struct entry *exact = table_find(&words->exact, english, length);
    if (exact) return exact->said;
    if (is_figure(english, length)) return english;
    struct entry *found = remembered(words, english, length);
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

/* ---- which languages there are ------------------------------------------------------------------------------------ */

static struct asset *user_files(size_t *count) {
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    char *base = data && data[0] == '/'   ? mem_copy_text(data)
                 : home && home[0] == '/' ? path_join(home, ".local/share")
                                          : NULL;
    char *folder = base ? path_join(base, "saddlescope/languages") : NULL;
    struct error none_there = {0};
    struct asset *files = folder ? folder_list(folder, count, &none_there) : NULL;
    if (!files) *count = 0;
    free(folder);
    free(base);
    return files;
}

static int compare_languages(const void *a, const void *b) {
    return strcmp(((const struct language *)a)->code, ((const struct language *)b)->code);
}

struct language *languages_list(size_t *count, struct error *error) {
    size_t file_counts[2];
    struct asset *files[2] = {user_files(&file_counts[0]), assets_list("languages", &file_counts[1], error)};
    struct language *all = MEM_NEW(struct language, 1 + file_counts[0] + file_counts[1]);
    all[0] = (struct language){.code = "en", .name = mem_copy_text("English"), .brief = mem_copy_text("EN")};
    *count = 1;
    for (int place = 0; place < 2; place++) {
        for (size_t i = 0; i < file_counts[place]; i++) {
            struct words *words = words_load(files[place][i].path, error);
            bool there = !words;
            for (size_t k = 0; words && k < *count; k++) there |= strcmp(all[k].code, words->code) == 0;
            if (!there) {
                struct language *language = &all[(*count)++];
                *language = (struct language){.name = mem_copy_text(words->name),
                                              .brief = mem_copy_text(words->brief),
                                              .path = mem_copy_text(files[place][i].path)};
                memcpy(language->code, words->code, sizeof language->code);
            }
            words_destroy(&words);
        }
        assets_destroy(&files[place], file_counts[place]);
    }
    qsort(all + 1, *count - 1, sizeof *all, compare_languages);
    return all;
}

void languages_destroy(struct language **languages, size_t count) {
    if (!languages || !*languages) return;
    for (size_t i = 0; i < count; i++) {
        free((*languages)[i].name);
        free((*languages)[i].brief);
        free((*languages)[i].path);
    }
    free(*languages);
    *languages = NULL;
}

bool words_open(const char *code, struct words **words, struct error *error) {
    *words = NULL;
    if (strcmp(code, "en") == 0) return true;
    size_t counts[2];
    struct asset *files[2] = {user_files(&counts[0]), assets_list("languages", &counts[1], error)};
    struct text known = {0};
    text_append(&known, "en");
    const char *path = NULL;
    for (int place = 0; place < 2; place++)
        for (size_t i = 0; i < counts[place]; i++) {
            text_format(&known, ", %s", files[place][i].name);
            if (!path && strcmp(files[place][i].name, code) == 0) path = files[place][i].path;
        }
    if (path)
        *words = words_load(path, error);
    else
        error_set(error, ERROR_INPUT, "there is no language “%.40s”; one of %.200s would be right", code, known.bytes);
    text_clear(&known);
    for (int place = 0; place < 2; place++) assets_destroy(&files[place], counts[place]);
    return *words != NULL;
}

const char *words_wanted(char code[WORDS_CODE]) {
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *said = "";
    for (int i = 0; i < 3 && !*said; i++) said = getenv(names[i]) ? getenv(names[i]) : "";
    size_t length = 0;
    while (is_letter(said[length])) length++;
    bool plain = length < 2 || length >= WORDS_CODE || strncmp(said, "POSIX", length) == 0;
    strcpy(code, "en");
    if (!plain) {
        memcpy(code, said, length);
        code[length] = '\0';
    }
    return code;
}
