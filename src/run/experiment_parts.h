/* Inside run/: the parts an experiment is read in, one file each. Every reader fills its part of `experiment` and
 * returns false with the tree's error set. */
#pragma once

#include "run/run.h"
#include "base/yaml_tree.h"

/* What a recording knows better than the YAML it was made from: the very data and starts. */
struct experiment_stored {
    struct data
        *data; /* NULL for an expression; ownership stays with the caller until experiment_build takes it (sets NULL) */
    const double *starts; /* (start_count × n) or NULL: as the YAML says */
    int start_count, n;
};

struct experiment_reader {
    struct yaml_tree *tree;
    struct experiment *experiment;
    struct experiment_stored *stored; /* or NULL */
    struct data_reading *reading;     /* or NULL */
    enum precision precision;
};

enum {
    EXPERIMENT_MAX_PARAMETERS = 20000000,
    EXPERIMENT_MAX_STEPS = 1000000000,
};

/* experiment_parse with what a recording stored, and whoever watches its reading of data; both may be NULL. */
struct experiment *experiment_parse_stored(const char *text, size_t length, const char *path,
                                           struct experiment_stored *stored, struct data_reading *reading,
                                           struct error *error);

/* A file named in the experiment, taken from the experiment file's folder; freed by the caller. */
char *experiment_relative(const struct experiment *experiment, const char *file);

/* experiment_network.c: the root's "precision" (may be NULL); before the objective is read. */
bool experiment_read_precision(struct experiment_reader *reader, const yaml_node_t *node, bool network);
/* experiment_network.c and experiment_data.c: of the mapping `objective`, its "network" and its "data". */
bool experiment_read_network(struct experiment_reader *reader, const yaml_node_t *objective, const yaml_node_t *network);
bool experiment_read_data(struct experiment_reader *reader, const yaml_node_t *node, struct data **data,
                          struct augmentation *augmentation);
bool experiment_read_objective(struct experiment_reader *reader, const yaml_node_t *node);
bool experiment_read_starts(struct experiment_reader *reader, const yaml_node_t *node); /* NULL: the default start */
bool experiment_read_optimizers(struct experiment_reader *reader, const yaml_node_t *node); /* NULL: the usual four */
bool experiment_read_swarm(struct experiment_reader *reader, const yaml_node_t *node); /* NULL: none */
/* One optimizer mapping; `steps` is what its schedule lasts. Used for the recording's optimizer_json too. */
bool experiment_read_optimizer(struct yaml_tree *tree, const yaml_node_t *node, int64_t steps,
                               struct experiment_optimizer *optimizer);
/* sgd, momentum, rmsprop and adam with learning rates that suit the objective near its first start. */
void experiment_default_optimizers(struct experiment *experiment);

/* Variables of a formula: its names that are neither functions nor numbers it knows, nor `known` (constants); sorted as
 * people count (w2 before w10). Returns how many; names beyond EXPRESSION_MAX_VARIABLES are counted only. */
int formula_variables(const char *formula, const char *const *known, int known_count,
                      char *names[EXPRESSION_MAX_VARIABLES]);
