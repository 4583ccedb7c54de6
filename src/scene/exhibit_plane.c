#include "scene/exhibit.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double margin = 0.25; /* of the paths' extent, on each side */
static const double plan_growth =
    2; /* a plane through the paths is chosen again each time they are so many times as long */
static const double plan_crowded = 1.25; /* … or so many times, when they have left the range */
enum { FIRST_PLAN = 8, POINTS_PER_RUN = 64 };
static const double plan_work = 1e9; /* multiplications a choice of plane may take */

bool plane_follows_paths(const struct exhibit *exhibit) {
    return !exhibit->params.experiment->domain || exhibit->plane->kind != PLANE_AXES;
}

static const double *first_start(const struct exhibit *exhibit) {
    return exhibit->params.experiment->starts;
}

static struct surface *surface_over(const struct exhibit *exhibit, const struct plane *plane, const double low[2],
                                    const double high[2], struct error *error) {
    const struct experiment *experiment = exhibit->params.experiment;
    struct surface_params params = {.objective = experiment->objective,
                                    .plane = plane,
                                    .low = {low[0], low[1]},
                                    .high = {high[0], high[1]},
                                    .width = experiment->grid[0],
                                    .height = experiment->grid[1],
                                    .threads = exhibit->params.threads,
                                    .wakeup = exhibit->params.wakeup,
                                    .wakeup_context = exhibit->params.wakeup_context};
    return surface_create(&params, error);
}

static struct plane *plane_of_axes(const struct exhibit *exhibit, const int axes[2]) {
    double *origin = MEM_NEW(double, exhibit->n);
    memcpy(origin, first_start(exhibit), (size_t)exhibit->n * sizeof *origin);
    origin[axes[0]] = origin[axes[1]] = 0; /* so that a and b are the parameters themselves */
    struct plane *plane = plane_create_axes(exhibit->params.experiment->objective, origin, axes[0], axes[1]);
    free(origin);
    return plane;
}

bool plane_plan_first(struct exhibit *exhibit, struct error *error) {
    const struct experiment *experiment = exhibit->params.experiment;
    double low[2] = {-1, -1}, high[2] = {1, 1};
    if (exhibit->n == 2 || experiment->plane == PLANE_AXES) {
        bool given = experiment->plane == PLANE_AXES && experiment->plane_axes[0] != experiment->plane_axes[1];
        int axes[2] = {given ? experiment->plane_axes[0] : 0, given ? experiment->plane_axes[1] : 1};
        exhibit->plane = plane_of_axes(exhibit, axes);
        for (int i = 0; i < 2; i++) {
            double start = first_start(exhibit)[axes[i]];
            low[i] = experiment->domain ? experiment->domain[axes[i]][0] : start - 1;
            high[i] = experiment->domain ? experiment->domain[axes[i]][1] : start + 1;
        }
    } else {
        exhibit->plane = plane_create_random(experiment->objective, first_start(exhibit), experiment->plane_seed);
    }
    exhibit->frame = frame_make(exhibit->plane, low, high);
    exhibit->surface = surface_over(exhibit, exhibit->plane, low, high, error);
    exhibit->planned_step = -1;
    exhibit->revision++;
    return exhibit->surface != NULL;
}

/* A run that climbs far above every start is leaving: the picture is of the others. */
static double loss_limit(const struct exhibit *exhibit) {
    double start = -INFINITY, least = INFINITY;
    for (int r = 0; r < exhibit->runs; r++) {
        const struct path *path = &exhibit->paths[r];
        if (path->count == 0) continue;
        start = fmax(start, path->samples[0].loss);
        for (size_t i = 0; i < path->count; i += 1 + path->count / 256) least = fmin(least, path->samples[i].loss);
    }
    return start + 2 * fmax(start - least, fmax(fabs(start) * 0.1, 1e-12));
}

/* Parameters of samples spread evenly along every path (count × n), oldest first; freed by the caller. */
static double *points_along(const struct exhibit *exhibit, int *count) {
    *count = 0;
    int per_run = POINTS_PER_RUN;
    while (per_run > 8 && pow((double)per_run * exhibit->runs, 2) * exhibit->n > plan_work) per_run /= 2;
    size_t n = (size_t)exhibit->n;
    double *points = mem_zalloc((size_t)per_run * (size_t)exhibit->runs * n, sizeof *points);
    double limit = loss_limit(exhibit);
    for (int r = 0; r < exhibit->runs; r++) {
        size_t have = timeline_count(exhibit->params.timeline, r);
        size_t before = SIZE_MAX;
        for (int k = 0; k < per_run && have > 0; k++) {
            size_t index = (size_t)((double)(have - 1) * k / (per_run - 1) + 0.5);
            struct sample sample;
            bool known = false;
            double *theta = points + (size_t)*count * n;
            if (index == before) continue;
            before = index;
            /* Where parameters were thinned away, the next kept ones stand in. */
            for (size_t at = index; at < have && at < index + 64 && !known; at++)
                if (timeline_read(exhibit->params.timeline, r, at, 1, &sample, theta, &known) == 0) break;
            if (!known || !(sample.loss <= limit)) continue;
            bool finite = true;
            for (size_t i = 0; i < n && finite; i++) finite = isfinite(theta[i]);
            if (finite) ++*count;
        }
    }
    return points;
}

