#include "analyze/analyze.h"

#include "base/memory.h"
#include "base/threads.h"

#include <assert.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    COARSEST = 16,
    TILE_POINTS = 256, /* at most so many points a tile … */
    TILE_WORK =
        1 << 21, /* … and about so many parameter × sample visits, so that a cancel is heard within milliseconds */
    THREADS_MAX = 256,
};
static const double NEWS_SECONDS = 0.1; /* between two wake-ups within a level */

/* A cell holds the bits of a loss, or UNKNOWN: a NaN no computation yields, so that the grid is all the memory there
 * is. */
static const uint64_t UNKNOWN = 0x7ff8736164646c65u;

struct surface {
    struct surface_params params; /* immutable after create */
    struct plane *plane;          /* owned, immutable */
    int tile_points;              /* immutable */
    _Atomic uint64_t *grid;       /* (height × width) written by the worker that owns the tile, read by anyone */
    atomic_bool cancel;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* guarded by lock */
    int stride;              /* of the level at work */
    size_t level_points;     /* new points in that level */
    size_t next, level_done; /* of those: handed out, computed */
    size_t done, total;
    int complete; /* finest complete stride, 0: none */
    uint64_t revision;
    int working; /* threads not yet ended */
    bool finished;
    double started, ended, last_news;

    pthread_t threads[THREADS_MAX];
    int thread_count;
};

static double bits_to_loss(uint64_t bits) {
    double loss;
    memcpy(&loss, &bits, sizeof loss);
    return loss;
}

static uint64_t loss_to_bits(double loss) {
    uint64_t bits;
    if (!isfinite(loss)) loss = NAN;
    memcpy(&bits, &loss, sizeof bits);
    return bits;
}

static double between(double low, double high, int index, int count) {
    double t = (double)index / (count - 1);
    return low * (1 - t) + high * t;
}

double surface_a(const struct surface_params *params, int column) {
    return between(params->low[0], params->high[0], column, params->width);
}

double surface_b(const struct surface_params *params, int row) {
    return between(params->low[1], params->high[1], row, params->height);
}

/* ---- levels: which points are new at a stride -------------------------------------------------------------------- */

/* Every stride-th index and the last one, so that every level reaches the edges. */
static int level_count(int size, int stride) {
    return (size - 1) / stride + 1 + ((size - 1) % stride != 0);
}

static int level_index(int size, int stride, int k) {
    int index = k * stride;
    return index < size ? index : size - 1;
}

static bool level_has(int size, int stride, int index) {
    return index % stride == 0 || index == size - 1;
}

static size_t level_total(const struct surface_params *params, int stride) {
    return (size_t)level_count(params->width, stride) * (size_t)level_count(params->height, stride);
}

/* Computes positions first … first + count − 1 of the level's lattice, leaving out those a coarser level has. What goes
 * together into one call of the objective depends on the position alone, so the thread count cannot change a bit. */
static void compute_tile(struct surface *surface, struct evaluator *evaluator, int stride, size_t first, size_t count,
                         double *thetas, double *losses, size_t *places) {
    const struct surface_params *params = &surface->params;
    int columns = level_count(params->width, stride), n = surface->plane->n, points = 0;
    for (size_t position = first; position < first + count; position++) {
        int column = level_index(params->width, stride, (int)(position % (size_t)columns));
        int row = level_index(params->height, stride, (int)(position / (size_t)columns));
        if (stride < COARSEST && level_has(params->width, 2 * stride, column) &&
            level_has(params->height, 2 * stride, row))
            continue;
        places[points] = (size_t)row * (size_t)params->width + (size_t)column;
        plane_lift(surface->plane, surface_a(params, column), surface_b(params, row),
                   thetas + (size_t)points * (size_t)n);
        points++;
    }
    if (points == 0) return;
    evaluator_losses(evaluator, points, thetas, losses);
    for (int i = 0; i < points; i++)
        atomic_store_explicit(&surface->grid[places[i]], loss_to_bits(losses[i]), memory_order_relaxed);
}

/* Called with the lock held, when every point of the level is there. */
static void level_complete(struct surface *surface) {
    surface->complete = surface->stride;
    surface->revision++;
    surface->done = level_total(&surface->params, surface->stride);
    if (surface->stride == 1) {
        surface->finished = true;
    } else {
        surface->stride /= 2;
        surface->level_points = level_total(&surface->params, surface->stride);
        surface->next = surface->level_done = 0;
    }
    pthread_cond_broadcast(&surface->changed);
}

