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
    {0, "nets", "N", "how many nets (60)"},
    {0, "seed", "N", "seed of the first net; the others follow (1)"},
    {0, "steps", "N", "the longest training; each net is trained for its own share of it (the experiment's steps)"},
    {'o', "output", "FILE", "write the table to FILE.csv"},
    {0, "json", NULL, "as JSON on stdout"},
    {0, "threads", "N", "threads (all processors); the result does not depend on it"},
    {0},
};

enum { NETS = 60, PARAMETERS_MAX = 2000, THREADS_MAX = 64 };

struct net {
    uint64_t seed;
    int64_t steps;
    double trained_loss;
    struct seek_result *result;
    struct eigen_report *report;
    struct error error;
};

struct trial {
    const struct experiment *experiment;
    int count, threads;
    uint64_t seed;
    int64_t steps;
    struct net *nets; /* (count) each its thread's */
    struct job *job;
    atomic_int next;
};

/* Full-batch training with the experiment's first optimizer. */
static bool train(const struct trial *trial, struct net *net, double *theta, struct job *part) {
    const struct experiment_optimizer *from = &trial->experiment->optimizers[0];
    const struct objective *objective = trial->experiment->objective;
    int n = objective_dimension(objective);
    struct optimizer *optimizer = experiment_create_optimizer(trial->experiment, from, NULL, &net->error);
    if (!optimizer) return false;
    struct evaluator *evaluator = evaluator_create(objective);
    double *gradient = MEM_NEW(double, n);
    objective_initialise(objective, net->seed, theta);
    bool going = true;
    for (int64_t step = 0; going && step < net->steps; step++) {
        evaluator_gradient(evaluator, theta, NULL, gradient);
        optimizer_step(optimizer, theta, gradient, schedule_factor(&from->schedule, step));
        going = job_going(part, &net->error);
    }
    net->trained_loss = evaluator_loss(evaluator, theta, NULL);
    free(gradient);
    evaluator_destroy(&evaluator);
    optimizer_destroy(&optimizer);
    return going;
}

static void *work(void *argument) {
    struct trial *trial = argument;
    double *theta = MEM_NEW(double, objective_dimension(trial->experiment->objective));
    for (int k; (k = atomic_fetch_add(&trial->next, 1)) < trial->count;) {
        struct net *net = &trial->nets[k];
        struct job *part = job_create_part(trial->job, 1.0 / trial->count);
        net->seed = trial->seed + (uint64_t)k;
        /* From untrained to fully trained, evenly on a logarithmic scale: every height of the loss gets its share. */
        struct random random = random_seeded(net->seed, 1);
        net->steps = (int64_t)(exp(random_uniform(&random, 0, log((double)trial->steps + 1))) - 0.5);
        const struct seek_params params = {.objective = trial->experiment->objective, .theta = theta};
        if (train(trial, net, theta, part)) net->result = critical_seek(&params, part, &net->error);
        if (net->result && net->result->ending == SEEK_FOUND)
            net->report = hessian_analyze(trial->experiment->objective, net->result->theta, &net->error);
        job_note(part, 1);
        job_destroy(&part);
        if (net->error.kind == ERROR_CANCELLED) break;
    }
    free(theta);
    return NULL;
}

static bool carry_out(void *context, struct job *job, struct error *error) {
    struct trial *trial = context;
    trial->job = job;
    pthread_t all[THREADS_MAX];
    int threads = trial->threads ? trial->threads : threads_available();
    if (threads > trial->count) threads = trial->count;
    if (threads > THREADS_MAX) threads = THREADS_MAX;
    for (int i = 0; i < threads; i++) thread_start(&all[i], "nets", work, trial);
    for (int i = 0; i < threads; i++) pthread_join(all[i], NULL);
    return job_going(job, error);
}

/* ---- what is shown ------------------------------------------------------------------------------------------------- */

static int ups(const struct eigen_report *report) {
    return report->n - report->index - report->degenerate;
}

static const char *ending_of(const struct net *net) {
    return net->result ? seek_ending_names[net->result->ending] : "failed";
}

