/* The experiment file: its top level. The objective, the starts and the optimizers are read in files of their own. */
#include "base/file.h"
#include "base/memory.h"
#include "run/experiment_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const height_mapping_names[] = {"linear", "log"};

enum { EXPRESSION_GRID = 161, NETWORK_GRID = 81, DEFAULT_STEPS = 300 };

int experiment_run_count(const struct experiment *experiment) {
    return experiment->optimizer_count * experiment->start_count;
}

void experiment_destroy(struct experiment **experiment) {
    if (!experiment || !*experiment) return;
    struct experiment *e = *experiment;
    int n = e->variables ? objective_dimension(e->objective) : 0;
    for (int i = 0; i < n; i++) free(e->variables[i]);
    free(e->variables);
    objective_destroy(&e->objective);
    for (int i = 0; i < e->optimizer_count; i++) free(e->optimizers[i].label);
    for (int i = 0; i < e->known_count; i++) free(e->known[i].at);
    free(e->optimizers);
    free(e->known);
    free(e->swarm);
    free(e->path);
    free(e->name);
    free(e->source);
    free(e->csv);
    free(e->title);
    free(e->title_zh);
    free(e->about);
    free(e->about_zh);
    free(e->formula);
    free(e->domain);
    free(e->starts);
    free(e);
    *experiment = NULL;
}

static char *file_stem(const char *path) {
    const char *slash = strrchr(path, '/');
    char *stem = mem_copy_text(slash ? slash + 1 : path);
    char *dot = strrchr(stem, '.');
    if (dot && dot != stem) *dot = '\0';
    return stem;
}

char *experiment_relative(const struct experiment *experiment, const char *file) {
    const char *slash = strrchr(experiment->path, '/');
    if (*file == '/' || !slash) return mem_copy_text(file);
    char *folder = mem_copy_text(experiment->path);
    folder[slash - experiment->path + (slash == experiment->path)] = '\0';
    char *path = path_join(folder, file);
    free(folder);
    return path;
}

/* ---- the small keys ---------------------------------------------------------------------------------------------- */

/* Text in one language, or {en: …, zh: …}; `*zh` stays NULL without a Chinese one. */
static bool read_words(struct yaml_tree *tree, const yaml_node_t *node, const char *what, char **en, char **zh) {
    if (!node) return true;
    const char *english = NULL, *chinese = NULL;
    if (yaml_is_mapping(node)) {
        static const char *const languages[] = {"en", "zh"};
        if (!yaml_check_mapping(tree, node, what, languages, 2)) return false;
        const yaml_node_t *en_node = yaml_get(tree, node, "en"), *zh_node = yaml_get(tree, node, "zh");
        if (!en_node && !zh_node)
            return yaml_fail(tree, node, "%s is empty; {en: …, zh: …} or plain text is right", what);
        if (en_node && !yaml_text(tree, en_node, what, &english)) return false;
        if (zh_node && !yaml_text(tree, zh_node, what, &chinese)) return false;
    } else if (!yaml_text(tree, node, what, &english)) {
        return false;
    }
    *en = mem_copy_text(english ? english : chinese);
    *zh = mem_copy_text(chinese);
    return true;
}

static bool leaves_too_few(const struct experiment *e, int64_t batch) {
    int64_t samples = objective_samples(e->objective), last = batch < samples ? samples % batch : 0;
    int least = objective_least_batch(e->objective);
    return batch < least || (last > 0 && last < least);
}

/* As PyTorch: an epoch ends with the samples that are left, and batch norm cannot measure one alone. */
static bool check_batch(struct experiment_reader *reader, const yaml_node_t *node, int64_t batch) {
    const struct experiment *e = reader->experiment;
    if (!leaves_too_few(e, batch)) return true;
    int64_t samples = objective_samples(e->objective), right = batch + 1;
    while (right < samples && leaves_too_few(e, right)) right++;
    if (batch < objective_least_batch(e->objective))
        return yaml_fail(reader->tree, node,
                         "batch norm has no variance of a batch of %lld; batch: %lld, or norm: layer, is right",
                         (long long)batch, (long long)right);
    return yaml_fail(reader->tree, node,
                     "%lld samples in batches of %lld leave one alone at the end, of which batch norm has no variance; "
                     "batch: %lld is right",
                     (long long)samples, (long long)batch, (long long)right);
}

