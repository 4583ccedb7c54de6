/* The runs that a lesson's measures are taken of: each trained once, by descents on a few threads. */
#include "lesson/lesson_parts.h"

#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { STOCK_THREADS = 64 };
enum order_state { ORDER_WAITS, ORDER_RUNS, ORDER_READY };
struct order {
    int experiment, optimizer, seed;
    bool sigmas;    /* are wanted */
    uint64_t steps; /* bit s: step s of the lesson names a measure of it */
    struct stocked_run run;
    struct error error;
    enum order_state state; /* guarded by the stock's lock; ORDER_READY: all above is done with */
    _Atomic double done;
};

struct stock {
    const struct lesson *lesson;
    int count;
    struct order *orders; /* (count) */
    /* while filling */
    struct job *job;
    double seconds; /* what all of it may take, to say so */
    int thread_count;
    pthread_t threads[STOCK_THREADS];
    pthread_mutex_t lock;
    pthread_cond_t more; /* an order is ready, or a worker has gone */
    int step;            /* guarded by lock: whose measures come first */
    /* the study several measures share; the check's thread only */
    struct study *study;
    enum reading studied;
    int study_experiment, study_nets;
};

/* How soon what these steps name is wanted, when step `first` is at hand: it, those after it, those before it. */
int lesson_rank(uint64_t steps, int first) {
    if (!steps) return 2 * LESSON_MAX_STEPS;
    for (int s = first; s < LESSON_MAX_STEPS; s++)
        if (steps >> s & 1) return s - first;
    for (int s = first - 1; s > 0; s--)
        if (steps >> s & 1) return LESSON_MAX_STEPS + first - s;
    return LESSON_MAX_STEPS + first;
}

static struct order *find_order(const struct stock *stock, int experiment, int optimizer, int seed) {
    for (int i = 0; i < stock->count; i++) {
        struct order *order = &stock->orders[i];
        if (order->experiment == experiment && order->optimizer == optimizer && order->seed == seed) return order;
    }
    return NULL;
}

static struct order *order_of(const struct stock *stock, const struct measure *measure, int seed) {
    bool placed = measure->reading >= READING_POINT_LOSS;
    return find_order(stock, measure->experiment, placed ? measure->place.optimizer : measure->optimizer, seed);
}

struct stock *stock_create(const struct lesson *lesson, const bool *known) {
    struct stock *stock = MEM_NEW(struct stock, 1);
    stock->lesson = lesson;
    pthread_mutex_init(&stock->lock, NULL);
    pthread_cond_init(&stock->more, NULL);
    size_t capacity = 0;
    for (int m = 0; m < lesson->measure_count; m++) {
        const struct measure *measure = &lesson->measures[m];
        if (known[m] || !reading_needs_run(measure)) continue;
        bool placed = measure->reading >= READING_POINT_LOSS;
        int optimizer = placed ? measure->place.optimizer : measure->optimizer;
        for (int seed = 0; seed < measure->seeds; seed++) {
            struct order *order = find_order(stock, measure->experiment, optimizer, seed);
            if (!order) {
                MEM_GROW(stock->orders, capacity, stock->count + 1);
                order = &stock->orders[stock->count++];
                *order = (struct order){.experiment = measure->experiment, .optimizer = optimizer, .seed = seed};
            }
            order->sigmas |= measure->reading == READING_SIGMA;
            order->steps |= measure->steps;
        }
    }
    return stock;
}

void stock_clear(struct stock *stock) {
    for (int i = 0; i < stock->count; i++) {
        struct stocked_run *run = &stock->orders[i].run;
        free(run->samples);
        free(run->thetas);
        free(run->sigmas);
        free(run->start);
        free(run->end);
        free(run->statistics);
        *run = (struct stocked_run){0};
    }
    study_destroy(&stock->study);
}

void stock_destroy(struct stock **stock) {
    if (!stock || !*stock) return;
    stock_clear(*stock);
    pthread_cond_destroy(&(*stock)->more);
    pthread_mutex_destroy(&(*stock)->lock);
    free((*stock)->orders);
    free(*stock);
    *stock = NULL;
}

