"""Plays a lesson in the window with real keys and mouse, and edits its file meanwhile. Oracles: the lesson's own steps as
written here, and the saddle of (1 − w₁w₂)² in closed form: loss 1, eigenvalues ±2.

    test_lessons.py SADDLESCOPE [--keep FOLDER]
"""

import os
import subprocess

from window_driver import Window, check, drive, program, settings_of

LESSON = """\
section: "2.3"
minutes: 3
title: {en: A saddle to test, zh: 测试用的鞍点}
experiments:
  ridge: |
    title: {en: Down the ridge, zh: 沿山脊而下}
    objective:
      expression: (1 - w1*w2)^2
      variables: [w1, w2]
      domain: [[-2, 2], [-2, 2]]
    start: [-1.2, 1.2]
    steps: 200
    optimizers:
      - {name: sgd, lr: 0.04}
      - {name: adam, lr: 0.05}
    height: log
    camera: {azimuth: 35, elevation: 32}
    known:
      - {at: [0, 0], kind: saddle, loss: 1}
  other: |
    title: {en: A bowl, zh: 碗}
    objective:
      expression: w1^2 + w2^2
      variables: [w1, w2]
      domain: [[-2, 2], [-2, 2]]
    start: [1, 1]
    steps: 50
    optimizers:
      - {name: sgd, lr: 0.1}
measure:
  there: {point_loss: [0, 0], of: ridge}
  down: {eigenvalue: lowest, of: ridge, at: [0, 0]}
steps:
  - text: {en: "The loss there is {there}.", zh: "那里的损失是 {there}。"}
    show: {experiment: ridge, view: overlay, step: 0, play: false, camera: [20, 40], touch: []}
    claims:
      - there = 1 ± 1e-12
      - there = 2 ± 1e-12
  - text: {en: Look at the saddle., zh: 看鞍点。}
    show: {step: 30, view: contour, select: [0, 0], runs: [sgd], touch: [camera]}
    question: {en: "How far down does it bend?", zh: "向下弯多少？"}
    answer: {en: "By {down}.", zh: "{down}。"}
    claims:
      - down = -2 ± 1e-10
  - text: {en: A bowl., zh: 一个碗。}
    show: {experiment: other, view: overlay, step: 0, play: true, speed: 2}
  - text: {en: Where every start ends., zh: 各起点的终点。}
    show: {step: end, play: false, curve: gradient, analysis: basins}
  - text: {en: A plot., zh: 一幅图。}
    show:
      plot: {across: {en: x, zh: x}, up: {en: y, zh: y}, at: [1, 2], lines: [{name: {en: a, zh: a}, of: [there, down]}]}
    question: {en: "Which?", zh: "哪个？"}
    answer: {en: This., zh: 这个。}
  - text: {en: A large loss., zh: 损失大。}
    show: {step: 0, insides: true, chart: {train: 0.5, test: 0.5, shallower: there}}
    question: {en: "Which?", zh: "哪个？"}
    answer: {en: This., zh: 这个。}
  - text: {en: Both., zh: 两者。}
    show: {experiment: ridge, compare: {with: other, heights: own}, step: 10, play: false}
"""


def at_step(window, step):
    return window.wait(lambda s: s.get("lesson") and s["lesson"]["step"] == step and not s["moving"])


def shown(state):
    return [run["shown"] for run in state["runs"]]


def first_step(window):
    state = window.wait(lambda s: s.get("lesson") and s["lesson"]["claims"] == ["holds", "fails"])
    lesson = state["lesson"] or {}
    check(lesson.get("name") == "mine" and lesson["step"] == 1 and lesson["steps"] == 7, "the lesson opens", lesson)
    check(lesson["claims"] == ["holds", "fails"], "its claims are judged while it plays", lesson["claims"])
    state = window.wait(lambda s: s["lesson"]["text"] == "The loss there is 1." and not s["moving"])
    check(state["lesson"]["text"] == "The loss there is 1.", "the measured figure stands in the text",
          state["lesson"]["text"])
    check(state["view"] == "overlay" and state["step"] == 0 and not state["playing"], "the step sets the scene up",
          (state["view"], state["step"], state["playing"]))
    check(abs(state["camera"][0] - 20) < 1e-3 and abs(state["camera"][1] - 40) < 1e-3, "and the camera",
          state["camera"])
    window.picture("lesson-first")


