/* A lesson's claims, run and judged in the background. */
#include "lesson/lesson_parts.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What part of the whole the runs are; the rest is what is worked out of them. */
static const double share_of_runs = 0.8;

struct lesson_check {
    const struct lesson *lesson;
    struct lesson_check_params params;
    char *kept; /* the folder, or NULL */
    struct stock *stock;
    struct job *job;

    pthread_mutex_t lock;
    /* All below: guarded by lock while the job runs; written by its thread alone. */
    double **values;               /* (measures) (seeds) each */
    bool *known;                   /* (measures) */
    struct error *troubles;        /* (measures) */
    struct claim_result **results; /* (steps) (claims) each */
    bool remembered;               /* some are from a file */
};

/* Judges every claim all of whose measures are known. */
static void judge(struct lesson_check *check) {
    const struct lesson *lesson = check->lesson;
    for (int s = 0; s < lesson->step_count; s++)
        for (int c = 0; c < lesson->steps[s].claim_count; c++) {
            struct claim_result *result = &check->results[s][c];
            const struct claim *claim = lesson->steps[s].claims[c].claim;
            bool ready = !result->done;
            const struct error *trouble = NULL;
            for (int m = 0; m < lesson->measure_count && ready; m++) {
                if (!claim_names(claim, m)) continue;
                ready = check->known[m];
                if (check->troubles[m].kind != ERROR_NONE) trouble = &check->troubles[m];
            }
            if (!ready) continue;
            if (trouble) {
                result->done = true;
                snprintf(result->measured, sizeof result->measured, "%s", trouble->message);
            } else {
                claim_judge(claim, lesson, check->values, result);
            }
        }
}

/* One measure for all its seeds; false when the whole was cancelled. */
static bool take(struct lesson_check *check, int m, const struct error *before, struct job *job, struct job *figures,
                 struct error *error) {
    const struct measure *measure = &check->lesson->measures[m];
    struct error trouble = {0};
    if (before) trouble = *before;
    for (int seed = 0; seed < measure->seeds && trouble.kind == ERROR_NONE; seed++)
        check->values[m][seed] =
            measure_take(measure, check->lesson, check->stock, seed, check->params.threads, figures, &trouble);
    if (!job_going(job, error)) return false;
    if (trouble.kind == ERROR_CANCELLED) {
        trouble = (struct error){0};
        error_set(
            &trouble, ERROR_MACHINE,
            "%s was not known when the %g seconds a lesson may take were over; fewer nets, planes or steps are right",
            measure->name, check->params.limit);
    }
    pthread_mutex_lock(&check->lock);
    check->known[m] = true;
    check->troubles[m] = trouble;
    judge(check);
    pthread_mutex_unlock(&check->lock);
    return true;
}

static bool carry_out(void *context, struct job *job, struct error *error) {
    struct lesson_check *check = context;
    const struct lesson *lesson = check->lesson;
    double until = clock_seconds() + check->params.limit;
    struct job *runs = job_create_part(job, share_of_runs), *figures = job_create_part(job, 0);
    job_limit(runs, until);
    job_limit(figures, until);
    int taken = 0;
    for (int m = 0; m < lesson->measure_count; m++) taken += check->known[m];
    pthread_mutex_lock(&check->lock);
    judge(check);
    pthread_mutex_unlock(&check->lock);
    stock_start(check->stock, check->params.threads, check->params.limit, runs);
    const struct error *trouble = NULL;
    bool good = true;
    for (int m; good && (m = stock_await(check->stock, check->known, &trouble)) >= 0; trouble = NULL) {
        good = take(check, m, trouble, job, figures, error);
        struct job *part = job_create_part(job, (1 - share_of_runs) / lesson->measure_count);
        job_note(part, 1);
        job_destroy(&part);
        if (check->params.wakeup) check->params.wakeup(check->params.wakeup_context);
    }
    stock_join(check->stock);
    stock_clear(check->stock);
    job_destroy(&figures);
    job_destroy(&runs);
    if (check->kept && taken < lesson->measure_count)
        figures_write(check->kept, lesson, check->values, check->known, check->troubles);
    return good;
}

