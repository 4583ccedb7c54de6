/* What a lesson's step shows, from its file. */
#include "base/memory.h"
#include "lesson/lesson_parts.h"

#include <stdlib.h>
#include <string.h>

static bool read_run(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *node, int experiment,
                     int *run) {
    const struct experiment *of = lesson->experiments[experiment].experiment;
    const char *labels[EXPERIMENT_MAX_OPTIMIZERS], *text;
    if (!node) return true;
    if (!yaml_text(tree, node, "a run", &text)) return false;
    for (int i = 0; i < of->optimizer_count; i++) {
        labels[i] = of->optimizers[i].label;
        if (*run < 0 &&
            (strcmp(labels[i], text) == 0 || strcmp(optimizer_class_name(of->optimizers[i].class), text) == 0))
            *run = i;
    }
    return *run >= 0 || yaml_fail_name(tree, node, "optimizer", labels, (size_t)of->optimizer_count);
}

static bool read_runs(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *node, int experiment,
                      struct lesson_show *show) {
    size_t count;
    if (!yaml_check_list(tree, node, "runs", 1, EXPERIMENT_MAX_OPTIMIZERS, "[SGD, Adam]", &count)) return false;
    show->runs_given = true;
    for (size_t i = 0; i < count; i++) {
        int run = -1;
        if (!read_run(tree, lesson, yaml_item(tree, node, i), experiment, &run)) return false;
        show->runs |= (uint64_t)1 << run;
    }
    return true;
}

static bool read_touch(struct yaml_tree *tree, const yaml_node_t *node, struct lesson_show *show) {
    static const char *const names[] = {"start", "rates", "optimizers", "camera"};
    size_t count, choice;
    if (!yaml_check_list(tree, node, "touch", 0, 4, "[start, rates, optimizers, camera]", &count)) return false;
    show->touch = 0;
    for (size_t i = 0; i < count; i++) {
        if (!yaml_choice(tree, yaml_item(tree, node, i), "thing to touch", names, 4, &choice)) return false;
        show->touch |= 1u << choice;
    }
    return true;
}

static bool read_pair(struct yaml_tree *tree, const yaml_node_t *node, const char *what, const char *example,
                      const double low[2], const double high[2], double out[2]) {
    size_t count;
    if (!yaml_check_list(tree, node, what, 2, 2, example, &count)) return false;
    for (size_t i = 0; i < 2; i++)
        if (!yaml_number(tree, yaml_item(tree, node, i), what, low[i], high[i], &out[i])) return false;
    return true;
}

/* Whether this experiment can be analysed so. */
static bool check_analysis(struct yaml_tree *tree, const yaml_node_t *node, const struct lesson_experiment *of,
                           const struct lesson_analysis *analysis) {
    const struct objective *objective = of->experiment->objective;
    bool formula = objective_is_expression(objective);
    int n = objective_dimension(objective);
    if (analysis->kind == LESSON_BASINS && (!formula || n != 2))
        return yaml_fail(tree, node, "%s is no formula of two variables, and basins are of those", of->name);
    if (analysis->kind == LESSON_RATIO && (formula || n > RATIO_PARAMETERS))
        return yaml_fail(tree, node, "%s is no network of at most %d parameters, and minimum-ratio is of those",
                         of->name, RATIO_PARAMETERS);
    if (analysis->kind == LESSON_SLICES && n < 3)
        return yaml_fail(tree, node, "%s has two parameters, and its plane is all there is; slices need more",
                         of->name);
    if (analysis->kind == LESSON_LINE && of->experiment->optimizer_count < 2)
        return yaml_fail(tree, node, "%s has one run, and a line goes from one run to another", of->name);
    return true;
}

