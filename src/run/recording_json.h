/* Inside run/: the JSON that a recording holds in its text columns. All of it is YAML too, and read back as that. */
#pragma once

#include "base/text.h"
#include "run/run.h"

void json_string(struct text *json, const char *text); /* quoted and escaped */
void json_strings(struct text *json, char *const *texts, int count);
void json_shape(struct text *json, const int *shape, int rank); /* [16, 2] */
void json_figure(struct text *json, double value);              /* to the last bit */
/* The optimizer as an experiment file would spell it, every parameter given. */
void json_optimizer(struct text *json, const struct experiment_optimizer *optimizer);
