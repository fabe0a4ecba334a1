"""One training run: bounded by minutes of work, interruptible at any moment, resumable from its checkpoint."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

from training.data import BatchDraw, Pixels
from training.figures import auc
from training.network import logits_of, new_network, to_input
from training.sources import Fold, Label, Sample, Split, seen_in_training

_SAVE_EVERY_SECONDS = 120.0
_LOOKS = 5  # how often a run measures itself on validation images


@dataclass(frozen=True)
class Plan:
    """What a run is made of. `minutes` is training work, pauses between a stop and a resume not counted."""

    minutes: float
    seed: int = 7
    batch: int = 32
    crop: int = 160
    rate: float = 5e-4
    head_rate: float = 1e-3
    weight_decay: float = 0.02
    smoothing: float = 0.03
    averaging: float = 0.998
    threads: int = 2


@dataclass(frozen=True)
class Trained:
    """A finished run: the averaged network, how many samples it was shown, and how long that took."""

    network: nn.Module
    samples: int
    minutes: float
    plan: Plan


class _Batches(IterableDataset[tuple[Pixels, NDArray[np.float32]]]):
    def __init__(self, draw: BatchDraw, first_step: int) -> None:
        self._draw, self._first_step = draw, first_step

    def __iter__(self) -> Any:
        return self._draw.batches(self._first_step)


class _Run:
    """Everything that changes while training, and that a checkpoint holds."""

    def __init__(self, plan: Plan) -> None:
        self.network = new_network()
        self.averaged = copy.deepcopy(self.network).requires_grad_(False).eval()
        head = [p for name, p in self.network.named_parameters() if name.startswith("_fc")]
        body = [p for name, p in self.network.named_parameters() if not name.startswith("_fc")]
        self.optimiser = torch.optim.AdamW(
            [{"params": body, "peak": plan.rate}, {"params": head, "peak": plan.head_rate}],
            lr=plan.rate,
            weight_decay=plan.weight_decay,
        )
        self.step = 0
        self.seconds = 0.0

    def save(self, path: Path, plan: Plan, fold: Fold) -> None:
        """Written beside and renamed, so that a stop while writing leaves the checkpoint before it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        state = {
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "plan": asdict(plan),
            "left_out": list(fold.left_out),
        }
        torch.save(state, beside)
        beside.replace(path)

    def load(self, path: Path, fold: Fold) -> None:
        """Raises ValueError when the checkpoint has seen sources that this fold leaves out."""
        state = torch.load(path, weights_only=True)
        if state["left_out"] != list(fold.left_out):
            raise ValueError(
                f"{path} was trained without {state['left_out']}, not without {list(fold.left_out)}"
            )
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seconds = state["step"], state["seconds"]

    def start_from(self, path: Path) -> None:
        """Begin with the averaged weights of a finished run, which may have left out more sources, never fewer."""
        averaged = torch.load(path, weights_only=True)["averaged"]
        self.network.load_state_dict(averaged)
        self.averaged.load_state_dict(averaged)


def rate_factor(progress: float, warm_up: float = 0.03) -> float:
    """Share of the peak learning rate at `progress` 0–1: a short rise, then half a cosine down to 1 %."""
    if progress < warm_up:
        return max(0.05, progress / warm_up)
    fallen = min(1.0, (progress - warm_up) / (1 - warm_up))
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * fallen))


def train(
    plan: Plan,
    fold: Fold,
    samples: Sequence[Sample],
    images: Sequence[Pixels],
    checkpoint: Path,
    resume: bool,
    start: Path | None = None,
) -> Trained:
    """Train until `plan.minutes` are used up. The learning rate follows the time used, so a busy machine ends on time too."""
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    run = _Run(plan)
    if resume and checkpoint.exists():
        run.load(checkpoint, fold)
    elif start is not None:
        run.start_from(start)
    draw = BatchDraw(
        samples,
        images,
        seen_in_training(samples, fold, Split.TRAIN),
        plan.batch,
        plan.crop,
        plan.seed,
    )
    loader = DataLoader(_Batches(draw, run.step), batch_size=None, num_workers=1, prefetch_factor=4)
    look_at = seen_in_training(samples, fold, Split.VAL)[::2]
    budget = plan.minutes * 60
    saved = counted = time.monotonic()
    losses: list[float] = []
    for pixels, truths in loader:
        if run.seconds >= budget:
            break
        progress = run.seconds / budget
        losses.append(_learn(run, plan, progress, np.asarray(pixels), torch.as_tensor(truths)))
        run.seconds += time.monotonic() - counted
        if run.step % 50 == 0:
            _say(run, plan, losses[-50:])
        if int(run.seconds / budget * _LOOKS) > int(progress * _LOOKS):
            _look(run, samples, images, look_at)
        if time.monotonic() - saved > _SAVE_EVERY_SECONDS:
            run.save(checkpoint, plan, fold)
            saved = time.monotonic()
        counted = time.monotonic()
    run.save(checkpoint, plan, fold)
    return Trained(run.averaged, run.step * plan.batch, run.seconds / 60, plan)


@torch.no_grad()
def mean_network(networks: Sequence[nn.Module]) -> nn.Module:
    """Weight by weight; sensible only for networks that began with the same trained weights."""
    mean = copy.deepcopy(networks[0])
    others = [network.state_dict() for network in networks]
    for name, value in mean.state_dict().items():
        if value.dtype.is_floating_point:
            value.copy_(torch.stack([other[name] for other in others]).mean(dim=0))
    return mean


def _learn(run: _Run, plan: Plan, progress: float, pixels: Pixels, truths: torch.Tensor) -> float:
    for group in run.optimiser.param_groups:
        group["lr"] = group["peak"] * rate_factor(progress)
    run.network.train()
    targets = truths * (1 - 2 * plan.smoothing) + plan.smoothing
    loss = nn.functional.binary_cross_entropy_with_logits(run.network(to_input(pixels)), targets)
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    run.optimiser.step()
    run.step += 1
    _average(run, plan.averaging)
    return float(loss.detach())


@torch.no_grad()
def _average(run: _Run, decay: float) -> None:
    """Exponential moving average of weights and statistics; young averages forget faster."""
    kept = min(decay, (1 + run.step) / (10 + run.step))
    for old, new in zip(
        run.averaged.state_dict().values(), run.network.state_dict().values(), strict=True
    ):
        if old.dtype.is_floating_point:
            old.lerp_(new, 1 - kept)
        else:
            old.copy_(new)


def _say(run: _Run, plan: Plan, losses: Sequence[float]) -> None:
    samples = run.step * plan.batch
    print(
        f"step {run.step}  samples {samples}  {run.seconds / 60:.1f} of {plan.minutes:.0f} min  "
        f"loss {float(np.mean(losses)):.4f}  {1000 * run.seconds / samples:.0f} ms/sample",
        flush=True,
    )


def _look(
    run: _Run, samples: Sequence[Sample], images: Sequence[Pixels], chosen: Sequence[int]
) -> None:
    logits = logits_of(run.averaged, [images[i] for i in chosen])
    truths = np.array([samples[i].label is Label.FAKE for i in chosen])
    print(
        f"step {run.step}  validation AUC {auc(logits, truths):.4f} (n {len(chosen)}, seen sources)",
        flush=True,
    )
