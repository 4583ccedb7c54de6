/* A language file, read and checked. */
#include "base/words_parts.h"

#include "base/file.h"
#include "base/text.h"
#include "base/yaml_tree.h"

#include <stdlib.h>
#include <string.h>

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
    pattern->joins = words_separator(english, strlen(english), &(size_t){0}) != NULL;
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
    struct words_table seen;
    words_table_make(&seen, count);
    words_table_make(&words->exact, count);
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
        if (words_table_find(&seen, english, strlen(english))) {
            good = yaml_fail(tree, key, "\"%.80s\" is there a second time; once would be right", english);
            break;
        }
        words_table_put(&seen, english, said);
        struct pattern *pattern = &words->patterns[words->pattern_count];
        *pattern = (struct pattern){.order = i};
        good = read_english(words, tree, key, english, pattern) && read_said(words, tree, value, said, pattern);
        if (good && pattern->holes > 0)
            words->pattern_count++;
        else if (good)
            words_table_put(&words->exact, english, said);
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
