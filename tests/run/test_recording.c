/* Recordings: every bit comes back, whatever it was made of. */
#include "base/linalg.h"
#include "base/memory.h"
#include "base/random.h"
#include "recordings.h"

#include <sqlite3.h>
#include <unistd.h>

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
                           .accuracy = odd[random_below(random, 10)],
                           .validation_accuracy = odd[random_below(random, 10)],
                           .test_accuracy = odd[random_below(random, 10)],
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
            assert_true(same_figure(read[step].accuracy, samples[run][step].accuracy));
            assert_true(same_figure(read[step].validation_accuracy, samples[run][step].validation_accuracy));
            assert_true(same_figure(read[step].test_accuracy, samples[run][step].test_accuracy));
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
         "critical,data,layout,meta,plane,run,sample,statistics,surface"},
        {"SELECT value FROM meta WHERE key = 'format'", "3"},
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

/* Samples, parameters and statistics as a training run of a batch-norm network with data held back left them. */
static void what_is_held_back_comes_back(void **state) {
    char *path = in_folder("held.saddle");
    struct experiment *experiment = parse("objective:\n  network: {layers: [2, 6, 2], norm: batch}\n"
                                          "  data: {name: moons, samples: 60, validation: 0.2, test: 0.3,\n"
                                          "         shift: {rotate: 30, noise: 0.1}}\n"
                                          "batch: 8\nsteps: 40\noptimizers: [sgd, adam]\n"),
                      *back;
    int n = objective_dimension(experiment->objective), count = objective_statistics(experiment->objective);
    struct timeline *timeline = timeline_create(2, n, SIZE_MAX), *read;
    struct error error = {0};
    struct trainer *trainer =
        trainer_create(&(struct trainer_params){.experiment = experiment, .timeline = timeline}, &error);
    trainer_set_goal(trainer, 10); /* the rest is recorded as it comes */
    trainer_wait(trainer);
    assert_true(trainer_record(trainer, path, &error));
    trainer_set_goal(trainer, 40);
    trainer_wait(trainer);
    assert_true(trainer_record_stop(trainer, &error));
    trainer_destroy(&trainer);
    if (!recording_read(path, &back, &read, &error)) fail_msg("%s", error.message);
    const struct data *one = objective_data(experiment->objective), *two = objective_data(back->objective);
    assert_int_equal(two->samples, 30);
    assert_int_equal(two->validation->samples, 12);
    assert_int_equal(two->test->samples, 18);
    assert_memory_equal(two->validation->x, one->validation->x, 12 * 2 * sizeof(double));
    assert_memory_equal(two->test->x, one->test->x, 18 * 2 * sizeof(double));
    assert_memory_equal(two->test->labels, one->test->labels, 18 * sizeof(int32_t));
    assert_int_equal(count, 12);
    struct evaluator *evaluator = evaluator_create(back->objective);
    double *theta = MEM_NEW(double, n), statistics[12], kept[12];
    for (int run = 0; run < 2; run++) {
        struct sample was[41], is[41];
        assert_int_equal(timeline_read(timeline, run, 0, 41, was, NULL, NULL), 41);
        assert_int_equal(timeline_read(read, run, 0, 41, is, NULL, NULL), 41);
        assert_memory_equal(is, was, sizeof is);
        assert_int_equal(timeline_statistics(timeline, run, kept), count);
        assert_int_equal(timeline_statistics(read, run, statistics), count);
        assert_memory_equal(statistics, kept, sizeof kept);
        timeline_read(read, run, 40, 1, is, theta, NULL);
        assert_true(evaluator_test(evaluator, theta, two->test, statistics, NULL) == was[40].test_loss);
        assert_true(evaluator_test(evaluator, theta, two->validation, statistics, NULL) == was[40].validation_loss);
    }
    free(theta);
    evaluator_destroy(&evaluator);
    timeline_destroy(&timeline);
    timeline_destroy(&read);
    static const char *const edits[][2] = {
        {"UPDATE statistics SET \"values\" = x'00'", "moving averages"},
        {"UPDATE statistics SET run = 7 WHERE run = 1", "moving averages"},
        {"UPDATE data SET x_shape = '[18, 1]', x = substr(x, 1, 144) WHERE split = 'test'", "another shape"},
        {"UPDATE data SET y = x'0102' WHERE split = 'validation'", "does not have its shape"},
        {"UPDATE data SET y_type = 'f64', y_shape = '[12]', y = substr(x, 1, 96) WHERE split = 'validation'",
         "another shape"},
        {"UPDATE sample SET test_loss = 'much' WHERE step = 3", "wrong types"},
        {"DROP TABLE statistics", "no such table"},
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        char *edited = in_folder("edited.saddle");
        size_t length;
        char *bytes = file_read(path, (size_t)1 << 24, &length, &error);
        assert_non_null(bytes);
        write_file(edited, bytes, length);
        free(bytes);
        sqlite3 *database;
        assert_int_equal(sqlite3_open(edited, &database), SQLITE_OK);
        assert_int_equal(sqlite3_exec(database, edits[i][0], NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(database);
        struct error own = {0};
        struct experiment *none;
        assert_false(recording_read(edited, &none, &read, &own));
        assert_int_equal(own.kind, ERROR_INPUT);
        if (!strstr(own.message, edits[i][1])) fail_msg("%s: %s", edits[i][0], own.message);
        free(edited);
    }
    experiment_destroy(&back);
    experiment_destroy(&experiment);
    free(path);
}

/* `older`: what makes a file of `format` of one of today. */
static void read_older(const char *name, int format, const char *older) {
    char *path = in_folder(name);
    struct experiment *experiment = parse(formula), *back;
    struct timeline *timeline;
    struct error error = {0};
    struct recording *recording = recording_create(path, experiment, &error);
    for (int64_t step = 0; step < 5; step++)
        assert_true(recording_append(recording, 0,
                                     &(struct sample){.step = step, .loss = 3, .test_loss = 1, .accuracy = 0.5, .evaluations = 100},
                                     experiment->starts, &error));
    assert_true(recording_close(&recording, &error));
    sqlite3 *database;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, older, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
    if (!recording_read(path, &back, &timeline, &error)) fail_msg("%s", error.message);
    struct sample samples[5];
    assert_int_equal(timeline_read(timeline, 0, 0, 5, samples, NULL, NULL), 5);
    for (int i = 0; i < 5; i++) {
        assert_true(samples[i].loss == 3 && isnan(samples[i].accuracy) && isnan(samples[i].test_accuracy));
        assert_true(format > 1 ? samples[i].test_loss == 1 : isnan(samples[i].test_loss));
        assert_int_equal(samples[i].evaluations, format > 1 ? 100 : i + 1);
    }
    timeline_destroy(&timeline);
    experiment_destroy(&back);
    experiment_destroy(&experiment);
    free(path);
}

#define WITHOUT_ACCURACIES                                                                                             \
    "ALTER TABLE sample DROP COLUMN accuracy; ALTER TABLE sample DROP COLUMN validation_accuracy;"                     \
    "ALTER TABLE sample DROP COLUMN test_accuracy;"

static void older_formats_are_still_read(void **state) {
    read_older("second.saddle", 2, WITHOUT_ACCURACIES "UPDATE meta SET value = 2 WHERE key = 'format'");
    read_older("first.saddle", 1,
               WITHOUT_ACCURACIES "ALTER TABLE sample DROP COLUMN validation_loss;"
                                  "ALTER TABLE sample DROP COLUMN test_loss;"
                                  "ALTER TABLE sample DROP COLUMN evaluations; DROP TABLE statistics;"
                                  "UPDATE meta SET value = 1 WHERE key = 'format'");
}

int main(void) {
    linalg_init();
    setenv("SADDLESCOPE_ASSETS", ASSETS, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_come_back),
        cmocka_unit_test(tables_are_the_contracts),
        cmocka_unit_test(data_outlives_its_file),
        cmocka_unit_test(targets_come_back),
        cmocka_unit_test(a_restart_replaces),
        cmocka_unit_test(what_is_held_back_comes_back),
        cmocka_unit_test(older_formats_are_still_read),
        cmocka_unit_test(a_start_comes_from_a_recording),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
