#include "run/trainer.h"

#include "base/memory.h"
#include "base/threads.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const run_status_names[] = {"waiting", "running", "ok", "diverged", "stopped"};

static const struct experiment *experiment_of(const struct trainer *trainer) {
    return trainer->params.experiment;
}

static void lock(const struct trainer *trainer) {
    pthread_mutex_lock((pthread_mutex_t *)&trainer->lock);
}

static void unlock(const struct trainer *trainer) {
    pthread_mutex_unlock((pthread_mutex_t *)&trainer->lock);
}

/* Lock held: every run looks at its orders. */
static void call_runs(struct trainer *trainer) {
    for (int run = 0; run < trainer->runs; run++) pthread_cond_signal(&trainer->all[run].turn);
}

/* ---- create, restart, destroy -------------------------------------------------------------------------------------
 */

static bool make_run(struct trainer *trainer, int index, struct error *error) {
    const struct experiment *experiment = experiment_of(trainer);
    struct trainer_run *run = &trainer->all[index];
    size_t count;
    run->trainer = trainer;
    run->index = index;
    run->from = &experiment->optimizers[index / experiment->start_count];
    run->enabled = true;
    pthread_cond_init(&run->turn, NULL);
    optimizer_class_parameters(run->from->class, &count);
    memcpy(run->values, run->from->values, count * sizeof *run->values);
    const struct descent_params params = {
        .experiment = experiment,
        .optimizer = run->from,
        .start = experiment->starts + (size_t)(index % experiment->start_count) * (size_t)trainer->n,
    };
    run->descent = descent_create(&params, error);
    if (!run->descent) return false;
    const struct trainer_params *wanted = &trainer->params;
    if (wanted->insides && !wanted->discard_theta && trainer->n <= TRAINER_INSIDES)
        descent_keep_insides(run->descent, true);
    return true;
}

static void release_run(struct trainer_run *run) {
    if (!run->trainer) return;
    descent_destroy(&run->descent);
    pthread_cond_destroy(&run->turn);
}

static void release(struct trainer *trainer) {
    for (int run = 0; run < trainer->runs; run++) release_run(&trainer->all[run]);
    free(trainer->all);
    stream_destroy(&trainer->stream);
    pthread_cond_destroy(&trainer->settled);
    pthread_mutex_destroy(&trainer->lock);
    free(trainer);
}

/* No run thread is there. */
static void start_runs(struct trainer *trainer, const double *theta) {
    const struct experiment *experiment = experiment_of(trainer);
    size_t n = (size_t)trainer->n;
    timeline_clear(trainer->params.timeline);
    lock(trainer);
    trainer->goal = 0;
    trainer->quit = trainer->stopped = false;
    atomic_store(&trainer->halt, false);
    for (int i = 0; i < trainer->runs; i++) {
        struct trainer_run *run = &trainer->all[i];
        const double *own = experiment->starts + (size_t)(i % experiment->start_count) * n;
        trainer_run_take_values(run);
        descent_start(run->descent, theta ? theta : own);
        run->begun = run->computing = run->queued = false;
        run->step = run->until = -1;
        run->published = run->collected = 0;
        run->ending = ENDING_NONE;
        run->message[0] = '\0';
        char name[16];
        snprintf(name, sizeof name, "run %d", i);
        thread_start(&run->thread, name, trainer_run_thread, run);
    }
    unlock(trainer);
}

/* Ends the run threads and waits until all they published is in the timeline. */
static void join_runs(struct trainer *trainer) {
    lock(trainer);
    trainer->quit = true;
    atomic_store(&trainer->halt, true);
    call_runs(trainer);
    unlock(trainer);
    for (int run = 0; run < trainer->runs; run++) pthread_join(trainer->all[run].thread, NULL);
    stream_wake(trainer->stream);
    lock(trainer);
    for (int run = 0; run < trainer->runs; run++)
        while (trainer->all[run].collected != trainer->all[run].published)
            pthread_cond_wait(&trainer->settled, &trainer->lock);
    unlock(trainer);
}

