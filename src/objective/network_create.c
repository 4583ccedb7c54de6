/* A network's layers, layout, start and scratch. */
#include "objective/data.h"
#include "objective/network.h"

#include <stdio.h>
#include <stdlib.h>

/* A block's activations of all layers stay within so many values, in the processor's cache from layer to layer; a chunk
 * of directions and what they move within so many (32 MB), as each begins with going forward and back once. */
enum { BLOCK_VALUES = 1 << 16, BLOCK_ROWS = 256, DIRECTION_VALUES = 1 << 22, BLOCK_DIRECTIONS = 16 };
enum { STREAM_START = 2 };

static int clamp(int64_t value, int low, int high) {
    return value < low ? low : value > high ? high : (int)value;
}

static void destroy(struct objective *objective) {
    struct network *network = (struct network *)objective;
    objective_destroy(&network->double_network);
    if (!network->borrowed) data_destroy(&network->data);
    arena_destroy(&network->arena);
    free(network);
}

/* The image's size, when there is anything to do. */
static bool take_augmentation(struct network *network, const struct network_params *params, struct error *error) {
    if (!augmentation_acts(params->augmentation)) return true;
    struct augmentation a = *params->augmentation;
    int features = network->data->features, side = (int)lround(sqrt(features));
    if (params->blocks && params->input[0] && !a.channels) {
        a.channels = params->input[0];
        a.height = params->input[1];
        a.width = params->input[2];
    } else if (!a.channels) {
        a.channels = 1;
        a.height = a.width = side;
    }
    if ((int64_t)a.channels * a.height * a.width != features)
        return error_set(
            error, ERROR_INPUT,
            "augmentation needs images, but %d features are no square; write blocks with input: [channels, "
            "height, width]",
            features);
    if (!(a.zoom >= 0 && a.zoom <= 0.9))
        return error_set(error, ERROR_INPUT, "a zoom of %g is out of range; write 0 to 0.9", a.zoom);
    network->augmentation = a;
    network->objective.noisy = true;
    return true;
}

/* ---- layout and start ------------------------------------------------------------------------------------------- */

enum { ENTRIES_A_LAYER = 3, NAME = 48 };

struct layout_builder {
    struct network *network;
    int64_t offset;
};

void layout_add(struct layout_builder *builder, const struct layer *layer, const char *name, bool gain, int rank,
                const int *shape) {
    struct objective *objective = &builder->network->objective;
    struct layout_entry *entry = &objective->layout[objective->layout_count++];
    char full[NAME];
    snprintf(full, sizeof full, "%s.%s", layer->name, name);
    *entry = (struct layout_entry){.name = arena_copy_text(builder->network->arena, full),
                                   .offset = (int)builder->offset,
                                   .size = 1,
                                   .rank = rank,
                                   .gain = gain};
    for (int i = 0; i < rank; i++) entry->size *= entry->shape[i] = shape[i];
    builder->offset += entry->size;
}

static bool lay_out(struct network *network, struct error *error) {
    struct layout_builder builder = {.network = network};
    network->objective.layout =
        ARENA_NEW(network->arena, struct layout_entry, ENTRIES_A_LAYER * (size_t)network->layer_count);
    for (int l = 0; l < network->layer_count; l++) {
        struct layer *layer = &network->layers[l];
        layer->offset = (int)builder.offset;
        layer->statistics = network->objective.statistics;
        if (layer->class->lay_out) layer->class->lay_out(layer, &builder);
        if (builder.offset > NETWORK_PARAMETERS)
            return error_set(error, ERROR_INPUT, "the network would have more than %d parameters; use narrower layers",
                             NETWORK_PARAMETERS);
        layer->size = (int)builder.offset - layer->offset;
        network->objective.statistics += layer->statistic_count;
        network->objective.noisy = network->objective.noisy || layer->dropout > 0;
        network->coupled = network->coupled || layer->statistic_count > 0;
        bool one_value = layer->statistic_count > 0 && layer->in.height * layer->in.width == 1;
        network->objective.pairs = network->objective.pairs || one_value;
    }
    if (network->objective.samples < objective_least_batch(&network->objective))
        return error_set(error, ERROR_INPUT,
                         "batch norm needs two samples or more to measure, but %s has one; write norm: layer",
                         network->data->name);
    network->objective.n = (int)builder.offset;
    return true;
}

