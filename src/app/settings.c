#include "app/settings.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SETTINGS_LIMIT = 64 * 1024, LARGEST_SIDE = 16384 };

static const char *const theme_names[] = {"paper", "night"};
static const char *const map_names[] = {"terrain", "viridis", "cividis"};
static const char *const switch_names[] = {"no", "yes"};

/* What is open or shut. */
static const struct fold {
    const char *key;
    size_t offset;
} folds[] = {{"left_open", offsetof(struct settings, left_open)},
             {"right_open", offsetof(struct settings, right_open)},
             {"bottom_open", offsetof(struct settings, bottom_open)},
             {"surfaces_open", offsetof(struct settings, surfaces_open)},
             {"networks_open", offsetof(struct settings, networks_open)}};

static const struct fold *fold_of(const char *key) {
    for (size_t i = 0; i < sizeof folds / sizeof *folds; i++)
        if (strcmp(key, folds[i].key) == 0) return &folds[i];
    return NULL;
}

struct settings settings_initial(void) {
    return (struct settings){.theme = THEME_PAPER, .scale = 1, .left_open = true, .right_open = true,
                             .bottom_open = true, .surfaces_open = true};
}

static int name_index(const char *word, const char *const *names, int count) {
    for (int i = 0; i < count; i++)
        if (strcmp(word, names[i]) == 0) return i;
    return -1;
}

static bool number_in(const char *word, double low, double high, double *value) {
    char *end;
    errno = 0;
    *value = strtod(word, &end);
    return end != word && *end == '\0' && isfinite(*value) && *value >= low && *value <= high;
}

/* ---- which steps of lessons were seen
 * ---------------------------------------------------------------------------------- */

static int lesson_index(const struct settings *settings, const char *lesson) {
    for (int i = 0; i < settings->lesson_count; i++)
        if (strcmp(settings->lessons[i].name, lesson) == 0) return i;
    return -1;
}

uint64_t settings_seen(const struct settings *settings, const char *lesson) {
    int index = lesson_index(settings, lesson);
    return index < 0 ? 0 : settings->lessons[index].seen;
}

static bool can_be_kept(const char *name) {
    size_t length = strlen(name);
    return length > 0 && length < SETTINGS_NAME &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == length;
}

void settings_note_seen(struct settings *settings, const char *lesson, int step) {
    int index = lesson_index(settings, lesson);
    if (step < 0 || step > 63 || !can_be_kept(lesson)) return;
    if (index < 0) {
        if (settings->lesson_count == SETTINGS_LESSONS) return;
        index = settings->lesson_count++;
        snprintf(settings->lessons[index].name, sizeof settings->lessons[index].name, "%s", lesson);
        settings->lessons[index].seen = 0;
    }
    settings->lessons[index].seen |= (uint64_t)1 << step;
}

/* ---- files ------------------------------------------------------------------------------------------------------*/

bool settings_drop_recent(struct settings *settings, const char *path) {
    for (int i = 0; i < settings->recent_count; i++) {
        if (strcmp(settings->recent[i], path) != 0) continue;
        memmove(settings->recent[i], settings->recent[i + 1],
                (size_t)(settings->recent_count - i - 1) * sizeof *settings->recent);
        settings->recent_count--;
        return true;
    }
    return false;
}

static bool line_holds(const char *path) {
    size_t length = strlen(path);
    if (length == 0 || length >= SETTINGS_PATH || strpbrk(path, "#\n\r")) return false;
    return !strchr(" \t", path[0]) && !strchr(" \t", path[length - 1]); /* they would be trimmed */
}

void settings_note_recent(struct settings *settings, const char *path) {
    char kept[SETTINGS_PATH];
    if (!line_holds(path)) return;
    snprintf(kept, sizeof kept, "%s", path); /* it may be one of the list's own */
    settings_drop_recent(settings, kept);
    if (settings->recent_count == SETTINGS_RECENT) settings->recent_count--;
    memmove(settings->recent[1], settings->recent[0], (size_t)settings->recent_count * sizeof *settings->recent);
    memcpy(settings->recent[0], kept, sizeof kept);
    settings->recent_count++;
}

