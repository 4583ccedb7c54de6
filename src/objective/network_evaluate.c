#include "objective/network.h"

#include "base/linalg.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* All scratch memory; r = rows of the block at hand, k = directions of the chunk at hand. */
struct network_evaluator {
    struct evaluator evaluator;
    const struct network *network;
    struct arena *arena;
    double *gathered;   /* (r × widths[0]) the samples of a batch */
    const double **a;   /* (layers + 1) → (r × widths[l]); a[0] is the data itself or `gathered` */
    double **own;       /* (layers + 1) what a[l] points to for l ≥ 1 */
    double **delta;     /* (layers + 1) → ∂L/∂z[l], l ≥ 1 */
    double **slope;     /* (layers + 1) → φ′ at a[l], 1 ≤ l < layers */
    double **bend;      /* (layers + 1) → ∂L/∂a[l] · φ″/φ′, likewise */
    double *softmax;    /* (r × outputs) */
    double **ra;        /* (layers + 1) → (k × r × widths[l]) R{a[l]}, l ≥ 1 */
    double *rdelta[2];  /* (k × r × widest) R{∂L/∂z[l]}: this layer's and the one's below */
    struct span *spans; /* (k × layers) */
    double *units;      /* (directions × n) rows of the identity, for the Hessian */
};

/* Rows [low, high) of a layer's weights that a direction moves, and whether it moves the biases: unit vectors, which
 * make a whole Hessian, move one row of one layer. */
struct span {
    int low, high;
    bool bias;
};

struct block {
    const struct batch *batch; /* NULL: all samples */
    int first, rows;
    double scale;
};

struct evaluator *network_evaluator_create(const struct objective *objective) {
    const struct network *network = (const struct network *)objective;
    struct network_evaluator *e = MEM_NEW(struct network_evaluator, 1);
    e->evaluator.objective = objective;
    e->network = network;
    struct arena *arena = e->arena = arena_create();
    size_t rows = (size_t)network->rows, chunk = (size_t)network->directions, layers = (size_t)network->layers,
           widest = 0;
    e->a = ARENA_NEW(arena, const double *, layers + 1);
    e->own = ARENA_NEW(arena, double *, layers + 1);
    e->delta = ARENA_NEW(arena, double *, layers + 1);
    e->slope = ARENA_NEW(arena, double *, layers + 1);
    e->bend = ARENA_NEW(arena, double *, layers + 1);
    e->ra = ARENA_NEW(arena, double *, layers + 1);
    for (size_t l = 1; l <= layers; l++) {
        size_t width = (size_t)network->widths[l];
        if (width > widest) widest = width;
        e->own[l] = ARENA_NEW(arena, double, rows *width);
        e->delta[l] = ARENA_NEW(arena, double, rows *width);
        e->slope[l] = ARENA_NEW(arena, double, rows *width);
        e->bend[l] = ARENA_NEW(arena, double, rows *width);
        e->ra[l] = ARENA_NEW(arena, double, chunk *rows *width);
    }
    e->gathered = ARENA_NEW(arena, double, rows *(size_t)network->widths[0]);
    e->softmax = ARENA_NEW(arena, double, rows *(size_t)network->widths[layers]);
    for (int i = 0; i < 2; i++) e->rdelta[i] = ARENA_NEW(arena, double, chunk *rows *widest);
    e->spans = ARENA_NEW(arena, struct span, chunk * layers);
    e->units = ARENA_NEW(arena, double, chunk *(size_t)objective->n);
    return &e->evaluator;
}

void network_evaluator_destroy(struct evaluator *evaluator) {
    struct network_evaluator *e = (struct network_evaluator *)evaluator;
    arena_destroy(&e->arena);
    free(e);
}

/* ---- blocks ---------------------------------------------------------------------------------------------------- */

static int sample_count(const struct network *network, const struct batch *batch) {
    return batch ? batch->count : network->objective.samples;
}

static struct block block_at(const struct network *network, const struct batch *batch, int first) {
    int count = sample_count(network, batch), left = count - first;
    double terms = (double)count * (network->loss == LOSS_MSE ? network->widths[network->layers] : 1);
    return (struct block){batch, first, left < network->rows ? left : network->rows, 1 / terms};
}

