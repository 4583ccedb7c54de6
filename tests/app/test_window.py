"""Drives the window with a real mouse and keys and reads back what changed. Oracles: the lecture's saddle in closed form.

    test_window.py SADDLESCOPE [--keep FOLDER]
"""

import os
import sqlite3
import struct
import subprocess

from window_driver import Window, check, drive, note, program, settings_of


def run_of(state, label):
    return next(run for run in state["runs"] if run["label"] == label)


def welcome(window):
    state = window.wait(lambda s: s.get("first_surface", 0) > 0)
    check(state.get("experiment") == "saddle" and state.get("playing"), "the welcome scene opens and plays",
          state.get("experiment"))
    note(f"first surface {state['first_surface']:.3f} s after the start (the aim on an idle machine is 0.5 s)")
    check(0 < state["first_surface"] < 15, "the first surface is drawn soon", state["first_surface"])
    step = state["step"]
    state = window.wait(lambda s: s["step"] > step)
    check(state["step"] > step, "it plays: the step on screen grows", (step, state["step"]))
    window.picture("welcome")


def timeline(window):
    window.key("space")
    state = window.wait(lambda s: not s["playing"])
    step = window.settled()["step"]
    check(not state["playing"] and window.settled()["step"] == step, "space pauses")
    window.key("Right")
    state = window.wait(lambda s: s["step"] == step + 1)
    check(state["step"] == step + 1, "→ is one step on", (step, state["step"]))
    window.key("shift+Right")
    state = window.wait(lambda s: s["step"] == step + 11)
    check(state["step"] == step + 11, "Shift+→ is ten", (step, state["step"]))
    window.press("step.back")
    state = window.wait(lambda s: s["step"] == step + 10)
    check(state["step"] == step + 10, "the button steps back", (step, state["step"]))
    window.key("Home")
    state = window.wait(lambda s: s["step"] == 0)
    check(state["step"] == 0, "Home is the start", state["step"])

    x, y, width, height = state["widgets"]["scrub"]
    window.click(x + 8 + 0.5 * (width - 16), y + height / 2)
    half = state["limit"] / 2
    state = window.wait(lambda s: abs(s["step"] - half) <= 2 and s["last"] >= s["step"])
    check(abs(state["step"] - half) <= 2, "a click on the scrub bar goes there", (state["step"], half))
    check(state["last"] >= state["step"], "and the runs train as far", (state["last"], state["step"]))
    window.drag(x + 8 + 0.5 * (width - 16), y + height / 2, x + 8 + 0.25 * (width - 16), y + height / 2)
    state = window.wait(lambda s: abs(s["step"] - half / 2) <= 2)
    check(abs(state["step"] - half / 2) <= 2, "dragging it scrubs", (state["step"], half / 2))
    speed = state["speed"]
    window.press("speed.up")
    state = window.wait(lambda s: s["speed"] != speed)
    check(state["speed"] == 2 * speed, "faster is twice the speed", state["speed"])
    window.press("speed.down")
    window.wait(lambda s: s["speed"] == speed)


