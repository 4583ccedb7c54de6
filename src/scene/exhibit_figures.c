#include "scene/exhibit.h"

#include "base/linalg.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- a point and its foot --------------------------------------------------------------------------------------- */

/* The parameters of the run's sample at just this step into `theta`; false where they are not kept. */
static bool theta_at(const struct exhibit *exhibit, int run, int64_t step, double *theta) {
    const struct timeline *timeline = exhibit->params.timeline;
    int64_t index = timeline_find(timeline, run, step);
    struct sample sample;
    bool known = false;
    return index >= 0 && timeline_read(timeline, run, (size_t)index, 1, &sample, theta, &known) == 1 && known &&
           sample.step == step;
}

bool exhibit_path_figures(struct exhibit *exhibit, int run, int64_t step, struct path_figures *out) {
    struct path_sample at;
    if (run < 0 || run >= exhibit->runs || !path_at(&exhibit->now.paths[run], step, &at)) return false;
    struct path *path = &exhibit->now.paths[run];
    if (path->figures.step == at.step && path->figures_revision == exhibit->now.revision) {
        *out = path->figures;
        return true;
    }
    size_t n = (size_t)exhibit->n;
    if (!exhibit->evaluator) {
        exhibit->evaluator = evaluator_create(exhibit->params.experiment->objective);
        exhibit->theta = MEM_NEW(double, 2 * n);
    }
    double *theta = exhibit->theta, *foot = exhibit->theta + n;
    *out = (struct path_figures){
        .run = run, .step = at.step, .loss = at.loss, .a = at.a, .b = at.b, .distance = at.distance, .norm = NAN};
    if (theta_at(exhibit, run, at.step, theta)) {
        struct plane_point on = plane_project(exhibit->now.plane, theta);
        out->a = on.a;
        out->b = on.b;
        out->distance = on.distance;
        out->norm = linalg_norm(exhibit->n, theta);
    }
    if (exhibit->n == 2) { /* the plane is all there is */
        out->distance = 0;
        out->slice_loss = out->loss;
    } else {
        plane_lift(exhibit->now.plane, out->a, out->b, foot);
        out->slice_loss = evaluator_loss(exhibit->evaluator, foot, NULL);
    }
    path->figures = *out;
    path->figures_revision = exhibit->now.revision;
    return true;
}

/* ---- variance --------------------------------------------------------------------------------------------------- */

/* Welford (1962), for θ and for its place on the plane. */
void spread_add(struct spread *spread, const struct plane *plane, const double *theta, const struct plane_point *at) {
    size_t n = (size_t)plane->n;
    if (!spread->mean) spread->mean = MEM_NEW(double, n);
    if (spread->count == 0) memset(spread->mean, 0, n * sizeof *spread->mean);
    double count = (double)++spread->count, total = 0;
    for (size_t i = 0; i < n; i++) {
        double off = theta[i] - spread->mean[i];
        spread->mean[i] += off / count;
        total += off * (theta[i] - spread->mean[i]);
    }
    spread->total += total;
    const double place[2] = {at->a, at->b}, squares[2] = {plane->uu, plane->vv};
    for (int k = 0; k < 2; k++) {
        double off = place[k] - spread->at[k];
        spread->at[k] += off / count;
        spread->along[k] += off * (place[k] - spread->at[k]) * squares[k];
    }
}

/* The runs of `runs` that count: those that diverged do not, unless there are no others. */
static uint64_t counting(const struct exhibit *exhibit, const struct outlook *outlook, uint64_t runs) {
    uint64_t all = 0, sound = 0;
    for (int r = 0; r < exhibit->runs && r < EXPERIMENT_MAX_RUNS; r++) {
        const struct path *path = &outlook->paths[r];
        if (!(runs >> r & 1) || path->spread.count == 0) continue;
        all |= (uint64_t)1 << r;
        if (path->diverged < 0) sound |= (uint64_t)1 << r;
    }
    return sound ? sound : all;
}

/* The parts' sums put together about the mean of all (Chan, Golub & LeVeque 1979). */
static void sum_spreads(const struct exhibit *exhibit, const struct outlook *outlook, uint64_t runs, double share[2]) {
    const struct plane *plane = outlook->plane;
    const double squares[2] = {plane->uu, plane->vv};
    struct spread sum = {.mean = MEM_NEW(double, exhibit->n)};
    for (int r = 0; r < exhibit->runs && r < EXPERIMENT_MAX_RUNS; r++) {
        const struct spread *part = &outlook->paths[r].spread;
        if (!(runs >> r & 1) || part->count == 0) continue;
        double before = (double)sum.count, here = (double)part->count, weight = here / (before + here), apart = 0;
        for (int i = 0; i < exhibit->n; i++) {
            double off = part->mean[i] - sum.mean[i];
            apart += off * off;
            sum.mean[i] += off * weight;
        }
        sum.total += part->total + apart * before * weight;
        for (int k = 0; k < 2; k++) {
            double off = part->at[k] - sum.at[k];
            sum.along[k] += part->along[k] + off * off * squares[k] * before * weight;
            sum.at[k] += off * weight;
        }
        sum.count += part->count;
    }
    free(sum.mean);
    for (int k = 0; k < 2; k++) share[k] = sum.total > 0 ? fmin(sum.along[k] / sum.total, 1) : NAN;
}

double outlook_variance_share(struct exhibit *exhibit, const struct outlook *outlook, uint64_t runs, double share[2]) {
    double local[2];
    if (!share) share = local;
    if (exhibit->n == 2) {
        share[0] = share[1] = NAN;
        return 1;
    }
    uint64_t counted = counting(exhibit, outlook, runs);
    size_t samples = 0;
    for (int r = 0; r < exhibit->runs; r++) samples += outlook->paths[r].spread.count;
    struct shares *known = &exhibit->shares;
    if (!known->known || known->runs != counted || known->samples != samples || known->revision != outlook->revision) {
        *known = (struct shares){.known = true, .runs = counted, .revision = outlook->revision, .samples = samples};
        sum_spreads(exhibit, outlook, counted, known->share);
    }
    memcpy(share, known->share, sizeof known->share);
    return fmin(share[0] + share[1], 1);
}

double exhibit_variance_share(struct exhibit *exhibit, uint64_t runs, double share[2]) {
    return outlook_variance_share(exhibit, &exhibit->now, runs, share);
}

double exhibit_largest_distance(const struct exhibit *exhibit, uint64_t runs, int64_t step) {
    double most = 0;
    for (int r = 0; r < exhibit->runs && r < EXPERIMENT_MAX_RUNS; r++) {
        struct path_sample at;
        if (runs >> r & 1 && path_at(&exhibit->now.paths[r], step, &at)) most = fmax(most, at.farthest);
    }
    return exhibit->n == 2 ? 0 : most;
}
