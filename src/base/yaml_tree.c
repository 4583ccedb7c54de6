#include "base/yaml_tree.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE = 900 };

/* ---- places ------------------------------------------------------------------------------------------------------ */

/* Columns count characters, as editors do: continuation bytes of UTF-8 are not columns. */
static void place_of(const char *text, size_t offset, int *line, int *column) {
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)text[i] & 0xC0) != 0x80) {
            ++*column;
        }
    }
}

static bool fail_at_offset(const char *text, size_t offset, const char *path, struct error *error,
                           const char *message) {
    int line, column;
    place_of(text, offset, &line, &column);
    return error_at(error, path, line, column, "%s", message);
}

/* A file's own words come back in messages: no escape sequence of theirs reaches the terminal. */
static void make_printable(char message[MESSAGE], const char *format, va_list arguments) {
    text_print_list(message, MESSAGE, format, arguments);
    size_t kept = 0;
    for (size_t i = 0; message[i]; i++) {
        unsigned char byte = (unsigned char)message[i];
        bool far_control = byte == 0xC2 && (unsigned char)message[i + 1] < 0xA0; /* U+0080 … U+009F */
        message[kept++] = byte < 0x20 || byte == 0x7F || far_control ? '?' : message[i];
        i += far_control;
    }
    message[kept] = '\0';
}

bool yaml_fail(struct yaml_tree *tree, const yaml_node_t *node, const char *format, ...) {
    char message[MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    make_printable(message, format, arguments);
    va_end(arguments);
    const yaml_mark_t mark = node ? node->start_mark : (yaml_mark_t){0};
    return error_at(tree->error, tree->path, (int)mark.line + 1, (int)mark.column + 1, "%s", message);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Where in the file byte `index` of the scalar's text stands. Folding and indentation only ever change blanks, so both
 * texts are walked by their visible bytes; quotes and escapes are stepped over. */
static size_t scalar_offset(const struct yaml_tree *tree, const yaml_node_t *scalar, size_t index) {
    const char *text = tree->text, *end = text + tree->length;
    const char *value = (const char *)scalar->data.scalar.value;
    const char *at = text;
    for (size_t line = 0; line < scalar->start_mark.line && at < end; at++) line += *at == '\n';
    for (size_t column = 0; column < scalar->start_mark.column && at < end; column++) {
        at++;
        while (at < end && ((unsigned char)*at & 0xC0) == 0x80) at++;
    }
    yaml_scalar_style_t style = scalar->data.scalar.style;
    if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE || style == YAML_DOUBLE_QUOTED_SCALAR_STYLE) at++;
    if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE)
        while (at < end && *at != '\n') at++;
    size_t visible = 0, length = scalar->data.scalar.length;
    for (size_t i = 0; i < index && i < length; i++) visible += !is_blank(value[i]);
    bool past_end = index >= length;
    const char *last = at;
    for (; at < end; at++) {
        if (is_blank(*at)) continue;
        const char *unit = at;
        if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE && *at == '\'' && at + 1 < end) at++;
        if (style == YAML_DOUBLE_QUOTED_SCALAR_STYLE && *at == '\\' && at + 1 < end) {
            at++;
            if (is_blank(*at)) continue;
        }
        if (visible == 0) return (size_t)((past_end ? last : unit) - text);
        visible--;
        last = at + 1;
    }
    return (size_t)(last - text);
}

