#!/usr/bin/env python3
"""What is written: surfaces, recordings, pictures, lists and help; to devices, pipes and full disks; and what is never written over.
Speaks TAP. usage: test_output.py PROGRAM"""
import csv
import json
import os
import pathlib
import re
import resource
import signal
import sqlite3
import stat
import struct
import subprocess
import time

from program import answer, call, GOOD, HERE, near, png_size, PROGRAM, run_tests, test, write


NETWORK = """objective:
  network: {layers: [1, 2, 1]}
  data: {csv: line.csv, target: y}
  loss: mse
steps: 5
seed: 9007199254740993
"""


@test
def surface_is_the_function():
    grid = answer("surface", "rosenbrock", "--grid", "7x5")
    assert len(grid["x"]) == 7 and len(grid["y"]) == 5 and len(grid["loss"]) == 5
    for y, row in zip(grid["y"], grid["loss"]):
        for x, loss in zip(grid["x"], row):
            near(loss, (1 - x) ** 2 + 100 * (y - x * x) ** 2, 1e-12)
    call("surface", "rosenbrock", "-o", "r.npy", "--grid", "7x5")
    raw = pathlib.Path("r.npy").read_bytes()
    assert raw[:6] == b"\x93NUMPY" and len(raw) == 128 + 8 * 35 and b"(5, 7)" in raw
    values = struct.unpack("<35d", raw[128:])
    assert list(values[:7]) == grid["loss"][0]
    call("surface", "rosenbrock", "-o", "r.csv", "--grid", "7x5")
    rows = list(csv.reader(open("r.csv")))
    assert rows[0] == ["x", "y", "loss"] and len(rows) == 36


@test
def a_surface_without_a_value_says_so():
    write("none.yaml", """objective: {expression: sqrt(x - 10) + y, domain: [[-1, 1], [-1, 1]]}
start: [10.5, 0]
""")
    out, _ = call("surface", "none.yaml", "--grid", "3x3", "-o", "none.csv")
    assert "no finite loss" in out, out
    assert answer("surface", "none.yaml", "--grid", "3x2")["loss"] == [[None] * 3] * 2


@test
def recordings_replay():
    call("run", "himmelblau", "-o", "h.saddle", "--steps", 40)
    base = sqlite3.connect("h.saddle")
    tables = {r[0] for r in base.execute("select name from sqlite_master where type='table'")}
    assert {"meta", "run", "sample", "layout", "data", "plane", "surface", "critical"} <= tables, tables
    counts = dict(base.execute("select run, count(*) from sample group by run"))
    assert set(counts.values()) == {41}, counts
    theta = base.execute("select theta from sample where step=40 order by run limit 1").fetchone()[0]
    base.close()
    runs = answer("run", "himmelblau", "--steps", 40)["runs"]
    assert list(struct.unpack("<2d", theta)) == runs[0]["theta"]
    base = sqlite3.connect("h.saddle")
    name, u = base.execute("select name, u from plane").fetchone()
    assert name == "axes" and struct.unpack("<2d", u) == (1, 0)
    width, height, low, high, losses = base.execute("select width, height, a_low, a_high, loss from surface").fetchone()
    losses = struct.unpack(f"<{width * height}d", losses)
    near(losses[0], (low**2 + low - 11) ** 2 + (low + low**2 - 7) ** 2, 1e-12)
    kinds = sorted(r[0] for r in base.execute("select kind from critical"))
    assert kinds == ["maximum"] + 4 * ["minimum"] + 4 * ["saddle"], kinds
    base.close()
    call("render", "h.saddle", "-o", "h.png", "--size", "320x200")
    assert not [f for f in os.listdir(".") if "partial" in f or f.startswith("h.saddle-")], os.listdir(".")


