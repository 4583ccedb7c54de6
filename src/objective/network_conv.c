/* 3 × 3 convolution with one ring of zeros around, torch.nn.Conv2d(in, out, 3, padding=1), as matrix products: the
 * patches of a sample stand in the columns of P (9 in × area), so that Y = W P (out × area), which is where the
 * sample's values stand anyway (Chellapilla, Puri & Simard 2006). P stays in the processor's cache from product to
 * product. Small images go several at a time: a product of few columns is slow. */
#include "objective/network_layer.h"

enum { KERNEL = 3, TAPS = KERNEL * KERNEL };
enum { COLUMNS = 64 }; /* at least, where there are so many samples */

/* Some samples of a pass. */
struct group {
    size_t first;
    int samples, columns; /* columns = samples · area */
};

struct plan {
    struct weights w;
    int area, together;
    size_t in, out;                           /* values of a sample */
    real *patches, *moved, *values, *rvalues; /* P, R{P}: (9 in × columns); room for Y, R{Y}: (out × columns) */
};

static int samples_together(const struct layer *layer) {
    int area = layer->in.height * layer->in.width;
    return (COLUMNS + area - 1) / area;
}

static struct plan plan_of(const struct layer *layer, const struct layer_pass *pass) {
    struct plan plan = {.w = affine_weights(layer), .area = layer->in.height * layer->in.width};
    plan.together = samples_together(layer);
    plan.in = (size_t)shape_size(layer->in);
    plan.out = (size_t)shape_size(layer->out);
    size_t columns = (size_t)plan.together * (size_t)plan.area;
    plan.patches = pass->room;
    plan.moved = plan.patches + (size_t)plan.w.in * columns;
    plan.values = plan.moved + (size_t)plan.w.in * columns;
    plan.rvalues = plan.values + (size_t)plan.w.out * columns;
    return plan;
}

static struct group group_at(const struct plan *plan, int first, int rows) {
    int samples = rows - first < plan->together ? rows - first : plan->together;
    return (struct group){(size_t)first, samples, samples * plan->area};
}

/* ---- patches ----------------------------------------------------------------------------------------------------- */

/* A tap sees the image moved by whole rows and columns, which in memory is one step `by`: pixel i is seen at i − by,
 * for i from `low` to `high`; but a column at the edge has none beside it. */
struct tap {
    int by, low, high, edge; /* edge: −1: none */
};

static struct tap tap_at(struct shape in, int tap) {
    int down = tap / KERNEL - 1, across = tap % KERNEL - 1, area = in.height * in.width;
    int by = down * in.width + across;
    struct tap t = {.by = by, .low = by < 0 ? -by : 0, .high = by > 0 ? area - by : area, .edge = -1};
    if (across < 0) t.edge = 0;
    if (across > 0) t.edge = in.width - 1;
    if (t.high < 0) t.high = 0;
    if (t.low > t.high) t.low = t.high;
    return t;
}

static void clear_edge(struct shape in, const struct tap *tap, real *plane) {
    for (int i = 0; tap->edge >= 0 && i < in.height; i++) plane[i * in.width + tap->edge] = 0;
}

/* P of the group's samples `x`. */
static void take_patches(const struct plan *plan, struct shape in, const struct group *group, const real *x, real *p) {
    size_t area = (size_t)plan->area;
    for (int c = 0; c < in.channels; c++)
        for (int i = 0; i < TAPS; i++) {
            struct tap tap = tap_at(in, i);
            for (int s = 0; s < group->samples; s++, p += area) {
                const real *plane = x + (group->first + (size_t)s) * plan->in + (size_t)c * area;
                for (int j = 0; j < tap.low; j++) p[j] = 0;
                memcpy(p + tap.low, plane + tap.low + tap.by, (size_t)(tap.high - tap.low) * sizeof *p);
                for (int j = tap.high; j < plan->area; j++) p[j] = 0;
                clear_edge(in, &tap, p);
            }
        }
}

/* x = the sum of what P's entries were taken from; spoils P. */
static void give_patches(const struct plan *plan, struct shape in, const struct group *group, real *p, real *x) {
    size_t area = (size_t)plan->area;
    memset(x + group->first * plan->in, 0, (size_t)group->samples * plan->in * sizeof *x);
    for (int c = 0; c < in.channels; c++)
        for (int i = 0; i < TAPS; i++) {
            struct tap tap = tap_at(in, i);
            for (int s = 0; s < group->samples; s++, p += area) {
                real *plane = x + (group->first + (size_t)s) * plan->in + (size_t)c * area;
                clear_edge(in, &tap, p);
                for (int j = tap.low; j < tap.high; j++) plane[j + tap.by] += p[j];
            }
        }
}

