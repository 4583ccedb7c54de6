/* What a measure is, read from YAML: {loss: end, of: saddle, run: sgd}. */
#include "lesson/lesson_parts.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const reading_names[READING_COUNT] = {
    "loss",
    "batch_loss",
    "gradient",
    "rate",
    "validation",
    "test",
    "evaluations",
    "theta",
    "sigma",
    "movement",
    "steps_to",
    "diverged",
    "direction_variance",
    "turns",
    "seconds_per_step",
    "seconds_per_epoch",
    "point_loss",
    "point_gradient",
    "eigenvalue",
    "index",
    "degenerate",
    "condition",
    "sharpness",
    "escape",
    "test_shift",
    "slice_loss",
    "slice_test",
    "taylor_error",
    "accuracy",
    "test_accuracy",
    "batch_dependence",
    "evaluation_dependence",
    "gradient_error",
    "random_falls",
    "hessian_falls",
    "saddle_index",
    "saddle_gradient",
    "line_turns",
    "basin_share",
    "least_squares",
    "minimum_ratio",
    "ratio_gradient",
    "ratio_trend",
    "basin_difference",
    "update_seconds",
};

bool reading_needs_run(const struct measure *measure) {
    if (measure->reading < READING_POINT_LOSS) return true;
    if (measure->reading >= READING_LEAST_SQUARES) return false;
    return measure->place.kind != PLACE_POINT;
}

bool reading_is_of_basins(enum reading reading) {
    return reading == READING_BASIN_SHARE || reading == READING_BASIN_DIFFERENCE;
}

bool reading_is_of_time(enum reading reading) {
    return reading == READING_SECONDS_PER_STEP || reading == READING_SECONDS_PER_EPOCH ||
           reading == READING_UPDATE_SECONDS;
}

static bool is_of_moment(enum reading reading) {
    return reading <= READING_MOVEMENT;
}
static bool is_of_range(enum reading reading) {
    return reading == READING_DIRECTION_VARIANCE || reading == READING_TURNS;
}
static bool is_of_parameter(enum reading reading) {
    return reading == READING_THETA || reading == READING_SIGMA || reading == READING_TURNS;
}
static bool is_of_place(enum reading reading) {
    return reading >= READING_POINT_LOSS && reading < READING_LEAST_SQUARES;
}

/* ---- parts --------------------------------------------------------------------------------------------------------
 */

static bool read_step(struct yaml_tree *tree, const yaml_node_t *node, int64_t *step) {
    if (node->type == YAML_SCALAR_NODE && !yaml_is_number(tree, node)) {
        static const char *const words[] = {"start", "end"};
        size_t word;
        if (!yaml_choice(tree, node, "step", words, 2, &word)) return false;
        *step = word ? INT64_MAX : 0;
        return true;
    }
    return yaml_integer(tree, node, "step", 0, 1000000000, step);
}

static bool read_range(struct yaml_tree *tree, const yaml_node_t *node, struct moment *moment) {
    size_t count;
    if (!yaml_check_list(tree, node, "a range of steps", 2, 2, "[0, 100] or [10, end]", &count)) return false;
    if (!read_step(tree, yaml_item(tree, node, 0), &moment->from) ||
        !read_step(tree, yaml_item(tree, node, 1), &moment->to))
        return false;
    return moment->from < moment->to ||
           yaml_fail(tree, node, "this range of steps does not go forward; [0, 100] or [10, end] is right");
}

/* end, start, 120, or {max: [0, 100]}. */
static bool read_moment(struct yaml_tree *tree, const yaml_node_t *node, struct moment *moment) {
    static const char *const statistics[] = {"min", "max", "mean", "range", "deviation"};
    if (!yaml_is_mapping(node)) {
        moment->statistic = STATISTIC_AT;
        if (!read_step(tree, node, &moment->from)) return false;
        moment->to = moment->from;
        return true;
    }
    if (!yaml_check_mapping(tree, node, "a moment", statistics, 5)) return false;
    if (yaml_count(node) != 1)
        return yaml_fail(tree, node, "a moment is one of end, start, a step, or such as {max: [0, 100]}");
    const yaml_node_t *value, *key = yaml_pair(tree, node, 0, &value);
    size_t kind = 0;
    if (!yaml_choice(tree, key, "statistic", statistics, 5, &kind)) return false;
    moment->statistic = (enum statistic)(STATISTIC_LEAST + kind);
    return read_range(tree, value, moment);
}

