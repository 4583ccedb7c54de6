"""What `bench --window` measures in the window itself: each part answers every input. How fast is for bench to say.

    test_bench.py SADDLESCOPE
"""

import json
import os
import subprocess

from window_driver import check, drive, note, program


def main(display, home):
    environment = dict(os.environ, DISPLAY=display.name, HOME=home, XDG_CONFIG_HOME=home + "/config", TMPDIR=home)
    done = subprocess.run([program, "bench", "--window", "--inputs", "12", "--json"], env=environment,
                          capture_output=True, text=True, timeout=240)
    check(done.returncode == 0, "it measures", done.stderr)
    parts = json.loads(done.stdout)["window"] if done.returncode == 0 else []
    check([part["inputs"] for part in parts] == [12, 12, 10], "every input of three parts was answered", parts)
    check(all(0 < part["median_seconds"] <= part["p99_seconds"] <= part["slowest_seconds"] for part in parts),
          "each part has its times", parts)
    check(parts and parts[0]["busy_share"] > 0.5, "a surface was refining", parts)
    for part in parts:
        note(f"{part['what']}: median {1e3 * part['median_seconds']:.1f} ms")
    check(not os.path.exists(home + "/config/saddlescope"), "and leaves a person's settings alone")
    check(not [name for name in os.listdir(home) if name.endswith(".saddle")], "and no recording")
    environment.pop("DISPLAY")
    environment.pop("WAYLAND_DISPLAY", None)
    done = subprocess.run([program, "bench", "--window", "--inputs", "1"], env=environment, capture_output=True,
                          text=True, timeout=60)
    check(done.returncode == 0 and "no display" in done.stdout, "without a display it says so", done.stdout)


drive(main)
