/* Basins as a picture: a map an optimizer, side by side, one colour a place to end in, darker the more steps it took;
 * below each map the shares of its starts, below all what the colours mean. A door of its own beside scene.h. */
#pragma once

#include "scene/scene.h"
#include "study/basins.h"

struct basin_map {
    const struct study *basins; /* borrowed; may still be at work: what is known so far is shown */
    enum theme_kind theme;
    float width, height; /* the picture in pixels at scale 1 */
    bool title;          /* the experiment's, and the formula below it */
    uint64_t hidden;     /* bit k: optimizer k is left out */
};
/* The height that fits the maps, at most four beside each other, into a picture of map->width. */
float basin_map_height(const struct basin_map *map);
/* Fills `scene` (zeroed before its first use; cleared here). Deterministic for what the study has found. */
void basin_map_build(struct scene *scene, const struct basin_map *map);
/* What is under pixel (x, y) of the picture; false when that is no cell of a map. */
struct basin_pick {
    int optimizer, column, row;
};
bool basin_map_pick(const struct basin_map *map, float x, float y, struct basin_pick *out);
