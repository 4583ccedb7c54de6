// Frames, fonts, panels and text over Dear ImGui 1.86 to 1.92; with ui_widgets.cpp the program's only C++.
extern "C" {
#include "base/error.h"
#include "base/text.h"
#include "base/words.h"
}

#include "app/ui_imgui.hpp"

#include "app/fonts.h"
#include "scene/style.h"

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

#include <algorithm>
#include <bitset>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

using namespace ui_parts;

namespace {

constexpr float font_sizes[FONT_COUNT] = {STYLE_SMALL, STYLE_SMALL, STYLE_BODY, STYLE_BODY,
                                         STYLE_TITLE, STYLE_LARGE, STYLE_LARGE};

uint32_t next_code_point(const char *&text) {
    auto byte = [&] { return uint32_t(static_cast<unsigned char>(*text)); };
    uint32_t first = byte();
    text++;
    int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    uint32_t value = more == 3 ? first & 7 : more == 2 ? first & 15 : more == 1 ? first & 31 : first;
    for (; more > 0 && (byte() & 0xc0) == 0x80; more--, text++) value = value << 6 | (byte() & 63);
    return value;
}

} // namespace

namespace ui_parts {

double now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

// The colour of warnings, nearer to the ink where small letters need it (4.5 : 1).
color warning_color(const ui *ui) {
    color shown = ui->colors->escape;
    for (float share = 0.05f; share < 1 && color_contrast(shown, ui->colors->panel) < 4.5f; share += 0.05f)
        shown = mixed(ui->colors->escape, ui->colors->ink, share);
    return shown;
}

void note_glyphs(ui *ui, const char *text) {
    while (*text) {
        uint32_t code = next_code_point(text);
        if (code < 0x80 || code > 0xffff || ui->glyphs.test(code)) continue;
        ui->glyphs.set(code);
        ui->fonts_stale = true;
        ui->wake_at = 0;
    }
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

ImFont *font_of(const ui *ui, unsigned style) {
    unsigned size = style & UI_SIZE_MASK;
    bool bold = (style & UI_BOLD) != 0;
    return ui->fonts[size == UI_LARGE   ? (bold ? FONT_LARGE_BOLD : FONT_LARGE)
                     : size == UI_TITLE ? FONT_TITLE
                     : size == UI_BODY ? (bold ? FONT_BODY_BOLD : FONT_BODY)
                                       : (bold ? FONT_SMALL_BOLD : FONT_SMALL)];
}
void push_font(const ui *ui, unsigned style) {
#if IMGUI_VERSION_NUM >= 19200
    ImFont *font = font_of(ui, style);
    ImGui::PushFont(font, font->LegacySize);
#else
    ImGui::PushFont(font_of(ui, style));
#endif
}

std::string wrapped(const char *text, float room) {
    bool wide = false;
    for (const char *at = text; *at; at++) wide |= static_cast<unsigned char>(*at) >= 0xe3;
    if (!wide) return text;
    std::string all;
    while (*text) {
        size_t fits = 0;
        for (size_t at = text_next_break(text, 0);; at = text_next_break(text, at)) {
            if (fits && ImGui::CalcTextSize(text, text + at).x > room) break;
            fits = at;
            if (!text[at] || text[at] == '\n') break;
        }
        all.append(text, fits);
        text += fits;
        if (!*text) break;
        if (*text == '\n') text++;
        else while (*text == ' ') text++;
        all += '\n';
    }
    return all;
}

std::string shortened(const char *text, float room) {
    std::string all(text);
    if (ImGui::CalcTextSize(all.c_str()).x <= room) return all;
    while (!all.empty()) {
        do all.pop_back();
        while (!all.empty() && (static_cast<unsigned char>(all.back()) & 0xc0) == 0x80);
        if (!all.empty() && (static_cast<unsigned char>(all.back()) & 0xc0) == 0xc0) all.pop_back();
        std::string with = all + "…";
        if (ImGui::CalcTextSize(with.c_str()).x <= room) return with;
    }
    return all;
}

} // namespace ui_parts

namespace {

// Digits of one width, so that figures do not dance while they change.
void make_digits_tabular(ImFont *font) {
#if IMGUI_VERSION_NUM < 19200
    float widest = 0;
    for (ImWchar c = '0'; c <= '9'; c++) widest = std::max(widest, font->GetCharAdvance(c));
    for (int i = 0; i < font->Glyphs.Size; i++) {
        ImFontGlyph &glyph = font->Glyphs[i];
        if (glyph.Codepoint < '0' || glyph.Codepoint > '9') continue;
        float shift = std::floor((widest - glyph.AdvanceX) / 2);
        glyph.X0 += shift;
        glyph.X1 += shift;
        glyph.AdvanceX = widest;
    }
    font->BuildLookupTable();
#else
    (void)font;
#endif
}

void add_font(ui *ui, font_slot slot, const font_file &file, bool merge, const std::vector<ImWchar> &ranges,
              bool embolden = false) {
    ImFontConfig config;
    config.FontNo = file.index;
    config.MergeMode = merge;
    config.OversampleH = 2;
    config.OversampleV = 1;
    config.PixelSnapH = false;
    if (embolden) config.RasterizerMultiply = 1.5f; // many Han fonts come in one weight only
    float size = font_sizes[slot] * ui->scale * font_line_ratio(&file);
#if IMGUI_VERSION_NUM < 19200
    size *= ui->ratio;
#endif
    ImFont *font = ImGui::GetIO().Fonts->AddFontFromFileTTF(file.path, size, &config, ranges.data());
    if (!merge) ui->fonts[slot] = font;
}

void build_fonts(ui *ui) {
    ImGuiIO &io = ImGui::GetIO();
    io.Fonts->Clear();
    io.Fonts->Flags |= ImFontAtlasFlags_NoPowerOfTwoHeight | ImFontAtlasFlags_NoMouseCursors;

    static const char *const reading[] = {"Inter", "DejaVu Sans", "Noto Sans", "Liberation Sans", "Arial", nullptr};
    static const char *const mathematics[] = {"DejaVu Sans", "Noto Sans Math", "FreeSans", nullptr};
    font_file regular, bold, symbols;
    bool have = font_find(reading, false, &regular);
    if (!have) {
        uint32_t letter = 'a';
        have = font_find_covering(&letter, 1, false, &regular);
    }
    if (!have || !font_find(reading, true, &bold)) bold = regular;

    std::vector<uint32_t> wanted;
    for (uint32_t code = 0xa0; code < 0x10000; code++)
        if (ui->glyphs.test(code)) wanted.push_back(code);
    // The atlas keeps pointers to the ranges until it is built.
    std::vector<ImWchar> ranges{0x20, 0x7e};
    for (uint32_t code : wanted) ranges.insert(ranges.end(), {ImWchar(code), ImWchar(code)});
    ranges.push_back(0);

    if (!have) {
        for (ImFont *&font : ui->fonts) font = io.Fonts->AddFontDefault();
    } else {
        std::vector<font_file> stand_ins, heavy_stand_ins;
        std::vector<uint32_t> missing = wanted;
        auto cover = [&](const font_file &file) {
            size_t left = font_missing(&file, missing.data(), missing.size());
            bool helps = left < missing.size();
            missing.resize(left);
            return helps;
        };
        cover(regular);
        if (!missing.empty() && font_find(mathematics, false, &symbols) && cover(symbols)) stand_ins.push_back(symbols);
        while (!missing.empty()) {
            font_file other, heavier;
            std::vector<uint32_t> covered = missing;
            if (!font_find_covering(missing.data(), missing.size(), false, &other) || !cover(other)) break;
            stand_ins.push_back(other);
            heavy_stand_ins.resize(stand_ins.size() - 1, symbols);
            bool found = font_find_covering(covered.data(), covered.size(), true, &heavier) && heavier.bold &&
                         font_missing(&heavier, covered.data(), covered.size()) <= missing.size();
            heavy_stand_ins.push_back(found ? heavier : other);
        }
        for (size_t i = heavy_stand_ins.size(); i < stand_ins.size(); i++) heavy_stand_ins.push_back(stand_ins[i]);
        for (int slot = 0; slot < FONT_COUNT; slot++) {
            bool heavy = slot == FONT_SMALL_BOLD || slot == FONT_BODY_BOLD || slot == FONT_TITLE ||
                         slot == FONT_LARGE_BOLD;
            add_font(ui, font_slot(slot), heavy ? bold : regular, false, ranges);
            for (const font_file &file : heavy ? heavy_stand_ins : stand_ins)
                add_font(ui, font_slot(slot), file, true, ranges, heavy && !file.bold);
        }
    }
    io.FontDefault = ui->fonts[FONT_SMALL];
#if IMGUI_VERSION_NUM < 19200
    io.Fonts->Build();
    for (ImFont *font : ui->fonts) make_digits_tabular(font);
    io.FontGlobalScale = 1 / ui->ratio;
    ImGui_ImplOpenGL3_DestroyFontsTexture();
    ImGui_ImplOpenGL3_CreateFontsTexture();
#endif
    ui->fonts_stale = false;
}

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

// ---- panels and layout

struct rect ui_panel_begin(struct ui *ui, const char *id, struct rect rect, unsigned flags) {
    const theme &t = *ui->colors;
    float x = ui->snapped(rect.x), y = ui->snapped(rect.y);
    float right = ui->snapped(rect.x + rect.width), bottom = ui->snapped(rect.y + rect.height);
    ImGui::SetNextWindowPos(ImVec2(x, y));
    bool fits = flags & UI_PANEL_FITS;
    ImGui::SetNextWindowSize(ImVec2(right - x, fits ? 0 : bottom - y));
    ImGuiWindowFlags window = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                              ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav |
                              ImGuiWindowFlags_NoFocusOnAppearing;
    if (flags & UI_PANEL_SCROLLS)
        window &= ~ImGuiWindowFlags_NoScrollbar;
    else
        window |= ImGuiWindowFlags_NoScrollWithMouse;
    if (!(flags & (UI_PANEL_FRONT | UI_PANEL_CARD))) window |= ImGuiWindowFlags_NoBringToFrontOnFocus;
    if (flags & UI_PANEL_CLICKS_THROUGH) window |= ImGuiWindowFlags_NoInputs;
    bool card = flags & UI_PANEL_CARD;
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, card ? ui->snapped(8) : 0);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, card ? ui->snapped(hair) : 0);
    if (flags & UI_PANEL_BARE) ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
    color ground = flags & UI_PANEL_BACK ? t.ground : t.panel;
    ground.a = 1;
    ImGui::PushStyleColor(ImGuiCol_WindowBg, vec(ground));
    // Focus would end a drag that is going on, on the curves for one.
    if (flags & UI_PANEL_FRONT && !ImGui::IsAnyItemActive()) ImGui::SetNextWindowFocus();
    ImGui::Begin(id, nullptr, window);
    ImGui::PopStyleColor();
    ImGui::PopStyleVar(flags & UI_PANEL_BARE ? 3 : 2);
    ImVec2 low = ImGui::GetWindowPos(), size = ImGui::GetWindowSize(), high(low.x + size.x, low.y + size.y);
    ui_place made = placed(ui, id, low, high);
    ui->places.push_back(made);
    if (!(flags & UI_PANEL_CLICKS_THROUGH)) ui->panels_now.push_back(made);
    ui->panel_now = id;
    if (flags & UI_PANEL_FRONT && !(flags & UI_PANEL_CLICKS_THROUGH)) ui->modal_now = id;
    push_font(ui, UI_SMALL);
    ui->margin = 0;
    return made.rect;
}

