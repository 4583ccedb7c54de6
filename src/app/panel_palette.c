#include "app/app_parts.h"

#include "base/memory.h"
#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ROWS_SHOWN = 10, MOST_FILES = 5000 };
static const float row_height = 28, card_width = 560;

/* ---- what there is ----------------------------------------------------------------------------------------------*/

/* Takes the item in when it answers; `also` is searched, but not shown. */
static void offer(struct app *app, enum palette_kind kind, int index, int weight, const char *label, const char *beside,
                  const char *also) {
    struct palette *palette = &app->palette;
    char searched[4 * PALETTE_LABEL]; /* in English and as it is shown */
    const char *shown = ui_said(app->ui, label);
    text_print(searched, sizeof searched, "%.150s %.100s %.150s", label, also ? also : "", shown == label ? "" : shown);
    int score = command_match(palette->query, searched);
    if (score < 0 || palette->count == PALETTE_MOST) return;
    struct palette_item item = {.kind = kind, .index = index, .score = 4 * score + weight};
    text_print(item.label, sizeof item.label, "%s", label);
    text_print(item.beside, sizeof item.beside, "%s", beside);
    int at = palette->count++; /* those that came first stay before those no better */
    for (; at > 0 && palette->items[at - 1].score < item.score; at--) palette->items[at] = palette->items[at - 1];
    palette->items[at] = item;
}

static void offer_commands(struct app *app) {
    size_t count;
    const struct command *all = commands(&count);
    for (size_t i = 0; i < count; i++) {
        char keys[SHORTCUT_TEXT];
        if (all[i].flags & COMMAND_UNNAMED || !command_can(app, &all[i])) continue;
        offer(app, PALETTE_COMMAND, (int)i, 2, all[i].title, shortcut_text(all[i].shortcuts[0], keys),
              command_group_titles[all[i].group]);
    }
}

static void offer_optimizers(struct app *app) {
    const struct experiment *experiment = app->session ? app->session->experiment : NULL;
    for (int i = 0; experiment && i < experiment->optimizer_count; i++) {
        char label[PALETTE_LABEL];
        bool on = session_enabled(app->session, i);
        text_print(label, sizeof label, on ? "Switch off %.100s" : "Switch on %.100s", experiment->optimizers[i].label);
        offer(app, PALETTE_OPTIMIZER, i, 1, label, "Optimizer", optimizer_class_name(experiment->optimizers[i].class));
    }
}

static void offer_scenes(struct app *app) {
    for (size_t i = 0; i < app->listing_count; i++) {
        const struct experiment_listing *entry = &app->listing[i];
        const char *title = entry->title ? entry->title : entry->name;
        char also[PALETTE_LABEL];
        text_print(also, sizeof also, "%.60s %.90s", entry->name, title);
        offer(app, PALETTE_EXPERIMENT, (int)i, 0, text_in(words_language(app->words), title, entry->title_zh),
              entry->network ? "Network" : "Surface", also);
    }
}

static void offer_lessons(struct app *app) {
    const struct player *player = &app->player;
    player_list(app);
    if (!player->listing_job || !job_progress(player->listing_job).finished) return;
    for (size_t i = 0; i < player->listing_count; i++)
        if (player->listing[i].lesson)
            offer(app, PALETTE_LESSON, (int)i, 0, player_words(app, &player->listing[i].lesson->title), "Lesson",
                  player->listing[i].lesson->title.en);
}

static void offer_recent(struct app *app) {
    for (int i = 0; i < app->settings.recent_count; i++) {
        const char *path = app->settings.recent[i], *slash = strrchr(path, '/');
        offer(app, PALETTE_RECENT, i, 1, slash ? slash + 1 : path, "Recent file", path);
    }
}

/* ---- paths ------------------------------------------------------------------------------------------------------*/

static void whole_path(const char *typed, char *out, size_t size) {
    const char *home = getenv("HOME");
    bool at_home = typed[0] == '~' && typed[1] == '/' && home;
    snprintf(out, size, "%s%s", at_home ? home : "", at_home ? typed + 1 : typed);
}

