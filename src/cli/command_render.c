#include "base/words.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "export/export.h"
#include "scene/scene.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {'o', "output", "FILE", "what to write: .png, .svg, .pdf, .mp4 or .gif"},
    {0, "size", "WxH", "pixels (1920x1080; videos 1280x720)"},
    {0, "supersample", "N", "draw N times as fine and take means, 1 to 4 (2; videos 1)"},
    {0, "view", "NAME", "overlay, side-by-side, contour, split (surface and contour map) or compare"},
    {0, "compare", "EXP", "another experiment or recording beside it, on its own plane, seen alike (--view compare)"},
    {0, "own-heights", NULL, "compared: each surface by its own range of losses, not both by one"},
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
    {0, "no-caption", NULL, "without title and caption"},
    {0, "no-legend", NULL, "without the optimizers' names"},
    {0, "seconds", "S", "length of a video (10)"},
    {0, "speed", "FACTOR", "length of a video by its pace instead: 1 is 30 steps a second, as the window plays"},
    {0, "fps", "N", "frames a second of a video (30; GIF 15)"},
    {0, "from", "N", "a video's first step (0)"},
    {0, "to", "N", "a video's last step (the last)"},
    {0, "orbit", "DEGREES", "how far the camera goes round during a video of the run (25)"},
    {0, "turn", "DEGREES", "a video of the camera going round, standing at --step; 360 is once around"},
    {0, "approach", NULL, "a video of the camera going from the usual view to --camera and --zoom, standing at --step"},
    CLI_LANGUAGE,
    {0, "shaders", "DIR", "read shaders from DIR"},
    {0, "threads", "N", "threads (all processors)"},
    {0},
};

/* What --options ask of the picture. */
struct wish {
    const char *path, *compared;
    enum export_kind kind;
    struct frame_shape shape;
    struct film film;
    int view, height, path_height, theme, colormap, selected; /* −1: not asked */
    int64_t step, steps, threads;
    double zoom, speed, camera[2];
    bool camera_given, own_heights;
};

static bool read_camera(const struct cli_input *input, struct wish *wish, struct error *error) {
    const char *camera = cli_value(input, "camera");
    int count = 2;
    if (!camera) return true;
    if (!cli_numbers(camera, "--camera", wish->camera, 2, &count, error)) return false;
    if (count != 2 || fabs(wish->camera[0]) > 3600 || wish->camera[1] < 2 || wish->camera[1] > 90)
        return error_set(error, ERROR_INPUT, "--camera %s: two numbers are needed, degrees around and above (2 to 90)",
                         camera);
    wish->camera_given = true;
    return true;
}

static bool read_film(const struct cli_input *input, struct wish *wish, struct error *error) {
    static const char *const of_films[] = {"seconds", "speed", "fps", "from", "to", "orbit", "turn", "approach"};
    static const char *const of_runs[] = {"speed", "from", "to", "orbit"};
    struct film *film = &wish->film;
    int64_t rate = path_ends(wish->path, ".gif") ? 15 : 30;
    film->seconds = 10;
    film->degrees = 25;
    film->to = -1;
    for (size_t i = 0; wish->kind != EXPORT_FILM && i < sizeof of_films / sizeof *of_films; i++)
        if (cli_given(input, of_films[i]))
            return error_set(error, ERROR_INPUT, "--%s is for videos; --output FILE.mp4 or FILE.gif makes one", of_films[i]);
    bool turn = cli_given(input, "turn"), approach = cli_given(input, "approach");
    if (turn && approach) return error_set(error, ERROR_INPUT, "--turn and --approach are two videos; one of them is right");
    for (size_t i = 0; (turn || approach) && i < sizeof of_runs / sizeof *of_runs; i++)
        if (cli_given(input, of_runs[i]))
            return error_set(error, ERROR_INPUT, "--%s is for a video of the run, --%s stands at one step", of_runs[i],
                             turn ? "turn" : "approach");
    if (turn && wish->view == VIEW_CONTOUR)
        return error_set(error, ERROR_INPUT, "--turn goes around the surface, and --view contour looks straight down on it");
    if (cli_given(input, "speed") && cli_given(input, "seconds"))
        return error_set(error, ERROR_INPUT, "--speed and --seconds both say how long the video is; one of them is right");
    if (!cli_integer(input, "fps", 1, 120, &rate, error) || !cli_integer(input, "from", 0, INT64_MAX - 1, &film->from, error) ||
        !cli_integer(input, "to", 0, INT64_MAX - 1, &film->to, error) ||
        !cli_number(input, "seconds", 0.1, 3600, &film->seconds, error) ||
        !cli_number(input, "speed", 0.01, 100000, &wish->speed, error) ||
        !cli_number(input, turn ? "turn" : "orbit", -3600, 3600, &film->degrees, error))
        return false;
    if (film->to >= 0 && wish->step >= 0 && !turn && !approach)
        return error_set(error, ERROR_INPUT, "--step and --to both name a video's last step; one of them is right");
    film->rate = (int)rate;
    film->move = turn ? FILM_TURN : approach ? FILM_APPROACH : FILM_RUN;
    return true;
}

