#include "study/basins_parts.h"
#include "study/study_class.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COARSEST = 16, TILE = 256, SIDE = 256 };
static const double SEARCH_SHARE = 0.02; /* of the whole job, for finding where starts can end */
static const double NEWS_SECONDS = 0.1;  /* between two announcements within a level */

struct basins {
    struct study study;
    struct basins_params params; /* immutable after create */
    struct basin_places places;  /* the study's thread alone until `known`, then immutable */
    atomic_bool known;
    struct basin_cell *cells; /* (optimizers × height × width), guarded by lock */
    atomic_int stride;        /* finest complete, 0: none */
    _Atomic double told;      /* when it was last announced */
};

static size_t basins_size(const struct basins *basins) {
    return (size_t)basins->params.width * (size_t)basins->params.height;
}

static struct basin_cell *layer(const struct basins *basins, int optimizer) {
    return basins->cells + (size_t)optimizer * basins_size(basins);
}

double basins_place(const struct basins_params *params, int axis, int index) {
    double t = (index + 0.5) / (axis == 0 ? params->width : params->height);
    return params->low[axis] * (1 - t) + params->high[axis] * t;
}

/* ---- a level: the cells that no coarser one has --------------------------------------------------------------------
 */

struct level {
    struct basins *basins;
    int *cells; /* (count) their places in the grid */
    int count, tiles;
};

static void level_fill(struct level *level, int stride) {
    const struct basins_params *params = &level->basins->params;
    level->count = 0;
    for (int row = 0; row < params->height; row += stride)
        for (int column = 0; column < params->width; column += stride) {
            bool coarser = stride < COARSEST && row % (2 * stride) == 0 && column % (2 * stride) == 0;
            if (!coarser) level->cells[level->count++] = row * params->width + column;
        }
    level->tiles = (level->count + TILE - 1) / TILE;
}

static void announce_sometimes(struct basins *basins) {
    double now = clock_seconds(), told = atomic_load(&basins->told);
    if (now - told < NEWS_SECONDS || !atomic_compare_exchange_strong(&basins->told, &told, now)) return;
    study_announce(&basins->study);
}

/* All steps of all points; false when cancelled. */
static bool walk(struct flock *flock, struct tracker *tracker, int64_t steps, struct job *part) {
    tracker_start(tracker, flock);
    for (int64_t step = 1; step <= steps; step++) {
        if (!job_going(part, NULL)) return false;
        flock_step(flock);
        tracker_look(tracker, flock);
        if (step % 16 == 0) job_note(part, (double)step / (double)steps);
    }
    return true;
}

/* Tile k / optimizers of the level, of optimizer k % optimizers: so that all optimizers' pictures grow alike. */
static bool walk_tile(void *context, int k, struct job *part) {
    const struct level *level = context;
    struct basins *basins = level->basins;
    const struct basins_params *params = &basins->params;
    int optimizers = params->experiment->optimizer_count, optimizer = k % optimizers, first = k / optimizers * TILE;
    int count = level->count - first < TILE ? level->count - first : TILE;
    const int *places = level->cells + first;
    double starts[2 * TILE];
    for (int p = 0; p < count; p++) {
        starts[2 * p] = basins_place(params, 0, places[p] % params->width);
        starts[2 * p + 1] = basins_place(params, 1, places[p] / params->width);
    }
    const struct flock_params flock_params = {
        .experiment = params->experiment, .optimizer = &params->experiment->optimizers[optimizer], .capacity = count};
    struct flock *flock = flock_create(&flock_params, NULL);
    if (!flock) return false; /* create has tried: it cannot be */
    struct tracker *tracker = tracker_create(&basins->places, count);
    flock_start(flock, count, starts);
    bool ok = walk(flock, tracker, params->steps, part);
    if (ok) {
        struct basin_cell done[TILE];
        tracker_finish(tracker, flock, done);
        study_lock(&basins->study);
        for (int p = 0; p < count; p++) layer(basins, optimizer)[places[p]] = done[p];
        study_unlock(&basins->study);
        announce_sometimes(basins);
    }
    tracker_destroy(&tracker);
    flock_destroy(&flock);
    return ok;
}

