/* The runs that a lesson's measures are taken of: each trained once, by descents on a few threads. */
#include "lesson/lesson_parts.h"

#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct order {
    int experiment, optimizer, seed;
    bool sigmas; /* are wanted */
    struct stocked_run run;
    struct error error;
};

struct stock {
    const struct lesson *lesson;
    struct order *orders; /* (count) */
    int count;
    /* while filling */
    struct job *job;
    atomic_int next;
};

static struct order *find_order(const struct stock *stock, int experiment, int optimizer, int seed) {
    for (int i = 0; i < stock->count; i++) {
        struct order *order = &stock->orders[i];
        if (order->experiment == experiment && order->optimizer == optimizer && order->seed == seed) return order;
    }
    return NULL;
}

struct stock *stock_create(const struct lesson *lesson) {
    struct stock *stock = MEM_NEW(struct stock, 1);
    stock->lesson = lesson;
    size_t capacity = 0;
    for (int m = 0; m < lesson->measure_count; m++) {
        const struct measure *measure = &lesson->measures[m];
        if (!reading_needs_run(measure)) continue;
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
        }
    }
    return stock;
}

void stock_destroy(struct stock **stock) {
    if (!stock || !*stock) return;
    for (int i = 0; i < (*stock)->count; i++) {
        struct stocked_run *run = &(*stock)->orders[i].run;
        free(run->samples);
        free(run->thetas);
        free(run->sigmas);
        free(run->start);
        free(run->end);
        free(run->statistics);
    }
    free((*stock)->orders);
    free(*stock);
    *stock = NULL;
}

const struct stocked_run *stock_run(const struct stock *stock, int experiment, int optimizer, int seed) {
    const struct order *order = find_order(stock, experiment, optimizer, seed);
    return order ? &order->run : NULL;
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

static bool train(const struct experiment *experiment, struct order *order, struct job *part) {
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
    if (!descent) return false;
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
            job_note(part, (double)step / (double)experiment->steps);
            going = job_going(part, &order->error);
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
    return going;
}

static void *work(void *argument) {
    struct stock *stock = argument;
    thread_background();
    for (int k; (k = atomic_fetch_add(&stock->next, 1)) < stock->count;) {
        struct order *order = &stock->orders[k];
        struct job *part = job_create_part(stock->job, 1.0 / stock->count);
        bool going = train(stock->lesson->experiments[order->experiment].experiment, order, part);
        job_note(part, 1);
        job_destroy(&part);
        if (!going && order->error.kind == ERROR_CANCELLED) break;
    }
    return NULL;
}

bool stock_fill(struct stock *stock, int threads, struct job *job, struct error *error) {
    enum { THREADS_MAX = 64 };
    pthread_t all[THREADS_MAX];
    if (threads <= 0) threads = threads_available();
    if (threads > stock->count) threads = stock->count;
    if (threads > THREADS_MAX) threads = THREADS_MAX;
    stock->job = job;
    atomic_init(&stock->next, 0);
    for (int i = 0; i < threads; i++) thread_start(&all[i], "lesson run", work, stock);
    for (int i = 0; i < threads; i++) pthread_join(all[i], NULL);
    for (int i = 0; i < stock->count; i++) {
        const struct error *own = &stock->orders[i].error;
        if (own->kind != ERROR_NONE) return error_set(error, own->kind, "%s", own->message);
    }
    return true;
}
