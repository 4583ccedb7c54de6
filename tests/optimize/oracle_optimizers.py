#!/usr/bin/env python3
"""Writes what test_optimize.c compares with: PyTorch's own trajectories and schedules in float64.

    python3 tests/optimize/oracle_optimizers.py

optimizers.txt  one trajectory a line: our name, function, start, then the options that are not defaults
optimizers.bin  for each line STEPS x 2 little-endian doubles: the parameters after update 1, 2, ...
layered.txt, .bin  the same for rules that go layer by layer, of steps 1..10 and then every twentieth
schedules.txt   one schedule a line: our name and options, then "=" and the factors of the first updates
Gradients come from autograd; single-tensor updates (foreach=False). float64 is the default type, so that what ASGD and
NAdam keep in 0-d tensors is not rounded to float32.
"""
import pathlib

import numpy as np
import torch

import oracle_rules as rules

HERE = pathlib.Path(__file__).parent
STEPS = 200


def beale(x, y):
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def himmelblau(x, y):
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def mixed(x, y):
    """Ours: curvatures some 800 times apart, coupled."""
    return 40 * (x - 0.3 * torch.sin(y)) ** 2 + 0.05 * (y - 2) ** 2 + 0.1 * x * y


FUNCTIONS = {
    "beale": (beale, (1.0, 1.5), 1e-3),
    "rosenbrock": (rosenbrock, (-1.2, 1.0), 2e-4),
    "himmelblau": (himmelblau, (0.5, -0.75), 2e-3),
    "mixed": (mixed, (1.0, -1.5), 2e-3),
}

