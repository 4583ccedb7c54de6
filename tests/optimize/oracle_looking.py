#!/usr/bin/env python3
"""Writes what test_looking.c compares with: rules that ask for more than the gradient, and what goes around any rule.

    python3 tests/optimize/oracle_looking.py

looking.txt   one trajectory a line: our name, function, start, the evaluations asked for beyond one a step (-1: not
              compared), then the options that are not defaults; those of Lookahead and averages begin with @
looking.bin   for each line KEPT x 2 little-endian doubles: the parameters (with an average: that, or NaN where there is
              none yet) after update 1 ... 10 and then every twentieth of 200
training.txt, .bin  L-BFGS on the digits, from the start in ../objective/training_digits.bin: name, steps, evaluations,
              options; then the loss before each step and after the last, and the parameters after the last
"""
import pathlib
import struct

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel

import oracle_rules as rules
from oracle_optimizers import FUNCTIONS, STEPS

HERE = pathlib.Path(__file__).parent
KEPT = [*range(10), *range(19, STEPS, 20)]
RESIDUALS = {
    "beale": lambda x, y: (1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3),
    "rosenbrock": lambda x, y: (1 - x, 10 * (y - x**2)),
    "himmelblau": lambda x, y: (x**2 + y - 11, x + y**2 - 7),
}
LBFGS = [
    {"max_iter": 1, "lr": None},
    {"max_iter": 3, "lr": None, "history_size": 2},
    {"max_iter": 3, "lr": 0.5, "history_size": 2},
    {"max_iter": 2, "strong_wolfe": 1, "history_size": 2},
    {"max_iter": 4, "strong_wolfe": 1},
    {"strong_wolfe": 1},
    {"max_iter": 5, "max_eval": 3, "strong_wolfe": 1, "lr": 0.5},
]
RULES = [
    ("sam", rules.Sam, {"lr": "slow"}),
    ("sam", rules.Sam, {"lr": None, "rho": 0.2, "momentum": 0.6, "weight_decay": 0.02}),
    ("sam", rules.Sam, {"lr": "slow", "rho": 0.3, "adaptive": 1.0, "eta": 0.05}),
    ("newton", rules.Newton, {"lr": 0.45}),
    ("newton", rules.Newton, {"lr": 0.5, "damping": 0.7, "krylov": 2.0}),
    ("newton", rules.Newton, {"lr": 0.02, "damping": 0.1, "krylov": 1.0}),
    ("saddle_free", rules.SaddleFree, {"lr": 0.3}),
    ("saddle_free", rules.SaddleFree, {"lr": 0.5, "damping": 0.2, "krylov": 2.0}),
    ("saddle_free", rules.SaddleFree, {"lr": 0.02, "damping": 0.1, "krylov": 1.0}),
    ("gauss_newton", rules.GaussNewton, {"cg_tolerance": 0.0, "damping": 1.0}),
    ("gauss_newton", rules.GaussNewton, {"cg_tolerance": 0.0, "lr": 0.5, "damping": 3.0}),
    ("gauss_newton", rules.GaussNewton, {"cg_tolerance": 0.0, "lr": 0.1, "damping": 0.5, "adapt": 0.0}),
]
AROUND = [
    ("sgd", torch.optim.SGD, {"lr": None}, {"lookahead": 5, "alpha": 0.5}),
    ("adam", torch.optim.Adam, {"lr": 0.05}, {"lookahead": 7, "alpha": 0.8}),
    ("momentum", torch.optim.SGD, {"lr": None}, {"average": "ema", "decay": 0.9, "start": 0, "every": 1}),
    ("adam", torch.optim.Adam, {"lr": 0.02}, {"average": "swa", "start": 4, "every": 3}),
    ("sgd", torch.optim.SGD, {"lr": None},
     {"lookahead": 4, "alpha": 0.6, "average": "ema", "decay": 0.95, "start": 3, "every": 2}),
]


def lbfgs(theta, options):
    options = {k: int(v) if k in ("max_iter", "max_eval", "history_size") else v for k, v in options.items()}
    wolfe = options.pop("strong_wolfe", 0)
    return torch.optim.LBFGS([theta], line_search_fn="strong_wolfe" if wolfe else None, **options)


def lbfgs_path(function, start, options):
    theta, path = torch.tensor(start, requires_grad=True), []
    optimizer = lbfgs(theta, options)

    def closure():
        optimizer.zero_grad()
        loss = function(theta[0], theta[1])
        loss.backward()
        return loss

    for _ in range(STEPS):
        optimizer.step(closure)
        path.append(theta.detach().numpy().copy())
    return np.array(path), optimizer.state[theta]["func_evals"] - STEPS


def rule_path(name, start, rule, options):
    problem = rules.Problem(FUNCTIONS[name][0], RESIDUALS.get(name))
    optimizer, theta, path = rule(problem, **options), np.array(start), []
    for _ in range(STEPS):
        theta = optimizer.step(theta, problem.gradient(theta))
        path.append(theta)
    # How many products ours asks for depends on rounding where it stops as soon as nothing is left to find.
    counted = rule is not rules.GaussNewton and options.get("krylov", 0) <= 1
    return np.array(path), optimizer.evaluations if counted else -1


