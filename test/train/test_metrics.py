# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgflow_train.evaluation.metrics import EDGES, bootstrap, histogram, measure


@pytest.fixture(scope="module")
def sklearn() -> ModuleType:
    """The reference. Not every worker of a parallel run should take the seconds of its import."""
    return pytest.importorskip("sklearn.metrics", reason="needs the train extra")


def pixels(seed: int, shift: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits at the centres of the bins, so that binning loses nothing, with many ties; masks with void."""
    rng = np.random.default_rng(seed)
    mask = rng.choice(np.array([0, 1, 255], np.uint8), size=(40, 50), p=[0.5, 0.3, 0.2])
    logits = rng.normal(0, 0.3, mask.shape) - shift * (mask == 1)
    return (np.floor(logits / 0.01) * 0.01 + 0.005).astype(np.float32), mask


@given(seed=st.integers(0, 1000), shift=st.floats(-1, 3))
def test_metrics_agree_with_scikit_learn(sklearn: ModuleType, seed: int, shift: float) -> None:
    logits, mask = pixels(seed, shift)
    ours = measure(histogram(logits, mask))
    labelled = mask != 255
    truth, score = mask[labelled] == 1, -logits[labelled]
    assert ours.pi == pytest.approx(truth.mean())
    assert ours.auroc == pytest.approx(sklearn.roc_auc_score(truth, score), abs=1e-6)
    assert ours.ap == pytest.approx(sklearn.average_precision_score(truth, score), abs=1e-6)
    fpr, tpr, _ = sklearn.roc_curve(truth, score, drop_intermediate=False)
    assert ours.fpr95 == pytest.approx(fpr[np.searchsorted(tpr, 0.95)], abs=1e-6)


def test_ar_is_the_area_under_recall_over_precision(sklearn: ModuleType) -> None:
    logits, mask = pixels(3, 1.0)
    labelled = mask != 255
    precision, recall, _ = sklearn.precision_recall_curve(mask[labelled] == 1, -logits[labelled])
    # The Stieltjes sum of recall over the changes of precision, from pi, where everything is found, to the first pixel.
    area = float((recall[:-2] * np.diff(precision[:-1])).sum())
    assert measure(histogram(logits, mask)).ar == pytest.approx(area, abs=0.01)


def test_auroc_is_one_half_for_chance_and_one_for_perfection() -> None:
    mask = np.repeat(np.array([0, 1], np.uint8), 500)[None]
    same = measure(histogram(np.zeros(mask.shape, np.float32), mask))
    assert (same.auroc, same.ap, same.ar, same.fpr95) == (0.5, 0.5, 0.0, 1.0)
    perfect = measure(histogram(np.where(mask == 1, -5, 5).astype(np.float32), mask))
    assert (perfect.auroc, perfect.ap, perfect.fpr95) == (1.0, 1.0, 0.0)


def test_logits_beyond_the_edges_count_in_the_outermost_bins() -> None:
    mask = np.array([[0, 1]], np.uint8)
    counts = histogram(np.array([[1e9, -1e9]], np.float32), mask)
    assert counts[0, -1] == counts[1, 0] == 1
    assert counts.shape == (2, len(EDGES) - 1)


def test_one_label_alone_has_no_metrics() -> None:
    assert np.isnan(measure(histogram(np.zeros((2, 2), np.float32), np.zeros((2, 2), np.uint8))).auroc)


def test_the_intervals_hold_the_pooled_value_and_depend_on_the_seed_alone() -> None:
    counts = np.stack([histogram(*pixels(seed, 0.3)) for seed in range(30)])
    pooled = measure(counts.sum(0))
    intervals = bootstrap(counts, seed=1, resamples=200)
    for name, (low, high) in intervals.items():
        assert low < getattr(pooled, name) < high, name
    assert intervals == bootstrap(counts, seed=1, resamples=200)
