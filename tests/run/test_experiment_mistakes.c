/* Mistakes in experiment files are said with their place, and nothing breaks the reader. */
#include "base/file.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "base/threads.h"
#include "run/run.h"
#include "test.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static struct experiment *parse(const char *yaml, struct error *error) {
    return experiment_parse(yaml, strlen(yaml), "f.yaml", error);
}

/* ---- what is wrong is said with its place ------------------------------------------------------------------------ */

#define OBJECTIVE "objective: {expression: x*y}\n"
#define NORMED "objective: {network: {layers: [2, 4, 2], norm: batch}, data: {name: moons}}\n"
#define NETWORK "objective: {network: {layers: [2, 4, 2]}, data: {name: moons}}\n"

static const struct {
    const char *yaml, *said[3]; /* each must be in the message */
} mistakes[] = {
    {"", {"f.yaml:1:1: ", "empty"}},
    {"# only a remark\n\n", {"f.yaml:1:1: ", "empty"}},
    {"just text", {"f.yaml:1:1: ", "objective"}},
    {"[1, 2]", {"f.yaml:1:1: ", "a list"}},
    {"title: no objective\n", {"f.yaml:1:1: ", "\"objective\""}},
    {OBJECTIVE "stpes: 3\n", {"f.yaml:2:1: ", "stpes", "\"steps\"?"}},
    {OBJECTIVE "steps: 3\nsteps: 4\n", {"f.yaml:3:1: ", "\"steps\" is given twice"}},
    {OBJECTIVE "steps: 0\n", {"f.yaml:2:8: ", "steps is 0", "from 1 to"}},
    {OBJECTIVE "steps: -5\n", {"f.yaml:2:8: ", "steps is -5"}},
    {OBJECTIVE "steps: 2.5\n", {"f.yaml:2:8: ", "whole number"}},
    {OBJECTIVE "steps: many\n", {"f.yaml:2:8: ", "\"many\"", "whole number"}},
    {OBJECTIVE "steps: \"5\"\n", {"f.yaml:2:8: ", "without quotes"}},
    {OBJECTIVE "steps:\n", {"f.yaml:2:7: ", "no value"}},
    {OBJECTIVE "steps: [1]\n", {"f.yaml:2:8: ", "a list"}},
    {OBJECTIVE "steps: 99999999999999999999999\n", {"f.yaml:2:8: ", "steps is 9999"}},
    {OBJECTIVE "steps: 0x10\n", {"f.yaml:2:8: ", "whole number"}},
    {OBJECTIVE "seed: -1\n", {"f.yaml:2:7: ", "seed is -1"}},
    {OBJECTIVE "precision: f32\n", {"f.yaml:2:12: ", "f32 is for networks", "f64, which is right"}},
    {OBJECTIVE "precision: f65\n", {"f.yaml:2:12: ", "did you mean"}},
    {OBJECTIVE "grid: [1, 100]\n", {"f.yaml:2:8: ", "grid width is 1", "2 to 4096"}},
    {OBJECTIVE "grid: [100, 1000000000]\n", {"f.yaml:2:13: ", "grid height is 1000000000"}},
    {OBJECTIVE "grid: [100]\n", {"f.yaml:2:7: ", "1 items", "2 are right"}},
    {OBJECTIVE "height: logarithmic\n", {"f.yaml:2:9: ", "logarithmic", "linear, log"}},
    {OBJECTIVE "camera: {elevation: 120}\n", {"f.yaml:2:21: ", "elevation", "2 to 90"}},
    {OBJECTIVE "batch: 4\n", {"f.yaml:2:8: ", "no samples"}},
    {OBJECTIVE "batch: half\n", {"f.yaml:2:8: ", "full"}},
    {NETWORK "batch: 1000\n", {"f.yaml:2:8: ", "256 samples"}},
    {NORMED "batch: 1\n", {"f.yaml:2:8: ", "no variance of a batch of 1", "batch: 2,"}},
    {NORMED "batch: 51\n", {"f.yaml:2:8: ", "256 samples in batches of 51 leave one alone", "batch: 52 is right"}},
    {NORMED "batch: 255\n", {"f.yaml:2:8: ", "leave one alone", "batch: 256 is right"}},
    {OBJECTIVE "title: {de: Sattel}\n", {"f.yaml:2:9: ", "\"de\""}},
    {OBJECTIVE "title: ''\n", {"f.yaml:2:8: ", "empty"}},
    /* starts */
    {OBJECTIVE "start: [1]\n", {"f.yaml:2:8: ", "1 numbers", "2 parameters"}},
    {OBJECTIVE "start: [1, .nan]\n", {"f.yaml:2:12: ", "start y", "finite"}},
    {OBJECTIVE "start: [-.inf, 1]\n", {"f.yaml:2:9: ", "finite"}},
    {OBJECTIVE "start: [1, two]\n", {"f.yaml:2:12: ", "\"two\""}},
    {OBJECTIVE "start: [[1, 1], [1, 1, 1]]\n", {"f.yaml:2:17: ", "3 numbers"}},
    {OBJECTIVE "start: [1, 1e9]\n", {"f.yaml:2:12: ", "start y is 1e9"}},
    {OBJECTIVE "start: []\n", {"f.yaml:2:8: ", "empty"}},
    {OBJECTIVE "start: 3\n", {"f.yaml:2:8: ", "single value"}},
    {OBJECTIVE "start: {seed: 1, seeds: [2]}\n", {"f.yaml:2:8: ", "several"}},
    {OBJECTIVE "start: {seed: 1, run: x}\n", {"f.yaml:2:23: ", "recording"}},
    {OBJECTIVE "start: {npy: /no/such/file.npy}\n", {"f.yaml:2:14: ", "/no/such/file.npy"}},
    {OBJECTIVE "start: {recording: no.saddle}\n", {"f.yaml:2:20: ", "no.saddle"}},
    {"objective: {expression: log(x*y)}\nstart: [1, -1]\n", {"f.yaml:2:8: ", "not finite"}},
    {"objective: {expression: log(x*y)}\nstart:\n  - [1, 1]\n  - [1, -1]\n", {"f.yaml:4:5: ", "not finite"}},
    {"objective: {expression: log(-1 - x^2 - y^2)}\n", {"f.yaml:1:1: ", "not finite"}},
    /* objectives */
    {"objective: 3\n", {"f.yaml:1:12: ", "an objective is a single value"}},
    {"objective: {}\n", {"f.yaml:1:12: ", "neither"}},
    {"objective: {expression: x*y, network: {layers: [2, 2]}}\n", {"f.yaml:1:12: ", "both"}},
    {"objective: {expression: x*y, data: {name: moons}}\n", {"f.yaml:1:36: ", "data", "a network"}},
    {"objective: {expresion: x*y}\n", {"f.yaml:1:13: ", "\"expression\"?"}},
    {"objective: {expression: 3}\n", {"f.yaml:1:25: ", "0 variables"}},
    {"objective: {expression: x}\n", {"f.yaml:1:25: ", "1 variables"}},
    {"objective: {expression: x*y, variables: [x]}\n", {"f.yaml:1:41: ", "2 to 16"}},
    {"objective: {expression: x*y, variables: [x, x]}\n", {"f.yaml:1:41: ", "x"}},
    {"objective: {expression: x*y, variables: [x, sin]}\n", {"f.yaml:1:41: ", "sin"}},
    {"objective: {expression: x*y*a, constants: {a: .nan}}\n", {"f.yaml:1:47: ", "constant a"}},
    {"objective: {expression: x*y, domain: [[-2, 2]]}\n", {"f.yaml:1:38: ", "1 ranges for 2"}},
    {"objective: {expression: x*y, domain: [[-2, 2], [1, 1]]}\n", {"f.yaml:1:48: ", "no width"}},
    {"objective: {expression: x*y, domain: [2, -2]}\n", {"f.yaml:1:38: ", "no width"}},
    {"objective: {expression: x*y, domain: [[-2, .inf], [1, 2]]}\n", {"f.yaml:1:44: ", "finite"}},
    {"objective: {expression: x*y, domain: wide}\n", {"f.yaml:1:38: ", "[[-2, 2], [-2, 2]]"}},
    /* formulas: the column inside the scalar, whatever its quotes */
    {"objective:\n  expression: x + * y\n", {"f.yaml:2:19: "}},
    {"objective:\n  expression: 'x + * y'\n", {"f.yaml:2:20: "}},
    {"objective:\n  expression: \"x + * y\"\n", {"f.yaml:2:20: "}},
    {"objective:\n  expression: >-\n    x +\n    * y\n", {"f.yaml:4:5: "}},
    {"objective:\n  expression: |\n    x +\n\n    * y\n", {"f.yaml:5:5: "}},
    {"objective:\n  expression: x +\n    * y\n", {"f.yaml:3:5: "}},
    {"objective:\n  expression: x + y *\n", {"f.yaml:2:22: "}},
    {"objective:\n  expression: (x + y\n", {"f.yaml:2:"}},
    {"objective:\n  expression: x + sn(y)\n", {"f.yaml:2:19: ", "sn", "sin"}},
    {"objective:\n  expression: x + yy\n  variables: [x, y]\n", {"f.yaml:2:19: ", "yy"}},
    {"objective:\n  expression: x × y\n", {"f.yaml:2:17: ", "×"}},
    /* networks */
    {"objective: {network: {layers: [2, 4, 2]}}\n", {"f.yaml:1:12: ", "data"}},
    {"objective: {network: {}, data: {name: moons}}\n", {"f.yaml:1:22: ", "layers"}},
    {"objective: {network: {layers: [2]}, data: {name: moons}}\n", {"f.yaml:1:31: ", "layers"}},
    {"objective: {network: {layers: [2, 0, 2]}, data: {name: moons}}\n", {"f.yaml:1:35: ", "1 to 4096"}},
    {"objective: {network: {layers: [3, 4, 2]}, data: {name: moons}}\n", {"f.yaml:1:31: ", "2"}},
    {"objective: {network: {layers: [2, 4, 7]}, data: {name: moons}}\n", {"f.yaml:1:31: ", "2"}},
    {"objective: {network: {layers: [2, 4096, 4096, 4096, 2]}, data: {name: moons}}\n",
     {"f.yaml:1:31: ", "parameters"}},
    {"objective: {network: {layers: [2, 4, 2], activation: tan}, data: {name: moons}}\n",
     {"f.yaml:1:54: ", "\"tanh\"?"}},
    {"objective: {network: {layers: [2, 4, 2], norm: bach}, data: {name: moons}}\n", {"f.yaml:1:48: ", "\"batch\"?"}},
    {"objective: {network: {layers: [2, 4, 2], norm: instance}, data: {name: moons}}\n", {"f.yaml:1:31: ", "images"}},
    {"objective: {network: {layers: [2, 4, 2], residual: true}, data: {name: moons}}\n", {"f.yaml:1:31: ", "residual"}},
    {"objective: {network: {layers: [2, 4, 2], dropout: 1}, data: {name: moons}}\n", {"f.yaml:1:51: ", "dropout"}},
    {"objective: {network: {layers: [2, 4, 2], depth: 65}, data: {name: moons}}\n", {"f.yaml:1:49: ", "64"}},
    {"objective: {network: {layers: [2, 4, 4, 2], depth: 5}, data: {name: moons}}\n", {"f.yaml:1:52: ", "4 widths"}},
    {"objective: {network: {layers: [2, 4, 2], input: [1, 1, 2]}, data: {name: moons}}\n", {"f.yaml:1:49: ", "blocks"}},
    {"objective: {network: {blocks: [{dense: 2}], residual: true}, data: {name: moons}}\n",
     {"f.yaml:1:55: ", "layers"}},
    {"objective: {network: {blocks: [{dense: 2}], layers: [2, 2]}, data: {name: moons}}\n",
     {"f.yaml:1:31: ", "one of"}},
    {"objective: {network: {blocks: []}, data: {name: moons}}\n", {"f.yaml:1:31: ", "blocks"}},
    {"objective: {network: {blocks: [{dense: 3}]}, data: {name: moons}}\n", {"f.yaml:1:31: ", "{dense: 2}"}},
    {"objective: {network: {blocks: [{conv: 3}, {dense: 2}]}, data: {name: moons}}\n", {"f.yaml:1:32: ", "image"}},
    {"objective: {network: {blocks: [{pool: 2}, {dense: 2}]}, data: {name: moons}}\n", {"f.yaml:1:32: ", "pool"}},
    {"objective: {network: {input: [1, 8, 9], blocks: [{dense: 10}]}, data: {name: digits}}\n",
     {"f.yaml:1:49: ", "72 numbers but digits has 64"}},
    {"objective: {network: {input: [1, 8, 8], blocks: [{conv: 4}, {pool: 9}, {dense: 10}]}, data: {name: digits}}\n",
     {"f.yaml:1:61: ", "8 × 8"}},
    {"objective: {network: {blocks: [{dense: 2, conv: 2}]}, data: {name: moons}}\n", {"f.yaml:1:32: ", "both"}},
    {"objective: {network: {blocks: [{norm: batch}]}, data: {name: moons}}\n", {"f.yaml:1:32: ", "none of"}},
    {"objective: {network: {blocks: [{dropout: 0.1, norm: batch}]}, data: {name: moons}}\n",
     {"f.yaml:1:53: ", "dense"}},
    {"objective: {network: {blocks: [flaten, {dense: 2}]}, data: {name: moons}}\n", {"f.yaml:1:32: ", "\"flatten\"?"}},
    {"objective: {network: {blocks: [{residual: [{dense: 3}]}, {dense: 2}]}, data: {name: moons}}\n",
     {"f.yaml:1:32: ", "cannot be added"}},
    {"objective: {network: {blocks: [{residual: [{residual: [{dense: 2}]}]}, {dense: 2}]}, data: {name: moons}}\n",
     {"f.yaml:1:44: ", "within"}},
    {"objective: {network: {layers: [2, 4, 2]}, data: {name: moons, npy: x.npy}}\n", {"f.yaml:1:49: ", "either"}},
    {"objective: {network: {layers: [2, 4, 2]}, data: {idx: no.idx}}\n", {"f.yaml:1:55: ", "target"}},
    {"objective: {network: {layers: [2, 4, 2]}, data: {npy: no.npy, target: y.npy}}\n", {"no.npy", "cannot be read"}},
    {"objective: {network: {layers: [2, 4, 2]}, data: {name: moons, validation: 0.6, test: 0.6}}\n",
     {"f.yaml:1:49: ", "nothing to train on"}},
    {"objective: {network: {layers: [2, 4, 2]}, data: {name: moons, shift: {rotate: 30}}}\n",
     {"f.yaml:1:49: ", "none; write a share for test"}},
    {"objective: {network: {layers: [2, 4, 2]}, data: {name: moons, augment: {mirror: true}}}\n",
     {"f.yaml:1:31: ", "images"}},
    {"objective: {network: {layers: [2, 4, 2]}, data: {name: moons, augment: {miror: true}}}\n",
     {"f.yaml:1:73: ", "mirror"}},
    {"objective: {network: {layers: [1, 4, 1]}, data: {name: sine}, loss: bce}\n", {"f.yaml:1:", "0 to 1"}},
    {"objective: {network: {layers: [2, 4, 2], residual: maybe}, data: {name: moons}}\n",
     {"f.yaml:1:52: ", "true or false"}},
    {"objective: {network: {layers: [2, 4, 2], init: xaver}, data: {name: moons}}\n", {"f.yaml:1:48: ", "\"xavier\"?"}},
    {"objective: {network: {layers: [2, 4, 2]}, data: {name: moon}}\n", {"f.yaml:1:56: ", "\"moons\"?"}},
    {"objective: {network: {layers: [2, 4, 2]}, data: {name: moons, samples: 1}}\n", {"f.yaml:1:72: ", "samples"}},
    {"objective: {network: {layers: [2, 4, 2]}, data: {name: moons, noise: -1}}\n", {"f.yaml:1:70: ", "noise"}},
    {"objective: {network: {layers: [2, 4, 2]}, data: {samples: 9}}\n", {"f.yaml:1:49: ", "name"}},
    {"objective: {network: {layers: [2, 4, 2]}, data: {csv: no.csv, target: y}}\n", {"no.csv", "cannot be read"}},
    {"objective: {network: {layers: [2, 4, 2]}, data: {csv: no.csv}}\n", {"f.yaml:1:55: ", "target"}},
    {"objective: {network: {layers: [1, 4, 1]}, data: {name: sine}, loss: cross_entropy}\n", {"f.yaml:1:"}},
    {NETWORK "known: []\n", {"f.yaml:2:8: ", "formula"}},
    /* planes */
    {OBJECTIVE "plane: {name: axis}\n", {"f.yaml:2:15: ", "\"axes\"?"}},
    {OBJECTIVE "plane: {first: z}\n", {"f.yaml:2:16: ", "\"z\""}},
    {OBJECTIVE "plane: {first: x, second: x}\n", {"f.yaml:2:27: ", "same"}},
    {OBJECTIVE "plane: {name: pca, first: x}\n", {"f.yaml:2:27: ", "pca"}},
    {OBJECTIVE "plane: {seed: 1}\n", {"f.yaml:2:15: ", "random"}},
    {NETWORK "plane: {name: pca, runs: [adm]}\n", {"f.yaml:2:27: ", "\"adm\""}},
    {NETWORK "plane: {name: pca, runs: [start]}\n", {"f.yaml:2:27: ", "no path"}},
    {NETWORK "plane: {name: pca, runs: [sgd, adam]}\n", {"f.yaml:2:26: ", "2 items"}},
    {NETWORK "plane: {name: random, runs: [sgd]}\n", {"f.yaml:2:29: ", "random"}},
    {NETWORK "plane: {name: axes, first: 22}\n", {"f.yaml:2:28: ", "0 to 21"}},
    /* optimizers */
    {OBJECTIVE "optimizers: []\n", {"f.yaml:2:13: ", "0 items"}},
    {OBJECTIVE "optimizers: adam\n", {"f.yaml:2:13: ", "single value"}},
    {OBJECTIVE "optimizers: [{lr: 1}]\n", {"f.yaml:2:14: ", "\"name\""}},
    {OBJECTIVE "optimizers: [{name: adm}]\n", {"f.yaml:2:21: ", "\"adam\"?"}},
    {OBJECTIVE "optimizers:\n  - {name: sgd, lr: 0.1}\n  - {name: adam, momentum: 0.9}\n",
     {"f.yaml:4:18: ", "momentum", "adam"}},
    {OBJECTIVE "optimizers: [{name: sgd, lr: fast}]\n", {"f.yaml:2:30: ", "lr of sgd"}},
    {OBJECTIVE "optimizers: [{name: sgd, lr: -0.1}]\n", {"f.yaml:2:30: ", "lr of sgd is -0.1"}},
    {OBJECTIVE "optimizers: [{name: sgd, lr: .inf}]\n", {"f.yaml:2:30: ", "finite"}},
    {OBJECTIVE "optimizers: [{name: adam, betas: [0.9]}]\n", {"f.yaml:2:34: ", "betas"}},
    {OBJECTIVE "optimizers: [{name: adam, betas: [0.9, 1.5]}]\n", {"f.yaml:2:40: ", "beta2 of adam"}},
    {OBJECTIVE "optimizers: [{name: sgd, betas: [0.9, 0.9]}]\n", {"f.yaml:2:26: ", "betas"}},
    {OBJECTIVE "optimizers: [{name: sgd, nesterov: true}]\n", {"f.yaml:2:14: ", "momentum"}},
    {OBJECTIVE "optimizers: [{name: sgd, schedule: {name: cosin}}]\n", {"f.yaml:2:43: ", "\"cosine\"?"}},
    {OBJECTIVE "optimizers: [{name: sgd, schedule: {name: cosine, gamma: 1}}]\n", {"f.yaml:2:51: ", "gamma"}},
    {OBJECTIVE "optimizers: [{name: sgd, schedule: exponential}]\n", {"f.yaml:2:36: ", "gamma"}},
    {OBJECTIVE "optimizers: [{name: sgd, label: a}, {name: adam, label: a}]\n", {"f.yaml:2:57: ", "twice"}},
    {OBJECTIVE
     "start: [[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1]]\n",
     {"f.yaml:1:1: ", "68 runs", "64"}},
    /* known points */
    {OBJECTIVE "known: [{at: [0, 0]}]\n", {"f.yaml:2:9: ", "\"kind\""}},
    {OBJECTIVE "known: [{at: [0], kind: saddle}]\n", {"f.yaml:2:14: ", "1 items"}},
    {OBJECTIVE "known: [{at: [0, 0], kind: sadle}]\n", {"f.yaml:2:28: ", "\"saddle\"?"}},
    /* YAML itself */
    {OBJECTIVE "---\n" OBJECTIVE, {"f.yaml:3:1: ", "second document"}},
    {OBJECTIVE "title: [a, b\n", {"f.yaml:3:1: "}},
    {OBJECTIVE "\ttitle: x\n", {"f.yaml:2:1: ", "tabs"}},
    {OBJECTIVE "title: *nowhere\n", {"f.yaml:2:8: ", "undefined alias"}},
    {OBJECTIVE "start: &a [*a, *a]\n", {"f.yaml:2:8: "}},
    {OBJECTIVE "? [a]\n: b\n", {"f.yaml:2:3: ", "a list"}},
    {OBJECTIVE "title: \"a\\0b\"\n", {"f.yaml:2:8: ", "zero byte"}},
    {OBJECTIVE "title: \xff\n", {"f.yaml:2:8: ", "0xFF"}},
};

