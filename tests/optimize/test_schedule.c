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

static void read_option(struct schedule *s, const char *name, char *value) {
    double number = strtod(value, NULL);
    if (strcmp(name, "warmup") == 0)
        s->warmup = (int64_t)number;
    else if (strcmp(name, "total") == 0)
        s->total = (int64_t)number;
    else if (strcmp(name, "step_size") == 0)
        s->step_size = (int64_t)number;
    else if (strcmp(name, "gamma") == 0)
        s->gamma = number;
    else if (strcmp(name, "end") == 0)
        s->end = number;
    else if (strcmp(name, "power") == 0)
        s->power = number;
    else if (strcmp(name, "period") == 0)
        s->period = (int64_t)number;
    else if (strcmp(name, "period_factor") == 0)
        s->period_factor = (int64_t)number;
    else if (strcmp(name, "pct_start") == 0)
        s->pct_start = number;
    else if (strcmp(name, "div_factor") == 0)
        s->div_factor = number;
    else if (strcmp(name, "final_div_factor") == 0)
        s->final_div_factor = number;
    else if (strcmp(name, "anneal_linear") == 0)
        s->anneal_linear = number != 0;
    else if (strcmp(name, "three_phase") == 0)
        s->three_phase = number != 0;
    else if (strcmp(name, "lr") == 0)
        s->lr = number;
    else if (strcmp(name, "factor") == 0)
        s->factor = number;
    else if (strcmp(name, "patience") == 0)
        s->patience = (int64_t)number;
    else if (strcmp(name, "threshold") == 0)
        s->threshold = number;
    else if (strcmp(name, "threshold_mode") == 0)
        s->threshold_absolute = strcmp(value, "abs") == 0;
    else if (strcmp(name, "cooldown") == 0)
        s->cooldown = (int64_t)number;
    else if (strcmp(name, "min_lr") == 0)
        s->min_lr = number;
    else if (strcmp(name, "eps") == 0)
        s->eps = number;
    else if (strcmp(name, "milestones") == 0)
        for (char *end; *value; value = *end == ',' ? end + 1 : end)
            s->milestones[s->milestone_count++] = strtol(value, &end, 10);
    else
        fail_msg("there is no option %s", name);
}

/* "NAME OPTION=VALUE … = FACTOR FACTOR …" */
static void factors_equal_pytorch(void **state) {
    FILE *file = fopen(FIXTURES "/optimize/schedules.txt", "r");
    assert_non_null(file);
    char line[4096];
    int schedules = 0;
    bool seen[32] = {false};
    while (fgets(line, sizeof line, file)) {
        char *factors = strstr(line, " = "), *rest = NULL;
        *factors = '\0';
        struct schedule s = {.kind = find_kind(strtok_r(line, " ", &rest))};
        seen[s.kind] = true;
        for (char *option; (option = strtok_r(NULL, " ", &rest));) {
            char *equals = strchr(option, '=');
            *equals = '\0';
            read_option(&s, option, equals + 1);
        }
        char *next = factors + 3, *end;
        int64_t step = 0;
        for (double expected; expected = strtod(next, &end), end != next; next = end, step++)
            assert_near(schedule_factor(&s, step), expected, 1e-13);
        assert_int_equal(step, 40);
        schedules++;
    }
    fclose(file);
    assert_int_equal(schedules, 23);
    size_t count;
    const char *const *names = schedule_names(&count);
    for (size_t i = 0; i < count; i++)
        if (!seen[i] && i != SCHEDULE_PLATEAU) /* which has a file of its own */
            fail_msg("oracle_optimizers.py has no %s", names[i]);
}

/* "plateau OPTION=VALUE … = LOSS FACTOR LOSS FACTOR …", twice, begun anew. */
static void plateau_equals_pytorch(void **state) {
    FILE *file = fopen(FIXTURES "/optimize/plateau.txt", "r");
    assert_non_null(file);
    static char line[1 << 14];
    int cases = 0;
    while (fgets(line, sizeof line, file)) {
        char *pairs = strstr(line, " = "), *rest = NULL;
        *pairs = '\0';
        struct schedule s = {.kind = find_kind(strtok_r(line, " ", &rest)),
                             .factor = 0.1,
                             .patience = 10,
                             .threshold = 1e-4,
                             .eps = 1e-8};
        for (char *option; (option = strtok_r(NULL, " ", &rest));) {
            char *equals = strchr(option, '=');
            *equals = '\0';
            read_option(&s, option, equals + 1);
        }
        assert_true(schedule_watches(&s));
        for (int turn = 0; turn < 2; turn++) {
            struct schedule_state memory;
            schedule_begin(&s, &memory);
            char *next = pairs + 3, *end;
            int64_t step = 0;
            for (double loss; loss = strtod(next, &end), end != next; next = end, step++) {
                double factor = strtod(end, &end);
                assert_near(schedule_next(&s, &memory, step, loss), factor, 1e-13);
            }
            assert_int_equal(step, 120);
        }
        cases++;
    }
    fclose(file);
    assert_int_equal(cases, 7);
    struct schedule cosine = {.kind = SCHEDULE_COSINE, .total = 40, .warmup = 5}; /* the others take no notice */
    struct schedule_state memory;
    schedule_begin(&cosine, &memory);
    for (int step = 0; step < 50; step++)
        assert_true(schedule_next(&cosine, &memory, step, 1) == schedule_factor(&cosine, step));
    assert_false(schedule_watches(&cosine));
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
    struct schedule polynomial = {.kind = SCHEDULE_POLYNOMIAL, .total = 20, .power = 2};
    assert_true(schedule_factor(&polynomial, 20) == 0 && schedule_factor(&polynomial, 2000) == 0);
    struct schedule cycle = {.kind = SCHEDULE_ONE_CYCLE, .total = 20, .div_factor = 4, .final_div_factor = 2};
    assert_true(schedule_factor(&cycle, 19) == 0.125 && schedule_factor(&cycle, 500) == 0.125);
    struct schedule short_cycle = {.kind = SCHEDULE_ONE_CYCLE, .total = 2, .pct_start = 0.5};
    assert_true(isfinite(schedule_factor(&short_cycle, 0)));
    struct schedule no_period = {.kind = SCHEDULE_COSINE_RESTARTS, .end = 0.5};
    assert_true(schedule_factor(&no_period, 100) == 1);
    struct schedule long_periods = {.kind = SCHEDULE_COSINE_RESTARTS, .period = 1, .period_factor = 1000};
    assert_true(schedule_factor(&long_periods, 1000000000) > 0);
    struct schedule no_size = {.kind = SCHEDULE_STEP, .gamma = 0.1};
    assert_true(schedule_factor(&no_size, 100) == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factors_equal_pytorch),
        cmocka_unit_test(plateau_equals_pytorch),
        cmocka_unit_test(ends_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
