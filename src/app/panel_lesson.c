#include "app/app_parts.h"
#include "app/prose.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Design pixels. From `roomy` on the letters are large enough for the back row. */
static const float least_width = 340, most_width = 460, share_of_window = 0.27f, roomy = 420;
static const float padding = 14, head_height = 50, steps_height = 14;

float panel_lesson_width(const struct app *app, float window_width) {
    if (!app->player.lesson) return 0;
    return fminf(fmaxf(floorf(share_of_window * window_width), least_width), most_width);
}

/* ---- the words
 * --------------------------------------------------------------------------------------------------------- */

enum { RUNS_MOST = 128 };

/* As pieces: what stands in the file, and the figures of the runs within it, which are bold. */
static void words(struct app *app, const struct lesson_words *of, unsigned style, float width) {
    struct player *player = &app->player;
    struct prose_run runs[RUNS_MOST];
    int count = 0;
    const char *at = player_words(app, of);
    while (*at && count < RUNS_MOST) {
        bool figure = at[0] == '{' && at[1] != '{';
        size_t length = 0;
        if (figure) {
            length = strcspn(at, "}");
            length += at[length] == '}';
        } else {
            while (at[length] && !(at[length] == '{' && at[length + 1] != '{')) length += at[length] == '{' ? 2 : 1;
        }
        char *piece = mem_copy_text(at);
        piece[length] = '\0';
        runs[count].text = lesson_fill(player->lesson, player->check, piece);
        runs[count++].style = style | (figure ? UI_BOLD : 0);
        free(piece);
        at += length;
    }
    prose_show(app->ui, width, runs, count);
    for (int i = 0; i < count; i++) free((char *)runs[i].text);
}

static void line(struct app *app, unsigned style, float width, const char *text) {
    prose_show(app->ui, width, &(struct prose_run){text, style}, 1);
}

/* ---- claims
 * ------------------------------------------------------------------------------------------------------------ */

/* A relation stays on one line where it is short; with the ranges over seeds it may break. */
static char *kept_together(const char *figures) {
    struct text text = {0};
    bool wide = strstr(figures, "…") != NULL;
    for (const char *at = figures; *at; at++) text_format(&text, *at == ' ' && !wide ? "\u00A0" : "%c", *at);
    return text.bytes ? text.bytes : mem_copy_text("");
}

static void claim(struct app *app, int index, unsigned style, float width) {
    struct ui *ui = app->ui;
    const struct player *player = &app->player;
    struct claim_result result = lesson_check_claim(player->check, player->step, index);
    char *filled, *plain, *figures;
    player_claim_words(app, index, &filled, &plain);
    figures = result.figures[0] ? kept_together(plain) : mem_copy_text(plain);
    free(plain);
    if (result.done && result.holds) {
        ui_text_color(ui, style | UI_BOLD, theme_get(app->settings.theme)->accent, "✓");
    } else {
        ui_text(ui, style | UI_BOLD | (result.done ? UI_WARNING : UI_FAINT), result.done ? "✗" : "…");
    }
    ui_beside_at(ui, 20);
    ui_indent(ui, 20);
    struct prose_run runs[5] = {{filled, style}};
    int count = 1;
    if (result.done && !result.holds) {
        runs[0] = (struct prose_run){ui_said(app->ui, "Does not hold here: "), style | UI_BOLD | UI_WARNING};
        runs[1] = (struct prose_run){filled, style};
        count = 2;
    }
    if (*figures) {
        runs[count++] = (struct prose_run){"\u2002 ", style};
        runs[count++] = (struct prose_run){figures, style | UI_FAINT};
    }
    char seeds[64];
    snprintf(seeds, sizeof seeds, "; in %d of %d seeds", result.good, result.seeds);
    if (result.done && result.seeds > 1) runs[count++] = (struct prose_run){ui_said(ui, seeds), style | UI_FAINT};
    prose_show(ui, width - 20, runs, count);
    ui_indent(ui, -20);
    free(filled);
    free(figures);
}

static void claims(struct app *app, unsigned style, float width) {
    const struct player *player = &app->player;
    const struct lesson_step *step = &player->lesson->steps[player->step];
    if (!step->claim_count) return;
    ui_space(app->ui, 2);
    ui_rule(app->ui);
    ui_text(app->ui, UI_SMALL | UI_FAINT, "Claims, checked by running them");
    if (lesson_check_remembers(player->check))
        ui_tip(app->ui, "Measured by this program when the lesson was last played; the file has not changed");
    for (int i = 0; i < step->claim_count; i++) claim(app, i, style, width);
}

