#include "objective/data.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

/* Byte-sized images and labels; assets/data/README.md describes the format. */
enum { IMAGES_HEADER = 16, FILE_LIMIT = 1 << 20 };

static uint32_t read_u32(const unsigned char *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* NULL when the bytes are not such a file. */
static struct data *parse_images(const unsigned char *bytes, size_t length) {
    if (length < IMAGES_HEADER || memcmp(bytes, "SLB1", 4) != 0) return NULL;
    uint32_t samples = read_u32(bytes + 4), features = read_u32(bytes + 8), classes = read_u32(bytes + 12);
    if (samples < 1 || samples > DATA_SAMPLES || features < 1 || features > DATA_FEATURES || classes < 2 ||
        classes > 10)
        return NULL;
    if (length != IMAGES_HEADER + (size_t)samples * (1 + (size_t)features)) return NULL;
    const unsigned char *labels = bytes + IMAGES_HEADER, *pixels = labels + samples;
    for (size_t i = 0; i < samples; i++)
        if (labels[i] >= classes) return NULL;
    struct data *data = data_allocate("digits", DATA_CLASSES, (int)samples, (int)features, (int)classes);
    for (size_t i = 0; i < samples; i++) data->labels[i] = labels[i];
    for (size_t i = 0; i < (size_t)samples * features; i++) data->x[i] = pixels[i];
    data->class_names = MEM_NEW(char *, classes);
    for (uint32_t c = 0; c < classes; c++) {
        const char name[2] = {(char)('0' + c), '\0'};
        data->class_names[c] = mem_copy_text(name);
    }
    return data;
}

static struct data *read_digits(const char *path, struct error *error) {
    size_t length;
    char *bytes = file_read(path, FILE_LIMIT, &length, error);
    if (!bytes) return NULL;
    struct data *data = parse_images((const unsigned char *)bytes, length);
    free(bytes);
    if (!data)
        error_set(error, ERROR_INPUT,
                  "%s: is not a file of images as assets/data/README.md describes them; install it anew", path);
    return data;
}

static struct data *read_iris(const char *path, struct error *error) {
    return csv_read(path, "species", SIZE_MAX, NULL, error);
}

static const struct real_set {
    const char *name, *file, *description, *attribution;
    struct data *(*read)(const char *path, struct error *error);
} real_sets[] = {
    {"digits", "data/digits.bin", "1,797 handwritten digits, 8×8 pixels, ten classes (UCI)",
     "Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, "
     "https://doi.org/10.24432/C50P49, CC BY 4.0",
     read_digits},
    {"iris", "data/iris.csv", "150 irises of three species, four measures each (Fisher 1936, UCI)",
     "Iris, R. A. Fisher (1936), UCI Machine Learning Repository, https://doi.org/10.24432/C56C76, CC BY 4.0",
     read_iris},
};

static const struct real_set *find(const char *name) {
    for (size_t i = 0; i < sizeof real_sets / sizeof *real_sets; i++)
        if (strcmp(real_sets[i].name, name) == 0) return &real_sets[i];
    return NULL;
}

bool real_set_exists(const char *name) {
    return find(name) != NULL;
}

const char *real_set_description(const char *name) {
    return find(name)->description;
}

struct data *real_set_read(const char *name, struct error *error) {
    const struct real_set *set = find(name);
    char *folder = assets_folder(error);
    if (!folder) return NULL;
    char *path = path_join(folder, set->file);
    struct data *data = set->read(path, error);
    if (data) {
        free(data->name);
        data->name = mem_copy_text(set->name);
        data->attribution = mem_copy_text(set->attribution);
    }
    free(path);
    free(folder);
    return data;
}
