/* An experiment's text with other values in it: only the numbers meant change, comments and layout stay. */
#include "base/memory.h"
#include "base/text.h"
#include "run/experiment_parts.h"

#include <stdlib.h>
#include <string.h>

struct edit {
    size_t from, to;  /* bytes of the text that go … */
    struct text text; /* … for these */
};

struct editor {
    const struct experiment *experiment;
    struct yaml_tree *tree;
    const char *text; /* the experiment's */
    size_t length;
    struct edit *edits; /* (count) */
    size_t count, capacity;
};

/* Where a mark of libyaml's, which counts characters, is in the text. */
static size_t byte_at(const struct editor *editor, const yaml_mark_t *mark) {
    size_t at = editor->length >= 3 && memcmp(editor->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    for (size_t i = 0; i < mark->index && at < editor->length; i++) {
        at++;
        while (at < editor->length && ((unsigned char)editor->text[at] & 0xC0) == 0x80) at++;
    }
    return at;
}

/* What several changes put in at one place comes one behind the other. */
static struct text *edit_at(struct editor *editor, size_t from, size_t to) {
    for (size_t i = 0; i < editor->count; i++)
        if (editor->edits[i].from == from && editor->edits[i].to == to && from == to) return &editor->edits[i].text;
    MEM_GROW(editor->edits, editor->capacity, editor->count + 1);
    struct edit *edit = &editor->edits[editor->count++];
    *edit = (struct edit){.from = from, .to = to};
    return &edit->text;
}

static bool lies_within(const yaml_node_t *inner, const yaml_node_t *outer) {
    return inner->start_mark.index >= outer->start_mark.index && inner->end_mark.index <= outer->end_mark.index;
}

static const yaml_node_t *find_pair(struct editor *editor, const yaml_node_t *mapping, const char *name,
                                    const yaml_node_t **value) {
    for (size_t i = 0; i < yaml_count(mapping); i++) {
        const yaml_node_t *key = yaml_pair(editor->tree, mapping, i, value);
        if (key->type == YAML_SCALAR_NODE && strcmp((const char *)key->data.scalar.value, name) == 0) return key;
    }
    return NULL;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_spaces(const struct editor *editor, size_t at) {
    while (at < editor->length && is_space(editor->text[at])) at++;
    return at;
}

static size_t skip_word(const struct editor *editor, size_t at) {
    while (at < editor->length && !is_space(editor->text[at]) && !strchr(",]}", editor->text[at])) at++;
    return at;
}

/* A scalar that is written out here: what stands for it without its anchor and tag. */
static void replace_scalar(struct editor *editor, const yaml_node_t *scalar, const char *with) {
    size_t from = byte_at(editor, &scalar->start_mark), to = byte_at(editor, &scalar->end_mark);
    while (from < to && (editor->text[from] == '&' || editor->text[from] == '!'))
        from = skip_spaces(editor, skip_word(editor, from));
    text_append(edit_at(editor, from, to), with);
}

/* The value of `key` in `mapping`; where it is an alias, that goes. */
static void replace_value(struct editor *editor, const yaml_node_t *mapping, const yaml_node_t *key,
                          const yaml_node_t *value, const char *with) {
    if (lies_within(value, mapping) && value->start_mark.index >= key->end_mark.index) {
        replace_scalar(editor, value, with);
        return;
    }
    size_t at = skip_spaces(editor, byte_at(editor, &key->end_mark));
    if (at < editor->length && editor->text[at] == ':') at = skip_spaces(editor, at + 1);
    text_append(edit_at(editor, at, skip_word(editor, at)), with);
}

/* A new pair behind the optimizer's name. */
static void insert_pair(struct editor *editor, const yaml_node_t *mapping, const char *name, const char *number) {
    const yaml_node_t *value, *key = find_pair(editor, mapping, "name", &value);
    bool here = lies_within(value, mapping) && value->start_mark.index >= key->end_mark.index;
    size_t at = byte_at(editor, here ? &value->end_mark : &key->end_mark);
    if (!here) {
        at = skip_spaces(editor, at);
        if (at < editor->length && editor->text[at] == ':') at = skip_word(editor, skip_spaces(editor, at + 1));
    }
    if (mapping->data.mapping.style == YAML_FLOW_MAPPING_STYLE) {
        text_format(edit_at(editor, at, at), ", %s: %s", name, number);
        return;
    }
    while (at < editor->length && editor->text[at] != '\n') at++;
    bool carriage = at > 0 && editor->text[at - 1] == '\r';
    at -= carriage;
    const yaml_node_t *first = yaml_pair(editor->tree, mapping, 0, &value);
    text_format(edit_at(editor, at, at), "%s%*s%s: %s", carriage ? "\r\n" : "\n", (int)first->start_mark.column, "",
                name, number);
}

static bool change_value(struct editor *editor, const yaml_node_t *item, const struct experiment_change *change) {
    size_t count;
    const struct experiment_optimizer *optimizer = &editor->experiment->optimizers[change->optimizer];
    const struct optimizer_parameter *parameter =
        &optimizer_class_parameters(optimizer->class, &count)[change->parameter];
    char storage[NUMBER_TEXT];
    const char *number =
        parameter->flag ? (change->value != 0 ? "true" : "false") : number_exact(change->value, storage);
    const yaml_node_t *value, *betas = NULL;
    int beta = strcmp(parameter->name, "beta1") == 0 ? 0 : strcmp(parameter->name, "beta2") == 0 ? 1 : -1;
    if (beta >= 0) betas = yaml_get(editor->tree, item, "betas");
    if (betas) {
        const yaml_node_t *entry = yaml_item(editor->tree, betas, (size_t)beta);
        if (!lies_within(betas, item) || !lies_within(entry, betas))
            return yaml_fail(editor->tree, item,
                             "its betas are an alias; the numbers themselves are right to have them changed");
        replace_scalar(editor, entry, number);
        return true;
    }
    const yaml_node_t *key = find_pair(editor, item, parameter->name, &value);
    if (key)
        replace_value(editor, item, key, value, number);
    else
        insert_pair(editor, item, parameter->name, number);
    return true;
}

/* "{name: adam, lr: 0.01}", with all that differs from the class's own values. */
static void describe(const struct experiment *experiment, int index, const struct experiment_change *changes,
                     size_t count, struct text *out) {
    const struct experiment_optimizer *optimizer = &experiment->optimizers[index];
    size_t parameters;
    const struct optimizer_parameter *list = optimizer_class_parameters(optimizer->class, &parameters);
    text_format(out, "{name: %s", optimizer_class_name(optimizer->class));
    for (size_t i = 0; i < parameters; i++) {
        double value = optimizer->values[i];
        for (size_t k = 0; k < count; k++)
            if (changes[k].optimizer == index && changes[k].parameter == (int)i) value = changes[k].value;
        char number[NUMBER_TEXT];
        if (i == 0 || value != list[i].initial)
            text_format(out, ", %s: %s", list[i].name,
                        list[i].flag ? (value != 0 ? "true" : "false") : number_exact(value, number));
    }
    text_append(out, "}");
}

/* An experiment that names no optimizers gets the list it runs with. */
static void append_list(struct editor *editor, const struct experiment_change *changes, size_t count) {
    const yaml_node_t *root = editor->tree->root;
    bool flow = root->data.mapping.style == YAML_FLOW_MAPPING_STYLE;
    size_t at = byte_at(editor, &root->end_mark) - flow;
    struct text *text = edit_at(editor, at, at);
    bool fresh = at == 0 || editor->text[at - 1] == '\n';
    text_append(text, flow ? ", optimizers: [" : fresh ? "" : "\n");
    if (!flow) text_format(text, "%*soptimizers:\n", (int)root->start_mark.column, "");
    for (int i = 0; i < editor->experiment->optimizer_count; i++) {
        if (flow)
            text_append(text, i ? ", " : "");
        else
            text_format(text, "%*s  - ", (int)root->start_mark.column, "");
        describe(editor->experiment, i, changes, count, text);
        if (!flow) text_append(text, "\n");
    }
    if (flow) text_append(text, "]");
}

static bool change_all(struct editor *editor, const struct experiment_change *changes, size_t count) {
    struct yaml_tree *tree = editor->tree;
    const yaml_node_t *list = yaml_get(tree, tree->root, "optimizers");
    if (!list) {
        append_list(editor, changes, count);
        return true;
    }
    bool described[EXPERIMENT_MAX_OPTIMIZERS] = {false};
    for (size_t i = 0; i < count; i++) {
        int index = changes[i].optimizer;
        const yaml_node_t *item = yaml_item(tree, list, (size_t)index);
        bool shared = !lies_within(item, list);
        for (size_t k = 0; k < yaml_count(list); k++)
            shared = shared || (k != (size_t)index && yaml_item(tree, list, k) == item);
        if (shared)
            return yaml_fail(tree, item,
                             "an alias stands for this optimizer; written out it can have values of its own");
        if (yaml_is_mapping(item)) {
            if (!change_value(editor, item, &changes[i])) return false;
        } else if (!described[index]) {
            struct text with = {0};
            describe(editor->experiment, index, changes, count, &with);
            replace_scalar(editor, item, with.bytes);
            text_clear(&with);
            described[index] = true;
        }
    }
    return true;
}

static int compare_edits(const void *a, const void *b) {
    const struct edit *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

static char *carry_out(struct editor *editor) {
    struct text out = {0};
    size_t at = 0;
    if (editor->count) qsort(editor->edits, editor->count, sizeof *editor->edits, compare_edits);
    for (size_t i = 0; i < editor->count; i++) {
        const struct edit *edit = &editor->edits[i];
        if (edit->from > at) text_format(&out, "%.*s", (int)(edit->from - at), editor->text + at);
        text_append(&out, edit->text.bytes);
        at = edit->to > at ? edit->to : at;
    }
    text_append(&out, editor->text + at);
    return out.bytes;
}

/* Reads it back: whatever the layout was, it says what it should. */
static bool check_result(const struct experiment *experiment, const char *text, const struct experiment_change *changes,
                         size_t count, struct error *error) {
    struct error own = {0};
    struct experiment *result = experiment_parse(text, strlen(text), experiment->path, &own);
    bool good = result && result->optimizer_count == experiment->optimizer_count;
    for (int i = 0; good && i < experiment->optimizer_count; i++) {
        size_t parameters;
        optimizer_class_parameters(experiment->optimizers[i].class, &parameters);
        good = result->optimizers[i].class == experiment->optimizers[i].class;
        for (size_t p = 0; good && p < parameters; p++) {
            double wanted = experiment->optimizers[i].values[p];
            for (size_t k = 0; k < count; k++)
                if (changes[k].optimizer == i && changes[k].parameter == (int)p) wanted = changes[k].value;
            good = result->optimizers[i].values[p] == wanted;
        }
    }
    experiment_destroy(&result);
    return good ||
           error_at(error, experiment->path, 0, 0,
                    "its optimizers are written in a way that their values cannot be changed in%s%s; a list such as "
                    "[{name: adam, lr: 0.01}] is right",
                    own.kind ? ": " : "", own.kind ? own.message : "");
}

char *experiment_with_values(const struct experiment *experiment, const struct experiment_change *changes, size_t count,
                             struct error *error) {
    struct error own = {0};
    struct editor editor = {.experiment = experiment, .text = experiment->source, .length = strlen(experiment->source)};
    editor.tree = yaml_tree_parse(editor.text, editor.length, experiment->path, "an experiment file", &own);
    char *text = editor.tree && change_all(&editor, changes, count) ? carry_out(&editor) : NULL;
    for (size_t i = 0; i < editor.count; i++) text_clear(&editor.edits[i].text);
    free(editor.edits);
    yaml_tree_destroy(&editor.tree);
    if (own.kind) error_set(error, own.kind, "%s", own.message);
    if (text && check_result(experiment, text, changes, count, error)) return text;
    free(text);
    return NULL;
}
