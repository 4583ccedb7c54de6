#include "base/file.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "base/threads.h"
#include "objective/network.h"
#include "stream.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

/* PyTorch sums in another order: a few units in the last place of the largest term. */
static const double ORACLE = 1e-12;

static struct data *make_data(const char *name) {
    struct error error = {0};
    struct data *data = data_create(&(struct data_params){.name = name, .noise = -1, .samples = 0, .seed = 3}, &error);
    if (!data) fail_msg("%s", error.message);
    return data;
}

static struct objective *make_network(const struct network_params *params, struct data *data) {
    struct error error = {0};
    struct objective *objective = objective_create_network(params, data, &error);
    if (!objective) fail_msg("%s", error.message);
    return objective;
}

static struct objective *digits_network(enum activation activation, enum loss_kind loss) {
    const int layers[] = {64, 32, 10};
    return make_network(&(struct network_params){layers, 3, activation, loss, INITIALISATION_PYTORCH},
                        make_data("digits"));
}

/* ---- against PyTorch ------------------------------------------------------------------------------------------- */

static void small_case(struct stream *stream) {
    enum activation activation = (enum activation)take_int(stream);
    enum loss_kind loss = (enum loss_kind)take_int(stream);
    bool targets = take_int(stream) != 0;
    int samples = take_int(stream), count = take_int(stream), widths[8];
    for (int i = 0; i < count; i++) widths[i] = take_int(stream);
    struct batch batch = {.count = take_int(stream)};
    int features = widths[0], outputs = widths[count - 1];
    struct data *data = MEM_NEW(struct data, 1);
    *data = (struct data){.name = mem_copy_text("oracle"),
                          .kind = targets ? DATA_TARGETS : DATA_CLASSES,
                          .samples = samples,
                          .features = features};
    data->x = copy(take(stream, (size_t)samples * features), (size_t)samples * features);
    if (targets) {
        data->targets = outputs;
        data->y = copy(take(stream, (size_t)samples * outputs), (size_t)samples * outputs);
    } else {
        data->classes = outputs;
        data->labels = MEM_NEW(int32_t, samples);
        for (int i = 0; i < samples; i++) data->labels[i] = take_int(stream);
    }
    struct objective *objective =
        make_network(&(struct network_params){widths, count, activation, loss, INITIALISATION_PYTORCH}, data);
    struct evaluator *evaluator = evaluator_create(objective);
    int n = objective_dimension(objective);
    const double *theta = take(stream, (size_t)n);
    int indices[16];
    for (int i = 0; i < batch.count; i++) indices[i] = take_int(stream);
    batch.indices = indices;
    const double *v = take(stream, 2 * (size_t)n);
    double *gradient = MEM_NEW(double, n), *hessian = MEM_NEW(double, (size_t)n *n), *hv = MEM_NEW(double, 2 * n);

    double expected = *take(stream, 1);
    assert_near(evaluator_loss(evaluator, theta, NULL), expected, ORACLE);
    assert_near(evaluator_gradient(evaluator, theta, NULL, gradient), expected, ORACLE);
    const double *expected_gradient = take(stream, (size_t)n);
    assert_close("gradient", n, gradient, expected_gradient, ORACLE);
    memset(gradient, 0, (size_t)n * sizeof *gradient);
    assert_near(evaluator_hessian(evaluator, theta, gradient, hessian), expected, ORACLE);
    assert_close("gradient beside the Hessian", n, gradient, expected_gradient, ORACLE);
    assert_close("hessian", n * n, hessian, take(stream, (size_t)n * n), ORACLE);
    expected = *take(stream, 1);
    assert_near(evaluator_loss(evaluator, theta, &batch), expected, ORACLE);
    assert_near(evaluator_gradient(evaluator, theta, &batch, gradient), expected, ORACLE);
    assert_close("batch gradient", n, gradient, take(stream, (size_t)n), ORACLE);
    evaluator_hvp(evaluator, theta, &batch, 2, v, hv);
    assert_close("batch hvp", 2 * n, hv, take(stream, 2 * (size_t)n), ORACLE);

    free(gradient);
    free(hessian);
    free(hv);
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
}

