#define _GNU_SOURCE /* strtod_l */
/* Comma-separated files after RFC 4180: a header line; fields may be quoted; lines end in LF, CRLF or CR; a byte order
 * mark is skipped, so are empty lines. Blanks around an unquoted field do not count. */
#include "objective/data.h"

#include "base/file.h"
#include "base/text.h"

#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CSV_BYTES = 128 << 20, SHOWN = 48 };

struct place {
    int line, column; /* from 1; the column counts bytes */
};

static const double looked_through = 0.1; /* of the whole, once it is known to be text; the rest is its rows */

enum ending { ENDING_COMMA, ENDING_LINE, ENDING_FILE };

/* A field of the target column. */
struct value {
    size_t text; /* offset in `pool` */
    double number;
    bool is_number;
    struct place place;
};

struct csv {
    const char *path, *target_name;
    size_t memory; /* bytes the numbers may take */
    struct data_reading *reading; /* or NULL */
    struct error *error;
    locale_t locale; /* "C": a number is 1.5, whatever the user's language */
    /* reading */
    const char *start, *at, *end, *line_start;
    int line, header_line;
    /* the field last read */
    struct text field;
    struct place place;
    enum ending ending;
    /* the table */
    char **names;
    size_t columns, name_capacity, target;
    double *x;
    size_t x_count, x_capacity;
    struct value *values; /* (rows) of the target column */
    size_t rows, row_capacity;
    struct text pool;
};

static bool fail_at(struct csv *csv, struct place place, const char *format, ...) __attribute__((format(printf, 3, 4)));

static bool fail_at(struct csv *csv, struct place place, const char *format, ...) {
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return error_at(csv->error, csv->path, place.line, place.column, "%s", message);
}

/* The start of a text, for a message; cut between characters. */
static const char *shown(const char *text, char out[SHOWN + 4]) {
    size_t length = strlen(text);
    if (length > SHOWN) {
        length = SHOWN;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80) length--;
    }
    memcpy(out, text, length);
    memcpy(out + length, "…", text[length] ? 4 : 0);
    if (!text[length]) out[length] = '\0';
    return out;
}

/* ---- bytes to fields ------------------------------------------------------------------------------------------- */

/* Length of the well-formed UTF-8 character at `at` (RFC 3629), or 0. */
static size_t character_length(const unsigned char *at, size_t left) {
    unsigned char lead = at[0];
    if (lead < 0x80) return lead >= 0x20 || lead == '\t' || lead == '\n' || lead == '\r' ? 1 : 0;
    size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                    : lead >= 0xE0 && lead < 0xF0 ? 3
                    : lead >= 0xF0 && lead < 0xF5 ? 4
                                                  : 0;
    if (length == 0 || length > left) return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xC0) != 0x80) return 0;
    if ((lead == 0xE0 && at[1] < 0xA0) || (lead == 0xED && at[1] > 0x9F)) return 0;
    if ((lead == 0xF0 && at[1] < 0x90) || (lead == 0xF4 && at[1] > 0x8F)) return 0;
    return length;
}

static struct place place_of(const struct csv *csv, const char *at) {
    return (struct place){csv->line, (int)(at - csv->line_start) + 1};
}

