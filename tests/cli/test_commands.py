#!/usr/bin/env python3
"""The program as a person at a terminal meets it: every command, its results against published figures and PyTorch's, and
its answers to bad input. Speaks TAP. usage: test_commands.py PROGRAM"""
import csv
import json
import math
import os
import pathlib
import random
import re
import resource
import signal
import sqlite3
import stat
import struct
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
HERE = pathlib.Path(__file__).resolve().parent
FOLDER = tempfile.TemporaryDirectory(prefix="saddlescope-cli-")
os.chdir(FOLDER.name)
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def call(*words, status=0, timeout=120, env=None):
    """Runs the program; checks the exit status and that it did not die of a signal. Returns stdout, stderr."""
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL,
                          env={**os.environ, **(env or {})})
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    assert done.returncode == status, f"{words}: exit status {done.returncode}, expected {status}\n{out[-500:]}{err[-2000:]}"
    return out, err


def answer(*words, **options):
    return json.loads(call(*words, "--json", **options)[0])


def write(name, text):
    pathlib.Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def near(a, b, tolerance):
    assert abs(a - b) <= tolerance * max(1.0, abs(b)), f"{a!r} is not {b!r} within {tolerance}"


@test
def himmelblau_has_its_nine_critical_points():
    # The roots of the gradient's resultant, by sympy to 30 digits; they round to the published ones.
    published = {
        "minimum": [(3, 2), (-2.80511808695274485, 3.13131251825057283), (-3.77931025337774689, -3.28318599128616962),
                    (3.58442834033049174, -1.84812652696440333)],
        "saddle": [(0.0866775045553963518, 2.88425470117477617), (3.38515418360702094, 0.0738518798377492824),
                   (-3.07302575076438961, -0.0813530442879675017), (-0.127961346730680066, -1.95371498024457634)],
        "maximum": [(-0.270844590667347613, -0.923038556479981502)],
    }
    points = answer("critical", "himmelblau")["points"]
    assert len(points) == 9, len(points)
    for kind, places in published.items():
        found = [p for p in points if p["kind"] == kind]
        assert len(found) == len(places), (kind, len(found))
        for place in places:
            distance = min(math.dist(place, p["at"]) for p in found)
            assert distance < 1e-8, (kind, place, distance)
    assert all(p["grad_norm"] <= 1e-10 for p in points)


@test
def the_lecture_saddle_has_its_eigenpairs():
    report = answer("hessian", "saddle", "--at", "0,0")
    assert report["kind"] == "saddle" and report["index"] == 1
    half = math.sqrt(0.5)
    for value, vector, wanted, direction in zip(report["eigenvalues"], report["eigenvectors"], (-2, 2),
                                                ((half, half), (half, -half))):
        near(value, wanted, 1e-10)
        near(abs(vector[0] * direction[0] + vector[1] * direction[1]), 1, 1e-10)
    assert max(report["residuals"]) < 1e-10


@test
def degenerate_points_are_called_so():
    points = answer("critical", "monkey-saddle")["points"]
    origin = [p for p in points if math.hypot(*p["at"]) < 1e-6]
    assert len(origin) == 1 and origin[0]["kind"] == "degenerate", points
    points = answer("critical", "saddle")["points"]
    kinds = sorted(p["kind"] for p in points)
    assert kinds == ["degenerate", "degenerate", "saddle"], kinds
    for p in points:
        if p["kind"] == "degenerate":
            near(p["at"][0] * p["at"][1], 1, 1e-8)


@test
def paths_equal_pytorchs():
    for case in json.loads((HERE / "oracle_run.json").read_text()):
        options = ", ".join(f"{k}: {v!r}" for k, v in case["options"].items())
        write("case.yaml", f"""objective:
  expression: {case['formula']}
  variables: [x, y]
  domain: [[-5, 5], [-5, 5]]
start: {case['start']}
steps: 200
optimizers:
  - {{name: {case['optimizer']}, {options}}}
""")
        call("run", "case.yaml", "--csv", "case.csv")
        rows = {int(r["step"]): r for r in csv.DictReader(open("case.csv"))}
        assert len(rows) == 201
        for step, loss, gradient, x, y in case["path"]:
            row = rows[step]
            for ours, theirs in ((row["loss"], loss), (row["grad_norm"], gradient), (row["theta0"], x), (row["theta1"], y)):
                assert abs(float(ours) - theirs) <= 1e-10 * max(1, abs(theirs)), (case["function"], case["optimizer"], step, ours, theirs)


