/* One sample's parameters out of a recording, for an experiment that starts where another run stopped. */
#include "base/text.h"
#include "run/recording_parts.h"

#include <math.h>

/* The id of the run, by label, else by name; −1 with an error that lists the runs there are. */
static int64_t find_run(sqlite3 *database, const char *path, const char *run, struct error *error) {
    int64_t id = -1;
    sqlite3_stmt *statement = recording_prepare(database, path,
                                                "SELECT id FROM run WHERE ?1 IS NULL OR label = ?1 OR name = ?1 ORDER "
                                                "BY ?1 IS NOT NULL AND label <> ?1, id LIMIT 1",
                                                error);
    if (!statement) return -1;
    if (run) sqlite3_bind_text(statement, 1, run, -1, SQLITE_STATIC);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        id = sqlite3_column_int64(statement, 0);
    else if (code != SQLITE_DONE)
        recording_fail(database, path, error);
    sqlite3_finalize(statement);
    if (id >= 0) return id;
    statement = recording_prepare(database, path, "SELECT label FROM run ORDER BY id LIMIT 64", error);
    if (!statement) return -1;
    struct text labels = {0};
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *label = (const char *)sqlite3_column_text(statement, 0);
        text_format(&labels, "%s%s", labels.length ? ", " : "", label ? label : "?");
    }
    sqlite3_finalize(statement);
    error_set(error, ERROR_INPUT, "%s has no run \"%.60s\"; there are %s", path, run ? run : "",
              labels.length ? labels.bytes : "none");
    text_clear(&labels);
    return -1;
}

bool recording_read_theta(const char *path, const char *run, int64_t step, int n, double *theta, struct error *error) {
    sqlite3 *database = recording_open(path, error);
    if (!database) return false;
    bool good = false;
    int64_t id = find_run(database, path, run, error);
    sqlite3_stmt *statement =
        id < 0 ? NULL
               : recording_prepare(
                     database, path,
                     "SELECT theta, step FROM sample WHERE run = ?1 AND (step = ?2 OR ?2 < 0) AND theta IS NOT NULL "
                     "ORDER BY step DESC LIMIT 1",
                     error);
    if (statement) {
        sqlite3_bind_int64(statement, 1, id);
        sqlite3_bind_int64(statement, 2, step);
        int code = sqlite3_step(statement);
        if (code == SQLITE_ROW) {
            const void *bytes = sqlite3_column_blob(statement, 0);
            size_t length = (size_t)sqlite3_column_bytes(statement, 0);
            good = recording_decode(bytes, length, theta, (size_t)n);
            if (!good)
                error_set(error, ERROR_INPUT, "%s holds %zu parameters a step; the objective has %d", path,
                          length / sizeof(double), n);
            for (int i = 0; i < n && good; i++)
                if (!isfinite(theta[i]))
                    good =
                        error_set(error, ERROR_INPUT, "%s: the run had diverged at step %lld; an earlier step is right",
                                  path, (long long)sqlite3_column_int64(statement, 1));
        } else if (code != SQLITE_DONE) {
            recording_fail(database, path, error);
        } else if (step < 0) {
            error_set(error, ERROR_INPUT, "%s: no parameters were kept for this run", path);
        } else {
            error_set(error, ERROR_INPUT,
                      "%s has no parameters for step %lld of this run; leave step out for the last one", path,
                      (long long)step);
        }
        sqlite3_finalize(statement);
    }
    sqlite3_close(database);
    return good;
}
