#include "scene/exhibit.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double update_seconds = 0.006; /* for new samples, in one exhibit_update: a third of a frame */

struct exhibit *exhibit_create(const struct exhibit_params *params, struct error *error) {
    const struct experiment *experiment = params->experiment;
    struct exhibit *exhibit = MEM_NEW(struct exhibit, 1);
    exhibit->params = *params;
    exhibit->n = objective_dimension(experiment->objective);
    exhibit->runs = timeline_runs(params->timeline);
    exhibit->generation = timeline_generation(params->timeline);
    exhibit->now.revision = 1;
    exhibit->shown = &exhibit->now;
    for (int m = 0; m < 2; m++)
        exhibit->now.maps[m] = exhibit->now.own_maps[m] = height_map_fit((enum height_mapping)m, NULL, 0);
    exhibit->now.paths = MEM_NEW(struct path, exhibit->runs);
    exhibit->stop_reports = MEM_NEW(struct eigen_report *, exhibit->runs);
    exhibit->stop_steps = MEM_NEW(int64_t, exhibit->runs);
    paths_reset(exhibit);
    for (int r = 0; r < exhibit->runs; r++) exhibit->stop_steps[r] = -1;
    if (!plane_plan_first(exhibit, error)) {
        exhibit_destroy(&exhibit);
        return NULL;
    }
    if (exhibit->n == 2 && experiment->domain) {
        struct critical_params search = {.objective = experiment->objective,
                                         .threads = params->threads,
                                         .wakeup = params->wakeup,
                                         .wakeup_context = params->wakeup_context};
        for (int i = 0; i < 2; i++) {
            search.low[i] = experiment->domain[i][0];
            search.high[i] = experiment->domain[i][1];
        }
        exhibit->search = critical_create(&search, error);
        if (!exhibit->search) {
            exhibit_destroy(&exhibit);
            return NULL;
        }
    }
    return exhibit;
}

void exhibit_destroy(struct exhibit **handle) {
    if (!handle || !*handle) return;
    struct exhibit *exhibit = *handle;
    swarm_release(exhibit);
    stops_wait(exhibit);
    plane_cancel(exhibit);
    surface_destroy(&exhibit->next_surface);
    surface_destroy(&exhibit->surface);
    critical_destroy(&exhibit->search);
    plane_destroy(&exhibit->next_plane);
    for (int r = 0; r < exhibit->runs; r++) eigen_report_destroy(&exhibit->stop_reports[r]);
    morph_end(exhibit);
    outlook_release(&exhibit->now, exhibit->runs);
    evaluator_destroy(&exhibit->evaluator);
    free(exhibit->theta);
    free(exhibit->choice_thetas);
    free(exhibit->tail.vertices);
    free(exhibit->settling.z);
    free(exhibit->settling.tone);
    free(exhibit->taken);
    free(exhibit->stop_reports);
    free(exhibit->stop_steps);
    free(exhibit->points);
    free(exhibit);
    *handle = NULL;
}

static bool take_restart(struct exhibit *exhibit) {
    uint64_t generation = timeline_generation(exhibit->params.timeline);
    if (generation == exhibit->generation) return false;
    exhibit->generation = generation;
    morph_end(exhibit);
    paths_reset(exhibit);
    stops_clear(exhibit);
    plane_cancel(exhibit);
    exhibit->planned_step = -1;
    return true;
}

static bool take_critical(struct exhibit *exhibit) {
    if (!exhibit->search || exhibit->searched || !critical_finished(exhibit->search)) return false;
    const struct critical_point *points;
    exhibit->point_count = critical_points(exhibit->search, &points);
    free(exhibit->points);
    exhibit->points = MEM_NEW(struct critical_point, exhibit->point_count);
    if (exhibit->point_count > 0) memcpy(exhibit->points, points, exhibit->point_count * sizeof *points);
    exhibit->searched = true;
    return true;
}

static bool update(struct exhibit *exhibit, double seconds, bool all_ended) {
    bool changed = take_restart(exhibit);
    changed |= paths_take(exhibit, seconds);
    plane_plan_if_due(exhibit, false);
    changed |= plane_swap_if_ready(exhibit);
    changed |= paths_note_divergence(exhibit);
    changed |= losses_take(exhibit);
    changed |= take_critical(exhibit);
    changed |= swarm_news(exhibit);
    changed |= stops_update(exhibit, all_ended);
    if (exhibit->morph.active && !exhibit->morph.ready && !exhibit->behind && exhibit->now.stride > 0)
        morph_make_ready(exhibit);
    return changed;
}

bool exhibit_update(struct exhibit *exhibit) {
    bool changed = update(exhibit, update_seconds, false);
    if (exhibit->behind && exhibit->params.wakeup) exhibit->params.wakeup(exhibit->params.wakeup_context);
    return changed;
}

bool exhibit_finish(struct exhibit *exhibit, struct error *error) {
    take_restart(exhibit);
    morph_end(exhibit);
    paths_take(exhibit, INFINITY);
    plane_plan_if_due(exhibit, true);
    plane_wait(exhibit);
    if (exhibit->next_surface) surface_wait(exhibit->next_surface);
    plane_swap_if_ready(exhibit);
    surface_wait(exhibit->surface);
    if (surface_progress(exhibit->surface).cancelled) return error_set(error, ERROR_CANCELLED, "stopped");
    if (exhibit->search) critical_wait(exhibit->search);
    update(exhibit, INFINITY, true);
    morph_end(exhibit);
    stops_wait(exhibit);
    return true;
}

bool exhibit_busy(const struct exhibit *exhibit) {
    if (exhibit->behind || exhibit->next_surface || exhibit->plane_job || exhibit->stop_running) return true;
    if (exhibit->search && !exhibit->searched) return true;
    return !surface_progress(exhibit->surface).finished;
}

void exhibit_hold(struct exhibit *exhibit, bool hold) {
    exhibit->held = hold;
}

const struct plane *exhibit_plane(const struct exhibit *exhibit) {
    return exhibit->now.plane;
}

const struct surface *exhibit_surface(const struct exhibit *exhibit) {
    return exhibit->surface;
}

size_t exhibit_critical_points(const struct exhibit *exhibit, const struct critical_point **points) {
    *points = exhibit->points;
    return exhibit->point_count;
}

const struct eigen_report *exhibit_stop_report(const struct exhibit *exhibit, int run) {
    return run >= 0 && run < exhibit->runs ? exhibit->stop_reports[run] : NULL;
}

const struct height_map *exhibit_height_map(const struct exhibit *exhibit, enum height_mapping mapping) {
    return &exhibit->now.maps[mapping];
}

void exhibit_refresh_plane(struct exhibit *exhibit) {
    if (plane_follows_paths(exhibit)) plane_plan(exhibit);
}
