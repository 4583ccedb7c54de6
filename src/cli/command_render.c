#include "base/file.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "draw/draw.h"
#include "scene/scene.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {'o', "output", "FILE", "what to write: .png, .svg, .pdf, .mp4 or .gif"},
    {0, "size", "WxH", "pixels (1920x1080; videos 1280x720)"},
    {0, "view", "NAME", "overlay, side-by-side or contour"},
    {0, "step", "N", "the step the optimizers stand at (the last)"},
    {0, "steps", "N", "train so many steps instead of the experiment's"},
    {0, "height", "NAME", "linear or log (the experiment's)"},
    {0, "path-height", "NAME", "paths at their true loss, or on the slice (true)"},
    {0, "theme", "NAME", "paper or night"},
    {0, "colormap", "NAME", "terrain, viridis or cividis"},
    {0, "camera", "AZ,EL", "degrees around and above"},
    {0, "zoom", "FACTOR", "nearer (> 1) or farther (< 1)"},
    {0, "select", "K", "show eigen-directions and quadratic patch at critical point K as `critical` lists them, from 1"},
    {0, "scale", "FACTOR", "size of text and lines (by the picture's size)"},
    {0, "seconds", "S", "length of a video (10)"},
    {0, "fps", "N", "frames a second of a video (30; GIF 15)"},
    {0, "orbit", "DEGREES", "how far the camera goes round during a video (25)"},
    {0, "shaders", "DIR", "read shaders from DIR"},
    {0, "threads", "N", "threads (all processors)"},
    {0},
};

enum { LARGEST = 16384, SUPERSAMPLE = 2 };

/* What --options ask of the picture. */
struct wish {
    const char *path, *ending;
    int size[2], view, height, path_height, theme, colormap, selected; /* −1: not asked */
    int64_t step, steps, threads, fps;
    double scale, seconds, orbit, zoom, camera[2];
    bool camera_given, moving, drawn; /* drawn: as vectors */
};

static bool read_wish(const struct cli_input *input, struct wish *wish, struct error *error) {
    static const char *const themes[] = {"paper", "night"};
    *wish = (struct wish){.path = cli_value(input, "output"), .view = -1, .height = -1, .path_height = -1, .theme = -1, .colormap = -1,
                          .step = -1, .steps = -1, .seconds = 10, .orbit = 25, .zoom = 1};
    if (!wish->path)
        return error_set(error, ERROR_INPUT, "`render` needs -o FILE, ending in .png, .svg, .pdf, .mp4 or .gif");
    wish->ending = cli_ending(wish->path);
    wish->moving = strcmp(wish->ending, "mp4") == 0 || strcmp(wish->ending, "gif") == 0;
    wish->drawn = strcmp(wish->ending, "svg") == 0 || strcmp(wish->ending, "pdf") == 0;
    if (!wish->moving && !wish->drawn && strcmp(wish->ending, "png") != 0)
        return error_set(error, ERROR_INPUT, "--output %s: the name must end in .png, .svg, .pdf, .mp4 or .gif", wish->path);
    wish->size[0] = wish->moving ? 1280 : 1920;
    wish->size[1] = wish->moving ? 720 : 1080;
    wish->fps = strcmp(wish->ending, "gif") == 0 ? 15 : 30;
    int64_t selected = 0;
    int count = 2;
    if (!cli_size(input, "size", 1, LARGEST, wish->size, error) ||
        !cli_choice(input, "view", view_names, 3, &wish->view, error) ||
        !cli_choice(input, "height", height_mapping_names, 2, &wish->height, error) ||
        !cli_choice(input, "path-height", path_height_names, 2, &wish->path_height, error) ||
        !cli_choice(input, "theme", themes, 2, &wish->theme, error) ||
        !cli_choice(input, "colormap", colormap_names, 3, &wish->colormap, error) ||
        !cli_integer(input, "step", 0, INT64_MAX - 1, &wish->step, error) ||
        !cli_integer(input, "steps", 0, 1000000000, &wish->steps, error) ||
        !cli_integer(input, "threads", 1, 1024, &wish->threads, error) ||
        !cli_integer(input, "fps", 1, 120, &wish->fps, error) || !cli_integer(input, "select", 1, 1 << 20, &selected, error) ||
        !cli_number(input, "zoom", 0.1, 20, &wish->zoom, error) ||
        !cli_number(input, "scale", 0.25, 16, &wish->scale, error) ||
        !cli_number(input, "seconds", 0.1, 3600, &wish->seconds, error) ||
        !cli_number(input, "orbit", -3600, 3600, &wish->orbit, error))
        return false;
    wish->selected = (int)selected - 1;
    const char *camera = cli_value(input, "camera");
    if (camera) {
        if (!cli_numbers(camera, "--camera", wish->camera, 2, &count, error)) return false;
        if (count != 2 || fabs(wish->camera[0]) > 3600 || wish->camera[1] < 2 || wish->camera[1] > 90)
            return error_set(error, ERROR_INPUT, "--camera %s: two numbers are needed, degrees around and above (2 to 90)", camera);
        wish->camera_given = true;
    }
    if (wish->scale == 0) wish->scale = fmax(0.5, fmin(wish->size[0] / 1280.0, wish->size[1] / 720.0));
    if (wish->moving && (wish->size[0] % 2 || wish->size[1] % 2))
        return error_set(error, ERROR_INPUT, "--size %dx%d: a video needs even numbers", wish->size[0], wish->size[1]);
    return true;
}

