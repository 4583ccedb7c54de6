#include "app/settings.h"
#include "base/file.h"
#include "base/random.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void round_trip(void **state) {
    struct settings before = settings_initial(), after = settings_initial();
    before.theme = THEME_NIGHT;
    before.colormap = COLORMAP_CIVIDIS;
    before.scale = 1.25f;
    before.width = 1600;
    before.height = 900;
    before.left_open = false;
    strcpy(before.language, "zh");
    settings_note_seen(&before, "saddle-points", 0);
    settings_note_seen(&before, "saddle-points", 63);
    settings_note_seen(&before, "batch", 2);
    settings_note_seen(&before, "a: name # of another kind", 2); /* would break the file: left out */
    char *text = settings_text(&before);
    struct error error = {0};
    assert_true(settings_parse(&after, text, "settings.yaml", &error));
    free(text);
    assert_int_equal(after.theme, before.theme);
    assert_int_equal(after.colormap, before.colormap);
    assert_near((double)after.scale, 1.25, 1e-6);
    assert_int_equal(after.width, 1600);
    assert_int_equal(after.height, 900);
    assert_false(after.left_open);
    assert_true(after.right_open);
    assert_string_equal(after.language, "zh");
    assert_int_equal(after.lesson_count, 2);
    assert_true(settings_seen(&after, "saddle-points") == (1 | (uint64_t)1 << 63));
    assert_true(settings_seen(&after, "batch") == 4);
    assert_true(settings_seen(&after, "momentum") == 0);
}

static void broken_lines_are_placed(void **state) {
    static const struct {
        const char *text, *place;
    } cases[] = {
        {"theme: night\nscale: big\n", "settings.yaml:2:8: scale: a number from 0.75 to 3"},
        {"theme: pink\n", "settings.yaml:1:8: theme: paper or night"},
        {"scale: 9\n", "settings.yaml:1:8"},
        {"scale: nan\n", "settings.yaml:1:8"},
        {"width: -5\n", "settings.yaml:1:8"},
        {"width: 3.5\n", "settings.yaml:1:8"},
        {"\n\nnonsense\n", "settings.yaml:3:1: not a setting"},
        {": x\n", "settings.yaml:1:1: not a setting"},
        {"left_open: maybe\n", "settings.yaml:1:12"},
        {"language: z h\n", "settings.yaml:1:11: language: the code of a language"},
        {"seen batch: 1 0\n", "settings.yaml:1:13: seen batch: step numbers from 1 to 64"},
        {"seen batch: 1,2\n", "settings.yaml:1:13"},
        {"seen batch:\n", "settings.yaml:1:13"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings settings = settings_initial();
        struct error error = {0};
        assert_false(settings_parse(&settings, cases[i].text, "settings.yaml", &error));
        assert_int_equal(error.kind, ERROR_INPUT);
        if (strncmp(error.message, cases[i].place, strlen(cases[i].place)) != 0)
            fail_msg("\"%s\" does not begin with \"%s\"", error.message, cases[i].place);
        struct settings initial = settings_initial();
        assert_int_equal(settings.theme, initial.theme); /* nothing of a broken text is taken */
    }
}

static void others_are_let_be(void **state) {
    struct settings settings = settings_initial();
    struct error error = {0};
    assert_true(
        settings_parse(&settings, "# a comment\r\n---\n  theme :  night # dark\r\nlanguage: zh\n\n", "s", &error));
    assert_int_equal(settings.theme, THEME_NIGHT);
}

static void kept_on_disk(void **state) {
    char folder[] = "/tmp/saddlescope-settings-XXXXXX";
    assert_non_null(mkdtemp(folder));
    setenv("XDG_CONFIG_HOME", folder, 1);
    struct error error = {0};
    struct settings settings = settings_initial(), read = settings_initial();
    assert_true(settings_load(&read, &error)); /* none yet: no error */
    settings.theme = THEME_NIGHT;
    assert_true(settings_save(&settings, &error));
    assert_true(settings_load(&read, &error));
    assert_int_equal(read.theme, THEME_NIGHT);

    char *path = settings_path();
    FILE *file = fopen(path, "w");
    fputs("scale: \x01\x02\n", file);
    fclose(file);
    struct settings again = settings_initial();
    assert_false(settings_load(&again, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_non_null(strstr(error.message, path));
    assert_near((double)again.scale, 1, 0);

    unlink(path);
    free(path);
    char *inner = path_join(folder, "saddlescope");
    assert_int_equal(rmdir(inner), 0); /* nothing half-written is left */
    free(inner);
    rmdir(folder);
}

/* Whatever the bytes: no crash, and what comes out is within its limits. */
static void mutations(void **state) {
    struct settings settings = settings_initial();
    char *good = settings_text(&settings);
    size_t length = strlen(good);
    struct random random = random_seeded(7, 0);
    for (int round = 0; round < 20000; round++) {
        char *text = malloc(length + 1);
        memcpy(text, good, length + 1);
        for (int change = 0; change < 4; change++) {
            size_t at = random_below(&random, length);
            text[at] = (char)(random_below(&random, 4) ? "0123456789.:-#\n e"[random_below(&random, 17)]
                                                       : (int)random_below(&random, 256));
        }
        struct settings out = settings_initial();
        struct error error = {0};
        bool taken = settings_parse(&out, text, "fuzz", &error);
        assert_true(taken || error.kind == ERROR_INPUT);
        assert_true(out.scale >= 0.75f && out.scale <= 3);
        assert_true(out.width >= 0 && out.width <= 16384 && out.height >= 0 && out.height <= 16384);
        assert_true(out.theme == THEME_PAPER || out.theme == THEME_NIGHT);
        free(text);
    }
    free(good);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),        cmocka_unit_test(broken_lines_are_placed),
        cmocka_unit_test(others_are_let_be), cmocka_unit_test(kept_on_disk),
        cmocka_unit_test(mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
