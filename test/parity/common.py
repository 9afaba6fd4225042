"""Numbers and cases that every side of the parity tests computes from; numbers.ts is the same in TypeScript."""

import json
import math
from pathlib import Path

HERE = Path(__file__).parent


def cases():
    return json.loads((HERE / "cases.json").read_text())


def wave(count, salt):
    """`count` numbers in [-1, 1], multiples of 1/1024 and so exact in float32; different for every salt."""
    return [
        math.floor(1024 * math.sin(0.713 * (k + 1) * (k + 1) + 1.618 * salt * (k + 1) + salt) + 0.5) / 1024
        for k in range(count)
    ]


def classes(count, salt, number):
    """`count` class numbers below `number`."""
    return [min(number - 1, math.floor((x + 1) / 2 * number)) for x in wave(count, salt)]


def one_hot(labels, number):
    return [[1.0 if label == k else 0.0 for k in range(number)] for label in labels]


def volume(shape):
    return math.prod(shape)


def activation_points(section):
    """Every point with both signs, in falling order, cut to whole rows."""
    points = sorted({sign * x for x in section["points"] for sign in (1, -1)}, reverse=True)
    rows = len(points) // section["rowLength"]
    return [points[r * section["rowLength"] : (r + 1) * section["rowLength"]] for r in range(rows)]


def label(case):
    """What a case is called in its vector and in messages."""
    rest = {key: value for key, value in case.items() if key not in ("word", "kind", "name")}
    name = case.get("name") or case.get("word") or case.get("kind")
    return name if not rest or "name" in case else f"{name} {json.dumps(rest, separators=(',', ':'))}"


def plain(x):
    """Arrays to nested lists of numbers with 13 digits; JSON has no words for what is not finite."""
    if hasattr(x, "numpy"):
        x = x.numpy()
    if hasattr(x, "tolist"):
        x = x.tolist()
    if isinstance(x, (list, tuple)):
        return [plain(one) for one in x]
    if isinstance(x, float):
        if math.isnan(x) or math.isinf(x):
            return str(x)
        return float(f"{x:.12e}") if x != int(x) or abs(x) > 1e15 else int(x)
    return x


def flat(x):
    """Like `plain`, in one row-major list."""
    x = plain(x)
    return [one for part in x for one in flat(part)] if isinstance(x, list) else [x]


def write(folder, section, oracle, vectors):
    """One file a section, one line a case, so that a changed number is a small diff."""
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in vectors.items())
    text = f'{{\n  "oracle": {json.dumps(oracle)},\n  "vectors": {{\n{lines}\n  }}\n}}\n'
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{section}.json").write_text(text)


# Whole steps: the same state, batches and learning rates for Keras, PyTorch and dnc.


def step_parameters(section, case):
    """Kernel and bias of every layer, in order: [(kernel as rows, bias), ...]."""
    layers = []
    widths = section["widths"]
    for layer, (rows, columns) in enumerate(zip(widths, widths[1:])):
        scale = 0.75
        numbers = [scale * x for x in wave(rows * columns, 100 + layer)]
        kernel = [numbers[r * columns : (r + 1) * columns] for r in range(rows)]
        if case.get("dead") and layer == 0:
            kernel[3] = [0.0] * columns
        if case.get("dead") and layer == 1:
            for row in kernel:
                row[2] = 0.0
        layers.append((kernel, [0.25 * x for x in wave(columns, 200 + layer)]))
    return layers


def step_rate(section, case, step):
    """Learning rate of step `step` (from 0)."""
    if case.get("schedule") != "cosine":
        return case["learning_rate"]
    return case["learning_rate"] * 0.5 * (1 + math.cos(math.pi * step / section["steps"]))


def step_batch(section, case, step):
    """Features as rows, and the target in the form that the loss of the case reads, of step `step` (from 0)."""
    widths = section["widths"]
    rows = section["lastRows"] if case.get("short") and step % 7 == 6 else section["rows"]
    numbers = wave(rows * widths[0], 1000 + step)
    x = [numbers[r * widths[0] : (r + 1) * widths[0]] for r in range(rows)]
    if case.get("dead"):
        for row in x:
            row[3] = 0.0
    loss = case.get("loss", "sparse_categorical_crossentropy")
    if loss in ("mean_squared_error", "huber"):
        y = wave(rows * widths[-1], 2000 + step)
        return x, [y[r * widths[-1] : (r + 1) * widths[-1]] for r in range(rows)]
    if loss == "binary_crossentropy":
        y = [float(v > 0) for v in wave(rows * widths[-1], 2000 + step)]
        return x, [y[r * widths[-1] : (r + 1) * widths[-1]] for r in range(rows)]
    labels = classes(rows, 2000 + step, widths[-1])
    return x, labels if loss.startswith("sparse") else one_hot(labels, widths[-1])
