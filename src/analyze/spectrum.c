#include "analyze/lanczos.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "base/threads.h"

#include <assert.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { PROBES = 10, STEPS = 80, POINTS = 1025, THREADS_MAX = 64 };
static const double BASIS_BYTES = 512.0 * 1024 * 1024;
static const double WIDTHS = 256; /* of the Gaussians, in the range of the eigenvalues */
static const double PAD = 6;      /* … beyond either end: what is cut off is below 1e-8 */

void spectrum_destroy(struct spectrum **spectrum) {
    if (!spectrum || !*spectrum) return;
    free((*spectrum)->grid);
    free((*spectrum)->density);
    free((*spectrum)->values);
    free((*spectrum)->weights);
    free(*spectrum);
    *spectrum = NULL;
}

/* ---- from nodes to a curve ----------------------------------------------------------------------------------------- */

struct node {
    double value, weight;
};

static int compare_nodes(const void *a, const void *b) {
    const struct node *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

static void sort_nodes(struct spectrum *spectrum) {
    struct node *nodes = MEM_NEW(struct node, spectrum->nodes);
    for (int i = 0; i < spectrum->nodes; i++) nodes[i] = (struct node){spectrum->values[i], spectrum->weights[i]};
    qsort(nodes, (size_t)spectrum->nodes, sizeof *nodes, compare_nodes);
    for (int i = 0; i < spectrum->nodes; i++) {
        spectrum->values[i] = nodes[i].value;
        spectrum->weights[i] = nodes[i].weight;
    }
    free(nodes);
}

static void draw_density(struct spectrum *spectrum, int points) {
    double low = spectrum->values[0], high = spectrum->values[spectrum->nodes - 1];
    double range = fmax(high - low, 1e-6 * fmax(fabs(low), fabs(high)));
    if (!(range > 0)) range = 1; /* all eigenvalues 0 */
    spectrum->width = range / WIDTHS;
    spectrum->points = points;
    spectrum->grid = MEM_NEW(double, points);
    spectrum->density = MEM_NEW(double, points);
    double from = low - PAD * spectrum->width, to = high + PAD * spectrum->width, step = (to - from) / (points - 1);
    double height = 1 / (spectrum->width * sqrt(2 * acos(-1.0)));
    for (int i = 0; i < points; i++) spectrum->grid[i] = i == points - 1 ? to : from + i * step;
    for (int k = 0; k < spectrum->nodes; k++) {
        int first = (int)((spectrum->values[k] - 9 * spectrum->width - from) / step);
        int last = (int)((spectrum->values[k] + 9 * spectrum->width - from) / step) + 1;
        for (int i = first < 0 ? 0 : first; i <= last && i < points; i++) {
            double t = (spectrum->grid[i] - spectrum->values[k]) / spectrum->width;
            spectrum->density[i] += spectrum->weights[k] * height * exp(-t * t / 2);
        }
    }
}

struct spectrum *spectrum_exact(int n, const double *eigenvalues, int points) {
    struct spectrum *spectrum = MEM_NEW(struct spectrum, 1);
    spectrum->n = spectrum->nodes = n;
    spectrum->values = MEM_NEW(double, n);
    spectrum->weights = MEM_NEW(double, n);
    for (int i = 0; i < n; i++) {
        spectrum->values[i] = eigenvalues[i];
        spectrum->weights[i] = 1.0 / n;
        spectrum->trace += eigenvalues[i];
    }
    sort_nodes(spectrum);
    draw_density(spectrum, points > 1 ? points : POINTS);
    return spectrum;
}

/* ---- the probes ---------------------------------------------------------------------------------------------------- */

/* Probes are shared out among threads; each has its own random numbers and its own place for results, so that it does
 * not matter who takes which. */
struct survey {
    const struct spectrum_params *params;
    int n, probes, steps;
    struct job *job;
    atomic_int next;
    atomic_long products;
    double *values, *weights; /* (probes × steps) */
    int *counts;              /* (probes) Ritz values found */
    double *forms;            /* (probes) zᵀHz */
    struct error *errors;     /* (probes) */
};

static bool probe(struct survey *survey, struct evaluator *evaluator, struct lanczos *lanczos, double *product, int which,
                  struct error *error) {
    int n = survey->n;
    struct random random = random_seeded(survey->params->seed, (uint64_t)which + 1);
    for (int i = 0; i < n; i++) product[i] = random_u64(&random) >> 63 ? 1 : -1;
    lanczos_begin(lanczos, product);
    bool more = true;
    while (more) {
        if (!job_going(survey->job, error)) return false;
        evaluator_hvp(evaluator, survey->params->theta, NULL, 1, lanczos_vector(lanczos), product);
        if (!isfinite(linalg_norm(n, product)))
            return error_set(error, ERROR_INPUT, "the Hessian does not exist at this point; choose one where it does");
        more = lanczos_step(lanczos, product);
        long done = atomic_fetch_add(&survey->products, 1) + 1;
        job_note(survey->job, (double)done / ((double)survey->probes * survey->steps));
    }
    int count = lanczos->steps;
    double *values = survey->values + (size_t)which * (size_t)survey->steps;
    double *vectors = MEM_NEW(double, (size_t)count *(size_t)count);
    bool ok = linalg_eigen_tridiagonal(count, lanczos->diagonal, lanczos->off, values, vectors, error);
    for (int i = 0; ok && i < count; i++) {
        double first = vectors[(size_t)i * (size_t)count];
        survey->weights[(size_t)which * (size_t)survey->steps + (size_t)i] = first * first;
    }
    survey->counts[which] = count;
    survey->forms[which] = lanczos->diagonal[0] * n; /* the first vector is z/√n */
    free(vectors);
    return ok;
}

static void *work(void *argument) {
    struct survey *survey = argument;
    struct evaluator *evaluator = evaluator_create(survey->params->objective);
    struct lanczos *lanczos = lanczos_create(survey->n, survey->steps);
    double *product = MEM_NEW(double, survey->n);
    for (int which; (which = atomic_fetch_add(&survey->next, 1)) < survey->probes;)
        if (!probe(survey, evaluator, lanczos, product, which, &survey->errors[which])) break;
    evaluator_destroy(&evaluator);
    lanczos_destroy(&lanczos);
    free(product);
    return NULL;
}

static struct spectrum *gather(const struct survey *survey) {
    struct spectrum *spectrum = MEM_NEW(struct spectrum, 1);
    spectrum->n = survey->n;
    spectrum->probes = survey->probes;
    spectrum->steps = survey->steps;
    spectrum->values = MEM_NEW(double, (size_t)survey->probes * (size_t)survey->steps);
    spectrum->weights = MEM_NEW(double, (size_t)survey->probes * (size_t)survey->steps);
    double mean = 0, squares = 0;
    for (int p = 0; p < survey->probes; p++) {
        for (int i = 0; i < survey->counts[p]; i++) {
            spectrum->values[spectrum->nodes] = survey->values[(size_t)p * (size_t)survey->steps + (size_t)i];
            spectrum->weights[spectrum->nodes++] =
                survey->weights[(size_t)p * (size_t)survey->steps + (size_t)i] / survey->probes;
        }
        mean += survey->forms[p] / survey->probes;
    }
    for (int p = 0; p < survey->probes; p++) squares += pow(survey->forms[p] - mean, 2);
    spectrum->trace = mean;
    spectrum->trace_error = survey->probes > 1 ? sqrt(squares / (survey->probes - 1) / survey->probes) : NAN;
    sort_nodes(spectrum);
    return spectrum;
}

struct spectrum *spectrum_estimate(const struct spectrum_params *params, struct job *job, struct error *error) {
    struct survey survey = {.params = params, .job = job, .n = objective_dimension(params->objective)};
    survey.probes = params->probes > 0 ? params->probes : PROBES;
    survey.steps = params->steps > 0 ? params->steps : STEPS;
    double most = BASIS_BYTES / ((double)survey.n * sizeof(double)) - 1;
    if (survey.steps > most) survey.steps = most > 2 ? (int)most : 2;
    if (survey.steps > survey.n) survey.steps = survey.n;
    for (int i = 0; i < survey.n; i++)
        if (!isfinite(params->theta[i])) {
            error_set(error, ERROR_INPUT, "coordinate %d of the point is not finite; give finite numbers", i + 1);
            return NULL;
        }
    size_t room = (size_t)survey.probes * (size_t)survey.steps;
    survey.values = MEM_NEW(double, room);
    survey.weights = MEM_NEW(double, room);
    survey.counts = MEM_NEW(int, survey.probes);
    survey.forms = MEM_NEW(double, survey.probes);
    survey.errors = MEM_NEW(struct error, survey.probes);
    atomic_init(&survey.next, 0);
    atomic_init(&survey.products, 0);

    pthread_t threads[THREADS_MAX];
    int count = params->threads > 0 ? params->threads : threads_available();
    if (count > THREADS_MAX) count = THREADS_MAX;
    if (count > survey.probes) count = survey.probes;
    for (int i = 0; i < count; i++) thread_start(&threads[i], "spectrum", work, &survey);
    for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);

    bool ok = true;
    for (int p = 0; ok && p < survey.probes; p++)
        if (survey.errors[p].kind) ok = error_set(error, survey.errors[p].kind, "%s", survey.errors[p].message);
    struct spectrum *spectrum = ok ? gather(&survey) : NULL;
    if (spectrum) draw_density(spectrum, params->points > 1 ? params->points : POINTS);
    free(survey.values);
    free(survey.weights);
    free(survey.counts);
    free(survey.forms);
    free(survey.errors);
    return spectrum;
}
