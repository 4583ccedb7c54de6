#include "base/text.h"
#include "cli/cli.h"
#include "cli/json.h"

#include <string.h>

static const struct cli_option options[] = {
    {0, "json", NULL, "as JSON"},
    {0},
};

static bool wanted(const struct cli_input *input, const char *what) {
    return input->word_count == 0 || strcmp(input->words[0], what) == 0;
}

static bool list_experiments(bool as_json, cJSON *json, struct error *error) {
    size_t count;
    struct experiment_listing *listing = experiment_list(&count, error);
    if (!listing) return false;
    cJSON *array = as_json ? cJSON_AddArrayToObject(json, "experiments") : NULL;
    if (!as_json) puts("experiments");
    for (size_t i = 0; i < count; i++) {
        if (!as_json) {
            printf("  %-20s %s\n", listing[i].name, listing[i].title);
            continue;
        }
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "name", listing[i].name);
        cJSON_AddStringToObject(object, "title", listing[i].title);
        if (listing[i].about) cJSON_AddStringToObject(object, "about", listing[i].about);
        cJSON_AddBoolToObject(object, "network", listing[i].network);
        cJSON_AddItemToArray(array, object);
    }
    experiment_listing_destroy(&listing, count);
    return true;
}

static void list_optimizers(bool as_json, cJSON *json) {
    cJSON *array = as_json ? cJSON_AddArrayToObject(json, "optimizers") : NULL;
    if (!as_json) puts("optimizers (parameters and defaults)");
    for (size_t i = 0; i < optimizer_count(); i++) {
        const struct optimizer_class *class = optimizer_at(i);
        size_t count;
        const struct optimizer_parameter *parameters = optimizer_class_parameters(class, &count);
        cJSON *object = NULL, *values = NULL;
        if (as_json) {
            object = cJSON_CreateObject();
            cJSON_AddItemToArray(array, object);
            cJSON_AddStringToObject(object, "name", optimizer_class_name(class));
            cJSON_AddStringToObject(object, "rule", optimizer_class_rule(class));
            cJSON_AddStringToObject(object, "source", optimizer_class_source(class));
            values = cJSON_AddObjectToObject(object, "parameters");
        } else {
            printf("  %-20s", optimizer_class_name(class));
        }
        for (size_t k = 0; k < count; k++) {
            if (as_json) cJSON_AddItemToObject(values, parameters[k].name, json_number(parameters[k].initial));
            else printf("%s%s %g", k ? ", " : " ", parameters[k].name, parameters[k].initial);
        }
        if (!as_json) putchar('\n');
    }
    size_t count;
    const char *const *schedules = schedule_names(&count);
    cJSON *names = as_json ? cJSON_AddArrayToObject(json, "schedules") : NULL;
    if (!as_json) printf("schedules\n  ");
    for (size_t i = 0; i < count; i++) {
        if (as_json) cJSON_AddItemToArray(names, cJSON_CreateString(schedules[i]));
        else printf("%s%s", i ? ", " : "", schedules[i]);
    }
    if (!as_json) puts("; each with a warm-up");
}

static void list_data(bool as_json, cJSON *json) {
    cJSON *array = as_json ? cJSON_AddArrayToObject(json, "data") : NULL;
    if (!as_json) puts("data");
    for (size_t i = 0; i < data_name_count; i++) {
        const char *about = data_description(data_names[i]);
        if (!as_json) {
            printf("  %-20s %s\n", data_names[i], about ? about : "");
            continue;
        }
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "name", data_names[i]);
        if (about) cJSON_AddStringToObject(object, "about", about);
        cJSON_AddItemToArray(array, object);
    }
}

static int run(const struct cli_input *input) {
    static const char *const kinds[] = {"experiments", "optimizers", "data"};
    struct error error = {0};
    bool as_json = cli_given(input, "json");
    bool known = input->word_count == 0;
    for (int i = 0; i < 3; i++) known = known || strcmp(input->words[0], kinds[i]) == 0;
    if (!known) {
        error_set(&error, ERROR_INPUT, "`list %s`: experiments, optimizers or data can be listed", input->words[0]);
        return cli_fail(&error);
    }
    cJSON *json = as_json ? cJSON_CreateObject() : NULL;
    if (wanted(input, "experiments") && !list_experiments(as_json, json, &error)) {
        cJSON_Delete(json);
        return cli_fail(&error);
    }
    if (wanted(input, "optimizers")) list_optimizers(as_json, json);
    if (wanted(input, "data")) list_data(as_json, json);
    if (as_json && !json_print(json, &error)) return cli_fail(&error);
    return 0;
}

const struct command command_list = {
    .name = "list",
    .words = "[experiments|optimizers|data]",
    .summary = "what is built in",
    .most_words = 1,
    .run = run,
    .options = options,
};
