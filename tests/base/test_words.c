#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "base/words.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char head[] = "language: zh\nname: 中文\nshort: 中\nwords:\n";

static struct words *made(const char *phrases) {
    struct text text = {0};
    text_format(&text, "%s%s", head, phrases);
    struct error error = {0};
    struct words *words = words_parse(text.bytes, text.length, "zh.yaml", &error);
    if (!words) fail_msg("%s", error.message);
    text_clear(&text);
    return words;
}

static void says(struct words *words, const char *english, const char *wanted) {
    assert_string_equal(words_say(words, english), wanted);
    assert_string_equal(words_say(words, english), wanted); /* remembered */
}

static void says_what_is_there_and_leaves_the_rest(void **state) {
    struct words *words = made("  Play: 播放\n  \"a: b\": 甲\n");
    says(words, "Play", "播放");
    says(words, "a: b", "甲");
    says(words, "Plays", "Plays");
    says(words, "play", "play");
    says(words, "", "");
    const char *own = "Stay";
    assert_ptr_equal(words_say(words, own), own);
    assert_ptr_equal(words_say(NULL, own), own);
    assert_null(words_say(words, NULL));
    assert_int_equal(words_count(words), 2);
    assert_string_equal(words_language(words), "zh");
    assert_string_equal(words_language(NULL), "en");
    assert_string_equal(words_name(words), "中文");
    assert_string_equal(words_letters(words), "中文播放甲");
    words_destroy(&words);
    words_destroy(&words);
}

static void fits_holes(void **state) {
    struct words *words = made("  \"start of {}\": \"{}的起点\"\n"
                               "  \"step {#} of {#}\": \"共 {2} 步的第 {1} 步\"\n"
                               "  \"the saddle\": 鞍点\n"
                               "  \"Started from {}. Ctrl+Z goes back.\": \"从{}出发。\"\n"
                               "  \"{} twice\": \"{1}又{1}\"\n");
    says(words, "start of adam", "adam 的起点");
    says(words, "start of the saddle", "鞍点的起点");
    says(words, "Started from start of the saddle. Ctrl+Z goes back.", "从鞍点的起点出发。"); /* nested */
    says(words, "step 3 of 1.5×10⁻⁵", "共 1.5×10⁻⁵ 步的第 3 步");
    says(words, "step 3 of 1e-5", "共 1e-5 步的第 3 步");
    says(words, "step one of 5", "step one of 5"); /* no figure */
    says(words, "start of ", "start of ");         /* a hole holds something */
    says(words, " twice", " twice");
    says(words, "x twice", "x 又 x");
    says(words, "the saddle · start of adam · Play", "鞍点 · adam 的起点 · Play");
    says(words, "the saddle\nstep 1 of 2", "鞍点\n共 2 步的第 1 步");
    says(words, " · the saddle · ", " · 鞍点 · ");
    says(words, "  the saddle  ·  Play ", "  鞍点  ·  Play ");
    words_destroy(&words);
}

static void takes_the_phrase_with_most_of_its_own(void **state) {
    struct words *words = made("  \"{} of {}\": \"{2}的{1}\"\n"
                               "  \"start of {}\": \"{}的起点\"\n"
                               "  \"start of the {}\": \"那个{}的起点\"\n"
                               "  \"{} of the lesson\": \"课程的{}\"\n"
                               "  \"{#} of {}\": \"{2}里的 {1} 个\"\n");
    says(words, "start of adam", "adam 的起点");
    says(words, "start of the run", "那个 run 的起点");
    says(words, "start of the lesson", "课程的 start"); /* 14 letters to 13 */
    says(words, "end of adam", "adam 的 end");
    says(words, "3 of adam", "adam 里的 3 个"); /* figures before anything */
    words_destroy(&words);
}

static void keeps_what_it_said(void **state) {
    struct words *words = made("  \"step {#}\": \"第 {} 步\"\n");
    const char *first = words_say(words, "step 0");
    char asked[32], wanted[32];
    for (int i = 1; i < 500; i++) {
        snprintf(asked, sizeof asked, "step %d", i);
        words_say(words, asked);
    }
    assert_string_equal(first, "第 0 步");
    for (int i = 0; i < 100000; i++) { /* the memory is bounded, what is asked again comes back */
        snprintf(asked, sizeof asked, "step %d", i % 7 == 0 ? 7 : i);
        snprintf(wanted, sizeof wanted, "第 %d 步", i % 7 == 0 ? 7 : i);
        assert_string_equal(words_say(words, asked), wanted);
    }
    words_destroy(&words);
}