static bool read_batch(struct experiment_reader *reader, const yaml_node_t *node) {
    struct experiment *e = reader->experiment;
    if (!node) return true;
    if (node->type == YAML_SCALAR_NODE && !strcmp((const char *)node->data.scalar.value, "full")) return true;
    if (!yaml_is_number(reader->tree, node))
        return yaml_fail(reader->tree, node, "batch is neither \"full\" nor a number of samples");
    int64_t batch;
    if (!yaml_integer(reader->tree, node, "batch", 1, INT32_MAX, &batch)) return false;
    int samples = objective_samples(e->objective);
    if (objective_is_expression(e->objective))
        return yaml_fail(reader->tree, node, "a formula has no samples to take batches of; batch: full is right");
    if (batch > samples)
        return yaml_fail(reader->tree, node, "batch is %lld, but there are %d samples; at most that, or full, is right",
                         (long long)batch, samples);
    if (!check_batch(reader, node, batch)) return false;
    e->batch = batch == samples ? 0 : (int)batch;
    return true;
}

/* An axis of the plane: a variable's name, or a parameter's number from 0. */
static bool read_axis(struct experiment_reader *reader, const yaml_node_t *node, const char *what, int *axis) {
    struct experiment *e = reader->experiment;
    int n = objective_dimension(e->objective);
    int64_t index;
    if (e->variables && !yaml_is_number(reader->tree, node)) {
        size_t choice;
        if (!yaml_choice(reader->tree, node, "variable", (const char *const *)e->variables, (size_t)n, &choice))
            return false;
        *axis = (int)choice;
        return true;
    }
    if (!yaml_integer(reader->tree, node, what, 0, n - 1, &index)) return false;
    *axis = (int)index;
    return true;
}

/* "start", or "end:NAME" or NAME for where the first run of an optimizer, by label or by kind, is. */
static bool read_place(struct experiment_reader *reader, const yaml_node_t *node, const char *what, int *run) {
    struct experiment *e = reader->experiment;
    const char *text;
    if (!yaml_text(reader->tree, node, what, &text)) return false;
    *run = -1;
    if (strcmp(text, "start") == 0) return true;
    if (strncmp(text, "end:", 4) == 0) text += 4;
    for (int i = 0; i < e->optimizer_count && *run < 0; i++)
        if (strcmp(text, e->optimizers[i].label) == 0 || strcmp(text, optimizer_class_name(e->optimizers[i].class)) == 0)
            *run = i * e->start_count;
    return *run >= 0 || yaml_fail(reader->tree, node,
                                  "%s is \"%s\", but the experiment has no such optimizer; start or end:%s is right", what,
                                  text, e->optimizer_count > 0 ? optimizer_class_name(e->optimizers[0].class) : "sgd");
}

/* The one run whose path a plane of principal components is of, where it is not of all. */
static bool read_plane_path(struct experiment_reader *reader, const yaml_node_t *runs) {
    struct experiment *e = reader->experiment;
    size_t count;
    e->plane_runs[0] = -1;
    if (!runs) return true;
    if (!yaml_check_list(reader->tree, runs, "\"runs\" of plane pca", 1, 1, "[adam]; without it the paths of all runs", &count))
        return false;
    const yaml_node_t *run = yaml_item(reader->tree, runs, 0);
    if (!read_place(reader, run, "the run of the plane", &e->plane_runs[0])) return false;
    return e->plane_runs[0] >= 0 || yaml_fail(reader->tree, run, "a start has no path; an optimizer such as %s is right",
                                              e->optimizer_count > 0 ? optimizer_class_name(e->optimizers[0].class) : "sgd");
}

