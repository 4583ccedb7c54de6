/* The last step from within: the parts it is made of, and its formula with the numbers in it. */
#include "optimize/optimizer_class.h"

#include "base/memory.h"
#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool one_part(const struct optimizer_class *class) {
    for (int role = 0; role < ROLE_OTHER; role++)
        if (class->terms[role]) return false;
    return true;
}

void optimizer_keep_terms(struct optimizer *optimizer, bool keep) {
    if (keep == (optimizer->insides != NULL)) return;
    if (!keep) {
        insides_destroy(optimizer);
        return;
    }
    const struct optimizer_class *class = optimizer->class;
    int n = optimizer->n;
    struct optimizer_insides *insides = optimizer->insides = MEM_NEW(struct optimizer_insides, 1);
    insides->before = MEM_NEW(double, n);
    insides->after = MEM_NEW(double, n);
    insides->gradient = MEM_NEW(double, n);
    insides->back = MEM_NEW(double, n);
    insides->rate = MEM_NEW(double, n);
    insides->state = mem_zalloc(class->vector_count * (size_t)n, sizeof(double));
    for (int role = 0; role < OPTIMIZER_ROLES; role++) {
        const char *name = class->terms[role];
        if (role == ROLE_OTHER && !name && one_part(class)) name = "step";
        if (!name) continue;
        insides->parts[role] = MEM_NEW(double, n);
        insides->terms[insides->term_count++] =
            (struct optimizer_term){.name = name, .role = (enum optimizer_role)role, .values = insides->parts[role]};
    }
    insides->terms[insides->term_count] =
        (struct optimizer_term){.name = "back to the slow weights", .role = ROLE_OTHER, .values = insides->back};
}

void insides_destroy(struct optimizer *optimizer) {
    struct optimizer_insides *insides = optimizer->insides;
    if (!insides) return;
    for (int role = 0; role < OPTIMIZER_ROLES; role++) free(insides->parts[role]);
    free(insides->before);
    free(insides->after);
    free(insides->gradient);
    free(insides->back);
    free(insides->rate);
    free(insides->state);
    free(insides);
    optimizer->insides = NULL;
}

void insides_begin(struct optimizer *optimizer, const double *theta, const double *gradient, double rate) {
    struct optimizer_insides *insides = optimizer->insides;
    size_t size = (size_t)optimizer->n * sizeof *theta;
    memcpy(insides->before, theta, size);
    memcpy(insides->gradient, gradient, size);
    memcpy(insides->state, optimizer->state, optimizer->class->vector_count * size);
    for (int role = 0; role < OPTIMIZER_ROLES; role++)
        if (insides->parts[role]) memset(insides->parts[role], 0, size);
    memset(insides->back, 0, size);
    memcpy(insides->scalars, optimizer->scalars, sizeof insides->scalars);
    insides->buffered = optimizer->buffered;
    insides->factor = rate;
    for (int i = 0; i < optimizer->n; i++) insides->rate[i] = NAN;
}

void insides_end(struct optimizer *optimizer, const double *theta) {
    struct optimizer_insides *insides = optimizer->insides;
    insides->filled = true;
    memcpy(insides->after, theta, (size_t)optimizer->n * sizeof *theta);
    const struct optimizer_class *class = optimizer->class;
    for (int i = 0; i < optimizer->n; i++) {
        if (one_part(class)) insides->parts[ROLE_OTHER][i] = theta[i] - insides->before[i];
        if (!class->explain) continue;
        struct optimizer_share share = {.rate = NAN};
        class->explain(optimizer, i, &share);
        insides->rate[i] = share.rate;
        for (int role = 0; role < OPTIMIZER_ROLES; role++)
            if (insides->parts[role]) insides->parts[role][i] = share.moves[role];
    }
}

size_t optimizer_terms(const struct optimizer *optimizer, const struct optimizer_term **terms) {
    const struct optimizer_insides *insides = optimizer->insides;
    if (!insides || !insides->filled) return 0;
    *terms = insides->terms;
    return insides->term_count + (optimizer->lookahead > 0);
}

bool optimizer_effective_rate(const struct optimizer *optimizer, double *rate) {
    const struct optimizer_insides *insides = optimizer->insides;
    if (!insides || !insides->filled || isnan(insides->rate[0])) return false;
    memcpy(rate, insides->rate, (size_t)optimizer->n * sizeof *rate);
    return true;
}

bool optimizer_squares(const struct optimizer *optimizer, double *squares, bool *mean) {
    enum optimizer_squares kind = optimizer->class->squares;
    if (kind == SQUARES_NONE) return false;
    const double *kept = optimizer->vectors[optimizer->class->squares_vector].values;
    for (int i = 0; i < optimizer->n; i++) squares[i] = kind == SQUARES_ROOT ? kept[i] * kept[i] : kept[i];
    *mean = kind != SQUARES_SUM;
    return true;
}

