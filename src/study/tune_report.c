#include "base/memory.h"
#include "base/text.h"
#include "study/tune_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double ARRIVED = 1e-9; /* of the way from the start's loss to the lowest, as within one optimizer */

/* ---- one optimizer --------------------------------------------------------------------------------------------------
 */

static void find_edge(const struct tune *tune, struct tune_finding *finding, int optimizer) {
    finding->edge = TUNE_NONE;
    if (finding->best < 0) return;
    const struct tune_point *best = &finding->points[finding->best];
    bool below = finding->best > 0 && best[-1].combination == best->combination;
    bool above = finding->best + 1 < finding->point_count && best[1].combination == best->combination;
    finding->edge = !below ? TUNE_LOWEST : !above ? TUNE_HIGHEST : TUNE_BRACKETED;
    for (int i = 0; i < tune->sweep_count; i++) {
        int index = finding->swept[i];
        if (index < 0) continue;
        double low = INFINITY, high = -INFINITY;
        for (int k = 0; k < finding->point_count; k++) {
            low = fmin(low, finding->points[k].values[index]);
            high = fmax(high, finding->points[k].values[index]);
        }
        size_t count;
        const struct optimizer_parameter *parameter =
            &optimizer_class_parameters(tune->experiment->optimizers[optimizer].class, &count)[index];
        bool at_low = best->values[index] == low && low > parameter->low,
             at_high = best->values[index] == high && high < parameter->high;
        finding->at_end[i] = low < high && (at_low || at_high);
    }
}

/* What is known of when the best setting reaches its targets. */
static void find_arrivals(const struct tune *tune, struct tune_finding *finding, int optimizer) {
    finding->steps_to_tolerance = finding->evaluations_to_tolerance = NAN;
    if (!tune->measured[optimizer]) return;
    double steps[TUNE_MAX_SEEDS], evaluations[TUNE_MAX_SEEDS];
    finding->arrivals = MEM_NEW(struct tune_arrival, tune->seeds);
    memcpy(finding->arrivals, tune->arrivals + optimizer * tune->seeds,
           (size_t)tune->seeds * sizeof *finding->arrivals);
    for (int s = 0; s < tune->seeds; s++) {
        const struct tune_arrival *arrival = &finding->arrivals[s];
        finding->reached += arrival->reached;
        steps[s] = arrival->reached ? (double)arrival->steps : INFINITY;
        evaluations[s] = arrival->reached ? (double)arrival->evaluations : INFINITY;
    }
    finding->steps_to_tolerance = tune_median(steps, tune->seeds);
    finding->evaluations_to_tolerance = tune_median(evaluations, tune->seeds);
}

static void find_points(const struct tune *tune, struct tune_finding *finding, int optimizer) {
    int count = 0;
    for (int l = 0; l < tune->line_count; l++)
        if (tune->lines[l].optimizer == optimizer) count += tune->lines[l].count;
    finding->points = MEM_NEW(struct tune_point, count);
    finding->settled = true;
    double own = 1;
    for (int l = 0; l < tune->line_count; l++) {
        const struct tune_line *line = &tune->lines[l];
        if (line->optimizer != optimizer) continue;
        own = line->own;
        finding->combinations++;
        finding->settled = finding->settled && line->settled;
        for (int r = 0; r < line->count; r++) {
            struct tune_point *point = &finding->points[finding->point_count++];
            struct tune_trial *trials = MEM_NEW(struct tune_trial, tune->seeds);
            memcpy(trials, line->rates[r].trials, (size_t)tune->seeds * sizeof *trials);
            *point = (struct tune_point){.combination = line->combination, .trials = trials};
            memcpy(point->values, line->values, sizeof point->values);
            point->values[0] = line->rates[r].rate;
            tune_point_measure(point, tune->seeds);
        }
    }
    finding->best = tune_best(finding->points, finding->point_count, tune->seeds, own);
    for (int i = 0; i < tune->sweep_count; i++)
        finding->swept[i] =
            optimizer_class_parameter_index(tune->experiment->optimizers[optimizer].class, tune->sweep_names[i]);
}

/* ---- one beside the other -------------------------------------------------------------------------------------------
 */

static const struct tune_point *best_of(const struct tune_report *report, int optimizer) {
    const struct tune_finding *finding = &report->findings[optimizer];
    return finding->best < 0 ? NULL : &finding->points[finding->best];
}

