#include "run/stream.h"

#include "base/threads.h"
#include "test.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 4, PER_RUN = 2500000 };

struct producer {
    struct stream *stream;
    int run;
    int64_t count;
};

static void *produce(void *argument) {
    const struct producer *producer = argument;
    for (int64_t step = 0; step < producer->count; step++) {
        const struct sample sample = {.step = step, .loss = (double)step * 0.5};
        const double theta[2] = {(double)step, (double)producer->run};
        stream_publish(producer->stream, producer->run, &sample, theta, NULL, NULL);
    }
    return NULL;
}

struct consumer {
    struct timeline *timeline;
    int64_t next[RUNS];
};

static void take(void *context, int run, const struct stream_slot *slot) {
    struct consumer *consumer = context;
    if (slot->sample.step != consumer->next[run] || slot->values[0] != (double)slot->sample.step ||
        slot->values[1] != run)
        fail_msg("run %d: step %jd came when %jd was due", run, (intmax_t)slot->sample.step,
                 (intmax_t)consumer->next[run]);
    consumer->next[run]++;
    if (consumer->timeline) timeline_append(consumer->timeline, run, &slot->sample, slot->values);
}

/* 10 million samples of two parameters from four runs into the timeline: all there, each in its place. */
static void ten_million_arrive_in_order(void **state) {
    struct stream *stream = stream_create(RUNS, 2, 0);
    struct consumer consumer = {.timeline = timeline_create(RUNS, 2, SIZE_MAX)};
    struct producer producers[RUNS];
    pthread_t threads[RUNS];
    for (int run = 0; run < RUNS; run++) {
        producers[run] = (struct producer){stream, run, PER_RUN};
        thread_start(&threads[run], "producer", produce, &producers[run]);
    }
    size_t total = 0;
    while (total < (size_t)RUNS * PER_RUN) {
        size_t taken = stream_drain(stream, take, &consumer);
        total += taken;
        if (total < (size_t)RUNS * PER_RUN) stream_wait(stream, taken ? 1e-3 : -1, taken > 0);
    }
    for (int run = 0; run < RUNS; run++) pthread_join(threads[run], NULL);
    assert_int_equal(stream_drain(stream, take, &consumer), 0);

    enum { BLOCK = 100000 };
    struct sample *samples = malloc(BLOCK * sizeof *samples);
    double *thetas = malloc(2 * BLOCK * sizeof *thetas);
    bool *known = malloc(BLOCK * sizeof *known);
    for (int run = 0; run < RUNS; run++) {
        assert_int_equal(timeline_count(consumer.timeline, run), PER_RUN);
        assert_int_equal(timeline_find(consumer.timeline, run, PER_RUN / 3), PER_RUN / 3);
        for (size_t from = 0; from < PER_RUN; from += BLOCK) {
            assert_int_equal(timeline_read(consumer.timeline, run, from, BLOCK, samples, thetas, known), BLOCK);
            for (size_t i = 0; i < BLOCK; i++)
                if (samples[i].step != (int64_t)(from + i) || samples[i].loss != (double)(from + i) * 0.5 ||
                    !known[i] || thetas[2 * i] != (double)(from + i) || thetas[2 * i + 1] != run)
                    fail_msg("run %d: sample %zu is not what was published", run, from + i);
        }
    }
    free(samples);
    free(thetas);
    free(known);
    timeline_destroy(&consumer.timeline);
    stream_destroy(&stream);
    stream_destroy(&stream);
}

/* A consumer that sleeps between single samples is woken by each of them: no wake-up is lost. */
static void every_sample_wakes_a_sleeper(void **state) {
    struct stream *stream = stream_create(1, 2, 0);
    struct producer producer = {stream, 0, 1};
    for (int round = 0; round < 300; round++) {
        struct consumer consumer = {0};
        pthread_t thread;
        thread_start(&thread, "producer", produce, &producer);
        while (stream_drain(stream, take, &consumer) == 0) stream_wait(stream, -1, false);
        pthread_join(thread, NULL);
    }
    stream_destroy(&stream);
}

struct slow {
    struct stream *stream;
    atomic_int published;
};

static void *publish_counted(void *argument) {
    struct slow *slow = argument;
    const double theta[1000] = {0};
    for (int i = 0; i < 100000; i++) {
        const struct sample sample = {.step = i};
        stream_publish(slow->stream, 0, &sample, theta, NULL, NULL);
        atomic_fetch_add(&slow->published, 1);
    }
    return NULL;
}

static void count_only(void *context, int run, const struct stream_slot *slot) {
    int64_t *next = context;
    if (slot->sample.step != (*next)++) fail_msg("step %jd is out of order", (intmax_t)slot->sample.step);
}

static double processor_seconds(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

static void pause_seconds(double seconds) {
    const struct timespec time = {.tv_nsec = (long)(seconds * 1e9)};
    nanosleep(&time, NULL);
}

/* What the process itself uses in 0.2 s of sleep: nothing, but for a sanitizer's own thread. */
static double seconds_used_asleep(void) {
    double used = processor_seconds();
    pause_seconds(0.2);
    return processor_seconds() - used;
}

/* A full lane makes its producer sleep, not spin, and nothing is lost once there is room again. */
static void a_full_lane_waits(void **state) {
    double without = seconds_used_asleep();
    struct slow slow = {.stream = stream_create(1, 1000, 0)};
    pthread_t thread;
    thread_start(&thread, "producer", publish_counted, &slow);
    int before = -1;
    while (atomic_load(&slow.published) != before || before == 0) {
        before = atomic_load(&slow.published);
        pause_seconds(0.02);
    }
    assert_in_range(before, 4, 10000); /* bounded by the lane, not by the 100 000 there are */
    double used = seconds_used_asleep() - without;
    if (used > 5e-3) fail_msg("a waiting producer used %.1f ms of processor time", used * 1e3);
    int64_t next = 0;
    while (next < 100000)
        if (stream_drain(slow.stream, count_only, &next) == 0) stream_wait(slow.stream, -1, false);
    pthread_join(thread, NULL);
    stream_destroy(&slow.stream);
}

static void a_wait_ends_in_time(void **state) {
    struct stream *stream = stream_create(1, 1, 0);
    double before = clock_seconds();
    stream_wait(stream, 0.03, false);
    stream_wait(stream, 0.03, true);
    double took = clock_seconds() - before;
    assert_true(took >= 0.06 && took < 5);
    stream_wake(stream); /* a wake-up before the wait is not lost */
    stream_wait(stream, -1, false);
    stream_destroy(&stream);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_ends_in_time),
        cmocka_unit_test(every_sample_wakes_a_sleeper),
        cmocka_unit_test(a_full_lane_waits),
        cmocka_unit_test(ten_million_arrive_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
