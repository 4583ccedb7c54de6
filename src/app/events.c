#include "app/events.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FOUND = 4096, MOST_TURNINGS = 256, CHUNK = 256, MOST_PARAMETERS = 16 };
enum { WORK = 1 << 15 }; /* samples, and distances from points, in one update */
static const double near_share = 0.01, rest_share = 1e-6;
static const double low_share = 0.01, high_share = 0.03; /* of the steepest so far: EVENT_NEAR, and away again */
enum { NOISY_STEPS = 10 };
static const int64_t one_turn = 60; /* steps */

const char *const event_names[] = {"critical", "near", "rest", "diverged", "restart", "schedule", "warm", "changed"};

void hand_changes_note(struct hand_changes *changes, const struct hand_change *change) {
    struct hand_change *last = changes->count ? &changes->rows[changes->count - 1] : NULL;
    changes->revision++;
    if (last && last->optimizer == change->optimizer && last->parameter == change->parameter &&
        change->step >= last->step && change->step - last->step <= one_turn) {
        last->after = change->after;
        if (last->after == last->before) changes->count--; /* and back again */
        return;
    }
    if (changes->count == HAND_CHANGES) {
        memmove(changes->rows, changes->rows + 1, (HAND_CHANGES - 1) * sizeof *changes->rows);
        changes->count--;
    }
    changes->rows[changes->count++] = *change;
}

/* ---- schedules --------------------------------------------------------------------------------------------------*/

static void add_turning(int64_t step, enum event_kind kind, int64_t limit, struct turning *out, size_t most,
                        size_t *count) {
    if (step <= 0 || step >= limit || *count == most) return;
    if (*count && out[*count - 1].step == step) return;
    out[(*count)++] = (struct turning){step, kind};
}

size_t schedule_turnings(const struct schedule *schedule, int64_t limit, struct turning *out, size_t most) {
    size_t count = 0;
    int64_t warm = schedule->warmup > 0 ? schedule->warmup : 0, span = schedule->total - warm;
    if (warm) add_turning(warm, EVENT_WARM, limit, out, most, &count);
    switch (schedule->kind) {
    case SCHEDULE_STEP:
        for (int64_t k = schedule->step_size; schedule->step_size > 0 && warm + k < limit && count < most;
             k += schedule->step_size)
            add_turning(warm + k, EVENT_SCHEDULE, limit, out, most, &count);
        break;
    case SCHEDULE_MULTISTEP:
        for (int i = 0; i < schedule->milestone_count; i++)
            add_turning(warm + schedule->milestones[i], EVENT_SCHEDULE, limit, out, most, &count);
        break;
    case SCHEDULE_LINEAR:
    case SCHEDULE_COSINE:
    case SCHEDULE_POLYNOMIAL: add_turning(warm + span, EVENT_SCHEDULE, limit, out, most, &count); break;
    case SCHEDULE_COSINE_RESTARTS: {
        int64_t period = schedule->period, factor = schedule->period_factor > 0 ? schedule->period_factor : 1;
        for (int64_t at = warm + period; period > 0 && at < limit && count < most; at += period) {
            add_turning(at, EVENT_RESTART, limit, out, most, &count);
            if (period > INT64_MAX / 2 / factor) break;
            period *= factor;
        }
        break;
    }
    case SCHEDULE_ONE_CYCLE: { /* the peak, where it no longer rises */
        double share = schedule->pct_start > 0 ? schedule->pct_start : 0.3;
        add_turning(warm + llround(share * (double)span) - 1, EVENT_SCHEDULE, limit, out, most, &count);
        break;
    }
    case SCHEDULE_CONSTANT:
    case SCHEDULE_EXPONENTIAL:
    case SCHEDULE_INVERSE_SQRT:
    case SCHEDULE_PLATEAU: break;
    }
    return count;
}

/* ---- samples ----------------------------------------------------------------------------------------------------*/

static struct event *found_new(struct events *events, int64_t step, enum event_kind kind, int optimizer) {
    if (events->found_count == MOST_FOUND) return NULL;
    if (!events->found) events->found = MEM_NEW(struct event, MOST_FOUND);
    struct event *event = &events->found[events->found_count++];
    *event = (struct event){.step = step, .kind = kind, .optimizer = optimizer};
    return event;
}

static const char *label_of(const struct events_source *source, int run) {
    return source->experiment->optimizers[run / source->experiment->start_count].label;
}