bool yaml_fail_inside(struct yaml_tree *tree, const yaml_node_t *scalar, int column, const char *format, ...) {
    char message[MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    make_printable(message, format, arguments);
    va_end(arguments);
    if (column < 1) return yaml_fail(tree, scalar, "%s", message);
    return fail_at_offset(tree->text, scalar_offset(tree, scalar, (size_t)column - 1), tree->path, tree->error,
                          message);
}

/* ---- parsing ----------------------------------------------------------------------------------------------------- */

/* Offset of the first byte that is not UTF-8 text, or `length`. */
static size_t first_bad_byte(const unsigned char *text, size_t length) {
    for (size_t i = 0; i < length;) {
        unsigned char lead = text[i];
        size_t size = lead < 0x80                   ? 1
                      : lead >= 0xC2 && lead < 0xE0 ? 2
                      : (lead & 0xF0) == 0xE0       ? 3
                      : lead >= 0xF0 && lead < 0xF5 ? 4
                                                    : 0;
        if (size == 0 || size > length - i) return i;
        if (size == 1 && (lead == 0x7F || (lead < 0x20 && lead != '\n' && lead != '\r' && lead != '\t'))) return i;
        for (size_t k = 1; k < size; k++)
            if ((text[i + k] & 0xC0) != 0x80) return i;
        i += size;
    }
    return length;
}

static bool fail_parse(const yaml_parser_t *parser, const char *text, const char *path, struct error *error) {
    const char *problem = parser->problem ? parser->problem : "is not YAML";
    const char *advice = "check indentation, brackets, quotes and colons";
    if (strstr(problem, "cannot start any token"))
        advice = "indent with spaces, never tabs, and quote text that starts so";
    if (parser->error == YAML_READER_ERROR) {
        char message[256];
        snprintf(message, sizeof message, "%s; UTF-8 text is right", problem);
        return fail_at_offset(text, parser->problem_offset, path, error, message);
    }
    return error_at(error, path, (int)parser->problem_mark.line + 1, (int)parser->problem_mark.column + 1, "%s%s%s; %s",
                    parser->context ? parser->context : "", parser->context ? ", " : "", problem, advice);
}

/* Walks the events once, before the tree is built, to refuse what libyaml would take minutes over. */
static bool check_size(const char *text, size_t length, const char *path, struct error *error) {
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) return error_set(error, ERROR_MACHINE, "%s: no memory to read it", path);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    bool good = true;
    int depth = 0, anchors = 0, aliases = 0;
    for (bool more = true; more && good;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            good = fail_parse(&parser, text, path, error);
            break;
        }
        const yaml_char_t *anchor = NULL;
        switch (event.type) {
        case YAML_STREAM_END_EVENT: more = false; break;
        case YAML_SCALAR_EVENT: anchor = event.data.scalar.anchor; break;
        case YAML_SEQUENCE_START_EVENT: anchor = event.data.sequence_start.anchor, depth++; break;
        case YAML_MAPPING_START_EVENT: anchor = event.data.mapping_start.anchor, depth++; break;
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT: depth--; break;
        case YAML_ALIAS_EVENT: aliases++; break;
        default: break;
        }
        anchors += anchor != NULL;
        int line = (int)event.start_mark.line + 1, column = (int)event.start_mark.column + 1;
        if (depth > YAML_TREE_DEPTH)
            good = error_at(error, path, line, column, "nested more than %d deep; a few levels are right",
                            YAML_TREE_DEPTH);
        else if (anchors > YAML_TREE_ANCHORS || aliases > YAML_TREE_ALIASES)
            good = error_at(error, path, line, column,
                            "too many anchors or aliases; at most %d anchors and %d aliases are read",
                            YAML_TREE_ANCHORS, YAML_TREE_ALIASES);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return good;
}

static bool load(struct yaml_tree *tree, const char *what) {
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return error_set(tree->error, ERROR_MACHINE, "%s: no memory to read it", tree->path);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)tree->text, tree->length);
    bool good = yaml_parser_load(&parser, &tree->document) != 0;
    if (!good) {
        fail_parse(&parser, tree->text, tree->path, tree->error);
    } else if (!(tree->root = yaml_document_get_root_node(&tree->document))) {
        good = error_at(tree->error, tree->path, 1, 1, "the file is empty; %s was expected", what);
    } else {
        yaml_document_t second;
        if (!yaml_parser_load(&parser, &second)) {
            good = fail_parse(&parser, tree->text, tree->path, tree->error);
        } else {
            const yaml_node_t *node = yaml_document_get_root_node(&second);
            if (node)
                good = yaml_fail(tree, node, "a second document begins here; one file holds one (remove the ---)");
            yaml_document_delete(&second);
        }
    }
    yaml_parser_delete(&parser);
    return good;
}

struct yaml_tree *yaml_tree_parse(const char *text, size_t length, const char *path, const char *what,
                                  struct error *error) {
    if (length > YAML_TREE_BYTES) {
        error_at(error, path, 0, 0, "is larger than %d bytes; %s is a small text file", YAML_TREE_BYTES, what);
        return NULL;
    }
    size_t bad = first_bad_byte((const unsigned char *)text, length);
    if (bad < length) {
        char message[160];
        snprintf(message, sizeof message, "byte 0x%02X is not text; %s in UTF-8 was expected", (unsigned char)text[bad],
                 what);
        fail_at_offset(text, bad, path, error, message);
        return NULL;
    }
    if (!check_size(text, length, path, error)) return NULL;
    struct yaml_tree *tree = MEM_NEW(struct yaml_tree, 1);
    tree->text = text;
    tree->length = length;
    tree->path = path;
    tree->error = error;
    tree->numbers = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!load(tree, what)) yaml_tree_destroy(&tree);
    return tree;
}

