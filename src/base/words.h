/* Words of other languages: the program says everything in English, and a catalogue, one YAML file a language, says what
 * that is in another.
 *
 *     language: zh            # as in LANG; the file is zh.yaml
 *     name: 中文               # of the language, in itself
 *     short: 中                # on the switch
 *     words:
 *       "Play": "播放"
 *       "start of {}": "{}的起点"           # a hole: whatever stands there, said in the language where it can be
 *       "step {#} of {#}": "第 {1} 步，共 {2} 步"   # {#}: a figure, no word; {1}, {2}: in another order
 *
 * Of several phrases with holes that fit the one with the most letters of its own is taken. A text with no phrase of its
 * own is said piece by piece where it is joined by " · " or by line breaks, without the blanks around it. */
#pragma once

#include "base/error.h"

#include <stddef.h>

enum { WORDS_LONGEST = 2000, WORDS_CODE = 16 }; /* bytes of a text that is looked up; of a language's code with its NUL */

/* One thread at a time: what was asked for is remembered inside. */
struct words;
/* ERROR_INPUT with FILE:LINE:COL. Both texts are only read here. */
struct words *words_parse(const char *text, size_t length, const char *path, struct error *error);
struct words *words_load(const char *path, struct error *error); /* the file's name must be its language's */
void words_destroy(struct words **words);                        /* accepts NULL */

/* `english` in the catalogue's language, or `english` itself where the catalogue has nothing (or is NULL). What comes back
 * lives as long as the catalogue, or, for what was put together, through the next 500 calls; or it is `english`. */
const char *words_say(struct words *words, const char *english);

const char *words_language(const struct words *words); /* "zh"; without a catalogue "en" */
const char *words_name(const struct words *words);     /* "中文"; without a catalogue "English" */
const char *words_letters(const struct words *words);  /* each character beyond ASCII that the catalogue uses, once */
size_t words_count(const struct words *words);         /* phrases */

/* The languages there are: English first, then a file each in the person's folder of data and in the assets. */
struct language {
    char code[WORDS_CODE];
    char *name, *brief; /* "中文", "中" */
    char *path;         /* NULL: English, which needs no file */
};
/* Never empty. A file that cannot be read is left out; `error` then says why of the first. */
struct language *languages_list(size_t *count, struct error *error);
void languages_destroy(struct language **languages, size_t count); /* accepts NULL */

/* The catalogue of a language: NULL for English. False with ERROR_INPUT when there is none, naming those there are. */
bool words_open(const char *code, struct words **words, struct error *error);
/* What the environment asks for (LC_ALL, LC_MESSAGES, LANG): "zh" of "zh_CN.UTF-8"; "en" of "C" or nothing. */
const char *words_wanted(char code[WORDS_CODE]);