/* What the folder that is typed has, by the letters after the last slash. */
static void offer_files(struct app *app) {
    struct palette *palette = &app->palette;
    char path[2 * PALETTE_QUERY], query[PALETTE_QUERY];
    whole_path(palette->query, path, sizeof path);
    char *slash = strrchr(path, '/');
    snprintf(query, sizeof query, "%.1000s", slash ? slash + 1 : path);
    if (slash) slash[1] = '\0';
    DIR *folder = opendir(slash ? path : ".");
    int looked = 0;
    for (struct dirent *entry; folder && looked < MOST_FILES && (entry = readdir(folder)); looked++) {
        bool is_folder = entry->d_type == DT_DIR || entry->d_type == DT_LNK;
        if (entry->d_name[0] == '.' && query[0] != '.') continue;
        if (strncmp(entry->d_name, query, strlen(query)) != 0 || palette->count == PALETTE_MOST) continue;
        if (strlen(entry->d_name) + 2 > PALETTE_LABEL) continue;
        if (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN) {
            struct stat status;
            is_folder = fstatat(dirfd(folder), entry->d_name, &status, 0) == 0 && S_ISDIR(status.st_mode);
        }
        struct palette_item item = {.kind = PALETTE_FILE};
        snprintf(item.label, sizeof item.label, "%.150s%s", entry->d_name, is_folder ? "/" : "");
        snprintf(item.beside, sizeof item.beside, "%s", is_folder ? "Folder" : "");
        int at = palette->count++;
        for (; at > 0 && strcmp(palette->items[at - 1].label, item.label) > 0; at--)
            palette->items[at] = palette->items[at - 1];
        palette->items[at] = item;
    }
    if (folder) closedir(folder);
}

/* The file that is chosen, or a folder to look into; with nothing chosen what is typed. */
static void choose_path(struct app *app, const struct palette_item *item) {
    struct palette *palette = &app->palette;
    char path[4 * PALETTE_QUERY], typed[2 * PALETTE_QUERY];
    const char *slash = strrchr(palette->query, '/');
    int kept = item ? slash ? (int)(slash + 1 - palette->query) : 0 : (int)strlen(palette->query);
    snprintf(typed, sizeof typed, "%.*s%s", kept, palette->query, item ? item->label : "");
    size_t length = strlen(typed);
    if (length >= PALETTE_QUERY || length == 0) return;
    if (typed[length - 1] == '/') {
        memcpy(palette->query, typed, length + 1);
        palette->fresh = true;
        palette->boxes++;
        app->frames_wanted = 3;
        return;
    }
    whole_path(typed, path, sizeof path);
    if (open_file(app, path)) palette_close(app);
}

static void find(struct app *app) {
    struct palette *palette = &app->palette;
    palette->count = palette->chosen = 0;
    palette->fresh = false;
    snprintf(palette->answered, sizeof palette->answered, "%s", palette->query);
    if (palette->path) {
        offer_files(app);
        return;
    }
    offer_commands(app);
    offer_optimizers(app);
    offer_recent(app);
    offer_scenes(app);
    offer_lessons(app);
}

/* ---- doing it ---------------------------------------------------------------------------------------------------*/

static void choose(struct app *app, int at) {
    struct palette *palette = &app->palette;
    if (palette->path) {
        choose_path(app, at < palette->count ? &palette->items[at] : NULL);
        return;
    }
    if (at < 0 || at >= palette->count) return;
    struct palette_item item = palette->items[at];
    struct error error = {0};
    bool good = true;
    size_t count;
    palette_close(app); /* first: what is done may open it again */
    switch (item.kind) {
    case PALETTE_COMMAND: command_act(app, &commands(&count)[item.index]); break;
    case PALETTE_EXPERIMENT: {
        const struct experiment_listing *entry = &app->listing[item.index];
        good = app_open(app, entry->path ? entry->path : entry->name, &error);
        break;
    }
    case PALETTE_LESSON: good = player_open(app, app->player.listing[item.index].path, &error); break;
    case PALETTE_OPTIMIZER:
        if (player_holds(app, TOUCH_OPTIMIZERS, true)) break;
        session_enable(app->session, item.index, !session_enabled(app->session, item.index));
        break;
    case PALETTE_RECENT: {
        char path[SETTINGS_PATH];
        snprintf(path, sizeof path, "%s", app->settings.recent[item.index]);
        open_file(app, path);
        break;
    }
    case PALETTE_FILE: break; /* choose_path */
    }
    if (!good) notice_say(app, NOTICE_TROUBLE, "%s", error.message);
    app_redraw(app);
    app->frames_wanted = 2;
}

void palette_open(struct app *app) {
    struct palette *palette = &app->palette;
    if (!palette->items) palette->items = MEM_NEW(struct palette_item, PALETTE_MOST);
    palette->open = palette->fresh = true;
    palette->path = false;
    palette->boxes++;
    palette->query[0] = '\0';
    app->help_open = false;
    app->frames_wanted = 3;
}

void palette_open_path(struct app *app, const char *path) {
    palette_open(app);
    app->palette.path = true;
    if (path && snprintf(app->palette.query, sizeof app->palette.query, "%s", path) < PALETTE_QUERY) return;
    const char *recent = app->settings.recent_count ? app->settings.recent[0] : "~/";
    const char *slash = strrchr(recent, '/');
    snprintf(app->palette.query, sizeof app->palette.query, "%.*s", slash ? (int)(slash + 1 - recent) : 0, recent);
}

