/* Experiment files: what they say arrives, and they are found by name and by path. */
#include "base/file.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"
#include "run/run.h"
#include "test.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OBJECTIVE "objective: {expression: x*y}\n"
#define NETWORK "objective: {network: {layers: [2, 4, 2]}, data: {name: moons}}\n"

static struct experiment *parse(const char *yaml, struct error *error) {
    return experiment_parse(yaml, strlen(yaml), "f.yaml", error);
}

static struct experiment *parse_good(const char *yaml) {
    struct error error = {0};
    struct experiment *experiment = parse(yaml, &error);
    if (!experiment) fail_msg("refused: %s\n%s", error.message, yaml);
    assert_int_equal(error.kind, ERROR_NONE);
    return experiment;
}

/* ---- what a file says arrives ------------------------------------------------------------------------------------ */

static void formula_is_read(void **state) {
    struct experiment *e = parse_good("title: {en: The saddle, zh: 鞍点}\n"
                                      "about: Two valleys.\n"
                                      "source: a lecture\n"
                                      "objective:\n"
                                      "  expression: (1 - w1*w2)^a\n"
                                      "  variables: [w1, w2]\n"
                                      "  constants: {a: 2}\n"
                                      "  domain: [[-3, 2], [-2, 4.5]]\n"
                                      "start: [[0.4, -0.2], [1, 1e-3]]\n"
                                      "steps: 120\n"
                                      "seed: 7\n"
                                      "plane: {name: axes, first: w2, second: w1}\n"
                                      "grid: [64, 33]\n"
                                      "height: log\n"
                                      "camera: {azimuth: -30, elevation: 60}\n"
                                      "known:\n"
                                      "  - {at: [0, 0], kind: saddle, loss: 1}\n"
                                      "  - {at: [1, 1], kind: degenerate}\n"
                                      "optimizers:\n"
                                      "  - {name: sgd, lr: 0.05}\n"
                                      "  - {name: momentum, lr: 0.05, momentum: 0.8, label: heavy ball}\n"
                                      "  - {name: rmsprop, schedule: {name: cosine, warmup: 20, end: 0.1}}\n"
                                      "  - {name: adam, lr: 0.05, betas: [0.8, 0.95], amsgrad: true}\n"
                                      "  - {name: adam, lr: 0.1}\n");
    assert_string_equal(e->title, "The saddle");
    assert_string_equal(e->title_zh, "鞍点");
    assert_string_equal(e->about, "Two valleys.");
    assert_string_equal(e->name, "f");
    assert_string_equal(e->formula, "(1 - w1*w2)^a");
    assert_string_equal(e->variables[1], "w2");
    assert_int_equal(objective_dimension(e->objective), 2);
    assert_true(e->domain[0][0] == -3 && e->domain[0][1] == 2 && e->domain[1][0] == -2 && e->domain[1][1] == 4.5);
    assert_int_equal(e->start_count, 2);
    assert_true(e->starts[0] == 0.4 && e->starts[1] == -0.2 && e->starts[2] == 1 && e->starts[3] == 1e-3);
    assert_int_equal(e->steps, 120);
    assert_int_equal(e->seed, 7);
    assert_int_equal(e->batch, 0);
    assert_int_equal(e->plane, PLANE_AXES);
    assert_true(e->plane_axes[0] == 1 && e->plane_axes[1] == 0);
    assert_true(e->grid[0] == 64 && e->grid[1] == 33);
    assert_int_equal(e->height, HEIGHT_LOG);
    assert_true(e->camera[0] == -30 && e->camera[1] == 60);
    assert_int_equal(e->known_count, 2);
    assert_int_equal(e->known[0].kind, POINT_SADDLE);
    assert_true(e->known[0].loss == 1 && isnan(e->known[1].loss) && e->known[1].at[1] == 1);
    assert_int_equal(experiment_run_count(e), 10);
    const struct experiment_optimizer *o = e->optimizers;
    assert_string_equal(optimizer_class_name(o[1].class), "momentum");
    assert_string_equal(o[1].label, "heavy ball");
    assert_true(o[1].values[optimizer_class_parameter_index(o[1].class, "momentum")] == 0.8);
    assert_true(o[2].values[0] == 0.01); /* torch.optim.RMSprop's own lr */
    assert_int_equal(o[2].schedule.kind, SCHEDULE_COSINE);
    assert_true(o[2].schedule.warmup == 20 && o[2].schedule.total == 120 && o[2].schedule.end == 0.1);
    assert_true(o[3].values[optimizer_class_parameter_index(o[3].class, "beta1")] == 0.8);
    assert_true(o[3].values[optimizer_class_parameter_index(o[3].class, "beta2")] == 0.95);
    assert_true(o[3].values[optimizer_class_parameter_index(o[3].class, "amsgrad")] == 1);
    assert_string_not_equal(o[3].label, o[4].label); /* two of a kind can be told apart */
    experiment_destroy(&e);
    assert_null(e);
    experiment_destroy(&e);
}