static void small_networks_equal_pytorch(void **state) {
    struct stream stream = stream_open("network_small.bin");
    int cases = take_int(&stream);
    assert_int_equal(cases, 36);
    for (int i = 0; i < cases; i++) small_case(&stream);
    assert_int_equal(stream.at, stream.count);
    free(stream.values);
}

static void digits_equal_pytorch(void **state) {
    enum { N = 2410 };
    struct stream stream = stream_open("network_digits.bin");
    const double *theta = take(&stream, N), *v = take(&stream, 2 * N);
    static double gradient[N], hv[2 * N];
    for (int activation = 0; activation < 4; activation++) {
        for (int loss = 0; loss < 2; loss++) {
            struct objective *objective = digits_network((enum activation)activation, (enum loss_kind)loss);
            assert_int_equal(objective_dimension(objective), N);
            assert_int_equal(objective_samples(objective), 1797);
            struct evaluator *evaluator = evaluator_create(objective);
            double expected = *take(&stream, 1);
            assert_near(evaluator_loss(evaluator, theta, NULL), expected, ORACLE);
            assert_near(evaluator_accuracy(evaluator, theta), *take(&stream, 1), 1e-15);
            assert_near(evaluator_gradient(evaluator, theta, NULL, gradient), expected, ORACLE);
            assert_close("gradient", N, gradient, take(&stream, N), ORACLE);
            evaluator_hvp(evaluator, theta, NULL, 2, v, hv);
            assert_close("hvp", 2 * N, hv, take(&stream, 2 * N), ORACLE);
            evaluator_destroy(&evaluator);
            objective_destroy(&objective);
        }
    }
    assert_int_equal(stream.at, stream.count);
    free(stream.values);
}

/* ---- against itself and finite differences --------------------------------------------------------------------- */

static void the_whole_hessian_is_symmetric_and_agrees_with_products(void **state) {
    struct objective *objective = digits_network(ACTIVATION_TANH, LOSS_CROSS_ENTROPY);
    struct evaluator *evaluator = evaluator_create(objective);
    size_t n = (size_t)objective_dimension(objective);
    double *theta = MEM_NEW(double, n), *v = random_vector(4, n, 1), *hv = MEM_NEW(double, n),
           *product = MEM_NEW(double, n);
    double *hessian = MEM_NEW(double, n *n);
    objective_initialise(objective, 1, theta);
    evaluator_hessian(evaluator, theta, NULL, hessian);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) assert_true(hessian[i * n + j] == hessian[j * n + i]);
    linalg_gemv(false, (int)n, (int)n, 1, hessian, (int)n, v, 0, product);
    evaluator_hvp(evaluator, theta, NULL, 1, v, hv);
    assert_close("H v", (int)n, product, hv, ORACLE);
    free(hessian);
    free(product);
    free(hv);
    free(v);
    free(theta);
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
}

static void derivatives_agree_with_differences(void **state) {
    const int layers[] = {2, 7, 5, 2};
    for (int activation = 0; activation < 4; activation++) {
        for (int loss = 0; loss < 2; loss++) {
            struct objective *objective =
                make_network(&(struct network_params){layers, 4, (enum activation)activation, (enum loss_kind)loss,
                                                      INITIALISATION_XAVIER},
                             make_data("moons"));
            struct evaluator *evaluator = evaluator_create(objective);
            int n = objective_dimension(objective);
            double *theta = random_vector(8, (size_t)n, 0.7), *gradient = MEM_NEW(double, n), *up = MEM_NEW(double, n);
            double *down = MEM_NEW(double, n), *v = random_vector(9, (size_t)n, 1), *hv = MEM_NEW(double, n);
            double *moved = MEM_NEW(double, n);
            const double h = 1e-5;
            evaluator_gradient(evaluator, theta, NULL, gradient);
            memcpy(moved, theta, (size_t)n * sizeof *moved);
            for (int i = 0; i < n; i++) {
                moved[i] = theta[i] + h;
                double above = evaluator_loss(evaluator, moved, NULL);
                moved[i] = theta[i] - h;
                double below = evaluator_loss(evaluator, moved, NULL);
                moved[i] = theta[i];
                /* Relu's kinks lie within h of some samples; elsewhere the error is of the order h². */
                assert_near(gradient[i], (above - below) / (2 * h), activation == ACTIVATION_RELU ? 1e-5 : 1e-8);
            }
            evaluator_hvp(evaluator, theta, NULL, 1, v, hv);
            if (activation != ACTIVATION_RELU) {
                for (int i = 0; i < n; i++) moved[i] = theta[i] + h * v[i];
                evaluator_gradient(evaluator, moved, NULL, up);
                for (int i = 0; i < n; i++) moved[i] = theta[i] - h * v[i];
                evaluator_gradient(evaluator, moved, NULL, down);
                for (int i = 0; i < n; i++) assert_near(hv[i], (up[i] - down[i]) / (2 * h), 1e-7);
            }
            free(theta);
            free(gradient);
            free(up);
            free(down);
            free(v);
            free(hv);
            free(moved);
            evaluator_destroy(&evaluator);
            objective_destroy(&objective);
        }
    }
}

