/* Linear layers without parameters: the mean of squares of pixels, torch.nn.AvgPool2d(size), and the step from an image
 * to a row of numbers, torch.nn.Flatten(), which leaves memory as it is. */
#include "objective/network_layer.h"

/* y = A x for one sample. Edges that do not fill a square are left out, as PyTorch does. */
static void pool(const struct layer *layer, const real *x, real *y) {
    struct shape in = layer->in, out = layer->out;
    int size = layer->pool;
    real share = (real)1 / (real)(size * size);
    for (int c = 0; c < in.channels; c++, x += in.height * in.width)
        for (int i = 0; i < out.height; i++)
            for (int j = 0; j < out.width; j++) {
                const real *corner = x + i * size * in.width + j * size;
                real sum = 0;
                for (int a = 0; a < size; a++)
                    for (int b = 0; b < size; b++) sum += corner[a * in.width + b];
                *y++ = sum * share;
            }
}

/* x = Aᵀ y for one sample. */
static void spread(const struct layer *layer, const real *y, real *x) {
    struct shape in = layer->in, out = layer->out;
    int size = layer->pool;
    real share = (real)1 / (real)(size * size);
    memset(x, 0, (size_t)shape_size(in) * sizeof *x);
    for (int c = 0; c < in.channels; c++, x += in.height * in.width)
        for (int i = 0; i < out.height; i++)
            for (int j = 0; j < out.width; j++) {
                real *corner = x + i * size * in.width + j * size, value = *y++ * share;
                for (int a = 0; a < size; a++)
                    for (int b = 0; b < size; b++) corner[a * in.width + b] = value;
            }
}

static void pool_rows(const struct layer *layer, int rows, const real *x, real *y) {
    size_t in = (size_t)shape_size(layer->in), out = (size_t)shape_size(layer->out);
    for (size_t r = 0; r < (size_t)rows; r++) pool(layer, x + r * in, y + r * out);
}

static void spread_rows(const struct layer *layer, int rows, const real *y, real *x) {
    size_t in = (size_t)shape_size(layer->in), out = (size_t)shape_size(layer->out);
    for (size_t r = 0; x && r < (size_t)rows; r++) spread(layer, y + r * out, x + r * in);
}

static void pool_forward(const struct layer *layer, const struct layer_pass *pass) {
    pool_rows(layer, pass->rows, pass->x, pass->y);
}

static void pool_backward(const struct layer *layer, const struct layer_pass *pass) {
    spread_rows(layer, pass->rows, pass->dy, pass->dx);
}

static void pool_forward_directions(const struct layer *layer, const struct layer_pass *pass) {
    pool_rows(layer, pass->count * pass->rows, pass->rx, pass->ry);
}

static void pool_backward_directions(const struct layer *layer, const struct layer_pass *pass) {
    spread_rows(layer, pass->count * pass->rows, pass->rdy, pass->rdx);
}

void pool_make(struct layer *layer) {
    static const struct layer_class class = {
        .forward = pool_forward,
        .backward = pool_backward,
        .forward_directions = pool_forward_directions,
        .backward_directions = pool_backward_directions,
    };
    layer->class = &class;
    layer->out = (struct shape){layer->in.channels, layer->in.height / layer->pool, layer->in.width / layer->pool};
}

static void copy(const struct layer *layer, int rows, const real *from, real *to) {
    if (to) memcpy(to, from, (size_t)rows * (size_t)shape_size(layer->in) * sizeof *to);
}

static void flatten_forward(const struct layer *layer, const struct layer_pass *pass) {
    copy(layer, pass->rows, pass->x, pass->y);
}

static void flatten_backward(const struct layer *layer, const struct layer_pass *pass) {
    copy(layer, pass->rows, pass->dy, pass->dx);
}

static void flatten_forward_directions(const struct layer *layer, const struct layer_pass *pass) {
    copy(layer, pass->count * pass->rows, pass->rx, pass->ry);
}

static void flatten_backward_directions(const struct layer *layer, const struct layer_pass *pass) {
    copy(layer, pass->count * pass->rows, pass->rdy, pass->rdx);
}

void flatten_make(struct layer *layer) {
    static const struct layer_class class = {
        .forward = flatten_forward,
        .backward = flatten_backward,
        .forward_directions = flatten_forward_directions,
        .backward_directions = flatten_backward_directions,
    };
    layer->class = &class;
    layer->out = (struct shape){shape_size(layer->in), 1, 1};
}