static void initialise(const struct objective *objective, uint64_t seed, double *theta) {
    const struct network *network = (const struct network *)objective;
    struct random random = random_seeded(seed, STREAM_START);
    for (int l = 0; l < network->layer_count; l++) {
        const struct layer *layer = &network->layers[l];
        if (layer->class->initialise)
            layer->class->initialise(layer, network->initialisation, &random, theta + layer->offset);
    }
}

static void start_statistics(const struct objective *objective, double *statistics) {
    const struct network *network = (const struct network *)objective;
    for (int l = 0; l < network->layer_count; l++) {
        const struct layer *layer = &network->layers[l];
        for (int i = 0; i < layer->statistic_count; i++)
            statistics[layer->statistics + i] = i >= layer->statistic_count / 2; /* means, then variances */
    }
}

/* Blocks of rows, and directions at once. */
static bool size_scratch(struct network *network, struct error *error) {
    int64_t all = shape_size(network->layers[0].in), kept = 0;
    for (int l = 0; l < network->layer_count; l++) {
        all += shape_size(network->layers[l].out);
        kept += (int64_t)network->layers[l].kept;
        if (network->room < network->layers[l].room) network->room = network->layers[l].room;
    }
    int samples = network->objective.samples;
    network->rows = network->coupled ? samples : clamp(BLOCK_VALUES / all, 16, BLOCK_ROWS);
    int64_t taken = (2 * all + kept) * network->rows; /* values, their deltas and what layers keep */
    taken += (int64_t)(network->room / sizeof(real));
    if (taken > NETWORK_MEMORY)
        return error_set(error, ERROR_INPUT,
                         "this network takes %.0f GiB for each run%s; smaller layers or fewer samples are right",
                         (double)taken * sizeof(real) / (1 << 30),
                         network->coupled ? ", as batch norm takes all samples at once" : "");
    int64_t by_block = DIRECTION_VALUES / (all * network->rows);
    int64_t by_vectors = DIRECTION_VALUES / network->objective.n;
    network->directions = clamp(by_block < by_vectors ? by_block : by_vectors, 1, BLOCK_DIRECTIONS);
    return true;
}

/* The widths have been held to the data before; blocks only now show what they make. */
static bool ends_agree(const struct network *network, const struct network_params *params, struct error *error) {
    const struct data *data = network->data;
    struct shape out = network->layers[network->layer_count - 1].out;
    int made = shape_size(out), wanted = network_outputs_wanted(params, data, made);
    if (network->objective.n == 0)
        return error_set(error, ERROR_INPUT, "the network has nothing to learn; write a dense or conv block");
    if (made == wanted) return true;
    return error_set(error, ERROR_INPUT, "the last block makes %d output%s but %s has %d %s; write {dense: %d} last",
                     made, made == 1 ? "" : "s", data->name, wanted, data->kind == DATA_CLASSES ? "classes" : "targets",
                     wanted);
}

static const struct objective_class network_class = {
    .destroy = destroy,
    .initialise = initialise,
    .evaluator_create = network_evaluator_create,
    .evaluator_destroy = network_evaluator_destroy,
    .loss = network_evaluator_loss,
    .gradient = network_evaluator_gradient,
    .losses = network_evaluator_losses,
    .hvp = network_evaluator_hvp,
    .hessian = network_evaluator_hessian,
    .gauss_newton = network_evaluator_gauss_newton,
    .accuracy = network_evaluator_accuracy,
    .last_accuracy = network_evaluator_last_accuracy,
    .start_statistics = start_statistics,
    .track = network_evaluator_track,
    .outputs = network_evaluator_outputs,
    .test = network_evaluator_test,
};

static struct objective *create(const struct network_params *params, struct data *data, bool lent,
                                struct error *error) {
    struct network *network = MEM_NEW(struct network, 1);
    network->borrowed = lent;
    network->arena = arena_create();
    network->data = data;
    network->loss = params->loss;
    network->initialisation = params->initialisation;
    network->objective =
        (struct objective){.class = &network_class, .samples = data->samples, .squares = true, .data = data};
    if (!take_augmentation(network, params, error) || !network_build(network, params, error) ||
        !lay_out(network, error) || !ends_agree(network, params, error) || !size_scratch(network, error)) {
        destroy(&network->objective);
        return NULL;
    }
    network->outputs = shape_size(network->layers[network->layer_count - 1].out);
    network->objective.outputs = network->outputs;
    network->objective.loss = params->loss;
    return &network->objective;
}

struct objective *network_create(const struct network_params *params, struct data *data, struct error *error) {
    return create(params, data, false, error);
}

struct objective *network_create_lent(const struct network_params *params, struct data *data, struct error *error) {
    return create(params, data, true, error);
}
