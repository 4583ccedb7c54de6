/* What a recording holds before its first sample: the tables, the experiment, its runs, layout and data. */
#include "base/memory.h"
#include "base/text.h"
#include "run/recording_json.h"
#include "run/recording_parts.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char schema[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value);"
    "CREATE TABLE run(id INTEGER PRIMARY KEY, name TEXT, label TEXT, optimizer_json TEXT, start INTEGER);"
    "CREATE TABLE sample(run INTEGER, step INTEGER, loss REAL, batch_loss REAL, grad_norm REAL, lr REAL, theta BLOB,"
    " validation_loss REAL, test_loss REAL, evaluations INTEGER, accuracy REAL, validation_accuracy REAL,"
    " test_accuracy REAL, PRIMARY KEY(run, step));"
    "CREATE TABLE statistics(run INTEGER PRIMARY KEY, step INTEGER, \"values\" BLOB);"
    "CREATE TABLE layout(name TEXT, offset INTEGER, shape TEXT);"
    "CREATE TABLE data(split TEXT PRIMARY KEY, x BLOB, x_shape TEXT, y BLOB, y_shape TEXT, y_type TEXT);"
    "CREATE TABLE plane(id INTEGER PRIMARY KEY, name TEXT, origin BLOB, u BLOB, v BLOB, u_name TEXT, v_name TEXT,"
    " u_share REAL, v_share REAL);"
    "CREATE TABLE surface(id INTEGER PRIMARY KEY, plane INTEGER, a_low REAL, a_high REAL, b_low REAL, b_high REAL,"
    " width INTEGER, height INTEGER, loss BLOB);"
    "CREATE TABLE critical(id INTEGER PRIMARY KEY, at BLOB, loss REAL, grad_norm REAL, kind TEXT, \"index\" INTEGER,"
    " eigenvalues BLOB, eigenvectors BLOB, valley INTEGER);";

struct setup {
    sqlite3 *database;
    const char *path;
    const struct experiment *experiment;
    struct error *error;
};

/* Runs a statement whose values have been bound. */
static bool insert_row(struct setup *setup, sqlite3_stmt *statement) {
    bool good = sqlite3_step(statement) == SQLITE_DONE || recording_fail(setup->database, setup->path, setup->error);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return good;
}

static void bind_labels(sqlite3_stmt *statement, int index, const int32_t *labels, size_t count) {
    unsigned char *bytes = MEM_NEW(unsigned char, count * sizeof(int32_t));
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = htole32((uint32_t)labels[i]);
        memcpy(bytes + i * sizeof bits, &bits, sizeof bits);
    }
    sqlite3_bind_blob64(statement, index, bytes, count * sizeof(int32_t), free);
}

/* Binds the text and clears it. */
static void bind_text(sqlite3_stmt *statement, int index, struct text *text) {
    sqlite3_bind_text(statement, index, text->bytes, (int)text->length, SQLITE_TRANSIENT);
    text_clear(text);
}

static bool write_meta(struct setup *setup) {
    const struct experiment *e = setup->experiment;
    const struct data *data = objective_data(e->objective);
    int n = objective_dimension(e->objective);
    sqlite3_stmt *statement =
        recording_prepare(setup->database, setup->path, "INSERT INTO meta VALUES(?1, ?2)", setup->error);
    if (!statement) return false;
    bool good = true;
    const struct {
        const char *key, *text;
        int64_t number;
    } entries[] = {
        {"format", NULL, RECORDING_FORMAT}, {"program", "saddlescope", 0}, {"program_version", SADDLESCOPE_VERSION, 0},
        {"experiment", e->source, 0},       {"name", e->name, 0},          {"seed", NULL, (int64_t)e->seed},
        {"steps", NULL, e->steps},          {"parameters", NULL, n},       {"start_count", NULL, e->start_count},
    };
    for (size_t i = 0; i < sizeof entries / sizeof *entries && good; i++) {
        sqlite3_bind_text(statement, 1, entries[i].key, -1, SQLITE_STATIC);
        if (entries[i].text)
            sqlite3_bind_text(statement, 2, entries[i].text, -1, SQLITE_STATIC);
        else
            sqlite3_bind_int64(statement, 2, entries[i].number);
        good = insert_row(setup, statement);
    }
    if (good) {
        sqlite3_bind_text(statement, 1, "starts", -1, SQLITE_STATIC);
        recording_bind_numbers(statement, 2, e->starts, (size_t)e->start_count * (size_t)n);
        good = insert_row(setup, statement);
    }
    const char *texts[][2] = {{"data_name", data ? data->name : NULL},
                              {"data_attribution", data ? data->attribution : NULL}};
    for (size_t i = 0; i < 2 && good; i++) {
        if (!texts[i][1]) continue;
        sqlite3_bind_text(statement, 1, texts[i][0], -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 2, texts[i][1], -1, SQLITE_STATIC);
        good = insert_row(setup, statement);
    }
    if (good && data && data->kind == DATA_CLASSES) {
        sqlite3_bind_text(statement, 1, "data_classes", -1, SQLITE_STATIC);
        sqlite3_bind_int64(statement, 2, data->classes);
        good = insert_row(setup, statement);
    }
    if (good && data && data->class_names) {
        struct text names = {0};
        json_strings(&names, data->class_names, data->classes);
        sqlite3_bind_text(statement, 1, "data_class_names", -1, SQLITE_STATIC);
        bind_text(statement, 2, &names);
        good = insert_row(setup, statement);
    }
    sqlite3_finalize(statement);
    return good;
}

