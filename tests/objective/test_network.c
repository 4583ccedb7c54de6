#include "base/linalg.h"
#include "objective/objective.h"
#include "test.h"

#include <stdlib.h>
#include "base/threads.h"

static void smoke(void **state) {
    struct error error = {0};
    struct data_params dp = {.name = "digits"};
    struct data *data = data_create(&dp, &error);
    assert_non_null(data);
    int layers[] = {64, 32, 10};
    struct network_params p = {.layers = layers, .layer_count = 3};
    struct objective *o = objective_create_network(&p, data, &error);
    if (!o) fail_msg("%s", error.message);
    int n = objective_dimension(o);
    double *theta = calloc(n, 8), *g = calloc(n, 8), *h = calloc((size_t)n * n, 8);
    objective_initialise(o, 1, theta);
    struct evaluator *e = evaluator_create(o);
    double t = clock_seconds();
    for (int i = 0; i < 100; i++) evaluator_loss(e, theta, NULL);
    printf("# loss %g ms\n", (clock_seconds() - t) * 10);
    t = clock_seconds();
    for (int i = 0; i < 100; i++) evaluator_gradient(e, theta, NULL, g);
    printf("# gradient %g ms\n", (clock_seconds() - t) * 10);
    t = clock_seconds();
    double l = evaluator_hessian(e, theta, g, h);
    printf("# hessian %g s, loss %g\n", (clock_seconds() - t), l);
    t = clock_seconds();
    evaluator_hvp(e, theta, NULL, 16, h, h + 100 * n);
    printf("# 16 hvp %g s, loss %g\n", (clock_seconds() - t), l);
    evaluator_destroy(&e);
    objective_destroy(&o);
    free(theta), free(g), free(h);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smoke),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
