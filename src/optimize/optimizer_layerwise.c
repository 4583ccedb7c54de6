/* LARS and LAMB: SGD and Adam whose rate is set layer by layer from the layer's own norm, for large batches. */
#include "base/linalg.h"
#include "optimize/optimizer_class.h"

#include <math.h>

/* ---- lars -------------------------------------------------------------------------------------------------------- */

enum { LARS_LR, LARS_MOMENTUM, LARS_WEIGHT_DECAY, LARS_TRUST, LARS_COUNT };

static const struct optimizer_parameter lars_parameters[LARS_COUNT] = {
    [LARS_LR] = {.name = "lr",
                 .initial = 1,
                 .low = 0,
                 .high = 1e6,
                 .slider_low = 1e-3,
                 .slider_high = 100,
                 .logarithmic = true,
                 .help = "learning rate γ, before each layer's own rate λ"},
    [LARS_MOMENTUM] = PARAMETER_MOMENTUM(0.9),
    [LARS_WEIGHT_DECAY] = PARAMETER_WEIGHT_DECAY(0, "β: adds βθ to the gradient, a pull towards zero"),
    [LARS_TRUST] = {.name = "trust_coefficient",
                    .initial = 0.001,
                    .low = 0,
                    .high = 1e6,
                    .slider_low = 1e-4,
                    .slider_high = 1,
                    .logarithmic = true,
                    .help = "κ: the share of its own norm that a layer may move"},
};

static void lars_step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    double *velocity = optimizer_state(optimizer, 0);
    double lr = v[LARS_LR] * rate, decay = v[LARS_WEIGHT_DECAY];
    for (size_t l = 0; l < optimizer->layer_count; l++) {
        const struct optimizer_layer *layer = &optimizer->layers[l];
        size_t end = layer->offset + layer->size;
        double weight = linalg_norm((int)layer->size, theta + layer->offset);
        double slope = linalg_norm((int)layer->size, gradient + layer->offset);
        /* A layer at 0 (fresh biases) could never leave it by its own norm: it goes by the plain rate. */
        double local = weight > 0 && slope > 0 ? v[LARS_TRUST] * weight / (slope + decay * weight) : 1;
        for (size_t i = layer->offset; i < end; i++) {
            optimizer_note(optimizer, ROLE_GRADIENT, i, -lr * local * gradient[i]);
            optimizer_note(optimizer, ROLE_DECAY, i, -lr * local * decay * theta[i]);
            optimizer_note(optimizer, ROLE_MOMENTUM, i, -v[LARS_MOMENTUM] * velocity[i]);
            optimizer_note_rate(optimizer, i, lr * local);
            velocity[i] = v[LARS_MOMENTUM] * velocity[i] + lr * local * (gradient[i] + decay * theta[i]);
            theta[i] -= velocity[i];
        }
    }
}

static void lars_formula(const struct optimizer *optimizer, int i, struct text *out) {
    OPTIMIZER_WRITE(out, "− #·# − #·", optimizer->values[LARS_MOMENTUM], optimizer_before(optimizer, 0, i),
                    optimizer->insides->rate[i]);
    optimizer_write_gradient(optimizer, i, optimizer->values[LARS_WEIGHT_DECAY], out);
}

const struct optimizer_class optimizer_lars = {
    .name = "lars",
    .title = "LARS",
    .rule = "λ = κ‖θ‖ / (‖g‖ + β‖θ‖) per layer,  v ← μv + γλ(g + βθ),  θ ← θ − v",
    .source = "You, Gitman & Ginsburg 2017, Large batch training of convolutional networks, algorithm 1",
    .parameters = lars_parameters,
    .parameter_count = LARS_COUNT,
    .vectors = {"momentum_buffer"},
    .vector_count = 1,
    .step = lars_step,
    .terms = {[ROLE_GRADIENT] = "gradient", [ROLE_MOMENTUM] = "last movement", [ROLE_DECAY] = "weight decay"},
    .formula = lars_formula,
};

/* ---- lamb -------------------------------------------------------------------------------------------------------- */

enum { LAMB_LR, LAMB_BETA1, LAMB_BETA2, LAMB_EPS, LAMB_WEIGHT_DECAY, LAMB_COUNT };
enum { LAMB_EXP_AVG, LAMB_EXP_AVG_SQ, LAMB_DIRECTION, LAMB_VECTORS };

