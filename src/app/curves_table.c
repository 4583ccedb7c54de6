/* The curves' numbers as a table. */
#include "app/panel_curves.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "study/study.h"

#include <math.h>
#include <stdlib.h>

struct column {
    const struct trace *trace;
    size_t at;
    struct text name;
};

static void name_column(struct column *column, const char *label, const char *part) {
    if (part[0])
        text_format(&column->name, "%s, %s", label, part);
    else
        text_append(&column->name, label);
}

/* A line for every step that any of them has. */
static void write_rows(struct column *columns, int count, FILE *stream) {
    char number[NUMBER_TEXT];
    for (;;) {
        int64_t step = INT64_MAX;
        for (int i = 0; i < count; i++) {
            const struct column *column = &columns[i];
            if (column->at < column->trace->count && column->trace->steps[column->at] < step)
                step = column->trace->steps[column->at];
        }
        if (step == INT64_MAX) return;
        fprintf(stream, "%lld", (long long)step);
        for (int i = 0; i < count; i++) {
            struct column *column = &columns[i];
            bool here = column->at < column->trace->count && column->trace->steps[column->at] == step;
            double value = here ? column->trace->values[column->at++] : NAN;
            fprintf(stream, ",%s", isfinite(value) ? number_exact(value, number) : "");
        }
        fputc('\n', stream);
    }
}

static bool has_value(const struct trace *trace) {
    struct trace_extremes extremes = trace_extremes(trace, 0, trace->count);
    return extremes.low <= extremes.high;
}

bool curves_write_csv(struct app *app, enum figure figure, const char *path, struct error *error) {
    struct session *session = app->session;
    const struct figure_kind *kind = figure_kind(figure);
    if (!session) return error_set(error, ERROR_INPUT, "nothing is open; open a scene first");
    unsigned before = session->curves.wanted, wanted = before;
    for (int i = 0; i < kind->count; i++) wanted |= 1u << kind->lines[i];
    curves_keep(app, wanted);
    struct column *columns = MEM_NEW(struct column, FIGURE_LINES * EXPERIMENT_MAX_RUNS);
    int count = 0;
    for (int run = 0; run < session->runs; run++) {
        if (session->view.hidden_runs >> run & 1) continue;
        char *label = study_run_label(session->experiment, run);
        for (int i = 0; i < kind->count; i++) {
            const struct trace *trace = curves_trace(app, kind->lines[i], run);
            if (!has_value(trace)) continue;
            columns[count].trace = trace;
            name_column(&columns[count++], label, i ? kind->columns[i] : "");
        }
        free(label);
    }
    struct outfile *out = NULL;
    if (count == 0)
        error_set(error, ERROR_INPUT, "%s: no run has any of it yet", kind->name);
    else
        out = outfile_create(path, error);
    bool good = out != NULL;
    if (out) {
        FILE *stream = outfile_stream(out);
        fputs("step", stream);
        for (int i = 0; i < count; i++) {
            fputc(',', stream);
            study_write_name(stream, columns[i].name.bytes);
        }
        fputc('\n', stream);
        write_rows(columns, count, stream);
        good = outfile_commit(&out, error);
    }
    for (int i = 0; i < count; i++) text_clear(&columns[i].name);
    free(columns);
    session->curves.wanted = before;
    return good;
}