/* ---- values: a sample's planes in memory, a filter's in a matrix; the same when a sample comes alone ---------------
 */

/* Y of the group's samples, in `room` or where it is. */
static const real *take_values(const struct plan *plan, const struct group *group, const real *y, real *room) {
    size_t area = (size_t)plan->area;
    if (plan->together == 1) return y + group->first * plan->out;
    real *to = room;
    for (int c = 0; c < plan->w.out; c++)
        for (int s = 0; s < group->samples; s++, to += area)
            memcpy(to, y + (group->first + (size_t)s) * plan->out + (size_t)c * area, area * sizeof *to);
    return room;
}

/* Where to write it … */
static real *open_values(const struct plan *plan, const struct group *group, real *y, real *room) {
    return plan->together == 1 ? y + group->first * plan->out : room;
}

/* … and, each plane with its bias, to have it there. */
static void give_values(const struct plan *plan, const struct group *group, const real *values, const real *biases,
                        real *y) {
    size_t area = (size_t)plan->area;
    if (plan->together == 1 && !biases) return;
    for (int c = 0; c < plan->w.out; c++)
        for (int s = 0; s < group->samples; s++, values += area) {
            real *plane = y + (group->first + (size_t)s) * plan->out + (size_t)c * area, bias = biases ? biases[c] : 0;
            for (size_t j = 0; j < area; j++) plane[j] = values[j] + bias;
        }
}

/* Each filter's bias += the sum of its row. */
static void add_rows(const struct plan *plan, const struct group *group, const real *values, real *biases) {
    for (int c = 0; c < plan->w.out; c++) {
        real sum = 0;
        for (int j = 0; j < group->columns; j++) sum += *values++;
        biases[c] += sum;
    }
}

/* ---- products ---------------------------------------------------------------------------------------------------- */

/* Y (out × columns) = W P + beta Y. */
static void filter(const struct plan *plan, const struct group *group, const real *w, const real *p, real beta,
                   real *y) {
    real_gemm(false, false, plan->w.out, group->columns, plan->w.in, 1, w, plan->w.in, p, group->columns, beta, y,
              group->columns);
}

/* ∂L/∂W (out × 9 in) += Y Pᵀ. */
static void correlate(const struct plan *plan, const struct group *group, const real *y, const real *p, real *slope) {
    real_gemm(false, true, plan->w.out, plan->w.in, group->columns, 1, y, group->columns, p, group->columns, 1, slope,
              plan->w.in);
}

/* P (9 in × columns) = Wᵀ Y + beta P. */
static void spread(const struct plan *plan, const struct group *group, const real *w, const real *y, real beta,
                   real *p) {
    real_gemm(true, false, plan->w.in, group->columns, plan->w.out, 1, w, plan->w.in, y, group->columns, beta, p,
              group->columns);
}

/* ---- the layer --------------------------------------------------------------------------------------------------- */

static void forward(const struct layer *layer, const struct layer_pass *pass) {
    struct plan plan = plan_of(layer, pass);
    const real *matrix = weights_prepare(&plan.w, pass->theta, pass->fixed, pass->room);
    for (int first = 0; first < pass->rows; first += plan.together) {
        struct group group = group_at(&plan, first, pass->rows);
        take_patches(&plan, layer->in, &group, pass->x, plan.patches);
        real *values = open_values(&plan, &group, pass->y, plan.values);
        filter(&plan, &group, matrix, plan.patches, 0, values);
        give_values(&plan, &group, values, pass->theta + affine_bias(layer), pass->y);
    }
}

static void backward(const struct layer *layer, const struct layer_pass *pass) {
    struct plan plan = plan_of(layer, pass);
    real *slope = affine_slope(&plan.w, pass);
    if (!slope && !pass->dx) return;
    for (int first = 0; first < pass->rows; first += plan.together) {
        struct group group = group_at(&plan, first, pass->rows);
        const real *values = take_values(&plan, &group, pass->dy, plan.values);
        if (slope) {
            take_patches(&plan, layer->in, &group, pass->x, plan.patches);
            correlate(&plan, &group, values, plan.patches, slope);
        }
        if (pass->gradient) add_rows(&plan, &group, values, pass->gradient + affine_bias(layer));
        if (!pass->dx) continue;
        spread(&plan, &group, affine_matrix(&plan.w, pass), values, 0, plan.patches);
        give_patches(&plan, layer->in, &group, plan.patches, pass->dx);
    }
    if (pass->gradient) weights_finish(&plan.w, pass->theta, pass->fixed, pass->gradient);
}

