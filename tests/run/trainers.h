/* What the programs that test the trainer share: experiments, and a bench that one is trained on. */
#pragma once

#include "base/memory.h"
#include "run/run.h"
#include "test.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char BOWL[] = "objective:\n"
                           "  expression: 2*x^2 + y^2/2\n"
                           "  variables: [x, y]\n"
                           "  domain: [[-4, 4], [-4, 4]]\n"
                           "start: [[1.5, -2], [-3, 1]]\n"
                           "steps: 500\n"
                           "seed: 3\n"
                           "optimizers:\n"
                           "  - {name: sgd, lr: 0.05}\n"
                           "  - {name: momentum, lr: 0.02, schedule: {name: cosine, warmup: 10}}\n"
                           "  - {name: adam, lr: 0.05}\n";

static const char NET[] = "objective:\n"
                          "  network: {layers: [2, 8, 2], activation: tanh}\n"
                          "  data: {name: moons, samples: 50, seed: 2}\n"
                          "start: {seed: 4}\n"
                          "batch: 16\n"
                          "steps: 60\n"
                          "seed: 9\n"
                          "optimizers:\n"
                          "  - {name: sgd, lr: 0.1}\n"
                          "  - {name: adam, lr: 0.01}\n"
                          "  - {name: rmsprop, lr: 0.01}\n";

static const char HELD[] = "objective:\n"
                           "  network: {layers: [2, 6, 2], norm: batch, dropout: 0.1}\n"
                           "  data: {name: moons, samples: 60, seed: 2, validation: 0.2, test: 0.2}\n"
                           "batch: 8\n"
                           "steps: 60\n"
                           "optimizers:\n"
                           "  - {name: adam, lr: 0.05, weight_decay: 0.01}\n"
                           "  - {name: nesterov, lr: 0.05, clip_norm: 0.5}\n"
                           "  - {name: lbfgs, lr: 0.5, max_iter: 4, strong_wolfe: true}\n"
                           "  - {name: sam, lr: 0.05}\n";

/* An experiment being trained, with how often the viewer was woken. */
struct bench {
    struct experiment *experiment;
    struct timeline *timeline;
    struct trainer *trainer;
    atomic_int wakeups;
};

static inline void count_wakeup(void *context) {
    struct bench *bench = context;
    atomic_fetch_add(&bench->wakeups, 1);
}

static inline struct experiment *parse(const char *text) {
    struct error error = {0};
    struct experiment *experiment = experiment_parse(text, strlen(text), "test.yaml", &error);
    if (!experiment) fail_msg("%s", error.message);
    return experiment;
}

static inline void set_up(struct bench *bench, const char *text, int threads) {
    *bench = (struct bench){.experiment = parse(text)};
    atomic_init(&bench->wakeups, 0);
    bench->timeline = timeline_create(experiment_run_count(bench->experiment),
                                      objective_dimension(bench->experiment->objective), SIZE_MAX);
    const struct trainer_params params = {.experiment = bench->experiment,
                                          .timeline = bench->timeline,
                                          .threads = threads,
                                          .wakeup = count_wakeup,
                                          .wakeup_context = bench};
    struct error error = {0};
    bench->trainer = trainer_create(&params, &error);
    if (!bench->trainer) fail_msg("%s", error.message);
}

static inline void tear_down(struct bench *bench) {
    trainer_destroy(&bench->trainer);
    trainer_destroy(&bench->trainer);
    timeline_destroy(&bench->timeline);
    experiment_destroy(&bench->experiment);
}

static inline void train_to(struct bench *bench, int64_t step) {
    trainer_set_goal(bench->trainer, step);
    trainer_wait(bench->trainer);
}

static inline void assert_steps(const struct bench *bench, int run, int64_t last) {
    size_t count = timeline_count(bench->timeline, run);
    if (count != (size_t)last + 1) fail_msg("run %d has %zu samples, expected %jd", run, count, (intmax_t)last + 1);
    struct sample *samples = MEM_NEW(struct sample, count);
    assert_int_equal(timeline_read(bench->timeline, run, 0, count, samples, NULL, NULL), count);
    for (size_t i = 0; i < count; i++) assert_int_equal(samples[i].step, i);
    free(samples);
    assert_int_equal(trainer_state(bench->trainer, run).step, last);
}

static inline void sleep_seconds(double seconds) {
    const struct timespec time = {.tv_sec = (time_t)seconds,
                                  .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&time, NULL);
}

static inline void read_one(const struct bench *bench, int run, int64_t step, struct sample *sample, double *theta) {
    bool known;
    assert_int_equal(timeline_read(bench->timeline, run, (size_t)step, 1, sample, theta, &known), 1);
    assert_true(known);
    assert_int_equal(sample->step, step);
}

struct everything {
    size_t count;
    struct sample *samples;
    double *thetas;
};

static inline struct everything read_run(const struct bench *bench, int run) {
    struct everything all = {.count = timeline_count(bench->timeline, run)};
    all.samples = MEM_NEW(struct sample, all.count);
    all.thetas = mem_zalloc(all.count * (size_t)timeline_dimension(bench->timeline), sizeof(double));
    assert_int_equal(timeline_read(bench->timeline, run, 0, all.count, all.samples, all.thetas, NULL), all.count);
    return all;
}

static inline void assert_same_runs(const struct bench *a, const struct bench *b) {
    size_t n = (size_t)timeline_dimension(a->timeline);
    for (int run = 0; run < timeline_runs(a->timeline); run++) {
        struct everything x = read_run(a, run), y = read_run(b, run);
        assert_int_equal(x.count, y.count);
        assert_memory_equal(x.samples, y.samples, x.count * sizeof *x.samples);
        assert_memory_equal(x.thetas, y.thetas, x.count * n * sizeof(double));
        free(x.samples), free(x.thetas), free(y.samples), free(y.thetas);
    }
}
