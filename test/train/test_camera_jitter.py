# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures as another camera would give them: labels stay labels and stay where their pixels are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bgflow_ros.segmentation.letterbox import FILL
from bgflow_train.data import Sample, camera_jitter
from bgflow_train.data.camera_jitter import CHANCE, STANDS_OUT, paste_objects, scatter_shapes

LABELS = 9
"""Number of different labels, counted from 1."""
seeds = st.integers(0, 2**32 - 1)
scales = st.floats(0.1, 3)


def disturbed(sample: Sample, scale: float, width: int, height: int, void: int, rng: np.random.Generator) -> Sample:
    """Augmented image, as training sees it."""
    return camera_jitter.jitter_light(camera_jitter.jitter_geometry(sample, scale, width, height, void, rng), rng)


def colour_of(labels: np.ndarray) -> np.ndarray:
    """A colour for each label that tells it from all others."""
    label = labels.astype(int)[..., None]
    return np.concatenate([20 * label, 220 - 20 * label, 100 + 10 * label], -1).astype(np.uint8)


def blocks(width: int = 128, height: int = 96, side: int = 24, seed: int = 0) -> Sample:
    """Blocks of random labels, in the labels' colours."""
    rng = np.random.default_rng(seed)
    cells = rng.integers(1, LABELS + 1, (-(-height // side), -(-width // side)), np.uint8)
    labels = np.ascontiguousarray(np.kron(cells, np.ones((side, side), np.uint8))[:height, :width])
    return Sample(colour_of(labels), labels, "blocks")


def jittered(sample: Sample, scale: float, seed: int, void: int = 0) -> Sample:
    """Disturb a picture's place but not its colours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(camera_jitter, "jitter_light", lambda sample, rng: sample)
        return disturbed(sample, scale, 96, 64, void, np.random.default_rng(seed))


@given(st.integers(16, 150), st.integers(16, 150), scales, seeds, st.sampled_from([0, 255]))
@settings(deadline=None)
def test_a_cut_has_the_asked_size_and_no_label_that_the_picture_has_not(
    width: int, height: int, scale: float, seed: int, void: int
) -> None:
    sample = blocks(width, height, 8, seed)
    cut = disturbed(sample, scale, 48, 32, void, np.random.default_rng(seed))
    assert cut.rgb.shape == (32, 48, 3)
    assert cut.mask.shape == (32, 48)
    assert cut.rgb.dtype == cut.mask.dtype == np.uint8
    assert set(np.unique(cut.mask)) <= {*np.unique(sample.mask), void}
    assert cut.id == sample.id


@given(seeds, scales)
@settings(deadline=None, max_examples=30)
def test_the_generator_decides_everything_and_the_picture_stays_as_it_is(seed: int, scale: float) -> None:
    sample = blocks()
    first, again, other = (
        disturbed(sample, scale, 96, 64, 0, np.random.default_rng(number)) for number in (seed, seed, seed + 1)
    )
    assert (first.rgb == again.rgb).all()
    assert (first.mask == again.mask).all()
    assert (first.rgb != other.rgb).any()
    assert (sample.rgb == blocks().rgb).all()
    assert (sample.mask == blocks().mask).all()


@given(seeds, st.floats(0.15, 2))
@settings(deadline=None)
def test_labels_move_with_their_pixels(seed: int, scale: float) -> None:
    rgb, labels, _ = jittered(blocks(384, 288, 96, seed), scale, seed)
    around = np.ones((5, 5), np.uint8)
    inside = cv2.erode(labels, around) == cv2.dilate(labels, around)
    expected = np.where(labels[..., None] == 0, FILL, colour_of(labels))
    inner = (slice(2, -2), slice(2, -2))  # what lies beyond the cut is no neighbour to look at
    assert np.abs(rgb.astype(int) - expected)[inner][inside[inner]].max(initial=0) <= 2


def test_pictures_come_mirrored_and_not_larger_and_smaller() -> None:
    labels = np.ones((96, 128), np.uint8)
    labels[:, 64:] = 2
    halves = Sample(colour_of(labels), labels, "halves")
    mirrored, sizes = set(), []
    for seed in range(40):
        cut = jittered(halves, 0.3, seed)
        left, right = (np.nonzero(cut.mask == label)[1].mean() for label in (1, 2))
        mirrored.add(bool(left > right))
        sizes.append((cut.mask > 0).sum() / (0.3**2 * labels.size))
    assert mirrored == {True, False}
    assert min(sizes) < 0.8
    assert max(sizes) > 2


@pytest.mark.parametrize(("scale", "most"), [(1.5, 0.03), (3.0, 0.03)])
def test_a_picture_that_can_fill_the_cut_fills_it_but_for_tilted_corners(scale: float, most: float) -> None:
    assert np.mean([(jittered(blocks(), scale, seed).mask == 0).mean() for seed in range(40)]) < most


def test_a_picture_smaller_than_the_cut_is_shown_whole() -> None:
    sample = blocks(side=32)
    for seed in range(40):
        cut = jittered(sample, 0.2, seed)
        assert set(np.unique(cut.mask)) - {0} == set(np.unique(sample.mask)), seed


@pytest.mark.parametrize("name", CHANCE)
def test_each_change_of_the_light_changes_the_picture_and_never_its_labels(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn(chance: float) -> list[Sample]:
        monkeypatch.setattr(camera_jitter, "CHANCE", dict.fromkeys(CHANCE, 0.0) | {name: chance})
        return [disturbed(blocks(side=20), 1.0, 96, 64, 0, np.random.default_rng(seed)) for seed in range(5)]

    plain, lit = drawn(0.0), drawn(1.0)
    assert any((first.rgb != second.rgb).any() for first, second in zip(plain, lit, strict=True))
    assert all((first.mask == second.mask).all() for first, second in zip(plain, lit, strict=True))
    assert all((cut.rgb == cut.rgb[..., :1]).all() for cut in lit) == (name == "grey")


@pytest.mark.parametrize("value", [0, 255])
def test_black_and_white_pictures_survive_every_change(value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera_jitter, "CHANCE", dict.fromkeys(CHANCE, 1.0))
    sample = Sample(np.full((40, 60, 3), value, np.uint8), np.ones((40, 60), np.uint8), "flat")
    for seed in range(10):
        assert disturbed(sample, 1.0, 48, 32, 0, np.random.default_rng(seed)).rgb.dtype == np.uint8


def test_only_things_are_pasted_and_picture_and_labels_go_together() -> None:
    rng = np.random.default_rng(0)
    room = Sample(np.full((40, 60, 3), 200, np.uint8), np.full((40, 60), 1, np.uint8), "room")
    labels = np.full((40, 60), 2, np.uint8)
    labels[:10, :10], labels[20:30, 20:40], labels[:, 50:] = 5, 31, 0
    other = Sample(np.repeat(labels[..., None], 3, 2), labels, "other")
    for _ in range(20):
        cut = paste_objects(room, other, (1, 2, 9, 22), rng)
        new = cut.mask != room.mask
        assert set(np.unique(cut.mask[new]).tolist()) <= {5, 31}
        assert (cut.rgb[new] == cut.mask[new][:, None]).all()
        assert (cut.rgb[~new] == 200).all()
    assert (room.mask == 1).all(), "the picture itself is left alone"


@pytest.mark.parametrize("label", [0, 2, 5])
def test_nothing_is_pasted_where_there_is_no_thing_or_it_would_cover_most(label: int) -> None:
    room = Sample(np.zeros((20, 20, 3), np.uint8), np.ones((20, 20), np.uint8), "room")
    other = Sample(room.rgb + 9, np.full((20, 20), label, np.uint8), "other")
    assert paste_objects(room, other, (1, 2, 9, 22), np.random.default_rng(0)) is room


@given(seeds)
def test_shapes_of_no_class_are_seen_labelled_and_all_that_changes(seed: int) -> None:
    room, other = Sample(np.full((96, 128, 3), 128, np.uint8), np.full((96, 128), 1, np.uint8), "room"), blocks()
    before = other.rgb.copy()
    cut = scatter_shapes(room, other, 40, np.random.default_rng(seed))
    again = scatter_shapes(room, other, 40, np.random.default_rng(seed))
    assert (cut.rgb == again.rgb).all()
    assert (cut.mask == again.mask).all()
    new = cut.mask == 40
    assert (cut.mask[~new] == 1).all()
    assert new.mean() < 0.6
    # Edges are as soft as a lens makes them: three pixels away nothing has changed.
    reach = cv2.dilate(new.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert (cut.rgb[~reach] == 128).all()
    if new.any():
        assert np.abs(cut.rgb[new].astype(float) - 128).mean() > STANDS_OUT / 3
    assert (room.mask == 1).all(), "the picture itself is left alone"
    assert (other.rgb == before).all()


def test_most_cuts_get_a_shape_and_they_differ_in_size() -> None:
    room = Sample(np.full((96, 128, 3), 128, np.uint8), np.ones((96, 128), np.uint8), "room")
    shares = [
        float((scatter_shapes(room, blocks(), 40, np.random.default_rng(seed)).mask == 40).mean()) for seed in range(60)
    ]
    assert np.mean(np.array(shares) > 0) > 0.7
    assert np.quantile(shares, 0.9) > 2 * np.quantile(shares, 0.3)