/* Up to which median loss all have arrived. */
static double arrival_level(const struct tune_report *report) {
    double lowest = INFINITY, start = -INFINITY;
    for (int o = 0; o < report->optimizers; o++) {
        const struct tune_point *best = best_of(report, o);
        if (!best) continue;
        lowest = fmin(lowest, best->median);
        for (int s = 0; s < report->seeds; s++)
            if (best->trials[s].done) start = fmax(start, best->trials[s].start_loss);
    }
    return lowest + ARRIVED * fmax(0, start - lowest);
}

static double order_of(double value) {
    return isnan(value) ? INFINITY : value;
}

static bool comes_before(const struct tune_report *report, double level, int a, int b) {
    const struct tune_point *x = best_of(report, a), *y = best_of(report, b);
    if (!x || !y) return x && !y;
    bool x_arrived = x->median <= level, y_arrived = y->median <= level;
    if (x_arrived != y_arrived) return x_arrived;
    if (!x_arrived) return x->median < y->median;
    double x_took = order_of(report->findings[a].evaluations_to_tolerance),
           y_took = order_of(report->findings[b].evaluations_to_tolerance);
    return x_took != y_took ? x_took < y_took : x->settled < y->settled;
}

static void rank(struct tune_report *report) {
    double level = arrival_level(report);
    report->ranking = MEM_NEW(int, report->optimizers);
    for (int i = 0; i < report->optimizers; i++) {
        int place = i;
        for (; place > 0 && comes_before(report, level, i, report->ranking[place - 1]); place--)
            report->ranking[place] = report->ranking[place - 1];
        report->ranking[place] = i;
    }
}

/* ---- in words -------------------------------------------------------------------------------------------------------
 */

static double result_of(const struct tune_point *point, int seed) {
    return point->trials[seed].diverged ? INFINITY : point->trials[seed].loss;
}

static void append_names(struct text *words, const struct tune *tune, const int *which, int count) {
    for (int i = 0; i < count; i++)
        text_format(words, "%s%s",
                    i == 0           ? ""
                    : i == count - 1 ? " and "
                                     : ", ",
                    tune->experiment->optimizers[which[i]].label);
}

static const char *seed_word(const struct tune_report *report) {
    return report->starts == TUNE_INITIALISATIONS ? "seed" : "start";
}

/* The optimizers that the first is held against, by what can be said of each. */
enum verdict { APART, LOWER_EVERYWHERE, NOT_TOLD_APART, ARRIVED_TOO, VERDICTS };

static enum verdict judge(const struct tune_report *report, double level, const struct tune_point *best,
                          const struct tune_point *other, int *lower) {
    *lower = 0;
    for (int s = 0; s < report->seeds; s++) *lower += result_of(best, s) < result_of(other, s);
    if (other->median <= level) return ARRIVED_TOO;
    if (best->high < other->low) return APART;
    return *lower == report->seeds ? LOWER_EVERYWHERE : NOT_TOLD_APART;
}

