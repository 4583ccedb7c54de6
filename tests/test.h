/* What every test program includes: cmocka with the headers it wants in front, and near-equality that says the figures. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

/* |a − b| ≤ tolerance · max(1, |b|): b is the oracle. */
#define assert_near(a, b, tolerance)                                                                                   \
    do {                                                                                                               \
        double near_a = (a), near_b = (b), near_t = (tolerance);                                                       \
        if (!(fabs(near_a - near_b) <= near_t * fmax(1.0, fabs(near_b))))                                              \
            fail_msg("%s = %.17g, expected %.17g (off by %.3g, allowed %.3g)", #a, near_a, near_b,                     \
                     fabs(near_a - near_b), near_t * fmax(1.0, fabs(near_b)));                                         \
    } while (0)