def views(window):
    for part, name in ((1, "side-by-side"), (2, "contour"), (0, "overlay")):
        window.press(f"view.{part}")
        state = window.wait(lambda s: s["view"] == name and not s["moving"])
        check(state["view"] == name, f"a click switches to {name}", state["view"])
        window.picture(name)
    for key, name in (("3", "contour"), ("1", "overlay")):
        window.key(key)
        state = window.wait(lambda s: s["view"] == name and not s["moving"])
        check(state["view"] == name, f"key {key} switches to {name}", state["view"])
    before = window.settled()["camera"]
    x, y, width, height = state["scene"]
    window.drag(x + 60, y + height - 40, x + 160, y + height - 40)
    state = window.wait(lambda s: s["camera"][0] != before[0])
    check(state["camera"][0] != before[0] and state["camera"][2] == before[2], "dragging turns the scene",
          state["camera"])
    window.move(x + 60, y + height - 40)
    window.xdotool("click", 4)
    state = window.wait(lambda s: s["camera"][2] < before[2])
    check(state["camera"][2] < before[2], "the wheel comes nearer", (state["camera"], before))
    window.xdotool("click", "--repeat", 2, "--delay", 60, 1)
    state = window.wait(lambda s: not s["moving"] and all(abs(a - b) < 1e-3 for a, b in zip(s["camera"], before)))
    check(all(abs(a - b) < 1e-3 for a, b in zip(state["camera"], before)), "a double-click puts the camera back",
          (state["camera"], before))
    height = window.settled()["height"]
    other = "linear" if height == "log" else "log"
    window.key("l")
    state = window.wait(lambda s: s["height"] == other)
    check(state["height"] == other, f"L makes the height {other}", state["height"])
    window.press(f"height.{('linear', 'log').index(height)}")
    state = window.wait(lambda s: s["height"] == height)
    check(state["height"] == height, f"a click makes it {height} again", state["height"])


def marker(window):
    window.wait(lambda s: any(c["kind"] == "saddle" and "place" in c for c in s["critical"]))
    state = window.settled()
    saddle = next(c for c in state["critical"] if c["kind"] == "saddle")
    check(all(abs(v) <= 1e-8 for v in saddle["at"]), "the saddle is marked at the origin", saddle)
    window.click(*saddle["place"])
    state = window.wait(lambda s: s["inspector"])
    found = state["inspector"] or {}
    check(found.get("kind") == "saddle" and found.get("index") == 1, "a click on it says: saddle, index 1", found)
    values = found.get("eigenvalues", [])
    check(len(values) == 2 and abs(values[0] + 2) < 1e-10 and abs(values[1] - 2) < 1e-10, "with eigenvalues −2 and 2",
          values)
    check(state["selected"] >= 0, "and its eigen-directions are drawn", state["selected"])
    window.picture("saddle")
    window.key("Escape")
    state = window.wait(lambda s: not s["inspector"])
    check(not state["inspector"] and state["selected"] == -1, "Escape closes it")


def start_by_click(window):
    state = window.settled()
    x, y = next(c["place"] for c in state["critical"] if c["kind"] == "saddle")
    for right, down in ((0, -60), (-70, -50), (70, -50), (0, 60), (-70, 40), (70, 40)):  # bare surface, no mark
        window.move(x + right, y + down)
        if window.wait(lambda s: s["hover"], 3)["hover"]:
            break
    hover = window.settled()["hover"]
    if not check(hover is not None, "coordinates are read under the mouse"):
        return
    window.xdotool("click", 1)
    state = window.wait(lambda s: s["start"])
    check(state["start"] and all(abs(a - b) < 1e-6 for a, b in zip(state["start"], (hover["a"], hover["b"]))),
          "a click on the surface starts there", (state["start"], hover))
    check(state["playing"], "and plays")
    window.key("space")
    window.wait(lambda s: not s["playing"])
    window.key("Home")
    state = window.wait(lambda s: s["step"] == 0)
    state = window.settled()
    a, b = state["start"]
    wanted = (1 - a * b) ** 2
    losses = [run["loss"] for run in state["runs"]]
    check(all(loss is not None and abs(loss - wanted) < 1e-12 * max(1, wanted) for loss in losses),
          "every run begins with the loss of that point", (losses, wanted))
    window.key("ctrl+z")
    state = window.wait(lambda s: s["start"] is None)
    check(state["start"] is None, "Ctrl+Z takes it back", state["start"])
    window.key("space")
    window.wait(lambda s: not s["playing"])