static double near_enough(const struct experiment *experiment) {
    double square = 0;
    int n = objective_dimension(experiment->objective);
    for (int i = 0; i < n; i++) {
        double side = experiment->domain[i][1] - experiment->domain[i][0];
        square += side * side;
    }
    return near_share * sqrt(square);
}

static void say_where(struct event *event, const char *label, const struct eigen_report *report, bool valley) {
    char where[128] = "", number[NUMBER_TEXT];
    size_t used = 0;
    for (int i = 0; i < report->n && i < 3 && used < sizeof where; i++)
        used += (size_t)snprintf(where + used, sizeof where - used, "%s%s", i ? ", " : "",
                                 number_text(report->at[i], 3, number));
    static const char *const words[] = {[POINT_MINIMUM] = "%.60s reaches the minimum at (%.80s)",
                                        [POINT_MAXIMUM] = "%.60s reaches the maximum at (%.80s)",
                                        [POINT_SADDLE] = "%.60s reaches the saddle at (%.80s)",
                                        [POINT_DEGENERATE] = "%.60s reaches the critical point at (%.80s)",
                                        [POINT_NOT_CRITICAL] = "%.60s reaches (%.80s)"};
    event->point = report->kind;
    text_print(event->text, sizeof event->text, valley ? "%.60s reaches the valley at (%.80s)" : words[report->kind],
             label, where);
}

static void look_at_point(struct events *events, const struct events_source *source, int run,
                          const struct sample *sample, const double *theta, double near) {
    int n = objective_dimension(source->experiment->objective);
    for (size_t p = 0; p < source->point_count; p++) {
        bool *reached = &events->reached[(size_t)run * source->point_count + p];
        const struct eigen_report *report = source->points[p].report;
        double square = 0;
        if (*reached) continue;
        for (int i = 0; i < n; i++) square += (theta[i] - report->at[i]) * (theta[i] - report->at[i]);
        if (!(square < near * near)) continue;
        *reached = true;
        if (sample->step == 0) continue; /* it began there */
        struct event *event = found_new(events, sample->step, EVENT_CRITICAL, run / source->experiment->start_count);
        if (event) say_where(event, label_of(source, run), report, source->points[p].valley);
    }
}

/* Samples running that have to be low: one gradient of all the data is enough, of those that are partly chance a whole
 * epoch is, by whose mean the whole gradient is bounded. 0: of formulas in two variables the critical points themselves
 * are known. */
static int64_t low_needed(const struct events_source *source) {
    const struct experiment *experiment = source->experiment;
    const struct objective *objective = experiment->objective;
    int64_t samples = objective_samples(objective), batch = experiment->batch;
    if (objective_is_expression(objective) && objective_dimension(objective) <= 2) return 0;
    bool batches = batch > 0 && batch < samples;
    if (!batches && !objective_is_noisy(objective)) return 1;
    int64_t epoch = batches ? (samples + batch - 1) / batch : 1;
    return epoch > NOISY_STEPS ? epoch : NOISY_STEPS;
}

static void look_at_slope(struct events *events, const struct events_source *source, int run,
                          const struct sample *sample) {
    int64_t needed = low_needed(source);
    char number[NUMBER_TEXT];
    double share = sample->gradient_norm / events->steepest[run];
    events->low_for[run] = share < low_share ? events->low_for[run] + 1 : 0;
    if (share > high_share) events->near[run] = false;
    if (needed == 0 || events->near[run] || events->low_for[run] < needed) return;
    events->near[run] = true;
    if (sample->step == 0) return;
    struct event *event = found_new(events, sample->step, EVENT_NEAR, run / source->experiment->start_count);
    if (!event) return;
    if (needed == 1)
        text_print(event->text, sizeof event->text,
                 "%.60s is near a critical point, or on a plateau: ‖∇L‖ is %s, below 1 %% of its largest so far",
                 label_of(source, run), number_text(sample->gradient_norm, 2, number));
    else
        text_print(event->text, sizeof event->text,
                 "%.60s is near a critical point, or on a plateau: each ‖∇L‖ of the last %s steps is below 1 %% of its "
                 "largest so far",
                 label_of(source, run), number_text((double)needed, 6, number));
}

