/* Inside draw/: buffers on the GPU that are sent only what changed, and the count of what was sent. */
#pragma once

#include "draw/draw.h"

#include <epoxy/gl.h>

struct gpu_buffer {
    GLuint name;
    size_t size, capacity;
    unsigned char *copy; /* what the GPU holds (capacity bytes): compared with, so that only a changed range is sent */
};
/* Whether the driver had memory for what it was asked since the last time: takes its errors. */
bool gpu_allowed(void);
/* Makes the buffer hold `bytes` of `data`; leaves it bound to GL_ARRAY_BUFFER (an index buffer is sent through it as
 * well). Where the driver has no memory for it, the buffer is of size 0 and must not be drawn from. */
void gpu_buffer_update(struct gpu_buffer *buffer, const void *data, size_t bytes, struct draw_statistics *statistics);
void gpu_buffer_release(struct gpu_buffer *buffer);

/* A growable array of plain structs, kept from frame to frame so that a settled frame allocates nothing. */
struct staging {
    unsigned char *bytes;
    size_t count, capacity, item; /* item: bytes of one */
};
void staging_clear(struct staging *staging, size_t item);
void *staging_push(struct staging *staging); /* not zeroed; valid until the next push */
void staging_release(struct staging *staging);

struct range {
    int first, count;
};

/* A vertex attribute of floats or normalised bytes, `divisor` 1 for one an instance. */
void attribute_floats(GLuint location, int size, size_t stride, size_t offset, GLuint divisor);
void attribute_bytes(GLuint location, size_t stride, size_t offset, GLuint divisor); /* RGBA, 0 … 255 to 0 … 1 */

struct rgba8 {
    uint8_t r, g, b, a;
};
struct rgba8 rgba8_of(struct color color, float alpha);

/* A texture, bound and without pixels yet, that ends at its edges; `filter`: GL_NEAREST or GL_LINEAR. */
GLuint texture_make(GLint filter);