const struct stocked_run *stock_run(const struct stock *stock, const struct measure *measure, int seed) {
    const struct order *order = order_of(stock, measure, seed);
    return order ? &order->run : NULL;
}

struct study **stock_study(struct stock *stock, const struct measure *measure, bool *fresh) {
    *fresh = !stock->study || stock->study_experiment != measure->experiment || stock->study_nets != measure->nets ||
             reading_is_of_basins(stock->studied) != reading_is_of_basins(measure->reading);
    if (*fresh) study_destroy(&stock->study);
    stock->studied = measure->reading;
    stock->study_experiment = measure->experiment;
    stock->study_nets = measure->nets;
    return &stock->study;
}

static void keep_sample(struct stocked_run *run, const struct descent *descent) {
    run->samples[run->count] = *descent_sample(descent);
    if (run->thetas)
        memcpy(run->thetas + run->count * (size_t)run->n, descent_point(descent), (size_t)run->n * sizeof(double));
    run->count++;
}

/* Of the update that left the newest sample. */
static void keep_sigma(struct stocked_run *run, struct descent *descent) {
    double *sigma = run->sigmas + (run->count - 1) * (size_t)run->n;
    bool known = optimizer_effective_rate(descent_optimizer(descent), sigma);
    double rate = run->samples[run->count - 1].rate;
    for (int k = 0; k < run->n; k++) /* a rate of 0: σ is 0, and the parameter stays */
        sigma[k] = !known ? NAN : sigma[k] != 0 ? rate / sigma[k] : 0;
}

/* Why a run did not come to its end. */
static void cut_off(const struct stock *stock, struct order *order, int64_t step) {
    const struct lesson_experiment *of = &stock->lesson->experiments[order->experiment];
    error_set(
        &order->error, ERROR_MACHINE,
        "the %g seconds a lesson may take were over when %s in %s stood at step %lld of %lld; fewer steps are right",
        stock->seconds, of->experiment->optimizers[order->optimizer].label, of->name, (long long)step,
        (long long)of->experiment->steps);
}

static void train(const struct stock *stock, struct order *order, struct job *part) {
    const struct experiment *experiment = stock->lesson->experiments[order->experiment].experiment;
    struct stocked_run *run = &order->run;
    int n = run->n = objective_dimension(experiment->objective);
    /* The first seed is the experiment as it stands. */
    uint64_t seed = experiment->seed + (uint64_t)order->seed;
    run->start = MEM_NEW(double, n);
    run->end = MEM_NEW(double, n);
    memcpy(run->start, experiment->starts, (size_t)n * sizeof(double));
    if (order->seed > 0 && !objective_is_expression(experiment->objective))
        objective_initialise(experiment->objective, seed, run->start);
    const struct descent_params params = {.experiment = experiment,
                                          .optimizer = &experiment->optimizers[order->optimizer],
                                          .start = run->start,
                                          .seed = &seed};
    struct descent *descent = descent_create(&params, &order->error);
    if (!descent) return;
    run->samples = MEM_NEW(struct sample, experiment->steps + 1);
    if (n <= STOCK_ALL_THETAS) run->thetas = mem_zalloc((size_t)(experiment->steps + 1) * (size_t)n, sizeof(double));
    if (order->sigmas && n <= STOCK_ALL_THETAS) {
        run->sigmas = mem_zalloc((size_t)(experiment->steps + 1) * (size_t)n, sizeof(double));
        descent_keep_insides(descent, true);
    }
    bool going = true;
    double since = clock_seconds();
    const char *wrong = descent_evaluate(descent);
    if (!wrong) keep_sample(run, descent);
    for (int64_t step = 0; !wrong && going && step < experiment->steps; step++) {
        descent_step(descent);
        if (run->sigmas) keep_sigma(run, descent);
        wrong = descent_evaluate(descent);
        if (!wrong) keep_sample(run, descent);
        if (step % 16 == 0) {
            double done = (double)step / (double)experiment->steps;
            job_note(part, done);
            atomic_store_explicit(&order->done, done, memory_order_relaxed);
            going = job_going(part, NULL);
            if (!going) cut_off(stock, order, step);
        }
    }
    run->diverged = wrong != NULL;
    if (run->count > 1) run->seconds_per_step = (clock_seconds() - since) / (double)(run->count - 1);
    memcpy(run->end, descent_point(descent), (size_t)n * sizeof(double));
    int statistics = objective_statistics(experiment->objective);
    if (statistics > 0 && descent_statistics(descent)) {
        run->statistics = MEM_NEW(double, statistics);
        memcpy(run->statistics, descent_statistics(descent), (size_t)statistics * sizeof(double));
    }
    descent_destroy(&descent);
}

