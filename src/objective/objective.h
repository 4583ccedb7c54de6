/* Objectives: a scalar loss of n parameters, with exact derivatives. A typed-in formula and a neural network on data
 * answer the same questions here, so that everything above gives both the same surface, Hessian and paths.
 *
 * A `struct objective` is immutable after create and may be shared by all threads. Evaluating needs an `evaluator`, the
 * per-thread scratch memory: one evaluator, one thread at a time; nothing is allocated in an evaluation.
 * All arrays are row-major float64; n = objective_dimension().
 * What it does not do: step, sample, or remember parameters. */
#pragma once

#include "base/error.h"
#include "base/random.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- data sets ------------------------------------------------------------------------------------------------- */

enum data_kind { DATA_CLASSES, DATA_TARGETS };

/* Immutable after create. */
struct data {
    char *name;
    enum data_kind kind;
    int samples, features;
    double *x;                      /* (samples × features) */
    int32_t *labels;                /* (samples), 0 … classes − 1; DATA_CLASSES only */
    int classes;                    /* DATA_CLASSES only */
    double *y;                      /* (samples × targets); DATA_TARGETS only */
    int targets;                    /* DATA_TARGETS only */
    char **class_names;             /* (classes) or NULL */
    char *attribution;              /* source and licence of real data, or NULL for made data */
    bool bytes;                     /* x came as whole numbers of 8 bits, such as pixels */
    struct data *validation, *test; /* samples held back (data_params), or NULL; owned */
};

/* A test set from another distribution than the training set's (mismatch). In turn: the first two features are turned,
 * all are scaled and moved, and normal noise is added. Zeroed but for scale 1, nothing changes. */
struct data_shift {
    double rotate; /* degrees, anticlockwise */
    double scale;  /* times; 0 counts as 1 */
    double offset; /* added, in the features' own units after standardisation */
    double noise;  /* standard deviation */
};

/* The reading of a file, seen from other threads; zeroed before it begins. */
struct data_reading {
    atomic_bool stop;    /* set by anybody: data_create gives up with ERROR_CANCELLED, amid a table or after any other file */
    _Atomic double done; /* 0 … 1, set by data_create */
};

struct data_params {
    const char *name; /* a built-in one (data_names), or NULL when `csv` is given */
    int samples; /* made data: how many, 2 … 1 000 000; 0: 256. Real data: the first so many in a seeded order; 0: all
                  */
    double noise; /* made data: standard deviation of the added normal noise; negative: the set's own default */
    int classes;  /* blobs and spirals: how many, 2 … 10; 0: the set's own (3 and 2) */
    uint64_t seed;
    const char *csv;    /* a comma-separated file with a header line */
    const char *target; /* csv: its target column; text or whole numbers (≤ 100 distinct) make classes, other numbers
                           targets. npy and idx: the file of labels (whole numbers) or targets; none for an archive */
    const char *npy;    /* NumPy's .npy (samples × …), or an .npz with x and y (or x_train and y_train) */
    const char *idx;    /* an MNIST file of images, gzipped or not */
    double validation, test; /* shares of the samples held back, in a seeded order; together below 1. What standardises
                                is measured on the rest, the training samples, alone */
    int folds, fold; /* N-fold cross-validation, instead of `validation`: of what is not held back for tests, fold
                        0 … folds − 1 validates, as data_fold has them; folds 0: none */
    const struct data_shift *shift; /* of the test samples; NULL: none */
    size_t memory; /* bytes that data of a file may take here, 8 a number; 0: a quarter of mem_machine(), as parting and
                      standardising them take as much again */
    struct data_reading *reading; /* NULL: nobody watches */
    bool raw; /* leave features as they are; else each is shifted to mean 0 and scaled to variance 1 (made sets
                 are left as made; digits are divided by 16, bytes by 255) */
};

extern const char *const data_names[]; /* "xor", "blobs", "moons", "circles", "spirals", "line", "sine", "cubic",
                                          "step", "digits", "iris"; data_name_count of them */
extern const size_t data_name_count;
const char *data_description(const char *name); /* one line for `list`; NULL when unknown */

/* NULL with an error that names file, line and column (a hole in a CSV, an unknown target, no assets, …). */
struct data *data_create(const struct data_params *params, struct error *error);
void data_destroy(struct data **data); /* accepts NULL */
/* Copies of some samples, by index, without what `data` hold back. */
struct data *data_select(const struct data *data, const int *indices, int count);
/* N-fold cross-validation: fold 0 … folds − 1 of a seeded order into `validation`, all else into `train`. Every sample
 * is in one fold; their sizes differ by one at most. ERROR_INPUT when there are fewer samples than folds, or fewer than
 * two. */
bool data_fold(const struct data *data, int folds, int fold, uint64_t seed, struct data **train,
               struct data **validation, struct error *error);
