"""Folds and source weights."""

from __future__ import annotations

import pytest

from training.sources import (
    ALL_SOURCES,
    FOLDS,
    Label,
    Sample,
    Split,
    fold_of,
    left_out,
    seen_in_training,
    source_weights,
)


def _sample(source: str, label: Label = Label.REAL, split: Split = Split.TRAIN) -> Sample:
    return Sample(f"{label}/{source}/1.jpg", label, source, "-", "MIT", split)


def test_there_are_four_folds_and_no_source_is_left_out_twice() -> None:
    every = [source for fold in FOLDS for source in fold.left_out]
    assert [fold.number for fold in FOLDS] == [1, 2, 3, 4]
    assert len(every) == len(set(every))


def test_each_fold_leaves_out_one_real_source_and_at_least_one_fake_source() -> None:
    assert all(len(fold.real_sources) == 1 and fold.fake_sources for fold in FOLDS)


def test_training_and_validation_never_contain_a_left_out_source() -> None:
    fold = fold_of(1)
    samples = [
        _sample(source, split=split) for source in ("web_mask", *fold.left_out) for split in Split
    ]
    for split in (Split.TRAIN, Split.VAL):
        assert {samples[i].source for i in seen_in_training(samples, fold, split)} == {"web_mask"}
    assert len(left_out(samples, fold)) == 3 * len(fold.left_out)


def test_the_shipped_run_leaves_nothing_out() -> None:
    assert fold_of(0) is ALL_SOURCES
    assert left_out([_sample("web_mask"), _sample("stylegan3_skl", Label.FAKE)], ALL_SOURCES) == []


def test_unknown_fold_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="fold 9"):
        fold_of(9)


def test_a_source_four_times_as_large_is_drawn_twice_as_often() -> None:
    weights = source_weights(["small"] * 100 + ["large"] * 400)
    assert weights["large"] == pytest.approx(2 * weights["small"])
    assert sum(weights.values()) == pytest.approx(1)


def test_the_confounded_face_swap_pair_counts_half() -> None:
    weights = source_weights(["ds10k_ai"] * 100 + ["other"] * 100)
    assert weights["ds10k_ai"] == pytest.approx(weights["other"] / 2)
