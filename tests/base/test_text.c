#include "base/error.h"
#include "base/text.h"
#include "test.h"

#include <string.h>

static void finds_the_nearest_name(void **state) {
    static const char *const names[] = {"sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"};
    assert_string_equal(text_nearest("adm", names, 7), "adam");
    assert_string_equal(text_nearest("RMSprpo", names, 7), "rmsprop");
    assert_string_equal(text_nearest("momentun", names, 7), "momentum");
    assert_null(text_nearest("xyzzy", names, 7));
    assert_null(text_nearest("", names, 7));
}

static void writes_numbers_for_people(void **state) {
    char out[NUMBER_TEXT];
    assert_string_equal(number_text(0, 0, out), "0");
    assert_string_equal(number_text(-2, 0, out), "−2");
    assert_string_equal(number_text(0.0123456, 0, out), "0.01235");
    assert_string_equal(number_text(12345.6, 0, out), "12\u2009346");
    assert_string_equal(number_text(1.25e-7, 0, out), "1.25×10⁻⁷");
    assert_string_equal(number_text(3e12, 3, out), "3×10¹²");
    assert_string_equal(number_text(1.0 / 3, 6, out), "0.333333");
    assert_string_equal(number_text(NAN, 0, out), "not a number");
    assert_string_equal(number_text(-INFINITY, 0, out), "−∞");
}

static void finds_where_lines_may_end(void **state) {
    static const char text[] = "用 adam 走（0, 1）。End of it";
    static const char *const parts[] = {"用", " adam", " 走", "（0,", " 1）。", "End", " of", " it"};
    size_t at = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t next = text_next_break(text, at);
        assert_int_equal(next - at, strlen(parts[i]));
        assert_memory_equal(text + at, parts[i], next - at);
        at = next;
    }
    assert_int_equal(text[at], '\0');
    assert_int_equal(text_next_break(text, at), at);
    assert_int_equal(text_next_break("a\nb", 0), 1);
    assert_int_equal(text_next_break("   ", 0), 3);
}

static void pads_by_what_is_seen(void **state) {
    (void)state;
    char out[64];
    assert_int_equal(text_field("plain", 8), 8);
    snprintf(out, sizeof out, "%-*s|", text_field("w₁ ‖g‖", 8), "w₁ ‖g‖");
    assert_string_equal(out, "w₁ ‖g‖  |");
    snprintf(out, sizeof out, "%-*s|", text_field("鞍点", 6), "鞍点");
    assert_string_equal(out, "鞍点  |");
}

static void grows_text(void **state) {
    struct text text = {0};
    for (int i = 0; i < 100; i++) text_format(&text, "%d,", i);
    text_append(&text, "end");
    assert_int_equal(text.length, strlen(text.bytes));
    assert_string_equal(text.bytes + text.length - 6, "99,end");
    text_clear(&text);
}

static void keeps_the_first_error_and_whole_characters(void **state) {
    struct error error = {0};
    assert_false(error_at(&error, "a.yaml", 3, 7, "unknown key “%s”", "otimizers"));
    assert_string_equal(error.message, "a.yaml:3:7: unknown key “otimizers”");
    error_set(&error, ERROR_MACHINE, "something that followed");
    assert_int_equal(error_exit_status(&error), 2);
    struct error cut = {0};
    char many[sizeof cut.message + 8];
    for (size_t i = 0; i + 3 < sizeof many; i += 3) memcpy(many + i, "…", 4);
    error_set(&cut, ERROR_INPUT, "x%s", many);
    assert_int_equal((strlen(cut.message) - 1) % 3, 0);
}

static void prints_whole_characters_only(void **state) {
    char out[12];
    assert_string_equal(text_print(out, 4, "%s", "abc"), "abc");
    assert_string_equal(text_print(out, 4, "%s", "abcd"), "abc");
    assert_string_equal(text_print(out, 7, "%s", "鞍点"), "鞍点");
    assert_string_equal(text_print(out, 6, "%s", "鞍点"), "鞍");
    assert_string_equal(text_print(out, 3, "%s", "鞍点"), "");
    assert_string_equal(text_print(out, sizeof out, "%.5s|%.4s|", "鞍点", "x‖∇"), "鞍|x‖|"); /* cut on the way, too */
    assert_string_equal(text_print(out, sizeof out, "%.3s%.1s%.2s", "𝜃", "λ", "λ"), "λ");
    assert_string_equal(text_print(out, sizeof out, "%.2s%s", "θθ", "é"), "θé");
    assert_string_equal(text_print(out, 1, "%s", "θ"), "");
    assert_string_equal(text_print(out, sizeof out, "%s", "a\x80\xC0\xFE" "b\xE9"), "ab"); /* no UTF-8 */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_nearest_name),
        cmocka_unit_test(writes_numbers_for_people),
        cmocka_unit_test(finds_where_lines_may_end),
        cmocka_unit_test(pads_by_what_is_seen),
        cmocka_unit_test(grows_text),
        cmocka_unit_test(prints_whole_characters_only),
        cmocka_unit_test(keeps_the_first_error_and_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