struct trainer *trainer_create(const struct trainer_params *params, struct error *error) {
    const struct experiment *experiment = params->experiment;
    assert(experiment->start_count > 0 && experiment->optimizer_count > 0);
    struct trainer *trainer = MEM_NEW(struct trainer, 1);
    trainer->params = *params;
    trainer->runs = experiment->optimizer_count * experiment->start_count;
    trainer->n = objective_dimension(experiment->objective);
    trainer->permits = params->threads > 0 ? params->threads : threads_available();
    assert(timeline_runs(params->timeline) == trainer->runs && timeline_dimension(params->timeline) == trainer->n);
    trainer->limit = experiment->steps;
    atomic_init(&trainer->halt, false);
    pthread_mutex_init(&trainer->lock, NULL);
    pthread_cond_init(&trainer->settled, NULL);
    trainer->all = MEM_NEW(struct trainer_run, trainer->runs);
    for (int run = 0; run < trainer->runs; run++) {
        if (make_run(trainer, run, error)) continue;
        release(trainer);
        return NULL;
    }
    trainer->stream = stream_create(trainer->runs, params->discard_theta ? 0 : trainer->n,
                                    objective_statistics(experiment->objective));
    thread_start(&trainer->collector, "collector", trainer_collector_thread, trainer);
    start_runs(trainer, NULL);
    return trainer;
}

void trainer_destroy(struct trainer **trainer) {
    if (!trainer || !*trainer) return;
    struct trainer *t = *trainer;
    join_runs(t);
    lock(t);
    t->collector_quit = true;
    unlock(t);
    stream_wake(t->stream);
    pthread_join(t->collector, NULL);
    release(t);
    *trainer = NULL;
}

void trainer_restart(struct trainer *trainer, const double *theta) {
    double *kept = NULL;
    if (theta) { /* it may point into what the caller reads from the timeline */
        kept = mem_zalloc((size_t)trainer->n, sizeof(double));
        memcpy(kept, theta, (size_t)trainer->n * sizeof(double));
    }
    join_runs(trainer);
    trainer_record_stop(trainer, NULL);
    start_runs(trainer, kept);
    free(kept);
}

/* ---- goal ------------------------------------------------------------------------------------------------------- */

/* Lock held. */
static void set_goal(struct trainer *trainer, int64_t step) {
    if (step > trainer->limit) step = trainer->limit;
    trainer->goal = step > 0 ? step : 0;
    call_runs(trainer);
}

void trainer_set_goal(struct trainer *trainer, int64_t step) {
    lock(trainer);
    set_goal(trainer, step);
    unlock(trainer);
}

int64_t trainer_goal(const struct trainer *trainer) {
    lock(trainer);
    int64_t goal = trainer->goal;
    unlock(trainer);
    return goal;
}

void trainer_set_limit(struct trainer *trainer, int64_t steps) {
    lock(trainer);
    trainer->limit = steps > 0 ? steps : 0;
    set_goal(trainer, trainer->goal);
    unlock(trainer);
}

/* A run in the middle of a slice cannot be asked how far it will have come; where the slice leads is the earliest step
 * at which all can meet. */
void trainer_pause(struct trainer *trainer) {
    lock(trainer);
    int64_t furthest = -1;
    for (int i = 0; i < trainer->runs; i++) {
        const struct trainer_run *run = &trainer->all[i];
        if (!run->enabled || run->ending != ENDING_NONE) continue;
        int64_t step = run->computing && run->until > run->step ? run->until : run->step;
        if (step > furthest) furthest = step;
    }
    if (furthest < trainer->goal) set_goal(trainer, furthest);
    unlock(trainer);
}

/* Lock held. Whether a run has come to rest under the present orders, with all its samples in the timeline. */
static bool is_settled(const struct trainer_run *run) {
    const struct trainer *trainer = run->trainer;
    if (run->computing || run->collected != run->published) return false;
    if (trainer->stopped || run->ending != ENDING_NONE) return true;
    return run->begun && (!run->enabled || run->step >= trainer->goal);
}

void trainer_wait(struct trainer *trainer) {
    lock(trainer);
    for (;;) {
        bool settled = true;
        for (int run = 0; run < trainer->runs; run++) settled = settled && is_settled(&trainer->all[run]);
        if (settled) break;
        pthread_cond_wait(&trainer->settled, &trainer->lock);
    }
    unlock(trainer);
}

void trainer_stop(struct trainer *trainer) {
    lock(trainer);
    trainer->stopped = true;
    atomic_store(&trainer->halt, true);
    for (int i = 0; i < trainer->runs; i++) {
        struct trainer_run *run = &trainer->all[i];
        if (run->ending == ENDING_NONE && run->step < trainer->limit) run->ending = ENDING_STOPPED;
    }
    trainer->changed = true;
    call_runs(trainer);
    pthread_cond_broadcast(&trainer->settled);
    unlock(trainer);
    stream_wake(trainer->stream);
}

