/* torch.optim.LBFGS: one update is a whole run of quasi-Newton iterations on one batch, with or without a line search
 * to the strong Wolfe conditions. Order of work and quirks are PyTorch's, so that it asks for as many evaluations. */
#include "base/linalg.h"
#include "optimize/optimizer_class.h"

#include <math.h>
#include <string.h>

enum { LR, MAX_ITER, MAX_EVAL, TOLERANCE_GRAD, TOLERANCE_CHANGE, HISTORY_SIZE, STRONG_WOLFE, COUNT };
enum { DIRECTION, PREV_FLAT_GRAD, VECTORS };
enum { T, H_DIAG, ITERATIONS, FIRST, PAIRS, CAPACITY }; /* FIRST, PAIRS: where the ring of pairs begins, how many */

#define PARAMETER_TOLERANCE(tolerance_name, initial_value, what)                                                       \
    {                                                                                                                  \
        .name = tolerance_name, .initial = (initial_value), .low = 0, .high = 1e6, .slider_low = 1e-12,                \
        .slider_high = 1e-2, .logarithmic = true, .help = what                                                         \
    }

static const struct optimizer_parameter parameters[COUNT] = {
    [LR] = PARAMETER_LR(1),
    [MAX_ITER] = {.name = "max_iter",
                  .initial = 20,
                  .low = 1,
                  .high = 10000,
                  .slider_low = 1,
                  .slider_high = 50,
                  .whole = true,
                  .help = "iterations in one update"},
    [MAX_EVAL] = {.name = "max_eval",
                  .initial = 0,
                  .low = 0,
                  .high = 1e6,
                  .slider_low = 0,
                  .slider_high = 100,
                  .whole = true,
                  .help = "evaluations after which an update ends; 0: max_iter · 5/4"},
    [TOLERANCE_GRAD] = PARAMETER_TOLERANCE("tolerance_grad", 1e-7, "an update ends where no slope is steeper"),
    [TOLERANCE_CHANGE] = PARAMETER_TOLERANCE("tolerance_change", 1e-9, "an update ends where θ or L change less"),
    [HISTORY_SIZE] = {.name = "history_size",
                      .initial = 100,
                      .low = 1,
                      .high = 1000,
                      .slider_low = 1,
                      .slider_high = 100,
                      .whole = true,
                      .help = "how many pairs (s, y) of moves and changes of slope are remembered"},
    [STRONG_WOLFE] = PARAMETER_FLAG("strong_wolfe", 0, "search along each direction; off: go lr of it"),
};

/* ---- work space ---------------------------------------------------------------------------------------------------
 */

struct work {
    double *start, *flat_grad, *trial, *before, *ends[2]; /* (n) each */
    double *changes, *moves;                              /* (history × n) y and s */
    double *inverse, *alpha;                              /* (history) 1/yᵀs, and the first loop's factors */
};

static size_t scratch(const struct optimizer *optimizer) {
    size_t n = (size_t)optimizer->n, history = (size_t)optimizer->values[HISTORY_SIZE];
    return 6 * n + 2 * history * n + 2 * history;
}

static struct work lay_out(const struct optimizer *optimizer) {
    size_t n = (size_t)optimizer->n, history = (size_t)optimizer->values[HISTORY_SIZE];
    double *at = optimizer->scratch;
    struct work work = {.start = at, .flat_grad = at + n, .trial = at + 2 * n, .before = at + 3 * n};
    work.ends[0] = at + 4 * n;
    work.ends[1] = at + 5 * n;
    work.changes = at + 6 * n;
    work.moves = work.changes + history * n;
    work.inverse = work.moves + history * n;
    work.alpha = work.inverse + history;
    return work;
}

static double largest(int n, const double *x) {
    double most = 0;
    for (int i = 0; i < n; i++)
        if (!(fabs(x[i]) <= most)) most = fabs(x[i]);
    return most;
}

/* ---- the direction ------------------------------------------------------------------------------------------------
 */

static size_t ring_place(const struct optimizer *optimizer, int pair) {
    return ((size_t)optimizer->scalars[FIRST] + (size_t)pair) % (size_t)optimizer->values[HISTORY_SIZE];
}

/* Takes in y = g − g_before and s = t·d, when they show an upward curvature. */
static void remember(struct optimizer *optimizer, const struct work *work) {
    double *scalars = optimizer->scalars;
    int n = optimizer->n, history = (int)optimizer->values[HISTORY_SIZE], pairs = (int)scalars[PAIRS];
    const double *d = optimizer_state(optimizer, DIRECTION), *before = optimizer_state(optimizer, PREV_FLAT_GRAD);
    double *y = work->before, *s = work->trial;
    for (int i = 0; i < n; i++) {
        y[i] = work->flat_grad[i] - before[i];
        s[i] = d[i] * scalars[T];
    }
    double ys = linalg_dot(n, y, s);
    if (!(ys > 1e-10)) return;
    if (pairs == history)
        scalars[FIRST] = (double)ring_place(optimizer, 1);
    else
        scalars[PAIRS] = ++pairs;
    size_t place = ring_place(optimizer, pairs - 1), size = (size_t)n * sizeof *y;
    memcpy(work->changes + place * (size_t)n, y, size);
    memcpy(work->moves + place * (size_t)n, s, size);
    work->inverse[place] = 1 / ys;
    scalars[H_DIAG] = ys / linalg_dot(n, y, y);
}

