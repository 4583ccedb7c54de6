/* Matrices made of parameters. Weight norm (Salimans & Kingma 2016): each row w = g m / ‖m‖. Spectral norm (Miyato et
 * al. 2018): W = M / σ with M's largest singular value σ, here the exact one, what PyTorch's power iteration tends to.
 */
#include "base/linalg.h"
#include "objective/network_layer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t entries(const struct weights *w) {
    return (size_t)w->out * (size_t)w->in;
}

static int shorter(const struct weights *w) {
    return w->out < w->in ? w->out : w->in;
}

/* Spectral norm's scratch behind W and ∂L/∂W. */
struct spectrum {
    double *sigma;   /* (1) */
    double *left;    /* (out) u */
    double *right;   /* (in) v, with M v = σ u */
    double *values;  /* (m) of the smaller of M Mᵀ and Mᵀ M, ascending; m = min(out, in) */
    double *vectors; /* (m × m) a row each */
};

static struct spectrum spectrum_at(const struct weights *w, double *scratch) {
    struct spectrum s = {.sigma = scratch + 2 * entries(w)};
    s.left = s.sigma + 1;
    s.right = s.left + w->out;
    s.values = s.right + w->in;
    s.vectors = s.values + shorter(w);
    return s;
}

size_t weights_scratch(const struct weights *w) {
    size_t m = (size_t)shorter(w);
    switch (w->kind) {
    case WEIGHT_PLAIN: return 0;
    case WEIGHT_NORM: return 2 * entries(w) + (size_t)w->out; /* W, ∂L/∂W, ‖m‖ of each row */
    case WEIGHT_SPECTRAL: return 2 * entries(w) + 1 + (size_t)w->out + (size_t)w->in + m + m * m;
    }
    return 0;
}

size_t weights_direction_scratch(const struct weights *w) {
    switch (w->kind) {
    case WEIGHT_PLAIN: return 0;
    case WEIGHT_NORM: return 2 * entries(w); /* R{W}, R{∂L/∂W} */
    case WEIGHT_SPECTRAL:                    /* … R{σ}, R{u}, R{v}, and room to compute them */
        return 2 * entries(w) + 1 + 2 * ((size_t)w->out + (size_t)w->in);
    }
    return 0;
}

int weights_size(const struct weights *w) {
    return w->out * w->in + (w->kind == WEIGHT_NORM ? w->out : 0);
}

void weights_initialise(const struct weights *w, enum initialisation how, int fan_out, struct random *random,
                        double *theta) {
    double bound = 0, deviation = 0, *matrix = theta + w->matrix;
    switch (how) {
    case INITIALISATION_PYTORCH: bound = 1 / sqrt(w->in); break;
    case INITIALISATION_XAVIER: bound = sqrt(6.0 / (w->in + fan_out)); break;
    case INITIALISATION_HE: deviation = sqrt(2.0 / w->in); break;
    case INITIALISATION_NORMAL: deviation = sqrt(1.0 / w->in); break;
    }
    for (size_t i = 0; i < entries(w); i++)
        matrix[i] = deviation > 0 ? deviation * random_normal(random) : random_uniform(random, -bound, bound);
    if (w->kind == WEIGHT_NORM)
        for (int row = 0; row < w->out; row++)
            theta[w->gain + row] = linalg_norm(w->in, matrix + (size_t)row * (size_t)w->in);
}

static void normalise_rows(const struct weights *w, const double *theta, double *scratch) {
    size_t in = (size_t)w->in;
    double *norms = scratch + 2 * entries(w);
    for (size_t row = 0; row < (size_t)w->out; row++) {
        const double *m = theta + w->matrix + row * in;
        norms[row] = linalg_norm(w->in, m);
        double factor = theta[w->gain + (int)row] / norms[row];
        for (size_t i = 0; i < in; i++) scratch[row * in + i] = factor * m[i];
    }
}

static void divide_by_spectrum(const struct weights *w, const double *theta, double *scratch) {
    const double *matrix = theta + w->matrix;
    struct spectrum s = spectrum_at(w, scratch);
    int m = shorter(w), out = w->out, in = w->in;
    bool wide = out <= in;
    linalg_gemm(!wide, wide, m, m, wide ? in : out, 1, matrix, in, matrix, in, 0, s.vectors, m);
    /* What is not finite has no eigenvalues; the loss then is not a number, which is an answer. */
    bool good = true;
    for (int i = 0; i < m * m && good; i++) good = isfinite(s.vectors[i]);
    double *gram = MEM_NEW(double, (size_t)m *(size_t)m);
    memcpy(gram, s.vectors, (size_t)m * (size_t)m * sizeof *gram);
    good = good && linalg_eigen_symmetric(m, gram, s.values, s.vectors, NULL);
    free(gram);
    const double *top = s.vectors + (size_t)(m - 1) * (size_t)m;
    double *own = wide ? s.left : s.right, *other = wide ? s.right : s.left;
    memcpy(own, top, (size_t)m * sizeof *own);
    linalg_gemv(wide, out, in, 1, matrix, in, own, 0, other);
    double sigma = linalg_norm(wide ? in : out, other);
    *s.sigma = good ? sigma : NAN;
    linalg_scale(wide ? in : out, 1 / *s.sigma, other);
    for (size_t i = 0; i < entries(w); i++) scratch[i] = matrix[i] / *s.sigma;
}

