#include "app/app_parts.h"
#include "app/drill.h"

#include "app/fonts.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"

#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A busy sign for what takes no longer than this would only flicker. */
static const double busy_patience = 0.4;

void app_wake_by(struct app *app, double at) {
    if (at < app->wake_at) app->wake_at = at;
}

void app_redraw(struct app *app) {
    app->picture_stale = true;
    if (app->frames_wanted < 1) app->frames_wanted = 1;
}

/* What is asked for, as far as it leaves room for the panels beside a scene: on a small window large text would only
 * hide what it names. */
float app_scale(const struct app *app) {
    static const float least_width = 640, least_height = 360, least_scale = 0.75f, big_text = 1.6f;
    float wanted = app->window.display_scale * app->settings.scale * (app->big_text ? big_text : 1);
    float fits = fminf((float)app->window.width / least_width, (float)app->window.height / least_height);
    return fminf(wanted, fmaxf(fits, least_scale));
}

static void fit_to_window(struct app *app) {
    window_measure(&app->window);
    ui_set_scale(app->ui, app_scale(app), app->window.pixel_ratio);
    layout_fit(app);
    app_redraw(app);
}

void app_set_scale(struct app *app, float user_scale) {
    float before = app->settings.scale;
    app->settings.scale = fminf(fmaxf(roundf(user_scale * 100) / 100, 0.75f), 3);
    fit_to_window(app);
    float fits = app_scale(app) / app->window.display_scale;
    if (user_scale > before && app->settings.scale > fits) {
        app->settings.scale = fmaxf(floorf(fits * 100) / 100, 0.75f);
        fit_to_window(app);
        notice_say(app, NOTICE_DONE, "That is as large as fits into this window. A larger window holds larger text.");
    }
    app->scale_kept = app->settings.scale;
}

void app_toggle_big_text(struct app *app) {
    app->big_text = !app->big_text;
    fit_to_window(app);
}

void app_toggle_insides(struct app *app) {
    app->insides.shown = !app->insides.shown;
    if (app->session) session_look_ahead(app->session, app->insides.shown);
    app_redraw(app);
}

void app_toggle_theme(struct app *app) {
    app->settings.theme = app->settings.theme == THEME_NIGHT ? THEME_PAPER : THEME_NIGHT;
    app->theme_kept = app->settings.theme;
    ui_set_theme(app->ui, theme_get(app->settings.theme));
    app_redraw(app);
}

/* ---- what is open
 * ------------------------------------------------------------------------------------------------------- */

static struct session_params session_params(struct app *app) {
    return (struct session_params){.wakeup = window_wake, .wakeup_context = &app->window};
}

const char *app_title(const struct app *app) {
    const struct experiment *experiment = app->session->experiment;
    return text_in(words_language(app->words), experiment->title, experiment->title_zh);
}

static void name_window(struct app *app) {
    if (!app->window.sdl || !app->session) return;
    char title[300];
    snprintf(title, sizeof title, "%.*s – Saddlescope", text_whole(app_title(app), 200), app_title(app));
    SDL_SetWindowTitle(app->window.sdl, title);
}

/* ---- language ------------------------------------------------------------------------------------------------------ */

void app_choose_language(struct app *app, const char *code) {
    snprintf(app->language_wanted, sizeof app->language_wanted, "%s", code);
    snprintf(app->language_kept, sizeof app->language_kept, "%s", code);
    if (app->frames_wanted < 2) app->frames_wanted = 2;
}

bool app_chinese(const struct app *app) {
    return strcmp(words_language(app->words), "zh") == 0;
}

