#include "objective/data.h"
#include "objective/network.h"

#include <assert.h>
#include <stdlib.h>

/* All scratch memory; r = rows of the block at hand, k = directions of the chunk at hand; width[i] = size of value i.
 */
struct network_evaluator {
    struct evaluator evaluator;
    const struct network *network;
    char *memory;   /* all below is carved out of it, zeroed pages that come when they are touched */
    real *gathered; /* (r × width[0]) the samples of a batch */
    double *image;  /* (width[0]) one of them, augmented */
    const real **a; /* (layers + 1) → (r × width[i]) values; a[0] is the data itself or `gathered` */
    real **delta;   /* (layers + 1) → ∂L/∂a[i] */
    real **ra;      /* (layers + 1) → (k × r × width[i]) R{a[i]}, i ≥ 1 */
    real **rdelta;  /* (layers + 1) → (k × r × width[i]) R{∂L/∂a[i]} */
    real **kept, **fixed, **rkept, **rfixed; /* (layers) */
    real *loss;                              /* (r × outputs) what network_loss leaves for its curvature */
    void *room;                              /* the layers' own */
    bool *moves;                 /* (layers) whether a direction of the chunk at hand moves its parameters */
    double *units;               /* (directions × n) rows of the identity, for the Hessian */
    real *theta, *share;         /* (n) in float32: θ, and a block's share of the gradient */
    real *directions, *products; /* (directions × n) in float32 */
    int right, told; /* of the samples the last loss or gradient went through, and how many these were */
};

/* Some samples of a batch on their way through the network. */
struct block {
    const struct data *data;
    const int *indices; /* of the block's samples, or NULL: first, first + 1, … */
    int first, rows;
    double scale;
    struct layer_mode mode;
};

static size_t width_of(const struct network *network, int value) {
    return (size_t)shape_size(value == 0 ? network->layers[0].in : network->layers[value - 1].out);
}

/* Gives out `count` things of `size` bytes at `*at` on, aligned for BLAS; without memory it only counts. */
static void *carve(char *memory, size_t *at, size_t count, size_t size) {
    char *part = memory ? memory + *at : NULL;
    *at += (count * size + 63) / 64 * 64;
    return part;
}

static size_t lay_out_scratch(struct network_evaluator *e, char *memory) {
    const struct network *network = e->network;
    size_t rows = (size_t)network->rows, chunk = (size_t)network->directions, used = 0;
    size_t n = (size_t)network->objective.n, rounded = REAL_IS_DOUBLE ? 0 : n;
    e->gathered = carve(memory, &used, rows * width_of(network, 0), sizeof(real));
    e->image = carve(memory, &used, width_of(network, 0), sizeof(double));
    e->loss = carve(memory, &used, rows * (size_t)network->outputs, sizeof(real));
    e->room = carve(memory, &used, network->room, 1);
    e->units = carve(memory, &used, chunk * n, sizeof(double));
    e->theta = carve(memory, &used, rounded, sizeof(real));
    e->share = carve(memory, &used, rounded, sizeof(real));
    e->directions = carve(memory, &used, chunk * rounded, sizeof(real));
    e->products = carve(memory, &used, chunk * rounded, sizeof(real));
    for (int i = 0; i <= network->layer_count; i++) {
        size_t size = i ? rows * width_of(network, i) : 0;
        e->a[i] = carve(memory, &used, size, sizeof(real));
        e->delta[i] = carve(memory, &used, size, sizeof(real));
        e->ra[i] = carve(memory, &used, chunk * size, sizeof(real));
        e->rdelta[i] = carve(memory, &used, chunk * size, sizeof(real));
    }
    e->delta[0] = e->rdelta[0] = NULL; /* nobody asks */
    for (int l = 0; l < network->layer_count; l++) {
        const struct layer *layer = &network->layers[l];
        e->kept[l] = carve(memory, &used, rows * layer->kept, sizeof(real));
        e->fixed[l] = carve(memory, &used, layer->fixed, sizeof(real));
        e->rkept[l] = carve(memory, &used, chunk * rows * layer->rkept, sizeof(real));
        e->rfixed[l] = carve(memory, &used, chunk * layer->rfixed, sizeof(real));
    }
    return used;
}

