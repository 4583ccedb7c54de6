/* Scenes made by hand, for the tests of draw/. */
#pragma once

#include "scene/scene.h"

/* An empty scene with one pane seen by camera_default(azimuth 30, elevation 35). */
void sample_begin(struct scene *scene, enum theme_kind theme);
/* `loss` on a grid over the unit square, its height logarithmic and reaching the top at `most`; a hole where it is not
 * finite. */
void sample_surface(struct scene *scene, int width, int height, float (*loss)(float x, float y), float most);
float sample_height(const struct scene *scene, float x, float y); /* of the surface, at a world place */
float sample_saddle(float x, float y);
float sample_himmelblau(float x, float y);
float sample_plain(float x, float y);
float sample_ridge(float x, float y);   /* a wall across the middle, along x */
float sample_pierced(float x, float y); /* not finite within a circle at the origin */
int sample_point(struct scene *scene, float x, float y, float z, float alpha);
struct scene_line *sample_line(struct scene *scene, int first, int count, struct color color, float width);
struct scene_glyph *sample_glyph(struct scene *scene, float x, float y, float z, enum glyph_shape shape,
                                 struct color fill);
struct scene_label *sample_label(struct scene *scene, const char *text, float x, float y, float z);
struct scene_arrow *sample_arrow(struct scene *scene, float x, float y, float z, float dx, float dy, float dz,
                                 struct color color);
/* Four paths with heads, marks, arrows, labels, a legend and a colour bar: what a picture of the program holds. */
void sample_showcase(struct scene *scene, enum theme_kind theme, int grid, bool flat);
