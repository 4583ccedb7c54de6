/* Dropout (Srivastava et al. 2014), torch.nn.Dropout: while training each value is 0 with probability p, else times
 * 1 / (1 − p). The mask is a function of the seed, the layer and the sample's place in the batch alone. */
#include "objective/network_layer.h"

static real *mask_of(const struct layer_pass *pass) {
    return pass->mode->noisy ? pass->kept : NULL;
}

static void apply(const struct layer *layer, const struct layer_pass *pass, int count, const real *from, real *to) {
    size_t values = (size_t)pass->rows * (size_t)shape_size(layer->in);
    const real *mask = mask_of(pass);
    for (size_t k = 0; to && k < (size_t)count; k++)
        for (size_t i = 0; i < values; i++)
            to[k * values + i] = mask ? from[k * values + i] * mask[i] : from[k * values + i];
}

static void forward(const struct layer *layer, const struct layer_pass *pass) {
    size_t size = (size_t)shape_size(layer->in);
    real *mask = mask_of(pass), kept = (real)(1 / (1 - layer->dropout));
    for (int r = 0; mask && r < pass->rows; r++) {
        uint64_t stream = (uint64_t)(layer->number + 1) << 32 | (uint64_t)(pass->mode->first + r);
        struct random random = random_seeded(pass->mode->seed, stream);
        for (size_t i = 0; i < size; i++)
            mask[(size_t)r * size + i] = random_uniform(&random, 0, 1) < layer->dropout ? 0 : kept;
    }
    apply(layer, pass, 1, pass->x, pass->y);
}

static void backward(const struct layer *layer, const struct layer_pass *pass) {
    apply(layer, pass, 1, pass->dy, pass->dx);
}

static void forward_directions(const struct layer *layer, const struct layer_pass *pass) {
    apply(layer, pass, pass->count, pass->rx, pass->ry);
}

static void backward_directions(const struct layer *layer, const struct layer_pass *pass) {
    apply(layer, pass, pass->count, pass->rdy, pass->rdx);
}

void dropout_make(struct layer *layer) {
    static const struct layer_class class = {
        .forward = forward,
        .backward = backward,
        .forward_directions = forward_directions,
        .backward_directions = backward_directions,
    };
    layer->class = &class;
    layer->out = layer->in;
    layer->kept = (size_t)shape_size(layer->in);
}
