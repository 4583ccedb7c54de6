/* A measure's value: read off a stocked run, or worked out at a place. */
#include "lesson/lesson_parts.h"

#include "base/linalg.h"
#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- of samples
 * ------------------------------------------------------------------------------------------------------ */

static double movement(const struct stocked_run *run, size_t i) {
    if (!run->thetas || i + 1 >= run->count) return NAN;
    double square = 0;
    const double *here = run->thetas + i * (size_t)run->n, *next = here + run->n;
    for (int k = 0; k < run->n; k++) square += (next[k] - here[k]) * (next[k] - here[k]);
    return sqrt(square);
}

static double sample_value(const struct measure *measure, const struct stocked_run *run, size_t i) {
    const struct sample *sample = &run->samples[i];
    switch (measure->reading) {
    case READING_LOSS: return sample->loss;
    case READING_BATCH_LOSS: return sample->batch_loss;
    case READING_GRADIENT: return sample->gradient_norm;
    case READING_RATE: return sample->rate;
    case READING_VALIDATION: return sample->validation_loss;
    case READING_TEST: return sample->test_loss;
    case READING_EVALUATIONS: return (double)sample->evaluations;
    case READING_SIGMA:
        return run->sigmas && i + 1 < run->count ? run->sigmas[i * (size_t)run->n + (size_t)measure->axis] : NAN;
    case READING_MOVEMENT: return movement(run, i);
    case READING_THETA:
        if (run->thetas) return run->thetas[i * (size_t)run->n + (size_t)measure->axis];
        return i == 0 ? run->start[measure->axis] : i + 1 == run->count ? run->end[measure->axis] : NAN;
    default: return NAN;
    }
}

/* [from, to] as indices of samples; false when the run ended before. */
static bool range_of(const struct moment *moment, const struct stocked_run *run, size_t *from, size_t *to) {
    if (run->count == 0) return false;
    *from = moment->from == INT64_MAX ? run->count - 1 : (size_t)moment->from;
    *to = moment->to == INT64_MAX ? run->count - 1 : (size_t)moment->to;
    return *from < run->count && *to < run->count;
}

static double moment_value(const struct measure *measure, const struct stocked_run *run, struct error *error) {
    size_t from, to;
    if (!range_of(&measure->moment, run, &from, &to)) {
        error_set(error, ERROR_INPUT, "%s: the run took %zu steps and %s", measure->name,
                  run->count ? run->count - 1 : 0, run->diverged ? "diverged" : "ended");
        return NAN;
    }
    bool of_update = measure->reading == READING_MOVEMENT || measure->reading == READING_SIGMA;
    if (of_update && to > 0 && to + 1 == run->count) {
        to--; /* the last point is not left */
        if (from > to) from = to;
    }
    double least = INFINITY, most = -INFINITY, sum = 0, square = 0;
    size_t count = to - from + 1;
    for (size_t i = from; i <= to; i++) {
        double value = sample_value(measure, run, i);
        least = fmin(least, value);
        most = fmax(most, value);
        sum += value;
    }
    double mean = sum / (double)count;
    for (size_t i = from; i <= to; i++) {
        double off = sample_value(measure, run, i) - mean;
        square += off * off;
    }
    switch (measure->moment.statistic) {
    case STATISTIC_AT: return sample_value(measure, run, to);
    case STATISTIC_LEAST: return least;
    case STATISTIC_MOST: return most;
    case STATISTIC_MEAN: return mean;
    case STATISTIC_SPAN: return most - least;
    case STATISTIC_DEVIATION: return sqrt(square / (double)count);
    }
    return NAN;
}

/* ---- of a whole run
 * --------------------------------------------------------------------------------------------------- */

static double steps_to(const struct stocked_run *run, double threshold) {
    for (size_t i = 0; i < run->count; i++)
        if (run->samples[i].loss <= threshold) return (double)i;
    return INFINITY;
}

