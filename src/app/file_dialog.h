/* The desktop's own dialog for choosing a file, where it has one (zenity, kdialog): a program beside the window, which
 * goes on meanwhile. One thread: the window's; the dialog has one of its own that waits for its answer. */
#pragma once

#include <stdbool.h>

struct file_dialog;
struct file_dialog_params {
    const char *title;
    const char *save_as;    /* a file to be written, by the path that is suggested; NULL: one to be opened */
    unsigned long window;   /* X11's number of the window to be in front of; 0: none */
    void (*wakeup)(void *); /* called, from its thread, once it is answered; must not block */
    void *wakeup_context;
};
/* NULL when there is none on this machine, or it does not start. */
struct file_dialog *file_dialog_begin(const struct file_dialog_params *params);
bool file_dialog_saves(const struct file_dialog *dialog); /* it asks for a file to be written; it asked about one there */
/* False while it is open. Then *path is what was chosen (freed by the caller), or NULL: nothing was; `*failed` says that
 * it could not be shown at all. Call it no more then. */
bool file_dialog_answered(struct file_dialog *dialog, char **path, bool *failed);
void file_dialog_close(struct file_dialog **dialog); /* ends it when it is still open; accepts NULL */
