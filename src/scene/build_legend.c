#include "scene/build.h"

#include "base/text.h"
#include "scene/notation.h"
#include "scene/style.h"
#include "scene/ticks.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const float edge = STYLE_EDGE;
static const float least_for_step = 200; /* a pane's height, below which a long line would lie on its surface */
static const float corner_room = 36; /* at the pane's upper right, for each of the window's buttons */

static struct scene_label *add_legend_text(struct builder *builder, float x, float y, float anchor_x, float anchor_y,
                                           enum text_size size, struct color color, uint32_t panes) {
    struct scene_label *label = add_text(builder, x, y, anchor_x, anchor_y, size, color);
    label->panes = panes;
    return label;
}

static void add_identity(struct builder *builder, int optimizer, float x, float y, float size, bool diverged,
                         uint32_t panes) {
    struct identity identity = identity_of(builder->experiment, optimizer, builder->theme);
    struct scene_mark *mark = add_mark(builder);
    mark->x = x;
    mark->y = y;
    mark->size = size;
    mark->shape = identity.shape;
    mark->fill = diverged ? color_fade(identity.color, 0.6f) : identity.color;
    mark->outline = color_casing(identity.color, builder->theme);
    mark->hollow = identity.shape == GLYPH_RING;
    mark->panes = panes;
}

static const char *label_of(const struct builder *builder, int optimizer) {
    const struct experiment_optimizer *chosen = &builder->experiment->optimizers[optimizer];
    return builder_say(builder, chosen->label ? chosen->label : optimizer_class_title(chosen->class));
}

/* What the legend says of an optimizer: over several starts the best of them. */
struct row {
    int optimizer;
    char name[LABEL_TEXT], loss[NUMBER_TEXT], status[LABEL_TEXT];
    bool diverged;
};

static bool read_row(const struct builder *builder, int optimizer, struct row *row) {
    int starts = builder->experiment->start_count, diverged = 0, shown = 0;
    int64_t diverged_at = -1;
    char status[64] = "";
    double best = NAN;
    for (int s = 0; s < starts; s++) {
        int run = optimizer * starts + s;
        if (run >= builder->exhibit->runs || run >= EXPERIMENT_MAX_RUNS || !builder_shows(builder, run)) continue;
        const struct head *head = &builder->heads[run];
        shown++;
        if (head->diverged) {
            diverged++;
            diverged_at = builder->outlook->paths[run].diverged;
        } else if (head->sampled) {
            best = fmin(best, head->sample.loss);
        }
    }
    if (shown == 0) return false;
    *row = (struct row){.optimizer = optimizer, .diverged = diverged == shown};
    fit_text(label_of(builder, optimizer), TEXT_BODY, 220, row->name);
    loss_text(best, row->loss);
    if (diverged > 0 && shown == 1)
        snprintf(status, sizeof status, "diverged at step %" PRId64, diverged_at);
    else if (diverged > 0)
        snprintf(status, sizeof status, "%d of %d diverged", diverged, shown);
    else if (shown > 1)
        snprintf(status, sizeof status, "best of %d", shown);
    fit_text(builder_say(builder, status), TEXT_SMALL, 400, row->status);
    return true;
}

static int64_t shown_step(const struct builder *builder) {
    int64_t last = timeline_last_step(builder->exhibit->params.timeline);
    return builder->view->step < last ? builder->view->step : last;
}

/* In the first pane; returns where the next thing below may begin there and beside it. */
static float build_title(struct builder *builder) {
    float y = 12, width = builder->pane_width - 2 * edge;
    uint32_t panes = builder->apart ? builder->all & 1 : builder->all;
    if (!builder->view->title) return y;
    const struct experiment *experiment = builder->experiment;
    struct scene_label *title = add_legend_text(builder, edge, y, 0, 0, TEXT_TITLE, builder->theme->ink, panes);
    title->bold = true;
    const char *name = experiment->title ? experiment->title : experiment->name ? experiment->name : "";
    fit_text(text_in(words_language(builder->scene->words), name, experiment->title_zh), TEXT_TITLE, width, title->text);
    y += text_height(TEXT_TITLE) + 2;
    if (experiment->formula && !builder->apart) {
        struct scene_label *formula = add_legend_text(builder, edge, y, 0, 0, TEXT_SMALL, builder->theme->faint_ink, panes);
        char set[LABEL_TEXT];
        notation_formula(experiment->formula, set, sizeof set);
        /* It must not run into the surface, which rises highest in the middle. */
        fit_text(set, TEXT_SMALL, fminf(width, 0.36f * builder->pane_width), formula->text);
        y += text_height(TEXT_SMALL);
    }
    return y + 10;
}

