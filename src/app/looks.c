/* How all of it looks and is worded: the size of text, light or dark, the language. */
#include "app/app_parts.h"

#include "app/fonts.h"
#include "base/memory.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is asked for, as far as it leaves room for the panels beside a scene: on a small window large text would only
 * hide what it names. */
float app_scale(const struct app *app) {
    static const float least_width = 640, least_height = 360, least_scale = 0.75f, big_text = 1.6f;
    float wanted = app->window.display_scale * app->settings.scale * (app->big_text ? big_text : 1);
    float fits = fminf((float)app->window.width / least_width, (float)app->window.height / least_height);
    return fminf(wanted, fmaxf(fits, least_scale));
}

void looks_fit(struct app *app) {
    window_measure(&app->window);
    ui_set_scale(app->ui, app_scale(app), app->window.pixel_ratio);
    layout_fit(app);
    app_redraw(app);
}

void app_set_scale(struct app *app, float user_scale) {
    float before = app->settings.scale;
    app->settings.scale = fminf(fmaxf(roundf(user_scale * 100) / 100, 0.75f), 3);
    looks_fit(app);
    float fits = app_scale(app) / app->window.display_scale;
    if (user_scale > before && app->settings.scale > fits) {
        app->settings.scale = fmaxf(floorf(fits * 100) / 100, 0.75f);
        looks_fit(app);
        notice_say(app, NOTICE_DONE, "That is as large as fits into this window. A larger window holds larger text.");
    }
    app->scale_kept = app->settings.scale;
}

void app_toggle_big_text(struct app *app) {
    bool left = app->layout.left_open, right = app->layout.right_open;
    app->big_text = !app->big_text;
    looks_fit(app);
    if (app->player.lesson && app->player.answered >> app->player.step & 1)
        app->player.answer_fresh = true; /* what is talked about stays in sight */
    if (!app->big_text || app->player.lesson || app->layout.crowd != LAYOUT_ONE) return; /* those fold by themselves */
    if (left && !app->layout.left_open)
        notice_say(app, NOTICE_DONE, "Large text leaves room for one side panel. Ctrl+1 shows the left one.");
    else if (right && !app->layout.right_open)
        notice_say(app, NOTICE_DONE, "Large text leaves room for one side panel. Ctrl+2 shows the right one.");
}

void app_toggle_insides(struct app *app) {
    app->insides.shown = !app->insides.shown;
    if (app->session) session_look_ahead(app->session, app->insides.shown);
    app_redraw(app);
}

void app_toggle_theme(struct app *app) {
    app->settings.theme = app->settings.theme == THEME_NIGHT ? THEME_PAPER : THEME_NIGHT;
    app->theme_kept = app->settings.theme;
    ui_set_theme(app->ui, theme_get(app->settings.theme));
    app_redraw(app);
}

void app_choose_language(struct app *app, const char *code) {
    snprintf(app->language_wanted, sizeof app->language_wanted, "%s", code);
    snprintf(app->language_kept, sizeof app->language_kept, "%s", code);
    if (app->frames_wanted < 2) app->frames_wanted = 2;
}

bool app_chinese(const struct app *app) {
    return strcmp(words_language(app->words), "zh") == 0;
}

void language_change(struct app *app) {
    char code[WORDS_CODE];
    struct error error = {0};
    struct words *words = NULL;
    memcpy(code, app->language_wanted, sizeof code);
    app->language_wanted[0] = '\0';
    if (strcmp(code, words_language(app->words)) == 0) return;
    if (!words_open(code, &words, &error)) {
        notice_say(app, NOTICE_TROUBLE, "%s", error.message);
        return;
    }
    if (words && !font_writes(words_name(words))) {
        notice_say(app, NOTICE_TROUBLE,
                   "No font on this machine has the letters of the language \"%s\". On Debian the package "
                   "fonts-wqy-microhei or fonts-noto-cjk would be right.",
                   words_language(words));
        words_destroy(&words);
        return;
    }
    ui_set_words(app->ui, words);
    app->scene.words = words;
    words_destroy(&app->words);
    app->words = words;
    if (app->player.lesson) app->player.spell = true;
    app_name_window(app);
    app_redraw(app);
}

/* Where there is no such language English is right, and nothing to say of it. */
static void want_environments_language(struct app *app) {
    char code[WORDS_CODE];
    words_wanted(code);
    for (size_t i = 0; i < app->language_count; i++)
        if (strcmp(app->languages[i].code, code) == 0) memcpy(app->language_wanted, code, sizeof code);
}

/* What no font can show is called by its code. */
static void name_by_letters_there_are(struct language *language) {
    if (font_writes(language->brief)) return;
    free(language->brief);
    language->brief = mem_copy_text(language->code);
    for (char *at = language->brief; *at; at++) *at = (char)toupper((unsigned char)*at);
}

void language_begin(struct app *app) {
    app->languages = languages_list(&app->language_count, &(struct error){0});
    for (size_t i = 0; i < app->language_count; i++) name_by_letters_there_are(&app->languages[i]);
    if (!font_writes("λ"))
        notice_say(app, NOTICE_TROUBLE,
                   font_any() ? "No font on this machine has mathematical signs: they are shown as \"?\". On Debian the "
                                "package fonts-dejavu-core would be right."
                              : "No font was found on this machine: there are only plain letters, and none on the "
                                "surface. On Debian the package fonts-dejavu-core would be right.");
    snprintf(app->language_kept, sizeof app->language_kept, "%s", app->settings.language);
    if (app->params->language)
        snprintf(app->language_wanted, sizeof app->language_wanted, "%s", app->params->language);
    else if (app->settings.language[0])
        memcpy(app->language_wanted, app->settings.language, sizeof app->language_wanted);
    else
        want_environments_language(app);
    language_change(app);
}
