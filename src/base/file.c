#include "base/file.h"

#include "base/memory.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *file_read(const char *path, size_t limit, size_t *length, struct error *error) {
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        error_set(error, ERROR_INPUT, "%s: cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    struct stat facts;
    memset(&facts, 0, sizeof facts);
    if (fstat(fileno(stream), &facts) == 0 && S_ISDIR(facts.st_mode)) {
        error_set(error, ERROR_INPUT, "%s: is a folder; a file was expected", path);
        fclose(stream);
        return NULL;
    }
    if (S_ISREG(facts.st_mode) && (unsigned long long)facts.st_size > limit) {
        error_set(error, ERROR_INPUT, "%s: is larger than %zu bytes, the most that is read here", path, limit);
        fclose(stream);
        return NULL;
    }
    /* Read to the end rather than trust a size: pipes and /proc have none. */
    char *bytes = NULL;
    size_t capacity = 0, used = 0;
    for (;;) {
        MEM_GROW(bytes, capacity, used + 4096);
        size_t got = fread(bytes + used, 1, capacity - used - 1, stream);
        used += got;
        if (used > limit || got == 0) break;
    }
    bool failed = ferror(stream) != 0;
    int reason = errno;
    fclose(stream);
    if (failed || used > limit) {
        if (failed) error_set(error, ERROR_INPUT, "%s: cannot be read: %s", path, strerror(reason));
        else error_set(error, ERROR_INPUT, "%s: is larger than %zu bytes, the most that is read here", path, limit);
        free(bytes);
        return NULL;
    }
    bytes[used] = '\0';
    *length = used;
    return bytes;
}

struct outfile {
    char *path, *partial; /* partial: NULL when the path itself is written */
    FILE *stream;
    struct outfile *next;
};

/* The one process-wide state of base: a program that ends at once has to take away what it has half written. */
static struct {
    pthread_mutex_t lock;
    struct outfile *first; /* guarded by lock */
    unsigned long made;    /* guarded by lock: two that are written at once to one path do not meet before the end */
} unfinished = {.lock = PTHREAD_MUTEX_INITIALIZER};

static unsigned long next_number(void) {
    pthread_mutex_lock(&unfinished.lock);
    unsigned long number = ++unfinished.made;
    pthread_mutex_unlock(&unfinished.lock);
    return number;
}

static void remember(struct outfile *outfile) {
    pthread_mutex_lock(&unfinished.lock);
    outfile->next = unfinished.first;
    unfinished.first = outfile;
    pthread_mutex_unlock(&unfinished.lock);
}

static void forget(struct outfile *outfile) {
    pthread_mutex_lock(&unfinished.lock);
    struct outfile **link = &unfinished.first;
    while (*link != outfile) link = &(*link)->next;
    *link = outfile->next;
    pthread_mutex_unlock(&unfinished.lock);
}

void outfile_remove_all(void) {
    pthread_mutex_lock(&unfinished.lock);
    for (struct outfile *out = unfinished.first; out; out = out->next)
        if (out->partial) unlink(out->partial);
    pthread_mutex_unlock(&unfinished.lock);
}

/* What stands at `path` already. False with an error when it must not be written; `*special` for a device or pipe, which
 * is written to, never replaced. */
static bool check_place(const char *path, bool *special, struct error *error) {
    struct stat facts;
    *special = false;
    if (!*path) return error_set(error, ERROR_INPUT, "the name of the file to write is empty");
    if (stat(path, &facts) != 0) return true;
    if (S_ISDIR(facts.st_mode)) return error_set(error, ERROR_INPUT, "%s: is a folder; a file name is right", path);
    if (access(path, W_OK) != 0)
        return error_set(error, ERROR_MACHINE, "%s: cannot be written: %s", path, strerror(errno));
    *special = !S_ISREG(facts.st_mode);
    return true;
}

struct outfile *outfile_create(const char *path, struct error *error) {
    bool special;
    if (!check_place(path, &special, error)) return NULL;
    char *real = realpath(path, NULL); /* a link stays one: what it points to is replaced */
    struct outfile *outfile = MEM_NEW(struct outfile, 1);
    outfile->path = mem_copy_text(special || !real ? path : real);
    free(real);
    struct text partial = {0};
    if (!special) text_format(&partial, "%s.partial-%ld-%lu", outfile->path, (long)getpid(), next_number());
    outfile->partial = partial.bytes;
    outfile->stream = fopen(special ? outfile->path : outfile->partial, "wb");
    if (!outfile->stream) {
        error_set(error, ERROR_MACHINE, "%s: cannot be written: %s", path, strerror(errno));
        free(outfile->path);
        free(outfile->partial);
        free(outfile);
        return NULL;
    }
    remember(outfile);
    return outfile;
}

bool outfile_possible(const char *path, struct error *error) {
    bool special;
    if (!check_place(path, &special, error)) return false;
    if (special) return true; /* opening a pipe would wait for its reader */
    struct outfile *trial = outfile_create(path, error);
    bool possible = trial != NULL;
    outfile_abandon(&trial);
    return possible;
}

FILE *outfile_stream(struct outfile *outfile) {
    return outfile->stream;
}

const char *outfile_partial_path(const struct outfile *outfile) {
    return outfile->partial ? outfile->partial : outfile->path;
}

