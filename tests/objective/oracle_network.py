#!/usr/bin/python3
"""Writes network_small.bin and network_digits.bin: losses, gradients, Hessians and Hessian-vector products by PyTorch.

Both are flat streams of little-endian float64; whole numbers are stored as such.

network_small.bin: the number of cases, then for each case
    activation (0 tanh, 1 relu, 2 sigmoid, 3 identity), loss (0 cross entropy, 1 MSE), targets (0: classes),
    samples, widths (their number, then each), batch (size),
    x (samples × features), labels (samples) or y (samples × outputs), theta (n), indices (batch), v (2 × n),
    on all samples: loss, gradient (n), Hessian (n × n); on the batch: loss, gradient (n), Hessian · v (2 × n).
network_digits.bin: a 64-32-10 network on all digits, pixels / 16:
    theta (n), v (2 × n), and for each activation and each loss: loss, accuracy, gradient (n), Hessian · v (2 × n).
"""
import pathlib

import numpy as np
import torch
from sklearn.datasets import load_digits

ACTIVATIONS = [torch.tanh, torch.relu, torch.sigmoid, lambda z: z]


def outputs(theta, widths, activation, x):
    at = 0
    for layer, (fan_in, fan_out) in enumerate(zip(widths, widths[1:])):
        weight = theta[at:at + fan_in * fan_out].reshape(fan_out, fan_in)
        at += fan_in * fan_out
        x = torch.nn.functional.linear(x, weight, theta[at:at + fan_out])
        at += fan_out
        if layer + 2 < len(widths):
            x = ACTIVATIONS[activation](x)
    return x


def loss_of(theta, widths, activation, loss, x, y):
    z = outputs(theta, widths, activation, x)
    if loss == 0:
        return torch.nn.functional.cross_entropy(z, y)
    if y.dtype == torch.int64:
        y = torch.nn.functional.one_hot(y, widths[-1]).double()
    return torch.nn.functional.mse_loss(z, y)


def value_and_gradient(function, theta):
    theta = theta.clone().requires_grad_()
    value = function(theta)
    return value.item(), torch.autograd.grad(value, theta)[0].numpy()


def products(function, theta, directions):
    theta = theta.clone().requires_grad_()
    gradient = torch.autograd.grad(function(theta), theta, create_graph=True)[0]
    return [torch.autograd.grad(gradient, theta, v, retain_graph=True)[0].numpy() for v in directions]


def count(widths):
    return sum((a + 1) * b for a, b in zip(widths, widths[1:]))


def small(rng):
    samples, batch = 19, 7
    cases = []
    for activation in range(4):
        for loss, targets in [(0, 0), (1, 0), (1, 1)]:
            for widths in [[2, 3], [3, 5, 2], [2, 4, 3, 3]]:
                n = count(widths)
                x = torch.tensor(rng.normal(size=(samples, widths[0])))
                y = rng.normal(size=(samples, widths[-1])) if targets else rng.integers(0, widths[-1], samples)
                y = torch.tensor(y)
                theta = torch.tensor(rng.normal(size=n) * 0.8)
                indices = rng.integers(0, samples, batch)
                v = torch.tensor(rng.normal(size=(2, n)))
                whole = lambda t: loss_of(t, widths, activation, loss, x, y)
                part = lambda t: loss_of(t, widths, activation, loss, x[indices], y[indices])
                hessian = np.array(products(whole, theta, torch.eye(n, dtype=torch.float64)))
                assert np.abs(hessian - hessian.T).max() < 1e-13
                cases += [[activation, loss, targets, samples, len(widths), *widths, batch], x, y, theta, indices, v,
                          *value_and_gradient(whole, theta), hessian, *value_and_gradient(part, theta),
                          *products(part, theta, v)]
    return [4 * 3 * 3] + cases


def digits(rng):
    data, widths = load_digits(), [64, 32, 10]
    x, y = torch.tensor(data.data / 16), torch.tensor(data.target)
    n = count(widths)
    theta, v = torch.tensor(rng.normal(size=n) * 0.3), torch.tensor(rng.normal(size=(2, n)))
    parts = [theta, v]
    for activation in range(4):
        for loss in range(2):
            whole = lambda t: loss_of(t, widths, activation, loss, x, y)
            accuracy = (outputs(theta, widths, activation, x).argmax(1) == y).double().mean().item()
            value, gradient = value_and_gradient(whole, theta)
            parts += [value, accuracy, gradient, *products(whole, theta, v)]
            print(f"digits: activation {activation}, loss {loss}: {value:.6f}, accuracy {accuracy:.3f}")
    return parts


torch.set_num_threads(1)
for name, parts in [("small", small(np.random.default_rng(1))), ("digits", digits(np.random.default_rng(2)))]:
    stream = np.concatenate([np.asarray(part, dtype="<f8").ravel() for part in parts])
    pathlib.Path(__file__).with_name(f"network_{name}.bin").write_bytes(stream.tobytes())
