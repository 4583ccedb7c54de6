#include "study/study_class.h"

#include "base/linalg.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 81, DOUBLINGS = 60 };
static const double SHARE = 0.1;
static const double FIRST_REACH = 1e-3; /* of 1 + ‖θ‖ */
static const double LAST_REACH = 1e3;   /* of 1 + ‖θ‖: a quadratic that never ends */

struct taylor_study {
    struct study study;
    struct taylor_params params;
    double *theta, *directions;      /* (n), (count × n); directions are the work's until a section shows them */
    int low, high, count;            /* immutable */
    struct taylor_section *sections; /* (count) those below `done` are immutable */
    atomic_int done;
};

static void release(struct study *study) {
    struct taylor_study *t = (struct taylor_study *)study;
    for (int k = 0; k < t->count; k++) taylor_destroy((struct taylor **)&t->sections[k].taylor);
    free(t->sections);
    free(t->theta);
    free(t->directions);
}

static void write(const struct study *study, FILE *stream) {
    const struct taylor_study *t = (const struct taylor_study *)study;
    fputs("direction,t,loss,model\n", stream);
    for (int k = 0; k < atomic_load(&t->done); k++)
        for (int i = 0; i < t->sections[k].taylor->count; i++) {
            study_write_name(stream, t->sections[k].name);
            study_write_number(stream, t->sections[k].taylor->t[i]);
            study_write_number(stream, t->sections[k].taylor->loss[i]);
            study_write_number(stream, t->sections[k].taylor->model[i]);
            fputc('\n', stream);
        }
}

static void name_section(const struct taylor_study *t, int k, char *out, size_t size) {
    static const char *const ends[] = {"st", "nd", "rd", "th"};
    if (t->params.directions) {
        snprintf(out, size, "direction %d", k + 1);
        return;
    }
    bool low = k < t->low;
    int place = low ? k + 1 : t->count - k;
    const char *what = low ? "lowest" : "highest";
    const char *ordinal = ends[place % 10 >= 1 && place % 10 <= 3 && place / 10 % 10 != 1 ? place % 10 - 1 : 3];
    if (place == 1)
        snprintf(out, size, "%s", what);
    else
        snprintf(out, size, "%d%s %s", place, ordinal, what);
}

/* The eigenvectors asked for, lowest first. */
static bool find_directions(struct taylor_study *t, struct job *job, struct error *error) {
    size_t n = (size_t)objective_dimension(t->params.objective);
    int most = t->low > t->high ? t->low : t->high;
    struct eigen_ends *ends = hessian_ends(t->params.objective, t->theta, most, job, error);
    if (!ends) return false;
    int total = ends->low + ends->high;
    for (int k = 0; k < t->count; k++) {
        int row = k < t->low ? k : total - (t->count - k);
        memcpy(t->directions + (size_t)k * n, ends->eigenvectors + (size_t)row * n, n * sizeof(double));
    }
    eigen_ends_destroy(&ends);
    return true;
}

static bool holds_all_the_way(const struct taylor *taylor) {
    return taylor->holds[0] <= taylor->t[0] && taylor->holds[1] >= taylor->t[taylor->count - 1];
}

/* Doubled until the model fails on a side within it; so the place where it does is within a factor of two of the edge.
 */
static struct taylor *check(const struct taylor_study *t, const double *direction, double *reach, struct job *job,
                            struct error *error) {
    const struct objective *objective = t->params.objective;
    double size = 1 + linalg_norm(objective_dimension(objective), t->theta);
    *reach = t->params.reach > 0 ? t->params.reach : FIRST_REACH * size;
    for (int doubling = 0;; doubling++) {
        if (!job_going(job, error)) return NULL;
        struct taylor *taylor =
            taylor_check(objective, t->theta, direction, *reach, t->params.points, t->params.share, error);
        bool enough = t->params.reach > 0 || doubling >= DOUBLINGS || *reach >= LAST_REACH * size;
        if (!taylor || enough || !holds_all_the_way(taylor)) return taylor;
        taylor_destroy(&taylor);
        *reach *= 2;
    }
}