/* 1 − ‖mean of the steps' directions‖: 0 when all go one way, near 1 when they go every way. */
static double direction_variance(const struct moment *moment, const struct stocked_run *run) {
    size_t from, to;
    if (!run->thetas || !range_of(moment, run, &from, &to)) return NAN;
    double *sum = MEM_NEW(double, run->n);
    size_t count = 0;
    for (size_t i = from; i < to; i++) {
        double length = movement(run, i);
        if (!(length > 0)) continue;
        const double *here = run->thetas + i * (size_t)run->n, *next = here + run->n;
        for (int k = 0; k < run->n; k++) sum[k] += (next[k] - here[k]) / length;
        count++;
    }
    double mean = count > 0 ? linalg_norm(run->n, sum) / (double)count : NAN;
    free(sum);
    return 1 - mean;
}

/* How often a coordinate turns back. */
static double turns(const struct measure *measure, const struct stocked_run *run) {
    size_t from, to;
    if (!run->thetas || !range_of(&measure->moment, run, &from, &to)) return NAN;
    int count = 0;
    double before = 0;
    for (size_t i = from; i < to; i++) {
        const double *here = run->thetas + i * (size_t)run->n;
        double step = here[run->n + measure->axis] - here[measure->axis];
        if (step * before < 0) count++;
        if (step != 0) before = step;
    }
    return count;
}

/* ---- at a place
 * --------------------------------------------------------------------------------------------------------- */

static const double *place_of(const struct measure *measure, const struct stocked_run *run) {
    const struct place *place = &measure->place;
    switch (place->kind) {
    case PLACE_POINT: return place->point;
    case PLACE_START: return run->start;
    case PLACE_END: return run->end;
    case PLACE_STEP:
        return run->thetas && (size_t)place->step < run->count ? run->thetas + (size_t)place->step * (size_t)run->n
                                                               : NULL;
    }
    return NULL;
}

static double spectrum_value(const struct measure *measure, const struct objective *objective, const double *theta,
                             struct job *job, struct error *error) {
    struct eigen_ends *ends = NULL;
    struct eigen_report *report = NULL;
    int n = objective_dimension(objective);
    bool ends_do = measure->reading == READING_EIGENVALUE && n > STOCK_ALL_THETAS &&
                   (measure->which <= 0 || measure->which == n - 1);
    double value = NAN;
    if (ends_do) {
        ends = hessian_ends(objective, theta, 1, job, error);
        if (ends) value = ends->eigenvalues[measure->which == 0 ? 0 : ends->low + ends->high - 1];
        eigen_ends_destroy(&ends);
        return value;
    }
    if (n > HESSIAN_MAX) {
        error_set(error, ERROR_INPUT, "%s: %d parameters are too many for all eigenvalues", measure->name, n);
        return NAN;
    }
    report = hessian_analyze(objective, theta, error);
    if (!report) return NAN;
    switch (measure->reading) {
    case READING_EIGENVALUE: value = report->eigenvalues[measure->which < 0 ? n - 1 : measure->which]; break;
    case READING_INDEX: value = report->index; break;
    case READING_DEGENERATE: value = report->degenerate; break;
    case READING_CONDITION: value = fabs(report->eigenvalues[n - 1] / report->eigenvalues[0]); break;
    default: break;
    }
    eigen_report_destroy(&report);
    return value;
}

static double sharpness_value(const struct objective *objective, const double *theta, struct error *error) {
    struct sharpness *sharpness = sharpness_create(objective, 1e-5, 1);
    struct sharpness_reading reading;
    double value = sharpness_read(sharpness, theta, NULL, &reading, error) ? reading.largest : NAN;
    sharpness_destroy(&sharpness);
    return value;
}

/* How the loss changes off the place along ± the lowest eigenvector: the worse of both ways. */
static double escape_value(const struct objective *objective, const double *theta, struct error *error) {
    int n = objective_dimension(objective);
    struct eigen_report *report = hessian_analyze(objective, theta, error);
    if (!report) return NAN;
    double *ways = mem_zalloc(2 * (size_t)n, sizeof(double));
    struct escape escape = critical_escape(objective, theta, report->eigenvectors, ways);
    double value = fmax(escape.step[0] != 0 ? escape.loss[0] - report->loss : 0,
                        escape.step[1] != 0 ? escape.loss[1] - report->loss : 0);
    free(ways);
    eigen_report_destroy(&report);
    return value;
}

