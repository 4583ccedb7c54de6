#include "app/drill.h"
#include "app/app_parts.h"

#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>

enum { WARM_FRAMES = 10, ROUND = 50 };
static const double patience = 20;       /* seconds for one input; more than that is no answer */
static const double longest_rest = 0.03; /* between two inputs */

struct drill {
    struct app_drill *params;
    pthread_t thread;
    uint32_t note, window; /* SDL's numbers; immutable after begin */
    double begun;          /* immutable after begin */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* All below: guarded by lock. */
    bool ready, stop;
    float x, y, width, height; /* the scene, in the window's units */
    int64_t last;              /* step */
    double presented;          /* clock at which the input was seen; 0: not yet */
    /* The window's thread only. */
    bool taken; /* the input is handed in; the next frame shows it */
    int busy;
};

/* ---- the hands: a thread ------------------------------------------------------------------------------------------
 */

static SDL_Event button(const struct drill *drill, uint32_t type, float x, float y) {
    return (SDL_Event){.button = {.type = type,
                                  .windowID = drill->window,
                                  .button = SDL_BUTTON_LEFT,
                                  .state = type == SDL_MOUSEBUTTONDOWN ? SDL_PRESSED : SDL_RELEASED,
                                  .clicks = 1,
                                  .x = (int)x,
                                  .y = (int)y}};
}

static SDL_Event key(const struct drill *drill, SDL_Keycode code) {
    return (SDL_Event){.key = {.type = SDL_KEYDOWN,
                               .windowID = drill->window,
                               .state = SDL_PRESSED,
                               .keysym = {.sym = code, .scancode = SDL_GetScancodeFromKey(code)}}};
}

/* In turn: the camera dragged around, the wheel there and back, keys, and the mouse over the surface. */
static SDL_Event input(const struct drill *drill, int i) {
    static const SDL_Keycode views[] = {SDLK_3, SDLK_2, SDLK_1};
    int at = i % ROUND;
    float middle_x = drill->x + drill->width / 2, middle_y = drill->y + drill->height / 2;
    float angle = 0.4f * (float)at, x = middle_x + 0.2f * drill->width * cosf(angle),
          y = middle_y + 0.2f * drill->height * sinf(angle);
    if (at == 0) return button(drill, SDL_MOUSEBUTTONDOWN, x, y);
    if (at == 16) return button(drill, SDL_MOUSEBUTTONUP, x, y);
    if (at >= 17 && at < 21)
        return (SDL_Event){
            .wheel = {
                .type = SDL_MOUSEWHEEL, .windowID = drill->window, .y = at % 2 ? 1 : -1, .preciseY = at % 2 ? 1 : -1}};
    if (at == 30) return key(drill, SDLK_l);
    if (at == 40) return key(drill, views[i / ROUND % 3]);
    return (SDL_Event){.motion = {.type = SDL_MOUSEMOTION, .windowID = drill->window, .x = (int)x, .y = (int)y}};
}

/* Hands the input in together with the note that follows it, and waits until it is seen. */
static bool put(struct drill *drill, struct random *random, int i) {
    SDL_Event events[3];
    int count = 0;
    pthread_mutex_lock(&drill->lock);
    int64_t last = drill->last;
    drill->presented = 0;
    pthread_mutex_unlock(&drill->lock);
    if (drill->params->kind == APP_DRILL_LOSS) events[count++] = (SDL_Event){.type = SDL_RENDER_DEVICE_RESET};
    if (drill->params->kind == APP_DRILL_HANDS) {
        events[count++] = input(drill, i);
        if (events[0].type == SDL_KEYDOWN) {
            events[count] = events[0];
            events[count++].type = SDL_KEYUP;
        }
    }
    int64_t *step = MEM_NEW(int64_t, 1);
    *step = (int64_t)(random_uniform(random, 0, 1) * (double)last);
    events[count++] = (SDL_Event){.user = {.type = drill->note, .data1 = step}};
    double since = clock_seconds();
    if (SDL_PeepEvents(events, count, SDL_ADDEVENT, 0, 0) != count) {
        free(step);
        return false;
    }
    pthread_mutex_lock(&drill->lock);
    while (drill->presented <= 0 && !drill->stop && clock_seconds() < since + patience) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 1;
        pthread_cond_timedwait(&drill->changed, &drill->lock, &until);
    }
    double took = drill->presented - since;
    bool seen = drill->presented > 0 && !drill->stop;
    pthread_mutex_unlock(&drill->lock);
    if (seen) drill->params->seconds[drill->params->count++] = took;
    return seen;
}

