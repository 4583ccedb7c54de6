#!/usr/bin/env python3
"""Lines, escapes, charts and what is put into recordings, from outside. Speaks TAP. usage: test_studies.py PROGRAM"""
import csv
import math
import os
import signal
import sqlite3
import struct
import subprocess
import time

from program import PROGRAM, answer, call, near, png_size, run_tests, test, write

NET = """objective:
  network: {layers: [2, 4, 2], activation: tanh}
  data: {name: moons, samples: 60, noise: 0.4, seed: 1, validation: 0.25, test: 0.2}
  loss: mse
start: {seed: 2}
steps: 120
optimizers:
  - {name: sgd, lr: 0.2}
  - {name: adam, lr: 0.02}
"""


@test
def a_line_has_the_losses_of_both_ends():
    line = answer("line", "saddle", "--from", "0,0", "--to", "1,3", "--points", 5)
    for t, loss in zip(line["t"], line["loss"]):
        near(loss, (1 - 3 * t * t) ** 2, 1e-14)
    near(line["length"], math.sqrt(10), 1e-14)
    write("net.yaml", NET)
    runs = {run["name"]: run for run in answer("run", "net.yaml")["runs"]}
    line = answer("line", "net.yaml", "--from", "end:sgd", "--to", "end:adam", "--points", 11)
    for name, k in (("sgd", 0), ("adam", -1)):
        near(line["loss"][k], runs[name]["loss"], 1e-12)
        near(line["validation_loss"][k], runs[name]["validation_loss"], 1e-12)
        near(line["test_loss"][k], runs[name]["test_loss"], 1e-12)
    call("line", "net.yaml", "--from", "end:sgd", "--to", "step:60:adam", "--points", 11, "-o", "line.csv")
    rows = list(csv.DictReader(open("line.csv")))
    assert len(rows) == 11 and all(float(row["loss"]) > 0 for row in rows)
    path = answer("run", "net.yaml", "--steps", 60)
    near(float(rows[-1]["loss"]), [r for r in path["runs"] if r["name"] == "adam"][0]["loss"], 1e-12)
    for words in (["--from", "0,0"], ["--from", "0,0", "--to", "nowhere"], ["--from", "0,0", "--to", "end:nobody"],
                  ["--from", "0,0", "--to", "step:x:adam"], ["--from", "0,0", "--to", "1,1", "-o", "line.txt"]):
        call("line", "saddle", *words, status=2)


@test
def escapes_lead_down_both_ways_and_train_on():
    points = answer("critical", "saddle", "--escape")["points"]
    saddle = [p for p in points if p["kind"] == "saddle"][0]
    escape = saddle["escape"]
    assert all(step > 0 for step in escape["steps"]) and all(loss < saddle["loss"] for loss in escape["losses"])
    sides = {}
    for run in escape["trained"]:
        sides.setdefault(run["side"], []).append(run)
        assert run["loss"] < 1e-3, run  # the valley w1 w2 = 1 is at 0
    assert set(sides) == {"+", "-"} and all(len(runs) == 4 for runs in sides.values())
    assert not any("escape" in p for p in points if p["kind"] != "saddle")
    out, _ = call("critical", "saddle", "--escape")
    assert out.count("along the lowest direction") == 2


@test
def charts_are_drawn():
    write("net.yaml", NET)
    for words in ("hessian net.yaml --spectrum", "hessian net.yaml", "hessian net.yaml --ends 2", "sharpness net.yaml --every 40",
                  "line net.yaml --from start --to end:adam", "minimum-ratio net.yaml --nets 4"):
        call(*words.split(), "-o", "chart.png")
        assert png_size("chart.png") == (1920, 1200), words
        os.unlink("chart.png")
    for words in ("hessian net.yaml -o chart.jpg", "sharpness net.yaml -o chart", "minimum-ratio net.yaml -o chart.json"):
        _, err = call(*words.split(), status=2)
        assert "must end in" in err, err


@test
def results_go_into_the_recording():
    write("net.yaml", NET)
    call("run", "net.yaml", "-o", "net.saddle")
    report = answer("hessian", "net.saddle", "--at", "end:adam", "--record")
    call("sharpness", "net.saddle", "--record")
    points = answer("critical", "net.saddle", "--from", 3, "--record")["points"]
    call("line", "net.saddle", "--from", "end:sgd", "--to", "end:adam", "--record")
    call("minimum-ratio", "net.saddle", "--nets", 3, "--record")
    call("minimum-ratio", "--record", status=2)
    base = sqlite3.connect("net.saddle")
    kinds = [row[0] for row in base.execute("select kind from study order by id")]
    assert kinds == ["spectrum", "sharpness", "seek", "line", "minimum_ratio"], kinds
    assert base.execute("select about from study where kind = 'spectrum'").fetchone()[0] == "end:adam"
    values = base.execute("select eigenvalues from spectrum").fetchone()[0]
    for got, wanted in zip(struct.unpack("<%dd" % report["n"], values), report["eigenvalues"]):
        assert got == wanted
    seeks = base.execute("select ending, grad_norm, positive, degenerate, negative from seek order by start").fetchall()
    assert len(seeks) == len(points) == 6
    for row, point in zip(seeks, points):
        assert row == (point["ending"], point["grad_norm"], point["positive"], point["degenerate"], point["negative"])
    readings = base.execute("select run, count(*), max(step) from sharpness group by run").fetchall()
    assert [(run, last) for run, _, last in readings] == [(0, 120), (1, 120)] and all(count > 50 for _, count, _ in readings)
    known = base.execute("select count(*) from sharpness where run = 1 and step > 0 and preconditioned is null").fetchone()[0]
    assert known == 0, "Adam's preconditioner is known all along a recorded run"
    assert base.execute("select count(*) from line").fetchone()[0] == 101
    base.close()
    near(answer("run", "net.yaml")["runs"][0]["loss"], answer("hessian", "net.saddle", "--at", "end:sgd")["loss"], 1e-12)
    _, err = call("hessian", "net.yaml", "--record", status=2)
    assert "--record" in err
    _, err = call("sharpness", "net.saddle", "--every", 5, status=2)
    assert "recording" in err


@test
def a_dense_hessian_stops_when_asked():
    write("wide.yaml", NET.replace("[2, 4, 2]", "[2, 60, 60, 2]"))  # 3962 parameters: many seconds
    process = subprocess.Popen([PROGRAM, "hessian", "wide.yaml", "--full"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    time.sleep(1.5)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1 and b"stopped" in err, (process.returncode, err)
    assert time.monotonic() - began < 10


run_tests()
