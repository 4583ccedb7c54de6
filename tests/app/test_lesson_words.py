"""What a lesson's claims say in the window, in both languages, and what a step of networks shows. Oracles: sentences written
here; the saddle of (1 − w₁w₂)², loss 1 and eigenvalues ±2; a straight line's loss, a parabola on every slice.

    test_lesson_words.py SADDLESCOPE [--keep FOLDER]
"""

import os
import re
import shutil
import sys
import tempfile

from window_driver import Display, Window, check, needs, plan

LESSON = """\
section: "2.3"
title: {en: Words, zh: 文字}
experiments:
  ridge: |
    title: {en: Down the ridge, zh: 沿山脊而下}
    objective: {expression: (1 - w1*w2)^2, variables: [w1, w2], domain: [[-2, 2], [-2, 2]]}
    start: [-1.2, 1.2]
    steps: 50
    optimizers: [{name: sgd, lr: 0.04}]
  line: |
    title: {en: A line, zh: 直线}
    objective:
      network: {layers: [1, 1]}
      data: {name: sine, samples: 60, noise: 0.3, test: 0.5}
      loss: mse
    start: [1, 0.5]
    steps: 30
    plane: {name: axes}
    optimizers: [{name: sgd, lr: 0.1}]
measure:
  there: {point_loss: [0, 0], of: ridge}
  down_there: {eigenvalue: lowest, of: ridge, at: [0, 0]}
  line_end: {loss: end, of: line}
steps:
  - text: {en: "A saddle.", zh: "鞍点。"}
    show: {experiment: ridge, step: 0, play: false}
    claims:
      - down_there = -2 ± 1e-10
      - {claim: there > 2, en: The loss is large, zh: 损失大}
  - text: {en: "A line.", zh: "直线。"}
    show:
      experiment: line
      step: end
      play: false
      network: true
      plot:
        across: {en: way, zh: 路}
        up: {en: height, zh: 高}
        at: [-0.5, 0, 0.5]
        lines: [{name: {en: test, zh: 测试}, slice: {of: line, loss: test}, mark: least}]
    claims: [{claim: line_end < 10, en: It ends, zh: 到终点}]
  - text: {en: "Back.", zh: "返回。"}
    show: {experiment: ridge, step: 0, play: false}
"""
RAW = re.compile(r"down_there|line_end|[0-9]e-[0-9]|(^|[ (])-[0-9]|[<>]=")


def claims(window):
    state = window.wait(lambda s: s["lesson"]["claims"] == ["holds", "fails"])
    texts = state["lesson"]["claim_texts"]
    check(texts[0] == "Least eigenvalue of H at (0, 0) = −2 ± 10⁻¹⁰", "a claim without words says what its measures are of",
          texts)
    check(re.fullmatch("−2 [=≈] −2 \\(±10⁻¹⁰\\)", texts[1]), "and what was found, as mathematics", texts)
    check(texts[2:] == ["The loss is large", "1 > 2"] and "✗" in state["texts"], "so does one that fails", texts)
    window.picture("claims")
    window.press("language.1")
    state = window.wait(lambda s: s["language"] == "zh" and s["lesson"]["claim_texts"] != texts)
    chinese = state["lesson"]["claim_texts"]
    check(chinese[0] == "点 (0, 0) 处的 H 的最小特征值 = −2 ± 10⁻¹⁰" and chinese[2] == "损失大", "in Chinese too", chinese)
    check(not any(RAW.search(text) for text in texts + chinese), "no names of measures, no e-notation", texts + chinese)
    window.press("language.0")
    window.wait(lambda s: s["language"] == "en")


def network(window):
    window.key("Next")
    state = window.wait(lambda s: s["lesson"]["step"] == 2 and s["side"] == "network" and s["lesson"]["above"] > 100
                        and s["lesson"]["claims"] == ["holds"] and {"w", "b"} <= set(s["texts"]))
    check(state["side"] == "network", "a step opens what the network has learnt", state["side"])
    check({"w", "b"} <= set(state["texts"]), "a line's two parameters are w and b", state["texts"])
    check(state["lesson"]["above"] > 100 and {"height", "test", "−0.5", "0.5"} <= set(state["texts"]),
          "and a slice through the end of its run", (state["lesson"]["above"], state["texts"]))
    window.picture("slice")
    window.key("Next")
    state = window.wait(lambda s: s["lesson"]["step"] == 3 and s["side"] == "optimizers")
    check(state["side"] == "optimizers" and state["lesson"]["above"] == 0, "both go with the step",
          (state["side"], state["lesson"]["above"]))


def main():
    needs("Xvfb", "xdotool")
    home = tempfile.mkdtemp()
    path = os.path.join(home, "words.yaml")
    with open(path, "w") as file:
        file.write(LESSON)
    display = Display()
    try:
        window = Window(display, home, path, "--report-texts")
        claims(window)
        network(window)
        check(window.close() == 0, "it closes in order", window.process.stderr.read())
    finally:
        display.close()
        shutil.rmtree(home, ignore_errors=True)
    return plan()


if __name__ == "__main__":
    sys.exit(main())
