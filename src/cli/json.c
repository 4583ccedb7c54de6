#include "cli/json.h"

#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cJSON *json_number(double value) {
    if (!isfinite(value)) return cJSON_CreateNull();
    char text[NUMBER_TEXT];
    return cJSON_CreateRaw(number_exact(value, text)); /* cJSON's own numbers may be an ulp off */
}

cJSON *json_numbers(const double *values, size_t count) {
    struct text list = {0};
    char text[NUMBER_TEXT];
    text_append(&list, "[");
    for (size_t i = 0; i < count; i++) {
        if (i) text_append(&list, ", ");
        text_append(&list, isfinite(values[i]) ? number_exact(values[i], text) : "null");
    }
    text_append(&list, "]");
    cJSON *item = cJSON_CreateRaw(list.bytes);
    text_clear(&list);
    return item;
}

/* A list that can be taken from. */
static cJSON *number_items(const double *values, size_t count) {
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++) cJSON_AddItemToArray(array, json_number(values[i]));
    return array;
}

cJSON *json_report(const struct eigen_report *report, bool vectors) {
    size_t n = (size_t)report->n;
    cJSON *json = cJSON_CreateObject();
    cJSON_AddItemToObject(json, "at", json_numbers(report->at, n));
    cJSON_AddItemToObject(json, "loss", json_number(report->loss));
    cJSON_AddItemToObject(json, "grad_norm", json_number(report->gradient_norm));
    cJSON_AddItemToObject(json, "n", cJSON_CreateNumber(report->n));
    cJSON_AddItemToObject(json, "eigenvalues", number_items(report->eigenvalues, n));
    if (vectors) {
        cJSON *rows = cJSON_AddArrayToObject(json, "eigenvectors");
        for (size_t k = 0; k < n; k++) cJSON_AddItemToArray(rows, json_numbers(report->eigenvectors + k * n, n));
    }
    cJSON_AddItemToObject(json, "residuals", number_items(report->residuals, n));
    cJSON_AddStringToObject(json, "kind", point_kind_names[report->kind]);
    cJSON_AddNumberToObject(json, "index", report->index);
    return json;
}

cJSON *json_ends(const struct eigen_ends *ends, bool vectors) {
    size_t n = (size_t)ends->n, total = (size_t)(ends->low + ends->high);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddItemToObject(json, "at", json_numbers(ends->at, n));
    cJSON_AddItemToObject(json, "loss", json_number(ends->loss));
    cJSON_AddItemToObject(json, "grad_norm", json_number(ends->gradient_norm));
    cJSON_AddItemToObject(json, "n", cJSON_CreateNumber(ends->n));
    cJSON_AddItemToObject(json, "eigenvalues", json_numbers(ends->eigenvalues, total));
    cJSON *rows = vectors ? cJSON_AddArrayToObject(json, "eigenvectors") : NULL;
    for (size_t k = 0; rows && k < total; k++) cJSON_AddItemToArray(rows, json_numbers(ends->eigenvectors + k * n, n));
    cJSON_AddItemToObject(json, "residuals", json_numbers(ends->residuals, total));
    cJSON_AddStringToObject(json, "kind", point_kind_names[ends->kind]);
    cJSON_AddItemToObject(json, "index", ends->index_exact ? cJSON_CreateNumber(ends->index) : cJSON_CreateNull());
    cJSON_AddNumberToObject(json, "index_at_least", ends->index);
    cJSON_AddNumberToObject(json, "low_end", ends->low);
    cJSON_AddNumberToObject(json, "high_end", ends->high);
    cJSON_AddNumberToObject(json, "products", (double)ends->products);
    return json;
}

bool json_print(cJSON *json, struct error *error) {
    char *text = cJSON_Print(json);
    cJSON_Delete(json);
    if (!text) return error_set(error, ERROR_MACHINE, "the results are too large for JSON; ask for fewer figures");
    bool written = puts(text) >= 0 && fflush(stdout) == 0;
    if (!written) error_set(error, ERROR_MACHINE, "the results could not be written to stdout: %s", strerror(errno));
    cJSON_free(text);
    return written;
}
