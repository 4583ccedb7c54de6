#!/usr/bin/python3
"""Writes assets/data/digits.bin and iris.csv from the copies that scikit-learn (Debian: python3-sklearn) carries.

Their source and licence: assets/data/README.md. Run from anywhere; the result is the same bytes every time.
"""
import csv
import pathlib
import struct

from sklearn.datasets import load_digits, load_iris

folder = pathlib.Path(__file__).resolve().parents[2] / "assets" / "data"

digits = load_digits()
pixels = digits.data
assert pixels.shape == (1797, 64) and (pixels == pixels.astype("uint8")).all() and pixels.max() == 16
with open(folder / "digits.bin", "wb") as out:
    out.write(b"SLB1" + struct.pack("<III", *pixels.shape, 10))
    out.write(digits.target.astype("uint8").tobytes())
    out.write(pixels.astype("uint8").tobytes())

iris = load_iris()
with open(folder / "iris.csv", "w", newline="") as out:
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([name.replace(" (cm)", "").replace(" ", "_") + "_cm" for name in iris.feature_names] + ["species"])
    for x, label in zip(iris.data, iris.target):
        rows.writerow([f"{value:.1f}" for value in x] + [iris.target_names[label]])
