/* Reading a recording back: the experiment from its YAML, with the very data, starts and optimizers that were recorded,
 * and every sample into a timeline. */
#include "base/memory.h"
#include "base/text.h"
#include "run/experiment_parts.h"
#include "run/recording_parts.h"

#include <endian.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parameters beyond it are thinned by the timeline. */
static const size_t TIMELINE_BYTES = (size_t)1 << 30;

struct reading {
    sqlite3 *database;
    const char *path;
    struct error *error;
    int64_t format; /* from read_experiment on */
};

static bool fail_damaged(struct reading *reading, const char *what) {
    return error_set(reading->error, ERROR_INPUT, "%s: is damaged (%s); record it again", reading->path, what);
}

/* ---- meta -------------------------------------------------------------------------------------------------------- */

/* The statement stands on the value, or is NULL: with an error when the key must be there, else without. */
static sqlite3_stmt *meta_find(struct reading *reading, const char *key, bool required) {
    sqlite3_stmt *statement =
        recording_prepare(reading->database, reading->path, "SELECT value FROM meta WHERE key = ?1", reading->error);
    if (!statement) return NULL;
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) return statement;
    if (code != SQLITE_DONE)
        recording_fail(reading->database, reading->path, reading->error);
    else if (required)
        error_set(reading->error, ERROR_INPUT, "%s: is no recording of this format (meta has no \"%s\")", reading->path,
                  key);
    sqlite3_finalize(statement);
    return NULL;
}

static bool meta_integer(struct reading *reading, const char *key, int64_t low, int64_t high, int64_t *value) {
    sqlite3_stmt *statement = meta_find(reading, key, true);
    if (!statement) return false;
    bool good = sqlite3_column_type(statement, 0) == SQLITE_INTEGER;
    int64_t number = good ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    if (!good || number < low || number > high)
        return error_set(reading->error, ERROR_INPUT, "%s: is damaged (meta \"%s\" is out of range); record it again",
                         reading->path, key);
    *value = number;
    return true;
}

/* A copy, or NULL when there is none such. */
static char *meta_text(struct reading *reading, const char *key, bool required) {
    sqlite3_stmt *statement = meta_find(reading, key, required);
    if (!statement) return NULL;
    const char *text =
        sqlite3_column_type(statement, 0) == SQLITE_TEXT ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    char *copy = mem_copy_text(text);
    if (!copy && required) fail_damaged(reading, "a text of meta is none");
    sqlite3_finalize(statement);
    return copy;
}