def optimizers(window):
    before = window.settled()
    first, second = before["runs"][0], before["runs"][1]
    x, y, width, height = before["widgets"]["optimizer.0.lr"]
    window.drag(x + width / 2, y + height / 2, x + 0.2 * width, y + height / 2)
    state = window.wait(lambda s: s["runs"][0]["lr"] != first["lr"])
    state = window.settled()
    check(state["runs"][0]["lr"] < first["lr"], "dragging the rate turns it down",
          (first["lr"], state["runs"][0]["lr"]))
    check(state["runs"][1]["lr"] == second["lr"], "and leaves the others alone")
    window.key("ctrl+z")
    state = window.wait(lambda s: s["runs"][0]["lr"] == first["lr"])
    check(state["runs"][0]["lr"] == first["lr"], "one drag is one undo", state["runs"][0]["lr"])

    window.press("optimizer.1.on")
    state = window.wait(lambda s: not s["runs"][1]["shown"])
    check(not state["runs"][1]["shown"], "a switch turns an optimizer off")
    state = window.settled()
    stood, last = state["runs"][1]["step"], state["last"]
    window.key("End", "shift+Right")
    state = window.wait(lambda s: s["runs"][0]["step"] >= last + 10)
    check(state["runs"][1]["step"] <= max(stood, last) and state["runs"][0]["step"] == last + 10,
          "it waits while the others go on", (stood, last, [run["step"] for run in state["runs"]]))
    window.press("optimizer.1.on")
    state = window.wait(lambda s: s["runs"][1]["shown"] and s["runs"][1]["step"] == s["step"])
    check(state["runs"][1]["step"] == state["step"], "on again, it catches up",
          (state["runs"][1]["step"], state["step"]))


def theme(window):
    before = window.state()["theme"]
    window.press("theme")
    state = window.wait(lambda s: s["theme"] != before)
    check(state["theme"] == "night" and before == "paper", "a click makes it night", state["theme"])
    window.picture("night")
    window.key("t")
    state = window.wait(lambda s: s["theme"] == "paper")
    check(state["theme"] == "paper", "T makes it day again", state["theme"])


def files(window, home):
    window.key("ctrl+e")
    state = window.wait(lambda s: any("saved" in text for text in s["notices"]))
    said = next((text for text in state["notices"] if "saved" in text), "")
    path = said.split(": ", 1)[-1]
    good = os.path.isfile(path)
    check(good, "the picture is where it says", state["notices"])
    if good:
        with open(path, "rb") as file:
            head = file.read(24)
        width, height = struct.unpack(">II", head[16:24])
        check(head[:8] == b"\x89PNG\r\n\x1a\n" and (width, height) == tuple(window.state()["scene"][2:]),
              "it is a PNG of the scene's size", (head[:8], width, height))
    window.press("record")
    state = window.wait(lambda s: s["recording"])
    check(state["recording"], "the record button records", state["notices"])
    window.key("shift+Right")
    window.wait(lambda s: s["step"] != state["step"])
    window.settled()
    window.press("record")
    state = window.wait(lambda s: not s["recording"] and any("Recorded" in text for text in s["notices"]))
    said = next((text for text in state["notices"] if "Recorded" in text), "")
    path = said.split(": ", 1)[-1]
    good = os.path.isfile(path)
    check(good, "the recording is where it says", state["notices"])
    marks = sqlite3.connect(path).execute("select count(*) from critical").fetchone()[0] if good else 0
    check(marks > 0, "and holds the critical points too", marks)
    return (path, state["last"]) if good else None


def idle(window):
    used = window.used_at_rest()
    check(used < 0.02, "paused, it uses no CPU", f"{100 * used:.1f} %")


