#include "objective/network.h"

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

/* "[2, …, 3]": what the widths at both ends must be for the data. */
static bool widths_agree(const struct network_params *params, const struct data *data, struct error *error) {
    int first = params->layers[0], last = params->layers[params->layer_count - 1];
    bool classes = data->kind == DATA_CLASSES;
    int outputs = classes ? data->classes : data->targets;
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

static bool params_are_sound(const struct network_params *params, const struct data *data, struct error *error) {
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
    if (params->loss == LOSS_CROSS_ENTROPY && data->kind != DATA_CLASSES)
        return error_set(error, ERROR_INPUT,
                         "cross_entropy needs classes, but %s has numbers as targets; write loss: mse", data->name);
    return true;
}

static void lay_out(struct network *network) {
    size_t count = (size_t)network->layers;
    network->weights = ARENA_NEW(network->arena, int, count);
    network->biases = ARENA_NEW(network->arena, int, count);
    struct layout_entry *layout = ARENA_NEW(network->arena, struct layout_entry, 2 * count);
    int offset = 0;
    for (int l = 0; l < network->layers; l++) {
        int in = network->widths[l], out = network->widths[l + 1];
        char name[32];
        snprintf(name, sizeof name, "%d.weight", 2 * l); /* nn.Sequential counts the activations too */
        layout[2 * l] = (struct layout_entry){arena_copy_text(network->arena, name), offset, in * out, 2, {out, in}};
        network->weights[l] = offset;
        offset += in * out;
        snprintf(name, sizeof name, "%d.bias", 2 * l);
        layout[2 * l + 1] = (struct layout_entry){arena_copy_text(network->arena, name), offset, out, 1, {out}};
        network->biases[l] = offset;
        offset += out;
    }
    network->objective.n = offset;
    network->objective.layout = layout;
    network->objective.layout_count = 2 * count;
}

static void initialise(const struct objective *objective, uint64_t seed, double *theta) {
    const struct network *network = (const struct network *)objective;
    struct random random = random_seeded(seed, STREAM_START);
    for (int l = 0; l < network->layers; l++) {
        int in = network->widths[l], out = network->widths[l + 1];
        double *weights = theta + network->weights[l], *biases = theta + network->biases[l];
        double bound = 0, deviation = 0;
        switch (network->initialisation) {
        case INITIALISATION_PYTORCH: bound = 1 / sqrt(in); break;
        case INITIALISATION_XAVIER: bound = sqrt(6.0 / (in + out)); break;
        case INITIALISATION_HE: deviation = sqrt(2.0 / in); break;
        case INITIALISATION_NORMAL: deviation = sqrt(1.0 / in); break;
        }
        for (int i = 0; i < in * out; i++)
            weights[i] = deviation > 0 ? deviation * random_normal(&random) : random_uniform(&random, -bound, bound);
        for (int i = 0; i < out; i++)
            biases[i] = network->initialisation == INITIALISATION_PYTORCH ? random_uniform(&random, -bound, bound) : 0;
    }
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
    .accuracy = network_evaluator_accuracy,
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
    network->layers = params->layer_count - 1;
    network->activation = params->activation;
    network->loss = params->loss;
    network->initialisation = params->initialisation;
    network->widths = ARENA_NEW(network->arena, int, params->layer_count);
    int64_t all = 0;
    for (int i = 0; i < params->layer_count; i++) all += network->widths[i] = params->layers[i];
    network->objective = (struct objective){.class = &network_class, .samples = data->samples, .data = data};
    lay_out(network);
    network->rows = clamp(BLOCK_VALUES / all, 16, BLOCK_ROWS);
    int64_t by_block = (int64_t)4 * BLOCK_VALUES / (all * network->rows);
    int64_t by_vectors = (int64_t)4 * BLOCK_VALUES / network->objective.n;
    network->directions = clamp(by_block < by_vectors ? by_block : by_vectors, 1, BLOCK_DIRECTIONS);
    return &network->objective;
}
