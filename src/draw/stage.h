/* Inside draw/: the multisampled framebuffer a picture is drawn in before it is resolved to its target. */
#pragma once

#include "draw/gpu.h"

struct stage {
    GLuint framebuffer, color, depth;         /* multisampled where the machine can */
    GLuint resolved, resolved_color;          /* one sample; made only when a multisampled target asks for it */
    int width, height, samples, most_samples; /* of the above; what the machine offers, up to 4 */
};
void stage_create(struct stage *stage);
void stage_release(struct stage *stage);
/* Makes it `width × height` and binds it. */
bool stage_bind(struct stage *stage, int width, int height);
/* Copies the picture to the rectangle of `framebuffer` at (x, y), lower left origin, and binds that framebuffer. */
void stage_resolve(struct stage *stage, GLuint framebuffer, int x, int y);
