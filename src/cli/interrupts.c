#include "cli/cli.h"

#include "base/file.h"
#include "base/threads.h"

#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

/* The one process-wide state: signals are process-wide. */
static struct {
    pthread_mutex_t lock;
    void (*stop)(void *); /* guarded by lock */
    void *context;        /* guarded by lock */
    atomic_bool asked;
    sem_t arrived;
} interrupts = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Libraries start threads before main() that would take a blocked signal, so the signal is caught wherever it lands and
 * handed to the watching thread, where anything may be called. */
static void caught(int which) {
    (void)which;
    sem_post(&interrupts.arrived);
}

/* At once, without waiting for anybody: whatever is being computed is given up, nothing half written stays. */
static _Noreturn void leave(void) {
    static const char words[] = "saddlescope: stopped\n", clear[] = "\r\033[K";
    outfile_remove_all();
    bool written = !isatty(STDERR_FILENO) || write(STDERR_FILENO, clear, sizeof clear - 1) > 0;
    written = write(STDERR_FILENO, words, sizeof words - 1) > 0 && written;
    (void)written; /* there is nobody left to tell */
    _exit(1);
}

static void *watch(void *unused) {
    (void)unused;
    for (;;) {
        if (sem_wait(&interrupts.arrived) != 0) continue;
        if (atomic_exchange(&interrupts.asked, true)) leave();
        pthread_mutex_lock(&interrupts.lock);
        if (!interrupts.stop) leave();
        interrupts.stop(interrupts.context);
        pthread_mutex_unlock(&interrupts.lock);
    }
    return NULL;
}

void cli_interrupts_catch(void) {
    sem_init(&interrupts.arrived, 0, 0);
    struct sigaction action = {.sa_handler = caught, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct sigaction hangup;
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, NULL); /* nohup */
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error to report, not a death */
    signal(SIGXFSZ, SIG_IGN); /* … so is a file larger than is allowed */
    pthread_t thread;
    thread_start(&thread, "interrupts", watch, NULL);
    pthread_detach(thread);
}

void cli_interrupts_watch(void (*stop)(void *), void *context) {
    pthread_mutex_lock(&interrupts.lock);
    interrupts.stop = stop;
    interrupts.context = context;
    pthread_mutex_unlock(&interrupts.lock);
}

static void nothing(void *unused) {
    (void)unused;
}

void cli_interrupts_defer(void) {
    cli_interrupts_watch(nothing, NULL);
}

void cli_interrupts_forget(void) {
    cli_interrupts_watch(NULL, NULL);
}

bool cli_interrupted(void) {
    return atomic_load(&interrupts.asked);
}
