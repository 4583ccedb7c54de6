"""A monkey at the window: thousands of random clicks, drags, turns of the wheel, keys and formulas, by a seed.

    test_monkey.py SADDLESCOPE [--seed N] [--seconds N]

Afterwards the window must still answer, and close with status 0 and nothing on stderr. What it did is the same for a
seed; what the window made of it is not, as frames fall where they fall. Speaks TAP.
"""

import random
import subprocess
import sys
import time

from window_driver import Window, check, drive, leave_leaks, note


def option(name, usual):
    return type(usual)(sys.argv[sys.argv.index(name) + 1]) if name in sys.argv else usual


KEYS = ["space", "Left", "Right", "shift+Left", "shift+Right", "Home", "End", "1", "2", "3", "t", "l", "r", "plus",
        "minus", "ctrl+z", "ctrl+equal", "ctrl+minus", "ctrl+0", "Escape", "question", "Tab", "Return", "BackSpace",
        "Delete", "ctrl+a", "ctrl+c", "ctrl+v", "ctrl+x", "Up", "Down", "F1", "alt+x", "Page_Down",
        "Page_Up"]
RARE_KEYS = ["f", "ctrl+e", "ctrl+s", "F11"]
FORMULAS = ["x^2 - y^2", "log(x) + y^2", "exp(exp(x)) + y", "3", "x^2", "x^2 + y^2 + z^2", "((((((x", "1/(x*y)",
            "log(-1-x^2) + 0*y", "a+b+c+d+f+g+h+i+j+k+l+m+n+o+q+r", "1e200*x^2 + y", "x^y^x^y", "abs(x) - sqrt(y)",
            "sin(40*x)*cos(40*y)", "min(x, y) + max(x, y)", "0*x + 0*y", "+" * 60, "x" * 300, "1e400*x + y", "relu(x)*y", "$%&/()=?",
            "λ^2 + μ^2"]
SIZES = [(1280, 720), (1024, 640), (640, 400), (320, 200), (60, 40), (1279, 719), (200, 700), (1200, 120)]


class Monkey:
    def __init__(self, window, seed):
        self.window = window
        self.random = random.Random(seed)
        self.number = window.number()
        self.acts = 0

    def point(self):
        """Anywhere, or on a widget of those there were last."""
        state = self.window.state() if self.random.random() < 0.3 else None
        widgets = list(state["widgets"].values()) if state and state["widgets"] else None
        if not widgets:
            return [self.random.randrange(1280), self.random.randrange(720)]
        x, y, width, height = self.random.choice(widgets)
        return [round(x + self.random.random() * width), round(y + self.random.random() * height)]

    def moves(self):
        return ["mousemove"] + [str(max(0, min(value, 3000))) for value in self.point()]

    def click(self):
        words = self.moves()
        for _ in range(self.random.choice([1, 1, 1, 2, 3])):
            words += ["click", self.random.choice("1112345")]
        return words

    def drag(self):
        button = self.random.choice("1113")
        words = self.moves() + ["mousedown", button]
        for _ in range(self.random.randrange(1, 6)):
            words += self.moves()
        return words + (["key", self.random.choice(KEYS)] if self.random.random() < 0.1 else []) + ["mouseup", button]

    def wheel(self):
        return self.moves() + ["click", "--repeat", str(self.random.randrange(1, 30)), "--delay", "1",
                               self.random.choice("45")]

    def keys(self):
        pool = RARE_KEYS if self.random.random() < 0.02 else KEYS
        return ["key", "--delay", "1"] + [self.random.choice(pool) for _ in range(self.random.randrange(1, 6))]

    def formula(self):
        state = self.window.state()
        place = state and state["widgets"].get("formula")
        if not place:
            return self.keys()
        text = self.random.choice(FORMULAS)
        if self.random.random() < 0.3:
            text = "".join(self.random.choice("xyz0123456789.+-*/^()e, ") for _ in range(self.random.randrange(40)))
        if not text:
            return self.keys()
        return ["mousemove", str(round(place[0] + 20)), str(round(place[1] + 8)), "click", "1", "key", "ctrl+a", "type",
                "--delay", "1", text]

    def scene(self):
        state = self.window.state()
        names = [name for name in (state or {"widgets": {}})["widgets"] if name.startswith(("open.", "lesson."))]
        if not names:
            return self.wheel()
        x, y, width, height = state["widgets"][self.random.choice(names)]
        return ["mousemove", str(round(x + width / 2)), str(round(y + height / 2)), "click", "1"]

    def size(self):
        words = []
        for width, height in self.random.sample(SIZES, 4):
            words += ["windowsize", self.number, str(width), str(height)]
        return words

    def act(self):
        shares = {self.click: 30, self.drag: 14, self.wheel: 10, self.keys: 24, self.formula: 6, self.scene: 3,
                  self.size: 3}
        chosen = self.random.choices(list(shares), list(shares.values()))[0]
        words = chosen()
        while chosen in (self.click, self.drag, self.wheel) and len(words) < 60:  # starting a program is the slow part
            words += self.random.choice([self.click, self.drag, self.wheel, self.keys])()
            self.acts += 1
        self.acts += 1
        subprocess.run(["xdotool"] + words, env=self.window.environment, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=60)
        if chosen == self.formula and self.random.random() < 0.8:
            self.window.key("Return")


def answers(window):
    """Puts the window in order as a person would, and asks it for something it can show."""
    number = window.number()
    window.xdotool("windowsize", number, 1280, 720, "windowmove", number, 0, 0)
    window.xdotool("mouseup", 1, "mouseup", 2, "mouseup", 3)
    time.sleep(0.5)
    window.key("Escape")
    window.xdotool("mousemove", 640, 5, "click", 1)  # leaves the text box
    for _ in range(4):
        window.key("Escape")
    window.key("ctrl+0")
    time.sleep(0.5)
    before = window.state()["theme"]
    for _ in range(3):
        if "theme" in window.state()["widgets"]:
            window.press("theme")
        if window.wait(lambda s: s["theme"] != before, 10)["theme"] != before:
            return True
    return False


def main(display, home):
    seed, seconds = option("--seed", 1), option("--seconds", 14.0)
    leave_leaks()
    window = Window(display, home, "saddle")
    monkey = Monkey(window, seed)
    end = time.monotonic() + seconds
    while time.monotonic() < end and window.process.poll() is None:
        monkey.act()
    note(f"seed {seed}: {monkey.acts} acts in {seconds:g} s")
    check(window.process.poll() is None, "it lives", window.process.poll())
    if window.process.poll() is None:
        check(answers(window), "it still answers", window.state())
        status = window.close()
        check(status == 0, "it closes with status 0", status)
    said = window.process.stderr.read()
    check(said == "", "and has nothing to complain of", said[-4000:])


drive(main)
