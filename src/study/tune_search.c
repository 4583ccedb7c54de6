#include "base/memory.h"
#include "study/tune_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double DECADES = 2; /* of the coarse grid, each way of the optimizer's own rate */
const double TUNE_FINE = 1.1;
static const double ARRIVED = 1e-9; /* of the way from the start's loss to the lowest */
enum { BEYOND = 20, AT_ONCE = 2 };  /* rates added beyond either end of the grid at most, and in one round */

double tune_round(double rate) {
    char text[32];
    snprintf(text, sizeof text, "%.2e", rate);
    return strtod(text, NULL);
}

static int compare_numbers(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double tune_median(double *values, int count) {
    if (count == 0) return NAN;
    qsort(values, (size_t)count, sizeof *values, compare_numbers);
    double low = values[(count - 1) / 2], high = values[count / 2];
    return low == high ? low : low + (high - low) / 2;
}

void tune_point_measure(struct tune_point *point, int seeds) {
    double losses[TUNE_MAX_SEEDS], settled[TUNE_MAX_SEEDS];
    point->done = point->diverged = 0;
    point->low = INFINITY;
    point->high = -INFINITY;
    for (int s = 0; s < seeds; s++) {
        const struct tune_trial *trial = &point->trials[s];
        if (!trial->done) continue;
        double loss = trial->diverged ? INFINITY : trial->loss;
        settled[point->done] = trial->diverged ? INFINITY : (double)trial->settled;
        losses[point->done++] = loss;
        point->diverged += trial->diverged;
        point->low = fmin(point->low, loss);
        point->high = fmax(point->high, loss);
    }
    point->median = tune_median(losses, point->done);
    point->settled = tune_median(settled, point->done);
    if (point->done == 0) point->low = point->high = NAN;
}

/* ---- which is best -------------------------------------------------------------------------------------------------
 */

static double start_of(const struct tune_point *point, int seeds) {
    double losses[TUNE_MAX_SEEDS];
    int count = 0;
    for (int s = 0; s < seeds; s++)
        if (point->trials[s].done) losses[count++] = point->trials[s].start_loss;
    return tune_median(losses, count);
}

int tune_best(const struct tune_point *points, int count, int seeds, double own_rate) {
    double lowest = INFINITY, start = -INFINITY;
    for (int i = 0; i < count; i++) {
        if (points[i].done == 0) continue;
        lowest = fmin(lowest, points[i].median);
        start = fmax(start, start_of(&points[i], seeds));
    }
    if (lowest == INFINITY) return -1;
    double near_enough = lowest + ARRIVED * fmax(0, start - lowest);
    int best = -1;
    for (int i = 0; i < count; i++) {
        const struct tune_point *point = &points[i], *before = best < 0 ? NULL : &points[best];
        if (point->done == 0 || !(point->median <= near_enough)) continue;
        bool better = !before || point->settled < before->settled;
        if (before && point->settled == before->settled) {
            double far = fabs(log(point->values[0] / own_rate)), before_far = fabs(log(before->values[0] / own_rate));
            better = point->median < before->median || (point->median == before->median && far < before_far);
        }
        if (better) best = i;
    }
    return best;
}

/* ---- which rates come next ------------------------------------------------------------------------------------------
 */

static bool add_rate(struct tune_line *line, double rate, int seeds) {
    rate = fmin(fmax(tune_round(rate), line->lowest), line->highest);
    int place = 0;
    while (place < line->count && line->rates[place].rate < rate) place++;
    if (place < line->count && line->rates[place].rate == rate) return false;
    MEM_GROW(line->rates, line->capacity, line->count + 1);
    memmove(line->rates + place + 1, line->rates + place, (size_t)(line->count - place) * sizeof *line->rates);
    line->rates[place] = (struct tune_rate){.rate = rate, .trials = MEM_NEW(struct tune_trial, seeds)};
    line->count++;
    return true;
}

void tune_line_begin(struct tune_line *line, const struct tune_params *params, int seeds) {
    double low = params->rate_low, high = params->rate_high;
    if (!(low > 0)) {
        low = line->own / pow(10, DECADES);
        high = line->own * pow(10, DECADES);
    }
    int count = params->rate_count > 0 ? params->rate_count : (int)(2 * log10(high / low) + 1.5);
    if (count < 3 && params->rate_count == 0) count = 3;
    line->ratio = count > 1 ? pow(high / low, 1.0 / (count - 1)) : sqrt(10);
    for (int i = 0; i < count; i++) add_rate(line, low * pow(line->ratio, i), seeds);
}

static bool add_between(struct tune_line *line, int below, int seeds) {
    double low = line->rates[below].rate, high = line->rates[below + 1].rate;
    return high / low > TUNE_FINE && add_rate(line, sqrt(low * high), seeds);
}

/* Rates beyond one end, further and further; false when it has come as far as it goes. */
static bool add_beyond(struct tune_line *line, bool up, int seeds) {
    int *beyond = up ? &line->up : &line->down;
    bool any = false;
    for (int i = 0; i < AT_ONCE && *beyond < BEYOND; i++, ++*beyond) {
        double end = line->rates[up ? line->count - 1 : 0].rate;
        if (!add_rate(line, up ? end * line->ratio : end / line->ratio, seeds)) break;
        any = true;
    }
    return any;
}

bool tune_line_extend(struct tune_line *line, int seeds) {
    if (line->settled) return false;
    struct tune_point *points = MEM_NEW(struct tune_point, line->count);
    for (int i = 0; i < line->count; i++) {
        points[i].values[0] = line->rates[i].rate;
        points[i].trials = line->rates[i].trials;
        tune_point_measure(&points[i], seeds);
    }
    int best = tune_best(points, line->count, seeds, line->own), last = line->count - 1;
    free(points);
    bool more = false;
    if (best == 0 || best == -1) more = add_beyond(line, false, seeds);
    if (best == last) more = add_beyond(line, true, seeds) || more;
    if (!more && best >= 0) { /* from above, so that indices below stay true */
        if (best < last) more = add_between(line, best, seeds);
        if (best > 0) more = add_between(line, best - 1, seeds) || more;
    }
    line->settled = !more;
    return more;
}
