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

static bool is_folder(const char *path) {
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

char *place_for(const char *kind, const char *name, const char *ending) {
    char *folder = user_folder(kind);
    if (folder && !is_folder(folder)) free(folder), folder = NULL;
    if (!folder && is_folder(".")) folder = realpath(".", NULL);
    const char *home = getenv("HOME");
    if (!folder) folder = mem_copy_text(home && is_folder(home) ? home : "/tmp");

    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    char date[32];
    strftime(date, sizeof date, "%Y%m%d-%H%M%S", &local);
    struct text file = {0};
    for (int again = 0;; again++) { /* never over a file that is there */
        file.length = 0;
        if (again)
            text_format(&file, "%s-%s-%d.%s", name, date, again + 1, ending);
        else
            text_format(&file, "%s-%s.%s", name, date, ending);
        char *path = path_join(folder, file.bytes);
        if (access(path, F_OK) != 0 || again > 999) {
            text_clear(&file);
            free(folder);
            return path;
        }
        free(path);
    }
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
