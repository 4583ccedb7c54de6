#include "app/curves.h"

#include "study/study.h"

#include <math.h>

enum { READ_AT_ONCE = 512 };

static bool wants(const struct curves *curves, enum curve curve) {
    return curve == CURVE_LOSS || curves->wanted >> curve & 1;
}

static double figure_of(const struct sample *sample, enum curve curve) {
    switch (curve) {
    case CURVE_VALIDATION: return sample->validation_loss;
    case CURVE_TEST: return sample->test_loss;
    case CURVE_GRADIENT: return sample->gradient_norm;
    case CURVE_RATE: return sample->rate;
    case CURVE_ACCURACY: return 100 * sample->accuracy;
    case CURVE_VALIDATION_ACCURACY: return 100 * sample->validation_accuracy;
    case CURVE_TEST_ACCURACY: return 100 * sample->test_accuracy;
    default: return sample->loss;
    }
}

/* Curves that are wanted from now on are read from the first sample. */
static bool append_samples(struct curves *curves, const struct timeline *timeline, int run) {
    struct sample samples[READ_AT_ONCE];
    bool any = false;
    for (int curve = CURVE_LOSS; curve <= CURVE_TEST_ACCURACY; curve++) {
        struct trace *trace = &curves->traces[curve][run];
        if (!wants(curves, (enum curve)curve)) continue;
        size_t got;
        while ((got = timeline_read(timeline, run, trace->count, READ_AT_ONCE, samples, NULL, NULL)) > 0) {
            for (size_t i = 0; i < got; i++)
                trace_append(trace, samples[i].step, figure_of(&samples[i], (enum curve)curve));
            any = true;
        }
    }
    return any;
}

static bool append_distances(struct curves *curves, const struct exhibit *exhibit, int run) {
    int64_t steps[READ_AT_ONCE];
    double distances[READ_AT_ONCE];
    struct trace *trace = &curves->traces[CURVE_DISTANCE][run];
    uint64_t version = exhibit_distance_version(exhibit, run);
    if (!wants(curves, CURVE_DISTANCE)) return false;
    if (version != curves->distance_versions[run]) trace_clear(trace);
    curves->distance_versions[run] = version;
    bool any = false;
    size_t got;
    while ((got = exhibit_distances(exhibit, run, trace->count, READ_AT_ONCE, steps, distances)) > 0) {
        for (size_t i = 0; i < got; i++) trace_append(trace, steps[i], distances[i]);
        any = true;
    }
    return any;
}

/* Readings come between those that are there already. */
static bool take_sharpness(struct curves *curves, const struct study *study, int runs) {
    uint64_t revision = study ? study_revision(study) : 0;
    if (revision == curves->sharpness_revision) return false;
    curves->sharpness_revision = revision;
    struct sharpness_point points[64];
    for (int run = 0; run < runs; run++) {
        struct trace *trace = &curves->traces[CURVE_SHARPNESS][run], *bound = &curves->traces[CURVE_BOUND][run];
        trace_clear(trace);
        trace_clear(bound);
        size_t all = study ? study_read_sharpness(study, run, 0, 0, NULL) : 0;
        for (size_t from = 0; from < all; from += 64) {
            size_t count = all - from < 64 ? all - from : 64;
            study_read_sharpness(study, run, from, count, points);
            for (size_t i = 0; i < count; i++) {
                double value = isfinite(points[i].preconditioned) ? points[i].preconditioned : NAN;
                trace_append(trace, points[i].sample.step, value);
                trace_append(bound, points[i].sample.step, points[i].bound);
            }
        }
    }
    return true;
}

bool curves_update(struct curves *curves, const struct timeline *timeline, const struct exhibit *exhibit,
                   const struct study *sharpness) {
    uint64_t generation = timeline_generation(timeline);
    int runs = timeline_runs(timeline);
    bool any = false;
    if (generation != curves->generation)
        for (int curve = 0; curve <= CURVE_TEST_ACCURACY; curve++)
            for (int run = 0; run < runs; run++) trace_clear(&curves->traces[curve][run]);
    curves->generation = generation;
    for (int run = 0; run < runs; run++) {
        any |= append_samples(curves, timeline, run);
        any |= append_distances(curves, exhibit, run);
    }
    any |= take_sharpness(curves, sharpness, runs);
    return any;
}

void curves_release(struct curves *curves) {
    for (int curve = 0; curve < CURVE_COUNT; curve++)
        for (int run = 0; run < EXPERIMENT_MAX_RUNS; run++) trace_release(&curves->traces[curve][run]);
}