/* Moves the data to another distribution, in place. */
void data_move(struct data *data, const struct data_shift *shift, uint64_t seed);

/* ---- objectives ------------------------------------------------------------------------------------------------ */

struct objective;

/* A formula: + - * / ^, unary -, parentheses, sin cos tan exp log sqrt abs tanh sigmoid relu min max pow, pi, e.
 * `^` binds tighter than unary minus and to the right: -x^2^3 is −(x^(2^3)). pow(a, b) is a^b: with a constant b as C's
 * pow, differentiable wherever that is; else exp(b log a), not a number for a ≤ 0. Names are ASCII: a letter, then
 * letters, digits and _, EXPRESSION_NAME − 1 at most; those of functions, pi and e are taken.
 * Derivatives are exact (forward differentiation to second order). At a kink: abs′(0) = relu′(0) = 0, equal sides of
 * min and max have half each, and in the chain rule 0 · ∞ = 0, so √(x² + y²) has gradient 0 at its tip. Where the loss
 * is not a number neither are its derivatives. */
struct expression_params {
    const char *text;             /* at most EXPRESSION_TEXT bytes, nested at most EXPRESSION_DEPTH deep */
    const char *const *variables; /* names in order, EXPRESSION_MIN_VARIABLES … EXPRESSION_MAX_VARIABLES of them */
    int variable_count;
    const char *const *constants; /* names of constants, or NULL */
    const double *constant_values;
    int constant_count;
};
enum {
    EXPRESSION_TEXT = 8192,
    EXPRESSION_DEPTH = 200,
    EXPRESSION_MIN_VARIABLES = 2,
    EXPRESSION_MAX_VARIABLES = 16,
    EXPRESSION_MAX_CONSTANTS = 64,
    EXPRESSION_NAME = 64,
};
/* `column` (may be NULL) receives the 1-based byte column of what is wrong, which the message says too; 0 when it is
 * not in the text (a bad name, too long). Copies all it needs. */
struct objective *objective_create_expression(const struct expression_params *params, int *column, struct error *error);
/* The names in a formula that can only be variables or constants, each once, in order of appearance: the first
 * `capacity` into `names`. Returns how many there are. Needs no correct formula. */
int expression_names(const char *text, char names[][EXPRESSION_NAME], int capacity);

enum activation {
    ACTIVATION_TANH,
    ACTIVATION_RELU,
    ACTIVATION_SIGMOID,
    ACTIVATION_IDENTITY,
    ACTIVATION_LEAKY_RELU, /* slope 0.01 below 0 */
    ACTIVATION_GELU,       /* z Φ(z), exact (Hendrycks & Gimpel 2016) */
    ACTIVATION_SOFTPLUS,   /* log(1 + exp z); z beyond 20, as PyTorch */
    ACTIVATION_SINE,       /* sin z */
};
enum loss_kind {
    LOSS_CROSS_ENTROPY, /* mean over samples of −log softmax(z)[label] */
    LOSS_MSE,           /* mean over samples and outputs of (z − y)², as torch.nn.MSELoss; classes as one-hot */
    LOSS_BCE, /* mean over samples and outputs of −y log σ(z) − (1 − y) log(1 − σ(z)), as torch.nn.BCEWithLogitsLoss; y
                 in [0, 1]; classes as one-hot, or two of them as one output */
    LOSS_HUBER, /* mean over samples and outputs of ½ d² for |d| < 1, else |d| − ½, d = z − y (torch.nn.HuberLoss) */
};
enum initialisation {
    INITIALISATION_PYTORCH, /* nn.Linear's default: weights and biases U(−1/√in, 1/√in) */
    INITIALISATION_XAVIER,  /* weights U(±√(6/(in+out))), biases 0 (Glorot & Bengio 2010) */
    INITIALISATION_HE,      /* weights N(0, 2/in), biases 0 (He et al. 2015) */
    INITIALISATION_NORMAL,  /* weights N(0, 1/in), biases 0 */
};
/* Between each dense or convolution layer but the last and its activation; weight and spectral norm are of its weights.
 * ε = 1e-5; γ = 1 and β = 0 at the start. */
enum normalisation {
    NORM_NONE,
    NORM_BATCH,    /* torch.nn.BatchNorm1d or 2d: see "batch norm" below */
    NORM_LAYER,    /* torch.nn.LayerNorm over all of a sample */
    NORM_GROUP,    /* torch.nn.GroupNorm: 4 groups of channels, 2 or 1 where 4 do not divide them */
    NORM_INSTANCE, /* torch.nn.InstanceNorm2d: images only; no parameters */
    NORM_WEIGHT,   /* torch.nn.utils.weight_norm */
    NORM_SPECTRAL, /* torch.nn.utils.spectral_norm with the exact largest singular value (its power iteration's limit)
                    */
};

