#include "draw/renderer.h"

#include "base/memory.h"
#include "base/threads.h"

#include <cglm/cglm.h>
#include <stdlib.h>
#include <string.h>

static bool is_software(void) {
    static const char *const names[] = {"llvmpipe", "softpipe", "SWR", "Software", "SwiftShader"};
    const char *name = (const char *)glGetString(GL_RENDERER);
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
        if (strstr(name, names[i])) return true;
    return false;
}

struct renderer *renderer_create(const struct renderer_params *params, struct error *error) {
    int version = epoxy_is_desktop_gl() ? epoxy_gl_version() : 0;
    if (version < 33) {
        error_set(error, ERROR_MACHINE, "OpenGL 3.3 is needed, this is %s (%s); a newer graphics driver would bring it",
                  (const char *)glGetString(GL_VERSION), (const char *)glGetString(GL_RENDERER));
        return NULL;
    }
    struct renderer *renderer = MEM_NEW(struct renderer, 1);
    renderer->shader_folder = mem_copy_text(params ? params->shader_folder : NULL);
    if (renderer->shader_folder) renderer->shader_stamp = shader_folder_stamp(renderer->shader_folder);
    if (!shader_set_load(&renderer->shaders, renderer->shader_folder, error)) {
        free(renderer->shader_folder);
        free(renderer);
        return NULL;
    }
    surface_pass_create(&renderer->surface);
    raster_pass_create(&renderer->raster);
    swarm_pass_create(&renderer->swarm);
    canvas_create(&renderer->canvas);
    stage_create(&renderer->stage);
    renderer->software = is_software();
    renderer->tells_loss = epoxy_has_gl_extension("GL_ARB_robustness");
    GLint alignment = 256;
    glGetIntegerv(GL_UNIFORM_BUFFER_OFFSET_ALIGNMENT, &alignment);
    int size = (int)sizeof(struct pane_block);
    renderer->block_stride = (size + alignment - 1) / alignment * alignment;
    glGenBuffers(1, &renderer->block);
    glBindBuffer(GL_UNIFORM_BUFFER, renderer->block);
    glBufferData(GL_UNIFORM_BUFFER, (GLsizeiptr)renderer->block_stride * 2 * SCENE_MAX_PANES, NULL, GL_DYNAMIC_DRAW);
    return renderer;
}

void renderer_destroy(struct renderer **renderer) {
    if (!renderer || !*renderer) return;
    struct renderer *old = *renderer;
    shader_set_release(&old->shaders);
    surface_pass_release(&old->surface);
    raster_pass_release(&old->raster);
    swarm_pass_release(&old->swarm);
    canvas_release(&old->canvas);
    stage_release(&old->stage);
    glDeleteBuffers(1, &old->block);
    free(old->shader_folder);
    free(old);
    *renderer = NULL;
}

/* Makes the block of pane `pane` the one that shaders see. `pass` 0: in the stage, 1: in the target. */
static void bind_block(struct renderer *renderer, const struct scene *scene, const struct region *region, int pane,
                       int pass, int corner_x, int corner_y) {
    int slot = 2 * pane + pass;
    struct pane_block block = pane_frame_block(&renderer->frames[pane], scene, region, corner_x, corner_y);
    GLintptr offset = (GLintptr)slot * renderer->block_stride;
    glBindBuffer(GL_UNIFORM_BUFFER, renderer->block);
    if (memcmp(&block, &renderer->sent_blocks[slot], sizeof block) != 0) {
        renderer->sent_blocks[slot] = block;
        glBufferSubData(GL_UNIFORM_BUFFER, offset, sizeof block, &block);
        renderer->statistics.uploaded += (long)sizeof block;
    }
    glBindBufferRange(GL_UNIFORM_BUFFER, 0, renderer->block, offset, sizeof block);
}

static void set_viewport(const struct pane_frame *frame, const struct region *region, int x, int y) {
    int bottom = region->height - frame->seen_top - frame->seen_height;
    glViewport(x + frame->seen_left, y + bottom, frame->seen_width, frame->seen_height);
    glScissor(x + frame->seen_left, y + bottom, frame->seen_width, frame->seen_height);
    glEnable(GL_SCISSOR_TEST);
}

