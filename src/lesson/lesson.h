/* Lessons: a file of steps to show, each with words in English and Chinese, and with claims that are run and checked:
 * what a lesson says of a figure is computed by the very runs it shows. A teacher writes one in an editor; every error
 * says where.
 *
 * What it does not do: draw, or play a lesson in the window (app/). */
#pragma once

#include "run/run.h"
#include "scene/scene.h"

#include <stdio.h>

/* ---- a lesson -----------------------------------------------------------------------------------------------------
 */

enum { LESSON_MAX_TRAINING = 1000000 }; /* steps of a run that is measured: every one is kept */
enum { LESSON_MAX_STEPS = 40, LESSON_MAX_MEASURES = 96, LESSON_MAX_EXPERIMENTS = 24, LESSON_MAX_SEEDS = 32 };

struct lesson_words {
    char *en, *zh; /* UTF-8; a name in braces stands for what that measure found: "λ = {down}" */
};

enum lesson_touch { TOUCH_START = 1, TOUCH_RATES = 2, TOUCH_OPTIMIZERS = 4, TOUCH_CAMERA = 8, TOUCH_ALL = 15 };

/* What a step has computed and shown beside the surface or in its place. */
enum lesson_analysis_kind {
    LESSON_SPECTRUM,
    LESSON_TAYLOR,
    LESSON_SEEK,
    LESSON_LINE,
    LESSON_SHARPNESS,
    LESSON_RATIO,
    LESSON_TUNE,
    LESSON_BASINS,
    LESSON_SLICES,
    LESSON_ANALYSES,
};
extern const char *const lesson_analysis_names[LESSON_ANALYSES]; /* "spectrum", … as the window's */
enum { LESSON_CURVES = 6 };
extern const char *const lesson_curve_names[LESSON_CURVES]; /* "loss", …, "distance" as the window's */
struct lesson_analysis {
    int kind;    /* enum lesson_analysis_kind; −1: none */
    int run, to; /* of which run's head, and a line: to which; −1: the first shown */
    int nets;    /* LESSON_RATIO; 0: the study's own number */
};
/* The decision chart, lit by the first shown run: what counts as large, and what another model came to. */
struct lesson_chart {
    bool given;
    double train, test; /* a loss above is large */
    int other;          /* the measure of another model's training loss; −1: none */
    bool richer;        /* … which is richer than this one; else shallower */
};

/* Measures over something they were taken at, as lines; once the step's answer is open, where it asks. */
enum { LESSON_PLOT_POINTS = 16, LESSON_PLOT_LINES = 6, LESSON_PLOT_MEAN = 8 };
struct lesson_plot_point {
    int measures[LESSON_PLOT_MEAN], count; /* their mean */
};
struct lesson_plot_line {
    struct lesson_words name;
    struct lesson_plot_point points[LESSON_PLOT_POINTS];
    double times[LESSON_PLOT_POINTS]; /* each is drawn so many times as high */
    bool marked; /* at its least */
    bool slice;  /* a curve, dashed where it is of the test data */
    bool dashed;
    int shade; /* lines of one run's slice share it: the first of them */
};
struct lesson_plot {
    struct lesson_words across, up;
    double at[LESSON_PLOT_POINTS]; /* (count) ascending */
    int count;
    bool linear; /* upwards, however far it reaches */
    struct lesson_plot_line lines[LESSON_PLOT_LINES];
    int line_count;
};

/* Another of the lesson's experiments beside the one shown, under one camera. */
struct lesson_compare {
    int experiment;   /* −1: none */
    bool own_heights; /* each by its own range of losses; else both by one */
};

/* What is set up when a step begins; what is not given stays as in the step before, but for compare, analysis, chart,
 * plot, insides and network, which are the step's own. */
struct lesson_show {
    int experiment; /* of the lesson's; −1: not given */
    int view;       /* enum view_kind; −1 */
    int height;     /* enum height_mapping; −1 */
    bool camera_given;
    double camera[2]; /* azimuth and elevation, degrees */
    int64_t step;     /* the heads stand there; −1: not given; INT64_MAX: the end */
    double speed;     /* 1: 30 steps a second; 0: not given */
    int play;         /* 1 plays, 0 stands; −1 */
    bool select_given;
    double select[2]; /* the critical point nearest to here has its eigen-directions shown */
    bool runs_given;
    uint64_t runs; /* bit i: optimizer i is shown */
    int curve;     /* of lesson_curve_names; −1: not given */
    struct lesson_compare compare;
    struct lesson_analysis analysis;
    struct lesson_chart chart;
    struct lesson_plot *plot; /* NULL: none; owned */
    bool insides;             /* what a step is made of, at the heads */
    bool network;             /* what the network has learnt, in the panel on the right */
    unsigned touch;           /* of enum lesson_touch: what the viewer may change; TOUCH_ALL unless given */
};

