#!/usr/bin/env python3
"""A walk past everything the window can do, with a real mouse and keys, which leaves a picture of each station to be looked at.

    tour.py SADDLESCOPE FOLDER [--size WxH] [--theme paper|night] [--language en|zh]

No test of the suite: whether a picture is good is for eyes. What a station waits for must come, though; the status is 1
when it does not. FOLDER/contact.png shows all of them (needs `montage`, and `import` for any).
"""

import argparse
import os
import shutil
import subprocess
import sys

import window_driver
from window_driver import Window, check, needs, plan, stage


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--theme", default="paper", choices=("paper", "night"))
    parser.add_argument("--language", default="en")
    return parser.parse_args()


def shown(window, name, wanted):
    """Waits for what the picture is to show, however slow the machine, then takes it."""
    state = window.wait(wanted, 240)
    check(bool(state) and wanted(state), name)
    window.settled()
    window.picture(name)
    return state


def ended(window):
    for _ in range(40):
        if window.state()["speed"] == "max":
            break
        window.key("greater")
        window.wait(lambda s: s["speed"] == "max", 0.3)
    return window.wait(lambda s: s["ended"] and s["step"] == s["last"] and not s["busy"], 60)


def inside(window, across, down):
    x, y, width, height = window.state()["scene"]
    return x + across * width, y + down * height


def layout(window, size):
    """1: the welcome scene, the panels folded, large text."""
    width, height = map(int, size.split("x"))
    window.wait(lambda s: s["first_surface"] and s["step"] > 8)
    window.picture("1-welcome")
    number = subprocess.run(["xdotool", "search", "--class", "saddlescope"], env=window.environment,
                            capture_output=True, text=True, check=True).stdout.split()[0]
    said = subprocess.run(["xdotool", "getwindowgeometry", "--shell", number], env=window.environment,
                          capture_output=True, text=True, check=True).stdout
    check(f"WIDTH={width}\nHEIGHT={height}\n" in said, "1: the window is as large as it was asked to be", said)
    window.wait(lambda s: any(c["kind"] == "saddle" for c in s["critical"]))
    window.press("fold.left")
    window.press("fold.right")
    shown(window, "1-folded", lambda s: s["scene"][2] > 0.95 * width)
    window.press("fold.left")
    window.press("fold.right")
    before = window.wait(lambda s: s["scene"][2] < 0.9 * width)
    window.press("fold.bottom")
    shown(window, "1-no-curves", lambda s: "curves" not in s["widgets"] and s["scene"][3] > before["scene"][3] + 20)
    window.press("fold.bottom")
    window.wait(lambda s: "curves" in s["widgets"])


def timeline(window):
    """2: played to its end, events on the track, a loop."""
    ended(window)
    shown(window, "2-ended", lambda s: s["events"])
    window.key("Home", "period", "bracketleft")
    window.wait(lambda s: s["loop"])
    window.key("shift+Right", "shift+Right", "shift+Right", "bracketright")
    shown(window, "2-loop", lambda s: s["loop"] and s["loop"][1] == s["step"])
    window.key("backslash", "End")
    window.wait(lambda s: not s["loop"] and s["step"] == s["last"])


def curves(window):
    """3: a curve under the mouse, all six figures."""
    x, y, width, height = window.state()["widgets"]["curves"]
    for figure in range(6):
        if f"figure.{figure}" in window.state()["widgets"]:
            window.press(f"figure.{figure}")
            window.move(x + 0.3 * width, y + 0.5 * height)
            shown(window, f"3-figure-{figure}", lambda s: s["curves"]["hover_step"] is not None)
    window.press("figure.0")
    window.move(*inside(window, 0.02, 0.5))


def networks(display, home, words):
    """3: what networks compute, beside the surface and large."""
    for name in ("moons", "digits"):
        window = Window(display, home, name, *words)
        window.wait(lambda s: s["first_surface"] and s["last"] >= 60)
        window.key("space")
        window.wait(lambda s: "side.2" in s["widgets"])
        window.press("side.2")
        shown(window, f"3-network-{name}", lambda s: s["network"] and s["network"]["step"] == s["step"] and not s["busy"])
        window.key("w")
        shown(window, f"3-network-{name}-large", lambda s: s["network"]["large"])
        if name == "moons":
            window.key("Escape")
            window.press("side.0")
            for key, view in zip("1234", ("overlay", "side-by-side", "contour", "split")):
                window.key(key)
                shown(window, f"4-moons-{view}", lambda s: s["view"] == view and not s["moving"] and not s["busy"])
            window.key("1")
        check(window.close() == 0, f"3: {name} closes")


def panes(window):
    """4: one pane for each optimizer, the map, both, two experiments compared."""
    for key, view in zip("234", ("side-by-side", "contour", "split")):
        window.key(key)
        shown(window, f"4-{view}", lambda s: s["view"] == view and not s["moving"])
    window.key("5")
    window.wait(lambda s: "compare.query" in s["widgets"])
    window.press("compare.query")
    window.type("ravine")
    shown(window, "4-compare-card", lambda s: "compare.ravine" in s["widgets"])
    window.press("compare.ravine")
    window.wait(lambda s: s["compared"] and s["compared"]["last"] >= s["step"])
    window.move(*inside(window, 0.02, 0.5))
    shown(window, "4-compare", lambda s: len(s["panes"]) == 2 and not s["busy"])
    window.key("1")
    window.wait(lambda s: s["view"] == "overlay" and not s["moving"])


