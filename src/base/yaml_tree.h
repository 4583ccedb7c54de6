/* A YAML document as a tree whose every node knows its line and column (libyaml's document API), read with
 * checks that answer "FILE:LINE:COL: what is wrong; what would be right".
 *
 * The first error is kept in the tree's `error` and every reader returns false then; what they would have written stays
 * as it was. Anchors and aliases are allowed: an alias is the same node again, never a copy, so nothing can blow up; no
 * reader descends further than the schema it reads, so a cycle is met as a wrong type. */
#pragma once

#include "base/error.h"

#include <yaml.h>

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    YAML_TREE_BYTES = 1 << 20, /* the largest file */
    YAML_TREE_DEPTH = 64,      /* libyaml's scanner takes time quadratic in the depth of brackets */
    YAML_TREE_ANCHORS = 256,   /* … and in the number of anchors */
    YAML_TREE_ALIASES = 4096,
};

struct yaml_tree {
    yaml_document_t document;
    const char *text; /* borrowed */
    size_t length;
    const char *path; /* borrowed, for messages */
    struct error *error;
    locale_t numbers; /* the C locale: a decimal point is a point wherever the program runs */
    const yaml_node_t *root;
};

/* One document, UTF-8. `what` names the file in messages ("an experiment file"). Text and path stay the caller's and
 * must outlive the tree. NULL: `error` says where and why. */
struct yaml_tree *yaml_tree_parse(const char *text, size_t length, const char *path, const char *what,
                                  struct error *error);
void yaml_tree_destroy(struct yaml_tree **tree); /* accepts NULL */

/* An error at a node; returns false. */
bool yaml_fail(struct yaml_tree *tree, const yaml_node_t *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same at byte `column` (from 1) of a scalar's text: found again in the file through quotes and folded lines. */
bool yaml_fail_inside(struct yaml_tree *tree, const yaml_node_t *scalar, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* "unknown WHAT "word"; did you mean …" for a scalar that is none of `names`. */
bool yaml_fail_name(struct yaml_tree *tree, const yaml_node_t *node, const char *what, const char *const *names,
                    size_t count);

/* A mapping's value, or NULL when it has no such key (or is no mapping). */
const yaml_node_t *yaml_get(struct yaml_tree *tree, const yaml_node_t *mapping, const char *key);
/* Is a mapping, each key a name of `keys` and there once; `what` is what the mapping describes ("an objective"). */
bool yaml_check_mapping(struct yaml_tree *tree, const yaml_node_t *node, const char *what, const char *const *keys,
                        size_t key_count);
/* Is a list of `low` … `high` items; `what` in a message, `example` for what would be right. */
bool yaml_check_list(struct yaml_tree *tree, const yaml_node_t *node, const char *what, size_t low, size_t high,
                     const char *example, size_t *count);
bool yaml_is_list(const yaml_node_t *node);
bool yaml_is_mapping(const yaml_node_t *node);
bool yaml_is_number(struct yaml_tree *tree, const yaml_node_t *node); /* a plain scalar that reads as one */
const yaml_node_t *yaml_item(struct yaml_tree *tree, const yaml_node_t *list, size_t index);
size_t yaml_count(const yaml_node_t *node); /* items of a list, pairs of a mapping, 0 for a scalar */
const yaml_node_t *yaml_pair(struct yaml_tree *tree, const yaml_node_t *mapping, size_t index,
                             const yaml_node_t **value);

/* Scalars. `what` is the value's name in messages ("steps", "lr of adam"). */
bool yaml_number(struct yaml_tree *tree, const yaml_node_t *node, const char *what, double low, double high,
                 double *value);
bool yaml_integer(struct yaml_tree *tree, const yaml_node_t *node, const char *what, int64_t low, int64_t high,
                  int64_t *value);
bool yaml_flag(struct yaml_tree *tree, const yaml_node_t *node, const char *what, bool *value);
/* The text of a scalar, not empty, borrowed from the tree; no NUL inside. */
bool yaml_text(struct yaml_tree *tree, const yaml_node_t *node, const char *what, const char **value);
/* One of `names`, by its index; a wrong one suggests the nearest. */
bool yaml_choice(struct yaml_tree *tree, const yaml_node_t *node, const char *what, const char *const *names,
                 size_t count, size_t *value);