static struct view wished_view(const struct wish *wish, const struct experiment *experiment) {
    struct view view = view_default(experiment);
    if (wish->view >= 0) view.kind = (enum view_kind)wish->view;
    if (wish->height >= 0) view.height = (enum height_mapping)wish->height;
    if (wish->path_height >= 0) view.path_height = (enum path_height)wish->path_height;
    if (wish->theme >= 0) view.theme = (enum theme_kind)wish->theme;
    if (wish->colormap >= 0) view.colormap = (enum colormap_kind)wish->colormap;
    if (wish->camera_given) view.camera = camera_default((float)wish->camera[0], (float)wish->camera[1]);
    if (wish->zoom != 1) {
        camera_zoom(&view.camera, (float)wish->zoom);
        camera_zoom(&view.flat_camera, (float)wish->zoom);
    }
    view.step = wish->step >= 0 ? wish->step : INT64_MAX;
    view.selected = wish->selected;
    view.figures = true;
    view.width = (float)(wish->size[0] / wish->scale);
    view.height_px = (float)(wish->size[1] / wish->scale);
    return view;
}

struct film {
    int frame, frames;
};

static double share_filmed(void *context) {
    const struct film *film = context;
    return (double)film->frame / film->frames;
}

/* The run from its start to `last`, the camera going slowly round; the last second stands still. */
static bool write_video(const struct wish *wish, struct renderer *renderer, struct exhibit *exhibit,
                        const struct experiment *experiment, int64_t last, struct error *error) {
    struct video *video = video_create(wish->path, wish->size[0], wish->size[1], (int)wish->fps, error);
    if (!video) return false;
    struct film film = {.frames = (int)fmax(1, round(wish->seconds * (double)wish->fps))};
    int rest = film.frames > 3 * wish->fps ? (int)wish->fps : 0;
    struct scene scene = {0};
    struct image image = {0};
    bool ok = true;
    cli_interrupts_defer(); /* the encoder must be ended first: the loop asks cli_interrupted() */
    progress_begin("filming", share_filmed, &film);
    for (; ok && film.frame < film.frames; film.frame++) {
        double share = film.frames - rest > 1 ? fmin(1, (double)film.frame / (film.frames - rest - 1)) : 1;
        struct view view = wished_view(wish, experiment);
        view.step = (int64_t)llround(share * (double)last);
        camera_orbit(&view.camera, (float)(wish->orbit * (share - 0.5)), 0);
        scene_build(&scene, exhibit, &view);
        ok = renderer_picture(renderer, &scene, wish->size[0], wish->size[1], (float)wish->scale, 1, &image, error) &&
             video_append(video, &image, error);
        image_destroy(&image);
        if (ok && cli_interrupted()) ok = error_set(error, ERROR_CANCELLED, "stopped");
    }
    progress_end();
    scene_release(&scene);
    if (ok) ok = video_close(&video, error);
    else video_abandon(&video);
    cli_interrupts_forget();
    return ok;
}

