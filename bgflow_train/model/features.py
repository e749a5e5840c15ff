# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Features of labelled pictures: each cell's descriptor, and whether it describes background (paper, III-A3)."""

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
from bgflow_train.data.canvas import canvas_of
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
"""A cell whose background score is higher is background; only those train a density. A higher bound leaves the deepest
layer, whose field is wide, few cells (`bgflow fit` counts them); validation preferred 0.8 to 0.9.
"""
FOREGROUND_BELOW = 0.1
"""A cell whose background score is lower is foreground; no density is fitted to those, they are counted."""
FIELD_SIGMAS = 18
"""A light encoder's effective receptive field: a Gaussian, the theoretical width being so many sigmas. By the
gradient's energy EfficientNet-Lite0's layers have 15, 21 and 18 (test_features.py measures it)."""


@dataclass(frozen=True)
class Features:
    """One picture's feature maps with their labels."""

    maps: list[npt.NDArray[np.float16]]
    """channels x h x w, a layer each."""
    scores: list[npt.NDArray[np.float16]]
    """h x w background scores, a layer each; NaN where nothing is labelled."""
    cells: npt.NDArray[np.uint8]
    """h x w at the finest layer: the mask under each cell's centre."""

    def labels(self, layer: int) -> npt.NDArray[np.uint8]:
        """Label each cell, h x w, of the layer with this index: BACKGROUND, FOREGROUND, or VOID for mixed (III-A3)."""
        score = self.scores[layer]
        labels = np.full(score.shape, VOID, np.uint8)
        labels[score > BACKGROUND_ABOVE] = BACKGROUND
        labels[score < FOREGROUND_BELOW] = FOREGROUND
        return labels

    def background(self, layer: int) -> npt.NDArray[np.float32]:
        """Descriptors, n x channels, of the background cells of the layer with this index."""
        channels = self.maps[layer].shape[0]
        cells = self.maps[layer].reshape(channels, -1).T
        return np.asarray(cells[self.labels(layer).ravel() == BACKGROUND], np.float32)


def background_score(mask: npt.NDArray[np.uint8], layer: Layer) -> npt.NDArray[np.float32]:
    """Share of background among the labelled pixels in each cell's receptive field, 0 to 1 (paper, III-A3).

    Args:
        mask: H x W in the canvas.
        layer: gives stride and field.

    Returns:
        H/stride x W/stride; NaN where the field holds (almost) no labelled pixel.
    """
    see = _seen_effectively if layer.effective else _seen
    labelled, background = see(mask != VOID, layer), see(mask == BACKGROUND, layer)
    share = np.where(labelled > 0.01, background / np.maximum(labelled, 1e-6), np.nan)
    return share.astype(np.float32)


def _seen_effectively(pixels: npt.NDArray[np.bool_], layer: Layer) -> npt.NDArray[np.float32]:
    """Share of the pixels in each cell's effective field, a Gaussian."""
    # Averaging whole cells first makes a wide Gaussian cheap and puts its samples on the cells' centres.
    height, width = pixels.shape[0] // layer.stride, pixels.shape[1] // layer.stride
    cells = cv2.resize(pixels.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    sigma = layer.receptive_field / FIELD_SIGMAS / layer.stride
    blurred = cv2.GaussianBlur(cells, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(blurred, np.float32)


def _seen(pixels: npt.NDArray[np.bool_], layer: Layer) -> npt.NDArray[np.float32]:
    """Share of the pixels in each cell's theoretical field, a box."""
    side = (layer.receptive_field, layer.receptive_field)
    box = cv2.boxFilter(pixels.astype(np.float32), -1, side, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(box[layer.stride // 2 :: layer.stride, layer.stride // 2 :: layer.stride], np.float32)


class FeatureCache:
    """Features on disk, one file a picture, so that a killed run goes on where it was.

    Args:
        root: folder of the cache.
        encoder: computes what is missing.
        width: the canvas' width in pixels.
        height: the canvas' height in pixels.
    """

    def __init__(self, root: Path, encoder: Encoder, width: int, height: int) -> None:
        self.encoder, self.width, self.height = encoder, width, height
        weights = hashlib.sha256()
        for tensor in encoder.state_dict().values():
            weights.update(tensor.cpu().numpy().tobytes())
        # Labels are kept beside the features, so what they depend on belongs to the name.
        self.folder = root / f"{encoder.name}-{weights.hexdigest()[:12]}-{width}x{height}-{FIELD_SIGMAS}"

    def features(self, dataset: Dataset) -> Iterator[Features]:
        """Features of all samples, computed where the cache has none."""
        for sample in tqdm(dataset, desc=f"features {dataset.name}", unit="picture"):
            yield self.of(sample)

    def of(self, sample: Sample) -> Features:
        """Features of one sample."""
        key = hashlib.sha256(sample.rgb.tobytes() + sample.mask.tobytes() + str(sample.rgb.shape).encode())
        path = self.folder / f"{key.hexdigest()[:24]}.npz"
        if not path.exists():
            write_atomically(path, _packed(self._compute(sample)))
        return _unpacked(path, len(self.encoder.layers))

    def _compute(self, sample: Sample) -> Features:
        canvas, mask = canvas_of(sample, self.width, self.height)
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
    """All background descriptors of many pictures, n x channels a layer."""
    found: list[list[npt.NDArray[np.float32]]] = [[] for _ in layers]
    for picture in features:
        for index, cells in enumerate(found):
            cells.append(picture.background(index))
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
