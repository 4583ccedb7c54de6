/* The network of an experiment file: widths, or blocks for images and mixed shapes. */
#include "base/memory.h"
#include "run/experiment_parts.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_WIDTHS = 65, MAX_BLOCKS = 256 };
enum { ACTIVATIONS = 8, NORMS = 7 };
/* In the order of their enums. */
static const char *const activation_names[ACTIVATIONS] = {"tanh",       "relu", "sigmoid",  "identity",
                                                          "leaky_relu", "gelu", "softplus", "sine"};
static const char *const norm_names[NORMS] = {"none", "batch", "layer", "group", "instance", "weight", "spectral"};

/* What the params point to, and where in the file each block stands. */
struct shape_reader {
    struct yaml_tree *tree;
    struct network_params params;
    struct augmentation augmentation;
    int widths[MAX_WIDTHS];
    struct network_block blocks[MAX_BLOCKS];
    const yaml_node_t *nodes[MAX_BLOCKS];
    enum activation activations[MAX_BLOCKS];
    enum normalisation norms[MAX_BLOCKS];
};

/* ---- widths ------------------------------------------------------------------------------------------------------ */

/* layers: [64, 32, 10] with depth: 5 is [64, 32, 32, 32, 32, 10]. */
static bool repeat_width(struct shape_reader *reader, const yaml_node_t *node) {
    int64_t depth;
    int *widths = reader->widths, last = widths[2];
    if (!yaml_integer(reader->tree, node, "depth", 2, MAX_WIDTHS - 1, &depth)) return false;
    if (reader->params.layer_count != 3)
        return yaml_fail(reader->tree, node,
                         "depth repeats the one hidden width, but there are %d widths; layers: [64, 32, 10] has one",
                         reader->params.layer_count);
    for (int i = 2; i < depth; i++) widths[i] = widths[1];
    widths[depth] = last;
    reader->params.layer_count = (int)depth + 1;
    return true;
}

static bool read_widths(struct shape_reader *reader, const yaml_node_t *network, const yaml_node_t *widths) {
    struct yaml_tree *tree = reader->tree;
    const yaml_node_t *depth = yaml_get(tree, network, "depth"), *residual = yaml_get(tree, network, "residual");
    const yaml_node_t *dropout = yaml_get(tree, network, "dropout");
    size_t count;
    if (!yaml_check_list(tree, widths, "layers", 2, MAX_WIDTHS, "[2, 16, 2]", &count)) return false;
    for (size_t i = 0; i < count; i++) {
        int64_t width;
        if (!yaml_integer(tree, yaml_item(tree, widths, i), "width of a layer", 1, 4096, &width)) return false;
        reader->widths[i] = (int)width;
    }
    reader->params.layers = reader->widths;
    reader->params.layer_count = (int)count;
    if (depth && !repeat_width(reader, depth)) return false;
    if (residual && !yaml_flag(tree, residual, "residual", &reader->params.residual)) return false;
    return !dropout || yaml_number(tree, dropout, "dropout", 0, 0.95, &reader->params.dropout);
}

/* ---- blocks ------------------------------------------------------------------------------------------------------ */

static struct network_block *next_block(struct shape_reader *reader, const yaml_node_t *node, enum block_kind kind) {
    int at = reader->params.block_count;
    if (at == MAX_BLOCKS) {
        yaml_fail(reader->tree, node, "there are more than %d blocks; fewer are right", MAX_BLOCKS);
        return NULL;
    }
    reader->params.block_count++;
    reader->nodes[at] = node;
    reader->blocks[at] = (struct network_block){.kind = kind};
    return &reader->blocks[at];
}

/* What a dense or conv block has of its own. */
static bool read_own(struct shape_reader *reader, const yaml_node_t *node, struct network_block *block) {
    struct yaml_tree *tree = reader->tree;
    const yaml_node_t *activation = yaml_get(tree, node, "activation"), *norm = yaml_get(tree, node, "norm");
    size_t at = (size_t)(block - reader->blocks), choice;
    if (activation) {
        if (!yaml_choice(tree, activation, "activation", activation_names, ACTIVATIONS, &choice)) return false;
        reader->activations[at] = (enum activation)choice;
        block->activation = &reader->activations[at];
    }
    if (norm) {
        if (!yaml_choice(tree, norm, "norm", norm_names, NORMS, &choice)) return false;
        reader->norms[at] = (enum normalisation)choice;
        block->norm = &reader->norms[at];
    }
    return true;
}

static bool read_blocks(struct shape_reader *reader, const yaml_node_t *list, bool within);

