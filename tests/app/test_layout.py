#!/usr/bin/env python3
"""How the window finds room: panels that fold by themselves and by hand, large text, a display of many lines.

    test_layout.py SADDLESCOPE [--keep FOLDER]
"""

import shutil
import sys
import tempfile

from window_driver import Display, Window, check, needs, plan

LEFT, RIGHT, CURVES = "panel.left", "panel.right", "curves"


def open_panels(state):
    return [name for name in (LEFT, RIGHT, CURVES) if name in state["widgets"]]


def folds(window, wanted, name):
    state = window.wait(lambda s: open_panels(s) == wanted)
    return check(open_panels(state) == wanted, name, open_panels(state)) and state


def panes(window):
    window.wait(lambda s: s["first_surface"] > 0)
    before = folds(window, [LEFT, RIGHT, CURVES], "a usual window shows all its panels")
    window.press("view.1")
    state = folds(window, [RIGHT, CURVES], "several panes need the room of the list of scenes")
    check(state and state["widgets"]["view.0"] == before["widgets"]["view.0"], "the buttons of the views stay where they are",
          state and (state["widgets"]["view.0"], before["widgets"]["view.0"]))
    window.press("fold.left")
    folds(window, [LEFT, RIGHT, CURVES], "the list shows itself when it is asked for")
    window.key("1")
    window.wait(lambda s: s["view"] == "overlay")
    window.key("5")
    window.wait(lambda s: "compare.query" in s["widgets"])
    folds(window, [LEFT, RIGHT, CURVES], "while one chooses what to compare with nothing folds")
    window.press("compare.query")
    window.type("ravine")
    window.wait(lambda s: "compare.ravine" in s["widgets"] and "compare.bowl" not in s["widgets"])
    window.press("compare.ravine")
    window.wait(lambda s: len(s["panes"]) == 2)
    folds(window, [CURVES], "two experiments have the whole width")
    window.key("1")
    folds(window, [LEFT, RIGHT, CURVES], "one picture has its panels back")


def by_hand(window):
    before = window.state()["scene"]
    window.key("ctrl+3")
    state = folds(window, [LEFT, RIGHT], "Ctrl+3 folds the curves")
    check(state and state["scene"][3] >= before[3] + 60, "and the scene is higher", state and (before, state["scene"]))
    check(state and "play" in state["widgets"] and "scrub" in state["widgets"], "the timeline stays")
    window.press("fold.bottom")
    folds(window, [LEFT, RIGHT, CURVES], "its button shows them again")


def large_text(window):
    window.key("b")
    folds(window, [RIGHT, CURVES], "large text leaves one side panel")
    check(window.state()["notices"], "which is said", window.state()["notices"])
    window.key("ctrl+1")
    folds(window, [LEFT, CURVES], "showing the left one folds the right one")
    window.key("ctrl+2")
    folds(window, [RIGHT, CURVES], "and the other way round")
    window.key("b")
    folds(window, [LEFT, RIGHT, CURVES], "usual text has room for both")


def main():
    needs("Xvfb", "xdotool")
    home = tempfile.mkdtemp(prefix="saddlescope-layout-")
    display = Display()
    tall = Display("3840x2160")
    try:
        window = Window(display, home, "saddle")
        panes(window)
        by_hand(window)
        large_text(window)
        check(window.close() == 0, "the window closes")
        window = Window(tall, home, "saddle")
        state = window.wait(lambda s: s["first_surface"] > 0)
        check(state["scale"] == 2, "a display of 2160 lines is drawn at twice the size", state["scale"])
        check(window.close() == 0, "and the window closes there")
    finally:
        display.close()
        tall.close()
        shutil.rmtree(home, ignore_errors=True)
    return plan()


if __name__ == "__main__":
    sys.exit(main())
