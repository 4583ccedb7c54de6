#define _GNU_SOURCE /* posix_spawn_file_actions_addclosefrom_np */
#include "app/clipboard.h"

#include "analyze/analyze.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* It hands the picture over to a child of its own and ends; one that does not end hangs. */
static const double patience = 10;

struct clipboard_job {
    char *path;          /* immutable */
    const char *program; /* immutable */
    struct job *job;
};

static bool in_path(const char *program) {
    const char *path = getenv("PATH");
    char *folders = mem_copy_text(path ? path : "/usr/local/bin:/usr/bin:/bin"), *rest = folders, *folder;
    bool found = false;
    while (!found && (folder = strsep(&rest, ":"))) {
        char *file = path_join(*folder ? folder : ".", program);
        found = access(file, X_OK) == 0;
        free(file);
    }
    free(folders);
    return found;
}

const char *clipboard_program(struct error *error) {
    const char *wayland = getenv("WAYLAND_DISPLAY"), *x11 = getenv("DISPLAY");
    bool on_wayland = wayland && *wayland;
    if (on_wayland && in_path("wl-copy")) return "wl-copy";
    if (x11 && *x11 && in_path("xclip")) return "xclip";
    error_set(error, ERROR_MACHINE,
              "pictures are copied by the program %s, which was not found; install the package %s",
              on_wayland ? "wl-copy" : "xclip", on_wayland ? "wl-clipboard" : "xclip");
    return NULL;
}

/* Ends at the latest when patience does, or when cancelled. */
static int wait_for(pid_t child, struct job *job) {
    double until = clock_seconds() + patience;
    int status;
    pid_t ended;
    while ((ended = waitpid(child, &status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        if (clock_seconds() > until || !job_going(job, NULL)) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return -1;
        }
        usleep(5000);
    }
    return ended == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool copy(void *context, struct job *job, struct error *error) {
    struct clipboard_job *clipboard = context;
    const char *as_x11[] = {"xclip", "-selection", "clipboard", "-t", "image/png", "-i", NULL};
    const char *as_wayland[] = {"wl-copy", "--type", "image/png", NULL};
    const char *const *arguments = strcmp(clipboard->program, "xclip") == 0 ? as_x11 : as_wayland;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, clipboard->path, O_RDONLY, 0);
    /* What stays behind to answer those who paste must not keep our output open. */
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1); /* nor files of ours, nor their space */
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    pid_t child = 0;
    int failure =
        posix_spawnp(&child, arguments[0], &actions, &attributes, (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    int status = failure ? -1 : wait_for(child, job);
    unlink(clipboard->path);
    if (failure) return error_set(error, ERROR_MACHINE, "%s does not start: %s", arguments[0], strerror(failure));
    return status == 0 || error_set(error, ERROR_MACHINE, "%s did not take the picture", arguments[0]);
}

struct clipboard_job *clipboard_copy(const char *png, void (*wakeup)(void *), void *context, struct error *error) {
    const char *program = clipboard_program(error);
    if (!program) {
        unlink(png);
        return NULL;
    }
    struct clipboard_job *clipboard = MEM_NEW(struct clipboard_job, 1);
    clipboard->path = mem_copy_text(png);
    clipboard->program = program;
    clipboard->job = job_create(&(struct job_params){
        .name = "clipboard", .body = copy, .context = clipboard, .wakeup = wakeup, .wakeup_context = context});
    return clipboard;
}

bool clipboard_finished(const struct clipboard_job *clipboard) {
    return job_progress(clipboard->job).finished;
}

bool clipboard_end(struct clipboard_job **handle, struct error *error) {
    struct clipboard_job *clipboard = *handle;
    if (!clipboard_finished(clipboard)) job_cancel(clipboard->job);
    bool good = job_wait(clipboard->job, error);
    job_destroy(&clipboard->job);
    free(clipboard->path);
    free(clipboard);
    *handle = NULL;
    return good;
}
