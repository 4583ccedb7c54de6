#include "analyze/analyze.h"

#include "base/memory.h"
#include "base/threads.h"

#include <assert.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

struct job {
    struct job_params params; /* immutable after create */
    struct job *whole;        /* immutable after create: what this is a part of, or NULL */
    double share;             /* immutable after create: … and how much of it */
    double started;           /* immutable after create */
    double until;             /* clock, immutable once work begins; 0: no limit */
    atomic_bool cancel;
    _Atomic double done;
    atomic_bool finished; /* set with the lock held; what follows belongs to the job's thread until then */
    bool ok;
    struct error error;

    pthread_mutex_t lock;
    pthread_cond_t ended;
    pthread_t thread;
};

static void *work(void *argument) {
    struct job *job = argument;
    job->ok = job->params.body(job->params.context, job, &job->error);
    if (job->ok) job_note(job, 1);
    pthread_mutex_lock(&job->lock);
    atomic_store(&job->finished, true);
    pthread_cond_broadcast(&job->ended);
    pthread_mutex_unlock(&job->lock);
    if (job->params.wakeup) job->params.wakeup(job->params.wakeup_context);
    return NULL;
}

struct job *job_create(const struct job_params *params) {
    struct job *job = MEM_NEW(struct job, 1);
    job->params = *params;
    job->started = clock_seconds();
    atomic_init(&job->cancel, false);
    atomic_init(&job->done, 0.0);
    atomic_init(&job->finished, false);
    pthread_mutex_init(&job->lock, NULL);
    pthread_cond_init(&job->ended, NULL);
    thread_start(&job->thread, params->name, work, job);
    return job;
}

struct job *job_create_part(struct job *whole, double share) {
    struct job *job = MEM_NEW(struct job, 1);
    job->whole = whole;
    job->share = share;
    atomic_init(&job->cancel, false);
    atomic_init(&job->done, 0.0);
    atomic_init(&job->finished, false);
    return job;
}

void job_limit(struct job *part, double until) {
    part->until = until;
}

void job_destroy(struct job **handle) {
    if (!handle || !*handle) return;
    struct job *job = *handle;
    if (!job->params.body) { /* a part */
        free(job);
        *handle = NULL;
        return;
    }
    job_cancel(job);
    pthread_join(job->thread, NULL);
    pthread_cond_destroy(&job->ended);
    pthread_mutex_destroy(&job->lock);
    free(job);
    *handle = NULL;
}

void job_cancel(struct job *job) {
    atomic_store(&job->cancel, true);
}

bool job_wait(struct job *job, struct error *error) {
    pthread_mutex_lock(&job->lock);
    while (!atomic_load(&job->finished)) pthread_cond_wait(&job->ended, &job->lock);
    pthread_mutex_unlock(&job->lock);
    return job->ok || error_set(error, job->error.kind, "%s", job->error.message);
}

struct job_progress job_progress(const struct job *job) {
    struct job_progress progress = {.finished = atomic_load(&job->finished), .done = atomic_load(&job->done), .eta = NAN};
    if (progress.finished) progress.eta = 0;
    else if (progress.done > 0)
        progress.eta = (clock_seconds() - job->started) * (1 - progress.done) / progress.done;
    return progress;
}

bool job_going(const struct job *job, struct error *error) {
    for (; job; job = job->whole)
        if (atomic_load_explicit(&job->cancel, memory_order_relaxed) ||
            (job->until > 0 && clock_seconds() > job->until))
            return error_set(error, ERROR_CANCELLED, "stopped");
    return true;
}

static void add(_Atomic double *sum, double more) {
    double before = atomic_load_explicit(sum, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(sum, &before, fmin(1, before + more))) {}
}

void job_note(struct job *job, double done) {
    if (!job) return;
    double before = atomic_load_explicit(&job->done, memory_order_relaxed);
    while (done > before)
        if (atomic_compare_exchange_weak(&job->done, &before, done)) {
            for (double more = done - before; job->whole; job = job->whole) add(&job->whole->done, more *= job->share);
            return;
        }
}
