/* NumPy and IDX files (make_arrays.py), damaged ones, and what is done to data: parts, folds, shifts, augmentation. */
#include "base/file.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "objective/data.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SAMPLES = 12, FEATURES = 6 };

static char *fixture(const char *name) {
    return name ? path_join(FIXTURES "/objective/arrays", name) : NULL;
}

static struct data *read_files(bool idx, const char *name, const char *target, bool raw, struct error *error) {
    char *path = fixture(name), *other = fixture(target);
    struct data_params params = {.target = other, .raw = raw};
    *(idx ? &params.idx : &params.npy) = path;
    struct data *data = data_create(&params, error);
    free(path);
    free(other);
    return data;
}

static double expected(int sample, int place) {
    return (7 * sample + place + 45) % 50;
}

static void check_values(const char *name, struct data *data, double divided) {
    assert_int_equal(data->samples, SAMPLES);
    assert_int_equal(data->features, FEATURES);
    for (int i = 0; i < SAMPLES * FEATURES; i++)
        if (data->x[i] != expected(i / FEATURES, i % FEATURES) / divided)
            fail_msg("%s: x[%d] = %g", name, i, data->x[i]);
}

static void every_format_holds_the_same_numbers(void **state) {
    static const struct {
        bool idx;
        const char *name, *target;
    } cases[] = {
        {false, "x_f8_little.npy", "labels.npy"},
        {false, "x_f8_big.npy", "labels.npy"},
        {false, "x_f4_little.npy", "labels.npy"},
        {false, "x_u1_little.npy", "labels.npy"},
        {false, "x_i1_little.npy", "labels.npy"},
        {false, "x_i2_big.npy", "labels.npy"},
        {false, "x_u2_little.npy", "labels.npy"},
        {false, "x_i4_little.npy", "labels.npy"},
        {false, "x_u4_big.npy", "labels.npy"},
        {false, "x_i8_little.npy", "labels.npy"},
        {false, "x_u8_little.npy", "labels.npy"},
        {false, "stored.npz", NULL},
        {false, "packed.npz", NULL},
        {true, "images.idx", "labels.idx"},
        {true, "doubles.idx", "labels.idx.gz"},
        {true, "shorts.idx", "labels.idx"},
        {true, "images.idx.gz", "labels.idx.gz"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {0};
        struct data *data = read_files(cases[i].idx, cases[i].name, cases[i].target, true, &error);
        if (!data) fail_msg("%s", error.message);
        check_values(cases[i].name, data, 1);
        assert_int_equal(data->kind, DATA_CLASSES);
        assert_int_equal(data->classes, 3);
        for (int s = 0; s < SAMPLES; s++) assert_int_equal(data->labels[s], s % 3);
        data_destroy(&data);
    }
    struct error error = {0};
    struct data *data = read_files(true, "images.idx", "labels.idx", false, &error);
    check_values("pixels", data, 255);
    data_destroy(&data);
    data = read_files(false, "x_f8_little.npy", "targets.npy", true, &error);
    assert_int_equal(data->kind, DATA_TARGETS);
    assert_int_equal(data->targets, 2);
    for (int s = 0; s < SAMPLES; s++) assert_true(data->y[2 * s] == expected(s, 0) / 2 && data->y[2 * s + 1] == -s);
    data_destroy(&data);
    data = read_files(false, "x_f8_little.npy", "column.npy", false, &error);
    assert_int_equal(data->targets, 1);
    double mean = 0, square = 0;
    for (int s = 0; s < SAMPLES; s++) mean += data->x[s * FEATURES + 2] / SAMPLES;
    for (int s = 0; s < SAMPLES; s++) square += data->x[s * FEATURES + 2] * data->x[s * FEATURES + 2] / SAMPLES;
    assert_near(mean, 0, 1e-14);
    assert_near(square, 1, 1e-14);
    data_destroy(&data);
}

static void bad_files_are_answered(void **state) {
    static const struct {
        bool idx;
        const char *name, *target, *message;
    } cases[] = {
        {false, "x_f8_little.npy", NULL, "holds one array; name the file of the other"},
        {false, "stored.npz", "labels.npy", "leave target out"},
        {false, "nameless.npz", NULL, "has no arrays x and y"},
        {false, "fortran.npy", "labels.npy", "numpy.ascontiguousarray"},
        {false, "complex.npy", "labels.npy", "numbers of type <c16 cannot be read"},
        {false, "images.idx", "labels.npy", "no array of NumPy's"},
        {false, "x_f8_little.npy", "images.idx", "images.idx: is no array of NumPy's"},
        {false, "x_f8_little.npy", "x_f8_little.npy", "one for each is right"},
        {true, "images.idx", NULL, "name the file of their labels"},
        {true, "labels.npy", "labels.idx", "is no IDX file"},
        {true, "images.idx", "images.idx", "one for each is right"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {0};
        assert_null(read_files(cases[i].idx, cases[i].name, cases[i].target, true, &error));
        assert_int_equal(error.kind, ERROR_INPUT);
        if (!strstr(error.message, cases[i].message)) fail_msg("“%s” lacks “%s”", error.message, cases[i].message);
    }
}

static void write_file(const char *path, const void *bytes, size_t length) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void labels_must_be_in_range(void **state) {
    char path[] = "/tmp/saddlescope-labels-XXXXXX";
    int descriptor = mkstemp(path);
    close(descriptor);
    static const struct {
        int8_t label;
        const char *message;
    } cases[] = {{-1, "label -1 of sample 4 is out of range; labels 0 to 99"}, {100, "label 100 of sample 4"}};
    for (size_t i = 0; i < 2; i++) {
        unsigned char bytes[8 + SAMPLES] = {0, 0, 0x09, 1, 0, 0, 0, SAMPLES};
        bytes[8 + 3] = (unsigned char)cases[i].label;
        write_file(path, bytes, sizeof bytes);
        char *images = fixture("images.idx");
        struct error error = {0};
        assert_null(data_create(&(struct data_params){.idx = images, .target = path}, &error));
        if (!strstr(error.message, cases[i].message)) fail_msg("%s", error.message);
        free(images);
    }
    /* More than memory allows is refused by what the header says, before anything is taken. */
    const unsigned char huge[] = {0,    0,    0x0e, 3,    0x7f, 0xff, 0xff, 0xff,
                                  0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff};
    write_file(path, huge, sizeof huge);
    struct error error = {0};
    assert_null(data_create(&(struct data_params){.idx = path, .target = path}, &error));
    assert_non_null(strstr(error.message, "take over 2048.0 MiB"));
    unlink(path);
}

/* ---- more than memory allows ------------------------------------------------------------------------------------- */

static void data_take_no_more_memory_than_they_may(void **state) {
    enum { NUMBERS = SAMPLES * FEATURES * (int)sizeof(double) };
    static const struct {
        bool idx;
        const char *name, *target;
    } cases[] = {{false, "x_f8_little.npy", "labels.npy"},
                 {false, "x_u1_little.npy", "labels.npy"},
                 {false, "stored.npz", NULL},
                 {false, "packed.npz", NULL},
                 {true, "images.idx", "labels.idx"},
                 {true, "images.idx.gz", "labels.idx.gz"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = fixture(cases[i].name), *target = fixture(cases[i].target);
        for (int less = 0; less < 2; less++) {
            struct data_params params = {.target = target, .memory = NUMBERS - (size_t)less};
            *(cases[i].idx ? &params.idx : &params.npy) = path;
            struct error error = {0};
            struct data *data = data_create(&params, &error);
            if ((data == NULL) != (less == 1))
                fail_msg("%s with %zu bytes: %s", path, params.memory, data ? "taken" : error.message);
            if (less && !strstr(error.message, "the most that data may take")) fail_msg("%s", error.message);
            data_destroy(&data);
        }
        free(path);
        free(target);
    }
    char table[] = "/tmp/saddlescope-table-XXXXXX";
    int descriptor = mkstemp(table);
    static const char rows[] = "x,y\n1,2\n3,4\n5,6\n";
    assert_int_equal(write(descriptor, rows, sizeof rows - 1), sizeof rows - 1);
    close(descriptor);
    struct error error = {0};
    struct data *data = data_create(&(struct data_params){.csv = table, .target = "y", .memory = 24}, &error);
    assert_non_null(data);
    data_destroy(&data);
    assert_null(data_create(&(struct data_params){.csv = table, .target = "y", .memory = 23}, &error));
    if (!strstr(error.message, ":4:1: the table's numbers take over")) fail_msg("%s", error.message);
    unlink(table);
}

/* A file of 8 GiB, most of them never written: refused by its size, whatever it says of itself, before it is read. */
static void a_file_too_large_is_not_read(void **state) {
    char path[] = "/tmp/saddlescope-large-XXXXXX";
    int descriptor = mkstemp(path);
    const unsigned char header[] = {0, 0, 0x08, 3, 0, 0, 0, 100, 0, 0, 0, 28, 0, 0, 0, 28};
    assert_int_equal(write(descriptor, header, sizeof header), sizeof header);
    if (ftruncate(descriptor, (off_t)8 << 30) == 0) { /* some file systems cannot */
        char *labels = fixture("labels.idx");
        const struct data_params asked[] = {{.idx = path, .target = labels},
                                            {.idx = labels, .target = path},
                                            {.npy = path, .target = path},
                                            {.csv = path, .target = "y"}};
        for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
            struct error error = {0};
            assert_null(data_create(&asked[i], &error));
            assert_int_equal(error.kind, ERROR_INPUT);
            if (!strstr(error.message, path) || !strstr(error.message, "is larger than")) fail_msg("%s", error.message);
        }
        free(labels);
    }
    close(descriptor);
    unlink(path);
}

/* Headers put together at random of what headers have: huge, negative and missing numbers, other types, other orders.
 */
static void made_up_headers_do_no_harm(void **state) {
    static const char *const types[] = {"<f8", ">f4", "|u1", "<i2", "<c16", "|b1", "<f16", "", "'", "<U3"};
    static const char *const orders[] = {"False", "True", "", "0"};
    static const char *const axes[] = {
        "12", "6", "0", "-3", "9223372036854775807", "99999999999999999999", "1,", "x", " ", "4294967296", "2", "1"};
    enum { ROUNDS = 1000, TYPES = 10, ORDERS = 4, AXES = 12 };
    char path[] = "/tmp/saddlescope-header-XXXXXX";
    close(mkstemp(path));
    char *labels = fixture("labels.npy");
    struct random random = random_seeded(8, 0);
    int good = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct text header = {0};
        bool usual = random_below(&random, 3) > 0;
        text_format(&header, "{'descr': '%s', 'fortran_order': %s, 'shape': (",
                    types[random_below(&random, usual ? 4 : TYPES)], orders[usual ? 0 : random_below(&random, ORDERS)]);
        bool whole = usual && random_below(&random, 2);
        if (whole) text_append(&header, "12, 6");
        for (size_t axis = whole ? 0 : random_below(&random, 6) + usual; axis > 0; axis--)
            text_format(&header, "%s, ", axes[random_below(&random, AXES)]);
        text_append(&header, random_below(&random, 8) ? "), }\n" : "");
        unsigned char file[2048] = {
            0x93, 'N', 'U', 'M', 'P', 'Y', (unsigned char)(usual ? 1 : random_below(&random, 5)), 0};
        size_t told = random_below(&random, 10) ? header.length : (size_t)random_below(&random, 1200);
        file[8] = (unsigned char)told;
        file[9] = (unsigned char)(told >> 8);
        memcpy(file + 10, header.bytes, header.length);
        size_t length = 10 + header.length,
               numbers[] = {72 * 8, 72 * 4, 72, 144, 12 * 8, 0, random_below(&random, 1000)};
        length += numbers[random_below(&random, 7)];
        write_file(path, file, length);
        struct error error = {0};
        struct data *data = data_create(&(struct data_params){.npy = path, .target = labels}, &error);
        if (!data && (error.kind != ERROR_INPUT || !(strstr(error.message, path) || strstr(error.message, labels))))
            fail_msg("%s is answered with “%s”", header.bytes, error.message);
        good += data != NULL;
        data_destroy(&data);
        text_clear(&header);
    }
    /* IDX: any type and any axes over the same bytes. */
    for (int round = 0; round < ROUNDS; round++) {
        unsigned char file[512] = {0, 0, (unsigned char)(8 + random_below(&random, 8)),
                                   (unsigned char)random_below(&random, 6)};
        for (size_t i = 4; i < 4 + 16; i++) file[i] = random_below(&random, 4) ? 0 : (unsigned char)random_u64(&random);
        file[7] = SAMPLES;
        if (random_below(&random, 2)) file[11] = FEATURES;
        size_t length = random_below(&random, 2) ? 4 + 4 * (size_t)file[3] + 72 : random_below(&random, sizeof file);
        write_file(path, file, length);
        struct error error = {0};
        char *own = fixture("labels.idx");
        struct data *data = data_create(&(struct data_params){.idx = path, .target = own}, &error);
        if (!data && (error.kind != ERROR_INPUT || !(strstr(error.message, path) || strstr(error.message, own))))
            fail_msg("%s", error.message);
        good += data != NULL;
        data_destroy(&data);
        free(own);
    }
    free(labels);
    unlink(path);
    assert_true(good > 20);
}

/* Bytes changed, cut and added: every answer is data or an error that names the file. */
static void damaged_files_do_no_harm(void **state) {
    static const struct {
        bool idx;
        const char *name, *target;
    } cases[] = {{false, "x_i2_big.npy", "labels.npy"},
                 {false, "stored.npz", NULL},
                 {false, "packed.npz", NULL},
                 {true, "images.idx", "labels.idx"},
                 {true, "images.idx.gz", "labels.idx"}};
    enum { ROUNDS = 600 };
    char path[] = "/tmp/saddlescope-array-XXXXXX";
    close(mkstemp(path));
    struct random random = random_seeded(31, 0);
    int good = 0, bad = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *whole = fixture(cases[i].name), *target = fixture(cases[i].target);
        struct error error = {0};
        size_t length;
        char *bytes = file_read(whole, 1 << 20, &length, &error);
        for (int round = 0; round < ROUNDS; round++) {
            char *copy = mem_zalloc(length + 8, 1);
            memcpy(copy, bytes, length);
            size_t cut = length;
            for (size_t k = random_below(&random, 4); k > 0; k--)
                copy[random_below(&random, length)] = (char)random_u64(&random);
            /* The ends hold the structure. */
            if (round % 2) copy[random_below(&random, length < 64 ? length : 64)] = (char)random_u64(&random);
            if (round % 3 == 0)
                copy[length - 1 - random_below(&random, length < 300 ? length : 300)] ^=
                    (char)(1 << random_below(&random, 8));
            if (round % 5 == 0) cut = random_below(&random, length + 8);
            write_file(path, copy, cut);
            struct data_params params = {.target = target, .raw = round % 2};
            *(cases[i].idx ? &params.idx : &params.npy) = path;
            error = (struct error){0};
            struct data *data = data_create(&params, &error);
            if (data) {
                for (int s = 0; s < data->samples * data->features; s++) assert_true(isfinite(data->x[s]));
                good++;
            } else {
                assert_int_equal(error.kind, ERROR_INPUT);
                bool named = strstr(error.message, path) || (target && strstr(error.message, target));
                if (!named) fail_msg("%s", error.message);
                bad++;
            }
            data_destroy(&data);
            free(copy);
        }
        free(bytes);
        free(whole);
        free(target);
    }
    unlink(path);
    assert_true(good > ROUNDS / 4 && bad > ROUNDS);
}