/* "1 2 5" */
static const char *take_seen(struct settings *settings, const char *lesson, const char *steps) {
    static const char right[] = "step numbers from 1 to 64";
    if (!can_be_kept(lesson)) return "the name of a lesson before the colon";
    do {
        char *end;
        long step = strtol(steps, &end, 10);
        if (end == steps || step < 1 || step > 64 || (*end && *end != ' ')) return right;
        settings_note_seen(settings, lesson, (int)step - 1);
        steps = end + strspn(end, " ");
    } while (*steps);
    return NULL;
}

/* NULL when taken, else what would be right. */
static const char *take(struct settings *settings, const char *key, const char *value) {
    double number;
    int index;
    if (strcmp(key, "theme") == 0) {
        if ((index = name_index(value, theme_names, 2)) < 0) return "paper or night";
        settings->theme = (enum theme_kind)index;
    } else if (strcmp(key, "colormap") == 0) {
        if ((index = name_index(value, map_names, 3)) < 0) return "terrain, viridis or cividis";
        settings->colormap = (enum colormap_kind)index;
    } else if (strcmp(key, "language") == 0) {
        if (strlen(value) >= sizeof settings->language || !can_be_kept(value)) return "the code of a language, en or zh,";
        snprintf(settings->language, sizeof settings->language, "%s", value);
    } else if (strncmp(key, "seen ", 5) == 0) {
        return take_seen(settings, key + 5, value);
    } else if (strcmp(key, "scale") == 0) {
        if (!number_in(value, 0.75, 3, &number)) return "a number from 0.75 to 3";
        settings->scale = (float)number;
    } else if (strcmp(key, "width") == 0 || strcmp(key, "height") == 0) {
        if (!number_in(value, 0, LARGEST_SIDE, &number) || number != floor(number))
            return "a whole number from 0 to 16384";
        *(key[0] == 'w' ? &settings->width : &settings->height) = (int)number;
    } else if (strcmp(key, "export_folder") == 0) {
        if (strlen(value) >= sizeof settings->export_folder) return "the path of a folder";
        snprintf(settings->export_folder, sizeof settings->export_folder, "%s", value);
    } else if (strcmp(key, "recent") == 0) {
        if (!line_holds(value)) return "the path of a file";
        settings_drop_recent(settings, value);
        if (settings->recent_count < SETTINGS_RECENT)
            snprintf(settings->recent[settings->recent_count++], SETTINGS_PATH, "%s", value);
    } else if (strcmp(key, "view") == 0) {
        if ((index = name_index(value, view_names, VIEW_COMPARE)) < 0) return "overlay, side-by-side, contour or split";
        settings->view = (enum view_kind)index;
    } else {
        const struct fold *fold = fold_of(key);
        if (!fold) return NULL; /* a key of another version is no mistake */
        if ((index = name_index(value, switch_names, 2)) < 0) return "yes or no";
        *(bool *)((char *)settings + fold->offset) = index == 1;
    }
    return NULL;
}

static char *trimmed(char *text) {
    while (*text == ' ' || *text == '\t') text++;
    size_t length = strlen(text);
    while (length && strchr(" \t\r", text[length - 1])) text[--length] = '\0';
    return text;
}

bool settings_parse(struct settings *settings, const char *text, const char *name, struct error *error) {
    struct settings taken = *settings;
    char *copy = mem_copy_text(text), *next = copy;
    bool good = true;
    for (int number = 1; good && next; number++) {
        char *line = next, *end = strchr(line, '\n');
        if (end) *end = '\0';
        next = end ? end + 1 : NULL;
        char *comment = strchr(line, '#');
        if (comment) *comment = '\0';
        line = trimmed(line);
        if (!*line || strcmp(line, "---") == 0) continue;
        char *colon = strchr(line, ':');
        if (!colon || colon == line) {
            good = error_at(error, name, number, 1, "not a setting; a line like \"theme: night\" would be right");
            break;
        }
        *colon = '\0';
        const char *right = take(&taken, trimmed(line), trimmed(colon + 1));
        if (right)
            good = error_at(error, name, number, (int)(colon - line) + 3, "%.40s: %s would be right", line, right);
    }
    if (good) *settings = taken;
    free(copy);
    return good;
}

