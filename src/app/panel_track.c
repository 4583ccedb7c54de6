/* The track of the timeline: where playback stands, the section that is looped, and what happened when. */
#include "app/app_parts.h"
#include "app/marks.h"
#include "app/panel_curves.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LINES = 5 };
static const float together = 9, mark_size = 10; /* marks nearer than this are drawn as one */

/* ---- events -----------------------------------------------------------------------------------------------------*/

/* Of several in one place: what one would rather know. */
static int weight(const struct event *event) {
    static const int weights[EVENT_KINDS] = {
        [EVENT_CRITICAL] = 5, [EVENT_NEAR] = 5, [EVENT_REST] = 3, [EVENT_DIVERGED] = 6, [EVENT_RESTART] = 2,
        [EVENT_SCHEDULE] = 1, [EVENT_WARM] = 0, [EVENT_CHANGED] = 4};
    return weights[event->kind];
}

static enum glyph_shape shape_of(const struct event *event) {
    switch (event->kind) {
    case EVENT_CRITICAL:
        return event->point == POINT_MINIMUM   ? GLYPH_MINIMUM
               : event->point == POINT_MAXIMUM ? GLYPH_MAXIMUM
               : event->point == POINT_SADDLE  ? GLYPH_SADDLE
                                               : GLYPH_DEGENERATE;
    case EVENT_NEAR: return GLYPH_DEGENERATE; /* of which kind nobody has looked */
    case EVENT_DIVERGED: return GLYPH_CROSS;
    case EVENT_RESTART: return GLYPH_TRIANGLE_UP;
    case EVENT_SCHEDULE: return GLYPH_DIAMOND;
    case EVENT_WARM: return GLYPH_RING;
    case EVENT_CHANGED: return GLYPH_SQUARE;
    case EVENT_REST:
    case EVENT_KINDS: break;
    }
    return GLYPH_DISC;
}

static bool shown(const struct session *session, const struct event *event) {
    return session_enabled(session, event->optimizer);
}

static float x_of(const struct plot *plot, const struct event *event) {
    return plot_x(plot, fmin((double)event->step, plot->x.high));
}

/* [*from, *to) stand together, *from being the first shown one at or after it. False: there are no more. */
static bool cluster(const struct session *session, const struct plot *plot, size_t *from, size_t *to) {
    const struct events *events = &session->events;
    while (*from < events->count && !shown(session, &events->all[*from])) ++*from;
    if (*from >= events->count) return false;
    float begins = x_of(plot, &events->all[*from]);
    *to = *from + 1;
    while (*to < events->count &&
           (!shown(session, &events->all[*to]) || x_of(plot, &events->all[*to]) < begins + together))
        ++*to;
    return true;
}

static const struct event *foremost(const struct session *session, size_t from, size_t to) {
    const struct event *best = &session->events.all[from];
    for (size_t i = from + 1; i < to; i++)
        if (shown(session, &session->events.all[i]) && weight(&session->events.all[i]) > weight(best))
            best = &session->events.all[i];
    return best;
}

static void draw_events(struct app *app, const struct plot *plot, float y) {
    const struct session *session = app->session;
    const struct theme *theme = plot->theme;
    size_t from = 0, to;
    for (; cluster(session, plot, &from, &to); from = to) {
        const struct event *event = foremost(session, from, to);
        bool curvature = event->kind == EVENT_CRITICAL || event->kind == EVENT_NEAR || event->kind == EVENT_DIVERGED;
        struct color color = curvature ? theme->ink : identity_of(session->experiment, event->optimizer, theme).color;
        mark_draw(app->ui, shape_of(event), x_of(plot, event), y, mark_size, color, theme->panel);
    }
}

static void tell(struct app *app, size_t from, size_t to, float x) {
    const struct session *session = app->session;
    struct text text = {0};
    int lines = 0, more = 0;
    for (size_t i = from; i < to; i++) {
        const struct event *event = &session->events.all[i];
        char step[NUMBER_TEXT];
        if (!shown(session, event)) continue;
        if (++lines > MOST_LINES)
            more++;
        else
            text_format(&text, "%s%s · step %s", lines > 1 ? "\n" : "", event->text,
                        number_text((double)event->step, 9, step));
    }
    if (more) text_format(&text, "\nand %d more", more);
    ui_tip_at(app->ui, text.bytes, x);
    text_clear(&text);
}

/* The cluster under the mouse. */
static bool under(const struct session *session, const struct plot *plot, float x, size_t *from, size_t *to) {
    for (*from = 0; cluster(session, plot, from, to); *from = *to)
        if (fabsf(x_of(plot, foremost(session, *from, *to)) - x) <= mark_size / 2 + 1) return true;
    return false;
}