static void *surface_work(void *argument) {
    struct surface *surface = argument;
    thread_background();
    const struct surface_params *params = &surface->params;
    size_t tile = (size_t)surface->tile_points;
    struct evaluator *evaluator = evaluator_create(params->objective);
    double *thetas = MEM_NEW(double, tile *(size_t)surface->plane->n), *losses = MEM_NEW(double, tile);
    size_t *places = MEM_NEW(size_t, tile);

    pthread_mutex_lock(&surface->lock);
    while (!surface->finished && !atomic_load(&surface->cancel)) {
        if (surface->next == surface->level_points) { /* the rest of this level is in other hands */
            pthread_cond_wait(&surface->changed, &surface->lock);
            continue;
        }
        size_t first = surface->next;
        size_t count = surface->level_points - first < tile ? surface->level_points - first : tile;
        int stride = surface->stride;
        surface->next += count;
        pthread_mutex_unlock(&surface->lock);

        compute_tile(surface, evaluator, stride, first, count, thetas, losses, places);

        pthread_mutex_lock(&surface->lock);
        surface->level_done += count;
        double now = clock_seconds();
        bool news = surface->level_done == surface->level_points;
        if (news) level_complete(surface);
        news |= now - surface->last_news >= NEWS_SECONDS;
        if (news && params->wakeup) {
            surface->last_news = now;
            pthread_mutex_unlock(&surface->lock);
            params->wakeup(params->wakeup_context);
            pthread_mutex_lock(&surface->lock);
        }
    }
    surface->working--;
    bool last = surface->working == 0;
    if (last) surface->ended = clock_seconds();
    pthread_cond_broadcast(&surface->changed);
    bool stopped = last && !surface->finished;
    pthread_mutex_unlock(&surface->lock);
    if (stopped && params->wakeup) params->wakeup(params->wakeup_context);

    evaluator_destroy(&evaluator);
    free(thetas);
    free(losses);
    free(places);
    return NULL;
}

/* ---- the job ----------------------------------------------------------------------------------------------------- */

static bool params_valid(const struct surface_params *params, struct error *error) {
    for (int axis = 0; axis < 2; axis++) {
        int size = axis == 0 ? params->width : params->height;
        if (size < SURFACE_MIN || size > SURFACE_MAX)
            return error_set(error, ERROR_INPUT, "a grid of %d × %d points; each side must be %d to %d", params->width,
                             params->height, SURFACE_MIN, SURFACE_MAX);
        if (!isfinite(params->low[axis]) || !isfinite(params->high[axis]) || !(params->low[axis] < params->high[axis]))
            return error_set(error, ERROR_INPUT,
                             "the range of axis %d is %g to %g; it must go from a smaller to a larger finite number",
                             axis + 1, params->low[axis], params->high[axis]);
    }
    if (params->threads < 0)
        return error_set(error, ERROR_INPUT, "%d threads; 1 or more, or 0 for all processors, would be right",
                         params->threads);
    if (params->plane->n != objective_dimension(params->objective))
        return error_set(error, ERROR_INPUT,
                         "the plane lies among %d parameters and the objective has %d; they must agree",
                         params->plane->n, objective_dimension(params->objective));
    return true;
}

struct surface *surface_create(const struct surface_params *params, struct error *error) {
    assert(params->objective && params->plane);
    if (!params_valid(params, error)) return NULL;
    struct surface *surface = MEM_NEW(struct surface, 1);
    surface->params = *params;
    surface->plane = plane_copy(params->plane);
    surface->params.plane = surface->plane;
    size_t cells = (size_t)params->width * (size_t)params->height;
    surface->grid = mem_zalloc(cells, sizeof *surface->grid);
    for (size_t i = 0; i < cells; i++) atomic_init(&surface->grid[i], UNKNOWN);
    double visits = (double)objective_dimension(params->objective) * objective_samples(params->objective);
    surface->tile_points = (int)fmin(TILE_POINTS, fmax(1, TILE_WORK / visits));
    surface->stride = COARSEST;
    surface->level_points = level_total(&surface->params, COARSEST);
    surface->total = cells;
    surface->started = surface->last_news = clock_seconds();
    pthread_mutex_init(&surface->lock, NULL);
    pthread_cond_init(&surface->changed, NULL);

