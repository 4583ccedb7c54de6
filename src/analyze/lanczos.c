#include "analyze/lanczos.h"

#include "base/linalg.h"
#include "base/memory.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct lanczos *lanczos_create(int n, int capacity) {
    assert(capacity >= 1 && capacity <= n);
    struct lanczos *lanczos = MEM_NEW(struct lanczos, 1);
    lanczos->n = n;
    lanczos->capacity = capacity;
    lanczos->basis = MEM_NEW(double, ((size_t)capacity + 1) * (size_t)n);
    lanczos->diagonal = MEM_NEW(double, capacity);
    lanczos->off = MEM_NEW(double, capacity);
    lanczos->scratch = MEM_NEW(double, capacity + 1);
    return lanczos;
}

void lanczos_destroy(struct lanczos **handle) {
    if (!handle || !*handle) return;
    free((*handle)->basis);
    free((*handle)->diagonal);
    free((*handle)->off);
    free((*handle)->scratch);
    free(*handle);
    *handle = NULL;
}

void lanczos_begin(struct lanczos *lanczos, const double *start) {
    memcpy(lanczos->basis, start, (size_t)lanczos->n * sizeof *start);
    double norm = linalg_norm(lanczos->n, start);
    assert(norm > 0);
    linalg_scale(lanczos->n, 1 / norm, lanczos->basis);
    lanczos->steps = 0;
    lanczos->scale = 0;
}

const double *lanczos_vector(const struct lanczos *lanczos) {
    return lanczos->basis + (size_t)lanczos->steps * (size_t)lanczos->n;
}

bool lanczos_step(struct lanczos *lanczos, double *product) {
    int n = lanczos->n, k = lanczos->steps;
    assert(k < lanczos->capacity);
    lanczos->diagonal[k] = linalg_dot(n, lanczos_vector(lanczos), product);
    for (int pass = 0; pass < 2; pass++) { /* “twice is enough” */
        linalg_gemv(false, k + 1, n, 1, lanczos->basis, n, product, 0, lanczos->scratch);
        linalg_gemv(true, k + 1, n, -1, lanczos->basis, n, lanczos->scratch, 1, product);
    }
    double beta = linalg_norm(n, product);
    lanczos->off[k] = beta;
    lanczos->steps = k + 1;
    lanczos->scale = fmax(lanczos->scale, fmax(fabs(lanczos->diagonal[k]), beta));
    if (!(beta > 64 * DBL_EPSILON * lanczos->scale) || k + 1 == n) {
        lanczos->off[k] = 0;
        return false;
    }
    double *next = lanczos->basis + (size_t)(k + 1) * (size_t)n;
    memcpy(next, product, (size_t)n * sizeof *next);
    linalg_scale(n, 1 / beta, next);
    return k + 1 < lanczos->capacity;
}