/* How far the loss of samples depends on whose company they are in: the difference between their mean loss all together
 * and in small company. With batch norm: by the batch's own statistics, in pairs (alone nothing would be left of a
 * sample), or by the moving averages, each sample alone. */
static double dependence(const struct measure *measure, const struct objective *objective, const double *theta,
                         const double *statistics) {
    enum { COMPANY = 16 };
    bool evaluation = measure->reading == READING_EVALUATION_DEPENDENCE;
    const double *used = evaluation ? statistics : NULL;
    int samples = objective_samples(objective), few = evaluation || samples < 2 ? 1 : 2;
    int count = samples < COMPANY ? samples - samples % few : COMPANY;
    struct evaluator *evaluator = evaluator_create(objective);
    int indices[COMPANY];
    for (int i = 0; i < count; i++) indices[i] = i;
    struct batch all = {.indices = indices, .count = count, .statistics = used};
    double together = evaluator_loss(evaluator, theta, &all), apart = 0;
    for (int i = 0; i < count; i += few) {
        struct batch part = {.indices = indices + i, .count = few, .statistics = used};
        apart += evaluator_loss(evaluator, theta, &part) * few / count;
    }
    evaluator_destroy(&evaluator);
    return fabs(together - apart);
}

static double accuracy_value(const struct measure *measure, const struct objective *objective, const double *theta,
                             const double *statistics) {
    struct evaluator *evaluator = evaluator_create(objective);
    double accuracy = NAN;
    const struct data *data = objective_data(objective);
    if (measure->reading == READING_ACCURACY)
        accuracy = evaluator_accuracy(evaluator, theta);
    else if (data && data->test)
        evaluator_test(evaluator, theta, data->test, statistics, &accuracy);
    evaluator_destroy(&evaluator);
    return accuracy;
}

/* The largest difference between a parameter's slope and what central differences make of it, over some of them spread
 * evenly, as a share of the largest slope there (or of 1, if that is less). Differences of the loss itself know nothing
 * of how the gradient is computed. */
static double gradient_error(const struct objective *objective, const double *theta) {
    enum { LOOKED_AT = 48 };
    int n = objective_dimension(objective), count = n < LOOKED_AT ? n : LOOKED_AT;
    struct evaluator *evaluator = evaluator_create(objective);
    double *gradient = MEM_NEW(double, n), *moved = MEM_NEW(double, n), largest = 1, worst = 0;
    memcpy(moved, theta, (size_t)n * sizeof(double));
    evaluator_gradient(evaluator, theta, NULL, gradient);
    for (int i = 0; i < n; i++) largest = fmax(largest, fabs(gradient[i]));
    for (int k = 0; k < count; k++) {
        int i = (int)((int64_t)k * n / count);
        double step = 1e-5 * fmax(1, fabs(theta[i])), losses[2];
        for (int side = 0; side < 2; side++) {
            moved[i] = theta[i] + (side ? step : -step);
            losses[side] = evaluator_loss(evaluator, moved, NULL);
        }
        moved[i] = theta[i];
        double off = fabs((losses[1] - losses[0]) / (2 * step) - gradient[i]) / largest;
        if (!(off <= worst)) worst = off; /* a NaN stays */
    }
    free(moved);
    free(gradient);
    evaluator_destroy(&evaluator);
    return worst;
}

/* The largest distance between loss and quadratic patch, `reach` away both ways along each eigenvector. */
static double taylor_error(const struct objective *objective, const double *theta, double reach, struct error *error) {
    int n = objective_dimension(objective);
    if (n > HESSIAN_MAX) {
        error_set(error, ERROR_INPUT, "taylor_error: %d parameters are too many for all eigenvectors", n);
        return NAN;
    }
    struct eigen_report *report = hessian_analyze(objective, theta, error);
    if (!report) return NAN;
    double most = 0;
    for (int k = 0; k < n && !isnan(most); k++) {
        const double *along = report->eigenvectors + (size_t)k * (size_t)n;
        struct taylor *taylor = taylor_check(objective, theta, along, reach, 3, 0.1, error);
        for (int i = 0; taylor && i < taylor->count; i++) most = fmax(most, fabs(taylor->loss[i] - taylor->model[i]));
        if (!taylor) most = NAN;
        taylor_destroy(&taylor);
    }
    eigen_report_destroy(&report);
    return most;
}

