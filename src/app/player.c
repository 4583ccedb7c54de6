#include "app/app_parts.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const double look_seconds = 0.5; /* between two looks at the lesson's file */
enum { PEEK_BYTES = 1 << 20 };

const char player_held[] = "This step of the lesson holds it; “Play freely” lets go";

const char *player_words(const struct app *app, const struct lesson_words *words) {
    return app_chinese(app) && words->zh ? words->zh : words->en;
}

void player_claim_words(const struct app *app, int index, char **sentence, char **figures) {
    const struct player *player = &app->player;
    const struct lesson_claim *claim = &player->lesson->steps[player->step].claims[index];
    struct claim_result result = lesson_check_claim(player->check, player->step, index);
    bool failed = result.done && !result.holds && !result.figures[0]; /* then it says why */
    *sentence = lesson_fill(player->lesson, player->check, player_words(app, &claim->words));
    *figures = mem_copy_text(failed ? ui_said(app->ui, result.measured) : result.done ? result.figures : "");
}

/* ---- what is a lesson
 * --------------------------------------------------------------------------------------------------- */

/* By its keys, so that a broken one too is answered as a lesson. */
static bool file_reads_like_lesson(const char *path) {
    static const char *const keys[] = {"section:", "measure:", "experiments:"};
    size_t length;
    char *text = file_read(path, PEEK_BYTES, &length, NULL);
    bool found = false;
    for (const char *line = text; line && !found; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) found |= strncmp(line, keys[i], strlen(keys[i])) == 0;
    }
    free(text);
    return found;
}

static bool asset_exists(const char *kind, const char *name) {
    size_t count = 0;
    struct asset *assets = assets_list(kind, &count, NULL);
    bool found = false;
    for (size_t i = 0; assets && i < count; i++) found |= strcmp(assets[i].name, name) == 0;
    if (assets) assets_destroy(&assets, count);
    return found;
}

bool player_takes(const char *name_or_path) {
    if (path_ends(name_or_path, ".yaml") || path_ends(name_or_path, ".yml"))
        return file_reads_like_lesson(name_or_path);
    if (strchr(name_or_path, '/') || access(name_or_path, F_OK) == 0) return false;
    return asset_exists("lessons", name_or_path) && !asset_exists("experiments", name_or_path);
}

/* ---- setting up a step
 * ------------------------------------------------------------------------------------------------- */

/* What is set up when the viewer has come to step `k` one by one. */
static struct lesson_show show_at(const struct lesson *lesson, int k) {
    struct lesson_show all = {.experiment = -1, .compare = {.experiment = -1}};
    for (int i = 0; i <= k; i++) {
        const struct lesson_show *own = &lesson->steps[i].show;
        int experiment = own->experiment >= 0 ? own->experiment : all.experiment >= 0 ? all.experiment : 0;
        if (experiment != all.experiment) /* another one begins as it does by itself */
            all = (struct lesson_show){
                .experiment = experiment, .view = -1, .height = -1, .step = -1, .play = -1, .curve = -1};
        if (own->view >= 0) all.view = own->view;
        if (own->height >= 0) all.height = own->height;
        if (own->camera_given) {
            all.camera_given = true;
            memcpy(all.camera, own->camera, sizeof all.camera);
        }
        if (own->step >= 0) all.step = own->step;
        if (own->speed > 0) all.speed = own->speed;
        if (own->play >= 0) all.play = own->play;
        if (own->select_given) {
            all.select_given = true;
            memcpy(all.select, own->select, sizeof all.select);
        }
        if (own->runs_given) {
            all.runs_given = true;
            all.runs = own->runs;
        }
        if (own->curve >= 0) all.curve = own->curve;
        all.touch = own->touch;
        all.compare = own->compare;
    }
    return all;
}

/* A session of its own: the lesson's experiments are its check's. */
static bool open_experiment(struct app *app, const struct lesson *lesson, int index, struct error *error) {
    const struct experiment *of = lesson->experiments[index].experiment;
    struct experiment *own = experiment_parse(of->source, strlen(of->source), of->path, error);
    if (!own || !app_open_made(app, own, error)) return false;
    app->player.session = app->session;
    app->player.experiment = index;
    memset(app->player.analysed, 0, sizeof app->player.analysed);
    return true;
}

