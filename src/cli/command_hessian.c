#include "base/memory.h"
#include "base/text.h"
#include "base/words.h"
#include "cli/cli.h"
#include "cli/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {0, "at", "WHERE",
     "start (the default), numbers such as 0,0, end:NAME: where optimizer NAME stopped, or step:N:NAME: its step N"},
    {0, "top", "K", "only the K eigenpairs with the largest |λ|"},
    {0, "ends", "K", "K eigenpairs at each end, from Hessian-vector products: for any number of parameters"},
    {0, "full", NULL, "all eigenpairs (the default up to 5000 parameters; beyond: --ends 5)"},
    {0, "spectrum", NULL,
     "the density of eigenvalues and the trace, no vectors: from all eigenvalues up to 2000 parameters, "
     "else estimated"},
    {0, "taylor", "REACH",
     "also the loss and its quadratic model along the lowest and the highest eigen-direction, ±REACH"},
    {0, "probes", "N", "for --spectrum: random vectors of the estimate (10)"},
    {'o', "output", "FILE", "write the eigenvalues or the density to FILE.csv, or draw them as FILE.png, .svg or .pdf"},
    {0, "record", NULL, "also put the result into the recording it was taken from"},
    {0, "json", NULL, "as JSON"},
    {0, "threads", "N", "threads (all processors); the result does not depend on it"},
    CLI_CHART,
    {0},
};

enum { TOP_ALL_MAX = 1000 };
static const double TAYLOR_SHARE = 0.1;

struct request {
    const struct objective *objective;
    const char *where;
    const double *theta;
    int top, ends; /* 0: not asked for */
    bool spectrum, full;
    int probes, threads;
    double taylor;                /* reach; 0: not asked for */
    const char *record;           /* the recording to put it into; NULL: none */
    struct hessian_finding found; /* the study's */
};

/* Keeps the k eigenpairs of largest magnitude, still ascending: they are a prefix and a suffix. */
static void keep_largest(struct eigen_report *report, int k, int *first, int *last) {
    int low = 0, high = report->n;
    while (high - low > report->n - k) {
        if (fabs(report->eigenvalues[low]) > fabs(report->eigenvalues[high - 1]))
            low++;
        else
            high--;
    }
    *first = low; /* [0, low) and [high, n) are kept */
    *last = high;
}

static void print_head(bool vectors) {
    const char *residual = "‖Hv − λv‖";
    printf("%6s  %-20s %-*s%s\n", "", "eigenvalue", text_field(residual, 10), residual,
           vectors ? "  eigenvector" : "");
}

