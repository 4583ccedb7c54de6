#!/usr/bin/env python3
"""Principal components by NumPy's SVD, a small network's Hessian by PyTorch.

Writes planes.txt, network.csv and network.txt.
"""
import os

import numpy
import torch

here = os.path.dirname(os.path.abspath(__file__))


def points(count, n):  # test_plane.c makes the same
    i, j = numpy.meshgrid(numpy.arange(count), numpy.arange(n), indexing="ij")
    return numpy.sin(1 + 1.3 * i + 0.7 * i * j) * (1 + j) + 0.1 * i * j


with open(os.path.join(here, "planes.txt"), "w") as out:
    for count, n, around_last in ((6, 16, False), (40, 5, False), (6, 16, True)):
        p = points(count, n)
        centre = p[-1] if around_last else p.mean(axis=0)
        _, s, vt = numpy.linalg.svd(p - centre, full_matrices=False)
        share = s**2 / (s**2).sum()
        values = [share[0], share[1]]
        for v in vt[:2]:
            values += list(v * numpy.sign(v[numpy.abs(v).argmax()]))
        out.write(f"{count} {n} {int(around_last)} " + " ".join(repr(float(v)) for v in values) + "\n")

torch.set_default_dtype(torch.float64)
rng = numpy.random.default_rng(7)
x = rng.normal(size=(30, 2)).round(6)
label = ((x[:, 0] > 0).astype(int) + (x[:, 1] > 0.3)).astype(int)
with open(os.path.join(here, "network.csv"), "w") as out:
    out.write("a,b,label\n" + "".join(f"{p[0]!r},{p[1]!r},{c}\n" for p, c in zip(x.tolist(), label)))
shapes = [(4, 2), (4,), (3, 4), (3,)]
sizes = [int(numpy.prod(s)) for s in shapes]
theta = torch.tensor(rng.normal(scale=0.7, size=sum(sizes)).round(6))
inputs, targets = torch.tensor(x), torch.tensor(label)


def loss(t):
    w1, b1, w2, b2 = (part.reshape(s) for part, s in zip(torch.split(t, sizes), shapes))
    return torch.nn.functional.cross_entropy(torch.tanh(inputs @ w1.T + b1) @ w2.T + b2, targets)


gradient = torch.autograd.functional.jacobian(loss, theta)
hessian = torch.autograd.functional.hessian(loss, theta)
values = torch.linalg.eigvalsh(hessian)
with open(os.path.join(here, "network.txt"), "w") as out:
    out.write(f"{len(theta)} {loss(theta).item()!r} {gradient.norm().item()!r}\n")
    out.write(" ".join(repr(v) for v in theta.tolist()) + "\n" + " ".join(repr(v) for v in values.tolist()) + "\n")
