#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"
#include "cli/cli.h"
#include "cli/json.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {0, "every", "K", "steps between two readings (the whole training in about 100)"},
    {0, "steps", "N", "steps instead of the experiment's"},
    {'o', "output", "FILE", "write the table to FILE.csv"},
    {0, "json", NULL, "as JSON on stdout"},
    {0, "threads", "N", "threads (all processors); the result does not depend on it"},
    {0},
};

enum { READINGS = 100 };
static const double TOLERANCE = 1e-5;

struct reading {
    struct sample sample;
    double largest, residual;         /* λ_max of H */
    double conditioned, bound;        /* λ_max of P⁻¹H, NaN where there is no P yet, and what keeps it stable */
};

struct meter {
    struct sharpness *plain, *conditioned;
    double *theta, *scale;
    struct reading *readings;
    size_t count, capacity;
    struct error error;
};

struct survey {
    const struct training *training;
    int64_t steps, every;
    int threads;
    struct meter *meters; /* (runs) */
    int runs;
    atomic_int next;
};

/* ---- what an optimizer makes of the Hessian ------------------------------------------------------------------------ */

static double value_of(const struct experiment_optimizer *optimizer, const char *name, double otherwise) {
    int index = optimizer_class_parameter_index(optimizer->class, name);
    return index >= 0 ? optimizer->values[index] : otherwise;
}

/* The bound of a quadratic's curvature under heavy-ball momentum μ, 2 (1 + μ) / η (Polyak 1964), or with Nesterov's
 * look-ahead, 2 (1 + μ) / ((1 + 2μ) η); momentum as a mean, as Adam's, has η (1 − β₁) for η (Cohen et al. 2021, 2022). */
static double stability_bound(const struct experiment_optimizer *optimizer, double rate) {
    const char *name = optimizer_class_name(optimizer->class);
    double momentum = value_of(optimizer, "momentum", 0), beta = value_of(optimizer, "beta1", 0);
    bool nesterov = strcmp(name, "nesterov") == 0 || value_of(optimizer, "nesterov", 0) != 0;
    if (momentum > 0) rate *= 1 - value_of(optimizer, "dampening", 0);
    if (nesterov && momentum > 0) return 2 * (1 + momentum) / ((1 + 2 * momentum) * rate);
    if (beta > 0) return 2 * (1 + beta) / ((1 - beta) * rate);
    return 2 * (1 + momentum) / rate;
}

/* P^{−1/2} of the update θ ← θ − η P⁻¹ m into `scale`. False where the optimizer has no P, or none yet. */
static bool preconditioner(const struct survey *survey, int run, const struct experiment_optimizer *optimizer, int64_t step,
                           double *scale) {
    const struct trainer *trainer = survey->training->trainer;
    int n = objective_dimension(survey->training->experiment->objective);
    double eps = value_of(optimizer, "eps", 0), correction = 1, mean = 1;
    bool amsgrad = value_of(optimizer, "amsgrad", 0) != 0;
    if (step == 0) return false;
    if (trainer_vector(trainer, run, amsgrad ? "max_exp_avg_sq" : "exp_avg_sq", scale)) {
        correction = 1 - pow(value_of(optimizer, "beta2", 0), (double)step);
        mean = 1 - pow(value_of(optimizer, "beta1", 0), (double)step);
    } else if (trainer_vector(trainer, run, "square_avg", scale)) {
        double *centre = MEM_NEW(double, n);
        if (value_of(optimizer, "centered", 0) != 0 && trainer_vector(trainer, run, "grad_avg", centre))
            for (int i = 0; i < n; i++) scale[i] -= centre[i] * centre[i];
        free(centre);
    } else if (!trainer_vector(trainer, run, "sum", scale)) {
        return false;
    }
    for (int i = 0; i < n; i++) {
        double p = mean * (sqrt(fmax(0, scale[i]) / correction) + eps);
        if (!(p > 0)) return false;
        scale[i] = 1 / sqrt(p);
    }
    return true;
}

/* ---- readings ------------------------------------------------------------------------------------------------------ */