# Our name, PyTorch's class, options. "lr" None: the function's own safe rate; absent: PyTorch's default.
CASES = [
    ("sgd", torch.optim.SGD, {"lr": None}),
    ("sgd", torch.optim.SGD, {"lr": None, "momentum": 0.7, "dampening": 0.25, "weight_decay": 0.03}),
    ("sgd", torch.optim.SGD, {"lr": None, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01}),
    ("momentum", torch.optim.SGD, {"lr": None}),
    ("momentum", torch.optim.SGD, {"lr": None, "momentum": 0.5, "dampening": 0.5, "weight_decay": 0.1}),
    ("nesterov", torch.optim.SGD, {"lr": None}),
    ("nesterov", torch.optim.SGD, {"lr": None, "momentum": 0.6, "weight_decay": 0.2}),
    ("adagrad", torch.optim.Adagrad, {}),
    ("adagrad", torch.optim.Adagrad,
     {"lr": 0.3, "lr_decay": 0.02, "weight_decay": 0.05, "initial_accumulator_value": 0.5, "eps": 1e-3}),
    ("rmsprop", torch.optim.RMSprop, {}),
    ("rmsprop", torch.optim.RMSprop, {"lr": 0.002, "alpha": 0.95, "eps": 1e-2, "weight_decay": 0.02, "momentum": 0.5}),
    ("rmsprop", torch.optim.RMSprop, {"lr": 0.001, "alpha": 0.95, "eps": 1e-2, "centered": True}),
    ("rmsprop", torch.optim.RMSprop, {"lr": 0.002, "eps": 1e-2, "centered": True, "momentum": 0.8}),
    ("adam", torch.optim.Adam, {}),
    ("adam", torch.optim.Adam, {"lr": 0.03, "beta1": 0.8, "beta2": 0.98, "eps": 1e-4, "weight_decay": 0.1}),
    ("adam", torch.optim.Adam, {"lr": 0.05, "beta2": 0.9, "amsgrad": True}),
    ("adamw", torch.optim.AdamW, {}),
    ("adamw", torch.optim.AdamW, {"lr": 0.1, "beta1": 0.85, "beta2": 0.97, "eps": 1e-5, "weight_decay": 0.3}),
    ("adamw", torch.optim.AdamW, {"lr": 0.05, "weight_decay": 0.0, "amsgrad": True}),
    ("adadelta", torch.optim.Adadelta, {}),
    ("adadelta", torch.optim.Adadelta, {"lr": 0.2, "rho": 0.95, "eps": 1e-5, "weight_decay": 0.02}),
    ("adamax", torch.optim.Adamax, {}),
    ("adamax", torch.optim.Adamax, {"lr": 0.01, "beta1": 0.8, "beta2": 0.99, "eps": 1e-3, "weight_decay": 0.05}),
    ("nadam", torch.optim.NAdam, {}),
    ("nadam", torch.optim.NAdam,
     {"lr": 0.02, "beta1": 0.85, "beta2": 0.97, "eps": 1e-4, "weight_decay": 0.05, "momentum_decay": 0.02}),
    ("radam", torch.optim.RAdam, {}),
    ("radam", torch.optim.RAdam, {"lr": 0.002, "beta1": 0.8, "beta2": 0.98, "eps": 1e-4, "weight_decay": 0.05}),
    ("rprop", torch.optim.Rprop, {}),
    ("rprop", torch.optim.Rprop,
     {"lr": 0.02, "etaminus": 0.4, "etaplus": 1.1, "step_size_min": 1e-3, "step_size_max": 0.1}),
    ("asgd", torch.optim.ASGD, {"lr": None}),
    ("asgd", torch.optim.ASGD, {"lr": None, "lambd": 0.3, "alpha": 0.6, "t0": 50.0, "weight_decay": 0.05}),
    ("movement", rules.Movement, {"lr": None}),
    ("movement", rules.Movement, {"lr": None, "momentum": 0.7}),
    ("rms_adagrad", rules.RmsAdagrad, {"lr": 0.002}),
    ("lecture_rmsprop", rules.LectureRmsprop, {"lr": 0.001, "alpha": 0.97}),
    ("summary", rules.Summary, {"alpha": 0.99}),
    ("summary", rules.Summary, {"lr": 0.001, "alpha": 0.95, "use_m": 0.0}),
    ("summary", rules.Summary, {"lr": None, "use_sigma": 0.0}),
    ("lion", rules.Lion, {}),
    ("lion", rules.Lion, {"lr": 0.003, "beta1": 0.8, "beta2": 0.95, "weight_decay": 0.1}),
    ("lars", rules.Lars, {}),
    ("lamb", rules.Lamb, {}),
    ("muon", rules.Muon, {}),
    ("perturbed", rules.Perturbed, {"lr": None}),
    ("perturbed", rules.Perturbed, {"lr": None, "radius": 0.05, "threshold": 50.0, "interval": 20.0, "seed": 7.0}),
]

# Rules that go layer by layer, on a smooth function of 17 parameters laid out as (offset, shape).
LAYERS = [(0, (3, 2)), (6, (3,)), (9, (2, 3)), (15, (2,))]
LAYERED = [
    ("lars", rules.Lars, {"lr": 2.0}),
    ("lars", rules.Lars, {"lr": 5.0, "momentum": 0.5, "weight_decay": 0.05, "trust_coefficient": 0.01}),
    ("lamb", rules.Lamb, {}),
    ("lamb", rules.Lamb, {"lr": 0.004, "beta1": 0.8, "beta2": 0.95, "eps": 1e-3, "weight_decay": 0.1}),
    ("muon", rules.Muon, {"lr": 0.01}),
    ("muon", rules.Muon, {"lr": 0.005, "momentum": 0.8, "nesterov": 0.0, "ns_steps": 3.0, "weight_decay": 0.1,
                          "adamw_ratio": 0.5, "beta1": 0.8, "beta2": 0.9, "eps": 1e-4}),
]


def layered_gradient(theta):
    """Of sum_k (k + 1)/8 (theta_k - sin k)^2 / 2 + (sum_k cos(k) theta_k)^4 / 16."""
    k = np.arange(theta.size)
    return (k + 1) / 8 * (theta - np.sin(k)) + np.cos(k) * (np.cos(k) @ theta) ** 3 / 4


