/* Writing a recording: the tables are set up beside the file and renamed over it, then samples go straight into it through
 * SQLite's write-ahead log, so that killing the program loses no more than what was not yet committed. */
#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"
#include "run/recording_json.h"
#include "run/recording_parts.h"

#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Half of what is promised, so that a tick which comes late still keeps the promise. */
static const double COMMIT_SECONDS = 0.05;

struct recording {
    char *path;
    sqlite3 *database;
    sqlite3_stmt *insert, *forget, *begin, *commit;
    bool open;     /* a transaction is */
    double opened; /* when */
    int runs, n;
    int64_t *last; /* (runs) the last step written, −1 before the first */
    unsigned char *bytes; /* (n × 8) */
    struct error failure; /* the first; nothing is written after it */
};

static const char schema[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value);"
    "CREATE TABLE run(id INTEGER PRIMARY KEY, name TEXT, label TEXT, optimizer_json TEXT, start INTEGER);"
    "CREATE TABLE sample(run INTEGER, step INTEGER, loss REAL, batch_loss REAL, grad_norm REAL, lr REAL, theta BLOB,"
    " PRIMARY KEY(run, step));"
    "CREATE TABLE layout(name TEXT, offset INTEGER, shape TEXT);"
    "CREATE TABLE data(split TEXT PRIMARY KEY, x BLOB, x_shape TEXT, y BLOB, y_shape TEXT, y_type TEXT);"
    "CREATE TABLE plane(id INTEGER PRIMARY KEY, name TEXT, origin BLOB, u BLOB, v BLOB, u_name TEXT, v_name TEXT,"
    " u_share REAL, v_share REAL);"
    "CREATE TABLE surface(id INTEGER PRIMARY KEY, plane INTEGER, a_low REAL, a_high REAL, b_low REAL, b_high REAL,"
    " width INTEGER, height INTEGER, loss BLOB);"
    "CREATE TABLE critical(id INTEGER PRIMARY KEY, at BLOB, loss REAL, grad_norm REAL, kind TEXT, \"index\" INTEGER,"
    " eigenvalues BLOB, eigenvectors BLOB, valley INTEGER);";

static bool execute(sqlite3 *database, const char *path, const char *sql, struct error *error) {
    return sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK || recording_fail(database, path, error);
}

/* ---- what is known at the start ------------------------------------------------------------------------------------ */

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

static void bind_numbers(sqlite3_stmt *statement, int index, const double *values, size_t count) {
    unsigned char *bytes = MEM_NEW(unsigned char, count * sizeof(double));
    recording_encode(values, count, bytes);
    sqlite3_bind_blob64(statement, index, bytes, count * sizeof(double), free);
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
    sqlite3_stmt *statement = recording_prepare(setup->database, setup->path, "INSERT INTO meta VALUES(?1, ?2)", setup->error);
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
        if (entries[i].text) sqlite3_bind_text(statement, 2, entries[i].text, -1, SQLITE_STATIC);
        else sqlite3_bind_int64(statement, 2, entries[i].number);
        good = insert_row(setup, statement);
    }
    if (good) {
        sqlite3_bind_text(statement, 1, "starts", -1, SQLITE_STATIC);
        bind_numbers(statement, 2, e->starts, (size_t)e->start_count * (size_t)n);
        good = insert_row(setup, statement);
    }
    const char *texts[][2] = {{"data_name", data ? data->name : NULL}, {"data_attribution", data ? data->attribution : NULL}};
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
    sqlite3_stmt *statement = recording_prepare(setup->database, setup->path, "INSERT INTO run VALUES(?1, ?2, ?3, ?4, ?5)",
                                                setup->error);
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
    sqlite3_stmt *statement = recording_prepare(setup->database, setup->path, "INSERT INTO layout VALUES(?1, ?2, ?3)", setup->error);
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

