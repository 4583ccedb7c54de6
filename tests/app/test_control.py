#!/usr/bin/env python3
"""The window by keys alone, the palette, undo and redo, the timeline's loop and events, files from a dialog and a list."""

import os

from window_driver import Window, check, drive, stand_in

BOWL = """title: A bowl of its own
objective: {expression: x^2 + 4*y^2, variables: [x, y], domain: [[-2, 2], [-2, 2]]}
start: [1.5, 1]
steps: 120
optimizers:
  - {name: sgd, lr: 0.05, schedule: {name: step, step_size: 40, gamma: 0.5, warmup: 10}}
  - {name: adam, lr: 0.1}
"""


def walk_to(window, widget, key="Tab", most=80):
    """Presses the key until the keyboard is there, looking after each press."""
    for _ in range(most):
        before = window.state()["focus"]
        if before == widget:
            return True
        window.key(key)
        window.wait(lambda s: s["focus"] != before, 5)
    return window.state()["focus"] == widget


def by_keys(window):
    window.key("space")
    window.wait(lambda s: not s["playing"])
    window.wait(lambda s: any(c["kind"] == "saddle" for c in s["critical"]))
    window.key("c")
    state = window.wait(lambda s: s["cursor"])
    check(state["cursor"], "C puts a cursor on the surface")
    before = state["cursor"] or [0, 0]
    window.key("Right")
    state = window.wait(lambda s: s["cursor"] != before)
    check(state["cursor"] != before and state["hover"], "an arrow moves it", state["cursor"])
    one = abs(state["cursor"][0] - before[0]) + abs(state["cursor"][1] - before[1])
    near = state["cursor"]
    window.key("shift+Up")
    state = window.wait(lambda s: s["cursor"] != near)
    six = abs(state["cursor"][0] - near[0]) + abs(state["cursor"][1] - near[1])
    check(six > 2 * one, "with Shift further", (one, six))
    window.picture("cursor")
    at = state["cursor"]
    window.key("Return")
    state = window.wait(lambda s: s["start"])
    check(state["start"] and all(abs(a - b) < 1e-9 for a, b in zip(state["start"], at)), "Enter starts there",
          (state["start"], at))
    window.key("i")
    state = window.wait(lambda s: s["inspector"])
    check((state["inspector"] or {}).get("of") == "point", "I inspects the point", state["inspector"])
    window.key("Escape")
    window.wait(lambda s: not s["inspector"])
    window.key("Escape")
    check(window.wait(lambda s: not s["cursor"])["cursor"] is None, "Escape leaves the cursor")
    window.key("n")
    state = window.wait(lambda s: s["inspector"])
    check((state["inspector"] or {}).get("of") == "critical", "N opens a critical point's card", state["inspector"])
    window.key("Tab")
    state = window.wait(lambda s: s["focus"])
    check(state["focus"] == "inspector.close", "and Tab goes to it", state["focus"])
    window.picture("card")
    window.key("Return")
    state = window.wait(lambda s: not s["inspector"])
    check(not state["inspector"], "where Enter presses what has the ring", state["inspector"])
    window.key("j")
    state = window.wait(lambda s: s["inspector"])
    check((state["inspector"] or {}).get("of") == "run", "J opens a head's card", state["inspector"])
    window.key("Escape")
    before = window.wait(lambda s: not s["inspector"])["camera"]
    window.key("ctrl+Left")
    state = window.wait(lambda s: s["camera"][0] != before[0])
    check(state["camera"][0] != before[0] and state["camera"][2] == before[2], "Ctrl and an arrow turn the scene")
    window.key("plus")
    state = window.wait(lambda s: s["camera"][2] < before[2])
    check(state["camera"][2] < before[2], "+ comes nearer", state["camera"])
    window.key("0")
    state = window.wait(lambda s: not s["moving"] and abs(s["camera"][0] - before[0]) < 1e-3)
    check(abs(state["camera"][0] - before[0]) < 1e-3, "0 is the usual view", (state["camera"], before))


