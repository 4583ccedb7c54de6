/* Normalisations as PyTorch defines them: x̂ = (x − μ) / √(σ² + ε) within sets of values, σ² biased, then y = γ x̂ + β.
 *   batch     a channel of all samples (Ioffe & Szegedy 2015)      γ, β a channel
 *   layer     a sample (Ba, Kiros & Hinton 2016)                   γ, β a value
 *   group     some channels of a sample (Wu & He 2018)             γ, β a channel
 *   instance  a channel of a sample (Ulyanov et al. 2016)          none
 * μ and σ² are functions of x and take part in every derivative, unless batch norm is given moving averages. */
#include "objective/network_layer.h"

#include <assert.h>

static const double EPSILON = 1e-5;

/* The values of a set: `segments` runs of `length` values, each `jump` after the one before; γ's index goes along. */
struct set {
    size_t start, jump;
    int segments, length, count;
    int gain, gain_jump, gain_step;
    size_t scale; /* the place of its 1/√(σ² + ε) */
};

/* All values of a set: `at` their places, `of` their γ's. */
#define OVER(set, at, of)                                                                                              \
    for (int segment = 0; segment < (set).segments; segment++)                                                         \
        for (size_t at = (set).start + (size_t)segment * (set).jump, end = at + (size_t)(set).length,                  \
                    of = (size_t)((set).gain + segment * (set).gain_jump);                                             \
             at < end; at++, of += (size_t)(set).gain_step)

static int area_of(const struct layer *layer) {
    return layer->in.height * layer->in.width;
}

static int sets_a_sample(const struct layer *layer) {
    switch (layer->norm) {
    case NORM_GROUP: return layer->groups;
    case NORM_INSTANCE: return layer->in.channels;
    default: return 1;
    }
}

static int set_count(const struct layer *layer, int rows) {
    return layer->norm == NORM_BATCH ? layer->in.channels : rows * sets_a_sample(layer);
}

static struct set set_at(const struct layer *layer, int rows, int index) {
    int area = area_of(layer), size = shape_size(layer->in);
    struct set set = {.scale = (size_t)index};
    if (layer->norm == NORM_BATCH) {
        set.start = (size_t)index * (size_t)area;
        set.jump = (size_t)size;
        set.segments = rows;
        set.length = area;
        set.gain = index;
    } else {
        int sets = sets_a_sample(layer), place = index % sets, channels = layer->in.channels / sets;
        set.start = (size_t)(index / sets) * (size_t)size + (size_t)(place * channels * area);
        set.jump = (size_t)area;
        set.segments = layer->norm == NORM_LAYER ? 1 : channels;
        set.length = layer->norm == NORM_LAYER ? size : area;
        set.gain = layer->norm == NORM_GROUP ? place * channels : 0;
        set.gain_jump = layer->norm == NORM_GROUP;
        set.gain_step = layer->norm == NORM_LAYER;
    }
    set.count = set.segments * set.length;
    return set;
}

static int gains_of(const struct layer *layer) {
    switch (layer->norm) {
    case NORM_BATCH:
    case NORM_GROUP: return layer->in.channels;
    case NORM_LAYER: return shape_size(layer->in);
    default: return 0;
    }
}

/* Scratch: kept has x̂ (rows × in), then for all but batch norm the scales (rows × sets a sample); fixed has batch
 * norm's scales, means, variances (channels each) and how many values a set had. */
static real *scales_of(const struct layer *layer, const struct layer_pass *pass) {
    if (layer->norm == NORM_BATCH) return pass->fixed;
    return pass->kept + (size_t)pass->rows * (size_t)shape_size(layer->in);
}

static bool frozen(const struct layer *layer, const struct layer_pass *pass) {
    return layer->norm == NORM_BATCH && pass->mode->statistics;
}

static void initialise(const struct layer *layer, enum initialisation how, struct random *random, double *theta) {
    for (int i = 0; i < layer->size; i++) theta[i] = i < gains_of(layer);
}

static void lay_out(const struct layer *layer, struct layout_builder *builder) {
    const int channels[] = {layer->in.channels}, all[] = {layer->in.channels, layer->in.height, layer->in.width};
    bool image = layer->norm == NORM_LAYER && area_of(layer) > 1;
    if (layer->norm == NORM_INSTANCE) return;
    layout_add(builder, layer, "weight", true, image ? 3 : 1, image ? all : channels);
    layout_add(builder, layer, "bias", true, image ? 3 : 1, image ? all : channels);
}

