#include "cli/tune_show.h"

#include "base/memory.h"
#include "base/text.h"
#include "cli/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the table ------------------------------------------------------------------------------------------------------
 */

enum { COLUMNS = 8 + TUNE_MAX_SWEEPS };

struct table {
    char *cells[1 + EXPERIMENT_MAX_OPTIMIZERS][COLUMNS];
    int rows, columns;
};

/* Places a text takes in a terminal: Chinese characters two, as terminals have them. */
static int places(const char *text) {
    int count = 0;
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if ((*at & 0xC0) == 0x80) continue;
        bool wide = *at >= 0xE3 && *at < 0xF0 && !(*at == 0xEF && at[1] < 0xBC);
        count += wide || *at >= 0xF0 ? 2 : 1;
    }
    return count;
}

static void add_cell(struct table *table, const char *text) {
    table->cells[table->rows][table->columns++] = mem_copy_text(text);
}

static void add_number(struct table *table, double value, const char *unless) {
    char text[NUMBER_TEXT];
    add_cell(table, isfinite(value) ? number_text(value, 4, text) : unless);
}

static void end_row(struct table *table) {
    table->rows++;
    table->columns = 0;
}

/* The first column to the left, all else to the right. */
static void print_table(FILE *out, struct table *table, int columns) {
    int width[COLUMNS] = {0};
    for (int r = 0; r < table->rows; r++)
        for (int c = 0; c < columns; c++)
            if (places(table->cells[r][c]) > width[c]) width[c] = places(table->cells[r][c]);
    for (int r = 0; r < table->rows; r++) {
        for (int c = 0; c < columns; c++) {
            const char *text = table->cells[r][c];
            int room = width[c] - places(text);
            if (c == 0)
                fprintf(out, "%s%*s", text, room, "");
            else
                fprintf(out, "   %*s%s", room, "", text);
            free(table->cells[r][c]);
        }
        fputc('\n', out);
    }
}

static void add_heading(struct table *table, const struct tune_report *report) {
    add_cell(table, "optimizer");
    add_cell(table, "best rate");
    for (int i = 0; i < report->sweep_count; i++) add_cell(table, report->sweep_names[i]);
    add_cell(table, "steps");
    add_cell(table, "evaluations");
    add_cell(table, report->seeds > 1 ? "median loss" : "final loss");
    if (report->seeds > 1) add_cell(table, "lowest … highest");
    add_cell(table, "diverged");
}

static void add_finding(struct table *table, const struct experiment *experiment, const struct tune_report *report,
                        int optimizer) {
    const struct tune_finding *finding = &report->findings[optimizer];
    const struct tune_point *best = finding->best < 0 ? NULL : &finding->points[finding->best];
    char low[NUMBER_TEXT], high[NUMBER_TEXT], text[3 * NUMBER_TEXT];
    add_cell(table, experiment->optimizers[optimizer].label);
    snprintf(text, sizeof text, "%s%s",
             finding->edge == TUNE_LOWEST    ? "≤ "
             : finding->edge == TUNE_HIGHEST ? "≥ "
                                             : "",
             best ? number_text(best->values[0], 3, low) : "none");
    add_cell(table, text);
    for (int i = 0; i < report->sweep_count; i++)
        add_number(table, best && finding->swept[i] >= 0 ? best->values[finding->swept[i]] : NAN, "–");
    add_number(table, finding->steps_to_tolerance, best ? "never" : "–");
    add_number(table, finding->evaluations_to_tolerance, best ? "never" : "–");
    add_number(table, best ? best->median : NAN, "–");
    if (report->seeds > 1) {
        snprintf(text, sizeof text, "%s … %s", best ? number_text(best->low, 3, low) : "–",
                 !best                  ? "–"
                 : isfinite(best->high) ? number_text(best->high, 3, high)
                                        : "diverged");
        add_cell(table, text);
    }
    if (best)
        snprintf(text, sizeof text, "%d of %d", best->diverged, report->seeds);
    else
        snprintf(text, sizeof text, "all");
    add_cell(table, text);
}

static void print_starts(FILE *out, const struct experiment *experiment, const struct tune_report *report) {
    const char *several = report->seeds == 1 ? "" : "s";
    if (report->starts == TUNE_OWN_STARTS)
        fprintf(out, "from the experiment's own %d start%s", report->seeds, several);
    else if (report->starts == TUNE_DRAWN_STARTS)
        fprintf(out, "from %d start%s drawn in the domain, not the experiment's own", report->seeds, several);
    else
        fprintf(out, "from %d initialisation%s%s", report->seeds, several,
                experiment->batch > 0 ? " with an order of batches each" : "");
    if (report->starts == TUNE_OWN_STARTS) return;
    fprintf(out, " (seed%s ", several);
    for (int s = 0; s < report->seeds && s < 8; s++) fprintf(out, "%s%" PRIu64, s ? ", " : "", report->seed[s]);
    fputs(report->seeds > 8 ? ", …)" : ")", out);
}

