/* Inside objective/: where data sets come from. Each source returns a whole data set as it stands; data.c chooses,
 * selects samples and scales. */
#pragma once

#include "base/memory.h"
#include "objective/objective.h"

enum { DATA_SAMPLES = 1000000, DATA_FEATURES = 4096, DATA_CLASS_LIMIT = 100 };

/* Empty arrays for `samples` × `features` and, by `kind`, labels of `outputs` classes or `outputs` targets. */
struct data *data_allocate(const char *name, enum data_kind kind, int samples, int features, int outputs);

/* data_made.c: points made by a formula and a seed. `params` has been checked; samples, noise and classes are resolved.
 */
enum { MADE_NAME = 12 };
struct made_set {
    char name[MADE_NAME];
    const char *description;
    enum data_kind kind;
    int features, outputs;
    int most_classes; /* > outputs: the number of classes may be chosen, 2 … most_classes */
    double noise;     /* its default */
    void (*fill)(struct data *data, double noise, struct random *random);
};
const struct made_set *made_set_find(const char *name); /* NULL when there is none */

/* data_real.c: read from the assets. NULL when there is none such (no error) or it cannot be read (error). */
bool real_set_exists(const char *name);
const char *real_set_description(const char *name);
struct data *real_set_read(const char *name, struct error *error);

/* data_csv.c. */
struct data *csv_read(const char *path, const char *target, size_t memory, struct data_reading *reading,
                      struct error *error);

/* data_npy.c, data_idx.c. */
struct data *npy_read(const char *path, const char *target, size_t memory, struct error *error);
struct data *idx_read(const char *path, const char *target, size_t memory, struct error *error);

/* data_augment.c: one image, `from` and `to` (channels × height × width). */
bool augmentation_acts(const struct augmentation *augmentation);
void augmentation_apply(const struct augmentation *augmentation, struct random *random, const double *from, double *to);