/* Where the parabola through three losses, at −reach, 0 and reach, has its lowest point. */
static double lowest_place(const double losses[3], double reach) {
    return reach * (losses[0] - losses[2]) / (2 * (losses[0] - 2 * losses[1] + losses[2]));
}

/* Along the Hessian's highest eigenvector, at `count` offsets from θ: the training losses, and those of the data held
 * back; either may be NULL. False with an error. */
static bool slice_losses(const struct objective *objective, const double *theta, const double *offsets, int count,
                         const double *statistics, double *training, double *test, struct job *job,
                         struct error *error) {
    struct eigen_ends *ends = hessian_ends(objective, theta, 1, job, error);
    if (!ends) return false;
    int n = objective_dimension(objective);
    const double *steepest = ends->eigenvectors + (size_t)(ends->low + ends->high - 1) * (size_t)n;
    struct evaluator *evaluator = evaluator_create(objective);
    double *moved = MEM_NEW(double, n);
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < n; k++) moved[k] = theta[k] + offsets[i] * steepest[k];
        if (training) training[i] = evaluator_loss(evaluator, moved, NULL);
        if (test) test[i] = evaluator_test(evaluator, moved, objective_data(objective)->test, statistics, NULL);
    }
    free(moved);
    evaluator_destroy(&evaluator);
    eigen_ends_destroy(&ends);
    return true;
}

/* Without data held back, an error. */
static bool holds_back(const struct objective *objective, const char *measure, struct error *error) {
    const struct data *data = objective_data(objective);
    return (data && data->test) ||
           error_set(error, ERROR_INPUT, "%s needs data held back; test: 0.3 in the data is right", measure);
}

/* The loss `offset` away. */
static double slice_loss(const struct objective *objective, const double *theta, double offset, bool test,
                         const double *statistics, struct job *job, struct error *error) {
    double loss;
    bool good =
        (!test || holds_back(objective, "slice_test", error)) &&
        slice_losses(objective, theta, &offset, 1, statistics, test ? NULL : &loss, test ? &loss : NULL, job, error);
    return good ? loss : NAN;
}

/* How far the minimum of the test loss on that slice is from that of the training loss. */
static double test_shift(const struct objective *objective, const double *theta, double reach, const double *statistics,
                         struct job *job, struct error *error) {
    const double offsets[3] = {-reach, 0, reach};
    double training[3], test[3];
    bool good = holds_back(objective, "test_shift", error) &&
                slice_losses(objective, theta, offsets, 3, statistics, training, test, job, error);
    return good ? fabs(lowest_place(test, reach) - lowest_place(training, reach)) : NAN;
}

static double place_value(const struct measure *measure, const struct objective *objective,
                          const struct stocked_run *run, int threads, struct job *job, struct error *error) {
    const double *theta = place_of(measure, run);
    if (!theta) {
        error_set(error, ERROR_INPUT, "%s: the run has no such step, or too many parameters to keep them all",
                  measure->name);
        return NAN;
    }
    switch (measure->reading) {
    case READING_POINT_LOSS:
    case READING_POINT_GRADIENT: {
        struct evaluator *evaluator = evaluator_create(objective);
        int n = objective_dimension(objective);
        double *gradient = MEM_NEW(double, n), loss = evaluator_gradient(evaluator, theta, NULL, gradient);
        double norm = linalg_norm(n, gradient);
        free(gradient);
        evaluator_destroy(&evaluator);
        return measure->reading == READING_POINT_LOSS ? loss : norm;
    }
    case READING_SHARPNESS: return sharpness_value(objective, theta, error);
    case READING_ESCAPE: return escape_value(objective, theta, error);
    case READING_TEST_SHIFT:
        return test_shift(objective, theta, measure->threshold, run ? run->statistics : NULL, job, error);
    case READING_SLICE_LOSS:
    case READING_SLICE_TEST:
        return slice_loss(objective, theta, measure->threshold, measure->reading == READING_SLICE_TEST,
                          run ? run->statistics : NULL, job, error);
    case READING_TAYLOR_ERROR: return taylor_error(objective, theta, measure->threshold, error);
    case READING_ACCURACY:
    case READING_TEST_ACCURACY: return accuracy_value(measure, objective, theta, run ? run->statistics : NULL);
    case READING_BATCH_DEPENDENCE:
    case READING_EVALUATION_DEPENDENCE: return dependence(measure, objective, theta, run ? run->statistics : NULL);
    case READING_GRADIENT_ERROR: return gradient_error(objective, theta);
    case READING_RANDOM_FALLS:
    case READING_HESSIAN_FALLS:
    case READING_SADDLE_INDEX:
    case READING_SADDLE_GRADIENT: return reading_at_critical(measure, objective, theta, threads, job, error);
    case READING_LINE_TURNS: return reading_line_turns(measure, objective, theta, job, error);
    default: return spectrum_value(measure, objective, theta, job, error);
    }
}