/* Where the planes through points of the runs are: the first run's end, the first three runs' ends, unless said. */
static bool read_plane_points(struct experiment_reader *reader, const yaml_node_t *node) {
    struct experiment *e = reader->experiment;
    struct yaml_tree *tree = reader->tree;
    const yaml_node_t *at = yaml_get(tree, node, "at"), *runs = yaml_get(tree, node, "runs");
    if (at && e->plane != PLANE_HESSIAN)
        return yaml_fail(tree, at, "at belongs to plane hessian; this one is %s", plane_names[e->plane]);
    if (runs && e->plane != PLANE_POINTS && e->plane != PLANE_PCA)
        return yaml_fail(tree, runs, "runs belong to planes points and pca; this one is %s", plane_names[e->plane]);
    if (e->plane == PLANE_PCA) return read_plane_path(reader, runs);
    e->plane_runs[0] = 0;
    if (e->plane == PLANE_HESSIAN) return !at || read_place(reader, at, "\"at\" of the plane", &e->plane_runs[0]);
    if (e->plane != PLANE_POINTS) return true;
    size_t count;
    if (!runs && experiment_run_count(e) < 3)
        return yaml_fail(tree, node, "a plane through three points needs three runs; the experiment has %d",
                         experiment_run_count(e));
    for (int i = 0; i < 3; i++) e->plane_runs[i] = i;
    if (!runs) return true;
    if (!yaml_check_list(tree, runs, "\"runs\" of the plane", 3, 3, "[sgd, momentum, adam]", &count)) return false;
    for (size_t i = 0; i < 3; i++) {
        if (!read_place(reader, yaml_item(tree, runs, i), "a run of the plane", &e->plane_runs[i])) return false;
        for (size_t k = 0; k < i; k++)
            if (e->plane_runs[k] == e->plane_runs[i])
                return yaml_fail(tree, yaml_item(tree, runs, i), "the plane goes through the same point twice; three different "
                                                                 "ones are right");
    }
    return true;
}

static bool read_plane(struct experiment_reader *reader, const yaml_node_t *node) {
    struct experiment *e = reader->experiment;
    struct yaml_tree *tree = reader->tree;
    e->plane = e->formula ? PLANE_AXES : PLANE_PCA;
    e->plane_axes[0] = 0;
    e->plane_axes[1] = 1;
    e->plane_seed = e->seed;
    e->plane_runs[0] = e->plane == PLANE_PCA ? -1 : 0;
    if (!node) return true;
    static const char *const keys[] = {"name", "first", "second", "seed", "at", "runs"};
    const yaml_node_t *name = node;
    if (node->type != YAML_SCALAR_NODE) {
        if (!yaml_check_mapping(tree, node, "plane", keys, 6)) return false;
        name = yaml_get(tree, node, "name");
    }
    if (name) {
        size_t kind;
        if (!yaml_choice(tree, name, "plane", plane_names, PLANE_KINDS, &kind)) return false;
        e->plane = (enum plane_kind)kind;
    }
    const yaml_node_t *first = yaml_get(tree, node, "first"), *second = yaml_get(tree, node, "second");
    const yaml_node_t *seed = yaml_get(tree, node, "seed");
    if ((first || second) && e->plane != PLANE_AXES)
        return yaml_fail(tree, first ? first : second, "first and second choose the axes of plane axes; this one is %s",
                         plane_names[e->plane]);
    if (seed && e->plane != PLANE_RANDOM)
        return yaml_fail(tree, seed, "seed belongs to plane random; this one is %s", plane_names[e->plane]);
    if (first && !read_axis(reader, first, "first axis of the plane", &e->plane_axes[0])) return false;
    if (first && !second) e->plane_axes[1] = e->plane_axes[0] == 0 ? 1 : 0;
    if (second && !read_axis(reader, second, "second axis of the plane", &e->plane_axes[1])) return false;
    if (second && !first && e->plane_axes[1] == 0) e->plane_axes[0] = 1;
    if (e->plane_axes[0] == e->plane_axes[1])
        return yaml_fail(tree, second, "both axes of the plane are the same parameter; two different ones are right");
    int64_t value;
    if (seed) {
        if (!yaml_integer(tree, seed, "seed of the plane", 0, INT64_MAX, &value)) return false;
        e->plane_seed = (uint64_t)value;
    }
    return read_plane_points(reader, node);
}

