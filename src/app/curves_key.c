/* The key of the curves: what solid, dashed and dotted lines are. */
#include "app/panel_curves.h"

enum { LOOKS = 24, ACROSS = 3, PLACES = 2 * ACROSS }; /* where the lines are asked for; where the key may stand */
static const float mark = 26, gap = 6, between = 16, height = 18, inset = 4;

bool curves_filled(const struct app *app, enum curve curve) {
    for (int run = 0; run < app->session->runs; run++) {
        const struct trace *trace = curves_trace(app, curve, run);
        struct trace_extremes extremes = trace_extremes(trace, 0, trace->count);
        if (extremes.low <= extremes.high) return true;
    }
    return false;
}

/* How often a line comes into `rect`. */
static int crossings(const struct app *app, enum figure figure, const struct plot *plot, const struct rect *rect) {
    const struct figure_kind *kind = figure_kind(figure);
    int count = 0;
    for (int k = 0; k < LOOKS; k++) {
        double ends[2]; /* steps */
        for (int i = 0; i < 2; i++) {
            float x = rect->x + rect->width * (float)(k + i) / LOOKS;
            ends[i] = axis_value(&plot->x, (double)((x - plot->rect.x) / plot->rect.width));
        }
        for (int run = 0; run < app->session->runs; run++)
            for (int i = 0; i < kind->count && !(app->session->view.hidden_runs >> run & 1); i++) {
                const struct trace *trace = curves_trace(app, kind->lines[i], run);
                size_t from = trace_find(trace, (int64_t)ends[0]), to = trace_find(trace, (int64_t)ends[1] + 1);
                struct trace_extremes extremes = trace_extremes(trace, from, to);
                if (!(extremes.low <= extremes.high)) continue;
                count += plot_y(plot, extremes.high) < rect->y + rect->height && plot_y(plot, extremes.low) > rect->y;
            }
    }
    return count;
}

/* Right, middle and left at the top, then at the bottom. */
static struct rect place_of(const struct plot *plot, int place, float width, float taken) {
    float share = 1 - 0.5f * (float)(place % ACROSS);
    float room = plot->rect.width - width - 2 * inset - (place < ACROSS ? taken : 0);
    float y = place < ACROSS ? plot->rect.y + inset : plot->rect.y + plot->rect.height - height - inset;
    return (struct rect){plot->rect.x + inset + share * room, y, width, height};
}

/* Where lines come into it, it goes to where half as many do at most: it shall not go to and fro. */
static struct rect choose_place(struct app *app, enum figure figure, const struct plot *plot, float width,
                                float taken) {
    uint8_t *place = &app->session->curves.key_places[figure];
    struct rect rect = place_of(plot, *place, width, taken);
    int least = crossings(app, figure, plot, &rect);
    for (int other = 0; other < PLACES && least > 0; other++) {
        struct rect there = place_of(plot, other, width, taken);
        int count = crossings(app, figure, plot, &there);
        if (2 * count > least) continue;
        least = count;
        rect = there;
        *place = (uint8_t)other;
    }
    return rect;
}

void curves_key(struct app *app, enum figure figure, const struct plot *plot, float taken) {
    const struct figure_kind *kind = figure_kind(figure);
    const struct theme *theme = plot->theme;
    float width = -between;
    int shown = 0;
    bool filled[FIGURE_LINES] = {false};
    for (int i = 0; i < kind->count && axis_usable(&plot->y); i++) {
        filled[i] = curves_filled(app, kind->lines[i]);
        if (!filled[i]) continue;
        shown++;
        width += mark + gap + ui_text_width(app->ui, UI_SMALL, kind->columns[i]) + between;
    }
    width += 2 * gap;
    if (shown < 2 || width + taken + 2 * inset > plot->rect.width) return;
    struct rect rect = choose_place(app, figure, plot, width, taken);
    ui_draw_rect(app->ui, rect, color_fade(theme->panel, 0.88f), 4);
    float x = rect.x + gap, y = rect.y + rect.height / 2;
    for (int i = 0; i < kind->count; i++) {
        if (!filled[i]) continue;
        const float line[4] = {x, y, x + mark, y};
        plot_stroke(plot, line, 2, theme->ink, 1.8f, kind->strokes[i]);
        ui_draw_text(app->ui, UI_SMALL, x + mark + gap, y, 0, 0.5f, theme->ink, kind->columns[i]);
        x += mark + gap + ui_text_width(app->ui, UI_SMALL, kind->columns[i]) + between;
    }
}
