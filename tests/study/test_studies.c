/* The studies against closed forms: line, Taylor, escape, seek, Hessian, minimum ratio; cancelling; recording. */
#include "study_test.h"

#include "base/linalg.h"
#include "base/memory.h"
#include "run/recording_study.h"

#include <stdlib.h>
#include <unistd.h>

static const char small_net[] =
    "objective:\n  network: {layers: [2, 3, 2], activation: tanh}\n"
    "  data: {name: moons, samples: 40, noise: 0.4, seed: 1, validation: 0.25}\n  loss: mse\n"
    "start: {seed: 1}\nsteps: 60\noptimizers:\n  - {name: sgd, lr: 0.3}\n"
    "  - {name: adam, lr: 0.02}\n";

/* Critical points lie near its paths, not at infinity. */
static const char noisy_net[] = "objective:\n  network: {layers: [2, 3, 2], activation: tanh}\n"
                                "  data: {name: moons, samples: 200, noise: 0.4, seed: 1}\n  loss: mse\n"
                                "start: {seed: 2}\nsteps: 60\noptimizers:\n  - {name: sgd, lr: 0.2}\n";

/* ---- line -------------------------------------------------------------------------------------------------------- */

static void a_line_has_the_losses_of_its_points(void **state) {
    (void)state;
    struct experiment *e = formula_of("x^2 + 3*y", "{name: sgd, lr: 0.1}");
    struct error error = {0};
    const double from[] = {1, -1}, to[] = {-3, 2};
    struct line_params params = {
        .objective = e->objective, .from = from, .to = to, .low = -0.5, .high = 1.5, .points = 9};
    struct study *study = study_create_line(&params, &error);
    struct line_point points[9];
    finish(study);
    assert_int_equal(study_read_line(study, 9, points), 9);
    for (int i = 0; i < 9; i++) {
        double t = -0.5 + 0.25 * i, x = 1 - 4 * t, y = -1 + 3 * t;
        assert_true(points[i].known);
        assert_near(points[i].t, t, 1e-15);
        assert_near(points[i].loss, x * x + 3 * y, 1e-14);
        assert_true(isnan(points[i].validation_loss) && isnan(points[i].accuracy));
    }
    assert_near(study_line_length(study), 5, 1e-15);
    study_destroy(&study);
    params.low = 2;
    assert_null(study_create_line(&params, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    experiment_destroy(&e);
}

static void a_line_asks_the_data_held_back_too(void **state) {
    (void)state;
    struct experiment *e = experiment_of(small_net);
    struct error error = {0};
    int n = objective_dimension(e->objective);
    double *from = MEM_NEW(double, n), *to = MEM_NEW(double, n);
    objective_initialise(e->objective, 5, from);
    objective_initialise(e->objective, 6, to);
    const struct line_params params = {.objective = e->objective, .from = from, .to = to, .points = 3};
    struct study *study = study_create_line(&params, &error);
    struct line_point points[3];
    finish(study);
    study_read_line(study, 3, points);
    struct evaluator *evaluator = evaluator_create(e->objective);
    const double *ends[] = {from, to};
    for (int k = 0; k < 2; k++) {
        assert_true(points[2 * k].loss == evaluator_loss(evaluator, ends[k], NULL)); /* the ends exactly */
        assert_true(points[2 * k].validation_loss ==
                    evaluator_test(evaluator, ends[k], objective_data(e->objective)->validation, NULL, NULL));
    }
    evaluator_destroy(&evaluator);
    study_destroy(&study);
    free(from);
    free(to);
    experiment_destroy(&e);
}

/* With batch norm, more samples may be held back than there are to train on; they are measured by the latter's mean and
 * variance at the point, to which moving averages tend. */
static void a_line_measures_batch_norm_by_the_training_data(void **state) {
    (void)state;
    struct experiment *e = experiment_of("objective:\n  network: {layers: [2, 5, 2], norm: batch}\n"
                                         "  data: {name: moons, samples: 60, validation: 0.7}\n"
                                         "optimizers:\n  - {name: sgd, lr: 0.1}\n");
    struct error error = {0};
    int n = objective_dimension(e->objective);
    double *from = MEM_NEW(double, n), *to = MEM_NEW(double, n), *gradient = MEM_NEW(double, n);
    double *statistics = MEM_NEW(double, objective_statistics(e->objective)), accuracy;
    objective_initialise(e->objective, 5, from);
    objective_initialise(e->objective, 6, to);
    const struct line_params params = {.objective = e->objective, .from = from, .to = to, .points = 2};
    struct study *study = study_create_line(&params, &error);
    struct line_point points[2];
    finish(study);
    study_read_line(study, 2, points);
    struct evaluator *evaluator = evaluator_create(e->objective);
    const double *ends[] = {from, to};
    for (int k = 0; k < 2; k++) {
        objective_start_statistics(e->objective, statistics);
        for (int i = 0; i < 500; i++) {
            evaluator_gradient(evaluator, ends[k], NULL, gradient);
            evaluator_track(evaluator, statistics);
        }
        assert_near(points[k].validation_loss,
                    evaluator_test(evaluator, ends[k], objective_data(e->objective)->validation, statistics, &accuracy),
                    1e-12);
        assert_near(points[k].validation_accuracy, accuracy, 0);
        assert_true(points[k].loss == evaluator_loss(evaluator, ends[k], NULL));
    }
    evaluator_destroy(&evaluator);
    study_destroy(&study);
    free(from);
    free(to);
    free(gradient);
    free(statistics);
    experiment_destroy(&e);
}

/* ---- Taylor ------------------------------------------------------------------------------------------------------ */

/* x² + x⁴ against x²: off by x⁴ ≤ 0.1 x² up to |x| = √0.1. */
static void the_model_holds_to_where_it_should(void **state) {
    (void)state;
    struct experiment *e = formula_of("x^2 + x^4 + 4*y^2", "{name: sgd, lr: 0.1}");
    struct error error = {0};
    const double at[] = {0, 0};
    const struct taylor_params params = {.objective = e->objective, .theta = at, .points = 401};
    struct study *study = study_create_taylor(&params, &error);
    finish(study);
    assert_int_equal(study_taylor_count(study), 2);
    const struct taylor_section *low = study_read_taylor(study, 0), *high = study_read_taylor(study, 1);
    assert_string_equal(low->name, "lowest");
    assert_string_equal(high->name, "highest");
    assert_near(low->taylor->curvature, 2, 1e-12);
    assert_near(high->taylor->curvature, 8, 1e-12);
    double step = low->taylor->t[1] - low->taylor->t[0];
    assert_true(low->reach >= sqrt(0.1) && low->reach <= 4 * sqrt(0.1)); /* found by itself */
    assert_true(fabs(low->taylor->holds[1] - sqrt(0.1)) <= step && fabs(low->taylor->holds[0] + sqrt(0.1)) <= step);
    assert_near(high->taylor->holds[1], high->reach, 1e-15); /* a quadratic in y: it never ends */
    study_destroy(&study);
    experiment_destroy(&e);
}

/* ---- escape ------------------------------------------------------------------------------------------------------ */

static void an_escape_leads_down_both_ways(void **state) {
    (void)state;
    struct experiment *e =
        formula_of("x^2 - y^2 + y^4", "{name: sgd, lr: 0.1}"); /* minima at y = ±1/√2, where it is −1/4 */
    struct error error = {0};
    const double saddle[] = {0, 0}, minimum[] = {0, sqrt(0.5)};
    struct escape_params params = {.objective = e->objective, .theta = saddle, .points = 11};
    struct study *study = study_create_escape(&params, &error);
    finish(study);
    const struct escape_finding *found = study_read_escape(study);
    assert_near(found->curvature, -2, 1e-12);
    for (int k = 0; k < 2; k++) {
        const struct escape_way *way = &found->ways[k];
        double y = way->theta[1];
        assert_true(way->length > 0 && way->loss < 0);
        assert_near(fabs(y), way->length, 1e-12);
        assert_near(way->loss, y * y * y * y - y * y, 1e-12);
        assert_int_equal(way->count, 11);
        for (int i = 0; i < 11; i++) {
            double t = way->length * i / 10;
            assert_near(way->t[i], t, 1e-15);
            assert_near(way->losses[i], t * t * t * t - t * t, 1e-12);
        }
    }
    assert_true(found->ways[0].theta[1] * found->ways[1].theta[1] < 0);
    study_destroy(&study);

    params.theta = minimum;
    study = study_create_escape(&params, &error);
    assert_false(job_wait(study_job(study), &error));
    assert_non_null(strstr(error.message, "no direction of this point leads down"));
    assert_null(study_read_escape(study));
    study_destroy(&study);
    experiment_destroy(&e);
}

/* ---- seek -------------------------------------------------------------------------------------------------------- */

/* Twenty points of a descent: each search ends with ‖g‖ ≤ 1e-8 or says why not, and where it ended the index is that of
 * the full spectrum, by Sylvester's law of inertia: the negative pivots of H + tolerance·I. */
static int negative_pivots(const struct objective *objective, const double *theta, double shift) {
    int n = objective_dimension(objective), negative = 0;
    double *h = MEM_NEW(double, n *n);
    struct evaluator *evaluator = evaluator_create(objective);
    evaluator_hessian(evaluator, theta, NULL, h);
    for (int i = 0; i < n; i++) h[i * n + i] += shift;
    for (int k = 0; k < n; k++) {
        double pivot = h[k * n + k];
        negative += pivot < 0;
        for (int i = k + 1; i < n; i++)
            for (int j = k + 1; j < n; j++) h[i * n + j] -= h[i * n + k] * h[k * n + j] / pivot;
    }
    evaluator_destroy(&evaluator);
    free(h);
    return negative;
}

static void searches_arrive_or_say_why_not(void **state) {
    (void)state;
    enum { POINTS = 20 };
    struct experiment *e = experiment_of(noisy_net);
    struct error error = {0};
    size_t n = (size_t)objective_dimension(e->objective);
    double *starts = MEM_NEW(double, POINTS *n);
    struct descent *descent = descent_create(&(struct descent_params){.experiment = e}, &error);
    for (size_t k = 0; k < POINTS; k++) {
        assert_null(descent_take(descent, 150));
        memcpy(starts + k * n, descent_theta(descent), n * sizeof *starts);
    }
    descent_destroy(&descent);
    /* The last two near 0, where such a net has a saddle. */
    for (size_t k = POINTS - 2; k < POINTS; k++)
        for (size_t i = 0; i < n; i++) starts[k * n + i] = 0.1 * e->starts[i] * (double)(k % 2 + 1);
    const struct critical_seek_params params = {
        .objective = e->objective, .starts = starts, .count = POINTS, .threads = 3};
    struct study *study = study_create_seek(&params, &error);
    finish(study);
    struct evaluator *evaluator = evaluator_create(e->objective);
    double *gradient = MEM_NEW(double, n);
    int found = 0, saddles = 0;
    for (int k = 0; k < POINTS; k++) {
        const struct seek_finding *f = study_read_seek(study, k);
        assert_non_null(f);
        assert_int_equal(f->error.kind, ERROR_NONE);
        assert_int_equal(f->positive + f->degenerate + f->negative, (int)n);
        if (f->result->ending != SEEK_FOUND) {
            assert_true(strstr(f->verdict, "no critical point") || strstr(f->verdict, "not there yet"));
            continue;
        }
        found++;
        evaluator_gradient(evaluator, f->result->theta, NULL, gradient);
        assert_true(linalg_norm((int)n, gradient) <= 1e-8);
        assert_int_equal(f->negative, negative_pivots(e->objective, f->result->theta, f->report->tolerance));
        assert_near(f->share, (double)f->positive / (double)n, 1e-15);
        for (int w = 0; f->negative > 0 && w < 2; w++) {
            saddles++;
            assert_true(f->ways[w].length > 0 && f->ways[w].loss < f->result->loss);
            assert_true(evaluator_loss(evaluator, f->ways[w].theta, NULL) == f->ways[w].loss);
        }
    }

    printf("# %d found, %d ways down\n", found, saddles);
    assert_true(found >= 16 && saddles > 0);
    evaluator_destroy(&evaluator);
    study_destroy(&study);
    free(gradient);
    free(starts);
    experiment_destroy(&e);
}

static void kinks_are_told(void **state) {
    (void)state;
    struct error error = {0};
    static const struct {
        const char *formula;
        double at[2];
        bool rough;
    } cases[] = {
        {"abs(x) + y^2", {0, 0.5}, true},   {"x^4 + y^4", {0, 0}, false},       {"exp(3*x)*y^2", {1, 0}, false},
        {"sqrt(x^2 + y^2)", {1, 1}, false}, {"relu(x)^2 + y^2", {0, 0}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct experiment *e = formula_of(cases[i].formula, "{name: sgd, lr: 0.1}");
        const struct hessian_params params = {.objective = e->objective, .theta = cases[i].at};
        struct study *study = study_create_hessian(&params, &error);
        struct hessian_finding found;
        finish(study);
        assert_true(study_read_hessian(study, &found));
        if (found.rough != cases[i].rough) fail_msg("%s: rough is %d", cases[i].formula, found.rough);
        study_destroy(&study);
        experiment_destroy(&e);
    }
    struct experiment *cone = formula_of("sqrt(x^2 + y^2)", "{name: sgd, lr: 0.1}"); /* no Hessian at its tip at all */
    const struct hessian_params params = {.objective = cone->objective, .theta = (const double[]){0, 0}};
    struct study *study = study_create_hessian(&params, &error);
    assert_false(job_wait(study_job(study), &error));
    assert_non_null(strstr(error.message, "a kink"));
    study_destroy(&study);
    experiment_destroy(&cone);
}

/* ---- minimum ratio ----------------------------------------------------------------------------------------------- */

static void ratios_do_not_depend_on_threads(void **state) {
    (void)state;
    enum { NETS = 6 };
    struct experiment *e = experiment_of(small_net);
    struct error error = {0};
    struct study *studies[2];
    for (int s = 0; s < 2; s++) {
        const struct ratio_params params = {
            .experiment = e, .nets = NETS, .seed = 3, .steps = 200, .threads = s == 0 ? 1 : 4};
        studies[s] = study_create_ratio(&params, &error);
        finish(studies[s]);
    }
    int measured = 0;
    for (int k = 0; k < NETS; k++) {
        struct ratio_point one, many;
        assert_true(study_read_ratio(studies[0], k, &one) && study_read_ratio(studies[1], k, &many));
        assert_int_equal(one.seed, 3 + k);
        assert_true(one.measured == many.measured && one.steps == many.steps && one.trained_loss == many.trained_loss);
        if (!one.measured) continue;
        measured++;
        int up = 0;
        double largest = fmax(fabs(one.eigenvalues[0]), fabs(one.eigenvalues[one.n - 1]));
        for (int i = 0; i < one.n; i++) up += one.eigenvalues[i] > HESSIAN_DEGENERATE * fmax(1, largest);
        assert_near(one.ratio, (double)up / one.n, 1e-15);
        assert_true(one.gradient_norm <= 1e-8 && one.loss == many.loss);
        assert_memory_equal(one.eigenvalues, many.eigenvalues, (size_t)one.n * sizeof(double));
    }
    assert_true(measured > 0);
    study_destroy(&studies[0]);
    study_destroy(&studies[1]);
    experiment_destroy(&e);
    e = formula_of("x^2 + y^2", "{name: sgd, lr: 0.1}");
    assert_null(study_create_ratio(&(struct ratio_params){.experiment = e}, &error));
    experiment_destroy(&e);
}

/* ---- cancelling -------------------------------------------------------------------------------------------------- */

static void a_dense_hessian_can_be_cancelled(void **state) {
    (void)state;
    struct experiment *e =
        experiment_of("objective:\n  network: {layers: [2, 30, 30, 2], activation: tanh}\n" /* n = 1082 */
                      "  data: {name: moons, samples: 40, seed: 1}\n  loss: mse\nstart: {seed: 1}\n"
                      "steps: 10\noptimizers:\n  - {name: sgd, lr: 0.3}\n");
    struct error error = {0};
    const struct hessian_params params = {.objective = e->objective, .theta = e->starts, .extent = HESSIAN_ALL};
    struct study *study = study_create_hessian(&params, &error);
    double before = 0;
    while (before < 0.02 && !job_progress(study_job(study)).finished) { /* into the work */
        double now = job_progress(study_job(study)).done;
        assert_true(now >= before && now <= 1);
        before = now;
        usleep(1000);
    }
    job_cancel(study_job(study));
    assert_false(job_wait(study_job(study), &error));
    assert_int_equal(error.kind, ERROR_CANCELLED);
    assert_true(job_progress(study_job(study)).done < 1);
    struct hessian_finding found;
    assert_false(study_read_hessian(study, &found));
    study_destroy(&study);
    experiment_destroy(&e);
}

/* ---- recording --------------------------------------------------------------------------------------------------- */

static const struct recording_cell *cell_of(const struct recording_table *table, size_t row, const char *column) {
    for (int c = 0; c < table->column_count; c++)
        if (strcmp(table->columns[c].name, column) == 0)
            return &table->cells[row * (size_t)table->column_count + (size_t)c];
    fail_msg("no column %s", column);
    return NULL;
}

static void what_is_recorded_reads_back(void **state) {
    (void)state;
    char path[] = "/tmp/saddlescope-study-XXXXXX";
    struct experiment *e = experiment_of(small_net);
    struct error error = {0};
    close(mkstemp(path));
    struct recording *recording = recording_create(path, e, &error);
    if (!recording) fail_msg("%s", error.message);
    size_t n = (size_t)objective_dimension(e->objective);
    const struct hessian_params hessian = {.objective = e->objective, .theta = e->starts, .density = true};
    const struct sharpness_params sharpness = {.experiment = e, .steps = 4, .every = 2};
    struct study *studies[] = {study_create_hessian(&hessian, &error), study_create_sharpness(&sharpness, &error)};
    finish(studies[0]);
    finish(studies[1]);
    assert_true(study_record(studies[0], path, "start", &error)); /* while it is being written */
    assert_true(recording_close(&recording, &error));
    assert_true(study_record(studies[1], path, "", &error)); /* and after */

    struct recording_study *read;
    size_t count;
    if (!recording_read_studies(path, &read, &count, &error)) fail_msg("%s", error.message);
    assert_int_equal(count, 2);
    assert_string_equal(read[0].kind, "spectrum");
    assert_string_equal(read[0].about, "start");
    assert_int_equal(strlen(read[0].made), strlen("2024-05-01T12:00:00Z"));
    struct hessian_finding found;
    assert_true(study_read_hessian(studies[0], &found));
    const struct recording_table *table = &read[0].tables[0];
    assert_int_equal(table->rows, 1);
    assert_int_equal(cell_of(table, 0, "eigenvalues")->count, n);
    assert_memory_equal(cell_of(table, 0, "eigenvalues")->numbers, found.report->eigenvalues, n * sizeof(double));
    assert_memory_equal(cell_of(table, 0, "at")->numbers, e->starts, n * sizeof(double));
    assert_true(cell_of(table, 0, "trace")->real == found.density->trace);
    assert_string_equal(cell_of(table, 0, "kind")->text, point_kind_names[found.report->kind]);

    table = &read[1].tables[0];
    assert_string_equal(table->name, "sharpness");
    assert_int_equal(table->rows, 6); /* two runs at steps 0, 2, 4 */
    for (size_t row = 0; row < 6; row++) {
        struct sharpness_point point;
        assert_int_equal(cell_of(table, row, "run")->integer, row / 3);
        assert_int_equal(cell_of(table, row, "step")->integer, 2 * (row % 3));
        study_read_sharpness(studies[1], (int)(row / 3), row % 3, 1, &point);
        assert_true(cell_of(table, row, "lambda_max")->real == point.largest);
        assert_true(isnan(cell_of(table, row, "preconditioned")->real) == isnan(point.preconditioned));
    }
    recording_studies_destroy(&read, count);

    struct timeline *timeline; /* the runs read as ever */
    struct experiment *again;
    assert_true(recording_read(path, &again, &timeline, &error));
    timeline_destroy(&timeline);
    experiment_destroy(&again);
    unlink(path);
    error = (struct error){0};
    assert_false(study_record(studies[0], path, "", &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    study_destroy(&studies[0]);
    study_destroy(&studies[1]);
    experiment_destroy(&e);
}

/* Bytes of a recording changed at random: it reads, or says what is wrong; nothing else. */
static void damaged_studies_are_refused(void **state) {
    (void)state;
    enum { TRIALS = 150, CHANGES = 12, BYTES_MAX = 1 << 20 };
    char path[] = "/tmp/saddlescope-study-XXXXXX";
    struct experiment *e = experiment_of(small_net);
    struct error error = {0};
    close(mkstemp(path));
    struct recording *recording = recording_create(path, e, &error);
    assert_true(recording && recording_close(&recording, &error));
    const struct sharpness_params params = {.experiment = e, .steps = 4, .every = 2};
    struct study *study = study_create_sharpness(&params, &error);
    finish(study);
    assert_true(study_record(study, path, "somewhere", &error));
    unsigned char *bytes = malloc(BYTES_MAX), *changed = malloc(BYTES_MAX);
    FILE *stream = fopen(path, "rb");
    size_t length = fread(bytes, 1, BYTES_MAX, stream), refused = 0;
    fclose(stream);
    struct random random = random_seeded(7, 0);
    for (int trial = 0; trial < TRIALS; trial++) {
        memcpy(changed, bytes, length);
        for (int k = 0; k < CHANGES; k++)
            changed[100 + random_u64(&random) % (length - 100)] = (unsigned char)random_u64(&random);
        stream = fopen(path, "wb");
        assert_int_equal(fwrite(changed, 1, length, stream), length);
        fclose(stream);
        struct recording_study *read;
        size_t count;
        error = (struct error){0};
        bool ok = recording_read_studies(path, &read, &count, &error);
        assert_true(ok == (error.kind == ERROR_NONE));
        refused += !ok;
        if (ok) recording_studies_destroy(&read, count);
    }
    assert_true(refused > 0);
    free(bytes);
    free(changed);
    unlink(path);
    study_destroy(&study);
    experiment_destroy(&e);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_the_losses_of_its_points), cmocka_unit_test(a_line_asks_the_data_held_back_too),
        cmocka_unit_test(a_line_measures_batch_norm_by_the_training_data),
        cmocka_unit_test(the_model_holds_to_where_it_should),  cmocka_unit_test(an_escape_leads_down_both_ways),
        cmocka_unit_test(searches_arrive_or_say_why_not),      cmocka_unit_test(kinks_are_told),
        cmocka_unit_test(ratios_do_not_depend_on_threads),     cmocka_unit_test(a_dense_hessian_can_be_cancelled),
        cmocka_unit_test(what_is_recorded_reads_back),         cmocka_unit_test(damaged_studies_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
