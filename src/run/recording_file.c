/* A recording on disk as SQLite sees it: recognising one, opening one that others may have made, and its errors. */
#include "run/recording_parts.h"
#include "run/run.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool recording_is(const char *path) {
    char head[16];
    struct stat facts;
    if (stat(path, &facts) != 0 || !S_ISREG(facts.st_mode)) return false; /* a pipe would lose what is read of it */
    FILE *stream = fopen(path, "rb");
    if (!stream) return false;
    bool is = fread(head, 1, sizeof head, stream) == sizeof head && !memcmp(head, "SQLite format 3", sizeof head);
    fclose(stream);
    return is;
}

bool recording_fail(sqlite3 *database, const char *path, struct error *error) {
    int code = database ? sqlite3_errcode(database) : SQLITE_NOMEM;
    int reason = database ? sqlite3_system_errno(database) : 0; /* SQLite's own words hide it */
    if ((code & 0xFF) == SQLITE_IOERR && reason == ENOSPC) code = SQLITE_FULL;
    switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        return error_set(error, ERROR_INPUT, "%s: is damaged (%s); record it again", path, sqlite3_errmsg(database));
    case SQLITE_FULL:
        return error_set(error, ERROR_MACHINE, "%s: the disk is full; what was recorded so far is kept", path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return error_set(error, ERROR_MACHINE, "%s: another program holds it locked; close it there first", path);
    case SQLITE_IOERR:
        return error_set(error, ERROR_MACHINE, "%s: %s%s%s", path, sqlite3_errmsg(database), reason ? ": " : "",
                         reason ? strerror(reason) : "");
    default: break;
    }
    return error_set(error, ERROR_MACHINE, "%s: %s", path,
                     database ? sqlite3_errmsg(database) : "no memory to open it");
}

bool recording_execute(sqlite3 *database, const char *path, const char *sql, struct error *error) {
    return sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK || recording_fail(database, path, error);
}

sqlite3_stmt *recording_prepare(sqlite3 *database, const char *path, const char *sql, struct error *error) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK) return statement;
    /* Of a file that opened well, a missing table or column means that it is somebody else's. */
    if ((sqlite3_errcode(database) & 0xFF) == SQLITE_ERROR)
        error_set(error, ERROR_INPUT, "%s: is no recording of this format (%s)", path, sqlite3_errmsg(database));
    else
        recording_fail(database, path, error);
    return NULL;
}

/* Views and virtual tables in the place of ours could compute anything; only plain tables are read. */
static bool check_tables(sqlite3 *database, const char *path, struct error *error) {
    static const char *const tables[] = {"meta", "run", "sample", "layout", "data", "statistics"};
    enum { NEEDED = 5 }; /* the others came later */
    sqlite3_stmt *statement =
        recording_prepare(database, path, "SELECT type, sql FROM sqlite_schema WHERE name = ?1", error);
    if (!statement) return false;
    bool good = true;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && good; i++) {
        sqlite3_bind_text(statement, 1, tables[i], -1, SQLITE_STATIC);
        int code = sqlite3_step(statement);
        const char *type = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
        const char *sql = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 1) : NULL;
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            good = recording_fail(database, path, error);
        else if (code == SQLITE_DONE && i >= NEEDED)
            good = true;
        else if (!type || strcmp(type, "table") != 0 || !sql || sqlite3_strnicmp(sql, "CREATE TABLE", 12) != 0)
            good = error_set(error, ERROR_INPUT,
                             "%s: is an SQLite file without the table \"%s\"; a recording made by run -o is right",
                             path, tables[i]);
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    return good;
}

/* A run that was killed leaves its last second in PATH-wal; opened for writing, SQLite folds that into the file. */
static int open_flags(const char *path) {
    struct text wal = {0};
    text_format(&wal, "%s-wal", path);
    bool leftover = access(wal.bytes, F_OK) == 0;
    text_clear(&wal);
    return leftover && access(path, W_OK) == 0 ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
}

sqlite3 *recording_open(const char *path, struct error *error) {
    if (access(path, R_OK) != 0) {
        error_set(error, ERROR_INPUT, "%s: cannot be read; a recording made by run -o is right", path);
        return NULL;
    }
    if (!recording_is(path)) {
        error_set(error, ERROR_INPUT, "%s: is no recording (no SQLite file); one made by run -o is right", path);
        return NULL;
    }
    sqlite3 *database = NULL;
    if (sqlite3_open_v2(path, &database, open_flags(path), NULL) != SQLITE_OK) {
        recording_fail(database, path, error);
        sqlite3_close(database);
        return NULL;
    }
    sqlite3_busy_timeout(database, 2000);
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_exec(database, "PRAGMA cell_size_check = ON", NULL, NULL, NULL);
    if (check_tables(database, path, error)) return database;
    sqlite3_close(database);
    return NULL;
}