/* The runs as the experiment has them, from where it starts them. */
static void undo_changes(struct app *app) {
    struct session *session = app->session;
    for (int i = 0; i < session->experiment->optimizer_count; i++) {
        const struct experiment_optimizer *one = &session->experiment->optimizers[i];
        size_t count;
        optimizer_class_parameters(one->class, &count);
        for (size_t p = 0; p < count; p++)
            if (session_value(session, i, (int)p) != one->values[p])
                session_set_value(session, i, (int)p, one->values[p]);
    }
    session_restart(session, NULL);
}

static void show_runs(struct session *session, const struct lesson_show *show) {
    for (int i = 0; i < session->experiment->optimizer_count; i++) {
        bool on = !show->runs_given || (show->runs >> i & 1);
        if (session_enabled(session, i) != on) session_enable(session, i, on);
    }
}

static void look(struct app *app, const struct lesson_show *show, bool fresh, bool whole) {
    struct view *view = &app->session->view, usual = view_default(app->session->experiment);
    enum view_kind kind = show->compare.experiment >= 0 ? VIEW_COMPARE
                          : show->view >= 0             ? (enum view_kind)show->view
                          : whole                       ? usual.kind
                                                        : view->kind;
    struct camera camera = whole || show->camera_given ? usual.camera : view->camera;
    if (show->camera_given) {
        camera.azimuth = (float)show->camera[0];
        camera.elevation = (float)show->camera[1];
    }
    if (show->height >= 0)
        view->height = (enum height_mapping)show->height;
    else if (whole)
        view->height = usual.height;
    if (fresh) {
        view->kind = kind;
        view->camera = camera;
    } else if (whole || show->view >= 0 || show->compare.experiment >= 0 || show->camera_given) {
        interaction_look(app, kind, &camera);
    }
}

static void play(struct session *session, const struct lesson_show *show, bool whole) {
    bool plays = show->play >= 0 ? show->play == 1 : whole || session->playing;
    if (show->speed > 0 || whole) session_set_speed(session, show->speed > 0 ? show->speed : 1);
    if (show->step >= 0 || whole) {
        session_pause(session);
        session_seek(session, show->step >= 0 ? show->step : 0);
    }
    if (!plays)
        session_pause(session);
    else if (!session->playing)
        session_play(session, clock_seconds());
}

/* ---- analyses
 * ------------------------------------------------------------------------------------------------------------ */

static void show_curve(struct app *app, const struct lesson_show *show, bool whole) {
    if (show->curve < 0 && !whole) return;
    const char *name = lesson_curve_names[show->curve < 0 ? 0 : show->curve];
    for (int f = 0; f < FIGURE_COUNT; f++)
        if (strcmp(figure_names[f], name) == 0) curves_show(app, (enum figure)f);
    if (strcmp(name, "sharpness") == 0 && !analyses_sharpness(&app->session->analyses))
        analyse_runs(app, ANALYSIS_SHARPNESS, 0);
}

/* Shown for the steps that ask for it; what a viewer has switched on stays. */
static void show_insides(struct app *app, bool wanted) {
    struct player *player = &app->player;
    if (wanted && !app->insides.shown) {
        app_toggle_insides(app);
        player->insides = true;
    } else if (!wanted && player->insides) {
        if (app->insides.shown) app_toggle_insides(app);
        player->insides = false;
    }
}

/* What the step before showed is put aside, not away. */
static void expect_analysis(struct app *app) {
    struct player *player = &app->player;
    const struct lesson_show *show = &player->lesson->steps[player->step].show;
    if (player->analysis || player->network) app->side = SIDE_OPTIMIZERS;
    player->analysis = 0;
    player->analysis_due = show->analysis.kind >= 0;
    player->network = show->network;
    if (show->network) app->side = SIDE_NETWORK;
}

