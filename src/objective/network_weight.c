/* Matrices made of parameters. Weight norm (Salimans & Kingma 2016): each row w = g m / ‖m‖. Spectral norm (Miyato et
 * al. 2018): W = M / σ with M's largest singular value σ, here the exact one, what PyTorch's power iteration tends to.
 */
#include "objective/network_layer.h"

static size_t entries(const struct weights *w) {
    return (size_t)w->out * (size_t)w->in;
}

static int shorter(const struct weights *w) {
    return w->out < w->in ? w->out : w->in;
}

/* Spectral norm's scratch behind W and ∂L/∂W. */
struct spectrum {
    real *sigma;   /* (1) */
    real *left;    /* (out) u */
    real *right;   /* (in) v, with M v = σ u */
    real *values;  /* (m) of the smaller of M Mᵀ and Mᵀ M, ascending; m = min(out, in) */
    real *vectors; /* (m × m) an eigenvector a row */
};

static struct spectrum spectrum_at(const struct weights *w, real *scratch) {
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

/* Spectral norm's eigenvalues are found in float64 either way: the matrix, values, vectors, and LAPACK's own. */
size_t weights_room(const struct weights *w) {
    size_t m = (size_t)shorter(w);
    return w->kind == WEIGHT_SPECTRAL ? (2 * m * m + m + linalg_eigen_room((int)m)) * sizeof(double) : 0;
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

static void normalise_rows(const struct weights *w, const real *theta, real *scratch) {
    size_t in = (size_t)w->in;
    real *norms = scratch + 2 * entries(w);
    for (size_t row = 0; row < (size_t)w->out; row++) {
        const real *m = theta + w->matrix + row * in;
        norms[row] = real_norm(w->in, m);
        real factor = theta[w->gain + (int)row] / norms[row];
        for (size_t i = 0; i < in; i++) scratch[row * in + i] = factor * m[i];
    }
}

/* All eigenpairs of the m × m Gram matrix in s->vectors, which they replace. */
static bool find_eigenvectors(int m, const struct spectrum *s, double *room) {
    size_t size = (size_t)m * (size_t)m;
    double *gram = room, *values = gram + size, *vectors = values + m;
    for (size_t i = 0; i < size; i++) gram[i] = (double)s->vectors[i];
    if (!linalg_eigen_symmetric_in(m, gram, values, vectors, vectors + size, NULL)) return false;
    for (size_t i = 0; i < size; i++) s->vectors[i] = (real)vectors[i];
    for (int i = 0; i < m; i++) s->values[i] = (real)values[i];
    return true;
}

static void divide_by_spectrum(const struct weights *w, const real *theta, real *scratch, void *room) {
    const real *matrix = theta + w->matrix;
    struct spectrum s = spectrum_at(w, scratch);
    int m = shorter(w), out = w->out, in = w->in;
    bool wide = out <= in;
    real_gemm(!wide, wide, m, m, wide ? in : out, 1, matrix, in, matrix, in, 0, s.vectors, m);
    /* What is not finite has no eigenvalues; the loss then is not a number, which is an answer. */
    bool good = find_eigenvectors(m, &s, room);
    const real *top = s.vectors + (size_t)(m - 1) * (size_t)m;
    real *own = wide ? s.left : s.right, *other = wide ? s.right : s.left;
    memcpy(own, top, (size_t)m * sizeof *own);
    real_gemv(wide, out, in, 1, matrix, in, own, 0, other);
    real sigma = real_norm(wide ? in : out, other);
    *s.sigma = good ? sigma : (real)NAN;
    real_scale(wide ? in : out, 1 / *s.sigma, other);
    for (size_t i = 0; i < entries(w); i++) scratch[i] = matrix[i] / *s.sigma;
}

const real *weights_prepare(const struct weights *w, const real *theta, real *scratch, void *room) {
    switch (w->kind) {
    case WEIGHT_PLAIN: return theta + w->matrix;
    case WEIGHT_NORM: normalise_rows(w, theta, scratch); break;
    case WEIGHT_SPECTRAL: divide_by_spectrum(w, theta, scratch, room); break;
    }
    return scratch;
}

/* R{u} or R{v}, whichever has the eigenvectors, from R{G} u = Σ: u turns towards the others by 1 / (λ₁ − λ). */
static void turn(int m, const struct spectrum *s, const real *moved, real *out) {
    memset(out, 0, (size_t)m * sizeof *out);
    for (int j = 0; j + 1 < m; j++) {
        const real *vector = s->vectors + (size_t)j * (size_t)m;
        real_axpy(m, real_dot(m, vector, moved) / (s->values[m - 1] - s->values[j]), vector, out);
    }
}

static void spectral_direction(const struct weights *w, const real *theta, const real *v, const real *scratch,
                               real *rscratch) {
    int out = w->out, in = w->in, m = shorter(w);
    struct spectrum s = spectrum_at(w, (real *)scratch);
    const real *matrix = theta + w->matrix, *moved = v + w->matrix;
    real *rsigma = rscratch + 2 * entries(w), *rleft = rsigma + 1, *rright = rleft + out;
    real *room_out = rright + in, *room_in = room_out + out;
    real_gemv(false, out, in, 1, moved, in, s.right, 0, room_out); /* R{M} v */
    real_gemv(true, out, in, 1, moved, in, s.left, 0, room_in);    /* R{M}ᵀ u */
    *rsigma = real_dot(out, s.left, room_out);
    for (size_t i = 0; i < entries(w); i++) rscratch[i] = (moved[i] - scratch[i] * *rsigma) / *s.sigma;
    if (out <= in) {
        memcpy(rright, room_in, (size_t)in * sizeof *rright);
        real_gemv(false, out, in, 1, matrix, in, room_in, *s.sigma, room_out);
        turn(m, &s, room_out, rleft);
        real_gemv(true, out, in, 1, matrix, in, rleft, 1, rright);
        real_axpy(in, -*rsigma, s.right, rright);
        real_scale(in, 1 / *s.sigma, rright);
    } else {
        memcpy(rleft, room_out, (size_t)out * sizeof *rleft);
        real_gemv(true, out, in, 1, matrix, in, room_out, *s.sigma, room_in);
        turn(m, &s, room_in, rright);
        real_gemv(false, out, in, 1, matrix, in, rright, 1, rleft);
        real_axpy(out, -*rsigma, s.left, rleft);
        real_scale(out, 1 / *s.sigma, rleft);
    }
}

const real *weights_direction(const struct weights *w, const real *theta, const real *v, const real *scratch,
                              real *rscratch) {
    if (w->kind == WEIGHT_PLAIN) return v + w->matrix;
    if (w->kind == WEIGHT_SPECTRAL) {
        spectral_direction(w, theta, v, scratch, rscratch);
        return rscratch;
    }
    size_t in = (size_t)w->in;
    const real *norms = scratch + 2 * entries(w);
    for (size_t row = 0; row < (size_t)w->out; row++) { /* R{w} = R{g} m/N + g (R{m} − m (m·R{m})/N²) / N */
        const real *m = theta + w->matrix + row * in, *rm = v + w->matrix + row * in;
        real g = theta[w->gain + (int)row], norm = norms[row], along = real_dot(w->in, m, rm) / (norm * norm);
        real of_m = (v[w->gain + (int)row] - g * along) / norm, of_rm = g / norm;
        for (size_t i = 0; i < in; i++) rscratch[row * in + i] = of_m * m[i] + of_rm * rm[i];
    }
    return rscratch;
}

real *weights_slope(const struct weights *w, real *scratch, real *gradient) {
    if (w->kind == WEIGHT_PLAIN) return gradient + w->matrix;
    return memset(scratch + entries(w), 0, entries(w) * sizeof *scratch);
}

void weights_direction_clear(const struct weights *w, real *rscratch) {
    if (w->kind != WEIGHT_PLAIN) memset(rscratch + entries(w), 0, entries(w) * sizeof *rscratch);
}

real *weights_direction_slope(const struct weights *w, real *rscratch, real *hv) {
    return w->kind == WEIGHT_PLAIN ? hv + w->matrix : rscratch + entries(w);
}

void weights_finish(const struct weights *w, const real *theta, real *scratch, real *gradient) {
    if (w->kind == WEIGHT_PLAIN) return;
    const real *slope = scratch + entries(w);
    size_t in = (size_t)w->in;
    if (w->kind == WEIGHT_SPECTRAL) { /* (D − ⟨D, W⟩ u vᵀ) / σ */
        struct spectrum s = spectrum_at(w, scratch);
        real q = real_dot((int)entries(w), slope, scratch), *to = gradient + w->matrix;
        for (size_t row = 0; row < (size_t)w->out; row++)
            for (size_t i = 0; i < in; i++)
                to[row * in + i] += (slope[row * in + i] - q * s.left[row] * s.right[i]) / *s.sigma;
        return;
    }
    const real *norms = scratch + 2 * entries(w);
    for (size_t row = 0; row < (size_t)w->out; row++) {
        const real *m = theta + w->matrix + row * in, *d = slope + row * in;
        real norm = norms[row], g = theta[w->gain + (int)row], along = real_dot(w->in, d, m) / norm;
        gradient[w->gain + (int)row] += along;
        real *to = gradient + w->matrix + row * in;
        for (size_t i = 0; i < in; i++) to[i] += g / norm * (d[i] - along * m[i] / norm);
    }
}

static void spectral_direction_finish(const struct weights *w, bool moves, real *scratch, const real *rscratch,
                                      real *hv) {
    struct spectrum s = spectrum_at(w, scratch);
    const real *slope = scratch + entries(w), *rslope = rscratch + entries(w);
    const real *rsigma = rscratch + 2 * entries(w), *rleft = rsigma + 1, *rright = rleft + w->out;
    size_t in = (size_t)w->in;
    int all = (int)entries(w);
    real q = real_dot(all, slope, scratch), rq = real_dot(all, rslope, scratch), *to = hv + w->matrix;
    if (moves) rq += real_dot(all, slope, rscratch);
    for (size_t row = 0; row < (size_t)w->out; row++)
        for (size_t i = 0; i < in; i++) {
            real uv = s.left[row] * s.right[i], r = rslope[row * in + i] - rq * uv;
            if (moves)
                r -= q * (rleft[row] * s.right[i] + s.left[row] * rright[i]) +
                     (slope[row * in + i] - q * uv) * *rsigma / *s.sigma;
            to[row * in + i] += r / *s.sigma;
        }
}

void weights_direction_finish(const struct weights *w, const real *theta, const real *v, real *scratch, real *rscratch,
                              real *hv) {
    if (w->kind == WEIGHT_PLAIN) return;
    if (w->kind == WEIGHT_SPECTRAL) {
        spectral_direction_finish(w, v != NULL, scratch, rscratch, hv);
        return;
    }
    size_t in = (size_t)w->in;
    const real *slope = scratch + entries(w), *rslope = rscratch + entries(w), *norms = scratch + 2 * entries(w);
    for (size_t row = 0; row < (size_t)w->out; row++) {
        const real *m = theta + w->matrix + row * in, *d = slope + row * in, *rd = rslope + row * in;
        real norm = norms[row], g = theta[w->gain + (int)row], scale = g / norm;
        real along = real_dot(w->in, d, m) / norm, ralong = real_dot(w->in, rd, m) / norm;
        real *to = hv + w->matrix + row * in;
        if (!v) {
            hv[w->gain + (int)row] += ralong;
            for (size_t i = 0; i < in; i++) to[i] += scale * (rd[i] - ralong * m[i] / norm);
            continue;
        }
        /* With u = m/N: R{N} = u·R{m}, R{u} = (R{m} − u R{N}) / N, and so on down ∂L/∂m = g/N (D − (D·u) u). */
        const real *rm = v + w->matrix + row * in;
        real rnorm = real_dot(w->in, m, rm) / norm;
        ralong += (real_dot(w->in, d, rm) - along * rnorm) / norm;
        real rscale = (v[w->gain + (int)row] - scale * rnorm) / norm;
        hv[w->gain + (int)row] += ralong;
        for (size_t i = 0; i < in; i++) {
            real u = m[i] / norm, ru = (rm[i] - u * rnorm) / norm;
            to[i] += rscale * (d[i] - along * u) + scale * (rd[i] - ralong * u - along * ru);
        }
    }
}
