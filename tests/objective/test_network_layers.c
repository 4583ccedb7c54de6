/* Every layer with every loss against PyTorch (oracle_layers.py) and against finite differences. */
#include "base/linalg.h"
#include "objective/network.h"
#include "stream.h"
#include "test.h"

/* PyTorch sums in another order; second derivatives through norms of few samples lose a few digits. */
static const double LOSS = 1e-12, GRADIENT = 1e-9, PRODUCT = 1e-8;
/* float32 has 24 bits: 6e-8 an operation. */
static const double SINGLE = 1e-4;

enum { MOST_BLOCKS = 16 };

struct layer_case {
    struct objective *objective, *single; /* the same network in float32 */
    struct evaluator *evaluator, *single_evaluator;
    int n, statistics;
    double *theta, *v; /* (n) */
    bool kinks;        /* relu, leaky relu or Huber somewhere */
};

static struct data *take_data(struct stream *stream, const struct network_params *params, int samples, int features,
                              int outputs, int classes) {
    struct data *data = MEM_NEW(struct data, 1);
    *data = (struct data){.name = mem_copy_text("oracle"),
                          .kind = classes ? DATA_CLASSES : DATA_TARGETS,
                          .samples = samples,
                          .features = features,
                          .classes = classes,
                          .targets = classes ? 0 : outputs};
    data->x = copy(take(stream, (size_t)samples * (size_t)features), (size_t)samples * (size_t)features);
    if (classes) {
        data->labels = MEM_NEW(int32_t, samples);
        for (int i = 0; i < samples; i++) data->labels[i] = take_int(stream);
    } else {
        data->y = copy(take(stream, (size_t)samples * (size_t)outputs), (size_t)samples * (size_t)outputs);
    }
    return data;
}

static bool has_kink(enum activation activation) {
    return activation == ACTIVATION_RELU || activation == ACTIVATION_LEAKY_RELU;
}

static struct layer_case take_case(struct stream *stream) {
    struct layer_case c = {0};
    struct network_block blocks[MOST_BLOCKS];
    enum activation activations[MOST_BLOCKS];
    enum normalisation norms[MOST_BLOCKS];
    struct network_params params = {.loss = (enum loss_kind)take_int(stream), .blocks = blocks};
    take_int(stream); /* targets: their classes are 0 */
    int samples = take_int(stream), features = take_int(stream), outputs = take_int(stream), classes = take_int(stream);
    params.activation = (enum activation)take_int(stream);
    params.norm = (enum normalisation)take_int(stream);
    params.block_count = take_int(stream);
    c.kinks = params.loss == LOSS_HUBER || has_kink(params.activation);
    for (int i = 0; i < params.block_count; i++) {
        blocks[i] = (struct network_block){.kind = (enum block_kind)take_int(stream), .size = take_int(stream)};
        int activation = take_int(stream), norm = take_int(stream);
        activations[i] = (enum activation)activation;
        norms[i] = (enum normalisation)norm;
        if (activation >= 0) blocks[i].activation = &activations[i];
        if (norm >= 0) blocks[i].norm = &norms[i];
        c.kinks = c.kinks || (activation >= 0 && has_kink(activations[i]));
    }
    for (int i = 0; i < 3; i++) params.input[i] = take_int(stream);
    c.n = take_int(stream);
    c.statistics = take_int(stream);
    struct error error = {0};
    struct data *data = take_data(stream, &params, samples, features, outputs, classes);
    int *all = MEM_NEW(int, samples);
    for (int i = 0; i < samples; i++) all[i] = i;
    struct data *again = data_select(data, all, samples);
    free(all);
    c.objective = objective_create_network(&params, data, &error);
    params.precision = PRECISION_F32;
    c.single = objective_create_network(&params, again, &error);
    if (!c.objective || !c.single) fail_msg("%s", error.message);
    assert_int_equal(objective_dimension(c.objective), c.n);
    assert_int_equal(objective_statistics(c.objective), c.statistics);
    c.evaluator = evaluator_create(c.objective);
    c.single_evaluator = evaluator_create(c.single);
    c.theta = copy(take(stream, (size_t)c.n), (size_t)c.n);
    c.v = copy(take(stream, (size_t)c.n), (size_t)c.n);
    return c;
}

static void release(struct layer_case *c) {
    evaluator_destroy(&c->evaluator);
    evaluator_destroy(&c->single_evaluator);
    objective_destroy(&c->objective);
    objective_destroy(&c->single);
    free(c->theta);
    free(c->v);
}

