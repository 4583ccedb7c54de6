/* Inside run/: the stream, the only bridge from the runs to what keeps and shows their samples. One bounded ring a run;
 * many producers (each run its own lane), one consumer (the collector). Nobody spins: a producer whose lane is full
 * sleeps until the consumer has made room, a consumer with nothing to take sleeps until a producer wakes it. What it
 * does not do: lose, reorder or interpret samples. */
#pragma once

#include "run/run.h"

struct stream_slot {
    struct sample sample;
    struct inside *inside; /* of the update that led here, or NULL; the taker's to free */
    double values[]; /* θ (n), then batch norm's moving averages (statistics) */
};

struct stream;
/* `n` parameters and `statistics` moving averages a sample; 0: none are carried. */
struct stream *stream_create(int runs, int n, int statistics);
void stream_destroy(struct stream **stream); /* accepts NULL; no thread may be using it */

/* Run `run`'s thread only. Copies; waits while the lane is full. What is not carried is not read; `inside` (may be
 * NULL) changes hands. */
void stream_publish(struct stream *stream, int run, const struct sample *sample, const double *theta,
                    const double *statistics, struct inside *inside);
/* Any thread: the consumer returns from stream_wait soon, though nothing may have come. */
void stream_wake(struct stream *stream);

/* The consumer only. Calls `take` for what lies in every lane now, in order within a lane, then gives the room back.
 * Returns how many were taken. */
size_t stream_drain(struct stream *stream, void (*take)(void *context, int run, const struct stream_slot *slot),
                    void *context);
/* The consumer only: waits at most `seconds` (negative: for ever) for stream_wake or, unless `doze`, for a first
 * sample. A doze is only ended early by a lane that fills up: so a busy stream is drained now and then, not sample by
 * sample. */
void stream_wait(struct stream *stream, double seconds, bool doze);