/* ---- of an experiment
 * ------------------------------------------------------------------------------------------------ */

/* The least mean squared error of a linear model with a constant, from the normal equations: closed form, no training.
 */
static double least_squares(const struct objective *objective, struct error *error) {
    const struct data *data = objective_data(objective);
    if (!data || data->kind != DATA_TARGETS || data->targets != 1) {
        error_set(error, ERROR_INPUT, "least_squares needs data with one target");
        return NAN;
    }
    int n = data->features + 1;
    double *normal = mem_zalloc((size_t)n * (size_t)n, sizeof(double)), *right = MEM_NEW(double, n);
    double *row = MEM_NEW(double, n);
    for (int i = 0; i < data->samples; i++) {
        memcpy(row, data->x + (size_t)i * (size_t)data->features, (size_t)data->features * sizeof(double));
        row[n - 1] = 1;
        for (int a = 0; a < n; a++) {
            right[a] += row[a] * data->y[i];
            for (int b = 0; b < n; b++) normal[a * n + b] += row[a] * row[b];
        }
    }
    /* Elimination with pivots: a handful of unknowns. */
    bool good = true;
    for (int k = 0; k < n && good; k++) {
        int pivot = k;
        for (int a = k + 1; a < n; a++)
            if (fabs(normal[a * n + k]) > fabs(normal[pivot * n + k])) pivot = a;
        good = fabs(normal[pivot * n + k]) > 1e-300;
        for (int b = 0; b < n && good && pivot != k; b++) {
            double kept = normal[k * n + b];
            normal[k * n + b] = normal[pivot * n + b];
            normal[pivot * n + b] = kept;
        }
        double kept = right[k];
        right[k] = right[pivot];
        right[pivot] = kept;
        for (int a = 0; a < n && good; a++) {
            if (a == k) continue;
            double share = normal[a * n + k] / normal[k * n + k];
            for (int b = k; b < n; b++) normal[a * n + b] -= share * normal[k * n + b];
            right[a] -= share * right[k];
        }
    }
    double square = 0;
    for (int i = 0; i < data->samples && good; i++) {
        double off = right[n - 1] / normal[n * n - 1] - data->y[i];
        for (int a = 0; a < n - 1; a++)
            off += right[a] / normal[a * n + a] * data->x[(size_t)i * (size_t)data->features + (size_t)a];
        square += off * off;
    }
    free(row);
    free(right);
    free(normal);
    if (!good) error_set(error, ERROR_INPUT, "least_squares: the features depend on each other");
    return good ? square / data->samples : NAN;
}

/* The fastest of many updates of the first optimizer from the start: gradient on a batch, and the step. */
static double update_seconds(const struct measure *measure, const struct experiment *experiment, struct job *job,
                             struct error *error) {
    enum { LEAST_REPEATS = 20, MOST_REPEATS = 2000 };
    static const double long_enough = 0.1;
    int n = objective_dimension(experiment->objective), *indices = MEM_NEW(int, measure->batch);
    for (int i = 0; i < measure->batch; i++) indices[i] = i;
    const struct batch batch = {.indices = indices, .count = measure->batch};
    struct optimizer *optimizer = experiment_create_optimizer(experiment, experiment->optimizers, NULL, error);
    struct evaluator *evaluator = evaluator_create(experiment->objective);
    double *theta = MEM_NEW(double, n), *gradient = MEM_NEW(double, n), fastest = INFINITY, began = clock_seconds();
    for (int i = 0; optimizer && i < MOST_REPEATS && job_going(job, error); i++) {
        if (i >= LEAST_REPEATS && clock_seconds() - began > long_enough) break;
        memcpy(theta, experiment->starts, (size_t)n * sizeof *theta);
        double since = clock_seconds();
        struct optimizer_problem problem = {.evaluator = evaluator, .batch = &batch};
        problem.loss = evaluator_gradient(evaluator, theta, &batch, gradient);
        optimizer_step_on(optimizer, &problem, theta, gradient, 1);
        fastest = fmin(fastest, clock_seconds() - since);
    }
    free(gradient);
    free(theta);
    evaluator_destroy(&evaluator);
    optimizer_destroy(&optimizer);
    free(indices);
    return isfinite(fastest) ? fastest : NAN;
}

