#include "app/app_parts.h"
#include "app/findings.h"
#include "app/panel_curves.h"

#include "base/memory.h"
#include "base/threads.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct report {
    FILE *file;
    char *last; /* what was written last, without its running figures */
    long lines;
};

struct report *report_open(const char *path, struct error *error) {
    FILE *file = fopen(path, "w");
    if (!file) {
        error_set(error, ERROR_MACHINE, "%s: cannot be written: %s", path, strerror(errno));
        return NULL;
    }
    struct report *report = MEM_NEW(struct report, 1);
    report->file = file;
    return report;
}

void report_close(struct report **report) {
    if (!*report) return;
    fclose((*report)->file);
    free((*report)->last);
    free(*report);
    *report = NULL;
}

static void add_number(cJSON *object, const char *name, double value) {
    if (isfinite(value))
        cJSON_AddNumberToObject(object, name, value);
    else
        cJSON_AddNullToObject(object, name);
}

static cJSON *numbers(const double *values, int count) {
    cJSON *array = cJSON_CreateArray();
    for (int i = 0; i < count; i++) cJSON_AddItemToArray(array, cJSON_CreateNumber(values[i]));
    return array;
}

/* In window units, as a mouse is told. */
static cJSON *window_rect(const struct app *app, struct rect rect) {
    float scale = app_scale(app);
    double values[4] = {round((double)(rect.x * scale)), round((double)(rect.y * scale)),
                        round((double)(rect.width * scale)), round((double)(rect.height * scale))};
    return numbers(values, 4);
}

/* Where the first mark of this kind and number is to be seen, in window units. */
static void add_place(cJSON *entry, const struct app *app, enum scene_pick_kind kind, int id) {
    for (size_t g = 0; g < app->scene.glyph_count; g++) {
        const struct scene_glyph *glyph = &app->scene.glyphs[g];
        float x, y;
        if (glyph->kind != (int)kind || glyph->id != id || !interaction_place(app, 0, glyph->at, &x, &y)) continue;
        double place[2] = {round((double)(x * app_scale(app))), round((double)(y * app_scale(app)))};
        cJSON_AddItemToObject(entry, "place", numbers(place, 2));
        return;
    }
}

static void add_runs(cJSON *root, const struct app *app) {
    const struct session *session = app->session;
    cJSON *runs = cJSON_AddArrayToObject(root, "runs");
    for (int run = 0; run < session->runs; run++) {
        int optimizer = run / session->starts;
        const struct experiment_optimizer *one = &session->experiment->optimizers[optimizer];
        struct run_state state = session_state(session, run);
        struct sample sample = {.loss = NAN, .step = -1};
        session_sample(session, run, &sample);
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(runs, entry);
        cJSON_AddStringToObject(entry, "name", optimizer_class_name(one->class));
        cJSON_AddStringToObject(entry, "label", one->label);
        cJSON_AddBoolToObject(entry, "shown", session_enabled(session, optimizer));
        cJSON_AddStringToObject(entry, "status", run_status_names[state.status]);
        add_number(entry, "step", (double)sample.step);
        add_number(entry, "loss", sample.loss);
        add_number(entry, "lr", session_value(session, optimizer, 0));
        add_number(entry, "evaluations", sample.step >= 0 ? (double)sample.evaluations : NAN);
        add_place(entry, app, PICK_HEAD, run);
    }
}

static void add_critical(cJSON *root, const struct app *app) {
    const struct critical_point *points;
    size_t count = exhibit_critical_points(app->session->exhibit, &points);
    cJSON *array = cJSON_AddArrayToObject(root, "critical");
    for (size_t i = 0; i < count; i++) {
        const struct eigen_report *report = points[i].report;
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(array, entry);
        cJSON_AddStringToObject(entry, "kind", point_kind_names[report->kind]);
        if (report->n <= 16) cJSON_AddItemToObject(entry, "at", numbers(report->at, report->n));
        add_place(entry, app, PICK_CRITICAL, (int)i);
    }
}

