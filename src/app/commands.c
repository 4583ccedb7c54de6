#include "app/commands.h"

#include "app/app_parts.h"

#include "base/threads.h"

#include <string.h>

/* ---- when -------------------------------------------------------------------------------------------------------*/

static bool has_session(const struct app *app) {
    return app->session != NULL;
}

static bool has_trainer(const struct app *app) {
    return app->session && app->session->trainer;
}

static bool has_surface(const struct app *app) {
    return app->session && app->scene.surface_count > 0 && !basins_shown(app);
}

static bool has_loop(const struct app *app) {
    return app->session && session_loops(app->session);
}

static bool has_ended(const struct app *app) {
    return has_trainer(app) && session_ended(app->session);
}

static bool has_network(const struct app *app) {
    return app->session && !objective_is_expression(app->session->experiment->objective);
}

static bool has_classes(const struct app *app) {
    const struct data *data = has_network(app) ? objective_data(app->session->experiment->objective) : NULL;
    return data && data->kind == DATA_CLASSES;
}

static bool has_planes(const struct app *app) {
    return app->session && objective_dimension(app->session->experiment->objective) > 2;
}

static bool has_lesson(const struct app *app) {
    return app->player.lesson != NULL;
}

static bool has_strayed(const struct app *app) {
    return has_lesson(app) && player_strayed(app);
}

/* ---- what -------------------------------------------------------------------------------------------------------*/

static void time_act(struct app *app, int act) {
    timeline_act(app, (enum timeline_act)act);
}

static void train_on(struct app *app, int unused) {
    (void)unused;
    session_extend(app->session, app->session->experiment->steps);
    session_play(app->session, clock_seconds());
    app_redraw(app);
}

static void restart(struct app *app, int unused) {
    (void)unused;
    app_restart(app);
}

static void view(struct app *app, int kind) {
    interaction_set_view(app, (enum view_kind)kind);
}

static bool has_cameras(const struct app *app) {
    enum view_kind kind = app->session ? app->session->view.kind : VIEW_OVERLAY;
    return kind == VIEW_SIDE_BY_SIDE || (kind == VIEW_COMPARE && app->compare.session);
}

static bool has_compared(const struct app *app) {
    return app->session && app->compare.session && app->session->view.kind == VIEW_COMPARE;
}

static void cameras(struct app *app, int unused) {
    (void)unused;
    interaction_free_cameras(app, !app->session->view.free_cameras);
}

static void choose_compared(struct app *app, int unused) {
    (void)unused;
    interaction_set_view(app, VIEW_COMPARE);
    app->compare.choosing = true;
    app->frames_wanted = 3;
}

static void swap_compared(struct app *app, int unused) {
    (void)unused;
    compare_swap(app);
}

static void own_heights(struct app *app, int unused) {
    (void)unused;
    app->session->view.own_heights = !app->session->view.own_heights;
    app_redraw(app);
}

static void height(struct app *app, int unused) {
    (void)unused;
    struct view *view = &app->session->view;
    view->height = view->height == HEIGHT_LOG ? HEIGHT_LINEAR : HEIGHT_LOG;
    app_redraw(app);
}

static void path_height(struct app *app, int unused) {
    (void)unused;
    struct view *view = &app->session->view;
    view->path_height = view->path_height == PATH_TRUE ? PATH_SLICE : PATH_TRUE;
    app_redraw(app);
}

static void colors(struct app *app, int unused) {
    (void)unused;
    app->settings.colormap = (enum colormap_kind)((app->settings.colormap + 1) % (COLORMAP_CIVIDIS + 1));
    app_redraw(app);
}

static void insides(struct app *app, int unused) {
    (void)unused;
    app_toggle_insides(app);
}

static void usual_camera(struct app *app, int unused) {
    (void)unused;
    interaction_reset_camera(app);
}

static void zoom(struct app *app, int notches) {
    interaction_zoom(app, (float)notches);
}

