#!/usr/bin/env python3
"""Both ends of the Hessian's spectrum and its trace for a network of 10,091 parameters: Hessian-vector products by PyTorch's
double backward, eigenvalues by scipy's eigsh, the trace from all unit vectors. Writes spectrum.txt. Takes a minute."""
import csv
import os

import numpy
import torch
from scipy.sparse.linalg import LinearOperator, eigsh

here = os.path.dirname(os.path.abspath(__file__))
torch.set_default_dtype(torch.float64)
with open(os.path.join(here, "network.csv")) as rows:
    table = list(csv.reader(rows))[1:]
inputs = torch.tensor([[float(r[0]), float(r[1])] for r in table])
targets = torch.tensor([int(r[2]) for r in table])
shapes = [(97, 2), (97,), (97, 97), (97,), (3, 97), (3,)]
sizes = [int(numpy.prod(s)) for s in shapes]
i = numpy.arange(sum(sizes))
theta = torch.tensor(0.3 * numpy.sin(1 + 0.7 * i + 0.3 * (i % 11)), requires_grad=True)  # test_spectrum.c makes the same


def loss(t):
    w1, b1, w2, b2, w3, b3 = (part.reshape(s) for part, s in zip(torch.split(t, sizes), shapes))
    return torch.nn.functional.cross_entropy(torch.tanh(torch.tanh(inputs @ w1.T + b1) @ w2.T + b2) @ w3.T + b3, targets)


value = loss(theta)
(gradient,) = torch.autograd.grad(value, theta, create_graph=True)


def product(v):
    (hv,) = torch.autograd.grad(gradient, theta, torch.as_tensor(v).reshape(-1), retain_graph=True)
    return hv.numpy()


n = len(theta)
operator = LinearOperator((n, n), matvec=product, dtype=float)
low = numpy.sort(eigsh(operator, k=5, which="SA", tol=1e-12, ncv=60)[0])
high = numpy.sort(eigsh(operator, k=5, which="LA", tol=1e-12, ncv=60)[0])
trace = 0.0
unit = numpy.zeros(n)
for k in range(n):
    unit[k] = 1
    trace += product(unit)[k]
    unit[k] = 0
with open(os.path.join(here, "spectrum.txt"), "w") as out:
    out.write(f"{n} {value.item()!r} {gradient.norm().item()!r} {float(trace)!r}\n")
    out.write(" ".join(repr(float(v)) for v in [*low, *high]) + "\n")
