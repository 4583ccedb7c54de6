/* y = x Wᵀ + b, torch.nn.Linear. */
#include "base/linalg.h"
#include "objective/network_layer.h"

#include <math.h>
#include <string.h>

static struct weights weights_of(const struct layer *layer) {
    int in = shape_size(layer->in), out = shape_size(layer->out);
    struct weights w = {.kind = layer->weights, .out = out, .in = in};
    /* PyTorch registers what weight and spectral norm need anew, behind the bias. */
    if (w.kind != WEIGHT_PLAIN) w.gain = out;
    if (w.kind != WEIGHT_PLAIN) w.matrix = w.kind == WEIGHT_NORM ? 2 * out : out;
    return w;
}

static int bias_of(const struct layer *layer) {
    return layer->weights == WEIGHT_PLAIN ? shape_size(layer->out) * shape_size(layer->in) : 0;
}

static void initialise(const struct layer *layer, enum initialisation how, struct random *random, double *theta) {
    struct weights w = weights_of(layer);
    weights_initialise(&w, how, w.out, random, theta);
    double *biases = theta + bias_of(layer), bound = 1 / sqrt(w.in);
    for (int i = 0; i < w.out; i++)
        biases[i] = how == INITIALISATION_PYTORCH ? random_uniform(random, -bound, bound) : 0;
}

static void lay_out(const struct layer *layer, struct layout_builder *builder) {
    int in = shape_size(layer->in), out = shape_size(layer->out);
    const int matrix[] = {out, in}, gain[] = {out, 1};
    if (layer->weights == WEIGHT_PLAIN) layout_add(builder, layer, "weight", false, 2, matrix);
    layout_add(builder, layer, "bias", false, 1, matrix);
    if (layer->weights == WEIGHT_NORM) layout_add(builder, layer, "weight_g", true, 2, gain);
    if (layer->weights == WEIGHT_NORM) layout_add(builder, layer, "weight_v", false, 2, matrix);
    if (layer->weights == WEIGHT_SPECTRAL) layout_add(builder, layer, "weight_orig", false, 2, matrix);
}

/* y (width) += the sum of the rows of x. */
static void add_rows(int rows, int width, const double *x, double *y) {
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < width; i++) y[i] += x[(size_t)r * (size_t)width + (size_t)i];
}

static void forward(const struct layer *layer, const struct layer_pass *pass) {
    struct weights w = weights_of(layer);
    const double *matrix = weights_prepare(&w, pass->theta, pass->fixed), *biases = pass->theta + bias_of(layer);
    for (int r = 0; r < pass->rows; r++)
        memcpy(pass->y + (size_t)r * (size_t)w.out, biases, (size_t)w.out * sizeof *biases);
    linalg_gemm(false, true, pass->rows, w.out, w.in, 1, pass->x, w.in, matrix, w.in, 1, pass->y, w.out);
}

static const double *prepared(const struct weights *w, const struct layer_pass *pass) {
    return w->kind == WEIGHT_PLAIN ? pass->theta + w->matrix : pass->fixed;
}

static void backward(const struct layer *layer, const struct layer_pass *pass) {
    struct weights w = weights_of(layer);
    if (pass->dx)
        linalg_gemm(false, false, pass->rows, w.in, w.out, 1, pass->dy, w.out, prepared(&w, pass), w.in, 0, pass->dx,
                    w.in);
    if (!pass->gradient && (!pass->curved || w.kind == WEIGHT_PLAIN)) return;
    double *slope = weights_slope(&w, pass->fixed, pass->gradient);
    linalg_gemm(true, false, w.out, w.in, pass->rows, 1, pass->dy, w.out, pass->x, w.in, 1, slope, w.in);
    if (!pass->gradient) return;
    weights_finish(&w, pass->theta, pass->fixed, pass->gradient);
    add_rows(pass->rows, w.out, pass->dy, pass->gradient + bias_of(layer));
}

/* Rows [low, high) of the weights that a direction moves, and whether it moves the biases: unit vectors, which make a
 * whole Hessian, move one row. */
struct span {
    int low, high;
    bool bias;
};

