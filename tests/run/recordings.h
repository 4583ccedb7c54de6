/* What the programs that test recordings share: a folder for their files, and experiments parsed in it. */
#pragma once

#include "base/file.h"
#include "base/text.h"
#include "run/run.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static char folder[] = "/tmp/saddlescope-recording-XXXXXX";

static inline char *in_folder(const char *name) {
    return path_join(folder, name);
}

static inline int make_folder(void **state) {
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state) {
    struct text command = {0};
    text_format(&command, "rm -r '%s'", folder);
    int status = system(command.bytes);
    text_clear(&command);
    return status;
}

static inline struct experiment *parse(const char *yaml) {
    struct error error = {0};
    char *path = in_folder("experiment.yaml");
    struct experiment *experiment = experiment_parse(yaml, strlen(yaml), path, &error);
    free(path);
    if (!experiment) fail_msg("%s", error.message);
    return experiment;
}

static inline void write_file(const char *path, const void *bytes, size_t length) {
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, length, stream), length);
    assert_int_equal(fclose(stream), 0);
}

static const char formula[] =
    "title: A saddle\nobjective: {expression: x^2 - y^2}\nstart: [[1, 0.5], [-1, 0.25]]\nsteps: 50\nseed: 9\n"
    "optimizers:\n  - {name: sgd, lr: 0.1}\n  - {name: adam, lr: 0.05, betas: [0.85, 0.99], amsgrad: true, "
    "label: \"mine \\\"a\\\"\", schedule: {name: cosine, warmup: 3}}\n"
    "  - {name: sgd, lr: 1, schedule: {name: step, step_size: 7, gamma: 0.3}}\n";
