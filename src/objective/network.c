/* What can be said of a network before it is made: whether widths, blocks and loss go with the data. */
#include "objective/network.h"

#include <assert.h>

int network_outputs_wanted(const struct network_params *params, const struct data *data, int offered) {
    if (data->kind != DATA_CLASSES) return data->targets;
    return params->loss == LOSS_BCE && data->classes == 2 && offered == 1 ? 1 : data->classes;
}

/* "[2, …, 3]": what the widths at both ends must be for the data. */
static bool widths_agree(const struct network_params *params, const struct data *data, struct error *error) {
    int first = params->layers[0], last = params->layers[params->layer_count - 1];
    bool classes = data->kind == DATA_CLASSES;
    int outputs = network_outputs_wanted(params, data, last);
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

static bool params_are_sound(const struct network_params *params, const struct data *data, struct error *error) {
    return (params->blocks ? blocks_are_sound(params, data, error) : widths_are_sound(params, data, error)) &&
           loss_is_sound(params, data, error);
}

/* A float32 network's like in float64. */
static bool attach_double(struct network *single, const struct network_params *params, struct error *error) {
    single->double_network = network_create_lent(params, single->data, error);
    single->objective.exact = single->double_network;
    if (single->double_network) return true;
    struct objective *objective = &single->objective;
    objective_destroy(&objective);
    return false;
}

struct objective *objective_create_network(const struct network_params *params, struct data *data,
                                           struct error *error) {
    assert(params && data);
    if (!params_are_sound(params, data, error)) {
        data_destroy(&data);
        return NULL;
    }
    if (params->precision == PRECISION_F64) return network_create(params, data, error);
    struct network *single = (struct network *)network_create_f32(params, data, error);
    return single && attach_double(single, params, error) ? &single->objective : NULL;
}