static bool find_ends(struct basins *basins, struct job *job, struct error *error) {
    if (!places_find(&basins->places, &basins->params, job, error)) return false;
    atomic_store(&basins->known, true);
    job_note(job, SEARCH_SHARE);
    study_announce(&basins->study);
    return true;
}

static bool work(struct study *study, struct job *job, struct error *error) {
    struct basins *basins = (struct basins *)study;
    thread_background();
    if (!find_ends(basins, job, error)) return false;
    struct level level = {.basins = basins, .cells = MEM_NEW(int, basins_size(basins))};
    bool ok = true;
    for (int stride = COARSEST; stride >= 1 && ok; stride /= 2) {
        level_fill(&level, stride);
        double share = (1 - SEARCH_SHARE) * level.count / (double)basins_size(basins);
        struct job *part = job_create_part(job, share);
        int tiles = level.tiles * basins->params.experiment->optimizer_count;
        ok = study_spread(part, tiles, basins->params.threads, walk_tile, &level, error);
        job_destroy(&part);
        if (ok) atomic_store(&basins->stride, stride);
        study_announce(study);
    }
    free(level.cells);
    return ok;
}

/* ---- create, destroy
 * ------------------------------------------------------------------------------------------------- */

static void release(struct study *study) {
    struct basins *basins = (struct basins *)study;
    places_release(&basins->places);
    free(basins->cells);
}

static bool fill_in(struct basins_params *params, struct error *error) {
    const struct experiment *experiment = params->experiment;
    if (!experiment->formula || objective_dimension(experiment->objective) != 2)
        return error_set(error, ERROR_INPUT,
                         "%s has %d parameters; basins are of formulas in two variables, such as himmelblau",
                         experiment->name, objective_dimension(experiment->objective));
    if (params->width == 0) params->width = SIDE;
    if (params->height == 0) params->height = SIDE;
    if (params->width < BASINS_MIN || params->width > BASINS_MAX || params->height < BASINS_MIN ||
        params->height > BASINS_MAX)
        return error_set(error, ERROR_INPUT, "a grid of %d × %d starts; each side must be %d to %d", params->width,
                         params->height, BASINS_MIN, BASINS_MAX);
    bool open = params->low[0] == 0 && params->low[1] == 0 && params->high[0] == 0 && params->high[1] == 0;
    for (int axis = 0; axis < 2; axis++) {
        double *low = &params->low[axis], *high = &params->high[axis];
        if (open) *low = experiment->domain[axis][0], *high = experiment->domain[axis][1];
        if (!isfinite(*low) || !isfinite(*high) || !(*low < *high))
            return error_set(error, ERROR_INPUT,
                             "the range of axis %d is %g to %g; it must go from a smaller to a larger finite number",
                             axis + 1, *low, *high);
    }
    if (params->steps < 0) return error_set(error, ERROR_INPUT, "%lld steps; 1 or more", (long long)params->steps);
    if (params->steps == 0) params->steps = experiment->steps;
    if (!(params->tolerance >= 0) || !isfinite(params->tolerance))
        return error_set(error, ERROR_INPUT, "a tolerance of %g; a finite number above 0 is right", params->tolerance);
    return true;
}

static void write_cell(const struct basins *basins, const char *optimizer, int place, FILE *stream) {
    const struct basins_params *params = &basins->params;
    char name[64];
    const struct basin_cell *cell = &basins->cells[place];
    int at = (int)((size_t)place % basins_size(basins));
    if (cell->end == BASIN_UNKNOWN) return;
    study_write_name(stream, optimizer);
    study_write_number(stream, basins_place(params, 0, at % params->width));
    study_write_number(stream, basins_place(params, 1, at / params->width));
    fprintf(stream, ",%s,%lld", basin_end_name(basins->places.ends, cell->end, name, sizeof name),
            (long long)cell->steps);
    study_write_number(stream, cell->loss);
    study_write_number(stream, cell->theta[0]);
    study_write_number(stream, cell->theta[1]);
    fputc('\n', stream);
}

static void write(const struct study *study, FILE *stream) {
    const struct basins *basins = (const struct basins *)study;
    const struct experiment *experiment = basins->params.experiment;
    int size = (int)basins_size(basins);
    fputs("optimizer,x,y,end,steps,loss,end_x,end_y\n", stream);
    for (int optimizer = 0; optimizer < experiment->optimizer_count; optimizer++)
        for (int i = 0; i < size && !ferror(stream); i++)
            write_cell(basins, experiment->optimizers[optimizer].label, optimizer * size + i, stream);
}

