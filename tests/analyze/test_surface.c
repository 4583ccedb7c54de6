#include "analyze/analyze.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "base/threads.h"
#include "formula.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct surface_params params_of(const struct objective *objective, const struct plane *plane, int width,
                                       int height) {
    return (struct surface_params){
        .objective = objective, .plane = plane, .low = {-2, -1}, .high = {3, 2.5}, .width = width, .height = height};
}

static struct plane *axes(const struct objective *objective) {
    double origin[16] = {0};
    return plane_create_axes(objective, origin, 0, 1);
}

/* A network heavy enough for a sampling to be caught at work. */
static struct objective *slow_network(struct plane **plane) {
    struct error error = {0};
    struct data *data = data_create(&(struct data_params){.name = "spirals", .samples = 1000, .seed = 1}, &error);
    const int layers[] = {2, 32, 32, data ? data->classes : 2};
    struct network_params params = {.layers = layers, .layer_count = 4, .loss = LOSS_CROSS_ENTROPY};
    struct objective *objective = data ? objective_create_network(&params, data, &error) : NULL;
    if (!objective) fail_msg("%s", error.message);
    double *origin = MEM_NEW(double, objective_dimension(objective));
    objective_initialise(objective, 2, origin);
    *plane = plane_create_random(objective, origin, 3);
    free(origin);
    return objective;
}

static void equals_direct_evaluation(void **state) {
    static const int sizes[][2] = {{2, 2}, {3, 17}, {16, 16}, {33, 32}, {101, 67}, {2, 300}};
    struct objective *objective = formula("(1 - x*y)^2 + sin(3*x)*exp(0.2*y)");
    struct plane *plane = axes(objective);
    struct evaluator *evaluator = evaluator_create(objective);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        struct surface_params params = params_of(objective, plane, sizes[k][0], sizes[k][1]);
        struct error error = {0};
        struct surface *surface = surface_create(&params, &error);
        if (!surface) fail_msg("%s", error.message);
        surface_wait(surface);
        struct surface_progress progress = surface_progress(surface);
        assert_true(progress.finished && !progress.cancelled);
        assert_true(progress.done == 1 && progress.eta == 0);
        assert_int_equal(progress.stride, 1);
        assert_int_equal(progress.revision, 5);
        double *losses = MEM_NEW(double, params.width *params.height);
        assert_int_equal(surface_copy(surface, losses), 1);
        for (int row = 0; row < params.height; row++)
            for (int column = 0; column < params.width; column++) {
                double theta[2] = {surface_a(&params, column), surface_b(&params, row)};
                assert_true(losses[row * params.width + column] == evaluator_loss(evaluator, theta, NULL));
            }
        assert_true(surface_a(&params, 0) == -2 && surface_a(&params, params.width - 1) == 3);
        assert_true(surface_b(&params, 0) == -1 && surface_b(&params, params.height - 1) == 2.5);
        free(losses);
        surface_destroy(&surface);
    }
    evaluator_destroy(&evaluator);
    plane_destroy(&plane);
    objective_destroy(&objective);
}

static void leaves_holes_where_the_loss_is_not_finite(void **state) {
    struct objective *objective = formula("log(x) + 1/y");
    struct plane *plane = axes(objective);
    struct surface_params params = params_of(objective, plane, 51, 36);
    struct surface *surface = surface_create(&params, NULL);
    surface_wait(surface);
    double losses[51 * 36];
    surface_copy(surface, losses);
    for (int row = 0; row < 36; row++)
        for (int column = 0; column < 51; column++) {
            double x = surface_a(&params, column), y = surface_b(&params, row), loss = losses[row * 51 + column];
            if (x > 0 && y != 0)
                assert_near(loss, log(x) + 1 / y, 1e-14);
            else
                assert_true(isnan(loss));
        }
    surface_destroy(&surface);
    plane_destroy(&plane);
    objective_destroy(&objective);
}

static void threads_change_no_bit(void **state) {
    struct plane *planes[2];
    struct objective *objectives[2] = {formula("exp(sin(5*x*y)) + x^2/(1+y^2)"), slow_network(&planes[1])};
    planes[0] = axes(objectives[0]);
    for (int k = 0; k < 2; k++) {
        enum { W = 21, H = 18 };
        static double first[W * H], other[W * H];
        for (int threads = 1; threads <= 5; threads++) {
            struct surface_params params = params_of(objectives[k], planes[k], W, H);
            params.threads = threads;
            struct surface *surface = surface_create(&params, NULL);
            surface_wait(surface);
            assert_int_equal(surface_copy(surface, threads == 1 ? first : other), 1);
            if (threads > 1) assert_memory_equal(first, other, sizeof first);
            surface_destroy(&surface);
        }
        plane_destroy(&planes[k]);
        objective_destroy(&objectives[k]);
    }
}

static void count_news(void *context) {
    atomic_fetch_add((atomic_int *)context, 1);
}