/* Two experiments: each pane says whose it is. */
static float build_side_title(struct builder *builder) {
    const struct experiment *experiment = builder->experiment;
    const char *name = experiment->title ? experiment->title : experiment->name ? experiment->name : "";
    const char *text = text_in(words_language(builder->scene->words), name, experiment->title_zh);
    struct scene_label *title = add_legend_text(builder, edge, 12, 0, 0, TEXT_BODY, builder->theme->ink, builder->all);
    title->bold = true;
    fit_text(text, TEXT_BODY, builder->pane_width - edge - (builder->side == 1 ? 2 : 1) * corner_room, title->text);
    return 12 + text_height(TEXT_BODY) + 8;
}

/* Where paths do not stand at their loss the legend's losses are not the picture's. */
static const char *loss_heading(const struct builder *builder) {
    return builder_say(builder, builder->placing.draped && builder->exhibit->n > 2 ? "true loss" : "loss");
}

static int optimizers_shown(const struct builder *builder) {
    int count = 0, last = -1;
    for (int run = 0; run < builder->exhibit->runs; run++) {
        if (!builder_shows(builder, run) || builder_optimizer(builder, run) == last) continue;
        last = builder_optimizer(builder, run);
        count++;
    }
    return count;
}

bool legend_is_row(const struct builder *builder, float pane_height) {
    const float most_share = 0.42f; /* of the pane's height */
    return 2 * STYLE_PAD + STYLE_ROW * (float)(optimizers_shown(builder) + 1) > most_share * pane_height;
}

/* Where a list would hide the surface: marks and names only, in as few lines as hold them. */
static void build_legend_row(struct builder *builder, const struct row *rows, int count, float y) {
    const struct theme *theme = builder->theme;
    const float mark = 24, pad = 6, line = STYLE_ROW;
    float most = builder->pane_width - 2 * edge - 2 * STYLE_PAD, x = 0, widest = 0, gap = 18, whole = -gap;
    for (int i = 0; i < count; i++) whole += mark + text_width(rows[i].name, TEXT_BODY) + gap;
    enum text_size size = whole > most ? TEXT_SMALL : TEXT_BODY;
    if (size == TEXT_SMALL) gap = 10;
    size_t at = builder->scene->box_count;
    add_box(builder);
    int lines = 1;
    for (int i = 0; i < count; i++) {
        float width = mark + text_width(rows[i].name, size);
        if (x > 0 && x + width > most) x = 0, lines++;
        float left = edge + STYLE_PAD + x, middle = y + pad + line * ((float)lines - 0.5f);
        add_identity(builder, rows[i].optimizer, left + 8, middle, 14, rows[i].diverged, builder->all);
        struct scene_label *name =
            add_legend_text(builder, left + mark, middle, 0, 0.5f, size,
                            rows[i].diverged ? theme->faint_ink : theme->ink, builder->all);
        text_print(name->text, LABEL_TEXT, "%s", rows[i].name);
        widest = fmaxf(widest, x + width);
        x += width + gap;
    }
    builder->scene->boxes[at] = (struct scene_box){.x = edge,
                                                   .y = y,
                                                   .width = widest + 2 * STYLE_PAD,
                                                   .height = 2 * pad + line * (float)lines,
                                                   .radius = STYLE_RADIUS,
                                                   .fill = theme->panel,
                                                   .edge = theme->panel_edge,
                                                   .panes = builder->all};
}