enum { TURN_LEFT, TURN_RIGHT, TURN_UP, TURN_DOWN };
static void turn(struct app *app, int way) {
    interaction_turn(app, way == TURN_LEFT ? -1 : way == TURN_RIGHT, way == TURN_DOWN ? -1 : way == TURN_UP);
}

static void move(struct app *app, int way) {
    interaction_move(app, way == TURN_LEFT ? -1 : way == TURN_RIGHT, way == TURN_DOWN ? -1 : way == TURN_UP);
}

static void figure(struct app *app, int which) {
    curves_show(app, (enum figure)which);
}

static void side(struct app *app, int which) {
    app->side = (enum side)which;
    layout_show(app, LAYOUT_RIGHT);
}

static void cursor(struct app *app, int unused) {
    (void)unused;
    cursor_toggle(app);
}

static void walk(struct app *app, int by) {
    ui_focus_step(app->ui, by);
    app->frames_wanted = 3;
}

static void walk_panels(struct app *app, int by) {
    ui_focus_panel(app->ui, by);
    app->frames_wanted = 3;
}

static void network_large(struct app *app, int unused) {
    (void)unused;
    bool shut = app->side == SIDE_NETWORK && app->network.large;
    side(app, SIDE_NETWORK);
    app->network.large = !shut;
}

static void lesson_on(struct app *app, int unused) {
    (void)unused;
    player_turn_on(app);
}

static void lesson_back(struct app *app, int unused) {
    (void)unused;
    player_back(app);
}

static void lesson_restore(struct app *app, int unused) {
    (void)unused;
    player_restore(app);
}

static void lesson_close(struct app *app, int unused) {
    (void)unused;
    player_close(app);
}

static void export_picture(struct app *app, int unused) {
    (void)unused;
    exports_quick_picture(app);
}

static void export_card(struct app *app, int unused) {
    (void)unused;
    export_card_open(app);
}

static void copy_picture(struct app *app, int unused) {
    (void)unused;
    exports_copy_picture(app);
}

static void record(struct app *app, int unused) {
    (void)unused;
    app_toggle_recording(app);
}

static void undo(struct app *app, int on) {
    if (on)
        undo_step_on(app);
    else
        undo_step_back(app);
}

static void laser(struct app *app, int unused) {
    (void)unused;
    laser_toggle(app);
}

static void open_any(struct app *app, int unused) {
    (void)unused;
    open_dialog(app);
}

static void big_text(struct app *app, int unused) {
    (void)unused;
    app_toggle_big_text(app);
}

static void palette(struct app *app, int unused) {
    (void)unused;
    palette_open(app);
}

static void help(struct app *app, int unused) {
    (void)unused;
    app->help_open = !app->help_open;
    app_redraw(app);
}

static void escape(struct app *app, int unused) {
    (void)unused;
    bool focused = ui_focus(app->ui)[0] != '\0';
    ui_focus_leave(app->ui);
    if (app->help_open)
        app->help_open = false;
    else if (focused)
        app->frames_wanted = 2; /* the keyboard is the scene's again */
    else if (app->exports.form.open)
        app->exports.form.open = false;
    else if (app->compare.choosing)
        app->compare.choosing = false;
    else if (app->inspector.kind != INSPECT_NOTHING)
        inspector_close(app);
    else if (app->cursor.on)
        cursor_toggle(app);
    else if (basins_shown(app))
        basins_show(app, 0);
    else if (app->network.large)
        app->network.large = false;
    else if (app->notice_count)
        notice_dismiss_all(app);
    else if (has_loop(app))
        timeline_loop(app, LOOP_NONE);
    else if (app->window.full_screen)
        window_toggle_full_screen(&app->window), layout_fit(app);
    app_redraw(app);
}

static void theme(struct app *app, int unused) {
    (void)unused;
    app_toggle_theme(app);
}

static void full_screen(struct app *app, int unused) {
    (void)unused;
    window_toggle_full_screen(&app->window);
    layout_fit(app);
    app_redraw(app);
}

