#include "analyze/analyze.h"

#include "analyze/critical_search.h"
#include "base/memory.h"
#include "base/threads.h"

#include <assert.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH = 3,          /* times a cell of the first grid may be quartered */
    CELLS_MAX = 160000, /* in one generation: bounds the search of an objective that is rough at every scale */
    CHUNK = 64,         /* items a thread takes at a time */
    THREADS_MAX = 64,
};
static const double TRUST =
    1.5; /* the Hessian's spread over a cell is read from five points: taken half as large again */

enum verdict { VERDICT_EMPTY, VERDICT_FLAT, VERDICT_QUARTER, VERDICT_START };

struct cell {
    int depth, column, row;
    enum verdict verdict;
    double curvature; /* ‖S H S‖ at the centre, NaN where it is not finite */
};

struct critical_search {
    struct critical_params params;    /* immutable after create */
    int threads;                      /* immutable */
    struct field fields[THREADS_MAX]; /* each its thread's own */
    atomic_bool cancel;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool finished; /* guarded by lock; what follows belongs to the search's thread until then, and is immutable after */
    struct critical_point *points;
    size_t count;
    bool complete;

    pthread_t thread;
};

static bool search_stopped(const void *context) {
    return atomic_load_explicit(&((struct critical_search *)context)->cancel, memory_order_relaxed);
}

/* ---- the same work on many items, by all threads
 * --------------------------------------------------------------------- */

struct sweep {
    struct critical_search *search;
    void (*work)(const struct field *field, void *items, size_t index);
    void *items;
    size_t count;
    atomic_size_t next;
};

struct sweeper {
    struct sweep *sweep;
    const struct field *field;
};

static void *sweep_part(void *argument) {
    struct sweeper *sweeper = argument;
    struct sweep *sweep = sweeper->sweep;
    while (!search_stopped(sweep->search)) {
        size_t first = atomic_fetch_add(&sweep->next, CHUNK);
        if (first >= sweep->count) break;
        for (size_t i = first; i < first + CHUNK && i < sweep->count; i++) sweep->work(sweeper->field, sweep->items, i);
    }
    return NULL;
}

