/* Inside scene/: where the ticks of a loss axis stand. */
#pragma once

#include "scene/scene.h"

/* Round losses spread evenly over the heights of `map`, about `want` + 1 and at most `most`, ascending; returns how
 * many. */
int ticks_height(const struct height_map *map, int want, double *out, int most);