static void *put_inputs(void *argument) {
    struct drill *drill = argument;
    struct random random = random_seeded(1, 0);
    pthread_mutex_lock(&drill->lock);
    while (!drill->ready && !drill->stop) pthread_cond_wait(&drill->changed, &drill->lock);
    pthread_mutex_unlock(&drill->lock);
    for (int i = 0; i < drill->params->inputs && put(drill, &random, i); i++) {
        double rest = random_uniform(&random, 0, longest_rest);
        nanosleep(&(struct timespec){.tv_nsec = (long)(1e9 * rest)}, NULL);
    }
    SDL_Event quit = {.type = SDL_QUIT};
    SDL_PushEvent(&quit);
    return NULL;
}

/* ---- the window ---------------------------------------------------------------------------------------------------
 */

struct drill *drill_begin(struct app *app, struct app_drill *params) {
    struct drill *drill = MEM_NEW(struct drill, 1);
    drill->params = params;
    params->count = 0;
    params->first_surface = params->busy_share = 0;
    drill->begun = app->started;
    drill->note = SDL_RegisterEvents(1);
    drill->window = SDL_GetWindowID(app->window.sdl);
    pthread_mutex_init(&drill->lock, NULL);
    pthread_cond_init(&drill->changed, NULL);
    thread_start(&drill->thread, "drill", put_inputs, drill);
    return drill;
}

void drill_end(struct drill **handle) {
    struct drill *drill = *handle;
    if (!drill) return;
    pthread_mutex_lock(&drill->lock);
    drill->stop = true;
    pthread_cond_broadcast(&drill->changed);
    pthread_mutex_unlock(&drill->lock);
    pthread_join(drill->thread, NULL);
    if (drill->params->count > 0) drill->params->busy_share = (double)drill->busy / drill->params->count;
    pthread_mutex_destroy(&drill->lock);
    pthread_cond_destroy(&drill->changed);
    free(drill);
    *handle = NULL;
}

bool drill_takes(struct drill *drill, struct app *app, const SDL_Event *event) {
    if (!drill || event->type != drill->note) return false;
    if (drill->params->kind == APP_DRILL_SCRUB && app->session) {
        session_seek(app->session, *(int64_t *)event->user.data1);
        app_redraw(app);
    }
    free(event->user.data1);
    if (app->frames_wanted < 1) app->frames_wanted = 1;
    if (app->frames_hurried < 1) app->frames_hurried = 1;
    drill->taken = true;
    return true;
}

void drill_watch(struct drill *drill, struct app *app) {
    struct session *session = app->session;
    if (!drill || drill->ready || !session || app->first_surface <= 0) return;
    bool ready;
    if (drill->params->kind == APP_DRILL_LOSS) {
        ready = app->frames > WARM_FRAMES;
    } else if (drill->params->kind == APP_DRILL_HANDS) {
        if (!isinf(session->speed)) session_set_speed(session, INFINITY);
        ready = app->frames > WARM_FRAMES;
    } else {
        if (session->playing) session_pause(session);
        ready = session_ended(session) && !exhibit_busy(session->exhibit);
        if (!ready) app_wake_by(app, clock_seconds() + 0.05);
    }
    if (!ready) return;
    float scale = app_scale(app);
    pthread_mutex_lock(&drill->lock);
    drill->x = app->layout.scene.x * scale, drill->y = app->layout.scene.y * scale;
    drill->width = app->layout.scene.width * scale, drill->height = app->layout.scene.height * scale;
    drill->last = session_last(session);
    drill->ready = true;
    pthread_cond_broadcast(&drill->changed);
    pthread_mutex_unlock(&drill->lock);
}

void drill_presented(struct drill *drill, const struct app *app) {
    if (!drill) return;
    if (drill->params->first_surface <= 0 && app->first_surface > 0) {
        drill->params->first_surface = clock_seconds() - drill->begun;
        drill->params->samples = session_last(app->session);
    }
    if (!drill->taken) return;
    if (app->graphics_lost) return; /* the next picture counts */
    drill->taken = false;
    if (app->session && exhibit_busy(app->session->exhibit)) drill->busy++;
    pthread_mutex_lock(&drill->lock);
    drill->presented = clock_seconds();
    pthread_cond_broadcast(&drill->changed);
    pthread_mutex_unlock(&drill->lock);
}
