#!/usr/bin/env python3
"""The figures of the analyses: critical points, Hessians, spectra, sharpness and planes, against published and closed forms.
Speaks TAP. usage: test_analysis.py PROGRAM"""
import csv
import math
import os
import re
import sqlite3
import struct

from program import answer, call, near, run_tests, test, write


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
def float32_networks_have_critical_points_and_slices_too():
    net = open("noisy.yaml").read()
    write("single.yaml", net + "precision: f32\n")
    point, single = (answer("critical", name)["points"][0] for name in ("noisy.yaml", "single.yaml"))
    assert single["ending"] == point["ending"] == "found" and single["grad_norm"] <= 1e-8, single["verdict"]
    near(single["loss"], point["loss"], 1e-5)
    report = answer("hessian", "single.yaml", "--at", "end:adam")
    assert max(report["residuals"]) < 1e-12 * max(1, *map(abs, report["eigenvalues"]))
    call("slices", "single.yaml", "--count", 3)
    nets = answer("minimum-ratio", "single.yaml", "--nets", 4, "--steps", 300)["nets"]
    assert any(net["ending"] == "found" for net in nets), [net["verdict"] for net in nets]


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


run_tests()