static bool write_runs(struct setup *setup) {
    const struct experiment *e = setup->experiment;
    sqlite3_stmt *statement =
        recording_prepare(setup->database, setup->path, "INSERT INTO run VALUES(?1, ?2, ?3, ?4, ?5)", setup->error);
    bool good = statement != NULL;
    for (int run = 0; run < experiment_run_count(e) && good; run++) {
        const struct experiment_optimizer *optimizer = &e->optimizers[run / e->start_count];
        struct text json = {0};
        json_optimizer(&json, optimizer);
        sqlite3_bind_int(statement, 1, run);
        sqlite3_bind_text(statement, 2, optimizer_class_name(optimizer->class), -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 3, optimizer->label, -1, SQLITE_STATIC);
        bind_text(statement, 4, &json);
        sqlite3_bind_int(statement, 5, run % e->start_count);
        good = insert_row(setup, statement);
    }
    sqlite3_finalize(statement);
    return good;
}

static bool write_layout(struct setup *setup) {
    const struct layout_entry *entries;
    size_t count = objective_layout(setup->experiment->objective, &entries);
    sqlite3_stmt *statement =
        recording_prepare(setup->database, setup->path, "INSERT INTO layout VALUES(?1, ?2, ?3)", setup->error);
    bool good = statement != NULL;
    for (size_t i = 0; i < count && good; i++) {
        struct text shape = {0};
        json_shape(&shape, entries[i].shape, entries[i].rank);
        sqlite3_bind_text(statement, 1, entries[i].name, -1, SQLITE_STATIC);
        sqlite3_bind_int(statement, 2, entries[i].offset);
        bind_text(statement, 3, &shape);
        good = insert_row(setup, statement);
    }
    sqlite3_finalize(statement);
    return good;
}

static bool write_split(struct setup *setup, sqlite3_stmt *statement, const char *split, const struct data *data) {
    if (!data) return true;
    bool classes = data->kind == DATA_CLASSES;
    int samples = data->samples, x_shape[] = {samples, data->features}, y_shape[] = {samples, data->targets};
    size_t x_count = (size_t)samples * (size_t)data->features,
           y_count = (size_t)samples * (size_t)(classes ? 1 : data->targets);
    int limit = sqlite3_limit(setup->database, SQLITE_LIMIT_LENGTH, -1);
    if ((double)x_count * sizeof(double) > limit - 65536.0 || (double)y_count * sizeof(double) > limit - 65536.0)
        return error_set(setup->error, ERROR_INPUT,
                         "%s: a recording holds its data set, and this one has more than %d bytes; "
                         "fewer samples are right",
                         setup->path, limit);
    struct text shape = {0};
    sqlite3_bind_text(statement, 1, split, -1, SQLITE_STATIC);
    recording_bind_numbers(statement, 2, data->x, x_count);
    json_shape(&shape, x_shape, 2);
    bind_text(statement, 3, &shape);
    if (classes)
        bind_labels(statement, 4, data->labels, y_count);
    else
        recording_bind_numbers(statement, 4, data->y, y_count);
    json_shape(&shape, y_shape, classes ? 1 : 2);
    bind_text(statement, 5, &shape);
    sqlite3_bind_text(statement, 6, classes ? "i32" : "f64", -1, SQLITE_STATIC);
    return insert_row(setup, statement);
}

static bool write_data(struct setup *setup) {
    const struct data *data = objective_data(setup->experiment->objective);
    if (!data) return true;
    sqlite3_stmt *statement = recording_prepare(setup->database, setup->path,
                                                "INSERT INTO data VALUES(?1, ?2, ?3, ?4, ?5, ?6)", setup->error);
    bool good = statement && write_split(setup, statement, "train", data) &&
                write_split(setup, statement, "validation", data->validation) &&
                write_split(setup, statement, "test", data->test);
    sqlite3_finalize(statement);
    return good;
}

bool recording_setup(const char *path, const char *partial, const struct experiment *experiment, struct error *error) {
    sqlite3 *database = NULL;
    struct setup setup = {.path = path, .experiment = experiment, .error = error};
    unlink(partial);
    bool good = sqlite3_open_v2(partial, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK;
    if (!good) {
        int trial = open(partial, O_WRONLY | O_CREAT, 0644); /* SQLite tries in several ways and keeps the last reason */
        error_set(error, ERROR_MACHINE, "%s: cannot be written: %s", path,
                  trial < 0 ? strerror(errno) : sqlite3_errmsg(database));
        if (trial >= 0) close(trial);
    }
    setup.database = database;
    struct text identity = {0};
    text_format(&identity, "PRAGMA application_id = %d; PRAGMA user_version = %d;", RECORDING_APPLICATION,
                RECORDING_FORMAT);
    good = good &&
           recording_execute(database, path, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = NORMAL;", error) &&
           recording_execute(database, path, identity.bytes, error) &&
           recording_execute(database, path, "BEGIN", error) && recording_execute(database, path, schema, error) &&
           write_meta(&setup) && write_runs(&setup) && write_layout(&setup) && write_data(&setup) &&
           recording_execute(database, path, "COMMIT", error);
    text_clear(&identity);
    sqlite3_close(database);
    if (!good) unlink(partial);
    return good;
}