static int find_optimizer(const struct experiment *experiment, const char *name) {
    for (int i = 0; i < experiment->optimizer_count; i++)
        if (strcasecmp(experiment->optimizers[i].label, name) == 0) return i;
    for (int i = 0; i < experiment->optimizer_count; i++)
        if (strcmp(optimizer_class_name(experiment->optimizers[i].class), name) == 0) return i;
    return -1;
}

static bool read_optimizer(struct yaml_tree *tree, const yaml_node_t *node, const char *name,
                           const struct lesson_experiment *of, int *optimizer) {
    *optimizer = find_optimizer(of->experiment, name);
    if (*optimizer >= 0) return true;
    const char *names[EXPERIMENT_MAX_OPTIMIZERS];
    for (int i = 0; i < of->experiment->optimizer_count; i++) names[i] = of->experiment->optimizers[i].label;
    return yaml_fail_name(tree, node, "optimizer", names, (size_t)of->experiment->optimizer_count);
}

/* [0, 0], start, end, end:NAME. */
static bool read_place(struct yaml_tree *tree, const yaml_node_t *node, const struct lesson_experiment *of,
                       struct measure *measure) {
    struct place *place = &measure->place;
    place->optimizer = measure->optimizer;
    if (yaml_is_list(node)) {
        int n = objective_dimension(of->experiment->objective);
        size_t count;
        if (!yaml_check_list(tree, node, "a place", (size_t)n, (size_t)n, "[0, 0]", &count)) return false;
        place->kind = PLACE_POINT;
        place->point = MEM_NEW(double, n);
        for (size_t i = 0; i < count; i++)
            if (!yaml_number(tree, yaml_item(tree, node, i), "a coordinate", -1e12, 1e12, &place->point[i]))
                return false;
        return true;
    }
    if (yaml_is_number(tree, node)) {
        place->kind = PLACE_STEP;
        return yaml_integer(tree, node, "step", 0, 1000000000, &place->step);
    }
    const char *text;
    if (!yaml_text(tree, node, "a place", &text)) return false;
    if (strcmp(text, "start") == 0) {
        place->kind = PLACE_START;
        return true;
    }
    place->kind = PLACE_END;
    if (strcmp(text, "end") == 0) return true;
    if (strncmp(text, "end:", 4) != 0)
        return yaml_fail(tree, node,
                         "\"%s\" is no place; start, end, end:NAME, a step or a point such as [0, 0] is right", text);
    return read_optimizer(tree, node, text + 4, of, &place->optimizer);
}

/* A parameter: its number from 0, a variable's name, or "1.weight[3]" of a network. */
static bool read_axis(struct yaml_tree *tree, const yaml_node_t *node, const struct experiment *experiment, int *axis) {
    int n = objective_dimension(experiment->objective);
    if (yaml_is_number(tree, node)) {
        int64_t value;
        if (!yaml_integer(tree, node, "axis", 0, n - 1, &value)) return false;
        *axis = (int)value;
        return true;
    }
    const char *text;
    if (!yaml_text(tree, node, "axis", &text)) return false;
    const struct layout_entry *entries;
    size_t count = objective_layout(experiment->objective, &entries);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(entries[i].name);
        if (strncmp(text, entries[i].name, length) != 0) continue;
        int index = 0;
        if (text[length] == '[') {
            char *end;
            long number = strtol(text + length + 1, &end, 10);
            if (*end != ']' || end[1] || number < 0 || number >= entries[i].size) continue;
            index = (int)number;
        } else if (text[length]) {
            continue;
        }
        *axis = entries[i].offset + index;
        return true;
    }
    return yaml_fail(tree, node, "there is no parameter \"%s\"; a number from 0 to %d or a name such as %s is right",
                     text, n - 1, count > 0 ? entries[0].name : "w1");
}

/* lowest, highest, or a number from 1, counted from the lowest. */
static bool read_which(struct yaml_tree *tree, const yaml_node_t *node, int n, int *which) {
    if (yaml_is_number(tree, node)) {
        int64_t k;
        if (!yaml_integer(tree, node, "eigenvalue", 1, n, &k)) return false;
        *which = (int)k - 1;
        return true;
    }
    static const char *const words[] = {"lowest", "highest"};
    size_t word;
    if (!yaml_choice(tree, node, "eigenvalue", words, 2, &word)) return false;
    *which = word ? -1 : 0;
    return true;
}

