#!/usr/bin/env python3
"""Critical points of the classic test functions, independently of the program: writes critical.txt.

Newton's method in NumPy from every point of a 501 x 501 grid on SymPy's own derivatives, the roots polished to 40
digits with mpmath. For polynomials a resultant, whose real roots SymPy isolates exactly, confirms that no x was missed.
Takes minutes.
"""
import os

import mpmath
import numpy
import sympy

x, y = sympy.symbols("x y", real=True)
R = sympy.Rational

FUNCTIONS = [  # name, low and high of x, of y, formula, resultant feasible
    ("himmelblau", -6, 6, -6, 6, "(x^2 + y - 11)^2 + (x + y^2 - 7)^2", True),
    ("six-hump-camel", -3, 3, -2, 2, "(4 - 2.1*x^2 + x^4/3)*x^2 + x*y + (-4 + 4*y^2)*y^2", True),
    ("three-hump-camel", -5, 5, -5, 5, "2*x^2 - 1.05*x^4 + x^6/6 + x*y + y^2", True),
    ("mueller-brown", -1.5, 1.2, -0.2, 2,
     "-200*exp(-(x - 1)^2 - 10*y^2) - 100*exp(-x^2 - 10*(y - 0.5)^2)"
     " - 170*exp(-6.5*(x + 0.5)^2 + 11*(x + 0.5)*(y - 1.5) - 6.5*(y - 1.5)^2)"
     " + 15*exp(0.7*(x + 1)^2 + 0.6*(x + 1)*(y - 1) + 0.7*(y - 1)^2)", False),
    ("styblinski-tang", -5, 5, -5, 5, "(x^4 - 16*x^2 + 5*x + y^4 - 16*y^2 + 5*y)/2", True),
    ("booth", -10, 10, -10, 10, "(x + 2*y - 7)^2 + (2*x + y - 5)^2", True),
    ("matyas", -10, 10, -10, 10, "0.26*(x^2 + y^2) - 0.48*x*y", True),
    ("beale", -4.5, 4.5, -4.5, 4.5, "(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2", True),
    ("rosenbrock", -2, 2, -1, 3, "(1 - x)^2 + 100*(y - x^2)^2", True),
    ("goldstein-price", -2, 2, -2, 2,
     "(1 + (x + y + 1)^2*(19 - 14*x + 3*x^2 - 14*y + 6*x*y + 3*y^2))"
     "*(30 + (2*x - 3*y)^2*(18 - 32*x + 12*x^2 + 48*y - 36*x*y + 27*y^2))", False),
    ("rastrigin", -5.12, 5.12, -5.12, 5.12, "20 + x^2 - 10*cos(2*pi*x) + y^2 - 10*cos(2*pi*y)", False),
    ("ackley", -3.3, 3.3, -3.3, 3.3,
     "-20*exp(-0.2*sqrt((x^2 + y^2)/2)) - exp((cos(2*pi*x) + cos(2*pi*y))/2) + 20 + exp(1)", False),
    ("ripples", -2, 2.5, -1, 1.5, "sin(3*x)*cos(4*y) + 0.1*x^2 + 0.3*x*y", False),
    ("log-bowl", 0.05, 4, 0.05, 3, "x*log(x) + y*log(y) + 0.7*sin(2*x*y)", False),
]
GRID = 501


