#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/json.h"

#include <stdlib.h>

static const struct cli_option options[] = {
    {0, "json", NULL, "as JSON"},
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

/* More than two parameters: the points where the runs stopped. */
static bool ends_of_runs(struct training *training, bool as_json, struct error *error) {
    const struct experiment *experiment = training->experiment;
    double *theta = MEM_NEW(double, objective_dimension(experiment->objective));
    cJSON *list = cJSON_CreateArray();
    bool ok = true;
    if (!as_json) print_head();
    for (int run = 0; ok && run < experiment_run_count(experiment); run++) {
        struct sample last;
        char message[160], *label = training_run_label(experiment, run);
        if (training_status(training, run, message, sizeof message) == RUN_DIVERGED ||
            !training_last(training, run, &last, theta)) {
            fprintf(stderr, "saddlescope: %s left out: %s\n", label, message);
            free(label);
            continue;
        }
        struct eigen_report *report = hessian_analyze(experiment->objective, theta, error);
        ok = report != NULL;
        if (ok && as_json) {
            cJSON *json = point_json(report, false);
            cJSON_AddStringToObject(json, "run", label);
            cJSON_AddItemToArray(list, json);
        } else if (ok) {
            print_point(report, false);
        }
        eigen_report_destroy(&report);
        free(label);
    }
    free(theta);
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
    int64_t threads = 0;
    if (!cli_integer(input, "threads", 1, 1024, &threads, &error)) return cli_fail(&error);
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
             ends_of_runs(&training, cli_given(input, "json"), &error);
        training_release(&training);
    }
    experiment_destroy(&experiment);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_critical = {
    .name = "critical",
    .words = "EXPERIMENT",
    .summary = "all critical points of a two-parameter objective in its domain, classified",
    .details = "With more than two parameters: the points where the runs stopped, classified (“not critical” where the gradient\n"
               "is not small).\n\n  saddlescope critical himmelblau --json",
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
};