/* What a network computes in. Outside it θ and all results are float64 either way: in float32 θ is rounded on the way
 * in, and what an optimizer adds to it is not lost. Hessians, searches and models at a point use objective_exact(). */
enum precision { PRECISION_F64, PRECISION_F32 };

enum block_kind {
    BLOCK_DENSE,          /* size outputs; an image is flattened first */
    BLOCK_CONVOLUTION,    /* size channels, 3 × 3, zeros around, so that the image keeps its size */
    BLOCK_POOL,           /* the mean of size × size pixels */
    BLOCK_FLATTEN,        /* an image becomes a row of numbers */
    BLOCK_DROPOUT,        /* with rate */
    BLOCK_RESIDUAL_BEGIN, /* what stands between is added to its input, which must have the same shape; the last … */
    BLOCK_RESIDUAL_END,   /* … activation within comes after the sum */
};
struct network_block {
    enum block_kind kind;
    int size;
    double rate;
    const enum activation *activation; /* dense and convolution; NULL: the network's */
    const enum normalisation *norm;    /* likewise */
};

/* What a noisy batch does to its images (channels × height × width), by chance, anew for every sample: mirrored left to
 * right, turned upside down (each half the time), turned about the centre, zoomed, shifted, noise added. Values between
 * pixels are interpolated, beyond the edge there is 0. */
struct augmentation {
    int channels, height, width; /* 0: one channel, square */
    bool mirror, upside_down;
    double rotate; /* at most so many degrees either way */
    double zoom;   /* by 1 − zoom … 1 + zoom; 0 … 0.9 */
    double shift;  /* at most so many pixels either way, across and down */
    double noise;  /* standard deviation */
};

struct network_params {
    const int *layers; /* widths from features to outputs, `layer_count` ≥ 2 of them, each 1 … 4096 */
    int layer_count;
    enum activation activation; /* between layers; the last is linear */
    enum loss_kind loss;
    enum initialisation initialisation;
    enum normalisation norm;
    bool residual; /* widths: every two hidden layers that leave the width as it is get a skip: x + dense φ(dense x) */
    double dropout;                     /* widths: after each activation; 0 … 0.95 */
    const struct network_block *blocks; /* instead of widths, `block_count` of them, for images and mixed shapes */
    int block_count;
    int input[3]; /* blocks: channels, height, width of a sample; 0: a row of the data's features */
    const struct augmentation *augmentation; /* NULL: none */
    enum precision precision;
    int *wrong_block; /* NULL, or receives the block an error is about; untouched when it is about none */
};
/* Takes over `data` (also on failure). Widths must agree with the data: the message says what they should be. */
struct objective *objective_create_network(const struct network_params *params, struct data *data, struct error *error);

void objective_destroy(struct objective **objective); /* accepts NULL */

int objective_dimension(const struct objective *objective); /* n */
int objective_samples(const struct objective *objective);   /* data samples; 1 for an expression */
/* Samples a batch needs: 2 with batch norm of rows, which has no variance of one sample (PyTorch refuses it too), else
 * 1. A batch with `statistics` may have one. */
int objective_least_batch(const struct objective *objective);
bool objective_is_expression(const struct objective *objective);
const struct data *objective_data(const struct objective *objective); /* NULL for an expression */
/* The same objective in float64: itself, but for a network in float32, whose rounding would hide what is small (‖∇L‖ of
 * 1e-8, a curvature of 1e-7). Same parameters, layout and data; owned by `objective`. */
const struct objective *objective_exact(const struct objective *objective);

/* The parameters by name, as the equivalent PyTorch nn.Sequential would call them: "0.weight" (out × in), "0.bias"
 * (out), "2.weight", … (activations, norms, pools, … take a number too; layers within a residual block have two:
 * "2.0.weight"); for an expression one entry per variable, rank 0. Of rank 2 and more, `shape[0]` counts filters,
 * unless `gain`. */
struct layout_entry {
    const char *name;
    int offset, size; /* in theta */
    int rank, shape[4];
    bool gain; /* scales and shifts of a normalisation (γ, β, g): no filters, whatever their rank */
};
size_t objective_layout(const struct objective *objective, const struct layout_entry **entries);

/* A start: for a network as its initialisation says, for an expression 0. `theta` (n). */
void objective_initialise(const struct objective *objective, uint64_t seed, double *theta);

struct evaluator;
struct evaluator *evaluator_create(const struct objective *objective);
void evaluator_destroy(struct evaluator **evaluator); /* accepts NULL */
const struct objective *evaluator_objective(const struct evaluator *evaluator);

