"""LeNet-300-100 with li + lo, or LeNet-5-Caffe, and fused Adam in PyTorch, eager or compiled."""

import torch
from contestant import LABELS, POOL, REQUEST, serve

torch.set_num_threads(REQUEST["threads"])
torch.set_num_interop_threads(1)
torch.manual_seed(REQUEST["seed"])

CONVOLUTIONAL = REQUEST["network"] == "lenet-5-caffe"
# PyTorch has channels first; there is one.
images = torch.from_numpy(POOL.reshape(-1, 1, 28, 28) if CONVOLUTIONAL else POOL)
labels = torch.from_numpy(LABELS).long()

if CONVOLUTIONAL:
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 20, 5),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(20, 50, 5),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(800, 500),
        torch.nn.ReLU(),
        torch.nn.Linear(500, 10),
    )
else:
    model = torch.nn.Sequential(
        torch.nn.Linear(784, 300),
        torch.nn.ReLU(),
        torch.nn.Linear(300, 100),
        torch.nn.ReLU(),
        torch.nn.Linear(100, 10),
    )
kernels = [layer.weight for layer in model if isinstance(layer, torch.nn.Linear)]
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7, fused=True)
strength = REQUEST["lambda"]


def objective(x, y):
    loss = torch.nn.functional.cross_entropy(model(x), y)
    if CONVOLUTIONAL:
        return loss, loss
    # PyTorch's weight is [out, in]: norms along dim 1 are those of the connections into a unit.
    penalty = sum(weight.norm(dim=1).sum() + weight.norm(dim=0).sum() for weight in kernels)
    return loss, loss + strength * penalty


if REQUEST["compile"]:
    objective = torch.compile(objective, mode=REQUEST["compile"])


def train_step(indices):
    optimizer.zero_grad(set_to_none=True)
    loss, total = objective(images[indices], labels[indices])
    total.backward()
    optimizer.step()
    return loss.detach()


version = torch.__version__.split("+")[0]
how = f"torch.compile ({REQUEST['compile']})" if REQUEST["compile"] else "eager"
serve(
    lambda: torch.randperm(len(labels)),
    train_step,
    {"torch": version},
    f"PyTorch {version}, {how}, fused Adam, {torch.get_num_threads()} threads",
)
