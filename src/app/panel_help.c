#include "app/app_parts.h"

#include <math.h>
#include <string.h>

static const char *const mouse[][2] = {
    {"Click the surface", "Start there"},     {"Click a mark", "Its curvature and verdict"},
    {"Right-click", "Figures of that point"}, {"Drag", "Turn; on the map: move"},
    {"Shift or right drag", "Move"},          {"Wheel", "Nearer, farther"},
    {"Double-click", "Usual view"},
    {"Drag the curves", "To that step"},
    {"Shift+drag them", "Nearer; double-click: all"},
};
enum { MOUSE_LINES = sizeof mouse / sizeof *mouse, MOST_LINES = 96 };
static const float line_height = 20, heading_height = 30;

/* One line of the sheet: a heading (no keys), or keys and what they do. */
struct line {
    const char *text;
    char keys[96];
};

/* The modifiers once, where they stay the same: "Ctrl+← → ↑ ↓". */
static void add_keys(char *keys, size_t size, struct shortcut shortcut, struct shortcut before) {
    char one[SHORTCUT_TEXT];
    size_t used = strlen(keys);
    if (!shortcut.key) return;
    if (used && before.modifiers == shortcut.modifiers) shortcut.modifiers = 0;
    snprintf(keys + used, size - used, "%s%s", used ? "  " : "", shortcut_text(shortcut, one));
}

/* Neighbours in the table that say the same share a line. */
static int lines_of(struct line lines[MOST_LINES]) {
    size_t count;
    const struct command *all = commands(&count);
    int made = 0;
    for (int group = 0; group < COMMAND_GROUPS; group++) {
        int heading = made++;
        for (size_t i = 0; i < count && made < MOST_LINES - 1; i++) {
            if ((int)all[i].group != group || !all[i].sheet) continue;
            bool shared = made > heading + 1 && strcmp(lines[made - 1].text, all[i].sheet) == 0;
            if (!shared) lines[made++] = (struct line){.text = all[i].sheet};
            /* several keys for one thing are told only where the line is its own */
            bool own = !shared && (i + 1 == count || !all[i + 1].sheet || strcmp(all[i + 1].sheet, all[i].sheet) != 0);
            for (int s = 0; s < (own ? COMMAND_SHORTCUTS : 1); s++) {
                struct shortcut before = s        ? all[i].shortcuts[s - 1]
                                         : shared ? all[i - 1].shortcuts[0]
                                                  : (struct shortcut){0};
                add_keys(lines[made - 1].keys, sizeof lines->keys, all[i].shortcuts[s], before);
            }
        }
        if (made == heading + 1)
            made = heading; /* nothing of it has a key */
        else
            lines[heading] = (struct line){.text = command_group_titles[group]};
    }
    lines[made++] = (struct line){.text = "Mouse"};
    for (int i = 0; i < MOUSE_LINES && made < MOST_LINES; i++) {
        lines[made] = (struct line){.text = mouse[i][1]};
        snprintf(lines[made++].keys, sizeof lines->keys, "%s", mouse[i][0]);
    }
    return made;
}

static bool is_heading(const struct line *line) {
    return !line->keys[0];
}

static float height_of(const struct line *line) {
    return is_heading(line) ? heading_height : line_height;
}

/* The lowest height in which `columns` hold all lines, groups kept together. `starts` (columns + 1). */
static float split(const struct line *lines, int count, int columns, int *starts) {
    float all = 0;
    for (int i = 0; i < count; i++) all += height_of(&lines[i]);
    for (float most = all / (float)columns;; most += line_height / 2) {
        int column = 0;
        float used = 0;
        starts[0] = 0;
        for (int i = 0; i < count;) {
            int end = i + 1;
            float group = height_of(&lines[i]);
            while (end < count && !is_heading(&lines[end])) group += height_of(&lines[end++]);
            if (used > 0 && used + group > most) {
                if (++column == columns) break;
                starts[column] = i;
                used = 0;
            }
            used += group;
            i = end;
        }
        if (column == columns) continue;
        for (int c = column + 1; c <= columns; c++) starts[c] = count;
        return fmaxf(most, 1);
    }
}

void panel_help(struct app *app) {
    if (!app->help_open) return;
    struct ui *ui = app->ui;
    struct line lines[MOST_LINES] = {0};
    int count = lines_of(lines), starts[4];
    float whole_width = app->layout.top.width, whole_height = app->layout.bottom.y + app->layout.bottom.height;
    float most_width = whole_width - 24, most_height = whole_height - 24, head = 44;
    int columns = 2;
    float body = split(lines, count, columns, starts);
    if (head + body + 24 > most_height && most_width >= 860) body = split(lines, count, columns = 3, starts);
    float width = fminf(28 + 350 * (float)columns, most_width), height = fminf(head + body + 24, most_height);
    struct rect rect = {(whole_width - width) / 2, (whole_height - height) / 2, width, height};
    rect = ui_panel_begin(ui, "panel.help", rect, UI_PANEL_CARD | UI_PANEL_SCROLLS | UI_PANEL_FRONT);
    if (app->help_scrolls != 0) ui_scroll_by(ui, app->help_scrolls);
    app->help_scrolls = 0;
    bool closed = ui_corner_button(ui, "help.close", ICON_CLOSE, 28);
    ui_text(ui, UI_TITLE, "Mouse and keys");
    float column_width = ui_inner_width(ui) / (float)columns, keys_width = 0;
    for (int i = 0; i < count; i++) keys_width = fmaxf(keys_width, ui_text_width(ui, UI_SMALL, lines[i].keys) + 14);
    keys_width = fminf(keys_width, 0.42f * column_width);
    float top = ui_line_y(ui) + 6;
    for (int c = 0; c < columns; c++) {
        float y = top, x = 14 + (float)c * column_width;
        for (int i = starts[c]; i < starts[c + 1]; i++) {
            if (is_heading(&lines[i])) {
                ui_within(ui, x, y + 8);
                ui_text(ui, UI_SMALL | UI_BOLD, lines[i].text);
            } else {
                ui_within(ui, x, y);
                ui_text_within(ui, UI_SMALL, keys_width - 8, lines[i].keys);
                ui_within(ui, x + keys_width, y);
                ui_text_within(ui, UI_SMALL | UI_FAINT, column_width - keys_width - 12, lines[i].text);
            }
            y += height_of(&lines[i]);
        }
    }
    ui_within(ui, 14, top + body);
    ui_space(ui, 1);
    bool outside = ui_panel_dismissed(ui);
    ui_panel_end(ui);
    if (closed || outside) {
        app->help_open = false;
        app->frames_wanted = 2;
    }
}
