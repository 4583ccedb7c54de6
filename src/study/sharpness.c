#include "study/sharpness_bound.h"
#include "study/study_class.h"

#include "base/memory.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { READINGS = 100, THINNED_CHUNK = 64 };
static const double TOLERANCE = 1e-5;
static const long POLL_NANOSECONDS = 100 * 1000 * 1000; /* between two looks for more samples */

struct reading {
    struct sharpness_point point;
    size_t index; /* in the timeline */
};

/* All but readings, count and trouble are the thread's that reads the run. */
struct meter {
    int run;
    const struct experiment_optimizer *from;
    double values[OPTIMIZER_MAX_PARAMETERS]; /* of its parameters */
    struct sharpness *plain, *conditioned;
    double *theta, *scale;    /* (n) each */
    struct descent *descent;  /* repeats the run, or is it; NULL: not begun */
    bool strayed;             /* the run is not what a repetition gives: P stays unknown */
    size_t skipped;           /* timeline: between readings, places whose parameters are not kept, up to this index */
    struct reading *readings; /* guarded by lock; ascending */
    size_t count, capacity;   /* guarded by lock */
    char trouble[1024];       /* guarded by lock */
};

struct sharpness_study {
    struct study study;
    struct sharpness_params params;
    struct meter *meters; /* (runs) */
    int runs;
    int n;
    uint64_t generation; /* of the timeline, as last seen */
    atomic_int moved;    /* whether this round read anything */
};

static void release(struct study *study) {
    struct sharpness_study *s = (struct sharpness_study *)study;
    for (int run = 0; run < s->runs; run++) {
        struct meter *meter = &s->meters[run];
        sharpness_destroy(&meter->plain);
        sharpness_destroy(&meter->conditioned);
        descent_destroy(&meter->descent);
        free(meter->theta);
        free(meter->scale);
        free(meter->readings);
    }
    free(s->meters);
}

static void write(const struct study *study, FILE *stream) {
    const struct sharpness_study *s = (const struct sharpness_study *)study;
    fputs("run,step,loss,lr,lambda_max,residual,two_over_lr,preconditioned_lambda_max,bound\n", stream);
    for (int run = 0; run < s->runs; run++) {
        char *label = study_run_label(s->params.experiment, run);
        for (size_t i = 0; i < s->meters[run].count; i++) {
            const struct sharpness_point *p = &s->meters[run].readings[i].point;
            study_write_name(stream, label);
            fprintf(stream, ",%" PRId64, p->sample.step);
            const double values[] = {p->sample.loss,   p->sample.rate,    p->largest, p->residual,
                                     p->two_over_rate, p->preconditioned, p->bound};
            for (size_t k = 0; k < sizeof values / sizeof *values; k++) study_write_number(stream, values[k]);
            fputc('\n', stream);
        }
        free(label);
    }
}

/* ---- one reading ----------------------------------------------------------------------------------------------------
 */

static bool note_trouble(struct sharpness_study *s, struct meter *meter, const char *why) {
    study_lock(&s->study);
    snprintf(meter->trouble, sizeof meter->trouble, "%s", why);
    study_unlock(&s->study);
    return false;
}

/* In its place by index. */
static void publish(struct sharpness_study *s, struct meter *meter, const struct reading *reading) {
    study_lock(&s->study);
    MEM_GROW(meter->readings, meter->capacity, meter->count + 1);
    size_t at = meter->count++;
    for (; at > 0 && meter->readings[at - 1].index > reading->index; at--)
        meter->readings[at] = meter->readings[at - 1];
    meter->readings[at] = *reading;
    study_unlock(&s->study);
    study_announce(&s->study);
}

static bool read_plain(struct sharpness_study *s, struct meter *meter, const double *theta, struct reading *reading) {
    struct sharpness_reading found;
    struct error error = {0};
    struct sharpness_point *point = &reading->point;
    if (!sharpness_read(meter->plain, theta, NULL, &found, &error)) return note_trouble(s, meter, error.message);
    point->largest = found.largest;
    point->residual = found.residual;
    point->preconditioned = sharpness_divides(meter->from) ? NAN : found.largest;
    point->two_over_rate = 2 / point->sample.rate;
    point->bound = sharpness_bound(meter->from, meter->values, point->sample.rate);
    return true;
}

static bool read_conditioned(struct sharpness_study *s, struct meter *meter, const double *theta,
                             const struct state_vectors *state, int64_t step, double *out) {
    struct sharpness_reading found;
    struct error error = {0};
    *out = NAN;
    if (!sharpness_divides(meter->from) ||
        !sharpness_scale(state, meter->from, meter->values, step, s->n, meter->scale))
        return true;
    if (!sharpness_read(meter->conditioned, theta, meter->scale, &found, &error))
        return note_trouble(s, meter, error.message);
    *out = found.largest;
    return true;
}