static void refines_from_coarse_to_fine_and_can_be_read_meanwhile(void **state) {
    struct plane *plane;
    struct objective *objective = slow_network(&plane);
    atomic_int news = 0;
    enum { W = 49, H = 41 };
    struct surface_params params = params_of(objective, plane, W, H);
    params.wakeup = count_news;
    params.wakeup_context = &news;
    struct surface *surface = surface_create(&params, NULL);
    int last_stride = 32;
    uint64_t last_revision = 0;
    double last_done = 0, *losses = MEM_NEW(double, W *H), *final = MEM_NEW(double, W *H);
    bool finished = false;
    while (!finished) {
        struct surface_progress progress = surface_progress(surface);
        finished = progress.finished;
        int stride = surface_copy(surface, losses);
        assert_true(progress.done >= last_done - 1e-12 && progress.done <= 1);
        assert_true(progress.revision >= last_revision);
        if (progress.stride) assert_true(stride > 0 && stride <= progress.stride && progress.stride <= last_stride);
        if (progress.done > 0) assert_true(progress.eta >= 0);
        if (stride)
            for (int i = 0; i < W * H; i++) assert_true(isfinite(losses[i]));
        if (progress.stride) last_stride = progress.stride;
        last_revision = progress.revision;
        last_done = progress.done;
        usleep(500);
    }
    surface_wait(surface);
    assert_true(atomic_load(&news) >= 5);
    surface_copy(surface, final);
    surface_destroy(&surface);
    free(losses);
    free(final);
    plane_destroy(&plane);
    objective_destroy(&objective);
}

/* Bilinear interpolation of a bilinear loss is exact, whatever is known so far. */
static void fills_the_unknown_from_the_coarse_level(void **state) {
    struct objective *objective = formula("1 + 2*x - y + 0.5*x*y");
    struct plane *plane = axes(objective);
    struct surface_params params = params_of(objective, plane, 1500, 1201);
    params.threads = 1;
    double *losses = MEM_NEW(double, params.width *params.height);
    struct surface *surface = surface_create(&params, NULL);
    int stride = 0;
    while (stride == 0) stride = surface_copy(surface, losses);
    surface_cancel(surface);
    for (int row = 0; row < params.height; row += 7)
        for (int column = 0; column < params.width; column += 3) {
            double x = surface_a(&params, column), y = surface_b(&params, row);
            assert_near(losses[row * params.width + column], 1 + 2 * x - y + 0.5 * x * y, 1e-12);
        }
    surface_destroy(&surface);
    free(losses);
    plane_destroy(&plane);
    objective_destroy(&objective);
}

static void a_cancel_is_heard_at_once(void **state) {
    struct plane *plane;
    struct objective *objective = slow_network(&plane);
    struct surface_params params = params_of(objective, plane, 1024, 1024);
    struct surface *surface = NULL;
    double waited = INFINITY;
    for (int attempt = 0; attempt < 6 && waited > 0.05; attempt++) { /* a busy machine may delay one, not all */
        surface_destroy(&surface);
        surface = surface_create(&params, NULL);
        usleep(30000);
        double before = clock_seconds();
        surface_cancel(surface);
        surface_wait(surface);
        waited = clock_seconds() - before;
    }
    if (waited > 0.05) fail_msg("cancelled after %.3f s", waited);
    struct surface_progress progress = surface_progress(surface);
    assert_true(progress.cancelled && !progress.finished);
    assert_true(progress.done < 1 && isnan(progress.eta));
    surface_destroy(&surface);
    surface_destroy(&surface);
    surface = surface_create(&params, NULL); /* destroyed while at work */
    surface_destroy(&surface);
    plane_destroy(&plane);
    objective_destroy(&objective);
}

static void bad_parameters_are_refused(void **state) {
    struct objective *objective = formula("x*y"), *larger = many_variables(4);
    struct plane *plane = axes(objective), *foreign = axes(larger);
    for (int k = 0; k < 9; k++) {
        struct surface_params params = params_of(objective, plane, 10, 10);
        switch (k) {
        case 0: params.width = 1; break;
        case 1: params.height = 0; break;
        case 2: params.width = 1000000000; break;
        case 3: params.height = SURFACE_MAX + 1; break;
        case 4: params.low[0] = params.high[0]; break;
        case 5: params.low[1] = NAN; break;
        case 6: params.high[1] = INFINITY; break;
        case 7: params.threads = -1; break;
        case 8: params.plane = foreign; break;
        }
        struct error error = {0};
        assert_null(surface_create(&params, &error));
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_true(strlen(error.message) > 20);
    }
    plane_destroy(&plane);
    plane_destroy(&foreign);
    objective_destroy(&objective);
    objective_destroy(&larger);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_direct_evaluation),
        cmocka_unit_test(leaves_holes_where_the_loss_is_not_finite),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(refines_from_coarse_to_fine_and_can_be_read_meanwhile),
        cmocka_unit_test(fills_the_unknown_from_the_coarse_level),
        cmocka_unit_test(a_cancel_is_heard_at_once),
        cmocka_unit_test(bad_parameters_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
