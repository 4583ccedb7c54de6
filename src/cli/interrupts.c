#include "cli/cli.h"

#include "base/threads.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

/* The one process-wide state: signals are process-wide. */
static struct {
    pthread_mutex_t lock;
    void (*stop)(void *); /* guarded by lock */
    void *context;        /* guarded by lock */
    atomic_bool asked;
} interrupts = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void signals_of_interest(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

static void *watch(void *unused) {
    (void)unused;
    sigset_t set;
    signals_of_interest(&set);
    for (;;) {
        int which;
        if (sigwait(&set, &which) != 0) continue;
        if (atomic_exchange(&interrupts.asked, true)) _exit(128 + which);
        pthread_mutex_lock(&interrupts.lock);
        if (!interrupts.stop) _exit(128 + which);
        interrupts.stop(interrupts.context);
        pthread_mutex_unlock(&interrupts.lock);
    }
    return NULL;
}

void cli_interrupts_block(void) {
    sigset_t set;
    signals_of_interest(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* every thread started later inherits it */
    signal(SIGPIPE, SIG_IGN);               /* a closed pipe is an error to report, not a death */
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

void cli_interrupts_forget(void) {
    cli_interrupts_watch(NULL, NULL);
}

bool cli_interrupted(void) {
    return atomic_load(&interrupts.asked);
}