/* float32 against float64, which has been found right: as near as it can be, not the same, and the same again. */
static void check_single(const struct layer_case *c, const struct batch *batch, double loss, const double *gradient,
                         const double *hv, const double *gv) {
    struct evaluator *e = c->single_evaluator;
    size_t n = (size_t)c->n;
    double *own = MEM_NEW(double, n), *again = MEM_NEW(double, n);
    assert_near(evaluator_loss(e, c->theta, batch), loss, SINGLE);
    double first = evaluator_gradient(e, c->theta, batch, own);
    assert_near(first, loss, SINGLE);
    assert_close("float32 gradient", c->n, own, gradient, SINGLE);
    assert_true(memcmp(own, gradient, n * sizeof *own) != 0);
    assert_true(evaluator_gradient(e, c->theta, batch, again) == first && !memcmp(own, again, n * sizeof *own));
    evaluator_hvp(e, c->theta, batch, 1, c->v, own);
    assert_close("float32 hvp", c->n, own, hv, SINGLE);
    evaluator_gauss_newton(e, c->theta, batch, 1, c->v, own);
    assert_close("float32 Gauss-Newton product", c->n, own, gv, SINGLE);
    free(own);
    free(again);
}

/* The four figures that follow in the stream. */
static void check_derivatives(const struct layer_case *c, const struct batch *batch, struct stream *stream) {
    double *gradient = MEM_NEW(double, c->n), *hv = MEM_NEW(double, c->n), *gv = MEM_NEW(double, c->n);
    double loss = *take(stream, 1);
    assert_near(evaluator_loss(c->evaluator, c->theta, batch), loss, LOSS);
    assert_near(evaluator_gradient(c->evaluator, c->theta, batch, gradient), loss, LOSS);
    assert_close("gradient", c->n, gradient, take(stream, (size_t)c->n), GRADIENT);
    evaluator_hvp(c->evaluator, c->theta, batch, 1, c->v, hv);
    assert_close("hvp", c->n, hv, take(stream, (size_t)c->n), PRODUCT);
    evaluator_gauss_newton(c->evaluator, c->theta, batch, 1, c->v, gv);
    assert_close("Gauss-Newton product", c->n, gv, take(stream, (size_t)c->n), PRODUCT);
    assert_true(linalg_dot(c->n, c->v, gv) >= 0);
    check_single(c, batch, loss, gradient, hv, gv);
    free(gradient);
    free(hv);
    free(gv);
}

static void check_statistics(struct layer_case *c, struct stream *stream) {
    double *statistics = MEM_NEW(double, c->statistics), *gradient = MEM_NEW(double, c->n), accuracy;
    objective_start_statistics(c->objective, statistics);
    for (int pass = 0; pass < 2; pass++) {
        evaluator_gradient(c->evaluator, c->theta, NULL, gradient);
        evaluator_track(c->evaluator, statistics);
    }
    assert_close("statistics", c->statistics, statistics, take(stream, (size_t)c->statistics), 1e-13);
    const struct batch batch = {.statistics = statistics};
    check_derivatives(c, &batch, stream);
    assert_near(evaluator_test(c->evaluator, c->theta, objective_data(c->objective), statistics, &accuracy),
                evaluator_loss(c->evaluator, c->theta, &batch), 1e-15);
    free(statistics);
    free(gradient);
}

/* The Hessian by unit vectors, which move one layer at a time, against the product with all of them. */
static void check_hessian(const struct layer_case *c) {
    size_t n = (size_t)c->n;
    double *hessian = MEM_NEW(double, n *n), *product = MEM_NEW(double, n), *hv = MEM_NEW(double, n);
    evaluator_hessian(c->evaluator, c->theta, NULL, hessian);
    linalg_gemv(false, c->n, c->n, 1, hessian, c->n, c->v, 0, product);
    evaluator_hvp(c->evaluator, c->theta, NULL, 1, c->v, hv);
    assert_close("H v", c->n, product, hv, 1e-10);
    free(hessian);
    free(product);
    free(hv);
}

static void check_differences(const struct layer_case *c) {
    size_t n = (size_t)c->n;
    const double h = 1e-5;
    double *gradient = MEM_NEW(double, n), *up = MEM_NEW(double, n), *down = MEM_NEW(double, n),
           *moved = MEM_NEW(double, n);
    double *hv = MEM_NEW(double, n), largest = 1;
    evaluator_gradient(c->evaluator, c->theta, NULL, gradient);
    evaluator_hvp(c->evaluator, c->theta, NULL, 1, c->v, hv);
    for (size_t i = 0; i < n; i++) moved[i] = c->theta[i] + h * c->v[i];
    double above = evaluator_gradient(c->evaluator, moved, NULL, up);
    for (size_t i = 0; i < n; i++) moved[i] = c->theta[i] - h * c->v[i];
    double below = evaluator_gradient(c->evaluator, moved, NULL, down);
    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs(hv[i]));
    assert_near(linalg_dot(c->n, gradient, c->v), (above - below) / (2 * h), 1e-6 * largest);
    for (size_t i = 0; i < n; i++) assert_near(hv[i], (up[i] - down[i]) / (2 * h), 1e-5 * largest);
    free(gradient);
    free(up);
    free(down);
    free(moved);
    free(hv);
}