def formulas(window):
    before = window.state()
    window.press("formula")
    window.key("ctrl+a")
    window.type("x^2 + * y")
    window.key("Return")
    state = window.wait(lambda s: s["formula_error"])
    check(state["formula_error"] != "" and "7" in state["formula_error"], "a bad formula is answered with its column",
          state["formula_error"])
    check(state["experiment"] == before["experiment"], "and the scene stays", state["experiment"])
    window.picture("bad-formula")
    window.settled()
    window.type("2")  # the caret stands at the column: "x^2 + 2* y"
    state = window.wait(lambda s: s["formula_text"] == "x^2 + 2* y")
    check(state["formula_text"] == "x^2 + 2* y", "the caret stands where it is wrong", state["formula_text"])
    check(window.settled()["view"] == before["view"], "and the key is no shortcut there", window.state()["view"])
    window.key("ctrl+a")
    window.type("x^2 - 3*y^2")
    window.key("Return")
    state = window.wait(lambda s: s.get("formula") == "x^2 - 3*y^2")
    check(state.get("formula") == "x^2 - 3*y^2" and state["formula_error"] == "", "a good one opens",
          state.get("formula"))
    window.wait(lambda s: any("place" in c for c in s["critical"]))
    window.key("Escape")  # leaves the box
    window.key("space")
    window.wait(lambda s: not s["playing"])
    state = window.settled()
    point = state["critical"][0] if state["critical"] else {}
    check(point.get("kind") == "saddle", "with its saddle found", state["critical"])
    window.picture("formula")
    if "place" in point:
        window.click(*point["place"])
        state = window.wait(lambda s: s["inspector"])
        values = (state["inspector"] or {}).get("eigenvalues", [])
        check(len(values) == 2 and abs(values[0] + 6) < 1e-9 and abs(values[1] - 2) < 1e-9,
              "and its eigenvalues −6 and 2", values)
        window.key("Escape")


def haste(window):
    """A click and what is typed right after it, with no time for a frame between."""
    before = window.settled()
    x, y = window.middle("formula")
    window.xdotool("mousemove", round(x), round(y), "click", 1, "key", "ctrl+a", "type", "--delay", 1,
                   "2*x^2 + 3 - t*l")
    state = window.wait(lambda s: s["formula_text"] == "2*x^2 + 3 - t*l", 10)
    check(state["formula_text"] == "2*x^2 + 3 - t*l", "what is typed right after a click goes into the box",
          state["formula_text"])
    same = {key: (before[key], state[key]) for key in ("view", "theme", "height", "speed")}
    check(all(a == b for a, b in same.values()), "and is not taken for shortcuts", same)
    x, y, width, height = state["widgets"]["height.0" if before["height"] == "log" else "height.1"]
    window.xdotool("mousemove", round(x + width / 2), round(y + height / 2), "mousedown", 1, "mouseup", 1, "mousemove",
                   640, 300)
    state = window.wait(lambda s: s["height"] != before["height"], 10)
    check(state["height"] != before["height"], "a click counts where it was, though the mouse has moved on",
          (before["height"], state["height"]))
    window.key("Escape")


def reading(window):
    state = window.settled()
    left, top, width, height = state["scene"]
    for x in (0.5, 0.45, 0.55, 0.4, 0.6):
        window.move(left + x * width, top + 0.62 * height)
        state = window.wait(lambda s: "hover" in s["widgets"], 3)
        if "hover" in state["widgets"]:
            break
    card = state["widgets"].get("hover")
    check(card is not None and card[0] >= left and card[0] + card[2] <= left + width and card[1] >= top,
          "the figures under the mouse stand on a card within the scene", card)
    window.move(left + 5, top + height - 5)


def heads(display, home):
    """Of a network a head may be off the plane: what is said of it has to be its own loss, not the plane's."""
    window = Window(display, home, "xor")
    window.wait(lambda s: s["step"] >= 30 and s["first_surface"] > 0)
    window.key("space")
    window.wait(lambda s: not s["playing"])
    window.wait(lambda s: not s["busy"])
    state = window.settled()
    told = None
    for run in state["runs"]:
        if "place" not in run:
            continue
        window.click(*run["place"])
        told = window.wait(lambda s: s["inspector"], 5)["inspector"]
        if told and told["of"] == "run":
            break
        window.key("Escape")
    if check(told is not None and told["of"] == "run", "a click on a head inspects it", told):
        run = state["runs"][told["run"]]
        check(told["step"] == run["step"] and abs(told["loss"] - run["loss"]) <= 1e-12 * abs(run["loss"]),
              "with the loss of its run", (told, run))
    check(window.close() == 0, "and the window closes")


