/* Claims: relations between formulas of measures. The formulas are the program's own (objective_create_expression). */
#include "lesson/lesson_parts.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const claim_judges[3] = {"all", "most", "median"};
enum { JUDGE_ALL, JUDGE_MOST, JUDGE_MEDIAN };
/* ---- reading
 * ----------------------------------------------------------------------------------------------------------- */

/* The next relation at or after `at`; its length, or 0 when there is none. */
static size_t find_relation(const char *at, size_t *where, enum relation *relation) {
    *where = strcspn(at, "<>=");
    const char *sign = at + *where;
    if (!*sign) return 0;
    bool wide = *sign != '=' && sign[1] == '=';
    *relation = *sign == '<'   ? wide ? RELATION_LESS_EQUAL : RELATION_LESS
                : *sign == '>' ? wide ? RELATION_MORE_EQUAL : RELATION_MORE
                               : RELATION_EQUAL;
    return wide ? 2 : 1;
}

static int find_measure(const struct lesson *lesson, const char *name) {
    for (int m = 0; m < lesson->measure_count; m++)
        if (strcmp(lesson->measures[m].name, name) == 0) return m;
    return -1;
}

static bool read_side(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *scalar, const char *whole,
                      size_t from, size_t length, struct side *side) {
    char text[512], names[EXPRESSION_MAX_VARIABLES][EXPRESSION_NAME];
    while (length > 0 && whole[from] == ' ') from++, length--;
    while (length > 0 && whole[from + length - 1] == ' ') length--;
    if (length == 0 || length >= sizeof text)
        return yaml_fail_inside(tree, scalar, (int)from + 1,
                                "a side of this claim is %s; \"a < b\" or \"a = b ± 1e-6\" is right",
                                length == 0 ? "empty" : "too long");
    memcpy(text, whole + from, length);
    text[length] = '\0';
    side->text = mem_copy_text(text);
    int count = expression_names(text, names, EXPRESSION_MAX_VARIABLES);
    if (count > EXPRESSION_MAX_VARIABLES - EXPRESSION_MIN_VARIABLES)
        return yaml_fail_inside(tree, scalar, (int)from + 1,
                                "a side of this claim names %d measures; at most %d are right", count,
                                EXPRESSION_MAX_VARIABLES - EXPRESSION_MIN_VARIABLES);
    const char *variables[EXPRESSION_MAX_VARIABLES];
    for (int i = 0; i < count; i++) {
        side->names[i] = find_measure(lesson, names[i]);
        variables[i] = names[i];
        if (side->names[i] >= 0) continue;
        const char *known[LESSON_MAX_MEASURES], *place = strstr(text, names[i]);
        for (int m = 0; m < lesson->measure_count; m++) known[m] = lesson->measures[m].name;
        const char *near = text_nearest(names[i], known, (size_t)lesson->measure_count);
        int column = (int)(from + (size_t)(place ? place - text : 0)) + 1;
        if (near)
            return yaml_fail_inside(tree, scalar, column, "there is no measure \"%s\"; did you mean %s?", names[i],
                                    near);
        return yaml_fail_inside(tree, scalar, column, "there is no measure \"%s\"; `measure:` has to name it",
                                names[i]);
    }
    side->name_count = count;
    static const char *const filling[] = {"unused_1", "unused_2"}; /* a formula has two variables or more */
    while (count < EXPRESSION_MIN_VARIABLES) {
        variables[count] = filling[count];
        side->names[count++] = -1;
    }
    struct error error = {0};
    int column = 0;
    const struct expression_params params = {.text = text, .variables = variables, .variable_count = count};
    side->objective = objective_create_expression(&params, &column, &error);
    return side->objective ||
           yaml_fail_inside(tree, scalar, (int)from + (column > 0 ? column : 1), "%s", error.message);
}

static bool read_all(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *scalar, const char *text,
                     struct claim *claim) {
    size_t length = strlen(text), from = 0, end = length;
    const char *within = strstr(text, "±");
    size_t sign = strlen("±");
    if (!within && (within = strstr(text, "+-"))) sign = 2;
    if (within) {
        char *rest;
        claim->tolerance = strtod(within + sign, &rest);
        while (*rest == ' ') rest++;
        if (*rest || !(claim->tolerance >= 0))
            return yaml_fail_inside(tree, scalar, (int)(within - text) + 1,
                                    "± is followed by no number; \"a = b ± 1e-6\" is right");
        end = (size_t)(within - text);
    }
    char *body = mem_copy_text(text);
    body[end] = '\0';
    bool good = true, equal = false;
    for (;;) {
        size_t where;
        enum relation relation = RELATION_LESS;
        size_t width = find_relation(body + from, &where, &relation);
        good = read_side(tree, lesson, scalar, body, from, where, &claim->sides[claim->side_count]);
        if (!good) break;
        claim->side_count++;
        if (width == 0) break;
        if (claim->side_count == SIDES_MAX) {
            good = yaml_fail_inside(tree, scalar, (int)(from + where) + 1, "a claim has at most %d sides", SIDES_MAX);
            break;
        }
        claim->relations[claim->side_count - 1] = relation;
        equal |= relation == RELATION_EQUAL;
        from += where + width;
    }
    free(body);
    if (good && claim->side_count < 2)
        good = yaml_fail(tree, scalar, "this claims nothing; \"a < b\" or \"a = b ± 1e-6\" is right");
    if (good && equal && !within)
        good = yaml_fail(tree, scalar, "= between measured figures needs to say how nearly; \"a = b ± 1e-6\" is right");
    if (good && within && !equal)
        good = yaml_fail_inside(tree, scalar, (int)(within - text) + 1, "± belongs to =; < and > are exact");
    return good;
}

