#include "run/run.h"

#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512, THREADS_MAX = 64, SLICE_MOST = 1 << 16 };
static const double ROUND_SECONDS = 0.02; /* between two pictures, about */

/* All points of all optimizers, in blocks. A round takes every block to one common step; then the positions are
 * published together, so that nobody ever sees some points ahead of others. */
struct swarm {
    struct swarm_params params; /* immutable after create */
    int n, count, optimizers;   /* likewise */
    struct block {
        struct flock *flock; /* the worker's that has the block, between rounds nobody's */
        int optimizer, first;
        bool begun;
    } * blocks;
    int block_count;
    pthread_t threads[THREADS_MAX];
    int thread_count;

    pthread_mutex_t lock;
    pthread_cond_t work, settled;
    /* guarded by lock */
    bool quit, rounding;
    int64_t target, here,
        round;      /* where it is to be; where the blocks are (−1: not begun); where this round takes them */
    int next, done; /* blocks of the round: handed out, finished */
    int64_t slice;
    double began;
    int64_t at; /* the published step, −1: none yet */
    uint64_t revision;
    double *thetas; /* (optimizers × count × n) */
    double *losses; /* (optimizers × count), NaN: diverged */
};

/* ---- rounds, lock held
 * ------------------------------------------------------------------------------------------------ */

static void begin_round(struct swarm *swarm) {
    if (swarm->target < swarm->here) swarm->here = -1; /* back is from the start anew */
    int64_t until = swarm->here < 0 ? 0 : swarm->here + swarm->slice;
    swarm->round = until < swarm->target ? until : swarm->target;
    swarm->next = swarm->done = 0;
    swarm->rounding = true;
    swarm->began = clock_seconds();
    pthread_cond_broadcast(&swarm->work);
}

static void publish(struct swarm *swarm) {
    size_t n = (size_t)swarm->n;
    for (int b = 0; b < swarm->block_count; b++) {
        const struct block *block = &swarm->blocks[b];
        size_t count = (size_t)flock_count(block->flock);
        size_t place = (size_t)block->optimizer * (size_t)swarm->count + (size_t)block->first;
        memcpy(swarm->thetas + place * n, flock_thetas(block->flock), count * n * sizeof(double));
        memcpy(swarm->losses + place, flock_losses(block->flock), count * sizeof(double));
        for (size_t p = 0; p < count; p++)
            if (flock_diverged(block->flock)[p] >= 0) swarm->losses[place + p] = NAN;
    }
    swarm->at = swarm->here;
    swarm->revision++;
}

/* On the way back to an earlier step only that step is news; of a swarm never seen every step is. True when there is
 * something new to see. */
static bool end_round(struct swarm *swarm) {
    double seconds = clock_seconds() - swarm->began;
    if (swarm->here >= 0 && seconds < ROUND_SECONDS / 2 && swarm->slice < SLICE_MOST) swarm->slice *= 2;
    if (seconds > ROUND_SECONDS * 2 && swarm->slice > 1) swarm->slice /= 2;
    swarm->here = swarm->round;
    swarm->rounding = false;
    bool news = swarm->here == swarm->target || swarm->here > swarm->at;
    if (news) publish(swarm);
    if (swarm->here != swarm->target)
        begin_round(swarm);
    else
        pthread_cond_broadcast(&swarm->settled);
    return news;
}

/* ---- the workers
 * ------------------------------------------------------------------------------------------------------ */

static void advance(struct swarm *swarm, struct block *block, int64_t until) {
    struct flock *flock = block->flock;
    int left = swarm->count - block->first, count = left < BLOCK ? left : BLOCK;
    if (!block->begun || until < flock_at(flock))
        flock_start(flock, count, swarm->params.experiment->swarm + (size_t)block->first * (size_t)swarm->n);
    block->begun = true;
    while (flock_at(flock) < until) flock_step(flock);
}

static void *work(void *argument) {
    struct swarm *swarm = argument;
    thread_background();
    pthread_mutex_lock(&swarm->lock);
    while (!swarm->quit) {
        if (!swarm->rounding || swarm->next == swarm->block_count) {
            pthread_cond_wait(&swarm->work, &swarm->lock);
            continue;
        }
        struct block *block = &swarm->blocks[swarm->next++];
        int64_t until = swarm->round;
        pthread_mutex_unlock(&swarm->lock);
        advance(swarm, block, until);
        pthread_mutex_lock(&swarm->lock);
        bool news = ++swarm->done == swarm->block_count && end_round(swarm);
        if (news && swarm->params.wakeup) {
            pthread_mutex_unlock(&swarm->lock);
            swarm->params.wakeup(swarm->params.wakeup_context);
            pthread_mutex_lock(&swarm->lock);
        }
    }
    pthread_mutex_unlock(&swarm->lock);
    return NULL;
}

