#!/usr/bin/python3
"""Writes network_layers.bin: losses, gradients and Hessian-vector products of every layer and loss by PyTorch.

The models are nn.Sequential ones; their parameters come in the order of named_parameters(), the layout's. A flat stream
of little-endian float64: the number of cases, then for each case
    loss (0 cross entropy, 1 MSE, 2 BCE, 3 Huber), targets (0: classes), samples, features, outputs, classes or 0,
    the network: activation, norm, then the number of blocks and for each: kind, size, activation or −1, norm or −1;
        input (channels, height, width), all numbered as in objective.h,
    n, the number of statistics,
    x (samples × features), labels (samples) or y (samples × outputs), theta (n), v (n),
    loss, gradient (n), Hessian · v (n), Gauss–Newton matrix · v (n) on all samples in training mode without dropout,
    with statistics also: those after two training passes, then the same four in evaluation mode.
"""
import pathlib

import numpy as np
import torch
from torch import nn

DENSE, CONV, POOL, FLATTEN, DROPOUT, BEGIN, END = range(7)
NONE, BATCH, LAYER, GROUP, INSTANCE, WEIGHT, SPECTRAL = range(7)


class Sine(nn.Module):
    def forward(self, x):
        return torch.sin(x)


class Spectral(nn.Module):
    """W / σ with the exact σ, twice differentiable; what torch.nn.utils.spectral_norm's power iteration tends to."""

    def __init__(self, inner):
        super().__init__()
        self.bias = nn.Parameter(inner.bias.detach())
        self.weight_orig = nn.Parameter(inner.weight.detach())
        self.convolution = isinstance(inner, nn.Conv2d)

    def forward(self, x):
        matrix = self.weight_orig.flatten(1)
        weight = self.weight_orig / torch.linalg.svdvals(matrix)[0]
        if self.convolution:
            return nn.functional.conv2d(x, weight, self.bias, padding=1)
        return nn.functional.linear(x, weight, self.bias)


class Weight(nn.Module):
    """torch.nn.utils.weight_norm in elementary steps: version 1.13's own second derivatives are off by percents (finite
    differences tell), its values and gradients are the same."""

    def __init__(self, inner):
        super().__init__()
        self.bias = nn.Parameter(inner.bias.detach())
        self.weight_g = nn.Parameter(inner.weight_g.detach())
        self.weight_v = nn.Parameter(inner.weight_v.detach())
        self.convolution = isinstance(inner, nn.Conv2d)
        self.inner = [inner]

    def forward(self, x):
        v = self.weight_v
        weight = self.weight_g * v / v.flatten(1).norm(dim=1).reshape(self.weight_g.shape)
        if self.convolution:
            return nn.functional.conv2d(x, weight, self.bias, padding=1)
        return nn.functional.linear(x, weight, self.bias)

    def check(self, x):
        inner = self.inner[0]
        for own, mine in [(inner.bias, self.bias), (inner.weight_g, self.weight_g), (inner.weight_v, self.weight_v)]:
            own.data.copy_(mine.data)
        own = torch.autograd.grad((inner(x) ** 2).sum(), [inner.bias, inner.weight_g, inner.weight_v])
        mine = torch.autograd.grad((self(x) ** 2).sum(), [self.bias, self.weight_g, self.weight_v])
        assert all(torch.allclose(a, b, rtol=1e-12, atol=1e-12) for a, b in zip(own, mine))


class Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


ACTIVATIONS = [nn.Tanh, nn.ReLU, nn.Sigmoid, nn.Identity, nn.LeakyReLU, nn.GELU, nn.Softplus, Sine]
LOSSES = [nn.CrossEntropyLoss(), nn.MSELoss(), nn.BCEWithLogitsLoss(), nn.HuberLoss()]


def group_count(channels):
    return 4 if channels % 4 == 0 else 2 if channels % 2 == 0 else 1


def make_norm(kind, shape):
    channels, height, width = shape
    image = height * width > 1
    if kind == BATCH:
        return nn.BatchNorm2d(channels) if image else nn.BatchNorm1d(channels)
    if kind == LAYER:
        return nn.LayerNorm(list(shape) if image else channels)
    if kind == GROUP:
        return nn.GroupNorm(group_count(channels), channels)
    return nn.InstanceNorm2d(channels)