const double *weights_prepare(const struct weights *w, const double *theta, double *scratch) {
    switch (w->kind) {
    case WEIGHT_PLAIN: return theta + w->matrix;
    case WEIGHT_NORM: normalise_rows(w, theta, scratch); break;
    case WEIGHT_SPECTRAL: divide_by_spectrum(w, theta, scratch); break;
    }
    return scratch;
}

/* R{u} or R{v}, whichever has the eigenvectors, from R{G} u = Σ: u turns towards the others by 1 / (λ₁ − λ). */
static void turn(int m, const struct spectrum *s, const double *moved, double *out) {
    memset(out, 0, (size_t)m * sizeof *out);
    for (int j = 0; j + 1 < m; j++) {
        const double *vector = s->vectors + (size_t)j * (size_t)m;
        linalg_axpy(m, linalg_dot(m, vector, moved) / (s->values[m - 1] - s->values[j]), vector, out);
    }
}

static void spectral_direction(const struct weights *w, const double *theta, const double *v, const double *scratch,
                               double *rscratch) {
    int out = w->out, in = w->in, m = shorter(w);
    struct spectrum s = spectrum_at(w, (double *)scratch);
    const double *matrix = theta + w->matrix, *moved = v + w->matrix;
    double *rsigma = rscratch + 2 * entries(w), *rleft = rsigma + 1, *rright = rleft + out;
    double *room_out = rright + in, *room_in = room_out + out;
    linalg_gemv(false, out, in, 1, moved, in, s.right, 0, room_out); /* R{M} v */
    linalg_gemv(true, out, in, 1, moved, in, s.left, 0, room_in);    /* R{M}ᵀ u */
    *rsigma = linalg_dot(out, s.left, room_out);
    for (size_t i = 0; i < entries(w); i++) rscratch[i] = (moved[i] - scratch[i] * *rsigma) / *s.sigma;
    if (out <= in) {
        memcpy(rright, room_in, (size_t)in * sizeof *rright);
        linalg_gemv(false, out, in, 1, matrix, in, room_in, *s.sigma, room_out);
        turn(m, &s, room_out, rleft);
        linalg_gemv(true, out, in, 1, matrix, in, rleft, 1, rright);
        linalg_axpy(in, -*rsigma, s.right, rright);
        linalg_scale(in, 1 / *s.sigma, rright);
    } else {
        memcpy(rleft, room_out, (size_t)out * sizeof *rleft);
        linalg_gemv(true, out, in, 1, matrix, in, room_out, *s.sigma, room_in);
        turn(m, &s, room_in, rright);
        linalg_gemv(false, out, in, 1, matrix, in, rright, 1, rleft);
        linalg_axpy(out, -*rsigma, s.left, rleft);
        linalg_scale(out, 1 / *s.sigma, rleft);
    }
}

const double *weights_direction(const struct weights *w, const double *theta, const double *v, const double *scratch,
                                double *rscratch) {
    if (w->kind == WEIGHT_PLAIN) return v + w->matrix;
    if (w->kind == WEIGHT_SPECTRAL) {
        spectral_direction(w, theta, v, scratch, rscratch);
        return rscratch;
    }
    size_t in = (size_t)w->in;
    const double *norms = scratch + 2 * entries(w);
    for (size_t row = 0; row < (size_t)w->out; row++) { /* R{w} = R{g} m/N + g (R{m} − m (m·R{m})/N²) / N */
        const double *m = theta + w->matrix + row * in, *rm = v + w->matrix + row * in;
        double g = theta[w->gain + (int)row], norm = norms[row], along = linalg_dot(w->in, m, rm) / (norm * norm);
        double of_m = (v[w->gain + (int)row] - g * along) / norm, of_rm = g / norm;
        for (size_t i = 0; i < in; i++) rscratch[row * in + i] = of_m * m[i] + of_rm * rm[i];
    }
    return rscratch;
}

double *weights_slope(const struct weights *w, double *scratch, double *gradient) {
    if (w->kind == WEIGHT_PLAIN) return gradient + w->matrix;
    return memset(scratch + entries(w), 0, entries(w) * sizeof *scratch);
}