/* d = −H g by the two loops of Nocedal 1980 (Nocedal & Wright 2006, algorithm 7.4). */
static void find_direction(struct optimizer *optimizer, const struct work *work) {
    int n = optimizer->n, pairs = (int)optimizer->scalars[PAIRS];
    double *d = optimizer_state(optimizer, DIRECTION);
    for (int i = 0; i < n; i++) d[i] = -work->flat_grad[i];
    for (int k = pairs - 1; k >= 0; k--) {
        size_t place = ring_place(optimizer, k), at = place * (size_t)n;
        work->alpha[k] = linalg_dot(n, work->moves + at, d) * work->inverse[place];
        linalg_axpy(n, -work->alpha[k], work->changes + at, d);
    }
    linalg_scale(n, optimizer->scalars[H_DIAG], d);
    for (int k = 0; k < pairs; k++) {
        size_t place = ring_place(optimizer, k), at = place * (size_t)n;
        double beta = linalg_dot(n, work->changes + at, d) * work->inverse[place];
        linalg_axpy(n, work->alpha[k] - beta, work->moves + at, d);
    }
}

/* ---- the line search ----------------------------------------------------------------------------------------------
 */

/* A point t along the direction: the loss there and its slope along it. */
struct probe {
    double t, loss, slope;
};

/* Where the cubic through both ends' losses and slopes is lowest, within [low, high]; their middle when nowhere. */
static double interpolate(struct probe a, struct probe b, double low, double high) {
    double d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t), square = d1 * d1 - a.slope * b.slope;
    if (!(square >= 0)) return (low + high) / 2;
    double d2 = sqrt(square), at;
    if (a.t <= b.t)
        at = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2));
    else
        at = a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2));
    return fmin(fmax(at, low), high);
}

struct search {
    struct optimizer *optimizer;
    const struct optimizer_problem *problem;
    const struct work *work;
    const double *direction;
    double *theta; /* where trials are put together */
};

/* The gradient there is left in work->trial. */
static struct probe try_at(const struct search *search, double t) {
    int n = search->optimizer->n;
    for (int i = 0; i < n; i++) search->theta[i] = search->work->start[i] + t * search->direction[i];
    double loss = optimizer_look(search->optimizer, search->problem, search->theta, search->work->trial);
    return (struct probe){.t = t, .loss = loss, .slope = linalg_dot(n, search->work->trial, search->direction)};
}

/* A step to the strong Wolfe conditions, c₁ = 1e-4 and c₂ = 0.9 (Nocedal & Wright 2006, algorithms 3.5 and 3.6): first
 * ever longer ones until two ends hold such a step between them, then from within. The step taken is returned, its
 * gradient left in work->flat_grad, and how many were tried in `tried`. */
static struct probe search_line(const struct search *search, double t, double loss, double slope, double tolerance,
                                int *tried) {
    const struct work *work = search->work;
    int n = search->optimizer->n, round = 0;
    enum { ROUNDS = 25 };
    const double c1 = 1e-4, c2 = 0.9;
    size_t size = (size_t)n * sizeof(double);
    double length = largest(n, search->direction);
    struct probe before = {.loss = loss, .slope = slope}, now = try_at(search, t), ends[2];
    *tried = 1;
    memcpy(work->before, work->flat_grad, size);
    bool done = false;
    for (; round < ROUNDS; round++) {
        bool up = now.loss > loss + c1 * now.t * slope || (round > 1 && now.loss >= before.loss);
        done = !up && fabs(now.slope) <= -c2 * slope;
        if (up || done || now.slope >= 0) break;
        double least = now.t + 0.01 * (now.t - before.t), next = interpolate(before, now, least, now.t * 10);
        before = now;
        memcpy(work->before, work->trial, size);
        now = try_at(search, next);
        ++*tried;
    }
    if (done) {
        memcpy(work->flat_grad, work->trial, size);
        return now;
    }
    ends[0] = before;
    ends[1] = now;
    memcpy(work->ends[0], work->before, size);
    memcpy(work->ends[1], work->trial, size);
    if (round == ROUNDS) {
        ends[0] = (struct probe){.loss = loss, .slope = slope};
        memcpy(work->ends[0], work->flat_grad, size);
    }
    bool slow = false;
    int low = ends[0].loss <= ends[1].loss ? 0 : 1;
    while (!done && round < ROUNDS && !(fabs(ends[1].t - ends[0].t) * length < tolerance)) {
        double left = fmin(ends[0].t, ends[1].t), right = fmax(ends[0].t, ends[1].t), margin = 0.1 * (right - left);
        double at = interpolate(ends[0], ends[1], left, right);
        if (fmin(right - at, at - left) < margin) { /* so near an end that little is won: the second time, move in */
            if (slow || at >= right || at <= left) {
                at = fabs(at - right) < fabs(at - left) ? right - margin : left + margin;
                slow = false;
            } else {
                slow = true;
            }
        } else {
            slow = false;
        }
        now = try_at(search, at);
        ++*tried;
        round++;
        if (now.loss > loss + c1 * at * slope || now.loss >= ends[low].loss) {
            ends[1 - low] = now;
            memcpy(work->ends[1 - low], work->trial, size);
            low = ends[0].loss <= ends[1].loss ? 0 : 1;
            continue;
        }
        if (fabs(now.slope) <= -c2 * slope) {
            done = true;
        } else if (now.slope * (ends[1 - low].t - ends[low].t) >= 0) {
            ends[1 - low] = ends[low];
            memcpy(work->ends[1 - low], work->ends[low], size);
        }
        ends[low] = now;
        memcpy(work->ends[low], work->trial, size);
    }
    memcpy(work->flat_grad, work->ends[low], size);
    return ends[low];
}

