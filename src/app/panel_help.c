#include "app/app_parts.h"

#include <math.h>

static const char *const lines[][2] = {
    {"Click the surface", "start there"},
    {"Click a mark", "its curvature: eigenvalues and verdict"},
    {"Right-click the surface", "figures of that point"},
    {"Drag", "turn; on the map: move"},
    {"Shift or right drag", "move"},
    {"Wheel", "nearer, farther"},
    {"Double-click", "usual view"},
    {"", ""},
    {"Drag the curves", "to that step"},
    {"Shift+drag, wheel there", "look nearer; double-click: all again"},
    {"", ""},
    {"Space", "play, pause"},
    {"← →", "one step, with Shift ten"},
    {"Home End", "first step, newest step"},
    {"+ −", "faster, slower"},
    {"R", "start again"},
    {"Page Down, Page Up", "lesson: on (first the answer), back"},
    {"Ctrl+Z", "undo"},
    {"", ""},
    {"1 2 3", "overlay, side by side, contour"},
    {"L", "linear or log height"},
    {"I", "what a step is made of, at the heads"},
    {"H", "paths at their true loss or on the slice"},
    {"T", "light or dark"},
    {"F", "full screen"},
    {"Ctrl+= Ctrl+−", "larger, smaller text and controls"},
    {"Ctrl+E", "save the picture"},
    {"Ctrl+Q", "close"},
};

void panel_help(struct app *app) {
    if (!app->help_open) return;
    struct ui *ui = app->ui;
    float whole_width = app->layout.top.width, whole_height = app->layout.bottom.y + app->layout.bottom.height;
    float width = fminf(460, whole_width - 24), height = fminf(600, whole_height - 24);
    struct rect rect = {(whole_width - width) / 2, (whole_height - height) / 2, width, height};
    ui_panel_begin(ui, "panel.help", rect, UI_PANEL_CARD | UI_PANEL_SCROLLS | UI_PANEL_FRONT);
    bool closed = ui_corner_button(ui, "help.close", ICON_CLOSE, 28);
    ui_text(ui, UI_TITLE, "Mouse and keys");
    ui_space(ui, 4);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (!lines[i][0][0]) {
            ui_space(ui, 1);
            ui_rule(ui);
            continue;
        }
        ui_text(ui, UI_SMALL | UI_BOLD, lines[i][0]);
        ui_beside_at(ui, 168);
        ui_text(ui, UI_SMALL, lines[i][1]);
    }
    ui_panel_end(ui);
    if (closed) app->help_open = false;
}
