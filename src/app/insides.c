#include "app/insides.h"

#include "app/session.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct insides_key key_of(const struct insides *insides, const struct session *session) {
    struct insides_key key;
    memset(&key, 0, sizeof key); /* its gaps too: it is compared as bytes */
    key.shown = insides->shown && !session->playing && !exhibit_morphing(session->exhibit);
    if (!key.shown) return key;
    key.step = session->view.step;
    for (int i = 0; i < session->experiment->optimizer_count; i++) /* each run reaches the step in its own time */
        key.samples += timeline_count(session->timeline, session_run(session, i, 0));
    key.generation = timeline_generation(session->timeline);
    key.plane = exhibit_distance_version(session->exhibit, 0);
    key.hidden = session->view.hidden_runs;
    return key;
}

static void parameter_name(const struct session *session, int parameter, char *out, size_t size) {
    char number[NUMBER_TEXT];
    const struct experiment *experiment = session->experiment;
    if (experiment->variables && objective_dimension(experiment->objective) == 2)
        exhibit_axis_name(session->exhibit, parameter, out, size);
    else if (experiment->variables)
        snprintf(out, size, "%s", experiment->variables[parameter]);
    else
        snprintf(out, size, "θ %s", number_text(parameter + 1, 9, number));
}

/* From the parts alone, where the rule's own formula is of another point than the one that is shown. */
static void sum_text(const struct inside *inside, int parameter, double theta, char *out, size_t size) {
    char number[NUMBER_TEXT];
    double sum = theta;
    size_t used = (size_t)snprintf(out, size, "%s", number_text(theta, 4, number));
    for (int row = 0; row < inside->count && used < size; row++) {
        if (inside->rows[row].kind != INSIDE_TERM) continue;
        double value = inside->values[(size_t)row * (size_t)inside->n + (size_t)parameter];
        if (value == 0) continue;
        sum += value;
        used += (size_t)snprintf(out + used, size - used, " %s %s", value < 0 ? "−" : "+",
                                 number_text(fabs(value), 4, number));
    }
    if (used < size) snprintf(out + used, size - used, " = %s", number_text(sum, 4, number));
}

static void tell(struct insides *insides, struct session *session, int optimizer, const struct step_insides *step) {
    int run = session_run(session, optimizer, 0);
    int64_t index = timeline_find(session->timeline, run, step->step);
    struct inside *inside = index >= 0 ? timeline_inside(session->timeline, run, (size_t)index) : NULL;
    if (!inside) return;
    double *theta = MEM_NEW(double, inside->n);
    struct sample sample;
    bool known = session_theta(session, run, step->step, &sample, theta);
    const char *formula = inside->formulas;
    for (int i = 0; i < inside->told_count && known; i++) {
        char *line = insides->told[optimizer].lines[i];
        int parameter = inside->told[i];
        parameter_name(session, parameter, line, STEP_TEXT);
        size_t used = strlen(line);
        used += (size_t)snprintf(line + used, STEP_TEXT - used, " ← ");
        if (formula) { /* the name in front says less than the parameter's own */
            snprintf(line + used, STEP_TEXT - used, "%s", formula + strlen("θ ← "));
            formula += strlen(formula) + 1;
        } else {
            sum_text(inside, parameter, theta[parameter], line + used, STEP_TEXT - used);
        }
    }
    insides->told[optimizer].magnified = exhibit_step_magnified(session->exhibit, step);
    insides->told[optimizer].in_plane = step->in_plane;
    insides->told[optimizer].squared = step->squared;
    insides->told[optimizer].mean = step->mean;
    free(theta);
    free(inside);
}

bool insides_update(struct insides *insides, struct session *session) {
    struct insides_key key = key_of(insides, session);
    if (memcmp(&key, &insides->key, sizeof key) == 0) return false;
    insides->key = key;
    insides->count = 0;
    memset(insides->told, 0, sizeof insides->told);
    for (int i = 0; key.shown && i < session->experiment->optimizer_count; i++) {
        int run = session_run(session, i, 0);
        if (session->view.hidden_runs >> run & 1) continue;
        struct step_insides *step = &insides->steps[insides->count];
        /* At a run's very end there is none that leaves: then the one that led there. */
        if (!exhibit_step(session->exhibit, run, key.step, step) &&
            !exhibit_step(session->exhibit, run, key.step - 1, step))
            continue;
        insides->count++;
        tell(insides, session, i, step);
    }
    return true;
}
