// Inside the ui_*.cpp, which stand behind ui.h: what a widget is made of.
#pragma once

#include "app/ui.h"

#include <imgui.h>

#include <bitset>
#include <cmath>
#include <string>
#include <vector>

namespace ui_parts {

constexpr float row_height = 28, hair = 1;
// What the keyboard can do with a widget it has come to.
enum focus_kind { FOCUS_PRESS, FOCUS_SLIDER, FOCUS_TEXT };
struct focus_spot {
    std::string id, panel;
    focus_kind kind;
    rect place;
};
// A font's file.
struct font_map {
    std::string path;
    void *bytes;
    size_t size;
};
enum font_slot { FONT_SMALL, FONT_SMALL_BOLD, FONT_BODY, FONT_BODY_BOLD, FONT_TITLE, FONT_LARGE, FONT_LARGE_BOLD, FONT_COUNT };

} // namespace ui_parts

struct ui {
    ImGuiContext *context = nullptr;
    const theme *colors = nullptr;
    float scale = 1, ratio = 1;
    ImFont *fonts[ui_parts::FONT_COUNT] = {};
    std::vector<ui_parts::font_map> font_maps; // as long as the atlas looks into them
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
    struct words *words = nullptr; // borrowed
    bool keeps_texts = false;
    std::vector<std::string> texts; // of this frame, as shown
    // the last frame drawn, for what is other in the next (ui_changes.cpp)
    std::vector<uint64_t> tiles;
    int tile_columns = 0;
    uint64_t pictures = 0; // counts what was filled anew
    // the keyboard (ui_focus.cpp)
    std::vector<ui_parts::focus_spot> stops, stops_now; // of the last frame, in its order; of this one
    std::string focus, focus_last, focus_from;          // the widget that has it; that had it; the panel to begin with
    std::string panel_now, modal, modal_now;            // the panel being filled; the card in front of all, or ""
    bool focus_fresh = false, focus_scrolls = false, focus_pressed = false, stop_focused = false, ring = false;
    int focus_nudge = 0, disabled = 0;
    ImVec2 ring_low, ring_high, ring_clip_low, ring_clip_high;

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

namespace ui_parts {

void forget_font_maps(ui *ui);

inline ImVec4 vec(color c) {
    return ImVec4(c.r, c.g, c.b, c.a);
}
inline ImU32 packed(color c) {
    return ImGui::GetColorU32(vec(c));
}
inline color faded(color c, float alpha) {
    c.a *= alpha;
    return c;
}
inline color mixed(color a, color b, float t) {
    return color{a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t, a.a + (b.a - a.a) * t};
}
// The colour of warnings, nearer to the ink where small letters need it (4.5 : 1).
color warning_color(const ui *ui);

double now(); // as clock_seconds()
// Glyphs not yet in the atlas are there from the next frame on.
void note_glyphs(ui *ui, const char *text);
// What will be shown of an English text: in the language, its glyphs noted.
const char *said(ui *ui, const char *english);
// A widget's place, for ui_places: left out where it is scrolled away.
ui_place placed(const ui *ui, const char *id, ImVec2 low, ImVec2 high);
void place(ui *ui, const char *id, ImVec2 low, ImVec2 high);
void place_item(ui *ui, const char *id);
void push_font(const ui *ui, unsigned style);
void build_fonts(ui *ui); // with all glyphs noted so far
// The widget just made can have the keyboard. True when that presses it.
bool focus_stop(ui *ui, const char *id, focus_kind kind);
void focus_frame_begin(ui *ui);
void focus_frame_end(ui *ui);
void focus_by_mouse(ui *ui, float x, float y); // pressed there, in window units: the ring goes
// With line breaks where Han characters need them, for which Dear ImGui breaks anywhere or nowhere; in the font pushed.
std::string wrapped(const char *text, float room);
std::string shortened(const char *text, float room); // with … where it would be wider, in the font pushed
std::string shortened_within(const char *text, float room); // likewise, in its middle

} // namespace ui_parts