char *settings_text(const struct settings *settings) {
    struct text text = {0};
    text_format(&text, "# What Saddlescope's window remembers. Delete it to start afresh.\n");
    text_format(&text, "theme: %s\n", theme_names[settings->theme]);
    text_format(&text, "colormap: %s\n", map_names[settings->colormap]);
    text_format(&text, "scale: %.4g\n", (double)settings->scale);
    text_format(&text, "width: %d\nheight: %d\n", settings->width, settings->height);
    for (size_t i = 0; i < sizeof folds / sizeof *folds; i++)
        text_format(&text, "%s: %s\n", folds[i].key, switch_names[*(const bool *)((const char *)settings + folds[i].offset)]);
    text_format(&text, "view: %s\n", view_names[settings->view]);
    if (settings->language[0]) text_format(&text, "language: %s\n", settings->language);
    /* What one line cannot say is not kept. */
    if (settings->export_folder[0] && !strpbrk(settings->export_folder, "#\n\r"))
        text_format(&text, "export_folder: %s\n", settings->export_folder);
    for (int i = 0; i < settings->recent_count; i++) text_format(&text, "recent: %s\n", settings->recent[i]);
    for (int i = 0; i < settings->lesson_count; i++) {
        text_format(&text, "seen %s:", settings->lessons[i].name);
        for (int step = 0; step < 64; step++)
            if (settings->lessons[i].seen >> step & 1) text_format(&text, " %d", step + 1);
        text_append(&text, "\n");
    }
    return text.bytes;
}

static char *settings_folder(void) {
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (config && config[0] == '/') return path_join(config, "saddlescope");
    return home && home[0] == '/' ? path_join(home, ".config/saddlescope") : NULL;
}

char *settings_path(void) {
    char *folder = settings_folder();
    char *path = folder ? path_join(folder, "settings.yaml") : NULL;
    free(folder);
    return path;
}

bool settings_load(struct settings *settings, struct error *error) {
    char *path = settings_path();
    bool good = true;
    if (path && access(path, F_OK) == 0) {
        size_t length;
        char *text = file_read(path, SETTINGS_LIMIT, &length, error);
        good = text && (strlen(text) == length || error_set(error, ERROR_INPUT, "%s: is not text", path)) &&
               settings_parse(settings, text, path, error);
        free(text);
    }
    free(path);
    return good;
}

/* Like mkdir -p. */
static bool make_folder(const char *path) {
    char *copy = mem_copy_text(path);
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0700);
        *slash = '/';
    }
    bool made = mkdir(copy, 0700) == 0 || errno == EEXIST;
    free(copy);
    return made;
}

bool settings_kept(struct error *error) {
    char *folder = settings_folder();
    bool good = !folder || (make_folder(folder) && access(folder, W_OK | X_OK) == 0) ||
                error_set(error, ERROR_MACHINE, "%s: cannot be written to: %s", folder, strerror(errno));
    free(folder);
    return good;
}

bool settings_save(const struct settings *settings, struct error *error) {
    char *folder = settings_folder();
    if (!folder) return true;
    char *path = path_join(folder, "settings.yaml"), *text = settings_text(settings);
    bool good =
        make_folder(folder) || error_set(error, ERROR_MACHINE, "%s: cannot be made: %s", folder, strerror(errno));
    struct outfile *out = good ? outfile_create(path, error) : NULL;
    good = out != NULL;
    if (out) {
        fputs(text, outfile_stream(out));
        good = outfile_commit(&out, error);
    }
    free(text);
    free(path);
    free(folder);
    return good;
}

char *settings_cache(const char *name) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char *folder = cache && cache[0] == '/'          ? path_join(cache, "saddlescope")
                   : home && home[0] == '/' ? path_join(home, ".cache/saddlescope")
                                                     : NULL;
    char *path = folder ? path_join(folder, name) : NULL;
    free(folder);
    if (path && make_folder(path)) return path;
    free(path);
    return NULL;
}
