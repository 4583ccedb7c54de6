#include "scene/exhibit.h"

#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>

/* The Hessian at the points where runs stopped, on a thread of its own: seconds for some hundred parameters. The
 * exhibit's thread hands over the tasks and takes them back once `stop_finished` is set. */

static void *analyze_stops(void *argument) {
    struct exhibit *exhibit = argument;
    thread_background();
    for (int i = 0; i < exhibit->stop_count; i++) {
        struct stop_task *task = &exhibit->stop_tasks[i];
        struct error ignored = {0}; /* no report is the answer where the Hessian is not finite */
        task->report = hessian_analyze(exhibit->params.experiment->objective, task->theta, &ignored);
    }
    atomic_store_explicit(&exhibit->stop_finished, true, memory_order_release);
    if (exhibit->params.wakeup) exhibit->params.wakeup(exhibit->params.wakeup_context);
    return NULL;
}

/* Joins the thread and keeps its reports, unless the runs were restarted since. */
static bool take_reports(struct exhibit *exhibit) {
    pthread_join(exhibit->stop_thread, NULL);
    exhibit->stop_running = false;
    bool any = false;
    for (int i = 0; i < exhibit->stop_count; i++) {
        struct stop_task *task = &exhibit->stop_tasks[i];
        free(task->theta);
        if (exhibit->stop_generation != exhibit->generation) {
            eigen_report_destroy(&task->report);
            continue;
        }
        eigen_report_destroy(&exhibit->stop_reports[task->run]);
        exhibit->stop_reports[task->run] = task->report;
        any |= task->report != NULL;
    }
    free(exhibit->stop_tasks);
    exhibit->stop_tasks = NULL;
    exhibit->stop_count = 0;
    free(exhibit->points);
    exhibit->points = MEM_NEW(struct critical_point, exhibit->runs);
    exhibit->point_count = 0;
    for (int r = 0; r < exhibit->runs; r++)
        if (exhibit->stop_reports[r]) exhibit->points[exhibit->point_count++].report = exhibit->stop_reports[r];
    return any;
}

static void begin_tasks(struct exhibit *exhibit, bool all_ended) {
    const struct timeline *timeline = exhibit->params.timeline;
    for (int r = 0; r < exhibit->runs; r++) {
        const struct path *path = &exhibit->now.paths[r];
        if (!path->any || path->diverged >= 0 || path->newest.step == exhibit->stop_steps[r]) continue;
        if (!all_ended && path->newest.step < exhibit->params.experiment->steps) continue;
        size_t count = timeline_count(timeline, r);
        struct sample sample;
        bool known = false;
        double *theta = MEM_NEW(double, exhibit->n);
        if (count == 0 || timeline_read(timeline, r, count - 1, 1, &sample, theta, &known) == 0 || !known) {
            free(theta);
            continue;
        }
        exhibit->stop_steps[r] = sample.step;
        exhibit->stop_tasks =
            mem_resize(exhibit->stop_tasks, (size_t)exhibit->stop_count + 1, sizeof *exhibit->stop_tasks);
        exhibit->stop_tasks[exhibit->stop_count++] = (struct stop_task){r, sample.step, theta, NULL};
    }
    if (exhibit->stop_count == 0) return;
    exhibit->stop_generation = exhibit->generation;
    atomic_store(&exhibit->stop_finished, false);
    exhibit->stop_running = true;
    thread_start(&exhibit->stop_thread, "hessian", analyze_stops, exhibit);
}

bool stops_update(struct exhibit *exhibit, bool all_ended) {
    if (exhibit->search || exhibit->n > STOPS_MAX_PARAMETERS) return false;
    bool any = false;
    if (exhibit->stop_running) {
        if (!atomic_load_explicit(&exhibit->stop_finished, memory_order_acquire)) return false;
        any = take_reports(exhibit);
    }
    begin_tasks(exhibit, all_ended);
    return any;
}

void stops_wait(struct exhibit *exhibit) {
    if (exhibit->stop_running) take_reports(exhibit);
}

void stops_clear(struct exhibit *exhibit) {
    if (exhibit->search || exhibit->n > STOPS_MAX_PARAMETERS) return;
    for (int r = 0; r < exhibit->runs; r++) {
        eigen_report_destroy(&exhibit->stop_reports[r]);
        exhibit->stop_steps[r] = -1;
    }
    exhibit->point_count = 0;
}
