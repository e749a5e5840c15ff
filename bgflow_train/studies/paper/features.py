# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Features of labelled images: the descriptor of each cell, and whether it describes background (paper, III-A3)."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.data import BACKGROUND, FOREGROUND, VOID, Dataset, Sample
from bgflow_train.data.canvas import to_canvas
from bgflow_train.networks import Encoder, Layer
from bgflow_train.networks.device import device_of

__all__ = [
    "BACKGROUND_ABOVE",
    "FeatureCache",
    "Features",
    "background_cells",
    "background_score",
]

BACKGROUND_ABOVE = 0.8
"""Background score above which a cell is background; only such cells train a density. A higher bound leaves few cells
of the deepest layer, whose field is wide; validation preferred 0.8 to 0.9.
"""
FOREGROUND_BELOW = 0.1
"""Background score below which a cell is foreground; such cells are only counted."""
FIELD_SIGMAS = 18
"""Theoretical width of a light encoder's receptive field in standard deviations of the effective field, a Gaussian. By
the energy of the gradient, the layers of EfficientNet-Lite0 have 15, 21 and 18 (measured in test_features.py)."""


@dataclass(frozen=True)
class Features:
    """Feature maps of one image with their labels."""

    maps: list[npt.NDArray[np.float16]]
    """Features of each layer, channels x h x w."""
    scores: list[npt.NDArray[np.float16]]
    """Background scores of each layer, h x w; NaN where nothing is labelled."""
    cells: npt.NDArray[np.uint8]
    """Mask at the centre of each cell of the finest layer, h x w."""

    def labels(self, layer: int) -> npt.NDArray[np.uint8]:
        """Label the cells of a layer, h x w: BACKGROUND, FOREGROUND, or VOID for mixed ones (paper, III-A3).

        Args:
            layer: Index of the layer.
        """
        score = self.scores[layer]
        labels = np.full(score.shape, VOID, np.uint8)
        labels[score > BACKGROUND_ABOVE] = BACKGROUND
        labels[score < FOREGROUND_BELOW] = FOREGROUND
        return labels

    def centres(self, layer: int) -> npt.NDArray[np.uint8]:
        """Take the mask at the centre of each cell of a layer, h x w.

        Args:
            layer: Index of the layer.
        """
        step = self.cells.shape[0] // self.maps[layer].shape[1]
        return self.cells[step // 2 :: step, step // 2 :: step]

    def background(self, layer: int) -> npt.NDArray[np.float32]:
        """Select the descriptors of a layer's background cells, n x channels.

        Args:
            layer: Index of the layer.
        """
        return self.select(layer, self.labels(layer) == BACKGROUND)

    def foreground(self, layer: int) -> npt.NDArray[np.float32]:
        """Select the descriptors of the cells with foreground at their centre, except background cells, n x channels.

        A field that holds hardly anything but foreground is rare in the deepest layer.

        Args:
            layer: Index of the layer.
        """
        return self.select(layer, (self.centres(layer) == FOREGROUND) & (self.labels(layer) != BACKGROUND))

    def select(self, layer: int, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
        """Select the descriptors of a layer's cells, n x channels.

        Args:
            layer: Index of the layer.
            chosen: True for the cells to select, h x w.
        """
        channels = self.maps[layer].shape[0]
        return np.asarray(self.maps[layer].reshape(channels, -1).T[chosen.ravel()], np.float32)


def background_score(mask: npt.NDArray[np.uint8], layer: Layer) -> npt.NDArray[np.float32]:
    """Compute the share of background in the labelled pixels of each cell's receptive field (paper, III-A3).

    Args:
        mask: H x W, in the canvas.
        layer: Defines stride and field.

    Returns:
        H/stride x W/stride of 0 to 1; NaN where the field has (almost) no labelled pixel.
    """
    share_of = _share_of_gaussian if layer.effective else _share_of_box
    labelled, background = share_of(mask != VOID, layer), share_of(mask == BACKGROUND, layer)
    share = np.where(labelled > 0.01, background / np.maximum(labelled, 1e-6), np.nan)
    return share.astype(np.float32)


def _share_of_gaussian(pixels: npt.NDArray[np.bool_], layer: Layer) -> npt.NDArray[np.float32]:
    """Compute the share of the pixels in each cell's effective field, a Gaussian."""
    # Averaging whole cells first makes a wide Gaussian cheap and centres its samples on the cells.
    height, width = pixels.shape[0] // layer.stride, pixels.shape[1] // layer.stride
    cells = cv2.resize(pixels.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    sigma = layer.receptive_field / FIELD_SIGMAS / layer.stride
    blurred = cv2.GaussianBlur(cells, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(blurred, np.float32)


def _share_of_box(pixels: npt.NDArray[np.bool_], layer: Layer) -> npt.NDArray[np.float32]:
    """Compute the share of the pixels in each cell's theoretical field, a box."""
    side = (layer.receptive_field, layer.receptive_field)
    box = cv2.boxFilter(pixels.astype(np.float32), -1, side, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(box[layer.stride // 2 :: layer.stride, layer.stride // 2 :: layer.stride], np.float32)


class FeatureCache:
    """Features on disk, one file per image, so that a killed run continues where it was.

    Args:
        root: Folder of the cache.
        encoder: Network that computes missing features.
        width: Width of the canvas in pixels.
        height: Height of the canvas in pixels.
    """

    def __init__(self, root: Path, encoder: Encoder, width: int, height: int) -> None:
        self.encoder, self.width, self.height = encoder, width, height
        weights = hashlib.sha256()
        for tensor in encoder.state_dict().values():
            weights.update(tensor.cpu().numpy().tobytes())
        # The labels are stored with the features, so the name includes everything that they depend on.
        self.folder = root / f"{encoder.name}-{weights.hexdigest()[:12]}-{width}x{height}-{FIELD_SIGMAS}"

    def features(self, dataset: Dataset) -> Iterator[Features]:
        """Read the features of all samples; missing ones are computed."""
        for sample in tqdm(dataset, desc=f"features {dataset.name}", unit="image"):
            yield self.of(sample)

    def of(self, sample: Sample) -> Features:
        """Read or compute the features of one sample."""
        key = hashlib.sha256(sample.rgb.tobytes() + sample.mask.tobytes() + str(sample.rgb.shape).encode())
        path = self.folder / f"{key.hexdigest()[:24]}.npz"
        if not path.exists():
            write_atomically(path, _packed(self._compute(sample)))
        return _unpacked(path, len(self.encoder.layers))

    def _compute(self, sample: Sample) -> Features:
        canvas, mask = to_canvas(sample, self.width, self.height)
        with torch.inference_mode():
            image = torch.from_numpy(canvas).to(device_of(self.encoder))
            maps = self.encoder(image.permute(2, 0, 1)[None].float())
        finest = self.encoder.layers[0].stride
        return Features(
            [map[0].cpu().numpy().astype(np.float16) for map in maps],
            [background_score(mask, layer).astype(np.float16) for layer in self.encoder.layers],
            mask[finest // 2 :: finest, finest // 2 :: finest],
        )


def background_cells(features: Iterable[Features], layers: Sequence[Layer]) -> list[npt.NDArray[np.float32]]:
    """Collect the background descriptors of many images: for each layer n x channels."""
    found: list[list[npt.NDArray[np.float32]]] = [[] for _ in layers]
    for image in features:
        for index, cells in enumerate(found):
            cells.append(image.background(index))
    return [np.concatenate(cells) for cells in found]


def _packed(features: Features) -> bytes:
    arrays: dict[str, Any] = {"cells": features.cells}
    arrays |= {f"map{index}": map for index, map in enumerate(features.maps)}
    arrays |= {f"score{index}": score for index, score in enumerate(features.scores)}
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _unpacked(path: Path, layers: int) -> Features:
    with np.load(path, allow_pickle=False) as file:
        return Features(
            [file[f"map{index}"] for index in range(layers)],
            [file[f"score{index}"] for index in range(layers)],
            file["cells"],
        )