static void directions_together_are_directions_alone(void **state) {
    enum { COUNT = 37 }; /* more than fit in one chunk */
    struct objective *objective = digits_network(ACTIVATION_SIGMOID, LOSS_CROSS_ENTROPY);
    struct evaluator *evaluator = evaluator_create(objective);
    size_t n = (size_t)objective_dimension(objective);
    double *theta = random_vector(1, n, 0.3), *v = random_vector(2, COUNT * n, 1);
    double *together = MEM_NEW(double, COUNT *n), *alone = MEM_NEW(double, n);
    /* Directions that move one layer, one weight, nothing. */
    memset(v, 0, 2080 * sizeof *v);
    memset(v + n + 2000, 0, (n - 2000) * sizeof *v);
    memset(v + 2 * n, 0, n * sizeof *v);
    memset(v + 3 * n, 0, n * sizeof *v);
    v[3 * n + 77] = 1;
    memset(v + 4 * n, 0, n * sizeof *v);
    v[4 * n + 2405] = 1; /* a bias of the last layer */
    evaluator_hvp(evaluator, theta, NULL, COUNT, v, together);
    for (size_t k = 0; k < COUNT; k++) {
        evaluator_hvp(evaluator, theta, NULL, 1, v + k * n, alone);
        assert_close("hvp", (int)n, together + k * n, alone, k == 2 ? 0 : 1e-14);
    }
    free(theta);
    free(v);
    free(together);
    free(alone);
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
}

static void batches_are_parts_of_the_whole(void **state) {
    enum { PARTS = 3, EACH = 599 }; /* 3 × 599 = 1797, each more than a block of rows */
    struct objective *objective = digits_network(ACTIVATION_TANH, LOSS_MSE);
    struct evaluator *evaluator = evaluator_create(objective);
    size_t n = (size_t)objective_dimension(objective);
    double *theta = random_vector(1, n, 0.3), *v = random_vector(2, n, 1), *whole = MEM_NEW(double, n),
           *hv = MEM_NEW(double, n);
    double *part = MEM_NEW(double, n), *sum = MEM_NEW(double, n), *hv_part = MEM_NEW(double, n),
           *hv_sum = MEM_NEW(double, n);
    static int indices[PARTS * EACH];
    struct random random = random_seeded(1, 1);
    for (int i = 0; i < PARTS * EACH; i++) indices[i] = i;
    random_shuffle(&random, indices, PARTS * EACH);
    double loss = evaluator_gradient(evaluator, theta, NULL, whole), mean = 0;
    evaluator_hvp(evaluator, theta, NULL, 1, v, hv);
    for (int p = 0; p < PARTS; p++) {
        struct batch batch = {indices + p * EACH, EACH};
        double loss_part = evaluator_gradient(evaluator, theta, &batch, part);
        assert_true(loss_part == evaluator_loss(evaluator, theta, &batch));
        mean += loss_part / PARTS;
        linalg_axpy((int)n, 1.0 / PARTS, part, sum);
        evaluator_hvp(evaluator, theta, &batch, 1, v, hv_part);
        linalg_axpy((int)n, 1.0 / PARTS, hv_part, hv_sum);
    }
    assert_near(mean, loss, 1e-14);
    assert_close("gradient", (int)n, sum, whole, ORACLE);
    assert_close("hvp", (int)n, hv_sum, hv, ORACLE);
    /* All samples in their own order, given as a batch: the very same sums. */
    for (int i = 0; i < PARTS * EACH; i++) indices[i] = i;
    assert_true(evaluator_gradient(evaluator, theta, &(struct batch){indices, PARTS * EACH}, part) == loss);
    assert_memory_equal(part, whole, n * sizeof *part);
    /* The same sample many times is that sample. */
    int again[40];
    for (int i = 0; i < 40; i++) again[i] = 1234;
    assert_near(evaluator_loss(evaluator, theta, &(struct batch){again, 40}),
                evaluator_loss(evaluator, theta, &(struct batch){again, 1}), 1e-14);
    free(theta);
    free(v);
    free(whole);
    free(hv);
    free(part);
    free(sum);
    free(hv_part);
    free(hv_sum);
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
}

