/* A lesson from its file. */
#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "lesson/lesson_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- words
 * ------------------------------------------------------------------------------------------------------------- */

/* A word in braces must be a measure; "{{" is a brace. */
static bool check_braces(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *node,
                         const char *text) {
    for (const char *at = text; (at = strchr(at, '{'));) {
        if (at[1] == '{') {
            at += 2;
            continue;
        }
        size_t length = strcspn(at + 1, "}");
        int column = (int)(at - text) + 1;
        if (!at[1 + length]) return yaml_fail_inside(tree, node, column, "this { has no }; {{ is a brace itself");
        char name[EXPRESSION_NAME];
        snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), at + 1);
        bool known = false;
        const char *names[LESSON_MAX_MEASURES];
        for (int m = 0; m < lesson->measure_count; m++) {
            names[m] = lesson->measures[m].name;
            known |= strcmp(name, names[m]) == 0;
        }
        if (!known) {
            const char *near = text_nearest(name, names, (size_t)lesson->measure_count);
            return yaml_fail_inside(tree, node, column, "there is no measure \"%s\"%s%s%s", name,
                                    near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
        }
        at += length + 2;
    }
    return true;
}

/* Both languages, or nothing where `node` is NULL. */
bool words_read(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *node, const char *what,
                struct lesson_words *words) {
    static const char *const languages[] = {"en", "zh"};
    if (!node) return true;
    if (!yaml_is_mapping(node)) return yaml_fail(tree, node, "%s is in one language; {en: …, zh: …} is right", what);
    if (!yaml_check_mapping(tree, node, what, languages, 2)) return false;
    for (int k = 0; k < 2; k++) {
        const yaml_node_t *text_node = yaml_get(tree, node, languages[k]);
        const char *text;
        if (!text_node)
            return yaml_fail(tree, node, "%s has no %s; {en: …, zh: …} is right", what,
                             k ? "Chinese (zh)" : "English (en)");
        if (!yaml_text(tree, text_node, what, &text)) return false;
        if (lesson && !check_braces(tree, lesson, text_node, text)) return false;
        *(k ? &words->zh : &words->en) = mem_copy_text(text);
    }
    return true;
}

/* ---- experiments
 * ----------------------------------------------------------------------------------------------------------- */

/* The file with everything before the block blanked out: so the experiment's own errors have the lesson's lines and
 * columns. */
static char *block_alone(struct yaml_tree *tree, const yaml_node_t *block, size_t *length) {
    size_t from = block->start_mark.index, to = block->end_mark.index;
    /* Marks count characters; the text is bytes. */
    size_t bytes = 0, characters = 0, first = tree->length, last = tree->length;
    for (; bytes <= tree->length; bytes++) {
        bool begins = bytes == tree->length || ((unsigned char)tree->text[bytes] & 0xC0) != 0x80;
        if (!begins) continue;
        if (characters == from) first = bytes;
        if (characters == to) {
            last = bytes;
            break;
        }
        characters++;
    }
    while (first < last && tree->text[first] != '\n') first++; /* past the "|" */
    char *alone = MEM_NEW(char, last + 1);
    size_t kept = 0;
    for (size_t i = 0; i < first; i++)
        if (tree->text[i] == '\n') alone[kept++] = '\n';
    memcpy(alone + kept, tree->text + first, last - first);
    *length = kept + (last - first);
    return alone;
}

static bool add_experiment(struct lesson *lesson, const char *name, struct experiment *experiment) {
    struct lesson_experiment *added = &lesson->experiments[lesson->experiment_count];
    if (!experiment) return false;
    added->name = mem_copy_text(name);
    added->experiment = experiment;
    lesson->experiment_count++;
    return true;
}

