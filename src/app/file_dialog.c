#define _GNU_SOURCE /* pipe2 */
#include "app/file_dialog.h"

#include "base/memory.h"
#include "base/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST = 4096 };
extern char **environ;

struct file_dialog {
    pid_t child;
    int answers; /* the end of a pipe that it writes to */
    pthread_t waiter;
    void (*wakeup)(void *);
    void *context;
    atomic_bool answered; /* what follows is written before by the waiter, read after by the window's thread */
    char path[LONGEST];
    int status;
};

static pid_t start(const char *const *words, int *answers) {
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) return -1;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = -1;
    int failed = posix_spawnp(&child, words[0], &actions, NULL, (char *const *)(uintptr_t)words, environ);
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
    dialog->path[strcspn(dialog->path, "\n")] = '\0';
    while (waitpid(dialog->child, &dialog->status, 0) < 0 && errno == EINTR) continue;
    atomic_store(&dialog->answered, true);
    dialog->wakeup(dialog->context);
    return NULL;
}

struct file_dialog *file_dialog_open(const char *title, void (*wakeup)(void *), void *context) {
    const char *const zenity[] = {"zenity", "--file-selection", "--title", title, NULL};
    const char *const kdialog[] = {"kdialog", "--title", title, "--getopenfilename", ".", NULL};
    const char *const *const programs[] = {zenity, kdialog};
    struct file_dialog *dialog = MEM_NEW(struct file_dialog, 1);
    dialog->child = -1;
    for (size_t i = 0; i < sizeof programs / sizeof *programs && dialog->child < 0; i++)
        dialog->child = start(programs[i], &dialog->answers);
    if (dialog->child < 0) {
        free(dialog);
        return NULL;
    }
    dialog->wakeup = wakeup;
    dialog->context = context;
    atomic_init(&dialog->answered, false);
    thread_start(&dialog->waiter, "dialog", wait_for_answer, dialog);
    return dialog;
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
