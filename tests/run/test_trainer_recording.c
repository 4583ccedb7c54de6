/* The trainer and its recording: begun late, left idle, failing. */
#include "base/linalg.h"
#include "base/threads.h"
#include "trainers.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- recording
 * -------------------------------------------------------------------------------------------------------- */

static char *fresh_path(char *path) {
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    unlink(path);
    return path;
}

static void recording_begins_with_the_past(void **state) {
    char path[] = "/tmp/saddlescope-test-XXXXXX";
    fresh_path(path);
    struct bench bench;
    set_up(&bench, BOWL, 0);
    train_to(&bench, 40);
    struct error error = {0};
    trainer_set_goal(bench.trainer, 500); /* it is joined while samples come */
    if (!trainer_record(bench.trainer, path, &error)) fail_msg("%s", error.message);
    assert_true(trainer_recording(bench.trainer));
    assert_false(trainer_record(bench.trainer, path, NULL));
    trainer_wait(bench.trainer);
    if (!trainer_record_stop(bench.trainer, &error)) fail_msg("%s", error.message);
    assert_false(trainer_recording(bench.trainer));
    assert_false(trainer_error(bench.trainer, &error));
    struct bench back = {0};
    if (!recording_read(path, &back.experiment, &back.timeline, &error)) fail_msg("%s", error.message);
    assert_int_equal(timeline_count(back.timeline, 5), 501);
    assert_same_runs(&bench, &back);
    tear_down(&back);
    tear_down(&bench);
    unlink(path);
}

/* When nothing comes any more, what was recorded is committed all the same: another reader sees it while the file is
 * open. */
static void an_idle_recording_is_committed(void **state) {
    char path[] = "/tmp/saddlescope-test-XXXXXX";
    struct bench bench;
    set_up(&bench, BOWL, 0);
    struct error error = {0};
    if (!trainer_record(bench.trainer, fresh_path(path), &error)) fail_msg("%s", error.message);
    train_to(&bench, 25);
    sleep_seconds(0.25);
    struct bench back = {0};
    if (!recording_read(path, &back.experiment, &back.timeline, &error)) fail_msg("%s", error.message);
    assert_int_equal(timeline_count(back.timeline, 0), 26);
    assert_same_runs(&bench, &back);
    tear_down(&back);
    trainer_restart(bench.trainer, NULL); /* closes it: a file holds one start */
    assert_false(trainer_recording(bench.trainer));
    train_to(&bench, 3);
    if (!recording_read(path, &back.experiment, &back.timeline, &error)) fail_msg("%s", error.message);
    assert_int_equal(timeline_count(back.timeline, 0), 26);
    tear_down(&back);
    tear_down(&bench);
    unlink(path);
}

/* A disk that fills up ends the recording, not the training. */
static void a_recording_that_fails_is_said(void **state) {
    char path[] = "/tmp/saddlescope-test-XXXXXX";
    struct bench bench;
    set_up(&bench, BOWL, 0);
    struct error error = {0};
    if (!trainer_record(bench.trainer, fresh_path(path), &error)) fail_msg("%s", error.message);
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 200000; /* bytes a file may have */
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    trainer_set_limit(bench.trainer, 20000);
    train_to(&bench, 20000);
    bool stopped = trainer_record_stop(bench.trainer, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_false(stopped);
    assert_int_equal(error.kind, ERROR_MACHINE);
    assert_true(trainer_error(bench.trainer, NULL));
    assert_false(trainer_recording(bench.trainer));
    for (int run = 0; run < 6; run++) assert_steps(&bench, run, 20000);
    unlink(path);
    assert_true(trainer_record(bench.trainer, fresh_path(strcpy(path, "/tmp/saddlescope-test-XXXXXX")), NULL));
    assert_false(trainer_error(bench.trainer, NULL)); /* a new one begins with a clean slate */
    assert_true(trainer_record_stop(bench.trainer, NULL));
    tear_down(&bench);
    unlink(path);
}

static void a_recording_that_cannot_be_is_said(void **state) {
    struct bench bench;
    set_up(&bench, BOWL, 0);
    struct error error = {0};
    assert_false(trainer_record(bench.trainer, "/nowhere/at/all.saddle", &error));
    assert_true(error.kind != ERROR_NONE && strlen(error.message) > 0);
    assert_false(trainer_recording(bench.trainer));
    assert_true(trainer_record_stop(bench.trainer, NULL));
    train_to(&bench, 10);
    assert_steps(&bench, 0, 10);
    tear_down(&bench);
}

static int start_linalg(void **state) {
    linalg_init();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recording_begins_with_the_past),
        cmocka_unit_test(an_idle_recording_is_committed),
        cmocka_unit_test(a_recording_that_fails_is_said),
        cmocka_unit_test(a_recording_that_cannot_be_is_said),
    };
    return cmocka_run_group_tests(tests, start_linalg, NULL);
}
