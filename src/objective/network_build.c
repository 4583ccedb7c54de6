/* From what was asked for, widths or blocks, to the sequence of layers. Widths are blocks too: dense ones. */
#include "objective/network.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { LAYERS_A_BLOCK = 5 }; /* at most: flatten, dense, norm, activation, dropout */

struct builder {
    struct network *network;
    const struct network_params *params;
    struct error *error;
    struct shape shape;   /* of the value at hand */
    int place[2];         /* in the nn.Sequential, and in the residual block's own */
    int begin;            /* the value a residual block began with; −1: in none */
    enum activation owed; /* what comes after the sum */
};

static struct layer *add_layer(struct builder *builder) {
    struct network *network = builder->network;
    struct layer *layer = &network->layers[network->layer_count];
    *layer = (struct layer){.in = builder->shape, .skip = -1, .number = network->layer_count};
    network->layer_count++;
    if (builder->begin >= 0)
        snprintf(layer->name, sizeof layer->name, "%d.%d", builder->place[0], builder->place[1]++);
    else
        snprintf(layer->name, sizeof layer->name, "%d", builder->place[0]++);
    return layer;
}

/* The identity has a number in the Sequential, but nothing to do. */
static void add_activation(struct builder *builder, enum activation activation) {
    if (activation == ACTIVATION_IDENTITY) {
        builder->place[builder->begin >= 0]++;
        return;
    }
    struct layer *layer = add_layer(builder);
    layer->activation = activation;
    activation_make(layer);
}

static void add_dropout(struct builder *builder, double rate) {
    if (rate <= 0) return;
    struct layer *layer = add_layer(builder);
    layer->dropout = rate;
    dropout_make(layer);
}

static bool is_image(struct shape shape) {
    return shape.height * shape.width > 1;
}

static bool add_norm(struct builder *builder, enum normalisation norm) {
    if (norm == NORM_INSTANCE && !is_image(builder->shape))
        return error_set(
            builder->error, ERROR_INPUT,
            "instance norm has one value to a channel here, and would make it 0; it needs images, so write "
            "norm: layer or group");
    struct layer *layer = add_layer(builder);
    layer->norm = norm;
    layer->groups = layer->in.channels % 4 == 0 ? 4 : layer->in.channels % 2 == 0 ? 2 : 1;
    norm_make(layer);
    return true;
}

static bool is_affine(enum block_kind kind) {
    return kind == BLOCK_DENSE || kind == BLOCK_CONVOLUTION;
}

/* Whether a dense or convolution layer follows block `at`, before the end of its residual block when `within`. */
static bool affine_follows(const struct network_params *params, int at, bool within) {
    for (int i = at + 1; i < params->block_count; i++) {
        if (within && params->blocks[i].kind == BLOCK_RESIDUAL_END) return false;
        if (is_affine(params->blocks[i].kind)) return true;
    }
    return false;
}

static bool add_affine(struct builder *builder, int at) {
    const struct network_params *params = builder->params;
    const struct network_block *block = &params->blocks[at];
    bool convolution = block->kind == BLOCK_CONVOLUTION, last = !affine_follows(params, at, false);
    enum normalisation norm = last ? NORM_NONE : params->norm;
    enum activation activation = last ? ACTIVATION_IDENTITY : params->activation;
    if (block->norm) norm = *block->norm;
    if (block->activation) activation = *block->activation;
    if (block->size < 1 || block->size > NETWORK_WIDTH)
        return error_set(builder->error, ERROR_INPUT, "this block has %d %s; it must have 1 to %d", block->size,
                         convolution ? "channels" : "outputs", NETWORK_WIDTH);
    if (convolution && !is_image(builder->shape))
        return error_set(
            builder->error, ERROR_INPUT,
            "a conv needs an image, but what comes to it is a row of numbers; write input: [channels, height, "
            "width], and conv before dense");
    if (!convolution && is_image(builder->shape)) {
        struct layer *flat = add_layer(builder);
        flatten_make(flat);
        builder->shape = flat->out;
    }
    struct layer *layer = add_layer(builder);
    layer->weights = norm == NORM_WEIGHT ? WEIGHT_NORM : norm == NORM_SPECTRAL ? WEIGHT_SPECTRAL : WEIGHT_PLAIN;
    int64_t inputs = convolution ? 9 * (int64_t)layer->in.channels : shape_size(layer->in);
    if (inputs * block->size > NETWORK_PARAMETERS)
        return error_set(builder->error, ERROR_INPUT,
                         "this block would have %lld weights; at most %d are possible, so use narrower layers",
                         (long long)(inputs * block->size), NETWORK_PARAMETERS);
    if (convolution)
        convolution_make(layer, block->size);
    else
        dense_make(layer, block->size);
    builder->shape = layer->out;
    if (norm != NORM_NONE && layer->weights == WEIGHT_PLAIN && !add_norm(builder, norm)) return false;
    if (builder->begin >= 0 && !affine_follows(params, at, true))
        builder->owed = activation;
    else if (!last || block->activation)
        add_activation(builder, activation);
    return true;
}

