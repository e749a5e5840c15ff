# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The picture of a hybrid flow's latent space."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")

from support.shallow import Shallow

from bgflow_train.data import DatasetError
from bgflow_train.model.densities import HybridFlow
from bgflow_train.model.fitted import Fitted
from bgflow_train.model.fusion import Fusion
from bgflow_train.model.scores import HybridScore
from bgflow_train.networks import Layer
from bgflow_train.studies.latent_space import draw, plane, validation_cells
from bgflow_train.training.recipe import Recipe

CHAIR, WALL = 5, 1


def test_the_plane_shows_the_means_of_three_classes_at_their_distances() -> None:
    generator = torch.Generator().manual_seed(0)
    classes = torch.tensor([1, 5, 9]).repeat(200)
    centres = torch.zeros(10, 8)
    centres[[1, 5, 9]] = torch.randn(3, 8, generator=generator)
    points = centres[classes] + 0.1 * torch.randn(600, 8, generator=generator)
    at = plane(points, classes)
    assert at.shape == (600, 2)
    before, after = (torch.stack([x[classes == kind].mean(0) for kind in (1, 5, 9)]) for x in (points, at))
    assert torch.pdist(after).tolist() == pytest.approx(torch.pdist(before).tolist(), rel=1e-4)


@pytest.fixture
def fitted() -> Fitted:
    layer = Layer(7, 8, 4, 4)
    encoder = Shallow([layer])
    score = HybridScore("hybrid7", 0, layer, HybridFlow(8, couplings=2, hidden=8).requires_grad_(False))
    fusion = Fusion([0.0], [1.0], [1.0], 0.3, 0.2)
    return Fitted(Recipe(width=128, height=96, scores=("hybrid7",)), encoder, [score], fusion, {})


@pytest.mark.usefixtures("splits")
def test_cells_of_validation_images_are_drawn_by_class(fitted: Fitted, made: Path, tmp_path: Path) -> None:
    [score] = fitted.scores
    cells = validation_cells(fitted, score, made)
    assert set(cells.classes.tolist()) == {WALL, CHAIR}
    assert 0 < len(cells) <= 40 * 12
    draw(fitted, "hybrid7", made, tmp_path / "latents.png")
    picture = cv2.imread(str(tmp_path / "latents.png"))
    assert picture.std() > 1


def test_a_score_that_is_no_hybrid_flow_is_named_with_those_that_are(fitted: Fitted, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no hybrid flow 'room'; it has: hybrid7"):
        draw(fitted, "room", tmp_path, tmp_path / "latents.png")