def held(window):
    state = window.state()
    x, y, width, height = state["widgets"]["optimizer.0.lr"]
    lr = state["runs"][0]["lr"]
    window.drag(x + width / 2, y + height / 2, x + 0.2 * width, y + height / 2)
    window.press("optimizer.1.on")
    scene = state["scene"]
    window.drag(scene[0] + 30, scene[1] + 30, scene[0] + 90, scene[1] + 50)
    state = window.wait(lambda s: any("holds" in text for text in s["notices"]))
    check(any("holds" in text for text in state["notices"]), "dragging says that the step holds the camera",
          state["notices"])
    check(state["runs"][0]["lr"] == lr and shown(state) == [True, True] and abs(state["camera"][0] - 20) < 1e-3,
          "rates, optimizers and camera stay", (state["runs"][0]["lr"], shown(state), state["camera"]))
    window.press("lesson.free")
    state = window.wait(lambda s: s["lesson"]["free"])
    window.drag(x + width / 2, y + height / 2, x + 0.2 * width, y + height / 2)
    window.press("optimizer.1.on")
    state = window.wait(lambda s: s["runs"][0]["lr"] != lr and shown(s) == [True, False])
    check(state["runs"][0]["lr"] < lr and shown(state) == [True, False], "played freely they move",
          (state["runs"][0]["lr"], shown(state)))
    check(state["lesson"]["strayed"], "which is known as having strayed")
    window.press("lesson.restore")
    state = window.wait(lambda s: s["runs"][0]["lr"] == lr and shown(s) == [True, True])
    check(state["runs"][0]["lr"] == lr and shown(state) == [True, True] and not state["lesson"]["strayed"],
          "back to the lesson: as it was", (state["runs"][0]["lr"], shown(state), state["lesson"]["strayed"]))


def through(window):
    window.key("Next")
    state = at_step(window, 2)
    state = window.wait(lambda s: s["selected"] >= 0 and s["last"] >= 30 and not s["moving"])
    check(state["view"] == "contour" and state["step"] == 30 and not state["playing"],
          "Page Down goes on: view and step follow", (state["view"], state["step"], state["playing"]))
    check(shown(state) == [True, False], "only the runs it names are shown", shown(state))
    saddle = state["critical"][state["selected"]] if state["selected"] >= 0 else {}
    check(saddle.get("kind") == "saddle", "the saddle's directions are shown", saddle)
    check("lesson.answer" in state["widgets"] and not state["lesson"]["answered"], "it asks first")
    window.key("Next")
    state = window.wait(lambda s: s["lesson"]["answered"] and s["lesson"]["claims"] == ["holds"])
    check(state["lesson"]["step"] == 2 and state["lesson"]["answered"], "Page Down opens the answer", state["lesson"])
    window.picture("lesson-answer")
    window.key("Next")
    state = window.wait(lambda s: s["lesson"]["step"] == 3 and s["step"] > 0)
    check(state["lesson"]["experiment"] == "other" and state["formula"] == "w1^2 + w2^2" and state["speed"] == 2,
          "then the next step, on its own surface, playing", (state["lesson"]["experiment"], state["speed"]))
    window.key("Prior")
    state = window.wait(lambda s: s["lesson"]["step"] == 2 and s["view"] == "contour" and s["step"] == 30)
    check(state["view"] == "contour" and state["step"] == 30 and shown(state) == [True, False],
          "Page Up comes back to all the step shows", (state["view"], state["step"], shown(state)))
    window.press("lesson.back")
    state = at_step(window, 1)
    check(state["lesson"]["step"] == 1 and state["view"] == "overlay" and shown(state) == [True, True],
          "and the button to the first", (state["lesson"]["step"], state["view"], shown(state)))
    window.press("lesson.next")
    state = at_step(window, 2)
    check(state["lesson"]["step"] == 2 and state["lesson"]["seen"] == 7, "the button goes on; all steps are seen",
          state["lesson"])
    window.press("language.1")
    state = window.wait(lambda s: s["language"] == "zh")
    check(state["lesson"]["text"] == "看鞍点。", "a click shows the Chinese words", state["lesson"]["text"])
    window.picture("lesson-zh")


