/* Videos: raw frames to ffmpeg's standard input; its words of complaint in a file without a name. */
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "draw/draw.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { LOOK_AGAIN = 20 }; /* milliseconds: so long does a wait for ffmpeg not mind a cancel */

struct video {
    struct outfile *outfile;
    char *path;
    int width, height;
    pid_t encoder;
    int frames;      /* the pipe's writing end */
    FILE *complaint; /* ffmpeg's standard error */
};

static bool ends_with(const char *path, const char *ending) {
    size_t length = strlen(path), tail = strlen(ending);
    return length > tail && strcasecmp(path + length - tail, ending) == 0;
}

/* The last line ffmpeg wrote, or what is known without. */
static void last_words(struct video *video, char *out, size_t size) {
    char bytes[2048];
    fseek(video->complaint, 0, SEEK_END);
    long end = ftell(video->complaint);
    long from = end > (long)sizeof bytes - 1 ? end - (long)sizeof bytes + 1 : 0;
    fseek(video->complaint, from, SEEK_SET);
    size_t got = fread(bytes, 1, sizeof bytes - 1, video->complaint);
    while (got > 0 && strchr("\n\r ", bytes[got - 1])) got--;
    bytes[got] = '\0';
    char *line = strrchr(bytes, '\n');
    text_print(out, size, "%.400s", line ? line + 1 : got > 0 ? bytes : "it gave no reason");
}

static void release(struct video **video) {
    struct video *old = *video;
    if (old->frames >= 0) close(old->frames);
    if (old->complaint) fclose(old->complaint);
    outfile_abandon(&old->outfile);
    free(old->path);
    free(old);
    *video = NULL;
}

static bool spawn_encoder(struct video *video, int frames_per_second, struct error *error) {
    char size[32], rate[16];
    snprintf(size, sizeof size, "%dx%d", video->width, video->height);
    snprintf(rate, sizeof rate, "%d", frames_per_second);
    const char *output = outfile_partial_path(video->outfile);
    bool gif = ends_with(video->path, ".gif");
    /* GIF: one palette for the whole film, in the same run. MP4: even sides, as 4:2:0 chroma asks, and colours marked
     * BT.709. */
    const char *still[] = {"ffmpeg",   "-nostdin",      "-hide_banner", "-loglevel",   "error", "-y",         "-f",
                           "rawvideo", "-pixel_format", "rgb24",        "-video_size", size,    "-framerate", rate,
                           "-i",       "pipe:0"};
    const char *as_gif[] = {"-filter_complex",
                            "[0:v]split[a][b];[a]palettegen=stats_mode=full[p];[b][p]paletteuse=dither=sierra2_4a",
                            "-loop",
                            "0",
                            "-f",
                            "gif"};
    const char *as_mp4[] = {"-vf",
                            "pad=ceil(iw/2)*2:ceil(ih/2)*2,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p",
                            "-c:v",
                            "libx264",
                            "-preset",
                            "medium",
                            "-crf",
                            "17",
                            "-colorspace",
                            "bt709",
                            "-color_primaries",
                            "bt709",
                            "-color_trc",
                            "bt709",
                            "-color_range",
                            "tv",
                            "-movflags",
                            "+faststart",
                            "-f",
                            "mp4"};
    const char *arguments[64];
    int count = 0;
    for (size_t i = 0; i < sizeof still / sizeof *still; i++) arguments[count++] = still[i];
    if (gif)
        for (size_t i = 0; i < sizeof as_gif / sizeof *as_gif; i++) arguments[count++] = as_gif[i];
    else
        for (size_t i = 0; i < sizeof as_mp4 / sizeof *as_mp4; i++) arguments[count++] = as_mp4[i];
    arguments[count++] = output;
    arguments[count] = NULL;

    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return error_set(error, ERROR_MACHINE, "no pipe to ffmpeg: %s", strerror(errno));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, fileno(video->complaint), STDERR_FILENO);
    /* In a process group of its own: Ctrl-C is for this program, which then says what becomes of the video. */
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    int failure =
        posix_spawnp(&video->encoder, "ffmpeg", &actions, &attributes, (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[0]);
    if (failure) {
        close(ends[1]);
        video->encoder = 0;
        return error_set(error, ERROR_MACHINE,
                         "%s: videos are made by ffmpeg, which was not found (%s); install the package ffmpeg",
                         video->path, strerror(failure));
    }
    video->frames = ends[1];
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    return true;
}

