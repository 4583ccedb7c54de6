#!/usr/bin/env python3
"""Pictures, figures and films: their size, their length, what is on them, and vectors that look like the picture.
Speaks TAP. usage: test_render.py PROGRAM"""
import json
import os
import pathlib
import shutil
import subprocess

from program import call, png_size, run_tests, test


def pixels(name, width, height):
    """The picture (or a film's first frame), as means over width x height cells: rows of (r, g, b)."""
    raw = subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-i", name, "-frames:v", "1",
                          "-vf", f"scale={width}:{height}:flags=area,format=rgb24", "-f", "rawvideo", "-"],
                         capture_output=True, check=True).stdout
    assert len(raw) == 3 * width * height, (name, len(raw))
    return raw


def difference(one, other):
    """Mean and largest difference of the cells' colours, 0 … 255."""
    apart = [abs(a - b) for a, b in zip(one, other)]
    return sum(apart) / len(apart), max(apart)


def film(name):
    facts = json.loads(subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", name],
                                      capture_output=True, check=True).stdout)["streams"][0]
    return facts["width"], facts["height"], int(facts["nb_read_frames"]), facts["r_frame_rate"]


SMALL = ("--size", "320x180")


@test
def supersampling_is_finer_not_other():
    pictures = []
    for n in (1, 2, 4):
        call("render", "saddle", "-o", f"s{n}.png", *SMALL, "--supersample", n)
        assert png_size(f"s{n}.png") == (320, 180)
        pictures.append(pixels(f"s{n}.png", 32, 18))
    call("render", "saddle", "-o", "usual.png", *SMALL)
    assert pathlib.Path("usual.png").read_bytes() == pathlib.Path("s2.png").read_bytes(), "2 is the usual one"
    assert pathlib.Path("s1.png").read_bytes() != pathlib.Path("s4.png").read_bytes()
    mean, most = difference(pictures[0], pictures[2])
    assert mean < 2 and most < 40, (mean, most)


@test
def caption_and_legend_can_be_left_out():
    call("render", "saddle", "-o", "all.png", *SMALL)
    everything = pixels("all.png", 64, 36)
    for switch in ("--no-caption", "--no-legend"):
        call("render", "saddle", "-o", "less.png", *SMALL, switch)
        mean, most = difference(everything, pixels("less.png", 64, 36))
        assert most > 15 and mean < 12, (switch, mean, most)


@test
def films_are_as_long_as_asked():
    call("render", "saddle", "-o", "turn.gif", "--size", "160x90", "--turn", 360, "--seconds", 1, "--step", 40)
    assert film("turn.gif")[:3] == (160, 90, 15), film("turn.gif")
    call("render", "saddle", "-o", "run.mp4", "--size", "160x90", "--from", 30, "--to", 60, "--speed", 2, "--fps", 20)
    assert film("run.mp4") == (160, 90, 10, "20/1"), film("run.mp4")  # 30 steps at 60 a second
    call("render", "saddle", "-o", "near.mp4", "--size", "160x90", "--approach", "--camera", "100,50", "--zoom", 1.5,
         "--seconds", 0.5, "--fps", 10)
    assert film("near.mp4")[:3] == (160, 90, 5)


@test
def films_begin_and_end_where_asked():
    def first_frame(start, end):
        call("render", "saddle", "-o", "run.mp4", *SMALL, "--from", start, "--to", end, "--orbit", 0, "--seconds", 0.2)
        return pixels("run.mp4", 64, 36)
    first = first_frame(5, 150)
    right, wrong = (difference(first, first_frame(step, step))[0] for step in (5, 150))
    assert right < 0.5 and right < 0.3 * wrong, (right, wrong)


@test
def what_contradicts_itself_is_said():
    for words, says in (
        (("x.png", "--turn", 360), "--turn"),
        (("x.svg", "--speed", 2), "--speed"),
        (("x.mp4", "--turn", 360, "--approach"), "--approach"),
        (("x.mp4", "--turn", 360, "--from", 2), "--from"),
        (("x.mp4", "--turn", 360, "--view", "contour"), "straight down"),
        (("x.mp4", "--speed", 1, "--seconds", 2), "--seconds"),
        (("x.mp4", "--step", 1, "--to", 2), "--to"),
        (("x.mp4", "--to", 100000), "last step"),
        (("x.mp4", "--from", 50, "--to", 20), "--from"),
        (("x.mp4", "--speed", 0), "--speed"),
        (("x.mp4", "--speed", 0.01, "--steps", 2000), "3600"),
        (("x.mp4", "--size", "161x90"), "even"),
        (("x.png", "--supersample", 5), "--supersample"),
    ):
        _, err = call("render", "saddle", "-o", *words, status=2)
        assert says in err, (words, err)
    assert not [name for name in os.listdir(".") if name.startswith("x.")]


@test
def figures_look_like_the_contour_view():
    if not shutil.which("rsvg-convert") or not shutil.which("pdftoppm"):
        print("# rsvg-convert or pdftoppm is not installed: not compared")
        return
    for name, view, theme in (("saddle", "contour", "paper"), ("himmelblau", "contour", "night"), ("saddle", "overlay", "paper")):
        for ending in ("png", "svg", "pdf"):
            call("render", name, "-o", f"f.{ending}", "--view", view, "--theme", theme, "--size", "1280x720", "--scale", 1)
        subprocess.run(["rsvg-convert", "-w", "1280", "-o", "svg.png", "f.svg"], check=True)
        subprocess.run(["pdftoppm", "-r", "96", "-png", "-singlefile", "f.pdf", "pdf"], check=True)
        assert png_size("svg.png") == png_size("pdf.png") == (1280, 720)
        right = pixels("f.png", 80, 45)
        for other in ("svg.png", "pdf.png"):
            mean, most = difference(right, pixels(other, 80, 45))
            print(f"# {name} {view} {theme} {other}: {mean:.2f} in the mean, {most} at most")
            assert mean < 1.5 and most < (35 if view == "contour" else 90), (name, view, theme, other, mean, most)
    call("render", "saddle", "-o", "far.svg", "--view", "contour", "--step", 0, "--size", "1280x720", "--scale", 1)
    call("render", "rosenbrock", "-o", "far.png", "--view", "contour", "--size", "1280x720", "--scale", 1)
    subprocess.run(["rsvg-convert", "-w", "1280", "-o", "far-svg.png", "far.svg"], check=True)
    mean, most = difference(pixels("far.png", 80, 45), pixels("far-svg.png", 80, 45))
    assert mean > 5 and most > 90, ("another surface would pass for the same", mean, most)


run_tests()
