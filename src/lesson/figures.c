/* Figures kept between two checks of the same lesson by the same program: a text file a lesson, a measure a line. */
#include "lesson/lesson_parts.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MOST = 100, FILE_BYTES = 1 << 18 };
static const char ending[] = ".figures";

/* Another build of the program may measure otherwise: it counts as another one. */
static char *head_of(const struct lesson *lesson) {
    struct stat program = {0};
    if (stat("/proc/self/exe", &program) != 0) program = (struct stat){0};
    struct text text = {0};
    text_format(&text, "figures 1 %s %jd %jd.%09ld %016" PRIx64 "%016" PRIx64 "\n", SADDLESCOPE_VERSION,
                (intmax_t)program.st_size, (intmax_t)program.st_mtim.tv_sec, program.st_mtim.tv_nsec, lesson->digest[0],
                lesson->digest[1]);
    return text.bytes;
}

static char *path_of(const char *folder, const struct lesson *lesson) {
    struct text name = {0};
    text_format(&name, "%.80s-%016" PRIx64 "%s", lesson->name, lesson->digest[0], ending);
    char *path = path_join(folder, name.bytes);
    text_clear(&name);
    return path;
}

/* "name 0x1p+1 nan" into the measure of that name; false when it is not exactly that. */
static bool read_line(char *line, const struct lesson *lesson, double *const *values, bool *found) {
    char *at = line + strcspn(line, " ");
    if (!*at) return false;
    *at++ = '\0';
    for (int m = 0; m < lesson->measure_count; m++) {
        if (strcmp(lesson->measures[m].name, line) != 0) continue;
        for (int seed = 0; seed < lesson->measures[m].seeds; seed++) {
            char *end;
            values[m][seed] = strtod(at, &end);
            if (end == at) return false;
            at = end;
        }
        found[m] = *at == '\0';
        return found[m];
    }
    return false;
}

void figures_read(const char *folder, const struct lesson *lesson, double *const *values, bool *known) {
    char *path = path_of(folder, lesson), *head = head_of(lesson);
    size_t length;
    char *text = file_read(path, FILE_BYTES, &length, NULL), *rest = text;
    bool good = text && strncmp(text, head, strlen(head)) == 0;
    bool *found = MEM_NEW(bool, lesson->measure_count + 1);
    if (good) strsep(&rest, "\n");
    for (char *line; good && (line = strsep(&rest, "\n")) && *line;) good = read_line(line, lesson, values, found);
    for (int m = 0; good && m < lesson->measure_count; m++) known[m] = found[m];
    free(found);
    free(text);
    free(head);
    free(path);
}

/* Leaves no more than FILES_MOST: the one written longest ago goes first. */
static void thin_out(const char *folder) {
    for (;;) {
        DIR *listing = opendir(folder);
        char *oldest = NULL;
        struct stat status, least = {0};
        int count = 0;
        for (struct dirent *entry; listing && (entry = readdir(listing));) {
            if (!path_ends(entry->d_name, ending)) continue;
            char *path = path_join(folder, entry->d_name);
            if (stat(path, &status) == 0 && (!count++ || status.st_mtim.tv_sec < least.st_mtim.tv_sec)) {
                free(oldest);
                oldest = path;
                least = status;
            } else {
                free(path);
            }
        }
        if (listing) closedir(listing);
        bool gone = count > FILES_MOST && unlink(oldest) == 0;
        free(oldest);
        if (!gone) return;
    }
}

void figures_write(const char *folder, const struct lesson *lesson, double *const *values, const bool *known,
                   const struct error *troubles) {
    char *path = path_of(folder, lesson), *head = head_of(lesson);
    struct outfile *out = outfile_create(path, NULL);
    if (out) {
        FILE *stream = outfile_stream(out);
        fputs(head, stream);
        for (int m = 0; m < lesson->measure_count; m++) {
            const struct measure *measure = &lesson->measures[m];
            if (!known[m] || troubles[m].kind != ERROR_NONE || reading_is_of_time(measure->reading)) continue;
            fputs(measure->name, stream);
            for (int seed = 0; seed < measure->seeds; seed++) fprintf(stream, " %a", values[m][seed]);
            fputc('\n', stream);
        }
        if (outfile_commit(&out, NULL)) thin_out(folder);
    }
    free(head);
    free(path);
}