static void every_layer_and_loss_equals_pytorch(void **state) {
    struct stream stream = stream_open("network_layers.bin");
    int cases = take_int(&stream), smooth = 0;
    assert_int_equal(cases, 107);
    for (int i = 0; i < cases; i++) {
        struct layer_case c = take_case(&stream);
        check_derivatives(&c, NULL, &stream);
        if (c.statistics) check_statistics(&c, &stream);
        check_hessian(&c);
        if (!c.kinks) check_differences(&c);
        smooth += !c.kinks;
        release(&c);
    }
    assert_int_equal(stream.at, stream.count);
    assert_true(smooth > 60);
    free(stream.values);
}

/* ---- dropout, batches, blocks ------------------------------------------------------------------------------------ */

static struct objective *make(struct network_params params, const char *data_name, int samples) {
    struct error error = {0};
    struct data *data =
        data_create(&(struct data_params){.name = data_name, .noise = -1, .samples = samples, .seed = 3}, &error);
    struct objective *objective = data ? objective_create_network(&params, data, &error) : NULL;
    if (!objective) fail_msg("%s", error.message);
    return objective;
}

static void dropout_is_noise_with_a_seed(void **state) {
    const int layers[] = {64, 40, 10};
    struct objective *objective =
        make((struct network_params){.layers = layers, .layer_count = 3, .dropout = 0.5}, "digits", 300);
    struct objective *dry = make((struct network_params){.layers = layers, .layer_count = 3}, "digits", 300);
    assert_true(objective_is_noisy(objective) && !objective_is_noisy(dry));
    struct evaluator *e = evaluator_create(objective), *f = evaluator_create(dry);
    size_t n = (size_t)objective_dimension(objective);
    double *theta = MEM_NEW(double, n), *g = MEM_NEW(double, n), *again = MEM_NEW(double, n);
    double *v = random_vector(3, n, 1), *hv = MEM_NEW(double, n), *up = MEM_NEW(double, n);
    objective_initialise(objective, 1, theta);
    double still = evaluator_gradient(e, theta, NULL, g);
    assert_true(still == evaluator_gradient(f, theta, NULL, again)); /* off unless asked for */
    assert_memory_equal(g, again, n * sizeof *g);
    struct batch batch = {.noisy = true, .seed = 5};
    double noisy = evaluator_gradient(e, theta, &batch, g);
    assert_true(noisy != still && noisy == evaluator_gradient(e, theta, &batch, again));
    assert_memory_equal(g, again, n * sizeof *g);
    batch.seed = 6;
    assert_true(evaluator_loss(e, theta, &batch) != noisy);
    /* A mask is a function of the place in the batch: blocks of 256 rows do not show. */
    evaluator_hvp(e, theta, &batch, 1, v, hv);
    evaluator_gradient(e, theta, &batch, g);
    const double h = 1e-5;
    for (size_t i = 0; i < n; i++) theta[i] += h * v[i];
    evaluator_gradient(e, theta, &batch, up);
    for (size_t i = 0; i < n; i++) theta[i] -= 2 * h * v[i];
    evaluator_gradient(e, theta, &batch, again);
    for (size_t i = 0; i < n; i++) assert_near(hv[i], (up[i] - again[i]) / (2 * h), 1e-6);
    /* Half the hidden units are off: of 300 × 40 first biases' gradients per sample, the mean loss stays near. */
    double sum = 0;
    for (size_t i = 0; i < n; i++) theta[i] += h * v[i];
    for (uint64_t seed = 0; seed < 200; seed++) {
        batch.seed = seed;
        sum += evaluator_loss(e, theta, &batch);
    }
    assert_true(fabs(sum / 200 - still) < 0.2 * still);
    free(theta);
    free(g);
    free(again);
    free(v);
    free(hv);
    free(up);
    evaluator_destroy(&e);
    evaluator_destroy(&f);
    objective_destroy(&objective);
    objective_destroy(&dry);
}

