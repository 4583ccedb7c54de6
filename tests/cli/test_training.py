#!/usr/bin/env python3
"""Runs: PyTorch's paths, the same bits for a seed, divergence, and that everything built in trains.
Speaks TAP. usage: test_training.py PROGRAM"""
import csv
import json
import math
import pathlib

from program import answer, call, GOOD, HERE, near, run_tests, test, write


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
    assert rows[0] == ["run", "step", "loss", "grad_norm", "lr", "validation_loss", "test_loss", "evaluations",
                       "accuracy", "validation_accuracy", "test_accuracy"], rows[0]
    assert len(rows) == 32 and [int(r[7]) for r in rows[1:]] == list(range(1, 32))
    for column, key in ((8, "accuracy"), (9, "validation_accuracy"), (10, "test_accuracy")):
        near(float(rows[-1][column]), run[key], 0)
    near(float(rows[-1][5]), run["validation_loss"], 0)
    near(float(rows[-1][6]), run["test_loss"], 0)
    assert run["evaluations"] == 31 and all(0.5 < run[k] <= 1 and run[k] * 20 % 1 < 1e-9 or k == "accuracy"
                                            for k in ("accuracy", "validation_accuracy", "test_accuracy")), run
    call("run", "saddle", "--steps", 2, "--csv", "plain.csv")
    header, first, *_ = csv.reader(open("plain.csv"))
    assert header[5:] == ["theta0", "theta1", "validation_loss", "test_loss", "evaluations", "accuracy", "validation_accuracy",
                          "test_accuracy"] and first[7:] == ["", "", "1", "", "", ""]
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
def every_optimizer_descends():
    """A network and a formula, each optimizer by its defaults but for a rate that suits those that are slow."""
    # newton goes to whatever critical point is near, and that may be up.
    names = [o["name"] for o in answer("list", "optimizers")["optimizers"] if o["name"] != "newton"]
    for objective in ("{network: {layers: [2, 8, 2], activation: tanh}, data: {name: moons}, loss: cross_entropy}",
                      "{expression: '(1 - x*y)^2', variables: [x, y], domain: [[-2, 2], [-2, 2]]}"):
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
def a_label_is_found_before_a_kind():
    write("labels.yaml", GOOD + "  - {name: sgd, lr: 0.01, label: adam}\n")
    runs = answer("run", "labels.yaml")["runs"]
    report = answer("hessian", "labels.yaml", "--at", "end:adam")
    assert report["at"] == runs[1]["theta"] != runs[0]["theta"]


run_tests()
