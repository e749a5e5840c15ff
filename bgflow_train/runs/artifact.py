# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Files that the training of a network leaves in its folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.data import DatasetError
from bgflow_train.networks.device import machine

__all__ = ["BEGUN", "Artifact", "identify_weights"]

BEGUN = "begun.json"
"""Name of the file with the settings of a run, which is written first."""


@dataclass(frozen=True)
class Artifact:
    """Files of a kind of trained network.

    Attributes:
        noun: Name of the kind of network in messages.
        stem: Stem of the files' names.
        verb: Command that trains the network.
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
        """Name of the JSON file that records the origin of the weights; it is written last."""
        return f"{self.stem}.json"

    def read(self, folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Read record and weights.

        Raises:
            DatasetError: The folder holds no such network.
        """
        try:
            record = json.loads((folder / self.record).read_text())
            return record, safetensors.torch.load_file(folder / self.weights)
        except (OSError, ValueError, safetensors.SafetensorError) as error:
            raise DatasetError(
                f"{folder} holds no {self.noun} ({error}); run `bgflow {self.verb} --out {folder}` first"
            ) from error

    def write(self, folder: Path, network: nn.Module, record: dict[str, Any]) -> None:
        """Write weights and record; torch's version and the machine are added to the record."""
        self.keep(folder, network, record | {"versions": {"torch": str(torch.__version__)}, "machine": machine()})

    def keep(self, folder: Path, network: nn.Module, record: dict[str, Any]) -> None:
        """Write weights and record unchanged."""
        tensors = {name: tensor.contiguous().cpu() for name, tensor in network.state_dict().items()}
        write_atomically(folder / self.weights, safetensors.torch.save(tensors))
        write_atomically(folder / self.record, (json.dumps(record, indent=1) + "\n").encode())


def identify_weights(init: str, file: Path) -> str:
    """Identify initial weights in the settings of a run: those of a file by its content, wherever it lies.

    Args:
        init: The weights as the user gave them.
        file: The file that they may refer to.
    """
    if not file.is_file():
        return init
    return f"{file.name}, SHA-256 {hashlib.sha256(file.read_bytes()).hexdigest()[:16]}"
