/* torch.optim.SGD under three names: plain, with momentum, and with Nesterov's look-ahead. */
#include "optimize/optimizer_class.h"

#define DECAY PARAMETER_WEIGHT_DECAY(0, "λ: adds λθ to the gradient, a pull towards zero")
#define DAMPENING                                                                                                      \
    {                                                                                                                  \
        .name = "dampening", .initial = 0, .low = 0, .high = 1, .slider_low = 0, .slider_high = 1,                     \
        .help = "τ: the share of each gradient that the velocity leaves out"                                          \
    }

/* b ← μb + (1 − τ)g, begun with b = g;  θ ← θ − η(g + μb) with Nesterov, θ − ηb without, θ − ηg when μ = 0. */
static void descend(struct optimizer *optimizer, double *theta, const double *gradient, double lr, double momentum,
                    double dampening, double decay, bool nesterov) {
    double *buffer = optimizer_state(optimizer, 0);
    bool begin = !optimizer->buffered;
    for (int i = 0; i < optimizer->n; i++) {
        double g = gradient[i];
        if (decay != 0) g += decay * theta[i];
        if (momentum != 0) {
            buffer[i] = begin ? g : buffer[i] * momentum + (1 - dampening) * g;
            g = nesterov ? g + momentum * buffer[i] : buffer[i];
        }
        theta[i] += -lr * g;
    }
    if (momentum != 0) optimizer->buffered = true;
}

/* The same taken apart: the velocity is linear in what made it. */
static void explain_descent(const struct optimizer *optimizer, int i, double momentum, double dampening, double decay,
                            bool nesterov, struct optimizer_share *share) {
    const struct optimizer_insides *insides = optimizer->insides;
    double lr = optimizer_rate(optimizer), before = momentum != 0 ? optimizer_before(optimizer, 0, i) : 0;
    double fresh = momentum == 0 || !insides->buffered ? 1 : 1 - dampening; /* how much of g enters the velocity */
    double kept = insides->buffered ? momentum : 0;
    if (nesterov) fresh = 1 + momentum * fresh, kept *= momentum;
    share->moves[ROLE_GRADIENT] = -lr * fresh * insides->gradient[i];
    share->moves[ROLE_DECAY] = -lr * fresh * decay * insides->before[i];
    share->moves[ROLE_MOMENTUM] = -lr * kept * before;
}

static void write_descent(const struct optimizer *optimizer, int i, double momentum, double dampening, double decay,
                          bool nesterov, struct text *out) {
    const struct optimizer_insides *insides = optimizer->insides;
    OPTIMIZER_WRITE(out, "− #·", optimizer_rate(optimizer));
    if (nesterov) {
        OPTIMIZER_WRITE(out, "(");
        optimizer_write_gradient(optimizer, i, decay, out);
        OPTIMIZER_WRITE(out, " + #·", momentum);
    }
    if (momentum != 0 && insides->buffered) {
        OPTIMIZER_WRITE(out, "(#·# + ", momentum, optimizer_before(optimizer, 0, i));
        if (dampening != 0) OPTIMIZER_WRITE(out, "#·", 1 - dampening);
        optimizer_write_gradient(optimizer, i, decay, out);
        OPTIMIZER_WRITE(out, ")");
    } else {
        optimizer_write_gradient(optimizer, i, decay, out);
    }
    if (nesterov) OPTIMIZER_WRITE(out, ")");
}

#define DESCENT_TERMS                                                                                                  \
    { [ROLE_GRADIENT] = "gradient", [ROLE_MOMENTUM] = "last movement", [ROLE_DECAY] = "weight decay" }

/* ---- sgd -------------------------------------------------------------------------------------------------------- */

enum { SGD_LR, SGD_MOMENTUM, SGD_DAMPENING, SGD_WEIGHT_DECAY, SGD_NESTEROV, SGD_COUNT };

static const struct optimizer_parameter sgd_parameters[SGD_COUNT] = {
    [SGD_LR] = PARAMETER_LR(0.01),
    [SGD_MOMENTUM] = PARAMETER_MOMENTUM(0),
    [SGD_DAMPENING] = DAMPENING,
    [SGD_WEIGHT_DECAY] = DECAY,
    [SGD_NESTEROV] = {.name = "nesterov",
                      .high = 1,
                      .slider_high = 1,
                      .flag = true,
                      .help = "look ahead along the velocity; needs momentum"},
};

static bool sgd_check(const double *values, struct error *error) {
    if (values[SGD_NESTEROV] == 0 || (values[SGD_MOMENTUM] > 0 && values[SGD_DAMPENING] == 0)) return true;
    return error_set(error, ERROR_INPUT, "nesterov of sgd needs momentum above 0 and dampening 0; they are %g and %g",
                     values[SGD_MOMENTUM], values[SGD_DAMPENING]);
}

static void sgd_step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    descend(optimizer, theta, gradient, v[SGD_LR] * rate, v[SGD_MOMENTUM], v[SGD_DAMPENING], v[SGD_WEIGHT_DECAY],
            v[SGD_NESTEROV] != 0);
}

