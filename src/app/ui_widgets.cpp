// The widgets behind ui.h, drawn by hand from the theme: what Dear ImGui gives is the bookkeeping of who is hovered and
// held, text editing, scrolling, and the drawing itself.
#include "app/marks.h"
#include "app/ui_imgui.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace ui_parts;

namespace {

constexpr float tip_delay = 0.45f;

// What every kind of button shows while it is hovered or held.
color wash(const ui *ui, bool hovered, bool held, unsigned flags) {
    const theme &t = *ui->colors;
    if (flags & UI_BUTTON_MAIN) return mixed(t.accent, t.ink, held ? 0.25f : hovered ? 0.12f : 0);
    float base = flags & UI_BUTTON_ON ? 0.12f : 0;
    return faded(t.ink, base + (held ? 0.14f : hovered ? 0.08f : 0));
}

// A widget of this size that is pressed by the mouse or the keyboard.
bool part(ui *ui, const char *id, ImVec2 size) {
    bool clicked = ImGui::InvisibleButton(id, size);
    return focus_stop(ui, id, FOCUS_PRESS) || clicked;
}

color ink_on_accent(const ui *ui) {
    const theme &t = *ui->colors;
    color white{1, 1, 1, 1}, black{0.08f, 0.09f, 0.11f, 1};
    return color_contrast(white, t.accent) >= color_contrast(black, t.accent) ? white : black;
}

// To three significant digits: what one reads is what is used.
double rounded(double value, double low, double high) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.3g", value);
    return std::clamp(std::strtod(digits, nullptr), low, high);
}

} // namespace