def views(window):
    window.key("Next")
    at_step(window, 3)
    window.key("Next")
    state = window.wait(lambda s: s["lesson"]["step"] == 4 and s["basins"] and s["analyses"]
                        and s["analyses"][0]["finished"])
    check(state["lesson"]["step"] == 4 and state["basins"] and state["side"] == "analyses",
          "a step shows the basins it speaks of", (state["lesson"]["step"], state["basins"], state["side"]))
    check(state["figure"] == "gradient" and not state["lesson"]["strayed"], "and the curve", state["figure"])
    window.picture("lesson-basins")
    window.key("Next")
    state = at_step(window, 5)
    check(not state["basins"] and state["side"] == "optimizers" and state["lesson"]["above"] == 0,
          "the next step has the surface again; its plot waits for the answer", state["lesson"])
    window.key("Next")
    state = window.wait(lambda s: s["lesson"]["answered"] and s["lesson"]["above"] > 0)
    check(state["lesson"]["above"] > 100, "with the answer it is there", state["lesson"])
    window.picture("lesson-plot")
    window.key("Next")
    state = window.wait(lambda s: s["lesson"]["step"] == 6 and s["lesson"]["chart"] == "Another model")
    check(state["lesson"]["chart"] == "Another model", "the run's large loss lights the decision chart's left side",
          state["lesson"]["chart"])
    window.key("Next")
    state = window.wait(lambda s: s["lesson"]["chart"] == "Optimization")
    check(state["lesson"]["chart"] == "Optimization", "and a shallower model's lower one its end, with the answer",
          state["lesson"]["chart"])
    window.picture("lesson-chart")
    window.key("Next")
    state = window.wait(lambda s: s["lesson"]["step"] == 7 and s["compared"] and s["compared"]["step"] == 10)
    check(state["view"] == "compare" and len(state["panes"]) == 2 and state["own_heights"],
          "a step sets another experiment beside its own", (state["view"], state["panes"], state["own_heights"]))
    check(state["compared"] and state["compared"]["step"] == state["step"] == 10, "which keeps step",
          (state["compared"], state["step"]))
    window.picture("lesson-compared")
    window.key("Prior")
    state = at_step(window, 6)
    check(state["view"] == "overlay" and state["compared"] is None, "and goes with the step",
          (state["view"], state["compared"]))
    window.key("Prior")
    at_step(window, 5)
    window.key("Prior", "Prior", "Prior")
    at_step(window, 2)


def edited(window, path):
    with open(path, "w") as file:
        file.write(LESSON.replace("minutes: 3", "minuets: 3"))
    state = window.wait(lambda s: s["lesson"]["trouble"])
    check("mine.yaml:2:1" in state["lesson"]["trouble"] and "minutes" in state["lesson"]["trouble"],
          "a mistake saved is answered by line", state["lesson"]["trouble"])
    check(state["lesson"]["text"] == "看鞍点。" and state["lesson"]["step"] == 2, "and the lesson stays as it was",
          state["lesson"]["text"])
    window.picture("lesson-trouble")
    with open(path, "w") as file:
        file.write(LESSON.replace("看鞍点。", "请看鞍点。"))
    state = window.wait(lambda s: s["lesson"]["text"] == "请看鞍点。")
    check(state["lesson"]["text"] == "请看鞍点。" and not state["lesson"]["trouble"] and state["lesson"]["step"] == 2,
          "mended it is read again, at the same step", state["lesson"])


def course(window):
    window.press("lesson.face.1")
    window.wait(lambda s: s["lesson"]["aside"] and "fold.lessons" in s["widgets"])
    window.press("fold.lessons")
    state = window.wait(lambda s: "lesson.saddle-points" in s["widgets"])
    if not check("lesson.saddle-points" in state["widgets"], "the course is listed among the scenes",
                 list(state["widgets"])):
        return
    window.picture("lesson-course")
    window.press("lesson.saddle-points")
    state = window.wait(lambda s: s["lesson"]["name"] == "saddle-points")
    check(state["lesson"]["name"] == "saddle-points" and state["lesson"]["step"] == 1, "a click opens a lesson",
          state["lesson"])
    window.press("lesson.close")
    state = window.wait(lambda s: s["lesson"] is None and "formula" in s["widgets"])
    check(state["lesson"] is None and "formula" in state["widgets"], "closed, the scenes are back", state["lesson"])


def command_line(home):
    bad = os.path.join(home, "bad.yaml")
    with open(bad, "w") as file:
        file.write(LESSON.replace("select: [0, 0]", "select: [0]"))
    for words in (["open", bad], [bad], ["lesson", "play", bad]):
        done = subprocess.run([program, *words], capture_output=True, text=True, timeout=60)
        check(done.returncode == 2 and "bad.yaml:40:" in done.stderr, " ".join(words[:-1] + ["bad.yaml"]) +
              ": answered by line, exit status 2", (done.returncode, done.stderr))
    done = subprocess.run([program, "lesson", "play", "sadle-points"], capture_output=True, text=True, timeout=60)
    check(done.returncode == 2 and "did you mean saddle-points" in done.stderr, "a name mistyped finds the nearest",
          done.stderr)


def main(display, home):
    path = os.path.join(home, "mine.yaml")
    with open(path, "w") as file:
        file.write(LESSON)
    command_line(home)
    window = Window(display, home, path)
    first_step(window)
    held(window)
    through(window)
    views(window)
    edited(window, path)
    course(window)
    check(window.close() == 0, "it closes in order", window.process.stderr.read())
    with open(settings_of(home)) as file:
        kept = file.read()
    check("language: zh\n" in kept and "seen mine: 1 2 3 4 5 6 7\n" in kept, "language and progress are kept", kept)


drive(main)
