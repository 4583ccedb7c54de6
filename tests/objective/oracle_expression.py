#!/usr/bin/env python3
"""Value, gradient and Hessian of formulas by PyTorch's autograd in float64: writes expressions.txt beside itself.

For each formula: the formula, its variables, the number of points, then a line a point: coordinates, value, gradient,
Hessian's upper triangle by rows. Needs torch and numpy."""
import pathlib

import numpy
import torch

torch.set_default_dtype(torch.float64)

# formula, variables, range of the points
FORMULAS = [
    ("(1 - w1*w2)^2", "w1 w2", (-2, 2)),
    ("100*(y - x^2)^2 + (1 - x)^2", "x y", (-2, 2)),
    ("(x^2 + y - 11)^2 + (x + y^2 - 7)^2", "x y", (-5, 5)),
    ("(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2", "x y", (-3, 3)),
    ("20 + x^2 - 10*cos(2*pi*x) + y^2 - 10*cos(2*pi*y)", "x y", (-5, 5)),
    ("-20*exp(-0.2*sqrt(0.5*(x^2 + y^2))) - exp(0.5*(cos(2*pi*x) + cos(2*pi*y))) + e + 20", "x y", (-4, 4)),
    ("(4 - 2.1*x^2 + x^4/3)*x^2 + x*y + (-4 + 4*y^2)*y^2", "x y", (-2, 2)),
    ("x^3 - 3*x*y^2", "x y", (-2, 2)),
    ("sin(x)*cos(y) + tan(x*y/9)", "x y", (-3, 3)),
    ("exp(-x^2 - y^2)*(x - 2*y)", "x y", (-2, 2)),
    ("log(1 + x^2 + y^4)", "x y", (-3, 3)),
    ("sqrt(x^2 + 3*y^2 + 0.01)", "x y", (-3, 3)),
    ("tanh(x - y)*sigmoid(x + 2*y)", "x y", (-3, 3)),
    ("sigmoid(5*x)/(1 + exp(-y))", "x y", (-3, 3)),
    ("relu(x - y) + relu(-x)*y", "x y", (-3, 3)),
    ("abs(x*y - 1) + abs(x)^3", "x y", (-3, 3)),
    ("min(x^2, y) * max(sin(x), cos(y))", "x y", (-3, 3)),
    ("x^y + y^x", "x y", (0.2, 3)),
    ("pow(x^2 + 1, y/2)", "x y", (-3, 3)),
    ("pow(x, 5) - pow(y, -3)", "x y", (0.5, 3)),
    ("x^-2 + (x*y)^-1", "x y", (0.5, 2)),
    ("(x + 4)^0.5*(y + 4)^1.7", "x y", (-3, 3)),
    ("2^x - 3^-y", "x y", (-3, 3)),
    ("e^(x/2)*pi^(y/3)", "x y", (-3, 3)),
    ("x/y/(x - y)", "x y", (0.5, 3)),
    ("-x^2 - -y^2", "x y", (-3, 3)),
    ("1/(1 + 25*(x - y)^2)", "x y", (-1, 1)),
    ("sin(cos(tan(0.3*x)*y))", "x y", (-2, 2)),
    ("log(exp(a - max(a, max(b, c))) + exp(b - max(a, max(b, c))) + exp(c - max(a, max(b, c)))) + max(a, max(b, c)) - b",
     "a b c", (-9, 9)),
    ("(a*b*c - d)^2 + a^4 - b^3*c + 2.5", "a b c d", (-2, 2)),
    ("sin(a)*b + cos(b)*c + exp(c/3)*d + tanh(d)*f + sqrt(f^2 + 1)*a", "a b c d f", (-2, 2)),
    ("(1.5e0*x + .5)^3*(2.*y - 1E-1)^2", "x y", (-2, 2)),
    ("2^3^2/x^2^2 + y", "x y", (0.5, 2)),
    ("x", "x y", (-2, 2)),
    ("-pi*e + 2", "x y", (-2, 2)),
]


def value_of(formula, names, theta):
    def power(a, b):
        return a ** b

    scope = {name: theta[i] for i, name in enumerate(names)}
    scope.update(sin=torch.sin, cos=torch.cos, tan=torch.tan, exp=torch.exp, log=torch.log, sqrt=torch.sqrt, abs=torch.abs,
                 tanh=torch.tanh, sigmoid=torch.sigmoid, relu=torch.relu, min=torch.minimum, max=torch.maximum, pow=power,
                 pi=numpy.pi, e=numpy.e)
    value = eval(formula.replace("^", "**"), {"__builtins__": {}}, scope)
    return value + 0 * theta.sum()  # a formula without variables still has derivatives


def main():
    random = numpy.random.default_rng(1)
    lines = []
    for formula, variables, (low, high) in FORMULAS:
        names = variables.split()
        points = random.uniform(low, high, (4, len(names)))
        lines += [formula, variables, str(len(points))]
        for point in points:
            theta = torch.tensor(point, requires_grad=True)
            value = value_of(formula, names, theta)
            gradient, = torch.autograd.grad(value, theta, create_graph=True)
            hessian = torch.autograd.functional.hessian(lambda t: value_of(formula, names, t), torch.tensor(point))
            upper = [hessian[i, j] for i in range(len(names)) for j in range(i, len(names))]
            lines.append(" ".join(f"{float(v):.17g}" for v in [*point, value, *gradient, *upper]))
    path = pathlib.Path(__file__).with_name("expressions.txt")
    path.write_text("\n".join(lines) + "\n")
    print(f"{path}: {len(FORMULAS)} formulas")


main()
