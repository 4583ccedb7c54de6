"""What the window's tests share: a display in memory, the program with hands on its mouse and keys, checks in TAP.

    test_NAME.py SADDLESCOPE [--keep FOLDER]

The window runs under Xvfb at 1280x720 and is driven by xdotool; it says its state as JSON lines (--report), with the
place of every widget. --keep leaves screenshots there (needs `import`).
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

PATIENCE = 60  # seconds; a machine may be slow, what is asked of it must happen all the same
program = os.path.abspath(sys.argv[1])
keep = sys.argv[sys.argv.index("--keep") + 1] if "--keep" in sys.argv else None

checks = 0
failed = 0
telling = threading.Lock()


def check(good, name, detail=""):
    global checks, failed
    with telling:
        checks += 1
        failed += not good
        print(f"{'ok' if good else 'not ok'} {checks} - {name}", flush=True)
        if not good and detail != "":
            print("#   " + str(detail).replace("\n", "\n#   "), flush=True)
    return good


def note(text):
    with telling:
        print("# " + text, flush=True)


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


class Display:
    """An X server in memory, on a number it chooses itself."""

    def __init__(self, size="1280x720"):
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", size + "x24", "-nolisten", "tcp", "-noreset"],
            pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        if not number:
            skip("Xvfb does not start here")
        self.name = ":" + number

    def close(self):
        self.server.terminate()
        self.server.wait()


class Window:
    """The program with a window open, and hands on its mouse and keys."""

    language = "C.UTF-8"

    def __init__(self, display, home, *words, extra=None):
        self.report = os.path.join(home, f"report-{time.monotonic_ns()}.jsonl")
        self.environment = dict(os.environ, DISPLAY=display.name, HOME=home)
        self.environment["XDG_CONFIG_HOME"] = os.path.join(home, "config")
        self.environment["XDG_DATA_HOME"] = os.path.join(home, "data")
        self.environment["LC_ALL"] = self.language
        self.environment.pop("SDL_VIDEODRIVER", None)
        self.environment.pop("WAYLAND_DISPLAY", None)
        self.environment.update(extra or {})
        self.spawned = time.monotonic()
        size = [] if "--size" in words else ["--size", "1280x720"]
        self.process = subprocess.Popen([program, "open", *words, "--report", self.report, *size],
                                        cwd=home, env=self.environment, stderr=subprocess.PIPE, text=True)
        self.wait(lambda state: True)

    def state(self):
        try:
            with open(self.report, "rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - 60000))
                lines = file.read().decode("utf-8", "replace").split("\n")
        except OSError:
            return None
        for line in reversed(lines[:-1]):  # what follows the last newline is still being written
            try:
                return json.loads(line)
            except ValueError:
                continue
        return None

    def wait(self, wanted, patience=PATIENCE):
        """The first state that is `wanted`, or the last one when patience ends."""
        end = time.monotonic() + patience
        while time.monotonic() < end and self.process.poll() is None:
            state = self.state()
            if state is not None and wanted(state):
                return state
            time.sleep(0.03)
        return self.state() or {}

    def settled(self):
        """The state once nothing has changed for a while."""
        before, since = None, time.monotonic()
        end = since + PATIENCE
        while time.monotonic() < end:
            state = self.state()
            line = state and state["line"]
            if line != before:
                before, since = line, time.monotonic()
            elif time.monotonic() - since > 0.6:
                return state
            time.sleep(0.05)
        return self.state() or {}

    def xdotool(self, *words):
        subprocess.run(["xdotool", *map(str, words)], env=self.environment, check=True)

    def move(self, x, y):
        self.xdotool("mousemove", round(x), round(y))
        time.sleep(0.1)

    def click(self, x, y, button=1):
        self.move(x, y)
        self.xdotool("click", button)

    def middle(self, widget):
        x, y, width, height = self.state()["widgets"][widget]
        return x + width / 2, y + height / 2

    def press(self, widget):
        self.click(*self.middle(widget))

    def drag(self, x0, y0, x1, y1):
        self.move(x0, y0)
        self.xdotool("mousedown", 1)
        time.sleep(0.15)
        for share in (0.25, 0.5, 0.75, 1):
            self.move(x0 + share * (x1 - x0), y0 + share * (y1 - y0))
        time.sleep(0.15)
        self.xdotool("mouseup", 1)

    def key(self, *keys):
        self.xdotool("key", *keys)

    def type(self, text):
        self.xdotool("type", "--delay", 30, text)

    def number(self):
        """The X server's number of the window, by which it is moved, resized and hidden."""
        return subprocess.run(["xdotool", "search", "--class", "saddlescope"], env=self.environment,
                              capture_output=True, text=True, check=True).stdout.split()[0]

    def picture(self, name):
        if keep and shutil.which("import"):
            os.makedirs(keep, exist_ok=True)
            time.sleep(0.3)
            subprocess.run(["import", "-window", "root", os.path.join(keep, name + ".png")], env=self.environment)

    def seconds_used(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def used_at_rest(self):
        """The share of a processor it uses with nothing under the mouse and nothing left to do, notices gone."""
        x, y, _, _ = self.state()["widgets"]["panel.top"]
        self.move(x + 300, y + 5)
        self.wait(lambda s: not s["playing"] and not s["busy"])
        self.settled()
        time.sleep(7)
        before, since = self.seconds_used(), time.monotonic()
        time.sleep(2)
        return (self.seconds_used() - before) / (time.monotonic() - since)

    def close(self):
        self.key("ctrl+q")
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return self.process.returncode


def settings_of(home):
    """The file in which a person's window keeps its settings."""
    return os.path.join(home, "config", "saddlescope", "settings.yaml")


def stand_in(home, name, script):
    """Puts a program of ours before the desktop's."""
    tools = os.path.join(home, "tools")
    os.makedirs(tools, exist_ok=True)
    path = os.path.join(tools, name)
    with open(path, "w") as file:
        file.write(script)
    os.chmod(path, 0o755)
    if tools not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = tools + os.pathsep + os.environ["PATH"]


def leave_leaks():
    """Leaks are others' to find: here most are those of drivers that are unloaded, and so cannot be named, by the end."""
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0:" + os.environ.get("ASAN_OPTIONS", "")


def plan():
    """Closes the TAP output; the exit status."""
    print(f"1..{checks}")
    return 1 if failed else 0


def needs(*tools):
    for tool in tools:
        if not shutil.which(tool):
            skip(f"{tool} is not installed")


@contextlib.contextmanager
def stage(size="1280x720"):
    """A display and a folder that is a person's home; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="saddlescope-test-", ignore_cleanup_errors=True) as home:
        display = Display(size)
        try:
            yield display, home
        finally:
            display.close()


def drive(main, *tools):
    """A whole test: main(display, home) on a stage, if these tools are here too; ends with its status."""
    needs("Xvfb", "xdotool", *tools)
    with stage() as (display, home):
        main(display, home)
    sys.exit(plan())
