#include "scene/scene.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const double *sorted, size_t count, double share) {
    double position = share * (double)(count - 1);
    size_t below = (size_t)position;
    if (below + 1 >= count) return sorted[count - 1];
    double t = position - (double)below;
    return sorted[below] * (1 - t) + sorted[below + 1] * t;
}

/* A few walls may be cut off, but only when they would take more than the upper half of the height. */
static const double wall_share = 0.96, wall_ratio = 2.2, wall_room = 1.25;
/* The logarithm gives the lowest sixteenth of the area room of its own, within four and one decades below the top. */
static const double knee_share = 0.06, knee_least = 1e-4, knee_most = 0.1;

struct height_map height_map_fit(enum height_mapping mapping, const double *losses, size_t count) {
    struct height_map map = {.mapping = mapping, .low = 0, .high = 1, .knee = 0.1};
    double *sorted = MEM_NEW(double, count);
    size_t finite = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(losses[i])) sorted[finite++] = losses[i];
    if (finite > 0) {
        qsort(sorted, finite, sizeof *sorted, by_value);
        double low = sorted[0], high = sorted[finite - 1];
        /* Rounding alone makes no relief. */
        double least = fmax(1e-12 * fmax(fabs(low), fabs(high)), 1e-300);
        if (mapping == HEIGHT_LINEAR) {
            double wall = quantile(sorted, finite, wall_share);
            if (wall - low > least && high - low > wall_ratio * (wall - low)) high = low + wall_room * (wall - low);
        }
        if (!(high - low > least)) {
            double room = fmax(fabs(low), 1) * 0.5;
            low -= room;
            high += room;
        }
        if (!isfinite(high - low)) {
            low = fmax(low, -1e300);
            high = fmin(high, 1e300);
        }
        double range = high - low;
        map.low = low;
        map.high = high;
        map.knee = fmin(fmax(quantile(sorted, finite, knee_share) - low, knee_least * range), knee_most * range);
    }
    free(sorted);
    return map;
}

struct height_map height_map_join(const struct height_map *one, const struct height_map *other) {
    struct height_map map = {
        .mapping = one->mapping, .low = fmin(one->low, other->low), .high = fmax(one->high, other->high)};
    /* Each keeps its lowest part apart, as far as the range of both lets it. */
    double range = map.high - map.low;
    map.knee = fmin(fmax(fmin(one->knee, other->knee), knee_least * range), knee_most * range);
    return map;
}

double height_tone(const struct height_map *map, double loss) {
    double range = map->high - map->low;
    if (map->mapping == HEIGHT_LINEAR) return (loss - map->low) / range;
    double above = (loss - map->low) / map->knee, top = log1p(range / map->knee);
    /* Below the surface's lowest point (a path that left the plane) the curve goes on straight. */
    return above < 0 ? above / top : log1p(above) / top;
}

double height_loss(const struct height_map *map, double tone) {
    double range = map->high - map->low;
    if (map->mapping == HEIGHT_LINEAR) return map->low + tone * range;
    double above = tone * log1p(range / map->knee);
    return map->low + map->knee * (above < 0 ? above : expm1(above));
}
