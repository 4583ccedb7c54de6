#include "run/trainer.h"

#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How long a busy stream is left to fill, how far apart two wake-ups of the viewer are at least, and how often an idle
 * recording is looked after until what it holds is surely committed. */
static const double DOZE_SECONDS = 2e-3, WAKEUP_SECONDS = 4e-3, TICK_SECONDS = 20e-3, TICKS_FOR_SECONDS = 150e-3;

struct collector {
    struct trainer *trainer;
    struct recording *recording; /* NULL: none */
    struct error error;          /* why it failed */
    int64_t *counts;             /* (runs) taken in this round */
    int64_t *steps;              /* (runs) the last of them */
    int statistic_count;         /* of batch norm */
    double *statistics;          /* (runs × statistic_count) at that step */
    double last_wakeup, last_append;
    bool wakeup_due;
};

static void fail_recording(struct collector *collector) {
    struct trainer *trainer = collector->trainer;
    recording_close(&collector->recording, NULL);
    pthread_mutex_lock(&trainer->lock);
    trainer->recording_error = collector->error;
    trainer->recording_open = false;
    trainer->changed = true;
    pthread_cond_broadcast(&trainer->settled);
    pthread_mutex_unlock(&trainer->lock);
    collector->error = (struct error){0};
}

static void take(void *context, int run, const struct stream_slot *slot) {
    struct collector *collector = context;
    const struct trainer_params *params = &collector->trainer->params;
    const double *theta = params->discard_theta ? NULL : slot->values;
    const double *statistics = slot->values + (params->discard_theta ? 0 : collector->trainer->n);
    size_t count = (size_t)collector->statistic_count;
    if (slot->inside) timeline_append_inside(params->timeline, run, slot->inside);
    timeline_append(params->timeline, run, &slot->sample, theta);
    collector->counts[run]++;
    collector->steps[run] = slot->sample.step;
    if (count > 0) memcpy(collector->statistics + (size_t)run * count, statistics, count * sizeof *statistics);
    if (!collector->recording) return;
    if (!recording_append(collector->recording, run, &slot->sample, theta, &collector->error))
        fail_recording(collector);
}

/* What the timeline holds goes first into a new recording. Nothing is added to the timeline meanwhile, because only
 * this thread adds to it: so there is no gap and nothing twice. */
static bool record_past(struct collector *collector, struct recording *recording) {
    const struct timeline *timeline = collector->trainer->params.timeline;
    size_t n = (size_t)timeline_dimension(timeline), at_once = 1 + 65536 / n;
    struct sample *samples = MEM_NEW(struct sample, at_once);
    double *thetas = mem_zalloc(at_once * n, sizeof(double));
    double *statistics = mem_zalloc((size_t)collector->statistic_count + 1, sizeof(double));
    bool *known = MEM_NEW(bool, at_once), good = true;
    for (int run = 0; good && run < timeline_runs(timeline); run++) {
        size_t from = 0, count;
        while (good && (count = timeline_read(timeline, run, from, at_once, samples, thetas, known)) > 0) {
            for (size_t i = 0; good && i < count; i++)
                good =
                    recording_append(recording, run, &samples[i], known[i] ? thetas + i * n : NULL, &collector->error);
            from += count;
            if (good && collector->statistic_count > 0 && timeline_statistics(timeline, run, statistics) > 0)
                good = recording_keep_statistics(recording, run, samples[count - 1].step, statistics, &collector->error);
        }
    }
    free(statistics);
    free(samples);
    free(thetas);
    free(known);
    return good;
}

static void begin_recording(struct collector *collector, struct recording *recording) {
    collector->recording = recording;
    collector->last_append = clock_seconds();
    if (!record_past(collector, recording)) fail_recording(collector);
}

