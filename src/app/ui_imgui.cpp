// Panels' widgets over Dear ImGui 1.86 to 1.92: the program's only C++. Widgets are drawn here, by hand, from the
// theme; what Dear ImGui gives is the bookkeeping of who is hovered and held, text editing, scrolling, and the drawing
// itself.
extern "C" {
#include "base/error.h"
}

#include "app/ui.h"

#include "app/fonts.h"
#include "app/marks.h"

#include <imgui.h>

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

namespace {

constexpr float row_height = 28, tip_delay = 0.45f, hair = 1;
enum font_slot { FONT_SMALL, FONT_SMALL_BOLD, FONT_BODY, FONT_BODY_BOLD, FONT_TITLE, FONT_COUNT };
constexpr float font_sizes[FONT_COUNT] = {13, 13, 16, 16, 22};

double now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

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

struct ui {
    ImGuiContext *context = nullptr;
    const theme *colors = nullptr;
    float scale = 1, ratio = 1;
    ImFont *fonts[FONT_COUNT] = {};
    std::bitset<0x10000> glyphs; // code points that were ever shown
    bool fonts_stale = true;
    bool backends = false;
    std::vector<ui_place> places, panels, panels_now;
    ImGuiID tip_item = 0;
    double tip_since = 0, wake_at = INFINITY;
    ImGuiID tip_seen = 0;
    bool tip_shown = false;
    float margin = 0;
    bool hand = false;
    int mouse_x = 0, mouse_y = 0; // where the last event told it was
    bool mouse_told = false;
    bool typing = false, typing_now = false; // a text box had the keyboard in the last frame; in this one
    SDL_Window *window = nullptr;