static void look_at_figures(struct events *events, const struct events_source *source, int run,
                            const struct sample *sample) {
    int optimizer = run / source->experiment->start_count;
    const struct schedule *schedule = &source->experiment->optimizers[optimizer].schedule;
    bool by_hand = false;
    char before[NUMBER_TEXT], after[NUMBER_TEXT];
    struct event *event;
    if (sample->gradient_norm > events->steepest[run]) events->steepest[run] = sample->gradient_norm;
    look_at_slope(events, source, run, sample);
    if (!events->rested[run] && sample->gradient_norm < rest_share * events->steepest[run]) {
        events->rested[run] = true;
        event = found_new(events, sample->step, EVENT_REST, optimizer);
        if (event)
            text_print(event->text, sizeof event->text, "%.60s comes to rest: ‖∇L‖ is a millionth of what it was",
                     label_of(source, run));
    }
    double rate = events->rate[run];
    events->rate[run] = sample->rate;
    if (schedule->kind != SCHEDULE_PLATEAU || sample->step <= schedule->warmup || !(rate > 0) || sample->rate >= rate)
        return;
    for (int i = 0; i < source->changes->count; i++)
        by_hand |= source->changes->rows[i].optimizer == optimizer && source->changes->rows[i].parameter == 0 &&
                   llabs(source->changes->rows[i].step - sample->step) <= 2 * one_turn;
    if (by_hand || !(event = found_new(events, sample->step, EVENT_SCHEDULE, optimizer))) return;
    text_print(event->text, sizeof event->text, "%.60s: the plateau takes the rate from %.30s to %.30s",
             label_of(source, run), number_text(rate, 3, before), number_text(sample->rate, 3, after));
}

/* The figures of samples not seen yet, until the work is done; how much of it is left. */
static size_t scan_figures(struct events *events, const struct events_source *source, int run, size_t work) {
    struct sample samples[CHUNK];
    size_t count;
    while (work > 0 &&
           (count = timeline_read(source->timeline, run, events->seen[run], CHUNK, samples, NULL, NULL)) > 0) {
        for (size_t i = 0; i < count; i++) look_at_figures(events, source, run, &samples[i]);
        events->seen[run] += count;
        work -= work < count ? work : count;
    }
    return work;
}

/* The same of where the samples are. */
static size_t scan_places(struct events *events, const struct events_source *source, int run, size_t work) {
    size_t n = (size_t)objective_dimension(source->experiment->objective), count;
    struct sample samples[CHUNK];
    bool known[CHUNK];
    double thetas[CHUNK * MOST_PARAMETERS], near = near_enough(source->experiment);
    while (work > 0 &&
           (count = timeline_read(source->timeline, run, events->sought[run], CHUNK, samples, thetas, known)) > 0) {
        for (size_t i = 0; i < count; i++)
            if (known[i]) look_at_point(events, source, run, &samples[i], thetas + i * n, near);
        events->sought[run] += count;
        count *= source->point_count;
        work -= work < count ? work : count;
    }
    return work;
}

static bool scan(struct events *events, const struct events_source *source) {
    bool located = source->experiment->domain && source->point_count > 0 &&
                   objective_dimension(source->experiment->objective) <= MOST_PARAMETERS;
    size_t before = events->found_count, work = WORK;
    int runs = timeline_runs(source->timeline);
    for (int run = 0; run < runs && work > 0; run++) work = scan_figures(events, source, run, work);
    for (int run = 0; located && run < runs && work > 0; run++) work = scan_places(events, source, run, work);
    events->behind = work == 0;
    return events->found_count != before;
}

/* ---- all of them ------------------------------------------------------------------------------------------------*/

static int by_step(const void *a, const void *b) {
    const struct event *one = a, *other = b;
    if (one->step != other->step) return one->step < other->step ? -1 : 1;
    return one->kind != other->kind ? (int)one->kind - (int)other->kind : one->optimizer - other->optimizer;
}

static void add_schedules(struct events *events, const struct events_source *source) {
    static const char *const words[EVENT_KINDS] = {[EVENT_WARM] = "%.60s: the warm-up ends",
                                                   [EVENT_SCHEDULE] = "%.60s: the schedule changes the rate",
                                                   [EVENT_RESTART] = "%.60s: the schedule begins anew"};
    struct turning turnings[MOST_TURNINGS];
    for (int i = 0; i < source->experiment->optimizer_count; i++) {
        const struct experiment_optimizer *one = &source->experiment->optimizers[i];
        size_t count = schedule_turnings(&one->schedule, source->limit, turnings, MOST_TURNINGS);
        for (size_t k = 0; k < count; k++) {
            struct event *event = &events->all[events->count++];
            *event = (struct event){.step = turnings[k].step, .kind = turnings[k].kind, .optimizer = i};
            text_print(event->text, sizeof event->text, words[turnings[k].kind], one->label);
        }
    }
}

