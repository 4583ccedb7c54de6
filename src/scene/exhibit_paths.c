#include "scene/exhibit.h"

#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>

enum {
    KEPT_MOST = 1 << 18,     /* samples of a run that stay projected; past it every other one goes */
    CHUNK_NUMBERS = 1 << 18, /* parameters read at once */
    CHUNK_SAMPLES = 4096,
};

static const double project_seconds =
    0.05; /* at once after a new plane; what is left comes with the updates that follow */

void path_release(struct path *path) {
    free(path->samples);
    free(path->strip.vertices);
    free(path->turns);
    free(path->spread.mean);
    *path = (struct path){0};
}

static void path_empty(struct path *path) {
    path->read = path->count = 0;
    path->stride = 1;
    path->any = false;
    path->diverged = -1;
    path->strip.count = path->strip_used = path->turn_count = 0;
    path->strip_revision = 0;
    path->spread = (struct spread){.mean = path->spread.mean};
    path->figures.step = -1;
}

void paths_reset(struct exhibit *exhibit) {
    for (int r = 0; r < exhibit->runs; r++) path_empty(&exhibit->now.paths[r]);
}

void paths_project_again(struct exhibit *exhibit) {
    paths_reset(exhibit);
    paths_take(exhibit, project_seconds);
}

static void path_append(struct path *path, size_t index, struct path_sample *sample) {
    sample->farthest = path->any ? fmaxf(path->newest.farthest, sample->distance) : sample->distance;
    path->newest = *sample;
    path->any = true;
    if (index % path->stride != 0) return;
    if (path->count == KEPT_MOST) {
        size_t kept = 0;
        for (size_t i = 0; i < path->count; i += 2) path->samples[kept++] = path->samples[i];
        path->count = kept;
        path->stride *= 2;
        path->strip_revision = 0; /* to be made anew */
        if (index % path->stride != 0) return;
    }
    MEM_GROW(path->samples, path->capacity, path->count + 1);
    path->samples[path->count++] = *sample;
}

/* During a morph the path goes on on the plane left as well. */
static void follow_before(struct exhibit *exhibit, int run, size_t index, const struct sample *sample,
                          const double *theta) {
    if (!exhibit->morph.active || index < exhibit->morph.before.paths[run].read) return;
    struct plane_point at = plane_project(exhibit->morph.before.plane, theta);
    struct path_sample there = {sample->step, at.a, at.b, sample->loss, (float)at.distance, 0};
    exhibit->morph.before.paths[run].read = index + 1;
    if (isfinite(at.a) && isfinite(at.b)) path_append(&exhibit->morph.before.paths[run], index, &there);
}

static bool path_take_chunk(struct exhibit *exhibit, int run, size_t chunk, struct sample *samples, double *thetas,
                            bool *known) {
    struct path *path = &exhibit->now.paths[run];
    size_t got = timeline_read(exhibit->params.timeline, run, path->read, chunk, samples, thetas, known);
    for (size_t i = 0; i < got; i++) {
        bool finite = isfinite(samples[i].loss) && !isinf(samples[i].gradient_norm);
        if (!finite && path->diverged < 0) path->diverged = samples[i].step;
        if (!known[i] || !isfinite(samples[i].loss)) continue;
        const double *theta = thetas + i * (size_t)exhibit->n;
        struct plane_point at = plane_project(exhibit->now.plane, theta);
        if (!isfinite(at.a) || !isfinite(at.b)) continue;
        struct path_sample sample = {samples[i].step, at.a, at.b, samples[i].loss, (float)at.distance, 0};
        path_append(path, path->read + i, &sample);
        follow_before(exhibit, run, path->read + i, &samples[i], theta);
        if (exhibit->n > 2) spread_add(&path->spread, exhibit->now.plane, theta, &at);
    }
    path->read += got;
    return got > 0;
}

bool paths_take(struct exhibit *exhibit, double seconds) {
    double until = clock_seconds() + seconds;
    size_t chunk = (size_t)CHUNK_NUMBERS / (size_t)exhibit->n;
    if (chunk < 1) chunk = 1;
    if (chunk > CHUNK_SAMPLES) chunk = CHUNK_SAMPLES;
    struct sample *samples = NULL;
    double *thetas = NULL;
    bool *known = NULL;
    bool any = false;
    exhibit->behind = false;
    for (int r = 0; r < exhibit->runs; r++) {
        while (exhibit->now.paths[r].read < timeline_count(exhibit->params.timeline, r)) {
            if (clock_seconds() > until) {
                exhibit->behind = true;
                break;
            }
            if (!samples) {
                samples = MEM_NEW(struct sample, chunk);
                thetas = mem_zalloc(chunk * (size_t)exhibit->n, sizeof *thetas);
                known = MEM_NEW(bool, chunk);
            }
            if (!path_take_chunk(exhibit, r, chunk, samples, thetas, known)) break;
            any = true;
        }
    }
    free(samples);
    free(thetas);
    free(known);
    return any;
}

bool path_at(const struct path *path, int64_t step, struct path_sample *out) {
    if (!path->any) return false;
    if (path->newest.step <= step) {
        *out = path->newest;
        return true;
    }
    size_t low = 0, high = path->count; /* the first sample after `step` */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (path->samples[middle].step <= step)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) return false;
    *out = path->samples[low - 1];
    return true;
}

/* Without a trainer to ask: it stopped before the others, at a loss out of all proportion to the one it began with. */
static bool looks_diverged(const struct path *path, int64_t newest) {
    const double proportion = 1e6;
    if (!path->any || path->count == 0 || path->newest.step >= newest) return false;
    return fabs(path->newest.loss) > proportion * fmax(fabs(path->samples[0].loss), 1);
}

bool paths_note_divergence(struct exhibit *exhibit) {
    bool changed = false;
    int64_t newest = timeline_last_step(exhibit->params.timeline);
    for (int r = 0; r < exhibit->runs; r++) {
        struct path *path = &exhibit->now.paths[r];
        int64_t diverged = path->diverged;
        if (exhibit->params.trainer) {
            struct run_state state = trainer_state(exhibit->params.trainer, r);
            if (state.status == RUN_DIVERGED) diverged = state.step + 1;
        } else if (diverged < 0 && looks_diverged(path, newest)) {
            diverged = path->newest.step + 1;
        }
        changed |= diverged != path->diverged;
        path->diverged = diverged;
    }
    return changed;
}