def roots_of(f, low, high):
    g = [sympy.diff(f, v) for v in (x, y)]
    h = [sympy.diff(g[0], x), sympy.diff(g[0], y), sympy.diff(g[1], y)]
    jet = sympy.lambdify((x, y), g + h, "numpy", cse=True)
    side = numpy.array(high) - low
    # An irrational offset keeps the starts off every symmetry line.
    t = (numpy.arange(GRID) + 0.5 + 1 / numpy.sqrt(7)) / (GRID + 1)
    p = numpy.stack([a.ravel() for a in numpy.meshgrid(low[0] + side[0] * t, low[1] + side[1] * t)])
    with numpy.errstate(all="ignore"):
        for _ in range(60):
            a, b, hxx, hxy, hyy = (numpy.broadcast_to(v, p[0].shape) for v in jet(*p))
            det = hxx * hyy - hxy * hxy
            step = numpy.stack([hyy * a - hxy * b, hxx * b - hxy * a]) / det
            length = numpy.hypot(step[0] / side[0], step[1] / side[1])
            p = p - step * numpy.minimum(1, 0.02 / numpy.maximum(length, 1e-300))
        a, b = jet(*p)[:2]
        done = (numpy.hypot(a, b) < 1e-8) & (length < 1e-8)
    p = p[:, done]
    found = []
    for q in p.T[numpy.lexsort(numpy.round(p, 6))]:
        if all(q >= numpy.array(low) - 1e-9) and all(q <= numpy.array(high) + 1e-9):
            if not any(numpy.hypot(*(q - r)) < 1e-6 for r in found):
                found.append(q)
    return found, g, h


def resultant_check(g, low, high, points):
    """Every real x of a common root in the domain is one of those found, or has no real y there."""
    r = sympy.Poly(sympy.resultant(*(sympy.together(v).as_numer_denom()[0] for v in g), y), x)
    for root in {sympy.nsimplify(q) if q.is_Rational else q for q in sympy.real_roots(r)}:
        value = mpmath.mpf(str(root.evalf(40)))
        if not low[0] <= value <= high[0] or any(abs(value - p[0]) < 1e-9 for p in points):
            continue
        # An x whose common y is complex, or outside the domain, is no point of ours.
        polys = [sympy.Poly(v.subs(x, root.evalf(60)), y) for v in g]
        roots = [[complex(c) for c in numpy.roots([float(c) for c in p.all_coeffs()])] for p in polys if p.degree() > 0]
        common = [c for c in roots[0] if all(min(abs(c - d) for d in other) < 1e-5 for other in roots[1:])]
        assert all(abs(c.imag) > 1e-7 or not low[1] <= c.real <= high[1] for c in common), (root, common)


def main():
    mpmath.mp.dps = 40
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "critical.txt")
    with open(path, "w") as out:
        out.write("# Written by oracle_critical.py: function NAME x-range y-range FORMULA;"
                  " point X Y LOSS KIND EIGENVALUES\n")
        for name, x0, x1, y0, y1, text, polynomial in FUNCTIONS:
            f = sympy.nsimplify(sympy.sympify(text.replace("^", "**"), locals={"x": x, "y": y}), rational=True)
            low, high = (x0, y0), (x1, y1)
            found, g, h = roots_of(f, low, high)
            gm, hm, fm = (sympy.lambdify((x, y), v, "mpmath") for v in (g, h, f))
            points = []
            for q in found:
                p = mpmath.matrix([mpmath.mpf(float(v)) for v in q])
                for _ in range(8):
                    hxx, hxy, hyy = hm(*p)
                    p = p - mpmath.lu_solve(mpmath.matrix([[hxx, hxy], [hxy, hyy]]), mpmath.matrix(gm(*p)))
                assert mpmath.norm(mpmath.matrix(gm(*p))) < 1e-30
                hxx, hxy, hyy = hm(*p)
                mean, radius = (hxx + hyy) / 2, mpmath.sqrt(((hxx - hyy) / 2) ** 2 + hxy**2)
                l1, l2 = mean - radius, mean + radius
                kind = "minimum" if l1 > 0 else "maximum" if l2 < 0 else "saddle"
                points.append((kind, [float(v) if abs(v) > 1e-35 else 0.0 for v in (*p, fm(*p), l1, l2)]))
            if polynomial:
                resultant_check(g, low, high, [p[1][:2] for p in points])
            out.write(f"function {name} {x0} {x1} {y0} {y1} {text}\n")
            for kind, v in sorted(points):
                out.write(f"point {v[0]!r} {v[1]!r} {v[2]!r} {kind} {v[3]!r} {v[4]!r}\n")
            print(name, len(points), {k: sum(p[0] == k for p in points) for k in ("minimum", "saddle", "maximum")})


main()
