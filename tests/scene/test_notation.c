#include "scene/notation.h"
#include "test.h"

#include <string.h>

static void formulas_are_set_as_mathematics(void **state) {
    static const char *const cases[][2] = {
        {"(1 - w1*w2)^2", "(1 − w₁w₂)²"},
        {"(1 - x)^2 + 100*(y - x^2)^2", "(1 − x)² + 100(y − x²)²"},
        {"x^12 - 3*x*y^2", "x¹² − 3xy²"},
        {"x^2.5 + x^y", "x^2.5 + x^y"},
        {"20 + x^2 - 10*cos(2*pi*x)", "20 + x² − 10·cos(2πx)"},
        {"2 * 3", "2 ·3"},
        {"rate*x", "rate·x"},
        {"", ""},
    };
    char out[128];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        notation_formula(cases[i][0], out, sizeof out);
        assert_string_equal(out, cases[i][1]);
    }
}

static void names_get_their_digits_lowered(void **state) {
    char out[32];
    notation_name("w12", out, sizeof out);
    assert_string_equal(out, "w₁₂");
    notation_name("0.weight", out, sizeof out);
    assert_string_equal(out, "0.weight");
    notation_name("alpha", out, sizeof out);
    assert_string_equal(out, "alpha");
}

static void a_small_buffer_ends_at_a_whole_character(void **state) {
    char out[64];
    for (size_t size = 1; size < sizeof out; size++) {
        memset(out, 'x', sizeof out);
        notation_formula("(1 - w1*w2)^2 - pi*y", out, size);
        size_t length = strlen(out);
        assert_true(length < size);
        for (size_t i = 0; i < length;) { /* UTF-8: every lead byte has its followers */
            unsigned char c = (unsigned char)out[i];
            size_t bytes = c < 0x80 ? 1 : c < 0xE0 ? 2 : 3;
            assert_true(i + bytes <= length);
            i += bytes;
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formulas_are_set_as_mathematics),
        cmocka_unit_test(names_get_their_digits_lowered),
        cmocka_unit_test(a_small_buffer_ends_at_a_whole_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