/* Leaves the stage bound, or the target itself, its part cleared to the theme's ground. */
static bool begin(struct renderer *renderer, const struct scene *scene, const struct region *region, GLuint framebuffer,
                  int x, int y) {
    glDisable(GL_SCISSOR_TEST);
    glDisable(GL_CULL_FACE);
    glDisable(GL_STENCIL_TEST);
    glDisable(GL_FRAMEBUFFER_SRGB);
    glColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
    glPolygonMode(GL_FRONT_AND_BACK, GL_FILL);
    glBindSampler(0, 0);
    glActiveTexture(GL_TEXTURE0);
    if (renderer->direct)
        glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    else if (!stage_bind(&renderer->stage, region->width, region->height))
        return false;
    glEnable(GL_MULTISAMPLE);
    glDepthMask(GL_TRUE);
    const struct color *ground = &scene->theme->ground;
    glClearColor(ground->r, ground->g, ground->b, 1);
    glClearDepth(1);
    glViewport(0, 0, region->width, region->height);
    if (renderer->direct) {
        glScissor(x, y, region->width, region->height);
        glEnable(GL_SCISSOR_TEST);
    }
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
    return true;
}

static void fill_frames(struct renderer *renderer, const struct scene *scene, const struct region *region) {
    for (int i = 0; i < scene->pane_count; i++) pane_frame_fill(&renderer->frames[i], scene, i, region);
}

/* The stage's picture into the target, and what is lettered on top of it. */
static void lay_down(struct renderer *renderer, const struct scene *scene, const struct region *region,
                     GLuint framebuffer, int x, int y) {
    struct draw_statistics *statistics = &renderer->statistics;
    glDisable(GL_DEPTH_TEST);
    if (!renderer->direct) stage_resolve(&renderer->stage, framebuffer, x, y);
    for (int i = 0; i < scene->pane_count; i++) {
        const struct pane_frame *frame = &renderer->frames[i];
        if (!frame->visible) continue;
        set_viewport(frame, region, x, y);
        bind_block(renderer, scene, region, i, 1, x, y);
        canvas_draw_overlay(&renderer->canvas, &renderer->shaders, renderer->surface.colormap, i, statistics);
    }
    glDisable(GL_SCISSOR_TEST);
    glDisable(GL_BLEND);
    glBindVertexArray(0);
    glUseProgram(0);
}

void renderer_draw_region(struct renderer *renderer, const struct scene *scene, const struct region *region,
                          GLuint framebuffer, int x, int y) {
    struct draw_statistics *statistics = &renderer->statistics;
    *statistics = (struct draw_statistics){0};
    fill_frames(renderer, scene, region);
    surface_pass_update(&renderer->surface, scene, statistics);
    raster_pass_update(&renderer->raster, scene, statistics);
    swarm_pass_update(&renderer->swarm, scene, statistics);
    canvas_update(&renderer->canvas, scene, renderer->frames, statistics);
    if (!begin(renderer, scene, region, framebuffer, x, y)) {
        statistics->refused = true;
        return;
    }
    /* Colours leave the shaders multiplied by their alpha. */
    glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    for (int i = 0; i < scene->pane_count; i++) {
        const struct pane_frame *frame = &renderer->frames[i];
        if (!frame->visible) continue;
        set_viewport(frame, region, renderer->direct ? x : 0, renderer->direct ? y : 0);
        if (renderer->direct)
            bind_block(renderer, scene, region, i, 1, x, y);
        else
            bind_block(renderer, scene, region, i, 0, 0, 0);
        glEnable(GL_DEPTH_TEST);
        glDepthFunc(GL_LESS);
        glDisable(GL_BLEND);
        surface_pass_draw(&renderer->surface, &renderer->shaders, scene, frame, renderer->direct, statistics);
        glEnable(GL_BLEND);
        surface_pass_draw_floor(&renderer->surface, &renderer->shaders, scene, frame, statistics);
        raster_pass_draw(&renderer->raster, &renderer->shaders, scene, frame, statistics);
        swarm_pass_draw(&renderer->swarm, &renderer->shaders, scene, frame, statistics);
        canvas_draw_world(&renderer->canvas, &renderer->shaders, scene, frame, i, statistics);
    }
    lay_down(renderer, scene, region, framebuffer, x, y);
}

