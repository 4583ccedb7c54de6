"""Walks through the window in Chinese, with a real mouse and keys: nothing on screen is left in English.

    test_words.py SADDLESCOPE [--keep FOLDER]

The window's report lists each text it draws (--report-texts). A Latin word of three letters or more has to be a name: of
an optimizer, a key, a file, a function, a person; or what an experiment or a lesson calls so in its own Chinese.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import sys
import time

from window_driver import Window, check, needs, note, plan, settings_of, stage

ASSETS = pathlib.Path(__file__).resolve().parents[2] / "assets"

# What has no Chinese, or is called so in Chinese too.
NAMES = set("""
    Saddlescope
    SGD RMSProp Adam AdamW AdaMax NAdam RAdam Adagrad AdaGrad Adadelta Nesterov ASGD Rprop LARS LAMB Lion Muon SAM ASAM LBFGS
    Lookahead SWA EMA Newton PCA ReLU
    Ackley Beale Booth Goldstein Price Himmelblau Matyas Müller Brown Rastrigin Rosenbrock Styblinski Tang
    Viridis Cividis PNG CSV SVG PDF MP4 GIF UCI saddle png csv svg pdf mp4 gif yaml
    PgUp PgDn Ctrl Shift Alt Home End Page Down Esc Enter Del Tab F11
    sin cos tan exp log sqrt abs tanh sigmoid relu min max pow sign
    max_iter weight bias
