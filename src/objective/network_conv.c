/* 3 × 3 convolution with one ring of zeros around, torch.nn.Conv2d(in, out, 3, padding=1). A sample's patches stand in
 * the columns of a matrix P (9 in × height width), so that y = W P + b. */
#include "base/linalg.h"
#include "objective/network_layer.h"

#include <math.h>
#include <string.h>

enum { TAPS = 9 };

static struct weights weights_of(const struct layer *layer) {
    int out = layer->out.channels;
    struct weights w = {.kind = layer->weights, .out = out, .in = TAPS * layer->in.channels};
    if (w.kind != WEIGHT_PLAIN) w.gain = out;
    if (w.kind != WEIGHT_PLAIN) w.matrix = w.kind == WEIGHT_NORM ? 2 * out : out;
    return w;
}

static int bias_of(const struct layer *layer) {
    return layer->weights == WEIGHT_PLAIN ? layer->out.channels * TAPS * layer->in.channels : 0;
}

static void initialise(const struct layer *layer, enum initialisation how, struct random *random, double *theta) {
    struct weights w = weights_of(layer);
    weights_initialise(&w, how, TAPS * w.out, random, theta);
    double *biases = theta + bias_of(layer), bound = 1 / sqrt(w.in);
    for (int i = 0; i < w.out; i++)
        biases[i] = how == INITIALISATION_PYTORCH ? random_uniform(random, -bound, bound) : 0;
}

static void lay_out(const struct layer *layer, struct layout_builder *builder) {
    int out = layer->out.channels;
    const int matrix[] = {out, layer->in.channels, 3, 3}, gain[] = {out, 1, 1, 1};
    if (layer->weights == WEIGHT_PLAIN) layout_add(builder, layer, "weight", false, 4, matrix);
    layout_add(builder, layer, "bias", false, 1, matrix);
    if (layer->weights == WEIGHT_NORM) layout_add(builder, layer, "weight_g", true, 4, gain);
    if (layer->weights == WEIGHT_NORM) layout_add(builder, layer, "weight_v", false, 4, matrix);
    if (layer->weights == WEIGHT_SPECTRAL) layout_add(builder, layer, "weight_orig", false, 4, matrix);
}

/* P of one sample; or, `back`, x += what P's entries were taken from. */
static void patches(struct shape in, double *x, double *p, bool back) {
    int area = in.height * in.width;
    for (int c = 0; c < in.channels; c++)
        for (int tap = 0; tap < TAPS; tap++, p += area)
            for (int i = 0; i < in.height; i++) {
                int row = i + tap / 3 - 1, shift = tap % 3 - 1;
                int low = shift < 0 ? 1 : 0, high = shift > 0 ? in.width - 1 : in.width;
                bool outside = row < 0 || row >= in.height;
                double *line = x + c * area + (outside ? 0 : row) * in.width, *to = p + i * in.width;
                if (outside) low = high = 0;
                if (back) {
                    for (int j = low; j < high; j++) line[j + shift] += to[j];
                    continue;
                }
                for (int j = 0; j < low; j++) to[j] = 0;
                for (int j = low; j < high; j++) to[j] = line[j + shift];
                for (int j = high; j < in.width; j++) to[j] = 0;
            }
}

struct scratch {
    double *patches, *moved; /* (9 in × area) each, behind the weights' own */
};

static struct scratch scratch_of(const struct layer *layer, const struct weights *w, const struct layer_pass *pass) {
    double *own = pass->fixed + weights_scratch(w);
    return (struct scratch){own, own + (size_t)w->in * (size_t)(layer->in.height * layer->in.width)};
}

static const double *prepared(const struct weights *w, const struct layer_pass *pass) {
    return w->kind == WEIGHT_PLAIN ? pass->theta + w->matrix : pass->fixed;
}

static void forward(const struct layer *layer, const struct layer_pass *pass) {
    struct weights w = weights_of(layer);
    struct scratch s = scratch_of(layer, &w, pass);
    int area = layer->in.height * layer->in.width, in = shape_size(layer->in), out = shape_size(layer->out);
    const double *matrix = weights_prepare(&w, pass->theta, pass->fixed), *biases = pass->theta + bias_of(layer);
    for (size_t r = 0; r < (size_t)pass->rows; r++) {
        double *y = pass->y + r * (size_t)out;
        patches(layer->in, (double *)pass->x + r * (size_t)in, s.patches, false);
        for (int c = 0; c < w.out; c++)
            for (int i = 0; i < area; i++) y[c * area + i] = biases[c];
        linalg_gemm(false, false, w.out, area, w.in, 1, matrix, w.in, s.patches, area, 1, y, area);
    }
}

/* Each filter's bias += the sum of its plane. */
static void add_planes(const struct layer *layer, const double *dy, double *biases) {
    int area = layer->in.height * layer->in.width;
    for (int c = 0; c < layer->out.channels; c++) {
        double sum = 0;
        for (int i = 0; i < area; i++) sum += dy[c * area + i];
        biases[c] += sum;
    }
}

