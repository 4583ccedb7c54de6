#include "cli/cli.h"

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
    volatile sig_atomic_t which;
} interrupts = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Libraries start threads before main() that would take a blocked signal, so the signal is caught wherever it lands and
 * handed to the watching thread, where anything may be called. */
static void caught(int which) {
    interrupts.which = which;
    sem_post(&interrupts.arrived);
}

static void *watch(void *unused) {
    (void)unused;
    for (;;) {
        if (sem_wait(&interrupts.arrived) != 0) continue;
        int status = 128 + interrupts.which;
        if (atomic_exchange(&interrupts.asked, true)) _exit(status);
        pthread_mutex_lock(&interrupts.lock);
        if (!interrupts.stop) _exit(status);
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
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error to report, not a death */
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
