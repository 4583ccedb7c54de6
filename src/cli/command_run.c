#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "scene/scene.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { THETA_SHOWN = 16, CHUNK = 1024 };

static const struct cli_option options[] = {
    {'o', "output", "REC.saddle", "record every sample to this file while training"},
    {0, "csv", "FILE", "every sample as comma-separated values (- for stdout)"},
    {0, "params", NULL, "with --csv: parameters too, however many there are"},
    {0, "json", NULL, "the outcome as JSON"},
    {0, "steps", "N", "steps instead of the experiment's"},
    {0, "threads", "N", "optimizers that train at once (all processors); the result does not depend on it"},
    {0},
};

/* Quoted when it has to be (RFC 4180). */
static void write_field(FILE *stream, const char *text) {
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, stream);
        return;
    }
    putc('"', stream);
    for (; *text; text++) {
        if (*text == '"') putc('"', stream);
        putc(*text, stream);
    }
    putc('"', stream);
}

/* Nothing where there is no such figure. */
static void write_figure(FILE *stream, double value) {
    if (isnan(value))
        putc(',', stream);
    else
        fprintf(stream, ",%.17g", value);
}

static void write_csv(FILE *stream, const struct training *training, bool with_theta) {
    int n = objective_dimension(training->experiment->objective);
    fputs("run,step,loss,grad_norm,lr", stream);
    for (int i = 0; with_theta && i < n; i++) fprintf(stream, ",theta%d", i);
    fputs(",validation_loss,test_loss,evaluations,accuracy,validation_accuracy,test_accuracy\n", stream);
    struct sample *samples = MEM_NEW(struct sample, CHUNK);
    double *thetas = MEM_NEW(double, with_theta ? (size_t)CHUNK * (size_t)n : 1);
    for (int run = 0; run < experiment_run_count(training->experiment); run++) {
        char *label = study_run_label(training->experiment, run);
        size_t got;
        for (size_t from = 0;
             !ferror(stream) &&
             (got = timeline_read(training->timeline, run, from, CHUNK, samples, with_theta ? thetas : NULL, NULL)) > 0;
             from += got)
            for (size_t i = 0; i < got; i++) {
                write_field(stream, label);
                fprintf(stream, ",%" PRId64 ",%.17g,%.17g,%.17g", samples[i].step, samples[i].loss,
                        samples[i].gradient_norm, samples[i].rate);
                for (int j = 0; with_theta && j < n; j++)
                    fprintf(stream, ",%.17g", thetas[i * (size_t)n + (size_t)j]);
                write_figure(stream, samples[i].validation_loss);
                write_figure(stream, samples[i].test_loss);
                fprintf(stream, ",%" PRId64, samples[i].evaluations);
                write_figure(stream, samples[i].accuracy);
                write_figure(stream, samples[i].validation_accuracy);
                write_figure(stream, samples[i].test_accuracy);
                putc('\n', stream);
            }
        free(label);
    }
    free(samples);
    free(thetas);
}

static bool save_csv(const char *path, const struct training *training, bool with_theta, struct error *error) {
    if (strcmp(path, "-") == 0) {
        write_csv(stdout, training, with_theta); /* whether it arrives, main() asks */
        return true;
    }
    struct outfile *out = outfile_create(path, error);
    if (!out) return false;
    write_csv(outfile_stream(out), training, with_theta);
    return outfile_commit(&out, error);
}

static double best_loss(const struct timeline *timeline, int run) {
    struct sample *samples = MEM_NEW(struct sample, CHUNK);
    double best = NAN;
    size_t got;
    for (size_t from = 0; (got = timeline_read(timeline, run, from, CHUNK, samples, NULL, NULL)) > 0; from += got)
        for (size_t i = 0; i < got; i++)
            if (!(samples[i].loss >= best)) best = samples[i].loss;
    free(samples);
    return best;
}

/* Shares of samples told right where a run stopped, as it would be used: without noise, with batch norm's moving
 * averages. NaN where there is no such data. */
struct accuracies {
    double train, validation, test;
};

