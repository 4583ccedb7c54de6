/* Portraits: what the networks of an experiment's runs compute where they are at one step, as data for pictures: their
 * answers to the samples, a map of the classes over two features, a fitted curve over one, how their parameters are
 * spread, and layer by layer how large parameters, gradients and last step are.
 * What it does not do: choose colours, or draw. */
#pragma once

#include "study/study.h"

enum portrait_kind {
    PORTRAIT_NONE,    /* no network */
    PORTRAIT_MAP,     /* classes over two features */
    PORTRAIT_CURVE,   /* a target over one feature */
    PORTRAIT_IMAGES,  /* classes of square images */
    PORTRAIT_CLASSES, /* classes of anything else: answers alone */
    PORTRAIT_WEIGHTS, /* targets of anything else, or more than 256 classes: parameters alone */
};
enum portrait_kind portrait_kind_of(const struct objective *objective);
/* Of PORTRAIT_IMAGES: pixels across, and colour planes (1 or 3) of a sample. */
int portrait_image_side(const struct data *data, int *planes);
/* The samples that are shown: the test data where there are any, else the training data; PORTRAIT_SAMPLES at most. */
enum { PORTRAIT_SAMPLES = 2000, PORTRAIT_BINS = 41, PORTRAIT_CURVE_POINTS = 161, PORTRAIT_LAYER_NAME = 24 };
const struct data *portrait_data(const struct objective *objective);
int portrait_samples(const struct objective *objective);

/* Parameters that belong together: those of one layer as PyTorch counts them ("0": "0.weight" and "0.bias"). */
struct portrait_layer {
    char name[PORTRAIT_LAYER_NAME];
    int offset, size; /* in θ */
};
/* Into `layers` (may be NULL; `most` places); returns how many there are. */
int portrait_layers(const struct objective *objective, int most, struct portrait_layer *layers);

enum portrait_norm { PORTRAIT_PARAMETERS, PORTRAIT_GRADIENT, PORTRAIT_STEP, PORTRAIT_NORMS };
struct portrait {
    int run;
    int64_t step;      /* of its sample; −1: it has none yet */
    bool known;        /* its parameters are kept there, and all are finite; else nothing below is known */
    double accuracy;   /* of the samples shown; NaN without classes */
    uint8_t *best;     /* (samples) the class it names for each one … */
    float *sure;       /* … and with which probability, 0 … 1 */
    int *confusion;    /* (classes × classes) how often a sample of class (row) was named (column) */
    uint8_t *map_best; /* (side × side) likewise over the range, rows from low values of the second feature on */
    float *map_sure;
    float *curve;  /* (PORTRAIT_CURVE_POINTS) its answers over the range */
    float *spread; /* ((layers + 1) × PORTRAIT_BINS) share of the parameters in each bin; the last row: all layers */
    double
        *norms; /* (layers × PORTRAIT_NORMS) Euclidean lengths; a step's is NaN at the start or where it is not kept */
};
struct portrait_set {
    uint64_t revision;
    enum portrait_kind kind;
    int64_t step;
    int samples, classes, side; /* side 0: no map yet */
    double low[2], high[2];     /* range of the features, with air around the samples */
    int layer_count;
    struct portrait_layer *layers;
    double *reach; /* (layers + 1) the bins go from −reach to reach, the same for all runs */
    int count;
    struct portrait *portraits;
};
void portrait_set_destroy(struct portrait_set **set); /* accepts NULL */

/* Class and probability as the loss reads one sample's outputs: softmax under cross entropy, σ under bce (two classes
 * may be one output), else the largest output itself, kept within 0 … 1. Not finite: class 0, probability 0. */
void portrait_answer(enum loss_kind loss, int outputs, const double *z, uint8_t *best, float *sure);

/* ---- at once, without a thread -------------------------------------------------------------------------------------
 */

struct portrait_point {
    int run;
    int64_t step;
    const double *theta, *before; /* (n) there, and a step before; NULL: not known */
};
/* `side`: of the map. `going` (may be NULL) is asked between parts of the work: false gives it up, with NULL. */
struct portrait_set *portrait_compute(const struct objective *objective, const struct portrait_point *points, int count,
                                      int side, bool (*going)(void *), void *context);

/* ---- kept up to date on a thread of its own ------------------------------------------------------------------------
 */

struct portraits;
struct portraits_params {
    const struct experiment *experiment; /* borrowed */
    const struct timeline *timeline;     /* borrowed */
    struct study_watcher watcher;
};
struct portraits *portraits_create(const struct portraits_params *params);
/* Begins to end; true once portraits_destroy waits for nothing. */
bool portraits_wind_up(struct portraits *portraits);
void portraits_destroy(struct portraits **portraits); /* accepts NULL */
/* From now on those of all runs but the hidden ones (bit r: run r) at `step`. Where they are known already nothing is
 * done. A rough map comes first, then finer ones. One thread asks and takes: the window's. */
void portraits_ask(struct portraits *portraits, int64_t step, uint64_t hidden);
/* The newest there are; the portraits' own, until the next call. NULL while there are none. */
const struct portrait_set *portraits_take(struct portraits *portraits);
bool portraits_fresh(const struct portraits *portraits); /* there are some that were not taken */
bool portraits_busy(const struct portraits *portraits);  /* finer or newer ones are on their way */
