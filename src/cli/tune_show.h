/* Inside cli/: what `tune` shows of a report. */
#pragma once

#include "cli/cli.h"
#include "study/tune.h"

/* The table and what can be said of it, for a person. */
void tune_print(FILE *out, const struct experiment *experiment, const struct tune_report *report);
bool tune_print_json(const struct experiment *experiment, const struct tune_report *report, struct error *error);
/* Final losses over learning rates, a curve an optimizer, into a picture. */
bool tune_draw(const struct experiment *experiment, const struct tune_report *report, const struct chart_style *style,
               const char *path, struct error *error);
