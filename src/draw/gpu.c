#include "draw/gpu.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool gpu_allowed(void) {
    enum { MOST = 64 }; /* a context that is lost has errors without end */
    bool allowed = true;
    GLenum error;
    for (int i = 0; i < MOST && (error = glGetError()) != GL_NO_ERROR; i++) allowed &= error != GL_OUT_OF_MEMORY;
    return allowed;
}

void gpu_buffer_update(struct gpu_buffer *buffer, const void *data, size_t bytes, struct draw_statistics *statistics) {
    if (!buffer->name) glGenBuffers(1, &buffer->name);
    glBindBuffer(GL_ARRAY_BUFFER, buffer->name);
    if (bytes > buffer->capacity) {
        size_t capacity = buffer->capacity ? buffer->capacity : 1024;
        while (capacity < bytes) capacity *= 2;
        glBufferData(GL_ARRAY_BUFFER, (GLsizeiptr)capacity, NULL, GL_DYNAMIC_DRAW);
        if (!gpu_allowed()) {
            buffer->size = buffer->capacity = 0;
            statistics->refused = true;
            return;
        }
        buffer->copy = mem_resize(buffer->copy, capacity, 1);
        buffer->capacity = capacity;
        buffer->size = 0;
    }
    const unsigned char *fresh = data;
    size_t common = bytes < buffer->size ? bytes : buffer->size;
    buffer->size = bytes;
    size_t from = 0, to = bytes;
    if (common == bytes && (bytes == 0 || memcmp(fresh, buffer->copy, bytes) == 0)) return;
    /* In steps of 64 bytes: what is sent is the range between the first difference and the last. */
    while (from + 64 <= common && memcmp(fresh + from, buffer->copy + from, 64) == 0) from += 64;
    while (to - from > 64 && to <= common && memcmp(fresh + to - 64, buffer->copy + to - 64, 64) == 0) to -= 64;
    memcpy(buffer->copy + from, fresh + from, to - from);
    glBufferSubData(GL_ARRAY_BUFFER, (GLintptr)from, (GLsizeiptr)(to - from), fresh + from);
    statistics->uploaded += (long)(to - from);
}

void gpu_buffer_release(struct gpu_buffer *buffer) {
    if (buffer->name) glDeleteBuffers(1, &buffer->name);
    free(buffer->copy);
    *buffer = (struct gpu_buffer){0};
}

void staging_clear(struct staging *staging, size_t item) {
    staging->count = 0;
    staging->item = item;
}

void *staging_push(struct staging *staging) {
    if (staging->count == staging->capacity) {
        staging->capacity = staging->capacity ? 2 * staging->capacity : 64;
        staging->bytes = mem_resize(staging->bytes, staging->capacity, staging->item);
    }
    return staging->bytes + staging->item * staging->count++;
}

void staging_release(struct staging *staging) {
    free(staging->bytes);
    *staging = (struct staging){0};
}

void attribute_floats(GLuint location, int size, size_t stride, size_t offset, GLuint divisor) {
    glEnableVertexAttribArray(location);
    glVertexAttribPointer(location, size, GL_FLOAT, GL_FALSE, (GLsizei)stride, (const void *)offset);
    glVertexAttribDivisor(location, divisor);
}

void attribute_bytes(GLuint location, size_t stride, size_t offset, GLuint divisor) {
    glEnableVertexAttribArray(location);
    glVertexAttribPointer(location, 4, GL_UNSIGNED_BYTE, GL_TRUE, (GLsizei)stride, (const void *)offset);
    glVertexAttribDivisor(location, divisor);
}

static uint8_t byte_of(float share) {
    if (!(share > 0)) return 0;
    return share >= 1 ? 255 : (uint8_t)lrintf(share * 255);
}

struct rgba8 rgba8_of(struct color color, float alpha) {
    return (struct rgba8){byte_of(color.r), byte_of(color.g), byte_of(color.b), byte_of(color.a * alpha)};
}

GLuint texture_make(GLint filter) {
    GLuint texture;
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, filter);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, filter);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    return texture;
}