static double *meta_numbers(struct reading *reading, const char *key, size_t count) {
    sqlite3_stmt *statement = meta_find(reading, key, true);
    if (!statement) return NULL;
    const void *bytes = sqlite3_column_blob(statement, 0);
    size_t length = (size_t)sqlite3_column_bytes(statement, 0);
    double *numbers = NULL;
    bool good = length / sizeof(double) == count; /* before any memory is taken on the word of the file */
    if (good) {
        numbers = MEM_NEW(double, count);
        good = recording_decode(bytes, length, numbers, count);
        for (size_t i = 0; i < count && good; i++) good = isfinite(numbers[i]);
    }
    sqlite3_finalize(statement);
    if (good) return numbers;
    fail_damaged(reading, "the starts are not what they should be");
    free(numbers);
    return NULL;
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

static bool read_shape(const char *text, int low_rank, int high_rank, int shape[2]) {
    int rank = 0;
    const char *at = text ? text : "";
    if (*at++ != '[') return false;
    shape[1] = 1;
    while (*at && *at != ']') {
        char *end;
        long size = strtol(at, &end, 10);
        if (end == at || size < 1 || size > 100000000 || rank == high_rank) return false;
        shape[rank++] = (int)size;
        at = end + strspn(end, ", ");
    }
    return *at == ']' && rank >= low_rank;
}

static bool read_labels(const unsigned char *bytes, size_t length, struct data *data) {
    if (length != (size_t)data->samples * sizeof(int32_t)) return false;
    data->labels = MEM_NEW(int32_t, data->samples);
    for (int i = 0; i < data->samples; i++) {
        uint32_t bits;
        memcpy(&bits, bytes + (size_t)i * sizeof bits, sizeof bits);
        data->labels[i] = (int32_t)le32toh(bits);
        if (data->labels[i] < 0 || data->labels[i] >= data->classes) return false;
    }
    return true;
}

static bool read_numbers(sqlite3_stmt *statement, int column, size_t count, double **values) {
    const void *bytes = sqlite3_column_blob(statement, column);
    size_t length = (size_t)sqlite3_column_bytes(statement, column);
    if (length % sizeof(double) || length / sizeof(double) != count) return false;
    *values = MEM_NEW(double, count);
    if (!recording_decode(bytes, length, *values, count)) return false;
    for (size_t i = 0; i < count; i++)
        if (!isfinite((*values)[i])) return false;
    return true;
}

static bool read_class_names(struct reading *reading, struct data *data) {
    char *json = meta_text(reading, "data_class_names", false);
    if (!json) return reading->error->kind == ERROR_NONE;
    struct yaml_tree *tree =
        yaml_tree_parse(json, strlen(json), reading->path, "a list of class names", reading->error);
    size_t count;
    bool good = tree && yaml_check_list(tree, tree->root, "class names", (size_t)data->classes, (size_t)data->classes,
                                        "[a, b]", &count);
    if (good) data->class_names = MEM_NEW(char *, data->classes);
    for (int i = 0; i < data->classes && good; i++) {
        const char *name;
        good = yaml_text(tree, yaml_item(tree, tree->root, (size_t)i), "a class name", &name);
        data->class_names[i] = mem_copy_text(good ? name : "");
    }
    if (!good) /* data_destroy frees the names by the number of classes */
        for (int i = 0; i < data->classes && data->class_names; i++)
            if (!data->class_names[i]) data->class_names[i] = mem_copy_text("");
    yaml_tree_destroy(&tree);
    free(json);
    return good;
}

static bool fill_data(struct reading *reading, sqlite3_stmt *statement, struct data *data) {
    int x_shape[2], y_shape[2];
    const char *type = (const char *)sqlite3_column_text(statement, 4);
    bool classes = type && !strcmp(type, "i32");
    if (!type || (!classes && strcmp(type, "f64") != 0)) return fail_damaged(reading, "the data has an unknown y_type");
    if (!read_shape((const char *)sqlite3_column_text(statement, 1), 2, 2, x_shape) ||
        !read_shape((const char *)sqlite3_column_text(statement, 3), 1, classes ? 1 : 2, y_shape) ||
        x_shape[0] != y_shape[0])
        return fail_damaged(reading, "the shapes of the data do not agree");
    data->kind = classes ? DATA_CLASSES : DATA_TARGETS;
    data->samples = x_shape[0];
    data->features = x_shape[1];
    int64_t count = 0;
    if (classes && !meta_integer(reading, "data_classes", 1, 4096, &count)) return false;
    data->classes = (int)count;
    data->targets = classes ? 0 : y_shape[1];
    bool good = read_numbers(statement, 0, (size_t)data->samples * (size_t)data->features, &data->x);
    if (good && classes)
        good = read_labels(sqlite3_column_blob(statement, 2), (size_t)sqlite3_column_bytes(statement, 2), data);
    else if (good)
        good = read_numbers(statement, 2, (size_t)data->samples * (size_t)data->targets, &data->y);
    if (!good) return fail_damaged(reading, "the data does not have its shape");
    data->name = meta_text(reading, "data_name", false);
    data->attribution = meta_text(reading, "data_attribution", false);
    if (!data->name) data->name = mem_copy_text("data");
    return read_class_names(reading, data);
}

/* One split, or NULL without an error when there is none such. */
static bool read_split(struct reading *reading, const char *split, struct data **data) {
    sqlite3_stmt *statement =
        recording_prepare(reading->database, reading->path,
                          "SELECT x, x_shape, y, y_shape, y_type FROM data WHERE split = ?1", reading->error);
    if (!statement) return false;
    sqlite3_bind_text(statement, 1, split, -1, SQLITE_STATIC);
    int code = sqlite3_step(statement);
    bool good = true;
    if (code == SQLITE_ROW) {
        *data = MEM_NEW(struct data, 1);
        good = fill_data(reading, statement, *data);
        if (!good) data_destroy(data);
    } else if (code != SQLITE_DONE) {
        good = recording_fail(reading->database, reading->path, reading->error);
    }
    sqlite3_finalize(statement);
    return good;
}

static bool alike(const struct data *one, const struct data *other) {
    return !other ||
           (one->kind == other->kind && one->features == other->features && one->targets == other->targets);
}

/* The data with what they hold back, or NULL without an error for a formula. */
static bool read_data(struct reading *reading, struct data **data) {
    if (!read_split(reading, "train", data)) return false;
    if (!*data) return true;
    bool good = read_split(reading, "validation", &(*data)->validation) && read_split(reading, "test", &(*data)->test);
    if (good && (!alike(*data, (*data)->validation) || !alike(*data, (*data)->test)))
        good = fail_damaged(reading, "the data held back are of another shape than the training data");
    if (!good) data_destroy(data);
    return good;
}

/* ---- the experiment ---------------------------------------------------------------------------------------------- */

/* As they were recorded, which a program that changed the file's steps or values knows better than the YAML. */
static bool read_optimizers(struct reading *reading, struct experiment *experiment) {
    sqlite3_stmt *statement = recording_prepare(reading->database, reading->path,
                                                "SELECT id, optimizer_json FROM run ORDER BY id", reading->error);
    if (!statement) return false;
    struct experiment_optimizer *optimizers = MEM_NEW(struct experiment_optimizer, EXPERIMENT_MAX_OPTIMIZERS);
    int runs = 0, count = 0, code;
    bool good = true;
    while (good && (code = sqlite3_step(statement)) != SQLITE_DONE) {
        const char *json = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 1) : NULL;
        if (code != SQLITE_ROW) {
            good = recording_fail(reading->database, reading->path, reading->error);
        } else if (sqlite3_column_int64(statement, 0) != runs || runs >= EXPERIMENT_MAX_RUNS || !json) {
            good = fail_damaged(reading, "the runs are not numbered 0, 1, …");
        } else if (runs++ % experiment->start_count == 0) {
            if (count == EXPERIMENT_MAX_OPTIMIZERS) {
                good = fail_damaged(reading, "there are too many optimizers");
                break;
            }
            struct yaml_tree *tree = yaml_tree_parse(json, strlen(json), reading->path, "an optimizer", reading->error);
            good = tree && experiment_read_optimizer(tree, tree->root, experiment->steps, &optimizers[count++]);
            yaml_tree_destroy(&tree);
        }
    }
    sqlite3_finalize(statement);
    if (good && (count == 0 || runs != count * experiment->start_count))
        good = fail_damaged(reading, "some runs are missing");
    if (good) {
        for (int i = 0; i < experiment->optimizer_count; i++) free(experiment->optimizers[i].label);
        free(experiment->optimizers);
        experiment->optimizers = optimizers;
        experiment->optimizer_count = count;
        return true;
    }
    for (int i = 0; i < count; i++) free(optimizers[i].label);
    free(optimizers);
    return false;
}

