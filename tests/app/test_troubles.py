"""A window whose graphics driver is short of memory, is reset, or lacks what others have; full disks, fonts that are
missing, settings that are broken.

    test_troubles.py SADDLESCOPE HINDER

HINDER is the library of hinder.c, put before the driver. Speaks TAP.
"""

import os
import resource
import shutil
import subprocess
import sys

from window_driver import PATIENCE, Window, check, drive, leave_leaks, settings_of

hinder = os.path.abspath(sys.argv[2])


class Hindered:
    """A window behind the library, and what that is told to do."""

    def __init__(self, display, home, *words, lacks=""):
        self.orders = os.path.join(home, "hinder")
        for name in (self.orders, self.orders + ".log"):
            if os.path.exists(name):
                os.remove(name)
        extra = {"LD_PRELOAD": hinder, "HINDER": self.orders, "HINDER_LACKS": lacks,
                 "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")}
        self.window = Window(display, home, *words, extra=extra)

    def order(self, text):
        with open(self.orders + ".new", "w") as file:
            file.write(text)
        os.rename(self.orders + ".new", self.orders)

    def log(self):
        try:
            with open(self.orders + ".log") as file:
                return file.read().split("\n")[:-1]
        except OSError:
            return []


def said(window, part, patience=PATIENCE):
    """The first notice with these words in it, or None."""
    state = window.wait(lambda s: any(part in text for text in s["notices"]), patience)
    return next((text for text in state["notices"] if part in text), None)


def answers(window, what):
    theme = window.state()["theme"]
    window.key("t")
    state = window.wait(lambda s: s["theme"] != theme)
    check(window.process.poll() is None and state["theme"] != theme, f"it answers {what}", window.process.poll())


def picture(window, folder):
    """Saves one; its path, or None with what was said instead."""
    window.key("ctrl+e")
    state = window.wait(lambda s: any("icture saved" in text for text in s["notices"]))
    text = next((text for text in state["notices"] if "icture saved" in text), "")
    path = text.partition(": ")[2]
    return (path, text) if text.startswith("Picture saved") else (None, text)


def stand_still(window):
    """At the start of the runs, all computed."""
    window.wait(lambda s: s["playing"])
    window.key("space")
    window.wait(lambda s: not s["playing"])
    window.key("Home")
    window.wait(lambda s: s["step"] == 0)
    window.settled()


def forget_notices(window):
    window.key("Escape")
    window.wait(lambda s: not s["notices"])


def pixels(path):
    """A picture's bytes without what differs from one writing to the next: there is nothing such in ours."""
    with open(path, "rb") as file:
        return file.read()


def graphics(display, home):
    hindered = Hindered(display, home, "saddle")
    window = hindered.window
    stand_still(window)
    whole, text = picture(window, home)
    check(whole, "a picture is saved", text)
    forget_notices(window)
    hindered.order("reset 2\n")
    again, text = picture(window, home)
    resets = [line for line in hindered.log() if line.startswith("reset")]
    check(again and len(resets) == 2, "a driver that is reset twice amid a picture does not lose it", (text, resets))
    check(again and whole and pixels(again) == pixels(whole), "which is as the one before, to the bit")
    forget_notices(window)
    hindered.order("reset 1000\n")
    none, text = picture(window, home)
    check(none is None and "reset" in text, "one that is reset for ever is given up, in words", text)
    hindered.order("")
    answers(window, "after it")
    forget_notices(window)
    hindered.order("refuse 400000\n")
    number = window.number()
    window.xdotool("windowsize", number, 1200, 700)
    text = said(window, "no memory for all")
    check(text, "memory that the driver refuses is spoken of", window.state()["notices"])
    window.picture("short-of-memory")
    check(any(line.startswith("refused") for line in hindered.log()), "and was refused", hindered.log()[:3])
    none, text = picture(window, home)
    check(none is None and ("no memory" in text or "no framebuffer" in text), "no picture is saved with parts missing", text)
    answers(window, "short of memory")
    forget_notices(window)
    hindered.order("")
    window.xdotool("windowsize", number, 1280, 720)
    window.wait(lambda s: s["scene"][2] > 500)
    window.settled()
    check(not any("no memory" in text for text in window.state()["notices"]), "given again, nothing is missing")
    later, text = picture(window, home)
    check(later, "and pictures are saved", text)
    check(window.close() == 0, "the window closes")
    return whole


def other_drivers(display, home, whole):
    """Without the ways to a second context, one after another."""
    surfaceless, device, bare = "EGL_MESA_platform_surfaceless", "EGL_EXT_platform_device", "EGL_KHR_surfaceless_context"
    for lacks in (surfaceless, surfaceless + " " + device, surfaceless + " " + device + " " + bare):
        hindered = Hindered(display, home, "saddle", lacks=lacks)
        stand_still(hindered.window)
        path, text = picture(hindered.window, home)
        check(path and pixels(path) == pixels(whole), f"without {lacks} pictures are the same", text)
        check(hindered.window.close() == 0, "the window closes")