static void measure(const struct layer_pass *pass, const struct set *set, double *mean, double *variance) {
    double sum = 0, squares = 0;
    OVER(*set, at, of) sum += (double)pass->x[at];
    *mean = sum / set->count;
    OVER(*set, at, of) squares += ((double)pass->x[at] - *mean) * ((double)pass->x[at] - *mean);
    *variance = squares / set->count;
}

static void forward(const struct layer *layer, const struct layer_pass *pass) {
    int gains = gains_of(layer), channels = layer->in.channels;
    const real *gain = pass->theta, *shift = pass->theta + gains;
    real *scales = scales_of(layer, pass), *normal = pass->kept;
    for (int j = 0; j < set_count(layer, pass->rows); j++) {
        struct set set = set_at(layer, pass->rows, j);
        double mean, variance;
        if (frozen(layer, pass)) {
            mean = pass->mode->statistics[layer->statistics + j];
            variance = pass->mode->statistics[layer->statistics + channels + j];
        } else {
            measure(pass, &set, &mean, &variance);
        }
        real middle = (real)mean, scale = scales[set.scale] = (real)(1 / sqrt(variance + EPSILON));
        OVER(set, at, of) normal[at] = (pass->x[at] - middle) * scale;
        if (gains) {
            OVER(set, at, of) pass->y[at] = gain[of] * normal[at] + shift[of];
        } else {
            OVER(set, at, of) pass->y[at] = normal[at];
        }
        if (layer->norm != NORM_BATCH) continue;
        pass->fixed[channels + j] = (real)mean;
        pass->fixed[2 * channels + j] = (real)variance;
        pass->fixed[3 * channels] = (real)set.count;
    }
}

/* With h = γ dy: dx = s (h − ⟨h⟩ − x̂ ⟨h x̂⟩), ⟨⟩ the mean over the set; s h when μ and σ² are given. */
static void backward(const struct layer *layer, const struct layer_pass *pass) {
    int gains = gains_of(layer);
    const real *gain = pass->theta, *normal = pass->kept, *dy = pass->dy, *scales = scales_of(layer, pass);
    for (int j = 0; j < set_count(layer, pass->rows); j++) {
        struct set set = set_at(layer, pass->rows, j);
        if (pass->gradient && gains) {
            OVER(set, at, of) {
                pass->gradient[of] += dy[at] * normal[at];
                pass->gradient[(size_t)gains + of] += dy[at];
            }
        }
        if (!pass->dx) continue;
        double sum = 0, sum_along = 0;
        OVER(set, at, of) {
            real h = gains ? gain[of] * dy[at] : dy[at];
            pass->dx[at] = h;
            sum += (double)h;
            sum_along += (double)(h * normal[at]);
        }
        real mean = frozen(layer, pass) ? 0 : (real)(sum / set.count);
        real along = frozen(layer, pass) ? 0 : (real)(sum_along / set.count);
        OVER(set, at, of) pass->dx[at] = scales[set.scale] * (pass->dx[at] - mean - normal[at] * along);
    }
}

/* R{x̂} = s (R{x} − ⟨R{x}⟩ − x̂ ⟨x̂ R{x}⟩), and R{y} = γ R{x̂} + R{γ} x̂ + R{β}. */
static void forward_directions(const struct layer *layer, const struct layer_pass *pass) {
    int gains = gains_of(layer);
    size_t values = (size_t)pass->rows * (size_t)shape_size(layer->in);
    const real *gain = pass->theta, *normal = pass->kept, *scales = scales_of(layer, pass);
    for (size_t k = 0; k < (size_t)pass->count; k++) {
        const real *v = pass->v && gains ? pass->v + k * pass->stride : NULL;
        const real *rx = pass->rx ? pass->rx + k * values : NULL;
        real *ry = pass->ry + k * values, *rnormal = pass->rkept + k * values;
        for (int j = 0; j < set_count(layer, pass->rows); j++) {
            struct set set = set_at(layer, pass->rows, j);
            double sum = 0, sum_along = 0;
            if (rx && !frozen(layer, pass)) {
                OVER(set, at, of) {
                    sum += (double)rx[at];
                    sum_along += (double)(normal[at] * rx[at]);
                }
            }
            real mean = (real)(sum / set.count), along = (real)(sum_along / set.count);
            OVER(set, at, of) rnormal[at] = rx ? scales[set.scale] * (rx[at] - mean - normal[at] * along) : 0;
            OVER(set, at, of) ry[at] = gains ? gain[of] * rnormal[at] : rnormal[at];
            if (!v) continue;
            OVER(set, at, of) ry[at] += v[of] * normal[at] + v[(size_t)gains + of];
        }
    }
}

