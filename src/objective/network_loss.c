#include "objective/network.h"

static size_t sample_of(const struct network_targets *targets, int row) {
    return (size_t)(targets->indices ? targets->indices[row] : targets->first + row);
}

/* −log softmax(z)[label] = log Σ exp(z − m) + m − z[label], with m = max z so that nothing overflows. */
static double cross_entropy(const struct network_targets *targets, const real *z, real *delta, real *softmax) {
    size_t width = (size_t)targets->outputs;
    double total = 0;
    real scale = (real)targets->scale;
    for (int row = 0; row < targets->rows; row++) {
        const real *out = z + (size_t)row * width;
        real *p = softmax + (size_t)row * width, most = out[0];
        for (size_t i = 1; i < width; i++)
            if (out[i] > most) most = out[i];
        for (size_t i = 0; i < width; i++) p[i] = out[i] - most;
    }
    for (int row = 0; row < targets->rows; row++) {
        size_t label = (size_t)targets->data->labels[sample_of(targets, row)];
        total -= (double)softmax[(size_t)row * width + label];
    }
    activation_exp((size_t)targets->rows * width, softmax);
    for (int row = 0; row < targets->rows; row++) {
        real *p = softmax + (size_t)row * width, sum = 0;
        for (size_t i = 0; i < width; i++) sum += p[i];
        total += (double)log(sum);
        if (!delta) continue;
        size_t label = (size_t)targets->data->labels[sample_of(targets, row)];
        real *d = delta + (size_t)row * width;
        for (size_t i = 0; i < width; i++) {
            p[i] /= sum;
            d[i] = scale * (i == label ? p[i] - 1 : p[i]);
        }
    }
    return targets->scale * total;
}

/* What output i of a sample should be: targets as they are; classes as one-hot, or as 0 and 1 of a single output. */
static real wanted(const struct network_targets *targets, size_t sample, size_t i) {
    const struct data *data = targets->data;
    if (data->kind == DATA_TARGETS) return (real)data->y[sample * (size_t)targets->outputs + i];
    if (targets->outputs == 1) return (real)data->labels[sample];
    return (size_t)data->labels[sample] == i;
}

struct term {
    real loss, slope, curvature;
};

static struct term squared_error(real z, real y) {
    real miss = z - y;
    return (struct term){miss * miss, 2 * miss, 2};
}

static struct term huber(real z, real y) {
    real miss = z - y;
    if (fabs(miss) < 1) return (struct term){miss * miss / 2, miss, 1};
    return (struct term){fabs(miss) - (real)0.5, miss < 0 ? -1 : miss > 0 ? 1 : miss, 0};
}

/* −y log σ(z) − (1 − y) log(1 − σ(z)) = (1 − y) z + log(1 + exp(−z)), the exponential kept from overflowing. */
static struct term binary_cross_entropy(real z, real y) {
    real small = exp(-fabs(z)), p = z >= 0 ? 1 / (1 + small) : small / (1 + small);
    return (struct term){(1 - y) * z + log1p(small) + (z < 0 ? -z : 0), p - y, small / ((1 + small) * (1 + small))};
}

/* Losses that are a sum over single outputs. */
static double separate(const struct network_targets *targets, const real *z, real *delta, real *memory,
                       struct term (*term_of)(real z, real y)) {
    size_t width = (size_t)targets->outputs;
    double total = 0;
    real scale = (real)targets->scale;
    for (int row = 0; row < targets->rows; row++) {
        size_t sample = sample_of(targets, row);
        for (size_t i = 0; i < width; i++) {
            size_t at = (size_t)row * width + i;
            struct term term = term_of(z[at], wanted(targets, sample, i));
            total += (double)term.loss;
            if (!delta) continue;
            delta[at] = scale * term.slope;
            memory[at] = scale * term.curvature;
        }
    }
    return targets->scale * total;
}

double network_loss(const struct network_targets *targets, const real *z, real *delta, real *memory) {
    switch (targets->loss) {
    case LOSS_CROSS_ENTROPY: return cross_entropy(targets, z, delta, memory);
    case LOSS_MSE: return separate(targets, z, delta, memory, squared_error);
    case LOSS_BCE: return separate(targets, z, delta, memory, binary_cross_entropy);
    case LOSS_HUBER: return separate(targets, z, delta, memory, huber);
    }
    return NAN;
}

void network_loss_curvature(const struct network_targets *targets, const real *memory, real *rz) {
    size_t width = (size_t)targets->outputs;
    if (targets->loss != LOSS_CROSS_ENTROPY) {
        for (size_t i = 0; i < (size_t)targets->rows * width; i++) rz[i] *= memory[i];
        return;
    }
    for (int row = 0; row < targets->rows; row++) { /* (diag p − p pᵀ) R{z} */
        const real *p = memory + (size_t)row * width;
        real *r = rz + (size_t)row * width;
        real mean = 0;
        for (size_t i = 0; i < width; i++) mean += p[i] * r[i];
        for (size_t i = 0; i < width; i++) r[i] = (real)targets->scale * p[i] * (r[i] - mean);
    }
}

int network_right(const struct network_targets *targets, const real *z) {
    int right = 0, width = targets->outputs;
    for (int row = 0; row < targets->rows; row++) {
        const real *out = z + (size_t)row * (size_t)width;
        int best = 0;
        bool numbers = true;
        for (int i = 0; i < width; i++) {
            if (out[i] > out[best]) best = i;
            if (isnan(out[i])) numbers = false;
        }
        if (width == 1) best = out[0] > 0;
        right += numbers && best == targets->data->labels[sample_of(targets, row)];
    }
    return right;
}