struct evaluator *network_evaluator_create(const struct objective *objective) {
    const struct network *network = (const struct network *)objective;
    struct network_evaluator *e = MEM_NEW(struct network_evaluator, 1);
    size_t values = (size_t)network->layer_count + 1;
    e->evaluator.objective = objective;
    e->network = network;
    e->a = MEM_NEW(const real *, values);
    e->moves = MEM_NEW(bool, values);
    real ***lists[] = {&e->delta, &e->ra, &e->rdelta, &e->kept, &e->fixed, &e->rkept, &e->rfixed};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) *lists[i] = MEM_NEW(real *, values);
    e->memory = MEM_NEW(char, lay_out_scratch(e, NULL) + 64);
    lay_out_scratch(e, e->memory + 64 - (uintptr_t)e->memory % 64);
    return &e->evaluator;
}

void network_evaluator_destroy(struct evaluator *evaluator) {
    struct network_evaluator *e = (struct network_evaluator *)evaluator;
    real **lists[] = {e->delta, e->ra, e->rdelta, e->kept, e->fixed, e->rkept, e->rfixed};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) free(lists[i]);
    free(e->memory);
    free(e->a);
    free(e->moves);
    free(e);
}

/* ---- blocks ---------------------------------------------------------------------------------------------------- */

static int sample_count(const struct network *network, const struct batch *batch) {
    return batch && batch->indices ? batch->count : network->objective.samples;
}

static struct block block_at(const struct network *network, const struct data *data, const struct batch *batch,
                             int count, int first) {
    int left = count - first;
    double terms = (double)count * (network->loss == LOSS_CROSS_ENTROPY ? 1 : network->outputs);
    assert(!network->coupled || count <= network->rows || (batch && batch->statistics));
    return (struct block){
        .data = data,
        .indices = batch && batch->indices ? batch->indices + first : NULL,
        .first = first,
        .rows = left < network->rows ? left : network->rows,
        .scale = 1 / terms,
        .mode = {.noisy = batch && batch->noisy,
                 .seed = batch ? batch->seed : 0,
                 .first = first,
                 .statistics = batch ? batch->statistics : NULL},
    };
}

static struct network_targets targets_of(const struct network *network, const struct block *block) {
    return (struct network_targets){
        .loss = network->loss,
        .data = block->data,
        .indices = block->indices,
        .first = block->first,
        .rows = block->rows,
        .outputs = network->outputs,
        .scale = block->scale,
    };
}

/* The stream of numbers that augments a row; dropout's carry their layer's number above. */
static const uint64_t STREAM_AUGMENT = (uint64_t)1 << 63;

static void gather(struct network_evaluator *e, const struct block *block) {
    const struct augmentation *augmentation = &e->network->augmentation;
    size_t features = width_of(e->network, 0);
    bool augments = block->mode.noisy && augmentation_acts(augmentation);
    if (!block->indices && !augments) {
        const double *samples = block->data->x + (size_t)block->first * features;
        e->a[0] = real_read((size_t)block->rows * features, samples, e->gathered);
        return;
    }
    for (int r = 0; r < block->rows; r++) {
        int sample = block->indices ? block->indices[r] : block->first + r;
        assert(sample >= 0 && sample < block->data->samples);
        const double *from = block->data->x + (size_t)sample * features;
        real *to = e->gathered + (size_t)r * features;
        if (augments) {
            struct random random = random_seeded(block->mode.seed, STREAM_AUGMENT | (uint64_t)(block->first + r));
            augmentation_apply(augmentation, &random, from, e->image);
            from = e->image;
        }
        for (size_t i = 0; i < features; i++) to[i] = (real)from[i];
    }
    e->a[0] = e->gathered;
}

static struct layer_pass pass_of(struct network_evaluator *e, const real *theta, const struct block *block, int l) {
    return (struct layer_pass){
        .mode = &block->mode,
        .rows = block->rows,
        .theta = theta + e->network->layers[l].offset,
        .x = e->a[l],
        .y = (real *)e->a[l + 1],
        .kept = e->kept[l],
        .fixed = e->fixed[l],
        .room = e->room,
        .dy = e->delta[l + 1],
        .dx = e->delta[l], /* NULL for the data */
        .stride = (size_t)e->network->objective.n,
        .rkept = e->rkept[l],
        .rfixed = e->rfixed[l],
    };
}

static void add(size_t count, const real *from, real *to) {
    for (size_t i = 0; i < count; i++) to[i] += from[i];
}

static void forward(struct network_evaluator *e, const real *theta, const struct block *block) {
    const struct network *network = e->network;
    gather(e, block);
    for (int l = 0; l < network->layer_count; l++) {
        const struct layer *layer = &network->layers[l];
        struct layer_pass pass = pass_of(e, theta, block, l);
        layer->class->forward(layer, &pass);
        if (layer->skip >= 0) add((size_t)block->rows * width_of(network, l + 1), e->a[layer->skip], pass.y);
    }
}