static void say_ranking(struct text *words, const struct tune *tune, const struct tune_report *report) {
    int first = report->ranking[0], which[VERDICTS][EXPERIMENT_MAX_OPTIMIZERS], count[VERDICTS] = {0};
    int lower[EXPERIMENT_MAX_OPTIMIZERS] = {0};
    const struct tune_point *best = best_of(report, first);
    if (!best) return;
    const char *label = tune->experiment->optimizers[first].label, *seed = seed_word(report);
    double level = arrival_level(report);
    for (int k = 1; k < report->optimizers; k++) {
        int o = report->ranking[k];
        const struct tune_point *other = best_of(report, o);
        if (!other) continue;
        enum verdict verdict = judge(report, level, best, other, &lower[o]);
        which[verdict][count[verdict]++] = o;
    }
    if (count[ARRIVED_TOO] > 0) {
        append_names(words, tune, &first, 1);
        text_append(words, count[ARRIVED_TOO] > 1 ? ", " : " and ");
        append_names(words, tune, which[ARRIVED_TOO], count[ARRIVED_TOO]);
        text_append(words, " arrive at the lowest loss; among them the order is by evaluations to the tolerance.\n");
    }
    if (report->seeds == 1) {
        text_format(words, "One %s: there is no spread, and nothing is said about others; more seeds tell.\n", seed);
        return;
    }
    if (count[APART] > 0) {
        text_format(words, "%s ended lower from its worst %s than ", label, seed);
        append_names(words, tune, which[APART], count[APART]);
        text_format(words, " from %s best.\n", count[APART] > 1 ? "their" : "its");
    }
    if (count[LOWER_EVERYWHERE] > 0) {
        text_format(words, "%s ended lower from every one of the %d %ss than ", label, report->seeds, seed);
        append_names(words, tune, which[LOWER_EVERYWHERE], count[LOWER_EVERYWHERE]);
        text_append(words, ", though their spreads overlap.\n");
    }
    for (int i = 0; i < count[NOT_TOLD_APART]; i++) {
        int o = which[NOT_TOLD_APART][i], last = count[NOT_TOLD_APART] - 1;
        if (i == 0) text_format(words, "%s is not told apart from ", label);
        text_format(words, "%s%s (lower from %d of %d %ss)%s",
                    i == 0      ? ""
                    : i == last ? " and "
                                : ", ",
                    tune->experiment->optimizers[o].label, lower[o], report->seeds, seed,
                    i == last ? ": their spreads overlap.\n" : "");
    }
    if (report->seeds < 5)
        text_format(words, "%d %ss show that there is a spread, hardly how wide it is.\n", report->seeds, seed);
}

/* Whether it came out of the domain at some rate with a loss below all that the best rate ends at. */
static bool leaves_lower(const struct tune_report *report, const struct tune_finding *finding) {
    for (int i = 0; i < finding->point_count; i++)
        for (int s = 0; s < report->seeds; s++) {
            const struct tune_trial *trial = &finding->points[i].trials[s];
            if (trial->done && trial->diverged && trial->loss < finding->points[finding->best].low) return true;
        }
    return false;
}

static void say_leaving(struct text *words, const struct tune *tune, const struct tune_report *report) {
    int which[EXPERIMENT_MAX_OPTIMIZERS], count = 0;
    for (int k = 0; k < report->optimizers; k++) {
        int o = report->ranking[k];
        if (best_of(report, o) && leaves_lower(report, &report->findings[o])) which[count++] = o;
    }
    if (count == 0) return;
    append_names(words, tune, which, count);
    text_format(words,
                " left the domain for a lower loss at other rates: the formula may have no lowest value, and "
                "%s best %s what stays inside.\n",
                count > 1 ? "their" : "its", count > 1 ? "rates are" : "rate is");
}

static void say_edges(struct text *words, const struct tune *tune, const struct tune_report *report) {
    char text[2][NUMBER_TEXT];
    for (int k = 0; k < report->optimizers; k++) {
        int o = report->ranking[k];
        const struct tune_finding *finding = &report->findings[o];
        const struct tune_point *best = best_of(report, o), *points = finding->points;
        const char *label = tune->experiment->optimizers[o].label;
        if (!best) {
            text_format(words, "%s diverged at every rate from %s to %s.\n", label,
                        number_text(points[0].values[0], 3, text[0]),
                        number_text(points[finding->point_count - 1].values[0], 3, text[1]));
            continue;
        }
        if (best->diverged > 0)
            text_format(words, "%s diverged from %d of %d %ss even at its best rate.\n", label, best->diverged,
                        report->seeds, seed_word(report));
        if (finding->edge != TUNE_BRACKETED)
            text_format(words, "%s: %s is the %s rate tried, so no best rate is claimed.\n", label,
                        number_text(best->values[0], 3, text[0]), finding->edge == TUNE_LOWEST ? "lowest" : "highest");
        for (int i = 0; i < tune->sweep_count; i++)
            if (finding->at_end[i])
                text_format(words, "%s: %s %s is an end of its sweep; better ones may lie beyond.\n", label,
                            tune->sweep_names[i], number_text(best->values[finding->swept[i]], 4, text[0]));
    }
}

/* ---- the whole ------------------------------------------------------------------------------------------------------
 */

