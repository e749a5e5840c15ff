# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Descriptors of one layer with their side, background or foreground, and their class where it is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from bgflow_train.data import BACKGROUND, FOREGROUND, Sample
from bgflow_train.data.classes import classes_to_mask, known_classes
from bgflow_train.model.cell_labels import pure_cells
from bgflow_train.networks import Encoder
from bgflow_train.networks.device import DEVICE

if TYPE_CHECKING:
    from bgflow_train.model.scores.hybrid import HybridScore

__all__ = ["LabelledCells", "collect_cells"]


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
        mask = classes_to_mask(sample.mask)
        for cells, score in zip(found, scores, strict=True):
            stride = score.grid.stride
            centres = sample.mask[stride // 2 :: stride, stride // 2 :: stride].ravel()
            descriptors = score.descriptors(maps)[0].flatten(1).T.cpu()
            for side in (BACKGROUND, FOREGROUND):
                places = np.flatnonzero(pure_cells(mask, score.grid, side))
                if len(places) > each // 2:
                    places = rng.choice(places, each // 2, replace=False)
                classes = known_classes(centres[places])
                # A few pixels of the other side may lie in the centre.
                classes[classes_to_mask(classes) != side] = 0
                sides = torch.full((len(places),), side == FOREGROUND)
                cells.append((descriptors[torch.from_numpy(places)], sides, torch.from_numpy(classes.astype(np.int64))))
    return [LabelledCells(*(torch.cat(column) for column in zip(*cells, strict=True))) for cells in found]