static bool read_grid(struct experiment_reader *reader, const yaml_node_t *node) {
    struct experiment *e = reader->experiment;
    e->grid[0] = e->grid[1] = e->formula ? EXPRESSION_GRID : NETWORK_GRID;
    if (!node) return true;
    size_t count;
    if (!yaml_check_list(reader->tree, node, "grid", 2, 2, "[101, 101]", &count)) return false;
    for (size_t i = 0; i < 2; i++) {
        int64_t points;
        if (!yaml_integer(reader->tree, yaml_item(reader->tree, node, i), i ? "grid height" : "grid width", SURFACE_MIN,
                          SURFACE_MAX, &points))
            return false;
        e->grid[i] = (int)points;
    }
    return true;
}

static bool read_view(struct experiment_reader *reader, const yaml_node_t *height, const yaml_node_t *camera) {
    struct experiment *e = reader->experiment;
    e->camera[0] = 40;
    e->camera[1] = 35;
    size_t mapping;
    if (height) {
        if (!yaml_choice(reader->tree, height, "height", height_mapping_names, 2, &mapping)) return false;
        e->height = (enum height_mapping)mapping;
    }
    if (!camera) return true;
    static const char *const keys[] = {"azimuth", "elevation"};
    if (!yaml_check_mapping(reader->tree, camera, "camera", keys, 2)) return false;
    const yaml_node_t *azimuth = yaml_get(reader->tree, camera, keys[0]),
                      *elevation = yaml_get(reader->tree, camera, keys[1]);
    if (azimuth && !yaml_number(reader->tree, azimuth, "azimuth in degrees", -360, 360, &e->camera[0])) return false;
    return !elevation || yaml_number(reader->tree, elevation, "elevation in degrees", 2, 90, &e->camera[1]);
}

