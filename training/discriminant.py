"""The linear half of the head: Fisher's discriminant that counts how sources lie apart less than how pictures of a source do. Pure numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.figures import Truths

Floats = NDArray[np.float32]


def discriminant(
    x: Floats,
    truths: Truths,
    sources: NDArray[np.str_],
    odds: Floats,
    ridge: float,
    between_sources: float,
) -> Floats:
    """(d,): the direction (inside + between_sources · between + ridge · 1)⁻¹ · (mean of the fakes − mean of the reals).

    x (n, d), standardised; odds (n,) with sum 1: how much each row counts. `inside` is the covariance of rows around the mean of
    their own source, `between` that of the sources' means around the mean of their label; with between_sources 1 this is the
    usual discriminant, shrunk (Friedman 1989, JASA 84). A handful of sources says little about how sources differ: counted
    fully, their differences turn the direction away from whatever one of them happens to share with the other label.
    Raises ValueError without both labels.
    """
    if truths.all() or not truths.any():
        raise ValueError("a discriminant needs images of both labels")
    middles = {label: _mean(x[truths == label], odds[truths == label]) for label in (False, True)}
    scatter = np.zeros((x.shape[1], x.shape[1]))
    for label, middle in middles.items():
        for source in sorted(set(sources[truths == label].tolist())):
            here = (truths == label) & (sources == source)
            mean = _mean(x[here], odds[here])
            away = x[here] - mean
            scatter += away.T @ (away * odds[here][:, None])
            scatter += between_sources * odds[here].sum() * np.outer(mean - middle, mean - middle)
    scatter[np.diag_indices(len(scatter))] += ridge
    apart = (middles[True] - middles[False]).astype(np.float64)
    return np.linalg.solve(scatter, apart).astype(np.float32)


def _mean(rows: Floats, odds: Floats) -> Floats:
    mean: Floats = odds @ rows / odds.sum()
    return mean
