/* Inside scene/: what a picture of basins is made from, and its colours. */
#pragma once

#include "scene/basin_map.h"
#include "scene/build.h"

struct atlas {
    struct builder builder;
    const struct basin_map *map;
    const struct basins_params *params;
    const struct experiment *experiment;
    const struct basin_end *ends;
    int end_count;
    int shown[EXPERIMENT_MAX_OPTIMIZERS], count; /* optimizers */
    int columns, rows;
    float left, top, map_width, map_height, across, down; /* across and down: from one map to the next */
    float legend_top;
    struct basin_cell *cells; /* (count × height × width) */
    size_t *counts;           /* (count × ends) */
    size_t *total;            /* (ends) */
    struct basin_tally tallies[EXPERIMENT_MAX_OPTIMIZERS];
    int *order;           /* (ends) those that any start ends in first, else as they are */
    struct color *colors; /* (ends) */
    double few, many;     /* steps: drawn lightest and darkest */
};

/* basin_colors.c */
void atlas_color(struct atlas *atlas); /* chooses order, colours and the range of steps; cells and totals are known */
struct color basin_shade(struct color base, float tone); /* tone 0: few steps, 1: many */
struct color basin_nowhere_color(const struct theme *theme);
struct scene_texel basin_texel(struct color color, uint8_t alpha);
struct scene_texel atlas_cell_texel(const struct atlas *atlas, const struct basin_cell *cell);
