#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"
#include "cli/cli.h"
#include "cli/json.h"

#include <stdatomic.h>
#include <stdlib.h>

static const struct cli_option options[] = {
    {0, "json", NULL, "as JSON"},
    {0, "from", "N", "more than two parameters: search from N evenly spaced points of each path (1: its end)"},
    {0, "threads", "N", "threads (all processors)"},
    {0},
};

static cJSON *point_json(const struct eigen_report *report, bool valley) {
    cJSON *json = json_report(report, true);
    if (valley) cJSON_AddTrueToObject(json, "valley");
    return json;
}

static void print_point(const struct eigen_report *report, bool valley) {
    char number[NUMBER_TEXT];
    struct text at = {0};
    for (int i = 0; i < report->n && i < 4; i++) text_format(&at, "%s%.10g", i ? ", " : "", report->at[i]);
    if (report->n > 4) text_append(&at, ", …");
    printf("%-13s %-34s %-16.10g %-9s", point_kind_names[report->kind], at.bytes, report->loss,
           number_text(report->gradient_norm, 2, number));
    text_clear(&at);
    int shown = report->n <= 4 ? report->n : 2;
    for (int i = 0; i < shown; i++) printf(" %s", number_text(report->eigenvalues[i], 5, number));
    if (report->n > 4) printf(" … %s", number_text(report->eigenvalues[report->n - 1], 5, number));
    puts(valley ? "   (one of a connected valley)" : "");
}

static void print_head(void) {
    printf("%-13s %-34s %-16s %-9s %s\n", "kind", "at", "loss", "‖g‖", "  eigenvalues");
}

static void cancel(void *context) {
    critical_cancel(context);
}

static bool search(const struct experiment *experiment, int threads, bool as_json, struct error *error) {
    const struct critical_params params = {
        .objective = experiment->objective,
        .low = {experiment->domain[0][0], experiment->domain[1][0]},
        .high = {experiment->domain[0][1], experiment->domain[1][1]},
        .threads = threads,
    };
    struct critical_search *found = critical_create(&params, error);
    if (!found) return false;
    cli_interrupts_watch(cancel, found);
    critical_wait(found);
    cli_interrupts_forget();
    bool ok = !cli_interrupted() || error_set(error, ERROR_CANCELLED, "stopped");
    const struct critical_point *points;
    size_t count = ok ? critical_points(found, &points) : 0;
    cJSON *list = cJSON_CreateArray();
    if (ok && !critical_complete(found))
        fputs("saddlescope: there may be more: the search met its limits (a continuum without end, or over 4096 points)\n", stderr);
    if (ok && !as_json && count == 0) puts("no critical points in the domain");
    else if (ok && !as_json) print_head();
    for (size_t i = 0; i < count; i++) {
        if (as_json) cJSON_AddItemToArray(list, point_json(points[i].report, points[i].valley));
        else print_point(points[i].report, points[i].valley);
    }
    critical_destroy(&found);
    if (ok && as_json) {
        cJSON *json = cJSON_CreateObject();
        cJSON_AddItemToObject(json, "points", list);
        return json_print(json, error);
    }
    cJSON_Delete(list);
    return ok;
}

/* ---- more than two parameters: searches from points of the paths ---------------------------------------------------- */

enum { REPORT_ALL_MAX = 5000, REPORT_ENDS = 5, VECTORS_ALL_MAX = 300, THREADS_MAX = 64 };

struct departure {
    int run;
    struct sample from;
    double *theta;
    struct seek_result *result;
    struct eigen_report *report; /* NULL where n is too large for all eigenvalues */
    struct eigen_ends *ends;     /* … then these */
    struct escape escape;        /* along the most negative direction, where there is one */
    struct error error;
};

struct expedition {
    const struct objective *objective;
    struct departure *departures;
    int count, threads;
    struct job *job;
    atomic_int next;
};

static bool describe(const struct expedition *expedition, struct departure *d, struct job *part) {
    const double *lowest;
    double least, tolerance;
    if (d->result->n <= REPORT_ALL_MAX) {
        d->report = hessian_analyze(expedition->objective, d->result->theta, &d->error);
        if (!d->report) return false;
        lowest = d->report->eigenvectors;
        least = d->report->eigenvalues[0];
        tolerance = d->report->tolerance;
    } else {
        d->ends = hessian_ends(expedition->objective, d->result->theta, REPORT_ENDS, part, &d->error);
        if (!d->ends) return false;
        lowest = d->ends->eigenvectors;
        least = d->ends->eigenvalues[0];
        tolerance = d->ends->tolerance;
    }
    if (d->result->ending == SEEK_FOUND && least < -tolerance) {
        double *theta = MEM_NEW(double, 2 * (size_t)d->result->n);
        d->escape = critical_escape(expedition->objective, d->result->theta, lowest, theta);
        free(theta);
    }
    return true;
}