/* The same network, start and data; only the arithmetic differs. */
static void precision_is_the_networks(void **state) {
    double losses[3];
    static const char *const written[] = {"", "precision: f64\n", "precision: f32\n"};
    for (int i = 0; i < 3; i++) {
        char yaml[256];
        snprintf(yaml, sizeof yaml, "objective: {network: {layers: [2, 16, 2]}, data: {name: moons}}\n%s", written[i]);
        struct experiment *e = parse_good(yaml);
        struct evaluator *evaluator = evaluator_create(e->objective);
        losses[i] = evaluator_loss(evaluator, e->starts, NULL);
        evaluator_destroy(&evaluator);
        experiment_destroy(&e);
    }
    assert_true(losses[0] == losses[1] && losses[1] != losses[2]);
    assert_near(losses[2], losses[1], 1e-6);
}

static void network_is_read(void **state) {
    struct experiment *e =
        parse_good("objective:\n"
                   "  network: {layers: [2, 16, 16, 2], activation: tanh, norm: none, residual: false}\n"
                   "  data: {name: spirals, samples: 256, noise: 0.1, seed: 1}\n"
                   "  loss: cross_entropy\n"
                   "start: {seeds: [5, 6]}\n"
                   "batch: 32\n"
                   "precision: f64\n"
                   "plane: {name: random, seed: 3}\n");
    int n = objective_dimension(e->objective);
    assert_int_equal(n, 2 * 16 + 16 + 16 * 16 + 16 + 16 * 2 + 2);
    assert_int_equal(objective_samples(e->objective), 256);
    assert_int_equal(e->batch, 32);
    assert_int_equal(e->plane, PLANE_RANDOM);
    assert_int_equal(e->plane_seed, 3);
    assert_null(e->formula);
    assert_null(e->domain);
    double *expected = MEM_NEW(double, n);
    for (int i = 0; i < 2; i++) {
        objective_initialise(e->objective, (uint64_t)(5 + i), expected);
        assert_memory_equal(e->starts + i * n, expected, (size_t)n * sizeof(double));
    }
    free(expected);
    assert_int_equal(e->optimizer_count, 4); /* the usual ones */
    assert_string_equal(optimizer_class_name(e->optimizers[3].class), "adam");
    experiment_destroy(&e);
    e = parse_good("objective: {network: {layers: [1, 8, 1]}, data: {name: sine}}\n");
    assert_int_equal(e->plane, PLANE_PCA);
    experiment_destroy(&e);
}

