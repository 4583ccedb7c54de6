#include "app/app.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "lesson/lesson.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {0, "json", NULL, "as JSON on stdout"},
    {0, "limit", "SECONDS", "what is not known of a lesson after so long fails (300)"},
    {0, "threads", "N", "threads (all processors); the result does not depend on it"},
    {0},
};

static void put_sections(const struct lesson *lesson, struct text *out) {
    for (int i = 0; i < lesson->section_count; i++) text_format(out, "%s%s", i ? ", " : "", lesson->sections[i]);
}

/* ---- list
 * ---------------------------------------------------------------------------------------------------------------- */

static bool covers(const struct lesson *lesson, const char *section) {
    for (int i = 0; i < lesson->section_count; i++)
        if (strcmp(lesson->sections[i], section) == 0) return true;
    return false;
}

static cJSON *json_head(const struct lesson *lesson) {
    cJSON *json = cJSON_CreateObject();
    struct text sections = {0};
    put_sections(lesson, &sections);
    cJSON_AddStringToObject(json, "name", lesson->name);
    cJSON_AddStringToObject(json, "section", sections.bytes);
    cJSON *title = cJSON_AddObjectToObject(json, "title");
    cJSON_AddStringToObject(title, "en", lesson->title.en);
    cJSON_AddStringToObject(title, "zh", lesson->title.zh);
    text_clear(&sections);
    return json;
}

static void print_lesson_line(const struct lesson *lesson) {
    struct text sections = {0};
    put_sections(lesson, &sections);
    printf("  %-24s %s · %s  (§ %s; %d steps", lesson->name, lesson->title.en, lesson->title.zh, sections.bytes,
           lesson->step_count);
    if (lesson->minutes > 0) printf(", %g minutes", lesson->minutes);
    puts(")");
    text_clear(&sections);
}

/* Every section of the lecture with the lessons that cover it. */
static void print_sections(const struct lesson_listing *listing, size_t count) {
    puts("\nsections of the lecture");
    for (size_t s = 0; s < lecture_section_count; s++) {
        struct text names = {0};
        for (size_t i = 0; i < count; i++)
            if (listing[i].lesson && covers(listing[i].lesson, lecture_sections[s].number))
                text_format(&names, "%s%s", names.length ? ", " : "", listing[i].lesson->name);
        const char *title = lecture_sections[s].title.en;
        printf("  %-5s %-*s %s\n", lecture_sections[s].number, text_field(title, 40), title,
               names.length ? names.bytes : "no lesson");
        text_clear(&names);
    }
}

static int list(const struct cli_input *input) {
    struct error error = {0};
    size_t count;
    struct lesson_listing *listing = lesson_list(&count, &error);
    if (!listing) return cli_fail(&error);
    if (cli_given(input, "json")) {
        cJSON *json = cJSON_CreateObject(), *lessons = cJSON_AddArrayToObject(json, "lessons");
        for (size_t i = 0; i < count; i++)
            if (listing[i].lesson) cJSON_AddItemToArray(lessons, json_head(listing[i].lesson));
        json_print(json, &error);
    } else {
        puts("lessons");
        for (size_t i = 0; i < count; i++)
            if (listing[i].lesson) print_lesson_line(listing[i].lesson);
        print_sections(listing, count);
    }
    for (size_t i = 0; i < count; i++)
        if (!listing[i].lesson) cli_fail(&listing[i].error);
    lesson_listing_destroy(&listing, count);
    return error.kind ? cli_fail(&error) : 0;
}

/* ---- show
 * ---------------------------------------------------------------------------------------------------------------- */

static void print_words(const char *what, const struct lesson_words *words) {
    if (!words->en) return;
    printf("   %s%s\n   %s%s\n", what, words->en, what, words->zh);
}