static bool read_experiments(struct yaml_tree *tree, struct lesson *lesson, const yaml_node_t *node) {
    lesson->experiments = MEM_NEW(struct lesson_experiment, LESSON_MAX_EXPERIMENTS);
    if (!node)
        return yaml_fail(tree, tree->root,
                         "there are no `experiments:`; such as experiments: {saddle: saddle} is right");
    if (!yaml_is_mapping(node) || yaml_count(node) == 0)
        return yaml_fail(tree, node,
                         "experiments is a mapping of names; such as {saddle: saddle}, or to the text of one");
    if (yaml_count(node) > LESSON_MAX_EXPERIMENTS)
        return yaml_fail(tree, node, "%zu experiments are too many; at most %d are right", yaml_count(node),
                         LESSON_MAX_EXPERIMENTS);
    for (size_t i = 0; i < yaml_count(node); i++) {
        const yaml_node_t *value, *key = yaml_pair(tree, node, i, &value);
        const char *name, *text;
        if (!yaml_text(tree, key, "an experiment's name", &name) || !yaml_text(tree, value, "an experiment", &text))
            return false;
        for (int k = 0; k < lesson->experiment_count; k++)
            if (strcmp(lesson->experiments[k].name, name) == 0)
                return yaml_fail(tree, key, "there are two experiments \"%s\"", name);
        struct experiment *experiment;
        if (value->data.scalar.style == YAML_LITERAL_SCALAR_STYLE) {
            size_t length;
            char *alone = block_alone(tree, value, &length);
            experiment = experiment_parse(alone, length, lesson->path, tree->error);
            free(alone);
        } else {
            struct error own = {0};
            experiment = experiment_load(text, &own);
            if (!experiment) return yaml_fail(tree, value, "%s", own.message);
        }
        if (!add_experiment(lesson, name, experiment)) return false;
        if (experiment->steps > LESSON_MAX_TRAINING)
            return yaml_fail(tree, value, "%s trains for %lld steps; a lesson's run has at most %d", name,
                             (long long)experiment->steps, LESSON_MAX_TRAINING);
    }
    return true;
}

/* ---- measures
 * -------------------------------------------------------------------------------------------------------------- */

static bool read_measures(struct yaml_tree *tree, struct lesson *lesson, const yaml_node_t *node) {
    lesson->measures = MEM_NEW(struct measure, LESSON_MAX_MEASURES); /* a plot's slices add their own */
    if (!node) return true;
    if (!yaml_is_mapping(node))
        return yaml_fail(tree, node, "measure is a mapping of names; such as {gd: {loss: end, of: saddle, run: sgd}}");
    if (yaml_count(node) > LESSON_MAX_MEASURES)
        return yaml_fail(tree, node, "%zu measures are too many; at most %d are right", yaml_count(node),
                         LESSON_MAX_MEASURES);
    for (size_t i = 0; i < yaml_count(node); i++) {
        const yaml_node_t *value, *key = yaml_pair(tree, node, i, &value);
        struct measure *measure = &lesson->measures[lesson->measure_count++];
        if (!measure_read(tree, lesson, key, value, measure)) return false;
        for (int m = 0; m + 1 < lesson->measure_count; m++)
            if (strcmp(lesson->measures[m].name, measure->name) == 0)
                return yaml_fail(tree, key, "there are two measures \"%s\"", measure->name);
    }
    return true;
}

/* ---- steps
 * -------------------------------------------------------------------------------------------------------------------
 */

static bool read_claim(struct yaml_tree *tree, const struct lesson *lesson, const yaml_node_t *node,
                       struct lesson_claim *claim) {
    static const char *const keys[] = {"claim", "en", "zh", "judge"};
    const yaml_node_t *text = node;
    int judge = 0;
    if (yaml_is_mapping(node)) {
        if (!yaml_check_mapping(tree, node, "a claim", keys, 4)) return false;
        text = yaml_get(tree, node, "claim");
        if (!text) return yaml_fail(tree, node, "there is no `claim:`; such as claim: gd < 1e-3 is right");
        const yaml_node_t *en = yaml_get(tree, node, "en"), *zh = yaml_get(tree, node, "zh"),
                          *judge_node = yaml_get(tree, node, "judge");
        const char *words;
        if (!en != !zh)
            return yaml_fail(tree, node, "this claim is said in one language; both en and zh, or none, are right");
        if (en) {
            if (!yaml_text(tree, en, "en", &words) || !check_braces(tree, lesson, en, words)) return false;
            claim->words.en = mem_copy_text(words);
            if (!yaml_text(tree, zh, "zh", &words) || !check_braces(tree, lesson, zh, words)) return false;
            claim->words.zh = mem_copy_text(words);
        }
        size_t choice = 0;
        if (judge_node && !yaml_choice(tree, judge_node, "judge", claim_judges, 3, &choice)) return false;
        judge = (int)choice;
    }
    const char *words;
    if (!yaml_text(tree, text, "a claim", &words)) return false;
    claim->text = mem_copy_text(words);
    claim->line = (int)text->start_mark.line + 1;
    claim->claim = claim_read(tree, lesson, text, judge);
    if (claim->claim && !claim->words.en) claim_say(lesson, claim->claim, &claim->words);
    return claim->claim != NULL;
}

