#include "scene/exhibit.h"

size_t exhibit_distances(const struct exhibit *exhibit, int run, size_t from, size_t most, int64_t *steps,
                         double *distances) {
    const struct path *path = &exhibit->now.paths[run];
    size_t got = 0;
    for (; got < most && from + got < path->count; got++) {
        steps[got] = path->samples[from + got].step;
        distances[got] = (double)path->samples[from + got].distance;
    }
    return got;
}

/* A new plane, another start, or every other sample let go. */
uint64_t exhibit_distance_version(const struct exhibit *exhibit, int run) {
    return (exhibit->now.revision << 24 ^ exhibit->generation) << 24 ^ exhibit->now.paths[run].stride;
}
