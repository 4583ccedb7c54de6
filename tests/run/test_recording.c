/* Recordings: every bit comes back, a kill loses next to nothing, and a damaged file is answered, not believed. */
#include "base/file.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "run/run.h"
#include "test.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[] = "/tmp/saddlescope-recording-XXXXXX";

static char *in_folder(const char *name) {
    return path_join(folder, name);
}

static int make_folder(void **state) {
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    struct text command = {0};
    text_format(&command, "rm -r '%s'", folder);
    int status = system(command.bytes);
    text_clear(&command);
    return status;
}

static struct experiment *parse(const char *yaml) {
    struct error error = {0};
    char *path = in_folder("experiment.yaml");
    struct experiment *experiment = experiment_parse(yaml, strlen(yaml), path, &error);
    free(path);
    if (!experiment) fail_msg("%s", error.message);
    return experiment;
}

static const char formula[] =
    "title: A saddle\nobjective: {expression: x^2 - y^2}\nstart: [[1, 0.5], [-1, 0.25]]\nsteps: 50\nseed: 9\n"
    "optimizers:\n  - {name: sgd, lr: 0.1}\n  - {name: adam, lr: 0.05, betas: [0.85, 0.99], amsgrad: true, "
    "label: \"mine \\\"a\\\"\", schedule: {name: cosine, warmup: 3}}\n"
    "  - {name: sgd, lr: 1, schedule: {name: step, step_size: 7, gamma: 0.3}}\n";

/* Figures of every kind that a float64 can be, except that SQLite has one NaN. */
static struct sample make_sample(struct random *random, int64_t step, double theta[2]) {
    static const double odd[] = {0,       1, 1.0 / 3, 5e-324, 1.7976931348623157e308, INFINITY, NAN, 9007199254740993.0,
                                 -1e-300, -3};
    double *values[] = {&theta[0], &theta[1]};
    for (int i = 0; i < 2; i++) {
        uint64_t bits = random_u64(random) & 0xFFDFFFFFFFFFFFFFull; /* finite */
        memcpy(values[i], &bits, sizeof bits);
    }
    return (struct sample){.step = step,
                           .loss = odd[random_below(random, 10)],
                           .batch_loss = random_normal(random),
                           .gradient_norm = odd[random_below(random, 10)],
                           .rate = random_uniform(random, 0, 1),
                           .validation_loss = odd[random_below(random, 10)],
                           .test_loss = odd[random_below(random, 10)],
                           .evaluations = (int64_t)random_below(random, 1000000)};
}

