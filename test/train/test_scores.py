# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Evidence for foreground by name: every score's shape, what the room's says, and the exported network."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")

from support.shallow import Shallow

from bgflow_rooms.nyu40 import BACKGROUND_CLASSES
from bgflow_train.evaluation.calibration import Calibration
from bgflow_train.export.onnx_graph import to_onnx
from bgflow_train.model.densities import RealNVP
from bgflow_train.model.fusion import Fusion
from bgflow_train.model.network import Network, score_maps
from bgflow_train.model.scores import (
    SCORES,
    ClassesScore,
    DensityScore,
    HeadScore,
    HybridScore,
    RoomScore,
    Score,
    ScoreError,
)
from bgflow_train.networks import RANDOM, Encoder
from bgflow_train.networks.pyramid import Pyramid
from bgflow_train.studies.peers.scores import ALL_SCORES
from bgflow_train.training.recipe import Recipe

pytestmark = pytest.mark.usefixtures("few_blocks")

STRIDES = {"head": 4, "classes": 4, "room": 8, "gaussian3": 8, "gaussian6": 8, "mixture4": 16, "flow6": 8, "hybrid7": 8}
WIDTH, HEIGHT = 96, 64


@pytest.fixture(scope="module")
def pyramid() -> Pyramid:
    torch.manual_seed(0)
    return Pyramid(RANDOM).eval().requires_grad_(False)


@pytest.fixture(autouse=True)
def small_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flows of two couplings, in which each half of a descriptor is transformed once."""
    monkeypatch.setattr("bgflow_train.model.scores.COUPLINGS", 2)


@pytest.fixture(scope="module")
def maps(pyramid: Pyramid) -> list[torch.Tensor]:
    return pyramid(picture(WIDTH, HEIGHT).permute(0, 3, 1, 2).float())


def picture(width: int, height: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (1, height, width, 3), dtype=torch.uint8, generator=generator)


def made(name: str, pyramid: Pyramid, encoder: Encoder | None = None) -> Score:
    """A score whose density, where it has one, was fitted to an encoder's descriptors of two pictures."""
    encoder = encoder or pyramid
    score = SCORES.make(name, pyramid, seed=0).eval()
    if isinstance(score, DensityScore | HybridScore):
        pictures = (picture(WIDTH, HEIGHT, seed).permute(0, 3, 1, 2).float() for seed in (1, 2))
        x = torch.cat([score.descriptors(encoder(image)).flatten(2)[0].T for image in pictures])
        assert score.learnt is not None
        if isinstance(score.learnt, RealNVP):
            score.learnt.whitening.fit(x)
            generator = torch.Generator().manual_seed(1)
            for parameter in score.learnt.couplings.parameters():
                parameter.data = 0.02 * torch.randn(parameter.shape, generator=generator)
        else:
            score.learnt.fit(x, x, seed=0)
    return score.requires_grad_(False)


