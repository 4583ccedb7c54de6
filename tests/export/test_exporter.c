/* Files in the making: whole or not there at all, whoever stops them and whenever. */
#include "../draw/stand.h"
#include "export/export.h"

#include <dirent.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct place {
    char folder[64];
    bool drawable, films;
};

static int set_up(void **state) {
    struct place *place = calloc(1, sizeof *place);
    strcpy(place->folder, "/tmp/saddlescope-export-XXXXXX");
    struct offscreen *offscreen = offscreen_create(&(struct error){0});
    place->drawable = offscreen != NULL;
    dl_iterate_phdr(keep_driver, NULL);
    offscreen_destroy(&offscreen);
    place->films = place->drawable && system("command -v ffmpeg >/dev/null 2>&1") == 0;
    *state = place;
    return mkdtemp(place->folder) ? 0 : -1;
}

static int tear_down(void **state) {
    struct place *place = *state;
    dl_iterate_phdr(keep_driver, NULL);
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

static void in_folder(const struct place *place, const char *name, char out[128]) {
    snprintf(out, 128, "%s/%s", place->folder, name);
}

static struct scene a_scene(void) {
    struct scene scene = {0};
    sample_showcase(&scene, THEME_PAPER, 21, false);
    return scene;
}

static void feed(struct exporter *exporter) {
    while (exporter_needs(exporter) > 0) {
        exporter_wait_for_room(exporter);
        if (job_progress(exporter_job(exporter)).finished) return;
        struct scene scene = a_scene();
        exporter_take(exporter, &scene);
        assert_null(scene.points);
    }
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Takes the frames, or one of them, and is then busy for minutes, as the end of a long GIF is. */
static void fake_encoder(const char *folder, const char *takes) {
    char path[160];
    snprintf(path, sizeof path, "%s/ffmpeg", folder);
    FILE *script = fopen(path, "w");
    fprintf(script, "#!/bin/sh\n%s >/dev/null\nexec sleep 300\n", takes);
    fclose(script);
    chmod(path, 0700);
}

static void a_cancel_is_heard_while_ffmpeg_is_busy(void **state) {
    struct place *place = *state;
    if (!place->drawable) return;
    char *before = strdup(getenv("PATH")), path[160], search[4096], fake[160];
    snprintf(search, sizeof search, "%s:%s", place->folder, before);
    snprintf(fake, sizeof fake, "%s/ffmpeg", place->folder);
    setenv("PATH", search, 1);
    for (int takes_all = 0; takes_all < 2; takes_all++) {
        fake_encoder(place->folder, takes_all ? "cat" : "head -c 1000");
        in_folder(place, "long.gif", path);
        struct error error = {0};
        const struct exporter_params params = {
            .path = path, .shape = {.width = 320, .height = 240}, .frames = 3, .rate = 10};
        struct exporter *exporter = exporter_begin(&params, &error);
        if (!exporter) fail_msg("%s", error.message);
        feed(exporter);
        struct job *job = exporter_job(exporter);
        const double asked = takes_all ? 0.9 : 0.3; /* all frames are drawn; one of them is stuck in the pipe */
        while (job_progress(job).done < asked && !job_progress(job).finished)
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        assert_false(job_progress(job).finished);
        double began = seconds();
        exporter_cancel(exporter);
        assert_false(job_wait(job, &error));
        assert_int_equal(error.kind, ERROR_CANCELLED);
        assert_true(seconds() - began < 30); /* and not 300 */
        exporter_destroy(&exporter);
        assert_int_equal(files_in(place->folder), 1); /* the encoder alone */
        unlink(fake);
    }
    setenv("PATH", before, 1);
    free(before);
}

static void each_kind_is_written(void **state) {
    struct place *place = *state;
    static const char *const names[] = {"a.svg", "a.PDF", "a.png", "a.mp4", "a.gif"};
    for (int i = 0; i < 5; i++) {
        if ((i >= 2 && !place->drawable) || (i >= 3 && !place->films)) continue;
        char path[128];
        in_folder(place, names[i], path);
        struct error error = {0};
        const struct exporter_params params = {
            .path = path, .shape = {.width = 160, .height = 120}, .frames = 7, .rate = 10};
        struct exporter *exporter = exporter_begin(&params, &error);
        if (!exporter) fail_msg("%s", error.message);
        assert_int_equal(exporter_needs(exporter), i >= 3 ? 7 : 1);
        feed(exporter);
        if (!job_wait(exporter_job(exporter), &error)) fail_msg("%s: %s", names[i], error.message);
        assert_near(job_progress(exporter_job(exporter)).done, 1, 0);
        exporter_destroy(&exporter);
        struct stat facts;
        assert_int_equal(stat(path, &facts), 0);
        assert_true(facts.st_size > 500);
        unlink(path);
        assert_int_equal(files_in(place->folder), 0);
    }
}

static void stopped_ones_leave_nothing(void **state) {
    struct place *place = *state;
    for (int fed = 0; fed < 4 && place->films; fed++) {
        char path[128];
        in_folder(place, "a.mp4", path);
        struct error error = {0};
        const struct exporter_params params = {
            .path = path, .shape = {.width = 160, .height = 120}, .frames = 3, .rate = 10};
        struct exporter *exporter = exporter_begin(&params, &error);
        if (!exporter) fail_msg("%s", error.message);
        for (int k = 0; k < fed && k < 2; k++) {
            struct scene scene = a_scene();
            exporter_take(exporter, &scene);
        }
        if (fed < 3) {
            exporter_cancel(exporter);
            struct scene late = a_scene(); /* taken over all the same */
            exporter_take(exporter, &late);
            assert_false(exporter_has_room(exporter));
            assert_false(job_wait(exporter_job(exporter), &error));
            assert_int_equal(error.kind, ERROR_CANCELLED);
        } /* else: destroyed while it waits for more */
        exporter_destroy(&exporter);
        assert_null(exporter);
        assert_int_equal(files_in(place->folder), 0);
    }
}

static void what_cannot_be_is_said_at_once(void **state) {
    struct place *place = *state;
    static const struct {
        const char *name;
        int width, height;
        const char *says;
    } cases[] = {{"a.bmp", 10, 10, ".png"},
                 {"a.png", 0, 10, "16384"},
                 {"a.png", 10, 16385, "16384"},
                 {"a.mp4", 161, 120, "even"},
                 {"none/a.svg", 10, 10, "none/a.svg"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[128];
        in_folder(place, cases[i].name, path);
        struct error error = {0};
        const struct exporter_params params = {
            .path = path, .shape = {.width = cases[i].width, .height = cases[i].height}, .frames = 2, .rate = 10};
        assert_null(exporter_begin(&params, &error));
        if (!strstr(error.message, cases[i].says)) fail_msg("%s", error.message);
    }
    assert_int_equal(files_in(place->folder), 0);
}

static void count_wake(void *context) {
    atomic_fetch_add((atomic_int *)context, 1);
}

static void whoever_feeds_it_is_woken(void **state) {
    struct place *place = *state;
    if (!place->films) return;
    char path[128];
    in_folder(place, "a.gif", path);
    atomic_int wakes = 0;
    struct error error = {0};
    const struct exporter_params params = {.path = path,
                                           .shape = {.width = 64, .height = 48},
                                           .frames = 4,
                                           .rate = 10,
                                           .wakeup = count_wake,
                                           .wakeup_context = &wakes};
    struct exporter *exporter = exporter_begin(&params, &error);
    if (!exporter) fail_msg("%s", error.message);
    feed(exporter);
    assert_true(job_wait(exporter_job(exporter), &error));
    exporter_destroy(&exporter);
    assert_int_equal(atomic_load(&wakes), 5); /* each scene it took up, and its end */
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_written),
        cmocka_unit_test(stopped_ones_leave_nothing),
        cmocka_unit_test(a_cancel_is_heard_while_ffmpeg_is_busy),
        cmocka_unit_test(what_cannot_be_is_said_at_once),
        cmocka_unit_test(whoever_feeds_it_is_woken),
    };
    return cmocka_run_group_tests_name("exporter", tests, set_up, tear_down);
}
