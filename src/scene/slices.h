/* Slices through a point as a picture: the Hessian's large, random ones beside it. A door of its own beside scene.h. */
#pragma once

#include "scene/scene.h"
#include "study/slices.h"

struct slices_view {
    const char *name; /* whose point it is: "Iris, the saddle near where SGD ends"; NULL: not said */
    enum theme_kind theme;
    enum colormap_kind colormap;
    enum height_mapping height;
    float azimuth, elevation; /* degrees; both 0: as it reads best */
    float width, height_px;   /* the picture in pixels at scale 1; from 640 × 360 on */
};
/* Fills `scene` (zeroed before its first use; cleared here): the Hessian's slice large, the first SLICES_DRAWN random
 * ones beside it, each pane with its surface and verdict. Deterministic. */
void slices_build(struct scene *scene, const struct slices *slices, const struct slices_view *view);
