#include "app/trace.h"
#include "base/random.h"
#include "test.h"

#include <stdbool.h>

static void extremes_are_those_of_a_scan(void **state) {
    struct trace trace = {0};
    struct random random = random_seeded(3, 0);
    enum { COUNT = 10000 };
    for (int i = 0; i < COUNT; i++) trace_append(&trace, 2 * i, i % 997 == 5 ? NAN : random_normal(&random));
    for (int round = 0; round < 2000; round++) {
        size_t from = random_below(&random, COUNT), to = from + random_below(&random, COUNT - from + 50);
        double low = INFINITY, high = -INFINITY;
        for (size_t i = from; i < to && i < COUNT; i++) {
            if (trace.values[i] < low) low = trace.values[i];
            if (trace.values[i] > high) high = trace.values[i];
        }
        struct trace_extremes found = trace_extremes(&trace, from, to);
        assert_true(found.low == low && found.high == high);
    }
    trace_release(&trace);
}

static void finding_and_clearing(void **state) {
    struct trace trace = {0};
    for (int i = 0; i < 100; i++) trace_append(&trace, 3 * i, i);
    assert_int_equal(trace_find(&trace, 0), 0);
    assert_int_equal(trace_find(&trace, 1), 1);
    assert_int_equal(trace_find(&trace, 297), 99);
    assert_int_equal(trace_find(&trace, 298), 100);
    assert_int_equal(trace_grain(0), 1);
    assert_int_equal(trace_grain(3), 1);
    assert_int_equal(trace_grain(63), 16);
    trace_clear(&trace);
    trace_append(&trace, 0, -7);
    struct trace_extremes found = trace_extremes(&trace, 0, 1);
    assert_true(found.low == -7 && found.high == -7); /* nothing is left of what was there before */
    trace_release(&trace);
}

/* Wherever steps are crowded or far apart. */
static void finding_is_as_by_a_scan(void **state) {
    struct random random = random_seeded(7, 0);
    for (int round = 0; round < 200; round++) {
        struct trace trace = {0};
        size_t count = 1 + random_below(&random, 60);
        int64_t step = (int64_t)random_below(&random, 5);
        for (size_t i = 0; i < count; i++) {
            trace_append(&trace, step, 0);
            step += 1 + (int64_t)random_below(&random, round % 3 == 0 ? 1 : round % 3 == 1 ? 10 : i % 7 == 0 ? 3000 : 2);
        }
        for (int asked = 0; asked < 200; asked++) {
            int64_t wanted = (int64_t)random_below(&random, (uint64_t)step + 5) - 2;
            size_t first = 0;
            while (first < count && trace.steps[first] < wanted) first++;
            assert_int_equal(trace_find(&trace, wanted), first);
        }
        trace_release(&trace);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(extremes_are_those_of_a_scan),
                                       cmocka_unit_test(finding_and_clearing), cmocka_unit_test(finding_is_as_by_a_scan)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
