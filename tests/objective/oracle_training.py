#!/usr/bin/python3
"""Writes training_digits.bin: where PyTorch's optimizers take a 64-32-10 tanh network on the handwritten digits.

All 1,797 digits in scikit-learn's order, pixels / 16, cross entropy, full batch, float64, 50 steps from one start.

Format (little-endian): 4 bytes "SLT1"; three uint32: n = 2410, runs = 13, steps = 50; then float64: the start (n); and
for each run in the order of RUNS the loss before each step and after the last (steps + 1), and the parameters after the
last step (n). Parameters are in the order of the network's layout: 0.weight (32 × 64), 0.bias, 2.weight (10 × 32), 2.bias.
"""
import pathlib
import struct

import numpy as np
import torch
from sklearn.datasets import load_digits

STEPS = 50
RUNS = [  # PyTorch's defaults but for what is given
    ("sgd", lambda p: torch.optim.SGD(p, lr=0.1)),
    ("momentum", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
    ("nesterov", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True)),
    ("adagrad", lambda p: torch.optim.Adagrad(p)),
    ("rmsprop", lambda p: torch.optim.RMSprop(p)),
    ("adam", lambda p: torch.optim.Adam(p)),
    ("adamw", lambda p: torch.optim.AdamW(p)),
    ("adadelta", lambda p: torch.optim.Adadelta(p)),
    ("adamax", lambda p: torch.optim.Adamax(p)),
    ("nadam", lambda p: torch.optim.NAdam(p, foreach=True)),  # 1.13's single-tensor form has a wrong product
    ("radam", lambda p: torch.optim.RAdam(p)),
    ("rprop", lambda p: torch.optim.Rprop(p, lr=1e-3, step_sizes=(1e-6, 0.01))),  # longer steps magnify rounding
    ("asgd", lambda p: torch.optim.ASGD(p)),
]


def flat(network):
    return np.concatenate([p.detach().numpy().ravel() for p in network.parameters()])


def train(make, digits, labels):
    torch.manual_seed(5)
    torch.set_default_dtype(torch.float32)  # what the start was drawn in
    network = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.Tanh(), torch.nn.Linear(32, 10)).double()
    start = flat(network)
    torch.set_default_dtype(torch.float64)  # for the 0-d tensors that ASGD and NAdam keep
    optimizer = make(network.parameters())
    losses = []
    for step in range(STEPS + 1):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(digits), labels)
        losses.append(loss.item())
        if step < STEPS:
            loss.backward()
            optimizer.step()
    return start, np.array(losses), flat(network)


torch.set_num_threads(1)
data = load_digits()
digits, labels = torch.tensor(data.data / 16, dtype=torch.float64), torch.tensor(data.target)
runs = [train(make, digits, labels) for _, make in RUNS]
start = runs[0][0]
with open(pathlib.Path(__file__).with_name("training_digits.bin"), "wb") as out:
    out.write(b"SLT1" + struct.pack("<III", start.size, len(runs), STEPS))
    out.write(start.astype("<f8").tobytes())
    for (name, _), (_, losses, end) in zip(RUNS, runs):
        out.write(losses.astype("<f8").tobytes() + end.astype("<f8").tobytes())
        print(f"{name}: {losses[0]:.6f} → {losses[-1]:.6f}")