static int first_shown(const struct session *session, int except) {
    for (int i = 0; i < session->experiment->optimizer_count; i++)
        if (session_enabled(session, i) && i != except) return i;
    return 0;
}

/* Whether the heads stand where the step wants them. */
static bool arrived(const struct app *app) {
    const struct session *session = app->session;
    struct lesson_show show = show_at(app->player.lesson, app->player.step);
    int64_t wanted = show.step < 0 ? 0 : show.step < session->limit ? show.step : session->limit;
    return session->playing || session->view.step >= wanted || session_ended(session);
}

static int begin_analysis(struct app *app, const struct lesson_analysis *wanted) {
    int kind = 0;
    while (strcmp(analysis_names[kind], lesson_analysis_names[wanted->kind]) != 0) kind++;
    if (wanted->kind > LESSON_LINE && wanted->kind != LESSON_SLICES)
        return analyse_runs(app, (enum analysis_kind)kind, wanted->nets);
    int run = wanted->run >= 0 ? wanted->run : first_shown(app->session, wanted->to);
    int to = wanted->kind != LESSON_LINE ? -1 : wanted->to >= 0 ? wanted->to : first_shown(app->session, run);
    return analyse_head(app, (enum analysis_kind)kind, session_run(app->session, run, 0),
                        to < 0 ? -1 : session_run(app->session, to, 0));
}

static bool same_analysis(const struct lesson_show *one, const struct lesson_show *other) {
    const struct lesson_analysis *a = &one->analysis, *b = &other->analysis;
    bool of_head = b->kind <= LESSON_LINE || b->kind == LESSON_SLICES; /* at another step it is another one */
    return a->kind == b->kind && a->run == b->run && a->to == b->to && a->nets == b->nets &&
           (!of_head || one->step == other->step);
}

/* Begun once what it is of is known; shown again where it was begun before. */
static void show_analysis(struct app *app) {
    struct player *player = &app->player;
    if (!player->analysis_due || app->session != player->session || !arrived(app)) return;
    const struct lesson_analysis *wanted = &player->lesson->steps[player->step].show.analysis;
    bool of_head = wanted->kind <= LESSON_LINE || wanted->kind == LESSON_SLICES;
    struct sample sample;
    int run = wanted->run >= 0 ? wanted->run : first_shown(app->session, wanted->to);
    if (of_head && (session_last(app->session) < app->session->view.step ||
                    !session_sample(app->session, session_run(app->session, run, 0), &sample)))
        return;
    player->analysis_due = false;
    int *id = &player->analysed[player->step];
    for (int step = 0; step < player->lesson->step_count && !analyses_find(&app->session->analyses, *id); step++)
        if (same_analysis(&player->lesson->steps[step].show, &player->lesson->steps[player->step].show))
            *id = player->analysed[step];
    if (!analyses_find(&app->session->analyses, *id)) *id = begin_analysis(app, wanted);
    struct analysis *row = analyses_find(&app->session->analyses, *id);
    if (!row) return;
    for (int i = 0; i < app->session->analyses.count; i++) app->session->analyses.rows[i].folded = true;
    row->folded = false;
    player->analysis = *id;
    analyse_show(app);
    if (wanted->kind == LESSON_BASINS || wanted->kind == LESSON_SLICES) basins_show(app, *id);
    app->frames_wanted = 2;
}

int player_analysis(const struct app *app) {
    const struct player *player = &app->player;
    return player->lesson && app->session && app->session == player->session ? player->analysis : 0;
}

const struct lesson_chart *player_chart(const struct app *app) {
    const struct player *player = &app->player;
    if (!player->lesson) return NULL;
    const struct lesson_chart *chart = &player->lesson->steps[player->step].show.chart;
    return chart->given ? chart : NULL;
}

