#include "run/trainer.h"

#include "base/threads.h"

#include <stdio.h>

/* A slice is as many steps as take about this long: short enough that a pause is felt at once, long enough that the
 * lock costs nothing. */
static const double SLICE_SECONDS = 1e-3;
enum { SLICE_MAX = 1 << 16 };

static void publish(struct trainer_run *run) {
    struct descent *descent = run->descent;
    stream_publish(run->trainer->stream, run->index, descent_sample(descent), descent_point(descent),
                   descent_statistics(descent), descent_take_inside(descent));
}

/* Steps until `until` is reached, something is not finite (returned) or the trainer halts; counts what it published. */
static const char *take_steps(struct trainer_run *run, int64_t until, int64_t *published) {
    while (descent_at(run->descent) < until && !atomic_load_explicit(&run->trainer->halt, memory_order_relaxed)) {
        descent_step(run->descent);
        const char *wrong = descent_evaluate(run->descent);
        if (wrong) return wrong;
        publish(run);
        ++*published;
    }
    return NULL;
}

/* ---- the thread: orders, permits, slices --------------------------------------------------------------------------
 */

/* Two passes, because one value may only be accepted after another (sgd's nesterov needs a momentum). */
void trainer_run_take_values(struct trainer_run *run) {
    if (!run->values_changed) return;
    struct optimizer *optimizer = descent_optimizer(run->descent);
    size_t count;
    optimizer_class_parameters(run->from->class, &count);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < count; i++) optimizer_set(optimizer, (int)i, run->values[i], NULL);
    for (size_t i = 0; i < count; i++) run->values[i] = optimizer_value(optimizer, (int)i);
    run->values_changed = false;
}

static bool wants_to_compute(const struct trainer_run *run) {
    const struct trainer *trainer = run->trainer;
    if (trainer->quit || trainer->stopped || run->ending != ENDING_NONE) return false;
    return !run->begun || (run->enabled && run->step < trainer->goal);
}

void trainer_grant(struct trainer *trainer) {
    int free = trainer->permits - trainer->computing;
    while (free-- > 0) {
        struct trainer_run *next = NULL;
        for (int i = 0; i < trainer->runs; i++) {
            struct trainer_run *run = &trainer->all[i];
            if (run->queued && (!next || run->step < next->step)) next = run;
        }
        if (!next) return;
        next->queued = false;
        next->computing = true;
        trainer->computing++;
        pthread_cond_signal(&next->turn);
    }
}

/* Lock held. Waits until the run is allowed a slice; false when the thread is to end. */
static bool wait_for_turn(struct trainer_run *run) {
    struct trainer *trainer = run->trainer;
    for (;;) {
        if (!wants_to_compute(run)) {
            if (run->computing) { /* the order was taken back while the permit came */
                run->computing = false;
                trainer->computing--;
                trainer_grant(trainer);
            }
            run->queued = false;
            if (trainer->quit) return false;
            pthread_cond_broadcast(&trainer->settled);
        } else if (run->computing) {
            return true;
        } else {
            run->queued = true;
            trainer_grant(trainer);
            if (run->computing) return true;
        }
        pthread_cond_wait(&run->turn, &trainer->lock);
    }
}

/* Lock held. */
static void note_end_of_slice(struct trainer_run *run, int64_t published, const char *wrong) {
    struct trainer *trainer = run->trainer;
    run->published += published;
    int64_t here = descent_at(run->descent);
    run->step = wrong ? here - 1 : here;
    run->begun = true;
    if (run->ending == ENDING_STOPPED && run->step >= trainer->limit)
        run->ending = ENDING_NONE; /* it was its last slice */
    if (wrong) {
        run->ending = ENDING_DIVERGED;
        if (here == 0)
            snprintf(run->message, sizeof run->message, "%s is not finite at step 0; start somewhere else", wrong);
        else
            snprintf(run->message, sizeof run->message, "%s is not finite at step %lld; try a smaller learning rate",
                     wrong, (long long)here);
    }
    run->computing = false;
    trainer->computing--;
    trainer_grant(trainer);
    if (wants_to_compute(run)) return;
    trainer->changed = true;
    pthread_cond_broadcast(&trainer->settled);
    stream_wake(trainer->stream);
}

static void adapt_slice(struct trainer_run *run, double seconds) {
    if (seconds < SLICE_SECONDS / 2 && run->slice < SLICE_MAX) run->slice *= 2;
    if (seconds > SLICE_SECONDS * 2 && run->slice > 1) run->slice /= 2;
}

void *trainer_run_thread(void *argument) {
    struct trainer_run *run = argument;
    struct trainer *trainer = run->trainer;
    run->slice = 1;
    if (trainer->params.wakeup) thread_background(); /* somebody looks on: what draws goes before */

    pthread_mutex_lock(&trainer->lock);
    while (wait_for_turn(run)) {
        trainer_run_take_values(run);
        bool begin = !run->begun;
        int64_t until = begin ? 0 : run->step + run->slice;
        if (until > trainer->goal) until = trainer->goal;
        run->until = until;
        pthread_mutex_unlock(&trainer->lock);

        int64_t published = 0;
        double since = clock_seconds();
        const char *wrong;
        if (begin) {
            wrong = descent_evaluate(run->descent);
            if (!wrong) publish(run);
            published = wrong ? 0 : 1;
        } else {
            wrong = take_steps(run, until, &published);
            if (descent_at(run->descent) == until) adapt_slice(run, clock_seconds() - since);
        }

        pthread_mutex_lock(&trainer->lock);
        note_end_of_slice(run, published, wrong);
    }
    pthread_mutex_unlock(&trainer->lock);
    return NULL;
}