static bool read_known(struct experiment_reader *reader, const yaml_node_t *node) {
    struct experiment *e = reader->experiment;
    struct yaml_tree *tree = reader->tree;
    if (!node) return true;
    size_t count, n = (size_t)objective_dimension(e->objective), coordinates;
    if (!e->formula) return yaml_fail(tree, node, "known points are for formulas; leave them out for a network");
    if (!yaml_check_list(tree, node, "known", 0, 256, "[{at: [0, 0], kind: saddle}]", &count)) return false;
    e->known = MEM_NEW(struct known_point, count);
    for (size_t i = 0; i < count; i++) {
        static const char *const keys[] = {"at", "kind", "loss"};
        const yaml_node_t *item = yaml_item(tree, node, i);
        if (!yaml_check_mapping(tree, item, "known point", keys, 3)) return false;
        const yaml_node_t *at = yaml_get(tree, item, "at"), *kind = yaml_get(tree, item, "kind");
        const yaml_node_t *loss = yaml_get(tree, item, "loss");
        if (!at || !kind)
            return yaml_fail(tree, item, "a known point needs \"at\" and \"kind\"; such as {at: [0, 0], kind: saddle}");
        struct known_point *point = &e->known[i];
        if (!yaml_check_list(tree, at, "\"at\" of a known point", n, n, "[0, 0]", &coordinates)) return false;
        point->at = MEM_NEW(double, n);
        e->known_count++;
        for (size_t k = 0; k < n; k++)
            if (!yaml_number(tree, yaml_item(tree, at, k), "coordinate of a known point", -1e12, 1e12, &point->at[k]))
                return false;
        size_t choice;
        if (!yaml_choice(tree, kind, "kind of point", point_kind_names, 4, &choice)) return false;
        point->kind = (enum point_kind)choice;
        point->loss = NAN;
        if (loss && !yaml_number(tree, loss, "loss of a known point", -1e300, 1e300, &point->loss)) return false;
    }
    return true;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static const char *const experiment_keys[] = {
    "title", "about",     "source", "order", "objective",  "start",  "steps",  "seed",
    "batch", "precision", "plane",  "grid",  "optimizers", "height", "camera", "known", "swarm",
};

static bool read_experiment(struct experiment_reader *reader) {
    struct yaml_tree *tree = reader->tree;
    struct experiment *e = reader->experiment;
    const yaml_node_t *root = tree->root;
    if (root->type == YAML_SCALAR_NODE)
        return yaml_fail(tree, root, "this is no experiment; a mapping with at least \"objective:\" is right");
    if (!yaml_check_mapping(tree, root, "an experiment", experiment_keys,
                            sizeof experiment_keys / sizeof *experiment_keys))
        return false;
    const char *citation;
    const yaml_node_t *source = yaml_get(tree, root, "source"), *order = yaml_get(tree, root, "order");
    if (!read_words(tree, yaml_get(tree, root, "title"), "title", &e->title, &e->title_zh)) return false;
    if (!e->title) e->title = mem_copy_text(e->name);
    if (!read_words(tree, yaml_get(tree, root, "about"), "about", &e->about, &e->about_zh)) return false;
    if (source && !yaml_text(tree, source, "source", &citation)) return false;
    int64_t whole;
    if (order && !yaml_integer(tree, order, "order", 0, 1000000, &whole)) return false;

    e->steps = DEFAULT_STEPS;
    const yaml_node_t *steps = yaml_get(tree, root, "steps"), *seed = yaml_get(tree, root, "seed");
    if (steps && !yaml_integer(tree, steps, "steps", 1, EXPERIMENT_MAX_STEPS, &e->steps)) return false;
    int64_t seed_value = 1;
    if (seed && !yaml_integer(tree, seed, "seed", 0, INT64_MAX, &seed_value)) return false;
    e->seed = (uint64_t)seed_value;

    const yaml_node_t *objective = yaml_get(tree, root, "objective");
    if (!objective)
        return yaml_fail(tree, root,
                         "there is no \"objective\"; objective: {expression: (1 - w1*w2)^2} or "
                         "objective: {network: …, data: …} is right");
    bool network = yaml_is_mapping(objective) && yaml_get(tree, objective, "network");
    if (!experiment_read_precision(reader, yaml_get(tree, root, "precision"), network)) return false;
    if (!experiment_read_objective(reader, objective)) return false;
    const yaml_node_t *start = yaml_get(tree, root, "start"), *optimizers = yaml_get(tree, root, "optimizers");
    if (!experiment_read_starts(reader, start)) return false;
    if (!experiment_read_optimizers(reader, optimizers)) return false;
    if (experiment_run_count(e) > EXPERIMENT_MAX_RUNS)
        return yaml_fail(tree, optimizers ? optimizers : root,
                         "%d optimizers from %d starts make %d runs; at most %d are right", e->optimizer_count,
                         e->start_count, experiment_run_count(e), EXPERIMENT_MAX_RUNS);
    return read_batch(reader, yaml_get(tree, root, "batch")) && read_plane(reader, yaml_get(tree, root, "plane")) &&
           read_grid(reader, yaml_get(tree, root, "grid")) &&
           read_view(reader, yaml_get(tree, root, "height"), yaml_get(tree, root, "camera")) &&
           experiment_read_swarm(reader, yaml_get(tree, root, "swarm")) &&
           read_known(reader, yaml_get(tree, root, "known"));
}

struct experiment *experiment_parse_stored(const char *text, size_t length, const char *path,
                                           struct experiment_stored *stored, struct data_reading *reading,
                                           struct error *error) {
    struct error own = {0}; /* readers look at the tree's error, which therefore always exists */
    struct yaml_tree *tree = yaml_tree_parse(text, length, path, "an experiment file", &own);
    if (!tree) {
        error_set(error, own.kind, "%s", own.message);
        return NULL;
    }
    struct experiment *experiment = MEM_NEW(struct experiment, 1);
    experiment->path = mem_copy_text(path);
    experiment->name = file_stem(path);
    experiment->source = memcpy(mem_zalloc(length + 1, 1), text, length);
    struct experiment_reader reader = {.tree = tree, .experiment = experiment, .stored = stored, .reading = reading};
    if (!read_experiment(&reader)) {
        error_set(error, own.kind, "%s", own.message);
        experiment_destroy(&experiment);
    }
    yaml_tree_destroy(&tree);
    return experiment;
}

struct experiment *experiment_parse(const char *text, size_t length, const char *path, struct error *error) {
    return experiment_parse_stored(text, length, path, NULL, NULL, error);
}

struct experiment *experiment_parse_on(const char *text, size_t length, const char *path, struct data **data,
                                       struct error *error) {
    struct experiment_stored stored = {.data = *data};
    struct experiment *experiment = experiment_parse_stored(text, length, path, &stored, NULL, error);
    *data = stored.data;
    return experiment;
}