static void next_line(struct csv *csv) {
    if (*csv->at == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n') csv->at++;
    csv->at++;
    csv->line++;
    csv->line_start = csv->at;
}

static bool at_line_end(const struct csv *csv) {
    return csv->at < csv->end && (*csv->at == '\n' || *csv->at == '\r');
}

/* How far it is, between two shares of the whole, once in a while; false when nobody wants it any more. */
static bool going(const struct csv *csv, double from, double to) {
    enum { LINES = 16 }; /* between two looks */
    if (!csv->reading || csv->line % LINES) return true;
    double share = (double)(csv->at - csv->start) / (double)(csv->end - csv->start);
    atomic_store(&csv->reading->done, from + (to - from) * share);
    return !atomic_load(&csv->reading->stop) || error_set(csv->error, ERROR_CANCELLED, "stopped");
}

/* Whether all is text; a place in the middle of a binary file would help nobody later on. */
static bool check_text(struct csv *csv) {
    struct csv scan = *csv;
    while (scan.at < scan.end) {
        if (at_line_end(&scan)) {
            next_line(&scan);
            if (!going(&scan, 0, looked_through)) return false;
            continue;
        }
        size_t length = character_length((const unsigned char *)scan.at, (size_t)(scan.end - scan.at));
        if (length == 0)
            return fail_at(csv, place_of(&scan, scan.at),
                           "byte 0x%02X is not text; save the table as comma-separated UTF-8 text",
                           (unsigned char)*scan.at);
        scan.at += length;
    }
    return true;
}

static void append_byte(struct text *text, char byte) {
    const char one[2] = {byte, '\0'};
    text_append(text, one);
}

static bool read_quoted(struct csv *csv) {
    csv->at++;
    for (;;) {
        if (csv->at >= csv->end)
            return fail_at(csv, csv->place, "this quote is never closed; put a \" at the field's end");
        if (*csv->at == '"') {
            if (csv->at + 1 < csv->end && csv->at[1] == '"') {
                append_byte(&csv->field, '"');
                csv->at += 2;
                continue;
            }
            csv->at++;
            break;
        }
        if (at_line_end(csv)) {
            append_byte(&csv->field, '\n');
            next_line(csv);
            continue;
        }
        append_byte(&csv->field, *csv->at++);
    }
    while (csv->at < csv->end && (*csv->at == ' ' || *csv->at == '\t')) csv->at++;
    if (csv->at < csv->end && *csv->at != ',' && !at_line_end(csv))
        return fail_at(csv, place_of(csv, csv->at),
                       "there is text after the closing quote; write a comma, or \"\" for a quote inside "
                       "the field");
    return true;
}

static bool read_unquoted(struct csv *csv) {
    const char *start = csv->at;
    while (csv->at < csv->end && *csv->at != ',' && !at_line_end(csv)) {
        if (*csv->at == '"')
            return fail_at(csv, place_of(csv, csv->at),
                           "a quote stands in the middle of a field; put the whole field in quotes and "
                           "write \"\" for the quote");
        csv->at++;
    }
    const char *stop = csv->at;
    while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t')) stop--;
    size_t length = (size_t)(stop - start);
    MEM_GROW(csv->field.bytes, csv->field.capacity, length + 1);
    memcpy(csv->field.bytes, start, length);
    csv->field.bytes[csv->field.length = length] = '\0';
    return true;
}

/* The next field into csv->field, with its place and what ends it. */
static bool read_field(struct csv *csv) {
    csv->field.length = 0;
    text_append(&csv->field, "");
    while (csv->at < csv->end && (*csv->at == ' ' || *csv->at == '\t')) csv->at++;
    csv->place = place_of(csv, csv->at);
    if (!(csv->at < csv->end && *csv->at == '"' ? read_quoted(csv) : read_unquoted(csv))) return false;
    csv->field.bytes[csv->field.length] = '\0';
    if (csv->at >= csv->end) {
        csv->ending = ENDING_FILE;
    } else if (*csv->at == ',') {
        csv->at++;
        csv->ending = ENDING_COMMA;
    } else {
        next_line(csv);
        csv->ending = ENDING_LINE;
    }
    return true;
}

static void skip_empty_lines(struct csv *csv) {
    for (;;) {
        const char *at = csv->at;
        while (at < csv->end && (*at == ' ' || *at == '\t')) at++;
        if (at < csv->end && *at != '\n' && *at != '\r') return;
        csv->at = at;
        if (at >= csv->end) return;
        next_line(csv);
    }
}

/* ---- fields to a table ----------------------------------------------------------------------------------------- */

/* Decimal numbers only: strtod's own grammar also takes hexadecimal, "inf" and "nan". */
static bool parse_number(const struct csv *csv, const char *text, double *number) {
    if (!*text || text[strspn(text, "0123456789+-.eE")]) return false;
    char *end;
    *number = strtod_l(text, &end, csv->locale);
    return end != text && *end == '\0';
}

static bool is_hole(const char *text) {
    static const char *const words[] = {"", "nan", "na", "n/a", "null", "?"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0) return true;
    return false;
}

static bool read_header(struct csv *csv) {
    skip_empty_lines(csv);
    if (csv->at >= csv->end)
        return fail_at(csv, (struct place){1, 1}, "the file is empty; a header line and rows of numbers were expected");
    csv->header_line = csv->line;
    do {
        if (!read_field(csv)) return false;
        if (!*csv->field.bytes)
            return fail_at(csv, csv->place, "column %zu has no name; the first line must name every column",
                           csv->columns + 1);
        if (csv->columns > DATA_FEATURES)
            return fail_at(csv, csv->place, "there are more than %d columns; keep at most so many and the target",
                           DATA_FEATURES);
        MEM_GROW(csv->names, csv->name_capacity, csv->columns + 1);
        csv->names[csv->columns++] = mem_copy_text(csv->field.bytes);
    } while (csv->ending == ENDING_COMMA);
    return true;
}

static bool find_target(struct csv *csv) {
    char name[SHOWN + 4], other[SHOWN + 4];
    struct place header = {csv->header_line, 0};
    if (csv->columns < 2) {
        bool other_separator = strpbrk(csv->names[0], ";\t|") != NULL;
        return fail_at(csv, header, "the header has one column only; %s",
                       other_separator ? "separate the columns with commas"
                                       : "at least one feature and the target were expected");
    }
    size_t found = 0;
    for (size_t i = 0; csv->target_name && i < csv->columns; i++) {
        if (strcmp(csv->names[i], csv->target_name) != 0) continue;
        csv->target = i;
        found++;
    }
    if (found == 1) return true;
    if (found > 1)
        return fail_at(csv, header, "the header names “%s” %zu times; the target's name must be the only one",
                       shown(csv->target_name, name), found);
    double number;
    size_t numbers = 0;
    for (size_t i = 0; i < csv->columns; i++) numbers += parse_number(csv, csv->names[i], &number);
    if (numbers == csv->columns)
        return fail_at(csv, header, "the first line holds numbers only; it must name the columns");
    const char *nearest =
        csv->target_name ? text_nearest(csv->target_name, (const char *const *)csv->names, csv->columns) : NULL;
    if (nearest)
        return fail_at(csv, header, "there is no column “%s”; did you mean “%s”?", shown(csv->target_name, name),
                       shown(nearest, other));
    struct text all = {0};
    for (size_t i = 0; i < csv->columns && i < 8; i++)
        text_format(&all, "%s%s", i ? ", " : "", shown(csv->names[i], other));
    if (csv->columns > 8) text_append(&all, ", …");
    if (csv->target_name)
        fail_at(csv, header, "there is no column “%s”; the columns are %s", shown(csv->target_name, name), all.bytes);
    else
        fail_at(csv, header, "which column is the target? write target: and one of %s", all.bytes);
    text_clear(&all);
    return false;
}

static bool take_feature(struct csv *csv, size_t column) {
    char text[SHOWN + 4], name[SHOWN + 4];
    double number;
    shown(csv->names[column], name);
    if (is_hole(csv->field.bytes))
        return fail_at(csv, csv->place, "column “%s” has a hole here; fill it with a number or remove the row", name);
    if (!parse_number(csv, csv->field.bytes, &number))
        return fail_at(csv, csv->place,
                       "“%s” in column “%s” is not a number; write one like −1.5 or 2e-3, or remove the column",
                       shown(csv->field.bytes, text), name);
    if (!isfinite(number))
        return fail_at(csv, csv->place, "“%s” in column “%s” is too large; at most 1.7e308 is possible",
                       shown(csv->field.bytes, text), name);
    if (csv->x_count >= csv->memory / sizeof *csv->x)
        return fail_at(csv, csv->place,
                       "the table's numbers take over %.1f MiB up to here, the most that data may take; fewer rows or "
                       "columns are right",
                       (double)csv->memory / (1 << 20));
    MEM_GROW(csv->x, csv->x_capacity, csv->x_count + 1);
    csv->x[csv->x_count++] = number;
    return true;
}

static bool take_target(struct csv *csv) {
    char text[SHOWN + 4], name[SHOWN + 4];
    if (is_hole(csv->field.bytes))
        return fail_at(csv, csv->place, "the target “%s” has a hole here; fill it or remove the row",
                       shown(csv->names[csv->target], name));
    struct value value = {.text = csv->pool.length, .place = csv->place};
    value.is_number = parse_number(csv, csv->field.bytes, &value.number);
    if (value.is_number && !isfinite(value.number))
        return fail_at(csv, csv->place, "“%s” is too large; at most 1.7e308 is possible",
                       shown(csv->field.bytes, text));
    text_append(&csv->pool, csv->field.bytes);
    text_append(&csv->pool, "\n"); /* ends a value; becomes NUL once the pool is complete */
    MEM_GROW(csv->values, csv->row_capacity, csv->rows + 1);
    csv->values[csv->rows] = value;
    return true;
}

static bool read_rows(struct csv *csv) {
    for (;;) {
        skip_empty_lines(csv);
        if (csv->at >= csv->end) break;
        if (!going(csv, looked_through, 1)) return false;
        struct place start = place_of(csv, csv->at);
        if (csv->rows == DATA_SAMPLES)
            return fail_at(csv, start, "there are more than %d rows; keep at most so many", DATA_SAMPLES);
        size_t column = 0;
        do {
            if (!read_field(csv)) return false;
            if (column == csv->columns)
                return fail_at(csv, csv->place,
                               "this row has more fields than the header's %zu columns; remove the extra ones, or "
                               "put a field with a comma in quotes",
                               csv->columns);
            if (!(column == csv->target ? take_target(csv) : take_feature(csv, column))) return false;
            column++;
        } while (csv->ending == ENDING_COMMA);
        if (column < csv->columns)
            return fail_at(csv, csv->place, "this row has %zu field%s; the header has %zu columns", column,
                           column == 1 ? "" : "s", csv->columns);
        csv->rows++;
    }
    if (csv->rows < 2)
        return fail_at(csv, (struct place){csv->line, 0}, "the table has %s; at least two were expected",
                       csv->rows ? "one row" : "no rows under its header");
    return true;
}

/* ---- the target column ----------------------------------------------------------------------------------------- */

/* The distinct values seen so far, in order; a place to insert and the number found. */
struct distinct {
    const struct csv *csv;
    bool by_number;
    size_t rows[DATA_CLASS_LIMIT + 1]; /* one row that has it */
    size_t count;
};

static int compare(const struct distinct *distinct, size_t a, size_t b) {
    const struct value *x = &distinct->csv->values[a], *y = &distinct->csv->values[b];
    if (distinct->by_number) return (x->number > y->number) - (x->number < y->number);
    return strcmp(distinct->csv->pool.bytes + x->text, distinct->csv->pool.bytes + y->text);
}

/* Index of the first kept value not below `row`'s. */
static size_t position(const struct distinct *distinct, size_t row) {
    size_t low = 0, high = distinct->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(distinct, distinct->rows[middle], row) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* All distinct values, or the first 101. */
static void collect(struct distinct *distinct) {
    for (size_t row = 0; row < distinct->csv->rows && distinct->count <= DATA_CLASS_LIMIT; row++) {
        size_t at = position(distinct, row);
        if (at < distinct->count && compare(distinct, distinct->rows[at], row) == 0) continue;
        memmove(distinct->rows + at + 1, distinct->rows + at, (distinct->count - at) * sizeof *distinct->rows);
        distinct->rows[at] = row;
        distinct->count++;
    }
}

static struct data *finish(struct csv *csv) {
    for (size_t row = 1; row <= csv->rows; row++)
        csv->pool.bytes[(row < csv->rows ? csv->values[row].text : csv->pool.length) - 1] = '\0';
    size_t numbers = 0, whole = 0, first_text = csv->rows;
    for (size_t row = 0; row < csv->rows; row++) {
        const struct value *value = &csv->values[row];
        if (!value->is_number && first_text == csv->rows) first_text = row;
        numbers += value->is_number;
        whole += value->is_number && value->number == floor(value->number) && fabs(value->number) < 0x1p53;
    }
    struct distinct distinct = {.csv = csv, .by_number = numbers == csv->rows};
    collect(&distinct);
    char text[SHOWN + 4], name[SHOWN + 4];
    shown(csv->names[csv->target], name);
    if (distinct.count < 2) {
        fail_at(csv, csv->values[0].place, "the target “%s” is “%s” in every row; there is nothing to learn", name,
                shown(csv->pool.bytes + csv->values[0].text, text));
        return NULL;
    }
    if (numbers < csv->rows && distinct.count > DATA_CLASS_LIMIT) {
        fail_at(csv, csv->values[first_text].place,
                "the target “%s” has more than %d different values and “%s” is not a number; "
                "write numbers only, or fewer classes",
                name, DATA_CLASS_LIMIT, shown(csv->pool.bytes + csv->values[first_text].text, text));
        return NULL;
    }
    bool classes = numbers < csv->rows || (whole == csv->rows && distinct.count <= DATA_CLASS_LIMIT);
    const char *slash = strrchr(csv->path, '/');
    struct data *data = data_allocate(slash ? slash + 1 : csv->path, classes ? DATA_CLASSES : DATA_TARGETS,
                                      (int)csv->rows, (int)csv->columns - 1, classes ? (int)distinct.count : 1);
    memcpy(data->x, csv->x, csv->x_count * sizeof *csv->x);
    for (size_t row = 0; row < csv->rows; row++) {
        if (classes)
            data->labels[row] = (int32_t)position(&distinct, row);
        else
            data->y[row] = csv->values[row].number;
    }
    if (!classes) return data;
    data->class_names = MEM_NEW(char *, distinct.count);
    for (size_t c = 0; c < distinct.count; c++) {
        const struct value *value = &csv->values[distinct.rows[c]];
        struct text number = {0};
        if (distinct.by_number) text_format(&number, "%.0f", value->number + 0.0); /* −0 is 0 */
        data->class_names[c] = distinct.by_number ? number.bytes : mem_copy_text(csv->pool.bytes + value->text);
    }
    return data;
}

struct data *csv_read(const char *path, const char *target, size_t memory, struct data_reading *reading,
                      struct error *error) {
    size_t length;
    char *bytes = file_read(path, CSV_BYTES, &length, error);
    if (!bytes) return NULL;
    struct csv csv = {.path = path,
                      .target_name = target,
                      .memory = memory,
                      .reading = reading,
                      .error = error,
                      .start = bytes,
                      .at = bytes,
                      .end = bytes + length,
                      .line = 1};
    if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) csv.at += 3;
    csv.line_start = csv.at;
    csv.locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    struct data *data = NULL;
    if (check_text(&csv) && read_header(&csv) && find_target(&csv) && read_rows(&csv)) data = finish(&csv);
    freelocale(csv.locale);
    for (size_t i = 0; i < csv.columns; i++) free(csv.names[i]);
    free(csv.names);
    free(csv.x);
    free(csv.values);
    text_clear(&csv.field);
    text_clear(&csv.pool);
    free(bytes);
    return data;
}
