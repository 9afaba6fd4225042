"""The networks of the bench in PyTorch, eager or compiled, with the optimizer fused and, where that is asked for, channels last."""

import torch
from contestant import IMAGE, LABELS, POOL, REQUEST, penalty_of, serve
from torch import nn

torch.set_num_threads(REQUEST["threads"])
torch.set_num_interop_threads(1)
torch.manual_seed(REQUEST["seed"])

WIDTH = REQUEST.get("width", 1)


class Residual(nn.Module):
    def __init__(self, before, filters):
        super().__init__()
        stride = 1 if before == filters else 2
        self.body = nn.Sequential(
            nn.Conv2d(before, filters, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
            nn.Conv2d(filters, filters, 3, padding=1, bias=False),
            nn.BatchNorm2d(filters),
        )
        short = nn.Sequential(nn.Conv2d(before, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))
        self.short = nn.Identity() if stride == 1 else short

    def forward(self, x):
        return torch.relu(self.body(x) + self.short(x))


class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(100, 32)
        self.lstm = nn.LSTM(32, 64, batch_first=True)
        self.label = nn.Linear(64, 1)

    def forward(self, tokens):
        return self.label(self.lstm(self.words(tokens))[0][:, -1])


def dense(*widths, activation=nn.ReLU, last=None):
    layers = []
    for before, units in zip(widths, widths[1:]):
        layers += [nn.Linear(before, units), activation()]
    return nn.Sequential(*layers[:-1], *([last()] if last else []))


def lenet_5_caffe():
    return nn.Sequential(
        nn.Conv2d(1, 20, 5),
        nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(800, 500),
        nn.ReLU(),
        nn.Linear(500, 10),
    )


def convnet():
    return nn.Sequential(
        nn.Conv2d(1, 32, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(3136, 512),
        nn.ReLU(),
        nn.Linear(512, 10),
    )


def resnet_20():
    blocks = []
    before = 16
    for filters in (16, 32, 64):
        for _ in range(3):
            blocks.append(Residual(before, filters))
            before = filters
    stem = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


model = {
    "lenet-300-100": lambda: dense(784, 300 * WIDTH, 100 * WIDTH, 10),
    "autoencoder": lambda: dense(784, 128, 64, 128, 784, activation=nn.Sigmoid, last=nn.Sigmoid),
    "adamnet": lambda: dense(784, 1000, 1000, 500, 200, 10),
    "lenet-5-caffe": lenet_5_caffe,
    "convnet": convnet,
    "lstm": Text,
    "resnet-20": resnet_20,
}[REQUEST["network"]]()
CHANNELS_LAST = REQUEST.get("channelsLast", False)
if CHANNELS_LAST:
    model = model.to(memory_format=torch.channels_last)

rows = torch.from_numpy(POOL)
if len(IMAGE) == 3:
    rows = rows.reshape(-1, *IMAGE).permute(0, 3, 1, 2)
    rows = rows.contiguous(memory_format=torch.channels_last if CHANNELS_LAST else torch.contiguous_format)
if REQUEST["network"] == "convnet":
    rows = rows - 0.5
if REQUEST["network"] == "lstm":
    rows = rows.long()
if REQUEST.get("targets") == "input":
    targets, loss_of = rows, nn.functional.mse_loss
elif REQUEST["network"] == "lstm":
    targets, loss_of = torch.from_numpy(LABELS).float()[:, None], nn.functional.binary_cross_entropy_with_logits
else:
    targets, loss_of = torch.from_numpy(LABELS).long(), nn.functional.cross_entropy

layers = [layer for layer in model.modules() if isinstance(layer, (nn.Linear, nn.Conv2d))]
# PyTorch's weight is [out, in, …]: norms along the dims but 0 are those of the connections into a unit.
penalised = [(layer.weight, *penalty_of(k)) for k, layer in enumerate(layers)]
lasso = REQUEST.get("lasso", 0)
lassoed = [p for k, layer in enumerate(layers) if any(penalty_of(k)) for p in (layer.weight, layer.bias)] if lasso else []
HAS_PENALTY = any(li or lo for _, li, lo in penalised)
if REQUEST["network"] == "resnet-20":
    optimizer = torch.optim.SGD(model.parameters(), lr=REQUEST["learningRate"], momentum=0.9, fused=True)
else:
    optimizer = torch.optim.Adam(model.parameters(), lr=REQUEST["learningRate"], eps=1e-7, fused=True)


def norms(weight, kept):
    return torch.linalg.vector_norm(weight, dim=[k for k in range(weight.dim()) if k != kept]).sum()


def objective(x, y):
    loss = loss_of(model(x), y)
    if not HAS_PENALTY:
        return loss, loss
    penalty = 0
    for weight, li, lo in penalised:
        if li:
            penalty = penalty + li * norms(weight, 0)
        if lo:
            penalty = penalty + lo * norms(weight, 1)
    for parameter in lassoed:
        penalty = penalty + lasso * parameter.abs().sum()
    return loss, loss + penalty


if REQUEST["compile"]:
    objective = torch.compile(objective, mode=REQUEST["compile"])


def train_step(indices):
    optimizer.zero_grad(set_to_none=True)
    loss, total = objective(rows[indices], targets[indices])
    total.backward()
    optimizer.step()
    return loss.detach()


version = torch.__version__.split("+")[0]
how = f"torch.compile ({REQUEST['compile']})" if REQUEST["compile"] else "eager"
serve(
    lambda: torch.randperm(len(rows)),
    train_step,
    {"torch": version},
    f"PyTorch {version}, {how}, {'channels last, ' if CHANNELS_LAST else ''}fused {type(optimizer).__name__}, {torch.get_num_threads()} threads",
)
