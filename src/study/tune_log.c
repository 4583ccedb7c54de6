/* The resume file: a line for what sweep it belongs to, then one for every finished run, each with a checksum:
 *   saddlescope tune 1,EXPERIMENT HASH,EVALUATIONS
 *   OPTIMIZER,SEED,ok|diverged,STEPS,EVALUATIONS,SETTLED,START LOSS,LOSS,BEST LOSS,VALUE,…,CHECKSUM */
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "study/tune_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { LOG_BYTES = 256 << 20, LINE_BYTES = 1024, FIELDS = 9 + OPTIMIZER_MAX_PARAMETERS + 1 };
static const char KIND[] = "saddlescope tune 1,";

struct tune_log {
    FILE *stream;
    char *path;
};

static uint32_t checksum(const char *text, size_t length) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return hash;
}

static void write_heading(const struct tune_mark *mark, char out[96]) {
    snprintf(out, 96, "%s%016" PRIx64 ",%" PRId64 "\n", KIND, mark->experiment, mark->evaluations);
}

/* ---- reading --------------------------------------------------------------------------------------------------------
 */

static bool read_whole(const char *field, int64_t low, int64_t high, int64_t *out) {
    char *end;
    errno = 0;
    long long value = strtoll(field, &end, 10);
    if (end == field || *end || errno || value < low || value > high) return false;
    *out = value;
    return true;
}

static bool read_figure(const char *field, double *out) {
    char *end;
    *out = strtod(field, &end);
    return end != field && !*end && !isnan(*out);
}

/* One line without its end, which is taken apart. */
static bool read_entry(char *line, size_t length, const struct experiment *experiment, int seeds_most,
                       struct tune_entry *entry) {
    if (strlen(line) != length || length < 9 || line[length - 9] != ',') return false;
    char *end;
    unsigned long sum = strtoul(line + length - 8, &end, 16);
    if (*end || strspn(line + length - 8, "0123456789abcdef") != 8 || sum != checksum(line, length - 9)) return false;
    char *fields[FIELDS];
    int count = 0;
    for (char *at = line; at && count < FIELDS; count++) fields[count] = strsep(&at, ",");
    int64_t optimizer, seed;
    *entry = (struct tune_entry){.trial.done = true};
    if (count < 10 || !read_whole(fields[0], 0, experiment->optimizer_count - 1, &optimizer) ||
        !read_whole(fields[1], 0, seeds_most - 1, &seed))
        return false;
    entry->optimizer = (int)optimizer;
    entry->seed = (int)seed;
    entry->trial.diverged = strcmp(fields[2], "diverged") == 0;
    if (!entry->trial.diverged && strcmp(fields[2], "ok") != 0) return false;
    size_t parameters;
    optimizer_class_parameters(experiment->optimizers[optimizer].class, &parameters);
    if (count != (int)(9 + parameters + 1)) return false;
    struct tune_trial *trial = &entry->trial;
    bool good = read_whole(fields[3], 0, INT64_MAX, &trial->steps) &&
                read_whole(fields[4], 0, INT64_MAX, &trial->evaluations) &&
                read_whole(fields[5], 0, INT64_MAX, &trial->settled) && read_figure(fields[6], &trial->start_loss) &&
                read_figure(fields[7], &trial->loss) && read_figure(fields[8], &trial->best_loss);
    for (size_t i = 0; good && i < parameters; i++) good = read_figure(fields[9 + i], &entry->values[i]);
    return good;
}

static bool check_heading(const char *text, size_t length, const char *path, const struct tune_mark *mark,
                          struct error *error) {
    char wanted[96];
    write_heading(mark, wanted);
    if (length >= strlen(wanted) && memcmp(text, wanted, strlen(wanted)) == 0) return true;
    if (length < sizeof KIND - 1 || memcmp(text, KIND, sizeof KIND - 1) != 0)
        return error_at(error, path, 1, 0,
                        "this is no file of a sweep; one that `tune --resume` made, or a name not taken yet, is right");
    char found[96] = "";
    snprintf(found, sizeof found, "%.*s", (int)(length < 95 ? length : 95), text);
    found[strcspn(found, "\n")] = '\0';
    char *hash = found + sizeof KIND - 1, *evaluations = strchr(hash, ',');
    char ours[24];
    snprintf(ours, sizeof ours, "%016" PRIx64, mark->experiment);
    if (evaluations && strncmp(hash, ours, strlen(ours)) == 0 && hash + strlen(ours) == evaluations)
        return error_at(error, path, 1, 0,
                        "this sweep gives a run %.20s gradient evaluations, not %" PRId64
                        "; the same number, or another "
                        "file, is right",
                        evaluations + 1, mark->evaluations);
    return error_at(error, path, 1, 0,
                    "this is a sweep of another experiment, other starts or another version; the same ones, or another "
                    "file, are right");
}