static double accuracy_on(struct evaluator *evaluator, const double *theta, const struct data *data,
                          const double *statistics) {
    double accuracy = NAN;
    if (data) evaluator_test(evaluator, theta, data, statistics, &accuracy);
    return accuracy;
}

static struct accuracies find_accuracies(const struct training *training, int run, const double *theta) {
    const struct objective *objective = training->experiment->objective;
    const struct data *data = objective_data(objective);
    int count = timeline_statistics(training->timeline, run, NULL);
    double *statistics = count > 0 ? MEM_NEW(double, count) : NULL;
    if (statistics) timeline_statistics(training->timeline, run, statistics);
    struct evaluator *evaluator = evaluator_create(objective);
    struct accuracies accuracies = {
        .train = accuracy_on(evaluator, theta, data, statistics),
        .validation = accuracy_on(evaluator, theta, data->validation, statistics),
        .test = accuracy_on(evaluator, theta, data->test, statistics),
    };
    evaluator_destroy(&evaluator);
    free(statistics);
    return accuracies;
}

static bool print_json(const struct training *training, struct error *error) {
    const struct experiment *experiment = training->experiment;
    int n = objective_dimension(experiment->objective), starts = experiment->start_count;
    const struct data *data = objective_data(experiment->objective);
    bool classes = data && data->kind == DATA_CLASSES;
    double *theta = MEM_NEW(double, n);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "experiment", experiment->name);
    char seed[32]; /* cJSON's numbers are doubles, too short for a seed */
    snprintf(seed, sizeof seed, "%" PRIu64, experiment->seed);
    cJSON_AddRawToObject(json, "seed", seed);
    cJSON *runs = cJSON_AddArrayToObject(json, "runs");
    for (int run = 0; run < experiment_run_count(experiment); run++) {
        struct sample last = {.loss = NAN, .gradient_norm = NAN};
        char message[160], *label = study_run_label(experiment, run);
        bool any = training_last(training, run, &last, theta);
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "name", optimizer_class_name(experiment->optimizers[run / starts].class));
        cJSON_AddStringToObject(object, "label", label);
        cJSON_AddNumberToObject(object, "steps", (double)last.step);
        cJSON_AddItemToObject(object, "loss", json_number(last.loss));
        cJSON_AddItemToObject(object, "best_loss", json_number(best_loss(training->timeline, run)));
        cJSON_AddItemToObject(object, "grad_norm", json_number(last.gradient_norm));
        cJSON_AddItemToObject(object, "validation_loss", json_number(last.validation_loss));
        cJSON_AddItemToObject(object, "test_loss", json_number(last.test_loss));
        cJSON_AddNumberToObject(object, "evaluations", (double)last.evaluations);
        if (any && classes) {
            struct accuracies accuracies = find_accuracies(training, run, theta);
            cJSON_AddItemToObject(object, "accuracy", json_number(accuracies.train));
            cJSON_AddItemToObject(object, "validation_accuracy", json_number(accuracies.validation));
            cJSON_AddItemToObject(object, "test_accuracy", json_number(accuracies.test));
        }
        if (any && n <= THETA_SHOWN) cJSON_AddItemToObject(object, "theta", json_numbers(theta, (size_t)n));
        enum run_status status = training_status(training, run, message, sizeof message);
        if (cli_interrupted() && status != RUN_DIVERGED && status != RUN_FINISHED) status = RUN_STOPPED;
        cJSON_AddStringToObject(object, "status", run_status_names[status]);
        if (*message) cJSON_AddStringToObject(object, "message", message);
        cJSON_AddItemToArray(runs, object);
        free(label);
    }
    free(theta);
    return json_print(json, error);
}

