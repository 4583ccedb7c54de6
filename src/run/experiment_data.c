/* The data of a network in an experiment file. */
#include "base/memory.h"
#include "base/text.h"
#include "run/experiment_parts.h"

#include <stdlib.h>
#include <string.h>

bool experiment_read_data(struct experiment_reader *reader, const yaml_node_t *node, struct data **data) {
    struct yaml_tree *tree = reader->tree;
    static const char *const keys[] = {"name", "csv", "target", "samples", "noise", "classes", "seed", "raw"};
    if (!yaml_check_mapping(tree, node, "data", keys, 8)) return false;
    const yaml_node_t *name = yaml_get(tree, node, "name"), *csv = yaml_get(tree, node, "csv");
    const yaml_node_t *target = yaml_get(tree, node, "target"), *samples = yaml_get(tree, node, "samples");
    const yaml_node_t *noise = yaml_get(tree, node, "noise"), *seed = yaml_get(tree, node, "seed");
    const yaml_node_t *raw = yaml_get(tree, node, "raw"), *classes = yaml_get(tree, node, "classes");
    struct data_params params = {.noise = -1, .seed = 1};
    if (!name == !csv)
        return yaml_fail(
            tree, node,
            "data needs either \"name\" or \"csv\"; {name: spirals} or {csv: FILE, target: COLUMN} is right");
    if (name) {
        size_t choice;
        if (!yaml_choice(tree, name, "data set", data_names, data_name_count, &choice)) return false;
        params.name = data_names[choice];
        if (target) return yaml_fail(tree, target, "target belongs to a csv file; a named data set has its own");
    } else {
        if (!yaml_text(tree, csv, "csv", &params.csv)) return false;
        if (!target)
            return yaml_fail(
                tree, csv, "a csv file needs \"target\", the column to predict; {csv: FILE, target: COLUMN} is right");
        if (!yaml_text(tree, target, "target", &params.target)) return false;
        if (noise) return yaml_fail(tree, noise, "noise belongs to made data, not to a csv file");
        if (classes) return yaml_fail(tree, classes, "classes belongs to made data; those of a csv file are counted");
    }
    int64_t whole;
    if (samples) {
        if (!yaml_integer(tree, samples, "samples", 2, 1000000, &whole)) return false;
        params.samples = (int)whole;
    }
    if (noise && !yaml_number(tree, noise, "noise", 0, 1e6, &params.noise)) return false;
    if (classes) {
        if (!yaml_integer(tree, classes, "classes", 2, 10, &whole)) return false;
        params.classes = (int)whole;
    }
    if (seed) {
        if (!yaml_integer(tree, seed, "seed of the data", 0, INT64_MAX, &whole)) return false;
        params.seed = (uint64_t)whole;
    }
    if (raw && !yaml_flag(tree, raw, "raw", &params.raw)) return false;
    if (reader->stored && reader->stored->data) {
        *data = reader->stored->data;
        reader->stored->data = NULL;
        return true;
    }
    char *path = params.csv ? experiment_relative(reader->experiment, params.csv) : NULL;
    params.csv = path;
    struct error own = {0};
    *data = data_create(&params, &own);
    if (!*data) { /* an error inside the CSV has its own place; any other is ours to place */
        if (own.kind == ERROR_INPUT && !(path && !strncmp(own.message, path, strlen(path))))
            yaml_fail(tree, node, "%s", own.message);
        else
            error_set(tree->error, own.kind, "%s", own.message);
    }
    reader->experiment->csv = path;
    return *data != NULL;
}
