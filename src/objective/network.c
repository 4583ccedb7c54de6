#include "objective/network.h"
#include "objective/data.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A block's activations of all layers stay within this many values (8 MB), its directional ones within four times. */
enum { BLOCK_VALUES = 1 << 20, BLOCK_ROWS = 256, BLOCK_DIRECTIONS = 16 };
enum { STREAM_START = 2 };

static int clamp(int64_t value, int low, int high) {
    return value < low ? low : value > high ? high : (int)value;
}

static void destroy(struct objective *objective) {
    struct network *network = (struct network *)objective;
    data_destroy(&network->data);
    arena_destroy(&network->arena);
    free(network);
}

/* Outputs the loss takes, for the data; 1 is good for two classes under bce too. */
static int outputs_wanted(const struct network_params *params, const struct data *data, int offered) {
    if (data->kind != DATA_CLASSES) return data->targets;
    return params->loss == LOSS_BCE && data->classes == 2 && offered == 1 ? 1 : data->classes;
}

/* "[2, …, 3]": what the widths at both ends must be for the data. */
static bool widths_agree(const struct network_params *params, const struct data *data, struct error *error) {
    int first = params->layers[0], last = params->layers[params->layer_count - 1];
    bool classes = data->kind == DATA_CLASSES;
    int outputs = outputs_wanted(params, data, last);
    const char *kind = classes ? (outputs == 1 ? "class" : "classes") : (outputs == 1 ? "target" : "targets");
    const char *between = params->layer_count > 2 ? "…, " : "";
    if (first != data->features)
        return error_set(error, ERROR_INPUT,
                         "the first layer has %d input%s but %s has %d feature%s; write layers: [%d, %s%d]", first,
                         first == 1 ? "" : "s", data->name, data->features, data->features == 1 ? "" : "s",
                         data->features, between, outputs);
    if (last != outputs)
        return error_set(error, ERROR_INPUT,
                         "the last layer has %d output%s but %s has %d %s; write layers: [%d, %s%d]", last,
                         last == 1 ? "" : "s", data->name, outputs, kind, data->features, between, outputs);
    return true;
}

static bool widths_are_sound(const struct network_params *params, const struct data *data, struct error *error) {
    if (params->layer_count < 2)
        return error_set(error, ERROR_INPUT,
                         "a network needs at least two widths, from features to outputs; for %s write "
                         "layers: [%d, …, %d]",
                         data->name, data->features, data->kind == DATA_CLASSES ? data->classes : data->targets);
    if (params->layer_count > NETWORK_LAYERS + 1)
        return error_set(error, ERROR_INPUT, "%d widths are too many; write at most %d", params->layer_count,
                         NETWORK_LAYERS + 1);
    int64_t parameters = 0;
    for (int i = 0; i < params->layer_count; i++) {
        if (params->layers[i] < 1 || params->layers[i] > NETWORK_WIDTH)
            return error_set(error, ERROR_INPUT, "width %d of the layers is %d; it must be 1 to %d", i + 1,
                             params->layers[i], NETWORK_WIDTH);
        if (i > 0) parameters += ((int64_t)params->layers[i - 1] + 1) * params->layers[i];
    }
    if (!widths_agree(params, data, error)) return false;
    if (parameters > NETWORK_PARAMETERS)
        return error_set(error, ERROR_INPUT,
                         "the network would have %lld parameters; at most %d are possible, so use "
                         "narrower layers",
                         (long long)parameters, NETWORK_PARAMETERS);
    return true;
}

