#include "app/commands.h"
#include "test.h"

#include <string.h>

static SDL_KeyboardEvent pressed(SDL_Keycode key, unsigned held) {
    return (SDL_KeyboardEvent){.type = SDL_KEYDOWN, .keysym = {.sym = key, .mod = (Uint16)held}};
}

static const char *id_of(SDL_Keycode key, unsigned held) {
    SDL_KeyboardEvent event = pressed(key, held);
    const struct command *command = command_of_key(&event);
    return command ? command->id : "";
}

static void no_two_share_a_key(void **state) {
    size_t count;
    const struct command *all = commands(&count);
    for (size_t i = 0; i < count * COMMAND_SHORTCUTS; i++)
        for (size_t k = 0; k < i; k++) {
            struct shortcut a = all[i / COMMAND_SHORTCUTS].shortcuts[i % COMMAND_SHORTCUTS];
            struct shortcut b = all[k / COMMAND_SHORTCUTS].shortcuts[k % COMMAND_SHORTCUTS];
            char text[SHORTCUT_TEXT];
            if (a.key && a.key == b.key && a.modifiers == b.modifiers)
                fail_msg("%s means both %s and %s", shortcut_text(a, text), all[k / COMMAND_SHORTCUTS].id,
                         all[i / COMMAND_SHORTCUTS].id);
        }
}

/* Every key of the table is one that its own event finds: none is spelled in a way no keyboard sends. */
static void every_key_finds_its_command(void **state) {
    size_t count;
    const struct command *all = commands(&count);
    for (size_t i = 0; i < count; i++)
        for (int s = 0; s < COMMAND_SHORTCUTS; s++) {
            struct shortcut one = all[i].shortcuts[s];
            if (one.key && strcmp(id_of(one.key, one.modifiers), all[i].id) != 0)
                fail_msg("%s: its key %d finds “%s”", all[i].id, s, id_of(one.key, one.modifiers));
        }
}

static void all_are_well_told(void **state) {
    size_t count;
    const struct command *all = commands(&count);
    assert_true(count > 40);
    for (size_t i = 0; i < count; i++) {
        assert_true(all[i].id[0] && all[i].title[0]);
        assert_non_null(all[i].act);
        assert_in_range(all[i].group, 0, COMMAND_GROUPS - 1);
        assert_ptr_equal(command_find(all[i].id), &all[i]);
        if (all[i].sheet && !all[i].shortcuts[0].key) fail_msg("%s is on the sheet without a key", all[i].id);
        for (size_t k = 0; k < i; k++) assert_string_not_equal(all[k].title, all[i].title);
    }
    assert_null(command_find("nothing"));
}

static void keys_are_read_as_keyboards_send_them(void **state) {
    assert_string_equal(id_of(SDLK_SPACE, 0), "play");
    assert_string_equal(id_of(SDLK_SPACE, KMOD_NUM | KMOD_CAPS), "play");
    assert_string_equal(id_of(SDLK_SPACE, KMOD_LCTRL), "");
    assert_string_equal(id_of(SDLK_LEFT, KMOD_RSHIFT), "step.back.ten");
    assert_string_equal(id_of(SDLK_SLASH, KMOD_LSHIFT), "help"); /* a '?' on most keyboards */
    assert_string_equal(id_of(SDLK_QUESTION, 0), "help");
    assert_string_equal(id_of(SDLK_SLASH, 0), "");
    assert_string_equal(id_of(SDLK_EQUALS, 0), "zoom.in");
    assert_string_equal(id_of(SDLK_EQUALS, KMOD_LSHIFT), "zoom.in");
    assert_string_equal(id_of(SDLK_EQUALS, KMOD_LCTRL), "scale.up");
    assert_string_equal(id_of(SDLK_KP_PLUS, KMOD_LCTRL), "scale.up");
    assert_string_equal(id_of(SDLK_PERIOD, KMOD_LSHIFT), "faster");
    assert_string_equal(id_of(SDLK_k, KMOD_RGUI), "palette");
    assert_string_equal(id_of(SDLK_F12, 0), "");
}

static void keys_are_told_in_words(void **state) {
    char text[SHORTCUT_TEXT];
    assert_string_equal(shortcut_text((struct shortcut){0}, text), "");
    assert_string_equal(shortcut_text((struct shortcut){SDLK_LEFT, KMOD_SHIFT}, text), "Shift+←");
    assert_string_equal(shortcut_text((struct shortcut){SDLK_z, KMOD_CTRL | KMOD_SHIFT}, text), "Ctrl+Shift+Z");
    assert_string_equal(shortcut_text((struct shortcut){SDLK_QUESTION, 0}, text), "?");
}

static void names_are_found_by_a_few_letters(void **state) {
    assert_int_equal(command_match("", "anything"), 0);
    assert_int_equal(command_match("  ", "anything"), 0);
    assert_true(command_match("saddle", "The saddle at the origin") > 0);
    assert_true(command_match("ORIG sad", "The saddle at the origin") > 0); /* in any order and case */
    assert_true(command_match("ovl", "Overlay: all runs on one surface") > 0);
    assert_int_equal(command_match("ovl", "over the same logits"), -1); /* not across words */
    assert_int_equal(command_match("saddle valley", "The saddle at the origin"), -1);
    assert_int_equal(command_match("x", ""), -1);
    assert_true(command_match("light", "Light or dark") > command_match("ligh", "Light or dark"));
    assert_true(command_match("ligh", "Light or dark") > command_match("igh", "Light or dark"));
    assert_true(command_match("igh", "Light or dark") > command_match("lgt", "Light or dark"));
    assert_true(command_match("鞍点", "二维的鞍点") > 0);
}

/* Any bytes: answered, never read past their end (under ASan). */
static void any_letters_are_answered(void **state) {
    uint64_t seed = 7;
    size_t count;
    const struct command *all = commands(&count);
    for (int i = 0; i < 20000; i++) {
        char query[24];
        size_t length = (size_t)(seed >> 60);
        for (size_t k = 0; k <= length; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            query[k] = "abcdeirst  ./\xe9\x9e\x8d\xff"[(seed >> 33) % 17];
        }
        query[length] = '\0';
        assert_true(command_match(query, all[(size_t)i % count].title) >= -1);
        assert_true(command_match(all[(size_t)i % count].title, query) >= -1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_two_share_a_key),
        cmocka_unit_test(every_key_finds_its_command),
        cmocka_unit_test(all_are_well_told),
        cmocka_unit_test(keys_are_read_as_keyboards_send_them),
        cmocka_unit_test(keys_are_told_in_words),
        cmocka_unit_test(names_are_found_by_a_few_letters),
        cmocka_unit_test(any_letters_are_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
