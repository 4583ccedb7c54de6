#include "analyze/lanczos.h"

#include "base/linalg.h"
#include "base/memory.h"
#include "base/text.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const seek_ending_names[] = {"found", "gradient-flat", "stalled", "limit"};
const char *const seek_method_names[] = {"gradient norm", "eigenvector following", "descent"};

enum { ITERATIONS = 200, DENSE = 1000, KRYLOV = 200, KRYLOV_CHECK = 20, TRIALS = 40, PATIENCE = 20, CORRECTIONS = 3 };
static const double TOLERANCE = 1e-8;
static const double FIRST_DAMPING = 0.1;  /* of ‖H‖ */
static const double LEAST_DAMPING = 1e-13; /* of ‖H‖: below it is rounding */
static const double FLATNESS = 1e-3;      /* ‖Hg‖ / (‖H‖ ‖g‖) below which g counts as in the null space */
static const double WORTHWHILE = 0.8;     /* ‖g‖ must fall by this factor within PATIENCE steps */
static const double RADIUS = 0.1;         /* of 1 + ‖θ‖: the first step of an eigenvector following */

/* The linear model g + Hp at the present point, in a basis in which it is cheap to ask for any damping. */
struct seeker {
    const struct seek_params *params;
    struct evaluator *evaluator;
    struct job *job;
    struct error *error;
    int n;
    double *theta, *gradient, *trial, *trial_gradient, *step, *corrected, *corrected_gradient; /* (n) each */
    double norm;                                              /* ‖g‖ */
    double loss; /* where the gradient was last asked for */
    double scale;                                             /* ‖H‖, as far as it was seen */
    int64_t products;

    /* n small: H = Σ λ_i q_i q_iᵀ */
    double *hessian, *values, *vectors; /* (n × n), (n), (n × n) */
    double *components;                 /* (n) q_iᵀ g */

    /* n large */
    struct lanczos *lanczos;
    double *product;          /* (n) */
    double *stacked, *target; /* the damped least-squares problem */
    double *rest;             /* (krylov + 1) */
};

void seek_result_destroy(struct seek_result **result) {
    if (!result || !*result) return;
    free((*result)->theta);
    free(*result);
    *result = NULL;
}

/* ---- the linear model ---------------------------------------------------------------------------------------------- */

static bool model_dense(struct seeker *s) {
    int n = s->n;
    evaluator_hessian(s->evaluator, s->theta, NULL, s->hessian);
    s->products += n;
    if (!linalg_eigen_symmetric(n, s->hessian, s->values, s->vectors, s->error)) return false;
    s->scale = fmax(fabs(s->values[0]), fabs(s->values[n - 1]));
    linalg_gemv(false, n, n, 1, s->vectors, n, s->gradient, 0, s->components);
    return true;
}

/* The step p for damping μ that is to bring `gradient` down, into `step`; returns ‖gradient + Hp‖. */
static double step_dense(struct seeker *s, const double *gradient, double damping) {
    int n = s->n;
    double residual = 0;
    linalg_gemv(false, n, n, 1, s->vectors, n, gradient, 0, s->components);
    for (int i = 0; i < n; i++) {
        double lambda = s->values[i], square = lambda * lambda + damping * damping;
        residual = hypot(residual, square > 0 ? s->components[i] * damping * damping / square : s->components[i]);
        s->components[i] *= square > 0 ? -lambda / square : 0;
    }
    linalg_gemv(true, n, n, 1, s->vectors, n, s->components, 0, s->step);
    return residual;
}

/* min over y of ‖T y + Qᵀ gradient‖² + μ²‖y‖², Q the k + 1 Lanczos vectors and T the (k + 1) × k tridiagonal matrix:
 * orthogonal transformations of the stacked matrix, so that nothing is squared. Leaves y in `target`; returns
 * ‖gradient + Hp‖. */
