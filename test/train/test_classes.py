# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""NYU's 40 classes: what is background among them, and pictures labelled with them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgflow_rooms.nyu40 import BACKGROUND_CLASSES, CLASSES
from bgflow_train.data import BACKGROUND, FOREGROUND, VOID, DatasetError
from bgflow_train.data.classes import ClassesDataset, classes_to_mask


def write(root: Path, id: str, labels: np.ndarray) -> None:
    """Put a grey picture and its labels where a folder of classes has them."""
    for kind, picture in (("rgb", np.full((*labels.shape[:2], 3), 128, np.uint8)), ("label", labels)):
        (root / kind).mkdir(exist_ok=True)
        cv2.imwrite(str(root / kind / f"{id}.png"), picture)


@pytest.mark.parametrize(
    ("label", "value"),
    [
        pytest.param(0, VOID, id="unlabelled"),
        pytest.param(1, BACKGROUND, id="wall"),
        pytest.param(2, BACKGROUND, id="floor"),
        pytest.param(9, BACKGROUND, id="window"),
        pytest.param(22, BACKGROUND, id="ceiling"),
        pytest.param(8, FOREGROUND, id="door"),
        pytest.param(20, FOREGROUND, id="floor mat"),
        pytest.param(40, FOREGROUND, id="other prop"),
    ],
)
def test_walls_floors_windows_and_ceilings_are_background(label: int, value: int) -> None:
    assert classes_to_mask(np.array([label], np.uint8)) == [value]


@given(
    st.lists(st.integers(0, CLASSES), min_size=1, max_size=24), st.sampled_from([(-1,), (1, -1), (-1, 1), (1, -1, 1)])
)
def test_a_mask_has_the_labels_shape_and_says_the_same_of_each(labels: list[int], shape: tuple[int, ...]) -> None:
    classes = np.array(labels, np.uint8).reshape(shape)
    mask = classes_to_mask(classes)
    assert mask.dtype == np.uint8
    assert mask.shape == classes.shape
    assert ((mask == BACKGROUND) == np.isin(classes, BACKGROUND_CLASSES)).all()
    assert ((mask == VOID) == (classes == 0)).all()


def test_a_sample_s_mask_holds_the_classes_as_they_are_stored(tmp_path: Path) -> None:
    labels = np.arange(CLASSES + 1, dtype=np.uint8)[None].repeat(4, 0)
    write(tmp_path, "a", labels)
    sample = ClassesDataset(tmp_path)[0]
    assert (sample.mask == labels).all()
    assert sample.rgb.shape == (4, CLASSES + 1, 3)
    assert sample.id == "a"


@pytest.mark.parametrize("value", [CLASSES + 1, 109, 255])
def test_a_label_that_is_no_class_is_refused(tmp_path: Path, value: int) -> None:
    write(tmp_path, "a", np.array([[1, value]], np.uint8))
    with pytest.raises(DatasetError, match=rf"label/a\.png has the value {value}; expected classes up to 40 and 0"):
        ClassesDataset(tmp_path)[0]


def test_pictures_are_read_in_the_order_asked_for_and_one_without_labels_is_refused(tmp_path: Path) -> None:
    for id, label in (("a", 1), ("b", 2), ("c", 3)):
        write(tmp_path, id, np.full((2, 2), label, np.uint8))
    assert [sample.mask[0, 0] for sample in ClassesDataset(tmp_path, ["c", "a"])] == [3, 1]
    (tmp_path / "label/b.png").unlink()
    assert ClassesDataset(tmp_path).ids == ["a", "c"]
    with pytest.raises(DatasetError, match=r"1 of 2 ids have no mask in .*label; the first is 'b'"):
        ClassesDataset(tmp_path, ["a", "b"])


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rgb").mkdir()
    with pytest.raises(DatasetError, match="label is not a folder"):
        ClassesDataset(tmp_path)


def test_other_labels_are_another_set(tmp_path: Path) -> None:
    write(tmp_path, "a", np.array([[1, 2]], np.uint8))
    first = ClassesDataset(tmp_path).digest()
    assert ClassesDataset(tmp_path).digest() == first
    write(tmp_path, "a", np.array([[1, 3]], np.uint8))
    assert ClassesDataset(tmp_path).digest() != first