/* Between two frames: what was shown in the language before is not looked at again. */
static void change_language(struct app *app) {
    char code[WORDS_CODE];
    struct error error = {0};
    struct words *words = NULL;
    memcpy(code, app->language_wanted, sizeof code);
    app->language_wanted[0] = '\0';
    if (strcmp(code, words_language(app->words)) == 0) return;
    if (!words_open(code, &words, &error)) {
        notice_say(app, NOTICE_TROUBLE, "%s", error.message);
        return;
    }
    if (words && !font_writes(words_name(words))) {
        notice_say(app, NOTICE_TROUBLE,
                   "No font on this machine has the letters of %s. On Debian the package fonts-wqy-microhei or "
                   "fonts-noto-cjk would be right.",
                   words_name(words));
        words_destroy(&words);
        return;
    }
    ui_set_words(app->ui, words);
    app->scene.words = words;
    words_destroy(&app->words);
    app->words = words;
    if (app->player.lesson) app->player.spell = true;
    name_window(app);
    app_redraw(app);
}

/* An analysis may take a while to end; nobody should wait for one they have left. */
static void bury_sessions(struct app *app, bool wait) {
    for (int i = 0; i < RETIRED_SESSIONS; i++)
        if (app->retired[i] && (wait || session_wind_up(app->retired[i]))) session_close(&app->retired[i]);
}

void app_retire(struct app *app, struct session **session) {
    if (!*session) return;
    int free_place = 0;
    while (free_place < RETIRED_SESSIONS - 1 && app->retired[free_place]) free_place++;
    session_close(&app->retired[free_place]);
    app->retired[free_place] = *session;
    *session = NULL;
    bury_sessions(app, false);
}

void app_let_films_go(struct app *app) {
    exports_let_go(app, "The video was stopped: another scene was opened before all of it was drawn.");
}

void app_take_session(struct app *app, struct session *session) {
    inspector_close(app);
    if (app->session) undo_watch(app);
    app->opening = ++app->openings;
    app->origin = ORIGIN_OTHER; /* unless it is said otherwise */
    free(app->origin_text);
    app->origin_text = NULL;
    if (app->session) session->view.kind = app->session->view.kind; /* a person keeps looking the way they did */
    app_let_films_go(app);
    app_retire(app, &app->session);
    app->session = session;
    app->player.session = NULL; /* unless it says so itself */
    app->analysed = 0;
    network_forget(app);
    app->palette.fresh = true; /* what it offers may be of the scene before */
    app->easing.active = false;
    app->morph_since = 0;
    app->insides.count = 0;
    app->basins = 0;
    app->path_figures_slow = false;
    app->insides.key = (struct insides_key){0};
    session_look_ahead(session, app->insides.shown);
    memset(app->optimizer_open, 0, sizeof app->optimizer_open);
    app->formula_error[0] = '\0';
    const char *formula = session->experiment->formula;
    snprintf(app->formula, sizeof app->formula, "%s", formula ? formula : "");
    free(app->recording_path);
    app->recording_path = NULL;
    name_window(app);
    session_play(session, clock_seconds());
    app_redraw(app);
}

bool app_open(struct app *app, const char *name_or_path, struct error *error) {
    if (player_takes(name_or_path)) return player_open(app, name_or_path, error);
    struct session_params params = session_params(app);
    struct session *session = session_open(name_or_path, &params, error);
    if (!session) return false;
    char *kept = mem_copy_text(name_or_path); /* it may be of what is closed now */
    app_take_session(app, session);
    app->origin = ORIGIN_FILE;
    app->origin_text = kept;
    return true;
}

bool app_open_made(struct app *app, struct experiment *experiment, struct error *error) {
    struct session_params params = session_params(app);
    struct session *session = session_of(experiment, &params, error);
    if (session) app_take_session(app, session);
    return session != NULL;
}

void app_open_formula(struct app *app) {
    struct error error = {0};
    int column = 0;
    struct experiment *experiment = experiment_from_formula(app->formula, NULL, &column, &error);
    struct session_params params = session_params(app);
    struct session *session = experiment ? session_of(experiment, &params, &error) : NULL;
    if (session) {
        char typed[FORMULA_TEXT];
        memcpy(typed, app->formula, sizeof typed);
        app_take_session(app, session);
        memcpy(app->formula, typed, sizeof typed);
        app->origin = ORIGIN_FORMULA;
        app->origin_text = mem_copy_text(typed);
    } else {
        snprintf(app->formula_error, sizeof app->formula_error, "%.511s", error.message);
        app->formula_caret = column > 0 ? column - 1 : (int)strlen(app->formula);
    }
    app_redraw(app);
}