static void blocks_are_read(void **state) {
    struct experiment *e = parse_good("objective:\n"
                                      "  network:\n"
                                      "    input: [1, 8, 8]\n"
                                      "    activation: relu\n"
                                      "    norm: batch\n"
                                      "    blocks:\n"
                                      "      - {conv: 4}\n"
                                      "      - residual: [{conv: 4}, {conv: 4, norm: none}]\n"
                                      "      - {pool: 2}\n"
                                      "      - {dropout: 0.2}\n"
                                      "      - flatten\n"
                                      "      - {dense: 12, norm: weight, activation: gelu}\n"
                                      "      - {dense: 10}\n"
                                      "  data: {name: digits, samples: 50}\n");
    /* Names as nn.Sequential(Conv2d, BatchNorm2d, ReLU, Residual(Conv2d, BatchNorm2d, ReLU, Conv2d), ReLU, AvgPool2d,
     * Dropout, Flatten, weight_norm(Linear), GELU, Linear) has them. */
    static const char *const names[] = {"0.weight", "0.bias",     "1.weight",   "1.bias",     "3.0.weight",
                                        "3.0.bias", "3.1.weight", "3.1.bias",   "3.3.weight", "3.3.bias",
                                        "8.bias",   "8.weight_g", "8.weight_v", "10.weight",  "10.bias"};
    const struct layout_entry *entries;
    assert_int_equal(objective_layout(e->objective, &entries), sizeof names / sizeof *names);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) assert_string_equal(entries[i].name, names[i]);
    assert_int_equal(objective_dimension(e->objective),
                     36 + 4 + 8 + 144 + 4 + 8 + 144 + 4 + 12 + 12 + 12 * 64 + 120 + 10);
    assert_int_equal(objective_statistics(e->objective), 16);
    assert_true(objective_is_noisy(e->objective));
    experiment_destroy(&e);
    e = parse_good(
        "objective: {network: {layers: [2, 8, 2], depth: 7, residual: true, norm: layer}, data: {name: moons}}\n");
    assert_int_equal(objective_dimension(e->objective), 24 + 5 * 72 + 18 + 6 * 16);
    assert_int_equal(objective_layout(e->objective, &entries), 4 * 7 - 2);
    assert_string_equal(entries[4].name, "3.0.weight"); /* after dense, norm, activation */
    experiment_destroy(&e);
}

static void defaults_are_sensible(void **state) {
    struct experiment *e = parse_good("objective: {expression: x^2 + 10*y^2}\n");
    assert_string_equal(e->title, "f");
    assert_string_equal(e->variables[0], "x");
    assert_true(e->domain[1][0] == -2 && e->domain[1][1] == 2);
    assert_int_equal(e->start_count, 1);
    for (int i = 0; i < 2; i++) assert_true(fabs(e->starts[i]) > 0.5 && fabs(e->starts[i]) < 2);
    assert_int_equal(e->plane, PLANE_AXES);
    const char *names[] = {"sgd", "momentum", "rmsprop", "adam"};
    assert_int_equal(e->optimizer_count, 4);
    for (int i = 0; i < 4; i++) assert_string_equal(optimizer_class_name(e->optimizers[i].class), names[i]);
    assert_true(e->optimizers[0].values[0] < 2.0 / 20); /* gradient descent converges below 2 / the largest curvature */
    assert_true(e->optimizers[0].values[0] > 1e-3);
    experiment_destroy(&e);

    e = parse_good(
        "objective: {expression: log(x) + y^2, variables: [x, y], domain: [-4, 1]}\n"); /* no loss for x ≤ 0 */
    struct evaluator *evaluator = evaluator_create(e->objective);
    assert_true(isfinite(evaluator_loss(evaluator, e->starts, NULL)));
    evaluator_destroy(&evaluator);
    assert_true(e->domain[1][0] == -4);
    experiment_destroy(&e);

    e = parse_good("objective: {expression: a + b + c}\nplane: {second: c}\nstart: {seed: 4}\n");
    assert_true(e->plane == PLANE_AXES && e->plane_axes[0] == 0 && e->plane_axes[1] == 2);
    for (int i = 0; i < 3; i++) assert_true(fabs(e->starts[i]) < 2);
    experiment_destroy(&e);

    e = parse_good(
        "objective: {expression: x*y}\nsteps: 1e3\nbatch: full\nstart: &p [1, -1]\nknown: [{at: *p, kind: saddle}]\n");
    assert_int_equal(e->steps, 1000);
    assert_true(e->known[0].at[1] == -1);
    experiment_destroy(&e);
}