static void print_table(const struct eigen_report *report, int gap_first, int gap_last, bool vectors) {
    char verdict[256], number[NUMBER_TEXT];
    printf("loss %.12g   ‖g‖ %.6g   %s\n\n", report->loss, report->gradient_norm,
           eigen_report_verdict(report, verdict, sizeof verdict));
    print_head(vectors);
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

/* ---- both ends -----------------------------------------------------------------------------------------------------
 */

/* Drops pairs from the inside until `k` are left. */
static void ends_keep_largest(struct eigen_ends *ends, int k) {
    size_t n = (size_t)ends->n;
    while (ends->low + ends->high > k && ends->low + ends->high > 1) {
        int total = ends->low + ends->high, inner_low = ends->low - 1, inner_high = ends->low;
        bool drop_low = ends->high == 0 ||
                        (ends->low > 0 && fabs(ends->eigenvalues[inner_low]) <= fabs(ends->eigenvalues[inner_high]));
        int drop = drop_low ? inner_low : inner_high;
        size_t after = (size_t)(total - drop - 1);
        memmove(ends->eigenvalues + drop, ends->eigenvalues + drop + 1, after * sizeof(double));
        memmove(ends->residuals + drop, ends->residuals + drop + 1, after * sizeof(double));
        memmove(ends->eigenvectors + (size_t)drop * n, ends->eigenvectors + ((size_t)drop + 1) * n,
                after * n * sizeof(double));
        drop_low ? ends->low-- : ends->high--;
    }
}

static void print_ends(const struct eigen_ends *ends, bool vectors) {
    char number[NUMBER_TEXT];
    printf("loss %.12g   ‖g‖ %.6g   %s, as far as both ends of the spectrum tell: %s%d of %d directions lead down\n\n",
           ends->loss, ends->gradient_norm, point_kind_names[ends->kind], ends->index_exact ? "" : "at least ",
           ends->index, ends->n);
    print_head(vectors);
    for (int k = 0; k < ends->low + ends->high; k++) {
        if (k == ends->low && ends->low + ends->high < ends->n) printf("   …\n");
        printf("%6d  %-20.12g %-10.2g", k < ends->low ? k + 1 : ends->n - ends->low - ends->high + k + 1,
               ends->eigenvalues[k], ends->residuals[k]);
        for (int i = 0; vectors && i < ends->n && i < 8; i++)
            printf("%s%s", i ? ", " : "  (",
                   number_text(ends->eigenvectors[(size_t)k * (size_t)ends->n + (size_t)i], 6, number));
        puts(!vectors ? "" : ends->n > 8 ? ", …)" : ")");
    }
}

static void add_density(cJSON *json, const struct spectrum *spectrum) {
    cJSON *density = cJSON_AddObjectToObject(json, "density");
    cJSON_AddItemToObject(density, "grid", json_numbers(spectrum->grid, (size_t)spectrum->points));
    cJSON_AddItemToObject(density, "values", json_numbers(spectrum->density, (size_t)spectrum->points));
    cJSON_AddItemToObject(density, "width", json_number(spectrum->width));
    cJSON *trace = cJSON_AddObjectToObject(json, "trace");
    cJSON_AddItemToObject(trace, "value", json_number(spectrum->trace));
    cJSON_AddItemToObject(trace, "error", json_number(spectrum->trace_error));
    if (spectrum->probes == 0) return;
    cJSON_AddNumberToObject(trace, "probes", spectrum->probes);
    cJSON *nodes = cJSON_AddObjectToObject(density, "quadrature");
    cJSON_AddItemToObject(nodes, "values", json_numbers(spectrum->values, (size_t)spectrum->nodes));
    cJSON_AddItemToObject(nodes, "weights", json_numbers(spectrum->weights, (size_t)spectrum->nodes));
}

static void print_density(const struct spectrum *spectrum) {
    enum { BINS = 24 };
    double low = spectrum->values[0], high = spectrum->values[spectrum->nodes - 1], share[BINS] = {0}, most = 0;
    for (int i = 0; i < spectrum->nodes; i++) {
        int bin = high > low ? (int)((spectrum->values[i] - low) / (high - low) * BINS) : 0;
        share[bin < BINS ? bin : BINS - 1] += spectrum->weights[i];
    }
    for (int b = 0; b < BINS; b++) most = fmax(most, share[b]);
    printf("\ntrace %.8g", spectrum->trace);
    if (spectrum->probes) printf(" ± %.2g (standard error of %d probes)", spectrum->trace_error, spectrum->probes);
    printf("\n\n%12s  share of the eigenvalues, on a logarithmic scale\n", "λ from");
    for (int b = 0; b < BINS; b++) {
        printf("%12.4g  ", low + b * (high - low) / BINS);
        double length = share[b] > 0 ? 40 * (1 + log10(share[b] / most) / 6) : 0;
        for (int i = 0; i < (int)length; i++) fputs("█", stdout);
        if (share[b] > 0) printf(" %.2g", share[b]);
        puts("");
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

/* ---- how far the quadratic model holds --------------------------------------------------------------------------- */

static cJSON *section_json(const struct taylor_section *section) {
    const struct taylor *taylor = section->taylor;
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "direction", section->name);
    cJSON_AddItemToObject(item, "slope", json_number(taylor->slope));
    cJSON_AddItemToObject(item, "curvature", json_number(taylor->curvature));
    cJSON_AddItemToObject(item, "t", json_numbers(taylor->t, (size_t)taylor->count));
    cJSON_AddItemToObject(item, "loss", json_numbers(taylor->loss, (size_t)taylor->count));
    cJSON_AddItemToObject(item, "model", json_numbers(taylor->model, (size_t)taylor->count));
    cJSON_AddItemToObject(item, "holds", json_numbers(taylor->holds, 2));
    return item;
}

static void print_section(const struct taylor_section *section) {
    char low[NUMBER_TEXT], high[NUMBER_TEXT];
    printf("along the %s eigen-direction the quadratic model is within %g %% of its change for t from %s to %s\n",
           section->name, 100 * TAYLOR_SHARE, number_text(section->taylor->holds[0], 4, low),
           number_text(section->taylor->holds[1], 4, high));
}

/* Along both ends of the spectrum, into `json` or, when that is NULL, as text. */
static bool answer_taylor(const struct request *request, cJSON *json, struct error *error) {
    if (!(request->taylor > 0)) return true;
    size_t n = (size_t)objective_dimension(request->objective), last = n - 1;
    const struct hessian_finding *found = &request->found;
    const double *vectors = found->report ? found->report->eigenvectors : found->ends->eigenvectors;
    if (found->ends) last = (size_t)(found->ends->low + found->ends->high - 1);
    double *directions = MEM_NEW(double, 2 * n);
    memcpy(directions, vectors, n * sizeof *directions);
    memcpy(directions + n, vectors + last * n, n * sizeof *directions);
    const struct taylor_params params = {.objective = request->objective,
                                         .theta = request->theta,
                                         .directions = directions,
                                         .count = 2,
                                         .reach = request->taylor,
                                         .share = TAYLOR_SHARE};
    struct study *study = study_create_taylor(&params, error);
    bool ok = study && watch_study(study, error);
    if (ok && request->record) ok = keep_study(study, request->record, request->where, error);
    cJSON *list = ok && json ? cJSON_AddArrayToObject(json, "taylor") : NULL;
    if (ok && !json) puts("");
    for (int k = 0; ok && k < 2; k++) {
        struct taylor_section section = *study_read_taylor(study, k);
        snprintf(section.name, sizeof section.name, "%s", k == 0 ? "lowest" : "highest");
        if (json)
            cJSON_AddItemToArray(list, section_json(&section));
        else
            print_section(&section);
    }
    study_destroy(&study);
    free(directions);
    return ok;
}

/* ---- what is asked for ---------------------------------------------------------------------------------------------
 */

static bool print_answer(const struct request *request, cJSON *json, struct error *error) {
    if (request->found.density) add_density(json, request->found.density);
    if (answer_taylor(request, json, error)) return json_print(json, error);
    cJSON_Delete(json);
    return false;
}

static bool show(struct request *request, bool as_json, struct error *error) {
    bool vectors = !request->spectrum;
    struct hessian_finding *found = &request->found;
    if (found->rough)
        fputs("saddlescope: not smooth here: the gradient jumps nearby (a kink), so slope and curvature are those of "
              "one side\n",
              stderr);
    if (found->ends) {
        if (request->top) ends_keep_largest(found->ends, request->top);
        if (as_json) return print_answer(request, json_ends(found->ends, vectors), error);
        print_ends(found->ends, vectors);
    } else {
        int gap_first = found->report->n, gap_last = found->report->n;
        if (request->top > 0 && request->top < found->report->n)
            keep_largest(found->report, request->top, &gap_first, &gap_last);
        if (as_json) return print_answer(request, report_json(found->report, gap_first, gap_last, vectors), error);
        print_table(found->report, gap_first, gap_last, vectors);
    }
    if (found->density) print_density(found->density);
    return answer_taylor(request, NULL, error);
}

static bool answer(const struct cli_input *input, const struct training *training, struct request *request,
                   enum output output, const struct chart_style *style, struct error *error) {
    const struct hessian_params params = {
        .objective = request->objective,
        .theta = request->theta,
        .extent = request->full   ? HESSIAN_ALL
                  : request->ends ? HESSIAN_ENDS
                                  : HESSIAN_FITTING,
        .ends = request->top ? request->top : request->ends,
        .all_up_to = request->top ? TOP_ALL_MAX : 0,
        .density = request->spectrum,
        .probes = request->probes,
        .threads = request->threads,
    };
    const char *path = cli_value(input, "output");
    struct study *study = study_create_hessian(&params, error);
    bool ok = study && watch_study(study, error);
    if (ok) study_read_hessian(study, &request->found);
    if (ok && request->record) ok = keep_study(study, request->record, request->where, error);
    if (ok && output == OUTPUT_CSV) ok = write_study(study, path, error);
    ok = ok && show(request, cli_given(input, "json"), error);
    if (ok && output == OUTPUT_PICTURE)
        ok = hessian_draw(&request->found, training->experiment, request->where, style, path, error);
    study_destroy(&study);
    return ok;
}

static int run(const struct cli_input *input) {
    struct error error = {0};
    int64_t top = 0, ends = 0, probes = 0, threads = 0;
    double taylor = 0;
    const char *where = cli_given(input, "at") ? cli_value(input, "at") : "start";
    if (cli_given(input, "top") + cli_given(input, "ends") + cli_given(input, "full") + cli_given(input, "spectrum") >
        1)
        error_set(&error, ERROR_INPUT, "--top, --ends, --full and --spectrum exclude one another; give one");
    if (cli_given(input, "top") && cli_given(input, "taylor"))
        error_set(&error, ERROR_INPUT,
                  "--taylor goes along both ends of the spectrum, which --top may leave out; --ends is right");
    enum output output = error.kind ? OUTPUT_NONE : cli_output(input, 1u << OUTPUT_CSV | 1u << OUTPUT_PICTURE, &error);
    struct training training = {0};
    struct chart_style style = {0};
    if (error.kind || !cli_integer(input, "top", 1, HESSIAN_MAX, &top, &error) ||
        !cli_integer(input, "ends", 1, 1000, &ends, &error) ||
        !cli_integer(input, "probes", 2, 100000, &probes, &error) ||
        !cli_number(input, "taylor", 1e-12, 1e12, &taylor, &error) ||
        !cli_integer(input, "threads", 1, 1024, &threads, &error) || !cli_recording(input, &error) ||
        !cli_chart_style(input, &style, &error) || !training_open(&training, input->words[0], &error)) {
        words_destroy(&style.words);
        return cli_fail(&error);
    }
    double *theta = training_where(&training, "--at", where, (int)threads, &error);
    struct request request = {
        .objective = training.experiment->objective,
        .where = where,
        .theta = theta,
        .top = (int)top,
        .ends = (int)ends,
        .spectrum = cli_given(input, "spectrum"),
        .full = cli_given(input, "full"),
        .probes = (int)probes,
        .taylor = taylor,
        .record = cli_given(input, "record") ? input->words[0] : NULL,
        .threads = (int)threads,
    };
    bool ok = theta && answer(input, &training, &request, output, &style, &error);
    free(theta);
    training_release(&training);
    words_destroy(&style.words);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_hessian = {
    .name = "hessian",
    .words = "EXPERIMENT|RECORDING",
    .summary = "eigenvalues and eigenvectors of the Hessian at a point, with a verdict",
    .details = "Beyond a few thousand parameters eigenpairs come from Hessian-vector products: both ends of the "
               "spectrum, with the\n"
               "index a lower bound (JSON: index null, index_at_least) unless the low end shows it is all.\n\n"
               "  saddlescope hessian saddle --at 0,0\n  saddlescope hessian iris --at end:adam --spectrum --json\n"
               "  saddlescope hessian digits --at end:sgd --ends 3\n"
               "  saddlescope hessian digits.saddle --at end:adam --spectrum -o density.png --record",
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
};
