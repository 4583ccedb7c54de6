/* Experiments by name: the built-in ones in the assets folder, listed and loaded. */
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "run/experiment_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where an experiment without `order:` stands in the list: after all that have one. */
enum { NO_ORDER = 1000001 };

static bool has_suffix(const char *text, const char *suffix) {
    size_t length = strlen(text), tail = strlen(suffix);
    return length > tail && !strcmp(text + length - tail, suffix);
}

static char *experiments_folder(struct error *error) {
    char *assets = assets_folder(error);
    if (!assets) return NULL;
    char *folder = path_join(assets, "experiments");
    free(assets);
    return folder;
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

struct entry {
    struct experiment_listing listing;
    int64_t order;
};

static char *copy_words(struct yaml_tree *tree, const yaml_node_t *node) {
    if (yaml_is_mapping(node)) node = yaml_get(tree, node, "en");
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
        entry->listing.title = copy_words(tree, yaml_get(tree, tree->root, "title"));
        entry->listing.about = copy_words(tree, yaml_get(tree, tree->root, "about"));
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

/* Names of the built-in files, without ".yaml". */
static char **file_names(const char *folder, size_t *count, struct error *error) {
    DIR *stream = opendir(folder);
    if (!stream) {
        error_set(error, ERROR_MACHINE, "%s: cannot be read: %s", folder, strerror(errno));
        return NULL;
    }
    char **names = MEM_NEW(char *, 1);
    size_t capacity = 1;
    *count = 0;
    for (struct dirent *file; (file = readdir(stream));) {
        if (file->d_name[0] == '.' || !has_suffix(file->d_name, ".yaml")) continue;
        MEM_GROW(names, capacity, *count + 1);
        names[*count] = mem_copy_text(file->d_name);
        names[(*count)++][strlen(file->d_name) - strlen(".yaml")] = '\0';
    }
    closedir(stream);
    return names;
}

static char *file_path(const char *folder, const char *name) {
    struct text file = {0};
    text_format(&file, "%s.yaml", name);
    char *path = path_join(folder, file.bytes);
    text_clear(&file);
    return path;
}

struct experiment_listing *experiment_list(size_t *count, struct error *error) {
    *count = 0;
    char *folder = experiments_folder(error);
    char **names = folder ? file_names(folder, count, error) : NULL;
    struct experiment_listing *listing = NULL;
    if (names) {
        struct entry *entries = MEM_NEW(struct entry, *count);
        for (size_t i = 0; i < *count; i++) {
            entries[i].listing.name = names[i];
            entries[i].listing.path = file_path(folder, names[i]);
            read_head(&entries[i]);
        }
        qsort(entries, *count, sizeof *entries, compare_entries);
        listing = MEM_NEW(struct experiment_listing, *count);
        for (size_t i = 0; i < *count; i++) listing[i] = entries[i].listing;
        free(entries);
    }
    free(names);
    free(folder);
    return listing;
}

void experiment_listing_destroy(struct experiment_listing **listing, size_t count) {
    if (!listing || !*listing) return;
    for (size_t i = 0; i < count; i++) {
        free((*listing)[i].name);
        free((*listing)[i].path);
        free((*listing)[i].title);
        free((*listing)[i].about);
    }
    free(*listing);
    *listing = NULL;
}

/* ---- loading ----------------------------------------------------------------------------------------------------- */

static struct experiment *load_file(const char *path, struct error *error) {
    if (recording_is(path)) {
        error_set(error, ERROR_INPUT, "%s: is a recording, not an experiment file; open or render replays it", path);
        return NULL;
    }
    size_t length;
    char *text = file_read(path, YAML_TREE_BYTES, &length, error);
    struct experiment *experiment = text ? experiment_parse(text, length, path, error) : NULL;
    free(text);
    return experiment;
}

static void fail_unknown(const char *name, char *const *names, size_t count, struct error *error) {
    const char *nearest = text_nearest(name, (const char *const *)names, count);
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

struct experiment *experiment_load(const char *name_or_path, struct error *error) {
    bool path_like = strchr(name_or_path, '/') || has_suffix(name_or_path, ".yaml") || has_suffix(name_or_path, ".yml") ||
                     has_suffix(name_or_path, ".saddle");
    if (path_like) return load_file(name_or_path, error);
    /* Without assets a file in the working folder can still be loaded; only then is their absence no error. */
    struct error own = {0};
    size_t count = 0;
    char *folder = experiments_folder(&own);
    char **names = folder ? file_names(folder, &count, &own) : NULL;
    struct experiment *experiment = NULL;
    bool found = false;
    for (size_t i = 0; i < count && !found; i++) {
        if (strcmp(names[i], name_or_path) != 0) continue;
        found = true;
        char *path = file_path(folder, name_or_path);
        experiment = load_file(path, error);
        free(path);
    }
    if (!found && *name_or_path && access(name_or_path, F_OK) == 0)
        experiment = load_file(name_or_path, error);
    else if (!found && !names)
        error_set(error, own.kind, "%s", own.message);
    else if (!found)
        fail_unknown(name_or_path, names, count, error);
    for (size_t i = 0; i < count; i++) free(names[i]);
    free(names);
    free(folder);
    return experiment;
}
