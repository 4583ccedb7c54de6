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
    const int64_t *steps = trace->steps;
    size_t count = trace->count;
    if (count == 0 || step <= steps[0]) return 0;
    if (step > steps[count - 1]) return count;
    /* steps[low] < step ≤ steps[high]: from where it would be if all were equally far apart, further and further out */
    size_t low = 0, high = count - 1, reach = 1;
    size_t guess = (size_t)((double)(step - steps[0]) / (double)(steps[high] - steps[0]) * (double)high);
    if (guess > high) guess = high;
    if (steps[guess] < step) {
        for (low = guess; low + reach < high && steps[low + reach] < step; reach *= 2) low += reach;
        if (low + reach < high) high = low + reach;
    } else {
        for (high = guess; high > reach && steps[high - reach] >= step; reach *= 2) high -= reach;
        if (high > reach) low = high - reach;
    }
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (steps[middle] < step)
            low = middle;
        else
            high = middle;
    }
    return high;
}