static bool write_figure(const struct wish *wish, struct exhibit *exhibit, const struct experiment *experiment,
                         struct error *error) {
    struct view view = wished_view(wish, experiment);
    struct scene scene = {0};
    scene_build(&scene, exhibit, &view);
    bool ok = scene_write(&scene, wish->size[0], wish->size[1], (float)wish->scale, wish->path, error);
    scene_release(&scene);
    return ok;
}

static bool write_picture(const struct wish *wish, struct renderer *renderer, struct exhibit *exhibit,
                          const struct experiment *experiment, struct error *error) {
    struct view view = wished_view(wish, experiment);
    struct scene scene = {0};
    struct image image = {0};
    scene_build(&scene, exhibit, &view);
    bool ok = renderer_picture(renderer, &scene, wish->size[0], wish->size[1], (float)wish->scale, SUPERSAMPLE, &image, error) &&
              image_write_png(&image, wish->path, error);
    image_destroy(&image);
    scene_release(&scene);
    return ok;
}

static bool write_pixels(const struct wish *wish, const char *shaders, struct exhibit *exhibit,
                         const struct experiment *experiment, int64_t last, struct error *error) {
    const struct renderer_params params = {.shader_folder = shaders};
    struct offscreen *offscreen = offscreen_create(error);
    struct renderer *renderer = offscreen ? renderer_create(&params, error) : NULL;
    bool ok = renderer != NULL;
    if (ok && wish->moving)
        ok = write_video(wish, renderer, exhibit, experiment, wish->step >= 0 ? wish->step : last, error);
    else if (ok)
        ok = write_picture(wish, renderer, exhibit, experiment, error);
    if (ok) fprintf(stderr, "saddlescope: wrote %s (%d × %d)\n", wish->path, wish->size[0], wish->size[1]);
    renderer_destroy(&renderer);
    offscreen_destroy(&offscreen);
    return ok;
}

static int run(const struct cli_input *input) {
    struct error error = {0};
    struct wish wish;
    if (!read_wish(input, &wish, &error)) return cli_fail(&error);
    if (wish.steps >= 0 && recording_is(input->words[0]))
        error_set(&error, ERROR_INPUT, "--steps trains, but %s is a recording; --step N shows a step of it", input->words[0]);
    if (error.kind || !outfile_possible(wish.path, &error)) return cli_fail(&error);
    struct training training;
    struct exhibit *exhibit = NULL;
    const struct training_params training_params = {
        .source = input->words[0], .steps = wish.steps, .threads = (int)wish.threads, .accept_recording = true};
    bool ok = training_run(&training, &training_params, &error) &&
              (!cli_interrupted() || error_set(&error, ERROR_CANCELLED, "stopped"));
    if (ok) {
        const struct exhibit_params params = {
            .experiment = training.experiment, .timeline = training.timeline, .trainer = training.trainer,
            .threads = (int)wish.threads};
        exhibit = exhibit_create(&params, &error);
        ok = exhibit && exhibit_finish(exhibit, &error);
    }
    int64_t last = ok ? timeline_last_step(training.timeline) : 0;
    if (ok && wish.step > last)
        ok = error_set(&error, ERROR_INPUT, "--step %" PRId64 ": the last step is %" PRId64, wish.step, last);
    const struct critical_point *points;
    if (ok && wish.selected >= 0) {
        size_t count = exhibit_critical_points(exhibit, &points);
        if ((size_t)wish.selected >= count)
            ok = error_set(&error, ERROR_INPUT, "--select %d: there are %zu critical points", wish.selected + 1, count);
    }
    if (ok) ok = wish.drawn ? write_figure(&wish, exhibit, training.experiment, &error)
                            : write_pixels(&wish, cli_value(input, "shaders"), exhibit, training.experiment, last, &error);
    exhibit_destroy(&exhibit);
    training_release(&training);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_render = {
    .name = "render",
    .words = "EXPERIMENT|RECORDING",
    .summary = "pictures and videos without a display",
    .details = "  saddlescope render saddle -o saddle.png --select 1\n"
               "  saddlescope render himmelblau -o himmelblau.mp4 --view side-by-side\n"
               "  saddlescope render digits.saddle -o digits.png --view contour --size 3840x2160\n"
               "  saddlescope render saddle -o saddle.pdf     # for papers: letters and lines as vectors",
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
};