static void the_same_question_has_the_same_bits(void **state) {
    enum { POINTS = 9 };
    struct objective *objective = digits_network(ACTIVATION_TANH, LOSS_CROSS_ENTROPY);
    struct evaluator *one = evaluator_create(objective), *two = evaluator_create(objective);
    assert_ptr_equal(evaluator_objective(one), objective);
    size_t n = (size_t)objective_dimension(objective);
    double *thetas = random_vector(6, POINTS * n, 0.2), *a = MEM_NEW(double, 3 * n), *b = MEM_NEW(double, 3 * n);
    double losses[POINTS], again[POINTS];
    evaluator_losses(one, POINTS, thetas, losses);
    evaluator_hvp(two, thetas, NULL, 3, thetas + n, a); /* whatever was computed in between leaves no trace */
    evaluator_losses(two, POINTS, thetas, again);
    for (size_t i = 0; i < POINTS; i++) {
        assert_true(losses[i] == again[i]);
        assert_true(losses[i] == evaluator_loss(one, thetas + i * n, NULL));
        assert_true(losses[i] == evaluator_gradient(two, thetas + i * n, NULL, b));
    }
    evaluator_hvp(one, thetas, NULL, 3, thetas + n, b);
    assert_memory_equal(a, b, 3 * n * sizeof *a);
    free(thetas);
    free(a);
    free(b);
    evaluator_destroy(&one);
    evaluator_destroy(&two);
    objective_destroy(&objective);
}

enum { THREADS = 2, THREAD_POINTS = 40 };

struct share {
    const struct objective *objective;
    const double *thetas;
    double losses[THREAD_POINTS], *hv;
};

static void *evaluate_share(void *argument) {
    struct share *share = argument;
    struct evaluator *evaluator = evaluator_create(share->objective);
    evaluator_losses(evaluator, THREAD_POINTS, share->thetas, share->losses);
    evaluator_hvp(evaluator, share->thetas, NULL, 3, share->thetas, share->hv);
    evaluator_destroy(&evaluator);
    return NULL;
}

static void threads_share_an_objective_and_get_the_same_bits(void **state) {
    struct objective *objective = digits_network(ACTIVATION_TANH, LOSS_CROSS_ENTROPY);
    size_t n = (size_t)objective_dimension(objective);
    double *thetas = random_vector(6, THREAD_POINTS * n, 0.2);
    static struct share shares[THREADS + 1];
    pthread_t threads[THREADS];
    for (int i = 0; i <= THREADS; i++)
        shares[i] = (struct share){.objective = objective, .thetas = thetas, .hv = MEM_NEW(double, 3 * n)};
    for (int i = 0; i < THREADS; i++) thread_start(&threads[i], "evaluate", evaluate_share, &shares[i]);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    evaluate_share(&shares[THREADS]); /* alone */
    for (int i = 0; i < THREADS; i++) {
        assert_memory_equal(shares[i].losses, shares[THREADS].losses, sizeof shares[i].losses);
        assert_memory_equal(shares[i].hv, shares[THREADS].hv, 3 * n * sizeof(double));
    }
    for (int i = 0; i <= THREADS; i++) free(shares[i].hv);
    free(thetas);
    objective_destroy(&objective);
}

/* ---- what is not finite, and large ----------------------------------------------------------------------------- */

