"""Update rules that PyTorch does not have, written straight from their papers in numpy, for oracle_optimizers.py.

Each is made with the names and defaults of ours; `step(theta, g)` returns the next theta (a 1-D array). `layers` is a
list of (offset, shape). Independent of the C code: other data structures, other order of work.
"""
import math

import numpy as np
import torch


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


class Problem:
    """A function of x and y (and, where it is a sum of squares, its residuals) with derivatives by autograd."""

    def __init__(self, function, residuals=None):
        self.function, self.residuals = function, residuals

    def loss(self, theta):
        return self.function(*torch.tensor(theta)).item()

    def gradient(self, theta):
        point = torch.tensor(theta, requires_grad=True)
        return torch.autograd.grad(self.function(*point), point)[0].numpy()

    def hessian(self, theta):
        return torch.autograd.functional.hessian(lambda p: self.function(*p), torch.tensor(theta)).numpy()

    def gauss_newton(self, theta):
        """2 JᵀJ of the residuals."""
        j = torch.autograd.functional.jacobian(lambda p: torch.stack(self.residuals(*p)), torch.tensor(theta)).numpy()
        return 2 * j.T @ j


class Looking(Rule):
    """A rule that asks its problem for more than the gradient; counts it as optimize.h says."""

    def __init__(self, problem, **options):
        super().__init__(None, **options)
        self.problem, self.evaluations = problem, 0


class Sam(Looking):
    """Foret et al. 2021, eq. 2 with p = 2 and algorithm 1, w by SGD; adaptive: Kwon et al. 2021, eq. 8."""
    defaults = {"lr": 0.01, "rho": 0.05, "momentum": 0.0, "weight_decay": 0.0, "adaptive": 0.0, "eta": 0.01}
    b = 0.0

    def rule(self, theta, g, t, lr, rho, momentum, weight_decay, adaptive, eta):
        scale = np.diag(np.abs(theta) + eta) if adaptive else np.eye(len(theta))
        worst = theta + rho * scale @ scale @ g / np.linalg.norm(scale @ g)
        self.evaluations += 1
        self.b = momentum * self.b + self.problem.gradient(worst) + weight_decay * theta
        return theta - lr * self.b


class Newton(Looking):
    """Nocedal & Wright 2006, eq. 3.6, by solving; with `krylov` in the subspace of g, Hg, ... (their section 5.1)."""
    defaults = {"lr": 1.0, "damping": 0.0, "krylov": 0.0}

    def curvature(self, h):
        return h

    def rule(self, theta, g, t, lr, damping, krylov):
        h = self.problem.hessian(theta)
        n = len(theta)
        if not krylov:
            self.evaluations += 2 * n
            return theta - lr * np.linalg.solve(self.curvature(h) + damping * np.eye(n), g)
        powers = [g]
        for _ in range(min(int(krylov), n) - 1):
            powers.append(h @ powers[-1])
        q, _ = np.linalg.qr(np.array(powers).T)
        self.evaluations += 2 * q.shape[1]
        small = self.curvature(q.T @ h @ q) + damping * np.eye(q.shape[1])
        return theta - lr * q @ np.linalg.solve(small, q.T @ g)


class SaddleFree(Newton):
    """Dauphin et al. 2014, eq. 14; |H| is the root of H squared."""
    defaults = {"lr": 1.0, "damping": 1e-3, "krylov": 0.0}

    def curvature(self, h):
        u, s, _ = np.linalg.svd(h)  # H² = U S² Uᵀ
        return u * s @ u.T


class GaussNewton(Looking):
    """Marquardt 1963 with the damping of Madsen, Nielsen & Tingleff 2004, eq. 2.20; the system is solved outright."""
    defaults = {"lr": 1.0, "damping": 0.01, "adapt": 1.0, "cg_iterations": 50.0, "cg_tolerance": 1e-6}
    kept = None

    def rule(self, theta, g, t, lr, damping, adapt, cg_iterations, cg_tolerance):
        lam = self.kept if adapt and self.kept else damping
        a = self.problem.gauss_newton(theta)
        p = np.linalg.solve(a + lam * np.eye(len(theta)), -g)
        if not adapt:
            return theta + lr * p
        promise = lr * g @ p + lr**2 / 2 * p @ a @ p
        truth = (self.problem.loss(theta + lr * p) - self.problem.loss(theta)) / promise if promise < 0 else 0.0
        self.kept = max(1e-12, lam / 3 if truth > 0.75 else lam * 2 if truth < 0.25 else lam)
        return theta + lr * p if truth > 0 else theta


class Lookahead:
    """Zhang et al. 2019, algorithm 1, around PyTorch's `inner` on the tensor `theta`."""

    def __init__(self, inner, theta, k, alpha):
        self.inner, self.theta, self.k, self.alpha = inner, theta, k, alpha
        self.slow, self.count = theta.detach().clone(), 0

    def step(self):
        self.inner.step()
        self.count += 1
        if self.count % self.k == 0:
            self.slow = self.slow + self.alpha * (self.theta.detach() - self.slow)
            self.theta.data.copy_(self.slow)