static void mistakes_are_placed(void **state) {
    int wrong = 0;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct error error = {0};
        struct experiment *experiment = parse(mistakes[i].yaml, &error);
        bool placed = !experiment && error.kind == ERROR_INPUT;
        for (int k = 0; k < 3 && mistakes[i].said[k]; k++)
            placed = placed && strstr(error.message, mistakes[i].said[k]);
        if (!placed)
            print_error("\"%s\" is answered\n  %s\n", mistakes[i].yaml, experiment ? "nothing" : error.message);
        wrong += !placed;
        experiment_destroy(&experiment);
    }
    assert_int_equal(wrong, 0);
}

static void messages_hold_no_escapes(void **state) {
    struct error error = {0};
    assert_null(parse(OBJECTIVE "\"\\e[31mred\": 1\n", &error));
    assert_null(strchr(error.message, '\033'));
    assert_non_null(strstr(error.message, "f.yaml:2:1: "));
}

static char *repeat(const char *unit, size_t times) {
    size_t length = strlen(unit);
    char *text = MEM_NEW(char, length *times + 1);
    for (size_t i = 0; i < times; i++) memcpy(text + i * length, unit, length);
    return text;
}

/* Each would take libyaml minutes, or memory without end, if it got that far. */
static void bombs_are_defused(void **state) {
    const char *units[] = {"[", "{a: ", "- ", "? ", "&a1 [", "- &b x\n", "\"", "%", "? - ", "[*a, "};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        char *text = repeat(units[i], 900000 / strlen(units[i]));
        struct error error = {0};
        double began = clock_seconds();
        assert_null(parse(text, &error));
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_true(clock_seconds() - began < 10);
        free(text);
    }
    struct text laughs = {0};
    text_append(&laughs, "a0: &a0 [x, x]\n");
    for (int i = 1; i < 40; i++) text_format(&laughs, "a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1);
    struct error error = {0};
    assert_null(parse(laughs.bytes, &error));
    text_clear(&laughs);
    char *large = repeat("# a remark\n", 100000);
    struct error too_large = {0};
    assert_null(parse(large, &too_large));
    assert_non_null(strstr(too_large.message, "larger"));
    free(large);
    struct error binary = {0};
    const char bytes[] = "title: a\nx\0y";
    assert_null(experiment_parse(bytes, sizeof bytes - 1, "f.yaml", &binary));
    assert_non_null(strstr(binary.message, "f.yaml:2:2: byte 0x00"));
}