/* ---- the formula ------------------------------------------------------------------------------------------------- */

static bool ends_with(const struct text *text, const char *end) {
    size_t length = strlen(end);
    return text->length >= length && memcmp(text->bytes + text->length - length, end, length) == 0;
}

static void cut(struct text *text, size_t bytes) {
    text->length -= bytes;
    text->bytes[text->length] = '\0';
}

/* A power of ten below a stroke is held together. */
static void append_positive(struct text *out, double value) {
    char digits[NUMBER_TEXT];
    number_text(value, 4, digits);
    bool hold = strstr(digits, "×") && ends_with(out, "/");
    text_format(out, "%s%s%s", hold ? "(" : "", digits, hold ? ")" : "");
}

static void append_figure(struct text *out, double value) {
    if (!signbit(value) || value == 0) {
        append_positive(out, fabs(value));
    } else if (out->length == 0 || ends_with(out, "(")) {
        text_append(out, "−");
        append_positive(out, -value);
    } else if (ends_with(out, "+ ")) {
        cut(out, strlen("+ "));
        text_append(out, "− ");
        append_positive(out, -value);
    } else if (ends_with(out, "− ")) {
        cut(out, strlen("− "));
        text_append(out, "+ ");
        append_positive(out, -value);
    } else {
        text_append(out, "(−");
        append_positive(out, -value);
        text_append(out, ")");
    }
}

void optimizer_write(struct text *out, const char *pattern, int count, const double *figures) {
    int used = 0;
    for (const char *at = pattern; *at;) {
        size_t plain = strcspn(at, "#");
        text_format(out, "%.*s", (int)plain, at);
        at += plain;
        if (*at != '#') continue;
        assert(used < count);
        append_figure(out, figures[used++]);
        at++;
    }
    assert(used == count);
}

void optimizer_write_gradient(const struct optimizer *optimizer, int i, double decay, struct text *out) {
    const struct optimizer_insides *insides = optimizer->insides;
    if (decay != 0)
        OPTIMIZER_WRITE(out, "(# + #·#)", insides->gradient[i], decay, insides->before[i]);
    else
        OPTIMIZER_WRITE(out, "#", insides->gradient[i]);
}

/* Places after the point at which a step of this size shows three of its digits. */
static int places_for(double step) {
    if (!(fabs(step) > 0) || !isfinite(step)) return 6;
    int places = 2 - (int)floor(log10(fabs(step)));
    return places < 0 ? 0 : places > 12 ? 12 : places;
}

static void append_place(struct text *out, double theta, int places) {
    char digits[400]; /* a float64 has at most 309 digits before the point */
    snprintf(digits, sizeof digits, "%.*f", places, fabs(theta));
    if (strchr(digits, '.')) {
        size_t end = strlen(digits);
        while (digits[end - 1] == '0') end--;
        if (digits[end - 1] == '.') end--;
        digits[end] = '\0';
    }
    text_format(out, "%s%s", theta < 0 && strcmp(digits, "0") != 0 ? "−" : "", digits);
}

static void append_parts(const struct optimizer *optimizer, int i, struct text *out) {
    const struct optimizer_insides *insides = optimizer->insides;
    bool any = false;
    for (size_t k = 0; k < insides->term_count; k++) {
        double move = insides->terms[k].values[i];
        if (move == 0) continue;
        OPTIMIZER_WRITE(out, any ? " + #" : "+ #", move);
        any = true;
    }
    if (!any) text_append(out, "+ 0");
}

size_t optimizer_formula(const struct optimizer *optimizer, int parameter, char *out, size_t size) {
    const struct optimizer_insides *insides = optimizer->insides;
    assert(parameter >= 0 && parameter < optimizer->n);
    if (!insides || !insides->filled) return 0;
    struct text text = {0};
    double from = insides->before[parameter], to = insides->after[parameter];
    int places = places_for(to - from);
    text_append(&text, "θ ← ");
    append_place(&text, from, places);
    text_append(&text, " ");
    if (optimizer->class->formula)
        optimizer->class->formula(optimizer, parameter, &text);
    else
        append_parts(optimizer, parameter, &text);
    if (insides->back[parameter] != 0) OPTIMIZER_WRITE(&text, " + #", insides->back[parameter]);
    text_append(&text, " = ");
    append_place(&text, to, places);
    size_t length = text.length;
    snprintf(out, size, "%s", text.bytes);
    text_clear(&text);
    return length;
}