static double ratio_value(const struct measure *measure, const struct experiment *experiment, struct stock *stock,
                          int threads, struct job *job, struct error *error) {
    const struct ratio_params params = {
        .experiment = experiment, .nets = measure->nets, .seed = experiment->seed, .steps = -1, .threads = threads};
    bool fresh;
    struct study **shared = stock_study(stock, measure, &fresh);
    if (fresh) *shared = study_create_ratio(&params, error);
    if (!*shared) return NAN;
    const struct study *study = *shared;
    double value = NAN, sum = 0, least = INFINITY, most = -INFINITY;
    double losses = 0, loss_squares = 0, squares = 0, products = 0;
    int count = 0;
    if (study_await(study, job, error)) {
        for (int k = 0; k < study_ratio_nets(study); k++) {
            struct ratio_point point;
            if (!study_read_ratio(study, k, &point) || !point.measured) continue;
            double here = measure->reading == READING_RATIO_GRADIENT ? point.gradient_norm : point.ratio;
            least = fmin(least, here);
            most = fmax(most, here);
            sum += here;
            squares += here * here;
            losses += point.loss;
            loss_squares += point.loss * point.loss;
            products += here * point.loss;
            count++;
        }
        if (count > 0 && measure->reading == READING_RATIO_TREND)
            value = (count * products - sum * losses) /
                    sqrt((count * squares - sum * sum) * (count * loss_squares - losses * losses));
        else if (count > 0)
            value = measure->moment.statistic == STATISTIC_LEAST  ? least
                    : measure->moment.statistic == STATISTIC_MOST ? most
                                                                  : sum / count;
        else
            error_set(error, ERROR_MACHINE, "%s: no net arrived at a critical point", measure->name);
    }
    return value;
}

double measure_take(const struct measure *measure, const struct lesson *lesson, struct stock *stock, int seed,
                    int threads, struct job *job, struct error *error) {
    const struct experiment *experiment = lesson->experiments[measure->experiment].experiment;
    bool placed = measure->reading >= READING_POINT_LOSS;
    const struct stocked_run *run = reading_needs_run(measure) ? stock_run(stock, measure, seed) : NULL;
    switch (measure->reading) {
    case READING_STEPS_TO: return steps_to(run, measure->threshold);
    case READING_DIVERGED: return run->diverged;
    case READING_DIRECTION_VARIANCE: return direction_variance(&measure->moment, run);
    case READING_TURNS: return turns(measure, run);
    case READING_SECONDS_PER_STEP: return run->seconds_per_step;
    case READING_SECONDS_PER_EPOCH: {
        int samples = objective_samples(experiment->objective), batch = experiment->batch ? experiment->batch : samples;
        return run->seconds_per_step * ((samples + batch - 1) / batch);
    }
    case READING_LEAST_SQUARES: return least_squares(experiment->objective, error);
    case READING_MINIMUM_RATIO:
    case READING_RATIO_GRADIENT:
    case READING_RATIO_TREND: return ratio_value(measure, experiment, stock, threads, job, error);
    case READING_UPDATE_SECONDS: return update_seconds(measure, experiment, job, error);
    case READING_BASIN_SHARE:
    case READING_BASIN_DIFFERENCE: return reading_basins(measure, experiment, stock, threads, job, error);
    default: break;
    }
    if (placed) return place_value(measure, experiment->objective, run, threads, job, error);
    return moment_value(measure, run, error);
}
