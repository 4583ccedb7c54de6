"""What a window may meet: a storm of sizes, tiny and huge ones, thousands of keys, being hidden, its display going away.

    test_hardships.py SADDLESCOPE

After each it must still answer; without a display it ends with status 1 and its library says so. Speaks TAP.
"""

import random
import subprocess
import time

from window_driver import PATIENCE, Window, check, drive, leave_leaks, note


def answers(window, what):
    """It shows, within patience, what it is asked for by a key."""
    number = window.number()
    window.xdotool("windowsize", number, 1280, 720, "windowmove", number, 0, 0)
    window.wait(lambda s: s["scene"][2] > 500)
    before = window.state()["theme"]
    window.key("t")
    after = window.wait(lambda s: s["theme"] != before).get("theme")
    check(window.process.poll() is None and after != before, f"it answers after {what}", window.process.poll())


def storm(window):
    number, chance = window.number(), random.Random(5)
    since = time.monotonic()
    for _ in range(10):
        words = []
        for _ in range(50):
            words += ["windowsize", number, str(chance.randrange(1, 1600)), str(chance.randrange(1, 1000))]
        window.xdotool(*words)
    note(f"500 sizes in {time.monotonic() - since:.1f} s")


def main(display, home):
    leave_leaks()
    window = Window(display, home, "saddle")
    storm(window)
    answers(window, "500 sizes")
    number = window.number()
    window.xdotool("windowsize", number, 1, 1, "sleep", 0.3, "key", "2", "sleep", 0.2, "windowsize", number, 8192,
                   8192, "sleep", 0.3, "key", "1")
    answers(window, "1 × 1 and 8192 × 8192 pixels")
    window.xdotool("key", "--repeat", 1500, "--delay", 0, "Left", "key", "--repeat", 1500, "--delay", 0, "Right")
    answers(window, "3000 keys")
    window.xdotool("windowunmap", number, "sleep", 0.3)
    frames = (window.settled() or {}).get("frames")
    window.xdotool("windowmap", number, "sleep", 0.3, "windowfocus", number)
    answers(window, f"being hidden, at frame {frames}")
    display.server.kill()
    try:
        status = window.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        status = "still there"
        window.process.kill()
    said = window.process.stderr.read()
    check(status == 1, "without its display it ends with status 1", status)
    check(display.name in said and "broken" in said, "and says why", said)


drive(main)