static double solve_krylov(struct seeker *s, const double *gradient, double damping) {
    const struct lanczos *l = s->lanczos;
    int k = l->steps, rows = k + (l->off[k - 1] > 0);
    size_t width = (size_t)k;
    double total = linalg_norm(s->n, gradient), *rest = s->rest;
    memset(s->stacked, 0, (2 * width + 1) * width * sizeof *s->stacked);
    memset(s->target, 0, (2 * width + 1) * sizeof *s->target);
    memset(rest, 0, (width + 1) * sizeof *rest);
    for (size_t j = 0; j < width; j++) {
        s->stacked[j * width + j] = l->diagonal[j];
        s->stacked[(j + 1) * width + j] = l->off[j];
        if (j > 0) s->stacked[(j - 1) * width + j] = l->off[j - 1];
        s->stacked[(width + 1 + j) * width + j] = damping;
    }
    linalg_gemv(false, rows, s->n, 1, l->basis, s->n, gradient, 0, rest);
    double inside = linalg_norm(rows, rest), outside = sqrt(fmax(0, (total - inside) * (total + inside)));
    for (int i = 0; i < rows; i++) s->target[i] = -rest[i];
    struct error ignored = {0}; /* rank is full: damping > 0 */
    if (!linalg_least_squares(2 * k + 1, k, s->stacked, s->target, &ignored)) {
        memset(s->target, 0, width * sizeof *s->target);
        return total;
    }
    for (int i = 0; i < k; i++) {
        rest[i] += l->diagonal[i] * s->target[i];
        rest[i + 1] += l->off[i] * s->target[i];
        if (i + 1 < k) rest[i] += l->off[i] * s->target[i + 1];
    }
    return hypot(linalg_norm(k + 1, rest), outside);
}

static double step_krylov(struct seeker *s, const double *gradient, double damping) {
    double residual = solve_krylov(s, gradient, damping);
    linalg_gemv(true, s->lanczos->steps, s->n, 1, s->lanczos->basis, s->n, s->target, 0, s->step);
    return residual;
}

static double step_for(struct seeker *s, const double *gradient, double damping) {
    return s->lanczos ? step_krylov(s, gradient, damping * s->scale) : step_dense(s, gradient, damping * s->scale);
}

static bool model_krylov(struct seeker *s, double damping) {
    /* Far away the model is rough, and so may its solution be; near, ‖g‖ is to fall fast. */
    double enough = fmin(0.1, fmax(1e-3, sqrt(s->norm))) * s->norm;
    lanczos_begin(s->lanczos, s->gradient);
    for (bool more = true; more;) {
        if (!job_going(s->job, s->error)) return false;
        evaluator_hvp(s->evaluator, s->theta, NULL, 1, lanczos_vector(s->lanczos), s->product);
        s->products++;
        if (!isfinite(linalg_norm(s->n, s->product)))
            return error_set(s->error, ERROR_INPUT, "the Hessian is not finite at a point the search came through");
        more = lanczos_step(s->lanczos, s->product);
        if (more && s->lanczos->steps % KRYLOV_CHECK == 0)
            more = solve_krylov(s, s->gradient, fmax(damping, LEAST_DAMPING) * s->lanczos->scale) > enough;
    }
    s->scale = fmax(s->lanczos->scale, DBL_MIN);
    return true;
}

/* ‖H g‖ / (‖H‖ ‖g‖) */
static double flatness(const struct seeker *s) {
    double along = 0;
    if (!(s->scale > 0) || !(s->norm > 0)) return 0;
    if (s->lanczos) along = hypot(s->lanczos->diagonal[0], s->lanczos->off[0]);
    else {
        for (int i = 0; i < s->n; i++) along = hypot(along, s->components[i] * s->values[i]);
        along /= s->norm;
    }
    return along / s->scale;
}

/* ---- the search ---------------------------------------------------------------------------------------------------- */

static bool finite_all(int n, const double *x) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += x[i] * 0.0;
    return sum == 0;
}

static double norm_at(struct seeker *s, const double *theta, double *gradient) {
    double loss = s->loss = evaluator_gradient(s->evaluator, theta, NULL, gradient);
    return isfinite(loss) && finite_all(s->n, gradient) ? linalg_norm(s->n, gradient) : INFINITY;
}