static bool end_residual(struct builder *builder) {
    struct network *network = builder->network;
    struct layer *last = &network->layers[network->layer_count - 1];
    struct shape from = builder->begin ? network->layers[builder->begin - 1].out : network->layers[0].in;
    struct shape to = builder->shape;
    if (network->layer_count == builder->begin)
        return error_set(builder->error, ERROR_INPUT, "this residual block is empty; write layers into it");
    if (from.channels != to.channels || from.height != to.height || from.width != to.width)
        return error_set(
            builder->error, ERROR_INPUT,
            "this residual block makes %d × %d × %d of %d × %d × %d, which cannot be added; make both the same",
            to.channels, to.height, to.width, from.channels, from.height, from.width);
    last->skip = builder->begin;
    builder->begin = -1;
    builder->place[0]++;
    add_activation(builder, builder->owed);
    return true;
}

static bool add_pool(struct builder *builder, int at) {
    const struct network_block *block = &builder->params->blocks[at];
    struct shape shape = builder->shape;
    if (block->size < 1 || block->size > shape.height || block->size > shape.width)
        return error_set(builder->error, ERROR_INPUT,
                         "%d × %d pixels cannot be pooled of an image of %d × %d; write a pool that fits", block->size,
                         block->size, shape.height, shape.width);
    struct layer *layer = add_layer(builder);
    layer->pool = block->size;
    pool_make(layer);
    return true;
}

static bool add_block(struct builder *builder, int at) {
    const struct network_block *block = &builder->params->blocks[at];
    switch (block->kind) {
    case BLOCK_DENSE:
    case BLOCK_CONVOLUTION: return add_affine(builder, at);
    case BLOCK_POOL:
        if (!add_pool(builder, at)) return false;
        break;
    case BLOCK_FLATTEN: flatten_make(add_layer(builder)); break;
    case BLOCK_DROPOUT:
        if (!(block->rate >= 0 && block->rate <= 0.95))
            return error_set(builder->error, ERROR_INPUT, "a dropout of %g is out of range; write 0 to 0.95",
                             block->rate);
        add_dropout(builder, block->rate);
        break;
    case BLOCK_RESIDUAL_BEGIN:
        if (builder->begin >= 0)
            return error_set(builder->error, ERROR_INPUT,
                             "this is a residual block within a residual block; write one after the other");
        builder->begin = builder->network->layer_count;
        builder->place[1] = 0;
        builder->owed = ACTIVATION_IDENTITY;
        return true;
    case BLOCK_RESIDUAL_END:
        if (builder->begin < 0)
            return error_set(builder->error, ERROR_INPUT, "this ends a residual block that never began");
        return end_residual(builder);
    }
    if (builder->network->layer_count) builder->shape = builder->network->layers[builder->network->layer_count - 1].out;
    return true;
}

static bool build_blocks(struct network *network, const struct network_params *params, struct error *error) {
    const int *input = params->input;
    int features = network->data->features;
    struct builder builder = {.network = network, .params = params, .error = error, .begin = -1};
    builder.shape = input[0] ? (struct shape){input[0], input[1], input[2]} : (struct shape){features, 1, 1};
    network->layers = ARENA_NEW(network->arena, struct layer, LAYERS_A_BLOCK * (size_t)params->block_count + 1);
    for (int i = 0; i < params->block_count; i++) {
        if (add_block(&builder, i)) continue;
        if (params->wrong_block) *params->wrong_block = i;
        return false;
    }
    if (builder.begin >= 0) return error_set(error, ERROR_INPUT, "the last residual block has no end; close it");
    if (network->layer_count == 0) return error_set(error, ERROR_INPUT, "the network has no layers; write a dense one");
    return true;
}

/* Widths as dense blocks. With `residual`, two hidden layers that lead from a width to the same one become a residual
 * block; each is followed by dropout. */
static bool build_widths(struct network *network, const struct network_params *params, struct error *error) {
    int count = params->layer_count - 1, blocks = 0, pairs = 0;
    struct network_block *all = MEM_NEW(struct network_block, 4 * (size_t)count + 4);
    const struct network_block drop = {.kind = BLOCK_DROPOUT, .rate = params->dropout};
    for (int l = 0; l < count; l++) {
        const int *width = params->layers + l;
        bool pair = params->residual && l + 2 < count && width[0] == width[2] && l > 0;
        if (pair) all[blocks++] = (struct network_block){.kind = BLOCK_RESIDUAL_BEGIN};
        all[blocks++] = (struct network_block){.kind = BLOCK_DENSE, .size = width[1]};
        if (pair) {
            if (params->dropout > 0) all[blocks++] = drop;
            all[blocks++] = (struct network_block){.kind = BLOCK_DENSE, .size = width[2]};
            all[blocks++] = (struct network_block){.kind = BLOCK_RESIDUAL_END};
            pairs++;
            l++;
        }
        if (l + 1 < count && params->dropout > 0) all[blocks++] = drop;
    }
    struct network_params as_blocks = *params;
    as_blocks.blocks = all;
    as_blocks.block_count = blocks;
    as_blocks.wrong_block = NULL;
    memset(as_blocks.input, 0, sizeof as_blocks.input);
    bool good;
    if (params->residual && !pairs)
        good =
            error_set(error, ERROR_INPUT,
                      "residual needs two hidden layers that lead from a width to the same width; write layers such as "
                      "[%d, 16, 16, 16, %d]",
                      params->layers[0], params->layers[count]);
    else
        good = build_blocks(network, &as_blocks, error);
    free(all);
    return good;
}

bool network_build(struct network *network, const struct network_params *params, struct error *error) {
    if (!(params->dropout >= 0 && params->dropout <= 0.95))
        return error_set(error, ERROR_INPUT, "a dropout of %g is out of range; write 0 to 0.95", params->dropout);
    return params->blocks ? build_blocks(network, params, error) : build_widths(network, params, error);
}
