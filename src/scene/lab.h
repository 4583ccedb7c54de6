/* Inside scene/: CIE 1976 L*a*b* (D65), where colour maps are interpolated and lightness is judged. */
#pragma once

#include "scene/color.h"

struct lab {
    double lightness, a, b; /* L* 0 … 100 */
};
struct lab color_to_lab(struct color color);
struct color color_from_lab(struct lab lab); /* opaque; what sRGB cannot show is clipped */
