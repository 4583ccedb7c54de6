/* The curves at the bottom: one figure of all runs over their steps, chosen by tabs; two where the window is wide. */
#pragma once

#include "app/app_parts.h"
#include "app/plot.h"

enum { FIGURE_LINES = 3 };
/* What a figure shows, and what of a run's curves it is drawn from. */
struct figure_kind {
    const char *tab, *name, *tip;
    enum curve lines[FIGURE_LINES];
    enum plot_stroke strokes[FIGURE_LINES];
    const char *columns[FIGURE_LINES]; /* in the reading, where there are several */
    int count;
    bool usually_logarithmic;
};
const struct figure_kind *figure_kind(enum figure figure);
const struct trace *curves_trace(const struct app *app, enum curve curve, int run);
bool curves_filled(const struct app *app, enum curve curve); /* some run has a value of it */
/* What solid, dashed and dotted lines are, where the lines leave room; nothing where all lines are solid. `taken`: of the
 * plot's width, at the top right. */
void curves_key(struct app *app, enum figure figure, const struct plot *plot, float taken);
void curves_keep(struct app *app, unsigned lines); /* bit c: curve c is kept up to date from now on, others are not */

/* What the mouse reads of the curves in this frame. */
struct curves_frame {
    int64_t reading; /* the step under the mouse; −1: none */
    enum figure figure;
    struct plot plot;
};
/* Within the bottom panel; `rect`: of the curves, without the numbers at their left. */
struct curves_frame curves_panel(struct app *app, struct rect rect);
/* The values under the mouse on a card over the panel, and the heads on the surface there; after the panel. */
void curves_read(struct app *app, const struct curves_frame *frame);
void curves_tabs(struct app *app, float left, float right, float y);
int64_t curves_step_under(const struct plot *plot, float x);

/* panel_timeline.c: press and drag go to the step under the mouse */
void timeline_scrub(struct app *app, const struct plot *plot, const struct ui_canvas *canvas);
