#!/usr/bin/python3
"""Writes descent_norm.bin: PyTorch's training of a batch-norm network by mini-batches, with data held back.

A 4-8-6-3 tanh network, batch norm before each activation, cross entropy, SGD with momentum 0.9 at 0.1, float64, batches of
16 out of 40 samples in a new order every epoch. The orders are those of seed 11: xoshiro256** (Blackman & Vigna 2018)
seeded through splitmix64, and Fisher-Yates, written out below.

At each point: loss and gradient on the batch in train mode, which moves the running averages; the loss on all training
samples with their own statistics; validation and test losses in eval mode. Then the step.

Format (little-endian): 4 bytes "SLT2"; six uint32: features, classes, training, validation and test samples, steps; for
each of the three sets x (float64, samples × features) and labels (int32); uint32 n and the start (n); for each point
(steps + 1 of them) batch loss, loss, validation loss, test loss; the last parameters (n); uint32 count, and the running
averages after the last point: for each norm means, then variances.
"""
import copy
import pathlib
import struct

import numpy as np
import torch

FEATURES, CLASSES, SAMPLES, STEPS, BATCH, SEED = 4, 3, (40, 12, 20), 30, 16, 11
MASK = (1 << 64) - 1


def splitmix(state):
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def xoshiro(seed, stream):
    source = splitmix(seed ^ next(splitmix(stream)))
    s = [next(source) for _ in range(4)]
    rotate = lambda x, k: ((x << k) | (x >> (64 - k))) & MASK
    while True:
        yield (rotate((s[1] * 5) & MASK, 7) * 9) & MASK
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 45)


def batches():
    numbers, order = xoshiro(SEED, int.from_bytes(b"batch", "big")), list(range(SAMPLES[0]))
    while True:
        for i in range(len(order), 1, -1):
            limit = MASK - MASK % i
            draw = next(n for n in numbers if n < limit) % i
            order[i - 1], order[draw] = order[draw], order[i - 1]
        for first in range(0, len(order), BATCH):
            yield order[first : first + BATCH]


def make_set(random, samples, noise):
    labels = random.integers(0, CLASSES, samples)
    centres = np.array([[1, 0, -1, 0.5], [-1, 1, 0, 0], [0, -1, 1, -0.5]])
    return centres[labels] + noise * random.standard_normal((samples, FEATURES)), labels.astype("<i4")


def flat(network):
    return np.concatenate([p.detach().numpy().ravel() for p in network.parameters()])


torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
torch.manual_seed(3)
random = np.random.default_rng(17)
sets = [make_set(random, samples, noise) for samples, noise in zip(SAMPLES, (0.7, 0.7, 1.1))]
tensors = [(torch.tensor(x), torch.tensor(labels, dtype=torch.long)) for x, labels in sets]
network = torch.nn.Sequential(
    torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Tanh(),
    torch.nn.Linear(8, 6), torch.nn.BatchNorm1d(6), torch.nn.Tanh(), torch.nn.Linear(6, 3))
entropy = torch.nn.functional.cross_entropy
start, points = flat(network), []
optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
x, labels = tensors[0]
for step, batch in zip(range(STEPS + 1), batches()):
    network.train()
    optimizer.zero_grad()
    loss = entropy(network(x[batch]), labels[batch])
    loss.backward()
    whole = entropy(copy.deepcopy(network)(x), labels)
    network.eval()
    held = [entropy(network(a), b) for a, b in tensors[1:]]
    points.append([value.item() for value in (loss, whole, *held)])
    if step < STEPS:
        optimizer.step()
averages = np.concatenate([np.concatenate([layer.running_mean.numpy(), layer.running_var.numpy()])
                           for layer in network if isinstance(layer, torch.nn.BatchNorm1d)])
with open(pathlib.Path(__file__).with_name("descent_norm.bin"), "wb") as out:
    out.write(b"SLT2" + struct.pack("<6I", FEATURES, CLASSES, *SAMPLES, STEPS))
    for x, labels in sets:
        out.write(x.astype("<f8").tobytes() + labels.tobytes())
    out.write(struct.pack("<I", start.size) + start.astype("<f8").tobytes())
    out.write(np.array(points).astype("<f8").tobytes() + flat(network).astype("<f8").tobytes())
    out.write(struct.pack("<I", averages.size) + averages.astype("<f8").tobytes())
print("batch, all, validation, test:", points[0], "→", points[-1])