void ui_panel_end(struct ui *ui) {
    ui->panel_now.clear();
    ImGui::PopFont();
    ImGui::End();
}

void ui_space(struct ui *ui, float height) {
    ImGui::Dummy(ImVec2(0, ui->px(height)));
}
void ui_beside(struct ui *ui, float gap) {
    ImGui::SameLine(0, ui->px(gap));
}
void ui_beside_at(struct ui *ui, float x) {
    ImGui::SameLine(ImGui::GetStyle().WindowPadding.x + ui->px(x));
}
float ui_room(struct ui *ui) {
    return ImGui::GetContentRegionAvail().x / ui->scale;
}
float ui_line_x(struct ui *ui) {
    return (ImGui::GetItemRectMax().x - ImGui::GetWindowPos().x) / ui->scale;
}
void ui_indent(struct ui *ui, float by) {
    if (by >= 0)
        ImGui::Indent(ui->px(by));
    else
        ImGui::Unindent(ui->px(-by));
}

void ui_scroll_here(struct ui *ui) {
    (void)ui;
    ImGui::SetScrollHereY(0);
}

void ui_scroll_by(struct ui *ui, float by) {
    ImGui::SetScrollY(ImGui::GetScrollY() + ui->px(by));
}

void ui_rule(struct ui *ui) {
    ImVec2 from = ImGui::GetCursorScreenPos();
    float y = std::floor(from.y);
    ImGui::GetWindowDrawList()->AddLine(ImVec2(from.x, y), ImVec2(from.x + ImGui::GetContentRegionAvail().x, y),
                                        packed(ui->colors->panel_edge), ui->snapped(hair));
    ImGui::Dummy(ImVec2(0, ui->px(1)));
}

