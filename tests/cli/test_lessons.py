"""Lessons from outside: every claim of every built-in one holds, every section of the lecture is covered, and what is
wrong with a file is said by line."""
import json
import os
import re

from program import HERE, answer, call, run_tests, test, write

ASSETS = HERE.parents[1] / "assets"

LESSON = """section: "2.3"
title: {en: A saddle, zh: 鞍点}
experiments:
  saddle: |
    objective:
      expression: (1 - w1*w2)^2
      variables: [w1, w2]
      domain: [[-2, 2], [-2, 2]]
    start: [0.4, -0.2]
    steps: 50
    optimizers: [{name: sgd, lr: 0.05}]
measure:
  down: {eigenvalue: lowest, at: [0, 0]}
  end: {loss: end}
steps:
  - text: {en: "down is {down}", zh: "向下 {down}"}
    claims:
      - down = -2 ± 1e-10
      - end < 1
"""


def lesson_folder(**files):
    """Assets with these lessons only, and the built-in experiments."""
    os.makedirs("assets/lessons", exist_ok=True)
    for name in os.listdir("assets/lessons"):
        os.unlink("assets/lessons/" + name)
    for part in ("experiments", "data"):
        if not os.path.lexists("assets/" + part):
            os.symlink(ASSETS / part, "assets/" + part)
    for name, text in files.items():
        write(f"assets/lessons/{name}.yaml", text)
    return {"SADDLESCOPE_ASSETS": os.path.abspath("assets")}


@test
def every_claim_of_every_lesson_holds():
    lessons = answer("lesson", "check", timeout=1100)["lessons"]
    assert len(lessons) == len(answer("lesson", "list")["lessons"]) > 10
    for lesson in lessons:
        assert lesson["claims"], f"{lesson['name']} claims nothing"
        for claim in lesson["claims"]:
            where = f"{lesson['name']}, line {claim['line']}: {claim['claim']}: {claim['measured']}"
            assert claim["holds"] is True, where
            assert claim["measured"], where
            for language in ("en", "zh"):
                words = claim["words"][language] + claim["figures"]
                assert not re.search(r"[a-z]_[a-z0-9]|[0-9]e-?[0-9]|[<>]=|[*^]|(^|[ (])-[0-9]|…$", words), f"{where}: {words}"


@test
def every_section_of_the_lecture_has_a_lesson():
    covered = set()
    for lesson in answer("lesson", "list")["lessons"]:
        covered.update(lesson["section"].split(", "))
        assert lesson["title"]["en"] and lesson["title"]["zh"]
    out, _ = call("lesson", "list")
    sections = out[out.index("sections of the lecture"):].splitlines()[1:]
    assert len(sections) == 30
    for line in sections:
        assert line.split()[0] in covered, line
        assert "no lesson" not in line, line
    assert "beyond" in covered


@test
def a_claim_that_fails_is_told_by_exit_status():
    write("good.yaml", LESSON)
    write("bad.yaml", LESSON.replace("down = -2", "down = 2"))
    out, _ = call("lesson", "check", "good.yaml")
    assert out.rstrip().endswith("2 claims hold, 0 fail")
    found = json.loads(call("lesson", "check", "good.yaml", "bad.yaml", "--json", status=1)[0])["lessons"]
    assert [[claim["holds"] for claim in lesson["claims"]] for lesson in found] == [[True, True], [False, True]]
    assert found[1]["claims"][0]["line"] == 18 and found[1]["claims"][0]["measured"] == "down −2"
    assert found[1]["claims"][0]["figures"] == "−2 ≠ 2 (±10⁻¹⁰)"
    assert found[0]["claims"][0]["words"] == {"en": "Least eigenvalue of H at (0, 0) = −2 ± 10⁻¹⁰",
                                              "zh": "点 (0, 0) 处的 H 的最小特征值 = −2 ± 10⁻¹⁰"}
    out, _ = call("lesson", "check", "bad.yaml", status=1)
    assert "FAILS  Least eigenvalue of H at (0, 0) = 2 ± 10⁻¹⁰\n         bad.yaml:18: down = 2 ± 1e-10: down −2\n" in out, out
    assert answer("lesson", "check", "good.yaml", "--threads", 1) == answer("lesson", "check", "good.yaml", "--threads", 3)