static void backward(const struct layer *layer, const struct layer_pass *pass) {
    struct weights w = weights_of(layer);
    struct scratch s = scratch_of(layer, &w, pass);
    int area = layer->in.height * layer->in.width;
    size_t in = (size_t)shape_size(layer->in), out = (size_t)shape_size(layer->out);
    const double *matrix = prepared(&w, pass);
    bool wanted = pass->gradient || (pass->curved && w.kind != WEIGHT_PLAIN);
    double *slope = wanted ? weights_slope(&w, pass->fixed, pass->gradient) : NULL;
    for (size_t r = 0; r < (size_t)pass->rows; r++) {
        const double *dy = pass->dy + r * out;
        if (wanted) {
            patches(layer->in, (double *)pass->x + r * in, s.patches, false);
            linalg_gemm(false, true, w.out, w.in, area, 1, dy, area, s.patches, area, 1, slope, w.in);
        }
        if (pass->gradient) add_planes(layer, dy, pass->gradient + bias_of(layer));
        if (!pass->dx) continue;
        linalg_gemm(true, false, w.in, area, w.out, 1, matrix, w.in, dy, area, 0, s.patches, area);
        memset(pass->dx + r * in, 0, in * sizeof *pass->dx);
        patches(layer->in, pass->dx + r * in, s.patches, true);
    }
    if (pass->gradient) weights_finish(&w, pass->theta, pass->fixed, pass->gradient);
}

static void forward_directions(const struct layer *layer, const struct layer_pass *pass) {
    struct weights w = weights_of(layer);
    struct scratch s = scratch_of(layer, &w, pass);
    int area = layer->in.height * layer->in.width;
    size_t in = (size_t)shape_size(layer->in), out = (size_t)shape_size(layer->out), rows = (size_t)pass->rows;
    for (size_t k = 0; k < (size_t)pass->count; k++) {
        const double *v = pass->v ? pass->v + k * pass->stride : NULL, *moved = NULL;
        if (v) moved = weights_direction(&w, pass->theta, v, pass->fixed, pass->rfixed + k * layer->rfixed);
        for (size_t r = 0; r < rows; r++) {
            double *ry = pass->ry + (k * rows + r) * out;
            for (int c = 0; c < w.out; c++)
                for (int i = 0; i < area; i++) ry[c * area + i] = v ? v[bias_of(layer) + c] : 0;
            if (v) {
                patches(layer->in, (double *)pass->x + r * in, s.patches, false);
                linalg_gemm(false, false, w.out, area, w.in, 1, moved, w.in, s.patches, area, 1, ry, area);
            }
            if (!pass->rx) continue;
            patches(layer->in, (double *)pass->rx + (k * rows + r) * in, s.moved, false);
            linalg_gemm(false, false, w.out, area, w.in, 1, prepared(&w, pass), w.in, s.moved, area, 1, ry, area);
        }
    }
}

static void backward_directions(const struct layer *layer, const struct layer_pass *pass) {
    struct weights w = weights_of(layer);
    struct scratch s = scratch_of(layer, &w, pass);
    int area = layer->in.height * layer->in.width;
    size_t in = (size_t)shape_size(layer->in), out = (size_t)shape_size(layer->out), rows = (size_t)pass->rows;
    const double *matrix = prepared(&w, pass);
    for (size_t k = 0; k < (size_t)pass->count; k++) {
        const double *v = pass->v ? pass->v + k * pass->stride : NULL;
        double *hv = pass->hv + k * pass->stride, *rfixed = pass->rfixed + k * layer->rfixed;
        double *rslope = weights_direction_slope(&w, rfixed, hv);
        const double *moved = w.kind == WEIGHT_PLAIN ? (v ? v + w.matrix : NULL) : rfixed;
        for (size_t r = 0; r < rows; r++) {
            const double *dy = pass->dy + r * out, *rdy = pass->rdy + (k * rows + r) * out;
            patches(layer->in, (double *)pass->x + r * in, s.patches, false);
            linalg_gemm(false, true, w.out, w.in, area, 1, rdy, area, s.patches, area, 1, rslope, w.in);
            if (pass->rx) {
                patches(layer->in, (double *)pass->rx + (k * rows + r) * in, s.moved, false);
                linalg_gemm(false, true, w.out, w.in, area, 1, dy, area, s.moved, area, 1, rslope, w.in);
            }
            add_planes(layer, rdy, hv + bias_of(layer));
            if (!pass->rdx) continue;
            double *rdx = pass->rdx + (k * rows + r) * in;
            linalg_gemm(true, false, w.in, area, w.out, 1, matrix, w.in, rdy, area, 0, s.patches, area);
            if (v) linalg_gemm(true, false, w.in, area, w.out, 1, moved, w.in, dy, area, 1, s.patches, area);
            memset(rdx, 0, in * sizeof *rdx);
            patches(layer->in, rdx, s.patches, true);
        }
        weights_direction_finish(&w, pass->theta, v, pass->fixed, rfixed, hv);
    }
}

void convolution_make(struct layer *layer, int channels) {
    static const struct layer_class class = {
        .initialise = initialise,
        .lay_out = lay_out,
        .forward = forward,
        .backward = backward,
        .forward_directions = forward_directions,
        .backward_directions = backward_directions,
    };
    layer->class = &class;
    layer->out = (struct shape){channels, layer->in.height, layer->in.width};
    struct weights w = weights_of(layer);
    layer->fixed = weights_scratch(&w) + 2 * (size_t)w.in * (size_t)(layer->in.height * layer->in.width);
    layer->rfixed = weights_direction_scratch(&w);
}