/* spectrum, or {name: line, run: SGD, to: Adam}. */
static bool read_analysis(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *node, int experiment,
                          struct lesson_analysis *analysis) {
    static const char *const keys[] = {"name", "run", "to", "nets"};
    const yaml_node_t *name = node;
    size_t choice;
    int64_t value;
    if (yaml_is_mapping(node)) {
        if (!yaml_check_mapping(tree, node, "an analysis", keys, 4)) return false;
        name = yaml_get(tree, node, "name");
        if (!name)
            return yaml_fail(tree, node, "this analysis has no name; such as {name: spectrum, run: SGD} is right");
    }
    if (!yaml_choice(tree, name, "analysis", lesson_analysis_names, LESSON_ANALYSES, &choice)) return false;
    analysis->kind = (int)choice;
    if (!check_analysis(tree, name, &lesson->experiments[experiment], analysis)) return false;
    if (name == node) return true;
    const yaml_node_t *run = yaml_get(tree, node, "run"), *to = yaml_get(tree, node, "to"),
                      *nets = yaml_get(tree, node, "nets");
    bool of_head = choice <= LESSON_LINE || choice == LESSON_SLICES;
    if (run && !of_head) return yaml_fail(tree, run, "%s is not of one run", lesson_analysis_names[choice]);
    if (to && choice != LESSON_LINE) return yaml_fail(tree, to, "`to` belongs to line");
    if (nets && choice != LESSON_RATIO) return yaml_fail(tree, nets, "`nets` belongs to minimum-ratio");
    if (nets && !yaml_integer(tree, nets, "nets", 1, 1000, &value)) return false;
    if (nets) analysis->nets = (int)value;
    return read_run(tree, lesson, run, experiment, &analysis->run) &&
           read_run(tree, lesson, to, experiment, &analysis->to);
}

static bool read_measure_name(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *node,
                              int *measure) {
    const char *text, *names[LESSON_MAX_MEASURES];
    if (!yaml_text(tree, node, "a measure", &text)) return false;
    for (int m = 0; m < lesson->measure_count; m++) {
        names[m] = lesson->measures[m].name;
        if (strcmp(names[m], text) == 0) *measure = m;
    }
    return *measure >= 0 || yaml_fail_name(tree, node, "measure", names, (size_t)lesson->measure_count);
}

static bool read_chart(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *node,
                       struct lesson_chart *chart) {
    static const char *const keys[] = {"train", "test", "richer", "shallower"};
    if (!yaml_check_mapping(tree, node, "a chart", keys, 4)) return false;
    const yaml_node_t *train = yaml_get(tree, node, "train"), *test = yaml_get(tree, node, "test"),
                      *richer = yaml_get(tree, node, "richer"), *shallower = yaml_get(tree, node, "shallower");
    if (!train || !test)
        return yaml_fail(tree, node, "a chart says which losses are large; such as {train: 0.05, test: 0.1} is right");
    if (richer && shallower) return yaml_fail(tree, shallower, "the other model is either richer or shallower");
    chart->given = true;
    chart->richer = richer != NULL;
    if (!yaml_number(tree, train, "train", 0, 1e12, &chart->train) ||
        !yaml_number(tree, test, "test", 0, 1e12, &chart->test))
        return false;
    return (!richer && !shallower) || read_measure_name(tree, lesson, richer ? richer : shallower, &chart->other);
}

/* ---- a plot of measures
 * ------------------------------------------------------------------------------------------------- */

/* A measure, or a list of them: their mean. */
static bool read_plot_point(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *node,
                            struct lesson_plot_point *point) {
    point->count = 1;
    for (int i = 0; i < LESSON_PLOT_MEAN; i++) point->measures[i] = -1;
    if (!yaml_is_list(node)) return read_measure_name(tree, lesson, node, &point->measures[0]);
    size_t count;
    if (!yaml_check_list(tree, node, "measures to take the mean of", 1, LESSON_PLOT_MEAN, "[fold1, fold2]", &count))
        return false;
    point->count = (int)count;
    for (size_t i = 0; i < count; i++)
        if (!read_measure_name(tree, lesson, yaml_item(tree, node, i), &point->measures[i])) return false;
    return true;
}

static bool read_experiment(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *node,
                            int *experiment) {
    const char *names[LESSON_MAX_EXPERIMENTS];
    size_t choice;
    for (int i = 0; i < lesson->experiment_count; i++) names[i] = lesson->experiments[i].name;
    if (!yaml_choice(tree, node, "experiment", names, (size_t)lesson->experiment_count, &choice)) return false;
    *experiment = (int)choice;
    return true;
}

