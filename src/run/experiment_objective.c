/* The objective of an experiment file: a formula with its domain, or a network with its data. */
#include "base/memory.h"
#include "base/text.h"
#include "run/experiment_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Activations of one pass over all the data, in float64s: 4 GiB. More would not fit beside the runs. */
static const int64_t NETWORK_MAX_ACTIVATIONS = (int64_t)1 << 29;

enum { MAX_CONSTANTS = EXPRESSION_MAX_CONSTANTS, MAX_LAYERS = 32 };

/* ---- formulas ---------------------------------------------------------------------------------------------------- */

struct formula_nodes {
    const yaml_node_t *expression, *variables, *constants, *domain;
};

static bool read_names(struct yaml_tree *tree, const yaml_node_t *node, char *names[], int *count) {
    size_t items;
    if (!yaml_check_list(tree, node, "variables", EXPRESSION_MIN_VARIABLES, EXPRESSION_MAX_VARIABLES, "[w1, w2]",
                         &items))
        return false;
    for (size_t i = 0; i < items; i++) {
        const char *name;
        if (!yaml_text(tree, yaml_item(tree, node, i), "a variable", &name)) return false;
        names[i] = mem_copy_text(name);
        *count = (int)i + 1;
    }
    return true;
}

static bool read_constants(struct yaml_tree *tree, const yaml_node_t *node, const char *names[], double values[],
                           int *count) {
    if (!yaml_is_mapping(node)) return yaml_fail(tree, node, "constants are names with numbers; such as {a: 1.5}");
    if (yaml_count(node) > MAX_CONSTANTS)
        return yaml_fail(tree, node, "there are %zu constants; at most %d are read", yaml_count(node), MAX_CONSTANTS);
    for (size_t i = 0; i < yaml_count(node); i++) {
        const yaml_node_t *value, *name = yaml_pair(tree, node, i, &value);
        if (!yaml_text(tree, name, "a constant's name", &names[i])) return false;
        struct text what = {0};
        text_format(&what, "constant %.40s", names[i]);
        bool good = yaml_number(tree, value, what.bytes, -1e300, 1e300, &values[i]);
        text_clear(&what);
        if (!good) return false;
        for (size_t k = 0; k < i; k++)
            if (!strcmp(names[k], names[i]))
                return yaml_fail(tree, name, "constant %s is given twice; once is right", names[i]);
        *count = (int)i + 1;
    }
    return true;
}

static bool read_range(struct yaml_tree *tree, const yaml_node_t *node, double range[2]) {
    size_t count;
    if (!yaml_check_list(tree, node, "a range of the domain", 2, 2, "[-2, 2]", &count)) return false;
    for (size_t i = 0; i < 2; i++)
        if (!yaml_number(tree, yaml_item(tree, node, i), i ? "upper end of the domain" : "lower end of the domain",
                         -1e12, 1e12, &range[i]))
            return false;
    /* A thinner one has no room for a grid of different float64s. */
    if (!(range[1] - range[0] > 1e-9 * fmax(fabs(range[0]), fabs(range[1])) && range[1] - range[0] > 1e-200))
        return yaml_fail(tree, node,
                         "the domain from %.15g to %.15g has no width; [low, high] with low below high is right",
                         range[0], range[1]);
    return true;
}

static bool read_domain(struct yaml_tree *tree, const yaml_node_t *node, double (*domain)[2], int n) {
    for (int i = 0; i < n; i++) {
        domain[i][0] = -2;
        domain[i][1] = 2;
    }
    if (!node) return true;
    if (!yaml_is_list(node)) return yaml_fail(tree, node, "domain is no list; [[-2, 2], [-2, 2]] is right");
    if (yaml_count(node) == 2 && yaml_is_number(tree, yaml_item(tree, node, 0))) { /* one range for every variable */
        if (!read_range(tree, node, domain[0])) return false;
        for (int i = 1; i < n; i++) memcpy(domain[i], domain[0], sizeof domain[0]);
        return true;
    }
    if (yaml_count(node) != (size_t)n)
        return yaml_fail(tree, node, "domain has %zu ranges for %d variables; one [low, high] for each is right",
                         yaml_count(node), n);
    for (int i = 0; i < n; i++)
        if (!read_range(tree, yaml_item(tree, node, (size_t)i), domain[i])) return false;
    return true;
}

/* The formula's own errors carry a byte column, said once: as the place in the file. Those about names stand where the
 * names do. */
