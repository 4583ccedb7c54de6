/* The forms of the lecture notes (sections 3.2 and 4.1 to 4.5), where they differ from PyTorch's: momentum as the last
 * movement, and a divisor σ that is a true root mean square from the first gradient on, with no ε. Where σ is 0 every
 * gradient so far was 0, and the parameter stays. */
#include "optimize/optimizer_class.h"

#include <math.h>

#define PARAMETER_ALPHA                                                                                                \
    {                                                                                                                  \
        .name = "alpha", .initial = 0.9, .low = 0, .high = 1, .slider_low = 0, .slider_high = 0.999,                   \
        .help = "α: how much of the last σ² is kept"                                                                \
    }
#define PARAMETER_LAMBDA                                                                                               \
    {                                                                                                                  \
        .name = "momentum", .initial = 0.9, .low = 0, .high = 1, .slider_low = 0, .slider_high = 0.99,                 \
        .help = "λ: how much of what came before is kept"                                                             \
    }

/* ---- movement: momentum as the last movement (3.2) --------------------------------------------------------------- */

enum { MOVEMENT_LR, MOVEMENT_MOMENTUM, MOVEMENT_COUNT };

static const struct optimizer_parameter movement_parameters[MOVEMENT_COUNT] = {
    [MOVEMENT_LR] = PARAMETER_LR(0.01),
    [MOVEMENT_MOMENTUM] = PARAMETER_LAMBDA,
};

static void movement_step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    double *movement = optimizer_state(optimizer, 0);
    double lr = optimizer->values[MOVEMENT_LR] * rate, lambda = optimizer->values[MOVEMENT_MOMENTUM];
    for (int i = 0; i < optimizer->n; i++) {
        movement[i] = lambda * movement[i] - lr * gradient[i];
        theta[i] += movement[i];
    }
}

static void movement_explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    share->moves[ROLE_GRADIENT] = -optimizer_rate(optimizer) * optimizer->insides->gradient[i];
    share->moves[ROLE_MOMENTUM] = optimizer->values[MOVEMENT_MOMENTUM] * optimizer_before(optimizer, 0, i);
}

static void movement_formula(const struct optimizer *optimizer, int i, struct text *out) {
    OPTIMIZER_WRITE(out, "+ #·# − #·#", optimizer->values[MOVEMENT_MOMENTUM], optimizer_before(optimizer, 0, i),
                    optimizer_rate(optimizer), optimizer->insides->gradient[i]);
}

const struct optimizer_class optimizer_movement = {
    .name = "movement",
    .title = "Momentum (last movement)",
    .rule = "m ← λm − ηg,  θ ← θ + m",
    .source = "Rumelhart, Hinton & Williams 1986, Learning representations by back-propagating errors, eq. 9",
    .parameters = movement_parameters,
    .parameter_count = MOVEMENT_COUNT,
    .vectors = {"movement"},
    .vector_count = 1,
    .elementwise = true,
    .step = movement_step,
    .terms = {[ROLE_GRADIENT] = "gradient", [ROLE_MOMENTUM] = "last movement"},
    .explain = movement_explain,
    .formula = movement_formula,
};

/* η/σ, where σ is kept in a state vector; −(η/σ)g. */
static void explain_sigma(const struct optimizer *optimizer, int i, int vector, struct optimizer_share *share) {
    double sigma = optimizer->vectors[vector].values[i];
    share->rate = sigma > 0 ? optimizer_rate(optimizer) / sigma : 0;
    share->moves[ROLE_GRADIENT] = -share->rate * optimizer->insides->gradient[i];
}

static void write_sigma(const struct optimizer *optimizer, int i, int vector, struct text *out) {
    double sigma = optimizer->vectors[vector].values[i];
    if (sigma > 0)
        OPTIMIZER_WRITE(out, "− #·#/#", optimizer_rate(optimizer), optimizer->insides->gradient[i], sigma);
    else
        OPTIMIZER_WRITE(out, "− 0");
}

/* ---- rms_adagrad: Adagrad with the root mean square (4.1) ------------------------------------------------------- */