/* `whole`: as if from the beginning, not only what this step changes. */
static bool set_up(struct app *app, bool whole, struct error *error) {
    struct player *player = &app->player;
    undo_watch(app);
    const struct lesson_step *step = &player->lesson->steps[player->step];
    struct lesson_show all = show_at(player->lesson, player->step);
    bool fresh = app->session == NULL || app->session != player->session || player->experiment != all.experiment;
    bool changed = player_strayed(app);
    if (fresh && !open_experiment(app, player->lesson, all.experiment, error)) return false;
    whole |= fresh || changed || (player->compared && step->show.compare.experiment < 0);
    if (!compare_in_lesson(app, fresh, error)) return false;
    const struct lesson_show *show = whole ? &all : &step->show;
    if (basins_shown(app)) basins_show(app, 0);
    bool select = whole || step->show.select_given || app->inspector.kind != INSPECT_NOTHING;
    if (app->inspector.kind != INSPECT_NOTHING) inspector_close(app);
    if (!fresh && (undo_of_runs(app) || app->session->start_chosen)) undo_changes(app);
    undo_forget(app);
    if (whole || show->runs_given) show_runs(app->session, show);
    look(app, show, fresh, whole);
    play(app->session, show, whole);
    show_curve(app, show, whole);
    show_insides(app, step->show.insides);
    expect_analysis(app);
    if (select) {
        app->session->view.selected = -1;
        player->select_due = all.select_given;
    }
    player->free = player->aside = false;
    settings_note_seen(&app->settings, player->lesson->name, player->step);
    lesson_check_prefer(player->check, player->step);
    app_redraw(app);
    app->frames_wanted = 2; /* what fits itself does so a frame later */
    return true;
}

/* The critical point nearest to where the step points; sought while there may still come others. */
static void select_point(struct app *app) {
    struct player *player = &app->player;
    if (!player->select_due || app->session != player->session) return;
    const struct exhibit *exhibit = app->session->exhibit;
    const struct plane *plane = exhibit_plane(exhibit);
    const struct critical_point *points;
    size_t count = plane ? exhibit_critical_points(exhibit, &points) : 0;
    struct lesson_show show = show_at(player->lesson, player->step);
    double nearest = INFINITY;
    int found = -1;
    for (size_t i = 0; i < count; i++) {
        struct plane_point at = plane_project(plane, points[i].report->at);
        double distance = hypot(at.a - show.select[0], at.b - show.select[1]);
        if (distance >= nearest) continue;
        nearest = distance;
        found = (int)i;
    }
    if (found >= 0 && app->session->view.selected != found) {
        app->session->view.selected = found;
        app_redraw(app);
    }
    if (count > 0 && !exhibit_busy(exhibit)) player->select_due = false;
}

/* ---- which lesson
 * ------------------------------------------------------------------------------------------------------ */

static void bury(struct app *app, bool wait) {
    for (int i = 0; i < STALE_LESSONS; i++) {
        struct lesson_check **check = &app->player.stale[i].check;
        if (!*check || (!wait && !job_progress(lesson_check_job(*check)).finished)) continue;
        lesson_check_destroy(check);
        lesson_destroy(&app->player.stale[i].lesson);
    }
}

/* A check may take a while to end; nobody should wait for a lesson they have left. */
static void retire(struct app *app) {
    struct player *player = &app->player;
    if (!player->lesson) return;
    int place = 0;
    while (place < STALE_LESSONS - 1 && player->stale[place].check) place++;
    lesson_check_destroy(&player->stale[place].check);
    lesson_destroy(&player->stale[place].lesson);
    job_cancel(lesson_check_job(player->check));
    player->stale[place].lesson = player->lesson;
    player->stale[place].check = player->check;
    player->lesson = NULL;
    player->check = NULL;
    bury(app, false);
}

enum { patience = 3600 }; /* seconds: runs on screen go first, and what takes long is no claim that fails */

static bool stamp(const char *path, struct timespec *edited, off_t *size) {
    struct stat status;
    if (stat(path, &status) != 0) return false;
    *edited = status.st_mtim;
    *size = status.st_size;
    return true;
}

