#include "run/recording_study.h"

#include "base/memory.h"
#include "base/text.h"
#include "run/recording_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 32, BUSY_MILLISECONDS = 5000 };

static const char *const type_names[] = {"INTEGER", "REAL", "TEXT", "BLOB"};
static const char create_list[] = "CREATE TABLE IF NOT EXISTS study(id INTEGER PRIMARY KEY, kind TEXT, about TEXT,"
                                  " tables TEXT, made TEXT)";

/* ---- writing ----------------------------------------------------------------------------------------------------- */

struct writing {
    sqlite3 *database;
    const char *path;
    sqlite3_int64 id;
    struct error *error;
};

static bool execute(struct writing *writing, const char *sql) {
    return recording_execute(writing->database, writing->path, sql, writing->error);
}

static bool step(struct writing *writing, sqlite3_stmt *statement) {
    return sqlite3_step(statement) == SQLITE_DONE || recording_fail(writing->database, writing->path, writing->error);
}

static bool list_study(struct writing *writing, const struct recording_study *study) {
    struct text tables = {0};
    for (int i = 0; i < study->table_count; i++) text_format(&tables, "%s%s", i ? "," : "", study->tables[i].name);
    sqlite3_stmt *statement = recording_prepare(
        writing->database, writing->path,
        "INSERT INTO study VALUES(NULL, ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))", writing->error);
    bool good = statement != NULL;
    if (good) {
        sqlite3_bind_text(statement, 1, study->kind, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 2, study->about, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 3, tables.bytes ? tables.bytes : "", -1, SQLITE_STATIC);
        good = step(writing, statement);
    }
    sqlite3_finalize(statement);
    text_clear(&tables);
    writing->id = sqlite3_last_insert_rowid(writing->database);
    return good;
}

static void bind_cell(sqlite3_stmt *statement, int index, enum recording_type type, const struct recording_cell *cell) {
    switch (type) {
    case RECORDING_INTEGER: sqlite3_bind_int64(statement, index, cell->integer); break;
    case RECORDING_REAL: sqlite3_bind_double(statement, index, cell->real); break; /* NaN becomes NULL */
    case RECORDING_TEXT: sqlite3_bind_text(statement, index, cell->text, -1, SQLITE_STATIC); break;
    case RECORDING_NUMBERS:
        if (cell->numbers)
            recording_bind_numbers(statement, index, cell->numbers, cell->count);
        else
            sqlite3_bind_null(statement, index);
        break;
    }
}

