#!/usr/bin/env python3
"""Bad input, mangled input, input through pipes, no display and Ctrl-C: each is answered.
Speaks TAP. usage: test_input.py PROGRAM"""
import os
import random
import signal
import sqlite3
import subprocess
import time

from program import call, GOOD, PROGRAM, run_tests, test, write


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
def control_c_at_any_moment_leaves_no_rest_of_a_recording():
    write("nine.yaml", GOOD.replace("steps: 10", "steps: 400"))
    call("run", "nine.yaml", "-o", "nine.saddle")
    kept = 0
    for k in range(40):
        words = (["run", "nine.yaml", "-o", "early.saddle"], ["hessian", "nine.saddle", "--record"])[k % 2]
        process = subprocess.Popen([PROGRAM, *words], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        time.sleep(0.003 * (k + 1))
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) in (0, 1, -signal.SIGINT), (words, process.returncode)
        rest = [f for f in os.listdir(".") if f.startswith(("early.", "nine.")) and f.count(".") + f.count("-") > 1]
        assert not rest, (k, words, rest)
        if os.path.exists("early.saddle"):
            kept += 1
            base = sqlite3.connect("early.saddle")
            assert base.execute("pragma integrity_check").fetchone() == ("ok",)
            base.close()
            os.unlink("early.saddle")
    assert kept > 0


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


@test
def experiments_come_through_pipes():
    write("a.yaml", GOOD)
    for words in ("run PIPE --steps 2", "surface PIPE --grid 3x3", "hessian PIPE --at end:adam", "critical PIPE",
                  "render PIPE -o piped.png --size 64x64"):
        done = subprocess.run(f"cat a.yaml | '{PROGRAM}' {words.replace('PIPE', '/dev/stdin')}", shell=True,
                              capture_output=True, timeout=60)
        assert done.returncode == 0, (words, done.stderr)


run_tests()
