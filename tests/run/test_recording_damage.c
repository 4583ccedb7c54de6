/* What happens to recordings: kills, full disks, other programs, edits and damage. All of it is answered, nothing
 * believed. */
#include "base/linalg.h"
#include "base/memory.h"
#include "base/random.h"
#include "recordings.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void pause_ms(long ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* A child records a sample a millisecond and says through a pipe which it has handed over; then it is killed outright.
 */
static void a_kill_loses_a_tenth_of_a_second(void **state) {
    char *path = in_folder("killed.saddle");
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct experiment *experiment = experiment_parse(formula, sizeof formula - 1, "killed.yaml", NULL);
        struct recording *recording = experiment ? recording_create(path, experiment, NULL) : NULL;
        for (int64_t step = 0; recording; step++) {
            struct timespec now;
            struct sample sample = {.step = step, .loss = 1.0 / (double)(step + 1)};
            for (int run = 0; run < 6; run++)
                if (!recording_append(recording, run, &sample, experiment->starts, NULL)) _exit(1);
            if (!recording_tick(recording, NULL)) _exit(1);
            clock_gettime(CLOCK_MONOTONIC, &now);
            int64_t told[2] = {step, now.tv_sec * 1000 + now.tv_nsec / 1000000};
            if (write(ends[1], told, sizeof told) != sizeof told) _exit(1);
            pause_ms(1);
        }
        _exit(1);
    }
    close(ends[1]);
    static int64_t told[100000][2];
    size_t count = 0;
    while (count < 400 && read(ends[0], told[count], sizeof told[count]) == sizeof told[count]) count++;
    kill(child, SIGKILL);
    while (count < 100000 && read(ends[0], told[count], sizeof told[count]) == sizeof told[count]) count++;
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_true(count >= 400);

    struct experiment *back;
    struct timeline *timeline;
    struct error error = {0};
    if (!recording_read(path, &back, &timeline, &error)) fail_msg("%s", error.message);
    int64_t last = timeline_last_step(timeline), died = told[count - 1][1];
    for (size_t i = 0; i < count; i++)
        if (died - told[i][1] > 100) assert_true(told[i][0] <= last);
    for (int run = 0; run < 6; run++) {
        size_t kept = timeline_count(timeline, run);
        assert_true((int64_t)kept >= last); /* a commit may fall between the runs of one step */
        struct sample sample;
        assert_int_equal(timeline_read(timeline, run, kept - 1, 1, &sample, NULL, NULL), 1);
        assert_int_equal(sample.step, (int64_t)kept - 1);
        assert_true(sample.loss == 1.0 / (double)kept);
    }
    timeline_destroy(&timeline);
    experiment_destroy(&back);

    /* The log that the killed one left must not leak into a new recording of the same name. */
    struct experiment *experiment = parse(formula);
    struct recording *recording = recording_create(path, experiment, &error);
    if (!recording) fail_msg("%s", error.message);
    assert_true(recording_close(&recording, &error));
    assert_true(recording_read(path, &back, &timeline, &error));
    assert_int_equal(timeline_last_step(timeline), -1);
    timeline_destroy(&timeline);
    experiment_destroy(&back);
    experiment_destroy(&experiment);
    free(path);
}

/* A full disk, played by a limit on the size of files: said once and again, and what was written stays readable. */
static void a_full_disk_is_said(void **state) {
    char *path = in_folder("full.saddle");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct error error = {0}, again = {0}, last = {0};
        struct experiment *experiment = experiment_parse(formula, sizeof formula - 1, "full.yaml", NULL);
        struct recording *recording = experiment ? recording_create(path, experiment, NULL) : NULL;
        signal(SIGXFSZ, SIG_IGN);
        if (!recording || setrlimit(RLIMIT_FSIZE, &(struct rlimit){400000, 400000}) != 0) _exit(1);
        bool good = true;
        for (int64_t step = 0; good && step < 100000; step++) {
            good =
                recording_append(recording, 0, &(struct sample){.step = step, .loss = 1}, experiment->starts, &error);
            if (step % 100 == 0) pause_ms(1);
        }
        if (good || error.kind != ERROR_MACHINE || !strstr(error.message, "full.saddle")) _exit(2);
        if (recording_tick(recording, &again) || strcmp(again.message, error.message) != 0) _exit(3);
        if (recording_close(&recording, &last) || recording || strcmp(last.message, error.message) != 0) _exit(4);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct experiment *back;
    struct timeline *timeline;
    struct error error = {0};
    if (!recording_read(path, &back, &timeline, &error)) fail_msg("%s", error.message);
    assert_true(timeline_count(timeline, 0) > 1000);
    timeline_destroy(&timeline);
    experiment_destroy(&back);
    free(path);
}

