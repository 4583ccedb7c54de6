"""Drives the panes with a real mouse and keys: split, side by side with linked and free cameras, two experiments compared.

    test_panes.py SADDLESCOPE [--keep FOLDER]
"""

from window_driver import Window, check, drive


def middle(pane, across=0.5, down=0.6):
    x, y, width, height = pane["rect"]
    return x + across * width, y + down * height


def split(window):
    window.key("space")
    window.key("4")
    state = window.wait(lambda s: s["view"] == "split" and len(s["panes"]) == 2)
    check([pane["flat"] for pane in state["panes"]] == [False, True], "4 shows the surface beside its map", state["panes"])
    for pane in (1, 0):
        window.move(*middle(state["panes"][pane], 0.5, 0.55))
        hover = window.wait(lambda s: s["hover"])["hover"]
        check(bool(hover), "the mouse reads the " + ("map" if pane else "surface"), hover)
    window.picture("panes-split")
    before = state["panes"]
    window.drag(*middle(before[0], 0.4, 0.3), *middle(before[0], 0.6, 0.3))
    state = window.wait(lambda s: s["panes"][0]["camera"] != before[0]["camera"])
    check(state["panes"][0]["camera"] != before[0]["camera"] and state["panes"][1]["camera"] == before[1]["camera"],
          "a drag turns the surface and leaves the map", state["panes"])
    x, y = middle(before[1], 0.5, 0.5)
    window.move(x, y)
    window.xdotool("click", 4)
    state = window.wait(lambda s: s["panes"][1]["camera"] != before[1]["camera"])
    check(state["panes"][1]["camera"][2] < before[1]["camera"][2] and state["panes"][1]["camera"][1] == 90,
          "the wheel goes nearer to the map, which stays level", state["panes"][1])


def free(window):
    window.key("2")
    state = window.wait(lambda s: s["view"] == "side-by-side" and len(s["panes"]) == 4 and "pane.lock.3" in s["widgets"])
    cameras = lambda s: [pane["camera"] for pane in s["panes"]]
    check(len(set(map(tuple, cameras(state)))) == 1, "side by side all panes are seen alike", cameras(state))
    before = cameras(state)
    window.press("pane.lock.0")
    state = window.wait(lambda s: s["free_cameras"])
    check(state["free_cameras"] and cameras(state) == before, "the lock frees the cameras, and nothing moves")
    window.drag(*middle(state["panes"][1], 0.3, 0.8), *middle(state["panes"][1], 0.6, 0.8))
    far = 0.3 * state["panes"][1]["rect"][2] * 0.35 - 2  # degrees
    state = window.wait(lambda s: (before[1][0] - cameras(s)[1][0]) % 360 > far)
    state = window.settled()
    changed = [now != then for now, then in zip(cameras(state), before)]
    check(changed == [False, True, False, False], "a drag turns its own pane", changed)
    window.picture("panes-free")
    turned = cameras(state)[1]
    window.move(*middle(state["panes"][1], 0.5, 0.9))
    window.key("k")
    state = window.wait(lambda s: not s["free_cameras"] and not s["moving"])
    check(not state["free_cameras"] and all(abs(a - b) < 1e-3 for camera in cameras(state) for a, b in zip(camera, turned)),
          "K links them again, all as the pane under the mouse", (turned, cameras(state)))
    window.key("0")
    window.wait(lambda s: not s["moving"] and cameras(s)[0] == before[0])


def compare(window):
    window.key("5")
    state = window.wait(lambda s: s["view"] == "compare" and "compare.logits-mse" in s["widgets"])
    check("compare.card" in state["widgets"], "5 asks what to compare with")
    window.press("compare.query")
    window.type("logits-m")
    state = window.wait(lambda s: "compare.logits" not in s["widgets"] and "compare.logits-mse" in s["widgets"])
    window.press("compare.logits-mse")
    state = window.wait(lambda s: s["compared"] and len(s["panes"]) == 2)
    check(state["compared"] and state["compared"]["experiment"] == "logits-mse", "and shows it beside", state["compared"])
    state = window.wait(lambda s: s["compared"]["step"] == s["step"] and s["compared"]["last"] >= s["step"])
    check(state["compared"]["step"] == state["step"] > 0, "its runs stand at the same step",
          (state["compared"], state["step"]))
    check(state["panes"][0]["camera"] == state["panes"][1]["camera"], "under one camera", state["panes"])
    window.picture("panes-compare")
    window.click(*middle(state["panes"][1], 0.5, 0.62))
    state = window.wait(lambda s: s["compared"]["start_chosen"] and s["start"])
    check(state["start"] and state["compared"]["start_chosen"], "a click on the second starts both from there", state["start"])
    window.press("compare.choose")
    window.wait(lambda s: "compare.swap" in s["widgets"])
    before = state["experiment"]
    window.press("compare.heights")
    state = window.wait(lambda s: s["own_heights"])
    check(state["own_heights"], "the switch gives each its own height scale")
    window.picture("panes-own-heights")
    window.press("compare.swap")
    state = window.wait(lambda s: s["experiment"] == "logits-mse")
    check(state["experiment"] == "logits-mse" and state["compared"]["experiment"] == before, "they change places",
          (state["experiment"], state["compared"]))
    window.key("Escape")
    state = window.wait(lambda s: "compare.card" not in s["widgets"])
    check("compare.card" not in state["widgets"], "Escape closes the card")
    window.key("1")
    state = window.wait(lambda s: s["view"] == "overlay" and len(s["panes"]) == 1)
    check(len(state["panes"]) == 1, "1 shows one surface again")


def small(window):
    state = window.wait(lambda s: "view.4" in s["widgets"])
    widgets = state["widgets"]
    parts = [widgets[f"view.{i}"] for i in range(5)] + [widgets[name] for name in ("theme", "export", "help", "fold.bottom", "fold.right")]
    edges = [x for x, _, width, _ in parts for x in (x, x + width)]
    check(edges == sorted(edges) and edges[-1] <= 1280, "the top bar keeps its parts apart at twice the size", parts)
    check(min(width for _, _, width, _ in parts[:5]) >= 60, "and they can be hit", parts)
    window.picture("panes-small")


def main(display, home):
    window = Window(display, home, "logits")
    split(window)
    window.close()
    window = Window(display, home, "saddle")
    free(window)
    check(window.close() == 0, "it closes with free cameras")
    window = Window(display, home, "logits")
    compare(window)
    check(window.close() == 0, "it closes with two experiments open")
    window = Window(display, home, "saddle", "--size", "1280x720", "--scale", "2")
    small(window)
    window.close()


drive(main)