static void take(struct app *app, struct lesson *lesson) {
    struct player *player = &app->player;
    retire(app);
    player->lesson = lesson;
    /* its threads give way to the runs on screen */
    char *kept = settings_cache("lessons");
    player->check = lesson_check_create(lesson, &(struct lesson_check_params){.threads = threads_available(),
                                                                              .limit = patience,
                                                                              .kept = kept,
                                                                              .wakeup = window_wake,
                                                                              .wakeup_context = &app->window});
    free(kept);
    player->checked = 0;
    player->spell = true;
    player->trouble = (struct error){0};
}

bool player_open(struct app *app, const char *name_or_path, struct error *error) {
    struct player *player = &app->player;
    struct timespec edited = {0};
    off_t size = 0;
    struct lesson *lesson = lesson_load(name_or_path, error);
    if (!lesson) return false;
    stamp(lesson->path, &edited, &size);
    if (!open_experiment(app, lesson, show_at(lesson, 0).experiment, error)) {
        lesson_destroy(&lesson);
        return false;
    }
    take(app, lesson);
    free(player->path);
    player->path = mem_copy_text(lesson->path);
    player->edited = edited;
    player->size = size;
    player->step = 0;
    player->answered = 0;
    app->settings.left_open = true;
    layout_fit(app);
    return set_up(app, true, error);
}

void player_close(struct app *app) {
    retire(app);
    app->player.session = NULL;
    app->player.select_due = app->player.analysis_due = app->player.free = app->player.aside = false;
    app->player.analysis = 0;
    app->player.compared = 0;
    app->player.network = false;
    show_insides(app, false);
    app_redraw(app);
    app->frames_wanted = 2;
}

void player_release(struct app *app) {
    struct player *player = &app->player;
    retire(app);
    bury(app, true);
    job_destroy(&player->listing_job);
    lesson_listing_destroy(&player->listing, player->listing_count);
    free(player->path);
    player->path = NULL;
}

/* The file was saved: the lesson as it is now, at the step it stood at; or what is wrong with it. */
static void reload(struct app *app) {
    struct player *player = &app->player;
    struct error error = {0};
    struct lesson *lesson = lesson_load(player->path, &error);
    app->frames_wanted = 2;
    if (!lesson) {
        player->trouble = error;
        return;
    }
    take(app, lesson);
    player->session = NULL; /* its experiments may be others */
    if (player->step >= lesson->step_count) player->step = lesson->step_count - 1;
    if (!set_up(app, true, &error)) player->trouble = error;
}

static void look_at_file(struct app *app, double now) {
    struct player *player = &app->player;
    struct timespec edited;
    off_t size;
    if (now - player->looked_at < look_seconds) return;
    player->looked_at = now;
    if (!stamp(player->path, &edited, &size)) return; /* an editor may be about to put it back */
    if (edited.tv_sec == player->edited.tv_sec && edited.tv_nsec == player->edited.tv_nsec && size == player->size)
        return;
    player->edited = edited;
    player->size = size;
    reload(app);
}

/* ---- the course
 * -------------------------------------------------------------------------------------------------------- */

static bool read_course(void *context, struct job *job, struct error *error) {
    struct player *player = context;
    (void)job;
    player->listing = lesson_list(&player->listing_count, &player->listing_error);
    return player->listing || error_set(error, player->listing_error.kind, "%s", player->listing_error.message);
}

void player_list(struct app *app) {
    if (app->player.listing_job || app->frames < 1) return; /* first things first: the picture */
    app->player.listing_job = job_create(&(struct job_params){.name = "course",
                                                              .body = read_course,
                                                              .context = &app->player,
                                                              .wakeup = window_wake,
                                                              .wakeup_context = &app->window});
}

const struct lesson_listing *player_following(const struct app *app) {
    const struct player *player = &app->player;
    if (!player->lesson || !player->listing_job || !job_progress(player->listing_job).finished) return NULL;
    bool past = false;
    for (size_t i = 0; i < player->listing_count; i++) {
        if (past && player->listing[i].lesson) return &player->listing[i];
        past |= strcmp(player->listing[i].path, player->path) == 0;
    }
    return NULL;
}

