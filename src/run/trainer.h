/* Inside run/: what the three parts of the trainer share. trainer.c takes orders, trainer_run.c trains (a thread a
 * run), trainer_collect.c carries samples from the stream to the timeline and the recording (one thread). */
#pragma once

#include "run/run.h"
#include "run/stream.h"

#include <pthread.h>
#include <stdatomic.h>

enum ending { ENDING_NONE, ENDING_DIVERGED, ENDING_STOPPED };

struct trainer_run {
    struct trainer *trainer;                 /* immutable after create */
    int index;                               /* immutable after create */
    const struct experiment_optimizer *from; /* immutable after create */

    /* Run thread only (the caller's while no thread runs). */
    struct descent *descent;
    int64_t slice; /* steps between two looks at the orders */

    /* Guarded by the trainer's lock. */
    pthread_t thread;
    pthread_cond_t turn;                     /* with the lock: there may be something to do for this run */
    double values[OPTIMIZER_MAX_PARAMETERS]; /* as ordered; the optimizer takes them over between steps */
    bool values_changed;
    bool enabled, begun, computing;
    bool queued;                  /* waits for a permit */
    int64_t step;                 /* last published at the end of a slice; −1: none yet */
    int64_t until;                /* while computing: the step this slice leads to */
    int64_t published, collected; /* samples */
    enum ending ending;
    char message[160];
};

struct trainer {
    struct trainer_params params; /* immutable after create */
    int runs, n;                  /* immutable after create */
    int permits;                  /* immutable after create: runs that may compute at once */
    struct stream *stream;
    pthread_t collector;
    struct trainer_run *all; /* (runs) */

    atomic_bool halt; /* runs leave after the current step: set by stop, restart and destroy under the lock */

    pthread_mutex_t lock;
    pthread_cond_t settled; /* with lock: a run came to rest or samples were collected, or the recording changed */
    /* All below: guarded by lock. */
    int64_t goal, limit;
    int computing; /* permits taken */
    bool quit;     /* run threads end */
    bool stopped;
    bool collector_quit;
    bool changed;                    /* a run's state changed: the collector tells by wakeup */
    bool recording_open;             /* as the caller sees it */
    struct recording *new_recording; /* handed to the collector, which fills it with what the timeline holds */
    bool stop_recording;             /* asks the collector to close it */
    struct error recording_error;
};

void *trainer_run_thread(void *run);           /* struct trainer_run * */
void *trainer_collector_thread(void *trainer); /* struct trainer * */

/* Lock held, the run not computing: hands ordered values to the optimizer; what it refuses goes back to what it has. */
void trainer_run_take_values(struct trainer_run *run);
/* Lock held. Gives free permits to those queued, the least advanced first. */
void trainer_grant(struct trainer *trainer);
