#include "run/trainer.h"

#include "base/linalg.h"
#include "base/threads.h"

#include <math.h>
#include <stdio.h>

/* A slice is as many steps as take about this long: short enough that a pause is felt at once, long enough that the
 * lock costs nothing. */
static const double SLICE_SECONDS = 1e-3;
enum { SLICE_MAX = 1 << 16 };

/* The sequence of random numbers that mini-batches come from; the experiment's seed is shared with data and starts. */
static const uint64_t BATCH_STREAM = 0x6261746368; /* "batch" */
/* … and the one that dropout and augmentation come from: a seed for every step. */
static const uint64_t NOISE_STREAM = 0x6e6f697365; /* "noise" */

static bool all_finite(const double *values, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += values[i] * 0.0; /* 0, or not a number from then on */
    return sum == 0;
}

/* ---- one step --------------------------------------------------------------------------------------------------- */

static void shuffle_order(struct trainer_run *run) {
    const struct trainer *trainer = run->trainer;
    random_shuffle(&run->shuffle, run->order, (size_t)objective_samples(trainer->params.experiment->objective));
}

/* The batch that belongs to this step, noise and all: the same for every run of the experiment. NULL: all samples. */
static const struct batch *find_batch(struct trainer_run *run, struct batch *batch) {
    const struct trainer *trainer = run->trainer;
    const struct experiment *experiment = trainer->params.experiment;
    *batch = (struct batch){.noisy = objective_is_noisy(experiment->objective)};
    if (batch->noisy) {
        struct random noise = random_seeded(experiment->seed ^ NOISE_STREAM, (uint64_t)run->here);
        batch->seed = random_u64(&noise);
    }
    if (!run->order) return batch->noisy ? batch : NULL;
    int64_t place = run->here % trainer->batches;
    if (place == 0) shuffle_order(run);
    int64_t first = place * trainer->batch;
    int64_t left = objective_samples(experiment->objective) - first;
    batch->indices = run->order + first;
    batch->count = left < trainer->batch ? (int)left : trainer->batch;
    return batch;
}

/* Loss and gradient at theta; NULL, or what is not finite. */
static const char *evaluate(struct trainer_run *run) {
    int n = run->trainer->n;
    if (!all_finite(run->theta, n)) return "a parameter";
    struct batch storage;
    const struct batch *batch = find_batch(run, &storage);
    run->batch_loss = evaluator_gradient(run->evaluator, run->theta, batch, run->gradient);
    run->loss = batch ? evaluator_loss(run->evaluator, run->theta, NULL) : run->batch_loss;
    if (!isfinite(run->loss) || !isfinite(run->batch_loss)) return "loss";
    return all_finite(run->gradient, n) ? NULL : "gradient";
}

static double rate_factor(const struct trainer_run *run) {
    return schedule_factor(&run->from->schedule, run->here);
}

static void publish(struct trainer_run *run) {
    const struct sample sample = {
        .step = run->here,
        .loss = run->loss,
        .batch_loss = run->batch_loss,
        .gradient_norm = linalg_norm(run->trainer->n, run->gradient),
        .rate = optimizer_value(run->optimizer, 0) * rate_factor(run),
    };
    stream_publish(run->trainer->stream, run->index, &sample, run->theta);
}

/* Steps until `until` is reached, something is not finite (returned) or the trainer halts; counts what it published. */
static const char *take_steps(struct trainer_run *run, int64_t until, int64_t *published) {
    while (run->here < until && !atomic_load_explicit(&run->trainer->halt, memory_order_relaxed)) {
        optimizer_step(run->optimizer, run->theta, run->gradient, rate_factor(run));
        run->here++;
        const char *wrong = evaluate(run);
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
    size_t count;
    optimizer_class_parameters(run->from->class, &count);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < count; i++) optimizer_set(run->optimizer, (int)i, run->values[i], NULL);
    for (size_t i = 0; i < count; i++) run->values[i] = optimizer_value(run->optimizer, (int)i);
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
    run->step = wrong ? run->here - 1 : run->here;
    run->begun = true;
    if (run->ending == ENDING_STOPPED && run->step >= trainer->limit)
        run->ending = ENDING_NONE; /* it was its last slice */
    if (wrong) {
        run->ending = ENDING_DIVERGED;
        if (run->here == 0)
            snprintf(run->message, sizeof run->message, "%s is not finite at step 0; start somewhere else", wrong);
        else
            snprintf(run->message, sizeof run->message, "%s is not finite at step %lld; try a smaller learning rate",
                     wrong, (long long)run->here);
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
    int samples = objective_samples(trainer->params.experiment->objective);
    run->here = 0;
    run->slice = 1;
    run->shuffle = random_seeded(trainer->params.experiment->seed, BATCH_STREAM);
    for (int i = 0; run->order && i < samples; i++) run->order[i] = i;

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
            wrong = evaluate(run);
            if (!wrong) publish(run);
            published = wrong ? 0 : 1;
        } else {
            wrong = take_steps(run, until, &published);
            if (run->here == until) adapt_slice(run, clock_seconds() - since);
        }

        pthread_mutex_lock(&trainer->lock);
        note_end_of_slice(run, published, wrong);
    }
    pthread_mutex_unlock(&trainer->lock);
    return NULL;
}