@test
def the_same_seed_gives_the_same_bits():
    for name in ("himmelblau", "moons"):
        tables = []
        for threads in (1, 1, 2):
            call("run", name, "--steps", 60, "--threads", threads, "--csv", "a.csv", "--params")
            tables.append(pathlib.Path("a.csv").read_bytes())
        assert tables[0] == tables[1] == tables[2], name
        assert len(tables[0].splitlines()) > 120


@test
def run_answers_in_json_and_in_words():
    out = answer("run", "saddle")
    assert out["experiment"] == "saddle"
    for run in out["runs"]:
        assert run["status"] == "ok" and run["best_loss"] <= run["loss"] + 1e-15 and len(run["theta"]) == 2, run
        assert set(run) >= {"name", "label", "steps", "loss", "best_loss", "grad_norm", "theta", "status"}
    words, _ = call("run", "saddle", "--steps", 5)
    assert "gradient norm" in words and "Adam" in words


@test
def what_is_held_back_is_told():
    write("held.yaml", """objective:
  network: {layers: [2, 6, 2], norm: batch}
  data: {name: moons, samples: 80, validation: 0.25, test: 0.25, shift: {rotate: 20}}
steps: 30
batch: 10
optimizers: [sgd]
""")
    run, = answer("run", "held.yaml", "--csv", "held.csv")["runs"]
    rows = list(csv.reader(open("held.csv")))
    assert rows[0] == ["run", "step", "loss", "grad_norm", "lr", "validation_loss", "test_loss", "evaluations"], rows[0]
    assert len(rows) == 32 and [int(r[-1]) for r in rows[1:]] == list(range(1, 32))
    near(float(rows[-1][5]), run["validation_loss"], 0)
    near(float(rows[-1][6]), run["test_loss"], 0)
    assert run["evaluations"] == 31 and all(0.5 < run[k] <= 1 and run[k] * 20 % 1 < 1e-9 or k == "accuracy"
                                            for k in ("accuracy", "validation_accuracy", "test_accuracy")), run
    call("run", "saddle", "--steps", 2, "--csv", "plain.csv")
    header, first, *_ = csv.reader(open("plain.csv"))
    assert header[5:] == ["theta0", "theta1", "validation_loss", "test_loss", "evaluations"] and first[7:] == ["", "", "1"]
    plain = answer("run", "saddle", "--steps", 2)["runs"][0]
    assert plain["test_loss"] is None and "accuracy" not in plain
    words, _ = call("run", "held.yaml")
    assert "validation" in words and "test" in words


@test
def divergence_is_said():
    write("steep.yaml", """objective: {expression: x^4 + y^4, variables: [x, y], domain: [[-3, 3], [-3, 3]]}
start: [2, 2]
steps: 100
optimizers:
  - {name: sgd, lr: 1.0}
  - {name: adam, lr: 0.01}
""")
    runs = answer("run", "steep.yaml")["runs"]
    assert runs[0]["status"] == "diverged" and math.isfinite(runs[0]["loss"]), runs[0]
    assert "learning rate" in runs[0]["message"], runs[0]
    assert runs[1]["status"] == "ok"
    _, err = call("hessian", "steep.yaml", "--at", "end:sgd", status=1)
    assert "diverged" in err


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


def png_size(name):
    raw = pathlib.Path(name).read_bytes()
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", raw[16:24])


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
    for command in ("open", "run", "surface", "hessian", "critical", "sharpness", "minimum-ratio", "render", "list", "bench", "doctor"):
        assert command in help_text
        assert "usage" in call(command, "--help")[0]
        assert call("help", command) == call(command, "--help")
    call("--version")
    # The manual names every option that --help shows, but for those of the tests.
    manual = (HERE.parent.parent / "assets/man/saddlescope.1").read_text().replace("\\-", "-")
    for command in ("open", "run", "surface", "hessian", "critical", "sharpness", "minimum-ratio", "render", "list", "bench", "doctor"):
        section = re.search(rf"^\.BR? {command}\b.*?(?=^\.TP|^\.PP)", manual, re.M | re.S)[0]
        for option in re.findall(r"^ +(?:-\w, )?(--[\w-]+)(?!.*for tests)", call(command, "--help")[0], re.M):
            assert option == "--help" or option == "--output" or f"{option} " in re.sub(r'[",|\].;\[]', " ", section) + " ", \
                (command, option)


