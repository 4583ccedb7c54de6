/* The data of a network in an experiment file. */
#include "run/experiment_parts.h"

#include <stdlib.h>
#include <string.h>

/* ---- parts ---------------------------------------------------------------------------------------------------------
 */

static bool read_numbers(struct yaml_tree *tree, const yaml_node_t *node, const char *const *keys,
                         const double (*ranges)[2], double *const *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *value = yaml_get(tree, node, keys[i]);
        if (value && !yaml_number(tree, value, keys[i], ranges[i][0], ranges[i][1], values[i])) return false;
    }
    return true;
}

static bool read_shift(struct yaml_tree *tree, const yaml_node_t *node, struct data_shift *shift) {
    static const char *const keys[] = {"rotate", "scale", "offset", "noise"};
    static const double ranges[][2] = {{-360, 360}, {1e-3, 1e3}, {-1e6, 1e6}, {0, 1e3}};
    double *const values[] = {&shift->rotate, &shift->scale, &shift->offset, &shift->noise};
    return yaml_check_mapping(tree, node, "a shift of the test data", keys, 4) &&
           read_numbers(tree, node, keys, ranges, values, 4);
}

static bool read_augmentation(struct yaml_tree *tree, const yaml_node_t *node, struct augmentation *augmentation) {
    static const char *const keys[] = {"rotate", "zoom", "shift", "noise", "mirror", "upside_down"};
    static const double ranges[][2] = {{0, 180}, {0, 0.9}, {0, 1e3}, {0, 1e3}};
    double *const values[] = {&augmentation->rotate, &augmentation->zoom, &augmentation->shift, &augmentation->noise};
    if (!yaml_check_mapping(tree, node, "augmentation", keys, 6)) return false;
    const yaml_node_t *mirror = yaml_get(tree, node, "mirror"), *upside_down = yaml_get(tree, node, "upside_down");
    return read_numbers(tree, node, keys, ranges, values, 4) &&
           (!mirror || yaml_flag(tree, mirror, "mirror", &augmentation->mirror)) &&
           (!upside_down || yaml_flag(tree, upside_down, "upside_down", &augmentation->upside_down));
}

/* ---- sources -------------------------------------------------------------------------------------------------------
 */

enum { SOURCES = 4 };
static const char *const sources[SOURCES] = {"name", "csv", "npy", "idx"};

/* Exactly one source, and what belongs to it. */
static bool read_source(struct yaml_tree *tree, const yaml_node_t *node, struct data_params *params) {
    const yaml_node_t *target = yaml_get(tree, node, "target"), *source = NULL;
    size_t which = SOURCES, choice;
    for (size_t i = 0; i < SOURCES; i++) {
        if (!yaml_get(tree, node, sources[i])) continue;
        source = which == SOURCES ? yaml_get(tree, node, sources[i]) : NULL;
        which = i;
        if (!source) break;
    }
    if (!source)
        return yaml_fail(
            tree, node,
            "data needs either \"name\" or \"csv\"; {name: spirals} or {csv: FILE, target: COLUMN} is right");
    if (which == 0) {
        if (!yaml_choice(tree, source, "data set", data_names, data_name_count, &choice)) return false;
        params->name = data_names[choice];
        return !target || yaml_fail(tree, target, "target belongs to a csv file; a named data set has its own");
    }
    const char **const paths[SOURCES] = {NULL, &params->csv, &params->npy, &params->idx};
    const yaml_node_t *noise = yaml_get(tree, node, "noise"), *classes = yaml_get(tree, node, "classes");
    if (!yaml_text(tree, source, sources[which], paths[which])) return false;
    if (!target && which == 1)
        return yaml_fail(tree, source,
                         "a csv file needs \"target\", the column to predict; {csv: FILE, target: COLUMN} is right");
    if (!target && which == 3)
        return yaml_fail(
            tree, source,
            "an idx file needs \"target\", the file of its labels; {idx: IMAGES, target: LABELS} is right");
    if (target && !yaml_text(tree, target, "target", &params->target)) return false;
    if (noise)
        return yaml_fail(tree, noise, "noise belongs to made data, not to a%s %s file", which == 1 ? "" : "n",
                         sources[which]);
    if (classes)
        return yaml_fail(tree, classes, "classes belongs to made data; those of a%s %s file are counted",
                         which == 1 ? "" : "n", sources[which]);
    return true;
}

