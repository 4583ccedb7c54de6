#include "cli/cli.h"

#include "base/memory.h"
#include "base/text.h"

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
    if (params->record && !trainer_record(training->trainer, params->record, error)) return false;
    int64_t steps = params->steps >= 0 ? params->steps : training->experiment->steps;
    trainer_set_limit(training->trainer, steps);
    cli_interrupts_watch(stop_training, training->trainer);
    trainer_set_goal(training->trainer, steps);
    progress_begin("training", share_trained, training);
    trainer_wait(training->trainer);
    progress_end();
    cli_interrupts_forget();
    if (params->record && !trainer_record_stop(training->trainer, error)) return false;
    return !trainer_error(training->trainer, error);
}

void training_release(struct training *training) {
    trainer_destroy(&training->trainer);
    timeline_destroy(&training->timeline);
    experiment_destroy(&training->experiment);
}

char *training_run_label(const struct experiment *experiment, int run) {
    int starts = experiment->start_count > 0 ? experiment->start_count : 1;
    struct text label = {0};
    text_append(&label, experiment->optimizers[run / starts].label);
    if (starts > 1) text_format(&label, ", start %d", run % starts + 1);
    return label.bytes;
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

static int find_run(const struct experiment *experiment, const char *name, struct error *error) {
    int runs = experiment_run_count(experiment);
    int starts = experiment->start_count > 0 ? experiment->start_count : 1;
    enum { LISTED = 8 };
    struct text list = {0};
    int found = -1, of_class = -1;
    for (int run = runs - 1; run >= 0; run--) { /* of several, the first */
        const struct experiment_optimizer *optimizer = &experiment->optimizers[run / starts];
        char *label = training_run_label(experiment, run);
        if (strcmp(name, label) == 0 || strcmp(name, optimizer->label) == 0) found = run;
        if (strcmp(name, optimizer_class_name(optimizer->class)) == 0) of_class = run;
        free(label);
    }
    if (found < 0) found = of_class; /* a label is more particular than a kind */
    for (int run = 0; found < 0 && run < runs && run < LISTED; run++) {
        const struct experiment_optimizer *optimizer = &experiment->optimizers[run / starts];
        char *label = training_run_label(experiment, run);
        text_format(&list, "%s%s (%s)", run ? ", " : "", label, optimizer_class_name(optimizer->class));
        free(label);
    }
    if (found < 0)
        error_set(error, ERROR_INPUT, "--at end:%s: the experiment has no such optimizer; it has %s%s", name, list.bytes,
                  runs > LISTED ? ", …" : "");
    text_clear(&list);
    return found;
}

double *training_where(struct training *training, const char *where, int threads, struct error *error) {
    const struct experiment *experiment = training->experiment;
    int n = objective_dimension(experiment->objective);
    double *theta = MEM_NEW(double, n);
    if (strcmp(where, "start") == 0) {
        memcpy(theta, experiment->starts, (size_t)n * sizeof *theta);
        return theta;
    }
    if (strncmp(where, "end:", 4) == 0) {
        int run = find_run(experiment, where + 4, error);
        struct sample sample;
        char message[160];
        if (run < 0) goto fail;
        struct training trained;
        const struct training_params params = {.experiment = training->experiment, .steps = -1, .threads = threads};
        bool ok = training_run(&trained, &params, error);
        if (ok && training_status(&trained, run, message, sizeof message) == RUN_DIVERGED)
            ok = error_set(error, ERROR_MACHINE, "--at %s: the run diverged: %s", where, message);
        if (ok && cli_interrupted()) ok = error_set(error, ERROR_CANCELLED, "stopped");
        if (ok && !training_last(&trained, run, &sample, theta))
            ok = error_set(error, ERROR_MACHINE, "--at %s: the run has no samples", where);
        trained.experiment = NULL; /* the caller's */
        training_release(&trained);
        if (!ok) goto fail;
        return theta;
    }
    int count;
    if (where[0] && (strchr("+-.0123456789", where[0]) || strchr(where, ','))) {
        if (!cli_numbers(where, "--at", theta, n, &count, error)) goto fail;
        if (count != n) {
            error_set(error, ERROR_INPUT, "--at %s: %d number%s given, the experiment has %d parameters", where, count,
                      count == 1 ? "" : "s", n);
            goto fail;
        }
        return theta;
    }
    error_set(error, ERROR_INPUT, "--at %s: “start”, numbers such as 0.5,-1, or “end:NAME” of an optimizer is needed", where);
fail:
    free(theta);
    return NULL;
}
