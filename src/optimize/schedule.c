#include "optimize/optimize.h"

#include <math.h>

static const char *const names[] = {"constant", "step", "exponential", "linear", "cosine"};

const char *const *schedule_names(size_t *count) {
    *count = sizeof names / sizeof *names;
    return names;
}

/* torch.optim.lr_scheduler's StepLR, ExponentialLR, LinearLR (from 1) and CosineAnnealingLR in closed form, counted
 * from where the warm-up ends; linear and cosine stay at `end` once they are there. */
double schedule_factor(const struct schedule *schedule, int64_t step) {
    if (step < schedule->warmup) return (double)(step + 1) / (double)schedule->warmup;
    int64_t since = step - (schedule->warmup > 0 ? schedule->warmup : 0);
    int64_t span = schedule->total - (schedule->warmup > 0 ? schedule->warmup : 0);
    switch (schedule->kind) {
    case SCHEDULE_CONSTANT: return 1;
    case SCHEDULE_STEP:
        if (schedule->step_size <= 0) return 1;
        return pow(schedule->gamma, (double)(since / schedule->step_size));
    case SCHEDULE_EXPONENTIAL: return pow(schedule->gamma, (double)since);
    case SCHEDULE_LINEAR:
        if (since >= span) return schedule->end;
        return 1 + (schedule->end - 1) * (double)since / (double)span;
    case SCHEDULE_COSINE:
        if (since >= span) return schedule->end;
        return schedule->end + (1 - schedule->end) * (1 + cos(M_PI * (double)since / (double)span)) / 2;
    }
    return 1;
}