static void add_inspector(cJSON *root, const struct app *app) {
    static const char *const kinds[] = {"nothing", "critical", "point", "run", "found"};
    const struct inspector *inspector = &app->inspector;
    const struct eigen_report *report;
    struct eigen_figures eigen;
    if (inspector->kind == INSPECT_NOTHING) {
        cJSON_AddNullToObject(root, "inspector");
        return;
    }
    report = inspector_report(app);
    cJSON *entry = cJSON_AddObjectToObject(root, "inspector");
    cJSON_AddStringToObject(entry, "of", kinds[inspector->kind]);
    if (inspector->kind == INSPECT_RUN) {
        cJSON_AddNumberToObject(entry, "run", inspector->id);
        cJSON_AddNumberToObject(entry, "step", (double)inspector->step);
    }
    add_number(entry, "loss", report ? report->loss : inspector->loss);
    add_number(entry, "slice_loss", inspector->slice_loss);
    add_number(entry, "distance", inspector->distance);
    add_number(entry, "grad_norm", report ? report->gradient_norm : inspector->gradient_norm);
    const struct escape_way *ways = inspector_ways(app);
    if (ways) {
        double losses[2] = {ways[0].loss, ways[1].loss};
        cJSON_AddItemToObject(entry, "ways", numbers(losses, 2));
    }
    cJSON_AddBoolToObject(entry, "curvature", inspector_busy(app));
    if (!inspector_eigen(app, &eigen)) return;
    char verdict[256];
    cJSON_AddStringToObject(entry, "kind", point_kind_names[eigen.kind]);
    cJSON_AddNumberToObject(entry, "index", eigen.index);
    cJSON_AddNumberToObject(entry, "degenerate", eigen.degenerate);
    if (report) cJSON_AddStringToObject(entry, "verdict", eigen_report_verdict(report, verdict, sizeof verdict));
    cJSON_AddNumberToObject(entry, "n", eigen.n);
    cJSON_AddNumberToObject(entry, "pairs", eigen.count);
    if (eigen.count <= 16) cJSON_AddItemToObject(entry, "eigenvalues", numbers(eigen.values, eigen.count));
    if (eigen.count <= 16) cJSON_AddItemToObject(entry, "residuals", numbers(eigen.residuals, eigen.count));
}

static void add_insides(cJSON *root, const struct app *app) {
    cJSON *array = cJSON_AddArrayToObject(root, "insides");
    for (int i = 0; i < app->insides.count; i++) {
        const struct step_insides *step = &app->insides.steps[i];
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(array, entry);
        cJSON_AddNumberToObject(entry, "run", step->run);
        cJSON_AddNumberToObject(entry, "step", (double)step->step);
        double ends[4] = {step->at[0], step->at[1], step->end[0], step->end[1]};
        cJSON_AddItemToObject(entry, "from_to", numbers(ends, 4));
        cJSON_AddNumberToObject(entry, "terms", step->count);
        double sum[2] = {0, 0};
        for (int k = 0; k < step->count; k++)
            for (int axis = 0; axis < 2; axis++) sum[axis] += step->terms[k].to[axis] - step->terms[k].from[axis];
        cJSON_AddItemToObject(entry, "sum", numbers(sum, 2));
        cJSON_AddStringToObject(entry, "formula", app->insides.told[step->run / app->session->starts].lines[0]);
    }
}

static void add_curves(cJSON *root, const struct app *app) {
    const struct curves *curves = &app->session->curves;
    const struct scene_pick *pick = &app->mouse.pick;
    bool all = curves->from >= curves->to;
    cJSON *entry = cJSON_AddObjectToObject(root, "curves");
    cJSON_AddStringToObject(entry, "beside", figure_names[app->figure_beside]);
    const struct figure_kind *kind = figure_kind(app->figure);
    cJSON *key = cJSON_AddArrayToObject(entry, "lines");
    for (int i = 0; i < kind->count; i++)
        if (curves_filled(app, kind->lines[i])) cJSON_AddItemToArray(key, cJSON_CreateString(kind->columns[i]));
    add_number(entry, "from", all ? 0 : curves->from);
    add_number(entry, "to", all ? (double)app->session->limit : curves->to);
    add_number(entry, "hover_step", app->hover_step >= 0 ? (double)app->hover_step : NAN);
    add_number(entry, "pointed_step", pick->kind == PICK_PATH ? (double)pick->step : NAN);
}

static void add_network(cJSON *root, const struct app *app) {
    const struct portrait_set *set = app->network.set;
    if (!set) {
        cJSON_AddNullToObject(root, "network");
        return;
    }
    cJSON *entry = cJSON_AddObjectToObject(root, "network"), *runs = cJSON_AddArrayToObject(entry, "runs");
    add_number(entry, "step", (double)set->step);
    add_number(entry, "samples", set->samples);
    add_number(entry, "side", set->side);
    add_number(entry, "layer", app->network.layer);
    cJSON_AddBoolToObject(entry, "large", app->network.large);
    for (int i = 0; i < set->count; i++) {
        const struct portrait *portrait = &set->portraits[i];
        cJSON *run = cJSON_CreateObject();
        cJSON_AddItemToArray(runs, run);
        add_number(run, "run", portrait->run);
        add_number(run, "step", (double)portrait->step);
        add_number(run, "accuracy", portrait->accuracy);
        if (portrait->known) cJSON_AddItemToObject(run, "norms", numbers(portrait->norms, set->layer_count * PORTRAIT_NORMS));
    }
}

