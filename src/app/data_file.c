/* A table of data, opened by itself: a small network to train on it, with the last column as what is to be told. */
#include "app/app_parts.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include <string.h>

enum { HEADER_MOST = 65536 };

/* The last name in the file's first line. */
static bool last_column(const char *path, char *out, size_t size) {
    char line[HEADER_MOST];
    FILE *file = fopen(path, "r");
    bool read = file && fgets(line, sizeof line, file);
    if (file) fclose(file);
    if (!read) return false;
    line[strcspn(line, "\r\n")] = '\0';
    char *name = strrchr(line, ',');
    name = name ? name + 1 : line;
    size_t length = strlen(name);
    if (length > 1 && name[0] == '"' && name[length - 1] == '"') name[length - 1] = '\0', name++;
    return *name && (size_t)snprintf(out, size, "%s", name) < size;
}

static void append_quoted(struct text *text, const char *path) {
    text_append(text, "\"");
    for (; *path; path++) text_format(text, strchr("\"\\", *path) ? "\\%c" : "%c", *path);
    text_append(text, "\"");
}

struct experiment *data_file_read(const char *path, struct data_reading *reading, struct error *error) {
    char column[512];
    if (!last_column(path, column, sizeof column)) {
        error_set(error, ERROR_INPUT, "%s: no table; a first line with the columns' names would be right", path);
        return NULL;
    }
    struct data *data = data_create(&(struct data_params){.csv = path, .target = column, .reading = reading}, error);
    if (!data) return NULL;
    int outputs = data->kind == DATA_CLASSES ? data->classes : 1;
    struct text text = {0};
    text_append(&text, "title: ");
    append_quoted(&text, strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
    text_format(&text,
                "\nobjective:\n  network: {layers: [%d, 16, %d], activation: tanh}\n  data: {csv: ", data->features,
                outputs);
    append_quoted(&text, path);
    text_append(&text, ", target: ");
    append_quoted(&text, column);
    text_format(&text, "}\n  loss: %s\nsteps: 500\noptimizers:\n",
                data->kind == DATA_CLASSES ? "cross_entropy" : "mse");
    text_append(&text, "  - {name: sgd, lr: 0.1}\n  - {name: momentum, lr: 0.02}\n  - {name: rmsprop, lr: 0.005}\n"
                       "  - {name: adam, lr: 0.01}\n");
    struct experiment *experiment = experiment_parse_on(text.bytes, text.length, path, &data, error);
    data_destroy(&data);
    text_clear(&text);
    return experiment;
}