def large_text(display, home):
    window = Window(display, home, "saddle", "--scale", "3")
    state = window.wait(lambda s: s["first_surface"] > 0)
    check(state["scale"] == 2, "text is no larger than leaves room for the scene", state["scale"])
    state = window.settled()
    parts = {name: place for name, place in state["widgets"].items()
             if name in ("fold.left", "theme", "export", "help", "fold.bottom", "fold.right") or name.startswith("view.")}
    row = sorted(parts.values())
    apart = all(a[0] + a[2] <= b[0] + 1 for a, b in zip(row, row[1:]))
    inside = row[-1][0] + row[-1][2] <= 1280
    check(len(parts) == 11 and apart and inside, "nothing in the top bar lies upon another", parts)
    check(window.close() == 0, "and closes")


def others(window):
    x, y, width, height = window.state()["widgets"]["panel.left"]
    window.move(x + width / 2, y + height - 20)
    for _ in range(40):
        place = window.settled()["widgets"].get("open.himmelblau")
        if place and place[1] + place[3] < y + height:
            break
        window.xdotool("click", 5)
    check(place is not None, "the list of scenes scrolls")
    window.press("open.himmelblau")
    state = window.wait(lambda s: s["experiment"] == "himmelblau" and len(s["critical"]) == 9)
    kinds = sorted(c["kind"] for c in state["critical"])
    check(kinds == ["maximum"] + 4 * ["minimum"] + 4 * ["saddle"], "another scene opens from the list", kinds)
    window.picture("himmelblau")


def small_things(display, home):
    result = subprocess.run([program, "open", "saddle"], capture_output=True, text=True, timeout=60, cwd=home,
                            env={key: value for key, value in os.environ.items()
                                 if key not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")})
    check(result.returncode == 1 and "saddlescope render" in result.stderr, "without a display it names `render`",
          (result.returncode, result.stderr))
    environment = dict(os.environ, DISPLAY=display.name, HOME=home)
    result = subprocess.run([program, "open", "himelblau"], capture_output=True, text=True, timeout=60, cwd=home,
                            env=environment)
    check(result.returncode == 2 and "himmelblau" in result.stderr, "an unknown scene is answered with the nearest",
          (result.returncode, result.stderr))


def replay(display, home, path, last):
    window = Window(display, home, path)
    state = window.wait(lambda s: s.get("experiment") and s["step"] == s["limit"])
    check(state.get("replay") and state["limit"] == last, "a recording opens and replays",
          (state.get("replay"), state.get("limit"), last))
    check(window.close() == 0, "and closes")


def main(display, home):
    window = Window(display, home)
    if not check(window.process.poll() is None and window.state() is not None, "the window opens",
                 window.process.stderr.read() if window.process.poll() is not None else "no state"):
        return
    welcome(window)
    timeline(window)
    views(window)
    marker(window)
    start_by_click(window)
    optimizers(window)
    theme(window)
    recorded = files(window, home)
    idle(window)
    formulas(window)
    haste(window)
    reading(window)
    others(window)
    window.key("t")
    window.wait(lambda s: s["theme"] == "night")
    check(window.close() == 0, "Ctrl+Q closes it")
    if recorded:
        replay(display, home, *recorded)

    settings = settings_of(home)
    with open(settings) as file:
        check("theme: night" in file.read(), "the theme is remembered")
    with open(settings, "w") as file:
        file.write("theme: night\nscale: enormous\n")
    window = Window(display, home, "bowl")
    state = window.wait(lambda s: s["notices"])
    check(any("settings.yaml:2:8" in text for text in state["notices"]) and state["experiment"] == "bowl",
          "broken settings are said and left aside", state["notices"])
    window.close()
    heads(display, home)
    large_text(display, home)
    small_things(display, home)


drive(main)
