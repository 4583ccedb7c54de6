/* Nothing is allocated in an evaluation, whatever the layers: this program has its own malloc, which counts. Under the
 * sanitizers, which need that place themselves, there is nothing to count. */
#include "base/linalg.h"
#include "base/memory.h"
#include "objective/objective.h"
#include "test.h"

#include <stdatomic.h>
#include <stdlib.h>

#if defined __GLIBC__ && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
#define COUNTS 1
static atomic_long allocations;
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *malloc(size_t size) {
    atomic_fetch_add(&allocations, 1);
    return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
    atomic_fetch_add(&allocations, 1);
    return __libc_calloc(count, size);
}
void *realloc(void *old, size_t size) {
    atomic_fetch_add(&allocations, 1);
    return __libc_realloc(old, size);
}
static long count(void) {
    return atomic_load(&allocations);
}
#else
#define COUNTS 0
static long count(void) {
    return 0;
}
#endif

static void no_layer_allocates(void **state) {
    static const struct network_block blocks[] = {
        {.kind = BLOCK_CONVOLUTION, .size = 6}, {.kind = BLOCK_POOL, .size = 2},  {.kind = BLOCK_RESIDUAL_BEGIN},
        {.kind = BLOCK_CONVOLUTION, .size = 6}, {.kind = BLOCK_RESIDUAL_END},     {.kind = BLOCK_DROPOUT, .rate = 0.2},
        {.kind = BLOCK_DENSE, .size = 12},      {.kind = BLOCK_DENSE, .size = 10}};
    if (COUNTS) { /* the counter counts */
        long before = count();
        free(mem_zalloc(3, 5));
        assert_true(count() > before);
    }
    for (int norm = NORM_NONE; norm <= NORM_SPECTRAL; norm++)
        for (int precision = PRECISION_F64; precision <= PRECISION_F32; precision++) {
            if (norm == NORM_INSTANCE) continue; /* of images only */
            struct error error = {0};
            struct data *data = data_create(&(struct data_params){.name = "digits", .samples = 70}, &error);
            const struct network_params params = {.blocks = blocks,
                                                  .block_count = sizeof blocks / sizeof *blocks,
                                                  .input = {1, 8, 8},
                                                  .norm = (enum normalisation)norm,
                                                  .precision = (enum precision)precision};
            struct objective *objective = data ? objective_create_network(&params, data, &error) : NULL;
            if (!objective) fail_msg("%s", error.message);
            struct evaluator *e = evaluator_create(objective);
            int n = objective_dimension(objective);
            double *theta = MEM_NEW(double, n), *gradient = MEM_NEW(double, n), *products = MEM_NEW(double, 2 * n);
            double *v = MEM_NEW(double, 2 * n), *statistics = MEM_NEW(double, objective_statistics(objective));
            objective_initialise(objective, 1, theta);
            objective_start_statistics(objective, statistics);
            for (int i = 0; i < 2 * n; i++) v[i] = 1;
            const struct batch batch = {.noisy = true, .seed = 3};
            for (int pass = 0; pass < 2; pass++) { /* BLAS may take its own memory the first time */
                long before = count();
                evaluator_gradient(e, theta, &batch, gradient);
                evaluator_track(e, statistics);
                evaluator_hvp(e, theta, &batch, 2, v, products);
                evaluator_gauss_newton(e, theta, &batch, 2, v, products);
                evaluator_losses(e, 1, theta, gradient);
                if (pass && count() != before)
                    fail_msg("norm %d, precision %d: %ld allocations", norm, precision, count() - before);
            }
            double *const all[] = {theta, gradient, products, v, statistics};
            for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
            evaluator_destroy(&e);
            objective_destroy(&objective);
        }
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_layer_allocates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