/* How far the figures of this step are, while some are missing. */
static void measuring(struct app *app, float width) {
    const struct player *player = &app->player;
    const struct theme *theme = theme_get(app->settings.theme);
    double share = lesson_check_share(player->check, player->step);
    char text[96];
    if (share >= 1 || job_progress(lesson_check_job(player->check)).finished) return;
    ui_space(app->ui, 2);
    snprintf(text, sizeof text, "Measuring… %.0f %%", floor(100 * share));
    ui_text(app->ui, UI_SMALL | UI_FAINT, text);
    struct ui_canvas canvas = ui_canvas_begin(app->ui, "lesson.measuring", width, 6);
    struct rect bar = {canvas.rect.x, canvas.rect.y, canvas.rect.width, 4};
    ui_draw_rect(app->ui, bar, color_fade(theme->ink, 0.1f), 2);
    bar.width = fmaxf((float)share * bar.width, 4);
    ui_draw_rect(app->ui, bar, theme->accent, 2);
    ui_canvas_end(app->ui);
    app_wake_by(app, clock_seconds() + 0.25);
}

/* ---- the card
 * ---------------------------------------------------------------------------------------------------------- */

/* Lesson or scenes, and the lesson's language; true when the lesson was closed. */
static bool head(struct app *app, float width) {
    struct ui *ui = app->ui;
    const char *const faces[] = {"Lesson", "Scenes"};
    int face = app->player.aside;
    if (ui_segments(ui, "lesson.face", faces, 2, &face)) {
        app->player.aside = face;
        app->frames_wanted = 2;
    }
    ui_beside_at(ui, width - 28);
    bool closed = ui_icon_button(ui, "lesson.close", ICON_CLOSE, 28, 0);
    ui_tip(ui, "Close the lesson; what it shows stays");
    return closed;
}

/* One bar a step: seen, at hand, to come; a click goes there. */
static void steps_bar(struct app *app, float width) {
    const struct player *player = &app->player;
    const struct theme *theme = theme_get(app->settings.theme);
    uint64_t seen = settings_seen(&app->settings, player->lesson->name);
    int count = player->lesson->step_count, wanted = -1;
    struct ui_canvas canvas = ui_canvas_begin(app->ui, "lesson.steps", width, steps_height);
    float each = (canvas.rect.width + 3) / (float)count;
    for (int i = 0; i < count; i++) {
        struct rect bar = {canvas.rect.x + (float)i * each, canvas.rect.y + 4, each - 3, 5};
        bool under = canvas.hovered && canvas.mouse_x >= bar.x && canvas.mouse_x < bar.x + each;
        struct color color = i == player->step ? theme->accent : theme->ink;
        color.a *= i == player->step ? 1 : under ? 0.6f : seen >> i & 1 ? 0.4f : 0.14f;
        ui_draw_rect(app->ui, bar, color, 2.5f);
        if (under && canvas.pressed) wanted = i;
    }
    ui_canvas_end(app->ui);
    if (wanted >= 0) player_go(app, wanted);
}

static void title(struct app *app, bool large, float width) {
    const struct player *player = &app->player;
    const struct lesson *lesson = player->lesson;
    struct text where = {0};
    for (int i = 0; i < lesson->section_count; i++) {
        bool beyond = strcmp(lesson->sections[i], "beyond") == 0;
        text_format(&where, "%s%s%s", i ? ", " : "", beyond ? "" : "§ ",
                    beyond ? "beyond the lecture" : lesson->sections[i]);
    }
    text_format(&where, "  ·  step %d of %d", player->step + 1,
                lesson->step_count);
    if (lesson->minutes > 0) text_format(&where, "  ·  %g min", lesson->minutes);
    line(app, UI_SMALL | UI_FAINT, width, ui_said(app->ui, where.bytes));
    line(app, large ? UI_TITLE : UI_BODY | UI_BOLD, width, player_words(app, &lesson->title));
    text_clear(&where);
}