/* ---- training here --------------------------------------------------------------------------------------------------
 */

static bool begin_descent(struct sharpness_study *s, struct meter *meter, const double *start) {
    struct error error = {0};
    const struct descent_params params = {
        .experiment = s->params.experiment, .optimizer = meter->from, .values = meter->values, .start = start};
    meter->descent = descent_create(&params, &error);
    return meter->descent || note_trouble(s, meter, error.message);
}

static void note_divergence(struct sharpness_study *s, struct meter *meter, const char *wrong) {
    char why[128];
    snprintf(why, sizeof why, "%s is not finite at step %" PRId64 "; try a smaller learning rate", wrong,
             descent_at(meter->descent));
    note_trouble(s, meter, why);
}

static bool train_and_read(void *context, int run, struct job *part) {
    struct sharpness_study *s = context;
    struct meter *meter = &s->meters[run];
    if (!(s->params.runs >> run & 1)) return true;
    const struct experiment *experiment = s->params.experiment;
    const double *start = experiment->starts + (size_t)(run % experiment->start_count) * (size_t)s->n;
    if (!begin_descent(s, meter, start)) return true;
    const char *wrong = descent_evaluate(meter->descent);
    for (int64_t step = 0; !wrong && job_going(part, NULL);) {
        struct reading reading = {.point.sample = *descent_sample(meter->descent), .index = (size_t)step};
        const double *theta = descent_theta(meter->descent);
        if (!read_plain(s, meter, theta, &reading)) return true;
        const struct state_vectors state = state_of_optimizer(descent_optimizer(meter->descent));
        if (sharpness_divides(meter->from) &&
            !read_conditioned(s, meter, theta, &state, step, &reading.point.preconditioned))
            return true;
        publish(s, meter, &reading);
        job_note(part, (double)step / (double)s->params.steps);
        if (step >= s->params.steps) return true;
        int64_t next = step + s->params.every < s->params.steps ? step + s->params.every : s->params.steps;
        for (; !wrong && step < next && job_going(part, NULL); step++) wrong = descent_take(meter->descent, 1);
    }
    if (wrong) note_divergence(s, meter, wrong);
    return true;
}

/* ---- from a timeline ------------------------------------------------------------------------------------------------
 */

/* The index to read next: the ends first, then the middle of the widest gap, as long as one is wider than its share of
 * the path. SIZE_MAX: none. The meter's thread alone writes readings, so it reads them without the lock. */
static size_t find_gap(const struct sharpness_study *s, const struct meter *meter, size_t available) {
    if (available == 0) return SIZE_MAX;
    if (meter->count == 0) return 0;
    size_t last = meter->readings[meter->count - 1].index, share = (available - 1) / (size_t)s->params.points, gap = 0;
    if (share == 0) share = 1;
    if (available - 1 > last && (available - 1 - last >= share || !s->params.follow)) return available - 1;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i + 1 < meter->count; i++) {
        size_t from = meter->readings[i].index, width = meter->readings[i + 1].index - from;
        if (width > share && width > 1 && width > gap && meter->readings[i + 1].index > meter->skipped) {
            gap = width;
            best = from + width / 2;
        }
    }
    return best;
}

/* The nearest sample at or after `index`, else before it, whose parameters are kept and that is not read yet. */
static bool find_known(const struct sharpness_study *s, struct meter *meter, size_t index, struct reading *reading) {
    const struct timeline *timeline = s->params.timeline;
    struct sample samples[THINNED_CHUNK];
    bool known[THINNED_CHUNK];
    size_t low = 0, high = SIZE_MAX; /* readings beside it */
    for (size_t i = 0; i < meter->count; i++) {
        if (meter->readings[i].index < index) low = meter->readings[i].index + 1;
        if (meter->readings[i].index >= index && high == SIZE_MAX) high = meter->readings[i].index;
    }
    for (size_t from = index; from < high;) {
        size_t count = timeline_read(timeline, meter->run, from, THINNED_CHUNK, samples, NULL, known);
        for (size_t k = 0; k < count && from + k < high; k++)
            if (known[k] &&
                timeline_read(timeline, meter->run, from + k, 1, &reading->point.sample, meter->theta, known + k) &&
                known[k]) {
                reading->index = from + k;
                return true;
            }
        if (count == 0) break;
        from += count;
    }
    for (size_t at = index; at-- > low;)
        if (timeline_read(timeline, meter->run, at, 1, &reading->point.sample, meter->theta, known) && known[0]) {
            reading->index = at;
            return true;
        }
    if (high != SIZE_MAX) meter->skipped = high;
    return false;
}

