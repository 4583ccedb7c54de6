/* To look after every step which place is the nearest would cost more than the step. So each point has a circle within
 * which the answer cannot change: around the end it is at, of the tolerance; else around where it was last looked at,
 * as wide as leaves it outside every tolerance. Only a point that has left its circle is looked at again. */
#include "study/basins_parts.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

struct tracker {
    const struct basin_places *places;
    double *x, *y, *radius2; /* (capacity) the circle */
    int *end;                /* (capacity) an isolated end, or BASIN_NOWHERE */
    int *valley;             /* (capacity) the valley it is on, or BASIN_NOWHERE */
    int64_t *since;          /* (capacity) */
};

/* So that rounding in a distance never hides a place that has come within the tolerance. */
static const double CAUTION = 1 - 1e-9;

struct tracker *tracker_create(const struct basin_places *places, int capacity) {
    struct tracker *tracker = MEM_NEW(struct tracker, 1);
    tracker->places = places;
    tracker->x = MEM_NEW(double, capacity);
    tracker->y = MEM_NEW(double, capacity);
    tracker->radius2 = MEM_NEW(double, capacity);
    tracker->end = MEM_NEW(int, capacity);
    tracker->valley = MEM_NEW(int, capacity);
    tracker->since = MEM_NEW(int64_t, capacity);
    return tracker;
}

void tracker_destroy(struct tracker **tracker) {
    if (!*tracker) return;
    free((*tracker)->x);
    free((*tracker)->y);
    free((*tracker)->radius2);
    free((*tracker)->end);
    free((*tracker)->valley);
    free((*tracker)->since);
    free(*tracker);
    *tracker = NULL;
}

static double distance2(const double *theta, double x, double y) {
    double dx = theta[0] - x, dy = theta[1] - y;
    return dx * dx + dy * dy;
}

/* The nearest isolated end and a new circle. */
static void look_again(struct tracker *tracker, int p, const double *theta, int64_t step) {
    const struct basin_places *places = tracker->places;
    double least = INFINITY, tolerance = places->tolerance;
    int nearest = BASIN_NOWHERE;
    for (int i = 0; i < places->count; i++) {
        const struct basin_end *end = &places->ends[i];
        double d = end->valley ? INFINITY : distance2(theta, end->at[0], end->at[1]);
        if (d < least) {
            least = d;
            nearest = i;
        }
    }
    bool there = least <= tolerance * tolerance;
    if (!there) nearest = BASIN_NOWHERE;
    const double *centre = there ? places->ends[nearest].at : theta;
    double radius = there ? tolerance : (sqrt(least) - tolerance) * CAUTION;
    tracker->x[p] = centre[0];
    tracker->y[p] = centre[1];
    tracker->radius2[p] = radius > 0 ? radius * radius : 0;
    if (nearest != tracker->end[p]) tracker->since[p] = step;
    tracker->end[p] = nearest;
}

/* Of the valleys it is as low and as level as, the one whose known point is nearest. */
static int find_valley(const struct basin_places *places, const double *theta, double loss, double slope) {
    int nearest = BASIN_NOWHERE;
    double least = INFINITY;
    for (int i = 0; i < places->count; i++) {
        const struct basin_end *end = &places->ends[i];
        if (!end->valley || slope > places->valleys[i].slope || fabs(loss - end->loss) > places->valleys[i].height)
            continue;
        double d = distance2(theta, end->at[0], end->at[1]);
        if (d < least) {
            least = d;
            nearest = i;
        }
    }
    return nearest;
}

static void look_at_valleys(struct tracker *tracker, const struct flock *flock) {
    const double *thetas = flock_thetas(flock), *gradients = flock_gradients(flock), *losses = flock_losses(flock);
    for (int p = 0; p < flock_count(flock); p++) {
        double slope = hypot(gradients[2 * p], gradients[2 * p + 1]);
        int valley = find_valley(tracker->places, thetas + 2 * p, losses[p], slope);
        if (valley != tracker->valley[p] && tracker->end[p] == BASIN_NOWHERE) tracker->since[p] = flock_at(flock);
        tracker->valley[p] = valley;
    }
}

void tracker_look(struct tracker *tracker, const struct flock *flock) {
    const double *thetas = flock_thetas(flock);
    int count = flock_count(flock), left = 0;
    for (int p = 0; p < count; p++)
        left |= !(distance2(thetas + 2 * p, tracker->x[p], tracker->y[p]) <= tracker->radius2[p]);
    for (int p = 0; left && p < count; p++)
        if (!(distance2(thetas + 2 * p, tracker->x[p], tracker->y[p]) <= tracker->radius2[p]))
            look_again(tracker, p, thetas + 2 * p, flock_at(flock));
    if (tracker->places->valley_count) look_at_valleys(tracker, flock);
}

void tracker_start(struct tracker *tracker, const struct flock *flock) {
    for (int p = 0; p < flock_count(flock); p++) {
        tracker->end[p] = tracker->valley[p] = BASIN_NOWHERE;
        tracker->radius2[p] = -1;
        tracker->since[p] = 0;
    }
    tracker_look(tracker, flock);
}

void tracker_finish(const struct tracker *tracker, const struct flock *flock, struct basin_cell *cells) {
    const double *thetas = flock_thetas(flock);
    for (int p = 0; p < flock_count(flock); p++) {
        int64_t lost = flock_diverged(flock)[p];
        int end = tracker->end[p] != BASIN_NOWHERE ? tracker->end[p] : tracker->valley[p];
        cells[p] = (struct basin_cell){.end = end,
                                       .steps = end == BASIN_NOWHERE ? flock_at(flock) : tracker->since[p],
                                       .theta = {thetas[2 * p], thetas[2 * p + 1]},
                                       .loss = flock_losses(flock)[p]};
        if (lost >= 0)
            cells[p] = (struct basin_cell){.end = BASIN_DIVERGED, .steps = lost, .theta = {NAN, NAN}, .loss = NAN};
    }
}
