#!/usr/bin/python3
"""Prints the sums that test_data.c holds the real data against, from scikit-learn's copies: over all features in order,
then all labels, sum = 31 · sum + value modulo 2³² (iris in tenths of a centimetre)."""
from sklearn.datasets import load_digits, load_iris

for name, data, scale in [("DIGITS_SUM", load_digits(), 1), ("IRIS_SUM", load_iris(), 10)]:
    total = 0
    for value in [round(scale * x) for x in data.data.ravel()] + list(data.target):
        total = (31 * total + int(value)) % 2**32
    print(f"{name} = {total}u")
