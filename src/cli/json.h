/* JSON results: cJSON, with numbers at full precision and what is not finite as null. */
#pragma once

#include "analyze/analyze.h"

#include <cjson/cJSON.h>

cJSON *json_number(double value); /* the shortest text that reads back as the same float64; null when not finite */
cJSON *json_numbers(const double *values, size_t count); /* one item however many: tables of millions fit in memory */
cJSON *json_report(const struct eigen_report *report, bool vectors);
/* `index` is null where the ends do not settle it; `index_at_least` always is a number. */
cJSON *json_ends(const struct eigen_ends *ends, bool vectors);
/* Prints and destroys it. False (with an error) when stdout cannot be written. */
bool json_print(cJSON *json, struct error *error);
