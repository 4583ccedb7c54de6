#include "run/stream.h"

#include "base/memory.h"
#include "base/ring.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LANE_BYTES = 1024 * 1024, LANE_MIN = 4, LANE_MAX = 8192 };

enum consumer { CONSUMER_AWAKE, CONSUMER_DOZES, CONSUMER_SLEEPS };

struct lane {
    struct ring *ring;
    size_t published;    /* producer only */
    atomic_int waiting;  /* the producer waits for room; set under the stream's lock */
    pthread_cond_t room; /* with the stream's lock */
};

struct stream {
    int runs, n, statistics; /* immutable after create */
    struct lane *lanes;  /* (runs) */
    atomic_int consumer; /* enum consumer; set to dozing or sleeping by the consumer alone */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool woken; /* guarded by lock */
};

struct stream *stream_create(int runs, int n, int statistics) {
    assert(runs > 0 && n >= 0 && statistics >= 0);
    struct stream *stream = MEM_NEW(struct stream, 1);
    stream->runs = runs;
    stream->n = n;
    stream->statistics = statistics;
    stream->lanes = MEM_NEW(struct lane, runs);
    size_t bytes = sizeof(struct stream_slot) + ((size_t)n + (size_t)statistics) * sizeof(double);
    size_t slots = LANE_BYTES / bytes;
    slots = slots < LANE_MIN ? LANE_MIN : slots > LANE_MAX ? LANE_MAX : slots;
    for (int run = 0; run < runs; run++) {
        stream->lanes[run].ring = ring_create(slots, bytes);
        atomic_init(&stream->lanes[run].waiting, 0);
        pthread_cond_init(&stream->lanes[run].room, NULL);
    }
    atomic_init(&stream->consumer, CONSUMER_AWAKE);
    pthread_mutex_init(&stream->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&stream->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    return stream;
}

void stream_destroy(struct stream **stream) {
    if (!stream || !*stream) return;
    struct stream *s = *stream;
    for (int run = 0; run < s->runs; run++) {
        ring_destroy(&s->lanes[run].ring);
        pthread_cond_destroy(&s->lanes[run].room);
    }
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s->lanes);
    free(s);
    *stream = NULL;
}

void stream_wake(struct stream *stream) {
    pthread_mutex_lock(&stream->lock);
    stream->woken = true;
    pthread_cond_signal(&stream->wake);
    pthread_mutex_unlock(&stream->lock);
}

/* No wake-up is lost: each side first writes its own part (the slot; that it will sleep) and then touches the shared
 * flag with a read-modify-write. Those are totally ordered, so the later of the two sees what the earlier one wrote. */

static void *reserve(struct stream *stream, struct lane *lane) {
    void *slot = ring_reserve(lane->ring);
    if (slot) return slot;
    pthread_mutex_lock(&stream->lock);
    atomic_exchange(&lane->waiting, 1);
    while (!(slot = ring_reserve(lane->ring))) {
        stream->woken = true;
        pthread_cond_signal(&stream->wake);
        pthread_cond_wait(&lane->room, &stream->lock);
    }
    atomic_exchange(&lane->waiting, 0);
    pthread_mutex_unlock(&stream->lock);
    return slot;
}

void stream_publish(struct stream *stream, int run, const struct sample *sample, const double *theta,
                    const double *statistics, struct inside *inside) {
    struct lane *lane = &stream->lanes[run];
    struct stream_slot *slot = reserve(stream, lane);
    size_t n = (size_t)stream->n, count = (size_t)stream->statistics;
    slot->sample = *sample;
    slot->inside = inside;
    if (n > 0) memcpy(slot->values, theta, n * sizeof *theta);
    if (count > 0) memcpy(slot->values + n, statistics, count * sizeof *statistics);
    ring_commit(lane->ring);
    bool filling = ++lane->published % (ring_slots(lane->ring) / 2) == 0;
    int consumer = atomic_fetch_or(&stream->consumer, 0);
    if (consumer == CONSUMER_SLEEPS || (filling && consumer == CONSUMER_DOZES)) stream_wake(stream);
}

size_t stream_drain(struct stream *stream, void (*take)(void *context, int run, const struct stream_slot *slot),
                    void *context) {
    size_t taken = 0;
    for (int run = 0; run < stream->runs; run++) {
        struct lane *lane = &stream->lanes[run];
        /* At most one lane's worth, so that a fast run cannot keep the others waiting. */
        size_t limit = ring_slots(lane->ring), count = 0;
        for (const struct stream_slot *slot; count < limit && (slot = ring_peek(lane->ring)); count++) {
            take(context, run, slot);
            ring_release(lane->ring);
        }
        taken += count;
        if (count > 0 && atomic_fetch_or(&lane->waiting, 0)) {
            pthread_mutex_lock(&stream->lock);
            pthread_cond_signal(&lane->room);
            pthread_mutex_unlock(&stream->lock);
        }
    }
    return taken;
}

static bool anything_there(struct stream *stream) {
    for (int run = 0; run < stream->runs; run++)
        if (ring_peek(stream->lanes[run].ring)) return true;
    return false;
}

static struct timespec deadline_in(double seconds) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t nanoseconds = at.tv_nsec + (int64_t)(seconds * 1e9);
    at.tv_sec += nanoseconds / 1000000000;
    at.tv_nsec = nanoseconds % 1000000000;
    return at;
}

void stream_wait(struct stream *stream, double seconds, bool doze) {
    struct timespec deadline = deadline_in(seconds > 0 ? seconds : 0);
    atomic_exchange(&stream->consumer, doze ? CONSUMER_DOZES : CONSUMER_SLEEPS);
    pthread_mutex_lock(&stream->lock);
    if (doze || !anything_there(stream)) {
        int reason = 0;
        while (!stream->woken && reason == 0)
            reason = seconds < 0 ? pthread_cond_wait(&stream->wake, &stream->lock)
                                 : pthread_cond_timedwait(&stream->wake, &stream->lock, &deadline);
    }
    stream->woken = false;
    pthread_mutex_unlock(&stream->lock);
    atomic_exchange(&stream->consumer, CONSUMER_AWAKE);
}