enum { SCALE_USUAL, SCALE_LARGER, SCALE_SMALLER };
static void scale(struct app *app, int way) {
    float now = app->settings.scale;
    app_set_scale(app, way == SCALE_LARGER ? now * 1.1f : way == SCALE_SMALLER ? now / 1.1f : 1);
}

static void fold(struct app *app, int panel) {
    layout_fold(app, (enum layout_panel)panel);
}

static void quit(struct app *app, int unused) {
    (void)unused;
    app->quit = true;
}

/* ---- the table --------------------------------------------------------------------------------------------------*/

const char *const command_group_titles[] = {"Timeline",       "Surface and points", "Camera", "Runs",  "Curves",
                                            "Analyses", "Lesson",             "Files",  "Window", "Panels"};

#define CTRL KMOD_CTRL
#define SHIFT KMOD_SHIFT
#define ALT KMOD_ALT

/* clang-format off: a line is a command */
static const struct command table[] = {
    {"play", "Play or pause", COMMANDS_TIME, {{SDLK_SPACE, 0}}, 0, "Play, pause", has_session, time_act, TIMELINE_PLAY},
    {"step.back", "One step back", COMMANDS_TIME, {{SDLK_LEFT, 0}}, COMMAND_REPEATS, "Step back, on (Shift: ten)", has_session, time_act, TIMELINE_BACK},
    {"step.on", "One step on", COMMANDS_TIME, {{SDLK_RIGHT, 0}}, COMMAND_REPEATS, "Step back, on (Shift: ten)", has_session, time_act, TIMELINE_ON},
    {"step.back.ten", "Ten steps back", COMMANDS_TIME, {{SDLK_LEFT, SHIFT}}, COMMAND_REPEATS, NULL, has_session, time_act, TIMELINE_BACK_TEN},
    {"step.on.ten", "Ten steps on", COMMANDS_TIME, {{SDLK_RIGHT, SHIFT}}, COMMAND_REPEATS, NULL, has_session, time_act, TIMELINE_ON_TEN},
    {"to.start", "To the first step", COMMANDS_TIME, {{SDLK_HOME, 0}}, 0, "First step, newest step", has_session, time_act, TIMELINE_TO_START},
    {"to.live", "To the newest step", COMMANDS_TIME, {{SDLK_END, 0}}, 0, "First step, newest step", has_session, time_act, TIMELINE_TO_LIVE},
    {"slower", "Slower", COMMANDS_TIME, {{SDLK_LESS, 0}}, COMMAND_REPEATS, "Slower, faster", has_session, timeline_change_speed, -1},
    {"faster", "Faster", COMMANDS_TIME, {{SDLK_GREATER, 0}}, COMMAND_REPEATS, "Slower, faster", has_session, timeline_change_speed, 1},
    {"event.back", "To the event before", COMMANDS_TIME, {{SDLK_COMMA, 0}}, COMMAND_REPEATS, "Event before, next", has_session, timeline_next_event, -1},
    {"event.on", "To the next event", COMMANDS_TIME, {{SDLK_PERIOD, 0}}, COMMAND_REPEATS, "Event before, next", has_session, timeline_next_event, 1},
    {"loop.from", "Loop: from this step on", COMMANDS_TIME, {{SDLK_LEFTBRACKET, 0}}, 0, "Loop: from, to here, off", has_session, timeline_loop, LOOP_FROM},
    {"loop.to", "Loop: up to this step", COMMANDS_TIME, {{SDLK_RIGHTBRACKET, 0}}, 0, "Loop: from, to here, off", has_session, timeline_loop, LOOP_TO},
    {"loop.none", "Loop: not at all", COMMANDS_TIME, {{SDLK_BACKSLASH, 0}}, 0, "Loop: from, to here, off", has_loop, timeline_loop, LOOP_NONE},
    {"train.on", "Train on: as many steps again", COMMANDS_TIME, {{0}}, 0, NULL, has_ended, train_on, 0},

    {"height", "Linear or logarithmic height", COMMANDS_SURFACE, {{SDLK_l, 0}}, 0, "Linear or log height", has_session, height, 0},
    {"path.height", "Paths at their true loss or on the slice", COMMANDS_SURFACE, {{SDLK_h, 0}}, 0, "Paths: true loss or slice", has_planes, path_height, 0},
    {"colors", "Next colour map", COMMANDS_SURFACE, {{SDLK_m, 0}}, 0, "Next colour map", has_session, colors, 0},
    {"insides", "What a step is made of, at the heads", COMMANDS_SURFACE, {{SDLK_i, 0}}, 0, "What a step is made of", has_trainer, insides, 0},
    {"cursor", "Cursor on the surface, for the arrow keys", COMMANDS_SURFACE, {{SDLK_c, 0}}, 0, "Cursor (arrows, Enter, I)", has_surface, cursor, 0},
    {"mark.next", "Next critical point: its card", COMMANDS_SURFACE, {{SDLK_n, 0}}, COMMAND_REPEATS, "Next mark (Shift: back)", has_surface, cursor_next_mark, 1},
    {"mark.before", "Critical point before: its card", COMMANDS_SURFACE, {{SDLK_n, SHIFT}}, COMMAND_REPEATS, NULL, has_surface, cursor_next_mark, -1},
    {"head.next", "Next optimizer’s head: its card", COMMANDS_SURFACE, {{SDLK_j, 0}}, COMMAND_REPEATS, "Next head (Shift: back)", has_surface, cursor_next_head, 1},
    {"head.before", "Optimizer’s head before: its card", COMMANDS_SURFACE, {{SDLK_j, SHIFT}}, COMMAND_REPEATS, NULL, has_surface, cursor_next_head, -1},

    {"view.overlay", "Overlay: all runs on one surface", COMMANDS_CAMERA, {{SDLK_1, 0}}, 0, "Ways to look at it", has_session, view, VIEW_OVERLAY},
    {"view.side.by.side", "Side by side: a surface for each optimizer", COMMANDS_CAMERA, {{SDLK_2, 0}}, 0, "Ways to look at it", has_session, view, VIEW_SIDE_BY_SIDE},
    {"view.contour", "Contour: the map from above", COMMANDS_CAMERA, {{SDLK_3, 0}}, 0, "Ways to look at it", has_session, view, VIEW_CONTOUR},
    {"view.split", "Split: the surface beside its contour map", COMMANDS_CAMERA, {{SDLK_4, 0}}, 0, "Ways to look at it", has_session, view, VIEW_SPLIT},
    {"view.compare", "Compare: two experiments under one camera", COMMANDS_CAMERA, {{SDLK_5, 0}}, 0, "Ways to look at it", has_session, view, VIEW_COMPARE},
    {"compare.choose", "Compare with another experiment", COMMANDS_CAMERA, {{0}}, 0, NULL, has_session, choose_compared, 0},
    {"compare.swap", "Compared: let the two change places", COMMANDS_CAMERA, {{0}}, 0, NULL, has_compared, swap_compared, 0},
    {"compare.heights", "Compared: same height scale or each its own", COMMANDS_CAMERA, {{0}}, 0, NULL, has_compared, own_heights, 0},
    {"cameras", "Link or free the panes’ cameras", COMMANDS_CAMERA, {{SDLK_k, 0}}, 0, "Link or free cameras", has_cameras, cameras, 0},
    {"turn.left", "Turn left", COMMANDS_CAMERA, {{SDLK_LEFT, CTRL}}, COMMAND_REPEATS, "Turn (Shift: move)", has_session, turn, TURN_LEFT},
    {"turn.right", "Turn right", COMMANDS_CAMERA, {{SDLK_RIGHT, CTRL}}, COMMAND_REPEATS, "Turn (Shift: move)", has_session, turn, TURN_RIGHT},
    {"turn.up", "Look from higher up", COMMANDS_CAMERA, {{SDLK_UP, CTRL}}, COMMAND_REPEATS, "Turn (Shift: move)", has_session, turn, TURN_UP},
    {"turn.down", "Look from lower down", COMMANDS_CAMERA, {{SDLK_DOWN, CTRL}}, COMMAND_REPEATS, "Turn (Shift: move)", has_session, turn, TURN_DOWN},
    {"move.left", "Move left", COMMANDS_CAMERA, {{SDLK_LEFT, CTRL | SHIFT}}, COMMAND_REPEATS, NULL, has_session, move, TURN_LEFT},
    {"move.right", "Move right", COMMANDS_CAMERA, {{SDLK_RIGHT, CTRL | SHIFT}}, COMMAND_REPEATS, NULL, has_session, move, TURN_RIGHT},
    {"move.up", "Move up", COMMANDS_CAMERA, {{SDLK_UP, CTRL | SHIFT}}, COMMAND_REPEATS, NULL, has_session, move, TURN_UP},
    {"move.down", "Move down", COMMANDS_CAMERA, {{SDLK_DOWN, CTRL | SHIFT}}, COMMAND_REPEATS, NULL, has_session, move, TURN_DOWN},
    {"zoom.in", "Nearer", COMMANDS_CAMERA, {{SDLK_PLUS, 0}}, COMMAND_REPEATS, "Nearer, farther", has_session, zoom, 1},
    {"zoom.out", "Farther", COMMANDS_CAMERA, {{SDLK_MINUS, 0}}, COMMAND_REPEATS, "Nearer, farther", has_session, zoom, -1},
    {"camera.usual", "The usual view", COMMANDS_CAMERA, {{SDLK_0, 0}}, 0, "Usual view", has_session, usual_camera, 0},

    {"restart", "Start again from the same start", COMMANDS_RUNS, {{SDLK_r, 0}}, 0, "Start again", has_trainer, restart, 0},

    {"figure.loss", "Curves: the loss", COMMANDS_CURVES, {{0}}, 0, NULL, has_session, figure, FIGURE_LOSS},
    {"figure.accuracy", "Curves: the accuracy", COMMANDS_CURVES, {{0}}, 0, NULL, has_classes, figure, FIGURE_ACCURACY},
    {"figure.gradient", "Curves: the gradient’s length", COMMANDS_CURVES, {{0}}, 0, NULL, has_session, figure, FIGURE_GRADIENT},
    {"figure.rate", "Curves: the learning rate", COMMANDS_CURVES, {{0}}, 0, NULL, has_session, figure, FIGURE_RATE},
    {"figure.sharpness", "Curves: the sharpness against 2/η", COMMANDS_CURVES, {{0}}, 0, NULL, has_session, figure, FIGURE_SHARPNESS},
    {"figure.distance", "Curves: the distance off the plane", COMMANDS_CURVES, {{0}}, 0, NULL, has_planes, figure, FIGURE_DISTANCE},

    {"side.optimizers", "Show the optimizers", COMMANDS_PANELS, {{0}}, 0, NULL, has_session, side, SIDE_OPTIMIZERS},
    {"side.network", "Show what the networks compute", COMMANDS_PANELS, {{0}}, 0, NULL, has_network, side, SIDE_NETWORK},
    {"network.large", "What the networks compute, large", COMMANDS_PANELS, {{SDLK_w, 0}}, 0, "What the networks compute", has_network, network_large, 0},
    {"side.analyses", "Show the analyses", COMMANDS_ANALYSES, {{0}}, 0, NULL, has_session, side, SIDE_ANALYSES},

    {"lesson.back", "Lesson: a step back", COMMANDS_LESSON, {{SDLK_PAGEUP, 0}}, 0, "Back; on (first the answer)", has_lesson, lesson_back, 0},
    {"lesson.on", "Lesson: the answer, then the next step", COMMANDS_LESSON, {{SDLK_PAGEDOWN, 0}}, 0, "Back; on (first the answer)", has_lesson, lesson_on, 0},
    {"lesson.restore", "Lesson: this step as it began", COMMANDS_LESSON, {{0}}, 0, NULL, has_strayed, lesson_restore, 0},
    {"lesson.close", "Lesson: close it", COMMANDS_LESSON, {{0}}, 0, NULL, has_lesson, lesson_close, 0},

    {"open", "Open a file", COMMANDS_FILES, {{SDLK_o, CTRL}}, 0, "Open a file", NULL, open_any, 0},
    {"export", "Save the picture", COMMANDS_FILES, {{SDLK_e, CTRL}, {SDLK_s, CTRL}}, 0, "Save the picture", has_session, export_picture, 0},
    {"export.card", "Save as a file: picture, figure, video or table", COMMANDS_FILES, {{SDLK_e, CTRL | SHIFT}, {SDLK_s, CTRL | SHIFT}}, 0, "Save as a file", has_session, export_card, 0},
    {"copy", "Copy the picture", COMMANDS_FILES, {{SDLK_c, CTRL}}, 0, "Copy the picture", has_session, copy_picture, 0},
    {"record", "Record the run, or stop recording", COMMANDS_FILES, {{SDLK_r, CTRL}}, 0, "Record the run, stop", has_trainer, record, 0},
    {"undo", "Undo", COMMANDS_FILES, {{SDLK_z, CTRL}}, COMMAND_REPEATS, "Undo", NULL, undo, 0},
    {"redo", "Do again what was undone", COMMANDS_FILES, {{SDLK_z, CTRL | SHIFT}, {SDLK_y, CTRL}}, COMMAND_REPEATS, "Do it again", NULL, undo, 1},

    {"palette", "Find anything by its name", COMMANDS_WINDOW, {{SDLK_k, CTRL}}, COMMAND_WHILE_TYPING | COMMAND_UNNAMED, "Find anything by its name", NULL, palette, 0},
    {"help", "Mouse and keys", COMMANDS_WINDOW, {{SDLK_QUESTION, 0}, {SDLK_F1, 0}}, 0, "This sheet", NULL, help, 0},
    {"escape", "Close what is open", COMMANDS_WINDOW, {{SDLK_ESCAPE, 0}}, COMMAND_UNNAMED | COMMAND_WHILE_TYPING, "Close what is open", NULL, escape, 0},
    {"theme", "Light or dark", COMMANDS_WINDOW, {{SDLK_t, 0}}, 0, "Light or dark", NULL, theme, 0},
    {"big.text", "Large text, to be read from afar", COMMANDS_WINDOW, {{SDLK_b, 0}}, 0, "Large text", NULL, big_text, 0},
    {"laser", "Laser pointer: a glowing dot for the mouse", COMMANDS_WINDOW, {{SDLK_p, 0}}, 0, "Laser pointer", NULL, laser, 0},
    {"full.screen", "Full screen", COMMANDS_WINDOW, {{SDLK_f, 0}, {SDLK_F11, 0}}, 0, "Full screen", NULL, full_screen, 0},
    {"scale.up", "Larger text and controls", COMMANDS_WINDOW, {{SDLK_PLUS, CTRL}}, COMMAND_REPEATS, "Larger, smaller, usual size", NULL, scale, SCALE_LARGER},
    {"scale.down", "Smaller text and controls", COMMANDS_WINDOW, {{SDLK_MINUS, CTRL}}, COMMAND_REPEATS, "Larger, smaller, usual size", NULL, scale, SCALE_SMALLER},
    {"scale.usual", "Text and controls in their usual size", COMMANDS_WINDOW, {{SDLK_0, CTRL}}, 0, "Larger, smaller, usual size", NULL, scale, SCALE_USUAL},
    {"quit", "Close the window", COMMANDS_WINDOW, {{SDLK_q, CTRL}}, COMMAND_WHILE_TYPING, "Close the window", NULL, quit, 0},

    {"walk.on", "Next button or slider", COMMANDS_PANELS, {{SDLK_TAB, 0}}, COMMAND_REPEATS | COMMAND_WHILE_TYPING | COMMAND_UNNAMED, "Next widget (Shift: back)", NULL, walk, 1},
    {"walk.back", "Button or slider before", COMMANDS_PANELS, {{SDLK_TAB, SHIFT}}, COMMAND_REPEATS | COMMAND_WHILE_TYPING | COMMAND_UNNAMED, NULL, NULL, walk, -1},
    {"panel.next", "Next panel", COMMANDS_PANELS, {{SDLK_F6, 0}}, COMMAND_REPEATS | COMMAND_WHILE_TYPING, "Next panel (Shift: back)", NULL, walk_panels, 1},
    {"panel.before", "Panel before", COMMANDS_PANELS, {{SDLK_F6, SHIFT}}, COMMAND_REPEATS | COMMAND_WHILE_TYPING, NULL, NULL, walk_panels, -1},
    {"fold.left", "Show or hide the left panel", COMMANDS_PANELS, {{SDLK_1, CTRL}}, 0, "Left, right panel, curves", NULL, fold, LAYOUT_LEFT},
    {"fold.right", "Show or hide the right panel", COMMANDS_PANELS, {{SDLK_2, CTRL}}, 0, "Left, right panel, curves", NULL, fold, LAYOUT_RIGHT},
    {"fold.bottom", "Show or hide the curves", COMMANDS_PANELS, {{SDLK_3, CTRL}}, 0, "Left, right panel, curves", NULL, fold, LAYOUT_BOTTOM},
};
/* clang-format on */

