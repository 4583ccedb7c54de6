#include "app/app.h"
#include "cli/cli.h"

static const struct cli_option options[] = {
    {'\0', "scale", "FACTOR", "size of text and controls, 0.75 to 3 (1)"},
    {'\0', "size", "WxH", "size of the window"},
    {'\0', "theme", "NAME", "paper or night"},
    {'\0', "shaders", "DIR", "read shaders from DIR and again when they change"},
    {'\0', "language", "CODE", "en, zh, or that of a language file"},
    {'\0', "dialogs", NULL, "say in a box why nothing opens: for a start without a terminal"},
    {'\0', "report", "FILE", "write the window's state to FILE as JSON lines after every change (for tests)"},
    {'\0', "report-texts", NULL, "… with each text that is on screen (for tests)"},
    {'\0', "exit-after", "SECONDS", "close by itself (for tests)"},
    {0},
};

static int run(const struct cli_input *input) {
    static const char *const themes[] = {"paper", "night"};
    struct error error = {0};
    double scale = 0, exit_after = 0;
    int size[2] = {0, 0}, theme = -1;
    if (!cli_number(input, "scale", 0.75, 3, &scale, &error) || !cli_size(input, "size", 320, 16384, size, &error) ||
        !cli_choice(input, "theme", themes, 2, &theme, &error) ||
        !cli_number(input, "exit-after", 0, 86400, &exit_after, &error))
        return cli_fail(&error);
    const struct app_params params = {
        .open = input->word_count ? input->words[0] : NULL,
        .shader_folder = cli_value(input, "shaders"),
        .scale = (float)scale,
        .width = size[0],
        .height = size[1],
        .theme = theme,
        .language = cli_value(input, "language"),
        .report_texts = cli_given(input, "report-texts"),
        .report = cli_value(input, "report"),
        .exit_after = exit_after,
    };
    if (app_run(&params, &error)) return 0;
    if (cli_given(input, "dialogs")) app_tell(&error);
    return cli_fail(&error);
}

const struct command command_open = {
    .name = "open",
    .words = "[EXPERIMENT|RECORDING|LESSON]",
    .summary = "the window: an experiment, a recording or a lesson (without a word: the welcome scene)",
    .most_words = 1,
    .run = run,
    .options = options,
};
