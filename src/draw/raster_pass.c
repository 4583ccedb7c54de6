#include "draw/raster_pass.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void raster_pass_create(struct raster_pass *pass) {
    *pass = (struct raster_pass){0};
    glGenVertexArrays(1, &pass->empty_array);
}

void raster_pass_release(struct raster_pass *pass) {
    for (size_t i = 0; i < pass->count; i++) glDeleteTextures(1, &pass->textures[i].name);
    free(pass->textures);
    glDeleteVertexArrays(1, &pass->empty_array);
    *pass = (struct raster_pass){0};
}

static void send(struct raster_texture *texture, const struct scene *scene, const struct scene_raster *raster,
                 struct draw_statistics *statistics) {
    if (texture->known && texture->revision == raster->revision && texture->width == raster->width &&
        texture->height == raster->height)
        return;
    glBindTexture(GL_TEXTURE_2D, texture->name);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, raster->width, raster->height, 0, GL_RGBA, GL_UNSIGNED_BYTE,
                 scene->texels + raster->first);
    texture->known = gpu_allowed();
    if (!texture->known) {
        statistics->refused = true;
        return;
    }
    statistics->uploaded += 4L * raster->width * raster->height;
    *texture = (struct raster_texture){texture->name, raster->width, raster->height, raster->revision, true};
}

void raster_pass_update(struct raster_pass *pass, const struct scene *scene, struct draw_statistics *statistics) {
    if (scene->raster_count > pass->count) {
        pass->textures = mem_resize(pass->textures, scene->raster_count, sizeof *pass->textures);
        for (; pass->count < scene->raster_count; pass->count++)
            pass->textures[pass->count] = /* a cell is a cell, however large it is drawn */
                (struct raster_texture){.name = texture_make(GL_NEAREST)};
    }
    for (size_t i = 0; i < scene->raster_count; i++) send(&pass->textures[i], scene, &scene->rasters[i], statistics);
}

void raster_pass_draw(const struct raster_pass *pass, const struct shader_set *shaders, const struct scene *scene,
                      const struct pane_frame *frame, struct draw_statistics *statistics) {
    GLuint program = shaders->programs[PROGRAM_RASTER];
    for (size_t i = 0; i < scene->raster_count; i++) {
        const struct scene_raster *raster = &scene->rasters[i];
        if (!(raster->panes & frame->bit) || !pass->textures[i].known) continue;
        glUseProgram(program);
        const float corners[4] = {raster->low[0], raster->low[1], raster->high[0], raster->high[1]};
        program_color(program, "corners", corners);
        program_float(program, "height", raster->z);
        glBindTexture(GL_TEXTURE_2D, pass->textures[i].name);
        glBindVertexArray(pass->empty_array);
        glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
        statistics->draw_calls++;
    }
}