/* What skips lead on from value `l`, whose own layer has been gone through: their sums' deltas are its too. */
static void add_skipped(const struct network *network, int l, size_t rows, real **delta) {
    for (int later = l; later < network->layer_count; later++)
        if (network->layers[later].skip == l) add(rows * width_of(network, l), delta[later + 1], delta[l]);
}

/* Fills delta for all values, from that of the outputs; adds to the gradient unless it is NULL. */
static void backward(struct network_evaluator *e, const real *theta, const struct block *block, real *gradient,
                     bool curved) {
    const struct network *network = e->network;
    for (int l = network->layer_count - 1; l >= 0; l--) {
        const struct layer *layer = &network->layers[l];
        struct layer_pass pass = pass_of(e, theta, block, l);
        pass.gradient = gradient ? gradient + layer->offset : NULL;
        pass.curved = curved;
        layer->class->backward(layer, &pass);
        if (l > 0) add_skipped(network, l, (size_t)block->rows, e->delta);
    }
}

static const real *outputs_of(const struct network_evaluator *e) {
    return e->a[e->network->layer_count];
}

static real *deltas_of(const struct network_evaluator *e) {
    return e->delta[e->network->layer_count];
}

/* ---- losses and gradient --------------------------------------------------------------------------------------- */

static void begin_telling(struct network_evaluator *e) {
    e->right = e->told = 0;
}

static void tell(struct network_evaluator *e, const struct network_targets *targets, int rows) {
    if (e->network->data->kind != DATA_CLASSES) return;
    e->right += network_right(targets, outputs_of(e));
    e->told += rows;
}

double network_evaluator_last_accuracy(const struct evaluator *evaluator) {
    const struct network_evaluator *e = (const struct network_evaluator *)evaluator;
    if (e->told == 0) return NAN;
    return (double)e->right / e->told;
}

double network_evaluator_loss(struct evaluator *evaluator, const double *theta, const struct batch *batch) {
    struct network_evaluator *e = (struct network_evaluator *)evaluator;
    const struct network *network = e->network;
    int count = sample_count(network, batch);
    const real *own = real_read((size_t)network->objective.n, theta, e->theta);
    double loss = 0;
    begin_telling(e);
    for (int first = 0; first < count; first += network->rows) {
        struct block block = block_at(network, network->data, batch, count, first);
        struct network_targets targets = targets_of(network, &block);
        forward(e, own, &block);
        loss += network_loss(&targets, outputs_of(e), NULL, e->loss);
        tell(e, &targets, block.rows);
    }
    return loss;
}

double network_evaluator_gradient(struct evaluator *evaluator, const double *theta, const struct batch *batch,
                                  double *gradient) {
    struct network_evaluator *e = (struct network_evaluator *)evaluator;
    const struct network *network = e->network;
    int count = sample_count(network, batch);
    size_t n = (size_t)network->objective.n;
    const real *own = real_read(n, theta, e->theta);
    double loss = 0;
    memset(gradient, 0, n * sizeof *gradient);
    begin_telling(e);
    for (int first = 0; first < count; first += network->rows) {
        struct block block = block_at(network, network->data, batch, count, first);
        struct network_targets targets = targets_of(network, &block);
        forward(e, own, &block);
        tell(e, &targets, block.rows);
        loss += network_loss(&targets, outputs_of(e), deltas_of(e), e->loss);
        real *share = real_share(n, gradient, e->share);
        backward(e, own, &block, share, false);
        real_add(n, share, gradient);
    }
    return loss;
}

void network_evaluator_losses(struct evaluator *evaluator, int count, const double *thetas, double *losses) {
    size_t n = (size_t)evaluator->objective->n;
    for (int i = 0; i < count; i++) losses[i] = network_evaluator_loss(evaluator, thetas + (size_t)i * n, NULL);
}

double network_evaluator_test(struct evaluator *evaluator, const double *theta, const struct data *data,
                              const double *statistics, double *accuracy) {
    struct network_evaluator *e = (struct network_evaluator *)evaluator;
    const struct network *network = e->network;
    assert(data->features == network->data->features && data->kind == network->data->kind);
    const struct batch batch = {.statistics = statistics};
    const real *own = real_read((size_t)network->objective.n, theta, e->theta);
    double loss = 0;
    int right = 0;
    for (int first = 0; first < data->samples; first += network->rows) {
        struct block block = block_at(network, data, &batch, data->samples, first);
        struct network_targets targets = targets_of(network, &block);
        forward(e, own, &block);
        loss += network_loss(&targets, outputs_of(e), NULL, e->loss);
        if (data->kind == DATA_CLASSES) right += network_right(&targets, outputs_of(e));
    }
    if (accuracy && data->kind == DATA_CLASSES) *accuracy = (double)right / data->samples;
    return loss;
}