static void include(double low[2], double high[2], double a, double b) {
    low[0] = fmin(low[0], a);
    high[0] = fmax(high[0], a);
    low[1] = fmin(low[1], b);
    high[1] = fmax(high[1], b);
}

/* Room around what is there, neither side much shorter than the other in true lengths. */
static void widen(const struct plane *plane, double least, double low[2], double high[2]) {
    double unit[2] = {sqrt(plane->uu), sqrt(plane->vv)};
    double reach[2];
    for (int i = 0; i < 2; i++) {
        if (!(unit[i] > 0)) unit[i] = 1;
        reach[i] = fmax((high[i] - low[i]) / 2 * unit[i] * (1 + 2 * margin), least);
    }
    double longer = fmax(reach[0], reach[1]);
    for (int i = 0; i < 2; i++) {
        double middle = (low[i] + high[i]) / 2, half = fmax(reach[i], FRAME_SLIMMEST * longer) / unit[i];
        low[i] = middle - half;
        high[i] = middle + half;
    }
}

/* The newest parameters of a run, or the first start for −1; false when they are not kept. */
static bool newest_theta(const struct exhibit *exhibit, int run, double *theta) {
    const struct timeline *timeline = exhibit->params.timeline;
    struct sample sample;
    bool known = false;
    if (run < 0) {
        memcpy(theta, first_start(exhibit), (size_t)exhibit->n * sizeof *theta);
        return true;
    }
    size_t count = timeline_count(timeline, run);
    return count > 0 && timeline_read(timeline, run, count - 1, 1, &sample, theta, &known) == 1 && known;
}

static struct plane *plane_through_runs(const struct exhibit *exhibit) {
    const struct experiment *experiment = exhibit->params.experiment;
    size_t n = (size_t)exhibit->n;
    double *theta = MEM_NEW(double, 3 * n);
    struct error ignored = {0}; /* at the start they coincide: the plane so far stays */
    struct plane *plane = NULL;
    bool known = true;
    for (int i = 0; i < 3 && known; i++) known = newest_theta(exhibit, experiment->plane_runs[i], theta + (size_t)i * n);
    if (known) plane = plane_create_points(experiment->objective, theta, theta + n, theta + 2 * n, &ignored);
    free(theta);
    return plane;
}

static struct plane *plane_for_paths(const struct exhibit *exhibit, const double *points, int count) {
    const struct experiment *experiment = exhibit->params.experiment;
    struct error ignored = {0}; /* fewer than 3 distinct points: the random plane stays */
    struct plane *plane = NULL;
    if (experiment->plane == PLANE_PCA) plane = plane_create_pca(experiment->objective, points, count, NULL, &ignored);
    if (experiment->plane == PLANE_POINTS) plane = plane_through_runs(exhibit);
    return plane ? plane : plane_copy(exhibit->plane);
}

/* The surface on `plane`, which is taken over, wide enough for the paths; shown as soon as there is something to see. */
static void plan_surface(struct exhibit *exhibit, struct plane *plane, const double *points, int count) {
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY}, norm = 0;
    for (int k = 0; k < count; k++) {
        struct plane_point at = plane_project(plane, points + (size_t)k * (size_t)exhibit->n);
        include(low, high, at.a, at.b);
    }
    for (int i = 0; i < exhibit->n; i++) norm += points[i] * points[i];
    if (plane->kind == PLANE_RANDOM) { /* the usual picture of a random plane: once the weights' own size */
        include(low, high, -1, -1);
        include(low, high, 1, 1);
    }
    if (plane->kind == PLANE_HESSIAN) include(low, high, 0, 0);
    widen(plane, 1e-3 * fmax(sqrt(norm), 1e-3), low, high);
    struct error ignored = {0}; /* a range too large to be one: the old picture stays */
    struct surface *surface = surface_over(exhibit, plane, low, high, &ignored);
    if (surface) {
        plane_destroy(&exhibit->next_plane);
        surface_destroy(&exhibit->next_surface);
        exhibit->next_plane = plane;
        exhibit->next_surface = surface;
    } else {
        plane_destroy(&plane);
    }
}

/* ---- the Hessian's plane, found on a thread of its own --------------------------------------------------------------- */

static bool find_plane(void *context, struct job *job, struct error *error) {
    struct plane_task *task = context;
    task->plane = plane_create_hessian(task->objective, task->theta, job, error);
    return task->plane != NULL;
}

