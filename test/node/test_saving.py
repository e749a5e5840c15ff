# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A frame that is saved is there as a whole or not at all."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from bgflow_ros.node import saving

MASK = np.zeros((4, 5), np.uint8)
FRAME: Any = SimpleNamespace(
    segmentation=SimpleNamespace(image=np.zeros((4, 5, 3), np.uint8)),
    likelihood=np.zeros((4, 5), np.float32),
    foreground=MASK,
    static=MASK,
)
ENDINGS = (".png", "_foreground.png", "_static.png", "_likelihood.npy")


def test_a_frame_is_four_files(tmp_path: Path) -> None:
    saving.save_frame(tmp_path / "new" / "folder", "1_2", FRAME)
    assert {path.name.removeprefix("1_2") for path in (tmp_path / "new" / "folder").iterdir()} == set(ENDINGS)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_frame_of_which_one_file_cannot_be_written_leaves_none(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"1_2{ending}").mkdir()  # no file can take its name
    with pytest.raises(OSError, match=f"1_2{ending}"):
        saving.save_frame(tmp_path, "1_2", FRAME)
    assert [path.name for path in tmp_path.iterdir()] == [f"1_2{ending}"]


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        saving.save_frame(tmp_path / "file", "1_2", FRAME)


def test_what_opencv_makes_no_png_of_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "imencode", lambda *arguments: (False, np.empty(0, np.uint8)))
    with pytest.raises(OSError, match="cannot encode 5x4 pixels as PNG"):
        saving.save_frame(tmp_path, "1_2", FRAME)
    assert not list(tmp_path.iterdir())
