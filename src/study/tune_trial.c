#include "base/memory.h"
#include "study/tune_parts.h"

#include <math.h>
#include <stdlib.h>

static const double SETTLED = 1e-6; /* of the way from start to result that may be left */
enum { FALL_PLACES = 1 << 16 };

/* The places where the loss was lower than ever before: enough to say when it first reached any level. Once full every
 * other one is dropped, so that a long run is told to within a few steps. */
struct fall {
    int64_t *evaluations;
    double *losses;
    size_t count, capacity, loss_capacity;
};

static void note_fall(struct fall *fall, int64_t evaluations, double loss) {
    if (fall->count && !(loss < fall->losses[fall->count - 1])) return;
    if (fall->count == FALL_PLACES) {
        fall->count /= 2;
        for (size_t i = 0; i < fall->count; i++) {
            fall->evaluations[i] = fall->evaluations[2 * i];
            fall->losses[i] = fall->losses[2 * i];
        }
    }
    MEM_GROW(fall->evaluations, fall->capacity, fall->count + 1);
    MEM_GROW(fall->losses, fall->loss_capacity, fall->count + 1);
    fall->evaluations[fall->count] = evaluations;
    fall->losses[fall->count++] = loss;
}

/* When the loss was first at or below `level`. */
static int64_t reached_at(const struct fall *fall, double level, int64_t otherwise) {
    for (size_t i = 0; i < fall->count; i++)
        if (fall->losses[i] <= level) return fall->evaluations[i];
    return otherwise;
}

/* Further outside a formula's domain than it is wide: what lies there was not meant, and whoever comes back from there
 * (adaptive rules with enormous rates do) did so by luck. */
static bool has_strayed(const struct experiment *experiment, const double *theta) {
    if (!experiment->domain) return false;
    for (int i = 0; i < objective_dimension(experiment->objective); i++) {
        double width = experiment->domain[i][1] - experiment->domain[i][0];
        if (theta[i] < experiment->domain[i][0] - width || theta[i] > experiment->domain[i][1] + width) return true;
    }
    return false;
}

static struct descent *begin(const struct tune *tune, const struct experiment_optimizer *from, const double *values,
                             int seed, struct error *error) {
    size_t n = (size_t)objective_dimension(tune->experiment->objective);
    return descent_create(&(struct descent_params){.experiment = tune->experiment,
                                                   .optimizer = from,
                                                   .values = values,
                                                   .start = tune->starts + (size_t)seed * n,
                                                   .seed = &tune->seed[seed]},
                          error);
}

/* What it took to come here: the gradient at the point itself is not part of that. */
static int64_t used_by(const struct descent *descent) {
    return descent_sample(descent)->evaluations - 1;
}

bool tune_try(const struct tune *tune, const struct experiment_optimizer *from, const double *values, int seed,
              struct tune_trial *out, struct job *part, struct error *error) {
    struct descent *descent = begin(tune, from, values, seed, error);
    if (!descent) return false;
    struct fall fall = {0};
    bool going = true;
    *out = (struct tune_trial){.diverged = descent_evaluate(descent) != NULL};
    out->start_loss = out->loss = out->best_loss = descent_sample(descent)->loss;
    while (going && !out->diverged && out->evaluations < tune->evaluations) {
        note_fall(&fall, out->evaluations, out->loss);
        descent_step(descent);
        out->diverged = descent_evaluate(descent) != NULL;
        if (out->diverged || used_by(descent) > tune->evaluations) break; /* what a step cost beyond does not count */
        out->steps = descent_at(descent);
        out->evaluations = used_by(descent);
        out->loss = descent_sample(descent)->loss;
        out->best_loss = fmin(out->best_loss, out->loss);
        out->diverged = has_strayed(tune->experiment, descent_theta(descent));
        job_note(part, (double)out->evaluations / (double)tune->evaluations);
        going = job_going(part, error);
    }
    note_fall(&fall, out->evaluations, out->loss);
    out->settled = reached_at(&fall, out->loss + SETTLED * (out->start_loss - out->loss), out->evaluations);
    if (out->loss > out->start_loss) out->diverged = true;
    out->done = going;
    free(fall.evaluations);
    free(fall.losses);
    descent_destroy(&descent);
    return going;
}

bool tune_arrive(const struct tune *tune, const struct experiment_optimizer *from, const double *values, int seed,
                 double target, struct tune_arrival *out, struct job *part, struct error *error) {
    struct descent *descent = begin(tune, from, values, seed, error);
    if (!descent) return false;
    *out = (struct tune_arrival){.target = target};
    bool going = true, good = !descent_evaluate(descent);
    while (going && good && used_by(descent) <= tune->evaluations) {
        out->steps = descent_at(descent);
        out->evaluations = used_by(descent);
        out->reached = descent_sample(descent)->loss <= target;
        if (out->reached || out->evaluations >= tune->evaluations) break;
        descent_step(descent);
        good = !descent_evaluate(descent);
        job_note(part, (double)out->evaluations / (double)tune->evaluations);
        going = job_going(part, error);
    }
    descent_destroy(&descent);
    return going;
}
