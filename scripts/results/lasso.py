"""scikit-learn's lasso, or logistic regression with l1 for classes, on the rows that dnc trained on.

Reads a folder with rows.json ({"task": "values"|"classes", "limit": n, "parts": {"train": {"rows", "features"}, ...}}) and, for every part, <part>.x
and <part>.y as little-endian float32. The penalty is chosen on the validation rows, or by ten folds of the training rows where there are none; the test rows are read once. Prints one
JSON line: the choice among all penalties, and among those that leave at most `limit` features.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy
import sklearn
from sklearn.linear_model import Lasso, LogisticRegression
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
folder = Path(sys.argv[1])
about = json.loads((folder / "rows.json").read_text())


def part(name):
    size = about["parts"][name]
    x = numpy.fromfile(folder / f"{name}.x", "<f4").reshape(size["rows"], size["features"]).astype(float)
    y = numpy.fromfile(folder / f"{name}.y", "<f4").astype(float)
    return x, y


train, test = part("train"), part("test")
scaler = StandardScaler().fit(train[0])
scaled = lambda rows: (scaler.transform(rows[0]), rows[1])
validation = scaled(part("validation")) if "validation" in about["parts"] else None
train, test = scaled(train), scaled(test)
values = about["task"] == "values"


def fit(strength, rows):
    if values:
        return Lasso(alpha=strength, max_iter=100_000).fit(*rows)
    # liblinear penalises the intercept; scaled up, it costs next to nothing.
    return LogisticRegression(l1_ratio=1, solver="liblinear", intercept_scaling=100, C=1 / (strength * len(rows[1])), max_iter=1000).fit(*rows)


def judge(strength, model):
    """On the validation rows; without any, by ten folds of the training rows."""
    if validation:
        return score(model, validation)
    folds = KFold(10, shuffle=True, random_state=0).split(train[0])
    x, y = train
    return float(numpy.mean([score(fit(strength, (x[a], y[a])), (x[b], y[b])) for a, b in folds]))


def score(model, rows):
    """Mean squared error, or accuracy."""
    x, y = rows
    found = model.predict(x)
    return float(numpy.mean((found - y) ** 2)) if values else float(numpy.mean(found == y))


def features(model):
    weights = numpy.atleast_2d(model.coef_)
    return int(numpy.sum(numpy.any(weights != 0, axis=0)))


spread = float(numpy.std(train[1])) if values else 1.0
path = []
for strength in numpy.geomspace(1e-4, 1, 33) * spread:
    model = fit(strength, train)
    path.append({"strength": float(strength), "features": features(model), "validation": judge(strength, model), "model": model})


def best(models):
    if not models:
        return None
    sign = 1 if values else -1
    # Of equally good ones the one with the fewest features.
    chosen = min(models, key=lambda one: (sign * one["validation"], one["features"]))
    error = score(chosen["model"], test)
    relative = {"nmse": error / float(numpy.var(test[1]))} if values else {}
    return {key: chosen[key] for key in ("strength", "features", "validation")} | {"test": error} | relative


print(
    json.dumps(
        {
            "version": sklearn.__version__,
            "folds": validation is None,
            "chosen": best(path),
            "limited": best([one for one in path if one["features"] <= about["limit"]]),
        }
    )
)