static bool read_residual(struct shape_reader *reader, const yaml_node_t *node, const yaml_node_t *list, bool within) {
    if (within)
        return yaml_fail(reader->tree, node,
                         "this is a residual block within a residual block; one after the other is right");
    if (!next_block(reader, node, BLOCK_RESIDUAL_BEGIN) || !read_blocks(reader, list, true)) return false;
    return next_block(reader, node, BLOCK_RESIDUAL_END) != NULL;
}

static bool read_block(struct shape_reader *reader, const yaml_node_t *node, bool within) {
    struct yaml_tree *tree = reader->tree;
    static const char *const keys[] = {"dense", "conv", "pool", "dropout", "residual", "activation", "norm"};
    static const char *const words[] = {"flatten"};
    enum { KINDS = 5, KEYS = 7 };
    static const enum block_kind kinds[KINDS] = {BLOCK_DENSE, BLOCK_CONVOLUTION, BLOCK_POOL, BLOCK_DROPOUT,
                                                 BLOCK_RESIDUAL_BEGIN};
    size_t which = KINDS, choice;
    if (!yaml_is_mapping(node))
        return yaml_choice(tree, node, "block", words, 1, &choice) && next_block(reader, node, BLOCK_FLATTEN);
    if (!yaml_check_mapping(tree, node, "a block", keys, KEYS)) return false;
    for (size_t i = 0; i < KINDS; i++) {
        if (!yaml_get(tree, node, keys[i])) continue;
        if (which != KINDS)
            return yaml_fail(tree, node, "this block is both %s and %s; one to a block is right", keys[which], keys[i]);
        which = i;
    }
    if (which == KINDS)
        return yaml_fail(tree, node,
                         "this block is none of dense, conv, pool, dropout and residual; such as {dense: 10}");
    for (size_t i = KINDS; which > 1 && i < KEYS; i++)
        if (yaml_get(tree, node, keys[i]))
            return yaml_fail(tree, yaml_get(tree, node, keys[i]), "%s belongs to a dense or conv block, not to %s",
                             keys[i], keys[which]);
    const yaml_node_t *value = yaml_get(tree, node, keys[which]);
    if (kinds[which] == BLOCK_RESIDUAL_BEGIN) return read_residual(reader, node, value, within);
    struct network_block *block = next_block(reader, node, kinds[which]);
    if (!block) return false;
    if (block->kind == BLOCK_DROPOUT) return yaml_number(tree, value, "dropout", 0, 0.95, &block->rate);
    int64_t size;
    if (!yaml_integer(tree, value, keys[which], 1, 4096, &size)) return false;
    block->size = (int)size;
    return read_own(reader, node, block);
}

