// The keyboard among the widgets behind ui.h: which one has it, how it walks, and what its keys do to it. Dear ImGui's
// own navigation knows its widgets only; ours are drawn by hand, and its rules differ from version to version.
#include "app/ui_imgui.hpp"

#include <algorithm>

using namespace ui_parts;

namespace {

constexpr size_t nowhere = size_t(-1);

size_t stop_of(const ui *ui, const std::string &id) {
    for (size_t i = 0; i < ui->stops.size(); i++)
        if (ui->stops[i].id == id) return i;
    return nowhere;
}

// A card in front of all keeps the keyboard to itself.
bool reachable(const ui *ui, size_t i) {
    return ui->modal.empty() || ui->stops[i].panel == ui->modal;
}

void go_to(ui *ui, size_t i) {
    if (ui->typing) { // the text box is left
        ImGui::SetWindowFocus(nullptr);
        ui->typing = false;
    }
    ui->focus = ui->focus_last = ui->stops[i].id;
    ui->focus_fresh = ui->focus_scrolls = true;
    ui->focus_pressed = false;
    ui->focus_nudge = 0;
}

} // namespace

namespace ui_parts {

bool focus_stop(ui *ui, const char *id, focus_kind kind) {
    if (ui->disabled > 0 || ui->panel_now.empty()) return false;
    ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
    ui->stops_now.push_back({id, ui->panel_now, kind, placed(ui, id, low, high).rect});
    ui->stop_focused = ui->focus == id;
    if (!ui->stop_focused) return false;
    ImVec2 corner = ImGui::GetWindowPos(), size = ImGui::GetWindowSize();
    if (ui->focus_scrolls && (low.y < corner.y + ui->px(8) || high.y > corner.y + size.y - ui->px(8))) {
        ImGui::SetScrollFromPosY((low.y + high.y) / 2 - corner.y, 0.5f);
        ui->wake_at = 0;
    }
    ui->focus_scrolls = false;
    ui->ring_low = low, ui->ring_high = high;
    ui->ring_clip_low = corner, ui->ring_clip_high = ImVec2(corner.x + size.x, corner.y + size.y);
    ui->ring = true;
    bool pressed = ui->focus_pressed;
    ui->focus_pressed = false;
    return pressed;
}

void focus_frame_begin(ui *ui) {
    ui->stops_now.clear();
    ui->modal_now.clear();
    ui->panel_now.clear();
    ui->ring = ui->stop_focused = false;
}

void focus_frame_end(ui *ui) {
    ui->stops.swap(ui->stops_now);
    ui->modal = ui->modal_now;
    bool there = !ui->focus.empty() && stop_of(ui, ui->focus) != nowhere;
    if (!there || (ui->modal.empty() ? false : !reachable(ui, stop_of(ui, ui->focus)))) ui->focus.clear();
    ui->focus_fresh = false;
    ui->focus_nudge = 0;
    if (!ui->ring || ui->focus.empty()) return;
    ImDrawList *list = ImGui::GetForegroundDrawList();
    float out = ui->px(2);
    list->PushClipRect(ui->ring_clip_low, ui->ring_clip_high);
    list->AddRect(ImVec2(ui->ring_low.x - out, ui->ring_low.y - out),
                  ImVec2(ui->ring_high.x + out, ui->ring_high.y + out), packed(ui->colors->panel), ui->px(7), 0,
                  ui->snapped(4));
    list->AddRect(ImVec2(ui->ring_low.x - out, ui->ring_low.y - out),
                  ImVec2(ui->ring_high.x + out, ui->ring_high.y + out), packed(ui->colors->accent), ui->px(7), 0,
                  ui->snapped(2));
    list->PopClipRect();
}

void focus_by_mouse(ui *ui, float x, float y) {
    ui->focus.clear();
    for (const focus_spot &stop : ui->stops)
        if (rect_holds(stop.place, x / ui->scale, y / ui->scale)) ui->focus_last = stop.id;
}

} // namespace ui_parts

extern "C" {

const char *ui_focus(const struct ui *ui) {
    return ui->focus.c_str();
}

bool ui_focus_step(struct ui *ui, int by) {
    size_t count = ui->stops.size(), at = stop_of(ui, ui->focus.empty() ? ui->focus_last : ui->focus);
    if (!ui->focus_from.empty() && ui->focus.empty()) {
        for (size_t i = count; i-- > 0;)
            if (ui->stops[i].panel == ui->focus_from) at = by > 0 ? i - 1 : i + 1; // nowhere + 1 is the first
        ui->focus_from.clear();
    }
    for (size_t n = 0; n < count; n++) {
        at = at == nowhere ? (by > 0 ? 0 : count - 1) : (at + count + (by > 0 ? 1 : count - 1)) % count;
        if (!reachable(ui, at)) continue;
        go_to(ui, at);
        return true;
    }
    return false;
}

bool ui_focus_panel(struct ui *ui, int by) {
    std::vector<size_t> firsts;
    size_t chosen = nowhere;
    std::string panel;
    for (size_t i = 0; i < ui->stops.size(); i++) {
        if (!reachable(ui, i)) continue;
        bool fresh = true; // a panel's widgets need not follow each other
        for (size_t first : firsts) fresh = fresh && ui->stops[first].panel != ui->stops[i].panel;
        if (fresh) firsts.push_back(i);
        if (ui->stops[i].id == ui->focus) panel = ui->stops[i].panel;
    }
    for (size_t i = 0; i < firsts.size(); i++)
        if (ui->stops[firsts[i]].panel == panel) chosen = i;
    if (firsts.empty()) return false;
    size_t count = firsts.size();
    chosen = chosen == nowhere ? (by > 0 ? 0 : count - 1) : (chosen + (by > 0 ? 1 : count - 1)) % count;
    go_to(ui, firsts[chosen]);
    return true;
}

void ui_focus_from(struct ui *ui, const char *panel) {
    ui->focus.clear();
    ui->focus_from = panel;
}

void ui_focus_leave(struct ui *ui) {
    if (ui->typing) ImGui::SetWindowFocus(nullptr);
    ui->typing = false;
    ui->focus.clear();
}

void ui_focus_press(struct ui *ui) {
    size_t at = stop_of(ui, ui->focus);
    if (at == nowhere) return;
    ui->focus_pressed = true;
    if (ui->stops[at].kind == FOCUS_TEXT) ui->focus_fresh = true;
}

void ui_focus_nudge(struct ui *ui, int right, int up) {
    size_t at = stop_of(ui, ui->focus);
    if (at == nowhere) return;
    if (ui->stops[at].kind == FOCUS_SLIDER && right != 0) {
        ui->focus_nudge += right;
        return;
    }
    std::string panel = ui->stops[at].panel; // else to the neighbour in its panel
    int by = right > 0 || up < 0 ? 1 : -1;
    for (size_t next = at + size_t(by); next < ui->stops.size(); next += size_t(by)) {
        if (ui->stops[next].panel != panel) continue;
        go_to(ui, next);
        return;
    }
}

bool ui_canvas_pressed(struct ui *ui, const char *id, const struct ui_canvas *canvas) {
    bool pressed = focus_stop(ui, id, FOCUS_PRESS);
    return pressed || canvas->pressed;
}

} // extern "C"
