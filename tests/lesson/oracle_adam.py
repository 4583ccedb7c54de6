#!/usr/bin/env python3
"""Where PyTorch's Adam ends on the three surfaces of assets/lessons/adaptive.yaml (its last step's claims).

Needs torch. Prints each end point to the last digit; nothing here shares code with the program.
"""
import torch

torch.set_default_dtype(torch.float64)

SURFACES = {
    "bowl": (lambda w: (w[0] ** 2 + 200 * w[1] ** 2) / 2, (-5, 1.6), 0.15, 300),
    "ravine": (lambda w: 10 * (w[1] - 0.5 * torch.sin(2 * w[0])) ** 2 + 0.2 * (w[0] - 2) ** 2, (-2.6, 1.4), 0.08, 400),
    "cliff": (
        lambda w: 2 * torch.sigmoid(-6 * w[0]) + 0.01 * (w[0] - 3) ** 2 + 0.03 * w[1] ** 2, (-2.6, 2), 0.05, 300),
}

for name, (loss, start, rate, steps) in SURFACES.items():
    w = torch.tensor(start, requires_grad=True)
    adam = torch.optim.Adam([w], lr=rate)
    for _ in range(steps):
        adam.zero_grad()
        loss(w).backward()
        adam.step()
    print(name, *("%.17g" % x for x in w.tolist()))
