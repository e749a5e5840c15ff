# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from bgflow_train.data import DatasetError
from bgflow_train.evaluation.calibration import Calibration
from bgflow_train.evaluation.metrics import EDGES, histogram
from bgflow_train.evaluation.operating_points import threshold
from bgflow_train.studies.paper.fusion import PaperFusion


def rooms_of_foreground(rng: np.random.Generator, rooms: int) -> np.ndarray:
    """Counts of one image per room, with foreground whose logits lie around a mean of the room's own."""
    means = rng.normal(-2, 1, rooms)
    return np.stack(
        [histogram(rng.normal(mean, 1, (20, 20)).astype(np.float32), np.ones((20, 20), np.uint8)) for mean in means]
    )


def risk(counts: np.ndarray, likelihood: float) -> float:
    """Mean share of a room's foreground at or above a likelihood."""
    above = EDGES[:-1] >= np.log(likelihood / (1 - likelihood)) - 1e-6
    return float((counts[:, 1, above].sum(1) / counts[:, 1].sum(1)).mean())


@pytest.mark.parametrize(("level", "rooms"), [(0.05, 60), (0.01, 150)])
def test_new_rooms_keep_the_level_in_expectation(level: float, rooms: int) -> None:
    rng = np.random.default_rng(0)
    risks = []
    for _ in range(60):
        counts = rooms_of_foreground(rng, rooms + 50)
        chosen = threshold(counts[:rooms], range(rooms), level)
        risks.append(risk(counts[rooms:], chosen))
    assert np.mean(risks) <= level
    assert np.mean(risks) >= level / 10, "and not by calling everything foreground"


def test_too_few_rooms_give_no_guarantee() -> None:
    counts = rooms_of_foreground(np.random.default_rng(0), 50)
    with pytest.raises(
        DatasetError, match=r"50 rooms guarantee no level below 0\.020; the level 0\.01 needs at least 99"
    ):
        threshold(counts, range(50), 0.01)


def test_images_of_one_room_count_once() -> None:
    rng = np.random.default_rng(1)
    counts = rooms_of_foreground(rng, 40)
    repeated = np.concatenate([counts, np.repeat(counts[:1], 30, axis=0)])
    names = [*range(40), *[0] * 30]
    assert threshold(repeated, names, 0.05) == threshold(counts, range(40), 0.05)


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