def layered_path(rule, options, start):
    optimizer, theta, path = rule(LAYERS, **options), np.array(start, dtype=float), []
    for _ in range(STEPS):
        theta = optimizer.step(theta, layered_gradient(theta))
        path.append(theta)
    return np.array(path)

JOINED = {"etas": ("etaminus", "etaplus", (0.5, 1.2)), "step_sizes": ("step_size_min", "step_size_max", (1e-6, 50))}
IMPLIED = {"momentum": {"momentum": 0.9}, "nesterov": {"momentum": 0.9, "nesterov": True}}


def rule_trajectory(function, start, rule, options):
    optimizer, theta, path = rule([(0, (2,))], **options), np.array(start), []
    for _ in range(STEPS):
        point = torch.tensor(theta, requires_grad=True)
        function(point[0], point[1]).backward()
        theta = optimizer.step(theta, point.grad.numpy())
        path.append(theta)
    return np.array(path)


def trajectory(function, start, name, optimizer_class, options):
    options = {**IMPLIED.get(name, {}), **options}
    if issubclass(optimizer_class, rules.Rule):
        return rule_trajectory(function, start, optimizer_class, options)
    if "beta1" in options or "beta2" in options:
        options["betas"] = (options.pop("beta1", 0.9), options.pop("beta2", 0.999))
    for ours, parts in JOINED.items():
        if parts[0] in options or parts[1] in options:
            options[ours] = tuple(options.pop(p, parts[2][i]) for i, p in enumerate(parts[:2]))
    theta = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    # NAdam's single-tensor form in 1.13 multiplies mu into the next product twice; its foreach form and 2.x do not.
    optimizer = optimizer_class([theta], foreach=name == "nadam", **options)
    path = np.empty((STEPS, 2))
    for step in range(STEPS):
        optimizer.zero_grad()
        function(theta[0], theta[1]).backward()
        optimizer.step()
        path[step] = theta.detach().numpy()
    assert np.isfinite(path).all(), (name, options)
    return path


def schedule_factors(make, count):
    theta = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([theta], lr=1.0)
    scheduler = make(optimizer)
    factors = []
    for _ in range(count):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return factors


def warm(after, warmup):
    """The scheduler `after`, behind a linear warm-up: 1/warmup, 2/warmup, ..., 1."""
    from torch.optim.lr_scheduler import LinearLR, SequentialLR
    return lambda o: SequentialLR(
        o, [LinearLR(o, 1 / warmup, 1.0, warmup - 1), after(o)], milestones=[warmup])


