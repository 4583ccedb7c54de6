#include "analyze/lanczos.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BASIS = 40, RESTARTS = 25 };
static const double TOLERANCE = 1e-6;
static const double STIR = 1e-2; /* of noise in the start: an eigenvector that has been overtaken would else hold its place */

struct sharpness {
    const struct objective *objective;
    struct evaluator *evaluator;
    struct lanczos *lanczos;
    struct random random;
    double tolerance;
    double *vector;           /* (n) the last eigenvector; 0 before the first */
    double *scaled, *product; /* (n) */
};

struct sharpness *sharpness_create(const struct objective *objective, double tolerance, uint64_t seed) {
    struct sharpness *sharpness = MEM_NEW(struct sharpness, 1);
    int n = objective_dimension(objective);
    sharpness->objective = objective;
    sharpness->evaluator = evaluator_create(objective);
    sharpness->lanczos = lanczos_create(n, BASIS < n ? BASIS : n);
    sharpness->random = random_seeded(seed, 0);
    sharpness->tolerance = tolerance > 0 ? tolerance : TOLERANCE;
    sharpness->vector = MEM_NEW(double, n);
    sharpness->scaled = MEM_NEW(double, n);
    sharpness->product = MEM_NEW(double, n);
    return sharpness;
}

void sharpness_destroy(struct sharpness **handle) {
    if (!handle || !*handle) return;
    evaluator_destroy(&(*handle)->evaluator);
    lanczos_destroy(&(*handle)->lanczos);
    free((*handle)->vector);
    free((*handle)->scaled);
    free((*handle)->product);
    free(*handle);
    *handle = NULL;
}

/* D H D times the current Lanczos vector into `product`. */
static bool multiply(struct sharpness *s, const double *theta, const double *scale, struct error *error) {
    int n = s->lanczos->n;
    const double *x = lanczos_vector(s->lanczos);
    if (scale) {
        for (int i = 0; i < n; i++) s->scaled[i] = scale[i] * x[i];
        x = s->scaled;
    }
    evaluator_hvp(s->evaluator, theta, NULL, 1, x, s->product);
    for (int i = 0; scale && i < n; i++) s->product[i] *= scale[i];
    return isfinite(linalg_norm(n, s->product)) ||
           error_set(error, ERROR_INPUT, "the Hessian is not finite at this point; choose one where it is");
}

/* The largest Ritz pair: its vector into `vector`, its residual |β s_k|. */
static bool ritz(struct sharpness *s, struct sharpness_reading *out, struct error *error) {
    struct lanczos *l = s->lanczos;
    double values[BASIS], vectors[BASIS * BASIS];
    int k = l->steps;
    if (!linalg_eigen_tridiagonal(k, l->diagonal, l->off, values, vectors, error)) return false;
    const double *top = vectors + (k - 1) * k;
    out->largest = values[k - 1];
    out->residual = fabs(l->off[k - 1] * top[k - 1]);
    linalg_gemv(true, k, l->n, 1, l->basis, l->n, top, 0, s->vector);
    return true;
}

bool sharpness_read(struct sharpness *sharpness, const double *theta, const double *scale, struct sharpness_reading *out,
                    struct error *error) {
    int n = sharpness->lanczos->n;
    *out = (struct sharpness_reading){0};
    double share = linalg_norm(n, sharpness->vector) > 0 ? STIR / sqrt(n) : 1;
    for (int i = 0; i < n; i++) sharpness->vector[i] += share * random_normal(&sharpness->random);
    for (int restart = 0; restart < RESTARTS; restart++) {
        lanczos_begin(sharpness->lanczos, sharpness->vector);
        for (bool more = true; more;) {
            if (!multiply(sharpness, theta, scale, error)) return false;
            out->products++;
            more = lanczos_step(sharpness->lanczos, sharpness->product);
            bool look = !more || sharpness->lanczos->steps % 5 == 0;
            if (!look) continue;
            if (!ritz(sharpness, out, error)) return false;
            if (out->residual <= sharpness->tolerance * fabs(out->largest) || (!more && sharpness->lanczos->steps == n))
                return true;
        }
        if (linalg_norm(n, sharpness->vector) == 0) break;
    }
    return true;
}