static void question(struct app *app, unsigned style, float width) {
    struct ui *ui = app->ui;
    struct player *player = &app->player;
    const struct lesson_step *step = &player->lesson->steps[player->step];
    uint64_t bit = (uint64_t)1 << player->step;
    ui_space(ui, 4);
    if (player->answer_fresh) ui_scroll_here(ui);
    player->answer_fresh = false;
    line(app, UI_SMALL | UI_BOLD | UI_FAINT, width, ui_said(app->ui, "Predict first"));
    words(app, &step->question, style | UI_BOLD, width);
    ui_space(ui, 2);
    if (player->answered & bit) {
        words(app, &step->answer, style, width);
        return;
    }
    if (ui_button(ui, "lesson.answer", "Show the answer", UI_BUTTON_MAIN)) player_answer(app);
}

static void body(struct app *app, struct rect area, bool large) {
    struct ui *ui = app->ui;
    struct player *player = &app->player;
    const struct lesson_step *step = &player->lesson->steps[player->step];
    unsigned style = large ? UI_LARGE : UI_BODY, small = large ? UI_BODY : UI_SMALL;
    char id[40];
    snprintf(id, sizeof id, "panel.lesson.%d", player->step); /* each scrolls by itself */
    ui_panel_begin(ui, id, area, UI_PANEL_SCROLLS);
    float width = area.width - 2 * padding - 10; /* a scroll bar has room without moving the lines */
    if (player->trouble.kind) {
        line(app, small | UI_WARNING, width, ui_said(ui, player->trouble.message));
        line(app, UI_SMALL | UI_FAINT, width, ui_said(ui, "Shown is the lesson as it was before."));
        ui_rule(ui);
    }
    title(app, large, width);
    ui_space(ui, 2);
    words(app, &step->text, style, width);
    measuring(app, width);
    bool asked = step->question.en != NULL;
    if (asked) question(app, style, width);
    if (!asked || player->answered >> player->step & 1) claims(app, small, width); /* they give the answer away */
    ui_panel_end(ui);
}

/* Again, freely; back, on. */
static void foot(struct app *app, struct rect area) {
    struct ui *ui = app->ui;
    struct player *player = &app->player;
    float width = area.width - 2 * padding;
    const struct lesson_show *show = &player->lesson->steps[player->step].show;
    const struct lesson_listing *following = player_following(app);
    bool last = player->step + 1 == player->lesson->step_count, strayed = player_strayed(app);
    ui_panel_begin(ui, "panel.lesson.foot", area, UI_PANEL_PLAIN);
    ui_rule(ui);
    steps_bar(app, width);
    bool again;
    if (strayed) {
        again = ui_button(ui, "lesson.restore", "Back to the lesson", UI_BUTTON_MAIN);
    } else {
        again = ui_icon_button(ui, "lesson.restore", ICON_RESTART, 28, 0);
    }
    ui_tip(ui, "This step again, as it began");
    ui_beside(ui, 6);
    ui_disable(ui, player->step == 0);
    bool go_back = ui_button(ui, "lesson.back", "← Back", UI_BUTTON_EDGED);
    ui_disable_end(ui, player->step == 0);
    ui_tip(ui, "Page Up");
    if (!strayed && show->touch != TOUCH_ALL) {
        ui_beside(ui, 6);
        if (ui_button(ui, "lesson.free", "Play freely", UI_BUTTON_EDGED)) {
            player->free = true;
            app->frames_wanted = 2;
        }
        ui_tip(ui, "Lets go of what this step holds: start, rates, optimizers or camera");
    }
    const char *on = !last ? "Next →" : "Next lesson";
    float on_width = ui_text_width(ui, UI_SMALL | UI_BOLD, on) + 20;
    ui_beside_at(ui, width - on_width);
    ui_disable(ui, last && !following);
    bool go_on = ui_button(ui, "lesson.next", on, strayed ? UI_BUTTON_EDGED : UI_BUTTON_MAIN);
    ui_disable_end(ui, last && !following);
    ui_tip(ui, last && following ? player_words(app, &following->lesson->title)
                                 : "Page Down: first the answer");
    ui_panel_end(ui);
    if (again) player_restore(app);
    if (go_back) player_back(app);
    if (go_on) player_next(app);
}

