"""The choice of thresholds, and verdicts under them."""

from __future__ import annotations

import numpy as np
import pytest

from training.sources import Label
from training.thresholds import Allowance, Decision, Group, decide, verdict_shares

_ALLOWED = Allowance(0.10, 0.15)


def _group(label: Label, centre: float, spread: float, unseen: bool = True) -> Group:
    rng = np.random.default_rng(5)
    probabilities = np.clip(centre + spread * rng.normal(size=2000), 0.001, 0.999)
    return Group(f"{label} {centre}", label, unseen, probabilities)


@pytest.mark.parametrize(("spread", "false_positives"), [(0.1, 0.10), (0.3, 0.13)])
def test_decision_keeps_its_promises_and_one_half_inside_the_band(
    spread: float, false_positives: float
) -> None:
    photos, made = _group(Label.REAL, 0.2, spread), _group(Label.FAKE, 0.8, spread)
    decision = decide([photos, made], Allowance(false_positives, 0.15))
    assert decision is not None
    assert decision.real_at <= 0.5 <= decision.fake_at
    for group in (photos, made):
        _, uncertain, _ = verdict_shares(group.probabilities, decision)
        assert uncertain / 2000 <= 0.15
    real, _, fake = verdict_shares(photos.probabilities, decision)
    assert fake / (fake + real) <= false_positives


def test_no_decision_when_no_thresholds_can_keep_the_promise() -> None:
    fooled = Group("photos", Label.REAL, True, np.full(100, 0.995))
    assert decide([fooled, _group(Label.FAKE, 0.8, 0.1)], _ALLOWED) is None


def test_seen_photographs_limit_abstentions_but_not_false_positives() -> None:
    fooled = Group("photos", Label.REAL, False, np.full(100, 0.995))
    unseen = [_group(Label.REAL, 0.2, 0.1), _group(Label.FAKE, 0.8, 0.1)]
    assert decide([fooled, *unseen], _ALLOWED) is not None
    unsure = Group("photos", Label.REAL, False, np.linspace(0.4, 0.9, 100))
    decision = decide([unsure, *unseen], _ALLOWED)
    assert decision is not None
    assert verdict_shares(unsure.probabilities, decision)[1] <= 15


def test_sparing_reals_takes_the_fewest_false_positives() -> None:
    groups = [_group(Label.REAL, 0.5, 0.3), _group(Label.FAKE, 0.6, 0.3)]
    cheap = decide(groups, Allowance(1.0, 0.2))
    sparing = decide(groups, Allowance(1.0, 0.2), spare_reals=True)
    assert cheap is not None
    assert sparing is not None

    def accused(decision: Decision) -> float:
        real, _, fake = verdict_shares(groups[0].probabilities, decision)
        return fake / (fake + real)

    assert accused(sparing) <= accused(cheap)


def test_verdicts_add_up_to_all_images() -> None:
    probabilities = np.array([0.0, 0.4, 0.41, 0.5, 0.59, 0.6, 1.0])
    assert verdict_shares(probabilities, Decision(fake_at=0.6, real_at=0.4)) == (2, 3, 2)
    assert verdict_shares(probabilities, Decision(fake_at=0.5, real_at=0.5)) == (3, 0, 4)