enum { RMS_LR, RMS_COUNT };
enum { RMS_SUM, RMS_SIGMA, RMS_VECTORS };

static const struct optimizer_parameter rms_parameters[RMS_COUNT] = {[RMS_LR] = PARAMETER_LR(0.01)};

static void rms_step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    double *sum = optimizer_state(optimizer, RMS_SUM), *sigma = optimizer_state(optimizer, RMS_SIGMA);
    double lr = optimizer->values[RMS_LR] * rate, count = (double)optimizer->steps;
    for (int i = 0; i < optimizer->n; i++) {
        sum[i] += gradient[i] * gradient[i];
        sigma[i] = sqrt(sum[i] / count);
        if (sigma[i] > 0) theta[i] += -lr * gradient[i] / sigma[i];
    }
}

static void rms_explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    explain_sigma(optimizer, i, RMS_SIGMA, share);
}

static void rms_formula(const struct optimizer *optimizer, int i, struct text *out) {
    write_sigma(optimizer, i, RMS_SIGMA, out);
}

const struct optimizer_class optimizer_rms_adagrad = {
    .name = "rms_adagrad",
    .title = "Adagrad (root mean square)",
    .rule = "σₜ = √((g₀² + … + gₜ²) / (t + 1)),  θ ← θ − ηg / σₜ",
    .source = "Duchi, Hazan & Singer 2011, the mean of the squares for their sum: ηₜ = η/√(t + 1) gives theirs back",
    .parameters = rms_parameters,
    .parameter_count = RMS_COUNT,
    .vectors = {"sum", "sigma"},
    .vector_count = RMS_VECTORS,
    .elementwise = true,
    .step = rms_step,
    .terms = {[ROLE_GRADIENT] = "gradient"},
    .explain = rms_explain,
    .squares = SQUARES_SUM,
    .squares_vector = RMS_SUM,
    .formula = rms_formula,
};

/* ---- summary: θ − (η/σ)m, every term with a switch (4.5); lecture_rmsprop is its σ alone (4.2) ------------------- */

enum { SUMMARY_LR, SUMMARY_MOMENTUM, SUMMARY_ALPHA, SUMMARY_USE_M, SUMMARY_USE_SIGMA, SUMMARY_COUNT };
enum { SUMMARY_M, SUMMARY_SIGMA, SUMMARY_VECTORS };

static const struct optimizer_parameter summary_parameters[SUMMARY_COUNT] = {
    [SUMMARY_LR] = PARAMETER_LR(0.001),
    [SUMMARY_MOMENTUM] = PARAMETER_LAMBDA,
    [SUMMARY_ALPHA] = PARAMETER_ALPHA,
    [SUMMARY_USE_M] = PARAMETER_FLAG("use_m", 1, "go along m, the gradients so far; off: along the gradient alone"),
    [SUMMARY_USE_SIGMA] = PARAMETER_FLAG("use_sigma", 1, "divide by σ, their size so far; off: one rate for all"),
};

/* σ is kept up while it is switched off as well, so that switching it on again goes on from what was seen. */
static void descend(const struct optimizer *optimizer, double *m, double *sigma, double *theta, const double *gradient,
                    double lr, double lambda, double alpha, bool use_m, bool use_sigma) {
    bool first = optimizer->steps == 1;
    for (int i = 0; i < optimizer->n; i++) {
        double g = gradient[i];
        if (m) m[i] = lambda * m[i] + g;
        sigma[i] = first ? fabs(g) : sqrt(alpha * (sigma[i] * sigma[i]) + (1 - alpha) * (g * g));
        double along = use_m ? m[i] : g;
        if (!use_sigma)
            theta[i] += -lr * along;
        else if (sigma[i] > 0)
            theta[i] += -lr * along / sigma[i];
    }
}

static void summary_step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    double *m = optimizer_state(optimizer, SUMMARY_M), *sigma = optimizer_state(optimizer, SUMMARY_SIGMA);
    descend(optimizer, m, sigma, theta, gradient, v[SUMMARY_LR] * rate, v[SUMMARY_MOMENTUM], v[SUMMARY_ALPHA],
            v[SUMMARY_USE_M] != 0, v[SUMMARY_USE_SIGMA] != 0);
}