bool panel_lesson(struct app *app) {
    struct ui *ui = app->ui;
    if (!app->player.lesson || app->player.aside) return false;
    player_list(app); /* for what comes next */
    const float foot_height = 2 + 12 + 7 + steps_height + 6 + 28 + 12;
    struct rect area = app->layout.left;
    struct rect top = {area.x, area.y, area.width, head_height};
    struct rect middle = {area.x, area.y + head_height, area.width, area.height - head_height - foot_height};
    struct rect bottom = {area.x, area.y + area.height - foot_height, area.width, foot_height};
    ui_panel_begin(ui, "panel.lesson.head", top, UI_PANEL_PLAIN);
    bool closed = head(app, area.width - 2 * padding);
    ui_panel_end(ui);
    body(app, middle, area.width >= roomy);
    foot(app, bottom);
    if (closed) player_close(app);
    return true;
}

void panel_lesson_way_back(struct app *app) {
    if (!app->player.lesson) return;
    if (head(app, app->layout.left.width - 2 * padding)) player_close(app);
    ui_space(app->ui, 4);
}

/* ---- the course
 * -------------------------------------------------------------------------------------------------------- */

static void lesson_row(struct app *app, const struct lesson_listing *entry) {
    struct ui *ui = app->ui;
    const struct lesson *lesson = entry->lesson;
    char id[64], label[256], tip[512], done[32] = "";
    const char *stem = strrchr(entry->path, '/');
    stem = stem ? stem + 1 : entry->path;
    if (!lesson) {
        snprintf(id, sizeof id, "lesson.%.36s", stem);
        text_print(label, sizeof label, "✗ %.200s", stem);
        if (ui_choice(ui, id, label, false)) notice_say(app, NOTICE_TROUBLE, "%s", entry->error.message);
        ui_tip(ui, entry->error.message);
        return;
    }
    uint64_t seen = settings_seen(&app->settings, lesson->name);
    int seen_count = 0;
    for (int i = 0; i < lesson->step_count; i++) seen_count += seen >> i & 1;
    if (seen_count == lesson->step_count)
        snprintf(done, sizeof done, "  ✓");
    else if (seen_count)
        snprintf(done, sizeof done, "  %d/%d", seen_count, lesson->step_count);
    bool current = app->player.lesson && strcmp(app->player.path, entry->path) == 0;
    bool beyond = strcmp(lesson->sections[0], "beyond") == 0;
    snprintf(id, sizeof id, "lesson.%.36s", lesson->name);
    text_print(label, sizeof label, "%s  %.200s", beyond ? "+" : lesson->sections[0],
               player_words(app, &lesson->title));
    float room = ui_inner_width(ui) - 16;
    float kept = ui_text_width(ui, UI_SMALL, done);
    while (*done && ui_text_width(ui, UI_SMALL, label) > room - kept &&
           strlen(label) > 8) { /* the mark stays in sight */
        size_t end = strlen(label) - 1;
        while (end > 0 && ((unsigned char)label[end] & 0xc0) == 0x80) end--;
        label[end] = '\0';
        if (ui_text_width(ui, UI_SMALL, label) <= room - kept - 12) {
            strcat(label, "…");
            break;
        }
    }
    strncat(label, done, sizeof label - strlen(label) - 1);
    struct error error = {0};
    if (ui_choice(ui, id, label, current) && !player_open(app, entry->path, &error))
        notice_say(app, NOTICE_TROUBLE, "%s", error.message);
    text_print(tip, sizeof tip, "%.200s\n%d steps, about %g minutes",
             player_words(app, &lesson->title), lesson->step_count, lesson->minutes);
    ui_tip(ui, tip);
}

void panel_lessons(struct app *app) {
    struct ui *ui = app->ui;
    struct player *player = &app->player;
    player_list(app);
    ui_fold(ui, "fold.lessons", "Lessons", &player->list_open);
    if (!player->list_open) return;
    if (!player->listing_job || !job_progress(player->listing_job).finished) {
        ui_text(ui, UI_SMALL | UI_FAINT, "Reading…");
        app_wake_by(app, clock_seconds() + 0.1);
        return;
    }
    if (!player->listing) {
        ui_text(ui, UI_SMALL | UI_WRAPPED | UI_WARNING, player->listing_error.message);
        return;
    }
    if (!player->lesson) ui_text(ui, UI_SMALL | UI_FAINT, "In the lecture’s order");
    for (size_t i = 0; i < player->listing_count; i++) lesson_row(app, &player->listing[i]);
    ui_space(ui, 4);
}
