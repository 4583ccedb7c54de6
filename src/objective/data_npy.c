/* NumPy's .npy (format 1.0 to 3.0) and .npz, an archive of them; https://numpy.org/doc/stable/reference/generated/
 * numpy.lib.format.html. */
#include "objective/data_array.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A header is a Python dictionary such as {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }. */
struct header {
    const char *path;
    char text[1024];
    struct error *error;
};

/* What follows 'key': in the header, or NULL. */
static const char *find_value(const struct header *header, const char *key) {
    char quoted[32];
    snprintf(quoted, sizeof quoted, "'%s'", key);
    const char *at = strstr(header->text, quoted);
    if (!at) return NULL;
    at += strlen(quoted);
    at += strspn(at, " ");
    if (*at != ':') return NULL;
    return at + 1 + strspn(at + 1, " ");
}

static bool bad_header(const struct header *header, const char *what) {
    return error_set(header->error, ERROR_INPUT, "%s: the array's header %s; save it with numpy.save", header->path,
                     what);
}

static bool read_type(const struct header *header, struct array *array, bool *big_endian) {
    static const char codes[][3] = {"u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"};
    const char *descr = find_value(header, "descr");
    if (!descr || *descr != '\'' || strlen(descr) < 5) return bad_header(header, "has no descr");
    *big_endian = descr[1] == '>';
    if (!strchr("<>|=", descr[1])) return bad_header(header, "has a descr of more than one type");
    if (!strncmp(descr + 2, "b1'", 3)) {
        array->type = ARRAY_U8;
        return true;
    }
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (!strncmp(descr + 2, codes[i], 2) && descr[4] == '\'') {
            array->type = (enum array_type)i;
            return true;
        }
    return error_set(header->error, ERROR_INPUT,
                     "%s: numbers of type %.*s cannot be read; float64, float32 and whole numbers of 8 to 64 bits can",
                     header->path, (int)strcspn(descr + 1, "'"), descr + 1);
}

static bool read_shape(const struct header *header, struct array *array) {
    const char *at = find_value(header, "shape");
    if (!at || *at++ != '(') return bad_header(header, "has no shape");
    array->rank = 0;
    for (;;) {
        at += strspn(at, " ,");
        if (*at == ')') break;
        char *end;
        long long size = strtoll(at, &end, 10);
        if (end == at || size < 0) return bad_header(header, "has no shape");
        if (array->rank == ARRAY_RANK) return bad_header(header, "has more than four axes");
        array->shape[array->rank++] = size;
        at = end;
    }
    if (array->rank == 0) return bad_header(header, "is of a single number");
    return true;
}

bool npy_parse(const struct array_file *file, const unsigned char *bytes, size_t length, struct array *array) {
    const char *path = file->path;
    struct error *error = file->error;
    if (length < 12 || memcmp(bytes, "\x93NUMPY", 6) != 0)
        return error_set(error, ERROR_INPUT, "%s: is no array of NumPy's; a file of numpy.save is right", path);
    bool early = bytes[6] == 1;
    size_t start = early ? 10 : 12, size = bytes[8] | (size_t)bytes[9] << 8;
    if (!early) size |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    struct header header = {.path = path, .error = error};
    if (bytes[6] < 1 || bytes[6] > 3) return bad_header(&header, "is of an unknown version");
    if (size >= sizeof header.text || size > length - start) return bad_header(&header, "is cut or too long");
    memcpy(header.text, bytes + start, size);
    if (strlen(header.text) != size) return bad_header(&header, "is not text");
    bool big_endian = false;
    if (!read_type(&header, array, &big_endian) || !read_shape(&header, array)) return false;
    const char *order = find_value(&header, "fortran_order");
    if (!order) return bad_header(&header, "has no fortran_order");
    if (strncmp(order, "False", 5) != 0 && array->rank > 1)
        return error_set(error, ERROR_INPUT,
                         "%s: the array is stored column by column; save numpy.ascontiguousarray(it)", path);
    return array_decode(file, array, bytes + start + size, length - start - size, big_endian);
}

/* ---- files ---------------------------------------------------------------------------------------------------------
 */

static struct data *from_npz(const struct array_file *file, const unsigned char *bytes, size_t length) {
    static const char *const names[][2] = {{"x.npy", "y.npy"}, {"x_train.npy", "y_train.npy"}};
    struct array arrays[2] = {0};
    for (size_t k = 0; k < 2; k++) {
        unsigned char *members[2] = {NULL, NULL};
        size_t sizes[2];
        struct error own = {0};
        const struct array_file inner = {file->path, file->memory, &own};
        for (int i = 0; i < 2 && own.kind == ERROR_NONE; i++)
            members[i] = zip_member(&inner, bytes, length, names[k][i], &sizes[i]);
        bool found = members[0] && members[1];
        bool good = found;
        for (int i = 0; i < 2 && good; i++) good = npy_parse(&inner, members[i], sizes[i], &arrays[i]);
        free(members[0]);
        free(members[1]);
        if (good) return array_data("npz", file->path, &arrays[0], file->path, &arrays[1], file->error);
        free(arrays[0].values);
        if (own.kind != ERROR_NONE) {
            error_set(file->error, own.kind, "%s", own.message);
            return NULL;
        }
    }
    error_set(file->error, ERROR_INPUT,
              "%s: has no arrays x and y, nor x_train and y_train; numpy.savez(FILE, x=…, y=…) makes them", file->path);
    return NULL;
}

struct data *npy_read(const char *path, const char *target, size_t memory, struct error *error) {
    const struct array_file file = {path, memory, error}, other = {target, memory, error};
    size_t length, target_length = 0, most = array_most_bytes(memory);
    char *bytes = file_read(path, most, &length, error), *labels = NULL;
    struct data *data = NULL;
    struct array x = {0}, y = {0};
    if (!bytes) return NULL;
    if (length >= 4 && !memcmp(bytes, "PK\3\4", 4)) {
        if (target)
            error_set(error, ERROR_INPUT, "%s: an archive holds its own y; leave target out", path);
        else
            data = from_npz(&file, (const unsigned char *)bytes, length);
    } else if (!target) {
        error_set(error, ERROR_INPUT,
                  "%s: holds one array; name the file of the other, target: Y.npy, or save both with "
                  "numpy.savez",
                  path);
    } else if ((labels = file_read(target, most, &target_length, error)) &&
               npy_parse(&file, (const unsigned char *)bytes, length, &x)) {
        if (npy_parse(&other, (const unsigned char *)labels, target_length, &y))
            data = array_data("npy", path, &x, target, &y, error);
        free(x.values);
    }
    free(labels);
    free(bytes);
    return data;
}