static void swap(double **a, double **b) {
    double *kept = *a;
    *a = *b;
    *b = kept;
}

static void accept(struct seeker *s, double norm) {
    swap(&s->theta, &s->trial);
    swap(&s->gradient, &s->trial_gradient);
    s->norm = norm;
}

/* A long step along a soft direction of a bent valley ends beside its floor: the same model brings it back
 * (a chord step, Fan 2012). Returns the new ‖g‖ of the trial. */
static double correct(struct seeker *s, double damping, double norm) {
    for (int i = 0; i < CORRECTIONS; i++) {
        step_for(s, s->trial_gradient, damping);
        for (int k = 0; k < s->n; k++) s->corrected[k] = s->trial[k] + s->step[k];
        double next = norm_at(s, s->corrected, s->corrected_gradient);
        if (!(next < norm)) break;
        swap(&s->trial, &s->corrected);
        swap(&s->trial_gradient, &s->corrected_gradient);
        norm = next;
    }
    return norm;
}

/* Raises `damping` until a step makes ‖g‖ smaller, and takes it. False when none does. */
static bool advance(struct seeker *s, double *damping) {
    for (int trial = 0; trial < TRIALS; trial++) {
        double predicted = step_for(s, s->gradient, *damping);
        for (int i = 0; i < s->n; i++) s->trial[i] = s->theta[i] + s->step[i];
        double norm = norm_at(s, s->trial, s->trial_gradient);
        double promised = (s->norm - predicted) * (s->norm + predicted);
        if (isfinite(norm) && norm > s->norm - 0.75 * (s->norm - predicted)) norm = correct(s, *damping, norm);
        double kept = (s->norm - norm) * (s->norm + norm), ratio = promised > 0 ? kept / promised : -1;
        if (isfinite(norm) && kept > 0 && ratio > 1e-4) {
            accept(s, norm);
            if (ratio > 0.75) *damping = fmax(LEAST_DAMPING, *damping / 5);
            else if (ratio < 0.25) *damping *= 2;
            return true;
        }
        *damping *= 4;
        if (*damping > 1e8) break;
    }
    return false;
}

static void note_progress(const struct seeker *s, double start, double tolerance) {
    if (start > tolerance && s->norm > 0) job_note(s->job, log(start / s->norm) / log(start / tolerance));
}

/* Levenberg–Marquardt on g(θ) = 0. */
static bool search(struct seeker *s, struct seek_result *result, double tolerance, int limit) {
    double damping = FIRST_DAMPING, milestone = s->norm;
    int since = 0;
    result->ending = SEEK_LIMIT;
    for (int iteration = 0;; iteration++) {
        if (s->norm <= tolerance) {
            result->ending = SEEK_FOUND;
            return true;
        }
        if (iteration == limit) return true;
        if (!job_going(s->job, s->error)) return false;
        if (!(s->lanczos ? model_krylov(s, damping) : model_dense(s))) return false;
        result->flatness = flatness(s);
        bool moved = s->scale > 0 && advance(s, &damping);
        if (s->norm < WORTHWHILE * milestone) {
            milestone = s->norm;
            since = 0;
        } else {
            since++;
        }
        if (!moved || since >= PATIENCE) {
            result->ending = result->flatness < FLATNESS ? SEEK_FLAT : SEEK_STALLED;
            return true;
        }
        result->iterations++;
        note_progress(s, result->start_norm, tolerance);
    }
}

/* ---- eigenvector following ------------------------------------------------------------------------------------------ */

/* The modes of the quadratic model: eigenvalues (Ritz values), ascending, and g's components along them. */
struct modes {
    int count;
    double *values, *components, *vectors; /* vectors (count × count): Ritz vectors in the Krylov basis; NULL when dense */
};