static void huge_outputs_do_not_overflow_and_nan_is_an_answer(void **state) {
    const int layers[] = {2, 2};
    struct objective *objective =
        make_network(&(struct network_params){layers, 2, ACTIVATION_TANH, LOSS_CROSS_ENTROPY, INITIALISATION_PYTORCH},
                     make_data("moons"));
    struct evaluator *evaluator = evaluator_create(objective);
    const struct data *data = objective_data(objective);
    double gradient[6], hv[6];
    /* Outputs (1000, −1000) wherever a sample is: a sample of class 1 loses 2000, one of class 0 nothing. */
    const double sure[6] = {0, 0, 0, 0, 1000, -1000}, v[6] = {1, 1, 1, 1, 1, 1}, lost[6] = {NAN, 0, 0, 0, 0, 0};
    int ones = 0;
    for (int i = 0; i < data->samples; i++) ones += data->labels[i];
    assert_near(evaluator_gradient(evaluator, sure, NULL, gradient), 2000.0 * ones / data->samples, 1e-14);
    assert_near(gradient[4], (double)ones / data->samples, 1e-14);
    evaluator_hvp(evaluator, sure, NULL, 1, v, hv);
    for (int i = 0; i < 6; i++) assert_true(hv[i] == 0);
    assert_true(isnan(evaluator_loss(evaluator, lost, NULL)));
    assert_near(evaluator_accuracy(evaluator, lost), 0, 0);
    assert_near(evaluator_accuracy(evaluator, sure), 1 - (double)ones / data->samples, 1e-15);
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
}

static void activations_saturate(void **state) {
    const int layers[] = {1, 1, 1};
    const double reach[] = {1e3, -1e3, 1e308, -1e308};
    for (int activation = 0; activation < 3; activation++) {
        struct objective *objective = make_network(
            &(struct network_params){layers, 3, (enum activation)activation, LOSS_MSE, INITIALISATION_PYTORCH},
            make_data("line"));
        struct evaluator *evaluator = evaluator_create(objective);
        assert_true(isnan(evaluator_accuracy(evaluator, (double[4]){0})));
        for (size_t i = 0; i < 2 + 2 * (activation != ACTIVATION_RELU); i++) {
            const double theta[4] = {0, reach[i], 1, 0};
            double wanted = activation == ACTIVATION_TANH   ? copysign(1, reach[i])
                            : activation == ACTIVATION_RELU ? fmax(reach[i], 0)
                                                            : reach[i] > 0;
            const struct data *data = objective_data(objective);
            double loss = 0;
            for (int s = 0; s < data->samples; s++)
                loss += (wanted - data->y[s]) * (wanted - data->y[s]) / data->samples;
            assert_near(evaluator_loss(evaluator, theta, NULL), loss, 1e-13);
        }
        evaluator_destroy(&evaluator);
        objective_destroy(&objective);
    }
}

/* Units in the last place of `exact` between it and `value`. */
static double ulps(double value, long double exact) {
    double rounded = (double)exact;
    return (double)(fabsl(value - exact) / (nextafter(fabs(rounded), INFINITY) - fabs(rounded)));
}

