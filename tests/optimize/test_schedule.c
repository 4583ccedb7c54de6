/* Schedules against torch.optim.lr_scheduler (oracle_optimizers.py). */
#include "optimize/optimize.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static enum schedule_kind find_kind(const char *name) {
    size_t count;
    const char *const *names = schedule_names(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) return (enum schedule_kind)i;
    fail_msg("there is no schedule %s", name);
    return SCHEDULE_CONSTANT;
}

/* "NAME WARMUP TOTAL STEP_SIZE GAMMA END = FACTOR FACTOR …" */
static void factors_equal_pytorch(void **state) {
    FILE *file = fopen(FIXTURES "/optimize/schedules.txt", "r");
    assert_non_null(file);
    char line[4096], name[32];
    int schedules = 0;
    while (fgets(line, sizeof line, file)) {
        struct schedule s = {0};
        long warmup, total, step_size;
        assert_int_equal(sscanf(line, "%31s %ld %ld %ld %lf %lf", name, &warmup, &total, &step_size, &s.gamma, &s.end),
                         6);
        s.kind = find_kind(name), s.warmup = warmup, s.total = total, s.step_size = step_size;
        char *next = strchr(line, '=') + 1, *end;
        int64_t step = 0;
        for (double expected; expected = strtod(next, &end), end != next; next = end, step++)
            assert_near(schedule_factor(&s, step), expected, 1e-13);
        assert_int_equal(step, 40);
        schedules++;
    }
    fclose(file);
    assert_int_equal(schedules, 11);
}

static void ends_are_kept(void **state) {
    struct schedule zero = {0};
    assert_true(schedule_factor(&zero, 0) == 1 && schedule_factor(&zero, 1000) == 1);
    struct schedule cosine = {.kind = SCHEDULE_COSINE, .warmup = 10, .total = 50, .end = 0.25};
    assert_true(schedule_factor(&cosine, 50) == 0.25);
    assert_true(schedule_factor(&cosine, 5000) == 0.25); /* it does not rise again */
    struct schedule linear = {.kind = SCHEDULE_LINEAR, .total = 20, .end = 0.125};
    assert_true(schedule_factor(&linear, 20) == 0.125 && schedule_factor(&linear, 21) == 0.125);
    struct schedule all_warmup = {.kind = SCHEDULE_COSINE, .warmup = 10, .total = 10, .end = 0.5};
    assert_true(schedule_factor(&all_warmup, 9) == 1 && schedule_factor(&all_warmup, 10) == 0.5);
    struct schedule no_size = {.kind = SCHEDULE_STEP, .gamma = 0.1};
    assert_true(schedule_factor(&no_size, 100) == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factors_equal_pytorch),
        cmocka_unit_test(ends_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
