#!/usr/bin/env python3
"""Tuning from outside: its figures against closed forms and `run`, files it writes, Ctrl-C and going on, bad words.
Speaks TAP. usage: test_tune.py PROGRAM"""
import csv
import json
import math
import os
import pathlib
import signal
import subprocess
import time

from program import answer, call, near, png_size, PROGRAM, run_tests, test, write

BOWL = """# two curvatures
objective: {expression: x^2 + 5*y^2, variables: [x, y], domain: [[-3, 3], [-3, 3]]}
start: [2, 2]
steps: 40
optimizers:
  - {name: sgd, lr: 0.02}    # too slow
  - name: momentum           # 0.9 by default
    lr: 0.01
  - lbfgs
  - {name: sam, lr: 0.02, label: looks twice}
"""


@test
def a_bowl_is_tuned_as_the_closed_form_says():
    write("bowl.yaml", BOWL)
    out = answer("tune", "bowl.yaml", "--csv", "bowl.csv")
    assert out["evaluations"] == 40 and out["starts"] == "experiment" and len(out["targets"]) == 1, out
    by_label = {o["label"]: o for o in out["optimizers"]}
    sgd = by_label["SGD"]
    assert abs(math.log(sgd["best"]["lr"] / (2 / 12))) < math.log(1.1), sgd["best"]
    assert sgd["best_rate_is"] == "bracketed"
    for tried in sgd["tried"]:
        rate = tried["lr"]
        assert float(f"{rate:.2e}") == rate, rate  # tried as it is printed
        x, y = 2 * (1 - 2 * rate) ** 40, 2 * (1 - 10 * rate) ** 40
        if abs(1 - 10 * rate) < 1:
            near(tried["losses"][0] / (x * x + 5 * y * y), 1, 1e-9)
        else:
            assert tried["diverged"] == 1 and tried["losses"] == [None] or abs(y) <= 2 * (1 + 1e-9), tried
    rows = list(csv.DictReader(open("bowl.csv")))
    assert len(rows) == sum(len(o["tried"]) for o in out["optimizers"])
    for row in rows:
        used, steps = int(row["evaluations"]), int(row["steps"])
        assert used <= 40, row
        if row["status"] == "ok" and row["optimizer"] in ("sgd", "momentum"):
            assert used == steps == 40, row
        if row["optimizer"] == "sam" and row["status"] == "ok":
            assert used == 2 * steps == 40, row
        if row["optimizer"] == "lbfgs" and row["status"] == "ok":
            assert steps < used, row
    # Best first, and what is in the JSON is in the table.
    words, _ = call("tune", "bowl.yaml")
    places = [words.index(f"\n{o['label']} ") for o in out["optimizers"]]
    assert places == sorted(places)
    assert "own 1 start" in words and "One start" in words, words


@test
def what_is_applied_is_what_was_found():
    write("bowl.yaml", BOWL)
    out = answer("tune", "bowl.yaml", "--sweep", "momentum=0.5:0.9:3", "--apply", "tuned.yaml")
    best = {o["label"]: o["best"] for o in out["optimizers"]}
    text = pathlib.Path("tuned.yaml").read_text()
    assert "# two curvatures" in text and "# too slow" in text and "# 0.9 by default" in text, text
    kept = [line for line in BOWL.splitlines() if line not in text.splitlines()]
    assert len(kept) == 4 and text.count("\n") == BOWL.count("\n") + 1, (kept, text)  # and a line for momentum's momentum
    runs = {r["label"]: r for r in answer("run", "tuned.yaml")["runs"]}
    for label in ("SGD", "Momentum"):
        assert runs[label]["loss"] == best[label]["losses"][0], (label, runs[label], best[label])
    again, _ = call("tune", "bowl.yaml", "--sweep", "momentum=0.5:0.9:3", "--apply", "-")
    assert again == text
    _, err = call("tune", "bowl.yaml", "--apply", "tuned.yaml", status=2)
    assert "tuned.yaml: is there already" in err and "--force" in err, err
    assert pathlib.Path("tuned.yaml").read_text() == text
    call("tune", "bowl.yaml", "--apply", "tuned.yaml", "--force")
    assert pathlib.Path("tuned.yaml").read_text() != text  # without the sweep
    call("run", "tuned.yaml")
    # Files an experiment names are taken from its folder: elsewhere it would not find them.
    os.makedirs("elsewhere", exist_ok=True)
    write("line.csv", "x,y\n1,2.5\n2,3.5\n3,5.5\n")
    write("line.yaml", "objective:\n  network: {layers: [1, 2, 1]}\n  data: {csv: line.csv, target: y}\n  loss: mse\nsteps: 5\n")
    _, err = call("tune", "line.yaml", "--apply", "elsewhere/line.yaml", status=2)
    assert "would not find its files" in err and not os.path.exists("elsewhere/line.yaml"), err
    call("tune", "line.yaml", "--apply", "line-tuned.yaml")
    call("run", "line-tuned.yaml")


