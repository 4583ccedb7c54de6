/* What studies found, kept in a recording. Each study is a row of the table `study` (id, kind, about, tables, made) and
 * rows of one or two tables of its own, all of whose first column, `study`, is that id. They are put in while or after
 * the runs are recorded, never take another's place, and are left alone by programs that do not know them. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum recording_type { RECORDING_INTEGER, RECORDING_REAL, RECORDING_TEXT, RECORDING_NUMBERS };
struct recording_column {
    const char *name;
    enum recording_type type; /* SQLite: INTEGER, REAL (not a number: NULL), TEXT, BLOB of little-endian float64 */
};
struct recording_cell {
    int64_t integer;
    double real;
    const char *text;      /* NULL is NULL */
    const double *numbers; /* (count) NULL is NULL */
    size_t count;
};
struct recording_table {
    const char *name; /* small letters and _ */
    const struct recording_column *columns;
    int column_count;             /* without `study` */
    struct recording_cell *cells; /* (rows × column_count) */
    size_t rows;
};
enum { RECORDING_STUDY_TABLES = 3 };
struct recording_study {
    const char *kind;  /* "sharpness" */
    const char *about; /* where it was made: "end:adam"; may be "" */
    const char *made;  /* when, "2024-05-01T12:00:00Z"; reading only */
    struct recording_table tables[RECORDING_STUDY_TABLES];
    int table_count;
};

/* One more study into the recording at `path`, closed or just being written by this or another program. */
bool recording_add_study(const char *path, const struct recording_study *study, struct error *error);
/* All studies of a recording, in the order they were made; `*count` may be 0. Freed by recording_studies_destroy.
 * ERROR_INPUT when the file is no recording or a table of it is not as it should be. */
bool recording_read_studies(const char *path, struct recording_study **studies, size_t *count, struct error *error);
void recording_studies_destroy(struct recording_study **studies, size_t count); /* accepts NULL */
