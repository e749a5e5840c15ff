# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Parts of every training: the loss of a mask, a step of the optimizer, the loss on validation images."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bgflow_train.data import FOREGROUND, VOID, DatasetError, IndexedDataset
from bgflow_train.data.canvas import to_canvas
from bgflow_train.data.subsets import evenly_spaced

__all__ = ["mask_loss", "take_step", "validation_loss"]

VALIDATION_IMAGES = 48
"""Number of evenly spaced validation images that stop a training."""

Array = npt.NDArray[np.uint8]


def mask_loss(logits: Tensor, mask: Tensor) -> Tensor:
    """Compute the mean cross-entropy of foreground logits over the labelled pixels.

    Args:
        logits: N x 1 x h x w, on any grid.
        mask: N x H x W.
    """
    fine = F.interpolate(logits, mask.shape[1:], mode="bilinear", align_corners=False)[:, 0]
    known = mask != VOID
    return F.binary_cross_entropy_with_logits(fine[known], (mask[known] == FOREGROUND).float())


def take_step(
    network: nn.Module,
    loss: Tensor,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    max_norm: float,
) -> None:
    """Take one step of gradient descent.

    Args:
        network: The network to train.
        loss: The loss to reduce.
        optimizer: Optimizer of the network's weights.
        schedule: Schedule of the optimizer's learning rates.
        max_norm: Norm above which gradients are clipped.
    """
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), max_norm)
    optimizer.step()
    schedule.step()


def validation_loss(
    validation: IndexedDataset, width: int, height: int, loss: Callable[[Array, Array], float]
) -> float:
    """Compute the mean loss over some of the validation images.

    Args:
        validation: The images.
        width: Width of the canvas in pixels.
        height: Height of the canvas in pixels.
        loss: Loss of one image and its mask in the canvas; NaN where nothing is labelled.

    Raises:
        DatasetError: None of the images has a label.
    """
    losses = [loss(*to_canvas(sample, width, height)) for sample in evenly_spaced(validation, VALIDATION_IMAGES)]
    known = [value for value in losses if not math.isnan(value)]
    if not known:
        raise DatasetError(f"none of the {len(losses)} images of {validation.name} has a label to validate with")
    return float(np.mean(known))
