/* y = x Wᵀ + b, torch.nn.Linear. */
#include "objective/network_layer.h"

/* y (width) += the sum of the rows of x. */
static void add_rows(int rows, int width, const real *x, real *y) {
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < width; i++) y[i] += x[(size_t)r * (size_t)width + (size_t)i];
}

static void forward(const struct layer *layer, const struct layer_pass *pass) {
    struct weights w = affine_weights(layer);
    const real *matrix = weights_prepare(&w, pass->theta, pass->fixed, pass->room),
               *biases = pass->theta + affine_bias(layer);
    for (int r = 0; r < pass->rows; r++)
        memcpy(pass->y + (size_t)r * (size_t)w.out, biases, (size_t)w.out * sizeof *biases);
    real_gemm(false, true, pass->rows, w.out, w.in, 1, pass->x, w.in, matrix, w.in, 1, pass->y, w.out);
}

static void backward(const struct layer *layer, const struct layer_pass *pass) {
    struct weights w = affine_weights(layer);
    if (pass->dx)
        real_gemm(false, false, pass->rows, w.in, w.out, 1, pass->dy, w.out, affine_matrix(&w, pass), w.in, 0, pass->dx,
                  w.in);
    real *slope = affine_slope(&w, pass);
    if (!slope) return;
    real_gemm(true, false, w.out, w.in, pass->rows, 1, pass->dy, w.out, pass->x, w.in, 1, slope, w.in);
    if (!pass->gradient) return;
    weights_finish(&w, pass->theta, pass->fixed, pass->gradient);
    add_rows(pass->rows, w.out, pass->dy, pass->gradient + affine_bias(layer));
}

/* Rows [low, high) of the weights that a direction moves, and whether it moves the biases: unit vectors, which make a
 * whole Hessian, move one row. */
struct span {
    int low, high;
    bool bias;
};

static struct span find_span(const struct layer *layer, const struct weights *w, const real *v) {
    struct span span = {0, w->out, true};
    if (w->kind != WEIGHT_PLAIN) return span;
    const real *matrix = v + w->matrix, *biases = v + affine_bias(layer);
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
    struct weights w = affine_weights(layer);
    size_t size = (size_t)pass->rows * (size_t)w.out;
    for (int k = 0; k < pass->count; k++) {
        real *ry = pass->ry + (size_t)k * size;
        const real *v = pass->v ? pass->v + (size_t)k * pass->stride : NULL;
        struct span span = v ? find_span(layer, &w, v) : (struct span){0};
        if (span.bias)
            for (int r = 0; r < pass->rows; r++)
                memcpy(ry + (size_t)r * (size_t)w.out, v + affine_bias(layer), (size_t)w.out * sizeof *ry);
        else
            memset(ry, 0, size * sizeof *ry);
        if (span.high == span.low) continue;
        const real *moved =
            weights_direction(&w, pass->theta, v, pass->fixed, pass->rfixed + (size_t)k * layer->rfixed);
        real_gemm(false, true, pass->rows, span.high - span.low, w.in, 1, pass->x, w.in,
                  moved + (size_t)span.low * (size_t)w.in, w.in, 1, ry + span.low, w.out);
    }
    if (pass->rx)
        real_gemm(false, true, pass->count * pass->rows, w.out, w.in, 1, pass->rx, w.in, affine_matrix(&w, pass), w.in,
                  1, pass->ry, w.out);
}

/* The gradient of W is dyᵀ x, so its R is R{dy}ᵀ x + dyᵀ R{x}; R{dx} = R{dy} W + dy V. */
static void backward_directions(const struct layer *layer, const struct layer_pass *pass) {
    struct weights w = affine_weights(layer);
    size_t size_in = (size_t)pass->rows * (size_t)w.in, size_out = (size_t)pass->rows * (size_t)w.out;
    if (pass->rdx)
        real_gemm(false, false, pass->count * pass->rows, w.in, w.out, 1, pass->rdy, w.out, affine_matrix(&w, pass),
                  w.in, 0, pass->rdx, w.in);
    for (int k = 0; k < pass->count; k++) {
        const real *rdy = pass->rdy + (size_t)k * size_out, *v = pass->v ? pass->v + (size_t)k * pass->stride : NULL;
        real *hv = pass->hv + (size_t)k * pass->stride, *rfixed = pass->rfixed + (size_t)k * layer->rfixed;
        real *rslope = weights_direction_slope(&w, rfixed, hv);
        weights_direction_clear(&w, rfixed);
        real_gemm(true, false, w.out, w.in, pass->rows, 1, rdy, w.out, pass->x, w.in, 1, rslope, w.in);
        if (pass->rx)
            real_gemm(true, false, w.out, w.in, pass->rows, 1, pass->dy, w.out, pass->rx + (size_t)k * size_in, w.in, 1,
                      rslope, w.in);
        weights_direction_finish(&w, pass->theta, v, pass->fixed, rfixed, hv);
        add_rows(pass->rows, w.out, rdy, hv + affine_bias(layer));
        if (!pass->rdx || !v) continue;
        struct span span = find_span(layer, &w, v);
        if (span.high == span.low) continue;
        const real *moved = affine_moved(layer, &w, pass, (size_t)k);
        real_gemm(false, false, pass->rows, w.in, span.high - span.low, 1, pass->dy + span.low, w.out,
                  moved + (size_t)span.low * (size_t)w.in, w.in, 1, pass->rdx + (size_t)k * size_in, w.in);
    }
}

void dense_make(struct layer *layer, int outputs) {
    static const struct layer_class class = {
        .initialise = affine_initialise,
        .lay_out = affine_lay_out,
        .forward = forward,
        .backward = backward,
        .forward_directions = forward_directions,
        .backward_directions = backward_directions,
    };
    layer->class = &class;
    layer->out = (struct shape){outputs, 1, 1};
    layer->kernel = 1;
    affine_make(layer);
}
