#!/usr/bin/env python3
"""The window when there is nothing to see, not yet or no longer; what it remembers; and that nothing is clipped or overlaps,
small and large.

    test_states.py SADDLESCOPE [--keep FOLDER]
"""

import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from window_driver import Display, Window, check, needs, plan, program

DIVERGES = """title: Too fast
objective: {expression: x^2 + 10*y^2, variables: [x, y], domain: [[-2, 2], [-2, 2]]}
start: [1, 1]
steps: 5000
optimizers:
  - {name: sgd, lr: 5}
  - {name: momentum, lr: 5}
"""


def all_off(display, home):
    window = Window(display, home, "saddle")
    state = window.wait(lambda s: s.get("ended") and "optimizer.3.on" in s["widgets"])
    for optimizer in range(4):
        window.press(f"optimizer.{optimizer}.on")
        window.wait(lambda s: not s["runs"][optimizer]["shown"])
        window.settled()  # the rows below have moved up
    state = window.wait(lambda s: "state.on" in s["widgets"])
    check("state.on" in state["widgets"], "with all optimizers off it says so")
    window.picture("all-off")
    window.settled()
    window.press("state.on")
    state = window.wait(lambda s: all(run["shown"] for run in s["runs"]) and "state.on" not in s["widgets"])
    check(all(run["shown"] for run in state["runs"]), "and switches them on again")
    window.key("ctrl+z")
    state = window.wait(lambda s: "state.on" in s["widgets"])
    check("state.on" in state["widgets"], "which can be undone")
    window.settled()
    window.press("state.close")
    state = window.wait(lambda s: "state.on" not in s["widgets"])
    check("state.on" not in state["widgets"], "the card can be put away")
    check(window.close() == 0, "the window closes")


def all_diverged(display, home):
    path = os.path.join(home, "fast.yaml")
    with open(path, "w") as file:
        file.write(DIVERGES)
    window = Window(display, home, path)
    state = window.wait(lambda s: "state.restart" in s["widgets"])
    check("state.restart" in state["widgets"], "when every run has diverged it says what would help", state.get("runs"))
    window.picture("all-diverged")
    window.settled()
    window.press("state.restart")
    state = window.wait(lambda s: "state.restart" not in s["widgets"])
    check("state.restart" not in state["widgets"], "and starts again")
    check(window.close() == 0, "the window closes")


def nothing_open(display, home):
    os.environ["SADDLESCOPE_ASSETS"] = os.path.join(home, "nowhere")
    window = Window(display, home)
    del os.environ["SADDLESCOPE_ASSETS"]
    state = window.wait(lambda s: "open.welcome" in s["widgets"] and s["notices"])
    check("open.welcome" in state["widgets"] and any("nowhere" in n for n in state["notices"]),
          "without its scenes the window opens and says why it is empty", state.get("notices"))
    window.picture("empty")
    window.press("open.welcome")
    window.key("ctrl+shift+e", "ctrl+c", "ctrl+e")
    window.settled()
    x, y = window.middle("formula")
    window.click(x, y)
    window.type("x^2 + y^2")
    window.key("Return")
    state = window.wait(lambda s: s.get("formula") == "x^2 + y^2")
    check(state.get("formula") == "x^2 + y^2", "a formula can be typed all the same")
    check(window.close() == 0, "the window closes")


def too_old(display, home):
    environment = dict(os.environ, DISPLAY=display.name, HOME=home, MESA_GL_VERSION_OVERRIDE="2.1")
    process = subprocess.Popen([program, "open", "saddle", "--dialogs"], env=environment, stderr=subprocess.PIPE, text=True,
                               start_new_session=True)
    button = [word for y in range(240, 480, 16) for word in ("mousemove", "640", str(y), "click", "1")]
    for _ in range(100):  # the box is SDL's own, or that of a program it finds; it may also be unable to show one
        if process.poll() is not None:
            break
        time.sleep(0.2)
        subprocess.run(["xdotool", "key", "Return", *button], env=environment)  # it may not have the keyboard
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)  # the box is a process of its own
    words = process.communicate()[1]
    check(process.returncode == 1 and "OpenGL 3.3 is needed" in words, "an OpenGL too old is said", words)


def remembered(display, home):
    window = Window(display, home, "saddle", "--language", "en")
    window.wait(lambda s: s["first_surface"])
    window.key("3")
    window.wait(lambda s: s["view"] == "contour" and not s["moving"])
    window.press("fold.surfaces")
    window.press("fold.right")
    window.wait(lambda s: "optimizer.0.on" not in s["widgets"])
    check(window.close() == 0, "the window closes")
    window = Window(display, home, "saddle")
    state = window.wait(lambda s: s["first_surface"])
    check(state["view"] == "contour", "the view is remembered", state["view"])
    check("optimizer.0.on" not in state["widgets"], "a folded panel stays folded")
    check("scene.himmelblau" not in state["widgets"], "a folded list stays folded")
    window.key("1")
    window.press("fold.right")
    window.wait(lambda s: "optimizer.0.on" in s["widgets"])
    window.press("fold.surfaces")
    check(window.close() == 0, "the window closes")


def main():
    needs("Xvfb", "xdotool")
    display = Display()
    try:
        with tempfile.TemporaryDirectory(prefix="saddlescope-states-") as home:
            all_off(display, home)
            all_diverged(display, home)
            nothing_open(display, home)
            too_old(display, home)
            remembered(display, home)
    finally:
        display.close()
    return plan()


sys.exit(main())