void timeline_next_event(struct app *app, int by) {
    struct session *session = app->session;
    int64_t step = session->view.step;
    const struct event *event;
    do {
        event = events_next(&session->events, step, by);
        if (event) step = event->step;
    } while (event && !shown(session, event));
    if (!event) {
        notice_say(app, NOTICE_DONE,
                   by > 0 ? "Nothing is marked after this step." : "Nothing is marked before this step.");
        return;
    }
    char number[NUMBER_TEXT];
    session_pause(session);
    session_seek(session, event->step);
    notice_say(app, NOTICE_DONE, "%s · step %s", event->text, number_text((double)event->step, 9, number));
    app_redraw(app);
}

/* ---- the loop ---------------------------------------------------------------------------------------------------*/

void timeline_loop(struct app *app, int end) {
    struct session *session = app->session;
    bool loops = session_loops(session);
    int64_t here = session->view.step, from = loops ? session->loop_from : 0;
    int64_t last = session_last(session), to = loops ? session->loop_to : last > here ? last : session->limit;
    if (end == LOOP_NONE) {
        from = to = 0;
    } else if (end == LOOP_FROM) {
        from = here;
        if (to <= from) to = session->limit;
    } else {
        to = here;
        if (from >= to) from = 0;
    }
    session_set_loop(session, from, to);
    app_redraw(app);
}

static void drag_loop(struct app *app, const struct plot *plot, const struct ui_canvas *canvas) {
    int64_t here = curves_step_under(plot, canvas->mouse_x);
    if (canvas->pressed) app->loop_anchor = here;
    if (canvas->held && here != app->loop_anchor) {
        int64_t low = here < app->loop_anchor ? here : app->loop_anchor;
        session_set_loop(app->session, low, here < app->loop_anchor ? app->loop_anchor : here);
        app_redraw(app);
    }
}

static void draw_loop(struct app *app, const struct plot *plot, float y) {
    const struct session *session = app->session;
    const struct theme *theme = plot->theme;
    if (!session_loops(session)) return;
    float from = plot_x(plot, (double)session->loop_from), to = plot_x(plot, (double)session->loop_to);
    ui_draw_rect(app->ui, (struct rect){from, y - 7, to - from, 14}, color_fade(theme->accent, 0.22f), 2);
    for (int end = 0; end < 2; end++) { /* brackets */
        float x = end ? to : from, in = end ? -4 : 4;
        ui_draw_line(app->ui, x, y - 8, x, y + 8, theme->accent, 2);
        ui_draw_line(app->ui, x, y - 8, x + in, y - 8, theme->accent, 2);
        ui_draw_line(app->ui, x, y + 8, x + in, y + 8, theme->accent, 2);
    }
}

/* ---- the track --------------------------------------------------------------------------------------------------*/

static void draw_track(struct app *app, const struct plot *plot, const struct ui_canvas *canvas) {
    struct session *session = app->session;
    const struct theme *theme = plot->theme;
    float y = canvas->rect.y + canvas->rect.height / 2;
    float last = plot_x(plot, fmin((double)session_last(session), plot->x.high)),
          at = plot_x(plot, (double)session->view.step);
    float end = plot->rect.x + plot->rect.width;
    ui_draw_rect(app->ui, (struct rect){plot->rect.x, y - 2, end - plot->rect.x, 4}, color_fade(theme->ink, 0.1f), 2);
    ui_draw_rect(app->ui, (struct rect){plot->rect.x, y - 2, last - plot->rect.x, 4}, color_fade(theme->ink, 0.22f), 2);
    ui_draw_rect(app->ui, (struct rect){plot->rect.x, y - 2, at - plot->rect.x, 4}, theme->accent, 2);
    draw_loop(app, plot, y);
    const struct curves *curves = &session->curves;
    if (curves->from < curves->to) { /* what the curves below show of it */
        float from = plot_x(plot, curves->from), to = plot_x(plot, curves->to);
        ui_draw_rect(app->ui, (struct rect){from, y + 5, to - from, 2}, color_fade(theme->ink, 0.5f), 1);
    }
    float size = canvas->hovered || canvas->held ? 15 : 13;
    mark_draw(app->ui, GLYPH_DISC, at, y, size, theme->accent, theme->panel);
    draw_events(app, plot, y);
}

void timeline_track(struct app *app, const struct plot *plot, float width) {
    struct session *session = app->session;
    struct ui_canvas canvas = ui_canvas_begin(app->ui, "scrub", width, 20);
    size_t from = 0, to = 0;
    bool marked = (canvas.hovered || canvas.held) && under(session, plot, canvas.mouse_x, &from, &to);
    if (canvas.pressed) app->loop_dragged = canvas.shift;
    if (app->loop_dragged) {
        drag_loop(app, plot, &canvas);
    } else if (canvas.held && marked) { /* on the mark's own step */
        int64_t step = foremost(session, from, to)->step;
        if (canvas.pressed) session_pause(session);
        if (step != session->view.step) {
            session_seek(session, step);
            app_redraw(app);
        }
    } else {
        timeline_scrub(app, plot, &canvas);
    }
    draw_track(app, plot, &canvas);
    ui_canvas_end(app->ui);
    if (marked && canvas.hovered) tell(app, from, to, x_of(plot, foremost(session, from, to)));
}
