#include "study/slices.h"

#include "base/linalg.h"
#include "base/memory.h"
#include "study/study_class.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RANDOM = 20, GRID = 41 };
static const double hessian_share = 0.3; /* of the work, for the progress */

/* ---- how far ----------------------------------------------------------------------------------------------------- */

/* Where the loss along ± the lowest curvature is lowest before it rises again, a little beyond: the saddle with the
 * ground it leads down to. */
static double choose_reach(const struct slices_params *params, const struct plane *hessian, double norm) {
    double *away = MEM_NEW(double, 2 * (size_t)hessian->n);
    struct escape escape = critical_escape(params->objective, params->theta, hessian->v, away);
    free(away);
    double most = fmax(norm, 1e-3), reach = fmax(escape.step[0], escape.step[1]);
    return reach > 0 ? fmin(1.25 * reach, most) : 0.5 * most;
}

/* ---- one slice --------------------------------------------------------------------------------------------------- */

/* Waits for a surface as long as the job goes on. */
static bool await(struct surface *surface, struct job *job, struct error *error) {
    while (!surface_progress(surface).finished) {
        if (!job_going(job, error)) return false;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return true;
}

static double curvature_along(struct evaluator *evaluator, const double *theta, const double *direction, int n) {
    double *hv = MEM_NEW(double, n);
    evaluator_hvp(evaluator, theta, NULL, 1, direction, hv);
    double curvature = linalg_dot(n, direction, hv) / linalg_dot(n, direction, direction);
    free(hv);
    return curvature;
}

/* What the grid's two lines through the point say. */
static void judge(const struct slices *slices, struct slice *slice) {
    int grid = slices->grid, middle = grid / 2;
    for (int axis = 0; axis < 2; axis++) {
        for (int side = 0; side < 2; side++) {
            double lowest = 0;
            for (int k = 1; k <= middle; k++) {
                int along = side ? middle + k : middle - k;
                size_t at = axis == 0 ? (size_t)middle * (size_t)grid + (size_t)along
                                      : (size_t)along * (size_t)grid + (size_t)middle;
                double change = slice->losses[at] - slices->loss;
                if (k == 1 || change < lowest) lowest = change;
            }
            slice->lowest[axis][side] = lowest;
            if (lowest < -slices->tolerance) slice->falls[axis] = true;
        }
    }
}

static bool sample(const struct slices_params *params, struct slices *slices, struct slice *slice,
                   struct evaluator *evaluator, struct job *job, struct error *error) {
    const struct plane *plane = slice->plane;
    double reach[2] = {slices->reach / sqrt(plane->uu), slices->reach / sqrt(plane->vv)};
    const struct surface_params surface_params = {.objective = objective_exact(params->objective),
                                                  .plane = plane,
                                                  .low = {-reach[0], -reach[1]},
                                                  .high = {reach[0], reach[1]},
                                                  .width = slices->grid,
                                                  .height = slices->grid,
                                                  .threads = params->threads};
    struct surface *surface = surface_create(&surface_params, error);
    bool good = surface && await(surface, job, error);
    if (good) {
        slice->losses = mem_zalloc((size_t)slices->grid * (size_t)slices->grid, sizeof *slice->losses);
        surface_copy(surface, slice->losses);
        slice->curvature[0] = curvature_along(evaluator, params->theta, plane->u, plane->n);
        slice->curvature[1] = curvature_along(evaluator, params->theta, plane->v, plane->n);
        judge(slices, slice);
    }
    surface_destroy(&surface);
    return good;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static bool check(const struct slices_params *params, struct error *error) {
    int n = objective_dimension(params->objective);
    if (n < 3)
        return error_set(error, ERROR_INPUT, "two parameters make one plane only; slices are of objectives with more");
    if (params->count < 0 || params->count > SLICES_RANDOM)
        return error_set(error, ERROR_INPUT, "%d random planes; 1 to %d can be compared", params->count, SLICES_RANDOM);
    if (params->grid != 0 && (params->grid < 5 || params->grid > SURFACE_MAX || params->grid % 2 == 0))
        return error_set(error, ERROR_INPUT,
                         "a grid of %d points a side has no point in its middle; an odd number from 5 does",
                         params->grid);
    if (!(params->reach >= 0) || isinf(params->reach))
        return error_set(error, ERROR_INPUT, "a slice cannot reach %g far; a positive number is needed", params->reach);
    return true;
}

struct slices *slices_compute(const struct slices_params *params, struct job *job, struct error *error) {
    if (!check(params, error)) return NULL;
    int n = objective_dimension(params->objective), random = params->count ? params->count : RANDOM;
    struct job *part = job_create_part(job, hessian_share);
    struct plane *hessian = plane_create_hessian(params->objective, params->theta, part, error);
    job_note(part, 1);
    job_destroy(&part);
    if (!hessian) return NULL;
    struct slices *slices = MEM_NEW(struct slices, 1);
    slices->n = n;
    slices->count = 1 + random;
    slices->grid = params->grid ? params->grid : GRID;
    slices->slices = MEM_NEW(struct slice, slices->count);
    slices->at = MEM_NEW(double, n);
    memcpy(slices->at, params->theta, (size_t)n * sizeof *slices->at);
    struct evaluator *evaluator = evaluator_create(objective_exact(params->objective));
    double *gradient = MEM_NEW(double, n);
    slices->loss = evaluator_gradient(evaluator, params->theta, NULL, gradient);
    slices->gradient_norm = linalg_norm(n, gradient);
    free(gradient);
    slices->reach = params->reach > 0 ? params->reach : choose_reach(params, hessian, linalg_norm(n, params->theta));
    slices->tolerance = 2 * slices->gradient_norm * slices->reach + 1e-10 * fmax(1, fabs(slices->loss));
    bool good = true;
    for (int k = 0; good && k < slices->count; k++) {
        struct slice *slice = &slices->slices[k];
        slice->plane =
            k == 0 ? hessian : plane_create_random(params->objective, params->theta, params->seed + (uint64_t)(k - 1));
        good = sample(params, slices, slice, evaluator, job, error);
        job_note(job, hessian_share + (1 - hessian_share) * (k + 1) / slices->count);
        if (k == 0) continue;
        slices->falling += slice->falls[0] || slice->falls[1];
        slices->falling_both += slice->falls[0] && slice->falls[1];
    }
    slices->high = slices->slices[0].curvature[0];
    slices->low = slices->slices[0].curvature[1];
    evaluator_destroy(&evaluator);
    if (!good) slices_destroy(&slices);
    return slices;
}

void slices_destroy(struct slices **handle) {
    if (!handle || !*handle) return;
    struct slices *slices = *handle;
    for (int k = 0; k < slices->count; k++) {
        plane_destroy(&slices->slices[k].plane);
        free(slices->slices[k].losses);
    }
    free(slices->slices);
    free(slices->at);
    free(slices);
    *handle = NULL;
}

/* ---- in words ---------------------------------------------------------------------------------------------------- */

const char *slice_verdict(const struct slice *slice) {
    if (slice->falls[0] && slice->falls[1]) return "falls along both axes";
    return slice->falls[0] || slice->falls[1] ? "falls along one axis" : "rises both ways";
}

const char *slices_title(const struct slices *slices, char *out, size_t size) {
    const struct slice *hessian = &slices->slices[0];
    bool down = hessian->falls[0] || hessian->falls[1], both = hessian->falls[0] && hessian->falls[1];
    snprintf(out, size, "Down along %s: Hessian plane %s; %d of %d random planes", both ? "both axes" : "one axis",
             down ? "yes" : "no", both ? slices->falling_both : slices->falling, slices->count - 1);
    return out;
}

/* ---- as a study -------------------------------------------------------------------------------------------------- */

struct slices_study {
    struct study study;
    struct slices_params params;
    double *theta;
    struct slices *found; /* guarded by lock */
};

static bool work(struct study *study, struct job *job, struct error *error) {
    struct slices_study *own = (struct slices_study *)study;
    struct slices *found = slices_compute(&own->params, job, error);
    study_lock(study);
    own->found = found;
    study_unlock(study);
    study_announce(study);
    return found != NULL;
}

static void write(const struct study *study, FILE *stream) {
    const struct slices *found = ((const struct slices_study *)study)->found;
    fputs("slice,curvature_u,curvature_v,falls_u,falls_v\n", stream);
    for (int k = 0; found && k < found->count; k++) {
        const struct slice *slice = &found->slices[k];
        fprintf(stream, "%s", k ? "random" : "hessian");
        study_write_number(stream, slice->curvature[0]);
        study_write_number(stream, slice->curvature[1]);
        fprintf(stream, ",%d,%d\n", slice->falls[0], slice->falls[1]);
    }
}

static void release(struct study *study) {
    struct slices_study *own = (struct slices_study *)study;
    slices_destroy(&own->found);
    free(own->theta);
}

static const struct study_class class = {"slices", sizeof(struct slices_study), work, write, release, NULL};

struct study *study_create_slices(const struct slices_params *params, struct study_watcher watcher,
                                  struct error *error) {
    if (!check(params, error)) return NULL;
    struct slices_study *own = study_allocate(&class);
    own->params = *params;
    own->params.theta = own->theta = study_copy(params->theta, (size_t)objective_dimension(params->objective));
    return study_start(&own->study, &watcher);
}

const struct slices *study_read_slices(const struct study *study) {
    study_lock(study);
    const struct slices *found = ((const struct slices_study *)study)->found;
    study_unlock(study);
    return found;
}
