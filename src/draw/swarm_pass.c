#include "draw/swarm_pass.h"

void swarm_pass_create(struct swarm_pass *pass) {
    *pass = (struct swarm_pass){0};
    glGenVertexArrays(1, &pass->array);
}

void swarm_pass_release(struct swarm_pass *pass) {
    gpu_buffer_release(&pass->motes);
    glDeleteVertexArrays(1, &pass->array);
    *pass = (struct swarm_pass){0};
}

void swarm_pass_update(struct swarm_pass *pass, const struct scene *scene, struct draw_statistics *statistics) {
    if (scene->swarm_count == 0) return;
    gpu_buffer_update(&pass->motes, scene->motes, scene->mote_count * sizeof *scene->motes, statistics);
}

void swarm_pass_draw(const struct swarm_pass *pass, const struct shader_set *shaders, const struct scene *scene,
                     const struct pane_frame *frame, struct draw_statistics *statistics) {
    GLuint program = shaders->programs[PROGRAM_SWARM];
    for (size_t i = 0; i < scene->swarm_count; i++) {
        const struct scene_swarm *swarm = &scene->swarms[i];
        if (!(swarm->panes & frame->bit) || swarm->count == 0 || pass->motes.size == 0) continue;
        glUseProgram(program);
        program_color(program, "ink", &swarm->color.r);
        program_color(program, "rim", &swarm->casing.r);
        program_float(program, "size", swarm->size * frame->scale);
        glBindVertexArray(pass->array);
        glBindBuffer(GL_ARRAY_BUFFER, pass->motes.name);
        attribute_floats(0, 3, sizeof(struct scene_mote), swarm->first * sizeof(struct scene_mote), 1);
        glDepthMask(GL_FALSE);
        glDrawArraysInstanced(GL_TRIANGLES, 0, 3, swarm->count);
        glDepthMask(GL_TRUE);
        statistics->draw_calls++;
    }
}