static bool find_modes(struct seeker *s, struct modes *modes) {
    if (!s->lanczos) {
        if (!model_dense(s)) return false;
        *modes = (struct modes){s->n, s->values, s->components, NULL};
        return true;
    }
    if (!model_krylov(s, 0)) return false;
    const struct lanczos *l = s->lanczos;
    int k = modes->count = l->steps;
    modes->values = s->target;
    modes->vectors = s->stacked;
    modes->components = s->stacked + (size_t)k * (size_t)k;
    if (!linalg_eigen_tridiagonal(k, l->diagonal, l->off, modes->values, modes->vectors, s->error)) return false;
    for (int i = 0; i < k; i++) modes->components[i] = s->norm * modes->vectors[(size_t)i * (size_t)k];
    return true;
}

static double length_of(const struct modes *modes, double shift) {
    double sum = 0;
    for (int i = 0; i < modes->count; i++) {
        double scale = fabs(modes->values[i]) + shift;
        sum = hypot(sum, scale > 0 ? modes->components[i] / scale : 0);
    }
    return sum;
}

/* Up along the `index` lowest modes, down along the others, each by c/(|λ| + ν) with ν ≥ 0 such that the step is no
 * longer than `radius`. Fills `step` and, in `change`, H · step. */
static void follow(struct seeker *s, const struct modes *modes, int index, double radius, double *change) {
    double low = 0, high = 0;
    int n = s->n, count = modes->count;
    if (length_of(modes, 0) > radius) {
        high = s->norm / radius; /* long enough a shift for any H */
        for (int i = 0; i < 60; i++) {
            double middle = (low + high) / 2;
            *(length_of(modes, middle) > radius ? &low : &high) = middle;
        }
    }
    memset(s->step, 0, (size_t)n * sizeof *s->step);
    memset(change, 0, (size_t)n * sizeof *change);
    double *in_basis = modes->vectors ? MEM_NEW(double, 2 * (size_t)count) : NULL;
    for (int i = 0; i < count; i++) {
        double scale = fabs(modes->values[i]) + high, along = scale > 0 ? modes->components[i] / scale : 0;
        if (i >= index) along = -along;
        if (modes->vectors) {
            linalg_axpy(count, along, modes->vectors + (size_t)i * (size_t)count, in_basis);
            linalg_axpy(count, along * modes->values[i], modes->vectors + (size_t)i * (size_t)count, in_basis + count);
        } else {
            linalg_axpy(n, along, s->vectors + (size_t)i * (size_t)n, s->step);
            linalg_axpy(n, along * modes->values[i], s->vectors + (size_t)i * (size_t)n, change);
        }
    }
    if (modes->vectors) {
        linalg_gemv(true, count, n, 1, s->lanczos->basis, n, in_basis, 0, s->step);
        linalg_gemv(true, count, n, 1, s->lanczos->basis, n, in_basis + count, 0, change);
    }
    free(in_basis);
}

/* To a critical point with `index` (−1: as many as here) directions of negative curvature (Cerjan & Miller 1981, Wales
 * 1994). ‖g‖ may rise on the way, which leads out of the places where g lies in the null space. The radius follows how
 * well the model foretold the gradient. */
