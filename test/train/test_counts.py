# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The loop that counts, and that continues after a kill."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tqdm", reason="needs the train extra")

from bgflow_train.data import FOREGROUND, IndexedDataset, Sample
from bgflow_train.evaluation.counts import count, count_images
from bgflow_train.evaluation.mask_counts import MaskCounts


class Numbered(IndexedDataset):
    """Images whose grey level is their index."""

    def __getitem__(self, index: int) -> Sample:
        return Sample(np.full((2, 3, 3), index, np.uint8), np.full((2, 3), FOREGROUND, np.uint8), self.ids[index])

    def _content(self, index: int) -> Iterable[bytes]:
        yield bytes([index])


class Levels:
    """A system that counts grey levels, and that is killed at one image."""

    def __init__(self, identity: object = "levels", killed_at: int | None = None) -> None:
        self.identity, self.killed_at = identity, killed_at
        self.seen: list[int] = []

    def count(self, sample: Sample) -> dict[str, np.ndarray]:
        level = int(sample.rgb.max())
        self.seen.append(level)
        if level == self.killed_at:
            raise KeyboardInterrupt
        return {"levels": np.bincount(sample.rgb[..., 0].ravel(), minlength=4), "pixels": np.array(sample.mask.size)}


def images(number: int = 4) -> Numbered:
    return Numbered("numbered", [str(index) for index in range(number)])


@pytest.mark.parametrize("keep", [False, True])
def test_counts_are_stacked_in_the_order_of_the_images(tmp_path: Path, keep: bool) -> None:
    counts = count(Levels(), images(), tmp_path, keep)
    assert counts["levels"].tolist() == (6 * np.eye(4, dtype=int)).tolist()
    assert counts["pixels"].tolist() == [6, 6, 6, 6]
    assert all(array.dtype == np.int64 for array in counts.values())


def test_a_killed_run_continues_at_the_image_where_it_was_killed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        count(Levels(killed_at=2), images(), tmp_path)
    system = Levels()
    continued = count(system, images(), tmp_path)
    assert system.seen == [2, 3]
    assert continued["levels"].tolist() == count(Levels(), images(), tmp_path)["levels"].tolist()
    assert list(tmp_path.iterdir()) == []


def test_another_system_and_other_images_do_not_continue_a_run(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        count(Levels(killed_at=2), images(), tmp_path)
    for system, dataset in ((Levels("another"), images()), (Levels(), images(3))):
        count(system, dataset, tmp_path)
        assert system.seen == list(range(len(dataset)))


def test_kept_counts_are_read_again(tmp_path: Path) -> None:
    first = count(Levels(), images(), tmp_path, keep=True)
    system = Levels()
    again = count(system, images(), tmp_path, keep=True)
    assert system.seen == []
    assert {name: array.tolist() for name, array in again.items()} == {
        name: array.tolist() for name, array in first.items()
    }
    assert len(list(tmp_path.iterdir())) == 1


def test_counting_image_by_image_gives_the_same(tmp_path: Path) -> None:
    one_by_one = [counts["levels"].tolist() for counts in count_images(Levels(), images(), tmp_path)]
    assert one_by_one == count(Levels(), images(), tmp_path)["levels"].tolist()


def test_mask_counts_of_the_rest_are_the_difference() -> None:
    whole = MaskCounts.of_images(np.array([[8, 4, 2, 1, 3, 2], [2, 6, 0, 0, 1, 5]]))
    part = MaskCounts.of_images(np.array([[4, 2, 2, 0, 0, 1], [0, 0, 0, 0, 0, 0]]))
    assert whole.shares() == {
        "foreground_missed": 0.2,
        "background_taken_for_foreground": 0.4,
        "foreground_taken_for_static": 0.1,
        "background_found_static": 0.7,
    }
    assert whole.error() == pytest.approx(6 / 20)
    assert (whole - part).error() == pytest.approx(4 / 14)
    assert (part - part).error() is None