static void refuses(const char *text, const char *place, const char *told) {
    struct error error = {0};
    assert_null(words_parse(text, strlen(text), "zh.yaml", &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    if (strncmp(error.message, place, strlen(place)) != 0 || !strstr(error.message, told))
        fail_msg("“%s”, wanted %s … %s", error.message, place, told);
}

static void refuses_phrase(const char *phrase, const char *place, const char *told) {
    char text[1024];
    snprintf(text, sizeof text, "%s%s", head, phrase);
    refuses(text, place, told);
}

static void tells_mistakes_by_their_place(void **state) {
    refuses("", "zh.yaml:1:1", "");
    refuses("[1]", "zh.yaml:1:1", "");
    refuses("language: zh\nname: 中文\n", "zh.yaml:1:1", "language, name and words");
    refuses("language: en\nname: English\nwords: {a: b}\n", "zh.yaml:1:11", "code");
    refuses("language: ../zh\nname: 中文\nwords: {a: b}\n", "zh.yaml:1:11", "code");
    refuses("language: zh\nname: 中文\nword: {a: b}\nwords: {a: b}\n", "zh.yaml:3:1", "words");
    refuses("language: zh\nname: 中文\nwords: 3\n", "zh.yaml:3:8", "words");
    refuses_phrase("  a: 甲\n  b: [乙]\n", "zh.yaml:6:6", "");
    refuses_phrase("  a: 甲\n  a: 乙\n", "zh.yaml:6:3", "second time");
    refuses_phrase("  \"a {}\": \"甲\"\n", "zh.yaml:5:11", "hole 1");
    refuses_phrase("  \"a {} {}\": \"甲 {2}\"\n", "zh.yaml:5:14", "hole 1");
    refuses_phrase("  \"a {}\": \"甲 {} {}\"\n", "zh.yaml:5:17", "does not have");
    refuses_phrase("  \"a {}\": \"甲 {2}\"\n", "zh.yaml:5:14", "does not have");
    refuses_phrase("  \"a {} b {}\": \"甲 {1} {}\"\n", "zh.yaml:5:16", "numbers");
    refuses_phrase("  \"a {1}\": \"甲 {1}\"\n", "zh.yaml:5:3", "numbered");
    refuses_phrase("  \"a {}{}\": \"甲 {}{}\"\n", "zh.yaml:5:3", "side by side");
    refuses_phrase("  \"{}\": \"{}\"\n", "zh.yaml:5:3", "nothing but holes");
    refuses_phrase("  \"{#}\": \"{}\"\n", "zh.yaml:5:3", "nothing but holes");
    refuses_phrase("  \"a {} {} {} {} {} {} {} {} {} {}\": \"x\"\n", "zh.yaml:5:3", "more than 9");
    refuses_phrase("  a: \"\"\n", "zh.yaml:5:6", "");
}

/* A changed file is read or refused with a place, never more. */
static void survives_damage(void **state) {
    static const char good[] = "language: zh\nname: 中文\nshort: 中\nwords:\n  \"start of {}\": \"{}的起点\"\n  Play: 播放\n"
                               "  \"step {#} of {#}\": \"共 {2} 步的第 {1} 步\"\n  \"{}: {}\": \"{}：{}\"\n";
    static const char *const asked[] = {"start of adam", "Play", "step 1 of 2", "a: b: c · start of Play", "{}: {}", ": "};
    struct random random = random_seeded(7, 0);
    char text[sizeof good];
    int taken = 0;
    for (int round = 0; round < 20000; round++) {
        memcpy(text, good, sizeof good);
        size_t length = sizeof good - 1;
        int changes = 1 + (int)random_below(&random, 4);
        for (int i = 0; i < changes; i++) {
            size_t at = random_below(&random, length);
            static const char likely[] = "{}#:\"\n 19·";
            text[at] = random_below(&random, 2) ? likely[random_below(&random, sizeof likely - 1)]
                                                : (char)(1 + random_below(&random, 255));
        }
        if (random_below(&random, 8) == 0) length = random_below(&random, length);
        struct error error = {0};
        struct words *words = words_parse(text, length, "zh.yaml", &error);
        assert_true((words != NULL) == (error.kind == ERROR_NONE));
        if (!words) assert_memory_equal(error.message, "zh.yaml", 7);
        for (size_t i = 0; words && i < sizeof asked / sizeof *asked; i++) assert_non_null(words_say(words, asked[i]));
        taken += words != NULL;
        words_destroy(&words);
    }
    assert_in_range(taken, 100, 19900);
}

/* Any text may come to be said. */
static void survives_any_text(void **state) {
    struct words *words = made("  \"{} of {}\": \"{2}的{1}\"\n  \"{}: {}\": \"{}：{}\"\n  \"a{}a\": \"甲{}甲\"\n"
                               "  \"{#} a\": \"{} 甲\"\n  \"{} · {}\": \"{} + {}\"\n");
    struct random random = random_seeded(11, 0);
    char text[WORDS_LONGEST + 100];
    for (int round = 0; round < 3000; round++) {
        size_t length = random_below(&random, round % 50 == 0 ? sizeof text - 1 : 60);
        static const char *const parts[] = {" of ", ": ", "a", " · ", "\n", "{}", "7", "e", "中"};
        size_t used = 0;
        while (used < length) {
            const char *part = parts[random_below(&random, sizeof parts / sizeof *parts)];
            size_t size = strlen(part);
            if (used + size > length) break;
            memcpy(text + used, part, size);
            used += size;
        }
        text[used] = '\0';
        const char *said = words_say(words, text);
        assert_true(strlen(said) < 8 * sizeof text);
    }
    words_destroy(&words);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The catalogue that goes with the program: whole, and quick enough for every text of every frame. */
static void reads_the_programs_own(void **state) {
    setenv("SADDLESCOPE_ASSETS", ASSETS, 1);
    struct error error = {0};
    size_t count;
    struct language *languages = languages_list(&count, &error);
    assert_int_equal(error.kind, ERROR_NONE);
    assert_true(count >= 2);
    assert_string_equal(languages[0].code, "en");
    for (size_t i = 1; i < count; i++) {
        struct words *words;
        if (!words_open(languages[i].code, &words, &error)) fail_msg("%s", error.message);
        assert_string_equal(words_language(words), languages[i].code);
        double before = seconds();
        enum { TEXTS = 2000 };
        for (int k = 0; k < TEXTS; k++) {
            char text[64];
            snprintf(text, sizeof text, "step %d of nothing in particular", k);
            words_say(words, text);
        }
        double each = (seconds() - before) / TEXTS;
        if (each > 1e-3) fail_msg("%.0f µs for a text", 1e6 * each);
        words_destroy(&words);
    }
    languages_destroy(&languages, count);
    struct words *none;
    assert_false(words_open("xx", &none, &error));
    assert_non_null(strstr(error.message, "en, zh"));
    error = (struct error){0};
    assert_true(words_open("en", &none, &error));
    assert_null(none);
}

static void finds_a_persons_own_language(void **state) {
    char folder[] = "words-XXXXXX", path[256];
    assert_non_null(mkdtemp(folder));
    char *here = realpath(folder, NULL);
    setenv("XDG_DATA_HOME", here, 1);
    setenv("SADDLESCOPE_ASSETS", ASSETS, 1);
    snprintf(path, sizeof path, "%s/saddlescope", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/saddlescope/languages", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/saddlescope/languages/eo.yaml", folder);
    FILE *file = fopen(path, "w");
    fputs("language: eo\nname: Esperanto\nwords: {Play: Ludi}\n", file);
    fclose(file);
    struct words *words;
    struct error error = {0};
    assert_true(words_open("eo", &words, &error));
    assert_string_equal(words_say(words, "Play"), "Ludi");
    words_destroy(&words);
    char renamed[300];
    snprintf(renamed, sizeof renamed, "%s/saddlescope/languages/la.yaml", folder);
    assert_int_equal(rename(path, renamed), 0);
    assert_false(words_open("la", &words, &error));
    assert_non_null(strstr(error.message, "eo.yaml would be right"));
    unlink(renamed);
    snprintf(path, sizeof path, "%s/saddlescope/languages", folder);
    rmdir(path);
    snprintf(path, sizeof path, "%s/saddlescope", folder);
    rmdir(path);
    rmdir(folder);
    free(here);
    unsetenv("XDG_DATA_HOME");
}

static void follows_the_environment(void **state) {
    char code[WORDS_CODE];
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    setenv("LANG", "zh_CN.UTF-8", 1);
    assert_string_equal(words_wanted(code), "zh");
    setenv("LC_MESSAGES", "en_GB", 1);
    assert_string_equal(words_wanted(code), "en");
    setenv("LC_ALL", "C.UTF-8", 1);
    assert_string_equal(words_wanted(code), "en");
    setenv("LC_ALL", "POSIX", 1);
    assert_string_equal(words_wanted(code), "en");
    setenv("LC_ALL", "a_very_long_one", 1);
    assert_string_equal(words_wanted(code), "en");
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    unsetenv("LANG");
    assert_string_equal(words_wanted(code), "en");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_is_there_and_leaves_the_rest),
        cmocka_unit_test(fits_holes),
        cmocka_unit_test(takes_the_phrase_with_most_of_its_own),
        cmocka_unit_test(keeps_what_it_said),
        cmocka_unit_test(tells_mistakes_by_their_place),
        cmocka_unit_test(survives_damage),
        cmocka_unit_test(survives_any_text),
        cmocka_unit_test(reads_the_programs_own),
        cmocka_unit_test(finds_a_persons_own_language),
        cmocka_unit_test(follows_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