struct lesson_check *lesson_check_create(const struct lesson *lesson, const struct lesson_check_params *params) {
    struct lesson_check *check = MEM_NEW(struct lesson_check, 1);
    *check = (struct lesson_check){.lesson = lesson, .params = *params};
    if (!(check->params.limit > 0)) check->params.limit = LESSON_CHECK_SECONDS;
    if (params->kept) check->kept = mem_copy_text(params->kept);
    pthread_mutex_init(&check->lock, NULL);
    check->values = MEM_NEW(double *, lesson->measure_count + 1);
    check->known = MEM_NEW(bool, lesson->measure_count + 1);
    check->troubles = MEM_NEW(struct error, lesson->measure_count + 1);
    for (int m = 0; m < lesson->measure_count; m++) check->values[m] = MEM_NEW(double, lesson->measures[m].seeds);
    check->results = MEM_NEW(struct claim_result *, lesson->step_count);
    for (int s = 0; s < lesson->step_count; s++)
        check->results[s] = MEM_NEW(struct claim_result, lesson->steps[s].claim_count);
    if (check->kept) figures_read(check->kept, lesson, check->values, check->known);
    for (int m = 0; m < lesson->measure_count; m++) check->remembered |= check->known[m];
    check->stock = stock_create(lesson, check->known);
    check->job = job_create(&(struct job_params){.name = "lesson",
                                                 .body = carry_out,
                                                 .context = check,
                                                 .wakeup = params->wakeup,
                                                 .wakeup_context = params->wakeup_context});
    return check;
}

void lesson_check_destroy(struct lesson_check **check) {
    if (!check || !*check) return;
    struct lesson_check *old = *check;
    job_destroy(&old->job);
    stock_destroy(&old->stock);
    for (int m = 0; m < old->lesson->measure_count; m++) free(old->values[m]);
    free(old->values);
    free(old->known);
    free(old->troubles);
    for (int s = 0; s < old->lesson->step_count; s++) free(old->results[s]);
    free(old->results);
    free(old->kept);
    pthread_mutex_destroy(&old->lock);
    free(old);
    *check = NULL;
}

void lesson_check_prefer(struct lesson_check *check, int step) {
    stock_prefer(check->stock, step);
}

struct job *lesson_check_job(const struct lesson_check *check) {
    return check->job;
}

static void lock(const struct lesson_check *check) {
    pthread_mutex_lock((pthread_mutex_t *)&check->lock);
}
static void unlock(const struct lesson_check *check) {
    pthread_mutex_unlock((pthread_mutex_t *)&check->lock);
}

struct claim_result lesson_check_claim(const struct lesson_check *check, int step, int claim) {
    lock(check);
    struct claim_result result = check->results[step][claim];
    unlock(check);
    return result;
}

double lesson_check_share(const struct lesson_check *check, int step) {
    int count = 0, known = 0;
    lock(check);
    for (int m = 0; m < check->lesson->measure_count; m++) {
        if (!(check->lesson->measures[m].steps >> step & 1)) continue;
        count++;
        known += check->known[m];
    }
    unlock(check);
    if (known == count) return 1;
    double runs = stock_share(check->stock, step);
    return share_of_runs * runs + (1 - share_of_runs) * known / count;
}

bool lesson_check_figure(const struct lesson_check *check, int measure, struct lesson_figure *figure) {
    lock(check);
    bool known = check->known[measure] && check->troubles[measure].kind == ERROR_NONE;
    int seeds = check->lesson->measures[measure].seeds;
    const double *values = check->values[measure];
    if (known) *figure = (struct lesson_figure){values_median(values, seeds), INFINITY, -INFINITY};
    for (int seed = 0; known && seed < seeds; seed++) {
        figure->least = fmin(figure->least, values[seed]);
        figure->most = fmax(figure->most, values[seed]);
    }
    unlock(check);
    return known;
}

bool lesson_check_remembers(const struct lesson_check *check) {
    return check->remembered;
}

/* What measure `name` found; false when there is none of that name. */
static bool append_found(const struct lesson *lesson, const struct lesson_check *check, const char *name, size_t length,
                         struct text *text) {
    for (int m = 0; m < lesson->measure_count; m++) {
        const char *own = lesson->measures[m].name;
        if (strlen(own) != length || strncmp(own, name, length) != 0) continue;
        char found[160] = "…";
        if (check) {
            lock(check);
            if (check->known[m] && check->troubles[m].kind == ERROR_NONE)
                measure_text(&lesson->measures[m], check->values[m], found, sizeof found);
            unlock(check);
        }
        text_append(text, found);
        return true;
    }
    return false;
}

char *lesson_fill(const struct lesson *lesson, const struct lesson_check *check, const char *words) {
    struct text text = {0};
    for (const char *at = words; *at;) {
        size_t plain = strcspn(at, "{");
        text_format(&text, "%.*s", (int)plain, at);
        at += plain;
        if (!*at) break;
        if (at[1] == '{') {
            text_append(&text, "{");
            at += 2;
            continue;
        }
        size_t length = strcspn(at + 1, "}");
        if (!at[1 + length] || !append_found(lesson, check, at + 1, length, &text)) {
            text_append(&text, "{");
            at++;
            continue;
        }
        at += length + 2;
    }
    return text.bytes ? text.bytes : mem_copy_text("");
}
