#!/usr/bin/env python3
"""Makes oracle_run.json: paths of PyTorch's optimizers (float64) on Beale and Rosenbrock, every 10th of 200 steps.

Needs PyTorch. Run from anywhere; independent of Saddlescope's own code."""
import json
import pathlib

import torch

STEPS = 200
FUNCTIONS = {
    "beale": (
        "(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2",
        lambda x, y: (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2,
        [1.0, 1.5],
    ),
    "rosenbrock": ("(1 - x)^2 + 100*(y - x^2)^2", lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2, [-1.2, 1.0]),
}
OPTIMIZERS = {
    "sgd": (torch.optim.SGD, {"lr": 1e-3}, {}),
    "momentum": (torch.optim.SGD, {"lr": 2e-4, "momentum": 0.9}, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"lr": 2e-4, "momentum": 0.9, "nesterov": True}, {"momentum": 0.9}),
    "adagrad": (torch.optim.Adagrad, {"lr": 0.1}, {}),
    "rmsprop": (torch.optim.RMSprop, {"lr": 0.01}, {}),
    "adam": (torch.optim.Adam, {"lr": 0.02}, {}),
    "adamw": (torch.optim.AdamW, {"lr": 0.02}, {}),
}


def path(function, start, kind, options):
    theta = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = kind([theta], **options)
    points = []
    for step in range(STEPS + 1):
        optimizer.zero_grad()
        loss = function(theta[0], theta[1])
        loss.backward()
        if step % 10 == 0:
            points.append([step, loss.item(), theta.grad.norm().item(), *theta.tolist()])
        optimizer.step()
    return points


result = []
for name, (formula, function, start) in FUNCTIONS.items():
    for optimizer, (kind, options, ours) in OPTIMIZERS.items():
        result.append({
            "function": name, "formula": formula, "start": start, "optimizer": optimizer,
            "options": {"lr": options["lr"], **ours}, "path": path(function, start, kind, options),
        })
out = pathlib.Path(__file__).with_suffix(".json")
out.write_text("[\n" + ",\n".join(json.dumps(r) for r in result) + "\n]\n")
print(out, out.stat().st_size)