bool tune_log_parse(const char *text, size_t length, const char *path, const struct tune_mark *mark,
                    const struct experiment *experiment, int seeds_most, struct tune_entry **entries, size_t *count,
                    size_t *kept, struct error *error) {
    *entries = NULL;
    *count = *kept = 0;
    if (length == 0) return true;
    const char *first_end = memchr(text, '\n', length);
    char heading[96];
    write_heading(mark, heading);
    if (!first_end && length < strlen(heading) && memcmp(text, heading, length) == 0) return true; /* killed at once */
    if (!check_heading(text, length, path, mark, error)) return false;
    size_t capacity = 0, at = *kept = strlen(heading);
    for (int number = 2; at < length; number++) {
        const char *end = memchr(text + at, '\n', length - at);
        if (!end) break; /* what was being written when the program was killed */
        size_t size = (size_t)(end - (text + at));
        char line[LINE_BYTES];
        struct tune_entry entry;
        bool good = size < sizeof line;
        if (good) {
            memcpy(line, text + at, size);
            line[size] = '\0';
            good = read_entry(line, size, experiment, seeds_most, &entry);
        }
        if (!good) {
            free(*entries);
            *entries = NULL;
            *count = 0;
            return error_at(error, path, number, 0, "this line is damaged; take it out, and its run is made again");
        }
        MEM_GROW(*entries, capacity, *count + 1);
        (*entries)[(*count)++] = entry;
        at = *kept = at + size + 1;
    }
    return true;
}

/* ---- the file -------------------------------------------------------------------------------------------------------
 */

static bool write_text(struct tune_log *log, const char *text, struct error *error) {
    if (fputs(text, log->stream) >= 0 && fflush(log->stream) == 0) return true;
    return error_set(error, ERROR_MACHINE, "%s: cannot be written: %s", log->path, strerror(errno));
}

struct tune_log *tune_log_open(const char *path, const struct tune_mark *mark, const struct experiment *experiment,
                               int seeds_most, struct tune_entry **entries, size_t *count, struct error *error) {
    size_t length = 0, kept = 0;
    *entries = NULL;
    *count = 0;
    bool there = access(path, F_OK) == 0;
    char *text = there ? file_read(path, LOG_BYTES, &length, error) : NULL;
    bool good = !there || (text && tune_log_parse(text, length, path, mark, experiment, seeds_most, entries, count,
                                                  &kept, error));
    free(text);
    if (!good) return NULL;
    struct tune_log *log = MEM_NEW(struct tune_log, 1);
    log->path = mem_copy_text(path);
    log->stream = fopen(path, there ? "r+" : "w");
    if (log->stream && flock(fileno(log->stream), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        good = error_set(error, ERROR_MACHINE,
                         "%s: another sweep is writing it; wait for its end, or take another file", path);
    else if (!log->stream || fseek(log->stream, (long)kept, SEEK_SET) != 0 ||
             (there && ftruncate(fileno(log->stream), (off_t)kept) != 0))
        good = error_set(error, ERROR_MACHINE, "%s: cannot be written: %s", path, strerror(errno));
    char heading[96];
    write_heading(mark, heading);
    if (good && kept == 0) good = write_text(log, heading, error);
    if (good) return log;
    free(*entries);
    *entries = NULL;
    tune_log_close(&log);
    return NULL;
}

void tune_log_close(struct tune_log **log) {
    if (!log || !*log) return;
    if ((*log)->stream) fclose((*log)->stream);
    free((*log)->path);
    free(*log);
    *log = NULL;
}

bool tune_log_append(struct tune_log *log, const struct experiment *experiment, const struct tune_entry *entry,
                     struct error *error) {
    const struct tune_trial *trial = &entry->trial;
    const double losses[] = {trial->start_loss, trial->loss, trial->best_loss};
    struct text line = {0};
    char number[NUMBER_TEXT];
    size_t parameters;
    optimizer_class_parameters(experiment->optimizers[entry->optimizer].class, &parameters);
    text_format(&line, "%d,%d,%s,%" PRId64 ",%" PRId64 ",%" PRId64, entry->optimizer, entry->seed,
                trial->diverged ? "diverged" : "ok", trial->steps, trial->evaluations, trial->settled);
    for (int i = 0; i < 3; i++) text_format(&line, ",%s", number_exact(losses[i], number));
    for (size_t i = 0; i < parameters; i++) text_format(&line, ",%s", number_exact(entry->values[i], number));
    text_format(&line, ",%08" PRIx32 "\n", checksum(line.bytes, line.length));
    bool good = write_text(log, line.bytes, error);
    text_clear(&line);
    return good;
}
