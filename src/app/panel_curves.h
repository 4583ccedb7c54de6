/* The curves at the bottom: one figure of all runs over their steps, chosen by tabs. */
#pragma once

#include "app/app_parts.h"
#include "app/plot.h"

void curves_want(struct app *app); /* says which curves have to be kept up to date; before curves_plot */
struct plot curves_plot(struct app *app, struct rect rect);
/* Where a figure has to be measured first: the button for it. Before the canvas that curves_draw draws on. */
void curves_offer(struct app *app, const struct plot *plot);
void curves_draw(struct app *app, const struct plot *plot);
void curves_reading(struct app *app, const struct plot *plot, int64_t step); /* the values under the mouse, on a card */
void curves_tabs(struct app *app, float left, float right, float y);
/* What the scale is of: "loss (log)". */
const char *curves_scale_name(const struct app *app, const struct plot *plot, float room, char *out, size_t size);