static void print_table(const struct training *training) {
    const struct experiment *experiment = training->experiment;
    const struct data *data = objective_data(experiment->objective);
    bool validation = data && data->validation, test = data && data->test;
    printf("%s\n\n%-22s %8s  %-13s %-13s %-13s %s%s%s\n", experiment->title, "optimizer", "steps", "loss", "best loss",
           "gradient norm", validation ? "validation    " : "", test ? "test          " : "", "status");
    for (int run = 0; run < experiment_run_count(experiment); run++) {
        struct sample last = {.loss = NAN, .gradient_norm = NAN, .validation_loss = NAN, .test_loss = NAN};
        char message[160], *label = study_run_label(experiment, run);
        training_last(training, run, &last, NULL);
        enum run_status status = training_status(training, run, message, sizeof message);
        printf("%-*s %8" PRId64 "  %-13.6g %-13.6g %-13.6g ", text_field(label, 22), label, last.step, last.loss,
               best_loss(training->timeline, run), last.gradient_norm);
        if (validation) printf("%-13.6g ", last.validation_loss);
        if (test) printf("%-13.6g ", last.test_loss);
        printf("%s%s%s\n", run_status_names[status], *message ? ": " : "", message);
        free(label);
    }
}

/* What the window would show: the plane, the surface on it and the critical points go into the recording too. */
static bool record_geometry(const char *path, const struct training *training, int threads, struct error *error) {
    const struct exhibit_params params = {
        .experiment = training->experiment, .timeline = training->timeline, .trainer = training->trainer, .threads = threads};
    struct exhibit *exhibit = exhibit_create(&params, error);
    bool ok = exhibit && exhibit_finish(exhibit, error);
    cli_interrupts_defer();
    ok = ok && exhibit_record(exhibit, path, error);
    cli_interrupts_forget();
    exhibit_destroy(&exhibit);
    return ok;
}

static int run(const struct cli_input *input) {
    struct error error = {0};
    int64_t steps = -1, threads = 0;
    if (!cli_integer(input, "steps", 0, 1000000000, &steps, &error) ||
        !cli_integer(input, "threads", 1, 1024, &threads, &error))
        return cli_fail(&error);
    const char *csv = cli_value(input, "csv");
    if (cli_given(input, "params") && !csv) error_set(&error, ERROR_INPUT, "--params goes with --csv FILE");
    if (csv && strcmp(csv, "-") == 0 && cli_given(input, "json"))
        error_set(&error, ERROR_INPUT, "--csv - and --json would both write to stdout; give the table a file");
    const char *record = cli_value(input, "output");
    if (csv && record && strcmp(csv, record) == 0)
        error_set(&error, ERROR_INPUT, "--output and --csv name the same file; give each its own");
    struct experiment *experiment = error.kind ? NULL : experiment_load(input->words[0], &error);
    if (!experiment) return cli_fail(&error);
    bool to_file = csv && strcmp(csv, "-") != 0;
    if (to_file && (!cli_spares_inputs(csv, experiment, &error) || !outfile_possible(csv, &error))) {
        experiment_destroy(&experiment);
        return cli_fail(&error);
    }
    bool with_theta = csv && (objective_dimension(experiment->objective) <= THETA_SHOWN || cli_given(input, "params"));
    struct training training;
    const struct training_params params = {.experiment = experiment,
                                           .steps = steps,
                                           .threads = (int)threads,
                                           .record = record,
                                           .keep_all_parameters = with_theta};
    bool ok = training_run(&training, &params, &error);
    if (ok && record && !cli_interrupted()) ok = record_geometry(record, &training, (int)threads, &error);
    if (ok && csv) ok = save_csv(csv, &training, with_theta, &error);
    if (ok && cli_given(input, "json")) ok = print_json(&training, &error);
    else if (ok && (!csv || to_file)) print_table(&training);
    if (ok && cli_interrupted()) ok = error_set(&error, ERROR_CANCELLED, "stopped");
    training_release(&training);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_run = {
    .name = "run",
    .words = "EXPERIMENT",
    .summary = "train every optimizer without a window",
    .details = "The table's columns are run,step,loss,grad_norm,lr, then theta0,theta1,… (up to 16 parameters, or with --params),\n"
               "then validation_loss,test_loss (empty without such data), evaluations, the gradients used so far, and\n"
               "accuracy,validation_accuracy,test_accuracy, shares told right of all such data (of classifiers);\n"
               "step 0 is the start, before any update. The same seed gives the same bits.\n\n"
               "  saddlescope run himmelblau --json\n  saddlescope run digits -o digits.saddle --csv digits.csv",
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
};