static void add_swarm(cJSON *root, const struct scene *scene) {
    if (scene->swarm_count == 0) {
        cJSON_AddNullToObject(root, "swarm");
        return;
    }
    cJSON *entry = cJSON_AddObjectToObject(root, "swarm");
    cJSON_AddNumberToObject(entry, "step", (double)scene->swarms[0].step);
    cJSON_AddNumberToObject(entry, "dots", (double)scene->mote_count);
}

static void add_analyses(cJSON *root, const struct app *app) {
    const struct analyses *analyses = &app->session->analyses;
    cJSON *array = cJSON_AddArrayToObject(root, "analyses");
    for (int i = 0; i < analyses->count; i++) {
        const struct analysis *row = &analyses->rows[i];
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(array, entry);
        cJSON_AddStringToObject(entry, "kind", analysis_names[row->kind]);
        cJSON_AddNumberToObject(entry, "id", row->id);
        cJSON_AddStringToObject(entry, "subject", row->subject);
        cJSON_AddBoolToObject(entry, "finished", row->finished);
        cJSON_AddStringToObject(entry, "failed", row->failed ? row->error.message : "");
        cJSON_AddNumberToObject(entry, "done", round(1000 * job_progress(study_job(row->study)).done) / 1000);
        finding_report(row, app->session->runs, entry);
    }
    cJSON_AddNumberToObject(root, "ending", analyses->retired_count);
}

static void add_lesson(cJSON *root, const struct app *app) {
    const struct player *player = &app->player;
    cJSON_AddStringToObject(root, "language", words_language(app->words));
    cJSON_AddBoolToObject(root, "lacks_letters", ui_lacks_letters(app->ui));
    if (!player->lesson) {
        cJSON_AddNullToObject(root, "lesson");
        return;
    }
    const struct lesson_step *step = &player->lesson->steps[player->step];
    cJSON *entry = cJSON_AddObjectToObject(root, "lesson");
    cJSON_AddStringToObject(entry, "name", player->lesson->name);
    cJSON_AddNumberToObject(entry, "step", player->step + 1);
    cJSON_AddNumberToObject(entry, "steps", player->lesson->step_count);
    cJSON_AddStringToObject(entry, "experiment", player->lesson->experiments[player->experiment].name);
    char *text = lesson_fill(player->lesson, player->check, player_words(app, &step->text));
    cJSON_AddStringToObject(entry, "text", text);
    free(text);
    cJSON_AddNumberToObject(entry, "measured", lesson_check_share(player->check, player->step));
    cJSON_AddNumberToObject(entry, "analysis", player_analysis(app));
    cJSON_AddStringToObject(entry, "chart", panel_chart_end(app));
    cJSON_AddNumberToObject(entry, "above", round((double)app->layout.chart.height));
    cJSON_AddBoolToObject(entry, "analysis_due", player->analysis_due);
    cJSON_AddBoolToObject(entry, "asks", step->question.en != NULL);
    cJSON_AddBoolToObject(entry, "answered", player->answered >> player->step & 1);
    cJSON_AddBoolToObject(entry, "aside", player->aside);
    cJSON_AddBoolToObject(entry, "free", player->free);
    cJSON_AddBoolToObject(entry, "strayed", player_strayed(app));
    cJSON_AddNumberToObject(entry, "seen", (double)settings_seen(&app->settings, player->lesson->name));
    cJSON_AddStringToObject(entry, "trouble", player->trouble.kind ? player->trouble.message : "");
    cJSON *claims = cJSON_AddArrayToObject(entry, "claims");
    for (int i = 0; i < step->claim_count; i++) {
        struct claim_result result = lesson_check_claim(player->check, player->step, i);
        const char *said = !result.done ? "running" : result.holds ? "holds" : "fails";
        cJSON_AddItemToArray(claims, cJSON_CreateString(said));
    }
    if (!app->params->report_texts) return;
    cJSON *texts = cJSON_AddArrayToObject(entry, "claim_texts"); /* sentence, what was found, … */
    for (int i = 0; i < step->claim_count; i++) {
        char *parts[2];
        player_claim_words(app, i, &parts[0], &parts[1]);
        for (int k = 0; k < 2; k++) {
            cJSON_AddItemToArray(texts, cJSON_CreateString(parts[k]));
            free(parts[k]);
        }
    }
}

