#include "draw/stage.h"

#include "draw/gpu.h"

void stage_create(struct stage *stage) {
    *stage = (struct stage){0};
    GLint most = 0;
    glGetIntegerv(GL_MAX_SAMPLES, &most);
    stage->most_samples = most < 2 ? 0 : most < 4 ? most : 4;
}

static void forget(struct stage *stage) {
    if (stage->framebuffer) glDeleteFramebuffers(1, &stage->framebuffer);
    if (stage->resolved) glDeleteFramebuffers(1, &stage->resolved);
    GLuint buffers[3] = {stage->color, stage->depth, stage->resolved_color};
    glDeleteRenderbuffers(3, buffers);
    stage->framebuffer = stage->resolved = stage->color = stage->depth = stage->resolved_color = 0;
    stage->width = stage->height = 0;
}

void stage_release(struct stage *stage) {
    forget(stage);
}

static GLuint renderbuffer(GLenum format, int width, int height, int samples) {
    GLuint buffer;
    glGenRenderbuffers(1, &buffer);
    glBindRenderbuffer(GL_RENDERBUFFER, buffer);
    if (samples > 0)
        glRenderbufferStorageMultisample(GL_RENDERBUFFER, samples, format, width, height);
    else
        glRenderbufferStorage(GL_RENDERBUFFER, format, width, height);
    return buffer;
}

static bool make(struct stage *stage, int width, int height, int samples) {
    forget(stage);
    glGenFramebuffers(1, &stage->framebuffer);
    glBindFramebuffer(GL_FRAMEBUFFER, stage->framebuffer);
    stage->color = renderbuffer(GL_RGBA8, width, height, samples);
    stage->depth = renderbuffer(GL_DEPTH_COMPONENT24, width, height, samples);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, stage->color);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_RENDERBUFFER, stage->depth);
    if (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE) return false;
    stage->width = width;
    stage->height = height;
    stage->samples = samples;
    return true;
}

bool stage_bind(struct stage *stage, int width, int height) {
    if (stage->width == width && stage->height == height) {
        glBindFramebuffer(GL_FRAMEBUFFER, stage->framebuffer);
        return true;
    }
    if (make(stage, width, height, stage->most_samples)) return true;
    stage->most_samples = 0; /* offered, but not to be had: without from now on */
    if (make(stage, width, height, 0)) return true;
    forget(stage);
    gpu_allowed(); /* it was not, as its caller is told */
    return false;
}

void stage_resolve(struct stage *stage, GLuint framebuffer, int x, int y) {
    int width = stage->width, height = stage->height;
    GLint target_samples = 0;
    glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    glGetIntegerv(GL_SAMPLES, &target_samples);
    glBindFramebuffer(GL_READ_FRAMEBUFFER, stage->framebuffer);
    glDisable(GL_SCISSOR_TEST);
    if (target_samples > 0 && stage->samples > 0) {
        /* Between two multisampled framebuffers nothing may be moved: over one without. */
        if (!stage->resolved) {
            glGenFramebuffers(1, &stage->resolved);
            glBindFramebuffer(GL_DRAW_FRAMEBUFFER, stage->resolved);
            stage->resolved_color = renderbuffer(GL_RGBA8, width, height, 0);
            glFramebufferRenderbuffer(GL_DRAW_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER,
                                      stage->resolved_color);
        }
        glBindFramebuffer(GL_DRAW_FRAMEBUFFER, stage->resolved);
        glBlitFramebuffer(0, 0, width, height, 0, 0, width, height, GL_COLOR_BUFFER_BIT, GL_NEAREST);
        glBindFramebuffer(GL_READ_FRAMEBUFFER, stage->resolved);
        glBindFramebuffer(GL_DRAW_FRAMEBUFFER, framebuffer);
    }
    glBlitFramebuffer(0, 0, width, height, x, y, x + width, y + height, GL_COLOR_BUFFER_BIT, GL_NEAREST);
    glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
}