static bool fail_formula(struct yaml_tree *tree, const struct formula_nodes *nodes, int column, struct error *own) {
    char phrase[40];
    snprintf(phrase, sizeof phrase, " at column %d", column);
    char *said = strstr(own->message, phrase), *rest = said ? said + strlen(phrase) : NULL;
    if (said && !(*rest >= '0' && *rest <= '9')) memmove(said, rest, strlen(rest) + 1);
    if (column > 0) return yaml_fail_inside(tree, nodes->expression, column, "%s", own->message);
    const yaml_node_t *at = nodes->expression;
    if (nodes->constants && strstr(own->message, "constant"))
        at = nodes->constants;
    else if (nodes->variables && strstr(own->message, "variable"))
        at = nodes->variables;
    return yaml_fail(tree, at, "%s", own->message);
}

static bool read_formula(struct experiment_reader *reader, const struct formula_nodes *nodes) {
    struct yaml_tree *tree = reader->tree;
    struct experiment *e = reader->experiment;
    const char *text, *constants[MAX_CONSTANTS];
    double values[MAX_CONSTANTS];
    char *variables[EXPRESSION_MAX_VARIABLES] = {0};
    int constant_count = 0, n = 0;
    if (!yaml_text(tree, nodes->expression, "expression", &text)) return false;
    if (nodes->constants && !read_constants(tree, nodes->constants, constants, values, &constant_count)) return false;

    bool good = true;
    if (nodes->variables) {
        good = read_names(tree, nodes->variables, variables, &n);
    } else {
        n = formula_variables(text, constants, constant_count, variables);
        if (n < EXPRESSION_MIN_VARIABLES || n > EXPRESSION_MAX_VARIABLES) {
            good = yaml_fail(tree, nodes->expression,
                             "the formula names %d variables; %d to %d are right, or say variables: "
                             "[w1, w2]",
                             n, EXPRESSION_MIN_VARIABLES, EXPRESSION_MAX_VARIABLES);
            n = n > EXPRESSION_MAX_VARIABLES ? EXPRESSION_MAX_VARIABLES : n;
        }
    }
    if (good) {
        struct expression_params params = {.text = text,
                                           .variables = (const char *const *)variables,
                                           .variable_count = n,
                                           .constants = constants,
                                           .constant_values = values,
                                           .constant_count = constant_count};
        struct error own = {0};
        int column = 0;
        e->objective = objective_create_expression(&params, &column, &own);
        if (!e->objective) good = fail_formula(tree, nodes, column, &own);
    }
    if (!good) {
        for (int i = 0; i < n; i++) free(variables[i]);
        return false;
    }
    e->formula = mem_copy_text(text);
    e->variables = MEM_NEW(char *, n);
    memcpy(e->variables, variables, (size_t)n * sizeof *variables);
    e->domain = mem_zalloc((size_t)n, sizeof *e->domain);
    return read_domain(tree, nodes->domain, e->domain, n);
}

/* ---- networks ---------------------------------------------------------------------------------------------------- */