/* ---- formulas typed in ------------------------------------------------------------------------------------------- */

static void formulas_become_experiments(void **state) {
    struct error error = {0};
    int column = -1;
    struct experiment *e = experiment_from_formula("(1 - w10*w2)^2", NULL, &column, &error);
    assert_non_null(e);
    assert_string_equal(e->variables[0], "w2"); /* before w10, as people count */
    assert_string_equal(e->variables[1], "w10");
    assert_int_equal(e->optimizer_count, 4);
    assert_true(e->domain[0][0] == -2 && e->domain[1][1] == 2);
    /* Its YAML says the same again: a recording of it can be read back. */
    struct experiment *again = experiment_parse(e->source, strlen(e->source), "again", &error);
    assert_non_null(again);
    assert_string_equal(again->formula, e->formula);
    assert_memory_equal(again->starts, e->starts, 2 * sizeof(double));
    assert_true(again->optimizers[0].values[0] == e->optimizers[0].values[0]);
    experiment_destroy(&again);
    experiment_destroy(&e);

    const double domain[2][2] = {{0.1, 5}, {-1, 1}};
    e = experiment_from_formula("x*log(x)", domain, &column, &error);
    assert_non_null(e);
    assert_string_equal(e->variables[0], "x");
    assert_string_equal(e->variables[1], "y"); /* a surface has two directions */
    assert_true(e->domain[0][0] == 0.1 && e->domain[1][0] == -1);
    experiment_destroy(&e);

    const struct {
        const char *formula;
        int column;
    } wrong[] = {{"x + * y", 5}, {"x + foo(y)", 5}, {"", 0},
                 {"  ", 0},      {"x y", 3},        {"a+b+c+d+f+g+h+i+j+k+l+m+n+o+p+q+r", 0}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error own = {0};
        assert_null(experiment_from_formula(wrong[i].formula, NULL, &column, &own));
        assert_int_equal(own.kind, ERROR_INPUT);
        assert_int_equal(column, wrong[i].column);
    }
}

/* ---- names and files --------------------------------------------------------------------------------------------- */

static void write_file(const char *folder, const char *name, const char *text, size_t length) {
    char *path = path_join(folder, name);
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(text, 1, length, stream), length);
    assert_int_equal(fclose(stream), 0);
    free(path);
}