def full_disks(display, home):
    window = Window(display, home, "digits")
    window.wait(lambda s: s["first_surface"])
    os.symlink("/dev/full", os.path.join(home, "full.png"))
    window.key("ctrl+shift+e")
    window.wait(lambda s: s["export_card"] and "export.folder" in s["widgets"])
    for widget, text in (("export.name", "full.png"), ("export.folder", home)):
        window.press(widget)
        window.key("ctrl+a")
        window.type(text)
        window.key("Tab")
    window.wait(lambda s: s["export_card"]["folder"] == home and s["export_card"]["name"] == "full.png")
    window.press("export.save")
    window.wait(lambda s: "export.replace" in s["widgets"])
    window.press("export.replace")
    text = said(window, "No picture saved")
    check(text and "space" in text, "a full disk is said when a picture is saved", window.state()["notices"])
    forget_notices(window)
    size = os.path.getsize(window.report)
    resource.prlimit(window.process.pid, resource.RLIMIT_FSIZE, (size + 3_000_000, resource.RLIM_INFINITY))
    window.press("record")
    text = said(window, "Recording stopped")
    check(text, "so it is while a recording is written", window.state()["notices"])
    resource.prlimit(window.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    answers(window, "after it")
    check(window.close() == 0, "the window closes")


def settings(display, home):
    path = settings_of(home)
    with open(path) as file:
        whole = file.read()
    for damaged in (whole[:len(whole) // 2], "theme: sunny\n", "\0\1\2" * 100, "x" * 5_000_000):
        with open(path, "w") as file:
            file.write(damaged)
        window = Window(display, home, "saddle")
        state = window.wait(lambda s: s["first_surface"])
        good = len(damaged) < len(whole) and damaged in whole
        check(state["theme"] in ("paper", "night") and (good or said(window, "Settings left aside")),
              f"it opens with settings that begin “{damaged[:12]!r}”", state["notices"])
        check(window.close() == 0, "the window closes")
    with open(path) as file:
        check("theme: " in file.read(), "and writes them anew")
    # two at once
    first, second = Window(display, home, "saddle"), Window(display, home, "bowl")
    numbers = [subprocess.run(["xdotool", "search", "--pid", str(w.process.pid)], env=w.environment, capture_output=True,
                              text=True, check=True).stdout.split()[-1] for w in (first, second)]
    for window in (first, second):
        window.wait(lambda s: s["first_surface"])
    for window, number in ((first, numbers[0]), (second, numbers[1])):
        window.xdotool("windowraise", number, "windowfocus", number, "key", "ctrl+q")
    status = [window.process.wait(PATIENCE) for window in (first, second)]
    with open(path) as file:
        text = file.read()
    check(status == [0, 0] and text.startswith("#") and text.endswith("\n") and "view: " in text,
          "two windows leave whole settings", (status, text[-200:]))
    # nowhere to keep them
    config = os.path.join(home, "config")
    shutil.rmtree(config)
    with open(config, "w") as file:
        file.write("not a folder")
    window = Window(display, home, "saddle")
    check(said(window, "will not be kept"), "without a folder for settings it says that they go", window.state()["notices"])
    answers(window, "without a folder for settings")
    check(window.close() == 0, "and closes")
    os.remove(config)


FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>{}<cachedir>{}</cachedir></fontconfig>
"""


def fonts(display, home):
    def config(name, *folders):
        path = os.path.join(home, name)
        with open(path, "w") as file:
            file.write(FONTS.format("".join(f"<dir>{folder}</dir>" for folder in folders), os.path.join(home, "cache")))
        return {"FONTCONFIG_FILE": path}

    empty = os.path.join(home, "no fonts")
    os.mkdir(empty)
    latin = subprocess.run(["fc-match", "-f", "%{file}", "DejaVu Sans"], capture_output=True, text=True).stdout
    if "DejaVuSans" in latin:
        window = Window(display, home, "saddle", "--language", "zh", extra=config("latin.conf", os.path.dirname(latin)))
        text = said(window, "No font")
        check(text and '"zh"' in text, "without a font for Chinese that is said", window.state()["notices"])
        check(window.state()["language"] == "en" and len(window.state()["notices"]) == 1, "once, in English",
              window.state()["notices"])
        window.picture("no-chinese")
        answers(window, "without a font for Chinese")
        check(window.close() == 0, "the window closes")
    window = Window(display, home, "saddle", extra=config("none.conf", empty))
    text = said(window, "No font was found")
    check(text, "without any font that is said", window.state()["notices"])
    answers(window, "without any font")
    window.key("3")
    check(window.wait(lambda s: s["view"] == "contour")["view"] == "contour", "and shows what it is asked for")
    window.picture("no-font")
    check(window.close() == 0, "the window closes")


def main(display, home):
    leave_leaks()
    fonts(display, home)
    full_disks(display, home)
    settings(display, home)
    whole = graphics(display, home)
    if whole:
        other_drivers(display, home, whole)


drive(main)
