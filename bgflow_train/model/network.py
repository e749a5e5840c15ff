# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The whole model as one torch module: what is exported, and the reference that the export is held against."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bgflow_train.evaluation.calibration import Calibration
from bgflow_train.model.fusion import Fusion
from bgflow_train.model.scores import Score
from bgflow_train.networks import Encoder

__all__ = ["Network", "score_maps"]


def score_maps(encoder: Encoder, scores: Sequence[Score], image: Tensor) -> tuple[Tensor, Tensor]:
    """Score a uint8 RGB picture.

    Args:
        encoder: gives the maps.
        scores: the first is the head's.
        image: 1 x H x W x 3.

    Returns:
        Scores on the head's grid, 1 x scores x h x w, and the head's confidence in the picture, its mean absolute
        logit.
    """
    maps = encoder(image.permute(0, 3, 1, 2).float())
    head = scores[0](maps)
    grid = head.shape[2:]
    found = [head]
    for score in scores[1:]:
        coarse = score(maps)
        fine = coarse.shape[2:] == grid
        found.append(coarse if fine else F.interpolate(coarse, grid, mode="bilinear", align_corners=False))
    return torch.cat(found, 1), head.abs().mean()


class Network(nn.Module):
    """Picture to calibrated background logit.

    Args:
        encoder: gives the maps.
        scores: the first is the head's.
        fusion: of the scores.
        calibration: of the logit.
    """

    def __init__(self, encoder: Encoder, scores: Sequence[Score], fusion: Fusion, calibration: Calibration) -> None:
        super().__init__()
        self.encoder, self.scores = encoder, nn.ModuleList(scores)
        factors, self.head, self.offset = fusion.affine()
        self.factors = nn.Buffer(torch.tensor(factors)[:, None, None], persistent=False)
        self.shift, self.calibration = fusion.mean[0], calibration

    def forward(self, image: Tensor) -> Tensor:
        """Map a uint8 RGB picture, 1 x H x W x 3, to logits, 1 x h x w, at the finest layer's grid."""
        scores, confidence = score_maps(self.encoder, list(self.scores), image)  # type: ignore[arg-type]
        logit = self.offset + (scores * self.factors).sum(1) + self.head * confidence * (scores[:, 0] - self.shift)
        return logit / self.calibration.temperature + self.calibration.offset
