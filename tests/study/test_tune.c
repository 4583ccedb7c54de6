/* Tuning: the closed-form best rate of a bowl, edges that are left, equal evaluations, the same bits for any threads
 * and when taken up again, and a resume file however damaged. */
#include "base/file.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "base/random.h"
#include "study/tune.h"
#include "study/tune_parts.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct experiment *parse(const char *text) {
    struct error error = {0};
    struct experiment *experiment = experiment_parse(text, strlen(text), "tune.yaml", &error);
    if (!experiment) fail_msg("%s", error.message);
    return experiment;
}

/* λ = 2 and 10: GD's best rate is 2 / (2 + 10), contracting by (10 − 2) / (10 + 2) a step. */
static const char BOWL[] = "objective: {expression: x^2 + 5*y^2, variables: [x, y], domain: [[-3, 3], [-3, 3]]}\n"
                           "start: [2, 2]\nsteps: 40\n"
                           "optimizers:\n  - {name: sgd, lr: 0.02}\n";
static const double BOWL_BEST = 2.0 / 12;

static struct tune_report *tune(const struct tune_params *params) {
    struct error error = {0};
    struct study *study = study_create_tune(params, &error);
    if (!study) fail_msg("%s", error.message);
    if (!job_wait(study_job(study), &error)) fail_msg("%s", error.message);
    struct tune_report *report = study_read_tune(study);
    study_destroy(&study);
    return report;
}

static const struct tune_point *best(const struct tune_report *report, int optimizer) {
    const struct tune_finding *finding = &report->findings[optimizer];
    assert_true(finding->best >= 0);
    return &finding->points[finding->best];
}

static void finds_the_best_rate_of_a_bowl(void **state) {
    struct experiment *experiment = parse(BOWL);
    struct tune_report *report = tune(&(struct tune_params){.experiment = experiment});
    const struct tune_point *point = best(report, 0);
    assert_true(point->values[0] > BOWL_BEST / 1.1 && point->values[0] < BOWL_BEST * 1.1);
    assert_int_equal(report->findings[0].edge, TUNE_BRACKETED);
    /* The loss after 40 steps at that rate, by the closed form of each coordinate. */
    double x = 2 * pow(1 - 2 * point->values[0], 40), y = 2 * pow(1 - 10 * point->values[0], 40);
    assert_near(point->median / (x * x + 5 * y * y), 1, 1e-9);
    /* The first step at or below a thousandth of the way from 24 to the lowest, by the same. */
    double target = report->findings[0].arrivals[0].target;
    assert_near(target, 0.024, 1e-6);
    int first = 0;
    for (;; first++) {
        double u = 2 * pow(1 - 2 * point->values[0], first), v = 2 * pow(1 - 10 * point->values[0], first);
        if (u * u + 5 * v * v <= target) break;
    }
    assert_int_equal(report->findings[0].arrivals[0].steps, first);
    assert_near(report->findings[0].steps_to_tolerance, first, 0);
    tune_report_destroy(&report);
    experiment_destroy(&experiment);
}

/* Wherever the grid lies, both of its edges are left behind. */
static void no_edge_is_taken_for_the_best(void **state) {
    struct experiment *experiment = parse(BOWL);
    static const double grids[][2] = {{1e-6, 1e-5}, {10, 100}, {1e-4, 0.1}, {0.15, 0.2}};
    for (size_t i = 0; i < 4; i++) {
        struct tune_report *report =
            tune(&(struct tune_params){.experiment = experiment, .rate_low = grids[i][0], .rate_high = grids[i][1]});
        const struct tune_finding *finding = &report->findings[0];
        const struct tune_point *point = best(report, 0);
        assert_int_equal(finding->edge, TUNE_BRACKETED);
        assert_true(point->values[0] > BOWL_BEST / 1.1 && point->values[0] < BOWL_BEST * 1.1);
        assert_true(finding->best > 0 && finding->best + 1 < finding->point_count);
        assert_true(point[-1].median > point->median && point[1].median > point->median);
        tune_report_destroy(&report);
    }
    experiment_destroy(&experiment);
}