static struct experiment *read_experiment(struct reading *reading) {
    int64_t steps, seed, n, start_count;
    if (!meta_integer(reading, "format", 1, INT64_MAX, &reading->format)) return NULL;
    if (reading->format > RECORDING_FORMAT) {
        error_set(reading->error, ERROR_INPUT,
                  "%s: has format %lld; this version reads up to %d; a newer Saddlescope is right", reading->path,
                  (long long)reading->format, RECORDING_FORMAT);
        return NULL;
    }
    if (!meta_integer(reading, "steps", 0, EXPERIMENT_MAX_STEPS, &steps) ||
        !meta_integer(reading, "seed", 0, INT64_MAX, &seed) ||
        !meta_integer(reading, "parameters", 1, EXPERIMENT_MAX_PARAMETERS, &n) ||
        !meta_integer(reading, "start_count", 1, EXPERIMENT_MAX_STARTS, &start_count))
        return NULL;
    struct experiment *experiment = NULL;
    struct experiment_stored stored = {.n = (int)n, .start_count = (int)start_count};
    double *starts = meta_numbers(reading, "starts", (size_t)(n * start_count));
    char *source = starts ? meta_text(reading, "experiment", true) : NULL;
    stored.starts = starts;
    if (source && read_data(reading, &stored.data))
        experiment = experiment_parse_stored(source, strlen(source), reading->path, &stored, NULL, reading->error);
    data_destroy(&stored.data); /* when the experiment did not take it */
    free(starts);
    free(source);
    if (!experiment) return NULL;
    char *name = meta_text(reading, "name", false);
    if (name) {
        free(experiment->name);
        experiment->name = name;
    }
    experiment->steps = steps;
    experiment->seed = (uint64_t)seed;
    if (!read_optimizers(reading, experiment)) experiment_destroy(&experiment);
    return experiment;
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

static bool read_figure(sqlite3_stmt *statement, int column, double *value) {
    int type = sqlite3_column_type(statement, column);
    *value = type == SQLITE_NULL ? NAN : sqlite3_column_double(statement, column);
    return type == SQLITE_NULL || type == SQLITE_FLOAT || type == SQLITE_INTEGER;
}

/* The row the statement stands on; its parameters into `theta` (n), and `kept` whether there are any. */
static bool read_sample(sqlite3_stmt *statement, int runs, int n, int64_t *run, struct sample *sample, double *theta,
                        bool *kept) {
    if (sqlite3_column_type(statement, 0) != SQLITE_INTEGER || sqlite3_column_type(statement, 1) != SQLITE_INTEGER)
        return false;
    *run = sqlite3_column_int64(statement, 0);
    sample->step = sqlite3_column_int64(statement, 1);
    double *const figures[] = {&sample->loss, &sample->batch_loss,      &sample->gradient_norm,
                               &sample->rate, &sample->validation_loss, &sample->test_loss};
    for (int i = 0; i < 6; i++)
        if (!read_figure(statement, 2 + i, figures[i])) return false;
    double *const accuracies[] = {&sample->accuracy, &sample->validation_accuracy, &sample->test_accuracy};
    for (int i = 0; i < 3; i++)
        if (!read_figure(statement, 10 + i, accuracies[i])) return false;
    bool counted = sqlite3_column_type(statement, 8) == SQLITE_INTEGER;
    sample->evaluations = counted ? sqlite3_column_int64(statement, 8) : sample->step + 1;
    int type = sqlite3_column_type(statement, 9);
    *kept = type == SQLITE_BLOB;
    if (*run < 0 || *run >= runs || (!*kept && type != SQLITE_NULL)) return false;
    return !*kept || recording_decode(sqlite3_column_blob(statement, 9), (size_t)sqlite3_column_bytes(statement, 9),
                                      theta, (size_t)n);
}

/* In the order they were written, which within a run is the order of its steps. */
static bool read_samples(struct reading *reading, int runs, int n, struct timeline *timeline) {
    static const char *const queries[RECORDING_FORMAT + 1] = {
        [1] = "SELECT run, step, loss, batch_loss, grad_norm, lr, NULL, NULL, NULL, theta, NULL, NULL, NULL "
              "FROM sample ORDER BY rowid",
        [2] = "SELECT run, step, loss, batch_loss, grad_norm, lr, validation_loss, test_loss, evaluations, theta, "
              "NULL, NULL, NULL FROM sample ORDER BY rowid",
        [3] = "SELECT run, step, loss, batch_loss, grad_norm, lr, validation_loss, test_loss, evaluations, theta, "
              "accuracy, validation_accuracy, test_accuracy FROM sample ORDER BY rowid",
    };
    const char *query = queries[reading->format];
    sqlite3_stmt *statement = recording_prepare(reading->database, reading->path, query, reading->error);
    if (!statement) return false;
    int64_t last[EXPERIMENT_MAX_RUNS];
    for (int i = 0; i < runs; i++) last[i] = -1;
    double *theta = MEM_NEW(double, n);
    bool good = true;
    for (int code; good && (code = sqlite3_step(statement)) != SQLITE_DONE;) {
        if (code != SQLITE_ROW) {
            good = recording_fail(reading->database, reading->path, reading->error);
            break;
        }
        struct sample sample;
        int64_t run;
        bool kept;
        good = read_sample(statement, runs, n, &run, &sample, theta, &kept) && sample.step > last[run];
        if (!good) {
            fail_damaged(reading, "a sample is out of order or has the wrong types");
            break;
        }
        last[run] = sample.step;
        timeline_append(timeline, (int)run, &sample, kept ? theta : NULL);
    }
    free(theta);
    sqlite3_finalize(statement);
    return good;
}

static bool read_statistics(struct reading *reading, int runs, int count, struct timeline *timeline) {
    if (reading->format == 1 || count == 0) return true;
    sqlite3_stmt *statement = recording_prepare(reading->database, reading->path,
                                                "SELECT run, \"values\" FROM statistics", reading->error);
    if (!statement) return false;
    double *values = MEM_NEW(double, count);
    bool good = true;
    for (int code; good && (code = sqlite3_step(statement)) != SQLITE_DONE;) {
        int64_t run = sqlite3_column_int64(statement, 0);
        if (code != SQLITE_ROW)
            good = recording_fail(reading->database, reading->path, reading->error);
        else if (run < 0 || run >= runs || sqlite3_column_type(statement, 1) != SQLITE_BLOB ||
                 !recording_decode(sqlite3_column_blob(statement, 1), (size_t)sqlite3_column_bytes(statement, 1),
                                   values, (size_t)count))
            good = fail_damaged(reading, "the moving averages of a run are not what they should be");
        else
            timeline_keep_statistics(timeline, (int)run, values, count);
    }
    free(values);
    sqlite3_finalize(statement);
    return good;
}

/* A click on the surface starts all runs anew from one point; where they really started is in their first samples. */
static void take_starts(struct experiment *experiment, const struct timeline *timeline, int n) {
    double *theta = MEM_NEW(double, n);
    for (int start = 0; start < experiment->start_count; start++) {
        struct sample sample;
        bool known = false;
        if (timeline_read(timeline, start, 0, 1, &sample, theta, &known) != 1 || !known || sample.step != 0) continue;
        bool finite = true;
        for (int i = 0; i < n && finite; i++) finite = isfinite(theta[i]);
        if (finite) memcpy(experiment->starts + (size_t)start * (size_t)n, theta, (size_t)n * sizeof *theta);
    }
    free(theta);
}

bool recording_read(const char *path, struct experiment **experiment, struct timeline **timeline, struct error *error) {
    struct error own = {0};
    *experiment = NULL;
    *timeline = NULL;
    struct reading reading = {.path = path, .error = &own, .database = recording_open(path, &own)};
    bool good = false;
    if (reading.database) *experiment = read_experiment(&reading);
    if (*experiment) {
        int runs = experiment_run_count(*experiment), n = objective_dimension((*experiment)->objective);
        *timeline = timeline_create(runs, n, TIMELINE_BYTES);
        good = read_samples(&reading, runs, n, *timeline) &&
               read_statistics(&reading, runs, objective_statistics((*experiment)->objective), *timeline);
    }
    sqlite3_close(reading.database);
    if (good) take_starts(*experiment, *timeline, objective_dimension((*experiment)->objective));
    if (good) return true;
    experiment_destroy(experiment);
    timeline_destroy(timeline);
    return error_set(error, own.kind, "%s", own.message);
}