void tune_print(FILE *out, const struct experiment *experiment, const struct tune_report *report) {
    char text[NUMBER_TEXT];
    fprintf(out, "%s\nEvery run has %s gradient evaluation%s, ", experiment->title,
            number_text((double)report->evaluations, 6, text), report->evaluations == 1 ? "" : "s");
    print_starts(out, experiment, report);
    if (report->has_tolerance)
        fprintf(out, ".\nSteps and evaluations until the loss is %s or less.\n\n",
                number_text(report->tolerance, 4, text));
    else
        fputs(".\nSteps and evaluations until 99.9 % of the way from the start's loss to the lowest that a best rate "
              "ends at from there.\n\n",
              out);
    struct table table = {0};
    add_heading(&table, report);
    int columns = table.columns;
    end_row(&table);
    for (int k = 0; k < report->optimizers; k++) {
        add_finding(&table, experiment, report, report->ranking[k]);
        end_row(&table);
    }
    print_table(out, &table, columns);
    fprintf(out, "\n%s", report->words);
}

/* ---- JSON -----------------------------------------------------------------------------------------------------------
 */

static void add_values(cJSON *json, const struct experiment *experiment, const struct tune_report *report,
                       int optimizer, const struct tune_point *point) {
    size_t count;
    const struct optimizer_parameter *list =
        optimizer_class_parameters(experiment->optimizers[optimizer].class, &count);
    cJSON_AddItemToObject(json, "lr", json_number(point->values[0]));
    for (int i = 0; i < report->sweep_count; i++) {
        int index = report->findings[optimizer].swept[i];
        if (index >= 0) cJSON_AddItemToObject(json, list[index].name, json_number(point->values[index]));
    }
}

static cJSON *describe_point(const struct experiment *experiment, const struct tune_report *report, int optimizer,
                             const struct tune_point *point) {
    cJSON *json = cJSON_CreateObject();
    add_values(json, experiment, report, optimizer, point);
    cJSON_AddItemToObject(json, "median", json_number(point->median));
    cJSON_AddItemToObject(json, "lowest", json_number(point->low));
    cJSON_AddItemToObject(json, "highest", json_number(point->high));
    cJSON_AddNumberToObject(json, "diverged", (double)point->diverged / report->seeds);
    cJSON *losses = cJSON_AddArrayToObject(json, "losses"), *used = cJSON_AddArrayToObject(json, "evaluations");
    cJSON *steps = cJSON_AddArrayToObject(json, "steps");
    for (int s = 0; s < report->seeds; s++) {
        const struct tune_trial *trial = &point->trials[s];
        cJSON_AddItemToArray(losses, json_number(trial->diverged ? NAN : trial->loss));
        cJSON_AddItemToArray(used, cJSON_CreateNumber((double)trial->evaluations));
        cJSON_AddItemToArray(steps, cJSON_CreateNumber((double)trial->steps));
    }
    return json;
}

static cJSON *describe_finding(const struct experiment *experiment, const struct tune_report *report, int optimizer) {
    static const char *const edges[] = {"bracketed", "lowest", "highest", "none"};
    const struct tune_finding *finding = &report->findings[optimizer];
    const struct tune_point *best = finding->best < 0 ? NULL : &finding->points[finding->best];
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "name", optimizer_class_name(experiment->optimizers[optimizer].class));
    cJSON_AddStringToObject(json, "label", experiment->optimizers[optimizer].label);
    cJSON_AddItemToObject(json, "best",
                          best ? describe_point(experiment, report, optimizer, best) : cJSON_CreateNull());
    cJSON_AddStringToObject(json, "best_rate_is", edges[finding->edge]);
    cJSON_AddItemToObject(json, "steps_to_tolerance", json_number(finding->steps_to_tolerance));
    cJSON_AddItemToObject(json, "evaluations_to_tolerance", json_number(finding->evaluations_to_tolerance));
    cJSON_AddNumberToObject(json, "reached", finding->reached);
    cJSON *tried = cJSON_AddArrayToObject(json, "tried");
    for (int i = 0; i < finding->point_count; i++)
        cJSON_AddItemToArray(tried, describe_point(experiment, report, optimizer, &finding->points[i]));
    return json;
}

bool tune_print_json(const struct experiment *experiment, const struct tune_report *report, struct error *error) {
    static const char *const starts[] = {"initialisations", "experiment", "drawn"};
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "experiment", experiment->name);
    cJSON_AddNumberToObject(json, "evaluations", (double)report->evaluations);
    cJSON_AddStringToObject(json, "starts", starts[report->starts]);
    cJSON *seeds = cJSON_AddArrayToObject(json, "seeds"), *targets = NULL;
    for (int s = 0; s < report->seeds; s++) {
        char text[32]; /* cJSON's numbers are doubles, too short for a seed */
        snprintf(text, sizeof text, "%" PRIu64, report->seed[s]);
        cJSON_AddItemToArray(seeds, cJSON_CreateRaw(text));
    }
    for (int o = 0; o < report->optimizers && !targets; o++) {
        if (!report->findings[o].arrivals || report->findings[o].best < 0) continue;
        targets = cJSON_AddArrayToObject(json, "targets");
        for (int s = 0; s < report->seeds; s++)
            cJSON_AddItemToArray(targets, json_number(report->findings[o].arrivals[s].target));
    }
    cJSON *list = cJSON_AddArrayToObject(json, "optimizers"); /* best first */
    for (int k = 0; k < report->optimizers; k++)
        cJSON_AddItemToArray(list, describe_finding(experiment, report, report->ranking[k]));
    cJSON *words = cJSON_AddArrayToObject(json, "words");
    for (const char *at = report->words; *at;) {
        size_t length = strcspn(at, "\n");
        char line[1024];
        snprintf(line, sizeof line, "%.*s", (int)length, at);
        cJSON_AddItemToArray(words, cJSON_CreateString(line));
        at += length + (at[length] == '\n');
    }
    return json_print(json, error);
}
