#include "app/fonts.h"

#include <fontconfig/fontconfig.h>
#include <stdio.h>
#include <string.h>

static bool take(FcPattern *match, struct font_file *found) {
    FcChar8 *file = NULL;
    int index = 0;
    if (FcPatternGetString(match, FC_FILE, 0, &file) != FcResultMatch) return false;
    if (FcPatternGetInteger(match, FC_INDEX, 0, &index) != FcResultMatch) index = 0;
    if (index & 0xffff0000) return false; /* a named instance of a variable font: no rasteriser here makes those */
    int length = snprintf(found->path, sizeof found->path, "%s", (const char *)file);
    found->index = index;
    int weight = FC_WEIGHT_REGULAR;
    FcPatternGetInteger(match, FC_WEIGHT, 0, &weight);
    found->bold = weight >= FC_WEIGHT_DEMIBOLD;
    return length > 0 && (size_t)length < sizeof found->path;
}

bool font_find(const char *const *families, bool bold, struct font_file *found) {
    for (; *families; families++) {
        FcPattern *pattern = FcPatternCreate();
        FcPatternAddString(pattern, FC_FAMILY, (const FcChar8 *)*families);
        FcPatternAddInteger(pattern, FC_WEIGHT, bold ? FC_WEIGHT_DEMIBOLD : FC_WEIGHT_REGULAR);
        FcPatternAddInteger(pattern, FC_SLANT, FC_SLANT_ROMAN);
        FcPatternAddBool(pattern, FC_VARIABLE, FcFalse);
        FcConfigSubstitute(NULL, pattern, FcMatchPattern);
        FcDefaultSubstitute(pattern);
        FcResult result;
        FcPattern *match = FcFontMatch(NULL, pattern, &result);
        bool good = false;
        if (match) {
            /* fontconfig always answers with something: it counts only when it is the family that was asked for */
            FcChar8 *family = NULL;
            for (int i = 0; FcPatternGetString(match, FC_FAMILY, i, &family) == FcResultMatch; i++) {
                if (FcStrCmpIgnoreCase(family, (const FcChar8 *)*families) == 0) good = true;
            }
            good = good && take(match, found);
            FcPatternDestroy(match);
        }
        FcPatternDestroy(pattern);
        if (good) return true;
    }
    return false;
}

/* Han characters look otherwise in Japanese: as in Chinese unless the person's own language says something else. */
static bool is_han(uint32_t code) {
    return code >= 0x2e80 && code <= 0x9fff;
}

static bool match_covering(const uint32_t *code_points, size_t count, bool bold, struct font_file *found) {
    FcCharSet *wanted = FcCharSetCreate();
    for (size_t i = 0; i < count; i++) FcCharSetAddChar(wanted, code_points[i]);
    FcPattern *pattern = FcPatternCreate();
    FcPatternAddString(pattern, FC_FAMILY, (const FcChar8 *)"sans-serif");
    FcPatternAddCharSet(pattern, FC_CHARSET, wanted);
    FcPatternAddInteger(pattern, FC_WEIGHT, bold ? FC_WEIGHT_DEMIBOLD : FC_WEIGHT_REGULAR);
    if (is_han(code_points[0])) FcPatternAddString(pattern, FC_LANG, (const FcChar8 *)"zh-cn");
    FcPatternAddBool(pattern, FC_SCALABLE, FcTrue);
    FcPatternAddBool(pattern, FC_VARIABLE, FcFalse);
    FcPatternAddBool(pattern, FC_COLOR, FcFalse);
    FcConfigSubstitute(NULL, pattern, FcMatchPattern);
    FcDefaultSubstitute(pattern);
    FcResult result;
    FcPattern *match = FcFontMatch(NULL, pattern, &result);
    bool good = false;
    FcCharSet *has = NULL;
    if (match && FcPatternGetCharSet(match, FC_CHARSET, 0, &has) == FcResultMatch)
        good = FcCharSetIntersectCount(wanted, has) == count && take(match, found);
    if (match) FcPatternDestroy(match);
    FcPatternDestroy(pattern);
    FcCharSetDestroy(wanted);
    return good;
}