struct lesson_claim {
    char *text;                /* "down = -2 ± 1e-10" */
    struct lesson_words words; /* in words: the lesson's own or, where it has none, those of its measures */
    int line;
    struct claim *claim; /* inside lesson/ */
};

struct lesson_step {
    struct lesson_words text, question, answer; /* question and answer: both or none (en NULL) */
    struct lesson_show show;
    struct lesson_claim *claims;
    int claim_count;
};

struct lesson_experiment {
    char *name;
    struct experiment *experiment;
};

struct lesson {
    char *name, *path;
    uint64_t digest[2]; /* of the file, its experiments and their data: another one, another lesson */
    char **sections;    /* of the lecture: "2.3", or "beyond" */
    int section_count;
    struct lesson_words title;
    double minutes;
    int64_t order;
    struct lesson_experiment *experiments;
    int experiment_count;
    struct measure *measures; /* inside lesson/ */
    int measure_count;
    struct lesson_step *steps;
    int step_count;
};
/* A built-in name ("saddle-points") or a path of a YAML file. Errors as experiment_load's. */
struct lesson *lesson_load(const char *name_or_path, struct error *error);
struct lesson *lesson_parse(const char *text, size_t length, const char *path, struct error *error);
void lesson_destroy(struct lesson **lesson); /* accepts NULL */

/* The built-in ones' paths, by their `order`. A file that cannot be read is in the list too, with its error. */
struct lesson_listing {
    char *path;
    struct lesson *lesson; /* NULL: */
    struct error error;
};
struct lesson_listing *lesson_list(size_t *count, struct error *error);
void lesson_listing_destroy(struct lesson_listing **listing, size_t count);

/* The lecture's sections in order, and what each is about; "beyond" is not among them. */
struct lecture_section {
    const char *number;
    struct {
        const char *en, *zh;
    } title;
};
extern const struct lecture_section lecture_sections[];
extern const size_t lecture_section_count;

/* ---- checking -------------------------------------------------------------------------------------------------------
 */

enum { MEASURED_TEXT = 1024 };
struct claim_result {
    bool done, holds;
    char measured[MEASURED_TEXT]; /* "down −2, up 2"; over several seeds "median (least … most)"; or why it failed */
    char figures[MEASURED_TEXT];  /* its sides: "−2 ≈ −2 (±10⁻¹⁰)"; "" where there are none, or only yes and no */
    int seeds, good;              /* of how many seeds, and in how many it holds; seeds ≤ 1: there is one run */
};
enum { LESSON_CHECK_SECONDS = 300 };
struct lesson_check_params {
    int threads;  /* for the runs; 0: all processors */
    double limit; /* seconds for all of it; 0: LESSON_CHECK_SECONDS. What is not known then is said to fail, and why */
    const char *kept; /* a folder for figures measured before by the same program of the very same lesson; NULL: none */
    void (*wakeup)(void *);
    void *wakeup_context;
};
/* Runs what the lesson's measures need and judges its claims, on a thread of its own and those for the runs. The result
 * does not depend on them, but for measured times. The lesson must outlive it; the folder's name is copied. */
struct lesson_check;
struct lesson_check *lesson_check_create(const struct lesson *lesson, const struct lesson_check_params *params);
void lesson_check_destroy(struct lesson_check **check);         /* cancels; accepts NULL */
struct job *lesson_check_job(const struct lesson_check *check); /* for job_progress, job_cancel, job_wait */
/* Any time: what this step names comes first, then what those after it name. */
void lesson_check_prefer(struct lesson_check *check, int step);
double lesson_check_share(const struct lesson_check *check, int step); /* 0 … 1 of what a step names is measured */
bool lesson_check_remembers(const struct lesson_check *check);         /* some figures were kept */
/* Any time: a measure's figure; false while it is not known. */
struct lesson_figure {
    double median, least, most; /* over the seeds; of one, all the same */
};
bool lesson_check_figure(const struct lesson_check *check, int measure, struct lesson_figure *figure);
/* Any time: what is known of a claim so far. */
struct claim_result lesson_check_claim(const struct lesson_check *check, int step, int claim);
/* The words with every measure's name in braces replaced by what it found ("…" while it is not known), and "{{" by "{".
 * Freed by the caller. `check` may be NULL. */
char *lesson_fill(const struct lesson *lesson, const struct lesson_check *check, const char *words);
