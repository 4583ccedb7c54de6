#include "base/linalg.h"
#include "base/random.h"
#include "test.h"

#include <stdlib.h>

static void eigenpairs_satisfy_their_definition(void **state) {
    enum { N = 60 };
    static double a[N * N], values[N], vectors[N * N], product[N];
    struct random random = random_seeded(11, 0);
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= i; j++) a[i * N + j] = a[j * N + i] = random_normal(&random);
    struct error error = {0};
    assert_true(linalg_eigen_symmetric(N, a, values, vectors, &error));
    for (int k = 0; k < N; k++) {
        if (k > 0) assert_true(values[k] >= values[k - 1]);
        for (int i = 0; i < N; i++) {
            product[i] = -values[k] * vectors[k * N + i];
            for (int j = 0; j < N; j++) product[i] += a[i * N + j] * vectors[k * N + j];
        }
        assert_true(linalg_norm(N, product) < 1e-12 * N);
        for (int l = 0; l <= k; l++) assert_near(linalg_dot(N, vectors + k * N, vectors + l * N), k == l, 1e-12);
    }
}

static void the_lecture_saddle(void **state) {
    const double h[4] = {0, -2, -2, 0};
    double values[2], vectors[4];
    assert_true(linalg_eigen_symmetric(2, h, values, vectors, NULL));
    assert_near(values[0], -2, 1e-15);
    assert_near(values[1], 2, 1e-15);
    assert_near(vectors[0], sqrt(0.5), 1e-15);
    assert_near(vectors[1], sqrt(0.5), 1e-15);
    assert_near(vectors[2], sqrt(0.5), 1e-15);
    assert_near(vectors[3], -sqrt(0.5), 1e-15);
}

static void refuses_what_is_not_finite(void **state) {
    const double h[4] = {1, NAN, 0, 1};
    double values[2];
    struct error error = {0};
    assert_false(linalg_eigen_symmetric(2, h, values, NULL, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
}

static void products_agree_with_plain_loops(void **state) {
    enum { M = 5, N = 4, K = 3 };
    double a[M * K], b[N * K], c[M * N], y[M];
    struct random random = random_seeded(2, 0);
    for (int i = 0; i < M * K; i++) a[i] = random_normal(&random);
    for (int i = 0; i < N * K; i++) b[i] = random_normal(&random);
    linalg_gemm(false, true, M, N, K, 2.0, a, K, b, K, 0.0, c, N); /* 2 A Bᵀ */
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++) {
            double sum = 0;
            for (int k = 0; k < K; k++) sum += 2 * a[i * K + k] * b[j * K + k];
            assert_near(c[i * N + j], sum, 1e-14);
        }
    linalg_gemv(false, M, K, 1.0, a, K, b, 0.0, y);
    for (int i = 0; i < M; i++) assert_near(y[i], linalg_dot(K, a + i * K, b), 1e-14);
}

/* A of known eigenvalues k²/n: (I − 2uuᵀ) diag (I − 2uuᵀ) for a unit vector u. */
static double *matrix_of(int n, double *u) {
    size_t width = (size_t)n;
    double *a = malloc(width * width * sizeof *a), mix = 0;
    for (int i = 0; i < n; i++) u[i] = sin(1.0 + i);
    linalg_scale(n, 1 / linalg_norm(n, u), u);
    for (int i = 0; i < n; i++) mix += u[i] * u[i] * i * i / n;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double left = (double)i * i / n, right = (double)j * j / n;
            a[(size_t)i * width + (size_t)j] = (i == j ? left : 0) + u[i] * u[j] * (4 * mix - 2 * left - 2 * right);
        }
    return a;
}

struct watching {
    double last, until;
    int calls;
};

static bool watch(void *context, double done) {
    struct watching *watching = context;
    assert_true(done >= watching->last && done <= 1);
    watching->last = done;
    watching->calls++;
    return done < watching->until;
}

static void large_matrices_can_be_watched_and_left(void **state) {
    (void)state;
    const int sizes[] = {40, 512, 700};
    for (int s = 0; s < 3; s++) {
        int n = sizes[s];
        size_t width = (size_t)n;
        double *u = calloc(width, sizeof *u), *a = matrix_of(n, u), *values = calloc(width, sizeof *values);
        double *vectors = calloc(width * width, sizeof *vectors), *product = calloc(width, sizeof *product);
        struct watching watching = {.until = 2};
        const struct linalg_watch asked = {watch, &watching};
        assert_true(linalg_eigen_symmetric_watched(n, a, values, vectors, &asked, NULL));
        assert_true(n < 512 || watching.calls > 10);
        for (int k = 0; k < n; k++) {
            double *vector = vectors + (size_t)k * width, largest = 0;
            assert_near(values[k], (double)k * k / n, 1e-11 * n);
            linalg_gemv(false, n, n, 1, a, n, vector, 0, product);
            linalg_axpy(n, -values[k], vector, product);
            assert_true(linalg_norm(n, product) <= 1e-11 * n);
            assert_near(linalg_norm(n, vector), 1, 1e-12);
            if (k > 0) assert_true(fabs(linalg_dot(n, vector, vector - width)) < 1e-10);
            for (int i = 0; i < n; i++) largest = fabs(vector[i]) > fabs(largest) ? vector[i] : largest;
            assert_true(largest > 0);
        }
        struct error error = {0};
        watching = (struct watching){.until = 0.5};
        if (n >= 512) {
            assert_false(linalg_eigen_symmetric_watched(n, a, values, vectors, &asked, &error));
            assert_int_equal(error.kind, ERROR_CANCELLED);
        }
        a[3] = a[3 * width] = NAN;
        error = (struct error){0};
        assert_false(linalg_eigen_symmetric_watched(n, a, values, vectors, NULL, &error));
        assert_int_equal(error.kind, ERROR_INPUT);
        free(u);
        free(a);
        free(values);
        free(vectors);
        free(product);
    }
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eigenpairs_satisfy_their_definition),
        cmocka_unit_test(the_lecture_saddle),
        cmocka_unit_test(refuses_what_is_not_finite),
        cmocka_unit_test(products_agree_with_plain_loops), cmocka_unit_test(large_matrices_can_be_watched_and_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