/* ---- create, destroy
 * --------------------------------------------------------------------------------------------------- */

static bool create_blocks(struct swarm *swarm, struct error *error) {
    int each = (swarm->count - 1) / BLOCK + 1;
    swarm->blocks = MEM_NEW(struct block, each * swarm->optimizers);
    for (int o = 0; o < swarm->optimizers; o++)
        for (int first = 0; first < swarm->count; first += BLOCK) {
            int left = swarm->count - first;
            const struct flock_params params = {.experiment = swarm->params.experiment,
                                                .optimizer = &swarm->params.experiment->optimizers[o],
                                                .values = swarm->params.values ? swarm->params.values[o] : NULL,
                                                .capacity = left < BLOCK ? left : BLOCK};
            struct block *block = &swarm->blocks[swarm->block_count];
            *block = (struct block){.flock = flock_create(&params, error), .optimizer = o, .first = first};
            if (!block->flock) return false;
            swarm->block_count++;
        }
    return true;
}

struct swarm *swarm_create(const struct swarm_params *params, struct error *error) {
    struct swarm *swarm = MEM_NEW(struct swarm, 1);
    const struct experiment *experiment = params->experiment;
    swarm->params = *params;
    swarm->n = objective_dimension(experiment->objective);
    swarm->count = experiment->swarm_count;
    swarm->optimizers = experiment->optimizer_count;
    size_t points = (size_t)swarm->count * (size_t)swarm->optimizers;
    swarm->thetas = MEM_NEW(double, points *(size_t)swarm->n);
    swarm->losses = MEM_NEW(double, points);
    swarm->here = swarm->at = -1;
    swarm->slice = 1;
    pthread_mutex_init(&swarm->lock, NULL);
    pthread_cond_init(&swarm->work, NULL);
    pthread_cond_init(&swarm->settled, NULL);
    if (!create_blocks(swarm, error)) {
        swarm_destroy(&swarm);
        return NULL;
    }
    swarm->params.values = NULL; /* the flocks have theirs */
    begin_round(swarm);
    int threads = params->threads > 0 ? params->threads : threads_available();
    if (threads > THREADS_MAX) threads = THREADS_MAX;
    if (threads > swarm->block_count) threads = swarm->block_count;
    swarm->thread_count = threads;
    for (int i = 0; i < threads; i++) thread_start(&swarm->threads[i], "swarm", work, swarm);
    return swarm;
}

void swarm_destroy(struct swarm **handle) {
    if (!handle || !*handle) return;
    struct swarm *swarm = *handle;
    pthread_mutex_lock(&swarm->lock);
    swarm->quit = true;
    pthread_cond_broadcast(&swarm->work);
    pthread_mutex_unlock(&swarm->lock);
    for (int i = 0; i < swarm->thread_count; i++) pthread_join(swarm->threads[i], NULL);
    for (int b = 0; b < swarm->block_count; b++) flock_destroy(&swarm->blocks[b].flock);
    pthread_cond_destroy(&swarm->settled);
    pthread_cond_destroy(&swarm->work);
    pthread_mutex_destroy(&swarm->lock);
    free(swarm->blocks);
    free(swarm->thetas);
    free(swarm->losses);
    free(swarm);
    *handle = NULL;
}

/* ---- orders and answers
 * ------------------------------------------------------------------------------------------------ */

void swarm_seek(struct swarm *swarm, int64_t step) {
    if (step < 0) step = 0;
    pthread_mutex_lock(&swarm->lock);
    if (step != swarm->target) {
        swarm->target = step;
        if (!swarm->rounding && swarm->here != step) begin_round(swarm);
    }
    pthread_mutex_unlock(&swarm->lock);
}

void swarm_wait(struct swarm *swarm) {
    pthread_mutex_lock(&swarm->lock);
    while (swarm->rounding) pthread_cond_wait(&swarm->settled, &swarm->lock);
    pthread_mutex_unlock(&swarm->lock);
}

uint64_t swarm_revision(const struct swarm *swarm) {
    pthread_mutex_t *lock = (pthread_mutex_t *)&swarm->lock;
    pthread_mutex_lock(lock);
    uint64_t revision = swarm->revision;
    pthread_mutex_unlock(lock);
    return revision;
}

int64_t swarm_read(const struct swarm *swarm, int optimizer, double *thetas, double *losses) {
    pthread_mutex_t *lock = (pthread_mutex_t *)&swarm->lock;
    size_t count = (size_t)swarm->count, n = (size_t)swarm->n, first = (size_t)optimizer * count;
    pthread_mutex_lock(lock);
    int64_t at = swarm->at;
    if (at >= 0) {
        memcpy(thetas, swarm->thetas + first * n, count * n * sizeof *thetas);
        memcpy(losses, swarm->losses + first, count * sizeof *losses);
    }
    pthread_mutex_unlock(lock);
    return at;
}
