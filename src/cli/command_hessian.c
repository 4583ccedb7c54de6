#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/json.h"

#include <math.h>
#include <stdlib.h>

static const struct cli_option options[] = {
    {0, "at", "WHERE", "start (the default), numbers such as 0,0, or end:NAME: where optimizer NAME stopped"},
    {0, "top", "K", "only the K eigenpairs with the largest |λ|"},
    {0, "full", NULL, "all eigenpairs (the default)"},
    {0, "spectrum", NULL, "all eigenvalues, no vectors"},
    {0, "json", NULL, "as JSON"},
    {0, "threads", "N", "for end:NAME: optimizers that train at once"},
    {0},
};

/* Keeps the k eigenpairs of largest magnitude, still ascending: they are a prefix and a suffix. */
static void keep_largest(struct eigen_report *report, int k, int *first, int *last) {
    int low = 0, high = report->n;
    while (high - low > report->n - k) {
        if (fabs(report->eigenvalues[low]) > fabs(report->eigenvalues[high - 1])) low++;
        else high--;
    }
    *first = low;  /* [0, low) and [high, n) are kept */
    *last = high;
}

static void print_table(const struct eigen_report *report, int gap_first, int gap_last, bool vectors) {
    char verdict[256], number[NUMBER_TEXT];
    printf("loss %.12g   ‖g‖ %.6g   %s\n\n", report->loss, report->gradient_norm,
           eigen_report_verdict(report, verdict, sizeof verdict));
    printf("%6s  %-22s %-12s%s\n", "", "eigenvalue", "‖Hv − λv‖", vectors ? " eigenvector" : "");
    for (int k = 0; k < report->n; k++) {
        if (k >= gap_first && k < gap_last) {
            if (k == gap_first) printf("   …\n");
            continue;
        }
        printf("%6d  %-20.12g %-10.2g", k + 1, report->eigenvalues[k], report->residuals[k]);
        for (int i = 0; vectors && i < report->n && i < 8; i++)
            printf("%s%s", i ? ", " : "  (", number_text(report->eigenvectors[k * report->n + i], 6, number));
        puts(!vectors ? "" : report->n > 8 ? ", …)" : ")");
    }
}

static cJSON *report_json(const struct eigen_report *report, int gap_first, int gap_last, bool vectors) {
    cJSON *json = json_report(report, vectors);
    const char *const lists[] = {"eigenvalues", "eigenvectors", "residuals"};
    for (int i = 0; i < 3; i++) {
        cJSON *list = cJSON_GetObjectItem(json, lists[i]);
        for (int k = gap_first; list && k < gap_last; k++) cJSON_DeleteItemFromArray(list, gap_first);
    }
    return json;
}

static int run(const struct cli_input *input) {
    struct error error = {0};
    int64_t top = 0, threads = 0;
    const char *where = cli_given(input, "at") ? cli_value(input, "at") : "start";
    if (cli_given(input, "top") + cli_given(input, "full") + cli_given(input, "spectrum") > 1)
        error_set(&error, ERROR_INPUT, "--top, --full and --spectrum exclude one another; give one");
    if (error.kind || !cli_integer(input, "top", 1, HESSIAN_MAX, &top, &error) ||
        !cli_integer(input, "threads", 1, 1024, &threads, &error))
        return cli_fail(&error);
    struct training training = {.experiment = experiment_load(input->words[0], &error)};
    if (!training.experiment) return cli_fail(&error);
    double *theta = training_where(&training, where, (int)threads, &error);
    struct eigen_report *report = theta ? hessian_analyze(training.experiment->objective, theta, &error) : NULL;
    bool ok = report != NULL;
    if (ok) {
        bool vectors = !cli_given(input, "spectrum");
        int gap_first = report->n, gap_last = report->n;
        if (top > 0 && top < report->n) keep_largest(report, (int)top, &gap_first, &gap_last);
        if (cli_given(input, "json")) ok = json_print(report_json(report, gap_first, gap_last, vectors), &error);
        else print_table(report, gap_first, gap_last, vectors);
    }
    eigen_report_destroy(&report);
    free(theta);
    training_release(&training);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_hessian = {
    .name = "hessian",
    .words = "EXPERIMENT",
    .summary = "eigenvalues and eigenvectors of the Hessian at a point, with a verdict",
    .details = "  saddlescope hessian saddle --at 0,0\n  saddlescope hessian iris --at end:adam --spectrum --json",
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
};