/* ---- going through it
 * -------------------------------------------------------------------------------------------------- */

static void stand_at(struct app *app, int step, bool whole) {
    struct error error = {0};
    app->player.step = step;
    if (!set_up(app, whole, &error)) notice_say(app, NOTICE_TROUBLE, "%s", error.message);
}

void player_go(struct app *app, int step) {
    if (app->player.lesson && step >= 0 && step < app->player.lesson->step_count) stand_at(app, step, true);
}

void player_next(struct app *app) {
    const struct player *player = &app->player;
    if (!player->lesson) return;
    if (player->step + 1 < player->lesson->step_count) {
        stand_at(app, player->step + 1, false);
        return;
    }
    const struct lesson_listing *following = player_following(app);
    struct error error = {0};
    if (following && !player_open(app, following->path, &error)) notice_say(app, NOTICE_TROUBLE, "%s", error.message);
}

void player_back(struct app *app) {
    if (app->player.lesson && app->player.step > 0) stand_at(app, app->player.step - 1, true);
}

void player_answer(struct app *app) {
    app->player.answered |= (uint64_t)1 << app->player.step;
    app->player.answer_fresh = true;
    app->player.aside = false;
    app->frames_wanted = 3;
}

void player_turn_on(struct app *app) {
    struct player *player = &app->player;
    if (!player->lesson) return;
    uint64_t bit = (uint64_t)1 << player->step;
    if (player->lesson->steps[player->step].question.en && !(player->answered & bit)) {
        player_answer(app);
    } else {
        player_next(app);
    }
}

void player_restore(struct app *app) {
    if (app->player.lesson) stand_at(app, app->player.step, true);
}

/* ---- what a viewer may touch
 * ------------------------------------------------------------------------------------------- */

bool player_strayed(const struct app *app) {
    const struct player *player = &app->player;
    if (!player->lesson) return false;
    return player->free || !app->session || app->session != player->session || undo_of_runs(app) ||
           app->session->start_chosen || (basins_shown(app) && app->basins != player->analysis);
}

bool player_holds(struct app *app, enum lesson_touch what, bool say) {
    const struct player *player = &app->player;
    if (!player->lesson || player->free || app->session != player->session) return false;
    if (player->lesson->steps[player->step].show.touch & what) return false;
    if (say) notice_say(app, NOTICE_DONE, "%s.", player_held);
    return true;
}

/* ---- turn by turn
 * ------------------------------------------------------------------------------------------------------ */

/* The characters of the whole lesson at once: fonts are made anew for each that is missing. */
static void spell(struct app *app) {
    const struct lesson *lesson = app->player.lesson;
    app->player.spell = false;
    ui_foresee(app->ui, player_words(app, &lesson->title));
    for (int i = 0; i < lesson->step_count; i++) {
        const struct lesson_step *step = &lesson->steps[i];
        const struct lesson_words *words[] = {&step->text, &step->question, &step->answer};
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            if (words[w]->en) ui_foresee(app->ui, player_words(app, words[w]));
        const struct lesson_plot *plot = step->show.plot;
        if (plot) ui_foresee(app->ui, player_words(app, &plot->across));
        if (plot) ui_foresee(app->ui, player_words(app, &plot->up));
        for (int l = 0; plot && l < plot->line_count; l++) ui_foresee(app->ui, player_words(app, &plot->lines[l].name));
        for (int c = 0; c < step->claim_count; c++)
            ui_foresee(app->ui, player_words(app, &step->claims[c].words));
    }
}

void player_update(struct app *app, double now) {
    struct player *player = &app->player;
    bury(app, false);
    if (!player->lesson) return;
    look_at_file(app, now);
    select_point(app);
    show_analysis(app);
    if (player->spell && app->ui) spell(app);
    double checked = job_progress(lesson_check_job(player->check)).done;
    if (checked != player->checked && app->frames_wanted < 1) app->frames_wanted = 1;
    player->checked = checked;
}

bool player_watches(const struct app *app) {
    return app->player.lesson != NULL;
}