static void images_in_blocks_are_images_in_parts(void **state) {
    enum { SAMPLES = 600, PARTS = 3 };
    const struct network_block blocks[] = {
        {.kind = BLOCK_CONVOLUTION, .size = 4}, {.kind = BLOCK_POOL, .size = 2}, {.kind = BLOCK_DENSE, .size = 10}};
    struct objective *objective =
        make((struct network_params){.blocks = blocks, .block_count = 3, .input = {1, 8, 8}, .norm = NORM_GROUP},
             "digits", SAMPLES);
    struct evaluator *e = evaluator_create(objective);
    size_t n = (size_t)objective_dimension(objective);
    double *theta = random_vector(1, n, 0.3), *v = random_vector(2, n, 1), *whole = MEM_NEW(double, n);
    double *part = MEM_NEW(double, n), *sum = MEM_NEW(double, n), mean = 0;
    evaluator_hvp(e, theta, NULL, 1, v, whole);
    for (int p = 0; p < PARTS; p++) {
        int indices[SAMPLES / PARTS];
        for (int i = 0; i < SAMPLES / PARTS; i++) indices[i] = i * PARTS + p;
        const struct batch batch = {.indices = indices, .count = SAMPLES / PARTS};
        evaluator_hvp(e, theta, &batch, 1, v, part);
        linalg_axpy((int)n, 1.0 / PARTS, part, sum);
        mean += evaluator_loss(e, theta, &batch) / PARTS;
    }
    assert_near(mean, evaluator_loss(e, theta, NULL), 1e-13);
    assert_close("hvp", (int)n, sum, whole, 1e-11);
    free(theta);
    free(v);
    free(whole);
    free(part);
    free(sum);
    evaluator_destroy(&e);
    objective_destroy(&objective);
}

/* A batch of batch norm is one block, however many rows it has: the order of samples does not matter, the company does.
 */
static void batch_norm_couples_samples(void **state) {
    enum { SAMPLES = 600 };
    const int layers[] = {64, 16, 10};
    struct objective *objective =
        make((struct network_params){.layers = layers, .layer_count = 3, .norm = NORM_BATCH}, "digits", SAMPLES);
    struct evaluator *e = evaluator_create(objective);
    size_t n = (size_t)objective_dimension(objective);
    double *theta = random_vector(1, n, 0.3);
    int indices[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) indices[i] = SAMPLES - 1 - i;
    double all = evaluator_loss(e, theta, NULL);
    assert_near(evaluator_loss(e, theta, &(struct batch){.indices = indices, .count = SAMPLES}), all, 1e-13);
    double halves = 0;
    for (int p = 0; p < 2; p++)
        halves +=
            0.5 * evaluator_loss(e, theta, &(struct batch){.indices = indices + p * SAMPLES / 2, .count = SAMPLES / 2});
    assert_true(fabs(halves - all) > 1e-6);
    assert_int_equal(objective_least_batch(objective), 2); /* one sample alone has no variance */
    free(theta);
    evaluator_destroy(&e);
    objective_destroy(&objective);
}

static void what_does_not_fit_is_answered(void **state) {
    int layers[60];
    for (int i = 0; i < 60; i++) layers[i] = i == 0 || i == 59 ? 2 : 100;
    struct error error = {0};
    struct data *data = data_create(&(struct data_params){.name = "moons", .samples = 60000, .noise = -1}, &error);
    struct network_params params = {.layers = layers, .layer_count = 60, .norm = NORM_BATCH};
    assert_null(objective_create_network(&params, data, &error));
    if (!strstr(error.message, "GiB for each run, as batch norm takes all samples at once"))
        fail_msg("%s", error.message);
    data = data_create(&(struct data_params){.name = "moons", .noise = -1}, &error);
    struct data *one = data_select(data, &(int){3}, 1);
    data_destroy(&data);
    error = (struct error){0};
    params.layer_count = 3;
    params.layers = (const int[]){2, 5, 2};
    assert_null(objective_create_network(&params, one, &error));
    if (!strstr(error.message, "batch norm needs two samples or more")) fail_msg("%s", error.message);
    const struct network_block blocks[] = {
        {.kind = BLOCK_DENSE, .size = 4096}, {.kind = BLOCK_DROPOUT, .rate = 1}, {.kind = BLOCK_DENSE, .size = 2}};
    int wrong = -1;
    params = (struct network_params){.blocks = blocks, .block_count = 3, .wrong_block = &wrong};
    error = (struct error){0};
    data = data_create(&(struct data_params){.name = "moons", .noise = -1}, &error);
    assert_null(objective_create_network(&params, data, &error));
    assert_string_equal(error.message, "a dropout of 1 is out of range; write 0 to 0.95");
    assert_int_equal(wrong, 1);
}

/* ---- depth ------------------------------------------------------------------------------------------------------- */

