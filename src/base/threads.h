/* Threads: POSIX ones are used directly (TSan knows them); here is only what every user of them would write again. */
#pragma once

#include <pthread.h>

int threads_available(void); /* processors this process may run on, at least 1 */
double clock_seconds(void);  /* monotonic */
/* pthread_create that cannot fail quietly: no thread to be had ends like no memory. `name` shows in a debugger (≤ 15). */
void thread_start(pthread_t *thread, const char *name, void *(*body)(void *), void *argument);
/* Called by a thread whose work takes long and nobody's hand waits for: those that draw and answer go before it. */
void thread_background(void);
