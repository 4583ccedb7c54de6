/* Videos: playable, even-sided, nothing left of an abandoned one, and plain words without ffmpeg. */
#include "../test.h"
#include "draw/draw.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char folder[64];
};

static int set_up(void **state) {
    struct place *place = calloc(1, sizeof *place);
    strcpy(place->folder, "/tmp/saddlescope-video-XXXXXX");
    *state = place;
    return mkdtemp(place->folder) ? 0 : -1;
}

static int tear_down(void **state) {
    struct place *place = *state;
    rmdir(place->folder);
    free(place);
    return 0;
}

static int files_in(const char *folder) {
    DIR *from = opendir(folder);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(from));) count += entry->d_name[0] != '.';
    closedir(from);
    return count;
}

static bool has_program(const char *name) {
    char command[128];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", name);
    return system(command) == 0;
}

static void fill(struct image *image, int width, int height, int frame) {
    image->width = width;
    image->height = height;
    image->rgb = realloc(image->rgb, (size_t)width * (size_t)height * 3);
    for (int i = 0; i < width * height; i++) {
        image->rgb[3 * i] = (uint8_t)(frame * 20);
        image->rgb[3 * i + 1] = (uint8_t)(i % width * 255 / width);
        image->rgb[3 * i + 2] = 80;
    }
}

/* What ffprobe says of the first stream: "width,height,frames". */
static void probe(const char *path, char out[64]) {
    char command[256];
    snprintf(command, sizeof command,
             "ffprobe -v error -count_frames -select_streams v:0 -show_entries stream=width,height,nb_read_frames "
             "-of csv=p=0 '%s'",
             path);
    FILE *stream = popen(command, "r");
    assert_non_null(stream);
    if (!fgets(out, 64, stream)) out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    assert_int_equal(pclose(stream), 0);
}

static void make(const struct place *place, const char *name, int width, int height, const char *expected) {
    char path[128], found[64];
    snprintf(path, sizeof path, "%s/%s", place->folder, name);
    struct error error = {0};
    struct video *video = video_create(path, width, height, 10, &error);
    if (!video) fail_msg("%s", error.message);
    struct image image = {0};
    for (int i = 0; i < 8; i++) {
        fill(&image, width, height, i);
        if (!video_append(video, &image, NULL, &error)) fail_msg("%s", error.message);
        assert_int_equal(access(path, F_OK), -1); /* not there before it is whole */
    }
    image_destroy(&image);
    if (!video_close(&video, NULL, &error)) fail_msg("%s", error.message);
    assert_null(video);
    assert_int_equal(files_in(place->folder), 1);
    if (has_program("ffprobe")) {
        probe(path, found);
        assert_string_equal(found, expected);
    }
    unlink(path);
}

static void test_videos_play(void **state) {
    if (!has_program("ffmpeg")) skip();
    make(*state, "a.mp4", 64, 48, "64,48,8");
    make(*state, "odd.mp4", 33, 21, "34,22,8");
    make(*state, "b.gif", 40, 30, "40,30,8");
}

static void test_abandoned_leaves_nothing(void **state) {
    if (!has_program("ffmpeg")) skip();
    struct place *place = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/%s", place->folder, "gone.mp4");
    struct error error = {0};
    struct video *video = video_create(path, 64, 48, 10, &error);
    assert_non_null(video);
    struct image image = {0};
    fill(&image, 64, 48, 0);
    assert_true(video_append(video, &image, NULL, &error));
    image_destroy(&image);
    video_abandon(&video);
    assert_null(video);
    assert_int_equal(files_in(place->folder), 0);
    video_abandon(&video);
}

/* An encoder that ends early: an error with its last words, no signal, nothing left. */
static void test_failing_encoder(void **state) {
    struct place *place = *state;
    char script[128], path[128], *before = strdup(getenv("PATH"));
    snprintf(script, sizeof script, "%s/ffmpeg", place->folder);
    FILE *stream = fopen(script, "w");
    fputs("#!/bin/sh\necho something first >&2\necho out of ideas >&2\nexit 3\n", stream);
    fclose(stream);
    chmod(script, 0755);
    setenv("PATH", place->folder, 1);
    snprintf(path, sizeof path, "%s/%s", place->folder, "a.mp4");
    struct error error = {0};
    struct video *video = video_create(path, 640, 480, 10, &error);
    assert_non_null(video);
    struct image image = {0};
    fill(&image, 640, 480, 0);
    bool good = true;
    for (int i = 0; i < 50 && good; i++) good = video_append(video, &image, NULL, &error);
    assert_false(good);
    assert_int_equal(error.kind, ERROR_MACHINE);
    assert_non_null(strstr(error.message, "out of ideas"));
    assert_false(video_close(&video, NULL, &error));
    image_destroy(&image);
    setenv("PATH", before, 1);
    free(before);
    unlink(script);
    assert_int_equal(files_in(place->folder), 0);
}

static void test_without_ffmpeg(void **state) {
    struct place *place = *state;
    char path[128], *before = strdup(getenv("PATH"));
    snprintf(path, sizeof path, "%s/%s", place->folder, "a.mp4");
    setenv("PATH", "/nonexistent", 1);
    struct error error = {0};
    assert_null(video_create(path, 64, 48, 10, &error));
    setenv("PATH", before, 1);
    free(before);
    assert_int_equal(error.kind, ERROR_MACHINE);
    assert_non_null(strstr(error.message, "install the package ffmpeg"));
    assert_int_equal(files_in(place->folder), 0);
}

static void test_wrong_use(void **state) {
    struct error error = {0};
    assert_null(video_create("/tmp/film.avi", 64, 48, 10, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_non_null(strstr(error.message, ".mp4 or .gif"));
    error = (struct error){0};
    assert_null(video_create("/tmp/film.mp4", 0, 48, 10, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    error = (struct error){0};
    assert_null(video_create("/nonexistent/film.mp4", 64, 48, 10, &error));
    assert_int_equal(error.kind, ERROR_MACHINE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_videos_play, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_abandoned_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failing_encoder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_ffmpeg, set_up, tear_down),
        cmocka_unit_test(test_wrong_use),
    };
    return cmocka_run_group_tests_name("video", tests, NULL, NULL);
}
