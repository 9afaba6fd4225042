"""How fast the machine multiplies matrices with PyTorch: python peak.py '{"threads": 2, "rounds": 5}'. Prints GFLOP/s of the best round."""

import json
import statistics
import sys
import time

import torch

REQUEST = json.loads(sys.argv[1])
SIZE = 1536
torch.set_num_threads(REQUEST["threads"])
a, b = torch.rand(SIZE, SIZE), torch.rand(SIZE, SIZE)
out = torch.empty(SIZE, SIZE)
best = 0
for _ in range(REQUEST["rounds"]):
    times = []
    for _ in range(20):
        start = time.perf_counter()
        torch.mm(a, b, out=out)
        times.append(time.perf_counter() - start)
    best = max(best, 2 * SIZE**3 / statistics.median(times) / 1e9)
print(json.dumps({"gigaflops": best}), flush=True)