/* Repeats the run up to the first reading without its P, and gives it that, if it comes through the same θ. */
static bool repeat_run(struct sharpness_study *s, struct meter *meter, struct job *part) {
    struct sample sample;
    bool known = false;
    size_t at = 0;
    while (at < meter->count &&
           (isfinite(meter->readings[at].point.preconditioned) ||
            (meter->descent && meter->readings[at].point.sample.step < descent_at(meter->descent)) ||
            meter->readings[at].point.sample.step == 0))
        at++;
    if (meter->strayed || at == meter->count) return false;
    struct reading *reading = &meter->readings[at];
    if (!meter->descent) {
        if (!timeline_read(s->params.timeline, meter->run, 0, 1, &sample, meter->theta, &known) || !known ||
            sample.step != 0 || !begin_descent(s, meter, meter->theta) || descent_evaluate(meter->descent)) {
            meter->strayed = true;
            return false;
        }
    }
    int64_t step = reading->point.sample.step;
    while (descent_at(meter->descent) < step && job_going(part, NULL))
        if (descent_take(meter->descent, 1)) break;
    if (!job_going(part, NULL)) return false;
    const double *theta = descent_theta(meter->descent);
    const struct state_vectors state = state_of_optimizer(descent_optimizer(meter->descent));
    double found = NAN;
    meter->strayed = descent_at(meter->descent) != step ||
                     !timeline_read(s->params.timeline, meter->run, reading->index, 1, &sample, meter->theta, &known) ||
                     !known || memcmp(theta, meter->theta, (size_t)s->n * sizeof *theta) != 0 ||
                     !read_conditioned(s, meter, theta, &state, step, &found);
    if (meter->strayed) return false;
    if (!isfinite(found)) meter->strayed = true; /* it never knows a P */
    study_lock(&s->study);
    reading->point.preconditioned = found;
    study_unlock(&s->study);
    study_announce(&s->study);
    return true;
}

/* What the update before this reading left in the optimizer, where the timeline kept that: P, without repeating the
 * run. */
static bool read_inside(struct sharpness_study *s, struct meter *meter, struct reading *reading) {
    if (!sharpness_divides(meter->from) || reading->index == 0) return true;
    struct inside *inside = timeline_inside(s->params.timeline, meter->run, reading->index - 1);
    if (!inside) return true;
    const struct state_vectors state = state_of_inside(inside);
    bool ok =
        read_conditioned(s, meter, meter->theta, &state, reading->point.sample.step, &reading->point.preconditioned);
    free(inside);
    return ok;
}

static bool read_one(void *context, int run, struct job *part) {
    struct sharpness_study *s = context;
    struct meter *meter = &s->meters[run];
    if (!(s->params.runs >> run & 1) || meter->trouble[0]) return true;
    size_t available = timeline_count(s->params.timeline, run);
    size_t gap = find_gap(s, meter, available);
    struct reading reading = {0};
    if (gap != SIZE_MAX && find_known(s, meter, gap, &reading)) {
        if (!read_plain(s, meter, meter->theta, &reading) || !read_inside(s, meter, &reading)) return true;
        publish(s, meter, &reading);
        atomic_store(&s->moved, 1);
    } else if (sharpness_divides(meter->from) && repeat_run(s, meter, part)) {
        atomic_store(&s->moved, 1);
    } else if (gap != SIZE_MAX) {
        atomic_store(&s->moved, 1); /* a gap without parameters was struck off */
    }
    return true;
}

/* The values that count now. */
static void take_values(struct sharpness_study *s, struct meter *meter) {
    size_t count;
    optimizer_class_parameters(meter->from->class, &count);
    for (size_t i = 0; i < count; i++)
        meter->values[i] =
            s->params.trainer ? trainer_value(s->params.trainer, meter->run, (int)i) : meter->from->values[i];
}

static void begin_anew(struct sharpness_study *s) {
    s->generation = timeline_generation(s->params.timeline);
    study_lock(&s->study);
    for (int run = 0; run < s->runs; run++) {
        struct meter *meter = &s->meters[run];
        meter->count = meter->skipped = 0;
        meter->strayed = false;
        meter->trouble[0] = '\0';
        take_values(s, meter);
        descent_destroy(&meter->descent);
    }
    study_unlock(&s->study);
    study_announce(&s->study);
}

static size_t samples_there(const struct sharpness_study *s) {
    size_t sum = 0;
    for (int run = 0; run < s->runs; run++) sum += timeline_count(s->params.timeline, run);
    return sum;
}

static void note_readings(const struct sharpness_study *s, struct job *job) {
    size_t sum = 0;
    for (int run = 0; run < s->runs; run++) sum += s->meters[run].count;
    job_note(job, fmin(0.99, (double)sum / ((double)s->runs * (s->params.points + 1))));
}