static void add_rest(struct events *events, const struct events_source *source) {
    int runs = timeline_runs(source->timeline);
    for (int run = 0; run < runs; run++) {
        if (!(source->diverged >> run & 1)) continue;
        struct event *event = &events->all[events->count++];
        *event = (struct event){.step = source->ends[run] > 0 ? source->ends[run] : 0,
                                .kind = EVENT_DIVERGED,
                                .optimizer = run / source->experiment->start_count};
        text_print(event->text, sizeof event->text, "%.60s diverges", label_of(source, run));
    }
    for (int i = 0; i < source->changes->count; i++) {
        const struct hand_change *change = &source->changes->rows[i];
        const struct experiment_optimizer *one = &source->experiment->optimizers[change->optimizer];
        char before[NUMBER_TEXT], after[NUMBER_TEXT];
        size_t count;
        const char *name = optimizer_class_parameters(one->class, &count)[change->parameter].name;
        struct event *event = &events->all[events->count++];
        *event = (struct event){.step = change->step, .kind = EVENT_CHANGED, .optimizer = change->optimizer};
        text_print(event->text, sizeof event->text, "%.60s: %.20s by hand from %.30s to %.30s", one->label, name,
                 number_text(change->before, 3, before), number_text(change->after, 3, after));
    }
    if (events->found_count)
        memcpy(events->all + events->count, events->found, events->found_count * sizeof *events->found);
    events->count += events->found_count;
}

/* Other points are known now. */
static bool drop_critical(struct events *events) {
    size_t kept = 0, before = events->found_count;
    for (size_t i = 0; i < before; i++)
        if (events->found[i].kind != EVENT_CRITICAL) events->found[kept++] = events->found[i];
    events->found_count = kept;
    return kept != before;
}

bool events_update(struct events *events, const struct events_source *source) {
    uint64_t generation = timeline_generation(source->timeline);
    size_t runs = (size_t)timeline_runs(source->timeline);
    bool anew = !events->all || generation != events->generation, fresh = anew;
    if (anew) {
        memset(events->seen, 0, sizeof events->seen);
        memset(events->steepest, 0, sizeof events->steepest);
        memset(events->rate, 0, sizeof events->rate);
        memset(events->rested, 0, sizeof events->rested);
        memset(events->near, 0, sizeof events->near);
        memset(events->low_for, 0, sizeof events->low_for);
        events->found_count = 0;
        events->generation = generation;
    }
    if (anew || source->point_count != events->critical_count) {
        free(events->reached);
        events->reached = MEM_NEW(bool, runs * source->point_count + 1);
        memset(events->sought, 0, sizeof events->sought);
        fresh |= drop_critical(events);
        events->critical_count = source->point_count;
    }
    fresh |= scan(events, source);
    fresh |= source->limit != events->limit || source->diverged != events->diverged ||
             source->changes->revision != events->changes_revision;
    if (!fresh) return false;
    events->limit = source->limit;
    events->diverged = source->diverged;
    events->changes_revision = source->changes->revision;
    free(events->all);
    size_t most =
        (size_t)source->experiment->optimizer_count * MOST_TURNINGS + runs + HAND_CHANGES + events->found_count;
    events->all = MEM_NEW(struct event, most);
    events->count = 0;
    add_schedules(events, source);
    add_rest(events, source);
    qsort(events->all, events->count, sizeof *events->all, by_step);
    return true;
}

void events_release(struct events *events) {
    free(events->all);
    free(events->found);
    free(events->reached);
    *events = (struct events){0};
}

const struct event *events_next(const struct events *events, int64_t step, int by) {
    if (by > 0) {
        for (size_t i = 0; i < events->count; i++)
            if (events->all[i].step > step) return &events->all[i];
    } else {
        for (size_t i = events->count; i-- > 0;)
            if (events->all[i].step < step) return &events->all[i];
    }
    return NULL;
}