/* ---- files broken by chance ---------------------------------------------------------------------------------------
 */

static const char *const seeds[] = {
    "title: {en: a, zh: 鞍}\nobjective:\n  expression: (1 - w1*w2)^2 + a*w1\n  variables: [w1, w2]\n  constants: {a: "
    "1.5}\n"
    "  domain: [[-2, 2], [-2, 2]]\nstart: [[0.4, -0.2], [1, 1]]\nsteps: 300\nseed: 1\nheight: log\n"
    "camera: {azimuth: 30, elevation: 40}\nplane: {name: axes, first: w1, second: w2}\ngrid: [101, 101]\n"
    "known: [{at: [0, 0], kind: saddle, loss: 1}]\noptimizers:\n"
    "  - {name: sgd, lr: 0.05}\n  - &m {name: momentum, lr: 0.05, momentum: 0.9, label: heavy ball}\n"
    "  - {name: rmsprop, lr: 0.01, schedule: {name: cosine, warmup: 20}}\n  - {name: adam, lr: 0.05, betas: [0.9, "
    "0.99]}\n",
    "objective:\n  network: {layers: [2, 8, 2], activation: tanh, norm: none, residual: false, init: he}\n"
    "  data: {name: spirals, samples: 64, noise: 0.1, seed: 1, raw: true}\n  loss: cross_entropy\nstart: {seeds: [5, "
    "6]}\n"
    "batch: 16\nprecision: f64\nplane: {name: random, seed: 2}\ngrid: [31, 31]\n",
    "objective: {expression: \"x^2 + \\u0079^2\", domain: [-1, 1]}\nstart: {recording: r.saddle, run: Adam, step: "
    "10}\n",
    "? objective\n: !!map {expression: >-\n    x*y}\nstart: {npy: start.npy}\n",
};

