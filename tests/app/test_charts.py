"""Drives the curves of classifiers, the inspector of networks, what the timeline marks of them, and files that cannot
be opened, with a real mouse and keys.

    test_charts.py SADDLESCOPE [--keep FOLDER]

Oracle: what the program's own commands say of the same experiments, without a window.
"""

import csv
import json
import os
import pathlib
import subprocess

from window_driver import Window, check, drive, program

NET = """title: Half moons
objective:
  network: {layers: [2, 8, 2], activation: tanh}
  data: {name: moons, samples: 120, noise: 0.02, seed: 1, validation: 0.25, test: 0.2}
  loss: cross_entropy
start: {seed: 3}
steps: 150
optimizers:
  - {name: sgd, lr: 0.5}
  - {name: adam, lr: 0.1}
"""
WIDE = NET.replace("[2, 8, 2]", "[2, 40, 40, 2]").replace("Half moons", "Wide net")


def asked(*words):
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=120)


def trained(window, steps):
    window.wait(lambda s: s["last"] >= steps)
    return window.settled()


def accuracy(window, home, path):
    """The curve is what `run` measures; its key names its lines."""
    window.key("ctrl+k")
    window.type("curves: the accuracy")
    window.wait(lambda s: (s["palette"] or {}).get("label") == "Curves: the accuracy")
    window.key("Return")
    state = window.wait(lambda s: s["figure"] == "accuracy" and len(s["curves"]["lines"]) == 3)
    check(state["figure"] == "accuracy" and state["curves"]["lines"] == ["training", "validation", "test"],
          "classifiers have a curve of accuracies, and a key of its lines", (state["figure"], state["curves"]))
    trained(window, 150)
    window.picture("accuracy")
    window.press("figure.csv")
    state = window.wait(lambda s: any("Figures saved" in one for one in s["notices"]))
    saved = [one for one in state["notices"] if "Figures saved" in one]
    if not check(saved, "and its figures are saved", state["notices"]):
        return
    with open(saved[0].split(": ", 1)[1]) as file:
        shown = {int(row["step"]): row for row in csv.DictReader(file)}
    table = os.path.join(home, "run.csv")
    asked("run", path, "--csv", table)
    with open(table) as file:
        told = [row for row in csv.DictReader(file) if row["run"] == "Adam"]
    worst, names = 0, {"Adam": "accuracy", "Adam, validation": "validation_accuracy", "Adam, test": "test_accuracy"}
    for row in told:
        for column, name in names.items():
            worst = max(worst, abs(float(shown[int(row["step"])][column]) - 100 * float(row[name])))
    check(len(told) == 151 and worst < 1e-9, "at every step, of every split, as `run` measures them", (len(told), worst))
    check(float(told[-1]["accuracy"]) > 0.8 > float(told[0]["accuracy"]), "and they rise", (told[0], told[-1]))


def events(window, home, path):
    """The criterion worked out anew from the gradients."""
    state = window.wait(lambda s: any(one["kind"] == "near" for one in s["events"]), 10)
    table, expected = os.path.join(home, "run.csv"), []
    asked("run", path, "--csv", table)
    with open(table) as file:
        rows = list(csv.DictReader(file))
    for run in dict.fromkeys(row["run"] for row in rows):
        steepest, near = 0, False
        for row in rows:
            if row["run"] != run:
                continue
            norm = float(row["grad_norm"])
            steepest = max(steepest, norm)
            if norm > 0.03 * steepest:
                near = False
            if norm < 0.01 * steepest and not near:
                near = True
                expected.append((int(row["step"]), run))
    marked = [(one["step"], one["text"].split(" is near")[0]) for one in state["events"] if one["kind"] == "near"]
    check(expected and sorted(marked) == sorted(expected), "small gradients of networks are marked, where they are",
          (marked, expected))
    window.picture("events")


