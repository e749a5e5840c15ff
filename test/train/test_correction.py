# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A linear correction of the logit: learnt from cells whose side is known, and added to a graph."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.adaptation.cells import Cells
from bgflow_train.adaptation.correction import fit_correction
from bgflow_train.adaptation.logit import Correction, correct_logit, raise_logit
from bgflow_train.adaptation.mixtures import Mixture, find_mixtures, with_outputs


def side(sign: float, count: int, logit: float) -> Cells:
    """Cells whose first latent tells their side; the others are noise."""
    rng = np.random.default_rng(0)
    latents = rng.standard_normal((count, 8)).astype(np.float32)
    latents[:, 0] = sign + 0.3 * rng.standard_normal(count)
    return Cells([latents[:, :4], latents[:, 4:]], np.full(count, logit, np.float32))


def both(one: Cells, other: Cells) -> Cells:
    latents = [np.concatenate(parts) for parts in zip(one.latents, other.latents, strict=True)]
    return Cells(latents, np.concatenate([one.logits, other.logits]))


def corrected(cells: Cells, correction: Correction) -> np.ndarray:
    parts = zip(cells.latents, correction.weights, strict=True)
    return cells.logits + sum(z @ weights for z, weights in parts) + correction.offset


def test_what_the_model_has_wrong_is_turned_by_what_tells_the_sides() -> None:
    background, things = side(1.0, 4000, -1.0), side(-1.0, 200, 1.0)
    found = fit_correction(background, things, both(side(1.0, 500, 0.0), side(-1.0, 500, 0.0)))
    assert [len(weights) for weights in found.weights] == [4, 4]
    assert found.weights[0][0] > 10 * np.abs([*found.weights[0][1:], *found.weights[1]]).max()
    # The sides count the same, though one has twenty times as many cells.
    assert (corrected(background, found) > 0).mean() > 0.95
    assert (corrected(things, found) < 0).mean() > 0.95


def test_where_the_model_is_right_nothing_changes() -> None:
    background, things = side(1.0, 500, 12.0), side(-1.0, 500, -12.0)
    found = fit_correction(background, things, both(background, things))
    assert np.abs([*found.weights[0], *found.weights[1], found.offset]).max() < 1e-3


def test_its_mean_is_zero_where_nothing_is_known_of_the_sides() -> None:
    everywhere = side(0.7, 1000, 3.0)
    found = fit_correction(side(1.0, 500, 0.0), side(-1.0, 500, 0.0), everywhere)
    assert corrected(everywhere, found).mean() == pytest.approx(3.0, abs=1e-5)


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load("default")


@pytest.fixture(scope="module")
def mixtures(model: Model) -> list[Mixture]:
    return [mixture for mixture in find_mixtures(model) if mixture.cells == 36 * 48]


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_graph_adds_it_to_its_logit(model: Model, mixtures: list[Mixture], precision: str) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (model.height, model.width, 3), np.uint8)
    correction = Correction([0.01 * rng.standard_normal(64) for _ in mixtures], 0.25)
    graph = model.graph if precision == "float32" else model.int8
    assert graph is not None
    found = {}
    for name, one in (("before", graph), ("after", correct_logit(graph, mixtures, correction, (72, 96)))):
        session = onnxruntime.InferenceSession(one, providers=["CPUExecutionProvider"])
        [found[name]] = session.run(["logit"], {"image": image[None]})
    with_latents = onnx.load_from_string(graph)
    with_outputs(with_latents, [mixture.sites[0].latents for mixture in mixtures])
    session = onnxruntime.InferenceSession(with_latents.SerializeToString(), providers=["CPUExecutionProvider"])
    _, *latents = session.run(None, {"image": image[None]})
    cells = sum(z @ weights for z, weights in zip(latents, correction.weights, strict=True)) + correction.offset
    added = (found["after"] - found["before"])[0]
    # A cell's value is met where four of the logit's cells meet.
    means = added.reshape(36, 2, 48, 2).mean((1, 3))
    inner = np.s_[1:-1, 1:-1]
    blurred = sum(
        weight * np.roll(cells.reshape(36, 48), (down, right), (0, 1))
        for down, one in ((-1, 0.125), (0, 0.75), (1, 0.125))
        for right, other in ((-1, 0.125), (0, 0.75), (1, 0.125))
        for weight in [one * other]
    )
    np.testing.assert_allclose(means[inner], blurred[inner], atol=2e-3)


def test_no_offset_changes_nothing_and_another_is_added(model: Model) -> None:
    image = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    assert raise_logit(model.graph, 0.0) == model.graph
    before, after = (
        Segmenter(replace(model, graph=graph), "cpu", 1, "float32")(image).logit
        for graph in (model.graph, raise_logit(model.graph, -1.5))
    )
    np.testing.assert_allclose(after, before - 1.5, atol=1e-4)
