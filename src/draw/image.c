/* PNG files. */
#include "base/file.h"
#include "base/memory.h"
#include "draw/draw.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

struct complaint {
    jmp_buf back;
    char words[256];
};

static void png_failed(png_structp png, png_const_charp words) {
    struct complaint *complaint = png_get_error_ptr(png);
    bool writing = strcmp(words, "Write Error") == 0 && errno; /* of which the system knows more */
    snprintf(complaint->words, sizeof complaint->words, "%s", writing ? strerror(errno) : words);
    longjmp(complaint->back, 1);
}

static void png_warned(png_structp png, png_const_charp words) {
}

static bool write_rows(png_structp png, png_infop info, const struct image *image, FILE *stream,
                       struct complaint *complaint) {
    if (setjmp(complaint->back)) return false;
    png_init_io(png, stream);
    png_set_IHDR(png, info, (png_uint_32)image->width, (png_uint_32)image->height, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
    png_set_compression_level(png, 6);
    png_write_info(png, info);
    for (int y = 0; y < image->height; y++) png_write_row(png, image->rgb + (size_t)y * (size_t)image->width * 3);
    png_write_end(png, info);
    return true;
}

bool image_write_png(const struct image *image, const char *path, struct error *error) {
    struct outfile *outfile = outfile_create(path, error);
    if (!outfile) return false;
    struct complaint complaint = {.words = "no memory"};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &complaint, png_failed, png_warned);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    bool good = info && write_rows(png, info, image, outfile_stream(outfile), &complaint);
    png_destroy_write_struct(png ? &png : NULL, info ? &info : NULL);
    if (good) return outfile_commit(&outfile, error);
    outfile_abandon(&outfile);
    return error_set(error, ERROR_MACHINE, "%s: the picture cannot be written: %s", path, complaint.words);
}