static void begin_hessian_plane(struct exhibit *exhibit) {
    const struct experiment *experiment = exhibit->params.experiment;
    double *theta = MEM_NEW(double, exhibit->n);
    plane_cancel(exhibit);
    if (!newest_theta(exhibit, experiment->plane_runs[0], theta)) {
        free(theta);
        return;
    }
    exhibit->plane_task = (struct plane_task){
        .objective = experiment->objective, .theta = theta};
    exhibit->plane_job = job_create(&(struct job_params){.name = "plane",
                                                         .body = find_plane,
                                                         .context = &exhibit->plane_task,
                                                         .wakeup = exhibit->params.wakeup,
                                                         .wakeup_context = exhibit->params.wakeup_context});
}

void plane_cancel(struct exhibit *exhibit) {
    job_destroy(&exhibit->plane_job);
    plane_destroy(&exhibit->plane_task.plane);
    free(exhibit->plane_task.theta);
    exhibit->plane_task.theta = NULL;
}

/* Takes the plane over once it is found. */
static void take_hessian_plane(struct exhibit *exhibit) {
    if (!exhibit->plane_job || !job_progress(exhibit->plane_job).finished) return;
    struct error ignored = {0}; /* where there is no Hessian the old picture stays */
    if (job_wait(exhibit->plane_job, &ignored)) {
        int count;
        double *points = points_along(exhibit, &count);
        struct plane *plane = exhibit->plane_task.plane;
        exhibit->plane_task.plane = NULL;
        if (count > 0) plan_surface(exhibit, plane, points, count);
        else plane_destroy(&plane);
        free(points);
    }
    plane_cancel(exhibit);
}

void plane_wait(struct exhibit *exhibit) {
    struct error ignored = {0};
    if (exhibit->plane_job) job_wait(exhibit->plane_job, &ignored);
    take_hessian_plane(exhibit);
}

void plane_plan(struct exhibit *exhibit) {
    exhibit->planned_step = timeline_last_step(exhibit->params.timeline);
    if (exhibit->params.experiment->plane == PLANE_HESSIAN && exhibit->n > 2) {
        begin_hessian_plane(exhibit);
        return;
    }
    int count;
    double *points = points_along(exhibit, &count);
    if (count > 0) plan_surface(exhibit, plane_for_paths(exhibit, points, count), points, count);
    free(points);
}

static bool paths_outside(const struct exhibit *exhibit) {
    double limit = loss_limit(exhibit);
    const struct frame *frame = &exhibit->frame;
    for (int r = 0; r < exhibit->runs; r++) {
        const struct path_sample *at = &exhibit->paths[r].newest;
        if (!exhibit->paths[r].any || !(at->loss <= limit)) continue;
        if (at->a < frame->low[0] || at->a > frame->high[0] || at->b < frame->low[1] || at->b > frame->high[1])
            return true;
    }
    return false;
}

/* Chosen by the paths, and so again as they grow. */
static bool plane_grows(const struct exhibit *exhibit) {
    enum plane_kind kind = exhibit->params.experiment->plane;
    return kind == PLANE_PCA || kind == PLANE_HESSIAN || kind == PLANE_POINTS;
}

bool plane_plan_if_due(struct exhibit *exhibit, bool final) {
    take_hessian_plane(exhibit);
    if (!plane_follows_paths(exhibit)) return false;
    int64_t last = timeline_last_step(exhibit->params.timeline);
    if (last < 1 || last == exhibit->planned_step) return false;
    bool due = final;
    if (!due && !exhibit->next_surface && !exhibit->plane_job) {
        double longer = exhibit->planned_step > 0 ? (double)last / (double)exhibit->planned_step : INFINITY;
        due = last >= FIRST_PLAN && ((plane_grows(exhibit) && longer >= plan_growth) ||
                                     (longer >= plan_crowded && paths_outside(exhibit)));
        due = due || (last >= exhibit->params.experiment->steps && plane_grows(exhibit));
    }
    if (due) plane_plan(exhibit);
    return due;
}

bool plane_swap_if_ready(struct exhibit *exhibit) {
    if (!exhibit->next_surface || surface_progress(exhibit->next_surface).stride == 0) return false;
    surface_destroy(&exhibit->surface);
    plane_destroy(&exhibit->plane);
    exhibit->surface = exhibit->next_surface;
    exhibit->plane = exhibit->next_plane;
    exhibit->next_surface = NULL;
    exhibit->next_plane = NULL;
    const struct surface_params *params = surface_params(exhibit->surface);
    exhibit->frame = frame_make(exhibit->plane, params->low, params->high);
    exhibit->losses_seen = 0;
    exhibit->revision++;
    paths_project_again(exhibit);
    return true;
}
