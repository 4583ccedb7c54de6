/* Writing a recording: the tables are set up beside the file and renamed over it, then samples go straight into it
 * through SQLite's write-ahead log, so that killing the program loses no more than what was not yet committed. */
#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"
#include "run/recording_parts.h"
#include "run/run.h"

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
    sqlite3_stmt *insert, *forget, *state, *begin, *commit;
    bool open;     /* a transaction is */
    double opened; /* when */
    int runs, n, statistics;
    int64_t *last;        /* (runs) the last step written, −1 before the first */
    int64_t *kept;        /* (runs) the step whose moving averages wait to be written; −1: none wait */
    double *averages;     /* (runs × statistics) those */
    unsigned char *bytes; /* (n × 8) */
    struct error failure; /* the first; nothing is written after it */
};

/* ---- the place --------------------------------------------------------------------------------------------------- */

/* Nothing but a recording of ours (or an empty file) is overwritten: a mistyped -o must not cost anybody's work. */
static bool check_place(const char *path, struct error *error) {
    struct stat facts;
    if (stat(path, &facts) != 0) return true;
    if (S_ISDIR(facts.st_mode)) return error_set(error, ERROR_INPUT, "%s: is a folder; a file name is right", path);
    if (S_ISREG(facts.st_mode) && facts.st_size == 0) return true;
    unsigned char head[72] = {0};
    FILE *stream = S_ISREG(facts.st_mode) ? fopen(path, "rb") : NULL;
    bool ours = stream && fread(head, 1, sizeof head, stream) == sizeof head && recording_is(path) &&
                ((uint32_t)head[68] << 24 | (uint32_t)head[69] << 16 | (uint32_t)head[70] << 8 | head[71]) ==
                    RECORDING_APPLICATION;
    if (stream) fclose(stream);
    return ours ||
           error_set(error, ERROR_INPUT, "%s: exists and is no recording; choose another name or remove it", path);
}

/* Renaming over a recording that another program is still writing would lose the one and, with its log, damage the other.
 * Leaving the log's mode needs the file alone, so that asking for it tells. A damaged one may be written over. */