/* Each pane: whose, how flat, from where it is seen, its corner on the window. */
static void add_panes(cJSON *root, const struct app *app) {
    cJSON *panes = cJSON_AddArrayToObject(root, "panes");
    for (int i = 0; i < app->scene.pane_count; i++) {
        const struct scene_pane *pane = &app->scene.panes[i];
        struct rect rect;
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(panes, entry);
        add_number(entry, "side", pane->side);
        cJSON_AddBoolToObject(entry, "flat", pane->flat);
        const struct camera *camera = &pane->camera;
        double stand[3] = {(double)camera->azimuth, (double)camera->elevation, (double)camera->distance};
        cJSON_AddItemToObject(entry, "camera", numbers(stand, 3));
        if (interaction_pane(app, i, &rect)) cJSON_AddItemToObject(entry, "rect", window_rect(app, rect));
    }
}

static void add_compared(cJSON *root, const struct app *app) {
    const struct session *other = app->compare.session;
    if (!other) {
        cJSON_AddNullToObject(root, "compared");
        return;
    }
    cJSON *compared = cJSON_AddObjectToObject(root, "compared");
    cJSON_AddStringToObject(compared, "experiment", other->experiment->name ? other->experiment->name : "");
    add_number(compared, "step", (double)other->view.step);
    add_number(compared, "last", (double)session_last(other));
    cJSON_AddBoolToObject(compared, "start_chosen", other->start_chosen);
}

static void add_session(cJSON *root, const struct app *app) {
    const struct session *session = app->session;
    const struct view *view = &session->view;
    int n = objective_dimension(session->experiment->objective);
    cJSON_AddStringToObject(root, "experiment", session->experiment->name ? session->experiment->name : "");
    cJSON_AddStringToObject(root, "title", session->experiment->title);
    if (session->experiment->formula) cJSON_AddStringToObject(root, "formula", session->experiment->formula);
    cJSON_AddBoolToObject(root, "replay", !session->trainer);
    add_number(root, "step", (double)view->step);
    add_number(root, "last", (double)session_last(session));
    add_number(root, "limit", (double)session->limit);
    cJSON_AddBoolToObject(root, "playing", session->playing);
    cJSON_AddBoolToObject(root, "ended", session_ended(session));
    if (session_loops(session)) {
        double loop[2] = {(double)session->loop_from, (double)session->loop_to};
        cJSON_AddItemToObject(root, "loop", numbers(loop, 2));
    } else {
        cJSON_AddNullToObject(root, "loop");
    }
    cJSON *events = cJSON_AddArrayToObject(root, "events");
    for (size_t i = 0; i < session->events.count && i < 64; i++) {
        const struct event *event = &session->events.all[i];
        cJSON *one = cJSON_CreateObject();
        cJSON_AddItemToArray(events, one);
        cJSON_AddStringToObject(one, "kind", event_names[event->kind]);
        cJSON_AddNumberToObject(one, "step", (double)event->step);
        cJSON_AddStringToObject(one, "text", event->text);
    }
    if (isinf(session->speed))
        cJSON_AddStringToObject(root, "speed", "max");
    else
        add_number(root, "speed", session->speed);
    cJSON_AddStringToObject(root, "view", view_names[app->easing.active ? app->easing.then : view->kind]);
    cJSON_AddBoolToObject(root, "moving", app->easing.active);
    cJSON_AddStringToObject(root, "height", height_mapping_names[view->height]);
    cJSON_AddStringToObject(root, "path_height", path_height_names[view->path_height]);
    const struct plane *plane = exhibit_plane(session->exhibit);
    cJSON_AddStringToObject(root, "plane", plane ? plane_names[plane->kind] : "");
    cJSON_AddBoolToObject(root, "morphing", exhibit_morphing(session->exhibit));
    if (plane && n > 2) {
        double share = exhibit_variance_share(session->exhibit, ~view->hidden_runs, NULL);
        add_number(root, "variance", share);
    }
    add_number(root, "selected", view->selected);
    if (session->start_chosen && n <= 16)
        cJSON_AddItemToObject(root, "start", numbers(session->start, n));
    else
        cJSON_AddNullToObject(root, "start");
    const struct camera *camera = view->kind == VIEW_CONTOUR ? &view->flat_camera : &view->camera;
    double stand[6] = {(double)camera->azimuth,   (double)camera->elevation, (double)camera->distance,
                       (double)camera->target[0], (double)camera->target[1], (double)camera->target[2]};
    cJSON_AddItemToObject(root, "camera", numbers(stand, 6));
    cJSON_AddBoolToObject(root, "free_cameras", view->free_cameras);
    cJSON_AddBoolToObject(root, "own_heights", view->own_heights);
    add_panes(root, app);
    add_compared(root, app);
    cJSON_AddBoolToObject(root, "recording", session->trainer && trainer_recording(session->trainer));
    cJSON_AddBoolToObject(root, "busy", exhibit_busy(session->exhibit));
    if (view->hover) {
        cJSON *hover = cJSON_AddObjectToObject(root, "hover");
        add_number(hover, "a", view->hover_at[0]);
        add_number(hover, "b", view->hover_at[1]);
    } else {
        cJSON_AddNullToObject(root, "hover");
    }
    add_runs(root, app);
    add_critical(root, app);
    add_inspector(root, app);
    add_analyses(root, app);
    add_insides(root, app);
    cJSON_AddBoolToObject(root, "basins", basins_shown(app));
    add_swarm(root, &app->scene);
    cJSON_AddStringToObject(root, "figure", figure_names[app->figure]);
    add_curves(root, app);
    add_network(root, app);
    cJSON_AddStringToObject(root, "side", side_names[app->side]);
}

