"""Update rules that PyTorch does not have, written straight from their papers in numpy, for oracle_optimizers.py.

Each is made with the names and defaults of ours; `step(theta, g)` returns the next theta (a 1-D array). `layers` is a
list of (offset, shape). Independent of the C code: other data structures, other order of work.
"""
import math

import numpy as np


class Rule:
    defaults = {}

    def __init__(self, layers, **options):
        unknown = set(options) - set(self.defaults)
        assert not unknown, unknown
        self.o = {**self.defaults, **options}
        self.layers = layers
        self.history = []  # every gradient so far

    def step(self, theta, g):
        self.history.append(g.copy())
        return self.rule(theta, g, len(self.history), **self.o)

    def parts(self):
        for offset, shape in self.layers:
            yield slice(offset, offset + int(np.prod(shape))), shape


class Movement(Rule):
    """Rumelhart, Hinton & Williams 1986, eq. 9: dw(t) = -lr g(t) + momentum dw(t - 1)."""
    defaults = {"lr": 0.01, "momentum": 0.9}
    last = 0.0

    def rule(self, theta, g, t, lr, momentum):
        self.last = momentum * self.last - lr * g
        return theta + self.last


class RmsAdagrad(Rule):
    """The lecture, 4.1: sigma is the root of the mean of all squares, summed anew every time."""
    defaults = {"lr": 0.01}

    def rule(self, theta, g, t, lr):
        sigma = np.sqrt(np.mean(np.square(self.history), axis=0))
        return theta - lr / sigma * g


class LectureRmsprop(Rule):
    """The lecture, 4.2, with the recursion for sigma^2 unrolled over the history."""
    defaults = {"lr": 0.01, "alpha": 0.9}

    def sigma(self, alpha):
        squares = np.square(self.history)
        weights = np.array([(1 - alpha) * alpha ** (len(squares) - 1 - k) for k in range(len(squares))])
        weights[0] = alpha ** (len(squares) - 1)
        return np.sqrt(weights @ squares)

    def rule(self, theta, g, t, lr, alpha):
        return theta - lr / self.sigma(alpha) * g


class Summary(LectureRmsprop):
    """The lecture, 4.5: theta - (lr / sigma) m, m the sum of lambda^age g."""
    defaults = {"lr": 0.001, "momentum": 0.9, "alpha": 0.9, "use_m": 1.0, "use_sigma": 1.0}

    def rule(self, theta, g, t, lr, momentum, alpha, use_m, use_sigma):
        m = sum(momentum ** (t - 1 - k) * past for k, past in enumerate(self.history)) if use_m else g
        return theta - (lr / self.sigma(alpha) if use_sigma else lr) * m


class Lion(Rule):
    """Chen et al. 2023, algorithm 2."""
    defaults = {"lr": 1e-4, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.0}
    m = 0.0

    def rule(self, theta, g, t, lr, beta1, beta2, weight_decay):
        c = beta1 * self.m + (1 - beta1) * g
        self.m = beta2 * self.m + (1 - beta2) * g
        return theta - lr * (np.sign(c) + weight_decay * theta)


class Lars(Rule):
    """You, Gitman & Ginsburg 2017, algorithm 1."""
    defaults = {"lr": 1.0, "momentum": 0.9, "weight_decay": 0.0, "trust_coefficient": 0.001}

    def rule(self, theta, g, t, lr, momentum, weight_decay, trust_coefficient):
        if t == 1:
            self.v = np.zeros_like(theta)
        after = theta.copy()
        for part, _ in self.parts():
            w, slope = theta[part], g[part]
            norm_w, norm_g = math.sqrt(sum(w * w)), math.sqrt(sum(slope * slope))
            local = trust_coefficient * norm_w / (norm_g + weight_decay * norm_w) if norm_w and norm_g else 1.0
            self.v[part] = momentum * self.v[part] + lr * local * (slope + weight_decay * w)
            after[part] = w - self.v[part]
        return after


