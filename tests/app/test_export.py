#!/usr/bin/env python3
"""What the window writes out: the card, files that `render` makes byte for byte the same, films with cancel, names that are
there already, and the clipboard (by a stand-in program: no desktop is needed).

    test_export.py SADDLESCOPE [--keep FOLDER]
"""

import os
import re
import shutil
import struct
import subprocess

from window_driver import Window, check, drive, program, settings_of, stand_in

FILM = 180  # seconds: two programs draw and pack every frame of it, on a machine that may have more to do
STAND_IN = """#!/bin/sh
echo "$0 $*" > "$COPIED.words"
cat > "$COPIED"
"""


def render(folder, *words):
    subprocess.run([program, "render", *words], cwd=folder, check=True, capture_output=True)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def png_size(raw):
    return struct.unpack(">II", raw[16:24]) if raw[:8] == b"\x89PNG\r\n\x1a\n" else None


def rests(folder):
    """What an export that did not end well might have left."""
    return [name for name in os.listdir(folder) if "partial" in name or name.endswith((".mp4", ".gif"))]


def at_the_end(window):
    return window.wait(lambda s: s.get("ended") and s["step"] == s["last"] and not s["busy"])


def open_card(window, what):
    window.key("ctrl+shift+e")
    window.wait(lambda s: s["export_card"] and s["widgets"].get("export.what.0", [0])[0] > 0)
    window.settled()
    window.press(f"export.what.{what}")
    window.settled()


def fill(window, widget, text):
    window.press(widget)
    window.key("ctrl+a")
    window.type(text)


def saved(window, name):
    state = window.wait(lambda s: any(name in notice for notice in s["notices"]) and not s["exports"], FILM)
    good = [n for n in state["notices"] if n.endswith(name)]
    check(good, f"a notice says where {name} lies", state["notices"])
    return good[0].split(": ", 1)[1] if good else None


def the_same_picture_as_render(window, home):
    open_card(window, 0)
    fill(window, "export.name", "mine.png")
    window.picture("card-picture")
    window.press("export.save")
    path = saved(window, "mine.png")
    render(home, "saddle", "-o", "right.png")
    check(path and read(path) == read(os.path.join(home, "right.png")), "the window's picture is render's, byte for byte")
    window.key("Escape")


def a_figure_in_the_dark(window, home):
    open_card(window, 1)
    fill(window, "export.name", "mine")  # without its ending
    window.press("export.theme.2")
    window.press("export.legend")
    window.picture("card-figure")
    window.press("export.save")
    path = saved(window, "mine.svg")
    render(home, "saddle", "-o", "right.svg", "--theme", "night", "--no-legend")
    # Cairo numbers what it draws on through the whole life of a program.
    mine, right = (re.sub(rb"(surface|image|source|mask)\d+", rb"\1", read(name)) if name else b""
                   for name in (path, os.path.join(home, "right.svg")))
    check(mine == right, "so is its figure, dark and without names")
    open_card(window, 1)
    window.press("export.theme.0")
    window.press("export.legend")
    window.key("Escape")


def nothing_is_overwritten(window, home):
    before = read(os.path.join(home, "mine.png"))
    open_card(window, 0)
    fill(window, "export.name", "mine.png")
    window.press("export.save")
    state = window.wait(lambda s: s["export_card"] and s["export_card"]["asks"])
    check(state["export_card"]["asks"], "a name that is there already is asked about")
    window.picture("card-asks")
    window.settled()
    window.press("export.keep_both")
    path = saved(window, "mine-2.png")
    check(path and read(os.path.join(home, "mine.png")) == before, "a new name leaves the old file as it was")
    open_card(window, 0)
    fill(window, "export.folder", "/nowhere/at/all")
    window.press("export.save")
    state = window.wait(lambda s: s["export_card"] and s["export_card"]["trouble"])
    check("/nowhere/at/all" in state["export_card"]["trouble"], "a folder that is none is said", state["export_card"])
    fill(window, "export.folder", home)
    window.press("export.what.0")  # Escape in a text box would only put back what was there
    window.key("Escape")


