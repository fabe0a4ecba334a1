"""What is trained: a small head on the trunk's statistics. Half of its answer is linear, half from small networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.discriminant import Floats, discriminant
from training.figures import Scores, Truths

CLIP = 5.0
"""Standardised statistics further out than this many deviations count as this many: an unknown source must not shout."""


@dataclass(frozen=True)
class Plan:
    """How a head is trained. `ridge` and `between_sources` make the linear half (`discriminant`); `member_decay` is AdamW's."""

    seed: int = 7
    ridge: float = 1.0
    between_sources: float = 0.2
    members: int = 4
    hidden: int = 64
    epochs: int = 6
    batch: int = 128
    rate: float = 1e-3
    member_decay: float = 0.05
    drop_input: float = 0.2
    drop_hidden: float = 0.5
    smoothing: float = 0.03


@dataclass(frozen=True)
class Head:
    """logit = relu(x · hidden + hidden_bias) · outer + x · linear + bias, x = clip((features − centre) / spread).

    Shapes: centre, spread (d,); linear (d, 1); hidden (d, h); hidden_bias (h,); outer (h, 1); bias (1,).
    """

    centre: Floats
    spread: Floats
    linear: Floats
    hidden: Floats
    hidden_bias: Floats
    outer: Floats
    bias: Floats

    def logits(self, features: Floats) -> Scores:
        """One a row of (n, d)."""
        x = _standardised(features, self.centre, self.spread)
        bent = np.maximum(x @ self.hidden + self.hidden_bias, 0) @ self.outer
        return np.asarray((bent + x @ self.linear + self.bias)[:, 0], dtype=np.float64)


def fit(
    plan: Plan, features: Floats, truths: Truths, sources: NDArray[np.str_], odds: Floats
) -> Head:
    """features (n, d); truths (n,), True for fake; sources (n,); odds (n,) with sum 1: how much each row counts.

    Both halves are brought to one deviation over the rows before they are added, so that neither drowns the other.
    """
    centre = features.mean(axis=0)
    spread = features.std(axis=0) + np.float32(1e-3)
    standard = _standardised(features, centre, spread)
    weight = discriminant(standard, truths, sources, odds, plan.ridge, plan.between_sources)
    answers = standard @ weight
    inner = np.float32(0.5) / _deviation(answers, odds)
    x = torch.from_numpy(standard)
    y = torch.from_numpy(truths.astype(np.float32))
    p = torch.from_numpy(odds.astype(np.float32))
    members = [_member(plan, plan.seed + number, x, y, p) for number in range(plan.members)]
    bent = sum(one(x)[:, 0].detach().numpy() for one in members)
    outer = np.float32(0.5) / _deviation(bent, odds)
    biases = sum(float(one[4].bias.detach()) for one in members)
    mean = float((odds * (answers * inner + bent * outer)).sum())
    first, last = [one[1] for one in members], [one[4] for one in members]
    return Head(
        centre=centre,
        spread=spread,
        linear=(weight * inner)[:, None],
        hidden=np.concatenate([layer.weight.detach().numpy().T for layer in first], axis=1),
        hidden_bias=np.concatenate([layer.bias.detach().numpy() for layer in first]),
        outer=np.concatenate([layer.weight.detach().numpy()[0] for layer in last])[:, None] * outer,
        bias=np.array([biases * outer - mean], dtype=np.float32),
    )


def _standardised(features: Floats, centre: Floats, spread: Floats) -> Floats:
    return np.clip((features - centre) / spread, -CLIP, CLIP).astype(np.float32)


def _deviation(values: Floats, odds: Floats) -> np.float32:
    mean = float((values * odds).sum())
    return np.float32(np.sqrt(float((odds * (values - mean) ** 2).sum())))


def _member(
    plan: Plan, seed: int, x: torch.Tensor, y: torch.Tensor, p: torch.Tensor
) -> nn.Sequential:
    """One small network, in evaluation mode."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Dropout(plan.drop_input),
        nn.Linear(x.shape[1], plan.hidden),
        nn.ReLU(),
        nn.Dropout(plan.drop_hidden),
        nn.Linear(plan.hidden, 1),
    )
    steps = plan.epochs * len(x) // plan.batch
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=plan.rate, weight_decay=plan.member_decay
    )
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        drawn = torch.multinomial(p, plan.batch, replacement=True)
        targets = y[drawn] * (1 - 2 * plan.smoothing) + plan.smoothing
        loss = nn.functional.binary_cross_entropy_with_logits(network(x[drawn])[:, 0], targets)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        falling.step()
    return network.eval()


def odds_of(weights: dict[str, float], sources: Sequence[str]) -> Floats:
    """Rows of a source share its weight equally; the sum is that of the weights."""
    names = np.array(sources)
    return np.array([weights[name] / np.sum(names == name) for name in sources], dtype=np.float32)