static struct region whole(const struct draw_target *target) {
    return (struct region){.picture_width = target->width,
                           .picture_height = target->height,
                           .width = target->width,
                           .height = target->height,
                           .scale = target->scale > 0 ? target->scale : 1};
}

void renderer_draw(struct renderer *renderer, const struct scene *scene, const struct draw_target *target) {
    if (target->width < 1 || target->height < 1) return;
    struct region region = whole(target);
    int bottom = target->framebuffer_height - target->y - target->height;
    renderer->direct = target->quick;
    renderer_draw_region(renderer, scene, &region, target->framebuffer, target->x, bottom);
    if (!renderer->direct && renderer->stage.width == 0) { /* there was no memory for it */
        renderer->direct = true; /* one sample a pixel, rather than nothing */
        renderer_draw_region(renderer, scene, &region, target->framebuffer, target->x, bottom);
        renderer->statistics.refused = true;
    }
    glViewport(0, 0, target->x + target->width, target->framebuffer_height);
}

bool renderer_repeat(struct renderer *renderer, const struct scene *scene, const struct draw_target *target) {
    struct region region = whole(target);
    if (renderer->direct || renderer->stage.width != region.width || renderer->stage.height != region.height) return false;
    glActiveTexture(GL_TEXTURE0);
    glBindSampler(0, 0);
    glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    glEnable(GL_BLEND);
    lay_down(renderer, scene, &region, target->framebuffer, target->x,
             target->framebuffer_height - target->y - target->height);
    glViewport(0, 0, target->x + target->width, target->framebuffer_height);
    return true;
}

bool renderer_poll_shaders(struct renderer *renderer, struct error *error) {
    if (!renderer->shader_folder) return false;
    uint64_t stamp = shader_folder_stamp(renderer->shader_folder);
    if (stamp == renderer->shader_stamp) return false;
    renderer->shader_stamp = stamp; /* a broken file is said once, not at every poll */
    return shader_set_load(&renderer->shaders, renderer->shader_folder, error);
}

bool renderer_lost(struct renderer *renderer) {
    /* A driver may say so only once. */
    renderer->lost |= renderer->tells_loss && glGetGraphicsResetStatusARB() != GL_NO_ERROR;
    return renderer->lost;
}

bool renderer_is_software(const struct renderer *renderer) {
    return renderer->software;
}

struct draw_statistics renderer_statistics(const struct renderer *renderer) {
    return renderer->statistics;
}

static int compare_seconds(const void *a, const void *b) {
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

double renderer_bare_draw(struct renderer *renderer, const struct scene *scene, const struct draw_target *target,
                          int repeats) {
    struct region region = whole(target);
    struct draw_statistics ignored = {0};
    renderer->direct = false;
    fill_frames(renderer, scene, &region);
    surface_pass_update(&renderer->surface, scene, &ignored);
    if (repeats < 1) repeats = 1;
    double *seconds = MEM_NEW(double, repeats);
    for (int k = 0; k < repeats; k++) {
        glFinish();
        double start = clock_seconds();
        if (!begin(renderer, scene, &region, 0, 0, 0)) break;
        for (int i = 0; i < scene->pane_count; i++) {
            const struct pane_frame *frame = &renderer->frames[i];
            if (frame->surface_index < 0) continue;
            set_viewport(frame, &region, 0, 0);
            bind_block(renderer, scene, &region, i, 0, 0, 0);
            glEnable(GL_DEPTH_TEST);
            glDepthFunc(GL_LESS);
            glDisable(GL_BLEND);
            surface_pass_draw_bare(&renderer->surface, &renderer->shaders, frame);
        }
        glDisable(GL_DEPTH_TEST);
        stage_resolve(&renderer->stage, target->framebuffer, target->x,
                      target->framebuffer_height - target->y - target->height);
        glFinish();
        seconds[k] = clock_seconds() - start;
    }
    glBindVertexArray(0);
    glUseProgram(0);
    qsort(seconds, (size_t)repeats, sizeof *seconds, compare_seconds);
    double median = seconds[repeats / 2];
    free(seconds);
    return median;
}