@test
def render_makes_pictures_and_videos():
    for view in ("overlay", "side-by-side", "contour"):
        call("render", "saddle", "-o", "p.png", "--size", "400x300", "--view", view, "--select", 1)
        assert png_size("p.png") == (400, 300)
        assert os.path.getsize("p.png") > 8000, view
    call("render", "saddle", "-o", "v.mp4", "--size", "320x180", "--seconds", 0.5)
    assert b"ftyp" in pathlib.Path("v.mp4").read_bytes()[:16]
    first = pathlib.Path("p.png").read_bytes()
    call("render", "saddle", "-o", "p.png", "--size", "400x300", "--view", "contour", "--select", 1)
    assert first == pathlib.Path("p.png").read_bytes(), "the same picture twice differs"


@test
def figures_are_vectors():
    for name, begin in (("p.svg", b"<?xml"), ("p.pdf", b"%PDF-")):
        call("render", "saddle", "-o", name, "--size", "640x360", "--select", 1)
        first = pathlib.Path(name).read_bytes()
        assert first.startswith(begin), name
        call("render", "saddle", "-o", name, "--size", "640x360", "--select", 1)
        assert first == pathlib.Path(name).read_bytes(), f"the same figure twice differs: {name}"
    svg = pathlib.Path("p.svg").read_text() if pathlib.Path("p.svg").exists() else ""
    assert svg.count("<use ") > 60, "hardly any letters"
    assert "rgb(83.5" in svg, "no eigen-direction that leads down"


@test
def lists_and_help():
    listing = answer("list")
    names = {e["name"] for e in listing["experiments"]}
    assert len(names) >= 18 and {"saddle", "himmelblau", "beale", "digits"} <= names, names
    optimizers = {o["name"] for o in listing["optimizers"]}
    assert {"sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "adadelta", "adamax", "nadam", "radam", "rprop",
            "asgd", "movement", "rms_adagrad", "lecture_rmsprop", "summary", "lion", "lars", "lamb", "muon",
            "perturbed"} <= optimizers, optimizers
    assert {"cosine", "multistep", "polynomial", "cosine_restarts", "one_cycle", "inverse_sqrt"} <= set(listing["schedules"])
    assert {"xor", "moons", "digits", "iris"} <= {d["name"] for d in listing["data"]}
    help_text, _ = call("--help")
    for command in ("open", "run", "surface", "hessian", "critical", "sharpness", "line", "slices", "tune", "minimum-ratio", "render", "list", "bench", "doctor"):
        assert command in help_text
        assert "usage" in call(command, "--help")[0]
        assert call("help", command) == call(command, "--help")
    call("--version")
    # The manual names every option that --help shows, but for those of the tests.
    manual = (HERE.parent.parent / "assets/man/saddlescope.1").read_text().replace("\\-", "-")
    for command in ("open", "run", "surface", "hessian", "critical", "sharpness", "line", "slices", "tune", "minimum-ratio", "render", "list", "bench", "doctor"):
        section = re.search(rf"^\.BR? {command}\b.*?(?=^\.TP|^\.PP)", manual, re.M | re.S)[0]
        for option in re.findall(r"^ +(?:-\w, )?(--[\w-]+)(?!.*for tests)", call(command, "--help")[0], re.M):
            assert option == "--help" or option == "--output" or f"{option} " in re.sub(r'[",|\].;\[]', " ", section) + " ", \
                (command, option)


@test
def a_full_disk_is_said_and_the_recording_kept():
    # A limit on the size of files stands in for the disk: both end in an error of the write.
    write("long.yaml", GOOD.replace("steps: 10", "steps: 500000"))
    limit = 4 << 20
    done = subprocess.run([PROGRAM, "run", "long.yaml", "-o", "full.saddle"], capture_output=True, timeout=60,
                          preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
                                              resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))))
    assert done.returncode == 1 and b"full.saddle: " in done.stderr, (done.returncode, done.stderr)
    assert sqlite3.connect("full.saddle").execute("select count(*) from sample").fetchone()[0] > 100