void ui_margin(struct ui *ui, float right) {
    ui->margin = right;
}

void ui_disable(struct ui *ui, bool disabled) {
    if (disabled) ImGui::BeginDisabled();
    ui->disabled += disabled;
}
void ui_disable_end(struct ui *ui, bool disabled) {
    if (disabled) ImGui::EndDisabled();
    ui->disabled -= disabled;
}

void ui_at(struct ui *ui, float x, float y) {
    ImVec2 corner = ImGui::GetWindowPos();
    ImGui::SetCursorScreenPos(ImVec2(corner.x + ui->snapped(x), corner.y + ui->snapped(y)));
}

void ui_within(struct ui *ui, float x, float y) {
    ImGui::SetCursorPos(ImVec2(ui->snapped(x), ui->snapped(y)));
}
float ui_line_y(struct ui *ui) {
    return (ImGui::GetItemRectMax().y - ImGui::GetWindowPos().y + ImGui::GetScrollY()) / ui->scale;
}
bool ui_panel_dismissed(struct ui *ui) {
    (void)ui;
    return ImGui::IsMouseClicked(0) && !ImGui::IsWindowHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem) &&
           !ImGui::IsWindowAppearing();
}

float ui_content_height(struct ui *ui) {
    const ImGuiStyle &style = ImGui::GetStyle();
    return (ImGui::GetCursorPosY() - style.ItemSpacing.y + style.WindowPadding.y) / ui->scale;
}
float ui_inner_width(struct ui *ui) {
    return (ImGui::GetWindowContentRegionMax().x - ImGui::GetWindowContentRegionMin().x) / ui->scale;
}