class Lamb(Rule):
    """You et al. 2020, algorithm 2, phi the identity."""
    defaults = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-6, "weight_decay": 0.01}
    m = v = 0.0

    def rule(self, theta, g, t, lr, beta1, beta2, eps, weight_decay):
        self.m = beta1 * self.m + (1 - beta1) * g
        self.v = beta2 * self.v + (1 - beta2) * g**2
        r = (self.m / (1 - beta1**t)) / (np.sqrt(self.v / (1 - beta2**t)) + eps)
        after = theta.copy()
        for part, _ in self.parts():
            move = r[part] + weight_decay * theta[part]
            norm_w, norm_r = np.linalg.norm(theta[part]), np.linalg.norm(move)
            after[part] -= lr * (norm_w / norm_r if norm_w and norm_r else 1.0) * move
        return after


class Muon(Rule):
    """Jordan et al. 2024 (the write-up's NewtonSchulz5); the polynomial is applied to the singular values of an SVD,
    which the iterations come to. AdamW for the rest."""
    defaults = {"lr": 0.02, "momentum": 0.95, "nesterov": 1.0, "ns_steps": 5.0, "weight_decay": 0.0,
                "adamw_ratio": 0.015, "beta1": 0.9, "beta2": 0.95, "eps": 1e-10}

    def rule(self, theta, g, t, lr, momentum, nesterov, ns_steps, weight_decay, adamw_ratio, beta1, beta2, eps):
        if t == 1:
            self.b, self.m, self.v = np.zeros_like(theta), np.zeros_like(theta), np.zeros_like(theta)
        self.b = momentum * self.b + g
        self.m = beta1 * self.m + (1 - beta1) * g
        self.v = beta2 * self.v + (1 - beta2) * g**2
        after = theta.copy()
        for part, shape in self.parts():
            if len(shape) >= 2:
                look = (g + momentum * self.b if nesterov else self.b)[part].reshape(shape[0], -1)
                u, s, vt = np.linalg.svd(look / (np.sqrt((look**2).sum()) + 1e-7), full_matrices=False)
                for _ in range(int(ns_steps)):
                    s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
                scale = max(1, look.shape[0] / look.shape[1]) ** 0.5
                after[part] = (1 - lr * weight_decay) * theta[part] - lr * scale * (u * s @ vt).ravel()
            else:
                rate = lr * adamw_ratio
                m, v = self.m[part] / (1 - beta1**t), self.v[part] / (1 - beta2**t)
                after[part] = (1 - rate * weight_decay) * theta[part] - rate * m / (np.sqrt(v) + eps)
        return after


def xoshiro256ss(seed):
    """Blackman & Vigna 2018, seeded through splitmix64 (Steele, Lea & Flood 2014); yields uniform numbers in [0, 1)."""
    mask = (1 << 64) - 1

    def splitmix(state):
        while True:
            state = (state + 0x9E3779B97F4A7C15) & mask
            z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
            yield z ^ (z >> 31)

    stream = next(splitmix(0))
    source = splitmix(seed ^ stream)
    s0, s1, s2, s3 = (next(source) for _ in range(4))

    def rotl(x, k):
        return ((x << k) | (x >> (64 - k))) & mask

    while True:
        yield ((rotl((s1 * 5) & mask, 7) * 9) & mask) >> 11
        t = (s1 << 17) & mask
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= t
        s3 = rotl(s3, 45)


class Perturbed(Rule):
    """Jin et al. 2017, algorithm 2, without its termination; a push is an update of its own."""
    defaults = {"lr": 0.01, "radius": 0.01, "threshold": 1e-3, "interval": 50.0, "seed": 0.0}
    noise_at = -math.inf

    def uniform(self):
        return next(self.bits) * 2.0**-53

    def rule(self, theta, g, t, lr, radius, threshold, interval, seed):
        if t == 1:
            self.bits = xoshiro256ss(int(seed))
        if np.linalg.norm(g) > threshold or t - self.noise_at <= interval:
            return theta - lr * g
        self.noise_at = t
        normal = []
        for _ in theta:
            u, v = 1 - self.uniform(), self.uniform()
            normal.append(math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * v))
        normal = np.array(normal)
        return theta + radius * self.uniform() ** (1 / len(theta)) * normal / np.linalg.norm(normal)