static void summary_explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    const double *v = optimizer->values;
    double lr = optimizer_rate(optimizer), sigma = optimizer->vectors[SUMMARY_SIGMA].values[i], rate = lr;
    if (v[SUMMARY_USE_SIGMA] != 0) share->rate = rate = sigma > 0 ? lr / sigma : 0;
    share->moves[ROLE_GRADIENT] = -rate * optimizer->insides->gradient[i];
    if (v[SUMMARY_USE_M] != 0)
        share->moves[ROLE_MOMENTUM] = -rate * v[SUMMARY_MOMENTUM] * optimizer_before(optimizer, SUMMARY_M, i);
}

static void summary_formula(const struct optimizer *optimizer, int i, struct text *out) {
    const double *v = optimizer->values;
    double sigma = optimizer->vectors[SUMMARY_SIGMA].values[i], g = optimizer->insides->gradient[i];
    if (v[SUMMARY_USE_SIGMA] != 0 && !(sigma > 0)) {
        OPTIMIZER_WRITE(out, "− 0");
        return;
    }
    OPTIMIZER_WRITE(out, "− #·", optimizer_rate(optimizer));
    if (v[SUMMARY_USE_M] != 0)
        OPTIMIZER_WRITE(out, "(#·# + #)", v[SUMMARY_MOMENTUM], optimizer_before(optimizer, SUMMARY_M, i), g);
    else
        OPTIMIZER_WRITE(out, "#", g);
    if (v[SUMMARY_USE_SIGMA] != 0) OPTIMIZER_WRITE(out, "/#", sigma);
}

const struct optimizer_class optimizer_summary = {
    .name = "summary",
    .title = "Summary (η/σ · m)",
    .rule = "m ← λm + g,  σ ← √(ασ² + (1 − α)g²) from |g₀|,  θ ← θ − (η/σ)m",
    .source = "momentum (Polyak 1964) and RMSProp (Tieleman & Hinton 2012) in one; both off: gradient descent",
    .parameters = summary_parameters,
    .parameter_count = SUMMARY_COUNT,
    .vectors = {"m", "sigma"},
    .vector_count = SUMMARY_VECTORS,
    .elementwise = true,
    .step = summary_step,
    .terms = {[ROLE_GRADIENT] = "gradient", [ROLE_MOMENTUM] = "gradients before"},
    .explain = summary_explain,
    .squares = SQUARES_ROOT,
    .squares_vector = SUMMARY_SIGMA,
    .formula = summary_formula,
};

enum { SIGMA_LR, SIGMA_ALPHA, SIGMA_COUNT };

static const struct optimizer_parameter sigma_parameters[SIGMA_COUNT] = {
    [SIGMA_LR] = PARAMETER_LR(0.01),
    [SIGMA_ALPHA] = PARAMETER_ALPHA,
};

static void sigma_step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    descend(optimizer, NULL, optimizer_state(optimizer, 0), theta, gradient, v[SIGMA_LR] * rate, 0, v[SIGMA_ALPHA],
            false, true);
}

static void sigma_explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    explain_sigma(optimizer, i, 0, share);
}

static void sigma_formula(const struct optimizer *optimizer, int i, struct text *out) {
    write_sigma(optimizer, i, 0, out);
}

const struct optimizer_class optimizer_lecture_rmsprop = {
    .name = "lecture_rmsprop",
    .title = "RMSProp (lecture's σ)",
    .rule = "σ ← √(ασ² + (1 − α)g²) from |g₀|,  θ ← θ − ηg / σ",
    .source = "Tieleman & Hinton 2012, Lecture 6.5, begun with the first gradient and without ε",
    .parameters = sigma_parameters,
    .parameter_count = SIGMA_COUNT,
    .vectors = {"sigma"},
    .vector_count = 1,
    .elementwise = true,
    .step = sigma_step,
    .terms = {[ROLE_GRADIENT] = "gradient"},
    .explain = sigma_explain,
    .squares = SQUARES_ROOT,
    .squares_vector = 0,
    .formula = sigma_formula,
};
