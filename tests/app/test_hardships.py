"""What a window may meet: a storm of sizes, tiny and huge ones, thousands of keys, being hidden, its display going away.

    test_hardships.py SADDLESCOPE

After each it must still answer; without a display it ends with status 1 and its library says so. Speaks TAP.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

from window_driver import PATIENCE, Display, Window, check, needs, note, plan


def number_of(window):
    return subprocess.run(["xdotool", "search", "--class", "saddlescope"], env=window.environment, capture_output=True,
                          text=True, check=True).stdout.split()[0]


def answers(window, what):
    """It shows, within patience, what it is asked for by a key."""
    number = number_of(window)
    window.xdotool("windowsize", number, 1280, 720, "windowmove", number, 0, 0)
    window.wait(lambda s: s["scene"][2] > 500)
    before = window.state()["theme"]
    window.key("t")
    after = window.wait(lambda s: s["theme"] != before).get("theme")
    check(window.process.poll() is None and after != before, f"it answers after {what}", window.process.poll())


def storm(window):
    number, chance = number_of(window), random.Random(5)
    since = time.monotonic()
    for _ in range(10):
        words = []
        for _ in range(50):
            words += ["windowsize", number, str(chance.randrange(1, 1600)), str(chance.randrange(1, 1000))]
        window.xdotool(*words)
    note(f"500 sizes in {time.monotonic() - since:.1f} s")


def main():
    needs("Xvfb", "xdotool")
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0:" + os.environ.get("ASAN_OPTIONS", "")
    display = Display()
    home = tempfile.mkdtemp(prefix="saddlescope-hardships-")
    try:
        window = Window(display, home, "saddle")
        storm(window)
        answers(window, "500 sizes")
        number = number_of(window)
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
    finally:
        display.close()
        shutil.rmtree(home, ignore_errors=True)
    return plan()


if __name__ == "__main__":
    sys.exit(main())
