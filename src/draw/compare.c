#include "base/memory.h"
#include "base/threads.h"
#include "draw/renderer.h"

#include <stdlib.h>

static int ascending(const void *a, const void *b) {
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

bool renderer_compare(struct renderer *renderer, const struct scene *scene, int width, int height, float scale,
                      int repeats, double *frame, double *bare, struct error *error) {
    GLuint framebuffer, color;
    glGenFramebuffers(1, &framebuffer);
    glGenRenderbuffers(1, &color);
    glBindRenderbuffer(GL_RENDERBUFFER, color);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, width, height);
    glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, color);
    bool ok =
        glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE ||
        error_set(error, ERROR_MACHINE, "no framebuffer of %d × %d could be made; a smaller one may do", width, height);
    const struct draw_target target = {
        .framebuffer = framebuffer, .width = width, .height = height, .framebuffer_height = height, .scale = scale};
    double *frames = MEM_NEW(double, repeats), *bares = MEM_NEW(double, repeats);
    /* In turn, so that a machine that slows down slows both; the first of each only warms up. */
    for (int i = -1; ok && i < repeats; i++) {
        glFinish();
        double before = clock_seconds();
        renderer_draw(renderer, scene, &target);
        glFinish();
        double took = clock_seconds() - before;
        double alone = renderer_bare_draw(renderer, scene, &target, 1);
        if (i < 0) continue;
        frames[i] = took;
        bares[i] = alone;
    }
    qsort(frames, (size_t)repeats, sizeof *frames, ascending);
    qsort(bares, (size_t)repeats, sizeof *bares, ascending);
    *frame = frames[repeats / 2];
    *bare = bares[repeats / 2];
    free(frames);
    free(bares);
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
    glDeleteRenderbuffers(1, &color);
    glDeleteFramebuffers(1, &framebuffer);
    return ok;
}
