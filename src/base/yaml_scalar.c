/* Scalars of a YAML tree: numbers, whole numbers, switches, text and names, each checked as it is read. */
#define _GNU_SOURCE /* strtod_l */
#include "base/yaml_tree.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool check_scalar(struct yaml_tree *tree, const yaml_node_t *node, const char *what, const char *right) {
    if (node->type == YAML_SCALAR_NODE) return true;
    return yaml_fail(tree, node, "%s is %s; %s is right", what, yaml_is_list(node) ? "a list" : "a mapping", right);
}

/* The whole token must be a number. YAML's .inf and .nan are read so that the message can say what they are. */
static bool scalar_double(struct yaml_tree *tree, const yaml_node_t *node, double *value) {
    const char *token = (const char *)node->data.scalar.value;
    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || node->data.scalar.length == 0) return false;
    if (strlen(token) != node->data.scalar.length) return false;
    const char *digits = token + (*token == '-' || *token == '+');
    if (!strcmp(digits, ".inf") || !strcmp(digits, ".Inf") || !strcmp(digits, ".INF")) {
        *value = *token == '-' ? -INFINITY : INFINITY;
        return true;
    }
    if (!strcmp(token, ".nan") || !strcmp(token, ".NaN") || !strcmp(token, ".NAN") || !strcasecmp(digits, "nan")) {
        *value = NAN;
        return true;
    }
    if (!strcasecmp(digits, "inf") || !strcasecmp(digits, "infinity")) {
        *value = *token == '-' ? -INFINITY : INFINITY;
        return true;
    }
    if (token[strspn(token, "0123456789+-.eE")]) return false; /* strtod would take hexadecimal too */
    char *end;
    *value = strtod_l(token, &end, tree->numbers);
    return end != token && *end == '\0';
}

bool yaml_is_number(struct yaml_tree *tree, const yaml_node_t *node) {
    double value;
    return node && node->type == YAML_SCALAR_NODE && scalar_double(tree, node, &value);
}

static bool fail_range(struct yaml_tree *tree, const yaml_node_t *node, const char *what, const char *kind, double low,
                       double high) {
    const char *token = (const char *)node->data.scalar.value;
    if (!isfinite(high))
        return yaml_fail(tree, node, "%s is %.40s; %s of at least %.15g is right", what, token, kind, low);
    double shown = round(high); /* the largest number below 1 stands for "below 1" */
    if (high < shown && nextafter(high, shown) == shown)
        return yaml_fail(tree, node, "%s is %.40s; %s from %.15g to below %.15g is right", what, token, kind, low, shown);
    return yaml_fail(tree, node, "%s is %.40s; %s from %.15g to %.15g is right", what, token, kind, low, high);
}

bool yaml_number(struct yaml_tree *tree, const yaml_node_t *node, const char *what, double low, double high,
                 double *value) {
    if (!check_scalar(tree, node, what, "a number")) return false;
    double number;
    const char *token = (const char *)node->data.scalar.value;
    if (!scalar_double(tree, node, &number)) {
        if (!*token) return yaml_fail(tree, node, "%s has no value; a number is right", what);
        return yaml_fail(tree, node, "%s is \"%.40s\"; a number such as 0.05 is right (without quotes)", what, token);
    }
    if (!isfinite(number)) return yaml_fail(tree, node, "%s is %.40s; a finite number is right", what, token);
    if (!(number >= low && number <= high)) {
        if (low == -high)
            return yaml_fail(tree, node, "%s is %.40s; a number within ±%.15g is right", what, token, high);
        return fail_range(tree, node, what, "a number", low, high);
    }
    *value = number;
    return true;
}

bool yaml_integer(struct yaml_tree *tree, const yaml_node_t *node, const char *what, int64_t low, int64_t high,
                  int64_t *value) {
    if (!check_scalar(tree, node, what, "a whole number")) return false;
    double number;
    const char *token = (const char *)node->data.scalar.value;
    if (!scalar_double(tree, node, &number)) {
        if (!*token) return yaml_fail(tree, node, "%s has no value; a whole number is right", what);
        return yaml_fail(tree, node, "%s is \"%.40s\"; a whole number is right (without quotes)", what, token);
    }
    errno = 0;
    char *end;
    long long exact = strtoll(token, &end, 10); /* all 63 bits, which a double cannot hold */
    if (*end != '\0' || errno) {                /* 1e3, 300.0, or too long */
        if (!(fabs(number) <= 9007199254740992.0))
            return fail_range(tree, node, what, "a whole number", (double)low, (double)high);
        if (number != floor(number)) return yaml_fail(tree, node, "%s is %.40s; a whole number is right", what, token);
        exact = (long long)number;
    }
    if (exact < low || exact > high) return fail_range(tree, node, what, "a whole number", (double)low, (double)high);
    *value = exact;
    return true;
}

bool yaml_flag(struct yaml_tree *tree, const yaml_node_t *node, const char *what, bool *value) {
    if (!check_scalar(tree, node, what, "true or false")) return false;
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    const char *token = (const char *)node->data.scalar.value;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(token, words[i])) continue;
        *value = i % 2;
        return true;
    }
    return yaml_fail(tree, node, "%s is \"%.40s\"; true or false is right", what, token);
}

bool yaml_text(struct yaml_tree *tree, const yaml_node_t *node, const char *what, const char **value) {
    if (!check_scalar(tree, node, what, "text")) return false;
    const char *token = (const char *)node->data.scalar.value;
    if (strlen(token) != node->data.scalar.length)
        return yaml_fail(tree, node, "%s holds a zero byte; text is right", what);
    if (!token[strspn(token, " \t\r\n")]) return yaml_fail(tree, node, "%s is empty; some text is right", what);
    *value = token;
    return true;
}

bool yaml_choice(struct yaml_tree *tree, const yaml_node_t *node, const char *what, const char *const *names,
                 size_t count, size_t *value) {
    const char *word;
    if (!yaml_text(tree, node, what, &word)) return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, names[i])) continue;
        *value = i;
        return true;
    }
    return yaml_fail_name(tree, node, what, names, count);
}