/* ---- an update ----------------------------------------------------------------------------------------------------
 */

/* A shorter or longer memory begins anew. */
static void forget(struct optimizer *optimizer) {
    memset(optimizer->scalars, 0, sizeof optimizer->scalars);
    optimizer->scalars[H_DIAG] = 1;
    optimizer->scalars[CAPACITY] = optimizer->values[HISTORY_SIZE];
}

static void step_on(struct optimizer *optimizer, const struct optimizer_problem *problem, double *theta,
                    const double *gradient, double rate) {
    const double *v = optimizer->values;
    double *scalars = optimizer->scalars, *d = optimizer_state(optimizer, DIRECTION);
    if (scalars[CAPACITY] != v[HISTORY_SIZE]) forget(optimizer);
    struct work work = lay_out(optimizer);
    int n = optimizer->n, limit = (int)v[MAX_ITER], most = v[MAX_EVAL] > 0 ? (int)v[MAX_EVAL] : limit * 5 / 4;
    size_t size = (size_t)n * sizeof *theta;
    memcpy(work.flat_grad, gradient, size);
    double loss = problem->loss, lr = v[LR] * rate;
    bool optimal = largest(n, gradient) <= v[TOLERANCE_GRAD];
    for (int iteration = 1, evaluations = 1; !optimal && iteration <= limit; iteration++) {
        bool first = ++scalars[ITERATIONS] == 1;
        if (!first) remember(optimizer, &work);
        find_direction(optimizer, &work);
        memcpy(optimizer_state(optimizer, PREV_FLAT_GRAD), work.flat_grad, size);
        double loss_before = loss, slope = linalg_dot(n, work.flat_grad, d), t = lr;
        if (first) {
            double sum = 0;
            for (int i = 0; i < n; i++) sum += fabs(work.flat_grad[i]);
            t = fmin(1, 1 / sum) * lr;
        }
        scalars[T] = t;
        if (slope > -v[TOLERANCE_CHANGE]) break;
        if (v[STRONG_WOLFE] != 0) {
            int tried;
            memcpy(work.start, theta, size);
            const struct search search = {optimizer, problem, &work, d, theta};
            struct probe found = search_line(&search, t, loss, slope, v[TOLERANCE_CHANGE], &tried);
            scalars[T] = t = found.t;
            loss = found.loss;
            evaluations += tried;
            for (int i = 0; i < n; i++) theta[i] = work.start[i] + t * d[i];
        } else {
            linalg_axpy(n, t, d, theta);
            if (iteration < limit) {
                loss = optimizer_look(optimizer, problem, theta, work.flat_grad);
                evaluations++;
            }
        }
        if (evaluations >= most || largest(n, work.flat_grad) <= v[TOLERANCE_GRAD]) break;
        if (fabs(t) * largest(n, d) <= v[TOLERANCE_CHANGE] || fabs(loss - loss_before) < v[TOLERANCE_CHANGE]) break;
    }
}

const struct optimizer_class optimizer_lbfgs = {
    .name = "lbfgs",
    .title = "L-BFGS",
    .rule = "θ ← θ + td,  d = −Hg, H ≈ (∇²L)⁻¹ from the last pairs s = Δθ, y = Δg;  max_iter times an update",
    .source = "Liu & Nocedal 1989, On the limited memory BFGS method for large scale optimization",
    .parameters = parameters,
    .parameter_count = COUNT,
    .vectors = {"d", "prev_flat_grad"},
    .vector_count = VECTORS,
    .scratch = scratch,
    .reset = forget,
    .step_on = step_on,
    .terms = {[ROLE_OTHER] = "quasi-Newton"},
};
