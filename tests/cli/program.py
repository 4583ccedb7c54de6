"""What the tests of the whole program share: calling it, checking how it ends, an empty folder to be in, and telling the
results in TAP. Each test file is started as: test_NAME.py PROGRAM"""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
HERE = pathlib.Path(__file__).resolve().parent
FOLDER = tempfile.TemporaryDirectory(prefix="saddlescope-cli-")
os.chdir(FOLDER.name)
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def call(*words, status=0, timeout=120, env=None):
    """Runs the program; checks the exit status and that it did not die of a signal. Returns stdout, stderr."""
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL,
                          env={**os.environ, **(env or {})})
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    assert done.returncode == status, f"{words}: exit status {done.returncode}, expected {status}\n{out[-500:]}{err[-2000:]}"
    return out, err


def answer(*words, **options):
    return json.loads(call(*words, "--json", **options)[0])


def write(name, text):
    pathlib.Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def near(a, b, tolerance):
    assert abs(a - b) <= tolerance * max(1.0, abs(b)), f"{a!r} is not {b!r} within {tolerance}"


def png_size(name):
    raw = pathlib.Path(name).read_bytes()
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", raw[16:24])


GOOD = """objective:
  expression: (1 - w1*w2)^2
  variables: [w1, w2]
  domain: [[-2, 2], [-2, 2]]
start: [0.4, -0.2]
steps: 10
optimizers:
  - {name: adam, lr: 0.05}
"""


def run_tests():
    """Runs what @test has collected, says so in TAP and leaves."""
    print(f"1..{len(TESTS)}")
    failed = 0
    for number, function in enumerate(TESTS, 1):
        began = time.time()
        try:
            function()
            print(f"ok {number} - {function.__name__}", flush=True)
        except Exception as problem:  # a test that breaks is a test that fails
            failed += 1
            detail = f"{type(problem).__name__}: {problem}".replace("\n", "\n# ")
            print(f"not ok {number} - {function.__name__}\n# {detail}", flush=True)
        print(f"# {time.time() - began:.1f} s", file=sys.stderr)
    os.chdir("/")
    FOLDER.cleanup()
    sys.exit(1 if failed else 0)
