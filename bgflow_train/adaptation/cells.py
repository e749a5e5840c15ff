# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Latents of cells of images, as the flows of a graph see them."""

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

__all__ = ["Cells", "Look", "Seen", "see"]

MOST = 200
"""Cells of an image, a flow and a kind that are kept at most, so that no image decides alone."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Look:
    """What a model makes of an image."""

    number: int
    """Number of the image."""
    logit: npt.NDArray[np.float32]
    """H/4 x W/4 of the canvas."""
    content: Content
    """Where the canvas holds the image."""
    stride: int
    """Canvas pixels of a cell of the logit."""

    def mostly(self, where: Mask) -> Mask:
        """Tell which cells of the logit lie for more than half in pixels of the image, H x W."""
        size = max(1, self.content.width // self.stride), max(1, self.content.height // self.stride)
        shares = cv2.resize(where.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        found = np.zeros(self.logit.shape, np.bool_)
        found[: size[1], : size[0]] = shares > 0.5
        return found


@dataclass(frozen=True)
class Cells:
    """Cells of one kind."""

    latents: list[npt.NDArray[np.float32]]
    """Their latents in each flow, cells x channels."""
    logits: npt.NDArray[np.float32]
    """The mean logit within each cell of the first flow."""


@dataclass(frozen=True)
class Seen:
    """What a model sees in some images."""

    kinds: list[Cells]
    """Cells of each kind that was asked for."""
    featureless: int
    """Number of images in which the model sees no room: it tells nothing apart, as in `Segmentation.featureless`, and
    is not sure either that most of it is background, as it is of an empty room."""
    means: npt.NDArray[np.float64]
    """Mean latent of each image in the first flow, images x channels, which tells views apart."""


def see(
    model: Model,
    mixtures: Sequence[Mixture],
    images: Iterable[npt.NDArray[np.uint8]],
    kinds: Sequence[Callable[[Look], Mask]],
    advance: Callable[[], Any],
) -> Seen:
    """Collect the latents of cells.

    Args:
        model: The model.
        mixtures: Its mixtures, all with as many cells.
        images: RGB images, each H x W x 3.
        kinds: For each kind what tells which cells of the logit are of it; a flow's cell is where all of it is.
        advance: Called after each image.
    """
    graph = onnx.load_from_string(model.graph)
    with_outputs(graph, [mixture.sites[0].latents for mixture in mixtures])
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    canvas = np.zeros((model.height, model.width, 3), np.uint8)
    rng = np.random.default_rng(0)
    kept: list[list[list[npt.NDArray[np.float32]]]] = [[] for _ in kinds]
    featureless, means = 0, []
    for number, image in enumerate(images):
        content = letterbox(image, canvas)
        logit, *latents = session.run(None, {"image": canvas[None]})
        look = Look(number, logit[0], content, model.stride)
        inside = _within(look)
        shown = cells_within(logit[0], content, model.stride)
        unsure = np.median(shown) < masks.logit(model.static_threshold)
        featureless += int(model.min_contrast is not None and shown.std() < model.min_contrast and unsure)
        means.append(latents[0].mean(0).astype(np.float64))
        coarser = math.isqrt(logit[0].size // len(latents[0]))
        logits = cv2.blur(logit[0], (coarser, coarser), anchor=(0, 0))[::coarser, ::coarser].reshape(-1)
        for kind, chosen in zip(kinds, kept, strict=True):
            places = np.flatnonzero(_whole(inside & kind(look), coarser))
            if len(places) > MOST:
                places = rng.choice(places, MOST, replace=False)
            chosen.append([part[places] for part in (logits, *latents)])
        advance()
    found = []
    for chosen in kept:
        logits, *latents = (np.concatenate(parts) for parts in zip(*chosen, strict=True))
        found.append(Cells(latents, logits))
    return Seen(found, featureless, np.array(means))


def _within(look: Look) -> Mask:
    """Tell which cells lie wholly in the image."""
    inside = np.zeros(look.logit.shape, np.bool_)
    inside[: look.content.height // look.stride, : look.content.width // look.stride] = True
    return inside


def _whole(wanted: Mask, coarser: int) -> Mask:
    """Tell which cells of a grid that is so many times coarser are wanted all over."""
    smaller = cv2.erode(wanted.astype(np.uint8), np.ones((coarser, coarser), np.uint8), anchor=(0, 0))
    return np.asarray(smaller[::coarser, ::coarser] > 0)
