#!/usr/bin/env python3
"""Charts that commands draw, as a reader sees them: the letters of their PDFs, where each word stands, in English and
in Chinese, on paper and at night. Speaks TAP. usage: test_charts.py PROGRAM"""
import html
import re
import shutil
import subprocess

from program import call, run_tests, test, write

NET = """title: {en: Two small moons, zh: 两个小月牙}
objective:
  network: {layers: [2, 3, 2], activation: tanh}
  data: {name: moons, samples: 40, noise: 0.3, seed: 1, validation: 0.25, test: 0.2}
  loss: mse
start: {seed: 2}
steps: 40
optimizers:
  - {name: sgd, lr: 0.2}
  - {name: adam, lr: 0.02}
"""
CHARTS = {
    "line": ["line", "net.yaml", "--from", "start", "--to", "end:adam", "--points", 21],
    "steps": ["line", "net.yaml", "--from", "step:3:sgd", "--to", "end:adam", "--points", 21],
    "sharpness": ["sharpness", "net.yaml"],
    "hessian": ["hessian", "net.yaml", "--at", "end:adam"],
    "ends": ["hessian", "net.yaml", "--at", "end:adam", "--ends", 2],
    "density": ["hessian", "net.yaml", "--at", "end:adam", "--spectrum"],
    "ratio": ["minimum-ratio", "net.yaml", "--nets", 6],
    "tune": ["tune", "net.yaml", "--seeds", 2, "--evaluations", 20, "--rates", "0.01:1:3"],
    "basins": ["basins", "himmelblau", "--grid", "32x32", "--steps", 60],
}
NAMES = {"sgd", "adam", "momentum", "rmsprop", "adagrad", "himmelblau", "t", "max", "g", "lanczos", "x", "y"}  # names and symbols stay
CHINESE = re.compile("[\u4e00-\u9fff]")


def draw(name, *options):
    file = f"{name}{'-'.join(map(str, options)).replace('--', '')}.pdf"
    write("net.yaml", NET)
    call(*CHARTS[name], *options, "-o", file)
    return file


def words_of(file):
    """(word, left, top, right, bottom) of each, and the page's width and height."""
    out = subprocess.run(["pdftotext", "-bbox", file, "-"], capture_output=True, check=True).stdout.decode()
    width, height = map(float, re.search(r'<page width="([\d.]+)" height="([\d.]+)"', out).groups())
    found = re.findall(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>', out)
    return [(html.unescape(word), *map(float, box)) for *box, word in found], width, height


def check_places(name, file):
    """No word leaves the page, none lies on another."""
    words, width, height = words_of(file)
    assert len(words) > 8, f"{name}: {words}"
    for word, left, top, right, bottom in words:
        assert left > 0 and top > -2 and right < width and bottom < height + 2, f"{name}: “{word}” is cut off"
    for i, (one, *a) in enumerate(words):
        for other, *b in words[i + 1:]:
            across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            least = min(a[3] - a[1], b[3] - b[1])
            assert across < 1.5 or down < 0.45 * least, f"{name}: “{one}” and “{other}” overlap by {across:.1f} × {down:.1f}"


def readable(function):
    def checked():
        if shutil.which("pdftotext"):
            function()
        else:
            print("# pdftotext is not installed: not read")
    checked.__name__ = function.__name__
    return test(checked)


@readable
def every_chart_is_all_chinese_when_asked():
    for name in CHARTS:
        file = draw(name, "--language", "zh")
        words, *_ = words_of(file)
        left = {part.lower() for word, *_ in words for part in re.findall(r"[A-Za-z]+", word)} - NAMES
        assert not left, f"{name}: {sorted(left)} in {[word for word, *_ in words]}"
        assert sum(bool(CHINESE.search(word)) for word, *_ in words) > 3, f"{name}: {words}"
        check_places(f"{name} in Chinese", file)


@readable
def every_chart_is_all_english_else():
    for name in CHARTS:
        file = draw(name)
        words, *_ = words_of(file)
        assert not any(CHINESE.search(word) for word, *_ in words), f"{name}: {words}"
        check_places(name, file)


@readable
def long_names_stay_on_the_page():
    long = NET.replace("Two small moons", "A title that goes on and on about what is to be seen here " * 3)
    long = long.replace("两个小月牙", "这个标题很长，一直在说这里能看到什么，" * 8)
    label = "an optimizer with a name that hardly fits into any legend at all"
    long = long.replace("lr: 0.02", f"lr: 0.02, label: {label}")
    write("long.yaml", long)
    for name, words in CHARTS.items():
        renamed = {"net.yaml": "long.yaml", "end:adam": "end:sgd"}
        for language in ("en", "zh"):
            if "net.yaml" in words:
                file = f"long-{name}-{language}.pdf"
                call(*(renamed.get(word, word) for word in words), "--language", language, "-o", file)
                check_places(f"{name} with long names", file)


@test
def an_area_is_of_one_piece():
    """Pieces side by side would show their seams in every reader of figures."""
    write("net.yaml", NET)
    call(*CHARTS["density"], "-o", "area.svg")
    veils = re.findall(r'fill-opacity:0\.22;" d="([^"]*)"', open("area.svg").read())
    assert 1 <= len(veils) < 12, len(veils)  # a stretch where the density is above the chart's foot
    assert max(len(veil) for veil in veils) > 500


@test
def a_chart_has_a_night_and_no_made_up_language():
    day, night = draw("hessian"), draw("hessian", "--theme", "night")
    assert open(day, "rb").read() != open(night, "rb").read()
    for name, words in CHARTS.items():
        err = call(*words, "--language", "tlh", "-o", "no.pdf", status=2)[1]
        assert "tlh" in err and "zh" in err, f"{name}: {err}"
        call(*words, "--theme", "dusk", "-o", "no.pdf", status=2)


run_tests()