// ---- text

static void show_text(struct ui *ui, unsigned style, struct color color, const char *text) {
    push_font(ui, style);
    ImGui::PushStyleColor(ImGuiCol_Text, vec(color));
    if (style & UI_IN_ROW) {
        float lift = (ui->px(row_height) - ImGui::GetTextLineHeight()) / 2;
        std::string shown = style & UI_CLIPPED ? shortened(text, ImGui::GetContentRegionAvail().x) : std::string(text);
        ImVec2 at = ImGui::GetCursorScreenPos();
        ImVec2 extent = ImGui::CalcTextSize(shown.c_str());
        ImGui::Dummy(ImVec2(extent.x, ui->px(row_height)));
        ImGui::GetWindowDrawList()->AddText(ImVec2(at.x, std::floor(at.y + lift)), packed(color), shown.c_str());
    } else if (style & UI_WRAPPED) {
        float edge = ImGui::GetContentRegionMax().x - ui->px(ui->margin);
        ImGui::PushTextWrapPos(edge);
        ImGui::TextUnformatted(wrapped(text, ImGui::GetContentRegionAvail().x - ui->px(ui->margin)).c_str());
        ImGui::PopTextWrapPos();
    } else if (style & UI_CLIPPED) {
        ImGui::TextUnformatted(shortened(text, ImGui::GetContentRegionAvail().x).c_str());
    } else {
        ImGui::TextUnformatted(text);
    }
    ImGui::PopStyleColor();
    ImGui::PopFont();
}

static color ink_of(const struct ui *ui, unsigned style) {
    return style & UI_WARNING ? warning_color(ui) : style & UI_FAINT ? ui->colors->faint_ink : ui->colors->ink;
}

void ui_text_color(struct ui *ui, unsigned style, struct color color, const char *text) {
    if (style & UI_AS_IS) note_glyphs(ui, text);
    show_text(ui, style, color, style & UI_AS_IS ? text : said(ui, text));
}

void ui_text_within(struct ui *ui, unsigned style, float room, const char *text) {
    push_font(ui, style);
    std::string shown = shortened(said(ui, text), ui->px(room));
    ImGui::PopFont();
    show_text(ui, style, ink_of(ui, style), shown.c_str());
}

void ui_text(struct ui *ui, unsigned style, const char *text) {
    ui_text_color(ui, style, ink_of(ui, style), text);
}

void ui_textf(struct ui *ui, unsigned style, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ui_text(ui, style, text);
}

void ui_foresee(struct ui *ui, const char *text) {
    note_glyphs(ui, text);
}

float ui_text_width(struct ui *ui, unsigned style, const char *text) {
    push_font(ui, style);
    const char *shown = style & UI_AS_IS ? text : words_say(ui->words, text);
    float width = ImGui::CalcTextSize(shown).x / ui->scale;
    ImGui::PopFont();
    return width;
}

} // extern "C"
