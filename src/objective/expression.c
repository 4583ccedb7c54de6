#include "objective/expression.h"

#include "base/memory.h"
#include "base/text.h"
#include "objective/objective_class.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct expression {
    struct objective objective;
    struct program program;
    struct squares squares;
};

struct expression_evaluator {
    struct evaluator evaluator;
    double *columns, *jets;
    struct slopes *slopes; /* NULL until gradients are first asked for in columns: most never are */
};

const struct function_entry function_entries[] = {
    {"sin", OPCODE_SIN, 1},         {"cos", OPCODE_COS, 1},   {"tan", OPCODE_TAN, 1}, {"exp", OPCODE_EXP, 1},
    {"log", OPCODE_LOG, 1},         {"sqrt", OPCODE_SQRT, 1}, {"abs", OPCODE_ABS, 1}, {"tanh", OPCODE_TANH, 1},
    {"sigmoid", OPCODE_SIGMOID, 1}, {"relu", OPCODE_RELU, 1}, {"min", OPCODE_MIN, 2}, {"max", OPCODE_MAX, 2},
    {"pow", OPCODE_POWER, 2},
};
const int function_entry_count = sizeof function_entries / sizeof *function_entries;

const struct function_entry *function_find(const char *name) {
    for (int i = 0; i < function_entry_count; i++)
        if (strcmp(name, function_entries[i].name) == 0) return &function_entries[i];
    return NULL;
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name_character(char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
}

static bool is_reserved(const char *name) {
    return function_find(name) || strcmp(name, "pi") == 0 || strcmp(name, "e") == 0;
}

static bool name_check(const char *what, const char *name, struct error *error) {
    size_t length = strlen(name);
    bool plain = is_letter(name[0]);
    for (size_t i = 0; plain && i < length; i++) plain = is_name_character(name[i]);
    if (!plain)
        return error_set(error, ERROR_INPUT,
                         "“%.48s” cannot name a %s; a name starts with a letter a–z or A–Z, then letters, digits and _",
                         name, what);
    if (length >= EXPRESSION_NAME)
        return error_set(error, ERROR_INPUT, "the %s name “%.48s…” is too long; at most %d letters", what, name,
                         EXPRESSION_NAME - 1);
    if (function_find(name))
        return error_set(error, ERROR_INPUT, "the %s “%s” has the name of a function; choose another", what, name);
    if (is_reserved(name))
        return error_set(error, ERROR_INPUT, "the %s “%s” has the name of a number every formula knows; choose another",
                         what, name);
    return true;
}

static bool names_check(const struct expression_params *params, struct error *error) {
    if (params->variable_count < EXPRESSION_MIN_VARIABLES || params->variable_count > EXPRESSION_MAX_VARIABLES)
        return error_set(error, ERROR_INPUT, "%d variable%s; a formula has %d to %d", params->variable_count,
                         params->variable_count == 1 ? "" : "s", EXPRESSION_MIN_VARIABLES, EXPRESSION_MAX_VARIABLES);
    if (params->constant_count < 0 || params->constant_count > EXPRESSION_MAX_CONSTANTS)
        return error_set(error, ERROR_INPUT, "%d constants; at most %d are allowed", params->constant_count,
                         EXPRESSION_MAX_CONSTANTS);
    int total = params->variable_count + params->constant_count;
    for (int i = 0; i < total; i++) {
        bool variable = i < params->variable_count;
        const char *name = variable ? params->variables[i] : params->constants[i - params->variable_count];
        if (!name_check(variable ? "variable" : "constant", name, error)) return false;
        if (!variable && !isfinite(params->constant_values[i - params->variable_count]))
            return error_set(error, ERROR_INPUT, "the constant “%s” is not a finite number", name);
        for (int j = 0; j < i; j++) {
            const char *other =
                j < params->variable_count ? params->variables[j] : params->constants[j - params->variable_count];
            if (strcmp(name, other) == 0)
                return error_set(error, ERROR_INPUT,
                                 "the name “%s” is given twice; each variable and constant needs its own", name);
        }
    }
    return true;
}

int expression_names(const char *text, char names[][EXPRESSION_NAME], int capacity) {
    int count = 0;
    for (const char *c = text; *c;) {
        if (!is_name_character(*c)) {
            c++;
            continue;
        }
        const char *start = c;
        while (is_name_character(*c)) c++;
        size_t length = (size_t)(c - start);
        const char *next = c;
        while (*next == ' ' || *next == '\t' || *next == '\n' || *next == '\r') next++;
        if (!is_letter(*start) || *next == '(' || length >= EXPRESSION_NAME) continue;
        char name[EXPRESSION_NAME] = {0};
        memcpy(name, start, length);
        bool known = is_reserved(name);
        for (int i = 0; i < count && i < capacity; i++) known |= strcmp(names[i], name) == 0;
        if (known) continue;
        if (count < capacity) memcpy(names[count], name, sizeof name);
        count++;
    }
    return count;
}

/* ---- the class --------------------------------------------------------------------------------------------------- */

static const struct expression *as_expression(const struct objective *objective) {
    return (const struct expression *)objective;
}

static void expression_destroy(struct objective *objective) {
    struct expression *expression = (struct expression *)objective;
    for (size_t i = 0; i < objective->layout_count; i++) free((char *)objective->layout[i].name);
    free(objective->layout);
    squares_clear(&expression->squares);
    program_clear(&expression->program);
    free(expression);
}

static void expression_initialise(const struct objective *objective, uint64_t seed, double *theta) {
    memset(theta, 0, (size_t)objective->n * sizeof *theta);
}

static struct evaluator *expression_evaluator_create(const struct objective *objective) {
    struct expression_evaluator *own = MEM_NEW(struct expression_evaluator, 1);
    own->evaluator.objective = objective;
    own->columns = columns_create(&as_expression(objective)->program);
    own->jets = jets_create(&as_expression(objective)->program);
    return &own->evaluator;
}

static void expression_evaluator_destroy(struct evaluator *evaluator) {
    struct expression_evaluator *own = (struct expression_evaluator *)evaluator;
    free(own->columns);
    free(own->jets);
    slopes_destroy(&own->slopes);
    free(own);
}

static void expression_losses(struct evaluator *evaluator, int count, const double *thetas, double *losses) {
    struct expression_evaluator *own = (struct expression_evaluator *)evaluator;
    columns_evaluate(&as_expression(evaluator->objective)->program, own->columns, count, thetas, losses);
}

static void expression_gradients(struct evaluator *evaluator, int count, const double *thetas, double *losses,
                                 double *gradients) {
    struct expression_evaluator *own = (struct expression_evaluator *)evaluator;
    if (!own->slopes) own->slopes = slopes_create(&as_expression(evaluator->objective)->program);
    slopes_evaluate(own->slopes, count, thetas, losses, gradients);
}

static double expression_loss(struct evaluator *evaluator, const double *theta, const struct batch *batch) {
    double loss;
    expression_losses(evaluator, 1, theta, &loss);
    return loss;
}

static const double *jet_at(struct evaluator *evaluator, int order, const double *theta) {
    struct expression_evaluator *own = (struct expression_evaluator *)evaluator;
    return jets_evaluate(&as_expression(evaluator->objective)->program, own->jets, order, theta);
}

static double expression_gradient(struct evaluator *evaluator, const double *theta, const struct batch *batch,
                                  double *gradient) {
    const double *jet = jet_at(evaluator, 1, theta);
    memcpy(gradient, jet + 1, (size_t)evaluator->objective->n * sizeof *gradient);
    return jet[0];
}

static double expression_hessian(struct evaluator *evaluator, const double *theta, double *gradient, double *hessian) {
    int n = evaluator->objective->n;
    const double *jet = jet_at(evaluator, 2, theta), *second = jet + 1 + n;
    if (gradient) memcpy(gradient, jet + 1, (size_t)n * sizeof *gradient);
    for (int i = 0; i < n; i++)
        for (int j = i; j < n; j++) hessian[i * n + j] = hessian[j * n + i] = *second++;
    return jet[0];
}

static void expression_hvp(struct evaluator *evaluator, const double *theta, const struct batch *batch, int count,
                           const double *v, double *hv) {
    int n = evaluator->objective->n;
    double hessian[EXPRESSION_MAX_VARIABLES * EXPRESSION_MAX_VARIABLES];
    expression_hessian(evaluator, theta, NULL, hessian);
    for (int k = 0; k < count; k++) {
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j = 0; j < n; j++) sum += hessian[i * n + j] * v[(size_t)k * (size_t)n + (size_t)j];
            hv[(size_t)k * (size_t)n + (size_t)i] = sum;
        }
    }
}