@test
def networks_get_seeds_and_the_same_bits_on_any_threads():
    write("net.yaml", "objective: {network: {layers: [2, 4, 2]}, data: {name: moons, samples: 64}}\nsteps: 20\nbatch: 16\n"
                      "optimizers: [{name: sgd, lr: 0.5}, adam]\n")
    tables = []
    for threads in (1, 2, 5):
        call("tune", "net.yaml", "--threads", threads, "--seeds", 4, "--csv", "net.csv")
        tables.append(pathlib.Path("net.csv").read_bytes())
    assert tables[0] == tables[1] == tables[2]
    out = answer("tune", "net.yaml", "-o", "net.png")
    assert out["starts"] == "initialisations" and out["seeds"] == [1, 2, 3], out["seeds"]
    width, height = png_size("net.png")
    assert width >= 900 and height >= 500
    for o in out["optimizers"]:
        losses = sorted(o["best"]["losses"])
        assert losses[0] == o["best"]["lowest"] and losses[1] == o["best"]["median"] and losses[2] == o["best"]["highest"]
        assert len(set(losses)) == 3
    drawn = answer("tune", "himmelblau", "--seeds", 2, "--evaluations", 30)
    assert drawn["starts"] == "drawn" and len(drawn["seeds"]) == 2 and drawn["evaluations"] == 30
    words, _ = call("tune", "himmelblau", "--seeds", 2, "--evaluations", 30)
    assert "2 starts drawn in the domain, not the experiment's own" in words, words


@test
def a_tolerance_is_counted_to():
    write("bowl.yaml", BOWL)
    out = answer("tune", "bowl.yaml", "--tolerance", 1e-3)
    sgd = next(o for o in out["optimizers"] if o["label"] == "SGD")
    rate, step = sgd["best"]["lr"], 0
    while (2 * (1 - 2 * rate) ** step) ** 2 + 5 * (2 * (1 - 10 * rate) ** step) ** 2 > 1e-3:
        step += 1
    assert sgd["steps_to_tolerance"] == sgd["evaluations_to_tolerance"] == step and out["targets"] == [1e-3], (sgd, step)
    out = answer("tune", "bowl.yaml", "--tolerance", -1)
    assert all(o["steps_to_tolerance"] is None and o["reached"] == 0 for o in out["optimizers"])
    assert "never" in call("tune", "bowl.yaml", "--tolerance", -1)[0]


