#include "cli/cli.h"

#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const size_t TIMELINE_BUDGET = (size_t)1 << 30;

static double share_trained(void *context) {
    const struct training *training = context;
    int runs = experiment_run_count(training->experiment);
    double sum = 0;
    int64_t goal = trainer_goal(training->trainer);
    for (int run = 0; run < runs; run++) {
        struct run_state state = trainer_state(training->trainer, run);
        bool over = state.status == RUN_DIVERGED || state.status == RUN_STOPPED;
        sum += over || goal <= 0 ? 1 : (double)state.step / (double)goal;
    }
    return sum / runs;
}

static void stop_training(void *context) {
    trainer_stop(context);
}

bool training_run(struct training *training, const struct training_params *params, struct error *error) {
    *training = (struct training){.experiment = params->experiment};
    if (!training->experiment && params->accept_recording && recording_is(params->source))
        return recording_read(params->source, &training->experiment, &training->timeline, error);
    if (!training->experiment) training->experiment = experiment_load(params->source, error);
    if (!training->experiment) return false;
    int runs = experiment_run_count(training->experiment);
    training->timeline = timeline_create(runs, objective_dimension(training->experiment->objective),
                                         params->keep_all_parameters ? SIZE_MAX : TIMELINE_BUDGET);
    const struct trainer_params trainer_params = {
        .experiment = training->experiment, .timeline = training->timeline, .threads = params->threads};
    training->trainer = trainer_create(&trainer_params, error);
    if (!training->trainer) return false;
    int64_t steps = params->steps >= 0 ? params->steps : training->experiment->steps;
    trainer_set_limit(training->trainer, steps);
    cli_interrupts_watch(stop_training, training->trainer); /* a recording is to be closed, from its first byte on */
    bool ok = !params->record || trainer_record(training->trainer, params->record, error);
    if (ok) {
        trainer_set_goal(training->trainer, steps);
        progress_begin("training", share_trained, training);
        trainer_wait(training->trainer);
        progress_end();
        ok = !params->record || trainer_record_stop(training->trainer, error);
    }
    cli_interrupts_forget();
    return ok && !trainer_error(training->trainer, error);
}

bool training_open(struct training *training, const char *source, struct error *error) {
    *training = (struct training){0};
    if (recording_is(source)) return recording_read(source, &training->experiment, &training->timeline, error);
    training->experiment = experiment_load(source, error);
    return training->experiment != NULL;
}

bool cli_recording(const struct cli_input *input, struct error *error) {
    const char *source = input->word_count > 0 ? input->words[0] : NULL;
    if (!cli_given(input, "record") || (source && recording_is(source))) return true;
    return error_set(error, ERROR_INPUT, "--record puts the result into a recording, and %s%s; run makes one with -o",
                     source ? source : "none is given", source ? " is none" : "");
}

void training_release(struct training *training) {
    trainer_destroy(&training->trainer);
    timeline_destroy(&training->timeline);
    experiment_destroy(&training->experiment);
}

bool training_last(const struct training *training, int run, struct sample *sample, double *theta) {
    size_t count = timeline_count(training->timeline, run);
    if (count == 0) return false;
    return timeline_read(training->timeline, run, count - 1, 1, sample, theta, NULL) == 1;
}

enum run_status training_status(const struct training *training, int run, char *message, size_t size) {
    if (size) message[0] = '\0';
    if (!training->trainer) return RUN_FINISHED;
    struct run_state state = trainer_state(training->trainer, run);
    snprintf(message, size, "%s", state.message);
    return state.status;
}

static int find_run(const struct experiment *experiment, const char *option, const char *where, const char *name,
                    struct error *error) {
    int runs = experiment_run_count(experiment);
    int starts = experiment->start_count > 0 ? experiment->start_count : 1;
    enum { LISTED = 8 };
    struct text list = {0};
    int found = -1, of_class = -1;
    for (int run = runs - 1; run >= 0; run--) { /* of several, the first */
        const struct experiment_optimizer *optimizer = &experiment->optimizers[run / starts];
        char *label = study_run_label(experiment, run);
        if (strcmp(name, label) == 0 || strcmp(name, optimizer->label) == 0) found = run;
        if (strcmp(name, optimizer_class_name(optimizer->class)) == 0) of_class = run;
        free(label);
    }
    if (found < 0) found = of_class; /* a label is more particular than a kind */
    for (int run = 0; found < 0 && run < runs && run < LISTED; run++) {
        const struct experiment_optimizer *optimizer = &experiment->optimizers[run / starts];
        char *label = study_run_label(experiment, run);
        text_format(&list, "%s%s (%s)", run ? ", " : "", label, optimizer_class_name(optimizer->class));
        free(label);
    }
    if (found < 0)
        error_set(error, ERROR_INPUT, "%s %s: the experiment has no such optimizer; it has %s%s", option, where, list.bytes,
                  runs > LISTED ? ", …" : "");
    text_clear(&list);
    return found;
}