@test
def every_optimizer_descends():
    """A network and a formula, each optimizer by its defaults but for a rate that suits those that are slow."""
    # newton goes to whatever critical point is near, and that may be up.
    names = [o["name"] for o in answer("list", "optimizers")["optimizers"] if o["name"] != "newton"]
    for objective in ("{network: {layers: [2, 8, 2], activation: tanh}, data: {name: moons}, loss: cross_entropy}",
                      "{expression: '(1 - x*y)^2', variables: [x, y], domain: [[-2, 2], [-2, 2]]}"):
        if "expression" in objective:
            names.remove("gauss_newton")
        for some in (names[:12], names[12:]):
            pathlib.Path("each.yaml").write_text(
                f"objective: {objective}\nsteps: 30\noptimizers:\n" +
                "".join(f"  - {{name: {n}, clip_norm: 10}}\n" for n in some))
            short, long = (answer("run", "each.yaml", "--steps", steps)["runs"] for steps in (1, 30))
            for name, before, after in zip(some, short, long):
                assert after["status"] == "ok" and after["loss"] < max(before["loss"], 1e-12), (name, before, after)


@test
def every_built_in_experiment_trains():
    for experiment in answer("list")["experiments"]:
        runs = answer("run", experiment["name"], "--steps", 3)["runs"]
        assert len(runs) >= 3, experiment["name"]
        assert all(r["status"] == "ok" for r in runs), (experiment["name"], runs)


@test
def networks_have_a_hessian_where_they_stop():
    write("net.yaml", """objective:
  network: {layers: [2, 3, 2], activation: tanh}
  data: {name: moons, samples: 60, seed: 3}
  loss: cross_entropy
start: {seed: 5}
steps: 50
optimizers: [{name: adam, lr: 0.05}]
""")
    report = answer("hessian", "net.yaml", "--at", "end:adam")
    assert report["n"] == 17 and len(report["eigenvalues"]) == 17
    assert report["eigenvalues"] == sorted(report["eigenvalues"]) and max(report["residuals"]) < 1e-9
    assert len(answer("hessian", "net.yaml", "--at", "end:adam", "--top", 4)["eigenvalues"]) == 4
    assert answer("critical", "net.yaml")["points"][0]["run"]


GOOD = """objective:
  expression: (1 - w1*w2)^2
  variables: [w1, w2]
  domain: [[-2, 2], [-2, 2]]
start: [0.4, -0.2]
steps: 10
optimizers:
  - {name: adam, lr: 0.05}
"""


@test
def large_networks_have_both_ends_and_a_density():
    ends = answer("hessian", "digits", "--ends", 2)
    assert ends["n"] == 2410 and len(ends["eigenvalues"]) == 4 and ends["eigenvalues"] == sorted(ends["eigenvalues"])
    assert max(ends["residuals"]) <= 1e-6 * ends["eigenvalues"][-1]
    assert ends["index"] is None and ends["index_at_least"] == 2
    top = answer("hessian", "digits", "--top", 3)
    assert all(abs(a - b) < 1e-8 for a, b in zip(top["eigenvalues"][-2:], ends["eigenvalues"][-2:])), top["eigenvalues"]
    spectrum = answer("hessian", "digits", "--spectrum", "--probes", 4)
    grid, values = spectrum["density"]["grid"], spectrum["density"]["values"]
    mass = sum((b - a) * (x + y) / 2 for a, b, x, y in zip(grid, grid[1:], values, values[1:]))
    mean = sum((b - a) * (a * x + b * y) / 2 for a, b, x, y in zip(grid, grid[1:], values, values[1:]))
    near(mass, 1, 1e-6)
    near(mean * 2410, spectrum["trace"]["value"], 1e-3)
    assert spectrum["trace"]["error"] > 0 and "eigenvectors" not in spectrum
    exact = answer("hessian", "net.yaml", "--spectrum")
    near(exact["trace"]["value"], sum(exact["eigenvalues"]), 1e-12)
    assert exact["trace"]["error"] == 0