/* Each item's result depends on the item alone, so that the thread count changes nothing. */
static void sweep_all(struct critical_search *search, void (*work)(const struct field *, void *, size_t), void *items,
                      size_t count) {
    struct sweep sweep = {.search = search, .work = work, .items = items, .count = count};
    struct sweeper sweepers[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    int helpers = 0;
    for (int i = 0; i < search->threads; i++) sweepers[i] = (struct sweeper){&sweep, &search->fields[i]};
    while (helpers + 1 < search->threads && (size_t)(helpers + 1) * CHUNK < count) {
        thread_start(&threads[helpers], "critical", sweep_part, &sweepers[helpers + 1]);
        helpers++;
    }
    sweep_part(&sweepers[0]);
    for (int i = 0; i < helpers; i++) pthread_join(threads[i], NULL);
}

/* ---- cells
 * ------------------------------------------------------------------------------------------------------------ */

static void cell_point(const struct field *field, const struct cell *cell, double across, double up, double x[2]) {
    double count = CELLS * (double)(1 << cell->depth);
    double t[2] = {(cell->column + across) / count, (cell->row + up) / count};
    for (int k = 0; k < 2; k++) x[k] = field->low[k] * (1 - t[k]) + field->high[k] * t[k];
}

/* May there be a zero of the gradient in the cell? With h half its side and |H_kj| ≤ M_kj + D_kj there (largest
 * magnitude and spread over the centre and the corners), component k moves by at most h Σ_j (M_kj + 2 D_kj) from its
 * value at the centre. Where the Hessian is steady, K = max ‖H_c⁻¹ (H − H_c)‖ ≤ ½, Newton's step from the centre also
 * tells: a zero in the cell lies within K h of where it leads, and there is at most one. */
static void cell_judge(const struct field *field, void *items, size_t index) {
    struct cell *cell = (struct cell *)items + index;
    struct jet jets[5];
    int finite = 0, flat = 0;
    for (int i = 0; i < 5; i++) {
        double x[2];
        cell_point(field, cell, i == 0 ? 0.5 : (i - 1) & 1, i == 0 ? 0.5 : (i - 1) >> 1, x);
        bool exists = field_jet(field, x, &jets[i]);
        if (i == 0) cell->curvature = exists ? hessian_norm(jets[0].hessian) : NAN;
        finite += exists;
        flat += exists && jet_flat(&jets[i]);
    }
    bool last = cell->depth == DEPTH;
    if (flat == 5)
        cell->verdict = VERDICT_FLAT;
    else if (finite == 0)
        cell->verdict = VERDICT_EMPTY;
    else if (finite < 5)
        cell->verdict = last ? VERDICT_START : VERDICT_QUARTER;
    if (flat == 5 || finite < 5) return;

    double half = 0.5 / (CELLS * (double)(1 << cell->depth)), bound[3], steady = 0;
    const double *g = jets[0].gradient, *h = jets[0].hessian;
    for (int e = 0; e < 3; e++) {
        double low = h[e], high = h[e];
        for (int i = 1; i < 5; i++) {
            low = fmin(low, jets[i].hessian[e]);
            high = fmax(high, jets[i].hessian[e]);
        }
        bound[e] = fmax(fabs(low), fabs(high)) + 2 * (high - low);
    }
    cell->verdict = VERDICT_EMPTY;
    if (fabs(g[0]) > half * (bound[0] + bound[1]) || fabs(g[1]) > half * (bound[1] + bound[2])) return;

    cell->verdict = last ? VERDICT_START : VERDICT_QUARTER;
    double determinant = h[0] * h[2] - h[1] * h[1];
    if (!(fabs(determinant) > 1e-12 * (h[0] * h[0] + 2 * h[1] * h[1] + h[2] * h[2]))) return;
    double inverse[3] = {h[2] / determinant, -h[1] / determinant, h[0] / determinant};
    for (int i = 1; i < 5; i++) {
        double d[3] = {jets[i].hessian[0] - h[0], jets[i].hessian[1] - h[1], jets[i].hessian[2] - h[2]};
        double top = fabs(inverse[0] * d[0] + inverse[1] * d[1]) + fabs(inverse[0] * d[1] + inverse[1] * d[2]);
        double bottom = fabs(inverse[1] * d[0] + inverse[2] * d[1]) + fabs(inverse[1] * d[1] + inverse[2] * d[2]);
        steady = fmax(steady, TRUST * fmax(top, bottom));
    }
    if (!(steady <= 0.5)) return;
    double step = fmax(fabs(inverse[0] * g[0] + inverse[1] * g[1]), fabs(inverse[1] * g[0] + inverse[2] * g[1]));
    cell->verdict = step <= 1.2 * (1 + steady) * half ? VERDICT_START : VERDICT_EMPTY;
}

struct start {
    struct cell cell;
    struct root root;
    bool converged;
};

static void start_refine(const struct field *field, void *items, size_t index) {
    struct start *start = (struct start *)items + index;
    double x[2];
    cell_point(field, &start->cell, 0.5, 0.5, x);
    start->converged = root_refine(field, x, false, INFINITY, &start->root);
}

static int compare_doubles(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

/* The median over the cells where the Hessian is not zero. */
static double typical_curvature(const struct cell *cells, size_t count) {
    double *values = MEM_NEW(double, count);
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (cells[i].curvature > 0) values[used++] = cells[i].curvature;
    qsort(values, used, sizeof *values, compare_doubles);
    double median = used > 0 ? values[used / 2] : 0;
    free(values);
    return median;
}

/* Quarters the cells that may hold a zero, generation by generation; `flat` (CELLS × CELLS) is filled by the first.
 * Returns the starts for Newton's method, freed by the caller. */
static struct start *find_starts(struct critical_search *search, bool *flat, size_t *start_count) {
    struct start *starts = NULL;
    size_t capacity = 0, count = (size_t)CELLS * CELLS;
    struct cell *cells = MEM_NEW(struct cell, count);
    for (size_t i = 0; i < count; i++) cells[i] = (struct cell){.column = (int)(i % CELLS), .row = (int)(i / CELLS)};
    *start_count = 0;
    for (int depth = 0; count > 0 && !search_stopped(search); depth++) {
        sweep_all(search, cell_judge, cells, count);
        if (search_stopped(search)) break;
        if (depth == 0) {
            double curvature = typical_curvature(cells, count);
            for (int i = 0; i < search->threads; i++) search->fields[i].curvature = curvature;
            for (size_t i = 0; i < count; i++) flat[i] = cells[i].verdict == VERDICT_FLAT;
        }
        size_t quarter = 0, next_count = 0;
        for (size_t i = 0; i < count; i++) quarter += cells[i].verdict == VERDICT_QUARTER;
        bool deeper = quarter > 0 && 4 * quarter <= CELLS_MAX;
        if (quarter > 0 && !deeper) search->complete = false;
        struct cell *next = MEM_NEW(struct cell, deeper ? 4 * quarter : 0);
        for (size_t i = 0; i < count; i++) {
            struct cell cell = cells[i];
            bool flat_inside =
                depth > 0 && cell.verdict == VERDICT_FLAT; /* part of a first cell: a start tells of it */
            if (cell.verdict == VERDICT_START || flat_inside || (cell.verdict == VERDICT_QUARTER && !deeper)) {
                MEM_GROW(starts, capacity, *start_count + 1);
                starts[(*start_count)++] = (struct start){.cell = cell};
            } else if (cell.verdict == VERDICT_QUARTER) {
                for (int k = 0; k < 4; k++)
                    next[next_count++] = (struct cell){
                        .depth = depth + 1, .column = 2 * cell.column + (k & 1), .row = 2 * cell.row + (k >> 1)};
            }
        }
        free(cells);
        cells = next;
        count = next_count;
    }
    free(cells);
    return starts;
}

/* ---- the job
 * ----------------------------------------------------------------------------------------------------------- */

static int compare_points(const void *left, const void *right) {
    const struct eigen_report *a = ((const struct critical_point *)left)->report;
    const struct eigen_report *b = ((const struct critical_point *)right)->report;
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    if (a->loss != b->loss) return a->loss < b->loss ? -1 : 1;
    for (int k = 0; k < 2; k++)
        if (a->at[k] != b->at[k]) return a->at[k] < b->at[k] ? -1 : 1;
    return 0;
}

static void report_points(struct critical_search *search, const struct found *found, size_t count) {
    search->points = MEM_NEW(struct critical_point, count);
    for (size_t i = 0; i < count && !search_stopped(search); i++) {
        double x[2] = {found[i].x[0] + 0.0, found[i].x[1] + 0.0}; /* no negative zero */
        struct eigen_report *report = hessian_analyze(search->params.objective, x, NULL);
        if (report && found[i].valley && report->kind != POINT_NOT_CRITICAL) report->kind = POINT_DEGENERATE;
        if (report && report->kind != POINT_NOT_CRITICAL)
            search->points[search->count++] = (struct critical_point){report, found[i].valley};
        else
            eigen_report_destroy(&report);
    }
    qsort(search->points, search->count, sizeof *search->points, compare_points);
}

static void clear_points(struct critical_search *search) {
    for (size_t i = 0; i < search->count; i++) {
        struct eigen_report *report = (struct eigen_report *)search->points[i].report;
        eigen_report_destroy(&report);
    }
    free(search->points);
    search->points = NULL;
    search->count = 0;
}

static void *search_work(void *argument) {
    struct critical_search *search = argument;
    thread_background();
    for (int i = 0; i < search->threads; i++) {
        struct field *field = &search->fields[i];
        field->evaluator = evaluator_create(search->params.objective);
        for (int k = 0; k < 2; k++) {
            field->low[k] = search->params.low[k];
            field->high[k] = search->params.high[k];
            field->side[k] = field->high[k] - field->low[k];
        }
    }
    bool *flat = MEM_NEW(bool, CELLS *CELLS);
    size_t start_count, root_count = 0, found_count;
    struct start *starts = find_starts(search, flat, &start_count);
    sweep_all(search, start_refine, starts, start_count);
    struct root *roots = MEM_NEW(struct root, start_count);
    for (size_t i = 0; i < start_count; i++)
        if (starts[i].converged) roots[root_count++] = starts[i].root;
    struct found *found;
    bool cut;
    found_count = roots_gather(&search->fields[0], roots, root_count, flat, search_stopped, search, &found, &cut);
    search->complete = search->complete && !cut;
    report_points(search, found, found_count);
    if (search_stopped(search)) { /* part of them would look like all of them */
        clear_points(search);
        search->complete = false;
    }
    free(found);
    free(roots);
    free(starts);
    free(flat);
    for (int i = 0; i < search->threads; i++) evaluator_destroy(&search->fields[i].evaluator);

    pthread_mutex_lock(&search->lock);
    search->finished = true;
    pthread_cond_broadcast(&search->changed);
    pthread_mutex_unlock(&search->lock);
    if (search->params.wakeup) search->params.wakeup(search->params.wakeup_context);
    return NULL;
}

struct critical_search *critical_create(const struct critical_params *params, struct error *error) {
    assert(params->objective);
    int n = objective_dimension(params->objective);
    if (n != 2) {
        error_set(error, ERROR_INPUT, "critical points are searched for 2 parameters; this objective has %d", n);
        return NULL;
    }
    for (int k = 0; k < 2; k++)
        if (!isfinite(params->low[k]) || !isfinite(params->high[k]) || !(params->low[k] < params->high[k]) ||
            !isfinite(params->high[k] - params->low[k])) {
            error_set(error, ERROR_INPUT,
                      "the domain of variable %d is %g to %g; it must go from a smaller to a larger finite number",
                      k + 1, params->low[k], params->high[k]);
            return NULL;
        }
    if (params->threads < 0) {
        error_set(error, ERROR_INPUT, "%d threads; 1 or more, or 0 for all processors, would be right",
                  params->threads);
        return NULL;
    }
    struct critical_search *search = MEM_NEW(struct critical_search, 1);
    search->params = *params;
    search->complete = true;
    search->threads = params->threads ? params->threads : threads_available();
    if (search->threads > THREADS_MAX) search->threads = THREADS_MAX;
    pthread_mutex_init(&search->lock, NULL);
    pthread_cond_init(&search->changed, NULL);
    thread_start(&search->thread, "critical", search_work, search);
    return search;
}

void critical_cancel(struct critical_search *search) {
    atomic_store(&search->cancel, true);
}

void critical_wait(struct critical_search *search) {
    pthread_mutex_lock(&search->lock);
    while (!search->finished) pthread_cond_wait(&search->changed, &search->lock);
    pthread_mutex_unlock(&search->lock);
}

bool critical_finished(const struct critical_search *search) {
    struct critical_search *s = (struct critical_search *)search; /* only its lock is touched */
    pthread_mutex_lock(&s->lock);
    bool finished = s->finished;
    pthread_mutex_unlock(&s->lock);
    return finished;
}

void critical_destroy(struct critical_search **search) {
    if (!search || !*search) return;
    struct critical_search *s = *search;
    critical_cancel(s);
    pthread_join(s->thread, NULL);
    clear_points(s);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
    *search = NULL;
}

size_t critical_points(const struct critical_search *search, const struct critical_point **points) {
    *points = search->points;
    return search->count;
}

bool critical_complete(const struct critical_search *search) {
    return search->complete;
}
