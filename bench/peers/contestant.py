"""The protocol that the bench speaks with a peer: one JSON line when warm, one for every round asked for, one at the end."""

import json
import math
import resource
import sys
import time
from pathlib import Path

import numpy as np

REQUEST = json.loads(sys.argv[1])
IMAGE = tuple(REQUEST["image"])
POOL = np.fromfile(sys.argv[2], dtype=np.float32).reshape(-1, math.prod(IMAGE))
LABELS = np.fromfile(sys.argv[3], dtype=np.uint8).astype(np.int32)


def penalty_of(kernel):
    """li and lo of the kernel of this number."""
    penalties = REQUEST.get("penalties") or [[0, 0]]
    return penalties[kernel if len(penalties) > 1 else 0]


def answer(value):
    print(json.dumps(value), flush=True)


def peak_bytes():
    """Largest resident memory. Linux' own count for a process starts with that of the one that started it, so the kernel's for the memory map comes first."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def serve(order, train_step, versions, describe):
    """`order()` gives a new order of the pool, `train_step(indices)` makes one step and returns its mean loss, still lazy where the library is."""
    batch = REQUEST["batch"]
    steps_per_epoch = len(LABELS) // batch
    done = 0
    indices = None

    def train(steps):
        nonlocal done, indices
        losses = []
        for _ in range(steps):
            at = done % steps_per_epoch
            if at == 0:
                indices = order()
            losses.append(train_step(indices[at * batch : (at + 1) * batch]))
            done += 1
        return float(sum(losses) / steps)

    start = time.perf_counter()
    train(1)
    first = time.perf_counter() - start
    loss = train(REQUEST["warmUp"])
    answer({"ready": True, "describe": describe, "versions": versions, "loadMs": 1000 * first, "loss": loss})
    for line in sys.stdin:
        if line.strip() == "quit":
            break
        steps = json.loads(line)["steps"]
        start = time.perf_counter()
        loss = train(steps)
        if not np.isfinite(loss):
            raise ValueError(f"the loss is {loss}")
        answer({"ms": 1000 * (time.perf_counter() - start), "loss": loss})
    answer({"peakBytes": peak_bytes()})