static bool same_figure(double a, double b) {
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static void bits_come_back(void **state) {
    struct experiment *experiment = parse(formula), *back;
    struct timeline *timeline;
    struct error error = {0};
    char *path = in_folder("bits.saddle");
    struct recording *recording = recording_create(path, experiment, &error);
    if (!recording) fail_msg("%s", error.message);
    enum { RUNS = 6, STEPS = 200 };
    assert_int_equal(experiment_run_count(experiment), RUNS);
    struct random random = random_seeded(5, 0);
    static struct sample samples[RUNS][STEPS];
    static double thetas[RUNS][STEPS][2];
    for (int step = 0; step < STEPS; step++)
        for (int run = 0; run < RUNS; run++) {
            samples[run][step] = make_sample(&random, step == 0 ? 0 : 3 * step + run, thetas[run][step]);
            bool thinned = step % 5 == 4;
            assert_true(
                recording_append(recording, run, &samples[run][step], thinned ? NULL : thetas[run][step], &error));
        }
    assert_true(recording_tick(recording, &error));
    assert_true(recording_close(&recording, &error));
    assert_null(recording);
    assert_true(recording_is(path));
    char *wal = in_folder("bits.saddle-wal"), *shm = in_folder("bits.saddle-shm");
    assert_int_not_equal(access(wal, F_OK), 0); /* one file, nothing beside it */
    assert_int_not_equal(access(shm, F_OK), 0);
    free(wal);
    free(shm);

    if (!recording_read(path, &back, &timeline, &error)) fail_msg("%s", error.message);
    assert_string_equal(back->title, experiment->title);
    assert_string_equal(back->name, "experiment");
    assert_string_equal(back->source, experiment->source);
    assert_string_equal(back->formula, experiment->formula);
    assert_int_equal(back->steps, 50);
    assert_int_equal(back->seed, 9);
    assert_int_equal(back->start_count, 2);
    assert_int_equal(back->optimizer_count, 3);
    for (int i = 0; i < 3; i++) {
        size_t count;
        optimizer_class_parameters(back->optimizers[i].class, &count);
        assert_ptr_equal(back->optimizers[i].class, experiment->optimizers[i].class);
        assert_string_equal(back->optimizers[i].label, experiment->optimizers[i].label);
        assert_memory_equal(back->optimizers[i].values, experiment->optimizers[i].values, count * sizeof(double));
        for (int64_t step = 0; step < 50; step++)
            assert_true(schedule_factor(&back->optimizers[i].schedule, step) ==
                        schedule_factor(&experiment->optimizers[i].schedule, step));
    }
    /* Where the runs really started, which a click may have moved. */
    for (int start = 0; start < 2; start++)
        assert_memory_equal(back->starts + 2 * start, thetas[start][0], 2 * sizeof(double));
    assert_int_equal(timeline_runs(timeline), RUNS);
    assert_int_equal(timeline_dimension(timeline), 2);
    for (int run = 0; run < RUNS; run++) {
        assert_int_equal(timeline_count(timeline, run), STEPS);
        struct sample read[STEPS];
        double theta[STEPS][2];
        bool known[STEPS];
        assert_int_equal(timeline_read(timeline, run, 0, STEPS, read, theta[0], known), STEPS);
        for (int step = 0; step < STEPS; step++) {
            assert_int_equal(read[step].step, samples[run][step].step);
            assert_true(same_figure(read[step].loss, samples[run][step].loss));
            assert_true(same_figure(read[step].batch_loss, samples[run][step].batch_loss));
            assert_true(same_figure(read[step].gradient_norm, samples[run][step].gradient_norm));
            assert_true(same_figure(read[step].rate, samples[run][step].rate));
            assert_true(same_figure(read[step].validation_loss, samples[run][step].validation_loss));
            assert_true(same_figure(read[step].test_loss, samples[run][step].test_loss));
            assert_int_equal(read[step].evaluations, samples[run][step].evaluations);
            assert_int_equal(known[step], step % 5 != 4);
            if (known[step]) assert_memory_equal(theta[step], thetas[run][step], sizeof theta[step]);
        }
    }
    timeline_destroy(&timeline);
    experiment_destroy(&back);
    experiment_destroy(&experiment);
    free(path);
}

/* Any tool can read it: through SQLite alone, by the contract's names. */
static void tables_are_the_contracts(void **state) {
    struct experiment *experiment =
        parse("objective: {network: {layers: [2, 3, 2]}, data: {name: moons, samples: 10}}\nstart: {seed: 4}\n"
              "optimizers: [{name: sgd, lr: 0.5}]\n");
    const struct data *data = objective_data(experiment->objective);
    struct error error = {0};
    char *path = in_folder("tables.saddle");
    struct recording *recording = recording_create(path, experiment, &error);
    assert_non_null(recording);
    struct sample sample = {.step = 0, .loss = 0.25, .batch_loss = 0.5, .gradient_norm = 2, .rate = 0.1};
    assert_true(recording_append(recording, 0, &sample, experiment->starts, &error));
    assert_true(recording_close(&recording, &error));

    sqlite3 *database;
    assert_int_equal(sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    const struct {
        const char *sql, *answer;
    } questions[] = {
        {"PRAGMA integrity_check", "ok"},
        {"SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name)",
         "critical,data,layout,meta,plane,run,sample,surface"},
        {"SELECT value FROM meta WHERE key = 'format'", "2"},
        {"SELECT value FROM meta WHERE key = 'program_version'", SADDLESCOPE_VERSION},
        {"SELECT value FROM meta WHERE key = 'seed'", "1"},
        {"SELECT count(*) FROM meta WHERE key = 'experiment' AND value LIKE 'objective:%'", "1"},
        {"SELECT id || ' ' || name || ' ' || label FROM run", "0 sgd SGD"},
        {"SELECT json_extract(optimizer_json, '$.lr') FROM run", "0.5"},
        {"SELECT json_extract(optimizer_json, '$.schedule.name') FROM run", "constant"},
        {"SELECT group_concat(name || ' ' || offset || ' ' || shape, '; ') FROM layout",
         "0.weight 0 [3, 2]; 0.bias 6 [3]; 2.weight 9 [2, 3]; 2.bias 15 [2]"},
        {"SELECT split || ' ' || x_shape || ' ' || y_shape || ' ' || y_type || ' ' || length(x) || ' ' || length(y) "
         "FROM data",
         "train [10, 2] [10] i32 160 40"},
        {"SELECT run || ' ' || step || ' ' || loss || ' ' || batch_loss || ' ' || grad_norm || ' ' || lr || ' ' || "
         "length(theta) "
         "FROM sample",
         "0 0 0.25 0.5 2.0 0.1 136"},
    };
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        sqlite3_stmt *statement;
        if (sqlite3_prepare_v2(database, questions[i].sql, -1, &statement, NULL) != SQLITE_OK)
            fail_msg("%s", sqlite3_errmsg(database));
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        assert_string_equal((const char *)sqlite3_column_text(statement, 0), questions[i].answer);
        sqlite3_finalize(statement);
    }
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(database, "SELECT x, y FROM data", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const unsigned char *x = sqlite3_column_blob(statement, 0), *y = sqlite3_column_blob(statement, 1);
    for (int i = 0; i < 20; i++) { /* little-endian, whatever this machine is */
        uint64_t bits = 0, expected;
        for (int b = 7; b >= 0; b--) bits = bits << 8 | x[i * 8 + b];
        memcpy(&expected, &data->x[i], sizeof expected);
        assert_true(bits == expected);
    }
    for (int i = 0; i < 10; i++) assert_int_equal(y[i * 4] | y[i * 4 + 1] << 8, data->labels[i]);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    experiment_destroy(&experiment);
    free(path);
}

static void write_file(const char *path, const void *bytes, size_t length) {
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, length, stream), length);
    assert_int_equal(fclose(stream), 0);
}

