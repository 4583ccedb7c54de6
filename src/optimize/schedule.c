#include "optimize/optimize.h"

#include <math.h>

static const char *const names[] = {
    [SCHEDULE_CONSTANT] = "constant",       [SCHEDULE_STEP] = "step",
    [SCHEDULE_EXPONENTIAL] = "exponential", [SCHEDULE_LINEAR] = "linear",
    [SCHEDULE_COSINE] = "cosine",           [SCHEDULE_MULTISTEP] = "multistep",
    [SCHEDULE_POLYNOMIAL] = "polynomial",   [SCHEDULE_COSINE_RESTARTS] = "cosine_restarts",
    [SCHEDULE_ONE_CYCLE] = "one_cycle",     [SCHEDULE_INVERSE_SQRT] = "inverse_sqrt",
    [SCHEDULE_PLATEAU] = "plateau",
};

const char *const *schedule_names(size_t *count) {
    *count = sizeof names / sizeof *names;
    return names;
}

/* From 1 at share 0 to `end` at share 1 along half a cosine. */
static double cosine(double end, double share) {
    return end + (1 - end) * (1 + cos(M_PI * share)) / 2;
}

static double multistep(const struct schedule *schedule, int64_t since) {
    int passed = 0;
    while (passed < schedule->milestone_count && schedule->milestones[passed] <= since) passed++;
    return pow(schedule->gamma, passed);
}

/* Loshchilov & Hutter 2017, SGDR, eq. 5. */
static double cosine_restarts(const struct schedule *schedule, int64_t since) {
    int64_t length = schedule->period, factor = schedule->period_factor;
    if (length <= 0) return 1;
    if (factor <= 1) since %= length;
    while (since >= length) {
        since -= length;
        length *= factor;
    }
    return cosine(schedule->end, (double)since / (double)length);
}

/* Smith & Topin 2018, Super-convergence, with PyTorch's phases: each ends at a step that need not be whole. */
static double one_cycle(const struct schedule *schedule, double since, double span) {
    double share = schedule->pct_start > 0 ? schedule->pct_start : 0.3;
    double first = 1 / (schedule->div_factor > 0 ? schedule->div_factor : 25);
    double last = first / (schedule->final_div_factor > 0 ? schedule->final_div_factor : 1e4);
    const double ends[] = {share * span - 1, schedule->three_phase ? 2 * share * span - 2 : span - 1, span - 1};
    const double levels[] = {first, 1, schedule->three_phase ? first : last, last};
    if (since >= span - 1) return last;
    double begin = 0;
    int phase = 0, phases = schedule->three_phase ? 3 : 2;
    for (; phase < phases - 1 && since > ends[phase]; phase++) begin = ends[phase];
    double from = levels[phase], to = levels[phase + 1];
    double gone = ends[phase] > begin ? (since - begin) / (ends[phase] - begin) : 1;
    if (schedule->anneal_linear) return (to - from) * gone + from;
    return to + (from - to) / 2 * (cos(M_PI * gone) + 1);
}

/* torch.optim.lr_scheduler's StepLR, MultiStepLR, ExponentialLR, LinearLR (from 1), PolynomialLR, CosineAnnealingLR,
 * CosineAnnealingWarmRestarts and OneCycleLR (max_lr = lr, momentum left alone) in closed form, counted from where the
 * warm-up ends; those with an end stay at it once they are there. inverse_sqrt is Vaswani et al. 2017, eq. 3, as a
 * share of its peak: √(warmup/step). */
double schedule_factor(const struct schedule *schedule, int64_t step) {
    if (step < schedule->warmup) return (double)(step + 1) / (double)schedule->warmup;
    int64_t warmup = schedule->warmup > 0 ? schedule->warmup : 0;
    int64_t since = step - warmup, span = schedule->total - warmup;
    switch (schedule->kind) {
    case SCHEDULE_CONSTANT:
    case SCHEDULE_PLATEAU: return 1;
    case SCHEDULE_STEP:
        if (schedule->step_size <= 0) return 1;
        return pow(schedule->gamma, (double)(since / schedule->step_size));
    case SCHEDULE_EXPONENTIAL: return pow(schedule->gamma, (double)since);
    case SCHEDULE_LINEAR:
        if (since >= span) return schedule->end;
        return 1 + (schedule->end - 1) * (double)since / (double)span;
    case SCHEDULE_COSINE: return since >= span ? schedule->end : cosine(schedule->end, (double)since / (double)span);
    case SCHEDULE_MULTISTEP: return multistep(schedule, since);
    case SCHEDULE_POLYNOMIAL: return since >= span ? 0 : pow(1 - (double)since / (double)span, schedule->power);
    case SCHEDULE_COSINE_RESTARTS: return cosine_restarts(schedule, since);
    case SCHEDULE_ONE_CYCLE: return one_cycle(schedule, (double)since, (double)span);
    case SCHEDULE_INVERSE_SQRT: return sqrt((double)(warmup > 0 ? warmup : 1) / (double)(step + 1));
    }
    return 1;
}

/* ---- what follows the losses --------------------------------------------------------------------------------------
 */

bool schedule_watches(const struct schedule *schedule) {
    return schedule->kind == SCHEDULE_PLATEAU;
}

void schedule_begin(const struct schedule *schedule, struct schedule_state *state) {
    (void)schedule;
    *state = (struct schedule_state){.factor = 1, .best = INFINITY};
}

/* torch.optim.lr_scheduler.ReduceLROnPlateau, mode "min". */
static void take_loss(const struct schedule *schedule, struct schedule_state *state, double loss) {
    double bar =
        schedule->threshold_absolute ? state->best - schedule->threshold : state->best * (1 - schedule->threshold);
    if (loss < bar) {
        state->best = loss;
        state->bad = 0;
    } else {
        state->bad++;
    }
    if (state->cooldown > 0) {
        state->cooldown--;
        state->bad = 0;
    }
    if (state->bad <= schedule->patience) return;
    double lr = schedule->lr > 0 ? schedule->lr : 1;
    double lower = fmax(state->factor * schedule->factor, schedule->min_lr / lr);
    if ((state->factor - lower) * lr > schedule->eps) state->factor = lower;
    state->cooldown = schedule->cooldown;
    state->bad = 0;
}

double schedule_next(const struct schedule *schedule, struct schedule_state *state, int64_t step, double loss) {
    if (!schedule_watches(schedule) || step < schedule->warmup) return schedule_factor(schedule, step);
    double factor = state->factor;
    take_loss(schedule, state, loss);
    return factor;
}
