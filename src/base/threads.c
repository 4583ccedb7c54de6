#define _GNU_SOURCE
#include "base/threads.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int threads_available(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
}

double clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void thread_start(pthread_t *thread, const char *name, void *(*body)(void *), void *argument) {
    int reason = pthread_create(thread, NULL, body, argument);
    if (reason != 0) {
        fprintf(stderr, "saddlescope: no thread could be started: %s\n", strerror(reason));
        exit(1);
    }
    char cut[16];
    snprintf(cut, sizeof cut, "%s", name);
    pthread_setname_np(*thread, cut);
}

void thread_background(void) {
    /* Linux keeps this figure for each thread. Refused, the thread is only as urgent as before. */
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 15);
}