static bool read_wish(const struct cli_input *input, struct wish *wish, struct error *error) {
    static const char *const themes[] = {"paper", "night"};
    *wish = (struct wish){.path = cli_value(input, "output"), .view = -1, .height = -1, .path_height = -1, .theme = -1,
                          .colormap = -1, .step = -1, .steps = -1, .zoom = 1};
    if (!wish->path)
        return error_set(error, ERROR_INPUT, "`render` needs -o FILE, ending in .png, .svg, .pdf, .mp4 or .gif");
    if (!export_kind_of(wish->path, &wish->kind, error))
        return error_set(error, ERROR_INPUT, "--output %s: the name must end in .png, .svg, .pdf, .mp4 or .gif", wish->path);
    int size[2] = {wish->kind == EXPORT_FILM ? 1280 : 1920, wish->kind == EXPORT_FILM ? 720 : 1080};
    int64_t selected = 0, supersample = 0;
    double scale = 0;
    if (!cli_size(input, "size", 1, EXPORT_LARGEST, size, error) ||
        !cli_integer(input, "supersample", 1, 4, &supersample, error) ||
        !cli_choice(input, "view", view_names, VIEW_KINDS, &wish->view, error) ||
        !cli_choice(input, "height", height_mapping_names, 2, &wish->height, error) ||
        !cli_choice(input, "path-height", path_height_names, 2, &wish->path_height, error) ||
        !cli_choice(input, "theme", themes, 2, &wish->theme, error) ||
        !cli_choice(input, "colormap", colormap_names, 3, &wish->colormap, error) ||
        !cli_integer(input, "step", 0, INT64_MAX - 1, &wish->step, error) ||
        !cli_integer(input, "steps", 0, 1000000000, &wish->steps, error) ||
        !cli_integer(input, "threads", 1, 1024, &wish->threads, error) ||
        !cli_integer(input, "select", 1, 1 << 20, &selected, error) ||
        !cli_number(input, "zoom", 0.1, 20, &wish->zoom, error) || !cli_number(input, "scale", 0.25, 16, &scale, error) ||
        !read_camera(input, wish, error) || !read_film(input, wish, error))
        return false;
    wish->compared = cli_value(input, "compare");
    wish->own_heights = cli_given(input, "own-heights");
    if (wish->compared && wish->view < 0) wish->view = VIEW_COMPARE;
    if (wish->compared && wish->view != VIEW_COMPARE)
        return error_set(error, ERROR_INPUT, "--compare shows two experiments side by side; --view %s shows one", view_names[wish->view]);
    if (!wish->compared && (wish->view == VIEW_COMPARE || wish->own_heights))
        return error_set(error, ERROR_INPUT, "%s needs --compare EXPERIMENT", wish->own_heights ? "--own-heights" : "--view compare");
    wish->selected = (int)selected - 1;
    wish->shape = (struct frame_shape){.width = size[0], .height = size[1], .scale = (float)scale,
                                       .supersample = (int)supersample, .bare = cli_given(input, "no-caption"),
                                       .no_legend = cli_given(input, "no-legend")};
    if (wish->kind == EXPORT_FILM && (size[0] % 2 || size[1] % 2))
        return error_set(error, ERROR_INPUT, "--size %dx%d: a video needs even numbers", size[0], size[1]);
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
    view.own_heights = wish->own_heights;
    return view;
}

static double share_exported(void *context) {
    return job_progress(exporter_job(context)).done;
}

/* Steps that are asked for have to be there; a film's length follows from them. */
static bool settle_film(struct wish *wish, const struct experiment *experiment, int64_t last, struct error *error) {
    struct film *film = &wish->film;
    struct view usual = view_default(experiment);
    film->start = wish->view == VIEW_CONTOUR ? usual.flat_camera : usual.camera;
    if (film->to < 0) film->to = wish->step >= 0 ? wish->step : last;
    if (film->to > last)
        return error_set(error, ERROR_INPUT, "--to %" PRId64 ": the last step is %" PRId64, film->to, last);
    if (film->from > film->to)
        return error_set(error, ERROR_INPUT, "--from %" PRId64 ": a step up to %" PRId64 ", the video's last, is right",
                         film->from, film->to);
    if (wish->speed > 0) film->seconds = film_seconds(film->from, film->to, wish->speed);
    if (film->seconds > 3600)
        return error_set(error, ERROR_INPUT, "--speed %g: a video of %.0f seconds; 3600 are the most", wish->speed,
                         film->seconds);
    return true;
}

/* An experiment trained, or a recording, with all that is to be known of it. */
struct shown {
    struct training training;
    struct exhibit *exhibit;
};

