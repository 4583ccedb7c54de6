/* Experiments from a few lines of YAML, and waiting for a study. */
#pragma once

#include "study/study.h"
#include "test.h"

#include <string.h>

static inline struct experiment *experiment_of(const char *yaml) {
    struct error error = {0};
    struct experiment *experiment = experiment_parse(yaml, strlen(yaml), "test.yaml", &error);
    if (!experiment) fail_msg("%s", error.message);
    return experiment;
}

static inline void finish(const struct study *study) {
    struct error error = {0};
    if (!study) fail_msg("no study");
    if (!job_wait(study_job(study), &error)) fail_msg("%s", error.message);
}

/* A formula's experiment with one optimizer. */
static inline struct experiment *formula_of(const char *formula, const char *optimizer) {
    char yaml[512];
    snprintf(yaml, sizeof yaml,
             "objective:\n  expression: %s\n  variables: [x, y]\n  domain: [[-2, 2], [-2, 2]]\nstart: [0.5, 0.25]\n"
             "steps: 40\noptimizers:\n  - %s\n",
             formula, optimizer);
    return experiment_of(yaml);
}
