/* Fixtures of the network tests: streams of float64, vectors, and how near two of them are. */
#pragma once

#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

/* A stream of float64 as the oracle scripts write it. */
struct stream {
    double *values;
    size_t count, at;
};

static inline struct stream stream_open(const char *name) {
    char *path = path_join(FIXTURES "/objective", name);
    struct error error = {0};
    size_t length;
    char *bytes = file_read(path, 1 << 24, &length, &error);
    if (!bytes) fail_msg("%s", error.message);
    free(path);
    return (struct stream){(double *)bytes, length / sizeof(double), 0};
}

static inline const double *take(struct stream *stream, size_t count) {
    assert_true(count <= stream->count - stream->at);
    stream->at += count;
    return stream->values + stream->at - count;
}

static inline int take_int(struct stream *stream) {
    return (int)*take(stream, 1);
}

static inline double *copy(const double *values, size_t count) {
    double *own = MEM_NEW(double, count);
    memcpy(own, values, count * sizeof *own);
    return own;
}

/* ‖a − b‖ ≤ tolerance ‖b‖ and no entry off by more than tolerance times the largest. */
static inline void assert_close(const char *what, int count, const double *a, const double *b, double tolerance) {
    double largest = 0;
    for (int i = 0; i < count; i++) largest = fmax(largest, fabs(b[i]));
    for (int i = 0; i < count; i++)
        if (!(fabs(a[i] - b[i]) <= tolerance * largest))
            fail_msg("%s[%d] = %.17g, expected %.17g (largest %.3g)", what, i, a[i], b[i], largest);
}

static inline double *random_vector(uint64_t seed, size_t count, double scale) {
    struct random random = random_seeded(seed, 99);
    double *v = MEM_NEW(double, count);
    for (size_t i = 0; i < count; i++) v[i] = scale * random_normal(&random);
    return v;
}