const struct command *commands(size_t *count) {
    *count = sizeof table / sizeof *table;
    return table;
}

const struct command *command_find(const char *id) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].id, id) == 0) return &table[i];
    return NULL;
}

bool command_can(const struct app *app, const struct command *command) {
    return !command->can || command->can(app);
}

/* A widget that has the keyboard; the open sheet. */
static bool panel_key(struct app *app, struct shortcut key) {
    int by = key.modifiers == KMOD_SHIFT ? 5 : 1;
    int right = key.key == SDLK_RIGHT ? by : key.key == SDLK_LEFT ? -by : 0;
    int up = key.key == SDLK_UP ? 1 : key.key == SDLK_DOWN ? -1 : 0;
    int page = key.key == SDLK_PAGEUP ? 1 : key.key == SDLK_PAGEDOWN ? -1 : 0;
    bool press = key.key == SDLK_RETURN || key.key == SDLK_SPACE;
    if (key.modifiers & ~(unsigned)KMOD_SHIFT || (!right && !up && !press && !page)) return false;
    app->frames_wanted = app->frames_wanted < 3 ? 3 : app->frames_wanted;
    if (app->help_open && (up || page)) {
        app->help_scrolls -= 60 * (float)up + 240 * (float)page;
        return true;
    }
    if (!ui_focus(app->ui)[0] || page) return false;
    if (press)
        ui_focus_press(app->ui);
    else
        ui_focus_nudge(app->ui, right, up);
    app->press_unseen = true;
    return true;
}

void command_key(struct app *app, const SDL_KeyboardEvent *key, bool typing) {
    if (!typing && (panel_key(app, shortcut_of(key)) || cursor_key(app, shortcut_of(key)))) return;
    const struct command *command = command_of_key(key);
    if (!command || (typing && !(command->flags & COMMAND_WHILE_TYPING))) return;
    if (key->repeat && !(command->flags & COMMAND_REPEATS)) return; /* a switch is thrown once */
    command_act(app, command);
}

void command_act(struct app *app, const struct command *command) {
    if (command_can(app, command)) command->act(app, command->argument);
}
