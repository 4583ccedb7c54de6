#include "export/export.h"

#include "base/file.h"
#include "base/memory.h"
#include "draw/draw.h"
#include "figure/figure.h"

#include <pthread.h>
#include <stdlib.h>

enum { QUEUE_MOST = 64 }; /* scenes drawn ahead of */
static const size_t queue_budget = (size_t)192 << 20; /* bytes of scenes drawn ahead of */
static const double drawn_share = 0.92; /* of the work; the rest is what the file's format asks at its end */

struct exporter {
    struct exporter_params params; /* immutable after begin; its texts are owned */
    enum export_kind kind;         /* immutable after begin */
    int needs;                     /* immutable after begin */
    struct offscreen *offscreen;   /* the job's from begin to its end; NULL for figures */
    struct job *job;               /* immutable after begin */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct scene *queue; /* (count) guarded by lock, the next one first */
    size_t *sizes;       /* (count) their bytes */
    size_t count, bytes, capacity, size_capacity;
    int taken;       /* guarded by lock */
    bool over, stop; /* guarded by lock: the job wants no more; it shall end */
};

static size_t scene_bytes(const struct scene *scene) {
    size_t bytes = sizeof *scene + scene->point_capacity * sizeof *scene->points +
                   scene->line_capacity * sizeof *scene->lines + scene->glyph_capacity * sizeof *scene->glyphs +
                   scene->arrow_capacity * sizeof *scene->arrows + scene->label_capacity * sizeof *scene->labels +
                   scene->sheet_capacity * sizeof *scene->sheets + scene->box_capacity * sizeof *scene->boxes +
                   scene->mark_capacity * sizeof *scene->marks + scene->raster_capacity * sizeof *scene->rasters +
                   scene->texel_capacity * sizeof *scene->texels + scene->swarm_capacity * sizeof *scene->swarms +
                   scene->mote_capacity * sizeof *scene->motes;
    for (int i = 0; i < SCENE_MAX_PANES; i++) bytes += 2 * scene->surfaces[i].capacity * sizeof(float);
    return bytes;
}

/* ---- the job ------------------------------------------------------------------------------------------------------
 */

/* False when it shall end instead. */
static bool next_scene(struct exporter *exporter, struct scene *scene, struct error *error) {
    pthread_mutex_lock(&exporter->lock);
    while (exporter->count == 0 && !exporter->stop) pthread_cond_wait(&exporter->changed, &exporter->lock);
    bool stop = exporter->stop;
    if (!stop) {
        *scene = exporter->queue[0];
        exporter->bytes -= exporter->sizes[0];
        exporter->count--;
        for (size_t i = 0; i < exporter->count; i++) {
            exporter->queue[i] = exporter->queue[i + 1];
            exporter->sizes[i] = exporter->sizes[i + 1];
        }
        pthread_cond_broadcast(&exporter->changed);
    }
    pthread_mutex_unlock(&exporter->lock);
    if (!stop && exporter->params.wakeup) exporter->params.wakeup(exporter->params.wakeup_context);
    return !stop || error_set(error, ERROR_CANCELLED, "stopped");
}

/* After a reset of the driver. */
static bool renew(struct exporter *exporter, struct renderer **renderer, struct error *error) {
    const struct renderer_params params = {.shader_folder = exporter->params.shader_folder};
    renderer_destroy(renderer);
    return offscreen_renew(exporter->offscreen, error) && (*renderer = renderer_create(&params, error)) != NULL;
}

static bool draw(struct exporter *exporter, struct renderer **renderer, struct scene *scene, double share,
                 struct job *job, struct image *image, struct error *error) {
    enum { RESETS_MOST = 3 }; /* a driver that is reset time and again would be by the next picture as well */
    const struct frame_shape *shape = &exporter->params.shape;
    struct job *part = job_create_part(job, share);
    bool good = false, again = true;
    for (int resets = 0; again; resets++) {
        struct error own = {0};
        good = renderer_picture(*renderer, scene, shape->width, shape->height, frame_scale(shape), shape->supersample,
                                part, image, &own);
        again = !good && own.kind == ERROR_MACHINE && renderer_lost(*renderer) && resets < RESETS_MOST;
        if (again) {
            image_destroy(image);
            again = renew(exporter, renderer, error);
        } else if (!good) {
            error_set(error, own.kind, "%s", own.message);
        }
    }
    job_destroy(&part);
    scene_release(scene);
    return good;
}