/* ---- the whole ------------------------------------------------------------------------------------------------------
 */

static const char *const qualifiers[] = {"of", "run", "when", "at", "axis", "seeds", "nets", "planes"};
enum { QUALIFIERS = sizeof qualifiers / sizeof *qualifiers };

static bool check_keys(struct yaml_tree *tree, const yaml_node_t *node, struct measure *measure,
                       const yaml_node_t **argument) {
    const char *keys[READING_COUNT + QUALIFIERS];
    memcpy(keys, reading_names, sizeof reading_names);
    memcpy(keys + READING_COUNT, qualifiers, sizeof qualifiers);
    if (!yaml_is_mapping(node))
        return yaml_fail(tree, node, "a measure is no mapping; such as {loss: end, of: saddle, run: sgd} is right");
    if (!yaml_check_mapping(tree, node, "a measure", keys, READING_COUNT + QUALIFIERS)) return false;
    *argument = NULL;
    for (int k = 0; k < READING_COUNT; k++) {
        const yaml_node_t *value = yaml_get(tree, node, reading_names[k]);
        if (!value) continue;
        if (*argument)
            return yaml_fail(tree, value, "a measure is of one thing; this one is of %s and %s",
                             reading_names[measure->reading], reading_names[k]);
        *argument = value;
        measure->reading = (enum reading)k;
    }
    return *argument || yaml_fail(tree, node, "this measure does not say of what; such as loss: end is right");
}

static bool read_experiment_name(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *measure,
                                 int *experiment) {
    const yaml_node_t *of = yaml_get(tree, measure, "of");
    if (!of) {
        *experiment = 0;
        return lesson->experiment_count == 1 ||
               yaml_fail(tree, measure, "this measure does not say of which experiment; such as of: %s is right",
                         lesson->experiment_count > 0 ? lesson->experiments[0].name : "saddle");
    }
    const char *names[LESSON_MAX_EXPERIMENTS];
    size_t choice;
    for (int i = 0; i < lesson->experiment_count; i++) names[i] = lesson->experiments[i].name;
    if (!yaml_choice(tree, of, "experiment", names, (size_t)lesson->experiment_count, &choice)) return false;
    *experiment = (int)choice;
    return true;
}

static bool read_qualifiers(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *node,
                            struct measure *measure) {
    const struct lesson_experiment *of = &lesson->experiments[measure->experiment];
    const yaml_node_t *run = yaml_get(tree, node, "run"), *seeds = yaml_get(tree, node, "seeds"),
                      *nets = yaml_get(tree, node, "nets"), *planes = yaml_get(tree, node, "planes"),
                      *axis = yaml_get(tree, node, "axis");
    const char *name;
    int64_t value;
    if (run && (!yaml_text(tree, run, "run", &name) || !read_optimizer(tree, run, name, of, &measure->optimizer)))
        return false;
    if (seeds) {
        if (!yaml_integer(tree, seeds, "seeds", 1, LESSON_MAX_SEEDS, &value)) return false;
        measure->seeds = (int)value;
    }
    if (nets) {
        if (!yaml_integer(tree, nets, "nets", 1, 1000, &value)) return false;
        measure->nets = (int)value;
    }
    if (planes) {
        if (!yaml_integer(tree, planes, "planes", 1, 1000, &value)) return false;
        measure->planes = (int)value;
    }
    bool wants_axis = is_of_parameter(measure->reading);
    if (axis && !wants_axis) return yaml_fail(tree, axis, "axis belongs to theta, sigma and turns");
    if (wants_axis && !axis)
        return yaml_fail(tree, node, "%s of which parameter? axis: 0 is right", reading_names[measure->reading]);
    return !axis || read_axis(tree, axis, of->experiment, &measure->axis);
}