def panels(window):
    seen = []
    for _ in range(6):
        before = window.state()["focus"]
        window.key("F6")
        seen.append(window.wait(lambda s: s["focus"] != before, 5)["focus"])
    check(len(set(seen)) >= 4, "F6 goes through the panels", seen)
    check(walk_to(window, "optimizer.0.lr"), "Tab comes to a slider", window.state()["focus"])
    before = window.state()["runs"][0]["lr"]
    window.key("Right")
    state = window.wait(lambda s: s["runs"][0]["lr"] > before)
    check(state["runs"][0]["lr"] > before, "an arrow moves it", state["runs"][0]["lr"])
    window.picture("slider")
    turned = state["runs"][0]["lr"]
    window.key("ctrl+z")
    state = window.wait(lambda s: s["runs"][0]["lr"] == before)
    check(state["runs"][0]["lr"] == before, "Ctrl+Z puts it back", state["runs"][0]["lr"])
    window.key("ctrl+y")
    state = window.wait(lambda s: s["runs"][0]["lr"] == turned)
    check(state["runs"][0]["lr"] == turned, "Ctrl+Y does it again", state["runs"][0]["lr"])
    check(walk_to(window, "optimizer.1.on"), "and to a switch", window.state()["focus"])
    window.key("space")
    state = window.wait(lambda s: not s["runs"][1]["shown"])
    check(not state["runs"][1]["shown"], "which Space throws")
    window.key("ctrl+z")
    check(window.wait(lambda s: s["runs"][1]["shown"])["runs"][1]["shown"], "and Ctrl+Z throws back")
    check(walk_to(window, "formula", "shift+Tab"), "Shift+Tab comes to the text box", window.state()["focus"])
    window.key("ctrl+a")
    window.type("x*y")
    window.key("Return")
    state = window.wait(lambda s: s.get("formula") == "x*y")
    check(state.get("formula") == "x*y", "which is typed into", state.get("formula"))
    window.key("Escape")
    state = window.wait(lambda s: not s["focus"])
    check(state["focus"] == "", "Escape gives the keyboard back to the scene", state["focus"])


def palette(window):
    window.key("ctrl+z")  # the scene before the formula
    state = window.wait(lambda s: s.get("experiment") == "saddle")
    check(state.get("experiment") == "saddle", "Ctrl+Z opens the scene before", state.get("experiment"))
    window.key("ctrl+k")
    window.type("himmelb")
    state = window.wait(lambda s: (s["palette"] or {}).get("query") == "himmelb")
    check(state["palette"] and state["palette"]["label"] == "Himmelblau", "the palette finds a surface",
          state["palette"])
    window.picture("palette")
    window.key("Return")
    state = window.wait(lambda s: s["experiment"] == "himmelblau" and not s["palette"])
    check(state["experiment"] == "himmelblau", "and opens it", state["experiment"])
    window.key("ctrl+z")
    state = window.wait(lambda s: s["experiment"] == "saddle")
    check(state["experiment"] == "saddle", "Ctrl+Z opens the one before", state["experiment"])
    window.key("ctrl+shift+z")
    state = window.wait(lambda s: s["experiment"] == "himmelblau")
    check(state["experiment"] == "himmelblau", "Ctrl+Shift+Z the one after", state["experiment"])
    theme = state["theme"]
    window.key("ctrl+k")
    window.type("light dark")
    window.key("Return")
    state = window.wait(lambda s: s["theme"] != theme)
    check(state["theme"] != theme, "a command is done by its name", state["theme"])
    window.key("ctrl+z")
    check(window.wait(lambda s: s["theme"] == theme)["theme"] == theme, "looks are taken back too")
    window.key("question")
    check(window.wait(lambda s: s["help"])["help"], "? shows the sheet")
    window.picture("sheet")
    window.key("Escape")
    window.wait(lambda s: not s["help"])
    scale = window.state()["scale"]
    window.key("b")
    state = window.wait(lambda s: s["big_text"])
    check(abs(state["scale"] - 1.6 * scale) < 0.01, "B makes all text larger", state["scale"])
    window.picture("big-text")
    window.key("b", "p")
    check(window.wait(lambda s: s["laser"] and not s["big_text"])["laser"], "P is a laser pointer")
    window.move(500, 300)
    window.picture("laser")
    window.key("p")
    window.wait(lambda s: not s["laser"])


def files(window, home, answer):
    path = os.path.join(home, "bowl.yaml")
    with open(path, "w") as file:
        file.write(BOWL)
    with open(answer, "w") as file:
        file.write(path)
    window.key("ctrl+o")
    state = window.wait(lambda s: s["title"] == "A bowl of its own")
    check(state["title"] == "A bowl of its own", "what the desktop's dialog answers is opened", state["title"])
    os.remove(answer)  # now the dialog fails
    table = os.path.join(home, "table.csv")
    with open(table, "w") as file:
        file.write("a,b,kind\n1,2,x\n2,1,y\n0,3,x\n3,0,y\n1,1,y\n0,2,x\n")
    window.key("ctrl+o")
    state = window.wait(lambda s: s["palette"])
    check(state["palette"], "without one the palette asks for a path")
    window.key("ctrl+a")
    window.type(os.path.join(home, "tab"))
    state = window.wait(lambda s: (s["palette"] or {}).get("label") == "table.csv")
    check((state["palette"] or {}).get("label") == "table.csv", "and completes it", state["palette"])
    window.key("Return")
    state = window.wait(lambda s: s["title"] == "table.csv")
    check(state["title"] == "table.csv" and len(state["runs"]) == 4, "a table of data is trained on", state["title"])
    bad = os.path.join(home, "bad.yaml")
    with open(bad, "w") as file:
        file.write("title: Bad\nobjective: {expression: x^^2}\n")
    window.key("ctrl+o")
    window.wait(lambda s: s["palette"])
    window.key("ctrl+a")
    window.type(bad)
    window.key("Return")
    state = window.wait(lambda s: any("bad.yaml:2" in text for text in s["notices"]))
    check(any("bad.yaml:2" in text for text in state["notices"]), "a wrong file is answered with its place",
          state["notices"])
    window.key("Escape")
    window.wait(lambda s: not s["palette"])


