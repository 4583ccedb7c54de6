#include "cli/tune_show.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>

/* Losses further below the highest than this are drawn there: an arrival is an arrival. */
static const double DEPTH = 1e-20;
enum { SERIES = 4, QUARTILES_FROM = 5 }; /* band, line, where it diverges, best; seeds for the band to be quartiles */

struct curve {
    double *rates, *median, *low, *high, *diverged; /* (count) of the best combination */
    int count;
    double best_rate, best_loss;
    char *name;
};

static int compare_numbers(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What the band is between: the middle half of many seeds, all of a few. */
static void find_band(const struct tune_point *point, int seeds, double *low, double *high) {
    *low = point->low;
    *high = point->high;
    if (seeds < QUARTILES_FROM || point->done < seeds) return;
    double losses[TUNE_MAX_SEEDS];
    for (int s = 0; s < seeds; s++) losses[s] = point->trials[s].diverged ? INFINITY : point->trials[s].loss;
    qsort(losses, (size_t)seeds, sizeof *losses, compare_numbers);
    *low = losses[(seeds - 1) / 4];
    *high = losses[seeds - 1 - (seeds - 1) / 4];
}

static struct curve read_curve(const struct experiment *experiment, const struct tune_report *report, int optimizer) {
    const struct tune_finding *finding = &report->findings[optimizer];
    const struct tune_point *points = finding->points, *best = finding->best < 0 ? NULL : &points[finding->best];
    struct curve curve = {.best_rate = NAN, .best_loss = NAN};
    double *storage = MEM_NEW(double, 5 * finding->point_count);
    curve.rates = storage;
    curve.median = storage + finding->point_count;
    curve.low = storage + 2 * finding->point_count;
    curve.high = storage + 3 * finding->point_count;
    curve.diverged = storage + 4 * finding->point_count;
    for (int i = 0; i < finding->point_count; i++) {
        if (points[i].combination != (best ? best->combination : 0)) continue;
        curve.rates[curve.count] = points[i].values[0];
        curve.median[curve.count] = points[i].median;
        curve.diverged[curve.count] = NAN;
        find_band(&points[i], report->seeds, &curve.low[curve.count], &curve.high[curve.count]);
        curve.count++;
    }
    struct text name = {0};
    char number[NUMBER_TEXT];
    text_format(&name, "%s", experiment->optimizers[optimizer].label);
    if (best) {
        curve.best_rate = best->values[0];
        curve.best_loss = best->median;
        text_format(&name, " %s", number_text(best->values[0], 3, number));
        for (int i = 0; i < report->sweep_count; i++)
            if (finding->swept[i] >= 0)
                text_format(&name, ", %s %s", report->sweep_names[i],
                            number_text(best->values[finding->swept[i]], 4, number));
    }
    curve.name = name.bytes;
    return curve;
}

/* The median of the starts' losses: all optimizers share them. */
static double start_level(const struct tune_report *report) {
    double losses[TUNE_MAX_SEEDS];
    const struct tune_point *point = report->findings[0].points;
    for (int s = 0; s < report->seeds; s++) losses[s] = point->trials[s].start_loss;
    return tune_median(losses, report->seeds);
}

/* Within what is drawn: arrivals at the lower edge, a band that some seeds leave up to the upper one, and a cross where
 * the rates that diverge begin. */
static void trim_curve(struct curve *curve, double floor, double top) {
    for (int i = 0; i < curve->count; i++) {
        double *median = &curve->median[i];
        bool finite = isfinite(*median);
        bool beside = (i > 0 && isfinite(median[-1])) || (i + 1 < curve->count && isfinite(median[1]));
        if (!finite && beside) curve->diverged[i] = top;
        if (finite) *median = fmax(*median, floor);
        curve->low[i] = finite ? fmax(curve->low[i], floor) : NAN;
        curve->high[i] = isfinite(curve->high[i]) ? fmax(curve->high[i], floor) : finite ? top : NAN;
    }
    if (isfinite(curve->best_loss)) curve->best_loss = fmax(curve->best_loss, floor);
}

/* Bands below all lines, these below the marks; the best optimizer's on top of the others'. */
static size_t list_series(const struct experiment *experiment, const struct tune_report *report, struct curve *curves,
                          const struct theme *theme, struct chart_series *series) {
    size_t count = 0;
    for (int layer = 0; layer < SERIES; layer++)
        for (int k = report->optimizers - 1; k >= 0; k--) {
            int o =
                report
                    ->ranking[layer == SERIES - 1 ? report->optimizers - 1 - k : k]; /* the legend has the best first */
            struct curve *curve = &curves[o];
            struct identity identity = identity_of(experiment, o, theme);
            struct chart_series one = {
                .x = curve->rates, .y = curve->median, .count = (size_t)curve->count, .color = identity.color};
            if (layer == 0) {
                if (report->seeds == 1) continue;
                one.kind = CHART_BAND;
                one.y = curve->high;
                one.base = curve->low;
            } else if (layer == 2) {
                one.kind = CHART_DOTS;
                one.y = curve->diverged;
                one.shape = GLYPH_CROSS;
            } else if (layer == 3) {
                one = (struct chart_series){.name = curve->name,
                                            .kind = CHART_DOTS,
                                            .x = &curve->best_rate,
                                            .y = &curve->best_loss,
                                            .count = 1,
                                            .color = identity.color,
                                            .shape = identity.shape,
                                            .size = 13};
            }
            series[count++] = one;
        }
    return count;
}

/* Above and below what is drawn at all. */
static void find_range(const struct tune_report *report, const struct curve *curves, double start, double loss[2],
                       double rate[2]) {
    loss[0] = loss[1] = start;
    rate[0] = INFINITY;
    rate[1] = -INFINITY;
    for (int o = 0; o < report->optimizers; o++)
        for (int i = 0; i < curves[o].count; i++) {
            bool near = isfinite(curves[o].median[i]) || (i > 0 && isfinite(curves[o].median[i - 1]));
            if (near) {
                rate[0] = fmin(rate[0], curves[o].rates[i]);
                rate[1] = fmax(rate[1], curves[o].rates[i]);
            }
            if (isfinite(curves[o].low[i])) loss[0] = fmin(loss[0], curves[o].low[i]);
            if (isfinite(curves[o].high[i])) loss[1] = fmax(loss[1], curves[o].high[i]);
        }
}

static void caption(const struct tune_report *report, double floor, bool cut, struct text *out) {
    static const char *const starts[] = {"initialisations", "starts", "starts drawn in the domain"};
    char number[NUMBER_TEXT];
    const char *evaluations = number_text((double)report->evaluations, 6, number);
    if (report->seeds > 1)
        text_format(out, "Median loss after %s gradient evaluations from %d %s · band: %s", evaluations, report->seeds,
                    starts[report->starts],
                    report->seeds < QUARTILES_FROM ? "lowest to highest" : "the middle half");
    else
        text_format(out, "Loss after %s gradient evaluations", evaluations);
    text_append(out, " · mark: the best rate · ✕: divergence begins");
    if (cut) text_format(out, " · losses below %s lie on the lower edge", number_text(floor, 2, number));
}

bool tune_draw(const struct experiment *experiment, const struct tune_report *report, const struct chart_style *style,
               const char *path, struct error *error) {
    struct chart chart = chart_default(style);
    const struct theme *theme = theme_get(chart.theme);
    struct curve curves[EXPERIMENT_MAX_OPTIMIZERS];
    struct chart_series series[1 + SERIES * EXPERIMENT_MAX_OPTIMIZERS];
    double start = start_level(report), loss[2], rate[2];
    for (int o = 0; o < report->optimizers; o++) curves[o] = read_curve(experiment, report, o);
    find_range(report, curves, start, loss, rate);
    bool logarithmic = loss[0] >= 0 && loss[1] > 0;
    double floor = logarithmic ? loss[1] * DEPTH : -INFINITY;
    double top =
        logarithmic ? loss[1] * pow(fmax(loss[0], floor) / loss[1], -0.03) : loss[1] + 0.03 * (loss[1] - loss[0]);
    for (int o = 0; o < report->optimizers; o++) trim_curve(&curves[o], floor, top);
    size_t count = list_series(experiment, report, curves, theme, series);
    series[count++] = (struct chart_series){.name = "at the start",
                                            .kind = CHART_LEVEL,
                                            .y = &start,
                                            .count = 1,
                                            .color = theme->faint_ink,
                                            .width = 1.25f,
                                            .dash = 4};
    struct text title = {0}, below = {0};
    text_format(&title, "%s: loss over learning rate", chart_experiment(style, experiment));
    caption(report, floor, loss[0] < floor, &below);
    chart.title = title.bytes;
    chart.caption = below.bytes;
    chart.x = (struct chart_axis){.name = "learning rate", .logarithmic = true};
    if (rate[0] < rate[1]) {
        chart.x.low = rate[0] / 1.25;
        chart.x.high = rate[1] * 1.25;
    }
    chart.y = (struct chart_axis){.name = "final loss", .logarithmic = logarithmic};
    chart.series = series;
    chart.series_count = count;
    bool ok = chart_write(&chart, path, error);
    for (int o = 0; o < report->optimizers; o++) {
        free(curves[o].rates);
        free(curves[o].name);
    }
    text_clear(&title);
    text_clear(&below);
    return ok;
}