static void destroy(struct outfile **outfile) {
    forget(*outfile);
    free((*outfile)->path);
    free((*outfile)->partial);
    free(*outfile);
    *outfile = NULL;
}

bool outfile_commit(struct outfile **outfile, struct error *error) {
    struct outfile *out = *outfile;
    bool written = !ferror(out->stream) && fflush(out->stream) == 0;
    int reason = errno;
    if (fclose(out->stream) != 0 && written) {
        written = false;
        reason = errno;
    }
    if (written && out->partial && rename(out->partial, out->path) != 0) {
        written = false;
        reason = errno;
    }
    if (!written) {
        error_set(error, ERROR_MACHINE, "%s: cannot be written: %s", out->path, strerror(reason));
        if (out->partial) unlink(out->partial);
    }
    destroy(outfile);
    return written;
}

void outfile_abandon(struct outfile **outfile) {
    if (!outfile || !*outfile) return;
    fclose((*outfile)->stream);
    if ((*outfile)->partial) unlink((*outfile)->partial);
    destroy(outfile);
}

char *path_join(const char *folder, const char *name) {
    struct text path = {0};
    text_format(&path, "%s/%s", folder, name);
    return path.bytes;
}

static bool holds_experiments(const char *folder) {
    char *inside = path_join(folder, "experiments");
    struct stat facts;
    bool holds = stat(inside, &facts) == 0 && S_ISDIR(facts.st_mode);
    free(inside);
    return holds;
}

/* The folder of the running program, or NULL. */
static char *program_folder(void) {
    char buffer[4096];
    ssize_t length = readlink("/proc/self/exe", buffer, sizeof buffer - 1);
    if (length <= 0) return NULL;
    buffer[length] = '\0';
    char *slash = strrchr(buffer, '/');
    if (!slash) return NULL;
    *slash = '\0';
    return mem_copy_text(buffer);
}

char *assets_folder(struct error *error) {
    const char *asked = getenv("SADDLESCOPE_ASSETS");
    if (asked && *asked) {
        if (holds_experiments(asked)) return mem_copy_text(asked);
        error_set(error, ERROR_MACHINE, "SADDLESCOPE_ASSETS names %s, which has no folder “experiments”", asked);
        return NULL;
    }
    char *here = program_folder();
    char *candidates[4] = {0};
    int count = 0;
    if (here) {
        /* A build folder sits in the source tree, at most two levels down (build/, build/tests/). */
        candidates[count++] = path_join(here, "../assets");
        candidates[count++] = path_join(here, "../../assets");
        candidates[count++] = path_join(here, "../share/saddlescope");
    }
    candidates[count++] = mem_copy_text(SADDLESCOPE_DATADIR);
    char *found = NULL;
    for (int i = 0; i < count && !found; i++)
        if (holds_experiments(candidates[i])) found = mem_copy_text(candidates[i]);
    if (!found && holds_experiments(SADDLESCOPE_SOURCE_ASSETS)) found = mem_copy_text(SADDLESCOPE_SOURCE_ASSETS);
    if (!found)
        error_set(error, ERROR_MACHINE, "the assets were not found beside the program or in %s; set SADDLESCOPE_ASSETS to them",
                  SADDLESCOPE_DATADIR);
    for (int i = 0; i < count; i++) free(candidates[i]);
    free(here);
    return found;
}

bool path_ends(const char *path, const char *ending) {
    size_t length = strlen(path), tail = strlen(ending);
    return length > tail && strcmp(path + length - tail, ending) == 0;
}

static int compare_assets(const void *a, const void *b) {
    return strcmp(((const struct asset *)a)->name, ((const struct asset *)b)->name);
}

struct asset *folder_list(const char *folder, size_t *count, struct error *error) {
    *count = 0;
    DIR *stream = opendir(folder);
    if (!stream) {
        error_set(error, ERROR_MACHINE, "%s: cannot be read: %s", folder, strerror(errno));
        return NULL;
    }
    size_t capacity = 1;
    struct asset *all = MEM_NEW(struct asset, capacity);
    for (struct dirent *file; (file = readdir(stream));) {
        if (file->d_name[0] == '.' || !path_ends(file->d_name, ".yaml")) continue;
        MEM_GROW(all, capacity, *count + 1);
        struct asset *asset = &all[(*count)++];
        asset->path = path_join(folder, file->d_name);
        asset->name = mem_copy_text(file->d_name);
        asset->name[strlen(file->d_name) - strlen(".yaml")] = '\0';
    }
    closedir(stream);
    qsort(all, *count, sizeof *all, compare_assets);
    return all;
}

struct asset *assets_list(const char *kind, size_t *count, struct error *error) {
    *count = 0;
    char *assets = assets_folder(error), *folder = assets ? path_join(assets, kind) : NULL;
    struct asset *all = folder ? folder_list(folder, count, error) : NULL;
    free(assets);
    free(folder);
    return all;
}

void assets_destroy(struct asset **assets, size_t count) {
    if (!assets || !*assets) return;
    for (size_t i = 0; i < count; i++) {
        free((*assets)[i].name);
        free((*assets)[i].path);
    }
    free(*assets);
    *assets = NULL;
}