static void names_and_files_are_found(void **state) {
    char folder[] = "/tmp/saddlescope-experiment-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *experiments = path_join(folder, "experiments");
    assert_int_equal(mkdir(experiments, 0700), 0);
    const char saddle[] = "order: 1\ntitle: {en: The saddle, zh: 鞍}\n" OBJECTIVE, bowl[] = "about: Round.\n" OBJECTIVE;
    const char net[] = "title: A net\n" NETWORK;
    write_file(experiments, "saddle.yaml", saddle, sizeof saddle - 1);
    write_file(experiments, "bowl.yaml", bowl, sizeof bowl - 1);
    write_file(experiments, "a_net.yaml", net, sizeof net - 1);
    write_file(experiments, "notes.txt", "x", 1);
    setenv("SADDLESCOPE_ASSETS", folder, 1);

    struct error error = {0};
    size_t count;
    struct experiment_listing *listing = experiment_list(&count, &error);
    assert_int_equal(count, 3);
    assert_string_equal(listing[0].name, "saddle");
    assert_string_equal(listing[0].title, "The saddle");
    assert_string_equal(listing[1].name, "bowl");
    assert_string_equal(listing[0].title_zh, "鞍");
    assert_string_equal(listing[1].title, "bowl");
    assert_null(listing[1].title_zh);
    assert_string_equal(listing[1].about, "Round.");
    assert_true(listing[2].network && !listing[1].network);
    experiment_listing_destroy(&listing, count);

    struct experiment *e = experiment_load("saddle", &error);
    assert_non_null(e);
    assert_string_equal(e->name, "saddle");
    experiment_destroy(&e);
    assert_null(experiment_load("sadle", &error));
    assert_non_null(strstr(error.message, "\"saddle\""));
    assert_non_null(strstr(error.message, "saddlescope list"));
    error = (struct error){0};
    assert_null(experiment_load("nowhere.yaml", &error));
    assert_non_null(strstr(error.message, "nowhere.yaml"));
    assert_int_equal(error.kind, ERROR_INPUT);

    /* Files that an experiment names are looked for beside it. */
    const double theta[4] = {0.25, -0.5, 1, 1.5};
    char npy[128 + sizeof theta] = "\x93NUMPY\x01";
    memcpy(npy + 8, "\x76\0", 2);
    memset(npy + 10, ' ', 118);
    const char header[] = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }";
    memcpy(npy + 10, header, sizeof header - 1);
    npy[127] = '\n';
    memcpy(npy + 128, theta, sizeof theta);
    write_file(folder, "start.npy", npy, sizeof npy);
    const char from_npy[] = OBJECTIVE "start: {npy: start.npy}\n";
    write_file(folder, "from_npy.yaml", from_npy, sizeof from_npy - 1);
    char *path = path_join(folder, "from_npy.yaml");
    error = (struct error){0};
    e = experiment_load(path, &error);
    if (!e) fail_msg("%s", error.message);
    assert_int_equal(e->start_count, 2);
    assert_memory_equal(e->starts, theta, sizeof theta);
    experiment_destroy(&e);
    for (size_t length = 0; length < sizeof npy; length += 7) { /* cut short anywhere */
        write_file(folder, "start.npy", npy, length);
        struct error own = {0};
        assert_null(experiment_load(path, &own));
        assert_non_null(strstr(own.message, "from_npy.yaml:2:14: "));
    }
    free(path);

    const char csv[] = "a,b,kind\n1,2,red\n2,1,blue\n3,3,red\n4,1,blue\n";
    write_file(folder, "table.csv", csv, sizeof csv - 1);
    const char from_csv[] = "objective: {network: {layers: [2, 3, 2]}, data: {csv: table.csv, target: kind}}\n";
    write_file(folder, "from_csv.yml", from_csv, sizeof from_csv - 1);
    path = path_join(folder, "from_csv.yml");
    e = experiment_load(path, &error);
    if (!e) fail_msg("%s", error.message);
    assert_int_equal(objective_samples(e->objective), 4);
    experiment_destroy(&e);
    free(path);

    struct text command = {0};
    text_format(&command, "rm -r '%s'", folder);
    assert_int_equal(system(command.bytes), 0);
    text_clear(&command);
    free(experiments);
    setenv("SADDLESCOPE_ASSETS", ASSETS, 1);
}

/* ---- built-in files
 * -------------------------------------------------------------------------------- */

static void builtin_experiments_load(void **state) {
    struct error error = {0};
    size_t count;
    struct experiment_listing *listing = experiment_list(&count, &error);
    assert_non_null(listing);
    assert_true(count >= 18);
    assert_string_equal(listing[0].name, "saddle");
    for (size_t i = 0; i < count; i++) {
        struct experiment *e = experiment_load(listing[i].name, &error);
        if (!e) fail_msg("%s", error.message);
        assert_string_equal(e->title, listing[i].title);
        assert_int_equal(!e->formula, listing[i].network);
        experiment_destroy(&e);
    }
    experiment_listing_destroy(&listing, count);
}

int main(void) {
    linalg_init();
    setenv("SADDLESCOPE_ASSETS", ASSETS, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formula_is_read),
        cmocka_unit_test(network_is_read),
        cmocka_unit_test(precision_is_the_networks),
        cmocka_unit_test(blocks_are_read),
        cmocka_unit_test(defaults_are_sensible),
        cmocka_unit_test(formulas_become_experiments),
        cmocka_unit_test(names_and_files_are_found),
        cmocka_unit_test(builtin_experiments_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