""".split())


def own_words():
    """What experiments and lessons say in Chinese themselves, without blanks."""
    texts = []
    for folder in ("experiments", "lessons"):
        for path in sorted((ASSETS / folder).glob("*.yaml")):
            texts.append(re.sub(r"\s|\*\*", "", path.read_text()))
    return "\n".join(texts)


OWN = own_words()
MEASURED = {name for path in (ASSETS / "lessons").glob("*.yaml")
            for name in re.findall(r"[{ ]([a-z][a-z_]*)\d*(?:_[a-z0-9_]+)?: ", path.read_text())}


def english_in(text):
    """The words of a drawn text that should have been Chinese."""
    text = re.sub(r"(?:~|/[\w.-]+)/\S*", "", text)  # a path
    words = [word for word in re.findall(r"[A-Za-z_À-ž]{3,}", text) if word not in NAMES]
    if not words:
        return []
    if re.search(r"[\u4e00-\u9fff]", text) and re.sub(r"\s|…$", "", text) in OWN:
        return []
    if all(word in MEASURED for word in words):  # what a lesson calls its figures, in their tips
        return []
    if re.sub(r"\s", "", text) in OWN and not re.search(r"[a-z]{3,} [a-z]{3,}", text):  # a formula, a name of its file
        return []
    return words


def texts_of(window):
    with open(window.report, encoding="utf-8") as file:
        for line in file:
            try:
                yield from json.loads(line).get("texts", [])
            except ValueError:
                pass


def all_chinese(window, name):
    seen = sorted(set(texts_of(window)))
    left = [text for text in seen if english_in(text)]
    note(f"{name}: {len(seen)} texts, after {time.monotonic() - window.spawned:.0f} s")
    check(len(seen) > 40, f"{name}: texts are told", len(seen))
    with open(window.report, encoding="utf-8") as file:
        check('"lacks_letters":true' not in file.read(), f"{name}: no frame has a letter without a glyph")
    check(not left, f"{name}: every text is Chinese", "\n".join(f"{english_in(text)}: {text!r}" for text in left))


def widgets(window):
    return (window.state() or {}).get("widgets", {})


def press(window, widget):
    """Presses what may not be there on this machine or at this moment."""
    if widget in widgets(window):
        window.press(widget)
        return True
    return False


def quiet(window):
    """The state once nothing has changed for a moment, or, where something always does, a few frames on: a frame with what
    was asked for has been drawn, as a turn of the program takes in all that was pressed before it draws."""
    began = since = time.monotonic()
    first = before = (window.state() or {}).get("line", 0)
    while time.monotonic() - began < 10:
        time.sleep(0.03)
        line, now = (window.state() or {}).get("line", 0), time.monotonic()
        if line != before:
            before, since = line, now
        elif now - since > 0.2:
            break
        if line - first >= 6 and now - began > 0.3:
            break
    return window.state() or {}


def analysed(window, kind):
    if press(window, "analyse." + kind):
        window.wait(lambda s: any(row["kind"] == kind and row["finished"] for row in s["analyses"]))


def saddle(display, home):
    window = Window(display, home, "saddle", "--language", "zh", "--report-texts", "--size", "1280x720")
    state = window.wait(lambda s: s.get("language") == "zh" and s.get("last", 0) >= 20 and s.get("critical"))
    check(state.get("language") == "zh", "the window begins in Chinese", state.get("language"))
    check(state["title"] and "原点处的鞍点" in state["texts"], "an experiment has its Chinese title", state["texts"][:3])
    window.key("space")
    window.wait(lambda s: not s["playing"])
    window.picture("zh-saddle")
    window.key("2")
    window.wait(lambda s: s["view"] == "side-by-side" and not s["moving"])
    window.key("3")
    window.wait(lambda s: s["view"] == "contour" and not s["moving"])
    for key in ("4", "5"):
        window.key(key)
        quiet(window)
    if press(window, "compare.choose"):
        quiet(window)
    window.picture("zh-compare")
    window.key("Escape")
    window.key("1")
    window.wait(lambda s: s["view"] == "overlay" and not s["moving"])
    for key in ("l", "h", "i"):
        window.key(key)
        quiet(window)
    window.picture("zh-insides")
    for part in range(6):
        press(window, f"figure.{part}")
        quiet(window)
    press(window, "figure.0")
    if "curves" in widgets(window):
        x, y, width, height = widgets(window)["curves"]
        window.move(x + 0.3 * width, y + height / 2)
        window.wait(lambda s: "reading" in s["widgets"], 5)
    window.key("question")
    window.wait(lambda s: s["help"])
    quiet(window)
    window.picture("zh-help")
    window.key("Escape")
    window.wait(lambda s: not s["help"])
    window.key("ctrl+k")
    window.wait(lambda s: any(w.startswith("palette") for w in s["widgets"]), 3)
    quiet(window)
    window.picture("zh-palette")
    window.key("Escape")
    quiet(window)
    state = window.wait(lambda s: any("place" in c for c in s["critical"]))
    window.click(*next(c["place"] for c in state["critical"] if "place" in c))
    window.wait(lambda s: s["inspector"])
    quiet(window)
    window.picture("zh-inspector")
    for act in ("inspector.escape", "inspector.taylor"):
        press(window, act)
        quiet(window)
    window.key("Escape")
    x, y, width, height = window.state()["scene"]
    window.click(x + 0.62 * width, y + 0.45 * height, button=3)
    quiet(window)
    press(window, "inspector.seek")
    quiet(window)
    window.key("Escape")
    press(window, "side.1")
    window.wait(lambda s: s["side"] == "analyses")
    for kind in ("spectrum", "taylor", "seek", "escape", "sharpness", "tune"):
        analysed(window, kind)
    press(window, "line.to.1")
    quiet(window)
    window.picture("zh-analyses")
    press(window, "side.0")
    press(window, "export")
    quiet(window)
    window.picture("zh-export")
    window.key("Escape")
    window.click(x + 0.3 * width, y + 0.5 * height)
    quiet(window)
    window.key("ctrl+z")
    quiet(window)
    all_chinese(window, "a formula")
    # back and forth, and nothing is lost
    if window.state()["playing"]:
        window.key("space")
        window.wait(lambda s: not s["playing"])
    before = quiet(window)
    press(window, "language.0")
    state = window.wait(lambda s: s["language"] == "en")
    check("Overlay" in quiet(window)["texts"], "a click switches to English")
    same = ("step", "view", "height", "camera", "start", "experiment", "path_height")
    check(all(state.get(key) == before.get(key) for key in same), "and nothing else changes",
          [(key, before.get(key), state.get(key)) for key in same])
    press(window, "language.1")
    window.wait(lambda s: s["language"] == "zh")
    check(window.close() == 0, "it ends well")
    kept = pathlib.Path(settings_of(home)).read_text()
    check("language: zh\n" in kept, "the language is remembered", kept)


def network(display, home):
    window = Window(display, home, "moons", "--report-texts", "--size", "1280x720")
    window.wait(lambda s: s.get("language") == "zh" and s.get("last", 0) >= 10 and s.get("plane"))
    check(window.state()["language"] == "zh", "what is remembered is spoken")
    window.key("space")
    quiet(window)
    for kind in ("random", "axes", "hessian", "points", "pca"):
        press(window, "plane." + kind)
        window.wait(lambda s: not s["busy"] and not s["morphing"])
    for side in range(1, 4):
        if press(window, f"side.{side}"):
            quiet(window)
            window.picture(f"zh-network-{side}")
    press(window, "side.1")
    for kind in ("spectrum", "taylor", "seek", "minimum-ratio"):
        analysed(window, kind)
    window.key("2")
    quiet(window)
    window.picture("zh-network")
    all_chinese(window, "a network")
    window.close()


def lesson(display, home):
    path = str(ASSETS / "lessons/saddle-points.yaml")
    window = Window(display, home, path, "--language", "zh", "--report-texts", "--size", "1280x720")
    state = window.wait(lambda s: s.get("lesson"))
    for _ in range(2 * state["lesson"]["steps"]):
        window.key("Next")
        quiet(window)
    window.picture("zh-lesson")
    press(window, "lesson.face.1")
    quiet(window)
    press(window, "fold.lessons")
    quiet(window)
    window.picture("zh-lessons")
    all_chinese(window, "a lesson")
    window.close()


def basins(display, home):
    window = Window(display, home, "himmelblau-swarm", "--language", "zh", "--report-texts", "--size", "1280x720")
    window.wait(lambda s: s.get("last", 0) >= 10)
    press(window, "side.1")
    window.wait(lambda s: s["side"] == "analyses")
    window.wait(lambda s: "analyse.basins" in s["widgets"], 10)
    analysed(window, "basins")
    window.wait(lambda s: "basins.show" in s["widgets"], 10)
    quiet(window)
    press(window, "basins.show")
    window.wait(lambda s: s["basins"])
    x, y, width, height = window.state()["scene"]
    window.move(x + 0.25 * width, y + 0.4 * height)
    quiet(window)
    window.picture("zh-basins")
    all_chinese(window, "basins")
    window.close()


def walk(*walks):
    """One after the other in one home, on a display of their own."""
    with stage() as (display, home):
        for each in walks:
            each(display, home)


needs("Xvfb", "xdotool")
os.environ.pop("LANG", None)
with concurrent.futures.ThreadPoolExecutor(2) as pool:  # while one window computes the other is pressed
    for done in [pool.submit(walk, saddle, network), pool.submit(walk, lesson, basins)]:
        done.result()
sys.exit(plan())