/* How many, which, and what becomes of them. */
static bool read_selection(struct yaml_tree *tree, const yaml_node_t *node, struct data_params *params) {
    const yaml_node_t *samples = yaml_get(tree, node, "samples"), *classes = yaml_get(tree, node, "classes");
    const yaml_node_t *noise = yaml_get(tree, node, "noise"), *seed = yaml_get(tree, node, "seed");
    const yaml_node_t *raw = yaml_get(tree, node, "raw"), *validation = yaml_get(tree, node, "validation");
    const yaml_node_t *test = yaml_get(tree, node, "test");
    int64_t whole;
    if (samples) {
        if (!yaml_integer(tree, samples, "samples", 2, 1000000, &whole)) return false;
        params->samples = (int)whole;
    }
    if (noise && !yaml_number(tree, noise, "noise", 0, 1e6, &params->noise)) return false;
    if (classes) {
        if (!yaml_integer(tree, classes, "classes", 2, 10, &whole)) return false;
        params->classes = (int)whole;
    }
    if (seed) {
        if (!yaml_integer(tree, seed, "seed of the data", 0, INT64_MAX, &whole)) return false;
        params->seed = (uint64_t)whole;
    }
    const yaml_node_t *folds = yaml_get(tree, node, "folds"), *fold = yaml_get(tree, node, "fold");
    if (fold && !folds)
        return yaml_fail(tree, fold, "fold says which of the \"folds\" validates; {folds: 5, fold: 0} is right");
    if (folds) {
        if (!yaml_integer(tree, folds, "folds", 2, 1000000, &whole)) return false;
        params->folds = (int)whole;
        if (fold && !yaml_integer(tree, fold, "fold", 0, whole - 1, &whole)) return false;
        params->fold = fold ? (int)whole : 0;
    }
    return (!raw || yaml_flag(tree, raw, "raw", &params->raw)) &&
           (!validation || yaml_number(tree, validation, "validation", 0, 0.99, &params->validation)) &&
           (!test || yaml_number(tree, test, "test", 0, 0.99, &params->test));
}

static bool create(struct experiment_reader *reader, const yaml_node_t *node, struct data_params *params,
                   struct data **data) {
    struct yaml_tree *tree = reader->tree;
    const char *file = params->csv ? params->csv : params->npy ? params->npy : params->idx;
    char *path = file ? experiment_relative(reader->experiment, file) : NULL, *target = NULL;
    if (params->csv) params->csv = path;
    if (params->npy) params->npy = path;
    if (params->idx) params->idx = path;
    if (params->target && !params->csv)
        params->target = target = experiment_relative(reader->experiment, params->target);
    struct error own = {0};
    params->reading = reader->reading;
    *data = data_create(params, &own);
    if (!*data) { /* an error inside a file has its own place; any other is ours to place */
        bool inside = (path && !strncmp(own.message, path, strlen(path))) ||
                      (target && !strncmp(own.message, target, strlen(target)));
        if (own.kind == ERROR_INPUT && !inside)
            yaml_fail(tree, node, "%s", own.message);
        else
            error_set(tree->error, own.kind, "%s", own.message);
    }
    reader->experiment->csv = path;
    free(target);
    return *data != NULL;
}

bool experiment_read_data(struct experiment_reader *reader, const yaml_node_t *node, struct data **data,
                          struct augmentation *augmentation) {
    struct yaml_tree *tree = reader->tree;
    static const char *const keys[] = {"name", "csv", "npy",        "idx",  "target", "samples", "noise", "classes",
                                       "seed", "raw", "validation", "test", "folds",  "fold",    "shift", "augment"};
    enum { KEYS = 16 };
    struct data_params params = {.noise = -1, .seed = 1};
    struct data_shift shift = {0};
    if (!yaml_check_mapping(tree, node, "data", keys, KEYS)) return false;
    const yaml_node_t *moved = yaml_get(tree, node, "shift"), *augment = yaml_get(tree, node, "augment");
    if (!read_source(tree, node, &params) || !read_selection(tree, node, &params)) return false;
    if (moved && !read_shift(tree, moved, &shift)) return false;
    if (augment && !read_augmentation(tree, augment, augmentation)) return false;
    if (moved) params.shift = &shift;
    if (reader->stored && reader->stored->data) {
        *data = reader->stored->data;
        reader->stored->data = NULL;
        return true;
    }
    return create(reader, node, &params, data);
}
