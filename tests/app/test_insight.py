"""Drives the linked views in the window, with a real mouse and keys: curves and surface, and what a network computes.

    test_insight.py SADDLESCOPE [--keep FOLDER]

Oracles: the lecture's saddle (1 − w₁w₂)² in closed form; the window's own report of what it shows.
"""

import csv
import pathlib

from window_driver import Window, check, drive


def paused(window, at_least):
    window.wait(lambda s: s["last"] >= at_least)
    window.key("space")
    return window.wait(lambda s: not s["playing"])


def heads(state):
    return [run.get("place") for run in state["runs"]]


def on_curves(state, share):
    """Where the curves show this share of their stretch: as far right of their numbers as the track above is."""
    x, y, width, height = state["widgets"]["curves"]
    track_x, _, track_width, _ = state["widgets"]["scrub"]
    return track_x + 8 + share * (track_width - 16), y + height / 2


def curves(window):
    state = paused(window, 40)
    last, before = state["last"], heads(state)
    limit = state["limit"]
    window.move(*on_curves(state, 10 / limit))
    state = window.wait(lambda s: s["curves"]["hover_step"] is not None and heads(s) != before)
    check(abs((state["curves"]["hover_step"] or -9) - 10) <= 1, "the mouse on the curves reads their step", state["curves"])
    check(heads(state) != before and state["step"] > 20, "the heads on the surface go to the step under the mouse",
          (before, heads(state), state["step"]))
    window.picture("curves-hover")
    x, y, width, height = state["scene"]
    window.move(x + 5, y + 5)
    state = window.wait(lambda s: s["curves"]["hover_step"] is None and heads(s) == before)
    check(heads(state) == before, "and back when it leaves them", (before, heads(state)))

    x0, y = on_curves(state, 0.05)
    x1, _ = on_curves(state, 0.15)
    window.xdotool("keydown", "shift")
    window.drag(x0, y, x1, y)
    window.xdotool("keyup", "shift")
    state = window.wait(lambda s: s["curves"]["from"] > 0 and "figure.all" in s["widgets"])
    low, high = state["curves"]["from"], state["curves"]["to"]
    check(abs(low - 0.05 * limit) < 0.01 * limit and abs(high - 0.15 * limit) < 0.01 * limit,
          "Shift and drag look at a stretch of steps", (low, high))
    check(state["step"] == min(state["step"], last) and "figure.all" in state["widgets"], "which leaves the playback alone")
    window.move(*on_curves(state, 0.5))
    window.picture("curves-near")
    window.xdotool("click", 4)
    state = window.wait(lambda s: s["curves"]["to"] - s["curves"]["from"] < high - low)
    near = state["curves"]["to"] - state["curves"]["from"]
    check(abs(near / (high - low) - 0.8) < 0.01, "the wheel looks nearer", (near, high - low))
    middle = (state["curves"]["to"] + state["curves"]["from"]) / 2
    check(abs(middle - (low + high) / 2) < 0.02 * (high - low), "where the mouse is", middle)
    window.press("figure.all")
    state = window.wait(lambda s: s["curves"]["from"] == 0)
    check(state["curves"]["from"] == 0 and state["curves"]["to"] == limit, "a button shows all steps again", state["curves"])
    window.move(*on_curves(state, 0.1))
    window.xdotool("click", "--repeat", 5, 4)
    window.wait(lambda s: s["curves"]["from"] > 0)
    window.xdotool("click", "--repeat", 2, "--delay", 60, 1)
    state = window.wait(lambda s: s["curves"]["from"] == 0)
    check(state["curves"]["from"] == 0, "and so does a double-click")
    window.drag(*on_curves(state, 0.4), *on_curves(state, 20 / limit))
    state = window.wait(lambda s: abs(s["step"] - 20) <= 1)
    check(abs(state["step"] - 20) <= 1, "without Shift a drag goes to a step", state["step"])


def path_point(window):
    """Half way between a head and where it began, the path is not far."""
    window.key("End")
    state = window.settled()
    window.key("3")  # the map: what lies on the plane is where it seems
    state = window.wait(lambda s: s["view"] == "contour" and not s["moving"])
    state = window.settled()
    found = None
    x, y = state["runs"][0]["place"]
    for dy in range(0, 200, 6):
        for dx in (0, -20, 20):
            window.xdotool("mousemove", round(x + dx), round(y + 12 + dy))
            state = window.wait(lambda s: s["curves"]["pointed_step"] is not None, 0.15)
            found = state["curves"]["pointed_step"]
            if found is not None:
                break
        if found is not None:
            break
    check(found is not None, "the mouse on a path is shown on the curves")
    window.picture("curves-pointed")
    window.key("1")
    window.wait(lambda s: s["view"] == "overlay" and not s["moving"])