/* R{y} = R{W} P + R{b} + W R{P}. */
static void forward_directions(const struct layer *layer, const struct layer_pass *pass) {
    struct plan plan = plan_of(layer, pass);
    size_t rows = (size_t)pass->rows, count = (size_t)pass->count;
    for (size_t k = 0; pass->v && k < count; k++)
        weights_direction(&plan.w, pass->theta, pass->v + k * pass->stride, pass->fixed,
                          pass->rfixed + k * layer->rfixed);
    for (int first = 0; first < pass->rows; first += plan.together) {
        struct group group = group_at(&plan, first, pass->rows);
        if (pass->v) take_patches(&plan, layer->in, &group, pass->x, plan.patches);
        for (size_t k = 0; k < count; k++) {
            const real *moved = affine_moved(layer, &plan.w, pass, k);
            real *ry = pass->ry + k * rows * plan.out, *rvalues = open_values(&plan, &group, ry, plan.rvalues);
            if (moved) filter(&plan, &group, moved, plan.patches, 0, rvalues);
            if (pass->rx) {
                take_patches(&plan, layer->in, &group, pass->rx + k * rows * plan.in, plan.moved);
                filter(&plan, &group, affine_matrix(&plan.w, pass), plan.moved, moved ? 1 : 0, rvalues);
            }
            const real *biases = pass->v ? pass->v + k * pass->stride + affine_bias(layer) : NULL;
            give_values(&plan, &group, rvalues, biases, ry);
        }
    }
}

/* The gradient of W is Y Pᵀ, so its R is R{Y} Pᵀ + Y R{P}ᵀ; that of P is Wᵀ R{Y} + R{W}ᵀ Y. */
static void backward_directions(const struct layer *layer, const struct layer_pass *pass) {
    struct plan plan = plan_of(layer, pass);
    size_t rows = (size_t)pass->rows, count = (size_t)pass->count;
    for (size_t k = 0; k < count; k++) weights_direction_clear(&plan.w, pass->rfixed + k * layer->rfixed);
    for (int first = 0; first < pass->rows; first += plan.together) {
        struct group group = group_at(&plan, first, pass->rows);
        take_patches(&plan, layer->in, &group, pass->x, plan.patches);
        const real *values = take_values(&plan, &group, pass->dy, plan.values);
        for (size_t k = 0; k < count; k++) {
            real *hv = pass->hv + k * pass->stride;
            const real *moved = affine_moved(layer, &plan.w, pass, k);
            const real *rvalues = take_values(&plan, &group, pass->rdy + k * rows * plan.out, plan.rvalues);
            add_rows(&plan, &group, rvalues, hv + affine_bias(layer));
            real *rslope = weights_direction_slope(&plan.w, pass->rfixed + k * layer->rfixed, hv);
            correlate(&plan, &group, rvalues, plan.patches, rslope);
            if (pass->rx) {
                take_patches(&plan, layer->in, &group, pass->rx + k * rows * plan.in, plan.moved);
                correlate(&plan, &group, values, plan.moved, rslope);
            }
            if (!pass->rdx) continue;
            spread(&plan, &group, affine_matrix(&plan.w, pass), rvalues, 0, plan.moved);
            if (moved) spread(&plan, &group, moved, values, 1, plan.moved);
            give_patches(&plan, layer->in, &group, plan.moved, pass->rdx + k * rows * plan.in);
        }
    }
    for (size_t k = 0; k < count; k++)
        weights_direction_finish(&plan.w, pass->theta, pass->v ? pass->v + k * pass->stride : NULL, pass->fixed,
                                 pass->rfixed + k * layer->rfixed, pass->hv + k * pass->stride);
}

void convolution_make(struct layer *layer, int channels) {
    static const struct layer_class class = {
        .initialise = affine_initialise,
        .lay_out = affine_lay_out,
        .forward = forward,
        .backward = backward,
        .forward_directions = forward_directions,
        .backward_directions = backward_directions,
    };
    layer->class = &class;
    layer->out = (struct shape){channels, layer->in.height, layer->in.width};
    layer->kernel = KERNEL;
    affine_make(layer);
    struct weights w = affine_weights(layer);
    size_t columns = (size_t)samples_together(layer) * (size_t)(layer->in.height * layer->in.width);
    size_t own = 2 * (size_t)(w.in + w.out) * columns * sizeof(real);
    if (layer->room < own) layer->room = own;
}
