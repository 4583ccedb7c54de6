#include "objective/data_array.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t type_bytes(enum array_type type) {
    static const unsigned char sizes[] = {1, 1, 2, 2, 4, 4, 8, 8, 4, 8};
    return sizes[type];
}

bool array_is_whole(const struct array *array) {
    return array->type < ARRAY_F32;
}

static double decode(enum array_type type, const unsigned char *bytes, bool big_endian) {
    size_t size = type_bytes(type);
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++) bits |= (uint64_t)bytes[big_endian ? size - 1 - i : i] << (8 * i);
    uint32_t low = (uint32_t)bits;
    float single;
    double whole;
    switch (type) {
    case ARRAY_U8:
    case ARRAY_U16:
    case ARRAY_U32:
    case ARRAY_U64: return (double)bits;
    case ARRAY_I8: return (int8_t)bits;
    case ARRAY_I16: return (int16_t)bits;
    case ARRAY_I32: return (int32_t)bits;
    case ARRAY_I64: return (double)(int64_t)bits;
    case ARRAY_F32: memcpy(&single, &low, sizeof single); return single;
    case ARRAY_F64: memcpy(&whole, &bits, sizeof whole); return whole;
    }
    return NAN;
}

size_t array_most_bytes(size_t memory) {
    enum { HEADERS = 1 << 16 };
    return memory < ARRAY_BYTES - HEADERS ? memory + HEADERS : ARRAY_BYTES;
}

/* How many numbers the shape has; 0 with an error when there are none or too many. */
static int64_t count_values(const struct array_file *file, const struct array *array) {
    int64_t count = 1, most = ARRAY_VALUES;
    if (file->memory / sizeof(double) < (size_t)most) most = (int64_t)(file->memory / sizeof(double));
    for (int i = 0; i < array->rank; i++) {
        int64_t axis = array->shape[i];
        if (axis < 1)
            error_set(file->error, ERROR_INPUT,
                      "%s: an array of shape with %lld in it holds nothing; samples × features is right", file->path,
                      (long long)axis);
        else if (count > most / axis)
            error_set(file->error, ERROR_INPUT,
                      "%s: the array has more than %lld numbers, which take over %.1f MiB here, the most that data may "
                      "take; fewer samples are right",
                      file->path, (long long)most, (double)most * sizeof(double) / (1 << 20));
        if (axis < 1 || count > most / axis) return 0;
        count *= axis;
    }
    return count;
}

bool array_decode(const struct array_file *file, struct array *array, const unsigned char *bytes, size_t length,
                  bool big_endian) {
    int64_t count = count_values(file, array);
    size_t size = type_bytes(array->type);
    if (count == 0) return false;
    if (length != (size_t)count * size)
        return error_set(file->error, ERROR_INPUT,
                         "%s: has %zu bytes of numbers where its shape needs %zu; the file is cut or damaged",
                         file->path, length, (size_t)count * size);
    array->values = MEM_NEW(double, count);
    for (size_t i = 0; i < (size_t)count; i++) array->values[i] = decode(array->type, bytes + i * size, big_endian);
    return true;
}

/* ---- data ----------------------------------------------------------------------------------------------------------
 */

static bool check_finite(const char *path, const struct array *array, int64_t count, int64_t width,
                         struct error *error) {
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(array->values[i]))
            return error_set(error, ERROR_INPUT,
                             "%s: the number at sample %lld, place %lld is not finite; leave such samples "
                             "out",
                             path, (long long)(i / width) + 1, (long long)(i % width) + 1);
    return true;
}

static bool fill_labels(const char *path, struct array *y, struct data **data, const char *name, int samples,
                        int features, struct error *error) {
    int most = 0;
    for (int i = 0; i < samples; i++) {
        double label = y->values[i];
        if (label < 0 || label >= DATA_CLASS_LIMIT)
            return error_set(error, ERROR_INPUT,
                             "%s: label %.0f of sample %d is out of range; labels 0 to %d are right", path, label,
                             i + 1, DATA_CLASS_LIMIT - 1);
        if (label > most) most = (int)label;
    }
    if (most < 1) return error_set(error, ERROR_INPUT, "%s: all labels are 0; two classes or more are right", path);
    *data = data_allocate(name, DATA_CLASSES, samples, features, most + 1);
    for (int i = 0; i < samples; i++) (*data)->labels[i] = (int32_t)y->values[i];
    return true;
}

static struct data *make(const char *name, const char *x_path, struct array *x, const char *y_path, struct array *y,
                         struct error *error) {
    struct data *data = NULL;
    int64_t samples = x->shape[0], features = 1, targets = y->rank == 2 ? y->shape[1] : 1;
    for (int i = 1; i < x->rank; i++) features *= x->shape[i];
    if (samples > DATA_SAMPLES || features > DATA_FEATURES || samples < 2) {
        error_set(error, ERROR_INPUT,
                  "%s: has %lld samples of %lld features; 2 to %d samples of 1 to %d features are right", x_path,
                  (long long)samples, (long long)features, DATA_SAMPLES, DATA_FEATURES);
        return NULL;
    }
    if (y->rank > 2 || y->shape[0] != samples || targets > DATA_FEATURES) {
        error_set(error, ERROR_INPUT, "%s: has %lld targets for the %lld samples of %s; one for each is right", y_path,
                  (long long)y->shape[0], (long long)samples, x_path);
        return NULL;
    }
    if (!check_finite(x_path, x, samples * features, features, error) ||
        !check_finite(y_path, y, samples * targets, targets, error))
        return NULL;
    if (array_is_whole(y) && targets == 1) {
        if (!fill_labels(y_path, y, &data, name, (int)samples, (int)features, error)) return NULL;
    } else {
        data = data_allocate(name, DATA_TARGETS, (int)samples, (int)features, (int)targets);
        memcpy(data->y, y->values, (size_t)(samples * targets) * sizeof *data->y);
    }
    free(data->x);
    data->x = x->values;
    x->values = NULL;
    data->bytes = x->type == ARRAY_U8;
    return data;
}

struct data *array_data(const char *name, const char *x_path, struct array *x, const char *y_path, struct array *y,
                        struct error *error) {
    struct data *data = make(name, x_path, x, y_path, y, error);
    free(x->values);
    free(y->values);
    x->values = y->values = NULL;
    return data;
}