static void end_recording(struct collector *collector) {
    struct trainer *trainer = collector->trainer;
    struct error error = {0};
    recording_close(&collector->recording, &error);
    pthread_mutex_lock(&trainer->lock);
    if (error.kind != ERROR_NONE) trainer->recording_error = error;
    trainer->recording_open = false;
    trainer->stop_recording = false;
    pthread_cond_broadcast(&trainer->settled);
    pthread_mutex_unlock(&trainer->lock);
}

static size_t drain(struct collector *collector) {
    struct trainer *trainer = collector->trainer;
    size_t taken = stream_drain(trainer->stream, take, collector);
    if (taken == 0) return 0;
    int count = collector->statistic_count;
    for (int run = 0; count > 0 && run < trainer->runs; run++) {
        if (collector->counts[run] == 0) continue;
        const double *statistics = collector->statistics + (size_t)run * (size_t)count;
        timeline_keep_statistics(trainer->params.timeline, run, statistics, count);
        if (collector->recording && !recording_keep_statistics(collector->recording, run, collector->steps[run],
                                                               statistics, &collector->error))
            fail_recording(collector);
    }
    pthread_mutex_lock(&trainer->lock);
    for (int run = 0; run < trainer->runs; run++) {
        trainer->all[run].collected += collector->counts[run];
        collector->counts[run] = 0;
    }
    pthread_cond_broadcast(&trainer->settled);
    pthread_mutex_unlock(&trainer->lock);
    collector->wakeup_due = true;
    if (collector->recording) collector->last_append = clock_seconds();
    return taken;
}

/* Wakes the viewer unless that was just done; then later. */
static void wake_viewer(struct collector *collector) {
    const struct trainer_params *params = &collector->trainer->params;
    double now = clock_seconds();
    if (!collector->wakeup_due || now - collector->last_wakeup < WAKEUP_SECONDS) return;
    collector->wakeup_due = false;
    collector->last_wakeup = now;
    if (params->wakeup) params->wakeup(params->wakeup_context);
}

static void rest(struct collector *collector, bool busy) {
    double now = clock_seconds(), seconds = INFINITY;
    if (busy) seconds = DOZE_SECONDS;
    if (collector->wakeup_due) seconds = fmin(seconds, fmax(collector->last_wakeup + WAKEUP_SECONDS - now, 1e-4));
    if (collector->recording && now - collector->last_append < TICKS_FOR_SECONDS) seconds = fmin(seconds, TICK_SECONDS);
    stream_wait(collector->trainer->stream, isinf(seconds) ? -1 : seconds, busy);
}

void *trainer_collector_thread(void *argument) {
    struct trainer *trainer = argument;
    int statistics = objective_statistics(trainer->params.experiment->objective);
    struct collector collector = {
        .trainer = trainer,
        .counts = MEM_NEW(int64_t, trainer->runs),
        .steps = MEM_NEW(int64_t, trainer->runs),
        .statistic_count = statistics,
        .statistics = mem_zalloc((size_t)trainer->runs * (size_t)statistics + 1, sizeof(double)),
        .last_wakeup = -1,
    };
    for (;;) {
        pthread_mutex_lock(&trainer->lock);
        struct recording *begin = trainer->new_recording;
        trainer->new_recording = NULL;
        bool end = trainer->stop_recording, quit = trainer->collector_quit;
        collector.wakeup_due = collector.wakeup_due || trainer->changed;
        trainer->changed = false;
        pthread_mutex_unlock(&trainer->lock);

        if (begin) begin_recording(&collector, begin);
        size_t taken = drain(&collector);
        if (quit && taken > 0) continue; /* the runs have ended: what is left is final */
        if ((end || quit) && collector.recording) end_recording(&collector);
        if (quit) break;
        if (collector.recording && !recording_tick(collector.recording, &collector.error)) fail_recording(&collector);
        wake_viewer(&collector);
        rest(&collector, taken > 0);
    }
    free(collector.counts);
    free(collector.steps);
    free(collector.statistics);
    return NULL;
}