void palette_close(struct app *app) {
    app->palette.open = false;
    free(app->palette.items);
    app->palette.items = NULL;
    app->palette.count = 0;
    app->frames_wanted = 2;
}

bool palette_key(struct app *app, const SDL_KeyboardEvent *key) {
    struct palette *palette = &app->palette;
    if (!palette->open) return false;
    struct shortcut pressed = shortcut_of(key);
    /* a frame may not have come since it was typed, or since another scene was opened */
    if (palette->fresh || strcmp(palette->query, palette->answered) != 0) find(app);
    int last = palette->count - 1;
    switch (pressed.key) {
    case SDLK_ESCAPE: palette_close(app); return true;
    case SDLK_RETURN: choose(app, palette->chosen); return true;
    case SDLK_DOWN: palette->chosen = palette->chosen < last ? palette->chosen + 1 : 0; return true;
    case SDLK_UP: palette->chosen = palette->chosen > 0 ? palette->chosen - 1 : last < 0 ? 0 : last; return true;
    case SDLK_PAGEDOWN:
        palette->chosen = palette->chosen + ROWS_SHOWN < last ? palette->chosen + ROWS_SHOWN : last < 0 ? 0 : last;
        return true;
    case SDLK_PAGEUP: palette->chosen = palette->chosen > ROWS_SHOWN ? palette->chosen - ROWS_SHOWN : 0; return true;
    case SDLK_k:
        if (pressed.modifiers == KMOD_CTRL) palette_close(app);
        return true;
    case SDLK_q: return pressed.modifiers != KMOD_CTRL;
    }
    return true;
}

/* ---- the card ---------------------------------------------------------------------------------------------------*/

void panel_palette(struct app *app) {
    struct palette *palette = &app->palette;
    struct ui *ui = app->ui;
    if (!palette->open) return;
    if (palette->fresh || strcmp(palette->query, palette->answered) != 0) find(app);
    float whole_width = app->layout.top.width, whole_height = app->layout.bottom.y + app->layout.bottom.height;
    float width = fminf(card_width, whole_width - 24);
    int room = (int)((whole_height - 2 * 24 - 80) / (row_height + 1));
    int most = room < 3 ? 3 : room > ROWS_SHOWN ? ROWS_SHOWN : room;
    int rows = palette->count < 1 ? 1 : palette->count < most ? palette->count : most;
    float height = 24 + 34 + (float)rows * (row_height + 1) + 4;
    struct rect rect = {(whole_width - width) / 2,
                        fminf(64, fmaxf((whole_height - 24 - 34 - (float)most * (row_height + 1)) / 2, 12)), width,
                        height};
    ui_panel_begin(ui, "panel.palette", rect, UI_PANEL_CARD | UI_PANEL_FRONT);
    int caret = ui_typing(ui) ? -1 : (int)strlen(palette->query);
    char box[48];
    snprintf(box, sizeof box, "palette.box.%d", palette->boxes % 1000);
    ui_input(ui, box, palette->query, sizeof palette->query,
             palette->path ? "The path of a file to open" : "Find: what to do, a surface, a network, a lesson", caret);
    if (strcmp(palette->query, palette->answered) != 0) {
        find(app);
        app_wake_by(app, 0); /* the card fits itself */
    }
    int first = palette->chosen < rows ? 0 : palette->chosen - rows + 1, pressed = -1;
    ui_space(ui, 0);
    for (int i = first; i < palette->count && i < first + rows; i++) {
        char id[48];
        snprintf(id, sizeof id, "palette.%d", i);
        if (ui_menu_row(ui, id, palette->items[i].label, palette->items[i].beside, i == palette->chosen)) pressed = i;
    }
    if (!palette->count) {
        ui_space(ui, 2);
        ui_text(ui, UI_SMALL | UI_FAINT,
                palette->path ? "No such file is here." : "Nothing is called that. Fewer letters find more.");
    }
    bool outside = ui_panel_dismissed(ui);
    ui_panel_end(ui);
    if (pressed >= 0)
        choose(app, pressed);
    else if (outside)
        palette_close(app);
}

void palette_report(const struct app *app, cJSON *root) {
    const struct palette *palette = &app->palette;
    if (!palette->open) {
        cJSON_AddNullToObject(root, "palette");
        return;
    }
    cJSON *entry = cJSON_AddObjectToObject(root, "palette");
    cJSON_AddStringToObject(entry, "query", palette->query);
    cJSON_AddNumberToObject(entry, "count", palette->count);
    cJSON_AddNumberToObject(entry, "chosen", palette->chosen);
    if (palette->chosen < palette->count)
        cJSON_AddStringToObject(entry, "label", palette->items[palette->chosen].label);
}