@test
def the_quadratic_model_is_held_against_the_loss():
    low, high = answer("hessian", "saddle", "--at", "0,0", "--taylor", 1)["taylor"]
    for line, curvature in ((low, -2), (high, 2)):
        near(line["curvature"], curvature, 1e-12)
        for t, loss, model in zip(line["t"], line["loss"], line["model"]):
            near(model, 1 + curvature * t * t / 2, 1e-12)
            near(loss, (1 + curvature * t * t / 4) ** 2, 1e-12)  # w1 = ±w2 = t/√2 in (1 − w1·w2)²
        # off by t⁴/4 of t²: a tenth at |t| = √0.4, and the table's places are 1/40 apart
        assert line["holds"][1] <= math.sqrt(0.4) < line["holds"][1] + 1 / 40 and line["holds"][0] == -line["holds"][1]


@test
def searches_from_paths_find_critical_points_or_say_why():
    write("noisy.yaml", "objective:\n  network: {layers: [2, 3, 2], activation: tanh}\n"
          "  data: {name: moons, samples: 200, noise: 0.4, seed: 1}\n  loss: mse\nstart: {seed: 2}\nsteps: 400\n"
          "optimizers:\n  - {name: sgd, lr: 0.2}\n  - {name: adam, lr: 0.02}\n")
    points = answer("critical", "noisy.yaml", "--from", 4)["points"]
    assert len(points) == 8 and {point["from_step"] for point in points} == {0, 133, 267, 400}
    found = [point for point in points if point["ending"] == "found"]
    assert len(found) >= 4, [point["verdict"] for point in points]
    for point in found:
        n = point["n"]
        assert point["grad_norm"] <= 1e-8 and point["positive"] + point["negative"] + point["degenerate"] == n
        near(point["minimum_ratio"], point["positive"] / n, 1e-15)
        assert point["index"] == point["negative"] and max(point["residuals"]) < 1e-8
        if "escape" in point:
            assert point["negative"] > 0 and min(point["escape"]["losses"]) < point["loss"]
    assert any(point["negative"] for point in found)