def curvature(window, path):
    """Both ends of the spectrum are worked out beside the window, and go with the card."""
    trained(window, 150)
    window.key("Home")
    window.wait(lambda s: s["step"] == 0)
    window.settled()
    window.key("j")
    state = window.wait(lambda s: "inspector.curvature" in s["widgets"])
    if not check("inspector.curvature" in state["widgets"], "a point of a larger network offers its eigenvalues",
                 state["inspector"]):
        return
    window.settled()
    window.press("inspector.curvature")
    state = window.wait(lambda s: (s["inspector"] or {}).get("pairs"))
    found = state["inspector"] or {}
    answer = json.loads(asked("hessian", path, "--at", "start", "--ends", 5, "--json").stdout)
    values, told = found.get("eigenvalues", []), sorted(answer["eigenvalues"])
    scale = max(map(abs, told))
    check(found.get("n") == answer["n"] == 1842 and found.get("pairs") == 10, "10 of 1842 eigenpairs", found)
    check(len(values) == 10 and max(abs(a - b) for a, b in zip(values, told)) < 1e-6 * scale,
          "are those of `hessian --ends 5`", (values, told))
    check(max(found.get("residuals", [1])) < 1e-6 * max(1, scale), "with small residuals", found.get("residuals"))
    window.settled()
    window.picture("eigenpairs")
    window.key("Escape")
    window.wait(lambda s: not s["inspector"])
    window.key("j")
    window.wait(lambda s: "inspector.curvature" in s["widgets"])
    window.settled()
    window.press("inspector.curvature")
    window.key("Escape")
    state = window.wait(lambda s: not s["inspector"])
    check(not state["inspector"], "one that goes on goes with its card", state["inspector"])


def small(window):
    """In a small window with large text the card still has its buttons within."""
    trained(window, 150)
    window.key("b")
    window.settled()
    window.key("j")
    window.wait(lambda s: "inspector.copy" in s["widgets"])
    widgets = window.settled()["widgets"]
    bottoms = {name: widgets[name][1] + widgets[name][3] for name in ("inspector.copy", "curves") if name in widgets}
    check(len(bottoms) == 2 and bottoms["inspector.copy"] < bottoms["curves"], "a card fits into a small window", bottoms)
    window.picture("small")


def refused(window, home, answer):
    """The whole message, however long its path is, until it is dismissed."""
    folder = os.path.join(home, "a folder with a long name " * 4, "and one in it with a longer one still " * 6,
                          "more of it " * 15)
    os.makedirs(folder)
    bad = os.path.join(folder, "bad.yaml")
    pathlib.Path(bad).write_text(NET.replace("lr: 0.1", "rate: 0.1"))
    said = asked("run", bad).stderr.strip().removeprefix("saddlescope: ")
    pathlib.Path(answer).write_text(bad + "\n")
    window.key("ctrl+o")
    state = window.wait(lambda s: s["notices"] == [said])
    check(said in state["notices"] and len(said) > 512 and "bad.yaml:10:" in said,
          "a file that cannot be opened: all that is wrong with it is shown", (said, state["notices"]))
    window.settled()
    window.picture("refused")
    window.press("notice.text.0")
    window.press("notice.close.0")
    state = window.wait(lambda s: not s["notices"])
    check(not state["notices"], "until it is put away", state["notices"])


def main(display, home):
    tools, answer = os.path.join(home, "tools"), os.path.join(home, "answer")
    os.mkdir(tools)
    for name in ("zenity", "kdialog"):  # stand-ins: they answer with the file's text
        with open(os.path.join(tools, name), "w") as file:
            file.write(f'#!/bin/sh\n[ -f "{answer}" ] || exit 5\ncat "{answer}"\n')
        os.chmod(os.path.join(tools, name), 0o755)
    os.environ["PATH"] = tools + os.pathsep + os.environ["PATH"]
    paths = {}
    for name, text in (("net", NET), ("wide", WIDE)):
        paths[name] = os.path.join(home, name + ".yaml")
        pathlib.Path(paths[name]).write_text(text)
    window = Window(display, home, paths["net"], "--dialogs")
    accuracy(window, home, paths["net"])
    events(window, home, paths["net"])
    refused(window, home, answer)
    check(window.close() == 0, "the window closes")
    window = Window(display, home, paths["wide"])
    curvature(window, paths["wide"])
    check(window.close() == 0, "the window closes while a thread is wound up")
    window = Window(display, home, paths["net"], "--size", "1024x640")
    small(window)
    check(window.close() == 0, "the small window closes")


drive(main)
