#include "export/export.h"

#include <limits.h>
#include <math.h>
#include <string.h>
#include <strings.h>

const char *const film_move_names[] = {"run", "turn", "approach"};

static const double usual_pace = 30; /* steps a second at speed 1, as the window plays */

bool export_kind_of(const char *path, enum export_kind *kind, struct error *error) {
    static const struct {
        const char *ending;
        enum export_kind kind;
    } known[] = {{".png", EXPORT_PICTURE},
                 {".svg", EXPORT_FIGURE},
                 {".pdf", EXPORT_FIGURE},
                 {".mp4", EXPORT_FILM},
                 {".gif", EXPORT_FILM}};
    const char *ending = strrchr(path, '.');
    const char *slash = strrchr(path, '/');
    for (size_t i = 0; ending && ending > path && (!slash || ending > slash + 1) && i < sizeof known / sizeof *known;
         i++)
        if (strcasecmp(ending, known[i].ending) == 0) {
            *kind = known[i].kind;
            return true;
        }
    return error_set(error, ERROR_INPUT, "%s: the name must end in .png, .svg, .pdf, .mp4 or .gif", path);
}

float frame_scale(const struct frame_shape *shape) {
    if (shape->scale > 0) return shape->scale;
    return fmaxf(0.5f, fminf((float)shape->width / 1280, (float)shape->height / 720));
}

struct view frame_view(const struct frame_shape *shape, const struct view *view) {
    struct view seen = *view;
    float scale = frame_scale(shape);
    seen.width = (float)shape->width / scale;
    seen.height_px = (float)shape->height / scale;
    seen.title = seen.figures = !shape->bare;
    seen.legend = !shape->no_legend;
    seen.hover = false;
    return seen;
}

int film_frames(const struct film *film) {
    return (int)fmin(fmax(1, round(film->seconds * film->rate)), INT_MAX);
}

/* Those that stand still at the end. */
static int rest(const struct film *film) {
    return film->move != FILM_TURN && film_frames(film) > 3 * film->rate ? film->rate : 0;
}

double film_seconds(int64_t from, int64_t to, double speed) {
    double moving = fmax((double)(to - from), 0) / (usual_pace * speed);
    return moving > 2 ? moving + 1 : fmax(moving, 0.1);
}

static void go_round(struct view *view, double degrees) {
    camera_orbit(&view->camera, (float)degrees, 0);
    for (size_t i = 0; view->free_cameras && i < sizeof view->cameras / sizeof *view->cameras; i++)
        camera_orbit(&view->cameras[i], (float)degrees, 0);
}

struct view film_view(const struct film *film, const struct view *view, int k) {
    struct view seen = *view;
    seen.steps = NULL; /* what a step is made of, is of one step only */
    seen.step_count = 0;
    int frames = film_frames(film), moving = frames - rest(film);
    double share = moving > 1 ? fmin(1, (double)k / (moving - 1)) : 1;
    switch (film->move) {
    case FILM_RUN:
        seen.step = film->from + (int64_t)llround(share * (double)(film->to - film->from));
        go_round(&seen, film->degrees * (share - 0.5));
        break;
    case FILM_TURN: /* the last frame is one before the first: shown in a loop it goes round without a stop */
        go_round(&seen, film->degrees * k / frames);
        break;
    case FILM_APPROACH: {
        struct camera *camera = view->kind == VIEW_CONTOUR ? &seen.flat_camera : &seen.camera;
        const struct camera end = *camera;
        *camera = camera_between(&film->start, &end, (float)share);
        break;
    }
    }
    return seen;
}
