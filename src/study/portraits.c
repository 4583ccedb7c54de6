#include "study/portrait.h"

#include "base/memory.h"
#include "base/threads.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { SIDE_COUNT = 3 };
static const int sides[SIDE_COUNT] = {24, 48, 112};

/* What was asked for: the sample of each run, by its index. */
struct question {
    uint64_t generation;
    int64_t step;
    int64_t samples[EXPERIMENT_MAX_RUNS]; /* −1: none, or hidden */
    uint64_t shown;                       /* bit r: run r is to be shown */
};

struct portraits {
    struct portraits_params params; /* immutable */
    int runs, n;                    /* immutable */
    bool map;                       /* immutable: there are finer ones */
    pthread_t thread;
    atomic_bool quit, ended, busy;
    pthread_mutex_t lock;
    pthread_cond_t asked;
    struct question question;   /* guarded by lock */
    uint64_t number;            /* guarded by lock: of the question; 0: none yet */
    struct portrait_set *ready; /* guarded by lock: not taken yet */
    struct portrait_set *taken; /* the window's */
    double *thetas;             /* the thread's: (2 × runs × n) where they are, and a step before */
};

static bool same(const struct question *a, const struct question *b) {
    if (a->generation != b->generation || a->step != b->step || a->shown != b->shown) return false;
    for (int run = 0; run < EXPERIMENT_MAX_RUNS; run++)
        if (a->samples[run] != b->samples[run]) return false;
    return true;
}

static bool going(void *context) {
    return !atomic_load(&((struct portraits *)context)->quit);
}

/* Where the runs asked for were; false when the timeline has begun anew meanwhile. */
static bool read_points(struct portraits *p, const struct question *question, struct portrait_point *points,
                        int *count) {
    const struct timeline *timeline = p->params.timeline;
    *count = 0;
    for (int run = 0; run < p->runs; run++) {
        if (!(question->shown >> run & 1)) continue;
        struct portrait_point *point = &points[(*count)++];
        *point = (struct portrait_point){.run = run, .step = -1};
        double *theta = p->thetas + 2 * (size_t)run * (size_t)p->n, *before = theta + p->n;
        int64_t index = question->samples[run];
        struct sample sample;
        bool known = false;
        if (index < 0 || timeline_read(timeline, run, (size_t)index, 1, &sample, theta, &known) != 1) continue;
        point->step = sample.step;
        if (known) point->theta = theta;
        int64_t step = sample.step;
        if (index > 0 && timeline_read(timeline, run, (size_t)index - 1, 1, &sample, before, &known) == 1 && known &&
            sample.step == step - 1)
            point->before = before;
    }
    return timeline_generation(timeline) == question->generation;
}

static void publish(struct portraits *p, struct portrait_set *set, uint64_t number, int stage, int64_t step) {
    set->revision = number * SIDE_COUNT + (uint64_t)stage;
    set->step = step;
    pthread_mutex_lock(&p->lock);
    struct portrait_set *old = p->ready;
    p->ready = set;
    pthread_mutex_unlock(&p->lock);
    portrait_set_destroy(&old);
    if (p->params.watcher.wakeup) p->params.watcher.wakeup(p->params.watcher.context);
}

static bool outdated(struct portraits *p, uint64_t number) {
    pthread_mutex_lock(&p->lock);
    bool other = p->number != number;
    pthread_mutex_unlock(&p->lock);
    return other;
}

/* One answer at least to every question: while runs go on the next one is always there already. */
static void answer(struct portraits *p, const struct question *question, uint64_t number) {
    struct portrait_point points[EXPERIMENT_MAX_RUNS];
    int count;
    if (!read_points(p, question, points, &count)) return;
    for (int stage = p->map ? 0 : SIDE_COUNT - 1; stage < SIDE_COUNT; stage++) {
        struct portrait_set *set =
            portrait_compute(p->params.experiment->objective, points, count, sides[stage], going, p);
        if (!set) return;
        publish(p, set, number, stage, question->step);
        if (outdated(p, number)) return;
    }
}

static void *work(void *argument) {
    struct portraits *p = argument;
    uint64_t answered = 0;
    thread_background();
    while (!atomic_load(&p->quit)) {
        pthread_mutex_lock(&p->lock);
        while (p->number == answered && !atomic_load(&p->quit)) {
            atomic_store(&p->busy, false);
            pthread_cond_wait(&p->asked, &p->lock);
        }
        struct question question = p->question;
        answered = p->number;
        pthread_mutex_unlock(&p->lock);
        if (!atomic_load(&p->quit)) answer(p, &question, answered);
    }
    atomic_store(&p->ended, true);
    if (p->params.watcher.wakeup) p->params.watcher.wakeup(p->params.watcher.context);
    return NULL;
}

struct portraits *portraits_create(const struct portraits_params *params) {
    struct portraits *p = MEM_NEW(struct portraits, 1);
    p->params = *params;
    p->runs = timeline_runs(params->timeline);
    p->n = timeline_dimension(params->timeline);
    p->map = portrait_kind_of(params->experiment->objective) == PORTRAIT_MAP;
    p->thetas = MEM_NEW(double, 2 * (size_t)p->runs * (size_t)p->n);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->asked, NULL);
    thread_start(&p->thread, "portraits", work, p);
    return p;
}

bool portraits_wind_up(struct portraits *p) {
    pthread_mutex_lock(&p->lock);
    atomic_store(&p->quit, true);
    pthread_cond_signal(&p->asked);
    pthread_mutex_unlock(&p->lock);
    return atomic_load(&p->ended);
}

void portraits_destroy(struct portraits **handle) {
    struct portraits *p = *handle;
    if (!p) return;
    portraits_wind_up(p);
    pthread_join(p->thread, NULL);
    portrait_set_destroy(&p->ready);
    portrait_set_destroy(&p->taken);
    pthread_cond_destroy(&p->asked);
    pthread_mutex_destroy(&p->lock);
    free(p->thetas);
    free(p);
    *handle = NULL;
}

void portraits_ask(struct portraits *p, int64_t step, uint64_t hidden) {
    struct question question = {.generation = timeline_generation(p->params.timeline), .step = step};
    for (int run = 0; run < EXPERIMENT_MAX_RUNS; run++) question.samples[run] = -1;
    for (int run = 0; run < p->runs; run++) {
        if (hidden >> run & 1) continue;
        question.shown |= (uint64_t)1 << run;
        question.samples[run] = timeline_find(p->params.timeline, run, step);
    }
    pthread_mutex_lock(&p->lock);
    if (p->number == 0 || !same(&question, &p->question)) {
        p->question = question;
        p->number++;
        atomic_store(&p->busy, true);
        pthread_cond_signal(&p->asked);
    }
    pthread_mutex_unlock(&p->lock);
}

const struct portrait_set *portraits_take(struct portraits *p) {
    pthread_mutex_lock(&p->lock);
    if (p->ready) {
        portrait_set_destroy(&p->taken);
        p->taken = p->ready;
        p->ready = NULL;
    }
    pthread_mutex_unlock(&p->lock);
    return p->taken;
}

bool portraits_fresh(const struct portraits *p) {
    pthread_mutex_lock((pthread_mutex_t *)&p->lock);
    bool fresh = p->ready != NULL;
    pthread_mutex_unlock((pthread_mutex_t *)&p->lock);
    return fresh;
}

bool portraits_busy(const struct portraits *p) {
    return atomic_load(&p->busy);
}
