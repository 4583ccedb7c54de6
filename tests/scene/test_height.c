#include "base/random.h"
#include "scene/scene.h"
#include "scene/ticks.h"
#include "test.h"

#include <stdlib.h>

static void inverts_heights(void **state) {
    struct random random = random_seeded(7, 0);
    double losses[500];
    for (int trial = 0; trial < 200; trial++) {
        double scale = pow(10, random_uniform(&random, -8, 12)), shift = random_uniform(&random, -2, 2) * scale;
        for (int i = 0; i < 500; i++) losses[i] = shift + scale * pow(random_uniform(&random, 0, 1), 1 + trial % 7);
        if (trial % 3 == 0) losses[trial] = NAN;
        if (trial % 5 == 0) losses[trial + 1] = INFINITY;
        struct height_map map = height_map_fit((enum height_mapping)(trial % 2), losses, 500);
        assert_true(map.high > map.low);
        assert_near(height_tone(&map, map.low), 0, 1e-12);
        assert_near(height_tone(&map, map.high), 1, 1e-12);
        double before = -1;
        for (double tone = -0.5; tone < 2; tone += 0.05) {
            double loss = height_loss(&map, tone);
            assert_near(height_tone(&map, loss), tone, 1e-6);
            if (tone > -0.5) assert_true(loss > before);
            before = loss;
        }
        assert_true(isnan(height_tone(&map, NAN)));
    }
}

static void fits_the_bulk(void **state) {
    double losses[1000];
    for (int i = 0; i < 1000; i++) losses[i] = i / 999.0;
    struct height_map map = height_map_fit(HEIGHT_LINEAR, losses, 1000);
    assert_near(map.low, 0, 0);
    assert_near(map.high, 1, 0);
    losses[999] = 1e6; /* one wall */
    map = height_map_fit(HEIGHT_LINEAR, losses, 1000);
    assert_true(map.high < 1.5);
    map = height_map_fit(HEIGHT_LOG, losses, 1000);
    assert_near(map.high, 1e6, 0);
    /* Nothing to go by, nothing that varies, only holes: still a usable map. */
    map = height_map_fit(HEIGHT_LOG, NULL, 0);
    assert_true(isfinite(height_tone(&map, 0.5)));
    for (int i = 0; i < 1000; i++) losses[i] = 3;
    map = height_map_fit(HEIGHT_LINEAR, losses, 1000);
    assert_near(height_tone(&map, 3), 0.5, 1e-12);
    for (int i = 0; i < 1000; i++) losses[i] = i % 2 ? NAN : -INFINITY;
    map = height_map_fit(HEIGHT_LOG, losses, 1000);
    assert_true(map.high > map.low && map.knee > 0);
}

static void logarithm_opens_the_valley(void **state) {
    double losses[10000]; /* a narrow quadratic valley */
    for (int i = 0; i < 10000; i++) losses[i] = 100 * pow((i - 5000) / 5000.0, 2);
    struct height_map map = height_map_fit(HEIGHT_LOG, losses, 10000);
    assert_true(height_tone(&map, 1) > 0.2);
    assert_true(height_tone(&map, 1) < 0.9);
}

static void ticks_are_round(void **state) {
    double out[20];
    assert_int_equal(ticks_linear(-2, 2, 5, out, 20), 5);
    for (int i = 0; i < 5; i++) assert_true(out[i] == -2 + i);
    int count = ticks_linear(0, 1, 5, out, 20);
    assert_int_equal(count, 6);
    assert_true(out[3] == 0.6);
    assert_false(signbit(out[0]));
    count = ticks_linear(-0.3, 0.31, 6, out, 20);
    for (int i = 0; i < count; i++) assert_true(out[i] == 0 ? !signbit(out[i]) : true);
    assert_int_equal(ticks_linear(1, 1, 5, out, 20), 0);
    assert_int_equal(ticks_linear(NAN, 1, 5, out, 20), 0);
    assert_int_equal(ticks_linear(0, INFINITY, 5, out, 20), 0);
    struct random random = random_seeded(3, 0);
    for (int i = 0; i < 5000; i++) {
        double low = random_uniform(&random, -1, 1) * pow(10, random_uniform(&random, -9, 9));
        double high = low + fabs(low) * pow(10, random_uniform(&random, -3, 6)) + 1e-12;
        int want = 2 + i % 9, most = 3 + i % 17;
        count = ticks_linear(low, high, want, out, most);
        assert_true(count >= 0 && count <= most && count <= 1.5 * want + 1);
        if (most >= want + 1) assert_true(count >= want / 3);
        double room = 1e-6 * (high - low);
        for (int k = 0; k < count; k++) {
            assert_true(out[k] >= low - room && out[k] <= high + room);
            if (k > 1) assert_near((out[k] - out[k - 1]) / (out[1] - out[0]), 1, 1e-4);
        }
        if (count > 1) { /* 1, 2 or 5 times a power of ten */
            double step = out[1] - out[0], lead = step / pow(10, floor(log10(step) + 1e-6));
            assert_true(fabs(lead - 1) < 1e-3 || fabs(lead - 2) < 1e-3 || fabs(lead - 5) < 1e-3);
        }
    }
}

static void height_ticks_spread_and_read_well(void **state) {
    double losses[2000], out[12];
    struct random random = random_seeded(4, 0);
    for (int trial = 0; trial < 300; trial++) {
        double scale = pow(10, random_uniform(&random, -4, 5)),
               shift = trial % 3 ? 0 : random_uniform(&random, -3, 3) * scale;
        for (int i = 0; i < 2000; i++) losses[i] = shift + scale * pow(i / 1999.0, 4);
        struct height_map map = height_map_fit(HEIGHT_LOG, losses, 2000);
        int count = ticks_height(&map, 6, out, 12);
        assert_true(count >= 4 && count <= 7);
        for (int i = 0; i < count; i++) {
            double tone = height_tone(&map, out[i]);
            assert_true(tone >= -1e-9 && tone <= 1 + 1e-9);
            if (i > 0) assert_true(tone - height_tone(&map, out[i - 1]) > 0.07);
            if (shift != 0) continue; /* ticks around a large base need as many digits as it takes to tell them apart */
            char text[64];
            snprintf(text, sizeof text, "%.4g", out[i]); /* few digits say it */
            assert_near(strtod(text, NULL), out[i], 1e-9);
        }
    }
    struct height_map map = {.mapping = HEIGHT_LOG, .low = 0, .high = 2500, .knee = 0.5};
    int count = ticks_height(&map, 6, out, 12);
    assert_true(out[0] == 0 && count >= 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inverts_heights),
        cmocka_unit_test(fits_the_bulk),
        cmocka_unit_test(logarithm_opens_the_valley),
        cmocka_unit_test(ticks_are_round),
        cmocka_unit_test(height_ticks_spread_and_read_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