static void what_cannot_be_bracketed_is_said(void **state) {
    struct experiment *experiment =
        parse("objective: {expression: x^2 + y^2, variables: [x, y], domain: [[-3, 3], [-3, 3]]}\n"
              "start: [0, 0]\nsteps: 5\noptimizers: [{name: sgd, lr: 0.1}, {name: adam, lr: 0.1}]\n");
    struct tune_report *report = tune(&(struct tune_params){.experiment = experiment});
    /* At the minimum nothing moves: every rate is as good, and the experiment's own is left alone. */
    assert_near(best(report, 0)->values[0], 0.1, 1e-12);
    assert_int_equal(report->findings[0].edge, TUNE_BRACKETED);
    assert_null(strstr(report->words, "left the domain"));
    tune_report_destroy(&report);
    experiment_destroy(&experiment);
    /* A slope: the further the better, until the domain is left. */
    experiment = parse("objective: {expression: x + y^2, variables: [x, y], domain: [[-3, 3], [-3, 3]]}\n"
                       "start: [0, 0]\nsteps: 10\noptimizers: [{name: sgd, lr: 0.001}]\n");
    report = tune(&(struct tune_params){.experiment = experiment});
    assert_true(best(report, 0)->values[0] * 10 <= 9 && best(report, 0)->values[0] * 10 > 7);
    if (!strstr(report->words, "SGD left the domain for a lower loss at other rates"))
        fail_msg("nothing about a slope without an end: %s", report->words);
    tune_report_destroy(&report);
    experiment_destroy(&experiment);
}

static const char MANY[] =
    "objective: {expression: (1 - x)^2 + 100*(y - x^2)^2, variables: [x, y], domain: [[-2, 2], [-1, 3]]}\n"
    "start: [[-1.5, 2], [0, 0]]\nsteps: 60\n"
    "optimizers:\n  - {name: sgd, lr: 0.001}\n  - {name: lbfgs, strong_wolfe: true}\n  - {name: sam, lr: 0.001}\n"
    "  - {name: adam, lr: 0.1}\n  - {name: newton}\n";

/* Whatever an optimizer asks for in a step, no run has more than its share, and none stops while a step is left. */
static void evaluations_are_equal(void **state) {
    struct experiment *experiment = parse(MANY);
    struct tune_report *report = tune(&(struct tune_params){.experiment = experiment, .evaluations = 50});
    for (int o = 0; o < report->optimizers; o++) {
        const struct tune_finding *finding = &report->findings[o];
        const char *name = optimizer_class_name(experiment->optimizers[o].class);
        bool looks = optimizer_class_looks(experiment->optimizers[o].class);
        for (int i = 0; i < finding->point_count; i++)
            for (int s = 0; s < report->seeds; s++) {
                const struct tune_trial *trial = &finding->points[i].trials[s];
                assert_true(trial->done && trial->evaluations <= 50 && trial->steps <= trial->evaluations);
                if (trial->diverged) continue;
                if (!looks) assert_int_equal(trial->evaluations, 50);
                if (strcmp(name, "sam") == 0) assert_int_equal(trial->evaluations, 2 * trial->steps);
                if (looks) assert_true(trial->steps < 50);
            }
    }
    assert_int_equal(report->starts, TUNE_OWN_STARTS);
    assert_int_equal(report->seeds, 2);
    tune_report_destroy(&report);
    experiment_destroy(&experiment);
}

static char *table(const struct tune_params *params, char **words) {
    struct error error = {0};
    struct study *study = study_create_tune(params, &error);
    if (!study) fail_msg("%s", error.message);
    if (!job_wait(study_job(study), &error)) fail_msg("%s", error.message);
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    study_write_csv(study, stream);
    struct tune_report *report = study_read_tune(study);
    for (int o = 0; o < report->optimizers; o++)
        for (int s = 0; s < report->seeds && report->findings[o].arrivals; s++)
            fprintf(stream, "%a,%lld\n", report->findings[o].arrivals[s].target,
                    (long long)report->findings[o].arrivals[s].evaluations);
    fclose(stream);
    if (words) *words = mem_copy_text(report->words);
    tune_report_destroy(&report);
    study_destroy(&study);
    return text;
}

static const char NETWORK[] = "objective: {network: {layers: [2, 4, 2]}, data: {name: moons, samples: 40, seed: 1}}\n"
                              "steps: 12\nbatch: 10\noptimizers: [{name: sgd, lr: 0.5}, {name: adam}]\n";