def make_affine(block, shape, norm):
    kind, size = block[:2]
    layer = nn.Conv2d(shape[0], size, 3, padding=1) if kind == CONV else nn.Linear(int(np.prod(shape)), size)
    layer = layer.double()
    if norm == WEIGHT:
        normed = Weight(nn.utils.weight_norm(layer))
        shaped = (2, shape[0], shape[1], shape[2]) if kind == CONV else (2, int(np.prod(shape)))
        normed.check(torch.linspace(-1, 1, int(np.prod(shaped)), dtype=torch.float64).reshape(shaped))
        return normed
    return Spectral(layer) if norm == SPECTRAL else layer


def build(blocks, activation, norm, input):
    shape, stack, owed = input, [[]], None
    affine = [i for i, b in enumerate(blocks) if b[0] in (DENSE, CONV)]
    for i, block in enumerate(blocks):
        kind, size = block[:2]
        if kind == BEGIN:
            stack.append([])
        elif kind == END:
            inner = stack.pop()
            stack[-1] += [Residual(*inner), ACTIVATIONS[owed]()]
        elif kind == POOL:
            stack[-1].append(nn.AvgPool2d(size))
            shape = (shape[0], shape[1] // size, shape[2] // size)
        elif kind == FLATTEN:
            stack[-1].append(nn.Flatten())
            shape = (int(np.prod(shape)), 1, 1)
        elif kind == DROPOUT:
            stack[-1].append(nn.Dropout(0))
        else:
            last = i == affine[-1]
            own_activation = block[2] if block[2] >= 0 else activation
            own_norm = block[3] if block[3] >= 0 else NONE if last else norm
            if kind == DENSE and shape[1] * shape[2] > 1:
                stack[-1].append(nn.Flatten())
            stack[-1].append(make_affine(block, shape, own_norm))
            shape = (size, shape[1], shape[2]) if kind == CONV else (size, 1, 1)
            if own_norm in (BATCH, LAYER, GROUP, INSTANCE):
                stack[-1].append(make_norm(own_norm, shape).double())
            end = next((b[0] for b in blocks[i + 1:] if b[0] in (DENSE, CONV, END)), None)
            if len(stack) > 1 and end == END:
                owed = own_activation
            elif not last or block[2] >= 0:
                stack[-1].append(ACTIVATIONS[own_activation]())
    return nn.Sequential(*stack[0])


def derivatives(model, loss, x, y, v):
    parameters = list(model.parameters())
    z = model(x)
    value = loss(z, y)
    gradient = torch.autograd.grad(value, parameters, create_graph=True)
    gauss_newton = multiply(parameters, loss, z, y, v)
    flat = torch.cat([g.flatten() for g in gradient])
    product = torch.autograd.grad(flat @ v, parameters, allow_unused=True)
    product = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, product)]
    return [value.item(), flat.detach().numpy(), torch.cat([g.flatten() for g in product]).numpy(),
            gauss_newton]


def multiply(parameters, loss, z, y, v):
    """Jᵀ H J v, the Jacobian of all outputs written out row by row, H the loss's whole Hessian by the outputs."""
    rows = [torch.autograd.grad(out, parameters, retain_graph=True) for out in z.flatten()]
    jacobian = torch.stack([torch.cat([g.flatten() for g in row]) for row in rows])
    hessian = torch.autograd.functional.hessian(lambda out: loss(out.reshape(z.shape), y), z.detach().flatten())
    return (jacobian.T @ (hessian @ (jacobian @ v))).numpy()


