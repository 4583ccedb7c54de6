#include "app/app_parts.h"

#include <math.h>

/* Design pixels. Below `narrow` only one side panel fits beside a scene worth looking at; below `roomy` several panes
 * need the room more than the list of scenes does, below `slim` more than any side panel. */
static const float top_height = 48, side_width = 268, slim = 900, narrow = 1100, roomy = 1500, least_scene = 320,
                   most_side_width = 480; /* what a lesson has found is read from the back row */
/* The timeline's height without its curves; with them a share of the window's, between two bounds. */
static const float bare_bottom = 76, least_bottom = 110, usual_bottom = 128, most_bottom = 240;
static const float bottom_share = 0.2f, most_bottom_share = 0.27f;

static float bottom_height(const struct layout *layout, float height) {
    if (!layout->bottom_open) return bare_bottom;
    float wanted = fminf(fmaxf(bottom_share * height, usual_bottom), most_bottom);
    return floorf(fmaxf(fminf(wanted, most_bottom_share * height), least_bottom));
}

static float design_width(const struct app *app) {
    return (float)app->window.width / app_scale(app);
}

/* What the scene is divided into: one picture; panes, each with its own name; two experiments. */
static enum layout_crowd crowd_of(const struct app *app) {
    if (!app->session || app->player.lesson) return LAYOUT_ONE; /* a lesson's panels stay where they are */
    switch (app->easing.active ? app->easing.then : app->session->view.kind) {
    case VIEW_SIDE_BY_SIDE:
    case VIEW_SPLIT: return LAYOUT_PANES;
    case VIEW_COMPARE: return app->compare.session ? LAYOUT_COMPARED : LAYOUT_ONE;
    default: return LAYOUT_ONE;
    }
}

void layout_arrange(struct app *app) {
    struct layout *layout = &app->layout;
    if (crowd_of(app) != layout->crowd) layout_fit(app);
    float scale = app_scale(app);
    float width = design_width(app), height = (float)app->window.height / scale;
    float bottom = bottom_height(layout, height);
    float lesson = panel_lesson_width(app, width);
    float left = !layout->left_open ? 0 : lesson > 0 ? lesson : side_width;
    float right = !layout->right_open    ? 0
                  : player_analysis(app) ? fminf(fmaxf(floorf(0.26f * width), side_width), most_side_width)
                                         : side_width;
    if (width - left - right < least_scene)
        left = fmaxf(width - right - least_scene, 0); /* a tiny window: the panels give way */
    if (width - left - right < least_scene) right = fmaxf(width - left - least_scene, 0);
    if (left < 160) left = 0;
    if (right < 160) right = 0;
    layout->top = (struct rect){0, 0, width, top_height};
    layout->bottom = (struct rect){0, height - bottom, width, bottom};
    layout->left = (struct rect){0, top_height, left, height - top_height - bottom};
    layout->right = (struct rect){width - right, top_height, right, height - top_height - bottom};
    float chart = panel_chart_height(app, height - top_height - bottom);
    layout->chart = (struct rect){left, top_height, width - left - right, chart};
    layout->scene = (struct rect){left, top_height + chart, width - left - right, height - top_height - bottom - chart};
}

void layout_fit(struct app *app) {
    struct layout *layout = &app->layout;
    const struct settings *settings = &app->settings;
    float width = design_width(app);
    bool lesson = app->player.lesson;
    layout->crowd = crowd_of(app);
    layout->left_open = settings->left_open && (lesson || width >= (layout->crowd == LAYOUT_ONE ? narrow : roomy));
    float least = lesson ? narrow : layout->crowd == LAYOUT_COMPARED ? roomy : layout->crowd == LAYOUT_PANES ? slim : 0;
    layout->right_open = settings->right_open && width >= least;
    layout->bottom_open = settings->bottom_open;
    app_redraw(app);
}

void layout_show(struct app *app, enum layout_panel panel) {
    struct layout *layout = &app->layout;
    bool alone = design_width(app) < narrow && !app->player.lesson; /* one side panel at a time */
    if (panel == LAYOUT_LEFT) layout->left_open = app->settings.left_open = true;
    if (panel == LAYOUT_RIGHT) layout->right_open = app->settings.right_open = true;
    if (panel == LAYOUT_BOTTOM) layout->bottom_open = app->settings.bottom_open = true;
    if (alone && panel == LAYOUT_LEFT) layout->right_open = false;
    if (alone && panel == LAYOUT_RIGHT) layout->left_open = false;
    app_redraw(app);
}

void layout_fold(struct app *app, enum layout_panel panel) {
    struct layout *layout = &app->layout;
    bool *open = panel == LAYOUT_LEFT    ? &layout->left_open
                 : panel == LAYOUT_RIGHT ? &layout->right_open
                                         : &layout->bottom_open;
    if (!*open) {
        layout_show(app, panel);
        return;
    }
    bool *kept = panel == LAYOUT_LEFT    ? &app->settings.left_open
                 : panel == LAYOUT_RIGHT ? &app->settings.right_open
                                         : &app->settings.bottom_open;
    *open = *kept = false;
    app_redraw(app);
}
