#!/usr/bin/env python3
"""The pictures of the window in README.md and LESSONS.md, from the program as it is, by a real mouse and keys.

    pictures.py SADDLESCOPE FOLDER [NAME]

Leaves window.png, lesson.png, insides.png, side-by-side.png, spirals.png, lesson-chart.png, lesson-ratio.png and lesson-plot.png
in FOLDER, 1280 x 720 each, or NAME.png alone.
Needs Xvfb, xdotool and ImageMagick. What a picture waits for must come; the status is 1 when it does not.
"""

import os
import shutil
import subprocess
import sys
import tempfile

import window_driver
from window_driver import Display, Window, check, needs, plan

FORMULA = """title: "Momentum and Adam"
objective: {expression: "x^2 + 6*y^2", variables: [x, y], domain: [[-3, 3], [-2, 2]]}
start: [-2.6, 1.6]
steps: 60
optimizers:
  - {name: momentum, lr: 0.02, momentum: 0.85}
  - {name: adam, lr: 0.3}
height: linear
"""


def go_to(window, step):
    """All steps are taken, then step by step to where the picture is taken."""
    for _ in range(40):
        if window.state()["speed"] == "max":
            break
        window.key("greater")
        window.wait(lambda s: s["speed"] == "max", 0.3)
    window.wait(lambda s: s["ended"] and s["step"] == s["last"] and not s["busy"], 240)
    window.key("Home")
    window.wait(lambda s: s["step"] == 0)
    window.key(*(step // 10 * ["shift+Right"] + step % 10 * ["Right"]))
    window.wait(lambda s: s["step"] == step)


def settle(window):
    window.move(640, 712)  # out of the way
    window.wait(lambda s: not s["notices"], 20)
    window.settled()


def saddle(window):
    go_to(window, 60)
    window.press("fold.left")
    window.wait(lambda s: "panel.left" not in s["widgets"])
    window.key("n")
    check(window.wait(lambda s: s["inspector"])["inspector"]["kind"] == "saddle", "the saddle is inspected")


def lesson(window):
    window.key("Next", "Next")
    check(window.wait(lambda s: s["lesson"]["answered"])["lesson"]["answered"], "the lesson's answer is shown")


def insides(window):
    go_to(window, 4)
    window.key("3", "i")
    state = window.wait(lambda s: s["insides"] and s["view"] == "contour")
    check(state["insides"], "the step is shown from the inside")


def panes(window):
    go_to(window, 60)
    window.key("2")
    check(len(window.wait(lambda s: len(s["panes"]) == 6)["panes"]) == 6, "six panes stand side by side")


def network(window):
    go_to(window, 220)
    window.press("side.2")
    state = window.wait(lambda s: s["network"] and s["network"]["step"] == s["step"] and not s["busy"], 120)
    check(state["network"] and state["network"]["step"] == 220, "the networks are shown at that step")


def lesson_step(number):
    """The step with its answer shown, its claims judged, its runs and its surface done."""
    def make(window):
        def place(state):
            return state["lesson"]["step"], state["lesson"]["answered"]
        while window.state()["lesson"]["step"] < number or "lesson.answer" in window.state()["widgets"]:
            before = place(window.state())
            window.key("Next")
            if not check(place(window.wait(lambda s: place(s) != before)) != before, "a page on"):
                break
            window.settled()
        state = window.wait(lambda s: s["lesson"]["claims"] and set(s["lesson"]["claims"]) == {"holds"} and
                            s["ended"] and s["step"] == s["last"] and not s["busy"], 240)
        check(state["lesson"]["step"] == number and set(state["lesson"]["claims"]) == {"holds"},
              f"step {number} of the lesson with its claims", state["lesson"])
    return make


def main():
    needs("Xvfb", "xdotool", "import", "convert")
    folder = os.path.abspath(sys.argv[2])
    only = sys.argv[3] if len(sys.argv) > 3 else None
    home = tempfile.mkdtemp(prefix="saddlescope-pictures-")
    formula = os.path.join(home, "momentum-and-adam.yaml")
    with open(formula, "w", encoding="utf-8") as file:
        file.write(FORMULA)
    window_driver.keep = folder
    lessons = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "assets", "lessons"))
    for name, what, words, make in (
            ("window", "saddle", [], saddle),
            ("lesson", "saddle-points", [], lesson),
            ("insides", formula, [], insides),
            ("side-by-side", "ravine", ["--theme", "night"], panes),
            ("spirals", "spirals", [], network),
            ("lesson-chart", os.path.join(lessons, "decision-chart.yaml"), [], lesson_step(4)),
            ("lesson-ratio", os.path.join(lessons, "minimum-ratio.yaml"), [], lesson_step(5)),
            ("lesson-plot", os.path.join(lessons, "model-choice.yaml"), [], lesson_step(3))):
        if only and only != name:
            continue
        display = Display()
        own = os.path.join(home, name)  # what a window remembers is not the next one's
        os.mkdir(own)
        try:
            window = Window(display, own, what, "--language", "en", *words)
            window.wait(lambda s: s["first_surface"] and not s["busy"])
            make(window)
            settle(window)
            window.picture(name)
            check(window.close() == 0, f"{name}: the window closes")
        finally:
            display.close()
        path = os.path.join(folder, name + ".png")  # fewer colours, as small a file as letters and shades allow
        subprocess.run(["convert", path, "-dither", "None", "-colors", "255", "-define", "png:compression-level=9",
                        "PNG8:" + path], check=True)
    shutil.rmtree(home, ignore_errors=True)
    return plan()


if __name__ == "__main__":
    sys.exit(main())
