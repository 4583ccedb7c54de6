#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/words.h"
#include "cli/cli.h"
#include "cli/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {0, "from", "WHERE", "start, numbers such as 0,0, end:NAME or step:N:NAME; needed"},
    {0, "to", "WHERE", "likewise; needed"},
    {0, "beyond", "SHARE", "go on beyond both ends by this share of the way (0)"},
    {0, "points", "N", "places along the line (101)"},
    {'o', "output", "FILE", "write the table to FILE.csv or FILE.json, or draw the curves as FILE.png, .svg or .pdf"},
    {0, "record", NULL, "also put the losses into the recording they were taken from"},
    {0, "json", NULL, "as JSON on stdout"},
    {0, "threads", "N", "threads (all processors); the result does not depend on it"},
    CLI_CHART,
    {0},
};

enum { COLUMNS = 7 };
static const char *const column_names[COLUMNS] = {
    "t", "loss", "accuracy", "validation_loss", "validation_accuracy", "test_loss", "test_accuracy"};

struct table {
    int count;
    double *columns[COLUMNS]; /* (count) each */
};

static struct table read_table(const struct study *study) {
    struct table table = {.count = (int)study_read_line(study, 0, NULL)};
    struct line_point *points = MEM_NEW(struct line_point, table.count);
    study_read_line(study, (size_t)table.count, points);
    for (int c = 0; c < COLUMNS; c++) table.columns[c] = MEM_NEW(double, table.count);
    for (int i = 0; i < table.count; i++) {
        const struct line_point *p = &points[i];
        const double values[COLUMNS] = {
            p->t, p->loss, p->accuracy, p->validation_loss, p->validation_accuracy, p->test_loss, p->test_accuracy};
        for (int c = 0; c < COLUMNS; c++) table.columns[c][i] = values[c];
    }
    free(points);
    return table;
}

static void table_release(struct table *table) {
    for (int c = 0; c < COLUMNS; c++) free(table->columns[c]);
}

static bool any_finite(const double *values, int count) {
    for (int i = 0; i < count; i++)
        if (isfinite(values[i])) return true;
    return false;
}

static cJSON *make_json(const struct study *study, const struct table *table, const struct experiment *experiment,
                        const struct cli_input *input) {
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "experiment", experiment->name);
    cJSON_AddStringToObject(json, "from", cli_value(input, "from"));
    cJSON_AddStringToObject(json, "to", cli_value(input, "to"));
    cJSON_AddItemToObject(json, "length", json_number(study_line_length(study)));
    for (int c = 0; c < COLUMNS; c++)
        if (any_finite(table->columns[c], table->count))
            cJSON_AddItemToObject(json, column_names[c], json_numbers(table->columns[c], (size_t)table->count));
    return json;
}

static bool write_json(cJSON *json, const char *path, struct error *error) {
    struct outfile *out = outfile_create(path, error);
    char *text = cJSON_Print(json);
    cJSON_Delete(json);
    bool ok = out && text;
    if (ok) fprintf(outfile_stream(out), "%s\n", text);
    cJSON_free(text);
    return ok && outfile_commit(&out, error);
}

static bool draw(const struct study *study, const struct table *table, const struct experiment *experiment,
                 const struct cli_input *input, const struct chart_style *style, struct error *error) {
    enum { CURVES = 3 };
    static const struct {
        const char *name;
        int column;
        float dash;
    } curves[CURVES] = {{"training loss", 1, 0}, {"validation loss", 3, 7}, {"test loss", 5, 3}};
    struct chart chart = chart_default(style);
    const struct theme *theme = theme_get(chart.theme);
    const struct color colors[CURVES] = {theme->ink, theme->stable, theme->escape};
    struct chart_series series[CURVES + 1] = {0};
    struct text title = {0}, caption = {0};
    char length[NUMBER_TEXT], ends[2][128];
    double low = INFINITY, high = -INFINITY;
    int drawn = 0;
    for (int k = 0; k < CURVES; k++) {
        const double *y = table->columns[curves[k].column];
        if (!any_finite(y, table->count)) continue;
        for (int i = 0; i < table->count; i++) {
            if (!isfinite(y[i])) continue;
            low = fmin(low, y[i]);
            high = fmax(high, y[i]);
        }
        series[drawn++] = (struct chart_series){.name = curves[k].name,
                                                .kind = CHART_LINE,
                                                .x = table->columns[0],
                                                .y = y,
                                                .count = (size_t)table->count,
                                                .color = colors[k],
                                                .width = 2.25f,
                                                .dash = curves[k].dash};
    }
    const double ends_x[2] = {0, 1};
    double ends_y[2] = {NAN, NAN};
    for (int i = 0; i < table->count; i++)
        for (int k = 0; k < 2; k++)
            if (table->columns[0][i] == k) ends_y[k] = table->columns[1][i];
    series[drawn++] = (struct chart_series){
        .kind = CHART_DOTS, .x = ends_x, .y = ends_y, .count = 2, .color = theme->ink, .shape = GLYPH_DISC, .size = 9};
    text_format(&title, "%s: from %s to %s", chart_experiment(style, experiment),
                where_words(cli_value(input, "from"), ends[0], sizeof ends[0]),
                where_words(cli_value(input, "to"), ends[1], sizeof ends[1]));
    text_format(&caption, "The loss on the straight line between the two points, %s apart, at %d places",
                number_text(study_line_length(study), 4, length), table->count);
    chart.title = title.bytes;
    chart.caption = caption.bytes;
    chart.x.name = "t, from 0 to 1";
    chart.y = (struct chart_axis){.name = "loss", .logarithmic = low > 0 && high > 50 * low};
    chart.series = series;
    chart.series_count = (size_t)drawn;
    bool ok = chart_write(&chart, cli_value(input, "output"), error);
    text_clear(&title);
    text_clear(&caption);
    return ok;
}