def main():
    torch.set_default_dtype(torch.float64)
    lines, paths, chaotic = [], [], []
    for function_name, (function, start, rate) in FUNCTIONS.items():
        for name, optimizer_class, options in CASES:
            options = {k: rate if v is None else v for k, v in options.items()}
            path = trajectory(function, start, name, optimizer_class, options)
            # Agreement to 1e-10 can only be asked of a path that does not itself magnify rounding.
            beside = trajectory(function, (start[0] + 1e-15, start[1] - 1e-15), name, optimizer_class, options)
            magnified = abs(path - beside).max()
            if not magnified < 2e-12:
                chaotic.append((name, function_name, options, magnified))
            paths.append(path)
            words = [f"{k}={float(v)!r}" for k, v in options.items()]
            lines.append(" ".join([name, function_name, *map(repr, start), *words]))
    layered_lines, layered_paths = [], []
    for name, rule, options in LAYERED:
        start = np.cos(3.0 * np.arange(17)) * (np.arange(17) < 15)  # the last layer begins at 0
        path = layered_path(rule, options, start)
        magnified = abs(path - layered_path(rule, options, start + 1e-15 * (start != 0))).max()
        if not magnified < 2e-12:
            chaotic.append((name, "layered", options, magnified))
        layered_lines.append(" ".join([name, *(f"{k}={float(v)!r}" for k, v in options.items())]))
        layered_paths.append(path[[*range(10), *range(19, STEPS, 20)]])  # the first ten, then every twentieth
    assert not chaotic, chaotic
    (HERE / "layered.txt").write_text("\n".join(layered_lines) + "\n")
    (HERE / "layered.bin").write_bytes(np.stack(layered_paths).astype("<f8").tobytes())
    (HERE / "optimizers.txt").write_text("\n".join(lines) + "\n")
    (HERE / "optimizers.bin").write_bytes(np.stack(paths).astype("<f8").tobytes())

    s = torch.optim.lr_scheduler
    milestones = [3, 9, 20]
    schedules = [
        ("constant total=40", lambda o: s.LambdaLR(o, lambda step: 1.0)),
        ("step total=40 step_size=7 gamma=0.3", lambda o: s.StepLR(o, 7, 0.3)),
        ("exponential total=40 gamma=0.93", lambda o: s.ExponentialLR(o, 0.93)),
        ("linear total=40 end=0.05", lambda o: s.LinearLR(o, 1.0, 0.05, 40)),
        ("linear total=25 end=0.4", lambda o: s.LinearLR(o, 1.0, 0.4, 25)),
        ("cosine total=40", lambda o: s.CosineAnnealingLR(o, 40, 0)),
        ("cosine total=40 end=0.1", lambda o: s.CosineAnnealingLR(o, 40, 0.1)),
        ("cosine warmup=8 total=40 end=0.02", warm(lambda o: s.CosineAnnealingLR(o, 32, 0.02), 8)),
        ("linear warmup=5 total=40 end=0.5", warm(lambda o: s.LinearLR(o, 1.0, 0.5, 35), 5)),
        ("exponential warmup=10 total=40 gamma=0.9", warm(lambda o: s.ExponentialLR(o, 0.9), 10)),
        ("step warmup=4 total=40 step_size=6 gamma=0.5", warm(lambda o: s.StepLR(o, 6, 0.5), 4)),
        ("multistep milestones=3,9,20 gamma=0.4", lambda o: s.MultiStepLR(o, milestones, 0.4)),
        ("multistep warmup=6 milestones=3,9,20 gamma=0.5", warm(lambda o: s.MultiStepLR(o, milestones, 0.5), 6)),
        ("polynomial total=40 power=1", lambda o: s.PolynomialLR(o, 40, 1.0)),
        ("polynomial total=30 power=2.5", lambda o: s.PolynomialLR(o, 30, 2.5)),
        ("polynomial warmup=5 total=40 power=0.5", warm(lambda o: s.PolynomialLR(o, 35, 0.5), 5)),
        ("cosine_restarts period=9", lambda o: s.CosineAnnealingWarmRestarts(o, 9)),
        ("cosine_restarts period=5 period_factor=2 end=0.1", lambda o: s.CosineAnnealingWarmRestarts(o, 5, 2, 0.1)),
        ("one_cycle total=40", lambda o: s.OneCycleLR(o, 1.0, 40, cycle_momentum=False)),
        ("one_cycle total=40 pct_start=0.45 div_factor=10 final_div_factor=50 anneal_linear=1",
         lambda o: s.OneCycleLR(o, 1.0, 40, pct_start=0.45, div_factor=10, final_div_factor=50,
                                anneal_strategy="linear", cycle_momentum=False)),
        ("one_cycle total=40 pct_start=0.33 three_phase=1",
         lambda o: s.OneCycleLR(o, 1.0, 40, pct_start=0.33, three_phase=True, cycle_momentum=False)),
        # Vaswani et al. 2017, eq. 3, over its value at the end of the warm-up.
        ("inverse_sqrt warmup=8", lambda o: s.LambdaLR(o, lambda t: min((t + 1) ** -0.5, (t + 1) * 8**-1.5) / 8**-0.5)),
        ("inverse_sqrt", lambda o: s.LambdaLR(o, lambda t: (t + 1) ** -0.5)),
    ]
    text = "".join(
        f"{options} = {' '.join(repr(f) for f in schedule_factors(make, 40))}\n" for options, make in schedules)
    (HERE / "schedules.txt").write_text(text)


if __name__ == "__main__":
    main()