static void *search_from(void *argument) {
    struct expedition *expedition = argument;
    for (int k; (k = atomic_fetch_add(&expedition->next, 1)) < expedition->count;) {
        struct departure *d = &expedition->departures[k];
        struct job *part = job_create_part(expedition->job, 1.0 / expedition->count);
        const struct seek_params params = {.objective = expedition->objective, .theta = d->theta};
        d->result = critical_seek(&params, part, &d->error);
        bool ok = d->result && describe(expedition, d, part);
        job_note(part, 1);
        job_destroy(&part);
        if (!ok && d->error.kind == ERROR_CANCELLED) break;
    }
    return NULL;
}

static bool search_all(void *context, struct job *job, struct error *error) {
    struct expedition *expedition = context;
    expedition->job = job;
    int threads = expedition->threads ? expedition->threads : threads_available();
    if (threads > expedition->count) threads = expedition->count;
    if (threads > THREADS_MAX) threads = THREADS_MAX;
    pthread_t all[THREADS_MAX];
    for (int i = 0; i < threads; i++) thread_start(&all[i], "critical", search_from, expedition);
    for (int i = 0; i < threads; i++) pthread_join(all[i], NULL);
    return job_going(job, error);
}

static cJSON *departure_json(const struct departure *d, const char *label) {
    char verdict[256];
    const struct seek_result *result = d->result;
    cJSON *json;
    if (d->report) {
        int n = d->report->n, up = n - d->report->index - d->report->degenerate;
        json = json_report(d->report, n <= VECTORS_ALL_MAX);
        if (n > VECTORS_ALL_MAX) { /* the two that matter */
            cJSON *rows = cJSON_AddArrayToObject(json, "eigenvectors"), *which = cJSON_AddArrayToObject(json, "eigenvector_rows");
            for (int k = 0; k < 2; k++) {
                size_t row = k ? (size_t)n - 1 : 0;
                cJSON_AddItemToArray(rows, json_numbers(d->report->eigenvectors + row * (size_t)n, (size_t)n));
                cJSON_AddItemToArray(which, cJSON_CreateNumber((double)row));
            }
        }
        cJSON_AddNumberToObject(json, "positive", up);
        cJSON_AddNumberToObject(json, "negative", d->report->index);
        cJSON_AddNumberToObject(json, "degenerate", d->report->degenerate);
        cJSON_AddItemToObject(json, "minimum_ratio", json_number((double)up / n));
    } else {
        json = json_ends(d->ends, true);
    }
    cJSON_AddStringToObject(json, "run", label);
    cJSON_AddNumberToObject(json, "from_step", (double)d->from.step);
    cJSON_AddItemToObject(json, "from_loss", json_number(d->from.loss));
    cJSON_AddStringToObject(json, "ending", seek_ending_names[result->ending]);
    cJSON_AddStringToObject(json, "method", seek_method_names[result->method]);
    cJSON_AddStringToObject(json, "verdict", seek_result_verdict(result, verdict, sizeof verdict));
    cJSON_AddItemToObject(json, "distance", json_number(result->distance));
    cJSON_AddNumberToObject(json, "iterations", result->iterations);
    cJSON_AddNumberToObject(json, "products", (double)result->products);
    if (d->escape.step[0] > 0 || d->escape.step[1] > 0) {
        cJSON *escape = cJSON_AddObjectToObject(json, "escape");
        cJSON_AddItemToObject(escape, "steps", json_numbers(d->escape.step, 2));
        cJSON_AddItemToObject(escape, "losses", json_numbers(d->escape.loss, 2));
    }
    return json;
}

static void print_departure(const struct departure *d, const char *label) {
    char verdict[256], number[2][NUMBER_TEXT];
    const struct seek_result *result = d->result;
    printf("%-16s %8lld  %-12.6g", label, (long long)d->from.step, result->loss);
    if (result->ending != SEEK_FOUND) {
        printf(" %s\n", seek_result_verdict(result, verdict, sizeof verdict));
        return;
    }
    printf(" %-12s", point_kind_names[d->report ? d->report->kind : d->ends->kind]);
    if (d->report) {
        int n = d->report->n, up = n - d->report->index - d->report->degenerate;
        printf(" %4d down %4d flat %5d up   ratio %.3f", d->report->index, d->report->degenerate, up, (double)up / n);
    } else {
        printf(" %s%d of %d down", d->ends->index_exact ? "" : "at least ", d->ends->index, d->ends->n);
    }
    printf("   ‖g‖ %s, %s away (%s)\n", number_text(result->gradient_norm, 2, number[0]), number_text(result->distance, 3, number[1]),
           seek_method_names[result->method]);
}