@test
def slips_of_the_pen_are_told_by_line():
    def refused(old, new, *expected):
        assert LESSON.count(old) == 1, old
        write("slip.yaml", LESSON.replace(old, new))
        for verb in ("check", "show"):
            _, err = call("lesson", verb, "slip.yaml", status=2)
            for words in expected:
                assert words in err, f"{words!r} is not in {err!r}"

    refused("    claims:\n", "    clams:\n", "slip.yaml:17:5: unknown key", "did you mean \"claims\"?")
    refused("lowest", "lowset", "slip.yaml:13:22: unknown eigenvalue \"lowset\"")
    refused("(1 - w1*w2)^2", "(1 - w1*w2", "slip.yaml:6:")
    refused("end < 1", "end < (1", "slip.yaml:19:")
    refused("end < 1", "ned < 1", "slip.yaml:19:9: there is no measure \"ned\"; did you mean end?")
    refused(", zh: \"向下 {down}\"", "", "slip.yaml:16:11: text has no Chinese (zh)")
    refused("向下 {down}", "向下 {donw}", "slip.yaml:16:", "there is no measure \"donw\"")
    refused("steps: 50", "steps: 50000000", "slip.yaml:4:11: saddle trains for 50000000 steps; a lesson's run has at most")
    refused("lr: 0.05", "lr: five", "slip.yaml:11:")
    shown = "{en: \"down is {down}\", zh: \"向下 {down}\"}\n"
    shows = lambda what: shown + "    show: {" + what + "}\n"
    refused(shown, shows("curve: los"), "slip.yaml:17:19: unknown curve \"los\"", "loss")
    refused(shown, shows("analysis: basin"), "slip.yaml:17:22: unknown analysis \"basin\"", "basins")
    refused(shown, shows("analysis: slices"), "slip.yaml:17:22: saddle has two parameters")
    refused(shown, shows("analysis: minimum-ratio"), "slip.yaml:17:22: saddle is no network")
    refused(shown, shows("analysis: line"), "slip.yaml:17:22: saddle has one run")
    refused(shown, shows("analysis: {name: basins, run: sgd}"), "slip.yaml:17:42: basins is not of one run")
    refused(shown, shows("analysis: {name: spectrum, run: adam}"), "slip.yaml:17:44: unknown optimizer \"adam\"")
    refused(shown, shows("chart: {train: 0.1}"), "slip.yaml:17:19: a chart says which losses are large")
    refused(shown, shows("chart: {train: 0.1, test: 0.1, richer: dwon}"), "slip.yaml:17:51: unknown measure \"dwon\"")
    plot = "plot: {across: {en: x, zh: x}, up: {en: y, zh: y}, at: [%s], lines: [{name: {en: a, zh: a}, of: [%s]}]}"
    refused(shown, shows(plot % ("1, 2", "down")), "slip.yaml:17:", "as many as there are places across")
    refused(shown, shows(plot % ("2, 1", "down, end")), "slip.yaml:17:", "a place across")
    refused(shown, shows(plot % ("1, 2", "down, ned")), "unknown measure \"ned\"")
    refused("section: \"2.3\"", "section: \"2.9\"", "slip.yaml:1:10: unknown section \"2.9\"")


@test
def an_endless_claim_is_given_up():
    write("endless.yaml", LESSON.replace("steps: 50", "steps: 1000000").replace("end: {loss: end}",
                                                                             "end: {loss: end, seeds: 32}"))
    out, _ = call("lesson", "check", "endless.yaml", "--limit", 0.3, status=1, timeout=60)
    assert "holds  Least eigenvalue of H at (0, 0) = −2 ± 10⁻¹⁰\n         −2" in out and "1 claims hold, 1 fail" in out, out
    assert "the 0.3 seconds a lesson may take were over when SGD in saddle stood at step" in out, out
    assert "of 1000000; fewer steps are right" in out, out


@test
def a_bad_lesson_does_not_keep_the_rest_from_loading():
    env = lesson_folder(good=LESSON, bad=LESSON.replace("measure:", "measures:"))
    out, err = call("lesson", "list", env=env)
    assert "good" in out and "bad.yaml:12:1: unknown key" in err
    out, err = call("lesson", "check", status=2, env=env)
    assert "2 claims hold, 0 fail" in out and "bad.yaml:12:1: unknown key" in err
    _, err = call("lesson", "show", "goood", status=2, env=env)
    assert "did you mean good?" in err


run_tests()
