/* The desktop's own dialog for choosing a file, where it has one (zenity, kdialog): a program beside the window, which
 * goes on meanwhile. One thread: the window's; the dialog has one of its own that waits for its answer. */
#pragma once

#include <stdbool.h>

struct file_dialog;
/* NULL when there is none on this machine, or it does not start. `wakeup` is called, from its thread, once it is
 * answered; it must not block. */
struct file_dialog *file_dialog_open(const char *title, void (*wakeup)(void *), void *context);
/* False while it is open. Then *path is what was chosen (freed by the caller), or NULL: nothing was; `*failed` says that
 * it could not be shown at all. Call it no more then. */
bool file_dialog_answered(struct file_dialog *dialog, char **path, bool *failed);
void file_dialog_close(struct file_dialog **dialog); /* ends it when it is still open; accepts NULL */