struct video *video_create(const char *path, int width, int height, int frames_per_second, struct error *error) {
    if (!ends_with(path, ".mp4") && !ends_with(path, ".gif")) {
        error_set(error, ERROR_INPUT, "%s: not a kind of video known here; the name should end in .mp4 or .gif", path);
        return NULL;
    }
    if (width < 1 || height < 1 || width > 16384 || height > 16384 || frames_per_second < 1 ||
        frames_per_second > 240) {
        error_set(error, ERROR_INPUT,
                  "%s: a video of %d × %d pixels at %d frames a second cannot be made; 1 to 16384 pixels a side "
                  "and 1 to 240 frames can",
                  path, width, height, frames_per_second);
        return NULL;
    }
    struct video *video = MEM_NEW(struct video, 1);
    *video = (struct video){.width = width, .height = height, .frames = -1, .path = mem_copy_text(path)};
    video->outfile = outfile_create(path, error);
    video->complaint = tmpfile();
    if (!video->complaint) error_set(error, ERROR_MACHINE, "no temporary file: %s", strerror(errno));
    if (!video->outfile || !video->complaint || !spawn_encoder(video, frames_per_second, error)) release(&video);
    return video;
}

/* All bytes to the pipe. When ffmpeg is gone the signal that this raises is taken out again, for this thread alone. */
static bool write_all(int pipe_end, const uint8_t *bytes, size_t count, struct job *job, struct error *error) {
    sigset_t broken, before, waiting;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    sigpending(&waiting);
    bool was_waiting = sigismember(&waiting, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &broken, &before);
    bool good = true;
    while (good && count > 0) {
        ssize_t written = write(pipe_end, bytes, count);
        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
        } else if (written < 0 && errno == EAGAIN) {
            good = job_going(job, error);
            if (good) poll(&(struct pollfd){.fd = pipe_end, .events = POLLOUT}, 1, LOOK_AGAIN);
        } else if (written < 0 && errno != EINTR) {
            good = false;
            if (errno == EPIPE && !was_waiting) sigtimedwait(&broken, NULL, &(struct timespec){0});
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return good;
}

static int reap(struct video *video) {
    int status = 0;
    if (video->encoder > 0)
        while (waitpid(video->encoder, &status, 0) < 0 && errno == EINTR) continue;
    video->encoder = 0;
    return status;
}

/* True once it has ended: some formats are written at their end, which may take long. */
static bool wait_for_end(struct video *video, int *status, struct job *job, struct error *error) {
    while (video->encoder > 0) {
        pid_t ended = waitpid(video->encoder, status, WNOHANG);
        if (ended == video->encoder || (ended < 0 && errno != EINTR)) video->encoder = 0;
        if (video->encoder > 0 && !job_going(job, error)) return false;
        if (video->encoder > 0) nanosleep(&(struct timespec){.tv_nsec = LOOK_AGAIN * 1000000L}, NULL);
    }
    return true;
}

static bool encoder_error(struct video *video, struct error *error) {
    char words[512];
    last_words(video, words, sizeof words);
    return error_set(error, ERROR_MACHINE, "%s: ffmpeg could not make the video: %s", video->path, words);
}

bool video_append(struct video *video, const struct image *frame, struct job *job, struct error *error) {
    if (frame->width != video->width || frame->height != video->height)
        return error_set(error, ERROR_INPUT, "%s: a frame of %d × %d pixels does not fit a video of %d × %d",
                         video->path, frame->width, frame->height, video->width, video->height);
    struct error stopped = {0};
    size_t bytes = (size_t)frame->width * (size_t)frame->height * 3;
    if (write_all(video->frames, frame->rgb, bytes, job, &stopped)) return true;
    if (stopped.kind) return error_set(error, stopped.kind, "%s", stopped.message);
    reap(video); /* it has ended: what it had to say is written */
    return encoder_error(video, error);
}

static bool has_complained(const struct video *video) {
    struct stat facts;
    return fstat(fileno(video->complaint), &facts) == 0 && facts.st_size > 0;
}

bool video_close(struct video **video, struct job *job, struct error *error) {
    struct video *ending = *video;
    close(ending->frames);
    ending->frames = -1;
    bool alive = ending->encoder > 0;
    int status = 0;
    if (!wait_for_end(ending, &status, job, error)) {
        video_abandon(video);
        return false;
    }
    /* On a full disk ffmpeg complains, cuts the video short and still ends with 0. */
    bool good = alive && WIFEXITED(status) && WEXITSTATUS(status) == 0 && !has_complained(ending);
    if (!good)
        encoder_error(ending, error);
    else
        good = outfile_commit(&ending->outfile, error);
    release(video);
    return good;
}

void video_abandon(struct video **video) {
    if (!video || !*video) return;
    if ((*video)->encoder > 0) kill((*video)->encoder, SIGKILL);
    reap(*video);
    release(video);
}