class Point(torch.nn.Module):
    def __init__(self, start):
        super().__init__()
        self.theta = torch.nn.Parameter(torch.tensor(start))


def around_path(function, start, make, options, around):
    point, path = Point(start), []
    optimizer = make([point.theta], foreach=False, **options)
    if "lookahead" in around:
        step = rules.Lookahead(optimizer, point.theta, around["lookahead"], around["alpha"]).step
    else:
        step = optimizer.step
    average, kind = None, around.get("average")
    for t in range(1, STEPS + 1):
        optimizer.zero_grad()
        function(point.theta[0], point.theta[1]).backward()
        step()
        if kind and t >= max(around["start"], 1) and (t - max(around["start"], 1)) % around["every"] == 0:
            if average is None:
                keep = around.get("decay")
                average = AveragedModel(point, avg_fn=(lambda a, p, _: keep * a + (1 - keep) * p) if keep else None)
            average.update_parameters(point)
        if kind:
            path.append(average.module.theta.detach().numpy().copy() if average else np.full(2, np.nan))
        else:
            path.append(point.theta.detach().numpy().copy())
    return np.array(path), 0


def cases():
    for name, (function, start, rate) in FUNCTIONS.items():
        def fill(options):
            return {k: {None: rate, "slow": rate / 8}.get(v, v) for k, v in options.items()}
        for options in LBFGS:
            yield "lbfgs", name, start, fill(options), {}, lambda s, o=fill(options): lbfgs_path(function, s, o)
        for ours, rule, options in RULES:
            if rule is not rules.GaussNewton or name in RESIDUALS:
                yield ours, name, start, fill(options), {}, lambda s, r=rule, o=fill(options): rule_path(name, s, r, o)
        for ours, make, options, around in AROUND:
            given = {**fill(options), **({"momentum": 0.9} if ours == "momentum" else {})}
            yield (ours, name, start, fill(options), around,
                   lambda s, m=make, o=given, a=around: around_path(function, s, m, o, a))


def digits_run(options, steps, nudge):
    from sklearn.datasets import load_digits
    data = load_digits()
    x, labels = torch.tensor(data.data / 16), torch.tensor(data.target)
    raw = (HERE / "../objective/training_digits.bin").read_bytes()
    n, _, _ = struct.unpack("<III", raw[4:16])
    theta = torch.tensor(np.frombuffer(raw[16:16 + 8 * n], "<f8").copy() * (1 + nudge), requires_grad=True)
    optimizer, losses = lbfgs(theta, options), []

    def closure():
        optimizer.zero_grad()
        hidden = torch.tanh(x @ theta[:2048].view(32, 64).T + theta[2048:2080])
        loss = torch.nn.functional.cross_entropy(hidden @ theta[2080:2400].view(10, 32).T + theta[2400:], labels)
        loss.backward()
        return loss

    for _ in range(steps):
        losses.append(optimizer.step(closure).item())
    evaluations = optimizer.state[theta]["func_evals"] - steps
    losses.append(closure().item())
    return np.array(losses), theta.detach().numpy(), evaluations


TRAININGS = [
    (50, {"max_iter": 1, "lr": 0.2}),
    (50, {"max_iter": 1, "strong_wolfe": 1}),
    (8, {"max_iter": 5, "lr": 0.1, "history_size": 4}),
    (8, {"max_iter": 5, "strong_wolfe": 1, "history_size": 4}),
]


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    lines, paths, chaotic = [], [], []
    for ours, function, start, options, around, walk in cases():
        path, evaluations = walk(start)
        beside, _ = walk((start[0] + 1e-15, start[1] - 1e-15))
        magnified = np.nanmax(abs(path - beside))
        words = [f"{k}={float(v)!r}" for k, v in options.items()] + [f"@{k}={v}" for k, v in around.items()]
        # Agreement to 1e-10 can only be asked of a path that does not itself magnify rounding.
        if not magnified < 5e-11:
            chaotic.append((ours, function, options, magnified))
            continue
        lines.append(" ".join([ours, function, *map(repr, start), str(evaluations), *words]))
        paths.append(path[KEPT])
    for left_out in chaotic:
        print("left out:", *left_out)
    (HERE / "looking.txt").write_text("\n".join(lines) + "\n")
    (HERE / "looking.bin").write_bytes(np.stack(paths).astype("<f8").tobytes())
    lines, out = [], b""
    for steps, options in TRAININGS:
        losses, theta, evaluations = digits_run(options, steps, 0)
        _, beside, _ = digits_run(options, steps, 1e-15)
        print("digits", options, losses[0], losses[-1], evaluations, "magnified", abs(theta - beside).max())
        lines.append(" ".join(["lbfgs", str(steps), str(evaluations), *(f"{k}={float(v)!r}" for k, v in options.items())]))
        out += losses.astype("<f8").tobytes() + theta.astype("<f8").tobytes()
    (HERE / "training.txt").write_text("\n".join(lines) + "\n")
    (HERE / "training.bin").write_bytes(out)


if __name__ == "__main__":
    main()
