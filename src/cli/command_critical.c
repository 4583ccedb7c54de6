#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/json.h"

#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {0, "escape", NULL, "leave each saddle along its lowest direction, both ways, and train on from there"},
    {'o', "output", "FILE", "searches from paths: write the table to FILE.csv"},
    {0, "record", NULL, "searches from paths: also put them into the recording they started from"},
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
    number_text(report->gradient_norm, 2, number);
    printf("%-13s %-34s %-16.10g %-*s", point_kind_names[report->kind], at.bytes, report->loss, text_field(number, 9),
           number);
    text_clear(&at);
    int shown = report->n <= 4 ? report->n : 2;
    for (int i = 0; i < shown; i++) printf(" %s", number_text(report->eigenvalues[i], 5, number));
    if (report->n > 4) printf(" … %s", number_text(report->eigenvalues[report->n - 1], 5, number));
    puts(valley ? "   (one of a connected valley)" : "");
}

static void print_head(void) {
    printf("%-13s %-34s %-16s %-*s %s\n", "kind", "at", "loss", text_field("‖g‖", 9), "‖g‖", "eigenvalues");
}

/* ---- away from a saddle, and on ---------------------------------------------------------------------------------- */

static const char *const side_names[2] = {"+", "-"};

/* Trains from either side; into `json` (that of the escape) or, when it is NULL, as lines. */
static bool train_on(const struct experiment *experiment, const struct escape_way ways[2], int threads, cJSON *json,
                     struct error *error) {
    struct onward_end ends[EXPERIMENT_MAX_OPTIMIZERS];
    cJSON *list = json ? cJSON_AddArrayToObject(json, "trained") : NULL;
    for (int side = 0; side < 2; side++) {
        if (!ways[side].theta) continue;
        if (!training_onward(experiment, ways[side].theta, threads, ends, error)) return false;
        char number[3][NUMBER_TEXT];
        if (!json)
            printf("    %s %s along the lowest direction: loss %s\n", side == 0 ? "+" : "−",
                   number_text(ways[side].length, 4, number[0]), number_text(ways[side].loss, 6, number[1]));
        for (int o = 0; o < experiment->optimizer_count; o++) {
            const char *label = experiment->optimizers[o].label;
            if (json) {
                cJSON *item = cJSON_CreateObject();
                cJSON_AddStringToObject(item, "side", side_names[side]);
                cJSON_AddStringToObject(item, "label", label);
                cJSON_AddStringToObject(item, "status", run_status_names[ends[o].status]);
                cJSON_AddNumberToObject(item, "steps", (double)ends[o].steps);
                cJSON_AddItemToObject(item, "loss", json_number(ends[o].loss));
                cJSON_AddItemToArray(list, item);
            } else {
                printf("        %-16s %s after %lld steps%s\n", label, number_text(ends[o].loss, 6, number[2]),
                       (long long)ends[o].steps, ends[o].status == RUN_DIVERGED ? ", where it diverged" : "");
            }
        }
    }
    return true;
}

static cJSON *escape_json(const struct escape_way ways[2]) {
    cJSON *escape = cJSON_CreateObject();
    const double steps[] = {ways[0].length, ways[1].length}, losses[] = {ways[0].loss, ways[1].loss};
    cJSON_AddItemToObject(escape, "steps", json_numbers(steps, 2));
    cJSON_AddItemToObject(escape, "losses", json_numbers(losses, 2));
    return escape;
}

/* ---- two parameters: all of the domain --------------------------------------------------------------------------- */

static void cancel(void *context) {
    critical_cancel(context);
}

static bool escape_from(const struct experiment *experiment, const struct eigen_report *report, int threads,
                        cJSON *json, struct error *error) {
    const struct escape_params params = {
        .objective = experiment->objective, .theta = report->at, .direction = report->eigenvectors};
    struct study *study = study_create_escape(&params, error);
    bool ok = study && watch_study(study, error);
    const struct escape_finding *finding = ok ? study_read_escape(study) : NULL;
    cJSON *escape = ok && json ? escape_json(finding->ways) : NULL;
    if (escape) cJSON_AddItemToObject(json, "escape", escape);
    ok = ok && train_on(experiment, finding->ways, threads, escape, error);
    study_destroy(&study);
    return ok;
}