void network_evaluator_outputs(struct evaluator *evaluator, const double *theta, int count, const double *x,
                               const double *statistics, double *outputs) {
    struct network_evaluator *e = (struct network_evaluator *)evaluator;
    const struct network *network = e->network;
    const struct data data = {.samples = count, .features = network->data->features, .x = (double *)(uintptr_t)x};
    const struct batch batch = {.statistics = statistics};
    const real *own = real_read((size_t)network->objective.n, theta, e->theta);
    size_t width = (size_t)network->outputs;
    assert(network->objective.statistics == 0 || statistics);
    for (int first = 0; first < count; first += network->rows) {
        struct block block = block_at(network, &data, &batch, count, first);
        forward(e, own, &block);
        const real *z = outputs_of(e);
        for (size_t i = 0; i < (size_t)block.rows * width; i++) outputs[(size_t)first * width + i] = (double)z[i];
    }
}

double network_evaluator_accuracy(struct evaluator *evaluator, const double *theta) {
    const struct network *network = ((struct network_evaluator *)evaluator)->network;
    double accuracy = NAN;
    network_evaluator_test(evaluator, theta, network->data, NULL, &accuracy);
    return accuracy;
}

void network_evaluator_track(struct evaluator *evaluator, double *statistics) {
    struct network_evaluator *e = (struct network_evaluator *)evaluator;
    for (int l = 0; l < e->network->layer_count; l++) {
        const struct layer *layer = &e->network->layers[l];
        if (layer->statistic_count) layer->class->track(layer, e->kept[l], e->fixed[l], statistics + layer->statistics);
    }
}

/* ---- Hessian-vector products ----------------------------------------------------------------------------------- */

/* Which layers' parameters any of `count` directions moves; returns the lowest (layer_count when none). Unit vectors,
 * which make a whole Hessian, move one. */
static int find_movement(struct network_evaluator *e, int count, const real *v) {
    const struct network *network = e->network;
    size_t n = (size_t)network->objective.n;
    int lowest = network->layer_count;
    for (int l = network->layer_count - 1; l >= 0; l--) {
        const struct layer *layer = &network->layers[l];
        e->moves[l] = false;
        for (size_t k = 0; k < (size_t)count && !e->moves[l]; k++) {
            const real *own = v + k * n + layer->offset;
            for (int i = 0; i < layer->size && !e->moves[l]; i++) e->moves[l] = own[i] != 0;
        }
        if (e->moves[l]) lowest = l;
    }
    return lowest;
}

/* R{a} of all values for directions v (count × n), after forward() and backward(). Returns the lowest layer that moves:
 * values up to it stay where they are, their R is 0 and not stored. */
static int move_values(struct network_evaluator *e, const real *theta, const struct block *block, int count,
                       const real *v) {
    const struct network *network = e->network;
    int lowest = find_movement(e, count, v);
    size_t all = (size_t)count * (size_t)block->rows;
    for (int l = lowest; l < network->layer_count; l++) {
        const struct layer *layer = &network->layers[l];
        struct layer_pass pass = pass_of(e, theta, block, l);
        pass.count = count;
        pass.v = e->moves[l] ? v + layer->offset : NULL;
        pass.rx = l > lowest ? e->ra[l] : NULL;
        pass.ry = e->ra[l + 1];
        layer->class->forward_directions(layer, &pass);
        if (layer->skip > lowest) add(all * width_of(network, l + 1), e->ra[layer->skip], pass.ry);
    }
    return lowest;
}

/* hv += the block's share, for directions v (count × n), after forward() and a curved backward(). */
static void add_directions(struct network_evaluator *e, const real *theta, const struct block *block,
                           const struct network_targets *targets, int count, const real *v, real *hv) {
    const struct network *network = e->network;
    int last = network->layer_count, lowest = move_values(e, theta, block, count, v);
    if (lowest == last) return;
    size_t all = (size_t)count * (size_t)block->rows, size = (size_t)block->rows * (size_t)network->outputs;
    memcpy(e->rdelta[last], e->ra[last], (size_t)count * size * sizeof *v);
    for (int k = 0; k < count; k++) network_loss_curvature(targets, e->loss, e->rdelta[last] + (size_t)k * size);
    for (int l = last - 1; l >= 0; l--) {
        const struct layer *layer = &network->layers[l];
        struct layer_pass pass = pass_of(e, theta, block, l);
        pass.count = count;
        pass.v = e->moves[l] ? v + layer->offset : NULL;
        pass.rx = l > lowest ? e->ra[l] : NULL;
        pass.rdy = e->rdelta[l + 1];
        pass.rdx = e->rdelta[l];
        pass.hv = hv + layer->offset;
        layer->class->backward_directions(layer, &pass);
        if (l > 0) add_skipped(network, l, all, e->rdelta);
    }
}

