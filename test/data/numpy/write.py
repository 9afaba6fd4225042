"""Writes the arrays that test/data/npy.test.ts reads, and what is in them. Run by hand with NumPy 2: python test/data/numpy/write.py"""

import json
import pathlib

import numpy as np
from numpy.lib import format as npy

here = pathlib.Path(__file__).parent
expected = {}


def write(name, array, version=None):
    with open(here / f"{name}.npy", "wb") as file:
        npy.write_array(file, array, version=version)
    expected[name] = {
        "descr": array.dtype.str,
        "fortran": bool(array.flags.f_contiguous and not array.flags.c_contiguous),
        "shape": list(array.shape),
        "values": [float(value) for value in array.flatten(order="C")],
    }


def corners(dtype):
    """Numbers at the ends of the type, as far as floats of 64 bits hold them, in two columns."""
    if dtype.kind == "b":
        return [True, False, False, True, True, False]
    if dtype.kind == "f":
        return [0.0, -0.5, 1.5, -65504.0, 2.0**-24, 3.25]
    ends = np.iinfo(dtype)
    least = max(ends.min, -(2**53 - 1))
    most = min(ends.max, 2**53 - 1)
    return [0, 1, 2, least, most, most // 3]


for kind in ["b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"]:
    for order, called in [("<", "little"), (">", "big")]:
        if kind[1] == "1" and called == "big":
            continue
        dtype = np.dtype(order + kind)
        values = np.array(corners(dtype), dtype=dtype)
        write(f"{kind}-{called}", values.reshape(3, 2))

cube = np.arange(24, dtype="<f4").reshape(2, 3, 4)
write("fortran-3", np.asfortranarray(cube))
write("fortran-2", np.asfortranarray(np.arange(6, dtype=">i2").reshape(3, 2)))
write("one-dimension", np.array([3, 1, 2], dtype="<i8"))
write("version-2", cube, version=(2, 0))
write("version-3", cube, version=(3, 0))
write("empty", np.zeros((0, 2), dtype="<f4"))
write("number", np.array(5.0))
write("not-a-number", np.array([[1, 2], [3, np.nan]], dtype="<f4"))
write("infinite", np.array([1, -np.inf], dtype="<f8"))
write("too-large", np.array([1e300, 0], dtype="<f8"))
write("too-long", np.array([1, 2**53 + 1], dtype="<i8"))
write("too-long-unsigned", np.array([2**64 - 1, 1], dtype=">u8"))

with open(here / "objects.npy", "wb") as file:
    npy.write_array(file, np.array([{}, 1], dtype=object), allow_pickle=True)
with open(here / "texts.npy", "wb") as file:
    npy.write_array(file, np.array(["a", "b"]))
with open(here / "records.npy", "wb") as file:
    npy.write_array(file, np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
with open(here / "complex.npy", "wb") as file:
    npy.write_array(file, np.zeros(2, dtype="<c8"))

x = np.arange(40, dtype="<f4").reshape(10, 4)
y = (np.arange(10) % 3).astype("<i8")
np.savez(here / "stored.npz", x=x, y=y)
np.savez_compressed(here / "packed.npz", x_train=x[:7], y_train=y[:7], x_test=x[7:], y_test=y[7:])

# Pairs for two inputs, a target of its own; and arrays whose rows do not belong together.
pairs = {"a": np.arange(12).reshape(4, 3), "b": np.linspace(0, 1, 16).reshape(4, 2, 2), "y": np.arange(4) / 4}
np.savez(here / "pairs.npz", **pairs)
np.savez(here / "uneven.npz", **{**pairs, "b": pairs["b"][:3]})

# What is no number in JSON is written as its name.
for entry in expected.values():
    entry["values"] = [value if np.isfinite(value) else str(value) for value in entry["values"]]
(here / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