/* ---- orders to a run ----------------------------------------------------------------------------------------------
 */

void trainer_enable(struct trainer *trainer, int run, bool enabled) {
    assert(run >= 0 && run < trainer->runs);
    lock(trainer);
    trainer->all[run].enabled = enabled;
    pthread_cond_signal(&trainer->all[run].turn);
    pthread_cond_broadcast(&trainer->settled);
    unlock(trainer);
}

void trainer_set_value(struct trainer *trainer, int run, int parameter, double value) {
    assert(run >= 0 && run < trainer->runs);
    struct trainer_run *r = &trainer->all[run];
    size_t count;
    const struct optimizer_parameter *p = optimizer_class_parameters(r->from->class, &count);
    assert(parameter >= 0 && (size_t)parameter < count);
    p += parameter;
    if (value != value) return;
    value = value < p->low ? p->low : value > p->high ? p->high : value;
    if (p->flag) value = value >= 0.5;
    lock(trainer);
    r->values[parameter] = value;
    r->values_changed = true;
    unlock(trainer);
}

double trainer_value(const struct trainer *trainer, int run, int parameter) {
    assert(run >= 0 && run < trainer->runs);
    lock(trainer);
    double value = trainer->all[run].values[parameter];
    unlock(trainer);
    return value;
}

static enum run_status status_of(const struct trainer_run *run) {
    const struct trainer *trainer = run->trainer;
    if (run->ending == ENDING_DIVERGED) return RUN_DIVERGED;
    if (run->ending == ENDING_STOPPED) return RUN_STOPPED;
    if (run->begun && run->step >= trainer->limit) return RUN_FINISHED;
    if (!run->begun || run->computing || (run->enabled && run->step < trainer->goal)) return RUN_RUNNING;
    return RUN_WAITING;
}

bool trainer_vector(const struct trainer *trainer, int run, const char *name, double *values) {
    assert(run >= 0 && run < trainer->runs);
    bool found = false;
    lock(trainer);
    const struct trainer_run *r = &trainer->all[run];
    const struct optimizer_vector *vectors;
    size_t count = r->computing ? 0 : optimizer_vectors(descent_optimizer(r->descent), &vectors);
    for (size_t i = 0; i < count && !found; i++) {
        found = strcmp(vectors[i].name, name) == 0;
        if (found) memcpy(values, vectors[i].values, (size_t)trainer->n * sizeof *values);
    }
    unlock(trainer);
    return found;
}

struct run_state trainer_state(const struct trainer *trainer, int run) {
    assert(run >= 0 && run < trainer->runs);
    lock(trainer);
    const struct trainer_run *r = &trainer->all[run];
    struct run_state state = {.status = status_of(r), .step = r->step, .enabled = r->enabled};
    memcpy(state.message, r->message, sizeof state.message);
    unlock(trainer);
    return state;
}

/* ---- recording ----------------------------------------------------------------------------------------------------
 */

bool trainer_record(struct trainer *trainer, const char *path, struct error *error) {
    if (trainer_recording(trainer))
        return error_set(error, ERROR_INPUT, "%s: a recording is being written already; stop it first", path);
    struct recording *recording = recording_create(path, experiment_of(trainer), error);
    if (!recording) return false;
    lock(trainer);
    trainer->new_recording = recording;
    trainer->recording_open = true;
    trainer->recording_error = (struct error){0};
    unlock(trainer);
    stream_wake(trainer->stream);
    return true;
}

bool trainer_record_stop(struct trainer *trainer, struct error *error) {
    lock(trainer);
    if (trainer->recording_open) {
        trainer->stop_recording = true;
        stream_wake(trainer->stream);
        while (trainer->recording_open) pthread_cond_wait(&trainer->settled, &trainer->lock);
        trainer->stop_recording = false;
    }
    struct error failure = trainer->recording_error;
    unlock(trainer);
    return failure.kind == ERROR_NONE || error_set(error, failure.kind, "%s", failure.message);
}

bool trainer_recording(const struct trainer *trainer) {
    lock(trainer);
    bool open = trainer->recording_open;
    unlock(trainer);
    return open;
}

bool trainer_error(const struct trainer *trainer, struct error *error) {
    lock(trainer);
    struct error failure = trainer->recording_error;
    unlock(trainer);
    if (failure.kind == ERROR_NONE) return false;
    error_set(error, failure.kind, "%s", failure.message);
    return true;
}