static void build_overlay_legend(struct builder *builder, float y) {
    struct row rows[EXPERIMENT_MAX_OPTIMIZERS];
    int count = 0;
    float name_width = 0, loss_width = 0, status_width = 0;
    for (int o = 0; o < builder->experiment->optimizer_count && o < EXPERIMENT_MAX_OPTIMIZERS; o++) {
        if (!read_row(builder, o, &rows[count])) continue;
        name_width = fmaxf(name_width, text_width(rows[count].name, TEXT_BODY));
        const struct row *row = &rows[count++];
        float status = text_width(row->status, TEXT_SMALL);
        /* A run that diverged has no loss: that it did stands in the loss's place. */
        loss_width = fmaxf(loss_width, row->diverged ? status : text_width(row->loss, TEXT_BODY));
        if (row->status[0] && !row->diverged) status_width = fmaxf(status_width, status + 12);
    }
    if (count == 0) return;
    if (legend_is_row(builder, builder->pane_height)) {
        build_legend_row(builder, rows, count, y);
        return;
    }
    const struct theme *theme = builder->theme;
    const float line = STYLE_ROW, pad = STYLE_PAD, mark = 28;
    loss_width = fmaxf(loss_width, fmaxf(54, text_width(loss_heading(builder), TEXT_SMALL)));
    int64_t step = shown_step(builder);
    char step_text[NUMBER_TEXT + 8] = "", number[NUMBER_TEXT];
    if (step >= 0) snprintf(step_text, sizeof step_text, "step %s", number_text((double)step, 12, number));
    float width = pad + mark + name_width + 18 + loss_width + status_width + pad;
    struct scene_box *box = add_box(builder);
    *box = (struct scene_box){.x = edge,
                              .y = y,
                              .width = width,
                              .height = 2 * pad + line * (float)(count + (step >= 0)),
                              .radius = STYLE_RADIUS,
                              .fill = theme->panel,
                              .edge = theme->panel_edge,
                              .panes = builder->all};
    float x = edge + pad, losses = x + mark + name_width + 18 + loss_width;
    y += pad + line / 2;
    if (step >= 0) {
        snprintf(add_legend_text(builder, x, y, 0, 0.5f, TEXT_SMALL, theme->faint_ink, builder->all)->text, LABEL_TEXT, "%s",
                 builder_say(builder, step_text));
        snprintf(add_legend_text(builder, losses, y, 1, 0.5f, TEXT_SMALL, theme->faint_ink, builder->all)->text, LABEL_TEXT, "%s",
                 loss_heading(builder));
        y += line;
    }
    for (int i = 0; i < count; i++, y += line) {
        const struct row *row = &rows[i];
        add_identity(builder, row->optimizer, x + 9, y, 14, row->diverged, builder->all);
        struct color ink = row->diverged ? theme->faint_ink : theme->ink;
        snprintf(add_legend_text(builder, x + mark, y, 0, 0.5f, TEXT_BODY, ink, builder->all)->text, LABEL_TEXT, "%s",
                 row->name);
        snprintf(add_legend_text(builder, losses, y, 1, 0.5f, row->diverged ? TEXT_SMALL : TEXT_BODY, ink, builder->all)->text,
                 LABEL_TEXT, "%s", row->diverged ? row->status : row->loss);
        if (!row->status[0] || row->diverged) continue;
        snprintf(add_legend_text(builder, losses + 12, y, 0, 0.5f, TEXT_SMALL, theme->faint_ink, builder->all)->text,
                 LABEL_TEXT, "%s", row->status);
    }
}

/* In each pane its optimizer, the loss and the step. */
static void build_pane_titles(struct builder *builder, float first_row_y) {
    const struct theme *theme = builder->theme;
    for (int o = 0; o < builder->experiment->optimizer_count && o < EXPERIMENT_MAX_OPTIMIZERS; o++) {
        struct row row;
        int pane = builder->pane_of[o];
        uint32_t bit = pane < 0 ? 0 : builder->all & 1u << pane;
        if (!bit || !read_row(builder, o, &row)) continue;
        float y = (pane < builder->columns ? first_row_y : 12) + 12;
        add_identity(builder, o, edge + 9, y, 16, row.diverged, bit);
        struct scene_label *name = add_legend_text(builder, edge + 28, y, 0, 0.5f, TEXT_BODY, theme->ink, bit);
        name->bold = true;
        fit_text(row.name, TEXT_BODY, builder->pane_width - edge - 28 - corner_room, name->text);
        struct scene_label *figures = add_legend_text(builder, edge + 28, y + 22, 0, 0.5f, TEXT_SMALL, theme->faint_ink, bit);
        char number[NUMBER_TEXT];
        int64_t step = shown_step(builder);
        if (row.diverged)
            text_print(figures->text, LABEL_TEXT, "%s", row.status);
        else {
            char text[LABEL_TEXT];
            text_print(text, sizeof text, "%s %s · step %s%s%.120s", loss_heading(builder), row.loss,
                     number_text((double)(step < 0 ? 0 : step), 12, number), row.status[0] ? " · " : "", row.status);
            text_print(figures->text, LABEL_TEXT, "%s", builder_say(builder, text));
            float width = builder->pane_width - edge - 28; /* the loss is what counts */
            bool low = builder->pane_height < least_for_step;
            if (low || text_width(figures->text, TEXT_SMALL) > width) {
                snprintf(text, sizeof text, "%s %s", loss_heading(builder), row.loss);
                text_print(figures->text, LABEL_TEXT, "%s", builder_say(builder, text));
            }
            if (text_width(figures->text, TEXT_SMALL) > width) text_print(figures->text, LABEL_TEXT, "%s", row.loss);
        }
    }
}

