#include "app/app_parts.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a slider shows beside it. */
static void value_text(double value, char out[NUMBER_TEXT]) {
    if (value != 0 && fabs(value) < 1e-3)
        number_text(value, 2, out);
    else
        number_text(value, 3, out);
}

/* The parameters one wants at hand: the rest unfold. */
static bool is_main(const struct optimizer_parameter *parameter, size_t index) {
    static const char *const names[] = {"momentum", "alpha", "beta1", "beta2", "use_m", "use_sigma"};
    if (index == 0) return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(parameter->name, names[i]) == 0) return true;
    return false;
}

static const char *shown_name(const char *name) {
    static const char *const pairs[][2] = {{"lr", "rate η"},
                                           {"beta1", "β₁"},
                                           {"beta2", "β₂"},
                                           {"alpha", "α"},
                                           {"eps", "ε"},
                                           {"weight_decay", "decay λ"},
                                           {"lr_decay", "rate decay"},
                                           {"use_m", "use m"},
                                           {"use_sigma", "use σ"},
                                           {"dampening", "dampening"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strcmp(name, pairs[i][0]) == 0) return pairs[i][1];
    return name;
}

static void parameters(struct app *app, int optimizer, struct color color) {
    struct ui *ui = app->ui;
    struct session *session = app->session;
    const struct experiment_optimizer *one = &session->experiment->optimizers[optimizer];
    size_t count;
    const struct optimizer_parameter *all = optimizer_class_parameters(one->class, &count);
    for (size_t p = 0; p < count; p++) {
        if (!is_main(&all[p], p) && !app->optimizer_open[optimizer]) continue;
        char id[48], text[NUMBER_TEXT];
        snprintf(id, sizeof id, "optimizer.%d.%s", optimizer, all[p].name);
        double value = session_value(session, optimizer, (int)p), before = value;
        if (all[p].flag) {
            bool on = value != 0;
            ui_text(ui, UI_SMALL | UI_FAINT | UI_IN_ROW, shown_name(all[p].name));
            ui_beside_at(ui, ui_inner_width(ui) - 30);
            if (ui_switch(ui, id, &on, color)) {
                session_set_value(session, optimizer, (int)p, on);
            }
            continue;
        }
        double low = all[p].slider_low, high = all[p].slider_high;
        if (value < low && value > 0) low = value;
        if (value > high) high = value;
        value_text(value, text);
        enum ui_change change = ui_slider(ui, id, shown_name(all[p].name), &value, low, high, one->values[p],
                                          all[p].logarithmic, text, color);
        if (player_holds(app, TOUCH_RATES, false))
            ui_tip(ui, player_held);
        else if (all[p].help)
            ui_tip(ui, all[p].help);
        if (change == UI_UNCHANGED || value == before) {
            if (change == UI_CHANGED) app->slider_held = false;
            continue;
        }
        app->slider_held = change == UI_CHANGING;
        session_set_value(session, optimizer, (int)p, value);
        app_redraw(app);
    }
}

/* The best of the starts' losses at the step on screen, and how many diverged. */
static double loss_shown(const struct session *session, int optimizer, int *diverged) {
    double best = NAN;
    *diverged = 0;
    for (int start = 0; start < session->starts; start++) {
        int run = session_run(session, optimizer, start);
        struct sample sample;
        if (session_state(session, run).status == RUN_DIVERGED) ++*diverged;
        if (session_sample(session, run, &sample) && !(sample.loss >= best)) best = sample.loss;
    }
    return best;
}

/* What it has taken so far: the fair measure of optimizers that look more than once a step. The width it takes. */
static float spent(struct app *app, int optimizer) {
    struct session *session = app->session;
    struct sample sample;
    char steps[NUMBER_TEXT], gradients[NUMBER_TEXT], text[128];
    if (!session_sample(session, session_run(session, optimizer, 0), &sample)) return 0;
    snprintf(text, sizeof text, "%s %s, %s %s", number_text((double)sample.step, 9, steps),
             sample.step == 1 ? "step" : "steps", number_text((double)sample.evaluations, 9, gradients),
             sample.evaluations == 1 ? "gradient" : "gradients");
    ui_text(app->ui, UI_SMALL | UI_FAINT, text);
    ui_tip(app->ui, "Gradient evaluations used so far, those of line searches and second looks counted in");
    return ui_text_width(app->ui, UI_SMALL, text);
}

/* Before a root that divides: as good a place as before a sign. */
static const char divided_root[] = "/(√";

/* Where a formula may be broken: a space before a sign between two terms, not before the one of the first; a divided
 * root. */
static bool is_joint(const char *line, const char *at) {
    static const char arrow[] = "←";
    size_t before = (size_t)(at - line), width = strlen(arrow);
    if (strncmp(at, divided_root, strlen(divided_root)) == 0) return at > line;
    if (*at != ' ' || (before >= width && memcmp(at - width, arrow, width) == 0)) return false;
    return at[1] == '+' || at[1] == '=' || strncmp(at + 1, "−", strlen("−")) == 0;
}

static void unfold(char *line) {
    for (char *at = line; (at = strchr(at, '\n'));) {
        if (at[1] == divided_root[0])
            memmove(at, at + 1, strlen(at));
        else
            *at = ' ';
    }
}

/* Breaks a formula that is too wide before its signs, rather than within a number. The line, which has room for `size`
 * bytes, may be folded already, for another width. */
static void fold(struct ui *ui, char *line, size_t size) {
    unfold(line);
    char *start = line, *joint = NULL;
    for (char *at = line;; at++) {
        if (*at && !is_joint(line, at)) continue;
        char kept = *at;
        *at = '\0';
        bool fits = ui_text_width(ui, UI_SMALL, start) < 0.98f * ui_inner_width(ui); /* as the text itself is wrapped */
        *at = kept;
        if (!fits && joint && (*joint == ' ' || strlen(line) + 1 < size)) {
            if (*joint != ' ') {
                memmove(joint + 1, joint, strlen(joint) + 1);
                at++;
            }
            *joint = '\n';
            start = joint + 1;
        }
        if (!*at) return;
        joint = at;
    }
}

/* The step at hand in numbers, while the head shows it in arrows. */
static void step_made_of(struct app *app, int optimizer) {
    if (!app->insides.told[optimizer].lines[0][0]) return;
    char number[NUMBER_TEXT];
    for (int i = 0; i < STEP_LINES; i++) {
        char *line = app->insides.told[optimizer].lines[i];
        if (!line[0]) continue;
        fold(app->ui, line, sizeof app->insides.told[optimizer].lines[i]);
        ui_text(app->ui, UI_SMALL | UI_WRAPPED, line);
    }
    if (app->insides.told[optimizer].squared)
        ui_textf(app->ui, UI_SMALL | UI_FAINT | UI_WRAPPED, "Squares: the %s of g² along each axis",
                 app->insides.told[optimizer].mean ? "mean" : "sum");
    if (objective_dimension(app->session->experiment->objective) > 2)
        ui_textf(app->ui, UI_SMALL | UI_FAINT | UI_WRAPPED, "The plane shows %s %% of the step’s length",
                 number_text(floor(100 * app->insides.told[optimizer].in_plane), 3, number));
}

static void optimizer_row(struct app *app, int optimizer) {
    struct ui *ui = app->ui;
    struct session *session = app->session;
    const struct theme *theme = theme_get(app->settings.theme);
    const struct experiment_optimizer *one = &session->experiment->optimizers[optimizer];
    struct identity identity = identity_of(session->experiment, optimizer, theme);
    bool on = session_enabled(session, optimizer);
    char id[48], number[NUMBER_TEXT], tip[512];

    ui_glyph(ui, identity.shape, 15, on ? identity.color : theme->faint_ink, theme->casing);
    ui_beside(ui, 8);
    float inner = ui_inner_width(ui);
    snprintf(id, sizeof id, "optimizer.%d.more", optimizer);
    int diverged;
    double loss = loss_shown(session, optimizer, &diverged);
    bool numbered = on && !isnan(loss);
    float room = 0;
    if (numbered) {
        number_text(loss, 4, number);
        room = ui_text_width(ui, UI_SMALL, number);
    }
    float named_room = inner - 23 - 30 - 14 - fmaxf(room, 62),
          name_width = ui_text_width(ui, UI_SMALL | UI_BOLD, one->label);
    bool above = numbered && name_width + 18 > named_room; /* a long name takes the row, its loss goes below */
    ui_heading(ui, id, one->label, above ? inner - 23 - 30 - 8 : named_room,
               on ? &app->optimizer_open[optimizer] : NULL);
    const char *title = optimizer_class_title(one->class), *rule = optimizer_class_rule(one->class);
    bool named = strcmp(one->label, title) != 0; /* by a label that may not have found room in the row */
    snprintf(tip, sizeof tip, "%s%s%s%s%s", named ? one->label : "", named ? "\n" : "", title, rule ? "\n" : "",
             rule ? rule : "");
    ui_tip(ui, tip);
    if (numbered && !above) {
        ui_beside_at(ui, inner - 30 - 10 - room);
        ui_text(ui, UI_SMALL | UI_IN_ROW, number);
    }
    ui_beside_at(ui, inner - 30);
    snprintf(id, sizeof id, "optimizer.%d.on", optimizer);
    bool wanted = on, held = player_holds(app, TOUCH_OPTIMIZERS, false);
    ui_disable(ui, held);
    if (ui_switch(ui, id, &wanted, identity.color)) {
        session_enable(session, optimizer, wanted);
        app_redraw(app);
    }
    ui_disable_end(ui, held);
    ui_tip(ui, held ? player_held : on ? "On: shown and trained" : "Off: hidden, waits where it is");
    if (!on) return;
    float used = spent(app, optimizer);
    if (above) {
        if (used > 0 && used + 6 + room <= inner - 40)
            ui_beside_at(ui, inner - 40 - room);
        else
            ui_text(ui, UI_SMALL, ""), ui_beside_at(ui, inner - 40 - room);
        ui_text(ui, UI_SMALL, number);
    }
    if (diverged) {
        struct run_state state = {0};
        for (int start = 0; start < session->starts && !state.message[0]; start++) {
            int run = session_run(session, optimizer, start);
            if (session_state(session, run).status == RUN_DIVERGED) state = session_state(session, run);
        }
        ui_textf(ui, UI_SMALL | UI_WRAPPED | UI_WARNING, "Diverged: %s",
                 state.message[0] ? state.message : "the loss is not finite");
    }
    bool fixed = !session->trainer || player_holds(app, TOUCH_RATES, false);
    ui_disable(ui, fixed);
    parameters(app, optimizer, identity.color);
    ui_disable_end(ui, fixed);
    step_made_of(app, optimizer);
}

static void list(struct app *app) {
    struct ui *ui = app->ui;
    const struct theme *theme = theme_get(app->settings.theme);
    bool shown = app->insides.shown;
    if (app->session->trainer) {
        ui_text(ui, UI_SMALL | UI_FAINT | UI_IN_ROW, "Insides of a step");
        ui_tip(ui, "While it stands still: each head’s next step as arrows that add up. Red: what the gradient does; "
                   "dashed blue: what is left of the last movements; blue: the step (I)");
        ui_beside_at(ui, ui_inner_width(ui) - 30);
        if (ui_switch(ui, "insides", &shown, theme->accent)) app_toggle_insides(app);
    }
    ui_text(ui, UI_SMALL | UI_FAINT, app->session->trainer ? "Optimizer" : "As recorded");
    ui_beside_at(ui, ui_inner_width(ui) - 40 - ui_text_width(ui, UI_SMALL, "loss"));
    ui_text(ui, UI_SMALL | UI_FAINT, "loss");
    for (int i = 0; i < app->session->experiment->optimizer_count; i++) {
        optimizer_row(app, i);
        if (i + 1 < app->session->experiment->optimizer_count) ui_rule(ui);
    }
}

const char *const side_names[] = {"optimizers", "analyses", "network"};

void panel_right(struct app *app) {
    static const char *const sides[] = {"Optimizers", "Analyse", "Network"};
    struct ui *ui = app->ui;
    struct rect area = app->layout.right;
    if (area.width <= 0) return;
    ui_panel_begin(ui, "panel.right", area, UI_PANEL_SCROLLS);
    if (!app->session) {
        ui_text(ui, UI_SMALL | UI_FAINT | UI_WRAPPED, "The optimizers of an opened scene stand here.");
    } else {
        bool network = !objective_is_expression(app->session->experiment->objective);
        int side = (int)app->side;
        if (ui_segments(ui, "side", sides, network ? SIDE_COUNT : SIDE_NETWORK, &side)) {
            app->side = (enum side)side;
            app_wake_by(app, 0);
        }
        if (app->side == SIDE_ANALYSES)
            panel_analyses(app);
        else if (app->side == SIDE_NETWORK)
            panel_network(app);
        else
            list(app);
    }
    ui_draw_line(ui, area.x, area.y, area.x, area.y + area.height, theme_get(app->settings.theme)->panel_edge, 1);
    ui_panel_end(ui);
}
