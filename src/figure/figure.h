/* Vector figures of a scene for papers, by cairo: SVG and PDF. Contours, paths, arrows, marks, axes, legend and caption
 * are vectors and letters; the shaded surface alone is a picture within (FIGURE_FINE samples a scene pixel). The same
 * scene as draw/ shows on a GPU, without one. Thread-safe: no state. */
#pragma once

#include "base/error.h"
#include "scene/scene.h"

#include <stdbool.h>

enum { FIGURE_FINE = 3 };

/* `width × height`: the picture in scene pixels, as the view's; a scene pixel is a CSS pixel, 1/96 inch. The path must
 * end in .svg or .pdf (ERROR_INPUT). Written beside, then renamed; ERROR_MACHINE when that fails. */
bool figure_write(const struct scene *scene, float width, float height, const char *path, struct error *error);