static void read_run(const struct survey *survey, int run) {
    const struct experiment *experiment = survey->training->experiment;
    struct meter *meter = &survey->meters[run];
    const struct experiment_optimizer *optimizer = &experiment->optimizers[run / experiment->start_count];
    struct reading reading = {.conditioned = NAN};
    struct sharpness_reading found;
    if (meter->error.kind || !training_last(survey->training, run, &reading.sample, meter->theta)) return;
    if (meter->count > 0 && meter->readings[meter->count - 1].sample.step == reading.sample.step) return;
    if (!sharpness_read(meter->plain, meter->theta, NULL, &found, &meter->error)) return;
    reading.largest = reading.conditioned = found.largest;
    reading.residual = found.residual;
    reading.bound = stability_bound(optimizer, reading.sample.rate);
    if (optimizer_class_parameter_index(optimizer->class, "eps") >= 0) { /* it divides by something */
        reading.conditioned = NAN;
        if (preconditioner(survey, run, optimizer, reading.sample.step, meter->scale)) {
            if (!sharpness_read(meter->conditioned, meter->theta, meter->scale, &found, &meter->error)) return;
            reading.conditioned = found.largest;
        }
    }
    MEM_GROW(meter->readings, meter->capacity, meter->count + 1);
    meter->readings[meter->count++] = reading;
}

static void *read_runs(void *argument) {
    struct survey *survey = argument;
    for (int run; (run = atomic_fetch_add(&survey->next, 1)) < survey->runs;) read_run(survey, run);
    return NULL;
}

/* Trains to the next reading, reads every run, and so on. */
static bool follow(void *context, struct job *job, struct error *error) {
    struct survey *survey = context;
    struct trainer *trainer = survey->training->trainer;
    enum { THREADS_MAX = 64 };
    pthread_t all[THREADS_MAX];
    int threads = survey->threads ? survey->threads : threads_available();
    if (threads > survey->runs) threads = survey->runs;
    if (threads > THREADS_MAX) threads = THREADS_MAX;
    for (int64_t step = 0;; step = step + survey->every < survey->steps ? step + survey->every : survey->steps) {
        if (!job_going(job, error)) return false;
        trainer_set_goal(trainer, step);
        trainer_wait(trainer);
        atomic_store(&survey->next, 0);
        for (int i = 0; i < threads; i++) thread_start(&all[i], "sharpness", read_runs, survey);
        for (int i = 0; i < threads; i++) pthread_join(all[i], NULL);
        job_note(job, (double)step / (double)survey->steps);
        if (step >= survey->steps) return true;
    }
}

/* ---- what is shown ------------------------------------------------------------------------------------------------- */

static void write_number(FILE *stream, double value) {
    char text[NUMBER_TEXT];
    fprintf(stream, ",%s", isfinite(value) ? number_exact(value, text) : "");
}

static void write_csv(FILE *stream, const struct survey *survey) {
    fputs("run,step,loss,lr,lambda_max,residual,two_over_lr,preconditioned_lambda_max,bound\n", stream);
    for (int run = 0; run < survey->runs; run++) {
        char *label = training_run_label(survey->training->experiment, run);
        const struct meter *meter = &survey->meters[run];
        for (size_t i = 0; i < meter->count; i++) {
            const struct reading *r = &meter->readings[i];
            if (strchr(label, ',')) fprintf(stream, "\"%s\",%lld", label, (long long)r->sample.step);
            else fprintf(stream, "%s,%lld", label, (long long)r->sample.step);
            const double values[] = {r->sample.loss, r->sample.rate, r->largest, r->residual, 2 / r->sample.rate, r->conditioned, r->bound};
            for (size_t k = 0; k < sizeof values / sizeof *values; k++) write_number(stream, values[k]);
            fputc('\n', stream);
        }
        free(label);
    }
}

static cJSON *column(const struct meter *meter, size_t offset) {
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < meter->count; i++) {
        double value;
        memcpy(&value, (const char *)&meter->readings[i] + offset, sizeof value);
        cJSON_AddItemToArray(list, json_number(value));
    }
    return list;
}