static int show(const char *name) {
    struct error error = {0};
    struct lesson *lesson = lesson_load(name, &error);
    if (!lesson) return cli_fail(&error);
    struct text sections = {0};
    put_sections(lesson, &sections);
    printf("%s · %s (§ %s)\n", lesson->title.en, lesson->title.zh, sections.bytes);
    text_clear(&sections);
    for (int s = 0; s < lesson->step_count; s++) {
        const struct lesson_step *step = &lesson->steps[s];
        printf("\n%d.", s + 1);
        if (step->show.experiment >= 0) printf(" [%s]", lesson->experiments[step->show.experiment].name);
        puts("");
        print_words("", &step->text);
        print_words("? ", &step->question);
        print_words("= ", &step->answer);
        for (int c = 0; c < step->claim_count; c++) {
            printf("   claim: %s\n", step->claims[c].text);
            print_words("  ", &step->claims[c].words);
        }
    }
    lesson_destroy(&lesson);
    return 0;
}

/* ---- check
 * --------------------------------------------------------------------------------------------------------------- */

struct session {
    struct lesson_check *check;
};

static double share_done(void *context) {
    const struct session *session = context;
    return job_progress(lesson_check_job(session->check)).done;
}

static void stop(void *context) {
    const struct session *session = context;
    job_cancel(lesson_check_job(session->check));
}

static cJSON *json_words(const struct lesson *lesson, const struct lesson_check *check,
                         const struct lesson_words *words) {
    cJSON *json = cJSON_CreateObject();
    char *en = lesson_fill(lesson, check, words->en), *zh = lesson_fill(lesson, check, words->zh);
    cJSON_AddStringToObject(json, "en", en);
    cJSON_AddStringToObject(json, "zh", zh);
    free(en);
    free(zh);
    return json;
}

static cJSON *json_claims(const struct lesson *lesson, const struct lesson_check *check) {
    cJSON *json = json_head(lesson), *claims = cJSON_AddArrayToObject(json, "claims");
    for (int s = 0; s < lesson->step_count; s++)
        for (int c = 0; c < lesson->steps[s].claim_count; c++) {
            struct claim_result result = lesson_check_claim(check, s, c);
            cJSON *claim = cJSON_CreateObject();
            cJSON_AddStringToObject(claim, "claim", lesson->steps[s].claims[c].text);
            cJSON_AddBoolToObject(claim, "holds", result.holds);
            cJSON_AddStringToObject(claim, "measured", result.measured);
            cJSON_AddStringToObject(claim, "figures", result.figures);
            cJSON_AddItemToObject(claim, "words", json_words(lesson, check, &lesson->steps[s].claims[c].words));
            if (result.seeds > 1) cJSON_AddNumberToObject(claim, "seeds", result.seeds);
            if (result.seeds > 1) cJSON_AddNumberToObject(claim, "seeds_good", result.good);
            cJSON_AddNumberToObject(claim, "step", s + 1);
            cJSON_AddNumberToObject(claim, "line", lesson->steps[s].claims[c].line);
            cJSON_AddItemToArray(claims, claim);
        }
    return json;
}

struct checking {
    int threads;
    double limit;   /* seconds a lesson */
    cJSON *lessons; /* NULL: as text */
    int held, failed;
};

/* A line for the sentence and one for its figures; one that fails with its place in the file. */
static void print_claim(const struct lesson *lesson, const struct lesson_check *check, const struct lesson_claim *claim,
                        const struct claim_result *result) {
    char *words = lesson_fill(lesson, check, claim->words.en);
    printf("  %s  %s\n", result->holds ? "holds" : "FAILS", words);
    free(words);
    if (!result->holds) printf("         %s:%d: %s: %s\n", lesson->path, claim->line, claim->text, result->measured);
    if (!result->figures[0]) return;
    printf("         %s", result->figures);
    if (result->seeds > 1) printf("; in %d of %d seeds", result->good, result->seeds);
    putchar('\n');
}

static void count_claims(const struct lesson *lesson, const struct lesson_check *check, struct checking *checking) {
    for (int s = 0; s < lesson->step_count; s++)
        for (int c = 0; c < lesson->steps[s].claim_count; c++) {
            struct claim_result result = lesson_check_claim(check, s, c);
            ++*(result.holds ? &checking->held : &checking->failed);
            if (checking->lessons) continue;
            print_claim(lesson, check, &lesson->steps[s].claims[c], &result);
        }
}

