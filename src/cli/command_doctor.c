#include "base/file.h"
#include "base/linalg.h"
#include "base/text.h"
#include "base/threads.h"
#include "cli/cli.h"
#include "draw/draw.h"

#include <fontconfig/fontconfig.h>
#include <SDL.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {{0}};

/* One line of the examination; `wrong` counts what saddlescope cannot do without. */
static void say(const char *what, bool good, bool needed, int *wrong, const char *found) {
    printf("  %s %-12s %s\n", good ? "ok" : needed ? "NO" : "--", what, found);
    if (!good && needed) (*wrong)++;
}

static bool on_path(const char *program, char *found, size_t size) {
    const char *path = getenv("PATH");
    for (; path && *path;) {
        size_t length = strcspn(path, ":");
        snprintf(found, size, "%.*s/%s", (int)length, path, program);
        if (length > 0 && access(found, X_OK) == 0) return true;
        path += length;
        if (*path) path++;
    }
    return false;
}

/* The family that fontconfig really gives for the one asked. */
static bool font_found(const char *family, const char *language, char *found, size_t size) {
    FcPattern *pattern = FcPatternCreate(), *match;
    FcResult result;
    FcChar8 *name = NULL, *file = NULL;
    FcPatternAddString(pattern, FC_FAMILY, (const FcChar8 *)family);
    if (language) FcPatternAddString(pattern, FC_LANG, (const FcChar8 *)language);
    FcConfigSubstitute(NULL, pattern, FcMatchPattern);
    FcDefaultSubstitute(pattern);
    match = FcFontMatch(NULL, pattern, &result);
    bool good = false;
    snprintf(found, size, "none");
    if (match && FcPatternGetString(match, FC_FAMILY, 0, &name) == FcResultMatch &&
        FcPatternGetString(match, FC_FILE, 0, &file) == FcResultMatch) {
        snprintf(found, size, "%s (%s)", (const char *)name, (const char *)file);
        FcLangSet *languages;
        good = !language || (FcPatternGetLangSet(match, FC_LANG, 0, &languages) == FcResultMatch &&
                             FcLangSetHasLang(languages, (const FcChar8 *)language) != FcLangDifferentLang);
    }
    if (match) FcPatternDestroy(match);
    FcPatternDestroy(pattern);
    return good;
}

static int run(const struct cli_input *input) {
    (void)input;
    int wrong = 0;
    char found[512];
    struct error error = {0};
    puts("saddlescope " SADDLESCOPE_VERSION);
    snprintf(found, sizeof found, "%d", threads_available());
    say("processors", true, false, &wrong, found);
    say("BLAS", true, true, &wrong, linalg_description());
    say("SQLite", true, true, &wrong, sqlite3_libversion());
    char *assets = assets_folder(&error);
    say("assets", assets != NULL, true, &wrong, assets ? assets : error.message);
    free(assets);

    SDL_version version;
    SDL_GetVersion(&version);
    snprintf(found, sizeof found, "%d.%d.%d", version.major, version.minor, version.patch);
    say("SDL", true, true, &wrong, found);
    error = (struct error){0};
    struct offscreen *offscreen = offscreen_create(&error);
    say("OpenGL", offscreen != NULL, true, &wrong, offscreen ? offscreen_description(offscreen) : error.message);
    if (offscreen) {
        struct renderer *renderer = renderer_create(&(struct renderer_params){0}, &error);
        say("shaders", renderer != NULL, true, &wrong, renderer ? "compile" : error.message);
        renderer_destroy(&renderer);
    }
    offscreen_destroy(&offscreen);
    const char *display = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
    bool any = (display && *display) || (wayland && *wayland);
    say("display", any, false, &wrong, any ? (wayland && *wayland ? wayland : display)
                                           : "none: the window needs one; `saddlescope render` does not");
    bool latin = font_found("Inter", NULL, found, sizeof found);
    say("font", latin, true, &wrong, found);
    bool chinese = font_found("sans", "zh-cn", found, sizeof found);
    say("Chinese", chinese, false, &wrong, chinese ? found : "no font; install fonts-wqy-microhei or fonts-noto-cjk");
    bool ffmpeg = on_path("ffmpeg", found, sizeof found);
    say("ffmpeg", ffmpeg, false, &wrong, ffmpeg ? found : "not found: no videos; install ffmpeg");
    puts(wrong ? "Something needed is missing: see NO above." : "All that is needed is there.");
    return wrong ? 1 : 0;
}

const struct command command_doctor = {
    .name = "doctor",
    .words = "",
    .summary = "what this machine has, and what is missing",
    .run = run,
    .options = options,
};