static void sgd_explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    const double *v = optimizer->values;
    explain_descent(optimizer, i, v[SGD_MOMENTUM], v[SGD_DAMPENING], v[SGD_WEIGHT_DECAY], v[SGD_NESTEROV] != 0, share);
}

static void sgd_formula(const struct optimizer *optimizer, int i, struct text *out) {
    const double *v = optimizer->values;
    write_descent(optimizer, i, v[SGD_MOMENTUM], v[SGD_DAMPENING], v[SGD_WEIGHT_DECAY], v[SGD_NESTEROV] != 0, out);
}

const struct optimizer_class optimizer_sgd = {
    .name = "sgd",
    .title = "SGD",
    .rule = "θ ← θ − ηg",
    .source = "Robbins & Monro 1951, A stochastic approximation method",
    .parameters = sgd_parameters,
    .parameter_count = SGD_COUNT,
    .vectors = {"momentum_buffer"},
    .vector_count = 1,
    .check = sgd_check,
    .elementwise = true,
    .step = sgd_step,
    .terms = DESCENT_TERMS,
    .explain = sgd_explain,
    .formula = sgd_formula,
};

/* ---- momentum --------------------------------------------------------------------------------------------------- */

enum { MOMENTUM_LR, MOMENTUM_MOMENTUM, MOMENTUM_DAMPENING, MOMENTUM_WEIGHT_DECAY, MOMENTUM_COUNT };

static const struct optimizer_parameter momentum_parameters[MOMENTUM_COUNT] = {
    [MOMENTUM_LR] = PARAMETER_LR(0.01),
    [MOMENTUM_MOMENTUM] = PARAMETER_MOMENTUM(0.9),
    [MOMENTUM_DAMPENING] = DAMPENING,
    [MOMENTUM_WEIGHT_DECAY] = DECAY,
};

static void momentum_step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    descend(optimizer, theta, gradient, v[MOMENTUM_LR] * rate, v[MOMENTUM_MOMENTUM], v[MOMENTUM_DAMPENING],
            v[MOMENTUM_WEIGHT_DECAY], false);
}

static void momentum_explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    const double *v = optimizer->values;
    explain_descent(optimizer, i, v[MOMENTUM_MOMENTUM], v[MOMENTUM_DAMPENING], v[MOMENTUM_WEIGHT_DECAY], false, share);
}

static void momentum_formula(const struct optimizer *optimizer, int i, struct text *out) {
    const double *v = optimizer->values;
    write_descent(optimizer, i, v[MOMENTUM_MOMENTUM], v[MOMENTUM_DAMPENING], v[MOMENTUM_WEIGHT_DECAY], false, out);
}

const struct optimizer_class optimizer_momentum = {
    .name = "momentum",
    .title = "Momentum",
    .rule = "b ← μb + (1 − τ)g,  θ ← θ − ηb",
    .source = "Polyak 1964, Some methods of speeding up the convergence of iteration methods",
    .parameters = momentum_parameters,
    .parameter_count = MOMENTUM_COUNT,
    .vectors = {"momentum_buffer"},
    .vector_count = 1,
    .elementwise = true,
    .step = momentum_step,
    .terms = DESCENT_TERMS,
    .explain = momentum_explain,
    .formula = momentum_formula,
};

/* ---- nesterov --------------------------------------------------------------------------------------------------- */

enum { NESTEROV_LR, NESTEROV_MOMENTUM, NESTEROV_WEIGHT_DECAY, NESTEROV_COUNT };

static const struct optimizer_parameter nesterov_parameters[NESTEROV_COUNT] = {
    [NESTEROV_LR] = PARAMETER_LR(0.01),
    [NESTEROV_MOMENTUM] = PARAMETER_MOMENTUM(0.9),
    [NESTEROV_WEIGHT_DECAY] = DECAY,
};

static void nesterov_step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    descend(optimizer, theta, gradient, v[NESTEROV_LR] * rate, v[NESTEROV_MOMENTUM], 0, v[NESTEROV_WEIGHT_DECAY], true);
}

static void nesterov_explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    const double *v = optimizer->values;
    explain_descent(optimizer, i, v[NESTEROV_MOMENTUM], 0, v[NESTEROV_WEIGHT_DECAY], true, share);
}

static void nesterov_formula(const struct optimizer *optimizer, int i, struct text *out) {
    const double *v = optimizer->values;
    write_descent(optimizer, i, v[NESTEROV_MOMENTUM], 0, v[NESTEROV_WEIGHT_DECAY], true, out);
}

const struct optimizer_class optimizer_nesterov = {
    .name = "nesterov",
    .title = "Nesterov",
    .rule = "b ← μb + g,  θ ← θ − η(g + μb)",
    .source = "Nesterov 1983; in this form Sutskever et al. 2013, On the importance of initialization and momentum",
    .parameters = nesterov_parameters,
    .parameter_count = NESTEROV_COUNT,
    .vectors = {"momentum_buffer"},
    .vector_count = 1,
    .elementwise = true,
    .step = nesterov_step,
    .terms = DESCENT_TERMS,
    .explain = nesterov_explain,
    .formula = nesterov_formula,
};
