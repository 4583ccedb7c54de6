#include "base/random.h"
#include "test.h"

#include <stdlib.h>

static void same_seed_same_bits(void **state) {
    struct random a = random_seeded(7, 1), b = random_seeded(7, 1), c = random_seeded(7, 2);
    int equal = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t x = random_u64(&a);
        assert_int_equal(x, random_u64(&b));
        equal += x == random_u64(&c);
    }
    assert_int_equal(equal, 0);
}

static void moments_are_right(void **state) {
    struct random random = random_seeded(1, 0);
    enum { COUNT = 200000 };
    double sum = 0, squares = 0, fourth = 0, uniform = 0;
    for (int i = 0; i < COUNT; i++) {
        double x = random_normal(&random);
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
        double u = random_uniform(&random, -1, 3);
        assert_true(u >= -1 && u < 3);
        uniform += u;
    }
    /* Four standard errors of each mean. */
    assert_true(fabs(sum / COUNT) < 4 / sqrt(COUNT));
    assert_true(fabs(squares / COUNT - 1) < 4 * sqrt(2.0 / COUNT));
    assert_true(fabs(fourth / COUNT - 3) < 4 * sqrt(96.0 / COUNT));
    assert_true(fabs(uniform / COUNT - 1) < 4 * sqrt(16.0 / 12 / COUNT));
}

static void shuffles_and_draws_evenly(void **state) {
    struct random random = random_seeded(3, 0);
    int counts[7] = {0}, items[7] = {0, 1, 2, 3, 4, 5, 6}, seen = 0;
    for (int i = 0; i < 70000; i++) counts[random_below(&random, 7)]++;
    for (int i = 0; i < 7; i++) assert_true(abs(counts[i] - 10000) < 400);
    random_shuffle(&random, items, 7);
    for (int i = 0; i < 7; i++) seen |= 1 << items[i];
    assert_int_equal(seen, 127);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_bits),
        cmocka_unit_test(moments_are_right),
        cmocka_unit_test(shuffles_and_draws_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
