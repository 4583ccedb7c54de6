"""Files that come to the window and go from it: by the desktop's dialog, by a hand that drops them, long ones.

    test_files.py SADDLESCOPE

The dialogs are stand-ins that say what they were asked and answer when they are told to. Speaks TAP.
"""

import os
import random
import signal
import subprocess
import sys
import time

from window_driver import PATIENCE, Window, check, drive, leave_leaks, note, stand_in

BOWL = "title: A bowl of its own\nobjective: {expression: x^2 + 2*y^2, domain: [[-2, 2], [-2, 2]]}\nstart: [1, 1]\n"

STAND_IN = r"""#!/bin/sh
printf '%s\n' "$0" "$@" >"$TALK/asked.$$"
printf 'WINDOWID=%s\nLC_ALL=%s\n' "$WINDOWID" "$LC_ALL" >>"$TALK/asked.$$"
echo $$ >>"$TALK/started"
mv "$TALK/asked.$$" "$TALK/asked"
while [ ! -f "$TALK/answer" ]; do sleep 0.05; done
read -r status <"$TALK/answer"
tail -n +2 "$TALK/answer"
rm "$TALK/answer" "$TALK/asked"
exit "$status"
"""


class Desk:
    """A desktop with a dialog."""

    def __init__(self, home):
        self.talk = os.path.join(home, "talk")
        os.mkdir(self.talk)
        for name in ("zenity", "kdialog"):
            stand_in(home, name, STAND_IN)
        os.environ["TALK"] = self.talk

    def asked(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                with open(os.path.join(self.talk, "asked")) as file:
                    return file.read().split("\n")
            except OSError:
                time.sleep(0.03)
        return []

    def answer(self, status, path=""):
        with open(os.path.join(self.talk, "answer.new"), "w") as file:
            file.write(f"{status}\n{path}\n")
        os.rename(os.path.join(self.talk, "answer.new"), os.path.join(self.talk, "answer"))

    def numbers(self):
        with open(os.path.join(self.talk, "started")) as file:
            return [int(line) for line in file]


def gone(number):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            os.kill(number, 0)
        except OSError:
            return True
        time.sleep(0.05)
    return False


def dialogs(window, desk, home):
    folder = os.path.join(home, "a folder with 中文")
    os.mkdir(folder)
    path = os.path.join(folder, "我的 碗.yaml")
    with open(path, "w") as file:
        file.write(BOWL)
    window.key("ctrl+o")
    asked = desk.asked()
    check("--file-selection" in asked and "--save" not in asked, "Ctrl+O asks the desktop's dialog", asked)
    check("LC_ALL=C.UTF-8" in asked, "which is to speak UTF-8, whatever the language says", asked)
    check(any(line.startswith("WINDOWID=") and line != "WINDOWID=" for line in asked), "in front of this window", asked)
    theme = window.state()["theme"]
    window.key("t")
    check(window.wait(lambda s: s["theme"] != theme)["theme"] != theme, "the window answers meanwhile")
    window.key("ctrl+o")
    state = window.wait(lambda s: any("open already" in text for text in s["notices"]))
    check(any("open already" in text for text in state["notices"]), "asked again it says that it is open",
          state["notices"])
    check(len(desk.numbers()) == 1, "and opens no second one", desk.numbers())
    desk.answer(0, path)
    state = window.wait(lambda s: s["title"] == "A bowl of its own")
    check(state["title"] == "A bowl of its own", "a path with blanks and Chinese is opened", state["title"])
    before = window.state()
    window.key("ctrl+o")
    desk.asked()
    desk.answer(1)
    theme = window.state()["theme"]
    window.key("t")
    state = window.wait(lambda s: s["theme"] != theme)
    check(state["title"] == before["title"] and not state["palette"], "a dialog left without an answer changes nothing",
          state["palette"])
    window.wait(lambda s: not s["dialog"])
    window.key("ctrl+o")
    desk.asked()
    os.kill(desk.numbers()[-1], signal.SIGKILL)
    state = window.wait(lambda s: s["palette"])
    check(state["palette"], "killed, the palette asks in its place")
    os.remove(os.path.join(desk.talk, "asked"))
    window.key("Escape")
    window.wait(lambda s: not s["palette"])
    return folder


def saving(window, desk, folder):
    window.key("ctrl+shift+e")
    state = window.wait(lambda s: s["export_card"] and "export.choose" in s["widgets"])
    window.press("export.choose")
    asked = desk.asked()
    check("--save" in asked and asked[asked.index("--filename") + 1].endswith(".png"),
          "the card asks the dialog where to, with a name", asked)
    path = os.path.join(folder, "我的 图.png")
    with open(path, "wb") as file:
        file.write(b"an older one")
    desk.answer(0, path)
    state = window.wait(lambda s: s["export_card"]["name"] == "我的 图.png")
    check(state["export_card"]["folder"] == folder, "and takes its answer", state["export_card"])
    window.press("export.save")
    state = window.wait(lambda s: not s["export_card"] or s["export_card"]["asks"])
    check(not state["export_card"], "what the dialog has asked about is not asked again", state["export_card"])
    window.wait(lambda s: any(path in text for text in s["notices"]))
    with open(path, "rb") as file:
        check(file.read(8) == b"\x89PNG\r\n\x1a\n", "and the picture is there")
    window.key("ctrl+shift+e")
    window.wait(lambda s: s["export_card"] and "export.choose" in s["widgets"])
    window.press("export.choose")
    desk.asked()
    desk.answer(1)
    check(window.wait(lambda s: not s["dialog"])["export_card"]["trouble"] == "", "left without an answer the card stays as it is")
    window.key("Escape")
    window.wait(lambda s: not s["export_card"])


def drop(window, *paths):
    """By the first Python that has the library; False where there is none."""
    hand = os.path.join(os.path.dirname(os.path.abspath(__file__)), "file_drop.py")
    number = window.number()
    for python in (sys.executable, "/usr/bin/python3"):
        if not os.path.exists(python):
            continue
        status = subprocess.run([python, hand, number, "640", "360", *paths], env=window.environment, timeout=60).returncode
        if status != 2:
            return status == 0
    return None


def drops(window, home):
    def write(name, text):
        path = os.path.join(home, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    experiment = write("掉 下.yaml", BOWL.replace("A bowl of its own", "Dropped"))
    taken = drop(window, experiment)
    if taken is None:
        note("python3-xlib is not installed: nothing is dropped")
        return
    state = window.wait(lambda s: s["title"] == "Dropped")
    check(taken and state["title"] == "Dropped", "an experiment that is dropped is opened", state["title"])
    table = write("a table.csv", "a,b,kind\n1,2,x\n2,1,y\n0,3,x\n3,0,y\n1,1,y\n0,2,x\n")
    drop(window, table)
    state = window.wait(lambda s: s["title"] == "a table.csv")
    check(state["title"] == "a table.csv", "so is a table", state["title"])
    drop(window, experiment, table)
    state = window.wait(lambda s: s["title"] == "Dropped" and any("One file" in text for text in s["notices"]))
    check(state["title"] == "Dropped" and any("One file" in text for text in state["notices"]),
          "of several the first, and that is said", (state["title"], state["notices"]))
    folder = os.path.join(home, "an empty folder")
    os.mkdir(folder)
    drop(window, folder)
    state = window.wait(lambda s: any("folder" in text and folder in text for text in s["notices"]))
    check(any("is a folder" in text for text in state["notices"]), "a folder is answered in words", state["notices"])
    picture = os.path.join(home, "picture.png")
    with open(picture, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    drop(window, picture)
    state = window.wait(lambda s: any("picture.png" in text for text in s["notices"]))
    check(any("picture.png" in text for text in state["notices"]), "so is a picture", state["notices"])
    note(str(state["notices"]))
    check(state["title"] == "Dropped", "what was open stays", state["title"])
    recording = os.path.join(home, "aufnahme.saddle")
    subprocess.run([window.process.args[0], "run", "saddle", "--steps", "40", "-o", recording], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
    drop(window, recording)
    state = window.wait(lambda s: s["experiment"] == "saddle")
    check(state["experiment"] == "saddle", "a recording is opened", state["experiment"])
    lesson = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "assets", "lessons", "adaptive.yaml")
    drop(window, os.path.abspath(lesson))
    state = window.wait(lambda s: s["lesson"])
    check(state["lesson"], "a lesson is opened", state["notices"])


def long_table(window, desk, home):
    path, chance = os.path.join(home, "long.csv"), random.Random(3)
    rows = [",".join(f"{chance.gauss(0, 1):.6f}" for _ in range(12)) + f",{k % 2}\n" for k in range(2000)]
    with open(path, "w") as file:
        file.write("a,b,c,d,e,f,g,h,i,j,k,l,kind\n")
        for _ in range(400):
            file.write("".join(rows))
    before = window.state()
    window.key("ctrl+o")
    desk.asked()
    desk.answer(0, path)
    state = window.wait(lambda s: s["opening"] and "opening.cancel" in s["widgets"])
    check(state["opening"] and state["opening"]["path"] == path, "a long table is read while the window goes on",
          state["opening"])
    window.press("opening.cancel")
    state = window.wait(lambda s: not s["opening"] and not s["dialog"])
    check(not state["opening"] and state["title"] == before["title"], "stopped, all stays as it is", state["title"])
    window.key("ctrl+o")
    desk.asked()
    since = time.monotonic()
    desk.answer(0, path)
    theme = window.wait(lambda s: s["opening"])["theme"]
    window.key("t")
    state = window.wait(lambda s: s["theme"] != theme)
    check(state["theme"] != theme and state["opening"], "which answers meanwhile", state["opening"])
    window.picture("opening")
    state = window.wait(lambda s: s["title"] == "long.csv", 3 * PATIENCE)
    note(f"{os.path.getsize(path) / 1e6:.0f} MB in {time.monotonic() - since:.1f} s")
    check(state["title"] == "long.csv", "and at last it is there", (state["title"], state["notices"]))
    window.key("ctrl+o")
    desk.asked()
    child = desk.numbers()[-1]
    check(window.close() == 0, "the window closes")
    check(gone(child), "and takes its dialog along")


def main(display, home):
    leave_leaks()
    Window.language = "C"  # in which a name in Chinese is no text
    desk = Desk(home)
    window = Window(display, home, "saddle")
    folder = dialogs(window, desk, home)
    saving(window, desk, folder)
    drops(window, home)
    long_table(window, desk, home)


drive(main)
