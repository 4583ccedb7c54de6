/* Charts: lines, dots and levels over two axes, filled into a scene as any other picture, so that the same renderer
 * draws them (one flat pane, nothing in it but the chart). A door of its own beside scene.h. */
#pragma once

#include "scene/scene.h"

enum chart_kind {
    CHART_LINE,  /* through the points in their order, with a gap where one is not finite */
    CHART_DOTS,  /* a mark at each point */
    CHART_AREA,  /* as CHART_LINE, tinted down to the axis */
    CHART_BAND,  /* a tint between y and `base`, without a line */
    CHART_LEVEL, /* a line across the chart at y[0]; x may be NULL */
};
struct chart_series {
    const char *name; /* in the legend; NULL: not in it */
    enum chart_kind kind;
    const double *x, *y; /* (count) */
    const double *base;  /* (count) a band's other side */
    size_t count;
    struct color color;
    float width;            /* of a line, pixels; 0: 2 */
    float dash;             /* pixels; 0: solid */
    enum glyph_shape shape; /* of dots … */
    float size;             /* … and pixels across; 0: 9 */
    bool hollow;
    const double *shade; /* (count) dots coloured by the colour map, 0 … 1; NULL: `color` */
};
struct chart_axis {
    const char *name; /* "training loss" */
    bool logarithmic; /* what is not above 0 is left out */
    double low, high; /* low < high; else fitted to the points, with room beside them */
};
/* Its words are said in the language `words` holds, before they are measured. */
struct chart {
    struct words *words; /* NULL: English */
    const char *title;
    const char *caption; /* below, wrapped; says what is to be seen and how it was found; NULL: none */
    struct chart_axis x, y;
    const struct chart_series *series;
    size_t series_count;
    const char *shade_name;       /* of the colour bar beside the chart; NULL: none */
    double shade_low, shade_high; /* what shades 0 and 1 stand for */
    enum theme_kind theme;
    enum colormap_kind colormap;
    float width, height; /* the picture in pixels at scale 1; from 320 × 240 on */
};
/* Fills `scene` (zeroed before its first use; cleared here). Deterministic. */
void chart_build(struct scene *scene, const struct chart *chart);