static bool show(struct shown *shown, const char *source, const struct wish *wish, struct error *error) {
    if (wish->steps >= 0 && recording_is(source))
        return error_set(error, ERROR_INPUT, "--steps trains, but %s is a recording; --step N shows a step of it", source);
    const struct training_params params = {
        .source = source, .steps = wish->steps, .threads = (int)wish->threads, .accept_recording = true};
    if (!training_run(&shown->training, &params, error)) return false;
    if (cli_interrupted()) return error_set(error, ERROR_CANCELLED, "stopped");
    const struct exhibit_params exhibit = {
        .experiment = shown->training.experiment, .timeline = shown->training.timeline,
        .trainer = shown->training.trainer, .threads = (int)wish->threads};
    shown->exhibit = exhibit_create(&exhibit, error);
    return shown->exhibit && exhibit_finish(shown->exhibit, error);
}

static void shown_release(struct shown *shown) {
    exhibit_destroy(&shown->exhibit);
    training_release(&shown->training);
}

static bool write_out(const struct wish *wish, const char *shaders, struct words *words, struct exhibit *exhibit, struct exhibit *other,
                      const struct experiment *experiment, struct error *error) {
    const struct exporter_params params = {.path = wish->path, .shape = wish->shape, .frames = film_frames(&wish->film),
                                           .rate = wish->film.rate, .shader_folder = shaders};
    struct exporter *exporter = exporter_begin(&params, error);
    if (!exporter) return false;
    struct view view = wished_view(wish, experiment);
    view.other = other;
    bool film = wish->kind == EXPORT_FILM;
    cli_interrupts_watch(exporter_cancel, exporter);
    if (film) progress_begin("filming", share_exported, exporter);
    for (int k = 0, frames = exporter_needs(exporter); k < frames && !cli_interrupted(); k++) {
        struct view seen = film ? film_view(&wish->film, &view, k) : view;
        seen = frame_view(&wish->shape, &seen);
        struct scene scene = {.words = words};
        scene_build(&scene, exhibit, &seen);
        exporter_wait_for_room(exporter);
        exporter_take(exporter, &scene);
    }
    if (cli_interrupted()) exporter_cancel(exporter);
    bool ok = job_wait(exporter_job(exporter), error);
    if (film) progress_end();
    cli_interrupts_forget();
    exporter_destroy(&exporter);
    const struct frame_shape *shape = &wish->shape;
    if (ok && wish->kind == EXPORT_FIGURE) fprintf(stderr, "saddlescope: wrote %s\n", wish->path);
    else if (ok) fprintf(stderr, "saddlescope: wrote %s (%d × %d)\n", wish->path, shape->width, shape->height);
    return ok;
}

static int run(const struct cli_input *input) {
    struct error error = {0};
    struct wish wish;
    struct shown shown = {0}, other = {0};
    struct words *words = NULL;
    if (!read_wish(input, &wish, &error) || !cli_words(input, &words, &error) || !outfile_possible(wish.path, &error)) {
        words_destroy(&words);
        return cli_fail(&error);
    }
    bool ok = show(&shown, input->words[0], &wish, &error) && (!wish.compared || show(&other, wish.compared, &wish, &error));
    int64_t last = ok ? timeline_last_step(shown.training.timeline) : 0;
    if (ok && wish.compared && timeline_last_step(other.training.timeline) > last)
        last = timeline_last_step(other.training.timeline);
    if (ok && wish.step > last)
        ok = error_set(&error, ERROR_INPUT, "--step %" PRId64 ": the last step is %" PRId64, wish.step, last);
    const struct critical_point *points;
    if (ok && wish.selected >= 0) {
        size_t count = exhibit_critical_points(shown.exhibit, &points);
        if ((size_t)wish.selected >= count)
            ok = error_set(&error, ERROR_INPUT, "--select %d: there are %zu critical points", wish.selected + 1, count);
    }
    const struct experiment *experiment = shown.training.experiment;
    ok = ok && (wish.kind != EXPORT_FILM || settle_film(&wish, experiment, last, &error)) &&
         write_out(&wish, cli_value(input, "shaders"), words, shown.exhibit, other.exhibit, experiment, &error);
    shown_release(&shown);
    shown_release(&other);
    words_destroy(&words);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_render = {
    .name = "render",
    .words = "EXPERIMENT|RECORDING",
    .summary = "pictures and videos without a display",
    .details = "  saddlescope render saddle -o saddle.png --select 1\n"
               "  saddlescope render himmelblau -o himmelblau.mp4 --view side-by-side\n"
               "  saddlescope render digits.saddle -o digits.png --view contour --size 3840x2160\n"
               "  saddlescope render logits -o losses.png --compare logits-mse\n"
               "  saddlescope render saddle -o around.gif --turn 360 --seconds 6 --size 640x360\n"
               "  saddlescope render saddle -o saddle.pdf     # for papers: letters and lines as vectors",
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
};
