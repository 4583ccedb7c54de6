#include "objective/network.h"

#include <math.h>

static size_t sample_of(const struct network_targets *targets, int row) {
    return (size_t)(targets->indices ? targets->indices[row] : targets->first + row);
}

/* −log softmax(z)[label] = log Σ exp(z − m) + m − z[label], with m = max z so that nothing overflows. */
static double cross_entropy(const struct network_targets *targets, const double *z, double *delta, double *softmax) {
    size_t width = (size_t)targets->outputs;
    double total = 0;
    for (int row = 0; row < targets->rows; row++) {
        const double *out = z + (size_t)row * width;
        double *p = softmax + (size_t)row * width, most = out[0];
        for (size_t i = 1; i < width; i++)
            if (out[i] > most) most = out[i];
        for (size_t i = 0; i < width; i++) p[i] = out[i] - most;
    }
    for (int row = 0; row < targets->rows; row++) {
        size_t label = (size_t)targets->data->labels[sample_of(targets, row)];
        total -= softmax[(size_t)row * width + label];
    }
    activation_exp((size_t)targets->rows * width, softmax);
    for (int row = 0; row < targets->rows; row++) {
        double *p = softmax + (size_t)row * width, sum = 0;
        for (size_t i = 0; i < width; i++) sum += p[i];
        total += log(sum);
        if (!delta) continue;
        size_t label = (size_t)targets->data->labels[sample_of(targets, row)];
        double *d = delta + (size_t)row * width;
        for (size_t i = 0; i < width; i++) {
            p[i] /= sum;
            d[i] = targets->scale * (i == label ? p[i] - 1 : p[i]);
        }
    }
    return targets->scale * total;
}

static double squared_error(const struct network_targets *targets, const double *z, double *delta) {
    size_t width = (size_t)targets->outputs;
    const struct data *data = targets->data;
    double total = 0;
    for (int row = 0; row < targets->rows; row++) {
        size_t sample = sample_of(targets, row);
        for (size_t i = 0; i < width; i++) {
            double wanted =
                data->kind == DATA_CLASSES ? (size_t)data->labels[sample] == i : data->y[sample * width + i];
            double miss = z[(size_t)row * width + i] - wanted;
            total += miss * miss;
            if (delta) delta[(size_t)row * width + i] = 2 * targets->scale * miss;
        }
    }
    return targets->scale * total;
}

double network_loss(const struct network_targets *targets, const double *z, double *delta, double *softmax) {
    if (targets->loss == LOSS_MSE) return squared_error(targets, z, delta);
    return cross_entropy(targets, z, delta, softmax);
}

void network_loss_curvature(const struct network_targets *targets, const double *softmax, double *rz) {
    size_t width = (size_t)targets->outputs;
    if (targets->loss == LOSS_MSE) {
        for (size_t i = 0; i < (size_t)targets->rows * width; i++) rz[i] *= 2 * targets->scale;
        return;
    }
    for (int row = 0; row < targets->rows; row++) { /* (diag p − p pᵀ) R{z} */
        const double *p = softmax + (size_t)row * width;
        double *r = rz + (size_t)row * width;
        double mean = 0;
        for (size_t i = 0; i < width; i++) mean += p[i] * r[i];
        for (size_t i = 0; i < width; i++) r[i] = targets->scale * p[i] * (r[i] - mean);
    }
}
