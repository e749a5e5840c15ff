# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Hybrid flows: density and classifier at once, the cells they learn from, and the scores made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")

from support.killed import killed_after
from support.shallow import Shallow

from bgflow_rooms.nyu40 import BACKGROUND_CLASSES, WALL
from bgflow_train.data import BACKGROUND, FOREGROUND, VOID, Sample
from bgflow_train.data.classes import UNKNOWN_BACKGROUND, UNKNOWN_FOREGROUND, mask_to_classes
from bgflow_train.model.densities import HybridFlow
from bgflow_train.model.labelled_cells import LabelledCells, collect_cells
from bgflow_train.model.scores import SCORES, HybridScore, ScoreError
from bgflow_train.networks import Layer
from bgflow_train.networks.pyramid import Pyramid
from bgflow_train.runs.checkpoint import DivergedError
from bgflow_train.studies.peers.scores import ALL_SCORES

pytestmark = pytest.mark.usefixtures("fast_learning")

CHAIR = 5
LAYERS = (Layer(6, 8, 8, 8), Layer(7, 8, 4, 4))


def rings(n: int, seed: int) -> LabelledCells:
    """Wall in the middle of a ring of chairs, which no plane separates; a third of the classes are unknown."""
    generator = torch.Generator().manual_seed(seed)
    foreground = torch.rand(n, generator=generator) < 0.5
    angle = 2 * torch.pi * torch.rand(n, generator=generator)
    radius = torch.where(foreground, 3.0, 0.0)
    x = torch.stack([radius * angle.cos(), radius * angle.sin()], 1) + 0.4 * torch.randn(n, 2, generator=generator)
    known = torch.rand(n, generator=generator) < 2 / 3
    return LabelledCells(x, foreground, torch.where(known, torch.where(foreground, CHAIR, WALL), 0))


def flow(**changes: int) -> HybridFlow:
    return HybridFlow(2, **{"couplings": 6, "hidden": 16, "epochs": 12} | changes)


@pytest.fixture(scope="module")
def fitted() -> HybridFlow:
    found = flow(epochs=8)
    found.fit_cells(rings(2500, 0), rings(500, 1), seed=0)
    return found.requires_grad_(False)


def test_it_tells_the_sides_apart(fitted: HybridFlow) -> None:
    cells = rings(1000, 2)
    ratio = fitted.log_ratio(fitted.latents(cells.x))
    assert ((ratio > 0) == cells.foreground).float().mean() > 0.97


@pytest.mark.parametrize("kind", ["hybrid_4x32_", "outcomponent", "margin", "contrast"])
def test_every_flow_that_learns_from_both_sides_tells_them_apart(kind: str) -> None:
    score = ALL_SCORES.of_layer[kind](f"{kind}6", 0, Layer(6, 2, 8, 8), 0)
    assert isinstance(score, HybridScore)
    score.flow.epochs = 8
    score.flow.fit_cells(rings(2000, 0), rings(500, 1), seed=0)
    cells = rings(1000, 2)
    with torch.inference_mode():
        evidence = score([cells.x.T.reshape(1, 2, 20, 50)]).flatten()
    apart = evidence[cells.foreground][:, None] > evidence[~cells.foreground]
    assert apart.float().mean() > 0.97


def test_the_ratio_is_that_of_the_two_densities(fitted: HybridFlow) -> None:
    z = fitted.latents(rings(100, 3).x)
    background = torch.zeros(41, dtype=torch.bool)
    background[list(BACKGROUND_CLASSES)] = True
    distance = (z[:, None] - fitted.means).square().sum(-1)
    kinds = fitted.log_weights.log_softmax(0) - 0.5 * distance
    expected = kinds[:, ~background].logsumexp(1) - kinds[:, background].logsumexp(1)
    assert fitted.log_ratio(z) == pytest.approx(expected.numpy(), abs=1e-3)


def test_the_ratio_is_finite_however_far_a_descriptor_is(fitted: HybridFlow) -> None:
    assert fitted.log_ratio(fitted.latents(1e4 * rings(100, 3).x)).isfinite().all()


def test_background_has_a_density_that_integrates_to_one(fitted: HybridFlow) -> None:
    edge = torch.linspace(-8, 8, 321)
    x = torch.cartesian_prod(edge, edge)
    assert float(fitted.nll(x).neg().exp().sum()) * 0.05**2 == pytest.approx(1, abs=0.02)
    cells = rings(1000, 2)
    assert fitted.nll(cells.x[cells.foreground]).mean() > fitted.nll(cells.x[~cells.foreground]).mean() + 3


def test_a_killed_fit_goes_on_and_ends_as_the_whole_one(tmp_path: Path) -> None:
    cells, validation = rings(1000, 0), rings(200, 1)
    whole, again = flow(epochs=3), flow(epochs=3)
    whole.fit_cells(cells, validation, seed=4)
    with killed_after(2):
        flow(epochs=3).fit_cells(cells, validation, seed=4, checkpoint=tmp_path / "c")
    again.fit_cells(cells, validation, seed=4, checkpoint=tmp_path / "c")
    assert all(torch.equal(again.state_dict()[name], value) for name, value in whole.state_dict().items())


