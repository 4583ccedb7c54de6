#include "scene/build.h"

#include "base/text.h"
#include "scene/notation.h"
#include "scene/style.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What a plane hides, in words and numbers: one line in the corner while people look, and all of it in a strip of its
 * own below a picture that leaves the program. */

static const float edge = STYLE_EDGE, line_height = STYLE_LINE, strip_pad = STYLE_LINE / 2;
static const float strip_most = 0.3f; /* of the picture's height */
enum { ITEMS_MOST = EXPERIMENT_MAX_RUNS + 8 };
/* Figures change from frame to frame of a film; its lines must not. */
static const char *const widest_figure = "8.888×10⁻⁸";

const char *percent_text(double share, char out[NUMBER_TEXT]) {
    double percent = 100 * share;
    bool fine = percent < 9.95 || (percent > 99 && percent < 99.95);
    snprintf(out, NUMBER_TEXT, "%.*f %%", fine ? 1 : 0, percent);
    return out;
}

uint64_t builder_runs(const struct builder *builder) {
    return ~builder->view->hidden_runs;
}

/* ---- the plane in words ------------------------------------------------------------------------------------------ */

static void run_name(const struct builder *builder, int run, char *out, size_t size) {
    const struct experiment_optimizer *chosen = &builder->experiment->optimizers[builder_optimizer(builder, run)];
    const char *name = builder_say(builder, chosen->label ? chosen->label : optimizer_class_title(chosen->class));
    int starts = builder->experiment->start_count;
    if (starts > 1)
        text_print(out, size, "%.100s, start %d", name, run % starts + 1);
    else
        text_print(out, size, "%.100s", name);
}

/* "Adam’s path", "where Adam is", "the first start". */
static void place_name(const struct builder *builder, int run, char *out, size_t size) {
    char name[128];
    if (run < 0) {
        snprintf(out, size, "the first start");
        return;
    }
    run_name(builder, run, name, sizeof name);
    snprintf(out, size, "where %s is", name);
}

static void plane_name(const struct builder *builder, char *out, size_t size) {
    const struct plane *plane = builder->outlook->plane;
    const struct plane_choice *choice = &builder->exhibit->choice;
    char names[3][144];
    switch (plane->kind) {
    case PLANE_PCA:
        snprintf(names[0], sizeof names[0], "all paths");
        if (choice->run >= 0) {
            run_name(builder, choice->run, names[1], sizeof names[1]);
            text_print(names[0], sizeof names[0], "the path of %.120s", names[1]);
        }
        snprintf(out, size, "plane of %s: their two principal directions", names[0]);
        if (choice->run >= 0) snprintf(out, size, "plane of %s: its two principal directions", names[0]);
        break;
    case PLANE_RANDOM: snprintf(out, size, "plane of two random directions, filter-normalised"); break;
    case PLANE_HESSIAN:
        if (choice->theta_count > 0)
            snprintf(names[0], sizeof names[0], "at a chosen point");
        else
            place_name(builder, choice->runs[0], names[0], sizeof names[0]);
        snprintf(out, size, "plane of the Hessian’s largest and lowest curvature %s%s",
                 choice->theta_count == 0 && choice->runs[0] < 0 ? "at " : "", names[0]);
        break;
    case PLANE_POINTS:
        for (int i = 0; i < 3; i++) place_name(builder, choice->runs[i], names[i], sizeof names[i]);
        if (choice->theta_count > 0)
            snprintf(out, size, "plane through %d chosen points%s", choice->theta_count,
                     choice->theta_count == 2 ? " and the start" : "");
        else
            text_print(out, size, "plane through %.60s, %.60s and %.60s", names[0], names[1], names[2]);
        break;
    default:
        for (int i = 0; i < 2; i++) notation_name(i == 0 ? plane->u_name : plane->v_name, names[i], sizeof names[i]);
        text_print(out, size, "plane of the parameters %.60s and %.60s, the others as at the start", names[0], names[1]);
    }
}