static void elementary_functions_are_those_of_the_library(void **state) {
    enum { COUNT = 400000 };
    static double x[COUNT], t[COUNT], s[COUNT], e[COUNT];
    struct random random = random_seeded(12, 0);
    for (int i = 0; i < COUNT; i++)
        x[i] = (i % 2 ? 1 : -1) * exp(random_uniform(&random, log(1e-12), log(i % 3 ? 30 : 700)));
    for (int i = 0; i < COUNT; i++) e[i] = -fabs(x[i]);
    memcpy(t, x, sizeof x);
    memcpy(s, x, sizeof x);
    activation_apply(ACTIVATION_TANH, COUNT, t);
    activation_apply(ACTIVATION_SIGMOID, COUNT, s);
    activation_exp(COUNT, e);
    double worst[3] = {0};
    for (int i = 0; i < COUNT; i++) {
        worst[0] = fmax(worst[0], ulps(t[i], tanhl(x[i])));
        worst[1] = fmax(worst[1], ulps(s[i], 1 / (1 + expl(-(long double)x[i]))));
        worst[2] = fmax(worst[2], ulps(e[i], expl(-fabsl(x[i]))));
        assert_true(fabs(t[i]) <= 1 && s[i] >= 0 && s[i] <= 1 && e[i] > 0 && e[i] <= 1);
        double one = x[i]; /* alone as in company, whatever the vectors' width */
        activation_apply(ACTIVATION_TANH, 1, &one);
        assert_true(one == t[i]);
    }
    if (worst[0] > 2.5 || worst[1] > 3 || worst[2] > 1.5)
        fail_msg("ulps: tanh %g, sigmoid %g, exp %g", worst[0], worst[1], worst[2]);
    double odd[] = {0, -0.0, INFINITY, -INFINITY, NAN, 5e-324};
    activation_apply(ACTIVATION_TANH, 6, odd);
    assert_true(odd[0] == 0 && !signbit(odd[0]) && signbit(odd[1]) && odd[2] == 1 && odd[3] == -1 && isnan(odd[4]));
    assert_true(odd[5] == 5e-324);
    double far[] = {0, -INFINITY, -1e4, NAN};
    activation_exp(4, far);
    assert_true(far[0] == 1 && far[1] == 0 && far[2] == 0 && isnan(far[3]));
}

/* ---- layout, initialisation, bad shapes ------------------------------------------------------------------------ */

static void the_layout_is_that_of_a_sequential(void **state) {
    struct objective *objective = digits_network(ACTIVATION_IDENTITY, LOSS_MSE);
    const struct layout_entry *entries;
    assert_int_equal(objective_layout(objective, &entries), 4);
    static const struct layout_entry wanted[] = {{"0.weight", 0, 2048, 2, {32, 64}},
                                                 {"0.bias", 2048, 32, 1, {32}},
                                                 {"2.weight", 2080, 320, 2, {10, 32}},
                                                 {"2.bias", 2400, 10, 1, {10}}};
    for (int i = 0; i < 4; i++) {
        assert_string_equal(entries[i].name, wanted[i].name);
        assert_int_equal(entries[i].offset, wanted[i].offset);
        assert_int_equal(entries[i].size, wanted[i].size);
        assert_int_equal(entries[i].rank, wanted[i].rank);
        assert_memory_equal(entries[i].shape, wanted[i].shape, sizeof wanted[i].shape);
    }
    assert_false(objective_is_expression(objective));
    objective_destroy(&objective);
}

static void initialisations_have_their_spread(void **state) {
    enum { WIDTH = 64, OUT = 500, WEIGHTS = WIDTH * OUT };
    const int layers[] = {WIDTH, OUT, 10};
    /* Variance of the first weights, most that |w| can be, and whether biases move. */
    static const struct {
        enum initialisation initialisation;
        double variance, bound;
        bool biases;
    } cases[] = {
        {INITIALISATION_PYTORCH, 1.0 / (3 * WIDTH), 0.125, true},
        {INITIALISATION_XAVIER, 2.0 / (WIDTH + OUT), 0.103143, false}, /* √(6/564) */
        {INITIALISATION_HE, 2.0 / WIDTH, INFINITY, false},
        {INITIALISATION_NORMAL, 1.0 / WIDTH, INFINITY, false},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct objective *objective = make_network(
            &(struct network_params){layers, 3, ACTIVATION_TANH, LOSS_CROSS_ENTROPY, cases[c].initialisation},
            make_data("digits"));
        int n = objective_dimension(objective);
        double *theta = MEM_NEW(double, n), *again = MEM_NEW(double, n), sum = 0, squares = 0, largest = 0;
        objective_initialise(objective, 7, theta);
        objective_initialise(objective, 7, again);
        assert_memory_equal(theta, again, (size_t)n * sizeof *theta);
        objective_initialise(objective, 8, again);
        assert_true(theta[0] != again[0]);
        for (int i = 0; i < WEIGHTS; i++) {
            sum += theta[i];
            squares += theta[i] * theta[i];
            largest = fmax(largest, fabs(theta[i]));
        }
        double deviation = sqrt(cases[c].variance);
        assert_true(fabs(sum / WEIGHTS) < 4 * deviation / sqrt(WEIGHTS));
        assert_true(fabs(squares / WEIGHTS / cases[c].variance - 1) < 0.04); /* √(2/32000) = 0.8 % */
        assert_true(largest <= cases[c].bound);
        assert_true(isinf(cases[c].bound) || largest > 0.99 * cases[c].bound);
        bool moved = false;
        for (int i = WEIGHTS; i < WEIGHTS + OUT; i++) moved = moved || theta[i] != 0;
        assert_int_equal(moved, cases[c].biases);
        free(theta);
        free(again);
        objective_destroy(&objective);
    }
}