/* The CSV has gone; the recording has its rows. */
static void data_outlives_its_file(void **state) {
    char *csv = in_folder("table.csv"), *path = in_folder("csv.saddle");
    const char rows[] = "a,b,kind\n1,2,\"re\"\"d\"\n2,1,blue\n3,3.5,\"re\"\"d\"\n4,1,blue\n-1,0.1,blue\n";
    write_file(csv, rows, sizeof rows - 1);
    struct experiment *experiment =
                          parse("objective: {network: {layers: [2, 3, 2]}, data: {csv: table.csv, target: kind}}\n"),
                      *back;
    struct timeline *timeline;
    struct error error = {0};
    struct recording *recording = recording_create(path, experiment, &error);
    assert_non_null(recording);
    assert_true(recording_close(&recording, &error));
    assert_int_equal(unlink(csv), 0);
    if (!recording_read(path, &back, &timeline, &error)) fail_msg("%s", error.message);
    const struct data *one = objective_data(experiment->objective), *two = objective_data(back->objective);
    assert_int_equal(two->samples, one->samples);
    assert_int_equal(two->classes, one->classes);
    assert_memory_equal(two->x, one->x, (size_t)one->samples * 2 * sizeof(double));
    assert_memory_equal(two->labels, one->labels, (size_t)one->samples * sizeof(int32_t));
    for (int i = 0; one->class_names && i < one->classes; i++)
        assert_string_equal(two->class_names[i], one->class_names[i]);
    int n = objective_dimension(one ? back->objective : NULL);
    assert_memory_equal(back->starts, experiment->starts, (size_t)n * sizeof(double));
    struct evaluator *first = evaluator_create(experiment->objective), *second = evaluator_create(back->objective);
    assert_true(evaluator_loss(first, experiment->starts, NULL) == evaluator_loss(second, back->starts, NULL));
    evaluator_destroy(&first);
    evaluator_destroy(&second);
    timeline_destroy(&timeline);
    experiment_destroy(&back);
    experiment_destroy(&experiment);
    free(csv);
    free(path);
}

static void targets_come_back(void **state) {
    char *path = in_folder("sine.saddle");
    struct experiment *experiment =
                          parse("objective: {network: {layers: [1, 3, 1]}, data: {name: sine, samples: 40}}\n"),
                      *back;
    struct timeline *timeline;
    struct error error = {0};
    struct recording *recording = recording_create(path, experiment, &error);
    assert_true(recording_close(&recording, &error));
    if (!recording_read(path, &back, &timeline, &error)) fail_msg("%s", error.message);
    const struct data *one = objective_data(experiment->objective), *two = objective_data(back->objective);
    assert_int_equal(two->kind, DATA_TARGETS);
    assert_memory_equal(two->y, one->y, 40 * sizeof(double));
    assert_int_equal(timeline_count(timeline, 0), 0);
    timeline_destroy(&timeline);
    experiment_destroy(&back);
    experiment_destroy(&experiment);
    free(path);
}

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
            good = recording_append(recording, 0, &(struct sample){.step = step, .loss = 1}, experiment->starts, &error);
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