/* ---- parts ---------------------------------------------------------------------------------------------------------
 */

static struct data *digits(const struct data_params *changes) {
    struct data_params params = *changes;
    struct error error = {0};
    params.name = "digits";
    struct data *data = data_create(&params, &error);
    if (!data) fail_msg("%s", error.message);
    return data;
}

/* A number that tells samples of the digits apart (all but copies). */
static double mark(const struct data *data, int sample) {
    double sum = 1000 * data->labels[sample];
    for (int j = 0; j < data->features; j++)
        sum += data->x[(size_t)sample * (size_t)data->features + (size_t)j] * sin(j + 1);
    return sum;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The parts hold each sample of the whole once. */
static void assert_partition(const struct data *whole, const struct data *const *parts, size_t count) {
    double *all = MEM_NEW(double, whole->samples), *together = MEM_NEW(double, whole->samples);
    int used = 0;
    for (int i = 0; i < whole->samples; i++) all[i] = mark(whole, i);
    for (size_t p = 0; p < count; p++)
        for (int i = 0; i < parts[p]->samples; i++) {
            assert_true(used < whole->samples);
            together[used++] = mark(parts[p], i);
        }
    assert_int_equal(used, whole->samples);
    qsort(all, (size_t)used, sizeof *all, by_value);
    qsort(together, (size_t)used, sizeof *together, by_value);
    assert_memory_equal(all, together, (size_t)used * sizeof *all);
    free(all);
    free(together);
}

static void shares_are_held_back(void **state) {
    struct data *whole = digits(&(struct data_params){.seed = 4});
    struct data *parted = digits(&(struct data_params){.seed = 4, .validation = 0.2, .test = 0.1});
    assert_int_equal(parted->validation->samples, 359);
    assert_int_equal(parted->test->samples, 180);
    assert_int_equal(parted->samples, 1797 - 359 - 180);
    assert_partition(whole, (const struct data *[]){parted, parted->validation, parted->test}, 3);
    struct data *again = digits(&(struct data_params){.seed = 4, .validation = 0.2, .test = 0.1});
    assert_memory_equal(again->test->x, parted->test->x, 180 * 64 * sizeof(double));
    data_destroy(&again);
    again = digits(&(struct data_params){.seed = 5, .validation = 0.2, .test = 0.1});
    assert_true(memcmp(again->test->x, parted->test->x, 180 * 64 * sizeof(double)) != 0);
    data_destroy(&again);
    data_destroy(&parted);
    data_destroy(&whole);
    /* What scales is measured on the training samples alone. */
    struct error error = {0};
    struct data *iris = data_create(&(struct data_params){.name = "iris", .seed = 1, .test = 0.3}, &error);
    double train = 0, test = 0;
    for (int i = 0; i < iris->samples; i++) train += iris->x[4 * i] / iris->samples;
    for (int i = 0; i < iris->test->samples; i++) test += iris->test->x[4 * i] / iris->test->samples;
    assert_near(train, 0, 1e-13);
    assert_true(fabs(test) > 1e-6 && fabs(test) < 0.5);
    assert_string_equal(iris->test->class_names[2], iris->class_names[2]);
    data_destroy(&iris);
    assert_null(data_create(&(struct data_params){.name = "moons", .samples = 3, .noise = -1, .test = 0.9}, &error));
    assert_non_null(strstr(error.message, "cannot be parted"));
}

static void folds_cover_all(void **state) {
    struct data *whole = digits(&(struct data_params){.samples = 103, .seed = 2});
    struct data *validations[5], *train;
    struct error error = {0};
    for (int fold = 0; fold < 5; fold++) {
        assert_true(data_fold(whole, 5, fold, 7, &train, &validations[fold], &error));
        assert_true(validations[fold]->samples == 20 || validations[fold]->samples == 21);
        assert_partition(whole, (const struct data *[]){train, validations[fold]}, 2);
        data_destroy(&train);
    }
    assert_partition(whole, (const struct data *const *)validations, 5);
    for (int fold = 0; fold < 5; fold++) data_destroy(&validations[fold]);
    assert_false(data_fold(whole, 104, 0, 7, &train, &validations[0], &error));
    assert_string_equal(error.message, "103 samples of digits cannot be parted into 104 folds; write 2 to 103");
    error = (struct error){0};
    assert_false(data_fold(whole, 5, 5, 7, &train, &validations[0], &error));
    assert_string_equal(error.message, "there is no fold 5 of 5; write 0 to 4");
    data_destroy(&whole);
}

static void tests_may_come_from_elsewhere(void **state) {
    const struct data_shift shift = {.rotate = 90, .scale = 2, .offset = 0.5};
    struct error error = {0};
    struct data_params params = {.name = "moons", .noise = -1, .samples = 100, .test = 0.4, .seed = 3};
    struct data *plain = data_create(&params, &error);
    params.shift = &shift;
    struct data *moved = data_create(&params, &error);
    assert_memory_equal(plain->x, moved->x, 120 * sizeof(double));
    for (int i = 0; i < 40; i++) {
        assert_near(moved->test->x[2 * i], 2 * -plain->test->x[2 * i + 1] + 0.5, 1e-14);
        assert_near(moved->test->x[2 * i + 1], 2 * plain->test->x[2 * i] + 0.5, 1e-14);
    }
    const struct data_shift noise = {.noise = 3};
    data_move(plain->test, &noise, 1);
    double square = 0;
    for (int i = 0; i < 80; i++) square += plain->test->x[i] * plain->test->x[i] / 80;
    assert_true(square > 5 && square < 16);
    data_destroy(&plain);
    data_destroy(&moved);
}

/* ---- augmentation --------------------------------------------------------------------------------------------------
 */

enum { SIDE = 4, AREA = SIDE * SIDE };

static void images_move_as_said(void **state) {
    double image[2 * AREA], out[2 * AREA];
    for (int i = 0; i < 2 * AREA; i++) image[i] = i + 1;
    bool seen[4] = {false};
    struct augmentation flips = {.channels = 2, .height = SIDE, .width = SIDE, .mirror = true, .upside_down = true};
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct random random = random_seeded(seed, 0);
        augmentation_apply(&flips, &random, image, out);
        bool mirrored = out[0] == image[SIDE - 1] || out[0] == image[AREA - 1];
        bool turned = out[0] == image[AREA - SIDE] || out[0] == image[AREA - 1];
        for (int c = 0; c < 2; c++)
            for (int i = 0; i < SIDE; i++)
                for (int j = 0; j < SIDE; j++)
                    assert_true(out[c * AREA + i * SIDE + j] ==
                                image[c * AREA + (turned ? SIDE - 1 - i : i) * SIDE + (mirrored ? SIDE - 1 - j : j)]);
        seen[2 * mirrored + turned] = true;
    }
    assert_true(seen[0] && seen[1] && seen[2] && seen[3]);
    /* A shift moves the centre of mass by what it says, as long as nothing leaves. */
    struct augmentation shift = {.channels = 1, .height = 9, .width = 9, .shift = 2};
    double spot[81] = {0}, moved[81], far = 0;
    spot[4 * 9 + 4] = 1;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct random random = random_seeded(seed, 0);
        augmentation_apply(&shift, &random, spot, moved);
        double mass = 0, row = 0, column = 0;
        for (int i = 0; i < 81; i++) {
            mass += moved[i];
            row += moved[i] * (i / 9);
            column += moved[i] * (i % 9);
        }
        assert_near(mass, 1, 1e-12);
        assert_true(fabs(row - 4) <= 2 && fabs(column - 4) <= 2);
        far = fmax(far, fabs(row - 4));
    }
    assert_true(far > 1);
    /* Nothing asked for: nothing done. */
    struct augmentation none = {.channels = 2, .height = SIDE, .width = SIDE};
    struct random random = random_seeded(1, 1);
    augmentation_apply(&none, &random, image, out);
    assert_memory_equal(image, out, sizeof image);
    assert_false(augmentation_acts(&none));
}

