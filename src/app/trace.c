#include "app/trace.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

static const struct trace_extremes nothing = {INFINITY, -INFINITY};

void trace_clear(struct trace *trace) {
    trace->count = 0;
}

void trace_release(struct trace *trace) {
    free(trace->steps);
    free(trace->values);
    free(trace->blocks);
    free(trace->groups);
    *trace = (struct trace){0};
}

static void widen(struct trace_extremes *extremes, double low, double high) {
    if (low < extremes->low) extremes->low = low;
    if (high > extremes->high) extremes->high = high;
}

void trace_append(struct trace *trace, int64_t step, double value) {
    size_t at = trace->count++, block = at / TRACE_BLOCK, group = block / TRACE_BLOCK;
    MEM_GROW(trace->steps, trace->capacity, trace->count);
    MEM_GROW(trace->values, trace->value_capacity, trace->count);
    MEM_GROW(trace->blocks, trace->block_capacity, block + 1);
    MEM_GROW(trace->groups, trace->group_capacity, group + 1);
    trace->steps[at] = step;
    trace->values[at] = value;
    if (at % TRACE_BLOCK == 0) trace->blocks[block] = nothing;
    if (at % (TRACE_BLOCK * TRACE_BLOCK) == 0) trace->groups[group] = nothing;
    if (!isfinite(value)) return;
    widen(&trace->blocks[block], value, value);
    widen(&trace->groups[group], value, value);
}

struct trace_extremes trace_extremes(const struct trace *trace, size_t from, size_t to) {
    struct trace_extremes found = nothing;
    const size_t block = TRACE_BLOCK, group = block * block;
    if (to > trace->count) to = trace->count;
    while (from < to) {
        if (from % group == 0 && from + group <= to) {
            widen(&found, trace->groups[from / group].low, trace->groups[from / group].high);
            from += group;
        } else if (from % block == 0 && from + block <= to) {
            widen(&found, trace->blocks[from / block].low, trace->blocks[from / block].high);
            from += block;
        } else {
            if (isfinite(trace->values[from])) widen(&found, trace->values[from], trace->values[from]);
            from++;
        }
    }
    return found;
}

size_t trace_find(const struct trace *trace, int64_t step) {
    size_t low = 0, high = trace->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (trace->steps[middle] < step)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