bool measure_read(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *name, const yaml_node_t *node,
                  struct measure *measure) {
    *measure = (struct measure){.seeds = 1, .nets = 12, .planes = 20};
    const char *text;
    const yaml_node_t *argument = NULL;
    if (!yaml_text(tree, name, "a measure's name", &text)) return false;
    measure->name = mem_copy_text(text);
    if (strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != strlen(text) ||
        strlen(text) >= EXPRESSION_NAME || (*text >= '0' && *text <= '9'))
        return yaml_fail(tree, name, "a measure's name is letters, digits and _, a letter first; this is \"%s\"", text);
    if (!check_keys(tree, node, measure, &argument) ||
        !read_experiment_name(tree, lesson, node, &measure->experiment) ||
        !read_qualifiers(tree, lesson, node, measure))
        return false;
    const struct lesson_experiment *of = &lesson->experiments[measure->experiment];
    int n = objective_dimension(of->experiment->objective);
    int64_t value;
    if (is_of_moment(measure->reading)) return read_moment(tree, argument, &measure->moment);
    if (is_of_range(measure->reading)) return read_range(tree, argument, &measure->moment);
    if (measure->reading == READING_STEPS_TO)
        return yaml_number(tree, argument, "steps_to", -1e300, 1e300, &measure->threshold);
    if (measure->reading == READING_EIGENVALUE) {
        const yaml_node_t *at = yaml_get(tree, node, "at");
        if (!at) return yaml_fail(tree, node, "an eigenvalue where? at: [0, 0], at: start or at: end is right");
        return read_which(tree, argument, n, &measure->which) && read_place(tree, at, of, measure);
    }
    bool slice = measure->reading == READING_SLICE_LOSS || measure->reading == READING_SLICE_TEST;
    if (slice || measure->reading == READING_TAYLOR_ERROR || measure->reading == READING_TEST_SHIFT) {
        const yaml_node_t *at = yaml_get(tree, node, "at");
        if (!at) return yaml_fail(tree, node, "where? at: [0, 0], at: start or at: end is right");
        return yaml_number(tree, argument, reading_names[measure->reading], slice ? -1e9 : 1e-9, 1e9,
                           &measure->threshold) &&
               read_place(tree, at, of, measure);
    }
    if (reading_is_of_basins(measure->reading) && (!objective_is_expression(of->experiment->objective) || n != 2))
        return yaml_fail(tree, node, "%s is no formula of two variables, and basins are of those", of->name);
    if (measure->reading == READING_BASIN_SHARE && !yaml_is_list(argument))
        return yaml_fail(tree, argument, "basin_share is of a point; such as [3, 2] is right");
    if (is_of_place(measure->reading)) return read_place(tree, argument, of, measure);
    if (measure->reading == READING_BASIN_DIFFERENCE)
        return yaml_text(tree, argument, "an optimizer", &text) &&
               read_optimizer(tree, argument, text, of, &measure->against);
    if (measure->reading == READING_UPDATE_SECONDS) {
        if (objective_is_expression(of->experiment->objective))
            return yaml_fail(tree, node, "%s is a formula, which has no batches; an experiment with a network is right",
                             of->name);
        if (!yaml_integer(tree, argument, "update_seconds", 1, objective_samples(of->experiment->objective), &value))
            return false;
        measure->batch = (int)value;
        return true;
    }
    if (measure->reading == READING_MINIMUM_RATIO || measure->reading == READING_RATIO_GRADIENT) {
        static const char *const statistics[] = {"min", "max", "mean"};
        size_t statistic;
        if (!yaml_choice(tree, argument, "statistic over the nets", statistics, 3, &statistic)) return false;
        measure->moment.statistic = (enum statistic)(STATISTIC_LEAST + statistic);
        return true;
    }
    bool wanted = true;
    if (!yaml_flag(tree, argument, reading_names[measure->reading], &wanted)) return false;
    return wanted || yaml_fail(tree, argument, "%s: true is right", reading_names[measure->reading]);
}

int measure_of_slice(struct lesson *lesson, int experiment, int optimizer, bool test, double offset) {
    char name[NUMBER_TEXT + 64], number[NUMBER_TEXT];
    snprintf(name, sizeof name, "slice.%d.%d.%s.%s", experiment, optimizer, test ? "test" : "loss",
             number_exact(offset, number)); /* no name that a file could give */
    for (int m = 0; m < lesson->measure_count; m++)
        if (strcmp(lesson->measures[m].name, name) == 0) return m;
    if (lesson->measure_count == LESSON_MAX_MEASURES) return -1;
    lesson->measures[lesson->measure_count] =
        (struct measure){.name = mem_copy_text(name),
                         .reading = test ? READING_SLICE_TEST : READING_SLICE_LOSS,
                         .experiment = experiment,
                         .optimizer = optimizer,
                         .place = {.kind = PLACE_END, .optimizer = optimizer},
                         .threshold = offset,
                         .seeds = 1};
    return lesson->measure_count++;
}

void measure_release(struct measure *measure) {
    free(measure->name);
    free(measure->place.point);
    *measure = (struct measure){0};
}