struct tune_report *tune_report_make(const struct tune *tune) {
    struct tune_report *report = MEM_NEW(struct tune_report, 1);
    report->optimizers = tune->experiment->optimizer_count;
    report->findings = MEM_NEW(struct tune_finding, report->optimizers);
    report->seeds = tune->seeds;
    report->starts = tune->start_kind;
    memcpy(report->seed, tune->seed, sizeof report->seed);
    report->evaluations = tune->evaluations;
    report->sweep_count = tune->sweep_count;
    for (int i = 0; i < tune->sweep_count; i++) report->sweep_names[i] = mem_copy_text(tune->sweep_names[i]);
    report->has_tolerance = tune->has_tolerance;
    report->tolerance = tune->tolerance;
    report->trials = tune->trials;
    report->taken_up = tune->taken_up;
    report->finished = tune->finished;
    for (int o = 0; o < report->optimizers; o++) {
        find_points(tune, &report->findings[o], o);
        find_edge(tune, &report->findings[o], o);
        find_arrivals(tune, &report->findings[o], o);
    }
    rank(report);
    struct text words = {0};
    text_append(&words, "");
    if (tune->finished) {
        say_ranking(&words, tune, report);
        say_edges(&words, tune, report);
        say_leaving(&words, tune, report);
    }
    report->words = words.bytes;
    return report;
}

struct tune_report *study_read_tune(const struct study *study) {
    study_lock(study);
    struct tune_report *report = tune_report_make((const struct tune *)study);
    study_unlock(study);
    return report;
}

void tune_report_destroy(struct tune_report **handle) {
    if (!handle || !*handle) return;
    struct tune_report *report = *handle;
    for (int o = 0; o < report->optimizers; o++) {
        struct tune_finding *finding = &report->findings[o];
        for (int i = 0; i < finding->point_count; i++) free((void *)finding->points[i].trials);
        free(finding->points);
        free(finding->arrivals);
    }
    for (int i = 0; i < report->sweep_count; i++) free(report->sweep_names[i]);
    free(report->findings);
    free(report->ranking);
    free(report->words);
    free(report);
    *handle = NULL;
}

void tune_write(const struct study *study, FILE *stream) {
    const struct tune *tune = (const struct tune *)study;
    fputs("optimizer,label", stream);
    for (int i = 0; i < tune->sweep_count; i++) fprintf(stream, ",%s", tune->sweep_names[i]);
    fputs(",lr,start,seed,status,steps,evaluations,start_loss,loss,best_loss,settled\n", stream);
    for (int l = 0; l < tune->line_count; l++) {
        const struct tune_line *line = &tune->lines[l];
        const struct experiment_optimizer *from = &tune->experiment->optimizers[line->optimizer];
        for (int k = 0; k < line->count * tune->seeds; k++) {
            int seed = k % tune->seeds;
            const struct tune_trial *trial = &line->rates[k / tune->seeds].trials[seed];
            if (!trial->done) continue;
            fprintf(stream, "%s,", optimizer_class_name(from->class));
            study_write_name(stream, from->label);
            for (int i = 0; i < tune->sweep_count; i++) {
                int index = optimizer_class_parameter_index(from->class, tune->sweep_names[i]);
                study_write_number(stream, index < 0 ? NAN : line->values[index]);
            }
            study_write_number(stream, line->rates[k / tune->seeds].rate);
            fprintf(stream, ",%d,%" PRIu64 ",%s,%" PRId64 ",%" PRId64, seed + 1, tune->seed[seed],
                    trial->diverged ? "diverged" : "ok", trial->steps, trial->evaluations);
            study_write_number(stream, trial->start_loss);
            study_write_number(stream, trial->loss);
            study_write_number(stream, trial->best_loss);
            fprintf(stream, ",%" PRId64 "\n", trial->settled);
        }
    }
}

char *tune_apply(const struct experiment *experiment, const struct tune_report *report, struct error *error) {
    struct experiment_change changes[EXPERIMENT_MAX_OPTIMIZERS * (1 + TUNE_MAX_SWEEPS)];
    size_t count = 0;
    for (int o = 0; o < report->optimizers; o++) {
        const struct tune_point *best = best_of(report, o);
        if (!best) continue;
        changes[count++] = (struct experiment_change){o, 0, best->values[0]};
        for (int i = 0; i < report->sweep_count; i++) {
            int index = report->findings[o].swept[i];
            if (index >= 0) changes[count++] = (struct experiment_change){o, index, best->values[index]};
        }
    }
    return experiment_with_values(experiment, changes, count, error);
}
