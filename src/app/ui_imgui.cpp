// Events, frames and colours over Dear ImGui 1.86 to 1.92. With the other ui_*.cpp the program's only C++.
extern "C" {
#include "base/error.h"
#include "base/words.h"
}

#include "app/ui_imgui.hpp"

#if __has_include(<backends/imgui_impl_sdl2.h>)
#include <backends/imgui_impl_sdl2.h>
#elif __has_include(<imgui_impl_sdl2.h>)
#include <imgui_impl_sdl2.h>
#else
#include <backends/imgui_impl_sdl.h>
#endif
#if __has_include(<backends/imgui_impl_opengl3.h>)
#include <backends/imgui_impl_opengl3.h>
#else
#include <imgui_impl_opengl3.h>
#endif

#include <cmath>
#include <cstdio>
#include <ctime>

using namespace ui_parts;

namespace ui_parts {

double now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

color warning_color(const ui *ui) {
    color shown = ui->colors->escape;
    for (float share = 0.05f; share < 1 && color_contrast(shown, ui->colors->panel) < 4.5f; share += 0.05f)
        shown = mixed(ui->colors->escape, ui->colors->ink, share);
    return shown;
}

const char *said(ui *ui, const char *english) {
    const char *text = words_say(ui->words, english);
    note_glyphs(ui, text);
    if (ui->keeps_texts) ui->texts.push_back(text);
    return text;
}

ui_place placed(const ui *ui, const char *id, ImVec2 low, ImVec2 high) {
    ui_place made;
    std::snprintf(made.id, sizeof made.id, "%s", id);
    made.rect = rect{low.x / ui->scale, low.y / ui->scale, (high.x - low.x) / ui->scale, (high.y - low.y) / ui->scale};
    return made;
}
void place(ui *ui, const char *id, ImVec2 low, ImVec2 high) {
    bool beside = high.x < 0 || high.y < 0; // a card whose size is not known yet
    if (!beside && ImGui::IsRectVisible(low, high))
        ui->places.push_back(placed(ui, id, low, high)); // else scrolled away
}
void place_item(ui *ui, const char *id) {
    place(ui, id, ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
}

} // namespace ui_parts

namespace {

void apply_style(ui *ui) {
    const theme &t = *ui->colors;
    ImGuiStyle &style = ImGui::GetStyle();
    style = ImGuiStyle();
    auto px = [&](float v) { return ui->snapped(v); };
    style.WindowPadding = ImVec2(px(14), px(12));
    style.WindowMinSize = ImVec2(1, 1);
    style.WindowBorderSize = 0;
    style.ChildBorderSize = 0;
    style.PopupBorderSize = px(hair);
    style.FramePadding = ImVec2(px(9), px(5));
    style.ItemSpacing = ImVec2(px(8), px(6));
    style.ItemInnerSpacing = ImVec2(px(6), px(4));
    style.ScrollbarSize = px(9);
    style.ScrollbarRounding = px(5);
    style.FrameRounding = px(5);
    style.PopupRounding = px(6);
    style.DisabledAlpha = 0.42f;
    auto set = [&](ImGuiCol slot, color c) { style.Colors[slot] = vec(c); };
    set(ImGuiCol_Text, t.ink);
    set(ImGuiCol_TextDisabled, t.faint_ink);
    set(ImGuiCol_WindowBg, t.panel);
    set(ImGuiCol_PopupBg, t.panel);
    set(ImGuiCol_Border, t.panel_edge);
    color field = mixed(t.panel, t.ink, 0.06f);
    set(ImGuiCol_FrameBg, field);
    set(ImGuiCol_FrameBgHovered, mixed(t.panel, t.ink, 0.09f));
    set(ImGuiCol_FrameBgActive, field);
    set(ImGuiCol_TextSelectedBg, faded(t.accent, 0.35f));
    set(ImGuiCol_ScrollbarBg, faded(t.panel, 0));
    set(ImGuiCol_ScrollbarGrab, faded(t.ink, 0.16f));
    set(ImGuiCol_ScrollbarGrabHovered, faded(t.ink, 0.28f));
    set(ImGuiCol_ScrollbarGrabActive, faded(t.ink, 0.4f));
    set(ImGuiCol_NavHighlight, t.accent);
}

} // namespace

extern "C" {

struct ui *ui_create(SDL_Window *window, void *gl_context, struct error *error) {
    ui *made = new ui;
    IMGUI_CHECKVERSION();
    made->context = ImGui::CreateContext();
    ImGui::SetCurrentContext(made->context);
    ImGuiIO &io = ImGui::GetIO();
    io.IniFilename = nullptr; // settings are ours to keep
    io.LogFilename = nullptr;
    io.ConfigInputTextCursorBlink = false; // a blinking caret would keep an idle window drawing
    made->colors = theme_get(THEME_PAPER);
    made->window = window;
    bool sdl = ImGui_ImplSDL2_InitForOpenGL(window, gl_context);
    bool gl = sdl && ImGui_ImplOpenGL3_Init("#version 330 core");
    if (!gl) {
        error_set(error, ERROR_MACHINE, "the panels cannot be drawn here; OpenGL 3.3 with GLSL 3.30 would be right");
        if (sdl) ImGui_ImplSDL2_Shutdown();
        ImGui::DestroyContext(made->context);
        delete made;
        return nullptr;
    }
    made->backends = true;
    // What is nearly always shown: one building of the atlas instead of two.
    note_glyphs(made, "−×·…—–“”’≈≤≥∞∇‖λθηβεσμ∂α¹²³⁰⁴⁵⁶⁷⁸⁹⁻₀₁₂₃√→←↑↓°%\u2009\u00a0");
    return made;
}

void ui_destroy(struct ui **ui) {
    if (!*ui) return;
    ImGui::SetCurrentContext((*ui)->context);
    if ((*ui)->backends) ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplSDL2_Shutdown();
    ImGui::DestroyContext((*ui)->context);
    forget_font_maps(*ui);
    delete *ui;
    *ui = nullptr;
}

void ui_leave_graphics(struct ui *ui) {
    ImGui::SetCurrentContext(ui->context);
    ImGui_ImplOpenGL3_Shutdown();
    ui->backends = false;
}

bool ui_enter_graphics(struct ui *ui, struct error *error) {
    ImGui::SetCurrentContext(ui->context);
    ui->fonts_stale = true;
    ui->backends = ImGui_ImplOpenGL3_Init("#version 330 core");
    return ui->backends ||
           error_set(error, ERROR_MACHINE, "the panels cannot be drawn any more; the graphics driver was reset");
}

void ui_set_scale(struct ui *ui, float scale, float pixel_ratio) {
    if (ui->scale == scale && ui->ratio == pixel_ratio) return;
    ui->scale = scale;
    ui->ratio = pixel_ratio;
    ui->fonts_stale = true;
    apply_style(ui);
}

void ui_set_theme(struct ui *ui, const struct theme *theme) {
    if (ui->colors == theme) return;
    ui->colors = theme;
    apply_style(ui);
}

void ui_set_words(struct ui *ui, struct words *words) {
    ui->words = words;
}

const char *ui_said(struct ui *ui, const char *english) {
    const char *text = words_say(ui->words, english);
    note_glyphs(ui, text);
    return text;
}

void ui_keep_texts(struct ui *ui) {
    ui->keeps_texts = true;
}

size_t ui_texts(const struct ui *ui) {
    return ui->texts.size();
}

const char *ui_text_at(const struct ui *ui, size_t i) {
    return ui->texts[i].c_str();
}

void ui_event(struct ui *ui, const SDL_Event *event) {
    ImGui::SetCurrentContext(ui->context);
    bool key = event->type == SDL_KEYDOWN || event->type == SDL_KEYUP;
    if (key && event->key.keysym.sym == SDLK_TAB) return; // walks by our rules
    if (event->type == SDL_MOUSEBUTTONDOWN) focus_by_mouse(ui, float(event->button.x), float(event->button.y));
    ImGui_ImplSDL2_ProcessEvent(event);
#if IMGUI_VERSION_NUM < 18700
    // This backend asks where the mouse is and which modifiers are down now, which may be long after the event.
    if (event->type == SDL_MOUSEMOTION) ui->mouse_x = event->motion.x, ui->mouse_y = event->motion.y;
    if (event->type == SDL_MOUSEBUTTONDOWN || event->type == SDL_MOUSEBUTTONUP)
        ui->mouse_x = event->button.x, ui->mouse_y = event->button.y;
    ui->mouse_told |= event->type == SDL_MOUSEMOTION || event->type == SDL_MOUSEBUTTONDOWN;
    if (event->type == SDL_KEYDOWN || event->type == SDL_KEYUP) {
        ImGuiIO &io = ImGui::GetIO();
        io.KeyCtrl = (event->key.keysym.mod & KMOD_CTRL) != 0;
        io.KeyShift = (event->key.keysym.mod & KMOD_SHIFT) != 0;
        io.KeyAlt = (event->key.keysym.mod & KMOD_ALT) != 0;
    }
#endif
}

bool ui_typing(const struct ui *ui) {
    return ui->typing; // Dear ImGui would say so only a frame later, and that frame waits for the key itself
}

bool ui_busy(const struct ui *ui) {
    (void)ui;
    return ImGui::IsAnyItemActive();
}

bool ui_covers(const struct ui *ui, float x, float y) {
    for (const ui_place &panel : ui->panels)
        if (rect_holds(panel.rect, x, y)) return true;
    return false;
}

void ui_pointer(struct ui *ui, bool hand) {
    ui->hand = hand;
}

double ui_wake_at(const struct ui *ui) {
    return ui->wake_at;
}

void ui_frame_begin(struct ui *ui) {
    ImGui::SetCurrentContext(ui->context);
    if (ui->fonts_stale) {
        if (!ui->fonts[0]) apply_style(ui);
        build_fonts(ui);
    }
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplSDL2_NewFrame();
#if IMGUI_VERSION_NUM < 18700
    // This backend shows it the mouse only while the window has the keyboard: hovering should not depend on that.
    if (!ui->mouse_told) SDL_GetMouseState(&ui->mouse_x, &ui->mouse_y);
    if (SDL_GetMouseFocus() == ui->window) ImGui::GetIO().MousePos = ImVec2(float(ui->mouse_x), float(ui->mouse_y));
#endif
    ImGui::NewFrame();
    ui->places.clear();
    ui->texts.clear();
    ui->panels_now.clear();
    ui->wake_at = INFINITY;
    ui->tip_seen = 0;
    ui->typing_now = false;
    focus_frame_begin(ui);
    if (ui->hand && !ImGui::GetIO().WantCaptureMouse) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
}

void ui_frame_end(struct ui *ui) {
    focus_frame_end(ui);
    ImGui::Render();
    ui->panels.swap(ui->panels_now);
    ui->typing = ui->typing_now;
    if (!ui->tip_seen) ui->tip_item = 0;
    if (ui->fonts_stale) ui->wake_at = 0;
}

bool ui_lacks_letters(const struct ui *ui) {
    return ui->fonts_stale;
}

void ui_draw(struct ui *ui) {
    ImGui::SetCurrentContext(ui->context);
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

size_t ui_places(const struct ui *ui, const struct ui_place **places) {
    *places = ui->places.data();
    return ui->places.size();
}

} // extern "C"
