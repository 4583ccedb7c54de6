/* Which languages there are: files beside the program, and a person's own. */
#include "base/words_parts.h"

#include "base/file.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static struct asset *user_files(size_t *count) {
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    char *base = data && data[0] == '/'   ? mem_copy_text(data)
                 : home && home[0] == '/' ? path_join(home, ".local/share")
                                          : NULL;
    char *folder = base ? path_join(base, "saddlescope/languages") : NULL;
    struct error none_there = {0};
    struct asset *files = folder ? folder_list(folder, count, &none_there) : NULL;
    if (!files) *count = 0;
    free(folder);
    free(base);
    return files;
}

static int compare_languages(const void *a, const void *b) {
    return strcmp(((const struct language *)a)->code, ((const struct language *)b)->code);
}

struct language *languages_list(size_t *count, struct error *error) {
    size_t file_counts[2];
    struct asset *files[2] = {user_files(&file_counts[0]), assets_list("languages", &file_counts[1], error)};
    struct language *all = MEM_NEW(struct language, 1 + file_counts[0] + file_counts[1]);
    all[0] = (struct language){.code = "en", .name = mem_copy_text("English"), .brief = mem_copy_text("EN")};
    *count = 1;
    for (int place = 0; place < 2; place++) {
        for (size_t i = 0; i < file_counts[place]; i++) {
            struct words *words = words_load(files[place][i].path, error);
            bool there = !words;
            for (size_t k = 0; words && k < *count; k++) there |= strcmp(all[k].code, words->code) == 0;
            if (!there) {
                struct language *language = &all[(*count)++];
                *language = (struct language){.name = mem_copy_text(words->name),
                                              .brief = mem_copy_text(words->brief),
                                              .path = mem_copy_text(files[place][i].path)};
                memcpy(language->code, words->code, sizeof language->code);
            }
            words_destroy(&words);
        }
        assets_destroy(&files[place], file_counts[place]);
    }
    qsort(all + 1, *count - 1, sizeof *all, compare_languages);
    return all;
}

void languages_destroy(struct language **languages, size_t count) {
    if (!languages || !*languages) return;
    for (size_t i = 0; i < count; i++) {
        free((*languages)[i].name);
        free((*languages)[i].brief);
        free((*languages)[i].path);
    }
    free(*languages);
    *languages = NULL;
}

bool words_open(const char *code, struct words **words, struct error *error) {
    *words = NULL;
    if (strcmp(code, "en") == 0) return true;
    size_t counts[2];
    struct asset *files[2] = {user_files(&counts[0]), assets_list("languages", &counts[1], error)};
    struct text known = {0};
    text_append(&known, "en");
    const char *path = NULL;
    for (int place = 0; place < 2; place++)
        for (size_t i = 0; i < counts[place]; i++) {
            text_format(&known, ", %s", files[place][i].name);
            if (!path && strcmp(files[place][i].name, code) == 0) path = files[place][i].path;
        }
    if (path)
        *words = words_load(path, error);
    else
        error_set(error, ERROR_INPUT, "there is no language “%.40s”; one of %.200s would be right", code, known.bytes);
    text_clear(&known);
    for (int place = 0; place < 2; place++) assets_destroy(&files[place], counts[place]);
    return *words != NULL;
}

const char *words_wanted(char code[WORDS_CODE]) {
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *said = "";
    for (int i = 0; i < 3 && !*said; i++) said = getenv(names[i]) ? getenv(names[i]) : "";
    size_t length = 0;
    while (ascii_letter(said[length])) length++;
    bool plain = length < 2 || length >= WORDS_CODE || strncmp(said, "POSIX", length) == 0;
    strcpy(code, "en");
    if (!plain) {
        memcpy(code, said, length);
        code[length] = '\0';
    }
    return code;
}
