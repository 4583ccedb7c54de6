/* Experiments by name: the built-in ones in the assets folder, listed and loaded. */
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "run/experiment_parts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where an experiment without `order:` stands in the list: after all that have one. */
enum { NO_ORDER = 1000001 };

/* ---- the list ---------------------------------------------------------------------------------------------------- */

struct entry {
    struct experiment_listing listing;
    int64_t order;
};

static char *copy_words(struct yaml_tree *tree, const yaml_node_t *node, const char *language) {
    if (yaml_is_mapping(node))
        node = yaml_get(tree, node, language);
    else if (strcmp(language, "en") != 0)
        return NULL;
    return node && node->type == YAML_SCALAR_NODE ? mem_copy_text((const char *)node->data.scalar.value) : NULL;
}

/* Only the head: a file with an error further down is still listed, and says what is wrong when it is opened. */
static void read_head(struct entry *entry) {
    struct error own = {0};
    size_t length;
    entry->order = NO_ORDER;
    char *text = file_read(entry->listing.path, YAML_TREE_BYTES, &length, &own);
    struct yaml_tree *tree =
        text ? yaml_tree_parse(text, length, entry->listing.path, "an experiment file", &own) : NULL;
    if (tree) {
        entry->listing.title = copy_words(tree, yaml_get(tree, tree->root, "title"), "en");
        entry->listing.title_zh = copy_words(tree, yaml_get(tree, tree->root, "title"), "zh");
        entry->listing.about = copy_words(tree, yaml_get(tree, tree->root, "about"), "en");
        entry->listing.about_zh = copy_words(tree, yaml_get(tree, tree->root, "about"), "zh");
        entry->listing.network = yaml_get(tree, yaml_get(tree, tree->root, "objective"), "network") != NULL;
        const yaml_node_t *order = yaml_get(tree, tree->root, "order");
        if (order) yaml_integer(tree, order, "order", 0, NO_ORDER - 1, &entry->order);
    } else {
        entry->listing.about = mem_copy_text(own.message);
    }
    if (!entry->listing.title) entry->listing.title = mem_copy_text(entry->listing.name);
    yaml_tree_destroy(&tree);
    free(text);
}

/* By `order:`, which the files carry so that a course can be put together without touching the program; then formulas
 * before networks, then by name. */
static int compare_entries(const void *left, const void *right) {
    const struct entry *a = left, *b = right;
    if (a->order != b->order) return a->order < b->order ? -1 : 1;
    if (a->listing.network != b->listing.network) return a->listing.network ? 1 : -1;
    return strcmp(a->listing.name, b->listing.name);
}

struct experiment_listing *experiment_list(size_t *count, struct error *error) {
    struct asset *assets = assets_list("experiments", count, error);
    if (!assets) return NULL;
    struct entry *entries = MEM_NEW(struct entry, *count);
    for (size_t i = 0; i < *count; i++) {
        entries[i].listing.name = assets[i].name;
        entries[i].listing.path = assets[i].path;
        read_head(&entries[i]);
    }
    free(assets); /* its texts live on in the listing */
    qsort(entries, *count, sizeof *entries, compare_entries);
    struct experiment_listing *listing = MEM_NEW(struct experiment_listing, *count);
    for (size_t i = 0; i < *count; i++) listing[i] = entries[i].listing;
    free(entries);
    return listing;
}

void experiment_listing_destroy(struct experiment_listing **listing, size_t count) {
    if (!listing || !*listing) return;
    for (size_t i = 0; i < count; i++) {
        free((*listing)[i].name);
        free((*listing)[i].path);
        free((*listing)[i].title);
        free((*listing)[i].title_zh);
        free((*listing)[i].about);
        free((*listing)[i].about_zh);
    }
    free(*listing);
    *listing = NULL;
}

/* ---- loading ----------------------------------------------------------------------------------------------------- */

static struct experiment *load_file(const char *path, struct data_reading *reading, struct error *error) {
    if (recording_is(path)) {
        error_set(error, ERROR_INPUT, "%s: is a recording, not an experiment file; open or render replays it", path);
        return NULL;
    }
    size_t length;
    char *text = file_read(path, YAML_TREE_BYTES, &length, error);
    struct experiment *experiment = text ? experiment_parse_stored(text, length, path, NULL, reading, error) : NULL;
    free(text);
    return experiment;
}

static void fail_unknown(const char *name, const struct asset *assets, size_t count, struct error *error) {
    const char **names = MEM_NEW(const char *, count);
    for (size_t i = 0; i < count; i++) names[i] = assets[i].name;
    const char *nearest = text_nearest(name, names, count);
    free(names);
    if (nearest)
        error_set(error, ERROR_INPUT,
                  "unknown experiment \"%.80s\"; did you mean \"%s\"? (saddlescope list names them all; a "
                  "file of yours ends in .yaml)",
                  name, nearest);
    else
        error_set(error, ERROR_INPUT,
                  "unknown experiment \"%.80s\"; saddlescope list names the built-in ones, and a file of "
                  "yours ends in .yaml",
                  name);
}

struct experiment *experiment_load_watched(const char *name_or_path, struct data_reading *reading, struct error *error) {
    bool path_like = strchr(name_or_path, '/') || path_ends(name_or_path, ".yaml") || path_ends(name_or_path, ".yml") ||
                     path_ends(name_or_path, ".saddle");
    if (path_like) return load_file(name_or_path, reading, error);
    /* Without assets a file in the working folder can still be loaded; only then is their absence no error. */
    struct error own = {0};
    size_t count = 0, found = 0;
    struct asset *assets = assets_list("experiments", &count, &own);
    struct experiment *experiment = NULL;
    while (found < count && strcmp(assets[found].name, name_or_path) != 0) found++;
    if (found < count)
        experiment = load_file(assets[found].path, reading, error);
    else if (*name_or_path && access(name_or_path, F_OK) == 0)
        experiment = load_file(name_or_path, reading, error);
    else if (!assets)
        error_set(error, own.kind, "%s", own.message);
    else
        fail_unknown(name_or_path, assets, count, error);
    assets_destroy(&assets, count);
    return experiment;
}

struct experiment *experiment_load(const char *name_or_path, struct error *error) {
    return experiment_load_watched(name_or_path, NULL, error);
}