void app_restart(struct app *app) {
    if (!app->session || !app->session->trainer) return;
    session_restart(app->session, app->session->start_chosen ? app->session->start : NULL);
    app_redraw(app);
}

void app_restart_at(struct app *app, const double *theta, const char *where) {
    if (!app->session->trainer || player_holds(app, TOUCH_START, true)) return;
    session_restart(app->session, theta);
    notice_say(app, NOTICE_DONE, "Started from %s. Ctrl+Z goes back.", where);
    inspector_close(app); /* last: `theta` may be its own */
    app_redraw(app);
}

void app_restart_from(struct app *app, double a, double b) {
    const struct plane *plane = exhibit_plane(app->session->exhibit);
    if (!plane) return;
    double *theta = MEM_NEW(double, plane->n);
    plane_lift(plane, a, b, theta);
    char x[NUMBER_TEXT], y[NUMBER_TEXT], where[2 * NUMBER_TEXT + 8];
    snprintf(where, sizeof where, "(%s, %s)", number_text(a, 4, x), number_text(b, 4, y));
    app_restart_at(app, theta, where);
    free(theta);
}

/* What searches have found, on the surface. */
static void lay_findings(struct app *app, struct view *view) {
    struct session *session = app->session;
    view->marks = app->marks;
    view->ways = app->ways;
    view->mark_count = view->way_count = 0;
    view->steps = app->insides.steps;
    view->step_count = app->insides.count;
    for (int i = 0; i < session->analyses.count; i++) {
        const struct analysis *row = &session->analyses.rows[i];
        const struct seek_finding *finding = row->kind == ANALYSIS_SEEK ? study_read_seek(row->study, 0) : NULL;
        if (finding && !finding->error.kind)
            app->marks[view->mark_count++] =
                (struct view_mark){.theta = finding->result->theta,
                                   .loss = finding->result->loss,
                                   .kind = finding->kind,
                                   .id = row->id,
                                   .chosen = app->inspector.kind == INSPECT_FOUND && app->inspector.id == row->id};
        const struct escape_way *ways = row->drawn ? analysis_ways(row) : NULL;
        for (int side = 0; ways && side < 2; side++)
            if (ways[side].theta)
                app->ways[view->way_count++] = (struct view_way){.from = finding ? finding->result->theta : row->theta,
                                                                 .to = ways[side].theta,
                                                                 .losses = ways[side].losses,
                                                                 .count = ways[side].count};
    }
}

void app_dress_view(struct app *app, struct view *view) {
    view->theme = app->settings.theme;
    view->colormap = app->settings.colormap;
    lay_findings(app, view);
    compare_lay(app, view);
}

/* ---- files
 * ----------------------------------------------------------------------------------------------------------------- */

const char *app_file_name(const struct app *app) {
    const char *name = app->session->experiment->name;
    return name && *name ? name : "formula";
}

void app_toggle_recording(struct app *app) {
    struct session *session = app->session;
    if (!session || !session->trainer) return;
    struct error error = {0};
    if (trainer_recording(session->trainer)) {
        if (trainer_record_stop(session->trainer, &error) &&
            exhibit_record(session->exhibit, app->recording_path, &error) &&
            analyses_record(&session->analyses, app->recording_path, &error))
            notice_say(app, NOTICE_DONE, "Recorded: %s", app->recording_path);
        else
            notice_say(app, NOTICE_TROUBLE, "Recording failed: %s", error.message);
        return;
    }
    free(app->recording_path);
    app->recording_path = place_for("DOCUMENTS", app_file_name(app), "saddle");
    if (trainer_record(session->trainer, app->recording_path, &error))
        notice_say(app, NOTICE_DONE, "Recording to %s", app->recording_path);
    else
        notice_say(app, NOTICE_TROUBLE, "Cannot record: %s", error.message);
}

