# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Latents of the background of images, as the flows of a graph see it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime

from bgflow_ros.segmentation import masks
from bgflow_ros.segmentation.letterbox import Content, cells_within, letterbox
from bgflow_ros.segmentation.model import Model
from bgflow_train.adaptation.mixtures import Mixture, with_outputs

__all__ = ["Seen", "see"]

MOST = 200
"""Cells of an image and a flow that are kept at most, so that no image decides alone."""


@dataclass(frozen=True)
class Seen:
    """What a model sees in some images."""

    latents: list[npt.NDArray[np.float32]]
    """Latents of background in each flow, cells x channels."""
    featureless: int
    """Number of images in which the model sees no room, as `Segmentation.featureless`."""
    means: npt.NDArray[np.float64]
    """Mean latent of each image in the first flow, images x channels, which tells views apart."""


def see(
    model: Model,
    mixtures: Sequence[Mixture],
    images: Iterable[npt.NDArray[np.uint8]],
    empty: bool,
    advance: Callable[[], Any],
    where: Sequence[npt.NDArray[np.bool_]] = (),
) -> Seen:
    """Collect the latents of background.

    Args:
        model: The model.
        mixtures: Its mixtures.
        images: RGB images, each H x W x 3.
        empty: True where everything seen is background; otherwise it is what the model does not call foreground.
        advance: Called after each image.
        where: For each image the pixels, H x W, that background is looked for in; without, all of them.
    """
    graph = onnx.load_from_string(model.graph)
    with_outputs(graph, [mixture.sites[0].latents for mixture in mixtures])
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    canvas = np.zeros((model.height, model.width, 3), np.uint8)
    threshold = masks.logit(model.foreground_threshold)
    rng = np.random.default_rng(0)
    kept: list[list[npt.NDArray[np.float32]]] = [[] for _ in mixtures]
    featureless, means = 0, []
    for number, image in enumerate(images):
        content = letterbox(image, canvas)
        logit, *latents = session.run(None, {"image": canvas[None]})
        seen = _within(logit[0].shape, content, model.stride)
        background = seen & (empty | (logit[0] > threshold))
        if where:
            background &= _mostly(where[number], logit[0].shape, content, model.stride)
        contrast = cells_within(logit[0], content, model.stride).std()
        featureless += int(model.min_contrast is not None and contrast < model.min_contrast)
        for place, (mixture, z) in enumerate(zip(mixtures, latents, strict=True)):
            found = z[_whole(background, mixture.cells).reshape(-1)]
            if place == 0:
                means.append(z.mean(0).astype(np.float64))
            if len(found) > MOST:
                found = found[rng.choice(len(found), MOST, replace=False)]
            kept[place].append(found)
        advance()
    return Seen([np.concatenate(parts) for parts in kept], featureless, np.array(means))


def _within(shape: tuple[int, ...], content: Content, stride: int) -> npt.NDArray[np.bool_]:
    """Tell which cells lie wholly in the image."""
    inside = np.zeros(shape, np.bool_)
    inside[: content.height // stride, : content.width // stride] = True
    return inside


def _mostly(
    where: npt.NDArray[np.bool_], shape: tuple[int, ...], content: Content, stride: int
) -> npt.NDArray[np.bool_]:
    """Tell which cells lie for more than half in pixels of the image."""
    size = max(1, content.width // stride), max(1, content.height // stride)
    shares = cv2.resize(where.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    found = np.zeros(shape, np.bool_)
    found[: size[1], : size[0]] = shares > 0.5
    return found


def _whole(background: npt.NDArray[np.bool_], cells: int) -> npt.NDArray[np.bool_]:
    """Tell which cells of a coarser grid of so many cells are background all over."""
    height, width = background.shape
    coarser = math.isqrt(height * width // cells)
    smaller = cv2.erode(background.astype(np.uint8), np.ones((coarser, coarser), np.uint8), anchor=(0, 0))
    return smaller[::coarser, ::coarser] > 0