/* What backward_directions() sums over a set. */
struct sums {
    double mean, along, rmean, ralong, turn;
};

/* R of what backward() answers, term by term; R{s} = −s² ⟨x̂ R{x}⟩. */
static void backward_directions(const struct layer *layer, const struct layer_pass *pass) {
    int gains = gains_of(layer);
    size_t values = (size_t)pass->rows * (size_t)shape_size(layer->in);
    const real *gain = pass->theta, *normal = pass->kept, *dy = pass->dy, *scales = scales_of(layer, pass);
    bool still = frozen(layer, pass);
    for (size_t k = 0; k < (size_t)pass->count; k++) {
        const real *v = pass->v && gains ? pass->v + k * pass->stride : NULL, *rdy = pass->rdy + k * values;
        const real *rx = pass->rx ? pass->rx + k * values : NULL;
        const real *rnormal = rx ? pass->rkept + k * values : NULL;
        real *hv = pass->hv + k * pass->stride;
        for (int j = 0; j < set_count(layer, pass->rows); j++) {
            struct set set = set_at(layer, pass->rows, j);
            real scale = scales[set.scale];
            if (gains) {
                OVER(set, at, of) {
                    hv[of] += rdy[at] * normal[at] + (rnormal ? dy[at] * rnormal[at] : 0);
                    hv[(size_t)gains + of] += rdy[at];
                }
            }
            if (!pass->rdx) continue;
            real *rdx = pass->rdx + k * values;
            struct sums sums = {0};
            OVER(set, at, of) {
                real h = gains ? gain[of] * dy[at] : dy[at], rh = gains ? gain[of] * rdy[at] : rdy[at];
                if (v) rh += v[of] * dy[at];
                rdx[at] = rh;
                if (still) continue;
                sums.mean += (double)h;
                sums.along += (double)(h * normal[at]);
                sums.rmean += (double)rh;
                sums.ralong += (double)(rh * normal[at] + (rnormal ? h * rnormal[at] : 0));
                if (rx) sums.turn += (double)(normal[at] * rx[at]);
            }
            real mean = (real)(sums.mean / set.count), along = (real)(sums.along / set.count);
            real rmean = (real)(sums.rmean / set.count), ralong = (real)(sums.ralong / set.count);
            real turn = (real)(sums.turn * ((double)scale / set.count)); /* −R{s} / s */
            OVER(set, at, of) {
                real moved = rdx[at] - rmean - normal[at] * ralong;
                if (rnormal && !still) {
                    real h = gains ? gain[of] * dy[at] : dy[at];
                    moved -= rnormal[at] * along + turn * (h - mean - normal[at] * along);
                }
                rdx[at] = scale * moved;
            }
        }
    }
}

static void track(const struct layer *layer, const real *kept, const real *fixed, double *statistics) {
    int channels = layer->in.channels;
    double count = (double)fixed[3 * channels], unbiased = count > 1 ? count / (count - 1) : 1;
    for (int c = 0; c < channels; c++) {
        double *mean = statistics + c, *variance = statistics + channels + c;
        *mean += TRACKED_SHARE * ((double)fixed[channels + c] - *mean);
        *variance += TRACKED_SHARE * (unbiased * (double)fixed[2 * channels + c] - *variance);
    }
}

void norm_make(struct layer *layer) {
    static const struct layer_class class = {
        .initialise = initialise,
        .lay_out = lay_out,
        .forward = forward,
        .backward = backward,
        .forward_directions = forward_directions,
        .backward_directions = backward_directions,
        .track = track,
    };
    size_t size = (size_t)shape_size(layer->in);
    layer->class = &class;
    layer->out = layer->in;
    layer->kept = size + (layer->norm == NORM_BATCH ? 0 : (size_t)sets_a_sample(layer));
    layer->fixed = layer->norm == NORM_BATCH ? 3 * (size_t)layer->in.channels + 1 : 0;
    layer->rkept = size;
    layer->statistic_count = layer->norm == NORM_BATCH ? 2 * layer->in.channels : 0;
}