@test
def sharpness_rises_to_the_edge_of_stability_and_stays():
    runs = answer("sharpness", "edge-of-stability", "--every", 60)["runs"]
    for run in runs[:2]:
        assert run["name"] == "sgd" and run["step"][0] == 0 and run["step"][-1] == 3000
        assert all(abs(edge - 2 / lr) < 1e-12 for edge, lr in zip(run["two_over_lr"], run["lr"]))
        ratio = [value / edge for value, edge in zip(run["lambda_max"], run["two_over_lr"])]
        late = ratio[len(ratio) // 2:]
        assert ratio[0] < 0.7 and min(late) > 0.9 and max(late) < 1.1, (run["label"], ratio)
        assert run["loss"][-1] < run["loss"][len(ratio) // 2], "the loss falls on"
    adaptive = runs[2]  # its own Hessian is nowhere near 2 / lr, the preconditioned one is at the edge
    assert adaptive["preconditioned_lambda_max"][0] is None
    late = [value / bound for value, bound in zip(adaptive["preconditioned_lambda_max"][25:], adaptive["bound"][25:])]
    assert 0.9 < sum(late) / len(late) < 1.15, late
    # At the start nothing has been trained: the eigenvalue is that of `hessian`.
    near(runs[0]["lambda_max"][0], answer("hessian", "edge-of-stability", "--ends", 1)["eigenvalues"][-1], 1e-7)
    out, _ = call("sharpness", "saddle", "--steps", 4, "--every", 2)
    assert out.splitlines()[0] == "run,step,loss,lr,lambda_max,residual,two_over_lr,preconditioned_lambda_max,bound"
    near(float(out.splitlines()[1].split(",")[4]), answer("hessian", "saddle")["eigenvalues"][-1], 1e-9)


@test
def minimum_ratios_come_from_full_spectra():
    nets = answer("minimum-ratio", "noisy.yaml", "--nets", 8, "--steps", 300)["nets"]
    assert [net["seed"] for net in nets] == list(range(1, 9))
    found = [net for net in nets if net["ending"] == "found"]
    assert len(found) >= 4, [net["verdict"] for net in nets]
    for net in found:
        values = net["eigenvalues"]
        tolerance = 1e-6 * max(1, max(map(abs, values)))
        assert net["grad_norm"] <= 1e-8 and net["positive"] == sum(value > tolerance for value in values)
        near(net["minimum_ratio"], net["positive"] / len(values), 1e-15)
        assert net["positive"] + net["negative"] + net["degenerate"] == len(values)
    assert any(net["minimum_ratio"] < 1 for net in found)
    call("minimum-ratio", "noisy.yaml", "--nets", 8, "--steps", 300, "--threads", 1, "-o", "ratio.csv")
    rows = list(csv.DictReader(open("ratio.csv")))
    assert [(int(row["seed"]), row["ending"]) for row in rows] == [(net["seed"], net["ending"]) for net in nets]
    assert [float(row["loss"]) for row in rows if row["loss"]] == [net["loss"] for net in found], "the same bits"
    _, err = call("minimum-ratio", "saddle", status=2)
    assert "formula" in err
    _, err = call("minimum-ratio", "digits", status=2)
    assert "2410" in err


@test
def planes_by_the_hessian_and_through_three_ends():
    net = ("objective:\n  network: {layers: [2, 3, 2], activation: tanh}\n  data: {name: moons, samples: 50, seed: 1}\n"
           "  loss: mse\nsteps: 60\ngrid: [9, 9]\noptimizers:\n  - {name: sgd, lr: 0.2}\n  - {name: momentum, lr: 0.1}\n"
           "  - {name: adam, lr: 0.02, label: third}\nplane: ")
    for plane in ("hessian", "{name: hessian, at: start}", "{name: hessian, at: end:adam}"):
        write("plane.yaml", net + plane + "\n")
        call("run", "plane.yaml", "-o", "plane.saddle", "--steps", 60)
        db = sqlite3.connect("plane.saddle")
        name, origin, u, v = db.execute("SELECT name, origin, u, v FROM plane").fetchone()
        assert name == "hessian"
        where = {"hessian": "end:sgd"}.get(plane, "start" if "start" in plane else "end:adam")
        report = answer("hessian", "plane.yaml", "--at", where)
        n = report["n"]
        for given, wanted in ((origin, report["at"]), (u, report["eigenvectors"][-1]), (v, report["eigenvectors"][0])):
            given = struct.unpack(f"<{n}d", given)
            assert max(abs(a - b) for a, b in zip(given, wanted)) < 1e-6, plane
        db.close()
        os.remove("plane.saddle")
    write("plane.yaml", net + "{name: points, runs: [third, sgd, momentum]}\n")
    call("run", "plane.yaml", "-o", "plane.saddle", "--steps", 60)
    db = sqlite3.connect("plane.saddle")
    origin, u = (struct.unpack(f"<{n}d", x) for x in db.execute("SELECT origin, u FROM plane").fetchone())
    ends = [answer("hessian", "plane.yaml", "--at", f"end:{name}")["at"] for name in ("third", "sgd")]
    length = math.dist(*ends)
    assert max(abs(a - b) for a, b in zip(origin, ends[0])) < 1e-12
    assert max(abs(a - (q - p) / length) for a, p, q in zip(u, *ends)) < 1e-9
    db.close()
    for bad in ("{name: hessian, at: end:addam}", "{name: points, runs: [sgd, adam]}", "{name: points, runs: [sgd, adam, sgd]}",
                "{name: pca, at: start}"):
        write("plane.yaml", net + bad + "\n")
        _, err = call("run", "plane.yaml", status=2)
        assert re.match(r"saddlescope: plane\.yaml:11:\d+: ", err), err


@test
def bad_experiments_are_answered_by_place():
    cases = [
        # change, line the answer names, a piece of it
        (("steps: 10", "stepz: 10"), 6, "steps"),
        (("steps: 10", "steps: many"), 6, "number"),
        (("steps: 10", "steps: -3"), 6, ""),
        (("name: adam", "name: adm"), 8, "adam"),
        (("lr: 0.05", "lr: -1"), 8, "lr"),
        (("lr: 0.05", "learning_rate: 1"), 8, ""),
        (("w1*w2)^2", "w1*w3)^2"), 2, "w3"),
        (("w1*w2)^2", "w1*w2"), 2, ""),
        (("w1*w2)^2", "w1*sinn(w2))^2"), 2, "sin"),
        (("[0.4, -0.2]", "[.nan, 0]"), 5, ""),
        (("[0.4, -0.2]", "[0.4]"), 5, "2"),
        (("[[-2, 2], [-2, 2]]", "[[2, 2], [-2, 2]]"), 4, ""),
        (("[[-2, 2], [-2, 2]]", "[[-2, 2]]"), 4, ""),
        (("steps: 10", "steps: 10\ngrid: [1, 1]"), 7, ""),
        (("steps: 10", "steps: 10\ngrid: [1000000000, 1000000000]"), 7, ""),
        (("steps: 10", "steps: 10\nprecision: f16"), 7, ""),
        (("steps: 10", "steps: 10\nsteps: 11"), 7, ""),
        (("steps: 10", "steps: [1"), 7, ""),
    ]
    for (old, new), line, piece in cases:
        assert old in GOOD
        write("bad.yaml", GOOD.replace(old, new))
        _, err = call("run", "bad.yaml", "-o", "bad.saddle", "--csv", "bad.csv", status=2)
        assert err.startswith("saddlescope: bad.yaml:"), (new, err)
        place = err.split(":")
        assert place[2].strip().isdigit(), (new, err)
        assert abs(int(place[2]) - line) <= 1, (new, err)
        assert piece in err, (new, err)
        assert not os.path.exists("bad.saddle") and not os.path.exists("bad.csv")
    write("good.yaml", GOOD)
    call("run", "good.yaml")


@test
def bad_files_and_words_are_answered():
    write("empty.yaml", "")
    write("binary.yaml", bytes(range(256)) * 20)
    write("text.saddle", "not a recording")
    write("hole.csv", "a,b,y\n1,2,0\n3,,1\n")
    write("csv.yaml", "objective:\n  network: {layers: [2, 3, 2]}\n  data: {csv: hole.csv, target: y}\n  loss: cross_entropy\n")
    cases = [
        (("run", "empty.yaml"), 2, "empty"),
        (("run", "binary.yaml"), 2, "binary.yaml"),
        (("run", "nowhere.yaml"), 2, "nowhere.yaml"),
        (("run", "himelblau"), 2, "himmelblau"),
        (("run", "csv.yaml"), 2, "hole.csv:3"),
        (("rum", "saddle"), 2, "run"),
        (("render", "nowhere.saddle", "-o", "x.png"), 2, "nowhere.saddle: cannot be read"),
        (("run", "--json", "-xy", "saddle"), 2, "no option -x"),
        (("run", "saddle", "-o"), 2, "-o needs a value"),
        (("run", "saddle", "-o", ""), 2, "--output has an empty value"),
        (("run", "saddle", "--json=3"), 2, "--json takes no value"),
        (("run",), 2, "EXPERIMENT"),
        (("run", "saddle", "beale"), 2, "beale"),
        (("run", "saddle", "--stepps", "3"), 2, "--steps"),
        (("run", "saddle", "--steps"), 2, "value"),
        (("run", "saddle", "--steps", "1e3"), 2, "--steps"),
        (("run", "saddle", "-o", "/nowhere/at/all.saddle"), 1, "/nowhere"),
        (("run", "saddle", "--csv", "/nowhere/at/all.csv"), 1, "/nowhere"),
        (("run", "saddle", "-o", "/dev/null/x.saddle"), 1, "Not a directory"),
        (("hessian", "saddle", "--at", "1,2,3"), 2, "--at"),
        (("hessian", "saddle", "--at", "1"), 2, "--at"),
        (("hessian", "saddle", "--at", "nan,0"), 2, "--at"),
        (("hessian", "saddle", "--at", "end:adm"), 2, "adam"),
        (("surface", "saddle", "--grid", "1x1"), 2, "--grid"),
        (("surface", "saddle", "--grid", "1000000000x2"), 2, "--grid"),
        (("surface", "saddle", "-o", "x.txt"), 2, ".csv"),
        (("render", "saddle"), 2, "-o"),
        (("render", "saddle", "-o", "x.bmp"), 2, ".png"),
        (("render", "saddle", "-o", "x.png", "--size", "0x10"), 2, "--size"),
        (("render", "saddle", "-o", "x.png", "--view", "above"), 2, "contour"),
        (("render", "saddle", "-o", "x.png", "--step", "999999"), 2, "last step"),
        (("render", "text.saddle", "-o", "x.png"), 2, "text.saddle"),
        (("list", "everything"), 2, "experiments"),
    ]
    for words, status, piece in cases:
        _, err = call(*words, status=status)
        assert err.startswith("saddlescope: ") and piece in err, (words, err)
    assert not [f for f in os.listdir(".") if f.startswith("x.")]


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
def without_a_display_the_window_says_what_to_do():
    env = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "SDL_VIDEODRIVER": ""}
    _, err = call(status=1, env=env)
    assert "render" in err and "display" in err, err


@test
def mangled_experiments_never_crash():
    rng = random.Random(4)
    alphabet = list("{}[]:,-#&*!|>'\"%@`\n\t 0.9e-+^()azé")
    for _ in range(120):
        text = list(GOOD)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(text))
            if rng.random() < 0.5:
                text[at] = rng.choice(alphabet)
            elif rng.random() < 0.5:
                del text[at:at + rng.randint(1, 20)]
            else:
                text[at:at] = rng.choice(alphabet) * rng.randint(1, 5)
            if not text:
                text = [" "]
        write("mangled.yaml", "".join(text))
        done = subprocess.run([PROGRAM, "run", "mangled.yaml", "--steps", "2"], capture_output=True, timeout=20)
        assert done.returncode in (0, 2), (done.returncode, "".join(text), done.stderr[-500:])
        if done.returncode == 2:
            assert done.stderr.startswith(b"saddlescope: mangled.yaml"), ("".join(text), done.stderr)


