#include "base/file.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/saddlescope-file-XXXXXX";

static int make_folder(void **state) {
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    return rmdir(folder);
}

static void a_file_appears_whole_or_not_at_all(void **state) {
    char *path = path_join(folder, "out.csv");
    struct error error = {0};
    struct outfile *out = outfile_create(path, &error);
    assert_non_null(out);
    fputs("one\n", outfile_stream(out));
    assert_int_not_equal(access(path, F_OK), 0);
    assert_true(outfile_commit(&out, &error));
    assert_null(out);
    size_t length;
    char *text = file_read(path, 100, &length, &error);
    assert_string_equal(text, "one\n");
    assert_int_equal(length, 4);
    free(text);
    out = outfile_create(path, &error);
    fputs("two, but given up\n", outfile_stream(out));
    outfile_abandon(&out);
    text = file_read(path, 100, &length, &error);
    assert_string_equal(text, "one\n");
    free(text);
    assert_null(file_read(path, 3, &length, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_non_null(strstr(error.message, "larger than 3 bytes"));
    unlink(path);
    free(path);
}

static void says_what_cannot_be_read_or_written(void **state) {
    struct error error = {0};
    size_t length;
    assert_null(file_read("/nowhere/at/all", 10, &length, &error));
    assert_string_equal(error.message, "/nowhere/at/all: cannot be read: No such file or directory");
    error = (struct error){0};
    assert_null(file_read(folder, 10, &length, &error));
    assert_non_null(strstr(error.message, "is a folder"));
    error = (struct error){0};
    assert_null(outfile_create("/nowhere/at/all", &error));
    assert_int_equal(error_exit_status(&error), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_appears_whole_or_not_at_all),
        cmocka_unit_test(says_what_cannot_be_read_or_written),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