/* {of: EXPERIMENT, run: NAME, loss: test}: through the end of a run, along the direction of highest curvature. */
static bool read_slice(struct yaml_tree *tree, struct lesson *lesson, const yaml_node_t *node,
                       const struct lesson_plot *plot, struct lesson_plot_line *line) {
    static const char *const keys[] = {"of", "run", "loss"}, *const losses[] = {"training", "test"};
    size_t test = 0;
    int experiment = 0, run = -1;
    if (!yaml_is_mapping(node))
        return yaml_fail(tree, node, "a slice is no mapping; such as {of: %s, loss: test} is right",
                         lesson->experiments[0].name);
    if (!yaml_check_mapping(tree, node, "a slice", keys, 3)) return false;
    const yaml_node_t *of = yaml_get(tree, node, "of"), *loss = yaml_get(tree, node, "loss");
    if (!of)
        return yaml_fail(tree, node, "a slice of which experiment? of: %s is right", lesson->experiments[0].name);
    if (!read_experiment(tree, lesson, of, &experiment) ||
        !read_run(tree, lesson, yaml_get(tree, node, "run"), experiment, &run) ||
        (loss && !yaml_choice(tree, loss, "loss", losses, 2, &test)))
        return false;
    line->slice = true;
    line->dashed = test == 1;
    for (int i = 0; i < plot->count; i++) {
        int measure = measure_of_slice(lesson, experiment, run < 0 ? 0 : run, test == 1, plot->at[i]);
        if (measure < 0)
            return yaml_fail(tree, node, "with this slice there are too many measures; at most %d are right",
                             LESSON_MAX_MEASURES);
        line->points[i] = (struct lesson_plot_point){.measures = {measure}, .count = 1};
    }
    return true;
}