static struct network_targets targets_of(const struct network *network, const struct block *block) {
    return (struct network_targets){
        .loss = network->loss,
        .data = network->data,
        .indices = block->batch ? block->batch->indices + block->first : NULL,
        .first = block->first,
        .rows = block->rows,
        .outputs = network->widths[network->layers],
        .scale = block->scale,
    };
}

static void forward(struct network_evaluator *e, const double *theta, const struct block *block) {
    const struct network *network = e->network;
    int rows = block->rows, features = network->widths[0];
    const double *x = network->data->x;
    if (block->batch) {
        for (int r = 0; r < rows; r++) {
            int sample = block->batch->indices[block->first + r];
            assert(sample >= 0 && sample < network->objective.samples);
            memcpy(e->gathered + (size_t)r * (size_t)features, x + (size_t)sample * (size_t)features,
                   (size_t)features * sizeof *x);
        }
        e->a[0] = e->gathered;
    } else {
        e->a[0] = x + (size_t)block->first * (size_t)features;
    }
    for (int l = 0; l < network->layers; l++) {
        int in = network->widths[l], out = network->widths[l + 1];
        double *z = e->own[l + 1];
        for (int r = 0; r < rows; r++)
            memcpy(z + (size_t)r * (size_t)out, theta + network->biases[l], (size_t)out * sizeof *z);
        linalg_gemm(false, true, rows, out, in, 1, e->a[l], in, theta + network->weights[l], in, 1, z, out);
        if (l + 1 < network->layers) activation_apply(network->activation, (size_t)rows * (size_t)out, z);
        e->a[l + 1] = z;
    }
}

/* y (width) += the sum of the rows of x. */
static void add_rows(int rows, int width, const double *x, double *y) {
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < width; i++) y[i] += x[(size_t)r * (size_t)width + (size_t)i];
}

/* Fills delta[l] for all layers, from delta[layers]; with `curved` also bend[l]. */
static void backward(struct network_evaluator *e, const double *theta, int rows, bool curved) {
    const struct network *network = e->network;
    for (int l = network->layers - 1; l > 0; l--) {
        int in = network->widths[l], out = network->widths[l + 1];
        size_t count = (size_t)rows * (size_t)in;
        double *delta = e->delta[l], *slope = e->slope[l], *bend = e->bend[l];
        linalg_gemm(false, false, rows, in, out, 1, e->delta[l + 1], out, theta + network->weights[l], in, 0, delta,
                    in);
        activation_derivatives(network->activation, count, e->a[l], slope, curved ? bend : NULL);
        if (curved)
            for (size_t i = 0; i < count; i++) bend[i] *= delta[i];
        for (size_t i = 0; i < count; i++) delta[i] *= slope[i];
    }
}

/* ---- losses and gradient --------------------------------------------------------------------------------------- */

double network_evaluator_loss(struct evaluator *evaluator, const double *theta, const struct batch *batch) {
    struct network_evaluator *e = (struct network_evaluator *)evaluator;
    const struct network *network = e->network;
    double loss = 0;
    for (int first = 0; first < sample_count(network, batch); first += network->rows) {
        struct block block = block_at(network, batch, first);
        struct network_targets targets = targets_of(network, &block);
        forward(e, theta, &block);
        loss += network_loss(&targets, e->a[network->layers], NULL, e->softmax);
    }
    return loss;
}

double network_evaluator_gradient(struct evaluator *evaluator, const double *theta, const struct batch *batch,
                                  double *gradient) {
    struct network_evaluator *e = (struct network_evaluator *)evaluator;
    const struct network *network = e->network;
    double loss = 0;
    memset(gradient, 0, (size_t)network->objective.n * sizeof *gradient);
    for (int first = 0; first < sample_count(network, batch); first += network->rows) {
        struct block block = block_at(network, batch, first);
        struct network_targets targets = targets_of(network, &block);
        forward(e, theta, &block);
        loss += network_loss(&targets, e->a[network->layers], e->delta[network->layers], e->softmax);
        backward(e, theta, block.rows, false);
        for (int l = 0; l < network->layers; l++) {
            int in = network->widths[l], out = network->widths[l + 1];
            linalg_gemm(true, false, out, in, block.rows, 1, e->delta[l + 1], out, e->a[l], in, 1,
                        gradient + network->weights[l], in);
            add_rows(block.rows, out, e->delta[l + 1], gradient + network->biases[l]);
        }
    }
    return loss;
}

