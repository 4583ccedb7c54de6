/* Measures that take a study: what planes through a critical point show, how often lines turn, where starts end. */
#include "lesson/lesson_parts.h"

#include "base/memory.h"
#include "study/basins.h"
#include "study/slices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SLICE_GRID = 21, LINE_POINTS = 101, BASIN_SIDE = 48 };

/* ---- around a critical point ---------------------------------------------------------------------------------------
 */

static double slices_value(const struct measure *measure, const struct objective *objective, const double *theta,
                           int threads, struct job *job, struct error *error) {
    const struct slices_params params = {.objective = objective,
                                         .theta = theta,
                                         .count = measure->planes,
                                         .seed = 1,
                                         .grid = SLICE_GRID,
                                         .threads = threads};
    struct slices *slices = slices_compute(&params, job, error);
    if (!slices) return NAN;
    const struct slice *hessian = &slices->slices[0];
    double value = measure->reading == READING_HESSIAN_FALLS ? hessian->falls[0] || hessian->falls[1]
                                                             : (double)slices->falling / (slices->count - 1);
    slices_destroy(&slices);
    return value;
}

static double index_value(const struct objective *objective, const double *theta, struct error *error) {
    if (objective_dimension(objective) > HESSIAN_MAX) {
        error_set(error, ERROR_INPUT, "saddle_index: %d parameters are too many for all eigenvalues",
                  objective_dimension(objective));
        return NAN;
    }
    struct eigen_report *report = hessian_analyze(objective, theta, error);
    double value = report ? report->index : NAN;
    eigen_report_destroy(&report);
    return value;
}

double reading_at_critical(const struct measure *measure, const struct objective *objective, const double *theta,
                           int threads, struct job *job, struct error *error) {
    const struct seek_params params = {.objective = objective, .theta = theta};
    struct seek_result *found = critical_seek(&params, job, error);
    if (!found) return NAN;
    double value = NAN;
    if (found->ending != SEEK_FOUND)
        error_set(error, ERROR_MACHINE, "%s: no critical point was found near there", measure->name);
    else if (measure->reading == READING_SADDLE_GRADIENT)
        value = found->gradient_norm;
    else if (measure->reading == READING_SADDLE_INDEX)
        value = index_value(objective, found->theta, error);
    else
        value = slices_value(measure, objective, found->theta, threads, job, error);
    seek_result_destroy(&found);
    return value;
}

/* ---- lines ----------------------------------------------------------------------------------------------------------
 */

static int count_turns(const double *losses, int count) {
    int turns = 0;
    double before = 0;
    for (int i = 1; i < count; i++) {
        double change = losses[i] - losses[i - 1];
        if (change * before < 0) turns++;
        if (change != 0) before = change;
    }
    return turns;
}

double reading_line_turns(const struct measure *measure, const struct objective *objective, const double *theta,
                          struct job *job, struct error *error) {
    int n = objective_dimension(objective), lines = 2 * measure->planes, turns = 0;
    struct evaluator *evaluator = evaluator_create(objective);
    double *place = MEM_NEW(double, n), losses[LINE_POINTS];
    for (int line = 0; line < lines && job_going(job, error); line++) {
        struct plane *plane = plane_create_random(objective, theta, (uint64_t)(line / 2) + 1);
        const double *along = line % 2 ? plane->v : plane->u;
        for (int i = 0; i < LINE_POINTS; i++) {
            double t = 2.0 * i / (LINE_POINTS - 1) - 1;
            for (int k = 0; k < n; k++) place[k] = theta[k] + t * along[k];
            losses[i] = evaluator_loss(evaluator, place, NULL);
        }
        turns += count_turns(losses, LINE_POINTS);
        plane_destroy(&plane);
    }
    free(place);
    evaluator_destroy(&evaluator);
    return (double)turns / lines;
}

/* ---- basins ---------------------------------------------------------------------------------------------------------
 */

static double share_to(const struct study *study, const struct measure *measure, size_t starts, struct error *error) {
    const struct basin_end *ends;
    size_t count = study_basins_ends(study, &ends), nearest = 0;
    const double *asked = measure->place.point;
    for (size_t i = 1; i < count; i++)
        if (hypot(ends[i].at[0] - asked[0], ends[i].at[1] - asked[1]) <
            hypot(ends[nearest].at[0] - asked[0], ends[nearest].at[1] - asked[1]))
            nearest = i;
    if (count == 0) {
        error_set(error, ERROR_MACHINE, "%s: there is no critical point to end at", measure->name);
        return NAN;
    }
    size_t *counts = mem_zalloc(count, sizeof *counts);
    study_tally_basins(study, measure->place.optimizer, count, counts);
    double share = (double)counts[nearest] / (double)starts;
    free(counts);
    return share;
}

static double share_apart(const struct study *study, const struct measure *measure, size_t starts) {
    struct basin_cell *one = MEM_NEW(struct basin_cell, starts), *other = MEM_NEW(struct basin_cell, starts);
    study_read_basins(study, measure->optimizer, one);
    study_read_basins(study, measure->against, other);
    size_t apart = 0;
    for (size_t i = 0; i < starts; i++) apart += one[i].end != other[i].end;
    free(other);
    free(one);
    return (double)apart / (double)starts;
}

bool study_await(const struct study *study, struct job *job, struct error *error) {
    static const struct timespec pause = {.tv_nsec = 5000000};
    struct job *own = study_job(study);
    while (!job_progress(own).finished && job_going(job, NULL)) nanosleep(&pause, NULL);
    if (!job_going(job, error)) job_cancel(own);
    struct error why = {0};
    return job_wait(own, &why) || error_set(error, why.kind, "%s", why.message);
}

double reading_basins(const struct measure *measure, const struct experiment *experiment, struct stock *stock,
                      int threads, struct job *job, struct error *error) {
    const struct basins_params params = {
        .experiment = experiment, .width = BASIN_SIDE, .height = BASIN_SIDE, .threads = threads};
    bool fresh;
    struct study **study = stock_study(stock, measure, &fresh);
    if (fresh) *study = study_create_basins(&params, error);
    if (!*study || !study_await(*study, job, error)) return NAN;
    size_t starts = (size_t)BASIN_SIDE * BASIN_SIDE;
    return measure->reading == READING_BASIN_SHARE ? share_to(*study, measure, starts, error)
                                                   : share_apart(*study, measure, starts);
}
