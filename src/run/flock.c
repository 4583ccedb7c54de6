#include "run/run.h"

#include "base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct flock {
    const struct experiment *experiment;
    const struct experiment_optimizer *from;
    int n, capacity, count;
    int64_t here;
    /* One optimizer and one evaluator for all, or a run for each. */
    struct optimizer *optimizer;
    struct evaluator *evaluator;
    struct descent **each;      /* (capacity) */
    double *thetas, *gradients; /* (capacity × n) */
    double *losses;             /* (capacity) */
    int64_t *diverged;          /* (capacity) */
    int lost;                   /* how many have diverged */
    double *park;               /* (n) where those wait that have: to be told the gradient of a NaN takes long */
};

static bool flock_is_one(const struct flock *flock) {
    return flock->each == NULL;
}

struct flock *flock_create(const struct flock_params *params, struct error *error) {
    assert(params->capacity > 0);
    struct flock *flock = MEM_NEW(struct flock, 1);
    const struct experiment *experiment = params->experiment;
    size_t n = (size_t)objective_dimension(experiment->objective), capacity = (size_t)params->capacity;
    flock->experiment = experiment;
    flock->from = params->optimizer ? params->optimizer : experiment->optimizers;
    flock->n = (int)n;
    flock->capacity = params->capacity;
    flock->thetas = MEM_NEW(double, capacity *n);
    flock->gradients = MEM_NEW(double, capacity *n);
    flock->losses = MEM_NEW(double, capacity);
    flock->diverged = MEM_NEW(int64_t, capacity);
    flock->park = MEM_NEW(double, n);
    bool ok = true;
    if (experiment_optimizer_is_elementwise(flock->from) && objective_is_expression(experiment->objective)) {
        flock->optimizer =
            experiment_create_wide_optimizer(experiment, flock->from, params->values, params->capacity, error);
        flock->evaluator = evaluator_create(experiment->objective);
        ok = flock->optimizer != NULL;
    } else {
        flock->each = MEM_NEW(struct descent *, capacity);
        for (size_t p = 0; p < capacity && ok; p++) {
            flock->each[p] = descent_create(
                &(struct descent_params){.experiment = experiment, .optimizer = flock->from, .values = params->values},
                error);
            ok = flock->each[p] != NULL;
        }
    }
    if (!ok) flock_destroy(&flock);
    return flock;
}

void flock_destroy(struct flock **handle) {
    if (!handle || !*handle) return;
    struct flock *flock = *handle;
    for (int p = 0; flock->each && p < flock->capacity; p++) descent_destroy(&flock->each[p]);
    free(flock->each);
    optimizer_destroy(&flock->optimizer);
    evaluator_destroy(&flock->evaluator);
    free(flock->thetas);
    free(flock->gradients);
    free(flock->losses);
    free(flock->diverged);
    free(flock->park);
    free(flock);
    *handle = NULL;
}

static double *point(const struct flock *flock, double *array, int p) {
    return array + (size_t)p * (size_t)flock->n;
}

/* ---- as one -------------------------------------------------------------------------------------------------------
 */

/* Several sums, since each waits for its own last one. */
static bool all_finite(const double *values, size_t count) {
    enum { SUMS = 8 };
    double sums[SUMS] = {0}; /* 0, or not a number from then on */
    size_t i = 0;
    for (; i + SUMS <= count; i += SUMS)
        for (size_t k = 0; k < SUMS; k++) sums[k] += values[i + k] * 0.0;
    for (; i < count; i++) sums[0] += values[i] * 0.0;
    for (size_t k = 1; k < SUMS; k++) sums[0] += sums[k];
    return sums[0] == 0;
}

/* A run ends where it meets what is not finite, as descent_evaluate says it. */
static void lose(struct flock *flock) {
    size_t n = (size_t)flock->n, count = (size_t)flock->count;
    if (all_finite(flock->thetas, count * n) && all_finite(flock->losses, count) &&
        all_finite(flock->gradients, count * n))
        return;
    for (int p = 0; p < flock->count; p++) {
        double *theta = point(flock, flock->thetas, p), *gradient = point(flock, flock->gradients, p);
        if (flock->diverged[p] >= 0 || (all_finite(theta, n) && isfinite(flock->losses[p]) && all_finite(gradient, n)))
            continue;
        flock->diverged[p] = flock->here;
        flock->lost++;
    }
}

static void evaluate(struct flock *flock) {
    size_t size = (size_t)flock->n * sizeof *flock->park;
    for (int p = 0; flock->lost > 0 && p < flock->count; p++)
        if (flock->diverged[p] >= 0) memcpy(point(flock, flock->thetas, p), flock->park, size);
    evaluator_gradients(flock->evaluator, flock->count, flock->thetas, flock->losses, flock->gradients);
    lose(flock);
}

static void find_park(struct flock *flock) {
    for (int p = 0; p < flock->count; p++)
        if (flock->diverged[p] < 0) {
            memcpy(flock->park, point(flock, flock->thetas, p), (size_t)flock->n * sizeof *flock->park);
            return;
        }
}

/* ---- one by one ---------------------------------------------------------------------------------------------------
 */

static void note(struct flock *flock, int p, const char *wrong) {
    const struct descent *descent = flock->each[p];
    size_t size = (size_t)flock->n * sizeof *flock->thetas;
    if (wrong) {
        flock->diverged[p] = descent_at(descent);
        flock->lost++;
        return;
    }
    memcpy(point(flock, flock->thetas, p), descent_point(descent), size);
    memcpy(point(flock, flock->gradients, p), descent_gradient(descent), size);
    flock->losses[p] = descent_sample(descent)->loss;
}

/* ---- all of them --------------------------------------------------------------------------------------------------
 */

void flock_start(struct flock *flock, int count, const double *starts) {
    assert(count > 0 && count <= flock->capacity);
    size_t n = (size_t)flock->n;
    flock->count = count;
    flock->here = 0;
    flock->lost = 0;
    memcpy(flock->thetas, starts, (size_t)count * n * sizeof *starts);
    for (int p = 0; p < flock->capacity; p++) flock->diverged[p] = -1;
    if (flock_is_one(flock)) {
        memset(point(flock, flock->thetas, count), 0, (size_t)(flock->capacity - count) * n * sizeof *starts);
        memset(flock->gradients, 0, (size_t)flock->capacity * n * sizeof *starts);
        optimizer_reset(flock->optimizer);
        evaluate(flock);
        find_park(flock);
        return;
    }
    for (int p = 0; p < count; p++) {
        descent_start(flock->each[p], point(flock, flock->thetas, p));
        note(flock, p, descent_evaluate(flock->each[p]));
    }
}

void flock_step(struct flock *flock) {
    if (flock_is_one(flock)) {
        optimizer_step(flock->optimizer, flock->thetas, flock->gradients,
                       schedule_factor(&flock->from->schedule, flock->here));
        flock->here++;
        evaluate(flock);
        return;
    }
    flock->here++;
    for (int p = 0; p < flock->count; p++)
        if (flock->diverged[p] < 0) note(flock, p, descent_take(flock->each[p], 1));
}

int flock_count(const struct flock *flock) {
    return flock->count;
}

int64_t flock_at(const struct flock *flock) {
    return flock->here;
}

const double *flock_thetas(const struct flock *flock) {
    return flock->thetas;
}

const double *flock_gradients(const struct flock *flock) {
    return flock->gradients;
}

const double *flock_losses(const struct flock *flock) {
    return flock->losses;
}

const int64_t *flock_diverged(const struct flock *flock) {
    return flock->diverged;
}
