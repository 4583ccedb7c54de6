/* The small network data of oracle_planes.py under networks of any widths. */
#pragma once

#include "objective/objective.h"
#include "test.h"

static inline struct objective *tanh_network(const int *layers, int count, enum loss_kind loss) {
    struct error error = {0};
    struct data *data = data_create(
        &(struct data_params){.csv = FIXTURES "/analyze/network.csv", .target = "label", .raw = true, .noise = -1},
        &error);
    if (!data) fail_msg("%s", error.message);
    struct network_params params = {.layers = layers, .layer_count = count, .loss = loss};
    struct objective *objective = objective_create_network(&params, data, &error);
    if (!objective) fail_msg("%s", error.message);
    return objective;
}
