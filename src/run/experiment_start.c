/* Where the runs of an experiment start: points, seeds, a step of a recording, or an array file. */
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "run/experiment_parts.h"
#include "run/recording_parts.h"

#include <endian.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { START_STREAM = 71 }; /* of the random numbers; apart from the data's and the network's */

/* A start more than so many widths outside the domain is a slip of the pen: nothing there is ever seen. */
static const double START_REACH = 10;

static double *make_room(struct experiment *e, int count) {
    e->start_count = count;
    e->starts = MEM_NEW(double, (size_t)count *(size_t)objective_dimension(e->objective));
    return e->starts;
}

static bool check_total(struct experiment_reader *reader, const yaml_node_t *node, size_t count) {
    int n = objective_dimension(reader->experiment->objective);
    if ((double)count * n <= 2.0 * EXPERIMENT_MAX_PARAMETERS) return true;
    return yaml_fail(reader->tree, node, "%zu starts of %d parameters are too many; at most %d are right", count, n,
                     2 * EXPERIMENT_MAX_PARAMETERS / n);
}

/* ---- points ------------------------------------------------------------------------------------------------------ */

static bool read_point(struct experiment_reader *reader, const yaml_node_t *node, double *theta) {
    struct experiment *e = reader->experiment;
    struct yaml_tree *tree = reader->tree;
    size_t n = (size_t)objective_dimension(e->objective), count = yaml_count(node);
    if (!yaml_is_list(node))
        return yaml_fail(tree, node, "a start is no list of numbers; one such as [0.4, -0.2] is right");
    if (count != n)
        return yaml_fail(tree, node, "this start has %zu numbers; the objective has %zu parameters", count, n);
    for (size_t i = 0; i < n; i++) {
        double low = -1e12, high = 1e12;
        if (e->domain) {
            double reach = START_REACH * (e->domain[i][1] - e->domain[i][0]);
            low = e->domain[i][0] - reach;
            high = e->domain[i][1] + reach;
        }
        struct text what = {0};
        text_format(&what, "start %.40s", e->variables ? e->variables[i] : "parameter");
        bool good = yaml_number(tree, yaml_item(tree, node, i), what.bytes, low, high, &theta[i]);
        text_clear(&what);
        if (!good) return false;
    }
    return true;
}

static bool read_points(struct experiment_reader *reader, const yaml_node_t *node) {
    struct yaml_tree *tree = reader->tree;
    struct experiment *e = reader->experiment;
    size_t count = yaml_count(node), n = (size_t)objective_dimension(e->objective);
    if (count == 0) return yaml_fail(tree, node, "start is an empty list; a point such as [0.4, -0.2] is right");
    bool several = yaml_is_list(yaml_item(tree, node, 0));
    if (!several) return read_point(reader, node, make_room(e, 1));
    if (count > EXPERIMENT_MAX_STARTS)
        return yaml_fail(tree, node, "there are %zu starts; at most %d are right", count, EXPERIMENT_MAX_STARTS);
    if (!check_total(reader, node, count)) return false;
    double *starts = make_room(e, (int)count);
    for (size_t i = 0; i < count; i++)
        if (!read_point(reader, yaml_item(tree, node, i), starts + i * n)) return false;
    return true;
}

/* ---- seeds ------------------------------------------------------------------------------------------------------- */

void experiment_draw_start(const struct experiment *e, uint64_t seed, double *theta) {
    objective_initialise(e->objective, seed, theta);
    if (!e->domain) return;
    struct random random = random_seeded(seed, START_STREAM);
    for (int i = 0; i < objective_dimension(e->objective); i++) {
        double edge = 0.05 * (e->domain[i][1] - e->domain[i][0]);
        theta[i] = random_uniform(&random, e->domain[i][0] + edge, e->domain[i][1] - edge);
    }
}