@test
def a_stopped_sweep_goes_on_to_the_same_end():
    words = ("tune", "moons", "--evaluations", 150, "--seeds", 5, "--csv")
    call(*words, "whole.csv")
    process = subprocess.Popen([PROGRAM, *map(str, words), "part.csv", "--resume", "moons.tune"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    deadline = time.time() + 60
    while time.time() < deadline and process.poll() is None and (
            not os.path.exists("moons.tune") or pathlib.Path("moons.tune").read_bytes().count(b"\n") < 20):
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and b"stopped" in err and b"moons.tune; the same command goes on" in err, (process.returncode, err)
    assert not os.path.exists("part.csv") and out == b""
    kept = pathlib.Path("moons.tune").read_bytes().count(b"\n") - 1
    rows = len(pathlib.Path("whole.csv").read_bytes().splitlines()) - 1
    assert 19 <= kept < rows, (kept, rows)
    call(*words, "part.csv", "--resume", "moons.tune")
    assert pathlib.Path("part.csv").read_bytes() == pathlib.Path("whole.csv").read_bytes()
    began = time.time()
    call(*words, "again.csv", "--resume", "moons.tune")  # all of it is there: only the last runs are made
    assert pathlib.Path("again.csv").read_bytes() == pathlib.Path("whole.csv").read_bytes()
    assert time.time() - began < 60
    # More seeds join those that are there.
    more = ("tune", "moons", "--evaluations", 150, "--seeds", 6, "--csv")
    call(*more, "six.csv")
    call(*more, "joined.csv", "--resume", "moons.tune")
    assert pathlib.Path("joined.csv").read_bytes() == pathlib.Path("six.csv").read_bytes()
    _, err = call("tune", "moons", "--evaluations", 100, "--resume", "moons.tune", status=2)
    assert "moons.tune:1: this sweep gives a run 150 gradient evaluations, not 100" in err, err
    _, err = call("tune", "spirals", "--evaluations", 150, "--resume", "moons.tune", status=2)
    assert "another experiment" in err, err
    damaged = pathlib.Path("moons.tune").read_bytes().split(b"\n")
    damaged[4] = damaged[4].replace(b"0.", b"1.", 1)
    pathlib.Path("moons.tune").write_bytes(b"\n".join(damaged))
    _, err = call(*words, "again.csv", "--resume", "moons.tune", status=2)
    assert "moons.tune:5: this line is damaged" in err, err


@test
def bad_words_are_answered():
    write("bowl.yaml", BOWL)
    write("taken.txt", "not a sweep\n")
    cases = [
        (("--rates", "1"), "LOW:HIGH"), (("--rates", "1:0.1"), "low below high"), (("--rates", "-1:1"), "above 0"),
        (("--rates", "0.1:1:1000"), "rates"), (("--rates", "0.1:1:1"), "rates"), (("--rates", "a:b"), "LOW:HIGH"),
        (("--rates", "0.1:inf"), "LOW:HIGH"), (("--rates", "0.1:1:3x"), "LOW:HIGH"), (("--rates", "0.1:1e40"), "takes"),
        (("--sweep", "momentum"), "NAME=LOW:HIGH:COUNT"), (("--sweep", "momentum=0:0.9"), "NAME=LOW:HIGH:COUNT"),
        (("--sweep", "momentun=0:0.9:3"), "did you mean momentum"), (("--sweep", "lr=0.1:1:3"), "lr is swept"),
        (("--sweep", "momentum=0:0.9:3,momentum=0:0.9:3"), "twice"), (("--sweep", "momentum=0:5:3"), "between"),
        (("--sweep", "momentum=0:0.9:3,"), None), (("--sweep", "=0:1:2"), "NAME=LOW"),
        (("--seeds", "0"), "--seeds"), (("--seeds", "1000"), "--seeds"), (("--seeds", "x"), "--seeds"),
        (("--evaluations", "0"), "--evaluations"), (("--tolerance", "nan"), "--tolerance"), (("--threads", "0"), "--threads"),
        (("-o", "rates.jpg"), ".svg"),
        (("--csv", "bowl.yaml"), "another name"), (("--resume", "bowl.yaml"), "another name"),
        (("--resume", "taken.txt"), "no file of a sweep"), (("--force",), "--apply"), (("--apply", "tuned.txt"), ".yaml"),
        (("--apply", "bowl.yaml"), "--force"), (("--json", "--apply", "-"), "stdout"), (("--speed", "2"), "--sweep"),
    ]
    for words, piece in cases:
        _, err = call("tune", "bowl.yaml", *words, status=0 if piece is None else 2)
        assert piece is None or piece in err, (words, err)
    for words in (("-o", "nowhere/rates.png"), ("--csv", "nowhere/a.csv"), ("--apply", "nowhere/a.yaml"), ("--resume", "nowhere/a.tune")):
        _, err = call("tune", "bowl.yaml", *words, status=1)
        assert words[1] in err, (words, err)  # before the work, not after
    assert pathlib.Path("bowl.yaml").read_text() == BOWL and pathlib.Path("taken.txt").read_text() == "not a sweep\n"
    _, err = call("tune", status=2)
    assert "EXPERIMENT" in err, err
    _, err = call("tune", "bowll.yaml", status=2)
    assert "bowll.yaml" in err, err
    # Nothing to be bracketed is said, not guessed.
    write("slope.yaml", "objective: {expression: exp(50*x) + y^2, variables: [x, y], domain: [[-1, 1], [-1, 1]]}\n"
                        "start: [0.9, 0]\nsteps: 3\noptimizers: [{name: sgd, lr: 0.1}]\n")
    out = answer("tune", "slope.yaml", "--rates", "0.1:1")
    assert out["optimizers"][0]["best_rate_is"] in ("bracketed", "lowest", "none"), out
    assert json.dumps(out)


run_tests()
