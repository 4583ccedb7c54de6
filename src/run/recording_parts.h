/* Inside run/: a recording on disk, as its writer and its readers share it. */
#pragma once

#include "base/error.h"

#include <sqlite3.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RECORDING_FORMAT = 3,               /* meta.format; a newer one is refused. 2 had no accuracies; 1 no held-back losses
                                           either, no evaluations and no data but the training set */
    RECORDING_APPLICATION = 0x5344534c, /* "SDSL", SQLite's application_id of our files */
};

/* ERROR_INPUT for a damaged file, else ERROR_MACHINE, with SQLite's reason; returns false. */
bool recording_fail(sqlite3 *database, const char *path, struct error *error);
bool recording_execute(sqlite3 *database, const char *path, const char *sql, struct error *error);
sqlite3_stmt *recording_prepare(sqlite3 *database, const char *path, const char *sql, struct error *error);
/* For reading, its tables checked to be there. NULL with ERROR_INPUT when the file is no recording. */
sqlite3 *recording_open(const char *path, struct error *error);

/* Makes a new recording without samples at `partial`, which is gone again on failure; `path` is for messages. */
struct experiment;
bool recording_setup(const char *path, const char *partial, const struct experiment *experiment, struct error *error);

/* Blobs are little-endian float64s; `recording_decode` answers false when the size is not exactly `count` numbers. */
void recording_encode(const double *values, size_t count, unsigned char *bytes);
void recording_bind_numbers(sqlite3_stmt *statement, int index, const double *values, size_t count);
bool recording_decode(const void *bytes, size_t length, double *values, size_t count);

/* The parameters (n) of one sample: of the run labelled or named `run` (NULL: the first), at `step` (−1: its last one
 * that was kept). ERROR_INPUT with what there is instead. */
bool recording_read_theta(const char *path, const char *run, int64_t step, int n, double *theta, struct error *error);
