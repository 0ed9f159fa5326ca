"""The PyTorch side of the paired trainings: the same network, rules and events, with PyTorch's own arithmetic and gradients.

Stop rule, batches and losses are those of MethodDL; optimizer and dropout are PyTorch's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

EPSILON, BETA2 = 1e-7, 0.999  # Adam's


@dataclass(frozen=True)
class Recipe:
    """What is trained, and how.

    layers : (width, activation) of every dense layer, activation "TANH" or "LINEAR"; empty where `train` is given a model
    drop : rate on the input of every layer; shorter tuples are filled with 0
    loss : "CROSSENTROPY", "SUMOFSQUARES" or "MUTUALEXCLUSIVE"
    convergence_steps : epochs without a smaller validation loss before the training stops, one more and it does
    """

    layers: tuple[tuple[int, str], ...]
    loss: str
    learning_rate: float
    batch_size: int
    max_epochs: int
    convergence_steps: int
    drop: tuple[float, ...] = ()


def network(recipe: Recipe, inputs: int, initial=None):
    """The network; XAVIERUNIFORM, uniform in +-sqrt(6/(inputs + outputs)), and no biases, unless `initial` has (W, b) pairs."""
    import torch
    from torch import nn

    parts, size = [], inputs
    for i, (width, activation) in enumerate(recipe.layers):
        rate = recipe.drop[i] if i < len(recipe.drop) else 0.0
        if rate:
            parts.append(nn.Dropout(rate))
        layer = nn.Linear(size, width)
        with torch.no_grad():
            if initial is None:
                nn.init.xavier_uniform_(layer.weight)
                layer.bias.zero_()
            else:
                layer.weight.copy_(torch.from_numpy(initial[i][0]))
                layer.bias.copy_(torch.from_numpy(initial[i][1]))
        parts.append(layer)
        if activation == "TANH":
            parts.append(nn.Tanh())
        size = width
    return nn.Sequential(*parts)


def weighted_loss(loss: str, outputs, y, w):
    """1/(B C) sum_b w_b sum_c l_bc, or 1/B sum_b w_b l_b for MUTUALEXCLUSIVE."""
    import torch.nn.functional as F

    if loss == "MUTUALEXCLUSIVE":
        return (w * -(y * F.log_softmax(outputs, dim=1)).sum(dim=1)).mean()
    if loss == "CROSSENTROPY":
        rows = F.binary_cross_entropy_with_logits(outputs, y, reduction="none")
    else:
        rows = F.mse_loss(outputs, y, reduction="none")
    return (w * rows.mean(dim=1)).mean()


def train(
    recipe: Recipe,
    train,
    valid,
    *,
    seed: int,
    order: Callable[[int], np.ndarray] | None = None,
    initial=None,
    model=None,
    tmva_epsilon: bool = False,
    threads: int = 1,
):
    """Train with Adam (epsilon 1e-7) and keep the parameters, and running values, of the smallest validation loss.

    Parameters
    ----------
    train, valid : (x (N, V), y (N, C), w (N,)) float32
    order : epoch from 1 -> (N,) rows in the order of training; drawn by PyTorch if missing
    initial : [(W (outputs, inputs), b (outputs,)), ...], optional
    model : torch.nn.Sequential, optional
        Instead of the dense network of `recipe`, from the parameters that it has; running values restart at each epoch.

    tmva_epsilon : bool
        Adam's epsilon where TMVA adds it, to the root before the correction of its bias, not behind it. Only gradients as
        small as epsilon see it: those of saturated gates and tanh, for one.

    Returns
    -------
    (apply, epochs, best) : function from x (N, V) to the raw outputs (N, C), the number of epochs run, the smallest loss
    """
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    x, y, w, xv, yv, wv = (torch.from_numpy(np.ascontiguousarray(a, np.float32)) for a in (*train, *valid))
    model = network(recipe, x.shape[1], initial) if model is None else model
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate, eps=EPSILON)
    steps = 0

    def validate():
        model.eval()
        with torch.inference_mode():
            value = float(weighted_loss(recipe.loss, model(xv), yv, wv))
        model.train()
        return value

    best, stale, epoch = validate(), 0, 0
    kept = None
    while epoch < recipe.max_epochs and stale <= recipe.convergence_steps:
        epoch += 1
        for module in model.modules():
            if hasattr(module, "reset_running_stats"):
                module.reset_running_stats()
        rows = torch.from_numpy(order(epoch)) if order is not None else torch.randperm(len(x))
        for start in range(0, len(x), recipe.batch_size):
            batch = rows[start : start + recipe.batch_size]
            optimizer.zero_grad(set_to_none=True)
            weighted_loss(recipe.loss, model(x[batch]), y[batch], w[batch]).backward()
            steps += 1
            if tmva_epsilon:
                optimizer.param_groups[0]["eps"] = EPSILON / math.sqrt(1.0 - BETA2**steps)
            optimizer.step()
        value = validate()
        if not math.isfinite(value):
            raise ArithmeticError(f"the validation loss is {value} after epoch {epoch}")
        stale = 0 if value < best else stale + 1
        if value < best or kept is None:
            kept = {name: value.clone() for name, value in model.state_dict().items()}
        best = min(best, value)
    if kept is not None:
        model.load_state_dict(kept)
    model.eval()

    def apply(events):
        with torch.inference_mode():
            return model(torch.from_numpy(np.ascontiguousarray(events, np.float32))).numpy()

    return apply, epoch, best