static bool work(struct study *study, struct job *job, struct error *error) {
    struct taylor_study *t = (struct taylor_study *)study;
    size_t n = (size_t)objective_dimension(t->params.objective);
    struct job *part = job_create_part(job, t->params.directions ? 0 : 0.8);
    bool ok = t->params.directions || find_directions(t, part, error);
    job_note(part, 1);
    job_destroy(&part);
    double before = job_progress(job).done;
    for (int k = 0; ok && k < t->count; k++) {
        struct taylor_section *section = &t->sections[k];
        section->direction = t->directions + (size_t)k * n;
        name_section(t, k, section->name, sizeof section->name);
        section->taylor = check(t, section->direction, &section->reach, job, error);
        ok = section->taylor != NULL;
        if (!ok) break;
        atomic_store(&t->done, k + 1);
        job_note(job, before + (1 - before) * (k + 1) / t->count);
        study_announce(study);
    }
    return ok;
}

static void record(const struct study *study, struct recording_study *out) {
    static const struct recording_column columns[] = {
        {"direction", RECORDING_TEXT}, {"slope", RECORDING_REAL},      {"curvature", RECORDING_REAL},
        {"holds_low", RECORDING_REAL}, {"holds_high", RECORDING_REAL}, {"t", RECORDING_NUMBERS},
        {"loss", RECORDING_NUMBERS},   {"model", RECORDING_NUMBERS},   {"vector", RECORDING_NUMBERS},
    };
    const struct taylor_study *t = (const struct taylor_study *)study;
    STUDY_TABLE(out, "taylor", columns);
    for (int k = 0; k < atomic_load(&t->done); k++) {
        const struct taylor *taylor = t->sections[k].taylor;
        study_row(out,
                  (struct recording_cell[]){
                      CELL_TEXT(t->sections[k].name), CELL_REAL(taylor->slope), CELL_REAL(taylor->curvature),
                      CELL_REAL(taylor->holds[0]), CELL_REAL(taylor->holds[1]), CELL_NUMBERS(taylor->t, taylor->count),
                      CELL_NUMBERS(taylor->loss, taylor->count), CELL_NUMBERS(taylor->model, taylor->count),
                      CELL_NUMBERS(t->sections[k].direction, objective_dimension(t->params.objective))});
    }
}

static const struct study_class class = {"quadratic model", sizeof(struct taylor_study), work, write, release, record};

struct study *study_create_taylor(const struct taylor_params *params, struct error *error) {
    int n = objective_dimension(params->objective);
    if (params->reach != 0 && (!(params->reach > 0) || !isfinite(params->reach))) {
        error_set(error, ERROR_INPUT, "a reach of %g; a finite number above 0 is right", params->reach);
        return NULL;
    }
    if (params->points != 0 && (params->points < 3 || params->points % 2 == 0)) {
        error_set(error, ERROR_INPUT, "a cross-section of %d points; an odd number from 3 on is right", params->points);
        return NULL;
    }
    struct taylor_study *t = study_allocate(&class);
    t->params = *params;
    if (!t->params.points) t->params.points = POINTS;
    if (!(t->params.share > 0)) t->params.share = SHARE;
    t->low = params->low > 0 ? params->low : params->high > 0 ? 0 : 1;
    t->high = params->high > 0 ? params->high : params->low > 0 ? 0 : 1;
    if (t->low > n) t->low = n;
    if (t->high > n - t->low) t->high = n - t->low;
    t->count = params->directions ? params->count : t->low + t->high;
    t->theta = study_copy(params->theta, (size_t)n);
    size_t numbers = (size_t)t->count * (size_t)n;
    t->directions = params->directions ? study_copy(params->directions, numbers) : MEM_NEW(double, numbers);
    t->sections = MEM_NEW(struct taylor_section, t->count);
    atomic_init(&t->done, 0);
    return study_start(&t->study, &params->watcher);
}

const struct taylor_section *study_read_taylor(const struct study *study, int section) {
    const struct taylor_study *t = (const struct taylor_study *)study;
    return section < atomic_load(&t->done) ? &t->sections[section] : NULL;
}

int study_taylor_count(const struct study *study) {
    return ((const struct taylor_study *)study)->count;
}
