#include "draw/draw.h"

#include "base/memory.h"
#include "draw/gpu.h"

#include <epoxy/gl.h>
#include <stdlib.h>

struct backing {
    GLuint framebuffer, color, depth;
    int width, height;
};

struct backing *backing_create(void) {
    return MEM_NEW(struct backing, 1);
}

static void forget(struct backing *backing) {
    if (backing->framebuffer) glDeleteFramebuffers(1, &backing->framebuffer);
    if (backing->color) glDeleteRenderbuffers(2, (GLuint[]){backing->color, backing->depth});
    *backing = (struct backing){0};
}

void backing_destroy(struct backing **handle) {
    struct backing *backing = *handle;
    if (!backing) return;
    forget(backing);
    free(backing);
    *handle = NULL;
}

static bool make(struct backing *backing, int width, int height) {
    forget(backing);
    glGenFramebuffers(1, &backing->framebuffer);
    glBindFramebuffer(GL_FRAMEBUFFER, backing->framebuffer);
    glGenRenderbuffers(1, &backing->color);
    glGenRenderbuffers(1, &backing->depth);
    glBindRenderbuffer(GL_RENDERBUFFER, backing->color);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, width, height);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, backing->color);
    glBindRenderbuffer(GL_RENDERBUFFER, backing->depth);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_DEPTH_COMPONENT24, width, height);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_RENDERBUFFER, backing->depth);
    bool good = glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
    if (!good) forget(backing);
    gpu_allowed(); /* it was not, then: it is drawn without */
    backing->width = width;
    backing->height = height;
    return good;
}

uint32_t backing_bind(struct backing *backing, int width, int height, bool *kept) {
    *kept = backing->framebuffer && backing->width == width && backing->height == height;
    bool refused = !backing->framebuffer && backing->width == width && backing->height == height;
    if (!*kept && !refused) make(backing, width, height);
    glBindFramebuffer(GL_FRAMEBUFFER, backing->framebuffer);
    return backing->framebuffer;
}

void backing_show(const struct backing *backing) {
    if (!backing->framebuffer) return;
    int width = backing->width, height = backing->height;
    glDisable(GL_SCISSOR_TEST);
    glBindFramebuffer(GL_READ_FRAMEBUFFER, backing->framebuffer);
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, 0);
    glBlitFramebuffer(0, 0, width, height, 0, 0, width, height, GL_COLOR_BUFFER_BIT, GL_NEAREST);
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
}