/* All that is to be read on screen, as it is shown. */
static void add_texts(cJSON *root, const struct app *app) {
    cJSON *texts = cJSON_AddArrayToObject(root, "texts");
    for (size_t i = 0; i < ui_texts(app->ui); i++)
        cJSON_AddItemToArray(texts, cJSON_CreateString(ui_text_at(app->ui, i)));
    for (size_t i = 0; i < app->scene.label_count; i++)
        cJSON_AddItemToArray(texts, cJSON_CreateString(app->scene.labels[i].text));
}

void report_write(struct app *app) {
    struct report *report = app->report;
    if (!report) return;
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "theme", app->settings.theme == THEME_NIGHT ? "night" : "paper");
    cJSON_AddStringToObject(root, "colormap", colormap_names[app->settings.colormap]);
    add_number(root, "scale", (double)app_scale(app));
    add_number(root, "first_surface", app->first_surface);
    if (app->session)
        add_session(root, app);
    else
        cJSON_AddNullToObject(root, "experiment");
    add_lesson(root, app);
    cJSON_AddStringToObject(root, "formula_text", app->formula);
    cJSON_AddStringToObject(root, "formula_error", app->formula_error);
    exports_report(app, root);
    incoming_report(app, root);
    cJSON_AddBoolToObject(root, "dialog", app->dialog != NULL);
    cJSON_AddBoolToObject(root, "help", app->help_open);
    palette_report(app, root);
    cJSON_AddBoolToObject(root, "laser", app->laser.on);
    cJSON_AddBoolToObject(root, "big_text", app->big_text);
    cJSON_AddNumberToObject(root, "undo", app->undo_count);
    cJSON_AddNumberToObject(root, "redo", app->redo_count);
    cJSON_AddStringToObject(root, "focus", ui_focus(app->ui));
    if (app->cursor.on) {
        double at[2] = {app->cursor.a, app->cursor.b};
        cJSON_AddItemToObject(root, "cursor", numbers(at, 2));
    } else {
        cJSON_AddNullToObject(root, "cursor");
    }
    cJSON *notices = cJSON_AddArrayToObject(root, "notices");
    for (int i = 0; i < app->notice_count; i++) cJSON_AddItemToArray(notices, cJSON_CreateString(app->notices[i].text));
    double size[2] = {app->window.width, app->window.height};
    cJSON_AddItemToObject(root, "window", numbers(size, 2));
    cJSON_AddItemToObject(root, "scene", window_rect(app, app->layout.scene));
    if (app->params->report_texts) add_texts(root, app);
    cJSON *widgets = cJSON_AddObjectToObject(root, "widgets");
    const struct ui_place *places;
    size_t count = ui_places(app->ui, &places);
    for (size_t i = 0; i < count; i++) cJSON_AddItemToObject(widgets, places[i].id, window_rect(app, places[i].rect));

    char *text = cJSON_PrintUnformatted(root);
    cJSON_Delete(root);
    if (text && (!report->last || strcmp(text, report->last) != 0)) {
        /* the running figures come last and do not make a line by themselves */
        fprintf(report->file, "%.*s,\"line\":%ld,\"frames\":%ld,\"clock\":%.6f}\n", (int)(strlen(text) - 1), text,
                ++report->lines, app->frames, clock_seconds() - app->started);
        fflush(report->file);
        free(report->last);
        report->last = text;
    } else {
        cJSON_free(text);
    }
}