static void expression_gauss_newton(struct evaluator *evaluator, const double *theta, const struct batch *batch,
                                    int count, const double *v, double *gv) {
    struct expression_evaluator *own = (struct expression_evaluator *)evaluator;
    squares_multiply(&as_expression(evaluator->objective)->squares, own->jets, theta, count, v, gv);
}

static const struct objective_class expression_class = {
    .destroy = expression_destroy,
    .initialise = expression_initialise,
    .evaluator_create = expression_evaluator_create,
    .evaluator_destroy = expression_evaluator_destroy,
    .loss = expression_loss,
    .gradient = expression_gradient,
    .losses = expression_losses,
    .gradients = expression_gradients,
    .hvp = expression_hvp,
    .hessian = expression_hessian,
    .gauss_newton = expression_gauss_newton,
};

struct objective *objective_create_expression(const struct expression_params *params, int *column,
                                              struct error *error) {
    struct program program;
    if (column) *column = 0;
    if (!names_check(params, error) || !program_parse(&program, params, column, error)) return NULL;
    struct expression *expression = MEM_NEW(struct expression, 1);
    int n = params->variable_count;
    expression->program = program;
    squares_find(&expression->squares, &expression->program);
    expression->objective = (struct objective){
        .class = &expression_class,
        .n = n,
        .samples = 1,
        .squares = expression->squares.count > 0,
        .layout = MEM_NEW(struct layout_entry, n),
        .layout_count = (size_t)n,
    };
    for (int i = 0; i < n; i++)
        expression->objective.layout[i] =
            (struct layout_entry){.name = mem_copy_text(params->variables[i]), .offset = i, .size = 1};
    return &expression->objective;
}