/* Trains, where there is no timeline yet, up to `step` (−1: to the end), and copies a run's parameters there. */
static bool take_from_run(struct training *training, const char *option, const char *where, const char *name, int64_t step,
                          int threads, double *theta, struct error *error) {
    const struct experiment *experiment = training->experiment;
    int run = find_run(experiment, option, where, name, error);
    if (run < 0) return false;
    struct training trained = *training;
    const struct training_params params = {.experiment = training->experiment, .steps = step, .threads = threads};
    bool ok = training->timeline || training_run(&trained, &params, error);
    struct sample sample = {0};
    char message[160];
    bool known = false;
    if (ok && training_status(&trained, run, message, sizeof message) == RUN_DIVERGED && step < 0)
        ok = error_set(error, ERROR_MACHINE, "%s %s: the run diverged: %s", option, where, message);
    if (ok && cli_interrupted()) ok = error_set(error, ERROR_CANCELLED, "stopped");
    if (ok) {
        size_t count = timeline_count(trained.timeline, run);
        int64_t at = step < 0 ? (int64_t)count - 1 : timeline_find(trained.timeline, run, step);
        if (at >= 0) timeline_read(trained.timeline, run, (size_t)at, 1, &sample, theta, &known);
        if (at < 0 || (step >= 0 && sample.step != step))
            ok = error_set(error, ERROR_MACHINE, "%s %s: the run has no such step; its last one is %" PRId64, option, where,
                           sample.step);
        else if (!known)
            ok = error_set(error, ERROR_MACHINE, "%s %s: the parameters of that step were not kept; try one near it", option,
                           where);
    }
    if (!training->timeline) {
        trained.experiment = NULL; /* the caller's */
        training_release(&trained);
    }
    return ok;
}

double *training_where(struct training *training, const char *option, const char *where, int threads, struct error *error) {
    const struct experiment *experiment = training->experiment;
    int n = objective_dimension(experiment->objective), count;
    double *theta = MEM_NEW(double, n);
    bool ok = false;
    if (strcmp(where, "start") == 0) {
        memcpy(theta, experiment->starts, (size_t)n * sizeof *theta);
        ok = true;
    } else if (strncmp(where, "end:", 4) == 0) {
        ok = take_from_run(training, option, where, where + 4, -1, threads, theta, error);
    } else if (strncmp(where, "step:", 5) == 0) {
        char *rest;
        errno = 0;
        long long step = strtoll(where + 5, &rest, 10);
        if (errno || rest == where + 5 || *rest != ':' || step < 0 || step > 1000000000)
            error_set(error, ERROR_INPUT, "%s %s: “step:N:NAME” is right, with a step N from 0 on", option, where);
        else ok = take_from_run(training, option, where, rest + 1, step, threads, theta, error);
    } else if (where[0] && (strchr("+-.0123456789", where[0]) || strchr(where, ','))) {
        ok = cli_numbers(where, option, theta, n, &count, error);
        if (ok && count != n)
            ok = error_set(error, ERROR_INPUT, "%s %s: %d number%s given, the experiment has %d parameters", option, where,
                           count, count == 1 ? "" : "s", n);
    } else {
        error_set(error, ERROR_INPUT,
                  "%s %s: “start”, numbers such as 0.5,-1, “end:NAME” or “step:N:NAME” of an optimizer is needed", option,
                  where);
    }
    if (ok) return theta;
    free(theta);
    return NULL;
}

bool training_onward(const struct experiment *experiment, const double *theta, int threads, struct onward_end *ends,
                     struct error *error) {
    int runs = experiment_run_count(experiment), starts = experiment->start_count;
    struct timeline *timeline = timeline_create(runs, objective_dimension(experiment->objective), 0);
    const struct trainer_params params = {
        .experiment = experiment, .timeline = timeline, .threads = threads, .discard_theta = true};
    struct training training = {.experiment = (struct experiment *)experiment, .timeline = timeline};
    bool ok = (training.trainer = trainer_create(&params, error)) != NULL;
    if (ok) {
        for (int run = 0; run < runs; run++) trainer_enable(training.trainer, run, run % starts == 0);
        trainer_restart(training.trainer, theta);
        cli_interrupts_watch(stop_training, training.trainer);
        trainer_set_goal(training.trainer, experiment->steps);
        progress_begin("training on", share_trained, &training);
        trainer_wait(training.trainer);
        progress_end();
        cli_interrupts_forget();
        ok = !cli_interrupted() || error_set(error, ERROR_CANCELLED, "stopped");
    }
    for (int o = 0; ok && o < experiment->optimizer_count; o++) {
        struct sample sample = {.loss = NAN};
        training_last(&training, o * starts, &sample, NULL);
        ends[o] = (struct onward_end){trainer_state(training.trainer, o * starts).status, sample.step, sample.loss};
    }
    trainer_destroy(&training.trainer);
    timeline_destroy(&timeline);
    return ok;
}
