#include "run/recording_json.h"

#include <inttypes.h>

void json_string(struct text *json, const char *text) {
    text_append(json, "\"");
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '"' || c == '\\')
            text_format(json, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            text_format(json, "\\u%04x", c);
        else
            text_format(json, "%c", c);
    }
    text_append(json, "\"");
}

void json_strings(struct text *json, char *const *texts, int count) {
    text_append(json, "[");
    for (int i = 0; i < count; i++) {
        if (i) text_append(json, ", ");
        json_string(json, texts[i]);
    }
    text_append(json, "]");
}

void json_shape(struct text *json, const int *shape, int rank) {
    text_append(json, "[");
    for (int i = 0; i < rank; i++) text_format(json, "%s%d", i ? ", " : "", shape[i]);
    text_append(json, "]");
}

void json_figure(struct text *json, double value) {
    char token[NUMBER_TEXT];
    text_append(json, number_exact(value, token));
}

static void append_figure(struct text *json, const char *name, double value) {
    text_format(json, ", \"%s\": ", name);
    json_figure(json, value);
}

static void append_schedule(struct text *json, const struct schedule *schedule) {
    size_t count;
    text_append(json, ", \"schedule\": {\"name\": ");
    json_string(json, schedule_names(&count)[schedule->kind]);
    text_format(json, ", \"warmup\": %" PRId64, schedule->warmup);
    switch (schedule->kind) {
    case SCHEDULE_CONSTANT: break;
    case SCHEDULE_STEP:
        text_format(json, ", \"step_size\": %" PRId64, schedule->step_size);
        __attribute__((fallthrough));
    case SCHEDULE_EXPONENTIAL: append_figure(json, "gamma", schedule->gamma); break;
    case SCHEDULE_LINEAR:
    case SCHEDULE_COSINE:
        text_format(json, ", \"total\": %" PRId64, schedule->total);
        append_figure(json, "end", schedule->end);
        break;
    case SCHEDULE_MULTISTEP:
        append_figure(json, "gamma", schedule->gamma);
        text_append(json, ", \"milestones\": [");
        for (int i = 0; i < schedule->milestone_count; i++)
            text_format(json, "%s%" PRId64, i ? ", " : "", schedule->milestones[i]);
        text_append(json, "]");
        break;
    case SCHEDULE_POLYNOMIAL:
        text_format(json, ", \"total\": %" PRId64, schedule->total);
        append_figure(json, "power", schedule->power);
        break;
    case SCHEDULE_COSINE_RESTARTS:
        text_format(json, ", \"period\": %" PRId64 ", \"period_factor\": %" PRId64, schedule->period,
                    schedule->period_factor);
        append_figure(json, "end", schedule->end);
        break;
    case SCHEDULE_ONE_CYCLE:
        text_format(json, ", \"total\": %" PRId64, schedule->total);
        append_figure(json, "pct_start", schedule->pct_start);
        append_figure(json, "div_factor", schedule->div_factor);
        append_figure(json, "final_div_factor", schedule->final_div_factor);
        text_format(json, ", \"anneal_strategy\": \"%s\", \"three_phase\": %s",
                    schedule->anneal_linear ? "linear" : "cos", schedule->three_phase ? "true" : "false");
        break;
    case SCHEDULE_INVERSE_SQRT: break;
    case SCHEDULE_PLATEAU:
        append_figure(json, "factor", schedule->factor);
        text_format(json, ", \"patience\": %" PRId64, schedule->patience);
        append_figure(json, "threshold", schedule->threshold);
        text_format(json, ", \"threshold_mode\": \"%s\"", schedule->threshold_absolute ? "abs" : "rel");
        text_format(json, ", \"cooldown\": %" PRId64, schedule->cooldown);
        append_figure(json, "min_lr", schedule->min_lr);
        append_figure(json, "eps", schedule->eps);
        break;
    }
    text_append(json, "}");
}

static void append_average(struct text *json, const struct average_params *average) {
    size_t count;
    if (average->kind == AVERAGE_NONE) return;
    text_append(json, ", \"average\": {\"name\": ");
    json_string(json, average_names(&count)[average->kind - 1]);
    if (average->kind == AVERAGE_EMA) append_figure(json, "decay", average->decay);
    text_format(json, ", \"start\": %" PRId64 ", \"every\": %" PRId64 "}", average->start, average->every);
}

void json_optimizer(struct text *json, const struct experiment_optimizer *optimizer) {
    size_t count;
    const struct optimizer_parameter *list = optimizer_class_parameters(optimizer->class, &count);
    text_append(json, "{\"name\": ");
    json_string(json, optimizer_class_name(optimizer->class));
    text_append(json, ", \"label\": ");
    json_string(json, optimizer->label);
    for (size_t i = 0; i < count; i++) {
        text_format(json, ", \"%s\": ", list[i].name);
        if (list[i].flag)
            text_append(json, optimizer->values[i] != 0 ? "true" : "false");
        else
            json_figure(json, optimizer->values[i]);
    }
    if (optimizer->clip_norm > 0) append_figure(json, "clip_norm", optimizer->clip_norm);
    if (optimizer->clip_value > 0) append_figure(json, "clip_value", optimizer->clip_value);
    if (optimizer->lookahead > 0) {
        text_format(json, ", \"lookahead\": {\"k\": %" PRId64, optimizer->lookahead);
        append_figure(json, "alpha", optimizer->lookahead_alpha);
        text_append(json, "}");
    }
    append_average(json, &optimizer->average);
    append_schedule(json, &optimizer->schedule);
    text_append(json, "}");
}
