# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The default model's fusion: what it believes, and when it doubts the head."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the train extra")

from torch import Tensor, nn

from bgflow_train.data import BACKGROUND, FOREGROUND
from bgflow_train.evaluation.calibration import Calibration
from bgflow_train.model import fusion as module
from bgflow_train.model.fusion import Domain, Fusion, across_domains
from bgflow_train.model.network import Network

CELLS = 4000
seeds = st.integers(0, 2**32 - 1)


def domain(informative: tuple[float, ...], confidence: float = 1.0, seed: int = 0, cells: int = CELLS) -> Domain:
    """Cells whose scores are noise, plus so much where they are foreground."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, cells).astype(np.uint8)
    scores = rng.normal(size=(cells, len(informative))) + np.outer(labels == FOREGROUND, informative)
    return Domain(scores, np.full(cells, confidence), labels, np.full(cells, 1 / cells))


def slope(fusion: Fusion, confidence: float) -> float:
    """What a unit of the head's score takes from the background logit in a picture of this confidence."""
    scores = np.zeros((2, len(fusion.mean)))
    scores[1, 0] = 1
    logits = fusion.logit(scores, np.full(2, confidence))
    return float(logits[0] - logits[1])


@given(seeds, st.integers(1, 5), st.lists(st.floats(-3, 3), min_size=5, max_size=5), st.floats(0.1, 10))
@settings(deadline=None, max_examples=40)
def test_no_weight_is_negative_even_of_a_score_that_is_wrong(
    seed: int, scores: int, informative: list[float], confidence: float
) -> None:
    parts = [domain(tuple(informative[:scores]), confidence, seed + place, 300) for place in range(2)]
    fusion = Fusion.fit(parts)
    assert min(*fusion.weight, fusion.confidence) >= 0
    assert np.isfinite([*fusion.weight, fusion.confidence, fusion.bias]).all()


def test_a_score_that_says_something_counts_and_noise_does_not() -> None:
    fusion = Fusion.fit([domain((0.0, 2.0, 0.0), seed=seed) for seed in range(3)])
    assert fusion.weight[1] > 1.5
    assert fusion.weight[0] + fusion.confidence < 0.1
    assert fusion.weight[2] < 0.1


def test_a_score_of_the_wrong_sign_counts_nothing() -> None:
    fusion = Fusion.fit([domain((1.0, -2.0), seed=seed) for seed in range(2)])
    assert fusion.weight[1] == 0
    assert fusion.weight[0] + fusion.confidence > 0.5


@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e3])
def test_the_unit_of_a_score_does_not_matter(factor: float) -> None:
    plain = [domain((1.0, 2.0), seed=seed) for seed in range(2)]
    other = [part._replace(scores=part.scores * [1.0, factor] + [0.0, 5 * factor]) for part in plain]
    logits = [Fusion.fit(parts).logit(parts[0].scores, parts[0].confidence) for parts in (plain, other)]
    assert logits[1] == pytest.approx(logits[0], abs=0.02)


def test_a_head_that_is_lost_where_it_is_unsure_counts_by_its_confidence() -> None:
    lost, home = domain((0.0, 1.0), confidence=0.2, seed=1), domain((3.0, 1.0), confidence=3.0, seed=2)
    fusion = Fusion.fit([lost, home])
    assert slope(fusion, 3.0) > 5 * slope(fusion, 0.2) > 0
    always = Fusion.fit([domain((3.0, 1.0), confidence, seed) for seed, confidence in enumerate((0.2, 3.0))])
    assert slope(always, 0.2) > 3 * slope(fusion, 0.2), "a head that is right although unsure is believed"


def test_every_domain_counts_the_same_however_many_cells_it_has() -> None:
    first, second = domain((2.0, 0.0), seed=1), domain((0.0, 2.0), seed=2)
    often = Domain(*(np.concatenate([column] * 5) for column in second))
    once, five_times = Fusion.fit([first, second]), Fusion.fit([first, often])
    assert five_times.logit(first.scores, first.confidence) == pytest.approx(
        once.logit(first.scores, first.confidence), abs=0.01
    )


@given(seeds, st.floats(0, 20))
@settings(deadline=None, max_examples=40)
def test_the_logit_is_the_formula_s(seed: int, confidence: float) -> None:
    rng = np.random.default_rng(seed)
    mean, deviation, weight = rng.normal(size=3), rng.uniform(0.1, 5, 3), rng.uniform(0, 3, 3)
    more, bias = rng.uniform(0, 2), rng.normal()
    fusion = Fusion(mean.tolist(), deviation.tolist(), weight.tolist(), float(more), float(bias))
    scores = rng.normal(size=(7, 3))
    normal = (scores - mean) / deviation
    expected = bias - normal @ weight - more * confidence * normal[:, 0]
    assert fusion.logit(scores, np.full(7, confidence)) == pytest.approx(expected, abs=1e-9)


def test_background_logits_are_high_where_background_is() -> None:
    parts = [domain((2.0, 1.0), seed=seed) for seed in range(2)]
    logits = Fusion.fit(parts).logit(parts[0].scores, parts[0].confidence)
    assert logits[parts[0].labels == BACKGROUND].mean() > 1 > -1 > logits[parts[0].labels == FOREGROUND].mean()


class Channels(nn.Module):
    """An encoder whose maps are the picture's channels."""

    def forward(self, image: Tensor) -> list[Tensor]:
        return [image]


class Channel(nn.Module):
    """A score that is one of them."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def forward(self, maps: list[Tensor]) -> Tensor:
        return maps[0][:, self.number : self.number + 1] / 10


def test_the_network_says_what_fusion_and_calibration_say() -> None:
    fusion = Fusion([4.0, 9.0, 12.0], [2.0, 5.0, 3.0], [0.7, 0.4, 1.1], 0.05, 0.3)
    image = np.random.default_rng(0).integers(0, 256, (1, 6, 8, 3), np.uint8)
    network = Network(Channels(), [Channel(number) for number in range(3)], fusion, Calibration(1.7, -0.2))
    scores = image.reshape(-1, 3) / 10
    logits = fusion.logit(scores, np.full(len(scores), scores[:, 0].mean()))
    found = network(torch.from_numpy(image))
    assert found.shape == (1, 6, 8)
    assert found.flatten().numpy() == pytest.approx(logits / 1.7 - 0.2, abs=1e-4)


def test_each_domain_is_judged_by_the_fusion_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [domain((2.0, 0.0), seed=seed) for seed in range(3)]
    fitted, fit = [], Fusion.fit

    def spy(domains: list[Domain]) -> Fusion:
        fitted.append([next(place for place, part in enumerate(parts) if part is one) for one in domains])
        return fit(domains)

    monkeypatch.setattr(module.Fusion, "fit", spy)
    found = across_domains(parts)
    assert fitted == [[1, 2], [0, 2], [0, 1]]
    assert min(found) > 0.9


def test_a_domain_unlike_the_others_is_told_by_its_auroc() -> None:
    same = [domain((2.0, 0.0), seed=seed) for seed in range(2)]
    found = across_domains([*same, domain((-2.0, 0.0), seed=5)])
    assert found[2] < 0.15
    assert min(found[:2]) > 0.4
