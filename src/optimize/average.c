/* What goes around any rule: Lookahead, which moves the parameters themselves, and averages, which only watch them. */
#include "optimize/optimizer_class.h"

#include "base/memory.h"

#include <assert.h>
#include <string.h>

void optimizer_set_lookahead(struct optimizer *optimizer, int64_t k, double alpha) {
    assert(k >= 0 && alpha >= 0 && alpha <= 1);
    optimizer->lookahead = k;
    optimizer->lookahead_alpha = alpha;
    if (k > 0 && !optimizer->slow) optimizer->slow = MEM_NEW(double, optimizer->n);
}

const char *const *average_names(size_t *count) {
    static const char *const names[] = {"ema", "swa"};
    *count = sizeof names / sizeof *names;
    return names;
}

void optimizer_set_average(struct optimizer *optimizer, const struct average_params *params) {
    assert(params->decay >= 0 && params->decay <= 1 && params->start >= 0 && params->every >= 0);
    optimizer->average = *params;
    optimizer->averaged = 0;
    if (params->kind != AVERAGE_NONE && !optimizer->mean) optimizer->mean = MEM_NEW(double, optimizer->n);
}

const double *optimizer_average(const struct optimizer *optimizer) {
    return optimizer->average.kind != AVERAGE_NONE && optimizer->averaged > 0 ? optimizer->mean : NULL;
}

void average_begin(struct optimizer *optimizer, const double *theta) {
    if (optimizer->lookahead > 0 && optimizer->steps == 0)
        memcpy(optimizer->slow, theta, (size_t)optimizer->n * sizeof *theta);
}

static void look_back(struct optimizer *optimizer, double *theta) {
    double *slow = optimizer->slow, alpha = optimizer->lookahead_alpha;
    struct optimizer_insides *insides = optimizer->insides;
    for (int i = 0; i < optimizer->n; i++) {
        double fast = theta[i];
        slow[i] += alpha * (fast - slow[i]);
        theta[i] = slow[i];
        if (insides) insides->back[i] = theta[i] - fast, insides->after[i] = theta[i];
    }
}

/* The first point counted is the average, as in AveragedModel. */
static void average(struct optimizer *optimizer, const double *theta) {
    const struct average_params *params = &optimizer->average;
    double *mean = optimizer->mean, count = (double)optimizer->averaged;
    for (int i = 0; i < optimizer->n; i++) {
        if (count == 0)
            mean[i] = theta[i];
        else if (params->kind == AVERAGE_EMA)
            mean[i] = params->decay * mean[i] + (1 - params->decay) * theta[i];
        else
            mean[i] += (theta[i] - mean[i]) / (count + 1);
    }
    optimizer->averaged++;
}

void average_end(struct optimizer *optimizer, double *theta) {
    if (optimizer->lookahead > 0 && optimizer->steps % optimizer->lookahead == 0) look_back(optimizer, theta);
    const struct average_params *params = &optimizer->average;
    if (params->kind == AVERAGE_NONE || optimizer->steps < params->start) return;
    int64_t every = params->every > 1 ? params->every : 1, first = params->start > 1 ? params->start : 1;
    if ((optimizer->steps - first) % every == 0) average(optimizer, theta);
}
