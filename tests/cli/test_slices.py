#!/usr/bin/env python3
"""Slices from outside: a saddle's Hessian plane beside random ones; paths on the slice or at their true loss.
Speaks TAP. usage: test_slices.py PROGRAM"""
import csv
import io
import pathlib

from program import answer, call, near, png_size, run_tests, test


@test
def random_planes_hide_a_saddle():
    out = answer("slices", "xor", "--grid", "21")
    assert out["n"] == 22 and out["random"] == 20 and len(out["slices"]) == 21, out["title"]
    first = out["slices"][0]
    assert first["plane"] == "hessian" and first["falls"] == [False, True] and first["verdict"] == "falls along one axis"
    fallen = [any(s["falls"]) for s in out["slices"][1:]]
    assert out["falling"] == sum(fallen) <= 4 and all(s["plane"] == "random" for s in out["slices"][1:])
    assert out["title"] == f"Down along one axis: Hessian plane yes; {sum(fallen)} of 20 random planes"
    for s in out["slices"]:
        for lowest, falls in zip(s["lowest"], s["falls"]):
            assert falls == (min(lowest) < -out["tolerance"]), s
    # What `hessian` says of the very same point.
    report = answer("hessian", "xor", "--at", ",".join(repr(x) for x in out["at"]))
    assert report["kind"] == "saddle" or report["index"] >= 1, report["kind"]
    near(first["curvature"][0], report["eigenvalues"][-1], 1e-8)
    near(first["curvature"][1], report["eigenvalues"][0], 1e-8)
    near(out["loss"], report["loss"], 1e-12)
    # A random direction's curvature lies between the two.
    assert all(report["eigenvalues"][0] <= c <= report["eigenvalues"][-1] for s in out["slices"] for c in s["curvature"][:1])


@test
def the_table_says_the_same_on_any_number_of_threads():
    words = ("slices", "xor", "--at", "start", "--count", "3", "--seed", "7", "--grid", "9", "--reach", "0.5")
    out = answer(*words)
    assert out["reach"] == 0.5 and [s.get("seed") for s in out["slices"]] == [None, 7, 8, 9]
    rows = list(csv.DictReader(io.StringIO(call(*words, "--csv", "--threads", "1")[0])))
    assert len(rows) == 4
    for row, one in zip(rows, out["slices"]):
        assert [float(row["curvature_u"]), float(row["curvature_v"])] == one["curvature"]
        assert [float(row["lowest_u_minus"]), float(row["lowest_u_plus"])] == one["lowest"][0]
        assert [row["falls_u"] == "1", row["falls_v"] == "1"] == one["falls"]


@test
def pictures_of_any_count():
    for count in (1, 2, 7, 23):
        words = call("slices", "xor", "--at", "end:adam", "--count", count, "--grid", "9", "-o", "s.png", "--size", "640x360")[0]
        assert png_size("s.png") == (640, 360) and f"of {count} random planes" in words


@test
def paths_stand_at_their_loss_or_on_the_slice():
    pictures = {}
    for name in ("saddle", "xor"):
        for height in ("true", "slice"):
            call("render", name, "-o", "p.png", "--size", "400x300", "--path-height", height)
            pictures[name, height] = pathlib.Path("p.png").read_bytes()
    assert pictures["saddle", "true"] == pictures["saddle", "slice"]  # two parameters: there is no difference
    assert pictures["xor", "true"] != pictures["xor", "slice"]


@test
def wrong_words_are_answered():
    cases = [
        (("slices",), "EXPERIMENT"),
        (("slices", "saddle"), "two parameters"),
        (("slices", "xor", "--count", "0"), "--count"),
        (("slices", "xor", "--count", "100000"), "--count"),
        (("slices", "xor", "--grid", "20"), "odd"),
        (("slices", "xor", "--reach", "0"), "--reach"),
        (("slices", "xor", "--at", "1,2"), "--at"),
        (("slices", "xor", "--at", "end:nobody"), "--at"),
        (("slices", "xor", "--seek"), "--at"),
        (("slices", "xor", "--json", "--csv"), "--csv"),
        (("slices", "xor", "-o", "x.jpg"), ".png"),
        (("slices", "xor", "--camera", "10"), "--camera"),
        (("slices", "xor", "--height", "cubic"), "linear"),
        (("render", "xor", "-o", "x.png", "--path-height", "low"), "slice"),
    ]
    for words, piece in cases:
        _, err = call(*words, status=2)
        assert err.startswith("saddlescope: ") and piece in err, (words, err)
    assert not pathlib.Path("x.png").exists()


run_tests()