static bool read_step_of(struct yaml_tree *tree, struct lesson *lesson, const yaml_node_t *node, int *experiment,
                         struct lesson_step *step) {
    static const char *const keys[] = {"text", "show", "question", "answer", "claims"};
    step->show = (struct lesson_show){.experiment = -1,
                                      .view = -1,
                                      .height = -1,
                                      .step = -1,
                                      .play = -1,
                                      .curve = -1,
                                      .compare = {.experiment = -1},
                                      .analysis = {-1, -1, -1, 0},
                                      .chart = {.other = -1},
                                      .touch = TOUCH_ALL};
    if (!yaml_check_mapping(tree, node, "a step", keys, 5)) return false;
    const yaml_node_t *text = yaml_get(tree, node, "text"), *question = yaml_get(tree, node, "question"),
                      *answer = yaml_get(tree, node, "answer"), *claims = yaml_get(tree, node, "claims");
    if (!text) return yaml_fail(tree, node, "this step says nothing; text: {en: …, zh: …} is right");
    if (!question != !answer)
        return yaml_fail(tree, question ? question : answer, "a question needs its answer, and the other way round");
    if (!words_read(tree, lesson, text, "text", &step->text) ||
        !words_read(tree, lesson, question, "question", &step->question) ||
        !words_read(tree, lesson, answer, "answer", &step->answer) ||
        !show_read(tree, lesson, yaml_get(tree, node, "show"), experiment, &step->show))
        return false;
    if (!claims) return true;
    size_t count;
    if (!yaml_check_list(tree, claims, "claims", 1, 32, "[gd < 1e-3]", &count)) return false;
    step->claims = MEM_NEW(struct lesson_claim, count);
    for (size_t i = 0; i < count; i++) {
        step->claim_count++;
        if (!read_claim(tree, lesson, yaml_item(tree, claims, i), &step->claims[i])) return false;
    }
    return true;
}

static bool read_sections(struct yaml_tree *tree, struct lesson *lesson, const yaml_node_t *node) {
    size_t count = 1;
    if (!node) return yaml_fail(tree, tree->root, "there is no `section:`; such as section: [\"2.3\"] is right");
    if (yaml_is_list(node) && !yaml_check_list(tree, node, "section", 1, 16, "[\"2.3\", \"2.4\"]", &count))
        return false;
    lesson->sections = MEM_NEW(char *, count);
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item = yaml_is_list(node) ? yaml_item(tree, node, i) : node;
        const char *text, *names[64] = {"beyond"};
        if (!yaml_text(tree, item, "section", &text)) return false;
        bool known = strcmp(text, "beyond") == 0;
        for (size_t k = 0; k < lecture_section_count; k++) {
            names[k + 1] = lecture_sections[k].number;
            known |= strcmp(text, lecture_sections[k].number) == 0;
        }
        if (!known) return yaml_fail_name(tree, item, "section", names, lecture_section_count + 1);
        lesson->sections[lesson->section_count++] = mem_copy_text(text);
    }
    return true;
}

static bool read_lesson(struct yaml_tree *tree, struct lesson *lesson) {
    static const char *const keys[] = {"section", "title", "minutes", "order", "experiments", "measure", "steps"};
    const yaml_node_t *root = tree->root;
    if (!yaml_is_mapping(root))
        return yaml_fail(tree, root, "this is no lesson; a mapping with title, section and steps is right");
    if (!yaml_check_mapping(tree, root, "a lesson", keys, sizeof keys / sizeof *keys)) return false;
    const yaml_node_t *title = yaml_get(tree, root, "title"), *minutes = yaml_get(tree, root, "minutes"),
                      *order = yaml_get(tree, root, "order"), *steps = yaml_get(tree, root, "steps");
    if (!title) return yaml_fail(tree, root, "there is no `title:`; title: {en: …, zh: …} is right");
    if (!steps) return yaml_fail(tree, root, "there are no `steps:`; a list of them is right");
    if (!read_sections(tree, lesson, yaml_get(tree, root, "section")) ||
        !words_read(tree, NULL, title, "title", &lesson->title) ||
        (minutes && !yaml_number(tree, minutes, "minutes", 0.5, 240, &lesson->minutes)) ||
        (order && !yaml_integer(tree, order, "order", 0, 1000000, &lesson->order)) ||
        !read_experiments(tree, lesson, yaml_get(tree, root, "experiments")) ||
        !read_measures(tree, lesson, yaml_get(tree, root, "measure")))
        return false;
    size_t count;
    if (!yaml_check_list(tree, steps, "steps", 1, LESSON_MAX_STEPS, "[{text: {en: …, zh: …}}]", &count)) return false;
    lesson->steps = MEM_NEW(struct lesson_step, count);
    int experiment = 0;
    for (size_t i = 0; i < count; i++) {
        lesson->step_count++;
        if (!read_step_of(tree, lesson, yaml_item(tree, steps, i), &experiment, &lesson->steps[i])) return false;
    }
    if (lesson->steps[0].show.experiment < 0) lesson->steps[0].show.experiment = 0;
    return true;
}