bool font_find_covering(const uint32_t *code_points, size_t count, bool bold, struct font_file *found) {
    if (count == 0) return false;
    return match_covering(code_points, count, bold, found) || match_covering(code_points, 1, bold, found);
}

bool font_writes(const char *text) {
    int length = (int)strlen(text), used;
    for (; length > 0; text += used, length -= used) {
        FcChar32 code;
        struct font_file found;
        used = FcUtf8ToUcs4((const FcChar8 *)text, &code, length);
        if (used <= 0) return false;
        if (code > 0x7f && !font_find_covering(&code, 1, false, &found)) return false;
    }
    return true;
}

bool font_any(void) {
    uint32_t letter = 'a';
    struct font_file found;
    return font_find_covering(&letter, 1, false, &found);
}

size_t font_missing(const struct font_file *font, uint32_t *code_points, size_t count) {
    FcPattern *pattern = FcPatternCreate();
    FcPatternAddString(pattern, FC_FILE, (const FcChar8 *)font->path);
    FcPatternAddInteger(pattern, FC_INDEX, font->index);
    FcObjectSet *objects = FcObjectSetBuild(FC_CHARSET, (char *)NULL);
    FcFontSet *set = FcFontList(NULL, pattern, objects);
    FcCharSet *has = NULL;
    size_t left = count;
    if (set && set->nfont > 0 && FcPatternGetCharSet(set->fonts[0], FC_CHARSET, 0, &has) == FcResultMatch) {
        left = 0;
        for (size_t i = 0; i < count; i++)
            if (!FcCharSetHasChar(has, code_points[i])) code_points[left++] = code_points[i];
    }
    if (set) FcFontSetDestroy(set);
    FcObjectSetDestroy(objects);
    FcPatternDestroy(pattern);
    return left;
}

static uint32_t big_endian(const unsigned char *bytes, int count) {
    uint32_t value = 0;
    for (int i = 0; i < count; i++) value = value << 8 | bytes[i];
    return value;
}

static bool read_at(FILE *file, uint32_t offset, unsigned char *bytes, size_t count) {
    return fseek(file, (long)offset, SEEK_SET) == 0 && fread(bytes, 1, count, file) == count;
}

float font_line_ratio(const struct font_file *font) {
    FILE *file = fopen(font->path, "rb");
    if (!file) return 1.2f;
    unsigned char bytes[16];
    uint32_t start = 0, hhea = 0, head = 0;
    if (read_at(file, 0, bytes, 4) && memcmp(bytes, "ttcf", 4) == 0)
        start = read_at(file, 12 + 4 * (uint32_t)font->index, bytes, 4) ? big_endian(bytes, 4) : 0;
    uint32_t tables = read_at(file, start + 4, bytes, 2) ? big_endian(bytes, 2) : 0;
    for (uint32_t i = 0; i < tables && read_at(file, start + 12 + 16 * i, bytes, 16); i++) {
        if (memcmp(bytes, "hhea", 4) == 0) hhea = big_endian(bytes + 8, 4);
        if (memcmp(bytes, "head", 4) == 0) head = big_endian(bytes + 8, 4);
    }
    float ratio = 1.2f;
    if (hhea && head && read_at(file, head + 18, bytes, 2)) {
        float em = (float)big_endian(bytes, 2);
        if (em > 0 && read_at(file, hhea + 4, bytes, 4)) {
            float height = (float)(int16_t)big_endian(bytes, 2) - (float)(int16_t)big_endian(bytes + 2, 2);
            if (height > 0.5f * em && height < 3 * em) ratio = height / em;
        }
    }
    fclose(file);
    return ratio;
}