    float px(float design) const {
        return design * scale;
    }
    float snapped(float design) const {
        return std::floor(design * scale * ratio + 0.5f) / ratio;
    }
    ImVec2 at(float x, float y) const {
        return ImVec2(x * scale, y * scale);
    }
};

namespace {

ImVec4 vec(color c) {
    return ImVec4(c.r, c.g, c.b, c.a);
}
ImU32 packed(color c) {
    return ImGui::GetColorU32(vec(c));
}
color faded(color c, float alpha) {
    c.a *= alpha;
    return c;
}
color mixed(color a, color b, float t) {
    return color{a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t, a.a + (b.a - a.a) * t};
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

ui_place placed(const ui *ui, const char *id, ImVec2 low, ImVec2 high) {
    ui_place made;
    std::snprintf(made.id, sizeof made.id, "%s", id);
    made.rect = rect{low.x / ui->scale, low.y / ui->scale, (high.x - low.x) / ui->scale, (high.y - low.y) / ui->scale};
    return made;
}
void place(ui *ui, const char *id, ImVec2 low, ImVec2 high) {
    if (ImGui::IsRectVisible(low, high)) ui->places.push_back(placed(ui, id, low, high)); // else scrolled away
}
void place_item(ui *ui, const char *id) {
    place(ui, id, ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
}

ImFont *font_of(const ui *ui, unsigned style) {
    unsigned size = style & UI_SIZE_MASK;
    bool bold = (style & UI_BOLD) != 0;
    return ui->fonts[size >= UI_TITLE  ? FONT_TITLE
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

void add_font(ui *ui, font_slot slot, const font_file &file, bool merge, const std::vector<ImWchar> &ranges) {
    ImFontConfig config;
    config.FontNo = file.index;
    config.MergeMode = merge;
    config.OversampleH = 2;
    config.OversampleV = 1;
    config.PixelSnapH = false;
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
        have = font_find_covering(&letter, 1, &regular);
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
        std::vector<font_file> stand_ins;
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
            font_file other;
            if (!font_find_covering(missing.data(), missing.size(), &other) || !cover(other)) break;
            stand_ins.push_back(other);
        }
        for (int slot = 0; slot < FONT_COUNT; slot++) {
            bool heavy = slot == FONT_SMALL_BOLD || slot == FONT_BODY_BOLD || slot == FONT_TITLE;
            add_font(ui, font_slot(slot), heavy ? bold : regular, false, ranges);
            for (const font_file &file : stand_ins) add_font(ui, font_slot(slot), file, true, ranges);
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

// What every kind of button shows while it is hovered or held.
color wash(const ui *ui, bool hovered, bool held, unsigned flags) {
    const theme &t = *ui->colors;
    if (flags & UI_BUTTON_MAIN) return mixed(t.accent, t.ink, held ? 0.25f : hovered ? 0.12f : 0);
    float base = flags & UI_BUTTON_ON ? 0.12f : 0;
    return faded(t.ink, base + (held ? 0.14f : hovered ? 0.08f : 0));
}

color ink_on_accent(const ui *ui) {
    const theme &t = *ui->colors;
    color white{1, 1, 1, 1}, black{0.08f, 0.09f, 0.11f, 1};
    return color_contrast(white, t.accent) >= color_contrast(black, t.accent) ? white : black;
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
    ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplSDL2_Shutdown();
    ImGui::DestroyContext((*ui)->context);
    delete *ui;
    *ui = nullptr;
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

void ui_event(struct ui *ui, const SDL_Event *event) {
    ImGui::SetCurrentContext(ui->context);
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
    ui->panels_now.clear();
    ui->wake_at = INFINITY;
    ui->tip_seen = 0;
    ui->typing_now = false;
    if (ui->hand && !ImGui::GetIO().WantCaptureMouse) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
}

void ui_frame_end(struct ui *ui) {
    ImGui::Render();
    ui->panels.swap(ui->panels_now);
    ui->typing = ui->typing_now;
    if (!ui->tip_seen) ui->tip_item = 0;
    if (ui->fonts_stale) ui->wake_at = 0;
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
    if (flags & UI_PANEL_FRONT) ImGui::SetNextWindowFocus();
    ImGui::Begin(id, nullptr, window);
    ImGui::PopStyleColor();
    ImGui::PopStyleVar(flags & UI_PANEL_BARE ? 3 : 2);
    ImVec2 low = ImGui::GetWindowPos(), size = ImGui::GetWindowSize(), high(low.x + size.x, low.y + size.y);
    ui_place made = placed(ui, id, low, high);
    ui->places.push_back(made);
    if (!(flags & UI_PANEL_CLICKS_THROUGH)) ui->panels_now.push_back(made);
    push_font(ui, UI_SMALL);
    ui->margin = 0;
    return made.rect;
}

void ui_panel_end(struct ui *ui) {
    (void)ui;
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
void ui_indent(struct ui *ui, float by) {
    if (by >= 0)
        ImGui::Indent(ui->px(by));
    else
        ImGui::Unindent(ui->px(-by));
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
    (void)ui;
    if (disabled) ImGui::BeginDisabled();
}
void ui_disable_end(struct ui *ui, bool disabled) {
    (void)ui;
    if (disabled) ImGui::EndDisabled();
}

void ui_at(struct ui *ui, float x, float y) {
    ImVec2 corner = ImGui::GetWindowPos();
    ImGui::SetCursorScreenPos(ImVec2(corner.x + ui->snapped(x), corner.y + ui->snapped(y)));
}

float ui_inner_width(struct ui *ui) {
    return (ImGui::GetWindowContentRegionMax().x - ImGui::GetWindowContentRegionMin().x) / ui->scale;
}

// ---- text

static std::string shortened(const char *text, float room) {
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

void ui_text_color(struct ui *ui, unsigned style, struct color color, const char *text) {
    note_glyphs(ui, text);
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
        ImGui::TextUnformatted(text);
        ImGui::PopTextWrapPos();
    } else if (style & UI_CLIPPED) {
        ImGui::TextUnformatted(shortened(text, ImGui::GetContentRegionAvail().x).c_str());
    } else {
        ImGui::TextUnformatted(text);
    }
    ImGui::PopStyleColor();
    ImGui::PopFont();
}

void ui_text_within(struct ui *ui, unsigned style, float room, const char *text) {
    push_font(ui, style);
    std::string shown = shortened(text, ui->px(room));
    ImGui::PopFont();
    ui_text(ui, style, shown.c_str());
}

void ui_text(struct ui *ui, unsigned style, const char *text) {
    color ink = style & UI_WARNING ? warning_color(ui) : style & UI_FAINT ? ui->colors->faint_ink : ui->colors->ink;
    ui_text_color(ui, style, ink, text);
}

void ui_textf(struct ui *ui, unsigned style, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ui_text(ui, style, text);
}

float ui_text_width(struct ui *ui, unsigned style, const char *text) {
    push_font(ui, style);
    float width = ImGui::CalcTextSize(text).x / ui->scale;
    ImGui::PopFont();
    return width;
}

// ---- widgets

bool ui_button(struct ui *ui, const char *id, const char *label, unsigned flags) {
    note_glyphs(ui, label);
    push_font(ui, flags & UI_BUTTON_MAIN ? UI_SMALL | UI_BOLD : UI_SMALL);
    ImVec2 extent = ImGui::CalcTextSize(label);
    ImVec2 size(std::ceil(extent.x + ui->px(20)), ui->px(row_height));
    bool clicked = ImGui::InvisibleButton(id, size);
    ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
    color ground = wash(ui, ImGui::IsItemHovered(), ImGui::IsItemActive(), flags);
    ImDrawList *list = ImGui::GetWindowDrawList();
    if (ground.a > 0) list->AddRectFilled(low, high, packed(ground), ui->px(5));
    if (flags & UI_BUTTON_EDGED)
        list->AddRect(low, high, packed(ui->colors->panel_edge), ui->px(5), 0, ui->snapped(hair));
    color ink = flags & UI_BUTTON_MAIN ? ink_on_accent(ui) : ui->colors->ink;
    list->AddText(ImVec2(std::floor((low.x + high.x - extent.x) / 2), std::floor((low.y + high.y - extent.y) / 2)),
                  packed(ink), label);
    ImGui::PopFont();
    place(ui, id, low, high);
    return clicked;
}

bool ui_icon_button(struct ui *ui, const char *id, enum ui_icon icon, float size, unsigned flags) {
    bool clicked = ImGui::InvisibleButton(id, ImVec2(ui->px(size), ui->px(size)));
    ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
    color ground = wash(ui, ImGui::IsItemHovered(), ImGui::IsItemActive(), flags);
    if (ground.a > 0)
        ImGui::GetWindowDrawList()->AddRectFilled(low, high, packed(ground),
                                                  ui->px(flags & UI_BUTTON_MAIN ? size / 2 : 5));
    color ink = flags & UI_BUTTON_MAIN                        ? ink_on_accent(ui)
                : icon == ICON_RECORD && flags & UI_BUTTON_ON ? warning_color(ui)
                                                              : ui->colors->ink;
    icon_draw(ui, icon, (low.x + high.x) / 2 / ui->scale, (low.y + high.y) / 2 / ui->scale, 16, ink);
    place(ui, id, low, high);
    return clicked;
}

bool ui_corner_button(struct ui *ui, const char *id, enum ui_icon icon, float size) {
    ImVec2 back = ImGui::GetCursorPos();
    float inset = ui->px(7);
    ImGui::SetCursorPos(ImVec2(ImGui::GetWindowWidth() - ui->px(size) - inset, inset));
    bool clicked = ui_icon_button(ui, id, icon, size, UI_BUTTON_QUIET);
    ImGui::SetCursorPos(back);
    return clicked;
}

bool ui_segments(struct ui *ui, const char *id, const char *const *labels, int count, int *chosen) {
    bool changed = false;
    ImDrawList *list = ImGui::GetWindowDrawList();
    push_font(ui, UI_SMALL);
    float height = ui->px(row_height), total = 0;
    std::vector<float> widths;
    for (int i = 0; i < count; i++) {
        note_glyphs(ui, labels[i]);
        widths.push_back(std::ceil(ImGui::CalcTextSize(labels[i]).x + ui->px(18)));
        total += widths.back();
    }
    ImVec2 origin = ImGui::GetCursorScreenPos();
    list->AddRectFilled(origin, ImVec2(origin.x + total, origin.y + height), packed(faded(ui->colors->ink, 0.06f)),
                        ui->px(6));
    ImGui::PushID(id);
    for (int i = 0; i < count; i++) {
        if (i) ImGui::SameLine(0, 0);
        ImGui::PushID(i);
        if (ImGui::InvisibleButton("part", ImVec2(widths[size_t(i)], height)) && *chosen != i) {
            *chosen = i;
            changed = true;
        }
        ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
        char part[48];
        std::snprintf(part, sizeof part, "%s.%d", id, i);
        place(ui, part, low, high);
        float inset = ui->px(2);
        ImVec2 in_low(low.x + inset, low.y + inset), in_high(high.x - inset, high.y - inset);
        bool on = *chosen == i;
        if (on) {
            list->AddRectFilled(in_low, in_high, packed(ui->colors->panel), ui->px(5));
            list->AddRect(in_low, in_high, packed(ui->colors->panel_edge), ui->px(5), 0, ui->snapped(hair));
        } else if (ImGui::IsItemHovered()) {
            list->AddRectFilled(in_low, in_high, packed(faded(ui->colors->ink, 0.06f)), ui->px(5));
        }
        ImVec2 extent = ImGui::CalcTextSize(labels[i]);
        list->AddText(ImVec2(std::floor((low.x + high.x - extent.x) / 2), std::floor((low.y + high.y - extent.y) / 2)),
                      packed(on ? ui->colors->ink : ui->colors->faint_ink), labels[i]);
        ImGui::PopID();
    }
    ImGui::PopID();
    ImGui::PopFont();
    return changed;
}

bool ui_choice(struct ui *ui, const char *id, const char *label, bool chosen) {
    note_glyphs(ui, label);
    push_font(ui, chosen ? UI_SMALL | UI_BOLD : UI_SMALL);
    float height = ui->px(26), room = ImGui::GetContentRegionAvail().x;
    bool clicked = ImGui::InvisibleButton(id, ImVec2(std::max(room, 1.0f), height));
    ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
    color ground = wash(ui, ImGui::IsItemHovered(), ImGui::IsItemActive(), chosen ? UI_BUTTON_ON : 0);
    ImDrawList *list = ImGui::GetWindowDrawList();
    if (ground.a > 0) list->AddRectFilled(low, high, packed(ground), ui->px(5));
    std::string shown = shortened(label, room - ui->px(16));
    list->AddText(ImVec2(low.x + ui->px(8), std::floor((low.y + high.y - ImGui::GetTextLineHeight()) / 2)),
                  packed(ui->colors->ink), shown.c_str());
    ImGui::PopFont();
    place(ui, id, low, high);
    ImVec2 at = ImGui::GetCursorScreenPos(); // a list stands closer than other rows
    ImGui::SetCursorScreenPos(ImVec2(at.x, at.y - ImGui::GetStyle().ItemSpacing.y + ui->px(1)));
    return clicked;
}

bool ui_switch(struct ui *ui, const char *id, bool *on, struct color color) {
    float width = ui->px(30), height = ui->px(16), row = ui->px(row_height);
    bool clicked = ImGui::InvisibleButton(id, ImVec2(width, row));
    if (clicked) *on = !*on;
    ImVec2 low = ImGui::GetItemRectMin();
    place_item(ui, id);
    float top = low.y + (row - height) / 2, knob = height / 2 - ui->px(2.5f);
    ImDrawList *list = ImGui::GetWindowDrawList();
    struct color track = *on ? color : faded(ui->colors->ink, ImGui::IsItemHovered() ? 0.3f : 0.2f);
    list->AddRectFilled(ImVec2(low.x, top), ImVec2(low.x + width, top + height), packed(track), height / 2);
    float x = *on ? low.x + width - height / 2 : low.x + height / 2;
    list->AddCircleFilled(ImVec2(x, top + height / 2), knob, packed(ui->colors->panel), 24);
    return clicked;
}

enum ui_change ui_slider(struct ui *ui, const char *id, const char *label, double *value, double low, double high,
                         double initial, bool logarithmic, const char *text, struct color color) {
    note_glyphs(ui, label);
    note_glyphs(ui, text);
    const theme &t = *ui->colors;
    ImDrawList *list = ImGui::GetWindowDrawList();
    float label_width = ui->px(76), value_width = ui->px(58), height = ui->px(24);
    float room = ImGui::GetContentRegionAvail().x, track_width = std::max(room - label_width - value_width, ui->px(40));
    ImVec2 origin = ImGui::GetCursorScreenPos();
    float middle = origin.y + height / 2;
    push_font(ui, UI_SMALL);
    float text_top = std::floor(middle - ImGui::GetTextLineHeight() / 2);
    list->AddText(ImVec2(origin.x, text_top), packed(t.faint_ink), shortened(label, label_width - ui->px(4)).c_str());
    list->AddText(ImVec2(std::floor(origin.x + room - ImGui::CalcTextSize(text).x), text_top), packed(t.ink), text);
    ImGui::PopFont();
    ImGui::SetCursorScreenPos(ImVec2(origin.x + label_width, origin.y));
    ImGui::InvisibleButton(id, ImVec2(track_width, height));
    bool held = ImGui::IsItemActive(), hovered = ImGui::IsItemHovered(), let_go = ImGui::IsItemDeactivated();
    place_item(ui, id);
    float knob = ui->px(6), from = origin.x + label_width + knob, span = track_width - 2 * knob;
    bool log_track = logarithmic && low > 0;
    auto share_of = [&](double v) {
        double share = log_track ? std::log(std::max(v, low) / low) / std::log(high / low) : (v - low) / (high - low);
        return float(std::clamp(share, 0.0, 1.0));
    };
    ui_change change = UI_UNCHANGED;
    if (hovered && ImGui::IsMouseDoubleClicked(0)) {
        *value = std::clamp(initial, low, high);
        change = UI_CHANGED;
    } else if (held && (ImGui::IsMouseDragging(0, 0) || ImGui::IsItemActivated())) {
        double share = std::clamp(double(ImGui::GetIO().MousePos.x - from) / double(span), 0.0, 1.0);
        double wanted = log_track ? low * std::pow(high / low, share) : low + (high - low) * share;
        // three significant digits: what one reads is what is used
        char digits[32];
        std::snprintf(digits, sizeof digits, "%.3g", wanted);
        wanted = std::clamp(std::strtod(digits, nullptr), low, high);
        if (wanted != *value) change = UI_CHANGING;
        *value = wanted;
    }
    if (let_go) change = UI_CHANGED;
    float x = from + span * share_of(*value), thick = ui->snapped(3);
    list->AddRectFilled(ImVec2(from - knob / 2, middle - thick / 2), ImVec2(from + span + knob / 2, middle + thick / 2),
                        packed(faded(t.ink, 0.14f)), thick / 2);
    list->AddRectFilled(ImVec2(from - knob / 2, middle - thick / 2), ImVec2(x, middle + thick / 2), packed(color),
                        thick / 2);
    list->AddCircleFilled(ImVec2(x, middle), held || hovered ? knob * 1.15f : knob, packed(color), 28);
    list->AddCircle(ImVec2(x, middle), held || hovered ? knob * 1.15f : knob, packed(t.panel), 28, ui->snapped(1.5f));
    ImGui::SetCursorScreenPos(origin);
    ImGui::Dummy(ImVec2(room, height - ui->px(4)));
    return change;
}

static int move_caret(ImGuiInputTextCallbackData *data) {
    int *caret = static_cast<int *>(data->UserData);
    if (*caret >= 0) {
        data->CursorPos = data->SelectionStart = data->SelectionEnd = std::min(*caret, data->BufTextLen);
        *caret = -1;
    }
    return 0;
}

bool ui_input(struct ui *ui, const char *id, char *text, size_t size, const char *hint, int caret) {
    note_glyphs(ui, text);
    note_glyphs(ui, hint);
    if (caret >= 0) ImGui::SetKeyboardFocusHere();
    ImGui::SetNextItemWidth(-1);
    // Dear ImGui takes the keyboard a frame after being asked; the caret has to wait for it.
    ImGuiStorage *storage = ImGui::GetStateStorage();
    ImGuiID slot = ImGui::GetID("caret");
    if (caret >= 0) storage->SetInt(slot, caret + 1);
    int wanted = storage->GetInt(slot, 0) - 1;
    ImGui::PushID(id);
    bool entered = ImGui::InputTextWithHint("##text", hint, text, size,
                                            ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_CallbackAlways,
                                            move_caret, &wanted);
    ImGui::PopID();
    bool active = ImGui::IsItemActive();
    ui->typing_now |= active;
    if (active && wanted < 0)
        storage->SetInt(slot, 0);
    else if (storage->GetInt(slot, 0) > 0)
        ui->wake_at = 0;
    if (active)
        ImGui::GetWindowDrawList()->AddRect(ImGui::GetItemRectMin(), ImGui::GetItemRectMax(),
                                            packed(ui->colors->accent), ui->px(5), 0, ui->snapped(1.5f));
    place_item(ui, id);
    return entered;
}

static void draw_chevron(struct ui *ui, float x, float y, bool open, color ink) {
    float r = ui->px(3.2f);
    ImVec2 down[3] = {ImVec2(x - r, y - r / 2), ImVec2(x, y + r / 2), ImVec2(x + r, y - r / 2)};
    ImVec2 right[3] = {ImVec2(x - r / 2, y - r), ImVec2(x + r / 2, y), ImVec2(x - r / 2, y + r)};
    ImGui::GetWindowDrawList()->AddPolyline(open ? down : right, 3, packed(ink), 0, ui->px(1.5f));
}

bool ui_heading(struct ui *ui, const char *id, const char *label, float room, bool *open) {
    note_glyphs(ui, label);
    push_font(ui, UI_SMALL | UI_BOLD);
    std::string shown = shortened(label, ui->px(room - 16));
    float text_width = ImGui::CalcTextSize(shown.c_str()).x;
    bool clicked = ImGui::InvisibleButton(id, ImVec2(text_width + ui->px(18), ui->px(row_height)));
    if (clicked && open) *open = !*open;
    ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
    float middle = (low.y + high.y) / 2;
    ImGui::GetWindowDrawList()->AddText(ImVec2(low.x, std::floor(middle - ImGui::GetTextLineHeight() / 2)),
                                        packed(open ? ui->colors->ink : ui->colors->faint_ink), shown.c_str());
    if (open)
        draw_chevron(ui, low.x + text_width + ui->px(10), middle, *open,
                     ImGui::IsItemHovered() ? ui->colors->ink : ui->colors->faint_ink);
    ImGui::PopFont();
    place(ui, id, low, high);
    return clicked;
}

bool ui_fold(struct ui *ui, const char *id, const char *label, bool *open) {
    note_glyphs(ui, label);
    push_font(ui, UI_SMALL | UI_BOLD);
    bool clicked = ImGui::InvisibleButton(id, ImVec2(std::max(ImGui::GetContentRegionAvail().x, 1.0f), ui->px(26)));
    if (clicked) *open = !*open;
    ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
    color ink = ImGui::IsItemHovered() ? ui->colors->ink : ui->colors->faint_ink;
    ImDrawList *list = ImGui::GetWindowDrawList();
    float middle = (low.y + high.y) / 2;
    draw_chevron(ui, low.x + ui->px(4), middle, *open, ink);
    list->AddText(ImVec2(low.x + ui->px(15), std::floor(middle - ImGui::GetTextLineHeight() / 2)), packed(ink), label);
    ImGui::PopFont();
    place(ui, id, low, high);
    return clicked;
}

void ui_tip(struct ui *ui, const char *text) {
    if (!ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled) || ImGui::IsAnyItemActive()) return;
    ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
    ImGuiID item = ImGui::GetID(text) ^ ImGuiID(low.x * 31 + low.y);
    ui->tip_seen = item;
    if (ui->tip_item != item) {
        ui->tip_item = item;
        ui->tip_shown = false;
        ui->tip_since = now();
    }
    if (now() - ui->tip_since < double(tip_delay)) {
        ui->wake_at = std::min(ui->wake_at, ui->tip_since + double(tip_delay) + 0.01);
        return;
    }
    if (!ui->tip_shown) ui->wake_at = 0; // its size is known after a frame
    ui->tip_shown = true;
    note_glyphs(ui, text);
    ImVec2 display = ImGui::GetIO().DisplaySize;
    bool above = high.y > 0.7f * display.y;
    float x = std::clamp((low.x + high.x) / 2, ui->px(90), std::max(display.x - ui->px(90), ui->px(91)));
    ImGui::SetNextWindowPos(ImVec2(x, above ? low.y - ui->px(6) : high.y + ui->px(6)), ImGuiCond_Always,
                            ImVec2(0.5f, above ? 1 : 0));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui->px(10), ui->px(6)));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, ui->px(6));
    ImGui::PushStyleColor(ImGuiCol_PopupBg, vec(ui->colors->ink));
    ImGui::PushStyleColor(ImGuiCol_Text, vec(ui->colors->panel));
    ImGui::BeginTooltip();
    push_font(ui, UI_SMALL);
    ImGui::PushTextWrapPos(ui->px(260));
    ImGui::TextUnformatted(text);
    ImGui::PopTextWrapPos();
    ImGui::PopFont();
    ImGui::EndTooltip();
    ImGui::PopStyleColor(2);
    ImGui::PopStyleVar(2);
}

// ---- drawing freely

namespace {
struct scaled_points : std::vector<ImVec2> {
    scaled_points(const ui *ui, const float *xy, int count) {
        reserve(size_t(count));
        for (int i = 0; i < count; i++) push_back(ui->at(xy[2 * i], xy[2 * i + 1]));
    }
};
} // namespace

struct ui_canvas ui_canvas_begin(struct ui *ui, const char *id, float width, float height) {
    ImGui::InvisibleButton(id, ImVec2(std::max(ui->px(width), 1.0f), std::max(ui->px(height), 1.0f)));
    place_item(ui, id);
    ui_canvas canvas = {};
    canvas.rect = placed(ui, id, ImGui::GetItemRectMin(), ImGui::GetItemRectMax()).rect;
    canvas.hovered = ImGui::IsItemHovered();
    canvas.held = ImGui::IsItemActive();
    canvas.pressed = ImGui::IsItemActivated();
    canvas.released = ImGui::IsItemDeactivated();
    ImVec2 mouse = ImGui::GetIO().MousePos;
    canvas.mouse_x = mouse.x / ui->scale;
    canvas.mouse_y = mouse.y / ui->scale;
    ImGui::PushClipRect(ImGui::GetItemRectMin(), ImGui::GetItemRectMax(), true);
    return canvas;
}

void ui_canvas_end(struct ui *ui) {
    (void)ui;
    ImGui::PopClipRect();
}

void ui_draw_line(struct ui *ui, float x0, float y0, float x1, float y1, struct color color, float width) {
    ImVec2 a = ui->at(x0, y0), b = ui->at(x1, y1);
    if (x0 == x1) a.x = b.x = std::floor(a.x); // upright and level lines stay crisp
    if (y0 == y1) a.y = b.y = std::floor(a.y);
    ImGui::GetWindowDrawList()->AddLine(a, b, packed(color), std::max(ui->px(width), 1 / ui->ratio));
}

void ui_draw_polyline(struct ui *ui, const float *xy, int count, struct color color, float width) {
    scaled_points points(ui, xy, count);
    ImGui::GetWindowDrawList()->AddPolyline(points.data(), count, packed(color), 0, ui->px(width));
}

void ui_draw_rect(struct ui *ui, struct rect rect, struct color fill, float radius) {
    ImGui::GetWindowDrawList()->AddRectFilled(ui->at(rect.x, rect.y), ui->at(rect.x + rect.width, rect.y + rect.height),
                                              packed(fill), ui->px(radius));
}

void ui_draw_frame(struct ui *ui, struct rect rect, struct color edge, float radius, float width) {
    ImGui::GetWindowDrawList()->AddRect(ui->at(rect.x, rect.y), ui->at(rect.x + rect.width, rect.y + rect.height),
                                        packed(edge), ui->px(radius), 0, ui->snapped(width));
}

void ui_draw_text(struct ui *ui, unsigned style, float x, float y, float anchor_x, float anchor_y, struct color color,
                  const char *text) {
    note_glyphs(ui, text);
    push_font(ui, style);
    ImVec2 extent = ImGui::CalcTextSize(text), at = ui->at(x, y);
    ImGui::GetWindowDrawList()->AddText(
        ImVec2(std::floor(at.x - anchor_x * extent.x), std::floor(at.y - anchor_y * extent.y)), packed(color), text);
    ImGui::PopFont();
}

void ui_draw_loop(struct ui *ui, const float *xy, int count, struct color color, float width) {
    scaled_points points(ui, xy, count);
    ImGui::GetWindowDrawList()->AddPolyline(points.data(), count, packed(color), ImDrawFlags_Closed,
                                            std::max(ui->px(width), 1.0f));
}

void ui_draw_polygon(struct ui *ui, const float *xy, int count, struct color fill) {
    scaled_points points(ui, xy, count);
    ImGui::GetWindowDrawList()->AddConvexPolyFilled(points.data(), count, packed(fill));
}

void ui_draw_circle(struct ui *ui, float x, float y, float radius, struct color color, float width) {
    ImDrawList *list = ImGui::GetWindowDrawList();
    if (width > 0)
        list->AddCircle(ui->at(x, y), ui->px(radius), packed(color), 32, ui->px(width));
    else
        list->AddCircleFilled(ui->at(x, y), ui->px(radius), packed(color), 32);
}

void ui_draw_arc(struct ui *ui, float x, float y, float radius, float from, float to, struct color color, float width) {
    ImDrawList *list = ImGui::GetWindowDrawList();
    list->PathArcTo(ui->at(x, y), ui->px(radius), from, to, 4 + int(8 * std::fabs(to - from)));
    list->PathStroke(packed(color), 0, ui->px(width));
}

void ui_glyph(struct ui *ui, enum glyph_shape shape, float size, struct color fill, struct color outline) {
    ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::Dummy(ImVec2(ui->px(size), ui->px(row_height)));
    mark_draw(ui, shape, at.x / ui->scale + size / 2, at.y / ui->scale + row_height / 2, size, fill, outline);
}

} // extern "C"
