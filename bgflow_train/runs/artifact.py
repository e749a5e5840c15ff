# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What a training of a network leaves in its folder, and what all of them do while they run."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.torch
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.data import FOREGROUND, VOID, DatasetError, IndexedDataset
from bgflow_train.data.canvas import canvas_of
from bgflow_train.data.subsets import spaced
from bgflow_train.networks.device import machine

__all__ = ["BEGUN", "Trained", "mask_loss", "named", "take_step", "validation_loss"]

BEGUN = "begun.json"
"""What decides the outcome, written first."""
VALIDATION_PICTURES = 48
"""So many of the validation pictures, evenly spaced, stop a training."""

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Trained:
    """The files of a kind of network.

    Attributes:
        noun: Name of the kind of network in messages.
        stem: Stem of its files' names.
        verb: Command that trains it.
    """

    noun: str
    stem: str
    verb: str

    @property
    def weights(self) -> str:
        """Name of the file of weights."""
        return f"{self.stem}.safetensors"

    @property
    def record(self) -> str:
        """Name of the JSON file that says where they come from; written last."""
        return f"{self.stem}.json"

    def read(self, folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Read record and weights.

        Raises:
            DatasetError: the folder holds none.
        """
        try:
            record = json.loads((folder / self.record).read_text())
            return record, safetensors.torch.load_file(folder / self.weights)
        except (OSError, ValueError, safetensors.SafetensorError) as error:
            raise DatasetError(
                f"{folder} holds no {self.noun} ({error}); run `bgflow {self.verb} --out {folder}` first"
            ) from error

    def write(self, folder: Path, network: nn.Module, record: dict[str, Any]) -> None:
        """Write weights and record, to which torch's version and the machine are added."""
        self.keep(folder, network, record | {"versions": {"torch": str(torch.__version__)}, "machine": machine()})

    def keep(self, folder: Path, network: nn.Module, record: dict[str, Any]) -> None:
        """Write weights and record as they are."""
        tensors = {name: tensor.contiguous().cpu() for name, tensor in network.state_dict().items()}
        write_atomically(folder / self.weights, safetensors.torch.save(tensors))
        write_atomically(folder / self.record, (json.dumps(record, indent=1) + "\n").encode())


def named(init: str, file: Path) -> str:
    """What decides first weights: of a file what it holds counts, not where it lies.

    Args:
        init: as the user gave it.
        file: where it leads, if anywhere.
    """
    if not file.is_file():
        return init
    return f"{file.name}, SHA-256 {hashlib.sha256(file.read_bytes()).hexdigest()[:16]}"


def mask_loss(logits: Tensor, mask: Tensor) -> Tensor:
    """Mean cross-entropy, over the labelled pixels, of foreground logits on any grid.

    Args:
        logits: N x 1 x h x w.
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
    longest: float,
) -> None:
    """Go one step down, with gradients of at most a length."""
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), longest)
    optimizer.step()
    schedule.step()


def validation_loss(
    validation: IndexedDataset, width: int, height: int, loss: Callable[[Picture, Picture], float]
) -> float:
    """Mean loss over some of the validation pictures.

    Args:
        validation: the pictures.
        width: of the canvas.
        height: of the canvas.
        loss: of one picture and its mask in the canvas, NaN where nothing is labelled.

    Raises:
        DatasetError: none of the pictures has a label.
    """
    losses = [loss(*canvas_of(sample, width, height)) for sample in spaced(validation, VALIDATION_PICTURES)]
    known = [value for value in losses if not math.isnan(value)]
    if not known:
        raise DatasetError(f"none of the {len(losses)} pictures of {validation.name} has a label to validate with")
    return float(np.mean(known))
