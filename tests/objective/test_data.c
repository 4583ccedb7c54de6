#include "base/file.h"
#include "base/memory.h"
#include "objective/objective.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/saddlescope-data-XXXXXX";
static char table[64]; /* the path that write_table() writes */

static int make_folder(void **state) {
    if (!mkdtemp(folder)) return -1;
    snprintf(table, sizeof table, "%s/t.csv", folder);
    return 0;
}

static int remove_folder(void **state) {
    unlink(table);
    return rmdir(folder);
}

static void write_table(const char *bytes, size_t length) {
    FILE *file = fopen(table, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static struct data *create(const struct data_params *params) {
    struct error error = {0};
    struct data *data = data_create(params, &error);
    if (!data) fail_msg("%s", error.message);
    return data;
}

static struct data *read_table(const char *text, const char *target) {
    write_table(text, strlen(text));
    return create(&(struct data_params){.csv = table, .target = target, .raw = true});
}

/* ---- made ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    enum data_kind kind;
    int features, outputs;
} made[] = {
    {"xor", DATA_CLASSES, 2, 2},     {"blobs", DATA_CLASSES, 2, 3},   {"moons", DATA_CLASSES, 2, 2},
    {"circles", DATA_CLASSES, 2, 2}, {"spirals", DATA_CLASSES, 2, 2}, {"line", DATA_TARGETS, 1, 1},
    {"sine", DATA_TARGETS, 1, 1},    {"cubic", DATA_TARGETS, 1, 1},   {"step", DATA_TARGETS, 1, 1},
};
enum { MADE = sizeof made / sizeof *made };

static void every_name_makes_data(void **state) {
    for (size_t i = 0; i < data_name_count; i++) {
        struct data *data = create(&(struct data_params){.name = data_names[i], .noise = -1, .seed = 1});
        assert_string_equal(data->name, data_names[i]);
        assert_non_null(data_description(data_names[i]));
        data_destroy(&data);
        assert_null(data);
    }
    assert_null(data_description("weather"));
}

static void made_data_are_balanced_finite_and_of_their_kind(void **state) {
    for (size_t m = 0; m < MADE; m++) {
        const int counts[] = {0, 2, 3, 7, 100, 1000};
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            struct data *data =
                create(&(struct data_params){.name = made[m].name, .samples = counts[c], .noise = -1, .seed = 9});
            assert_int_equal(data->samples, counts[c] ? counts[c] : 256);
            assert_int_equal(data->kind, made[m].kind);
            assert_int_equal(data->features, made[m].features);
            assert_null(data->attribution);
            for (int i = 0; i < data->samples * data->features; i++) assert_true(fabs(data->x[i]) < 5);
            if (data->kind == DATA_CLASSES) {
                assert_int_equal(data->classes, made[m].outputs);
                int members[3] = {0};
                for (int i = 0; i < data->samples; i++) members[data->labels[i]]++;
                for (int k = 0; k < data->classes; k++)
                    assert_true(abs(members[k] * data->classes - data->samples) <= 2 * data->classes);
            } else {
                assert_int_equal(data->targets, 1);
                for (int i = 0; i < data->samples; i++) assert_true(fabs(data->y[i]) < 5);
            }
            data_destroy(&data);
        }
    }
}

static void a_seed_gives_its_bits(void **state) {
    for (size_t m = 0; m < MADE; m++) {
        struct data *a = create(&(struct data_params){.name = made[m].name, .noise = -1, .seed = 4});
        struct data *b = create(&(struct data_params){.name = made[m].name, .noise = -1, .seed = 4});
        struct data *c = create(&(struct data_params){.name = made[m].name, .noise = -1, .seed = 5});
        const double *x = a->y ? a->y : a->x, *y = b->y ? b->y : b->x, *z = c->y ? c->y : c->x;
        size_t bytes = (size_t)a->samples * (size_t)(a->y ? 1 : a->features) * sizeof *x;
        assert_memory_equal(x, y, bytes);
        assert_memory_not_equal(x, z, bytes);
        data_destroy(&a);
        data_destroy(&b);
        data_destroy(&c);
    }
}

/* Without noise every point lies on its formula. */
static void made_data_follow_their_formulas(void **state) {
    struct data *d = create(&(struct data_params){.name = "circles", .samples = 51});
    for (int i = 0; i < 51; i++) assert_near(hypot(d->x[2 * i], d->x[2 * i + 1]), d->labels[i] ? 0.5 : 1, 1e-15);
    data_destroy(&d);
    d = create(&(struct data_params){.name = "moons", .samples = 51});
    for (int i = 0; i < 51; i++) {
        double x = d->x[2 * i] + (d->labels[i] ? -0.5 : 0.5), y = d->x[2 * i + 1] + (d->labels[i] ? -0.25 : 0.25);
        assert_near(hypot(x, y), 1, 1e-15);
        assert_true(d->labels[i] ? y < 1e-12 : y > -1e-12);
    }
    data_destroy(&d);
    d = create(&(struct data_params){.name = "xor", .samples = 8});
    for (int i = 0; i < 8; i++) assert_int_equal(d->labels[i], d->x[2 * i] * d->x[2 * i + 1] < 0);
    assert_true(d->x[0] != d->x[2] || d->x[1] != d->x[3]);
    data_destroy(&d);
    d = create(&(struct data_params){.name = "blobs", .samples = 30, .classes = 5});
    assert_int_equal(d->classes, 5);
    for (int i = 0; i < 30; i++) assert_near(hypot(d->x[2 * i], d->x[2 * i + 1]), 1.5, 1e-15);
    data_destroy(&d);
    d = create(&(struct data_params){.name = "spirals", .samples = 40});
    for (int i = 0; i < 40; i += 2) /* the arms are each other's half turn */
        for (int j = 0; j < 2; j++) assert_near(d->x[2 * i + j], -d->x[2 * i + 2 + j], 1e-14);
    for (int i = 0; i < 20; i++) { /* one and a half turns, from a tenth of the radius out to 1.5 */
        double t = 0.1 + 0.9 * i / 19, angle = 3 * acos(-1) * t, x = d->x[4 * i], y = d->x[4 * i + 1];
        assert_near(x * cos(angle) + y * sin(angle), 1.5 * t, 1e-14);
        assert_near(hypot(x, y), 1.5 * t, 1e-14);
    }
    data_destroy(&d);
    d = create(&(struct data_params){.name = "sine", .samples = 5});
    const double x[] = {-1, -0.5, 0, 0.5, 1}, y[] = {0, -1, 0, 1, 0};
    for (int i = 0; i < 5; i++) {
        assert_near(d->x[i], x[i], 0);
        assert_near(d->y[i], y[i], 1e-15);
    }
    data_destroy(&d);
    d = create(&(struct data_params){.name = "cubic", .samples = 5});
    const double cubic[] = {-1, 0.25, 0, -0.25, 1};
    for (int i = 0; i < 5; i++) assert_near(d->y[i], cubic[i], 1e-15);
    data_destroy(&d);
    d = create(&(struct data_params){.name = "step", .samples = 5});
    for (int i = 0; i < 5; i++) assert_near(d->y[i], i < 2 ? -0.5 : 0.5, 0);
    data_destroy(&d);
    d = create(&(struct data_params){.name = "line", .samples = 2000, .noise = 0.3, .seed = 2});
    double squares = 0;
    for (int i = 0; i < 2000; i++) squares += pow(d->y[i] - (0.7 * d->x[i] - 0.2), 2) / 2000;
    assert_near(sqrt(squares), 0.3, 0.02);
    data_destroy(&d);
}

/* ---- real ------------------------------------------------------------------------------------------------------ */

/* Sums over scikit-learn's copies, as oracle_data.py prints them. */
static const uint32_t DIGITS_SUM = 3233405220u, IRIS_SUM = 358080719u;

static void real_data_are_those_of_scikit_learn(void **state) {
    struct data *d = create(&(struct data_params){.name = "digits", .raw = true});
    assert_int_equal(d->samples, 1797);
    assert_int_equal(d->features, 64);
    assert_int_equal(d->classes, 10);
    assert_non_null(strstr(d->attribution, "CC BY 4.0"));
    assert_string_equal(d->class_names[7], "7");
    uint32_t sum = 0;
    for (int i = 0; i < 1797 * 64; i++) sum = sum * 31 + (uint32_t)d->x[i];
    for (int i = 0; i < 1797; i++) sum = sum * 31 + (uint32_t)d->labels[i];
    assert_int_equal(sum, DIGITS_SUM);
    struct data *scaled = create(&(struct data_params){.name = "digits"});
    for (int i = 0; i < 1797 * 64; i++) assert_true(scaled->x[i] == d->x[i] / 16);
    data_destroy(&scaled);
    data_destroy(&d);
    d = create(&(struct data_params){.name = "iris", .raw = true});
    assert_int_equal(d->samples, 150);
    assert_int_equal(d->features, 4);
    assert_int_equal(d->classes, 3);
    assert_string_equal(d->name, "iris");
    assert_string_equal(d->class_names[0], "setosa");
    assert_string_equal(d->class_names[2], "virginica");
    sum = 0;
    for (int i = 0; i < 600; i++) sum = sum * 31 + (uint32_t)lround(10 * d->x[i]);
    for (int i = 0; i < 150; i++) sum = sum * 31 + (uint32_t)d->labels[i];
    assert_int_equal(sum, IRIS_SUM);
    data_destroy(&d);
}

static void features_are_standardised(void **state) {
    struct data *d = create(&(struct data_params){.name = "iris"});
    for (int j = 0; j < 4; j++) {
        double mean = 0, variance = 0;
        for (int i = 0; i < 150; i++) mean += d->x[4 * i + j] / 150;
        for (int i = 0; i < 150; i++) variance += pow(d->x[4 * i + j] - mean, 2) / 150;
        assert_near(mean, 0, 1e-14);
        assert_near(variance, 1, 1e-13);
    }
    data_destroy(&d);
    const char text[] = "a,b,c,y\n1e308,7.1,0,0.5\n-1e308,7.1,0,1.5\n";
    write_table(text, sizeof text - 1);
    d = create(&(struct data_params){.csv = table, .target = "y"});
    const double wanted[] = {1, 0, 0, -1, 0, 0};
    for (int i = 0; i < 6; i++) assert_near(d->x[i], wanted[i], 1e-15);
    assert_near(d->y[1], 1.5, 0);
    data_destroy(&d);
}

static void so_many_real_samples_in_a_seeded_order(void **state) {
    struct data *all = create(&(struct data_params){.name = "digits"});
    struct data *a = create(&(struct data_params){.name = "digits", .samples = 300, .seed = 1});
    struct data *b = create(&(struct data_params){.name = "digits", .samples = 500, .seed = 1});
    struct data *c = create(&(struct data_params){.name = "digits", .samples = 300, .seed = 2});
    assert_int_equal(a->samples, 300);
    assert_memory_equal(a->x, b->x, 300 * 64 * sizeof(double));
    assert_memory_equal(a->labels, b->labels, 300 * sizeof(int32_t));
    assert_memory_not_equal(a->x, c->x, 300 * 64 * sizeof(double));
    for (int i = 0; i < 300; i++) { /* each is a real one, with its own label */
        int found = 0;
        for (int k = 0; k < all->samples; k++)
            found += all->labels[k] == a->labels[i] && memcmp(all->x + 64 * k, a->x + 64 * i, 64 * sizeof(double)) == 0;
        assert_int_equal(found, 1);
    }
    data_destroy(&all);
    data_destroy(&a);
    data_destroy(&b);
    data_destroy(&c);
}

/* ---- tables ---------------------------------------------------------------------------------------------------- */

static void a_table_may_be_written_in_many_ways(void **state) {
    static const char *const texts[] = {
        "a,b,y\n1,2,0.5\n-3,4e2,1.5\n",
        "a,b,y\r\n1,2,0.5\r\n-3,4e2,1.5\r\n",
        "a,b,y\r1,2,0.5\r-3,4e2,1.5",
        "\xEF\xBB\xBF"
        "a,b,y\n1,2,0.5\n-3,4e2,1.5",
        "\"a\",\"b\",\"y\"\n\"1\",\"2\",\"0.5\"\n\"-3\",\"4e2\",\"1.5\"\n",
        "\n\na, b ,\ty\n +1 , 2.0,.5\n\n  \n -3.,400,\"1.5\"  \n\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct data *d = read_table(texts[i], "y");
        assert_string_equal(d->name, "t.csv");
        assert_int_equal(d->kind, DATA_TARGETS);
        assert_int_equal(d->samples, 2);
        assert_int_equal(d->features, 2);
        assert_int_equal(d->targets, 1);
        const double x[] = {1, 2, -3, 400}, y[] = {0.5, 1.5};
        assert_memory_equal(d->x, x, sizeof x);
        assert_memory_equal(d->y, y, sizeof y);
        data_destroy(&d);
    }
}

static void the_target_may_stand_anywhere_and_make_classes(void **state) {
    struct data *d = read_table(
        "\"the \"\"kind\"\"\",x\n\"b,1\",1\na,2\n\"b,1\",3\n\"two\nlines\",4\n\xC3\xA9t\xC3\xA9,5\n", "the \"kind\"");
    assert_int_equal(d->kind, DATA_CLASSES);
    assert_int_equal(d->classes, 4);
    const char *const names[] = {"a", "b,1", "two\nlines", "été"};
    const int32_t labels[] = {1, 0, 1, 2, 3};
    for (int i = 0; i < 4; i++) assert_string_equal(d->class_names[i], names[i]);
    assert_memory_equal(d->labels, labels, sizeof labels);
    data_destroy(&d);
    d = read_table("x,y,z\n1,10,1\n2,-0,2\n3,1e1,3\n4,2,4\n", "y"); /* whole numbers, in the order of their size */
    assert_int_equal(d->classes, 3);
    const int32_t whole[] = {2, 0, 2, 1};
    assert_memory_equal(d->labels, whole, sizeof whole);
    assert_string_equal(d->class_names[0], "0");
    assert_string_equal(d->class_names[2], "10");
    assert_near(d->x[7], 4, 0);
    data_destroy(&d);
    char text[4096] = "x,y\n"; /* 101 whole numbers are targets, 100 are classes */
    for (int i = 0; i < 101; i++) {
        snprintf(text + strlen(text), 32, "%d,%d\n", i, i);
        if (i != 99 && i != 100) continue;
        d = read_table(text, "y");
        assert_int_equal(d->kind, i == 99 ? DATA_CLASSES : DATA_TARGETS);
        data_destroy(&d);
    }
}

static void bad_tables_are_answered_with_their_place(void **state) {
    static const struct {
        const char *text, *target, *message; /* the path is put in front */
    } cases[] = {
        {"", "y", ":1:1: the file is empty; a header line and rows of numbers were expected"},
        {"\n \n", "y", ":1:1: the file is empty; a header line and rows of numbers were expected"},
        {"x,y\n", "y", ":2: the table has no rows under its header; at least two were expected"},
        {"x,y\n1,2\n", "y", ":3: the table has one row; at least two were expected"},
        {"y\n1\n2\n", "y", ":1: the header has one column only; at least one feature and the target were expected"},
        {"x;y\n1;2\n", "y", ":1: the header has one column only; separate the columns with commas"},
        {"x,,y\n1,2,3\n", "y", ":1:3: column 2 has no name; the first line must name every column"},
        {"x,y\n1,2\n", "z", ":1: there is no column “z”; the columns are x, y"},
        {"weight,height\n1,2\n", "heigth", ":1: there is no column “heigth”; did you mean “height”?"},
        {"1,2\n3,4\n", "y", ":1: the first line holds numbers only; it must name the columns"},
        {"x,y\n1,2\n", NULL, ":1: which column is the target? write target: and one of x, y"},
        {"y,y\n1,2\n", "y", ":1: the header names “y” 2 times; the target's name must be the only one"},
        {"x,y\n1,2\n,3\n", "y", ":3:1: column “x” has a hole here; fill it with a number or remove the row"},
        {"x,y\n1,2\nNaN,3\n", "y", ":3:1: column “x” has a hole here; fill it with a number or remove the row"},
        {"x,y\n1,2\n1,\n", "y", ":3:3: the target “y” has a hole here; fill it or remove the row"},
        {"x,y\n1,2\n1,", "y", ":3:3: the target “y” has a hole here; fill it or remove the row"},
        {"x,y\n1,2\nred,3\n", "y",
         ":3:1: “red” in column “x” is not a number; write one like −1.5 or 2e-3, or remove the column"},
        {"x,y\n0x10,2\n1,3\n", "y",
         ":2:1: “0x10” in column “x” is not a number; write one like −1.5 or 2e-3, or remove the column"},
        {"x,y\n1e999,2\n1,3\n", "y", ":2:1: “1e999” in column “x” is too large; at most 1.7e308 is possible"},
        {"x,y\ninf,2\n1,3\n", "y",
         ":2:1: “inf” in column “x” is not a number; write one like −1.5 or 2e-3, or remove the column"},
        {"x,y\n1,1e999\n", "y", ":2:3: “1e999” is too large; at most 1.7e308 is possible"},
        {"a,b,y\n1,2,3\n1,2\n", "y", ":3:3: this row has 2 fields; the header has 3 columns"},
        {"x,y\n1,2\n1,2,3\n", "y",
         ":3:5: this row has more fields than the header's 2 columns; remove the extra ones, or put a field with a "
         "comma in quotes"},
        {"x,y\n1,2\n1,\"2\n3,4\n", "y", ":3:3: this quote is never closed; put a \" at the field's end"},
        {"x,y\n1,\"2\"3\n", "y",
         ":2:6: there is text after the closing quote; write a comma, or \"\" for a quote inside the field"},
        {"x,y\n1,2\"\n", "y",
         ":2:4: a quote stands in the middle of a field; put the whole field in quotes and write \"\" for the quote"},
        {"x,y\n1,3\n2,3\n", "y", ":2:3: the target “y” is “3” in every row; there is nothing to learn"},
        {"x,y\n1,\xFF\n", "y", ":2:3: byte 0xFF is not text; save the table as comma-separated UTF-8 text"},
        {"x,y\n1,\x01\n", "y", ":2:3: byte 0x01 is not text; save the table as comma-separated UTF-8 text"},
        {"x,y\n1,\"a\nb\xE2\x82\"\n", "y", ":3:2: byte 0xE2 is not text; save the table as comma-separated UTF-8 text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_table(cases[i].text, strlen(cases[i].text));
        struct error error = {0};
        struct data *data = data_create(&(struct data_params){.csv = table, .target = cases[i].target}, &error);
        assert_null(data);
        assert_int_equal(error.kind, ERROR_INPUT);
        char wanted[512];
        snprintf(wanted, sizeof wanted, "%s%s", table, cases[i].message);
        assert_string_equal(error.message, wanted);
    }
    struct error error = {0};
    write_table("x,y\n1,\0\n", 8);
    assert_null(data_create(&(struct data_params){.csv = table, .target = "y"}, &error));
    assert_non_null(strstr(error.message, ":2:3: byte 0x00 is not text"));
}

static void too_many_classes_columns_or_rows(void **state) {
    size_t capacity = 5u << 20, length = 0;
    char *text = mem_zalloc(capacity, 1);
    length = (size_t)snprintf(text, capacity, "x,y\n");
    for (int i = 0; i < 101; i++)
        length += (size_t)snprintf(text + length, capacity - length, "%d,%s%d\n", i, i == 7 ? "c" : "", i);
    write_table(text, length);
    struct error error = {0};
    assert_null(data_create(&(struct data_params){.csv = table, .target = "y"}, &error));
    assert_non_null(
        strstr(error.message, "t.csv:9:3: the target “y” has more than 100 different values and “c7” is not a number"));
    length = 0;
    for (int i = 0; i < 4098; i++)
        length += (size_t)snprintf(text + length, capacity - length, "%sc%d", i ? "," : "", i);
    write_table(text, length);
    error = (struct error){0};
    assert_null(data_create(&(struct data_params){.csv = table, .target = "c1"}, &error));
    assert_non_null(strstr(error.message, "there are more than 4096 columns; keep at most so many and the target"));
    length = (size_t)snprintf(text, capacity, "x,y\n");
    for (int i = 0; i < 1000001; i++) {
        memcpy(text + length, i % 2 ? "1,2\n" : "0,1\n", 4);
        length += 4;
    }
    write_table(text, length - 4);
    struct data *data = create(&(struct data_params){.csv = table, .target = "y"});
    assert_int_equal(data->samples, 1000000);
    data_destroy(&data);
    write_table(text, length);
    error = (struct error){0};
    assert_null(data_create(&(struct data_params){.csv = table, .target = "y"}, &error));
    assert_non_null(strstr(error.message, "t.csv:1000002:1: there are more than 1000000 rows; keep at most so many"));
    free(text);
}

/* Mutations of a sound table: each is read or answered, and what is read is sound. */
static void mutated_tables_do_no_harm(void **state) {
    static const char seed_text[] =
        "\xEF\xBB\xBF"
        "a,\"b \"\"q\"\"\",kind\r\n1,2.5,red\r\n-3e-2,\"4\",\"gr\nün\"\r\n\r\n5,6,red\r\n7,8,1\n";
    static const char *const pieces[] = {"\"",
                                         ",",
                                         "\r\n",
                                         "\n",
                                         "\r",
                                         "\"\"",
                                         "1e999",
                                         "nan",
                                         "",
                                         "\xC3",
                                         "\xE2\x82\xAC",
                                         "-",
                                         ".",
                                         "0",
                                         "kind",
                                         "\t",
                                         " ",
                                         "a,b",
                                         "99999999999999999999",
                                         "\x7F",
                                         "+",
                                         "e5"};
    struct random random = random_seeded(20, 0);
    char text[512];
    int read = 0, answered = 0;
    for (int round = 0; round < 6000; round++) {
        size_t length = sizeof seed_text - 1;
        memcpy(text, seed_text, length);
        for (size_t edits = 1 + random_below(&random, 4); edits > 0; edits--) {
            size_t at = random_below(&random, length + 1), cut = random_below(&random, 4);
            if (cut > length - at) cut = length - at;
            const char *piece = pieces[random_below(&random, sizeof pieces / sizeof *pieces)];
            size_t more = strlen(piece);
            memmove(text + at + more, text + at + cut, length - at - cut);
            memcpy(text + at, piece, more);
            length += more - cut;
            if (length > 0 && random_below(&random, 8) == 0)
                text[random_below(&random, length)] = (char)random_u64(&random);
            if (random_below(&random, 40) == 0) length = random_below(&random, length + 1);
        }
        write_table(text, length);
        struct error error = {0};
        struct data *data =
            data_create(&(struct data_params){.csv = table, .target = "kind", .raw = round % 2}, &error);
        if (!data) {
            assert_int_equal(error.kind, ERROR_INPUT);
            assert_true(strncmp(error.message, table, strlen(table)) == 0 &&
                        strlen(error.message) > strlen(table) + 10);
            answered++;
            continue;
        }
        read++;
        assert_true(data->samples >= 2 && data->features >= 1);
        for (int i = 0; i < data->samples * data->features; i++) assert_true(isfinite(data->x[i]));
        for (int i = 0; i < data->samples; i++) {
            if (data->kind == DATA_CLASSES)
                assert_true(data->labels[i] >= 0 && data->labels[i] < data->classes);
            else
                assert_true(isfinite(data->y[i]));
        }
        data_destroy(&data);
    }
    assert_true(read > 300 && answered > 300);
}

/* ---- bad requests ---------------------------------------------------------------------------------------------- */

static void bad_requests_are_answered(void **state) {
    static const struct {
        struct data_params params;
        const char *message;
    } cases[] = {
        {{0}, "data need a name or a csv; write name: moons, or csv: FILE"},
        {{.name = "moons", .csv = "a.csv"}, "data come by name or from a csv, not both; leave one out"},
        {{.name = "moon"}, "there are no data called “moon”; did you mean moons?"},
        {{.name = "photographs"},
         "there are no data called “photographs”; there are xor, blobs, moons, circles, spirals, line, sine, "
         "cubic, step, digits, iris"},
        {{.name = "moons", .target = "y"}, "target names a column of a csv; moons has its own, so leave target out"},
        {{.name = "moons", .samples = 1}, "1 samples of moons cannot be made; ask for 2 to 1000000"},
        {{.name = "moons", .samples = 1000001}, "1000001 samples of moons cannot be made; ask for 2 to 1000000"},
        {{.name = "moons", .samples = -1}, "-1 samples are not possible; write how many, or 0 for the default"},
        {{.name = "moons", .noise = NAN},
         "a noise of nan is out of range; write 0 to 1000, or a negative number for moons’s own (0.1)"},
        {{.name = "moons", .noise = INFINITY},
         "a noise of inf is out of range; write 0 to 1000, or a negative number for moons’s own (0.1)"},
        {{.name = "blobs", .classes = 11}, "blobs cannot have 11 classes; ask for 2 to 10"},
        {{.name = "moons", .classes = 3}, "moons always has 2 classes, not 3; leave the number out"},
        {{.name = "sine", .classes = 2}, "sine has no classes; leave them out"},
        {{.name = "iris", .classes = 2}, "the number of classes is in the data; leave classes out"},
        {{.name = "iris", .samples = 151}, "iris has 150 samples, fewer than the 151 asked for; ask for at most 150"},
        {{.csv = "/nowhere/a.csv", .target = "y"}, "/nowhere/a.csv: cannot be read: No such file or directory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {0};
        assert_null(data_create(&cases[i].params, &error));
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_string_equal(error.message, cases[i].message);
    }
}

/* A copy of the assets with one file spoilt. */
static void spoilt_assets_are_answered(void **state) {
    char *experiments = path_join(folder, "experiments"), *data_folder = path_join(folder, "data");
    char *digits = path_join(data_folder, "digits.bin");
    char command[256];
    snprintf(command, sizeof command, "mkdir %s %s", experiments, data_folder);
    assert_int_equal(system(command), 0);
    setenv("SADDLESCOPE_ASSETS", folder, 1);
    struct error error = {0};
    assert_null(data_create(&(struct data_params){.name = "digits"}, &error));
    assert_non_null(strstr(error.message, "digits.bin: cannot be read"));
    size_t length;
    char *bytes = file_read(ASSETS "/data/digits.bin", 1 << 20, &length, &error);
    struct random random = random_seeded(1, 1);
    for (int round = 0; round < 200; round++) {
        FILE *file = fopen(digits, "wb");
        char keep = bytes[round % 300];
        size_t left = round % 3 ? length : random_below(&random, length + 1);
        bytes[round % 300] = (char)random_u64(&random);
        fwrite(bytes, 1, left, file);
        fclose(file);
        bytes[round % 300] = keep;
        error = (struct error){0};
        struct data *data = data_create(&(struct data_params){.name = "digits"}, &error);
        assert_true(data ? data->samples == 1797 : strstr(error.message, "is not a file of images") != NULL);
        for (int i = 0; data && i < 1797; i++) assert_in_range(data->labels[i], 0, 9);
        data_destroy(&data);
    }
    free(bytes);
    unsetenv("SADDLESCOPE_ASSETS");
    unlink(digits);
    rmdir(experiments);
    rmdir(data_folder);
    free(experiments);
    free(data_folder);
    free(digits);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_makes_data),
        cmocka_unit_test(made_data_are_balanced_finite_and_of_their_kind),
        cmocka_unit_test(a_seed_gives_its_bits),
        cmocka_unit_test(made_data_follow_their_formulas),
        cmocka_unit_test(real_data_are_those_of_scikit_learn),
        cmocka_unit_test(features_are_standardised),
        cmocka_unit_test(so_many_real_samples_in_a_seeded_order),
        cmocka_unit_test(a_table_may_be_written_in_many_ways),
        cmocka_unit_test(the_target_may_stand_anywhere_and_make_classes),
        cmocka_unit_test(bad_tables_are_answered_with_their_place),
        cmocka_unit_test(too_many_classes_columns_or_rows),
        cmocka_unit_test(mutated_tables_do_no_harm),
        cmocka_unit_test(bad_requests_are_answered),
        cmocka_unit_test(spoilt_assets_are_answered),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