static bool show(const struct study *study, const struct experiment *experiment, const struct cli_input *input,
                 enum output output, const struct chart_style *style, struct error *error) {
    struct table table = read_table(study);
    const char *path = cli_value(input, "output");
    bool ok = true;
    if (output == OUTPUT_CSV) ok = write_study(study, path, error);
    if (output == OUTPUT_JSON) ok = write_json(make_json(study, &table, experiment, input), path, error);
    if (output == OUTPUT_PICTURE) ok = draw(study, &table, experiment, input, style, error);
    if (ok && cli_given(input, "json"))
        ok = json_print(make_json(study, &table, experiment, input), error);
    else if (ok && !path)
        study_write_csv(study, stdout);
    table_release(&table);
    return ok;
}

/* Both ends of runs come from one training. */
static bool train_first(struct training *training, const struct cli_input *input, int threads, struct error *error) {
    bool needed =
        strncmp(cli_value(input, "from"), "end:", 4) == 0 || strncmp(cli_value(input, "to"), "end:", 4) == 0 ||
        strncmp(cli_value(input, "from"), "step:", 5) == 0 || strncmp(cli_value(input, "to"), "step:", 5) == 0;
    if (training->timeline || !needed) return true;
    const struct training_params params = {.experiment = training->experiment, .steps = -1, .threads = threads};
    return training_run(training, &params, error) &&
           (!cli_interrupted() || error_set(error, ERROR_CANCELLED, "stopped"));
}

static int run(const struct cli_input *input) {
    struct error error = {0};
    int64_t threads = 0, points = 0;
    double beyond = 0;
    struct training training = {0};
    struct chart_style style = {0};
    if (!cli_given(input, "from") || !cli_given(input, "to"))
        error_set(&error, ERROR_INPUT, "a line needs both --from and --to, such as --from start --to end:adam");
    enum output output =
        error.kind ? OUTPUT_NONE : cli_output(input, 1u << OUTPUT_CSV | 1u << OUTPUT_JSON | 1u << OUTPUT_PICTURE, &error);
    if (error.kind || !cli_integer(input, "threads", 1, 1024, &threads, &error) ||
        !cli_integer(input, "points", 2, 1000000, &points, &error) ||
        !cli_number(input, "beyond", 0, 1000, &beyond, &error) || !cli_recording(input, &error) ||
        !cli_chart_style(input, &style, &error) || !training_open(&training, input->words[0], &error)) {
        words_destroy(&style.words);
        return cli_fail(&error);
    }
    struct study *study = NULL;
    double *from = NULL, *to = NULL;
    bool ok = train_first(&training, input, (int)threads, &error) &&
              (from = training_where(&training, "--from", cli_value(input, "from"), (int)threads, &error)) &&
              (to = training_where(&training, "--to", cli_value(input, "to"), (int)threads, &error));
    if (ok) {
        const struct line_params params = {.objective = training.experiment->objective,
                                           .from = from,
                                           .to = to,
                                           .low = -beyond,
                                           .high = 1 + beyond,
                                           .points = (int)points,
                                           .threads = (int)threads};
        study = study_create_line(&params, &error);
        ok = study && watch_study(study, &error);
    }
    if (ok && cli_given(input, "record")) {
        struct text about = {0};
        text_format(&about, "%s to %s", cli_value(input, "from"), cli_value(input, "to"));
        ok = keep_study(study, input->words[0], about.bytes, &error);
        text_clear(&about);
    }
    ok = ok && show(study, training.experiment, input, output, &style, &error);
    study_destroy(&study);
    free(from);
    free(to);
    training_release(&training);
    words_destroy(&style.words);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_line = {
    .name = "line",
    .words = "EXPERIMENT|RECORDING",
    .summary = "the loss on the straight line between two points, such as two optimizers' ends",
    .details = "Training, validation and test loss at (1 − t)·FROM + t·TO (Goodfellow, Vinyals & Saxe 2015). Without "
               "-o or --json the\n"
               "table goes to stdout as CSV.\n\n"
               "  saddlescope line digits --from start --to end:adam\n"
               "  saddlescope line iris --from end:sgd --to end:adam --beyond 0.5 -o line.png",
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
};
