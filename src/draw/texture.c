#include "draw/draw.h"

#include "base/memory.h"
#include "draw/gpu.h"

#include <epoxy/gl.h>
#include <stdlib.h>

struct texture {
    GLuint name;
    int width, height;
};

struct texture *texture_create(void) {
    struct texture *texture = MEM_NEW(struct texture, 1);
    glGenTextures(1, &texture->name);
    return texture;
}

void texture_destroy(struct texture **handle) {
    if (!*handle) return;
    glDeleteTextures(1, &(*handle)->name);
    free(*handle);
    *handle = NULL;
}

void texture_fill(struct texture *texture, int width, int height, const uint8_t *rgba) {
    GLint before;
    glGetIntegerv(GL_TEXTURE_BINDING_2D, &before);
    glBindTexture(GL_TEXTURE_2D, texture->name);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
    if (width != texture->width || height != texture->height) {
        glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE, rgba);
        GLenum edges[] = {GL_TEXTURE_WRAP_S, GL_TEXTURE_WRAP_T},
               filters[] = {GL_TEXTURE_MIN_FILTER, GL_TEXTURE_MAG_FILTER};
        for (int i = 0; i < 2; i++) {
            glTexParameteri(GL_TEXTURE_2D, edges[i], GL_CLAMP_TO_EDGE);
            glTexParameteri(GL_TEXTURE_2D, filters[i], GL_LINEAR);
        }
    } else {
        glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, rgba);
    }
    bool allowed = gpu_allowed();
    texture->width = allowed ? width : 0; /* else once more the next time */
    texture->height = allowed ? height : 0;
    glBindTexture(GL_TEXTURE_2D, (GLuint)before);
}

uint32_t texture_name(const struct texture *texture) {
    return texture->name;
}