static const struct study_class class = {"basins", sizeof(struct basins), work, write, release};

struct study *study_create_basins(const struct basins_params *params, struct error *error) {
    struct basins_params own = *params;
    if (!fill_in(&own, error)) return NULL;
    for (int i = 0; i < own.experiment->optimizer_count; i++) {
        struct optimizer *trial =
            experiment_create_optimizer(own.experiment, &own.experiment->optimizers[i], NULL, error);
        if (!trial) return NULL;
        optimizer_destroy(&trial);
    }
    struct basins *basins = study_allocate(&class);
    basins->params = own;
    size_t count = basins_size(basins) * (size_t)own.experiment->optimizer_count;
    basins->cells = MEM_NEW(struct basin_cell, count);
    for (size_t i = 0; i < count; i++) basins->cells[i].end = BASIN_UNKNOWN;
    atomic_init(&basins->known, false);
    atomic_init(&basins->stride, 0);
    atomic_init(&basins->told, 0.0);
    return study_start(&basins->study, &params->watcher);
}

/* ---- what there is
 * ---------------------------------------------------------------------------------------------------- */

const struct basins_params *study_basins_params(const struct study *study) {
    return &((const struct basins *)study)->params;
}

double study_basins_tolerance(const struct study *study) {
    const struct basins *basins = (const struct basins *)study;
    return atomic_load(&basins->known) ? basins->places.tolerance : NAN;
}

size_t study_basins_ends(const struct study *study, const struct basin_end **ends) {
    const struct basins *basins = (const struct basins *)study;
    if (!atomic_load(&basins->known)) return 0;
    *ends = basins->places.ends;
    return (size_t)basins->places.count;
}

int study_read_basins(const struct study *study, int optimizer, struct basin_cell *cells) {
    const struct basins *basins = (const struct basins *)study;
    int stride = atomic_load(&basins->stride), width = basins->params.width, height = basins->params.height;
    study_lock(study);
    memcpy(cells, layer(basins, optimizer), basins_size(basins) * sizeof *cells);
    study_unlock(study);
    /* From coarse to fine, so that what is found to the lower left is known or filled already. */
    for (int step = COARSEST / 2; step >= 1 && stride != 1; step /= 2)
        for (int row = 0; row < height; row += step)
            for (int column = 0; column < width; column += step) {
                struct basin_cell *cell = &cells[row * width + column];
                if (cell->end == BASIN_UNKNOWN)
                    *cell = cells[row / (2 * step) * (2 * step) * width + column / (2 * step) * (2 * step)];
            }
    return stride;
}

struct basin_cell study_basin_at(const struct study *study, int optimizer, int column, int row) {
    const struct basins *basins = (const struct basins *)study;
    study_lock(study);
    struct basin_cell cell = layer(basins, optimizer)[row * basins->params.width + column];
    study_unlock(study);
    return cell;
}

struct basin_tally study_tally_basins(const struct study *study, int optimizer, size_t most, size_t *counts) {
    const struct basins *basins = (const struct basins *)study;
    struct basin_tally tally = {0};
    if (counts) memset(counts, 0, most * sizeof *counts);
    study_lock(study);
    const struct basin_cell *cells = layer(basins, optimizer);
    for (size_t i = 0; i < basins_size(basins); i++) {
        int end = cells[i].end;
        tally.starts += end != BASIN_UNKNOWN;
        tally.diverged += end == BASIN_DIVERGED;
        tally.nowhere += end == BASIN_NOWHERE;
        if (end >= 0 && counts && (size_t)end < most) counts[end]++;
    }
    study_unlock(study);
    return tally;
}

const char *basin_end_name(const struct basin_end *ends, int end, char *out, size_t size) {
    if (end == BASIN_DIVERGED)
        snprintf(out, size, "diverged");
    else if (end == BASIN_NOWHERE)
        snprintf(out, size, "not there yet");
    else if (end == BASIN_UNKNOWN)
        snprintf(out, size, "not computed");
    else
        snprintf(out, size, "%s %d", ends[end].valley ? "valley" : point_kind_names[ends[end].kind], ends[end].number);
    return out;
}
