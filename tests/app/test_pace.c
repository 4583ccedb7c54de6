#include "app/pace.h"
#include "test.h"

#include <math.h>

static const double slow = 0.030, fast = 0.004;

/* As many pictures as `count`, `apart` seconds after each other, each taking `took`; how many of them were quick. */
static int draw(struct pace *pace, bool software, double from, double apart, double took, int count) {
    int quick_ones = 0;
    for (int i = 0; i < count; i++) {
        double now = from + apart * i;
        bool quick = pace_quick(pace, software, now);
        pace_drawn(pace, quick, now, now + took);
        quick_ones += quick;
    }
    return quick_ones;
}

static void test_a_graphics_card_always_smooths(void **state) {
    (void)state;
    struct pace pace = {0};
    assert_int_equal(draw(&pace, false, 10, 0.04, slow, 50), 0);
    assert_true(isinf(pace_due(&pace)));
}

static void test_fast_pictures_are_smooth(void **state) {
    (void)state;
    struct pace pace = {0};
    assert_int_equal(draw(&pace, true, 10, 0.02, fast, 50), 0);
}

static void test_slow_pictures_of_a_movement_are_quick_but_the_first(void **state) {
    (void)state;
    struct pace pace = {0};
    assert_int_equal(draw(&pace, true, 10, 0.04, slow, 50), 49);
}

static void test_single_changes_are_smooth_at_once(void **state) {
    (void)state;
    struct pace pace = {0};
    assert_int_equal(draw(&pace, true, 10, 1, slow, 20), 0);
}

static void test_the_last_one_is_drawn_again_once(void **state) {
    (void)state;
    struct pace pace = {0};
    draw(&pace, true, 10, 0.04, slow, 10);
    double last = pace.drawn_at, due = pace_due(&pace);
    assert_true(due > last && due < last + 0.3);
    assert_false(pace_quick(&pace, true, due));
    pace_drawn(&pace, false, due, due + slow);
    assert_true(isinf(pace_due(&pace)));
}

static void test_a_machine_that_recovers_smooths_again(void **state) {
    (void)state;
    struct pace pace = {0};
    draw(&pace, true, 10, 0.04, slow, 10);
    draw(&pace, true, 20, 1, fast, 12); /* smooth ones, quickly made */
    assert_int_equal(draw(&pace, true, 40, 0.02, fast, 20), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_graphics_card_always_smooths),
        cmocka_unit_test(test_fast_pictures_are_smooth),
        cmocka_unit_test(test_slow_pictures_of_a_movement_are_quick_but_the_first),
        cmocka_unit_test(test_single_changes_are_smooth_at_once),
        cmocka_unit_test(test_the_last_one_is_drawn_again_once),
        cmocka_unit_test(test_a_machine_that_recovers_smooths_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