static bool read_data(struct experiment_reader *reader, const yaml_node_t *node, struct data **data) {
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

static bool check_network_size(struct yaml_tree *tree, const yaml_node_t *node, const int *layers, int count,
                               int samples) {
    int64_t parameters = 0, activations = 0;
    for (int i = 0; i < count; i++) activations += (int64_t)layers[i] * samples;
    for (int i = 0; i + 1 < count; i++) parameters += (int64_t)layers[i + 1] * (layers[i] + 1);
    if (parameters > EXPERIMENT_MAX_PARAMETERS)
        return yaml_fail(tree, node, "this network has %lld parameters; at most %d are trained here",
                         (long long)parameters, EXPERIMENT_MAX_PARAMETERS);
    if (activations > NETWORK_MAX_ACTIVATIONS)
        return yaml_fail(
            tree, node,
            "this network on %d samples needs %.0f GiB for each run; smaller layers or fewer samples are right",
            samples, (double)activations * 8 / (1 << 30));
    return true;
}

static bool read_network_shape(struct experiment_reader *reader, const yaml_node_t *node, struct network_params *params,
                               int layers[MAX_LAYERS]) {
    struct yaml_tree *tree = reader->tree;
    static const char *const keys[] = {"layers", "activation", "norm", "residual", "init"};
    static const char *const activations[] = {"tanh", "relu", "sigmoid", "identity"};
    static const char *const initialisations[] = {"pytorch", "xavier", "he", "normal"};
    static const char *const norms[] = {"none"};
    if (!yaml_check_mapping(tree, node, "network", keys, 5)) return false;
    const yaml_node_t *widths = yaml_get(tree, node, "layers"), *activation = yaml_get(tree, node, "activation");
    const yaml_node_t *norm = yaml_get(tree, node, "norm"), *residual = yaml_get(tree, node, "residual");
    const yaml_node_t *init = yaml_get(tree, node, "init");
    size_t count, choice;
    if (!widths)
        return yaml_fail(tree, node,
                         "the network has no \"layers\"; widths from inputs to outputs such as [2, 16, 2] are right");
    if (!yaml_check_list(tree, widths, "layers", 2, MAX_LAYERS, "[2, 16, 2]", &count)) return false;
    for (size_t i = 0; i < count; i++) {
        int64_t width;
        if (!yaml_integer(tree, yaml_item(tree, widths, i), "width of a layer", 1, 4096, &width)) return false;
        layers[i] = (int)width;
    }
    *params = (struct network_params){.layers = layers, .layer_count = (int)count};
    if (activation) {
        if (!yaml_choice(tree, activation, "activation", activations, 4, &choice)) return false;
        params->activation = (enum activation)choice;
    }
    if (init) {
        if (!yaml_choice(tree, init, "init", initialisations, 4, &choice)) return false;
        params->initialisation = (enum initialisation)choice;
    }
    if (norm && !yaml_choice(tree, norm, "norm", norms, 1, &choice)) return false;
    bool skips = false;
    if (residual && !yaml_flag(tree, residual, "residual", &skips)) return false;
    if (skips) return yaml_fail(tree, residual, "residual networks are not in this version; residual: false is right");
    return true;
}

static bool read_network(struct experiment_reader *reader, const yaml_node_t *objective, const yaml_node_t *network) {
    struct yaml_tree *tree = reader->tree;
    const yaml_node_t *data_node = yaml_get(tree, objective, "data"), *loss = yaml_get(tree, objective, "loss");
    static const char *const losses[] = {"cross_entropy", "mse"};
    struct network_params params;
    int layers[MAX_LAYERS];
    struct data *data = NULL;
    size_t choice = 0;
    if (!read_network_shape(reader, network, &params, layers)) return false;
    if (loss && !yaml_choice(tree, loss, "loss", losses, 2, &choice)) return false;
    if (!data_node)
        return yaml_fail(tree, objective, "a network needs \"data\" to learn; data: {name: spirals} is right");
    if (!read_data(reader, data_node, &data)) return false;
    const yaml_node_t *widths = yaml_get(tree, network, "layers");
    if (!check_network_size(tree, widths, layers, params.layer_count, data->samples)) {
        data_destroy(&data);
        return false;
    }
    if (!loss) choice = data->kind == DATA_CLASSES ? LOSS_CROSS_ENTROPY : LOSS_MSE;
    params.loss = (enum loss_kind)choice;
    struct error own = {0};
    reader->experiment->objective = objective_create_network(&params, data, &own);
    if (reader->experiment->objective) return true;
    return yaml_fail(tree, strstr(own.message, "cross_entropy") && loss ? loss : widths, "%s", own.message);
}

/* ---- either ------------------------------------------------------------------------------------------------------ */

bool experiment_read_objective(struct experiment_reader *reader, const yaml_node_t *node) {
    struct yaml_tree *tree = reader->tree;
    static const char *const keys[] = {"expression", "variables", "constants", "domain", "network", "data", "loss"};
    if (!yaml_check_mapping(tree, node, "an objective", keys, 7)) return false;
    const yaml_node_t *expression = yaml_get(tree, node, "expression"), *network = yaml_get(tree, node, "network");
    if (!expression == !network)
        return yaml_fail(tree, node, "an objective is either an \"expression\" or a \"network\"; %s",
                         expression ? "this one is both" : "this one is neither");
    for (size_t i = 0; i < 7; i++) {
        const yaml_node_t *value = yaml_get(tree, node, keys[i]);
        bool of_network = i >= 4;
        if (value && of_network != (network != NULL))
            return yaml_fail(tree, value, "\"%s\" belongs to %s; this objective is %s", keys[i],
                             of_network ? "a network" : "an expression", of_network ? "an expression" : "a network");
    }
    if (network) return read_network(reader, node, network);
    struct formula_nodes nodes = {.expression = expression,
                                  .variables = yaml_get(tree, node, "variables"),
                                  .constants = yaml_get(tree, node, "constants"),
                                  .domain = yaml_get(tree, node, "domain")};
    return read_formula(reader, &nodes);
}