/* ---- events and frames
 * ------------------------------------------------------------------------------------------------------ */

static void window_event(struct app *app, const SDL_WindowEvent *event) {
    if (event->windowID != SDL_GetWindowID(app->window.sdl)) return; /* an exporter's, never shown */
    switch (event->event) {
    case SDL_WINDOWEVENT_CLOSE: app->quit = true; break;
    case SDL_WINDOWEVENT_SIZE_CHANGED:
    case SDL_WINDOWEVENT_DISPLAY_CHANGED:
    case SDL_WINDOWEVENT_RESTORED:
    case SDL_WINDOWEVENT_MAXIMIZED:
    case SDL_WINDOWEVENT_SHOWN: fit_to_window(app); break;
    case SDL_WINDOWEVENT_EXPOSED: app_redraw(app); break;
    }
}

static void panels(struct app *app);

/* The panels look at mouse and keys once a frame. Where frames are slow an event must not overtake one they have not
 * seen: a press moved away from, a key let go, or the letters typed into a box that was only just clicked – which would
 * be taken for shortcuts. */
static bool overtakes(const struct app *app, const SDL_Event *event) {
    switch (event->type) {
    case SDL_KEYUP: return app->key_unseen;
    case SDL_KEYDOWN:
    case SDL_TEXTINPUT:
    case SDL_MOUSEMOTION:
    case SDL_MOUSEWHEEL:
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP: return app->press_unseen;
    default: return false;
    }
}

static void handle(struct app *app, const SDL_Event *event) {
    if (window_is_wake(&app->window, event)) return; /* session_update looks */
    if (drill_takes(app->drill, app, event)) return;
    if (overtakes(app, event)) panels(app);
    /* nor may letters overtake a text box that has only just been asked for */
    bool letters = event->type == SDL_TEXTINPUT || event->type == SDL_KEYDOWN;
    for (int i = 0; i < 3 && letters && app->palette.open && !ui_typing(app->ui); i++) panels(app);
    ui_event(app->ui, event);
    app->press_unseen |= event->type == SDL_MOUSEBUTTONDOWN || event->type == SDL_MOUSEBUTTONUP;
    app->key_unseen |= event->type == SDL_KEYDOWN && ui_typing(app->ui);
    switch (event->type) {
    case SDL_QUIT: app->quit = true; break;
    case SDL_WINDOWEVENT: window_event(app, &event->window); break;
    case SDL_KEYDOWN:
        if (!palette_key(app, &event->key)) command_key(app, &event->key, ui_typing(app->ui));
        break;
    case SDL_MOUSEMOTION:
        laser_follow(app, (float)event->motion.x / app_scale(app), (float)event->motion.y / app_scale(app));
        break;
    case SDL_DROPFILE:
        open_file(app, event->drop.file);
        SDL_free(event->drop.file);
        break;
    case SDL_RENDER_TARGETS_RESET: app_redraw(app); break;
    case SDL_RENDER_DEVICE_RESET: app->graphics_lost = true; break;
    }
    interaction_event(app, event);
    if (app->frames_wanted < 2) app->frames_wanted = 2; /* a press shows in one frame, what it did in the next */
    app->frames_hurried = 2;
}

static void watch_analysis(struct app *app, double now) {
    bool busy = app->session && exhibit_busy(app->session->exhibit);
    if (!busy) {
        if (app->busy_since > 0) app->frames_wanted = 1;
        app->busy_since = app->busy_asked = 0;
    } else if (app->busy_asked <= 0) {
        app->busy_asked = now;
    } else if (now - app->busy_asked > busy_patience) {
        app->busy_since = app->busy_asked;
    }
    if (busy) app_wake_by(app, fmax(app->busy_asked + busy_patience, now + 0.25));
}

