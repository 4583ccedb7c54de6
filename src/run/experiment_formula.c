/* A formula that a person typed: its variables are found, and it becomes an experiment through the same YAML that a
 * file would hold, so that a recording of it can be read back. */
#include "base/memory.h"
#include "base/text.h"
#include "run/experiment_parts.h"

#include <stdlib.h>
#include <string.h>

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Digits compare as numbers: w2 before w10. */
static int compare_names(const void *left, const void *right) {
    const char *a = *(const char *const *)left, *b = *(const char *const *)right;
    while (*a && *b) {
        if (is_digit(*a) && is_digit(*b)) {
            char *a_end, *b_end;
            unsigned long long x = strtoull(a, &a_end, 10), y = strtoull(b, &b_end, 10);
            if (x != y) return x < y ? -1 : 1;
            a = a_end;
            b = b_end;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return *a ? 1 : *b ? -1 : 0;
}

int formula_variables(const char *formula, const char *const *known, int known_count,
                      char *names[EXPRESSION_MAX_VARIABLES]) {
    enum { MOST = EXPRESSION_MAX_VARIABLES + EXPRESSION_MAX_CONSTANTS };
    char found[MOST][EXPRESSION_NAME];
    int there = expression_names(formula, found, MOST), count = 0;
    for (int i = 0; i < there && i < MOST; i++) {
        bool constant = false;
        for (int k = 0; k < known_count && !constant; k++) constant = !strcmp(found[i], known[k]);
        if (!constant && count < EXPRESSION_MAX_VARIABLES) names[count] = mem_copy_text(found[i]);
        count += !constant;
    }
    int kept = count < EXPRESSION_MAX_VARIABLES ? count : EXPRESSION_MAX_VARIABLES;
    qsort(names, (size_t)kept, sizeof *names, compare_names);
    return count;
}

/* A surface needs two directions: the one the formula lacks is named after the one it has. */
static char *partner_name(const char *name) {
    if (!strcmp(name, "x")) return mem_copy_text("y");
    size_t length = strlen(name);
    struct text partner = {0};
    text_append(&partner, name);
    char last = name[length - 1];
    if (is_digit(last) && last < '9')
        partner.bytes[length - 1] = (char)(last + 1);
    else
        text_append(&partner, "_2");
    return partner.bytes;
}

static void append_quoted(struct text *yaml, const char *text) {
    text_append(yaml, "\"");
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '"' || c == '\\')
            text_format(yaml, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            text_format(yaml, "\\x%02x", c);
        else
            text_format(yaml, "%c", c);
    }
    text_append(yaml, "\"");
}

struct experiment *experiment_from_formula(const char *formula, const double (*domain)[2], int *column,
                                           struct error *error) {
    int none;
    if (!column) column = &none;
    *column = 0;
    if (strlen(formula) > EXPRESSION_TEXT) {
        error_set(error, ERROR_INPUT, "the formula has %zu bytes; at most %d are right", strlen(formula),
                  EXPRESSION_TEXT);
        return NULL;
    }
    if (!formula[strspn(formula, " \t\r\n")]) {
        error_set(error, ERROR_INPUT, "the formula is empty; one such as (1 - w1*w2)^2 is right");
        return NULL;
    }
    char *names[EXPRESSION_MAX_VARIABLES] = {0};
    int count = formula_variables(formula, NULL, 0, names);
    bool too_many = count > EXPRESSION_MAX_VARIABLES;
    if (count == 0) names[count++] = mem_copy_text("w1");
    if (count == 1) names[1] = partner_name(names[0]), count = 2;
    if (too_many) {
        error_set(error, ERROR_INPUT, "the formula names %d variables; %d to %d are right", count,
                  EXPRESSION_MIN_VARIABLES, EXPRESSION_MAX_VARIABLES);
        count = EXPRESSION_MAX_VARIABLES;
    }

    bool room = true;
    for (int i = 0; i < count && domain; i++) room = room && domain[i][1] > domain[i][0];
    if (!room) error_set(error, ERROR_INPUT, "the domain has no width; low below high is right for every variable");
    struct experiment *experiment = NULL;
    struct expression_params params = {
        .text = formula, .variables = (const char *const *)names, .variable_count = count};
    /* Parsed once for its own sake: the column counts from the formula's start, not from the YAML's. */
    struct objective *trial = too_many || !room ? NULL : objective_create_expression(&params, column, error);
    if (trial) {
        objective_destroy(&trial);
        struct text yaml = {0};
        text_append(&yaml, "title: ");
        append_quoted(&yaml, formula);
        text_append(&yaml, "\nobjective:\n  expression: ");
        append_quoted(&yaml, formula);
        text_append(&yaml, "\n  variables: [");
        for (int i = 0; i < count; i++) {
            if (i) text_append(&yaml, ", ");
            append_quoted(&yaml, names[i]);
        }
        text_append(&yaml, "]\n  domain: [");
        for (int i = 0; i < count; i++)
            text_format(&yaml, "%s[%.17g, %.17g]", i ? ", " : "", domain ? domain[i][0] : -2.0,
                        domain ? domain[i][1] : 2.0);
        text_append(&yaml, "]\n");
        experiment = experiment_parse(yaml.bytes, yaml.length, "formula", error);
        text_clear(&yaml);
    }
    for (int i = 0; i < count; i++) free(names[i]);
    return experiment;
}