static struct span find_span(const struct layer *layer, const struct weights *w, const double *v) {
    struct span span = {0, w->out, true};
    if (w->kind != WEIGHT_PLAIN) return span;
    const double *matrix = v + w->matrix, *biases = v + bias_of(layer);
    size_t in = (size_t)w->in, end = (size_t)w->out * in, first = 0;
    while (first < end && matrix[first] == 0) first++;
    while (end > first && matrix[end - 1] == 0) end--;
    span.low = (int)(first / in);
    span.high = first < end ? (int)((end - 1) / in) + 1 : span.low;
    span.bias = false;
    for (int i = 0; i < w->out && !span.bias; i++) span.bias = biases[i] != 0;
    return span;
}

/* R{y} = x Vᵀ + R{b} + R{x} Wᵀ. */
static void forward_directions(const struct layer *layer, const struct layer_pass *pass) {
    struct weights w = weights_of(layer);
    size_t size = (size_t)pass->rows * (size_t)w.out;
    for (int k = 0; k < pass->count; k++) {
        double *ry = pass->ry + (size_t)k * size;
        const double *v = pass->v ? pass->v + (size_t)k * pass->stride : NULL;
        struct span span = v ? find_span(layer, &w, v) : (struct span){0};
        if (span.bias)
            for (int r = 0; r < pass->rows; r++)
                memcpy(ry + (size_t)r * (size_t)w.out, v + bias_of(layer), (size_t)w.out * sizeof *ry);
        else
            memset(ry, 0, size * sizeof *ry);
        if (span.high == span.low) continue;
        const double *moved =
            weights_direction(&w, pass->theta, v, pass->fixed, pass->rfixed + (size_t)k * layer->rfixed);
        linalg_gemm(false, true, pass->rows, span.high - span.low, w.in, 1, pass->x, w.in,
                    moved + (size_t)span.low * (size_t)w.in, w.in, 1, ry + span.low, w.out);
    }
    if (pass->rx)
        linalg_gemm(false, true, pass->count * pass->rows, w.out, w.in, 1, pass->rx, w.in, prepared(&w, pass), w.in, 1,
                    pass->ry, w.out);
}

/* The gradient of W is dyᵀ x, so its R is R{dy}ᵀ x + dyᵀ R{x}; R{dx} = R{dy} W + dy V. */
static void backward_directions(const struct layer *layer, const struct layer_pass *pass) {
    struct weights w = weights_of(layer);
    size_t size_in = (size_t)pass->rows * (size_t)w.in, size_out = (size_t)pass->rows * (size_t)w.out;
    if (pass->rdx)
        linalg_gemm(false, false, pass->count * pass->rows, w.in, w.out, 1, pass->rdy, w.out, prepared(&w, pass), w.in,
                    0, pass->rdx, w.in);
    for (int k = 0; k < pass->count; k++) {
        const double *rdy = pass->rdy + (size_t)k * size_out, *v = pass->v ? pass->v + (size_t)k * pass->stride : NULL;
        double *hv = pass->hv + (size_t)k * pass->stride, *rfixed = pass->rfixed + (size_t)k * layer->rfixed;
        double *rslope = weights_direction_slope(&w, rfixed, hv);
        linalg_gemm(true, false, w.out, w.in, pass->rows, 1, rdy, w.out, pass->x, w.in, 1, rslope, w.in);
        if (pass->rx)
            linalg_gemm(true, false, w.out, w.in, pass->rows, 1, pass->dy, w.out, pass->rx + (size_t)k * size_in, w.in,
                        1, rslope, w.in);
        weights_direction_finish(&w, pass->theta, v, pass->fixed, rfixed, hv);
        add_rows(pass->rows, w.out, rdy, hv + bias_of(layer));
        if (!pass->rdx || !v) continue;
        struct span span = find_span(layer, &w, v);
        if (span.high == span.low) continue;
        const double *moved = w.kind == WEIGHT_PLAIN ? v + w.matrix : rfixed;
        linalg_gemm(false, false, pass->rows, w.in, span.high - span.low, 1, pass->dy + span.low, w.out,
                    moved + (size_t)span.low * (size_t)w.in, w.in, 1, pass->rdx + (size_t)k * size_in, w.in);
    }
}

void dense_make(struct layer *layer, int outputs) {
    static const struct layer_class class = {
        .initialise = initialise,
        .lay_out = lay_out,
        .forward = forward,
        .backward = backward,
        .forward_directions = forward_directions,
        .backward_directions = backward_directions,
    };
    layer->class = &class;
    layer->out = (struct shape){outputs, 1, 1};
    struct weights w = weights_of(layer);
    layer->fixed = weights_scratch(&w);
    layer->rfixed = weights_direction_scratch(&w);
}