static bool write_table(struct writing *writing, const struct recording_table *table) {
    struct text create = {0}, insert = {0};
    text_format(&create, "CREATE TABLE IF NOT EXISTS \"%s\"(study INTEGER", table->name);
    text_format(&insert, "INSERT INTO \"%s\" VALUES(?", table->name);
    for (int c = 0; c < table->column_count; c++) {
        text_format(&create, ", \"%s\" %s", table->columns[c].name, type_names[table->columns[c].type]);
        text_append(&insert, ", ?");
    }
    text_append(&create, ")");
    text_append(&insert, ")");
    sqlite3_stmt *statement = NULL;
    bool good = execute(writing, create.bytes);
    if (good) statement = recording_prepare(writing->database, writing->path, insert.bytes, writing->error);
    good = good && statement;
    for (size_t r = 0; good && r < table->rows; r++) {
        const struct recording_cell *row = table->cells + r * (size_t)table->column_count;
        sqlite3_bind_int64(statement, 1, writing->id);
        for (int c = 0; c < table->column_count; c++) bind_cell(statement, c + 2, table->columns[c].type, &row[c]);
        good = step(writing, statement);
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    text_clear(&create);
    text_clear(&insert);
    return good;
}

bool recording_add_study(const char *path, const struct recording_study *study, struct error *error) {
    sqlite3 *reader = recording_open(path, error); /* is it one at all? */
    if (!reader) return false;
    sqlite3_close(reader);
    struct writing writing = {.path = path, .error = error};
    if (sqlite3_open_v2(path, &writing.database, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        recording_fail(writing.database, path, error);
        sqlite3_close(writing.database);
        return false;
    }
    sqlite3_busy_timeout(writing.database, BUSY_MILLISECONDS);
    bool good = execute(&writing, "BEGIN IMMEDIATE") && execute(&writing, create_list) && list_study(&writing, study);
    for (int i = 0; good && i < study->table_count; i++) good = write_table(&writing, &study->tables[i]);
    good = good && execute(&writing, "COMMIT");
    if (good) sqlite3_wal_checkpoint_v2(writing.database, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    /* Closing rolls back what was not committed. */
    if (sqlite3_close(writing.database) != SQLITE_OK && good) good = recording_fail(NULL, path, error);
    return good;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

struct reading {
    sqlite3 *database;
    const char *path;
    struct error *error;
};

static char *copy_text(sqlite3_stmt *statement, int column) {
    const char *text = (const char *)sqlite3_column_text(statement, column);
    if (!text) return NULL;
    size_t length = strlen(text);
    char *copy = MEM_NEW(char, length + 1);
    memcpy(copy, text, length);
    return copy;
}

static bool read_cell(struct reading *reading, sqlite3_stmt *statement, int column, enum recording_type type,
                      struct recording_cell *cell) {
    *cell = (struct recording_cell){.real = NAN};
    if (sqlite3_column_type(statement, column) == SQLITE_NULL) return true;
    switch (type) {
    case RECORDING_INTEGER: cell->integer = sqlite3_column_int64(statement, column); return true;
    case RECORDING_REAL: cell->real = sqlite3_column_double(statement, column); return true;
    case RECORDING_TEXT: cell->text = copy_text(statement, column); return true;
    case RECORDING_NUMBERS: break;
    }
    size_t length = (size_t)sqlite3_column_bytes(statement, column), count = length / sizeof(double);
    const void *bytes = sqlite3_column_blob(statement, column);
    double *numbers = MEM_NEW(double, count);
    cell->numbers = numbers;
    cell->count = count;
    return recording_decode(bytes, length, numbers, count) ||
           error_set(reading->error, ERROR_INPUT, "%s: is damaged (a study's numbers are cut off); record it again",
                     reading->path);
}

/* Its columns as they were declared. */
static bool read_columns(struct reading *reading, sqlite3_stmt *statement, struct recording_table *table) {
    int count = sqlite3_column_count(statement);
    if (count < 2 || count > COLUMNS_MAX || strcmp(sqlite3_column_name(statement, 0), "study") != 0)
        return error_set(reading->error, ERROR_INPUT, "%s: the table \"%s\" is not one of a study", reading->path,
                         table->name);
    struct recording_column *columns = MEM_NEW(struct recording_column, count - 1);
    table->columns = columns;
    table->column_count = count - 1;
    for (int c = 1; c < count; c++) {
        const char *declared = sqlite3_column_decltype(statement, c), *name = sqlite3_column_name(statement, c);
        struct text copy = {0};
        text_append(&copy, name);
        columns[c - 1].name = copy.bytes;
        columns[c - 1].type = RECORDING_NUMBERS;
        for (int t = 0; declared && t < RECORDING_NUMBERS; t++)
            if (strcmp(declared, type_names[t]) == 0) columns[c - 1].type = (enum recording_type)t;
    }
    return true;
}

static bool is_plain(const char *name) {
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789");
    return length > 0 && length < 64 && name[length] == '\0';
}

/* Views and virtual tables could compute anything; only plain tables are read. */
static bool is_table(struct reading *reading, const char *name) {
    sqlite3_stmt *statement = recording_prepare(
        reading->database, reading->path,
        "SELECT 1 FROM sqlite_schema WHERE name = ?1 AND type = 'table' AND sql LIKE 'CREATE TABLE%'", reading->error);
    if (!statement) return false;
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    bool is = sqlite3_step(statement) == SQLITE_ROW;
    sqlite3_finalize(statement);
    return is;
}

static bool read_table(struct reading *reading, sqlite3_int64 id, const char *name, struct recording_table *table) {
    struct text copy = {0}, select = {0};
    text_append(&copy, name);
    table->name = copy.bytes;
    if (!is_plain(name) || !is_table(reading, name))
        return error_set(reading->error, ERROR_INPUT, "%s: a study speaks of a table \"%.60s\" that is not there",
                         reading->path, name);
    text_format(&select, "SELECT * FROM \"%s\" WHERE study = ?1 ORDER BY rowid", name);
    sqlite3_stmt *statement = recording_prepare(reading->database, reading->path, select.bytes, reading->error);
    text_clear(&select);
    bool good = statement && read_columns(reading, statement, table);
    size_t capacity = 0, width = (size_t)table->column_count;
    int code = SQLITE_DONE;
    if (good) sqlite3_bind_int64(statement, 1, id);
    while (good && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        MEM_GROW(table->cells, capacity, (table->rows + 1) * width);
        struct recording_cell *row = table->cells + table->rows * width;
        memset(row, 0, width * sizeof *row);
        table->rows++;
        for (size_t c = 0; good && c < width; c++)
            good = read_cell(reading, statement, (int)c + 1, table->columns[c].type, &row[c]);
    }
    if (good && code != SQLITE_DONE) good = recording_fail(reading->database, reading->path, reading->error);
    sqlite3_finalize(statement);
    return good;
}

static bool read_study(struct reading *reading, sqlite3_stmt *statement, struct recording_study *study) {
    study->kind = copy_text(statement, 1);
    study->about = copy_text(statement, 2);
    study->made = copy_text(statement, 4);
    char *tables = copy_text(statement, 3), *rest = NULL;
    bool good = true;
    for (char *name = tables ? strtok_r(tables, ",", &rest) : NULL; good && name; name = strtok_r(NULL, ",", &rest)) {
        if (study->table_count == RECORDING_STUDY_TABLES)
            good = error_set(reading->error, ERROR_INPUT, "%s: a study has more than %d tables", reading->path,
                             RECORDING_STUDY_TABLES);
        else
            good = read_table(reading, sqlite3_column_int64(statement, 0), name, &study->tables[study->table_count++]);
    }
    free(tables);
    return good;
}

bool recording_read_studies(const char *path, struct recording_study **studies, size_t *count, struct error *error) {
    struct reading reading = {.path = path, .error = error};
    size_t capacity = 0;
    *studies = NULL;
    *count = 0;
    reading.database = recording_open(path, error);
    if (!reading.database) return false;
    bool good = true;
    if (is_table(&reading, "study")) {
        sqlite3_stmt *statement = recording_prepare(
            reading.database, path, "SELECT id, kind, about, tables, made FROM study ORDER BY id", error);
        int code = SQLITE_DONE;
        good = statement != NULL;
        while (good && (code = sqlite3_step(statement)) == SQLITE_ROW) {
            MEM_GROW(*studies, capacity, *count + 1);
            struct recording_study *study = &(*studies)[(*count)++];
            *study = (struct recording_study){0};
            good = read_study(&reading, statement, study);
        }
        if (good && code != SQLITE_DONE) good = recording_fail(reading.database, path, error);
        sqlite3_finalize(statement);
    }
    sqlite3_close(reading.database);
    if (!good) recording_studies_destroy(studies, *count);
    return good;
}

void recording_studies_destroy(struct recording_study **studies, size_t count) {
    for (size_t i = 0; *studies && i < count; i++) {
        struct recording_study *study = &(*studies)[i];
        for (int t = 0; t < study->table_count; t++) {
            struct recording_table *table = &study->tables[t];
            for (size_t k = 0; k < table->rows * (size_t)table->column_count; k++) {
                free((char *)table->cells[k].text);
                free((double *)table->cells[k].numbers);
            }
            for (int c = 0; c < table->column_count; c++) free((char *)table->columns[c].name);
            free((struct recording_column *)table->columns);
            free(table->cells);
            free((char *)table->name);
        }
        free((char *)study->kind);
        free((char *)study->about);
        free((char *)study->made);
    }
    free(*studies);
    *studies = NULL;
}
