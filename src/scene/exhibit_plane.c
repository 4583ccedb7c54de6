#include "scene/exhibit.h"

#include "base/hash.h"
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
    return !exhibit->params.experiment->domain || exhibit->choice.kind != PLANE_AXES;
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

static void choose(struct exhibit *exhibit, const struct plane_choice *choice) {
    free(exhibit->choice_thetas);
    exhibit->choice_thetas = NULL;
    exhibit->choice = *choice;
    exhibit->choice.mark = 0;
    if (choice->theta_count == 0) return;
    size_t count = (size_t)choice->theta_count * (size_t)exhibit->n;
    exhibit->choice_thetas = MEM_NEW(double, count);
    memcpy(exhibit->choice_thetas, choice->thetas, count * sizeof *choice->thetas);
    exhibit->choice.thetas = exhibit->choice_thetas;
    exhibit->choice.mark = hash_bytes(HASH_START, choice->thetas, count * sizeof *choice->thetas);
}

static struct plane_choice first_choice(const struct exhibit *exhibit) {
    const struct experiment *experiment = exhibit->params.experiment;
    struct plane_choice choice = {.kind = experiment->plane, .seed = experiment->plane_seed, .run = -1};
    bool given = experiment->plane == PLANE_AXES && experiment->plane_axes[0] != experiment->plane_axes[1];
    choice.axes[0] = given ? experiment->plane_axes[0] : 0;
    choice.axes[1] = given ? experiment->plane_axes[1] : 1;
    if (exhibit->n == 2) choice.kind = PLANE_AXES;
    if (experiment->plane == PLANE_PCA)
        choice.run = experiment->plane_runs[0];
    else
        memcpy(choice.runs, experiment->plane_runs, sizeof choice.runs);
    return choice;
}

static struct plane *plane_of_axes(const struct exhibit *exhibit, const int axes[2]) {
    double *origin = MEM_NEW(double, exhibit->n);
    memcpy(origin, first_start(exhibit), (size_t)exhibit->n * sizeof *origin);
    origin[axes[0]] = origin[axes[1]] = 0; /* so that a and b are the parameters themselves */
    struct plane *plane = plane_create_axes(exhibit->params.experiment->objective, origin, axes[0], axes[1]);
    free(origin);
    return plane;
}

/* The range of a plane of two parameters: the domain, or about zero as far as the start lies, and a little farther. */
static void range_of_axes(const struct exhibit *exhibit, const int axes[2], double low[2], double high[2]) {
    const struct experiment *experiment = exhibit->params.experiment;
    const double *start = first_start(exhibit), farther = 1.25;
    double reach = fmax(1, farther * fmax(fabs(start[axes[0]]), fabs(start[axes[1]])));
    for (int i = 0; i < 2; i++) {
        low[i] = experiment->domain ? experiment->domain[axes[i]][0] : -reach;
        high[i] = experiment->domain ? experiment->domain[axes[i]][1] : reach;
    }
}

bool plane_plan_first(struct exhibit *exhibit, struct error *error) {
    const struct experiment *experiment = exhibit->params.experiment;
    double low[2] = {-1, -1}, high[2] = {1, 1};
    const struct plane_choice choice = first_choice(exhibit);
    choose(exhibit, &choice);
    if (choice.kind == PLANE_AXES) {
        exhibit->now.plane = plane_of_axes(exhibit, choice.axes);
        range_of_axes(exhibit, choice.axes, low, high);
    } else {
        exhibit->now.plane = plane_create_random(experiment->objective, first_start(exhibit), choice.seed);
    }
    exhibit->now.frame = frame_make(exhibit->now.plane, low, high);
    exhibit->surface = surface_over(exhibit, exhibit->now.plane, low, high, error);
    exhibit->planned_step = -1;
    exhibit->now.revision++;
    return exhibit->surface != NULL;
}