def test_a_training_that_makes_it_worse_leaves_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HybridFlow, "RATE", 100.0)
    start = flow(epochs=2)
    begun = {name: value.clone() for name, value in start.state_dict().items() if "whitening" not in name}
    start.fit_cells(rings(1000, 0), rings(200, 1), seed=0)
    assert all(torch.equal(start.state_dict()[name], value) for name, value in begun.items())


def test_a_loss_that_is_no_number_ends_with_an_error() -> None:
    cells = rings(1000, 0)
    cells.x[0] = torch.nan
    with pytest.raises(DivergedError, match="the validation loss of epoch 0 is not a number"):
        flow().fit_cells(cells, cells, seed=0)


def half(mask: dict[str, int]) -> np.ndarray:
    """Mask of 64 x 64 pixels whose left and right half have these values."""
    left, right = mask.values()
    return np.repeat(np.where(np.arange(64) < 32, left, right).astype(np.uint8)[None], 64, 0)


def test_cells_of_a_crop_have_their_side_and_class() -> None:
    encoder = Shallow(LAYERS)
    rgb = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    sides = [
        {"left": WALL, "right": CHAIR},
        {"left": UNKNOWN_BACKGROUND, "right": UNKNOWN_FOREGROUND},
        {"left": 0, "right": CHAIR},
    ]
    samples = [Sample(rgb, half(each), str(number)) for number, each in enumerate(sides)]
    scores = [HybridScore(f"hybrid{layer.number}", index, layer, flow()) for index, layer in enumerate(LAYERS)]
    coarse, fine = collect_cells(encoder, samples, scores, 20, seed=0)
    assert coarse.x.shape == (50, 8)
    assert fine.x.shape == (50, 8)
    assert coarse.foreground.tolist() == [False] * 10 + [True] * 10 + [False] * 10 + [True] * 10 + [True] * 10
    assert coarse.classes.tolist() == [WALL] * 10 + [CHAIR] * 10 + [0] * 20 + [CHAIR] * 10
    maps = encoder(torch.from_numpy(rgb).permute(2, 0, 1)[None].float())
    # Squares of two by two cells of the fine layer are averaged.
    averaged = maps[1].reshape(8, 8, 2, 8, 2).mean((2, 4))
    for cells, those in ((coarse, maps[0][0]), (fine, averaged)):
        all_of_them = those.flatten(1).T
        assert all(any(torch.allclose(row, cell, atol=1e-5) for cell in all_of_them) for row in cells.x)


def test_a_mask_becomes_classes_of_which_the_side_is_known() -> None:
    mask = np.array([[BACKGROUND, FOREGROUND, VOID]], np.uint8)
    assert mask_to_classes(mask).tolist() == [[UNKNOWN_BACKGROUND, UNKNOWN_FOREGROUND, 0]]


@pytest.fixture
def pyramid() -> Pyramid:
    return Pyramid("random").eval().requires_grad_(False)


def test_the_room_s_latents_need_the_flow_of_their_layer(pyramid: Pyramid) -> None:
    with pytest.raises(ScoreError, match="latent6 needs the hybrid flow of its layer; expected hybrid6"):
        SCORES.make_all(["head", "hybrid7", "latent6"], pyramid, 0)
    assert len(SCORES.make_all(["hybrid7", "latent6", "hybrid6"], pyramid, 0)) == 3


@pytest.mark.parametrize(("height", "width"), [(8, 12), (9, 12), (9, 11)])
def test_the_room_s_density_keeps_its_place_on_grids_of_any_size(pyramid: Pyramid, height: int, width: int) -> None:
    *_, latent = SCORES.make_all(["hybrid7", "hybrid6", "latent6"], pyramid, 0)
    maps = [torch.zeros(1, layer.channels, height, width) for layer in pyramid.layers]
    background, thing = torch.randn(
        2, pyramid.layers[latent.index].channels, generator=torch.Generator().manual_seed(0)
    )
    maps[latent.index] += background[:, None, None]
    maps[latent.index][0, :, -2:, -2:] = thing[:, None, None]
    with torch.inference_mode():
        found = latent(maps)[0, 0]
    assert found.shape == (height, width)
    corner, rest = found[-1, -1], found[: height - 4, : width - 4]
    assert (rest - rest.mean()).abs().max() < 0.1 * (corner - rest.mean()).abs(), "the thing is in its corner"


def test_the_room_s_latents_are_those_of_the_hybrid_flow_and_of_no_peer_on_its_layer(pyramid: Pyramid) -> None:
    _, twin, hybrid, latent = ALL_SCORES.make_all(["head", "twin7", "hybrid7", "latent7"], pyramid, 0)
    maps = pyramid(torch.randint(0, 256, (1, 3, 64, 64)).float())
    with torch.no_grad():
        before = latent(maps)
        for weight in twin.flow.parameters():
            weight.add_(0.1)
        assert torch.equal(latent(maps), before)
        for weight in hybrid.flow.parameters():
            weight.add_(0.1)
        assert not torch.equal(latent(maps), before)