static bool wander(struct seeker *s, struct seek_result *result, int index, double tolerance, int limit) {
    double radius = RADIUS * (1 + linalg_norm(s->n, s->theta)), *change = MEM_NEW(double, s->n);
    double loss = s->loss; /* at theta: the gradient was just asked for there */
    bool ok = true, stale = true;
    struct modes modes = {0};
    result->ending = SEEK_LIMIT;
    for (int iteration = 0; ok && iteration < limit && s->norm > tolerance; iteration++) {
        ok = job_going(s->job, s->error) && (!stale || find_modes(s, &modes));
        if (!ok) break;
        if (index < 0)
            for (index = 0; index < modes.count && modes.values[index] < -HESSIAN_DEGENERATE * fmax(1, s->scale);) index++;
        result->flatness = flatness(s);
        follow(s, &modes, index < modes.count ? index : modes.count, radius, change);
        for (int i = 0; i < s->n; i++) s->trial[i] = s->theta[i] + s->step[i];
        double norm = norm_at(s, s->trial, s->trial_gradient), off = INFINITY, length = linalg_norm(s->n, s->step);
        if (isfinite(norm) && index == 0) { /* downhill, the loss is the better judge of a bent valley */
            double promised = -linalg_dot(s->n, s->gradient, s->step) - linalg_dot(s->n, change, s->step) / 2;
            double rounding = 1e-15 * (fabs(loss) + fabs(s->loss));
            off = promised > 8 * rounding ? 1 - (loss - s->loss) / promised : norm < s->norm ? 0 : 1;
            off = fabs(off) / 1.5; /* a third of what was promised is enough */
        } else if (isfinite(norm)) {
            linalg_axpy(s->n, 1, s->gradient, change);
            double foretold = linalg_norm(s->n, change);
            linalg_axpy(s->n, -1, s->trial_gradient, change);
            off = linalg_norm(s->n, change) / fmax(s->norm, fmax(norm, foretold));
        }
        stale = off < 0.5;
        if (stale) {
            accept(s, norm);
            loss = s->loss;
            result->iterations++;
            note_progress(s, result->start_norm, tolerance);
        }
        if (off > 0.25) radius = length / 2;
        else if (off < 0.1) radius = fmax(radius, 2 * length);
        if (!(radius > 1e-14 * (1 + linalg_norm(s->n, s->theta)))) {
            result->ending = result->flatness < FLATNESS ? SEEK_FLAT : SEEK_STALLED;
            break;
        }
    }
    if (ok && s->norm <= tolerance) result->ending = SEEK_FOUND;
    free(change);
    return ok;
}

/* The three ways in turn, each from the start; where none arrives, the first one's end stands. */
static bool try_all(struct seeker *s, struct seek_result *result, double tolerance, int limit) {
    size_t bytes = (size_t)s->n * sizeof *s->theta;
    double *end = MEM_NEW(double, s->n);
    struct seek_result first;
    bool ok = search(s, result, tolerance, limit);
    first = *result;
    memcpy(end, s->theta, bytes);
    for (int method = SEEK_EIGENVECTORS; ok && result->ending != SEEK_FOUND && method <= SEEK_DESCENT; method++) {
        memcpy(s->theta, s->params->theta, bytes);
        s->norm = norm_at(s, s->theta, s->gradient);
        ok = wander(s, result, method == SEEK_DESCENT ? 0 : -1, tolerance, limit);
        if (ok && result->ending != SEEK_FOUND) ok = search(s, result, tolerance, limit);
        result->method = (enum seek_method)method;
    }
    if (ok && result->ending != SEEK_FOUND) {
        first.iterations = result->iterations;
        *result = first;
        memcpy(s->theta, end, bytes);
        s->norm = norm_at(s, s->theta, s->gradient);
    }
    free(end);
    return ok;
}

static void prepare(struct seeker *s, bool dense) {
    size_t n = (size_t)s->n;
    double **const vectors[] = {&s->theta, &s->gradient, &s->trial, &s->trial_gradient, &s->step,
                               &s->corrected, &s->corrected_gradient, &s->product, &s->components};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) *vectors[i] = MEM_NEW(double, n);
    s->evaluator = evaluator_create(objective_exact(s->params->objective));
    if (dense) {
        s->hessian = MEM_NEW(double, n *n);
        s->vectors = MEM_NEW(double, n *n);
        s->values = MEM_NEW(double, n);
    } else {
        int krylov = s->params->krylov > 0 ? s->params->krylov : KRYLOV;
        if (krylov > s->n) krylov = s->n;
        s->lanczos = lanczos_create(s->n, krylov);
        s->stacked = MEM_NEW(double, (2 * (size_t)krylov + 1) * (size_t)krylov + 1);
        s->target = MEM_NEW(double, 2 * (size_t)krylov + 1);
        s->rest = MEM_NEW(double, krylov + 1);
    }
}

static void release(struct seeker *s) {
    double *const vectors[] = {s->theta,   s->gradient, s->trial,   s->trial_gradient, s->step,   s->product,
                               s->components, s->hessian,  s->vectors, s->values,         s->stacked, s->target,
                               s->rest,    s->corrected, s->corrected_gradient};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) free(vectors[i]);
    lanczos_destroy(&s->lanczos);
    evaluator_destroy(&s->evaluator);
}