static bool show_points(const struct experiment *experiment, const struct critical_point *points, size_t count,
                        int threads, bool escape, cJSON *list, struct error *error) {
    if (!list && count == 0)
        puts("no critical points in the domain");
    else if (!list)
        print_head();
    for (size_t i = 0; i < count; i++) {
        cJSON *json = list ? point_json(points[i].report, points[i].valley) : NULL;
        if (list)
            cJSON_AddItemToArray(list, json);
        else
            print_point(points[i].report, points[i].valley);
        if (escape && points[i].report->index > 0 && !escape_from(experiment, points[i].report, threads, json, error))
            return false;
    }
    return true;
}

/* Takes the list over; NULL: all is printed already. */
static bool print_list(bool ok, cJSON *list, struct error *error) {
    if (!ok || !list) {
        cJSON_Delete(list);
        return ok;
    }
    cJSON *json = cJSON_CreateObject();
    cJSON_AddItemToObject(json, "points", list);
    return json_print(json, error);
}

static bool search(const struct experiment *experiment, int threads, bool escape, bool as_json, struct error *error) {
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
    if (ok && !critical_complete(found))
        fputs("saddlescope: there may be more: the search met its limits (a continuum without end, or over 4096 "
              "points)\n",
              stderr);
    cJSON *list = as_json ? cJSON_CreateArray() : NULL;
    ok = ok && show_points(experiment, points, count, threads, escape, list, error);
    critical_destroy(&found);
    return print_list(ok, list, error);
}

/* ---- more than two parameters: searches from points of the paths ----------------------------------------------------
 */

enum { VECTORS_ALL_MAX = 300 };

/* Where a search starts. */
struct departure {
    int run;
    struct sample from;
    double *theta;
};

