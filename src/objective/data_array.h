/* Inside objective/: arrays as files hold them, before they are data. */
#pragma once

#include "objective/data.h"

enum { ARRAY_RANK = 4, ARRAY_BYTES = 1 << 30 };
/* Values of one array as float64: 2 GiB. */
static const int64_t ARRAY_VALUES = (int64_t)1 << 28;

enum array_type {
    ARRAY_U8,
    ARRAY_I8,
    ARRAY_U16,
    ARRAY_I16,
    ARRAY_U32,
    ARRAY_I32,
    ARRAY_U64,
    ARRAY_I64,
    ARRAY_F32,
    ARRAY_F64,
};

struct array {
    enum array_type type; /* in the file */
    int rank;
    int64_t shape[ARRAY_RANK];
    double *values; /* freed by the caller */
};

/* What the readers of a file share. */
struct array_file {
    const char *path;
    size_t memory; /* bytes its numbers may take as float64 */
    struct error *error;
};
size_t array_most_bytes(size_t memory); /* a file may have */

/* Bytes of the file as an array of a known type and shape; false when there are too many, or not as many as the shape
 * says. */
bool array_decode(const struct array_file *file, struct array *array, const unsigned char *bytes, size_t length,
                  bool big_endian);
bool array_is_whole(const struct array *array); /* integers by its type */
/* Data of x (samples × …) and y (samples: whole numbers are labels, others targets) or (samples × targets). Takes the
 * values of both. */
struct data *array_data(const char *name, const char *x_path, struct array *x, const char *y_path, struct array *y,
                        struct error *error);

/* data_npy.c: one array of the bytes of a .npy file. */
bool npy_parse(const struct array_file *file, const unsigned char *bytes, size_t length, struct array *array);
/* data_zip.c: a member of a .npz archive, unpacked (stored or deflated); freed by the caller. NULL with an error, or
 * without one when there is no member of that name. */
unsigned char *zip_member(const struct array_file *file, const unsigned char *bytes, size_t length, const char *name,
                          size_t *unpacked);
/* What was gzipped, when it was; else the bytes themselves. Takes over `bytes`. NULL with an error. */
unsigned char *gzip_unpack(const struct array_file *file, unsigned char *bytes, size_t *length);
