#include "study/study_class.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS_MAX = 64, THREAD_NAME = 15 };

void *study_allocate(const struct study_class *class) {
    struct study *study = mem_zalloc(1, class->size);
    study->class = class;
    pthread_mutex_init(&study->lock, NULL);
    atomic_init(&study->revision, 0);
    return study;
}

static bool body(void *context, struct job *job, struct error *error) {
    struct study *study = context;
    thread_background(); /* and with it the threads it starts: runs and the window go before */
    return study->class->work(study, job, error);
}

static void ended(void *context) {
    study_announce(context);
}

struct study *study_start(struct study *study, const struct study_watcher *watcher) {
    study->watcher = *watcher;
    study->job = job_create(&(struct job_params){
        .name = "study", .body = body, .context = study, .wakeup = ended, .wakeup_context = study});
    return study;
}

void study_destroy(struct study **handle) {
    if (!handle || !*handle) return;
    struct study *study = *handle;
    job_destroy(&study->job);
    study->class->release(study);
    pthread_mutex_destroy(&study->lock);
    free(study);
    *handle = NULL;
}

struct job *study_job(const struct study *study) {
    return study->job;
}

const char *study_title(const struct study *study) {
    return study->class->title;
}

uint64_t study_revision(const struct study *study) {
    return atomic_load(&study->revision);
}

void study_announce(struct study *study) {
    atomic_fetch_add(&study->revision, 1);
    if (study->watcher.wakeup) study->watcher.wakeup(study->watcher.context);
}

void study_write_csv(const struct study *study, FILE *stream) {
    study_lock(study);
    study->class->write(study, stream);
    study_unlock(study);
}

/* ---- recordings -------------------------------------------------------------------------------------------------- */

void study_table(struct recording_study *out, const char *name, const struct recording_column *columns,
                 int column_count) {
    out->tables[out->table_count++] =
        (struct recording_table){.name = name, .columns = columns, .column_count = column_count};
}

void study_row(struct recording_study *out, const struct recording_cell *cells) {
    struct recording_table *table = &out->tables[out->table_count - 1];
    size_t width = (size_t)table->column_count, capacity = 0;
    if ((table->rows & (table->rows - 1)) == 0) { /* doubled whenever it is full */
        size_t room = table->rows ? 2 * table->rows : 1;
        MEM_GROW(table->cells, capacity, room * width);
    }
    memcpy(table->cells + table->rows++ * width, cells, width * sizeof *cells);
}

bool study_record(const struct study *study, const char *path, const char *about, struct error *error) {
    if (!study->class->record)
        return error_set(error, ERROR_INPUT, "%s: this study cannot be recorded", study->class->title);
    struct recording_study out = {.about = about};
    study_lock(study);
    study->class->record(study, &out);
    out.kind = out.tables[0].name;
    bool ok = recording_add_study(path, &out, error);
    study_unlock(study);
    for (int i = 0; i < out.table_count; i++) free(out.tables[i].cells);
    return ok;
}

/* ---- many things at once --------------------------------------------------------------------------------------------
 */

struct spread {
    struct job *job;
    int count;
    bool (*one)(void *context, int k, struct job *part);
    void *context;
    atomic_int next;
    atomic_bool over;
};

static void *take(void *argument) {
    struct spread *spread = argument;
    for (int k; !atomic_load(&spread->over) && (k = atomic_fetch_add(&spread->next, 1)) < spread->count;) {
        if (!job_going(spread->job, NULL)) break;
        struct job *part = spread->job ? job_create_part(spread->job, 1.0 / spread->count) : NULL;
        if (!spread->one(spread->context, k, part)) atomic_store(&spread->over, true);
        job_note(part, 1);
        job_destroy(&part);
    }
    return NULL;
}

bool study_spread(struct job *job, int count, int threads, bool (*one)(void *context, int k, struct job *part),
                  void *context, struct error *error) {
    struct spread spread = {.job = job, .count = count, .one = one, .context = context};
    atomic_init(&spread.next, 0);
    atomic_init(&spread.over, false);
    if (threads <= 0) threads = threads_available();
    if (threads > count) threads = count;
    if (threads > THREADS_MAX) threads = THREADS_MAX;
    pthread_t all[THREADS_MAX];
    for (int i = 1; i < threads; i++) thread_start(&all[i], "study part", take, &spread);
    take(&spread);
    for (int i = 1; i < threads; i++) pthread_join(all[i], NULL);
    return job_going(job, error);
}

/* ---- tables ---------------------------------------------------------------------------------------------------------
 */

void study_write_number(FILE *stream, double value) {
    char text[NUMBER_TEXT];
    fprintf(stream, ",%s", isfinite(value) ? number_exact(value, text) : "");
}

void study_write_name(FILE *stream, const char *name) {
    if (!strpbrk(name, ",\"\n")) {
        fputs(name, stream);
        return;
    }
    fputc('"', stream);
    for (const char *c = name; *c; c++) {
        if (*c == '"') fputc('"', stream);
        fputc(*c, stream);
    }
    fputc('"', stream);
}

char *study_run_label(const struct experiment *experiment, int run) {
    struct text label = {0};
    text_append(&label, experiment->optimizers[run / experiment->start_count].label);
    if (experiment->start_count > 1) text_format(&label, ", start %d", run % experiment->start_count + 1);
    return label.bytes;
}

double *study_copy(const double *values, size_t count) {
    double *copy = MEM_NEW(double, count);
    memcpy(copy, values, count * sizeof *copy);
    return copy;
}

double *study_statistics(struct evaluator *evaluator) {
    const struct objective *objective = evaluator_objective(evaluator);
    int count = objective_statistics(objective);
    if (count == 0) return NULL;
    double *moved = MEM_NEW(double, count), *start = MEM_NEW(double, count);
    objective_start_statistics(objective, start);
    memcpy(moved, start, (size_t)count * sizeof *moved);
    evaluator_track(evaluator, moved);
    for (int i = 0; i < count; i++) moved[i] = start[i] + (moved[i] - start[i]) / TRACKED_SHARE;
    free(start);
    return moved;
}