static bool write_data(struct setup *setup) {
    const struct data *data = objective_data(setup->experiment->objective);
    if (!data) return true;
    bool classes = data->kind == DATA_CLASSES;
    int samples = data->samples, x_shape[] = {samples, data->features}, y_shape[] = {samples, data->targets};
    size_t x_count = (size_t)samples * (size_t)data->features, y_count = (size_t)samples * (size_t)(classes ? 1 : data->targets);
    int limit = sqlite3_limit(setup->database, SQLITE_LIMIT_LENGTH, -1);
    if ((double)x_count * sizeof(double) > limit - 65536.0 || (double)y_count * sizeof(double) > limit - 65536.0)
        return error_set(setup->error, ERROR_INPUT, "%s: a recording holds its data set, and this one has more than %d bytes; "
                         "fewer samples are right", setup->path, limit);
    sqlite3_stmt *statement = recording_prepare(setup->database, setup->path,
                                                "INSERT INTO data VALUES('train', ?1, ?2, ?3, ?4, ?5)", setup->error);
    if (!statement) return false;
    struct text shape = {0};
    bind_numbers(statement, 1, data->x, x_count);
    json_shape(&shape, x_shape, 2);
    bind_text(statement, 2, &shape);
    if (classes) bind_labels(statement, 3, data->labels, y_count);
    else bind_numbers(statement, 3, data->y, y_count);
    json_shape(&shape, y_shape, classes ? 1 : 2);
    bind_text(statement, 4, &shape);
    sqlite3_bind_text(statement, 5, classes ? "i32" : "f64", -1, SQLITE_STATIC);
    bool good = insert_row(setup, statement);
    sqlite3_finalize(statement);
    return good;
}