static void nothing_else_is_overwritten(void **state) {
    struct experiment *experiment = parse(formula);
    const char thesis[] =
        "two hundred pages of somebody's work, and more than a hundred bytes of them, so that a header fits in here";
    char *path = in_folder("thesis.txt"), *other = in_folder("other.db"),
         *nowhere = in_folder("no/such/folder/r.saddle");
    struct error error = {0};
    write_file(path, thesis, sizeof thesis);
    assert_null(recording_create(path, experiment, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_non_null(strstr(error.message, "thesis.txt"));
    size_t length;
    char *still = file_read(path, 10000, &length, &error);
    assert_int_equal(length, sizeof thesis);
    assert_memory_equal(still, thesis, sizeof thesis);
    free(still);

    sqlite3 *database; /* an SQLite file of another program is not ours either */
    assert_int_equal(sqlite3_open(other, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, "CREATE TABLE a(b); INSERT INTO a VALUES(1)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
    error = (struct error){0};
    assert_null(recording_create(other, experiment, &error));
    assert_non_null(strstr(error.message, "other.db"));
    struct experiment *back;
    struct timeline *timeline;
    error = (struct error){0};
    assert_false(recording_read(other, &back, &timeline, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_null(back);
    assert_null(timeline);

    error = (struct error){0};
    assert_null(recording_create(folder, experiment, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    error = (struct error){0};
    assert_null(recording_create(nowhere, experiment, &error));
    assert_int_equal(error.kind, ERROR_MACHINE);
    assert_non_null(strstr(error.message, nowhere));

    const char *not_recordings[] = {path, folder, nowhere};
    for (int i = 0; i < 3; i++) {
        error = (struct error){0};
        assert_false(recording_read(not_recordings[i], &back, &timeline, &error));
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_non_null(strstr(error.message, not_recordings[i]));
    }
    /* Nothing half-made is left lying about. */
    struct text command = {0};
    text_format(&command, "ls '%s' | grep -c partial > /dev/null", folder);
    assert_int_not_equal(system(command.bytes), 0);
    text_clear(&command);
    experiment_destroy(&experiment);
    free(path);
    free(other);
    free(nowhere);
}

static void edits_are_refused(void **state) {
    const char *edits[] = {
        "DELETE FROM meta WHERE key = 'experiment'",
        "UPDATE meta SET value = 99 WHERE key = 'format'",
        "UPDATE meta SET value = 'objective: 3' WHERE key = 'experiment'",
        "UPDATE meta SET value = x'00' WHERE key = 'starts'",
        "UPDATE meta SET value = 1e30 WHERE key = 'steps'",
        "UPDATE meta SET value = 1000000 WHERE key = 'parameters'",
        "UPDATE meta SET value = 3 WHERE key = 'start_count'",
        "DELETE FROM run WHERE id = 3",
        "DELETE FROM run",
        "UPDATE run SET optimizer_json = '{\"name\": \"sgdd\"}' WHERE id = 2",
        "UPDATE run SET optimizer_json = NULL",
        "UPDATE run SET id = id + 1 WHERE id = 5",
        "UPDATE sample SET run = 6 WHERE run = 5",
        "UPDATE sample SET run = -1 WHERE run = 0",
        "UPDATE sample SET loss = 'low'",
        "UPDATE sample SET theta = x'0011223344556677'",
        "UPDATE sample SET step = 'first' WHERE step = 3",
        "UPDATE sample SET step = -step WHERE step = 3",
        "DROP TABLE sample",
        "DROP TABLE meta",
        "ALTER TABLE sample RENAME COLUMN loss TO l",
        "ALTER TABLE sample RENAME TO s; CREATE VIEW sample AS SELECT * FROM s",
        "ALTER TABLE sample RENAME TO s; CREATE VIEW sample AS WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 "
        "FROM c) "
        "SELECT 0 AS run, i AS step, 0.0 AS loss, 0.0 AS batch_loss, 0.0 AS grad_norm, 0.0 AS lr, NULL AS theta FROM c",
    };
    struct experiment *experiment = parse(formula), *back;
    struct timeline *timeline;
    struct error error = {0};
    char *path = in_folder("edited.saddle");
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        struct recording *recording = recording_create(path, experiment, &error);
        if (!recording) fail_msg("%s", error.message);
        for (int64_t step = 0; step < 5; step++)
            for (int run = 0; run < 6; run++)
                assert_true(
                    recording_append(recording, run, &(struct sample){.step = step}, experiment->starts, &error));
        assert_true(recording_close(&recording, &error));
        sqlite3 *database;
        char *message = NULL;
        assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
        if (sqlite3_exec(database, edits[i], NULL, NULL, &message) != SQLITE_OK) fail_msg("%s: %s", edits[i], message);
        sqlite3_close(database);
        struct error own = {0};
        if (recording_read(path, &back, &timeline, &own)) fail_msg("accepted: %s", edits[i]);
        assert_int_equal(own.kind, ERROR_INPUT);
        if (!strstr(own.message, "edited.saddle")) fail_msg("%s: %s", edits[i], own.message);
    }
    experiment_destroy(&experiment);
    free(path);
}

/* Flipped bytes and cut ends: an answer, true or false, and no harm. */
static void damage_is_answered(void **state) {
    struct experiment *experiment = parse(formula), *back;
    struct timeline *timeline;
    struct error error = {0};
    char *path = in_folder("whole.saddle"), *broken = in_folder("broken.saddle");
    struct recording *recording = recording_create(path, experiment, &error);
    for (int64_t step = 0; step < 120; step++)
        for (int run = 0; run < 6; run++)
            assert_true(recording_append(recording, run,
                                         &(struct sample){.step = step, .loss = 1.0 / (double)(step + 1)},
                                         experiment->starts, &error));
    assert_true(recording_close(&recording, &error));
    experiment_destroy(&experiment);
    size_t length;
    char *whole = file_read(path, 10000000, &length, &error), *bytes = MEM_NEW(char, length);
    assert_non_null(whole);
    struct random random = random_seeded(77, 0);
    int refused = 0;
    for (int i = 0; i < 600; i++) {
        memcpy(bytes, whole, length);
        size_t size = length;
        for (size_t flips = 1 + random_below(&random, 8); flips > 0; flips--) {
            /* Half of the blows fall on the headers of pages, where they hurt most. */
            size_t at = random_below(&random, length);
            if (random_below(&random, 2)) at = at / 4096 * 4096 + random_below(&random, 108);
            bytes[at < length ? at : 0] = (char)random_below(&random, 256);
        }
        if (i % 6 == 0) size = random_below(&random, length);
        write_file(broken, bytes, size);
        struct error own = {0};
        bool good = recording_read(broken, &back, &timeline, &own);
        refused += !good;
        assert_int_equal(good, own.kind == ERROR_NONE);
        assert_int_equal(good, back != NULL);
        if (!good && !strstr(own.message, "broken.saddle")) fail_msg("%s", own.message);
        experiment_destroy(&back);
        timeline_destroy(&timeline);
    }
    assert_true(refused > 100);
    free(whole);
    free(bytes);
    free(path);
    free(broken);
}

int main(void) {
    linalg_init();
    setenv("SADDLESCOPE_ASSETS", ASSETS, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kill_loses_a_tenth_of_a_second),
        cmocka_unit_test(a_full_disk_is_said),
        cmocka_unit_test(nothing_else_is_overwritten),
        cmocka_unit_test(edits_are_refused),
        cmocka_unit_test(damage_is_answered),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
