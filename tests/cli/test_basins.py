#!/usr/bin/env python3
"""Basins from outside: shares against a walk of its own, the files, Ctrl-C, bad words; a swarm in a picture.
Speaks TAP. usage: test_basins.py PROGRAM"""
import csv
import math
import os
import resource
import signal
import subprocess
import time

from program import answer, call, near, png_size, PROGRAM, run_tests, test, write

WELLS = """objective: {expression: (x^2 - 1)^2 + y^2, variables: [x, y], domain: [[-2, 2], [-1, 1]]}
steps: 200
optimizers:
  - {name: sgd, lr: 0.05}
  - {name: sgd, lr: 0.3, label: bold}
"""

HIMMELBLAU = """objective: {expression: (x^2 + y - 11)^2 + (x + y^2 - 7)^2, variables: [x, y], domain: [[-5, 5], [-5, 5]]}
optimizers:
  - {name: sgd, lr: 0.01}
  - {name: momentum, lr: 0.002}
  - {name: rmsprop, lr: 0.05}
  - {name: adam, lr: 0.1}
"""


def walk(x, y, rate):
    """Gradient descent in Python; ±1: the well, 0: neither, None: diverged."""
    for _ in range(200):
        try:
            x, y = x - rate * 4 * x * (x * x - 1), y - rate * 2 * y
        except OverflowError:
            return None
        if not (abs(x) < 1e75):
            return None
    return (x > 0) - (x < 0) if abs(abs(x) - 1) < 0.01 and abs(y) < 0.01 else 0


@test
def shares_are_those_of_a_walk_from_every_start():
    write("wells.yaml", WELLS)
    out = answer("basins", "wells.yaml", "--grid", "24x10")
    assert out["grid"] == [24, 10] and out["low"] == [-2, -1] and out["high"] == [2, 1] and out["steps"] == 200, out
    near(out["tolerance"], 0.02, 1e-12)
    kinds = [p["kind"] for p in out["points"]]
    assert kinds.count("minimum") == 2 and kinds.count("saddle") == 1, kinds
    for one, rate in zip(out["optimizers"], (0.05, 0.3)):
        ends = [walk(-2 + 4 * (i + 0.5) / 24, -1 + 2 * (j + 0.5) / 10, rate) for i in range(24) for j in range(10)]
        found = {round(out["points"][e["point"]]["at"][0]): e["starts"] for e in one["ends"]}
        assert found == {s: ends.count(s) for s in (-1, 1) if ends.count(s)}, (one, found)
        assert one["diverged"] == ends.count(None) and one["not_there_yet"] == ends.count(0), one
        near(sum(e["share"] for e in one["ends"]), sum(e["starts"] for e in one["ends"]) / 240, 1e-12)


@test
def a_table_has_a_row_a_start_and_a_picture_is_one():
    write("wells.yaml", WELLS)
    call("basins", "wells.yaml", "--grid", "12x6", "--steps", "50", "-o", "wells.csv")
    rows = list(csv.DictReader(open("wells.csv", encoding="utf-8")))
    assert len(rows) == 2 * 72 and set(rows[0]) == {"optimizer", "x", "y", "end", "steps", "loss", "end_x", "end_y"}
    assert {r["end"] for r in rows if r["optimizer"] == "SGD"} <= {"minimum 1", "minimum 2", "saddle 1", "not there yet"}
    for row in rows:
        if row["end"] == "minimum 1":
            near(abs(float(row["end_x"])), 1, 0.02)
    alone = answer("basins", "wells.yaml", "--grid", "12x6", "--threads", "1")
    assert alone == answer("basins", "wells.yaml", "--grid", "12x6", "--threads", "3")
    out = call("basins", "wells.yaml", "--grid", "16x8", "-o", "wells.png", "--theme", "night")[0]
    assert png_size("wells.png")[0] == 1600 and "bold" in out and "minimum" in out
    call("render", "himmelblau-swarm", "-o", "swarm.png", "--size", "320x180", "--step", "3")
    assert png_size("swarm.png") == (320, 180)


def himmelblau_walk(x, y, rate, steps, near_by):
    """Where gradient descent is at the end, and since when it is within `near_by` of that minimum."""
    path = [(x, y)]
    for _ in range(steps):
        a, b = x * x + y - 11, x + y * y - 7
        x, y = x - rate * (4 * x * a + 2 * b), y - rate * (2 * a + 4 * y * b)
        path.append((x, y))
    since = len(path)
    while since > 0 and math.hypot(path[since - 1][0] - x, path[since - 1][1] - y) <= near_by:
        since -= 1
    return x, y, since


@test
def a_large_map_takes_seconds_and_is_that_of_walks_alone():
    write("four.yaml", HIMMELBLAU)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call("basins", "four.yaml", "--grid", "256x256", "--steps", "500", "-o", "four.csv")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"# 256 x 256 starts, four optimizers, 500 steps: {seconds:.1f} s of processor time")
    assert seconds < 20, seconds
    rows = list(csv.DictReader(open("four.csv", encoding="utf-8")))
    assert len(rows) == 4 * 256 * 256
    compared = 0
    for row in [r for r in rows if r["optimizer"] == "SGD"][::331]:
        x, y, since = himmelblau_walk(float(row["x"]), float(row["y"]), 0.01, 500, 0.1)
        near(float(row["end_x"]), x, 1e-9)
        near(float(row["end_y"]), y, 1e-9)
        if row["end"].startswith("minimum"):
            assert abs(int(row["steps"]) - since) <= 1, (row, since)  # the minimum itself is not quite the walk's end
            compared += 1
    assert compared > 150, compared


@test
def what_is_wrong_is_said():
    write("wells.yaml", WELLS)
    for words, says in (
            (("basins", "xor"), "formulas in two variables"),
            (("basins", "wells.yaml", "--grid", "1x5"), "2 to 1024"),
            (("basins", "wells.yaml", "--grid", "2000x5"), "2 to 1024"),
            (("basins", "wells.yaml", "-o", "a.gif"), ".csv, .png, .svg or .pdf"),
            (("basins", "wells.yaml", "--steps", "0"), "--steps"),
            (("basins", "wells.yaml", "--tolerance", "-1"), "--tolerance"),
            (("basins", "wells.yaml", "-o", "wells.yaml/a.png"), "wells.yaml"),
            (("basins",), "EXPERIMENT")):
        err = call(*words, status=1 if "a.png" in words[-1] else 2)[1]
        assert says in err and err.startswith("saddlescope:"), (words, err)
    assert "--grid" in call("basins", "--help")[0]


@test
def an_interrupt_stops_it_and_leaves_nothing():
    write("wells.yaml", WELLS)
    process = subprocess.Popen([PROGRAM, "basins", "wells.yaml", "--grid", "1024x1024", "--steps", "1000000", "-o",
                                "never.csv"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 1
    assert not [name for name in os.listdir(".") if name.startswith("never")]


run_tests()