static void deep_networks_lay_out_and_differ(void **state) {
    int layers[57];
    for (int i = 0; i < 57; i++) layers[i] = i == 0 ? 2 : i == 56 ? 2 : 6;
    for (int residual = 0; residual < 2; residual++) {
        struct objective *objective = make((struct network_params){.layers = layers,
                                                                   .layer_count = 57,
                                                                   .residual = residual,
                                                                   .activation = ACTIVATION_TANH,
                                                                   .initialisation = INITIALISATION_XAVIER},
                                           "moons", 64);
        struct evaluator *e = evaluator_create(objective);
        int n = objective_dimension(objective);
        assert_int_equal(n, 18 + 54 * 42 + 14);
        double *theta = MEM_NEW(double, n), *v = random_vector(4, (size_t)n, 1), *hv = MEM_NEW(double, n);
        double *up = MEM_NEW(double, n), *down = MEM_NEW(double, n), largest = 0;
        objective_initialise(objective, 3, theta);
        evaluator_hvp(e, theta, NULL, 1, v, hv);
        const double h = 1e-6;
        for (int i = 0; i < n; i++) theta[i] += h * v[i];
        evaluator_gradient(e, theta, NULL, up);
        for (int i = 0; i < n; i++) theta[i] -= 2 * h * v[i];
        evaluator_gradient(e, theta, NULL, down);
        for (int i = 0; i < n; i++) largest = fmax(largest, fabs(hv[i]));
        assert_true(largest > 1e-6);
        for (int i = 0; i < n; i++) assert_near(hv[i], (up[i] - down[i]) / (2 * h), 1e-4 * largest);
        free(theta);
        free(v);
        free(hv);
        free(up);
        free(down);
        evaluator_destroy(&e);
        objective_destroy(&objective);
    }
}

/* Training loss on 500 digits after 300 steps of momentum with batches of 50. */
static double train(int depth, bool residual, enum initialisation how) {
    enum { SAMPLES = 500, BATCH = 50, STEPS = 300 };
    int layers[65], order[SAMPLES];
    for (int i = 0; i <= depth; i++) layers[i] = i == 0 ? 64 : i == depth ? 10 : 16;
    struct objective *objective = make((struct network_params){.layers = layers,
                                                               .layer_count = depth + 1,
                                                               .residual = residual,
                                                               .activation = ACTIVATION_RELU,
                                                               .initialisation = how},
                                       "digits", SAMPLES);
    struct evaluator *e = evaluator_create(objective);
    int n = objective_dimension(objective);
    double *theta = MEM_NEW(double, n), *gradient = MEM_NEW(double, n), *speed = MEM_NEW(double, n);
    struct random random = random_seeded(1, 5);
    objective_initialise(objective, 1, theta);
    for (int i = 0; i < SAMPLES; i++) order[i] = i;
    for (int step = 0; step < STEPS; step++) {
        int place = step % (SAMPLES / BATCH);
        if (place == 0) random_shuffle(&random, order, SAMPLES);
        evaluator_gradient(e, theta, &(struct batch){.indices = order + place * BATCH, .count = BATCH}, gradient);
        linalg_scale(n, 0.9, speed);
        linalg_axpy(n, 1, gradient, speed);
        linalg_axpy(n, -0.01, speed, theta);
    }
    double loss = evaluator_loss(e, theta, NULL);
    free(theta);
    free(gradient);
    free(speed);
    evaluator_destroy(&e);
    objective_destroy(&objective);
    return loss;
}

/* A deeper plain network has the larger training loss: optimization is at fault. With skips it has not (He et al.
 * 2016). */
static void depth_hurts_without_skips(void **state) {
    double shallow = train(20, false, INITIALISATION_HE), deep = train(56, false, INITIALISATION_HE);
    double skips = train(56, true, INITIALISATION_PYTORCH), shallow_skips = train(20, true, INITIALISATION_PYTORCH);
    if (!(deep > shallow + 0.2 && deep > 2.25 && skips < 0.5 && skips < shallow && shallow_skips < 0.5))
        fail_msg("20: %g, 56: %g; with skips 20: %g, 56: %g", shallow, deep, shallow_skips, skips);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_and_loss_equals_pytorch),
        cmocka_unit_test(dropout_is_noise_with_a_seed),
        cmocka_unit_test(images_in_blocks_are_images_in_parts),
        cmocka_unit_test(batch_norm_couples_samples),
        cmocka_unit_test(what_does_not_fit_is_answered),
        cmocka_unit_test(deep_networks_lay_out_and_differ),
        cmocka_unit_test(depth_hurts_without_skips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