extern "C" {

bool ui_button(struct ui *ui, const char *id, const char *label, unsigned flags) {
    label = said(ui, label);
    push_font(ui, flags & UI_BUTTON_MAIN ? UI_SMALL | UI_BOLD : UI_SMALL);
    ImVec2 extent = ImGui::CalcTextSize(label);
    ImVec2 size(std::ceil(extent.x + ui->px(20)), ui->px(row_height));
    bool clicked = part(ui, id, size);
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
    bool clicked = part(ui, id, ImVec2(ui->px(size), ui->px(size)));
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

static bool segments(struct ui *ui, const char *id, const char *const *labels, const enum ui_icon *icons, int count,
                     int *chosen) {
    bool changed = false;
    ImDrawList *list = ImGui::GetWindowDrawList();
    push_font(ui, UI_SMALL);
    float height = ui->px(row_height), total = 0;
    std::vector<float> widths;
    std::vector<const char *> shown;
    for (int i = 0; i < count; i++) {
        shown.push_back(said(ui, labels[i]));
        widths.push_back(icons ? ui->px(34) : std::ceil(ImGui::CalcTextSize(shown.back()).x + ui->px(18)));
        total += widths.back();
    }
    ImVec2 origin = ImGui::GetCursorScreenPos();
    list->AddRectFilled(origin, ImVec2(origin.x + total, origin.y + height), packed(faded(ui->colors->ink, 0.06f)),
                        ui->px(6));
    ImGui::PushID(id);
    for (int i = 0; i < count; i++) {
        if (i) ImGui::SameLine(0, 0);
        ImGui::PushID(i);
        char name[48];
        std::snprintf(name, sizeof name, "%s.%d", id, i);
        if (part(ui, name, ImVec2(widths[size_t(i)], height)) && *chosen != i) {
            *chosen = i;
            changed = true;
        }
        ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
        place(ui, name, low, high);
        float inset = ui->px(2);
        ImVec2 in_low(low.x + inset, low.y + inset), in_high(high.x - inset, high.y - inset);
        bool on = *chosen == i;
        if (on) {
            list->AddRectFilled(in_low, in_high, packed(ui->colors->panel), ui->px(5));
            list->AddRect(in_low, in_high, packed(ui->colors->panel_edge), ui->px(5), 0, ui->snapped(hair));
        } else if (ImGui::IsItemHovered()) {
            list->AddRectFilled(in_low, in_high, packed(faded(ui->colors->ink, 0.06f)), ui->px(5));
        }
        color ink = on ? ui->colors->ink : ui->colors->faint_ink;
        ImVec2 extent = ImGui::CalcTextSize(shown[size_t(i)]);
        if (icons) {
            icon_draw(ui, icons[i], (low.x + high.x) / 2 / ui->scale, (low.y + high.y) / 2 / ui->scale, 16, ink);
            ui_tip(ui, labels[i]);
        } else {
            list->AddText(
                ImVec2(std::floor((low.x + high.x - extent.x) / 2), std::floor((low.y + high.y - extent.y) / 2)),
                packed(ink), shown[size_t(i)]);
        }
        ImGui::PopID();
    }
    ImGui::PopID();
    ImGui::PopFont();
    return changed;
}

bool ui_segments(struct ui *ui, const char *id, const char *const *labels, int count, int *chosen) {
    return segments(ui, id, labels, nullptr, count, chosen);
}

bool ui_icon_segments(struct ui *ui, const char *id, const enum ui_icon *icons, const char *const *tips, int count,
                      int *chosen) {
    return segments(ui, id, tips, icons, count, chosen);
}

bool ui_menu_row(struct ui *ui, const char *id, const char *label, const char *beside, bool chosen) {
    label = said(ui, label);
    beside = said(ui, beside);
    float height = ui->px(26), room = ImGui::GetContentRegionAvail().x;
    push_font(ui, UI_SMALL);
    float kept = *beside ? ImGui::CalcTextSize(beside).x + ui->px(16) : 0;
    ImGui::PopFont();
    push_font(ui, chosen ? UI_SMALL | UI_BOLD : UI_SMALL);
    bool clicked = part(ui, id, ImVec2(std::max(room, 1.0f), height));
    ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
    color ground = wash(ui, ImGui::IsItemHovered(), ImGui::IsItemActive(), chosen ? UI_BUTTON_ON : 0);
    ImDrawList *list = ImGui::GetWindowDrawList();
    if (ground.a > 0) list->AddRectFilled(low, high, packed(ground), ui->px(5));
    float top = std::floor((low.y + high.y - ImGui::GetTextLineHeight()) / 2);
    std::string shown = shortened(label, room - ui->px(16) - kept);
    list->AddText(ImVec2(low.x + ui->px(8), top), packed(ui->colors->ink), shown.c_str());
    ImGui::PopFont();
    push_font(ui, UI_SMALL);
    if (*beside)
        list->AddText(ImVec2(high.x + ui->px(8) - kept, top), packed(ui->colors->faint_ink), beside);
    ImGui::PopFont();
    place(ui, id, low, high);
    ImVec2 at = ImGui::GetCursorScreenPos(); // a list stands closer than other rows
    ImGui::SetCursorScreenPos(ImVec2(at.x, at.y - ImGui::GetStyle().ItemSpacing.y + ui->px(1)));
    return clicked;
}

bool ui_choice(struct ui *ui, const char *id, const char *label, bool chosen) {
    return ui_menu_row(ui, id, label, "", chosen);
}

bool ui_switch(struct ui *ui, const char *id, bool *on, struct color color) {
    float width = ui->px(30), height = ui->px(16), row = ui->px(row_height);
    bool clicked = part(ui, id, ImVec2(width, row));
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
    label = said(ui, label);
    text = said(ui, text);
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
    focus_stop(ui, id, FOCUS_SLIDER);
    int nudge = ui->stop_focused ? ui->focus_nudge : 0;
    float knob = ui->px(6), from = origin.x + label_width + knob, span = track_width - 2 * knob;
    bool log_track = logarithmic && low > 0;
    auto share_of = [&](double v) {
        double share = log_track ? std::log(std::max(v, low) / low) / std::log(high / low) : (v - low) / (high - low);
        return float(std::clamp(share, 0.0, 1.0));
    };
    ui_change change = UI_UNCHANGED;
    if (nudge) { // a fiftieth of the track
        double share = std::clamp(double(share_of(*value)) + nudge / 50.0, 0.0, 1.0);
        double wanted = rounded(log_track ? low * std::pow(high / low, share) : low + (high - low) * share, low, high);
        if (wanted != *value) change = UI_CHANGED;
        *value = wanted;
    } else if (hovered && ImGui::IsMouseDoubleClicked(0)) {
        *value = std::clamp(initial, low, high);
        change = UI_CHANGED;
    } else if (held && (ImGui::IsMouseDragging(0, 0) || ImGui::IsItemActivated())) {
        double share = std::clamp(double(ImGui::GetIO().MousePos.x - from) / double(span), 0.0, 1.0);
        double wanted = log_track ? low * std::pow(high / low, share) : low + (high - low) * share;
        wanted = rounded(wanted, low, high);
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
    hint = said(ui, hint);
    if (ui->focus == id && ui->focus_fresh && caret < 0) caret = int(std::strlen(text));
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
    note_glyphs(ui, text); // what was typed just now
    ImGui::PopID();
    bool active = ImGui::IsItemActive();
    ui->typing_now |= active;
    focus_stop(ui, id, FOCUS_TEXT);
    if (active && ui->modal.empty()) ui->focus = ui->focus_last = id;
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
    label = said(ui, label);
    push_font(ui, UI_SMALL | UI_BOLD);
    std::string shown = shortened_within(label, ui->px(room - 16));
    float text_width = ImGui::CalcTextSize(shown.c_str()).x;
    bool clicked = part(ui, id, ImVec2(text_width + ui->px(18), ui->px(row_height)));
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
    label = said(ui, label);
    push_font(ui, UI_SMALL | UI_BOLD);
    bool clicked = part(ui, id, ImVec2(std::max(ImGui::GetContentRegionAvail().x, 1.0f), ui->px(26)));
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

void ui_tip_at(struct ui *ui, const char *text, float at) {
    if (ui->keeps_texts) ui->texts.push_back(ui_said(ui, text));
    bool hovered = ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled);
    ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
    float x_ring = (ui->ring_low.x + ui->ring_high.x) / 2, y_ring = (ui->ring_low.y + ui->ring_high.y) / 2;
    bool ringed = ui->stop_focused && x_ring >= low.x && x_ring <= high.x && y_ring >= low.y && y_ring <= high.y;
    if ((!hovered && !ringed) || ImGui::IsAnyItemActive()) return;
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
    text = said(ui, text);
    ImVec2 display = ImGui::GetIO().DisplaySize;
    bool above = high.y > 0.7f * display.y;
    push_font(ui, UI_SMALL);
    std::string lines = wrapped(text, ui->px(260));
    text = lines.c_str();
    float half = ImGui::CalcTextSize(text, nullptr, false, ui->px(260)).x / 2 + ui->px(16);
    ImGui::PopFont();
    float middle = std::isnan(at) ? (low.x + high.x) / 2 : ui->px(at);
    float x = std::clamp(middle, half, std::max(display.x - half, half + 1));
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

void ui_tip(struct ui *ui, const char *text) {
    ui_tip_at(ui, text, NAN);
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
    const ImGuiIO &io = ImGui::GetIO();
    ImVec2 mouse = io.MousePos;
    canvas.twice = canvas.hovered && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left);
    canvas.shift = io.KeyShift;
    canvas.wheel = canvas.hovered ? io.MouseWheel : 0;
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

void ui_draw_picture(struct ui *ui, struct rect rect, uint32_t texture) {
    ImVec2 low = ui->at(rect.x, rect.y), high = ui->at(rect.x + rect.width, rect.y + rect.height);
    low = ImVec2(std::round(low.x), std::round(low.y)); // its pixels on the window's
    high = ImVec2(std::round(high.x), std::round(high.y));
    ImGui::GetWindowDrawList()->AddImage(ImTextureID(intptr_t(texture)), low, high);
}

void ui_draw_picture_part(struct ui *ui, struct rect rect, uint32_t texture, const float part[4]) {
    ImVec2 low = ui->at(rect.x, rect.y), high = ui->at(rect.x + rect.width, rect.y + rect.height);
    ImGui::GetWindowDrawList()->AddImage(ImTextureID(intptr_t(texture)), low, high, ImVec2(part[0], part[1]),
                                         ImVec2(part[0] + part[2], part[1] + part[3]));
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
    text = said(ui, text);
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

void ui_laser(struct ui *ui, const float *points, int count) {
    ImDrawList *list = ImGui::GetForegroundDrawList();
    const color red{0.93f, 0.1f, 0.12f, 1}, core{1, 0.86f, 0.84f, 1};
    ImGui::SetMouseCursor(ImGuiMouseCursor_None);
    for (int i = 0; i + 1 < count; i++) {
        const float *from = points + 3 * i, *to = from + 3;
        list->AddLine(ui->at(from[0], from[1]), ui->at(to[0], to[1]), packed(faded(red, 0.5f * from[2])),
                      ui->px(1.5f + 6 * from[2]));
    }
    if (!count) return;
    ImVec2 at = ui->at(points[3 * count - 3], points[3 * count - 2]);
    for (float ring = 1; ring > 0.05f; ring -= 0.125f) // the glow: many thin veils
        list->AddCircleFilled(at, ui->px(5 + 12 * ring), packed(faded(red, 0.09f)), 32);
    list->AddCircleFilled(at, ui->px(6), packed(red), 32);
    list->AddCircleFilled(at, ui->px(2.6f), packed(core), 24);
}

void ui_glyph(struct ui *ui, enum glyph_shape shape, float size, struct color fill, struct color outline) {
    ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::Dummy(ImVec2(ui->px(size), ui->px(row_height)));
    mark_draw(ui, shape, at.x / ui->scale + size / 2, at.y / ui->scale + row_height / 2, size, fill, outline);
}

} // extern "C"
