#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"

#include <math.h>
#include <stdlib.h>

static const double FEET = 1e-7; /* of the highest density: below it the Gaussians' feet say nothing */

/* The part below 0 in the colour of ways down, the rest in that of ways up. */
static bool draw_density(struct chart *chart, const struct spectrum *density, struct text *caption, const char *path,
                         struct error *error) {
    const struct theme *theme = theme_get(chart->theme);
    char number[2][NUMBER_TEXT];
    double most = 0;
    size_t below = 0, points = (size_t)density->points;
    for (size_t i = 0; i < points; i++) most = fmax(most, density->density[i]);
    while (below < points && density->grid[below] < 0) below++;
    number_text(density->trace, 5, number[0]);
    if (density->probes)
        text_format(caption, " · trace %s ± %s · stochastic Lanczos quadrature, %d probes of %d steps", number[0],
                    number_text(density->trace_error, 2, number[1]), density->probes, density->steps);
    else
        text_format(caption, " · trace %s · from all eigenvalues", number[0]);
    text_format(caption, " · Gaussians of width %s", number_text(density->width, 2, number[0]));
    const double zero_x[] = {0, 0}, zero_y[] = {most * FEET, most * 2};
    const struct chart_series series[] = {
        {.kind = CHART_AREA,
         .x = density->grid,
         .y = density->density,
         .count = below < points ? below + 1 : below,
         .color = theme->escape},
        {.kind = CHART_AREA,
         .x = density->grid + below,
         .y = density->density + below,
         .count = points - below,
         .color = theme->stable},
        {.kind = CHART_LINE, .x = zero_x, .y = zero_y, .count = 2, .color = theme->ink, .width = 1, .dash = 4},
    };
    chart->caption = caption->bytes;
    chart->x.name = "eigenvalue λ";
    chart->y = (struct chart_axis){
        .name = "density of eigenvalues", .logarithmic = true, .low = most * FEET, .high = most * 2};
    chart->series = series;
    chart->series_count = sizeof series / sizeof *series;
    return chart_write(chart, path, error);
}

/* Those down, flat and up, by rank. */
static bool draw_ranks(struct chart *chart, const struct hessian_finding *found, struct text *caption, const char *path,
                       struct error *error) {
    enum { SIGNS = 3 };
    const struct theme *theme = theme_get(chart->theme);
    const struct eigen_report *report = found->report;
    const struct eigen_ends *ends = found->ends;
    int n = report ? report->n : ends->n, low = report ? n : ends->low, held = report ? n : ends->low + ends->high;
    const double *values = report ? report->eigenvalues : ends->eigenvalues;
    double tolerance = report ? report->tolerance : ends->tolerance, *ranks = MEM_NEW(double, held);
    int down = 0, flat = 0;
    for (int k = 0; k < held; k++) {
        ranks[k] = k < low ? k + 1 : n - held + k + 1;
        down += values[k] < -tolerance;
        flat += fabs(values[k]) <= tolerance;
    }
    const int counts[SIGNS] = {down, flat, held - down - flat};
    const char *const names[SIGNS] = {"down: λ < 0", "flat: zero within rounding", "up: λ > 0"};
    const struct color colors[SIGNS] = {theme->escape, theme->degenerate, theme->stable};
    struct chart_series series[SIGNS];
    for (int k = 0, first = 0; k < SIGNS; first += counts[k++])
        series[k] = (struct chart_series){.name = counts[k] ? names[k] : NULL,
                                          .kind = CHART_DOTS,
                                          .x = ranks + first,
                                          .y = values + first,
                                          .count = (size_t)counts[k],
                                          .color = colors[k],
                                          .shape = GLYPH_DISC,
                                          .size = held > 100 ? 7 : 9};
    char verdict[256];
    if (report)
        text_format(caption, " · %s", eigen_report_verdict(report, verdict, sizeof verdict));
    else
        text_format(caption, " · %d eigenvalues from either end", low);
    chart->caption = caption->bytes;
    chart->x.name = "rank";
    chart->y.name = "eigenvalue λ";
    chart->series = series;
    chart->series_count = SIGNS;
    bool ok = chart_write(chart, path, error);
    free(ranks);
    return ok;
}

bool hessian_draw(const struct hessian_finding *found, const struct experiment *experiment, const char *where,
                  const struct chart_style *style, const char *path, struct error *error) {
    struct chart chart = chart_default(style);
    struct text head = {0}, caption = {0};
    char number[2][NUMBER_TEXT], place[128];
    text_format(&head, "Hessian of %s: %s", chart_experiment(style, experiment),
                where_words(where, place, sizeof place));
    const struct eigen_report *report = found->report;
    text_format(&caption, "loss %s", number_text(report ? report->loss : found->ends->loss, 4, number[0]));
    if (found->density || !report || report->kind != POINT_NOT_CRITICAL) /* else the verdict says it */
        text_format(&caption, " · ‖g‖ %s",
                    number_text(report ? report->gradient_norm : found->ends->gradient_norm, 3, number[1]));
    text_format(&caption, " · %d parameters", report ? report->n : found->ends->n);
    chart.title = head.bytes;
    bool ok = found->density ? draw_density(&chart, found->density, &caption, path, error)
                             : draw_ranks(&chart, found, &caption, path, error);
    text_clear(&head);
    text_clear(&caption);
    return ok;
}