void network_evaluator_losses(struct evaluator *evaluator, int count, const double *thetas, double *losses) {
    size_t n = (size_t)evaluator->objective->n;
    for (int i = 0; i < count; i++) losses[i] = network_evaluator_loss(evaluator, thetas + (size_t)i * n, NULL);
}

double network_evaluator_accuracy(struct evaluator *evaluator, const double *theta) {
    struct network_evaluator *e = (struct network_evaluator *)evaluator;
    const struct network *network = e->network;
    if (network->data->kind != DATA_CLASSES) return NAN;
    int right = 0, outputs = network->widths[network->layers];
    for (int first = 0; first < network->objective.samples; first += network->rows) {
        struct block block = block_at(network, NULL, first);
        forward(e, theta, &block);
        for (int r = 0; r < block.rows; r++) {
            const double *z = e->a[network->layers] + (size_t)r * (size_t)outputs;
            int largest = 0;
            bool numbers = !isnan(z[0]);
            for (int i = 1; i < outputs; i++) {
                if (z[i] > z[largest]) largest = i;
                if (isnan(z[i])) numbers = false;
            }
            right += numbers && largest == network->data->labels[first + r];
        }
    }
    return (double)right / network->objective.samples;
}

/* ---- Hessian-vector products ----------------------------------------------------------------------------------- */

/* What each of `count` directions moves, into e->spans; returns the lowest layer that any moves (layers when none). */
static int find_spans(struct network_evaluator *e, int count, const double *v) {
    const struct network *network = e->network;
    size_t n = (size_t)network->objective.n;
    int lowest = network->layers;
    for (int k = 0; k < count; k++) {
        for (int l = 0; l < network->layers; l++) {
            int in = network->widths[l], out = network->widths[l + 1];
            const double *weights = v + (size_t)k * n + network->weights[l],
                         *biases = v + (size_t)k * n + network->biases[l];
            struct span *span = &e->spans[k * network->layers + l];
            size_t size = (size_t)in * (size_t)out, first = 0, end = size;
            while (first < size && weights[first] == 0) first++;
            while (end > first && weights[end - 1] == 0) end--;
            span->low = first < end ? (int)(first / (size_t)in) : 0;
            span->high = first < end ? (int)((end - 1) / (size_t)in) + 1 : 0;
            span->bias = false;
            for (int i = 0; i < out && !span->bias; i++) span->bias = biases[i] != 0;
            if ((span->high > span->low || span->bias) && l < lowest) lowest = l;
        }
    }
    return lowest;
}

/* R{z[l+1]} = a[l] Vᵀ + R{b} + R{a[l]} Wᵀ for l ≥ lowest; R{a} = φ′ R{z}. Below, R{a} = 0 and is not stored. */
static void forward_directions(struct network_evaluator *e, const double *theta, int rows, int count, const double *v,
                               int lowest) {
    const struct network *network = e->network;
    size_t n = (size_t)network->objective.n;
    for (int l = lowest; l < network->layers; l++) {
        int in = network->widths[l], out = network->widths[l + 1];
        size_t size = (size_t)rows * (size_t)out;
        for (int k = 0; k < count; k++) {
            const double *weights = v + (size_t)k * n + network->weights[l],
                         *biases = v + (size_t)k * n + network->biases[l];
            const struct span *span = &e->spans[k * network->layers + l];
            double *rz = e->ra[l + 1] + (size_t)k * size;
            if (span->bias)
                for (int r = 0; r < rows; r++) memcpy(rz + (size_t)r * (size_t)out, biases, (size_t)out * sizeof *rz);
            else
                memset(rz, 0, size * sizeof *rz);
            if (span->high > span->low)
                linalg_gemm(false, true, rows, span->high - span->low, in, 1, e->a[l], in,
                            weights + (size_t)span->low * (size_t)in, in, 1, rz + span->low, out);
        }
        if (l > lowest)
            linalg_gemm(false, true, count * rows, out, in, 1, e->ra[l], in, theta + network->weights[l], in, 1,
                        e->ra[l + 1], out);
        if (l + 1 == network->layers) continue;
        for (int k = 0; k < count; k++) {
            double *ra = e->ra[l + 1] + (size_t)k * size;
            for (size_t i = 0; i < size; i++) ra[i] *= e->slope[l + 1][i];
        }
    }
}