@pytest.mark.parametrize("name", STRIDES)
def test_a_score_is_finite_on_the_grid_of_its_layer(name: str, pyramid: Pyramid, maps: list[torch.Tensor]) -> None:
    score = made(name, pyramid)
    found = score(maps)
    assert found.shape == (1, 1, HEIGHT // STRIDES[name], WIDTH // STRIDES[name])
    assert found.isfinite().all()
    assert found.std() > 0
    assert score.name == name


@pytest.mark.parametrize("name", ["gaussian3", "gaussian6", "mixture4", "flow6"])
def test_a_density_scores_each_cell_by_its_own_descriptor(
    name: str, pyramid: Pyramid, maps: list[torch.Tensor]
) -> None:
    score = made(name, pyramid)
    assert isinstance(score, DensityScore)
    assert pyramid.layers[score.index].number == int(name[-1])
    found = score(maps)[0, 0]
    for y, x in ((0, 0), (1, 3), (3, 2)):
        expected = score.density.nll(maps[score.index][0, :, y, x][None])[0]
        assert float(found[y, x]) == pytest.approx(float(expected), rel=1e-4, abs=1e-2)


@pytest.mark.parametrize("name", Recipe().scores)
def test_the_default_recipe_s_scores_exist(name: str, pyramid: Pyramid) -> None:
    assert SCORES.make(name, pyramid, seed=0).name == name


@pytest.mark.parametrize("name", [*ALL_SCORES.of_backbone, *(f"{name}6" for name in ALL_SCORES.of_layer)])
def test_a_manifest_can_describe_every_score(name: str, pyramid: Pyramid) -> None:
    score = ALL_SCORES.make(name, pyramid, seed=0)
    assert score.kind
    assert pyramid.layers[score.index].number in range(3, 8)


@pytest.mark.parametrize(
    "name", ["", "flow", "parzen4", "Head", "room6", "gaussian", "gaussian2", "flow9", "gaussian16"]
)
def test_a_score_that_there_is_not_is_refused_with_those_that_there_are(name: str, pyramid: Pyramid) -> None:
    message = (
        f"no score '{name}'; expected head, classes, room, lraspp, or one of gaussian, mixture, flow, knn, "
        "hybrid, latent, patchcore, ratio, padim, context, spline, .*, hybrid_2x64_ with the number of a "
        r"layer \(3, 4, 5, 6, 7\), such as gaussian4"
    )
    with pytest.raises(ScoreError, match=message):
        ALL_SCORES.make(name, pyramid, seed=0)


def test_the_head_s_score_is_the_pyramid_s_logit(pyramid: Pyramid, maps: list[torch.Tensor]) -> None:
    assert torch.equal(HeadScore(pyramid)(maps), pyramid.logits(maps[-1]))


def test_the_classes_score_is_the_log_odds_of_all_things_against_all_background(
    pyramid: Pyramid, maps: list[torch.Tensor]
) -> None:
    probability = pyramid.classes(maps[-1])[:, 1:].softmax(1)
    background = probability[:, [number - 1 for number in BACKGROUND_CLASSES]].sum(1, keepdim=True)
    assert torch.allclose(ClassesScore(pyramid)(maps), (1 - background).log() - background.log(), atol=1e-4)


def textures(noise: float = 0.05) -> torch.Tensor:
    """Layer 6 of a picture, 12 x 16 cells: one texture on the left, another one on the right."""
    generator = torch.Generator().manual_seed(0)
    map = noise * torch.randn(1, 8, 12, 16, generator=generator)
    map[:, 0, :, :8] += 1
    map[:, 1, :, 8:] += 1
    return map


def room_score(known: torch.Tensor) -> np.ndarray:
    """The room's score where the head, at layer 7's 24 x 32 cells, knows so much."""
    score = RoomScore(SimpleNamespace(head=torch.nn.Identity()), 0)
    return score([textures(), known[None, None]])[0, 0].numpy()


def test_what_the_head_knows_of_a_patch_spreads_to_all_that_looks_alike() -> None:
    known = torch.zeros(24, 32)
    known[:8, :8], known[16:, 24:] = 8.0, -8.0
    found = room_score(known)
    assert found.shape == (12, 16)
    assert found[:, :8].min() > 0.1
    assert found[:, 8:].max() < -0.1
    assert room_score(-known) == pytest.approx(-found, abs=1e-3)


def test_where_the_head_knows_nothing_the_room_says_nothing() -> None:
    assert room_score(torch.zeros(24, 32)) == pytest.approx(np.zeros((12, 16)), abs=1e-4)


def test_a_texture_that_the_head_knows_nothing_of_is_left_undecided() -> None:
    known = torch.zeros(24, 32)
    known[:8, :8] = 8.0
    found = room_score(known)
    assert np.abs(found[:, 8:]).max() < 0.1 < found[:, :8].min()


@pytest.mark.parametrize("names", [tuple(STRIDES), tuple(reversed(STRIDES))], ids=["finest first", "finest last"])
def test_the_confidence_is_the_first_score_s_mean_absolute_value_and_the_grid_the_finest(
    names: tuple[str, ...], pyramid: Pyramid, maps: list[torch.Tensor]
) -> None:
    scores = [made(name, pyramid) for name in names]
    found, confidence = score_maps(pyramid, scores, picture(WIDTH, HEIGHT))
    assert found.shape == (1, len(scores), HEIGHT // 4, WIDTH // 4)
    assert float(confidence) == pytest.approx(float(scores[0](maps).abs().mean()))


@pytest.mark.parametrize(
    ("names", "side"), [(tuple(STRIDES), 16), (("hybrid7", "hybrid6", "latent6"), 8)], ids=["head first", "flows"]
)
def test_the_exported_graph_says_what_torch_says(names: tuple[str, ...], side: int, pyramid: Pyramid) -> None:
    encoder = Shallow(pyramid.layers)
    scores = [made(name, pyramid, encoder) for name in names]
    for score in scores:
        score.attach(scores)
    with torch.inference_mode():
        cells = score_maps(encoder, scores, picture(64, 64, 5))[0][0].flatten(1)
    mean, deviation = cells.mean(1).tolist(), cells.std(1).tolist()
    fusion = Fusion(mean, deviation, [1.0, 0.6, 0.5, 0.3, 0.2, 0.4, 0.1, 0.3][: len(names)], 0.3, 0.2)
    network = Network(encoder, scores, fusion, Calibration(1.3, 0.1))
    session = onnxruntime.InferenceSession(to_onnx(network, 64, 64), providers=["CPUExecutionProvider"])
    for seed in (5, 6):
        image = picture(64, 64, seed)
        with torch.inference_mode():
            expected = network(image).numpy()
        [found] = session.run(None, {"image": image.numpy()})
        assert found.shape == expected.shape == (1, side, side)
        assert expected.std() > 0.1
        assert found == pytest.approx(expected, abs=1e-3)