static const char *const tokens[] = {
    "-1",     "0",
    "1e999",  ".nan",
    "-.inf",  "99999999999999999999",
    "[",      "]",
    "{",      "}",
    "&a",     "*a",
    "---",    "\t",
    "\n",     ": ",
    "- ",     "? ",
    "!!int ", "'",
    "\"",     "\\",
    "|",      ">",
    "#",      "%",
    "\xc3",   "\xe9\x9e\x8d",
    "0.5",    "null",
    "true",   "<<: *m",
    ",",      "x",
    "^",      "(",
    "log(",   "adam",
    "seed",   "1e-320",
    "\xff",   "\r",
    "@",      "`",
};

static char *mutate(struct random *random, const char *const *texts, size_t text_count, size_t *length) {
    const char *text = texts[random_below(random, text_count)];
    size_t used = strlen(text);
    char *bytes = mem_zalloc(used + 8192, 1);
    memcpy(bytes, text, used);
    for (size_t rounds = 1 + random_below(random, 4); rounds > 0; rounds--) {
        size_t at = random_below(random, used + 1), left = used - at,
               span = left ? random_below(random, left < 60 ? left : 60) : 0;
        switch (random_below(random, 6)) {
        case 0:
            if (left) bytes[at] = (char)random_below(random, 256);
            break;
        case 1:
            memmove(bytes + at, bytes + at + span, left - span);
            used -= span;
            break;
        case 2: /* twice */
            memmove(bytes + at + span, bytes + at, left);
            used += span;
            break;
        case 3: {
            const char *token = tokens[random_below(random, sizeof tokens / sizeof *tokens)];
            memmove(bytes + at + strlen(token), bytes + at, left);
            memcpy(bytes + at, token, strlen(token));
            used += strlen(token);
            break;
        }
        case 4: { /* a piece of another file */
            const char *other = texts[random_below(random, text_count)];
            size_t from = random_below(random, strlen(other)), size = strlen(other + from);
            if (size > 200) size = 200;
            memmove(bytes + at + size, bytes + at, left);
            memcpy(bytes + at, other + from, size);
            used += size;
            break;
        }
        default:
            if (random_below(random, 4) == 0) used = at;
        }
    }
    *length = used;
    return bytes;
}

