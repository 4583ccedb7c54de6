/* What an analysis found, as a small picture and words in the panel's width. */
#pragma once

#include "app/app_parts.h"

void finding_show(struct app *app, struct analysis *row);
/* Its figures, for --report. */
void finding_report(const struct analysis *row, cJSON *entry);
