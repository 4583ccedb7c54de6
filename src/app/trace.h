/* One run's figures over its steps, as the curves at the bottom need them: appended once, and asked for the extremes of
 * any stretch quickly however long it is. One owner. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct trace {
    size_t count;
    int64_t *steps; /* (count) rising */
    double *values; /* (count) */
    struct trace_extremes {
        double low, high; /* of the finite values; low > high when there are none */
    } * blocks, *groups;  /* of TRACE_BLOCK values, of TRACE_BLOCK blocks; the last ones may be partial */
    size_t capacity, value_capacity, block_capacity, group_capacity;
};
enum { TRACE_BLOCK = 64 };

void trace_clear(struct trace *trace); /* empties, keeps the memory */
void trace_release(struct trace *trace);
void trace_append(struct trace *trace, int64_t step, double value);
/* Of the values [from, to). */
struct trace_extremes trace_extremes(const struct trace *trace, size_t from, size_t to);
/* The first index whose step is ≥ `step`; count when there is none. */
size_t trace_find(const struct trace *trace, int64_t step);
