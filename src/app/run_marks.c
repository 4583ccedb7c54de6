#include "app/app_parts.h"
#include "app/marks.h"

bool run_marks(struct app *app, const char *id, int chosen, int except, int *pressed) {
    enum { SIZE = 26 };
    struct ui *ui = app->ui;
    struct session *session = app->session;
    const struct theme *theme = theme_get(app->settings.theme);
    bool any = false, changed = false;
    for (int i = 0; i < session->experiment->optimizer_count; i++) {
        int run = session_run(session, i, 0);
        if (!session_enabled(session, i) || run == except) continue;
        char part[48];
        snprintf(part, sizeof part, "%s.%d", id, i);
        if (any) {
            ui_beside(ui, 2);
            if (ui_room(ui) < SIZE) ui_space(ui, 0);
        }
        any = true;
        struct ui_canvas canvas = ui_canvas_begin(ui, part, SIZE, SIZE);
        struct identity identity = identity_of(session->experiment, i, theme);
        struct rect rect = canvas.rect;
        if (run == chosen || canvas.hovered)
            ui_draw_rect(ui, rect, color_fade(theme->ink, run == chosen ? 0.12f : 0.07f), 5);
        mark_draw(ui, identity.shape, rect.x + rect.width / 2, rect.y + rect.height / 2, 14, identity.color,
                  theme->casing);
        ui_canvas_end(ui);
        ui_tip(ui, session->experiment->optimizers[i].label);
        if (ui_canvas_pressed(ui, part, &canvas)) {
            *pressed = run;
            changed = true;
        }
    }
    return changed;
}