static cJSON *finding_json(const struct seek_finding *finding, const struct departure *d, const char *label) {
    const struct seek_result *result = finding->result;
    const struct eigen_report *report = finding->report;
    char verdict[256];
    cJSON *json;
    if (report) {
        int n = report->n;
        json = json_report(report, n <= VECTORS_ALL_MAX);
        if (n > VECTORS_ALL_MAX) { /* the two that matter */
            cJSON *rows = cJSON_AddArrayToObject(json, "eigenvectors"),
                  *which = cJSON_AddArrayToObject(json, "eigenvector_rows");
            for (int k = 0; k < 2; k++) {
                size_t row = k ? (size_t)n - 1 : 0;
                cJSON_AddItemToArray(rows, json_numbers(report->eigenvectors + row * (size_t)n, (size_t)n));
                cJSON_AddItemToArray(which, cJSON_CreateNumber((double)row));
            }
        }
        cJSON_AddNumberToObject(json, "positive", finding->positive);
        cJSON_AddNumberToObject(json, "negative", finding->negative);
        cJSON_AddNumberToObject(json, "degenerate", finding->degenerate);
        cJSON_AddItemToObject(json, "minimum_ratio", json_number(finding->share));
    } else {
        json = json_ends(finding->ends, true);
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
    if (finding->rough) cJSON_AddTrueToObject(json, "rough");
    return json;
}

static void print_finding(const struct seek_finding *finding, const struct departure *d, const char *label) {
    char verdict[256], number[2][NUMBER_TEXT];
    const struct seek_result *result = finding->result;
    printf("%-16s %8lld  %-12.6g", label, (long long)d->from.step, result->loss);
    if (result->ending != SEEK_FOUND) {
        printf(" %s\n", seek_result_verdict(result, verdict, sizeof verdict));
        return;
    }
    printf(" %-12s", point_kind_names[finding->kind]);
    if (finding->report)
        printf(" %4d down %4d flat %5d up   ratio %.3f", finding->negative, finding->degenerate, finding->positive,
               finding->share);
    else
        printf(" %s%d of %d down", finding->ends->index_exact ? "" : "at least ", finding->negative, finding->ends->n);
    printf("   ‖g‖ %s, %s away (%s)%s\n", number_text(result->gradient_norm, 2, number[0]),
           number_text(result->distance, 3, number[1]), seek_method_names[result->method],
           finding->rough ? "; not smooth here: the gradient jumps nearby" : "");
}

/* `each` evenly spaced points of every run, its end last; those whose parameters are kept. */
static int gather_departures(struct training *training, int each, struct departure **out) {
    const struct experiment *experiment = training->experiment;
    int runs = experiment_run_count(experiment), count = 0, n = objective_dimension(experiment->objective);
    struct departure *all = MEM_NEW(struct departure, (size_t)runs * (size_t)each);
    for (int run = 0; run < runs; run++) {
        char message[160], *label = study_run_label(experiment, run);
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

static bool show_finding(const struct training *training, const struct seek_finding *finding, const struct departure *d,
                         bool escape, int threads, cJSON *list, struct error *error) {
    char *label = study_run_label(training->experiment, d->run);
    bool ok = true;
    if (!finding || finding->error.kind) {
        fprintf(stderr, "saddlescope: %s, step %lld: %s\n", label, (long long)d->from.step,
                finding ? finding->error.message : "stopped");
    } else {
        bool away = finding->ways[0].theta || finding->ways[1].theta;
        cJSON *json = list ? finding_json(finding, d, label) : NULL,
              *way = json && away ? escape_json(finding->ways) : NULL;
        if (json) cJSON_AddItemToArray(list, json);
        if (way) cJSON_AddItemToObject(json, "escape", way);
        if (!list) print_finding(finding, d, label);
        if (escape && away) ok = train_on(training->experiment, finding->ways, threads, way, error);
    }
    free(label);
    return ok;
}

static bool search_paths(struct training *training, const struct cli_input *input, int each, int threads,
                         struct error *error) {
    struct departure *departures;
    int count = gather_departures(training, each, &departures);
    size_t n = (size_t)objective_dimension(training->experiment->objective);
    bool as_json = cli_given(input, "json"), escape = cli_given(input, "escape");
    cJSON *list = as_json ? cJSON_CreateArray() : NULL;
    double *starts = MEM_NEW(double, (size_t)count *n);
    for (int k = 0; k < count; k++) memcpy(starts + (size_t)k * n, departures[k].theta, n * sizeof *starts);
    const struct critical_seek_params params = {
        .objective = training->experiment->objective, .starts = starts, .count = count, .threads = threads};
    struct study *study = count > 0 ? study_create_seek(&params, error) : NULL;
    bool ok = count == 0 || (study && watch_study(study, error));
    if (ok && study && cli_given(input, "record")) ok = keep_study(study, input->words[0], "", error);
    if (ok && study && cli_given(input, "output")) ok = write_study(study, cli_value(input, "output"), error);
    if (ok && !as_json) printf("%-16s %8s  %-12s %s\n", "run", "from step", "loss", "");
    for (int k = 0; ok && k < count; k++)
        ok = show_finding(training, study_read_seek(study, k), &departures[k], escape, threads, list, error);
    for (int k = 0; k < count; k++) free(departures[k].theta);
    study_destroy(&study);
    free(starts);
    free(departures);
    return print_list(ok, list, error);
}

static int run(const struct cli_input *input) {
    struct error error = {0};
    int64_t threads = 0, each = 1;
    struct training training = {0};
    cli_output(input, 1u << OUTPUT_CSV, &error);
    if (error.kind || !cli_integer(input, "threads", 1, 1024, &threads, &error) ||
        !cli_integer(input, "from", 1, 10000, &each, &error) || !cli_recording(input, &error) ||
        !training_open(&training, input->words[0], &error))
        return cli_fail(&error);
    bool ok = true;
    if (objective_is_expression(training.experiment->objective) &&
        objective_dimension(training.experiment->objective) == 2) {
        if (cli_given(input, "output") || cli_given(input, "record"))
            ok = error_set(&error, ERROR_INPUT,
                           "--%s is for searches from paths; of two parameters all of the domain is searched",
                           cli_given(input, "output") ? "output" : "record");
        ok = ok &&
             search(training.experiment, (int)threads, cli_given(input, "escape"), cli_given(input, "json"), &error);
    } else {
        if (!training.timeline) {
            const struct training_params params = {
                .experiment = training.experiment, .steps = -1, .threads = (int)threads};
            ok = training_run(&training, &params, &error) &&
                 (!cli_interrupted() || error_set(&error, ERROR_CANCELLED, "stopped"));
        }
        ok = ok && search_paths(&training, input, (int)each, (int)threads, &error);
    }
    training_release(&training);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_critical = {
    .name = "critical",
    .words = "EXPERIMENT|RECORDING",
    .summary = "critical points, classified: all of two parameters in the domain, else those near the paths",
    .details =
        "With more than two parameters the optimizers train first, and from where each run stopped (--from: from "
        "points\n"
        "all along its path) a search goes to a critical point near it, or says why it found none: minima may lie at\n"
        "infinity, and a gradient in the Hessian's null space leads nowhere. The ratio is the share of positive\n"
        "eigenvalues; those that are zero within rounding are counted apart.\n\n"
        "  saddlescope critical himmelblau --json\n  saddlescope critical iris --from 5\n"
        "  saddlescope critical saddle --escape",
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
};