static void a_restart_replaces(void **state) {
    char *path = in_folder("restart.saddle");
    struct experiment *experiment = parse(formula), *back;
    struct timeline *timeline;
    struct error error = {0};
    struct recording *recording = recording_create(path, experiment, &error);
    for (int64_t step = 0; step < 20; step++)
        assert_true(
            recording_append(recording, 1, &(struct sample){.step = step, .loss = 1}, experiment->starts, &error));
    for (int64_t step = 0; step < 5; step++)
        assert_true(
            recording_append(recording, 1, &(struct sample){.step = step, .loss = 2}, experiment->starts, &error));
    assert_true(recording_close(&recording, &error));
    if (!recording_read(path, &back, &timeline, &error)) fail_msg("%s", error.message);
    assert_int_equal(timeline_count(timeline, 1), 5);
    struct sample sample;
    timeline_read(timeline, 1, 0, 1, &sample, NULL, NULL);
    assert_true(sample.loss == 2);
    timeline_destroy(&timeline);
    experiment_destroy(&back);
    experiment_destroy(&experiment);
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

static void a_start_comes_from_a_recording(void **state) {
    char *path = in_folder("from.saddle");
    struct experiment *experiment = parse(formula);
    struct error error = {0};
    struct recording *recording = recording_create(path, experiment, &error);
    for (int64_t step = 0; step < 10; step++)
        for (int run = 0; run < 6; run++) {
            double theta[2] = {(double)step / 10, (double)run / 10};
            assert_true(
                recording_append(recording, run, &(struct sample){.step = step}, step == 9 ? NULL : theta, &error));
        }
    assert_true(recording_close(&recording, &error));
    experiment_destroy(&experiment);
    const struct {
        const char *start;
        double x, y;
    } good[] = {{"{recording: from.saddle, run: \"mine \\\"a\\\"\", step: 4}", 0.4, 0.2},
                {"{recording: from.saddle, run: adam}", 0.8, 0.2},
                {"{recording: from.saddle}", 0.8, 0}};
    for (int i = 0; i < 3; i++) {
        struct text yaml = {0};
        text_format(&yaml, "objective: {expression: x*y}\nstart: %s\n", good[i].start);
        struct experiment *e = parse(yaml.bytes);
        assert_true(e->starts[0] == good[i].x && e->starts[1] == good[i].y);
        experiment_destroy(&e);
        text_clear(&yaml);
    }
    const char *bad[][2] = {{"{recording: from.saddle, run: rmsprop}", "SGD"},
                            {"{recording: from.saddle, step: 9}", "step 9"},
                            {"{recording: from.saddle, step: 70}", "step 70"}};
    char *file = in_folder("x.yaml");
    for (int i = 0; i < 3; i++) {
        struct text yaml = {0};
        text_format(&yaml, "objective: {expression: x*y}\nstart: %s\n", bad[i][0]);
        struct error own = {0};
        assert_null(experiment_parse(yaml.bytes, yaml.length, file, &own));
        if (!strstr(own.message, "x.yaml:2:20: ") || !strstr(own.message, bad[i][1])) fail_msg("%s", own.message);
        text_clear(&yaml);
    }
    struct error own = {0};
    const char wider[] = "objective: {expression: x*y*z}\nstart: {recording: from.saddle}\n";
    assert_null(experiment_parse(wider, sizeof wider - 1, file, &own));
    assert_non_null(strstr(own.message, "2 parameters"));
    own = (struct error){0};
    assert_null(experiment_load(path, &own));
    assert_non_null(strstr(own.message, "is a recording"));
    free(file);
    free(path);
}

int main(void) {
    linalg_init();
    setenv("SADDLESCOPE_ASSETS", ASSETS, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_come_back),
        cmocka_unit_test(tables_are_the_contracts),
        cmocka_unit_test(data_outlives_its_file),
        cmocka_unit_test(targets_come_back),
        cmocka_unit_test(a_kill_loses_a_tenth_of_a_second),
        cmocka_unit_test(a_full_disk_is_said),
        cmocka_unit_test(a_restart_replaces),
        cmocka_unit_test(nothing_else_is_overwritten),
        cmocka_unit_test(edits_are_refused),
        cmocka_unit_test(damage_is_answered),
        cmocka_unit_test(a_start_comes_from_a_recording),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