/* gv += the block's share: R{z} = J v goes through the loss's curvature, and back as any ∂L/∂z does. */
static void add_gauss_newton(struct network_evaluator *e, const real *theta, const struct block *block,
                             const struct network_targets *targets, int count, const real *v, real *gv) {
    const struct network *network = e->network;
    int last = network->layer_count;
    if (move_values(e, theta, block, count, v) == last) return;
    size_t size = (size_t)block->rows * (size_t)network->outputs;
    for (size_t k = 0; k < (size_t)count; k++) {
        memcpy(deltas_of(e), e->ra[last] + k * size, size * sizeof *v);
        network_loss_curvature(targets, e->loss, deltas_of(e));
        backward(e, theta, block, gv + k * (size_t)network->objective.n, false);
    }
}

typedef void add_products(struct network_evaluator *, const real *theta, const struct block *,
                          const struct network_targets *, int count, const real *v, real *products);

/* Products of a matrix with directions, a block of samples and a chunk of directions at a time. */
static void multiply(struct evaluator *evaluator, const double *theta, const struct batch *batch, int count,
                     const double *v, double *products, bool curved, add_products *add_share) {
    struct network_evaluator *e = (struct network_evaluator *)evaluator;
    const struct network *network = e->network;
    size_t n = (size_t)network->objective.n;
    const real *own = real_read(n, theta, e->theta);
    int samples = sample_count(network, batch);
    memset(products, 0, (size_t)count * n * sizeof *products);
    for (int first = 0; first < samples; first += network->rows) {
        struct block block = block_at(network, network->data, batch, samples, first);
        struct network_targets targets = targets_of(network, &block);
        forward(e, own, &block);
        network_loss(&targets, outputs_of(e), deltas_of(e), e->loss);
        backward(e, own, &block, NULL, curved);
        for (int k = 0; k < count; k += network->directions) {
            int chunk = count - k < network->directions ? count - k : network->directions;
            size_t all = (size_t)chunk * n;
            const real *moving = real_read(all, v + (size_t)k * n, e->directions);
            real *share = real_share(all, products + (size_t)k * n, e->products);
            add_share(e, own, &block, &targets, chunk, moving, share);
            real_add(all, share, products + (size_t)k * n);
        }
    }
}

void network_evaluator_hvp(struct evaluator *evaluator, const double *theta, const struct batch *batch, int count,
                           const double *v, double *hv) {
    multiply(evaluator, theta, batch, count, v, hv, true, add_directions);
}

void network_evaluator_gauss_newton(struct evaluator *evaluator, const double *theta, const struct batch *batch,
                                    int count, const double *v, double *gv) {
    multiply(evaluator, theta, batch, count, v, gv, false, add_gauss_newton);
}

double network_evaluator_hessian(struct evaluator *evaluator, const double *theta, double *gradient, double *hessian) {
    struct network_evaluator *e = (struct network_evaluator *)evaluator;
    int n = e->network->objective.n;
    size_t stride = (size_t)n;
    for (int first = 0; first < n; first += e->network->directions) {
        int chunk = n - first < e->network->directions ? n - first : e->network->directions;
        for (int k = 0; k < chunk; k++) e->units[(size_t)k * stride + (size_t)(first + k)] = 1;
        network_evaluator_hvp(evaluator, theta, NULL, chunk, e->units, hessian + (size_t)first * stride);
        for (int k = 0; k < chunk; k++) e->units[(size_t)k * stride + (size_t)(first + k)] = 0;
    }
    for (size_t i = 0; i < stride; i++) /* rounding alone makes the halves differ */
        for (size_t j = 0; j < i; j++)
            hessian[i * stride + j] = hessian[j * stride + i] =
                0.5 * (hessian[i * stride + j] + hessian[j * stride + i]);
    return gradient ? network_evaluator_gradient(evaluator, theta, NULL, gradient)
                    : network_evaluator_loss(evaluator, theta, NULL);
}