/* True when there is a new picture. */
static bool build_picture(struct app *app) {
    struct session *session = app->session;
    if (!session || !app->picture_stale) return false;
    struct view *view = &session->view;
    view->width = app->layout.scene.width;
    view->height_px = app->layout.scene.height;
    app_dress_view(app, view);
    view->title = false;                         /* the top bar says it, … */
    view->legend = app->layout.right.width <= 0; /* … and the optimizers' panel this */
    int64_t step = view->step;
    if (app->hover_step >= 0 && !session->playing) { /* as it was where the mouse is on the curves */
        view->step = app->hover_step;
        view->step_count = 0;
    }
    if (basins_shown(app))
        basins_build(app, view, &app->scene);
    else
        scene_build(&app->scene, session->exhibit, view);
    view->step = step;
    app->picture_stale = false;
    return true;
}

static void draw_picture(struct app *app, bool fresh, bool quick) {
    if (!app->session) return;
    float scale = app_scale(app) * app->window.pixel_ratio;
    struct rect scene = app->layout.scene;
    int left = (int)lroundf(scene.x * scale), top = (int)lroundf(scene.y * scale);
    struct draw_target target = {
        .x = left,
        .y = top,
        .width = (int)lroundf((scene.x + scene.width) * scale) - left,
        .height = (int)lroundf((scene.y + scene.height) * scale) - top,
        .framebuffer_height = app->window.pixel_height,
        .scale = scale,
        .quick = quick,
    };
    if (target.width < 1 || target.height < 1) return;
    if (fresh || !renderer_repeat(app->renderer, &app->scene, &target))
        renderer_draw(app->renderer, &app->scene, &target);
}

static void panels(struct app *app) {
    app->key_unseen = app->press_unseen = false;
    ui_frame_begin(app->ui);
    layout_arrange(app);
    network_update(app);
    panel_top(app);
    panel_scene(app);
    panel_right(app);
    panel_timeline(app);
    panel_chart(app);
    panel_overlay(app);
    panel_panes(app);
    basins_card(app);
    network_card(app);
    inspector_panel(app);
    notices_panel(app);
    panel_exports(app);
    panel_export(app);
    panel_help(app);
    panel_palette(app);
    laser_draw(app);
    ui_frame_end(app->ui);
    app_wake_by(app, ui_wake_at(app->ui));
}

static void draw_frame(struct app *app) {
    app->wake_at = INFINITY;
    if (app->frames_wanted > 0) app->frames_wanted--;
    if (app->frames_hurried > 0) app->frames_hurried--;
    struct rect before = app->layout.scene;
    panels(app);
    for (int more = 0; more < 3 && ui_lacks_letters(app->ui); more++) panels(app); /* letters shown first now: no "?" */
    layout_arrange(app);
    if (memcmp(&before, &app->layout.scene, sizeof before) != 0) app->picture_stale = true;
    interaction_update(app);
    double began = clock_seconds();
    if (app->pace.owed) app->picture_stale = true; /* a quick picture cannot be shown again */
    bool fresh = build_picture(app), quick = pace_quick(&app->pace, renderer_is_software(app->renderer), began);
    draw_picture(app, fresh, fresh && quick);
    ui_draw(app->ui);
    window_swap(&app->window);
    if (fresh) pace_drawn(&app->pace, quick, began, clock_seconds());
    pace_frame(&app->pace, clock_seconds() - app->drawn_at);
    app->frames++;
    if (app->first_surface <= 0 && app->session && app->scene.surface_count > 0)
        app->first_surface = clock_seconds() - app->started;
    drill_presented(app->drill, app);
    report_write(app);
    graphics_watch(app);
}

/* The clock at which the next frame may begin. */
static double frame_due(const struct app *app) {
    double between = app->window.frame_seconds;
    if (app->frames_hurried == 0 && !interaction_eases(app))
        between = pace_between(&app->pace, renderer_is_software(app->renderer), between);
    return app->drawn_at + 0.85 * between;
}

static double smooth_due(const struct app *app) {
    return app->session && window_shown(&app->window) ? pace_due(&app->pace) : INFINITY;
}

