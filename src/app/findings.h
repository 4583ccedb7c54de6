/* What an analysis found, as a small picture and words in the panel's width. */
#pragma once

#include "app/app_parts.h"
#include "app/plot.h"

/* A small plot in the panel's width, until ui_canvas_end. */
struct figure_frame {
    struct plot plot;
    struct ui_canvas canvas;
};
struct figure_frame figure_frame_begin(struct app *app, const struct analysis *row, struct axis x, struct axis y);
void finding_tune(struct app *app, struct analysis *row);
void finding_basins(struct app *app, struct analysis *row);
void finding_show(struct app *app, struct analysis *row);
/* Its figures, for --report. */
void finding_report(const struct analysis *row, int runs, cJSON *entry);
