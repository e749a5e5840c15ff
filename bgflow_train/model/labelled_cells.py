# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Descriptors of one layer with their side, background or foreground, and their class where it is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bgflow_train.data import BACKGROUND, FOREGROUND, Sample
from bgflow_train.data.classes import classes_to_mask, known_classes
from bgflow_train.model.cell_labels import pure_cells
from bgflow_train.networks import Encoder, Layer
from bgflow_train.networks.device import DEVICE

if TYPE_CHECKING:
    from bgflow_train.model.scores.hybrid import HybridScore

__all__ = ["LabelledCells", "collect_cells", "draw_cells"]


@dataclass(frozen=True)
class LabelledCells:
    """Labelled descriptors of one layer."""

    x: Tensor
    """Descriptors, n x channels."""
    foreground: Tensor
    """True for foreground, n."""
    classes: Tensor
    """Class of NYU's 40, n of int64; 0 where it is not known."""

    def __len__(self) -> int:
        """Count the descriptors."""
        return len(self.x)


def collect_cells(
    encoder: Encoder, samples: Iterable[Sample], scores: Sequence[HybridScore], each: int, seed: int
) -> list[LabelledCells]:
    """Draw labelled cells that lie almost entirely on one side.

    Args:
        encoder: Network that computes the feature maps.
        samples: Images of the size of the network's input, with masks of classes.
        scores: The scores whose flows the cells are for.
        each: Number of cells of each image and score at most, half of them of either side where there are so many.
        seed: Seed of the draw.

    Returns:
        The cells for each of `scores`.
    """
    rng = np.random.default_rng(seed)
    found: list[list[tuple[Tensor, Tensor, Tensor]]] = [[] for _ in scores]
    for sample in samples:
        image = torch.from_numpy(np.ascontiguousarray(sample.rgb)).to(DEVICE).permute(2, 0, 1)[None].float()
        with torch.inference_mode():
            maps = encoder(image)
        for cells, score in zip(found, scores, strict=True):
            descriptors = score.descriptors(maps)[0].flatten(1).T.cpu()
            places, sides, classes = draw_cells(sample.mask, score.grid, each, rng)
            cells.append((descriptors[places], sides, classes))
    return [LabelledCells(*(torch.cat(column) for column in zip(*cells, strict=True))) for cells in found]


def draw_cells(
    classes: npt.NDArray[np.uint8], grid: Layer, each: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw cells of an image that lie almost entirely on one side.

    Args:
        classes: Classes of its pixels, H x W.
        grid: Defines the cells.
        each: Number of cells at most, half of them of either side where there are so many.
        rng: Generator of the draw.

    Returns:
        The cells' places in the flattened grid, whether they are foreground, and their classes, n each.
    """
    mask, stride = classes_to_mask(classes), grid.stride
    centres = classes[stride // 2 :: stride, stride // 2 :: stride].ravel()
    drawn = []
    for side in (BACKGROUND, FOREGROUND):
        places = np.flatnonzero(pure_cells(mask, grid, side))
        if len(places) > each // 2:
            places = rng.choice(places, each // 2, replace=False)
        known = known_classes(centres[places])
        # A few pixels of the other side may lie in the centre.
        known[classes_to_mask(known) != side] = 0
        sides = torch.full((len(places),), side == FOREGROUND)
        drawn.append((torch.from_numpy(places), sides, torch.from_numpy(known.astype(np.int64))))
    everywhere, sides, kinds = (torch.cat(column) for column in zip(*drawn, strict=True))
    return everywhere, sides, kinds