void yaml_tree_destroy(struct yaml_tree **tree) {
    if (!tree || !*tree) return;
    yaml_document_delete(&(*tree)->document); /* on a document that was never filled this frees nothing */
    if ((*tree)->numbers) freelocale((*tree)->numbers);
    free(*tree);
    *tree = NULL;
}

/* ---- mappings and lists ------------------------------------------------------------------------------------------ */

bool yaml_is_list(const yaml_node_t *node) {
    return node && node->type == YAML_SEQUENCE_NODE;
}

bool yaml_is_mapping(const yaml_node_t *node) {
    return node && node->type == YAML_MAPPING_NODE;
}

size_t yaml_count(const yaml_node_t *node) {
    if (yaml_is_list(node)) return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (yaml_is_mapping(node)) return (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    return 0;
}

const yaml_node_t *yaml_item(struct yaml_tree *tree, const yaml_node_t *list, size_t index) {
    return yaml_document_get_node(&tree->document, list->data.sequence.items.start[index]);
}

const yaml_node_t *yaml_pair(struct yaml_tree *tree, const yaml_node_t *mapping, size_t index,
                             const yaml_node_t **value) {
    const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start + index;
    *value = yaml_document_get_node(&tree->document, pair->value);
    return yaml_document_get_node(&tree->document, pair->key);
}

static bool key_is(const yaml_node_t *node, const char *key) {
    return node->type == YAML_SCALAR_NODE && node->data.scalar.length == strlen(key) &&
           memcmp(node->data.scalar.value, key, node->data.scalar.length) == 0;
}

const yaml_node_t *yaml_get(struct yaml_tree *tree, const yaml_node_t *mapping, const char *key) {
    for (size_t i = 0; yaml_is_mapping(mapping) && i < yaml_count(mapping); i++) {
        const yaml_node_t *value, *name = yaml_pair(tree, mapping, i, &value);
        if (key_is(name, key)) return value;
    }
    return NULL;
}

static void append_names(struct text *text, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++) text_format(text, "%s%s", i ? ", " : "", names[i]);
}

bool yaml_fail_name(struct yaml_tree *tree, const yaml_node_t *node, const char *what, const char *const *names,
                    size_t count) {
    const char *word = (const char *)node->data.scalar.value;
    const char *nearest = text_nearest(word, names, count);
    struct text all = {0};
    append_names(&all, names, count);
    if (nearest)
        yaml_fail(tree, node, "unknown %s \"%.60s\"; did you mean \"%s\"? (there are %s)", what, word, nearest,
                  all.bytes);
    else
        yaml_fail(tree, node, "unknown %s \"%.60s\"; there are %s", what, word, all.bytes);
    text_clear(&all);
    return false;
}

static const char *type_name(const yaml_node_t *node) {
    return yaml_is_list(node) ? "a list" : yaml_is_mapping(node) ? "a mapping" : "a single value";
}

bool yaml_check_mapping(struct yaml_tree *tree, const yaml_node_t *node, const char *what, const char *const *keys,
                        size_t key_count) {
    if (!yaml_is_mapping(node)) {
        struct text all = {0};
        append_names(&all, keys, key_count);
        yaml_fail(tree, node, "%s is %s; a mapping of keys (%s) to values is right", what, type_name(node), all.bytes);
        text_clear(&all);
        return false;
    }
    bool seen[64] = {false};
    char key_what[96];
    snprintf(key_what, sizeof key_what, "key of %s", what);
    for (size_t i = 0; i < yaml_count(node); i++) {
        const yaml_node_t *value, *name = yaml_pair(tree, node, i, &value);
        if (name->type != YAML_SCALAR_NODE)
            return yaml_fail(tree, name, "a key of %s is %s; a word is right", what, type_name(name));
        size_t k = 0;
        while (k < key_count && !key_is(name, keys[k])) k++;
        if (k == key_count) return yaml_fail_name(tree, name, key_what, keys, key_count);
        if (k < 64 && seen[k]) return yaml_fail(tree, name, "\"%s\" is given twice; once is right", keys[k]);
        if (k < 64) seen[k] = true;
    }
    return true;
}

bool yaml_check_list(struct yaml_tree *tree, const yaml_node_t *node, const char *what, size_t low, size_t high,
                     const char *example, size_t *count) {
    if (!yaml_is_list(node))
        return yaml_fail(tree, node, "%s is %s; a list such as %s is right", what, type_name(node), example);
    *count = yaml_count(node);
    if (*count >= low && *count <= high) return true;
    if (low == high)
        return yaml_fail(tree, node, "%s has %zu items; %zu are right, such as %s", what, *count, low, example);
    return yaml_fail(tree, node, "%s has %zu items; %zu to %zu are right, such as %s", what, *count, low, high,
                     example);
}