/* ---- what follows from the file
 * -------------------------------------------------------------------------------------------- */

static bool words_name(const struct lesson_words *words, const char *name) {
    char braced[EXPRESSION_NAME + 2];
    snprintf(braced, sizeof braced, "{%s}", name);
    return (words->en && strstr(words->en, braced)) || (words->zh && strstr(words->zh, braced));
}

static bool step_names(const struct lesson_step *step, const char *name, int measure) {
    bool found = words_name(&step->text, name) || words_name(&step->question, name) || words_name(&step->answer, name);
    found |= show_names(&step->show, measure);
    for (int c = 0; c < step->claim_count; c++)
        found |= words_name(&step->claims[c].words, name) || claim_names(step->claims[c].claim, measure);
    return found;
}

static void note_steps(struct lesson *lesson) {
    for (int m = 0; m < lesson->measure_count; m++)
        for (int s = 0; s < lesson->step_count; s++)
            if (step_names(&lesson->steps[s], lesson->measures[m].name, m))
                lesson->measures[m].steps |= (uint64_t)1 << s;
}

/* FNV-1a, twice from different beginnings: nobody forges one's own figures. */
static void digest(struct lesson *lesson, const void *bytes, size_t length) {
    for (int k = 0; k < 2; k++) lesson->digest[k] = hash_bytes(lesson->digest[k], bytes, length);
}

static void digest_data(struct lesson *lesson, const struct data *data) {
    if (!data) return;
    size_t samples = (size_t)data->samples;
    digest(lesson, &data->samples, sizeof data->samples);
    digest(lesson, data->x, samples * (size_t)data->features * sizeof *data->x);
    if (data->kind == DATA_CLASSES) digest(lesson, data->labels, samples * sizeof *data->labels);
    if (data->kind == DATA_TARGETS) digest(lesson, data->y, samples * (size_t)data->targets * sizeof *data->y);
    digest_data(lesson, data->validation);
    digest_data(lesson, data->test);
}

static void digest_all(struct lesson *lesson, const char *text, size_t length) {
    lesson->digest[0] = 0xcbf29ce484222325u;
    lesson->digest[1] = 0x9ae16a3b2f90404fu;
    digest(lesson, text, length);
    for (int i = 0; i < lesson->experiment_count; i++) {
        const struct experiment *experiment = lesson->experiments[i].experiment;
        digest(lesson, experiment->source, strlen(experiment->source));
        digest_data(lesson, objective_data(experiment->objective));
    }
}

struct lesson *lesson_parse(const char *text, size_t length, const char *path, struct error *error) {
    struct error own = {0}; /* readers look at the tree's error, which therefore always exists */
    struct yaml_tree *tree = yaml_tree_parse(text, length, path, "a lesson file", &own);
    struct lesson *lesson = NULL;
    if (tree) {
        lesson = MEM_NEW(struct lesson, 1);
        lesson->path = mem_copy_text(path);
        const char *slash = strrchr(path, '/');
        lesson->name = mem_copy_text(slash ? slash + 1 : path);
        char *dot = strrchr(lesson->name, '.');
        if (dot && dot != lesson->name) *dot = '\0';
        lesson->order = 1000001;
        if (read_lesson(tree, lesson)) {
            note_steps(lesson);
            digest_all(lesson, text, length);
        } else {
            lesson_destroy(&lesson);
        }
        yaml_tree_destroy(&tree);
    }
    if (!lesson) error_set(error, own.kind, "%s", own.message);
    return lesson;
}