static bool make_picture(struct exporter *exporter, struct renderer **renderer, struct job *job, struct error *error) {
    struct scene scene;
    struct image image = {0};
    bool good = next_scene(exporter, &scene, error) &&
                draw(exporter, renderer, &scene, drawn_share, job, &image, error) &&
                image_write_png(&image, exporter->params.path, error);
    image_destroy(&image);
    return good;
}

static bool make_figure(struct exporter *exporter, struct error *error) {
    const struct frame_shape *shape = &exporter->params.shape;
    struct scene scene;
    if (!next_scene(exporter, &scene, error)) return false;
    float scale = frame_scale(shape);
    bool good =
        figure_write(&scene, (float)shape->width / scale, (float)shape->height / scale, exporter->params.path, error);
    scene_release(&scene);
    return good;
}

static bool make_film(struct exporter *exporter, struct renderer **renderer, struct job *job, struct error *error) {
    const struct frame_shape *shape = &exporter->params.shape;
    struct video *video =
        video_create(exporter->params.path, shape->width, shape->height, exporter->params.rate, error);
    bool good = video != NULL;
    for (int k = 0; good && k < exporter->needs; k++) {
        struct scene scene;
        struct image image = {0};
        good = job_going(job, error) && next_scene(exporter, &scene, error) &&
               draw(exporter, renderer, &scene, drawn_share / exporter->needs, job, &image, error) &&
               video_append(video, &image, job, error);
        image_destroy(&image);
    }
    good = good && job_going(job, error);
    if (good)
        good = video_close(&video, job, error);
    else
        video_abandon(&video);
    return good;
}

static bool work(void *context, struct job *job, struct error *error) {
    struct exporter *exporter = context;
    const struct renderer_params renderer_params = {.shader_folder = exporter->params.shader_folder};
    bool good = true;
    if (exporter->kind == EXPORT_FIGURE) {
        good = make_figure(exporter, error);
    } else {
        struct renderer *renderer = NULL;
        good = offscreen_enter(exporter->offscreen, error) && (renderer = renderer_create(&renderer_params, error)) &&
               (exporter->kind == EXPORT_FILM ? make_film(exporter, &renderer, job, error)
                                              : make_picture(exporter, &renderer, job, error));
        renderer_destroy(&renderer);
        offscreen_leave(exporter->offscreen);
    }
    pthread_mutex_lock(&exporter->lock);
    exporter->over = true;
    pthread_cond_broadcast(&exporter->changed);
    pthread_mutex_unlock(&exporter->lock);
    return good;
}

/* ---- whoever feeds it -------------------------------------------------------------------------------------------- */

