#!/usr/bin/python3
"""Writes arrays/: the same data in every format that is read. 12 samples of 2 × 3: x = 7 i + j − 5 (j: place in the
sample) modulo 50, labels i mod 3, targets (x0 / 2, −i)."""
import gzip
import pathlib
import struct

import numpy as np

folder = pathlib.Path(__file__).with_name("arrays")
folder.mkdir(exist_ok=True)
x = ((7 * np.arange(12)[:, None] + np.arange(6) - 5) % 50).reshape(12, 2, 3)
y = np.arange(12) % 3
t = np.stack([x[:, 0, 0] / 2, -np.arange(12)], axis=1)

for kind in ["<f8", ">f8", "<f4", "|u1", "|i1", ">i2", "<u2", "<i4", ">u4", "<i8", "<u8"]:
    np.save(folder / f"x_{kind.strip('<>|')}_{'big' if kind[0] == '>' else 'little'}.npy", x.astype(kind))
np.save(folder / "labels.npy", y)
np.save(folder / "targets.npy", t)
np.save(folder / "column.npy", t[:, 0])
np.save(folder / "fortran.npy", np.asfortranarray(x.astype(float)))
np.save(folder / "complex.npy", x.astype(complex))
np.savez(folder / "stored.npz", x=x.astype(float), y=y)
np.savez_compressed(folder / "packed.npz", x_test=x[:2], x_train=x.astype(float), y_train=y, y_test=y[:2])
np.savez(folder / "nameless.npz", a=x, b=y)


def idx(name, code, array, kind):
    header = struct.pack(">BBBB", 0, 0, code, array.ndim) + b"".join(struct.pack(">I", n) for n in array.shape)
    (folder / name).write_bytes(header + array.astype(kind).tobytes())


idx("images.idx", 0x08, x, ">u1")
idx("doubles.idx", 0x0E, x, ">f8")
idx("shorts.idx", 0x0B, x, ">i2")
idx("labels.idx", 0x08, y, ">u1")
for name in ["images.idx", "labels.idx"]:
    (folder / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes(), mtime=0))