/* What the plane holds of the paths, and what found no room. */
static void build_caption(struct builder *builder) {
    uint32_t pane = builder->all;
    if (builder->apart) pane &= 1u << (builder->shown_panes - 1) / builder->columns * builder->columns;
    if (!pane) return;
    char text[LABEL_TEXT] = "";
    if (builder->figure_count == 0) plane_caption(builder, text, sizeof text);
    if (builder->left_out > 0) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%d more not shown: six fit side by side", used ? " · " : "",
                 builder->left_out);
    }
    if (!text[0]) return;
    struct scene_label *label = add_legend_text(builder, edge, -12, 0, 1, TEXT_SMALL, builder->theme->faint_ink, pane);
    fit_text(builder_say(builder, text), TEXT_SMALL, builder->pane_width - 2 * edge, label->text);
}

static void build_color_bar(struct builder *builder) {
    enum { TICKS_MOST = 10 };
    const float least_height = 230,
                least_map_width = 440, least_width = 560; /* smaller panes need the room for the surface; their axis says the same */
    if (builder->relief->width == 0 || builder->pane_height < least_height) return;
    if (builder->shown_panes > 1 && builder->pane_width < (builder->flat ? least_map_width : least_width)) return;
    uint32_t panes = builder->all;
    if (builder->apart) panes &= 1u << (builder->shown_panes < builder->columns ? 0 : builder->columns - 1);
    if (!panes) return;
    float height = fminf(fmaxf(builder->pane_height * 0.42f, 110), 300), width = 12;
    double values[TICKS_MOST];
    char texts[TICKS_MOST][NUMBER_TEXT];
    int count = ticks_height(builder->map, (int)fmaxf(2, height / 42), values, TICKS_MOST);
    tick_texts(values, count, texts);
    float widest = 36;
    for (int i = 0; i < count; i++) widest = fmaxf(widest, text_width(texts[i], TEXT_SMALL));
    float x = -(edge + widest + 8 + width), top = (builder->pane_height - height) / 2;
    struct scene_box *bar = add_box(builder);
    *bar = (struct scene_box){.x = x,
                              .y = top,
                              .width = width,
                              .height = height,
                              .radius = 2,
                              .edge = builder->theme->panel_edge,
                              .fill = builder->theme->ground,
                              .gradient = true,
                              .panes = panes};
    for (int i = 0; i < count; i++) {
        float y = top + height * (1 - (float)height_tone(builder->map, values[i]));
        struct scene_label *label =
            add_legend_text(builder, x + width + 8, y, 0, 0.5f, TEXT_SMALL, builder->theme->faint_ink, panes);
        memcpy(label->text, texts[i], sizeof texts[i]);
        struct scene_box *tick = add_box(builder);
        *tick = (struct scene_box){
            .x = x + width, .y = y - 0.5f, .width = 4, .height = 1, .fill = builder->theme->faint_ink, .panes = panes};
    }
    const char *name = builder_say(builder, builder->map->mapping == HEIGHT_LOG ? "loss (log)" : "loss");
    bool over_bar = text_width(name, TEXT_SMALL) <= width + 8 + widest; /* else it ends where the pane does */
    struct scene_label *title = add_legend_text(builder, over_bar ? x : -edge, top - 14, over_bar ? 0 : 1, 1, TEXT_SMALL,
                                         builder->theme->ink, panes);
    text_print(title->text, LABEL_TEXT, "%s", name);
}

/* World labels keep off what stands on the screen. */
static void take_screen(struct builder *builder) {
    const struct scene *scene = builder->scene;
    for (size_t i = 0; i < scene->label_count; i++) {
        struct rectangle here;
        if (scene->labels[i].on_screen && (scene->labels[i].panes & builder->all) &&
            label_rectangle(builder, &scene->labels[i], &here))
            take_rectangle(builder, here);
    }
    for (size_t i = 0; i < scene->box_count; i++) {
        const struct scene_box *box = &scene->boxes[i];
        float left = box->x + (box->x < 0 ? builder->pane_width : 0),
              top = box->y + (box->y < 0 ? builder->pane_height : 0);
        if (box->radius > 0 && (box->panes & builder->all))
            take_rectangle(builder, (struct rectangle){left, top, left + box->width, top + box->height});
    }
}

void build_legend(struct builder *builder) {
    const struct view *view = builder->view;
    bool map_beside = view->kind == VIEW_SPLIT && builder->flat;
    if (!map_beside) {
        float y = view->kind == VIEW_COMPARE ? build_side_title(builder) : build_title(builder);
        if (builder->apart)
            build_pane_titles(builder, y);
        else if (view->legend || view->kind == VIEW_COMPARE)
            build_overlay_legend(builder, y);
        if (view->title || view->legend) build_caption(builder);
    }
    /* Of two panes with the same colours the second one says what they mean. */
    bool said_beside = view->kind == VIEW_SPLIT ? !builder->flat
                                                : builder->other && builder->side == 0 && !view->own_heights;
    if (view->color_bar && !said_beside) build_color_bar(builder);
    take_screen(builder);
}