@test
def control_c_keeps_what_is_recorded():
    write("long.yaml", GOOD.replace("steps: 10", "steps: 500000000"))
    process = subprocess.Popen([PROGRAM, "run", "long.yaml", "-o", "long.saddle"], stderr=subprocess.PIPE,
                               stdout=subprocess.DEVNULL)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1 and b"stopped" in err, (process.returncode, err)
    base = sqlite3.connect("long.saddle")
    count, last = base.execute("select count(*), max(step) from sample").fetchone()
    base.close()
    assert count == last + 1 and count > 100, (count, last)


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
def control_c_leaves_nothing_half_written():
    write("long.yaml", GOOD.replace("steps: 10", "steps: 500000000"))
    for words, times in ((["run", "long.yaml", "--csv", "half.csv"], 2),
                         (["surface", "rosenbrock", "--grid", "4096x4096", "-o", "half.csv"], 1),
                         (["hessian", "digits"], 1),
                         (["render", "saddle", "-o", "half.mp4", "--size", "640x360", "--seconds", "600"], 1)):
        process = subprocess.Popen([PROGRAM, *words], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        time.sleep(1.2)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 1 and err.endswith(b"saddlescope: stopped\n"), (words, process.returncode, err)
        assert not [f for f in os.listdir(".") if f.startswith("half")], (words, os.listdir("."))


NETWORK = """objective:
  network: {layers: [1, 2, 1]}
  data: {csv: line.csv, target: y}
  loss: mse
steps: 5
seed: 9007199254740993
"""


@test
def experiments_come_through_pipes():
    write("a.yaml", GOOD)
    for words in ("run PIPE --steps 2", "surface PIPE --grid 3x3", "hessian PIPE --at end:adam", "critical PIPE",
                  "render PIPE -o piped.png --size 64x64"):
        done = subprocess.run(f"cat a.yaml | '{PROGRAM}' {words.replace('PIPE', '/dev/stdin')}", shell=True,
                              capture_output=True, timeout=60)
        assert done.returncode == 0, (words, done.stderr)


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
def a_label_is_found_before_a_kind():
    write("labels.yaml", GOOD + "  - {name: sgd, lr: 0.01, label: adam}\n")
    runs = answer("run", "labels.yaml")["runs"]
    report = answer("hessian", "labels.yaml", "--at", "end:adam")
    assert report["at"] == runs[1]["theta"] != runs[0]["theta"]


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


print(f"1..{len(TESTS)}")
failed = 0
for number, function in enumerate(TESTS, 1):
    began = time.time()
    try:
        function()
        print(f"ok {number} - {function.__name__}", flush=True)
    except Exception as problem:  # a test that breaks is a test that fails
        failed += 1
        detail = f"{type(problem).__name__}: {problem}".replace("\n", "\n# ")
        print(f"not ok {number} - {function.__name__}\n# {detail}", flush=True)
    print(f"# {time.time() - began:.1f} s", file=sys.stderr)
os.chdir("/")
FOLDER.cleanup()
sys.exit(1 if failed else 0)