static void mutations_never_break_it(void **state) {
    const char *texts[256];
    char *owned[256];
    size_t count = 0, files = 0;
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) texts[count++] = seeds[i];
    DIR *stream = opendir(ASSETS "/experiments");
    for (struct dirent *file; stream && (file = readdir(stream)) && count < 256;) {
        if (!strstr(file->d_name, ".yaml")) continue;
        char *path = path_join(ASSETS "/experiments", file->d_name);
        size_t length;
        struct error error = {0};
        owned[files] = file_read(path, 1 << 16, &length, &error);
        free(path);
        if (!owned[files]) fail_msg("%s", error.message);
        texts[count++] = owned[files++];
    }
    if (stream) closedir(stream);
    struct random random = random_seeded(20260101, 0);
    int accepted = 0, refused = 0;
    for (int i = 0; i < 4000; i++) {
        size_t length;
        char *text = mutate(&random, texts, count, &length);
        struct error error = {0};
        struct experiment *experiment = experiment_parse(text, length, "f.yaml", &error);
        if (experiment) {
            accepted++;
            assert_int_equal(error.kind, ERROR_NONE);
            int n = objective_dimension(experiment->objective), runs = experiment_run_count(experiment);
            assert_true(runs >= 1 && runs <= EXPERIMENT_MAX_RUNS && experiment->steps >= 1);
            for (int k = 0; k < n * experiment->start_count; k++) assert_true(isfinite(experiment->starts[k]));
        } else {
            refused++;
            assert_int_not_equal(error.kind, ERROR_NONE);
            assert_true(strlen(error.message) > 10);
        }
        experiment_destroy(&experiment);
        free(text);
    }
    for (size_t i = 0; i < files; i++) free(owned[i]);
    assert_true(accepted > 100 && refused > 1000); /* the mutations reach both answers */
}

int main(void) {
    linalg_init();
    setenv("SADDLESCOPE_ASSETS", ASSETS, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_placed),
        cmocka_unit_test(messages_hold_no_escapes),
        cmocka_unit_test(bombs_are_defused),
        cmocka_unit_test(mutations_never_break_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
