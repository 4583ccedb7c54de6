/* A recording's plane, surface and critical points, added once training is over. */
#include "run/recording_parts.h"
#include "run/run.h"

struct writing {
    sqlite3 *database;
    const char *path;
    struct error *error;
};

static sqlite3_stmt *prepare(struct writing *writing, const char *sql) {
    return recording_prepare(writing->database, writing->path, sql, writing->error);
}

/* Runs a statement once and lets it go. */
static bool insert(struct writing *writing, sqlite3_stmt *statement) {
    bool good = sqlite3_step(statement) == SQLITE_DONE || recording_fail(writing->database, writing->path, writing->error);
    sqlite3_finalize(statement);
    return good;
}

static bool write_plane(struct writing *writing, const struct plane *plane) {
    sqlite3_stmt *statement = prepare(writing, "INSERT INTO plane VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (!statement) return false;
    size_t n = (size_t)plane->n;
    sqlite3_bind_text(statement, 1, plane_names[plane->kind], -1, SQLITE_STATIC);
    recording_bind_numbers(statement, 2, plane->origin, n);
    recording_bind_numbers(statement, 3, plane->u, n);
    recording_bind_numbers(statement, 4, plane->v, n);
    sqlite3_bind_text(statement, 5, plane->u_name, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 6, plane->v_name, -1, SQLITE_STATIC);
    sqlite3_bind_double(statement, 7, plane->share[0]); /* NaN becomes NULL */
    sqlite3_bind_double(statement, 8, plane->share[1]);
    return insert(writing, statement);
}

static bool write_surface(struct writing *writing, const struct surface_params *range, const double *losses) {
    sqlite3_stmt *statement = prepare(writing, "INSERT INTO surface VALUES(1, 1, ?, ?, ?, ?, ?, ?, ?)");
    if (!statement) return false;
    sqlite3_bind_double(statement, 1, range->low[0]);
    sqlite3_bind_double(statement, 2, range->high[0]);
    sqlite3_bind_double(statement, 3, range->low[1]);
    sqlite3_bind_double(statement, 4, range->high[1]);
    sqlite3_bind_int(statement, 5, range->width);
    sqlite3_bind_int(statement, 6, range->height);
    recording_bind_numbers(statement, 7, losses, (size_t)range->width * (size_t)range->height);
    return insert(writing, statement);
}

static bool write_point(struct writing *writing, int id, const struct critical_point *point) {
    sqlite3_stmt *statement = prepare(writing, "INSERT INTO critical VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (!statement) return false;
    const struct eigen_report *report = point->report;
    size_t n = (size_t)report->n;
    sqlite3_bind_int(statement, 1, id);
    recording_bind_numbers(statement, 2, report->at, n);
    sqlite3_bind_double(statement, 3, report->loss);
    sqlite3_bind_double(statement, 4, report->gradient_norm);
    sqlite3_bind_text(statement, 5, point_kind_names[report->kind], -1, SQLITE_STATIC);
    sqlite3_bind_int(statement, 6, report->index);
    recording_bind_numbers(statement, 7, report->eigenvalues, n);
    recording_bind_numbers(statement, 8, report->eigenvectors, n * n);
    sqlite3_bind_int(statement, 9, point->valley);
    return insert(writing, statement);
}

bool recording_add_geometry(const char *path, const struct recording_geometry *geometry, struct error *error) {
    struct writing writing = {.path = path, .error = error};
    if (sqlite3_open_v2(path, &writing.database, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        recording_fail(writing.database, path, error);
        sqlite3_close(writing.database);
        return false;
    }
    bool good = recording_execute(writing.database, path,
                                  "BEGIN IMMEDIATE; DELETE FROM plane; DELETE FROM surface; DELETE FROM critical;", error);
    if (good && geometry->plane) good = write_plane(&writing, geometry->plane);
    if (good && geometry->surface) good = write_surface(&writing, geometry->surface, geometry->losses);
    for (size_t i = 0; good && i < geometry->point_count; i++)
        good = write_point(&writing, (int)i + 1, &geometry->points[i]);
    good = good && recording_execute(writing.database, path, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE);", error);
    /* Closing rolls back what was not committed. */
    if (sqlite3_close(writing.database) != SQLITE_OK && good) good = recording_fail(NULL, path, error);
    return good;
}
