# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Generator of scenes in the original format of NYU Depth v2."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

h5py = pytest.importorskip("h5py", reason="needs the train extra")

HEIGHT, WIDTH = 48, 64

KINDS = ("", "wall", "floor", "ceiling", "window", "chair")
"""Kinds of pixels in a scene; the first is unlabelled."""

MASKS = np.array([255, 0, 0, 0, 0, 1], np.uint8)

NYU_NAMES = ["floor mat", "window", "chair", "wall", "wall decoration", "ceiling", "floor"]

NYU = np.array([0, *(NYU_NAMES.index(kind) + 1 for kind in KINDS[1:])], np.uint16)

Scene = tuple[np.ndarray, np.ndarray]


def write(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image if image.ndim == 2 else image[..., ::-1])


def write_mat(path: Path, given: list[Scene], names: list[str] = NYU_NAMES) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w", userblock_size=512) as file:  # where MATLAB writes its own header
        file["images"] = np.stack([rgb.transpose(2, 1, 0) for rgb, _ in given])
        file["labels"] = np.stack([NYU[kinds].T for _, kinds in given])
        for number, name in enumerate(names):
            file[f"#refs#/{number}"] = np.array([[ord(letter)] for letter in name], np.uint16)
        references = [[file[f"#refs#/{number}"].ref for number in range(len(names))]]
        file.create_dataset("names", data=references, dtype=h5py.ref_dtype)
    return path