/* One turn: wait until something happens or is due, take it in, draw when there is something new to see. */
static void turn(struct app *app, double closes_at) {
    double now = clock_seconds(), until = fmin(fmin(closes_at, app->wake_at), smooth_due(app));
    if (app->frames_wanted > 0 || (app->session && app->session->playing) || interaction_eases(app))
        until = fmin(until, frame_due(app));
    if (!window_shown(&app->window)) /* runs go on, nothing is drawn */
        until = app->session && app->session->playing ? fmin(closes_at, now + 0.25) : closes_at;
    if (app->params->shader_folder || player_watches(app)) until = fmin(until, now + 0.25); /* looks whether files changed */
    until = fmin(until, app->exports_due);
    SDL_Event event;
    if (window_next_event(&app->window, &event, until)) {
        do handle(app, &event);
        while (!app->quit && SDL_PollEvent(&event));
    }
    now = clock_seconds();
    if (app->language_wanted[0]) change_language(app);
    undo_watch(app);
    dialog_watch(app);
    if (app->session) {
        if (session_advance(app->session, now)) app_redraw(app);
        if (session_update(app->session)) {
            app_redraw(app);
            if (app->inspector.kind != INSPECT_NOTHING) app->frames_wanted = 2; /* its card fits itself a frame later */
        }
        if (compare_update(app)) app_redraw(app);
        notices_watch(app);
        player_update(app, now);
        if (insides_update(&app->insides, app->session)) app_redraw(app);
    }
    bury_sessions(app, false);
    app->exports_due = app->session ? exports_update(app, now) : INFINITY;
    interaction_ease(app, now);
    struct error error = {0};
    if (renderer_poll_shaders(app->renderer, &error)) app_redraw(app);
    if (error.kind) notice_say(app, NOTICE_TROUBLE, "%s", error.message);
    if (now >= smooth_due(app)) app_redraw(app);
    if (now >= app->wake_at && app->frames_wanted < 1) app->frames_wanted = 1;
    watch_analysis(app, now);
    analyses_watch(app, now);
    if (app->frames_wanted > 0 && window_shown(&app->window) && now >= frame_due(app)) {
        app->drawn_at = now;
        draw_frame(app);
        watch_analysis(app, now);
        analyses_watch(app, now);
    }
    drill_watch(app->drill, app);
    if (now >= closes_at) app->quit = true;
}

/* ---- start and end
 * ------------------------------------------------------------------------------------------------------------ */

/* Where there is no such language English is right, and nothing to say of it. */
static void want_environments_language(struct app *app) {
    char code[WORDS_CODE];
    words_wanted(code);
    for (size_t i = 0; i < app->language_count; i++)
        if (strcmp(app->languages[i].code, code) == 0) memcpy(app->language_wanted, code, sizeof code);
}

static void remember(struct app *app) {
    struct settings *settings = &app->settings;
    if (!app->window.full_screen && app->params->width <= 0)
        SDL_GetWindowSize(app->window.sdl, &settings->width, &settings->height);
    settings->theme = app->theme_kept;
    settings->scale = app->scale_kept;
    memcpy(settings->language, app->language_kept, sizeof settings->language);
    settings->surfaces_open = app->surfaces_open;
    settings->networks_open = app->networks_open;
    if (app->session && !app->player.lesson && app->session->view.kind != VIEW_COMPARE)
        settings->view = app->session->view.kind;
    struct error ignored = {0}; /* on the way out nobody can be told, and nothing is lost */
    if (!app->params->drill) settings_save(settings, &ignored);
}

