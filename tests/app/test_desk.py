"""The window on a desktop: full screen and back, put away and fetched again, made large and small by a window manager,
carried to a denser display; a section marked on the track with Shift.

    test_desk.py SADDLESCOPE HINDER        needs openbox

Speaks TAP.
"""

import os
import subprocess
import sys
import time

from window_driver import PATIENCE, Window, check, drive, leave_leaks

hinder = os.path.abspath(sys.argv[2])
KEPT = ("experiment", "view", "theme", "language", "scale", "side", "speed", "camera")


def kept(state):
    return {name: state.get(name) for name in KEPT}


def full_screen(window):
    window.key("3")
    window.wait(lambda s: s["view"] == "contour" and not s["moving"])
    window.key("space")
    before = window.settled()
    window.key("F11")
    state = window.wait(lambda s: s["window"] == [1280, 720])
    check(state["window"] == [1280, 720], "F11 fills the display", state["window"])
    now = window.settled()
    check(kept(now) == kept(before) and now["step"] == before["step"], "with all as it was", (kept(before), kept(now)))
    window.picture("full-screen")
    window.key("F11")
    state = window.wait(lambda s: s["window"] == before["window"])
    check(state["window"] == before["window"], "and gives it back", state["window"])
    now = window.settled()
    check(kept(now) == kept(before) and set(now["widgets"]) == set(before["widgets"]), "with all as it was",
          set(now["widgets"]) ^ set(before["widgets"]))


def put_away(window):
    number = window.number()
    window.key("space")
    window.wait(lambda s: s["playing"])
    window.xdotool("windowminimize", number)
    time.sleep(1.5)
    frames = window.settled()["frames"]
    time.sleep(1)
    check(window.state()["frames"] == frames, "put away it draws nothing", (frames, window.state()["frames"]))
    window.xdotool("windowmap", number, "windowactivate", number)
    state = window.wait(lambda s: s["frames"] > frames + 1)
    check(state["frames"] > frames + 1, "fetched again it draws")
    theme = state["theme"]
    window.key("t")
    check(window.wait(lambda s: s["theme"] != theme)["theme"] != theme, "and answers")


def denser(window, orders):
    def order(text):
        with open(orders + ".new", "w") as file:
            file.write(text)
        os.rename(orders + ".new", orders)

    number = window.number()
    usual = window.state()["scale"]
    order("dpi 220\n")
    window.xdotool("windowsize", number, 1200, 700)
    state = window.wait(lambda s: s["scale"] > 1.4 * usual)
    check(state["scale"] > 1.4 * usual, "on a denser display all is larger", (usual, state["scale"]))
    window.settled()
    window.picture("denser")
    order("dpi 96\n")
    window.xdotool("windowsize", number, 1000, 640)
    state = window.wait(lambda s: s["scale"] == usual)
    check(state["scale"] == usual, "and back on the other as before", (usual, state["scale"]))


def marked(window):
    window.key("F11", "1", "End")  # whole, it begins where the display does
    window.wait(lambda s: s["window"] == [1280, 720])
    window.wait(lambda s: not s["playing"] or s["step"] > 60)
    state = window.settled()
    x, y, width, height = state["widgets"]["scrub"]
    window.xdotool("keydown", "shift")
    window.drag(x + 0.25 * width, y + height / 2, x + 0.5 * width, y + height / 2)
    window.xdotool("keyup", "shift")
    state = window.wait(lambda s: s["loop"])
    limit = state["curves"]["to"]
    low, high = state["loop"] or [0, 0]
    check(abs(low - 0.25 * limit) < 0.1 * limit and abs(high - 0.5 * limit) < 0.1 * limit,
          "Shift and a drag on the track mark a section", (state["loop"], limit))
    window.key("space")
    steps = set()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and not (len(steps) > 5 and max(steps) - min(steps) > 0.6 * (high - low)):
        state = window.state()
        if state["playing"]:
            steps.add(state["step"])
        time.sleep(0.02)
    check(steps and min(steps) >= low and max(steps) <= high, "which is played", sorted(steps)[:3] + sorted(steps)[-3:])


def main(display, home):
    leave_leaks()
    orders = os.path.join(home, "hinder")
    manager = subprocess.Popen(["openbox"], env=dict(os.environ, DISPLAY=display.name, HOME=home),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    extra = {"LD_PRELOAD": hinder, "HINDER": orders,
             "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")}
    try:
        window = Window(display, home, "saddle", "--size", "1000x640", extra=extra)
        window.xdotool("windowactivate", "--sync", window.number())
        window.wait(lambda s: s["first_surface"])
        full_screen(window)
        put_away(window)
        denser(window, orders)
        marked(window)
        check(window.close() == 0, "the window closes")
    finally:
        manager.terminate()
        manager.wait()


drive(main, "openbox")
