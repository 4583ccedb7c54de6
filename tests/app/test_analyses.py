"""Drives curves, analyses, planes and the inspector's searches in the window, with a real mouse and keys.

    test_analyses.py SADDLESCOPE [--keep FOLDER]

Oracles: the lecture's saddle (1 − w₁w₂)² and Himmelblau's function in closed form; the program's own commands are not
asked.
"""

import pathlib
import sqlite3
import time

from window_driver import Window, check, drive, note


def row(state, kind):
    """The newest analysis of this kind."""
    rows = [one for one in state.get("analyses", []) if one["kind"] == kind]
    return rows[-1] if rows else {}


def press_on_card(window, widget):
    """A card finds its place in its first frames: a hand waits for it too."""
    window.wait(lambda s: widget in s["widgets"])
    window.settled()
    window.press(widget)


def done(window, kind):
    state = window.wait(lambda s: row(s, kind).get("finished"))
    return row(state, kind)


def pause_at(window, step):
    window.wait(lambda s: s["last"] >= 5)
    window.key("space")
    window.wait(lambda s: not s["playing"])
    window.key("Home")
    window.wait(lambda s: s["step"] == 0)
    for _ in range(step // 10):
        window.key("shift+Right")
    for _ in range(step % 10):
        window.key("Right")
    return window.wait(lambda s: s["step"] == step and s["last"] >= step)


def curves(window):
    names = ("loss", "gradient", "rate", "sharpness")
    for part, name in ((1, "gradient"), (2, "rate"), (0, "loss")):
        window.press(f"figure.{part}")
        state = window.wait(lambda s: s["figure"] == name)
        check(state["figure"] == name, f"a click shows the {name}", state["figure"])
    x, y, width, height = state["widgets"]["curves"]
    window.move(x + 0.3 * width, y + height / 2)
    state = window.wait(lambda s: "reading" in s["widgets"], 5)
    check("reading" in state["widgets"], "the values under the mouse are read")
    window.press(f"figure.{names.index('sharpness')}")
    state = window.wait(lambda s: "sharpness.start" in s["widgets"])
    window.press("sharpness.start")
    wanted = len(state["runs"])
    state = window.wait(lambda s: len(row(s, "sharpness").get("readings", [])) == wanted)
    check(len(row(state, "sharpness").get("readings", [])) == wanted, "the sharpness of every run is measured",
          row(state, "sharpness"))
    window.picture("sharpness")
    window.press("figure.0")
    window.wait(lambda s: s["figure"] == "loss")
    runs = window.settled()["runs"]
    spent, steps = [run["evaluations"] for run in runs], [run["step"] for run in runs]
    check(all(used == step + 1 for used, step in zip(spent, steps)), "one gradient a step, and the start's, are counted",
          (spent, steps))


def analyses(window):
    window.press("side.1")
    window.wait(lambda s: s["side"] == "analyses" and "analyse.spectrum" in s["widgets"])
    state = pause_at(window, 12)
    window.press("analyse.spectrum")
    found = done(window, "spectrum")
    check(found.get("n") == 2, "a spectrum is found", found)
    window.press("analyse.taylor")
    found = done(window, "taylor")
    values = [one["curvature"] for one in found.get("sections", [])]
    spectrum = row(window.state(), "spectrum")
    check(len(values) == 2 and abs(values[0] - spectrum["lowest"]) < 1e-8 and abs(values[1] - spectrum["highest"]) < 1e-8,
          "the quadratic model's curvatures are its ends", (values, spectrum))
    check(all(one["from"] < 0 < one["to"] for one in found["sections"]), "and holds around the point", found)
    window.press("line.to.1")
    found = done(window, "line")
    losses = [run["loss"] for run in window.state()["runs"]]
    check(found.get("from") is not None and abs(found["from"] - losses[0]) < 1e-9 and abs(found["to"] - losses[1]) < 1e-9,
          "a line begins and ends at the losses of its runs", (found, losses))
    window.press("analyse.seek")
    found = done(window, "seek")
    check(found.get("point") == "saddle" and found.get("grad_norm", 1) < 1e-8 and abs(found["loss"] - 1) < 1e-9,
          "the search from near the start arrives at the saddle, L = 1", found)
    window.picture("analyses")
    before = len(window.state()["analyses"])
    window.press(f"analysis.{found['id']}.end")
    state = window.wait(lambda s: len(s["analyses"]) == before - 1)
    check(len(state["analyses"]) == before - 1, "a click puts a row away")
    window.press("side.0")
    window.wait(lambda s: s["side"] == "optimizers")


def escape(window):
    state = window.wait(lambda s: any(c["kind"] == "saddle" and "place" in c for c in s["critical"]))
    state = window.settled()
    window.click(*next(c["place"] for c in state["critical"] if c["kind"] == "saddle"))
    press_on_card(window, "inspector.escape")
    state = window.wait(lambda s: s["inspector"] and s["inspector"].get("ways"))
    ways = (state["inspector"] or {}).get("ways", [2, 2])
    if not check(all(loss is not None and loss < 1 for loss in ways), "off the saddle the loss falls both ways",
                 (state["inspector"], row(state, "escape"), state["notices"])):
        return
    window.picture("escape")
    press_on_card(window, "inspector.plus")
    state = window.wait(lambda s: s["start"])
    a, b = state["start"] or (0, 0)
    check(abs((1 - a * b) ** 2 - ways[0]) < 1e-9, "and one may train on from there", (a, b, ways))
    check(abs(a - b) < 1e-6 * max(1, abs(a)), "along the direction (1, 1)", (a, b))
    window.key("ctrl+z")
    window.wait(lambda s: s["start"] is None)


def insides(window):
    pause_at(window, 8)
    window.press("insides")
    state = window.wait(lambda s: len(s["insides"]) == len(s["runs"]))
    check(len(state["insides"]) == len(state["runs"]), "at a pause every head shows what its step is made of",
          len(state["insides"]))
    for one in state["insides"]:
        a0, b0, a1, b1 = one["from_to"]
        check(abs(one["sum"][0] - (a1 - a0)) < 1e-12 and abs(one["sum"][1] - (b1 - b0)) < 1e-12 and one["step"] == 8,
              f"the arrows of run {one['run']} add up to its step", one)
    window.picture("insides")
    window.key("Right")
    after = window.wait(lambda s: s["step"] == 9 and s["insides"] and all(one["step"] == 9 for one in s["insides"]))
    check(all(abs(one["from_to"][k] - before["from_to"][2 + k]) < 1e-12
              for one, before in zip(after["insides"], state["insides"]) for k in (0, 1)),
          "one step on, each head is where its arrow ended", after["insides"])
    window.key("i")
    state = window.wait(lambda s: not s["insides"])
    check(not state["insides"], "I hides them")


def maps(display, home):
    window = Window(display, home, "himmelblau")
    window.wait(lambda s: s["last"] >= 5)
    window.key("space")
    window.press("side.1")
    window.wait(lambda s: "analyse.basins" in s["widgets"])
    window.press("analyse.basins")
    found = done(window, "basins")
    check(found.get("ends", 0) >= 4 and window.state()["basins"], "the basins' maps stand in the surface's place", found)
    window.picture("basins")
    window.key("Escape")
    state = window.wait(lambda s: not s["basins"])
    check(not state["basins"], "Escape goes back to the surface")
    window.press("analyse.tune")
    found = done(window, "tune")
    rates = found.get("rates", [])
    check(len(rates) == len(state["runs"]) and all(rates), "every optimizer is tuned", found)
    x, y, width, height = window.state()["widgets"]["panel.right"]
    window.move(x + width / 2, y + height - 20)
    for _ in range(30):
        place = window.settled()["widgets"].get("tune.use")
        if place and place[1] + place[3] < y + height:
            break
        window.xdotool("click", 5)
    window.press("tune.use")
    state = window.wait(lambda s: [run["lr"] for run in s["runs"]] == rates)
    check([run["lr"] for run in state["runs"]] == rates, "and its best rate used",
          ([run["lr"] for run in state["runs"]], rates))
    check(window.close() == 0, "and the window closes")


def swarm(display, home):
    window = Window(display, home, "himmelblau-swarm")
    first = window.wait(lambda s: s["swarm"] and s["swarm"]["step"] >= 5)
    before, since = window.seconds_used(), time.monotonic()
    last = window.wait(lambda s: s["swarm"]["step"] >= first["swarm"]["step"] + 60)
    steps = last["swarm"]["step"] - first["swarm"]["step"]
    used, took = window.seconds_used() - before, time.monotonic() - since
    note(f"{steps / took:.0f} steps a second of 4 x 10,000 points, {1000 * used / steps:.0f} ms of processor each")
    check(steps >= 60 and used / steps < 2 / 20, "two processors take a swarm of 10,000 through 20 steps a second",
          (steps, used, took))
    window.key("space")
    window.wait(lambda s: not s["playing"])
    state = window.wait(lambda s: s["swarm"]["step"] == s["step"])
    check(state["swarm"]["step"] == state["step"], "at a pause it is where the view is", (state["swarm"], state["step"]))
    window.picture("swarm")
    dots = state["swarm"]["dots"]
    x, y, width, height = state["widgets"]["optimizer.0.lr"]
    window.drag(x + width * 0.6, y + height / 2, x + width * 0.2, y + height / 2)
    state = window.wait(lambda s: s["swarm"] and s["swarm"]["step"] == s["step"] and s["swarm"]["dots"] != dots)
    check(state["swarm"]["step"] == state["step"] and state["swarm"]["dots"] != dots,
          "a rate moved by its slider moves the swarm", (state["swarm"], dots, state["runs"][0]["lr"]))
    window.key("Home")
    state = window.wait(lambda s: s["swarm"]["step"] == 0)
    check(state["swarm"] == {"step": 0, "dots": 40000}, "and at the start every point is at its own", state["swarm"])
    check(window.close() == 0, "and the window closes")


def planes(display, home):
    window = Window(display, home, "xor")
    window.wait(lambda s: s["step"] >= 40 and s["first_surface"] > 0)
    window.key("space")
    state = window.wait(lambda s: not s["playing"] and not s["busy"])
    window.settled()
    for kind in ("random", "hessian", "points", "axes", "pca"):
        window.press(f"plane.{kind}")
        state = window.wait(lambda s: s["plane"] == kind and not s["morphing"])
        check(state["plane"] == kind and not state["morphing"], f"the picture turns to the plane: {kind}",
              (state["plane"], state["morphing"]))
    check(state["variance"] > 0.5, "of all, the paths' own plane holds most of them", state["variance"])
    window.press("path.height.1")
    state = window.wait(lambda s: s["path_height"] == "slice")
    check(state["path_height"] == "slice", "paths can lie on the slice", state["path_height"])
    window.key("h")
    state = window.wait(lambda s: s["path_height"] == "true")
    check(state["path_height"] == "true", "H lifts them to their true loss")
    window.press("figure.5")
    state = window.wait(lambda s: s["figure"] == "distance")
    check(state["figure"] == "distance", "off the plane is a curve too", state["figure"])

    state = window.settled()
    for run in state["runs"]:
        if "place" not in run:
            continue
        window.click(*run["place"])
        if window.wait(lambda s: s["inspector"], 5)["inspector"]:
            break
    press_on_card(window, "inspector.seek")
    state = window.wait(lambda s: (s["inspector"] or {}).get("of") == "found")
    told = state["inspector"] or {}
    check(told.get("of") == "found", "from a head one gets to a critical point, or hears why not", told)
    check(told.get("kind") == "not critical" or told.get("grad_norm", 1) <= 1e-8, "where the gradient vanishes", told)
    press_on_card(window, "inspector.plane")
    state = window.wait(lambda s: s["plane"] == "hessian" and not s["morphing"])
    check(state["plane"] == "hessian", "and its plane is shown", state["plane"])
    window.picture("found")
    recorded(window, home)
    check(window.close() == 0, "and the window closes")


def recorded(window, home):
    """What was found goes into the recording beside the runs."""
    state = window.state()
    found = [one["kind"] for one in state["analyses"] if one["finished"] and not one["failed"]]
    window.press("record")
    window.wait(lambda s: s["recording"])
    window.press("record")
    window.wait(lambda s: not s["recording"] and any("Recorded" in text for text in s["notices"]))
    files = list(pathlib.Path(home).rglob("*.saddle"))
    kinds = []
    for file in files:
        base = sqlite3.connect(file)
        kinds += [kind for (kind,) in base.execute("select kind from study order by id")]
        base.close()
    check(len(files) == 1 and "seek" in kinds and kinds == found, "analyses are recorded with the runs", (kinds, found))


def busy_and_cancelled(display, home):
    """While a long analysis runs the window answers; cancelled, it is gone without a wait."""
    window = Window(display, home, "digits")
    window.wait(lambda s: s["step"] >= 3)
    window.key("space")
    window.wait(lambda s: not s["playing"])
    window.press("side.1")
    window.wait(lambda s: "analyse.spectrum" in s["widgets"])
    window.press("analyse.spectrum")
    state = window.wait(lambda s: row(s, "spectrum"))
    check(not row(state, "spectrum").get("finished"), "a large net's spectrum takes its time", row(state, "spectrum"))
    slowest, theme = 0, state["theme"]
    for _ in range(5):
        began = time.monotonic()
        window.key("t")
        theme = "paper" if theme == "night" else "night"
        state = window.wait(lambda s: s["theme"] == theme, 10)
        slowest = max(slowest, time.monotonic() - began)
    check(state["theme"] == theme and slowest < 1.5, "keys are answered meanwhile", f"{slowest:.2f} s")
    note(f"the slowest of five keys while it ran: {slowest:.2f} s, xdotool and reading back counted in")
    one = row(state, "spectrum")
    began = time.monotonic()
    window.press(f"analysis.{one['id']}.end")
    state = window.wait(lambda s: row(s, "spectrum").get("finished"))
    check(row(state, "spectrum").get("finished"), "cancelling ends it", row(state, "spectrum"))
    note(f"cancelled after {time.monotonic() - began:.2f} s")
    window.press("analyse.sharpness")
    window.wait(lambda s: row(s, "sharpness"))
    check(window.close() == 0, "a window closes while an analysis runs")


def idle(window):
    used = window.used_at_rest()
    check(used < 0.02, "paused with its sharpness followed, it uses no CPU", f"{100 * used:.1f} %")


def main(display, home):
    window = Window(display, home, "saddle")
    curves(window)
    analyses(window)
    escape(window)
    insides(window)
    idle(window)
    check(window.close() == 0, "Ctrl+Q closes it")
    planes(display, home)
    maps(display, home)
    swarm(display, home)
    busy_and_cancelled(display, home)


drive(main)