static bool read_plot_line(struct yaml_tree *tree, struct lesson *lesson, const yaml_node_t *node,
                           const struct lesson_plot *plot, struct lesson_plot_line *line) {
    static const char *const keys[] = {"name", "of", "slice", "mark", "times"};
    static const char *const marks[] = {"least"};
    if (!yaml_check_mapping(tree, node, "a line", keys, 5)) return false;
    const yaml_node_t *name = yaml_get(tree, node, "name"), *of = yaml_get(tree, node, "of"),
                      *slice = yaml_get(tree, node, "slice"), *mark = yaml_get(tree, node, "mark"),
                      *times = yaml_get(tree, node, "times");
    size_t count, choice, points = (size_t)plot->count;
    if (!name || !of == !slice)
        return yaml_fail(tree, node, "a line has a name and measures; such as {name: {en: …, zh: …}, of: [a, b]}");
    if (mark && !yaml_choice(tree, mark, "mark", marks, 1, &choice)) return false;
    line->marked = mark != NULL;
    if (!words_read(tree, lesson, name, "name", &line->name)) return false;
    if (times &&
        !yaml_check_list(tree, times, "times", points, points, "[10, 1], as many as there are places across", &count))
        return false;
    for (size_t i = 0; i < points; i++) {
        line->times[i] = 1;
        if (times && !yaml_number(tree, yaml_item(tree, times, i), "a factor", -1e12, 1e12, &line->times[i]))
            return false;
    }
    if (slice) return read_slice(tree, lesson, slice, plot, line);
    if (!yaml_check_list(tree, of, "of", points, points, "[a, b], as many as there are places across", &count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!read_plot_point(tree, lesson, yaml_item(tree, of, i), &line->points[i])) return false;
    return true;
}

/* Lines through one run's end share a colour; any other has its own. */
static void share_colors(const struct lesson *lesson, struct lesson_plot *plot) {
    int shades = 0;
    for (int l = 0; l < plot->line_count; l++) {
        struct lesson_plot_line *line = &plot->lines[l];
        line->shade = -1;
        for (int k = 0; k < l && line->slice && line->shade < 0; k++) {
            const struct measure *one = &lesson->measures[line->points[0].measures[0]],
                                 *other = &lesson->measures[plot->lines[k].points[0].measures[0]];
            if (plot->lines[k].slice && one->experiment == other->experiment && one->optimizer == other->optimizer)
                line->shade = plot->lines[k].shade;
        }
        if (line->shade < 0) line->shade = shades++;
    }
}

static bool read_plot(struct yaml_tree *tree, struct lesson *lesson, const yaml_node_t *node,
                      struct lesson_plot *plot) {
    static const char *const keys[] = {"across", "up", "at", "lines", "scale"}, *const scales[] = {"auto", "linear"};
    if (!yaml_check_mapping(tree, node, "a plot", keys, 5)) return false;
    const yaml_node_t *scale = yaml_get(tree, node, "scale");
    size_t choice = 0;
    if (scale && !yaml_choice(tree, scale, "scale", scales, 2, &choice)) return false;
    plot->linear = choice == 1;
    const yaml_node_t *across = yaml_get(tree, node, "across"), *up = yaml_get(tree, node, "up"),
                      *at = yaml_get(tree, node, "at"), *lines = yaml_get(tree, node, "lines");
    size_t count;
    if (!across || !up || !at || !lines)
        return yaml_fail(tree, node,
                         "a plot has across and up (words), at (numbers) and lines; one of them is missing");
    if (!words_read(tree, NULL, across, "across", &plot->across) || !words_read(tree, NULL, up, "up", &plot->up) ||
        !yaml_check_list(tree, at, "at", 2, LESSON_PLOT_POINTS, "[1, 10, 100]", &count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!yaml_number(tree, yaml_item(tree, at, i), "a place across", i ? plot->at[i - 1] : -1e12, 1e12,
                         &plot->at[plot->count++]))
            return false;
    if (!yaml_check_list(tree, lines, "lines", 1, LESSON_PLOT_LINES, "[{name: {en: …, zh: …}, of: [a, b]}]", &count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!read_plot_line(tree, lesson, yaml_item(tree, lines, i), plot, &plot->lines[plot->line_count++]))
            return false;
    share_colors(lesson, plot);
    return true;
}

bool show_names(const struct lesson_show *show, int measure) {
    bool found = show->chart.given && show->chart.other == measure;
    for (int l = 0; show->plot && l < show->plot->line_count; l++)
        for (int i = 0; i < show->plot->count; i++)
            for (int k = 0; k < show->plot->lines[l].points[i].count; k++)
                found |= show->plot->lines[l].points[i].measures[k] == measure;
    return found;
}

void show_release(struct lesson_show *show) {
    if (!show->plot) return;
    words_release(&show->plot->across);
    words_release(&show->plot->up);
    for (int l = 0; l < show->plot->line_count; l++) words_release(&show->plot->lines[l].name);
    free(show->plot);
    show->plot = NULL;
}

/* ---- two experiments
 * ----------------------------------------------------------------------------------------------------- */

/* mse, or {with: mse, heights: own}. */
static bool read_compare(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *node, int shown,
                         struct lesson_compare *compare) {
    static const char *const keys[] = {"with", "heights"};
    static const char *const heights[] = {"same", "own"};
    const yaml_node_t *with = node, *own = NULL;
    size_t choice = 0;
    if (yaml_is_mapping(node)) {
        if (!yaml_check_mapping(tree, node, "a comparison", keys, 2)) return false;
        with = yaml_get(tree, node, "with");
        own = yaml_get(tree, node, "heights");
        if (!with)
            return yaml_fail(tree, node, "this does not say with what; such as {with: %s, heights: own} is right",
                             lesson->experiments[lesson->experiment_count - 1].name);
    }
    if (!read_experiment(tree, lesson, with, &compare->experiment)) return false;
    if (compare->experiment == shown)
        return yaml_fail(tree, with, "%s is what the step shows; another experiment is right",
                         lesson->experiments[shown].name);
    if (own && !yaml_choice(tree, own, "heights", heights, 2, &choice)) return false;
    compare->own_heights = choice == 1;
    return true;
}

/* ---- the whole
 * ---------------------------------------------------------------------------------------------------------- */

bool show_read(struct yaml_tree *tree, struct lesson *lesson, const yaml_node_t *node, int *experiment,
               struct lesson_show *show) {
    static const char *const keys[] = {"experiment", "view",   "height",  "camera",  "step",   "speed",
                                       "play",       "select", "runs",    "touch",   "curve",  "analysis",
                                       "chart",      "plot",   "insides", "compare", "network"};
    if (!node) return true;
    if (!yaml_check_mapping(tree, node, "what is shown", keys, sizeof keys / sizeof *keys)) return false;
    const yaml_node_t *of = yaml_get(tree, node, "experiment"), *view = yaml_get(tree, node, "view"),
                      *height = yaml_get(tree, node, "height"), *camera = yaml_get(tree, node, "camera"),
                      *step = yaml_get(tree, node, "step"), *speed = yaml_get(tree, node, "speed"),
                      *play = yaml_get(tree, node, "play"), *select = yaml_get(tree, node, "select"),
                      *runs = yaml_get(tree, node, "runs"), *touch = yaml_get(tree, node, "touch"),
                      *curve = yaml_get(tree, node, "curve"), *analysis = yaml_get(tree, node, "analysis"),
                      *chart = yaml_get(tree, node, "chart"), *plot = yaml_get(tree, node, "plot"),
                      *insides = yaml_get(tree, node, "insides"), *compare = yaml_get(tree, node, "compare"),
                      *network = yaml_get(tree, node, "network");
    size_t choice;
    if (of) {
        if (!read_experiment(tree, lesson, of, experiment)) return false;
        show->experiment = *experiment;
    }
    if (view && compare) return yaml_fail(tree, view, "`compare` is a view of its own; one of the two is right");
    if (compare && !read_compare(tree, lesson, compare, *experiment, &show->compare)) return false;
    if (view) {
        if (!yaml_choice(tree, view, "view", view_names, VIEW_COMPARE, &choice)) return false;
        show->view = (int)choice;
    }
    if (height) {
        if (!yaml_choice(tree, height, "height", height_mapping_names, 2, &choice)) return false;
        show->height = (int)choice;
    }
    if (camera) {
        if (!read_pair(tree, camera, "camera", "[35, 40]", (double[]){-360, 2}, (double[]){360, 90}, show->camera))
            return false;
        show->camera_given = true;
    }
    if (step) {
        const char *text;
        if (!yaml_is_number(tree, step) && yaml_text(tree, step, "step", &text) && strcmp(text, "end") == 0)
            show->step = INT64_MAX;
        else if (!yaml_integer(tree, step, "step", 0, 1000000000, &show->step))
            return false;
    }
    if (speed && !yaml_number(tree, speed, "speed", 0.01, 1000, &show->speed)) return false;
    if (play) {
        bool plays;
        if (!yaml_flag(tree, play, "play", &plays)) return false;
        show->play = plays;
    }
    if (select) {
        const double far[2] = {1e12, 1e12}, near[2] = {-1e12, -1e12};
        if (!read_pair(tree, select, "select", "[0, 0]", near, far, show->select)) return false;
        show->select_given = true;
    }
    if (runs && !read_runs(tree, lesson, runs, *experiment, show)) return false;
    if (curve) {
        if (!yaml_choice(tree, curve, "curve", lesson_curve_names, LESSON_CURVES, &choice)) return false;
        show->curve = (int)choice;
    }
    if (analysis && !read_analysis(tree, lesson, analysis, *experiment, &show->analysis)) return false;
    if (chart && !read_chart(tree, lesson, chart, &show->chart)) return false;
    if (insides && !yaml_flag(tree, insides, "insides", &show->insides)) return false;
    if (network && !yaml_flag(tree, network, "network", &show->network)) return false;
    if (show->network && objective_is_expression(lesson->experiments[*experiment].experiment->objective))
        return yaml_fail(tree, network, "%s is a formula; an experiment with a network is right",
                         lesson->experiments[*experiment].name);
    if (chart && plot) return yaml_fail(tree, plot, "chart and plot have one place; one of them is right");
    if (plot) {
        show->plot = MEM_NEW(struct lesson_plot, 1);
        if (!read_plot(tree, lesson, plot, show->plot)) return false;
    }
    return !touch || read_touch(tree, touch, show);
}
