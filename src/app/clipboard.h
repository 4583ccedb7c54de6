/* A picture to the clipboard of the desktop. SDL knows only text there, so xclip or wl-copy does it: started, fed and
 * waited for by a job; nobody waits here. */
#pragma once

#include "base/error.h"

#include <stdbool.h>

struct clipboard_job;
/* The program that would do it, by this desktop and PATH; NULL with an ERROR_MACHINE that names the package. */
const char *clipboard_program(struct error *error);
/* Takes over the file at `png`: it is removed once it was copied, or not. `wakeup` when that has ended. */
struct clipboard_job *clipboard_copy(const char *png, void (*wakeup)(void *), void *context, struct error *error);
bool clipboard_finished(const struct clipboard_job *job);
/* False, with an error, where the copy failed. Destroys it. Waits, not long, where it has not finished. */
bool clipboard_end(struct clipboard_job **job, struct error *error);