static const struct optimizer_parameter lamb_parameters[LAMB_COUNT] = {
    [LAMB_LR] = PARAMETER_LR(1e-3),
    [LAMB_BETA1] = PARAMETER_BETA1(0.9),
    [LAMB_BETA2] = PARAMETER_BETA2(0.999),
    [LAMB_EPS] = PARAMETER_EPS(1e-6),
    [LAMB_WEIGHT_DECAY] = PARAMETER_WEIGHT_DECAY(0.01, "λ: adds λθ to the direction, apart from the moments"),
};

static void lamb_step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    double *mean = optimizer_state(optimizer, LAMB_EXP_AVG), *square = optimizer_state(optimizer, LAMB_EXP_AVG_SQ),
           *direction = optimizer_state(optimizer, LAMB_DIRECTION);
    double lr = v[LAMB_LR] * rate, beta1 = v[LAMB_BETA1], beta2 = v[LAMB_BETA2];
    double t = (double)optimizer->steps, correction1 = 1 - pow(beta1, t), correction2 = 1 - pow(beta2, t);
    for (size_t l = 0; l < optimizer->layer_count; l++) {
        const struct optimizer_layer *layer = &optimizer->layers[l];
        size_t end = layer->offset + layer->size;
        double weight = linalg_norm((int)layer->size, theta + layer->offset);
        for (size_t i = layer->offset; i < end; i++) {
            double g = gradient[i];
            mean[i] = mean[i] * beta1 + (1 - beta1) * g;
            square[i] = square[i] * beta2 + (1 - beta2) * g * g;
            direction[i] =
                mean[i] / correction1 / (sqrt(square[i] / correction2) + v[LAMB_EPS]) + v[LAMB_WEIGHT_DECAY] * theta[i];
        }
        double length = linalg_norm((int)layer->size, direction + layer->offset);
        double ratio = weight > 0 && length > 0 ? weight / length : 1;
        for (size_t i = layer->offset; i < end; i++) {
            optimizer_note_rate(optimizer, i, lr * ratio / (sqrt(square[i] / correction2) + v[LAMB_EPS]));
            optimizer_note(optimizer, ROLE_DECAY, i, -lr * ratio * v[LAMB_WEIGHT_DECAY] * theta[i]);
            theta[i] -= lr * ratio * direction[i];
        }
    }
}

/* The step has noted the rate and the decay; the rest is the mean's, divided as m is made. */
static void lamb_explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    const struct optimizer_insides *insides = optimizer->insides;
    double beta1 = optimizer->values[LAMB_BETA1];
    double unbiased = insides->rate[i] / (1 - pow(beta1, (double)optimizer->steps));
    share->rate = insides->rate[i];
    share->moves[ROLE_DECAY] = insides->parts[ROLE_DECAY][i];
    share->moves[ROLE_GRADIENT] = -unbiased * (1 - beta1) * insides->gradient[i];
    share->moves[ROLE_MOMENTUM] = -unbiased * beta1 * optimizer_before(optimizer, LAMB_EXP_AVG, i);
}

static void lamb_formula(const struct optimizer *optimizer, int i, struct text *out) {
    const struct optimizer_insides *insides = optimizer->insides;
    double beta1 = optimizer->values[LAMB_BETA1];
    OPTIMIZER_WRITE(out, "− #·(#·# + #·#)/# + #", insides->rate[i], beta1, optimizer_before(optimizer, LAMB_EXP_AVG, i),
                    1 - beta1, insides->gradient[i], 1 - pow(beta1, (double)optimizer->steps),
                    insides->parts[ROLE_DECAY][i]);
}

const struct optimizer_class optimizer_lamb = {
    .name = "lamb",
    .title = "LAMB",
    .rule = "r = m̂ / (√v̂ + ε) + λθ,  θ ← θ − η(‖θ‖/‖r‖)r per layer",
    .source = "You et al. 2020, Large batch optimization for deep learning, algorithm 2 with φ(z) = z",
    .parameters = lamb_parameters,
    .parameter_count = LAMB_COUNT,
    .vectors = {"exp_avg", "exp_avg_sq", "direction"},
    .vector_count = LAMB_VECTORS,
    .step = lamb_step,
    .terms = {[ROLE_GRADIENT] = "gradient", [ROLE_MOMENTUM] = "remembered mean", [ROLE_DECAY] = "weight decay"},
    .explain = lamb_explain,
    .squares = SQUARES_MEAN,
    .squares_vector = LAMB_EXP_AVG_SQ,
    .formula = lamb_formula,
};
