/* The objective of an experiment file: a formula with its domain, or a network (experiment_network.c) with its data. */
#include "base/memory.h"
#include "base/text.h"
#include "run/experiment_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CONSTANTS = EXPRESSION_MAX_CONSTANTS };

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
    if (network) return experiment_read_network(reader, node, network);
    struct formula_nodes nodes = {.expression = expression,
                                  .variables = yaml_get(tree, node, "variables"),
                                  .constants = yaml_get(tree, node, "constants"),
                                  .domain = yaml_get(tree, node, "domain")};
    return read_formula(reader, &nodes);
}
