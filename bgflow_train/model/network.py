# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The whole model as one torch module, which is exported and with which the exported graph is compared."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bgflow_train.evaluation.calibration import Calibration
from bgflow_train.model.fusion import ExtremeFusion, Fusion
from bgflow_train.model.scores import Score
from bgflow_train.networks import Encoder

__all__ = ["Network", "score_maps"]


def score_maps(encoder: Encoder, scores: Sequence[Score], image: Tensor) -> tuple[Tensor, Tensor]:
    """Score an image.

    Args:
        encoder: Network that computes the feature maps.
        scores: The scores; the first gives the confidence.
        image: 1 x H x W x 3, RGB of uint8.

    Returns:
        Scores on the finest of their grids, 1 x scores x h x w, and the confidence of the first in the image, its mean
        absolute value.
    """
    maps = encoder(image.permute(0, 3, 1, 2).float())
    found = [score(maps) for score in scores]
    grid = max((score.shape[2:] for score in found), key=math.prod)
    fine = [
        score if score.shape[2:] == grid else F.interpolate(score, grid, mode="bilinear", align_corners=False)
        for score in found
    ]
    return torch.cat(fine, 1), found[0].abs().mean()


class Network(nn.Module):
    """Network from an image to the calibrated background logit.

    Args:
        encoder: Network that computes the feature maps.
        scores: The scores; the first gives the confidence.
        fusion: Fusion of the scores.
        calibration: Calibration of the fused logit.
    """

    def __init__(
        self, encoder: Encoder, scores: Sequence[Score], fusion: Fusion | ExtremeFusion, calibration: Calibration
    ) -> None:
        super().__init__()
        self.encoder, self.scores = encoder, nn.ModuleList(scores)
        self.fuse, self.calibration = fusion.module(), calibration

    def forward(self, image: Tensor) -> Tensor:
        """Map a uint8 RGB image, 1 x H x W x 3, to logits on the scores' finest grid, 1 x h x w."""
        scores, confidence = score_maps(self.encoder, list(self.scores), image)  # type: ignore[arg-type]
        logit: Tensor = self.fuse(scores, confidence)
        return logit / self.calibration.temperature + self.calibration.offset
