# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Descriptors of one layer with their side, background or foreground, and their class where it is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bgflow_train.data import BACKGROUND, FOREGROUND, Sample
from bgflow_train.data.classes import classes_to_mask, known_classes
from bgflow_train.model.cell_labels import pure_cells
from bgflow_train.networks import Encoder
from bgflow_train.networks.device import DEVICE

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

    def to(self, device: torch.device | str) -> LabelledCells:
        """Copy the cells to a device."""
        return LabelledCells(self.x.to(device), self.foreground.to(device), self.classes.to(device))


def collect_cells(
    encoder: Encoder, samples: Iterable[Sample], layers: Sequence[int], each: int, seed: int
) -> list[LabelledCells]:
    """Draw labelled cells that lie almost entirely on one side.

    Args:
        encoder: Network that computes the feature maps.
        samples: Images of the size of the network's input, with masks of classes.
        layers: Indices of the layers among the encoder's.
        each: Number of cells of each image and layer at most, half of them of either side where there are so many.
        seed: Seed of the draw.

    Returns:
        The cells of each of `layers`.
    """
    rng = np.random.default_rng(seed)
    found: list[list[tuple[Tensor, Tensor, Tensor]]] = [[] for _ in layers]
    for sample in samples:
        image = torch.from_numpy(np.ascontiguousarray(sample.rgb)).to(DEVICE).permute(2, 0, 1)[None].float()
        with torch.inference_mode():
            maps = encoder(image)
        mask = classes_to_mask(sample.mask)
        for cells, index in zip(found, layers, strict=True):
            layer = encoder.layers[index]
            centres = sample.mask[layer.stride // 2 :: layer.stride, layer.stride // 2 :: layer.stride].ravel()
            for side in (BACKGROUND, FOREGROUND):
                places = np.flatnonzero(pure_cells(mask, layer, side))
                if len(places) > each // 2:
                    places = rng.choice(places, each // 2, replace=False)
                classes = known_classes(centres[places])
                # A few pixels of the other side may lie in the centre.
                classes[classes_to_mask(classes) != side] = 0
                descriptors = maps[index][0].flatten(1).T[torch.from_numpy(places).to(DEVICE)].cpu()
                sides = torch.full((len(places),), side == FOREGROUND)
                cells.append((descriptors, sides, torch.from_numpy(classes.astype(np.int64))))
    return [LabelledCells(*(torch.cat(column) for column in zip(*cells, strict=True))) for cells in found]