struct seek_result *critical_seek(const struct seek_params *params, struct job *job, struct error *error) {
    struct error own = {0};
    struct seeker s = {
        .params = params, .n = objective_dimension(params->objective), .job = job, .error = &own};
    struct seek_result *result = MEM_NEW(struct seek_result, 1);
    result->n = s.n;
    prepare(&s, s.n <= (params->dense > 0 ? params->dense : DENSE));
    memcpy(s.theta, params->theta, (size_t)s.n * sizeof *s.theta);
    s.norm = result->start_norm = finite_all(s.n, s.theta) ? norm_at(&s, s.theta, s.gradient) : INFINITY;
    bool ok = isfinite(s.norm) || error_set(&own, ERROR_INPUT, "loss or gradient are not finite where the search starts");
    ok = ok && try_all(&s, result, params->tolerance > 0 ? params->tolerance : TOLERANCE,
                       params->iterations > 0 ? params->iterations : ITERATIONS);
    if (ok) {
        result->theta = MEM_NEW(double, s.n);
        memcpy(result->theta, s.theta, (size_t)s.n * sizeof *s.theta);
        result->loss = evaluator_loss(s.evaluator, s.theta, NULL);
        result->gradient_norm = s.norm;
        result->products = s.products;
        linalg_axpy(s.n, -1, params->theta, s.theta);
        result->distance = linalg_norm(s.n, s.theta);
    } else {
        error_set(error, own.kind, "%s", own.message);
        seek_result_destroy(&result);
    }
    release(&s);
    return result;
}

const char *seek_result_verdict(const struct seek_result *result, char *out, size_t size) {
    char norm[NUMBER_TEXT], flat[NUMBER_TEXT];
    number_text(result->gradient_norm, 2, norm);
    number_text(result->flatness, 2, flat);
    switch (result->ending) {
    case SEEK_FOUND: snprintf(out, size, "found: ‖g‖ is %s after %d steps", norm, result->iterations); break;
    case SEEK_FLAT:
        snprintf(out, size, "no critical point: ‖g‖ stays at %s, because the gradient lies in the Hessian’s null space (‖Hg‖ is "
                            "%s of ‖H‖‖g‖)", norm, flat);
        break;
    case SEEK_STALLED:
        snprintf(out, size, "no critical point: ‖g‖ stays at %s; no step makes it notably smaller (‖Hg‖ is %s of ‖H‖‖g‖)", norm,
                 flat);
        break;
    case SEEK_LIMIT:
        snprintf(out, size, "not there yet: ‖g‖ is %s after all %d steps allowed", norm, result->iterations);
        break;
    }
    return out;
}

/* ---- away from it -------------------------------------------------------------------------------------------------- */

struct escape critical_escape(const struct objective *objective, const double *at, const double *direction, double *theta) {
    int n = objective_dimension(objective);
    struct evaluator *evaluator = evaluator_create(objective_exact(objective));
    double *trial = MEM_NEW(double, n), start = evaluator_loss(evaluator, at, NULL);
    struct escape escape = {.loss = {start, start}};
    for (int side = 0; side < 2; side++) {
        double *best = theta + (size_t)side * (size_t)n, step = 1e-3 * (1 + linalg_norm(n, at)), sign = side == 0 ? 1 : -1;
        memcpy(best, at, (size_t)n * sizeof *best);
        /* First down to a step that goes down at all, then up as long as it goes further down. */
        for (int halvings = 0, doublings = 0; halvings < 24 && doublings < 40;) {
            for (int i = 0; i < n; i++) trial[i] = at[i] + sign * step * direction[i];
            double loss = evaluator_loss(evaluator, trial, NULL);
            if (loss < escape.loss[side]) {
                escape.loss[side] = loss;
                escape.step[side] = step;
                memcpy(best, trial, (size_t)n * sizeof *best);
                if (halvings > 0) break;
                step *= 2;
                doublings++;
            } else if (escape.step[side] > 0) {
                break;
            } else {
                step /= 2;
                halvings++;
            }
        }
    }
    free(trial);
    evaluator_destroy(&evaluator);
    return escape;
}