double *weights_direction_slope(const struct weights *w, double *rscratch, double *hv) {
    if (w->kind == WEIGHT_PLAIN) return hv + w->matrix;
    return memset(rscratch + entries(w), 0, entries(w) * sizeof *rscratch);
}

void weights_finish(const struct weights *w, const double *theta, double *scratch, double *gradient) {
    if (w->kind == WEIGHT_PLAIN) return;
    const double *slope = scratch + entries(w);
    size_t in = (size_t)w->in;
    if (w->kind == WEIGHT_SPECTRAL) { /* (D − ⟨D, W⟩ u vᵀ) / σ */
        struct spectrum s = spectrum_at(w, scratch);
        double q = linalg_dot((int)entries(w), slope, scratch), *to = gradient + w->matrix;
        for (size_t row = 0; row < (size_t)w->out; row++)
            for (size_t i = 0; i < in; i++)
                to[row * in + i] += (slope[row * in + i] - q * s.left[row] * s.right[i]) / *s.sigma;
        return;
    }
    const double *norms = scratch + 2 * entries(w);
    for (size_t row = 0; row < (size_t)w->out; row++) {
        const double *m = theta + w->matrix + row * in, *d = slope + row * in;
        double norm = norms[row], g = theta[w->gain + (int)row], along = linalg_dot(w->in, d, m) / norm;
        gradient[w->gain + (int)row] += along;
        double *to = gradient + w->matrix + row * in;
        for (size_t i = 0; i < in; i++) to[i] += g / norm * (d[i] - along * m[i] / norm);
    }
}

static void spectral_direction_finish(const struct weights *w, bool moves, double *scratch, const double *rscratch,
                                      double *hv) {
    struct spectrum s = spectrum_at(w, scratch);
    const double *slope = scratch + entries(w), *rslope = rscratch + entries(w);
    const double *rsigma = rscratch + 2 * entries(w), *rleft = rsigma + 1, *rright = rleft + w->out;
    size_t in = (size_t)w->in;
    int all = (int)entries(w);
    double q = linalg_dot(all, slope, scratch), rq = linalg_dot(all, rslope, scratch), *to = hv + w->matrix;
    if (moves) rq += linalg_dot(all, slope, rscratch);
    for (size_t row = 0; row < (size_t)w->out; row++)
        for (size_t i = 0; i < in; i++) {
            double uv = s.left[row] * s.right[i], r = rslope[row * in + i] - rq * uv;
            if (moves)
                r -= q * (rleft[row] * s.right[i] + s.left[row] * rright[i]) +
                     (slope[row * in + i] - q * uv) * *rsigma / *s.sigma;
            to[row * in + i] += r / *s.sigma;
        }
}

void weights_direction_finish(const struct weights *w, const double *theta, const double *v, double *scratch,
                              double *rscratch, double *hv) {
    if (w->kind == WEIGHT_PLAIN) return;
    if (w->kind == WEIGHT_SPECTRAL) {
        spectral_direction_finish(w, v != NULL, scratch, rscratch, hv);
        return;
    }
    size_t in = (size_t)w->in;
    const double *slope = scratch + entries(w), *rslope = rscratch + entries(w), *norms = scratch + 2 * entries(w);
    for (size_t row = 0; row < (size_t)w->out; row++) {
        const double *m = theta + w->matrix + row * in, *d = slope + row * in, *rd = rslope + row * in;
        double norm = norms[row], g = theta[w->gain + (int)row], scale = g / norm;
        double along = linalg_dot(w->in, d, m) / norm, ralong = linalg_dot(w->in, rd, m) / norm;
        double *to = hv + w->matrix + row * in;
        if (!v) {
            hv[w->gain + (int)row] += ralong;
            for (size_t i = 0; i < in; i++) to[i] += scale * (rd[i] - ralong * m[i] / norm);
            continue;
        }
        /* With u = m/N: R{N} = u·R{m}, R{u} = (R{m} − u R{N}) / N, and so on down ∂L/∂m = g/N (D − (D·u) u). */
        const double *rm = v + w->matrix + row * in;
        double rnorm = linalg_dot(w->in, m, rm) / norm;
        ralong += (linalg_dot(w->in, d, rm) - along * rnorm) / norm;
        double rscale = (v[w->gain + (int)row] - scale * rnorm) / norm;
        hv[w->gain + (int)row] += ralong;
        for (size_t i = 0; i < in; i++) {
            double u = m[i] / norm, ru = (rm[i] - u * rnorm) / norm;
            to[i] += rscale * (d[i] - along * u) + scale * (rd[i] - ralong * u - along * ru);
        }
    }
}