static void bad_shapes_are_answered(void **state) {
    static const struct {
        const char *data;
        int layers[4], count;
        enum loss_kind loss;
        const char *message;
    } cases[] = {
        {"moons",
         {3, 8, 2},
         3,
         LOSS_MSE,
         "the first layer has 3 inputs but moons has 2 features; write layers: [2, …, 2]"},
        {"sine", {2, 1}, 2, LOSS_MSE, "the first layer has 2 inputs but sine has 1 feature; write layers: [1, 1]"},
        {"blobs",
         {2, 8, 1},
         3,
         LOSS_CROSS_ENTROPY,
         "the last layer has 1 output but blobs has 3 classes; write layers: [2, …, 3]"},
        {"sine", {1, 8, 2}, 3, LOSS_MSE, "the last layer has 2 outputs but sine has 1 target; write layers: [1, …, 1]"},
        {"sine",
         {1, 8, 1},
         3,
         LOSS_CROSS_ENTROPY,
         "cross_entropy needs classes, but sine has numbers as targets; write loss: mse"},
        {"moons",
         {2},
         1,
         LOSS_MSE,
         "a network needs at least two widths, from features to outputs; for moons write layers: [2, …, 2]"},
        {"moons", {2, 0, 2}, 3, LOSS_MSE, "width 2 of the layers is 0; it must be 1 to 4096"},
        {"moons", {2, -5, 2}, 3, LOSS_MSE, "width 2 of the layers is -5; it must be 1 to 4096"},
        {"moons", {2, 4097, 2}, 3, LOSS_MSE, "width 2 of the layers is 4097; it must be 1 to 4096"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {0};
        struct network_params params = {cases[i].layers, cases[i].count, ACTIVATION_TANH, cases[i].loss,
                                        INITIALISATION_PYTORCH};
        assert_null(objective_create_network(&params, make_data(cases[i].data), &error));
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_string_equal(error.message, cases[i].message);
    }
    int many[80];
    for (int i = 0; i < 80; i++) many[i] = i == 0 || i == 79 ? 2 : 4096;
    struct error error = {0};
    struct network_params params = {many, 80, ACTIVATION_TANH, LOSS_MSE, INITIALISATION_PYTORCH};
    assert_null(objective_create_network(&params, make_data("moons"), &error));
    assert_string_equal(error.message, "80 widths are too many; write at most 65");
    error = (struct error){0};
    params.layer_count = 60;
    many[59] = 2; /* 3·4096 + 57·4097·4096 + 4097·2 */
    assert_null(objective_create_network(&params, make_data("moons"), &error));
    assert_non_null(strstr(error.message, "956555266 parameters; at most 100000000"));
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_networks_equal_pytorch),
        cmocka_unit_test(digits_equal_pytorch),
        cmocka_unit_test(the_whole_hessian_is_symmetric_and_agrees_with_products),
        cmocka_unit_test(derivatives_agree_with_differences),
        cmocka_unit_test(directions_together_are_directions_alone),
        cmocka_unit_test(batches_are_parts_of_the_whole),
        cmocka_unit_test(the_same_question_has_the_same_bits),
        cmocka_unit_test(threads_share_an_objective_and_get_the_same_bits),
        cmocka_unit_test(huge_outputs_do_not_overflow_and_nan_is_an_answer),
        cmocka_unit_test(activations_saturate),
        cmocka_unit_test(elementary_functions_are_those_of_the_library),
        cmocka_unit_test(the_layout_is_that_of_a_sequential),
        cmocka_unit_test(initialisations_have_their_spread),
        cmocka_unit_test(bad_shapes_are_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
