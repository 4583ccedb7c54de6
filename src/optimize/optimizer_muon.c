/* Muon: the momentum of each weight matrix is replaced by the orthogonal matrix nearest to it; what is no matrix
 * (biases, gains, the variables of a formula) goes by AdamW. */
#include "base/linalg.h"
#include "optimize/optimizer_class.h"

#include <math.h>
#include <string.h>

enum { LR, MOMENTUM, NESTEROV, NS_STEPS, WEIGHT_DECAY, ADAMW_RATIO, BETA1, BETA2, EPS, COUNT };
enum { MOMENTUM_BUFFER, EXP_AVG_SQ, VECTORS };

static const struct optimizer_parameter parameters[COUNT] = {
    [LR] = PARAMETER_LR(0.02),
    [MOMENTUM] = PARAMETER_MOMENTUM(0.95),
    [NESTEROV] = PARAMETER_FLAG("nesterov", 1, "look ahead along the momentum"),
    [NS_STEPS] = {.name = "ns_steps",
                  .initial = 5,
                  .low = 1,
                  .high = 20,
                  .slider_low = 1,
                  .slider_high = 10,
                  .whole = true,
                  .help = "how many Newton–Schulz iterations make it orthogonal"},
    [WEIGHT_DECAY] = PARAMETER_WEIGHT_DECAY(0, "λ: shrinks θ by ηλθ each update"),
    [ADAMW_RATIO] = {.name = "adamw_ratio",
                     .initial = 0.015,
                     .low = 0,
                     .high = 1e6,
                     .slider_low = 1e-3,
                     .slider_high = 1,
                     .logarithmic = true,
                     .help = "AdamW's rate for what is no matrix, over η"},
    [BETA1] = PARAMETER_BETA1(0.9),
    [BETA2] = PARAMETER_BETA2(0.95),
    [EPS] = PARAMETER_EPS(1e-10),
};

static bool is_matrix(const struct optimizer_layer *layer) {
    return layer->rank >= 2 && !layer->gain;
}

static size_t short_side(const struct optimizer_layer *layer) {
    size_t rows = (size_t)layer->rows, columns = layer->size / rows;
    return rows < columns ? rows : columns;
}

/* X and its successor, and two square matrices of the short side, of the largest layer. */
static size_t scratch(const struct optimizer *optimizer) {
    size_t most = 1;
    for (size_t l = 0; l < optimizer->layer_count; l++) {
        const struct optimizer_layer *layer = &optimizer->layers[l];
        if (!is_matrix(layer)) continue;
        size_t side = short_side(layer), need = 2 * layer->size + 2 * side * side;
        if (need > most) most = need;
    }
    return most;
}

/* X (rows × columns) becomes about UVᵀ of its singular value decomposition: X ← aX + bAX + cA²X with A = XXᵀ, on the
 * shorter side, from X / ‖X‖. The three constants are the paper's. The result may lie in `next`. */
static double *orthogonalize(int rows, int columns, double *x, double *next, double *square, double *polynomial,
                             int iterations) {
    bool tall = rows > columns;
    int side = tall ? columns : rows, size = rows * columns;
    linalg_scale(size, 1 / (linalg_norm(size, x) + 1e-7), x);
    for (int k = 0; k < iterations; k++) {
        linalg_gemm(tall, !tall, side, side, tall ? rows : columns, 1, x, columns, x, columns, 0, square, side);
        memcpy(polynomial, square, sizeof(double) * (size_t)side * (size_t)side);
        linalg_gemm(false, false, side, side, side, 2.0315, square, side, square, side, -4.7750, polynomial, side);
        memcpy(next, x, sizeof(double) * (size_t)size);
        const double *left = tall ? x : polynomial, *right = tall ? polynomial : x;
        linalg_gemm(false, false, rows, columns, side, 1, left, tall ? columns : side, right, tall ? side : columns,
                    3.4445, next, columns);
        double *swap = x;
        x = next;
        next = swap;
    }
    return x;
}