/* A run that climbs far above every start is leaving: the picture is of the others. */
static double loss_limit(const struct exhibit *exhibit) {
    double start = -INFINITY, least = INFINITY;
    for (int r = 0; r < exhibit->runs; r++) {
        const struct path *path = &exhibit->now.paths[r];
        if (path->count == 0) continue;
        start = fmax(start, path->samples[0].loss);
        for (size_t i = 0; i < path->count; i += 1 + path->count / 256) least = fmin(least, path->samples[i].loss);
    }
    return start + 2 * fmax(start - least, fmax(fabs(start) * 0.1, 1e-12));
}

/* Parameters of samples spread evenly along every path, or that of run `only` unless −1, (count × n), oldest first;
 * freed by the caller. */
static double *points_along(const struct exhibit *exhibit, int only, int *count) {
    *count = 0;
    int per_run = POINTS_PER_RUN;
    while (per_run > 8 && pow((double)per_run * exhibit->runs, 2) * exhibit->n > plan_work) per_run /= 2;
    size_t n = (size_t)exhibit->n;
    double *points = mem_zalloc((size_t)per_run * (size_t)exhibit->runs * n, sizeof *points);
    double limit = loss_limit(exhibit);
    for (int r = 0; r < exhibit->runs; r++) {
        if (only >= 0 && r != only) continue;
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

/* Three points for a plane of points, (3 × n) freed by the caller; NULL when they are not known yet. */
static double *three_points(const struct exhibit *exhibit) {
    const struct plane_choice *choice = &exhibit->choice;
    size_t n = (size_t)exhibit->n, row = n * sizeof(double);
    double *theta = MEM_NEW(double, 3 * n);
    bool known = true;
    if (choice->theta_count > 0) {
        memcpy(theta, choice->thetas, (size_t)choice->theta_count * row);
        if (choice->theta_count == 2) memcpy(theta + 2 * n, first_start(exhibit), row);
    } else {
        for (int i = 0; i < 3 && known; i++) known = newest_theta(exhibit, choice->runs[i], theta + (size_t)i * n);
    }
    if (known) return theta;
    free(theta);
    return NULL;
}

static struct plane *plane_through_points(const struct exhibit *exhibit, struct error *error) {
    const struct objective *objective = exhibit->params.experiment->objective;
    const struct plane_choice *choice = &exhibit->choice;
    size_t n = (size_t)exhibit->n;
    double *theta = three_points(exhibit);
    if (!theta) {
        error_set(error, ERROR_INPUT, "a run that the plane should go through has no point yet");
        return NULL;
    }
    struct plane *plane = plane_create_points(objective, theta, theta + n, theta + 2 * n, error);
    if (!plane && choice->theta_count == 2 &&
        memcmp(theta, theta + n, n * sizeof *theta) != 0) { /* the start lies on the line: any way off it will do */
        struct plane *aside = plane_create_random(objective, theta, choice->seed);
        for (size_t i = 0; i < n; i++) theta[2 * n + i] = theta[i] + aside->u[i];
        plane_destroy(&aside);
        *error = (struct error){0};
        plane = plane_create_points(objective, theta, theta + n, theta + 2 * n, error);
    }
    free(theta);
    return plane;
}

static struct plane *plane_of_paths(const struct exhibit *exhibit, const double *points, int count,
                                    struct error *error) {
    const struct objective *objective = exhibit->params.experiment->objective;
    if (exhibit->choice.run < 0) return plane_create_pca(objective, points, count, NULL, error);
    double *own = points_along(exhibit, exhibit->choice.run, &count);
    struct plane *plane = plane_create_pca(objective, own, count, NULL, error);
    free(own);
    return plane;
}

/* The plane chosen, NULL when it cannot be (yet): too few points, or all on a line. Not for Hessians. */
static struct plane *make_plane(const struct exhibit *exhibit, const double *points, int count, struct error *error) {
    const struct experiment *experiment = exhibit->params.experiment;
    const struct plane_choice *choice = &exhibit->choice;
    switch (choice->kind) {
    case PLANE_AXES: return plane_of_axes(exhibit, choice->axes);
    case PLANE_RANDOM: return plane_create_random(experiment->objective, first_start(exhibit), choice->seed);
    case PLANE_PCA: return plane_of_paths(exhibit, points, count, error);
    case PLANE_POINTS: return plane_through_points(exhibit, error);
    default: return NULL;
    }
}

/* Takes `plane` over: its surface is shown as soon as there is something to see. */
static bool begin_surface(struct exhibit *exhibit, struct plane *plane, const double low[2], const double high[2],
                          struct error *error) {
    struct surface *surface = surface_over(exhibit, plane, low, high, error);
    if (!surface) {
        plane_destroy(&plane);
        return false;
    }
    surface_destroy(&exhibit->next_surface);
    plane_destroy(&exhibit->next_plane);
    exhibit->next_plane = plane;
    exhibit->next_surface = surface;
    return true;
}

/* The surface on `plane`, which is taken over, wide enough for the paths. An error, a range too large to be one: the
 * old picture stays. */
static bool plan_surface(struct exhibit *exhibit, struct plane *plane, const double *points, int count,
                         struct error *error) {
    const struct plane_choice *choice = &exhibit->choice;
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY}, norm = 0;
    if (plane->kind == PLANE_AXES && exhibit->params.experiment->domain) {
        range_of_axes(exhibit, choice->axes, low, high);
        return begin_surface(exhibit, plane, low, high, error);
    }
    for (int k = 0; k < count; k++) {
        struct plane_point at = plane_project(plane, points + (size_t)k * (size_t)exhibit->n);
        include(low, high, at.a, at.b);
    }
    for (int k = 0; k < choice->theta_count; k++) {
        struct plane_point at = plane_project(plane, choice->thetas + (size_t)k * (size_t)exhibit->n);
        include(low, high, at.a, at.b);
    }
    const double *first = count > 0 ? points : first_start(exhibit);
    for (int i = 0; i < exhibit->n; i++) norm += first[i] * first[i];
    if (plane->kind == PLANE_RANDOM) { /* the usual picture of a random plane: once the weights' own size */
        include(low, high, -1, -1);
        include(low, high, 1, 1);
    }
    if (plane->kind == PLANE_HESSIAN) include(low, high, 0, 0);
    widen(plane, 1e-3 * fmax(sqrt(norm), 1e-3), low, high);
    return begin_surface(exhibit, plane, low, high, error);
}

/* ---- the Hessian's plane, found on a thread of its own
 * --------------------------------------------------------------- */

static bool find_plane(void *context, struct job *job, struct error *error) {
    struct plane_task *task = context;
    task->plane = plane_create_hessian(task->objective, task->theta, job, error);
    return task->plane != NULL;
}

static bool begin_hessian_plane(struct exhibit *exhibit) {
    double *theta = MEM_NEW(double, exhibit->n);
    plane_cancel(exhibit);
    if (exhibit->choice.theta_count > 0) {
        memcpy(theta, exhibit->choice.thetas, (size_t)exhibit->n * sizeof *theta);
    } else if (!newest_theta(exhibit, exhibit->choice.runs[0], theta)) {
        free(theta);
        return false;
    }
    exhibit->plane_task = (struct plane_task){.objective = exhibit->params.experiment->objective, .theta = theta};
    exhibit->plane_job = job_create(&(struct job_params){.name = "plane",
                                                         .body = find_plane,
                                                         .context = &exhibit->plane_task,
                                                         .wakeup = exhibit->params.wakeup,
                                                         .wakeup_context = exhibit->params.wakeup_context});
    return true;
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
    struct error error = {0}; /* where there is no Hessian the old picture stays */
    bool good = job_wait(exhibit->plane_job, &error);
    if (good) {
        int count;
        double *points = points_along(exhibit, -1, &count);
        struct plane *plane = exhibit->plane_task.plane;
        exhibit->plane_task.plane = NULL;
        good = plan_surface(exhibit, plane, points, count, &error);
        free(points);
    }
    if (!good) {
        exhibit->plane_failed = true;
        exhibit->plane_error = error;
    }
    plane_cancel(exhibit);
}

bool exhibit_plane_failed(struct exhibit *exhibit, struct error *error) {
    if (!exhibit->plane_failed) return false;
    exhibit->plane_failed = false;
    if (error) *error = exhibit->plane_error;
    return true;
}

void plane_wait(struct exhibit *exhibit) {
    struct error ignored = {0};
    if (exhibit->plane_job) job_wait(exhibit->plane_job, &ignored);
    take_hessian_plane(exhibit);
}

static size_t samples_so_far(const struct exhibit *exhibit) {
    size_t samples = 0;
    for (int r = 0; r < exhibit->runs; r++) samples += timeline_count(exhibit->params.timeline, r);
    return samples;
}

/* Every run that has begun has taken the steps it was to take. */
static bool runs_complete(const struct exhibit *exhibit) {
    size_t whole = (size_t)exhibit->params.experiment->steps + 1;
    for (int r = 0; r < exhibit->runs; r++) {
        size_t count = timeline_count(exhibit->params.timeline, r);
        if (count > 1 && count < whole) return false;
    }
    return true;
}

void plane_plan(struct exhibit *exhibit) {
    exhibit->planned_step = timeline_last_step(exhibit->params.timeline);
    exhibit->planned_samples = samples_so_far(exhibit);
    const struct plane *last = exhibit->next_plane ? exhibit->next_plane : exhibit->now.plane;
    bool found = exhibit->choice.theta_count > 0 && last->kind == PLANE_HESSIAN && !exhibit->plane_job;
    if (exhibit->choice.kind == PLANE_HESSIAN && !found) {
        begin_hessian_plane(exhibit);
        return;
    }
    int count;
    double *points = points_along(exhibit, -1, &count);
    struct error ignored = {0}; /* fewer than 3 distinct points: the plane so far stays */
    if (count > 0) {
        struct plane *plane = make_plane(exhibit, points, count, &ignored);
        if (!plane) plane = plane_copy(last);
        plan_surface(exhibit, plane, points, count, &ignored);
    }
    free(points);
}

/* ---- a plane by choice ------------------------------------------------------------------------------------------- */

static bool check_choice(const struct exhibit *exhibit, const struct plane_choice *choice, struct error *error) {
    int n = exhibit->n, wanted[PLANE_KINDS][2] = {[PLANE_HESSIAN] = {1, 1}, [PLANE_POINTS] = {2, 3}};
    if (n == 2)
        return error_set(error, ERROR_INPUT,
                         "two parameters make one plane only, and it is shown; other planes are for "
                         "objectives of more");
    const int *axes = choice->axes;
    if (choice->kind == PLANE_AXES &&
        (axes[0] < 0 || axes[1] < 0 || axes[0] >= n || axes[1] >= n || axes[0] == axes[1]))
        return error_set(error, ERROR_INPUT, "parameters %d and %d make no plane; two different ones from 1 to %d do",
                         axes[0] + 1, axes[1] + 1, n);
    int count = choice->theta_count;
    if (count != 0 && (count < wanted[choice->kind][0] || count > wanted[choice->kind][1]))
        return error_set(error, ERROR_INPUT, "%d points for a plane of kind %s; %s", count, plane_names[choice->kind],
                         choice->kind == PLANE_POINTS ? "two or three would do" : "one would do");
    for (size_t i = 0; i < (size_t)count * (size_t)n; i++)
        if (!isfinite(choice->thetas[i])) return error_set(error, ERROR_INPUT, "a point of the plane is not finite");
    int runs[4] = {choice->run, choice->runs[0], choice->runs[1], choice->runs[2]};
    for (int i = 0; i < 4; i++)
        if (runs[i] < -1 || runs[i] >= exhibit->runs)
            return error_set(error, ERROR_INPUT, "there is no run %d; the last is %d", runs[i] + 1, exhibit->runs);
    return true;
}

bool exhibit_set_plane(struct exhibit *exhibit, const struct plane_choice *choice, struct error *error) {
    if (!check_choice(exhibit, choice, error)) return false;
    struct plane_choice before = exhibit->choice;
    double *thetas = exhibit->choice_thetas;
    exhibit->choice_thetas = NULL; /* kept, for the case that nothing comes of it */
    choose(exhibit, choice);
    int64_t last = timeline_last_step(exhibit->params.timeline);
    bool good;
    if (choice->kind == PLANE_HESSIAN) {
        good = begin_hessian_plane(exhibit) ||
               error_set(error, ERROR_INPUT, "the run has no point yet at which to ask for the Hessian");
    } else {
        int count;
        double *points = points_along(exhibit, -1, &count);
        struct error trouble = {0};
        struct plane *plane = make_plane(exhibit, points, count, &trouble);
        bool later = !plane && choice->theta_count == 0 && last < FIRST_PLAN; /* once the runs have moved */
        if (later) last = -1;
        if (plane) plane_cancel(exhibit);
        good = later || (plane && plan_surface(exhibit, plane, points, count, &trouble));
        if (!good) error_set(error, ERROR_INPUT, "%s", trouble.message);
        free(points);
    }
    if (good) {
        exhibit->planned_step = last;
        exhibit->planned_samples = samples_so_far(exhibit);
        free(thetas);
        return true;
    }
    free(exhibit->choice_thetas);
    exhibit->choice = before;
    exhibit->choice_thetas = thetas;
    return false;
}

struct plane_choice exhibit_plane_choice(const struct exhibit *exhibit) {
    return exhibit->choice;
}

static bool paths_outside(const struct exhibit *exhibit) {
    double limit = loss_limit(exhibit);
    const struct frame *frame = &exhibit->now.frame;
    for (int r = 0; r < exhibit->runs; r++) {
        const struct path_sample *at = &exhibit->now.paths[r].newest;
        if (!exhibit->now.paths[r].any || !(at->loss <= limit)) continue;
        if (at->a < frame->low[0] || at->a > frame->high[0] || at->b < frame->low[1] || at->b > frame->high[1])
            return true;
    }
    return false;
}

/* Chosen by the paths, and so again as they grow. */
static bool plane_grows(const struct exhibit *exhibit) {
    enum plane_kind kind = exhibit->choice.kind;
    return kind == PLANE_PCA || (exhibit->choice.theta_count == 0 && (kind == PLANE_HESSIAN || kind == PLANE_POINTS));
}

bool plane_plan_if_due(struct exhibit *exhibit, bool final) {
    take_hessian_plane(exhibit);
    if (!plane_follows_paths(exhibit)) return false;
    int64_t last = timeline_last_step(exhibit->params.timeline);
    size_t samples = samples_so_far(exhibit);
    bool longest = last != exhibit->planned_step; /* or only others come after */
    if (last < 1 || (!longest && samples == exhibit->planned_samples)) return false;
    bool due = final;
    if (!due && !exhibit->next_surface && !exhibit->plane_job) {
        double longer = exhibit->planned_step > 0 ? (double)last / (double)exhibit->planned_step : INFINITY;
        if (!longest) longer = (double)samples / (double)exhibit->planned_samples;
        due = last >= FIRST_PLAN &&
              ((plane_grows(exhibit) && longer >= plan_growth) || (longer >= plan_crowded && paths_outside(exhibit)));
        due = due || (last >= exhibit->params.experiment->steps && plane_grows(exhibit) &&
                      (longest || runs_complete(exhibit)));
    }
    if (due) plane_plan(exhibit);
    return due;
}

bool plane_swap_if_ready(struct exhibit *exhibit) {
    if (!exhibit->next_surface || surface_progress(exhibit->next_surface).stride == 0) return false;
    if (exhibit->held) return false;
    if (exhibit->morph.active) return false; /* one after the other: nothing jumps */
    morph_begin(exhibit);
    surface_destroy(&exhibit->surface);
    plane_destroy(&exhibit->now.plane);
    exhibit->surface = exhibit->next_surface;
    exhibit->now.plane = exhibit->next_plane;
    exhibit->next_surface = NULL;
    exhibit->next_plane = NULL;
    const struct surface_params *params = surface_params(exhibit->surface);
    exhibit->now.frame = frame_make(exhibit->now.plane, params->low, params->high);
    exhibit->losses_seen = 0;
    exhibit->settling.active = false;
    exhibit->now.revision++;
    paths_project_again(exhibit);
    morph_aim(exhibit);
    return true;
}
