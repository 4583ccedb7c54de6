"""What the window keeps from frame to frame is what it would draw: after whatever was done to it, a window drawn whole
again, as after it was hidden, shows the same picture to the last pixel."""

import subprocess
import time

from window_driver import Window, check, drive

WIDTH, HEIGHT = 1280, 720


def screen(window):
    grab = ["ffmpeg", "-v", "error", "-f", "x11grab", "-draw_mouse", "0", "-video_size", f"{WIDTH}x{HEIGHT}",
            "-i", window.environment["DISPLAY"], "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    return subprocess.run(grab, env=window.environment, check=True, capture_output=True).stdout


def still(window):
    """The picture once it no longer changes: the last one is drawn smoothly a moment after the mouse stood."""
    window.settled()
    before, same = None, 0
    for _ in range(60):
        now = screen(window)
        same = same + 1 if now == before else 0
        if same == 2:
            break
        before = now
        time.sleep(0.15)
    return now


def repainted(window):
    found = subprocess.run(["xdotool", "search", "--onlyvisible", "--pid", str(window.process.pid)],
                           env=window.environment, capture_output=True, text=True).stdout.split()
    for word in ("windowunmap", "windowmap", "windowfocus"):
        window.xdotool(word, "--sync", found[-1])
    return still(window)


def others(one, other):
    spots = [i // 3 for i in range(0, len(one), 3) if one[i:i + 3] != other[i:i + 3]]
    if not spots:
        return None
    columns, rows = [spot % WIDTH for spot in spots], [spot // WIDTH for spot in spots]
    return f"{len(spots)} pixels in x {min(columns)}..{max(columns)}, y {min(rows)}..{max(rows)}"


def same(window, what):
    kept = still(window)
    drawn = repainted(window)
    check(kept == drawn, f"{what}: what was kept is what is drawn", others(kept, drawn))
    return kept


def rounds(window):
    window.wait(lambda s: s["step"] > 20)
    window.key("space")
    window.wait(lambda s: not s["playing"])
    first = same(window, "paused")
    x, y, width, height = window.state()["scene"]
    window.move(x + width / 2, y + height / 2)
    same(window, "the mouse over the surface")
    window.xdotool("mousedown", 3)
    for k in range(6):
        window.move(x + width / 2 + 15 * k, y + height / 2)
    window.xdotool("mouseup", 3)
    turned = same(window, "the camera turned")
    check(turned != first, "the pictures are of what was done")
    window.key("Right", "Right", "Left")
    same(window, "steps")
    window.key("question")
    window.wait(lambda s: s["help"])
    window.move(x + width / 2, y + height / 2)
    same(window, "the sheet of keys over it")
    window.key("Escape")
    window.wait(lambda s: not s["help"])
    same(window, "and gone")
    window.key("ctrl+k")
    window.type("con")
    window.key("Escape")
    same(window, "the palette come and gone")
    for widget in ("side.1", "side.0"):
        if widget in window.state()["widgets"]:
            window.press(widget)
            same(window, f"{widget} pressed")
    window.key("t")
    check(same(window, "the other theme") != turned, "which is another")
    window.key("4")
    same(window, "split")
    window.key("1", "b")
    same(window, "large text")


def main(display, home):
    window = Window(display, home, "saddle")
    rounds(window)
    check(window.close() == 0, "it closes")


drive(main, "ffmpeg")
