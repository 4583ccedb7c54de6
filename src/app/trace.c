#include "app/trace.h"

#include "base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const struct trace_extremes nothing = {INFINITY, -INFINITY};

void trace_clear(struct trace *trace) {
    trace->count = 0;
}

void trace_release(struct trace *trace) {
    free(trace->steps);
    free(trace->values);
    for (int k = 0; k < TRACE_LEVELS; k++) free(trace->levels[k].stretches);
    *trace = (struct trace){0};
}

/* In a stretch of level k. */
static size_t values_of(int k) {
    return (size_t)1 << 2 * (k + 1);
}

/* True when that made it wider. */
static bool widen(struct trace_extremes *extremes, double low, double high) {
    bool wider = low < extremes->low || high > extremes->high;
    if (low < extremes->low) extremes->low = low;
    if (high > extremes->high) extremes->high = high;
    return wider;
}

void trace_append(struct trace *trace, int64_t step, double value) {
    size_t at = trace->count++;
    MEM_GROW(trace->steps, trace->capacity, trace->count);
    MEM_GROW(trace->values, trace->value_capacity, trace->count);
    if (at == 0)
        trace->apart = 1;
    else if (at == 1)
        trace->apart = step - trace->steps[0];
    else if (step - trace->steps[at - 1] != trace->apart)
        trace->apart = 0;
    trace->steps[at] = step;
    trace->values[at] = value;
    bool wider = isfinite(value);
    for (int k = 0; k < TRACE_LEVELS; k++) {
        struct trace_level *level = &trace->levels[k];
        size_t place = at / values_of(k);
        bool begins = at % values_of(k) == 0;
        if (begins) {
            MEM_GROW(level->stretches, level->capacity, place + 1);
            level->stretches[place] = nothing;
        }
        if (wider) wider = widen(&level->stretches[place], value, value);
        if (!wider && !begins) break;
    }
}

static void join(struct trace_extremes *extremes, const struct trace_extremes *more) {
    if (more->low < extremes->low) extremes->low = more->low;
    if (more->high > extremes->high) extremes->high = more->high;
}

/* From both ends inwards: what fills no whole stretch of the level above, then the same a level up. */
struct trace_extremes trace_extremes(const struct trace *trace, size_t from, size_t to) {
    struct trace_extremes found = nothing;
    if (to > trace->count) to = trace->count;
    if (from >= to) return found;
    for (; from < to && from % 4 != 0; from++)
        if (isfinite(trace->values[from])) widen(&found, trace->values[from], trace->values[from]);
    for (; from < to && to % 4 != 0; to--)
        if (isfinite(trace->values[to - 1])) widen(&found, trace->values[to - 1], trace->values[to - 1]);
    for (int k = 0; from < to; k++) {
        const struct trace_extremes *stretches = trace->levels[k].stretches;
        bool last = k == TRACE_LEVELS - 1;
        from /= 4;
        to /= 4;
        for (; from < to && (last || from % 4 != 0); from++) join(&found, &stretches[from]);
        for (; from < to && to % 4 != 0; to--) join(&found, &stretches[to - 1]);
    }
    return found;
}

size_t trace_grain(size_t most) {
    size_t grain = 1;
    while (4 * grain <= most) grain *= 4;
    return grain;
}

size_t trace_find(const struct trace *trace, int64_t step) {
    if (trace->count == 0 || step <= trace->steps[0]) return 0;
    size_t low = 0, high = trace->count; /* all before low have steps below, all from high on have not */
    if (trace->apart > 0) { /* without a look at memory that may be far away */
        uint64_t at = ((uint64_t)(step - trace->steps[0]) + (uint64_t)trace->apart - 1) / (uint64_t)trace->apart;
        return at < high ? (size_t)at : high;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (trace->steps[middle] < step)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
