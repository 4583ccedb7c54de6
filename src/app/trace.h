/* One run's figures over its steps, as the curves at the bottom need them: appended once, and asked for the extremes of
 * any stretch quickly however long it is. One owner. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { TRACE_LEVELS = 20 };
struct trace {
    size_t count;
    int64_t *steps; /* (count) rising */
    int64_t apart;  /* neighbouring steps, all of them; 0: not equally far */
    double *values; /* (count) */
    size_t capacity, value_capacity;
    struct trace_level { /* level k: of 4ᵏ⁺¹ neighbouring values each; the last one may be partial */
        struct trace_extremes {
            double low, high; /* of the finite values; low > high when there are none */
        } *stretches;
        size_t capacity;
    } levels[TRACE_LEVELS];
};

void trace_clear(struct trace *trace); /* empties, keeps the memory */
void trace_release(struct trace *trace);
void trace_append(struct trace *trace, int64_t step, double value);
/* Of the values [from, to), in time that grows with the logarithm of their number. */
struct trace_extremes trace_extremes(const struct trace *trace, size_t from, size_t to);
/* The length of the longest stretch whose extremes are kept, of `most` values at most, or 1: those of ranges that begin and
 * end on multiples of it are had soonest. */
size_t trace_grain(size_t most);
/* The first index whose step is ≥ `step`; count when there is none. At once where all are equally far apart. */
size_t trace_find(const struct trace *trace, int64_t step);