    int threads = params->threads ? params->threads : threads_available();
    size_t tiles = (cells - 1) / (size_t)surface->tile_points + 1;
    if (threads > THREADS_MAX) threads = THREADS_MAX;
    if ((size_t)threads > tiles) threads = (int)tiles;
    surface->thread_count = surface->working = threads;
    for (int i = 0; i < threads; i++) thread_start(&surface->threads[i], "surface", surface_work, surface);
    return surface;
}

void surface_cancel(struct surface *surface) {
    pthread_mutex_lock(&surface->lock);
    atomic_store(&surface->cancel, true);
    pthread_cond_broadcast(&surface->changed);
    pthread_mutex_unlock(&surface->lock);
}

void surface_wait(struct surface *surface) {
    pthread_mutex_lock(&surface->lock);
    while (surface->working > 0) pthread_cond_wait(&surface->changed, &surface->lock);
    pthread_mutex_unlock(&surface->lock);
}

void surface_destroy(struct surface **surface) {
    if (!surface || !*surface) return;
    struct surface *s = *surface;
    surface_cancel(s);
    for (int i = 0; i < s->thread_count; i++) pthread_join(s->threads[i], NULL);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    plane_destroy(&s->plane);
    free((void *)s->grid);
    free(s);
    *surface = NULL;
}

const struct surface_params *surface_params(const struct surface *surface) {
    return &surface->params;
}

struct surface_progress surface_progress(const struct surface *surface) {
    struct surface *s = (struct surface *)surface; /* only its lock is touched */
    pthread_mutex_lock(&s->lock);
    /* Positions a coarser level has already computed cost nothing, so they count in proportion, as nearly as can be. */
    size_t known = s->done;
    if (!s->finished) {
        double share = (double)s->level_done / (double)s->level_points;
        known += (size_t)(share * (double)(s->level_points - s->done));
    }
    struct surface_progress progress = {
        .done = (double)known / (double)s->total,
        .stride = s->complete,
        .eta = NAN,
        .finished = s->finished,
        .cancelled = !s->finished && atomic_load(&s->cancel),
        .revision = s->revision,
    };
    if (s->finished)
        progress.eta = 0;
    else if (known > 0 && !progress.cancelled)
        progress.eta = (clock_seconds() - s->started) * (double)(s->total - known) / (double)known;
    pthread_mutex_unlock(&s->lock);
    return progress;
}

/* ---- reading it -------------------------------------------------------------------------------------------------- */

/* The two level indices around `index` and the weight of the upper one. */
static void bracket(int size, int stride, int index, int *low, int *high, double *weight) {
    *low = index == size - 1 ? index : index / stride * stride;
    *high = *low == index ? index : (*low + stride < size ? *low + stride : size - 1);
    *weight = *high > *low ? (double)(index - *low) / (*high - *low) : 0;
}

/* Bilinear over the corners that are not holes; a hole where the nearest corner is one. */
static double interpolate(const struct surface *surface, int stride, int column, int row) {
    const struct surface_params *params = &surface->params;
    int x[2], y[2];
    double wx, wy, sum = 0, weights = 0, nearest = -1, nearest_loss = NAN;
    bracket(params->width, stride, column, &x[0], &x[1], &wx);
    bracket(params->height, stride, row, &y[0], &y[1], &wy);
    for (int k = 0; k < 4; k++) {
        size_t place = (size_t)y[k >> 1] * (size_t)params->width + (size_t)x[k & 1];
        double loss = bits_to_loss(atomic_load_explicit(&surface->grid[place], memory_order_relaxed));
        double weight = (k & 1 ? wx : 1 - wx) * (k >> 1 ? wy : 1 - wy);
        if (weight > nearest) {
            nearest = weight;
            nearest_loss = loss;
        }
        if (!isfinite(loss)) continue;
        sum += weight * loss;
        weights += weight;
    }
    return isfinite(nearest_loss) && weights > 0 ? sum / weights : NAN;
}

int surface_copy(const struct surface *surface, double *losses) {
    struct surface *s = (struct surface *)surface; /* only its lock is touched */
    pthread_mutex_lock(&s->lock);
    int stride = s->complete;
    pthread_mutex_unlock(&s->lock);
    if (stride == 0) return 0;
    const struct surface_params *params = &surface->params;
    for (int row = 0; row < params->height; row++)
        for (int column = 0; column < params->width; column++) {
            size_t place = (size_t)row * (size_t)params->width + (size_t)column;
            uint64_t bits = atomic_load_explicit(&surface->grid[place], memory_order_relaxed);
            losses[place] = bits == UNKNOWN ? interpolate(surface, stride, column, row) : bits_to_loss(bits);
        }
    return stride;
}