static bool blocks_are_sound(const struct network_params *params, const struct data *data, struct error *error) {
    const int *input = params->input;
    if (params->block_count < 1 || params->block_count > NETWORK_BLOCKS)
        return error_set(error, ERROR_INPUT, "%d blocks make no network; write 1 to %d", params->block_count,
                         NETWORK_BLOCKS);
    if (!input[0]) return true;
    for (int i = 0; i < 3; i++)
        if (input[i] < 1 || input[i] > NETWORK_WIDTH)
            return error_set(error, ERROR_INPUT, "number %d of the input is %d; it must be 1 to %d", i + 1, input[i],
                             NETWORK_WIDTH);
    if ((int64_t)input[0] * input[1] * input[2] != data->features)
        return error_set(
            error, ERROR_INPUT,
            "an input of %d × %d × %d is %lld numbers but %s has %d features; write channels, height and width "
            "that make %d",
            input[0], input[1], input[2], (long long)input[0] * input[1] * input[2], data->name, data->features,
            data->features);
    return true;
}

static bool loss_is_sound(const struct network_params *params, const struct data *data, struct error *error) {
    if (params->loss == LOSS_CROSS_ENTROPY && data->kind != DATA_CLASSES)
        return error_set(error, ERROR_INPUT,
                         "cross_entropy needs classes, but %s has numbers as targets; write loss: mse", data->name);
    for (int64_t i = 0;
         params->loss == LOSS_BCE && data->kind == DATA_TARGETS && i < (int64_t)data->samples * data->targets; i++)
        if (!(data->y[i] >= 0 && data->y[i] <= 1))
            return error_set(error, ERROR_INPUT,
                             "bce needs targets from 0 to 1, but %s has %g at sample %lld; write loss: mse", data->name,
                             data->y[i], (long long)(i / data->targets) + 1);
    return true;
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

static bool params_are_sound(const struct network_params *params, const struct data *data, struct error *error) {
    return (params->blocks ? blocks_are_sound(params, data, error) : widths_are_sound(params, data, error)) &&
           loss_is_sound(params, data, error);
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
    }
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
    }
    int samples = network->objective.samples;
    network->rows = network->coupled ? samples : clamp(BLOCK_VALUES / all, 16, BLOCK_ROWS);
    int64_t taken = (2 * all + kept) * network->rows; /* values, their deltas and what layers keep */
    if (taken > NETWORK_MEMORY)
        return error_set(error, ERROR_INPUT,
                         "this network takes %.0f GiB for each run%s; smaller layers or fewer samples are right",
                         (double)taken * sizeof(double) / (1 << 30),
                         network->coupled ? ", as batch norm takes all samples at once" : "");
    int64_t by_block = (int64_t)4 * BLOCK_VALUES / (all * network->rows);
    int64_t by_vectors = (int64_t)4 * BLOCK_VALUES / network->objective.n;
    network->directions = clamp(by_block < by_vectors ? by_block : by_vectors, 1, BLOCK_DIRECTIONS);
    return true;
}

/* The widths have been held to the data before; blocks only now show what they make. */
static bool ends_agree(const struct network *network, const struct network_params *params, struct error *error) {
    const struct data *data = network->data;
    struct shape out = network->layers[network->layer_count - 1].out;
    int made = shape_size(out), wanted = outputs_wanted(params, data, made);
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
    .start_statistics = start_statistics,
    .track = network_evaluator_track,
    .test = network_evaluator_test,
};

struct objective *objective_create_network(const struct network_params *params, struct data *data,
                                           struct error *error) {
    assert(params && data);
    if (!params_are_sound(params, data, error)) {
        data_destroy(&data);
        return NULL;
    }
    struct network *network = MEM_NEW(struct network, 1);
    network->arena = arena_create();
    network->data = data;
    network->loss = params->loss;
    network->initialisation = params->initialisation;
    network->objective = (struct objective){.class = &network_class, .samples = data->samples, .squares = true, .data = data};
    if (!take_augmentation(network, params, error) || !network_build(network, params, error) ||
        !lay_out(network, error) || !ends_agree(network, params, error) || !size_scratch(network, error)) {
        destroy(&network->objective);
        return NULL;
    }
    network->outputs = shape_size(network->layers[network->layer_count - 1].out);
    return &network->objective;
}