/* ---- one line in the corner -------------------------------------------------------------------------------------- */

void plane_caption(struct builder *builder, char *out, size_t size) {
    static const char *const slices[PLANE_KINDS] = {
        [PLANE_AXES] = "the slice of two parameters",
        [PLANE_RANDOM] = "a random slice",
        [PLANE_PCA] = "this plane",
        [PLANE_HESSIAN] = "the slice of the largest and the lowest curvature at one point",
        [PLANE_POINTS] = "the slice through three points",
    };
    out[0] = '\0';
    if (builder->exhibit->n == 2) return;
    double share =
        outlook_variance_share(builder->exhibit, morph_nearer(builder->exhibit), builder_runs(builder), NULL);
    const struct plane *plane = builder->outlook->plane;
    char number[NUMBER_TEXT];
    if (isfinite(share))
        snprintf(out, size, "%s holds %s of the paths’ variance", slices[plane->kind], percent_text(share, number));
    else if (plane->kind != PLANE_PCA)
        snprintf(out, size, "%s", slices[plane->kind]);
    size_t used = strlen(out);
    if (builder->view->path_height == PATH_SLICE && used < size)
        snprintf(out + used, size - used, "%spaths are drawn on the slice", used ? " · " : "");
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

struct flow {
    struct builder *builder;
    float width, used;
    int most; /* lines */
};

/* Puts an item after the others, on a new line where it does not fit; false when there is no room left. `joint` parts
 * it from the one before, `measure` is as wide as it may ever get. */
static bool flow_add(struct flow *flow, const char *joint, const char *english, float measure) {
    struct builder *builder = flow->builder;
    const char *text = builder_say(builder, english);
    float wide = fmaxf(measure, text_width(text, TEXT_SMALL));
    char *line = builder->figure_count > 0 ? builder->figure_lines[builder->figure_count - 1] : NULL;
    float with_joint = text_width(joint, TEXT_SMALL) + wide;
    bool fits =
        line && flow->used + with_joint <= flow->width && strlen(line) + strlen(joint) + strlen(text) < LABEL_TEXT;
    if (fits) {
        strcat(strcat(line, joint), text);
        flow->used += with_joint;
        return true;
    }
    if (builder->figure_count == flow->most) return false;
    line = builder->figure_lines[builder->figure_count++];
    snprintf(line, LABEL_TEXT, "%s", text);
    flow->used = wide;
    return true;
}

static void flow_break(struct flow *flow) {
    flow->used = INFINITY;
}

static void add_plane(struct flow *flow) {
    struct builder *builder = flow->builder;
    struct exhibit *exhibit = builder->exhibit;
    char text[LABEL_TEXT], numbers[3][NUMBER_TEXT];
    plane_name(builder, text, sizeof text);
    if (text[0] >= 'a' && text[0] <= 'z') text[0] = (char)(text[0] - 'a' + 'A');
    flow_add(flow, "", text, 0);
    double parts[2], share = exhibit_variance_share(exhibit, builder_runs(builder), parts);
    if (isfinite(share)) {
        snprintf(text, sizeof text, "holds %s of the paths’ variance (%s + %s)", percent_text(share, numbers[0]),
                 percent_text(parts[0], numbers[1]), percent_text(parts[1], numbers[2]));
        flow_add(flow, " · ", text, 0);
    }
    double most = exhibit_largest_distance(exhibit, builder_runs(builder), builder->view->step), norm = 0;
    for (int r = 0; r < exhibit->runs && r < EXPERIMENT_MAX_RUNS; r++)
        if (builder->ends[r].known && isfinite(builder->ends[r].figures.norm))
            norm = fmax(norm, builder->ends[r].figures.norm);
    snprintf(text, sizeof text, "paths lie up to %s off it (‖θ‖ up to %s)", number_text(most, 3, numbers[0]),
             number_text(norm, 3, numbers[1]));
    float spare = 2 * text_width(widest_figure, TEXT_SMALL) - text_width(numbers[0], TEXT_SMALL) -
                  text_width(numbers[1], TEXT_SMALL);
    flow_add(flow, " · ", text, text_width(text, TEXT_SMALL) + fmaxf(spare, 0));
}

static void add_losses(struct flow *flow) {
    struct builder *builder = flow->builder;
    bool draped = builder->view->path_height == PATH_SLICE, first = true;
    const char *joint = "  ";
    int left_out = 0;
    flow_break(flow);
    for (int r = 0; r < builder->exhibit->runs && r < EXPERIMENT_MAX_RUNS; r++) {
        if (!builder_shows(builder, r)) continue;
        const struct run_end *end = &builder->ends[r];
        char name[128], text[LABEL_TEXT], truth[NUMBER_TEXT], slice[NUMBER_TEXT];
        run_name(builder, r, name, sizeof name);
        float measure =
            text_width(name, TEXT_SMALL) + text_width(" 8 / 8", TEXT_SMALL) + 2 * text_width(widest_figure, TEXT_SMALL);
        if (builder->heads[r].diverged)
            snprintf(text, sizeof text, "%s diverged", name);
        else if (end->known)
            snprintf(text, sizeof text, "%s %s / %s", name, loss_text(end->figures.loss, truth),
                     loss_text(end->figures.slice_loss, slice));
        else
            continue;
        if (first) flow_add(flow, "", "True loss / loss of the slice under it, where each stands:", 0);
        if (!flow_add(flow, first ? joint : " · ", text, measure)) left_out++;
        first = false;
    }
    if (left_out > 0) {
        char *line = builder->figure_lines[builder->figure_count - 1];
        char text[32];
        size_t used = strlen(line);
        snprintf(text, sizeof text, "and %d more", left_out);
        snprintf(line + used, LABEL_TEXT - used, " · %s", builder_say(builder, text));
        return;
    }
    if (first) return;
    flow_add(flow, " · ",
             draped ? "paths are drawn on the slice, which may be higher or lower than they are"
                    : "paths are drawn at their true loss; whiskers lead to the slice, what is far off it is faint",
             0);
}

float figures_compose(struct builder *builder) {
    struct exhibit *exhibit = builder->exhibit;
    builder->figure_count = 0;
    if (!builder->view->figures || exhibit->n == 2) return 0;
    for (int r = 0; r < exhibit->runs && r < EXPERIMENT_MAX_RUNS; r++)
        builder->ends[r].known = builder_shows(builder, r) && builder->heads[r].known &&
                                 exhibit_path_figures(exhibit, r, builder->view->step, &builder->ends[r].figures);
    int most = (int)((strip_most * builder->view->height_px - 2 * strip_pad) / line_height);
    struct flow flow = {.builder = builder,
                        .width = builder->strip_width - 2 * edge,
                        .most = most < 1              ? 1
                                : most > FIGURE_LINES ? FIGURE_LINES
                                                      : most};
    add_plane(&flow);
    add_losses(&flow);
    return line_height * (float)builder->figure_count + 2 * strip_pad;
}

void build_figures(struct builder *builder) {
    if (builder->figure_count == 0) return;
    uint32_t bit = 1u << builder->strip;
    struct scene_box *rule = add_box(builder);
    *rule = (struct scene_box){.width = builder->strip_width, .height = 1, .fill = builder->theme->grid, .panes = bit};
    for (int i = 0; i < builder->figure_count; i++) {
        struct scene_label *label = add_label(builder, TEXT_SMALL, builder->theme->faint_ink);
        label->on_screen = true;
        label->at[0] = edge;
        label->at[1] = strip_pad + line_height * ((float)i + 0.5f);
        label->anchor[1] = 0.5f;
        label->panes = bit;
        memcpy(label->text, builder->figure_lines[i], sizeof label->text);
    }
}
