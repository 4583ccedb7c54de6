/* A scene as an image: in tiles where it is large, supersampled by drawing larger and taking means. */
#include "draw/renderer.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST_PICTURE = 16384, LARGEST_TILE = 2048, LARGEST_WHOLE = 2560 };

void image_destroy(struct image *image) {
    if (!image) return;
    free(image->rgb);
    *image = (struct image){0};
}

/* A one-sample framebuffer to resolve into and read from. */
struct canvas_target {
    GLuint framebuffer, color;
};

static bool target_create(struct canvas_target *target, int width, int height, struct error *error) {
    glGenFramebuffers(1, &target->framebuffer);
    glGenRenderbuffers(1, &target->color);
    glBindFramebuffer(GL_FRAMEBUFFER, target->framebuffer);
    glBindRenderbuffer(GL_RENDERBUFFER, target->color);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, width, height);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, target->color);
    if (glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE && gpu_allowed()) return true;
    return error_set(error, ERROR_MACHINE, "the graphics driver gives no framebuffer of %d × %d pixels", width, height);
}

static void target_destroy(struct canvas_target *target) {
    glDeleteFramebuffers(1, &target->framebuffer);
    glDeleteRenderbuffers(1, &target->color);
}

/* Means of n × n pixels of the tile (rows from below, four bytes a pixel) to the image (rows from the top). */
static void shrink(const uint8_t *tile, int tile_width, int tile_height, int n, struct image *image, int left,
                   int top) {
    for (int y = 0; y < tile_height / n; y++) {
        uint8_t *out = image->rgb + 3 * ((size_t)(top + y) * (size_t)image->width + (size_t)left);
        for (int x = 0; x < tile_width / n; x++, out += 3) {
            unsigned sum[3] = {0};
            for (int v = 0; v < n; v++) {
                const uint8_t *in =
                    tile + 4 * ((size_t)(tile_height - 1 - (y * n + v)) * (size_t)tile_width + (size_t)x * (size_t)n);
                for (int u = 0; u < n; u++, in += 4)
                    for (int c = 0; c < 3; c++) sum[c] += in[c];
            }
            for (int c = 0; c < 3; c++) out[c] = (uint8_t)((sum[c] + (unsigned)(n * n) / 2) / (unsigned)(n * n));
        }
    }
}

bool renderer_picture(struct renderer *renderer, const struct scene *scene, int width, int height, float scale,
                      int supersample, struct job *job, struct image *image, struct error *error) {
    *image = (struct image){0};
    if (width < 1 || height < 1 || width > LARGEST_PICTURE || height > LARGEST_PICTURE)
        return error_set(error, ERROR_INPUT, "a picture of %d × %d pixels cannot be drawn; each side may have 1 to %d",
                         width, height, LARGEST_PICTURE);
    int n = supersample < 1 ? 1 : supersample > 4 ? 4 : supersample;
    GLint most = LARGEST_TILE;
    glGetIntegerv(GL_MAX_RENDERBUFFER_SIZE, &most);
    /* One tile where that fits in memory easily, else tiles whose sides are whole pixels of the picture. */
    bool one = width * n <= most && height * n <= most && width * n <= LARGEST_WHOLE && height * n <= LARGEST_WHOLE;
    int side = (most < LARGEST_TILE ? most : LARGEST_TILE) / n;
    int tile_width = one || width < side ? width : side, tile_height = one || height < side ? height : side;
    struct canvas_target target;
    renderer->direct = false;
    bool good = target_create(&target, tile_width * n, tile_height * n, error);
    if (good) {
        /* A size that a person chose may be too large for this machine: that ends the picture, not the program. */
        *image = (struct image){.width = width, .height = height, .rgb = calloc((size_t)width * (size_t)height, 3)};
        uint8_t *pixels = calloc((size_t)tile_width * (size_t)tile_height * (size_t)(n * n), 4);
        if (!image->rgb || !pixels)
            good = error_set(error, ERROR_MACHINE,
                             "there is no memory for a picture of %d × %d pixels; a smaller one needs less", width, height);
        for (int top = 0; good && top < height; top += tile_height) {
            for (int left = 0; good && left < width; left += tile_width) {
                int columns = width - left < tile_width ? width - left : tile_width;
                int rows = height - top < tile_height ? height - top : tile_height;
                struct region region = {.picture_width = width * n,
                                        .picture_height = height * n,
                                        .x = left * n,
                                        .y = top * n,
                                        .width = columns * n,
                                        .height = rows * n,
                                        .scale = (scale > 0 ? scale : 1) * (float)n};
                renderer_draw_region(renderer, scene, &region, target.framebuffer, 0, 0);
                glBindFramebuffer(GL_READ_FRAMEBUFFER, target.framebuffer);
                glPixelStorei(GL_PACK_ALIGNMENT, 4);
                glReadPixels(0, 0, columns * n, rows * n, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
                if (renderer_lost(renderer)) {
                    good = error_set(error, ERROR_MACHINE, "the graphics driver was reset while the picture was drawn");
                    break;
                }
                if (renderer->statistics.refused) {
                    good = error_set(error, ERROR_MACHINE,
                                     "the graphics driver has no memory for a picture of %d × %d pixels; a smaller one, "
                                     "or one drawn less fine, needs less",
                                     width, height);
                    break;
                }
                shrink(pixels, columns * n, rows * n, n, image, left, top);
                job_note(job, ((double)top * width + (double)rows * (left + columns)) / ((double)width * height));
                good = job_going(job, error);
            }
        }
        free(pixels);
    }
    target_destroy(&target);
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
    return good;
}
