/* Where starts can end. */
#include "study/basins_parts.h"

#include "base/linalg.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

static const double AROUND = 0.25;   /* of the range, searched on every side of it */
static const double SHARE = 0.01;    /* of the range's shorter side: the tolerance … */
static const double APART = 1.0 / 3; /* … and at most so much of the way between two points */
static const double SAME = 1e-6;     /* of the range: a published point that the search has found */

static double shorter_side(const struct basins_params *params) {
    return fmin(params->high[0] - params->low[0], params->high[1] - params->low[1]);
}

static double between(const struct basin_end *a, const struct basin_end *b) {
    return hypot(a->at[0] - b->at[0], a->at[1] - b->at[1]);
}

static double choose_tolerance(const struct basin_places *places, const struct basins_params *params) {
    double tolerance = SHARE * shorter_side(params);
    for (int i = 0; i < places->count; i++)
        for (int j = 0; j < i; j++)
            if (!places->ends[i].valley && !places->ends[j].valley)
                tolerance = fmin(tolerance, APART * between(&places->ends[i], &places->ends[j]));
    return tolerance;
}

/* What the experiment publishes and a search by gradients does not see. */
static void add_known(struct basin_places *places, const struct basins_params *params) {
    const struct experiment *experiment = params->experiment;
    struct evaluator *evaluator = evaluator_create(experiment->objective);
    for (int k = 0; k < experiment->known_count; k++) {
        const struct known_point *known = &experiment->known[k];
        struct basin_end end = {.at = {known->at[0], known->at[1]}, .kind = known->kind};
        end.loss = evaluator_loss(evaluator, end.at, NULL);
        bool found = !isfinite(end.loss);
        for (int i = 0; i < places->count; i++)
            found |= places->ends[i].valley || between(&places->ends[i], &end) <= SAME * shorter_side(params);
        if (!found) places->ends[places->count++] = end;
    }
    evaluator_destroy(&evaluator);
}

static int compare(const void *a, const void *b) {
    const struct basin_end *p = a, *q = b;
    if (p->kind != q->kind) return p->kind < q->kind ? -1 : 1;
    if (p->loss != q->loss) return p->loss < q->loss ? -1 : 1;
    for (int axis = 0; axis < 2; axis++)
        if (p->at[axis] != q->at[axis]) return p->at[axis] < q->at[axis] ? -1 : 1;
    return 0;
}

static void measure_valleys(struct basin_places *places, const struct basins_params *params) {
    struct evaluator *evaluator = evaluator_create(params->experiment->objective);
    places->valleys = MEM_NEW(struct valley, places->count);
    for (int i = 0; i < places->count; i++) {
        if (!places->ends[i].valley) continue;
        double hessian[4];
        evaluator_hessian(evaluator, places->ends[i].at, NULL, hessian);
        double curvature = linalg_norm(4, hessian), tolerance = places->tolerance;
        places->valleys[i] = (struct valley){curvature * tolerance, 0.5 * curvature * tolerance * tolerance};
        places->valley_count++;
    }
    evaluator_destroy(&evaluator);
}

static bool search(struct critical_search *critical, struct job *job, struct error *error) {
    if (!job_going(job, error)) critical_cancel(critical);
    critical_wait(critical);
    return job_going(job, error);
}

bool places_find(struct basin_places *places, const struct basins_params *params, struct job *job,
                 struct error *error) {
    struct critical_params area = {.objective = params->experiment->objective, .threads = params->threads};
    for (int axis = 0; axis < 2; axis++) {
        double more = AROUND * (params->high[axis] - params->low[axis]);
        area.low[axis] = params->low[axis] - more;
        area.high[axis] = params->high[axis] + more;
    }
    struct critical_search *critical = critical_create(&area, error);
    if (!critical) return false;
    bool ok = search(critical, job, error);
    const struct critical_point *points;
    size_t count = ok ? critical_points(critical, &points) : 0;
    places->ends = MEM_NEW(struct basin_end, count + (size_t)params->experiment->known_count);
    for (size_t i = 0; i < count; i++) {
        const struct eigen_report *report = points[i].report;
        places->ends[places->count++] = (struct basin_end){.at = {report->at[0], report->at[1]},
                                                           .loss = report->loss,
                                                           .kind = report->kind,
                                                           .valley = points[i].valley};
    }
    critical_destroy(&critical);
    if (!ok) return false;
    add_known(places, params);
    qsort(places->ends, (size_t)places->count, sizeof *places->ends, compare);
    for (int i = 0; i < places->count; i++) {
        struct basin_end *end = &places->ends[i];
        for (int j = 0; j <= i; j++)
            end->number += places->ends[j].kind == end->kind && places->ends[j].valley == end->valley;
    }
    places->tolerance = params->tolerance > 0 ? params->tolerance : choose_tolerance(places, params);
    measure_valleys(places, params);
    return true;
}

void places_release(struct basin_places *places) {
    free(places->ends);
    free(places->valleys);
}
