"""From a network to a smaller one as people do it today: torch.compile trains it with li + lo, Torch-Pruning cuts it to given widths, and it is trained on without penalties.

python simplified.py '{"rows": FOLDER, "units": [92, 62], "lambda": 1.5e-4, "batch": 128, "epochs": 60, "rate": 2e-3, "finetune": 30, "finetuneRate": 1e-3, "seed": 7, "threads": 2}'
"""

import json
import math
import sys
import time
from importlib.metadata import version
from pathlib import Path

began = time.perf_counter()

import numpy as np
import torch
import torch_pruning as tp
from torch import nn

REQUEST = json.loads(sys.argv[1])
FOLDER = Path(REQUEST["rows"])
torch.set_num_threads(REQUEST["threads"])
torch.set_num_interop_threads(1)
torch.manual_seed(REQUEST["seed"])


def part(name):
    x = np.fromfile(FOLDER / f"{name}.x", dtype=np.float32).reshape(-1, 784)
    return torch.from_numpy(x), torch.from_numpy(np.fromfile(FOLDER / f"{name}.y", dtype=np.float32)).long()


model = nn.Sequential(nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10))
x, y = part("train")
BATCH = REQUEST["batch"]
STEPS = math.ceil(len(x) / BATCH)


def train(epochs, rate, strength):
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, eps=1e-7, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * STEPS)
    kernels = [layer.weight for layer in model if isinstance(layer, nn.Linear)]

    def objective(x, y):
        loss = nn.functional.cross_entropy(model(x), y)
        if strength:
            loss = loss + strength * sum(weight.norm(dim=1).sum() + weight.norm(dim=0).sum() for weight in kernels)
        return loss

    # The last batch of an epoch is a shorter one: one more program, not one for every size.
    compiled = torch.compile(objective, dynamic=False)
    model.train()
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for at in range(0, len(x), BATCH):
            indices = order[at : at + BATCH]
            optimizer.zero_grad(set_to_none=True)
            compiled(x[indices], y[indices]).backward()
            optimizer.step()
            schedule.step()
    model.eval()


@torch.no_grad()
def accuracy(name):
    x, y = part(name)
    return (model(x).argmax(1) == y).float().mean().item()


def prune(units):
    graph = tp.DependencyGraph().build_dependency(model, example_inputs=x[:1])
    importance = tp.importance.GroupMagnitudeImportance(p=2)
    for at, left in zip((0, 2), units):
        layer = model[at]
        every = list(range(layer.out_features))
        scores = importance(graph.get_pruning_group(layer, tp.prune_linear_out_channels, idxs=every))
        gone = torch.argsort(scores)[: layer.out_features - left].tolist()
        if gone:
            graph.get_pruning_group(layer, tp.prune_linear_out_channels, idxs=gone).prune()


train(REQUEST["epochs"], REQUEST["rate"], REQUEST["lambda"])
trained = time.perf_counter() - began
before = accuracy("test")
prune(REQUEST["units"])
train(REQUEST["finetune"], REQUEST["finetuneRate"], 0)
seconds = time.perf_counter() - began
print(
    json.dumps(
        {
            "seconds": seconds,
            "trainSeconds": trained,
            "accuracyBefore": before,
            "accuracy": accuracy("test"),
            "validation": accuracy("validation"),
            "units": [layer.out_features for layer in model if isinstance(layer, nn.Linear)][:-1],
            "weights": sum(layer.weight.numel() for layer in model if isinstance(layer, nn.Linear)),
            "versions": {"torch": torch.__version__.split("+")[0], "torch-pruning": version("torch-pruning")},
        }
    ),
    flush=True,
)