def a_video_of_its_own_size(window, home):
    open_card(window, 2)
    window.press("export.size.4")
    window.settled()
    fill(window, "export.own_size", "160 x 91")  # a video's sides are even
    window.press("export.rate.0")
    window.picture("card-video")
    window.press("export.save")
    path = saved(window, "saddle.mp4")
    said = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_entries",
                           "stream=width,height,nb_read_frames,r_frame_rate", "-of", "csv=p=0", str(path)],
                          capture_output=True, text=True).stdout.strip()
    check(said == "160,90,15/1,95", "a film of the run: 160 steps at 30 a second and a second's rest", said)


def a_cancelled_one_leaves_nothing(window, home):
    open_card(window, 2)
    window.press("export.move.1")
    window.press("export.size.2")
    fill(window, "export.name", "turn.gif")
    window.press("export.save")
    state = window.wait(lambda s: "export.cancel.0" in s["widgets"])
    check(state["exports"] and state["exports"][0]["kind"] == "video", "its progress is shown", state["exports"])
    window.picture("progress")
    window.press("export.cancel.0")
    state = window.wait(lambda s: not s["exports"])
    check(not state["exports"] and any("nothing was written" in n for n in state["notices"]), "and can be stopped",
          state["notices"])
    left = [name for name in rests(home) if name != "saddle.mp4"]
    check(not left, "a stopped film leaves nothing", left)


def a_film_and_the_runs(window, home):
    """What trains meanwhile does not matter once the film's scenes are there; the window keeps answering."""
    open_card(window, 2)
    fill(window, "export.name", "busy.mp4")
    window.press("export.save")
    window.wait(lambda s: s["exports"] and s["exports"][0]["to_build"] == 0)
    window.key("r")
    state = window.wait(lambda s: s["step"] < s["last"] or s["playing"])
    check(state["exports"], "the runs start again while a film is drawn", state["exports"])
    window.key("Escape", "Escape")
    window.press("export.cancel.0")
    window.wait(lambda s: not s["exports"], FILM)
    at_the_end(window)


def a_table(window, home):
    open_card(window, 3)
    window.press("export.save")
    path = saved(window, "saddle-loss.csv")
    lines = read(path).decode().splitlines() if path else []
    check(len(lines) > 160 and lines[0].startswith("step"), "the figures behind the curve", lines[:2])


def the_clipboard(window, home):
    copied = os.path.join(home, "copied.png")
    window.key("Escape")
    window.key("ctrl+c")
    state = window.wait(lambda s: any("copied" in n for n in s["notices"]))
    check(any("copied" in n for n in state["notices"]), "Ctrl+C copies the picture", state["notices"])
    size = png_size(read(copied)) if os.path.exists(copied) else None
    scene = state["scene"]
    check(size and list(size) == scene[2:], "as PNG, as large as it is shown", (size, scene))
    words = read(copied + ".words").decode() if size else ""
    check("xclip -selection clipboard -t image/png" in words, "through xclip", words)


def without_a_clipboard(display, home):
    window = Window(display, home, "saddle")
    window.wait(lambda s: s["first_surface"])
    window.key("ctrl+c")
    state = window.wait(lambda s: s["notices"])
    check(any("xclip" in n and "install" in n for n in state["notices"]), "without xclip its package is named",
          state["notices"])
    check(window.close() == 0, "the window closes")


def main(display, home):
    path = os.environ["PATH"]
    stand_in(home, "xclip", STAND_IN)
    os.environ["COPIED"] = os.path.join(home, "copied.png")
    window = Window(display, home, "saddle")
    at_the_end(window)
    window.settled()
    for part in (the_same_picture_as_render, a_figure_in_the_dark, nothing_is_overwritten, a_video_of_its_own_size,
                 a_cancelled_one_leaves_nothing, a_film_and_the_runs, a_table, the_clipboard):
        part(window, home)
    check(window.close() == 0, "the window closes")
    with open(settings_of(home)) as file:
        check(f"export_folder: {home}\n" in file.read(), "the folder is remembered")
    if not shutil.which("xclip", path=path):
        os.environ["PATH"] = path
        without_a_clipboard(display, home)


drive(main, "ffmpeg", "ffprobe")
