#include "base/file.h"
#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static void devices_and_links_stay_what_they_are(void **state) {
    char *pipe = path_join(folder, "pipe"), *file = path_join(folder, "file"), *link = path_join(folder, "link");
    struct error error = {0};
    struct stat facts;
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_true(outfile_possible(pipe, &error));
    int reader = open(pipe, O_RDONLY | O_NONBLOCK);
    struct outfile *out = outfile_create(pipe, &error);
    assert_non_null(out);
    fputs("through", outfile_stream(out));
    assert_true(outfile_commit(&out, &error));
    char got[16] = {0};
    assert_int_equal(read(reader, got, sizeof got), 7);
    assert_string_equal(got, "through");
    close(reader);
    assert_true(stat(pipe, &facts) == 0 && S_ISFIFO(facts.st_mode));

    out = outfile_create(file, &error);
    assert_true(outfile_commit(&out, &error));
    assert_int_equal(symlink("file", link), 0);
    out = outfile_create(link, &error);
    fputs("new", outfile_stream(out));
    assert_true(outfile_commit(&out, &error));
    assert_true(lstat(link, &facts) == 0 && S_ISLNK(facts.st_mode));
    assert_true(stat(file, &facts) == 0 && facts.st_size == 3);

    assert_null(outfile_create(folder, &error));
    assert_int_equal(error_exit_status(&error), 2);
    error = (struct error){0};
    assert_null(outfile_create("", &error));
    assert_int_equal(error_exit_status(&error), 2);
    char *const all[] = {pipe, file, link};
    for (int i = 0; i < 3; i++) {
        unlink(all[i]);
        free(all[i]);
    }
}

/* Two pictures saved in one second. */
static void two_that_are_written_at_once_do_not_meet(void **state) {
    char *path = path_join(folder, "same.csv");
    struct error error = {0};
    struct outfile *first = outfile_create(path, &error), *second = outfile_create(path, &error);
    assert_string_not_equal(outfile_partial_path(first), outfile_partial_path(second));
    fputs("first\n", outfile_stream(first));
    outfile_abandon(&second);
    assert_true(outfile_possible(path, &error));
    assert_true(outfile_commit(&first, &error));
    size_t length;
    char *text = file_read(path, 100, &length, &error);
    assert_string_equal(text, "first\n");
    free(text);
    unlink(path);
    free(path);
}

static void a_sudden_end_leaves_nothing_half_written(void **state) {
    char *one = path_join(folder, "one"), *two = path_join(folder, "two");
    struct error error = {0};
    struct outfile *first = outfile_create(one, &error), *second = outfile_create(two, &error);
    assert_int_equal(access(outfile_partial_path(first), F_OK), 0);
    outfile_abandon(&first);
    outfile_remove_all();
    assert_int_not_equal(access(outfile_partial_path(second), F_OK), 0);
    outfile_abandon(&second);
    free(one);
    free(two);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_appears_whole_or_not_at_all),
        cmocka_unit_test(says_what_cannot_be_read_or_written),
        cmocka_unit_test(devices_and_links_stay_what_they_are),
        cmocka_unit_test(two_that_are_written_at_once_do_not_meet),
        cmocka_unit_test(a_sudden_end_leaves_nothing_half_written),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
