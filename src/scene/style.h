/* The visual system: what is how large, how far apart, how strong. With the two themes (theme.c), the optimizers' colours
 * and shapes (identity.c) and the colour maps (colormap.c) this is all that decides how a picture looks; panels, pictures
 * and vector figures draw by the same numbers.
 *
 * Lengths are design pixels: pixels at scale 1. Nothing is smaller than 11 px at 75 %, so the smallest letters are 13.
 *
 * Colour: data first. The ground is muted (terrain: L* rises with the loss, little chroma), optimizers are saturated and
 * cased, so that they read on any ground; blue and vermilion are kept for curvature (stable, escape). Every optimizer has a
 * shape besides. Text stands at 4.5 : 1 or more against its ground, marks at 3 : 1 by themselves or by their casing.
 * Depth: light from the viewer's upper left, warm light and cool shade, valleys darkened by how far they lie below their
 * surroundings (draw/surface_pass.c), the contour map repeated on the floor. What is behind something shows through at
 * STYLE_HIDDEN. */
#pragma once

/* ---- type: one family, three sizes; TEXT_SMALL, TEXT_BODY, TEXT_TITLE ------------------------------------------- */
#define STYLE_SMALL 13
#define STYLE_BODY 16
#define STYLE_TITLE 22
#define STYLE_LARGE 20 /* of the panels only: words to be read from afar */
#define STYLE_TEXT_SIZES { STYLE_SMALL, STYLE_BODY, STYLE_TITLE }

/* ---- spacing ---------------------------------------------------------------------------------------------------- */
#define STYLE_EDGE 16.0f    /* from a pane's border to what stands in it */
#define STYLE_PAD 10.0f     /* from a box's border to its text */
#define STYLE_ROW 23.0f     /* from one line of a legend to the next */
#define STYLE_LINE 18.0f    /* the same of running text, TEXT_SMALL */
#define STYLE_GAP 3.0f      /* kept between two labels */
#define STYLE_RADIUS 6.0f   /* of a box's corners */

/* ---- paths: cased like roads on a map ---------------------------------------------------------------------------- */
#define STYLE_PATH 3.0f
#define STYLE_CASING 1.0f   /* on each side */
#define STYLE_WAY 2.4f      /* a way that was looked for, not walked */
#define STYLE_TAIL 0.35f    /* alpha where a path begins; 1 at its head */
#define STYLE_HIDDEN 0.15f  /* alpha of what is behind the surface */
#define STYLE_HAIR 1.0f     /* axes, whiskers, cross-hairs */

/* ---- marks: one size on screen whatever the zoom ------------------------------------------------------------------ */
#define STYLE_HEAD 14.0f
#define STYLE_HEAD_SMALL 10.0f  /* beside the range, or where a run diverged */
#define STYLE_FOOT 9.0f         /* on the slice, under a head that is not on it */
#define STYLE_DOT 4.0f          /* a step on a path */
#define STYLE_START 8.0f
#define STYLE_POINT 17.0f       /* critical points */
#define STYLE_POINT_CROWDED 11.0f
#define STYLE_POINT_CHOSEN 22.0f
#define STYLE_HOVER 6.0f

/* ---- contours ----------------------------------------------------------------------------------------------------- */
#define STYLE_CONTOURS 20       /* of the height's range */
#define STYLE_CONTOURS_MAJOR 5  /* every so many is heavier and labelled */
