#include "scene/exhibit.h"

#include "base/memory.h"

#include <stdlib.h>

bool exhibit_record(const struct exhibit *exhibit, const char *path, struct error *error) {
    struct recording_geometry geometry = {.plane = exhibit_plane(exhibit)};
    const struct surface *surface = exhibit_surface(exhibit);
    double *losses = NULL;
    if (surface && surface_progress(surface).finished && !surface_progress(surface).cancelled) {
        geometry.surface = surface_params(surface);
        losses = MEM_NEW(double, (size_t)geometry.surface->width * (size_t)geometry.surface->height);
        surface_copy(surface, losses);
        geometry.losses = losses;
    }
    geometry.point_count = exhibit_critical_points(exhibit, &geometry.points);
    bool ok = recording_add_geometry(path, &geometry, error);
    free(losses);
    return ok;
}
