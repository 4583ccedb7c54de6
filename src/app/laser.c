/* The laser pointer: a glowing dot in place of the mouse's arrow, with a trail that fades. */
#include "app/app_parts.h"

#include "base/threads.h"

#include <math.h>

static const double trail_seconds = 0.4;

void laser_follow(struct app *app, float x, float y) {
    struct laser *laser = &app->laser;
    if (!laser->on) return;
    if (laser->count == LASER_TRAIL) {
        for (int i = 1; i < LASER_TRAIL; i++) laser->trail[i - 1] = laser->trail[i];
        laser->count--;
    }
    laser->trail[laser->count].x = x;
    laser->trail[laser->count].y = y;
    laser->trail[laser->count++].at = clock_seconds();
}

void laser_toggle(struct app *app) {
    app->laser.on = !app->laser.on;
    app->laser.count = 0;
    laser_follow(app, app->mouse.x, app->mouse.y);
    app->frames_wanted = 2;
}

void laser_draw(struct app *app) {
    struct laser *laser = &app->laser;
    float points[3 * LASER_TRAIL];
    int count = 0;
    double now = clock_seconds();
    if (!laser->on) return;
    for (int i = 0; i < laser->count; i++) {
        double share = 1 - (now - laser->trail[i].at) / trail_seconds;
        bool last = i + 1 == laser->count;
        if (share <= 0 && !last) continue;
        points[3 * count] = laser->trail[i].x;
        points[3 * count + 1] = laser->trail[i].y;
        points[3 * count++ + 2] = last ? 1 : (float)share;
    }
    ui_laser(app->ui, points, count);
    if (count > 1) app_wake_by(app, now + app->window.frame_seconds);
}