static bool print_json(const struct survey *survey, struct error *error) {
    const struct experiment *experiment = survey->training->experiment;
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "experiment", experiment->name);
    cJSON_AddNumberToObject(json, "every", (double)survey->every);
    cJSON *runs = cJSON_AddArrayToObject(json, "runs");
    for (int run = 0; run < survey->runs; run++) {
        const struct meter *meter = &survey->meters[run];
        char *label = training_run_label(experiment, run);
        cJSON *item = cJSON_CreateObject(), *steps = cJSON_CreateArray(), *bounds = cJSON_CreateArray();
        for (size_t i = 0; i < meter->count; i++) {
            cJSON_AddItemToArray(steps, cJSON_CreateNumber((double)meter->readings[i].sample.step));
            cJSON_AddItemToArray(bounds, json_number(2 / meter->readings[i].sample.rate));
        }
        cJSON_AddStringToObject(item, "name", optimizer_class_name(experiment->optimizers[run / experiment->start_count].class));
        cJSON_AddStringToObject(item, "label", label);
        cJSON_AddItemToObject(item, "step", steps);
        cJSON_AddItemToObject(item, "loss", column(meter, offsetof(struct reading, sample.loss)));
        cJSON_AddItemToObject(item, "lr", column(meter, offsetof(struct reading, sample.rate)));
        cJSON_AddItemToObject(item, "lambda_max", column(meter, offsetof(struct reading, largest)));
        cJSON_AddItemToObject(item, "residual", column(meter, offsetof(struct reading, residual)));
        cJSON_AddItemToObject(item, "two_over_lr", bounds);
        cJSON_AddItemToObject(item, "preconditioned_lambda_max", column(meter, offsetof(struct reading, conditioned)));
        cJSON_AddItemToObject(item, "bound", column(meter, offsetof(struct reading, bound)));
        cJSON_AddItemToArray(runs, item);
        free(label);
    }
    return json_print(json, error);
}

static bool show(const struct survey *survey, const char *path, bool as_json, struct error *error) {
    for (int run = 0; run < survey->runs; run++)
        if (survey->meters[run].error.kind) fprintf(stderr, "saddlescope: %s\n", survey->meters[run].error.message);
    if (path) {
        struct outfile *out = outfile_create(path, error);
        if (!out) return false;
        write_csv(outfile_stream(out), survey);
        if (!outfile_commit(&out, error)) return false;
    }
    if (as_json) return print_json(survey, error);
    if (!path) write_csv(stdout, survey);
    return true;
}

static bool measure(struct training *training, const struct cli_input *input, struct survey *survey, struct error *error) {
    const struct objective *objective = training->experiment->objective;
    int n = objective_dimension(objective);
    survey->runs = experiment_run_count(training->experiment);
    survey->meters = MEM_NEW(struct meter, survey->runs);
    for (int run = 0; run < survey->runs; run++)
        survey->meters[run] = (struct meter){.plain = sharpness_create(objective, TOLERANCE, 1),
                                             .conditioned = sharpness_create(objective, TOLERANCE, 2),
                                             .theta = MEM_NEW(double, n),
                                             .scale = MEM_NEW(double, n)};
    trainer_set_limit(training->trainer, survey->steps);
    bool ok = run_job("training", follow, survey, error) &&
              show(survey, cli_value(input, "output"), cli_given(input, "json"), error);
    for (int run = 0; run < survey->runs; run++) {
        struct meter *meter = &survey->meters[run];
        sharpness_destroy(&meter->plain);
        sharpness_destroy(&meter->conditioned);
        free(meter->theta);
        free(meter->scale);
        free(meter->readings);
    }
    free(survey->meters);
    return ok;
}

static int run(const struct cli_input *input) {
    struct error error = {0};
    int64_t threads = 0, steps = -1, every = 0;
    const char *path = cli_value(input, "output");
    if (!cli_integer(input, "threads", 1, 1024, &threads, &error) || !cli_integer(input, "steps", 1, 1000000000, &steps, &error) ||
        !cli_integer(input, "every", 1, 1000000000, &every, &error))
        return cli_fail(&error);
    if (path && strcmp(cli_ending(path), "csv") != 0)
        error_set(&error, ERROR_INPUT, "--output %s: the name must end in .csv", path);
    if (error.kind) return cli_fail(&error);
    struct training training;
    const struct training_params params = {.source = input->words[0], .steps = 0, .threads = (int)threads};
    bool ok = training_run(&training, &params, &error);
    if (ok) {
        struct survey survey = {.training = &training, .threads = (int)threads};
        survey.steps = steps > 0 ? steps : training.experiment->steps;
        survey.every = every > 0 ? every : survey.steps > READINGS ? survey.steps / READINGS : 1;
        atomic_init(&survey.next, 0);
        ok = measure(&training, input, &survey, &error);
    }
    training_release(&training);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_sharpness = {
    .name = "sharpness",
    .words = "EXPERIMENT",
    .summary = "the Hessian's largest eigenvalue during training, against 2 / learning rate",
    .details = "Gradient descent at rate η is stable while λ_max < 2/η; networks sharpen until they are at that edge and stay there\n"
               "(Cohen et al. 2021). The bound counts momentum in. For Adagrad, RMSProp and Adam the preconditioned Hessian is what\n"
               "is to be held against it (Cohen et al. 2022). Without -o or --json the table goes to stdout as CSV.\n\n"
               "  saddlescope sharpness edge-of-stability --json",
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
};