def table(window, home):
    window.press("figure.0")
    window.wait(lambda s: s["figure"] == "loss")
    window.press("figure.csv")
    state = window.wait(lambda s: any(".csv" in text for text in s["notices"]))
    files = list(pathlib.Path(home).glob("*.csv"))
    if not check(len(files) == 1, "the figures are saved as a table", state["notices"]):
        return
    rows = list(csv.reader(files[0].open()))
    runs = [run["label"] for run in state["runs"] if run["shown"]]
    check(rows[0] == ["step", *runs], "with a column a run", rows[0])
    steps = [int(row[0]) for row in rows[1:]]
    check(steps == list(range(len(steps))) and len(steps) == state["last"] + 1, "and a line a step", (len(steps), state["last"]))
    at = steps.index(state["step"])
    values = [float(cell) for cell in rows[1 + at][1:] if cell]
    losses = [run["loss"] for run in state["runs"] if run["step"] == state["step"]]
    check(len(values) == len(losses) and all(abs(a - b) <= 1e-14 * abs(b) for a, b in zip(values, losses)),
          "with the losses that are on screen", (values, losses))
    check(any(len(cell) > 14 for cell in rows[1 + at][1:]), "at full precision", rows[1 + at])


def network(window, kind):
    """What all networks have: portraits at the step on screen, parameters, layers."""
    state = paused(window, 30)
    check("side.2" in state["widgets"], f"{kind}: a network has a side of its own")
    window.press("side.2")
    state = window.wait(lambda s: s["network"] and s["network"]["step"] == s["step"])
    runs = [one["run"] for one in state["network"]["runs"]]
    check(state["side"] == "network" and runs == list(range(len(state["runs"]))), f"{kind}: every run is looked into", runs)
    check(all(one["step"] == state["step"] and one.get("norms") for one in state["network"]["runs"]),
          f"{kind}: at the step on screen", state["network"])
    before = state["network"]
    window.key("Home")
    state = window.wait(lambda s: s["network"]["step"] == 0)
    norms = [one["norms"] for one in state["network"]["runs"]]
    check(all(row == norms[0] for row in norms), f"{kind}: at the start all networks are the same", norms)
    check(norms[0][2] is None or norms[0][2] == 0, f"{kind}: where no step was made yet", norms[0])
    window.move(*on_curves(state, before["step"] / state["limit"]))
    state = window.wait(lambda s: s["network"]["step"] > 5)
    check(state["step"] == 0 and state["network"]["step"] > 5, f"{kind}: they follow the mouse on the curves",
          (state["step"], state["network"]["step"]))
    x, y, width, height = state["scene"]
    window.move(x + 5, y + 5)
    window.key("End")
    return window.wait(lambda s: s["network"]["step"] == s["step"] > 0 and s["curves"]["hover_step"] is None)


def large(window, kind):
    window.key("w")
    state = window.wait(lambda s: "network.picture.large" in s["widgets"] or any(
        name.endswith(".large") for name in s["widgets"]))
    shown = [name for name in state["widgets"] if name.endswith(".large")]
    x, y, width, height = state["scene"]
    parts = [state["widgets"][name] for name in shown]
    check(parts and all(px >= x and py >= y and px + pw <= x + width and py + ph <= y + height for px, py, pw, ph in parts),
          f"{kind}: W shows it large, within the scene", parts)
    window.picture("network-" + kind)
    window.key("Escape")
    state = window.wait(lambda s: not s["network"]["large"])
    check(not state["network"]["large"], f"{kind}: Escape takes it away")


def maps(display, home):
    window = Window(display, home, "moons")
    state = network(window, "moons")
    state = window.wait(lambda s: s["network"]["side"] == 112)
    check(state["network"]["side"] == 112, "moons: the map becomes fine", state["network"]["side"])
    share = [one["accuracy"] for one in state["network"]["runs"]]
    check(all(0.4 < one <= 1 and abs(one * 256 - round(one * 256)) < 1e-9 for one in share),
          "moons: the accuracy is a share of its 256 samples", share)
    large(window, "moons")
    window.press("network.picture")
    state = window.wait(lambda s: s["network"]["large"])
    check(state["network"]["large"], "moons: a click shows it large, too")
    window.key("Escape")
    check(window.close() == 0, "moons: the window closes well")


def digits(display, home):
    window = Window(display, home, "digits")
    state = network(window, "digits")
    check(state["network"]["samples"] == 1797, "digits: all of them are looked at", state["network"]["samples"])
    window.press("network.run.1")
    large(window, "digits")
    check(window.close() == 0, "digits: the window closes well")


def fit(display, home):
    window = Window(display, home, "sine-regression")
    state = network(window, "sine")
    check(all(one["accuracy"] is None for one in state["network"]["runs"]), "sine: no classes, no accuracy")
    large(window, "sine")
    window.press("network.layer.on")
    state = window.wait(lambda s: s["network"]["layer"] == 0)
    check(state["network"]["layer"] == 0, "sine: one layer's parameters by themselves", state["network"]["layer"])
    window.press("side.0")
    state = window.wait(lambda s: s["side"] == "optimizers" and s["network"] is None)
    check(state["network"] is None, "sine: nothing is worked out that is not shown")
    check(window.close() == 0, "sine: the window closes well")


def main(display, home):
    window = Window(display, home, "saddle")
    curves(window)
    path_point(window)
    table(window, home)
    check("side.2" not in window.state()["widgets"], "a formula has no network")
    check(window.close() == 0, "the window closes well")
    maps(display, home)
    digits(display, home)
    fit(display, home)


drive(main)
