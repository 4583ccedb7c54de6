#include "app/app_parts.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool place_is_folder(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode) && access(path, W_OK) == 0;
}

/* XDG_PICTURES_DIR and the like, from user-dirs.dirs: `XDG_PICTURES_DIR="$HOME/Pictures"`. */
static char *user_folder(const char *kind) {
    const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
    if (!home) return NULL;
    struct text path = {0}, key = {0};
    if (config && *config)
        text_format(&path, "%s/user-dirs.dirs", config);
    else
        text_format(&path, "%s/.config/user-dirs.dirs", home);
    text_format(&key, "XDG_%s_DIR=\"", kind);
    char line[1024], *found = NULL;
    FILE *file = fopen(path.bytes, "r");
    while (file && !found && fgets(line, sizeof line, file)) {
        char *value = line + strspn(line, " \t");
        if (strncmp(value, key.bytes, key.length) != 0) continue;
        value += key.length;
        value[strcspn(value, "\"\n")] = '\0';
        struct text folder = {0};
        if (strncmp(value, "$HOME/", 6) == 0)
            text_format(&folder, "%s/%s", home, value + 6);
        else
            text_append(&folder, value);
        found = folder.bytes;
    }
    if (file) fclose(file);
    text_clear(&path);
    text_clear(&key);
    return found;
}

char *place_folder(const char *kind) {
    char *folder = user_folder(kind);
    if (folder && !place_is_folder(folder)) free(folder), folder = NULL;
    if (!folder && place_is_folder(".")) folder = realpath(".", NULL);
    const char *home = getenv("HOME");
    return folder ? folder : mem_copy_text(home && place_is_folder(home) ? home : "/tmp");
}

char *place_home(const char *folder) {
    const char *home = getenv("HOME");
    bool at_home = folder[0] == '~' && (folder[1] == '/' || !folder[1]) && home;
    return at_home ? path_join(home, folder[1] ? folder + 2 : "") : mem_copy_text(folder);
}

char *place_new(const char *folder, const char *name, const char *ending) {
    struct text file = {0};
    for (int again = 0;; again++) { /* never over a file that is there */
        file.length = 0;
        if (again)
            text_format(&file, "%s-%d.%s", name, again + 1, ending);
        else
            text_format(&file, "%s.%s", name, ending);
        char *path = path_join(folder, file.bytes);
        if (access(path, F_OK) != 0 || again > 9999) {
            text_clear(&file);
            return path;
        }
        free(path);
    }
}

char *place_for(const char *kind, const char *name, const char *ending) {
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    char date[32];
    strftime(date, sizeof date, "%Y%m%d-%H%M%S", &local);
    struct text dated = {0};
    text_format(&dated, "%s-%s", name, date);
    char *folder = place_folder(kind), *path = place_new(folder, dated.bytes, ending);
    text_clear(&dated);
    free(folder);
    return path;
}

/* Field 22 of /proc/self/stat is the start in ticks since boot, which the monotonic clock's boot-time sibling counts
 * too. */
double process_started(void) {
    double now = clock_seconds();
    FILE *file = fopen("/proc/self/stat", "r");
    if (!file) return now;
    char line[1024];
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    char *field = strrchr(line, ')'); /* a program's name may hold spaces */
    for (int i = 0; field && i < 20; i++) field = strchr(field + 1, ' ');
    if (!field) return now;
    double ticks = strtod(field, NULL);
    struct timespec boot;
    if (clock_gettime(CLOCK_BOOTTIME, &boot) != 0) return now;
    double age = (double)boot.tv_sec + 1e-9 * (double)boot.tv_nsec - ticks / (double)sysconf(_SC_CLK_TCK);
    return age > 0 && age < 60 ? now - age : now;
}