/* One reading a run at a time, so that all curves grow alike. */
static bool follow(struct sharpness_study *s, struct job *job, struct error *error) {
    struct job *quiet = job_create_part(job, 0); /* what is left to do is not known by the round */
    size_t seen = SIZE_MAX;
    begin_anew(s);
    while (job_going(job, error)) {
        bool cleared = timeline_generation(s->params.timeline) != s->generation;
        if (cleared && !s->params.follow) break;
        if (cleared) begin_anew(s);
        size_t there = samples_there(s);
        atomic_store(&s->moved, 0);
        if (there != seen || cleared) study_spread(quiet, s->runs, s->params.threads, read_one, s, NULL);
        note_readings(s, job);
        if (atomic_load(&s->moved)) continue;
        if (!s->params.follow) break;
        seen = there;
        nanosleep(&(struct timespec){.tv_nsec = POLL_NANOSECONDS}, NULL);
    }
    job_destroy(&quiet);
    return job_going(job, error);
}

static bool work(struct study *study, struct job *job, struct error *error) {
    struct sharpness_study *s = (struct sharpness_study *)study;
    return s->params.timeline ? follow(s, job, error)
                              : study_spread(job, s->runs, s->params.threads, train_and_read, s, error);
}

static void record(const struct study *study, struct recording_study *out) {
    static const struct recording_column columns[] = {
        {"run", RECORDING_INTEGER},         {"step", RECORDING_INTEGER},
        {"loss", RECORDING_REAL},           {"lr", RECORDING_REAL},
        {"lambda_max", RECORDING_REAL},     {"residual", RECORDING_REAL},
        {"preconditioned", RECORDING_REAL}, {"bound", RECORDING_REAL},
    };
    const struct sharpness_study *s = (const struct sharpness_study *)study;
    STUDY_TABLE(out, "sharpness", columns);
    for (int run = 0; run < s->runs; run++)
        for (size_t i = 0; i < s->meters[run].count; i++) {
            const struct sharpness_point *p = &s->meters[run].readings[i].point;
            study_row(out, (struct recording_cell[]){CELL_INTEGER(run), CELL_INTEGER(p->sample.step),
                                                     CELL_REAL(p->sample.loss), CELL_REAL(p->sample.rate),
                                                     CELL_REAL(p->largest), CELL_REAL(p->residual),
                                                     CELL_REAL(p->preconditioned), CELL_REAL(p->bound)});
        }
}

static const struct study_class class = {"sharpness", sizeof(struct sharpness_study), work, write, release, record};

struct study *study_create_sharpness(const struct sharpness_params *params, struct error *error) {
    const struct experiment *experiment = params->experiment;
    const struct objective *objective = experiment->objective;
    int runs = experiment_run_count(experiment), n = objective_dimension(objective);
    uint64_t all = runs >= 64 ? UINT64_MAX : (UINT64_C(1) << runs) - 1;
    if (params->runs & ~all) {
        error_set(error, ERROR_INPUT, "the experiment has %d runs; one beyond them was asked for", runs);
        return NULL;
    }
    struct sharpness_study *s = study_allocate(&class);
    s->params = *params;
    s->runs = runs;
    s->n = n;
    if (!s->params.runs) s->params.runs = all;
    if (s->params.steps <= 0) s->params.steps = experiment->steps;
    if (s->params.every <= 0) s->params.every = s->params.steps > READINGS ? s->params.steps / READINGS : 1;
    if (s->params.points <= 0) s->params.points = READINGS;
    double tolerance = params->tolerance > 0 ? params->tolerance : TOLERANCE;
    s->meters = MEM_NEW(struct meter, runs);
    for (int run = 0; run < runs; run++) {
        struct meter *meter = &s->meters[run];
        *meter = (struct meter){.run = run, .from = &experiment->optimizers[run / experiment->start_count]};
        if (!(s->params.runs >> run & 1)) continue;
        take_values(s, meter);
        meter->plain = sharpness_create(objective, tolerance, 1);
        meter->conditioned = sharpness_create(objective, tolerance, 2);
        meter->theta = MEM_NEW(double, n);
        meter->scale = MEM_NEW(double, n);
    }
    return study_start(&s->study, &params->watcher);
}

size_t study_read_sharpness(const struct study *study, int run, size_t from, size_t most, struct sharpness_point *out) {
    const struct meter *meter = &((const struct sharpness_study *)study)->meters[run];
    study_lock(study);
    size_t count = meter->count;
    for (size_t i = 0; out && i < most && from + i < count; i++) out[i] = meter->readings[from + i].point;
    study_unlock(study);
    return count;
}

const char *study_sharpness_trouble(const struct study *study, int run, char *out, size_t size) {
    study_lock(study);
    snprintf(out, size, "%s", ((const struct sharpness_study *)study)->meters[run].trouble);
    study_unlock(study);
    return out;
}
