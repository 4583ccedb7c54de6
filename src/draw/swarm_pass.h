/* Inside draw/: thousands of dots, each an instance of a triangle; one buffer for all, sent when it changed. */
#pragma once

#include "draw/frame.h"
#include "draw/shaders.h"

struct swarm_pass {
    struct gpu_buffer motes;
    GLuint array;
};
void swarm_pass_create(struct swarm_pass *pass);
void swarm_pass_release(struct swarm_pass *pass);
void swarm_pass_update(struct swarm_pass *pass, const struct scene *scene, struct draw_statistics *statistics);
/* Tested against the surface's depth, writing none. */
void swarm_pass_draw(const struct swarm_pass *pass, const struct shader_set *shaders, const struct scene *scene,
                     const struct pane_frame *frame, struct draw_statistics *statistics);
