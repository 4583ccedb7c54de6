/* The window from its start to its end, turn by turn: input is taken in, what is due is done, a frame is drawn. */
#include "app/app_parts.h"
#include "app/drill.h"

#include "base/memory.h"
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

static void window_event(struct app *app, const SDL_WindowEvent *event) {
    if (event->windowID != SDL_GetWindowID(app->window.sdl)) return; /* an exporter's, never shown */
    switch (event->event) {
    case SDL_WINDOWEVENT_CLOSE: app->quit = true; break;
    case SDL_WINDOWEVENT_SIZE_CHANGED:
    case SDL_WINDOWEVENT_DISPLAY_CHANGED:
    case SDL_WINDOWEVENT_RESTORED:
    case SDL_WINDOWEVENT_MAXIMIZED:
    case SDL_WINDOWEVENT_SHOWN: looks_fit(app); break;
    case SDL_WINDOWEVENT_EXPOSED:
        ui_forget_frame(app->ui);
        app_redraw(app);
        break;
    }
}

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
    if (overtakes(app, event)) frame_panels(app);
    /* nor may letters overtake a text box that has only just been asked for */
    bool letters = event->type == SDL_TEXTINPUT || event->type == SDL_KEYDOWN;
    for (int i = 0; i < 3 && letters && app->palette.open && !ui_typing(app->ui); i++) frame_panels(app);
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
    case SDL_DROPBEGIN: app->dropped = 0; break;
    case SDL_DROPFILE: /* of several, the first */
        if (app->dropped++ == 0) open_file(app, event->drop.file);
        SDL_free(event->drop.file);
        break;
    case SDL_DROPTEXT: SDL_free(event->drop.file); break;
    case SDL_DROPCOMPLETE:
        if (app->dropped > 1)
            notice_say(app, NOTICE_DONE, "One file is opened at a time: the first of those that were dropped.");
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

static double smooth_due(const struct app *app) {
    return app->session && window_shown(&app->window) ? pace_due(&app->pace) : INFINITY;
}

/* The clock at which the next frame may begin. */
static double frame_due(const struct app *app) {
    double between = app->window.frame_seconds;
    if (app->frames_hurried == 0 && !interaction_eases(app))
        between = pace_between(&app->pace, renderer_is_software(app->renderer), between);
    return app->drawn_at + 0.85 * between;
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
    if (app->language_wanted[0]) language_change(app);
    undo_watch(app);
    dialog_watch(app);
    incoming_watch(app);
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
    app_bury(app, false);
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
        frame_draw(app);
        watch_analysis(app, now);
        analyses_watch(app, now);
    }
    drill_watch(app->drill, app);
    if (now >= closes_at) app->quit = true;
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
    app_name_window(app);
    struct renderer_params renderer = {.shader_folder = params->shader_folder};
    app->renderer = renderer_create(&renderer, error);
    if (!app->renderer) return false;
    app->ui = ui_create(app->window.sdl, app->window.context, error);
    if (!app->ui) return false;
    ui_set_theme(app->ui, theme_get(app->settings.theme));
    if (params->report_texts) ui_keep_texts(app->ui);
    looks_fit(app);
    language_begin(app);
    if (empty_because.kind) notice_say(app, NOTICE_TROUBLE, "%s", empty_because.message);
    if (!remembered) notice_say(app, NOTICE_TROUBLE, "Settings left aside: %s", trouble.message);
    struct error lost = {0};
    if (!params->drill && !settings_kept(&lost)) notice_say(app, NOTICE_DONE, "Settings will not be kept: %s", lost.message);
    return true;
}

static void finish(struct app *app) {
    drill_end(&app->drill);
    if (app->ui) remember(app);
    inspector_close(app);
    undo_forget(app);
    palette_close(app);
    file_dialog_close(&app->dialog);
    incoming_release(app);
    player_release(app);
    exports_release(app);
    compare_end(app);
    app_retire(app, &app->session);
    app_bury(app, true);
    if (app->listing) experiment_listing_destroy(&app->listing, app->listing_count);
    network_release(app);
    scene_release(&app->scene);
    backing_destroy(&app->backing);
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
