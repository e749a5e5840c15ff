# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from bgflow_train.data import DatasetError
from bgflow_train.evaluation.calibration import Calibration
from bgflow_train.evaluation.metrics import EDGES, histogram
from bgflow_train.evaluation.operating_points import POINTS, Source, measure, thresholds
from bgflow_train.studies.paper.fusion import PaperFusion


def rooms(rng: np.random.Generator, number: int, foreground: float = 0.5) -> np.ndarray:
    """Counts of one image per room, with foreground whose logits lie around a mean of the room's own."""
    mask = (np.arange(400).reshape(20, 20) < 400 * foreground).astype(np.uint8)
    means = rng.normal(-2, 1, number)
    return np.stack(
        [histogram(np.where(mask, rng.normal(mean, 1, mask.shape), 3).astype(np.float32), mask) for mean in means]
    )


def risk(mask: str, counts: np.ndarray, likelihood: float) -> float:
    """Foreground at or above a likelihood, as the mean share of a room's foreground, or of its pixels."""
    above = EDGES[:-1] >= np.log(likelihood / (1 - likelihood)) - 1e-3  # a tenth of a bin; likelihoods are rounded
    whole = counts[:, 1].sum(1) if mask == "foreground" else counts.sum((1, 2))
    return float((counts[:, 1, above].sum(1) / whole).mean())


@pytest.mark.parametrize("mask", POINTS)
def test_new_rooms_keep_the_level_in_expectation(mask: str) -> None:
    rng, number, level = np.random.default_rng(0), 150, POINTS[mask].level
    risks = []
    for _ in range(60):
        counts = rooms(rng, number + 50)
        risks.append(risk(mask, counts[number:], thresholds([Source(counts[:number], range(number))])[mask]))
    assert np.mean(risks) <= level
    assert np.mean(risks) >= level / 10, "and not by calling everything foreground"


def test_what_is_measured_is_the_risk_of_the_threshold() -> None:
    counts = rooms(np.random.default_rng(0), 200)
    for mask, likelihood in thresholds([Source(counts, range(200))]).items():
        measured = measure(Source(counts, range(200)), POINTS[mask], likelihood)
        assert measured == {"rooms": 200, "risk": pytest.approx(risk(mask, counts, likelihood), abs=1e-4)}


def test_a_static_mask_is_never_larger_than_what_is_no_foreground() -> None:
    # Hardly any foreground: all of it may lie above, so that the promise of the static mask alone would hold anywhere.
    found = thresholds([Source(rooms(np.random.default_rng(0), 200, foreground=0.01), range(200))])
    assert found["static"] >= found["foreground"]


def test_a_bare_room_tells_nothing_of_the_share_of_its_foreground() -> None:
    counts = rooms(np.random.default_rng(0), 150)
    bare = rooms(np.random.default_rng(1), 40, foreground=0.005)[:, :, ::-1]
    both = Source(np.concatenate([counts, bare]), range(190))
    assert thresholds([both])["foreground"] == thresholds([Source(counts, range(150))])["foreground"]


def test_too_few_rooms_give_no_guarantee() -> None:
    counts = rooms(np.random.default_rng(0), 50)
    message = r"50 rooms guarantee no level below 0\.020; the level 0\.01 of the static mask needs at least 99"
    with pytest.raises(DatasetError, match=message):
        thresholds([Source(counts, range(50))])


def test_images_of_one_room_count_once() -> None:
    counts = rooms(np.random.default_rng(1), 120)
    repeated = np.concatenate([counts, np.repeat(counts[:1], 30, axis=0)])
    assert thresholds([Source(repeated, [*range(120), *[0] * 30])]) == thresholds([Source(counts, range(120))])


def test_rendered_rooms_give_the_static_mask_the_rooms_that_it_needs_and_make_up_for_no_other() -> None:
    rng = np.random.default_rng(0)
    photographs, rendered = Source(rooms(rng, 120), range(120)), Source(rooms(rng, 1000), range(1000), rendered=True)
    alone, both = thresholds([photographs]), thresholds([photographs, rendered])
    assert both["foreground"] == alone["foreground"]
    assert both["static"] < alone["static"]
    easy = Source(rooms(rng, 2000, foreground=0.05), range(2000), rendered=True)
    likelihood = thresholds([photographs, easy])["static"]
    assert measure(photographs, POINTS["static"], likelihood)["risk"] <= POINTS["static"].level


def test_the_paper_s_fusion_is_one_affine_map() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 500).astype(np.uint8)
    nll = rng.normal([10, 100, 1000], [1, 5, 30], (500, 3)) + labels[:, None] * [0.5, 4, 40]
    fusion = PaperFusion.fit(nll, labels, [9.0, 99.0, 990.0], np.ones(500))
    factors, offset = fusion.affine()
    normalised = (nll - fusion.centre - np.array(fusion.mean)) / fusion.deviation
    assert nll @ factors + offset == pytest.approx(fusion.bias - normalised @ fusion.weight)
    # Foreground is unlikely under a density of background, so that the background logit falls with every NLL.
    assert max(factors) < 0


def test_calibration_recovers_temperature_and_offset() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(0, 2, 100_000)
    background = rng.random(true.size) < 1 / (1 + np.exp(-true))
    raw = 3 * (true - 0.5)
    calibration = Calibration.fit(raw, np.where(background, 0, 1).astype(np.uint8), np.ones(true.size))
    assert calibration.temperature == pytest.approx(3, rel=0.05)
    assert calibration.offset == pytest.approx(0.5, abs=0.05)
