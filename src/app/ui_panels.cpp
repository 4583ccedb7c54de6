// Panels, and where the next thing goes in them.
#include "app/ui_imgui.hpp"

#include <cmath>

using namespace ui_parts;

extern "C" {

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

} // extern "C"