static bool read_seeds(struct experiment_reader *reader, const yaml_node_t *node, bool several) {
    struct yaml_tree *tree = reader->tree;
    struct experiment *e = reader->experiment;
    int n = objective_dimension(e->objective);
    int64_t seeds[EXPERIMENT_MAX_STARTS];
    size_t count = 1;
    if (!several) {
        if (!yaml_integer(tree, node, "seed of the start", 0, INT64_MAX, &seeds[0])) return false;
    } else {
        if (!yaml_check_list(tree, node, "seeds", 1, EXPERIMENT_MAX_STARTS, "[1, 2, 3]", &count)) return false;
        for (size_t i = 0; i < count; i++)
            if (!yaml_integer(tree, yaml_item(tree, node, i), "seed of a start", 0, INT64_MAX, &seeds[i])) return false;
    }
    if (!check_total(reader, node, count)) return false;
    double *starts = make_room(e, (int)count);
    for (size_t i = 0; i < count; i++) experiment_draw_start(e, (uint64_t)seeds[i], starts + i * (size_t)n);
    return true;
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static bool read_from_recording(struct experiment_reader *reader, const yaml_node_t *node) {
    struct yaml_tree *tree = reader->tree;
    struct experiment *e = reader->experiment;
    const yaml_node_t *run = yaml_get(tree, node, "run"), *step = yaml_get(tree, node, "step");
    const char *file, *name = NULL;
    int64_t at = -1;
    if (!yaml_text(tree, yaml_get(tree, node, "recording"), "recording", &file)) return false;
    if (run && !yaml_text(tree, run, "run", &name)) return false;
    if (step && !yaml_integer(tree, step, "step", 0, EXPERIMENT_MAX_STEPS, &at)) return false;
    char *path = experiment_relative(e, file);
    struct error own = {0};
    bool good = recording_read_theta(path, name, at, objective_dimension(e->objective), make_room(e, 1), &own);
    free(path);
    if (good) return true;
    const yaml_node_t *place = yaml_get(tree, node, "recording");
    return yaml_fail(tree, place, "%s", own.message);
}

/* The header of an .npy file (format 1 or 2) is a Python literal; only what a start can be is understood. Returns the
 * number of float64s in the shape and where they begin, or false with what is wrong. */
static bool read_npy_header(const unsigned char *bytes, size_t length, size_t *count, size_t *offset,
                            const char **wrong) {
    *wrong = "is no .npy file; one of float64 made by numpy.save is right";
    if (length < 12 || memcmp(bytes, "\x93NUMPY", 6) != 0) return false;
    size_t header, start = bytes[6] == 1 ? 10 : 12;
    if (bytes[6] == 1)
        header = (size_t)bytes[8] | (size_t)bytes[9] << 8;
    else if (bytes[6] == 2)
        header = (size_t)bytes[8] | (size_t)bytes[9] << 8 | (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    else
        return false;
    if (header > 65536 || header > length - start) return false;
    char *text = memcpy(mem_zalloc(header + 1, 1), bytes + start, header);
    const char *shape = strstr(text, "'shape': (");
    *offset = start + header;
    *count = 1;
    bool good = false;
    if (!strstr(text, "'descr': '<f8'")) {
        *wrong = "holds another type than float64; array.astype('<f8') is right";
    } else if (shape && !strstr(text, "'fortran_order': False")) {
        *wrong = "is in Fortran order; numpy.ascontiguousarray is right";
    } else if (shape) {
        good = true;
        for (const char *at = shape + strlen("'shape': ("); *at && *at != ')';) {
            char *end;
            unsigned long long size = strtoull(at, &end, 10);
            if (end == at || size > (1ull << 32) || __builtin_mul_overflow(*count, (size_t)size, count)) good = false;
            if (!good) break;
            at = end + strspn(end, ", L");
        }
    }
    free(text);
    return good;
}

static bool read_from_npy(struct experiment_reader *reader, const yaml_node_t *node) {
    struct yaml_tree *tree = reader->tree;
    struct experiment *e = reader->experiment;
    size_t n = (size_t)objective_dimension(e->objective), length, count, offset;
    const char *file, *wrong = NULL;
    if (!yaml_text(tree, node, "npy", &file)) return false;
    char *path = experiment_relative(e, file);
    struct error own = {0};
    char *bytes = file_read(path, 65548 + n * sizeof(double) * EXPERIMENT_MAX_STARTS, &length, &own);
    bool good = bytes != NULL;
    if (!good) {
        yaml_fail(tree, node, "%s", own.message);
    } else if (!read_npy_header((const unsigned char *)bytes, length, &count, &offset, &wrong)) {
        good = yaml_fail(tree, node, "%s: %s", path, wrong);
    } else if (count == 0 || count % n != 0 || count / n > EXPERIMENT_MAX_STARTS ||
               (length - offset) / sizeof(double) != count) {
        good = yaml_fail(tree, node, "%s: has %zu numbers; %zu for each start are right, and at most %d starts", path,
                         count, n, EXPERIMENT_MAX_STARTS);
    } else if ((good = check_total(reader, node, count / n))) {
        double *starts = make_room(e, (int)(count / n));
        for (size_t i = 0; i < count; i++) {
            uint64_t bits;
            memcpy(&bits, bytes + offset + i * sizeof bits, sizeof bits);
            bits = le64toh(bits);
            memcpy(&starts[i], &bits, sizeof bits);
            if (!isfinite(starts[i]) || fabs(starts[i]) > 1e12) {
                good = yaml_fail(tree, node, "%s: number %zu is %g; finite numbers within ±1e12 are right", path, i,
                                 starts[i]);
                break;
            }
        }
    }
    free(bytes);
    free(path);
    return good;
}

/* ---- the default ------------------------------------------------------------------------------------------------- */

/* Off every axis of symmetry and well inside: 0.8 and −0.6 of the way from the middle, turn about; where the loss is
 * not finite there, the nearest to it of the points drawn from the first 64 seeds. */
static void default_start(struct experiment *e, struct evaluator *evaluator) {
    int n = objective_dimension(e->objective);
    double *theta = make_room(e, 1);
    if (!e->domain) {
        objective_initialise(e->objective, e->seed, theta);
        return;
    }
    for (int i = 0; i < n; i++) {
        double middle = (e->domain[i][0] + e->domain[i][1]) / 2, half = (e->domain[i][1] - e->domain[i][0]) / 2;
        theta[i] = middle + (i % 2 ? 0.6 : -0.8) * half;
    }
    for (uint64_t seed = 0; seed < 64 && !isfinite(evaluator_loss(evaluator, theta, NULL)); seed++)
        experiment_draw_start(e, seed, theta);
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static bool read_mapping(struct experiment_reader *reader, const yaml_node_t *node) {
    struct yaml_tree *tree = reader->tree;
    static const char *const keys[] = {"seed", "seeds", "npy", "recording", "run", "step"};
    if (!yaml_check_mapping(tree, node, "start", keys, 6)) return false;
    int kinds = 0;
    for (int i = 0; i < 4; i++) kinds += yaml_get(tree, node, keys[i]) != NULL;
    if (kinds != 1)
        return yaml_fail(tree, node,
                         "start names %s; one of {seed: 1}, {seeds: [1, 2]}, {npy: FILE} or {recording: FILE, "
                         "run: NAME, step: N} is right",
                         kinds ? "several sources" : "no source");
    const yaml_node_t *recording = yaml_get(tree, node, "recording"), *seed = yaml_get(tree, node, "seed");
    const yaml_node_t *seeds = yaml_get(tree, node, "seeds");
    for (int i = 4; i < 6 && !recording; i++)
        if (yaml_get(tree, node, keys[i]))
            return yaml_fail(tree, yaml_get(tree, node, keys[i]),
                             "%s belongs to a recording; {recording: FILE, run: NAME, "
                             "step: N} is right",
                             keys[i]);
    if (seed || seeds) return read_seeds(reader, seed ? seed : seeds, seeds != NULL);
    return recording ? read_from_recording(reader, node) : read_from_npy(reader, yaml_get(tree, node, "npy"));
}

bool experiment_read_starts(struct experiment_reader *reader, const yaml_node_t *node) {
    struct experiment *e = reader->experiment;
    int n = objective_dimension(e->objective);
    if (reader->stored && reader->stored->starts) {
        if (reader->stored->n != n)
            return yaml_fail(reader->tree, reader->tree->root,
                             "the stored starts have %d parameters; the objective has %d", reader->stored->n, n);
        memcpy(make_room(e, reader->stored->start_count), reader->stored->starts,
               (size_t)reader->stored->start_count * (size_t)n * sizeof(double));
        return true;
    }
    struct evaluator *evaluator = e->formula ? evaluator_create(e->objective) : NULL;
    bool good = true;
    if (!node)
        default_start(e, evaluator);
    else if (yaml_is_list(node))
        good = read_points(reader, node);
    else if (yaml_is_mapping(node))
        good = read_mapping(reader, node);
    else
        good =
            yaml_fail(reader->tree, node, "start is a single value; a point such as [0.4, -0.2] or {seed: 1} is right");
    for (int i = 0; good && evaluator && i < e->start_count; i++) {
        double loss = evaluator_loss(evaluator, e->starts + (size_t)i * (size_t)n, NULL);
        if (isfinite(loss)) continue;
        const yaml_node_t *place = node ? node : reader->tree->root;
        if (node && yaml_is_list(node) && yaml_is_list(yaml_item(reader->tree, node, 0)))
            place = yaml_item(reader->tree, node, (size_t)i);
        good = yaml_fail(reader->tree, place,
                         "the loss is not finite at %s; a start where the formula has a value is right",
                         node ? "this start" : "any start that was tried");
    }
    evaluator_destroy(&evaluator);
    return good;
}
