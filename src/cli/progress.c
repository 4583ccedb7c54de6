#include "cli/cli.h"

#include "base/text.h"
#include "base/threads.h"

#include <math.h>
#include <time.h>
#include <unistd.h>

static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool shown, over; /* over: guarded by lock */
    const char *what;
    double (*share)(void *);
    void *context;
} bar = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};

static void draw(double share, double elapsed) {
    enum { CELLS = 28 };
    if (!(share >= 0)) share = 0;
    if (share > 1) share = 1;
    struct text line = {0};
    text_format(&line, "\r%s ", bar.what);
    for (int i = 0; i < CELLS; i++) text_append(&line, (i + 0.5) / CELLS <= share ? "━" : "╌");
    text_format(&line, " %3.0f %%", 100 * share);
    if (elapsed > 1 && share > 0.01) text_format(&line, "  %.0f s left", elapsed * (1 - share) / share);
    text_append(&line, "\033[K");
    fputs(line.bytes, stderr);
    fflush(stderr);
    text_clear(&line);
}

static void *show(void *unused) {
    (void)unused;
    double started = clock_seconds();
    pthread_mutex_lock(&bar.lock);
    while (!bar.over) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 100 * 1000 * 1000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        pthread_cond_timedwait(&bar.ended, &bar.lock, &until);
        if (bar.over) break;
        pthread_mutex_unlock(&bar.lock);
        draw(bar.share(bar.context), clock_seconds() - started);
        pthread_mutex_lock(&bar.lock);
    }
    pthread_mutex_unlock(&bar.lock);
    fputs("\r\033[K", stderr);
    return NULL;
}

void progress_begin(const char *what, double (*share)(void *), void *context) {
    bar.shown = isatty(STDERR_FILENO);
    if (!bar.shown) return;
    bar.over = false;
    bar.what = what;
    bar.share = share;
    bar.context = context;
    thread_start(&bar.thread, "progress", show, NULL);
}

void progress_end(void) {
    if (!bar.shown) return;
    pthread_mutex_lock(&bar.lock);
    bar.over = true;
    pthread_cond_signal(&bar.ended);
    pthread_mutex_unlock(&bar.lock);
    pthread_join(bar.thread, NULL);
    bar.shown = false;
}

static double share_of_job(void *context) {
    return job_progress(context).done;
}

static void cancel_job(void *context) {
    job_cancel(context);
}

/* The job is not destroyed. */
static bool watch_job(const char *what, struct job *job, struct error *error) {
    cli_interrupts_watch(cancel_job, job);
    progress_begin(what, share_of_job, job);
    bool ok = job_wait(job, error);
    progress_end();
    cli_interrupts_forget();
    return ok && (!cli_interrupted() || error_set(error, ERROR_CANCELLED, "stopped"));
}

bool run_job(const char *what, bool (*body)(void *context, struct job *job, struct error *error), void *context,
             struct error *error) {
    struct job *job = job_create(&(struct job_params){.name = "job", .body = body, .context = context});
    bool ok = watch_job(what, job, error);
    job_destroy(&job);
    return ok;
}

bool watch_study(const struct study *study, struct error *error) {
    return watch_job(study_title(study), study_job(study), error);
}

bool keep_study(const struct study *study, const char *path, const char *about, struct error *error) {
    cli_interrupts_defer();
    bool ok = study_record(study, path, about, error);
    cli_interrupts_forget();
    return ok && (!cli_interrupted() || error_set(error, ERROR_CANCELLED, "stopped"));
}
