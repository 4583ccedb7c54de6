/* IDX, the format of the MNIST files: 0, 0, a type, the number of axes, each axis's length as a big-endian u32, the
 * numbers. http://yann.lecun.com/exdb/mnist/. May be gzipped, as they are handed out. */
#include "objective/data_array.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdlib.h>

static bool parse(const struct array_file *file, const unsigned char *bytes, size_t length, struct array *array) {
    const char *path = file->path;
    struct error *error = file->error;
    if (length < 4 || bytes[0] != 0 || bytes[1] != 0)
        return error_set(error, ERROR_INPUT, "%s: is no IDX file; such as train-images-idx3-ubyte is right", path);
    switch (bytes[2]) {
    case 0x08: array->type = ARRAY_U8; break;
    case 0x09: array->type = ARRAY_I8; break;
    case 0x0b: array->type = ARRAY_I16; break;
    case 0x0c: array->type = ARRAY_I32; break;
    case 0x0d: array->type = ARRAY_F32; break;
    case 0x0e: array->type = ARRAY_F64; break;
    default:
        return error_set(error, ERROR_INPUT, "%s: has numbers of an unknown type 0x%02x; 0x08 to 0x0e are right", path,
                         bytes[2]);
    }
    array->rank = bytes[3];
    size_t start = 4 + 4 * (size_t)array->rank;
    if (array->rank < 1 || array->rank > ARRAY_RANK)
        return error_set(error, ERROR_INPUT, "%s: has %d axes; 1 to %d are right", path, array->rank, ARRAY_RANK);
    if (length < start) return error_set(error, ERROR_INPUT, "%s: ends within its header; the file is cut", path);
    for (int i = 0; i < array->rank; i++) {
        const unsigned char *b = bytes + 4 + 4 * i;
        array->shape[i] = (int64_t)b[0] << 24 | (int64_t)b[1] << 16 | (int64_t)b[2] << 8 | b[3];
    }
    return array_decode(file, array, bytes + start, length - start, true);
}

static bool read_array(const struct array_file *file, struct array *array) {
    size_t length;
    unsigned char *bytes = (unsigned char *)file_read(file->path, array_most_bytes(file->memory), &length, file->error);
    if (bytes) bytes = gzip_unpack(file, bytes, &length);
    bool good = bytes && parse(file, bytes, length, array);
    free(bytes);
    return good;
}

struct data *idx_read(const char *path, const char *target, size_t memory, struct error *error) {
    const struct array_file file = {path, memory, error}, other = {target, memory, error};
    struct array x = {0}, y = {0};
    if (!target) {
        error_set(error, ERROR_INPUT, "%s: holds the images; name the file of their labels, target: FILE", path);
        return NULL;
    }
    if (read_array(&file, &x) && read_array(&other, &y)) return array_data("idx", path, &x, target, &y, error);
    free(x.values);
    return NULL;
}
