#include "app/app_parts.h"

#include <math.h>

/* Design pixels. Below `narrow` only one side panel fits beside a scene worth looking at. */
static const float top_height = 48, side_width = 268, bottom_height = 156, narrow = 1100, least_scene = 320,
                   most_side_width = 480; /* what a lesson has found is read from the back row */

void layout_arrange(struct app *app) {
    struct layout *layout = &app->layout;
    float scale = app_scale(app);
    float width = (float)app->window.width / scale, height = (float)app->window.height / scale;
    float bottom = fminf(bottom_height, 0.34f * height);
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
    float width = (float)app->window.width / app_scale(app);
    app->layout.left_open = app->settings.left_open && (width >= narrow || app->player.lesson);
    app->layout.right_open = app->settings.right_open && (width >= narrow || !app->player.lesson);
}