@test
def results_that_do_not_arrive_are_a_failure():
    for words in (["list"], ["--help"], ["run", "--help"], ["doctor"], ["run", "saddle", "--steps", "2"],
                  ["run", "saddle", "--csv", "-"], ["surface", "saddle", "--grid", "5x5"], ["critical", "saddle"],
                  ["critical", "saddle", "--json"], ["hessian", "saddle"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, *words], stdout=full, stderr=subprocess.PIPE)
        assert done.returncode == 1 and b"stdout" in done.stderr, (words, done.returncode, done.stderr)
    # A closed stdout must not lend its number to the recording.
    done = subprocess.run([PROGRAM, "run", "saddle", "-o", "closed.saddle"], stderr=subprocess.PIPE,
                          preexec_fn=lambda: os.close(1))
    assert done.returncode == 1 and b"stdout" in done.stderr, (done.returncode, done.stderr)
    assert sqlite3.connect("closed.saddle").execute("pragma integrity_check").fetchone() == ("ok",)


@test
def devices_and_pipes_are_written_to_not_replaced():
    os.mkfifo("table")
    process = subprocess.Popen([PROGRAM, "run", "saddle", "--steps", "3", "--csv", "table"], stdout=subprocess.DEVNULL)
    rows = open("table").read().splitlines()
    assert process.wait(timeout=20) == 0 and len(rows) == 1 + 4 * 4, rows
    assert stat.S_ISFIFO(os.stat("table").st_mode)
    _, err = call("render", "saddle", "-o", "nowhere/p.png", status=1, timeout=20)
    assert "nowhere/p.png: cannot be written" in err, err
    os.mkdir("folder.png")
    _, err = call("render", "saddle", "-o", "folder.png", status=2)
    assert "folder" in err, err


@test
def inputs_are_not_overwritten():
    write("line.csv", "x,y\n1,2.5\n2,3.5\n3,5.5\n")
    write("line.yaml", NETWORK)
    before = pathlib.Path("line.csv").read_bytes()
    for words in (("run", "line.yaml", "--csv", "line.csv"), ("run", "line.yaml", "--csv", "./line.yaml"),
                  ("surface", "line.yaml", "-o", "line.csv"), ("run", "line.yaml", "-o", "l.out", "--csv", "l.out")):
        _, err = call(*words, status=2)
        assert "another name" in err or "its own" in err, (words, err)
    assert pathlib.Path("line.csv").read_bytes() == before and pathlib.Path("line.yaml").read_text() == NETWORK
    out, _ = call("run", "line.yaml", "--json")
    assert '"seed":\t9007199254740993,' in out, out[:200]


@test
def large_results_stay_small_in_memory():
    with open("large.json", "w") as out:
        process = subprocess.Popen([PROGRAM, "surface", "rosenbrock", "--grid", "1500x1000", "--json"], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    grid = json.load(open("large.json"))
    assert len(grid["loss"]) == 1000 and len(grid["loss"][999]) == 1500
    os.unlink("large.json")
    if b"__asan_init" not in pathlib.Path(PROGRAM).read_bytes():
        assert usage.ru_maxrss < 150 * 1024, usage.ru_maxrss  # KiB; one cJSON node a number takes 230 MB


@test
def a_recording_in_the_making_is_not_taken_over():
    write("long.yaml", GOOD.replace("steps: 10", "steps: 500000000"))
    first = subprocess.Popen([PROGRAM, "run", "long.yaml", "-o", "shared.saddle"], stderr=subprocess.PIPE,
                             stdout=subprocess.DEVNULL)
    time.sleep(0.8)
    _, err = call("run", "saddle", "-o", "shared.saddle", status=1)
    assert "shared.saddle: another program is recording" in err, err
    first.send_signal(signal.SIGKILL)
    first.communicate()
    call("render", "shared.saddle", "-o", "killed.png", "--size", "64x64")  # what a killed run left can be read
    _, err = call("render", "shared.saddle", "-o", "killed.png", "--steps", "5", status=2)
    assert "--step" in err, err
    call("run", "saddle", "-o", "shared.saddle", "--steps", 3)  # and be written over
    count = sqlite3.connect("shared.saddle").execute("select count(*) from sample").fetchone()[0]
    assert count == 4 * 4, count


run_tests()