static void augmentation_acts_in_noisy_batches_alone(void **state) {
    const int layers[] = {64, 10};
    const struct augmentation shift = {.shift = 1, .rotate = 10, .zoom = 0.1, .noise = 0.02};
    struct error error = {0};
    struct network_params params = {.layers = layers, .layer_count = 2, .augmentation = &shift};
    struct objective *objective =
        objective_create_network(&params, digits(&(struct data_params){.samples = 300}), &error);
    assert_non_null(objective);
    struct evaluator *evaluator = evaluator_create(objective);
    int n = objective_dimension(objective), indices[300];
    double *theta = MEM_NEW(double, n), *gradient = MEM_NEW(double, n), *again = MEM_NEW(double, n);
    objective_initialise(objective, 1, theta);
    double still = evaluator_loss(evaluator, theta, NULL);
    for (int i = 0; i < 300; i++) indices[i] = i;
    struct batch batch = {.noisy = true, .seed = 9};
    double noisy = evaluator_gradient(evaluator, theta, &batch, gradient);
    assert_true(noisy != still && still == evaluator_loss(evaluator, theta, &(struct batch){0}));
    batch.indices = indices;
    batch.count = 300;
    assert_true(evaluator_gradient(evaluator, theta, &batch, again) == noisy); /* all, listed or not */
    assert_memory_equal(gradient, again, (size_t)n * sizeof *again);
    batch.seed = 10;
    assert_true(evaluator_loss(evaluator, theta, &batch) != noisy);
    free(theta);
    free(gradient);
    free(again);
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_holds_the_same_numbers),
        cmocka_unit_test(bad_files_are_answered),
        cmocka_unit_test(labels_must_be_in_range),
        cmocka_unit_test(data_take_no_more_memory_than_they_may),
        cmocka_unit_test(a_file_too_large_is_not_read),
        cmocka_unit_test(made_up_headers_do_no_harm),
        cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(shares_are_held_back),
        cmocka_unit_test(folds_cover_all),
        cmocka_unit_test(tests_may_come_from_elsewhere),
        cmocka_unit_test(images_move_as_said),
        cmocka_unit_test(augmentation_acts_in_noisy_batches_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