def case(rng, blocks, activation=0, norm=NONE, loss=0, targets=False, input=(3, 1, 1), samples=7, classes=3):
    outputs = [b[1] for b in blocks if b[0] in (DENSE, CONV)][-1]
    torch.manual_seed(int(rng.integers(1 << 30)))
    model = build(blocks, activation, norm, input)
    for p in model.parameters():
        p.data += 0.3 * torch.tensor(rng.normal(size=p.shape))
    features = int(np.prod(input))
    x = torch.tensor(rng.normal(size=(samples, features)))
    if targets:
        y = torch.tensor(rng.uniform(size=(samples, outputs)) * (1 if loss == 2 else 3))
        wanted = y
    else:
        y = torch.tensor(rng.integers(0, classes, samples))
        wanted = y if loss == 0 else y[:, None].double() if outputs == 1 else nn.functional.one_hot(y, outputs).double()
    shaped = x.reshape(samples, *input) if input[1] * input[2] > 1 else x
    theta = torch.cat([p.detach().flatten() for p in model.parameters()])
    v = torch.tensor(rng.normal(size=len(theta)))
    model.train()
    running = [m for m in model.modules() if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d))]
    parts = [loss, targets, samples, features, outputs, 0 if targets else classes, activation, norm, len(blocks)]
    for block in blocks:
        parts += list(block)
    parts += [*input, len(theta), sum(2 * m.num_features for m in running), x, y, theta, v]
    parts += derivatives(model, LOSSES[loss], shaped, wanted, v)
    if running:
        model(shaped)
        parts += [np.concatenate([m.running_mean.numpy(), m.running_var.numpy()]) for m in running]
        model.eval()
        parts += derivatives(model, LOSSES[loss], shaped, wanted, v)
    return parts


def dense(size, activation=-1, norm=-1):
    return (DENSE, size, activation, norm)


def conv(size, activation=-1, norm=-1):
    return (CONV, size, activation, norm)


BEGINS, ENDS, FLAT = (BEGIN, 0, -1, -1), (END, 0, -1, -1), (FLATTEN, 0, -1, -1)
POOLS = (POOL, 2, -1, -1)


def main():
    rng, cases = np.random.default_rng(7), []
    add = lambda *a, **k: cases.append(case(rng, *a, **k))
    plain = [dense(4), dense(6), dense(3)]
    image = [conv(4), POOLS, dense(3)]
    for loss in range(4):
        for activation in range(8):
            add(plain, activation=activation, loss=loss)
        for norm in (BATCH, LAYER, GROUP, WEIGHT, SPECTRAL):
            add(plain, norm=norm, loss=loss)
        for norm in (NONE, BATCH, LAYER, GROUP, INSTANCE, WEIGHT, SPECTRAL):
            add(image, norm=norm, loss=loss, input=(2, 4, 5), samples=5)
        for norm in (NONE, BATCH, WEIGHT):
            add([dense(4), BEGINS, dense(5), dense(4), ENDS, BEGINS, dense(4), ENDS, dense(3)], norm=norm, loss=loss,
                activation=5)
        if loss:
            add(plain, loss=loss, targets=True, activation=7)
    for norm in range(7):  # norms beside each other, skips over images, smooth activations
        add([conv(3), BEGINS, conv(2, 5), conv(3, 7), ENDS, POOLS, FLAT, dense(4, 6, WEIGHT), dense(3)], norm=norm,
            activation=0, input=(1, 4, 4), samples=4)
    add([dense(8, 0, SPECTRAL), dense(2, 7, SPECTRAL), dense(3, -1, SPECTRAL)])  # wide, tall and square, the last too
    add([dense(3, 0, BATCH), dense(3, 5, GROUP), dense(3, 6, LAYER), dense(3, 7, WEIGHT), dense(3)])
    add([BEGINS, dense(4), dense(3), ENDS, dense(3)], norm=BATCH)  # a skip from the data
    add([BEGINS, conv(2), conv(2), ENDS, dense(3)], norm=GROUP, input=(2, 3, 3))
    add([dense(5), dense(1)], loss=2, classes=2)  # two classes, one output
    parts = [len(cases)] + [part for c in cases for part in c]
    stream = np.concatenate([np.asarray(part, dtype="<f8").ravel() for part in parts])
    pathlib.Path(__file__).with_name("network_layers.bin").write_bytes(stream.tobytes())
    print(f"{len(cases)} cases, {8 * len(stream)} bytes")


torch.set_num_threads(1)
main()