/* False when the lesson could not be checked at all. */
static bool check_lesson(const struct lesson *lesson, struct checking *checking, struct error *error) {
    struct session session = {lesson_check_create(
        lesson, &(struct lesson_check_params){.threads = checking->threads, .limit = checking->limit})};
    cli_interrupts_watch(stop, &session);
    progress_begin(lesson->name, share_done, &session);
    bool good = job_wait(lesson_check_job(session.check), error);
    progress_end();
    cli_interrupts_forget();
    if (good) {
        if (!checking->lessons) printf("%s · %s\n", lesson->name, lesson->title.en);
        count_claims(lesson, session.check, checking);
        if (checking->lessons) cJSON_AddItemToArray(checking->lessons, json_claims(lesson, session.check));
    }
    lesson_check_destroy(&session.check);
    return good;
}

/* A lesson that cannot be read keeps the others from being checked no more than a claim that fails. */
static int check_all(struct checking *checking, struct error *error) {
    size_t count;
    int status = 0;
    struct lesson_listing *listing = lesson_list(&count, error);
    for (size_t i = 0; i < count && error->kind == ERROR_NONE; i++) {
        if (listing[i].lesson)
            check_lesson(listing[i].lesson, checking, error);
        else
            status = cli_fail(&listing[i].error);
    }
    lesson_listing_destroy(&listing, count);
    return status;
}

static int check(const struct cli_input *input) {
    struct error error = {0};
    struct checking checking = {.limit = 300};
    int64_t threads = 0;
    if (!cli_integer(input, "threads", 1, 1024, &threads, &error) ||
        !cli_number(input, "limit", 0.1, 1e6, &checking.limit, &error))
        return cli_fail(&error);
    checking.threads = (int)threads;
    cJSON *answer = cli_given(input, "json") ? cJSON_CreateObject() : NULL;
    if (answer) checking.lessons = cJSON_AddArrayToObject(answer, "lessons");
    int status = 0;
    if (input->word_count == 1) status = check_all(&checking, &error);
    for (int i = 1; i < input->word_count && error.kind == ERROR_NONE; i++) {
        struct lesson *lesson = lesson_load(input->words[i], &error);
        if (lesson) check_lesson(lesson, &checking, &error);
        lesson_destroy(&lesson);
    }
    if (error.kind != ERROR_NONE) {
        cJSON_Delete(answer);
        return cli_fail(&error);
    }
    if (answer && !json_print(answer, &error)) return cli_fail(&error);
    if (!answer) printf("%d claims hold, %d fail\n", checking.held, checking.failed);
    return status ? status : checking.failed > 0;
}

static int play(const char *name) {
    const struct app_params params = {.open = name, .lesson = true, .theme = -1};
    struct error error = {0};
    return app_run(&params, &error) ? 0 : cli_fail(&error);
}

static int run(const struct cli_input *input) {
    static const char *const verbs[] = {"list", "check", "show", "play"};
    const char *verb = input->words[0];
    if (strcmp(verb, "list") == 0 && input->word_count == 1) return list(input);
    if (strcmp(verb, "check") == 0) return check(input);
    if (strcmp(verb, "show") == 0 && input->word_count == 2) return show(input->words[1]);
    if (strcmp(verb, "play") == 0 && input->word_count == 2) return play(input->words[1]);
    struct error error = {0};
    const char *near = text_nearest(verb, verbs, 4);
    if (strcmp(verb, "list") == 0 || strcmp(verb, "show") == 0 || strcmp(verb, "play") == 0)
        error_set(&error, ERROR_INPUT, "lesson %s takes %s", verb,
                  *verb == 'l' ? "no more words" : "the name of one lesson");
    else
        error_set(&error, ERROR_INPUT, "lesson %s: list, check, show or play is right%s%s%s", verb,
                  near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    return cli_fail(&error);
}

const struct command command_lesson = {
    .name = "lesson",
    .words = "list|check|show|play [NAME…]",
    .summary = "the lecture's lessons, and their claims run and checked",
    .details =
        "  saddlescope lesson list                  # all lessons, and which section of the lecture each covers\n"
        "  saddlescope lesson check                 # run every claim of every lesson; exit status 1 if one fails\n"
        "  saddlescope lesson check saddle mine.yaml\n"
        "  saddlescope lesson show saddle\n"
        "  saddlescope lesson play saddle-points    # in the window; --scale and the like go with open\n",
    .least_words = 1,
    .most_words = CLI_MAX_WORDS,
    .run = run,
    .options = options,
};