static bool check_alone(const char *path, struct error *error) {
    sqlite3 *database = NULL;
    int code = SQLITE_OK;
    if (access(path, F_OK) == 0 && recording_is(path) &&
        sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
        code = sqlite3_exec(database, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) & 0xFF;
    sqlite3_close(database);
    return (code != SQLITE_BUSY && code != SQLITE_LOCKED) ||
           error_set(error, ERROR_MACHINE,
                     "%s: another program is recording to it or reads it; stop that first, or choose another name", path);
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
    if (!recording_execute(database, path,
                           "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;",
                           error))
        return false;
    recording->insert =
        recording_prepare(database, path, "INSERT INTO sample VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)", error);
    recording->forget = recording_prepare(database, path, "DELETE FROM sample WHERE run = ?1 AND step >= ?2", error);
    recording->state = recording_prepare(database, path, "INSERT OR REPLACE INTO statistics VALUES(?1, ?2, ?3)", error);
    recording->begin = recording_prepare(database, path, "BEGIN IMMEDIATE", error);
    recording->commit = recording_prepare(database, path, "COMMIT", error);
    return recording->insert && recording->forget && recording->state && recording->begin && recording->commit;
}

static void release(struct recording **recording) {
    struct recording *r = *recording;
    sqlite3_finalize(r->insert);
    sqlite3_finalize(r->forget);
    sqlite3_finalize(r->state);
    sqlite3_finalize(r->begin);
    sqlite3_finalize(r->commit);
    sqlite3_close(r->database);
    free(r->path);
    free(r->last);
    free(r->kept);
    free(r->averages);
    free(r->bytes);
    free(r);
    *recording = NULL;
}

struct recording *recording_create(const char *path, const struct experiment *experiment, struct error *error) {
    if (!check_place(path, error) || !check_alone(path, error)) return NULL;
    struct text partial = {0};
    text_format(&partial, "%s.partial-%ld", path, (long)getpid());
    bool good = recording_setup(path, partial.bytes, experiment, error) && put_in_place(partial.bytes, path, error);
    text_clear(&partial);
    if (!good) return NULL;
    struct recording *recording = MEM_NEW(struct recording, 1);
    recording->path = mem_copy_text(path);
    recording->runs = experiment_run_count(experiment);
    recording->n = objective_dimension(experiment->objective);
    recording->last = MEM_NEW(int64_t, recording->runs);
    recording->bytes = MEM_NEW(unsigned char, (size_t)recording->n * sizeof(double));
    recording->statistics = objective_statistics(experiment->objective);
    recording->kept = MEM_NEW(int64_t, recording->runs);
    recording->averages = mem_zalloc((size_t)recording->runs * (size_t)recording->statistics + 1, sizeof(double));
    for (int i = 0; i < recording->runs; i++) recording->last[i] = recording->kept[i] = -1;
    if (!open_for_samples(recording, error)) release(&recording);
    return recording;
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

static bool fail(struct recording *recording, struct error *error) {
    if (recording->failure.kind == ERROR_NONE)
        recording_fail(recording->database, recording->path, &recording->failure);
    return error_set(error, recording->failure.kind, "%s", recording->failure.message);
}

static bool run_statement(struct recording *recording, sqlite3_stmt *statement, struct error *error) {
    bool good = sqlite3_step(statement) == SQLITE_DONE;
    if (!good) fail(recording, error); /* before the reset, which would forget the reason */
    sqlite3_reset(statement);
    return good;
}

static bool write_statistics(struct recording *recording, struct error *error) {
    size_t count = (size_t)recording->statistics;
    for (int run = 0; run < recording->runs; run++) {
        if (recording->kept[run] < 0) continue;
        sqlite3_bind_int(recording->state, 1, run);
        sqlite3_bind_int64(recording->state, 2, recording->kept[run]);
        recording_bind_numbers(recording->state, 3, recording->averages + (size_t)run * count, count);
        recording->kept[run] = -1;
        if (!run_statement(recording, recording->state, error)) return false;
    }
    return true;
}

static bool commit(struct recording *recording, struct error *error) {
    if (!recording->open) return true;
    if (!write_statistics(recording, error)) return false;
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
    if (isnan(value))
        sqlite3_bind_null(statement, index);
    else
        sqlite3_bind_double(statement, index, value);
}

static bool begin(struct recording *recording, struct error *error) {
    if (recording->failure.kind != ERROR_NONE) return fail(recording, error);
    if (recording->open) return true;
    if (!run_statement(recording, recording->begin, error)) return false;
    recording->open = true;
    recording->opened = clock_seconds();
    return true;
}

bool recording_append(struct recording *recording, int run, const struct sample *sample, const double *theta,
                      struct error *error) {
    if (!begin(recording, error)) return false;
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
    bind_figure(insert, 8, sample->validation_loss);
    bind_figure(insert, 9, sample->test_loss);
    sqlite3_bind_int64(insert, 10, sample->evaluations);
    bind_figure(insert, 11, sample->accuracy);
    bind_figure(insert, 12, sample->validation_accuracy);
    bind_figure(insert, 13, sample->test_accuracy);
    if (theta) {
        recording_encode(theta, (size_t)recording->n, recording->bytes);
        sqlite3_bind_blob64(insert, 7, recording->bytes, (size_t)recording->n * sizeof(double), SQLITE_STATIC);
    } else {
        sqlite3_bind_null(insert, 7);
    }
    return run_statement(recording, insert, error) && recording_tick(recording, error);
}

bool recording_keep_statistics(struct recording *recording, int run, int64_t step, const double *statistics,
                               struct error *error) {
    if (!begin(recording, error)) return false;
    size_t count = (size_t)recording->statistics;
    recording->kept[run] = step;
    memcpy(recording->averages + (size_t)run * count, statistics, count * sizeof *statistics);
    return true;
}

bool recording_close(struct recording **recording, struct error *error) {
    if (!recording || !*recording) return true;
    struct recording *r = *recording;
    bool good = r->failure.kind == ERROR_NONE ? commit(r, error) : fail(r, error);
    /* Out of the log into one file, which any tool can copy. A reader elsewhere may forbid that; then SQLite does it
     * later. */
    if (good) {
        sqlite3_exec(r->database, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
        sqlite3_busy_timeout(r->database, 200);
        sqlite3_exec(r->database, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    }
    release(recording);
    return good;
}
