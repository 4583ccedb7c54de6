#!/usr/bin/env python3
"""Checks the known critical points of the built-in experiments and writes known.txt for test_known.c.

Every formula is differentiated by sympy and evaluated by mpmath at 50 digits, so that nothing here shares code or rounding
with the program. For each known point: the gradient vanishes, the loss is as written, the eigenvalues have the signs of
its kind. With --search, Newton's method from a fine grid must find no smooth critical point that is missing.
Needs yaml, sympy, mpmath and numpy.

known.txt, for each formula: the experiment's name, the formula, its variables, its constants as NAME=VALUE, the number of
points, then a line a point: coordinates, loss, gradient, Hessian's upper triangle by rows."""
import pathlib
import sys

import mpmath
import numpy
import sympy
import yaml

HERE = pathlib.Path(__file__).resolve().parent
EXPERIMENTS = HERE.parent.parent / "assets" / "experiments"
SIGNS = {"minimum": lambda low, high: low > 0, "maximum": lambda low, high: high < 0, "saddle": lambda low, high: low < 0 < high}
FLAT = 1e-6  # an eigenvalue this small beside the largest (or beside 1) is none
AT_MOST = 20  # points of one formula in known.txt; more say nothing new
NO_HESSIAN = {("ackley", (0.0, 0.0))}  # the tip of a cone

mpmath.mp.dps = 50


class Formula:
    def __init__(self, objective):
        self.names = objective["variables"]
        self.symbols = sympy.symbols(self.names)
        self.constants = objective.get("constants", {})
        scope = dict(zip(self.names, self.symbols), pi=sympy.pi, e=sympy.E, max=sympy.Max, min=sympy.Min, pow=sympy.Pow,
                     abs=sympy.Abs, sigmoid=lambda x: 1 / (1 + sympy.exp(-x)), relu=lambda x: sympy.Max(x, 0))
        scope.update({name: sympy.Rational(str(value)) for name, value in self.constants.items()})
        self.text = " ".join(objective["expression"].split())
        loss = sympy.sympify(self.text.replace("^", "**"), locals=scope, rational=True)
        gradient = [sympy.diff(loss, s) for s in self.symbols]
        hessian = [[sympy.diff(g, s) for s in self.symbols] for g in gradient]
        exact = [{"Max": lambda *a: max(a), "Heaviside": lambda x, *_: mpmath.mpf(x > 0) if x else mpmath.mpf(1) / 2,
                  "DiracDelta": lambda *_: mpmath.mpf(0)}, "mpmath"]
        self.loss, self.gradient, self.hessian = (sympy.lambdify(self.symbols, f, exact) for f in (loss, gradient, hessian))
        rough = [{"Max": numpy.maximum, "Heaviside": lambda x, *_: numpy.heaviside(x, 0.5), "DiracDelta": lambda *_: 0.0}, "numpy"]
        self.rough = sympy.lambdify(self.symbols, (gradient, hessian), rough)

    def eigenvalues(self, point):
        return [float(v) for v in mpmath.eigsy(mpmath.matrix(self.hessian(*point)), eigvals_only=True)]


def check_tip(formula, point, loss):
    """A minimum without derivatives: every neighbour is higher."""
    for radius in (1e-6, 1e-3, 0.05):
        for k in range(64):
            angle = 2 * mpmath.pi * k / 64
            near = [point[0] + radius * mpmath.cos(angle), point[1] + radius * mpmath.sin(angle)]
            assert formula.loss(*near) > loss, (point, radius, k)


def check_known(name, formula, known):
    point = [mpmath.mpf(str(c)) for c in known["at"]]
    loss = mpmath.mpf(str(known["loss"]))
    assert abs(formula.loss(*point) - loss) <= 1e-12 * max(1, abs(loss)), (name, known, formula.loss(*point))
    if (name, tuple(map(float, known["at"]))) in NO_HESSIAN:
        return check_tip(formula, point, loss)
    values = formula.eigenvalues(point)
    size = max(1, *map(abs, values))
    gradient = mpmath.norm(mpmath.matrix(formula.gradient(*point)))
    assert gradient <= 1e-15 * size * max(1, *map(abs, point)), (name, known, gradient)
    flat = any(abs(v) <= FLAT * size for v in values)
    assert flat == (known["kind"] == "degenerate"), (name, known, values)
    assert flat or SIGNS[known["kind"]](min(values), max(values)), (name, known, values)


def search(formula, domain, grid):
    """Smooth critical points in the domain, by damped Newton from every node of a grid."""
    (x0, x1), (y0, y1) = domain
    found = []
    for start in numpy.stack(numpy.meshgrid(numpy.linspace(x0, x1, grid), numpy.linspace(y0, y1, grid)), -1).reshape(-1, 2):
        point = start + numpy.array([1e-3, -2e-3])
        for _ in range(60):
            with numpy.errstate(all="ignore"):
                gradient, hessian = (numpy.array(part, float) for part in formula.rough(*point))
            if not (numpy.isfinite(gradient).all() and numpy.isfinite(hessian).all()) or abs(numpy.linalg.det(hessian)) < 1e-300:
                break
            step = numpy.linalg.solve(hessian, gradient)
            step *= min(1, 0.25 * (x1 - x0) / max(abs(step).max(), 1e-300))
            point = point - step
            if abs(step).max() < 1e-12:
                inside = x0 - 1e-9 <= point[0] <= x1 + 1e-9 and y0 - 1e-9 <= point[1] <= y1 + 1e-9
                if inside and not any(abs(p - point).max() < 1e-6 for p in found):
                    found.append(point)
                break
    return found


def main():
    lines, total = [], 0
    random = numpy.random.default_rng(2)
    for path in sorted(EXPERIMENTS.glob("*.yaml")):
        experiment = yaml.safe_load(path.read_text())
        objective = experiment["objective"]
        if "expression" not in objective:
            continue
        name, formula, known = path.stem, Formula(objective), experiment["known"]
        for point in known:
            check_known(name, formula, point)
        total += len(known)
        places = [tuple(map(float, point["at"])) for point in known]
        assert len(set(places)) == len(places), name
        valley = any(point["kind"] == "degenerate" for point in known) or not known
        if "--search" in sys.argv and not valley:
            for point in search(formula, objective["domain"], 90 if len(known) > 40 else 40):
                assert any(numpy.abs(numpy.array(place) - point).max() < 1e-6 for place in places), (name, point)
        smooth = [place for place in places if (name, place) not in NO_HESSIAN]
        smooth = smooth[:: -(-len(smooth) // AT_MOST) if smooth else 1]
        others = [tuple(random.uniform(low, high) for low, high in objective["domain"]) for _ in range(3)]
        points = smooth + [tuple(map(float, experiment["start"]))] + others
        constants = " ".join(f"{key}={value}" for key, value in formula.constants.items())
        lines += [name, formula.text, " ".join(formula.names), constants, str(len(points))]
        for point in points:
            exact = [mpmath.mpf(c) for c in point]
            hessian = formula.hessian(*exact)
            figures = [*exact, formula.loss(*exact), *formula.gradient(*exact), *(hessian[i][j] for i in range(2) for j in range(i, 2))]
            lines.append(" ".join(f"{float(v):.17g}" for v in figures))
        print(f"{name}: {len(known)} known points")
    (HERE / "known.txt").write_text("\n".join(lines) + "\n")
    print(f"{total} known points")


main()