static bool read_blocks(struct shape_reader *reader, const yaml_node_t *list, bool within) {
    size_t count;
    if (!yaml_check_list(reader->tree, list, within ? "residual" : "blocks", 1, MAX_BLOCKS,
                         within ? "[{dense: 16}, {dense: 16}]" : "[{conv: 8}, {pool: 2}, {dense: 10}]", &count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!read_block(reader, yaml_item(reader->tree, list, i), within)) return false;
    return true;
}

static bool read_input(struct shape_reader *reader, const yaml_node_t *node) {
    size_t count;
    int64_t size;
    if (!yaml_check_list(reader->tree, node, "input", 3, 3, "[1, 8, 8]", &count)) return false;
    for (size_t i = 0; i < 3; i++) {
        if (!yaml_integer(reader->tree, yaml_item(reader->tree, node, i), "input", 1, 4096, &size)) return false;
        reader->params.input[i] = (int)size;
    }
    return true;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static bool read_shape(struct shape_reader *reader, const yaml_node_t *node) {
    struct yaml_tree *tree = reader->tree;
    static const char *const keys[] = {"layers", "blocks",   "activation", "norm", "init",
                                       "depth",  "residual", "dropout",    "input"};
    enum { KEYS = 9, OF_WIDTHS = 5, OF_BLOCKS = 8 };
    static const char *const initialisations[] = {"pytorch", "xavier", "he", "normal"};
    if (!yaml_check_mapping(tree, node, "network", keys, KEYS)) return false;
    const yaml_node_t *widths = yaml_get(tree, node, "layers"), *blocks = yaml_get(tree, node, "blocks");
    const yaml_node_t *activation = yaml_get(tree, node, "activation"), *norm = yaml_get(tree, node, "norm");
    const yaml_node_t *init = yaml_get(tree, node, "init"), *input = yaml_get(tree, node, "input");
    size_t choice;
    if (!widths && !blocks)
        return yaml_fail(tree, node,
                         "the network has no \"layers\"; widths from inputs to outputs such as [2, 16, 2] are right");
    if (widths && blocks) return yaml_fail(tree, blocks, "the network has layers and blocks; one of them is right");
    for (size_t i = OF_WIDTHS; i < KEYS; i++) {
        const yaml_node_t *value = yaml_get(tree, node, keys[i]);
        if (value && (i < OF_BLOCKS) != (widths != NULL))
            return yaml_fail(tree, value, "\"%s\" belongs to %s; this network has %s", keys[i],
                             widths ? "blocks" : "layers", widths ? "layers" : "blocks");
    }
    if (activation) {
        if (!yaml_choice(tree, activation, "activation", activation_names, ACTIVATIONS, &choice)) return false;
        reader->params.activation = (enum activation)choice;
    }
    if (norm) {
        if (!yaml_choice(tree, norm, "norm", norm_names, NORMS, &choice)) return false;
        reader->params.norm = (enum normalisation)choice;
    }
    if (init) {
        if (!yaml_choice(tree, init, "init", initialisations, 4, &choice)) return false;
        reader->params.initialisation = (enum initialisation)choice;
    }
    if (widths) return read_widths(reader, node, widths);
    reader->params.blocks = reader->blocks;
    return (!input || read_input(reader, input)) && read_blocks(reader, blocks, false);
}

/* Widths tell their number of parameters before anything is made. */
static bool check_size(const struct shape_reader *reader, const yaml_node_t *node) {
    int64_t parameters = 0;
    for (int i = 0; i + 1 < reader->params.layer_count; i++)
        parameters += (int64_t)reader->widths[i + 1] * (reader->widths[i] + 1);
    if (parameters <= EXPERIMENT_MAX_PARAMETERS) return true;
    return yaml_fail(reader->tree, node, "this network has %lld parameters; at most %d are trained here",
                     (long long)parameters, EXPERIMENT_MAX_PARAMETERS);
}

static bool create(struct experiment_reader *reader, struct shape_reader *shape, const yaml_node_t *loss,
                   const yaml_node_t *shape_node, struct data *data) {
    struct yaml_tree *tree = reader->tree;
    struct error own = {0};
    int wrong = -1;
    shape->params.wrong_block = &wrong;
    shape->params.augmentation = &shape->augmentation;
    shape->params.precision = reader->precision;
    struct objective *objective = objective_create_network(&shape->params, data, &own);
    if (!objective) {
        bool of_loss = loss && (strstr(own.message, "cross_entropy") || strstr(own.message, "bce needs"));
        return yaml_fail(tree, wrong >= 0 ? shape->nodes[wrong] : of_loss ? loss : shape_node, "%s", own.message);
    }
    reader->experiment->objective = objective;
    if (objective_dimension(objective) <= EXPERIMENT_MAX_PARAMETERS) return true;
    return yaml_fail(tree, shape_node, "this network has %d parameters; at most %d are trained here",
                     objective_dimension(objective), EXPERIMENT_MAX_PARAMETERS);
}

/* precision: f64 or f32, of the whole experiment. A formula is float64: it has no products of matrices to gain by. */
bool experiment_read_precision(struct experiment_reader *reader, const yaml_node_t *node, bool network) {
    static const char *const names[] = {"f64", "f32"};
    size_t choice = 0;
    if (node && !yaml_choice(reader->tree, node, "precision", names, 2, &choice)) return false;
    reader->precision = (enum precision)choice;
    if (reader->precision == PRECISION_F64 || network) return true;
    return yaml_fail(reader->tree, node, "precision f32 is for networks; a formula is computed in f64, which is right");
}

bool experiment_read_network(struct experiment_reader *reader, const yaml_node_t *objective,
                             const yaml_node_t *network) {
    struct yaml_tree *tree = reader->tree;
    const yaml_node_t *data_node = yaml_get(tree, objective, "data"), *loss = yaml_get(tree, objective, "loss");
    static const char *const losses[] = {"cross_entropy", "mse", "bce", "huber"};
    struct shape_reader *shape = MEM_NEW(struct shape_reader, 1);
    struct data *data = NULL;
    size_t choice = 0;
    shape->tree = tree;
    bool good = read_shape(shape, network) && (!loss || yaml_choice(tree, loss, "loss", losses, 4, &choice));
    if (good && !data_node)
        good = yaml_fail(tree, objective, "a network needs \"data\" to learn; data: {name: spirals} is right");
    good = good && experiment_read_data(reader, data_node, &data, &shape->augmentation);
    if (good) {
        const yaml_node_t *widths = yaml_get(tree, network, "layers");
        const yaml_node_t *shape_node = widths ? widths : yaml_get(tree, network, "blocks");
        if (!loss) choice = data->kind == DATA_CLASSES ? LOSS_CROSS_ENTROPY : LOSS_MSE;
        shape->params.loss = (enum loss_kind)choice;
        good = check_size(shape, shape_node);
        if (good)
            good = create(reader, shape, loss, shape_node, data);
        else
            data_destroy(&data);
    }
    free(shape);
    return good;
}