static bool write_setup(const char *path, const char *partial, const struct experiment *experiment, struct error *error) {
    sqlite3 *database = NULL;
    struct setup setup = {.path = path, .experiment = experiment, .error = error};
    unlink(partial);
    bool good = sqlite3_open_v2(partial, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK;
    if (!good) {
        int reason = errno;
        error_set(error, ERROR_MACHINE, "%s: cannot be written: %s", path, reason ? strerror(reason) : sqlite3_errmsg(database));
    }
    setup.database = database;
    struct text identity = {0};
    text_format(&identity, "PRAGMA application_id = %d; PRAGMA user_version = %d;", RECORDING_APPLICATION, RECORDING_FORMAT);
    good = good && execute(database, path, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = NORMAL;", error)
        && execute(database, path, identity.bytes, error) && execute(database, path, "BEGIN", error)
        && execute(database, path, schema, error) && write_meta(&setup) && write_runs(&setup) && write_layout(&setup)
        && write_data(&setup) && execute(database, path, "COMMIT", error);
    text_clear(&identity);
    sqlite3_close(database);
    if (!good) unlink(partial);
    return good;
}

/* ---- the place ----------------------------------------------------------------------------------------------------- */

/* Nothing but a recording of ours (or an empty file) is ever overwritten: a mistyped -o must not cost anybody's work. */
static bool check_place(const char *path, struct error *error) {
    struct stat facts;
    if (stat(path, &facts) != 0) return true;
    if (S_ISDIR(facts.st_mode)) return error_set(error, ERROR_INPUT, "%s: is a folder; a file name is right", path);
    if (S_ISREG(facts.st_mode) && facts.st_size == 0) return true;
    unsigned char head[72] = {0};
    FILE *stream = S_ISREG(facts.st_mode) ? fopen(path, "rb") : NULL;
    bool ours = stream && fread(head, 1, sizeof head, stream) == sizeof head && recording_is(path)
        && ((uint32_t)head[68] << 24 | (uint32_t)head[69] << 16 | (uint32_t)head[70] << 8 | head[71]) == RECORDING_APPLICATION;
    if (stream) fclose(stream);
    return ours || error_set(error, ERROR_INPUT, "%s: exists and is no recording; choose another name or remove it", path);
}

static void remove_beside(const char *path, const char *suffix) {
    struct text name = {0};
    text_format(&name, "%s%s", path, suffix);
    unlink(name.bytes);
    text_clear(&name);
}

/* The old recording's log goes first: SQLite would take it for the new one's. */
static bool put_in_place(const char *partial, const char *path, struct error *error) {
    remove_beside(path, "-wal");
    remove_beside(path, "-shm");
    remove_beside(path, "-journal");
    if (rename(partial, path) == 0) return true;
    error_set(error, ERROR_MACHINE, "%s: cannot be written: %s", path, strerror(errno));
    unlink(partial);
    return false;
}

static bool open_for_samples(struct recording *recording, struct error *error) {
    const char *path = recording->path;
    if (sqlite3_open_v2(path, &recording->database, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        return recording_fail(recording->database, path, error);
    sqlite3 *database = recording->database;
    sqlite3_busy_timeout(database, 5000);
    if (!execute(database, path, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;", error))
        return false;
    recording->insert = recording_prepare(database, path, "INSERT INTO sample VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", error);
    recording->forget = recording_prepare(database, path, "DELETE FROM sample WHERE run = ?1 AND step >= ?2", error);
    recording->begin = recording_prepare(database, path, "BEGIN IMMEDIATE", error);
    recording->commit = recording_prepare(database, path, "COMMIT", error);
    return recording->insert && recording->forget && recording->begin && recording->commit;
}

static void release(struct recording **recording) {
    struct recording *r = *recording;
    sqlite3_finalize(r->insert);
    sqlite3_finalize(r->forget);
    sqlite3_finalize(r->begin);
    sqlite3_finalize(r->commit);
    sqlite3_close(r->database);
    free(r->path);
    free(r->last);
    free(r->bytes);
    free(r);
    *recording = NULL;
}

struct recording *recording_create(const char *path, const struct experiment *experiment, struct error *error) {
    if (!check_place(path, error)) return NULL;
    struct text partial = {0};
    text_format(&partial, "%s.partial-%ld", path, (long)getpid());
    bool good = write_setup(path, partial.bytes, experiment, error) && put_in_place(partial.bytes, path, error);
    text_clear(&partial);
    if (!good) return NULL;
    struct recording *recording = MEM_NEW(struct recording, 1);
    recording->path = mem_copy_text(path);
    recording->runs = experiment_run_count(experiment);
    recording->n = objective_dimension(experiment->objective);
    recording->last = MEM_NEW(int64_t, recording->runs);
    recording->bytes = MEM_NEW(unsigned char, (size_t)recording->n * sizeof(double));
    for (int i = 0; i < recording->runs; i++) recording->last[i] = -1;
    if (!open_for_samples(recording, error)) release(&recording);
    return recording;
}

/* ---- samples ------------------------------------------------------------------------------------------------------- */

static bool fail(struct recording *recording, struct error *error) {
    if (recording->failure.kind == ERROR_NONE) recording_fail(recording->database, recording->path, &recording->failure);
    return error_set(error, recording->failure.kind, "%s", recording->failure.message);
}

static bool run_statement(struct recording *recording, sqlite3_stmt *statement, struct error *error) {
    bool good = sqlite3_step(statement) == SQLITE_DONE;
    if (!good) fail(recording, error); /* before the reset, which would forget the reason */
    sqlite3_reset(statement);
    return good;
}

static bool commit(struct recording *recording, struct error *error) {
    if (!recording->open) return true;
    recording->open = false;
    return run_statement(recording, recording->commit, error);
}

bool recording_tick(struct recording *recording, struct error *error) {
    if (recording->failure.kind != ERROR_NONE) return fail(recording, error);
    if (!recording->open || clock_seconds() - recording->opened < COMMIT_SECONDS) return true;
    return commit(recording, error);
}

/* SQLite has no NaN: NULL stands for it. */
static void bind_figure(sqlite3_stmt *statement, int index, double value) {
    if (isnan(value)) sqlite3_bind_null(statement, index);
    else sqlite3_bind_double(statement, index, value);
}

bool recording_append(struct recording *recording, int run, const struct sample *sample, const double *theta,
                      struct error *error) {
    if (recording->failure.kind != ERROR_NONE) return fail(recording, error);
    if (!recording->open) {
        if (!run_statement(recording, recording->begin, error)) return false;
        recording->open = true;
        recording->opened = clock_seconds();
    }
    /* A run that starts again takes the place of what it did before. */
    if (sample->step <= recording->last[run]) {
        sqlite3_bind_int(recording->forget, 1, run);
        sqlite3_bind_int64(recording->forget, 2, sample->step);
        if (!run_statement(recording, recording->forget, error)) return false;
    }
    recording->last[run] = sample->step;
    sqlite3_stmt *insert = recording->insert;
    sqlite3_bind_int(insert, 1, run);
    sqlite3_bind_int64(insert, 2, sample->step);
    bind_figure(insert, 3, sample->loss);
    bind_figure(insert, 4, sample->batch_loss);
    bind_figure(insert, 5, sample->gradient_norm);
    bind_figure(insert, 6, sample->rate);
    if (theta) {
        recording_encode(theta, (size_t)recording->n, recording->bytes);
        sqlite3_bind_blob64(insert, 7, recording->bytes, (size_t)recording->n * sizeof(double), SQLITE_STATIC);
    } else {
        sqlite3_bind_null(insert, 7);
    }
    return run_statement(recording, insert, error) && recording_tick(recording, error);
}

bool recording_close(struct recording **recording, struct error *error) {
    if (!recording || !*recording) return true;
    struct recording *r = *recording;
    bool good = r->failure.kind == ERROR_NONE ? commit(r, error) : fail(r, error);
    /* Out of the log into one file, which any tool can copy. A reader elsewhere may forbid that; then SQLite does it later. */
    if (good) {
        sqlite3_exec(r->database, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
        sqlite3_busy_timeout(r->database, 200);
        sqlite3_exec(r->database, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    }
    release(recording);
    return good;
}