static void threads_change_nothing(void **state) {
    static const char *const texts[] = {MANY, NETWORK};
    for (int i = 0; i < 2; i++) {
        struct experiment *experiment = parse(texts[i]);
        struct tune_params params = {.experiment = experiment, .threads = 1, .evaluations = 20, .seeds = i ? 0 : 3};
        char *one = table(&params, NULL);
        params.threads = 4;
        char *four = table(&params, NULL);
        assert_string_equal(one, four);
        assert_true(strlen(one) > 1000);
        free(one);
        free(four);
        experiment_destroy(&experiment);
    }
}

/* Seeds give networks different starts and batches. */
static void seeds_differ(void **state) {
    struct experiment *experiment = parse(NETWORK);
    struct tune_report *report = tune(&(struct tune_params){.experiment = experiment, .seeds = 4});
    const struct tune_point *point = best(report, 1);
    assert_int_equal(report->starts, TUNE_INITIALISATIONS);
    for (int s = 0; s < 4; s++)
        for (int t = 0; t < s; t++) {
            assert_true(point->trials[s].start_loss != point->trials[t].start_loss);
            assert_true(report->seed[s] != report->seed[t]);
        }
    assert_true(point->low < point->median && point->median < point->high);
    tune_report_destroy(&report);
    experiment_destroy(&experiment);
    experiment = parse(BOWL);
    report = tune(&(struct tune_params){.experiment = experiment, .seeds = 5});
    assert_int_equal(report->starts, TUNE_DRAWN_STARTS);
    assert_int_equal(report->seeds, 5);
    assert_true(strstr(report->words, "One start") == NULL);
    tune_report_destroy(&report);
    experiment_destroy(&experiment);
}

/* ---- swept values -------------------------------------------------------------------------------------------------
 */

static void sweeps_take_every_combination(void **state) {
    struct experiment *experiment =
        parse("objective: {expression: x^2 + 25*y^2, variables: [x, y], domain: [[-3, 3], [-3, 3]]}\n"
              "start: [2, 2]\nsteps: 40\noptimizers: [{name: momentum, lr: 0.01}, {name: adam, lr: 0.1}]\n");
    struct tune_params params = {.experiment = experiment, .sweep_count = 2};
    params.sweeps[0] = (struct tune_sweep){"momentum", 0, 0.9, 3};
    params.sweeps[1] = (struct tune_sweep){"beta2", 0.9, 0.999, 3};
    struct tune_report *report = tune(&params);
    int momentum = report->findings[0].swept[0], beta = report->findings[1].swept[1];
    assert_int_equal(report->findings[0].swept[1], -1);
    assert_int_equal(report->findings[0].combinations, 3);
    assert_int_equal(report->findings[1].combinations, 3);
    /* Evenly in log(1 − value): 1, 0.316, 0.1 and 0.1, 0.01, 0.001 off 1. */
    static const double momenta[] = {0, 0.684, 0.9}, betas[] = {0.9, 0.99, 0.999};
    for (int i = 0; i < report->findings[0].point_count; i++)
        assert_near(report->findings[0].points[i].values[momentum], momenta[report->findings[0].points[i].combination],
                    1e-12);
    for (int i = 0; i < report->findings[1].point_count; i++)
        assert_near(report->findings[1].points[i].values[beta], betas[report->findings[1].points[i].combination],
                    1e-12);
    /* λ = 2, 50: the best momentum is ((√25 − 1) / (√25 + 1))² = 0.44 (Polyak 1964); of these the middle one is
     * nearest. */
    assert_near(best(report, 0)->values[momentum], 0.684, 1e-12);
    assert_false(report->findings[0].at_end[0]);
    tune_report_destroy(&report);
    experiment_destroy(&experiment);
}

