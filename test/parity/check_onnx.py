"""Checks ONNX models with onnx.checker and strict shape inference, and runs those with numbers beside them in ONNX's reference evaluator:
python check_onnx.py FOLDER. The last line is the counts as JSON."""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

DTYPES = {"float": np.float32, "int": np.int32, "bool": np.bool_}


def check(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    numbers = path.with_suffix(".json")
    if not numbers.exists():
        return
    given = json.loads(numbers.read_text())
    feeds = {
        name: np.array(one["data"], dtype=DTYPES[one["dtype"]]).reshape(one["shape"]) for name, one in given["inputs"].items()
    }
    names = [output.name for output in model.graph.output]
    # Large exponents and the like are part of the cases.
    with np.errstate(all="ignore"):
        found = dict(zip(names, ReferenceEvaluator(model).run(None, feeds)))
    for name, one in given["outputs"].items():
        wanted = np.array(one["data"], dtype=np.float64).reshape(one["shape"])
        if list(found[name].shape) != one["shape"]:
            raise ValueError(f"{name} has the shape {list(found[name].shape)} and should have {one['shape']} (DNC_TEST_SEED={given['seed']})")
        error = np.abs(found[name].astype(np.float64) - wanted).max(initial=0) / max(np.abs(wanted).max(initial=0), 1e-30)
        if not error < 1e-5:
            raise ValueError(f"{name} is {error:.1e} away, norm-wise (DNC_TEST_SEED={given['seed']})")


def main(folder):
    counts = {"passed": 0, "failed": 0}
    for path in sorted(Path(folder).glob("*.onnx")):
        try:
            check(path)
        except Exception as problem:
            counts["failed"] += 1
            print(f"FAILED  {path.stem}: {problem}")
        else:
            counts["passed"] += 1
    print(json.dumps({**counts, "oracle": f"onnx {onnx.__version__}"}))


if __name__ == "__main__":
    main(sys.argv[1])