static void step_matrix(struct optimizer *optimizer, const struct optimizer_layer *layer, double *theta,
                        const double *gradient, double lr) {
    const double *v = optimizer->values;
    double *buffer = optimizer_state(optimizer, MOMENTUM_BUFFER) + layer->offset, momentum = v[MOMENTUM];
    size_t side = short_side(layer);
    double *x = optimizer->scratch, *next = x + layer->size, *square = next + layer->size;
    for (size_t i = 0; i < layer->size; i++) {
        buffer[i] = momentum * buffer[i] + gradient[i];
        x[i] = v[NESTEROV] != 0 ? gradient[i] + momentum * buffer[i] : buffer[i];
    }
    int rows = layer->rows, columns = (int)(layer->size / (size_t)rows);
    x = orthogonalize(rows, columns, x, next, square, square + side * side, (int)v[NS_STEPS]);
    double scale = lr * sqrt(fmax(1, (double)rows / (double)columns)), shrink = 1 - lr * v[WEIGHT_DECAY];
    for (size_t i = 0; i < layer->size; i++) {
        optimizer_note(optimizer, ROLE_OTHER, layer->offset + i, -scale * x[i]);
        optimizer_note(optimizer, ROLE_DECAY, layer->offset + i, -lr * v[WEIGHT_DECAY] * theta[i]);
        theta[i] = theta[i] * shrink - scale * x[i];
    }
}

static void step_rest(struct optimizer *optimizer, const struct optimizer_layer *layer, double *theta,
                      const double *gradient, double lr) {
    const double *v = optimizer->values;
    double *mean = optimizer_state(optimizer, MOMENTUM_BUFFER) + layer->offset,
           *square = optimizer_state(optimizer, EXP_AVG_SQ) + layer->offset;
    double beta1 = v[BETA1], beta2 = v[BETA2], t = (double)optimizer->steps;
    double correction1 = 1 - pow(beta1, t), correction2 = sqrt(1 - pow(beta2, t)), shrink = 1 - lr * v[WEIGHT_DECAY];
    for (size_t i = 0; i < layer->size; i++) {
        double g = gradient[i], before = mean[i];
        mean[i] = mean[i] * beta1 + (1 - beta1) * g;
        square[i] = square[i] * beta2 + (1 - beta2) * g * g;
        double root = sqrt(square[i]) / correction2 + v[EPS];
        optimizer_note(optimizer, ROLE_GRADIENT, layer->offset + i, -lr / correction1 * (1 - beta1) * g / root);
        optimizer_note(optimizer, ROLE_MOMENTUM, layer->offset + i, -lr / correction1 * beta1 * before / root);
        optimizer_note(optimizer, ROLE_DECAY, layer->offset + i, -lr * v[WEIGHT_DECAY] * theta[i]);
        theta[i] = theta[i] * shrink - lr / correction1 * mean[i] / root;
    }
}

static void step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    double lr = optimizer->values[LR] * rate;
    for (size_t l = 0; l < optimizer->layer_count; l++) {
        const struct optimizer_layer *layer = &optimizer->layers[l];
        double *own = theta + layer->offset;
        const double *slope = gradient + layer->offset;
        if (is_matrix(layer))
            step_matrix(optimizer, layer, own, slope, lr);
        else
            step_rest(optimizer, layer, own, slope, lr * optimizer->values[ADAMW_RATIO]);
    }
}

const struct optimizer_class optimizer_muon = {
    .name = "muon",
    .title = "Muon",
    .rule = "B ← μB + G,  θ ← θ − η√max(1, rows/columns) · orthogonal(G + μB) per matrix; the rest by AdamW",
    .source = "Jordan et al. 2024, Muon: an optimizer for hidden layers in neural networks",
    .parameters = parameters,
    .parameter_count = COUNT,
    .vectors = {"momentum_buffer", "exp_avg_sq"},
    .vector_count = VECTORS,
    .scratch = scratch,
    .step = step,
    .terms = {[ROLE_GRADIENT] = "gradient",
              [ROLE_MOMENTUM] = "remembered mean",
              [ROLE_DECAY] = "weight decay",
              [ROLE_OTHER] = "orthogonal momentum"},
};