static void bad_params_are_refused(void **state) {
    struct experiment *experiment = parse(BOWL);
    static const struct {
        struct tune_params params;
        const char *says;
    } cases[] = {
        {{.seeds = -1}, "seeds"},
        {{.seeds = TUNE_MAX_SEEDS + 1}, "seeds"},
        {{.evaluations = -5}, "evaluations"},
        {{.has_tolerance = true, .tolerance = NAN}, "tolerance"},
        {{.rate_low = 1, .rate_high = 0.1}, "rates"},
        {{.rate_low = -1, .rate_high = 1}, "rates"},
        {{.rate_low = 0.1, .rate_high = 1e300}, "rates"},
        {{.rate_count = 1}, "rates"},
        {{.rate_count = 1000}, "rates"},
        {{.sweep_count = 1, .sweeps = {{"lr", 0, 1, 2}}}, "lr"},
        {{.sweep_count = 1, .sweeps = {{"momentun", 0, 0.9, 2}}}, "did you mean momentum"},
        {{.sweep_count = 1, .sweeps = {{"momentum", 0.9, 0, 2}}}, "low below high"},
        {{.sweep_count = 1, .sweeps = {{"momentum", 0, 0.9, 0}}}, "values"},
        {{.sweep_count = 1, .sweeps = {{"momentum", 0, 0.9, 1}}}, "values"},
        {{.sweep_count = 1, .sweeps = {{"momentum", 0, 17, 2}}}, "between"},
        {{.sweep_count = 2, .sweeps = {{"momentum", 0, 0.9, 2}, {"momentum", 0, 0.9, 2}}}, "twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tune_params params = cases[i].params;
        params.experiment = experiment;
        struct error error = {0};
        struct study *study = study_create_tune(&params, &error);
        if (study) fail_msg("case %zu is taken", i);
        assert_int_equal(error.kind, ERROR_INPUT);
        if (!strstr(error.message, cases[i].says)) fail_msg("case %zu: %s", i, error.message);
    }
    experiment_destroy(&experiment);
}

/* ---- the resume file ----------------------------------------------------------------------------------------------
 */

static void put(const char *path, const char *text, size_t length) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* However much of the file a stop left, the sweep taken up again ends as if it had never stopped. */
static void a_sweep_taken_up_again_ends_the_same(void **state) {
    char path[] = "tune-resume-XXXXXX";
    int handle = mkstemp(path);
    assert_true(handle >= 0);
    close(handle);
    struct experiment *experiment = parse(MANY);
    struct tune_params params = {.experiment = experiment, .evaluations = 30};
    char *words, *again_words, *whole = table(&params, &words);
    params.resume = path;
    char *first = table(&params, NULL);
    assert_string_equal(first, whole);
    free(first);
    size_t length;
    struct error error = {0};
    char *file = file_read(path, 1 << 24, &length, &error);
    assert_non_null(file);
    for (int i = 0; i <= 6; i++) { /* cut anywhere, mostly in the middle of a line */
        size_t cut = i == 0 ? 0 : i == 6 ? length : length * (size_t)i / 6 + 5;
        put(path, file, cut > length ? length : cut);
        char *again = table(&params, &again_words);
        assert_string_equal(again, whole);
        assert_string_equal(again_words, words);
        free(again);
        free(again_words);
        size_t longer;
        char *refilled = file_read(path, 1 << 24, &longer, &error);
        assert_int_equal(longer, length); /* every run once */
        free(refilled);
    }
    struct tune_report *report = tune(&params);
    assert_int_equal(report->taken_up, report->trials);
    tune_report_destroy(&report);

    /* Cancelled while it runs: what was finished is there, and no more than that is needed. */
    put(path, "", 0);
    struct study *study = study_create_tune(&params, &error);
    assert_non_null(study);
    study_destroy(&study);
    char *again = table(&params, NULL);
    assert_string_equal(again, whole);
    free(again);

    /* One sweep at a time. */
    study = study_create_tune(&params, &error);
    assert_non_null(study);
    assert_null(study_create_tune(&params, &error));
    assert_int_equal(error.kind, ERROR_MACHINE);
    assert_non_null(strstr(error.message, "another sweep is writing it"));
    study_destroy(&study);

    /* Another experiment, another number of evaluations, another program's file, a damaged line. */
    params.evaluations = 31;
    error = (struct error){0};
    assert_null(study_create_tune(&params, &error));
    assert_non_null(strstr(error.message, "30 gradient evaluations"));
    struct experiment *other = parse(BOWL);
    error = (struct error){0};
    params = (struct tune_params){.experiment = other, .evaluations = 30, .resume = path};
    assert_null(study_create_tune(&params, &error));
    assert_non_null(strstr(error.message, "another experiment"));
    put(path, "x,y\n1,2\n", 8);
    error = (struct error){0};
    assert_null(study_create_tune(&params, &error));
    assert_non_null(strstr(error.message, "no file of a sweep"));
    params.experiment = experiment;
    char *digit = strchr(file, '\n') + 1;
    digit = strchr(digit, '\n') + 1;
    *digit = *digit == '0' ? '1' : '0';
    put(path, file, length);
    error = (struct error){0};
    assert_null(study_create_tune(&params, &error));
    assert_non_null(strstr(error.message, ":3: this line is damaged"));
    size_t still;
    char *left = file_read(path, 1 << 24, &still, &error);
    assert_int_equal(still, length); /* refused files are left as they are */
    free(left);
    free(file);
    free(whole);
    free(words);
    experiment_destroy(&experiment);
    experiment_destroy(&other);
    unlink(path);
}

/* Random damage: never a crash, and what is taken is what was written. */
static void mangled_resume_files_are_refused(void **state) {
    struct experiment *experiment = parse(MANY);
    const struct tune_mark mark = {.experiment = 0x1234, .evaluations = 77};
    char path[] = "tune-mangled-XXXXXX";
    int handle = mkstemp(path);
    close(handle);
    struct tune_entry *entries;
    size_t count, kept, length;
    struct error error = {0};
    struct tune_log *log = tune_log_open(path, &mark, experiment, 8, &entries, &count, &error);
    assert_non_null(log);
    struct random random = random_seeded(5, 0);
    struct tune_entry written[30];
    for (int i = 0; i < 30; i++) {
        written[i] = (struct tune_entry){.optimizer = i % 5, .seed = i % 8};
        struct tune_trial *trial = &written[i].trial;
        *trial =
            (struct tune_trial){.done = true, .diverged = i % 3 == 0, .steps = i, .evaluations = 2 * i, .settled = i};
        trial->start_loss = random_normal(&random);
        trial->loss = trial->start_loss * 1e-200;
        trial->best_loss = trial->loss * random_uniform(&random, 0, 1);
        size_t parameters;
        optimizer_class_parameters(experiment->optimizers[i % 5].class, &parameters);
        for (size_t p = 0; p < parameters; p++) written[i].values[p] = random_normal(&random);
        assert_true(tune_log_append(log, experiment, &written[i], &error));
    }
    tune_log_close(&log);
    char *text = file_read(path, 1 << 20, &length, &error);
    assert_true(tune_log_parse(text, length, path, &mark, experiment, 8, &entries, &count, &kept, &error));
    assert_int_equal(count, 30);
    assert_int_equal(kept, length);
    assert_memory_equal(entries[17].values, written[17].values, sizeof written[17].values);
    assert_true(entries[17].trial.loss == written[17].trial.loss);
    free(entries);

    char *mangled = MEM_NEW(char, length + 64);
    int taken = 0;
    for (int round = 0; round < 3000; round++) {
        size_t size = length;
        memcpy(mangled, text, length);
        for (size_t k = 1 + random_below(&random, 3); k > 0; k--) {
            size_t at = random_below(&random, size);
            switch (random_below(&random, 4)) {
            case 0: mangled[at] = (char)random_below(&random, 256); break;
            case 1: mangled[at] = "0,9\n-.e#"[random_below(&random, 8)]; break;
            case 2:
                memmove(mangled + at, mangled + at + 1, size - at - 1);
                size--;
                break;
            default: size = at + 1; break;
            }
        }
        char *exact = MEM_NEW(char, size); /* its own allocation: reading past the end is seen */
        memcpy(exact, mangled, size);
        struct error own = {0};
        if (tune_log_parse(exact, size, path, &mark, experiment, 8, &entries, &count, &kept, &own)) {
            taken++;
            assert_true(kept <= size && count <= 30);
            for (size_t i = 0; i < count; i++) {
                assert_memory_equal(entries[i].values, written[i].values, sizeof entries[i].values);
                assert_true(entries[i].trial.loss == written[i].trial.loss &&
                            entries[i].trial.steps == written[i].trial.steps);
            }
        } else {
            assert_int_equal(own.kind, ERROR_INPUT);
            assert_null(entries);
        }
        free(entries);
        free(exact);
    }
    assert_true(taken > 100); /* cut short at a line's end, or within the last */
    free(mangled);
    free(text);
    unlink(path);
    experiment_destroy(&experiment);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_best_rate_of_a_bowl),
        cmocka_unit_test(no_edge_is_taken_for_the_best),
        cmocka_unit_test(what_cannot_be_bracketed_is_said),
        cmocka_unit_test(evaluations_are_equal),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(seeds_differ),
        cmocka_unit_test(sweeps_take_every_combination),
        cmocka_unit_test(bad_params_are_refused),
        cmocka_unit_test(a_sweep_taken_up_again_ends_the_same),
        cmocka_unit_test(mangled_resume_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
