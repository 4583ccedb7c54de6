#!/usr/bin/env python3
"""Writes plateau.txt: what torch.optim.lr_scheduler.ReduceLROnPlateau makes of a run's losses.

    python3 tests/optimize/oracle_plateau.py

One run a line: our options, "=", then loss and factor of every update in turn. PyTorch's loop is optimizer.step() with
the rate as it is, then scheduler.step(loss); a warm-up goes before it, whose losses it does not see.
"""
import math
import pathlib

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

CASES = [
    {},
    {"patience": 3},
    {"patience": 2, "factor": 0.5, "cooldown": 4},
    {"patience": 0, "factor": 0.3, "threshold": 0.05, "min_lr": 0.004},
    {"patience": 1, "factor": 0.6, "threshold": 0.02, "threshold_mode": "abs", "eps": 1e-3},
    {"patience": 4, "factor": 0.2, "warmup": 7, "lr": 1.0},
    {"patience": 1, "threshold": 0.3, "cooldown": 2, "warmup": 3, "min_lr": 1e-5, "eps": 1e-6},
]


def losses(seed, count=120):
    """Falls, rests, jitters and jumps."""
    for t in range(count):
        yield 0.3 + 2 * math.exp(-t / 9) * (t < 70) + 0.04 * math.sin(seed + 2.3 * t) - 0.1 * (t > 80)


def run(seed, warmup=0, lr=0.1, **options):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = ReduceLROnPlateau(optimizer, **options)
    for t, loss in enumerate(losses(seed)):
        if t < warmup:
            yield loss, (t + 1) / warmup
        else:
            yield loss, optimizer.param_groups[0]["lr"] / lr
            scheduler.step(loss)


def main():
    lines = []
    for seed, options in enumerate(CASES):
        words = [f"{k}={v}" for k, v in {"lr": 0.1, **options}.items()]
        pairs = [f"{loss!r} {factor!r}" for loss, factor in run(seed, **options)]
        assert len({pair.split()[1] for pair in pairs}) > 1, options
        lines.append(" ".join(["plateau", *words, "=", *pairs]))
    pathlib.Path(__file__).with_name("plateau.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