/* hv += the block's share, for directions v (count × n), after forward() and a curved backward(). */
static void add_directions(struct network_evaluator *e, const double *theta, const struct network_targets *targets,
                           int count, const double *v, double *hv) {
    const struct network *network = e->network;
    size_t n = (size_t)network->objective.n;
    int rows = targets->rows, lowest = find_spans(e, count, v);
    if (lowest == network->layers) return;
    forward_directions(e, theta, rows, count, v, lowest);
    double *rdelta = e->rdelta[0], *below = e->rdelta[1];
    size_t size = (size_t)rows * (size_t)targets->outputs;
    memcpy(rdelta, e->ra[network->layers], (size_t)count * size * sizeof *rdelta);
    for (int k = 0; k < count; k++) network_loss_curvature(targets, e->softmax, rdelta + (size_t)k * size);
    for (int l = network->layers - 1; l >= 0; l--) {
        int in = network->widths[l], out = network->widths[l + 1];
        size_t size_in = (size_t)rows * (size_t)in, size_out = (size_t)rows * (size_t)out;
        /* The gradient of W is δᵀ a, so its R is R{δ}ᵀ a + δᵀ R{a}. */
        for (int k = 0; k < count; k++) {
            double *weights = hv + (size_t)k * n + network->weights[l],
                   *biases = hv + (size_t)k * n + network->biases[l];
            linalg_gemm(true, false, out, in, rows, 1, rdelta + (size_t)k * size_out, out, e->a[l], in, 1, weights, in);
            if (l > lowest)
                linalg_gemm(true, false, out, in, rows, 1, e->delta[l + 1], out, e->ra[l] + (size_t)k * size_in, in, 1,
                            weights, in);
            add_rows(rows, out, rdelta + (size_t)k * size_out, biases);
        }
        if (l == 0) break;
        /* δ[l] = (δ[l+1] W) φ′, so R{δ[l]} = (R{δ[l+1]} W + δ[l+1] V) φ′ + (δ[l+1] W) φ″ R{z[l]}. */
        linalg_gemm(false, false, count * rows, in, out, 1, rdelta, out, theta + network->weights[l], in, 0, below, in);
        for (int k = 0; k < count; k++) {
            const struct span *span = &e->spans[k * network->layers + l];
            double *r = below + (size_t)k * size_in;
            if (span->high > span->low)
                linalg_gemm(false, false, rows, in, span->high - span->low, 1, e->delta[l + 1] + span->low, out,
                            v + (size_t)k * n + network->weights[l] + (size_t)span->low * (size_t)in, in, 1, r, in);
            for (size_t i = 0; i < size_in; i++) r[i] *= e->slope[l][i];
            if (l > lowest) {
                const double *ra = e->ra[l] + (size_t)k * size_in;
                for (size_t i = 0; i < size_in; i++) r[i] += e->bend[l][i] * ra[i];
            }
        }
        double *swap = rdelta;
        rdelta = below;
        below = swap;
    }
}

void network_evaluator_hvp(struct evaluator *evaluator, const double *theta, const struct batch *batch, int count,
                           const double *v, double *hv) {
    struct network_evaluator *e = (struct network_evaluator *)evaluator;
    const struct network *network = e->network;
    size_t n = (size_t)network->objective.n;
    memset(hv, 0, (size_t)count * n * sizeof *hv);
    for (int first = 0; first < sample_count(network, batch); first += network->rows) {
        struct block block = block_at(network, batch, first);
        struct network_targets targets = targets_of(network, &block);
        forward(e, theta, &block);
        network_loss(&targets, e->a[network->layers], e->delta[network->layers], e->softmax);
        backward(e, theta, block.rows, true);
        for (int k = 0; k < count; k += network->directions) {
            int chunk = count - k < network->directions ? count - k : network->directions;
            add_directions(e, theta, &targets, chunk, v + (size_t)k * n, hv + (size_t)k * n);
        }
    }
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