def timeline(window, home):
    window.key("ctrl+k")
    window.type("bowl.yaml")
    window.key("Return")
    state = window.wait(lambda s: s["title"] == "A bowl of its own")
    check(state["title"] == "A bowl of its own", "the palette finds recent files", state["title"])
    window.key("End")
    window.wait(lambda s: not s["playing"])
    for _ in range(60):  # trained to its end
        window.key("greater")
        if window.wait(lambda s: s["speed"] == "max", 2)["speed"] == "max":
            break
    check(window.state()["speed"] == "max", "> makes it faster, as fast as it goes in the end")
    window.key("space")
    state = window.wait(lambda s: s["ended"] and not s["playing"])
    state = window.wait(lambda s: any(e["kind"] == "critical" for e in s["events"]))
    kinds = {event["kind"]: event["step"] for event in reversed(state["events"])}
    check(kinds.get("warm") == 10 and kinds.get("schedule") == 50, "schedules are marked where they turn",
          state["events"])
    check("critical" in kinds, "and where the minimum is reached", state["events"])
    window.key("Home")
    window.wait(lambda s: s["step"] == 0)
    window.key("period")
    state = window.wait(lambda s: s["step"] == state["events"][0]["step"])
    check(state["step"] == state["events"][0]["step"], ". goes to the first of them", state["step"])
    window.key("bracketleft")
    state = window.wait(lambda s: s["loop"])
    for _ in range(3):
        step = window.state()["step"]
        window.key("shift+Right")
        window.wait(lambda s: s["step"] == step + 10)
    window.key("bracketright")
    state = window.wait(lambda s: s["loop"] and s["loop"][1] == s["step"])
    check(state["loop"] == [state["events"][0]["step"], state["step"]], "[ and ] set the ends of a loop", state["loop"])
    low, high = state["loop"] or [0, 0]
    window.key("space")
    steps = [window.wait(lambda s: s["playing"])["step"]]
    for _ in range(40):
        before = steps[-1]
        steps.append(window.wait(lambda s: s["step"] != before, 5)["step"])
    check(all(low <= step <= high for step in steps) and any(b < a for a, b in zip(steps, steps[1:])),
          "which is played again and again", (low, high, steps))
    window.picture("loop")
    window.key("backslash")
    state = window.wait(lambda s: not s["loop"])
    check(state["loop"] is None, "\\ ends it", state["loop"])


def again(display, home):
    """What was opened before is on the list; what has gone is said, and dropped."""
    window = Window(display, home, "saddle")
    state = window.wait(lambda s: "fold.recent" in s["widgets"])
    check("fold.recent" in state["widgets"], "recent files are remembered")
    os.remove(os.path.join(home, "bowl.yaml"))
    window.key("ctrl+k")
    window.type("bowl.yaml")
    window.wait(lambda s: (s["palette"] or {}).get("label") == "bowl.yaml")
    window.key("Return")
    state = window.wait(lambda s: any("no longer there" in text for text in s["notices"]))
    check(any("no longer there" in text for text in state["notices"]), "one that has gone is said", state["notices"])
    window.key("ctrl+k")
    window.type("bowl.yaml")
    state = window.wait(lambda s: (s["palette"] or {}).get("query") == "bowl.yaml")
    check((state["palette"] or {}).get("count") == 0, "and is off the list", state["palette"])
    window.key("Escape")
    check(window.close() == 0, "the window closes")


def main(display, home):
    answer = os.path.join(home, "answer")
    for name in ("zenity", "kdialog"):  # they answer with the file's text, or fail
        stand_in(home, name, f'#!/bin/sh\n[ -f "{answer}" ] || exit 5\ncat "{answer}"\n')
    window = Window(display, home, "saddle")
    by_keys(window)
    panels(window)
    palette(window)
    files(window, home, answer)
    timeline(window, home)
    check(window.close() == 0, "Ctrl+Q closes it")
    again(display, home)


drive(main)