/* `each` evenly spaced points of every run, its end last; those whose parameters are kept. */
static int gather_departures(struct training *training, int each, struct departure **out) {
    const struct experiment *experiment = training->experiment;
    int runs = experiment_run_count(experiment), count = 0, n = objective_dimension(experiment->objective);
    struct departure *all = MEM_NEW(struct departure, (size_t)runs * (size_t)each);
    for (int run = 0; run < runs; run++) {
        char message[160], *label = training_run_label(experiment, run);
        size_t have = timeline_count(training->timeline, run);
        if (each == 1 && training_status(training, run, message, sizeof message) == RUN_DIVERGED) {
            fprintf(stderr, "saddlescope: %s left out: %s\n", label, message);
            have = 0;
        }
        size_t before = SIZE_MAX;
        for (int k = 0; k < each && have > 0; k++) {
            size_t index = each == 1 ? have - 1 : (size_t)((double)(have - 1) * k / (each - 1) + 0.5);
            bool known = false;
            struct departure *d = &all[count];
            double *theta = MEM_NEW(double, n);
            for (size_t at = index; index != before && at < have && !known; at++)
                if (timeline_read(training->timeline, run, at, 1, &d->from, theta, &known) == 0) break;
            before = index;
            if (!known) {
                free(theta);
                continue;
            }
            d->run = run;
            d->theta = theta;
            count++;
        }
        free(label);
    }
    *out = all;
    return count;
}

static bool search_paths(struct training *training, int each, int threads, bool as_json, struct error *error) {
    struct expedition expedition = {.objective = training->experiment->objective, .threads = threads};
    expedition.count = gather_departures(training, each, &expedition.departures);
    atomic_init(&expedition.next, 0);
    bool ok = expedition.count == 0 || run_job("critical points", search_all, &expedition, error);
    cJSON *list = cJSON_CreateArray();
    if (ok && !as_json) printf("%-16s %8s  %-12s %s\n", "run", "from step", "loss", "");
    for (int k = 0; k < expedition.count; k++) {
        struct departure *d = &expedition.departures[k];
        char *label = training_run_label(training->experiment, d->run);
        if (ok && d->error.kind)
            fprintf(stderr, "saddlescope: %s, step %lld: %s\n", label, (long long)d->from.step, d->error.message);
        else if (ok && as_json) cJSON_AddItemToArray(list, departure_json(d, label));
        else if (ok) print_departure(d, label);
        free(label);
        free(d->theta);
        seek_result_destroy(&d->result);
        eigen_report_destroy(&d->report);
        eigen_ends_destroy(&d->ends);
    }
    free(expedition.departures);
    if (ok && as_json) {
        cJSON *json = cJSON_CreateObject();
        cJSON_AddItemToObject(json, "points", list);
        return json_print(json, error);
    }
    cJSON_Delete(list);
    return ok;
}

static int run(const struct cli_input *input) {
    struct error error = {0};
    int64_t threads = 0, each = 1;
    if (!cli_integer(input, "threads", 1, 1024, &threads, &error) || !cli_integer(input, "from", 1, 10000, &each, &error))
        return cli_fail(&error);
    struct experiment *experiment = experiment_load(input->words[0], &error);
    if (!experiment) return cli_fail(&error);
    bool ok;
    if (objective_is_expression(experiment->objective) && objective_dimension(experiment->objective) == 2) {
        ok = search(experiment, (int)threads, cli_given(input, "json"), &error);
    } else {
        struct training training;
        const struct training_params params = {.experiment = experiment, .steps = -1, .threads = (int)threads};
        experiment = NULL;
        ok = training_run(&training, &params, &error) &&
             (!cli_interrupted() || error_set(&error, ERROR_CANCELLED, "stopped")) &&
             search_paths(&training, (int)each, (int)threads, cli_given(input, "json"), &error);
        training_release(&training);
    }
    experiment_destroy(&experiment);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_critical = {
    .name = "critical",
    .words = "EXPERIMENT",
    .summary = "critical points, classified: all of two parameters in the domain, else those near the paths",
    .details = "With more than two parameters the optimizers train first, and from where each run stopped (--from: from points\n"
               "all along its path) a search goes to a critical point near it, or says why it found none: minima may lie at\n"
               "infinity, and a gradient in the Hessian's null space leads nowhere. The ratio is the share of positive\n"
               "eigenvalues; those that are zero within rounding are counted apart.\n\n"
               "  saddlescope critical himmelblau --json\n  saddlescope critical iris --from 5",
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
};