/* The one wanted soonest; NULL when none waits. */
static struct order *next_order(struct stock *stock) {
    struct order *next = NULL;
    for (int i = 0; i < stock->count; i++) {
        struct order *order = &stock->orders[i];
        if (order->state == ORDER_WAITS &&
            (!next || lesson_rank(order->steps, stock->step) < lesson_rank(next->steps, stock->step)))
            next = order;
    }
    if (next) next->state = ORDER_RUNS;
    return next;
}

static void *work(void *argument) {
    struct stock *stock = argument;
    thread_background();
    pthread_mutex_lock(&stock->lock);
    for (struct order *order; (order = next_order(stock));) {
        pthread_mutex_unlock(&stock->lock);
        struct job *part = job_create_part(stock->job, 1.0 / stock->count);
        if (job_going(part, NULL))
            train(stock, order, part);
        else
            cut_off(stock, order, 0);
        job_note(part, 1);
        atomic_store(&order->done, 1);
        job_destroy(&part);
        pthread_mutex_lock(&stock->lock);
        order->state = ORDER_READY;
        pthread_cond_broadcast(&stock->more);
    }
    pthread_mutex_unlock(&stock->lock);
    return NULL;
}

void stock_start(struct stock *stock, int threads, double seconds, struct job *job) {
    if (threads <= 0) threads = threads_available();
    if (threads > stock->count) threads = stock->count;
    if (threads > STOCK_THREADS) threads = STOCK_THREADS;
    stock->job = job;
    stock->seconds = seconds;
    stock->thread_count = threads;
    for (int i = 0; i < threads; i++) thread_start(&stock->threads[i], "lesson run", work, stock);
}

void stock_join(struct stock *stock) {
    for (int i = 0; i < stock->thread_count; i++) pthread_join(stock->threads[i], NULL);
    stock->thread_count = 0;
}

void stock_prefer(struct stock *stock, int step) {
    pthread_mutex_lock(&stock->lock);
    stock->step = step;
    pthread_mutex_unlock(&stock->lock);
}

static bool has_all(const struct stock *stock, const struct measure *measure, const struct error **trouble) {
    for (int seed = 0; reading_needs_run(measure) && seed < measure->seeds; seed++) {
        const struct order *order = order_of(stock, measure, seed);
        if (order->state != ORDER_READY) return false;
        if (order->error.kind != ERROR_NONE) *trouble = &order->error;
    }
    return true;
}

int stock_await(struct stock *stock, const bool *known, const struct error **trouble) {
    const struct lesson *lesson = stock->lesson;
    int best = -1;
    pthread_mutex_lock(&stock->lock);
    for (;;) {
        bool wanted = false;
        for (int m = 0; m < lesson->measure_count; m++) {
            if (known[m]) continue;
            const struct error *own = NULL;
            wanted = true;
            if (best >= 0 && lesson_rank(lesson->measures[m].steps, stock->step) >=
                                 lesson_rank(lesson->measures[best].steps, stock->step))
                continue;
            if (!has_all(stock, &lesson->measures[m], &own)) continue;
            best = m;
            *trouble = own;
        }
        if (best >= 0 || !wanted) break;
        pthread_cond_wait(&stock->more, &stock->lock); /* a worker that gives up says so too */
    }
    pthread_mutex_unlock(&stock->lock);
    return best;
}

double stock_share(const struct stock *stock, int step) {
    double sum = 0;
    int count = 0;
    for (int i = 0; i < stock->count; i++) {
        if (!(stock->orders[i].steps >> step & 1)) continue;
        sum += atomic_load_explicit(&stock->orders[i].done, memory_order_relaxed);
        count++;
    }
    return count ? sum / count : 1;
}