def inspector(window):
    """5: the cards of a critical point, of a point of the surface, of a head, and what a step is made of."""
    window.key("n")
    shown(window, "5-critical", lambda s: (s["inspector"] or {}).get("of") == "critical")
    window.key("Escape", "c", "Right", "Up", "i")
    shown(window, "5-point", lambda s: (s["inspector"] or {}).get("of") == "point")
    window.key("Escape", "Escape", "j")
    shown(window, "5-head", lambda s: (s["inspector"] or {}).get("of") == "run")
    window.key("Escape", "Left", "Left", "i")
    shown(window, "5-insides", lambda s: not s["inspector"] and s["insides"])
    window.key("i", "End")
    window.wait(lambda s: not s["insides"])


def looks(window):
    """6: every colour map, heights linear and logarithmic."""
    for _ in range(3):
        before = window.state()["colormap"]
        window.key("m")
        state = window.wait(lambda s: s["colormap"] != before)
        shown(window, f"6-{state['colormap']}", lambda s: s["colormap"] != before)
    before = window.state()["height"]
    window.key("l")
    shown(window, "6-height", lambda s: s["height"] != before and not s["busy"])
    window.key("l")
    window.wait(lambda s: s["height"] == before)


def languages(window):
    """7: the other language, live; and back."""
    before = window.state()["language"]
    window.press("language.0" if before != "en" else "language.1")
    state = shown(window, "7-other-language", lambda s: s["language"] != before)
    window.press("language.1" if state["language"] == "en" else "language.0")
    window.wait(lambda s: s["language"] == before)


def keyboard(window):
    """8: the sheet, the palette, the ring of the keyboard, large text, the laser pointer."""
    window.key("question")
    shown(window, "8-sheet", lambda s: s["help"])
    window.key("Escape")
    window.key("ctrl+k")
    window.wait(lambda s: s["palette"])
    window.type("sa")
    shown(window, "8-palette", lambda s: (s["palette"] or {}).get("query") == "sa")
    window.key("Escape")
    window.wait(lambda s: not s["palette"])
    window.key("F6", "Tab", "Tab")
    shown(window, "8-focus", lambda s: s["focus"])
    window.key("Escape")
    window.wait(lambda s: not s["focus"])
    window.key("b")
    shown(window, "8-big-text", lambda s: s["big_text"])
    if "panel.left" not in window.state()["widgets"]:
        window.key("ctrl+1")
        shown(window, "8-big-left", lambda s: "panel.left" in s["widgets"])
        window.key("ctrl+2")
        window.wait(lambda s: "panel.right" in s["widgets"])
    window.key("question")
    shown(window, "8-big-sheet", lambda s: s["help"])
    window.key("Escape", "b", "p")
    window.wait(lambda s: s["laser"] and not s["big_text"])
    window.settled()
    window.move(*inside(window, 0.5, 0.5))
    window.picture("8-laser")
    window.key("p")
    window.wait(lambda s: not s["laser"])
    window.settled()


def exports(window):
    """9: each side of the card that saves."""
    window.key("ctrl+shift+e")
    window.wait(lambda s: s["export_card"] and s["widgets"].get("export.what.0", [0])[0] > 0)
    window.settled()
    for number, what in enumerate(("picture", "figure", "video", "table")):
        window.press(f"export.what.{number}")
        shown(window, f"9-{what}", lambda s: s["export_card"])
    window.press("export.what.1")
    window.settled()
    window.press("export.save")
    shown(window, "9-saved", lambda s: s["notices"] and not s["exports"])
    window.key("Escape", "Escape")
    window.wait(lambda s: not s["export_card"] and not s["notices"])


def quick(window):
    """10: everything at once: it trains, is played and turned, and the analyses are asked for."""
    window.press("side.1")
    shown(window, "10-analyses", lambda s: s["side"] == "analyses")
    window.press("side.0")
    window.key("r")
    window.wait(lambda s: s["step"] < s["last"] or s["playing"])
    window.drag(*inside(window, 0.3, 0.7), *inside(window, 0.5, 0.7))
    window.picture("10-turned")
    window.key("0")
    window.wait(lambda s: not s["moving"])


def lesson(display, home, words):
    """1, 8: a lesson beside the scene, turned by a clicker."""
    window = Window(display, home, "saddle-points", *words)
    shown(window, "1-lesson", lambda s: s["lesson"] and s["first_surface"] and not s["busy"])
    window.key("Next", "Next")
    shown(window, "8-lesson-on", lambda s: s["lesson"]["step"] > 1 or s["lesson"]["answered"])
    window.key("b")
    shown(window, "8-lesson-big", lambda s: s["big_text"])
    check(window.close() == 0, "1: the lesson closes")


def main():
    needs("Xvfb", "xdotool", "import")
    wish = arguments()
    words = ["--size", wish.size, "--theme", wish.theme, "--language", wish.language]
    window_driver.keep = os.path.abspath(wish.folder)
    with stage(wish.size) as (display, home):
        window = Window(display, home, *words)
        layout(window, wish.size)
        for station in (timeline, curves, panes, inspector, looks, languages, keyboard, exports, quick):
            station(window)
        check(window.close() == 0, "10: the window closes")
        networks(display, home, words)
        lesson(display, home, words)
    pictures = sorted(name for name in os.listdir(wish.folder) if name.endswith(".png") and name != "contact.png")
    if shutil.which("montage"):
        subprocess.run(["montage", "-label", "%t", *pictures, "-tile", "3x", "-geometry", "640x+6+6", "contact.png"],
                       cwd=wish.folder, check=False)
    return plan()


if __name__ == "__main__":
    sys.exit(main())
