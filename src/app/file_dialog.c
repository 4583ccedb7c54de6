#define _GNU_SOURCE /* pipe2 */
#include "app/file_dialog.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST = 4096, WORDS_MOST = 12 };
extern char **environ;

struct file_dialog {
    pid_t child;
    int answers; /* the end of a pipe that it writes to */
    pthread_t waiter;
    void (*wakeup)(void *);
    void *context;
    bool saves;
    atomic_bool answered; /* what follows is written before by the waiter, read after by the window's thread */
    char path[LONGEST];
    int status;
};

/* Whether names of files survive what this person's language makes of bytes. */
static bool speaks_utf8(void) {
    locale_t own = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    bool utf8 = own && strcmp(nl_langinfo_l(CODESET, own), "UTF-8") == 0;
    if (own) freelocale(own);
    return utf8;
}

/* Ours, with the window that the dialog is in front of; freed by the caller, the texts only from `*own` on. */
static char **environment(unsigned long window, size_t *own) {
    size_t count = 0, kept = 0;
    while (environ[count]) count++;
    bool utf8 = speaks_utf8();
    char **all = MEM_NEW(char *, count + 3);
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "WINDOWID=", 9) != 0 && (utf8 || strncmp(environ[i], "LC_ALL=", 7) != 0))
            all[kept++] = environ[i];
    *own = kept;
    struct text id = {0};
    text_format(&id, "WINDOWID=%lu", window);
    if (window)
        all[kept++] = id.bytes;
    else
        text_clear(&id);
    if (!utf8) all[kept++] = mem_copy_text("LC_ALL=C.UTF-8");
    return all;
}

static pid_t start(const char *const *words, unsigned long window, int *answers) {
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) return -1;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = -1;
    size_t own;
    char **told = environment(window, &own);
    int failed = posix_spawnp(&child, words[0], &actions, NULL, (char *const *)(uintptr_t)words, told);
    for (size_t i = own; told[i]; i++) free(told[i]);
    free(told);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_ends[1]);
    if (failed) {
        close(pipe_ends[0]);
        return -1;
    }
    *answers = pipe_ends[0];
    return child;
}

static void *wait_for_answer(void *argument) {
    struct file_dialog *dialog = argument;
    size_t used = 0;
    for (;;) {
        ssize_t got = read(dialog->answers, dialog->path + used, LONGEST - 1 - used);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        used += (size_t)got;
    }
    dialog->path[used] = '\0';
    if (used > 0 && dialog->path[used - 1] == '\n') dialog->path[used - 1] = '\0';
    while (waitpid(dialog->child, &dialog->status, 0) < 0 && errno == EINTR) continue;
    atomic_store(&dialog->answered, true);
    dialog->wakeup(dialog->context);
    return NULL;
}

struct file_dialog *file_dialog_begin(const struct file_dialog_params *params) {
    char window[32];
    const char *title = params->title, *path = params->save_as;
    snprintf(window, sizeof window, "%lu", params->window);
    const char *const words[][WORDS_MOST] = {
        {"zenity", "--file-selection", "--title", title, path ? "--save" : NULL, "--confirm-overwrite", "--filename",
         path},
        {"kdialog", "--title", title, path ? "--getsavefilename" : "--getopenfilename", path ? path : ".",
         params->window ? "--attach" : NULL, window},
    };
    struct file_dialog *dialog = MEM_NEW(struct file_dialog, 1);
    dialog->saves = path != NULL;
    dialog->child = -1;
    for (size_t i = 0; i < sizeof words / sizeof *words && dialog->child < 0; i++)
        dialog->child = start(words[i], params->window, &dialog->answers);
    if (dialog->child < 0) {
        free(dialog);
        return NULL;
    }
    dialog->wakeup = params->wakeup;
    dialog->context = params->wakeup_context;
    atomic_init(&dialog->answered, false);
    thread_start(&dialog->waiter, "dialog", wait_for_answer, dialog);
    return dialog;
}

bool file_dialog_saves(const struct file_dialog *dialog) {
    return dialog->saves;
}

bool file_dialog_answered(struct file_dialog *dialog, char **path, bool *failed) {
    if (!atomic_load(&dialog->answered)) return false;
    bool chosen = WIFEXITED(dialog->status) && WEXITSTATUS(dialog->status) == 0;
    bool left = WIFEXITED(dialog->status) && WEXITSTATUS(dialog->status) == 1;
    *path = chosen && dialog->path[0] ? mem_copy_text(dialog->path) : NULL;
    *failed = !chosen && !left;
    return true;
}

void file_dialog_close(struct file_dialog **dialog) {
    if (!*dialog) return;
    /* its process is waited for by the thread, so that its number cannot be another's */
    if (!atomic_load(&(*dialog)->answered)) kill((*dialog)->child, SIGTERM);
    pthread_join((*dialog)->waiter, NULL);
    close((*dialog)->answers);
    free(*dialog);
    *dialog = NULL;
}