static void write_csv(FILE *stream, const struct trial *trial) {
    char text[4][NUMBER_TEXT];
    fputs("seed,steps,trained_loss,ending,loss,grad_norm,minimum_ratio,positive,degenerate,negative,kind,distance\n", stream);
    for (int k = 0; k < trial->count; k++) {
        const struct net *net = &trial->nets[k];
        fprintf(stream, "%llu,%lld,%s,%s,", (unsigned long long)net->seed, (long long)net->steps,
                number_exact(net->trained_loss, text[0]), ending_of(net));
        if (!net->report) {
            fputs(",,,,,,,\n", stream);
            continue;
        }
        const struct eigen_report *r = net->report;
        fprintf(stream, "%s,%s,%s,%d,%d,%d,%s,%s\n", number_exact(r->loss, text[0]), number_exact(r->gradient_norm, text[1]),
                number_exact((double)ups(r) / r->n, text[2]), ups(r), r->degenerate, r->index, point_kind_names[r->kind],
                number_exact(net->result->distance, text[3]));
    }
}

static bool print_json(const struct trial *trial, struct error *error) {
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "experiment", trial->experiment->name);
    cJSON_AddNumberToObject(json, "n", objective_dimension(trial->experiment->objective));
    cJSON *nets = cJSON_AddArrayToObject(json, "nets");
    for (int k = 0; k < trial->count; k++) {
        const struct net *net = &trial->nets[k];
        const struct eigen_report *r = net->report;
        char verdict[256];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddNumberToObject(item, "seed", (double)net->seed);
        cJSON_AddNumberToObject(item, "steps", (double)net->steps);
        cJSON_AddItemToObject(item, "trained_loss", json_number(net->trained_loss));
        cJSON_AddStringToObject(item, "ending", ending_of(net));
        cJSON_AddStringToObject(item, "verdict",
                                net->result ? seek_result_verdict(net->result, verdict, sizeof verdict) : net->error.message);
        cJSON_AddItemToObject(item, "loss", json_number(r ? r->loss : NAN));
        cJSON_AddItemToObject(item, "grad_norm", json_number(r ? r->gradient_norm : NAN));
        cJSON_AddItemToObject(item, "minimum_ratio", json_number(r ? (double)ups(r) / r->n : NAN));
        if (r) {
            cJSON_AddNumberToObject(item, "positive", ups(r));
            cJSON_AddNumberToObject(item, "degenerate", r->degenerate);
            cJSON_AddNumberToObject(item, "negative", r->index);
            cJSON_AddStringToObject(item, "kind", point_kind_names[r->kind]);
            cJSON_AddItemToObject(item, "eigenvalues", json_numbers(r->eigenvalues, (size_t)r->n));
            cJSON_AddItemToObject(item, "distance", json_number(net->result->distance));
        }
        cJSON_AddItemToArray(nets, item);
    }
    return json_print(json, error);
}

/* Loss upwards, ratio to the right: the lecture's plot in a terminal. */
static void print_plot(const struct trial *trial) {
    enum { ROWS = 12, COLUMNS = 41 };
    int cells[ROWS][COLUMNS] = {0}, found = 0;
    double low = INFINITY, high = -INFINITY;
    for (int k = 0; k < trial->count; k++) {
        const struct eigen_report *r = trial->nets[k].report;
        if (!r) continue;
        found++;
        low = fmin(low, r->loss);
        high = fmax(high, r->loss);
    }
    printf("%d nets of %d parameters; a critical point found near %d of them\n\n", trial->count,
           objective_dimension(trial->experiment->objective), found);
    if (found == 0) return;
    for (int k = 0; k < trial->count; k++) {
        const struct eigen_report *r = trial->nets[k].report;
        if (!r) continue;
        int row = high > low ? (int)((r->loss - low) / (high - low) * (ROWS - 1) + 0.5) : 0;
        cells[row][(int)((double)ups(r) / r->n * (COLUMNS - 1) + 0.5)]++;
    }
    puts("        loss");
    for (int row = ROWS - 1; row >= 0; row--) {
        printf("%12.5g ┤", low + (high - low) * row / (ROWS - 1));
        for (int column = 0; column < COLUMNS; column++) {
            int many = cells[row][column];
            if (many == 0) putchar(' ');
            else if (many < 10) printf("%d", many);
            else putchar('+');
        }
        putchar('\n');
    }
    printf("%12s └", "");
    for (int column = 0; column < COLUMNS; column++) fputs("─", stdout);
    printf("\n%13s0%*s0.5%*s1\n%13sminimum ratio: positive eigenvalues / all; digits count nets\n", "", COLUMNS / 2 - 1, "",
           COLUMNS / 2 - 3, "", "");
}

