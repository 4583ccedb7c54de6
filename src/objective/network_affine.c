/* What dense and convolution layers share: y = W x + b, W a filter a row. */
#include "objective/network_layer.h"

struct weights affine_weights(const struct layer *layer) {
    int out = layer->out.channels;
    struct weights w = {.kind = layer->weights, .out = out, .in = shape_size(layer->in)};
    if (layer->kernel > 1) w.in = layer->kernel * layer->kernel * layer->in.channels;
    /* PyTorch registers what weight and spectral norm need anew, behind the bias. */
    if (w.kind != WEIGHT_PLAIN) w.gain = out;
    if (w.kind != WEIGHT_PLAIN) w.matrix = w.kind == WEIGHT_NORM ? 2 * out : out;
    return w;
}

int affine_bias(const struct layer *layer) {
    struct weights w = affine_weights(layer);
    return w.kind == WEIGHT_PLAIN ? w.out * w.in : 0;
}

void affine_make(struct layer *layer) {
    struct weights w = affine_weights(layer);
    layer->fixed = weights_scratch(&w);
    layer->rfixed = weights_direction_scratch(&w);
    layer->room = weights_room(&w);
}

void affine_initialise(const struct layer *layer, enum initialisation how, struct random *random, double *theta) {
    struct weights w = affine_weights(layer);
    weights_initialise(&w, how, layer->kernel * layer->kernel * w.out, random, theta);
    double *biases = theta + affine_bias(layer), bound = 1 / sqrt((double)w.in);
    for (int i = 0; i < w.out; i++)
        biases[i] = how == INITIALISATION_PYTORCH ? random_uniform(random, -bound, bound) : 0;
}

void affine_lay_out(const struct layer *layer, struct layout_builder *builder) {
    struct weights w = affine_weights(layer);
    bool dense = layer->kernel == 1;
    int rank = dense ? 2 : 4;
    const int matrix[] = {w.out, dense ? w.in : layer->in.channels, layer->kernel, layer->kernel};
    const int gain[] = {w.out, 1, 1, 1};
    if (w.kind == WEIGHT_PLAIN) layout_add(builder, layer, "weight", false, rank, matrix);
    layout_add(builder, layer, "bias", false, 1, matrix);
    if (w.kind == WEIGHT_NORM) layout_add(builder, layer, "weight_g", true, rank, gain);
    if (w.kind == WEIGHT_NORM) layout_add(builder, layer, "weight_v", false, rank, matrix);
    if (w.kind == WEIGHT_SPECTRAL) layout_add(builder, layer, "weight_orig", false, rank, matrix);
}

const real *affine_matrix(const struct weights *w, const struct layer_pass *pass) {
    return w->kind == WEIGHT_PLAIN ? pass->theta + w->matrix : pass->fixed;
}

const real *affine_moved(const struct layer *layer, const struct weights *w, const struct layer_pass *pass, size_t k) {
    if (!pass->v) return NULL;
    return w->kind == WEIGHT_PLAIN ? pass->v + k * pass->stride + w->matrix : pass->rfixed + k * layer->rfixed;
}

/* Weight and spectral norm bend, so their directions need it even when the gradient is not asked for. */
real *affine_slope(const struct weights *w, const struct layer_pass *pass) {
    bool wanted = pass->gradient || (pass->curved && w->kind != WEIGHT_PLAIN);
    return wanted ? weights_slope(w, pass->fixed, pass->gradient) : NULL;
}