static bool start(struct app *app, struct error *error) {
    struct error trouble = {0}, empty_because = {0};
    app->settings = settings_initial();
    const struct app_params *params = app->params;
    bool remembered = params->drill || settings_load(&app->settings, &trouble);
    app->theme_kept = app->settings.theme;
    app->scale_kept = app->settings.scale;
    if (params->theme >= 0) app->settings.theme = params->theme == THEME_NIGHT ? THEME_NIGHT : THEME_PAPER;
    if (params->scale > 0) app->settings.scale = fminf(fmaxf(params->scale, 0.75f), 3);
    bool sized = params->width > 0 && params->height > 0;
    if (params->report && !(app->report = report_open(params->report, error))) return false;
    /* First: a mistake is answered without a window, and the runs and the surface get on while the window is made. */
    window_init(&app->window);
    app->surfaces_open = app->settings.surfaces_open;
    app->networks_open = app->settings.networks_open;
    if (params->made     ? !app_open_made(app, params->made, error)
        : params->lesson ? !player_open(app, params->open, error)
        : params->open   ? !app_open(app, params->open, error)
                         : !app_open(app, "saddle", &empty_because) && !empty_because.kind)
        return false;
    if (app->session && !app->player.lesson && !params->drill) app->session->view.kind = app->settings.view;
    if (!window_open(&app->window, sized ? params->width : app->settings.width,
                     sized ? params->height : app->settings.height, error))
        return false;
    name_window(app);
    struct renderer_params renderer = {.shader_folder = params->shader_folder};
    app->renderer = renderer_create(&renderer, error);
    if (!app->renderer) return false;
    app->ui = ui_create(app->window.sdl, app->window.context, error);
    if (!app->ui) return false;
    ui_set_theme(app->ui, theme_get(app->settings.theme));
    if (params->report_texts) ui_keep_texts(app->ui);
    fit_to_window(app);
    app->languages = languages_list(&app->language_count, &(struct error){0});
    snprintf(app->language_kept, sizeof app->language_kept, "%s", app->settings.language);
    if (params->language)
        snprintf(app->language_wanted, sizeof app->language_wanted, "%s", params->language);
    else if (app->settings.language[0])
        memcpy(app->language_wanted, app->settings.language, sizeof app->language_wanted);
    else
        want_environments_language(app);
    change_language(app);
    if (empty_because.kind) notice_say(app, NOTICE_TROUBLE, "%s", empty_because.message);
    if (!remembered) notice_say(app, NOTICE_TROUBLE, "Settings left aside: %s", trouble.message);
    return true;
}

static void finish(struct app *app) {
    drill_end(&app->drill);
    if (app->ui) remember(app);
    inspector_close(app);
    undo_forget(app);
    palette_close(app);
    file_dialog_close(&app->dialog);
    player_release(app);
    exports_release(app);
    compare_end(app);
    app_retire(app, &app->session);
    bury_sessions(app, true);
    if (app->listing) experiment_listing_destroy(&app->listing, app->listing_count);
    network_release(app);
    scene_release(&app->scene);
    renderer_destroy(&app->renderer);
    ui_destroy(&app->ui);
    words_destroy(&app->words);
    languages_destroy(&app->languages, app->language_count);
    if (app->window.sdl) window_close(&app->window);
    report_close(&app->report);
    free(app->recording_path);
    free(app->origin_text);
}

/* A software driver takes and gives back megabytes in every frame: kept at hand they are not cleared and mapped each
 * time, which took a third of the window's own time. */
static void keep_memory_at_hand(void) {
    enum { AT_HAND = 64 << 20 };
    mallopt(M_TRIM_THRESHOLD, AT_HAND);
    mallopt(M_MMAP_THRESHOLD, AT_HAND / 4);
    mallopt(M_TOP_PAD, AT_HAND / 16);
}

bool app_run(const struct app_params *params, struct error *error) {
    keep_memory_at_hand();
    struct app *app = MEM_NEW(struct app, 1);
    app->params = params;
    app->started = params->drill ? clock_seconds() : process_started();
    app->formula_caret = -1;
    app->hover_step = -1;
    app->figure_beside = FIGURE_GRADIENT;
    app->network.layer = -1;
    app->wake_at = app->exports_due = INFINITY;
    bool good = start(app, error);
    if (good && params->drill) app->drill = drill_begin(app, params->drill);
    double closes_at = params->exit_after > 0 ? clock_seconds() + params->exit_after : INFINITY;
    while (good && !app->quit) turn(app, closes_at);
    finish(app);
    if (good && app->failure.kind) good = error_set(error, app->failure.kind, "%s", app->failure.message);
    free(app);
    return good;
}