struct claim *claim_read(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *scalar, int judge) {
    const char *text;
    if (!yaml_text(tree, scalar, "a claim", &text)) return NULL;
    struct claim *claim = MEM_NEW(struct claim, 1);
    claim->judge = judge;
    if (!read_all(tree, lesson, scalar, text, claim)) claim_destroy(&claim);
    return claim;
}

void claim_destroy(struct claim **claim) {
    if (!claim || !*claim) return;
    for (int i = 0; i < SIDES_MAX; i++) {
        objective_destroy(&(*claim)->sides[i].objective);
        free((*claim)->sides[i].text);
    }
    free(*claim);
    *claim = NULL;
}

bool claim_names(const struct claim *claim, int measure) {
    for (int i = 0; i < claim->side_count; i++)
        for (int k = 0; k < claim->sides[i].name_count; k++)
            if (claim->sides[i].names[k] == measure) return true;
    return false;
}

/* ---- judging
 * ------------------------------------------------------------------------------------------------------------ */

static int compare_numbers(const void *a, const void *b) {
    double one = *(const double *)a, other = *(const double *)b;
    return one < other ? -1 : one > other;
}

double values_median(const double *values, int count) {
    double sorted[LESSON_MAX_SEEDS];
    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare_numbers);
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

void values_text(const double *values, int count, int digits, char *out, size_t size) {
    char middle[NUMBER_TEXT], low[NUMBER_TEXT], high[NUMBER_TEXT];
    if (count == 1) {
        snprintf(out, size, "%s", number_text(values[0], digits, middle));
        return;
    }
    double least = INFINITY, most = -INFINITY;
    for (int i = 0; i < count; i++) {
        least = fmin(least, values[i]);
        most = fmax(most, values[i]);
    }
    int few = digits < 3 ? digits : 3; /* between seeds more would be noise */
    number_text(values_median(values, count), few, middle);
    number_text(least, few, low);
    number_text(most, few, high);
    if (strcmp(low, high) == 0)
        snprintf(out, size, "%s", number_text(values_median(values, count), digits, middle));
    else
        snprintf(out, size, "%s (%s … %s)", middle, low, high);
}

/* Seconds in the unit one would say them in. */
static void seconds_text(double seconds, char *out, size_t size) {
    static const struct {
        double seconds;
        const char *name;
    } units[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}, {1e-9, "ns"}};
    char number[NUMBER_TEXT];
    size_t unit = 0;
    while (unit + 1 < sizeof units / sizeof *units && fabs(seconds) < units[unit].seconds) unit++;
    snprintf(out, size, "%s\u00A0%s", number_text(seconds / units[unit].seconds, 3, number), units[unit].name);
}

void measure_text(const struct measure *measure, const double *values, char *out, size_t size) {
    if (reading_is_of_time(measure->reading) && isfinite(values_median(values, measure->seeds)))
        seconds_text(values_median(values, measure->seeds), out, size);
    else
        values_text(values, measure->seeds, 4, out, size);
}

double side_value(const struct side *side, const struct lesson *lesson, double *const *values, int trial) {
    double theta[EXPRESSION_MAX_VARIABLES] = {0};
    for (int i = 0; i < side->name_count; i++) {
        int seeds = lesson->measures[side->names[i]].seeds;
        const double *own = values[side->names[i]];
        theta[i] = trial < 0 ? values_median(own, seeds) : own[seeds > 1 ? trial : 0];
    }
    struct evaluator *evaluator = evaluator_create(side->objective);
    double value = evaluator_loss(evaluator, theta, NULL);
    evaluator_destroy(&evaluator);
    return value;
}

static bool holds_in(const struct claim *claim, const struct lesson *lesson, double *const *values, int trial) {
    double before = side_value(&claim->sides[0], lesson, values, trial);
    for (int i = 1; i < claim->side_count; i++) {
        double after = side_value(&claim->sides[i], lesson, values, trial);
        bool holds = false;
        switch (claim->relations[i - 1]) {
        case RELATION_LESS: holds = before < after; break;
        case RELATION_LESS_EQUAL: holds = before <= after; break;
        case RELATION_MORE: holds = before > after; break;
        case RELATION_MORE_EQUAL: holds = before >= after; break;
        case RELATION_EQUAL: holds = fabs(before - after) <= claim->tolerance; break;
        }
        if (!holds) return false;
        before = after;
    }
    return true;
}

void claim_judge(const struct claim *claim, const struct lesson *lesson, double *const *values,
                 struct claim_result *result) {
    int trials = 1, good = 0;
    struct text measured = {0};
    for (int m = 0; m < lesson->measure_count; m++) {
        if (!claim_names(claim, m)) continue;
        int seeds = lesson->measures[m].seeds;
        if (seeds > 1) trials = trials > 1 && seeds > trials ? trials : seeds; /* as many as all have */
        char own[160];
        values_text(values[m], seeds, 6, own, sizeof own);
        text_format(&measured, "%s%s %s", measured.length ? ", " : "", lesson->measures[m].name, own);
    }
    for (int trial = 0; trial < trials; trial++) good += holds_in(claim, lesson, values, trial);
    result->holds = claim->judge == JUDGE_MEDIAN ? holds_in(claim, lesson, values, -1)
                    : claim->judge == JUDGE_MOST ? 2 * good > trials
                                                 : good == trials;
    result->seeds = trials;
    result->good = good;
    snprintf(result->measured, sizeof result->measured, "%s", measured.bytes ? measured.bytes : "");
    text_clear(&measured);
    char *figures = claim_figures(lesson, claim, values, trials);
    snprintf(result->figures, sizeof result->figures, "%s", figures);
    free(figures);
    result->done = true;
}
