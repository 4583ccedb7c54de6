#include "objective/network.h"

#include <math.h>

void activation_apply(enum activation activation, size_t count, double *values) {
    switch (activation) {
    case ACTIVATION_TANH:
        for (size_t i = 0; i < count; i++) values[i] = tanh(values[i]);
        return;
    case ACTIVATION_SIGMOID:
        for (size_t i = 0; i < count; i++) values[i] = 1 / (1 + exp(-values[i]));
        return;
    case ACTIVATION_RELU:
        for (size_t i = 0; i < count; i++) values[i] = values[i] <= 0 ? 0 : values[i]; /* not a number stays so */
        return;
    case ACTIVATION_IDENTITY: return;
    }
}

void activation_derivatives(enum activation activation, size_t count, const double *a, double *slope, double *bend) {
    for (size_t i = 0; i < count; i++) {
        switch (activation) {
        case ACTIVATION_TANH: slope[i] = 1 - a[i] * a[i]; break;
        case ACTIVATION_SIGMOID: slope[i] = a[i] * (1 - a[i]); break;
        case ACTIVATION_RELU: slope[i] = a[i] > 0; break;
        case ACTIVATION_IDENTITY: slope[i] = 1; break;
        }
    }
    if (!bend) return;
    for (size_t i = 0; i < count; i++)
        bend[i] = activation == ACTIVATION_TANH ? -2 * a[i] : activation == ACTIVATION_SIGMOID ? 1 - 2 * a[i] : 0;
}