/* Some of the data's samples, by index. NULL in a call means all of them. Expressions ignore it.
 *
 * Noise. Dropout and augmentation act only in a `noisy` batch, as a function of its seed: the same batch and seed give
 * the same bits, and derivatives are those of that one draw.
 *
 * Batch norm. Everywhere a batch is measured by its own mean and variance, which take part in the derivatives: a pure
 * function of θ and the batch. Moving averages for tests are state outside θ, kept by whoever trains (one array of
 * objective_statistics() numbers a run): started by objective_start_statistics(), moved by evaluator_track() after each
 * gradient, and used wherever `statistics` points to them. */
struct batch {
    const int *indices; /* NULL: all samples, whatever the count */
    int count;
    bool noisy;
    uint64_t seed;
    const double *statistics; /* NULL: the batch's own */
};

/* L(θ); may be not finite, which is an answer, not an error. */
double evaluator_loss(struct evaluator *evaluator, const double *theta, const struct batch *batch);
/* L(θ), and ∇L into `gradient` (n). */
double evaluator_gradient(struct evaluator *evaluator, const double *theta, const struct batch *batch,
                          double *gradient);
/* L at `count` points `thetas` (count × n) into `losses` (count). Columns for an expression. */
void evaluator_losses(struct evaluator *evaluator, int count, const double *thetas, double *losses);
/* L and ∇L at `count` points `thetas` (count × n) on all the data into `losses` (count) and `gradients` (count × n): the
 * same bits as evaluator_gradient point by point. Columns for an expression, whose memory the first call allocates. */
void evaluator_gradients(struct evaluator *evaluator, int count, const double *thetas, double *losses,
                         double *gradients);
/* Hessian-vector products for `count` directions `v` (count × n) into `hv` (count × n): exact, by the R-operator
 * (Pearlmutter 1994) for networks; relu's kink counts as 0. */
void evaluator_hvp(struct evaluator *evaluator, const double *theta, const struct batch *batch, int count,
                   const double *v, double *hv);
/* Gauss–Newton products Jᵀ ∇²ℓ J v for `count` directions `v` (count × n) into `gv` (count × n), count ≥ 0: of a network
 * with outputs z(θ), J = ∂z/∂θ and ℓ the loss of the outputs (Schraudolph 2002, "Fast curvature matrix-vector products
 * for second-order gradient descent", eq. 11), so positive semi-definite for every loss here; of a formula
 * Σ cᵢ eᵢ(θ)^(even) with constants cᵢ ≥ 0, Σ 2 ∇rᵢ ∇rᵢᵀ v, its terms being squares of residuals rᵢ. Must not be asked of
 * an objective that has none. */
void evaluator_gauss_newton(struct evaluator *evaluator, const double *theta, const struct batch *batch, int count,
                            const double *v, double *gv);
bool objective_has_gauss_newton(const struct objective *objective); /* networks, and formulas that are sums of squares */
/* The whole Hessian (n × n), symmetric; L(θ) returned and ∇L into `gradient` (n) unless NULL. */
double evaluator_hessian(struct evaluator *evaluator, const double *theta, double *gradient, double *hessian);

/* Whether a noisy batch differs from one that is not: the objective has dropout or augmentation. */
bool objective_is_noisy(const struct objective *objective);
int objective_statistics(const struct objective *objective);                            /* 0 without batch norm */
void objective_start_statistics(const struct objective *objective, double *statistics); /* means 0, variances 1 */
#define TRACKED_SHARE 0.1
/* statistics += TRACKED_SHARE (the last evaluated batch's − statistics); variances unbiased, as PyTorch's. Must follow an
 * evaluation of the batch meant, by the same evaluator. */
void evaluator_track(struct evaluator *evaluator, double *statistics);
/* The loss on other data of the same features and outputs (a validation or test set), without noise;
 * `statistics` as in a batch, and needed with batch norm when they are more than the objective's own. Their accuracy
 * into `accuracy` unless NULL. Networks only. */
double evaluator_test(struct evaluator *evaluator, const double *theta, const struct data *data,
                      const double *statistics, double *accuracy);

/* How a network's outputs are read: their number a sample (0 for an expression), and the loss that measures them. */
int objective_outputs(const struct objective *objective);
enum loss_kind objective_loss_kind(const struct objective *objective); /* of a network */
/* What the network makes of `count` samples `x` (count × features), which need not be of its data: into `outputs`
 * (count × objective_outputs), without noise. `statistics` as in a batch, and needed with batch norm. Networks only. */
void evaluator_outputs(struct evaluator *evaluator, const double *theta, int count, const double *x,
                       const double *statistics, double *outputs);

/* Classification only: share of samples whose largest output is their label, else NaN. */
double evaluator_accuracy(struct evaluator *evaluator, const double *theta);
/* Likewise of the samples that evaluator_loss or evaluator_gradient went through last, from the outputs it had: for
 * nothing. NaN before. */
double evaluator_last_accuracy(const struct evaluator *evaluator);
