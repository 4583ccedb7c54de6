/* Files: read whole with a limit, written beside and renamed, and found among the assets. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The whole file, NUL-terminated past its `length`; freed by the caller. NULL with an ERROR_INPUT naming the file when it
 * does not exist, is a folder, cannot be read, or is larger than `limit` bytes. */
char *file_read(const char *path, size_t limit, size_t *length, struct error *error);

/* A file in the making: written as PATH.partial-PID, then renamed over PATH, so that a reader never sees half of it. A
 * device or a pipe at PATH is written to as it is; a link stays, and what it points to is replaced. */
struct outfile;
/* ERROR_MACHINE when it cannot be made, ERROR_INPUT when PATH is a folder or empty. */
struct outfile *outfile_create(const char *path, struct error *error);
/* Whether outfile_create would succeed now, with its errors: asked before the work whose result is to be written. */
bool outfile_possible(const char *path, struct error *error);
/* From any thread, when the program is about to end at once: removes what is half written. */
void outfile_remove_all(void);
FILE *outfile_stream(struct outfile *outfile);
const char *outfile_partial_path(const struct outfile *outfile); /* for a library that opens files by name */
/* Flushes, closes and renames; on failure removes what was written. Destroys the outfile either way. */
bool outfile_commit(struct outfile **outfile, struct error *error);
void outfile_abandon(struct outfile **outfile); /* removes what was written; accepts NULL */

/* The folder that holds `experiments/` and `data/`: $SADDLESCOPE_ASSETS, else the source tree's when run from a build
 * folder, else ../share/saddlescope beside the program, else where it was installed. Freed by the caller; NULL with an
 * ERROR_MACHINE that lists where it looked. */
char *assets_folder(struct error *error);
char *path_join(const char *folder, const char *name); /* freed by the caller */
/* The YAML files in the assets' folder `kind` ("experiments"), by name. */
struct asset {
    char *name, *path; /* "saddle" and the file */
};
/* NULL with an ERROR_MACHINE when there is no such folder. */
struct asset *folder_list(const char *folder, size_t *count, struct error *error); /* those of any folder */
struct asset *assets_list(const char *kind, size_t *count, struct error *error);
void assets_destroy(struct asset **assets, size_t count); /* accepts NULL */
bool path_ends(const char *path, const char *ending);      /* something, then `ending` (".yaml") */