struct exporter *exporter_begin(const struct exporter_params *params, struct error *error) {
    enum export_kind kind;
    const struct frame_shape *shape = &params->shape;
    if (!export_kind_of(params->path, &kind, error)) return NULL;
    if (shape->width < 1 || shape->height < 1 || shape->width > EXPORT_LARGEST || shape->height > EXPORT_LARGEST) {
        error_set(error, ERROR_INPUT, "%d × %d pixels: each side may have 1 to %d", shape->width, shape->height,
                  EXPORT_LARGEST);
        return NULL;
    }
    if (kind == EXPORT_FILM && (shape->width % 2 || shape->height % 2)) {
        error_set(error, ERROR_INPUT, "%d × %d pixels: a video needs even numbers", shape->width, shape->height);
        return NULL;
    }
    if (!outfile_possible(params->path, error)) return NULL;
    struct offscreen *offscreen = kind == EXPORT_FIGURE ? NULL : offscreen_create_aside(error);
    if (kind != EXPORT_FIGURE && !offscreen) return NULL;
    struct exporter *exporter = MEM_NEW(struct exporter, 1);
    exporter->params = *params;
    exporter->params.path = mem_copy_text(params->path);
    exporter->params.shader_folder = mem_copy_text(params->shader_folder);
    if (shape->supersample < 1) exporter->params.shape.supersample = kind == EXPORT_FILM ? 1 : EXPORT_SUPERSAMPLE;
    exporter->kind = kind;
    exporter->needs = kind == EXPORT_FILM && params->frames > 1 ? params->frames : 1;
    exporter->offscreen = offscreen;
    pthread_mutex_init(&exporter->lock, NULL);
    pthread_cond_init(&exporter->changed, NULL);
    exporter->job = job_create(&(struct job_params){.name = "export",
                                                    .body = work,
                                                    .context = exporter,
                                                    .wakeup = params->wakeup,
                                                    .wakeup_context = params->wakeup_context});
    return exporter;
}

void exporter_destroy(struct exporter **handle) {
    if (!handle || !*handle) return;
    struct exporter *exporter = *handle;
    exporter_cancel(exporter);
    job_destroy(&exporter->job);
    offscreen_destroy(&exporter->offscreen);
    for (size_t i = 0; i < exporter->count; i++) scene_release(&exporter->queue[i]);
    free(exporter->queue);
    free(exporter->sizes);
    pthread_cond_destroy(&exporter->changed);
    pthread_mutex_destroy(&exporter->lock);
    free((char *)(uintptr_t)exporter->params.path);
    free((char *)(uintptr_t)exporter->params.shader_folder);
    free(exporter);
    *handle = NULL;
}

int exporter_needs(const struct exporter *exporter) {
    return exporter->needs - exporter->taken; /* only this thread changes it */
}

static bool room(const struct exporter *exporter) {
    return exporter->over || exporter->stop || exporter->count == 0 ||
           (exporter->bytes < queue_budget && exporter->count < QUEUE_MOST);
}

bool exporter_has_room(struct exporter *exporter) {
    pthread_mutex_lock(&exporter->lock);
    bool any = exporter->taken < exporter->needs && !exporter->over && !exporter->stop && room(exporter);
    pthread_mutex_unlock(&exporter->lock);
    return any;
}

void exporter_wait_for_room(struct exporter *exporter) {
    pthread_mutex_lock(&exporter->lock);
    while (!room(exporter)) pthread_cond_wait(&exporter->changed, &exporter->lock);
    pthread_mutex_unlock(&exporter->lock);
}

void exporter_take(struct exporter *exporter, struct scene *scene) {
    pthread_mutex_lock(&exporter->lock);
    bool wanted = exporter->taken < exporter->needs && !exporter->over && !exporter->stop;
    if (wanted) {
        MEM_GROW(exporter->queue, exporter->capacity, exporter->count + 1);
        MEM_GROW(exporter->sizes, exporter->size_capacity, exporter->count + 1);
        scene->words = NULL; /* the maker's: all is said by now */
        exporter->queue[exporter->count] = *scene;
        exporter->sizes[exporter->count] = scene_bytes(scene);
        exporter->bytes += exporter->sizes[exporter->count++];
        exporter->taken++;
        *scene = (struct scene){0};
        pthread_cond_broadcast(&exporter->changed);
    }
    pthread_mutex_unlock(&exporter->lock);
    if (!wanted) scene_release(scene);
}

void exporter_cancel(void *context) {
    struct exporter *exporter = context;
    job_cancel(exporter->job);
    pthread_mutex_lock(&exporter->lock);
    exporter->stop = true;
    pthread_cond_broadcast(&exporter->changed);
    pthread_mutex_unlock(&exporter->lock);
}

struct job *exporter_job(const struct exporter *exporter) {
    return exporter->job;
}
