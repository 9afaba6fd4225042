"""Writes the vectors of whole steps from PyTorch, in float64, as a second oracle: python torch_vectors.py FOLDER."""

import sys

import torch
from common import cases, flat, label, plain, step_batch, step_parameters, step_rate, write

torch.set_num_threads(1)
ORACLE = f"PyTorch {torch.__version__.split('+')[0]}, float64"


def number(x):
    return torch.tensor(x, dtype=torch.float64)


def group_norms(kernel, dim):
    squares = kernel.square().sum(dim)
    return squares[squares > 0].sqrt().sum()


def penalty_of(case, layers):
    total = number(0.0)
    penalties = case["penalties"]
    for kernel, bias in layers:
        total = total + penalties.get("li", 0) * group_norms(kernel, 0) + penalties.get("lo", 0) * group_norms(kernel, 1)
        for weight in [kernel, bias] if case.get("bias") else [kernel]:
            total = total + penalties.get("l1", 0) * weight.abs().sum() + penalties.get("l2", 0) * weight.square().sum()
    return total


def loss_of(case, logits, target):
    word = case.get("loss", "sparse_categorical_crossentropy")
    if word == "mean_squared_error":
        return torch.nn.functional.mse_loss(logits, number(target))
    if word == "binary_crossentropy":
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, number(target))
    target = number(target) if word == "categorical_crossentropy" else torch.tensor(target)
    return torch.nn.functional.cross_entropy(logits, target)


def optimizer_of(case, parameters):
    given = case.get("arguments", {})
    if case["optimizer"] == "sgd":
        momentum = given.get("momentum", 0.0)
        return torch.optim.SGD(parameters, case["learning_rate"], momentum=momentum, nesterov=given.get("nesterov", False))
    return torch.optim.Adam(parameters, case["learning_rate"], betas=(given.get("beta_1", 0.9), given.get("beta_2", 0.999)))


def steps(section):
    for case in section["cases"]:
        if case.get("only"):
            continue
        layers = [
            (number(kernel).requires_grad_(), number(bias).requires_grad_()) for kernel, bias in step_parameters(section, case)
        ]
        parameters = [weight for layer in layers for weight in layer]
        optimizer = optimizer_of(case, parameters)
        hidden = getattr(torch, case.get("hidden", "relu"))
        losses, penalties = [], []
        for step in range(section["steps"]):
            for group in optimizer.param_groups:
                group["lr"] = step_rate(section, case, step)
                if case["optimizer"] == "adam":
                    # Keras adds epsilon before the bias correction, PyTorch after it.
                    given = case.get("arguments", {})
                    correction = (1 - given.get("beta_2", 0.999) ** (step + 1)) ** 0.5
                    group["eps"] = given.get("epsilon", 1e-7) / correction
            x, target = step_batch(section, case, step)
            h = number(x)
            for at, (kernel, bias) in enumerate(layers):
                h = h @ kernel + bias
                if at < len(layers) - 1:
                    h = hidden(h)
            loss, penalty = loss_of(case, h, target), penalty_of(case, layers)
            optimizer.zero_grad()
            (loss + penalty).backward()
            optimizer.step()
            losses.append(loss.item())
            penalties.append(penalty.item())
        yield label(case), {
            "loss": plain(losses),
            "penalty": plain(penalties),
            "parameters": [flat(weight.detach()) for weight in parameters],
        }


if __name__ == "__main__":
    write(sys.argv[1], "steps", ORACLE, dict(steps(cases()["steps"])))