static bool show(const struct trial *trial, const char *path, bool as_json, struct error *error) {
    for (int k = 0; k < trial->count; k++)
        if (trial->nets[k].error.kind)
            fprintf(stderr, "saddlescope: seed %llu: %s\n", (unsigned long long)trial->nets[k].seed, trial->nets[k].error.message);
    if (path) {
        struct outfile *out = outfile_create(path, error);
        if (!out) return false;
        write_csv(outfile_stream(out), trial);
        if (!outfile_commit(&out, error)) return false;
    }
    if (as_json) return print_json(trial, error);
    print_plot(trial);
    return true;
}

static int run(const struct cli_input *input) {
    struct error error = {0};
    int64_t threads = 0, steps = -1, nets = NETS, seed = 1;
    const char *path = cli_value(input, "output");
    if (!cli_integer(input, "threads", 1, 1024, &threads, &error) || !cli_integer(input, "nets", 1, 100000, &nets, &error) ||
        !cli_integer(input, "seed", 0, INT32_MAX, &seed, &error) || !cli_integer(input, "steps", 0, 10000000, &steps, &error))
        return cli_fail(&error);
    if (path && strcmp(cli_ending(path), "csv") != 0)
        error_set(&error, ERROR_INPUT, "--output %s: the name must end in .csv", path);
    if (error.kind) return cli_fail(&error);
    struct experiment *experiment = experiment_load(input->word_count ? input->words[0] : "minimum-ratio", &error);
    if (!experiment) return cli_fail(&error);
    int n = objective_dimension(experiment->objective);
    bool ok = true;
    if (objective_is_expression(experiment->objective))
        ok = error_set(&error, ERROR_INPUT, "%s is a formula, whose start no seed changes; an experiment with a network is right",
                       experiment->name);
    else if (n > PARAMETERS_MAX)
        ok = error_set(&error, ERROR_INPUT, "%s has %d parameters; for the full spectrum of every net at most %d are right",
                       experiment->name, n, PARAMETERS_MAX);
    if (ok) {
        struct trial trial = {.experiment = experiment,
                              .count = (int)nets,
                              .threads = (int)threads,
                              .seed = (uint64_t)seed,
                              .steps = steps >= 0 ? steps : experiment->steps,
                              .nets = MEM_NEW(struct net, (size_t)nets)};
        atomic_init(&trial.next, 0);
        ok = run_job("nets", carry_out, &trial, &error) && show(&trial, path, cli_given(input, "json"), &error);
        for (int k = 0; k < trial.count; k++) {
            seek_result_destroy(&trial.nets[k].result);
            eigen_report_destroy(&trial.nets[k].report);
        }
        free(trial.nets);
    }
    experiment_destroy(&experiment);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_minimum_ratio = {
    .name = "minimum-ratio",
    .words = "[EXPERIMENT]",
    .summary = "how many directions lead up at the critical points of many small nets",
    .details = "Each net starts from its own seed and is trained, on all data, with the experiment's first optimizer for its own\n"
               "number of steps, so that all heights of the loss are met; then a search goes to a critical point near it. The\n"
               "ratio is the share of positive eigenvalues of the full Hessian: 1 at a true minimum. Without a name the built-in\n"
               "experiment of that name is taken.\n\n"
               "  saddlescope minimum-ratio\n  saddlescope minimum-ratio iris --nets 20 -o ratio.csv",
    .least_words = 0,
    .most_words = 1,
    .run = run,
    .options = options,
};
